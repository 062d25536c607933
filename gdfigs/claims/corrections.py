"""Claims of the page "Where the post was wrong": statements of the post that are false, or true but loose."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from gdfigs.claims import worst_case as pep
from gdfigs.claims.classes import CONVEX, STRONGLY_CONVEX, FunctionClass, with_facts
from gdfigs.claims.core import Pairs, WorstCase, claim
from gdfigs.claims.gradient_descent import convex_rate
from gdfigs.claims.gradient_flow import winding_velocity
from gdfigs.maths import bounds
from gdfigs.maths.flows import gradient_flow, heavy_ball_flow
from gdfigs.maths.methods import gradient_descent
from gdfigs.maths.problems import Array, Point, Problem, bowl, concave, hill, huber, one_sided, quadratic

STEPS = 30


def _pieces(x: Array) -> int:
    """Count the pieces in which a sequence rises or falls: one that never turns has one."""
    ways = np.sign(np.diff(x))
    return 1 + int(np.count_nonzero(np.diff(ways[ways != 0])))


def _solves(t: Array, x: Array, velocity: Callable[[Array], Array]) -> bool:
    """Say whether x' = velocity(x) at equally spaced times, in its integrated form, by the trapezoidal rule.

    Where a solution leaves 0 like a square root the rule errs most, by less than a step's 3/2-th power; a step is left.
    """
    v, step = velocity(x), t[1] - t[0]
    integral = np.cumsum((v[1:] + v[:-1]) / 2 * step)
    return bool(np.abs(x[1:] - x[0] - integral).max() < step)


# False or misleading: the post says measured <= bound; each pair is a counterexample.


@claim(relation=">")
def false_hessian() -> Pairs:
    """Take $-5 x^2$ and the double well, both with $L = 1$, which their second derivatives do not exceed."""
    x = np.linspace(0.01, 1, 100)[:, None]
    yield 10 * np.abs(concave().grad(x) - concave().grad(-x)), 2 * x
    f = one_sided()
    yield np.abs(f.grad(x) - f.grad(-x)), max(f.hess(x).max(), 1.0) * 2 * x


@claim(relation=">")
def false_stable() -> Pairs:
    for eta in (0.1, 1.0, 1.9):
        path = gradient_descent(concave(), 1.0, eta, STEPS)
        yield np.abs(path.x[1:, 0]), np.abs(path.x[0, 0])


@claim(relation=">")
def false_divergence() -> Pairs:
    """Whatever diverges comes at some time to twice its first distance."""
    cycle = gradient_descent(huber(2.0, L=4.0), [0.75], 3 / 4.0, 10 * STEPS, diverge=True)
    line = gradient_descent(quadratic(np.diag([1.0, 10.0])), [1.0, 0.0], 0.21, 10 * STEPS, diverge=True)
    for path in (cycle, line):
        yield 2 * path.distance[0], path.distance.max()


@claim(relation=">")
def false_zigzag() -> Pairs:
    """A zigzag turns, so that some component moves in two pieces or more."""
    for h in (0.1, 0.5, 1.0):
        path = gradient_descent(bowl(1000.0, L=4.0), [1.0, 1.0], h / 4.0, 10 * STEPS)
        yield 2, max(_pieces(component) for component in path.x.T)


@claim(relation=">")
def false_rolling() -> Pairs:
    """On $x^2/2$ a ball goes to and fro, in pieces; the flow in one."""
    f, t = quadratic([[1.0]]), np.linspace(0, 10, 501)
    yield _pieces(heavy_ball_flow(f, 1.0, 0.5, t).x[:, 0]), _pieces(gradient_flow(f, 1.0, t).x[:, 0])


@claim(relation=">")
def false_solution() -> Pairs:
    """Count the solutions of $-(3/4) |x|^{4/3}$ from 0; on $-x^4/4$ from 1, compare time 1 with that of the burst."""
    t = np.linspace(0, 3, 3001)
    yield sum(_solves(t, bounds.waiting_flow(t, wait), np.cbrt) for wait in (0.0, 1.0, 2.0, 3.0)), 1
    end = float(bounds.bursting_time(1.0))
    before = np.linspace(0, 0.9 * end, 3001)
    assert _solves(before, bounds.bursting_flow(before, 1.0), lambda x: x**3)
    yield 1.0, end


@claim(relation=">")
def false_critical_points() -> Pairs:
    """Whatever converges moves less and less; these move further from $t$ to $2t$ than from 1 to 2."""
    t = np.array([1.0, 2.0, 1e4, 2e4])
    for x in (gradient_flow(hill(), 1.0, t).x[:, 0], bounds.exponential_flow(t, 0.0)):
        yield x[3] - x[2], x[1] - x[0]


@claim(relation=">")
def false_minima() -> Pairs:
    """Follow the curve of the example for half a turn, from starts ever nearer to the minimiser $(1, 0)$."""
    for turns in (1, 2, 4):
        psi = 2 * np.pi * turns + np.linspace(0, np.pi, 50)
        r = np.sqrt(1 - 1 / psi)
        outwards, around = winding_velocity(r, psi)
        assert (outwards > 0).all()
        # At the last, the velocity outwards is what terms leave that are a million times as large.
        assert np.allclose(around / outwards, 2 * r * psi**2, rtol=1e-5, atol=0)
        away = np.abs(r * np.exp(1j * psi) - 1)
        assert away[0] < 0.1 / turns
        yield away[-1], 1.0


@claim(relation=">")
def false_flow_stability() -> Pairs:
    f, t = concave(), np.array([0.0, 1.0, 2.0, 3.0])
    apart = gradient_flow(f, 1.1, t).x - gradient_flow(f, 1.0, t).x
    yield np.abs(apart[1:]), np.abs(apart[0])


@claim(relation=">")
def false_remainder() -> Pairs:
    r"""Take $(2/5) \max(x, 0)^{5/2} - x$ from 0, where $\theta' = 1$ and $\theta'' = 0$: beyond any $C \eta^3$."""
    f = Problem(
        "five halves",
        1,
        f=lambda x: (0.4 * np.maximum(x, 0) ** 2.5 - x)[..., 0],
        grad=lambda x: np.maximum(x, 0) ** 1.5 - 1,
        hess=lambda x: 1.5 * np.sqrt(np.maximum(x, 0))[..., None],
        L=1.5,  # up to the minimiser, which the flow does not pass
        mu=0.0,
        minimiser=np.ones(1),
    )
    x = np.array([[-1.0], [0.5], [2.0]])
    beside: Any = x + 1e-30j  # a step in the imaginary direction differentiates to rounding
    assert np.allclose(f.f(beside).imag / 1e-30, f.grad(x)[:, 0], rtol=1e-12, atol=0)
    for C, eta in ((1.0, 1e-1), (3.0, 1e-2), (10.0, 1e-3)):
        yield eta - gradient_flow(f, 0.0, [eta]).x[0], C * eta**3


