"""Figures of the page "Momentum"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray

from gdfigs.maths import bounds
from gdfigs.maths.flows import heavy_ball_flow
from gdfigs.maths.methods import gradient_descent, heavy_ball, nesterov
from gdfigs.maths.path import Path
from gdfigs.maths.problems import Array, Problem, Quadratic, bowl, lessard_recht_packard, quadratic
from gdfigs.plots.picture import Picture
from gdfigs.plots.registry import Range, figure
from gdfigs.plots.style import (
    BOUND_LOOK,
    CONTINUOUS,
    DESCENT_LOOK,
    DISCRETE,
    DOTS_LOOK,
    DOTTED,
    FAINT,
    FLOW_LOOK,
    GUIDE_LOOK,
    INK,
    SECOND,
    SECOND_LOOK,
    STAR_LOOK,
    THIRD,
    canvas,
    decades,
    legend_above,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAGE = "momentum.md"

L, KAPPA = 1.0, 25.0
"""Smoothness and condition number of the bowl whose paths are drawn."""
START, STEPS = np.array([-2.0, 0.15]), 30
DIGITS = 6
"""By how many powers of ten the distance falls until a method has arrived."""
ATTRACTED = (3.07, 3.46)
"""Starts from which heavy ball runs into the cycle."""
PLAIN_LOOK: dict[str, Any] = {"color": SECOND, "marker": "s", "markersize": 4, "linewidth": 0.9}
"""Gradient descent, where heavy ball has the dots."""
NESTEROV_LOOK: dict[str, Any] = {"color": THIRD, "marker": "^", "linewidth": 0.9}
MU = 1.0
"""Curvature of the parabola on which the heavy ball moves."""
OVER = 3.0
"""Friction of the overdamped motion, in units of the critical one."""
REACH = 10.0
"""The starts between it and its negative are tried."""
KINETIC_LOOK: dict[str, Any] = {"color": THIRD, "alpha": 0.15, "lw": 0}


@figure(page=PAGE)
def momentum_paths(beta: Annotated[float, Range(0, 0.95, "momentum of heavy ball")] = 0.45) -> Picture:
    """Descent, heavy ball and Nesterov's method from one start on a bowl with kappa = 25, thirty steps of each."""
    problem = bowl(KAPPA, L)
    step, alpha = (float(bounds.heavy_ball_step(b, L, problem.mu)) for b in (0.0, beta))
    long = 800  # the slowest arrives before
    paths = {
        "descent": gradient_descent(problem, START, step, long),
        "heavy-ball": heavy_ball(problem, START, alpha, beta, long),
        "nesterov": nesterov(problem, START, 1 / L, long),
    }
    titles = ("gradient descent, best step", "heavy ball, best step for its momentum", "Nesterov's method, step $1/L$")
    figure, axes = canvas(456, rows=3, left=46, top=22, bottom=4, foot=36)
    for ax, (name, path), title, look in zip(
        axes, paths.items(), titles, (PLAIN_LOOK, DESCENT_LOOK, NESTEROV_LOOK), strict=True
    ):
        ax.set(xlim=(-2.3, 2.3), ylim=(-0.72, 0.72), aspect="equal", xticks=range(-2, 3), yticks=(-0.5, 0, 0.5))
        _valley(ax, problem, name)
        ax.plot(0, 0, gid=f"minimiser-{name}", **STAR_LOOK | {"markersize": 9})
        ax.plot(*path.x[: STEPS + 1].T, gid=name, **look | {"markersize": 3.5})
        ax.set_title(title, loc="left", fontsize=12, pad=5)
        ax.tick_params(labelbottom=ax is axes[-1])
        ax.set(ylabel=r"$\theta_2$")
    axes[-1].set(xlabel=r"$\theta_1$")
    needed = {name: _arrival(path) for name, path in paths.items()}
    beyond = {name: float(max(path.x[:, 0].max() / -START[0], 0.0)) for name, path in paths.items()}
    percent = round(100 * beyond["heavy-ball"])
    radius = float(bounds.heavy_ball_factor(alpha, beta, L, problem.mu))
    facts = {"kappa": KAPPA, "digits": DIGITS, "shown": STEPS, "alpha": alpha, "radius": radius}
    facts |= {"descent_radius": float(bounds.contraction(step, L, problem.mu)), "steps": needed["heavy-ball"]}
    facts |= {"descent_steps": needed["descent"], "nesterov_steps": needed["nesterov"]}
    facts |= {"overshoot": beyond["heavy-ball"], "nesterov_overshoot": beyond["nesterov"], "accuracy": 10.0**-DIGITS}
    facts |= {"left": paths["heavy-ball"].distance[STEPS], "descent_left": paths["descent"].distance[STEPS]}
    facts |= {"sideways": np.abs(paths["heavy-ball"].x[:, 1]).max() / START[1]}
    return Picture(
        figure,
        description=(
            f"Three panels with the contours of a bowl with kappa = {KAPPA:g}, its long axis level, and {STEPS} steps "
            f"from ({START[0]:g}, {START[1]:g}), dots joined by lines. Gradient descent zigzags along the axis and "
            f"is still {paths['descent'].distance[STEPS]:.2f} from the minimiser. Heavy ball with beta = {beta:g} "
            f"{f'runs past it by {percent} % of its way' if percent else 'does not run past it'} and is then "
            f"{paths['heavy-ball'].distance[STEPS]:.2g} from it. Nesterov's method runs past it by "
            f"{beyond['nesterov']:.0%} and turns back."
        ),
        facts=facts,
        slider_text=(
            f"{f'overshoots by {percent} %' if percent else 'no overshoot'}; spectral radius {radius:.3f}; "
            f"{needed['heavy-ball']:.0f} steps to 1e-6"
        ),
    )


