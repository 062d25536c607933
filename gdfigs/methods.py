"""Discrete methods: each a loop over its update rule."""

import numpy as np
from numpy.typing import ArrayLike

from gdfigs.path import Path
from gdfigs.problems import Point, Problem, Quadratic


def gradient_descent(problem: Problem, theta0: ArrayLike, eta: float, steps: int, *, diverge: bool = False) -> Path:
    """theta_{k+1} = theta_k - eta grad f(theta_k), k = 0 .. steps - 1; steps + 1 points.

    Raises ValueError unless 0 < eta < 2/L; ``diverge=True`` admits every eta > 0, and the path ends
    before it overflows.
    Page: gradient-descent.md#gradient-descent.
    """
    _check_step(eta, steps)
    if not diverge and not eta < 2 / problem.L:
        raise ValueError(
            f"eta must lie in (0, 2/L) = (0, {2 / problem.L:g}); got {eta:g}: reduce the step or pass diverge=True"
        )
    x = [problem.point(theta0)]
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            theta = x[-1] - eta * problem.grad(x[-1])
            if not np.isfinite(theta).all():
                break
            x.append(theta)
    return Path(problem, eta * np.arange(len(x)), np.array(x, dtype=np.float64))


def backward_euler(problem: Problem, theta0: ArrayLike, eta: float, steps: int) -> Path:
    """theta_{k+1} = theta_k - eta grad f(theta_{k+1}): the proximal step wherever eta > 0 and 1 + eta mu > 0.

    A linear solve for quadratics, Newton's method with halving otherwise.
    Raises ValueError where 1 + eta mu <= 0: the equation may have several roots, or none that minimises.
    Page: flow-to-descent.md#backward-euler.
    """
    _check_step(eta, steps)
    if not 1 + eta * problem.mu > 0:
        raise ValueError(
            f"eta must lie below 1/|mu| = {-1 / problem.mu:g} for a function that is not convex; "
            f"got {eta:g}: reduce the step"
        )
    x = [problem.point(theta0)]
    for _ in range(steps):
        x.append(_proximal_point(problem, x[-1], eta))
    return Path(problem, eta * np.arange(len(x)), np.array(x, dtype=np.float64))


def _check_step(eta: float, steps: int) -> None:
    if not (np.isfinite(eta) and eta > 0):
        raise ValueError(f"eta must be positive and finite; got {eta:g}")
    if steps < 0 or steps != int(steps):
        raise ValueError(f"steps must be a whole number >= 0; got {steps}")


def _proximal_point(problem: Problem, start: Point, eta: float) -> Point:
    """argmin_u f(u) + |u - start|^2 / (2 eta), the root of r(u) = u - start + eta grad f(u)."""
    identity = np.eye(problem.dim)
    if isinstance(problem, Quadratic):
        # A start of 0 in the residual form solves (I + eta A) u = start - eta grad f(0).
        return np.linalg.solve(identity + eta * problem.A, start - eta * problem.grad(np.zeros(problem.dim)))
    u = start
    residual = eta * problem.grad(u)
    for _ in range(200):
        step = np.linalg.solve(identity + eta * problem.hess(u), residual)
        # r is strongly monotone, so its norm falls along the Newton direction of a smooth f;
        # at the kink of a Huber function halving keeps the iteration from cycling.
        for halving in range(60):
            new = u - step / 2**halving
            new_residual = new - start + eta * problem.grad(new)
            if np.linalg.norm(new_residual) < np.linalg.norm(residual):
                break
        else:
            break  # rounding allows no smaller residual
        u, residual = new, new_residual
    if np.linalg.norm(residual) <= 1e-12 * (1 + np.linalg.norm(start)):
        return u
    raise ArithmeticError(f"Newton's method did not solve the backward Euler step of {problem.name} with eta = {eta:g}")
