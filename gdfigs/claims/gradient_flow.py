"""Claims of the page "Gradient flow"."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from gdfigs.claims import worst_case as pep
from gdfigs.claims.classes import BOUNDED, CONVEX, QUADRATIC, STRONGLY_CONVEX, TWICE, with_facts
from gdfigs.claims.core import Pairs, WorstCase, claim
from gdfigs.claims.symbolic import Expressions, along, moving, plane, sp
from gdfigs.maths import bounds
from gdfigs.maths.flows import ATOL, RTOL, gradient_flow
from gdfigs.maths.methods import gradient_descent
from gdfigs.maths.problems import Array, Point, Problem, Quadratic, concave, hill, huber, log_cosh, one_sided, quadratic

STEEP = np.array([1e3, 1e5, 1e7])
"""Lipschitz constants on the way to a kink."""


def _solver_error(x: Array) -> float:
    """Bound the error of a path through x: by 100 times the tolerances of the solver."""
    return 100 * (ATOL + RTOL * float(np.abs(x).max()))


def _infimum(problem: Problem) -> float:
    """Return the infimum of f; the only one of the class without a minimiser is $1/(1 + x^2)$."""
    return 0.0 if problem.minimiser is None else problem.minimum


def _gauss(t: float, nodes: int = 40) -> tuple[Array, Array]:
    """Return nodes and weights on $[0, t]$."""
    x, w = np.polynomial.legendre.leggauss(nodes)
    return t / 2 * (x + 1), t / 2 * w


def _velocity(x: Callable[[Array], Array], t: Array) -> Array:
    """Differentiate by differences of order four, whose error here is some 1e-11 of the result."""
    h = 1e-3 * t
    return (8 * (x(t + h) - x(t - h)) - (x(t + 2 * h) - x(t - 2 * h))) / (12 * h)


@claim(
    over=BOUNDED,
)
def existence(problem: Problem, theta0: Point, u: float) -> Pairs:
    """Solve in one go and in two; bound the way, as f is bounded below, and the distance, if f is convex."""
    flow = gradient_flow(problem, theta0, np.array([u, 1.0]) / (2 * problem.L))
    again = gradient_flow(problem, flow.x[0], [flow.t[1] - flow.t[0]])
    yield np.linalg.norm(again.x[0] - flow.x[1]), _solver_error(flow.x)
    moved = np.linalg.norm(flow.x - theta0, axis=-1)
    yield moved, bounds.flow_displacement(flow.t, problem.f(theta0) - _infimum(problem))
    if problem.convex:
        yield flow.distance, np.linalg.norm(theta0 - problem.solution)


@existence.approached(
    "Huber functions tending to the absolute value, when they arrive", of="the proof's bound on the distance covered"
)
def _() -> Pairs:
    for L in STEEP:
        f, t = huber(1.0, L), 2.0
        yield 2.0 - gradient_flow(f, [2.0], [t]).x[:, 0], bounds.flow_displacement(t, f.f(np.array([2.0])))


@existence.without("a gradient that is Lipschitz near each point: two flows of the first example from 0")
def _() -> Pairs:
    yield np.abs(bounds.waiting_flow(1.0) - bounds.waiting_flow(1.0, wait=0.5)), _solver_error(np.ones(1))


@existence.without("a Lipschitz gradient or a lower bound: the flow of $-x^4/4$ is infinite in a finite time")
def _() -> Pairs:
    t = (1 - 1e-15) * bounds.bursting_time(1.0)
    for f_inf in (-1.0, -1e3, -1e6):
        yield bounds.bursting_flow(t, 1.0) - 1, bounds.flow_displacement(t, -1 / 4 - f_inf)


@claim(
    relation="==",
)
def existence_examples() -> Pairs:
    t = np.geomspace(0.01, 100, 9)
    yield _velocity(bounds.waiting_flow, t), np.cbrt(bounds.waiting_flow(t))
    yield bounds.waiting_flow(0.0), 0.0
    for x0 in (0.3, 1.0, 5.0):
        end = bounds.bursting_time(x0)
        t = np.linspace(0.05, 0.6, 9) * end
        yield _velocity(partial(bounds.bursting_flow, x0=x0), t), bounds.bursting_flow(t, x0) ** 3
        t = np.array([0.0, 0.5, 0.9, 0.999999])
        yield 1 / bounds.bursting_flow(t * end, x0) ** 2, (1 - t) / x0**2


@claim(
    relation="==",
    over=TWICE,
)
def energy(problem: Problem, theta0: Point, u: float) -> Pairs:
    s, weights = _gauss(1 / problem.L)
    flow = gradient_flow(problem, theta0, [0.0, *s, 1 / problem.L])
    yield flow.f[0] - flow.f[-1], weights @ flow.gradient_norm[1:-1] ** 2


@energy.without("continuous time: the steps of descent lower $f$ by less")
def _() -> Pairs:
    path = gradient_descent(quadratic([[1.0]]), [1.0], 0.5, 10)
    yield path.f[0] - path.f[-1], 0.5 * (path.gradient_norm[:-1] ** 2).sum()


@claim()
def lyapunov() -> Pairs:
    """Take the minimum of a double well, whose other critical points lie outside the balls, and one in the plane."""
    angle = np.linspace(0, np.pi, 180)  # f is even
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    for problem, sphere in ((one_sided(), np.array([[-1.0], [1.0]])), (log_cosh(2), circle)):
        r = 0.9
        level = problem.f(problem.solution + r * sphere).min()
        for way in (sphere[0], sphere[-1]):
            starts = problem.solution + r * np.linspace(0.04, 1, 25)[:, None] * way
            start = starts[problem.f(starts) < level][-1]
            flow = gradient_flow(problem, start, [0.0, 0.5, 1.0, 2.0, 4.0, 7.0])
            yield flow.distance[1:], r
            yield flow.gap[1:], flow.gap[:-1]
            yield flow.distance[-1], 0.01 * r  # e^{-7}, after a slow beginning


@lyapunov.without("a minimum: the maximum of $-x^2/2$ is left from however near")
def _() -> Pairs:
    yield gradient_flow(concave(), [1e-3], [10.0]).x[0], 1.0


@lyapunov.without("a start below the rim: beyond the maximum at 0 the double well leads elsewhere")
def _() -> Pairs:
    yield gradient_flow(one_sided(), [-0.1], [7.0]).distance, 1.1


@lyapunov.without("no other critical point in the ball: at one, the trajectory rests")
def _() -> Pairs:
    yield gradient_flow(one_sided(), [0.0], [7.0]).distance, 0.01 * 1.1


@claim(
    over=BOUNDED,
)
def where_trajectories_go(problem: Problem, theta0: Point, u: float) -> Pairs:
    """Bound the gradient by the last fall of f, which tends to 0 since f converges: Barbalat's lemma in numbers."""
    half, end = 0.5 / problem.L, 1 / problem.L
    s, weights = _gauss(half, 8)
    flow = gradient_flow(problem, theta0, [0.0, *s, half, end])
    drop = problem.f(theta0) - _infimum(problem)
    yield weights @ flow.gradient_norm[1:-2] ** 2, drop
    first, second = np.triu_indices(len(flow), 1)
    apart = np.linalg.norm(flow.x[second] - flow.x[first], axis=-1)
    yield apart, bounds.flow_displacement(flow.t[second] - flow.t[first], drop)
    yield flow.gradient_norm[-1] ** 2, bounds.flow_gradient(end - half, flow.f[-2] - flow.f[-1], problem.L)
    if isinstance(problem, Quadratic):  # in closed form, so that late times cost nothing
        late = gradient_flow(problem, theta0, [0.0, 10 / problem.mu])
        yield late.gradient_norm[1], 0.01 * late.gradient_norm[0]
        yield late.distance[1], 0.01 * late.distance[0]


