"""Figures of the page "Gradient flow"."""

from math import inf
from typing import Annotated, Any

import numpy as np

from gdfigs.maths import bounds
from gdfigs.maths.flows import gradient_flow
from gdfigs.maths.methods import gradient_descent
from gdfigs.maths.problems import bowl, huber, log_sum_exp, logistic, quadratic
from gdfigs.plots.picture import Picture
from gdfigs.plots.registry import Range, figure
from gdfigs.plots.style import (
    BOUND,
    BOUND_LOOK,
    CONTINUOUS,
    DASH_DOTTED,
    DESCENT_LOOK,
    FAINT,
    FLOW_LOOK,
    FORMULA_LOOK,
    LOOSE_LOOK,
    OTHER_LOOK,
    SECOND,
    THIRD,
    WIDE_DASHED,
    canvas,
    decades,
    legend_above,
)

PAGE = "gradient-flow.md"


@figure(page=PAGE)
def energy(
    x0: Annotated[float, Range(-12, 12, "first coordinate of the start")] = 6.0,
    y0: Annotated[float, Range(-12, 12, "second coordinate of the start")] = 2.0,
) -> Picture:
    """f along the flow of log-sum-exp, and f(theta(0)) less the integral of |grad f|^2: one curve, found twice."""
    from scipy.integrate import cumulative_simpson

    reach = abs(x0) + abs(y0)
    if not 3 <= reach <= 12:
        raise ValueError(f"|x0| + |y0| must lie in [3, 12]; got {reach:g}: start nearer to 0, but not where f is flat")
    # Away from 0 the flow moves at a speed of nearly 1 in the 1-norm; near 0 each coordinate decays as e^{-t/2}.
    t = np.linspace(0, reach + 6, 601)
    flow = gradient_flow(log_sum_exp(), [x0, y0], t)
    power = flow.gradient_norm**2
    spent = cumulative_simpson(power, x=t, initial=0)
    # Simpson's error falls as h^4: with every second point alone it is some 15 times what it is with all.
    error = float(np.abs(spent[::2] - cumulative_simpson(power[::2], x=t[::2], initial=0)).max())
    line, dots = slice(None, None, 3), slice(None, None, 30)
    predicted = flow.f[0] - spent[dots]
    difference = float(np.abs(predicted - flow.f[dots]).max())
    figure, (above, below) = canvas(430, rows=2, top=10, bottom=40)
    above.plot(t[line], flow.f[line], gid="f", label=r"$f(\theta(t))$", **FLOW_LOOK)
    above.plot(t[dots], predicted, gid="integral", color=SECOND, marker="o", ms=6, mfc="none", ls="none",
               clip_on=False, label=r"$f(\theta(0)) - \int_0^t \|\nabla f\|^2$")  # fmt: skip
    above.set(xlim=(0, t[-1]), ylim=(0, 1.1 * flow.f[0]), ylabel="objective")
    above.legend(loc="upper right")
    below.fill_between(t[line], power[line], gid="area", color=FAINT, alpha=0.5, lw=0)
    below.plot(t[line], power[line], gid="power", **FLOW_LOOK)
    below.set(xlim=(0, t[-1]), ylim=(0, 1.1 * power[0]), xlabel="time $t$", ylabel=r"$\|\nabla f(\theta(t))\|^2$")
    facts = {"f_at_start": flow.f[0], "f_at_end": flow.f[-1], "drop": flow.f[0] - flow.f[-1], "integral": spent[-1]}
    facts |= {"largest_difference": difference, "quadrature_error": error, "power_at_start": power[0], "time": t[-1]}
    return Picture(
        figure,
        description=(
            f"Above, f falls without a pause from {flow.f[0]:.3f} to {flow.f[-1]:.3f} along the flow of a log-sum-exp "
            f"function from ({x0:g}, {y0:g}); circles, computed from the gradient alone, lie on the line to within "
            f"{difference:.0e}. Below, the squared length of the gradient falls from {power[0]:.3f} to "
            f"{power[-1]:.5f} at time {t[-1]:g}; the shaded area under it, {spent[-1]:.3f}, is the whole drop of f."
        ),
        facts=facts,
    )


