r"""The formulas of the text, each exactly once: figures, statements and tests call these and no others.

Throughout, $L$ and $\mu$ bound the curvature, $\kappa = L/\mu$, $R = |\theta_0 - \theta^*|$, the gap is $f - f^*$ and
$g_0 = |\nabla f(\theta_0)|$. Every function maps over arrays, and raises ValueError on an argument outside its range:
that of `RANGES`, by its name, unless the signature gives another.
"""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Annotated, Any

import numpy as np
from numpy.typing import ArrayLike

from gdfigs.maths.problems import Array

RANGES = {
    **dict.fromkeys(["L", "a", "b", "beta", "lam"], "(0, inf)"),
    **dict.fromkeys(
        ["R", "T", "alpha", "drop", "eta", "g0", "gamma", "hessian_gradient", "k", "rho", "t", "wait"], "[0, inf)"
    ),
    **dict.fromkeys(["f", "gap", "gradient_norm", "slope", "step", "x", "x0", "y0", "z"], "(-inf, inf)"),
    **dict.fromkeys(["accuracy", "chance"], "(0, 1)"),
    "h": "(0, 2)",
    "kappa": "[1, inf]",
    "mu": "[0, L]",
    "n": "[1, inf)",
}
"""The range of an argument, by its name."""


def _require(name: str, value: ArrayLike, interval: str, known: Mapping[str, Any] | None = None) -> None:
    """Raises ValueError unless every value lies in the interval, the ends of which may be `known` by their names."""
    ends = (np.asarray((known or {}).get(end, end), float) for end in interval[1:-1].split(", "))
    x, low, high = np.broadcast_arrays(np.asarray(value, float), *ends)
    inside = (x >= low if interval[0] == "[" else x > low) & (x <= high if interval[-1] == "]" else x < high)
    if inside.all():
        return
    bad, least, most = (each[~inside][0] for each in (x, low, high))
    found = f"{interval[0]}{least:g}, {most:g}{interval[-1]}"
    remedy = "reduce it" if bad >= most else "increase it" if bad <= least else "pass a number"
    raise ValueError(f"{name} must lie in {' = '.join(dict.fromkeys([interval, found]))}; got {bad:g}: {remedy}")


def _checked(formula: Callable[..., Any]) -> Callable[..., Any]:
    """Lets a formula refuse arguments outside their ranges."""
    signature = inspect.signature(formula)
    parameters = signature.parameters.items()
    own = {name: p.annotation.__metadata__[0] for name, p in parameters if hasattr(p.annotation, "__metadata__")}
    ranges = {name: (RANGES | own)[name] for name, _ in parameters if name in RANGES | own}

    @wraps(formula)
    def checked(*args: Any, **kwargs: Any) -> Any:
        call = signature.bind(*args, **kwargs)
        call.apply_defaults()
        for name, interval in ranges.items():
            _require(name, call.arguments[name], interval, call.arguments)
        return formula(*args, **kwargs)

    return checked


# Page "Gradient descent"
def descent_guarantee(eta: ArrayLike, L: float, gradient_norm: ArrayLike = 1.0) -> Array:
    r"""Returns the least decrease of $f$ in one step of gradient descent: $\eta (1 - L\eta/2) |\nabla f|^2$.
    Positive iff $0 < \eta < 2/L$; greatest, $|\nabla f|^2 / (2L)$, at $\eta = 1/L$. Equality on $(L/2) x^2$.
    Page: [Sufficient decrease](../gradient-descent.md#sufficient-decrease)."""
    eta = np.asarray(eta, float)
    return eta * (1 - L * eta / 2) * np.asarray(gradient_norm, float) ** 2


def quadratic_upper(f: ArrayLike, slope: ArrayLike, step: ArrayLike, L: Annotated[float, "(-inf, inf)"]) -> Array:
    r"""Bounds $f(y) \le f(x) + f'(x) (y - x) + (L/2) (y - x)^2$ in one dimension; `step` is $y - x$.
    With $\mu$ in place of $L$ the same parabola bounds a $\mu$-strongly convex $f$ from below.
    Page: [The descent lemma](../gradient-descent.md#descent-lemma)."""
    step = np.asarray(step, float)
    return np.asarray(f, float) + np.asarray(slope, float) * step + L / 2 * step**2


def largest_step(L: float) -> float:
    r"""Returns $2/L$: below it every step of descent decreases $f$; on a quadratic, above it descent diverges.
    Page: [Sufficient decrease](../gradient-descent.md#sufficient-decrease)."""
    return 2 / L


