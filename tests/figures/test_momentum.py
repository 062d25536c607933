"""The figures of "Momentum" show what the page says."""

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import j1

from gdfigs.maths import bounds
from gdfigs.maths.problems import Array
from tests.shown import facts, outside, picture, shown

ROUNDING = 1e-12
"""A few operations in double precision on numbers of size 1."""
STEPWISE = 1e-11
"""Up to a thousand steps, each of which adds a relative error of a few units of 1e-16."""
DOUBLE_ROOT = 1e-7
"""A rounding of 1e-16 splits a double root by its square root."""
SOLVED = 1e-9
"""The solver of the flows keeps to 1e-12 a step, and its error within about 100 times that."""

BETAS = [0.0, 0.2, 0.45, 0.8, 0.95]
KAPPAS = [4.0, 25.0, 400.0]
STARTS = [3.07, 3.3, 3.46]
GAMMAS = [0.0, 0.2, 1.0, 1.7, 3.0]
TIMES = [10.0, 20.0, 40.0]
ETAS = [0.01, 0.1, 0.37, 1.0]

SPREAD: list[tuple[str, dict[str, Any]]] = [
    *(("momentum-paths", {"beta": beta}) for beta in BETAS),
    *(("momentum-rates", {"kappa": kappa}) for kappa in KAPPAS),
    ("momentum-rates", {"kappa": 4.0, "steps": 400}),
    ("momentum-rates", {"kappa": 400.0, "steps": 20}),
    *(("heavy-ball-spectral-radius", {"kappa": kappa}) for kappa in (1.5, 25.0, 1000.0)),
    *(("cycle-of-the-heavy-ball", {"start": start}) for start in STARTS),
    ("cycle-of-the-heavy-ball", {"steps": 60}),
    *(("energy-of-the-heavy-ball", {"gamma": gamma, "T": T}) for gamma, T in ((0.02, 40.0), (0.1, 20.0), (0.5, 10.0))),
    *(("damping", {"gamma": gamma}) for gamma in GAMMAS),
    *(("nesterov-flow-rate", {"T": T}) for T in TIMES),
    *(("nesterov-limit", {"eta": eta}) for eta in ETAS),
]
MOVED = {
    "momentum-paths": "beta",
    "heavy-ball-spectral-radius": "kappa",
    "damping": "gamma",
    "nesterov-flow-rate": "T",
    "nesterov-limit": "eta",
}
"""Figures that are made for a slider, and what it moves."""


@pytest.mark.parametrize(("name", "parameters"), SPREAD)
def test_everything_shown_lies_inside_its_axes(name: str, parameters: dict[str, Any]) -> None:
    assert outside(picture(name, **parameters)) == {}


@pytest.mark.parametrize("name", MOVED)
def test_a_slider_moves_the_curves_and_nothing_else(name: str) -> None:
    frames = [(picture(n, **given), shown(n, **given)) for n, given in SPREAD if n == name]
    first, series = frames[0]
    for frame, moved in frames[1:]:
        assert set(moved) == set(series)
        for ax, other in zip(first.figure.axes, frame.figure.axes, strict=True):
            assert (ax.get_xlim(), ax.get_ylim()) == (other.get_xlim(), other.get_ylim())
            assert [t.get_text() for t in ax.get_xticklabels()] == [t.get_text() for t in other.get_xticklabels()]
            assert [ax.get_title(loc="left"), ax.get_xlabel()] == [other.get_title(loc="left"), other.get_xlabel()]
    assert len({frame.told for frame, _ in frames}) == len(frames)
    assert all(0 < len(frame.told) <= 90 for frame, _ in frames)


