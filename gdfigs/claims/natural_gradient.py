"""Claims of the page "The natural gradient"."""

from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np

from gdfigs.claims.classes import STRONGLY_CONVEX
from gdfigs.claims.core import Pairs, claim
from gdfigs.claims.symbolic import Expressions, sp
from gdfigs.maths import bounds
from gdfigs.maths.flows import natural_gradient_flow
from gdfigs.maths.problems import (
    Array,
    GaussianFit,
    Point,
    Problem,
    Quadratic,
    gaussian_fit,
    log_cosh,
    log_sum_exp,
    quadratic,
)


def _metric(theta: Point) -> Point:
    return np.eye(len(theta)) + np.outer(theta, theta)


def _phi(xi: Point) -> Point:
    """Change coordinates; the Jacobian differs from $I$ by a matrix of norm 1/2 at most."""
    return xi + np.sin(np.roll(xi, -1, axis=-1)) / 2


def _jacobian(xi: Point) -> Point:
    return np.eye(len(xi)) + np.roll(np.eye(len(xi)), 1, axis=1) * np.cos(xi) / 2


def _in_coordinates(problem: Problem) -> Problem:
    r"""Return $f(\varphi(\xi))$, as far as its flow needs it."""
    image = copy(problem)
    object.__setattr__(image, "grad", lambda xi: _jacobian(xi).T @ problem.grad(_phi(xi)))
    return image


@claim(
    over=STRONGLY_CONVEX,
    relation="==",
)
def natural_gradient_invariance(problem: Problem, theta0: Point, u: float) -> Pairs:
    t = 2 / problem.L * np.linspace(0.1, 1, 4)

    def carried_over(xi: Point) -> Point:
        J = _jacobian(xi)
        return J.T @ _metric(_phi(xi)) @ J

    image = natural_gradient_flow(_in_coordinates(problem), carried_over, theta0, t)
    yield _phi(image.x), natural_gradient_flow(problem, _metric, _phi(theta0), t).x


@natural_gradient_invariance.without(r"a metric carried over as $J^\top G J$")
def _() -> Pairs:
    f, start, t = log_cosh(2), np.array([1.0, -0.5]), np.ones(1)
    image = natural_gradient_flow(_in_coordinates(f), lambda xi: _metric(_phi(xi)), start, t)
    yield _phi(image.x), natural_gradient_flow(f, _metric, _phi(start), t).x


@natural_gradient_invariance.symbolic
def _() -> Expressions:
    a, b, c = sp.symbols("a b c")
    J, G = sp.Matrix(2, 2, sp.symbols("J_:4")), sp.Matrix([[a, b], [b, c]])
    return list(J * (J.T * G * J).inv() * J.T - G.inv())


@claim(
    over=STRONGLY_CONVEX,
    relation="==",
)
def newton_flow(problem: Problem, theta0: Point, u: float) -> Pairs:
    path = natural_gradient_flow(problem, problem.hess, theta0, 3 * u * np.linspace(0.25, 1, 4))
    left = bounds.newton_flow_factor(path.t)[:, None]
    yield problem.grad(path.x), left * problem.grad(theta0)
    if isinstance(problem, Quadratic):
        yield path.x - problem.solution, left * (theta0 - problem.solution)


@newton_flow.without("the Hessian for a metric")
def _() -> Pairs:
    f = quadratic(np.diag([1.0, 2.0]))
    yield f.grad(natural_gradient_flow(f, _metric, [1.0, 1.0], [1.0]).x[0]), np.exp(-1) * f.grad(np.ones(2))


def _without_a_minimum() -> Problem:
    r"""Return $(3x + \sqrt{1 + x^2}) / 2$, convex, with slopes from 1 to 2: no minimiser, and no strong convexity."""
    return Problem(
        "the function without a minimum",
        1,
        f=lambda x: (3 * x + np.sqrt(1 + x**2))[..., 0] / 2,
        grad=lambda x: (3 + x / np.sqrt(1 + x**2)) / 2,
        hess=lambda x: ((1 + x**2) ** -1.5)[..., None] / 2,
        L=0.5,
        mu=0.0,
        minimiser=None,
    )


@claim(
    relation="==",
)
def newton_flow_ends() -> Pairs:
    """Follow the flow to nine tenths of its time; at the end the slope would be 1, which it only tends to."""
    f, end = _without_a_minimum(), np.log(1.5)
    x = np.linspace(-3, 3, 7)[:, None]
    beside: Any = x + 1e-30j  # a step in the imaginary direction differentiates to rounding
    yield f.f(beside).imag / 1e-30, f.grad(x)[:, 0]
    yield f.grad(beside).imag[:, 0] / 1e-30, f.hess(x)[:, 0, 0]
    t = end * np.array([0.1, 0.3, 0.5, 0.7, 0.9])
    path = natural_gradient_flow(f, f.hess, [0.0], t)
    yield path.x[:, 0], _ending_flow(t)
    yield f.grad(path.x)[:, 0], f.grad(np.zeros(1)) * bounds.newton_flow_factor(t)
    yield f.grad(np.zeros(1)) * bounds.newton_flow_factor(end), f.grad(np.array([-1e9]))
    assert (f.grad(-np.geomspace(1e-3, 1e6, 50)[:, None]) > 1).all()


