"""The same of flows, and of flows beside descent."""

from collections.abc import Mapping
from typing import Any

from gdfigs.claims.comparison import equal_time, exponents
from gdfigs.claims.gradient_flow import (
    energy,
    escape,
    existence,
    existence_examples,
    flow_convex_rate,
    flow_strongly_convex_rate,
    quadratic_flow,
)
from gdfigs.claims.identities import Expressions, symbols
from gdfigs.claims.pictures import orbits, zigzag_threshold


def plane() -> tuple[Any, Any, Any, Any]:
    """A point of the plane, a function of it, its gradient and its Hessian: all general.

    Its minimiser, where it has one, is the origin, and its minimum 0; any other function is such a one, moved.
    """
    from sympy import Function, Matrix, hessian

    x = Matrix(symbols("x y"))
    value = Function("f")(*x)
    return x, value, Matrix([value.diff(xi) for xi in x]), hessian(value, list(x))


def moving(x: Any, velocity: Any) -> dict[Any, Any]:
    """What ``along`` takes: each coordinate with its speed."""
    return dict(zip(x, velocity, strict=True))


def along(motion: Mapping[Any, Any], expression: Any) -> Any:
    """The derivative of an expression in time, where each variable moves at its speed."""
    return sum(expression.diff(variable) * speed for variable, speed in motion.items())


@energy.symbolic
def _() -> Expressions:
    x, f, g, _H = plane()
    return [along(moving(x, -g), f) + g.dot(g)]


@existence.symbolic
def _() -> Expressions:
    """The distance to the minimiser along the flow."""
    x, _f, g, _H = plane()
    return [along(moving(x, -g), x.dot(x) / 2) + g.dot(x)]


@existence_examples.symbolic
def _() -> Expressions:
    from sympy import Rational, sqrt

    t, x, x0 = symbols("t x x_0", positive=True)
    waiting, bursting = (2 * t / 3) ** Rational(3, 2), x0 / sqrt(1 - 2 * x0**2 * t)
    return [
        waiting.diff(t) + (-3 * x ** Rational(4, 3) / 4).diff(x).subs(x, waiting),
        bursting.diff(t) + (-(x**4) / 4).diff(x).subs(x, bursting),
        (x0 / bursting) ** 2 - (1 - t / (1 / (2 * x0**2))),  # 1 at the start, 0 at the time of the burst
    ]


@escape.symbolic
def _() -> Expressions:
    """First integrals: along the flows of 1/(1 + x^2) and of e^{-x} they run with the time."""
    from sympy import exp, log

    x = symbols("x", positive=True)
    return [
        along({x: -(1 / (1 + x**2)).diff(x)}, (log(x) + x**2 + x**4 / 4) / 2) - 1,
        along({x: -exp(-x).diff(x)}, exp(x)) - 1,
    ]


@flow_convex_rate.symbolic
def _() -> Expressions:
    e, d, g, H = plane()
    t, L, R = symbols("t L R")
    flow, bend = moving(e, -g) | {t: 1}, (g.T * H * g)[0]
    V, W = t * d + e.dot(e) / 2, t * d + (t**2 + t / L) * g.dot(g) / 2 + e.dot(e) / 2
    c, slope = t + 1 / L, L * R / (2 * L * t + 1)
    x = R - slope * t
    return [
        along(flow, V) - (d - t * g.dot(g) - g.dot(e)),
        along(flow, g.dot(g)) + 2 * bend,
        along(flow, W) - (d - t * g.dot(g) + (t + 1 / (2 * L)) * g.dot(g) - g.dot(e)) + (t**2 + t / L) * bend,
        (c * g).dot(c * g) / 2 + e.dot(e) / 2 - c * g.dot(e) - (c * g - e).dot(c * g - e) / 2,
        (c**2 - c / L) * g.dot(g) / 2 + e.dot(e) / 2 - (W - t * d),
        x - R * (L * t + 1) / (2 * L * t + 1),
        slope * x - slope**2 / (2 * L) - slope * R / 2,
        slope * R / 2 - L * R**2 / (4 * L * t + 2),
    ]


@flow_strongly_convex_rate.symbolic
def _() -> Expressions:
    """Gronwall: times e^{2 mu t}, gap and squared distance change by what the inequalities make negative."""
    from sympy import exp

    e, d, g, _H = plane()
    t, mu, x0 = symbols("t mu x_0")
    flow, growth, x = moving(e, -g) | {t: 1}, exp(2 * mu * t), exp(-mu * t) * x0
    return [
        along(flow, growth * d) - growth * (2 * mu * d - g.dot(g)),
        along(flow, growth * e.dot(e)) - 2 * growth * (mu * e.dot(e) - g.dot(e)),
        x.diff(t) + mu * x,
        mu / 2 * x**2 - mu / 2 * x0**2 * exp(-2 * mu * t),
    ]


@quadratic_flow.symbolic
def _() -> Expressions:
    """Every rotation of the plane but one is this V."""
    from sympy import Matrix, diag, exp, eye

    t, u, l1, l2 = symbols("t u lambda_1 lambda_2")
    V, start = Matrix([[1 - u**2, -2 * u], [2 * u, 1 - u**2]]) / (1 + u**2), Matrix(symbols("x_1 x_2"))
    A, decay = V * diag(l1, l2) * V.T, diag(exp(-l1 * t), exp(-l2 * t))
    theta = V * decay * V.T * start
    return [
        *(V.T * V - eye(2)),
        *(theta.diff(t) + A * theta),
        *(theta.subs(t, 0) - start),
        *((V.T * theta).diff(t) + diag(l1, l2) * V.T * theta),
    ]


@exponents.symbolic
def _() -> Expressions:
    """The series; that -log(1 - x) - x has the derivative x/(1 - x) and so grows; and the limit."""
    from sympy import limit, log

    x, mu, eta = symbols("x mu eta", positive=True)
    return [
        (-log(1 - x)).series(x, 0, 3).removeO() - (x + x**2 / 2),
        (-log(1 - x) - x).diff(x) - x / (1 - x),
        limit(-log(1 - eta * mu) / eta, eta, 0) - mu,
    ]


@equal_time.symbolic
def _() -> Expressions:
    """e^{-x} - (1 - x) is an integral of 1 - e^{-s} from 0 to x, which is positive for every x but 0; and the limit."""
    from sympy import exp, integrate, limit

    x, s, mu, t, eta = symbols("x s mu t eta", positive=True)
    return [
        exp(-x) - (1 - x) - integrate(1 - exp(-s), (s, 0, x)),
        limit((1 - eta * mu) ** (t / eta), eta, 0) - exp(-mu * t),
    ]


@orbits.symbolic
def _() -> Expressions:
    from sympy import exp

    x0, y0, a, b, t = symbols("x_0 y_0 a b t", positive=True)
    x, y = exp(-2 * a * t) * x0, exp(-2 * b * t) * y0
    return [x.diff(t) + 2 * a * x, y.diff(t) + 2 * b * y, y - y0 * (x / x0) ** (b / a)]


@zigzag_threshold.symbolic
def _() -> Expressions:
    lam, eta, z = symbols("lambda eta z")
    return [z - eta * (lam / 2 * z**2).diff(z) - (1 - eta * lam) * z]
