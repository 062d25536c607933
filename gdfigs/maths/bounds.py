"""The formulas of the text, each exactly once. Figures, tests and pages call these and no others.

Throughout: L, mu the bounds on the curvature, kappa = L/mu, R = |theta_0 - theta*|, gap = f - f*,
g0 = |grad f(theta_0)|. Every function maps over arrays.
"""

import numpy as np
from numpy.typing import ArrayLike

from gdfigs.maths.problems import Array


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


def flow_displacement(t: ArrayLike, drop: ArrayLike) -> Array:
    """How far the flow gets in the time t, if f falls by at most ``drop`` on the way: sqrt(t drop).

    Page: gradient-flow.md#existence, with proof.
    """
    return np.sqrt(np.asarray(t, dtype=np.float64) * np.asarray(drop))


def flow_gradient(duration: ArrayLike, drop: ArrayLike, L: float) -> Array:
    """|grad f|^2 where f, L-smooth, fell by ``drop`` in the last ``duration`` s: at most 2 L drop / (1 - e^{-2Ls}).

    For |grad f| grows at most like e^{Lt} along the flow, so that before it was large as well, and f fell.
    Attained by -(L/2) x^2. Page: gradient-flow.md#where-trajectories-go.
    """
    return 2 * L * np.asarray(drop) / -np.expm1(-2 * L * np.asarray(duration, dtype=np.float64))


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


def flow_time(accuracy: ArrayLike, mu: float) -> Array:
    """Time at which that worst ratio reaches the accuracy: log(1/accuracy) / (2 mu).

    Page: gradient-flow.md#flow-strongly-convex-rate.
    """
    return np.log(1 / np.asarray(accuracy, dtype=np.float64)) / (2 * mu)


def waiting_flow(t: ArrayLike, wait: float = 0.0) -> Array:
    """0 until the time ``wait``, then (2 (t - wait) / 3)^{3/2}: a flow of -(3/4) |x|^{4/3} from 0, for every wait >= 0.

    Page: gradient-flow.md#existence-examples.
    """
    return (2 / 3 * np.maximum(np.asarray(t, dtype=np.float64) - wait, 0.0)) ** 1.5


def bursting_flow(t: ArrayLike, x0: float) -> Array:
    """x0 / sqrt(1 - 2 x0^2 t): the flow of -x^4/4 from x0, for t < 1 / (2 x0^2).

    Page: gradient-flow.md#existence-examples.
    """
    return x0 / np.sqrt(1 - 2 * x0**2 * np.asarray(t, dtype=np.float64))


def bursting_time(x0: ArrayLike) -> Array:
    """1 / (2 x0^2): when the flow of -x^4/4 from x0 != 0 is infinite. Page: gradient-flow.md#existence-examples."""
    return 1 / (2 * np.asarray(x0, dtype=np.float64) ** 2)


def exponential_flow(t: ArrayLike, x0: float) -> Array:
    """log(e^{x0} + t): the flow of e^{-x} from x0, which has no limit. Page: gradient-flow.md#escape."""
    return np.log(np.exp(x0) + np.asarray(t, dtype=np.float64))


def hill_escape(t: ArrayLike) -> Array:
    """(8t)^{1/4}: what the flow of 1/(1 + x^2) from x0 > 0 grows like, x(t)^4 / (8t) -> 1.

    For along it log x + x^2 + x^4/4 - 2t does not change. Page: gradient-flow.md#escape.
    """
    return (8 * np.asarray(t, dtype=np.float64)) ** 0.25


def hill_clock(x: ArrayLike) -> Array:
    """(log x + x^2 + x^4/4) / 2: runs with the time, up to a constant, along every flow of 1/(1 + x^2) on x > 0.

    Page: gradient-flow.md#escape.
    """
    x = np.asarray(x, dtype=np.float64)
    return (np.log(x) + x**2 + x**4 / 4) / 2


def euler_local(eta: ArrayLike, hessian_gradient: float) -> Array:
    """Leading term of the error of one Euler step: (eta^2 / 2) |Hessian grad f|, up to o(eta^2).

    Page: flow-to-descent.md#local-error.
    """
    return np.asarray(eta, dtype=np.float64) ** 2 / 2 * hessian_gradient


def euler_global(eta: ArrayLike, L: float, T: float | Array, g0: float) -> Array:
    """Distance of descent from the flow at time T = K eta, for L-smooth f: at most (eta/2) L T e^{LT} g0.

    Page: flow-to-descent.md#global-error.
    """
    return euler_global_convex(eta, L, T, g0) * np.exp(L * T)


def euler_global_convex(eta: ArrayLike, L: float, T: float | Array, g0: float) -> Array:
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


