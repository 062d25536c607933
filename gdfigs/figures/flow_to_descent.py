"""Figures of the page "From flow to descent"."""

from math import inf
from typing import Annotated, Any

import numpy as np

from gdfigs.maths import bounds
from gdfigs.maths.flows import gradient_flow
from gdfigs.maths.methods import gradient_descent, implicit_steps
from gdfigs.maths.problems import Array, bowl, newton, one_sided, quadratic
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
    FORMULA_LOOK,
    GUIDE_LOOK,
    INK,
    LONG_DASHED,
    LOOSE_LOOK,
    MARK_LOOK,
    PAPER,
    SECOND,
    SECOND_LOOK,
    STAR_LOOK,
    canvas,
    decades,
    legend_above,
)

PAGE = "flow-to-descent.md"

FORWARD_LOOK: dict[str, Any] = {"color": DISCRETE, "linestyle": LONG_DASHED}
"""Descent as a function of the step, not as a path."""
REGIMES = {0.5: "monotone", 1.0: "one step", 1.5: "alternating", 2.0: "cycling", 2.1: "diverging"}
"""z = eta lambda, and what descent does to the mode."""


@figure(page=PAGE)
def euler_error(
    halvings: Annotated[int, Range(0, 9, "how often the largest step is halved until it is the marked one")] = 3,
    kappa: Annotated[float, Range(1, inf, "condition number L/mu of the bowl")] = 10.0,
    T: Annotated[float, Range(0.1, 2, "time of the global error, in units of 1/L")] = 1.0,
) -> Picture:
    """Distance of descent from the flow, after one step and at a fixed time, against the step; a bowl with L = 1."""
    problem, start = bowl(kappa), np.ones(2)
    slope, steps = problem.grad(start), int(np.ceil(T)) * 2 ** np.arange(10)
    eta = T / steps

    def error(step: float, count: int) -> float:
        apart = gradient_descent(problem, start, step, count).x[-1] - gradient_flow(problem, start, [count * step]).x[0]
        return float(np.linalg.norm(apart))

    one_step = np.array([error(step, 1) for step in eta])
    overall = np.array([error(T / count, count) for count in steps.tolist()])
    leading = bounds.euler_local(eta, float(np.linalg.norm(problem.A @ slope)))
    bound = bounds.euler_global_convex(eta, problem.L, T, float(np.linalg.norm(slope)))

    figure, (ax,) = canvas(310)
    ax.loglog(eta, overall, gid="global", label=rf"error at time $T = {T:g}/L$", zorder=3, **DESCENT_LOOK)
    ax.loglog(eta, bound, gid="global-bound", label="its bound for convex $f$", **BOUND_LOOK)
    ax.loglog(eta, one_step, gid="local", label="error of one step", zorder=3, markerfacecolor=PAPER, **DOTS_LOOK)
    ax.loglog(eta, leading, gid="local-leading", label="its leading term", **FORMULA_LOOK)
    for gid, curve in (("global-at", overall), ("local-at", one_step)):
        ax.loglog(eta[halvings], curve[halvings], gid=gid, ms=6, zorder=4, **MARK_LOOK)
    ax.set(xlim=(0.8 * eta[-1], 1.25 * eta[0]), ylim=(one_step.min() / 2, 2 * bound.max()))
    ax.set(xlabel=r"step $\eta$, in units of $1/L$", ylabel="distance from the flow")
    decades(ax.xaxis, ax.yaxis)
    ax.legend(loc="upper left")
    for number, curve in ((1, overall), (2, one_step)):
        ax.annotate(f"slope {number}", (eta[6], curve[6]), xytext=(7, -14), textcoords="offset points")
    fitted = {
        name: float(np.polyfit(np.log(eta), np.log(e), 1)[0]) for name, e in (("one", one_step), ("all", overall))
    }
    facts = {"local_slope": fitted["one"], "global_slope": fitted["all"]}
    facts |= {"local_over_leading": (one_step / leading)[-1], "bound_over_global": (bound / overall)[-1]}
    facts |= {"local_at_half_step": one_step[-1] / one_step[-2], "global_at_half_step": overall[-1] / overall[-2]}
    facts |= {"eta": eta[halvings], "error_of_one_step": one_step[halvings], "error_at_T": overall[halvings]}
    return Picture(
        figure,
        description=(
            f"Against the step eta from {eta[-1]:.2g} to {eta[0]:.2g}, both scales logarithmic: the error of one "
            f"step lies on its leading term, a line of slope 2 (fitted: {fitted['one']:.2f}). The error at time T = "
            f"{T:g}/L rises with slope 1 (fitted: {fitted['all']:.2f}) and stays below the bound for convex f, at the "
            f"smallest step by a factor of {(bound / overall)[-1]:.2f}. Lozenges mark the two at eta = "
            f"{eta[halvings]:.3g}: {one_step[halvings]:.2g} and {overall[halvings]:.2g}."
        ),
        facts=facts,
        slider_text=(
            f"eta = {eta[halvings]:.3g}/L; one step errs by {one_step[halvings]:.2g}; "
            f"at T = {T:g}/L descent is off by {overall[halvings]:.2g}"
        ),
    )