@figure(page=PAGE)
def flow_convex_rate(
    L: Annotated[float, Range(0.5, 100, "smoothness of the functions; the larger, the nearer to R^2/(4t)")] = 4.0,
) -> Picture:
    """Gap of the flow on three Huber functions against R^2/(2t), R^2/(4t) and L R^2/(4Lt + 2), from R = 1."""
    R, start, end, low, high = 1.0, 0.05, 50.0, 1e-3, 40.0
    meetings, t = (0.2, 1.0, 5.0), np.geomspace(start, end, 61)
    figure, (ax,) = canvas(340)
    ax.set(xscale="log", yscale="log", xlim=(start, end), ylim=(low, high), xlabel="time $t$", ylabel=r"gap $f - f^*$")
    decades(ax.xaxis, ax.yaxis)
    ax.plot(t, bounds.flow_convex_classical(t, R), gid="loose", label=r"$R^2/(2t)$", **LOOSE_LOOK)
    ax.plot(t, bounds.flow_convex(t, R), gid="exact", label=r"$R^2/(4t)$: convex $f$", **BOUND_LOOK)
    ax.plot(t, bounds.flow_convex_smooth(t, R, L), gid="smooth", label=r"$LR^2/(4Lt+2)$: and $L$-smooth",
            **FORMULA_LOOK)  # fmt: skip
    shares, loose_share = [], 0.0
    for number, meeting in enumerate(meetings, 1):
        problem = huber(bounds.worst_huber_slope(L * meeting, L, R), L)
        # The flow comes to the parabola at twice the time at which it meets the bound; then it is an exponential.
        bend = 2 * meeting
        before = [*np.geomspace(start, bend, 40), *(bend * (1 - np.geomspace(1e-3, 0.5, 60)))]
        flow = gradient_flow(problem, [R], np.unique([meeting, *before, *(bend + np.linspace(0, 12 / L, 160))]))
        seen, at = (flow.gap >= low) & (flow.t <= end), np.flatnonzero(flow.t == meeting)
        ax.plot(flow.t[seen], flow.gap[seen], gid=f"flow-{number}", **FLOW_LOOK)
        ax.plot(flow.t[at], flow.gap[at], gid=f"meeting-{number}", color=CONTINUOUS, marker="D", ls="none")
        shares.append(float(flow.gap[at[0]] / bounds.flow_convex(meeting, R)))
        loose_share = max(loose_share, float((flow.gap / bounds.flow_convex_classical(flow.t, R))[seen].max()))
    ax.plot([], [], color=CONTINUOUS, marker="D", label="flows of Huber functions")
    ax.legend(loc="upper right")
    return Picture(
        figure,
        description=(
            f"The gap against time on logarithmic axes. The flows of three Huber functions with L = {L:g} stay below "
            f"L R^2 / (4 L t + 2), with R = 1; each meets it once, at time {meetings[0]:g}, {meetings[1]:g} and "
            f"{meetings[2]:g}, and then plunges. There they reach {shares[0]:.1%}, {shares[1]:.1%} and {shares[2]:.1%} "
            f"of R^2 / (4t), the dashed line that no flow of a convex function exceeds. The dotted line, R^2 / (2t), "
            f"is twice as high, and {loose_share:.1%} of it is the most they reach."
        ),
        facts={
            **{f"meeting_{number}": meeting for number, meeting in enumerate(meetings, 1)},
            **{f"share_of_exact_{number}": share for number, share in enumerate(shares, 1)},
            "largest_share_of_loose": loose_share,
        },
    )


