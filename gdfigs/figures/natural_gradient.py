"""Figures of the page "The natural gradient"."""

from typing import Annotated, Any

import numpy as np

from gdfigs.maths import bounds
from gdfigs.maths.flows import gradient_flow, natural_gradient_flow
from gdfigs.maths.problems import Array, GaussianFit, Points, bowl, gaussian_fit
from gdfigs.plots.picture import Picture
from gdfigs.plots.registry import Range, figure
from gdfigs.plots.style import (
    BOUND_LOOK,
    FAINT,
    FLOW_LOOK,
    LONG_DASHED,
    PAPER,
    SECOND,
    SECOND_LOOK,
    STAR_LOOK,
    THIRD,
    canvas,
    decades,
)

PAGE = "natural-gradient.md"

NATURAL_LOOK: dict[str, Any] = SECOND_LOOK | {"linewidth": 2.0}
OTHER_LOOK: dict[str, Any] = {"color": THIRD, "linestyle": LONG_DASHED}
CIRCLE_LOOK: dict[str, Any] = {"color": SECOND, "marker": "o", "markersize": 6, "markerfacecolor": PAPER, "ls": "none"}
START = (-2.0, 0.5)
"""Mean and standard deviation at which a fit to N(0, 1) starts."""
TIMES = np.concatenate([[0.0], np.geomspace(1e-3, 7, 110)])
"""Early ones stand close: at first a fit moves up to a hundred times as fast as in the end."""
MARKS = np.arange(0, 4.1, 0.5)
"""Times at which the natural flow is marked."""
POWER = Range(-2, 2, "power in the second coordinates (m, u), u = (sigma^p - 1) / p; at 0, u = log sigma")
CORNERS = np.array([[1.5, 0.4], [0.5, 0.95], [-1.2, 0.8], [-1.5, -0.4], [-0.5, -0.95], [1.2, -0.8]])
"""Starts on the bowl."""


def _fitted(fit: GaussianFit, natural: bool, t: Array = TIMES) -> Points:
    """Follows the natural flow, or the gradient flow in the fit's coordinates: mean and deviation, shape (n, 2)."""
    start, metric = fit.coordinates(*START), fit.fisher if natural else lambda _: np.eye(2)
    return fit.distribution(natural_gradient_flow(fit, metric, start, t).x)


