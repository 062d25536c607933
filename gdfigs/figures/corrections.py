"""Figures of the page "Where the post was wrong": the counterexamples."""

from typing import Annotated

import numpy as np

from gdfigs.maths import bounds
from gdfigs.maths.flows import gradient_flow
from gdfigs.maths.methods import gradient_descent
from gdfigs.maths.problems import concave, hill, huber, log_cosh, one_sided, quadratic
from gdfigs.plots.picture import Picture
from gdfigs.plots.registry import Range, figure
from gdfigs.plots.style import (
    BOUND,
    BOUND_LOOK,
    DESCENT_LOOK,
    FLOW_LOOK,
    FORMULA_LOOK,
    GUIDE_LOOK,
    INK,
    OTHER_LOOK,
    SECOND,
    SECOND_LOOK,
    THIRD,
    canvas,
    decades,
    legend_above,
)

PAGE = "corrections.md"


@figure(page=PAGE)
def one_sided_hessian(contact: Annotated[float, Range(-0.3, 0.3, "where the parabolas touch f")] = 0.0) -> Picture:
    """The double well x^2/2 - log cosh(10x)/10 with parabolas of curvature 1 and -1; its second derivative."""
    problem, L, reach = one_sided(), 1.0, 1.6
    x = np.linspace(-reach, reach, 241)
    f, curvature = problem.f(x[:, None]), problem.hess(x[:, None])[:, 0, 0]
    value, slope = problem.f(np.array([contact])), problem.grad(np.array([contact]))[0]
    upper, lower = (bounds.quadratic_upper(value, slope, x - contact, c) for c in (L, -L))
    low, high = -0.75, 1.05
    figure, (above, below) = canvas(470, rows=2, head=34, bottom=40)
    for gid, label, y, look in (
        ("upper", "descent lemma, $L=1$", upper, BOUND_LOOK),
        ("lower", "1-smoothness asks this too", lower, SECOND_LOOK),
        ("f", "$f$", f, {"color": INK}),
    ):
        inside = (low <= y) & (y <= high)
        above.plot(x[inside], y[inside], gid=gid, label=label, **look)
    above.plot([contact], value, gid="contact", color=INK, marker="o", ls="none")
    above.set(xlim=(-reach, reach), ylim=(low, high), yticks=(-0.5, 0, 0.5, 1), ylabel="objective")
    above.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, columnspacing=1)
    below.fill_between(x[[0, -1]], -L, L, gid="smooth", color=SECOND, alpha=0.2, lw=0)
    below.plot(x, curvature, gid="curvature", color=INK)
    below.text(-1.5, -2.4, "1-smooth: from −1 to 1", color=SECOND)
    below.set(xlim=(-reach, reach), ylim=(-9.6, 2.2), yticks=(-9, -5, -1, 1), xlabel="$x$", ylabel="second derivative")
    facts = {"L": L, "contact": contact, "lipschitz": np.abs(curvature).max()}
    facts |= {"least_curvature": curvature.min(), "largest_curvature": curvature.max()}
    facts |= {"least_room_above": (upper - f).min(), "largest_shortfall": (lower - f).max()}
    return Picture(
        figure,
        description=(
            f"Above, a double well f between two parabolas that touch it at {contact:g}. It stays below the upper one, "
            f"of curvature 1, everywhere, as the descent lemma says for L = 1; but it falls below the lower one, of "
            f"curvature -1, by up to {facts['largest_shortfall']:.3f}. Below, its second derivative: at most 1, but "
            f"in a pit around 0 far below the band from -1 to 1, down to {curvature.min():.3g}."
        ),
        facts=facts,
    )


