"""The figure of the page "The ledger"."""

import numpy as np

from gdfigs.claims.core import NEAR, check_results, claims
from gdfigs.plots.picture import Picture
from gdfigs.plots.registry import figure
from gdfigs.plots.style import BOUND_LOOK, CONTINUOUS, DISCRETE, SECOND, canvas

PAGE = "ledger.md"
FARTHEST = 10.0
"""Ratios beyond it stand at the right edge; most of them are infinite."""


@figure(page=PAGE)
def ratios() -> Picture:
    """The worst ratio measured / bound of every statement that is an inequality; above 1 it is false."""
    stated = [c for c in claims().values() if c.relation != "=="]
    found = check_results()
    worst = np.array([found[c.id].worst for c in stated])
    rows = np.arange(len(stated), 0, -1.0)
    false = np.array([c.relation == ">" for c in stated])
    attained, approached = (np.array([c.attainment == kind for c in stated]) for kind in ("attained", "approached"))
    holds = ~(attained | approached | false)
    figure, (ax,) = canvas(14 * len(stated) + 76, left=176, right=26, top=30)
    ax.set(
        xscale="log", xlim=(0.03, 1.3 * FARTHEST), ylim=(0.2, len(stated) + 0.8), xlabel="worst ratio, measured / bound"
    )
    ax.plot([1, 1], [0.2, len(stated) + 0.8], gid="bound", **BOUND_LOOK)
    for gid, which, colour, marker, label in (
        ("holds", holds, SECOND, "s", "holds"),
        ("approached", approached, CONTINUOUS, "D", "approached"),
        ("attained", attained, CONTINUOUS, "o", "attained"),
        ("false", false, DISCRETE, "X", "false"),
    ):
        shown = np.clip(worst[which], 0.035, FARTHEST)
        ax.plot(shown, rows[which], gid=gid, color=colour, marker=marker, ls="none", label=label, zorder=3)
    ax.set_yticks(rows, [c.id.replace("-", " ") for c in stated], fontsize=9.5)
    ax.set_xticks([0.1, 1, FARTHEST], ["0.1", "1", "≥10"])
    ax.minorticks_off()
    ax.tick_params(axis="y", length=0)
    ax.legend(loc="lower center", bbox_to_anchor=(0.3, 1.0), ncols=4, handletextpad=0.2, columnspacing=1.2)
    kinds = {"attained": attained, "approached": approached, "holds": holds, "false": false}
    facts = {"inequalities": len(stated), "statements": len(claims())} | {n: int(w.sum()) for n, w in kinds.items()}
    facts["near"] = int((holds & (worst > 1 - NEAR)).sum())
    return Picture(
        figure,
        description=(
            f"One mark for each of {len(stated)} inequalities, at its worst ratio. On the dashed line at 1 stand "
            f"{facts['attained']} that are attained and {facts['approached']} approached. Of the {facts['holds']} "
            f"others that hold, {facts['near']} come within a millionth of it, though nothing is shown to meet the "
            f"statement itself; the rest stay to its left. The {facts['false']} statements that the post made and "
            "that are false stand to its right."
        ),
        facts=facts,
    )