def gd_gradient_nonconvex(
    k: ArrayLike, L: float, gap: Annotated[float, "[0, inf)"], h: Annotated[float, "(0, 1]"] = 1.0
) -> Array:
    r"""Returns the worst least $|\nabla f|^2$ of $\theta_0, \dots, \theta_k$ where $f$ can fall by the gap at most.
    With steps $h/L$, $0 < h \le 1$, on an $L$-smooth $f$, convex or not: $4 L \text{gap} / ((4h - h^2) k + 2)$.
    Source: Abbaszadehpeivasti, de Klerk & Zamani 2022.
    Page: [The exact rate without convexity](../gradient-descent.md#gradient-rate-nonconvex), with proof."""
    return 4 * L * gap / ((4 * h - h**2) * np.asarray(k, float) + 2)


def gd_convex_classical(k: Annotated[ArrayLike, "[1, inf)"], L: float, R: float) -> Array:
    r"""Bounds the gap after $k \ge 1$ steps of $1/L$ on a convex $L$-smooth $f$: $L R^2 / (2k)$.
    Never attained. Page: [Sublinear rate for convex functions](../gradient-descent.md#convex-rate)."""
    return L * R**2 / (2 * np.asarray(k, float))


def gd_convex(k: ArrayLike, L: float, R: float, h: float = 1.0) -> Array:
    r"""Returns the worst gap after $k$ steps of $h/L$, $0 < h < 2$: $(L R^2 / 2) \max(1 / (2kh + 1), (1 - h)^{2k})$.
    At $h = 1$ it is $L R^2 / (4k + 2)$, attained by the Huber function of slope $L R / (2k + 1)$. Source: Drori &
    Teboulle 2014, Thm 3.1 for $h \le 1$ and Conjecture 3.1 for $1 < h < 2$, which Kim 2024 proves.
    Page: [The exact convex rate](../gradient-descent.md#convex-rate-exact)."""
    k = np.asarray(k, float)
    return L * R**2 / 2 * np.maximum(1 / (2 * k * h + 1), (1 - h) ** (2 * k))


def worst_huber_slope(k: float, L: float, R: float, h: Annotated[float, "(0, inf)"] = 1.0) -> float:
    r"""Returns the slope of the Huber function on which $k$ steps of $h/L$ are slowest: $L R / (2kh + 1)$.
    Source: Drori & Teboulle 2014, Section 3.
    Page: [The exact convex rate](../gradient-descent.md#convex-rate-exact)."""
    return L * R / (2 * k * h + 1)


def gd_mean_convex(k: Annotated[ArrayLike, "[1, inf)"], L: float, R: float) -> Array:
    r"""Returns the worst mean of the gaps after 1 to $k$ steps of $1/L$ on a convex $L$-smooth $f$: $L R^2 / (2k + 4)$.
    Attained by the Huber function of slope $L R / (k + 2)$.
    Page: [The worst mean of the gaps](../gradient-descent.md#convex-rate-mean), with proof."""
    return L * R**2 / (2 * np.asarray(k, float) + 4)


def gd_gradient(k: ArrayLike, L: float, R: float, h: Annotated[float, "(0, 1]"] = 1.0) -> Array:
    r"""Returns the worst $|\nabla f|$ after $k$ steps of $h/L$, $0 < h \le 1$, on a convex $f$: $L R / (kh + 1)$.
    Attained by the Huber function of this slope.
    Page: [The exact rates of the gradient](../gradient-descent.md#gradient-rate), with proof."""
    return L * R / (np.asarray(k, float) * h + 1)


def gd_gradient_gap(
    k: ArrayLike, L: float, gap: Annotated[float, "[0, inf)"], h: Annotated[float, "(0, 1]"] = 1.0
) -> Array:
    r"""Returns the worst $|\nabla f|^2$ after these steps from a given gap: $2 L \text{gap} / (2kh + 1)$.
    Attained by every Huber function, of slope $s$, from $(kh + 1) s / L$.
    Page: [The exact rates of the gradient](../gradient-descent.md#gradient-rate), with proof."""
    return 2 * L * gap / (2 * np.asarray(k, float) * h + 1)


def contraction(eta: ArrayLike, L: float, mu: float) -> Array:
    r"""Returns $\rho = \max(|1 - \eta\mu|, |1 - \eta L|)$, the worst factor per step on the distance to the minimiser.
    On a quadratic it is the spectral radius of $I - \eta A$. Its square is the exact worst factor per step on squared
    distance, gap and squared gradient norm alike, over all $\mu$-strongly convex $L$-smooth $f$. Source: Taylor,
    Hendrickx & Glineur 2018. Page: [Linear rate for strongly convex functions](../gradient-descent.md#linear-rate)."""
    eta = np.asarray(eta, float)
    return np.maximum(np.abs(1 - eta * mu), np.abs(1 - eta * L))


