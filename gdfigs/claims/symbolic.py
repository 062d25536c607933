"""SymPy, and what the identities of several derivations need: every expression that a claim's `symbolic` returns is 0.

Vectors stand as plain symbols. In an expression that is quadratic in them, a product stands for the inner product, and
such an identity holds for vectors of every dimension if and only if it holds for numbers.
"""

from collections.abc import Mapping
from typing import Any

Expressions = list[Any]


class _SymPy:
    """Imports SymPy with the first of its names that is used: readers of the figures do without it."""

    def __getattr__(self, name: str) -> Any:
        import sympy

        return getattr(sympy, name)


sp: Any = _SymPy()


def plane() -> tuple[Any, Any, Any, Any]:
    """Return a point of the plane, a function of it, its gradient and its Hessian: all general.

    Its minimiser, where it has one, is the origin, and its minimum 0; any other function is such a one, moved.
    """
    x = sp.Matrix(sp.symbols("x y"))
    value = sp.Function("f")(*x)
    return x, value, sp.Matrix([value.diff(xi) for xi in x]), sp.hessian(value, list(x))


def moving(x: Any, velocity: Any) -> dict[Any, Any]:
    """Return each coordinate with its speed, as `along` takes them."""
    return dict(zip(x, velocity, strict=True))


def along(motion: Mapping[Any, Any], expression: Any) -> Any:
    """Differentiate an expression in time, where each variable moves at its speed."""
    return sum(expression.diff(variable) * speed for variable, speed in motion.items())
