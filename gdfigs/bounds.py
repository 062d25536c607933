"""The formulas of the text, each exactly once. Figures, tests and pages call these and no others.

Throughout: L, mu the bounds on the curvature, kappa = L/mu, R = |theta_0 - theta*|, gap = f - f*,
g0 = |grad f(theta_0)|. Every function maps over arrays.
"""

import numpy as np
from numpy.typing import ArrayLike

from gdfigs.problems import Array


def descent_guarantee(eta: ArrayLike, L: float, gradient_norm: ArrayLike = 1.0) -> Array:
    """Least decrease of f in one step of gradient descent: eta (1 - L eta / 2) |grad f|^2.

    Positive iff 0 < eta < 2/L; greatest, |grad f|^2 / (2L), at eta = 1/L. Equality on (L/2) x^2.
    Page: gradient-descent.md#sufficient-decrease.
    """
    eta = np.asarray(eta, dtype=np.float64)
    return eta * (1 - L * eta / 2) * np.asarray(gradient_norm) ** 2


def quadratic_upper(f: ArrayLike, slope: ArrayLike, step: ArrayLike, L: float) -> Array:
    """The descent lemma in one dimension: f(y) <= f(x) + f'(x) (y - x) + (L/2) (y - x)^2, with step = y - x.

    With mu in place of L the same parabola bounds a mu-strongly convex f from below.
    Page: gradient-descent.md#descent-lemma.
    """
    step = np.asarray(step, dtype=np.float64)
    return np.asarray(f) + np.asarray(slope) * step + L / 2 * step**2


def gd_convex_classical(k: ArrayLike, L: float, R: float) -> Array:
    """Gap after k >= 1 steps of 1/L on a convex L-smooth f: at most L R^2 / (2k). True, never attained.

    Page: gradient-descent.md#convex-rate.
    """
    return L * R**2 / (2 * np.asarray(k, dtype=np.float64))


def gd_convex(k: ArrayLike, L: float, R: float, h: float = 1.0) -> Array:
    """Worst gap after k steps of h/L, 0 < h < 2: (L R^2 / 2) max(1 / (2kh + 1), (1 - h)^{2k}).

    At h = 1: L R^2 / (4k + 2), attained by the Huber function of slope L R / (2k + 1).
    Source: Drori & Teboulle 2014, Thm 3.1 for h <= 1 and Conjecture 3.1 for 1 < h < 2, which Kim 2024 proves.
    Page: gradient-descent.md#convex-rate-exact.
    """
    k = np.asarray(k, dtype=np.float64)
    return L * R**2 / 2 * np.maximum(1 / (2 * k * h + 1), (1 - h) ** (2 * k))


def worst_huber_slope(k: float, L: float, R: float, h: float = 1.0) -> float:
    """Slope of the Huber function on which k steps of h/L are slowest: L R / (2kh + 1).

    Source: Drori & Teboulle 2014, Section 3. Page: gradient-descent.md#convex-rate-exact.
    """
    return L * R / (2 * k * h + 1)


def contraction(eta: ArrayLike, L: float, mu: float) -> Array:
    """rho = max(|1 - eta mu|, |1 - eta L|): the worst factor per step on the distance to the minimiser.

    On a quadratic it is the spectral radius of I - eta A. Its square is the exact worst factor per step on
    squared distance, gap and squared gradient norm alike, over all mu-strongly convex L-smooth f.
    Source: Taylor, Hendrickx & Glineur 2018. Page: gradient-descent.md#linear-rate.
    """
    eta = np.asarray(eta, dtype=np.float64)
    return np.maximum(np.abs(1 - eta * mu), np.abs(1 - eta * L))


def best_step(L: float, mu: float) -> float:
    """The step that makes rho least: 2 / (L + mu), where rho = (kappa - 1) / (kappa + 1).

    Page: gradient-descent.md#linear-rate.
    """
    return 2 / (L + mu)


def largest_step(L: float) -> float:
    """2/L: below it every step of gradient descent decreases f; on a quadratic, above it descent diverges.

    Page: gradient-descent.md#sufficient-decrease.
    """
    return 2 / L


def gd_strongly_convex(k: ArrayLike, eta: float, L: float, mu: float) -> Array:
    """rho^{2k}: the worst ratio, after k steps, of squared distance, of gap and of squared gradient norm.

    Attained by (mu/2) x^2 or (L/2) x^2. Source: Taylor, Hendrickx & Glineur 2018.
    Page: gradient-descent.md#linear-rate.
    """
    return contraction(eta, L, mu) ** (2 * np.asarray(k, dtype=np.float64))


def gd_strongly_convex_classical(k: ArrayLike, kappa: float) -> Array:
    """(1 - 1/kappa)^k: the usual bound on the ratio of squared distance and of gap at eta = 1/L. True, not tight.

    Page: gradient-descent.md#linear-rate.
    """
    return (1 - 1 / kappa) ** np.asarray(k, dtype=np.float64)


def gd_steps(accuracy: float, rho: ArrayLike) -> Array:
    """Steps k (real) at which the worst ratio rho^{2k} of the gap reaches the accuracy: log(1/accuracy) / (-2 log rho).

    Zero where rho = 0, infinite where rho >= 1. Page: gradient-descent.md#number-of-steps.
    """
    with np.errstate(divide="ignore"):
        return np.log(1 / accuracy) / (2 * np.log(1 / np.minimum(rho, 1.0)))


