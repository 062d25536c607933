"""The figures of "Noise" show what the page says. Bands are derived here anew, and would catch a wrong law.

Seeds are fixed, so that a test fails always or never. ALARM is the chance that a new seed would make one of them fail
though all is right; the bands that are drawn, of chance 0.01, are narrower.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy.special import gammaln

from gdfigs.maths import bounds
from gdfigs.maths.problems import Array
from tests.shown import facts, picture, shown

ROUNDING = 1e-12
"""A few operations in double precision on numbers of size 1."""
DRAWN, ALARM = 0.01, 1e-6
"""Chances that a picture is left by what it shows, and that a test is."""


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
    """Of e^{-beta f} in each interval, by Gauss and Legendre's rule of 40 points."""
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


BETAS = tuple(2.0 ** (k / 2) for k in range(9))
"""The stops of the slider."""
betas = pytest.mark.parametrize("beta", BETAS)


@dataclass(frozen=True)
class Histogram:
    """What the figure shows, as counts, each array with an entry a bin."""

    ends: Array
    counts: Array
    low: Array
    high: Array


def histogram(beta: float, chains: int = 4000) -> Histogram:
    series = shown("langevin-histogram", beta=beta, chains=chains)
    steps, x, y = series["histogram"], series["band"].x, series["band"].y
    ends = np.append(steps["left"], steps["right"][-1])
    full = chains * np.diff(ends)
    # The outline of the band runs to the right along its lower side and back along its upper one, level in each bin.
    level = {(a, b): value for a, b, value, after in zip(x, x[1:], y, y[1:], strict=False) if a != b and value == after}
    low = [level[pair] for pair in pairwise(ends)]
    high = [level[right, left] for left, right in pairwise(ends)]
    return Histogram(ends, steps["height"] * full, np.array(low) * full, np.array(high) * full)


def outside(counts: Array, chains: int, p: Array, chance: float) -> int:
    """How many counts lie outside the band of the binomial laws, with a chance for all of them together."""
    quantiles = np.array([binomial_quantiles(chains, share, chance / len(p)) for share in p])
    return int(((counts < quantiles[:, 0]) | (counts > quantiles[:, 1])).sum())


