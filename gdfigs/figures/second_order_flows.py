"""Figures of the page "Momentum": its equations of motion."""

from typing import Any

import numpy as np

from gdfigs.maths import bounds
from gdfigs.maths.flows import heavy_ball_flow
from gdfigs.maths.problems import quadratic
from gdfigs.plots.picture import Picture
from gdfigs.plots.registry import figure
from gdfigs.plots.style import (
    FAINT,
    FLOW_LOOK,
    INK,
    SECOND,
    THIRD,
    canvas,
)

PAGE = "momentum.md"

MU = 1.0
"""Curvature of the parabola on which the heavy ball moves."""
OVER = 3.0
"""Friction of the overdamped motion, in units of the critical one."""
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
        slider_text=course,
    )
