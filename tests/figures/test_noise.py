"""The figures of "Noise" show what the page says. Bands are derived here anew, and would catch a wrong law.

Seeds are fixed, so that a test fails always or never. ALARM is the chance that a new seed would make one of them fail
though all is right; the bands that are drawn, of chance 0.01, are narrower.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy.special import gammaln

from gdfigs.maths import bounds
from gdfigs.maths.problems import Array
from tests.shown import ROUNDING, Shown, close, same

DRAWN, ALARM = 0.01, 1e-6 / 7
"""Chances that a picture is left by what it shows, and that a test is, in any of its seven cases at most."""


def binomial_quantiles(n: int, p: float, chance: float) -> tuple[int, int]:
    """From the probabilities themselves: the least k with P(count <= k) >= chance/2, and the same of 1 - chance/2."""
    k = np.arange(n + 1)
    log_mass = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + k * np.log(p) + (n - k) * np.log1p(-p)
    # Each tail is summed from its own end, or it would drown in the rounding of a sum near 1.
    mass = np.exp(log_mass)
    at_most, more = np.cumsum(mass), np.append(np.cumsum(mass[::-1])[::-1][1:], 0)
    return int(np.argmax(at_most >= chance / 2)), int(np.argmax(more <= chance / 2))


def chi_squared_quantiles(n: int, chance: float) -> tuple[float, float]:
    """From the density, by the trapezoidal rule and interpolation, over 12 standard deviations to either side."""
    x = np.linspace(max(n - 12 * np.sqrt(2 * n), 1e-9), n + 12 * np.sqrt(2 * n), 200_001)
    density = np.exp((n / 2 - 1) * np.log(x) - x / 2 - n / 2 * np.log(2) - gammaln(n / 2))
    below = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2 * np.diff(x))])
    above = below[-1] - below
    return float(np.interp(chance / 2, below, x)), float(np.interp(chance / 2, above[::-1], x[::-1]))


def test_the_quantiles_are_those_that_one_finds_in_tables() -> None:
    assert chi_squared_quantiles(30, 0.05) == pytest.approx((16.791, 46.979), abs=6e-4)
    assert chi_squared_quantiles(100, 0.01) == pytest.approx((67.328, 140.169), abs=6e-4)
    assert binomial_quantiles(20, 0.5, 0.05) == (6, 14)


def height(x: ArrayLike) -> Array:
    """The double well f = x^2/2 - log cosh(10 x) / 10 above its minima, which lie 4e-9 beside -1 and 1."""
    x = np.asarray(x)
    return (x**2 - 1) / 2 - (np.logaddexp(10 * x, -10 * x) - np.logaddexp(10, -10)) / 10


def shares(beta: float, ends: Array) -> Array:
    """Shares of e^{-beta f} in each interval, by Gauss and Legendre's rule of 40 points."""
    nodes, weights = np.polynomial.legendre.leggauss(40)

    def integral(low: Array, high: Array) -> Array:
        x = (low + high)[:, None] / 2 + (high - low)[:, None] / 2 * nodes
        return np.asarray(np.exp(-beta * height(x)) @ weights * (high - low) / 2)

    everywhere = np.linspace(-10, 10, 201)
    return integral(ends[:-1], ends[1:]) / integral(everywhere[:-1], everywhere[1:]).sum()


def shares_of_chains(beta: float, ends: Array) -> Array:
    """The same after 300 steps of 0.02 from 0, from the transition densities on a grid: no chain is drawn."""
    x, eta = np.linspace(-7.5, 7.5, 1501), 0.02
    after = x - eta * (x - np.tanh(10 * x))
    deviation = np.sqrt(2 * eta / beta)
    step = np.exp(-(((x[:, None] - after) / deviation) ** 2) / 2) / (deviation * np.sqrt(2 * np.pi)) * (x[1] - x[0])
    p = np.exp(-((x / deviation) ** 2) / 2) / (deviation * np.sqrt(2 * np.pi))
    for _ in range(299):
        p = step @ p
    below = np.concatenate([[0], np.cumsum((p[1:] + p[:-1]) / 2 * (x[1] - x[0]))])
    assert below[-1] == pytest.approx(1, abs=1e-6)
    return np.diff(np.interp(ends, x, below))


