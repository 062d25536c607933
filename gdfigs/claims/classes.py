"""Problems to check claims on: a class of functions, with a fixed seeded suite of its members."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from gdfigs.maths import problems
from gdfigs.maths.problems import Point, Problem


class Instance(NamedTuple):
    """A problem with a start and a number $u$ in $(0, 1)$, from which a check takes its step or its time."""

    problem: Problem
    theta0: Point
    u: float

    def __str__(self) -> str:
        p, _, u = self
        return rf"{p.name}, dimension {p.dim}, $L = {p.L:.3g}$, $\mu = {p.mu:.3g}$, $u = {u:.3g}$"


@dataclass(frozen=True)
class FunctionClass:
    """A class of functions.

    Args:
        name: Its name in the ledger, as Markdown.
        members: Draws some of its members.
    """

    name: str
    members: Callable[[np.random.Generator], list[Problem]]

    def suite(self) -> list[Instance]:
        """Return the members on which claims are checked, with their starts: the same each time."""
        return list(_suite(self))


def with_facts(problem: Problem, **facts: float) -> Problem:
    r"""Return the problem with values of $L$ or $\mu$ that it does not have, to show that a statement needs them."""
    changed = copy(problem)
    for name, value in facts.items():
        object.__setattr__(changed, name, value)
    return changed


@cache
def _suite(of: FunctionClass) -> tuple[Instance, ...]:
    rng = np.random.default_rng(20250601)
    return tuple(
        Instance(problem, _start(problem, rng), float(rng.uniform(0.02, 0.98)))
        for _ in range(ROUNDS)
        for problem in of.members(rng)
    )


ROUNDS = 2
"""How often each kind of problem is drawn anew: with the kinds below, some twenty instances a class."""


def _start(problem: Problem, rng: np.random.Generator) -> Point:
    direction = rng.normal(size=problem.dim)
    centre = np.zeros(problem.dim) if problem.minimiser is None else problem.minimiser
    return centre + 10 ** rng.uniform(-1, 0.7) * direction / np.linalg.norm(direction)


def random_quadratic(rng: np.random.Generator, dim: int) -> problems.Quadratic:
    """Draw a spectrum over two decades, an orthogonal basis and a minimiser."""
    L = 10 ** rng.uniform(-1, 1)
    spectrum = L * 10 ** rng.uniform(-2, 0, size=dim)
    basis = np.linalg.qr(rng.normal(size=(dim, dim)))[0]
    A = basis * spectrum @ basis.T
    A = (A + A.T) / 2
    return problems.quadratic(A, A @ rng.normal(size=dim))


def _quadratics(rng: np.random.Generator) -> list[Problem]:
    return [random_quadratic(rng, dim) for dim in (2, 2, 3, 5)]


def _strongly_convex(rng: np.random.Generator) -> list[Problem]:
    ridge = float(10 ** rng.uniform(-2, 0))
    return [
        *_quadratics(rng),
        problems.log_cosh(int(rng.integers(1, 4)), ridge=ridge),
        problems.logistic(dim=int(rng.integers(1, 4)), ridge=ridge, seed=int(rng.integers(1000))),
    ]


def _convex(rng: np.random.Generator) -> list[Problem]:
    return [
        *_strongly_convex(rng),
        problems.huber(float(10 ** rng.uniform(-1.5, 0.5)), L=float(10 ** rng.uniform(-1, 1))),
        problems.log_cosh(int(rng.integers(1, 4))),
        problems.log_sum_exp(int(rng.integers(1, 4))),
    ]


def _smooth(rng: np.random.Generator) -> list[Problem]:
    return [*_convex(rng), problems.hill(), problems.concave(), problems.one_sided()]


def _smooth_but(name: str) -> Callable[[np.random.Generator], list[Problem]]:
    return lambda rng: [problem for problem in _smooth(rng) if problem.name != name]


QUADRATIC = FunctionClass("quadratics with a positive definite matrix", _quadratics)
STRONGLY_CONVEX = FunctionClass("smooth strongly convex functions", _strongly_convex)
CONVEX = FunctionClass("smooth convex functions", _convex)
SMOOTH = FunctionClass("smooth functions, convex or not", _smooth)
BOUNDED = FunctionClass("smooth functions that are bounded below, convex or not", _smooth_but("concave"))
TWICE = FunctionClass("smooth functions of class $C^2$, convex or not", _smooth_but("Huber"))