@figure(page=PAGE)
def huber_two_cycle(
    h: Annotated[float, Range(2.5, 4, "the step in units of 1/L")] = 3.0,
    x0: Annotated[float, Range(0.05, 1, "the start")] = 0.1,
) -> Picture:
    """Descent with a step of h/L, beyond 2/L, on a Huber function (L = slope = 1) and on the parabola inside it."""
    steps, reach = 14, 7.0
    bent, parabola = huber(1.0), quadratic([[1.0]])
    cycling = gradient_descent(bent, x0, h, steps, diverge=True)
    diverging = gradient_descent(parabola, x0, h, steps, diverge=True)
    x, away = cycling.x[:, 0], diverging.x[:, 0]
    shown = int(np.argmax(np.abs(away) > reach))
    u = np.linspace(-3.5, 3.5, 201)[:, None]
    figure, (above, below) = canvas(490, rows=2, top=32, bottom=40)
    near = parabola.f(u) <= 4
    above.plot(u[near, 0], parabola.f(u)[near], gid="parabola", label="parabola", **OTHER_LOOK)
    above.plot(u[:, 0], bent.f(u), gid="huber", color=INK, label="Huber function")
    above.plot(x, cycling.f, gid="on-graph", **DESCENT_LOOK)
    above.set(xlim=(-3.5, 3.5), ylim=(-0.2, 4), yticks=range(5), xlabel="$x$", ylabel="objective")
    legend_above(above, 2, gap=0)
    k = np.arange(steps + 1)
    for value in x[-2:]:
        below.axhline(value, **GUIDE_LOOK)
    below.plot(k[:shown], away[:shown], gid="diverging", marker="s", mfc="none", ms=8, lw=0.9,
               label="on the parabola", **OTHER_LOOK)  # fmt: skip
    below.plot(k, x, gid="cycling", label="on the Huber function", **DESCENT_LOOK)
    below.set(xlim=(-0.3, steps + 0.3), ylim=(-reach, reach), xlabel="step $k$", ylabel="$x_k$")
    legend_above(below, 2, gap=0)
    low, high = sorted(x[-2:].tolist())
    facts = {"lower": low, "upper": high, "width": high - low, "factor": bounds.forward_factor(h)}
    facts |= {"steps_shown_on_parabola": shown - 1, "last_on_parabola": away[-1]}
    return Picture(
        figure,
        description=(
            f"Descent with eta = {h:g}/L from {x0:g} on two functions that agree between -1 and 1: a parabola, and a "
            "Huber function, which goes on straight. Above, the graphs; below, the iterates against k. On the parabola "
            f"each is {facts['factor']:.3g} times the one before, and those after step {shown - 1} lie outside the "
            f"picture. On the Huber function they end in a cycle of two points, {low:.3g} and {high:.3g}."
        ),
        facts=facts,
    )


@figure(page=PAGE)
def non_uniqueness(
    wait: Annotated[float, Range(0.5, 1.2, "time between one solution's leaving 0 and the next one's")] = 1.0,
    x0: Annotated[float, Range(0.7, 1.5, "the largest start of the second panel")] = 1.0,
) -> Picture:
    """Flows of -(3/4) |x|^{4/3} from 0, several for the same start; flows of -x^4/4, which end in finite time."""
    last, reach, top, waits = 4.0, 4.6, 6.0, wait * np.arange(4)
    t = np.union1d(np.linspace(0, last, 161), waits)
    figure, (above, below) = canvas(480, rows=2, top=12, bottom=40)
    for number, waited in enumerate(waits, 1):
        x = bounds.waiting_flow(t, waited)
        for gid, y in (("up", x), ("down", -x)):
            above.plot(t, y, gid=f"{gid}-{number}", **FLOW_LOOK)
    above.plot([0, last], [0, 0], gid="rest", **FLOW_LOOK)
    above.plot([0], [0], gid="start", color=INK, marker="o", ls="none", clip_on=False, zorder=4)
    above.text(0.1, 3.6, r"$-\frac{3}{4}|x|^{4/3}$: many solutions from 0", fontsize=12.5)
    above.set(xlim=(0, last), ylim=(-reach, reach), xticks=range(5), yticks=range(-4, 5, 2))
    starts = x0 * np.array([1.0, 0.8, 0.6])
    ends = bounds.bursting_time(starts)
    for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1):
        # The time left to a flow at x is 1 / (2 x^2): so the points are as dense where it is steep.
        times = end - bounds.bursting_time(np.geomspace(start, top, 80))
        below.plot([end, end], [0, top], gid=f"end-{number}", **BOUND_LOOK)
        below.plot(times, bounds.bursting_flow(times, start), gid=f"burst-{number}", **FLOW_LOOK)
        below.plot([0], [start], gid=f"start-{number}", color=INK, marker="o", ls="none", clip_on=False, zorder=4)
    below.text(0.61 * ends[-1], 4.4, "$-\\frac{1}{4}x^4$: infinite\nat the dashed lines", fontsize=12.5)
    below.set(xlim=(0, 1.08 * ends[-1]), ylim=(0, top))
    below.set_xticks([0, *ends], ["0", *(f"{end:.2f}" for end in ends)])
    for ax in (above, below):
        ax.set(xlabel="time $t$", ylabel="$x(t)$")
    facts = {
        "solutions": 1.0 + 2 * len(waits),
        "wait": wait,
        "last_time": last,
        "furthest": float(bounds.waiting_flow(last)),
        **{f"leaves_{number}": waited for number, waited in enumerate(waits, 1)},
        **{f"start_{number}": start for number, start in enumerate(starts, 1)},
        **{f"end_{number}": end for number, end in enumerate(ends, 1)},
    }
    return Picture(
        figure,
        description=(
            f"Above, {1 + 2 * len(waits)} solutions that all start at 0: one rests there for ever, the others leave at "
            f"times {', '.join(f'{waited:g}' for waited in waits)}, upwards or downwards, and the first has come to "
            f"{facts['furthest']:.2f} at time {last:g}. Below, three flows from {starts[0]:.2g}, {starts[1]:.2g} and "
            f"{starts[2]:.2g} rise ever more steeply and run out of the picture along the dashed lines at the times "
            f"{ends[0]:.2f}, {ends[1]:.2f} and {ends[2]:.2f}, where they are infinite."
        ),
        facts=facts,
    )


