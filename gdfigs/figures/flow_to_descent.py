"""Figures of the page "From flow to descent"."""

import numpy as np

from gdfigs import bounds
from gdfigs.catalogue import figure
from gdfigs.picture import Picture
from gdfigs.style import (
    BOUND_LOOK,
    CONTINUOUS,
    DISCRETE,
    SECOND,
    canvas,
)

PAGE = "flow-to-descent.md"


@figure(page=PAGE)
def amplification(largest: float = 3.0) -> Picture:
    """Factor per step on one mode: |1 - z| for descent, 1/(1 + z) for backward Euler, e^{-z} for the flow.

    largest: the largest z = eta lambda shown
    """
    if not largest > 2:
        raise ValueError(f"largest must exceed 2, or the loss of stability is not seen; got {largest:g}")
    z = np.linspace(0, largest, 241)
    cross = bounds.crossing()
    figure, (ax,) = canvas(290)
    ax.plot(z, np.abs(bounds.forward_factor(z)), gid="forward", color=DISCRETE, label=r"descent $|1-z|$")
    ax.plot(z, bounds.flow_factor(z), gid="flow", color=CONTINUOUS, ls=(0, (6, 2)), label=r"flow $e^{-z}$")
    ax.plot(z, bounds.backward_factor(z), gid="backward", color=SECOND, ls="-.", label=r"backward Euler $1/(1+z)$")
    ax.plot([0, largest], [1, 1], gid="stability", **BOUND_LOOK)
    ax.plot([cross], [bounds.flow_factor(cross)], gid="crossing", color=DISCRETE, marker="D", ls="none")
    ax.annotate(f"z = {cross:.4f}", (cross, bounds.flow_factor(cross)), xytext=(10, -4), textcoords="offset points")
    ax.set(xlim=(0, largest), ylim=(0, max(1.35, largest - 1)), xlabel=r"$z = \eta\lambda$", ylabel="factor per step")
    ax.legend(loc="upper left", bbox_to_anchor=(0.12, 1.0))
    return Picture(
        figure,
        description=(
            f"Three curves against z = eta lambda from 0 to {largest:g}, all starting at 1. The flow's e^(-z) and "
            f"backward Euler's 1/(1+z) fall and never rise; descent's |1-z| falls to 0 at z = 1, rises again, meets "
            f"the flow's curve at z = {cross:.4f} and passes 1, the limit of stability, at z = 2."
        ),
        facts={"crossing": cross, "factor_at_crossing": float(bounds.flow_factor(cross))},
    )
