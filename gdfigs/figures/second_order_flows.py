"""Figures of the page "Momentum": its equations of motion."""

from typing import Any

import numpy as np

from gdfigs import bounds
from gdfigs.catalogue import Logarithmic, figure
from gdfigs.flows import gradient_flow
from gdfigs.methods import nesterov
from gdfigs.path import Path
from gdfigs.picture import Picture
from gdfigs.problems import Array, huber, quadratic
from gdfigs.second_order import heavy_ball_flow, nesterov_flow
from gdfigs.style import (
    BOUND_LOOK,
    CONTINUOUS,
    DISCRETE,
    DOTS_LOOK,
    FAINT,
    FLOW_LOOK,
    INK,
    SECOND,
    THIRD,
    canvas,
    decades,
)

PAGE = "momentum.md"

MU = 1.0
"""Curvature of the parabola on which the heavy ball moves."""
OVER = 3.0
"""Friction of the overdamped motion, in units of the critical one."""
GRADIENT_FLOW_LOOK: dict[str, Any] = {"color": SECOND, "ls": (0, (6, 2))}
"""Where the unbroken line is a motion with inertia."""
PARABOLA_LOOK: dict[str, Any] = {"color": THIRD, "ls": "-.", "lw": 1.2}
KINETIC_LOOK: dict[str, Any] = {"color": THIRD, "alpha": 0.15, "lw": 0}


@figure(page=PAGE)
def energy_of_the_heavy_ball(gamma: float = 0.1, T: float = 20.0) -> Picture:
    """f and the total energy along the heavy ball on (mu/2) x^2, from rest, relative to the start.

    gamma: friction in units of the critical one, from 0.02 to 0.5
    T: time shown, in units of 1/sqrt(mu), from 10 to 40
    """
    if not 0.02 <= gamma <= 0.5:
        raise ValueError(f"gamma must lie in [0.02, 0.5], where the ball is seen to come back; got {gamma:g}")
    if not 10 <= T <= 40:
        raise ValueError(f"T must lie in [10, 40]; got {T:g}: choose one from there")
    problem, friction = quadratic([[MU]]), gamma * bounds.critical_damping(MU)
    motion = heavy_ball_flow(problem, np.sqrt(2 / MU), friction, np.linspace(0, T, 1601))
    rising = np.diff(motion.f) > 0
    peak = int(np.flatnonzero(rising[:-1] & ~rising[1:])[0]) + 1
    figure, (ax,) = canvas(290)
    t, f, energy = motion.t[::10], motion.f[::10], motion.energy[::10]
    ax.plot(t, energy, gid="energy", label="energy $E$", color=INK)
    ax.plot(t, f, gid="f", label=r"$f(\theta(t))$", **FLOW_LOOK)
    ax.fill_between(t, f, energy, gid="kinetic", label="kinetic energy", **KINETIC_LOOK)
    ax.set(xlim=(0, T), ylim=(0, 1.03), yticks=(0, 0.5, 1), ylabel="relative to the start")
    ax.set(xlabel=r"time $t$, in units of $1/\sqrt{\mu}$")
    ax.locator_params(axis="x", nbins=5)
    ax.legend(loc="upper right")
    facts = {
        "lowest_before": float(motion.f[:peak].min()),
        "first_peak": float(motion.f[peak]),
        "peak_time": float(motion.t[peak]),
        "energy_left": float(motion.energy[-1]),
        "share_rising": float(rising.mean()),
    }
    return Picture(
        figure,
        description=(
            f"Two curves against time, from 1. The energy E falls in smooth steps, and never rises, to "
            f"{facts['energy_left']:.2g}. Below it f falls to 0, rises to {facts['first_peak']:.2f} at t = "
            f"{facts['peak_time']:.1f}, falls again and so on: it rises for {facts['share_rising']:.0%} of the time. "
            "It touches E wherever the ball turns; the shaded rest is kinetic energy, and E falls fastest where there "
            "is most of it."
        ),
        facts=facts,
    )


