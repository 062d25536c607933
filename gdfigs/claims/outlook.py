"""What the page "Outlook" states."""

from copy import copy
from fractions import Fraction

import numpy as np

from gdfigs import bounds, second_order
from gdfigs.claims import Pairs, claim, while_large
from gdfigs.claims.suite import CONVEX, QUADRATIC, STRONGLY_CONVEX, TWICE
from gdfigs.flows import langevin, natural_gradient_flow
from gdfigs.methods import heavy_ball
from gdfigs.problems import (
    Array,
    Point,
    Problem,
    Quadratic,
    huber,
    lessard_recht_packard,
    log_cosh,
    one_sided,
    quadratic,
)

PAGE = "outlook.md"
NODES, WEIGHTS = np.polynomial.legendre.leggauss(60)
"""A Gauss rule, which integrates to rounding what is analytic."""


def _motion_and_work(problem: Problem, theta0: Point, gamma: float, T: float) -> tuple[second_order.Motion, float]:
    """The heavy ball from 0 to T, and gamma times the integral of its squared velocity."""
    t = np.concatenate([[0.0], T / 2 * (NODES + 1), [T]])
    motion = second_order.heavy_ball_flow(problem, theta0, gamma, t)
    return motion, float(gamma * T / 2 * WEIGHTS @ (motion.v[1:-1] ** 2).sum(axis=-1))


@claim(
    PAGE,
    r"\frac{\mathrm{d}E}{\mathrm{d}t} = -\gamma \lVert \dot\theta \rVert^2"
    r"; \; \gamma = 2\sqrt\mu \text{ returns fastest without oscillating on } \tfrac\mu2 x^2",
    over=TWICE,
    relation="==",
)
def heavy_ball_energy(problem: Problem, theta0: Point, u: float) -> Pairs:
    """The integral of the first; then the motion of the double root, and that it stays nearest and never crosses 0."""
    scale = np.sqrt(problem.L)
    for T in (1.0, 3.0):
        motion, work = _motion_and_work(problem, theta0, 2 * u * scale, T / scale)
        yield motion.energy[0] - motion.energy[-1], work
    x = _positions(problem.L, np.array([1.0, 1.0 + u, 10.0]))
    yield x[0], (1 + TIMES) * np.exp(-TIMES)
    yield x.min(axis=0), x[0]
    yield np.sign(x), 1.0


TIMES = np.linspace(0, 20, 50)
"""In units of 1 / sqrt(mu)."""


def _positions(mu: float, frictions: Array) -> Array:
    """Heavy balls on (mu/2) x^2 from 1, for frictions in units of the critical one: shape (frictions, times)."""
    f, t, critical = quadratic([[mu]]), TIMES / np.sqrt(mu), bounds.critical_damping(mu)
    return np.stack([second_order.heavy_ball_flow(f, [1.0], c * critical, t).x[:, 0] for c in frictions])


@heavy_ball_energy.without("the kinetic energy: f alone rises on the way")
def _() -> Pairs:
    motion, work = _motion_and_work(quadratic([[1.0]]), np.ones(1), 0.2, 5.0)
    assert (np.diff(motion.f) > 0).any()
    yield motion.f[0] - motion.f[-1], work


@heavy_ball_energy.without("friction of at least 2 sqrt(mu): with less it oscillates")
def _() -> Pairs:
    yield np.sign(_positions(2.0, np.array([0.9]))), 1.0


@heavy_ball_energy.without("friction of at most 2 sqrt(mu): with more it returns later")
def _() -> Pairs:
    critical, more = _positions(2.0, np.array([1.0, 1.1]))
    yield more, critical


@claim(
    PAGE,
    r"\lVert \theta_k - \theta^\ast \rVert \le ( 1 + k (1 + \sqrt\beta) ) \beta^{k/2} R"
    r"; \; \sqrt\beta = \frac{\sqrt\kappa - 1}{\sqrt\kappa + 1} \text{ is the least spectral radius}",
    over=QUADRATIC,
)
def heavy_ball_rate(problem: Problem, theta0: Point, u: float) -> Pairs:
    L, mu, rate = problem.L, problem.mu, bounds.heavy_ball_rate(problem.L, problem.mu)
    alpha, beta = bounds.heavy_ball_parameters(L, mu)
    path = heavy_ball(problem, theta0, alpha, beta, 100)
    k = np.arange(len(path))
    yield while_large(path.distance, bounds.heavy_ball_quadratic(k, L, mu) * path.distance[0])
    # The roots of r^2 - p r + beta both have the modulus sqrt(beta) iff |p| <= 2 sqrt(beta).
    modes = np.linalg.eigvalsh(problem.hess(theta0))
    yield np.abs(1 + beta - alpha * modes), 2 * rate
    others = np.outer([-1, 1], [1e-6, 1e-3, 0.1, 0.5]).ravel() + 1
    yield rate, _spectral_radius(*np.meshgrid(others * alpha, others * beta), modes)
    yield rate, bounds.contraction(bounds.best_step(L, mu), L, mu)


