"""Claims of the page "Noise"."""

import numpy as np

from gdfigs.claims.core import Pairs, claim
from gdfigs.claims.symbolic import Expressions, sp
from gdfigs.maths import bounds
from gdfigs.maths.flows import chain_density, langevin
from gdfigs.maths.problems import Array, Problem, flat_bottom, log_cosh, one_sided, quadratic

PERIOD = 80.0
X = np.linspace(-PERIOD / 2, PERIOD / 2, 8192, endpoint=False)
"""The grid on which densities are compared; all of them vanish at the ends."""


def _derivative(values: Array) -> Array:
    """Differentiate by the Fourier series, exact to rounding for what is analytic."""
    frequencies = 2j * np.pi * np.fft.fftfreq(len(X), PERIOD / len(X))
    return np.fft.ifft(frequencies * np.fft.fft(values)).real


@claim(relation="==")
def stationary_density() -> Pairs:
    r"""Compare the two terms of the flux, and the variance of a parabola's density with $1/(\beta\lambda)$."""
    for f, beta in ((quadratic([[2.0]]), 3.0), (log_cosh(), 2.0), (one_sided(), 1.5)):
        p = bounds.gibbs_weight(f.f(X[:, None]) - f.minimum, beta)
        yield p * f.grad(X[:, None])[:, 0], -_derivative(p) / beta
    p = bounds.gibbs_weight(X**2, 3.0)
    yield (X**2 @ p) / p.sum(), bounds.langevin_variance(3.0, 2.0)


@stationary_density.without("the temperature of the noise")
def _() -> Pairs:
    f, p = log_cosh(), bounds.gibbs_weight(log_cosh().f(X[:, None]), 2.0)
    yield p * f.grad(X[:, None])[:, 0], -_derivative(p) / 2.5


