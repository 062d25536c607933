"""Claims of the page "Comparison"."""

import numpy as np

from gdfigs.claims.classes import STRONGLY_CONVEX
from gdfigs.claims.core import Pairs, claim, while_large
from gdfigs.claims.symbolic import sp
from gdfigs.maths import bounds
from gdfigs.maths.flows import gradient_flow
from gdfigs.maths.methods import gradient_descent
from gdfigs.maths.problems import Point, Problem, quadratic

STEPS = 30
"""Length of a run."""


@claim(
    over=STRONGLY_CONVEX,
)
def exponents(problem: Problem, theta0: Point, u: float) -> Pairs:
    """Bound it by two terms of the logarithm's series, and by a geometric series in place of the rest; and on runs."""
    L, mu = problem.L, problem.mu
    for eta in u * bounds.best_step(L, mu) * np.array([1.0, 1e-2, 1e-4]):
        rate, x = bounds.descent_exponent(eta, L, mu), eta * mu
        yield mu * (1 + x / 2), rate
        yield rate, mu * (1 + x / (2 * (1 - x)))
    eta = u * bounds.best_step(L, mu)
    path, rate = gradient_descent(problem, theta0, eta, STEPS), bounds.descent_exponent(eta, L, mu)
    for size, times in ((path.distance, 1), (path.distance**2, 2)):
        yield while_large(size, size[0] * np.exp(-times * rate * path.t))
    bound = path.gap[0] * np.exp(-2 * rate * path.t)
    large = bound > 1e-2 * bound[0]  # where f is large at the minimum, a smaller gap drowns in its rounding
    yield path.gap[large], bound[large]


@exponents.attained(r"$(\mu/2) x^2$, by descent and by the flow, in distance, its square and the gap")
def _() -> Pairs:
    f, x0, eta = quadratic([[0.5]]), [2.0], 0.3
    path = gradient_descent(f, x0, eta, STEPS)
    for run, rate in ((path, bounds.descent_exponent(eta, 1.0, 0.5)), (gradient_flow(f, x0, path.t), 0.5)):
        for size, times in ((run.distance, 1), (run.distance**2, 2), (run.gap, 2)):
            yield size, size[0] * np.exp(-times * rate * run.t)


exponents.without(r"$\eta \le 2/(L + \mu)$", (quadratic(np.diag([1.0, 3.0])), [1.0, 1.0], 1.3))
exponents.symbolic(lambda mu, eta: [sp.limit(-sp.log(1 - eta * mu) / eta, eta, 0) - mu])


@claim(
    over=STRONGLY_CONVEX,
)
def equal_time(problem: Problem, theta0: Point, u: float) -> Pairs:
    r"""Compare the factors, and runs on $(\mu/2) x^2$, where both are worst."""
    L, mu = problem.L, problem.mu
    worst = quadratic([[mu]])
    for eta in bounds.best_step(L, mu) * np.array([u, 1.0]):
        descent = gradient_descent(worst, [1.0], eta, STEPS)
        t = descent.t[1:]
        yield bounds.contraction(eta, L, mu) ** (t / eta), np.exp(-mu * t)
        yield descent.distance[1:], gradient_flow(worst, [1.0], t).distance


equal_time.without(r"$\eta \le 2/(L + \mu)$", (quadratic(np.diag([1.0, 3.0])), [1.0, 1.0], 1.3))
# e^{-x} - (1 - x) is an integral of 1 - e^{-s} from 0 to x, which is positive for every x but 0; and the limit.
equal_time.symbolic(
    lambda x, s, mu, t, eta: [
        sp.exp(-x) - (1 - x) - sp.integrate(1 - sp.exp(-s), (s, 0, x)),
        sp.limit((1 - eta * mu) ** (t / eta), eta, 0) - sp.exp(-mu * t),
    ]
)
