"""What a problem says of itself is true of every constructor, and what is wrong with an argument is named."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdfigs.maths import problems
from gdfigs.maths.problems import (
    GaussianFit,
    Problem,
    Quadratic,
    bowl,
    concave,
    ellipse,
    flat_bottom,
    gaussian_fit,
    hill,
    huber,
    lessard_recht_packard,
    log_cosh,
    log_sum_exp,
    logistic,
    newton,
    one_sided,
    quadratic,
)
from tests.strategies import (
    convex,
    hubers,
    log_coshes,
    log_sum_exps,
    log_uniform,
    logistics,
    plain,
    points,
    quadratics,
    ridged_log_coshes,
    value_rounding,
)

A, B = [[3.0, 1.0, 0.0], [1.0, 2.0, -0.5], [0.0, -0.5, 1.0]], [1.0, -2.0, 0.5]
CONSTRUCTORS: dict[str, st.SearchStrategy[Problem]] = {
    "quadratic": quadratics(),
    "ellipse": st.builds(ellipse, log_uniform(0.1, 10), log_uniform(0.1, 10)),
    "bowl": st.builds(bowl, log_uniform(1, 1e3), log_uniform(0.1, 10)),
    "huber": hubers,
    "log_cosh": st.one_of(log_coshes, ridged_log_coshes),
    "log_sum_exp": log_sum_exps,
    "logistic": logistics,
    **{of.__name__: st.builds(of) for of in (hill, concave, one_sided, flat_bottom, lessard_recht_packard)},
}
constructors = pytest.mark.parametrize("drawn", CONSTRUCTORS.values(), ids=CONSTRUCTORS)


def quotients(function: Callable[[Any], Any], x: Any, h: float) -> Any:
    """Difference quotients along each axis at points of shape (n, d): (n, d) of f, (n, d, d) of grad f."""
    steps = h * np.eye(x.shape[1])
    return (function(x[:, None] + steps) - function(x[:, None] - steps)) / (2 * h)


def half_as_steep(problem: Problem) -> bool:
    """Whether L is twice the largest curvature, as is said of log-sum-exp in more than one dimension."""
    return problem.name == "log-sum-exp" and problem.dim > 1


def contradictions(problem: Problem) -> list[str]:
    """Compares what a problem says of itself with its values about the minimiser, at 0 and far out."""
    rng, d, h, L = np.random.default_rng(0), problem.dim, 1e-5, problem.L
    x, y = points(problem, rng, 60), points(problem, rng, 60)
    f, slopes, rounding = problem.f(x), problem.grad(x), value_rounding(problem, x) + value_rounding(problem, y)
    # At one of these the curvature of each constructor is least, at one greatest in size.
    places = np.multiply.outer([0.0, 1.5, 1e8], np.ones(d))
    spectrum = np.linalg.eigvalsh(problem.hess(np.vstack([x, places])))
    way, squared = y - x, ((y - x) ** 2).sum(axis=-1)
    tangent, change = f + (slopes * way).sum(axis=-1), np.linalg.norm(problem.grad(y) - slopes, axis=-1)
    agrees = {
        # L h / 2 bounds the error of the quotient for any L-Lipschitz gradient; rounding of f is divided by h.
        "gradient": (np.abs(quotients(problem.f, x, h) - slopes) <= L * h / 2 + rounding[:, None] / h).all(),
        # The fourth derivative of f reaches 2000 (one-sided, at 0): an error of 2000 h^2 / 6 = 3e-8.
        "Hessian": np.abs(quotients(problem.grad, x, h) - problem.hess(x)).max() <= 1e-7 * (1 + L),
        # Rounding of the eigenvalues of a symmetric matrix.
        "bounds": problem.mu - 1e-12 * L <= spectrum.min() <= spectrum.max() <= L * (1 + 1e-12),
        "mu is attained": spectrum.min() <= problem.mu + 1e-9 * L,
        "L is attained": half_as_steep(problem) or np.abs(spectrum).max() >= L * (1 - 1e-9),
        "lower parabola": (problem.f(y) >= tangent + problem.mu / 2 * squared - rounding).all(),
        "upper parabola": (problem.f(y) <= tangent + L / 2 * squared + rounding).all(),
        # Rounding of x, y and of the gradients.
        "Lipschitz": (change <= L * np.sqrt(squared) + 1e-14 * L * (1 + np.abs([x, y]).sum(axis=(0, 2)))).all(),
    }
    if problem.minimiser is not None:
        size = 1 + np.linalg.norm(problem.minimiser)
        agrees["minimiser"] = np.linalg.norm(problem.grad(problem.minimiser)) <= 1e-12 * L * size  # that of rounding
        agrees["minimum"] = (f >= problem.minimum - rounding).all()
    for name, shape in (("f", ()), ("grad", (d,)), ("hess", (d, d))):
        function, many = getattr(problem, name), x.reshape(2, 30, d)
        agrees[f"shape of {name}"] = function(many).shape == (2, 30, *shape)
        # Sums in another order.
        agrees[f"{name} one by one"] = np.allclose(function(many)[1, 4], function(many[1, 4]), rtol=1e-13, atol=1e-13)
    return [name for name, holds in agrees.items() if not holds]


def lies(problem: Problem) -> dict[str, Any]:
    """Changes, each of which makes a problem false."""
    f, grad, hess = problem.f, problem.grad, problem.hess
    wrong: dict[str, Any] = {"f": {"f": lambda x: 1.01 * f(x)}, "flat": {"f": lambda x: f(x).ravel()}}
    wrong |= {"gradient": {"grad": lambda x: 1.01 * grad(x)}, "row": {"grad": lambda x: grad(x)[..., 0]}}
    wrong |= {"Hessian": {"hess": lambda x: 1.01 * hess(x)}}
    wrong |= {"mu less": {"mu": problem.mu - 0.01 * problem.L}, "mu more": {"mu": problem.mu + 0.01 * problem.L}}
    if not half_as_steep(problem):
        wrong |= {"L less": {"L": 0.99 * problem.L}, "L more": {"L": 1.01 * problem.L}}
    other = np.zeros(problem.dim) if problem.minimiser is None else problem.minimiser + 0.01 * np.eye(problem.dim)[0]
    return wrong | {"minimiser": {"minimiser": other}}


class TestConstructors:
    def test_all_are_looked_at(self) -> None:
        of = {
            name: inspect.get_annotations(of).get("return")
            for name, of in inspect.getmembers(problems, inspect.isfunction)
        }
        assert {name for name, returns in of.items() if name[0] != "_" and returns in (Problem, Quadratic)} == {
            *CONSTRUCTORS
        }

    @constructors
    @given(data=st.data())
    def test_none_contradicts_itself(self, drawn: st.SearchStrategy[Problem], data: st.DataObject) -> None:
        assert contradictions(data.draw(drawn)) == []

    @constructors
    @given(data=st.data())
    @settings(max_examples=4)
    def test_every_lie_is_seen(self, drawn: st.SearchStrategy[Problem], data: st.DataObject) -> None:
        problem = plain(data.draw(drawn))
        for name, lie in lies(problem).items():
            try:
                found: Any = contradictions(replace(problem, **lie))
            except (ValueError, IndexError, TypeError) as refused:  # by Problem, or by arrays that do not fit
                found = refused
            assert found, name

    @pytest.mark.parametrize(
        ("problem", "x", "f", "mu", "L"),
        [
            (quadratic(A, B, 7.0), [1.0, 1.0, 2.0], 9 / 2 - 0 + 7, None, None),
            (ellipse(3, 0.5), [1.0, 2.0], 5.0, 1, 6),
            (bowl(8, 4.0), [2.0, 1.0], 3.0, 0.5, 4),
            (bowl(4), [0.0, 1.0], 0.5, 0.25, 1),
            (huber(0.5, 2.0), [1.0], 0.5 - 1 / 16, 0, 2),
            (huber(0.5), [0.5], 1 / 8, 0, 1),
            (log_cosh(), [2.0], np.log(np.cosh(2)), 0, 1),
            (log_cosh(2, 0.25), [1.0, 2.0], np.log(np.cosh(1) * np.cosh(2)) + 5 / 8, 0.25, 1.25),
            (log_sum_exp(), [1.0, -2.0], np.log(2 * np.cosh(1) + 2 * np.cosh(2)), 0, 1),
            (logistic(ridge=0.3), [0.0, 0.0], np.log(2), 0.3, None),
            (logistic(), [0.3, -2.0], logistic(2, 40, 0.1, 0).f(np.array([0.3, -2.0])), 0.1, None),
            (hill(), [2.0], 1 / 5, -2, 2),
            (flat_bottom(), [2.0], 2 - np.log(np.cosh(2)), 0, 1),
            (concave(), [3.0], -4.5, -1, 1),
            (one_sided(), [1.0], 0.5 - np.log(np.cosh(10)) / 10, -9, 9),
            *((lessard_recht_packard(), [x], f, 1, 25) for x, f in ((-2, 50), (1, 12.5), (1.5, 25.125), (3, 76.5))),
            # x^2/2 - x^4/12 + x^6/45 near 0.
            *((log_cosh(), [x], f, 0, 1) for x, f in ((1e-9, 5e-19), (1e-3, 4.9999991666668889e-07))),
            *((log_cosh(), [x], abs(x) - np.log(2), 0, 1) for x in (1e3, -1e6)),
            (log_sum_exp(), [1e4, -2e4], 2e4, 0, 1),
        ],
    )
    def test_its_value_and_curvatures_are_those_of_the_page(
        self, problem: Problem, x: list[float], f: float, mu: float | None, L: float | None
    ) -> None:
        assert problem.dim == len(x)
        # A few roundings, relative to however small a value.
        assert problem.f(np.array(x)) == pytest.approx(f, rel=1e-14, abs=0)
        assert (problem.mu, problem.L) == (problem.mu if mu is None else mu, problem.L if L is None else L)

    @given(quadratics())
    def test_a_quadratic_knows_its_spectrum(self, problem: Any) -> None:
        rotated = problem.eigenvectors.T @ problem.A @ problem.eigenvectors
        np.testing.assert_allclose(rotated, np.diag(problem.eigenvalues), rtol=0, atol=1e-13 * problem.L)
        assert (problem.mu, problem.L) == (problem.eigenvalues[0], problem.eigenvalues[-1])
        assert problem.kappa == problem.L / problem.mu

    @pytest.mark.parametrize(("problem", "high"), [(hill(), 0.5), (one_sided(), 1.0), (concave(), -1.0)])
    def test_without_convexity_the_curvature_has_another_upper_bound(self, problem: Problem, high: float) -> None:
        curvature = problem.hess(np.linspace(-1.5, 1.5, 3001)[:, None])  # has +-1 among its points
        # One-sided only approaches 1: at x = 1.5 it is short of it by 10 sech^2(15) = 4e-12.
        assert high - 1e-11 <= curvature.max() <= high
        assert (curvature.max() < high) == (problem.name == "one-sided")

    @pytest.mark.parametrize("dim", [2, 3, 5])
    def test_log_sum_exp_is_half_as_steep_in_more_than_one_dimension(self, dim: int, rng: np.random.Generator) -> None:
        problem, far = log_sum_exp(dim), 20.0 * (np.arange(dim) < 2)  # p is nearly (1/2, 1/2, 0, ...)
        assert np.linalg.eigvalsh(problem.hess(points(problem, rng, 1000))).max() <= 0.5 + 1e-14  # rounding
        assert np.linalg.eigvalsh(problem.hess(far))[-1] == pytest.approx(0.5, abs=1e-8)  # dim e^{-20}
        np.testing.assert_array_equal(problem.grad(1e4 * np.eye(dim)[0]), np.eye(dim)[0])  # overflows nowhere

    def test_the_two_classes_of_logistic_regression_lie_on_either_side(self) -> None:
        assert (logistic(3, 400).solution > 0).all()

    def test_at_its_kinks_a_curvature_is_that_of_the_closed_side(self) -> None:
        assert huber(1.0, 2.0).hess(np.array([[0.5], [-0.5]])).tolist() == [[[2.0]], [[2.0]]]
        assert lessard_recht_packard().hess(np.array([[0.99], [1.0], [2.0]])).ravel().tolist() == [25, 1, 25]

    @given(convex)
    def test_plain_problems_are_the_same_functions(self, problem: Problem) -> None:
        assert type(plain(problem)) is Problem
        assert plain(problem).f is problem.f
        assert problem.convex


fits = pytest.mark.parametrize("fit", [gaussian_fit(), *(gaussian_fit(p, 0.7, 1.3) for p in (-2.0, 0.0, 0.5, 1, 2))])
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(4)  # exact: the logarithms are of degree two


class TestGaussianFit:
    def gaussians(self, fit: GaussianFit, rng: np.random.Generator) -> Any:
        """Thirty points about the minimiser, shape (30, 2)."""
        mean, sd = fit.distribution(fit.solution)
        return np.array([fit.coordinates(mean + sd * a, sd * np.exp(b / 3)) for a, b in rng.normal(size=(30, 2))])

    def test_its_coordinates_are_those_of_the_page(self) -> None:
        for power, u in ((1.0, 2.0), (2.0, 4.0), (-2.0, 4 / 9), (0.0, np.log(3))):
            fit = gaussian_fit(power)
            assert fit.coordinates(-1.5, 3.0) == pytest.approx((-1.5, u), rel=1e-14)
            assert fit.distribution(fit.coordinates(-1.5, 0.3)) == pytest.approx((-1.5, 0.3), rel=1e-14)
            assert fit.distribution(np.ones((4, 3, 2)) / 8).shape == (4, 3, 2)
        fit = gaussian_fit()
        assert (fit.dim, fit.L, fit.mu, fit.convex, fit.kappa, fit.minimum) == (2, np.inf, -np.inf, False, np.inf, 0)
        assert fit.distribution(fit.solution).tolist() == [0, 1]
        assert fit.fisher(fit.coordinates(0, 2)).tolist() == [[0.25, 0], [0, 0.5]]

    @fits
    def test_derivatives_are_slopes_and_the_hessian_is_the_information(
        self, fit: GaussianFit, rng: np.random.Generator
    ) -> None:
        x = self.gaussians(fit, rng)
        np.testing.assert_array_equal(fit.grad(x[3]), fit.grad(x)[3])
        # The error is h^2 times a third derivative, and rounding over h: 1e-9 of the values.
        np.testing.assert_allclose(fit.grad(x), quotients(fit.f, x, 1e-6), rtol=1e-7, atol=1e-8)
        np.testing.assert_allclose(fit.hess(x), quotients(fit.grad, x, 1e-6), rtol=1e-7, atol=1e-7)
        np.testing.assert_allclose(fit.hess(fit.solution), fit.fisher(fit.solution), rtol=1e-14, atol=1e-15)

    @fits
    def test_f_is_the_divergence_and_fisher_the_mean_square_of_the_score(
        self, fit: GaussianFit, rng: np.random.Generator
    ) -> None:
        (mean, sd), h = fit.distribution(fit.solution), np.array([0, 1e-5])
        for theta in self.gaussians(fit, rng):
            m, s = fit.distribution(theta)
            ratio = np.log(s / sd) + ((mean + sd * NODES - m) / s) ** 2 / 2 - NODES**2 / 2
            assert fit.f(theta) == pytest.approx(WEIGHTS @ ratio / np.sqrt(2 * np.pi), rel=1e-12, abs=1e-14)
            ds = (fit.distribution(theta + h)[1] - fit.distribution(theta - h)[1]) / 2e-5
            score = np.stack([NODES / s, (NODES**2 - 1) / s * ds])
            information = score @ (WEIGHTS * score).T / np.sqrt(2 * np.pi)
            np.testing.assert_allclose(fit.fisher(theta), information, rtol=1e-6, atol=1e-12)  # that of ds

    @pytest.mark.parametrize(
        "given",
        [{"power": np.inf}, {"power": np.nan}, {"mean": -np.inf}, *({"sd": s} for s in (np.inf, 0, -1, np.nan))],
    )
    def test_what_is_no_normal_law_is_refused(self, given: dict[str, float]) -> None:
        with pytest.raises(ValueError, match="power, mean and sd must be finite and sd positive"):
            gaussian_fit(**given)
        if not given.get("sd", 1) > 0:
            with pytest.raises(ValueError, match="a standard deviation must be positive"):
                gaussian_fit().coordinates(0.0, given["sd"])


class TestRefusals:
    @pytest.mark.parametrize(
        ("make", "message"),
        [
            *(
                (lambda of=of: quadratic(of), "A must be a symmetric matrix")
                for of in ([[1, 2], [0, 1]], [[1, 2, 3], [2, 1, 0]], [[[1]]], [[np.nan]], [[np.nan, 0], [0, 1]])
            ),
            (lambda: quadratic([[1e-6, 1e-15], [0, 1e-6]]), "A must be a symmetric matrix"),
            (lambda: quadratic([[0]]), "A must be positive definite; its smallest eigenvalue is 0"),
            (lambda: quadratic([[1, 2], [2, 1]]), "A must be positive definite; its smallest eigenvalue is -1"),
            (lambda: quadratic([[1, 1], [1, 1]]), "A must be positive definite; its smallest eigenvalue is"),
            (lambda: quadratic(np.eye(2), [1, 2, 3]), r"b must have 2 finite coordinates; got \[1.0, 2.0, 3.0\]"),
            (lambda: quadratic(np.eye(2), [1, np.inf]), "b must have 2 finite coordinates"),
            (lambda: ellipse(0, 1), "a and b must be positive; got a = 0, b = 1"),
            (lambda: ellipse(1, 0), "a and b must be positive; got a = 1, b = 0"),
            (lambda: ellipse(1, np.nan), "a and b must be positive; got a = 1, b = nan"),
            (lambda: bowl(0.5), "kappa = L/mu must be at least 1; got 0.5"),
            (lambda: bowl(np.nan), "kappa = L/mu must be at least 1; got nan"),
            (lambda: bowl(2, 0), "L must be positive; got 0"),
            (lambda: huber(1, 0), "slope and L must be positive; got slope = 1, L = 0"),
            (lambda: huber(0), "slope and L must be positive; got slope = 0, L = 1"),
            (lambda: log_cosh(0), "dim must be at least 1; got 0"),
            (lambda: log_cosh(1, -0.1), "ridge must not be negative, or f is not convex; got -0.1"),
            (lambda: logistic(ridge=0), "ridge must be positive, or there may be no minimiser; got 0"),
            (lambda: logistic(samples=0), "samples must be at least 1; got 0"),
            *(
                (lambda of=of: ellipse(1, 1).point(of), "a starting point of ellipse has 2 finite coordinates; got")
                for of in ([1.0], [1.0, 2.0, 3.0], [[1.0, 2.0]], [1.0, np.nan], [np.inf, 0.0])
            ),
            (lambda: hill().minimum, "hill has no minimiser"),
            (lambda: concave().solution, "concave has no minimiser"),
        ],
    )
    def test_bad_arguments_are_named(self, make: Callable[[], Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            make()

    @pytest.mark.parametrize(
        ("change", "messages"),
        [
            *(({"L": L}, [f"L must be positive and finite; got {L:g}: pass"]) for L in (-1, 0, np.nan, np.inf)),
            *(({"mu": mu}, [rf"mu must lie in [-L, L] = [-1, 1]; got {mu:g}: pass"]) for mu in (1.01, -1.01, np.nan)),
            ({"minimiser": np.zeros(3)}, ["minimiser must have shape (2,); got (3,): pass a point or None"]),
            ({"dim": 0, "minimiser": None}, ["dim must be at least 1; got 0: count"]),
            (
                {"dim": 0, "L": -1.0, "minimiser": [0.0]},
                ["dim must be", "L must be positive", "minimiser must have shape (0,); got (1,)"],
            ),
            ({"mu": 3.0, "minimiser": np.zeros((2, 1))}, ["mu must lie", "minimiser must have shape (2,); got (2, 1)"]),
        ],
    )
    def test_all_that_is_cheaply_seen_is_named_at_once(self, change: dict[str, Any], messages: list[str]) -> None:
        with pytest.raises(ValueError, match="the problem 'ellipse' cannot be: ") as caught:
            replace(plain(ellipse(0.1, 0.5)), **change)
        assert str(caught.value).count("; ") == 2 * len(messages) - 1  # one of them in each message
        for message in messages:
            assert message in str(caught.value)

    def test_what_is_off_by_rounding_or_at_the_edge_is_taken(self) -> None:
        inexact = replace(quadratic(1e6 * np.eye(2)), L=1e6 * (1 - 1e-13), mu=1e6)
        for problem in (inexact, quadratic([[1e6, 1e-7], [0, 1e6]]), logistic(samples=1), bowl(1.0, 0.5)):
            assert problem.kappa >= 1 - 1e-12
        assert quadratic(1e-9 * np.eye(2)).kappa == 1

    def test_kappa_and_points_of_the_line(self) -> None:
        assert huber(1.0).kappa == hill().kappa == np.inf
        assert not hill().convex
        np.testing.assert_array_equal(huber(1.0).point(3), [3.0])


class TestNewton:
    @pytest.mark.parametrize("start", [-50.0, -1.0, 0.0, 0.3, 50.0])
    def test_it_solves_a_monotone_equation_with_kinks(self, start: float) -> None:
        # x + 100 clip(x, -1, 1) = 30 at x = 30/101; full Newton steps from outside [-1, 1] would cycle.
        root = newton(
            lambda x: x + 100 * np.clip(x, -1, 1) - 30,
            lambda x: np.where(np.abs(x) <= 1, 101.0, 1.0)[:, None],
            np.array([start]),
            1e-12,
            "an equation",
        )
        np.testing.assert_allclose(root, 30 / 101, rtol=1e-15)

    def test_a_root_that_is_met_leaves_nothing(self) -> None:
        assert newton(lambda x: x, lambda x: np.eye(1), np.ones(1), 0.0, "an equation") == 0

    def test_what_has_no_root_is_named(self) -> None:
        with pytest.raises(ArithmeticError, match=r"did not solve an equation: a residual of 1\S* remains"):
            newton(lambda x: 1 + x**2, lambda x: 2 * x[:, None] + 1e-9, np.array([1.0]), 1e-12, "an equation")