@pytest.mark.parametrize(
    ("name", "parameter", "values"),
    [
        ("momentum-paths", "beta", (-0.1, 0.96, np.nan)),
        ("momentum-rates", "kappa", (3.9, 401.0, np.nan)),
        ("momentum-rates", "steps", (19, 401)),
        ("heavy-ball-spectral-radius", "kappa", (1.0, 1001.0, np.nan)),
        ("cycle-of-the-heavy-ball", "start", (3.0, 3.5, np.nan)),
        ("cycle-of-the-heavy-ball", "steps", (11, 61)),
        ("energy-of-the-heavy-ball", "gamma", (0.0, 0.6, np.nan)),
        ("energy-of-the-heavy-ball", "T", (9.0, 41.0, np.nan)),
        ("damping", "gamma", (-0.1, 3.1, np.nan)),
        ("nesterov-flow-rate", "T", (9.0, 41.0, np.nan)),
        ("nesterov-limit", "eta", (0.009, 1.01, np.nan)),
    ],
)
def test_a_parameter_outside_its_range_is_refused(name: str, parameter: str, values: tuple[float, ...]) -> None:
    for value in values:
        with pytest.raises(ValueError, match=rf"{parameter} must lie in \["):
            shown(name, **{parameter: value})


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
    modes, start = np.array([1 / 25, 1.0]), np.array([-2.0, 0.15])

    @settings(max_examples=6)
    @given(beta=st.floats(0, 0.95))
    def test_each_path_is_that_of_its_method(self, beta: float) -> None:
        series = shown("momentum-paths", beta=beta)
        for name, expected in (
            ("descent", self.start * (1 - 2 / 1.04 * self.modes) ** np.arange(31)[:, None]),
            ("heavy-ball", ball(2 * (1 + beta) / 1.04, beta, self.modes, self.start, 30)),
            ("nesterov", nesterov(1.0, self.modes, self.start, 30)),
        ):
            drawn = np.column_stack([series[name].x, series[name].y])
            np.testing.assert_allclose(drawn, expected, rtol=STEPWISE, atol=STEPWISE, err_msg=name)

    def test_without_momentum_heavy_ball_is_gradient_descent(self) -> None:
        series = shown("momentum-paths", beta=0.0)
        np.testing.assert_allclose(series["heavy-ball"].x, series["descent"].x, rtol=ROUNDING)
        np.testing.assert_allclose(series["heavy-ball"].y, series["descent"].y, rtol=ROUNDING)

    @pytest.mark.parametrize("beta", BETAS)
    def test_facts_are_those_of_the_paths_and_of_their_iteration_matrices(self, beta: float) -> None:
        series, named, alpha = shown("momentum-paths", beta=beta), facts("momentum-paths", beta=beta), 2 * (1 + beta)
        alpha /= 1.04
        assert named["alpha"] == pytest.approx(alpha, rel=ROUNDING)
        assert named["radius"] == pytest.approx(radius(alpha, beta, self.modes), rel=DOUBLE_ROOT)
        assert named["descent_radius"] == pytest.approx(12 / 13, rel=ROUNDING)
        assert named["steps"] == arrival(ball(alpha, beta, self.modes, self.start, 800))
        assert named["nesterov_steps"] == arrival(nesterov(1.0, self.modes, self.start, 800))
        assert named["descent_steps"] == np.ceil(np.log(1e-6) / np.log(12 / 13))
        assert named["shown"] == len(series["heavy-ball"].x) - 1
        assert (named["kappa"], named["digits"]) == (self.modes[1] / self.modes[0], 6)
        for gid, fact in (("heavy-ball", "overshoot"), ("nesterov", "nesterov_overshoot")):
            assert named[fact] == pytest.approx(max(series[gid].x.max(), 0) / 2, abs=1e-5)  # a later one is unseen
        assert named["sideways"] == pytest.approx(np.abs(series["heavy-ball"].y).max() / 0.15, rel=ROUNDING)
        for gid, fact in (("heavy-ball", "left"), ("descent", "descent_left")):
            assert named[fact] == pytest.approx(np.hypot(series[gid].x[-1], series[gid].y[-1]), rel=ROUNDING)
        assert named["accuracy"] == 1e-6

    def test_words_that_move_with_the_slider_are_its_facts(self) -> None:
        for beta in BETAS:
            named, told = facts("momentum-paths", beta=beta), picture("momentum-paths", beta=beta).told
            overshoot, radius, steps = told.split("; ")
            percent = (
                "no overshoot" if named["overshoot"] < 0.005 else f"overshoots by {100 * named['overshoot']:.0f} %"
            )
            assert overshoot == percent
            assert radius == f"spectral radius {named['radius']:.3f}"
            assert steps == f"{named['steps']:.0f} steps to 1e-6"

    def test_contours_are_ellipses_at_equal_distances_about_the_minimiser(self) -> None:
        series = shown("momentum-paths")
        for name in ("descent", "heavy-ball", "nesterov"):
            for i, size in enumerate((0.55, 1.1, 1.65, 2.2)):
                outline = series[f"contour-{name}-{i}"]
                # Eight Bezier curves, off by 4e-6 of the radius.
                np.testing.assert_allclose(np.hypot(outline.x, 5 * outline.y), size, rtol=1e-5)
                angle = np.unwrap(np.arctan2(5 * outline.y, outline.x))
                assert abs(angle[-1] - angle[0]) == pytest.approx(2 * np.pi, rel=1e-6)
            assert (series[f"minimiser-{name}"].x[0], series[f"minimiser-{name}"].y[0]) == (0, 0)
        assert {ax.get_aspect() for ax in picture("momentum-paths").figure.axes} == {1}


