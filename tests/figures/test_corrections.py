"""The figures of "Where the post was wrong" are the counterexamples that the page says they are."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gdfigs.maths import bounds
from tests.shown import facts, outside, picture, shown

ROUNDING = 1e-12
"""A few operations in double precision on numbers of size 1 to 100."""
SOLVED = 1e-7
"""Relative error of a flow: 1000 times the solver's tolerance per step, for some hundred steps that may grow apart."""

ENDS = [
    ("one-sided-hessian", {"contact": -0.3}),
    ("one-sided-hessian", {"contact": 0.3}),
    ("huber-two-cycle", {"h": 2.5, "x0": 0.05}),
    ("huber-two-cycle", {"h": 4.0, "x0": 1.0}),
    ("non-uniqueness", {"wait": 0.5, "x0": 1.5}),
    ("non-uniqueness", {"wait": 1.2, "x0": 0.7}),
    ("escaping-flow", {"x0": 0.5, "T": 1e6}),
    ("escaping-flow", {"x0": 3.0, "T": 100.0}),
    ("leaving-a-maximum", {"x0": -0.5, "apart": 0.5}),
    ("leaving-a-maximum", {"x0": 0.5, "apart": 0.05}),
    ("backward-euler-to-the-maximiser", {"eta": 2.4, "small": 0.3}),
    ("backward-euler-to-the-maximiser", {"eta": 6.0, "small": 0.5}),
]


