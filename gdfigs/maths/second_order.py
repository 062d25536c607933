"""Equations of second order, motions with inertia: in closed form on quadratics, else by the solver of the flows."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from gdfigs.maths.flows import EXPLICIT, ascending, integrate
from gdfigs.maths.path import Path
from gdfigs.maths.problems import Array, Point, Points, Problem, Quadratic

SERIES = 1e-3
"""Up to sqrt(L) t = SERIES Nesterov's equation, singular at t = 0, is followed by its series."""


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
        """f + |v|^2 / 2 along the motion, shape (n,)."""
        return self.f + (self.v**2).sum(axis=-1) / 2


def heavy_ball_flow(problem: Problem, theta0: ArrayLike, gamma: float, t: ArrayLike) -> Motion:
    """theta'' + gamma theta' + grad f(theta) = 0, at rest at theta0 when t = 0.

    t: times, shape (n,), ascending from 0 or later. gamma: the friction, 0 or more.
    Quadratics: a mode of eigenvalue lambda is e^{-gamma t/2} (cosh w t + (gamma/2) sinh(w t) / w) times its start,
    where w^2 = gamma^2/4 - lambda, exact to rounding. Otherwise flows.EXPLICIT: where f is convex the error of
    positions, and of velocities in units of sqrt(L), stays within about 100 times its tolerances; the work grows
    with (gamma + sqrt(L)) t.
    Raises ValueError on such a gamma or such times, ArithmeticError where the solver fails or theta overflows.
    Page: momentum.md#heavy-ball-flow.
    """
    x0, times = problem.point(theta0), ascending(t)
    if not (np.isfinite(gamma) and gamma >= 0):
        raise ValueError(f"gamma must be finite and not negative; got {gamma:g}: friction takes energy away")
    if isinstance(problem, Quadratic):
        return _by_modes(problem, x0, times, *_damped(gamma, problem.eigenvalues, times[:, None]))
    rest = np.concatenate([x0, np.zeros(problem.dim)])
    # A longer step may be stable once all has decayed, but what is read off between its ends would be less exact.
    how = EXPLICIT | {"max_step": 2 / (gamma + np.sqrt(problem.L))}
    states = integrate(
        _field(problem, lambda _: gamma), rest, times, f"the heavy-ball equation of {problem.name}", **how
    )
    return Motion(problem, times, *np.split(states, 2, axis=1))


def nesterov_flow(problem: Problem, theta0: ArrayLike, t: ArrayLike) -> Motion:
    """theta'' + (3/t) theta' + grad f(theta) = 0, at rest at theta0 when t = 0.

    t: times, shape (n,), ascending from 0 or later.
    Quadratics: a mode of eigenvalue lambda is 2 J_1(s) / s times its start, s = sqrt(lambda) t, exact to rounding.
    Otherwise theta0 - (t^2/8) g, g = grad f(theta0), up to t0 = SERIES / sqrt(L), which for any L-smooth f is off by at
    most L |g| t^4 / 192 < 1e-14 |g| / L, to a part in a million; from there on flows.EXPLICIT, with errors as in
    heavy_ball_flow.
    Raises ValueError on times that do not ascend, ArithmeticError where the solver fails or theta overflows.
    Source: Su, Boyd & Candes 2016. Page: nesterov.md#nesterov-flow.
    """
    x0, times = problem.point(theta0), ascending(t)
    if isinstance(problem, Quadratic):
        return _by_modes(problem, x0, times, *_bessel(problem.eigenvalues, times[:, None]))
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


def _field(problem: Problem, friction: Callable[[float], float]) -> Callable[[float, Point], Point]:
    """The equation as one of first order in position and velocity, side by side in a vector of shape (2d,)."""

    def field(t: float, state: Point) -> Point:
        x, v = state[: problem.dim], state[problem.dim :]
        return np.concatenate([v, -friction(t) * v - problem.grad(x)])

    return field


def _by_modes(problem: Quadratic, x0: Point, t: Array, position: Array, velocity: Array) -> Motion:
    """The motion whose modes are ``position`` and ``velocity``, shape (n, d), times their starts."""
    modes, V = problem.eigenvectors.T @ (x0 - problem.solution), problem.eigenvectors
    return Motion(problem, t, problem.solution + (position * modes) @ V.T, (velocity * modes) @ V.T)


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