class TestMomentumRates:
    @pytest.mark.parametrize("kappa", KAPPAS)
    def test_descent_lies_on_its_bound(self, kappa: float) -> None:
        series = shown("momentum-rates", kappa=kappa)
        drawn, bound = series["descent"], series["descent-bound"]
        np.testing.assert_allclose(bound.y, ((kappa - 1) / (kappa + 1)) ** bound.x, rtol=STEPWISE)
        np.testing.assert_allclose(drawn.y, bound.y, rtol=STEPWISE)

    @pytest.mark.parametrize("kappa", KAPPAS)
    def test_heavy_ball_has_the_bound_in_its_steep_mode_and_less_in_the_other(self, kappa: float) -> None:
        series, s = shown("momentum-rates", kappa=kappa), (np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)
        drawn, bound = series["heavy-ball"], series["heavy-ball-bound"]
        np.testing.assert_allclose(bound.y, (1 + bound.x * (1 + s)) * s**bound.x, rtol=STEPWISE)
        np.testing.assert_array_equal(bound.y, bounds.heavy_ball_quadratic(bound.x, 1.0, 1 / kappa))
        k = drawn.x
        modes = np.stack([(1 + k * (1 + s)) * s**k, (1 + k * (1 - s)) * s**k])
        # At a double root rounding grows like k^2: 1e-16 times 400^2.
        np.testing.assert_allclose(drawn.y, np.sqrt((modes**2).mean(axis=0)), rtol=1e-9)
        assert (drawn.y <= bound.y[: len(k)] * (1 + 1e-9)).all()

    @pytest.mark.parametrize("kappa", KAPPAS)
    def test_nesterov_is_its_recursion_and_falls_in_arcs(self, kappa: float) -> None:
        drawn = shown("momentum-rates", kappa=kappa)["nesterov"]
        path = nesterov(1.0, np.array([1 / kappa, 1.0]), np.sqrt([0.5, 0.5]), 180)
        expected = np.linalg.norm(path, axis=1)[drawn.x.astype(int)]
        np.testing.assert_allclose(drawn.y, expected, rtol=1e-9)  # near a zero of the slow mode digits cancel
        turns = np.diff(np.sign(np.diff(expected)))
        assert (turns > 0).sum() >= 2  # it rises again and again

    @pytest.mark.parametrize("kappa", KAPPAS)
    def test_facts_are_those_of_the_runs(self, kappa: float) -> None:
        series, named = shown("momentum-rates", kappa=kappa), facts("momentum-rates", kappa=kappa)
        modes, start, s = np.array([1 / kappa, 1.0]), np.sqrt([0.5, 0.5]), (np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)
        assert named["descent_factor"] == pytest.approx((kappa - 1) / (kappa + 1), rel=ROUNDING)
        assert named["heavy_ball_factor"] == pytest.approx(s, rel=ROUNDING)
        assert named["descent_steps"] == np.ceil(np.log(1e-6) / np.log((kappa - 1) / (kappa + 1)))
        alpha = (2 / (1 + np.sqrt(1 / kappa))) ** 2
        assert named["heavy_ball_steps"] == arrival(ball(alpha, s**2, modes, start, 500))
        assert named["nesterov_steps"] == arrival(nesterov(1.0, modes, start, int(20 * kappa) + 150))
        for name in ("descent", "heavy-ball", "nesterov"):
            assert named[f"{name.replace('-', '_')}_highest"] == series[name].y.max()

    def test_nesterov_leads_descent_at_first_and_loses_in_the_end(self) -> None:
        series, named = shown("momentum-rates"), facts("momentum-rates")
        assert (series["nesterov"].y[1:50] < series["descent"].y[1:50]).all()
        assert named["nesterov_steps"] > named["descent_steps"] > named["heavy_ball_steps"]


