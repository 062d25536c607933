"""Continuous dynamics, of first and of second order: in closed form where there is one, else by scipy's solve_ivp."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from gdfigs.maths.path import Path
from gdfigs.maths.problems import Array, Point, Points, Problem, Quadratic

RTOL = 1e-10
ATOL = 1e-12
"""Tolerances of the solver on each component, per step; the error of a path is within about 100 times these for a
convex $f$."""
EXPLICIT: dict[str, Any] = {"method": "DOP853", "rtol": 1e-12, "atol": 1e-14}
"""For the relatives of the gradient flow: an explicit method of order eight, for which precision is cheap."""
SERIES = 1e-3
r"""Up to $\sqrt L t$ of so much, Nesterov's equation, singular at $t = 0$, is followed by its series."""


def gradient_flow(problem: Problem, theta0: ArrayLike, t: ArrayLike) -> Path:
    r"""Follows $\theta' = -\nabla f(\theta)$ from $\theta_0$ to the times t, shape (n,), ascending from 0 or later.

    Quadratics: $\theta^* + V e^{-\Lambda t} V^T (\theta_0 - \theta^*)$, exact to rounding. Otherwise Radau's implicit
    method (stiff-safe) with the exact Hessian at `RTOL`, `ATOL`.
    Raises ValueError on times that do not ascend, ArithmeticError where the solver fails or $\theta$ overflows.
    Page: [Gradient flow](../gradient-flow.md#flow).
    """
    x0, times = problem.point(theta0), ascending(t)
    if isinstance(problem, Quadratic):
        return Path(problem, times, *_by_modes(problem, x0, np.exp(-np.outer(times, problem.eigenvalues))))
    how: dict[str, Any] = {"method": "Radau", "jac": lambda _, x: -problem.hess(x), "rtol": RTOL, "atol": ATOL}
    x = integrate(lambda _, x: -problem.grad(x), x0, times, f"the flow of {problem.name}", **how)
    return Path(problem, times, x)


