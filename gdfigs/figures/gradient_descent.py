"""Figures of the page "Gradient descent"."""

from collections.abc import Callable

import numpy as np

from gdfigs import bounds
from gdfigs.catalogue import figure
from gdfigs.methods import gradient_descent
from gdfigs.picture import Picture
from gdfigs.problems import Problem, bowl, huber, log_cosh, quadratic
from gdfigs.style import (
    BOUND,
    BOUND_LOOK,
    DESCENT_LOOK,
    DISCRETE,
    DOTS_LOOK,
    FAINT,
    INK,
    LOOSE_LOOK,
    SECOND,
    THIRD,
    canvas,
    decades,
)

PAGE = "gradient-descent.md"
STEPS: dict[str, Callable[[Problem], float]] = {
    "short": lambda problem: 1 / problem.L,
    "best": lambda problem: bounds.best_step(problem.L, problem.mu),
}
"""The two steps that the page compares."""


@figure(page=PAGE)
def descent_lemma(contact: float = 2.0, mu: float = 0.2) -> Picture:
    """A smooth convex f between its two quadratic bounds at a point of contact, and a step of 1/L from there.

    contact: where the bounds touch f, from -3 to 3
    mu: the strong convexity of f(x) = log cosh x + (mu/2) x^2, from 0 to 0.4; at 0 the lower bound is the tangent
    """
    if not -3 <= contact <= 3:
        raise ValueError(f"contact must lie in [-3, 3], inside the picture; got {contact:g}: move it inwards")
    if not 0 <= mu <= 0.4:
        raise ValueError(f"mu must lie in [0, 0.4], or f leaves the picture; got {mu:g}: choose one from there")
    f = log_cosh(ridge=mu)
    path = gradient_descent(f, contact, 1 / f.L, 1)
    start, end = path.x[:, 0]
    value, slope = path.f[0], f.grad(path.x[0])[0]
    guaranteed = float(bounds.descent_guarantee(1 / f.L, f.L, slope))
    theta = np.linspace(-4, 4, 401)
    bottom, top = -1.6, 4.4
    figure, (ax,) = canvas(320, top=50)
    for gid, label, y, look in (
        ("f", "$f$", f.f(theta[:, None]), {"color": INK}),
        ("upper", "upper bound, with $L$", bounds.quadratic_upper(value, slope, theta - start, f.L), BOUND_LOOK),
        ("lower", r"lower bound, with $\mu$", bounds.quadratic_upper(value, slope, theta - start, f.mu),
         {"color": SECOND, "ls": "-."}),
    ):  # fmt: skip
        seen = (bottom <= y) & (y <= top)
        ax.plot(theta[seen], y[seen], gid=gid, label=label, **look)
    ax.plot([start, end], [value, value], color=FAINT, lw=1)
    ax.plot([end, end], [value, value - guaranteed], gid="guaranteed", color=BOUND, marker="_", label="sure decrease")
    ax.plot([start, end], path.f, gid="step", label="step of $1/L$", **DOTS_LOOK)
    ax.set(xlim=(-4, 4), ylim=(bottom, top), xticks=range(-4, 5, 2), yticks=(0, 2, 4), xlabel=r"$\theta$")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.01), ncols=2)
    return Picture(
        figure,
        description=(
            f"A rounded valley f between two curves that touch it at {start:g}: above it a narrow parabola of curvature "
            f"L = {f.L:g}, below it {'a wide parabola of curvature mu' if mu else 'the tangent, of curvature mu'} = "
            f"{mu:g}. The upper parabola is lowest at {end:.3f}, where a step of 1/L leads; it lies {guaranteed:.3f} "
            f"below f({start:g}) there, and f itself {path.f[0] - path.f[1]:.3f} below."
        ),
        facts={
            "L": f.L,
            "mu": f.mu,
            "contact": float(start),
            "next": float(end),
            "f_contact": float(value),
            "f_next": float(path.f[1]),
            "guaranteed_decrease": guaranteed,
            "actual_decrease": float(path.f[0] - path.f[1]),
        },
    )