def best_step(L: float, mu: float) -> float:
    r"""Returns the step that makes $\rho$ least: $2 / (L + \mu)$, where $\rho = (\kappa - 1) / (\kappa + 1)$.
    Page: [Linear rate for strongly convex functions](../gradient-descent.md#linear-rate)."""
    return 2 / (L + mu)


def gd_strongly_convex(k: ArrayLike, eta: float, L: float, mu: float) -> Array:
    r"""Returns $\rho^{2k}$, the worst ratio after $k$ steps of squared distance, of gap and of squared gradient norm.
    Attained by $(\mu/2) x^2$ or $(L/2) x^2$. Source: Taylor, Hendrickx & Glineur 2018.
    Page: [Linear rate for strongly convex functions](../gradient-descent.md#linear-rate)."""
    return contraction(eta, L, mu) ** (2 * np.asarray(k, float))


def gd_strongly_convex_classical(k: ArrayLike, kappa: float) -> Array:
    r"""Bounds the ratio of squared distance and of gap at $\eta = 1/L$ by $(1 - 1/\kappa)^k$.
    True, not tight. Page: [The usual form](../gradient-descent.md#linear-rate-usual)."""
    return (1 - 1 / kappa) ** np.asarray(k, float)


def gd_steps(accuracy: float, rho: ArrayLike) -> Array:
    r"""Returns the real $k$ at which $\rho^{2k}$ reaches the accuracy: $\log(1/\text{accuracy}) / (-2 \log\rho)$.
    Zero where $\rho = 0$, infinite where $\rho \ge 1$.
    Page: [Steps to a given accuracy](../gradient-descent.md#steps-to-accuracy)."""
    with np.errstate(divide="ignore"):
        return np.log(1 / accuracy) / (2 * np.log(1 / np.minimum(rho, 1.0)))


def gd_steps_estimate(accuracy: float, kappa: ArrayLike, best: bool = False) -> Array:
    r"""Estimates the same: $(\kappa/2) \log(1/\text{accuracy})$ at $1/L$, half of it at the best step, $2/(L + \mu)$.
    Never too small, as $-\log(1 - x) \ge x$ and $-\log((\kappa - 1) / (\kappa + 1)) \ge 2/\kappa$.
    Page: [Steps to a given accuracy](../gradient-descent.md#steps-to-accuracy)."""
    return np.asarray(kappa, float) / (4 if best else 2) * np.log(1 / accuracy)


# Page "Gradient flow"
def flow_displacement(t: ArrayLike, drop: Annotated[ArrayLike, "[0, inf]"]) -> Array:
    r"""Bounds how far the flow gets in the time $t$ if $f$ falls by at most the drop $d$ on the way: $\sqrt{t d}$.
    Page: [Existence and uniqueness](../gradient-flow.md#existence), with proof."""
    return np.sqrt(np.asarray(t, float) * np.asarray(drop, float))


def waiting_flow(t: ArrayLike, wait: float = 0.0) -> Array:
    r"""Returns 0 until the time `wait`, then $(2 (t - wait) / 3)^{3/2}$: a flow of $-(3/4) |x|^{4/3}$ from 0.
    Page: [Both assumptions are needed](../gradient-flow.md#existence-examples)."""
    return (2 / 3 * np.maximum(np.asarray(t, float) - wait, 0.0)) ** 1.5


def bursting_flow(t: ArrayLike, x0: float) -> Array:
    r"""Returns $x_0 / \sqrt{1 - 2 x_0^2 t}$, the flow of $-x^4/4$ from $x_0$, for $t < 1 / (2 x_0^2)$.
    Page: [Both assumptions are needed](../gradient-flow.md#existence-examples)."""
    _require("2 x0^2 t", 2 * x0**2 * np.asarray(t, float), "[0, 1)")
    return x0 / np.sqrt(1 - 2 * x0**2 * np.asarray(t, float))


def bursting_time(x0: ArrayLike) -> Array:
    r"""Returns $1 / (2 x_0^2)$: when the flow of $-x^4/4$ from $x_0 \ne 0$ is infinite.
    Page: [Both assumptions are needed](../gradient-flow.md#existence-examples)."""
    _require("|x0|", np.abs(x0), "(0, inf)")
    return 1 / (2 * np.asarray(x0, float) ** 2)


def flow_gradient(duration: Annotated[ArrayLike, "(0, inf)"], drop: ArrayLike, L: float) -> Array:
    r"""Bounds $|\nabla f|^2$ where $f$ fell by $d$ in the last duration $s$: $2 L d / (1 - e^{-2Ls})$.
    For $|\nabla f|$ grows at most like $e^{Lt}$ along the flow of an $L$-smooth $f$, so that before it was large as
    well, and $f$ fell. Attained by $-(L/2) x^2$.
    Page: [Where trajectories go](../gradient-flow.md#where-trajectories-go)."""
    return 2 * L * np.asarray(drop, float) / -np.expm1(-2 * L * np.asarray(duration, float))


