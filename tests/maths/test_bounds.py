"""Every formula against mathematics of another make: never exceeded, and met where it is said to be met."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from gdfigs.maths import bounds
from gdfigs.maths.flows import gradient_flow, heavy_ball_flow, langevin, natural_gradient_flow, nesterov_flow
from gdfigs.maths.methods import backward_euler, gradient_descent, heavy_ball, nesterov
from gdfigs.maths.path import Path
from gdfigs.maths.problems import (
    Point,
    Problem,
    Quadratic,
    bowl,
    concave,
    ellipse,
    gaussian_fit,
    hill,
    huber,
    lessard_recht_packard,
    log_cosh,
    logistic,
    one_sided,
    quadratic,
)
from tests.strategies import (
    convex,
    fractions,
    log_uniform,
    nonconvex,
    points,
    quadratics,
    seeds,
    smooth_strongly_convex,
    started,
    value_rounding,
)

ROUNDING = 1e-12
"""Some dozens of operations in double precision, relative to the numbers themselves."""
SOLVED = 1e-7
"""The flow's error: 100 times the solver's tolerance of 1e-10 on numbers up to 10."""

Start = tuple[Problem, Point]
short_steps = st.floats(0.01, 1.99)
"""h = eta L over all steps that are guaranteed to descend."""
counts = st.integers(1, 30)


def parabola(curvature: float) -> Quadratic:
    return quadratic([[curvature]])


def noise(path: Path) -> float:
    """What rounding may add to a value of f along a path."""
    return float(value_rounding(path.problem, path.x).max())


class TestDescentLemma:
    @given(started(st.one_of(convex, nonconvex)), st.floats(0.01, 3))
    def test_a_step_decreases_f_by_the_guarantee_at_least(self, start: Start, h: float) -> None:
        problem, theta0 = start
        path = gradient_descent(problem, theta0, h / problem.L, 1, diverge=True)
        guaranteed = bounds.descent_guarantee(h / problem.L, problem.L, path.gradient_norm[0])
        assert path.f[0] - path.f[1] >= guaranteed - noise(path)

    @given(log_uniform(0.1, 10), st.floats(0.01, 3), log_uniform(0.1, 10))
    def test_the_steepest_parabola_decreases_by_no_more(self, L: float, h: float, x0: float) -> None:
        path = gradient_descent(parabola(L), x0, h / L, 1, diverge=True)
        guaranteed = bounds.descent_guarantee(h / L, L, path.gradient_norm[0])
        assert path.f[0] - path.f[1] == pytest.approx(guaranteed, rel=ROUNDING, abs=ROUNDING * L * x0**2)

    @given(log_uniform(0.1, 10))
    def test_the_guarantee_is_a_decrease_below_two_over_L_and_greatest_at_one_over_L(self, L: float) -> None:
        eta = np.linspace(0, 4 / L, 401)[1:]  # 1/L and 2/L are among them
        guaranteed = bounds.descent_guarantee(eta, L)
        np.testing.assert_array_equal(guaranteed > ROUNDING / L, np.arange(1, 401) < 200)
        assert np.argmax(guaranteed) == 99
        assert guaranteed.max() == pytest.approx(1 / (2 * L), rel=ROUNDING)
        assert bounds.largest_step(L) == pytest.approx(eta[199], rel=ROUNDING)

    @pytest.mark.parametrize("problem", [huber(0.7, 2.0), log_cosh(1, 0.2), hill(), one_sided(), concave()])
    def test_f_lies_between_the_parabolas_of_mu_and_of_L(self, problem: Problem, rng: np.random.Generator) -> None:
        x, y = points(problem, rng), points(problem, rng)
        for curvature, sign in ((problem.L, 1), (problem.mu, -1)):
            parabolas = bounds.quadratic_upper(problem.f(x), problem.grad(x)[:, 0], (y - x)[:, 0], curvature)
            slack = value_rounding(problem, x) + value_rounding(problem, y)
            assert (sign * (parabolas - problem.f(y)) >= -slack).all()

    def test_on_a_parabola_it_is_the_function_itself(self) -> None:
        x, y = np.array([3.0]), np.array([[-2.0], [0.0], [7.0]])
        f = quadratic([[3.0]], [1.0])
        np.testing.assert_allclose(bounds.quadratic_upper(f.f(x), f.grad(x), y[:, 0] - 3, 3.0), f.f(y), rtol=ROUNDING)


class TestDescentOfConvexFunctions:
    @given(counts, short_steps, log_uniform(0.1, 10), log_uniform(0.1, 10))
    def test_the_exact_worst_case_is_attained(self, k: int, h: float, L: float, R: float) -> None:
        worst = max(
            gradient_descent(problem, R, h / L, k).gap[-1]
            for problem in (huber(bounds.worst_huber_slope(k, L, R, h), L), parabola(L))
        )
        assert bounds.gd_convex(k, L, R, h) == pytest.approx(worst, rel=ROUNDING * k)

    @given(counts)
    def test_at_steps_of_one_over_L_it_is_a_quarter_of_the_classical_and_less(self, k: int) -> None:
        L, R = 3.0, 2.0
        assert bounds.gd_convex(k, L, R) == pytest.approx(L * R**2 / (4 * k + 2), rel=ROUNDING)
        assert bounds.gd_convex_classical(k, L, R) == pytest.approx(L * R**2 / (2 * k), rel=ROUNDING)
        assert 1 / 3 <= bounds.gd_convex(k, L, R) / bounds.gd_convex_classical(k, L, R) < 1 / 2
        assert bounds.worst_huber_slope(k, L, R) == pytest.approx(L * R / (2 * k + 1), rel=ROUNDING)

    @given(counts, short_steps)
    def test_no_huber_function_exceeds_it_and_none_but_the_named_one_meets_it(self, k: int, h: float) -> None:
        slopes = np.geomspace(1e-3, 1, 60)
        gaps = np.array([gradient_descent(huber(slope), 1.0, h, k).gap[-1] for slope in slopes])
        bound = bounds.gd_convex(k, 1.0, 1.0, h)
        assert (gaps <= bound * (1 + ROUNDING)).all()
        if (1 - h) ** (2 * k) < 1 / (2 * k * h + 1):
            named = bounds.worst_huber_slope(k, 1.0, 1.0, h)
            for slope in (0.99 * named, 1.01 * named):
                # In the straight part the gap is a parabola in the slope: 1 % off costs 1e-4 of it.
                gap = gradient_descent(huber(slope), 1.0, h, k).gap[-1]
                assert gap < bound * (1 - 0.9e-4)

    @given(started(convex), counts, short_steps)
    def test_no_random_convex_function_exceeds_it(self, start: Start, k: int, h: float) -> None:
        problem, theta0 = start
        path = gradient_descent(problem, theta0, h / problem.L, k)
        bound = bounds.gd_convex(np.arange(k + 1), problem.L, path.distance[0], h)
        assert (path.gap <= bound + noise(path)).all()


class TestDescentOfStronglyConvexFunctions:
    @given(started(smooth_strongly_convex), fractions)
    def test_each_step_shrinks_distance_gap_and_gradient_by_the_factor(self, start: Start, fraction: float) -> None:
        problem, theta0 = start
        eta = fraction * bounds.largest_step(problem.L)
        path = gradient_descent(problem, theta0, eta, 8)
        rho = bounds.contraction(eta, problem.L, problem.mu)
        size = ROUNDING * (1 + np.abs(path.x).max())
        assert (path.distance[1:] <= rho * path.distance[:-1] + size).all()
        assert (path.gradient_norm[1:] <= rho * path.gradient_norm[:-1] + problem.L * size).all()
        assert (path.gap[1:] <= rho**2 * path.gap[:-1] + noise(path)).all()

    @given(log_uniform(1, 1e3), log_uniform(0.1, 10), fractions, counts)
    def test_a_parabola_meets_the_worst_ratio_after_any_number_of_steps(
        self, kappa: float, L: float, fraction: float, k: int
    ) -> None:
        mu, eta = L / kappa, fraction * 2 / L
        paths = [gradient_descent(parabola(curvature), 1.0, eta, k) for curvature in (mu, L)]
        bound = bounds.gd_strongly_convex(k, eta, L, mu)
        for ratio in (lambda p: p.gap, lambda p: p.distance**2, lambda p: p.gradient_norm**2):
            worst = max(ratio(path)[-1] / ratio(path)[0] for path in paths)
            # The factor 1 - eta L is rounded absolutely; where it is nearly 0 so is what it multiplies.
            assert worst == pytest.approx(bound, rel=ROUNDING * k, abs=1e-15)

    @given(quadratics(), st.floats(0.01, 1.5))
    def test_it_is_the_spectral_radius_on_a_quadratic(self, problem: Quadratic, fraction: float) -> None:
        eta = fraction * 2 / problem.L
        radius = np.abs(np.linalg.eigvals(np.eye(problem.dim) - eta * problem.A)).max()
        assert bounds.contraction(eta, problem.L, problem.mu) == pytest.approx(radius, rel=ROUNDING, abs=ROUNDING)

    @given(log_uniform(1, 1e4), log_uniform(0.1, 10))
    def test_the_best_step_makes_the_factor_least(self, kappa: float, L: float) -> None:
        mu = L / kappa
        eta = np.linspace(0, 2 / L, 1001)
        best = bounds.contraction(bounds.best_step(L, mu), L, mu)
        assert (bounds.contraction(eta, L, mu) >= best - ROUNDING).all()
        assert best == pytest.approx((kappa - 1) / (kappa + 1), rel=ROUNDING, abs=ROUNDING)

    @given(started(smooth_strongly_convex), counts)
    def test_the_classical_factor_holds_and_is_not_met(self, start: Start, k: int) -> None:
        problem, theta0 = start
        path = gradient_descent(problem, theta0, 1 / problem.L, k)
        bound = bounds.gd_strongly_convex_classical(k, problem.kappa)
        assert bound == pytest.approx((1 - problem.mu / problem.L) ** k, rel=ROUNDING * k, abs=ROUNDING)
        assert path.gap[-1] <= bound * path.gap[0] + noise(path)
        assert path.distance[-1] ** 2 <= bound * path.distance[0] ** 2 + noise(path)
        exact = bounds.gd_strongly_convex(k, 1 / problem.L, problem.L, problem.mu)
        assert exact == pytest.approx(bound**2, rel=ROUNDING * k, abs=ROUNDING)
        assert exact < bound or bound == 0

    @given(log_uniform(1, 1e3), st.floats(1.001, 3), counts)
    def test_a_longer_step_than_two_over_L_drives_a_quadratic_away(self, kappa: float, times: float, k: int) -> None:
        problem = bowl(kappa)
        path = gradient_descent(problem, [0.0, 1.0], times * 2, k, diverge=True)
        assert (np.diff(path.distance) > 0).all()
        assert bounds.contraction(times * 2, problem.L, problem.mu) > 1

    @pytest.mark.parametrize("kappa", [1.5, 10.0, 300.0])
    @pytest.mark.parametrize("best", [False, True])
    @pytest.mark.parametrize("accuracy", [1e-2, 1e-6])
    def test_so_many_steps_reach_the_accuracy_and_one_less_does_not(
        self, kappa: float, best: bool, accuracy: float
    ) -> None:
        eta = bounds.best_step(1.0, 1 / kappa) if best else 1.0
        steps = float(bounds.gd_steps(accuracy, bounds.contraction(eta, 1.0, 1 / kappa)))
        gap = gradient_descent(parabola(1 / kappa), 1.0, eta, int(steps) + 2).gap
        # Where mu is the slower curvature; at the best step both are equally slow.
        assert np.argmax(gap / gap[0] <= accuracy) == np.ceil(steps)
        assert bounds.gd_steps_estimate(accuracy, kappa, best) >= steps

    def test_the_number_of_steps_is_zero_infinite_or_nearly_its_estimate_at_the_ends(self) -> None:
        np.testing.assert_array_equal(bounds.gd_steps(1e-6, [0.0, 1.0, 1.5]), [0, np.inf, np.inf])
        for best, factor in ((False, 1 / 2), (True, 1 / 4)):
            estimate = bounds.gd_steps_estimate(1e-6, 1e4, best)
            assert estimate == pytest.approx(factor * 1e4 * np.log(1e6), rel=ROUNDING)
            eta = bounds.best_step(1e4, 1.0) if best else 1e-4
            steps = bounds.gd_steps(1e-6, bounds.contraction(eta, 1e4, 1.0))
            assert estimate / steps == pytest.approx(1, abs=1e-4)  # -log(1 - x) = x + x^2/2 with x = 1/kappa
        assert bounds.gd_steps_estimate(1e-6, 1e4) == bounds.gd_steps_estimate(1e-6, 1e4, best=False)


class TestFlowOfConvexFunctions:
    @settings(max_examples=20)
    @given(started(convex), log_uniform(0.1, 10))
    def test_no_random_convex_function_exceeds_the_rates(self, start: Start, until: float) -> None:
        problem, theta0 = start
        path = gradient_flow(problem, theta0, np.linspace(0, until / problem.L, 9)[1:])
        R = float(np.linalg.norm(theta0 - problem.minimiser))
        slack = SOLVED * problem.L * R + noise(path)
        smooth = bounds.flow_convex_smooth(path.t, R, problem.L)
        assert (path.gap <= smooth + slack).all()
        assert (smooth < bounds.flow_convex(path.t, R)).all()

    @pytest.mark.parametrize(("t", "R", "L"), [(1.0, 1.0, 1.0), (5.0, 2.0, 3.0), (0.3, 0.7, 10.0)])
    def test_the_rate_of_smooth_functions_is_attained(self, t: float, R: float, L: float) -> None:
        path = gradient_flow(huber(L * R / (2 * L * t + 1), L), R, [t])
        assert path.gap[0] == pytest.approx(bounds.flow_convex_smooth(t, R, L), rel=SOLVED)

    @pytest.mark.parametrize(("t", "R"), [(1.0, 1.0), (5.0, 2.0)])
    def test_the_rate_of_all_convex_functions_is_approached(self, t: float, R: float) -> None:
        # On the straight part of the Huber function of slope c = R / 2t the gap is R^2 / 4t - c^2 / 2L.
        short = []
        for L in (1e2, 1e3, 1e4):
            path = gradient_flow(huber(R / (2 * t), L), R, [t])
            short.append(1 - path.gap[0] / bounds.flow_convex(t, R))
        np.testing.assert_allclose(short, 1 / (2 * t * np.array([1e2, 1e3, 1e4])), rtol=1e-3)  # of the shortfall itself
        assert bounds.flow_convex_classical(t, R) == pytest.approx(R**2 / (2 * t), rel=ROUNDING)
        assert bounds.flow_convex(t, R) < bounds.flow_convex_classical(t, R)

    @settings(max_examples=20)
    @given(started(convex), log_uniform(0.1, 10))
    def test_its_lyapunov_function_never_grows(self, start: Start, until: float) -> None:
        problem, theta0 = start
        path = gradient_flow(problem, theta0, np.linspace(0, until / problem.L, 15))
        t = path.t
        W = t * path.gap + t**2 / 2 * path.gradient_norm**2 + path.distance**2 / 2
        # An error d of the path moves each of the three terms by at most (1 + L t)^2 R d.
        R = path.distance[0]
        slack = (1 + until) ** 2 * R * (1 + R) * SOLVED + t[-1] * noise(path)
        assert (np.diff(W) <= slack).all()
        # Half of it is at least t gap: together, 2 t gap <= W(t) <= W(0) = R^2 / 2.
        assert (2 * t * path.gap <= W + slack).all()
        assert W[0] == pytest.approx(R**2 / 2, rel=ROUNDING)


class TestFlowOfStronglyConvexFunctions:
    @settings(max_examples=20)
    @given(started(smooth_strongly_convex), log_uniform(0.1, 10))
    def test_gap_and_squared_distance_shrink_by_the_factor(self, start: Start, until: float) -> None:
        problem, theta0 = start
        path = gradient_flow(problem, theta0, np.linspace(0, until / problem.L, 9))
        factor = bounds.flow_strongly_convex(path.t, problem.mu)
        R = path.distance[0]
        slack = SOLVED * problem.L * R * (1 + R) + noise(path)
        assert (path.gap <= factor * path.gap[0] + slack).all()
        assert (path.distance**2 <= factor * R**2 + SOLVED * R * (1 + R)).all()

    @given(log_uniform(0.1, 10), log_uniform(0.01, 3))
    def test_a_parabola_meets_it(self, mu: float, t: float) -> None:
        path = gradient_flow(parabola(mu), 2.0, [0.0, t])
        for values in (path.gap, path.distance**2):
            assert values[1] / values[0] == pytest.approx(bounds.flow_strongly_convex(t, mu), rel=ROUNDING)

    @given(log_uniform(0.1, 10), log_uniform(1e-9, 0.5))
    def test_in_that_time_the_gap_of_a_parabola_falls_to_the_accuracy(self, mu: float, accuracy: float) -> None:
        path = gradient_flow(parabola(mu), 2.0, [0.0, float(bounds.flow_time(accuracy, mu))])
        assert path.gap[1] / path.gap[0] == pytest.approx(accuracy, rel=20 * ROUNDING)  # an exponent of up to 20


class TestHowFarAFlowGets:
    @settings(max_examples=20)
    @given(started(st.one_of(convex, st.sampled_from([hill(), one_sided()]))), log_uniform(0.1, 10))
    def test_it_gets_no_further_than_the_fall_of_f_allows(self, start: Start, until: float) -> None:
        problem, theta0 = start
        path = gradient_flow(problem, theta0, np.linspace(0, until / problem.L, 9))
        moved = np.linalg.norm(path.x - theta0, axis=-1)
        # The solver's error, and what rounding does to f and so to the square of the distance.
        allowed = bounds.flow_displacement(path.t, path.f[0] - path.f + 2 * noise(path))
        assert (moved <= allowed + SOLVED * (1 + np.abs(path.x).max())).all()

    @given(log_uniform(0.1, 10), log_uniform(0.1, 10))
    def test_on_a_straight_slope_it_gets_so_far(self, slope: float, t: float) -> None:
        assert bounds.flow_displacement(t, slope**2 * t) == pytest.approx(slope * t, rel=ROUNDING)

    @settings(max_examples=20)
    @given(started(st.one_of(convex, nonconvex)), log_uniform(0.1, 3))
    def test_a_gradient_that_is_large_has_made_f_fall(self, start: Start, until: float) -> None:
        problem, theta0 = start
        path = gradient_flow(problem, theta0, [0.0, until / problem.L])
        bound = bounds.flow_gradient(path.t[1], path.f[0] - path.f[1] + 2 * noise(path), problem.L)
        slack = SOLVED * problem.L**2 * (1 + np.abs(path.x).max()) ** 2
        assert path.gradient_norm[1] ** 2 <= bound + slack

    @given(log_uniform(0.1, 10), log_uniform(0.01, 2))
    def test_the_concave_parabola_has_the_least_fall(self, L: float, s: float) -> None:
        # x = e^{Lt} from -s to 0, f = -(L/2) x^2.
        drop = L / 2 * (1 - np.exp(-2 * L * s))
        assert bounds.flow_gradient(s, drop, L) == pytest.approx(L**2, rel=1e-11)  # e^{-0.002} is rounded


class TestFlowsInClosedForm:
    """By separation of the variables: t is the integral of dx / x' from the start."""

    @pytest.mark.parametrize("wait", [0.0, 0.7, 2.0])
    def test_a_waiting_flow_rests_and_then_leaves_as_the_power_four_thirds_lets_it(self, wait: float) -> None:
        t = np.linspace(0, 3, 31)
        x = bounds.waiting_flow(t, wait)
        np.testing.assert_allclose(3 / 2 * x ** (2 / 3), np.maximum(t - wait, 0), atol=ROUNDING)  # x' = x^{1/3}
        np.testing.assert_array_equal(bounds.waiting_flow(t), bounds.waiting_flow(t, 0.0))

    @pytest.mark.parametrize("x0", [-2.0, 0.3, 5.0])
    def test_a_bursting_flow_is_infinite_at_its_time(self, x0: float) -> None:
        end = bounds.bursting_time(x0)
        assert end == pytest.approx(1 / (2 * x0**2), rel=ROUNDING)
        t = np.linspace(0, 0.99, 12) * end
        x = bounds.bursting_flow(t, x0)
        np.testing.assert_allclose(end - 1 / (2 * x**2), t, atol=ROUNDING * end)  # x' = x^3
        assert (np.sign(x) == np.sign(x0)).all()

    @pytest.mark.parametrize("x0", [-1.0, 0.0, 2.0])
    def test_the_flow_of_the_exponential_moves_it_at_speed_one(self, x0: float) -> None:
        t = np.array([0.0, 0.1, 3.0, 1e3])
        np.testing.assert_allclose(np.exp(bounds.exponential_flow(t, x0)) - np.exp(x0), t, atol=ROUNDING * 1e3)

    @pytest.mark.parametrize("x0", [0.2, 1.0, 3.0])
    def test_the_clock_of_the_hill_runs_with_the_time(self, x0: float) -> None:
        t = np.array([0.0, 0.3, 5.0, 1e3])
        clock = bounds.hill_clock(gradient_flow(hill(), x0, t).x[:, 0])
        np.testing.assert_allclose(clock - clock[0], t, rtol=SOLVED, atol=SOLVED)

    def test_the_hill_is_fled_like_the_fourth_root_of_the_time(self) -> None:
        x = np.array([1e3, 1e6])
        # 8 times the clock is x^4 (1 + 4/x^2 + ...).
        np.testing.assert_allclose(bounds.hill_escape(bounds.hill_clock(x)) / x - 1, 1 / x**2, rtol=1e-3, atol=1e-14)

    @pytest.mark.parametrize(("a", "b"), [(1.0, 3.0), (2.0, 0.5), (0.3, 5.0)])
    @pytest.mark.parametrize("start", [(1.0, 2.0), (-3.0, 0.5), (2.0, -1.0)])
    def test_an_orbit_is_where_the_flow_of_an_ellipse_goes(
        self, a: float, b: float, start: tuple[float, float]
    ) -> None:
        x, y = gradient_flow(ellipse(a, b), start, np.linspace(0, 2, 9)).x.T
        np.testing.assert_allclose(bounds.orbit(x, *start, a, b), y, rtol=1e-10)  # (x / x0)^{b/a}, b/a = 17, of e^{-2}


