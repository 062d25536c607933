"""The figures of "Gradient descent" show what the page says."""

import math

import numpy as np
import pytest

from gdfigs.maths import bounds
from gdfigs.maths.methods import gradient_descent
from gdfigs.maths.problems import Array, huber
from gdfigs.plots.picture import Series
from tests.shown import ROUNDING, Shown, close, same

STEPWISE = 1e-11
"""A few hundred steps, each of which adds a relative error of a few units of 1e-16."""


def test_the_descriptions_say_the_numbers_of_the_pictures() -> None:
    for name, numbers in (
        ("descent-lemma", ["L = 1.2", "mu = 0.2", "0.863", "0.775", "1.317"]),
        ("sufficient-decrease", ["0.5 at 1/L", "0 at 2/L", "0.93", "1.42"]),
        ("convex-rate", ["5 falling curves", "10 steps, at 0.0238", "0.0500"]),
        ("strongly-convex-rate", ["kappa = 10", "0.81 per step", "0.669", "0.9."]),
        ("steps-against-kappa", ["10^-6", "688 and 346 steps at kappa = 100", "6905 and 3454 at 1000"]),
        ("spectral-radius", ["kappa = 5", "0.667 at eta = 2/(L + mu) = 1.667", "1 at 2/L"]),
    ):
        assert [number for number in numbers if number not in Shown(name).description] == []


class TestDescentLemma:
    figure = "descent-lemma"

    def test_f_lies_between_two_parabolas_of_curvature_L_and_mu_that_touch_it(self, s: Shown) -> None:
        def f(x: Array | float) -> Array:
            return np.log(np.cosh(x)) + s.mu / 2 * np.square(x)

        slope = math.tanh(s.contact) + s.mu * s.contact
        close(s["f"].y, f(s["f"].x), atol=ROUNDING)
        for gid, sign, curvature in (("upper", 1, 1 + s.mu), ("lower", -1, s.mu)):
            bound = s[gid]
            assert (sign * (bound.y - f(bound.x)) >= -ROUNDING).all()
            formula = bounds.quadratic_upper(float(f(s.contact)), slope, bound.x - s.contact, curvature)
            close(bound.y, formula, atol=ROUNDING)
            # The fit through points drawn exactly on a parabola loses a digit or two to its conditioning.
            parabola = np.poly1d(np.polyfit(bound.x, bound.y, 2))
            touching = [parabola(s.contact), parabola.deriv()(s.contact), parabola.deriv(2)(s.contact)]
            close(touching, [f(s.contact), slope, curvature], 0, 1e-10)

    def test_the_step_of_1_over_L_ends_below_the_lowest_point_of_the_upper_bound(self, s: Shown) -> None:
        a, b, c = np.polyfit(s["upper"].x, s["upper"].y, 2)
        step, drop, slope = s["step"], s["guaranteed"], math.tanh(s.contact) + s.mu * s.contact
        close([step.x[1], drop.y[1]], [-b / (2 * a), c - b**2 / (4 * a)], 0, 1e-10)  # a fit, as above
        same(drop.x, step.x[1])
        close(step.y, np.log(np.cosh(step.x)) + s.mu / 2 * step.x**2, atol=ROUNDING)
        assert step.y[1] <= drop.y[1] + ROUNDING
        assert drop.y[0] == step.y[0]
        s.has(0, contact=step.x[0], next=step.x[1], f_contact=step.y[0], f_next=step.y[1], L=1 + s.mu)
        s.has(atol=ROUNDING, guaranteed_decrease=drop.y[0] - drop.y[1], actual_decrease=step.y[0] - step.y[1])
        s.has(guaranteed_decrease=slope**2 / (2 * s.facts["L"]))


