"""The figures of "The natural gradient" show what the page says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from gdfigs.maths.problems import Array
from gdfigs.plots.picture import Series
from tests.shown import facts, picture, shown
from tests.strategies import log_uniform

ROUNDING = 1e-12
"""A few operations in double precision on numbers of size 1."""
SOLVED = 1e-9
"""The flows' error: about 100 times the solver's tolerance of 1e-12, on numbers up to 10."""
POWERS = np.linspace(-2, 2, 17)
"""The stops of the slider."""


def xy(series: Series) -> Array:
    return np.column_stack([series.x, series.y])


class TestNewtonAndGradientFlow:
    paths = range(6)
    kappas = pytest.mark.parametrize("kappa", [*10 ** (np.arange(9) / 4), 1000.0])

    @kappas
    def test_natural_paths_run_straight_and_lose_a_factor_e_in_each_unit_of_time(self, kappa: float) -> None:
        series = shown("newton-and-gradient-flow", kappa=kappa)
        for n in self.paths:
            path = xy(series[f"natural-path-{n}"])
            assert len(path) == 7
            np.testing.assert_allclose(path, np.exp(-np.arange(7.0))[:, None] * path[0], atol=SOLVED)

    @pytest.mark.parametrize(
        ("kappa", "words"), [(1.0, "runs straight"), (1.5, "turns to the long axis"), (10.0, "turns")]
    )
    def test_the_way_of_the_gradient_flow_is_told(self, kappa: float, words: str) -> None:
        assert f"the gradient flow {words}" in picture("newton-and-gradient-flow", kappa=kappa).description

    @kappas
    def test_gradient_paths_are_those_of_the_two_modes_from_the_same_starts(self, kappa: float) -> None:
        series = shown("newton-and-gradient-flow", kappa=kappa)
        for n in self.paths:
            path = xy(series[f"gradient-path-{n}"])
            np.testing.assert_array_equal(path[0], xy(series[f"natural-path-{n}"])[0])
            flat, steep = (path / path[0]).T
            # The flat mode falls as e^{-t / kappa}, the steep one as e^{-t}; the power magnifies rounding by kappa.
            np.testing.assert_allclose(steep, flat**kappa, atol=1e-12 * kappa)
            assert flat[-1] == pytest.approx(
                0.004, rel=1e-9
            )  # the path is drawn until it is within a pixel of the star
            assert np.linalg.norm(np.diff(path, axis=0), axis=1).max() < 0.1  # 10 pixels: smooth to the eye

    @kappas
    def test_distances_are_in_closed_form_and_lie_between_the_natural_flow_and_the_bound(self, kappa: float) -> None:
        series = shown("newton-and-gradient-flow", kappa=kappa)
        t, bound = series["bound"].x, series["bound"].y
        assert (t[0], t[-1]) == (0, 6)
        np.testing.assert_allclose(bound, np.exp(-t / kappa), rtol=ROUNDING)
        for n in self.paths:
            gradient, natural = series[f"gradient-{n}"], series[f"natural-{n}"]
            x, y = xy(series[f"gradient-path-{n}"])[0]
            np.testing.assert_array_equal(gradient.x, t)
            np.testing.assert_array_equal(natural.x, t)
            exact = np.hypot(x * np.exp(-t / kappa), y * np.exp(-t)) / np.hypot(x, y)
            np.testing.assert_allclose(gradient.y, exact, rtol=ROUNDING)
            np.testing.assert_allclose(natural.y, np.exp(-t), rtol=0, atol=SOLVED)
            assert (natural.y - SOLVED <= gradient.y).all()
            assert (gradient.y <= bound * (1 + ROUNDING)).all()

    @given(log_uniform(1, 1000))
    @settings(max_examples=8)
    def test_what_is_left_by_the_natural_flow_does_not_depend_on_kappa(self, kappa: float) -> None:
        named, series = (
            facts("newton-and-gradient-flow", kappa=kappa),
            shown("newton-and-gradient-flow", kappa=kappa),
        )
        ends = [series[f"gradient-{n}"].y[-1] for n in self.paths]
        assert (named["gradient_least"], named["gradient_most"]) == (min(ends), max(ends))
        assert named["natural"] == pytest.approx(np.exp(-6), rel=ROUNDING)
        assert (named["L"], named["starts"], named["until"]) == (1, len(self.paths), 6)
        for n in self.paths:
            assert series[f"natural-{n}"].y[-1] == pytest.approx(named["natural"], abs=SOLVED)

    @kappas
    def test_contours_are_level_lines(self, kappa: float) -> None:
        contours = shown("newton-and-gradient-flow", kappa=kappa)["contours"]
        f = (contours.x**2 / kappa + contours.y**2) / 2
        # Interpolated between points of a grid 0.05 apart: off by f'' 0.05^2 / 8 at most.
        np.testing.assert_allclose(f, contours["level"], atol=3.2e-4)
        on_the_steep_axis = np.unique(np.sqrt(2 * contours["level"]))
        np.testing.assert_allclose(np.diff([0, *on_the_steep_axis]), 0.25, rtol=ROUNDING)
        # As far as the corner of the picture, but seven at most.
        assert on_the_steep_axis[-1] == min(1.75, np.hypot(1.75 / np.sqrt(kappa), 1.05) // 0.25 * 0.25)

    def test_a_slider_moves_neither_axes_nor_what_is_drawn(self) -> None:
        low, high = (picture("newton-and-gradient-flow", kappa=kappa) for kappa in (1.0, 1000.0))
        assert set(shown("newton-and-gradient-flow", kappa=1.0)) == set(shown("newton-and-gradient-flow", kappa=1000.0))
        for before, after in zip(low.figure.axes, high.figure.axes, strict=True):
            assert (before.get_xlim(), before.get_ylim()) == (after.get_xlim(), after.get_ylim())
        assert "0.0025" in high.told
        assert "0.96" in high.told

    @pytest.mark.parametrize(
        ("kappa", "message"), [(0.5, "kappa = L/mu must be at least 1"), (2e3, "kappa must lie in")]
    )
    def test_another_condition_number_is_refused(self, kappa: float, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            shown("newton-and-gradient-flow", kappa=kappa)


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
    @pytest.mark.parametrize("p", POWERS)
    def test_gradient_flows_are_those_of_their_coordinates(self, p: float) -> None:
        series = shown("gaussian-fits", p=p)
        for gid, of in (("gradient", 1.0), ("gradient-other", p)):
            # LSODA keeps its tolerances of 1e-11 a step, for some hundred steps.
            np.testing.assert_allclose(xy(series[gid]), solved(of), atol=1e-8)

    @pytest.mark.parametrize("p", POWERS)
    def test_natural_flows_coincide_and_are_those_of_a_mixture(self, p: float) -> None:
        series = shown("gaussian-fits", p=p)
        line, circles = xy(series["natural"]), xy(series["natural-other"])
        np.testing.assert_allclose(line, mixture(line[:, 0] / -2), atol=SOLVED)
        np.testing.assert_allclose(circles, mixture(np.exp(-np.arange(0, 4.1, 0.5))), atol=SOLVED)

    @pytest.mark.parametrize("p", POWERS)
    def test_every_flow_leads_downhill_from_the_start_to_the_target(self, p: float) -> None:
        series = shown("gaussian-fits", p=p)
        for gid in ("gradient", "gradient-other", "natural", "natural-other"):
            path = xy(series[gid])
            assert path[0] == pytest.approx((-2, 0.5), abs=ROUNDING)
            assert np.linalg.norm(path[-1] - [0, 1]) < (0.06 if gid == "natural-other" else 0.02)  # at t = 4 and at 7
            assert (np.diff(loss(*path.T)) < 0).all()
        assert xy(series["target"]).tolist() == [[0, 1]]

    def test_gradient_flows_in_the_two_coordinate_systems_have_only_their_ends_in_common(self) -> None:
        series, m = shown("gaussian-fits"), np.linspace(-1.99, -0.03, 50)
        for gid in ("gradient", "natural", "gradient-other"):
            assert (np.diff(series[gid].x) > 0).all()
        upper, middle, lower = (
            np.interp(m, series[gid].x, series[gid].y) for gid in ("gradient", "natural", "gradient-other")
        )
        assert (upper > lower + 0.01).all()
        assert (middle > lower + 0.01).all()
        assert upper[25] - 0.1 > middle[25] > lower[25] + 0.5  # at m = -1

    def test_at_power_one_the_second_coordinates_are_the_first_but_for_a_constant(self) -> None:
        series = shown("gaussian-fits", p=1.0)
        np.testing.assert_array_equal(xy(series["gradient"]), xy(series["gradient-other"]))
        assert "on the same way" in picture("gaussian-fits", p=1.0).description
        assert "on another way" in picture("gaussian-fits").description

    def test_the_natural_flow_crosses_the_contours_at_right_angles_and_the_gradient_flow_does_not(self) -> None:
        stretch = float(picture("gaussian-fits").figure.axes[0].get_aspect())
        assert stretch == pytest.approx(np.sqrt(2))

        def least_cosine(gid: str) -> float:
            """Between the path and the normal of the contours, on the paper."""
            path = xy(shown("gaussian-fits")[gid])
            path = path[np.linalg.norm(path - [0, 1], axis=1) > 0.05]
            along, middle = np.diff(path, axis=0) * [1, stretch], (path[1:] + path[:-1]) / 2
            normal = -slopes(*middle.T).T / [1, stretch]
            return float(
                ((along * normal).sum(1) / np.linalg.norm(along, axis=1) / np.linalg.norm(normal, axis=1)).min()
            )

        assert least_cosine("natural") > 0.9999  # a chord of the polyline is a degree off at most
        assert least_cosine("gradient") < 0.99
        assert least_cosine("gradient-other") < 0.9

    def test_contours_are_level_lines(self) -> None:
        contours = shown("gaussian-fits")["contours"]
        # Interpolated on a grid 0.03 wide and 0.02 high: less where s is small and f steep.
        np.testing.assert_allclose(loss(contours.x, contours.y), contours["level"], rtol=0.03, atol=5e-4)
        assert len(set(contours["level"])) == 8

    @given(st.floats(-2, 2))
    @settings(max_examples=6)
    def test_facts_and_words_are_what_is_drawn(self, p: float) -> None:
        series, named = shown("gaussian-fits", p=p), facts("gaussian-fits", p=p)
        for fact, gid in (("peak", "gradient"), ("peak_other", "gradient-other"), ("peak_natural", "natural")):
            assert named[fact] == series[gid].y.max()
        told = picture("gaussian-fits", p=p).told
        assert f"{named['peak_other']:.2f}" in told
        assert f"{named['peak_natural']:.2f}" in told
        (ax,) = picture("gaussian-fits", p=p).figure.axes
        for gid in ("gradient", "gradient-other", "natural"):
            assert series[gid].x.min() > ax.get_xlim()[0]
            assert series[gid].y.max() < ax.get_ylim()[1]

    @pytest.mark.parametrize("name", ["gaussian-fits", "straight-moments"])
    @pytest.mark.parametrize("p", [-2.5, 3.0, np.nan])
    def test_another_power_is_refused(self, name: str, p: float) -> None:
        with pytest.raises(ValueError, match=r"p must lie in \[-2, 2\]"):
            shown(name, p=p)


class TestStraightMoments:
    @pytest.mark.parametrize("p", [-2.0, 0.0, 2.0])
    def test_the_curves_are_those_of_the_fits(self, p: float) -> None:
        series, fits = shown("straight-moments", p=p), shown("gaussian-fits", p=p)
        for gid in ("gradient", "gradient-other"):
            m, s = fits[gid].x, fits[gid].y
            np.testing.assert_allclose(series[gid].x, m, rtol=ROUNDING)
            np.testing.assert_allclose(series[gid].y - series[gid].x ** 2, s**2, rtol=1e-9)  # 4.25 - 4 loses a digit

    @pytest.mark.parametrize("p", POWERS)
    def test_the_natural_flow_is_straight_and_its_marks_are_at_equal_times(self, p: float) -> None:
        series = shown("straight-moments", p=p)
        start, target = np.array([-2, 4.25]), np.array([0, 1])
        path, marks = xy(series["natural"]), xy(series["marks"])
        np.testing.assert_allclose(path[:, 1] - 1, (path[:, 0] / -2) * 3.25, atol=SOLVED)
        left = np.exp(-np.arange(0, 4.1, 0.5))[:, None]
        np.testing.assert_allclose(marks, target + left * (start - target), atol=SOLVED)

    def test_the_gradient_flows_are_bent_to_either_side(self) -> None:
        series = shown("straight-moments")
        above, below = (series[gid].y - 1 + series[gid].x * 3.25 / 2 for gid in ("gradient", "gradient-other"))
        assert above.max() > 0.3
        assert below.min() < -0.7

    def test_the_grey_ground_is_where_the_variance_would_be_negative(self) -> None:
        series = shown("straight-moments")
        ground = series["no-distribution"]
        upper = ground.y > 0
        np.testing.assert_allclose(ground.y[upper], np.minimum(ground.x[upper] ** 2, 5), atol=ROUNDING)
        for gid in ("gradient", "gradient-other", "natural", "marks", "target"):
            assert (series[gid].y > series[gid].x ** 2).all()

    @pytest.mark.parametrize("p", [-2.0, 0.5])
    def test_facts_are_what_the_marks_have_left(self, p: float) -> None:
        marks, named = xy(shown("straight-moments", p=p)["marks"]), facts("straight-moments", p=p)
        for fact, at in (("left_at_1", 2), ("left_at_2", 4)):
            assert named[fact] == pytest.approx(-marks[at, 0] / 2, abs=SOLVED)
        assert named["left_at_1"] == pytest.approx(np.exp(-1), abs=SOLVED)
