"""Figures of the page "Noise": simulations, with bands that they leave with a stated chance only."""

from typing import Annotated, Any

import numpy as np

from gdfigs.maths import bounds
from gdfigs.maths.flows import chain_density, langevin
from gdfigs.maths.problems import Problem, flat_bottom, log_cosh, one_sided, quadratic
from gdfigs.plots.picture import Picture
from gdfigs.plots.registry import Range, figure
from gdfigs.plots.style import (
    BOUND,
    BOUND_LOOK,
    DESCENT_LOOK,
    DISCRETE,
    DOTS_LOOK,
    FAINT,
    FLOW_LOOK,
    INK,
    LOOSE_LOOK,
    SECOND,
    THIRD,
    canvas,
    legend_above,
)

PAGE = "noise.md"

SEED, CHANCE = 20250601, 0.01
"""The seed, and the chance that a picture would show anything outside its bands, were the seed drawn anew."""
ENDS = np.linspace(-3.5, 3.5, 36)
"""Ends of the bins of the histogram."""
OTHERS: tuple[tuple[str, str, Problem, float, dict[str, Any]], ...] = (
    ("log-cosh", r"$\log\cosh x+x^2/8$", log_cosh(ridge=0.25), 1.25, {"color": SECOND, "marker": "s"}),
    ("double-well", "the double well", one_sided(), 1.0, {"color": INK, "marker": "D"}),
    ("flat-bottom", r"$x^2/2-\log\cosh x$", flat_bottom(), 1.0, {"color": THIRD, "marker": "^"}),
)
"""Functions beside the parabola, with their largest curvatures."""
START = 3.0
"""Start of the chains on the parabola theta^2 / 2."""