@figure(page=PAGE)
def escaping_flow(
    x0: Annotated[float, Range(0.5, 3, "the start")] = 1.0,
    T: Annotated[float, Range(100, 1e6, "the last time shown")] = 1e4,
) -> Picture:
    """The flows of 1/(1 + x^2) and of e^{-x} from the same start, and the size of the gradient along them."""
    t = np.geomspace(0.01, T, 181)
    flow = gradient_flow(hill(), x0, t)
    x, other, growth = flow.x[:, 0], bounds.exponential_flow(t, x0), bounds.hill_escape(t)
    figure, (above, below) = canvas(480, rows=2, head=34, bottom=40)
    above.semilogx(t, growth, gid="growth", label="$(8t)^{1/4}$", **FORMULA_LOOK)
    above.semilogx(t, x, gid="hill", label="$1/(1+x^2)$", **FLOW_LOOK)
    above.semilogx(t, other, gid="exponential", label="$e^{-x}$", **OTHER_LOOK)
    above.set(xlim=(t[0], t[-1]), ylim=(0, 1.08 * max(x[-1], growth[-1])), ylabel="$x(t)$")
    legend_above(above, 3, gap=0)
    below.loglog(t, flow.gradient_norm, gid="hill-slope", **FLOW_LOOK)
    below.loglog(t, np.exp(-other), gid="exponential-slope", **OTHER_LOOK)
    below.set(xlim=(t[0], t[-1]), ylim=(np.exp(-other[-1]) / 2, 1), xlabel="time $t$", ylabel="size of the gradient")
    decades(above.xaxis, below.xaxis, below.yaxis)
    facts = {"T": T, "hill_reached": x[-1], "exponential_reached": other[-1], "hill_slope": flow.gradient_norm[-1]}
    facts |= {"exponential_slope": np.exp(-other[-1]), "ratio": (x[-1] / growth[-1]) ** 4}
    return Picture(
        figure,
        description=(
            f"Two flows from {x0:g}, up to time {T:g}, on a logarithmic scale of time. Above, both move outward for "
            f"ever: that of 1/(1+x^2) reaches {x[-1]:.1f} and comes close to (8t)^(1/4), with x^4/(8t) = "
            f"{facts['ratio']:.3f} there; that of e^(-x) reaches {other[-1]:.1f}, at last a straight line. Below, the "
            f"gradient along both falls towards 0, to {facts['hill_slope']:.1e} and {facts['exponential_slope']:.1e}."
        ),
        facts=facts,
    )


@figure(page=PAGE)
def leaving_a_maximum(
    x0: Annotated[float, Range(-0.5, 0.5, "the lower of the two starts")] = -0.1,
    apart: Annotated[float, Range(0.05, 0.5, "distance of the two starts")] = 0.3,
) -> Picture:
    """Two flows from starts near each other, on -x^2/2 and on log cosh x: where they are, and how far apart."""
    t = np.linspace(0, 2, 81)
    figure, (above, below) = canvas(480, rows=2, head=34, bottom=40)
    facts = {"x0": x0, "apart": apart, "time": t[-1]}
    above.axhline(0, **GUIDE_LOOK)
    for name, label, problem, look in (
        ("concave", "$-x^2/2$", concave(), FLOW_LOOK),
        ("convex", r"$\log\cosh x$", log_cosh(), OTHER_LOOK),
    ):
        lower, upper = (gradient_flow(problem, start, t).x[:, 0] for start in (x0, x0 + apart))
        above.plot(t, lower, gid=f"{name}-lower", label=label, **look)
        above.plot(t, upper, gid=f"{name}-upper", **look)
        below.semilogy(t, upper - lower, gid=f"{name}-distance", **look)
        facts |= {f"{name}_lower": lower[-1], f"{name}_upper": upper[-1]}
        facts |= {f"{name}_lipschitz": problem.L, f"{name}_factor": (upper - lower)[-1] / apart}
    below.plot(t[[0, -1]], [apart, apart], gid="start-distance", **BOUND_LOOK)
    below.annotate("at the start", (t[-1], apart), (-4, 4), textcoords="offset points", ha="right", color=BOUND)
    above.plot([0, 0], [x0, x0 + apart], gid="starts", color=INK, marker="o", ls="none", clip_on=False, zorder=4)
    bottom, top = min(facts["concave_lower"], 0.0), max(facts["concave_upper"], 0.0)
    above.set(ylim=(1.1 * bottom - 0.1, 1.1 * top + 0.1), ylabel="$x(t)$")
    legend_above(above, 2, gap=0)
    below.set(ylim=(apart / 12, apart * 12), xlabel="time $t$", ylabel="distance of the two")
    decades(below.yaxis)
    for ax in (above, below):
        ax.set(xlim=(0, t[-1]), xticks=(0, 0.5, 1, 1.5, 2))
    return Picture(
        figure,
        description=(
            f"Two flows that start {apart:g} apart, at {x0:g} and {x0 + apart:g}, up to time {t[-1]:g}. Above, on "
            f"-x^2/2 both leave the maximum 0 and fan out; on log cosh x both approach the minimum 0. Below, their "
            f"distance on a logarithmic scale: for -x^2/2 it rises in a straight line, to "
            f"{facts['concave_factor']:.1f} times what it was; for the convex function it falls, to "
            f"{facts['convex_factor']:.3f} times."
        ),
        facts=facts,
    )