@figure(page=PAGE)
def newton_and_gradient_flow(
    kappa: Annotated[float, Range(1, 1000, "condition number L/mu of the bowl", logarithmic=True)] = 10.0,
) -> Picture:
    """Paths and distances on a bowl with L = 1: the gradient flow, and the natural one with the Hessian as metric."""
    problem, t, left = bowl(kappa), np.linspace(0, 6, 31), np.linspace(1, 0.004, 41)
    figure, (plane, ax) = canvas(480, rows=2, left=48, bottom=36, head=22)
    plane.set(xlim=(-1.75, 1.75), ylim=(-1.05, 1.05), aspect="equal", xticks=(-1, 0, 1), yticks=(-1, 0, 1))
    plane.set(xlabel=r"$\theta_1$", ylabel=r"$\theta_2$")
    x, y = np.meshgrid(np.linspace(-1.75, 1.75, 71), np.linspace(-1.05, 1.05, 43))
    levels = (0.25 * np.arange(1, 8)) ** 2 / 2  # at equal distances on the steep axis
    plane.contour(x, y, problem.f(np.stack([x, y], -1)), levels, colors=FAINT, linewidths=0.7).set_gid("contours")
    evenly = np.union1d(-np.log(left) / problem.mu, -np.log(left) / problem.L)  # along either axis
    ends = []
    for n, start in enumerate(CORNERS):
        straight = natural_gradient_flow(problem, problem.hess, start, t)
        plane.plot(*gradient_flow(problem, start, evenly).x.T, gid=f"gradient-path-{n}", **FLOW_LOOK)
        plane.plot(*straight.x[::5].T, gid=f"natural-path-{n}", marker="o", ms=4, **NATURAL_LOOK | {"linewidth": 1.2})
        flow = gradient_flow(problem, start, t)
        for name, path, look in (("gradient", flow, FLOW_LOOK), ("natural", straight, NATURAL_LOOK)):
            label = "_" if n else f"{name} flow"
            ax.plot(t, path.distance / path.distance[0], gid=f"{name}-{n}", label=label, **look)
        ends.append((flow.distance / flow.distance[0])[-1])
    plane.plot(0, 0, gid="minimiser", **STAR_LOOK)
    ax.plot(t, np.sqrt(bounds.flow_strongly_convex(t, problem.mu)), gid="bound", label=r"$e^{-\mu t}$", **BOUND_LOOK)
    ax.set(xlim=(0, 6.1), ylim=(1e-3, 1.3), yscale="log", xlabel="time $t$", ylabel="distance from the minimum")
    decades(ax.yaxis)
    figure.legend(*ax.get_legend_handles_labels(), loc="upper center", ncols=3)
    natural = float(bounds.newton_flow_factor(t[-1]))
    facts = {"L": problem.L, "starts": len(CORNERS), "until": t[-1]}
    facts |= {"natural": natural, "gradient_least": min(ends), "gradient_most": max(ends)}
    return Picture(
        figure,
        description=(
            f"Above, a bowl with kappa = {kappa:g}, L = 1 and its long axis level; from six starts, the gradient flow "
            f"{'turns to the long axis and follows it' if kappa > 1 else 'runs straight'} to the minimum, and the "
            "natural flow runs straight. Below, the distances from the minimum, relative to the first, on a "
            f"logarithmic scale: at time {t[-1]:g} those of the gradient flow have fallen to between {min(ends):.2g} "
            f"and {max(ends):.2g}, and that of the natural flow, the same from every start and on every bowl, to "
            f"{natural:.2g}."
        ),
        facts=facts,
        slider_text=(
            f"at t = {t[-1]:g} the gradient flow has up to {max(ends):.2g} of the way left, the natural {natural:.2g}"
        ),
    )


@figure(page=PAGE)
def gaussian_fits(p: Annotated[float, POWER] = -2.0) -> Picture:
    """Fits of N(m, sigma^2) to N(0, 1): gradient flows and natural flows in two coordinate systems, from one start."""
    first, second = gaussian_fit(1), gaussian_fit(p)
    figure, (ax,) = canvas(356, left=46, top=46)
    # One unit up is as long as sqrt(2) units across: angles are those of the Fisher metric.
    ax.set(xlim=(-2.3, 0.75), ylim=(0, 1.75), aspect=np.sqrt(2), xticks=(-2, -1, 0), yticks=(0, 0.5, 1, 1.5))
    m, s = np.meshgrid(np.linspace(-2.3, 0.75, 110), np.linspace(0.15, 1.75, 80))
    loss = first.f(np.stack([m, s - 1], axis=-1))
    ax.contour(m, s, loss, 0.05 * 2.0 ** np.arange(8), colors=FAINT, linewidths=0.7).set_gid("contours")
    gradient, other, natural = _fitted(first, False), _fitted(second, False), _fitted(first, True)
    ax.plot(*gradient.T, gid="gradient", label=r"gradient flow in $(m, \sigma)$", **FLOW_LOOK)
    ax.plot(*other.T, gid="gradient-other", label=r"gradient flow in $(m, u)$", **OTHER_LOOK)
    ax.plot(*natural.T, gid="natural", label=r"natural flow in $(m, \sigma)$", **NATURAL_LOOK)
    circles = _fitted(second, True, MARKS)
    ax.plot(*circles.T, gid="natural-other", label=r"natural flow in $(m, u)$", zorder=4, **CIRCLE_LOOK)
    ax.plot(0, 1, gid="target", **STAR_LOOK)
    ax.set(xlabel="mean $m$", ylabel=r"standard deviation $\sigma$")
    figure.legend(loc="upper center", ncols=2)
    peak, other_peak, natural_peak = (float(path[:, 1].max()) for path in (gradient, other, natural))
    facts = {"mean": START[0], "deviation": START[1]}
    facts |= {"peak": peak, "peak_other": other_peak, "peak_natural": natural_peak}
    return Picture(
        figure,
        description=(
            f"The half-plane of Gaussians, the mean m to the right and the standard deviation sigma upwards. From "
            f"N({START[0]:g}, {START[1]:g}^2) curves lead to a star at N(0, 1). The gradient flow in the coordinates "
            f"(m, sigma) rises to sigma = {peak:.2f}. That in (m, u), where u is (sigma^p - 1)/p with p = {p:g}, "
            f"rises to {other_peak:.2f}, on {'the same' if p == 1 else 'another'} way. The natural flow rises to "
            f"{natural_peak:.2f}: a line as computed in (m, sigma), circles on that line as computed in (m, u)."
        ),
        facts=facts,
        slider_text=(
            f"the gradient flow in (m, u) rises to sigma = {other_peak:.2f}, the natural flow to {natural_peak:.2f}"
        ),
    )


