"""The largest value over a whole class of functions, in all dimensions, by performance estimation.

Points, gradients and values are those of a function of the class if and only if each pair of them satisfies the
inequality of the class (Taylor, Hendrickx & Glineur 2017a). What a method can do at worst is thus the value of a
semidefinite programme, exactly. PEPit writes it down and Clarabel solves it.
"""

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

from gdfigs.claims.core import WorstCase
from gdfigs.claims.corrections import loose_convex, loose_linear
from gdfigs.claims.gradient_descent import (
    convex_rate,
    convex_rate_exact,
    descent_lemma,
    gradient_dominance,
    linear_rate,
    linear_rate_usual,
    sufficient_decrease,
    two_curvatures,
)
from gdfigs.maths import bounds

L, MU, R = 2.0, 0.5, 3.0
Over = tuple[str, dict[str, float]]
"""A class of functions: its name in PEPit, and its constants."""
SMOOTH: Over = ("SmoothFunction", {"L": L})
SMOOTH_CONVEX: Over = ("SmoothConvexFunction", {"L": L})
STRONGLY_CONVEX: Over = ("StronglyConvexFunction", {"mu": MU, "reuse_gradient": True})  # differentiable
SMOOTH_STRONGLY_CONVEX: Over = ("SmoothStronglyConvexFunction", {"L": L, "mu": MU})

ACCURACY = 1e-7
"""At which Clarabel stops, for programmes with numbers of order 1; at 1e-8 it does not always get there."""


def largest(over: Over, posed: Callable[[Any, Callable[[], Any]], tuple[Any, Any]]) -> float:
    """The supremum over a class of what ``posed`` makes of (f, point) first, where what it makes second is 1.

    point() is a point anywhere.
    """
    from PEPit import PEP, functions

    problem = PEP()
    f = problem.declare_function(getattr(functions, over[0]), **over[1])
    measured, normed = posed(f, problem.set_initial_point)
    problem.set_performance_metric(measured)
    problem.set_initial_condition(normed == 1)
    tolerances = dict.fromkeys(("tol_feas", "tol_gap_abs", "tol_gap_rel"), ACCURACY)
    return float(problem.solve(verbose=0, solver="CLARABEL", **tolerances))


SIZES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "squared distance": lambda f, x, star: (x - star) ** 2,
    "gap": lambda f, x, star: f(x) - f(star),
    "squared gradient": lambda f, x, star: f.gradient(x) ** 2,
}


def after(k: int, method: Callable[[Any, Any, int], Any], over: Over, last: str, first: str = "") -> float:
    """The largest size after k steps of a method from where a size, by default the same, is R^2."""

    def size(f: Any, point: Callable[[], Any]) -> tuple[Any, Any]:
        star, x = f.stationary_point(), point()
        return SIZES[last](f, method(f, x, k), star), SIZES[first or last](f, x, star) / R**2

    return largest(over, size)


def descent(eta: float, f: Any, x: Any, k: int) -> Any:
    for _ in range(k):
        x = x - eta * f.gradient(x)
    return x


@descent_lemma.worst_case
def _() -> list[WorstCase]:
    def excess(f: Any, point: Callable[[], Any]) -> tuple[Any, Any]:
        x, y = point(), point()
        return f(y) - f(x) - f.gradient(x) * (y - x), (y - x) ** 2 / R**2

    exact = float(bounds.quadratic_upper(0, 0, R, L))
    return [WorstCase("f(y) less the tangent at x, where |y - x| = R", partial(largest, SMOOTH, excess), exact)]


@sufficient_decrease.worst_case
def _() -> list[WorstCase]:
    def change(eta: float, f: Any, point: Callable[[], Any]) -> tuple[Any, Any]:
        x = point()
        return f(descent(eta, f, x, 1)) - f(x), f.gradient(x) ** 2 / R**2

    return [
        WorstCase(
            f"change of f where |grad f| = R, h = {h}",
            partial(largest, SMOOTH, partial(change, h / L)),
            -float(bounds.descent_guarantee(h / L, L, R)),
        )
        for h in (0.5, 1.0, 1.5, 3.0)
    ]


def usual_convex() -> list[WorstCase]:
    return [
        WorstCase(
            f"gap, k = {k}",
            partial(after, k, partial(descent, 1 / L), SMOOTH_CONVEX, "gap", "squared distance"),
            float(bounds.gd_convex(k, L, R)),
            stated=float(bounds.gd_convex_classical(k, L, R)),
        )
        for k in (1, 2, 5)
    ]


convex_rate.worst_case(usual_convex)
loose_convex.worst_case(usual_convex)


@convex_rate_exact.worst_case
def _() -> list[WorstCase]:
    return [
        WorstCase(
            f"gap, h = {h}, k = {k}",
            partial(after, k, partial(descent, h / L), SMOOTH_CONVEX, "gap", "squared distance"),
            float(bounds.gd_convex(k, L, R, h)),
        )
        for k, h in product((1, 2, 5), (0.1, 0.5, 1.0, 1.4, 1.8))
    ]


@gradient_dominance.worst_case
def _() -> list[WorstCase]:
    def right(f: Any, point: Callable[[], Any]) -> tuple[Any, Any]:
        star, x = f.stationary_point(), point()
        return 2 * MU * (f(x) - f(star)), f.gradient(x) ** 2

    return [WorstCase("the right-hand side where the left is 1", partial(largest, STRONGLY_CONVEX, right), 1.0)]


@two_curvatures.worst_case
def _() -> list[WorstCase]:
    def right(f: Any, point: Callable[[], Any]) -> tuple[Any, Any]:
        x, y = point(), point()
        e, D = x - y, f.gradient(x) - f.gradient(y)
        return (MU * L * e**2 + D**2) / (MU + L), D * e

    return [WorstCase("the right-hand side where the left is 1", partial(largest, SMOOTH_STRONGLY_CONVEX, right), 1.0)]


@linear_rate.worst_case
def _() -> list[WorstCase]:
    steps = {"1/(2L)": 1 / (2 * L), "1/L": 1 / L, "2/(L + mu)": bounds.best_step(L, MU), "1.9/L": 1.9 / L}
    return [
        WorstCase(
            f"{size}, eta = {name}, k = {k}",
            partial(after, k, partial(descent, eta), SMOOTH_STRONGLY_CONVEX, size),
            R**2 * float(bounds.gd_strongly_convex(k, eta, L, MU)),
        )
        for size, k, (name, eta) in product(SIZES, (1, 3), steps.items())
    ]


def usual_linear() -> list[WorstCase]:
    return [
        WorstCase(
            f"{size}, k = {k}",
            partial(after, k, partial(descent, 1 / L), SMOOTH_STRONGLY_CONVEX, size),
            R**2 * float(bounds.gd_strongly_convex(k, 1 / L, L, MU)),
            stated=R**2 * float(bounds.gd_strongly_convex_classical(k, L / MU)),
        )
        for size, k in product(("squared distance", "gap"), (1, 3))
    ]


linear_rate_usual.worst_case(usual_linear)
loose_linear.worst_case(usual_linear)
