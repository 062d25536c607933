"""Random problems of every class, with starts and steps, for Hypothesis."""

from dataclasses import fields

import numpy as np
from hypothesis import strategies as st

from gdfigs.maths.problems import (
    Array,
    Point,
    Points,
    Problem,
    Quadratic,
    concave,
    hill,
    huber,
    log_cosh,
    log_sum_exp,
    logistic,
    one_sided,
    quadratic,
)

seeds = st.integers(0, 2**32 - 1)
dimensions = st.integers(1, 5)


def log_uniform(low: float, high: float) -> st.SearchStrategy[float]:
    """Floats spread evenly over the decades from low to high."""
    return st.floats(float(np.log(low)), float(np.log(high))).map(lambda x: float(np.clip(np.exp(x), low, high)))


def orthogonal(dim: int, seed: int) -> Array:
    """A random orthogonal matrix."""
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(dim, dim)))[0]


@st.composite
def quadratics(draw: st.DrawFn, dims: st.SearchStrategy[int] = dimensions, largest_kappa: float = 1e3) -> Quadratic:
    """Quadratics of random spectrum, in a random orthogonal basis, about a random minimiser."""
    dim, seed, L = draw(dims), draw(seeds), draw(log_uniform(1e-2, 1e2))
    spectrum = L / np.array([draw(log_uniform(1, largest_kappa)) for _ in range(dim)])
    basis = orthogonal(dim, seed)
    A = basis * spectrum @ basis.T
    return quadratic(A, A @ np.random.default_rng(seed).normal(size=dim))


hubers = st.builds(huber, log_uniform(1e-2, 1e2), log_uniform(1e-2, 1e2))
log_coshes = st.builds(log_cosh, dimensions)
log_sum_exps = st.builds(log_sum_exp, dimensions)
ridged_log_coshes = st.builds(log_cosh, dimensions, log_uniform(1e-2, 1))
logistics = st.builds(logistic, dimensions, st.integers(5, 40), log_uniform(1e-2, 1), seeds)

smooth_strongly_convex = st.one_of(quadratics(), ridged_log_coshes, logistics)
"""Strongly convex, with derivatives of every order."""
smooth_convex = st.one_of(smooth_strongly_convex, log_coshes, log_sum_exps)
convex = st.one_of(smooth_convex, hubers)
nonconvex = st.sampled_from([hill(), concave(), one_sided()])


@st.composite
def started(draw: st.DrawFn, problems: st.SearchStrategy[Problem]) -> tuple[Problem, Point]:
    """A problem and a start at a distance of 0.01 to 10 from its minimiser, or from 0 where it has none."""
    problem = draw(problems)
    direction = np.random.default_rng(draw(seeds)).normal(size=problem.dim)
    centre = np.zeros(problem.dim) if problem.minimiser is None else problem.minimiser
    return problem, centre + draw(log_uniform(1e-2, 10)) * direction / np.linalg.norm(direction)


fractions = st.floats(0.01, 0.99)
"""Steps of descent, as a fraction of 2/L."""


def plain(problem: Problem) -> Problem:
    """The same problem, known no longer as a quadratic: flows and methods must solve it by their general means."""
    return Problem(**{field.name: getattr(problem, field.name) for field in fields(Problem)})


def points(problem: Problem, rng: np.random.Generator, n: int = 50) -> Points:
    """Points about the minimiser (or 0) at distances of 0.001 to 100, shape (n, dim)."""
    centre = np.zeros(problem.dim) if problem.minimiser is None else problem.minimiser
    return centre + 10.0 ** rng.uniform(-3, 2, size=(n, 1)) * rng.normal(size=(n, problem.dim))


def value_rounding(problem: Problem, x: Points) -> Array:
    """What rounding may change in f(x): a few units in the last place of f and of the terms that it sums."""
    return 1e-14 * (1 + np.abs(problem.f(x)) + problem.L * (1 + (x**2).sum(axis=-1)))
