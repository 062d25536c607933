"""What a page states is run on what its words admit: a lie in a formula, a number or a hypothesis is told with its case."""

# ruff: noqa: E501 (a formula or a row of a table stands on one line)

import markdown
import pytest

from gdfigs.claims.core import Meets
from gdfigs.formulas.passages import Passage
from gdfigs.formulas.report import FormulaResult, run_page
from gdfigs.formulas.vocabulary import entries, symbols
from gdfigs.maths import bounds
from gdfigs.maths.problems import huber
from gdfigs.site.context import PageContext

BOX = """\
/// theorem | A rate
    attrs: {id: rate}

Let $f$ be convex and $L$-smooth with a minimiser $\\theta^\\ast$, and let $\\eta = h/L$ with $0 < h \\le 1$. Then for $k \\ge 1$

$$
f(\\theta_k) - f(\\theta^\\ast) \\le \\frac{L R^2}{4kh + 2} .
$$

/// proof

Write $g_k = \\nabla f(\\theta_k)$ and $e_k = \\theta_k - \\theta^\\ast$. Since $e_{k+1} = e_k - \\eta g_k$,

$$
\\lVert e_{k+1} \\rVert^2 = \\lVert e_k \\rVert^2 - 2\\eta g_k^\\top e_k + \\eta^2 \\lVert g_k \\rVert^2 \\le \\lVert e_k \\rVert^2 .
$$
///
///
"""


def said(text: str) -> list[Passage]:
    """Returns what a page says."""
    page = PageContext("page.md", deferred=True, lines=text.splitlines())
    markdown.markdown(text, extensions=["gdfigs"], extension_configs={"gdfigs": {"page": page}})
    assert page.faults == []
    return page.passages


def came(text: str, **met: list[Meets]) -> list[FormulaResult]:
    return run_page(said(text), [], {}, met)


def reasons(text: str, **met: list[Meets]) -> list[str]:
    return [result.reason for result in came(text, **met) if result.status == "fault"]


class TestABox:
    def test_all_that_it_states_runs(self) -> None:
        found = came(BOX)
        assert [r.status for r in found] == ["assumed", "assumed", "assumed", "run", "assumed", "assumed", "run", "run"]
        rate = found[3]
        assert rate.display
        assert rate.cases > 15
        assert 0.5 < rate.worst <= 1 + 1e-9
        assert "k = " in rate.where

    @pytest.mark.parametrize(
        ("right", "wrong"),
        [
            ("4kh + 2", "4kh + 20"), ("\\le \\frac{L", "\\ge \\frac{L"), ("L R^2", "R^2 / L"), ("\\theta_k) - f", "\\theta_{k-1}) - f"),
            ("convex and", "twice continuously differentiable and"), ("0 < h \\le 1", "0 < h \\le 3"), ("- 2\\eta", "+ 2\\eta"),
            ("\\eta^2", "\\eta"), ("e_k - \\eta g_k$", "e_k + \\eta g_k$"), ("e_k = \\theta_k - \\theta^\\ast", "e_k = \\theta_k"),
            ("g_k = \\nabla f(\\theta_k)", "g_k = 2 \\nabla f(\\theta_k)"),
        ],
    )  # fmt: skip
    def test_a_lie_is_told_with_the_case_that_breaks_it(self, right: str, wrong: str) -> None:
        assert BOX.count(right) >= 1
        found = reasons(BOX.replace(right, wrong, 1))
        assert found
        assert all(reason.startswith("it does not hold: ") and " on " in reason for reason in found)

    def test_a_looser_bound_is_met_by_no_function_any_more(self) -> None:
        met = Meets(
            huber(bounds.worst_huber_slope(5, 2.0, 3.0, 1.0), L=2.0), huber(1.0).solution + 3.0, {"k": 5.0, "h": 1.0}
        )
        assert reasons(BOX, rate=[met]) == []
        (reason,) = reasons(BOX.replace("4kh + 2", "4kh + 1"), rate=[met])
        assert reason.startswith("it does not hold: no function meets it; the nearest, Huber")
        assert reason.endswith("reaches 0.954545 of it")

    def test_what_no_case_admits_is_told(self) -> None:
        assert reasons(BOX.replace("0 < h \\le 1", "1 < h < 0"))[0].startswith("it cannot be run: no h is admitted")