@dataclass(frozen=True)
class Histogram:
    """What the figure shows, as counts, each array with an entry a bin."""

    ends: Array
    counts: Array
    low: Array
    high: Array

    @staticmethod
    def read(s: Shown) -> "Histogram":
        steps, x, y = s["histogram"], s["band"].x, s["band"].y
        ends = np.append(steps["left"], steps["right"][-1])
        full = s.chains * np.diff(ends)
        # The outline of the band runs right along its lower side and back along its upper one, level in each bin.
        level = {(a, b): v for a, b, v, after in zip(x, x[1:], y, y[1:], strict=False) if a != b and v == after}
        low, high = ([level[pair[::way]] for pair in pairwise(ends)] for way in (1, -1))
        return Histogram(ends, steps["height"] * full, np.array(low) * full, np.array(high) * full)


@cache
def band(n: int, shares: tuple[float, ...], chance: float) -> Array:
    """Lower and upper quantiles of binomial laws, with a chance for all of them together, shape (2, bins)."""
    return np.transpose([binomial_quantiles(n, share, chance / len(shares)) for share in shares])


def outside(counts: Array, chains: int, p: Array, chance: float) -> int:
    """How many counts lie outside that band."""
    low, high = band(chains, tuple(p.tolist()), chance)
    return int(((counts < low) | (counts > high)).sum())


class TestLangevinHistogram:
    figure = "langevin-histogram"

    def test_counts_lie_in_the_binomial_band_of_the_stationary_density(self, s: Shown) -> None:
        drawn = Histogram.read(s)
        close(drawn.counts, np.round(drawn.counts), 0, 1e-9)
        assert 0.98 * s.chains <= drawn.counts.sum() <= s.chains  # at beta = 1 some are beyond the picture
        assert (len(drawn.ends), drawn.ends[0], drawn.ends[-1]) == (36, -3.5, 3.5)
        p = shares(s.beta, drawn.ends)
        close([drawn.low, drawn.high], band(s.chains, tuple(p.tolist()), DRAWN), 1e-6, 1e-9)
        assert outside(drawn.counts, s.chains, p, ALARM) == 0
        assert s["band"].y.max() < 1 or s.chains < 4000  # below the legend

    @pytest.mark.parametrize("wrong", [0.5, 0.7, 1.4, 2.0])
    def test_a_wrong_factor_at_the_temperature_would_be_caught(self, s: Shown, wrong: float) -> None:
        drawn = Histogram.read(s)
        if s.chains == 4000:  # fewer may miss it
            assert outside(drawn.counts, s.chains, shares(wrong * s.beta, drawn.ends), DRAWN) > 0

    @pytest.mark.parametrize("beta", [1.0, 4.0, 16.0])
    def test_what_the_step_does_is_lost_in_the_band(self, beta: float) -> None:
        drawn = Histogram.read(Shown(self.figure, {} if beta == 4 else {"beta": beta}))
        exact, chain = shares(beta, drawn.ends), shares_of_chains(beta, drawn.ends)
        full = exact * 4000 > 1  # where a band means something
        shift = np.abs(chain - exact)[full] * 4000
        assert (shift <= 0.7 * np.sqrt(4000 * exact[full])).all()  # of one standard deviation; the band has three
        assert outside(drawn.counts, 4000, chain.clip(1e-15), ALARM) == 0

    def test_the_density_is_normal_and_has_the_shape_of_the_well(self, s: Shown) -> None:
        x, density = s["density"].x, s["density"].y
        same(s["well"].x, x)
        close(s["well"].y, height(x), 1e-7, 1e-8)  # the minima lie 4e-9 beside -1 and 1
        close(density / density.max(), np.exp(-s.beta * height(x)), 1e-7, 1e-3)  # maximum on a grid
        close(np.trapezoid(density, x), shares(s.beta, np.array([x[0], x[-1]]))[0], 1e-3)  # the rule's h^2
        assert set(s["temperature"].y) == {1 / s.beta}

    def test_facts_and_words_are_what_is_drawn(self, s: Shown) -> None:
        drawn, slack = Histogram.read(s), 1e-9  # of counts that were divided and multiplied
        inside = ((drawn.low - slack <= drawn.counts) & (drawn.counts <= drawn.high + slack)).sum()
        s.has(0, bins=35, inside=inside, chance=DRAWN, eta=0.02, time=6)
        s.has(1e-3, peak=s["density"].y.max(), valley=np.exp(-s.beta * s.facts["barrier"]))
        s.has(0, 1e-8, barrier=height(0.0))
        assert f"{inside} of 35 bins" in s.slider_text


