"""Each method follows its update rule, and refuses the steps for which it is not meant."""

import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gdfigs.maths import bounds
from gdfigs.maths.flows import heavy_ball_flow, nesterov_flow
from gdfigs.maths.methods import backward_euler, gradient_descent, heavy_ball, implicit_steps, nesterov
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
    one_sided,
    quadratic,
)
from tests.strategies import convex, fractions, log_uniform, nonconvex, plain, quadratics, started, value_rounding

any_step = log_uniform(1e-3, 1e3)
any_start = started(st.one_of(convex, nonconvex))
STEPS = 8

Start = tuple[Problem, Point]


def ball(problem: Problem, theta0: Any, alpha: float, steps: Any, **how: Any) -> Any:
    return heavy_ball(problem, theta0, alpha, 0.5, steps, **how)


every_method = pytest.mark.parametrize("method", [gradient_descent, backward_euler, ball, nesterov])


class TestEveryMethod:
    @every_method
    @given(problem=convex, fraction=fractions)
    def test_it_rests_at_the_minimiser(self, method: Any, problem: Problem, fraction: float) -> None:
        # The residual gradient at the minimiser is a rounding of L times its size.
        path = method(problem, problem.solution, fraction / problem.L, STEPS)
        assert path.distance.max() <= 1e-12 * (1 + np.linalg.norm(problem.solution))

    @every_method
    def test_no_steps_leave_the_start_alone(self, method: Any) -> None:
        path = method(hill(), 3.0, 0.1, 0)
        assert (path.t.tolist(), path.x.tolist()) == ([0.0], [[3.0]])

    @every_method
    def test_what_is_no_step_no_count_and_no_start_is_refused(self, method: Any) -> None:
        for step in (0.0, -0.1, np.nan, np.inf):
            with pytest.raises(ValueError, match=f"(alpha|eta) must be positive and finite; got {step:g}"):
                method(huber(1.0), 1.0, step, 3)
        for steps in (-1, 2.5):
            with pytest.raises(ValueError, match=f"steps must be a whole number >= 0; got {steps}"):
                method(huber(1.0), 1.0, 0.1, steps)
        with pytest.raises(ValueError, match="a starting point of Huber has 1 finite coordinates"):
            method(huber(1.0), [1.0, 2.0], 0.1, 3)

    @pytest.mark.parametrize(
        ("method", "end", "message"),
        [
            (
                gradient_descent,
                0.2,
                "eta must lie in (0, 2/L) = (0, 0.2); got {:g}: reduce the step or pass diverge=True",
            ),
            (ball, 0.3, "alpha must lie in (0, 2 (1 + beta) / L) = (0, 0.3); got {:g}: reduce the step"),
            (nesterov, np.nextafter(0.1, 1), "eta must lie in (0, 1/L] = (0, 0.1]; got {:g}: reduce the step"),
        ],
    )
    def test_too_long_a_step_is_refused_with_the_remedy(self, method: Any, end: float, message: str) -> None:
        for step in (end, 3 * end):
            with pytest.raises(ValueError, match=re.escape(message.format(step))):
                method(bowl(2, 10.0), [1, 1], step, 3)
        assert len(method(bowl(2, 10.0), [1, 1], np.nextafter(end, 0), 3)) == 4

    @pytest.mark.parametrize(
        ("problem", "run"),
        [
            (ellipse(1, 2), lambda f: gradient_descent(f, [1, 1], 1.0, 5000, diverge=True)),
            (concave(), lambda f: heavy_ball(f, 1.0, 2.0, 0.5, 5000)),
            (concave(), lambda f: nesterov(f, 1.0, 1.0, 5000)),
            (concave(), lambda f: backward_euler(f, 1.0, 0.9, 400)),
        ],
    )
    def test_a_path_that_overflows_ends_before(self, problem: Problem, run: Any) -> None:
        path = run(problem)
        assert 10 < len(path) < 5001
        for values in (path.x, path.f, path.gradient_norm, path.t):
            assert np.isfinite(values).all()
        # One more step, and the square of the gradient exceeds the largest double.
        grows = path.gradient_norm[-1] / path.gradient_norm[-2]
        assert path.gradient_norm[-1] > np.sqrt(np.finfo(float).max) / (2 * grows)


