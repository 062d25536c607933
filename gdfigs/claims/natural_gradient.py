"""What the page "The natural gradient" states."""

from copy import copy

import numpy as np

from gdfigs.claims import Pairs, claim
from gdfigs.claims.suite import STRONGLY_CONVEX
from gdfigs.flows import natural_gradient_flow
from gdfigs.problems import Array, Point, Problem, Quadratic, log_cosh, quadratic

PAGE = "natural-gradient.md"


def _metric(theta: Point) -> Array:
    return np.eye(len(theta)) + np.outer(theta, theta)


def _phi(xi: Array) -> Array:
    """A change of coordinates: the Jacobian differs from I by a matrix of norm 1/2 at most."""
    return xi + np.sin(np.roll(xi, -1, axis=-1)) / 2


def _jacobian(xi: Point) -> Array:
    return np.eye(len(xi)) + np.roll(np.eye(len(xi)), 1, axis=1) * np.cos(xi) / 2


def _in_coordinates(problem: Problem) -> Problem:
    """f(phi(xi)), as far as its flow needs it."""
    image = copy(problem)
    object.__setattr__(image, "grad", lambda xi: _jacobian(xi).T @ problem.grad(_phi(xi)))
    return image


@claim(
    PAGE,
    r"\varphi(\xi(t)) = \theta(t) \text{ if the metric in } \xi \text{ is } J^\top G J"
    r"; \; \theta(t) - \theta^\ast = e^{-t} (\theta_0 - \theta^\ast) \text{ on quadratics with } G = A",
    over=STRONGLY_CONVEX,
    relation="==",
)
def natural_gradient_invariance(problem: Problem, theta0: Point, u: float) -> Pairs:
    t = 2 / problem.L * np.linspace(0.1, 1, 4)
    flow = natural_gradient_flow(problem, _metric, _phi(theta0), t)

    def carried_over(xi: Point) -> Array:
        J = _jacobian(xi)
        return J.T @ _metric(_phi(xi)) @ J

    image = natural_gradient_flow(_in_coordinates(problem), carried_over, theta0, t)
    yield _phi(image.x), flow.x
    if isinstance(problem, Quadratic):
        straight = natural_gradient_flow(problem, problem.hess, theta0, np.linspace(0, 3, 4))
        yield straight.x - problem.solution, np.exp(-straight.t)[:, None] * (theta0 - problem.solution)


@natural_gradient_invariance.without("a metric carried over as J^T G J")
def _() -> Pairs:
    f, start, t = log_cosh(2), np.array([1.0, -0.5]), np.ones(1)
    image = natural_gradient_flow(_in_coordinates(f), lambda xi: _metric(_phi(xi)), start, t)
    yield _phi(image.x), natural_gradient_flow(f, _metric, _phi(start), t).x


@natural_gradient_invariance.without("the Hessian for a metric")
def _() -> Pairs:
    flow = natural_gradient_flow(quadratic(np.diag([1.0, 2.0])), _metric, [1.0, 1.0], [1.0])
    yield flow.x, np.exp(-1) * np.ones(2)
