"""The largest value over a whole class of functions, in all dimensions, by performance estimation.

Points, gradients and values are those of a function of the class if and only if each pair of them satisfies the
inequality of the class (Taylor, Hendrickx & Glineur 2017a). The worst that a method can do is thus the value of a
semidefinite programme, exactly. PEPit writes it down and Clarabel solves it.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from gdfigs.claims.core import WorstCase
from gdfigs.maths import bounds
from gdfigs.maths.problems import Array

L, MU, R, T = 2.0, 0.5, 3.0, 1.5
Over = tuple[str, dict[str, float]]
"""A class of functions: its name in PEPit, and its constants; all are differentiable."""
L_SMOOTH: Over = ("SmoothFunction", {"L": L})
ANY_CONVEX: Over = ("ConvexFunction", {"reuse_gradient": True})
L_CONVEX: Over = ("SmoothConvexFunction", {"L": L})
MU_CONVEX: Over = ("StronglyConvexFunction", {"mu": MU, "reuse_gradient": True})
L_MU_CONVEX: Over = ("SmoothStronglyConvexFunction", {"L": L, "mu": MU})
L_MU_QUADRATIC: Over = ("SmoothStronglyConvexQuadraticFunction", {"L": L, "mu": MU})

Points = Callable[[], Any]  # each call is another point, anywhere
Quotient = tuple[Any, Any]  # the first, or the least of a list, is to be largest where the second is 1
Step = Callable[[Any, Any, Any], Any]  # the next point, as a function of f, a point and the point before
ACCURACY = 1e-7
"""At which Clarabel stops, for programmes with numbers of order 1; at 1e-8 it does not always get there."""


def largest(over: Over, quotient: Callable[[Any, Points], Quotient]) -> float:
    """Find the supremum over a class of what ``quotient`` says of a function."""
    from PEPit import PEP, functions

    problem = PEP()
    f = problem.declare_function(getattr(functions, over[0]), **over[1])
    measured, fixed = quotient(f, problem.set_initial_point)
    for each in measured if isinstance(measured, list) else [measured]:
        problem.set_performance_metric(each)  # the least of those that are set
    problem.set_initial_condition(fixed == 1)
    tolerances = dict.fromkeys(("tol_feas", "tol_gap_abs", "tol_gap_rel"), ACCURACY)
    return float(problem.solve(verbose=0, solver="CLARABEL", **tolerances))


def anywhere(case: str, over: Over, quotient: Callable[[Any, Points], Quotient], exact: Any) -> WorstCase:
    """Return the worst case of two quantities of a function and some of its points."""
    return WorstCase(case, partial(largest, over, quotient), float(exact))


def in_motion(case: str, over: Over, quotient: Callable[[Any, Any, Any, Any], Quotient], exact: Any) -> WorstCase:
    """Return the worst case of two quantities of gap, gradient, error and velocity at one point of a motion."""

    def at_a_point(f: Any, point: Points) -> Quotient:
        star, x, velocity = f.stationary_point(), point(), point()
        return quotient(f(x) - f(star), f.gradient(x), x - star, velocity)

    return anywhere(case, over, at_a_point, exact)


SIZES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "squared distance": lambda f, x, star: (x - star) ** 2,
    "gap": lambda f, x, star: f(x) - f(star),
    "squared gradient": lambda f, x, star: f.gradient(x) ** 2,
}


def after(k: int, step: Step, over: Over, last: str, first: str) -> float:
    """Find the largest size after k steps from where a size is $R^2$."""

    def size(f: Any, point: Points) -> Quotient:
        star, start = f.stationary_point(), point()
        x = before = start
        for _ in range(k):
            x, before = step(f, x, before), x
        return SIZES[last](f, x, star), SIZES[first](f, start, star) / R**2

    return largest(over, size)


def descent(h: float) -> Step:
    """Return the step $h/L$ of gradient descent."""
    return lambda f, x, before: x - h / L * f.gradient(x)


def backward(eta: float) -> Step:
    """Return the step of backward Euler."""

    def step(f: Any, x: Any, before: Any) -> Any:
        from PEPit.primitive_steps import proximal_step

        return proximal_step(x, f, eta)[0]

    return step


def heavy_ball(f: Any, x: Any, before: Any) -> Any:
    """Take a step of heavy ball, tuned to quadratics."""
    alpha, beta = bounds.heavy_ball_parameters(L, MU)
    return x - alpha * f.gradient(x) + beta * (x - before)


def gaps(
    words: str, k: Array, step: Step, over: Over, exact: Array, stated: Array | None = None, size: str = ""
) -> list[WorstCase]:
    """Return the worst gaps after $k$ steps from the distance $R$, or the worst of a size that is $R^2$ at first."""
    last, first = (size, size) if size else ("gap", "squared distance")
    return [
        WorstCase(
            f"{last}{words}, $k = {n}$",
            partial(after, int(n), step, over, last, first),
            float(exact[i]),
            None if stated is None else float(stated[i]),
        )
        for i, n in enumerate(k)
    ]


def ratios(
    sizes: Iterable[str], words: str, k: Array, step: Step, over: Over, exact: Array, stated: Array | None = None
) -> list[WorstCase]:
    """Return the worst of sizes, each $R^2$ at first, after $k$ steps; both bounds are factors on it."""
    exact, stated = R**2 * exact, None if stated is None else R**2 * stated
    return [case for size in sizes for case in gaps(words, k, step, over, exact, stated, size)]


def gaps_of_descent() -> list[WorstCase]:
    """Return the worst gaps of descent at $1/L$, and the usual bounds."""
    k = np.array([1, 2, 5])
    return gaps("", k, descent(1), L_CONVEX, bounds.gd_convex(k, L, R), bounds.gd_convex_classical(k, L, R))


def ratios_of_descent() -> list[WorstCase]:
    """Return the worst squared distances and gaps at $1/L$ with strong convexity, and the usual bounds."""
    k = np.array([1, 3])
    exact, stated = bounds.gd_strongly_convex(k, 1 / L, L, MU), bounds.gd_strongly_convex_classical(k, L / MU)
    return ratios(("squared distance", "gap"), "", k, descent(1), L_MU_CONVEX, exact, stated)


def gaps_of_the_flow(words: str, over: Over, exact: Any, stated: Any = None) -> list[WorstCase]:
    """Return the worst gaps at the time $T$.

    A flow has infinitely many points. Two kinds of programme bound it all the same: at one time, its Lyapunov function
    falls, and bounds the gap; and, here, in $k$ backward steps of $t/k$, which tend to the flow, the worst gap does
    not depend on $k$.
    """
    bound, loose = np.array([exact]), None if stated is None else np.array([stated])
    words = f" at $t$ in backward steps of $t/k$, {words}"
    return [case for k in (1, 2, 5) for case in gaps(words, np.array([k]), backward(T / k), over, bound, loose)]
