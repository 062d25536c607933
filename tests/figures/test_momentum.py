"""The figures of "Momentum" and of "Nesterov's method" show what the pages say."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import j1

from gdfigs.maths import bounds
from gdfigs.maths.methods import heavy_ball
from gdfigs.maths.problems import Array, lessard_recht_packard
from tests.figures.conftest import CASES
from tests.shown import ROUNDING, Shown, close, same, xy

STEPWISE = 1e-11
"""Up to a thousand steps, each of which adds a relative error of a few units of 1e-16."""
DOUBLE_ROOT = 1e-7
"""A rounding of 1e-16 splits a double root by its square root."""
SOLVED = 1e-9
"""The solver of the flows keeps to 1e-12 a step, and its error within about 100 times that."""


MOVED = ["momentum-paths", "heavy-ball-spectral-radius", "damping", "nesterov-flow-rate", "nesterov-limit"]
MOVED += ["newton-and-gradient-flow", "langevin-histogram"]


@pytest.mark.parametrize("name", MOVED)
def test_a_slider_moves_the_curves_and_nothing_else(name: str) -> None:
    frames = [Shown(name, changed) for changed in [{}, *CASES[name]] if "chains" not in changed]
    first = frames[0]
    for frame in frames[1:]:
        assert frame.series.keys() == first.series.keys()
        for ax, other in zip(first.axes, frame.axes, strict=True):
            assert (ax.get_xlim(), ax.get_ylim()) == (other.get_xlim(), other.get_ylim())
            assert [t.get_text() for t in ax.get_xticklabels()] == [t.get_text() for t in other.get_xticklabels()]
            assert [ax.get_title(loc="left"), ax.get_xlabel()] == [other.get_title(loc="left"), other.get_xlabel()]
    assert len({frame.slider_text for frame in frames}) == len(frames)
    assert all(0 < len(frame.slider_text) <= 95 for frame in frames)  # with the parameter, two lines on a phone


def ball(alpha: float, beta: float, modes: Array, start: Array, steps: int) -> Array:
    """Heavy ball on the modes of a quadratic, from the matrix that takes two of its points to the next two."""
    points = np.empty((steps + 1, len(modes)))
    for i, (mode, x) in enumerate(zip(modes, start, strict=True)):
        pair = np.array([x, x])
        for k in range(steps + 1):
            points[k, i] = pair[0]
            pair = np.array([[1 + beta - alpha * mode, -beta], [1, 0]]) @ pair
    return points


def nesterov(eta: float, modes: Array, start: Array, steps: int) -> Array:
    """Nesterov's method as a recursion of its theta_k alone, on the modes of a quadratic."""
    before = now = np.asarray(start, dtype=float)
    points = [now]
    for k in range(steps):
        momentum = (k - 1) / (k + 2) if k else 0.0
        before, now = now, (1 - eta * modes) * (now + momentum * (now - before))
        points.append(now)
    return np.array(points)


def arrival(points: Array) -> int:
    """The first step from which on the distance is at most 1e-6 of the start's."""
    near = np.linalg.norm(points, axis=1) <= 1e-6 * np.linalg.norm(points[0])
    assert near[-100:].all()
    return next(k for k in range(len(near)) if near[k:].all())


def radius(alpha: float, beta: float, modes: Array) -> float:
    return max(float(np.abs(np.roots([1, alpha * mode - 1 - beta, beta])).max()) for mode in modes)


