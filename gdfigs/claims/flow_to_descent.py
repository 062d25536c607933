"""Claims of the page "From flow to descent"."""

from typing import Any

import numpy as np

from gdfigs.claims import worst_case as pep
from gdfigs.claims.classes import CONVEX, SMOOTH, STRONGLY_CONVEX, TWICE, with_facts
from gdfigs.claims.core import Pairs, WorstCase, claim, while_large
from gdfigs.claims.symbolic import Expressions, along, moving, plane, sp
from gdfigs.maths import bounds, methods
from gdfigs.maths.flows import ATOL, RTOL, gradient_flow
from gdfigs.maths.methods import gradient_descent
from gdfigs.maths.problems import (
    Array,
    Point,
    Problem,
    Quadratic,
    concave,
    huber,
    log_cosh,
    newton,
    one_sided,
    quadratic,
)

STEPS = 10
"""Length of a run."""


@claim(
    relation="==",
    over=SMOOTH,
)
def forward_euler(problem: Problem, theta0: Point, u: float) -> Pairs:
    r"""Compare gradient descent with $y_{k+1} = y_k + \eta G(y_k)$, $G = -\nabla f$."""
    eta, y = 2 * u / problem.L, [theta0]
    for _ in range(STEPS):
        y.append(y[-1] + eta * -problem.grad(y[-1]))
    path = gradient_descent(problem, theta0, eta, STEPS)
    yield path.x, np.array(y)
    yield np.diff(path.x, axis=0), -eta * problem.grad(path.x[:-1])


@forward_euler.without("the gradient where the step begins")
def _() -> Pairs:
    path = methods.backward_euler(quadratic([[1.0]]), [1.0], 0.5, STEPS)
    yield np.diff(path.x, axis=0), -0.5 * path.problem.grad(path.x[:-1])


@claim(
    over=TWICE,
)
def local_error(problem: Problem, theta0: Point, u: float) -> Pairs:
    r"""Bound the rest over $\eta^2$ by Taylor's formula with the integral; at a twentieth of $\eta$ it is a tenth.

    On quadratics the next term of the formula bounds it, by $\eta/6$ times the third derivative at the start.
    """
    gradient = problem.grad(theta0)
    bend = problem.hess(theta0) @ gradient  # the second derivative of theta(t)
    s = u / problem.L * np.arange(1, 81) / 80
    flow = gradient_flow(problem, theta0, s)
    bends = np.einsum("nij,nj->ni", problem.hess(flow.x), problem.grad(flow.x))
    bound = np.maximum.accumulate(np.linalg.norm(bends - bend, axis=-1)) / 2
    error = flow.x - (theta0 - np.outer(s, gradient))
    remains = np.linalg.norm(error - np.outer(bounds.euler_local(s, 1.0), bend), axis=-1) / s**2
    # The solver's error counts where hardly anything remains.
    solver = 100 * (ATOL + RTOL * np.abs(theta0).max()) / s**2
    eta = slice(3, None, 4)  # each bound is the greatest of four times or more
    yield remains[eta], bound[eta] + solver[eta]
    yield remains[3], bound[-1] / 10 + solver[3]
    if isinstance(problem, Quadratic):
        yield remains, s / 6 * np.linalg.norm(problem.A @ bend) + solver


local_error.without(
    r"a continuous Hessian: at the kink of a Huber function $\eta^2/2$ of it remains, however small $\eta$",
    (huber(1.0), [1.0 + 1e-9], 0.5),
)


@local_error.symbolic
def _() -> Expressions:
    """Differentiate twice along the flow."""
    x, _f, g, H = plane()
    return [*(x.applyfunc(lambda xi: along(moving(x, -g), along(moving(x, -g), xi))) - H * g)]


@claim(
    over=SMOOTH,
)
def global_error(problem: Problem, theta0: Point, u: float) -> Pairs:
    eta, g0 = 2 * u / problem.L, float(np.linalg.norm(problem.grad(theta0)))
    path = gradient_descent(problem, theta0, eta, int(np.ceil(0.6 / u)))  # to T = 1.2/L or a step further
    T = path.t[1:]
    apart = np.linalg.norm(path.x[1:] - gradient_flow(problem, theta0, T).x, axis=-1)
    yield apart, bounds.euler_global(eta, problem.L, T, g0)
    if problem.convex:
        yield apart, bounds.euler_global_convex(eta, problem.L, T, g0)


