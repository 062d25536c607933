"""The same of Euler's methods, and of the methods and equations that go beyond them."""

from typing import Any

from gdfigs.claims.flow_to_descent import (
    backward_euler,
    backward_euler_nonconvex,
    forward_euler,
    global_error,
    local_error,
    stability,
)
from gdfigs.claims.identities import Expressions, symbols
from gdfigs.claims.identities_of_flows import along, moving, plane
from gdfigs.claims.momentum import heavy_ball_energy, heavy_ball_rate, nesterov_flow
from gdfigs.claims.natural_gradient import natural_gradient_invariance
from gdfigs.claims.noise import langevin_variance


@forward_euler.symbolic
def _() -> Expressions:
    theta, after, eta, g = symbols("theta theta_+ eta g")
    return [((after - theta) / eta + g).subs(after, theta - eta * g)]


@local_error.symbolic
def _() -> Expressions:
    """The second derivative along the flow; and on a quadratic the whole difference, to the second order."""
    from sympy import exp

    x, _f, g, H = plane()
    flow = moving(x, -g)
    eta, lam = symbols("eta lambda")
    missed = exp(-eta * lam) - (1 - eta * lam)
    return [
        *(x.applyfunc(lambda xi: along(flow, along(flow, xi))) - H * g),
        missed.series(eta, 0, 3).removeO() - eta**2 / 2 * lam * lam,
    ]


@global_error.symbolic
def _() -> Expressions:
    from sympy import exp, integrate

    L, G, r, s, eta, e, D, j, K, T = symbols("L G r s eta e D j K T")
    cocoercive = D * e - D**2 / L  # at least 0
    return [
        integrate(L * integrate(G, (r, 0, s)), (s, 0, eta)) - L * eta**2 / 2 * G,
        (e - eta * D) ** 2 + 2 * eta * cocoercive - (e**2 - eta * (2 / L - eta) * D**2),
        (K * L * eta**2 / 2 * G).subs(K, T / eta) - eta / 2 * L * T * G,
        exp(L * j * eta) * exp(L * (K - j) * eta) - exp(L * T).subs(T, K * eta),
    ]


@stability.symbolic
def _() -> Expressions:
    from sympy import exp

    theta, lam, eta, t = symbols("theta lambda eta t")
    flow = exp(-lam * t)
    return [
        flow.diff(t) + lam * flow,
        flow.subs(t, t + eta) - exp(-lam * eta) * flow,
        theta - eta * (lam / 2 * theta**2).diff(theta) - (1 - eta * lam) * theta,
    ]


@backward_euler.symbolic
def _() -> Expressions:
    from sympy import solve

    k, eta, d, d_next, g, g_next, e_next, lam, theta = symbols("k eta d d_+ g g_+ e_+ lambda theta")
    e = e_next + eta * g_next

    def W(k: Any, d: Any, g: Any, e: Any) -> Any:
        return k * eta * d + k**2 * eta**2 * g**2 / 2 + e**2 / 2

    change = W(k + 1, d_next, g_next, e_next) - W(k, d, g, e)
    first, second = d - d_next - eta * g_next**2, g_next * e_next - d_next  # both at least 0
    (after,) = solve(theta - eta * lam * e_next - e_next, e_next)
    c = k * eta
    return [
        e**2 / 2 - (e_next**2 / 2 + eta * g_next * e_next + eta**2 * g_next**2 / 2),
        change + k * eta * first + eta * second - k**2 * eta**2 / 2 * (g_next**2 - g**2),
        c**2 * g**2 / 2 + e**2 / 2 - c * g * e - (c * g - e) ** 2 / 2,
        c**2 * g**2 / 2 + e**2 / 2 - (W(k, d, g, e) - c * d),
        e * e_next - (e_next**2 + eta * g_next * e_next),
        after - theta / (1 + eta * lam),
    ]


@backward_euler_nonconvex.symbolic
def _() -> Expressions:
    from sympy import solve

    u, x = symbols("u x")
    f = -(u**2) / 2
    (after,) = solve(u - (x - 3 * f.diff(u)), u)
    return [after + x / 2, f + (u - x) ** 2 / 6 - (x**2 - 2 * u * x - 2 * u**2) / 6]