class TestMomentumPaths:
    figure = "momentum-paths"
    modes, start = np.array([1 / 25, 1.0]), np.array([-2.0, 0.15])

    def test_each_path_is_that_of_its_method(self, s: Shown) -> None:
        close(xy(s["descent"]), self.start * (1 - 2 / 1.04 * self.modes) ** np.arange(31)[:, None], STEPWISE, STEPWISE)
        path = ball(2 * (1 + s.beta) / 1.04, s.beta, self.modes, self.start, 30)
        close(xy(s["heavy-ball"]), path, STEPWISE, STEPWISE)
        close(xy(s["nesterov"]), nesterov(1.0, self.modes, self.start, 30), STEPWISE, STEPWISE)
        if s.beta == 0:
            close(xy(s["heavy-ball"]), xy(s["descent"]))

    def test_facts_and_words_are_those_of_the_paths_and_of_their_iteration_matrices(self, s: Shown) -> None:
        alpha, beta = 2 * (1 + s.beta) / 1.04, s.beta
        s.has(alpha=alpha, descent_radius=12 / 13)
        s.has(DOUBLE_ROOT, radius=radius(alpha, beta, self.modes))
        s.has(0, steps=arrival(ball(alpha, beta, self.modes, self.start, 800)))
        s.has(0, nesterov_steps=arrival(nesterov(1.0, self.modes, self.start, 800)))
        s.has(0, descent_steps=np.ceil(np.log(1e-6) / np.log(12 / 13)), shown=len(s["heavy-ball"].x) - 1)
        s.has(0, kappa=self.modes[1] / self.modes[0], digits=6, accuracy=1e-6)
        for gid, fact in (("heavy-ball", "overshoot"), ("nesterov", "nesterov_overshoot")):
            s.has(0, 1e-5, **{fact: max(s[gid].x.max(), 0) / 2})  # a later one is unseen
        s.has(sideways=np.abs(s["heavy-ball"].y).max() / 0.15)
        for gid, fact in (("heavy-ball", "left"), ("descent", "descent_left")):
            s.has(**{fact: np.hypot(s[gid].x[-1], s[gid].y[-1])})
        overshoot = s.facts["overshoot"]
        assert s.slider_text.split("; ") == [
            "no overshoot" if overshoot < 0.005 else f"overshoots by {100 * overshoot:.0f} %",
            f"spectral radius {s.facts['radius']:.3f}",
            f"{s.facts['steps']:.0f} steps to 1e-6",
        ]

    def test_contours_are_ellipses_at_equal_distances_about_the_minimiser(self, default: Shown) -> None:
        for name in ("descent", "heavy-ball", "nesterov"):
            for i, size in enumerate((0.55, 1.1, 1.65, 2.2)):
                outline = default[f"contour-{name}-{i}"]
                # Eight Bezier curves, off by 4e-6 of the radius.
                close(np.hypot(outline.x, 5 * outline.y), size, 1e-5)
                angle = np.unwrap(np.arctan2(5 * outline.y, outline.x))
                assert abs(angle[-1] - angle[0]) == pytest.approx(2 * np.pi, rel=1e-6)
            assert xy(default[f"minimiser-{name}"]).tolist() == [[0, 0]]
        assert {ax.get_aspect() for ax in default.axes} == {1}


class TestMomentumRates:
    figure = "momentum-rates"

    def test_descent_lies_on_its_bound(self, s: Shown) -> None:
        drawn, bound, rho = s["descent"], s["descent-bound"], (s.kappa - 1) / (s.kappa + 1)
        close(bound.y, rho**bound.x, STEPWISE)
        close(drawn.y, bound.y, STEPWISE)
        s.has(descent_factor=rho)
        s.has(0, descent_steps=np.ceil(np.log(1e-6) / np.log(rho)), digits=6)

    def test_heavy_ball_has_the_bound_in_its_steep_mode_and_less_in_the_other(self, s: Shown) -> None:
        drawn, bound, rho = s["heavy-ball"], s["heavy-ball-bound"], (np.sqrt(s.kappa) - 1) / (np.sqrt(s.kappa) + 1)
        close(bound.y, (1 + bound.x * (1 + rho)) * rho**bound.x, STEPWISE)
        same(bound.y, bounds.heavy_ball_quadratic(bound.x, 1.0, 1 / s.kappa))
        k = drawn.x
        modes = np.stack([(1 + k * (1 + rho)) * rho**k, (1 + k * (1 - rho)) * rho**k])
        # At a double root rounding grows like k^2: 1e-16 times 400^2.
        close(drawn.y, np.sqrt((modes**2).mean(axis=0)), 1e-9)
        assert (drawn.y <= bound.y[: len(k)] * (1 + 1e-9)).all()
        s.has(heavy_ball_factor=rho)
        alpha = (2 / (1 + np.sqrt(1 / s.kappa))) ** 2
        path = ball(alpha, rho**2, np.array([1 / s.kappa, 1.0]), np.sqrt([0.5, 0.5]), 500)
        s.has(0, heavy_ball_steps=arrival(path))

    def test_nesterov_is_its_recursion_and_falls_in_arcs(self, s: Shown) -> None:
        path = nesterov(1.0, np.array([1 / s.kappa, 1.0]), np.sqrt([0.5, 0.5]), int(20 * s.kappa) + 400)
        expected = np.linalg.norm(path, axis=1)
        close(
            s["nesterov"].y, expected[s["nesterov"].x.astype(int)], 1e-9
        )  # near a zero of the slow mode digits cancel
        assert (np.diff(np.sign(np.diff(expected[:181]))) > 0).sum() >= 2  # it rises again and again
        s.has(0, nesterov_steps=arrival(path))
        for name in ("descent", "heavy-ball", "nesterov"):
            if s.steps >= 180:  # within which each is highest
                s.has(0, **{f"{name.replace('-', '_')}_highest": s[name].y.max()})

    def test_nesterov_leads_descent_at_first_and_loses_in_the_end(self, default: Shown) -> None:
        assert (default["nesterov"].y[1:50] < default["descent"].y[1:50]).all()
        steps = [default.facts[f"{name}_steps"] for name in ("heavy_ball", "descent", "nesterov")]
        assert steps == sorted(set(steps))


