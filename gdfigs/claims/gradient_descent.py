"""Claims of the page "Gradient descent"."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from gdfigs.claims import worst_case as pep
from gdfigs.claims.classes import BOUNDED, CONVEX, QUADRATIC, SMOOTH, STRONGLY_CONVEX, with_facts
from gdfigs.claims.core import Pairs, WorstCase, claim, while_large
from gdfigs.claims.symbolic import Expressions, sp
from gdfigs.maths import bounds
from gdfigs.maths.methods import gradient_descent
from gdfigs.maths.problems import Array, Point, Problem, concave, huber, one_sided, quadratic

STEPS = 30
"""Length of a run: enough for the rates to show, few enough for a gap to stay above the rounding of f."""


def _others(problem: Problem, theta0: Point, n: int = 40) -> Array:
    """Return points about the start, for statements on all $x$ and $y$."""
    return theta0 + np.random.default_rng(0).normal(size=(n, problem.dim)) * (1 + np.linalg.norm(theta0))


@claim(over=SMOOTH)
def descent_lemma(problem: Problem, theta0: Point, u: float) -> Pairs:
    y = _others(problem, theta0)
    linear = problem.f(theta0) + (y - theta0) @ problem.grad(theta0)
    yield problem.f(y) - linear, problem.L / 2 * ((y - theta0) ** 2).sum(axis=-1)


descent_lemma.attained("$(L/2) x^2$", (quadratic([[3.0]]), [1.0], 0.5))
descent_lemma.without("$L$ at least as large as the curvature", (with_facts(huber(1.0, L=2.0), L=1.0), [0.0], 0.5))


@descent_lemma.worst_case
def _() -> list[WorstCase]:
    def excess(f: Any, point: pep.Points) -> pep.Quotient:
        x, y = point(), point()
        return f(y) - f(x) - f.gradient(x) * (y - x), (y - x) ** 2 / pep.R**2

    exact = bounds.quadratic_upper(0, 0, pep.R, pep.L)
    return [pep.anywhere("$f(y)$ less the tangent at $x$, where $|y - x| = R$", pep.L_SMOOTH, excess, exact)]


@claim(over=SMOOTH)
def smoothness_equivalences(problem: Problem, theta0: Point, u: float) -> Pairs:
    """Compare Lipschitz quotients of the gradient, and absolute eigenvalues of the Hessian on a segment, with $L$."""
    for y in _others(problem, theta0, 10):
        quotient = np.linalg.norm(problem.grad(y) - problem.grad(theta0)) / np.linalg.norm(y - theta0)
        segment = theta0 + np.linspace(0, 1, 200)[:, None] * (y - theta0)
        yield quotient, problem.L
        yield np.abs(np.linalg.eigvalsh(problem.hess(segment))).max(), problem.L


@claim()
def one_sided_hessian() -> Pairs:
    f = one_sided()
    x, y = np.meshgrid(np.linspace(-1, 1, 201), np.linspace(-0.995, 0.995, 200))  # nowhere is x = y
    x, y = x.reshape(-1, 1), y.reshape(-1, 1)
    yield f.f(y) - f.f(x) - (f.grad(x) * (y - x))[:, 0], (y - x)[:, 0] ** 2 / 2
    yield np.abs(f.grad(x) - f.grad(y)), 9 * np.abs(x - y)


@one_sided_hessian.without("a bound on the Hessian from below")
def _() -> Pairs:
    """The Lipschitz quotient exceeds 1, though the Hessian is at most 1; so it does for $-5 x^2$."""
    f = one_sided()
    yield np.abs(f.grad(np.array([0.01])) - f.grad(np.array([-0.01]))), 0.02
    yield 10.0, 1.0


@claim(
    over=SMOOTH,
)
def sufficient_decrease(problem: Problem, theta0: Point, u: float) -> Pairs:
    eta = 4 * u / problem.L  # the lemma holds for every step, also beyond 2/L
    after = theta0 - eta * problem.grad(theta0)
    size = np.linalg.norm(problem.grad(theta0))
    yield problem.f(after) - problem.f(theta0) + eta * size**2, problem.L * eta**2 / 2 * size**2


sufficient_decrease.attained(
    "$(L/2) x^2$, at every step", *((quadratic([[2.0]]), [1.0], u) for u in np.linspace(0.05, 0.95, 7))
)
sufficient_decrease.without(
    "a Lipschitz constant of the gradient as large as $L$", (with_facts(quadratic([[2.0]]), L=1.9), [1.0], 0.5)
)
sufficient_decrease.symbolic(
    lambda g, L, eta: [g * (-eta * g) + L / 2 * (-eta * g) ** 2 + eta * (1 - L * eta / 2) * g**2]
)


@sufficient_decrease.worst_case
def _() -> list[WorstCase]:
    def change(h: float, f: Any, point: pep.Points) -> pep.Quotient:
        x = point()
        return f(pep.descent(h)(f, x, x)) - f(x), f.gradient(x) ** 2 / pep.R**2

    cases = []
    for h in (0.5, 1.0, 1.5, 3.0):
        words, exact = rf"change of $f$ where $|\nabla f| = R$, $h = {h}$", bounds.descent_guarantee(h / pep.L, pep.L)
        cases.append(pep.anywhere(words, pep.L_SMOOTH, partial(change, h), -exact * pep.R**2))
    return cases


@claim(
    over=CONVEX,
)
def decrease_is_not_convergence(problem: Problem, theta0: Point, u: float) -> Pairs:
    path = gradient_descent(problem, theta0, 2 * u / problem.L, 10 * STEPS)
    guarantee = bounds.descent_guarantee(2 * u / problem.L, problem.L)
    yield (path.gradient_norm**2).sum(), path.gap[0] / guarantee


decrease_is_not_convergence.attained("$(L/2) x^2$", (quadratic([[1.0]]), [1.0], 0.5))


@decrease_is_not_convergence.without("a minimiser: on $-x^2/2$ the values fall and the iterates diverge")
def _() -> Pairs:
    path = gradient_descent(concave(), [1.0], 0.5, STEPS)
    assert (np.diff(path.f) < 0).all()
    yield np.abs(path.x[1:, 0]), np.abs(path.x[0, 0])


# The sum of the squared gradients on (L/2) x^2, a geometric series.
decrease_is_not_convergence.symbolic(
    lambda x, eta, L: [(L * x) ** 2 / (1 - (1 - eta * L) ** 2) - (L / 2 * x**2) / (eta * (1 - L * eta / 2))]
)


@claim(
    over=BOUNDED,
)
def gradient_rate_nonconvex(problem: Problem, theta0: Point, u: float) -> Pairs:
    path = gradient_descent(problem, theta0, u / problem.L, STEPS)
    lowest = 0.0 if problem.minimiser is None else problem.minimum  # of the hill, at infinity
    bound = bounds.gd_gradient_nonconvex(np.arange(len(path)), problem.L, path.f[0] - lowest, u)
    yield np.minimum.accumulate(path.gradient_norm**2), bound


def _sawtooth(k: int, h: float, L: float, s: float) -> Problem:
    r"""Return the function of the proof, whose slope at the points $(1 + jh) s/L$, $j = 0, \dots, k$, is $s$."""
    width = h * s / L

    def from_the_last(x: Array) -> Array:
        return np.clip(x - s / L, 0, k * width) % width

    def f(x: Array) -> Array:
        teeth, rest = np.divmod(np.clip(x - s / L, 0, k * width), width)
        lost = np.where(rest <= width / 2, rest**2, width**2 / 2 - (width - rest) ** 2) / 2  # of the slope, times L
        outside = s * np.abs(x) - s**2 / (2 * L) - L * (teeth * width**2 / 4 + lost)
        return np.where(np.abs(x) <= s / L, L * x**2 / 2, outside)[..., 0]

    def grad(x: Array) -> Array:
        return np.clip(L * x, -s, s - L * np.minimum(from_the_last(x), width - from_the_last(x)))

    return Problem("sawtooth", 1, f, grad, lambda x: np.full((*x.shape, 1), np.nan), L, -L, np.zeros(1))


@gradient_rate_nonconvex.attained("a function of one variable whose slope dips between the iterates")
def _() -> Pairs:
    for k in (1, 2, 5, 20):
        for h in (0.25, 1.0):
            path = gradient_descent(_sawtooth(k, h, 2.0, 3.0), [(1 + k * h) * 3.0 / 2.0], h / 2.0, k)
            yield (path.gradient_norm**2).min(), bounds.gd_gradient_nonconvex(k, 2.0, path.f[0], h)


gradient_rate_nonconvex.meets(_sawtooth(5, 0.25, 2.0, 3.0), [(1 + 5 * 0.25) * 3.0 / 2.0], k=5, h=0.25)
gradient_rate_nonconvex.without(
    "a Lipschitz constant of the gradient as large as $L$", (with_facts(quadratic([[1.0]]), L=0.45), [1.0], 0.98)
)


@gradient_rate_nonconvex.symbolic
def _() -> Expressions:
    r"""Write the inequality of $\varphi$ at $y = x + (h/L) g$ for $f$, and complete the square."""
    L, h, d, x, g, g_next = sp.symbols("L h d x g g_+")  # d is the decrease of f
    step = h / L * g
    change = d + L / 2 * ((x + step) ** 2 - x**2)  # of phi, and its gradients
    here, there = g + L * (x + step), g_next + L * x
    phi = change - there * step - (here - there) ** 2 / (4 * L)  # at least 0
    return [phi - (d - ((1 - h) * (g - g_next) ** 2 + (3 * h - h**2) * g**2 + h * g_next**2) / (4 * L))]


@gradient_rate_nonconvex.worst_case
def _() -> list[WorstCase]:
    def least(k: int, h: float, f: Any, point: pep.Points) -> pep.Quotient:
        star, start = f.stationary_point(), point()
        x, squares = start, []
        for _ in range(k + 1):
            squares.append(f.gradient(x) ** 2)
            f.add_constraint(f(star) <= f(x) - squares[-1] / (2 * pep.L))  # no lower than the infimum
            x = pep.descent(h)(f, x, x)
        return squares, (f(start) - f(star)) / pep.R**2

    cases = []
    for k in (1, 2, 5):
        for h in (0.3, 1.0):
            words, exact = (
                rf"least $|\nabla f|^2$, $h = {h}$, $k = {k}$",
                bounds.gd_gradient_nonconvex(k, pep.L, 1.0, h),
            )
            cases.append(pep.anywhere(words, pep.L_SMOOTH, partial(least, k, h), exact * pep.R**2))
    return cases


@claim(over=CONVEX)
def convex_rate(problem: Problem, theta0: Point, u: float) -> Pairs:
    path = gradient_descent(problem, theta0, 1 / problem.L, STEPS)
    yield path.gap[1:], bounds.gd_convex_classical(np.arange(1, len(path)), problem.L, path.distance[0])


# From beside the maximum of the double well the gap stays while the bound falls.
convex_rate.without("convexity", (one_sided(), [1e-12], 0.5))
convex_rate.symbolic(lambda g, e, L: [L / 2 * (e**2 - (e - g / L) ** 2) - (g * e - g**2 / (2 * L))])
convex_rate.worst_case(pep.gaps_of_descent)


@claim(over=CONVEX)
def convex_rate_exact(problem: Problem, theta0: Point, u: float) -> Pairs:
    path = gradient_descent(problem, theta0, u / problem.L, STEPS)
    yield path.gap[1:], bounds.gd_convex(np.arange(1, len(path)), problem.L, path.distance[0], u)


@convex_rate_exact.attained("the Huber function of slope $L R / (2kh + 1)$")
def _() -> Pairs:
    for k in (1, 2, 5, 20, 100):
        for h in (0.3, 1.0):
            worst = huber(bounds.worst_huber_slope(k, 2.0, 3.0, h), L=2.0)
            yield gradient_descent(worst, [3.0], h / 2.0, k).gap[-1], bounds.gd_convex(k, 2.0, 3.0, h)


for k, h in ((1, 1.0), (5, 0.3), (20, 1.0)):
    convex_rate_exact.meets(huber(bounds.worst_huber_slope(k, 2.0, 3.0, h), L=2.0), [3.0], k=k, h=h)


@convex_rate_exact.without("a step of at most $1/L$: beyond it the bound is the other branch, $(1 - h)^{2k}$")
def _() -> Pairs:
    yield gradient_descent(quadratic([[1.0]]), [1.0], 1.9, 3).gap[-1], 1 / (2 * (2 * 3 * 1.9 + 1))


@convex_rate_exact.symbolic
def _() -> Expressions:
    """Collect the change of $W$ in a step, and complete the square in $W$."""
    L, eta, t, d, d_next, g, g_next, e = sp.symbols("L eta t d d_+ g g_+ e")

    def W(t: Any, d: Any, g: Any, e: Any) -> Any:
        return t * d + (t**2 + t / L) * g**2 / 2 + e**2 / 2

    change = W(t, d_next, g_next, e - eta * g) - W(t - eta, d, g, e)
    collected = t**2 / 2 * (g_next**2 - g**2) + t * (1 / L - eta) * (g_next * g - g**2)
    first = g * e - d - g**2 / (2 * L)  # both at least 0
    second = d - d_next - eta * g_next * g - (g - g_next) ** 2 / (2 * L)
    c = t + 1 / L
    return [
        change + eta * first + t * second - collected,
        W(t, d, g, e) - t * d - (c * g * e - c * g**2 / (2 * L)) - (c * g - e) ** 2 / 2,
    ]


@convex_rate_exact.worst_case
def _() -> list[WorstCase]:
    cases, k = list[WorstCase](), np.array([1, 2, 5])
    for h in (0.1, 0.5, 1.0, 1.4, 1.8):
        cases += pep.gaps(f", $h = {h}$", k, pep.descent(h), pep.L_CONVEX, bounds.gd_convex(k, pep.L, pep.R, h))
    return cases


@claim(over=CONVEX)
def convex_rate_mean(problem: Problem, theta0: Point, u: float) -> Pairs:
    path = gradient_descent(problem, theta0, 1 / problem.L, STEPS)
    k = np.arange(1, len(path))
    yield path.gap[1:].cumsum() / k, bounds.gd_mean_convex(k, problem.L, path.distance[0])


@convex_rate_mean.attained("the Huber function of slope $L R / (k + 2)$, as is the gap at the mean of the iterates")
def _() -> Pairs:
    for k in (1, 2, 5, 20, 100):
        worst = huber(bounds.worst_huber_slope((k + 1) / 2, 2.0, 3.0), L=2.0)
        path = gradient_descent(worst, [3.0], 1 / 2.0, k)
        yield path.gap[1:].mean(), bounds.gd_mean_convex(k, 2.0, 3.0)
        yield worst.f(path.x[1:].mean(axis=0)), bounds.gd_mean_convex(k, 2.0, 3.0)


convex_rate_mean.meets(huber(bounds.worst_huber_slope(3, 2.0, 3.0), L=2.0), [3.0], k=5)
# From beside the maximum of the double well the gap stays while the bound falls.
convex_rate_mean.without("convexity", (one_sided(), [1e-12], 0.5))


@convex_rate_mean.symbolic
def _() -> Expressions:
    r"""Complete the squares of the induction and of its end, and collect the multipliers of $\delta_j$."""
    n, k, g, G, i = sp.symbols("n k g G i")

    def weight(i: Any) -> Any:
        return 1 - 1 / (i * (i + 1))

    def least(n: Any) -> Any:
        return ((n + 1) / n) ** 2

    step = least(n) * G**2 + 2 * g * G + (3 - 2 / (n + 1)) * g**2 - least(n + 1) * (G + weight(n + 1) * g) ** 2
    end = least(k) * G**2 + 2 * g * G + 2 * k / (k + 1) * g**2 - (k + 2) / k * (G + k / (k + 1) * g) ** 2
    return [
        step - (least(n) - least(n + 1)) * (G - n**2 / (n + 1) * g) ** 2,
        end - (G - k**2 / (k + 1) * g) ** 2 / k**2,
        weight(i) + i / (i + 1) - (i - 1) / i - 1,
        weight(i) + i / (i + 1) + (i - 1) / i - (3 - 2 / i),
    ]


@convex_rate_mean.worst_case
def _() -> list[WorstCase]:
    def mean(k: int, f: Any, point: pep.Points) -> pep.Quotient:
        star, start = f.stationary_point(), point()
        x, total = start, 0
        for _ in range(k):
            x = pep.descent(1)(f, x, x)
            total += f(x) - f(star)
        return total / k, (start - star) ** 2 / pep.R**2

    return [
        pep.anywhere(
            f"mean of the gaps, $k = {k}$", pep.L_CONVEX, partial(mean, k), bounds.gd_mean_convex(k, pep.L, pep.R)
        )
        for k in (1, 2, 5)
    ]


@claim(
    over=CONVEX,
)
def gradient_rate(problem: Problem, theta0: Point, u: float) -> Pairs:
    path = gradient_descent(problem, theta0, u / problem.L, STEPS)
    k = np.arange(len(path))
    yield path.gradient_norm, bounds.gd_gradient(k, problem.L, path.distance[0], u)
    yield path.gradient_norm**2, bounds.gd_gradient_gap(k, problem.L, path.gap[0], u)


@gradient_rate.attained("the Huber function of slope $L R / (kh + 1)$")
def _() -> Pairs:
    for k in (1, 2, 5, 20, 100):
        for h in (0.3, 1.0):
            path = gradient_descent(huber(bounds.worst_huber_slope(k / 2, 2.0, 3.0, h), L=2.0), [3.0], h / 2.0, k)
            yield path.gradient_norm[-1], bounds.gd_gradient(k, 2.0, 3.0, h)
            yield path.gradient_norm[-1] ** 2, bounds.gd_gradient_gap(k, 2.0, path.gap[0], h)


gradient_rate.meets(huber(bounds.worst_huber_slope(2.5, 2.0, 3.0, 0.3), L=2.0), [3.0], k=5, h=0.3)


@gradient_rate.without("convexity")
def _() -> Pairs:
    for k in (5, 20):
        path = gradient_descent(_sawtooth(k, 1.0, 2.0, 3.0), [(1 + k) * 3.0 / 2.0], 1 / 2.0, k)
        yield path.gradient_norm[-1] ** 2, bounds.gd_gradient_gap(k, 2.0, path.gap[0])


gradient_rate.without("$L$ at least as large as the curvature", (with_facts(quadratic([[1.0]]), L=0.45), [1.0], 0.98))
gradient_rate.symbolic(
    lambda t, L, g: [t * g**2 / (2 * L) + (t**2 + t / L) * g**2 / 2 + (g / L) ** 2 / 2 - ((t + 1 / L) * g) ** 2 / 2]
)


@gradient_rate.worst_case
def _() -> list[WorstCase]:
    cases = []
    for k in (1, 2, 5):
        for h in (0.3, 1.0):
            for first, exact in (
                ("squared distance", bounds.gd_gradient(k, pep.L, pep.R, h) ** 2),
                ("gap", bounds.gd_gradient_gap(k, pep.L, pep.R**2, h)),
            ):
                estimate = partial(pep.after, k, pep.descent(h), pep.L_CONVEX, "squared gradient", first)
                cases.append(WorstCase(f"squared gradient by {first}, $h = {h}$, $k = {k}$", estimate, float(exact)))
    return cases


@claim(
    relation="==",
)
def no_rate_for_the_distance() -> Pairs:
    for k in (1, 10, 1000):
        for h, accuracy in ((0.3, 1e-3), (1.0, 0.1), (1.0, 1.0)):
            slope = bounds.gd_gradient(k, 2.0, accuracy * 3.0, h)
            x = gradient_descent(huber(float(slope), L=2.0), [3.0], h / 2.0, k).x[-1, 0]
            yield x, (1 - accuracy * k * h / (k * h + 1)) * 3.0
            yield x > (1 - accuracy) * 3.0, True


@no_rate_for_the_distance.without("so small a slope")
def _() -> Pairs:
    yield gradient_descent(huber(1.0), [3.0], 1.0, 10).x[-1, 0] > (1 - 0.1) * 3.0, True


@no_rate_for_the_distance.worst_case
def _() -> list[WorstCase]:
    return pep.ratios(("squared distance",), ", convex", np.array([1, 5]), pep.descent(1), pep.L_CONVEX, np.ones(2))


@claim(over=STRONGLY_CONVEX)
def gradient_dominance(problem: Problem, theta0: Point, u: float) -> Pairs:
    x = _others(problem, theta0)
    yield 2 * problem.mu * (problem.f(x) - problem.minimum), (problem.grad(x) ** 2).sum(axis=-1)


gradient_dominance.attained(r"$(\mu/2) x^2$", (quadratic([[0.7]]), [1.0], 0.5))
gradient_dominance.without("strong convexity", (with_facts(huber(0.1), mu=0.1), [9.0], 0.5))
gradient_dominance.symbolic(lambda f, g, mu, s: [(f + g * s + mu / 2 * s**2).subs(s, -g / mu) - (f - g**2 / (2 * mu))])


@gradient_dominance.worst_case
def _() -> list[WorstCase]:
    words = "the right-hand side where the left is 1"
    return [pep.in_motion(words, pep.MU_CONVEX, lambda d, g, e, v: (2 * pep.MU * d, g**2), 1)]


@claim(over=STRONGLY_CONVEX)
def two_curvatures(problem: Problem, theta0: Point, u: float) -> Pairs:
    x = _others(problem, theta0)
    e, D = x - theta0, problem.grad(x) - problem.grad(theta0)
    both = problem.mu + problem.L
    yield (problem.mu * problem.L * (e**2).sum(-1) + (D**2).sum(-1)) / both, (D * e).sum(-1)


two_curvatures.attained(
    r"$(\mu/2) x^2$ and $(L/2) x^2$", *((replace(quadratic([[A]]), mu=1.0, L=5.0), [1.0], 0.5) for A in (1.0, 5.0))
)
two_curvatures.without("strong convexity", (with_facts(huber(0.1), mu=0.5), [9.0], 0.5))
two_curvatures.symbolic(
    lambda D, e, L, mu: [(L - mu) * (D - mu * e) * e - (D - mu * e) ** 2 - ((mu + L) * D * e - mu * L * e**2 - D**2)]
)


@two_curvatures.worst_case
def _() -> list[WorstCase]:
    def right(f: Any, point: pep.Points) -> pep.Quotient:
        x, y = point(), point()
        e, D = x - y, f.gradient(x) - f.gradient(y)
        return (pep.MU * pep.L * e**2 + D**2) / (pep.MU + pep.L), D * e

    return [pep.anywhere("the right-hand side where the left is 1", pep.L_MU_CONVEX, right, 1)]


@claim(
    over=STRONGLY_CONVEX,
)
def linear_rate(problem: Problem, theta0: Point, u: float) -> Pairs:
    eta = 2 * u / problem.L
    path = gradient_descent(problem, theta0, eta, STEPS)
    factor = bounds.gd_strongly_convex(np.arange(len(path)), eta, problem.L, problem.mu)
    for size in (path.distance**2, path.gap, path.gradient_norm**2):
        yield while_large(size, factor * size[0])


linear_rate.attained(
    r"$(\mu/2) x^2$ and $(L/2) x^2$",
    *(
        (replace(quadratic([[A]]), mu=1.0, L=5.0), [1.0], step * 5 / 2)
        for step, A in ((0.1, 1.0), (1 / 3, 1.0), (0.38, 5.0))  # below and above 2/(L + mu) = 1/3
    ),
)


@linear_rate.without(r"$\eta < 2/L$")
def _() -> Pairs:
    path = gradient_descent(quadratic([[1.0]]), [1.0], 2.01, STEPS, diverge=True)
    yield path.gap[1:], path.gap[0]


linear_rate.without("strong convexity", (with_facts(huber(0.1), mu=0.1), [9.0], 0.5))


@linear_rate.symbolic
def _() -> Expressions:
    D, e, L, mu, eta = sp.symbols("D e L mu eta")
    spare = D * e - mu * L / (mu + L) * e**2 - D**2 / (mu + L)  # at least 0
    bound = (1 - 2 * eta * mu * L / (mu + L)) * e**2 + eta * (eta - 2 / (mu + L)) * D**2
    return [
        (e - eta * D) ** 2 + 2 * eta * spare - bound,
        bound.subs(D, mu * e) - (1 - eta * mu) ** 2 * e**2,
        bound.subs(D, L * e) - (1 - eta * L) ** 2 * e**2,
    ]


@linear_rate.worst_case
def _() -> list[WorstCase]:
    cases, k, best = list[WorstCase](), np.array([1, 3]), pep.L * bounds.best_step(pep.L, pep.MU)
    for name, h in (("1/(2L)", 0.5), ("1/L", 1.0), (r"2/(L + \mu)", best), ("1.9/L", 1.9)):
        words, exact = rf", $\eta = {name}$", bounds.gd_strongly_convex(k, h / pep.L, pep.L, pep.MU)
        cases += pep.ratios(pep.SIZES, words, k, pep.descent(h), pep.L_MU_CONVEX, exact)
    return cases


@claim(
    over=STRONGLY_CONVEX,
)
def linear_rate_usual(problem: Problem, theta0: Point, u: float) -> Pairs:
    path = gradient_descent(problem, theta0, 1 / problem.L, STEPS)
    k = np.arange(1, len(path))
    factor = bounds.gd_strongly_convex_classical(k, problem.kappa)
    for size in (path.distance**2, path.gap):
        yield while_large(size[1:], factor * size[0])


linear_rate_usual.worst_case(pep.ratios_of_descent)


@claim(
    over=STRONGLY_CONVEX,
)
def steps_to_accuracy(problem: Problem, theta0: Point, u: float) -> Pairs:
    L, mu = problem.L, problem.mu
    for eta, best in ((1 / L, False), (bounds.best_step(L, mu), True)):
        k = bounds.gd_steps(1e-3, bounds.contraction(eta, L, mu))
        yield k, bounds.gd_steps_estimate(1e-3, problem.kappa, best)
        path = gradient_descent(problem, theta0, eta, int(np.ceil(k)))
        yield path.gap[-1], 1e-3 * path.gap[0]


# Why, for x = 1/kappa, the logarithms are at least x and 2x: their differences grow.
steps_to_accuracy.symbolic(
    lambda x: [
        (-sp.log(1 - x) - x).diff(x) - x / (1 - x),
        (-sp.log((1 - x) / (1 + x)) - 2 * x).diff(x) - 2 * x**2 / (1 - x**2),
    ]
)


@claim(over=QUADRATIC, relation="==")
def quadratic_descent(problem: Problem, theta0: Point, u: float) -> Pairs:
    eta = 2 * u / problem.L
    path = gradient_descent(problem, theta0, eta, STEPS)
    star, A = problem.solution, problem.hess(theta0)
    for k in (1, 5, STEPS):
        yield path.x[k], star + np.linalg.matrix_power(np.eye(len(A)) - eta * A, k) @ (theta0 - star)


@claim(
    relation="==",
)
def beyond_two_over_l() -> Pairs:
    cycle = gradient_descent(huber(2.0, L=4.0), [1.5 * 2.0 / 4.0], 3 / 4.0, STEPS, diverge=True).x[:, 0]
    yield cycle, 0.75 * (-1.0) ** np.arange(len(cycle))
    line = gradient_descent(quadratic(np.diag([1.0, 10.0])), [1.0, 0.0], 0.21, STEPS, diverge=True)
    yield line.distance, 0.79 ** np.arange(len(line))


@beyond_two_over_l.without("a start without a component along the largest eigenvalue")
def _() -> Pairs:
    path = gradient_descent(quadratic(np.diag([1.0, 10.0])), [1.0, 1e-3], 0.21, 10 * STEPS, diverge=True)
    yield path.distance[-1], 0.0