@figure(page=PAGE)
def langevin_histogram(
    beta: Annotated[float, Range(1, 16, "inverse temperature", logarithmic=True)] = 4.0,
    chains: Annotated[int, Range(100, 5000, "number of independent chains")] = 4000,
) -> Picture:
    """Where chains on a double well are after 300 steps of 0.02 from 0, and the density proportional to e^{-beta f}."""
    problem, x, eta, steps = one_sided(), np.linspace(-7, 7, 2241), 0.02, 300
    last = langevin(problem, 0.0, beta, eta, steps, chains, np.random.default_rng(SEED))[-1, :, 0]
    gap = problem.f(x[:, None]) - problem.minimum
    density = bounds.gibbs_weight(gap, beta)
    total, width = np.trapezoid(density, x), ENDS[1] - ENDS[0]
    density /= total
    nodes, weights = np.polynomial.legendre.leggauss(12)  # in each bin: exact to rounding
    within = problem.f((ENDS[:-1, None] + width * (1 + nodes) / 2)[..., None]) - problem.minimum
    share = width / 2 * (bounds.gibbs_weight(within, beta) @ weights) / total
    counts = np.histogram(last, ENDS)[0]
    low, high = bounds.binomial_band(chains, share, CHANCE / len(counts))
    inside, full = int(((low <= counts) & (counts <= high)).sum()), chains * width

    figure, (well, ax) = canvas(420, rows=2, left=48, bottom=36)
    shown, edges = slice(560, 1681, 5), np.repeat(ENDS, 2)[1:-1]
    well.plot(x[shown], gap[shown], gid="well", label=r"double well $f - f^\ast$", **FLOW_LOOK)
    well.plot([-3.5, 3.5], [1 / beta, 1 / beta], gid="temperature", label=r"$1/\beta$", **BOUND_LOOK)
    band = ax.fill_between(edges, np.repeat(low, 2) / full, np.repeat(high, 2) / full, gid="band")
    band.set(color=BOUND, alpha=0.25, lw=0, label=f"{1 - CHANCE:.0%} band")
    ax.stairs(counts / full, ENDS, gid="histogram", color=DISCRETE, lw=1.3, label="chains")
    ax.plot(x[shown], density[shown], gid="density", label=r"multiple of $e^{-\beta f}$", **FLOW_LOOK)
    for axes, top, ticks in ((well, 3.4, range(4)), (ax, 1.15, (0, 0.5, 1))):
        axes.set(xlim=(-3.6, 3.6), ylim=(0, top), xticks=range(-3, 4), yticks=ticks)
        axes.legend(loc="upper center", ncols=3)
    well.set(ylabel="height")
    ax.set(xlabel=r"$\theta$", ylabel="density")
    barrier, valley = float(gap[len(x) // 2]), float(density[len(x) // 2] / density.max())
    facts = {"barrier": barrier, "valley": valley, "peak": density.max(), "bins": len(counts), "inside": inside}
    facts |= {"chance": CHANCE, "eta": eta, "time": eta * steps}
    return Picture(
        figure,
        description=(
            f"Above, a double well with minima at -1 and 1 and a barrier of height {barrier:.2f} at 0, and a dashed "
            f"line at the height 1/beta = {1 / beta:.2g}. Below, the density proportional to e^(-beta f), with peaks "
            f"of {density.max():.2f} over the minima and {valley:.2g} of that over the barrier, and the histogram of "
            f"{chains} chains: {inside} of its {len(counts)} bins end inside a band around the density."
        ),
        facts=facts,
        slider_text=f"density at the barrier {valley:.2g} of the peaks; {inside} of {len(counts)} bins in the band",
    )


@figure(page=PAGE)
def variance_in_time(
    eta: Annotated[float, Range(0.1, 1, "step of the chains")] = 0.2,
    chains: Annotated[int, Range(100, 5000, "number of independent chains")] = 4000,
) -> Picture:
    """Chains of Euler-Maruyama on theta^2 / 2 from 3, and their variance, beside the equation's; beta = 1."""
    k, t = np.arange(int(5 / eta + 1e-9) + 1), np.linspace(0, 5, 101)
    theta = langevin(quadratic([[1.0]]), START, 1.0, eta, k[-1], chains, np.random.default_rng(SEED))[..., 0]
    left, of_chain = bounds.euler_maruyama_decay(k, 1.0, 1.0, eta)
    mean, variance = bounds.langevin_decay(t, 1.0, 1.0)
    measured = ((theta - START * left[:, None]) ** 2).mean(axis=1)
    low, high = (of_chain * total / chains for total in bounds.chi_squared_band(chains, CHANCE / k[-1]))
    inside = int(((low <= measured) & (measured <= high))[1:].sum())

    figure, (above, ax) = canvas(430, rows=2, left=48, bottom=36)
    spread = 2 * np.sqrt(variance)
    region = above.fill_between(t, START * mean - spread, START * mean + spread, gid="spread")
    region.set(color=FAINT, alpha=0.4, lw=0, label="two deviations")
    above.plot(t, START * mean, gid="mean", label="mean", **FLOW_LOOK)
    for n in range(3):
        label = "_" if n else "three chains"
        above.plot(eta * k, theta[:, n], gid=f"chain-{n}", label=label, **DESCENT_LOOK | {"markersize": 2.5})
    ax.fill_between(eta * k, low, high, gid="band", color=BOUND, alpha=0.25, lw=0, label=f"{1 - CHANCE:.0%} band")
    ax.plot(t, variance, gid="variance", label="equation", **FLOW_LOOK)
    ax.plot(eta * k, of_chain, gid="variance-of-chain", label=r"with steps $\eta$", **BOUND_LOOK)
    ax.plot(eta * k, measured, gid="measured", label="chains", **DOTS_LOOK)
    above.set(xlim=(0, 5.1), ylim=(-4, 5.5), yticks=(-3, 0, 3), ylabel=r"$\theta$")
    ax.set(xlim=(0, 5.1), ylim=(0, 2.4), yticks=range(3), ylabel="variance", xlabel="time $t$")
    above.legend(loc="upper right", ncols=3)
    ax.legend(loc="lower right", ncols=2)
    settled, biased = (float(bounds.langevin_variance(1.0, 1.0, step)) for step in (0.0, eta))
    facts = {"beta": 1.0, "start": START, "paths": 3.0, "limit": settled, "limit_of_chain": biased}
    facts |= {"last_measured": measured[-1], "steps": k[-1], "inside": inside}
    return Picture(
        figure,
        description=(
            f"Above, three chains of step eta = {eta:g} start at {START:g} and wander down with the mean, which falls "
            f"to 0, within about two standard deviations of it. Below, the variance against time: the equation's "
            f"rises from 0 towards {settled:g}, that of the chains towards {biased:.3g}, and the variances measured on "
            f"{chains} chains lie about the second: {inside} of {k[-1]} in a band around it."
        ),
        facts=facts,
        slider_text=f"variance of the chains tends to {biased:.3g}; {inside} of {k[-1]} in the band",
    )


@figure(page=PAGE)
def euler_maruyama_bias(
    chains: Annotated[int, Range(100, 5000, "number of independent chains at each step size")] = 1000,
) -> Picture:
    """Stationary variance of Euler-Maruyama over that of the equation, against eta lambda.

    On (lambda/2) theta^2 in closed form and simulated, and on three other functions with beta = 1, where lambda is
    their largest curvature.
    """
    z, rng = np.linspace(0.1, 1.9, 10), np.random.default_rng(SEED)
    steps = np.ceil(np.log(1e-6) / (2 * np.log(np.abs(bounds.forward_factor(z))))).astype(int)
    theta = [langevin(quadratic([[1.0]]), 0.0, 1.0, *run, chains, rng)[-1] for run in zip(z, steps, strict=True)]
    total, exact = (np.array(theta) ** 2).sum(axis=(1, 2)), bounds.langevin_variance(1.0, 1.0, z)
    high, low = (total / quantile for quantile in bounds.chi_squared_band(chains, CHANCE / len(z)))
    inside = int(((low <= exact) & (exact <= high)).sum())
    fine = 2 - np.geomspace(2, 0.04, 160)

    figure, (ax,) = canvas(380, left=48, head=84)
    ax.plot([0, 2], [1, 1], gid="equation", label="equation", **FLOW_LOOK)
    ax.plot(fine, bounds.langevin_variance(1.0, 1.0, fine), gid="variance", label="parabola, with steps", **BOUND_LOOK)
    ax.plot([2, 2], [0.8, 60], gid="limit", label=r"$\eta\lambda = 2$: no variance", **LOOSE_LOOK)
    bars = np.column_stack([low, high, np.full_like(z, np.nan)])
    ax.plot(np.repeat(z, 3), bars.ravel(), gid="bars", color=DISCRETE, lw=1.4, label=f"{1 - CHANCE:.0%} bars")
    ax.plot(z, total / chains, gid="measured", label=f"{chains} chains", **DOTS_LOOK)
    facts = {"beta": 1.0}
    for gid, label, problem, steepest, look in OTHERS:
        x = np.linspace(-40, 40, 801)
        gibbs = bounds.gibbs_weight(problem.f(x[:, None]) - problem.minimum, 1.0)
        densities = [chain_density(problem, 1.0, eta, x) for eta in z / steepest]
        over = np.array([density @ x**2 for density in densities]) * (x[1] - x[0]) * gibbs.sum() / (gibbs @ x**2)
        ax.plot(z, over, gid=gid, label=label, ms=4, lw=0.9, **look)
        facts |= {f"{gid.replace('-', '_')}_first": over[0], f"{gid.replace('-', '_')}_last": over[-1]}
    ax.set(xlim=(0, 2.1), ylim=(0.8, 60), yscale="log")
    ax.set(xlabel=r"$\eta\lambda$", ylabel="variance over that of the equation")
    ax.set_xticks((0, 0.5, 1, 1.5, 2), ("0", "0.5", "1", "1.5", "2"))
    ax.set_yticks((1, 2, 5, 10, 20, 50), ("1", "2", "5", "10", "20", "50"))
    ax.set_yticks((), minor=True)
    legend_above(ax, 2)
    facts |= {"first": exact[0], "largest": z[-1], "last": exact[-1], "last_measured": total[-1] / chains}
    facts |= {"bar": (high / low)[0], "short_of_the_limit": (bounds.forward_factor(z) ** (2 * steps)).max()}
    facts |= {"points": len(z), "inside": inside}
    return Picture(
        figure,
        description=(
            f"Against eta lambda from 0 to 2, on a logarithmic scale: the stationary variance of the equation, a "
            f"level line at 1, and that of the method with steps, a curve that leaves it at 0, has doubled at 1, is "
            f"{exact[-1]:.3g} at {z[-1]:g} and goes to infinity at 2. Dots, the variances of {chains} chains at "
            f"{len(z)} step sizes, lie along the curve; {inside} of their {len(z)} bars meet it. Three more curves, of "
            f"other functions, rise from 1 as well, but less: to {facts['log_cosh_last']:.2f}, "
            f"{facts['double_well_last']:.2f} and {facts['flat_bottom_last']:.2f} at {z[-1]:g}."
        ),
        facts=facts,
    )
