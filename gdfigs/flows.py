"""Continuous dynamics: in closed form where there is one, else by scipy's solve_ivp."""

import numpy as np
from numpy.typing import ArrayLike

from gdfigs.path import Path
from gdfigs.problems import Array, Point, Problem, Quadratic

RTOL = 1e-10
ATOL = 1e-12
"""Tolerances of the solver on each component, per step; where f is convex the error of a path stays within
about 100 times these."""


def gradient_flow(problem: Problem, theta0: ArrayLike, t: ArrayLike) -> Path:
    """theta' = -grad f(theta), theta(0) = theta0, at the times t, shape (n,), ascending from 0 or later.

    Quadratics: theta* + V e^{-Lambda t} V^T (theta0 - theta*), exact to rounding. Otherwise Radau's implicit
    method (stiff-safe) with the exact Hessian at RTOL, ATOL.
    Raises ValueError on times that do not ascend, ArithmeticError where the solver fails or theta overflows.
    Page: gradient-flow.md#gradient-flow.
    """
    x0, times = problem.point(theta0), np.asarray(t, dtype=np.float64)
    if times.ndim != 1 or not len(times) or not np.isfinite(times).all():
        raise ValueError(f"t must be an array of finite times, shape (n,); got shape {times.shape}")
    if times[0] < 0 or not (np.diff(times) > 0).all():
        raise ValueError("t must ascend from 0 or later")
    if isinstance(problem, Quadratic):
        return Path(problem, times, _quadratic(problem, x0, times))
    return Path(problem, times, _solve(problem, x0, times))


def _quadratic(problem: Quadratic, x0: Point, t: Array) -> Array:
    assert problem.minimiser is not None
    modes = problem.eigenvectors.T @ (x0 - problem.minimiser)
    decay = np.exp(-np.outer(t, problem.eigenvalues))
    return problem.minimiser + (decay * modes) @ problem.eigenvectors.T


def _solve(problem: Problem, x0: Point, t: Array) -> Array:
    from scipy.integrate import solve_ivp

    if t[-1] == 0:
        return x0[None, :]
    failed = f"the flow of {problem.name} could not be followed to t = {t[-1]:g}"
    try:
        with np.errstate(over="raise", invalid="raise"):
            solution = solve_ivp(
                lambda _, x: -problem.grad(x),
                (0.0, t[-1]),
                x0,
                method="Radau",
                t_eval=t,
                jac=lambda _, x: -problem.hess(x),
                rtol=RTOL,
                atol=ATOL,
            )
    except FloatingPointError as fault:
        raise ArithmeticError(f"{failed}: {fault}") from fault
    if not solution.success:
        raise ArithmeticError(f"{failed}: {solution.message}")
    return np.asarray(solution.y.T)
