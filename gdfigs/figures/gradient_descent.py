"""Figures of the page "Gradient descent"."""

from collections.abc import Callable
from math import inf
from typing import Annotated

import numpy as np

from gdfigs.maths import bounds
from gdfigs.maths.methods import gradient_descent
from gdfigs.maths.problems import Problem, bowl, huber, log_cosh, quadratic
from gdfigs.plots.picture import Picture
from gdfigs.plots.registry import Range, figure
from gdfigs.plots.style import (
    BOUND,
    BOUND_LOOK,
    DESCENT_LOOK,
    DISCRETE,
    DOTS_LOOK,
    FAINT,
    INK,
    LOOSE_LOOK,
    SECOND,
    SECOND_LOOK,
    THIRD,
    canvas,
    decades,
    legend_above,
)

PAGE = "gradient-descent.md"

STEPS: dict[str, tuple[str, Callable[[Problem], float]]] = {
    "short": ("$1/L$", lambda problem: 1 / problem.L),
    "best": (r"$2/(L+\mu)$", lambda problem: bounds.best_step(problem.L, problem.mu)),
}
"""The two steps that the page compares: how they are written, and what they are."""


@figure(page=PAGE)
def descent_lemma(
    contact: Annotated[float, Range(-3, 3, "where the bounds touch f")] = 2.0,
    mu: Annotated[float, Range(0, 0.4, "strong convexity of f(x) = log cosh x + (mu/2) x^2")] = 0.2,
) -> Picture:
    """A smooth convex f between its two quadratic bounds at a point of contact, and a step of 1/L from there."""
    problem = log_cosh(ridge=mu)
    path = gradient_descent(problem, contact, 1 / problem.L, 1)
    (start, end), slope = path.x[:, 0], problem.grad(path.x[0])[0]
    guaranteed = float(bounds.descent_guarantee(1 / problem.L, problem.L, abs(slope)))
    theta = np.linspace(-4, 4, 161)
    upper, lower = (bounds.quadratic_upper(path.f[0], slope, theta - start, c) for c in (problem.L, problem.mu))
    bottom, top = -1.6, 4.4
    figure, (ax,) = canvas(330, head=50)
    for gid, label, y, look in (
        ("f", "$f$", problem.f(theta[:, None]), {"color": INK}),
        ("upper", "upper bound, with $L$", upper, BOUND_LOOK),
        ("lower", r"lower bound, with $\mu$", lower, SECOND_LOOK),
    ):
        inside = (bottom <= y) & (y <= top)
        ax.plot(theta[inside], y[inside], gid=gid, label=label, **look)
    ax.plot([start, end], path.f[[0, 0]], color=FAINT, lw=1)
    drop = [path.f[0], path.f[0] - guaranteed]
    ax.plot([end, end], drop, gid="guaranteed", color=BOUND, marker="_", label="guaranteed decrease")
    ax.plot([start, end], path.f, gid="step", label="a step of $1/L$", **DOTS_LOOK)
    ax.set(xlim=(-4, 4), ylim=(bottom, top), xticks=range(-4, 5, 2), yticks=(0, 2, 4), xlabel=r"$\theta$")
    legend_above(ax, 2)
    facts = {"L": problem.L, "contact": start, "next": end, "f_contact": path.f[0], "f_next": path.f[1]}
    facts |= {"guaranteed_decrease": guaranteed, "actual_decrease": path.f[0] - path.f[1]}
    return Picture(
        figure,
        description=(
            f"A rounded valley f between two curves that touch it at {start:g}: above it a narrow parabola of "
            f"curvature L = {problem.L:g}, below it {'a wide parabola' if mu else 'a straight line'} of curvature mu = "
            f"{mu:g}. The upper parabola is lowest at {end:.3f}, where the step of 1/L ends: {guaranteed:.3f} lower "
            f"than at its start, while f falls by {facts['actual_decrease']:.3f}."
        ),
        facts=facts,
    )


