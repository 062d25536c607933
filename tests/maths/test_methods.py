"""Each method follows its update rule, and refuses the steps for which it is not meant."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gdfigs.maths import bounds
from gdfigs.maths.flows import heavy_ball_flow, nesterov_flow
from gdfigs.maths.methods import backward_euler, gradient_descent, heavy_ball, nesterov
from gdfigs.maths.problems import (
    Point,
    Problem,
    Quadratic,
    bowl,
    concave,
    ellipse,
    hill,
    huber,
    lessard_recht_packard,
    log_cosh,
    log_sum_exp,
    logistic,
    one_sided,
    quadratic,
)
from tests.strategies import (
    convex,
    fractions,
    log_uniform,
    nonconvex,
    plain,
    quadratics,
    seeds,
    started,
    value_rounding,
)

any_step = log_uniform(1e-3, 1e3)
STEPS = 8


class TestGradientDescent:
    @given(started(st.one_of(convex, nonconvex)), fractions)
    def test_every_iterate_is_the_last_less_eta_times_its_gradient(
        self, start: tuple[Problem, Point], fraction: float
    ) -> None:
        problem, theta0 = start
        eta = fraction * 2 / problem.L
        path = gradient_descent(problem, theta0, eta, STEPS)
        np.testing.assert_array_equal(path.x[0], theta0)
        np.testing.assert_array_equal(path.t, eta * np.arange(STEPS + 1))
        moved = (path.x[:-1] - path.x[1:]) / eta
        # Rounding of the iterates, divided by eta.
        atol = 1e-14 * (problem.L + 1 / eta) * (1 + np.abs(path.x).max())
        np.testing.assert_allclose(moved, problem.grad(path.x[:-1]), rtol=0, atol=atol)

    @given(started(quadratics()), fractions)
    def test_on_a_quadratic_the_error_is_multiplied_by_I_minus_eta_A(
        self, start: tuple[Quadratic, Point], fraction: float
    ) -> None:
        problem, theta0 = start
        eta = fraction * 2 / problem.L
        path = gradient_descent(problem, theta0, eta, STEPS)
        factor = np.linalg.matrix_power(np.eye(problem.dim) - eta * problem.A, STEPS)
        expected = problem.minimiser + factor @ (theta0 - problem.minimiser)
        # A few roundings a step; A^{-1} b, the minimiser, carries those of b times kappa.
        atol = 1e-14 * (1 + problem.kappa) * (1 + np.abs(path.x).max())
        np.testing.assert_allclose(path.x[-1], expected, rtol=0, atol=atol)

    @given(convex, fractions)
    def test_it_rests_at_the_minimiser(self, problem: Problem, fraction: float) -> None:
        path = gradient_descent(problem, problem.minimiser, fraction * 2 / problem.L, STEPS)
        # The residual gradient at the minimiser is a rounding of L times its size.
        assert path.distance.max() <= 1e-12 * (1 + np.linalg.norm(problem.minimiser))

    def test_no_steps_leave_the_start_alone(self) -> None:
        path = gradient_descent(hill(), 3.0, 0.1, 0)
        assert (path.t.tolist(), path.x.tolist()) == ([0.0], [[3.0]])

    @pytest.mark.parametrize("eta", [0.2, 0.25, 100.0])
    def test_a_step_of_two_over_L_or_more_is_refused_with_the_remedy(self, eta: float) -> None:
        problem = bowl(10, 10.0)
        message = rf"eta must lie in \(0, 2/L\) = \(0, 0.2\); got {eta:g}: reduce the step or pass diverge=True"
        with pytest.raises(ValueError, match=message):
            gradient_descent(problem, [1, 1], eta, 3)
        assert len(gradient_descent(problem, [1, 1], eta, 3, diverge=True)) == 4
        assert len(gradient_descent(problem, [1, 1], np.nextafter(0.2, 0), 3)) == 4

    @given(st.one_of(fractions, st.floats(1, 10)))
    def test_on_the_concave_parabola_it_runs_away_whatever_the_step(self, eta: float) -> None:
        path = gradient_descent(concave(), 0.5, eta, 20, diverge=True)
        np.testing.assert_allclose(path.x[:, 0], 0.5 * (1 + eta) ** np.arange(21), rtol=1e-13)  # 20 roundings

    @pytest.mark.parametrize("problem", [ellipse(1, 2), plain(ellipse(1, 2))], ids=["quadratic", "plain"])
    def test_a_path_that_overflows_ends_before(self, problem: Problem) -> None:
        path = gradient_descent(problem, [1, 1], 1.0, 5000, diverge=True)
        assert 10 < len(path) < 5001
        for values in (path.x, path.f, path.gap, path.distance, path.gradient_norm):
            assert np.isfinite(values).all()
        # y is multiplied by -3 a step: one more, and the square of the gradient, 16 y^2, exceeds the largest double.
        assert path.x[-1, 1] ** 2 > np.finfo(float).max / (16 * 9)

    def test_a_path_that_stays_finite_is_not_cut(self) -> None:
        assert len(gradient_descent(huber(1.0), 1.6, 3.0, 5000, diverge=True)) == 5001


class TestBackwardEuler:
    @given(started(convex), any_step)
    def test_every_iterate_solves_the_implicit_equation(self, start: tuple[Problem, Point], eta: float) -> None:
        problem, theta0 = start
        path = backward_euler(problem, theta0, eta, STEPS)
        np.testing.assert_array_equal(path.x[0], theta0)
        np.testing.assert_array_equal(path.t, eta * np.arange(STEPS + 1))
        residual = path.x[1:] - path.x[:-1] + eta * problem.grad(path.x[1:])
        # The precision that the docstring states.
        stated = 1e-13 * (1 + eta * problem.L) * (1 + np.linalg.norm(path.x[:-1], axis=-1))
        assert (np.linalg.norm(residual, axis=-1) <= stated).all()

    @given(started(st.one_of(convex, nonconvex)), any_step, seeds)
    def test_every_iterate_minimises_f_plus_the_squared_distance_over_two_eta(
        self, start: tuple[Problem, Point], eta: float, seed: int
    ) -> None:
        problem, theta0 = start
        assume(1 + eta * problem.mu > 0)
        u = backward_euler(problem, theta0, eta, 1).x[-1]
        rng = np.random.default_rng(seed)
        others = u + 10 ** rng.uniform(-4, 1, size=(100, 1)) * rng.normal(size=(100, problem.dim))

        def objective(x: Any) -> Any:
            return problem.f(x) + ((x - theta0) ** 2).sum(axis=-1) / (2 * eta)

        # The objective is (mu + 1/eta)-strongly convex, so it grows at least so much away from its minimiser.
        growth = (problem.mu + 1 / eta) / 2 * ((others - u) ** 2).sum(axis=-1)
        slack = value_rounding(problem, others) + 1e-14 * (1 + (others**2).sum(axis=-1) + theta0 @ theta0) / eta
        assert (objective(others) >= objective(u) + (1 - 1e-6) * growth - slack).all()

    @pytest.mark.parametrize(("eta", "L", "x0"), [(0.1, 2.0, 3.0), (5.0, 0.5, -0.4)])
    def test_the_precision_that_is_stated_is_asked_for(
        self, eta: float, L: float, x0: float, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        call = []

        def newton(*equation: Any, tolerance: float, **_: Any) -> Point:
            call.append(tolerance)
            return np.zeros(1)

        monkeypatch.setattr("gdfigs.maths.methods.newton", newton)
        backward_euler(huber(1.0, L), x0, eta, 1)
        assert call == [pytest.approx(1e-13 * (1 + eta * L) * (1 + abs(x0)), rel=1e-14, abs=0)]

    @pytest.mark.parametrize(
        "problem", [log_cosh(2), log_sum_exp(2), logistic(2), plain(ellipse(1, 3))], ids=lambda problem: problem.name
    )
    @pytest.mark.parametrize("eta", [0.1, 10.0])
    def test_a_minimiser_of_another_make_finds_the_same_point(self, problem: Problem, eta: float) -> None:
        from scipy.optimize import minimize

        theta0 = np.array([2.0, -1.0])
        found = minimize(
            lambda x: problem.f(x) + ((x - theta0) ** 2).sum() / (2 * eta), np.zeros(2), method="BFGS", tol=1e-10
        )
        # BFGS with difference quotients for the gradient ends near the square root of the rounding.
        np.testing.assert_allclose(backward_euler(problem, theta0, eta, 1).x[-1], found.x, atol=1e-6)

    @given(started(quadratics()), any_step)
    def test_on_a_quadratic_the_error_is_divided_by_I_plus_eta_A(
        self, start: tuple[Quadratic, Point], eta: float
    ) -> None:
        problem, theta0 = start
        modes = problem.eigenvectors.T @ (theta0 - problem.minimiser)
        expected = problem.minimiser + problem.eigenvectors @ (modes / (1 + eta * problem.eigenvalues) ** STEPS)
        atol = 1e-13 * (1 + problem.kappa) * (1 + np.abs(theta0).max())  # the roundings of the solves
        for same in (problem, plain(problem)):
            path = backward_euler(same, theta0, eta, STEPS)
            np.testing.assert_allclose(path.x[-1], expected, rtol=0, atol=atol)

    @given(started(convex), any_step)
    def test_neither_f_nor_the_distance_ever_grows_whatever_the_step(
        self, start: tuple[Problem, Point], eta: float
    ) -> None:
        path = backward_euler(*start, eta, STEPS)
        assert (np.diff(path.f) <= value_rounding(path.problem, path.x[1:])).all()
        assert (np.diff(path.distance) <= 1e-12 * (1 + np.abs(path.x).max())).all()  # the precision of the solve

    @given(convex, any_step)
    def test_it_rests_at_the_minimiser(self, problem: Problem, eta: float) -> None:
        assert backward_euler(problem, problem.minimiser, eta, 3).distance.max() <= 1e-12 * (
            1 + np.linalg.norm(problem.minimiser)  # a residual gradient of rounding, not enlarged by any step
        )

    @pytest.mark.parametrize(("problem", "limit"), [(hill(), 1 / 2), (one_sided(), 1 / 9), (concave(), 1.0)])
    def test_without_convexity_only_steps_below_one_over_mu_are_taken(self, problem: Problem, limit: float) -> None:
        for eta in (limit, 3 * limit):
            message = rf"eta must lie below 1/\|mu\| = {limit:g} for a function that is not convex; got {eta:g}"
            with pytest.raises(ValueError, match=message):
                backward_euler(problem, 0.7, eta, 1)
        path = backward_euler(problem, 0.7, 0.99 * limit, 1)
        assert path.f[1] < path.f[0]

    def test_on_the_concave_parabola_it_runs_away_too(self) -> None:
        path = backward_euler(concave(), 1.0, 0.5, 10)
        np.testing.assert_allclose(path.x[:, 0], 2.0 ** np.arange(11), rtol=1e-12)  # u = x / (1 - eta)


@pytest.mark.parametrize("method", [gradient_descent, backward_euler])
class TestRefusals:
    @pytest.mark.parametrize("eta", [0.0, -0.1, np.nan, np.inf])
    def test_a_step_that_is_no_positive_number(self, method: Any, eta: float) -> None:
        with pytest.raises(ValueError, match=f"eta must be positive and finite; got {eta:g}"):
            method(huber(1.0), 1.0, eta, 3)

    @pytest.mark.parametrize("steps", [-1, 2.5])
    def test_a_number_of_steps_that_is_none(self, method: Any, steps: Any) -> None:
        with pytest.raises(ValueError, match=f"steps must be a whole number >= 0; got {steps}"):
            method(huber(1.0), 1.0, 0.1, steps)

    def test_a_start_of_another_dimension(self, method: Any) -> None:
        with pytest.raises(ValueError, match="a starting point of Huber has 1 finite coordinates"):
            method(huber(1.0), [1.0, 2.0], 0.1, 3)


class TestHeavyBall:
    @given(started(st.one_of(convex, nonconvex)), st.floats(0, 0.99), fractions)
    def test_every_step_is_a_gradient_step_and_a_multiple_of_the_last(
        self, start: tuple[Problem, Point], beta: float, fraction: float
    ) -> None:
        problem, theta0 = start
        alpha = fraction * 2 * (1 + beta) / problem.L
        path = heavy_ball(problem, theta0, alpha, beta, STEPS)
        np.testing.assert_array_equal(path.x[0], theta0)
        np.testing.assert_allclose(path.t, np.sqrt(alpha) * np.arange(STEPS + 1), rtol=1e-15)
        before = np.vstack([theta0, path.x[:-2]])
        moved = (path.x[1:] - path.x[:-1] - beta * (path.x[:-1] - before)) / alpha
        # Rounding of the iterates, divided by alpha.
        atol = 1e-14 * (problem.L + 1 / alpha) * (1 + np.abs(path.x).max())
        np.testing.assert_allclose(moved, -problem.grad(path.x[:-1]), rtol=0, atol=atol)

    @given(started(convex), fractions)
    def test_without_momentum_it_is_gradient_descent(self, start: tuple[Problem, Point], fraction: float) -> None:
        problem, theta0 = start
        eta = fraction * 2 / problem.L
        descent = gradient_descent(problem, theta0, eta, STEPS)
        np.testing.assert_array_equal(heavy_ball(problem, theta0, eta, 0.0, STEPS).x, descent.x)

    @pytest.mark.parametrize("problem", [log_cosh(2, 0.1), ellipse(0.5, 0.1)], ids=lambda problem: problem.name)
    def test_short_steps_follow_the_heavy_ball_equation(self, problem: Problem) -> None:
        gamma, T, theta0, errors = 0.3, 6.0, [2.0, -1.0], []
        motion = heavy_ball_flow(problem, theta0, gamma, [T])
        for steps in (2000, 4000):
            h = T / steps
            path = heavy_ball(problem, theta0, h**2, 1 - gamma * h, steps)
            errors.append(np.abs(path.x[-1] - motion.x[0]).max())
            assert path.t[-1] == pytest.approx(T, rel=1e-12)
        assert errors[1] < 2e-3
        assert errors[0] / errors[1] == pytest.approx(2, abs=0.02)  # an error of first order in h

    def test_from_every_start_in_the_interval_of_the_page_it_tends_to_the_cycle(self) -> None:
        """In exact arithmetic, with the starts divided wherever they come upon different pieces of f'."""
        problem = lessard_recht_packard()
        alpha, beta = (Fraction(a).limit_denominator(100) for a in bounds.heavy_ball_parameters(problem.L, problem.mu))
        cycle = [Fraction(n, 1225) for n in (792, -2208, 2592)]
        pieces = [(Fraction(25), Fraction(0)), (Fraction(1), Fraction(24)), (Fraction(25), Fraction(-24))]
        margin = min(1 - cycle[0], cycle[2] - 2)  # so far from the cycle the pieces are those of the cycle

        def captured(last: Fraction, now: Fraction, phase: int) -> bool:
            # Near the cycle the distances d_k from it obey d_{k+1} = -4/3 d_k - 4/9 d_{k-1}, so that
            # d_k = (A + B k) (-2/3)^k, which tends to 0; and k (2/3)^k <= 8/9.
            A = last - cycle[phase]
            B = -Fraction(3, 2) * (now - cycle[(phase + 1) % 3]) - A
            return abs(A) + Fraction(8, 9) * abs(B) < margin

        def tends(pairs: list[tuple[Fraction, Fraction]], depth: int) -> bool:
            """Whether all starts whose (x_{k-1}, x_k), affine in the start, lie between the two pairs do so."""
            assert depth < 60
            # What captured asks is convex in the pair, and so in the start.
            if any(all(captured(*pair, phase) for pair in pairs) for phase in range(3)):
                return True
            (_, a), (_, b) = pairs
            for kink in (1, 2):
                if min(a, b) < kink < max(a, b):
                    at = tuple(p + (kink - a) / (b - a) * (q - p) for p, q in zip(*pairs, strict=True))
                    return tends([pairs[0], at], depth) and tends([at, pairs[1]], depth)
            slope, offset = pieces[0 if a + b < 2 else 1 if a + b < 4 else 2]
            moved = [(x, x - alpha * (slope * x + offset) + beta * (x - last)) for last, x in pairs]
            return tends(moved, depth + 1)

        assert tends([(Fraction(307, 100),) * 2, (Fraction(346, 100),) * 2], 0)
        x = heavy_ball(problem, 3.3, float(alpha), float(beta), 150).x[-3:, 0]
        np.testing.assert_allclose(np.sort(x), np.sort(np.array(cycle, dtype=float)), rtol=1e-14)

    @pytest.mark.parametrize("beta", [-0.1, 1.0, np.nan])
    def test_a_beta_outside_0_to_1_is_refused(self, beta: float) -> None:
        with pytest.raises(ValueError, match=rf"beta must lie in \[0, 1\); got {beta:g}"):
            heavy_ball(huber(1.0), 1.0, 0.1, beta, 3)

    def test_a_step_beyond_what_is_stable_on_quadratics_is_refused(self) -> None:
        message = r"alpha must lie in \(0, 2 \(1 \+ beta\) / L\) = \(0, 0.3\); got 0.3: reduce the step"
        with pytest.raises(ValueError, match=message):
            heavy_ball(bowl(2, 10.0), [1, 1], 0.3, 0.5, 3)
        steep, slow = (heavy_ball(quadratic([[10.0]]), [1.0], a, 0.5, 400).x[-1, 0] for a in (0.299, 0.2))
        assert abs(slow) < abs(steep) < 1e-2  # p = 1.5 - 2.99: a root at -0.98

    def test_a_path_that_overflows_ends_before(self) -> None:
        path = heavy_ball(concave(), 1.0, 2.0, 0.5, 2000)
        assert 10 < len(path) < 2001
        for values in (path.x, path.f, path.gradient_norm, path.t):
            assert np.isfinite(values).all()


