r"""Objectives, with what is known of them: $f$, gradient, Hessian, curvature bounds, minimiser.

Every function takes points of shape (..., d) and maps over the leading axes:
$f$ to (...,), $\nabla f$ to (..., d), the Hessian to (..., d, d).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.floating[Any]]
Point = NDArray[np.floating[Any]]
"""A point of $R^d$, shape (d,)."""
Points = NDArray[np.floating[Any]]
"""Points of $R^d$, shape (..., d)."""


@dataclass(frozen=True)
class Problem:
    r"""An objective $f$ on $R^d$ with $\mu I \preceq \nabla^2 f \preceq L I$ almost everywhere, $\nabla f$ Lipschitz.

    Here `mu` is the lower curvature, $-L \le \mu \le L$: $f$ is convex iff $\mu \ge 0$, $\mu$-strongly convex iff
    $\mu > 0$. `minimiser` is a global minimiser, shape (d,), or None where there is none.
    Raises ValueError, naming every fault of `dim`, `L`, `mu` and the shape of `minimiser`.
    """

    name: str
    dim: int
    f: Callable[[Points], Array]
    grad: Callable[[Points], Points]
    hess: Callable[[Points], Array]
    L: float
    mu: float
    minimiser: Point | None

    def __post_init__(self) -> None:
        """Refuses what is cheap to look at; tests compare the rest with the derivatives of every constructor."""
        shape = None if self.minimiser is None else np.shape(self.minimiser)
        right = {
            f"dim must be at least 1; got {self.dim}: count the coordinates of a point": self.dim >= 1,
            f"L must be positive and finite; got {self.L:g}: pass a bound on |f''|": 0 < self.L < np.inf,
            # An eigenvalue may exceed another that it equals by rounding.
            f"mu must lie in [-L, L] = [{-self.L:g}, {self.L:g}]; got {self.mu:g}: pass the least f''": (
                -self.L <= self.mu <= self.L * (1 + 1e-12) or not 0 < self.L < np.inf
            ),
            f"minimiser must have shape ({self.dim},); got {shape}: pass a point or None": shape in {None, (self.dim,)},
        }
        if not all(right.values()):
            faults = "; ".join(message for message, holds in right.items() if not holds)
            raise ValueError(f"the problem {self.name!r} cannot be: {faults}")

    @property
    def convex(self) -> bool:
        return self.mu >= 0

    @property
    def kappa(self) -> float:
        r"""The condition number $L/\mu$; infinite where $f$ is not strongly convex."""
        return self.L / self.mu if self.mu > 0 else np.inf

    @property
    def solution(self) -> Point:
        """The minimiser, shape (d,); a ValueError where there is none."""
        if self.minimiser is None:
            raise ValueError(f"{self.name} has no minimiser")
        return self.minimiser

    @property
    def minimum(self) -> float:
        """$f$ at the minimiser; a ValueError where there is none."""
        return float(self.f(self.solution))

    def point(self, theta: ArrayLike) -> Point:
        """Returns `theta` as a point of $R^d$, shape (d,), and raises ValueError if it is not one."""
        x = np.atleast_1d(np.asarray(theta, dtype=np.float64))
        if x.shape != (self.dim,) or not np.isfinite(x).all():
            raise ValueError(
                f"a starting point of {self.name} has {self.dim} finite coordinates; got {np.asarray(theta)!r}"
            )
        return x


@dataclass(frozen=True)
class Quadratic(Problem):
    """A problem $f(x) = x^T A x / 2 - b^T x + c$ with $A$ symmetric positive definite, as `quadratic` returns it.

    The eigenvalues ascend, shape (d,); the eigenvectors are the columns, shape (d, d).
    """

    A: Array
    eigenvalues: Array
    eigenvectors: Array


def quadratic(A: ArrayLike, b: ArrayLike | None = None, c: float = 0.0, name: str = "quadratic") -> Quadratic:
    r"""Returns $f(x) = x^T A x / 2 - b^T x + c$, with minimiser $A^{-1} b$; $L$ and $\mu$ are the extreme eigenvalues.

    Raises ValueError unless $A$, shape (d, d), is symmetric positive definite to rounding, and $b$, shape (d,), finite.
    """
    given = np.atleast_2d(np.asarray(A, dtype=np.float64))
    square = given.ndim == 2 and given.shape[0] == given.shape[1] and np.isfinite(given).all()
    if not square or np.abs(given - given.T).max() > 1e-12 * np.abs(given).max():
        raise ValueError(f"A must be a symmetric matrix; got {given.tolist()}")
    matrix, dim = (given + given.T) / 2, len(given)
    linear = np.zeros(dim) if b is None else np.atleast_1d(np.asarray(b, dtype=np.float64))
    if linear.shape != (dim,) or not np.isfinite(linear).all():
        raise ValueError(f"b must have {dim} finite coordinates; got {linear.tolist()}")
    eigenvalues, eigenvectors = np.linalg.eigh(matrix)
    # Below this an eigenvalue cannot be told from 0.
    if eigenvalues[0] <= dim * np.finfo(np.float64).eps * eigenvalues[-1]:
        raise ValueError(f"A must be positive definite; its smallest eigenvalue is {eigenvalues[0]:g}")
    return Quadratic(
        name,
        dim,
        f=lambda x: 0.5 * np.einsum("...i,ij,...j->...", x, matrix, x) - x @ linear + c,
        grad=lambda x: x @ matrix - linear,
        hess=lambda x: np.broadcast_to(matrix, (*x.shape[:-1], dim, dim)),
        L=float(eigenvalues[-1]),
        mu=float(eigenvalues[0]),
        minimiser=np.linalg.solve(matrix, linear),
        A=matrix,
        eigenvalues=eigenvalues,
        eigenvectors=eigenvectors,
    )


def ellipse(a: float, b: float) -> Quadratic:
    r"""Returns $f(x, y) = a x^2 + b y^2$, $a, b > 0$: $L = 2 \max(a, b)$ and $\mu = 2 \min(a, b)$."""
    if not (a > 0 and b > 0):
        raise ValueError(f"a and b must be positive; got a = {a:g}, b = {b:g}")
    return quadratic(np.diag([2.0 * a, 2.0 * b]), name="ellipse")


def bowl(kappa: float, L: float = 1.0) -> Quadratic:
    r"""Returns $f(x, y) = (L/2) (x^2 / \kappa + y^2)$, $\kappa \ge 1$: $\mu = L/\kappa$ along $x$, $L$ along $y$."""
    if not kappa >= 1:
        raise ValueError(f"kappa = L/mu must be at least 1; got {kappa:g}")
    if not L > 0:
        raise ValueError(f"L must be positive; got {L:g}")
    return ellipse(L / (2 * kappa), L / 2)


def _scalar(
    name: str,
    f: Callable[[Array], Array],
    slope: Callable[[Array], Array],
    curvature: Callable[[Array], Array],
    bounds: tuple[float, float],
    minimiser: Point | None = None,
) -> Problem:
    """Returns a problem on $R$ from functions of a number, and mu and L as its bounds."""
    mu, L = bounds
    return Problem(name, 1, lambda x: f(x[..., 0]), slope, lambda x: curvature(x)[..., None], L, mu, minimiser)


def huber(slope: float, L: float = 1.0) -> Problem:
    r"""Returns $L x^2 / 2$ where $|x| \le s/L$, $s |x| - s^2 / (2L)$ outside, $s$ the slope: convex, $\mu = 0$.

    The functions that make gradient descent slowest are of this kind. Source: Drori & Teboulle 2014.
    """
    if not (slope > 0 and L > 0):
        raise ValueError(f"slope and L must be positive; got slope = {slope:g}, L = {L:g}")
    return _scalar(
        "Huber",
        f=lambda x: np.where(np.abs(x) <= slope / L, L * x**2 / 2, slope * np.abs(x) - slope**2 / (2 * L)),
        slope=lambda x: np.clip(L * x, -slope, slope),
        curvature=lambda x: np.where(np.abs(x) <= slope / L, L, 0.0),
        bounds=(0.0, L),
        minimiser=np.zeros(1),
    )


def log_cosh(dim: int = 1, ridge: float = 0.0) -> Problem:
    r"""Returns $\sum_i \log\cosh x_i + (r/2) |x|^2$, $r \ge 0$ the ridge: convex, $L = 1 + r$, $\mu = r$, minimiser 0.

    The curvature $\operatorname{sech}^2 x_i + r$ is $L$ at 0 and tends to $\mu$ far out.
    """
    if not ridge >= 0:
        raise ValueError(f"ridge must not be negative, or f is not convex; got {ridge:g}")
    return Problem(
        "log-cosh",
        dim,
        f=lambda x: (_log_cosh(x) + ridge * x**2 / 2).sum(axis=-1),
        grad=lambda x: np.tanh(x) + ridge * x,
        hess=lambda x: _diagonal(1 - np.tanh(x) ** 2 + ridge),
        L=1.0 + ridge,
        mu=ridge,
        minimiser=np.zeros(dim),
    )


def flat_bottom() -> Problem:
    r"""Returns $x^2/2 - \log\cosh x$: convex, $\mu = 0$, $L = 1$, minimiser 0, near which it is like $x^4/12$.

    The curvature $\tanh^2 x$ is 0 at 0 and tends to $L$ far out.
    """
    return _scalar(
        "flat bottom",
        f=lambda x: x**2 / 2 - _log_cosh(x),
        slope=lambda x: x - np.tanh(x),
        curvature=lambda x: np.tanh(x) ** 2,
        bounds=(0.0, 1.0),
        minimiser=np.zeros(1),
    )


def log_sum_exp(dim: int = 2) -> Problem:
    r"""Returns $f(x) = \log \sum_i (e^{x_i} + e^{-x_i})$: convex, 1-smooth, minimiser 0.

    The Hessian is $\operatorname{diag}(p) - g g^T$ with $p_i \ge 0$, $\sum p = 1$ and $g$ the gradient; hence at most
    $I$, and equal to it at 0 in one dimension. In more it is at most $I/2$, since $p_i^2 - g_i^2$ is the same for every
    $i$; $L$ is 1 all the same.
    """

    def weights(x: Points) -> tuple[Array, Array]:
        top = np.abs(x).max(axis=-1, keepdims=True)
        up, down = np.exp(x - top), np.exp(-x - top)
        total = (up + down).sum(axis=-1, keepdims=True)
        return (up + down) / total, (up - down) / total

    def hess(x: Points) -> Array:
        p, g = weights(x)
        return _diagonal(p) - g[..., :, None] * g[..., None, :]

    return Problem(
        "log-sum-exp",
        dim,
        f=lambda x: np.logaddexp.reduce(np.concatenate([x, -x], axis=-1), axis=-1),
        grad=lambda x: weights(x)[1],
        hess=hess,
        L=1.0,
        mu=0.0,
        minimiser=np.zeros(dim),
    )


def logistic(dim: int = 2, samples: int = 40, ridge: float = 0.1, seed: int = 0) -> Problem:
    r"""Returns the mean of $\log(1 + \exp(-y_i z_i^T w))$ plus $(r/2) |w|^2$ on seeded data, $y_i = \pm 1$.

    $L = |Z|^2 / (4n) + r$ with the spectral norm and $n$ samples, $\mu = r > 0$, the ridge; the minimiser is that of
    Newton's method.
    """
    if not ridge > 0:
        raise ValueError(f"ridge must be positive, or there may be no minimiser; got {ridge:g}")
    if samples < 1:
        raise ValueError(f"samples must be at least 1; got {samples}")
    rng = np.random.default_rng(seed)
    y = np.where(np.arange(samples) % 2 == 0, 1.0, -1.0)
    z = rng.normal(size=(samples, dim)) + 0.8 * y[:, None]
    signed = z * y[:, None]

    def grad(w: Points) -> Points:
        return -(_sigmoid(-w @ signed.T) @ signed) / samples + ridge * w

    def hess(w: Points) -> Array:
        s = _sigmoid(w @ signed.T)
        return np.einsum("...n,ni,nj->...ij", s * (1 - s), z, z) / samples + ridge * np.eye(dim)

    return Problem(
        "logistic regression",
        dim,
        f=lambda w: np.logaddexp(0, -w @ signed.T).mean(axis=-1) + ridge * (w**2).sum(axis=-1) / 2,
        grad=grad,
        hess=hess,
        L=float(np.linalg.norm(z, 2) ** 2 / (4 * samples) + ridge),
        mu=ridge,
        minimiser=newton(grad, hess, np.zeros(dim), 1e-12, "logistic regression"),
    )


def hill() -> Problem:
    r"""Returns $1 / (1 + x^2)$: not convex; $f''$ runs over $[-2, 1/2]$; 0 is critical, and no minimiser exists."""
    return _scalar(
        "hill",
        f=lambda x: 1 / (1 + x**2),
        slope=lambda x: -2 * x / (1 + x**2) ** 2,
        curvature=lambda x: (6 * x**2 - 2) / (1 + x**2) ** 3,
        bounds=(-2.0, 2.0),
    )


def concave() -> Problem:
    r"""Returns $-x^2 / 2$: the gradient is 1-Lipschitz, and every flow and every descent from $x \ne 0$ diverges."""
    return _scalar(
        "concave",
        f=lambda x: -(x**2) / 2,
        slope=lambda x: -x,
        curvature=lambda x: np.full_like(x, -1.0),
        bounds=(-1.0, 1.0),
    )


def one_sided() -> Problem:
    r"""Returns $x^2/2 - \log\cosh(10x) / 10$, where $f''$ runs over $[-9, 1)$: at most 1, and yet $L = 9$.

    $f'' = 1 - 10 \operatorname{sech}^2(10x)$, and $f$ is bounded below. Of its two minimisers, the roots of
    $x = \tanh 10x$, the positive one is taken.
    """
    x = np.ones(1)
    for _ in range(60):
        x = np.tanh(10 * x)
    return _scalar(
        "one-sided",
        f=lambda x: x**2 / 2 - _log_cosh(10 * x) / 10,
        slope=lambda x: x - np.tanh(10 * x),
        curvature=lambda x: 1 - 10 * (1 - np.tanh(10 * x) ** 2),
        bounds=(-9.0, 9.0),
        minimiser=x,
    )


def lessard_recht_packard() -> Problem:
    r"""Returns $f$ with $f' = 25x$ for $x < 1$, $x + 24$ for $1 \le x < 2$, $25x - 24$ above: $\mu = 1$, $L = 25$.

    The heavy ball tuned for quadratics of these $\mu$ and $L$ cycles on it. Source: Lessard, Recht & Packard 2016.
    Page: [Faster is not free](../momentum.md#heavy-ball-cycle).
    """
    return _scalar(
        "Lessard, Recht and Packard's function",
        f=lambda x: x**2 / 2 + 12 * (x**2 - np.maximum(x - 1, 0) ** 2 + np.maximum(x - 2, 0) ** 2),
        slope=lambda x: x + 24 * (np.minimum(x, 1) + np.maximum(x - 2, 0)),
        curvature=lambda x: np.where((x >= 1) & (x < 2), 1.0, 25.0),
        bounds=(1.0, 25.0),
        minimiser=np.zeros(1),
    )


@dataclass(frozen=True)
class GaussianFit(Problem):
    r"""A fit of $N(m, s^2)$ to a normal law, in the coordinates $m$ and $u = (s^p - 1) / p$, $p$ the power.

    As `gaussian_fit` returns it. $L$ is infinite and $\mu$ is $-\infty$: as $s \to 0$ the curvature has no bound.
    """

    power: float

    def __post_init__(self) -> None:
        """Admits the infinite $L$, which other problems refuse; `gaussian_fit` looks at the rest."""

    def coordinates(self, m: float, s: float) -> Point:
        """Returns $(m, u)$ of $N(m, s^2)$, shape (2,), and raises ValueError unless $s > 0$."""
        if not s > 0:
            raise ValueError(f"a standard deviation must be positive; got {s:g}")
        return np.array([m, _power(s, self.power)])

    def distribution(self, theta: Points) -> Points:
        """Returns $(m, s)$, mean and standard deviation, of $(m, u)$: shape (..., 2) to (..., 2)."""
        return np.stack([theta[..., 0], _deviation(theta[..., 1], self.power)], axis=-1)

    def fisher(self, theta: Point) -> Array:
        r"""Returns the Fisher information $\operatorname{diag}(1 / s^2, 2 / s^{2p})$ at $(m, u)$, shape (2, 2)."""
        s = self.distribution(theta)[1]
        return np.diag([s**-2, 2 * s ** (-2 * self.power)])


def gaussian_fit(power: float = 1.0, mean: float = 0.0, sd: float = 1.0) -> GaussianFit:
    r"""Returns the fit of $N(m, s^2)$ to $N(a, \sigma^2)$: $\log(s/\sigma) + (\sigma^2 + (m - a)^2) / (2 s^2) - 1/2$.

    Here $a$ is the mean and $\sigma > 0$ the deviation sd. The coordinate beside $m$ is $(s^p - 1) / p$, $p$ the power:
    $s$ itself at 1, $\log s$ at 0, $-1/(2 s^2)$ at $-2$, but for a constant.
    Page: [Fitting a Gaussian](../natural-gradient.md#fitting-a-gaussian).
    """
    if not (np.isfinite([power, mean, sd]).all() and sd > 0):
        raise ValueError(f"power, mean and sd must be finite and sd positive; got {power:g}, {mean:g} and {sd:g}")

    def parts(theta: Points) -> tuple[Array, Array, Array]:
        off, s = theta[..., 0] - mean, _deviation(theta[..., 1], power)
        return off, s, sd**2 + off**2

    def f(theta: Points) -> Array:
        _, s, spread = parts(theta)
        return np.log(s / sd) + spread / (2 * s**2) - 0.5

    def grad(theta: Points) -> Points:
        off, s, spread = parts(theta)
        return np.stack([off / s**2, s**-power * (1 - spread / s**2)], axis=-1)

    def hess(theta: Points) -> Array:
        off, s, spread = parts(theta)
        mixed = -2 * off * s ** (-2 - power)
        last = s ** (-2 * power) * ((2 + power) * spread / s**2 - power)
        return np.stack([np.stack([s**-2.0, mixed], axis=-1), np.stack([mixed, last], axis=-1)], axis=-2)

    minimiser = np.array([mean, _power(sd, power)])
    return GaussianFit("Gaussian fit", 2, f, grad, hess, np.inf, -np.inf, minimiser, power)


def _power(s: float, power: float) -> float:
    r"""Returns $u = (s^p - 1) / p$, or its limit $\log s$ where the power $p$ is 0."""
    return float(np.expm1(power * np.log(s)) / power if power else np.log(s))


def _deviation(u: Array, power: float) -> Array:
    """Returns the $s$ of such a $u$, NaN where there is none."""
    return np.exp(np.log1p(power * u) / power if power else u)


def _log_cosh(x: Array) -> Array:
    # The first form keeps every digit near 0, the second overflows nowhere.
    x = np.abs(x)
    near = np.log1p(2 * np.sinh(np.minimum(x, 1.0) / 2) ** 2)
    return np.where(x < 1, near, x + np.log1p(np.exp(-2 * x)) - np.log(2))


def _sigmoid(x: Array) -> Array:
    return 0.5 * (1 + np.tanh(x / 2))


def _diagonal(x: Array) -> Array:
    return x[..., :, None] * np.eye(x.shape[-1])


def newton(
    residual: Callable[[Point], Point],
    jacobian: Callable[[Point], Array],
    start: Point,
    tolerance: float,
    equation: str,
) -> Point:
    """Returns the root of a strongly monotone map, by Newton's method with halving, as closely as rounding allows.

    Raises ArithmeticError, naming the `equation`, where a residual larger than the `tolerance` remains.
    """
    x, left = start, residual(start)
    for _ in range(200):
        step = np.linalg.solve(jacobian(x), left)
        # The residual's norm falls along the Newton direction where the map is smooth;
        # at the kink of a Huber function halving keeps the iteration from cycling.
        for halving in range(50):
            new = x - step / 2**halving
            new_left = residual(new)
            if np.linalg.norm(new_left) < np.linalg.norm(left):
                break
        else:
            break
        x, left = new, new_left
    remains = np.linalg.norm(left)
    if not remains <= tolerance:
        raise ArithmeticError(f"Newton's method did not solve {equation}: a residual of {remains:g} remains")
    return x
