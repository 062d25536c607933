"""Objectives, with what is known of them: f, gradient, Hessian, curvature bounds, minimiser.

Every function takes points of shape (..., d) and maps over the leading axes:
f -> (...,), grad f -> (..., d), Hessian -> (..., d, d).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.floating[Any]]
Point = NDArray[np.floating[Any]]
"""A point of R^d, shape (d,)."""
Points = NDArray[np.floating[Any]]
"""Points of R^d, shape (..., d)."""

PROBES = 7
"""Points at which a new problem checks its own gradient and Hessian."""


@dataclass(frozen=True)
class Problem:
    """An objective f on R^d with mu I <= Hessian <= L I (almost everywhere) and gradient L-Lipschitz.

    mu: the lower curvature; f is convex iff mu >= 0, mu-strongly convex iff mu > 0. -L <= mu <= L.
    minimiser: a global minimiser, shape (d,), or None where there is none.
    Raises ValueError, naming every fault, if these facts contradict ``f``, ``grad`` and ``hess``.
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
        faults = list(self._faults())
        if faults:
            raise ValueError(f"the problem {self.name!r} contradicts itself: " + "; ".join(faults))

    def _faults(self) -> Iterator[str]:
        if self.dim < 1:
            yield f"the dimension must be at least 1; got {self.dim}"
            return
        measurable = np.isfinite(self.L) and self.L > 0
        if not measurable:
            yield f"L must be positive and finite; got {self.L:g}"
        elif not -self.L <= self.mu <= self.L * (1 + 1e-12):
            yield f"mu must lie in [-L, L] = [{-self.L:g}, {self.L:g}]; got {self.mu:g}"
        centre: Point = np.zeros(self.dim)
        if self.minimiser is not None:
            if self.minimiser.shape != (self.dim,):
                yield f"the minimiser must have shape ({self.dim},); got {self.minimiser.shape}"
                measurable = False
            else:
                centre = self.minimiser
        rng = np.random.default_rng(0)
        probes = centre + np.vstack([np.zeros(self.dim), rng.normal(size=(PROBES, self.dim))])
        values, slopes, curvatures = self.f(probes), self.grad(probes), self.hess(probes)
        n, d = probes.shape
        for what, got, want in (
            ("f", values.shape, (n,)),
            ("grad", slopes.shape, (n, d)),
            ("hess", curvatures.shape, (n, d, d)),
        ):
            if got != want:
                yield f"{what} must map shape {(n, d)} to {want}; got {got}"
                measurable = False
        if not measurable:
            return
        # |f(x + hv) - f(x - hv) - 2h v.grad f(x)| <= L h^2 for a unit v, kinks in the gradient or not;
        # the rest is rounding in values of the size of f and of its terms.
        h = 1e-5
        v = rng.normal(size=(n, d))
        v /= np.linalg.norm(v, axis=-1, keepdims=True)
        error = np.abs((self.f(probes + h * v) - self.f(probes - h * v)) / (2 * h) - (v * slopes).sum(axis=-1)).max()
        if not error <= self.L * h + 1e-9 * (np.abs(values).max() + self.L * (1 + (probes**2).sum(axis=-1).max())):
            yield f"the gradient differs from difference quotients of f by {error:g}"
        spectrum = np.linalg.eigvalsh(curvatures)
        # Rounding in the eigenvalues of a symmetric matrix is a few units of its norm.
        slack = 1e-12 * self.L
        if spectrum.min() < self.mu - slack or spectrum.max() > self.L + slack:
            yield (
                f"the Hessian has eigenvalues from {spectrum.min():g} to {spectrum.max():g}, "
                f"outside [mu, L] = [{self.mu:g}, {self.L:g}]"
            )
        if self.minimiser is not None:
            # A minimiser found to relative precision 1e-15 leaves a gradient of at most L times that.
            residual = float(np.linalg.norm(slopes[0]))
            if residual > 1e-10 * self.L * (1 + np.linalg.norm(self.minimiser)):
                yield f"the gradient at the minimiser has norm {residual:g}, not 0"
            if values.min() < values[0] - 1e-12 * (1 + abs(values[0])):
                yield "f is lower elsewhere than at the minimiser"

    @property
    def convex(self) -> bool:
        return self.mu >= 0

    @property
    def kappa(self) -> float:
        """Condition number L/mu; infinite where f is not strongly convex."""
        return self.L / self.mu if self.mu > 0 else np.inf

    @property
    def solution(self) -> Point:
        """The minimiser, shape (d,). Raises ValueError where there is none."""
        if self.minimiser is None:
            raise ValueError(f"{self.name} has no minimiser")
        return self.minimiser

    @property
    def minimum(self) -> float:
        """f at the minimiser. Raises ValueError where there is none."""
        return float(self.f(self.solution))

    def point(self, theta: ArrayLike) -> Point:
        """``theta`` as a point of R^d, shape (d,). Raises ValueError if it is not one."""
        x = np.atleast_1d(np.asarray(theta, dtype=np.float64))
        if x.shape != (self.dim,) or not np.isfinite(x).all():
            raise ValueError(
                f"a starting point of {self.name} has {self.dim} finite coordinates; got {np.asarray(theta)!r}"
            )
        return x