@figure(page=PAGE)
def sufficient_decrease(theta0: float = 2.0) -> Picture:
    """How far one step of eta decreases f: at least, on a quadratic, and on log cosh. L = 1.

    theta0: where the step starts, from 0.1 to 3
    """
    if not 0.1 <= theta0 <= 3:
        raise ValueError(f"theta0 must lie in [0.1, 3], or the curves leave the picture; got {theta0:g}: move it there")
    L = 1.0
    etas, fine = np.linspace(0.1, 2.5, 25), np.linspace(0, 2.5, 251)
    best, largest = 1 / L, bounds.largest_step(L)
    figure, (ax,) = canvas(290)
    ax.plot([0, 2.5], [0, 0], color=FAINT, lw=1)
    ax.plot(fine, bounds.descent_guarantee(fine, L), gid="guarantee", label="guaranteed", **BOUND_LOOK)
    at_best = {}
    for gid, label, problem, look in (
        ("log-cosh", r"$\log\cosh\theta$", log_cosh(), {"color": SECOND, "marker": "s", "lw": 0.9}),
        ("quadratic", r"$(L/2)\theta^2$", quadratic([[L]]), DOTS_LOOK),
    ):
        steps = [gradient_descent(problem, theta0, eta, 1, diverge=True) for eta in etas]
        decrease = np.array([(s.f[0] - s.f[1]) * L / s.gradient_norm[0] ** 2 for s in steps])
        ax.plot(etas, decrease, gid=gid, label=label, **look)
        at_best[gid] = float(np.interp(best, etas, decrease))
    marks = np.array([best, largest])
    ax.plot(marks, bounds.descent_guarantee(marks, L), gid="marks", color=BOUND, marker="D", ms=7, mfc="none", ls="none")
    ax.set(xlim=(0, 2.55), ylim=(-0.75, 2.4), xlabel=r"step $\eta$", ylabel=r"decrease of $f$, in $|\nabla f|^2/L$")
    ax.set_xticks([0, best, largest], ["0", "$1/L$", "$2/L$"])
    ax.set_yticks(range(3))
    ax.legend(loc="upper left", bbox_to_anchor=(0.03, 1))
    return Picture(
        figure,
        description="todo",
        facts={
            "best_step": best,
            "largest_step": largest,
            "guaranteed_at_best": float(bounds.descent_guarantee(best, L)),
            **{f"{gid.replace('-', '_')}_at_best": value for gid, value in at_best.items()},
        },
    )


@figure(page=PAGE)
def convex_rate(k: int = 10, steps: int = 100) -> Picture:
    """Gap after each step of 1/L on the Huber functions that are the worst for k steps and for others. L = R = 1.

    k: for how many steps the function drawn with dots is the worst
    steps: how many steps are shown, from 10 to 300
    """
    if not 10 <= steps <= 300:
        raise ValueError(f"steps must lie in [10, 300]; got {steps}: choose one from there")
    if not 1 <= k <= steps:
        raise ValueError(f"k must lie in [1, steps] = [1, {steps}]; got {k}: reduce k or raise steps")
    L = R = 1.0
    n = np.arange(1, steps + 1)
    exact, classical = bounds.gd_convex(n, L, R), bounds.gd_convex_classical(n, L, R)
    bottom = exact[-1] / 6
    others = [j for j in (1, 4, 16, 64, 256) if j <= steps]
    figure, (ax,) = canvas(300)
    ax.loglog(n, classical, gid="classical", label="classical bound $LR^2/(2k)$", **LOOSE_LOOK)
    ax.loglog(n, exact, gid="exact", label="exact bound $LR^2/(4k+2)$", **BOUND_LOOK)
    for gid, worst, look in (
        ("gap", k, DESCENT_LOOK | {"markersize": 3.5, "label": f"gap, worst function for k = {k}"}),
        *((f"gap-{j}", j, {"color": DISCRETE, "lw": 0.9}) for j in others),
    ):
        gap = gradient_descent(huber(bounds.worst_huber_slope(worst, L, R), L), R, 1 / L, steps).gap[1:]
        seen = gap >= bottom
        ax.loglog(n[seen], gap[seen], gid=gid, **look)
        ax.loglog(worst, gap[worst - 1], gid=gid.replace("gap", "touch"), color=DISCRETE, marker="D", ms=6)
    ax.set(xlim=(0.9, 1.1 * steps), ylim=(bottom, 1), xlabel="steps $k$", ylabel=r"gap $f(\theta_k) - f^*$")
    decades(ax.xaxis)
    decades(ax.yaxis)
    ax.legend(loc="upper right")
    return Picture(figure, description="todo", facts={})


