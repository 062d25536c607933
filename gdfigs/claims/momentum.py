"""Claims of the page "Momentum"."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from gdfigs.claims import worst_case as pep
from gdfigs.claims.classes import QUADRATIC, TWICE
from gdfigs.claims.core import Pairs, WorstCase, claim, while_large
from gdfigs.claims.symbolic import Expressions, along, moving, plane, sp
from gdfigs.maths import bounds, flows
from gdfigs.maths.methods import heavy_ball
from gdfigs.maths.problems import Array, Point, Problem, lessard_recht_packard, quadratic

NODES, WEIGHTS = np.polynomial.legendre.leggauss(60)
"""A Gauss rule, which integrates to rounding what is analytic."""


def _motion_and_work(problem: Problem, theta0: Point, gamma: float, T: float) -> tuple[flows.Motion, float]:
    r"""Return the motion to the time $T$, and $\gamma$ times the integral of its squared velocity."""
    t = np.concatenate([[0.0], T / 2 * (NODES + 1), [T]])
    motion = flows.heavy_ball_flow(problem, theta0, gamma, t)
    return motion, float(gamma * T / 2 * WEIGHTS @ (motion.v[1:-1] ** 2).sum(axis=-1))


@claim(
    over=TWICE,
    relation="==",
)
def heavy_ball_energy(problem: Problem, theta0: Point, u: float) -> Pairs:
    """Compare the integral; the motion of the double root, which stays nearest and never crosses 0; the exponents."""
    scale = np.sqrt(problem.L)
    for T in (1.0, 3.0):
        motion, work = _motion_and_work(problem, theta0, 2 * u * scale, T / scale)
        yield motion.energy[0] - motion.energy[-1], work
    x = _positions(problem.L, np.array([1.0, 1.0 + u, 10.0]))
    yield x[0], (1 + TIMES) * np.exp(-TIMES)
    yield x.min(axis=0), x[0]
    yield np.sign(x), 1.0
    frictions = bounds.critical_damping(problem.L) * np.array([u, 1 - u / 2, 1 + u, 10.0, 1.0])
    exponents = bounds.damping_exponent(frictions, problem.L)
    yield exponents[:-1], _exponents(problem.L, frictions[:-1])  # the last root is double: rounding splits it
    yield exponents.max(), scale


def _exponents(mu: float, frictions: Array) -> Array:
    r"""Return minus the largest real part of eigenvalues of $(x, v) \mapsto (v, -\mu x - \gamma v)$, by friction."""
    fields = np.array([[[0.0, 1.0], [-mu, -gamma]] for gamma in frictions])
    return -np.linalg.eigvals(fields).real.max(axis=-1)


TIMES = np.linspace(0, 20, 50)
r"""In units of $1/\sqrt\mu$."""


def _positions(mu: float, frictions: Array) -> Array:
    r"""Return motions on $(\mu/2) x^2$ from 1, for frictions in units of the critical one: shape (frictions, times)."""
    f, t, critical = quadratic([[mu]]), TIMES / np.sqrt(mu), bounds.critical_damping(mu)
    return np.stack([flows.heavy_ball_flow(f, [1.0], c * critical, t).x[:, 0] for c in frictions])


@heavy_ball_energy.without("the kinetic energy: $f$ alone rises on the way")
def _() -> Pairs:
    motion, work = _motion_and_work(quadratic([[1.0]]), np.ones(1), 0.2, 5.0)
    assert (np.diff(motion.f) > 0).any()
    yield motion.f[0] - motion.f[-1], work


@heavy_ball_energy.without(r"friction of at least $2 \sqrt\mu$: with less it oscillates")
def _() -> Pairs:
    yield np.sign(_positions(2.0, np.array([0.9]))), 1.0


@heavy_ball_energy.without(r"friction of at most $2 \sqrt\mu$: with more it returns later")
def _() -> Pairs:
    critical, more = _positions(2.0, np.array([1.0, 1.1]))
    yield more, critical


@heavy_ball_energy.symbolic
def _() -> Expressions:
    """Differentiate the energy, the difference of two motions, and the kernel that it is an integral against."""
    x, f, g, _H = plane()
    v = sp.Matrix(sp.symbols("v_1 v_2"))
    gamma, more, mu, r1, r2, t = sp.symbols("gamma gamma' mu r_1 r_2 t", positive=True)
    motion = moving(x, v) | moving(v, -gamma * v - g)
    x1, x2, v1, v2 = sp.symbols("x_1 x_2 v_1 v_2")
    two = moving((x1, x2), (v1, v2)) | moving((v1, v2), (-gamma * v1 - mu * x1, -more * v2 - mu * x2))
    kernel = (sp.exp(r2 * t) - sp.exp(r1 * t)) / (r2 - r1)
    return [
        along(motion, f + v.dot(v) / 2) + gamma * v.dot(v),
        along(two, v2 - v1) + more * (v2 - v1) + mu * (x2 - x1) + (more - gamma) * v1,
        kernel.diff(t, 2) - (r1 + r2) * kernel.diff(t) + r1 * r2 * kernel,
        kernel.diff(t).subs(t, 0) - 1,
    ]


@claim(
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
    given = np.array([0.0, 0.5 * beta, 0.9 * beta, 0.1 + 0.9 * beta, 0.9 + 0.1 * beta])
    step = bounds.heavy_ball_step(given, L, mu)
    formula, radius = bounds.heavy_ball_factor(step, given, L, mu), _spectral_radius(step, given, modes)
    yield radius, formula
    yield formula, radius
    yield formula, _spectral_radius(np.outer(others, step), np.broadcast_to(given, (len(others), len(given))), modes)


def _spectral_radius(alpha: Array, beta: Array, modes: Array) -> Array:
    """Return that of the map from two points to the next two, over the modes, for each alpha and beta."""
    companion = np.zeros((*alpha.shape, len(modes), 2, 2))
    companion[..., 0, 0] = (1 + beta)[..., None] - alpha[..., None] * modes
    companion[..., 0, 1] = -beta[..., None]
    companion[..., 1, 0] = 1
    return np.abs(np.linalg.eigvals(companion)).max(axis=(-1, -2))


@heavy_ball_rate.attained("$(L/2) x^2$")
def _() -> Pairs:
    path = heavy_ball(quadratic([[25.0]]), [1.0], *bounds.heavy_ball_parameters(25.0, 1.0), 30)
    yield path.distance, bounds.heavy_ball_quadratic(np.arange(31), 25.0, 1.0)


heavy_ball_rate.meets(replace(quadratic([[25.0]]), mu=1.0), [1.0], k=7)


@heavy_ball_rate.without("a quadratic")
def _() -> Pairs:
    f = lessard_recht_packard()
    path = heavy_ball(f, [3.3], *bounds.heavy_ball_parameters(f.L, f.mu), 30)
    yield path.distance, bounds.heavy_ball_quadratic(np.arange(31), f.L, f.mu) * path.distance[0]


@heavy_ball_rate.without(r"these $\alpha$ and $\beta$")
def _() -> Pairs:
    alpha, beta = bounds.heavy_ball_parameters(25.0, 1.0)
    for a, b in ((0.9, 1.0), (1.0, 0.9), (1.0, 1.1)):
        path = heavy_ball(quadratic([[1.0]]), [1.0], a * alpha, b * beta, 400)
        yield path.distance[-1], bounds.heavy_ball_quadratic(400, 25.0, 1.0)


@heavy_ball_rate.symbolic
def _() -> Expressions:
    r"""Factor the discriminant, 0 at $(1 \mp \sqrt\beta)^2$, which the parameters put at $\mu$ and $L$; take steps on a
    mode; and factor for the converse."""
    r, q, alpha, lam, L, mu, phi, k, s = sp.symbols("r q alpha lambda L mu phi k s", positive=True)  # q^2 = beta
    p = 1 + q**2 - alpha * lam
    rate, step = (sp.sqrt(L) - sp.sqrt(mu)) / (sp.sqrt(L) + sp.sqrt(mu)), (2 / (sp.sqrt(L) + sp.sqrt(mu))) ** 2

    def mode(k: Any) -> Any:
        return q**k * (sp.sin((k + 1) * phi) - q * sp.sin(k * phi)) / sp.sin(phi)

    return [
        sp.discriminant(r**2 - p * r + q**2, r) - (alpha * lam - (1 - q) ** 2) * (alpha * lam - (1 + q) ** 2),
        (1 - rate) ** 2 / step - mu,
        (1 + rate) ** 2 / step - L,
        mode(-1) - 1,
        mode(k + 1) - 2 * q * sp.cos(phi) * mode(k) + q**2 * mode(k - 1),
        s + q**2 / s - p - (alpha * lam - (1 - s) * (1 - q**2 / s)),
        s + q**2 / s + p - ((1 + s) * (1 + q**2 / s) - alpha * lam),
    ]


@heavy_ball_rate.worst_case
def _() -> list[WorstCase]:
    k = np.array([1, 2, 3])
    exact = bounds.heavy_ball_quadratic(k, pep.L, pep.MU) ** 2
    return pep.ratios(("squared distance",), "", k, pep.heavy_ball, pep.L_MU_QUADRATIC, exact)


CYCLE = [Fraction(n, 1225) for n in (792, -2208, 2592)]


def _last_three(start: float) -> Array:
    f = lessard_recht_packard()
    return heavy_ball(f, [start], *bounds.heavy_ball_parameters(f.L, f.mu), 150).x[-3:, 0]


@claim(
    relation="==",
)
def heavy_ball_cycle() -> Pairs:
    for start in (*np.linspace(3.07, 3.46, 27), -7.75, -6.65, -4.2, -3.3, -3.0, 1.0, 2.8, 2.9, 5.5, 6.1, 7.85):
        yield np.sort(_last_three(start)), np.sort([float(x) for x in CYCLE])
    f = lessard_recht_packard()
    alpha, beta = (Fraction(a).limit_denominator(100) for a in bounds.heavy_ball_parameters(f.L, f.mu))
    for last, now, following in ((CYCLE * 2)[i : i + 3] for i in range(3)):
        off = now - alpha * f.grad(np.array([now]))[0] + beta * (now - last) - following  # in exact arithmetic
        yield float(off), 0.0


@heavy_ball_cycle.without("a start in this interval")
def _() -> Pairs:
    yield np.sort(_last_three(3.0)), np.sort([float(x) for x in CYCLE])