global_error.without(
    "a Lipschitz constant of the gradient as large as $L$", (with_facts(quadratic([[1.0]]), L=0.1), [1.0], 0.01)
)
global_error.without("convexity, for the bound with no exponential", (with_facts(concave(), mu=0.0), [1.0], 0.1))


@global_error.without(r"$\eta \le 2/L$, for the bound with no exponential")
def _() -> Pairs:
    f = quadratic([[1.0]])
    path = gradient_descent(f, [1.0], 2.5, STEPS, diverge=True)
    apart = np.abs(path.x - gradient_flow(f, [1.0], path.t).x)[1:, 0]
    yield apart, bounds.euler_global_convex(2.5, 1.0, path.t[1:], 1.0)


# Twice eta times a sum that is at least 0 bounds the square.
global_error.symbolic(
    lambda L, eta, e, D: [(e - eta * D) ** 2 + 2 * eta * (D * e - D**2 / L) - (e**2 - eta * (2 / L - eta) * D**2)]
)


@claim(
    over=STRONGLY_CONVEX,
)
def error_at_all_times(problem: Problem, theta0: Point, u: float) -> Pairs:
    eta, g0 = u * bounds.best_step(problem.L, problem.mu), float(np.linalg.norm(problem.grad(theta0)))
    path = gradient_descent(problem, theta0, eta, int(np.ceil(3 / u)))  # to T of some 6/L
    k = np.arange(1, len(path))
    apart = np.linalg.norm(path.x[1:] - gradient_flow(problem, theta0, path.t[1:]).x, axis=-1)
    bound = bounds.euler_strongly_convex(k, eta, problem.L, problem.mu, g0)
    yield apart, bound
    yield bound, bounds.euler_uniform(eta, problem.L, problem.mu, g0)
    if isinstance(problem, Quadratic) and eta <= 1 / problem.L:
        yield apart, bounds.euler_uniform(eta, problem.L, problem.L, g0)


@error_at_all_times.attained(r"$(\mu/2) x^2$ with $\mu = L$")
def _() -> Pairs:
    f = quadratic([[2.0]])
    for eta in (0.05, 0.5):
        path = gradient_descent(f, [3.0], eta, 4 * STEPS)
        apart = np.abs(path.x - gradient_flow(f, [3.0], path.t).x)[1:, 0]
        yield apart, bounds.euler_strongly_convex(np.arange(1, len(path)), eta, 2.0, 2.0, 6.0)


error_at_all_times.without("strong convexity", (with_facts(log_cosh(), mu=0.9), [3.0], 0.5))
error_at_all_times.without(
    r"$L$ at least as large as the curvature", (with_facts(quadratic([[2.0]]), L=0.5, mu=0.5), [1.0], 0.2)
)


@error_at_all_times.symbolic
def _() -> Expressions:
    r"""Integrate the error of a step twice, and sum a geometric series by its step from $k$ to $k + 1$."""
    eta, mu, k, rho, z = sp.symbols("eta mu k rho z")
    once = (sp.exp(-mu * eta) - 1 + mu * eta) / mu**2  # from 0, where its derivative is 0 as well

    def total(k: Any) -> Any:
        return (sp.exp(-mu * eta * k) - rho**k) / (sp.exp(-mu * eta) - rho)

    return [
        *(once.subs(eta, 0), once.diff(eta).subs(eta, 0), once.diff(eta, 2) - sp.exp(-mu * eta)),
        total(k + 1) - rho * total(k) - sp.exp(-mu * eta * k),
        total(1) - 1,
        sp.series(1 - (1 - z) * sp.exp(z), z, 0, 9).removeO()
        - sum((n - 1) * z**n / sp.factorial(n) for n in range(2, 9)),
    ]


@claim(
    relation="==",
)
def stability() -> Pairs:
    k = np.arange(201)
    for curvature in (0.25, 1.0, 8.0):  # powers of 2: at z = 1 and z = 2 nothing is rounded
        f = quadratic([[curvature]])
        for z in (0.01, 0.5, 1.0, 1.01, 1.5, 1.9, 2.0, 2.1):
            x = gradient_descent(f, [3.0], z / curvature, 200, diverge=True).x[:, 0]
            few = slice(STEPS)  # later the powers underflow
            yield x[few], 3 * bounds.forward_factor(z) ** k[few]
            yield gradient_flow(f, [3.0], k[few] * z / curvature).x[:, 0], 3 * bounds.flow_factor(z) ** k[few]
            yield abs(x[-1]) < 0.5, 0 < z < 2  # 0.99^200 < 1/6
            yield (x[1:STEPS] * x[: STEPS - 1] < 0).all(), z > 1


