"""Figures of the page "Gradient flow"."""

from typing import Any

import numpy as np

from gdfigs import bounds
from gdfigs.catalogue import figure
from gdfigs.flows import gradient_flow
from gdfigs.methods import gradient_descent
from gdfigs.picture import Picture
from gdfigs.problems import bowl, huber, log_sum_exp, logistic, quadratic
from gdfigs.style import (
    BOUND_LOOK,
    CONTINUOUS,
    DISCRETE,
    FAINT,
    FLOW_LOOK,
    LOOSE_LOOK,
    SECOND,
    THIRD,
    canvas,
    decades,
)

PAGE = "gradient-flow.md"


@figure(page=PAGE)
def energy(x0: float = 6.0, y0: float = 2.0) -> Picture:
    """f along the flow of log-sum-exp, and f(theta(0)) less the integral of |grad f|^2: one curve, found twice.

    x0: first coordinate of the start
    y0: second coordinate of the start
    """
    from scipy.integrate import cumulative_simpson

    reach = abs(x0) + abs(y0)
    if not 0.5 <= reach <= 12:
        raise ValueError(f"|x0| + |y0| must lie in [0.5, 12]; got {reach:g}: start nearer to 0, but not at it")
    # Away from 0 the flow moves at a speed of nearly 1 in the 1-norm; near 0 each coordinate decays as e^{-t/2}.
    t = np.linspace(0, reach + 6, 601)
    flow = gradient_flow(log_sum_exp(), [x0, y0], t)
    power = flow.gradient_norm**2
    spent = cumulative_simpson(power, x=t, initial=0)
    # Simpson's error falls as h^4: with every second point alone it is some 15 times what it is with all.
    error = float(np.abs(spent[::2] - cumulative_simpson(power[::2], x=t[::2], initial=0)).max())
    line, dots = slice(None, None, 4), slice(None, None, 30)
    predicted = flow.f[0] - spent[dots]
    difference = float(np.abs(predicted - flow.f[dots]).max())
    figure, (above, below) = canvas(430, rows=2, top=10, bottom=40)
    above.plot(t[line], flow.f[line], gid="f", label=r"$f(\theta(t))$", **FLOW_LOOK)
    above.plot(t[dots], predicted, gid="integral", color=SECOND, marker="o", ms=6, mfc="none", ls="none",
               label=r"$f(\theta(0)) - \int_0^t \|\nabla f\|^2$")  # fmt: skip
    above.set(xlim=(0, t[-1]), ylim=(0, 1.1 * flow.f[0]), ylabel="objective")
    above.legend(loc="upper right")
    below.fill_between(t[line], power[line], gid="area", color=FAINT, alpha=0.5, lw=0)
    below.plot(t[line], power[line], gid="power", **FLOW_LOOK)
    below.set(xlim=(0, t[-1]), ylim=(0, 1.1 * power[0]), xlabel="time $t$", ylabel=r"$\|\nabla f(\theta(t))\|^2$")
    return Picture(
        figure,
        description=(
            f"Above, f falls without a pause from {flow.f[0]:.3f} to {flow.f[-1]:.3f} along the flow of a log-sum-exp "
            f"function from ({x0:g}, {y0:g}); circles, computed from the gradient alone, lie on the line to within "
            f"{difference:.0e}. Below, the squared length of the gradient falls from {power[0]:.3f} to "
            f"{power[-1]:.5f} at time {t[-1]:g}; the shaded area under it, {spent[-1]:.3f}, is the whole drop of f."
        ),
        facts={
            "f_at_start": float(flow.f[0]),
            "f_at_end": float(flow.f[-1]),
            "drop": float(flow.f[0] - flow.f[-1]),
            "integral": float(spent[-1]),
            "largest_difference": difference,
            "quadrature_error": error,
            "power_at_start": float(power[0]),
            "time": float(t[-1]),
        },
    )


