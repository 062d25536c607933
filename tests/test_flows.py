"""The gradient flow obeys its equation: against closed forms, against itself, and in its conserved quantities."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdfigs.flows import ATOL, RTOL, gradient_flow
from gdfigs.problems import (
    Point,
    Points,
    Problem,
    Quadratic,
    bowl,
    concave,
    hill,
    huber,
    log_cosh,
    one_sided,
)
from tests.strategies import (
    convex,
    log_uniform,
    plain,
    quadratics,
    seeds,
    smooth_convex,
    started,
    value_rounding,
)

STATED = 100
"""How many times its tolerances the error of the solver may be, as gdfigs.flows states."""


def tolerance(x: Points) -> float:
    """The error of a path through x that gdfigs.flows admits."""
    return STATED * (ATOL + RTOL * float(np.abs(x).max()))


class TestClosedForms:
    @given(started(quadratics(largest_kappa=1e4)), log_uniform(1e-2, 1e2))
    def test_a_quadratic_decays_mode_by_mode(self, start: tuple[Quadratic, Point], until: float) -> None:
        problem, theta0 = start
        t = np.linspace(0, until / problem.L, 5)
        path = gradient_flow(problem, theta0, t)
        modes = (path.x - problem.minimiser) @ problem.eigenvectors
        expected = np.exp(-np.outer(t, problem.eigenvalues)) * modes[0]
        # A few roundings of numbers of the size of x, and of A^{-1} b.
        atol = 1e-15 * (10 + problem.kappa) * (1 + np.abs(path.x).max())
        np.testing.assert_allclose(path.x[0], theta0, rtol=0, atol=atol)
        np.testing.assert_allclose(modes, expected, rtol=0, atol=atol)

    @settings(max_examples=12)
    @given(started(quadratics(largest_kappa=1e4)), log_uniform(1e-1, 1e2))
    def test_the_solver_agrees_with_it(self, start: tuple[Quadratic, Point], until: float) -> None:
        problem, theta0 = start
        t = np.linspace(0, until / problem.L, 5)
        exact = gradient_flow(problem, theta0, t).x
        np.testing.assert_allclose(gradient_flow(plain(problem), theta0, t).x, exact, rtol=0, atol=tolerance(exact))

    @settings(max_examples=8)
    @given(seeds)
    def test_log_cosh_shrinks_the_hyperbolic_sine(self, seed: int) -> None:
        # x' = -tanh x, so (sinh x)' = -sinh x.
        theta0, t = np.random.default_rng(seed).uniform(-6, 6, size=3), np.linspace(0, 8, 9)
        exact = np.arcsinh(np.exp(-t)[:, None] * np.sinh(theta0))
        np.testing.assert_allclose(gradient_flow(log_cosh(3), theta0, t).x, exact, rtol=0, atol=tolerance(exact))

    @settings(max_examples=12)
    @given(log_uniform(0.1, 1), log_uniform(0.1, 10), log_uniform(0.1, 5), st.sampled_from([-1, 1]))
    def test_a_huber_function_is_descended_straight_and_then_exponentially(
        self, slope: float, L: float, x0: float, sign: int
    ) -> None:
        kink = slope / L
        until = max(x0 - kink, 0) / slope  # x' = -slope to here, x' = -L x from here on
        t = np.linspace(0, 2 * until + 3 / L, 41)
        inner = min(x0, kink) * np.exp(-L * np.maximum(t - until, 0))
        exact = sign * np.where(t < until, x0 - slope * t, inner)
        path = gradient_flow(huber(slope, L), sign * x0, t)
        np.testing.assert_allclose(path.x[:, 0], exact, rtol=0, atol=tolerance(exact))

    def test_the_concave_parabola_is_left_as_fast_as_the_exponential(self) -> None:
        t = np.linspace(0, 6, 7)
        x = gradient_flow(concave(), 0.5, t).x[:, 0]
        np.testing.assert_allclose(x, 0.5 * np.exp(t), rtol=1e-10)  # errors grow like x itself

    def test_from_1_the_hill_is_fled_for_ever(self) -> None:
        # x' = 2x / (1 + x^2)^2, so log(x)/2 + x^2/2 + x^4/8 - 5/8 = t: x grows like (8t)^{1/4}.
        t = np.array([0.0, 1.0, 1e2, 1e4, 1e6])
        path = gradient_flow(hill(), 1.0, t)
        x = path.x[:, 0]
        np.testing.assert_allclose(np.log(x) / 2 + x**2 / 2 + x**4 / 8 - 5 / 8, t, rtol=1e-8, atol=1e-9)
        assert x[-1] > 50
        assert path.gradient_norm[-1] < 1e-4
        assert path.f[-1] < 1e-3
        # 0 is critical all the same: there the flow rests.
        assert gradient_flow(hill(), 0.0, t).x.tolist() == [[0.0]] * 5


class TestLaws:
    @settings(max_examples=12)
    @given(started(st.one_of(smooth_convex, st.sampled_from([one_sided(), hill()]))), log_uniform(0.1, 5))
    def test_f_falls_by_the_integral_of_the_squared_gradient(self, start: tuple[Problem, Point], until: float) -> None:
        problem, theta0 = start
        nodes, weights = np.polynomial.legendre.leggauss(60)
        T = until / problem.L
        # Four panels of 60 Gauss points: exact to rounding on such analytic integrands.
        t = np.concatenate([T / 8 * (nodes + 1 + 2 * panel) for panel in range(4)])
        path = gradient_flow(problem, theta0, np.concatenate([[0.0], t, [T]]))
        integral = T / 8 * np.tile(weights, 4) @ path.gradient_norm[1:-1] ** 2
        # An error of the path is multiplied by the gradient, at most L times the way to a critical point.
        size = 1 + np.abs(path.x).max() + path.gradient_norm.max() / problem.L
        assert path.f[0] - path.f[-1] == pytest.approx(
            integral, rel=1e-8, abs=value_rounding(problem, path.x).max() + 2 * problem.L * size * tolerance(path.x)
        )

    @settings(max_examples=12)
    @given(started(convex), st.floats(0.1, 3), st.floats(0.1, 3))
    def test_flowing_twice_is_flowing_on(self, start: tuple[Problem, Point], first: float, second: float) -> None:
        problem, theta0 = start
        s, t = first / problem.L, second / problem.L
        halfway, whole = gradient_flow(problem, theta0, [s, s + t]).x
        np.testing.assert_allclose(gradient_flow(problem, halfway, [t]).x[0], whole, rtol=0, atol=2 * tolerance(theta0))

    @settings(max_examples=12)
    @given(started(convex), seeds)
    def test_two_flows_of_a_convex_function_never_part(self, start: tuple[Problem, Point], seed: int) -> None:
        problem, theta0 = start
        other = theta0 + np.random.default_rng(seed).normal(size=problem.dim)
        t = np.linspace(0, 3 / problem.L, 12)
        a, b = gradient_flow(problem, theta0, t).x, gradient_flow(problem, other, t).x
        apart = np.linalg.norm(a - b, axis=-1)
        assert (np.diff(apart) <= 4 * tolerance(np.vstack([a, b]))).all()

    def test_without_convexity_they_do(self) -> None:
        t = np.array([0.0, 3.0])
        apart = gradient_flow(concave(), 0.1, t).x - gradient_flow(concave(), -0.1, t).x
        assert apart[1, 0] == pytest.approx(0.2 * np.exp(3), rel=1e-9)

    @settings(max_examples=12)
    @given(started(convex))
    def test_f_its_gradient_and_the_distance_never_grow(self, start: tuple[Problem, Point]) -> None:
        problem, theta0 = start
        path = gradient_flow(problem, theta0, np.linspace(0, 5 / problem.L, 12))
        error = 2 * np.sqrt(problem.dim) * tolerance(path.x)
        assert (np.diff(path.distance) <= error).all()
        assert (np.diff(path.gradient_norm) <= problem.L * error).all()
        assert (np.diff(path.f) <= path.gradient_norm[0] * error + value_rounding(problem, path.x[1:])).all()

    @given(convex)
    def test_it_rests_at_the_minimiser(self, problem: Problem) -> None:
        path = gradient_flow(problem, problem.minimiser, [0.0, 1.0 / problem.L])
        assert path.distance.max() <= 1e-12 * (1 + np.linalg.norm(problem.minimiser))  # as exact as the minimiser


class TestSolver:
    def test_a_stiff_flow_takes_hardly_more_steps_than_a_gentle_one(self) -> None:
        def evaluations(kappa: float) -> int:
            calls = []
            problem = bowl(kappa, kappa)  # mu = 1
            counted = plain(problem)
            object.__setattr__(counted, "grad", lambda x: (calls.append(1), problem.grad(x))[1])
            x = gradient_flow(counted, [1.0, 1.0], [0.0, 5.0]).x
            np.testing.assert_allclose(x[-1], [np.exp(-5), np.exp(-5 * kappa)], atol=tolerance(x))
            return len(calls)

        # An explicit method would need at least L t / 2 = 2.5e4 steps of several evaluations each.
        assert evaluations(1e4) < 3 * evaluations(1.0) < 2.5e4

    @pytest.mark.parametrize("problem", [bowl(3), log_cosh(2)], ids=["closed form", "solver"])
    def test_the_times_are_kept(self, problem: Problem) -> None:
        for t in ([0.0], [0.5], [0.0, 0.1, 0.2], [0.3, 7.0]):
            path = gradient_flow(problem, [1.0, -1.0], t)
            assert path.t.tolist() == t
            assert path.x.shape == (len(t), 2)
            if t[0] == 0:
                np.testing.assert_allclose(path.x[0], [1.0, -1.0], rtol=1e-15)

    @pytest.mark.parametrize("problem", [bowl(3), log_cosh(2)], ids=["closed form", "solver"])
    @pytest.mark.parametrize(
        ("t", "message"),
        [
            ([0.0, 2.0, 1.0], "t must ascend from 0 or later"),
            ([0.0, 1.0, 1.0], "t must ascend from 0 or later"),
            ([-0.1, 1.0], "t must ascend from 0 or later"),
            ([], r"t must be an array of finite times, shape \(n,\); got shape \(0,\)"),
            (1.0, r"t must be an array of finite times, shape \(n,\); got shape \(\)"),
            ([[0.0, 1.0]], r"t must be an array of finite times, shape \(n,\); got shape \(1, 2\)"),
            ([np.nan], "t must be an array of finite times"),
            ([0.0, np.inf], "t must be an array of finite times"),
        ],
    )
    def test_times_that_do_not_ascend_are_refused(self, problem: Problem, t: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            gradient_flow(problem, [1.0, 1.0], t)

    def test_a_start_of_another_dimension_is_refused(self) -> None:
        with pytest.raises(ValueError, match="a starting point of log-cosh has 2 finite coordinates"):
            gradient_flow(log_cosh(2), [1.0], [0.0, 1.0])

    def test_a_flow_that_overflows_says_so(self) -> None:
        with pytest.raises(ArithmeticError, match="the flow of concave could not be followed to t = 50: overflow"):
            gradient_flow(concave(), 1e300, [0.0, 50.0])

    def test_a_flow_that_blows_up_says_so(self) -> None:
        # x' = x^3 far from 0: from 10 it reaches infinity at t = 1/200. Near 0, where a problem looks, all is well.
        blowing = Problem(
            "blowing up",
            1,
            f=lambda x: np.where(np.abs(x) < 8, x**2 / 2, -(x**4) / 4)[..., 0],
            grad=lambda x: np.where(np.abs(x) < 8, x, -(x**3)),
            hess=lambda x: np.where(np.abs(x) < 8, 1.0, -3 * x**2)[..., None],
            L=1.0,
            mu=1.0,
            minimiser=np.zeros(1),
        )
        with pytest.raises(ArithmeticError, match="the flow of blowing up could not be followed to t = 1"):
            gradient_flow(blowing, 10.0, [0.0, 1.0])
