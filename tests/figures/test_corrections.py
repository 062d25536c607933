"""The figures of "Where the post was wrong" are the counterexamples that the page says they are."""

from itertools import combinations

import numpy as np
import pytest

from gdfigs.maths import bounds
from tests.shown import ROUNDING, Shown, close, same

SOLVED = 1e-7
"""Relative error of a flow: 1000 times the solver's tolerance per step, for some hundred steps that may grow apart."""


class TestOneSidedHessian:
    figure = "one-sided-hessian"

    @staticmethod
    def f(x: float | np.ndarray) -> np.ndarray:
        return np.asarray(x) ** 2 / 2 - np.log(np.cosh(10 * np.asarray(x))) / 10

    def test_both_parabolas_touch_f_which_falls_below_the_lower_one_alone(self, s: Shown) -> None:
        close(s["f"].y, self.f(s["f"].x), 0, ROUNDING)
        same(s["contact"].x, s.contact)
        close(s["contact"].y, self.f(s.contact), 0, ROUNDING)
        slope = s.contact - np.tanh(10 * s.contact)
        for gid, L in (("upper", 1.0), ("lower", -1.0)):
            step = s[gid].x - s.contact
            close(s[gid].y, self.f(s.contact) + slope * step + L / 2 * step**2, 0, ROUNDING)
            close(s[gid].y, bounds.quadratic_upper(float(self.f(s.contact)), slope, step, L), 0, ROUNDING)
        assert (self.f(s["upper"].x) <= s["upper"].y + ROUNDING).all()
        assert s.facts["least_room_above"] >= -ROUNDING
        shortfall = (s["lower"].y - self.f(s["lower"].x)).max()
        assert shortfall > 0.1  # of 1.8 that the axis shows: plain to see
        s.has(largest_shortfall=shortfall)

    def test_the_curvature_is_at_most_one_and_leaves_the_band_of_smoothness(self, s: Shown) -> None:
        curvature = s["curvature"].y
        close(curvature, 1 - 10 / np.cosh(10 * s["curvature"].x) ** 2, 0, ROUNDING)
        assert set(s["smooth"].y) == {-1.0, 1.0}
        assert curvature.max() < 1
        assert curvature[np.abs(s["curvature"].x) < 0.1].max() < -1
        assert curvature.min() == pytest.approx(-9, abs=1e-9)
        s.has(0, least_curvature=curvature.min(), largest_curvature=curvature.max(), lipschitz=abs(curvature).max())
        s.has(0, L=s["smooth"].y.max(), contact=s.contact)


class TestHuberTwoCycle:
    figure = "huber-two-cycle"

    def test_the_iterates_are_those_of_descent(self, s: Shown) -> None:
        x, away = s["cycling"].y, s["diverging"].y
        assert x[0] == away[0] == s.x0
        close(x[1:], x[:-1] - s.h * np.clip(x[:-1], -1, 1), atol=ROUNDING)
        close(away, s.x0 * (1 - s.h) ** s["diverging"].x)
        for gid in ("cycling", "diverging"):
            same(s[gid].x, np.arange(len(s[gid].x)))

    def test_both_agree_inside_the_parabola_and_part_outside(self, s: Shown) -> None:
        x, away = s["cycling"].y, s["diverging"].y
        first_out = int(np.argmax(np.abs(x) > 1))
        close(x[: first_out + 1], away[: first_out + 1])
        # From the first point outside on: two points, a step of length h apart, both outside, for ever.
        close(x[first_out + 2 :], x[first_out:-2])
        low, high = x[-2:].min(), x[-2:].max()
        close(high - low, s.h)
        assert min(-low, high) >= 1 - ROUNDING
        s.has(0, lower=low, upper=high, width=high - low)

    def test_the_parabola_is_left_in_the_picture_until_its_iterates_leave(self, s: Shown) -> None:
        away = s["diverging"]
        assert abs(away.y[-1]) <= s.axes[1].get_ylim()[1] < abs(away.y[-1] * (1 - s.h))
        s.has(factor=away.y[1] / away.y[0], last_on_parabola=s.x0 * (1 - s.h) ** 14, steps_shown_on_parabola=away.x[-1])

    def test_the_graphs_agree_inside_and_the_iterates_lie_on_the_huber_function(self, s: Shown) -> None:
        for gid in ("huber", "on-graph"):
            x = s[gid].x
            close(s[gid].y, np.where(abs(x) < 1, x**2 / 2, abs(x) - 0.5), atol=ROUNDING)
        same(s["on-graph"].x, s["cycling"].y)
        close(s["parabola"].y, s["parabola"].x ** 2 / 2, atol=ROUNDING)
        assert abs(s["parabola"].x).max() > 2  # well beyond where the two part