def adams_moulton_factor(z: ArrayLike) -> Array:
    """The implicit Adams-Moulton method of order three on theta' = -lambda theta, z = eta lambda: spectral radius.

    Of r^2 (1 + 5z/12) = r (1 - 8z/12) + z/12, z > 0; above 1 iff z > 6, where one root is -1.
    Page: corrections.md#false-implicit.
    """
    z = np.asarray(z, dtype=np.float64)
    a, b, c = 1 + 5 * z / 12, 1 - 8 * z / 12, z / 12
    return (np.abs(b) + np.sqrt(b**2 + 4 * a * c)) / (2 * a)


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
    x = np.stack([eta * mu, eta * L])
    with np.errstate(divide="ignore"):
        # log|1 - x|; of a small x, 1 - x would keep but few digits
        return -np.log1p(-np.minimum(x, 2 - x)).max(axis=0) / eta


def critical_damping(mu: float) -> float:
    """2 sqrt(mu): the friction at which the heavy ball on (mu/2) x^2 returns fastest without oscillating.

    Page: momentum.md#heavy-ball-energy.
    """
    return float(2 * np.sqrt(mu))


def damping_exponent(gamma: ArrayLike, mu: float) -> Array:
    """Re(gamma/2 - sqrt(gamma^2/4 - mu)): the heavy ball with friction gamma on (mu/2) x^2 decays like e^{-this t}.

    Greatest, sqrt(mu), at the critical damping, where the motion is like t e^{-sqrt(mu) t}.
    Page: momentum.md#heavy-ball-energy.
    """
    half = np.asarray(gamma, dtype=np.float64) / 2
    # In this form the difference of the squares is 0 where it should be, without rounding.
    return half - np.sqrt(np.maximum((half - np.sqrt(mu)) * (half + np.sqrt(mu)), 0.0))


def heavy_ball_parameters(L: float, mu: float) -> tuple[float, float]:
    """alpha = (2 / (sqrt L + sqrt mu))^2 and beta = ((sqrt kappa - 1) / (sqrt kappa + 1))^2.

    The best for quadratics with eigenvalues from mu to L. Source: Polyak 1964. Page: momentum.md#heavy-ball-rate.
    """
    return float((2 / (np.sqrt(L) + np.sqrt(mu))) ** 2), heavy_ball_rate(L, mu) ** 2


def heavy_ball_rate(L: float, mu: float) -> float:
    """sqrt(beta) = (sqrt kappa - 1) / (sqrt kappa + 1): the spectral radius of heavy ball with these parameters.

    No alpha and beta make it less. Page: momentum.md#heavy-ball-rate.
    """
    return float((np.sqrt(L) - np.sqrt(mu)) / (np.sqrt(L) + np.sqrt(mu)))


def heavy_ball_factor(alpha: ArrayLike, beta: ArrayLike, L: float, mu: float) -> Array:
    """Spectral radius of heavy ball on quadratics with eigenvalues from mu to L: the larger root at the worse end.

    With p the larger of |1 + beta - alpha mu| and |1 + beta - alpha L|: (p + sqrt(p^2 - 4 beta)) / 2 where
    p^2 >= 4 beta, else sqrt(beta), less than which it never is. 0 <= beta. Page: momentum.md#heavy-ball-rate.
    """
    alpha, beta = np.asarray(alpha, dtype=np.float64), np.asarray(beta, dtype=np.float64)
    p = np.maximum(np.abs(1 + beta - alpha * mu), np.abs(1 + beta - alpha * L))
    return np.maximum(np.sqrt(beta), (p + np.sqrt(np.maximum(p**2 - 4 * beta, 0.0))) / 2)


def heavy_ball_step(beta: ArrayLike, L: float, mu: float) -> Array:
    """The alpha that makes this factor least for a given beta: 2 (1 + beta) / (L + mu), best_step where beta = 0.

    Page: momentum.md#heavy-ball-rate.
    """
    return 2 * (1 + np.asarray(beta, dtype=np.float64)) / (L + mu)


def heavy_ball_quadratic(k: ArrayLike, L: float, mu: float) -> Array:
    """Distance after k steps of it on a quadratic, from theta_{-1} = theta_0: at most so many times R.

    (1 + k (1 + sqrt beta)) beta^{k/2}, attained by (L/2) x^2. Page: momentum.md#heavy-ball-rate.
    """
    k, rate = np.asarray(k, dtype=np.float64), heavy_ball_rate(L, mu)
    return (1 + k * (1 + rate)) * rate**k


def nesterov_convex(k: ArrayLike, eta: float, R: float) -> Array:
    """Gap after k >= 1 steps of Nesterov's method with 0 < eta <= 1/L on a convex f: at most 2 R^2 / (eta (k + 1)^2).

    Never attained, but approached as k grows: on Huber functions of the slope worst_nesterov_slope(t, R) with
    t^2 = eta (k^2 + 5k + 2). Source: Su, Boyd & Candes 2016, Thm 6. Page: nesterov.md#nesterov-rate.
    """
    return 2 * R**2 / (eta * (np.asarray(k, dtype=np.float64) + 1) ** 2)


def nesterov_flow_bound(t: ArrayLike, R: float) -> Array:
    """Gap of Nesterov's differential equation of a convex f at time t > 0: at most 2 R^2 / t^2.

    Approached by Huber functions tending to (4 R / t^2) |x|.
    Source: Su, Boyd & Candes 2016, Thm 3. Page: nesterov.md#nesterov-flow.
    """
    return 2 * R**2 / np.asarray(t, dtype=np.float64) ** 2