class TestVarianceInTime:
    figure = "variance-in-time"

    def test_the_equation_is_the_process_of_ornstein_and_uhlenbeck(self, s: Shown) -> None:
        close(s["variance"].y, 1 - np.exp(-2 * s["variance"].x), 1e-7, ROUNDING)
        close(s["mean"].y, 3 * np.exp(-s["mean"].x))
        spread = s["spread"]
        close((spread.y - 3 * np.exp(-spread.x)) ** 2, 4 * (1 - np.exp(-2 * spread.x)), 1e-7, 1e-10)

    def test_the_variance_obeys_its_recursion_in_the_band_of_the_chi_squared_law(self, s: Shown) -> None:
        exact, band, measured = s["variance-of-chain"], s["band"], s["measured"].y
        close(exact.x, s.eta * np.arange(len(exact.x)))
        assert 5 - s.eta < exact.x[-1] <= 5 + 1e-9
        assert exact.y[0] == 0
        close(exact.y[1:], (1 - s.eta) ** 2 * exact.y[:-1] + 2 * s.eta)
        low, high = (q / s.chains for q in chi_squared_quantiles(s.chains, DRAWN / (len(exact.x) - 1)))
        # Its outline has a vertex below and one above each dot; the quantiles of the test carry five digits.
        for x, y in zip(exact.x[1:], exact.y[1:], strict=True):
            at = band.y[np.isclose(band.x, x)]
            close([at.min(), at.max()], [low * y, high * y], 1e-5)
        s.has(0, inside=((low * exact.y <= measured) & (measured <= high * exact.y))[1:].sum())

    def test_no_measured_variance_contradicts_the_method(self, s: Shown) -> None:
        ratio = s["measured"].y[1:] / s["variance-of-chain"].y[1:]
        low, high = (q / s.chains for q in chi_squared_quantiles(s.chains, ALARM / len(ratio)))
        assert low < ratio.min()
        assert ratio.max() < high

    @pytest.mark.parametrize(
        "wrong",
        [lambda z: 1.0, lambda z: 1 / (1 - z), lambda z: 1 + z / 2, lambda z: 0.5 / (1 - z / 2)],
        ids=["no bias", "eta lambda", "its first term", "half the noise"],
    )
    def test_a_wrong_factor_would_be_caught(self, wrong: Callable[[float], float]) -> None:
        # After six steps 0.2^12 is left of the start.
        measured = Shown(self.figure, {"eta": 0.8})["measured"].y[-1]
        low, high = (q / 4000 for q in chi_squared_quantiles(4000, 1e-6))
        assert not low * wrong(0.8) < measured < high * wrong(0.8)
        assert low / (1 - 0.4) < measured < high / (1 - 0.4)

    def test_three_chains_start_at_three_and_stay_in_the_picture(self, s: Shown) -> None:
        above, below = s.axes
        for n in range(3):
            chain = s[f"chain-{n}"]
            close(chain.x, s["measured"].x, 1e-7)
            assert chain.y[0] == 3
            assert above.get_ylim()[0] < chain.y.min()
            assert chain.y.max() < above.get_ylim()[1]
        if s.chains == 4000:  # the band is inside, and the line of the equation leaves it
            assert s["band"].y.max() < below.get_ylim()[1]
            assert s["variance"].y.max() < s["band"].y[s["band"].x > 2].min() or s.eta < 0.2

    def test_facts_are_what_is_drawn(self, s: Shown) -> None:
        steps, exact = len(s["measured"].y) - 1, s["variance-of-chain"].y
        s.has(0, steps=steps, last_measured=s["measured"].y[-1], beta=1, start=s["mean"].y[0], paths=3, limit=1)
        s.has(limit_of_chain=exact[-1] / (1 - (1 - s.eta) ** (2 * steps)))