@figure(page=PAGE)
def straight_moments(p: Annotated[float, POWER] = -2.0) -> Picture:
    """Fits of N(m, sigma^2) to N(0, 1), drawn by the expectations of x and of x^2."""
    first, second = gaussian_fit(1), gaussian_fit(p)
    t = np.union1d(TIMES, MARKS)
    gradient, other, natural = (
        np.column_stack([path[:, 0], (path**2).sum(axis=1)])
        for path in (_fitted(first, False), _fitted(second, False), _fitted(second, True, t))
    )
    circles = natural[np.isin(t, MARKS)]
    edge = np.union1d(np.linspace(-2.3, 0.75, 123), -np.sqrt(5))
    figure, (ax,) = canvas(320, left=46, top=46)
    ax.set(xlim=(-2.3, 0.75), ylim=(0, 5), xticks=(-2, -1, 0), yticks=range(6))
    ax.fill_between(edge, 0, np.minimum(edge**2, 5), color=FAINT, alpha=0.4, lw=0, gid="no-distribution")
    ax.text(-2.2, 0.25, "variance\nnegative", fontsize=11, linespacing=1.1)
    ax.plot(*gradient.T, gid="gradient", label=r"gradient flow in $(m, \sigma)$", **FLOW_LOOK)
    ax.plot(*other.T, gid="gradient-other", label=r"gradient flow in $(m, u)$", **OTHER_LOOK)
    ax.plot(*natural.T, gid="natural", label="natural flow", **NATURAL_LOOK)
    ax.plot(*circles.T, gid="marks", label=r"at $t = 0, \frac{1}{2}, 1, \frac{3}{2}, \dots$", zorder=4, **CIRCLE_LOOK)
    ax.plot(0, 1, gid="target", **STAR_LOOK)
    ax.set(xlabel="expectation of $x$", ylabel="expectation of $x^2$")
    figure.legend(loc="upper center", ncols=2)
    left = np.linalg.norm(circles - [0, 1], axis=1)
    left /= left[0]
    return Picture(
        figure,
        description=(
            "The same curves with the expectation of x to the right and that of x^2 upwards, above a grey parabola "
            "below which no distribution lies. The two gradient flows are bent. The natural flow runs straight from "
            f"({circles[0, 0]:g}, {circles[0, 1]:g}) to the star at (0, 1), with circles at equal intervals of time: "
            f"after the time 1 it has {left[2]:.3f} of the way left, after 2 {left[4]:.3f}."
        ),
        facts={"left_at_1": left[2], "left_at_2": left[4]},
    )