def _spectral_radius(alpha: Array, beta: Array, modes: Array) -> Array:
    """Of (theta_k, theta_{k-1}) -> (theta_{k+1}, theta_k) over the modes, for each alpha and beta."""
    companion = np.zeros((*alpha.shape, len(modes), 2, 2))
    companion[..., 0, 0] = (1 + beta)[..., None] - alpha[..., None] * modes
    companion[..., 0, 1] = -beta[..., None]
    companion[..., 1, 0] = 1
    return np.abs(np.linalg.eigvals(companion)).max(axis=(-1, -2))


@heavy_ball_rate.attained("(L/2) x^2")
def _() -> Pairs:
    path = heavy_ball(quadratic([[25.0]]), [1.0], *bounds.heavy_ball_parameters(25.0, 1.0), 30)
    yield path.distance, bounds.heavy_ball_quadratic(np.arange(31), 25.0, 1.0)


@heavy_ball_rate.without("a quadratic")
def _() -> Pairs:
    f = lessard_recht_packard()
    path = heavy_ball(f, [3.3], *bounds.heavy_ball_parameters(f.L, f.mu), 30)
    yield path.distance, bounds.heavy_ball_quadratic(np.arange(31), f.L, f.mu) * path.distance[0]


@heavy_ball_rate.without("these alpha and beta")
def _() -> Pairs:
    alpha, beta = bounds.heavy_ball_parameters(25.0, 1.0)
    for a, b in ((0.9, 1.0), (1.0, 0.9), (1.0, 1.1)):
        path = heavy_ball(quadratic([[1.0]]), [1.0], a * alpha, b * beta, 400)
        yield path.distance[-1], bounds.heavy_ball_quadratic(400, 25.0, 1.0)


CYCLE = [Fraction(n, 1225) for n in (792, -2208, 2592)]


def _last_three(start: float) -> Array:
    f = lessard_recht_packard()
    return heavy_ball(f, [start], *bounds.heavy_ball_parameters(f.L, f.mu), 150).x[-3:, 0]


@claim(
    PAGE,
    r"\text{from } 3.07 \le x_0 \le 3.46 \text{ tuned heavy ball tends to the cycle}"
    r"\; \tfrac{792}{1225} , \; -\tfrac{2208}{1225} , \; \tfrac{2592}{1225}",
    relation="==",
)
def heavy_ball_cycle() -> Pairs:
    for start in np.linspace(3.07, 3.46, 27):
        yield np.sort(_last_three(start)), np.sort([float(x) for x in CYCLE])
    f = lessard_recht_packard()
    alpha, beta = (Fraction(a).limit_denominator(100) for a in bounds.heavy_ball_parameters(f.L, f.mu))
    for last, now, following in ((CYCLE * 2)[i : i + 3] for i in range(3)):
        off = now - alpha * f.grad(np.array([now]))[0] + beta * (now - last) - following  # in exact arithmetic
        yield float(off), 0.0


@heavy_ball_cycle.without("a start in this interval")
def _() -> Pairs:
    yield np.sort(_last_three(3.0)), np.sort([float(x) for x in CYCLE])


@claim(PAGE, r"f(\theta(t)) - f(\theta^\ast) \le \frac{2R^2}{t^2}", over=CONVEX)
def nesterov_flow(problem: Problem, theta0: Point, u: float) -> Pairs:
    t = 20 * u / np.sqrt(problem.L) * np.linspace(0, 1, 41)
    motion = second_order.nesterov_flow(problem, theta0, t)
    yield motion.gap[1:], bounds.nesterov_flow_bound(t[1:], motion.distance[0])


@nesterov_flow.attained("c |x| with c = 4R/t^2, the limit of Huber functions")
def _() -> Pairs:
    """On Huber functions, by all but 4 / (L t^2)."""
    for t, R in ((1.0, 1.0), (3.0, 0.5)):
        motion = second_order.nesterov_flow(huber(4 * R / t**2, L=1e11), [R], [t])
        yield motion.gap, bounds.nesterov_flow_bound(t, R)


@nesterov_flow.without("convexity")
def _() -> Pairs:
    """From beside the maximum of the double well the gap stays while the bound falls."""
    yield from nesterov_flow.measure(one_sided(), np.full(1, 1e-9), 0.5)


def _metric(theta: Point) -> Array:
    return np.eye(len(theta)) + np.outer(theta, theta)


def _phi(xi: Array) -> Array:
    """A change of coordinates: the Jacobian differs from I by a matrix of norm 1/2 at most."""
    return xi + np.sin(np.roll(xi, -1, axis=-1)) / 2


def _jacobian(xi: Point) -> Array:
    return np.eye(len(xi)) + np.roll(np.eye(len(xi)), 1, axis=1) * np.cos(xi) / 2


def _in_coordinates(problem: Problem) -> Problem:
    """f(phi(xi)), as far as its flow needs it."""
    image = copy(problem)
    object.__setattr__(image, "grad", lambda xi: _jacobian(xi).T @ problem.grad(_phi(xi)))
    return image