class TestEulerMaruyamaBias:
    figure = "euler-maruyama-bias"

    @staticmethod
    def bars(s: Shown) -> Array:
        """Lower and upper end, shape (10, 2)."""
        assert np.isnan(s["bars"].y[2::3]).all()
        return np.column_stack([s["bars"].y[0::3], s["bars"].y[1::3]])

    def test_the_curve_is_the_fixed_point_of_a_step_and_leaves_one_towards_infinity(self, s: Shown) -> None:
        z, v = s["variance"].x, s["variance"].y
        close(v[1:], (1 - z[1:]) ** 2 * v[1:] + 2 * z[1:], 1e-11)
        assert (z[0], v[0]) == (0, 1)
        assert z[-1] < 2
        close(v[-1], 50, 1e-9)
        same(v, bounds.langevin_variance(1.0, 1.0, z))
        assert set(s["limit"].x) == {bounds.largest_step(1.0)}  # where descent becomes unstable
        assert set(s["equation"].y) == {1}

    def test_other_functions_have_the_variance_that_a_step_leaves_as_it_is(self, s: Shown) -> None:
        slopes: dict[str, tuple[float, Callable[[Array], Array]]] = {
            "log-cosh": (1.25, lambda x: np.tanh(x) + x / 4),
            "flat-bottom": (1.0, lambda x: x - np.tanh(x)),
            "double-well": (1.0, lambda x: x - np.tanh(10 * x)),
        }
        x = np.linspace(-30, 30, 601)
        for gid, (steepest, slope) in slopes.items():
            z, over = s[gid].x, s[gid].y
            same(z, s["measured"].x)
            f = np.concatenate([[0], np.cumsum((slope(x)[1:] + slope(x)[:-1]) / 2)]) * 0.1
            equation = np.exp(-(f - f.min()))
            variance = (equation @ x**2) / equation.sum()
            for eta, ratio in zip(z[[2, -1]] / steepest, over[[2, -1]], strict=True):
                kernel = np.exp(-((x - x[:, None] + eta * slope(x)[:, None]) ** 2) / (4 * eta))
                kernel /= kernel.sum(axis=1, keepdims=True)
                share = np.linalg.matrix_power(kernel, 4096)[300]  # the law of a chain from 0 after so many steps
                # Trapezoids in f and in the kernel: h^2 / 12 times a second derivative of up to 20.
                assert ratio == pytest.approx(share @ x**2 / variance, rel=0.01)
            assert (over > 1).all()
            assert (np.diff((over - 1) / z) > 0).all()
            assert (over < s["measured"].x * 0 + 1 / (1 - z / 2)).all()
            s.has(0, **{f"{gid.replace('-', '_')}_first": over[0], f"{gid.replace('-', '_')}_last": over[-1]})
        s.has(0, beta=1)

    def test_bars_are_confidence_intervals_and_none_contradicts_the_curve(self, s: Shown) -> None:
        measured, n = s["measured"], s.chains
        low, high = chi_squared_quantiles(n, DRAWN / 10)
        close(self.bars(s), np.outer(measured.y, [n / high, n / low]), 1e-5)
        low, high = (q / n for q in chi_squared_quantiles(n, ALARM / 10))
        ratio = measured.y * (1 - measured.x / 2)
        assert low < ratio.min()
        assert ratio.max() < high

    @pytest.mark.parametrize(
        "wrong",
        [lambda z: 1 + 0 * z, lambda z: 1 + z / 2, lambda z: 1 / abs(1 - z), lambda z: 2 / (1 - z / 2)],
        ids=["no bias", "its first term", "eta lambda", "twice the noise"],
    )
    def test_a_wrong_factor_would_be_caught(self, default: Shown, wrong: Callable[[Array], Array]) -> None:
        z, bars = default["measured"].x, self.bars(default)
        assert ((wrong(z) < bars[:, 0]) | (wrong(z) > bars[:, 1])).sum() >= 5

    def test_facts_are_what_is_drawn(self, s: Shown) -> None:
        measured, bars = s["measured"], self.bars(s)
        exact = 1 / (1 - measured.x / 2)
        s.has(0, inside=((bars[:, 0] <= exact) & (exact <= bars[:, 1])).sum(), points=10, largest=measured.x[-1])
        s.has(first=exact[0], last=exact[-1], last_measured=measured.y[-1], bar=bars[0, 1] / bars[0, 0])
        # Chains are stopped when their variance falls short by less than one part in a million: no bar can tell.
        assert 0 < s.facts["short_of_the_limit"] <= 1e-6