class TestSpectralRadius:
    kappas = (1.5, 25.0, 1000.0)

    @pytest.mark.parametrize("kappa", kappas)
    def test_dots_and_curve_are_the_largest_root(self, kappa: float) -> None:
        series, modes = shown("heavy-ball-spectral-radius", kappa=kappa), np.array([1 / kappa, 1.0])
        for gid in ("radius", "factor"):
            beta = series[gid].x
            expected = [radius(2 * (1 + b) / (1 + 1 / kappa), b, modes) for b in beta]
            np.testing.assert_allclose(series[gid].y, expected, rtol=DOUBLE_ROOT, err_msg=gid)

    @pytest.mark.parametrize("kappa", kappas)
    def test_it_is_the_root_of_beta_from_the_least_on_and_above_it_before(self, kappa: float) -> None:
        series = shown("heavy-ball-spectral-radius", kappa=kappa)
        beta, best = series["factor"].x, ((np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)) ** 2
        np.testing.assert_allclose(series["root"].y ** 2, series["root"].x, rtol=ROUNDING)
        np.testing.assert_array_equal(series["root"].x, beta)
        above = series["factor"].y - series["root"].y
        assert (above[beta < best * (1 - 1e-9)] > 0).all()
        np.testing.assert_allclose(above[beta >= best], 0, atol=DOUBLE_ROOT)
        assert (np.diff(series["factor"].y)[beta[1:] < best] < 0).all()

    @pytest.mark.parametrize("kappa", kappas)
    def test_the_marks_are_descent_and_the_theorem(self, kappa: float) -> None:
        series, named = (
            shown("heavy-ball-spectral-radius", kappa=kappa),
            facts("heavy-ball-spectral-radius", kappa=kappa),
        )
        s = (np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)
        assert (series["best"].x[0], series["best"].y[0]) == pytest.approx((s**2, s), rel=ROUNDING)
        assert (series["descent"].x[0], series["descent"].y[0]) == pytest.approx(
            (0, (kappa - 1) / (kappa + 1)), rel=ROUNDING
        )
        assert (named["least"], named["best_beta"], named["descent"]) == (
            series["best"].y[0],
            series["best"].x[0],
            series["descent"].y[0],
        )
        assert series["factor"].y.min() == pytest.approx(s, rel=DOUBLE_ROOT)


def slope(x: float) -> float:
    """f' of Lessard, Recht and Packard, as the page states it."""
    return 25 * x if x < 1 else x + 24 if x < 2 else 25 * x - 24