@figure(page=PAGE)
def sufficient_decrease(theta0: Annotated[float, Range(0.1, 3, "where the step starts")] = 2.0) -> Picture:
    """By how much one step decreases f: the guarantee, and two functions with L = 1, one of which meets it."""
    L = 1.0
    etas, fine = np.linspace(0.1, 2.5, 25), np.linspace(0, 2.5, 101)
    marks = np.array([1 / L, bounds.largest_step(L)])
    at_marks = bounds.descent_guarantee(marks, L)
    facts = {"best_step": marks[0], "largest_step": marks[1], "guaranteed_at_best": at_marks[0]}
    figure, (ax,) = canvas(290)
    ax.plot([0, 2.5], [0, 0], color=FAINT, lw=1)
    ax.plot(fine, bounds.descent_guarantee(fine, L), gid="guarantee", label="guaranteed", **BOUND_LOOK)
    for name, label, problem, look in (
        ("log-cosh", r"$\log\cosh\theta$", log_cosh(), {"color": SECOND, "marker": "s", "lw": 0.9}),
        ("quadratic", r"$(L/2)\,\theta^2$", quadratic([[L]]), DOTS_LOOK),
    ):
        paths = [gradient_descent(problem, theta0, eta, 1, diverge=True) for eta in (*etas, *marks)]
        decrease = np.array([(path.f[0] - path.f[1]) * L / path.gradient_norm[0] ** 2 for path in paths])
        ax.plot(etas, decrease[: len(etas)], gid=name, label=label, **look)
        facts[f"{name.replace('-', '_')}_at_best"], facts[f"{name.replace('-', '_')}_at_largest"] = decrease[-2:]
    ax.plot(marks, at_marks, gid="marks", color=BOUND, marker="D", ms=8, mfc="none", ls="none")
    ax.set(xlim=(0, 2.55), ylim=(-0.75, 2.4), xlabel=r"step $\eta$")
    ax.set_ylabel(r"decrease of $f$, in units of $|\nabla f\,|^2/L$")
    ax.set_xticks([0, *marks], ["0", "$1/L$", "$2/L$"])
    ax.set_yticks([-0.5, 0, 0.5, 1, 1.5, 2])
    ax.legend(loc="upper left", bbox_to_anchor=(0.03, 1))
    return Picture(
        figure,
        description=(
            "The decrease of f in one step, in units of the squared gradient norm over L, against the step eta. The "
            f"guarantee is an arch from 0 up to {at_marks[0]:g} at 1/L and back to {at_marks[1]:g} at 2/L, then "
            f"negative; the quadratic's dots lie on it. From {theta0:g}, log cosh decreases by more: by "
            f"{facts['log_cosh_at_best']:.2f} at 1/L and still by {facts['log_cosh_at_largest']:.2f} at 2/L."
        ),
        facts=facts,
    )


@figure(page=PAGE)
def convex_rate(
    k: Annotated[
        float,
        Range(
            1,
            200,
            "the Huber function drawn with dots has the slope 1/(2k + 1), the worst for k steps",
            logarithmic=True,
        ),
    ] = 10.0,
    steps: Annotated[int, Range(10, 200, "how many steps are shown")] = 100,
) -> Picture:
    """Gap after each step of 1/L on Huber functions, each the worst for one number of steps. L = R = 1."""
    if not 1 <= k <= steps:
        raise ValueError(f"k must lie in [1, steps] = [1, {steps}]; got {k:g}: reduce k or raise steps")
    L = R = 1.0
    n = np.arange(1, steps + 1)
    exact, classical = bounds.gd_convex(n, L, R), bounds.gd_convex_classical(n, L, R)
    bottom = exact[-1] / 6
    others = [j for j in (1, 4, 16, 64) if j <= steps]
    for_others = f"the worst for {', '.join(map(str, others))} steps"
    figure, (ax,) = canvas(310)
    ax.loglog(n, classical, gid="classical", label="usual bound $LR^2/(2k)$", **LOOSE_LOOK)
    ax.loglog(n, exact, gid="exact", label="exact bound $LR^2/(4k+2)$", **BOUND_LOOK)
    for worst, suffix, look in (
        (k, "", DESCENT_LOOK | {"ms": 3.5, "label": "a Huber function"}),
        *((j, f"-{j}", {"color": DISCRETE, "lw": 0.9, "label": for_others if j == 1 else ""}) for j in others),
    ):
        gap = gradient_descent(huber(bounds.worst_huber_slope(worst, L, R), L), R, 1 / L, steps).gap[1:]
        inside, at = gap >= bottom, int((gap / exact).argmax())
        ax.loglog(n[inside], gap[inside], gid=f"gap{suffix}", **look)
        ax.loglog(n[at], gap[at], gid=f"touch{suffix}", color=DISCRETE, marker="D", ms=6)
        if worst == k:
            nearest, facts = at, {"gap": gap[at], "exact": exact[at], "classical": classical[at]}
    ax.set(xlim=(0.9, 1.1 * steps), ylim=(bottom, 1), xlabel="steps $k$", ylabel=r"gap $f(\theta_k)-f^*$")
    decades(ax.xaxis, ax.yaxis)
    ax.legend(loc="upper right")
    facts |= {"ratio": facts["gap"] / facts["classical"], "share_of_exact": facts["gap"] / facts["exact"]}
    facts["slope"] = bounds.worst_huber_slope(k, L, R)
    meets, after = "touches" if float(k).is_integer() else "comes nearest to", f"{n[nearest]} step{'s' * (nearest > 0)}"
    return Picture(
        figure,
        description=(
            f"Gap against the number of steps, up to {steps}, both on log scales. Each of {len({k, *others})} falling "
            "curves touches the dashed line of the exact bound from below, once, at a place of its own, and falls "
            f"away from it; the one with dots {meets} it after {after}, at {facts['gap']:.4f}. The dotted line of the "
            f"usual bound stands above, at {facts['classical']:.4f} there, and no curve reaches it."
        ),
        facts=facts,
        slider_text=(
            f"slope {facts['slope']:.3g}; never above the exact bound, of which it reaches "
            f"{100 * facts['share_of_exact']:.4g} % after {after}"
        ),
    )