class TestEulerErrors:
    @pytest.mark.parametrize(
        ("problem", "theta0"),
        [(quadratic([[3.0, 1.0], [1.0, 2.0]], [1, 1]), [2.0, -1.0]), (logistic(2), [1.0, -3.0]), (hill(), [0.7])],
        ids=lambda case: getattr(case, "name", ""),
    )
    def test_one_step_errs_by_the_leading_term(self, problem: Problem, theta0: list[float]) -> None:
        start = np.array(theta0)
        leading = float(np.linalg.norm(problem.hess(start) @ problem.grad(start)))
        off = []
        for eta in (0.02 / problem.L, 0.01 / problem.L):
            step = gradient_descent(problem, start, eta, 1).x[1]
            error = np.linalg.norm(step - gradient_flow(problem, start, [eta]).x[0])
            off.append(error / bounds.euler_local(eta, leading) - 1)
        # The next term of the expansion is of order eta^3: relatively, it halves with eta.
        assert abs(off[0]) < 0.05
        assert off[0] / off[1] == pytest.approx(2, abs=0.1)

    @settings(max_examples=20)
    @given(started(convex), fractions, st.integers(1, 30))
    def test_the_error_at_a_given_time_obeys_the_convex_bound(self, start: Start, fraction: float, steps: int) -> None:
        self.check(start, fraction * 2, steps, convex=True)

    @settings(max_examples=20)
    @given(started(st.one_of(convex, nonconvex)), st.floats(0.01, 4), st.floats(0.1, 4))
    def test_and_the_general_one(self, start: Start, h: float, until: float) -> None:
        self.check(start, h, int(np.ceil(until / h)), convex=False)

    @staticmethod
    def check(start: Start, h: float, steps: int, convex: bool) -> None:
        problem, theta0 = start
        eta = h / problem.L
        descent = gradient_descent(problem, theta0, eta, steps, diverge=True)
        flow = gradient_flow(problem, theta0, [descent.t[-1]])
        bound = bounds.euler_global_convex if convex else bounds.euler_global
        allowed = bound(eta, problem.L, descent.t[-1], descent.gradient_norm[0])
        slack = SOLVED * (1 + np.abs(flow.x).max())
        assert np.linalg.norm(descent.x[-1] - flow.x[0]) <= allowed + slack

    @pytest.mark.parametrize("T", [0.5, 3.0])
    def test_the_general_bound_is_approached_on_the_concave_parabola(self, T: float) -> None:
        # There the flow is e^T and descent (1 + eta)^K: apart by e^T T eta / 2 (1 + O(eta)).
        ratios = [
            (np.exp(T) - gradient_descent(concave(), 1.0, T / K, K).x[-1, 0]) / bounds.euler_global(T / K, 1.0, T, 1.0)
            for K in (1000, 2000)
        ]
        assert 0.99 < ratios[0] < ratios[1] < 1

    def test_the_convex_bound_is_approached_on_a_parabola_at_short_times(self) -> None:
        # Apart by e^{-LT} LT eta / 2 (1 + O(eta)).
        T, K = 0.01, 1000
        apart = np.exp(-T) - gradient_descent(parabola(1.0), 1.0, T / K, K).x[-1, 0]
        assert 0.98 < apart / bounds.euler_global_convex(T / K, 1.0, T, 1.0) < 1

    def test_without_convexity_the_convex_bound_fails(self) -> None:
        T, K = 3.0, 100
        apart = np.exp(T) - gradient_descent(concave(), 1.0, T / K, K).x[-1, 0]
        assert apart > 5 * bounds.euler_global_convex(T / K, 1.0, T, 1.0)


