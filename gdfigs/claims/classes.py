"""Problems to check claims on: a class of functions, with a fixed seeded suite of its members."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import cache

import numpy as np

from gdfigs.maths import problems
from gdfigs.maths.problems import Point, Problem


@dataclass(frozen=True)
class Instance:
    """A problem with a start and a number u in (0, 1), from which a check takes its step or its time."""

    problem: Problem
    theta0: Point
    u: float

    @property
    def name(self) -> str:
        p = self.problem
        return f"{p.name}, dimension {p.dim}, L = {p.L:.3g}, mu = {p.mu:.3g}, u = {self.u:.3g}"


@dataclass(frozen=True)
class Class:
    """A class of functions, with the name that the ledger gives it and a maker of its suite."""

    name: str
    make: Callable[[np.random.Generator], list[Problem]]

    def suite(self) -> list[Instance]:
        return list(_suite(self))


def pretending(problem: Problem, **facts: float) -> Problem:
    """The problem with values of L or mu that it does not have: for showing that a statement needs them."""
    liar = copy(problem)
    for name, value in facts.items():
        object.__setattr__(liar, name, value)
    return liar


@cache
def _suite(of: Class) -> tuple[Instance, ...]:
    rng = np.random.default_rng(20250601)
    return tuple(
        Instance(problem, _start(problem, rng), float(rng.uniform(0.02, 0.98)))
        for _ in range(ROUNDS)
        for problem in of.make(rng)
    )


ROUNDS = 2
"""Times each kind of problem is drawn anew: with the kinds below, some twenty instances a class."""


def _start(problem: Problem, rng: np.random.Generator) -> Point:
    direction = rng.normal(size=problem.dim)
    centre = np.zeros(problem.dim) if problem.minimiser is None else problem.minimiser
    return centre + 10 ** rng.uniform(-1, 0.7) * direction / np.linalg.norm(direction)


def random_quadratic(rng: np.random.Generator, dim: int) -> problems.Quadratic:
    """Random spectrum over two decades, random orthogonal basis, random minimiser."""
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


def _bounded(rng: np.random.Generator) -> list[Problem]:
    return [problem for problem in _smooth(rng) if problem.name != "concave"]


def _twice(rng: np.random.Generator) -> list[Problem]:
    return [problem for problem in _smooth(rng) if problem.name != "Huber"]


QUADRATIC = Class("quadratics with a positive definite matrix", _quadratics)
STRONGLY_CONVEX = Class("smooth strongly convex functions", _strongly_convex)
CONVEX = Class("smooth convex functions", _convex)
SMOOTH = Class("smooth functions, convex or not", _smooth)
BOUNDED = Class("smooth functions that are bounded below, convex or not", _bounded)
TWICE = Class("smooth functions of class C^2, convex or not", _twice)