@where_trajectories_go.attained("$x^2/2$, over all time", of="the proof's bound on the integral")
def _() -> Pairs:
    f, (s, weights) = quadratic([[1.0]]), _gauss(30.0)
    yield weights @ gradient_flow(f, [2.0], s).gradient_norm ** 2, f.f(np.array([2.0]))


@where_trajectories_go.attained(
    "$-x^2/2$", of="the proof's bound on the gradient by the last fall of $f$, which needs no lower bound"
)
def _() -> Pairs:
    flow = gradient_flow(concave(), [1.0], [0.5, 1.0])
    yield flow.gradient_norm[1] ** 2, bounds.flow_gradient(0.5, flow.f[0] - flow.f[1], 1.0)


@where_trajectories_go.without("a lower bound on $f$")
def _() -> Pairs:
    flow = gradient_flow(concave(), [1.0], [0.0, 7.0])
    yield flow.gradient_norm[1], 0.01 * flow.gradient_norm[0]


@where_trajectories_go.without("a bounded trajectory: on $1/(1 + x^2)$, whose critical point is 0")
def _() -> Pairs:
    flow = gradient_flow(hill(), [1.0], [0.0, 100.0])
    yield flow.x[1], flow.x[0]


@claim(
    relation="==",
)
def escape() -> Pairs:
    t = np.array([0.01, 1.0, 100.0])
    flow = gradient_flow(hill(), [1.0], t)
    for clock, time in zip(bounds.hill_clock(flow.x[:, 0]), t, strict=True):
        yield clock, time + 5 / 8
    for x in (1e5, 1e7, 1e9):
        yield bounds.hill_escape(bounds.hill_clock(x)), x
    yield _velocity(partial(bounds.exponential_flow, x0=0.5), t), np.exp(-bounds.exponential_flow(t, 0.5))