@figure(page=PAGE)
def strongly_convex_rate(kappa: float = 10.0, steps: int = 40) -> Picture:
    """Gap and squared distance, relative to the start, with the steps 1/L and 2/(L + mu), and their exact bound.

    kappa: the condition number L/mu, above 1
    steps: how many steps are taken, from 5 to 100
    """
    if not kappa > 1:
        raise ValueError(f"kappa must exceed 1, or one step reaches the minimiser; got {kappa:g}: raise it")
    if not 5 <= steps <= 100:
        raise ValueError(f"steps must lie in [5, 100]; got {steps}: choose one from there")
    k, bottom = np.arange(steps + 1), 1e-10
    spread = quadratic(np.diag(np.geomspace(1 / kappa, 1, 10)))
    figure, axes = canvas(560, rows=2, top=30)
    for ax, (name, step) in zip(axes, STEPS.items(), strict=True):
        eta = step(spread)
        if name == "short":
            ax.semilogy(k, bounds.gd_strongly_convex_classical(k, kappa), gid=f"{name}-classical", **LOOSE_LOOK)
        exact = bounds.gd_strongly_convex(k, eta, spread.L, spread.mu)
        seen = exact >= bottom
        ax.semilogy(k[seen], exact[seen], gid=f"{name}-exact", **BOUND_LOOK)
        for gid, problem, start, colour, marker in (
            ("attained", bowl(kappa), [1.0, 0.0], DISCRETE, "o"),
            ("spread", spread, np.ones(10), SECOND, "s"),
        ):
            path = gradient_descent(problem, start, eta, steps)
            for what, y, fill, size in (
                ("distance", path.distance**2, "none", 6.5),
                ("gap", path.gap, colour, 3.5),
            ):
                y = y / y[0]
                seen = y >= bottom
                ax.semilogy(k[seen], y[seen], gid=f"{name}-{gid}-{what}", color=colour, marker=marker, ms=size, mfc=fill, mew=0.8, ls="none")
        ax.set(xlim=(-0.02 * steps, 1.02 * steps), ylim=(bottom, 2))
        decades(ax.yaxis, 2)
    return Picture(figure, description="todo", facts={})


@figure(page=PAGE)
def steps_against_kappa(accuracy: float = 1e-6) -> Picture:
    """Steps that gradient descent needs against kappa, with the steps 1/L and 2/(L + mu), and the usual estimates.

    accuracy: the gap to be reached, relative to the gap at the start, from 1e-12 to 0.01
    """
    if not 1e-12 <= accuracy <= 1e-2:
        raise ValueError(f"accuracy must lie in [1e-12, 0.01]; got {accuracy:g}: choose one from there")
    kappas = 10 ** np.linspace(0, 3, 13)
    figure, (ax,) = canvas(300)
    measured = {}
    for name, label, look in (
        ("short", r"step $1/L$", DOTS_LOOK),
        ("best", r"step $2/(L+\mu)$", {"color": SECOND, "marker": "s", "ls": "none"}),
    ):
        estimate = bounds.gd_steps_estimate(accuracy, kappas, best=name == "best")
        counts = []
        for problem, cap in zip(map(bowl, kappas), np.ceil(estimate), strict=True):
            gap = gradient_descent(problem, [1.0, 0.0], STEPS[name](problem), int(cap)).gap
            counts.append(np.count_nonzero(gap > accuracy * gap[0]))
        ax.loglog(kappas, estimate, gid=f"{name}-estimate", label="estimates", **LOOSE_LOOK)
        ax.loglog(kappas, counts, gid=name, label=label, **look)
    ax.set(xlim=(0.9, 1.1e3), ylim=(0.8, 1e4))
    decades(ax.xaxis)
    decades(ax.yaxis)
    return Picture(figure, description="todo", facts={})


@figure(page=PAGE)
def spectral_radius(kappa: float = 5.0) -> Picture:
    """Spectral radius of I - eta A against the step eta, A with the eigenvalues mu and L. L = 1.

    kappa: the condition number L/mu, at least 1
    """
    problem = bowl(kappa)
    best, largest = STEPS["best"](problem), bounds.largest_step(problem.L)
    eta = np.union1d(np.linspace(0, 1.1 * largest, 221), [best, largest])
    modes = np.abs(np.linalg.eigvalsh(np.eye(2) - eta[:, None, None] * problem.A))
    radius = modes.max(axis=-1)
    least = float(bounds.contraction(best, problem.L, problem.mu))
    figure, (ax,) = canvas(320, top=64)
    ax.plot(eta, radius, gid="radius", color=DISCRETE, lw=3, label=r"spectral radius of $I-\eta A$")
    ax.plot(eta, bounds.contraction(eta, problem.L, problem.mu), gid="bound", label=r"$\max(|1-\eta\mu|,|1-\eta L|)$", **BOUND_LOOK)
    ax.plot(eta, np.abs(bounds.forward_factor(eta * problem.L)), gid="factor-L", color=THIRD, lw=1, label=r"$|1-\eta L|$")
    ax.plot(eta, np.abs(bounds.forward_factor(eta * problem.mu)), gid="factor-mu", color=SECOND, lw=1, ls="-.", label=r"$|1-\eta\mu|$")
    ax.plot([best], [least], gid="best", marker="D", ms=6, color=DISCRETE, ls="none", label=rf"least, {least:.3f}, at $2/(L+\mu)$")
    ax.plot([largest], [1], gid="largest", marker="s", ms=6, color=DISCRETE, ls="none", label=r"1 again, at $2/L$")
    ax.set(xlim=(0, 1.1 * largest), ylim=(0, 1.25))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.01), ncols=2)
    return Picture(figure, description="todo", facts={})