class TestCycleOfTheHeavyBall:
    cycle = tuple(Fraction(n, 1225) for n in (792, -2208, 2592))

    @pytest.mark.parametrize("start", STARTS)
    def test_the_points_of_the_cycle_are_those_of_the_page_in_their_order(self, start: float) -> None:
        series, named = shown("cycle-of-the-heavy-ball", start=start), facts("cycle-of-the-heavy-ball", start=start)
        expected = [float(x) for x in self.cycle]
        np.testing.assert_allclose(series["cycle"].x, expected, rtol=STEPWISE)
        np.testing.assert_allclose([series[f"limit-{i}"].y[0] for i in range(3)], expected, rtol=STEPWISE)
        assert [named[fact] for fact in ("nearest", "lowest", "highest")] == list(series["cycle"].x)
        assert (named["L"], named["from"], named["to"]) == (slope(1) - slope(0), STARTS[0], STARTS[-1])
        assert named["highest"] == max(series["cycle"].x)
        assert named["lowest"] == min(series["cycle"].x)

    def test_the_points_lie_on_f_and_f_has_the_slope_of_the_page(self) -> None:
        series = shown("cycle-of-the-heavy-ball")
        x, f = series["f"].x, series["f"].y
        # The slope is linear but for its kinks at 1 and 2, which are among the points: the trapezoidal rule is exact.
        assert np.abs(x[:, None] - [0, 1, 2]).min(axis=0) == pytest.approx(0, abs=ROUNDING)
        rise = np.diff(x) * np.array([slope(a) + slope(b) for a, b in pairwise(x)]) / 2
        np.testing.assert_allclose(np.diff(f), rise, rtol=0, atol=STEPWISE)
        assert f.min() == pytest.approx(0, abs=ROUNDING)
        chord = np.interp(series["cycle"].x, x, f)
        # Of curvature 25 at most, over a width of 0.025: below its chord by at most 25 * 0.025^2 / 8.
        assert ((chord - series["cycle"].y >= -1e-9) & (chord - series["cycle"].y <= 0.002)).all()

    @pytest.mark.parametrize("start", STARTS)
    def test_both_methods_follow_their_recursions(self, start: float) -> None:
        series = shown("cycle-of-the-heavy-ball", start=start)
        x, before = [start], start
        for _ in range(36):
            x.append(x[-1] - slope(x[-1]) / 9 + 4 / 9 * (x[-1] - before))
            before = x[-2]
        # The pieces are linear: a rounding does not grow by more than the factors of the method.
        np.testing.assert_allclose(series["heavy-ball"].y, x, rtol=1e-9)
        y = [start]
        for _ in range(36):
            y.append(y[-1] - slope(y[-1]) / 13)
        np.testing.assert_allclose(series["descent"].y, y, rtol=1e-9)

    @pytest.mark.parametrize("start", STARTS)
    def test_heavy_ball_ends_on_the_cycle_and_descent_at_the_minimiser(self, start: float) -> None:
        series, named = (
            shown("cycle-of-the-heavy-ball", start=start, steps=60),
            facts("cycle-of-the-heavy-ball", start=start, steps=60),
        )
        last = np.sort(series["heavy-ball"].y[-3:])
        np.testing.assert_allclose(last, np.sort([float(x) for x in self.cycle]), atol=0.02)  # 1 % of its size
        k = series["descent"].x
        assert (np.abs(series["descent"].y) <= (12 / 13) ** k * start * (1 + ROUNDING)).all()
        assert named["descent_left"] == np.abs(series["descent"].y[-1]) < 0.02
        assert named["ball_left"] == np.abs(series["heavy-ball"].y[-1]) > 0.6
        assert named["descent_factor"] == pytest.approx(12 / 13, rel=ROUNDING)