class TestSufficientDecrease:
    figure = "sufficient-decrease"

    def test_the_decrease_is_never_below_the_guarantee_which_the_quadratic_meets(self, s: Shown) -> None:
        eta, decrease, slope = s["log-cosh"].x, s["log-cosh"].y, math.tanh(s.theta0)
        # At theta0 = 0.1 a decrease of 0.005 is divided by a squared gradient of 0.01, both to 1e-16.
        close(decrease, np.log(math.cosh(s.theta0) / np.cosh(s.theta0 - eta * slope)) / slope**2, 0, 1e-12)
        assert (decrease > eta * (1 - eta / 2)).all()
        close(s["quadratic"].y, s["quadratic"].x * (1 - s["quadratic"].x / 2), 0, ROUNDING)

    def test_the_guarantee_is_greatest_at_1_over_L_and_zero_at_2_over_L(self, s: Shown) -> None:
        guarantee, marks = s["guarantee"], s["marks"]
        same(guarantee.y, bounds.descent_guarantee(guarantee.x, 1.0))
        peak = guarantee.y.argmax()
        close([guarantee.x[peak], guarantee.y[peak]], [1, 1 / 2])
        away = (guarantee.x > 0) & (abs(guarantee.x - 2) > ROUNDING)
        same(guarantee.y[away] > 0, guarantee.x[away] < 2)
        close(np.interp(2, guarantee.x, guarantee.y), 0, atol=ROUNDING)
        same(marks.x, [1, 2])
        close(marks.y, [1 / 2, 0], atol=ROUNDING)
        s.has(0, best_step=marks.x[0], largest_step=marks.x[1], guaranteed_at_best=marks.y[0])
        for gid in ("log-cosh", "quadratic"):
            for step, place in ((1, "best"), (2, "largest")):
                drawn = s[gid].y[np.isclose(s[gid].x, step)]
                s.has(0, ROUNDING, **{f"{gid.replace('-', '_')}_at_{place}": drawn})


class TestConvexRate:
    figure = "convex-rate"

    @staticmethod
    def curves(s: Shown) -> dict[int, tuple[Series, Series]]:
        """For each number of steps the curve of its worst function, and where that curve is marked."""
        drawn = {int(gid[4:]): (c, s[f"touch-{gid[4:]}"]) for gid, c in s.series.items() if gid.startswith("gap-")}
        return drawn | {int(s.k): (s["gap"], s["touch"])}

    def test_each_curve_is_the_gap_of_its_function_and_meets_the_bound_at_its_step(self, s: Shown) -> None:
        assert set(self.curves(s)) == {s.k, *(j for j in (1, 4, 16, 64) if j <= s.steps)}
        for worst, (curve, touch) in self.curves(s).items():
            # Slope s = 1/(2 worst + 1): theta_j = 1 - j s up to j = 2 worst, and one step later it is 0.
            slope, lowest = 1 / (2 * worst + 1), 1 / (6 * (4 * s.steps + 2))
            j = np.arange(1, min(s.steps, 2 * worst) + 1)
            gap = slope * (1 - j * slope) - slope**2 / 2
            same(curve.x, j[gap >= lowest])
            close(curve.y, gap[gap >= lowest], STEPWISE)
            share = curve.y * (4 * curve.x + 2)
            close(share[curve.x == worst], [1], STEPWISE)
            # One step beside the point of contact a share of (k + 1/2)^-2 / 4 is missing: 6e-6 at k = 200.
            assert (share[curve.x != worst] < 1 - 5e-6).all()
            assert list(touch.x) == [worst]
            assert touch.y == curve.y[curve.x == worst]
            assert (curve.y < s["classical"].y[curve.x.astype(int) - 1] / 2).all()

    def test_the_usual_bound_is_more_than_twice_the_exact_one(self, s: Shown) -> None:
        exact, usual, k = s["exact"], s["classical"], int(s.k)
        same(exact.x, np.arange(1, s.steps + 1))
        close(exact.y / usual.y, exact.x / (2 * exact.x + 1))
        close(usual.y, 1 / (2 * usual.x))
        same(exact.y, bounds.gd_convex(exact.x, 1.0, 1.0))
        same(usual.y, bounds.gd_convex_classical(exact.x, 1.0, 1.0))
        s.has(0, gap=s["touch"].y[0], exact=exact.y[k - 1], classical=usual.y[k - 1])
        s.has(STEPWISE, ratio=k / (2 * k + 1), slope=1 / (2 * k + 1), share_of_exact=1)

    def test_a_function_that_is_worst_between_two_steps_comes_near_and_is_said_to(self, default: Shown) -> None:
        assert "touches it after 10 steps" in default.description
        assert "touches it after 1 step," in Shown(self.figure, {"k": 1, "steps": 10}).description
        between = Shown(self.figure, {"k": 10.5})
        assert "comes nearest to it after 1" in between.description
        share = between["gap"].y * (4 * between["gap"].x + 2)
        close(share.max(), 1 - (0.5 / 11) ** 2, STEPWISE)  # half a step beside the point of contact
        assert between["touch"].x == between["gap"].x[share.argmax()]
        between.has(share_of_exact=share.max())

    def test_no_huber_function_exceeds_the_exact_bound(self, rng: np.random.Generator) -> None:
        k = np.arange(1, 101)
        for _ in range(200):
            slope, L, R = 10 ** rng.uniform(-3, 0.5), 10 ** rng.uniform(-1, 1), rng.uniform(0.5, 2)
            gap = gradient_descent(huber(slope, L), R, 1 / L, 100).gap[1:]
            assert (gap <= L * R**2 / (4 * k + 2) * (1 + STEPWISE)).all()

    @pytest.mark.parametrize("k", [1, 4, 30])
    def test_of_all_slopes_the_one_drawn_is_the_worst(self, k: int) -> None:
        slopes = np.concatenate([[1.0], np.geomspace(0.1, 10, 120)]) / (2 * k + 1)
        assert np.argmax([gradient_descent(huber(slope), 1.0, 1.0, k).gap[k] for slope in slopes]) == 0