def exponential_flow(t: ArrayLike, x0: float) -> Array:
    r"""Returns $\log(e^{x_0} + t)$, the flow of $e^{-x}$ from $x_0$, which has no limit.
    Page: [A trajectory may escape](../gradient-flow.md#escape)."""
    return np.log(np.exp(x0) + np.asarray(t, float))


def hill_escape(t: ArrayLike) -> Array:
    r"""Returns $(8t)^{1/4}$, which the flow of $1/(1 + x^2)$ from $x_0 > 0$ grows like: $x(t)^4 / (8t) \to 1$.
    For along it $\log x + x^2 + x^4/4 - 2t$ does not change.
    Page: [A trajectory may escape](../gradient-flow.md#escape)."""
    return (8 * np.asarray(t, float)) ** 0.25


def hill_clock(x: Annotated[ArrayLike, "(0, inf)"]) -> Array:
    r"""Returns $(\log x + x^2 + x^4/4) / 2$: the time, up to a constant, along every flow of $1/(1 + x^2)$ on $x > 0$.
    Page: [A trajectory may escape](../gradient-flow.md#escape)."""
    x = np.asarray(x, float)
    return (np.log(x) + x**2 + x**4 / 4) / 2


def flow_convex_classical(t: Annotated[ArrayLike, "(0, inf)"], R: float) -> Array:
    r"""Bounds the gap of the gradient flow of a convex $f$ at time $t > 0$: $R^2 / (2t)$.
    Never attained. Page: [Rates of the flow for convex functions](../gradient-flow.md#flow-convex-rate)."""
    return R**2 / (2 * np.asarray(t, float))


def flow_convex(t: Annotated[ArrayLike, "(0, inf)"], R: float) -> Array:
    r"""Bounds the same, exactly over all convex $f$: $R^2 / (4t)$.
    Approached by Huber functions tending to $(R / 2t) |x|$.
    Page: [Rates of the flow for convex functions](../gradient-flow.md#flow-convex-rate), with proof."""
    return R**2 / (4 * np.asarray(t, float))


def flow_convex_smooth(t: ArrayLike, R: float, L: float) -> Array:
    r"""Bounds the same for convex and $L$-smooth $f$: $L R^2 / (4 L t + 2)$.
    Attained by the Huber function of slope $L R / (2 L t + 1)$.
    Page: [Rates of the flow for convex functions](../gradient-flow.md#flow-convex-rate)."""
    return L * R**2 / (4 * L * np.asarray(t, float) + 2)


def flow_strongly_convex(t: ArrayLike, mu: Annotated[float, "[0, inf)"]) -> Array:
    r"""Returns $e^{-2\mu t}$, the worst ratio at $t$ of gap and of squared distance for a $\mu$-strongly convex $f$.
    Attained by $(\mu/2) x^2$.
    Page: [Rates of the flow for strongly convex functions](../gradient-flow.md#flow-strongly-convex-rate)."""
    return np.exp(-2 * mu * np.asarray(t, float))


def flow_time(accuracy: ArrayLike, mu: Annotated[float, "(0, inf)"]) -> Array:
    r"""Returns the time at which that worst ratio reaches the accuracy: $\log(1/\text{accuracy}) / (2\mu)$.
    Page: [Rates of the flow for strongly convex functions](../gradient-flow.md#flow-strongly-convex-rate)."""
    return np.log(1 / np.asarray(accuracy, float)) / (2 * mu)


# Page "From flow to descent"
def euler_local(eta: ArrayLike, hessian_gradient: float) -> Array:
    r"""Returns the leading term of the error of one Euler step, up to $o(\eta^2)$: $(\eta^2/2) |\nabla^2 f \nabla f|$.
    Page: [Local error](../flow-to-descent.md#local-error)."""
    return np.asarray(eta, float) ** 2 / 2 * hessian_gradient


def euler_global(eta: ArrayLike, L: float, T: float | Array, g0: float) -> Array:
    r"""Bounds the distance of descent from the flow at $T = K\eta$ for $L$-smooth $f$: $(\eta/2) L T e^{LT} g_0$.
    Page: [Global error](../flow-to-descent.md#global-error)."""
    return euler_global_convex(eta, L, T, g0) * np.exp(L * T)


def euler_global_convex(eta: ArrayLike, L: float, T: float | Array, g0: float) -> Array:
    r"""Bounds the same for convex $f$ and $\eta \le 2/L$, with no exponential: $(\eta/2) L T g_0$.
    Page: [Global error](../flow-to-descent.md#global-error)."""
    return np.asarray(eta, float) / 2 * L * T * g0


