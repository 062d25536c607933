"""The figures of "Gradient descent" show what the page says."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdfigs.maths import bounds
from gdfigs.maths.methods import gradient_descent
from gdfigs.maths.problems import Array, huber
from tests.shown import facts, outside, picture, shown

ROUNDING = 1e-12
"""A few operations in double precision on numbers of size 1."""
STEPWISE = 1e-11
"""A few hundred steps, each of which adds a relative error of a few units of 1e-16."""

PLACES = [(2.0, 0.2), (-3.0, 0.4), (3.0, 0.0), (-0.7, 0.1), (0.0, 0.2)]
CASES = [(10, 100), (1, 10), (7, 50), (200, 200)]
KAPPAS = [1.5, 5.0, 10.0, 200.0]
DIGITS = [2, 6, 12]

SPREAD: list[tuple[str, dict[str, Any]]] = [
    ("descent-lemma", {}),
    ("descent-lemma", {"contact": -3.0, "mu": 0.4}),
    ("descent-lemma", {"contact": 3.0, "mu": 0.0}),
    ("descent-lemma", {"contact": 0.0}),
    ("sufficient-decrease", {}),
    ("sufficient-decrease", {"theta0": 0.1}),
    ("sufficient-decrease", {"theta0": 3.0}),
    ("convex-rate", {}),
    ("convex-rate", {"k": 1, "steps": 10}),
    ("convex-rate", {"k": 200, "steps": 200}),
    ("strongly-convex-rate", {}),
    ("strongly-convex-rate", {"kappa": 1.01, "steps": 50}),
    ("strongly-convex-rate", {"kappa": 1000.0, "steps": 5}),
    ("steps-against-kappa", {}),
    ("steps-against-kappa", {"digits": 2}),
    ("steps-against-kappa", {"digits": 12}),
    ("spectral-radius", {}),
    ("spectral-radius", {"kappa": 1.0}),
    ("spectral-radius", {"kappa": 1000.0}),
]


@pytest.mark.parametrize(("name", "parameters"), SPREAD)
def test_everything_shown_lies_inside_its_axes(name: str, parameters: dict[str, Any]) -> None:
    assert outside(picture(name, **parameters)) == {}


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("descent-lemma", ["L = 1.2", "mu = 0.2", "0.863", "0.775", "1.317"]),
        ("sufficient-decrease", ["0.5 at 1/L", "0 at 2/L", "0.93", "1.42"]),
        ("convex-rate", ["5 falling curves", "10 steps, at 0.0238", "0.0500"]),
        ("strongly-convex-rate", ["kappa = 10", "0.81 per step", "0.669", "0.9."]),
        ("steps-against-kappa", ["10^-6", "688 and 346 steps at kappa = 100", "6905 and 3454 at 1000"]),
        ("spectral-radius", ["kappa = 5", "0.667 at eta = 2/(L + mu) = 1.667", "1 at 2/L"]),
    ],
)
def test_the_description_says_the_numbers_of_the_picture(name: str, numbers: list[str]) -> None:
    for number in numbers:
        assert number in picture(name).description


class TestDescentLemma:
    @staticmethod
    def f(x: Array, mu: float) -> Array:
        return np.log(np.cosh(x)) + mu / 2 * x**2

    @given(contact=st.floats(-3, 3), mu=st.floats(0, 0.4))
    def test_f_is_nowhere_above_the_upper_nor_below_the_lower_bound(self, contact: float, mu: float) -> None:
        series = shown("descent-lemma", contact=contact, mu=mu)
        curve, upper, lower = series["f"], series["upper"], series["lower"]
        np.testing.assert_allclose(curve.y, self.f(curve.x, mu), rtol=ROUNDING, atol=ROUNDING)
        assert (self.f(upper.x, mu) <= upper.y + ROUNDING).all()
        assert (self.f(lower.x, mu) >= lower.y - ROUNDING).all()

    @pytest.mark.parametrize(("contact", "mu"), PLACES)
    def test_the_bounds_are_parabolas_of_curvature_L_and_mu_that_touch_f(self, contact: float, mu: float) -> None:
        series = shown("descent-lemma", contact=contact, mu=mu)
        for gid, curvature in (("upper", 1 + mu), ("lower", mu)):
            # The fit through points drawn exactly on a parabola loses a digit or two to its conditioning.
            parabola = np.poly1d(np.polyfit(series[gid].x, series[gid].y, 2))
            assert parabola(contact) == pytest.approx(self.f(np.array(contact), mu), abs=1e-10)
            assert parabola.deriv()(contact) == pytest.approx(math.tanh(contact) + mu * contact, abs=1e-10)
            assert parabola.deriv(2)(contact) == pytest.approx(curvature, abs=1e-10)

    @pytest.mark.parametrize(("contact", "mu"), PLACES)
    def test_the_step_of_1_over_L_ends_below_the_lowest_point_of_the_upper_bound(
        self, contact: float, mu: float
    ) -> None:
        series = shown("descent-lemma", contact=contact, mu=mu)
        a, b, c = np.polyfit(series["upper"].x, series["upper"].y, 2)
        step, drop = series["step"], series["guaranteed"]
        assert step.x[1] == pytest.approx(-b / (2 * a), abs=1e-10)  # a fit, as above
        assert drop.y[1] == pytest.approx(c - b**2 / (4 * a), abs=1e-10)
        np.testing.assert_array_equal(drop.x, step.x[1])
        np.testing.assert_allclose(step.y, self.f(step.x, mu), rtol=ROUNDING, atol=ROUNDING)
        assert step.y[1] <= drop.y[1] + ROUNDING
        assert drop.y[0] == step.y[0]

    def test_without_strong_convexity_the_lower_bound_is_the_tangent(self) -> None:
        lower = shown("descent-lemma", contact=1.5, mu=0.0)["lower"]
        np.testing.assert_allclose(np.diff(lower.y) / np.diff(lower.x), math.tanh(1.5), rtol=1e-10)  # differences

    def test_the_curves_are_the_formula_of_the_bounds(self) -> None:
        series = shown("descent-lemma")
        value, slope = math.log(math.cosh(2)) + 0.4, math.tanh(2) + 0.4
        for gid, curvature in (("upper", 1.2), ("lower", 0.2)):
            formula = bounds.quadratic_upper(value, slope, series[gid].x - 2, curvature)
            np.testing.assert_allclose(series[gid].y, formula, rtol=ROUNDING, atol=ROUNDING)

    def test_the_facts_are_what_is_drawn(self) -> None:
        series, named = shown("descent-lemma"), facts("descent-lemma")
        assert (named["contact"], named["next"]) == tuple(series["step"].x)
        assert (named["f_contact"], named["f_next"]) == tuple(series["step"].y)
        assert named["guaranteed_decrease"] == pytest.approx(-np.diff(series["guaranteed"].y)[0], rel=ROUNDING)
        assert named["actual_decrease"] == pytest.approx(-np.diff(series["step"].y)[0], rel=ROUNDING)
        assert named["guaranteed_decrease"] == pytest.approx((math.tanh(2) + 0.4) ** 2 / (2 * named["L"]), rel=ROUNDING)
        assert named["L"] == 1.2

    def test_what_would_leave_the_picture_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"contact must lie in \[-3, 3\].*got 3.5"):
            shown("descent-lemma", contact=3.5)
        with pytest.raises(ValueError, match=r"mu must lie in \[0, 0.4\].*got -0.1"):
            shown("descent-lemma", mu=-0.1)
        with pytest.raises(ValueError, match=r"mu must lie in \[0, 0.4\].*got 0.41"):
            shown("descent-lemma", mu=0.41)


class TestSufficientDecrease:
    @given(theta0=st.floats(0.1, 3))
    def test_the_decrease_is_never_below_the_guarantee(self, theta0: float) -> None:
        series = shown("sufficient-decrease", theta0=theta0)
        eta, decrease = series["log-cosh"].x, series["log-cosh"].y
        slope = math.tanh(theta0)
        expected = np.log(math.cosh(theta0) / np.cosh(theta0 - eta * slope)) / slope**2
        # At theta0 = 0.1 a decrease of 0.005 is divided by a squared gradient of 0.01, both to 1e-16.
        np.testing.assert_allclose(decrease, expected, atol=1e-12)
        assert (decrease > eta * (1 - eta / 2)).all()

    @pytest.mark.parametrize("theta0", [0.1, 0.5, 2.0, 3.0])
    def test_the_quadratic_meets_the_guarantee_with_equality(self, theta0: float) -> None:
        quadratic = shown("sufficient-decrease", theta0=theta0)["quadratic"]
        np.testing.assert_allclose(quadratic.y, quadratic.x * (1 - quadratic.x / 2), atol=ROUNDING)

    def test_the_guarantee_is_greatest_at_1_over_L_and_zero_at_2_over_L(self) -> None:
        guarantee, marks = shown("sufficient-decrease")["guarantee"], shown("sufficient-decrease")["marks"]
        peak = guarantee.y.argmax()
        assert (guarantee.x[peak], guarantee.y[peak]) == pytest.approx((1, 1 / 2), rel=ROUNDING)
        away = (guarantee.x > 0) & (abs(guarantee.x - 2) > ROUNDING)
        np.testing.assert_array_equal(guarantee.y[away] > 0, guarantee.x[away] < 2)
        assert np.interp(2, guarantee.x, guarantee.y) == pytest.approx(0, abs=ROUNDING)
        assert list(marks.x) == [1, 2]
        assert list(marks.y) == pytest.approx([1 / 2, 0], abs=ROUNDING)

    def test_the_dashed_curve_is_the_formula_of_the_bounds(self) -> None:
        guarantee = shown("sufficient-decrease")["guarantee"]
        np.testing.assert_array_equal(guarantee.y, bounds.descent_guarantee(guarantee.x, 1.0))

    @pytest.mark.parametrize("theta0", [0.3, 2.0])
    def test_the_facts_are_what_is_drawn(self, theta0: float) -> None:
        series, named = shown("sufficient-decrease", theta0=theta0), facts("sufficient-decrease", theta0=theta0)
        assert [named["best_step"], named["largest_step"]] == list(series["marks"].x)
        assert named["guaranteed_at_best"] == series["marks"].y[0]
        for gid, fact in (("log-cosh", "log_cosh"), ("quadratic", "quadratic")):
            for step, place in ((1, "best"), (2, "largest")):
                drawn = series[gid].y[np.isclose(series[gid].x, step)]
                assert drawn == pytest.approx([named[f"{fact}_at_{place}"]], abs=ROUNDING)

    def test_a_start_that_leaves_the_picture_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"theta0 must lie in \[0.1, 3\].*got 0"):
            shown("sufficient-decrease", theta0=0.0)


class TestConvexRate:
    @staticmethod
    def curves(k: int, steps: int) -> dict[int, tuple[Any, Any]]:
        """For each number of steps the curve of its worst function, and where that curve is marked."""
        series = shown("convex-rate", k=k, steps=steps)
        drawn = {int(gid[4:]): (s, series[f"touch-{gid[4:]}"]) for gid, s in series.items() if gid.startswith("gap-")}
        return drawn | {k: (series["gap"], series["touch"])}

    @pytest.mark.parametrize(("steps", "worst_for"), [(15, {1, 4, 10}), (16, {1, 4, 10, 16}), (64, {1, 4, 10, 16, 64})])
    def test_each_number_of_steps_within_reach_has_its_curve(self, steps: int, worst_for: set[int]) -> None:
        assert set(self.curves(10, steps)) == worst_for

    @pytest.mark.parametrize(("k", "steps"), CASES)
    def test_each_curve_is_the_gap_on_its_huber_function(self, k: int, steps: int) -> None:
        for worst, (curve, _) in self.curves(k, steps).items():
            # Slope s = 1/(2 worst + 1): theta_j = 1 - j s up to j = 2 worst, and one step later it is 0.
            s, lowest = 1 / (2 * worst + 1), 1 / (6 * (4 * steps + 2))
            j = np.arange(1, min(steps, 2 * worst) + 1)
            gap = s * (1 - j * s) - s**2 / 2
            np.testing.assert_array_equal(curve.x, j[gap >= lowest])
            np.testing.assert_allclose(curve.y, gap[gap >= lowest], rtol=STEPWISE)

    @pytest.mark.parametrize(("k", "steps"), CASES)
    def test_each_curve_meets_the_exact_bound_at_its_own_step_and_at_no_other(self, k: int, steps: int) -> None:
        for worst, (curve, touch) in self.curves(k, steps).items():
            share = curve.y * (4 * curve.x + 2)
            assert share[curve.x == worst] == pytest.approx([1], rel=STEPWISE)
            # One step beside the point of contact a share of (k + 1/2)^-2 / 4 is missing: 6e-6 at k = 200.
            assert (share[curve.x != worst] < 1 - 5e-6).all()
            assert list(touch.x) == [worst]
            assert touch.y == curve.y[curve.x == worst]

    def test_no_huber_function_of_whatever_slope_and_start_exceeds_the_exact_bound(
        self, rng: np.random.Generator
    ) -> None:
        k = np.arange(1, 101)
        for _ in range(200):
            slope, L, R = 10 ** rng.uniform(-3, 0.5), 10 ** rng.uniform(-1, 1), rng.uniform(0.5, 2)
            gap = gradient_descent(huber(slope, L), R, 1 / L, 100).gap[1:]
            assert (gap <= L * R**2 / (4 * k + 2) * (1 + STEPWISE)).all()

    @pytest.mark.parametrize("k", [1, 4, 30])
    def test_of_all_slopes_the_one_drawn_is_the_worst(self, k: int) -> None:
        slopes = np.concatenate([[1.0], np.geomspace(0.1, 10, 120)]) / (2 * k + 1)
        gaps = [gradient_descent(huber(slope), 1.0, 1.0, k).gap[k] for slope in slopes]
        assert np.argmax(gaps) == 0

    @pytest.mark.parametrize(("k", "steps"), CASES)
    def test_the_usual_bound_is_more_than_twice_what_any_function_reaches(self, k: int, steps: int) -> None:
        series = shown("convex-rate", k=k, steps=steps)
        exact, usual = series["exact"], series["classical"]
        np.testing.assert_array_equal(exact.x, np.arange(1, steps + 1))
        np.testing.assert_allclose(exact.y / usual.y, exact.x / (2 * exact.x + 1), rtol=ROUNDING)
        np.testing.assert_allclose(usual.y, 1 / (2 * usual.x), rtol=ROUNDING)
        for curve, _ in self.curves(k, steps).values():
            assert (curve.y < usual.y[curve.x.astype(int) - 1] / 2).all()

    def test_the_curves_of_the_bounds_are_their_formulas(self) -> None:
        series = shown("convex-rate")
        np.testing.assert_array_equal(series["exact"].y, bounds.gd_convex(series["exact"].x, 1.0, 1.0))
        np.testing.assert_array_equal(series["classical"].y, bounds.gd_convex_classical(series["exact"].x, 1.0, 1.0))

    @pytest.mark.parametrize(("k", "steps"), CASES)
    def test_the_facts_are_what_is_drawn(self, k: int, steps: int) -> None:
        series, named = shown("convex-rate", k=k, steps=steps), facts("convex-rate", k=k, steps=steps)
        assert named["gap"] == series["touch"].y[0]
        assert named["exact"] == series["exact"].y[k - 1]
        assert named["classical"] == series["classical"].y[k - 1]
        assert named["ratio"] == pytest.approx(k / (2 * k + 1), rel=STEPWISE)
        assert named["slope"] == pytest.approx(1 / (2 * k + 1), rel=STEPWISE)

    def test_steps_out_of_range_are_refused(self) -> None:
        with pytest.raises(ValueError, match=r"steps must lie in \[10, 200\]; got 5"):
            shown("convex-rate", k=1, steps=5)
        with pytest.raises(ValueError, match=r"k must lie in \[1, steps\] = \[1, 100\]; got 101"):
            shown("convex-rate", k=101)


class TestStronglyConvexRate:
    @staticmethod
    def rho(name: str, kappa: float) -> float:
        return {"short": 1 - 1 / kappa, "best": (kappa - 1) / (kappa + 1)}[name]

    @pytest.mark.parametrize("steps", [19, 20])
    def test_no_tick_lies_beyond_the_last_step(self, steps: int) -> None:
        for ax in picture("strongly-convex-rate", steps=steps).figure.axes:
            assert ax.get_xlim() == pytest.approx((-0.02 * steps, 1.02 * steps), rel=ROUNDING)

    @pytest.mark.parametrize("kappa", KAPPAS)
    @pytest.mark.parametrize("name", ["short", "best"])
    def test_from_the_worst_start_gap_and_squared_distance_fall_by_rho_squared_per_step(
        self, name: str, kappa: float
    ) -> None:
        series = shown("strongly-convex-rate", kappa=kappa)
        for what in ("gap", "distance", "exact"):
            k, ratio = series[f"{name}-{what}"].x, series[f"{name}-{what}"].y
            slope, start = np.polyfit(k, np.log(ratio), 1)
            # Points on a straight line to 1e-14: so are slope and start, but for the fit's own rounding.
            assert slope == pytest.approx(2 * math.log(self.rho(name, kappa)), rel=STEPWISE)
            assert start == pytest.approx(0, abs=STEPWISE)
            np.testing.assert_allclose(np.log(ratio), slope * k + start, atol=STEPWISE)

    @given(kappa=st.floats(1.05, 1000), steps=st.integers(5, 50))
    def test_nothing_lies_above_the_exact_bound(self, kappa: float, steps: int) -> None:
        series = shown("strongly-convex-rate", kappa=kappa, steps=steps)
        for name in ("short", "best"):
            for what in ("gap", "distance", "spread-gap", "spread-distance"):
                curve = series[f"{name}-{what}"]
                assert (curve.y <= self.rho(name, kappa) ** (2 * curve.x) * (1 + STEPWISE)).all()
        usual = series["short-classical"]
        np.testing.assert_allclose(usual.y, (1 - 1 / kappa) ** usual.x, rtol=ROUNDING)
        exact = series["short-exact"].y
        np.testing.assert_allclose(usual.y[: len(exact)] ** 2, exact, rtol=STEPWISE)
        share = facts("strongly-convex-rate", kappa=kappa, steps=steps)["classical_share_of_slope"]
        assert share == pytest.approx(np.log(usual.y[1]) / np.log(exact[1]), rel=STEPWISE)
        assert "best-classical" not in series

    @pytest.mark.parametrize("kappa", KAPPAS)
    @pytest.mark.parametrize("name", ["short", "best"])
    def test_with_ten_curvatures_the_fall_is_fast_at_first_and_never_slower_than_the_bound(
        self, name: str, kappa: float
    ) -> None:
        series = shown("strongly-convex-rate", kappa=kappa)
        curvatures = kappa ** -np.linspace(0, 1, 10)
        assert facts("strongly-convex-rate", kappa=kappa)["curvatures"] == len(curvatures)
        factors = abs(1 - {"short": 1, "best": 2 / (1 + 1 / kappa)}[name] * curvatures)
        for what, weights in (("gap", curvatures), ("distance", np.ones(10))):
            curve = series[f"{name}-spread-{what}"]
            modes = weights * factors ** (2 * curve.x[:, None])
            np.testing.assert_allclose(curve.y, modes.sum(axis=1) / weights.sum(), rtol=STEPWISE)
            fall = np.diff(np.log(curve.y))
            assert (np.diff(fall) >= -ROUNDING).all()
            assert (fall <= 2 * math.log(self.rho(name, kappa)) + ROUNDING).all()

    def test_the_curves_of_the_bounds_are_their_formulas(self) -> None:
        series = shown("strongly-convex-rate", kappa=7.0)
        k = series["short-exact"].x
        for name, eta in (("short", 1.0), ("best", bounds.best_step(1.0, 1 / 7))):
            exact = series[f"{name}-exact"]
            formula = bounds.gd_strongly_convex(exact.x, eta, 1.0, 1 / 7)
            np.testing.assert_allclose(exact.y, formula, rtol=ROUNDING)
        np.testing.assert_array_equal(series["short-classical"].y, bounds.gd_strongly_convex_classical(k, 7.0))

    @pytest.mark.parametrize("kappa", [10.0, 200.0])
    def test_the_facts_are_what_is_drawn(self, kappa: float) -> None:
        series, named = shown("strongly-convex-rate", kappa=kappa), facts("strongly-convex-rate", kappa=kappa)
        for gid, curve in series.items():
            assert curve.x[-1] == 20
            assert named[gid.replace("-", "_")] == curve.y[-1]
        for name in ("short", "best"):
            drawn = series[f"{name}-gap"].y
            assert named[f"{name}_factor"] == pytest.approx(drawn[-1] / drawn[-2], rel=STEPWISE)
        assert named["classical_factor"] == series["short-classical"].y[1]

    def test_a_kappa_or_a_number_of_steps_out_of_range_is_refused(self) -> None:
        with pytest.raises(ValueError, match="kappa must be finite and exceed 1; got 1"):
            shown("strongly-convex-rate", kappa=1.0)
        with pytest.raises(ValueError, match=r"steps must lie in \[5, 50\]; got 4"):
            shown("strongly-convex-rate", steps=4)


class TestStepsAgainstKappa:
    @staticmethod
    def real_steps(name: str, kappa: Array, digits: int) -> Array:
        rho = {"short": 1 - 1 / kappa, "best": (kappa - 1) / (kappa + 1)}[name]
        return digits * math.log(10) / (-2 * np.log(rho))

    @pytest.mark.parametrize("digits", DIGITS)
    @pytest.mark.parametrize("name", ["short", "best"])
    def test_each_count_is_the_least_whole_number_that_the_exact_rate_allows(self, name: str, digits: int) -> None:
        counted = shown("steps-against-kappa", digits=digits)[name]
        assert counted.x == pytest.approx(10 ** (np.arange(13) / 4), rel=ROUNDING)
        assert counted.y[0] == 1  # kappa = 1: rho = 0, and the first step reaches the minimiser
        np.testing.assert_array_equal(counted.y[1:], np.ceil(self.real_steps(name, counted.x[1:], digits)))
        for kappa, count in zip(counted.x[1:], counted.y[1:], strict=True):
            rho = bounds.contraction(1 if name == "short" else bounds.best_step(1, 1 / kappa), 1, 1 / kappa)
            assert count == np.ceil(bounds.gd_steps(10.0**-digits, rho))

    @pytest.mark.parametrize("digits", DIGITS)
    def test_the_estimates_are_never_too_small_and_close_from_kappa_10_on(self, digits: int) -> None:
        series = shown("steps-against-kappa", digits=digits)
        for name, constant in (("short", 2), ("best", 4)):
            counted, estimate = series[name], series[f"{name}-estimate"]
            np.testing.assert_allclose(estimate.y, estimate.x / constant * digits * math.log(10), rtol=ROUNDING)
            assert (counted.y <= np.ceil(estimate.y)).all()
            large = counted.x >= 9.99
            # -log(1 - 1/kappa) <= (1/kappa) (1 + 0.6/kappa) for kappa >= 10, and rounding up adds less than 1.
            assert (counted.y[large] >= estimate.y[large] * (1 - 0.6 / counted.x[large])).all()
            best = name == "best"
            formula = bounds.gd_steps_estimate(10.0**-digits, estimate.x, best)
            np.testing.assert_allclose(estimate.y, formula, rtol=ROUNDING)

    def test_the_steps_grow_in_proportion_to_kappa(self) -> None:
        for name in ("short", "best"):
            counted = shown("steps-against-kappa")[name]
            large = counted.x >= 9.99
            slope = np.polyfit(np.log(counted.x[large]), np.log(counted.y[large]), 1)[0]
            # Over two decades the estimate is off by a share of 0.05 at kappa = 10 and of 0.0005 at 1000:
            # 0.05 / log(100) = 0.011.
            assert slope == pytest.approx(1, abs=0.012)

    def test_the_longer_step_halves_the_number(self) -> None:
        short, best = shown("steps-against-kappa")["short"].y, shown("steps-against-kappa")["best"].y
        # One step more or less in 3454, and a share of 1/(2 kappa) = 0.0005.
        assert short[-1] / best[-1] == pytest.approx(2, rel=1e-3)

    @pytest.mark.parametrize("digits", DIGITS)
    def test_the_facts_are_what_is_drawn(self, digits: int) -> None:
        series, named = shown("steps-against-kappa", digits=digits), facts("steps-against-kappa", digits=digits)
        for name, constant in (("short", 1 / 2), ("best", 1 / 4)):
            for kappa in (10, 100, 1000):
                assert named[f"kappa_{kappa}"] == kappa
                drawn = series[name].y[np.isclose(series[name].x, kappa)]
                assert drawn == [named[f"{name}_kappa_{kappa}"]]
            measured = series[name].y[-1] / (1000 * digits * math.log(10))
            assert named[f"{name}_constant"] == pytest.approx(measured, rel=ROUNDING)
            # Rounding up adds less than 1 to 1151 steps or more; the share of 1/(2 kappa) is smaller.
            assert measured == pytest.approx(constant, rel=1e-3)

    def test_an_accuracy_out_of_range_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"digits must lie in \[2, 12\]; got 1"):
            shown("steps-against-kappa", digits=1)


class TestSpectralRadius:
    @given(kappa=st.floats(1, 1000))
    def test_it_falls_with_slope_mu_and_rises_with_slope_L(self, kappa: float) -> None:
        radius = shown("spectral-radius", kappa=kappa)["radius"]
        turn = 2 / (1 + 1 / kappa)
        falling = radius.x <= turn * (1 + ROUNDING)
        np.testing.assert_allclose(radius.y[falling], 1 - radius.x[falling] / kappa, atol=ROUNDING)
        np.testing.assert_allclose(radius.y[~falling], radius.x[~falling] - 1, atol=ROUNDING)
        lowest = radius.y.argmin()
        assert radius.x[lowest] == pytest.approx(turn, rel=ROUNDING)
        assert radius.y[lowest] == pytest.approx((kappa - 1) / (kappa + 1), abs=ROUNDING)

    @pytest.mark.parametrize("kappa", [1.0, 5.0, 1000.0])
    def test_it_lies_below_1_strictly_between_0_and_2_over_L_and_nowhere_else(self, kappa: float) -> None:
        radius = shown("spectral-radius", kappa=kappa)["radius"]
        assert radius.y[radius.x == 2] == pytest.approx([1], rel=ROUNDING)
        assert radius.y[0] == 1
        inside = (radius.x > 0) & (radius.x < 2)
        assert (radius.y[inside] < 1).all()
        assert (radius.y[radius.x > 2] > 1).all()

    @pytest.mark.parametrize("kappa", [1.0, 5.0, 1000.0])
    def test_it_is_the_larger_of_the_two_factors_and_the_formula_of_the_bounds(self, kappa: float) -> None:
        series = shown("spectral-radius", kappa=kappa)
        radius, bound = series["radius"], series["bound"]
        np.testing.assert_allclose(series["factor-L"].y, abs(1 - bound.x), atol=ROUNDING)
        np.testing.assert_allclose(series["factor-mu"].y, abs(1 - bound.x / kappa), atol=ROUNDING)
        np.testing.assert_array_equal(bound.y, np.maximum(series["factor-L"].y, series["factor-mu"].y))
        np.testing.assert_allclose(bound.y, bounds.contraction(bound.x, 1.0, 1 / kappa), atol=ROUNDING)
        np.testing.assert_allclose(radius.y, bounds.contraction(radius.x, 1.0, 1 / kappa), atol=ROUNDING)

    @pytest.mark.parametrize("kappa", [1.0, 5.0, 1000.0])
    def test_the_marks_and_the_facts_are_its_least_value_and_its_return_to_1(self, kappa: float) -> None:
        series, named = shown("spectral-radius", kappa=kappa), facts("spectral-radius", kappa=kappa)
        assert (named["best_step"], named["least"]) == (series["best"].x[0], series["best"].y[0])
        assert (named["largest_step"], named["at_largest"]) == (series["largest"].x[0], series["largest"].y[0])
        assert named["best_step"] == pytest.approx(2 / (1 + 1 / kappa), rel=ROUNDING)
        assert named["least"] == pytest.approx((kappa - 1) / (kappa + 1), abs=ROUNDING)
        assert (named["largest_step"], named["at_largest"]) == pytest.approx((2, 1), rel=ROUNDING)

    def test_a_kappa_below_1_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"kappa = L/mu must be at least 1; got 0.5"):
            shown("spectral-radius", kappa=0.5)
