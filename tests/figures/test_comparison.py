"""The figures of "Descent and flow compared" show what the page says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdfigs.maths import bounds
from gdfigs.maths.methods import gradient_descent
from gdfigs.maths.problems import quadratic
from tests.shown import facts, picture, shown

ROUNDING = 1e-12
"""A few operations in double precision on numbers of size 1."""


class TestFactorOfTwo:
    kappas = given(kappa=st.floats(1.2, 100))

    @kappas
    @settings(max_examples=8)
    def test_the_flows_rates_are_mu_and_twice_mu_whatever_the_step(self, kappa: float) -> None:
        series = shown("factor-of-two", kappa=kappa)
        np.testing.assert_allclose(series["flow-distance"].y, 1, rtol=ROUNDING)
        np.testing.assert_allclose(series["flow-gap"].y, 2, rtol=ROUNDING)
        for name in ("flow-distance", "flow-gap"):
            np.testing.assert_allclose(series[name].x, [0, 2 / kappa], rtol=ROUNDING)

    @kappas
    @settings(max_examples=8)
    def test_the_curves_are_the_worst_factor_per_unit_of_time(self, kappa: float) -> None:
        series = shown("factor-of-two", kappa=kappa)
        eta, rate = series["descent-distance"].x, series["descent-distance"].y
        worst = np.maximum(abs(1 - eta), abs(1 - eta * kappa))
        np.testing.assert_allclose(np.exp(-eta * rate), worst, rtol=ROUNDING)
        np.testing.assert_array_equal(rate, bounds.descent_exponent(eta, kappa, 1.0))
        np.testing.assert_array_equal(series["descent-gap"].x, eta)
        np.testing.assert_array_equal(series["descent-gap"].y, 2 * rate)

    @kappas
    @settings(max_examples=8)
    def test_the_rates_measured_on_paths_lie_on_the_curves(self, kappa: float) -> None:
        series = shown("factor-of-two", kappa=kappa)
        for name, times in (("distance", 1), ("gap", 2)):
            eta, rate = series[f"measured-{name}"].x, series[f"measured-{name}"].y
            assert len(eta) == 10
            worst = np.maximum(abs(1 - eta), abs(1 - eta * kappa))
            # Rounding in 1 - eta mu, relative to a rate of about mu, grows as 1/eta.
            np.testing.assert_allclose(rate, -times * np.log(worst) / eta, rtol=ROUNDING * kappa)

    @kappas
    @settings(max_examples=8)
    def test_both_rates_tend_to_the_flows_as_the_step_tends_to_zero(self, kappa: float) -> None:
        """-log(1 - x)/x = 1 + x/2 + x^2/3 + ..., which lies between 1 + x/2 and 1 + x/(2(1 - x))."""
        series = shown("factor-of-two", kappa=kappa)
        eta, rate = series["descent-distance"].x, series["descent-distance"].y
        x = eta[eta <= 2 / (kappa + 1)]
        excess = rate[: len(x)] - 1
        slack = 1e-14 / x  # rounding in 1 - x, over x
        assert (excess >= x / 2 - slack).all()
        assert (excess <= x / (2 * (1 - x)) + slack).all()
        assert x[0] < 0.011 / kappa * 1.0001  # the curve begins near enough to 0 for its limit to be seen

    @kappas
    @settings(max_examples=8)
    def test_descent_is_never_the_slower_up_to_the_best_step_where_its_rate_peaks(self, kappa: float) -> None:
        series, best = shown("factor-of-two", kappa=kappa), 2 / (1 + kappa)
        for name in ("distance", "gap"):
            curve, flow = series[f"descent-{name}"], series[f"flow-{name}"].y[0]
            assert (curve.y[curve.x <= best] > flow).all()
            assert curve.x[curve.y.argmax()] == pytest.approx(best, rel=ROUNDING)
        np.testing.assert_allclose(series["best-step"].x, best, rtol=ROUNDING)

    @kappas
    @settings(max_examples=8)
    def test_the_flow_is_faster_beyond_the_marked_step_and_not_before(self, kappa: float) -> None:
        series = shown("factor-of-two", kappa=kappa)
        for name in ("distance", "gap"):
            curve, flow, mark = series[f"descent-{name}"], series[f"flow-{name}"].y[0], series[f"equal-{name}"]
            equal = mark.x[0]
            assert 2 / (1 + kappa) < equal < 2 / kappa
            assert mark.y[0] == flow
            assert kappa * equal - 1 == pytest.approx(np.exp(-equal), rel=ROUNDING * kappa)
            np.testing.assert_array_equal(curve.y < flow, curve.x > equal)

    @kappas
    @settings(max_examples=8)
    def test_the_facts_are_what_is_drawn(self, kappa: float) -> None:
        series, named = shown("factor-of-two", kappa=kappa), facts("factor-of-two", kappa=kappa)
        for name in ("distance", "gap"):
            assert named[f"flow_rate_{name}"] == series[f"flow-{name}"].y[0]
            assert named[f"peak_{name}"] == series[f"descent-{name}"].y.max()
        assert named["best_step"] == series["best-step"].x[0]
        assert named["equal_step"] == series["equal-distance"].x[0]
        assert named["largest_step"] == series["descent-distance"].x[-1]
        assert named["equal_step_over_largest"] == pytest.approx(named["equal_step"] * kappa / 2, rel=ROUNDING)
        assert named["rate_at_1_over_L"] == pytest.approx(-kappa * np.log(1 - 1 / kappa), rel=ROUNDING * kappa)

    def test_descent_is_told_to_be_ahead_up_to_the_step_at_which_it_is_equal(self) -> None:
        equal = 2 * facts("factor-of-two")["equal_step_over_largest"]
        for share, word in ((0.9, "ahead"), (0.99, "ahead"), (1.01, "behind"), (1.1, "behind")):
            assert picture("factor-of-two", eta=share * equal).told.endswith(f"descent is {word} on both")

    @pytest.mark.parametrize("eta", [0, 2, float("nan")])
    def test_a_step_at_which_descent_does_not_converge_is_refused(self, eta: float) -> None:
        with pytest.raises(ValueError, match=r"eta must lie in \(0, 2\)"):
            shown("factor-of-two", eta=eta)

    @pytest.mark.parametrize("kappa", [1, 101, float("nan")])
    def test_a_condition_number_that_cannot_be_shown_is_refused(self, kappa: float) -> None:
        with pytest.raises(ValueError, match=r"kappa must lie in \[1.2, 100\]; got"):
            shown("factor-of-two", kappa=kappa)


class TestWorstCaseInTime:
    kappas = given(kappa=st.floats(1.2, 6))

    @staticmethod
    def steps(kappa: float) -> dict[str, float]:
        return {"half": 1 / (2 * kappa), "usual": 1 / kappa, "best": 2 / (kappa + 1)}

    @kappas
    @settings(max_examples=8)
    def test_the_flows_factor_falls_at_the_rate_mu(self, kappa: float) -> None:
        flow = shown("worst-case-in-time", kappa=kappa)["flow"]
        np.testing.assert_allclose(np.log(flow.y), -flow.x, rtol=ROUNDING, atol=ROUNDING)
        assert facts("worst-case-in-time", kappa=kappa)["flow_rate"] == pytest.approx(1, rel=ROUNDING)

    @kappas
    @settings(max_examples=8)
    def test_descents_factor_is_the_worst_one_to_the_power_k(self, kappa: float) -> None:
        series = shown("worst-case-in-time", kappa=kappa)
        for name, eta in self.steps(kappa).items():
            dots, k = series[f"descent-{name}"], np.arange(len(series[f"descent-{name}"].x))
            worst = max(abs(1 - eta), abs(1 - eta * kappa))
            np.testing.assert_allclose(dots.x, k * eta, rtol=ROUNDING)
            # At kappa = 1.2 the factor is 1/11, and the rounding of 1 - eta is 11 times that, in each of 3 steps.
            np.testing.assert_allclose(dots.y, worst**k, rtol=ROUNDING)
            np.testing.assert_allclose(dots.y, bounds.contraction(eta, kappa, 1.0) ** k, rtol=ROUNDING)

    @kappas
    @settings(max_examples=8)
    def test_descent_lies_strictly_below_the_flow_after_every_step(self, kappa: float) -> None:
        series = shown("worst-case-in-time", kappa=kappa)
        for name in self.steps(kappa):
            dots, ratio = series[f"descent-{name}"], series[f"ratio-{name}"]
            assert len(dots.x) >= 3
            assert (dots.y[1:] < np.exp(-dots.x[1:])).all()
            assert (ratio.y[1:] < series["ratio-flow"].y[0]).all()

    @kappas
    @settings(max_examples=8)
    def test_the_ratio_to_the_flow_is_a_power_of_the_ratio_of_one_step(self, kappa: float) -> None:
        series, named = shown("worst-case-in-time", kappa=kappa), facts("worst-case-in-time", kappa=kappa)
        np.testing.assert_array_equal(series["ratio-flow"].y, 1)
        for name, eta in self.steps(kappa).items():
            ratio, one_step = series[f"ratio-{name}"], (1 - eta) * np.exp(eta)
            k = np.arange(int(4 / eta * (1 + ROUNDING)) + 1)
            np.testing.assert_allclose(ratio.x, (k * eta)[: len(ratio.x)], rtol=ROUNDING)
            assert len(k) - len(ratio.x) in (0, 1)  # rounding may put the last step just beyond the axis
            np.testing.assert_allclose(ratio.y, (one_step**k)[: len(ratio.x)], rtol=ROUNDING)
            assert named[f"ratio_per_step_{name}"] == ratio.y[1]
            assert named[f"factor_per_step_{name}"] == series[f"descent-{name}"].y[1]
            assert named[f"step_{name}"] == series[f"descent-{name}"].x[1]
            assert named[f"rate_{name}"] == pytest.approx(-np.log(1 - eta) / eta, rel=ROUNDING)

    @kappas
    @settings(max_examples=8)
    def test_the_larger_the_step_the_faster_descent_and_all_are_faster_than_the_flow(self, kappa: float) -> None:
        named = facts("worst-case-in-time", kappa=kappa)
        rates = [named["flow_rate"], *(named[f"rate_{name}"] for name in self.steps(kappa))]
        assert (np.diff(rates) > 0).all()

    def test_no_start_does_worse_than_what_is_drawn(self, rng: np.random.Generator) -> None:
        kappa = 3.0
        series = shown("worst-case-in-time", kappa=kappa)
        for name, eta in self.steps(kappa).items():
            worst = series[f"descent-{name}"].y
            for _ in range(10):
                basis = np.linalg.qr(rng.normal(size=(3, 3)))[0]
                A = basis @ np.diag([1, rng.uniform(1, kappa), kappa]) @ basis.T
                path = gradient_descent(quadratic((A + A.T) / 2), rng.normal(size=3), eta, len(worst) - 1)
                assert (path.distance / path.distance[0] <= worst * (1 + ROUNDING)).all()

    @pytest.mark.parametrize("kappa", [1, 7, float("nan")])
    def test_a_condition_number_that_cannot_be_shown_is_refused(self, kappa: float) -> None:
        with pytest.raises(ValueError, match=r"kappa must lie in \[1.2, 6\]; got"):
            shown("worst-case-in-time", kappa=kappa)