class TestNonUniqueness:
    figure = "non-uniqueness"
    solutions = ("rest", *(f"{way}-{number}" for way in ("up", "down") for number in range(1, 5)))

    def test_every_curve_above_solves_the_equation_from_zero(self, s: Shown) -> None:
        for gid in self.solutions:
            t, x = s[gid].x, s[gid].y
            assert (t[0], x[0]) == (0, 0)
            # -f' is the cube root, which is monotone: a solution's mean velocity lies between those at the two ends.
            mean, ends = np.diff(x) / np.diff(t), np.sort([np.cbrt(x[:-1]), np.cbrt(x[1:])], axis=0)
            assert (mean >= ends[0] - 1e-9).all(), gid  # rounding of 1e-16 in x over time steps of 1e-6 at the least
            assert (mean <= ends[1] + 1e-9).all(), gid
            # By separation of variables, where x != 0: |x|^{2/3} grows by 2/3 per unit of time.
            moving = x[:-1] != 0
            close(np.diff(np.cbrt(x) ** 2)[moving], 2 / 3 * np.diff(t)[moving], 1e-9, 1e-14)

    def test_they_are_different_and_leave_at_their_times(self, s: Shown) -> None:
        ends = [s[gid].y[-1] for gid in self.solutions]
        assert all(abs(a - b) > 1e-3 for a, b in combinations(ends, 2))
        s.has(0, solutions=len(self.solutions), wait=s.wait, last_time=s["rest"].x[-1], furthest=s["up-1"].y[-1])
        assert s["up-1"].y[-1] == max(ends)
        for way, sign in (("up", 1), ("down", -1)):
            for number in range(1, 5):
                same(sign * s[f"{way}-{number}"].y > 0, s[f"{way}-{number}"].x > s.wait * (number - 1))
                s.has(0, **{f"leaves_{number}": s.wait * (number - 1)})

    def test_every_curve_below_solves_its_equation_and_runs_into_its_dashed_line(self, s: Shown) -> None:
        for number, share in enumerate((1.0, 0.8, 0.6), 1):
            t, x = s[f"burst-{number}"].x, s[f"burst-{number}"].y
            close([t[0], x[0]], [0, share * s.x0], atol=ROUNDING)
            # By separation of variables: the way from x to X takes the integral of dx / x^3, to infinity 1 / (2 x^2).
            # Near the end 1 - 2 x0^2 t is as small as 1/70, and its rounding so much larger.
            close(np.diff(t), (x[:-1] ** -2 - x[1:] ** -2) / 2, 1e-9)
            end = s[f"end-{number}"].x
            close(end, t[-1] + 1 / (2 * x[-1] ** 2), 1e-9)
            close(x[-1], 6, 1e-9)  # the top of the picture
            s.has(0, **{f"start_{number}": s[f"start-{number}"].y[0], f"end_{number}": end})


class TestEscapingFlow:
    figure = "escaping-flow"

    def test_both_flows_solve_their_equations(self, s: Shown) -> None:
        t, x, y = s["hill"].x, s["hill"].y, s["exponential"].y
        same(s["exponential"].x, t)
        close(t[-1], s.T)
        # x' = 2x / (1 + x^2)^2: log x + x^2 + x^4/4 grows by 2 per unit of time.
        clock = [np.log(z) + z**2 + z**4 / 4 for z in (x, s.x0)]
        close(clock[0] - clock[1], 2 * t, SOLVED, SOLVED)
        assert (np.diff(x) > 0).all()
        close(s["hill-slope"].y, 2 * x / (1 + x**2) ** 2)
        # x' = e^{-x}: e^x grows by 1 per unit of time.
        close(np.exp(y), np.exp(s.x0) + t)
        close(s["exponential-slope"].y * np.exp(y), 1)

    def test_the_gradient_tends_to_zero_and_the_growth_to_its_law(self, s: Shown) -> None:
        for name in ("hill", "exponential"):
            slope, late = s[f"{name}-slope"].y, s[name].x > 1
            assert (np.diff(slope[late]) < 0).all()
            assert slope[-1] < 0.02  # at T = 100 from 3: 0.0124
            s.has(0, **{f"{name}_slope": slope[-1], f"{name}_reached": s[name].y[-1]})
        t = s["growth"].x
        close(s["growth"].y ** 4, 8 * t)
        ratio = s["hill"].y[-1] ** 4 / (8 * t[-1])
        s.has(ratio=ratio, T=s.T)
        # x^4 = 8t + 4 (log x0 + x0^2 + x0^4/4) - 4 x^2 - 4 log x, and x^2 is about (8t)^{1/2}: the ratio is 1 to within
        # 1.5 t^{-1/2} and, for x0 <= 3, a constant of at most 61/t.
        assert abs(ratio - 1) < 1.5 / np.sqrt(s.T) + 61 / s.T