def _law(t: float, beta: float, lam: float, theta0: float) -> Array:
    left, variance = bounds.langevin_decay(t, beta, lam)
    return np.exp(-((X - left * theta0) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)


CENTRAL = {1: 4 / 5, 2: -1 / 5, 3: 4 / 105, 4: -1 / 280}
"""Weights of a derivative of order eight, from differences over n steps to either side."""


def _fokker_planck(t: float, beta: float, lam: float, theta0: float, noise: float) -> tuple[Array, Array]:
    """Return the change of the density less that by drift, and that by diffusion, with `noise` in place of beta."""
    p, h = _law(t, beta, lam, theta0), 0.003 / lam
    apart = [_law(t + n * h, beta, lam, theta0) - _law(t - n * h, beta, lam, theta0) for n in CENTRAL]
    change = np.array(list(CENTRAL.values())) @ apart / h
    return change - _derivative(lam * X * p), _derivative(_derivative(p)) / noise


@claim(
    relation="==",
)
def ornstein_uhlenbeck() -> Pairs:
    for beta, lam, theta0 in ((1.0, 1.0, 3.0), (2.0, 0.5, -4.0), (0.5, 2.0, 0.0)):
        for t in (0.3, 1.0, 3.0):
            yield _fokker_planck(t / lam, beta, lam, theta0, beta)
        mean, variance = bounds.langevin_decay(0.0, beta, lam)
        yield mean, 1.0
        yield variance, 0.0


@ornstein_uhlenbeck.without(r"noise of strength $\sqrt{2/\beta}$")
def _() -> Pairs:
    yield _fokker_planck(1.0, 1.0, 1.0, 3.0, 2.0)


@ornstein_uhlenbeck.symbolic
def _() -> Expressions:
    """Put the density into the Fokker-Planck equation."""
    x, theta0, t, beta, lam = sp.symbols("x theta_0 t beta lambda", positive=True)
    variance = (1 - sp.exp(-2 * lam * t)) / (beta * lam)
    p = sp.exp(-((x - sp.exp(-lam * t) * theta0) ** 2) / (2 * variance)) / sp.sqrt(variance)  # but for a constant
    return [p.diff(t) / p - ((lam * x * p).diff(x) + p.diff(x, 2) / beta) / p]


CHAINS, CHANCE = 4000, 1e-6
"""Number of simulated chains; the chance that a true variance falls outside the band, were the seed drawn anew."""


@claim(
    relation="==",
)
def langevin_variance() -> Pairs:
    for beta, lam, z in ((1.0, 1.0, 0.2), (2.0, 0.5, 1.0), (0.3, 3.0, 1.8)):
        limit = bounds.langevin_variance(beta, lam, z / lam)
        for k in (1, 2, 7, 60):
            left, variance = bounds.euler_maruyama_decay(k, beta, lam, z / lam)
            yield left, (1 - z) ** k
            yield variance, limit * (1 - (1 - z) ** (2 * k))
            yield _recursion(beta, lam, z / lam, k), variance
        yield _simulated(beta, lam, z / lam, 60, limit)
    for z in (2.0, 2.1):  # no limit, but the same sum
        yield _recursion(1.0, 1.0, z, 60), bounds.euler_maruyama_decay(60, 1.0, 1.0, z)[1]


def _recursion(beta: float, lam: float, eta: float, steps: int) -> float:
    """Return the variance after so many steps of Euler-Maruyama from a point."""
    variance = 0.0
    for _ in range(steps):
        variance = float(bounds.forward_factor(eta * lam)) ** 2 * variance + 2 * eta / beta
    return variance


def _simulated(beta: float, lam: float, eta: float, steps: int, variance: Array) -> tuple[Array, Array]:
    """Return the sum of squares over the variance, chi-squared with a degree for each chain: cut to its band, uncut."""
    chains = langevin(quadratic([[lam]]), [0.0], beta, eta, steps, CHAINS, np.random.default_rng(20250601))
    total = (chains[-1] ** 2).sum() / variance
    return np.clip(total, *bounds.chi_squared_band(CHAINS, CHANCE)), total


@langevin_variance.without(r"$\eta\lambda < 2$: the variance grows for ever")
def _() -> Pairs:
    yield _recursion(1.0, 1.0, 2.0, 60), _recursion(1.0, 1.0, 2.0, 61)


@langevin_variance.without(r"the factor $1 - \eta\lambda/2$, as a simulation shows")
def _() -> Pairs:
    yield _simulated(1.0, 1.0, 0.5, 60, bounds.langevin_variance(1.0, 1.0))


@langevin_variance.symbolic
def _() -> Expressions:
    beta, lam, eta, k = sp.symbols("beta lambda eta k", positive=True)
    q, limit = (1 - eta * lam) ** 2, 1 / (beta * lam * (1 - eta * lam / 2))
    return [limit * (1 - q ** (k + 1)) - (q * limit * (1 - q**k) + 2 * eta / beta)]


def _excess(f: Problem, beta: float, eta: float, reach: float) -> float:
    """Return by how much the stationary variance of the chain exceeds that of the equation, relative to the latter."""
    x = np.linspace(-reach, reach, 801)

    def variance(density: Array) -> float:
        share = density / density.sum()
        return float(share @ (x - share @ x) ** 2)

    equation = variance(bounds.gibbs_weight(f.f(x[:, None]) - f.f(x[:, None]).min(), beta))
    return variance(chain_density(f, beta, eta, x)) / equation - 1


@claim()
def beyond_the_parabola() -> Pairs:
    r"""For $\beta = 1$ and $4$, up to $\eta\lambda = 8/5$; the first excess with the rounding of the sums."""
    for f, steepest in ((log_cosh(ridge=0.25), 1.25), (flat_bottom(), 1.0), (one_sided(), 1.0)):
        for beta in (1.0, 4.0):
            steps = 0.1 * 2.0 ** np.arange(5) / steepest
            excess = np.array([_excess(f, beta, float(eta), 18 / np.sqrt(beta)) for eta in steps])
            yield 1e-3, excess[0]
            yield 2 * excess[:-1], excess[1:]


@beyond_the_parabola.without("these functions: from a narrow well chains escape sooner than they should, to a wide one")
def _() -> Pairs:
    yield 0.0, _excess(_unequal_wells(), 1.0, 0.4 / 9, 12.0)


def _unequal_wells() -> Problem:
    r"""Return $-\log(e^{-9(x + 2)^2/2} + e^{-(x - 2)^2/2})$, which is bounded by both parabolas from above."""

    def shares(x: Array) -> Array:
        return 1 / (1 + np.exp(np.clip(9 * (x + 2) ** 2 / 2 - (x - 2) ** 2 / 2, -700, 700)))  # of the narrow well

    return Problem(
        "unequal wells",
        1,
        f=lambda x: -np.logaddexp(-9 * (x + 2) ** 2 / 2, -((x - 2) ** 2) / 2)[..., 0],
        grad=lambda x: shares(x) * 9 * (x + 2) + (1 - shares(x)) * (x - 2),
        hess=lambda x: np.full((*x.shape, 1), np.nan),
        L=81.0,
        mu=-81.0,
        minimiser=None,
    )