class TestStronglyConvexRate:
    figure = "strongly-convex-rate"

    @staticmethod
    def of_steps(kappa: float) -> dict[str, tuple[float, float]]:
        """For either step its length and its factor."""
        return {"short": (1, 1 - 1 / kappa), "best": (2 / (1 + 1 / kappa), (kappa - 1) / (kappa + 1))}

    def test_from_the_worst_start_gap_and_squared_distance_fall_by_rho_squared_per_step(self, s: Shown) -> None:
        for name, (eta, rho) in self.of_steps(s.kappa).items():
            s.has(STEPWISE, **{f"{name}_factor": rho**2})
            for what in ("gap", "distance", "exact"):
                k, ratio = s[f"{name}-{what}"].x, s[f"{name}-{what}"].y
                same(k, np.arange(len(k)))
                close(np.log(ratio), 2 * math.log(rho) * k, atol=STEPWISE)
            exact = s[f"{name}-exact"]
            close(exact.y, bounds.gd_strongly_convex(exact.x, eta, 1.0, 1 / s.kappa))

    def test_ten_curvatures_fall_fast_at_first_and_never_slower_than_the_bound(self, s: Shown) -> None:
        curvatures = s.kappa ** -np.linspace(0, 1, 10)
        s.has(0, curvatures=10)
        for name, (eta, rho) in self.of_steps(s.kappa).items():
            for what, weights in (("gap", curvatures), ("distance", np.ones(10))):
                curve = s[f"{name}-spread-{what}"]
                modes = weights * abs(1 - eta * curvatures) ** (2 * curve.x[:, None])
                close(curve.y, modes.sum(axis=1) / weights.sum(), STEPWISE)
                fall = np.diff(np.log(curve.y))
                assert (np.diff(fall) >= -ROUNDING).all()
                assert (fall <= 2 * math.log(rho) + ROUNDING).all()

    def test_the_usual_bound_falls_by_1_less_1_over_kappa_and_is_one_for_the_short_step(self, s: Shown) -> None:
        usual, exact = s["short-classical"], s["short-exact"].y
        close(usual.y, (1 - 1 / s.kappa) ** usual.x)
        same(usual.y, bounds.gd_strongly_convex_classical(usual.x, s.kappa))
        close(usual.y[: len(exact)] ** 2, exact, STEPWISE)
        s.has(0, classical_factor=usual.y[1])
        s.has(STEPWISE, classical_share_of_slope=np.log(usual.y[1]) / np.log(exact[1]))
        assert "best-classical" not in s.series

    def test_the_last_of_each_curve_is_a_fact_and_no_tick_lies_beyond_it(self, s: Shown) -> None:
        for gid, curve in s.series.items():
            if curve.x[-1] == s.steps:
                s.has(0, **{gid.replace("-", "_"): curve.y[-1]})
        for ax in s.axes:
            assert ax.get_xlim() == pytest.approx((-0.02 * s.steps, 1.02 * s.steps), rel=ROUNDING)