@figure(page=PAGE)
def momentum_rates(
    kappa: Annotated[float, Range(4, 400, "condition number L/mu", logarithmic=True)] = KAPPA,
    steps: Annotated[int, Range(20, 400, "how many steps are shown")] = 180,
) -> Picture:
    """Distance from the minimiser of a bowl against the step: descent, heavy ball and Nesterov's method."""
    problem, start, k = bowl(kappa, L), np.sqrt([0.5, 0.5]), np.arange(steps + 1)
    step, tuned = bounds.best_step(L, problem.mu), bounds.heavy_ball_parameters(L, problem.mu)
    long = max(steps, int(30 * kappa))  # the slowest arrives before 30 kappa
    figure, (ax,) = canvas(330, head=50)
    facts = {"digits": DIGITS, "descent_factor": float(bounds.contraction(step, L, problem.mu))}
    facts["heavy_ball_factor"] = bounds.heavy_ball_rate(L, problem.mu)
    for name, label, path, look in (
        ("descent", "gradient descent", gradient_descent(problem, start, step, long), PLAIN_LOOK),
        ("heavy-ball", "heavy ball", heavy_ball(problem, start, *tuned, long), DESCENT_LOOK),
        ("nesterov", "Nesterov's method", nesterov(problem, start, 1 / L, long), NESTEROV_LOOK),
    ):
        seen = path.distance[: steps + 1] >= 10.0**-DIGITS
        look = look | {"markersize": 3.5, "markevery": max(1, steps // 36)}
        ax.semilogy(k[seen], path.distance[: steps + 1][seen], gid=name, label=label, **look)
        facts[f"{name.replace('-', '_')}_steps"] = _arrival(path)
        facts[f"{name.replace('-', '_')}_highest"] = path.distance.max()
    for name, label, bound in (
        ("descent-bound", "", facts["descent_factor"] ** k),
        ("heavy-ball-bound", "bounds", bounds.heavy_ball_quadratic(k, L, problem.mu)),
    ):
        seen = bound >= 10.0**-DIGITS
        ax.semilogy(k[seen], bound[seen], gid=name, label=label, zorder=3, **BOUND_LOOK)
    ax.set(xlim=(-0.02 * steps, 1.02 * steps), ylim=(10.0**-DIGITS, 10), xlabel="step $k$", ylabel="distance, relative")
    decades(ax.yaxis, every=2)
    legend_above(ax, 2)
    return Picture(
        figure,
        description=(
            f"Distance from the minimiser against the step, on a log scale, kappa = {kappa:g}. Gradient descent falls "
            f"on its bound, a straight line, by the factor {facts['descent_factor']:.3f} a step. Heavy ball rises "
            f"to {facts['heavy_ball_highest']:.2g} at first and then falls just below its curved bound, in the end by "
            f"{facts['heavy_ball_factor']:.3f} a step. Nesterov's method falls in arcs. They reach 1e-6 after "
            f"{facts['descent_steps']:g}, {facts['heavy_ball_steps']:g} and {facts['nesterov_steps']:g} steps."
        ),
        facts=facts,
    )


@figure(page=PAGE)
def heavy_ball_spectral_radius(
    kappa: Annotated[float, Range(1.5, 1000, "condition number L/mu", logarithmic=True)] = KAPPA,
) -> Picture:
    """Spectral radius of heavy ball against its momentum beta, with the step that is best for that beta."""
    mu, best = L / kappa, bounds.heavy_ball_parameters(L, L / kappa)[1]
    beta = np.linspace(0, 0.96, 25)
    companion = np.zeros((2, len(beta), 2, 2))
    companion[..., 0, 0] = 1 + beta - np.multiply.outer([mu, L], bounds.heavy_ball_step(beta, L, mu))
    companion[..., 0, 1], companion[..., 1, 0] = -beta, 1
    radius = np.abs(np.linalg.eigvals(companion)).max(axis=(0, -1))
    # Both curves are like a square root where they begin to bend: at 0 and at the kink.
    fine = np.union1d(best * (1 - np.cos(np.linspace(0, np.pi, 81))) / 2, np.linspace(best, 1, 41))
    least, descent = bounds.heavy_ball_rate(L, mu), bounds.contraction(bounds.best_step(L, mu), L, mu)
    factor = bounds.heavy_ball_factor(bounds.heavy_ball_step(fine, L, mu), fine, L, mu)
    figure, (ax,) = canvas(320, head=50)
    ax.plot(fine, np.sqrt(fine), gid="root", label=r"$\sqrt{\beta}$, never less", **BOUND_LOOK)
    ax.plot(fine, factor, gid="factor", color=DISCRETE, lw=1, label="its formula")
    ax.plot(beta, radius, gid="radius", label="spectral radius", **DOTS_LOOK)
    ax.plot(
        0, descent, gid="descent", color=SECOND, marker="s", ms=9, ls="none", label="gradient descent", clip_on=False
    )
    ax.plot(best, least, gid="best", color=DISCRETE, marker="D", ms=9, ls="none", label="least")
    ax.set(xlim=(0, 1), ylim=(0, 1.04), xlabel=r"momentum $\beta$", ylabel="factor per step")
    ax.set(xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
    legend_above(ax, 3, columnspacing=1)
    return Picture(
        figure,
        description=(
            f"The spectral radius of heavy ball against beta, kappa = {kappa:g}. From {descent:.3f} at beta = 0, which "
            f"is gradient descent, it falls ever more steeply to {least:.3f} at beta = {best:.3f}; there it turns "
            "sharply onto the dashed curve sqrt(beta), which it never leaves again as it rises to 1."
        ),
        facts={"descent": descent, "least": least, "best_beta": best},
        slider_text=f"least {least:.3f} at beta = {best:.3f}, against {descent:.3f} for descent",
    )


@figure(page=PAGE)
def cycle_of_the_heavy_ball(
    start: Annotated[float, Range(*ATTRACTED, "where both start, from where the cycle attracts")] = 3.3,
    steps: Annotated[int, Range(12, 60, "number of steps shown")] = 36,
) -> Picture:
    """The cycle of heavy ball on Lessard, Recht and Packard's function, beside descent, and the starts it draws in."""
    problem = lessard_recht_packard()
    ball = heavy_ball(problem, start, *bounds.heavy_ball_parameters(problem.L, problem.mu), 300)
    descent = gradient_descent(problem, start, bounds.best_step(problem.L, problem.mu), steps)
    cycle = np.roll(ball.x[-3:, 0], -int(np.abs(ball.x[-3:, 0]).argmin()))  # from the point nearest to 0
    heights = problem.f(cycle[:, None])
    x, k = np.linspace(-2.6, 2.8, 217), np.arange(steps + 1)
    figure, (above, below) = canvas(570, rows=2, foot=70)
    strip = figure.add_axes((below.get_position().x0, 42 / 570, below.get_position().width, 14 / 570))
    above.axvspan(1, 2, color=CONTINUOUS, alpha=0.1, lw=0)
    above.text(1.5, 80, "curvature 1", ha="center", color=CONTINUOUS)
    above.plot(x, problem.f(x[:, None]), gid="f", color=INK)
    for i, (value, height) in enumerate(zip(cycle, heights, strict=True)):
        arrow = {"arrowstyle": "->", "color": DISCRETE, "connectionstyle": "arc3,rad=-0.25", "shrinkA": 6, "shrinkB": 6}
        above.annotate("", (cycle[i - 2], heights[i - 2]), (value, height), arrowprops=arrow)
        below.axhline(value, gid=f"limit-{i}", **GUIDE_LOOK)
    above.plot(cycle, heights, gid="cycle", **DOTS_LOOK | {"markersize": 8})
    above.plot(0, 0, gid="minimiser", **STAR_LOOK)
    above.set(xlim=(-2.7, 2.9), ylim=(-5, 90), xlabel="$x$", ylabel="$f(x)$", yticks=(0, 40, 80))
    below.plot(k, ball.x[: steps + 1, 0], gid="heavy-ball", label="heavy ball", **DESCENT_LOOK)
    below.plot(k, descent.x[:, 0], gid="descent", label="gradient descent", **PLAIN_LOOK)
    below.set(xlim=(-0.02 * steps, 1.02 * steps), ylim=(-3.6, 4.6), xlabel="step $k$", ylabel="$x_k$")
    below.set(yticks=range(-3, 4))
    below.legend(loc="upper right", ncols=2)
    starts = np.linspace(-REACH, REACH, 20001)
    lost = _runs_on(problem, starts)
    ends = np.flatnonzero(np.diff(lost)).reshape(-1, 2)
    intervals = np.column_stack([starts[ends[:, 0] + 1], starts[ends[:, 1]], np.full(len(ends), np.nan)]).ravel()
    strip.plot(intervals, 0 * intervals, gid="lost", color=DISCRETE, lw=14, solid_capstyle="butt")
    strip.set(xlim=(-REACH, REACH), ylim=(-1, 1), yticks=(), xticks=range(-10, 11, 5), xlabel="starts that are lost")
    left = float(descent.distance[-1])
    pairs = np.column_stack([ball.x[:-1], ball.x[1:]])
    facts = {"reach": REACH, "intervals": len(ends), "share": lost.mean()}
    facts["period"] = int((pairs[-2::-1] == pairs[-1]).all(axis=1).argmax()) + 1
    facts |= {"L": problem.L, "from": ATTRACTED[0], "to": ATTRACTED[1], "nearest": cycle[0], "lowest": cycle[1]}
    facts |= {"highest": cycle[2], "descent_left": left, "ball_left": np.abs(ball.x[steps, 0])}
    facts |= {"descent_factor": bounds.contraction(bounds.best_step(problem.L, problem.mu), problem.L, problem.mu)}
    return Picture(
        figure,
        description=(
            f"Above, a valley f, flatter between 1 and 2, with three points on its walls at {cycle[0]:.3f}, "
            f"{cycle[1]:.3f} and {cycle[2]:.3f}, and arrows from each to the next and from the last to the first. "
            f"Below, {steps} steps from {start:g}: heavy ball soon jumps round these three values and goes on for "
            f"ever; gradient descent also jumps over the minimiser 0, but closes in on it, to {left:.2g}. At the foot, "
            f"an axis from {-REACH:g} to {REACH:g} with {len(ends)} thick lines, which cover {lost.mean():.1%} of it: "
            "the starts from which heavy ball runs into the cycle."
        ),
        facts=facts,
    )


@figure(page=PAGE)
def energy_of_the_heavy_ball(
    gamma: Annotated[float, Range(0.02, 0.5, "friction in units of the critical one")] = 0.1,
    T: Annotated[float, Range(10, 40, "time shown, in units of 1/sqrt(mu)")] = 20.0,
) -> Picture:
    """f and the total energy along the heavy ball on (mu/2) x^2, from rest, relative to the start."""
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
    facts = {"lowest_before": motion.f[:peak].min(), "first_peak": motion.f[peak], "peak_time": motion.t[peak]}
    facts |= {"energy_left": motion.energy[-1], "share_rising": rising.mean()}
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
def damping(
    gamma: Annotated[float, Range(0, OVER, "friction of the first, in units of the critical one")] = 0.2,
) -> Picture:
    """The heavy ball on (mu/2) x^2 from rest at 1, with three frictions, and how fast it decays with each."""
    problem, critical, t = quadratic([[MU]]), bounds.critical_damping(MU), np.linspace(0, 20, 121)
    # Beyond the critical damping the exponent falls like a square root at first.
    frictions = np.concatenate([[0, 1], 1 + (OVER - 1) * np.linspace(0, 1, 31)[1:] ** 2])
    figure, (above, below) = canvas(450, rows=2, head=26)
    above.axhline(0, **GUIDE_LOOK)
    exponents = bounds.damping_exponent(frictions * critical, MU)
    below.plot(frictions, exponents, gid="exponent", color=INK, lw=1, zorder=1)
    facts = {"over": OVER}
    looks: tuple[tuple[str, float, str, dict[str, Any], str], ...] = (
        ("over", OVER, f"{OVER:g} times critical", {"color": THIRD, "ls": DOTTED}, "s"),
        ("critical", 1.0, "critical", SECOND_LOOK, "D"),
        ("motion", gamma, r"friction $\gamma$", FLOW_LOOK, "o"),
    )
    for name, ratio, label, look, marker in looks:
        x = heavy_ball_flow(problem, 1.0, ratio * critical, t).x[:, 0]
        exponent = float(bounds.damping_exponent(ratio * critical, MU))
        above.plot(t, x, gid=name, label=label, **look)
        below.plot(ratio, exponent, gid=f"{name}-exponent", color=look["color"], marker=marker, ms=8, clip_on=False)
        facts |= {f"{name}_exponent": exponent, f"{name}_at_5": x[t == 5][0]}
        facts[f"{name}_crossings"] = float(np.count_nonzero(np.diff(np.sign(x))))
    above.set(xlim=(0, 20), ylim=(-1.05, 1.05), xticks=range(0, 21, 5), yticks=(-1, 0, 1))
    above.set(xlabel=r"time $t$, in units of $1/\sqrt{\mu}$", ylabel="$x(t)$")
    legend_above(above, 3, columnspacing=1)
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


def _runs_on(problem: Problem, starts: Array) -> NDArray[np.bool_]:
    """Tells whether tuned heavy ball from each start, at rest, is still away from the minimiser 0 in the end."""
    alpha, beta = bounds.heavy_ball_parameters(problem.L, problem.mu)
    before = now = starts[:, None]
    for _ in range(300):
        before, now = now, now - alpha * problem.grad(now) + beta * (now - before)
    return np.abs(now[:, 0]) > 0.5  # the cycle comes no nearer than 0.64


def _arrival(path: Path) -> float:
    """Counts the steps until the distance is and stays at most 10.0**-DIGITS times that of the start."""
    return float(np.flatnonzero(path.distance > 10.0**-DIGITS * path.distance[0])[-1] + 1)


def _valley(ax: Axes, problem: Quadratic, name: str) -> None:
    """Draws four contours about the start, the ground darker towards the minimiser."""
    from matplotlib.patches import Ellipse

    for i, size in enumerate(2.2 * np.arange(1, 5) / 4):
        width, height = 2 * size * np.sqrt(problem.mu / problem.eigenvalues)
        contour = Ellipse((0, 0), width, height, gid=f"contour-{name}-{i}", fc=(CONTINUOUS, 0.04), ec=FAINT, lw=0.7)
        ax.add_patch(contour).set_zorder(0)