@figure(page=PAGE)
def flow_convex_rate(L: float = 4.0) -> Picture:
    """Gap of the flow on three Huber functions against R^2/(2t), R^2/(4t) and L R^2/(4Lt + 2), from R = 1.

    L: smoothness of the functions; the larger, the nearer they come to R^2/(4t)
    """
    if not 0.5 <= L <= 100:
        raise ValueError(f"L must lie in [0.5, 100]; got {L:g}: outside, the curves leave the axes or coincide")
    R, start, end, low, high = 1.0, 0.05, 50.0, 1e-3, 40.0
    meetings, t = (0.2, 1.0, 5.0), np.geomspace(start, end, 61)
    figure, (ax,) = canvas(340)
    ax.set(xscale="log", yscale="log", xlim=(start, end), ylim=(low, high), xlabel="time $t$", ylabel=r"gap $f - f^*$")
    decades(ax.xaxis)
    decades(ax.yaxis)
    ax.plot(t, bounds.flow_convex_classical(t, R), gid="loose", label=r"$R^2/(2t)$", **LOOSE_LOOK)
    ax.plot(t, bounds.flow_convex(t, R), gid="exact", label=r"$R^2/(4t)$: convex $f$", **BOUND_LOOK)
    ax.plot(t, bounds.flow_convex_smooth(t, R, L), gid="smooth", color=SECOND, ls="-.", lw=1.4,
            label=r"$LR^2/(4Lt+2)$: and $L$-smooth")  # fmt: skip
    shares = []
    for number, meeting in enumerate(meetings, 1):
        problem = huber(bounds.worst_huber_slope(L * meeting, L, R), L)
        # The flow comes to the parabola at twice the time at which it meets the bound; then it is an exponential.
        bend = 2 * meeting
        before = [*np.geomspace(start, bend, 40), *(bend * (1 - np.geomspace(1e-3, 0.5, 60)))]
        flow = gradient_flow(problem, [R], np.unique([meeting, *before, *(bend + np.linspace(0, 12 / L, 60))]))
        seen, at = (flow.gap >= low) & (flow.t <= end), np.flatnonzero(flow.t == meeting)
        ax.plot(flow.t[seen], flow.gap[seen], gid=f"flow-{number}", **FLOW_LOOK)
        ax.plot(flow.t[at], flow.gap[at], gid=f"meeting-{number}", color=CONTINUOUS, marker="D", ls="none")
        shares.append(float(flow.gap[at[0]] / bounds.flow_convex(meeting, R)))
    ax.plot([], [], color=CONTINUOUS, marker="D", label="flows, each meeting its bound")
    ax.legend(loc="upper right")
    return Picture(
        figure,
        description=(
            f"The gap against time on logarithmic axes. The flows of three Huber functions with L = {L:g} stay below "
            f"L R^2 / (4 L t + 2), with R = 1; each meets it once, at time {meetings[0]:g}, {meetings[1]:g} and "
            f"{meetings[2]:g}, and then plunges. There they reach {shares[0]:.1%}, {shares[1]:.1%} and {shares[2]:.1%} "
            f"of R^2 / (4t), the dashed line that no flow of a convex function exceeds; the dotted line, R^2 / (2t), "
            f"is twice as high and out of reach."
        ),
        facts={
            **{f"meeting_{number}": meeting for number, meeting in enumerate(meetings, 1)},
            **{f"share_of_exact_{number}": share for number, share in enumerate(shares, 1)},
            "largest_share_of_loose": max(shares) / 2,
        },
    )


