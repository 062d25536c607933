"""Figures of the page "Nesterov's method"."""

from typing import Annotated, Any

import numpy as np

from gdfigs.maths import bounds
from gdfigs.maths.flows import gradient_flow, nesterov_flow
from gdfigs.maths.methods import nesterov
from gdfigs.maths.path import Path
from gdfigs.maths.problems import Array, huber, quadratic
from gdfigs.plots.picture import Picture
from gdfigs.plots.registry import Range, figure
from gdfigs.plots.style import (
    BOUND_LOOK,
    CONTINUOUS,
    DASH_DOTTED,
    DISCRETE,
    DOTS_LOOK,
    FAINT,
    FLOW_LOOK,
    GUIDE_LOOK,
    OTHER_LOOK,
    THIRD,
    canvas,
    decades,
    legend_above,
)

PAGE = "nesterov.md"

PARABOLA_LOOK: dict[str, Any] = {"color": THIRD, "ls": DASH_DOTTED, "lw": 1.2}


@figure(page=PAGE)
def nesterov_flow_rate(
    T: Annotated[
        float,
        Range(
            10,
            40,
            "time at which the gap on the Huber function meets the bound, in units of 1/sqrt(L)",
            logarithmic=True,
        ),
    ] = 20.0,
) -> Picture:
    """Gap along Nesterov's equation on the Huber function worst for the time T and on a parabola; L = R = 1."""
    R, end, bottom = 1.0, 60.0, 1e-5
    worst, gentle = huber(bounds.worst_nesterov_slope(T, R)), quadratic([[0.1]])
    t = np.union1d(np.concatenate([np.geomspace(1, 8, 40), np.linspace(8, end, 157)]), T)
    t = np.unique(np.concatenate([t, *(_passages(nesterov_flow(f, R, t), bottom) for f in (worst, gentle))]))
    figure, (ax,) = canvas(330, head=50)
    bound, at = bounds.nesterov_flow_bound(t, R), int(np.flatnonzero(t == T)[0])
    ax.loglog(t[[0, at, -1]], bound[[0, at, -1]], gid="bound", label="bound $2R^2/t^2$", **BOUND_LOOK)
    gaps: dict[str, Array] = {}
    for name, label, path, look in (
        ("parabola", "$x^2/20$", nesterov_flow(gentle, R, t), PARABOLA_LOOK),
        ("huber", "worst Huber function", nesterov_flow(worst, R, t), FLOW_LOOK),
        ("gradient-flow", "gradient flow on it", gradient_flow(worst, R, t), OTHER_LOOK),
    ):
        gaps[name] = path.gap
        ax.loglog(t, np.where(path.gap >= bottom, path.gap, np.nan), gid=name, label=label, **look)
    ax.loglog(T, gaps["huber"][at], gid="touch", color=CONTINUOUS, marker="D", ms=7)
    ax.set(xlim=(1, end), ylim=(bottom, 3), xlabel=r"time $t$", ylabel=r"gap $f(\theta(t))-f^*$")
    decades(ax.xaxis)
    ax.set_xticks([1, 3, 10, 30], ["1", "3", "10", "30"])
    decades(ax.yaxis)
    legend_above(ax, 2)
    facts = {"L": worst.L, "curvature": gentle.L, "slope": bounds.worst_nesterov_slope(T, R)}
    facts |= {"gap": gaps["huber"][at], "bound": bound[at], "share": gaps["huber"][at] / bound[at]}
    facts |= {"gradient_flow": gaps["gradient-flow"][at], "parabola_share": (gaps["parabola"] / bound).max()}
    return Picture(
        figure,
        description=(
            f"Gap against time, both on log scales. The dashed bound 2/t^2 is a straight line. On the Huber function "
            f"of slope {facts['slope']:.2g} the gap keeps its height, touches the bound at t = {T:.3g}, where it is "
            f"{facts['gap']:.2g}, {facts['share']:.1%} of it, and falls away in arcs that stay below it; the "
            f"gradient flow on the same function is still at {facts['gradient_flow']:.2g} there. On a parabola the gap "
            f"falls in arcs too, and never exceeds {facts['parabola_share']:.0%} of the bound."
        ),
        facts=facts,
        slider_text=f"{facts['gap']:.2g} at t = {T:.3g}, which is {facts['share']:.1%} of the bound",
    )