@dataclass(frozen=True)
class Quadratic(Problem):
    """f(x) = x^T A x / 2 - b^T x + c, with A symmetric positive definite; made by ``quadratic``."""

    A: Array
    eigenvalues: Array
    """Ascending, shape (d,)."""
    eigenvectors: Array
    """Columns, shape (d, d)."""


def quadratic(A: ArrayLike, b: ArrayLike | None = None, c: float = 0.0, name: str = "quadratic") -> Quadratic:
    """f(x) = x^T A x / 2 - b^T x + c; minimiser A^{-1} b, L and mu the extreme eigenvalues.

    A: (d, d), symmetric positive definite to rounding. b: (d,), default 0. Raises ValueError otherwise.
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
    """f(x, y) = a x^2 + b y^2: the Hessian is diag(2a, 2b), so L = 2 max(a, b) and mu = 2 min(a, b). a, b > 0."""
    if not (a > 0 and b > 0):
        raise ValueError(f"a and b must be positive; got a = {a:g}, b = {b:g}")
    return quadratic(np.diag([2.0 * a, 2.0 * b]), name="ellipse")


def bowl(kappa: float, L: float = 1.0) -> Quadratic:
    """f(x, y) = (L/2) (x^2 / kappa + y^2): mu = L/kappa along x, L along y. kappa >= 1."""
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
    **known: Any,
) -> Problem:
    """A problem on R from functions of a number."""
    return Problem(
        name,
        1,
        f=lambda x: f(x[..., 0]),
        grad=slope,
        hess=lambda x: curvature(x)[..., None],
        **known,
    )


def huber(slope: float, L: float = 1.0) -> Problem:
    """f(x) = L x^2 / 2 where |x| <= slope/L, slope |x| - slope^2 / (2L) outside: convex, L-smooth, mu = 0.

    The functions that make gradient descent slowest (Drori & Teboulle 2014) are of this kind.
    """
    if not (slope > 0 and L > 0):
        raise ValueError(f"slope and L must be positive; got slope = {slope:g}, L = {L:g}")
    return _scalar(
        "Huber",
        f=lambda x: np.where(np.abs(x) <= slope / L, L * x**2 / 2, slope * np.abs(x) - slope**2 / (2 * L)),
        slope=lambda x: np.clip(L * x, -slope, slope),
        curvature=lambda x: np.where(np.abs(x) <= slope / L, L, 0.0),
        L=L,
        mu=0.0,
        minimiser=np.zeros(1),
    )


def log_cosh(dim: int = 1, ridge: float = 0.0) -> Problem:
    """f(x) = sum_i log cosh x_i + (ridge/2) |x|^2: convex, L = 1 + ridge, mu = ridge >= 0, minimiser 0.

    The curvature sech^2 x_i + ridge is L at 0 and tends to mu far out.
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


def log_sum_exp(dim: int = 2) -> Problem:
    """f(x) = log sum_i (e^{x_i} + e^{-x_i}): convex, 1-smooth, minimiser 0.

    The Hessian is diag(p) - g g^T with p_i >= 0, sum p = 1 and g the gradient; hence at most I, and equal to it at 0
    in one dimension. In more it is at most I/2, since p_i^2 - g_i^2 is the same for every i; L is 1 all the same.
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
    """f(w) = mean_i log(1 + exp(-y_i z_i^T w)) + (ridge/2) |w|^2 on a seeded data set (z_i, y_i), y_i = -1 or 1.

    L = |Z|^2 / (4 samples) + ridge with the spectral norm, mu = ridge > 0; the minimiser is found by Newton's method.
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
    """f(x) = 1 / (1 + x^2): not convex; f'' runs over [-2, 1/2]; 0 is critical, and no minimiser exists."""
    return _scalar(
        "hill",
        f=lambda x: 1 / (1 + x**2),
        slope=lambda x: -2 * x / (1 + x**2) ** 2,
        curvature=lambda x: (6 * x**2 - 2) / (1 + x**2) ** 3,
        L=2.0,
        mu=-2.0,
        minimiser=None,
    )


def concave() -> Problem:
    """f(x) = -x^2 / 2: the gradient is 1-Lipschitz, and every flow and every descent from x != 0 diverges."""
    return _scalar(
        "concave",
        f=lambda x: -(x**2) / 2,
        slope=lambda x: -x,
        curvature=lambda x: np.full_like(x, -1.0),
        L=1.0,
        mu=-1.0,
        minimiser=None,
    )