def newton_flow_factor(t: ArrayLike) -> Array:
    """e^{-t}: what is left of the gradient at time t of the natural gradient flow with the Hessian for a metric.

    On a quadratic, of the distance; in the fit of an exponential family, of the error of the expectation parameters.
    Page: natural-gradient.md#newton-flow.
    """
    return np.exp(-np.asarray(t, dtype=np.float64))


def worst_nesterov_slope(t: float, R: float) -> float:
    """4 R / t^2: on |x| with this slope, a limit of Huber functions, Nesterov's equation is at R/2 at time t.

    Page: nesterov.md#nesterov-flow.
    """
    return 4 * R / t**2


def gaussian_natural_flow(t: ArrayLike, start: tuple[float, float], target: tuple[float, float]) -> Array:
    """Mean and standard deviation, shape (..., 2), at time t of the natural gradient flow of a Gaussian fit.

    The expectations of x and x^2 go straight from those of ``start`` to those of ``target``, each a mean and a standard
    deviation, by newton_flow_factor(t). Page: natural-gradient.md#fitting-a-gaussian.
    """
    left = newton_flow_factor(t)
    m = target[0] + left * (start[0] - target[0])
    variance = (
        target[1] ** 2 + left * (start[1] ** 2 - target[1] ** 2) + left * (1 - left) * (start[0] - target[0]) ** 2
    )
    return np.stack([m, np.sqrt(variance)], axis=-1)


def langevin_variance(beta: float, lam: ArrayLike, eta: ArrayLike = 0.0) -> Array:
    """Stationary variance on (lam/2) x^2 under Euler-Maruyama with step eta: 1 / (beta lam (1 - eta lam / 2)).

    At eta = 0 that of the Langevin equation itself; infinite from eta lam = 2 on, where there is none.
    Page: noise.md#langevin-variance.
    """
    lam, eta = np.asarray(lam, dtype=np.float64), np.asarray(eta)
    with np.errstate(divide="ignore"):
        return 1 / (beta * lam * np.maximum(1 - eta * lam / 2, 0.0))


def langevin_decay(t: ArrayLike, beta: float, lam: float) -> tuple[Array, Array]:
    """Of the Langevin equation on (lam/2) x^2 from a point, after the time t: what is left of the mean, the variance.

    e^{-lam t} and (1 - e^{-2 lam t}) / (beta lam): the Ornstein-Uhlenbeck process. Page: noise.md#ornstein-uhlenbeck.
    """
    t = np.asarray(t, dtype=np.float64)
    return np.exp(-lam * t), -np.expm1(-2 * lam * t) * langevin_variance(beta, lam)


def euler_maruyama_decay(k: ArrayLike, beta: float, lam: float, eta: float) -> tuple[Array, Array]:
    """The same after k steps of Euler-Maruyama: (1 - z)^k and (2 eta / beta) (1 + q + ... + q^{k-1}).

    Here z = eta lam and q = (1 - z)^2. Page: noise.md#langevin-variance.
    """
    k, factor = np.asarray(k, dtype=np.float64), forward_factor(eta * lam)
    q = factor**2
    return factor**k, 2 * eta / beta * (k if q == 1 else (1 - q**k) / (1 - q))


def gibbs_weight(gap: ArrayLike, beta: float) -> Array:
    """e^{-beta (f - f*)}: but for a factor, the stationary density of the Langevin equation, if it is integrable.

    Page: noise.md#stationary-density.
    """
    return np.exp(-beta * np.asarray(gap, dtype=np.float64))


def binomial_band(n: int, p: ArrayLike, chance: float) -> tuple[Array, Array]:
    """Least and greatest count that n independent draws of an event of probability p < 1 give, but for a chance.

    Fewer come with probability chance/2 at most, and so do more. Page: noise.md#band.
    """
    from scipy.special import bdtrik

    p = np.asarray(p, dtype=np.float64)

    def quantile(q: float) -> Array:
        """Least k with P(count <= k) >= q; bdtrik, where it is defined, gives P(count <= k) = q between whole k."""
        return np.where((1 - p) ** n >= q, 0.0, np.ceil(bdtrik(q, n, np.maximum(p, 1e-15))))

    return quantile(chance / 2), quantile(1 - chance / 2)


def chi_squared_band(n: int, chance: float) -> tuple[float, float]:
    """Between which numbers the sum of n squares of independent standard normal numbers lies, but for a chance.

    Below and above with probability chance/2 each: quantiles of the chi-squared law with n degrees of freedom.
    Page: noise.md#band.
    """
    from scipy.special import gammaincinv

    low, high = 2 * gammaincinv(n / 2, [chance / 2, 1 - chance / 2])
    return float(low), float(high)


def orbit(x: ArrayLike, x0: float, y0: float, a: float, b: float) -> Array:
    """y0 |x / x0|^{b/a}: the curve along which a x^2 + b y^2 flows from (x0, y0), x0 != 0.

    Page: pictures.md#orbits.
    """
    return y0 * np.abs(np.asarray(x, dtype=np.float64) / x0) ** (b / a)