@stability.without("a quadratic: on a Huber function the first steps of descent are equal")
def _() -> Pairs:
    path = gradient_descent(huber(1.0), [3.0], 0.5, STEPS)
    yield path.x[:, 0], 3 * bounds.forward_factor(0.5) ** np.arange(len(path))


def _is_the_proximal_step(problem: Problem, x: Point, step: Point, eta: float) -> Pairs:
    r"""Compare $f(u) + |u - x|^2 / (2\eta)$ with its value at the step, where it is least, and with its curvature."""
    u = step + np.random.default_rng(0).normal(size=(40, problem.dim)) * (1 + np.linalg.norm(x - step))
    excess = problem.f(u) + ((u - x) ** 2).sum(axis=-1) / (2 * eta)
    excess -= problem.f(step) + ((step - x) ** 2).sum() / (2 * eta)
    yield 0.0, excess
    yield (1 / eta + problem.mu) / 2 * ((u - step) ** 2).sum(axis=-1), excess


@claim(
    over=CONVEX,
)
def backward_euler(problem: Problem, theta0: Point, u: float) -> Pairs:
    eta = 10 ** (4 * u - 2) / problem.L
    path = methods.backward_euler(problem, theta0, eta, STEPS)
    k, R = np.arange(len(path)), path.distance[0]
    yield from _is_the_proximal_step(problem, theta0, path.x[1], eta)
    exact, limit = bounds.backward_euler_smooth(k[1:], eta, R, problem.L), bounds.backward_euler_convex(k[1:], eta, R)
    yield path.gap[1:], exact
    yield exact, limit
    mu = max(problem.mu, 0.0)  # of a function that is not convex, for what fails without convexity
    yield while_large(path.distance**2, bounds.backward_euler_strongly_convex(k, eta, mu) * R**2)


@backward_euler.attained(r"$(\mu/2) x^2$ in its distance, which each step divides by $1 + \eta\mu$")
def _() -> Pairs:
    for z in (0.1, 1.0, 10.0):
        path = methods.backward_euler(quadratic([[2.0]]), [1.0], z / 2.0, STEPS)
        yield path.distance, bounds.backward_factor(z) ** np.arange(len(path))
        yield path.distance**2, bounds.backward_euler_strongly_convex(np.arange(len(path)), z / 2.0, 2.0)


@backward_euler.attained(r"the Huber function of slope $L R / (2 L \eta k + 1)$ in its gap")
def _() -> Pairs:
    for k in (1, 2, STEPS):
        for eta in (0.1, 5.0):
            worst = huber(bounds.worst_huber_slope(k, 2.0, 3.0, h=2.0 * eta), L=2.0)
            yield methods.backward_euler(worst, [3.0], eta, k).gap[-1], bounds.backward_euler_smooth(k, eta, 3.0, 2.0)


@backward_euler.approached(r"Huber functions of slope $R / (2 \eta k)$, as $L$ grows, in their gap")
def _() -> Pairs:
    k = np.array([1, 2, STEPS])
    for L in (1e3, 1e5, 1e7):
        worst = [huber(bounds.worst_huber_slope(n, L, 1.0, h=L), L) for n in k]
        gaps = [methods.backward_euler(f, [1.0], 1.0, n).gap[-1] for f, n in zip(worst, k, strict=True)]
        yield gaps, bounds.backward_euler_convex(k, 1.0, 1.0)


backward_euler.meets(quadratic([[2.0]]), [1.0], eta=0.3, k=3)
for L in (2.0, 1e8):  # the bound without smoothness is met in the limit
    backward_euler.meets(huber(bounds.worst_huber_slope(4, L, 1.0, h=L), L), [1.0], eta=1.0, k=4)
# From beside the maximum of the double well the gap stays while the bound falls.
backward_euler.without("convexity", (one_sided(), [1e-12], 0.46))
backward_euler.without("strong convexity, for the linear rate", (with_facts(log_cosh(), mu=0.5), [9.0], 0.5))


