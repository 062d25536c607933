"""Each flow obeys its equation: against closed forms, against itself, and in its conserved quantities."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdfigs.maths import bounds
from gdfigs.maths.flows import (
    ATOL,
    EXPLICIT,
    RTOL,
    SERIES,
    Motion,
    chain_density,
    gradient_flow,
    heavy_ball_flow,
    langevin,
    natural_gradient_flow,
    nesterov_flow,
)
from gdfigs.maths.problems import (
    Point,
    Points,
    Problem,
    Quadratic,
    bowl,
    concave,
    flat_bottom,
    hill,
    huber,
    log_cosh,
    one_sided,
    quadratic,
)
from tests.strategies import convex, log_uniform, plain, quadratics, seeds, smooth_convex, started

STATED = 100
"""How many times its tolerances the error of the solver may be, as gdfigs.maths.flows states."""
some = settings(max_examples=12)


def tolerance(x: Points) -> float:
    """The error of a gradient flow through x that gdfigs.maths.flows admits."""
    return STATED * (ATOL + RTOL * float(np.abs(x).max()))


def explicit_tolerance(x: Points) -> float:
    """That of the explicit solver."""
    return STATED * (EXPLICIT["atol"] + EXPLICIT["rtol"] * float(np.abs(x).max()))


def damped(problem: Problem, theta0: Any, t: Any) -> Motion:
    return heavy_ball_flow(problem, theta0, 0.4 * np.sqrt(problem.L), t)


def assert_same(flow: Any, x: Points, v: Points | None, atol: float) -> None:
    """Velocities in units of sqrt(L)."""
    np.testing.assert_allclose(flow.x, x, rtol=0, atol=atol)
    if v is not None:
        np.testing.assert_allclose(flow.v / np.sqrt(flow.problem.L), v / np.sqrt(flow.problem.L), rtol=0, atol=atol)


every_flow = pytest.mark.parametrize("flow", [gradient_flow, damped, nesterov_flow])


class TestEveryFlow:
    @every_flow
    @some
    @given(start=started(quadratics(largest_kappa=1e4)), until=log_uniform(1e-1, 30))
    def test_the_solver_agrees_with_the_closed_form(
        self, flow: Any, start: tuple[Quadratic, Point], until: float
    ) -> None:
        problem, theta0 = start
        rate = problem.L if flow is gradient_flow else np.sqrt(problem.L)
        t = np.concatenate([np.array([0.0, 0.3, 0.9, 1.0, 1.1]) * SERIES, np.linspace(0, until, 7)[1:]]) / rate
        exact = flow(problem, theta0, t)
        admitted = tolerance if flow is gradient_flow else explicit_tolerance
        assert_same(flow(plain(problem), theta0, t), exact.x, getattr(exact, "v", None), admitted(exact.x))

    @every_flow
    @pytest.mark.parametrize("problem", [bowl(3), log_cosh(2)], ids=["closed form", "solver"])
    def test_times_starts_and_minimisers_are_kept(self, flow: Any, problem: Problem) -> None:
        for t in ([0.0], [0.5], [0.0, 1e-5, 0.2], [0.3, 7.0]):
            path = flow(problem, [1.0, -1.0], t)
            assert (path.t.tolist(), path.x.shape) == (t, (len(t), 2))
            if t[0] == 0:
                np.testing.assert_allclose(path.x[0], [1.0, -1.0], rtol=1e-15)
                assert not getattr(path, "v", np.zeros(1))[0].any()
        assert not flow(problem, [0.0, 0.0], [1.0, 2.0]).x.any()

    @every_flow
    @pytest.mark.parametrize(
        ("t", "message"),
        [
            *((t, "t must ascend from 0 or later") for t in ([0.0, 2.0, 1.0], [0.0, 1.0, 1.0], [-0.1, 1.0])),
            ([], r"t must be an array of finite times, shape \(n,\); got shape \(0,\)"),
            (1.0, r"t must be an array of finite times, shape \(n,\); got shape \(\)"),
            ([[0.0, 1.0]], r"t must be an array of finite times, shape \(n,\); got shape \(1, 2\)"),
            *((t, "t must be an array of finite times") for t in ([np.nan], [0.0, np.inf])),
        ],
    )
    def test_times_that_do_not_ascend_are_refused(self, flow: Any, t: Any, message: str) -> None:
        for problem in (bowl(3), log_cosh(2)):
            with pytest.raises(ValueError, match=message):
                flow(problem, [1.0, 1.0], t)
            with pytest.raises(ValueError, match="has 2 finite coordinates"):
                flow(problem, [1.0], [1.0])

    @pytest.mark.parametrize(
        ("flow", "name"),
        [(gradient_flow, "flow"), (damped, "heavy-ball equation"), (nesterov_flow, "Nesterov equation")],
    )
    def test_one_that_overflows_says_so(self, flow: Any, name: str) -> None:
        with pytest.raises(ArithmeticError, match=f"the {name} of concave could not be followed to t = 50: overflow"):
            flow(concave(), 1e300, [0.0, 50.0])


class TestGradientFlow:
    @given(started(quadratics(largest_kappa=1e4)), log_uniform(1e-2, 1e2))
    def test_a_quadratic_decays_mode_by_mode(self, start: tuple[Quadratic, Point], until: float) -> None:
        problem, theta0 = start
        t = np.linspace(0, until / problem.L, 5)
        path = gradient_flow(problem, theta0, t)
        modes = (path.x - problem.solution) @ problem.eigenvectors
        # A few roundings of numbers of the size of x, and of A^{-1} b.
        atol = 1e-15 * (10 + problem.kappa) * (1 + np.abs(path.x).max())
        np.testing.assert_allclose(path.x[0], theta0, rtol=0, atol=atol)
        np.testing.assert_allclose(modes, np.exp(-np.outer(t, problem.eigenvalues)) * modes[0], rtol=0, atol=atol)

    @settings(max_examples=8)
    @given(seeds)
    def test_log_cosh_shrinks_the_hyperbolic_sine(self, seed: int) -> None:
        # x' = -tanh x, so (sinh x)' = -sinh x.
        theta0, t = np.random.default_rng(seed).uniform(-6, 6, size=3), np.linspace(0, 8, 9)
        exact = np.arcsinh(np.exp(-t)[:, None] * np.sinh(theta0))
        assert_same(gradient_flow(log_cosh(3), theta0, t), exact, None, tolerance(exact))

    @some
    @given(log_uniform(0.1, 1), log_uniform(0.1, 10), log_uniform(0.1, 5), st.sampled_from([-1, 1]))
    def test_a_huber_function_is_descended_straight_and_then_exponentially(
        self, slope: float, L: float, x0: float, sign: int
    ) -> None:
        kink = slope / L
        until = max(x0 - kink, 0) / slope  # x' = -slope to here, x' = -L x from here on
        t = np.linspace(0, 2 * until + 3 / L, 41)
        inner = min(x0, kink) * np.exp(-L * np.maximum(t - until, 0))
        exact = sign * np.where(t < until, x0 - slope * t, inner)[:, None]
        assert_same(gradient_flow(huber(slope, L), sign * x0, t), exact, None, tolerance(exact))

    def test_hill_and_concave_are_fled_for_ever(self) -> None:
        # x' = 2x / (1 + x^2)^2, so log(x)/2 + x^2/2 + x^4/8 - 5/8 = t: x grows like (8t)^{1/4}.
        t = np.array([0.0, 1.0, 1e2, 1e4, 1e6])
        x = gradient_flow(hill(), 1.0, t).x[:, 0]
        np.testing.assert_allclose(np.log(x) / 2 + x**2 / 2 + x**4 / 8 - 5 / 8, t, rtol=1e-8, atol=1e-9)
        # 0 is critical all the same: there the flow rests.
        assert gradient_flow(hill(), 0.0, t).x.tolist() == [[0.0]] * 5
        x = gradient_flow(concave(), 0.5, np.arange(7.0)).x[:, 0]
        np.testing.assert_allclose(x, 0.5 * np.exp(np.arange(7)), rtol=1e-10)  # errors grow like x itself

    @some
    @given(started(convex), st.floats(0.1, 3), st.floats(0.1, 3))
    def test_flowing_twice_is_flowing_on(self, start: tuple[Problem, Point], first: float, second: float) -> None:
        problem, theta0 = start
        s, t = first / problem.L, second / problem.L
        halfway, whole = gradient_flow(problem, theta0, [s, s + t]).x
        assert_same(gradient_flow(problem, halfway, [t]), whole[None], None, 2 * tolerance(theta0))

    def test_a_stiff_flow_takes_hardly_more_steps_than_a_gentle_one(self) -> None:
        def evaluations(kappa: float) -> int:
            calls: list[Any] = []
            problem = bowl(kappa, kappa)  # mu = 1
            counted = plain(problem)
            object.__setattr__(counted, "grad", lambda x: problem.grad([calls.append(1), x][1]))
            x = gradient_flow(counted, [1.0, 1.0], [0.0, 5.0]).x
            np.testing.assert_allclose(x[-1], [np.exp(-5), np.exp(-5 * kappa)], atol=tolerance(x))
            return len(calls)

        # An explicit method would need at least L t / 2 = 2.5e4 steps of several evaluations each.
        assert evaluations(1e4) < 3 * evaluations(1.0) < 2.5e4

    def test_a_flow_that_blows_up_says_so(self) -> None:
        # x' = x^3: from 10 it reaches infinity at t = 1/200.
        f, grad = (lambda x: -(x[..., 0] ** 4) / 4), (lambda x: -(x**3))
        blowing = Problem("blowing up", 1, f, grad, lambda x: -3 * x[..., None] ** 2, L=1.0, mu=1.0, minimiser=None)
        with pytest.raises(ArithmeticError, match="the flow of blowing up could not be followed to t = 1"):
            gradient_flow(blowing, 10.0, [0.0, 1.0])


class TestHeavyBallFlow:
    @pytest.mark.parametrize(
        ("gamma", "x", "v"),
        [
            (0.0, lambda t: np.cos(2 * t), lambda t: -2 * np.sin(2 * t)),
            (
                2.4,  # w = 1.6
                lambda t: np.exp(-1.2 * t) * (np.cos(1.6 * t) + 0.75 * np.sin(1.6 * t)),
                lambda t: -2.5 * np.exp(-1.2 * t) * np.sin(1.6 * t),
            ),
            (4.0, lambda t: (1 + 2 * t) * np.exp(-2 * t), lambda t: -4 * t * np.exp(-2 * t)),
            (
                5.0,  # roots -1 and -4
                lambda t: (4 * np.exp(-t) - np.exp(-4 * t)) / 3,
                lambda t: 4 / 3 * (np.exp(-4 * t) - np.exp(-t)),
            ),
        ],
        ids=["no friction", "underdamped", "critical", "overdamped"],
    )
    def test_one_mode_follows_the_textbook(self, gamma: float, x: Any, v: Any) -> None:
        t = np.linspace(0, 9, 40)
        for problem, atol in ((quadratic([[4.0]]), 1e-15), (plain(quadratic([[4.0]])), explicit_tolerance(x(t)))):
            assert_same(heavy_ball_flow(problem, 1.0, gamma, t), x(t)[:, None], v(t)[:, None], 2 * atol)

    @pytest.mark.parametrize("off", [1e-4, -1e-4, 1e-9, -1e-9, 1e-13])
    def test_nearly_critical_damping_is_nearly_critical(self, off: float) -> None:
        t = np.linspace(0, 9, 40)
        x = heavy_ball_flow(quadratic([[1.0]]), 1.0, 2 * (1 + off), t).x[:, 0]
        # Its derivative by gamma, d, obeys d'' + 2 d' + d = t e^{-t}: d = t^3 e^{-t} / 6.
        first = (1 + t) * np.exp(-t) + 2 * off * t**3 * np.exp(-t) / 6
        np.testing.assert_allclose(x, first, rtol=0, atol=1e-15 + 3 * off**2)

    def test_much_friction_makes_a_gradient_flow_with_time_slowed_by_gamma(self) -> None:
        t = np.array([0.0, 0.5, 1.0, 3.0])
        x = heavy_ball_flow(bowl(10), [1.0, -2.0], 1e8, 1e8 * t).x
        np.testing.assert_allclose(x, gradient_flow(bowl(10), [1.0, -2.0], t).x, atol=1e-14)  # gamma^{-2}, rounding

    def test_the_solver_is_exact_at_any_time_after_all_has_decayed(self) -> None:
        # There the solver would take steps as long as stability lets it.
        t = np.linspace(0, 60, 301)
        exact = heavy_ball_flow(quadratic([[1.0]]), 1.0, 10.0, t)
        motion = heavy_ball_flow(plain(quadratic([[1.0]])), 1.0, 10.0, t)
        assert_same(motion, exact.x, exact.v, explicit_tolerance(exact.x))

    @pytest.mark.parametrize("gamma", [-0.1, np.nan, np.inf])
    def test_a_friction_that_is_none_is_refused(self, gamma: float) -> None:
        with pytest.raises(ValueError, match=f"gamma must be finite and not negative; got {gamma:g}"):
            heavy_ball_flow(bowl(2), [1, 1], gamma, [1.0])

    def test_positions_and_velocities_are_one_motion(self) -> None:
        with pytest.raises(ValueError, match=r"v \(1, 2\) and x \(2, 2\) are not one motion"):
            Motion(bowl(2), np.arange(2.0), np.ones((2, 2)), np.ones((1, 2)))
        motion = Motion(bowl(1), np.arange(1.0), np.array([[3.0, 0.0]]), np.array([[0.0, 2.0]]))
        assert motion.energy.tolist() == [4.5 + 2]


class TestNesterovFlow:
    def test_one_mode_is_a_bessel_function_by_its_power_series(self) -> None:
        # 2 J_1(s) / s = sum (-1)^m (s/2)^{2m} / (m! (m+1)!), and s/2 = t as sqrt(lambda) = 2
        t = np.linspace(0, 3, 20)
        m = np.arange(1, 25)
        terms = np.cumprod(np.vstack([np.ones(20), *(-(t**2) / (k * (k + 1)) for k in m)]), axis=0)
        v = 2 * m @ terms[1:] / np.where(t > 0, t, 1)
        # The largest term, 3^6 / (3! 4!) = 5, is rounded.
        assert_same(nesterov_flow(quadratic([[4.0]]), 1.0, t), terms.sum(axis=0)[:, None], v[:, None], 1e-14)

    @pytest.mark.parametrize("L", [1e-4, 1.0, 1e4])
    def test_the_series_is_off_by_what_is_stated_and_left_in_time(self, L: float) -> None:
        # Its next term is L |g| t^4 / 192, in the velocity L |g| t^3 / 48, with g = L.
        t = np.array([0.9 * SERIES, 2 * SERIES, 0.5]) / np.sqrt(L)
        series, exact = (nesterov_flow(problem, 1.0, t) for problem in (plain(quadratic([[L]])), quadratic([[L]])))
        off = series.v[0, 0] - exact.v[0, 0]
        assert off == pytest.approx(-(L**2) * t[0] ** 3 / 48, rel=1e-3)  # rounding of v = 2e-4 to 3e-20, of 1.5e-11
        assert abs(series.x[0, 0] - exact.x[0, 0]) < 1e-14
        assert_same(series, exact.x, exact.v, explicit_tolerance(exact.x))

    def test_on_a_straight_slope_it_falls_by_an_eighth_of_t_squared(self) -> None:
        t = np.array([0.5, 1.0, 2.0])
        motion = nesterov_flow(huber(0.8, 100.0), 3.0, t)
        np.testing.assert_allclose(motion.x[:, 0], 3.0 - 0.8 * t**2 / 8, rtol=1e-12)
        np.testing.assert_allclose(motion.v[:, 0], -0.8 * t / 4, rtol=1e-12)


class TestNaturalGradientFlow:
    @given(started(smooth_convex), seeds)
    @some
    def test_a_constant_metric_is_a_change_of_scales(self, start: tuple[Problem, Point], seed: int) -> None:
        # With G = C^2 the flow of f is C^{-1} times that of f(C^{-1} y), whose gradient is C^{-1} grad f(C^{-1} y).
        problem, theta0 = start
        scales = np.random.default_rng(seed).uniform(1, 3, size=problem.dim)
        t, scaled = np.linspace(0, 3 / problem.L, 4), plain(problem)
        object.__setattr__(scaled, "grad", lambda y: problem.grad(y / scales) / scales)
        object.__setattr__(scaled, "hess", lambda y: problem.hess(y / scales) / np.multiply.outer(scales, scales))
        expected = gradient_flow(scaled, theta0 * scales, t).x / scales
        path = natural_gradient_flow(problem, lambda theta: np.diag(scales**2), theta0, t)
        assert_same(path, expected, None, 2 * tolerance(theta0 * scales))

    def test_with_the_hessian_the_gradient_decays_along_a_line(self) -> None:
        # d/dt grad f = -H H^{-1} grad f, also where f is not quadratic.
        f, t = log_cosh(2, 0.1), np.linspace(0, 4, 9)
        path = natural_gradient_flow(f, f.hess, [2.0, -1.0], t)
        expected = np.exp(-t)[:, None] * f.grad(np.array([2.0, -1.0]))
        np.testing.assert_allclose(f.grad(path.x), expected, rtol=0, atol=explicit_tolerance(path.x))

    def test_a_metric_that_is_not_positive_definite_is_refused(self) -> None:
        with pytest.raises(ArithmeticError, match=r"the metric must be positive definite; it is not at \[1.0, 1.0\]"):
            natural_gradient_flow(bowl(2), lambda theta: np.diag([1.0, -1.0]), [1.0, 1.0], [1.0])
        with pytest.raises(ValueError, match="t must ascend"):
            natural_gradient_flow(bowl(2), lambda theta: np.eye(2), [1.0, 1.0], [1.0, 0.0])


class TestLangevin:
    def test_every_chain_takes_gradient_steps_with_noise_of_its_own(self, rng: np.random.Generator) -> None:
        f, beta, eta = log_cosh(2), 3.0, 0.2
        theta = langevin(f, [1.0, -2.0], beta, eta, 40, 500, rng)
        assert theta.shape == (41, 500, 2)
        np.testing.assert_array_equal(theta[0], np.broadcast_to([1.0, -2.0], (500, 2)))
        noise = (theta[1:] - theta[:-1] + eta * f.grad(theta[:-1])) * np.sqrt(beta / (2 * eta))
        n = noise.size
        # Six standard deviations of the mean, of the variance and of the correlation with the last noise and the state.
        assert abs(noise.mean()) < 6 / np.sqrt(n)
        assert abs(noise.var() - 1) < 6 * np.sqrt(2 / n)
        assert abs((noise[1:] * noise[:-1]).mean()) < 6 / np.sqrt(n)
        assert abs((noise * np.tanh(theta[:-1])).mean()) < 6 / np.sqrt(n)
        assert abs(np.corrcoef(noise[:, :, 0].ravel(), noise[:, :, 1].ravel())[0, 1]) < 6 / np.sqrt(n / 2)

    def test_without_temperature_it_is_gradient_descent(self, rng: np.random.Generator) -> None:
        f = bowl(5)
        theta = langevin(f, [1.0, 2.0], 1e30, 0.1, 20, 3, rng)
        expected = np.array([1.0, 2.0]) * (1 - 0.1 * f.eigenvalues) ** 20  # the axes are the eigenvectors, mu first
        np.testing.assert_allclose(theta[-1], np.broadcast_to(expected, (3, 2)), atol=1e-13)  # noise of 1e-15

    def test_the_seed_decides_and_nothing_else(self) -> None:
        one, two = (langevin(huber(1.0), 1.0, 1.0, 0.1, 5, 4, np.random.default_rng(7)) for _ in range(2))
        np.testing.assert_array_equal(one, two)
        assert len(np.unique(one[-1])) == 4

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            *(({"beta": beta}, f"beta must be positive and finite; got {beta:g}") for beta in (0.0, np.inf, -1.0)),
            *(({"eta": eta}, f"eta must be positive and finite; got {eta:g}") for eta in (-0.1, 0.0, np.nan)),
            *(({"steps": n}, f"whole number >= 0 and chains one >= 1; got {n} and 2") for n in (-1, 1.5)),
            *(({"chains": n}, f"whole number >= 0 and chains one >= 1; got 0 and {n}") for n in (0, 1.5)),
        ],
    )
    def test_what_is_no_temperature_step_or_count_is_refused(
        self, change: dict[str, Any], message: str, rng: np.random.Generator
    ) -> None:
        good: dict[str, Any] = {"beta": 1.0, "eta": 0.1, "steps": 0, "chains": 2, "rng": rng}
        assert langevin(huber(1.0), 1.0, **good).shape == (1, 2, 1)
        with pytest.raises(ValueError, match=message):
            langevin(huber(1.0), 1.0, **good | change)

    def test_a_chain_that_overflows_says_so(self, rng: np.random.Generator) -> None:
        with pytest.raises(ArithmeticError, match="overflow"):
            langevin(concave(), 1.0, 1.0, 10.0, 400, 1, rng)


class TestChainDensity:
    X = np.linspace(-14, 14, 561)

    @pytest.mark.parametrize("beta", [1.0, 4.0])
    @pytest.mark.parametrize("z", [0.1, 1.0, 1.5])
    def test_on_a_parabola_it_is_normal_with_the_stated_variance(self, beta: float, z: float) -> None:
        density = chain_density(quadratic([[2.0]], [1.0]), beta, z / 2, self.X)
        variance = bounds.langevin_variance(beta, 2.0, z / 2)
        exact = np.exp(-((self.X - 0.5) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)
        np.testing.assert_allclose(density, exact, atol=1e-12)  # of a linear system of 561 equations

    @pytest.mark.parametrize("problem", [log_cosh(ridge=0.25), one_sided(), flat_bottom()], ids=lambda p: p.name)
    def test_a_step_leaves_it_as_it_is(self, problem: Problem) -> None:
        beta, eta, points = 2.0, 0.4, self.X[:, None]
        density = chain_density(problem, beta, eta, self.X)
        mean = points - eta * problem.grad(points)
        width = np.sqrt(2 * eta / beta)
        for y in (-1.5, 0.0, 0.7, 2.0):
            step = np.exp(-(((y - mean[:, 0]) / width) ** 2) / 2) / (width * np.sqrt(2 * np.pi))
            after = np.trapezoid(density * step, self.X)
            assert after == pytest.approx(density[np.abs(self.X - y).argmin()], abs=1e-12)
        assert np.trapezoid(density, self.X) == pytest.approx(1, abs=1e-12)

    def test_chains_are_distributed_like_it(self, rng: np.random.Generator) -> None:
        last = langevin(one_sided(), 0.0, 1.0, 0.5, 60, 4000, rng)[-1, :, 0]
        x, density = self.X, chain_density(one_sided(), 1.0, 0.5, self.X)
        for end in (-1.0, 0.5, 2.0):
            share = density @ (x <= end) * (x[1] - x[0])
            # Six standard deviations of a share of 4000, and a point of the grid.
            assert (last <= end).mean() == pytest.approx(share, abs=6 * np.sqrt(0.25 / 4000) + 0.03)

    @pytest.mark.parametrize(
        ("reach", "count", "message"),
        [
            (14, 50, r"^x must have a point every 0.22 or closer; got one every 0.57$"),
            (2, 561, r"^x must reach farther than from -2 to 2: there is density at the ends$"),
        ],
    )
    def test_points_that_lie_too_far_apart_or_end_too_soon_are_refused(
        self, reach: float, count: int, message: str
    ) -> None:
        with pytest.raises(ValueError, match=message):
            chain_density(log_cosh(), 1.0, 0.1, np.linspace(-reach, reach, count))