# A first integral: along the flow it runs with the time.
escape.symbolic(lambda x: [along({x: -(1 / (1 + x**2)).diff(x)}, (sp.log(x) + x**2 + x**4 / 4) / 2) - 1])


def winding_height(r: Any, psi: Any, functions: Any = np) -> Any:
    r"""Return the function of the example, at radius $r < 1$ and angle $\psi$, of numbers or of symbols."""
    w, D = winding_angle(r), 4 * r**4 + (1 - r**2) ** 4
    return functions.exp(-w) * (1 - 4 * r**4 / D * functions.sin(psi - w))


def winding_angle(r: Any) -> Any:
    r"""Return $w = 1 / (1 - r^2)$, the angle at which the flow of the example that circles is at radius $r$."""
    return 1 / (1 - r**2)


RADII = np.array([0.05, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.97])


def winding_velocity(r: Array, psi: Array) -> tuple[Array, Array]:
    r"""Return the velocities of $r$ and $\psi$ along the flow of the example, in units of $e^{-w}$.

    By a step in the imaginary direction, which differentiates to rounding.
    """
    step, scale = 1e-30, np.exp(-winding_angle(r))
    outwards = -winding_height(r + 1j * step, psi).imag / step
    around = -winding_height(r, psi + 1j * step).imag / step / r**2
    return outwards / scale, around / scale


@claim(
    relation="==",
)
def circling() -> Pairs:
    """Compare the ratio of the two velocities with that of the curve, which has gone round twice by the last radius."""
    outwards, around = winding_velocity(RADII, winding_angle(RADII))
    yield around / outwards, 2 * RADII / (1 - RADII**2) ** 2
    yield outwards, 2 * RADII * (1 - RADII**2) ** 2 / (4 * RADII**4 + (1 - RADII**2) ** 4)
    r, psi = np.meshgrid(np.linspace(0.01, 0.99, 99), np.linspace(0, 2 * np.pi, 90))
    yield np.sign(winding_height(r, psi)), 1.0


@circling.without("a start on the curve")
def _() -> Pairs:
    outwards, around = winding_velocity(RADII, winding_angle(RADII) + 0.1)
    yield around / outwards, 2 * RADII / (1 - RADII**2) ** 2


@circling.symbolic
def _() -> Expressions:
    """Differentiate the function, and put the curve in."""
    r, psi = sp.symbols("r psi", positive=True)
    f, w, D = winding_height(r, psi, sp), winding_angle(r), 4 * r**4 + (1 - r**2) ** 4
    outwards, around = 2 * r * (1 - r**2) ** 2 / D, 4 * r**2 / D
    return [
        -f.diff(r).subs(psi, w) - outwards * sp.exp(-w),
        -f.diff(psi).subs(psi, w) / r**2 - around * sp.exp(-w),
        w.diff(r) * outwards - around,
    ]


