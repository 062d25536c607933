"""The figures of "Gradient flow" show what the page says."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from gdfigs.maths import bounds
from gdfigs.maths.problems import Array
from tests.shown import ROUNDING, Shown, close, same

SOLVER = 1e-8
"""The error that flows.gradient_flow allows itself where it has no closed form: about 100 times its RTOL of 1e-10."""


class TestEnergy:
    figure = "energy"

    def test_f_falls_strictly_from_its_value_at_the_start(self, s: Shown) -> None:
        f = s["f"].y
        close(f[0], np.log(2 * np.cosh(s.x0) + 2 * np.cosh(s.y0)))
        assert (np.diff(f) < 0).all()
        assert f[-1] > np.log(4)  # the minimum
        s.has(0, f_at_start=f[0], f_at_end=f[-1], drop=f[0] - f[-1], power_at_start=s["power"].y[0])
        for gid in ("f", "power", "integral"):
            s.has(0, time=s[gid].x[-1])

    def test_the_two_curves_coincide_within_the_stated_error(self, s: Shown) -> None:
        f, dots, error = s["f"], s["integral"], s.facts["quadrature_error"]
        on_the_line = f.y[np.searchsorted(f.x, dots.x)]
        assert len(dots.x) >= 20
        close(dots.y, on_the_line, 0, error + SOLVER)
        s.has(0, largest_difference=abs(dots.y - on_the_line).max())
        # Of half the points, some 15 times what it is of all, which is what the curves differ by.
        assert s.facts["largest_difference"] < error < 1e-6  # or the statement would say little

    def test_the_dots_are_the_integral_of_the_squared_gradient(self, s: Shown) -> None:
        dots = s["integral"]

        def rates(_: float, state: Array) -> Array:
            gradient = np.sinh(state[:2]) / np.cosh(state[:2]).sum()
            return np.array([*-gradient, gradient @ gradient])

        start = [s.x0, s.y0, 0]
        other = solve_ivp(rates, (0, dots.x[-1]), start, method="DOP853", t_eval=dots.x, rtol=1e-11, atol=1e-12)
        close(dots.y[0] - dots.y, other.y[2], 0, s.facts["quadrature_error"] + SOLVER)

    def test_the_area_below_is_the_drop_above(self, s: Shown) -> None:
        outline, f, power = s["area"], s["f"].y, s["power"]
        shoelace = abs(np.sum(outline.x * np.roll(outline.y, -1) - outline.y * np.roll(outline.x, -1))) / 2
        close(shoelace, np.trapezoid(power.y, power.x))
        # The trapezoids' error is (h^2/12) (p'(T) - p'(0)) with h <= 0.09 and |p'| < 0.5.
        assert shoelace == pytest.approx(f[0] - f[-1], abs=5e-4)
        s.has(0, s.facts["quadrature_error"] + SOLVER, integral=s.facts["drop"])
        close(s["integral"].y[-1], f[0] - s.facts["integral"])


class TestFlowConvexRate:
    figure = "flow-convex-rate"
    numbers = (1, 2, 3)

    def test_the_curves_are_the_three_formulas(self, s: Shown) -> None:
        t = s["exact"].x
        close(s["exact"].y * 4 * t, 1)
        close(s["loose"].y * 2 * t, 1)
        close(s["smooth"].y * (4 * s.L * t + 2), s.L)
        same(s["exact"].y, bounds.flow_convex(t, 1.0))

    def test_no_flow_rises_above_a_bound_and_each_meets_the_smooth_one_at_its_own_time(self, s: Shown) -> None:
        """On the straight part of the Huber function, gap / bound = 1 - (1 - w/w*)^2 with w = 2Lt + 1."""
        largest = []
        for number in self.numbers:
            flow, meeting, L = s[f"flow-{number}"], s[f"meeting-{number}"], s.L
            at, bound = meeting.x[0], L / (4 * L * flow.x + 2)
            assert (flow.y <= bound + SOLVER).all()
            assert (flow.y < 1 / (4 * flow.x)).all()
            straight = flow.x <= 2 * at
            w = (2 * L * flow.x[straight] + 1) / (2 * L * at + 1)
            close(flow.y[straight], bound[straight] * (1 - (1 - w) ** 2), 0, SOLVER)
            close(meeting.y, L / (4 * L * at + 2), 0, SOLVER)
            assert meeting.y[0] == flow.y[flow.x == at][0]  # the mark lies on its curve
            s.has(**{f"meeting_{number}": at, f"share_of_exact_{number}": 4 * at * meeting.y[0]})
            largest.append((2 * flow.x * flow.y).max())
        s.has(largest_share_of_loose=max(largest))
        assert max(largest) < 0.5

    def test_after_the_straight_part_the_gap_falls_as_an_exponential(self) -> None:
        s = Shown(self.figure, {"L": 0.5})  # the slowest: most of it lies inside the axes
        flow = s["flow-1"]
        late = flow.x > 2 * s["meeting-1"].x[0]
        assert late.sum() > 20
        slope = np.polyfit(flow.x[late], np.log(flow.y[late]), 1)[0]
        assert slope == pytest.approx(-2 * s.L, rel=1e-4)  # the solver's 1e-8 is 1e-5 of the least gap drawn

    def test_the_larger_L_and_the_later_the_nearer_the_flow_comes_to_the_bound(self) -> None:
        figures = [Shown(self.figure, {"L": L}) for L in (0.5, 20.0, 100.0)]
        shares = np.array([[s.facts[f"share_of_exact_{n}"] for n in self.numbers] for s in figures])
        assert (np.diff(shares, axis=0) > 0).all()
        assert (np.diff(shares, axis=1) > 0).all()
        assert 0.99 < shares[-1, -1] < 1


class TestFlowStronglyConvexRate:
    figure = "flow-strongly-convex-rate"
    measures = ("gap", "distance")

    def test_no_flow_rises_above_the_bound_and_the_facts_are_their_shares_of_it(self, s: Shown) -> None:
        s.has(rate=2 * s.mu)
        for measure in self.measures:
            for name in ("attaining", "quadratic", "logistic"):
                flow = s[f"{measure}-{name}"]
                assert flow.y[0] == 1
                slack = SOLVER if name == "logistic" else ROUNDING  # the others have a closed form
                assert (flow.y <= np.exp(-2 * s.mu * flow.x) * (1 + slack)).all()
                (height,) = flow.y[np.isclose(flow.x * s.mu, 1, rtol=ROUNDING)]
                s.has(**{f"{measure}_share_{name}": height * np.exp(2)})

    def test_the_flow_of_the_flattest_parabola_runs_on_the_bound(self, s: Shown) -> None:
        for measure in self.measures:
            flow, bound = s[f"{measure}-attaining"], s[f"{measure}-bound"]
            for drawn in (flow, bound):
                close(np.log(drawn.y), -2 * s.mu * drawn.x, atol=ROUNDING)
            same(flow.x, bound.x)
            same(bound.y, bounds.flow_strongly_convex(bound.x, s.mu))

    def test_off_the_slow_axis_the_quadratic_is_a_sum_of_two_exponentials(self, s: Shown) -> None:
        for measure, weight in (("gap", s.kappa), ("distance", 1)):
            flow = s[f"{measure}-quadratic"]
            slow, fast = np.exp(-2 * s.mu * flow.x), np.exp(-2 * s.kappa * s.mu * flow.x)
            close(flow.y, (slow + weight * fast) / (1 + weight))

    def test_logistic_regression_falls_further_and_further_below_the_bound(self, s: Shown) -> None:
        for measure in self.measures:
            flow = s[f"{measure}-logistic"]
            assert len(flow.x) > 20
            assert (np.diff(flow.y * np.exp(2 * s.mu * flow.x)) < 0).all()

    def test_late_slopes_of_the_quadratics_are_minus_twice_mu(self, default: Shown) -> None:
        for gid in ("gap-attaining", "gap-quadratic", "distance-attaining", "distance-quadratic"):
            t, y = default[gid].x[-20:], default[gid].y[-20:]
            # What is left of the fast axis, e^{-18 mu t} of the slow one, is below 1e-6 from mu t = 1 on.
            assert t[0] > 10
            assert np.polyfit(t, np.log(y), 1)[0] == pytest.approx(-0.2, rel=1e-6)


class TestModes:
    figure = "modes"
    eigenvalues = (0.1, 0.3, 0.6, 1.0)
    COMPONENT = 1e-10
    """Rounding of an error of length 2, a few 1e-16, in a component of at least 1e-3, over at most 33 steps."""

    def test_each_line_falls_at_the_rate_of_its_eigenvalue(self, s: Shown) -> None:
        for i, eigenvalue in enumerate(self.eigenvalues, 1):
            slope, start = np.polyfit(s[f"flow-{i}"].x, np.log(s[f"flow-{i}"].y), 1)
            assert (slope, start) == pytest.approx((-eigenvalue, 0), abs=self.COMPONENT)
            s.has(0, self.COMPONENT, **{f"flow_rate_{i}": -slope})
            s.has(**{f"eigenvalue_{i}": eigenvalue})

    def test_each_dot_is_a_power_of_its_factor(self, s: Shown) -> None:
        s.has(0, eta=s.eta)
        for i, eigenvalue in enumerate(self.eigenvalues, 1):
            dots, factor = s[f"descent-{i}"], abs(1 - s.eta * eigenvalue)
            k = np.round(dots.x / s.eta)
            close(dots.x, k * s.eta)
            close(dots.y, factor**k, self.COMPONENT)
            s.has(0, self.COMPONENT, **{f"descent_factor_{i}": factor})
            within = np.arange(int(6.5 / s.eta) + 1)
            # Clearly inside the axes, clearly drawn: the margin is wide of rounding.
            assert set(within[factor**within > 1.001e-3]) <= set(k) <= set(within)
            if len(k) > 1:
                slope = np.polyfit(dots.x, np.log(dots.y), 1)[0]
                assert slope == pytest.approx(np.log(factor) / s.eta, rel=1e-9)
                assert (slope < -eigenvalue) == (s.eta * eigenvalue < bounds.crossing())  # steeper than the flow
            else:
                assert factor < 1e-3  # a step that solves a mode at once leaves no later dot of it

    def test_what_is_seen_does_not_depend_on_the_basis(self, default: Shown) -> None:
        other = Shown(self.figure, {"seed": 12})
        assert default.series.keys() == other.series.keys()
        for gid, series in default.series.items():
            close(series.y, other[gid].y, self.COMPONENT)