class TestLangevinHistogram:
    @betas
    def test_counts_are_whole_numbers_of_chains(self, beta: float) -> None:
        drawn = histogram(beta)
        np.testing.assert_allclose(drawn.counts, np.round(drawn.counts), atol=1e-9)
        assert 0.98 * 4000 <= drawn.counts.sum() <= 4000  # at beta = 1 some are beyond the picture
        assert (len(drawn.ends), drawn.ends[0], drawn.ends[-1]) == (36, -3.5, 3.5)

    @betas
    def test_the_band_is_that_of_the_binomial_laws_of_the_stationary_density(self, beta: float) -> None:
        drawn = histogram(beta)
        for k, p in enumerate(shares(beta, drawn.ends)):
            expected = binomial_quantiles(4000, p, DRAWN / 35)
            assert (drawn.low[k], drawn.high[k]) == pytest.approx(expected, abs=1e-9)

    @betas
    def test_no_count_contradicts_the_stationary_density(self, beta: float) -> None:
        drawn = histogram(beta)
        assert outside(drawn.counts, 4000, shares(beta, drawn.ends), ALARM / len(BETAS)) == 0

    @betas
    @pytest.mark.parametrize("wrong", [0.5, 0.7, 1.4, 2.0])
    def test_a_wrong_factor_at_the_temperature_would_be_caught(self, beta: float, wrong: float) -> None:
        drawn = histogram(beta)
        assert outside(drawn.counts, 4000, shares(wrong * beta, drawn.ends), DRAWN) > 0

    @pytest.mark.parametrize("beta", [1.0, 4.0, 16.0])
    def test_what_the_step_does_is_lost_in_the_band(self, beta: float) -> None:
        drawn = histogram(beta)
        exact, chain = shares(beta, drawn.ends), shares_of_chains(beta, drawn.ends)
        full = exact * 4000 > 1  # where a band means something
        shift = np.abs(chain - exact)[full] * 4000
        assert (shift <= 0.7 * np.sqrt(4000 * exact[full])).all()  # of one standard deviation; the band has three
        assert outside(drawn.counts, 4000, chain.clip(1e-15), ALARM / len(BETAS)) == 0

    @betas
    def test_the_density_is_normal_and_has_the_shape_of_the_well(self, beta: float) -> None:
        series = shown("langevin-histogram", beta=beta)
        x, density = series["density"].x, series["density"].y
        np.testing.assert_array_equal(series["well"].x, x)
        np.testing.assert_allclose(series["well"].y, height(x), atol=1e-8)  # the minima lie 4e-9 beside -1 and 1
        np.testing.assert_allclose(density / density.max(), np.exp(-beta * height(x)), atol=1e-3)  # maximum on a grid
        ends = np.array([x[0], x[-1]])
        assert np.trapezoid(density, x) == pytest.approx(shares(beta, ends)[0], rel=1e-3)  # the rule's h^2
        assert set(series["temperature"].y) == {1 / beta}

    @pytest.mark.parametrize(("beta", "chains"), [(4.0, 4000), (1.0, 500), (16.0, 1000)])
    def test_facts_and_words_are_what_is_drawn(self, beta: float, chains: int) -> None:
        drawn, series = histogram(beta, chains), shown("langevin-histogram", beta=beta, chains=chains)
        named = facts("langevin-histogram", beta=beta, chains=chains)
        density = series["density"].y
        slack = 1e-9  # of counts that were divided and multiplied
        inside = ((drawn.low - slack <= drawn.counts) & (drawn.counts <= drawn.high + slack)).sum()
        assert (named["bins"], named["inside"]) == (35, inside)
        assert named["peak"] == pytest.approx(density.max(), rel=1e-3)
        assert named["barrier"] == pytest.approx(float(height(0.0)), abs=1e-8)
        assert named["valley"] == pytest.approx(np.exp(-beta * named["barrier"]), rel=1e-3)
        assert (named["chance"], named["eta"], named["time"]) == (DRAWN, 0.02, 6)
        assert f"{inside} of 35 bins" in picture("langevin-histogram", beta=beta, chains=chains).told

    def test_a_slider_moves_neither_axes_nor_what_is_drawn(self) -> None:
        low, high = (picture("langevin-histogram", beta=beta) for beta in (1.0, 16.0))
        for before, after in zip(low.figure.axes, high.figure.axes, strict=True):
            assert (before.get_xlim(), before.get_ylim()) == (after.get_xlim(), after.get_ylim())
        for beta in BETAS:
            assert shown("langevin-histogram", beta=beta)["band"].y.max() < 1  # below the legend

    @pytest.mark.parametrize("beta", [0.9, 17.0, np.nan])
    def test_another_temperature_is_refused(self, beta: float) -> None:
        with pytest.raises(ValueError, match=r"beta must lie in \[1, 16\]"):
            shown("langevin-histogram", beta=beta)


ETAS = (*(k / 10 for k in range(1, 11)), 0.15)
"""The stops of the slider, and a step of which no multiple is the last time."""
etas = pytest.mark.parametrize("eta", ETAS)