@figure(page=PAGE)
def backward_euler_to_the_maximiser(
    eta: Annotated[float, Range(2.4, 6, "the long step, in units of 1/L")] = 3.0,
    small: Annotated[float, Range(0.3, 0.5, "the short step, in units of 1/L")] = 0.5,
) -> Picture:
    """Backward Euler on -x^2/2 from 2, and the objectives of proximal steps from there, a long and a short one."""
    problem, x0, steps = concave(), 2.0, 6
    factor = float(bounds.backward_factor(eta * problem.mu))
    x = x0 * factor ** np.arange(steps + 1)
    u = np.linspace(-3.5, 5, 205)
    f = problem.f(u[:, None])
    landing = {step: x0 * float(bounds.backward_factor(step * problem.mu)) for step in (eta, small)}
    low, high = -6.0, 6.0
    figure, (above, below) = canvas(520, rows=2, bottom=40)
    seen = f >= -2.6
    above.plot(u[seen], f[seen], gid="f", color=INK)
    above.plot(x, problem.f(x[:, None]), gid="iterates", **DESCENT_LOOK)
    for k in range(2):
        above.annotate(f"$x_{k}$", (x[k], problem.f(x[k : k + 1])), (8 if x[k] > 0 else -8, 3), va="center",
                       textcoords="offset points", ha="left" if x[k] > 0 else "right")  # fmt: skip
    above.annotate("maximiser", (0, 0), (0, 8), textcoords="offset points", ha="center")
    above.set(xlim=(u[0], u[-1]), ylim=(-2.6, 0.6), ylabel=r"$f(x)=-x^2/2$", yticks=(-2, -1, 0))
    for gid, step, end, look in (
        ("long", eta, "no minimum", {"color": THIRD}),
        ("short", small, "a minimum", OTHER_LOOK),
    ):
        objective = f + (u - x0) ** 2 / (2 * step)
        inside = (low <= objective) & (objective <= high)
        below.plot(u[inside], objective[inside], gid=f"prox-{gid}", label=rf"$\eta={step:g}/L$: {end}", **look)
        critical = np.array([landing[step]])
        level = problem.f(critical[:, None]) + (critical - x0) ** 2 / (2 * step)
        below.plot(critical, level, gid=f"critical-{gid}", color=look["color"], marker="D", ms=7, ls="none")
    below.set(xlim=(u[0], u[-1]), ylim=(low, high), xlabel="$u$", ylabel=r"$f(u)+(u-x_0)^2/(2\eta)$")
    below.legend(loc="upper right")
    facts = {"eta": eta, "start": x0, "factor": factor, "first": x[1], "last": x[-1]}
    facts |= {"critical_long": landing[eta], "critical_short": landing[small]}
    return Picture(
        figure,
        description=(
            f"Above, the hill -x^2/2 and {steps} steps of backward Euler with eta = {eta:g}/L: from {x0:g} they go to "
            f"{x[1]:.3g}, to {x[2]:.3g} and on, each {factor:.3g} times the last, up to the maximiser 0. Below, what a "
            f"proximal step from {x0:g} would minimise. For eta = {eta:g}/L it falls without bound on either side, and "
            f"backward Euler goes to its one critical point, {landing[eta]:.3g}, a maximum. For eta = {small:g}/L it "
            f"has a minimum, at {landing[small]:.3g}, further down the hill."
        ),
        facts=facts,
    )