class TestGradientDescent:
    @given(any_start, fractions)
    def test_every_iterate_is_the_last_less_eta_times_its_gradient(self, start: Start, fraction: float) -> None:
        problem, theta0 = start
        eta = fraction * 2 / problem.L
        path = gradient_descent(problem, theta0, eta, STEPS)
        np.testing.assert_array_equal(path.x, [theta0, *(x - eta * problem.grad(x) for x in path.x[:-1])])
        np.testing.assert_array_equal(path.t, eta * np.arange(STEPS + 1))
        np.testing.assert_array_equal(heavy_ball(problem, theta0, eta, 0.0, STEPS).x, path.x)

    @pytest.mark.parametrize("method", [gradient_descent, backward_euler])
    @given(start=started(quadratics()), fraction=fractions)
    def test_on_a_quadratic_each_mode_is_multiplied(
        self, method: Any, start: tuple[Quadratic, Point], fraction: float
    ) -> None:
        problem, theta0 = start
        z = fraction * 2 / problem.L * problem.eigenvalues
        factor = 1 - z if method is gradient_descent else 1 / (1 + z)
        modes = problem.eigenvectors.T @ (theta0 - problem.solution)
        expected = problem.solution + problem.eigenvectors @ (modes * factor**STEPS)
        # A few roundings a step, and those of the solves; A^{-1} b, the minimiser, carries those of b times kappa.
        atol = 1e-13 * (1 + problem.kappa) * (1 + np.abs(theta0).max())
        for same in (problem, plain(problem)):
            path = method(same, theta0, fraction * 2 / problem.L, STEPS)
            np.testing.assert_allclose(path.x[-1], expected, rtol=0, atol=atol)

    def test_a_path_that_stays_finite_is_not_cut(self) -> None:
        assert len(gradient_descent(huber(1.0), 1.6, 3.0, 5000, diverge=True)) == 5001


