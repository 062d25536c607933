"""Claims of the page "The pictures"."""

import numpy as np

from gdfigs.claims.classes import QUADRATIC
from gdfigs.claims.core import Pairs, claim
from gdfigs.maths import bounds
from gdfigs.maths.flows import gradient_flow
from gdfigs.maths.methods import gradient_descent
from gdfigs.maths.problems import Point, Quadratic, ellipse, huber


@claim(relation="==")
def orbits() -> Pairs:
    t = np.linspace(0, 1, 20)
    for a, b in ((1.0, 3.0), (2.0, 0.5), (1.0, 1.0), (0.3, 5.0)):
        for x0, y0 in ((1.0, 2.0), (-3.0, 0.5), (2.0, -1.0), (-1.0, 0.0)):
            x, y = gradient_flow(ellipse(a, b), [x0, y0], t).x.T
            yield y, bounds.orbit(x, x0, y0, a, b)


@orbits.without("the flow: the iterates of descent leave the curve")
def _() -> Pairs:
    x, y = gradient_descent(ellipse(1.0, 3.0), [1.0, 2.0], 0.05, 5).x.T
    yield y, bounds.orbit(x, 1.0, 2.0, 1.0, 3.0)


@claim(
    relation="==",
    over=QUADRATIC,
)
def zigzag_threshold(problem: Quadratic, theta0: Point, u: float) -> Pairs:
    r"""Count changes of sign in three steps, on either side of each threshold $1/\lambda_i$ and at $1/L$."""
    thresholds = 1 / problem.eigenvalues[problem.eigenvalues > 0.1 * problem.L]  # what grows faster hides the others
    for eta in (*0.9 * thresholds, *1.1 * thresholds, 2 * u / problem.L, 1 / problem.L):
        path = gradient_descent(problem, theta0, eta, 3, diverge=True)
        z = (path.x - problem.solution) @ problem.eigenvectors
        # At 1/L the steepest component is 0 from the first step on, but for rounding.
        rounding = 1e-12 * (1 + np.abs(path.x).max())
        changes = ((z[1:] * z[:-1] < 0) & (np.abs(z[1:]) > rounding)).sum(axis=0)
        yield changes, 3 * (eta * problem.eigenvalues > 1 + 1e-12)


@zigzag_threshold.without(r"a quadratic: a Huber function with $\eta L > 1$ is walked down before it is stepped across")
def _() -> Pairs:
    x = gradient_descent(huber(1.0), [4.0], 1.5, 3).x[:, 0]
    yield (x[1:] * x[:-1] < 0).sum(), 3