@figure(page=PAGE)
def strongly_convex_rate(
    kappa: Annotated[
        float,
        Range(1, inf, "the condition number L/mu", without=(1,), remedy="at 1 a single step reaches the minimiser"),
    ] = 10.0,
    steps: Annotated[int, Range(5, 50, "how many steps are taken")] = 20,
) -> Picture:
    """Gap and squared distance, relative to the start, with the steps 1/L and 2/(L + mu), and their exact bound."""
    k, bottom = np.arange(steps + 1), 1e-5
    worst, spread = bowl(kappa), quadratic(np.diag(np.geomspace(1 / kappa, 1, 10)))
    dots, rings = {"ls": "none", "ms": 3.5}, {"ls": "none", "ms": 6.5, "mfc": "none", "mew": 0.8}
    classical = bounds.gd_strongly_convex_classical(k, kappa)
    facts = {"classical_factor": classical[1]}
    figure, axes = canvas(580, rows=2, head=54)
    for ax, (name, (written, step)) in zip(axes, STEPS.items(), strict=True):
        eta = step(worst)
        slowest, mixed = gradient_descent(worst, [1, 0], eta, steps), gradient_descent(spread, np.ones(10), eta, steps)
        exact = bounds.gd_strongly_convex(k, eta, worst.L, worst.mu)
        for gid, label, y, look in (
            ("classical", r"usual bound $(1-1/\kappa)^k$", classical, LOOSE_LOOK | {"zorder": 1}),
            ("gap", "worst start: gap", slowest.gap, dots | {"color": DISCRETE, "marker": "o"}),
            ("spread-gap", "ten curvatures: gap", mixed.gap, dots | {"color": SECOND, "marker": "s"}),
            ("exact", r"exact bound $\rho^{2k}$", exact, BOUND_LOOK | {"zorder": 1}),
            ("distance", "squared distance", slowest.distance**2, rings | {"color": DISCRETE, "marker": "o"}),
            ("spread-distance", "squared distance", mixed.distance**2, rings | {"color": SECOND, "marker": "s"}),
        ):
            ratio = y / y[0]
            inside = ratio >= bottom
            if name == "short" or gid != "classical":  # the usual bound is one for the step 1/L
                ax.semilogy(k[inside], ratio[inside], gid=f"{name}-{gid}", label=label, **look)
                facts[f"{name}_{gid.replace('-', '_')}"] = ratio[-1]
        facts[f"{name}_factor"] = exact[1]
        ax.set(xlim=(-0.02 * steps, 1.02 * steps), ylim=(bottom, 2), xlabel="steps $k$")
        ax.set_xticks(range(0, steps + 1, 5))
        ax.set_ylabel(f"relative to start, step {written}")
        decades(ax.yaxis, every=2)
    facts["classical_share_of_slope"] = np.log(classical[1]) / np.log(facts["short_factor"])
    facts["curvatures"] = spread.dim
    legend_above(axes[0], 2)
    return Picture(
        figure,
        description=(
            f"Two panels, for the steps 1/L and 2/(L + mu), with kappa = {kappa:g}: gap and squared distance, relative "
            "to the start, against the number of steps, on a log scale. From the worst start both lie on the straight "
            f"dashed line of the exact bound, which falls by the factor {facts['short_factor']:.3g} per step above and "
            f"{facts['best_factor']:.3g} below; the usual bound, dotted, falls only by {classical[1]:.3g}. With "
            f"{spread.dim} curvatures from mu to L both fall faster, above all at first."
        ),
        facts=facts,
    )


