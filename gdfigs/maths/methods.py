"""Discrete methods: each a loop over its update rule."""

import numpy as np
from numpy.typing import ArrayLike

from gdfigs.maths.path import Path
from gdfigs.maths.problems import Point, Problem, Quadratic, newton


def gradient_descent(problem: Problem, theta0: ArrayLike, eta: float, steps: int, *, diverge: bool = False) -> Path:
    """theta_{k+1} = theta_k - eta grad f(theta_k), k = 0 .. steps - 1; steps + 1 points.

    Raises ValueError unless 0 < eta < 2/L; ``diverge=True`` admits every eta > 0, and the path ends
    before the square of theta or of the gradient, or f, overflows.
    Page: gradient-descent.md#gradient-descent.
    """
    _check_step(eta, steps)
    if not diverge and not eta < 2 / problem.L:
        raise ValueError(
            f"eta must lie in (0, 2/L) = (0, {2 / problem.L:g}); got {eta:g}: reduce the step or pass diverge=True"
        )
    points = [problem.point(theta0)]
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(int(steps)):
            points.append(points[-1] - eta * problem.grad(points[-1]))
    return _until_overflow(problem, eta, points)


def backward_euler(problem: Problem, theta0: ArrayLike, eta: float, steps: int) -> Path:
    """theta_{k+1} = theta_k - eta grad f(theta_{k+1}): the proximal step wherever eta > 0 and 1 + eta mu > 0.

    A linear solve for quadratics, Newton's method with halving otherwise; what it leaves of the equation has norm
    at most 1e-13 (1 + eta L) (1 + |theta_k|), or ArithmeticError is raised.
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
    for _ in range(int(steps)):
        x.append(_proximal_point(problem, x[-1], eta))
    return Path(problem, eta * np.arange(len(x)), np.array(x))


def heavy_ball(problem: Problem, theta0: ArrayLike, alpha: float, beta: float, steps: int) -> Path:
    """theta_{k+1} = theta_k - alpha grad f(theta_k) + beta (theta_k - theta_{k-1}), theta_{-1} = theta_0.

    steps + 1 points, at t = k sqrt(alpha): with beta = 1 - gamma sqrt(alpha) it discretises the heavy-ball equation.
    Raises ValueError unless 0 <= beta < 1 and 0 < alpha < 2 (1 + beta) / L, where it converges on quadratics; where f
    is not convex the path ends before the square of theta or of the gradient, or f, overflows.
    Source: Polyak 1964. Page: momentum.md#heavy-ball-rate.
    """
    _check_step(alpha, steps, "alpha")
    if not 0 <= beta < 1:
        raise ValueError(f"beta must lie in [0, 1); got {beta:g}: a step must not repeat the last one in full")
    limit = 2 * (1 + beta) / problem.L
    if not alpha < limit:
        raise ValueError(f"alpha must lie in (0, 2 (1 + beta) / L) = (0, {limit:g}); got {alpha:g}: reduce the step")
    points = [problem.point(theta0)] * 2
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(int(steps)):
            momentum = beta * (points[-1] - points[-2])
            points.append(points[-1] - alpha * problem.grad(points[-1]) + momentum)
    return _until_overflow(problem, float(np.sqrt(alpha)), points[1:])


def nesterov(problem: Problem, theta0: ArrayLike, eta: float, steps: int) -> Path:
    """theta_k = y_{k-1} - eta grad f(y_{k-1}), y_k = theta_k + (k - 1)/(k + 2) (theta_k - theta_{k-1}), y_0 = theta_0.

    The steps + 1 points theta_k, visited at t = k sqrt(eta), the clock of Nesterov's differential equation.
    Raises ValueError unless 0 < eta <= 1/L, where gap <= 2 R^2 / (eta (k + 1)^2) if f is convex; where it is not
    the path ends before the square of theta or of the gradient, or f, overflows.
    Source: Su, Boyd & Candes 2016. Page: nesterov.md#nesterov-rate.
    """
    _check_step(eta, steps)
    if not eta <= 1 / problem.L:
        raise ValueError(f"eta must lie in (0, 1/L] = (0, {1 / problem.L:g}]; got {eta:g}: reduce the step")
    points = [problem.point(theta0)]
    ahead = points[0]
    with np.errstate(over="ignore", invalid="ignore"):
        for k in range(1, int(steps) + 1):
            points.append(ahead - eta * problem.grad(ahead))
            ahead = points[-1] + (k - 1) / (k + 2) * (points[-1] - points[-2])
    return _until_overflow(problem, float(np.sqrt(eta)), points)


def _check_step(eta: float, steps: int, name: str = "eta") -> None:
    if not (np.isfinite(eta) and eta > 0):
        raise ValueError(f"{name} must be positive and finite; got {eta:g}")
    if steps < 0 or steps != int(steps):
        raise ValueError(f"steps must be a whole number >= 0; got {steps}")


def _until_overflow(problem: Problem, tick: float, points: list[Point]) -> Path:
    """The path that visits a point at each tick, before the square of one or of its gradient, or f, overflows."""
    with np.errstate(over="ignore", invalid="ignore"):
        path = Path(problem, tick * np.arange(len(points)), np.array(points))
        finite = np.isfinite(np.linalg.norm(path.x, axis=-1) + path.gradient_norm + path.f)
    end = len(path) if finite.all() else int(finite.argmin())
    return Path(problem, path.t[:end], path.x[:end])


def _proximal_point(problem: Problem, start: Point, eta: float) -> Point:
    """argmin_u f(u) + |u - start|^2 / (2 eta), the root of u - start + eta grad f(u)."""
    identity = np.eye(problem.dim)
    if isinstance(problem, Quadratic):
        return np.linalg.solve(identity + eta * problem.A, start - eta * problem.grad(np.zeros(problem.dim)))
    return newton(
        lambda u: u - start + eta * problem.grad(u),
        lambda u: identity + eta * problem.hess(u),
        start,
        tolerance=1e-13 * (1 + eta * problem.L) * (1 + float(np.linalg.norm(start))),
        equation=f"the backward Euler step of {problem.name} with eta = {eta:g}",
    )