class TestVarianceInTime:
    @etas
    def test_the_equation_is_the_process_of_ornstein_and_uhlenbeck(self, eta: float) -> None:
        series = shown("variance-in-time", eta=eta)
        t, variance = series["variance"].x, series["variance"].y
        np.testing.assert_allclose(variance, 1 - np.exp(-2 * t), atol=ROUNDING)
        np.testing.assert_allclose(series["mean"].y, 3 * np.exp(-series["mean"].x), rtol=ROUNDING)
        spread = series["spread"]
        middle = 3 * np.exp(-spread.x)
        np.testing.assert_allclose((spread.y - middle) ** 2, 4 * (1 - np.exp(-2 * spread.x)), atol=1e-10)

    @etas
    def test_the_variance_of_the_method_obeys_its_recursion(self, eta: float) -> None:
        drawn = shown("variance-in-time", eta=eta)["variance-of-chain"]
        np.testing.assert_allclose(drawn.x, eta * np.arange(len(drawn.x)), rtol=ROUNDING)
        assert 5 - eta < drawn.x[-1] <= 5 + 1e-9
        assert drawn.y[0] == 0
        np.testing.assert_allclose(drawn.y[1:], (1 - eta) ** 2 * drawn.y[:-1] + 2 * eta, rtol=ROUNDING)

    @etas
    def test_the_band_is_that_of_the_chi_squared_law(self, eta: float) -> None:
        series = shown("variance-in-time", eta=eta)
        exact, band = series["variance-of-chain"], series["band"]
        low, high = (q / 4000 for q in chi_squared_quantiles(4000, DRAWN / (len(exact.x) - 1)))
        # Its outline has a vertex below and one above each dot; the quantiles of the test carry five digits.
        for x, y in zip(exact.x[1:], exact.y[1:], strict=True):
            at = band.y[np.isclose(band.x, x)]
            assert (at.min(), at.max()) == pytest.approx((low * y, high * y), rel=1e-5)

    @etas
    def test_no_measured_variance_contradicts_the_method(self, eta: float) -> None:
        series = shown("variance-in-time", eta=eta)
        ratio = series["measured"].y[1:] / series["variance-of-chain"].y[1:]
        low, high = (q / 4000 for q in chi_squared_quantiles(4000, ALARM / len(ETAS) / len(ratio)))
        assert low < ratio.min()
        assert ratio.max() < high

    @pytest.mark.parametrize(
        "wrong",
        [lambda z: 1.0, lambda z: 1 / (1 - z), lambda z: 1 + z / 2, lambda z: 0.5 / (1 - z / 2)],
        ids=["no bias", "eta lambda", "its first term", "half the noise"],
    )
    def test_a_wrong_factor_would_be_caught(self, wrong: Callable[[float], float]) -> None:
        measured = shown("variance-in-time", eta=0.8)["measured"].y[-1]  # after six steps 0.2^12 is left of the start
        low, high = (q / 4000 for q in chi_squared_quantiles(4000, ALARM))
        assert not low * wrong(0.8) < measured < high * wrong(0.8)
        assert low / (1 - 0.4) < measured < high / (1 - 0.4)

    def test_the_line_of_the_equation_leaves_the_band(self) -> None:
        series = shown("variance-in-time")
        late = series["band"].x > 2
        assert series["variance"].y.max() < series["band"].y[late].min()

    @etas
    def test_three_chains_start_at_three_and_stay_in_the_picture(self, eta: float) -> None:
        series = shown("variance-in-time", eta=eta)
        (above, below) = picture("variance-in-time", eta=eta).figure.axes
        for n in range(3):
            chain = series[f"chain-{n}"]
            np.testing.assert_allclose(chain.x, series["measured"].x)
            assert chain.y[0] == 3
            assert above.get_ylim()[0] < chain.y.min()
            assert chain.y.max() < above.get_ylim()[1]
        assert series["band"].y.max() < below.get_ylim()[1]

    @pytest.mark.parametrize(("eta", "chains"), [(0.2, 4000), (1.0, 100), (0.15, 1000)])
    def test_facts_are_what_is_drawn(self, eta: float, chains: int) -> None:
        series, named = (
            shown("variance-in-time", eta=eta, chains=chains),
            facts("variance-in-time", eta=eta, chains=chains),
        )
        measured, exact = series["measured"].y, series["variance-of-chain"].y
        low, high = (q / chains for q in chi_squared_quantiles(chains, DRAWN / (len(exact) - 1)))
        assert named["inside"] == ((low * exact <= measured) & (measured <= high * exact))[1:].sum()
        assert named["steps"] == len(exact) - 1
        assert named["last_measured"] == measured[-1]
        assert (named["beta"], named["start"], named["paths"], named["limit"]) == (1, series["mean"].y[0], 3, 1)
        assert named["limit_of_chain"] * (1 - (1 - eta) ** (2 * len(exact) - 2)) == pytest.approx(
            exact[-1], rel=ROUNDING
        )

    @pytest.mark.parametrize("eta", [0.09, 1.1, np.nan])
    def test_another_step_is_refused(self, eta: float) -> None:
        with pytest.raises(ValueError, match=r"eta must lie in \[0.1, 1\]"):
            shown("variance-in-time", eta=eta)


COUNTS = (100, 1000, 5000)


