"""Claims of the page "Nesterov's method"."""

from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from gdfigs.claims import worst_case as pep
from gdfigs.claims.classes import CONVEX, with_facts
from gdfigs.claims.core import Pairs, WorstCase, claim
from gdfigs.claims.symbolic import Expressions, along, moving, plane, sp
from gdfigs.maths import bounds, flows
from gdfigs.maths.methods import nesterov
from gdfigs.maths.problems import Point, Points, Problem, huber, one_sided, quadratic


@claim(over=CONVEX)
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


@claim(
    over=CONVEX,
)
def nesterov_rate_exact(problem: Problem, theta0: Point, u: float) -> Pairs:
    k, R = np.arange(1, 61), float(np.linalg.norm(theta0 - problem.solution))
    for h in (u, 1.0):
        path = nesterov(problem, theta0, h / problem.L, 60)
        yield path.gap[1:], bounds.nesterov_exact(k, problem.L, R, h)
        yield problem.f(_ahead(path.x)) - problem.minimum, bounds.nesterov_ahead(k, problem.L, R, h)


def _ahead(x: Points) -> Points:
    """Return $y_1, y_2, ...$ of the iterates."""
    k = np.arange(1, len(x))[:, None]
    return x[1:] + (k - 1) / (k + 2) * np.diff(x, axis=0)


@nesterov_rate_exact.attained("Huber functions whose slope is $2/R$ times the bound")
def _() -> Pairs:
    for k in (1, 2, 5, 20, 100):
        for h in (0.3, 1.0):
            bound, ahead = bounds.nesterov_exact(k, 2.0, 3.0, h), bounds.nesterov_ahead(k, 2.0, 3.0, h)
            yield nesterov(huber(2 / 3.0 * float(bound), L=2.0), [3.0], h / 2.0, k).gap[-1], bound
            worst = huber(2 / 3.0 * float(ahead), L=2.0)
            yield worst.f(_ahead(nesterov(worst, [3.0], h / 2.0, k).x)[-1]), ahead


for bound in (bounds.nesterov_exact(5, 2.0, 3.0, 0.3), bounds.nesterov_ahead(5, 2.0, 3.0, 0.3)):
    nesterov_rate_exact.meets(huber(2 / 3.0 * float(bound), L=2.0), [3.0], k=5, h=0.3)
# From beside the maximum of the double well the gap stays while the bound falls.
nesterov_rate_exact.without("convexity", (one_sided(), [1e-12], 0.5))
nesterov_rate_exact.without(
    "$L$ at least as large as the curvature", (with_facts(quadratic([[1.0]]), L=0.7), [1.0], 0.98)
)


@nesterov_rate_exact.worst_case
def _() -> list[WorstCase]:
    def gap(k: int, h: float, ahead: bool, f: Any, point: pep.Points) -> pep.Quotient:
        star, start = f.stationary_point(), point()
        y = before = start
        for n in range(1, k + 1):
            theta = pep.descent(h)(f, y, y)
            y, before = theta + (n - 1) / (n + 2) * (theta - before), theta
        return f(y if ahead else before) - f(star), (start - star) ** 2 / pep.R**2

    cases = []
    for k in (1, 2, 5):
        for h in (0.3, 1.0):
            for of, ahead, exact in ((r"\theta_k", False, bounds.nesterov_exact), ("y_k", True, bounds.nesterov_ahead)):
                words = f"gap at ${of}$, $h = {h}$, $k = {k}$"
                cases.append(pep.anywhere(words, pep.L_CONVEX, partial(gap, k, h, ahead), exact(k, pep.L, pep.R, h)))
    return cases


CERTIFIED = 40
"""The number of steps up to which the certificate is checked."""


@nesterov_rate_exact.symbolic
def _() -> Expressions:
    r"""Check the certificates.

    What remains, at its least in $\theta_0 - \theta^\ast$, is a form in the gradients and affine in $h$. At $h = 0$ it
    is a variance and squares with weights $a_m$. At $h = 1$ it is 0 where all gradients are equal, and elimination
    leaves no negative pivot.
    """
    remains = list[Fraction]()
    for k in range(1, CERTIFIED + 1):
        for ahead in (False, True):
            a, form = certificate(k, ahead)
            least = [*(following - each for each, following in pairwise(a)), *_pivots(form)]
            remains += [sum(row, Fraction(0)) for row in form]
            remains.append(sum((value for value in least if value < 0), Fraction(0)))
    return remains


def certificate(k: int, ahead: bool) -> tuple[list[Fraction], list[list[Fraction]]]:
    r"""Return $a_0, \dots, a_{k+1}$, and the matrix of twice the form at $h = L = 1$: for $\theta_k$, or for $y_k$."""
    whole, last = (k**2 + 7 * k, k + 2) if ahead else (k**2 + 5 * k + 2, k)
    a = [Fraction(0)]
    for m in range(1, k + 1):
        moved = 2 * (m + 3) - Fraction((m - 1) * (m + 1) * (m + 2), (k + 1) * last)
        a.append(moved * m / (2 * whole - (m - 1) * (m + 6)))
    a.append(Fraction(1))

    def share(j: int, i: int) -> Fraction:
        """Return by what multiple of the gradient at $y_i$ it moves $y_j$, or the last point."""
        behind = (j + 1) * (j + 2 if j < k else last)
        return Fraction(i + 2, 2) * (1 - Fraction(i * (i + 1), behind)) if i < j else Fraction(0)

    b = [following - each for each, following in pairwise(a)]
    form = [[-(Fraction(whole, 4) + 1) * one * other for other in b] for one in b]
    for j in range(k + 1):
        form[j][j] += a[j] + b[j] + (a[j + 1] if j < k else 0)
        for i in range(j):
            both = a[j + 1] * share(j, i) - a[j] * (share(j - 1, i) + (i == j - 1))
            form[j][i] += both
            form[i][j] += both
    return a, form


def _pivots(matrix: list[list[Fraction]]) -> list[Fraction]:
    """Return the pivots of a symmetric matrix: its form is a sum of squares with these weights."""
    rest, pivots = [row[:] for row in matrix], []
    for n, row in enumerate(rest):
        pivots.append(row[n])
        for other in rest[n + 1 :]:
            share = other[n] / row[n]
            for m in range(n, len(row)):
                other[m] -= share * row[m]
    return pivots


@claim(over=CONVEX)
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
