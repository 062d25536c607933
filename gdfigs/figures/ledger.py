"""The figure of the page "The ledger"."""

import numpy as np

from gdfigs.claims.core import check_results, claims
from gdfigs.plots.picture import Picture
from gdfigs.plots.registry import figure
from gdfigs.plots.style import BOUND_LOOK, CONTINUOUS, DISCRETE, SECOND, canvas

PAGE = "ledger.md"
FARTHEST = 10.0
"""Ratios beyond it stand at the right edge; most of them are infinite."""


@figure(page=PAGE)
def ratios() -> Picture:
    """The worst ratio measured / bound of every statement that is an inequality; 1 is attained, above 1 is false."""
    stated = [c for c in claims().values() if c.relation != "=="]
    found = check_results()
    worst = np.array([found[c.id].worst for c in stated])
    rows = np.arange(len(stated), 0, -1.0)
    tight = worst > 1 - 1e-6
    false = np.array([c.relation == ">" for c in stated])
    figure, (ax,) = canvas(14 * len(stated) + 76, left=176, right=26, top=30)
    ax.set(
        xscale="log", xlim=(0.03, 1.3 * FARTHEST), ylim=(0.2, len(stated) + 0.8), xlabel="worst ratio, measured / bound"
    )
    ax.plot([1, 1], [0.2, len(stated) + 0.8], gid="attained", **BOUND_LOOK)
    for gid, which, colour, marker, label in (
        ("loose", ~tight & ~false, SECOND, "s", "holds"),
        ("tight", tight & ~false, CONTINUOUS, "o", "holds, tight"),
        ("false", false, DISCRETE, "X", "false"),
    ):
        shown = np.clip(worst[which], 0.035, FARTHEST)
        ax.plot(shown, rows[which], gid=gid, color=colour, marker=marker, ls="none", label=label, zorder=3)
    ax.set_yticks(rows, [c.id.replace("-", " ") for c in stated], fontsize=9.5)
    ax.set_xticks([0.1, 1, FARTHEST], ["0.1", "1", "≥10"])
    ax.minorticks_off()
    ax.tick_params(axis="y", length=0)
    ax.legend(loc="lower center", bbox_to_anchor=(0.3, 1.0), ncols=3, handletextpad=0.2, columnspacing=1.2)
    facts = {"inequalities": len(stated), "tight": int((tight & ~false).sum()), "loose": int((~tight & ~false).sum())}
    facts |= {"false": int(false.sum()), "statements": len(claims())}
    return Picture(
        figure,
        description=(
            f"One mark for each of {len(stated)} inequalities, at its worst ratio. {int((tight & ~false).sum())} of "
            f"those that hold stand on the dashed line at 1, attained; {int((~tight & ~false).sum())} stay to its "
            f"left. The {int(false.sum())} statements that the post made and that are false stand to its right."
        ),
        facts=facts,
    )