class TestOneMode:
    @given(st.floats(0.01, 4), log_uniform(0.1, 10))
    def test_the_factors_are_those_of_one_step(self, z: float, curvature: float) -> None:
        mode, eta = parabola(curvature), z / curvature
        for path, factor in (
            (gradient_descent(mode, 1.0, eta, 1, diverge=True), bounds.forward_factor(z)),
            (backward_euler(mode, 1.0, eta, 1), bounds.backward_factor(z)),
            (gradient_flow(mode, 1.0, [0.0, eta]), bounds.flow_factor(z)),
        ):
            assert path.x[1, 0] == pytest.approx(factor, rel=ROUNDING, abs=ROUNDING)

    def test_descent_shrinks_a_mode_faster_than_the_flow_up_to_the_crossing(self) -> None:
        crossing = bounds.crossing()
        assert crossing - 1 == pytest.approx(np.exp(-crossing), rel=ROUNDING)
        z = np.linspace(0, 4, 4001)[1:]
        np.testing.assert_array_equal(abs(1 - z) < np.exp(-z), z < crossing)

    @given(log_uniform(1, 1e4))
    def test_the_same_holds_of_the_worst_factors_for_any_kappa(self, kappa: float) -> None:
        z = bounds.crossing(kappa)
        assert kappa * z - 1 == pytest.approx(np.exp(-z), rel=ROUNDING)
        assert 2 / (1 + kappa) <= z < 2 / kappa
        grid = np.linspace(0, 2 / kappa, 501)[1:]
        rho = np.maximum(abs(1 - grid), abs(1 - kappa * grid))
        clear = np.abs(grid / z - 1) > 1e-9  # a point of the grid may fall on the crossing
        np.testing.assert_array_equal((rho < np.exp(-grid))[clear], (grid < z)[clear])

    @given(log_uniform(1e-3, 1e3), log_uniform(1e-3, 1e3))
    def test_backward_euler_damps_every_mode_at_every_step_without_a_change_of_sign(
        self, eta: float, curvature: float
    ) -> None:
        x = backward_euler(parabola(curvature), 1.0, eta, 5).x[:, 0]
        assert all(0 < after < before for before, after in pairwise(x))

    @given(log_uniform(0.1, 10), st.floats(0.01, 2.5))
    def test_descent_changes_sign_at_every_step_exactly_beyond_one_over_the_curvature(
        self, curvature: float, z: float
    ) -> None:
        x = gradient_descent(parabola(curvature), 1.0, z / curvature, 6, diverge=True).x[:, 0]
        assert all((before * after < 0) == (z > 1) for before, after in pairwise(x))