class TestNesterov:
    @given(started(st.one_of(convex, nonconvex)), st.floats(0.01, 1))
    def test_every_step_is_a_gradient_step_from_a_point_ahead(
        self, start: tuple[Problem, Point], fraction: float
    ) -> None:
        problem, theta0 = start
        eta = fraction / problem.L
        path = nesterov(problem, theta0, eta, STEPS)
        np.testing.assert_array_equal(path.x[0], theta0)
        np.testing.assert_allclose(path.t, np.sqrt(eta) * np.arange(STEPS + 1), rtol=1e-15)
        for k in range(STEPS):
            ahead = path.x[k] + ((k - 1) / (k + 2) * (path.x[k] - path.x[k - 1]) if k else 0.0)
            np.testing.assert_array_equal(path.x[k + 1], ahead - eta * problem.grad(ahead))

    @given(started(convex), st.floats(0.01, 1))
    def test_the_gap_never_exceeds_twice_the_squared_distance_over_eta_k_plus_1_squared(
        self, start: tuple[Problem, Point], fraction: float
    ) -> None:
        problem, theta0 = start
        eta = fraction / problem.L
        path = nesterov(problem, theta0, eta, 60)
        bound = 2 * path.distance[0] ** 2 / (eta * (np.arange(1, 61) + 1) ** 2)  # as documented
        assert (path.gap[1:] <= bound + value_rounding(problem, path.x[1:])).all()

    @pytest.mark.parametrize("problem", [log_cosh(2, 0.1), ellipse(0.5, 0.1)], ids=lambda problem: problem.name)
    def test_short_steps_follow_its_differential_equation(self, problem: Problem) -> None:
        T, theta0, errors = 6.0, [2.0, -1.0], []
        motion = nesterov_flow(problem, theta0, [T])
        for steps in (2000, 4000):
            path = nesterov(problem, theta0, (T / steps) ** 2, steps)
            errors.append(np.abs(path.x[-1] - motion.x[0]).max())
            assert path.t[-1] == pytest.approx(T, rel=1e-12)
        assert errors[1] < 2e-3
        assert errors[0] / errors[1] == pytest.approx(2, abs=0.02)  # an error of first order in sqrt(eta)

    def test_a_step_above_one_over_L_is_refused(self) -> None:
        message = r"eta must lie in \(0, 1/L\] = \(0, 0.1\]; got 0.11: reduce the step"
        with pytest.raises(ValueError, match=message):
            nesterov(bowl(2, 10.0), [1, 1], 0.11, 3)
        assert len(nesterov(bowl(2, 10.0), [1, 1], 0.1, 3)) == 4

    def test_a_path_that_overflows_ends_before(self) -> None:
        path = nesterov(concave(), 1.0, 1.0, 2000)
        assert 10 < len(path) < 2001
        assert np.isfinite(path.f).all()


