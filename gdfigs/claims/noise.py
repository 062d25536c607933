"""What the page "Noise" states."""

import numpy as np

from gdfigs import bounds
from gdfigs.claims import Pairs, claim
from gdfigs.flows import langevin
from gdfigs.problems import Array, log_cosh, one_sided, quadratic

PAGE = "noise.md"


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