@figure(page=PAGE)
def flow_strongly_convex_rate(
    kappa: Annotated[float, Range(2, 100, "condition number of the two-dimensional quadratic")] = 10.0,
    mu: Annotated[float, Range(0.05, 1, "strong convexity of all three functions")] = 0.1,
) -> Picture:
    """Relative gap and relative squared distance of three flows against e^{-2 mu t}."""
    # Denser at the start, where the fast axis of the quadratic dies out; 1/mu is one of the times.
    t, low = np.union1d(3.4 * np.linspace(0, 1, 101) ** 2, [1.0]) / mu, 1e-3
    looks: dict[str, dict[str, Any]] = {
        "attaining": {"color": CONTINUOUS, "label": r"$(\mu/2)\,x^2$"},
        "quadratic": OTHER_LOOK | {"label": rf"quadratic, $\kappa$ = {kappa:g}"},
        "logistic": {"color": THIRD, "ls": DASH_DOTTED, "label": "logistic regression"},
    }
    flows = [
        gradient_flow(quadratic([[mu]]), [1.0], t),
        gradient_flow(bowl(kappa, kappa * mu), [1.0, 1.0], t),
        gradient_flow(logistic(ridge=mu), [8.0, 8.0], t),
    ]
    bound, early = bounds.flow_strongly_convex(t, mu), int(np.searchsorted(t, 1 / mu))
    figure, axes = canvas(470, rows=2, top=10, bottom=42)
    facts = {"rate": 2 * mu}
    for ax, measure in zip(axes, ("gap", "distance"), strict=True):
        # Wide and beneath, so that it is seen where a flow runs on it.
        ax.semilogy(t, bound, gid=f"{measure}-bound", color=BOUND, ls=WIDE_DASHED, lw=5, alpha=0.5,
                    label=r"$e^{-2\mu t}$")  # fmt: skip
        for flow, (name, look) in zip(flows, looks.items(), strict=True):
            value = flow.gap if measure == "gap" else flow.distance**2
            ratio = value / value[0]
            seen = ratio >= low
            ax.semilogy(t[seen], ratio[seen], gid=f"{measure}-{name}", **look)
            facts[f"{measure}_share_{name}"] = ratio[early] / bound[early]
        ax.set(xlim=(0, t[-1]), ylim=(low, 1), xlabel="time $t$")
        decades(ax.yaxis)
    axes[0].set_ylabel("relative gap")
    axes[1].set_ylabel("relative squared distance")
    axes[0].legend(loc="upper right", bbox_to_anchor=(1, 1.02))
    return Picture(
        figure,
        description=(
            f"Relative gap above, relative squared distance below, on logarithmic axes against time, with mu = {mu:g}. "
            f"The flow of (mu/2) x^2 runs on the dashed bound e^(-2 mu t). A quadratic of kappa = {kappa:g} drops and "
            f"then runs parallel to the bound; logistic regression falls further and further below it. "
            f"At time 1/mu their gaps stand at {facts['gap_share_quadratic']:.2f} and "
            f"{facts['gap_share_logistic']:.2f} of the bound, their squared distances at "
            f"{facts['distance_share_quadratic']:.2f} and {facts['distance_share_logistic']:.2f}."
        ),
        facts=facts,
    )


@figure(page=PAGE)
def modes(
    eta: Annotated[float, Range(0.2, 2, "step of descent, below 2/L = 2", without=(2,))] = 0.5,
    seed: Annotated[int, Range(0, inf, "of the random orthogonal basis of eigenvectors")] = 0,
) -> Picture:
    """Each eigencomponent of the error on a quadratic: |z_i(t)| of the flow, |z_i| of descent at t = k eta."""
    spectrum, time, low = np.array([0.1, 0.3, 0.6, 1.0]), 6.5, 1e-3
    basis = np.linalg.qr(np.random.default_rng(seed).normal(size=(4, 4)))[0]
    A = basis @ np.diag(spectrum) @ basis.T
    problem = quadratic((A + A.T) / 2, name="rotated quadratic")
    theta0 = problem.eigenvectors.sum(axis=1)  # each component of the error starts at 1
    flow = gradient_flow(problem, theta0, np.linspace(0, time, 66))
    descent = gradient_descent(problem, theta0, eta, int(time / eta))
    lines, dots = np.abs(flow.x @ problem.eigenvectors), np.abs(descent.x @ problem.eigenvectors)
    figure, (ax,) = canvas(340, top=34, right=76)
    facts = {"eta": eta}
    for i, (eigenvalue, marker) in enumerate(zip(problem.eigenvalues, "o^sD", strict=True)):
        seen, look = dots[:, i] >= low, DESCENT_LOOK | {"marker": marker, "clip_on": False}
        ax.semilogy(flow.t, lines[:, i], gid=f"flow-{i + 1}", label="" if i else "flow", **FLOW_LOOK)
        ax.semilogy(descent.t[seen], dots[seen, i], gid=f"descent-{i + 1}", label="" if i else "descent", **look)
        ax.plot([1.05], [lines[-1, i]], transform=ax.get_yaxis_transform(), **look)
        ax.annotate(f"λ = {eigenvalue:.1f}", (time, lines[-1, i]), (24, 0), textcoords="offset points", va="center")
        facts |= {
            f"eigenvalue_{i + 1}": eigenvalue,
            f"flow_rate_{i + 1}": -np.log(lines[-1, i]) / time,
            f"descent_factor_{i + 1}": dots[1, i],
        }
    ax.set(xlim=(0, time), ylim=(low, 1), xlabel=r"time $t = k\eta$", ylabel="component of the error")
    decades(ax.yaxis)
    legend_above(ax, 2, gap=0.01)
    rates, factors = (", ".join(f"{round(value, 3):g}" for value in v) for v in (problem.eigenvalues, dots[1]))
    return Picture(
        figure,
        description=(
            f"The four components of the error on a logarithmic axis against time, each starting at 1. The flow's are "
            f"straight lines that fall at the rates lambda = {rates}, the eigenvalues. Descent's are dots, "
            f"eta = {eta:g} apart in time; every step multiplies them by |1 - eta lambda| = {factors} in that order."
        ),
        facts=facts,
    )
