"""The same of flows, and of the methods that come of them."""

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from gdfigs.claims.core import WorstCase
from gdfigs.claims.corrections import loose_flow
from gdfigs.claims.flow_to_descent import backward_euler
from gdfigs.claims.gradient_flow import flow_convex_rate, flow_strongly_convex_rate
from gdfigs.claims.momentum import heavy_ball_rate
from gdfigs.claims.nesterov import nesterov_flow
from gdfigs.claims.worst_cases import MU, SIZES, SMOOTH_CONVEX, STRONGLY_CONVEX, L, Over, R, after, largest
from gdfigs.maths import bounds

T = 1.5
CONVEX: Over = ("ConvexFunction", {"reuse_gradient": True})  # differentiable
QUADRATIC: Over = ("SmoothStronglyConvexQuadraticFunction", {"L": L, "mu": MU})


def backward(eta: float, f: Any, x: Any, k: int) -> Any:
    from PEPit.primitive_steps import proximal_step

    for _ in range(k):
        x = proximal_step(x, f, eta)[0]
    return x


def largest_along(over: Over, posed: Callable[[Any, Any, Any, Any], tuple[Any, Any]]) -> float:
    """The same of what ``posed`` makes of gap, gradient, error and velocity at one point of a motion."""

    def at_a_point(f: Any, point: Callable[[], Any]) -> tuple[Any, Any]:
        star, x, velocity = f.stationary_point(), point(), point()
        return posed(f(x) - f(star), f.gradient(x), x - star, velocity)

    return largest(over, at_a_point)


@backward_euler.worst_case
def _() -> list[WorstCase]:
    gaps = [
        WorstCase(
            f"gap, eta = {eta}, k = {k}",
            partial(after, k, partial(backward, eta), CONVEX, "gap", "squared distance"),
            float(bounds.backward_euler_convex(k, eta, R)),
        )
        for k, eta in product((1, 2, 5), (0.3, 4.0))
    ]
    return gaps + [
        WorstCase(
            f"{size}, mu > 0, eta = {eta}, k = {k}",
            partial(after, k, partial(backward, eta), STRONGLY_CONVEX, size),
            R**2 * float(bounds.backward_euler_strongly_convex(k, eta, MU)),
        )
        for size, k, eta in product(SIZES, (1, 3), (0.3, 2.0))
    ]


# A flow has infinitely many points. Two kinds of programme bound it all the same: at one time, its Lyapunov function
# falls, and bounds the gap; and in k backward steps of t/k, which tend to the flow, the worst gap does not depend on k.


def in_steps(name: str, over: Over, exact: float, stated: float | None = None) -> list[WorstCase]:
    return [
        WorstCase(
            f"{name}, gap at t in backward steps of t/k, k = {k}",
            partial(after, k, partial(backward, T / k), over, "gap", "squared distance"),
            exact,
            stated,
        )
        for k in (1, 2, 5)
    ]


@flow_convex_rate.worst_case
def _() -> list[WorstCase]:
    def change(memory: float, d: Any, g: Any, e: Any, v: Any) -> tuple[Any, Any]:
        gained, lost = d + (T + memory / 2) * g**2, T * g**2 + g * e
        return gained - lost + g**2, g**2

    def gap(memory: float, d: Any, g: Any, e: Any, v: Any) -> tuple[Any, Any]:
        return d, (T * d + (T**2 + T * memory) * g**2 / 2 + e**2 / 2) / (R**2 / 2)

    found = []
    for name, over, memory, exact in (
        ("L-smooth", SMOOTH_CONVEX, 1 / L, float(bounds.flow_convex_smooth(T, R, L))),
        ("convex", CONVEX, 0.0, float(bounds.flow_convex(T, R))),
    ):
        changed, largest_gap = (partial(largest_along, over, partial(posed, memory)) for posed in (change, gap))
        found += [
            WorstCase(f"{name}, 1 more than the change of W where the gradient has length 1", changed, 1.0),
            WorstCase(f"{name}, gap where W = R^2/2", largest_gap, exact),
            *in_steps(name, over, exact),
        ]
    return found


@loose_flow.worst_case
def _() -> list[WorstCase]:
    exact, stated = bounds.flow_convex(T, R), bounds.flow_convex_classical(T, R)
    return in_steps("convex", CONVEX, float(exact), float(stated))


@flow_strongly_convex_rate.worst_case
def _() -> list[WorstCase]:
    exact = float(np.log(bounds.flow_strongly_convex(1.0, MU)))
    rates: dict[str, Callable[[Any, Any, Any, Any], tuple[Any, Any]]] = {
        "derivative of the gap where it is 1": lambda d, g, e, v: (-(g**2), d),
        "derivative of the squared distance where it is 1": lambda d, g, e, v: (-2 * (g * e), e**2),
    }
    return [WorstCase(name, partial(largest_along, STRONGLY_CONVEX, rate), exact) for name, rate in rates.items()]


@nesterov_flow.worst_case
def _() -> list[WorstCase]:
    def gains(d: Any, g: Any, e: Any, v: Any) -> tuple[Any, Any]:
        acceleration = -3 / T * v - g
        change = 2 * T * d + T**2 * (g * v) + 4 * ((e + T / 2 * v) * (3 / 2 * v + T / 2 * acceleration))
        loss = 2 * T * (g * e)
        return change + loss, loss

    def gap(d: Any, g: Any, e: Any, v: Any) -> tuple[Any, Any]:
        return d, (T**2 * d + 2 * (e + T / 2 * v) ** 2) / (2 * R**2)

    return [
        WorstCase("what E gains where it loses 1", partial(largest_along, CONVEX, gains), 1.0),
        WorstCase("gap where E = 2R^2", partial(largest_along, CONVEX, gap), float(bounds.nesterov_flow_bound(T, R))),
    ]


def heavy_ball(f: Any, x: Any, k: int) -> Any:
    alpha, beta = bounds.heavy_ball_parameters(L, MU)
    before = x
    for _ in range(k):
        x, before = x - alpha * f.gradient(x) + beta * (x - before), x
    return x


@heavy_ball_rate.worst_case
def _() -> list[WorstCase]:
    return [
        WorstCase(
            f"squared distance, k = {k}",
            partial(after, k, heavy_ball, QUADRATIC, "squared distance"),
            R**2 * float(bounds.heavy_ball_quadratic(k, L, MU)) ** 2,
        )
        for k in (1, 2, 3)
    ]