@pytest.mark.parametrize(("name", "parameters"), ENDS)
def test_everything_lies_inside_its_axes(name: str, parameters: dict[str, float]) -> None:
    assert outside(picture(name, **parameters)) == {}


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("one-sided-hessian", {"contact": 0.31}, r"contact must lie in \[-0.3, 0.3\]; got 0.31"),
        ("one-sided-hessian", {"contact": np.nan}, "contact must lie in"),
        ("huber-two-cycle", {"h": 2.4}, r"h must lie in \[2.5, 4\]"),
        ("huber-two-cycle", {"x0": 1.1}, r"x0 must lie in \[0.05, 1\]"),
        ("non-uniqueness", {"wait": 1.3}, r"wait must lie in \[0.5, 1.2\]"),
        ("non-uniqueness", {"x0": 0.0}, r"x0 must lie in \[0.7, 1.5\]"),
        ("escaping-flow", {"x0": 0.0}, r"x0 must lie in \[0.5, 3\]"),
        ("escaping-flow", {"T": 10.0}, r"T must lie in \[100, 1e\+06\]"),
        ("leaving-a-maximum", {"x0": -0.6}, r"x0 must lie in \[-0.5, 0.5\]"),
        ("leaving-a-maximum", {"apart": 0.0}, r"apart must lie in \[0.05, 0.5\]"),
        ("backward-euler-to-the-maximiser", {"eta": 2.0}, r"eta must lie in \[2.4, 6\]"),
        ("backward-euler-to-the-maximiser", {"small": 1.0}, r"small must lie in \[0.3, 0.5\]"),
    ],
)
def test_a_parameter_outside_its_range_is_refused(name: str, parameters: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        shown(name, **parameters)


class TestOneSidedHessian:
    ranges = {"contact": st.floats(-0.3, 0.3)}  # noqa: RUF012

    @staticmethod
    def f(x: float | np.ndarray) -> np.ndarray:
        return np.asarray(x) ** 2 / 2 - np.log(np.cosh(10 * np.asarray(x))) / 10

    @settings(max_examples=6)
    @example(contact=0.0)
    @given(**ranges)
    def test_both_parabolas_touch_f_and_have_curvature_one_and_minus_one(self, contact: float) -> None:
        series = shown("one-sided-hessian", contact=contact)
        np.testing.assert_allclose(series["f"].y, self.f(series["f"].x), atol=ROUNDING)
        assert (series["contact"].x[0], series["contact"].y[0]) == (
            contact,
            pytest.approx(self.f(contact), abs=ROUNDING),
        )
        slope = contact - np.tanh(10 * contact)
        for gid, L in (("upper", 1.0), ("lower", -1.0)):
            step = series[gid].x - contact
            np.testing.assert_allclose(
                series[gid].y, self.f(contact) + slope * step + L / 2 * step**2, atol=ROUNDING, err_msg=gid
            )

    def test_the_upper_one_is_that_of_the_descent_lemma(self) -> None:
        upper = shown("one-sided-hessian")["upper"]
        np.testing.assert_array_equal(upper.y, bounds.quadratic_upper(0.0, 0.0, upper.x, 1.0))

    @settings(max_examples=6)
    @example(contact=0.0)
    @given(**ranges)
    def test_f_stays_below_the_upper_parabola_and_falls_below_the_lower(self, contact: float) -> None:
        series, named = (
            shown("one-sided-hessian", contact=contact),
            facts("one-sided-hessian", contact=contact),
        )
        assert (self.f(series["upper"].x) <= series["upper"].y + ROUNDING).all()
        assert named["least_room_above"] >= -ROUNDING
        shortfall = (series["lower"].y - self.f(series["lower"].x)).max()
        assert shortfall > 0.1  # of 1.8 that the axis shows: plain to see
        assert named["largest_shortfall"] == pytest.approx(shortfall, abs=ROUNDING)

    def test_the_second_derivative_keeps_to_one_edge_of_the_band_and_not_to_the_other(self) -> None:
        series, named = shown("one-sided-hessian"), facts("one-sided-hessian")
        x, curvature = series["curvature"].x, series["curvature"].y
        # Second differences of f with h = 1e-3: h^2 f''''/12 <= 2e-3 x 10^3 x 2/12, and rounding of 1e-16 / h^2.
        differences = (self.f(x + 1e-3) - 2 * self.f(x) + self.f(x - 1e-3)) / 1e-6
        np.testing.assert_allclose(curvature, differences, atol=2e-3)
        assert set(series["smooth"].y) == {-1.0, 1.0}
        assert (curvature < 1).all()
        assert curvature[np.abs(x) < 0.1].max() < -1
        assert curvature[x == 0] == curvature.min() == -9
        assert (named["least_curvature"], named["largest_curvature"]) == (curvature.min(), curvature.max())
        assert named["lipschitz"] == abs(curvature).max()
        assert named["L"] == series["smooth"].y.max()


class TestHuberTwoCycle:
    ranges = {"h": st.floats(2.5, 4), "x0": st.floats(0.05, 1)}  # noqa: RUF012

    @settings(max_examples=6)
    @example(h=3.0, x0=0.1)
    @given(**ranges)
    def test_the_iterates_are_those_of_descent(self, h: float, x0: float) -> None:
        series = shown("huber-two-cycle", h=h, x0=x0)
        x, away = series["cycling"].y, series["diverging"].y
        assert x[0] == away[0] == x0
        np.testing.assert_allclose(x[1:], x[:-1] - h * np.clip(x[:-1], -1, 1), rtol=ROUNDING, atol=ROUNDING)
        np.testing.assert_allclose(away, x0 * (1 - h) ** series["diverging"].x, rtol=ROUNDING)
        for gid in ("cycling", "diverging"):
            np.testing.assert_array_equal(series[gid].x, np.arange(len(series[gid].x)))

    @settings(max_examples=6)
    @example(h=3.0, x0=0.1)
    @given(**ranges)
    def test_both_agree_inside_the_parabola_and_part_outside(self, h: float, x0: float) -> None:
        series, named = shown("huber-two-cycle", h=h, x0=x0), facts("huber-two-cycle", h=h, x0=x0)
        x, away = series["cycling"].y, series["diverging"].y
        first_out = int(np.argmax(np.abs(x) > 1))
        np.testing.assert_allclose(x[: first_out + 1], away[: first_out + 1], rtol=ROUNDING)
        # From the first point outside on: two points, a step of length h apart, both outside, for ever.
        np.testing.assert_allclose(x[first_out + 2 :], x[first_out:-2], rtol=ROUNDING)
        low, high = x[-2:].min(), x[-2:].max()
        assert high - low == pytest.approx(h, rel=ROUNDING)
        assert min(-low, high) >= 1 - ROUNDING
        assert (named["lower"], named["upper"], named["width"]) == (low, high, high - low)

    @settings(max_examples=6)
    @given(**ranges)
    def test_the_parabola_is_left_in_the_picture_until_its_iterates_leave(self, h: float, x0: float) -> None:
        away, named = shown("huber-two-cycle", h=h, x0=x0)["diverging"], facts("huber-two-cycle", h=h, x0=x0)
        _, reach = picture("huber-two-cycle", h=h, x0=x0).figure.axes[1].get_ylim()
        assert abs(away.y[-1]) <= reach < abs(away.y[-1] * (1 - h))
        assert named["steps_shown_on_parabola"] == away.x[-1]
        assert named["factor"] == pytest.approx(away.y[1] / away.y[0], rel=ROUNDING)
        assert named["last_on_parabola"] == pytest.approx(x0 * (1 - h) ** 14, rel=ROUNDING)

    def test_the_graphs_agree_between_minus_one_and_one_and_the_iterates_lie_on_the_huber_function(self) -> None:
        series = shown("huber-two-cycle")
        for gid in ("huber", "on-graph"):
            x = series[gid].x
            np.testing.assert_allclose(
                series[gid].y, np.where(abs(x) < 1, x**2 / 2, abs(x) - 0.5), rtol=ROUNDING, atol=ROUNDING
            )
        np.testing.assert_array_equal(series["on-graph"].x, series["cycling"].y)
        np.testing.assert_allclose(series["parabola"].y, series["parabola"].x ** 2 / 2, rtol=ROUNDING, atol=ROUNDING)
        assert abs(series["parabola"].x).max() > 2  # well beyond where the two part


class TestNonUniqueness:
    ranges = {"wait": st.floats(0.5, 1.2), "x0": st.floats(0.7, 1.5)}  # noqa: RUF012
    solutions = ("rest", *(f"{way}-{number}" for way in ("up", "down") for number in range(1, 5)))

    @settings(max_examples=6)
    @given(**ranges)
    def test_every_curve_above_solves_the_equation_from_zero(self, wait: float, x0: float) -> None:
        series = shown("non-uniqueness", wait=wait, x0=x0)
        for gid in self.solutions:
            t, x = series[gid].x, series[gid].y
            assert (t[0], x[0]) == (0, 0)
            # -f' is the cube root, which is monotone: a solution's mean velocity lies between those at the two ends.
            mean, ends = np.diff(x) / np.diff(t), np.sort([np.cbrt(x[:-1]), np.cbrt(x[1:])], axis=0)
            assert (mean >= ends[0] - 1e-9).all(), gid  # rounding of 1e-16 in x over time steps of 1e-6 at the least
            assert (mean <= ends[1] + 1e-9).all(), gid
            # By separation of variables, where x != 0: |x|^{2/3} grows by 2/3 per unit of time.
            moving = x[:-1] != 0
            gained = np.diff(np.cbrt(x) ** 2)[moving]
            np.testing.assert_allclose(gained, 2 / 3 * np.diff(t)[moving], rtol=1e-9, atol=1e-14, err_msg=gid)

    @settings(max_examples=6)
    @given(**ranges)
    def test_they_are_different_and_leave_at_their_times(self, wait: float, x0: float) -> None:
        series, named = (
            shown("non-uniqueness", wait=wait, x0=x0),
            facts("non-uniqueness", wait=wait, x0=x0),
        )
        ends = [series[gid].y[-1] for gid in self.solutions]
        assert all(abs(a - b) > 1e-3 for a, b in combinations(ends, 2))
        assert named["solutions"] == len(self.solutions)
        for way, sign in (("up", 1), ("down", -1)):
            for number in range(1, 5):
                t, x = series[f"{way}-{number}"].x, series[f"{way}-{number}"].y
                np.testing.assert_array_equal(sign * x > 0, t > wait * (number - 1))
                assert named[f"leaves_{number}"] == wait * (number - 1)
        assert named["furthest"] == series["up-1"].y[-1] == max(ends)
        assert (named["wait"], named["last_time"]) == (wait, series["rest"].x[-1])

    @settings(max_examples=6)
    @given(**ranges)
    def test_every_curve_below_solves_its_equation_and_runs_into_its_dashed_line(self, wait: float, x0: float) -> None:
        series, named = (
            shown("non-uniqueness", wait=wait, x0=x0),
            facts("non-uniqueness", wait=wait, x0=x0),
        )
        for number, share in enumerate((1.0, 0.8, 0.6), 1):
            t, x = series[f"burst-{number}"].x, series[f"burst-{number}"].y
            assert (t[0], x[0]) == (
                pytest.approx(0, abs=ROUNDING),
                pytest.approx(share * x0, rel=ROUNDING),
            )
            # By separation of variables: the way from x to X takes the integral of dx / x^3, to infinity 1 / (2 x^2).
            # Near the end 1 - 2 x0^2 t is as small as 1/70, and its rounding so much larger.
            np.testing.assert_allclose(np.diff(t), (x[:-1] ** -2 - x[1:] ** -2) / 2, rtol=1e-9)
            end = series[f"end-{number}"].x
            assert end[0] == end[1] == pytest.approx(t[-1] + 1 / (2 * x[-1] ** 2), rel=1e-9)
            assert x[-1] == pytest.approx(6, rel=1e-9)  # the top of the picture
            assert (named[f"start_{number}"], named[f"end_{number}"]) == (series[f"start-{number}"].y[0], end[0])


class TestEscapingFlow:
    ranges = {"x0": st.floats(0.5, 3), "T": st.floats(100, 1e6)}  # noqa: RUF012

    @settings(max_examples=4)
    @example(x0=1.0, T=1e4)
    @given(**ranges)
    def test_the_flow_of_the_hill_moves_outward_by_separation_of_variables(self, x0: float, T: float) -> None:
        series = shown("escaping-flow", x0=x0, T=T)
        t, x = series["hill"].x, series["hill"].y
        assert t[-1] == pytest.approx(T, rel=ROUNDING)
        # x' = 2x / (1 + x^2)^2: log x + x^2 + x^4/4 grows by 2 per unit of time.
        clock = [np.log(z) + z**2 + z**4 / 4 for z in (x, x0)]
        np.testing.assert_allclose(clock[0] - clock[1], 2 * t, rtol=SOLVED, atol=SOLVED)
        assert (np.diff(x) > 0).all()
        np.testing.assert_allclose(series["hill-slope"].y, 2 * x / (1 + x**2) ** 2, rtol=ROUNDING)

    @settings(max_examples=4)
    @example(x0=1.0, T=1e4)
    @given(**ranges)
    def test_the_other_flow_solves_its_equation_too(self, x0: float, T: float) -> None:
        series = shown("escaping-flow", x0=x0, T=T)
        t, x = series["exponential"].x, series["exponential"].y
        # x' = e^{-x}: e^x grows by 1 per unit of time.
        np.testing.assert_allclose(np.exp(x), np.exp(x0) + t, rtol=ROUNDING)
        np.testing.assert_allclose(series["exponential-slope"].y * np.exp(x), 1, rtol=ROUNDING)

    @settings(max_examples=4)
    @example(x0=1.0, T=1e4)
    @given(**ranges)
    def test_the_gradient_tends_to_zero_and_the_growth_to_its_law(self, x0: float, T: float) -> None:
        series, named = shown("escaping-flow", x0=x0, T=T), facts("escaping-flow", x0=x0, T=T)
        for gid, fact in (("hill", "hill"), ("exponential", "exponential")):
            slope = series[f"{gid}-slope"].y
            late = series[gid].x > 1
            assert (np.diff(slope[late]) < 0).all()
            assert slope[-1] < 0.02  # at T = 100 from 3: 0.0124
            assert (named[f"{fact}_slope"], named[f"{fact}_reached"]) == (slope[-1], series[gid].y[-1])
        t, growth = series["growth"].x, series["growth"].y
        np.testing.assert_allclose(growth**4, 8 * t, rtol=ROUNDING)
        ratio = series["hill"].y ** 4 / (8 * t)
        assert named["ratio"] == pytest.approx(ratio[-1], rel=ROUNDING)
        # x^4 = 8t + 4 (log x0 + x0^2 + x0^4/4) - 4 x^2 - 4 log x, and x^2 is about (8t)^{1/2}: the ratio is 1 to within
        # 1.5 t^{-1/2} and, for x0 <= 3, a constant of at most 61/t.
        assert abs(ratio[-1] - 1) < 1.5 / np.sqrt(T) + 61 / T


class TestLeavingAMaximum:
    ranges = {"x0": st.floats(-0.5, 0.5), "apart": st.floats(0.05, 0.5)}  # noqa: RUF012

    @settings(max_examples=6)
    @given(**ranges)
    def test_the_flows_are_those_of_the_two_functions(self, x0: float, apart: float) -> None:
        series, named = (
            shown("leaving-a-maximum", x0=x0, apart=apart),
            facts("leaving-a-maximum", x0=x0, apart=apart),
        )
        np.testing.assert_array_equal(series["starts"].y, [x0, x0 + apart])
        # The largest of |-1| and of sech^2.
        assert (named["concave_lipschitz"], named["convex_lipschitz"]) == (1, 1)
        for which, start in (("lower", x0), ("upper", x0 + apart)):
            concave, convex = series[f"concave-{which}"], series[f"convex-{which}"]
            np.testing.assert_allclose(concave.y, start * np.exp(concave.x), rtol=SOLVED, atol=SOLVED)
            # x' = -tanh x: sinh x falls as e^{-t}.
            np.testing.assert_allclose(np.sinh(convex.y), np.sinh(start) * np.exp(-convex.x), rtol=SOLVED, atol=SOLVED)
            assert (named[f"concave_{which}"], named[f"convex_{which}"]) == (concave.y[-1], convex.y[-1])

    @settings(max_examples=6)
    @given(**ranges)
    def test_the_distance_grows_as_an_exponential_or_never(self, x0: float, apart: float) -> None:
        series, named = (
            shown("leaving-a-maximum", x0=x0, apart=apart),
            facts("leaving-a-maximum", x0=x0, apart=apart),
        )
        for name in ("concave", "convex"):
            distance = series[f"{name}-distance"]
            np.testing.assert_array_equal(distance.y, series[f"{name}-upper"].y - series[f"{name}-lower"].y)
            assert named[f"{name}_factor"] == pytest.approx(distance.y[-1] / apart, rel=ROUNDING)
        t = series["concave-distance"].x
        np.testing.assert_allclose(series["concave-distance"].y, apart * np.exp(t), rtol=SOLVED * 10)  # a difference
        assert (np.diff(series["convex-distance"].y) < 0).all()
        assert set(series["start-distance"].y) == {apart}
        assert (named["x0"], named["apart"], named["time"]) == (x0, apart, t[-1])

    @pytest.mark.parametrize("x0", [-0.5, -0.1, 0.2])
    def test_the_axis_runs_from_the_maximum_to_where_the_flows_end_and_no_further(self, x0: float) -> None:
        named = facts("leaving-a-maximum", x0=x0, apart=0.1)
        low, high = picture("leaving-a-maximum", x0=x0, apart=0.1).figure.axes[0].get_ylim()
        # A tenth is left over, and 0.1.
        assert low == pytest.approx(1.1 * min(0, named["concave_lower"]) - 0.1, rel=ROUNDING)
        assert high == pytest.approx(1.1 * max(0, named["concave_upper"]) + 0.1, rel=ROUNDING)

    def test_the_factors_that_the_page_quotes(self) -> None:
        named = facts("leaving-a-maximum")
        assert named["concave_factor"] == pytest.approx(np.e**2, rel=SOLVED)
        assert named["convex_factor"] == pytest.approx(
            (np.arcsinh(np.sinh(0.2) * np.exp(-2)) + np.arcsinh(np.sinh(0.1) * np.exp(-2))) / 0.3, rel=SOLVED
        )


class TestBackwardEulerToTheMaximiser:
    name = "backward-euler-to-the-maximiser"
    ranges = {"eta": st.floats(2.4, 6), "small": st.floats(0.3, 0.5)}  # noqa: RUF012

    @settings(max_examples=6)
    @example(eta=3.0, small=0.5)
    @given(**ranges)
    def test_each_iterate_solves_the_equation_and_they_climb_to_the_maximiser(self, eta: float, small: float) -> None:
        series, named = (
            shown(self.name, eta=eta, small=small),
            facts(self.name, eta=eta, small=small),
        )
        x, value = series["iterates"].x, series["iterates"].y
        # x_{k+1} = x_k - eta f'(x_{k+1}) with f'(x) = -x.
        np.testing.assert_allclose(x[1:], x[:-1] + eta * x[1:], rtol=ROUNDING, atol=ROUNDING)
        np.testing.assert_allclose(value, -(x**2) / 2, rtol=ROUNDING)
        assert (np.diff(value) > 0).all()  # uphill, at every step
        assert abs(x[-1]) < abs(x[0]) / 7  # at eta = 2.4: 1.4^{-6}
        assert (named["start"], named["first"], named["last"], named["eta"]) == (x[0], x[1], x[-1], eta)
        assert named["factor"] == pytest.approx(x[1] / x[0], rel=ROUNDING)
        np.testing.assert_allclose(series["f"].y, -(series["f"].x ** 2) / 2, rtol=ROUNDING, atol=ROUNDING)

    @settings(max_examples=6)
    @example(eta=3.0, small=0.5)
    @given(**ranges)
    def test_backward_euler_goes_to_a_maximum_for_the_long_step_and_to_the_minimum_for_the_short_one(
        self, eta: float, small: float
    ) -> None:
        series, named = (
            shown(self.name, eta=eta, small=small),
            facts(self.name, eta=eta, small=small),
        )
        for which, step, sign in (("long", eta, -1), ("short", small, 1)):
            u, objective = series[f"prox-{which}"].x, series[f"prox-{which}"].y
            np.testing.assert_allclose(objective, -(u**2) / 2 + (u - 2) ** 2 / (2 * step), rtol=1e-9, atol=1e-9)
            # A parabola of curvature 1/step - 1: for the long step it falls on either side, as far as one likes.
            assert (sign * np.diff(objective, 2) > 0).all()
            mark = series[f"critical-{which}"]
            assert mark.x[0] == pytest.approx(2 / (1 - step), rel=ROUNDING)
            assert mark.y[0] == pytest.approx(-(mark.x[0] ** 2) / 2 + (mark.x[0] - 2) ** 2 / (2 * step), abs=1e-9)
            # No point of the curve lies beyond it but by rounding.
            assert (sign * (objective - mark.y[0]) >= -1e-9).all()
            assert named[f"critical_{which}"] == mark.x[0]
        assert series["critical-long"].x[0] == series["iterates"].x[1]

    def test_each_step_multiplies_by_the_factor_of_bounds(self) -> None:
        x = shown(self.name)["iterates"].x
        np.testing.assert_allclose(x, 2 * bounds.backward_factor(-3.0) ** np.arange(len(x)), rtol=ROUNDING)