class TestEnergyOfTheHeavyBall:
    cases = ((0.02, 40.0), (0.1, 20.0), (0.5, 10.0))

    @pytest.mark.parametrize(("gamma", "T"), cases)
    def test_f_is_that_of_a_damped_oscillation(self, gamma: float, T: float) -> None:
        drawn = shown("energy-of-the-heavy-ball", gamma=gamma, T=T)["f"]
        w = np.sqrt(1 - gamma**2)
        x = np.exp(-gamma * drawn.x) * (np.cos(w * drawn.x) + gamma / w * np.sin(w * drawn.x))
        np.testing.assert_allclose(drawn.y, x**2, rtol=0, atol=STEPWISE)
        assert (drawn.x[0], drawn.x[-1]) == (0, T)

    @pytest.mark.parametrize(("gamma", "T"), cases)
    def test_energy_never_rises_and_falls_by_the_work_of_friction(self, gamma: float, T: float) -> None:
        series = shown("energy-of-the-heavy-ball", gamma=gamma, T=T)
        t, E, f = series["energy"].x, series["energy"].y, series["f"].y
        assert (np.diff(E) <= ROUNDING).all()
        assert (f <= E + ROUNDING).all()
        power = 2 * gamma * 2 * (E - f)  # friction times the squared velocity
        work = np.concatenate([[0], np.cumsum(np.diff(t) * (power[1:] + power[:-1]) / 2)])
        # The trapezoidal rule is off by T h^2 / 12 times the second derivative, at most 8 gamma.
        np.testing.assert_allclose(E[0] - E, work, atol=T * (t[1] - t[0]) ** 2 / 12 * 8 * gamma)

    @pytest.mark.parametrize(("gamma", "T"), cases)
    def test_the_shade_between_them_is_what_is_kinetic(self, gamma: float, T: float) -> None:
        series = shown("energy-of-the-heavy-ball", gamma=gamma, T=T)
        t, E, f, shade = series["energy"].x, series["energy"].y, series["f"].y, series["kinetic"]
        x, y = shade.x, shade.y
        area = abs(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) / 2
        between = (E - f)[1:] + (E - f)[:-1]
        assert area == pytest.approx(float((np.diff(t) * between).sum() / 2), rel=1e-9)

    @pytest.mark.parametrize(("gamma", "T"), cases)
    def test_facts_are_read_off_the_curves(self, gamma: float, T: float) -> None:
        series = shown("energy-of-the-heavy-ball", gamma=gamma, T=T)
        named = facts("energy-of-the-heavy-ball", gamma=gamma, T=T)
        t, f = series["f"].x, series["f"].y
        w = np.sqrt(1 - gamma**2)
        turn = np.pi / w  # where the velocity is 0 again
        assert named["peak_time"] == pytest.approx(turn, abs=T / 1600)  # the times that are looked at
        # f is flat there, and of curvature 2 at most; so is its bottom where the ball passes the minimum.
        assert named["first_peak"] == pytest.approx(np.exp(-2 * gamma * turn), abs=(T / 1600) ** 2)
        assert named["first_peak"] == pytest.approx(f[t > 2].max(), abs=(t[1] - t[0]) ** 2)
        assert named["lowest_before"] == pytest.approx(0, abs=(T / 1600) ** 2)
        assert named["energy_left"] == series["energy"].y[-1]
        # It rises from where x is 0, at wt = arcsin(gamma) + pi/2 + n pi, to the next turn.
        passes = (np.arcsin(gamma) + np.pi / 2) / w + turn * np.arange(20)
        rising = np.clip(turn * np.arange(1, 21), 0, T) - np.clip(passes, 0, T)
        assert named["share_rising"] == pytest.approx(rising.sum() / T, abs=15 / 1600)  # a time's share at each end