class TestSpectralRadius:
    figure = "heavy-ball-spectral-radius"

    def test_dots_and_curve_are_the_largest_root(self, s: Shown) -> None:
        modes = np.array([1 / s.kappa, 1.0])
        for gid in ("radius", "factor"):
            expected = [radius(2 * (1 + b) / (1 + 1 / s.kappa), b, modes) for b in s[gid].x]
            close(s[gid].y, expected, DOUBLE_ROOT)

    def test_it_is_the_root_of_beta_from_the_least_on_and_above_it_before(self, s: Shown) -> None:
        beta, least = s["factor"].x, (np.sqrt(s.kappa) - 1) / (np.sqrt(s.kappa) + 1)
        close(s["root"].y ** 2, s["root"].x)
        same(s["root"].x, beta)
        above = s["factor"].y - s["root"].y
        assert (above[beta < least**2 * (1 - 1e-9)] > 0).all()
        close(above[beta >= least**2], 0, atol=DOUBLE_ROOT)
        assert (np.diff(s["factor"].y)[beta[1:] < least**2] < 0).all()
        assert s["factor"].y.min() == pytest.approx(least, rel=DOUBLE_ROOT)
        close(xy(s["best"]), [[least**2, least]])
        close(xy(s["descent"]), [[0, (s.kappa - 1) / (s.kappa + 1)]])
        s.has(0, least=s["best"].y[0], best_beta=s["best"].x[0], descent=s["descent"].y[0])


def slope(x: float) -> float:
    """f' of Lessard, Recht and Packard, as the page states it."""
    return 25 * x if x < 1 else x + 24 if x < 2 else 25 * x - 24