@heavy_ball_energy.symbolic
def _() -> Expressions:
    """The energy; the double root; the difference of two motions, and the kernel that it is an integral against."""
    from sympy import Matrix, exp, sqrt

    x, f, g, _H = plane()
    v = Matrix(symbols("v_1 v_2"))
    gamma, more, mu, r, r1, r2, t = symbols("gamma gamma' mu r r_1 r_2 t", positive=True)
    motion = moving(x, v) | moving(v, -gamma * v - g)
    x1, x2, v1, v2 = symbols("x_1 x_2 v_1 v_2")
    two = moving((x1, x2), (v1, v2)) | moving((v1, v2), (-gamma * v1 - mu * x1, -more * v2 - mu * x2))
    kernel = (exp(r2 * t) - exp(r1 * t)) / (r2 - r1)
    return [
        along(motion, f + v.dot(v) / 2) + gamma * v.dot(v),
        (r**2 + gamma * r + mu).subs(gamma, 2 * sqrt(mu)) - (r + sqrt(mu)) ** 2,
        along(two, v2 - v1) + more * (v2 - v1) + mu * (x2 - x1) + (more - gamma) * v1,
        kernel.diff(t, 2) - (r1 + r2) * kernel.diff(t) + r1 * r2 * kernel,
        kernel.subs(t, 0),
        kernel.diff(t).subs(t, 0) - 1,
    ]


@heavy_ball_rate.symbolic
def _() -> Expressions:
    """The step from r^0 to r^2; its discriminant, 0 at (1 -+ sqrt beta)^2, which the parameters put at mu and L; what k
    steps make of a mode, with c = cos(phi); and the converse."""
    from sympy import cos, discriminant, sin, sqrt

    r, q, alpha, lam, L, mu, phi, k, s = symbols("r q alpha lambda L mu phi k s", positive=True)  # q^2 = beta
    p = 1 + q**2 - alpha * lam
    characteristic = r**2 - p * r + q**2
    rate, step, kappa = (sqrt(L) - sqrt(mu)) / (sqrt(L) + sqrt(mu)), (2 / (sqrt(L) + sqrt(mu))) ** 2, L / mu

    def mode(k: Any) -> Any:
        return q**k * (sin((k + 1) * phi) - q * sin(k * phi)) / sin(phi)

    return [
        r**2 - (r - alpha * lam * r + q**2 * (r - 1)) - characteristic,
        discriminant(characteristic, r) - (alpha * lam - (1 - q) ** 2) * (alpha * lam - (1 + q) ** 2),
        (1 - rate) ** 2 / step - mu,
        (1 + rate) ** 2 / step - L,
        (sqrt(kappa) - 1) / (sqrt(kappa) + 1) - rate,
        mode(0) - 1,
        mode(-1) - 1,
        mode(k + 1) - 2 * q * cos(phi) * mode(k) + q**2 * mode(k - 1),
        s + q**2 / s - p - (alpha * lam - (1 - s) * (1 - q**2 / s)),
        s + q**2 / s + p - ((1 + s) * (1 + q**2 / s) - alpha * lam),
    ]


@nesterov_flow.symbolic
def _() -> Expressions:
    """The energy; and on c |x| with c = 4R/T^2 the motion to the time T, where it meets the bound."""
    from sympy import Matrix

    e, d, g, _H = plane()
    t, R, T = symbols("t R T", positive=True)
    v = Matrix(symbols("v_1 v_2"))
    motion = moving(e, v) | moving(v, -3 / t * v - g) | {t: 1}
    ahead, slope = e + t / 2 * v, 4 * R / T**2
    x = R - slope * t**2 / 8
    return [
        *(ahead.applyfunc(lambda a: along(motion, a)) + t / 2 * g),
        along(motion, t**2 * d + 2 * ahead.dot(ahead)) - 2 * t * (d - g.dot(e)),
        x.diff(t, 2) + 3 / t * x.diff(t) + slope,
        slope * x.subs(t, T) - 2 * R**2 / T**2,
    ]


@natural_gradient_invariance.symbolic
def _() -> Expressions:
    from sympy import Matrix

    a, b, c = symbols("a b c")
    J, G = Matrix(2, 2, symbols("J_:4")), Matrix([[a, b], [b, c]])
    theta, star = Matrix(symbols("x_1 x_2")), Matrix(symbols("s_1 s_2"))
    return [*(J * (J.T * G * J).inv() * J.T - G.inv()), *(G.inv() * (G * theta - G * star) - (theta - star))]


@langevin_variance.symbolic
def _() -> Expressions:
    from sympy import exp, solve

    x, f, g, _H = plane()
    beta, lam, eta, v = symbols("beta lambda eta v", positive=True)
    p = exp(-beta * f)
    flux = p * g + p.diff(x) / beta
    (variance,) = solve(v - ((1 - eta * lam) ** 2 * v + 2 * eta / beta), v)
    return [
        *flux,
        1 - (1 - eta * lam) ** 2 - 2 * eta * lam * (1 - eta * lam / 2),
        variance - 1 / (beta * lam * (1 - eta * lam / 2)),
        variance.subs(eta, 0) - 1 / (beta * lam),
    ]
