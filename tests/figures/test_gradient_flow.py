"""The figures of "Gradient flow" show what the page says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from gdfigs.maths import bounds
from tests.shown import facts, shown

ROUNDING = 1e-12
"""A few operations in double precision on numbers of size 1."""

SOLVER = 1e-8
"""The error that flows.gradient_flow allows itself where it has no closed form: about 100 times its RTOL of 1e-10."""

Array = NDArray[np.float64]


class TestEnergy:
    starts = pytest.mark.parametrize(("x0", "y0"), [(6.0, 2.0), (-3.0, 5.0), (1.5, 1.5), (0.0, -12.0)])

    @starts
    def test_f_falls_strictly_from_its_value_at_the_start(self, x0: float, y0: float) -> None:
        f = shown("energy", x0=x0, y0=y0)["f"]
        assert f.y[0] == pytest.approx(np.log(2 * np.cosh(x0) + 2 * np.cosh(y0)), rel=ROUNDING)
        assert (np.diff(f.y) < 0).all()
        assert f.y[-1] > np.log(4)  # the minimum

    @starts
    def test_the_two_curves_coincide_within_the_stated_error(self, x0: float, y0: float) -> None:
        series, named = shown("energy", x0=x0, y0=y0), facts("energy", x0=x0, y0=y0)
        f, dots = series["f"], series["integral"]
        on_the_line = f.y[np.searchsorted(f.x, dots.x)]
        assert len(dots.x) >= 20
        np.testing.assert_allclose(dots.y, on_the_line, rtol=0, atol=named["quadrature_error"] + SOLVER)
        assert named["largest_difference"] == abs(dots.y - on_the_line).max()
        assert named["quadrature_error"] < 1e-6  # or the statement would say little
        # Of half the points, some 15 times what it is of all, which is what the curves differ by.
        assert named["quadrature_error"] > named["largest_difference"]

    @starts
    def test_the_dots_are_the_integral_of_the_squared_gradient(self, x0: float, y0: float) -> None:
        dots = shown("energy", x0=x0, y0=y0)["integral"]

        def rates(_: float, state: Array) -> Array:
            gradient = np.sinh(state[:2]) / np.cosh(state[:2]).sum()
            return np.array([*-gradient, gradient @ gradient])

        other = solve_ivp(rates, (0, dots.x[-1]), [x0, y0, 0], method="DOP853", t_eval=dots.x, rtol=1e-11, atol=1e-12)
        error = facts("energy", x0=x0, y0=y0)["quadrature_error"] + SOLVER
        np.testing.assert_allclose(dots.y[0] - dots.y, other.y[2], rtol=0, atol=error)

    @starts
    def test_the_area_below_is_the_drop_above(self, x0: float, y0: float) -> None:
        series, named = shown("energy", x0=x0, y0=y0), facts("energy", x0=x0, y0=y0)
        outline, f, power = series["area"], series["f"], series["power"]
        shoelace = abs(np.sum(outline.x * np.roll(outline.y, -1) - outline.y * np.roll(outline.x, -1))) / 2
        assert shoelace == pytest.approx(np.trapezoid(power.y, power.x), rel=ROUNDING)
        # The trapezoids' error is (h^2/12) (p'(T) - p'(0)) with h <= 0.09 and |p'| < 0.5.
        assert shoelace == pytest.approx(f.y[0] - f.y[-1], abs=5e-4)
        assert named["drop"] == f.y[0] - f.y[-1]
        assert named["integral"] == pytest.approx(named["drop"], abs=named["quadrature_error"] + SOLVER)
        assert series["integral"].y[-1] == pytest.approx(f.y[0] - named["integral"], rel=ROUNDING)

    def test_the_facts_are_what_is_drawn(self) -> None:
        series, named = shown("energy"), facts("energy")
        assert (named["f_at_start"], named["f_at_end"]) == (series["f"].y[0], series["f"].y[-1])
        assert named["power_at_start"] == series["power"].y[0]
        assert named["time"] == series["f"].x[-1] == series["power"].x[-1] == series["integral"].x[-1]

    @pytest.mark.parametrize(("x0", "y0"), [(0, 0), (1, -1.5), (9, 4)])
    def test_a_start_too_near_or_too_far_is_refused(self, x0: float, y0: float) -> None:
        with pytest.raises(ValueError, match=r"\|x0\| \+ \|y0\| must lie in \[3, 12\]; got"):
            shown("energy", x0=x0, y0=y0)


class TestFlowConvexRate:
    numbers = (1, 2, 3)
    smoothness = st.floats(0.5, 100)

    @given(L=smoothness)
    @settings(max_examples=8)
    def test_the_curves_are_the_three_formulas(self, L: float) -> None:
        series = shown("flow-convex-rate", L=L)
        t = series["exact"].x
        np.testing.assert_allclose(series["exact"].y * 4 * t, 1, rtol=ROUNDING)
        np.testing.assert_allclose(series["loose"].y * 2 * t, 1, rtol=ROUNDING)
        np.testing.assert_allclose(series["smooth"].y * (4 * L * t + 2), L, rtol=ROUNDING)
        np.testing.assert_array_equal(series["exact"].y, bounds.flow_convex(t, 1.0))

    @given(L=smoothness)
    @settings(max_examples=8)
    def test_no_flow_rises_above_a_bound_and_none_above_half_the_loose_one(self, L: float) -> None:
        series = shown("flow-convex-rate", L=L)
        for number in self.numbers:
            t, gap = series[f"flow-{number}"].x, series[f"flow-{number}"].y
            assert (gap <= L / (4 * L * t + 2) + SOLVER).all()
            assert (gap < 1 / (4 * t)).all()
            assert (gap < 0.5 / (2 * t)).all()

    @given(L=smoothness)
    @settings(max_examples=8)
    def test_each_flow_falls_short_of_the_smooth_bound_by_the_square_of_its_distance_in_time(self, L: float) -> None:
        """On the straight part of the Huber function, gap / bound = 1 - (1 - w/w*)^2 with w = 2Lt + 1."""
        series = shown("flow-convex-rate", L=L)
        for number in self.numbers:
            flow, meeting = series[f"flow-{number}"], series[f"meeting-{number}"].x[0]
            straight = flow.x <= 2 * meeting
            w = (2 * L * flow.x[straight] + 1) / (2 * L * meeting + 1)
            bound = L / (4 * L * flow.x[straight] + 2)
            np.testing.assert_allclose(flow.y[straight], bound * (1 - (1 - w) ** 2), rtol=0, atol=SOLVER)

    @given(L=smoothness)
    @settings(max_examples=8)
    def test_each_flow_meets_the_smooth_bound_at_its_own_time(self, L: float) -> None:
        series, named = shown("flow-convex-rate", L=L), facts("flow-convex-rate", L=L)
        for number in self.numbers:
            flow, meeting = series[f"flow-{number}"], series[f"meeting-{number}"]
            t, gap = meeting.x[0], meeting.y[0]
            assert gap == pytest.approx(L / (4 * L * t + 2), abs=SOLVER)
            assert gap == flow.y[flow.x == t][0]  # the mark lies on its curve
            assert named[f"meeting_{number}"] == t
            assert named[f"share_of_exact_{number}"] == pytest.approx(4 * t * gap, rel=ROUNDING)
        largest = max((2 * flow.x * flow.y).max() for flow in (series[f"flow-{number}"] for number in self.numbers))
        assert named["largest_share_of_loose"] == pytest.approx(largest, rel=ROUNDING)
        assert largest < 0.5

    def test_after_the_straight_part_the_gap_falls_as_an_exponential(self) -> None:
        L = 0.5  # the slowest, so that most of it lies inside the axes
        series = shown("flow-convex-rate", L=L)
        flow, bend = series["flow-1"], 2 * series["meeting-1"].x[0]
        late = flow.x > bend
        slope = np.polyfit(flow.x[late], np.log(flow.y[late]), 1)[0]
        assert late.sum() > 20
        assert slope == pytest.approx(-2 * L, rel=1e-4)  # the solver's 1e-8 is 1e-5 of the least gap drawn

    def test_the_larger_L_and_the_later_the_meeting_the_nearer_the_flow_comes_to_the_exact_bound(self) -> None:
        shares = np.array([[facts("flow-convex-rate", L=L)[f"share_of_exact_{n}"] for n in self.numbers]
                           for L in (0.5, 4.0, 20.0, 100.0)])  # fmt: skip
        assert (np.diff(shares, axis=0) > 0).all()
        assert (np.diff(shares, axis=1) > 0).all()
        assert 0.99 < shares[-1, -1] < 1

    @pytest.mark.parametrize("L", [0.1, 101, float("nan")])
    def test_a_smoothness_that_cannot_be_shown_is_refused(self, L: float) -> None:
        with pytest.raises(ValueError, match=r"L must lie in \[0.5, 100\]; got"):
            shown("flow-convex-rate", L=L)


class TestFlowStronglyConvexRate:
    measures = ("gap", "distance")
    constants = given(kappa=st.floats(2, 100), mu=st.floats(0.05, 1))

    @constants
    @settings(max_examples=8)
    def test_no_flow_rises_above_the_bound(self, kappa: float, mu: float) -> None:
        series = shown("flow-strongly-convex-rate", kappa=kappa, mu=mu)
        for measure in self.measures:
            for name in ("attaining", "quadratic", "logistic"):
                flow = series[f"{measure}-{name}"]
                assert flow.y[0] == 1
                slack = SOLVER if name == "logistic" else ROUNDING  # the others have a closed form
                assert (flow.y <= np.exp(-2 * mu * flow.x) * (1 + slack)).all()

    @constants
    @settings(max_examples=8)
    def test_the_flow_of_the_flattest_parabola_runs_on_the_bound(self, kappa: float, mu: float) -> None:
        series = shown("flow-strongly-convex-rate", kappa=kappa, mu=mu)
        for measure in self.measures:
            flow, bound = series[f"{measure}-attaining"], series[f"{measure}-bound"]
            for drawn in (flow, bound):
                np.testing.assert_allclose(np.log(drawn.y), -2 * mu * drawn.x, rtol=ROUNDING, atol=ROUNDING)
            np.testing.assert_array_equal(flow.x, bound.x)
            np.testing.assert_array_equal(bound.y, bounds.flow_strongly_convex(bound.x, mu))

    @constants
    @settings(max_examples=8)
    def test_off_the_slow_axis_the_quadratic_is_a_sum_of_two_exponentials(self, kappa: float, mu: float) -> None:
        series = shown("flow-strongly-convex-rate", kappa=kappa, mu=mu)
        for measure, weight in (("gap", kappa), ("distance", 1)):
            flow = series[f"{measure}-quadratic"]
            slow, fast = np.exp(-2 * mu * flow.x), np.exp(-2 * kappa * mu * flow.x)
            np.testing.assert_allclose(flow.y, (slow + weight * fast) / (1 + weight), rtol=ROUNDING)

    def test_late_slopes_of_the_quadratics_are_minus_twice_mu(self) -> None:
        mu = 0.1
        series = shown("flow-strongly-convex-rate", mu=mu)
        for gid in ("gap-attaining", "gap-quadratic", "distance-attaining", "distance-quadratic"):
            t, y = series[gid].x[-20:], series[gid].y[-20:]
            # What is left of the fast axis, e^{-18 mu t} of the slow one, is below 1e-6 from mu t = 1 on.
            assert t[0] > 1 / mu
            assert np.polyfit(t, np.log(y), 1)[0] == pytest.approx(-2 * mu, rel=1e-6)

    @given(mu=st.floats(0.05, 1))
    @settings(max_examples=6)
    def test_logistic_regression_falls_further_and_further_below_the_bound(self, mu: float) -> None:
        series = shown("flow-strongly-convex-rate", mu=mu)
        for measure in self.measures:
            flow = series[f"{measure}-logistic"]
            assert len(flow.x) > 20
            assert (np.diff(flow.y * np.exp(2 * mu * flow.x)) < 0).all()

    @constants
    @settings(max_examples=6)
    def test_the_facts_are_what_is_drawn(self, kappa: float, mu: float) -> None:
        series = shown("flow-strongly-convex-rate", kappa=kappa, mu=mu)
        named = facts("flow-strongly-convex-rate", kappa=kappa, mu=mu)
        assert named["rate"] == pytest.approx(2 * mu, rel=ROUNDING)
        for measure in self.measures:
            for name in ("attaining", "quadratic", "logistic"):
                flow = series[f"{measure}-{name}"]
                (height,) = flow.y[np.isclose(flow.x * mu, 1, rtol=ROUNDING)]
                assert named[f"{measure}_share_{name}"] == pytest.approx(height * np.exp(2), rel=ROUNDING)

    @pytest.mark.parametrize("kappa", [1.5, 101, float("nan")])
    def test_a_condition_number_that_cannot_be_shown_is_refused(self, kappa: float) -> None:
        with pytest.raises(ValueError, match=r"kappa must lie in \[2, 100\]; got"):
            shown("flow-strongly-convex-rate", kappa=kappa)

    @pytest.mark.parametrize("mu", [0, -1, 2, float("nan")])
    def test_a_curvature_that_cannot_be_shown_is_refused(self, mu: float) -> None:
        with pytest.raises(ValueError, match=r"mu must lie in \[0.05, 1\]; got"):
            shown("flow-strongly-convex-rate", mu=mu)


class TestModes:
    eigenvalues = (0.1, 0.3, 0.6, 1.0)
    COMPONENT = 1e-10
    """Rounding of an error of length 2, a few 1e-16, in a component of at least 1e-3, over at most 33 steps."""

    @given(eta=st.floats(0.2, 1.95), seed=st.integers(0, 1000))
    @settings(max_examples=10)
    def test_each_line_falls_at_the_rate_of_its_eigenvalue(self, eta: float, seed: int) -> None:
        series, named = shown("modes", eta=eta, seed=seed), facts("modes", eta=eta, seed=seed)
        for i, eigenvalue in enumerate(self.eigenvalues, 1):
            flow = series[f"flow-{i}"]
            slope, start = np.polyfit(flow.x, np.log(flow.y), 1)
            assert (slope, start) == pytest.approx((-eigenvalue, 0), abs=self.COMPONENT)
            assert named[f"flow_rate_{i}"] == pytest.approx(-slope, abs=self.COMPONENT)
            assert named[f"eigenvalue_{i}"] == pytest.approx(eigenvalue, rel=ROUNDING)

    @given(eta=st.floats(0.2, 1.95), seed=st.integers(0, 1000))
    @settings(max_examples=10)
    def test_each_dot_is_a_power_of_its_factor(self, eta: float, seed: int) -> None:
        series, named = shown("modes", eta=eta, seed=seed), facts("modes", eta=eta, seed=seed)
        for i, eigenvalue in enumerate(self.eigenvalues, 1):
            dots, factor = series[f"descent-{i}"], abs(1 - eta * eigenvalue)
            k = np.round(dots.x / eta)
            np.testing.assert_allclose(dots.x, k * eta, rtol=ROUNDING)
            np.testing.assert_allclose(dots.y, factor**k, rtol=self.COMPONENT)
            assert named[f"descent_factor_{i}"] == pytest.approx(factor, abs=self.COMPONENT)
            within = np.arange(int(6.5 / eta) + 1)
            # Clearly inside the axes, clearly drawn: the margin is wide of rounding.
            assert set(within[factor**within > 1.001e-3]) <= set(k) <= set(within)

    @pytest.mark.parametrize("eta", [0.3, 0.5, 0.9, 1.7])
    def test_the_slope_of_the_dots_is_the_log_of_the_factor_over_the_step(self, eta: float) -> None:
        series = shown("modes", eta=eta)
        for i, eigenvalue in enumerate(self.eigenvalues, 1):
            dots = series[f"descent-{i}"]
            slope = np.polyfit(dots.x, np.log(dots.y), 1)[0]
            assert slope == pytest.approx(np.log(abs(1 - eta * eigenvalue)) / eta, rel=1e-9)
            assert (slope < -eigenvalue) == (eta * eigenvalue < bounds.crossing())  # steeper than the flow

    def test_what_is_seen_does_not_depend_on_the_basis(self) -> None:
        one, other = shown("modes", seed=0), shown("modes", seed=12)
        assert one.keys() == other.keys()
        for gid, series in one.items():
            np.testing.assert_allclose(series.y, other[gid].y, rtol=self.COMPONENT)

    def test_a_step_that_solves_a_mode_at_once_leaves_no_later_dot_of_it(self) -> None:
        np.testing.assert_array_equal(shown("modes", eta=1.0)["descent-4"].x, [0])

    @pytest.mark.parametrize(
        ("eta", "message"), [(0.1, r"eta must lie in \[0.2, 2\); got 0.1"), (2.1, r"eta must lie in \(0, 2/L\)")]
    )
    def test_a_step_too_small_to_be_seen_or_too_large_to_converge_is_refused(self, eta: float, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            shown("modes", eta=eta)
