"""Claims of the page "Nesterov's method"."""

from typing import Any

import numpy as np

from gdfigs.claims import worst_case as pep
from gdfigs.claims.classes import CONVEX, with_facts
from gdfigs.claims.core import Pairs, WorstCase, claim
from gdfigs.claims.symbolic import Expressions, along, moving, plane, sp
from gdfigs.maths import bounds, flows
from gdfigs.maths.methods import nesterov
from gdfigs.maths.problems import Point, Problem, huber, one_sided, quadratic


@claim(r"f(\theta_k) - f(\theta^\ast) \le \frac{2R^2}{\eta (k + 1)^2} , \; 0 < \eta \le \tfrac1L", over=CONVEX)
def nesterov_rate(problem: Problem, theta0: Point, u: float) -> Pairs:
    """Measure also on a Huber function that comes near to the bound."""
    k, R = np.arange(1, 61), float(np.linalg.norm(theta0 - problem.solution))
    for eta in (u / problem.L, 1 / problem.L):
        near = huber(bounds.worst_nesterov_slope(np.sqrt(eta * (k[-1] ** 2 + 5 * k[-1] + 2)), R), problem.L)
        for f, start in ((problem, theta0), (near, np.full(1, R))):
            yield nesterov(f, start, eta, 60).gap[1:], bounds.nesterov_convex(k, eta, R)


# From beside the maximum of the double well the gap stays while the bound falls.
nesterov_rate.without("convexity", (one_sided(), [1e-12], 0.5))
nesterov_rate.without(r"$\eta \le 1/L$", (with_facts(quadratic([[1.0]]), L=0.7), [1.0], 0.5))


@claim(r"f(\theta(t)) - f(\theta^\ast) \le \frac{2R^2}{t^2}", over=CONVEX)
def nesterov_flow(problem: Problem, theta0: Point, u: float) -> Pairs:
    t = 20 * u / np.sqrt(problem.L) * np.linspace(0, 1, 41)
    motion = flows.nesterov_flow(problem, theta0, t)
    yield motion.gap[1:], bounds.nesterov_flow_bound(t[1:], motion.distance[0])


@nesterov_flow.approached("Huber functions of slope $c = 4R/t^2$, as $L$ grows: their limit is $c |x|$")
def _() -> Pairs:
    """Come as near as $4 / (L t^2)$."""
    cases = ((1.0, 1.0), (3.0, 0.5))
    for L in (1e4, 1e6, 1e8):
        motions = [flows.nesterov_flow(huber(bounds.worst_nesterov_slope(t, R), L), [R], [t]) for t, R in cases]
        yield [motion.gap[0] for motion in motions], [bounds.nesterov_flow_bound(t, R) for t, R in cases]


# From beside the maximum of the double well the gap stays while the bound falls.
nesterov_flow.without("convexity", (one_sided(), [1e-9], 0.5))


@nesterov_flow.symbolic
def _() -> Expressions:
    """Differentiate the energy, and the point ahead of the motion."""
    e, d, g, _H = plane()
    v, t = sp.Matrix(sp.symbols("v_1 v_2")), sp.Symbol("t", positive=True)
    motion = moving(e, v) | moving(v, -3 / t * v - g) | {t: 1}
    ahead = e + t / 2 * v
    return [
        *(ahead.applyfunc(lambda a: along(motion, a)) + t / 2 * g),
        along(motion, t**2 * d + 2 * ahead.dot(ahead)) - 2 * t * (d - g.dot(e)),
    ]


@nesterov_flow.worst_case
def _() -> list[WorstCase]:
    def gains(d: Any, g: Any, e: Any, v: Any) -> pep.Quotient:
        acceleration = -3 / pep.T * v - g
        change = 2 * pep.T * d + pep.T**2 * (g * v) + 4 * ((e + pep.T / 2 * v) * (3 / 2 * v + pep.T / 2 * acceleration))
        loss = 2 * pep.T * (g * e)
        return change + loss, loss

    def gap(d: Any, g: Any, e: Any, v: Any) -> pep.Quotient:
        return d, (pep.T**2 * d + 2 * (e + pep.T / 2 * v) ** 2) / (2 * pep.R**2)

    return [
        pep.in_motion("what $E$ gains where it loses 1", pep.ANY_CONVEX, gains, 1),
        pep.in_motion("gap where $E = 2R^2$", pep.ANY_CONVEX, gap, bounds.nesterov_flow_bound(pep.T, pep.R)),
    ]