class TestMomentum:
    @given(convex)
    def test_it_rests_at_the_minimiser(self, problem: Problem) -> None:
        for path in (
            heavy_ball(problem, problem.minimiser, 1 / problem.L, 0.9, STEPS),
            nesterov(problem, problem.minimiser, 1 / problem.L, STEPS),
        ):
            assert path.distance.max() <= 1e-12 * (1 + np.linalg.norm(problem.minimiser))  # a residual of rounding

    @pytest.mark.parametrize(
        "method", [lambda *a: heavy_ball(*a[:3], 0.5, a[3]), nesterov], ids=["heavy ball", "nesterov"]
    )
    def test_what_is_no_step_no_count_and_no_start_is_refused(self, method: Any) -> None:
        with pytest.raises(ValueError, match=r"(alpha|eta) must be positive and finite; got 0"):
            method(huber(1.0), 1.0, 0.0, 3)
        with pytest.raises(ValueError, match=r"steps must be a whole number >= 0; got 2.5"):
            method(huber(1.0), 1.0, 0.1, 2.5)
        with pytest.raises(ValueError, match="a starting point of Huber has 1 finite coordinates"):
            method(huber(1.0), [1.0, 2.0], 0.1, 3)
        assert method(huber(1.0), 3.0, 0.1, 0).x.tolist() == [[3.0]]
