"""Continuous dynamics: in closed form where there is one, else by scipy's solve_ivp."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from gdfigs.maths.path import Path
from gdfigs.maths.problems import Array, Point, Points, Problem, Quadratic

RTOL = 1e-10
ATOL = 1e-12
"""Tolerances of the solver on each component, per step; where f is convex the error of a path stays within
about 100 times these."""
EXPLICIT: dict[str, Any] = {"method": "DOP853", "rtol": 1e-12, "atol": 1e-14}
"""For the relatives of the gradient flow: an explicit method of order eight, to which the precision comes cheap."""


def gradient_flow(problem: Problem, theta0: ArrayLike, t: ArrayLike) -> Path:
    """theta' = -grad f(theta), theta(0) = theta0, at the times t, shape (n,), ascending from 0 or later.

    Quadratics: theta* + V e^{-Lambda t} V^T (theta0 - theta*), exact to rounding. Otherwise Radau's implicit
    method (stiff-safe) with the exact Hessian at RTOL, ATOL.
    Raises ValueError on times that do not ascend, ArithmeticError where the solver fails or theta overflows.
    Page: gradient-flow.md#gradient-flow.
    """
    x0, times = problem.point(theta0), ascending(t)
    if isinstance(problem, Quadratic):
        return Path(problem, times, _quadratic(problem, x0, times))
    x = integrate(
        lambda _, x: -problem.grad(x),
        x0,
        times,
        f"the flow of {problem.name}",
        method="Radau",
        jac=lambda _, x: -problem.hess(x),
        rtol=RTOL,
        atol=ATOL,
    )
    return Path(problem, times, x)


def natural_gradient_flow(problem: Problem, metric: Callable[[Point], Array], theta0: ArrayLike, t: ArrayLike) -> Path:
    """theta' = -G(theta)^{-1} grad f(theta), theta(0) = theta0, at the times t, shape (n,), ascending from 0 or later.

    metric: G, from a point of shape (d,) to a symmetric positive definite matrix of shape (d, d).
    By the EXPLICIT solver: the error stays within about 100 times its tolerances where the flow does not expand, and
    the work grows with t times the largest eigenvalue of G^{-1} Hessian.
    Raises ValueError on times that do not ascend, ArithmeticError where G is not positive definite (it has no
    Cholesky factor), the solver fails or theta overflows.
    Page: natural-gradient.md#natural-gradient-flow.
    """
    x0, times = problem.point(theta0), ascending(t)

    def field(_: float, x: Point) -> Point:
        G = metric(x)
        try:
            np.linalg.cholesky(G)
        except np.linalg.LinAlgError as fault:
            raise ArithmeticError(f"the metric must be positive definite; it is not at {x.tolist()}") from fault
        return -np.linalg.solve(G, problem.grad(x))

    return Path(problem, times, integrate(field, x0, times, f"the natural gradient flow of {problem.name}", **EXPLICIT))


def langevin(
    problem: Problem,
    theta0: ArrayLike,
    beta: float,
    eta: float,
    steps: int,
    chains: int,
    rng: np.random.Generator,
) -> Points:
    """d theta = -grad f(theta) dt + sqrt(2 / beta) dW by Euler-Maruyama; shape (steps + 1, chains, d).

    theta_{k+1} = theta_k - eta grad f(theta_k) + sqrt(2 eta / beta) xi_k with standard normal xi_k, in independent
    chains that all start at theta0; the k-th iterate belongs to t = k eta.
    The law at a given time is off by O(eta); on a quadratic bounds.langevin_variance says by how much in the end.
    Raises ValueError unless beta, eta > 0, steps >= 0 and chains >= 1, ArithmeticError where theta overflows.
    Page: noise.md#langevin.
    """
    for name, value in (("beta", beta), ("eta", eta)):
        if not (np.isfinite(value) and value > 0):
            raise ValueError(f"{name} must be positive and finite; got {value:g}")
    if steps < 0 or steps != int(steps) or chains < 1 or chains != int(chains):
        raise ValueError(f"steps must be a whole number >= 0 and chains one >= 1; got {steps} and {chains}")
    theta = np.empty((int(steps) + 1, int(chains), problem.dim))
    theta[0] = problem.point(theta0)
    theta[1:] = np.sqrt(2 * eta / beta) * rng.standard_normal(theta[1:].shape)
    with np.errstate(over="raise", invalid="raise"):
        for k in range(int(steps)):
            theta[k + 1] += theta[k] - eta * problem.grad(theta[k])
    return theta


def ascending(t: ArrayLike) -> Array:
    """``t`` as times, shape (n,). Raises ValueError unless they ascend from 0 or later."""
    times = np.asarray(t, dtype=np.float64)
    if times.ndim != 1 or not len(times) or not np.isfinite(times).all():
        raise ValueError(f"t must be an array of finite times, shape (n,); got shape {times.shape}")
    if times[0] < 0 or not (np.diff(times) > 0).all():
        raise ValueError("t must ascend from 0 or later")
    return times


def integrate(
    field: Callable[[float, Point], Point], start: Point, t: Array, name: str, since: float = 0.0, **how: Any
) -> Points:
    """The states at the times t, shape (n, d), of x' = field(t, x) from ``start`` at ``since``; ``how``: to solve_ivp.

    Raises ArithmeticError, saying what could not be followed by its ``name``, where the solver fails.
    """
    from scipy.integrate import solve_ivp

    if t[-1] == since:
        return start[None, :]
    failed = f"{name} could not be followed to t = {t[-1]:g}"
    try:
        with np.errstate(over="raise", invalid="raise"):
            solution = solve_ivp(field, (since, t[-1]), start, t_eval=t, **how)
    except FloatingPointError as fault:
        raise ArithmeticError(f"{failed}: {fault}") from fault
    if not solution.success:
        raise ArithmeticError(f"{failed}: {solution.message}")
    return np.asarray(solution.y.T)


def _quadratic(problem: Quadratic, x0: Point, t: Array) -> Points:
    modes = problem.eigenvectors.T @ (x0 - problem.solution)
    decay = np.exp(-np.outer(t, problem.eigenvalues))
    return problem.solution + (decay * modes) @ problem.eigenvectors.T
