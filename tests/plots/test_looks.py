"""The look of everything in a figure is told in words, those of the tables of the style."""

from collections.abc import Callable
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.patches import Ellipse

from gdfigs.plots import style as module
from gdfigs.plots.looks import SAID, looks
from gdfigs.plots.style import (
    BOUND_LOOK,
    COLOURS,
    CONTINUOUS,
    DISCRETE,
    FAINT,
    INK,
    MARKERS,
    PAPER,
    SECOND,
    canvas,
    style,
)


def told(draw: Callable[[Axes], Any]) -> dict[str, list[str]]:
    with style():
        figure, (ax,) = canvas()
        draw(ax)
        return looks(figure)


@pytest.mark.parametrize(
    ("name", "words"),
    {
        "DESCENT": "vermilion solid line with dots", "DOTS": "vermilion dots", "FLOW": "blue solid line",
        "BOUND": "grey dashed line", "LOOSE": "grey dotted line", "FORMULA": "grey dash-dotted line",
        "SECOND": "green dash-dotted line", "OTHER": "green long dashed line", "STAR": "golden star",
        "MARK": "ink lozenges", "GUIDE": "faint grey solid line",
    }.items(),
)  # fmt: skip
def test_each_look_of_the_style_is_told_as_it_is_seen(name: str, words: str) -> None:
    look = getattr(module, f"{name}_LOOK")
    assert told(lambda ax: ax.plot([0, 1], [0, 1], gid="it", label="seen", **look)) == {words: ["it: seen"]}


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda ax: ax.plot([0, 1], color=SECOND, marker="s", mfc="none", ls="none"), "green hollow squares"),
        (lambda ax: ax.plot([0, 1], color=SECOND, marker="o", mfc=PAPER, ls="none"), "green circles"),
        (lambda ax: ax.plot([0, 1], **BOUND_LOOK | {"linewidth": 5}), "grey dashed line"),
        (lambda ax: ax.plot([1], color=DISCRETE, marker="D"), "vermilion lozenges"),  # a line to nowhere is not seen
        (lambda ax: ax.axvline(0, color="black"), "ink solid line"),
        (lambda ax: ax.vlines([0, 1], 0, 1, color=DISCRETE), "vermilion line"),
        (lambda ax: ax.scatter([0, 1], [0, 1], color=INK), "ink dots"),
        (lambda ax: ax.fill_between([0, 1], [1, 1], color=SECOND, alpha=0.2, lw=0), "green area"),
        (lambda ax: ax.add_patch(Ellipse((0, 0), 1, 1, fill=False, ec=FAINT)), "faint grey area"),
        (lambda ax: ax.axvspan(0, 1, color=CONTINUOUS, alpha=0.1), "blue area"),
        (lambda ax: ax.quiver([0], [0], [1], [1], color=CONTINUOUS), "blue arrows"),
        (lambda ax: ax.annotate("", (0, 0), (1, 1), arrowprops={"arrowstyle": "->", "color": INK}), "ink arrows"),
        (lambda ax: ax.contour([[0, 1], [1, 2]], colors=FAINT), "faint grey contours"),
        (lambda ax: ax.stairs([1, 2], color=DISCRETE), "vermilion histogram"),
    ],
)
def test_each_kind_of_artist_has_its_word(draw: Callable[[Axes], Any], words: str) -> None:
    assert told(draw) == {words: [""]}


def test_bars_share_one_look() -> None:
    assert told(lambda ax: ax.bar([0, 1], [1, 2], gid="count", color=SECOND)) == {"green bars": ["count", "count"]}


def test_what_is_hidden_is_not_told() -> None:
    assert told(lambda ax: ax.plot([0, 1], color=INK, visible=False)) == {}


@pytest.mark.parametrize(
    ("look", "reason"),
    [
        (
            {"ls": (0, (4, 4))},
            r"\(4, 4\) is none of the DASHES of gdfigs.plots.style: take one, or add it",
        ),
        ({"ls": "--"}, "is none of the DASHES"),
        ({"marker": "P"}, "'P' is none of the MARKERS of gdfigs.plots.style"),
    ],
)
def test_a_dash_or_marker_without_a_word_is_refused(look: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        told(lambda ax: ax.plot([0, 1], color=INK, **look))


def test_a_page_may_say_every_colour_dash_and_marker_but_those_that_mean_much_else() -> None:
    words = {word for told, _, _ in COLOURS.values() for word in told.split()} | {*MARKERS.values(), "dashed", "dotted"}
    assert words - set(SAID) == {"faint", "ink", "paper", "caps"}
