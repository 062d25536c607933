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
from gdfigs.claims.momentum import heavy_ball_energy, heavy_ball_rate
from gdfigs.claims.natural_gradient import (
    exponential_family,
    fitting_a_gaussian,
    natural_gradient_invariance,
    newton_flow,
)
from gdfigs.claims.nesterov import nesterov_flow
from gdfigs.claims.noise import langevin_variance, ornstein_uhlenbeck, stationary_density


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
    return list(J * (J.T * G * J).inv() * J.T - G.inv())


@newton_flow.symbolic
def _() -> Expressions:
    from sympy import Matrix

    x, _f, g, H = plane()
    motion = moving(x, -H.inv() * g)
    a, b, c = symbols("a b c")
    A, theta, star = Matrix([[a, b], [b, c]]), Matrix(symbols("x_1 x_2")), Matrix(symbols("s_1 s_2"))
    return [*(along(motion, slope) + slope for slope in g), *(A.inv() * (A * theta - A * star) - (theta - star))]


@exponential_family.symbolic
def _() -> Expressions:
    """For the family of all laws on three points, T = (0, 0), (1, 0), (0, 1), of weights 1, w_1, w_2 with w = e^xi."""
    from sympy import Matrix, S, log

    w, target = symbols("w_1 w_2", positive=True), Matrix(symbols("a b"))

    def gradient(expression: Any) -> Any:
        return Matrix([along({weight: weight}, expression) for weight in w])  # as d w / d xi = w

    total = 1 + sum(w)
    tau = Matrix(w) / total
    scores = [gradient(log(weight) - log(total)) for weight in (S.One, *w)]
    p = [1 / total, *tau]
    fisher = sum((weight * score * score.T for weight, score in zip(p, scores, strict=True)), Matrix.zeros(2))
    hessian = Matrix.hstack(*(gradient(mean) for mean in tau))
    motion = moving(w, Matrix(w).multiply_elementwise(-fisher.inv() * (tau - target)))
    return [
        *(gradient(log(total)) - tau),
        *(scores[1] - (Matrix([1, 0]) - tau)),
        *(fisher - hessian),
        *(along(motion, mean) + mean - goal for mean, goal in zip(tau, target, strict=True)),
    ]


@fitting_a_gaussian.symbolic
def _() -> Expressions:
    """Scores, f and the gradient of it, with moments of z = (x - m) / s; and the flow of m and s^2."""
    from sympy import Poly, Rational, exp, log

    x, m, a, z = symbols("x m a z")
    s, b, t = symbols("s b t", positive=True)
    normal = (1, 0, 1, 0, 3)

    def mean(expression: Any, at: Any, deviation: Any) -> Any:
        return sum(factor * normal[n] for (n,), factor in Poly(expression.subs(x, deviation * z + at), z).terms())

    log_p = -((x - m) ** 2) / (2 * s**2) - log(s)
    up, across = log_p.diff(m), log_p.diff(s)
    f = log(s / b) + (b**2 + (m - a) ** 2) / (2 * s**2) - Rational(1, 2)
    left = exp(-t)
    variance = (1 - left) * b**2 + left * s**2 + left * (1 - left) * (m - a) ** 2
    return [
        mean(up * up, m, s) - 1 / s**2,
        mean(up * across, m, s),
        mean(across * across, m, s) - 2 / s**2,
        mean(-((x - a) ** 2) / (2 * b**2) - log(b) - log_p, a, b) - f,
        s**2 * f.diff(m) - (m - a),
        2 * s * (s**2 / 2) * f.diff(s) - (s**2 - b**2 - (m - a) ** 2),
        variance.subs(t, 0) - s**2,
        variance.diff(t) + variance - b**2 - (left * (m - a)) ** 2,
    ]


@stationary_density.symbolic
def _() -> Expressions:
    from sympy import exp

    x, f, g, _H = plane()
    beta = symbols("beta", positive=True)
    p = exp(-beta * f)
    return list(p * g + p.diff(x) / beta)


@ornstein_uhlenbeck.symbolic
def _() -> Expressions:
    """The integral of the proof, and the Fokker-Planck equation."""
    from sympy import exp, integrate, sqrt

    x, theta0 = symbols("x theta_0", real=True)
    t, r, beta, lam = symbols("t r beta lambda", positive=True)
    variance = (1 - exp(-2 * lam * t)) / (beta * lam)
    p = exp(-((x - exp(-lam * t) * theta0) ** 2) / (2 * variance)) / sqrt(variance)  # but for a constant factor
    return [
        2 / beta * integrate(exp(-2 * lam * (t - r)), (r, 0, t)) - variance,
        p.diff(t) / p - ((lam * x * p).diff(x) + p.diff(x, 2) / beta) / p,
        p.diff(x).subs(x, theta0 * exp(-lam * t)),
    ]


@langevin_variance.symbolic
def _() -> Expressions:
    from sympy import solve

    beta, lam, eta, v, k = symbols("beta lambda eta v k", positive=True)
    (limit,) = solve(v - ((1 - eta * lam) ** 2 * v + 2 * eta / beta), v)
    q = (1 - eta * lam) ** 2
    return [
        1 - q - 2 * eta * lam * (1 - eta * lam / 2),
        limit - 1 / (beta * lam * (1 - eta * lam / 2)),
        limit.subs(eta, 0) - 1 / (beta * lam),
        limit * (1 - q ** (k + 1)) - (q * limit * (1 - q**k) + 2 * eta / beta),
    ]