class TestCycleOfTheHeavyBall:
    figure = "cycle-of-the-heavy-ball"
    cycle = tuple(float(Fraction(n, 1225)) for n in (792, -2208, 2592))

    def test_the_points_of_the_cycle_are_those_of_the_page_in_their_order(self, s: Shown) -> None:
        close(s["cycle"].x, self.cycle, STEPWISE)
        close([s[f"limit-{i}"].y[0] for i in range(3)], self.cycle, STEPWISE)
        nearest, lowest, highest = s["cycle"].x
        s.has(0, nearest=nearest, lowest=lowest, highest=highest)
        s.has(0, L=slope(1) - slope(0), **{"from": 3.07, "to": 3.46})
        s.has(descent_factor=12 / 13)

    def test_the_points_lie_on_f_and_f_has_the_slope_of_the_page(self, default: Shown) -> None:
        x, f, cycle = default["f"].x, default["f"].y, default["cycle"]
        # The slope is linear but for its kinks at 1 and 2, which are among the points: the trapezoidal rule is exact.
        assert np.abs(x[:, None] - [0, 1, 2]).min(axis=0) == pytest.approx(0, abs=ROUNDING)
        rise = np.diff(x) * np.array([slope(a) + slope(b) for a, b in pairwise(x)]) / 2
        close(np.diff(f), rise, 0, STEPWISE)
        assert f.min() == pytest.approx(0, abs=ROUNDING)
        chord = np.interp(cycle.x, x, f)
        # Of curvature 25 at most, over a width of 0.025: below its chord by at most 25 * 0.025^2 / 8.
        assert ((chord - cycle.y >= -1e-9) & (chord - cycle.y <= 0.002)).all()

    def test_both_methods_follow_their_recursions_to_the_cycle_and_to_the_minimiser(self, s: Shown) -> None:
        x, y, before = [s.start], [s.start], s.start
        for _ in range(s.steps):
            x.append(x[-1] - slope(x[-1]) / 9 + 4 / 9 * (x[-1] - before))
            before = x[-2]
            y.append(y[-1] - slope(y[-1]) / 13)
        # The pieces are linear: a rounding does not grow by more than the factors of the method.
        close(s["heavy-ball"].y, x, 1e-9)
        close(s["descent"].y, y, 1e-9)
        assert (np.abs(y) <= (12 / 13) ** s["descent"].x * s.start * (1 + ROUNDING)).all()
        s.has(0, descent_left=abs(s["descent"].y[-1]), ball_left=abs(s["heavy-ball"].y[-1]))
        if s.steps == 60:
            close(np.sort(x[-3:]), np.sort(self.cycle), 0, 0.02)  # 1 % of its size
            assert s.facts["descent_left"] < 0.02 < 0.6 < s.facts["ball_left"]

    def test_the_strip_has_the_starts_that_are_lost(self, default: Shown) -> None:
        bars = default["lost"].x.reshape(-1, 3)
        assert np.isnan(bars[:, 2]).all()
        assert default.axes[2].get_xlim() == (-10, 10)
        lost = [self.ends_in_the_cycle(x) for x in bars[:, :2].ravel()]
        # The starts that are tried lie 0.001 apart.
        kept = [not self.ends_in_the_cycle(x) for x in np.ravel(bars[:, :2] + [-1e-3, 1e-3])]
        between = [
            not self.ends_in_the_cycle(x) for x in np.concatenate([[-10], (bars[1:, 0] + bars[:-1, 1]) / 2, [10]])
        ]
        inside = [self.ends_in_the_cycle(x) for x in bars[:, :2].mean(axis=1)]
        assert all(lost + kept + between + inside)
        default.has(0, reach=10, intervals=len(bars))
        default.has(0, 0.001 * len(bars) / 20, share=np.diff(bars[:, :2]).sum() / 20)

    def test_a_run_repeats_after_the_stated_period_and_no_sooner(self, s: Shown) -> None:
        problem, period = lessard_recht_packard(), int(s.facts["period"])
        x = heavy_ball(problem, s.start, *bounds.heavy_ball_parameters(25.0, 1.0), 600).x[280:, 0]
        same(x[period:], x[:-period])
        assert all((x[n:] != x[:-n]).any() for n in range(1, period))
        close(np.sort(x[:3]), np.sort(self.cycle), 0, STEPWISE)

    @staticmethod
    def ends_in_the_cycle(start: float) -> bool:
        before, now = start, start
        for _ in range(400):
            before, now = now, now - slope(now) / 9 + 4 / 9 * (now - before)
        return abs(now) > 0.5


class TestEnergyOfTheHeavyBall:
    figure = "energy-of-the-heavy-ball"

    def test_f_is_that_of_a_damped_oscillation(self, s: Shown) -> None:
        t, w = s["f"].x, np.sqrt(1 - s.gamma**2)
        x = np.exp(-s.gamma * t) * (np.cos(w * t) + s.gamma / w * np.sin(w * t))
        close(s["f"].y, x**2, 0, STEPWISE)
        assert (t[0], t[-1]) == (0, s.T)

    def test_energy_falls_by_the_work_of_friction_and_the_shade_below_it_is_kinetic(self, s: Shown) -> None:
        t, E, f, shade = s["energy"].x, s["energy"].y, s["f"].y, s["kinetic"]
        assert (np.diff(E) <= ROUNDING).all()
        assert (f <= E + ROUNDING).all()
        between = (E - f)[1:] + (E - f)[:-1]  # the power is friction times the squared velocity, 2 (E - f)
        work = np.concatenate([[0], np.cumsum(np.diff(t) * 4 * s.gamma * between / 2)])
        # The trapezoidal rule is off by T h^2 / 12 times the second derivative, at most 8 gamma.
        close(E[0] - E, work, atol=s.T * (t[1] - t[0]) ** 2 / 12 * 8 * s.gamma, rtol=1e-7)
        area = abs(np.sum(shade.x[:-1] * shade.y[1:] - shade.x[1:] * shade.y[:-1])) / 2
        close(area, (np.diff(t) * between).sum() / 2, 1e-9)
        s.has(0, energy_left=E[-1])

    def test_facts_are_read_off_the_curves(self, s: Shown) -> None:
        t, f, w, tick = s["f"].x, s["f"].y, np.sqrt(1 - s.gamma**2), s.T / 1600
        turn = np.pi / w  # where the velocity is 0 again
        s.has(0, tick, peak_time=turn)  # the times that are looked at
        # f is flat there, and of curvature 2 at most; so is its bottom where the ball passes the minimum.
        s.has(0, tick**2, first_peak=np.exp(-2 * s.gamma * turn), lowest_before=0)
        s.has(0, (t[1] - t[0]) ** 2, first_peak=f[t > 2].max())
        # It rises from where x is 0, at wt = arcsin(gamma) + pi/2 + n pi, to the next turn.
        passes = (np.arcsin(s.gamma) + np.pi / 2) / w + turn * np.arange(20)
        rising = np.clip(turn * np.arange(1, 21), 0, s.T) - np.clip(passes, 0, s.T)
        s.has(0, 15 / 1600, share_rising=rising.sum() / s.T)  # a time's share at each end