def euler_strongly_convex(k: ArrayLike, eta: float, L: float, mu: Annotated[float, "(0, L]"], g0: float) -> Array:
    r"""Bounds the same for strongly convex $f$ and $\eta \le 2/(L + \mu)$ after $k$ steps, with no $T$:
    $(L/\mu^2) (e^{-\mu k \eta} - (1 - \eta\mu)^k) g_0$, which is $L/\mu$ times the distance on $(\mu/2) x^2$.
    Page: [Error at all times](../flow-to-descent.md#error-at-all-times), with proof."""
    _require("eta (L + mu)", eta * (L + mu), "[0, 2]")
    k, z = np.asarray(k, float), eta * mu
    return L / mu**2 * (np.exp(-k * z) - (1 - z) ** k) * g0


def euler_uniform(eta: ArrayLike, L: float, mu: Annotated[float, "(0, L]"], g0: float) -> Array:
    r"""Bounds this for all $k$: $(L/\mu) \eta e^{-1} g_0$. Attained at $k = 1$ if $\eta = 1/L = 1/\mu$.
    Page: [Error at all times](../flow-to-descent.md#error-at-all-times), with proof."""
    return L / mu * np.asarray(eta, float) * np.exp(-1) * g0


def forward_factor(z: ArrayLike) -> Array:
    r"""Returns $1 - z$, by which forward Euler multiplies a mode $\theta' = -\lambda\theta$, where $z = \eta\lambda$.
    Page: [Stability of descent and of the flow](../flow-to-descent.md#stability)."""
    return 1 - np.asarray(z, float)


def backward_factor(z: ArrayLike) -> Array:
    r"""Returns $1 / (1 + z)$, by which a step of backward Euler multiplies it; $z \ne -1$.
    Page: [Backward Euler on convex functions](../flow-to-descent.md#backward-euler)."""
    _require("|1 + z|", np.abs(1 + np.asarray(z, float)), "(0, inf)")
    return 1 / (1 + np.asarray(z, float))


def flow_factor(z: ArrayLike) -> Array:
    r"""Returns $e^{-z}$, by which the flow multiplies it in the time $\eta$ of a step.
    Page: [Stability of descent and of the flow](../flow-to-descent.md#stability)."""
    return np.exp(-np.asarray(z, float))


def backward_euler_convex(k: Annotated[ArrayLike, "[1, inf)"], eta: Annotated[float, "(0, inf)"], R: float) -> Array:
    r"""Bounds the gap after $k \ge 1$ steps of backward Euler on a convex $f$: $R^2 / (4\eta k)$, for every $\eta > 0$.
    Source: Taylor, Hendrickx & Glineur 2017b, Thm 4.1.
    Page: [Backward Euler on convex functions](../flow-to-descent.md#backward-euler)."""
    return R**2 / (4 * eta * np.asarray(k, float))


def backward_euler_smooth(k: ArrayLike, eta: float, R: float, L: float) -> Array:
    r"""Bounds the same for convex and $L$-smooth $f$: $L R^2 / (4 L \eta k + 2)$, that of the flow at $t = k\eta$.
    Attained by the Huber function of slope $L R / (2 L \eta k + 1)$.
    Page: [Backward Euler on convex functions](../flow-to-descent.md#backward-euler), with proof."""
    return flow_convex_smooth(np.asarray(k, float) * eta, R, L)


def backward_euler_strongly_convex(k: ArrayLike, eta: float, mu: Annotated[float, "[0, inf)"]) -> Array:
    r"""Returns $(1 + \eta\mu)^{-2k}$, the worst ratio after $k$ such steps of squared distance, gap and $|\nabla f|^2$.
    For every $\eta > 0$. Attained by $(\mu/2) x^2$.
    Page: [Backward Euler on convex functions](../flow-to-descent.md#backward-euler)."""
    return backward_factor(eta * mu) ** (2 * np.asarray(k, float))


# Page "Comparison"
def descent_exponent(eta: Annotated[ArrayLike, "(0, inf)"], L: float, mu: float) -> Array:
    r"""Returns $-\log(\rho) / \eta$, the rate per unit of time $t = k\eta$ at which descent shrinks its worst distance.
    Tends to $\mu$ as $\eta \to 0$, and lies above $\mu$ for $0 < \eta \le 2/(L + \mu)$. For squared distance and gap,
    twice this. Page: [Where the factor of two comes from](../comparison.md#factor-of-two)."""
    eta = np.asarray(eta, float)
    x = np.stack([eta * mu, eta * L])
    with np.errstate(divide="ignore"):
        # log|1 - x|; of a small x, 1 - x would keep but few digits
        return -np.log1p(-np.minimum(x, 2 - x)).max(axis=0) / eta


