"""The steps of the proofs on the pages hold on random problems: each intermediate claim, not only the last line."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gdfigs.maths import bounds, flows, methods
from gdfigs.maths.path import Path
from gdfigs.maths.problems import Array, Point, Problem, huber, one_sided
from tests.strategies import convex, points, smooth_strongly_convex, started, value_rounding

ROUNDING = 1e-9
"""Of a sum of a few terms of the size of the first, each accurate to about 1e-12 (solver) or 1e-15 (recursions)."""


def potential(path: Path, memory: float) -> Array:
    """W = t gap + (t^2 + t memory) |grad|^2 / 2 + |theta - theta*|^2 / 2, the function of the convex proofs."""
    t, g, e = path.t, path.gradient_norm, path.distance
    return t * path.gap + (t**2 + t * memory) * g**2 / 2 + e**2 / 2


def assert_never_grows(values: Array) -> None:
    assert (np.diff(values) <= ROUNDING * values[0]).all()


def assert_bounds_the_gap(path: Path, memory: float) -> None:
    """(2t + memory) gap <= W; each gap is a difference of two rounded values of f."""
    gap = path.gap - value_rounding(path.problem, path.x)
    assert ((2 * path.t + memory) * gap <= potential(path, memory) * (1 + ROUNDING)).all()


@given(start=started(convex), h=st.floats(0.05, 1))
def test_the_potential_of_descent_never_grows_and_bounds_the_gap(start: tuple[Problem, Point], h: float) -> None:
    """gradient-descent.md#convex-rate-exact"""
    problem, theta0 = start
    path = methods.gradient_descent(problem, theta0, h / problem.L, 30)
    assert_never_grows(potential(path, 1 / problem.L))
    assert_bounds_the_gap(path, 1 / problem.L)


@given(start=started(convex))
def test_the_potential_of_the_flow_never_grows_and_bounds_the_gap(start: tuple[Problem, Point]) -> None:
    """gradient-flow.md#flow-convex-rate"""
    problem, theta0 = start
    path = flows.gradient_flow(problem, theta0, np.linspace(0, 20 / problem.L, 40))
    assert_never_grows(potential(path, 1 / problem.L))
    assert_bounds_the_gap(path, 1 / problem.L)


@given(start=started(convex), z=st.floats(0.01, 100))
def test_the_potential_of_backward_euler_never_grows_and_bounds_the_gap(start: tuple[Problem, Point], z: float) -> None:
    """flow-to-descent.md#backward-euler"""
    problem, theta0 = start
    path = methods.backward_euler(problem, theta0, z / problem.L, 20)
    assert_never_grows(potential(path, 0))
    assert_bounds_the_gap(path, 0)


def test_the_potential_does_grow_where_the_hypotheses_fail() -> None:
    """A step above 1/L on a function that is steep there, and a problem that is not convex."""
    path = methods.gradient_descent(huber(1.0), [3.0], 1.9, 30)
    assert (np.diff(potential(path, 1.0)) > 0).any()
    path = methods.gradient_descent(one_sided(), [0.01], 1 / 9, 30)
    assert (np.diff(potential(path, 1 / 9)) > 0).any()


@given(problem=smooth_strongly_convex, h=st.floats(0.02, 1.98))
@settings(max_examples=100)
def test_a_step_contracts_distances_gradients_and_gaps(problem: Problem, h: float) -> None:
    """gradient-descent.md#linear-rate"""
    eta, rho = h / problem.L, float(bounds.contraction(h / problem.L, problem.L, problem.mu))
    x, y = points(problem, np.random.default_rng(0)), points(problem, np.random.default_rng(1))

    def step(u: Array) -> Array:
        return u - eta * problem.grad(u)

    def norm(u: Array) -> Array:
        return np.linalg.norm(u, axis=-1)

    slack = 1 + ROUNDING
    assert (norm(step(x) - step(y)) <= rho * norm(x - y) * slack).all()
    assert (norm(problem.grad(step(x))) <= rho * norm(problem.grad(x)) * slack + 1e-12 * problem.L).all()
    # The gap is a difference of values, each rounded by itself.
    rounding = value_rounding(problem, x) + value_rounding(problem, step(x))
    gap, next_gap = problem.f(x) - problem.minimum, problem.f(step(x)) - problem.minimum
    assert (next_gap <= rho**2 * gap * slack + rounding).all()