def one_sided() -> Problem:
    """f(x) = x^2/2 - log cosh(10x) / 10: f'' = 1 - 10 sech^2(10x) runs over [-9, 1), so f'' <= 1, yet L = 9.

    Bounded below; of its two minimisers (the roots of x = tanh 10x) the positive one is taken.
    """
    x = np.ones(1)
    for _ in range(60):
        x = np.tanh(10 * x)
    return _scalar(
        "one-sided",
        f=lambda x: x**2 / 2 - _log_cosh(10 * x) / 10,
        slope=lambda x: x - np.tanh(10 * x),
        curvature=lambda x: 1 - 10 * (1 - np.tanh(10 * x) ** 2),
        L=9.0,
        mu=-9.0,
        minimiser=x,
    )


def lessard_recht_packard() -> Problem:
    """f'(x) = 25x for x < 1, x + 24 for 1 <= x < 2, 25x - 24 for x >= 2: mu = 1, L = 25, minimiser 0.

    The heavy ball tuned for quadratics of these mu and L cycles on it.
    Source: Lessard, Recht & Packard 2016. Page: momentum.md#heavy-ball-cycle.
    """
    return _scalar(
        "Lessard, Recht and Packard's function",
        f=lambda x: x**2 / 2 + 12 * (x**2 - np.maximum(x - 1, 0) ** 2 + np.maximum(x - 2, 0) ** 2),
        slope=lambda x: x + 24 * (np.minimum(x, 1) + np.maximum(x - 2, 0)),
        curvature=lambda x: np.where((x >= 1) & (x < 2), 1.0, 25.0),
        L=25.0,
        mu=1.0,
        minimiser=np.zeros(1),
    )


@dataclass(frozen=True)
class GaussianFit(Problem):
    """What a fit of N(m, s^2) to a normal law loses, in the coordinates (m, u), u = (s^power - 1) / power.

    Made by ``gaussian_fit``. L is infinite and mu is -infinite: as s -> 0 the curvature has no bound.
    """

    power: float

    def _faults(self) -> Iterator[str]:
        rng = np.random.default_rng(0)
        mean, sd = self.distribution(self.solution)
        probes = [self.coordinates(mean + sd * a, sd * np.exp(b / 4)) for a, b in rng.normal(size=(PROBES, 2))]
        steps = 1e-5 * np.diag([sd, sd**self.power])
        for x in probes:
            rise = self.f(x + steps) - self.f(x - steps)
            # In units of sd the third derivatives are of size 100 at most: 1e-13 at steps of 1e-5.
            if not np.abs(rise - 2 * steps @ self.grad(x)).max() <= 1e-11:
                yield f"the gradient differs from difference quotients of f at {x.tolist()}"
        if not np.allclose(self.hess(self.solution), self.fisher(self.solution), rtol=1e-9):
            yield "the Hessian at the minimiser is not the Fisher information"

    def coordinates(self, m: float, s: float) -> Point:
        """(m, u) of N(m, s^2), shape (2,). Raises ValueError unless s > 0."""
        if not s > 0:
            raise ValueError(f"a standard deviation must be positive; got {s:g}")
        return np.array([m, _power(s, self.power)])

    def distribution(self, theta: Points) -> Points:
        """(m, s), mean and standard deviation, of (m, u): shape (..., 2) -> (..., 2)."""
        return np.stack([theta[..., 0], _deviation(theta[..., 1], self.power)], axis=-1)

    def fisher(self, theta: Point) -> Array:
        """The Fisher information diag(1 / s^2, 2 / s^{2 power}) at (m, u), shape (2, 2)."""
        s = self.distribution(theta)[1]
        return np.diag([s**-2, 2 * s ** (-2 * self.power)])


def gaussian_fit(power: float = 1.0, mean: float = 0.0, sd: float = 1.0) -> GaussianFit:
    """f = log(s / sd) + (sd^2 + (m - mean)^2) / (2 s^2) - 1/2, what a fit of N(m, s^2) to N(mean, sd^2) loses.

    power: the coordinate beside m is (s^power - 1) / power: s itself at 1, log s at 0, -1/(2 s^2) at -2, but for a
    constant. sd > 0. Page: natural-gradient.md#fitting-a-gaussian.
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

    known: dict[str, Any] = {"L": np.inf, "mu": -np.inf, "minimiser": np.array([mean, _power(sd, power)])}
    return GaussianFit("Gaussian fit", 2, f, grad, hess, power=power, **known)


def _power(s: float, power: float) -> float:
    """u = (s^power - 1) / power, and its limit log s where power = 0."""
    return float(np.expm1(power * np.log(s)) / power if power else np.log(s))


def _deviation(u: Array, power: float) -> Array:
    """The s of such a u, NaN where there is none."""
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
    """The root of a strongly monotone map, by Newton's method with halving, as closely as rounding allows.

    Raises ArithmeticError, naming the ``equation``, where a residual larger than the ``tolerance`` remains.
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
