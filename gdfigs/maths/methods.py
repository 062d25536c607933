"""Discrete methods: each a loop over its update rule."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from gdfigs.maths.path import Path
from gdfigs.maths.problems import Array, Point, Problem, Quadratic, newton


def gradient_descent(problem: Problem, theta0: ArrayLike, eta: float, steps: int, *, diverge: bool = False) -> Path:
    r"""Follows $\theta_{k+1} = \theta_k - \eta \nabla f(\theta_k)$ from $\theta_0$; steps + 1 points.

    Raises ValueError unless $0 < \eta < 2/L$; `diverge=True` admits every $\eta > 0$, and the path ends before the
    square of $\theta$ or of the gradient, or $f$, overflows.
    Page: [Gradient descent](../gradient-descent.md#update-rule).
    """
    _check_step(eta, steps)
    if not diverge and not eta < 2 / problem.L:
        limit = f"eta must lie in (0, 2/L) = (0, {2 / problem.L:g})"
        raise ValueError(f"{limit}; got {eta:g}: reduce the step or pass diverge=True")
    return _path(problem, theta0, steps, eta, lambda x: x[-1] - eta * problem.grad(x[-1]))


def backward_euler(problem: Problem, theta0: ArrayLike, eta: float, steps: int) -> Path:
    r"""Follows $\theta_{k+1} = \theta_k - \eta \nabla f(\theta_{k+1})$: the proximal step, where $1 + \eta\mu > 0$.

    A linear solve for quadratics, Newton's method with halving otherwise; what it leaves of the equation has norm at
    most $10^{-13} (1 + \eta L) (1 + |\theta_k|)$, or ArithmeticError is raised.
    Raises ValueError where $1 + \eta\mu \le 0$: the equation may have several roots, or none that minimises.
    Page: [Backward Euler and the proximal point](../flow-to-descent.md#implicit-step).
    """
    _check_step(eta, steps)
    if not 1 + eta * problem.mu > 0:
        limit = f"eta must lie below 1/|mu| = {-1 / problem.mu:g} for a function that is not convex"
        raise ValueError(f"{limit}; got {eta:g}: reduce the step")
    return _path(problem, theta0, steps, eta, lambda x: _proximal_point(problem, x[-1], eta))


def implicit_steps(problem: Problem, theta: ArrayLike, eta: float) -> Array:
    r"""Returns all solutions $u$ of $u = \theta - \eta f'(u)$ in one dimension, in ascending order, shape (n,).

    Looks for changes of sign of $u - \theta + \eta f'(u)$ between 4001 points, spread evenly over 5 steps of gradient
    descent, or 5 if that is more, to either side of $\theta$.
    Page: [Several solutions](../flow-to-descent.md#several-solutions).
    """
    from scipy.optimize import brentq

    _check_step(eta, 1)
    x = float(problem.point(theta)[0])

    def residual(u: float) -> float:
        return float(u - x + eta * problem.grad(np.array([u]))[0])

    reach = 5 * max(1.0, abs(residual(x)))
    grid = np.linspace(x - reach, x + reach, 4001)
    changes = np.flatnonzero(np.diff([residual(u) > 0 for u in grid]))  # one also where a point is a solution
    return np.array([brentq(residual, *grid[i : i + 2], xtol=1e-15) for i in changes])


def heavy_ball(problem: Problem, theta0: ArrayLike, alpha: float, beta: float, steps: int) -> Path:
    r"""Follows $\theta_{k+1} = \theta_k - \alpha \nabla f(\theta_k) + \beta (\theta_k - \theta_{k-1})$ from rest.

    That is, $\theta_{-1} = \theta_0$. The steps + 1 points belong to $t = k\sqrt\alpha$: with
    $\beta = 1 - \gamma\sqrt\alpha$ it discretises the heavy-ball equation.
    Raises ValueError unless $0 \le \beta < 1$ and $0 < \alpha < 2 (1 + \beta) / L$, where it converges on quadratics;
    where $f$ is not convex the path ends before the square of $\theta$ or of the gradient, or $f$, overflows.
    Source: Polyak 1964. Page: [Heavy ball on quadratics](../momentum.md#heavy-ball-rate).
    """
    _check_step(alpha, steps, "alpha")
    if not 0 <= beta < 1:
        raise ValueError(f"beta must lie in [0, 1); got {beta:g}: a step must not repeat the last one in full")
    limit = 2 * (1 + beta) / problem.L
    if not alpha < limit:
        raise ValueError(f"alpha must lie in (0, 2 (1 + beta) / L) = (0, {limit:g}); got {alpha:g}: reduce the step")

    def update(x: list[Point]) -> Point:
        return x[-1] - alpha * problem.grad(x[-1]) + beta * (x[-1] - x[-2:][0])

    return _path(problem, theta0, steps, float(np.sqrt(alpha)), update)


def nesterov(problem: Problem, theta0: ArrayLike, eta: float, steps: int) -> Path:
    r"""Follows $\theta_k = y_{k-1} - \eta \nabla f(y_{k-1})$ from $y_0 = \theta_0$, where $y_k$ is ahead of $\theta_k$.

    $y_k = \theta_k + \frac{k-1}{k+2} (\theta_k - \theta_{k-1})$. The steps + 1 points $\theta_k$ belong to
    $t = k\sqrt\eta$, the clock of Nesterov's differential equation.
    Raises ValueError unless $0 < \eta \le 1/L$, where gap $\le 2 R^2 / (\eta (k + 1)^2)$ if $f$ is convex; where it is
    not the path ends before the square of $\theta$ or of the gradient, or $f$, overflows.
    Source: Su, Boyd & Candes 2016. Page: [Nesterov's method](../nesterov.md#nesterov-method).
    """
    _check_step(eta, steps)
    if not eta <= 1 / problem.L:
        raise ValueError(f"eta must lie in (0, 1/L] = (0, {1 / problem.L:g}]; got {eta:g}: reduce the step")

    def update(x: list[Point]) -> Point:
        k = len(x) - 1
        ahead = x[-1] + (k - 1) / (k + 2) * (x[-1] - x[-2:][0])
        return ahead - eta * problem.grad(ahead)

    return _path(problem, theta0, steps, float(np.sqrt(eta)), update)


def _check_step(eta: float, steps: int, name: str = "eta") -> None:
    if not (np.isfinite(eta) and eta > 0):
        raise ValueError(f"{name} must be positive and finite; got {eta:g}")
    if steps < 0 or steps != int(steps):
        raise ValueError(f"steps must be a whole number >= 0; got {steps}")


def _path(problem: Problem, theta0: ArrayLike, steps: int, tick: float, update: Callable[[list[Point]], Point]) -> Path:
    """Returns the path of a point at each tick, the next by an update of those so far, before a square overflows."""
    points = [problem.point(theta0)]
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(int(steps)):
            points.append(update(points))
        path = Path(problem, tick * np.arange(len(points)), np.array(points))
        finite = np.isfinite(np.linalg.norm(path.x, axis=-1) + path.gradient_norm + path.f)
    end = len(path) if finite.all() else int(finite.argmin())
    return Path(problem, path.t[:end], path.x[:end])


def _proximal_point(problem: Problem, start: Point, eta: float) -> Point:
    r"""Minimises $f(u) + |u - s|^2 / (2\eta)$ from $s$, the start, by the root of $u - s + \eta \nabla f(u)$."""
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
