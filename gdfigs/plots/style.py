"""Look of every figure: canvas, colours, ticks. One unit is one CSS pixel of a figure 420 wide."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

WIDTH = 420
"""Narrow enough that a phone shows the letters at nearly their full size; a wide screen enlarges it."""

# Each colour is also the mark by which gdfigs.plots.svg recognises its role, so no two may be equal.
# All stand at 4.5:1 or more against the paper, in the light theme and in the dark one.
DISCRETE = "#b84a00"  # descent and other methods: dots
CONTINUOUS = "#0067a5"  # the flow: unbroken line
BOUND = "#555555"  # what a theorem allows: dashed line
MINIMISER = "#8a6100"  # star
SECOND = "#007a5a"  # a second method or problem, told apart by marker or dash as well
THIRD = "#9b3d7a"
INK = "#1f1f1f"  # axes, labels
FAINT = "#bdbdbd"  # contours, grids
PAPER = "#ffffff"
ROLES = {
    DISCRETE: "discrete",
    CONTINUOUS: "continuous",
    BOUND: "bound",
    MINIMISER: "minimiser",
    SECOND: "second",
    THIRD: "third",
    INK: "ink",
    FAINT: "faint",
    PAPER: "paper",
}
DARK = {
    DISCRETE: "#ff9a57",
    CONTINUOUS: "#62b8f0",
    BOUND: "#b4b8c2",
    MINIMISER: "#e3b341",
    SECOND: "#4ecba4",
    THIRD: "#e796c8",
    INK: "#e6e8ee",
    FAINT: "#5a5f6e",
    PAPER: "#1e2129",
}
"""The colours of the dark theme; the style sheet of the site repeats both."""
_BLACK_AND_WHITE = {"k": INK, "black": INK, "w": PAPER, "white": PAPER}
"""Matplotlib's own words for them; gdfigs.plots.svg takes black for ink."""

_RC: Any = {
    "figure.dpi": 72,
    "savefig.dpi": 72,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 12,
    "axes.labelsize": 12.5,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "legend.fontsize": 11,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.prop_cycle": f"cycler(color={[CONTINUOUS, DISCRETE, SECOND, THIRD, MINIMISER, BOUND]})",
    "grid.color": FAINT,
    "legend.edgecolor": FAINT,
    "legend.facecolor": PAPER,
    "patch.edgecolor": INK,
    "patch.facecolor": FAINT,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.formatter.useoffset": False,
    "axes.unicode_minus": True,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "legend.frameon": False,
    "legend.handlelength": 1.8,
    "legend.borderaxespad": 0.2,
    "legend.labelspacing": 0.3,
    "path.simplify": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "gdfigs",
    "svg.image_inline": True,
}

# The looks of the recurring actors, to be passed to Axes.plot: Axes.plot(t, f, gid="flow", **FLOW).
DESCENT_LOOK: dict[str, Any] = {"color": DISCRETE, "marker": "o", "linewidth": 0.9}
DOTS_LOOK: dict[str, Any] = {"color": DISCRETE, "marker": "o", "linestyle": "none"}
FLOW_LOOK: dict[str, Any] = {"color": CONTINUOUS}
BOUND_LOOK: dict[str, Any] = {"color": BOUND, "linestyle": (0, (5, 3)), "linewidth": 1.4}
LOOSE_LOOK: dict[str, Any] = {"color": BOUND, "linestyle": (0, (1.2, 2.2)), "linewidth": 1.4}
STAR_LOOK: dict[str, Any] = {"color": MINIMISER, "marker": "*", "markersize": 12, "linestyle": "none", "zorder": 5}


@contextmanager
def style() -> Iterator[None]:
    """Applies the figures' look for a ``with`` block, on top of Matplotlib's own defaults."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_RC)
        yield


@contextmanager
def drawing(figure: Figure) -> Iterator[None]:
    """Applies the look while a figure is written.

    Raises ValueError where Matplotlib warns, and for a letter without a glyph, which would be drawn as a box.
    """
    with style(), warnings.catch_warnings(record=True) as caught:
        for category in (UserWarning, RuntimeWarning):
            warnings.simplefilter("always", category)
        yield
        faults = [*_missing_glyphs(figure), *(str(warning.message) for warning in caught)]
    if faults:
        raise ValueError(faults[0])


def _missing_glyphs(figure: Figure) -> Iterator[str]:
    """Looks through the texts, since Matplotlib only logs what mathematics lacks, and only the first time."""
    from matplotlib.font_manager import findfont, get_font
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        words = text.get_text()
        if not words.isascii() and text.get_visible():
            font = get_font(findfont(text.get_fontproperties()))
            for letter in words:
                if not letter.isspace() and not font.get_char_index(ord(letter)):
                    yield f"the font {font.family_name} has no glyph for {letter!r} in {words!r}: write it otherwise"


@contextmanager
def dark() -> Iterator[None]:
    """Draws and saves in the dark theme's colours for a ``with`` block."""
    from matplotlib.colors import get_named_colors_mapping

    names = get_named_colors_mapping()  # where Matplotlib looks before it reads digits
    themed = DARK | {word: DARK[colour] for word, colour in _BLACK_AND_WHITE.items()}
    before = {**names}
    try:
        for word, value in themed.items():
            names[word] = value
        yield
    finally:
        for word in themed:
            del names[word]  # which makes Matplotlib forget it; update would not
            if word in before:
                names[word] = before[word]


def canvas(
    height: float = 280,
    *,
    rows: int = 1,
    left: float = 56,
    right: float = 14,
    top: float = 8,
    bottom: float = 42,
    head: float = 0,
    foot: float = 0,
) -> tuple[Figure, list[Axes]]:
    """Returns a figure WIDTH by ``height`` with ``rows`` axes one above the other (a phone has no room side by side).

    All lengths in CSS pixels of the unscaled figure; each of the axes keeps the same margins;
    ``head`` is room above the first row, for a legend that all rows share, and ``foot`` below the last row,
    for the labels of an axis that all rows share.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / 72, height / 72))
    share = (height - head - foot) / rows
    axes = [
        figure.add_axes(
            (left / WIDTH, (height - head - (row + 1) * share + bottom) / height, (WIDTH - left - right) / WIDTH,
             (share - top - bottom) / height)
        )
        for row in range(rows)
    ]  # fmt: skip
    return figure, axes


def decades(axis: Axis, every: int = 1) -> None:
    """Puts a tick at every ``every``-th power of ten of a log axis, labelled 10⁻³."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    low, high = axis.get_view_interval()
    powers = np.arange(np.ceil(np.log10(low) - 1e-9), np.floor(np.log10(high) + 1e-9) + 1, dtype=int)
    axis.set_major_locator(FixedLocator(10.0 ** powers[powers % every == 0]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: power_of_ten(value)))
    axis.set_minor_locator(NullLocator())


def power_of_ten(value: float) -> str:
    """Writes ``$10^{-3}$`` for 0.001; 1 and 10 as they are. The font has no superscript minus, 0 or 4 to 9."""
    power = round(float(np.log10(value)))
    return str(10**power) if power in (0, 1) else f"$10^{{{power}}}$"
