"""The steps of the derivations on the pages that are identities, each with its twin in SymPy: every expression is 0.

Vectors stand as plain symbols. In an expression that is quadratic in them, a product stands for the inner product, and
such an identity holds for vectors of every dimension if and only if it holds for numbers.
"""

from typing import Any

from gdfigs.claims.gradient_descent import (
    beyond_two_over_l,
    convex_rate,
    convex_rate_exact,
    decrease_is_not_convergence,
    descent_lemma,
    gradient_dominance,
    linear_rate,
    linear_rate_usual,
    one_sided_hessian,
    quadratic_descent,
    smoothness_equivalences,
    steps_to_accuracy,
    sufficient_decrease,
    two_curvatures,
)

Expressions = list[Any]


def symbols(names: str, **assumptions: bool) -> Any:
    """SymPy's; SymPy itself is imported only inside functions."""
    import sympy

    return sympy.symbols(names, **assumptions)


@descent_lemma.symbolic
def _() -> Expressions:
    from sympy import integrate

    L, s, r = symbols("L s r")
    return [integrate(L * s * r**2, (s, 0, 1)) - L * r**2 / 2]


@smoothness_equivalences.symbolic
def _() -> Expressions:
    L, x, y, fx, fy, gx, gy = symbols("L x y f_x f_y g_x g_y")
    half = fy - fx - gx * (y - x) - (gy - gx) ** 2 / (2 * L)
    exchanged = half.subs({x: y, y: x, fx: fy, fy: fx, gx: gy, gy: gx}, simultaneous=True)
    return [
        gy * (-gy / L) + L / 2 * (gy / L) ** 2 + gy**2 / (2 * L),
        half + exchanged - (gx - gy) * (x - y) + (gx - gy) ** 2 / L,
    ]


@one_sided_hessian.symbolic
def _() -> Expressions:
    from sympy import cosh, log

    x = symbols("x", real=True)
    return [
        (x**2 / 2 - log(cosh(10 * x)) / 10).diff(x, 2) - (1 - 10 / cosh(10 * x) ** 2),
        (-5 * x**2).diff(x, 2) + 10,
    ]


@sufficient_decrease.symbolic
def _() -> Expressions:
    f, g, L, eta, x = symbols("f g L eta x")
    step = -eta * g
    after = f + g * step + L / 2 * step**2
    guarantee = eta * (1 - L * eta / 2)
    return [
        after - (f - guarantee * g**2),
        guarantee.subs(eta, 2 / L),
        guarantee.diff(eta).subs(eta, 1 / L),
        guarantee.subs(eta, 1 / L) - 1 / (2 * L),
        L / 2 * (x - eta * L * x) ** 2 - (L / 2 * x**2 - guarantee * (L * x) ** 2),
    ]


@decrease_is_not_convergence.symbolic
def _() -> Expressions:
    """The gradient step on -x^2/2; and the sum of the squared gradients on (L/2) x^2, a geometric series."""
    x, eta, L = symbols("x eta L")
    return [
        x - eta * (-(x**2) / 2).diff(x) - (1 + eta) * x,
        (L * x) ** 2 / (1 - (1 - eta * L) ** 2) - (L / 2 * x**2) / (eta * (1 - L * eta / 2)),
    ]


@convex_rate.symbolic
def _() -> Expressions:
    g, e, L = symbols("g e L")
    return [L / 2 * (e**2 - (e - g / L) ** 2) - (g * e - g**2 / (2 * L))]


@convex_rate_exact.symbolic
def _() -> Expressions:
    L, R, h, k, eta, t, d, d_next, g, g_next, e, c = symbols("L R h k eta t d d_+ g g_+ e c")

    def W(t: Any, d: Any, g: Any, e: Any) -> Any:
        return t * d + (t**2 + t / L) * g**2 / 2 + e**2 / 2

    before = t - eta
    change = W(t, d_next, g_next, e - eta * g) - W(before, d, g, e)
    collected = t**2 / 2 * (g_next**2 - g**2) + t * (1 / L - eta) * (g_next * g - g**2)
    first = g * e - d - g**2 / (2 * L)  # both at least 0
    second = d - d_next - eta * g_next * g - (g - g_next) ** 2 / (2 * L)
    slope, c = L * R / (2 * k * h + 1), t + 1 / L
    x = R - k * h * slope / L
    return [
        change
        - (t * (d_next - d) + eta * (d - g * e) + eta**2 / 2 * g**2)
        - ((t**2 + t / L) * g_next**2 - (before**2 + before / L) * g**2) / 2,
        change + eta * first + t * second - collected,
        (g - g_next) ** 2 - (g - g_next) * g - (g_next**2 - g_next * g),
        (c * g) ** 2 / 2 + e**2 / 2 - c * g * e - (c * g - e) ** 2 / 2,
        (c**2 - c / L) * g**2 / 2 + e**2 / 2 - (W(t, d, g, e) - t * d),
        x - (k * h + 1) * R / (2 * k * h + 1),
        x - slope / L - k * h * R / (2 * k * h + 1),
        slope * x - slope**2 / (2 * L) - L * R**2 / (4 * k * h + 2),
    ]