class TestDamping:
    figure = "damping"
    ratios = (("critical", 1.0), ("over", 3.0))

    @staticmethod
    def position(gamma: float, t: Array) -> Array:
        """From rest at 1 with friction 2 gamma, by the roots of r^2 + 2 gamma r + 1."""
        if gamma == 1:
            return (1 + t) * np.exp(-t)
        w = np.sqrt(gamma**2 - 1 + 0j)
        slow, fast = w - gamma, -w - gamma
        return np.asarray(((slow * np.exp(fast * t) - fast * np.exp(slow * t)) / (slow - fast)).real)

    def test_each_motion_is_that_of_its_roots_and_the_exponent_the_slower_one(self, s: Shown) -> None:
        for gid, ratio in (("motion", s.gamma), *self.ratios):
            close(s[gid].y, self.position(ratio, s[gid].x), atol=STEPWISE, rtol=1e-7)
            mark = s[f"{gid}-exponent"]
            # A double root is split by the square root of a rounding.
            close(xy(mark), [[ratio, -np.roots([1, 2 * ratio, 1]).real.max()]], 0, DOUBLE_ROOT)
            s.has(0, **{f"{gid}_exponent": mark.y[0], f"{gid}_at_5": s[gid].y[s[gid].x == 5][0]})
        s.has(critical_at_5=6 * np.exp(-5), over=3)
        curve = s["exponent"]
        close(curve.y, [-np.roots([1, 2 * ratio, 1]).real.max() for ratio in curve.x], 0, DOUBLE_ROOT)
        assert (curve.x[curve.y.argmax()], curve.y.max()) == (1, 1)

    def test_the_ball_oscillates_under_the_critical_damping_and_neither_at_it_nor_over(self, s: Shown) -> None:
        # x is a multiple of e^{-gamma t} cos(wt - phi), sin phi = gamma.
        w = np.sqrt(max(0, 1 - s.gamma**2))
        passes = np.floor((20 * w - np.arcsin(s.gamma) + np.pi / 2) / np.pi) if w else 0
        assert (passes >= 3) == (s.gamma < 1)
        signs = np.sign(s["motion"].y)
        assert np.count_nonzero(signs[1:] != signs[:-1]) == passes
        s.has(0, motion_crossings=passes)

    def test_over_the_critical_damping_it_returns_later_the_more_friction_there_is(self) -> None:
        for nearer, farther in pairwise(Shown(self.figure, {"gamma": gamma})["motion"].y for gamma in (1.0, 1.25, 3.0)):
            assert (nearer[1:] < farther[1:]).all()

    def test_words_that_move_with_the_slider_name_the_regime(self, s: Shown) -> None:
        assert (
            s.slider_text
            == {
                0.0: "oscillates for ever",
                0.2: "oscillates and shrinks like e^(-0.2 t)",
                0.8: "oscillates and shrinks like e^(-0.8 t)",
                1.0: "returns without passing 0 and shrinks like t e^(-t)",
                1.25: "creeps back and shrinks like e^(-0.5 t)",
                3.0: "creeps back and shrinks like e^(-0.17 t)",
            }[s.gamma]
        )
        assert s.slider_text in s.description


