"""What a problem says of itself is true, and a problem that says otherwise is refused."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from gdfigs.maths.problems import (
    GaussianFit,
    Problem,
    bowl,
    concave,
    ellipse,
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
from tests.strategies import convex, plain, points, quadratics, value_rounding

A = [[3.0, 1.0, 0.0], [1.0, 2.0, -0.5], [0.0, -0.5, 1.0]]
ALL = {
    "quadratic": quadratic(A, [1.0, -2.0, 0.5], 7.0),
    "ellipse": ellipse(1, 4),
    "bowl": bowl(100, 3.0),
    "huber": huber(0.5, 2.0),
    "log_cosh": log_cosh(2),
    "log_cosh with ridge": log_cosh(3, 0.2),
    "log_sum_exp in one dimension": log_sum_exp(1),
    "log_sum_exp": log_sum_exp(3),
    "logistic": logistic(),
    "logistic in four dimensions": logistic(4, 15, 0.01, 3),
    "hill": hill(),
    "concave": concave(),
    "one_sided": one_sided(),
    "lessard_recht_packard": lessard_recht_packard(),
}
every = pytest.mark.parametrize("problem", ALL.values(), ids=ALL.keys())
with_minimiser = pytest.mark.parametrize(
    "problem",
    [p for p in ALL.values() if p.minimiser is not None],
    ids=[n for n, p in ALL.items() if p.minimiser is not None],
)


def along_axes(problem: Problem, x: Any, h: float) -> Any:
    """x - h e_i and x + h e_i for every point and every i, each of shape (n, d, d)."""
    steps = h * np.eye(problem.dim)
    return x[:, None, :] - steps, x[:, None, :] + steps


class TestDerivatives:
    @every
    def test_the_gradient_is_the_slope_of_f(self, problem: Problem, rng: np.random.Generator) -> None:
        h, x = 1e-5, rng.normal(size=(40, problem.dim))
        below, above = along_axes(problem, x, h)
        quotients = (problem.f(above) - problem.f(below)) / (2 * h)
        # L h / 2 bounds the error of the quotient for any L-Lipschitz gradient; rounding of f is divided by h.
        atol = problem.L * h / 2 + value_rounding(problem, x).max() / h
        np.testing.assert_allclose(problem.grad(x), quotients, rtol=0, atol=atol)

    @every
    def test_the_hessian_is_the_slope_of_the_gradient(self, problem: Problem, rng: np.random.Generator) -> None:
        h, x = 1e-5, rng.normal(size=(40, problem.dim))
        below, above = along_axes(problem, x, h)
        quotients = (problem.grad(above) - problem.grad(below)) / (2 * h)
        # The fourth derivative of f reaches 2000 (one-sided, at 0): an error of 2000 h^2 / 6 = 3e-8.
        np.testing.assert_allclose(problem.hess(x), quotients, rtol=0, atol=1e-7)

    @every
    def test_points_of_any_shape_are_mapped_one_by_one(self, problem: Problem, rng: np.random.Generator) -> None:
        x = rng.normal(size=(2, 3, problem.dim))
        for function in (problem.f, problem.grad, problem.hess):
            whole = function(x)
            one_by_one = np.array([[function(x[i, j]) for j in range(3)] for i in range(2)])
            assert whole.shape == one_by_one.shape
            np.testing.assert_allclose(whole, one_by_one, rtol=1e-13, atol=1e-13)  # sums in another order


class TestCurvature:
    @every
    def test_the_hessian_lies_between_mu_and_L(self, problem: Problem, rng: np.random.Generator) -> None:
        spectrum = np.linalg.eigvalsh(problem.hess(points(problem, rng, 200)))
        slack = 1e-13 * problem.L  # rounding of the eigenvalues
        assert problem.mu - slack <= spectrum.min() <= spectrum.max() <= problem.L + slack

    @every
    def test_the_gradient_is_L_lipschitz(self, problem: Problem, rng: np.random.Generator) -> None:
        x, y = points(problem, rng, 300), points(problem, rng, 300)
        change = np.linalg.norm(problem.grad(x) - problem.grad(y), axis=-1)
        distance = np.linalg.norm(x - y, axis=-1)
        scale = 1 + np.linalg.norm(x, axis=-1) + np.linalg.norm(y, axis=-1)
        assert (change <= problem.L * (distance + 1e-14 * scale)).all()  # rounding of x, y and of the gradients

    @every
    def test_f_lies_between_its_two_parabolas(self, problem: Problem, rng: np.random.Generator) -> None:
        x, y = points(problem, rng, 300), points(problem, rng, 300)
        step = y - x
        tangent = problem.f(x) + (problem.grad(x) * step).sum(axis=-1)
        squared = (step**2).sum(axis=-1)
        slack = value_rounding(problem, x) + value_rounding(problem, y)
        assert (problem.f(y) >= tangent + problem.mu / 2 * squared - slack).all()
        assert (problem.f(y) <= tangent + problem.L / 2 * squared + slack).all()

    @given(convex)
    def test_all_this_holds_for_random_convex_problems(self, problem: Problem) -> None:
        rng = np.random.default_rng(0)
        assert problem.convex
        self.test_the_hessian_lies_between_mu_and_L(problem, rng)
        self.test_the_gradient_is_L_lipschitz(problem, rng)
        self.test_f_lies_between_its_two_parabolas(problem, rng)

    @pytest.mark.parametrize(
        ("problem", "at", "curvature"),
        [
            (huber(0.5, 2.0), [0.0], 2.0),
            (huber(0.5, 2.0), [0.26], 0.0),
            (log_cosh(1), [0.0], 1.0),
            (log_cosh(1), [20.0], 0.0),
            (log_cosh(1, 0.3), [0.0], 1.3),
            (log_cosh(1, 0.3), [20.0], 0.3),
            (log_sum_exp(1), [0.0], 1.0),
            (log_sum_exp(1), [20.0], 0.0),
            (hill(), [0.0], -2.0),
            (hill(), [1.0], 0.5),
            (hill(), [-1.0], 0.5),
            (one_sided(), [0.0], -9.0),
            (one_sided(), [3.0], 1.0),
            (lessard_recht_packard(), [0.99], 25.0),
            (lessard_recht_packard(), [1.0], 1.0),
            (lessard_recht_packard(), [2.0], 25.0),
            (concave(), [2.0], -1.0),
        ],
    )
    def test_the_extreme_curvatures_are_reached_where_they_are_said_to_be(
        self, problem: Problem, at: list[float], curvature: float
    ) -> None:
        # 1 - tanh^2 loses all but 1e-16 of its digits far out.
        assert problem.hess(np.array(at)).item() == pytest.approx(curvature, abs=1e-15)

    @pytest.mark.parametrize("problem", [ALL["logistic"], ALL["logistic in four dimensions"]])
    def test_logistic_regression_is_steepest_at_zero_and_nearly_flat_far_out(self, problem: Problem) -> None:
        at_zero = np.linalg.eigvalsh(problem.hess(np.zeros(problem.dim)))
        far_out = np.linalg.eigvalsh(problem.hess(np.full(problem.dim, 1e4)))
        assert at_zero[-1] == pytest.approx(problem.L, rel=1e-14)  # rounding
        assert far_out[0] == pytest.approx(problem.mu, rel=1e-14)

    @pytest.mark.parametrize(
        ("problem", "low", "high"), [(hill(), -2.0, 0.5), (one_sided(), -9.0, 1.0), (concave(), -1.0, -1.0)]
    )
    def test_the_curvature_on_the_line_ranges_as_documented(self, problem: Problem, low: float, high: float) -> None:
        curvature = problem.hess(np.linspace(-1.5, 1.5, 3001)[:, None])  # has 0 and +-1 among its points
        assert curvature.min() == low
        # One-sided only approaches 1: at x = 1.5 it is short of it by 10 sech^2(15) = 4e-12.
        assert high - 1e-11 <= curvature.max() <= high
        if problem.name == "one-sided":
            assert curvature.max() < high

    @pytest.mark.parametrize("dim", [2, 3, 5])
    def test_log_sum_exp_is_half_as_steep_in_more_than_one_dimension(self, dim: int, rng: np.random.Generator) -> None:
        problem = log_sum_exp(dim)
        assert np.linalg.eigvalsh(problem.hess(points(problem, rng, 1000))).max() <= 0.5 + 1e-14  # rounding
        far = np.zeros(dim)
        far[:2] = 20.0  # p is nearly (1/2, 1/2, 0, ...)
        assert np.linalg.eigvalsh(problem.hess(far))[-1] == pytest.approx(0.5, abs=1e-8)  # dim e^{-20}

    def test_one_sided_obeys_the_descent_lemma_with_constant_1_though_its_gradient_is_not_1_lipschitz(
        self, rng: np.random.Generator
    ) -> None:
        problem = one_sided()
        x, y = points(problem, rng, 300), points(problem, rng, 300)
        lemma = problem.f(x) + (problem.grad(x) * (y - x)).sum(axis=-1) + ((y - x) ** 2).sum(axis=-1) / 2
        assert (problem.f(y) <= lemma + value_rounding(problem, x) + value_rounding(problem, y)).all()
        near = np.array([[-1e-4], [1e-4]])
        slope = np.diff(problem.grad(near), axis=0).item() / 2e-4
        assert slope == pytest.approx(-9, rel=1e-6)  # f'''' h^2 / 6 with f'''' = 2000

    @pytest.mark.parametrize(
        ("problem", "mu", "L"),
        [
            (huber(0.5, 2.0), 0, 2),
            (log_cosh(3), 0, 1),
            (log_cosh(2, 0.25), 0.25, 1.25),
            (log_sum_exp(3), 0, 1),
            (logistic(ridge=0.3), 0.3, None),
            (hill(), -2, 2),
            (concave(), -1, 1),
            (one_sided(), -9, 9),
            (lessard_recht_packard(), 1, 25),
        ],
    )
    def test_mu_and_L_are_those_of_the_page(self, problem: Problem, mu: float, L: float | None) -> None:
        assert (problem.mu, problem.L) == (mu, L or problem.L)

    @given(quadratics())
    def test_mu_and_L_of_a_quadratic_are_its_least_and_greatest_eigenvalue(self, problem: Any) -> None:
        rotated = problem.eigenvectors.T @ problem.A @ problem.eigenvectors
        np.testing.assert_allclose(rotated, np.diag(problem.eigenvalues), rtol=0, atol=1e-13 * problem.L)
        assert (problem.mu, problem.L) == (problem.eigenvalues[0], problem.eigenvalues[-1])
        assert problem.kappa == problem.L / problem.mu


class TestMinimiser:
    @with_minimiser
    def test_f_is_nowhere_lower(self, problem: Problem, rng: np.random.Generator) -> None:
        x = points(problem, rng, 1000)
        assert (problem.f(x) >= problem.minimum - value_rounding(problem, x)).all()

    @with_minimiser
    def test_the_gradient_vanishes_there(self, problem: Problem) -> None:
        # Rounding in the minimiser, times L, and in the sum of the gradient's terms.
        assert np.linalg.norm(problem.grad(problem.minimiser)) <= 1e-14 * problem.L * problem.dim

    def test_hill_and_concave_have_none_and_say_so(self) -> None:
        for problem in (hill(), concave()):
            assert problem.minimiser is None
            with pytest.raises(ValueError, match=f"{problem.name} has no minimiser"):
                _ = problem.minimum

    def test_a_quadratic_has_the_values_of_its_formula(self, rng: np.random.Generator) -> None:
        a, b, x = np.array(A), np.array([1.0, -2.0, 0.5]), rng.normal(size=3)
        assert ALL["quadratic"].f(x) == pytest.approx(x @ a @ x / 2 - b @ x + 7, rel=1e-14)
        np.testing.assert_allclose(a @ ALL["quadratic"].minimiser, b, atol=1e-14)

    @pytest.mark.parametrize(("x", "value"), [(1e-9, 5e-19), (1e-3, 4.9999991666668889e-07), (1e3, 1e3 - np.log(2))])
    def test_log_cosh_keeps_its_digits_near_zero_and_far_out(self, x: float, value: float) -> None:
        # x^2/2 - x^4/12 + x^6/45 near 0. A few roundings, relative to however small a value.
        assert log_cosh().f(np.array([x])) == pytest.approx(value, rel=1e-15, abs=0)

    @pytest.mark.parametrize(
        ("x", "f", "slope"), [(-2, 50, -50), (1, 12.5, 25), (1.5, 25.125, 25.5), (2, 38, 26), (3, 76.5, 51)]
    )
    def test_the_function_of_lessard_recht_and_packard_has_the_slope_of_its_pieces(
        self, x: float, f: float, slope: float
    ) -> None:
        problem, point = lessard_recht_packard(), np.array([x])
        assert (problem.f(point), problem.grad(point).item()) == (f, slope)

    def test_log_sum_exp_overflows_nowhere(self) -> None:
        far = np.array([1e4, -2e4])
        assert log_sum_exp().f(far) == 2e4
        np.testing.assert_array_equal(log_sum_exp().grad(far), [0.0, -1.0])


class TestShape:
    def test_an_ellipse_and_a_bowl_have_the_curvatures_of_their_formulas(self) -> None:
        assert (ellipse(3, 0.5).L, ellipse(3, 0.5).mu) == (6.0, 1.0)
        assert ellipse(3, 0.5).f(np.array([1.0, 2.0])) == 5.0
        assert (bowl(8, 4.0).L, bowl(8, 4.0).mu, bowl(8, 4.0).kappa) == (4.0, 0.5, 8.0)
        assert bowl(8, 4.0).f(np.array([2.0, 1.0])) == 3.0

    def test_without_parameters_they_are_the_usual_ones(self) -> None:
        assert (bowl(4).L, log_cosh().dim, log_sum_exp().dim) == (1.0, 1, 2)
        w = np.array([0.3, -2.0])
        assert logistic().f(w) == logistic(2, 40, 0.1, 0).f(w)

    def test_the_two_classes_of_logistic_regression_lie_on_either_side(self) -> None:
        assert (logistic(3, 400).minimiser > 0).all()

    def test_the_curvature_of_a_huber_function_at_its_kink_is_that_inside(self) -> None:
        assert huber(1.0, 2.0).hess(np.array([[0.5], [-0.5]])).tolist() == [[[2.0]], [[2.0]]]

    def test_kappa_is_infinite_where_f_is_not_strongly_convex(self) -> None:
        assert huber(1.0).kappa == hill().kappa == np.inf
        assert huber(1.0).convex
        assert not hill().convex

    def test_a_number_is_a_point_of_the_line(self) -> None:
        np.testing.assert_array_equal(huber(1.0).point(3), [3.0])

    @pytest.mark.parametrize("theta", [[1.0], [1.0, 2.0, 3.0], [[1.0, 2.0]], [1.0, np.nan], [np.inf, 0.0]])
    def test_what_is_no_point_of_the_space_is_refused(self, theta: Any) -> None:
        with pytest.raises(ValueError, match="a starting point of ellipse has 2 finite coordinates; got"):
            ellipse(1, 1).point(theta)

    @given(convex)
    def test_plain_problems_are_the_same_functions(self, problem: Problem) -> None:
        assert type(plain(problem)) is Problem
        assert plain(problem).f is problem.f


fits = pytest.mark.parametrize("fit", [gaussian_fit(), *(gaussian_fit(p, 0.7, 1.3) for p in (-2.0, 0.0, 0.5, 1, 2))])


class TestGaussianFit:
    def gaussians(self, fit: GaussianFit, rng: np.random.Generator) -> Any:
        """Thirty points about the minimiser, shape (30, 2)."""
        mean, sd = fit.distribution(fit.solution)
        return np.array([fit.coordinates(mean + sd * a, sd * np.exp(b / 3)) for a, b in rng.normal(size=(30, 2))])

    @fits
    def test_coordinates_and_distribution_undo_each_other(self, fit: GaussianFit) -> None:
        assert fit.distribution(fit.coordinates(-1.5, 0.3)) == pytest.approx((-1.5, 0.3), rel=1e-14)
        assert fit.distribution(np.ones((4, 3, 2)) / 8).shape == (4, 3, 2)

    def test_the_second_coordinate_is_the_power_but_for_its_scale_and_a_constant(self) -> None:
        for power, u in ((1.0, 2.0), (2.0, 4.0), (-2.0, 4 / 9), (0.0, np.log(3))):
            assert gaussian_fit(power).coordinates(0.0, 3.0)[1] == pytest.approx(u, rel=1e-14)

    @fits
    def test_derivatives_are_slopes(self, fit: GaussianFit, rng: np.random.Generator) -> None:
        h, x = 1e-6, self.gaussians(fit, rng)
        below, above = along_axes(fit, x, h)
        # The error is h^2 times a third derivative, and rounding over h: 1e-9 of the values.
        slopes, bends = (fit.f(above) - fit.f(below)) / (2 * h), (fit.grad(above) - fit.grad(below)) / (2 * h)
        np.testing.assert_allclose(fit.grad(x), slopes, rtol=1e-7, atol=1e-8)
        np.testing.assert_allclose(fit.hess(x), bends, rtol=1e-7, atol=1e-7)

    @fits
    def test_f_is_the_divergence(self, fit: GaussianFit, rng: np.random.Generator) -> None:
        mean, sd = fit.distribution(fit.solution)
        nodes, weights = np.polynomial.hermite_e.hermegauss(4)  # exact: the logarithms are of degree two
        for theta in self.gaussians(fit, rng):
            m, s = fit.distribution(theta)
            ratio = np.log(s / sd) + ((mean + sd * nodes - m) / s) ** 2 / 2 - nodes**2 / 2
            assert fit.f(theta) == pytest.approx(weights @ ratio / np.sqrt(2 * np.pi), rel=1e-12, abs=1e-14)

    @fits
    def test_the_fisher_information_is_the_mean_square_of_the_score(
        self, fit: GaussianFit, rng: np.random.Generator
    ) -> None:
        nodes, weights = np.polynomial.hermite_e.hermegauss(4)
        for theta in self.gaussians(fit, rng):
            s, h = fit.distribution(theta)[1], np.array([0, 1e-5])
            ds = (fit.distribution(theta + h)[1] - fit.distribution(theta - h)[1]) / 2e-5
            score = np.stack([nodes / s, (nodes**2 - 1) / s * ds])
            np.testing.assert_allclose(
                fit.fisher(theta), score @ (weights * score).T / np.sqrt(2 * np.pi), rtol=1e-6, atol=1e-12
            )

    def test_it_has_no_bounds_on_its_curvature(self) -> None:
        fit = gaussian_fit()
        assert (fit.L, fit.mu, fit.convex, fit.kappa) == (np.inf, -np.inf, False, np.inf)
        assert fit.minimum == 0
        assert fit.distribution(fit.solution).tolist() == [0, 1]
        assert fit.fisher(fit.coordinates(0, 2)).tolist() == [[0.25, 0], [0, 0.5]]

    @pytest.mark.parametrize("sd", [0.0, -1.0, np.nan])
    def test_a_deviation_that_is_not_positive_is_refused(self, sd: float) -> None:
        with pytest.raises(ValueError, match="sd positive"):
            gaussian_fit(sd=sd)
        with pytest.raises(ValueError, match="a standard deviation must be positive"):
            gaussian_fit().coordinates(0.0, sd)

    @pytest.mark.parametrize("given", [{"power": np.inf}, {"power": np.nan}, {"mean": -np.inf}, {"sd": np.inf}])
    def test_what_is_not_finite_is_refused(self, given: dict[str, float]) -> None:
        with pytest.raises(ValueError, match="power, mean and sd must be finite"):
            gaussian_fit(**given)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"grad": lambda x: 1.001 * gaussian_fit().grad(x)}, "the gradient differs from difference quotients of f"),
            (
                {"grad": lambda x: np.array([1, 1.001]) * gaussian_fit(sd=1.3).grad(x)},
                "the gradient differs from difference quotients of f",
            ),
            (
                {"grad": lambda x: np.array([1.001, 1]) * gaussian_fit(sd=1.3).grad(x)},
                "the gradient differs from difference quotients of f",
            ),
            ({"hess": lambda x: 1.001 * gaussian_fit().hess(x)}, "is not the Fisher information"),
            ({"power": 2.0}, "is not the Fisher information"),
        ],
    )
    def test_one_that_contradicts_itself_is_refused(self, change: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            replace(gaussian_fit(sd=1.3), **change)


class TestRefusals:
    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: quadratic([[1, 2], [0, 1]]), "A must be a symmetric matrix"),
            (lambda: quadratic([[1, 2, 3], [2, 1, 0]]), "A must be a symmetric matrix"),
            (lambda: quadratic([[[1]]]), "A must be a symmetric matrix"),
            (lambda: quadratic([[np.nan]]), "A must be a symmetric matrix"),
            (lambda: quadratic([[np.nan, 0], [0, 1]]), "A must be a symmetric matrix"),
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
            (lambda: bowl(2, -1), "L must be positive; got -1"),
            (lambda: bowl(2, 0), "L must be positive; got 0"),
            (lambda: huber(1, 0), "slope and L must be positive; got slope = 1, L = 0"),
            (lambda: huber(0), "slope and L must be positive; got slope = 0, L = 1"),
            (lambda: huber(1, -2), "slope and L must be positive; got slope = 1, L = -2"),
            (lambda: log_cosh(0), "the dimension must be at least 1; got 0"),
            (lambda: log_cosh(1, -0.1), "ridge must not be negative, or f is not convex; got -0.1"),
            (lambda: log_sum_exp(0), "the dimension must be at least 1; got 0"),
            (lambda: logistic(ridge=0), "ridge must be positive, or there may be no minimiser; got 0"),
            (lambda: logistic(samples=0), "samples must be at least 1; got 0"),
        ],
    )
    def test_bad_arguments_are_named(self, make: Callable[[], Problem], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            make()

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"L": -1.0}, "L must be positive and finite; got -1"),
            ({"L": 0.0}, "L must be positive and finite; got 0"),
            # Off by 0.01 along x, and by less along other directions of unit length.
            ({"grad": lambda x: x * [0.2, 1.0] + [0.01, 0]}, r"from difference quotients of f by 0\.0099"),
            ({"L": np.nan}, "L must be positive and finite; got nan"),
            ({"L": np.inf}, "L must be positive and finite; got inf"),
            ({"L": 0.99}, r"eigenvalues from 0.2 to 1, outside \[mu, L\] = \[0.2, 0.99\]"),
            ({"mu": 1.01}, r"eigenvalues from 0.2 to 1, outside \[mu, L\] = \[1.01, 1\]"),
            ({"mu": 1.01}, r"mu must lie in \[-L, L\] = \[-1, 1\]; got 1.01"),
            ({"mu": -1.01}, r"mu must lie in \[-L, L\] = \[-1, 1\]; got -1.01"),
            ({"mu": np.nan}, r"mu must lie in \[-L, L\] = \[-1, 1\]; got nan"),
            ({"mu": 0.21}, r"eigenvalues from 0.2 to 1, outside \[mu, L\] = \[0.21, 1\]"),
            ({"minimiser": np.array([1e-4, 0])}, "the gradient at the minimiser has norm 2e-05, not 0"),
            ({"minimiser": np.zeros(3)}, r"the minimiser must have shape \(2,\); got \(3,\)"),
            ({"f": lambda x: x}, r"f must map shape \(8, 2\) to \(8,\); got \(8, 2\)"),
            ({"grad": lambda x: x[..., 0]}, r"grad must map shape \(8, 2\) to \(8, 2\); got \(8,\)"),
            ({"hess": lambda x: x}, r"hess must map shape \(8, 2\) to \(8, 2, 2\); got \(8, 2\)"),
            ({"grad": lambda x: 1.01 * x * [0.2, 1.0]}, "the gradient differs from difference quotients of f by"),
            ({"dim": 0}, "the dimension must be at least 1; got 0"),
        ],
    )
    def test_a_problem_that_contradicts_itself_is_refused(self, change: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=f"the problem 'ellipse' contradicts itself: .*{message}"):
            replace(plain(ellipse(0.1, 0.5)), **change)

    def test_a_minimiser_of_another_dimension_is_all_that_is_wrong_with_it(self) -> None:
        message = r"^the problem 'quadratic' contradicts itself: the minimiser must have shape \(1,\); got \(2,\)$"
        with pytest.raises(ValueError, match=message):
            replace(plain(quadratic([[1.0]], [1.0])), minimiser=np.zeros(2))

    @pytest.mark.parametrize(
        "make",
        [
            lambda: quadratic([[1e6, 1e-7], [0, 1e6]]),
            lambda: quadratic(1e-9 * np.eye(2)),
            lambda: quadratic(A, 1e8 * np.array([1.0, -2.0, 0.5])),
            lambda: quadratic(1e6 * np.array(A), 1e6 * np.array([1.0, -2.0, 0.5])),
            lambda: quadratic(A, c=1e8),
            lambda: quadratic(np.eye(2), [1e4, 1e4], 1e8),
            lambda: replace(quadratic(1e6 * np.eye(2)), L=1e6 * (1 - 1e-13), mu=1e6 * (1 - 1e-13)),
            lambda: logistic(samples=1),
            lambda: bowl(1.0, 0.5),
        ],
        ids=["asymmetric", "flat", "far", "steep", "high", "cancelling", "inexact", "of one sample", "round"],
    )
    def test_what_is_off_by_rounding_or_at_the_edge_is_taken(self, make: Callable[[], Problem]) -> None:
        assert make().kappa >= 1

    def test_a_maximiser_is_no_minimiser(self) -> None:
        with pytest.raises(ValueError, match="f is lower elsewhere than at the minimiser"):
            replace(concave(), minimiser=np.zeros(1))

    @pytest.mark.parametrize(
        ("change", "messages"),
        [
            ({"L": 0.5, "mu": 0.7, "minimiser": np.ones(2)}, ["mu must lie", "the Hessian has", "at the minimiser"]),
            ({"L": -1.0, "minimiser": np.zeros(1)}, ["L must be positive", "the minimiser must have shape"]),
            ({"f": lambda x: x, "hess": lambda x: x, "mu": 3.0}, ["f must map", "hess must map", "mu must lie"]),
        ],
    )
    def test_all_faults_are_named_at_once(self, change: dict[str, Any], messages: list[str]) -> None:
        with pytest.raises(ValueError, match="contradicts itself") as caught:
            replace(plain(ellipse(0.1, 0.5)), **change)
        assert str(caught.value).count("; ") >= len(messages) - 1
        for message in messages:
            assert message in str(caught.value)


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