@figure(page=PAGE)
def damping(gamma: float = 0.2) -> Picture:
    """The heavy ball on (mu/2) x^2 from rest at 1, with three frictions, and how fast it decays with each.

    gamma: friction of the first, in units of the critical one
    """
    if not 0 <= gamma <= OVER:
        raise ValueError(f"gamma must lie in [0, {OVER:g}], in units of the critical damping; got {gamma:g}")
    problem, critical, t = quadratic([[MU]]), bounds.critical_damping(MU), np.linspace(0, 20, 121)
    # Beyond the critical damping the exponent falls like a square root at first.
    frictions = np.concatenate([[0, 1], 1 + (OVER - 1) * np.linspace(0, 1, 31)[1:] ** 2])
    figure, (above, below) = canvas(450, rows=2, head=26)
    above.axhline(0, color=FAINT, lw=0.8, zorder=0)
    exponents = bounds.damping_exponent(frictions * critical, MU)
    below.plot(frictions, exponents, gid="exponent", color=INK, lw=1, zorder=1)
    facts = {"over": OVER}
    looks: tuple[tuple[str, float, str, dict[str, Any], str], ...] = (
        ("over", OVER, f"{OVER:g} times critical", {"color": THIRD, "ls": ":"}, "s"),
        ("critical", 1.0, "critical", {"color": SECOND, "ls": "-."}, "D"),
        ("motion", gamma, r"friction $\gamma$", FLOW_LOOK, "o"),
    )
    for name, ratio, label, look, marker in looks:
        x = heavy_ball_flow(problem, 1.0, ratio * critical, t).x[:, 0]
        exponent = float(bounds.damping_exponent(ratio * critical, MU))
        above.plot(t, x, gid=name, label=label, **look)
        below.plot(ratio, exponent, gid=f"{name}-exponent", color=look["color"], marker=marker, ms=8, clip_on=False)
        facts |= {f"{name}_exponent": exponent, f"{name}_at_5": float(x[t == 5][0])}
        facts[f"{name}_crossings"] = float(np.count_nonzero(np.diff(np.sign(x))))
    above.set(xlim=(0, 20), ylim=(-1.05, 1.05), xticks=range(0, 21, 5), yticks=(-1, 0, 1))
    above.set(xlabel=r"time $t$, in units of $1/\sqrt{\mu}$", ylabel="$x(t)$")
    above.legend(loc="lower left", bbox_to_anchor=(0, 1.02), ncols=3, columnspacing=1)
    below.set(xlim=(0, OVER), ylim=(0, 1.08), xticks=range(4), yticks=(0, 0.5, 1))
    below.set(xlabel=r"friction $\gamma$, in units of $2\sqrt{\mu}$", ylabel=r"exponent, in units of $\sqrt{\mu}$")
    decay = f"e^(-{facts['motion_exponent']:.2g} t)"
    if np.isclose(gamma, 1):
        course = "returns without passing 0 and shrinks like t e^(-t)"
    elif gamma > 1:
        course = f"creeps back and shrinks like {decay}"
    else:
        course = f"oscillates and shrinks like {decay}" if gamma else "oscillates for ever"
    return Picture(
        figure,
        description=(
            f"Above, three motions from 1 against time. With gamma = {gamma:g} times the critical friction the ball "
            f"{course}. With the critical one it returns without passing 0 and is at {facts['critical_at_5']:.2f} at "
            f"t = 5; with {OVER:g} times that it creeps and is still at {facts['over_at_5']:.2f}. Below, the exponent "
            "of the decay against the friction: it rises in a straight line to 1 at the critical friction, then "
            f"falls, steeply at first, to {facts['over_exponent']:.2f}."
        ),
        facts=facts,
        told=course,
    )


