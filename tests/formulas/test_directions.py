"""Mistakes that a page quotes, conditions, lists, starts and searches are run."""

# ruff: noqa: E501 (a formula or a row of a table stands on one line)

import pytest

from tests.formulas.test_statements import came, reasons


def box(text: str, name: str = "remark | R", anchor: str = "r") -> str:
    return f"/// {name}\n    attrs: {{id: {anchor}}}\n\n{text}\n///\n"


QUOTED = box(
    "*Said:* for differentiable $f$, $\\lVert \\nabla f(x) - \\nabla f(y) \\rVert \\le L \\lVert x - y \\rVert$.\n\n"
    "*Shown by:* $-5x^2$ with $L = 1$.\n\n*Holds:* for $L$-smooth $f$ and $0 < \\eta < 2/L$, $f(\\theta_{k+1}) \\le f(\\theta_k)$.",
    "correction | C",
    "false-c",
)


class TestQuotedMistakes:
    def test_what_shows_a_mistake_breaks_it(self) -> None:
        mistake, taken, step, holds = came(QUOTED)
        assert mistake.status == holds.status == "run"
        assert mistake.where.endswith("where it is false, as this box says")
        assert (taken.status, step.status) == ("assumed", "assumed")

    def test_a_mistake_that_nothing_breaks_is_a_fault(self) -> None:
        assert reasons(QUOTED.replace("-5x^2", "0.3x^2")) == ["it does not hold that this is false: no case breaks it"]

    def test_each_paragraph_has_hypotheses_of_its_own(self) -> None:
        (reason,) = reasons(QUOTED.replace("0 < \\eta < 2/L", "\\eta > 0"))
        assert reason.startswith("it does not hold: ")

    def test_what_was_true_but_loose_must_hold(self) -> None:
        loose = QUOTED.replace("false-c", "loose-c").replace("with $L = 1$", "for $x > 0$")
        assert reasons(loose) == []


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        ("On quadratics all are less than 1 if and only if all are small: $-1 < 1 - \\eta\\lambda_i < 1$, or $0 < \\eta\\lambda_i < 2$.",
         "< 2$", "< 1$"),
        ("For positive definite $A$ and its orthonormal eigenvectors, $\\mathrm{diag}(\\lambda_1, \\dots, \\lambda_d) = V^\\top A V$.",
         "V^\\top A V$", "V A V^\\top$"),
        ("Let $f(x) = -\\tfrac14 x^4$. From $x_0 = 2$, for $0 \\le t < 1/8$, one has $x(t) = 2 / \\sqrt{1 - 8t}$.", "- 8t", "- 7t"),
        ("Let $f(x, y) = a x^2 + b y^2$ with $a, b > 0$. The flow has $y(t) = e^{-2bt} y_0$.", "-2bt", "-2at"),
        ("For convex $f$ and $\\eta > 0$ let $u = \\operatorname*{arg\\,min}_{v} ( f(v) + \\tfrac{1}{2\\eta} \\lVert v - x \\rVert^2 )$. "
         "There $x - u = \\eta \\nabla f(u)$.", "\\eta \\nabla f(u)$", "\\eta \\nabla f(x)$"),
        ("For strongly convex $f$, as $\\eta \\to 0$, $(1 - \\eta\\mu)^{1/\\eta} \\to e^{-\\mu}$.", "e^{-\\mu}", "e^{-1.1\\mu}"),
        ("For $L$-smooth $f$ the ratio is at most $\\lVert \\nabla f(x) - \\nabla f(y) \\rVert \\le L \\lVert x - y \\rVert$.", "L \\l", "0.1 L \\l"),
    ],
)  # fmt: skip
def test_what_is_said_runs_and_a_change_breaks_it(text: str, right: str, wrong: str) -> None:
    found = came(box(text))
    assert {r.status for r in found} <= {"run", "assumed"}
    assert "run" in {r.status for r in found}
    assert text.count(right) == 1
    assert reasons(box(text.replace(right, wrong)))[0].startswith("it does not hold: ")