class TestAdamsMoulton:
    @given(log_uniform(1e-3, 1e3))
    def test_its_factor_is_the_larger_root_of_the_recursion(self, z: float) -> None:
        # x_{n+1} = x_n - z (5 x_{n+1} + 8 x_n - x_{n-1}) / 12
        roots = np.roots([1 + 5 * z / 12, -(1 - 8 * z / 12), -z / 12])
        assert bounds.adams_moulton_factor(z) == pytest.approx(np.abs(roots).max(), rel=ROUNDING)

    def test_though_implicit_it_is_stable_up_to_six_alone(self) -> None:
        assert bounds.adams_moulton_factor(6.0) == pytest.approx(1, rel=ROUNDING)
        z = np.array([0.01, 5.99, 6.01, 100.0])
        assert (bounds.adams_moulton_factor(z) > 1).tolist() == [False, False, True, True]


class TestBackwardEuler:
    @given(started(convex), log_uniform(1e-2, 1e2))
    def test_no_random_convex_function_exceeds_the_rate(self, start: Start, eta: float) -> None:
        path = backward_euler(*start, eta, 8)
        bound = bounds.backward_euler_convex(np.arange(1, 9), eta, path.distance[0])
        assert (path.gap[1:] <= bound * (1 + ROUNDING) + noise(path)).all()

    @given(st.integers(1, 12), log_uniform(0.1, 10), log_uniform(0.1, 10))
    def test_it_is_attained_in_the_limit_of_a_kink(self, k: int, eta: float, R: float) -> None:
        # On the straight part of the Huber function of slope c = R / (2 eta k) each step moves by eta c,
        # to R / 2 in the end: the gap is c R / 2 - c^2 / 2L, and c R / 2 is the bound.
        c, L = R / (2 * eta * k), 1e6 / eta
        gap = backward_euler(huber(c, L), R, eta, k).gap[-1]
        assert gap + c**2 / (2 * L) == pytest.approx(bounds.backward_euler_convex(k, eta, R), rel=1e-11)
        assert c**2 / (2 * L) < 1e-6 * gap

    @given(started(smooth_strongly_convex), log_uniform(1e-2, 1e2))
    def test_distance_gap_and_gradient_shrink_by_the_factor(self, start: Start, eta: float) -> None:
        path = backward_euler(*start, eta, 5)
        problem = path.problem
        factor = bounds.backward_euler_strongly_convex(np.arange(6), eta, problem.mu)
        # The equation is solved to 1e-13 (1 + eta L) (1 + |theta|); a residual is divided by 1 + eta mu.
        size = 1e-12 * (1 + eta * problem.L) / (1 + eta * problem.mu) * (1 + np.abs(path.x).max())
        assert (path.distance <= np.sqrt(factor) * path.distance[0] + size).all()
        assert (path.gradient_norm <= np.sqrt(factor) * path.gradient_norm[0] + problem.L * size).all()
        assert (path.gap <= factor * path.gap[0] + noise(path) + path.gradient_norm[0] * size).all()

    @given(log_uniform(0.1, 10), log_uniform(1e-2, 1e2), st.integers(1, 20))
    def test_a_parabola_meets_it(self, mu: float, eta: float, k: int) -> None:
        path = backward_euler(parabola(mu), 3.0, eta, k)
        for values in (path.distance**2, path.gap, path.gradient_norm**2):
            ratio = values[-1] / values[0]
            assert ratio == pytest.approx(bounds.backward_euler_strongly_convex(k, eta, mu), rel=ROUNDING * k)


