"""An expression has the value that NumPy gives it, and a relation holds or does not; both within a stated slack."""

# ruff: noqa: E501 (a formula or a row of a table stands on one line)

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdfigs.formulas.reading import read
from gdfigs.formulas.running import Comparison, RunningError, Scope, compare, evaluate
from gdfigs.site.mathml import Formula, to_mathml

A = np.array([[2.0, 0.5], [0.5, 1.0]])
X, Y = np.array([1.0, -2.0]), np.array([0.5, 3.0])
NAMES: dict[str, Any] = {
    "A": A, "x": X, "y": Y, "a": 3.0, "b": 0.25, "t": 0.7, "k": 4.0, "λ": np.array([0.1, 0.9]), "I": np.eye(2),
    "g": lambda s: math.sin(s), "f": lambda z: float(z @ A @ z) / 2, "∇f": lambda z: A @ z, "tick": 1.0, "∞": math.inf,
}  # fmt: skip


def value(tex: str) -> Any:
    (chain,) = read(to_mathml([Formula(tex, True)])[0])
    (side,) = chain.sides
    assert side
    return evaluate(side, Scope(NAMES))


def relation(tex: str, **names: Any) -> list[Comparison]:
    (chain,) = read(to_mathml([Formula(tex, True)])[0])
    return list(compare(chain, Scope(NAMES | names)))


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        ("a b + a/b - a^2", 3.75), (r"\tfrac{a}{2} b", 0.375), ("-a^2", -9.0), (r"\sqrt{a} \sqrt{a}", 3.0),
        (r"\lVert x - y \rVert^2", 25.25), (r"\lvert -a \rvert", 3.0), (r"x^\top y", -5.5), (r"x^\top A y", X @ A @ Y),
        (r"\tfrac12 x^\top A x - f(x)", 0.0), (r"\nabla f(x)^\top (y - x)", (A @ X) @ (Y - X)),
        (r"A x", A @ X), (r"(I - b A)^3 x", np.linalg.matrix_power(np.eye(2) - A / 4, 3) @ X),
        (r"e^{-b}", math.exp(-0.25)), (r"\lVert A \rVert", np.linalg.norm(A, 2)), (r"\lambda_2", 0.9),
        (r"\max(a, b)", 3.0), (r"\min(|1 - a|, b)", 0.25), (r"\left\lceil a + b \right\rceil", 4.0),
        (r"\log e^{a}", 3.0), (r"\cosh^2(b) - 1", math.cosh(0.25) ** 2 - 1),
        (r"\int_0^a s^2 \, \mathrm{d}s", 9.0), (r"\int_0^\infty e^{-s} \, \mathrm{d}s", 1.0),
        (r"\int_0^1 \nabla f(x + s(y - x)) \, \mathrm{d}s", A @ (X + Y) / 2),
        (r"\frac{\mathrm{d}}{\mathrm{d}t} g(t)", math.cos(0.7)), (r"\sum_{j=1}^{k} j^2", 30.0),
        (r"\sum_{j=0}^{\infty} b^j", 4 / 3), (r"\max_{0 \le s \le 1} s (1 - s)", 0.25),
        (r"\max_{0 \le j < k} j", 3.0), (r"\lim_{s \to 0} g(s) / s", 1.0),
    ],
)  # fmt: skip
def test_the_value(tex: str, expected: Any) -> None:
    assert value(tex) == pytest.approx(expected, rel=1e-6, abs=1e-6)  # a limit is the least exact of them, to 1e-8


@given(st.floats(-5, 5), st.floats(0.1, 5), st.integers(0, 6))
def test_arithmetic_is_that_of_numbers(one: float, other: float, n: int) -> None:
    names = {"p": one, "q": other, "n": float(n)}
    (chain,) = read(to_mathml([Formula(r"\frac{p}{q} + 2 p q^n - (p - q)^2 / q", False)])[0])
    assert chain.sides[0]
    found = evaluate(chain.sides[0], Scope(names))
    assert found == pytest.approx(one / other + 2 * one * other**n - (one - other) ** 2 / other)


@pytest.mark.parametrize(
    ("tex", "reason"),
    [
        ("x y", "without a transpose"), ("a + x", "a number and a vector"), ("x^2", "a vector has no power"),
        ("f", "Definition|argument|function"), ("q", "q is not defined"), (r"\log(-a)", "not positive"),
        (r"a / x", "below a fraction bar"), (r"\theta_1", "θ is not defined"), (r"(-a)^{1/2}", "negative number"),
    ],
)  # fmt: skip
def test_what_has_no_value_is_told(tex: str, reason: str) -> None:
    with pytest.raises(RunningError, match=reason):
        value(f"{tex} + 0" if tex == "f" else tex)


@pytest.mark.parametrize(
    ("tex", "holds"),
    [
        ("a = 3", [True]), ("a = 3 + 10^{-7}", [False]), ("b < a = 3", [True, True]), (r"a \le 3", [True]),
        ("a < 3", [False]), (r"a \ge 4", [False]), (r"a \ne b", [True]), (r"a \ne 3", [False]), (r"0 \le b \le 1 < a", [True] * 3),
        (r"0 \preceq A \preceq 3 I", [True, True]), (r"A \preceq I", [False]), (r"A \succeq 0", [True]),
        (r"b \in [0, 1]", [True]), (r"a \in [0, 1]", [False]), (r"a > 2 \Longleftrightarrow b < 1", [True]),
        (r"a > 4 \Longleftrightarrow b < 1", [False]), (r"e^{-t} \to 0", [True]), (r"1 + e^{-t} \to 0", [False]),
        (r"g(t) = t + o(t^2)", [True]), (r"g(t) = 1.01 t + o(t^2)", [False]), (r"g(t) = t + O(t^3)", [True]),
        (r"\nabla f = A x", [True]), (r"x - x = 0", [True]),
    ],
)  # fmt: skip
def test_a_relation_holds_or_does_not(tex: str, holds: list[bool]) -> None:
    names = {"0": 0} if "0" in tex else {}
    assert [c.holds for c in relation(tex, **names)] == holds


def test_rounding_of_a_difference_is_no_violation() -> None:
    """Of 1e8 - 1e8 at most eight digits are left."""
    assert relation(r"(10^8 + b) - 10^8 = b + 10^{-7} q", q=0.1)[0].holds


def test_the_ratio_tells_how_tight_an_inequality_is() -> None:
    (found,) = relation(r"a \le 4")
    assert found.ratio == pytest.approx(0.75)
    (found,) = relation(r"a \ge b")
    assert found.ratio == pytest.approx(0.25 / 3)