class TestLeavingAMaximum:
    figure = "leaving-a-maximum"

    def test_the_flows_are_those_of_the_two_functions(self, s: Shown) -> None:
        same(s["starts"].y, [s.x0, s.x0 + s.apart])
        s.has(0, concave_lipschitz=1, convex_lipschitz=1)  # the largest of |-1| and of sech^2
        for which, start in (("lower", s.x0), ("upper", s.x0 + s.apart)):
            concave, convex = s[f"concave-{which}"], s[f"convex-{which}"]
            close(concave.y, start * np.exp(concave.x), SOLVED, SOLVED)
            # x' = -tanh x: sinh x falls as e^{-t}.
            close(np.sinh(convex.y), np.sinh(start) * np.exp(-convex.x), SOLVED, SOLVED)
            s.has(0, **{f"concave_{which}": concave.y[-1], f"convex_{which}": convex.y[-1]})

    def test_the_distance_grows_as_an_exponential_or_never(self, s: Shown) -> None:
        for name in ("concave", "convex"):
            distance = s[f"{name}-distance"]
            same(distance.y, s[f"{name}-upper"].y - s[f"{name}-lower"].y)
            s.has(**{f"{name}_factor": distance.y[-1] / s.apart})
        t = s["concave-distance"].x
        close(s["concave-distance"].y, s.apart * np.exp(t), SOLVED * 10)  # a difference
        assert (np.diff(s["convex-distance"].y) < 0).all()
        assert set(s["start-distance"].y) == {s.apart}
        s.has(0, x0=s.x0, apart=s.apart, time=t[-1])

    def test_the_axis_runs_from_the_maximum_to_where_the_flows_end_and_no_further(self, s: Shown) -> None:
        ends = [min(0, s.facts["concave_lower"]), max(0, s.facts["concave_upper"])]
        close(s.axes[0].get_ylim(), 1.1 * np.array(ends) + [-0.1, 0.1])  # a tenth is left over, and 0.1

    def test_the_factors_that_the_page_quotes(self, default: Shown) -> None:
        convex = (np.arcsinh(np.sinh(0.2) * np.exp(-2)) + np.arcsinh(np.sinh(0.1) * np.exp(-2))) / 0.3
        default.has(SOLVED, concave_factor=np.e**2, convex_factor=convex)


class TestBackwardEulerToTheMaximiser:
    figure = "backward-euler-to-the-maximiser"

    def test_each_iterate_solves_the_equation_and_they_climb_to_the_maximiser(self, s: Shown) -> None:
        x, value = s["iterates"].x, s["iterates"].y
        # x_{k+1} = x_k - eta f'(x_{k+1}) with f'(x) = -x.
        close(x[1:], x[:-1] + s.eta * x[1:], atol=ROUNDING)
        close(x, 2 * bounds.backward_factor(-s.eta) ** np.arange(len(x)))
        close(value, -(x**2) / 2)
        assert (np.diff(value) > 0).all()  # uphill, at every step
        assert abs(x[-1]) < abs(x[0]) / 7  # at eta = 2.4: 1.4^{-6}
        s.has(0, start=x[0], first=x[1], last=x[-1], eta=s.eta)
        s.has(factor=x[1] / x[0])
        close(s["f"].y, -(s["f"].x ** 2) / 2, atol=ROUNDING)

    def test_the_long_step_goes_to_a_maximum_and_the_short_one_to_the_minimum(self, s: Shown) -> None:
        def objective(u: np.ndarray, step: float) -> np.ndarray:
            return -(u**2) / 2 + (u - 2) ** 2 / (2 * step)

        for which, step, sign in (("long", s.eta, -1), ("short", s.small, 1)):
            curve, mark = s[f"prox-{which}"], s[f"critical-{which}"]
            close(curve.y, objective(curve.x, step), 1e-9, 1e-9)
            # A parabola of curvature 1/step - 1: for the long step it falls on either side, as far as one likes.
            assert (sign * np.diff(curve.y, 2) > 0).all()
            close(mark.x, 2 / (1 - step))
            close(mark.y, objective(mark.x, step), 0, 1e-9)
            # No point of the curve lies beyond it but by rounding.
            assert (sign * (curve.y - mark.y[0]) >= -1e-9).all()
            s.has(0, **{f"critical_{which}": mark.x[0]})
        assert s["critical-long"].x[0] == s["iterates"].x[1]
