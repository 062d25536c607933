"""What a page says of the looks of a figure is so, and a look that is said of another thing is told with its line."""

import re
from typing import Any

import markdown
import pytest

from gdfigs.build.jobs import BuildJobs, RenderedFigure
from gdfigs.plots.looks import SAID, looks
from gdfigs.plots.style import BOUND_LOOK, DOTS_LOOK, FLOW_LOOK, STAR_LOOK, canvas, style
from gdfigs.site.captions import faults
from gdfigs.site.markdown import PageError
from tests.built import ROOT

LOOKS = {
    "grey dotted line": ["classical: usual bound $LR^2/(2k)$"],
    "grey dashed line": ["exact: exact bound $LR^2/(4k+2)$"],
    "vermilion solid line with dots": ["path: gradient descent"],
    "vermilion solid line": ["bars: 99% bars"],
    "vermilion dots": ["measured"],
    "blue solid line": ["flow-1: flow", "flow-2"],
    "green circles": ["natural-other: natural flow in $(m, u)$"],
    "green dash-dotted line": ["natural: natural flow in $(m, \\sigma)$"],
    "faint grey area": ["area", ""],
    "ink crosses": [""],
}
"""Of a figure that has a bit of everything."""


@pytest.mark.parametrize(
    "text",
    [
        "It touches the exact bound (dashed).", "Of the usual bound $LR^2/(2k)$ (dotted) it reaches half.",
        "The usual bound, dotted, is loose.", "The line is the flow. The dots are gradient descent.",
        "Vermilion dots are gradient descent, the blue line is the flow.", "On the dashed line.", "The dashed\nline.",
        "The dashed bound is met.", "The flow's curve ends.", "The natural flow in $(m,\\sigma)$ (line, dash-dotted)",
        "and in $(m, u)$ (circles).", "The shaded area.", "It lies in the band.", "The bars meet the curve.",
        "Crosses for a step and rings for another.", "A line of the usual bound.",
        "It crosses the valley in a straight line.", "The sum of squares in a circle by line search.",
        "A [long](other.md#dotted-arrows) way.", "The dash-dotted line.", "Dots of one and the flow.",
    ],
)  # fmt: skip
def test_what_is_so_may_be_said(text: str) -> None:
    assert list(faults(text, LOOKS)) == []


@pytest.mark.parametrize(
    ("text", "said", "shown"),
    [
        ("It touches the exact bound (dotted).", "dotted", "grey dashed line (exact: "),
        ("Of the usual bound $LR^2/(2k)$ (dashed) it reaches half.", "dashed", "grey dotted line (classical: "),
        ("The usual bound, dashed, is loose.", "dashed", "grey dotted line"),
        ("The formula $LR^2 / (2k)$ (dashed).", "dashed", "grey dotted line"),
        ("The vermilion line is the flow.", "vermilion line", "blue solid line (flow-1: flow), blue"),
        ("The dots are the flow.", "dots", "blue solid line (flow-1: flow)"),
        ("The dots are with it on the flow.", "dots", "blue solid line (flow-1: flow)"),
        ("The flow's dots.", "dots", "blue solid line"),
        ("The dotted exact line.", "dotted", "grey dashed line (exact"),
        ("It is $(m, \\sigma)$ (circles).", "circles", "green dash-dotted line (natural: "),
        ("The blue dots.", "blue dots", "grey dotted line, grey dashed line, "),
        ("Follow the arrows.", "arrows", "grey"),
        ("A solid\n dashed line.", "solid dashed line", "grey"), ("Red dots.", "Red dots", "grey"),
        ("The star.", "star", "grey"),
        ("The violet squares.", "violet squares", "grey"), ("Triangles.", "Triangles", ""),
    ],
)  # fmt: skip
def test_what_is_not_so_is_told(text: str, said: str, shown: str) -> None:
    ((_, reason),) = faults(text, LOOKS)
    assert reason.startswith(f"{said!r} is said where the figure shows {shown}")
    assert reason.endswith(": say what is there")


@pytest.mark.parametrize("word", SAID)
def test_each_word_is_looked_for(word: str) -> None:
    assert list(faults(f"A {word} there.", {"blue nothing": [""]})) or word == "blue"


def test_each_line_is_told() -> None:
    text = "All dots.\nThe exact bound\n(dotted) in [10](gdfigs:x#y),\nand the usual bound (dashed)."
    assert [line for line, _ in faults(text, LOOKS)] == [
        "(dotted) in [10](gdfigs:x#y),",
        "and the usual bound (dashed).",
    ]


PHRASES = {
    "Vermilion dots are discrete": DOTS_LOOK,
    "a blue line is continuous": FLOW_LOOK,
    "a dashed line is what a theorem allows": BOUND_LOOK,
    "a star is the minimiser": STAR_LOOK,
}


def shown(look: dict[str, Any]) -> dict[str, list[str]]:
    with style():
        figure, (ax,) = canvas()
        ax.plot([0, 1], [0, 1], **look)
        return looks(figure)


@pytest.mark.parametrize("phrase", PHRASES)
def test_the_first_page_says_how_things_look_in_all_figures(phrase: str) -> None:
    assert phrase in (ROOT / "docs/index.md").read_text(encoding="utf-8")
    assert [other for other, look in PHRASES.items() if not list(faults(phrase, shown(look)))] == [phrase]


PAGE = (ROOT / "docs/gradient-descent.md").read_text(encoding="utf-8")
(FIGURE,) = re.findall(r"^!\[[^\]]*\]\(gdfigs:convex-rate.*?^///$", PAGE, re.DOTALL | re.MULTILINE)
TEXT = f"Look at the curves.\n\n{FIGURE.replace('?k=1..100', '')}\n"


def told(text: str) -> list[str]:
    """The faults of a page."""
    assert text != TEXT
    with pytest.raises(PageError) as raised:
        markdown.markdown(text, extensions=["gdfigs"])
    return str(raised.value).splitlines()


class TestPage:
    def test_as_it_is_written_it_has_no_fault(self) -> None:
        assert "(dashed)" in TEXT
        markdown.markdown(TEXT, extensions=["gdfigs"])

    def test_looks_exchanged_in_a_caption_are_faults_with_their_lines(self) -> None:
        exchanged = {"dashed": "dotted", "dotted": "dashed"}
        one, other = told(re.sub(r"(?<=\()(dashed|dotted)(?=\))", lambda m: exchanged[m[0]], TEXT))
        assert one.startswith("page:6: 'dotted' is said where the figure shows grey dashed line (exact: exact bound")
        assert other.startswith("page:7: 'dashed' is said where the figure shows grey dotted line (classical: usual")

    @pytest.mark.parametrize(
        ("old", "new", "line"),
        [
            ("Look at the curves", "Look at the arrows", 1),
            ("![Gap of", "![Circles of", 3),
            ("the exact bound", "the blue exact line", 6),
        ],
    )
    def test_a_look_that_the_figure_lacks_is_one_wherever_it_is_said(self, old: str, new: str, line: int) -> None:
        (fault,) = told(TEXT.replace(old, new))
        assert fault.startswith(f"page:{line}: ")

    def test_a_description_is_told_with_the_line_of_its_figure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rendered = RenderedFigure("x", "<svg/>", "", "Red dots.", {}, {"blue solid line": [""]})
        monkeypatch.setattr(BuildJobs, "result", lambda *_: rendered)
        (fault,) = told("![A bowl](gdfigs:amplification)\n\n/// figure-caption\nSee.\n///\n")
        assert fault == "page:1: 'Red dots' is said where the figure shows blue solid line: say what is there"