@figure(page=PAGE)
def error_in_time(
    eta: Annotated[float, Range(0.02, 1, "step, in units of 1/L", logarithmic=True)] = 0.1,
    kappa: Annotated[float, Range(10, 100, "condition number L/mu of the bowl")] = 20.0,
) -> Picture:
    """Distance of descent from the flow against time, on a bowl with L = 1, and bounds for it.

    At the start the gradient has length 1, and is as long along one axis as along the other.
    """
    problem = bowl(kappa)
    L, mu, start, steps = problem.L, problem.mu, np.array([kappa, 1.0]) / np.sqrt(2), int(5 * kappa / eta)
    k = np.unique(np.rint(np.geomspace(1, steps, 100)).astype(int))
    path = gradient_descent(problem, start, eta, steps)
    T = path.t[k]
    error = np.linalg.norm(path.x[k] - gradient_flow(problem, start, T).x, axis=-1)
    convex, bound = bounds.euler_global_convex(eta, L, T, 1.0), bounds.euler_strongly_convex(k, eta, L, mu, 1.0)
    level = float(bounds.euler_uniform(eta, L, L, 1.0))
    bottom, top = error.max() / 20, 3 * bound.max()

    figure, (ax,) = canvas(330, head=50)
    for gid, label, y, look in (
        ("convex", "bound for convex $f$", convex, LOOSE_LOOK),
        ("bound", "for strongly convex $f$", bound, BOUND_LOOK),
        ("level", "for quadratics", np.full_like(T, level), SECOND_LOOK | {"linewidth": 1.2}),
        ("error", "error of descent", error, DOTS_LOOK | {"markersize": 3.5}),
    ):
        inside = (bottom <= y) & (y <= top)
        ax.loglog(T[inside], y[inside], gid=gid, label=label, **look)
    ax.set(xlim=(0.8 * T[0], 1.25 * T[-1]), ylim=(0.9 * bottom, 1.1 * top))
    ax.set(xlabel="time $T$, in units of $1/L$", ylabel="distance from the flow")
    decades(ax.xaxis, ax.yaxis)
    legend_above(ax, 2)
    late = np.sqrt(kappa) <= T
    facts = {"L": L, "early": error[~late].max(), "late": error[late].max(), "level": level, "bound": bound.max()}
    facts |= {"time_of_late": T[late][error[late].argmax()] / kappa, "bound_over_error": bound.max() / error.max()}
    return Picture(
        figure,
        description=(
            f"Error of descent with eta = {eta:.2g} on a bowl with kappa = {kappa:g} against time, both on log scales, "
            f"as dots. They are highest at about T = 1, {facts['early']:.2g}, and at about T = kappa, "
            f"{facts['late']:.2g}, then fall steeply, and stay below a level line at {level:.2g}. The dashed bound "
            f"rises to {facts['bound']:.2g} at T = kappa and falls as well; the dotted bound, close to it at first, "
            "rises for ever."
        ),
        facts=facts,
        slider_text=f"largest error {error.max():.2g}; bound for quadratics {level:.2g}",
    )