def natural_gradient_flow(problem: Problem, metric: Callable[[Point], Array], theta0: ArrayLike, t: ArrayLike) -> Path:
    r"""Follows $\theta' = -G(\theta)^{-1} \nabla f(\theta)$ from $\theta_0$ to the times t, as `gradient_flow` does.

    The metric $G$ maps a point, shape (d,), to a symmetric positive definite matrix, shape (d, d). By the `EXPLICIT`
    solver: the error stays within about 100 times its tolerances where the flow does not expand, and the work grows
    with $t$ times the largest eigenvalue of $G^{-1} \nabla^2 f$.
    Raises ArithmeticError where $G$ has no Cholesky factor, too.
    Page: [Natural gradient flow](../natural-gradient.md#natural-gradient-flow).
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
    problem: Problem, theta0: ArrayLike, beta: float, eta: float, steps: int, chains: int, rng: np.random.Generator
) -> Points:
    r"""Follows $d\theta = -\nabla f(\theta) dt + \sqrt{2/\beta} \, dW$ by Euler-Maruyama; shape (steps + 1, chains, d).

    $\theta_{k+1} = \theta_k - \eta \nabla f(\theta_k) + \sqrt{2\eta/\beta} \, \xi_k$ with standard normal $\xi_k$, in
    independent chains that all start at $\theta_0$; the $k$-th iterate belongs to $t = k\eta$. The law at a given time
    is off by $O(\eta)$; on a quadratic `bounds.langevin_variance` says by how much in the end.
    Raises ValueError unless $\beta, \eta > 0$, steps $\ge 0$, chains $\ge 1$, ArithmeticError where $\theta$ overflows.
    Page: [Langevin dynamics](../noise.md#langevin).
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


def chain_density(problem: Problem, beta: float, eta: float, x: ArrayLike) -> Array:
    r"""Returns the stationary density of Euler-Maruyama in one dimension at evenly spaced points x, shape (n,).

    It solves $p(y) = \int p(x) \, q(x, y) \, dx$, where $q(x, \cdot)$ is normal of mean $x - \eta f'(x)$ and variance
    $2\eta/\beta$. The trapezoidal rule is exact to rounding for what is smooth and vanishes at the ends.
    Raises ValueError where two points lie farther apart than half the deviation of $q$, or the density at an end is
    more than $10^{-12}$ of its greatest value.
    Page: [Beyond the parabola](../noise.md#beyond-the-parabola).
    """
    points = np.asarray(x, float)
    gap, variance = points[1] - points[0], 2 * eta / beta
    if not gap <= np.sqrt(variance) / 2:
        raise ValueError(f"x must have a point every {np.sqrt(variance) / 2:.2g} or closer; got one every {gap:.2g}")
    mean = points - eta * problem.grad(points[:, None])[:, 0]
    balance = np.exp(-((points[:, None] - mean) ** 2) / (2 * variance)) * gap / np.sqrt(2 * np.pi * variance)
    balance -= np.eye(len(points))
    middle = len(points) // 2
    balance[middle] = gap  # in place of one equation, which follows from the others: the integral is 1
    density = np.linalg.solve(balance, np.eye(len(points))[middle])
    if not max(density[[0, -1]]) <= 1e-12 * density.max():
        raise ValueError(
            f"x must reach farther than from {points[0]:g} to {points[-1]:g}: there is density at the ends"
        )
    return density


@dataclass(frozen=True)
class Motion(Path):
    """A path with its velocities v, shape (n, d)."""

    v: Points

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.v.shape != self.x.shape:
            raise ValueError(f"v {self.v.shape} and x {self.x.shape} are not one motion")

    @cached_property
    def energy(self) -> Array:
        """$f + |v|^2 / 2$ along the motion, shape (n,)."""
        return self.f + (self.v**2).sum(axis=-1) / 2


def heavy_ball_flow(problem: Problem, theta0: ArrayLike, gamma: float, t: ArrayLike) -> Motion:
    r"""Follows $\theta'' + \gamma\theta' + \nabla f(\theta) = 0$, at rest at $\theta_0$ when $t = 0$; $\gamma \ge 0$.

    Quadratics: a mode of eigenvalue $\lambda$ is $e^{-\gamma t/2} (\cosh wt + \frac{\gamma}{2w} \sinh wt)$ times its
    start, $w^2 = \gamma^2/4 - \lambda$, exact to rounding. Otherwise `EXPLICIT`: for a convex $f$ the error of
    positions, and of velocities in units of $\sqrt L$, stays within about 100 times its tolerances; the work grows
    with $(\gamma + \sqrt L) t$. Raises as `gradient_flow` does.
    Page: [The heavy-ball equation](../momentum.md#heavy-ball-flow).
    """
    x0, times = problem.point(theta0), ascending(t)
    if not (np.isfinite(gamma) and gamma >= 0):
        raise ValueError(f"gamma must be finite and not negative; got {gamma:g}: friction takes energy away")
    if isinstance(problem, Quadratic):
        return Motion(problem, times, *_by_modes(problem, x0, *_damped(gamma, problem.eigenvalues, times[:, None])))
    rest = np.concatenate([x0, np.zeros(problem.dim)])
    # A longer step may be stable once all has decayed, but what is read off between its ends would be less exact.
    how = EXPLICIT | {"max_step": 2 / (gamma + np.sqrt(problem.L))}
    name = f"the heavy-ball equation of {problem.name}"
    states = integrate(_field(problem, lambda _: gamma), rest, times, name, **how)
    return Motion(problem, times, *np.split(states, 2, axis=1))


def nesterov_flow(problem: Problem, theta0: ArrayLike, t: ArrayLike) -> Motion:
    r"""Follows $\theta'' + (3/t) \theta' + \nabla f(\theta) = 0$, at rest at $\theta_0$ when $t = 0$.

    Quadratics: a mode of eigenvalue $\lambda$ is $2 J_1(s) / s$ times its start, $s = \sqrt\lambda t$, exact to
    rounding. Otherwise $\theta_0 - (t^2/8) g$, $g = \nabla f(\theta_0)$, up to $\sqrt L t$ = `SERIES`, which for any
    $L$-smooth $f$ is off by at most $L |g| t^4 / 192 < 10^{-14} |g| / L$, to a part in a million; from there on
    `EXPLICIT`, with errors as in `heavy_ball_flow`. Raises as `gradient_flow` does.
    Source: Su, Boyd & Candes 2016. Page: [Nesterov's differential equation](../nesterov.md#nesterov-flow).
    """
    x0, times = problem.point(theta0), ascending(t)
    if isinstance(problem, Quadratic):
        return Motion(problem, times, *_by_modes(problem, x0, *_bessel(problem.eigenvalues, times[:, None])))
    t0, slope = SERIES / np.sqrt(problem.L), problem.grad(x0)

    def series(t: ArrayLike) -> Array:
        t = np.asarray(t)[..., None]
        return np.concatenate([x0 - t**2 / 8 * slope, -t / 4 * slope], axis=-1)

    early, late = np.split(times, [np.searchsorted(times, t0, side="right")])
    states = [series(early)]
    if len(late):
        name = f"the Nesterov equation of {problem.name}"
        states.append(integrate(_field(problem, lambda t: 3 / t), series(t0), late, name, since=t0, **EXPLICIT))
    return Motion(problem, times, *np.split(np.vstack(states), 2, axis=1))


def ascending(t: ArrayLike) -> Array:
    """Returns `t` as times, shape (n,), and raises ValueError unless they ascend from 0 or later."""
    times = np.asarray(t, dtype=np.float64)
    if times.ndim != 1 or not len(times) or not np.isfinite(times).all():
        raise ValueError(f"t must be an array of finite times, shape (n,); got shape {times.shape}")
    if times[0] < 0 or not (np.diff(times) > 0).all():
        raise ValueError("t must ascend from 0 or later")
    return times


def integrate(
    field: Callable[[float, Point], Point], start: Point, t: Array, name: str, since: float = 0.0, **how: Any
) -> Points:
    """Returns the states at the times t, shape (n, d), of $x' = F(t, x)$, the field, from `start` at `since`.

    Passes `how` on to solve_ivp. Raises ArithmeticError, with the `name` of what fails, where the solver fails.
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


def _field(problem: Problem, friction: Callable[[float], float]) -> Callable[[float, Point], Point]:
    """Returns the equation as one of first order in position and velocity, side by side in a vector of shape (2d,)."""

    def field(t: float, state: Point) -> Point:
        x, v = state[: problem.dim], state[problem.dim :]
        return np.concatenate([v, -friction(t) * v - problem.grad(x)])

    return field


def _by_modes(problem: Quadratic, x0: Point, position: Array, *velocity: Array) -> list[Points]:
    """Returns positions, and velocities, whose modes are these multiples, shape (n, d), of those at the start."""
    modes, V = problem.eigenvectors.T @ (x0 - problem.solution), problem.eigenvectors
    return [problem.solution + (position * modes) @ V.T, *((each * modes) @ V.T for each in velocity)]


def _damped(gamma: float, lam: Array, t: Array) -> tuple[Array, Array]:
    half = gamma / 2
    w = np.sqrt(half**2 - lam + 0j)
    # With e^{(w - gamma/2) t} in front nothing overflows, and -lam / (gamma/2 + w) is w - gamma/2 without cancellation.
    envelope, u = np.exp(-lam / (half + w) * t), 2 * w * t
    sinh_over_w = envelope * t * np.divide(-np.expm1(-u), u, out=np.ones_like(u), where=u != 0)
    cosh = envelope * (1 + np.exp(-u)) / 2
    return (cosh + half * sinh_over_w).real, (-lam * sinh_over_w).real


def _bessel(lam: Array, t: Array) -> tuple[Array, Array]:
    from scipy.special import j1, jv

    s = np.sqrt(lam) * t
    ratio = np.divide(2, s, out=np.zeros_like(s), where=s != 0)
    return np.where(s == 0, 1.0, ratio * j1(s)), -np.sqrt(lam) * ratio * jv(2, s)
