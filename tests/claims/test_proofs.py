"""The steps of the proofs on the pages hold on random problems: each intermediate claim, not only the last line."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdfigs.claims.nesterov import certificate
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


RUNS: dict[str, tuple[Callable[[Problem, Point, float], Path], float]] = {
    "convex-rate-exact": (lambda f, x, u: methods.gradient_descent(f, x, max(u, 0.05) / f.L, 30), 1),
    "flow-convex-rate": (lambda f, x, u: flows.gradient_flow(f, x, 20 * u**2 * np.linspace(0, 1, 20) / f.L), 1),
    "backward-euler": (lambda f, x, u: methods.backward_euler(f, x, 10 ** (4 * u - 2) / f.L, 20), 0),
    "backward-euler, smooth": (lambda f, x, u: methods.backward_euler(f, x, 10 ** (4 * u - 2) / f.L, 20), 1),
}
"""By the id of the box: the path, from a number in (0, 1), and the memory in units of 1/L."""


@pytest.mark.parametrize("name", RUNS)
def test_the_potential_never_grows_and_bounds_the_gap(name: str) -> None:
    run, memory = RUNS[name]

    @given(start=started(convex), u=st.floats(0.01, 1))
    def holds(start: tuple[Problem, Point], u: float) -> None:
        path = run(*start, u)
        W = potential(path, memory / path.problem.L)
        assert (np.diff(W) <= ROUNDING * W[0]).all()
        gap = path.gap - value_rounding(path.problem, path.x)  # a difference of two rounded values of f
        assert ((2 * path.t + memory / path.problem.L) * gap <= W * (1 + ROUNDING)).all()

    holds()


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


@pytest.mark.parametrize("ahead", [False, True])
@pytest.mark.parametrize("k", [1, 2, 7])
@pytest.mark.parametrize("h", [0.2, 1.0])
def test_the_certificate_is_the_bound_less_a_square_and_the_form(
    ahead: bool, k: int, h: float, rng: np.random.Generator
) -> None:
    """nesterov.md#nesterov-rate-exact, for any numbers in place of the values and the gradients of a function."""
    f, g, e0 = rng.normal(size=k + 1), rng.normal(size=k + 1), rng.normal()  # f less its minimum, L = 1
    theta, y = [e0], [e0]
    for n in range(1, k + 1):
        theta.append(y[-1] - h * g[n - 1])
        y.append(theta[n] + (n - 1) / (n + 2) * (theta[n] - theta[n - 1]))
    if not ahead:
        y[k] = theta[k]
    multipliers, exact = certificate(k, ahead)
    a, at_one = np.array(multipliers, float), np.array(exact, float)
    b, points = np.diff(a), np.array(y)
    between = f[:-1] - f[1:] - g[1:] * (points[:-1] - points[1:]) - (g[:-1] - g[1:]) ** 2 / 2
    minimiser = -f + g * points - g**2 / 2
    at_zero = b @ g**2 - (b @ g) ** 2 + a[1:-1] @ np.diff(g) ** 2
    bound = (bounds.nesterov_ahead if ahead else bounds.nesterov_exact)(k, 1.0, 1.0, h)
    form = (1 - h) * at_zero + h * (g @ at_one @ g)
    rest = bound * (e0 - b @ g / (2 * bound)) ** 2 + form / 2
    assert bound * e0**2 - f[k] == pytest.approx(a[1:-1] @ between + b @ minimiser + rest, rel=1e-10, abs=1e-10)