@claim(
    over=CONVEX,
)
def non_expansive(problem: Problem, theta0: Point, u: float) -> Pairs:
    """Follow two flows, and compare each distance with the one before; and gradients, wherever two points are."""
    t = np.array([0.0, 0.1, 0.3, 1.0]) * u / problem.L
    flows = [gradient_flow(problem, start, t).x for start in (theta0, -np.roll(theta0, 1))]
    apart = np.linalg.norm(flows[0] - flows[1], axis=-1)
    yield apart[1:], apart[:-1] + 2 * _solver_error(np.stack(flows))
    x = theta0 + np.random.default_rng(0).normal(size=(40, problem.dim)) * (1 + np.linalg.norm(theta0))
    yield 0.0, ((problem.grad(x) - problem.grad(theta0)) * (x - theta0)).sum(axis=-1)


@non_expansive.attained("Huber functions, where both flows are on the same straight part")
def _() -> Pairs:
    flows = [gradient_flow(huber(0.5), [x0], [0.0, 1.0, 3.0]).x for x0 in (4.0, 3.0)]
    yield np.abs(flows[0] - flows[1])[1:], 1.0


non_expansive.without("convexity", (concave(), [1.0], 0.5))


@non_expansive.worst_case
def _() -> list[WorstCase]:
    def change(f: Any, point: pep.Points) -> pep.Quotient:
        x, y = point(), point()
        e, D = x - y, f.gradient(x) - f.gradient(y)
        return e**2 / pep.R**2 - D * e, e**2 / pep.R**2

    words = r"1 more than the change of $\frac12 |\theta - \tilde\theta|^2$ where $|\theta - \tilde\theta| = R$"
    return [pep.anywhere(words, pep.ANY_CONVEX, change, 1)]


@claim(over=CONVEX)
def flow_convex_rate(problem: Problem, theta0: Point, u: float) -> Pairs:
    flow = gradient_flow(problem, theta0, np.array([0.0, 0.05, 0.2, 1.0]) * 2 * u / problem.L)
    t, R = flow.t[1:], flow.distance[0]
    exact, limit = bounds.flow_convex_smooth(t, R, problem.L), bounds.flow_convex(t, R)
    yield flow.gap[1:], exact
    yield exact, limit
    yield limit, bounds.flow_convex_classical(t, R)


@flow_convex_rate.attained("the Huber function of slope $L R / (2 L t + 1)$, at the time $t$")
def _() -> Pairs:
    for L, R, t in ((1.0, 1.0, 0.2), (2.0, 3.0, 5.0), (7.0, 0.1, 100.0)):
        worst = huber(bounds.worst_huber_slope(L * t, L, R), L)
        yield gradient_flow(worst, [R], [t]).gap, bounds.flow_convex_smooth(t, R, L)


@flow_convex_rate.approached("Huber functions of slope $R / (2t)$, as $L$ grows, for the second bound")
def _() -> Pairs:
    for L in STEEP:
        worst = huber(bounds.worst_huber_slope(L, L, 1.0), L)
        yield gradient_flow(worst, [1.0], [1.0]).gap, bounds.flow_convex(1.0, 1.0)


for L in (2.0, 1e8):  # the first bound is met in the limit
    flow_convex_rate.meets(huber(bounds.worst_huber_slope(L, L, 1.0), L), [1.0], t=1.0)
# From beside the maximum of the double well the gap stays while the bound falls.
flow_convex_rate.without("convexity", (one_sided(), [1e-12], 9.0))
flow_convex_rate.without("$L$ at least as large as the curvature", (with_facts(quadratic([[2.0]]), L=0.2), [1.0], 0.5))


@flow_convex_rate.symbolic
def _() -> Expressions:
    """Collect the derivative of $W$ along the flow, and complete the square in $W$."""
    e, d, g, H = plane()
    t, L = sp.symbols("t L")
    W = t * d + (t**2 + t / L) * g.dot(g) / 2 + e.dot(e) / 2
    change = d - t * g.dot(g) + (t + 1 / (2 * L)) * g.dot(g) - g.dot(e) - (t**2 + t / L) * (g.T * H * g)[0]
    c = t + 1 / L
    return [
        along(moving(e, -g) | {t: 1}, W) - change,
        W - t * d - (c * g.dot(e) - c * g.dot(g) / (2 * L)) - (c * g - e).dot(c * g - e) / 2,
    ]