class TestDescentAgainstTheFlow:
    @given(log_uniform(1, 1e3), log_uniform(0.1, 10), st.floats(0.01, 1))
    def test_descent_shrinks_the_worst_distance_faster_up_to_the_best_step(
        self, kappa: float, L: float, fraction: float
    ) -> None:
        mu = L / kappa
        eta = fraction * bounds.best_step(L, mu)
        assert bounds.descent_exponent(eta, L, mu) > mu

    @given(log_uniform(1, 1e3), fractions)
    def test_the_exponent_is_that_of_the_slower_parabola(self, kappa: float, fraction: float) -> None:
        eta = fraction * 2
        slower = max(
            (gradient_descent(parabola(curvature), 1.0, eta, 4).distance[-1] for curvature in (1 / kappa, 1.0)),
        )
        if slower > 1e-8:  # else eta is within 1 % of 1/L = 1/mu, where the factor is mostly rounding
            assert bounds.descent_exponent(eta, 1.0, 1 / kappa) == pytest.approx(-np.log(slower) / (4 * eta), rel=1e-9)

    def test_both_agree_as_the_step_vanishes_and_there_is_no_factor_of_two(self) -> None:
        mu, L, t = 0.5, 2.0, 3.0
        for eta, off in ((1e-3, 1e-3), (1e-4, 1e-4)):
            # -log(1 - eta mu) / eta = mu (1 + eta mu / 2 + ...)
            assert bounds.descent_exponent(eta, L, mu) == pytest.approx(mu, rel=off)
            steps = round(t / eta)
            distance, squared = (1 - eta * mu) ** steps, bounds.gd_strongly_convex(steps, eta, L, mu)
            assert distance == pytest.approx(np.exp(-mu * t), rel=2 * off)
            assert squared == pytest.approx(bounds.flow_strongly_convex(t, mu), rel=2 * off)

    def test_it_is_infinite_where_one_step_arrives(self) -> None:
        assert bounds.descent_exponent(0.5, 2.0, 2.0) == np.inf


