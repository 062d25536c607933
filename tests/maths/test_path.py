"""A path is what it says at every point."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdfigs.maths.path import Path
from gdfigs.maths.problems import Point, Problem, ellipse, hill, logistic
from tests.strategies import convex, seeds, started


def path(problem: Problem, seed: int, n: int = 7) -> Path:
    return Path(problem, np.arange(float(n)), np.random.default_rng(seed).normal(size=(n, problem.dim)))


@given(convex, seeds)
def test_values_along_a_path_are_those_of_its_points(problem: Problem, seed: int) -> None:
    made = path(problem, seed)
    assert len(made) == 7
    for i, x in enumerate(made.x):
        rounding = 1e-13 * (1 + abs(problem.f(x)) + problem.L * (1 + x @ x))  # sums in another order
        assert made.f[i] == pytest.approx(problem.f(x), abs=rounding)
        assert made.gap[i] == pytest.approx(problem.f(x) - problem.f(problem.minimiser), abs=rounding)
        assert made.distance[i] ** 2 == pytest.approx(sum((x - problem.minimiser) ** 2), rel=1e-13)
        assert made.gradient_norm[i] ** 2 == pytest.approx(sum(problem.grad(x) ** 2), rel=1e-12, abs=rounding)


@given(started(convex), st.floats(-1e-9, 1e-9))
def test_the_gap_is_never_negative(start: tuple[Problem, Point], shift: float) -> None:
    problem, _ = start
    near = problem.minimiser + shift * np.ones((1, problem.dim))
    assert Path(problem, np.zeros(1), near).gap[0] >= 0


def test_rounding_below_the_minimum_counts_as_no_gap() -> None:
    problem = logistic(3, seed=1)
    near = problem.minimiser + 1e-10 * np.random.default_rng(0).normal(size=(200, 3))
    made = Path(problem, np.arange(200.0), near)
    assert (made.f < problem.minimum).any()
    assert (made.gap >= 0).all()


def test_without_a_minimiser_there_is_no_gap_and_no_distance() -> None:
    made = path(hill(), 0)
    assert (made.f > 0).all()
    assert (made.gradient_norm > 0).all()
    with pytest.raises(ValueError, match="hill has no minimiser"):
        _ = made.gap
    with pytest.raises(ValueError, match="hill has no minimiser"):
        _ = made.distance


@pytest.mark.parametrize(("t", "x"), [((3,), (4, 2)), ((3,), (3, 1)), ((3, 1), (3, 2)), ((3,), (3,))])
def test_times_and_points_that_do_not_fit_are_refused(t: tuple[int, ...], x: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"are not one path in R\^2"):
        Path(ellipse(1, 1), np.zeros(t), np.zeros(x))


def test_a_path_stays_as_it_was_made() -> None:
    with pytest.raises(FrozenInstanceError):
        path(hill(), 0).t = np.zeros(7)  # type: ignore[misc]