def crossing(kappa: Annotated[float, "[1, inf)"] = 1.0) -> float:
    r"""Returns the root $z > 0$ of $\kappa z - 1 = e^{-z}$, $1/\kappa + W(e^{-1/\kappa} / \kappa)$ with Lambert's $W$.
    Here $z = \eta\mu$. At $\kappa = 1$, $z = 1.2785$: below it a step of descent shrinks a mode by more than the flow
    does in the same time. For $\kappa \ge 1$ the same holds of the worst factors $\rho$ and $e^{-z}$, and
    $2/(L + \mu) \le z/\mu < 2/L$. Page: [Step by step and mode by mode](../comparison.md#per-step)."""
    from scipy.special import lambertw

    return float(1 / kappa + lambertw(np.exp(-1 / kappa) / kappa).real)


# Page "The pictures"
def orbit(x: ArrayLike, x0: float, y0: float, a: float, b: float) -> Array:
    r"""Returns $y_0 |x / x_0|^{b/a}$: the curve along which $a x^2 + b y^2$ flows from $(x_0, y_0)$, $x_0 \ne 0$.
    Page: [The orbits of the bowl](../pictures.md#orbits)."""
    _require("|x0|", np.abs(x0), "(0, inf)")
    return y0 * np.abs(np.asarray(x, float) / x0) ** (b / a)


# Page "Momentum"
def critical_damping(mu: Annotated[float, "[0, inf)"]) -> float:
    r"""Returns $2\sqrt\mu$, the friction at which the heavy ball on $(\mu/2) x^2$ returns fastest without oscillating.
    Page: [Energy of the heavy ball](../momentum.md#heavy-ball-energy)."""
    return float(2 * np.sqrt(mu))


def damping_exponent(gamma: ArrayLike, mu: Annotated[float, "[0, inf)"]) -> Array:
    r"""Returns the exponent of the heavy ball on $(\mu/2) x^2$:
    $\operatorname{Re}(\gamma/2 - \sqrt{\gamma^2/4 - \mu})$.
    It decays like $e^{-at}$ with this $a$, which is greatest, $\sqrt\mu$, at the critical damping: like
    $t e^{-\sqrt\mu t}$. Page: [Energy of the heavy ball](../momentum.md#heavy-ball-energy)."""
    half = np.asarray(gamma, float) / 2
    # In this form the difference of the squares is 0 where it should be, without rounding.
    return half - np.sqrt(np.maximum((half - np.sqrt(mu)) * (half + np.sqrt(mu)), 0.0))


def heavy_ball_parameters(L: float, mu: float) -> tuple[float, float]:
    r"""Returns $\alpha = (2 / (\sqrt L + \sqrt\mu))^2$ and $\beta = ((\sqrt\kappa - 1) / (\sqrt\kappa + 1))^2$.
    The best for quadratics with eigenvalues from $\mu$ to $L$. Source: Polyak 1964.
    Page: [Heavy ball on quadratics](../momentum.md#heavy-ball-rate)."""
    return float((2 / (np.sqrt(L) + np.sqrt(mu))) ** 2), heavy_ball_rate(L, mu) ** 2


def heavy_ball_rate(L: float, mu: float) -> float:
    r"""Returns $\sqrt\beta = (\sqrt\kappa - 1) / (\sqrt\kappa + 1)$, the spectral radius of heavy ball with these.
    No $\alpha$ and $\beta$ make it less. Page: [Heavy ball on quadratics](../momentum.md#heavy-ball-rate)."""
    return float((np.sqrt(L) - np.sqrt(mu)) / (np.sqrt(L) + np.sqrt(mu)))


def heavy_ball_factor(alpha: ArrayLike, beta: Annotated[ArrayLike, "[0, inf)"], L: float, mu: float) -> Array:
    r"""Returns the spectral radius of heavy ball on quadratics with eigenvalues from $\mu$ to $L$.
    With $p$ the larger of $|1 + \beta - \alpha\mu|$ and $|1 + \beta - \alpha L|$: $(p + \sqrt{p^2 - 4\beta}) / 2$ where
    $p^2 \ge 4\beta$, else $\sqrt\beta$, less than which it never is.
    Page: [Heavy ball on quadratics](../momentum.md#heavy-ball-rate)."""
    alpha, beta = np.asarray(alpha, float), np.asarray(beta, float)
    p = np.maximum(np.abs(1 + beta - alpha * mu), np.abs(1 + beta - alpha * L))
    return np.maximum(np.sqrt(beta), (p + np.sqrt(np.maximum(p**2 - 4 * beta, 0.0))) / 2)


def heavy_ball_step(beta: Annotated[ArrayLike, "[0, inf)"], L: float, mu: float) -> Array:
    r"""Returns the $\alpha$ that makes this factor least for a given $\beta$: $2 (1 + \beta) / (L + \mu)$.
    Page: [Heavy ball on quadratics](../momentum.md#heavy-ball-rate)."""
    return 2 * (1 + np.asarray(beta, float)) / (L + mu)