class TestStepsAgainstKappa:
    figure = "steps-against-kappa"

    def test_each_count_is_the_least_whole_number_that_the_exact_rate_allows(self, s: Shown) -> None:
        for name in ("short", "best"):
            kappa, counts = s[name].x, s[name].y
            close(kappa, 10 ** (np.arange(13) / 4))
            assert counts[0] == 1  # kappa = 1: rho = 0, and the first step reaches the minimiser
            rho = {"short": 1 - 1 / kappa[1:], "best": (kappa[1:] - 1) / (kappa[1:] + 1)}[name]
            same(counts[1:], np.ceil(s.digits * math.log(10) / (-2 * np.log(rho))))
            for one, count in zip(kappa[1:], counts[1:], strict=True):
                factor = bounds.contraction(1 if name == "short" else bounds.best_step(1, 1 / one), 1, 1 / one)
                assert count == np.ceil(bounds.gd_steps(10.0**-s.digits, factor))

    def test_the_estimates_are_never_too_small_and_close_from_kappa_10_on(self, s: Shown) -> None:
        for name, constant in (("short", 2), ("best", 4)):
            counted, estimate = s[name], s[f"{name}-estimate"]
            close(estimate.y, estimate.x / constant * s.digits * math.log(10))
            close(estimate.y, bounds.gd_steps_estimate(10.0**-s.digits, estimate.x, name == "best"))
            assert (counted.y <= np.ceil(estimate.y)).all()
            large = counted.x >= 9.99
            # -log(1 - 1/kappa) <= (1/kappa) (1 + 0.6/kappa) for kappa >= 10, and rounding up adds less than 1.
            assert (counted.y[large] >= estimate.y[large] * (1 - 0.6 / counted.x[large])).all()

    def test_the_steps_grow_in_proportion_to_kappa_and_the_longer_step_halves_them(self, default: Shown) -> None:
        for name in ("short", "best"):
            large = default[name].x >= 9.99
            slope = np.polyfit(np.log(default[name].x[large]), np.log(default[name].y[large]), 1)[0]
            # Over two decades the estimate is off by a share of 0.05 at kappa = 10 and of 0.0005 at 1000:
            # 0.05 / log(100) = 0.011.
            assert slope == pytest.approx(1, abs=0.012)
        # One step more or less in 3454, and a share of 1/(2 kappa) = 0.0005.
        assert default["short"].y[-1] / default["best"].y[-1] == pytest.approx(2, rel=1e-3)

    def test_the_facts_are_what_is_drawn(self, s: Shown) -> None:
        for name, constant in (("short", 1 / 2), ("best", 1 / 4)):
            for kappa in (10, 100, 1000):
                drawn = s[name].y[np.isclose(s[name].x, kappa)]
                s.has(**{f"kappa_{kappa}": kappa, f"{name}_kappa_{kappa}": drawn[0]})
            measured = s[name].y[-1] / (1000 * s.digits * math.log(10))
            s.has(**{f"{name}_constant": measured})
            # Rounding up adds less than 1 to 1151 steps or more; the share of 1/(2 kappa) is smaller.
            assert measured == pytest.approx(constant, rel=1e-3)


class TestSpectralRadius:
    figure = "spectral-radius"

    def test_it_falls_with_slope_mu_to_its_least_value_and_rises_with_slope_L(self, s: Shown) -> None:
        eta, radius, turn = s["radius"].x, s["radius"].y, 2 / (1 + 1 / s.kappa)
        falling = eta <= turn * (1 + ROUNDING)
        close(radius, np.where(falling, 1 - eta / s.kappa, eta - 1), 0, ROUNDING)
        lowest = radius.argmin()
        close(eta[lowest], turn)
        close(radius[lowest], (s.kappa - 1) / (s.kappa + 1), 0, ROUNDING)
        close(radius[eta == 2], [1])
        assert radius[0] == 1
        assert (radius[(eta > 0) & (eta < 2)] < 1).all()
        assert (radius[eta > 2] > 1).all()

    def test_it_is_the_larger_of_the_two_factors_and_the_formula_of_the_bounds(self, s: Shown) -> None:
        radius, bound = s["radius"], s["bound"]
        close(s["factor-L"].y, abs(1 - bound.x), 0, ROUNDING)
        close(s["factor-mu"].y, abs(1 - bound.x / s.kappa), 0, ROUNDING)
        same(bound.y, np.maximum(s["factor-L"].y, s["factor-mu"].y))
        close(bound.y, bounds.contraction(bound.x, 1.0, 1 / s.kappa), 0, ROUNDING)
        close(radius.y, bounds.contraction(radius.x, 1.0, 1 / s.kappa), 0, ROUNDING)

    def test_the_marks_and_the_facts_are_its_least_value_and_its_return_to_1(self, s: Shown) -> None:
        best, largest = s["best"], s["largest"]
        s.has(0, best_step=best.x[0], least=best.y[0], largest_step=largest.x[0], at_largest=largest.y[0])
        s.has(atol=ROUNDING, best_step=2 / (1 + 1 / s.kappa), least=(s.kappa - 1) / (s.kappa + 1))
        s.has(largest_step=2, at_largest=1)
