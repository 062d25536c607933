"""Figures of the page "Pictures"."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from gdfigs.maths import bounds
from gdfigs.maths.flows import gradient_flow
from gdfigs.maths.methods import gradient_descent
from gdfigs.maths.path import Path
from gdfigs.maths.problems import Array, Point, Points, Quadratic, bowl, ellipse
from gdfigs.plots.picture import Picture
from gdfigs.plots.registry import Range, figure
from gdfigs.plots.style import (
    BOUND_LOOK,
    CONTINUOUS,
    DESCENT_LOOK,
    DOTS_LOOK,
    FAINT,
    FLOW_LOOK,
    SECOND,
    STAR_LOOK,
    canvas,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAGE = "pictures.md"

LEVELS = (np.arange(1, 7) / 6) ** 2
"""Levels of the contours, relative to the outermost: ellipses at equal distances."""
CELL = 3
"""Pixels between neighbours on the grid on which contours are interpolated."""
L = 10.0
START, EDGE = np.array([-2.0, 0.5]), np.array([0.8, 0.95])
"""Largest curvature, start, and right and upper edge of the pictures of descent and flow."""
ACCURACY = 1e-6
"""Distance, relative to the start, at which descent has arrived."""
KAPPAS = (1.5, 10.0, 100.0)
"""Condition numbers of the zigzag: at the first, 1/mu < 2/L."""
ARROW_LOOK: dict[str, Any] = {"color": CONTINUOUS, "angles": "xy", "zorder": 3}


@figure(page=PAGE)
def contours_and_field(
    a: Annotated[float, Range(0, inf, "coefficient of x^2", without=(0,))] = 1.0,
    b: Annotated[float, Range(0, inf, "coefficient of y^2", without=(0,))] = 3.0,
) -> Picture:
    """Contours of f = a x^2 + b y^2 and the field -grad f, its arrows drawn from points of the contours."""
    problem = ellipse(a, b)
    figure, (ax,) = canvas(278, left=46)
    levels = _ellipses(ax, problem)
    feet = np.concatenate([_on_contour(problem, level, 18) for level in levels[1::2]])
    field = -problem.grad(feet)
    ax.quiver(*feet.T, *field.T, gid="field", scale_units="xy", scale=3 * problem.L, width=0.0045, **ARROW_LOOK)
    ax.plot(0, 0, gid="minimiser", **STAR_LOOK)
    size, outermost = np.linalg.norm(field, axis=1), _semi_axes(problem, levels[-1])
    facts = {"L": problem.L, "mu": problem.mu, "kappa": problem.kappa, "width_over_height": outermost[0] / outermost[1]}
    facts |= {"longest_gradient": size.max()}
    return Picture(
        figure,
        description=(
            f"{len(levels)} contours of f = {a:g} x^2 + {b:g} y^2, nested ellipses about the minimiser at 0, each "
            f"{outermost[0] / outermost[1]:.2f} times as wide as high. {len(feet)} arrows start on three of them, at "
            "right angles to the contour, and point inwards; they are longest where the contours lie closest."
        ),
        facts=facts,
    )


@figure(page=PAGE)
def flow_paths(
    a: Annotated[float, Range(0, inf, "coefficient of x^2", without=(0,))] = 1.0,
    b: Annotated[float, Range(0, inf, "coefficient of y^2", without=(0,))] = 3.0,
    starts: Annotated[int, Range(2, 20, "number of paths")] = 12,
) -> Picture:
    """Paths of the gradient flow of f = a x^2 + b y^2 from starts on one contour to the minimiser."""
    problem = ellipse(a, b)
    figure, (ax,) = canvas(278, left=46)
    first = _on_contour(problem, _ellipses(ax, problem)[-1], starts)
    paths = [_flow(problem, start) for start in first]
    for i, path in enumerate(paths):
        ax.plot(*path.x.T, gid=f"path-{i}", **FLOW_LOOK)
    ax.plot(*first.T, gid="starts", color=CONTINUOUS, marker="o", ls="none")
    later = np.concatenate([gradient_flow(problem, start, [0.5 / problem.L]).x for start in first])
    velocity = -problem.grad(later) / np.linalg.norm(problem.grad(later), axis=1, keepdims=True)
    ax.quiver(*later.T, *velocity.T, gid="direction", scale=40, width=0.007, headwidth=4, pivot="middle", **ARROW_LOOK)
    ax.plot(0, 0, gid="minimiser", **STAR_LOOK)
    facts = {"exponent": b / a, "L": problem.L, "mu": problem.mu}
    facts |= {"largest_f_at_start": max(path.f[0] for path in paths)}
    facts |= {"largest_f_at_end": max(path.f[-1] for path in paths)}
    return Picture(
        figure,
        description=(
            f"{starts} paths of the flow of f = {a:g} x^2 + {b:g} y^2 over its elliptic contours, from starts on the "
            f"outermost contour to the minimiser at 0. Along each of them y is a multiple of |x|^{b / a:.4g}; they "
            f"arrive {'straight' if a == b else 'along the x axis' if a < b else 'along the y axis'}."
        ),
        facts=facts,
    )


@figure(page=PAGE)
def descent_and_flow(
    eta: Annotated[float, Range(0, 0.29, "step of descent; stable below 2/L = 0.2", without=(0, 0.29))] = 0.18,
    kappa: Annotated[float, Range(1, inf, "condition number L/mu of the bowl", logarithmic=True)] = 10.0,
    steps: Annotated[int, Range(1, 100, "number of steps; descent is drawn until it leaves the picture")] = 40,
) -> Picture:
    """Descent and the flow from one start on a bowl with L = 10, over its contours."""
    figure, (ax,) = canvas(298, left=46, top=28)
    path = _descent_and_flow(ax, bowl(kappa, L), eta, steps)
    ax.set(xlabel=r"$\theta_1$")
    ax.legend(loc="lower center", ncols=3, bbox_to_anchor=(0.5, 1.0), columnspacing=2.5)
    facts = {"L": L, **_numbers(path, eta)}
    return Picture(
        figure,
        description=f"{_ground(kappa)} {_course(path, eta, steps)}",
        facts=facts,
        slider_text=_slider_text(facts),
    )


@figure(page=PAGE)
def descent_regimes(
    small: Annotated[float, Range(0, 0.1, "step that never zigzags, at most 1/L", without=(0,))] = 0.02,
    stable: Annotated[float, Range(0.1, 0.2, "step that zigzags and converges", without=(0.1, 0.2))] = 0.19,
    unstable: Annotated[float, Range(0.2, 0.29, "step that diverges, above 2/L", without=(0.2, 0.29))] = 0.21,
    kappa: Annotated[float, Range(1.5, inf, "condition number L/mu of the bowl")] = 10.0,
    steps: Annotated[int, Range(1, 100, "number of steps; descent is drawn until it leaves the picture")] = 40,
) -> Picture:
    """Descent with a small, a stable and an unstable step against the flow, on a bowl with L = 10."""
    problem, words = bowl(kappa, L), [f"Three panels, one below the other. {_ground(kappa)}"]
    facts = {"L": L}
    figure, axes = canvas(585, rows=3, left=46, right=104, top=6, bottom=6, foot=36)
    for ax, name, eta, regime in zip(
        axes,
        ("small", "stable", "unstable"),
        (small, stable, unstable),
        ("at most $1/L$:\nno zigzag", "above $1/L$:\nzigzag", "above $2/L$:\ndivergence"),
        strict=True,
    ):
        path = _descent_and_flow(ax, problem, eta, steps, f"-{name}")
        ax.text(1.05, 0.97, rf"$\eta = {eta:g}$" + f",\n{regime}", transform=ax.transAxes, va="top", linespacing=1.4)
        ax.tick_params(labelbottom=ax is axes[-1])
        words.append(_course(path, eta, steps))
        facts |= {f"{name}_{what}": value for what, value in _numbers(path, eta).items()}
    axes[0].legend(loc="lower left", bbox_to_anchor=(1.02, 0))
    axes[-1].set(xlabel=r"$\theta_1$")
    return Picture(figure, description=" ".join(words), facts=facts)


@figure(page=PAGE)
def zigzag(steps: Annotated[int, Range(1, 100, "number of steps over which the changes are counted")] = 20) -> Picture:
    """How often the steep and the flat component of descent change sign, against eta, for three condition numbers."""
    eta, steep, flat = np.arange(1, 30) / 15, [], []
    figure, axes = canvas(380, rows=3, left=72, top=24, bottom=6, foot=36)
    for ax, kappa in zip(axes, KAPPAS, strict=True):
        problem = bowl(kappa)
        signs = np.sign([gradient_descent(problem, (1, 1), step, steps).x for step in eta])
        share = (signs[:, 1:] * signs[:, :-1] < 0).mean(axis=1)
        flat.append(share[:, 0])
        steep.append(share[:, 1])
        for name, limit in (("mu", 1 / problem.mu), ("L", 1 / problem.L)):
            if limit < bounds.largest_step(problem.L):
                ax.axvline(limit, gid=f"one-over-{name}-{kappa:g}", **BOUND_LOOK)
        ax.plot(eta, steep[-1], gid=f"steep-{kappa:g}", label=r"steep, $\lambda = L$", **DOTS_LOOK)
        ring = ax.plot(eta, flat[-1], gid=f"flat-{kappa:g}", label=r"flat, $\lambda = \mu$", color=SECOND, ls="none")
        ring[0].set(marker="s", markersize=7.5, markerfacecolor="none")
        ax.set(xlim=(0, 2), ylim=(-0.2, 1.2), yticks=(0, 1), yticklabels=("never", "every step"))
        ax.set_title(rf"$\kappa = {kappa:g}$", loc="left", fontsize=12, pad=5)
        ax.tick_params(labelbottom=ax is axes[-1])
    axes[0].legend(loc="upper left")
    axes[-1].set(xlabel=r"step $\eta$, in units of $1/L$", xticks=(0, 0.5, 1, 1.5, 2))
    facts = {
        **{f"kappa_{number}": kappa for number, kappa in enumerate(KAPPAS, 1)},
        "steep_share_up_to_one_over_L": np.max(steep, initial=0, where=eta <= 1),
        "steep_share_beyond": np.min(steep, initial=1, where=eta > 1),
        "flat_share_if_ill_conditioned": np.max(flat[1:]),
    }
    return Picture(
        figure,
        description=(
            f"Three rows, for kappa = {KAPPAS[0]:g}, {KAPPAS[1]:g} and {KAPPAS[2]:g}, against the step eta from 0 to "
            f"2/L: the share of {steps} steps at which a component of descent changes sign. In every row the steep "
            f"component changes sign at no step up to eta = 1/L and at every step beyond. The flat component never "
            f"does, but for kappa = {KAPPAS[0]:g} beyond 1/mu = {KAPPAS[0]:g}/L."
        ),
        facts=facts,
    )


def _ellipses(ax: Axes, problem: Quadratic) -> Array:
    """Draws six contours, the outermost at f = 1, as large as ``ax`` allows; returns their levels."""
    box = np.array(ax.get_window_extent().size)
    half = 1.06 * box * (_semi_axes(problem, 1.0) / box).max()
    ax.set(xlim=(-half[0], half[0]), ylim=(-half[1], half[1]), aspect="equal", xlabel="$x$", ylabel="$y$")
    ax.locator_params(nbins=5)
    _contours(ax, problem, LEVELS)
    return LEVELS


def _descent_and_flow(ax: Axes, problem: Quadratic, eta: float, steps: int, suffix: str = "") -> Path:
    """Draws both; returns descent as far as it is seen. Raises ValueError where the first step leaves the picture."""
    room = float(((1 + EDGE / np.abs(START)) / problem.eigenvalues).min())
    if not 0 < eta < room:
        raise ValueError(f"eta must lie in (0, {room:g}), or the first step leaves the picture; got {eta:g}")
    low, high = np.array([-2.2, -EDGE[1]]), EDGE
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    ax.set(xticks=(-2, -1, 0), yticks=(-0.5, 0, 0.5), ylabel=r"$\theta_2$")
    # A panel of several is small: every other contour.
    _contours(ax, problem, (LEVELS[1::2] if suffix else LEVELS) * problem.f(low), suffix)
    path = gradient_descent(problem, START, eta, steps, diverge=True)
    seen = np.logical_and.accumulate(((path.x > low) & (path.x < high)).all(axis=1))
    path = Path(problem, path.t[seen], path.x[seen])
    ax.plot(*_flow(problem, START).x.T, gid="flow" + suffix, label="flow", **FLOW_LOOK)
    ax.plot(*path.x.T, gid="descent" + suffix, label="descent", **DESCENT_LOOK)
    ax.plot(0, 0, gid="minimiser" + suffix, label="minimiser", **STAR_LOOK)
    return path


def _contours(ax: Axes, problem: Quadratic, levels: Array, suffix: str = "") -> None:
    """Draws contours within the limits of ``ax``, the ground darker towards the minimiser."""
    from matplotlib.patches import Ellipse

    for level in levels:
        width, height = 2 * _semi_axes(problem, level)
        ax.add_patch(Ellipse((0, 0), width, height, color=CONTINUOUS, alpha=0.028, lw=0, zorder=0))
    columns, rows = np.ceil(np.array(ax.get_window_extent().size) / CELL).astype(int) + 1
    x, y = np.linspace(*ax.get_xlim(), columns), np.linspace(*ax.get_ylim(), rows)
    f = problem.f(np.stack(np.meshgrid(x, y), axis=-1))
    ax.contour(x, y, f, levels, colors=FAINT, linewidths=0.7, zorder=0.5).set_gid("contours" + suffix)


def _semi_axes(problem: Quadratic, level: float) -> Array:
    """Returns the semi-axes of the contour (lambda_1 x^2 + lambda_2 y^2) / 2 = level."""
    return np.sqrt(2 * level / np.diag(problem.A))


def _on_contour(problem: Quadratic, level: float, points: int) -> Points:
    angle = 2 * np.pi * (np.arange(points) + 0.5) / points
    return np.column_stack([np.cos(angle), np.sin(angle)]) * _semi_axes(problem, level)


def _flow(problem: Quadratic, start: Point) -> Path:
    """Solves the flow at times that follow either component evenly, until the last is 1/250 of its start."""
    left = np.linspace(1, 0.004, 61)
    return gradient_flow(problem, start, np.union1d(-np.log(left) / problem.mu, -np.log(left) / problem.L))


def _numbers(path: Path, eta: float) -> dict[str, float]:
    """Returns the facts of one path of descent, with the steps to a millionth of its distance where it converges."""
    rho = float(bounds.contraction(eta, path.problem.L, path.problem.mu))
    flow, signs = gradient_flow(path.problem, START, path.t), np.sign(path.x[:, 1])
    return {
        "share_of_largest": eta / bounds.largest_step(path.problem.L),
        "worst_factor": rho,
        "steep_factor": float(bounds.forward_factor(eta * path.problem.L)),
        "flat_factor": float(bounds.forward_factor(eta * path.problem.mu)),
        "steps_shown": len(path) - 1,
        "sign_changes": (signs[1:] * signs[:-1] < 0).sum(),
        "last_distance": path.distance[-1],
        "deviation": np.linalg.norm(path.x - flow.x, axis=1).max(),
        # A distance is the root of a gap.
        **({"steps_to_a_millionth": np.ceil(bounds.gd_steps(ACCURACY**2, rho))} if rho < 1 else {}),
    }


def _slider_text(facts: dict[str, float]) -> str:
    """Tells the regime, the worst factor per step, and how many steps it takes."""
    share, factor = round(facts["share_of_largest"], 9), f"{facts['worst_factor']:.3g} per step"
    if share >= 1:
        return f"{'diverges' if share > 1 else 'crosses the valley for ever'}; {factor}"
    regime = "zigzags" if share > 0.5 else "keeps to its side"
    return f"{regime}; {factor}; {facts['steps_to_a_millionth']:.0f} steps to a millionth"


def _ground(kappa: float) -> str:
    return (
        f"Elliptic contours of a bowl with kappa = {kappa:g} and L = {L:g}, its long axis level, and two paths from "
        f"({START[0]:g}, {START[1]:g}): the flow, a curve that turns towards the long axis and follows it to the "
        "minimiser, and descent, dots joined by straight lines."
    )


def _course(path: Path, eta: float, steps: int) -> str:
    shown = len(path) - 1
    factor = float(bounds.forward_factor(eta * path.problem.L))
    side = (
        "keeps to its side" if factor > 0 else "lies on it from then on" if factor == 0 else "changes sides each time"
    )
    end = f"is at distance {path.distance[-1]:.2g} from the minimiser" if shown == steps else "leaves the picture"
    return (
        f"With eta = {eta:g}, descent multiplies its distance from the long axis by {abs(factor):.2f} "
        f"at every step, {side} and {end} after {shown} step{'s' * (shown > 1)}."
    )