def heavy_ball_quadratic(k: ArrayLike, L: float, mu: float) -> Array:
    r"""Bounds the distance after $k$ steps of it on a quadratic, over $R$: $(1 + k (1 + \sqrt\beta)) \beta^{k/2}$.
    From $\theta_{-1} = \theta_0$. Attained by $(L/2) x^2$.
    Page: [Heavy ball on quadratics](../momentum.md#heavy-ball-rate)."""
    k, rate = np.asarray(k, float), heavy_ball_rate(L, mu)
    return (1 + k * (1 + rate)) * rate**k


# Page "Nesterov's method"
def nesterov_convex(k: Annotated[ArrayLike, "[1, inf)"], eta: Annotated[float, "(0, inf)"], R: float) -> Array:
    r"""Bounds the gap after $k \ge 1$ steps of $0 < \eta \le 1/L$ on a convex $f$: $2 R^2 / (\eta (k + 1)^2)$.
    Never attained, but approached as $k$ grows: on Huber functions of the slope `worst_nesterov_slope(t, R)` with
    $t^2 = \eta (k^2 + 5k + 2)$. Source: Su, Boyd & Candes 2016, Thm 6.
    Page: [Rate of Nesterov's method](../nesterov.md#nesterov-rate)."""
    return 2 * R**2 / (eta * (np.asarray(k, float) + 1) ** 2)


def nesterov_exact(
    k: Annotated[ArrayLike, "[1, inf)"], L: float, R: float, h: Annotated[float, "(0, 1]"] = 1.0
) -> Array:
    r"""Returns the worst gap at $\theta_k$ with $\eta = h/L$ on a convex $f$: $2 L R^2 / (h (k^2 + 5k + 2) + 4)$.
    Attained by a Huber function; proved for each $k$ so far as there is a certificate.
    Source, $h = 1$: Taylor, Hendrickx & Glineur 2017b, found numerically.
    Page: [The exact rate of Nesterov's method](../nesterov.md#nesterov-rate-exact)."""
    k = np.asarray(k, float)
    return 2 * L * R**2 / (h * (k**2 + 5 * k + 2) + 4)


def nesterov_ahead(
    k: Annotated[ArrayLike, "[1, inf)"], L: float, R: float, h: Annotated[float, "(0, 1]"] = 1.0
) -> Array:
    r"""Returns the worst gap at $y_k$, in the same way: $2 L R^2 / (h (k^2 + 7k) + 4)$, which is less if $k > 1$.
    Page: [The exact rate of Nesterov's method](../nesterov.md#nesterov-rate-exact)."""
    k = np.asarray(k, float)
    return 2 * L * R**2 / (h * (k**2 + 7 * k) + 4)


def nesterov_flow_bound(t: Annotated[ArrayLike, "(0, inf)"], R: float) -> Array:
    r"""Bounds the gap of Nesterov's differential equation of a convex $f$ at time $t > 0$: $2 R^2 / t^2$.
    Approached by Huber functions tending to $(4 R / t^2) |x|$. Source: Su, Boyd & Candes 2016, Thm 3.
    Page: [Nesterov's differential equation](../nesterov.md#nesterov-flow)."""
    return 2 * R**2 / np.asarray(t, float) ** 2


def worst_nesterov_slope(t: Annotated[float, "(0, inf)"], R: float) -> float:
    r"""Returns $4 R / t^2$: on $|x|$ with this slope, a limit of Huber functions, the equation is at $R/2$ at time $t$.
    Page: [Nesterov's differential equation](../nesterov.md#nesterov-flow)."""
    return 4 * R / t**2


# Page "The natural gradient"
def newton_flow_factor(t: ArrayLike) -> Array:
    r"""Returns $e^{-t}$: what is left of the gradient along the natural gradient flow with the Hessian for a metric.
    On a quadratic, of the distance; in the fit of an exponential family, of the error of the expectation parameters.
    Page: [With the Hessian for a metric](../natural-gradient.md#newton-flow)."""
    return np.exp(-np.asarray(t, float))


def gaussian_natural_flow(t: ArrayLike, start: tuple[float, float], target: tuple[float, float]) -> Array:
    r"""Returns mean and standard deviation, shape (..., 2), at $t$ of the natural gradient flow of a Gaussian fit.
    The expectations of $x$ and $x^2$ go straight from those of `start` to those of `target`, each a mean and a
    standard deviation, by `newton_flow_factor(t)`.
    Page: [Fitting a Gaussian](../natural-gradient.md#fitting-a-gaussian)."""
    _require("a standard deviation", [start[1], target[1]], "(0, inf)")
    left, off = newton_flow_factor(t), start[0] - target[0]
    variance = target[1] ** 2 + left * (start[1] ** 2 - target[1] ** 2) + left * (1 - left) * off**2
    return np.stack([target[0] + left * off, np.sqrt(variance)], axis=-1)


