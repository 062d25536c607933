"""The figures of "Descent and flow compared" show what the page says."""

import numpy as np
import pytest

from gdfigs.maths import bounds
from gdfigs.maths.methods import gradient_descent
from gdfigs.maths.problems import quadratic
from tests.shown import ROUNDING, Shown, close, same


class TestFactorOfTwo:
    figure = "factor-of-two"

    def test_the_flows_rates_are_mu_and_twice_mu_whatever_the_step(self, s: Shown) -> None:
        for name, rate in (("distance", 1), ("gap", 2)):
            close(s[f"flow-{name}"].y, rate)
            close(s[f"flow-{name}"].x, [0, 2 / s.kappa])
            assert s.facts[f"flow_rate_{name}"] == s[f"flow-{name}"].y[0]

    def test_the_curves_are_the_worst_factor_per_unit_of_time(self, s: Shown) -> None:
        eta, rate = s["descent-distance"].x, s["descent-distance"].y
        close(np.exp(-eta * rate), np.maximum(abs(1 - eta), abs(1 - eta * s.kappa)))
        same(rate, bounds.descent_exponent(eta, s.kappa, 1.0))
        same(s["descent-gap"].x, eta)
        same(s["descent-gap"].y, 2 * rate)
        s.has(rtol=ROUNDING * s.kappa, rate_at_1_over_L=-s.kappa * np.log(1 - 1 / s.kappa))

    def test_the_rates_measured_on_paths_lie_on_the_curves(self, s: Shown) -> None:
        for name, times in (("distance", 1), ("gap", 2)):
            eta, rate = s[f"measured-{name}"].x, s[f"measured-{name}"].y
            assert len(eta) == 10
            worst = np.maximum(abs(1 - eta), abs(1 - eta * s.kappa))
            # Rounding in 1 - eta mu, relative to a rate of about mu, grows as 1/eta.
            close(rate, -times * np.log(worst) / eta, ROUNDING * s.kappa)

    def test_both_rates_tend_to_the_flows_as_the_step_tends_to_zero(self, s: Shown) -> None:
        """-log(1 - x)/x = 1 + x/2 + x^2/3 + ..., which lies between 1 + x/2 and 1 + x/(2(1 - x))."""
        eta, rate = s["descent-distance"].x, s["descent-distance"].y
        x = eta[eta <= 2 / (s.kappa + 1)]
        excess, slack = rate[: len(x)] - 1, 1e-14 / x  # rounding in 1 - x, over x
        assert (excess >= x / 2 - slack).all()
        assert (excess <= x / (2 * (1 - x)) + slack).all()
        assert x[0] < 0.011 / s.kappa * 1.0001  # the curve begins near enough to 0 for its limit to be seen

    def test_descent_is_the_faster_up_to_the_marked_step_and_its_rate_peaks_at_the_best(self, s: Shown) -> None:
        best = 2 / (1 + s.kappa)
        close(s["best-step"].x, best)
        s.has(best_step=best, largest_step=2 / s.kappa, equal_step=s["equal-distance"].x[0])
        s.has(equal_step_over_largest=s.facts["equal_step"] * s.kappa / 2)
        for name in ("distance", "gap"):
            curve, flow, mark = s[f"descent-{name}"], s[f"flow-{name}"].y[0], s[f"equal-{name}"]
            assert (curve.y[curve.x <= best] > flow).all()
            assert curve.x[curve.y.argmax()] == pytest.approx(best, rel=ROUNDING)
            assert s.facts[f"peak_{name}"] == curve.y.max()
            equal = mark.x[0]
            assert best < equal < 2 / s.kappa
            assert mark.y[0] == flow
            close(s.kappa * equal - 1, np.exp(-equal), ROUNDING * s.kappa)
            same(curve.y < flow, curve.x > equal)

    def test_descent_is_told_to_be_ahead_up_to_the_step_at_which_it_is_equal(self, default: Shown) -> None:
        equal = 2 * default.facts["equal_step_over_largest"]
        for share, word in ((0.99, "ahead"), (1.01, "behind")):
            s = Shown(self.figure, {"eta": share * equal})
            assert s.slider_text.endswith(f"descent is {word} on both")


class TestWorstCaseInTime:
    figure = "worst-case-in-time"

    @staticmethod
    def steps(kappa: float) -> dict[str, float]:
        return {"half": 1 / (2 * kappa), "usual": 1 / kappa, "best": 2 / (kappa + 1)}

    def test_the_flows_factor_falls_at_the_rate_mu(self, s: Shown) -> None:
        close(np.log(s["flow"].y), -s["flow"].x, atol=ROUNDING)
        s.has(flow_rate=1)

    def test_descents_factor_is_the_worst_one_to_the_power_k_and_below_the_flow(self, s: Shown) -> None:
        for name, eta in self.steps(s.kappa).items():
            dots, k = s[f"descent-{name}"], np.arange(len(s[f"descent-{name}"].x))
            assert len(k) >= 3
            close(dots.x, k * eta)
            # At kappa = 1.2 the factor is 1/11, and the rounding of 1 - eta is 11 times that, in each of 3 steps.
            close(dots.y, max(abs(1 - eta), abs(1 - eta * s.kappa)) ** k)
            close(dots.y, bounds.contraction(eta, s.kappa, 1.0) ** k)
            assert (dots.y[1:] < np.exp(-dots.x[1:])).all()
            assert (s[f"ratio-{name}"].y[1:] < s["ratio-flow"].y[0]).all()

    def test_the_ratio_to_the_flow_is_a_power_of_the_ratio_of_one_step(self, s: Shown) -> None:
        same(s["ratio-flow"].y, 1)
        for name, eta in self.steps(s.kappa).items():
            ratio, one_step = s[f"ratio-{name}"], (1 - eta) * np.exp(eta)
            k = np.arange(int(4 / eta * (1 + ROUNDING)) + 1)
            assert len(k) - len(ratio.x) in (0, 1)  # rounding may put the last step just beyond the axis
            close(ratio.x, (k * eta)[: len(ratio.x)])
            close(ratio.y, (one_step**k)[: len(ratio.x)])
            s.has(0, **{f"ratio_per_step_{name}": ratio.y[1], f"factor_per_step_{name}": s[f"descent-{name}"].y[1]})
            s.has(**{f"step_{name}": s[f"descent-{name}"].x[1], f"rate_{name}": -np.log(1 - eta) / eta})
        rates = [s.facts["flow_rate"], *(s.facts[f"rate_{name}"] for name in self.steps(s.kappa))]
        assert (np.diff(rates) > 0).all()  # the larger the step the faster, and all faster than the flow

    def test_no_start_does_worse_than_what_is_drawn(self, default: Shown, rng: np.random.Generator) -> None:
        for name, eta in self.steps(3.0).items():
            worst = default[f"descent-{name}"].y
            for _ in range(10):
                basis = np.linalg.qr(rng.normal(size=(3, 3)))[0]
                A = basis @ np.diag([1, rng.uniform(1, 3), 3]) @ basis.T
                path = gradient_descent(quadratic((A + A.T) / 2), rng.normal(size=3), eta, len(worst) - 1)
                assert (path.distance / path.distance[0] <= worst * (1 + ROUNDING)).all()