class TestFailingHypotheses:
    """What the bounds need: without it they fail."""

    def test_without_convexity_descent_and_flow_exceed_the_convex_rates(self) -> None:
        # Next to the maximum at 0, f'' = -9: the start is left too slowly for any rate in R.
        problem, x0 = one_sided(), 1e-12
        R = float(problem.minimiser[0] - x0)
        descent = gradient_descent(problem, x0, 1 / problem.L, 20)
        assert descent.gap[-1] > 1.9 * bounds.gd_convex_classical(20, problem.L, R)
        flow = gradient_flow(problem, x0, [2.0])
        assert flow.gap[0] > 1.5 * bounds.flow_convex_classical(2.0, R)

    @pytest.mark.parametrize("problem", [huber(0.1), log_cosh()], ids=["Huber", "log-cosh"])
    def test_without_strong_convexity_there_is_no_linear_rate(self, problem: Problem) -> None:
        # Far out the slope is constant, so the distance falls by as much at each step, and by an ever lesser factor.
        for x0 in (10.0, 100.0, 1000.0):
            path = gradient_descent(problem, x0, 1.0, 1)
            assert 1 - 1.01 / x0 < path.distance[1] / path.distance[0] < 1

    def test_without_convexity_a_bounded_f_of_lipschitz_gradient_need_not_be_minimised(self) -> None:
        path = gradient_flow(hill(), 1.0, [0.0, 1e2, 1e4])
        assert (np.diff(path.x[:, 0]) > 2).all()
        assert (np.diff(path.gradient_norm) < 0).all()

    def test_a_long_step_on_a_huber_function_ends_in_a_cycle_of_two(self) -> None:
        path = gradient_descent(huber(1.0), 0.1, 3.0, 1001, diverge=True)
        np.testing.assert_allclose(path.x[-1], path.x[-3], rtol=ROUNDING)
        np.testing.assert_allclose(path.x[-1] - path.x[-2], np.sign(path.x[-1]) * 3, rtol=ROUNDING)
        assert path.distance.max() < 3

    def test_a_long_step_does_no_harm_where_the_steepest_mode_is_absent(self) -> None:
        problem = quadratic(np.diag([1.0, 10.0]))
        assert bounds.largest_step(problem.L) < 0.21
        along = gradient_descent(problem, [1.0, 0.0], 0.21, 100, diverge=True)
        assert along.distance[-1] < 1e-9
        across = gradient_descent(problem, [1.0, 1e-6], 0.21, 200, diverge=True)
        assert across.distance[-1] > 1

    @given(seeds, st.floats(0.1, 1.9))
    def test_small_steps_on_a_quadratic_never_zigzag_whatever_kappa(self, seed: int, h: float) -> None:
        problem: Any = quadratic(np.diag([1.0, 1e-2, 1e-4]))
        x = gradient_descent(problem, np.random.default_rng(seed).normal(size=3), h, 6).x
        turns = (x[1:] * x[:-1] < 0).any(axis=0)
        assert turns.tolist() == [h > 1, False, False]


def multipliers(alpha: float, beta: float, curvature: float) -> Any:
    """The factors by which heavy ball multiplies the two modes of a parabola."""
    return np.linalg.eigvals([[1 + beta - alpha * curvature, -beta], [1, 0]])


class TestHeavyBall:
    @given(log_uniform(1e-2, 1e2))
    def test_at_the_critical_damping_the_two_rates_of_decay_are_one(self, mu: float) -> None:
        gamma = bounds.critical_damping(mu)
        np.testing.assert_allclose(np.polyval([1, gamma, mu], -np.sqrt(mu)), 0, atol=ROUNDING * mu)
        assert gamma**2 == pytest.approx(4 * mu, rel=ROUNDING)
        late = heavy_ball_flow(parabola(mu), 1.0, gamma, [30 / np.sqrt(mu)]).x[0, 0]
        assert late == pytest.approx(31 * np.exp(-30), rel=1e-9)  # (1 + s) e^{-s}, the terms of which are rounded at s

    @given(log_uniform(1.01, 1e4), log_uniform(0.1, 10))
    def test_the_tuned_parameters_give_every_mode_the_same_modulus(self, kappa: float, L: float) -> None:
        mu = L / kappa
        alpha, beta = bounds.heavy_ball_parameters(L, mu)
        rate = bounds.heavy_ball_rate(L, mu)
        assert rate == pytest.approx((np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1), rel=1e-10)  # 1 - 1/kappa is rounded
        assert beta == pytest.approx(rate**2, rel=ROUNDING)
        for curvature in np.linspace(mu, L, 7)[1:-1]:
            np.testing.assert_allclose(np.abs(multipliers(alpha, beta, curvature)), rate, rtol=ROUNDING)
        # At the ends the roots are double: there a rounding of 1e-16 splits them by its square root.
        assert 1 + beta - alpha * mu == pytest.approx(2 * rate, rel=1e-10)
        assert 1 + beta - alpha * L == pytest.approx(-2 * rate, rel=1e-10)

    @given(log_uniform(1.01, 1e4), st.floats(0.01, 4), st.floats(-0.99, 0.99))
    def test_no_other_parameters_are_better_on_the_two_extreme_modes(
        self, kappa: float, alpha: float, beta: float
    ) -> None:
        radius = max(np.abs(multipliers(alpha, beta, curvature)).max() for curvature in (1 / kappa, 1.0))
        assert radius >= bounds.heavy_ball_rate(1.0, 1 / kappa) - ROUNDING

    @given(log_uniform(1e-2, 1e2), log_uniform(1e-2, 1e2))
    def test_it_decays_by_the_slower_of_the_two_modes_and_best_with_the_critical_damping(
        self, mu: float, ratio: float
    ) -> None:
        critical = bounds.critical_damping(mu)
        exponent = bounds.damping_exponent(ratio * critical, mu)
        # Near a double root a rounding of 1e-16 is as its square root; far from it digits cancel.
        slower = -np.roots([1, ratio * critical, mu]).real.max()
        assert exponent == pytest.approx(slower, abs=1e-7 * critical)
        assert exponent <= bounds.damping_exponent(critical, mu) * (1 + ROUNDING)
        assert bounds.damping_exponent(critical, mu) == pytest.approx(np.sqrt(mu), rel=ROUNDING)

    @given(log_uniform(1.01, 1e4), st.floats(0, 0.99), st.floats(-0.9, 3))
    def test_for_a_given_momentum_no_step_is_better_and_the_factor_is_the_largest_modulus(
        self, kappa: float, beta: float, more: float
    ) -> None:
        ends, step = (1 / kappa, 1.0), float(bounds.heavy_ball_step(beta, 1.0, 1 / kappa))
        for alpha in (step, (1 + more) * step):
            factor = float(bounds.heavy_ball_factor(alpha, beta, 1.0, 1 / kappa))
            radius = max(np.abs(multipliers(alpha, beta, curvature)).max() for curvature in ends)
            assert factor == pytest.approx(radius, rel=1e-7)  # a double root is split by the root of a rounding
            assert factor >= bounds.heavy_ball_factor(step, beta, 1.0, 1 / kappa) - ROUNDING
            assert factor >= np.sqrt(beta)

    @given(log_uniform(1.01, 1e4), log_uniform(0.1, 10))
    def test_the_best_step_for_a_momentum_is_that_of_descent_without_and_the_tuned_one_with_the_tuned(
        self, kappa: float, L: float
    ) -> None:
        mu = L / kappa
        alpha, beta = bounds.heavy_ball_parameters(L, mu)
        assert bounds.heavy_ball_step(0.0, L, mu) == pytest.approx(bounds.best_step(L, mu), rel=ROUNDING)
        assert bounds.heavy_ball_step(beta, L, mu) == pytest.approx(alpha, rel=ROUNDING)
        best = bounds.contraction(bounds.best_step(L, mu), L, mu)
        assert bounds.heavy_ball_factor(bounds.best_step(L, mu), 0.0, L, mu) == pytest.approx(best, rel=ROUNDING)
        # The tuned momentum is the critical damping of the flattest mode in time steps of sqrt(alpha), up to mu alpha.
        friction = bounds.critical_damping(mu)
        assert beta == pytest.approx(1 - friction * np.sqrt(alpha) + mu * alpha, abs=ROUNDING)

    @given(log_uniform(1.01, 1e3))
    def test_it_is_faster_than_descent_at_its_best(self, kappa: float) -> None:
        best = bounds.contraction(bounds.best_step(1.0, 1 / kappa), 1.0, 1 / kappa)
        assert bounds.heavy_ball_rate(1.0, 1 / kappa) < best

    @given(started(quadratics(largest_kappa=1e3)))
    def test_on_random_quadratics_the_distance_obeys_the_bound_after_any_number_of_steps(self, start: Start) -> None:
        problem, theta0 = start
        path = heavy_ball(problem, theta0, *bounds.heavy_ball_parameters(problem.L, problem.mu), 200)
        allowed = bounds.heavy_ball_quadratic(np.arange(201), problem.L, problem.mu) * path.distance[0]
        slack = 1e-13 * (1 + problem.kappa) * (1 + np.abs(path.x).max())  # rounding, and that of A^{-1} b
        assert (path.distance <= allowed * (1 + 1e-9) + slack).all()

    @pytest.mark.parametrize("kappa", [2.0, 25.0, 400.0])
    def test_the_steepest_parabola_meets_it_and_the_flattest_nearly(self, kappa: float) -> None:
        k, rate = np.arange(40), bounds.heavy_ball_rate(kappa, 1.0)
        tuned = bounds.heavy_ball_parameters(kappa, 1.0)
        met = heavy_ball(parabola(kappa), 1.0, *tuned, 39).x[:, 0]
        np.testing.assert_allclose(met, (-1.0) ** k * bounds.heavy_ball_quadratic(k, kappa, 1.0), rtol=1e-9)
        nearly = heavy_ball(parabola(1.0), 1.0, *tuned, 39).x[:, 0]
        np.testing.assert_allclose(nearly, (1 + k * (1 - rate)) * rate**k, rtol=1e-9)  # a rounding of 1e-15 k^2

    def test_beyond_quadratics_it_fails(self) -> None:
        f = lessard_recht_packard()
        path = heavy_ball(f, 3.3, *bounds.heavy_ball_parameters(f.L, f.mu), 100)
        assert path.distance[-1] > 0.6 > 1e9 * bounds.heavy_ball_quadratic(100, f.L, f.mu)


