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

COLOURS = {
    "discrete": ("vermilion", "#b84a00", "#ff9a57"),  # descent and other methods: dots
    "continuous": ("blue", "#0067a5", "#62b8f0"),  # the flow: solid line
    "bound": ("grey", "#555555", "#b4b8c2"),  # what a theorem allows: dashed line
    "minimiser": ("golden", "#8a6100", "#e3b341"),  # star
    "second": ("green", "#007a5a", "#4ecba4"),  # a second method or problem, told apart by marker or dash as well
    "third": ("purple", "#9b3d7a", "#e796c8"),
    "ink": ("ink", "#1f1f1f", "#e6e8ee"),  # axes, labels
    "faint": ("faint grey", "#bdbdbd", "#5a5f6e"),  # contours, grids
    "paper": ("paper", "#ffffff", "#1e2129"),
}
"""Each role's colour in words; in the light theme, by which gdfigs.plots.svg knows it; and in the dark, as in the
site's style sheet. All but faint stand at 4.5:1 or more against the paper."""
DISCRETE, CONTINUOUS, BOUND, MINIMISER, SECOND, THIRD, INK, FAINT, PAPER = (light for _, light, _ in COLOURS.values())
ROLES = {light: role for role, (_, light, _) in COLOURS.items()}
DARK = {light: dark for _, light, dark in COLOURS.values()}

DASHES = {
    "dashed": (5, 3),
    "long dashed": (6, 2),
    "wide dashed": (1.6, 1),  # of a line thrice as wide, beneath others
    "dotted": (1.2, 2.2),
    "dash-dotted": (6.4, 1.6, 1, 1.6),
}
"""Each dash in words, and what is drawn and left out in turn, in widths of the line."""
DASHED, LONG_DASHED, WIDE_DASHED, DOTTED, DASH_DOTTED = ((0, pattern) for pattern in DASHES.values())
MARKERS = {"o": "dots", "s": "squares", "^": "triangles", "D": "lozenges", "x": "crosses", "X": "crosses"}
MARKERS |= {"*": "star", "_": "caps"}
"""Each marker in words; gdfigs.plots.looks says how a page speaks of them."""

_RC: Any = {
    **dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), "none"),
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "patch.edgecolor"), INK),
    **dict.fromkeys(("xtick.color", "ytick.color"), INK),
    **dict.fromkeys(("grid.color", "legend.edgecolor", "patch.facecolor"), FAINT),
    "legend.facecolor": PAPER,
    **dict.fromkeys(("axes.spines.top", "axes.spines.right", "legend.frameon"), False),
    **dict.fromkeys(("axes.formatter.useoffset", "path.simplify"), False),
    **dict.fromkeys(("figure.dpi", "savefig.dpi"), 72),
    **dict.fromkeys(("xtick.labelsize", "ytick.labelsize", "legend.fontsize"), 11),
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 12,
    "axes.labelsize": 12.5,
    "axes.prop_cycle": f"cycler(color={[CONTINUOUS, DISCRETE, SECOND, THIRD, MINIMISER, BOUND]})",
    "axes.linewidth": 0.8,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "legend.handlelength": 1.8,
    "legend.borderaxespad": 0.2,
    "legend.labelspacing": 0.3,
    "svg.hashsalt": "gdfigs",
}

# The looks of the recurring actors, to be passed to Axes.plot: Axes.plot(t, f, gid="flow", **FLOW_LOOK).
DESCENT_LOOK: dict[str, Any] = {"color": DISCRETE, "marker": "o", "linewidth": 0.9}
DOTS_LOOK: dict[str, Any] = {"color": DISCRETE, "marker": "o", "linestyle": "none"}
FLOW_LOOK: dict[str, Any] = {"color": CONTINUOUS}
BOUND_LOOK: dict[str, Any] = {"color": BOUND, "linestyle": DASHED, "linewidth": 1.4}
LOOSE_LOOK: dict[str, Any] = BOUND_LOOK | {"linestyle": DOTTED}
FORMULA_LOOK: dict[str, Any] = BOUND_LOOK | {"linestyle": DASH_DOTTED}
SECOND_LOOK: dict[str, Any] = {"color": SECOND, "linestyle": DASH_DOTTED}
OTHER_LOOK: dict[str, Any] = {"color": SECOND, "linestyle": LONG_DASHED}
MARK_LOOK: dict[str, Any] = {"color": INK, "marker": "D", "linestyle": "none"}
STAR_LOOK: dict[str, Any] = {"color": MINIMISER, "marker": "*", "markersize": 12, "linestyle": "none", "zorder": 5}
GUIDE_LOOK: dict[str, Any] = {"color": FAINT, "linewidth": 0.8, "zorder": 0}


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

    Raises:
        ValueError: where Matplotlib warns, and on a letter without a glyph, of which it may only write to a log.
    """
    from matplotlib.font_manager import findfont, get_font
    from matplotlib.text import Text

    with style(), warnings.catch_warnings(record=True) as caught:
        for category in (UserWarning, RuntimeWarning):
            warnings.simplefilter("always", category)
        yield
    texts: Any = figure.findobj(Text)
    for text in [text for text in texts if text.get_visible() and not text.get_text().isascii()]:
        words, font = text.get_text(), get_font(findfont(text.get_fontproperties()))
        if missing := [letter for letter in words if not letter.isspace() and not font.get_char_index(ord(letter))]:
            raise ValueError(
                f"the font {font.family_name} has no glyph for {missing[0]!r} in {words!r}: say it otherwise"
            )
    if caught:
        raise ValueError(f"Matplotlib warns: {caught[0].message}")


@contextmanager
def dark() -> Iterator[None]:
    """Draws and saves in the dark theme's colours for a ``with`` block."""
    from matplotlib.colors import get_named_colors_mapping

    names: Any = get_named_colors_mapping()  # where Matplotlib looks before it reads digits
    before, words = {**names}, {"k": INK, "black": INK, "w": PAPER, "white": PAPER}
    try:
        names.update(DARK | {word: DARK[light] for word, light in words.items()})
        names.cache.clear()
        yield
    finally:
        names.clear()
        names.update(before)
        names.cache.clear()


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

    figure, share = Figure(figsize=(WIDTH / 72, height / 72)), (height - head - foot) / rows
    across, upright = (WIDTH - left - right) / WIDTH, (share - top - bottom) / height
    for row in range(rows):
        floor = height - head - (row + 1) * share + bottom
        figure.add_axes((left / WIDTH, floor / height, across, upright))
    return figure, figure.axes


def decades(*axes: Axis, every: int = 1) -> None:
    """Puts a tick at every ``every``-th power of ten of log axes, labelled 10⁻³."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    for axis in axes:
        low, high = axis.get_view_interval()
        powers = np.arange(np.ceil(np.log10(low) - 1e-9), np.floor(np.log10(high) + 1e-9) + 1, dtype=int)
        axis.set_major_locator(FixedLocator(10.0 ** powers[powers % every == 0]))
        axis.set_major_formatter(FuncFormatter(lambda value, _: power_of_ten(value)))
        axis.set_minor_locator(NullLocator())


def legend_above(ax: Axes, columns: int, gap: float = 0.02, **options: Any) -> None:
    """Puts the legend above the axes, from their left edge; ``gap`` is in heights of the axes."""
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1 + gap), ncols=columns, **options)


def power_of_ten(value: float) -> str:
    """Writes ``$10^{-3}$`` for 0.001; 1 and 10 as they are. The font has no superscript minus, 0 or 4 to 9."""
    power = round(float(np.log10(value)))
    return str(10**power) if power in (0, 1) else f"$10^{{{power}}}$"
