"""The figures of "The natural gradient" show what the page says."""

import numpy as np
from scipy.integrate import solve_ivp

from gdfigs.maths.problems import Array
from tests.shown import ROUNDING, Shown, close, same, xy

SOLVED = 1e-9
"""The flows' error: about 100 times the solver's tolerance of 1e-12, on numbers up to 10."""


class TestNewtonAndGradientFlow:
    figure = "newton-and-gradient-flow"
    paths = range(6)

    def test_natural_paths_run_straight_and_lose_a_factor_e_in_each_unit_of_time(self, s: Shown) -> None:
        for n in self.paths:
            path = xy(s[f"natural-path-{n}"])
            assert len(path) == 7
            close(path, np.exp(-np.arange(7.0))[:, None] * path[0], 1e-7, SOLVED)

    def test_gradient_paths_are_those_of_the_two_modes_from_the_same_starts(self, s: Shown) -> None:
        for n in self.paths:
            path = xy(s[f"gradient-path-{n}"])
            same(path[0], xy(s[f"natural-path-{n}"])[0])
            flat, steep = (path / path[0]).T
            # The flat mode falls as e^{-t / kappa}, the steep one as e^{-t}; the power magnifies rounding by kappa.
            close(steep, flat**s.kappa, 1e-7, 1e-12 * s.kappa)
            close(flat[-1], 0.004, 1e-9)  # the path is drawn until it is within a pixel of the star
            assert np.linalg.norm(np.diff(path, axis=0), axis=1).max() < 0.1  # 10 pixels: smooth to the eye
        words = "runs straight" if s.kappa == 1 else "turns to the long axis"
        assert f"the gradient flow {words}" in s.description

    def test_distances_are_in_closed_form_and_lie_between_the_natural_flow_and_the_bound(self, s: Shown) -> None:
        t, bound, ends = s["bound"].x, s["bound"].y, []
        assert (t[0], t[-1]) == (0, 6)
        close(bound, np.exp(-t / s.kappa))
        for n in self.paths:
            gradient, natural = s[f"gradient-{n}"], s[f"natural-{n}"]
            x, y = xy(s[f"gradient-path-{n}"])[0]
            same(gradient.x, t)
            same(natural.x, t)
            close(gradient.y, np.hypot(x * np.exp(-t / s.kappa), y * np.exp(-t)) / np.hypot(x, y))
            close(natural.y, np.exp(-t), 0, SOLVED)
            assert (natural.y - SOLVED <= gradient.y).all()
            assert (gradient.y <= bound * (1 + ROUNDING)).all()
            ends.append(gradient.y[-1])
        s.has(0, gradient_least=min(ends), gradient_most=max(ends), L=1, starts=6, until=6)
        s.has(natural=np.exp(-6))
        assert f"{max(ends):.2g} of the way left, the natural 0.0025" in s.slider_text

    def test_contours_are_level_lines(self, s: Shown) -> None:
        contours = s["contours"]
        f = (contours.x**2 / s.kappa + contours.y**2) / 2
        # Interpolated between points of a grid 0.05 apart: off by f'' 0.05^2 / 8 at most.
        close(f, contours["level"], 1e-7, 3.2e-4)
        on_the_steep_axis = np.unique(np.sqrt(2 * contours["level"]))
        close(np.diff([0, *on_the_steep_axis]), 0.25)
        # As far as the corner of the picture, but seven at most.
        assert on_the_steep_axis[-1] == min(1.75, np.hypot(1.75 / np.sqrt(s.kappa), 1.05) // 0.25 * 0.25)


def loss(m: Array, s: Array) -> Array:
    """The divergence of N(m, s^2) from N(0, 1)."""
    return np.log(s) + (1 + m**2) / (2 * s**2) - 0.5


def slopes(m: Array, s: Array) -> Array:
    """Its derivatives by m and s."""
    return np.stack([m / s**2, 1 / s - (1 + m**2) / s**3])


def solved(p: float) -> Array:
    """The gradient flow in (m, u), du = s^{p - 1} ds, by a solver of its own, in (m, log s), shape (n, 2)."""

    def field(_: float, state: Array) -> Array:
        m, s = state[0], np.exp(state[1])
        across, up = slopes(m, s)
        return np.array([-across, -(s ** (1 - 2 * p)) * up])

    times = np.concatenate([[0.0], np.geomspace(1e-3, 7, 110)])
    run = solve_ivp(field, (0, 7), [-2, np.log(0.5)], method="LSODA", t_eval=times, rtol=1e-11, atol=1e-13)
    return np.column_stack([run.y[0], np.exp(run.y[1])])


def mixture(left: Array) -> Array:
    """Mean and deviation of a mixture: so much of N(-2, 0.5^2), the rest of N(0, 1)."""
    second = left * (4 + 0.25) + (1 - left)
    return np.column_stack([-2 * left, np.sqrt(second - 4 * left**2)])


class TestGaussianFits:
    figure = "gaussian-fits"

    def test_gradient_flows_are_those_of_their_coordinates(self, s: Shown) -> None:
        for gid, of in (("gradient", 1.0), ("gradient-other", s.p)):
            # LSODA keeps its tolerances of 1e-11 a step, for some hundred steps.
            close(xy(s[gid]), solved(of), 1e-7, 1e-8)
        # At power 1 the second coordinates are the first but for a constant.
        assert np.array_equal(xy(s["gradient"]), xy(s["gradient-other"])) == (s.p == 1)
        assert f"on {'the same' if s.p == 1 else 'another'} way" in s.description

    def test_natural_flows_coincide_and_are_those_of_a_mixture(self, s: Shown) -> None:
        line, circles = xy(s["natural"]), xy(s["natural-other"])
        close(line, mixture(line[:, 0] / -2), 1e-7, SOLVED)
        close(circles, mixture(np.exp(-np.arange(0, 4.1, 0.5))), 1e-7, SOLVED)

    def test_every_flow_leads_downhill_from_the_start_to_the_target(self, s: Shown) -> None:
        for gid in ("gradient", "gradient-other", "natural", "natural-other"):
            path = xy(s[gid])
            close(path[0], (-2, 0.5), 0, ROUNDING)
            assert np.linalg.norm(path[-1] - [0, 1]) < (0.06 if gid == "natural-other" else 0.02)  # at t = 4 and at 7
            assert (np.diff(loss(*path.T)) < 0).all()
        assert xy(s["target"]).tolist() == [[0, 1]]

    def test_gradient_flows_in_the_two_coordinate_systems_have_only_their_ends_in_common(self, default: Shown) -> None:
        m, gids = np.linspace(-1.99, -0.03, 50), ("gradient", "natural", "gradient-other")
        assert all((np.diff(default[gid].x) > 0).all() for gid in gids)
        upper, middle, lower = (np.interp(m, default[gid].x, default[gid].y) for gid in gids)
        assert (upper > lower + 0.01).all()
        assert (middle > lower + 0.01).all()
        assert upper[25] - 0.1 > middle[25] > lower[25] + 0.5  # at m = -1

    def test_the_natural_flow_alone_crosses_the_contours_at_right_angles(self, default: Shown) -> None:
        stretch = float(default.axes[0].get_aspect())
        close(stretch, np.sqrt(2))
        # A chord of the polyline is a degree off at most.
        for gid, low, high in (("natural", 0.9999, 1.001), ("gradient", -1, 0.99), ("gradient-other", -1, 0.9)):
            path = xy(default[gid])
            path = path[np.linalg.norm(path - [0, 1], axis=1) > 0.05]
            along, middle = np.diff(path, axis=0) * [1, stretch], (path[1:] + path[:-1]) / 2
            normal = -slopes(*middle.T).T / [1, stretch]
            cosine = (along * normal).sum(1) / np.linalg.norm(along, axis=1) / np.linalg.norm(normal, axis=1)
            assert low < cosine.min() < high

    def test_contours_are_level_lines(self, default: Shown) -> None:
        contours = default["contours"]
        # Interpolated on a grid 0.03 wide and 0.02 high: less where s is small and f steep.
        close(loss(contours.x, contours.y), contours["level"], 0.03, 5e-4)
        assert len(set(contours["level"])) == 8

    def test_facts_and_words_are_what_is_drawn(self, s: Shown) -> None:
        peaks = [s[gid].y.max() for gid in ("gradient", "gradient-other", "natural")]
        s.has(0, peak=peaks[0], peak_other=peaks[1], peak_natural=peaks[2], mean=-2, deviation=0.5)
        assert f"sigma = {peaks[1]:.2f}, the natural flow to {peaks[2]:.2f}" in s.slider_text
        for gid in ("gradient", "gradient-other", "natural"):
            assert s[gid].x.min() > s.axes[0].get_xlim()[0]
            assert s[gid].y.max() < s.axes[0].get_ylim()[1]


class TestStraightMoments:
    figure = "straight-moments"

    def test_the_curves_are_those_of_the_fits(self, s: Shown) -> None:
        fits = Shown("gaussian-fits", s.changed)
        for gid in ("gradient", "gradient-other"):
            close(s[gid].x, fits[gid].x)
            close(s[gid].y - s[gid].x ** 2, fits[gid].y ** 2, 1e-9)  # 4.25 - 4 loses a digit

    def test_the_natural_flow_is_straight_and_its_marks_are_at_equal_times(self, s: Shown) -> None:
        start, target = np.array([-2, 4.25]), np.array([0, 1])
        path, marks = xy(s["natural"]), xy(s["marks"])
        close(path[:, 1] - 1, (path[:, 0] / -2) * 3.25, 1e-7, SOLVED)
        left = np.exp(-np.arange(0, 4.1, 0.5))
        close(marks, target + left[:, None] * (start - target), 1e-7, SOLVED)
        s.has(0, SOLVED, left_at_1=-marks[2, 0] / 2, left_at_2=-marks[4, 0] / 2)
        s.has(0, SOLVED, left_at_1=left[2])

    def test_the_gradient_flows_are_bent_to_either_side(self, default: Shown) -> None:
        above, below = (default[gid].y - 1 + default[gid].x * 3.25 / 2 for gid in ("gradient", "gradient-other"))
        assert above.max() > 0.3
        assert below.min() < -0.7

    def test_the_grey_ground_is_where_the_variance_would_be_negative(self, s: Shown) -> None:
        ground = s["no-distribution"]
        upper = ground.y > 0
        close(ground.y[upper], np.minimum(ground.x[upper] ** 2, 5), 1e-7, ROUNDING)
        for gid in ("gradient", "gradient-other", "natural", "marks", "target"):
            assert (s[gid].y > s[gid].x ** 2).all()