@figure(page=PAGE)
def steps_against_kappa(
    digits: Annotated[int, Range(2, 12, "by how many powers of ten the gap is to fall")] = 6,
) -> Picture:
    """Steps to a relative gap epsilon = 10^-digits against kappa, with the steps 1/L and 2/(L + mu); estimates."""
    accuracy = 10.0**-digits
    kappas = 10 ** np.linspace(0, 3, 13)
    facts: dict[str, float] = {}
    figure, (ax,) = canvas(310)
    for name, look, estimated in (
        ("short", DOTS_LOOK, r"$(\kappa/2)\,\log(1/\varepsilon)$"),
        ("best", {"color": SECOND, "marker": "s", "ls": "none"}, r"$(\kappa/4)\,\log(1/\varepsilon)$"),
    ):
        written, step = STEPS[name]
        estimate = bounds.gd_steps_estimate(accuracy, kappas, best=name == "best")
        counts = []
        for problem, enough in zip(map(bowl, kappas), np.ceil(estimate), strict=True):
            gap = gradient_descent(problem, [1, 0], step(problem), int(enough)).gap
            counts.append(float(np.count_nonzero(gap > accuracy * gap[0])))
        ax.loglog(kappas, counts, gid=name, label=f"step {written}", **look)
        ax.loglog(kappas, estimate, gid=f"{name}-estimate", label=estimated, **LOOSE_LOOK | {"zorder": 1})
        facts |= {f"{name}_kappa_{kappas[i]:g}": counts[i] for i in (4, 8, 12)}
        facts |= {f"kappa_{kappas[i]:g}": kappas[i] for i in (4, 8, 12)}
        facts[f"{name}_constant"] = counts[-1] / (kappas[-1] * np.log(1 / accuracy))
    ax.set(xlim=(0.85, 1.2e3), ylim=(0.7, 3e4), xlabel=r"condition number $\kappa$")
    ax.set_ylabel(rf"steps to a relative gap $\varepsilon = 10^{{-{digits}}}$")
    decades(ax.xaxis, ax.yaxis)
    ax.legend(loc="upper left")
    return Picture(
        figure,
        description=(
            f"Steps until the gap has fallen to 10^-{digits} of its start, against kappa from 1 to 1000, both on log "
            f"scales. From kappa = 10 on, dots for the step 1/L and squares for 2/(L + mu) lie on two parallel dotted "
            f"lines of slope 1, the estimates: {facts['short_kappa_100']:g} and {facts['best_kappa_100']:g} steps at "
            f"kappa = 100, {facts['short_kappa_1000']:g} and {facts['best_kappa_1000']:g} at 1000. At kappa = 1 one "
            "step is enough."
        ),
        facts=facts,
    )


@figure(page=PAGE)
def spectral_radius(kappa: Annotated[float, Range(1, inf, "the condition number L/mu")] = 5.0) -> Picture:
    """Spectral radius of I - eta A against the step eta, where A has the eigenvalues mu and L. L = 1."""
    problem = bowl(kappa)
    best, largest = bounds.best_step(problem.L, problem.mu), bounds.largest_step(problem.L)
    eta, fine = (np.union1d(np.linspace(0, 1.1 * largest, n), [best, largest]) for n in (23, 111))
    radius = np.abs(np.linalg.eigvalsh(np.eye(2) - eta[:, None, None] * problem.A)).max(axis=-1)
    least, limit = (float(radius[eta == at][0]) for at in (best, largest))
    of_L, of_mu = np.abs(bounds.forward_factor(np.multiply.outer([problem.L, problem.mu], fine)))
    bound = bounds.contraction(fine, problem.L, problem.mu)
    at_best = rf"least, {least:.3f}, at $2/(L+\mu)$"
    figure, (ax,) = canvas(330, head=54)
    ax.plot(fine, of_L, gid="factor-L", color=THIRD, lw=1, label=r"$|1-\eta L|$")
    ax.plot(fine, of_mu, gid="factor-mu", lw=1, label=r"$|1-\eta\mu|$", **SECOND_LOOK)
    ax.plot(fine, bound, gid="bound", label=r"$\max(|1-\eta\mu|,|1-\eta L|)$", **BOUND_LOOK)
    ax.plot(eta, radius, gid="radius", label=r"spectral radius of $I-\eta A$", **DOTS_LOOK)
    ax.plot([best], [least], gid="best", marker="D", ms=9, ls="none", color=DISCRETE, label=at_best, clip_on=False)
    ax.plot([largest], [limit], gid="largest", marker="s", ms=9, ls="none", color=DISCRETE, label="1 again, at $2/L$")
    ax.set(xlim=(0, 1.1 * largest), ylim=(0, 1.25), xlabel=r"step $\eta$", ylabel="factor per step")
    ax.set_xticks([0, 1 / problem.L, largest], ["0", "$1/L$", "$2/L$"])
    legend_above(ax, 2)
    return Picture(
        figure,
        description=(
            f"The spectral radius of I - eta A against the step eta, kappa = {kappa:g}: the upper edge of two thin V "
            f"shapes, |1 - eta mu| and |1 - eta L|. It falls in a straight line from 1 to its least value, {least:.3f} "
            f"at eta = 2/(L + mu) = {best:.3f}, turns sharply, is back at {limit:g} at 2/L and exceeds 1 beyond."
        ),
        facts={"best_step": best, "least": least, "largest_step": largest, "at_largest": limit},
    )