@claim(relation=">")
def false_implicit() -> Pairs:
    r"""A proximal step has $f(x_{k+1}) + |x_{k+1} - x_k|^2 / (2\eta) \le f(x_k)$; here on $-x^2/2$, with $\eta = 3$."""
    f, eta = concave(), 3.0
    x = bounds.backward_factor(eta * f.mu) ** np.arange(10.0)
    value = f.f(x[:, None])
    yield np.diff(x) ** 2 / (2 * eta) - value[:-1], -value[1:]
    yield bounds.adams_moulton_factor(7.0), 1.0


@claim(
    relation=">",
)
def false_rate() -> Pairs:
    r"""Run on the steepest mode, with steps beyond $2/(L + \mu)$ and below $2/L$."""
    for kappa in (2.0, 10.0, 100.0):
        f = bowl(kappa)
        best, largest = bounds.best_step(f.L, f.mu), bounds.largest_step(f.L)
        for eta in (0.9 * best + 0.1 * largest, 0.5 * (best + largest)):
            path = gradient_descent(f, [0.0, 1.0], eta, STEPS)
            yield path.distance[1:], np.abs(bounds.forward_factor(eta * f.mu)) ** np.arange(1, len(path))


@claim(relation=">")
def false_factor() -> Pairs:
    """Compare twice the exponent of descent with that of the flow, distance with distance and gap with gap."""
    for eta in (0.5, 0.1, 0.001):
        descent = gradient_descent(quadratic([[1.0]]), 1.0, eta, 20)
        flow = gradient_flow(quadratic([[1.0]]), 1.0, descent.t)
        yield -2 * np.log(descent.distance[-1]), -np.log(flow.distance[-1])
        yield -2 * np.log(descent.gap[-1] / descent.gap[0]), -np.log(flow.gap[-1] / flow.gap[0])