@figure(page=PAGE)
def scalar_regimes(steps: Annotated[int, Range(4, 20, "number of steps shown")] = 12) -> Picture:
    """theta_k of descent on (lambda/2) theta^2 for five values of eta lambda, from 1, against the flow at t = k eta."""
    problem = quadratic([[1.0]])
    k = np.linspace(0, steps, 121)
    figure, axes = canvas(480, rows=5, left=48, top=24, bottom=6, foot=36)
    for ax, (z, regime) in zip(axes, REGIMES.items(), strict=True):
        path = gradient_descent(problem, 1.0, z, steps, diverge=True)
        reach = float(np.abs(path.x).max())
        ax.axhline(0, **GUIDE_LOOK)
        ax.plot(k, gradient_flow(problem, 1.0, z * k).x[:, 0], gid=f"flow-{z:g}", label="flow", **FLOW_LOOK)
        ax.plot(np.arange(len(path)), path.x[:, 0], gid=f"descent-{z:g}", label="descent", **DESCENT_LOOK)
        ax.set(xlim=(-0.02 * steps, 1.02 * steps), ylim=(-1.12 * reach, 1.12 * reach))
        ax.set(yticks=(-np.floor(reach), 0, np.floor(reach)))
        ax.set_title(rf"$\eta\lambda = {z:g}$: {regime}", loc="left", fontsize=12, pad=5)
        ax.tick_params(bottom=ax is axes[-1], labelbottom=ax is axes[-1])
        ax.spines["bottom"].set_visible(ax is axes[-1])
    axes[0].legend(loc="lower right", ncols=2)
    axes[2].set(ylabel=r"$\theta_k$")
    axes[-1].set(xlabel="step $k$", xticks=range(0, steps + 1, 1 + steps // 8))
    growth = float(np.abs(bounds.forward_factor(max(REGIMES))))
    return Picture(
        figure,
        description=(
            f"Five rows, one below the other: {steps} steps of descent from 1 on one mode, as dots, and the flow, as a "
            "line that falls to 0 in every row. For eta lambda = 0.5 the dots fall to 0 like the flow; for 1 they are "
            "at 0 after one step; for 1.5 they fall to 0 in size while the sign changes at every step; for 2 they "
            f"jump between 1 and -1 for ever; for 2.1 they also jump, and grow by a factor of {growth:.2f} a step, to "
            f"{growth**steps:.2f}."
        ),
        facts={
            **{f"z_{regime.replace(' ', '_')}": z for z, regime in REGIMES.items()},
            "growth": growth,
            "last_when_diverging": growth**steps,
        },
    )


@figure(page=PAGE)
def stability_regions(
    eta: Annotated[float, Range(0, 3, "step shown by dots, in units of 1/L", without=(0,))] = 1.6,
    larger: Annotated[float, Range(0, 3, "step shown by crosses, in units of 1/L", without=(0,))] = 2.4,
    kappa: Annotated[float, Range(1, inf, "condition number L/mu of the bowl")] = 5.0,
) -> Picture:
    """Where forward Euler, backward Euler and the flow decay, in the plane of z = -eta lambda; a bowl's eigenvalues."""
    problem = bowl(kappa)
    circle = np.exp(1j * np.radians(np.arange(361)))
    figure, (ax,) = canvas(262, left=44)
    ax.set(xlim=(-3.4, 2.35), ylim=(-1.6, 1.75), aspect="equal", xticks=range(-3, 3), yticks=(-1, 0, 1))
    ax.axhline(0, **GUIDE_LOOK)
    ax.axvspan(-3.4, 0, color=CONTINUOUS, alpha=0.07, lw=0)
    ax.fill(circle.real - 1, circle.imag, color=DISCRETE, alpha=0.14, lw=0)
    ax.plot([0, 0], [-1.6, 1.75], gid="flow", **FLOW_LOOK)
    ax.plot(circle.real - 1, circle.imag, gid="forward", **FORWARD_LOOK)
    ax.plot(circle.real + 1, circle.imag, gid="backward", **SECOND_LOOK)
    for gid, step, marker in (("points", eta, "o"), ("points-larger", larger, "x")):
        z = -step / problem.L * problem.eigenvalues
        ax.plot(z, 0 * z, gid=gid, color=INK, marker=marker, ms=6, mew=1.6, ls="none", label=rf"$\eta = {step:g}/L$")
    for centre, label, colour in (
        (-1, "forward Euler:\nstable inside", DISCRETE),
        (1, "backward Euler:\nstable outside", SECOND),
    ):
        ax.text(centre, 0.4, label, ha="center", va="center", color=colour, fontsize=11, linespacing=1.1)
    ax.text(-3.3, 1.3, "flow: stable to the left of the line", color=CONTINUOUS)
    ax.set(xlabel=r"real part of $z = -\eta\lambda$", ylabel="imaginary part")
    ax.legend(loc="lower left")
    rho, rho_larger = (float(bounds.contraction(step / problem.L, problem.L, problem.mu)) for step in (eta, larger))
    return Picture(
        figure,
        description=(
            "The plane of complex numbers z = -eta lambda. Forward Euler is stable inside the circle of radius 1 "
            "about -1, the flow to the left of the imaginary axis, backward Euler outside the circle of radius 1 about "
            f"1. On the real axis lie the two points of a bowl with kappa = {kappa:g}: dots for eta = {eta:g}/L, where "
            f"descent multiplies the distance by at most {rho:.2f} a step, and crosses for eta = {larger:g}/L, where "
            f"it multiplies it by at most {rho_larger:.2f}. A point inside the left circle is a mode that decays."
        ),
        facts={"rho": rho, "rho_larger": rho_larger},
        slider_text=(
            f"the dots lie at {', '.join(f'{-eta / problem.L * mode:.3g}' for mode in problem.eigenvalues)}; "
            f"{'inside' if rho < 1 else 'on' if rho == 1 else 'one outside'} the circle; {rho:.3g} per step"
        ),
    )


@figure(page=PAGE)
def amplification(
    z: Annotated[
        float, Range(0, inf, "eta lambda, the step times the eigenvalue, at which the three are marked")
    ] = 1.5,
    largest: Annotated[float, Range(2, inf, "the largest z shown", without=(2,))] = 3.0,
) -> Picture:
    """Factor per step on one mode: |1 - z| for descent, 1/(1 + z) for backward Euler, e^{-z} for the flow."""
    if not 0 <= z <= largest:
        raise ValueError(f"z must lie in [0, largest] = [0, {largest:g}]; got {z:g}: reduce it or raise largest")
    across = np.linspace(0, largest, 241)
    cross = bounds.crossing()
    meeting = float(bounds.flow_factor(cross))
    figure, (ax,) = canvas(290)
    ax.plot([0, largest], [1, 1], gid="stability", **BOUND_LOOK)
    at = {}
    for name, factor, label, look in (
        ("forward", bounds.forward_factor, "descent $|1-z|$", FORWARD_LOOK),
        ("backward", bounds.backward_factor, "backward Euler $1/(1+z)$", SECOND_LOOK),
        ("flow", bounds.flow_factor, "flow $e^{-z}$", FLOW_LOOK),
    ):
        at[name] = float(np.abs(factor(z)))
        ax.plot(across, np.abs(factor(across)), gid=name, label=label, **look)
        ax.plot([z], [at[name]], gid=f"{name}-at", color=look["color"], marker="o", ls="none")
    ax.plot([z, z], [0, max(at.values())], gid="at", color=FAINT, lw=1, zorder=0)
    ax.plot([cross], [meeting], gid="crossing", label=f"equal at $z$ = {cross:.4f}", **MARK_LOOK)
    ax.set(xlim=(0, largest), ylim=(0, max(1.35, largest - 1)), xlabel=r"$z = \eta\lambda$", ylabel="factor per step")
    ax.locator_params(nbins=6)
    ax.legend(loc="upper left", bbox_to_anchor=(0.08, 1.0))
    return Picture(
        figure,
        description=(
            f"Three curves against z = eta lambda from 0 to {largest:g}, all starting at 1. The flow's e^(-z) and "
            f"backward Euler's 1/(1+z) fall and never rise; descent's |1-z| falls to 0 at z = 1, rises again, meets "
            f"the flow's curve at z = {cross:.4f} and passes 1, the limit of stability, at z = 2. Dots mark the "
            f"three at z = {z:g}: {at['flow']:.3f}, {at['backward']:.3f} and {at['forward']:.3f}."
        ),
        facts={"crossing": cross, "factor_at_crossing": meeting, **at},
        slider_text=(
            f"descent {at['forward']:.3f}, flow {at['flow']:.3f}, backward Euler {at['backward']:.3f}"
            f"{'; descent is ahead of the flow' * (0 < z < cross)}{'; descent diverges' * (z > 2)}"
        ),
    )


@figure(page=PAGE)
def several_solutions(
    eta: Annotated[float, Range(0.02, 20, "step", logarithmic=True)] = 10.0,
    theta: Annotated[float, Range(-0.5, 0.5, "the point from which the step is taken")] = 0.1,
) -> Picture:
    """f(u) + (u - theta)^2 / (2 eta) on a double well, less its value at theta, and where backward Euler may lead."""
    problem, start = one_sided(), np.array([theta])

    def objective(u: Array) -> Array:
        return problem.f(u[:, None]) + (u - theta) ** 2 / (2 * eta) - problem.f(start)

    solutions = implicit_steps(problem, start, eta)
    values = objective(solutions)
    found = newton(
        lambda u: u - start + eta * problem.grad(u),
        lambda u: np.eye(1) + eta * problem.hess(u),
        start,
        1e-9,
        "the equation of backward Euler",
    )
    u, top = np.linspace(-1.6, 1.6, 321), 0.4
    figure, (ax,) = canvas(330, head=70)
    for gid, label, y, look in (
        (
            "f",
            r"$f(u)-f(\theta_k)$",
            objective(u) - (u - theta) ** 2 / (2 * eta),
            {"color": INK, "linewidth": 1, "linestyle": DOTTED},
        ),
        ("objective", r"$f(u)-f(\theta_k)+(u-\theta_k)^2/(2\eta)$", objective(u), {"color": SECOND}),
    ):
        ax.plot(u, np.where(y <= top, y, np.nan), gid=gid, label=label, **look)
    ax.plot(solutions, values, gid="solutions", label="solutions", **DOTS_LOOK | {"markersize": 7})
    ax.plot(solutions[values.argmin()], values.min(), gid="proximal", label="proximal step", **STAR_LOOK)
    hollow = MARK_LOOK | {"markerfacecolor": "none", "markersize": 11}
    ax.plot(found, objective(found), gid="newton", label="Newton's method", **hollow)
    ax.plot(theta, 0, gid="start", label=r"$\theta_k$", **MARK_LOOK | {"marker": "x", "markersize": 8})
    ax.set(xlim=(-1.65, 1.65), ylim=(-0.5, 0.45), xticks=(-1, 0, 1), yticks=(-0.4, -0.2, 0, 0.2, 0.4), xlabel="$u$")
    legend_above(ax, 2)
    facts = {"solutions": len(solutions), "proximal": solutions[values.argmin()], "newton": found[0]}
    facts |= dict(zip(("first", "second", "third"), solutions, strict=False))
    places = ", ".join(f"{each:.3f}" for each in solutions)
    return Picture(
        figure,
        description=(
            f"Two curves from u = -1.6 to 1.6. Dotted: a double well f with minima at -1 and 1. Unbroken: f and the "
            f"penalty for leaving theta = {theta:g} with eta = {eta:.3g}. It is level at {places}, which are marked by "
            f"dots; the lowest, at {facts['proximal']:.3f}, has a star. A diamond marks where Newton's method comes "
            f"from theta: {found[0]:.3f}."
        ),
        facts=facts,
        slider_text=f"level at {places}; lowest at {facts['proximal']:.3f}; Newton's method comes to {found[0]:.3f}",
    )
