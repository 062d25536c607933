"""Path: the points that a method or a flow visits."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gdfigs.maths.problems import Array, Points, Problem


@dataclass(frozen=True)
class Path:
    r"""Points x, shape (n, d), that a method or a flow on `problem` visits at the times t, shape (n,).

    A method with step $\eta$ visits its $k$-th iterate at $t = k\eta$, the clock of the gradient flow; one with
    momentum at $t = k\sqrt\eta$, the clock of the equations of second order.
    """

    problem: Problem
    t: Array
    x: Points

    def __post_init__(self) -> None:
        if self.t.ndim != 1 or self.x.shape != (len(self.t), self.problem.dim):
            raise ValueError(f"t {self.t.shape} and x {self.x.shape} are not one path in R^{self.problem.dim}")

    def __len__(self) -> int:
        return len(self.t)

    @cached_property
    def f(self) -> Array:
        """$f$ along the path, shape (n,)."""
        return self.problem.f(self.x)

    @cached_property
    def gap(self) -> Array:
        """$f - f^*$, shape (n,), never below 0; a ValueError where there is no minimiser."""
        return np.maximum(self.f - self.problem.minimum, 0.0)

    @cached_property
    def distance(self) -> Array:
        """$|x - x^*|$, shape (n,); a ValueError where there is no minimiser."""
        return np.linalg.norm(self.x - self.problem.solution, axis=-1)

    @cached_property
    def gradient_norm(self) -> Array:
        r"""$|\nabla f(x)|$, shape (n,)."""
        return np.linalg.norm(self.problem.grad(self.x), axis=-1)