# Page "Noise"
def langevin_variance(beta: float, lam: ArrayLike, eta: ArrayLike = 0.0) -> Array:
    r"""Returns the stationary variance of Euler-Maruyama on $\lambda x^2/2$: $1 / (\beta\lambda (1 - \eta\lambda/2))$.
    At $\eta = 0$ that of the Langevin equation itself; infinite from $\eta\lambda = 2$ on, where there is none.
    Page: [What a step does to it](../noise.md#langevin-variance)."""
    lam, eta = np.asarray(lam, float), np.asarray(eta, float)
    with np.errstate(divide="ignore"):
        return 1 / (beta * lam * np.maximum(1 - eta * lam / 2, 0.0))


def langevin_decay(t: ArrayLike, beta: float, lam: float) -> tuple[Array, Array]:
    r"""Returns what is left of the mean at time $t$, and the variance, of the Langevin equation on $(\lambda/2) x^2$.
    From a point: $e^{-\lambda t}$ and $(1 - e^{-2\lambda t}) / (\beta\lambda)$, the Ornstein-Uhlenbeck process.
    Page: [The Ornstein–Uhlenbeck process](../noise.md#ornstein-uhlenbeck)."""
    t = np.asarray(t, float)
    return np.exp(-lam * t), -np.expm1(-2 * lam * t) * langevin_variance(beta, lam)


def euler_maruyama_decay(k: ArrayLike, beta: float, lam: float, eta: float) -> tuple[Array, Array]:
    r"""Returns the same after $k$ steps of Euler-Maruyama: $(1 - z)^k$ and $(2\eta/\beta) (1 + q + \dots + q^{k-1})$.
    Here $z = \eta\lambda$ and $q = (1 - z)^2$. Page: [What a step does to it](../noise.md#langevin-variance)."""
    k, factor = np.asarray(k, float), forward_factor(eta * lam)
    q = factor**2
    return factor**k, 2 * eta / beta * (k if q == 1 else (1 - q**k) / (1 - q))


def gibbs_weight(gap: ArrayLike, beta: float) -> Array:
    r"""Returns $e^{-\beta (f - f^*)}$: but for a factor, the stationary density of Langevin's equation, if integrable.
    Page: [The stationary density](../noise.md#stationary-density)."""
    return np.exp(-beta * np.asarray(gap, float))


def binomial_band(n: int, p: Annotated[ArrayLike, "[0, 1)"], chance: float) -> tuple[Array, Array]:
    r"""Returns the least and greatest count of $n$ draws of an event of probability $p < 1$, but for a chance.
    Fewer come with probability chance/2 at most, and so do more. Page: [Bands](../noise.md#band)."""
    from scipy.special import bdtrik

    p = np.asarray(p, float)

    def quantile(q: float) -> Array:
        """Returns the least k with P(count <= k) >= q; bdtrik, where defined, has P(count <= k) = q between whole k."""
        return np.where((1 - p) ** n >= q, 0.0, np.ceil(bdtrik(q, n, np.maximum(p, 1e-15))))

    return quantile(chance / 2), quantile(1 - chance / 2)


def chi_squared_band(n: int, chance: float) -> tuple[float, float]:
    r"""Returns the numbers between which the sum of $n$ squares of standard normal numbers lies, but for a chance.
    Below and above with probability chance/2 each: quantiles of the chi-squared law with $n$ degrees of freedom.
    Page: [Bands](../noise.md#band)."""
    from scipy.special import gammaincinv

    low, high = 2 * gammaincinv(n / 2, [chance / 2, 1 - chance / 2])
    return float(low), float(high)


# Page "Where the post was wrong"
def adams_moulton_factor(z: Annotated[ArrayLike, "[0, inf)"]) -> Array:
    r"""Returns the spectral radius of the implicit Adams-Moulton method of order three on $\theta' = -\lambda\theta$.
    Of $r^2 (1 + 5z/12) = r (1 - 8z/12) + z/12$, $z = \eta\lambda$; above 1 iff $z > 6$, where one root is $-1$.
    Page: [Backward Euler, the proximal step, and stability (4.3)](../corrections.md#false-implicit)."""
    z = np.asarray(z, float)
    a, b, c = 1 + 5 * z / 12, 1 - 8 * z / 12, z / 12
    return (np.abs(b) + np.sqrt(b**2 + 4 * a * c)) / (2 * a)


# Every formula, so that none can be forgotten.
_FORMULAS = {name: f for name, f in globals().items() if inspect.isfunction(f) and f.__module__ == __name__}
globals().update({name: _checked(f) for name, f in _FORMULAS.items() if not name.startswith("_")})
