"""Docstrings become Markdown: formulas where an author means one, lists, code, links, and nothing else."""

import pytest

from gdfigs.site.docstrings import PLACE, markdown, tex
from gdfigs.site.mathml import Formula, to_mathml


@pytest.mark.parametrize(
    ("plain", "written"),
    [
        ("theta0", r"\theta_0"),
        ("lam", r"\lambda"),
        ("f* <= x*", r"f^\ast \le x^\ast"),
        ("|grad f|^2 / (2L)", r"\lvert \nabla f\rvert ^{2} / (2L)"),
        ("||", r"\lvert \rvert"),
        ("x*y", "x*y"),
        ("sqrt(1 - 2 x0^2 t) + sqrt kappa", r"\sqrt{1 - 2 x_0^{2} t} + \sqrt{\kappa }"),
        ("sqrt(sqrt(x) + (y))", r"\sqrt{\sqrt{x} + (y)}"),
        ("e^{-mu t} + e^{x_{k+1}}", r"e^{-\mu t} + e^{x_{k+1}}"),
        ("x^T A x, R^d", r"x^\top A x, \mathbb{R}^d"),
        ("(1 - h)^{2kh}", "(1 - h)^{2kh}"),
        ("theta'' != 0 -> 1e-13", r"\theta '' \ne 0 \to 10^{-13}"),
        ("t drop", r"t \mathrm{drop}"),
        ("J_1(s) log sum_i", r"J_{1}(s) \log \sum _{i}"),
        ("0 .. steps - 1", r"0 \dots \mathrm{steps} - 1"),
        ("e^{-this t}", r"e^{-\text{this} t}"),
    ],
)
def test_a_formula_in_ascii_is_one_in_tex_that_can_be_set(plain: str, written: str) -> None:
    made = tex(plain, frozenset({"drop", "steps"}))
    assert made == written
    assert to_mathml([Formula(made, display=False)])


@pytest.mark.parametrize(
    ("text", "set_as"),
    [
        ("Gap after k >= 1 steps of 1/L.", "Gap after $k \\ge 1$ steps of $1/L$."),
        ("a mu-strongly convex f", r"a $\mu$-strongly convex $f$"),
        ("a x^2 + b y^2 with a, b > 0", "$a x^{2} + b y^{2}$ with $a$, $b > 0$"),
        ("A problem with A symmetric", "A problem with $A$ symmetric"),
        ("u in (0, 1), f'' over [-9, 1)", "$u$ in $(0, 1)$, $f''$ over $[-9, 1)$"),
        ("f (almost everywhere)", "$f$ (almost everywhere)"),
        ("Newton's method; the k-th iterate", "Newton's method; the $k$-th iterate"),
        ("gap and slope, at most so many, by 2", "gap and slope, at most so many, by 2"),
        ("where a number is not finite", "where a number is not finite"),
        ("one |f bar", "one |f bar"),
        (
            "Drori & Teboulle 2014, Thm 3.1; Taylor 2017b; the 2nd",
            "Drori & Teboulle 2014, Thm 3.1; Taylor 2017b; the 2nd",
        ),
        ("to 1e-10 and 0.001", "to $10^{-10}$ and 0.001"),
        ("low..high, e.g. nothing", "low..high, e.g. nothing"),
        ("* _some_ [link](to) <tag>", r"\* \_some\_ \[link\](to) &lt;tag>"),
    ],
)
def test_formulas_stand_out_from_words(text: str, set_as: str) -> None:
    assert markdown(text, frozenset({"slope", "where"})) == set_as


@pytest.mark.parametrize(
    ("text", "set_as"),
    [
        ("``k`` or ``a b``", "`k` or `a b`"),
        ("shape (n,) -> (n, d)", "shape `(n,) -> (n, d)`"),
        ("Raises ValueError on None", "Raises `ValueError` on `None`"),
        ("diverge=True, flows.RTOL, solve_ivp, ATOL", "`diverge=True`, `flows.RTOL`, `solve_ivp`, `ATOL`"),
    ],
)
def test_code_is_code(text: str, set_as: str) -> None:
    assert markdown(text) == set_as


def test_what_is_said_of_names_is_a_list() -> None:
    text = "What.\n\nt: times,\nascending. L, mu: curvatures. other: not a name.\nRaises nothing.\nk: steps."
    assert markdown(text, frozenset({"t", "L", "mu", "k"})).split("\n\n") == [
        "What.",
        "- `t`: times,\nascending.\n- `L, mu`: curvatures. other: not a name.",
        "Raises nothing.",
        "- `k`: steps.",
    ]


def test_what_is_raised_begins_a_paragraph() -> None:
    assert markdown("It is\nso.\nRaises nothing.") == "It is\nso.\n\nRaises nothing."


def test_lines_of_code_stay_as_they_are() -> None:
    assert markdown("So:\n\n    @claim(PAGE, x) # theta <= 1") == "So:\n\n    @claim(PAGE, x) # theta <= 1"


def test_lines_of_code_with_their_meanings_are_a_list() -> None:
    text = "    @claim(PAGE, x)   where x <= 1\n    @claim            elsewhere"
    assert markdown(text) == "- `@claim(PAGE, x)`: where $x \\le 1$\n- `@claim`: elsewhere"


def test_the_source_and_the_page_come_last() -> None:
    text = "Gap: R.\n\nSource: Kim 2024, Thm 1 for h <= 1.\nPage: gradient-descent.md#convex-rate, with proof."
    *_, cited = markdown(text, titles={"gradient-descent.md": "Gradient descent"}).split("\n\n")
    assert cited.startswith("Source: Kim 2024, Thm 1 for $h \\le 1$. In the text: ")
    assert "[Gradient descent, *convex rate*](../gradient-descent.md#convex-rate), with proof." in cited
    titled = markdown(text, titles={"gradient-descent.md#convex-rate": "A $1/k$ rate"})
    assert "[gradient-descent.md, *A $1/k$ rate*]" in titled


def test_a_page_is_named_only_at_the_end() -> None:
    assert PLACE.search("x. Page: a.md#b.")
    assert not PLACE.search("Page: a.md#b. And more.")
