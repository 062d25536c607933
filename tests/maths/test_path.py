"""A path is what it says at every point."""

import numpy as np
import pytest
from hypothesis import given

from gdfigs.maths.path import Path
from gdfigs.maths.problems import Problem, ellipse, hill, logistic
from tests.strategies import convex, seeds


@given(convex, seeds)
def test_values_along_a_path_are_those_of_its_points(problem: Problem, seed: int) -> None:
    path = Path(problem, np.arange(7.0), np.random.default_rng(seed).normal(size=(7, problem.dim)))
    assert len(path) == 7
    with pytest.raises(AttributeError, match="cannot assign"):
        path.t = path.t  # type: ignore[misc]
    for i, x in enumerate(path.x):
        rounding = 1e-13 * (1 + abs(problem.f(x)) + problem.L * (1 + x @ x))  # sums in another order
        assert path.f[i] == pytest.approx(problem.f(x), abs=rounding)
        assert path.gap[i] == pytest.approx(problem.f(x) - problem.f(problem.solution), abs=rounding)
        assert path.distance[i] ** 2 == pytest.approx(sum((x - problem.solution) ** 2), rel=1e-13)
        assert path.gradient_norm[i] ** 2 == pytest.approx(sum(problem.grad(x) ** 2), rel=1e-12, abs=rounding)


def test_rounding_below_the_minimum_counts_as_no_gap() -> None:
    problem = logistic(3, seed=1)
    near = problem.solution + 1e-10 * np.random.default_rng(0).normal(size=(200, 3))
    path = Path(problem, np.arange(200.0), near)
    assert (path.f < problem.minimum).any()
    assert (path.gap >= 0).all()


def test_without_a_minimiser_there_is_no_gap_and_no_distance() -> None:
    path = Path(hill(), np.arange(2.0), np.ones((2, 1)))
    assert (path.f.tolist(), path.gradient_norm.tolist()) == ([0.5] * 2, [0.5] * 2)
    for name in ("gap", "distance"):
        with pytest.raises(ValueError, match="hill has no minimiser"):
            getattr(path, name)


@pytest.mark.parametrize(("t", "x"), [((3,), (4, 2)), ((3,), (3, 1)), ((3, 1), (3, 2)), ((3,), (3,))])
def test_times_and_points_that_do_not_fit_are_refused(t: tuple[int, ...], x: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"are not one path in R\^2"):
        Path(ellipse(1, 1), np.zeros(t), np.zeros(x))
