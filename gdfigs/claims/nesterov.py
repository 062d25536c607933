"""What the page "Nesterov's method" states."""

import numpy as np

from gdfigs.claims.classes import CONVEX, pretending
from gdfigs.claims.core import Pairs, claim
from gdfigs.maths import bounds, flows
from gdfigs.maths.methods import nesterov
from gdfigs.maths.problems import Point, Problem, huber, one_sided, quadratic

PAGE = "nesterov.md"


@claim(
    PAGE,
    r"f(\theta_k) - f(\theta^\ast) \le \frac{2R^2}{\eta (k + 1)^2} , \; 0 < \eta \le \tfrac1L",
    over=CONVEX,
)
def nesterov_rate(problem: Problem, theta0: Point, u: float) -> Pairs:
    """And on a Huber function that comes near to the bound."""
    k, R = np.arange(1, 61), float(np.linalg.norm(theta0 - problem.solution))
    for eta in (u / problem.L, 1 / problem.L):
        near = huber(bounds.worst_nesterov_slope(np.sqrt(eta * (k[-1] ** 2 + 5 * k[-1] + 2)), R), problem.L)
        for f, start in ((problem, theta0), (near, np.full(1, R))):
            yield nesterov(f, start, eta, 60).gap[1:], bounds.nesterov_convex(k, eta, R)


@nesterov_rate.without("convexity")
def _() -> Pairs:
    """From beside the maximum of the double well the gap stays while the bound falls."""
    yield from nesterov_rate.measure(one_sided(), np.full(1, 1e-12), 0.5)


@nesterov_rate.without("eta of at most 1/L")
def _() -> Pairs:
    yield from nesterov_rate.measure(pretending(quadratic([[1.0]]), L=0.7), np.ones(1), 0.5)


@claim(PAGE, r"f(\theta(t)) - f(\theta^\ast) \le \frac{2R^2}{t^2}", over=CONVEX)
def nesterov_flow(problem: Problem, theta0: Point, u: float) -> Pairs:
    t = 20 * u / np.sqrt(problem.L) * np.linspace(0, 1, 41)
    motion = flows.nesterov_flow(problem, theta0, t)
    yield motion.gap[1:], bounds.nesterov_flow_bound(t[1:], motion.distance[0])


@nesterov_flow.attained("c |x| with c = 4R/t^2, the limit of Huber functions")
def _() -> Pairs:
    """On Huber functions, by all but 4 / (L t^2)."""
    for t, R in ((1.0, 1.0), (3.0, 0.5)):
        motion = flows.nesterov_flow(huber(bounds.worst_nesterov_slope(t, R), L=1e11), [R], [t])
        yield motion.gap, bounds.nesterov_flow_bound(t, R)


@nesterov_flow.without("convexity")
def _() -> Pairs:
    """From beside the maximum of the double well the gap stays while the bound falls."""
    yield from nesterov_flow.measure(one_sided(), np.full(1, 1e-9), 0.5)
