"""Figures of the page "Descent and flow compared"."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np

from gdfigs.maths import bounds
from gdfigs.maths.flows import gradient_flow
from gdfigs.maths.methods import gradient_descent
from gdfigs.maths.path import Path
from gdfigs.maths.problems import bowl
from gdfigs.plots.picture import Picture
from gdfigs.plots.registry import Range, figure
from gdfigs.plots.style import DESCENT_LOOK, DISCRETE, FAINT, FLOW_LOOK, INK, MARK_LOOK, canvas, decades, legend_above

PAGE = "comparison.md"


@figure(page=PAGE)
def factor_of_two(
    eta: Annotated[float, Range(0, 2, "step at which the rates are marked, in units of 1/L", without=(0, 2))] = 1.0,
    kappa: Annotated[float, Range(1.2, 100, "condition number L/mu, with mu = 1")] = 3.0,
) -> Picture:
    """Decay rate per unit of time against the step: of the distance, and twice it, of squared distance and gap."""
    mu, L, problem = 1.0, kappa, bowl(kappa, L=kappa)
    best, largest, equal = bounds.best_step(L, mu), bounds.largest_step(L), bounds.crossing(kappa) / mu
    across = np.union1d(np.linspace(0, largest, 202)[1:], best)
    exponent = bounds.descent_exponent(across, L, mu)
    peak = float(exponent.max())
    tried = np.linspace(0.05, 0.95, 10) * largest

    def rates(step: float) -> tuple[float, float]:
        return _rates([gradient_descent(problem, axis, step, 6) for axis in np.eye(2)])

    measured, marked = np.array([rates(step) for step in tried]), rates(eta / L)
    flow = _rates([gradient_flow(problem, axis, np.linspace(0, 1, 7)) for axis in np.eye(2)])
    figure, (ax,) = canvas(350, head=26)
    ax.plot([best, best], [0, 2 * peak], gid="best-step", color=FAINT, lw=1)
    ax.annotate(r"$\eta = 2/(L+\mu)$", (best, 0.4 * mu), (-6, 0), textcoords="offset points", ha="right", va="center")
    for i, (name, words, marker) in enumerate((("distance", "distance", "o"), ("gap", "squared distance, gap", "s"))):
        legend = ("descent", "measured", "flow", "equal") if i == 0 else ("",) * 4
        ax.plot(across, (i + 1) * exponent, gid=f"descent-{name}", color=DISCRETE, label=legend[0])
        ax.plot(tried, measured[:, i], gid=f"measured-{name}", color=DISCRETE, marker=marker, ls="none", zorder=3,
                label=legend[1])  # fmt: skip
        ax.plot([0, largest], [flow[i], flow[i]], gid=f"flow-{name}", label=legend[2], **FLOW_LOOK)
        ax.plot([equal], [flow[i]], gid=f"equal-{name}", label=legend[3], **MARK_LOOK)
        ax.plot([eta / L], [marked[i]], gid=f"at-{name}", color=INK, marker="o", ms=10, mfc="none", mew=1.4, ls="none")
        ax.annotate(words, (0, flow[i]), (8, -6), textcoords="offset points", va="top")
    ax.set(xlim=(0, largest), ylim=(0, 2.1 * peak), xlabel=r"step $\eta$", ylabel="rate per unit of time")
    ax.set_xticks([0, largest / 2, largest], ["0", r"$1/L$", r"$2/L$"])
    ax.set_yticks([0, mu, 2 * mu], ["0", r"$\mu$", r"$2\mu$"])
    legend_above(ax, 4, gap=0.01, columnspacing=1.4)
    facts = {"flow_rate_distance": flow[0], "flow_rate_gap": flow[1], "peak_distance": peak, "peak_gap": 2 * peak}
    facts |= {"rate_at_1_over_L": float(bounds.descent_exponent(1 / L, L, mu)), "best_step": best, "equal_step": equal}
    facts |= {"largest_step": largest, "equal_step_over_largest": equal / largest}
    facts |= {"rate_distance": marked[0], "rate_gap": marked[1]}
    return Picture(
        figure,
        description=(
            f"Rates of decay per unit of time against the step, kappa = {kappa:g}. The flow's are level: mu for the "
            f"distance, 2 mu for squared distance and gap. Descent's two curves start there at eta near 0, rise to "
            f"{peak:.3f} mu and {2 * peak:.3f} mu at eta = 2/(L + mu), and fall to 0 at eta = 2/L; they pass "
            f"below the flow's at {equal / largest:.3f} of 2/L. Dots, measured on paths of descent, lie on them; rings "
            f"mark eta = {eta:g}/L: {marked[0]:.3f} mu and {marked[1]:.3f} mu."
        ),
        facts=facts,
        slider_text=(
            f"distance {marked[0]:.3f} mu, gap {marked[1]:.3f} mu, the flow's mu and 2 mu: "
            f"descent is {'ahead' if marked[0] > flow[0] else 'behind'} on both"
        ),
    )


def _rates(paths: Sequence[Path]) -> tuple[float, float]:
    """Fits decay rates of the worst relative distance and the worst relative gap over the paths, to all points."""
    distance = np.max([path.distance / path.distance[0] for path in paths], axis=0)
    gap = np.max([path.gap / path.gap[0] for path in paths], axis=0)
    slope = np.polynomial.polynomial.polyfit(paths[0].t, np.log(np.stack([distance, gap], axis=1)), 1)[1]
    return -float(slope[0]), -float(slope[1])


@figure(page=PAGE)
def worst_case_in_time(kappa: Annotated[float, Range(1.2, 6, "condition number L/mu, with mu = 1")] = 3.0) -> Picture:
    """Worst factor on the distance by time t = k eta: descent with three steps, and the flow; below, their ratio."""
    mu, L, time, low = 1.0, kappa, 4.0, 1e-3
    problem, slow = bowl(kappa, L=kappa), [1.0, 0.0]  # from the slow axis: the worst case for eta <= 2/(L + mu)
    steps = {
        "half": (r"$\eta = 1/(2L)$", 0.5 / L, "o"),
        "usual": (r"$\eta = 1/L$", 1 / L, "s"),
        "best": (r"$\eta = 2/(L+\mu)$", bounds.best_step(L, mu), "^"),
    }
    figure, (above, below) = canvas(450, rows=2, top=10, bottom=30, foot=14)
    flow = gradient_flow(problem, slow, np.linspace(0, time, 41))
    above.semilogy(flow.t, flow.distance, gid="flow", label=r"flow, $e^{-\mu t}$", **FLOW_LOOK)
    below.plot([0, time], [1, 1], gid="ratio-flow", **FLOW_LOOK)
    facts = {"flow_rate": -np.log(flow.distance[-1]) / time}
    for name, (words, eta, marker) in steps.items():
        descent = gradient_descent(problem, slow, eta, int(time / eta))
        ratio = descent.distance / gradient_flow(problem, slow, descent.t).distance
        look, seen = DESCENT_LOOK | {"marker": marker, "clip_on": False}, descent.distance >= low
        above.semilogy(descent.t[seen], descent.distance[seen], gid=f"descent-{name}", label=words, **look)
        below.plot(descent.t, ratio, gid=f"ratio-{name}", **look)
        facts |= {
            f"step_{name}": eta,
            f"factor_per_step_{name}": descent.distance[1],
            f"ratio_per_step_{name}": ratio[1],
            f"rate_{name}": float(bounds.descent_exponent(eta, L, mu)),
        }
    above.set(xlim=(0, time), ylim=(low, 1), ylabel="factor on the distance")
    below.set(xlim=(0, time), ylim=(0, 1.05), xlabel=r"time $\mu t$", ylabel="ratio to the flow's")
    decades(above.yaxis)
    for ax in (above, below):
        ax.set_xticks(range(5))
    above.legend(loc="upper right")
    return Picture(
        figure,
        description=(
            f"Above, the worst factor on the distance against time, on a logarithmic axis, kappa = {kappa:g}: the "
            f"flow's straight line e^(-mu t), and below it descent's dots, lower the larger the step: 1/(2L), 1/L, "
            f"2/(L + mu). Below, the ratio of each to the flow's, at most 1; every step multiplies it by "
            f"{facts['ratio_per_step_half']:.3f}, {facts['ratio_per_step_usual']:.3f} and "
            f"{facts['ratio_per_step_best']:.3f}."
        ),
        facts=facts,
    )
