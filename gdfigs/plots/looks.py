"""The look of everything in a figure, in words: "grey dashed line", "vermilion dots"."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from gdfigs.plots.style import COLOURS, DASHES, MARKERS, PAPER, ROLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_KINDS = {"Quiver": "arrows", "FancyArrow": "arrows", "FancyArrowPatch": "arrows", "QuadContourSet": "contours"}
_KINDS |= {"PathCollection": "dots", "LineCollection": "line", "StepPatch": "histogram"}
"""Words for artists of Matplotlib that are neither lines nor areas."""
_DASHES = {None: "solid"} | {pattern: word for word, pattern in DASHES.items()}
_TABLES = ((word for word, _, _ in COLOURS.values()), _DASHES.values(), MARKERS.values(), _KINDS.values())
SAID = {word: word for words in chain(*_TABLES, ("circles", "bars", "area")) for word in words.split()}
SAID |= {"band": "area", "curve": "line", "diamonds": "lozenges", "rings": "circles", "shaded": "area"}
SAID |= {"unbroken": "solid", **{word: word for word in ("red", "orange", "yellow", "black", "brown", "violet")}}
for _ambiguous in ("caps", "faint", "ink", "long", "paper", "wide"):
    del SAID[_ambiguous]
"""What a page may say of a look, and the word of a look that it means; some are in no look, and never right."""


def looks(figure: Figure) -> dict[str, list[str]]:
    """Returns each look that something in the figure has, and all that have it, as "gid: label".

    Raises:
        ValueError: on a dash or a marker that gdfigs.plots.style has no word for.
    """
    found: dict[str, list[str]] = {}
    for ax in figure.axes:
        arrows: list[Any] = [*filter(None, (getattr(text, "arrow_patch", None) for text in ax.texts))]
        for artist in [*ax.lines, *ax.collections, *ax.patches, *arrows]:
            label = str(artist.get_label() or "_")
            name = ": ".join(filter(None, [artist.get_gid(), "" if label.startswith("_") else label]))
            if artist.get_visible():
                found.setdefault(_look(ax, artist), []).append(name)
    return found


def _look(ax: Axes, artist: Any) -> str:
    from matplotlib.colors import to_hex, to_rgba_array

    if artist in ax.lines:
        colour, shape = artist.get_color(), _strokes(artist)
    else:
        paints = [*to_rgba_array(artist.get_facecolor()), *to_rgba_array(artist.get_edgecolor())]
        colour = next((paint for paint in paints if paint[3]), PAPER)
        bars = any(artist in bars for bars in ax.containers)
        shape = "bars" if bars else _KINDS.get(type(artist).__name__, "area")
    # to_svg takes black for ink, and refuses what else has no role.
    return f"{COLOURS[ROLES.get(to_hex(colour), 'ink')][0]} {shape}"


def _strokes(line: Any) -> str:
    """Returns "dashed line", "dots" or "solid line with dots"; a line to one point alone is not seen."""
    pattern, face, parts = line._unscaled_dash_pattern[1], line.get_markerfacecolor(), list[str]()  # it has no getter
    if line.get_linestyle() != "None" and len(line.get_xdata()) != 1:
        parts = [f"{_word('DASHES', pattern and tuple(pattern), _DASHES)} line"]
    if line.get_marker() not in ("None", None, "", " "):
        word = _word("MARKERS", line.get_marker(), MARKERS)
        hollow = "circles" if word == "dots" else f"hollow {word}"
        parts.append(hollow if str(face) in ("none", PAPER) else word)
    return " with ".join(parts)


def _word(table: str, drawn: Any, words: dict[Any, str]) -> str:
    if drawn not in words:
        raise ValueError(f"{drawn!r} is none of the {table} of gdfigs.plots.style: take one, or add it with its word")
    return words[drawn]