class TestNesterov:
    @given(started(convex), fractions)
    def test_no_random_convex_function_exceeds_the_rate(self, start: Start, fraction: float) -> None:
        problem, theta0 = start
        R, k = float(np.linalg.norm(theta0 - problem.solution)), np.arange(1, 101)
        for eta in (fraction / problem.L, 1 / problem.L):
            path = nesterov(problem, theta0, eta, 100)
            assert (path.gap[1:] <= bounds.nesterov_convex(k, eta, R) + noise(path)).all()

    @pytest.mark.parametrize(("k", "eta"), [(10, 1.0), (100, 0.1), (2000, 1.0)])
    def test_it_is_approached_by_huber_functions_for_many_steps(self, k: int, eta: float) -> None:
        # Where the slope is c, z_k = R - c eta k (k + 3) / 4 and theta_k = R - c eta (k^2 + 5k + 2) / 8.
        polynomial = k**2 + 5 * k + 2
        c = bounds.worst_nesterov_slope(np.sqrt(eta * polynomial), 1.0)
        path = nesterov(huber(c, 1.0), 1.0, eta, k)
        assert path.x[-1, 0] == pytest.approx(0.5, rel=1e-9)  # of up to 2000 steps
        ratio = path.gap[-1] / bounds.nesterov_convex(k, eta, 1.0)
        assert ratio == pytest.approx((k + 1) ** 2 / polynomial * (1 - c), rel=1e-9)
        assert ratio > 1 - 4 / k - c

    def test_its_rate_is_that_of_the_flow_in_the_limit_of_small_steps(self) -> None:
        t, eta = np.array([0.5, 1.0, 4.0]), 1e-12
        limit = bounds.nesterov_convex(t / np.sqrt(eta), eta, 2.0)
        np.testing.assert_allclose(limit, bounds.nesterov_flow_bound(t, 2.0), rtol=5e-6)  # (k + 1)^2 in place of k^2

    def test_beyond_convexity_it_is_exceeded(self) -> None:
        problem, x0 = one_sided(), 1e-12
        R, eta = float(problem.solution[0] - x0), 1 / problem.L
        gap = nesterov(problem, x0, eta, 60).gap[1:]
        assert (gap / bounds.nesterov_convex(np.arange(1, 61), eta, R)).max() > 3


class TestNesterovFlow:
    @settings(max_examples=20)
    @given(started(convex), log_uniform(0.1, 30))
    def test_no_random_convex_function_exceeds_the_rate(self, start: Start, until: float) -> None:
        problem, theta0 = start
        motion = nesterov_flow(problem, theta0, np.linspace(0, until / np.sqrt(problem.L), 20)[1:])
        R = float(np.linalg.norm(theta0 - problem.minimiser))
        assert (motion.gap <= bounds.nesterov_flow_bound(motion.t, R) * (1 + SOLVED) + noise(motion)).all()

    @pytest.mark.parametrize(("t", "R"), [(1.0, 1.0), (5.0, 2.0)])
    def test_it_is_approached_in_the_limit_of_a_kink(self, t: float, R: float) -> None:
        # On the straight part of the Huber function of slope c = 4 R / t^2 the gap is c R / 2 - c^2 / 2L.
        assert bounds.worst_nesterov_slope(t, R) == 4 * R / t**2
        short = []
        for L in (1e4, 1e5, 1e6):
            gap = nesterov_flow(huber(bounds.worst_nesterov_slope(t, R), L), R, [t]).gap[0]
            short.append(1 - gap / bounds.nesterov_flow_bound(t, R))
        np.testing.assert_allclose(short, 4 / (t**2 * np.array([1e4, 1e5, 1e6])), rtol=1e-4)  # of the shortfall itself

    def test_without_convexity_it_is_exceeded(self) -> None:
        problem, x0 = one_sided(), 1e-12
        R = float(problem.minimiser[0] - x0)
        assert nesterov_flow(problem, x0, [4.0]).gap[0] > 3 * bounds.nesterov_flow_bound(4.0, R)


class TestLangevin:
    @given(log_uniform(0.1, 10), log_uniform(0.1, 10), st.floats(0.01, 1.99))
    def test_the_variance_is_that_which_a_step_leaves_as_it_is(self, beta: float, lam: float, z: float) -> None:
        eta = z / lam
        v = bounds.langevin_variance(beta, lam, eta)
        assert (1 - z) ** 2 * v + 2 * eta / beta == pytest.approx(v, rel=1e-12)
        assert v > bounds.langevin_variance(beta, lam) == pytest.approx(1 / (beta * lam), rel=ROUNDING)

    def test_chains_settle_at_it(self, rng: np.random.Generator) -> None:
        lam = np.array([0.5, 2.0])
        theta = langevin(quadratic(np.diag(lam)), [1.0, -3.0], 2.0, 0.6, 60, 20_000, rng)
        variance = bounds.langevin_variance(2.0, lam, 0.6)
        np.testing.assert_allclose(variance, [0.5 / (0.5 * 0.85), 0.5 / (2 * 0.4)], rtol=ROUNDING)
        # 0.7^60 and 0.2^60 are left of the start; six standard deviations of the variance of 20000 chains.
        np.testing.assert_allclose(theta[-1].var(axis=0), variance, rtol=6 * np.sqrt(2 / 20_000))

    def test_from_a_step_of_two_over_lambda_on_there_is_none(self, rng: np.random.Generator) -> None:
        np.testing.assert_array_equal(bounds.langevin_variance(1.0, [1.0, 2.0, 3.0], 1.0), [2.0, np.inf, np.inf])
        theta = langevin(parabola(1.0), 0.0, 1.0, 2.0, 400, 2000, rng)
        spread = theta[[100, 200, 400], :, 0].var(axis=1)
        # Each step adds 2 eta / beta = 4; six standard deviations of the variance of 2000 chains.
        np.testing.assert_allclose(spread, [400, 800, 1600], rtol=6 * np.sqrt(2 / 2000))