def gd_steps_estimate(accuracy: float, kappa: ArrayLike, best: bool = False) -> Array:
    """The usual estimate of the same: (kappa/2) log(1/accuracy) at 1/L, (kappa/4) log(1/accuracy) at 2/(L + mu).

    Never too small: -log(1 - x) >= x, and -log((kappa - 1) / (kappa + 1)) >= 2/kappa.
    Page: gradient-descent.md#number-of-steps.
    """
    return np.asarray(kappa, dtype=np.float64) / (4 if best else 2) * np.log(1 / accuracy)


def flow_convex_classical(t: ArrayLike, R: float) -> Array:
    """Gap of the gradient flow of a convex f at time t > 0: at most R^2 / (2t). True, never attained.

    Page: gradient-flow.md#flow-convex-rate.
    """
    return R**2 / (2 * np.asarray(t, dtype=np.float64))


def flow_convex(t: ArrayLike, R: float) -> Array:
    """The same, exact over all convex f: R^2 / (4t). Approached by Huber functions tending to (R / 2t) |x|.

    Page: gradient-flow.md#flow-convex-rate, with proof.
    """
    return R**2 / (4 * np.asarray(t, dtype=np.float64))


def flow_convex_smooth(t: ArrayLike, R: float, L: float) -> Array:
    """The same for convex and L-smooth f: L R^2 / (4 L t + 2), met by the Huber function of slope L R / (2 L t + 1).

    Page: gradient-flow.md#flow-convex-rate.
    """
    return L * R**2 / (4 * L * np.asarray(t, dtype=np.float64) + 2)


def flow_strongly_convex(t: ArrayLike, mu: float) -> Array:
    """e^{-2 mu t}: worst ratio, at time t, of gap and of squared distance for the flow of a mu-strongly convex f.

    Attained by (mu/2) x^2. Page: gradient-flow.md#flow-strongly-convex-rate.
    """
    return np.exp(-2 * mu * np.asarray(t, dtype=np.float64))


def euler_local(eta: ArrayLike, hessian_gradient: float) -> Array:
    """Leading term of the error of one Euler step: (eta^2 / 2) |Hessian grad f|, up to o(eta^2).

    Page: flow-to-descent.md#local-error.
    """
    return np.asarray(eta, dtype=np.float64) ** 2 / 2 * hessian_gradient


def euler_global(eta: ArrayLike, L: float, T: float, g0: float) -> Array:
    """Distance of descent from the flow at time T = K eta, f L-smooth: at most (eta/2) L T e^{LT} g0.

    Page: flow-to-descent.md#global-error.
    """
    return euler_global_convex(eta, L, T, g0) * np.exp(L * T)


def euler_global_convex(eta: ArrayLike, L: float, T: float, g0: float) -> Array:
    """The same for convex f and eta <= 2/L: at most (eta/2) L T g0, with no exponential.

    Page: flow-to-descent.md#global-error.
    """
    return np.asarray(eta, dtype=np.float64) / 2 * L * T * g0


def forward_factor(z: ArrayLike) -> Array:
    """Forward Euler on theta' = -lambda theta multiplies by 1 - z at each step, z = eta lambda.

    Page: flow-to-descent.md#stability.
    """
    return 1 - np.asarray(z, dtype=np.float64)


def backward_factor(z: ArrayLike) -> Array:
    """Backward Euler multiplies by 1 / (1 + z). Page: flow-to-descent.md#backward-euler."""
    return 1 / (1 + np.asarray(z, dtype=np.float64))


def flow_factor(z: ArrayLike) -> Array:
    """The flow multiplies by e^{-z} in the time eta of a step. Page: flow-to-descent.md#stability."""
    return np.exp(-np.asarray(z, dtype=np.float64))


def crossing(kappa: float = 1.0) -> float:
    """The z = eta mu > 0 at which kappa z - 1 = e^{-z}: z = 1/kappa + W(e^{-1/kappa} / kappa), with Lambert's W.

    At kappa = 1, z = 1.2785: below it a step of descent shrinks a mode by more than the flow does in the same
    time. For kappa >= 1 the same holds of the worst factors rho and e^{-z}, and 2/(L + mu) <= z/mu < 2/L.
    Page: comparison.md#per-step.
    """
    from scipy.special import lambertw

    return float(1 / kappa + lambertw(np.exp(-1 / kappa) / kappa).real)


def backward_euler_convex(k: ArrayLike, eta: float, R: float) -> Array:
    """Worst gap after k >= 1 steps of backward Euler on a convex f: R^2 / (4 eta k), for every eta > 0.

    Source: Taylor, Hendrickx & Glineur 2017b, Thm 4.1. Page: flow-to-descent.md#backward-euler.
    """
    return R**2 / (4 * eta * np.asarray(k, dtype=np.float64))


def backward_euler_strongly_convex(k: ArrayLike, eta: float, mu: float) -> Array:
    """(1 + eta mu)^{-2k}: worst ratio, after k steps of backward Euler, of squared distance, gap and |grad f|^2.

    For every eta > 0. Attained by (mu/2) x^2.
    Page: flow-to-descent.md#backward-euler.
    """
    return backward_factor(eta * mu) ** (2 * np.asarray(k, dtype=np.float64))


def descent_exponent(eta: ArrayLike, L: float, mu: float) -> Array:
    """-log(rho) / eta: rate per unit of time t = k eta at which descent shrinks its worst distance.

    Tends to mu as eta -> 0, and lies above mu for 0 < eta <= 2/(L + mu). For squared distance and gap, twice this.
    Page: comparison.md#factor-of-two.
    """
    eta = np.asarray(eta, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return -np.log(contraction(eta, L, mu)) / eta