@gradient_dominance.symbolic
def _() -> Expressions:
    f, g, mu, x, y = symbols("f g mu x y")
    below = f + g * (y - x) + mu / 2 * (y - x) ** 2
    return [below.diff(y).subs(y, x - g / mu), below.subs(y, x - g / mu) - (f - g**2 / (2 * mu))]


@two_curvatures.symbolic
def _() -> Expressions:
    D, e, L, mu = symbols("D e L mu")
    cocoercive = (L - mu) * (D - mu * e) * e - (D - mu * e) ** 2
    return [cocoercive / (mu + L) - (D * e - mu * L / (mu + L) * e**2 - D**2 / (mu + L))]


@linear_rate.symbolic
def _() -> Expressions:
    D, e, L, mu, eta, kappa = symbols("D e L mu eta kappa")
    spare = D * e - mu * L / (mu + L) * e**2 - D**2 / (mu + L)  # at least 0
    bound = (1 - 2 * eta * mu * L / (mu + L)) * e**2 + eta * (eta - 2 / (mu + L)) * D**2
    best = {eta: 2 / (L + mu)}
    return [
        (e - eta * D) ** 2 - (e**2 - 2 * eta * D * e + eta**2 * D**2),
        (e - eta * D) ** 2 + 2 * eta * spare - bound,
        bound.subs(D, mu * e) - (1 - eta * mu) ** 2 * e**2,
        bound.subs(D, L * e) - (1 - eta * L) ** 2 * e**2,
        (1 - eta * mu).subs(best) - (eta * L - 1).subs(best),
        (1 - eta * mu).subs(best).subs(L, kappa * mu) - (kappa - 1) / (kappa + 1),
        (1 - eta * mu).subs(eta, 1 / L).subs(L, kappa * mu) - (1 - 1 / kappa),
    ]


@linear_rate_usual.symbolic
def _() -> Expressions:
    L, mu, kappa, d = symbols("L mu kappa d")
    rho = 1 - 1 / kappa
    return [rho - rho**2 - rho / kappa, (d - 2 * mu * d / (2 * L)).subs(L, kappa * mu) - rho * d]


@steps_to_accuracy.symbolic
def _() -> Expressions:
    """The number of steps; and, for x = 1/kappa, why the logarithms are at least x and 2x: their differences grow."""
    from sympy import log

    rho, eps, x = symbols("rho epsilon x", positive=True)
    k = log(1 / eps) / (-2 * log(rho))
    return [
        log(rho) * 2 * k - log(eps),
        (-log(1 - x) - x).diff(x) - x / (1 - x),
        (-log((1 - x) / (1 + x)) - 2 * x).diff(x) - 2 * x**2 / (1 - x**2),
        -log((1 - x) / (1 + x)).series(x, 0, 5).removeO() - 2 * (x + x**3 / 3),
    ]


@quadratic_descent.symbolic
def _() -> Expressions:
    from sympy import Matrix, eye

    a, b, c, eta = symbols("a b c eta")
    A, star, start = Matrix([[a, b], [b, c]]), Matrix(symbols("s_1 s_2")), Matrix(symbols("x_1 x_2"))
    theta = start
    for _k in range(3):
        theta = theta - eta * (A * theta - A * star)
    return [*(theta - star - (eye(2) - eta * A) ** 3 * (start - star))]


@beyond_two_over_l.symbolic
def _() -> Expressions:
    from sympy import Rational

    s, L = symbols("s L")
    x = 3 * s / (2 * L)
    return [x - 3 / L * s + x, 1 - Rational(21, 100) - Rational(79, 100)]
