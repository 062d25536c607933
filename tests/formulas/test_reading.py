"""A formula is read as a reader reads it, from the MathML that the page shows; what cannot be read is told."""

import pytest

from gdfigs.formulas.reading import Node, ReadingError, read
from gdfigs.site.mathml import Formula, to_mathml

LEAVES = {"symbol", "number"}


def shape(node: Node | None) -> str:
    """Writes an expression with its kinds: `(sum x (negative 1))`."""
    if node is None:
        return "none"
    if node.kind == "number":
        return f"{node.value:g}"
    if node.kind == "symbol":
        return node.name
    words = [node.kind, *([node.name] if node.name else []), *map(shape, node.parts)]
    return f"({' '.join(words)})"


def chains(tex: str, display: bool = True) -> list[str]:
    """Reads TeX as a page would show it."""
    found = read(to_mathml([Formula(tex, display)])[0])
    return [
        " ".join([shape(c.sides[0]), *(f"{r} {shape(s)}" for r, s in zip(c.relations, c.sides[1:], strict=True))])
        for c in found
    ]


@pytest.mark.parametrize(
    ("tex", "meaning"),
    [
        (r"2\mu x", "(product 2 μ x)"),
        (r"1/2x", "(product (quotient 1 2) x)"),  # as in print: half of x
        (r"L R^2/(4k + 2)", "(quotient (product L (power R 2)) (group (sum (product 4 k) 2)))"),
        (r"a - b - c", "(sum a (negative b) (negative c))"),
        (r"-x^2", "(negative (power x 2))"),
        (r"f(x)^2", "(product f (power (group x) 2))"),
        (r"\nabla f(x)^\top (y - x)", "(product ∇f (transpose (group x)) (group (sum y (negative x))))"),
        (r"\nabla^2 f(\theta) v", "(product ∇²f (group θ) v)"),
        (r"\lVert x \rVert^2", "(power (norm x) 2)"),
        (r"\lvert 1 - \lvert x \rvert \rvert", "(norm (sum 1 (negative (norm x))))"),
        (r"\theta^\ast", "θ*"),
        (r"\theta_{k+1}^2", "(power (index θ (sum k 1)) 2)"),
        (r"\lambda_{\max}(A)", "(product λ_max (group A))"),
        (r"\sqrt{p^2 - 4}", "(root (sum (power p 2) (negative 4)))"),
        (r"\log \tfrac1\varepsilon", "(function log (quotient 1 ε))"),
        (r"\log\cosh(10x)", "(function log (function cosh (group (product 10 x))))"),
        (r"\cosh^2(x)", "(power (function cosh (group x)) 2)"),
        (r"\max(|a|, b)", "(function max (tuple () (norm a) b))"),
        (r"\left\lceil x \right\rceil", "(ceiling x)"),
        (r"\frac{\mathrm{d}\theta(t)}{\mathrm{d}t}", "(rate t (product θ (group t)))"),
        (r"\frac{\mathrm{d}}{\mathrm{d}t} f(\theta)", "(rate t (product f (group θ)))"),
        (r"\int_0^t g(s) \, \mathrm{d}s", "(integral s 0 t (product g (group s)))"),
        (r"\sum_{j=1}^{k} a_j b", "(total j 1 k (product (index a j) b))"),
        (r"\max_{0 \le s \le t} x(s)", "(extremum s max 0 t (product x (group s)))"),
        (r"\lim_{s \to 0} g(s)", "(limit s 0 (product g (group s)))"),
        (r"\dot\theta + \ddot\theta", "(sum θ̇ θ̈)"),
        (r"\theta''(t)", "(product θ'' (group t))"),
        (r"10{,}000", "10000"),
        (r"\rho \cdot \rho", "(product ρ 1 ρ)"),
        (r"[0, T)", "(tuple [) 0 T)"),
    ],
)
def test_an_expression_is_read_with_the_usual_precedence(tex: str, meaning: str) -> None:
    assert chains(tex) == [meaning]


@pytest.mark.parametrize(
    ("tex", "meanings"),
    [
        (r"a = b \le c < d", ["a = b ≤ c < d"]),
        (r"a \le b , \qquad \text{in particular} \quad c = d", ["a ≤ b", "c = d"]),
        (r"a \le b, c \ge d .", ["a ≤ b", "c ≥ d"]),
        (r"f(x, y) = 1", ["(product f (tuple () x y)) = 1"]),
        (r"\begin{aligned} a &= b \\ &\quad + c \\ &\le d \end{aligned}", ["a = (sum b c) ≤ d"]),
        (r"\begin{aligned} a &\le b , \\ c &\le d . \end{aligned}", ["a ≤ b", "c ≤ d"]),
        (r"\begin{equation}\label{eq:x} a \le b \end{equation}", ["a ≤ b"]),
        (r"a = b \qquad \Longleftrightarrow \qquad c = d", ["a = b ⟺ c = d"]),
        (r"\kappa =", ["κ = none"]),
    ],
)
def test_a_formula_is_cut_into_clauses_with_relations(tex: str, meanings: list[str]) -> None:
    assert chains(tex) == meanings


@pytest.mark.parametrize(
    ("tex", "reason"),
    [
        (r"x = \pm 1", "± stands for two values"),
        (r"t \mapsto t^2", "↦"),
        (r"\int e^x \mathrm{d}x", "without limits"),
        (r"\operatorname{max}_{S} x", "over a set"),
        (r"1 + \dots", "something is missing before"),
        (r"\frac{\mathrm{d}^2 x}{\mathrm{d}t^2}", "higher order"),
    ],
)
def test_what_cannot_be_read_is_told(tex: str, reason: str) -> None:
    with pytest.raises(ReadingError, match=reason.replace("+", r"\+")):
        chains(tex)


def test_words_before_a_clause_are_kept() -> None:
    found = read(to_mathml([Formula(r"a \le b , \qquad \text{hence} \quad c \le d", True)])[0])
    assert [chain.words for chain in found] == ["", "hence"]