class TestWords:
    @pytest.mark.parametrize("words", ["For $t > 0$", "Let $t > 0$. Then", "With any $t > 0$,", "If $t \\ge 0$, then"])
    def test_what_is_assumed_bounds_the_cases(self, words: str) -> None:
        found = came(f"/// remark | R\n    attrs: {{id: r}}\n\n{words} $e^{{-t}} \\le 1$.\n///\n")
        assert [r.status for r in found] == ["assumed", "run"]

    def test_a_condition_behind_a_statement_holds_for_it(self) -> None:
        text = "/// remark | R\n    attrs: {id: r}\n\nFor convex $L$-smooth $f$, $f(\\theta_{k+1}) \\le f(\\theta_k)$ if $0 < \\eta < 2/L$.\n///\n"
        assert [r.status for r in came(text)] == ["run", "assumed"]
        assert reasons(text.replace("2/L", "4/L"))

    def test_both_directions_of_an_equivalence_are_run(self) -> None:
        text = (
            "/// remark | R\n    attrs: {id: r}\n\nOn $f(x) = \\tfrac{\\lambda}{2} x^2$ with $\\lambda > 0$ descent tends to 0 "
            "if and only if $0 < \\eta < 2/\\lambda$.\n///\n"
        )
        assert reasons(text) == []
        assert reasons(text.replace("2/\\lambda", "1/\\lambda"))
        assert reasons(text.replace("2/\\lambda", "3/\\lambda"))

    def test_a_mark_says_why_a_formula_is_not_run(self) -> None:
        text = "/// remark | R\n    attrs: {id: r}\n\nThere is $\\lVert x \\rVert = 2 r$.\n///\n"
        assert reasons(text)[0] == "it cannot be run: r is not defined"
        (result,) = came(text.replace("= 2 r", "= 2 r % not run: it only names both"))
        assert (result.status, result.reason) == ("marked", "it only names both")


class TestDefinitions:
    def test_the_rule_and_the_equation_of_a_page_are_followed(self) -> None:
        text = (
            "/// definition | D\n    attrs: {id: d}\n\n$$\n\\theta_{k+1} = \\theta_k - 2\\eta \\nabla f(\\theta_k)\n$$\n\n"
            "$$\n\\frac{\\mathrm{d}\\theta(t)}{\\mathrm{d}t} = -3 \\nabla f(\\theta(t))\n$$\n///\n\n"
            "/// remark | R\n    attrs: {id: r}\n\nOn $f(x) = \\tfrac{\\lambda}{2} x^2$ with $\\lambda > 0$,\n\n"
            "$$\nx_k = (1 - 2\\eta\\lambda)^k x_0 , \\qquad x(t) = e^{-3\\lambda t} x_0 .\n$$\n///\n"
        )
        assert reasons(text) == []
        assert len(reasons(text.replace("- 2\\eta \\nabla", "- \\eta \\nabla"))) == 1
        assert len(reasons(text.replace("-3 \\nabla", "-\\nabla"))) == 1


class TestSymbols:
    def test_each_is_defined_on_the_page_or_has_an_entry(self) -> None:
        page = said("Let $q = 2 \\eta$ and $s > 0$. Then $q s \\psi$.")
        assert symbols(page) == {"η": "q = 2 \\eta", "ψ": "q s \\psi"}
        notation = said("| Symbol | Meaning |\n| --- | --- |\n| $\\eta$; $x, y$ | of $\\mu$ |\n")
        assert entries(notation) == {"η", "x", "y"}