class TestNesterovFlowRate:
    figure = "nesterov-flow-rate"

    def test_no_gap_exceeds_the_bound(self, s: Shown) -> None:
        ends, bound = s["bound"].x, s["bound"].y
        close(bound * ends**2, 2)  # a straight line, where both axes are logarithmic
        same(bound, bounds.nesterov_flow_bound(ends, 1.0))
        for gid in ("huber", "parabola"):
            t, gap = s[gid].x, s[gid].y
            assert (t[0], s.T, t[-1]) == tuple(ends)
            assert (gap <= 2 / t**2)[np.isfinite(gap)].all()

    def test_the_huber_function_falls_short_of_the_bound_by_its_rounding_off(self, s: Shown) -> None:
        t, gap, touch, c = s["huber"].x, s["huber"].y, s["touch"], 4 / s.T**2
        x = 1 - c * t**2 / 8
        expected = c * x - c**2 / 2
        straight = (x >= c) & (expected >= 1e-5)  # where the picture ends
        close(gap[straight], expected[straight], SOLVED)
        assert (touch.x[0], touch.y[0]) == (s.T, gap[t == s.T][0])
        s.has(0, gap=touch.y[0], L=1, curvature=0.1)
        s.has(bound=2 / s.T**2, slope=c)
        s.has(SOLVED, share=1 - 4 / s.T**2)
        # Nowhere else does this function come nearer to it.
        assert np.nanmax(gap * t**2 / 2) == pytest.approx(s.facts["share"], rel=1e-3)

    def test_the_parabola_is_the_bessel_function(self, s: Shown) -> None:
        drawn = s["parabola"]
        seen, z = np.isfinite(drawn.y), np.sqrt(0.1) * drawn.x
        close(drawn.y[seen], (0.05 * (2 * j1(z) / z) ** 2)[seen], 1e-9)
        # gap / bound = J_1(z)^2, at most the square of the Bessel function's maximum, near which times lie 5 % apart.
        s.has(SOLVED, parabola_share=(j1(z) ** 2).max())
        s.has(2e-3, parabola_share=0.581865**2)

    def test_the_gradient_flow_falls_at_the_slope_of_the_same_function(self, s: Shown) -> None:
        drawn, c = s["gradient-flow"], 4 / s.T**2
        x = 1 - c * drawn.x
        # Radau's tolerance of 1e-10 on x, of which the gap is c times.
        close(drawn.y[x >= c], (c * x - c**2 / 2)[x >= c], 1e-7, 1e-8 * c)
        s.has(0, gradient_flow=drawn.y[drawn.x == s.T])
        assert s.facts["gradient_flow"] > s.facts["gap"]


class TestNesterovLimit:
    figure = "nesterov-limit"

    @staticmethod
    def deviation(eta: float) -> float:
        x = nesterov(eta, np.ones(1), np.ones(1), int(12 / np.sqrt(eta)))[:, 0]
        t = np.sqrt(eta) * np.arange(1, len(x))
        return float(np.abs(x[1:] - 2 * j1(t) / t).max())

    def test_dots_are_the_method_and_the_curve_its_equation(self, s: Shown) -> None:
        t, curve, dots, mark = s["flow"].x[1:], s["flow"].y, s["method"], s["shown"]
        close(curve[1:], 2 * j1(t) / t, 1e-7, ROUNDING)
        assert curve[0] == 1
        close(dots.y, nesterov(s.eta, np.ones(1), np.ones(1), len(dots.x) - 1)[:, 0], 1e-7, STEPWISE)
        close(dots.x, np.sqrt(s.eta) * np.arange(len(dots.x)))
        assert 12 - np.sqrt(s.eta) < dots.x[-1] <= 12
        s.has(0, steps=len(dots.x) - 1, until=12, largest=mark.y[0])
        close(xy(mark), [[np.sqrt(s.eta), self.deviation(s.eta)]], 1e-9)

    def test_it_shrinks_in_proportion_to_the_time_step(self, default: Shown) -> None:
        tick, apart = default["deviation"].x, default["deviation"].y
        assert (tick[0], tick[-1]) == pytest.approx((0.01, 1))
        close(apart, [self.deviation(step**2) for step in tick], 1e-9)
        # Over the lower decade of the time step; at its upper end the next term of the expansion is a few per cent.
        fitted = np.polyfit(np.log(tick[:5]), np.log(apart[:5]), 1)[0]
        assert fitted == pytest.approx(1, abs=0.02)
        default.has(slope=fitted, largest_at_smallest=apart[0])
        close(default["slope-1"].y / default["slope-1"].x, apart[0] / tick[0])