@flow_convex_rate.worst_case
def _() -> list[WorstCase]:
    def change(memory: float, d: Any, g: Any, e: Any, v: Any) -> pep.Quotient:
        gained, lost = d + (pep.T + memory / 2) * g**2, pep.T * g**2 + g * e
        return gained - lost + g**2, g**2

    def gap(memory: float, d: Any, g: Any, e: Any, v: Any) -> pep.Quotient:
        return d, (pep.T * d + (pep.T**2 + pep.T * memory) * g**2 / 2 + e**2 / 2) / (pep.R**2 / 2)

    cases = []
    for name, over, memory, exact in (
        ("$L$-smooth", pep.L_CONVEX, 1 / pep.L, bounds.flow_convex_smooth(pep.T, pep.R, pep.L)),
        ("convex", pep.ANY_CONVEX, 0.0, bounds.flow_convex(pep.T, pep.R)),
    ):
        words = f"{name}, 1 more than the change of $W$ where the gradient has length 1"
        cases += [
            pep.in_motion(words, over, partial(change, memory), 1),
            pep.in_motion(f"{name}, gap where $W = R^2/2$", over, partial(gap, memory), exact),
            *pep.gaps_of_the_flow(name, over, exact),
        ]
    return cases


@claim(
    over=STRONGLY_CONVEX,
)
def flow_strongly_convex_rate(problem: Problem, theta0: Point, u: float) -> Pairs:
    flow = gradient_flow(problem, theta0, np.array([0.0, 0.1, 1.0]) * u / problem.mu)
    factor = bounds.flow_strongly_convex(flow.t[1:], problem.mu)
    yield flow.gap[1:], factor * flow.gap[0]
    yield flow.distance[1:] ** 2, factor * flow.distance[0] ** 2


flow_strongly_convex_rate.attained(r"$(\mu/2) x^2$", (quadratic([[0.7]]), [1.0], 0.5))


@flow_strongly_convex_rate.attained(
    "half the squared distance to a circle, which is not convex",
    of="the bound on the gap under gradient dominance alone",
)
def _() -> Pairs:
    flow = gradient_flow(_circle(), [0.2, 0.1], [0.0, 0.5, 1.0, 3.0])
    yield flow.gap, bounds.flow_strongly_convex(flow.t, 1.0) * flow.gap[0]


flow_strongly_convex_rate.without("strong convexity", (with_facts(huber(0.1), mu=0.1), [9.0], 0.5))


@flow_strongly_convex_rate.worst_case
def _() -> list[WorstCase]:
    exact, over = np.log(bounds.flow_strongly_convex(1.0, pep.MU)), pep.MU_CONVEX
    words = "derivative of the {} where it is 1"
    return [
        pep.in_motion(words.format("gap"), over, lambda d, g, e, v: (-(g**2), d), exact),
        pep.in_motion(words.format("squared distance"), over, lambda d, g, e, v: (-2 * (g * e), e**2), exact),
    ]


def _circle() -> Problem:
    r"""Return $(|x| - 1)^2 / 2$ in the plane: $|\nabla f|^2 = 2 f$, curvatures 1 and $1 - 1/|x|$; for $|x| \ge 0.1$."""

    def radius(x: Array) -> Array:
        return np.linalg.norm(x, axis=-1)[..., None, None]

    return Problem(
        "circle",
        2,
        f=lambda x: (np.linalg.norm(x, axis=-1) - 1) ** 2 / 2,
        grad=lambda x: x * (1 - 1 / radius(x)[..., 0]),
        hess=lambda x: np.eye(2) * (1 - 1 / radius(x)) + x[..., :, None] * x[..., None, :] / radius(x) ** 3,
        L=9.0,
        mu=-9.0,
        minimiser=np.array([1.0, 0.0]),
    )


@claim(relation="==", over=QUADRATIC)
def quadratic_flow(problem: Quadratic, theta0: Point, u: float) -> Pairs:
    from scipy.linalg import expm

    star, t = problem.solution, 5 * u / problem.L
    s, weights = _gauss(t)
    flow = gradient_flow(problem, theta0, [*s, t])
    end = flow.x[-1]
    yield end, theta0 - weights @ problem.grad(flow.x[:-1])
    yield end, star + expm(-t * problem.A) @ (theta0 - star)
    z0, z = (x @ problem.eigenvectors for x in (theta0 - star, flow.x - star))
    yield z, np.exp(-np.outer(flow.t, problem.eigenvalues)) * z0