gaussians = st.tuples(st.floats(-2, 2), log_uniform(0.5, 2))
"""Means and standard deviations."""


class TestNaturalGradient:
    @given(st.floats(0, 10))
    def test_the_flow_of_newton_forgets_a_factor_e_in_each_unit_of_time(self, t: float) -> None:
        left = bounds.newton_flow_factor([0.0, t, t + 1])
        assert left[0] == 1
        assert left[1] / left[2] == pytest.approx(np.e, rel=ROUNDING)

    @given(gaussians, gaussians)
    @settings(max_examples=15)
    def test_a_gaussian_fit_follows_its_natural_gradient(
        self, start: tuple[float, float], target: tuple[float, float]
    ) -> None:
        fit, t = gaussian_fit(0, *target), np.linspace(0, 3, 5)
        path = natural_gradient_flow(fit, fit.fisher, fit.coordinates(*start), t)
        exact = bounds.gaussian_natural_flow(t, start, target)
        np.testing.assert_allclose(
            fit.distribution(path.x), exact, rtol=1e-8, atol=1e-8
        )  # the solver's 1e-12, stretched

    def test_its_moments_are_those_of_a_mixture_of_the_two_ends(self, rng: np.random.Generator) -> None:
        start, target, t = (1.0, 0.5), (-1.0, 2.0), 0.7
        m, s = bounds.gaussian_natural_flow(t, start, target)
        first = rng.random(400_000) < np.exp(-t)
        x = np.where(first, rng.normal(*start, size=first.size), rng.normal(*target, size=first.size))
        # Six standard deviations of the mean, and of the variance, of which the fourth moment is below 80.
        assert x.mean() == pytest.approx(m, abs=6 * s / np.sqrt(x.size))
        assert x.var() == pytest.approx(s**2, abs=6 * np.sqrt(80 / x.size))


class TestDecay:
    @given(log_uniform(0.1, 10), log_uniform(0.1, 10), log_uniform(0.01, 10))
    def test_the_process_of_ornstein_and_uhlenbeck_goes_on_from_where_it_is(
        self, beta: float, lam: float, t: float
    ) -> None:
        (half, variance), (left, whole) = (bounds.langevin_decay(time, beta, lam) for time in (t / 2, t))
        assert half**2 == pytest.approx(left, rel=ROUNDING)
        assert half**2 * variance + variance == pytest.approx(whole, rel=ROUNDING)
        # At first the variance grows by 2/beta, the strength of the noise; in the end it is the stationary one.
        assert bounds.langevin_decay(1e-9 / lam, beta, lam)[1] == pytest.approx(2e-9 / (lam * beta), rel=1e-8)
        assert bounds.langevin_decay(40 / lam, beta, lam)[1] == pytest.approx(1 / (beta * lam), rel=ROUNDING)

    @given(log_uniform(0.1, 10), log_uniform(0.1, 10), st.floats(0.01, 2.5))
    def test_euler_and_maruyama_obey_their_recursion(self, beta: float, lam: float, z: float) -> None:
        left, variance = bounds.euler_maruyama_decay(np.arange(6), beta, lam, z / lam)
        np.testing.assert_allclose(left, (1 - z) ** np.arange(6), rtol=1e-12)
        assert variance[0] == 0
        # 1 - q loses the digits of q = (1 - z)^2 near 1: 1e-16 / 0.02 at z = 0.01, more at z = 2.
        np.testing.assert_allclose(variance[1:], (1 - z) ** 2 * variance[:-1] + 2 * z / lam / beta, rtol=1e-7)

    def test_at_two_over_lambda_each_step_adds_the_same(self) -> None:
        np.testing.assert_array_equal(bounds.euler_maruyama_decay([0, 1, 5], 1.0, 1.0, 2.0)[1], [0, 4, 20])

    @given(log_uniform(0.1, 10), log_uniform(0.1, 10))
    def test_small_steps_follow_the_process(self, beta: float, lam: float) -> None:
        t, k = 1 / lam, 100_000
        exact, stepped = bounds.langevin_decay(t, beta, lam), bounds.euler_maruyama_decay(k, beta, lam, t / k)
        assert stepped == pytest.approx(exact, rel=2e-5)  # the method is of order one: some multiples of 1/k


class TestGibbs:
    def test_the_weight_falls_by_e_in_each_unit_of_the_temperature(self) -> None:
        np.testing.assert_allclose(bounds.gibbs_weight([0.0, 0.5, 1.0], 2.0), np.exp([0, -1, -2]), rtol=ROUNDING)


class TestBands:
    @given(st.integers(1, 300), st.floats(0, 0.999), st.sampled_from([0.5, 0.05, 1e-4]))
    def test_a_binomial_count_leaves_its_band_with_at_most_the_chance_on_either_side(
        self, n: int, p: float, chance: float
    ) -> None:
        low, high = (int(k) for k in bounds.binomial_band(n, p, chance))
        mass = [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]

        def below(k: int) -> float:
            return math.fsum(mass[:k])

        def above(k: int) -> float:
            return math.fsum(mass[k + 1 :])

        slack = 1e-12  # of sums of rounded probabilities
        assert below(low) <= chance / 2 + slack
        assert above(high) <= chance / 2 + slack
        # And the band is no wider than it must be.
        assert below(low + 1) >= chance / 2 - slack
        assert high == 0 or above(high - 1) >= chance / 2 - slack

    def test_what_hardly_ever_happens_is_not_expected(self) -> None:
        np.testing.assert_array_equal(
            bounds.binomial_band(4000, [0.0, 1e-300, 1e-17, 1e-5], 0.01), [[0] * 4, [0, 0, 0, 1]]
        )

    @given(st.integers(1, 5000), st.sampled_from([0.5, 0.05, 1e-4, 1e-8]))
    def test_a_chi_squared_sum_leaves_its_band_with_the_chance(self, n: int, chance: float) -> None:
        low, high = bounds.chi_squared_band(n, chance)
        assert chi2.cdf(low, n) == pytest.approx(chance / 2, rel=1e-6)
        assert chi2.sf(high, n) == pytest.approx(chance / 2, rel=1e-6)

    def test_two_squares_are_exponential(self) -> None:
        assert bounds.chi_squared_band(2, 0.1) == pytest.approx((-2 * np.log(0.95), -2 * np.log(0.05)), rel=ROUNDING)