class TestDamping:
    def position(self, gamma: float, t: Array) -> Array:
        """From rest at 1 with friction 2 gamma, by the roots of r^2 + 2 gamma r + 1."""
        if gamma == 1:
            return (1 + t) * np.exp(-t)
        w = np.sqrt(gamma**2 - 1 + 0j)
        slow, fast = w - gamma, -w - gamma
        return np.asarray(((slow * np.exp(fast * t) - fast * np.exp(slow * t)) / (slow - fast)).real)

    @settings(max_examples=10)
    @given(gamma=st.one_of(st.floats(0, 0.9), st.floats(1.1, 3)))
    def test_each_motion_is_that_of_its_roots(self, gamma: float) -> None:
        series = shown("damping", gamma=gamma)
        for gid, ratio in (("motion", gamma), ("critical", 1.0), ("over", 3.0)):
            expected = self.position(ratio, series[gid].x)
            np.testing.assert_allclose(series[gid].y, expected, atol=STEPWISE, err_msg=gid)

    @settings(max_examples=10)
    @given(gamma=st.floats(0, 3))
    def test_the_exponent_is_the_real_part_of_the_slower_root(self, gamma: float) -> None:
        series, named = shown("damping", gamma=gamma), facts("damping", gamma=gamma)
        for gid, ratio in (("motion", gamma), ("critical", 1.0), ("over", 3.0)):
            mark = series[f"{gid}-exponent"]
            assert mark.x[0] == ratio
            # A double root is split by the square root of a rounding.
            assert mark.y[0] == pytest.approx(-np.roots([1, 2 * ratio, 1]).real.max(), abs=DOUBLE_ROOT)
            assert named[f"{gid}_exponent"] == mark.y[0]
        curve = series["exponent"]
        expected = [-np.roots([1, 2 * ratio, 1]).real.max() for ratio in curve.x]
        np.testing.assert_allclose(curve.y, expected, atol=DOUBLE_ROOT)
        assert curve.x[curve.y.argmax()] == 1
        assert curve.y.max() == 1

    def test_the_ball_oscillates_under_the_critical_damping_and_neither_at_it_nor_over(self) -> None:
        for gamma in (0.0, 0.2, 0.5, 0.8):
            # x is a multiple of e^{-gamma t} cos(wt - phi), sin phi = gamma.
            w = np.sqrt(1 - gamma**2)
            passes = np.floor((20 * w - np.arcsin(gamma) + np.pi / 2) / np.pi)
            assert passes >= 3
            assert facts("damping", gamma=gamma)["motion_crossings"] == passes
            signs = np.sign(shown("damping", gamma=gamma)["motion"].y)
            assert np.count_nonzero(signs[1:] != signs[:-1]) == passes
        for gamma in (1.0, 1.1, 2.0, 3.0):
            assert facts("damping", gamma=gamma)["motion_crossings"] == 0
            assert (shown("damping", gamma=gamma)["motion"].y > 0).all()

    def test_over_the_critical_damping_it_returns_later_the_more_friction_there_is(self) -> None:
        series = [shown("damping", gamma=gamma)["motion"].y for gamma in (1.0, 1.2, 1.7, 3.0)]
        for nearer, farther in pairwise(series):
            assert (nearer[1:] < farther[1:]).all()

    def test_facts_are_read_off_the_curves_at_five(self) -> None:
        series, named = shown("damping"), facts("damping")
        for gid in ("motion", "critical", "over"):
            assert named[f"{gid}_at_5"] == series[gid].y[series[gid].x == 5][0]
        assert named["critical_at_5"] == pytest.approx(6 * np.exp(-5), rel=ROUNDING)
        assert named["over"] == series["over-exponent"].x[0]

    @pytest.mark.parametrize(
        ("gamma", "words"),
        [
            (0.0, "oscillates for ever"),
            (0.2, "oscillates and shrinks like e^(-0.2 t)"),
            (1.0, "returns without passing 0 and shrinks like t e^(-t)"),
            (1.25, "creeps back and shrinks like e^(-0.5 t)"),
            (3.0, "creeps back and shrinks like e^(-0.17 t)"),
        ],
    )
    def test_words_that_move_with_the_slider_name_the_regime(self, gamma: float, words: str) -> None:
        assert picture("damping", gamma=gamma).told == words
        assert words in picture("damping", gamma=gamma).description


class TestNesterovFlowRate:
    @pytest.mark.parametrize("T", TIMES)
    def test_no_gap_exceeds_the_bound(self, T: float) -> None:
        series = shown("nesterov-flow-rate", T=T)
        ends, bound = series["bound"].x, series["bound"].y
        np.testing.assert_allclose(
            bound * ends**2, 2, rtol=ROUNDING
        )  # a straight line, where both axes are logarithmic
        np.testing.assert_array_equal(bound, bounds.nesterov_flow_bound(ends, 1.0))
        for gid in ("huber", "parabola"):
            t, gap = series[gid].x, series[gid].y
            assert (t[0], T, t[-1]) == tuple(ends)
            assert (gap <= 2 / t**2)[np.isfinite(gap)].all()

    @pytest.mark.parametrize("T", TIMES)
    def test_the_huber_function_is_straight_up_to_the_touch_where_it_falls_short_of_the_bound_by_its_rounding_off(
        self, T: float
    ) -> None:
        series, named, c = shown("nesterov-flow-rate", T=T), facts("nesterov-flow-rate", T=T), 4 / T**2
        t, x = series["huber"].x, 1 - c * series["huber"].x ** 2 / 8
        expected = c * x - c**2 / 2
        straight = (x >= c) & (expected >= 1e-5)  # where the picture ends
        np.testing.assert_allclose(series["huber"].y[straight], expected[straight], rtol=SOLVED)
        touch = series["touch"]
        assert touch.x[0] == T
        assert touch.y[0] == series["huber"].y[t == T][0] == named["gap"]
        assert named["bound"] == pytest.approx(2 / T**2, rel=ROUNDING)
        assert named["share"] == pytest.approx(1 - 4 / T**2, rel=SOLVED)
        assert (named["L"], named["curvature"]) == (1, 0.1)
        assert named["slope"] == pytest.approx(c, rel=ROUNDING)
        # Nowhere else does this function come nearer to it.
        assert np.nanmax(series["huber"].y * t**2 / 2) == pytest.approx(named["share"], rel=1e-3)

    def test_the_parabola_is_the_bessel_function(self) -> None:
        series, named = shown("nesterov-flow-rate"), facts("nesterov-flow-rate")
        drawn = series["parabola"]
        seen, s = np.isfinite(drawn.y), np.sqrt(0.1) * drawn.x
        np.testing.assert_allclose(drawn.y[seen], (0.05 * (2 * j1(s) / s) ** 2)[seen], rtol=1e-9)
        # gap / bound = J_1(s)^2, at most the square of the Bessel function's maximum, near which times lie 5 % apart.
        assert named["parabola_share"] == pytest.approx((j1(s) ** 2).max(), rel=SOLVED)
        assert named["parabola_share"] == pytest.approx(0.581865**2, rel=2e-3)

    @pytest.mark.parametrize("T", TIMES)
    def test_the_gradient_flow_falls_at_the_slope_of_the_same_function(self, T: float) -> None:
        series, named, c = shown("nesterov-flow-rate", T=T), facts("nesterov-flow-rate", T=T), 4 / T**2
        drawn = series["gradient-flow"]
        x = 1 - c * drawn.x
        straight = x >= c
        # Radau's tolerance of 1e-10 on x, of which the gap is c times.
        np.testing.assert_allclose(drawn.y[straight], (c * x - c**2 / 2)[straight], atol=1e-8 * c)
        assert named["gradient_flow"] == drawn.y[drawn.x == T][0] > named["gap"]