def _passages(path: Path, bottom: float) -> Array:
    """Returns times about each passage of the minimiser 0, from where the gap is hardly above ``bottom`` on."""
    x, t = path.x[:, 0], path.t
    n = np.flatnonzero(x[:-1] * x[1:] < 0)
    velocity = (x[n + 1] - x[n]) / (t[n + 1] - t[n])
    reach = np.sqrt(2 * bottom / path.problem.L) / np.abs(velocity)
    around = np.array([-2.5, -1.5, -1.05, 1.05, 1.5, 2.5])[:, None]
    found = t[n] - x[n] / velocity + around * reach
    return found[found < t[-1]]


@figure(page=PAGE)
def nesterov_limit(
    eta: Annotated[float, Range(0.01, 1, "step of the method, in units of 1/L", logarithmic=True)] = 0.1,
) -> Picture:
    """Nesterov's method on x^2/2 from 1 against its differential equation at t = k sqrt(eta), up to t = 12."""
    problem, T = quadratic([[1.0]]), 12.0

    def run(step: float) -> tuple[Path, float]:
        path = nesterov(problem, 1.0, step, int(T / np.sqrt(step)))
        return path, float(np.abs(path.x - nesterov_flow(problem, 1.0, path.t).x).max())

    t, ticks = np.linspace(0, T, 97), np.geomspace(0.01, 1, 9)
    apart = np.array([run(tick**2)[1] for tick in ticks])
    (path, off), tick = run(eta), float(np.sqrt(eta))
    figure, (above, below) = canvas(470, rows=2)
    above.axhline(0, **GUIDE_LOOK)
    above.plot(t, nesterov_flow(problem, 1.0, t).x[:, 0], gid="flow", label="differential equation", **FLOW_LOOK)
    above.plot(path.t, path.x[:, 0], gid="method", label="Nesterov's method", **DOTS_LOOK | {"markersize": 3.5})
    above.set(xlim=(-0.2, T + 0.2), ylim=(-0.5, 1.05), xticks=range(0, 13, 3), yticks=(-0.5, 0, 0.5, 1))
    above.set(xlabel=r"time $t = k\sqrt{\eta}$", ylabel="$x$")
    above.legend(loc="upper right")
    below.loglog(ticks, ticks * apart[0] / ticks[0], gid="slope-1", color=FAINT, lw=1)
    below.loglog(ticks, apart, gid="deviation", **DOTS_LOOK)
    below.loglog(tick, off, gid="shown", color=DISCRETE, marker="o", ms=11, mfc="none", ls="none")
    below.annotate("slope 1", (ticks[2], apart[2]), xytext=(8, -12), textcoords="offset points")
    below.set(xlim=(0.008, 1.25), ylim=(5e-3, 2), xlabel=r"time step $\sqrt{\eta}$", ylabel="largest distance")
    decades(below.xaxis, below.yaxis)
    slope = float(np.polyfit(np.log(ticks[:5]), np.log(apart[:5]), 1)[0])
    facts = {"until": T, "largest": off, "steps": len(path) - 1, "slope": slope, "largest_at_smallest": apart[0]}
    return Picture(
        figure,
        description=(
            f"Above, x against time: the differential equation, a curve that swings down from 1 and oscillates about "
            f"0, ever less, and {len(path) - 1} steps of Nesterov's method with eta = {eta:.2g}, dots that run ahead "
            f"of it and swing less, by at most {off:.2f}. Below, this largest distance against the time step, both on "
            f"log scales: for small steps the dots lie on a line of slope 1 (fitted: {slope:.2f})."
        ),
        facts=facts,
        slider_text=f"{len(path) - 1} steps to t = {T:g}; off by at most {off:.2f}",
    )
