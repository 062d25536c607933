"""How every figure looks: canvas, colours, ticks. One unit is one CSS pixel of a figure 420 wide."""

from __future__ import annotations

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
"""What the dark theme has in place of each; the style sheet of the site repeats both."""

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
    """The figures' look, for the time of a ``with`` block; Matplotlib's own defaults underneath it."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_RC)
        yield


@contextmanager
def dark() -> Iterator[None]:
    """For the time of a ``with`` block, what is drawn and saved has the dark theme's colours."""
    from matplotlib.colors import get_named_colors_mapping

    names = get_named_colors_mapping()  # where Matplotlib looks before it reads digits
    for light, value in DARK.items():
        names[light] = value
    try:
        yield
    finally:
        for light in DARK:
            del names[light]


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
    """A figure WIDTH by ``height`` with ``rows`` axes one above the other (a phone has no room side by side).

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
    """``$10^{-3}$`` for 0.001; 1 and 10 as they are. Mathtext, since the font has no superscript minus, 0 or 4 to 9."""
    power = round(float(np.log10(value)))
    return str(10**power) if power in (0, 1) else f"$10^{{{power}}}$"