class TestNesterovLimit:
    def deviation(self, eta: float) -> float:
        x = nesterov(eta, np.ones(1), np.ones(1), int(12 / np.sqrt(eta)))[:, 0]
        t = np.sqrt(eta) * np.arange(1, len(x))
        return float(np.abs(x[1:] - 2 * j1(t) / t).max())

    @pytest.mark.parametrize("eta", ETAS)
    def test_dots_are_the_method_and_the_curve_its_equation(self, eta: float) -> None:
        series, named = shown("nesterov-limit", eta=eta), facts("nesterov-limit", eta=eta)
        t, curve = series["flow"].x[1:], series["flow"].y
        np.testing.assert_allclose(curve[1:], 2 * j1(t) / t, atol=ROUNDING)
        assert curve[0] == 1
        dots = series["method"]
        expected = nesterov(eta, np.ones(1), np.ones(1), len(dots.x) - 1)[:, 0]
        np.testing.assert_allclose(dots.y, expected, atol=STEPWISE)
        np.testing.assert_allclose(dots.x, np.sqrt(eta) * np.arange(len(dots.x)), rtol=ROUNDING)
        assert 12 - np.sqrt(eta) < dots.x[-1] <= 12
        assert named["steps"] == len(dots.x) - 1
        assert named["until"] == 12

    @pytest.mark.parametrize("eta", ETAS)
    def test_the_largest_distance_is_that_of_the_dots_from_the_curve(self, eta: float) -> None:
        series, named = shown("nesterov-limit", eta=eta), facts("nesterov-limit", eta=eta)
        mark = series["shown"]
        assert mark.x[0] == pytest.approx(np.sqrt(eta), rel=ROUNDING)
        assert mark.y[0] == named["largest"] == pytest.approx(self.deviation(eta), rel=1e-9)

    def test_it_shrinks_in_proportion_to_the_time_step(self) -> None:
        series, named = shown("nesterov-limit"), facts("nesterov-limit")
        tick, apart = series["deviation"].x, series["deviation"].y
        assert (tick[0], tick[-1]) == pytest.approx((0.01, 1))
        np.testing.assert_allclose(apart, [self.deviation(step**2) for step in tick], rtol=1e-9)
        # Over the lower decade of the time step; at its upper end the next term of the expansion is a few per cent.
        fitted = np.polyfit(np.log(tick[:5]), np.log(apart[:5]), 1)[0]
        assert named["slope"] == pytest.approx(fitted, rel=ROUNDING) == pytest.approx(1, abs=0.02)
        assert named["largest_at_smallest"] == apart[0]
        line = series["slope-1"]
        np.testing.assert_allclose(line.y / line.x, apart[0] / tick[0], rtol=ROUNDING)