@figure(page=PAGE)
def flow_strongly_convex_rate(kappa: float = 10.0, mu: float = 0.1) -> Picture:
    """Relative gap and relative squared distance of three flows against e^{-2 mu t}.

    kappa: condition number of the two-dimensional quadratic
    mu: strong convexity of all three functions
    """
    if not 1 < kappa <= 100:
        raise ValueError(f"kappa must lie in (1, 100]; got {kappa:g}: at 1 there is no slow axis to start off")
    if not 0.02 <= mu <= 100:
        raise ValueError(f"mu must lie in [0.02, 100]; got {mu:g}: outside, a curve leaves the axes or hides another")
    t, low = np.linspace(0, 3.4, 137) / mu, 1e-3
    looks: dict[str, dict[str, Any]] = {
        "attaining": {"color": CONTINUOUS, "lw": 3, "label": r"$(\mu/2)\,x^2$, on the bound"},
        "quadratic": {"color": SECOND, "ls": (0, (8, 2)), "label": rf"quadratic, $\kappa$ = {kappa:g}"},
        "logistic": {"color": THIRD, "ls": "-.", "label": "logistic regression"},
    }
    flows = [
        gradient_flow(quadratic([[mu]]), [1.0], t),
        gradient_flow(bowl(kappa, kappa * mu), [1.0, 1.0], t),
        gradient_flow(logistic(ridge=mu), [8.0, 8.0], t),
    ]
    bound, early = bounds.flow_strongly_convex(t, mu), 40  # t[early] = 1/mu
    figure, axes = canvas(470, rows=2, top=10, bottom=42)
    facts = {"rate": 2 * mu}
    for ax, measure in zip(axes, ("gap", "distance"), strict=True):
        for flow, (name, look) in zip(flows, looks.items(), strict=True):
            value = flow.gap if measure == "gap" else flow.distance**2
            ratio = value / value[0]
            seen = ratio >= low
            ax.semilogy(t[seen], ratio[seen], gid=f"{measure}-{name}", **look)
            facts[f"{measure}_share_{name}"] = float(ratio[early] / bound[early])
        ax.semilogy(t, bound, gid=f"{measure}-bound", label=r"$e^{-2\mu t}$", **BOUND_LOOK)
        ax.set(xlim=(0, t[-1]), ylim=(low, 1), xlabel="time $t$")
        decades(ax.yaxis)
    axes[0].set_ylabel("relative gap")
    axes[1].set_ylabel("relative squared distance")
    axes[0].legend(loc="upper right", bbox_to_anchor=(1, 1.02))
    return Picture(
        figure,
        description=(
            f"Relative gap above, relative squared distance below, both on a logarithmic axis against time, mu = {mu:g}. "
            f"The flow of (mu/2) x^2 runs on the dashed bound e^(-2 mu t) in both. The quadratic with kappa = {kappa:g} "
            f"drops and then runs below the bound and parallel to it; logistic regression falls ever more steeply. "
            f"At time 1/mu their gaps stand at {facts['gap_share_quadratic']:.2f} and "
            f"{facts['gap_share_logistic']:.2f} of the bound, their squared distances at "
            f"{facts['distance_share_quadratic']:.2f} and {facts['distance_share_logistic']:.2f}."
        ),
        facts=facts,
    )


@figure(page=PAGE)
def modes(eta: float = 0.5, seed: int = 0) -> Picture:
    """Each eigencomponent of the error on a quadratic: |z_i(t)| of the flow, |z_i| of descent at t = k eta.

    eta: step of descent, between 0.05 and 2/L = 2
    seed: of the random orthogonal basis of eigenvectors
    """
    if not eta >= 0.05:
        raise ValueError(f"eta must lie in [0.05, 2); got {eta:g}: with a smaller step the dots merge")
    spectrum, time, low = np.array([0.1, 0.3, 0.6, 1.0]), 6.5, 1e-3
    basis = np.linalg.qr(np.random.default_rng(seed).normal(size=(4, 4)))[0]
    A = basis @ np.diag(spectrum) @ basis.T
    problem = quadratic((A + A.T) / 2, name="rotated quadratic")
    theta0 = problem.eigenvectors.sum(axis=1)  # each component of the error starts at 1
    flow = gradient_flow(problem, theta0, np.linspace(0, time, 66))
    descent = gradient_descent(problem, theta0, eta, int(time / eta))
    lines, dots = np.abs(flow.x @ problem.eigenvectors), np.abs(descent.x @ problem.eigenvectors)
    figure, (ax,) = canvas(340, top=34, right=58)
    facts = {}
    for i, (eigenvalue, marker) in enumerate(zip(problem.eigenvalues, "o^sD", strict=True)):
        seen = dots[:, i] >= low
        ax.semilogy(flow.t, lines[:, i], gid=f"flow-{i + 1}", label="flow" if i == 0 else None, **FLOW_LOOK)
        ax.semilogy(descent.t[seen], dots[seen, i], gid=f"descent-{i + 1}", color=DISCRETE, marker=marker, ls="none",
                    label=rf"descent, $\eta$ = {eta:g}" if i == 0 else None)  # fmt: skip
        ax.annotate(f"λ = {eigenvalue:.1f}", (time, lines[-1, i]), xytext=(6, 0), textcoords="offset points", va="center")
        facts |= {
            f"eigenvalue_{i + 1}": float(eigenvalue),
            f"flow_rate_{i + 1}": float(-np.log(lines[-1, i] / lines[0, i]) / time),
            f"descent_factor_{i + 1}": float(dots[1, i] / dots[0, i]),
        }
    ax.set(xlim=(0, time), ylim=(low, 1), xlabel=r"time $t = k\eta$", ylabel="component of the error")
    decades(ax.yaxis)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.01), ncols=2)
    return Picture(
        figure,
        description="TODO",
        facts=facts,
    )
