"""Each method follows its update rule, and refuses the steps for which it is not meant."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gdfigs.methods import backward_euler, gradient_descent
from gdfigs.problems import (
    Point,
    Problem,
    Quadratic,
    bowl,
    concave,
    ellipse,
    hill,
    huber,
    log_cosh,
    log_sum_exp,
    logistic,
    one_sided,
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