@figure(page=PAGE)
def nesterov_flow_rate(T: Logarithmic = 20.0) -> Picture:
    """Gap along Nesterov's equation on the Huber function worst for the time T and on a parabola; L = R = 1.

    T: time at which the gap on the Huber function meets the bound, in units of 1/sqrt(L), from 10 to 40
    """
    if not 10 <= T <= 40:
        raise ValueError(f"T must lie in [10, 40], inside the picture; got {T:g}: choose one from there")
    R, end, bottom = 1.0, 60.0, 1e-5
    worst, gentle = huber(bounds.worst_nesterov_slope(T, R)), quadratic([[0.1]])
    t = np.union1d(np.concatenate([np.geomspace(1, 8, 40), np.linspace(8, end, 209)]), T)
    figure, (ax,) = canvas(330, head=50)
    bound, at = bounds.nesterov_flow_bound(t, R), int(np.flatnonzero(t == T)[0])
    ax.loglog(t[[0, at, -1]], bound[[0, at, -1]], gid="bound", label="bound $2R^2/t^2$", **BOUND_LOOK)
    gaps: dict[str, Array] = {}
    for name, label, path, look in (
        ("parabola", "$x^2/20$", nesterov_flow(gentle, R, t), PARABOLA_LOOK),
        ("huber", "worst Huber function", nesterov_flow(worst, R, t), FLOW_LOOK),
        ("gradient-flow", "gradient flow on it", gradient_flow(worst, R, t), GRADIENT_FLOW_LOOK),
    ):
        gaps[name] = path.gap
        ax.loglog(t, np.where(path.gap >= bottom, path.gap, np.nan), gid=name, label=label, **look)
    ax.loglog(T, gaps["huber"][at], gid="touch", color=CONTINUOUS, marker="D", ms=7)
    ax.set(xlim=(1, end), ylim=(bottom, 3), xlabel=r"time $t$", ylabel=r"gap $f(\theta(t))-f^*$")
    decades(ax.xaxis)
    ax.set_xticks([1, 3, 10, 30], ["1", "3", "10", "30"])
    decades(ax.yaxis)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.02), ncols=2)
    facts = {
        "L": worst.L,
        "curvature": gentle.L,
        "slope": bounds.worst_nesterov_slope(T, R),
        "gap": gaps["huber"][at],
        "bound": bound[at],
        "share": gaps["huber"][at] / bound[at],
        "gradient_flow": gaps["gradient-flow"][at],
        "parabola_share": (gaps["parabola"] / bound).max(),
    }
    return Picture(
        figure,
        description=(
            f"Gap against time, both on log scales. The dashed bound 2/t^2 is a straight line. On the Huber function "
            f"of slope {facts['slope']:.2g} the gap keeps its height, touches the bound at t = {T:.3g}, where it is "
            f"{facts['gap']:.2g}, {facts['share']:.1%} of it, and falls away in arcs that stay below it; the "
            f"gradient flow on the same function is still at {facts['gradient_flow']:.2g} there. On a parabola the gap "
            f"falls in arcs too, and never exceeds {facts['parabola_share']:.0%} of the bound."
        ),
        facts={name: float(value) for name, value in facts.items()},
        told=f"{facts['gap']:.2g} at t = {T:.3g}, which is {facts['share']:.1%} of the bound",
    )


@figure(page=PAGE)
def nesterov_limit(eta: Logarithmic = 0.1) -> Picture:
    """Nesterov's method on x^2/2 from 1 against its differential equation at t = k sqrt(eta), up to t = 12.

    eta: step of the method, in units of 1/L
    """
    if not 0.01 <= eta <= 1:
        raise ValueError(f"eta must lie in [0.01, 1], or the dots cannot be told apart; got {eta:g}")
    problem, T = quadratic([[1.0]]), 12.0

    def run(step: float) -> tuple[Path, float]:
        path = nesterov(problem, 1.0, step, int(T / np.sqrt(step)))
        return path, float(np.abs(path.x - nesterov_flow(problem, 1.0, path.t).x).max())

    t, ticks = np.linspace(0, T, 97), np.geomspace(0.01, 1, 9)
    apart = np.array([run(tick**2)[1] for tick in ticks])
    (path, off), tick = run(eta), float(np.sqrt(eta))
    figure, (above, below) = canvas(470, rows=2)
    above.axhline(0, color=FAINT, lw=0.8, zorder=0)
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
    decades(below.xaxis)
    decades(below.yaxis)
    slope = float(np.polyfit(np.log(ticks[:5]), np.log(apart[:5]), 1)[0])
    return Picture(
        figure,
        description=(
            f"Above, x against time: the differential equation, a curve that swings down from 1 and oscillates about "
            f"0, ever less, and {len(path) - 1} steps of Nesterov's method with eta = {eta:.2g}, dots that run ahead "
            f"of it and swing less, by at most {off:.2f}. Below, this largest distance against the time step, both on "
            f"log scales: for small steps the dots lie on a line of slope 1 (fitted: {slope:.2f})."
        ),
        facts={
            "until": T,
            "largest": off,
            "steps": float(len(path) - 1),
            "slope": slope,
            "largest_at_smallest": float(apart[0]),
        },
        told=f"{len(path) - 1} steps to t = {T:g}; off by at most {off:.2f}",
    )