@backward_euler.symbolic
def _() -> Expressions:
    """Collect the change of $W$ in a step, and complete the square in $W$."""
    t, eta, L, d, d_next, g, g_next, e_next = sp.symbols("t eta L d d_+ g g_+ e_+")
    e = e_next + eta * g_next

    def W(t: Any, d: Any, g: Any, e: Any) -> Any:
        return t * d + (t**2 + t / L) * g**2 / 2 + e**2 / 2

    change = W(t + eta, d_next, g_next, e_next) - W(t, d, g, e)
    first = d - d_next - eta * g_next**2 - (g - g_next) ** 2 / (2 * L)  # both at least 0
    second = g_next * e_next - d_next - g_next**2 / (2 * L)
    c = t + 1 / L
    return [
        change + t * first + eta * second - (t**2 / 2 * (g_next**2 - g**2) + t / L * (g * g_next - g**2)),
        W(t, d, g, e) - t * d - (c * g * e - c * g**2 / (2 * L)) - (c * g - e) ** 2 / 2,
    ]


@backward_euler.worst_case
def _() -> list[WorstCase]:
    cases, k = list[WorstCase](), np.array([1, 2, 5])
    for eta in (0.3, 4.0):
        exact = bounds.backward_euler_convex(k, eta, pep.R)
        cases += pep.gaps(rf", $\eta = {eta}$", k, pep.backward(eta), pep.ANY_CONVEX, exact)
        exact = bounds.backward_euler_smooth(k, eta, pep.R, pep.L)
        cases += pep.gaps(rf", $L$-smooth, $\eta = {eta}$", k, pep.backward(eta), pep.L_CONVEX, exact)
    k = np.array([1, 3])
    for eta in (0.3, 2.0):
        words, exact = rf", $\mu > 0$, $\eta = {eta}$", bounds.backward_euler_strongly_convex(k, eta, pep.MU)
        cases += pep.ratios(pep.SIZES, words, k, pep.backward(eta), pep.MU_CONVEX, exact)
    return cases


@claim(
    over=SMOOTH,
)
def backward_euler_nonconvex(problem: Problem, theta0: Point, u: float) -> Pairs:
    eta = u / problem.L
    yield from _is_the_proximal_step(problem, theta0, methods.backward_euler(problem, theta0, eta, 1).x[1], eta)


@backward_euler_nonconvex.attained("$-x^2/2$", of="the inequality by which the step is the proximal one")
def _() -> Pairs:
    f, x, u = concave(), np.ones(1), np.linspace(-5, 5, 8)[:, None]
    for eta in (0.1, 0.5, 0.9):
        step = bounds.backward_factor(-eta) * x
        excess = f.f(u) - f.f(step) + ((u - x) ** 2 - (step - x) ** 2)[:, 0] / (2 * eta)
        yield (1 / eta - 1) / 2 * ((u - step) ** 2)[:, 0], excess


@backward_euler_nonconvex.without(
    r"a step below $1/L$: $-x^2/2$ at $\eta = 3$, where backward Euler runs to the maximiser"
)
def _() -> Pairs:
    f, x = concave(), (-0.5) ** np.arange(50.0)[:, None]
    assert np.array_equal(x[1:], x[:-1] - 3 * f.grad(x[1:]))
    assert abs(x[-1, 0]) < 1e-14
    yield from _is_the_proximal_step(f, x[0], x[1], 3.0)


@claim(
    relation="==",
)
def several_solutions() -> Pairs:
    """Measure the objective of the proximal step on a grid as well."""
    f, x, eta = one_sided(), np.array([0.1]), 10.0

    def objective(u: Array) -> Array:
        return f.f(u[:, None]) + (u - x) ** 2 / (2 * eta)

    grid = np.linspace(-3, 3, 6001)
    solutions = methods.implicit_steps(f, x, eta)
    left = grid - x + eta * f.grad(grid[:, None])[:, 0]
    yield len(solutions), np.count_nonzero(np.diff(np.sign(left)))
    yield solutions, x - eta * f.grad(solutions[:, None])[:, 0]
    yield objective(solutions).argsort(), [2, 0, 1]
    yield (objective(grid) >= objective(solutions).min()).all(), True
    found = newton(lambda u: u - x + eta * f.grad(u), lambda u: np.eye(1) + eta * f.hess(u), x, 1e-12, "the step")
    yield found, solutions[1]


@several_solutions.without(r"a step beyond $1/L$")
def _() -> Pairs:
    yield len(methods.implicit_steps(one_sided(), np.array([0.1]), 0.1)), 3