@claim(relation=">")
def false_faster() -> Pairs:
    r"""Run until the time $10/\mu$, from the start that is slowest for both."""
    for kappa in (1.5, 3.0, 10.0):
        f = bowl(kappa)
        for eta in (bounds.best_step(f.L, f.mu), 0.5 / f.L):
            descent = gradient_descent(f, [1.0, 0.0], eta, int(10 / (eta * f.mu)))
            yield gradient_flow(f, [1.0, 0.0], descent.t[1:]).distance, descent.distance[1:]


@claim(relation=">")
def false_kappa() -> Pairs:
    r"""Run at $\eta = 1/L$, from the slowest start."""
    for kappa in (2.0, 10.0, 100.0):
        path = gradient_descent(bowl(kappa), [1.0, 0.0], 1.0, STEPS)
        yield np.exp(-path.t[1:] / kappa**2), path.distance[1:]


# True but loose: the worst ratio says by how much. So the functions that meet the exact bounds are among the sampled.

WORST_CONVEX = FunctionClass(CONVEX.name, lambda rng: [*CONVEX.members(rng), huber(0.01)])
WORST_STRONGLY_CONVEX = FunctionClass(
    STRONGLY_CONVEX.name, lambda rng: [*STRONGLY_CONVEX.members(rng), replace(quadratic([[0.01]]), L=1.0)]
)


def _halfway(problem: Problem, theta0: Point) -> float:
    r"""Return half the time to the minimiser at the first speed, $R / (2 |\nabla f|)$: a Huber function's worst."""
    return float(np.linalg.norm(theta0 - problem.solution) / np.linalg.norm(problem.grad(theta0)) / 2)


@claim(over=WORST_CONVEX)
def loose_convex(problem: Problem, theta0: Point, u: float) -> Pairs:
    L, steps = problem.L, int(problem.L * _halfway(problem, theta0)) + 1
    path = gradient_descent(problem, theta0, 1 / L, steps)
    yield path.gap[1:], bounds.gd_convex_classical(np.arange(1, steps + 1), L, path.distance[0])


loose_convex.without("convexity")(convex_rate.fails_without["convexity"])
loose_convex.worst_case(pep.gaps_of_descent)


@claim(
    over=WORST_STRONGLY_CONVEX,
)
def loose_linear(problem: Problem, theta0: Point, u: float) -> Pairs:
    """Compare logarithms, as far as a gap does not drown in the rounding of f."""
    path = gradient_descent(problem, theta0, 1 / problem.L, STEPS)
    promised = -np.log(bounds.gd_strongly_convex_classical(np.arange(len(path)), problem.kappa))
    for size in (path.distance**2, path.gap):
        large = size > 1e-5 * size[0]
        large[0] = False
        yield promised[large], -np.log(size[large] / size[0])


loose_linear.without("strong convexity", (with_facts(huber(0.1), mu=0.1), [9.0], 0.5))
loose_linear.worst_case(pep.ratios_of_descent)


@claim(
    over=WORST_STRONGLY_CONVEX,
)
def loose_steps(problem: Problem, theta0: Point, u: float) -> Pairs:
    r"""Count the steps until the gap has fallen to a hundredth, at $1/L$ and at $2/(L + \mu)$."""
    accuracy = 0.01
    allowed = problem.kappa * np.log(1 / accuracy)
    for eta in (1 / problem.L, bounds.best_step(problem.L, problem.mu)):
        path = gradient_descent(problem, theta0, eta, int(allowed) + 1)
        yield np.count_nonzero(path.gap > accuracy * path.gap[0]), allowed


loose_steps.without("strong convexity", (with_facts(huber(0.1), mu=0.1), [9.0], 0.5))


@claim(over=WORST_CONVEX)
def loose_flow(problem: Problem, theta0: Point, u: float) -> Pairs:
    flow = gradient_flow(problem, theta0, np.linspace(0, _halfway(problem, theta0), 11))
    yield flow.gap[1:], bounds.flow_convex_classical(flow.t[1:], flow.distance[0])


@loose_flow.without("convexity")
def _() -> Pairs:
    flow = gradient_flow(one_sided(), [1e-9], np.array([0.0, 2.0]))
    yield flow.gap[1:], bounds.flow_convex_classical(flow.t[1:], flow.distance[0])


@loose_flow.worst_case
def _() -> list[WorstCase]:
    exact, stated = bounds.flow_convex(pep.T, pep.R), bounds.flow_convex_classical(pep.T, pep.R)
    return pep.gaps_of_the_flow("convex", pep.ANY_CONVEX, exact, stated)