class TestBackwardEuler:
    @given(any_start, any_step)
    def test_every_iterate_solves_the_implicit_equation_and_f_never_grows(self, start: Start, eta: float) -> None:
        problem, theta0 = start
        assume(1 + eta * problem.mu > 0)
        path = backward_euler(problem, theta0, eta, STEPS)
        np.testing.assert_array_equal(path.x[0], theta0)
        np.testing.assert_array_equal(path.t, eta * np.arange(STEPS + 1))
        residual = path.x[1:] - path.x[:-1] + eta * problem.grad(path.x[1:])
        # The precision that the docstring states.
        stated = 1e-13 * (1 + eta * problem.L) * (1 + np.linalg.norm(path.x[:-1], axis=-1))
        assert (np.linalg.norm(residual, axis=-1) <= stated).all()
        assert (np.diff(path.f) <= value_rounding(path.problem, path.x[1:])).all()

    @pytest.mark.parametrize(("eta", "L", "x0"), [(0.1, 2.0, 3.0), (5.0, 0.5, -0.4)])
    def test_the_precision_that_is_stated_is_that_of_the_solver(
        self, eta: float, L: float, x0: float, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        call = []

        def newton(*equation: Any, tolerance: float, **_: Any) -> Point:
            call.append(tolerance)
            return np.zeros(1)

        monkeypatch.setattr("gdfigs.maths.methods.newton", newton)
        backward_euler(huber(1.0, L), x0, eta, 1)
        assert call == [pytest.approx(1e-13 * (1 + eta * L) * (1 + abs(x0)), rel=1e-14, abs=0)]

    @pytest.mark.parametrize(("problem", "limit"), [(hill(), 1 / 2), (one_sided(), 1 / 9), (concave(), 1.0)])
    def test_without_convexity_only_steps_below_one_over_mu_are_taken(self, problem: Problem, limit: float) -> None:
        for eta in (limit, 3 * limit):
            message = rf"eta must lie below 1/\|mu\| = {limit:g} for a function that is not convex; got {eta:g}"
            with pytest.raises(ValueError, match=message):
                backward_euler(problem, 0.7, eta, 1)
        path = backward_euler(problem, 0.7, 0.99 * limit, 1)
        assert path.f[1] < path.f[0]

    @given(st.floats(-3, 3), log_uniform(1e-2, 1e2))
    def test_on_a_convex_function_the_only_solution_is_its_step(self, x: float, eta: float) -> None:
        for problem in (huber(0.7), log_cosh(), quadratic([[2.0]], [1.0])):
            (found,) = implicit_steps(problem, x, eta)
            # Newton's method and Brent's, both to rounding of the step.
            assert found == pytest.approx(backward_euler(problem, x, eta, 1).x[1, 0], abs=1e-12 * (1 + eta))

    def test_on_a_concave_function_the_solution_is_on_the_other_side(self) -> None:
        assert implicit_steps(concave(), 1.0, 3.0) == pytest.approx([-0.5])

    @pytest.mark.parametrize(("eta", "count"), [(1 / 9.1, 1), (0.5, 3), (10.0, 3), (100.0, 3)])
    def test_beside_the_top_of_the_double_well_there_are_three_solutions(self, eta: float, count: int) -> None:
        # The top is at 0 and f' at most 1 there: each solution lies within eta of the start, but for f' = x far out.
        found = implicit_steps(one_sided(), 0.01, eta)
        assert len(found) == count
        assert found == pytest.approx([0.01 - eta * (u - np.tanh(10 * u)) for u in found], abs=1e-12 * (1 + eta))
        if count == 3:
            assert found[0] < found[1] < 0 < found[2]


class TestMomentum:
    @given(any_start, st.floats(0, 0.99), fractions)
    def test_heavy_ball_takes_a_gradient_step_and_a_multiple_of_the_last(
        self, start: Start, beta: float, fraction: float
    ) -> None:
        problem, theta0 = start
        alpha = fraction * 2 * (1 + beta) / problem.L
        x = heavy_ball(problem, theta0, alpha, beta, STEPS).x
        np.testing.assert_array_equal(x[0], theta0)
        for last, now, after in zip([theta0, *x], x, x[1:], strict=False):
            np.testing.assert_array_equal(after, now - alpha * problem.grad(now) + beta * (now - last))

    @given(any_start, st.floats(0.01, 1))
    def test_nesterov_takes_a_gradient_step_from_a_point_ahead(self, start: Start, fraction: float) -> None:
        problem, theta0 = start
        eta = fraction / problem.L
        x = nesterov(problem, theta0, eta, STEPS).x
        np.testing.assert_array_equal(x[0], theta0)
        for k in range(STEPS):
            ahead = x[k] + ((k - 1) / (k + 2) * (x[k] - x[k - 1]) if k else 0.0)
            np.testing.assert_array_equal(x[k + 1], ahead - eta * problem.grad(ahead))

    @pytest.mark.parametrize("problem", [log_cosh(2, 0.1), ellipse(0.5, 0.1)], ids=lambda problem: problem.name)
    @pytest.mark.parametrize(
        ("method", "flow"),
        [
            (lambda f, x, h, n: heavy_ball(f, x, h**2, 1 - 0.3 * h, n), lambda f, x, t: heavy_ball_flow(f, x, 0.3, t)),
            (lambda f, x, h, n: nesterov(f, x, h**2, n), nesterov_flow),
        ],
        ids=["heavy ball", "Nesterov"],
    )
    def test_short_steps_follow_the_differential_equation(self, problem: Problem, method: Any, flow: Any) -> None:
        T, theta0, errors = 6.0, [2.0, -1.0], []
        for steps in (2000, 4000):
            path = method(problem, theta0, T / steps, steps)
            errors.append(np.abs(path.x[-1] - flow(problem, theta0, [T]).x[0]).max())
            np.testing.assert_allclose(path.t, np.linspace(0, T, steps + 1), rtol=1e-12)
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
                    at: Any = tuple(p + (kink - a) / (b - a) * (q - p) for p, q in zip(*pairs, strict=True))
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

    def test_just_below_its_longest_step_heavy_ball_still_converges(self) -> None:
        steep, slow = (heavy_ball(quadratic([[10.0]]), [1.0], a, 0.5, 400).x[-1, 0] for a in (0.299, 0.2))
        assert abs(slow) < abs(steep) < 1e-2  # p = 1.5 - 2.99: a root at -0.98