@claim(
    PAGE,
    r"\varphi(\xi(t)) = \theta(t) \text{ if the metric in } \xi \text{ is } J^\top G J"
    r"; \; \theta(t) - \theta^\ast = e^{-t} (\theta_0 - \theta^\ast) \text{ on quadratics with } G = A",
    over=STRONGLY_CONVEX,
    relation="==",
)
def natural_gradient_invariance(problem: Problem, theta0: Point, u: float) -> Pairs:
    t = 2 / problem.L * np.linspace(0.1, 1, 4)
    flow = natural_gradient_flow(problem, _metric, _phi(theta0), t)

    def carried_over(xi: Point) -> Array:
        J = _jacobian(xi)
        return J.T @ _metric(_phi(xi)) @ J

    image = natural_gradient_flow(_in_coordinates(problem), carried_over, theta0, t)
    yield _phi(image.x), flow.x
    if isinstance(problem, Quadratic):
        straight = natural_gradient_flow(problem, problem.hess, theta0, np.linspace(0, 3, 4))
        yield straight.x - problem.solution, np.exp(-straight.t)[:, None] * (theta0 - problem.solution)


@natural_gradient_invariance.without("a metric carried over as J^T G J")
def _() -> Pairs:
    f, start, t = log_cosh(2), np.array([1.0, -0.5]), np.ones(1)
    image = natural_gradient_flow(_in_coordinates(f), lambda xi: _metric(_phi(xi)), start, t)
    yield _phi(image.x), natural_gradient_flow(f, _metric, _phi(start), t).x


@natural_gradient_invariance.without("the Hessian for a metric")
def _() -> Pairs:
    flow = natural_gradient_flow(quadratic(np.diag([1.0, 2.0])), _metric, [1.0, 1.0], [1.0])
    yield flow.x, np.exp(-1) * np.ones(2)


@claim(
    PAGE,
    r"e^{-\beta f} \text{ is stationary; on } \tfrac\lambda2 \theta^2 \text{ the variance is } \frac{1}{\beta\lambda}"
    r"\text{, and } \frac{1}{\beta\lambda (1 - \eta\lambda/2)} \text{ with steps } 0 < \eta\lambda < 2",
    relation="==",
)
def langevin_variance() -> Pairs:
    x = np.linspace(-40, 40, 8192, endpoint=False)[:, None]
    for f, beta in ((quadratic([[2.0]]), 3.0), (log_cosh(), 2.0), (one_sided(), 1.5)):
        p = np.exp(-beta * (f.f(x) - f.minimum))
        yield p * f.grad(x)[:, 0], -_derivative(p, 80.0) / beta  # the flux of the Fokker-Planck equation vanishes
    p = np.exp(-3.0 * x[:, 0] ** 2)
    yield (x[:, 0] ** 2 @ p) / p.sum(), bounds.langevin_variance(3.0, 2.0)
    for beta, lam, z in ((1.0, 1.0, 0.2), (2.0, 0.5, 1.0), (0.3, 3.0, 1.8)):
        variance = bounds.langevin_variance(beta, lam, z / lam)
        yield _recursion(beta, lam, z / lam, 60), variance
        yield _simulated(beta, lam, z / lam, 60, variance)


def _derivative(values: Array, period: float) -> Array:
    """By the Fourier series, exact to rounding for what is analytic and vanishes at the ends."""
    frequencies = 2j * np.pi * np.fft.fftfreq(len(values), period / len(values))
    return np.fft.ifft(frequencies * np.fft.fft(values)).real


def _recursion(beta: float, lam: float, eta: float, steps: int) -> float:
    """The variance after so many steps of Euler-Maruyama from a point."""
    variance = 0.0
    for _ in range(steps):
        variance = float(bounds.forward_factor(eta * lam)) ** 2 * variance + 2 * eta / beta
    return variance


CHAINS, CHANCE = 4000, 1e-6
"""How many chains are simulated; the chance that a true variance falls outside the band, were the seed drawn anew."""


def _simulated(beta: float, lam: float, eta: float, steps: int, variance: Array) -> tuple[Array, Array]:
    """The sum of squares over the variance, by chi-squared with a degree for each chain: cut to its band, and uncut."""
    from scipy.special import gammaincinv

    chains = langevin(quadratic([[lam]]), [0.0], beta, eta, steps, CHAINS, np.random.default_rng(20250601))
    total = (chains[-1] ** 2).sum() / variance
    return np.clip(total, *(2 * gammaincinv(CHAINS / 2, [CHANCE / 2, 1 - CHANCE / 2]))), total


@langevin_variance.without("eta lambda < 2: the variance grows for ever")
def _() -> Pairs:
    yield _recursion(1.0, 1.0, 2.0, 60), _recursion(1.0, 1.0, 2.0, 61)


@langevin_variance.without("the factor 1 - eta lambda / 2: what is simulated shows it")
def _() -> Pairs:
    yield _simulated(1.0, 1.0, 0.5, 60, bounds.langevin_variance(1.0, 1.0))