class TestEulerMaruyamaBias:
    def bars(self, chains: int) -> Array:
        """Lower and upper end, shape (10, 2)."""
        drawn = shown("euler-maruyama-bias", chains=chains)["bars"]
        assert np.isnan(drawn.y[2::3]).all()
        return np.column_stack([drawn.y[0::3], drawn.y[1::3]])

    def test_the_curve_is_the_fixed_point_of_a_step_and_leaves_one_towards_infinity(self) -> None:
        curve = shown("euler-maruyama-bias")["variance"]
        z, v = curve.x, curve.y
        np.testing.assert_allclose(v[1:], (1 - z[1:]) ** 2 * v[1:] + 2 * z[1:], rtol=1e-11)
        assert (z[0], v[0]) == (0, 1)
        assert z[-1] < 2
        assert v[-1] == pytest.approx(50, rel=1e-9)
        np.testing.assert_array_equal(v, bounds.langevin_variance(1.0, 1.0, z))

    def test_the_limit_is_where_descent_becomes_unstable(self) -> None:
        series = shown("euler-maruyama-bias")
        assert set(series["limit"].x) == {bounds.largest_step(1.0)}
        assert set(series["equation"].y) == {1}

    @pytest.mark.parametrize("chains", COUNTS)
    def test_bars_are_confidence_intervals_of_the_chi_squared_law(self, chains: int) -> None:
        measured = shown("euler-maruyama-bias", chains=chains)["measured"].y
        low, high = chi_squared_quantiles(chains, DRAWN / 10)
        np.testing.assert_allclose(self.bars(chains), np.outer(measured, [chains / high, chains / low]), rtol=1e-5)

    @pytest.mark.parametrize("chains", COUNTS)
    def test_no_measured_variance_contradicts_the_curve(self, chains: int) -> None:
        measured = shown("euler-maruyama-bias", chains=chains)["measured"]
        low, high = (q / chains for q in chi_squared_quantiles(chains, ALARM / len(COUNTS) / 10))
        ratio = measured.y * (1 - measured.x / 2)
        assert low < ratio.min()
        assert ratio.max() < high

    @pytest.mark.parametrize(
        "wrong",
        [lambda z: 1 + 0 * z, lambda z: 1 + z / 2, lambda z: 1 / abs(1 - z), lambda z: 2 / (1 - z / 2)],
        ids=["no bias", "its first term", "eta lambda", "twice the noise"],
    )
    def test_a_wrong_factor_would_be_caught(self, wrong: Callable[[Array], Array]) -> None:
        z, bars = shown("euler-maruyama-bias")["measured"].x, self.bars(1000)
        assert ((wrong(z) < bars[:, 0]) | (wrong(z) > bars[:, 1])).sum() >= 5

    @pytest.mark.parametrize("chains", COUNTS)
    def test_facts_are_what_is_drawn(self, chains: int) -> None:
        measured, named = (
            shown("euler-maruyama-bias", chains=chains)["measured"],
            facts("euler-maruyama-bias", chains=chains),
        )
        exact, bars = 1 / (1 - measured.x / 2), self.bars(chains)
        assert named["inside"] == ((bars[:, 0] <= exact) & (exact <= bars[:, 1])).sum()
        assert named["points"] == len(measured.x) == 10
        assert (named["first"], named["last"]) == pytest.approx((exact[0], exact[-1]), rel=ROUNDING)
        assert (named["largest"], named["last_measured"]) == (measured.x[-1], measured.y[-1])
        assert named["bar"] == pytest.approx(bars[0, 1] / bars[0, 0], rel=ROUNDING)
        # Chains are stopped when their variance falls short by less than one part in a million: no bar can tell.
        assert 0 < named["short_of_the_limit"] <= 1e-6


@pytest.mark.parametrize("name", ["langevin-histogram", "variance-in-time", "euler-maruyama-bias"])
@pytest.mark.parametrize("chains", [99, 5001])
def test_a_number_of_chains_that_cannot_be_drawn_is_refused(name: str, chains: int) -> None:
    with pytest.raises(ValueError, match=rf"chains must lie in \[100, 5000\].*got {chains}"):
        shown(name, chains=chains)