def _ending_flow(t: Array) -> Array:
    y = -1.5 * np.expm1(-t)
    return -2 * y / np.sqrt(1 - 4 * y**2)


@newton_flow_ends.without("the Hessian for a metric")
def _() -> Pairs:
    t = np.array([0.3])
    yield natural_gradient_flow(_without_a_minimum(), lambda x: np.eye(1), [0.0], t).x[:, 0], _ending_flow(t)


@newton_flow_ends.symbolic
def _() -> Expressions:
    """Differentiate the flow in time, by way of $y$, whose derivative is $f' = 3/2 - y$: it is $-f'/f''$."""
    x, y = sp.symbols("x y", real=True)
    f = (3 * x + sp.sqrt(1 + x**2)) / 2
    position = -2 * y / sp.sqrt(1 - 4 * y**2)
    slope = sp.Rational(3, 2) - y
    there = {sp.sqrt(1 + x**2): 1 / sp.sqrt(1 - 4 * y**2), x: position}  # the first says that this is so
    return [
        1 + position**2 - 1 / (1 - 4 * y**2),
        f.diff(x).subs(there) - slope,
        position.diff(y) * slope + slope / f.diff(x, 2).subs(there),
    ]


POINTS = np.vstack([np.eye(2), -np.eye(2)])
"""An exponential family: $T(x) = x$ on four points, with `A = log_sum_exp(2)`."""
TARGET = np.array([0.3, -0.2])


def _probabilities(xi: Point) -> Point:
    weights = np.exp(POINTS @ xi)
    return weights / weights.sum()


def _fisher(xi: Point) -> Point:
    r"""Return the mean of the squares of the score $T - \tau$, over the family's four points."""
    p = _probabilities(xi)
    score = POINTS - p @ POINTS
    return score.T @ (p[:, None] * score)


def _likelihood() -> Problem:
    r"""Return $A(\xi)$ less TARGET times $\xi$, as far as its flow needs it."""
    A = log_sum_exp(2)
    f = copy(A)
    object.__setattr__(f, "grad", lambda xi: A.grad(xi) - TARGET)
    return f


@claim(relation="==")
def exponential_family() -> Pairs:
    f, start = _likelihood(), np.array([-1.0, 2.0])
    yield _fisher(start), f.hess(start)
    path = natural_gradient_flow(f, _fisher, start, np.linspace(0, 4, 9))
    tau = np.array([_probabilities(xi) @ POINTS for xi in path.x])
    yield tau - TARGET, bounds.newton_flow_factor(path.t)[:, None] * (tau[0] - TARGET)


@exponential_family.without("the Fisher information for a metric")
def _() -> Pairs:
    path = natural_gradient_flow(_likelihood(), lambda xi: np.eye(2), [-1.0, 2.0], [1.0])
    yield (
        _probabilities(path.x[0]) @ POINTS,
        TARGET + np.exp(-1) * (_probabilities(np.array([-1.0, 2.0])) @ POINTS - TARGET),
    )


@claim(
    relation="==",
)
def fitting_a_gaussian() -> Pairs:
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)  # exact for polynomials: scores and log p are of degree 2
    weights = weights / weights.sum()
    m, s = 0.7, 1.3
    score = np.stack([nodes / s, (nodes**2 - 1) / s])
    for power in (1.0, 0.0, -2.0, 0.5):
        fit = gaussian_fit(power, -0.4, 0.8)
        theta, per_s = fit.coordinates(m, s), np.diag([1, s ** (power - 1)])
        yield per_s @ fit.fisher(theta) @ per_s, score @ (weights * score).T
        x = -0.4 + 0.8 * nodes
        yield fit.f(theta), weights @ (np.log(s / 0.8) + (x - m) ** 2 / (2 * s**2) - nodes**2 / 2)
        yield _fitted(fit, fit.fisher), bounds.gaussian_natural_flow(T, START, (-0.4, 0.8))


START, T = (1.5, 0.4), np.linspace(0, 3, 7)


def _fitted(fit: GaussianFit, metric: Callable[[Point], Point]) -> Point:
    return fit.distribution(natural_gradient_flow(fit, metric, fit.coordinates(*START), T).x)


@fitting_a_gaussian.without("the Fisher information for a metric")
def _() -> Pairs:
    plain, precision = (_fitted(gaussian_fit(power), lambda theta: np.eye(2)) for power in (1.0, -2.0))
    yield plain, precision


@fitting_a_gaussian.symbolic
def _() -> Expressions:
    """Compute the natural gradient of f, in $m$ and in $s^2$, and the flow of $s^2$."""
    m, a = sp.symbols("m a")
    s, b, t = sp.symbols("s b t", positive=True)
    f = sp.log(s / b) + (b**2 + (m - a) ** 2) / (2 * s**2) - sp.Rational(1, 2)
    left = sp.exp(-t)
    variance = (1 - left) * b**2 + left * s**2 + left * (1 - left) * (m - a) ** 2
    return [
        s**2 * f.diff(m) - (m - a),
        2 * s * (s**2 / 2) * f.diff(s) - (s**2 - b**2 - (m - a) ** 2),
        variance.diff(t) + variance - b**2 - (left * (m - a)) ** 2,
    ]
