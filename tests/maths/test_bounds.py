"""Every formula against mathematics of another make, met where it is said to be met.

That no function of its class exceeds a bound is sampled by gdfigs.claims, statement by statement.
"""

import inspect
import math
import re
from pathlib import Path as File
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from gdfigs.maths import bounds
from gdfigs.maths.flows import gradient_flow, heavy_ball_flow, langevin, natural_gradient_flow, nesterov_flow
from gdfigs.maths.methods import backward_euler, gradient_descent, heavy_ball, nesterov
from gdfigs.maths.problems import Problem, Quadratic, concave, ellipse, gaussian_fit, hill, huber, logistic, quadratic
from tests.strategies import fractions, log_uniform

ROUNDING = 1e-12
"""Some dozens of operations in double precision, relative to the numbers themselves."""
SOLVED = 1e-7
"""The flow's error: 100 times the solver's tolerance of 1e-10 on numbers up to 10."""

short_steps = st.floats(0.01, 1.99)
"""h = eta L over all steps that are guaranteed to descend."""
counts = st.integers(1, 30)
decade, kappas = log_uniform(0.1, 10), log_uniform(1, 1e3)


def parabola(curvature: float) -> Quadratic:
    return quadratic([[curvature]])


def close(value: Any, expected: Any, rel: float = ROUNDING, atol: float = 0.0) -> None:
    np.testing.assert_allclose(value, expected, rtol=rel, atol=atol)


FORMULAS = {name: f for name, f in inspect.getmembers(bounds, inspect.isfunction) if f.__module__ == bounds.__name__}
FORMULAS = {name: f for name, f in FORMULAS.items() if name[0] != "_"}
formulas = pytest.mark.parametrize("name", FORMULAS)


GOOD: dict[str, Any] = {"L": 2.0, "mu": 1e-3, "kappa": 2.0, "h": 1.0, "accuracy": 0.1, "chance": 0.1, "p": 0.3}
GOOD |= {"eta": 0.5, "start": (0.0, 1.0), "target": (1.0, 2.0), "best": False, "x": 1.0, "x0": 1.0, "z": 1.0, "t": 0.1}
INF, NONE = [np.inf, np.nan], [-1e-9, -1.0]
RANGES: dict[str, tuple[list[float], list[float]]] = {
    **dict.fromkeys(["L", "a", "b", "beta", "lam", "duration"], ([1e-3, 99], [0.0, *NONE, *INF])),
    **dict.fromkeys(["R", "T", "alpha", "drop", "eta", "g0", "gamma", "k", "rho", "t"], ([0.0, 5.0], [*NONE, *INF])),
    **dict.fromkeys(["wait", "hessian_gradient"], ([0.0, 5.0], [*NONE, *INF])),
    **dict.fromkeys(
        ["f", "gap", "gradient_norm", "slope", "step", "x", "x0", "y0", "z"], ([-2.0, 2.0], [-np.inf, *INF])
    ),
    "accuracy": ([1e-9, 0.999], [0.0, 1.0, np.nan]),
    "chance": ([1e-9, 0.999], [0.0, 1.0, np.nan]),
    "h": ([1e-3, 1.999], [0.0, 2.0, np.nan]),
    "kappa": ([1.0, np.inf], [0.999, np.nan]),
    "mu": ([0.0, 2.0], [-1e-9, 2.001, np.nan]),
    "n": ([1, 9], [0, np.nan, np.inf]),
    "p": ([0.0, 0.999], [-1e-9, 1.0, np.nan]),
}
"""Values that are taken and values that are refused, where L = 2."""
OWN: dict[tuple[str, str], tuple[list[float], list[float]]] = {
    **{(f, "k"): ([1], [0, 0.9]) for f in ("gd_convex_classical", "backward_euler_convex", "nesterov_convex")},
    **{(f, "k"): ([1], [0, 0.9]) for f in ("gd_mean_convex", "nesterov_exact", "nesterov_ahead")},
    **{(f, "h"): ([1e-3, 1], [0, 1.001]) for f in ("gd_gradient_nonconvex", "gd_gradient", "gd_gradient_gap")},
    **{(f, "h"): ([1e-3, 1], [0, 1.001]) for f in ("nesterov_exact", "nesterov_ahead")},
    **{(f, "gap"): ([0, 9], [-1e-9, np.inf]) for f in ("gd_gradient_nonconvex", "gd_gradient_gap")},
    **{(f, "mu"): ([1e-3, 2], [0, 2.001]) for f in ("euler_strongly_convex", "euler_uniform")},
    ("euler_strongly_convex", "eta"): ([0, 0.999], [-1, 1]),  # at most 2 / (L + mu), as below
    ("euler_strongly_convex", "L"): ([1e-3, 3.999], [0, 4, np.inf]),
    **{(f, "t"): ([1e-3], [0, -1]) for f in ("flow_convex_classical", "flow_convex", "nesterov_flow_bound")},
    **{(f, "eta"): ([1e-3], [0, -1]) for f in ("backward_euler_convex", "nesterov_convex", "descent_exponent")},
    **{(f, "mu"): ([0, 9], [-1, np.inf]) for f in ("flow_strongly_convex", "backward_euler_strongly_convex")},
    **{(f, "mu"): ([0, 9], [-1, np.inf]) for f in ("critical_damping", "damping_exponent")},
    **{(f, "beta"): ([0, 0.9], [-1e-9, np.inf]) for f in ("heavy_ball_factor", "heavy_ball_step")},
    **{(f, "x0"): ([-3.0, 0.1], [0, np.inf]) for f in ("bursting_time", "orbit")},
    ("worst_nesterov_slope", "t"): ([1e-3], [0, -1]),
    ("bursting_flow", "t"): ([0, 0.499], [0.5, -1]),
    ("quadratic_upper", "L"): ([-1, 0], [np.inf]),
    ("flow_time", "mu"): ([1e-3, 9], [0, np.inf]),
    ("flow_displacement", "drop"): ([0, np.inf], [-1e-9, np.nan]),
    ("worst_huber_slope", "h"): ([1e-3, 1e9], [0, np.inf]),
    ("crossing", "kappa"): ([1, 9], [0.999, np.inf]),
    ("hill_clock", "x"): ([1e-3], [0, -1]),
    ("backward_factor", "z"): ([-3, 0], [-1, np.inf]),
    ("adams_moulton_factor", "z"): ([0, 9], [-1e-9, np.inf]),
}
"""Those of one formula, in place of those of the name."""


class TestEveryFormula:
    @formulas
    def test_it_takes_its_range_without_a_warning_and_refuses_the_rest(self, name: str) -> None:
        formula = FORMULAS[name]
        good = {of: GOOD.get(of, 1.0) for of in inspect.signature(formula).parameters}
        for of in good.keys() - {"best", "start", "target"}:
            taken, refused = OWN.get((name, of), RANGES[of])
            for value in taken:
                assert not np.isnan(formula(**good | {of: value})).any(), (of, value)
            for value in refused:
                with pytest.raises(ValueError, match="must lie in"):
                    formula(**good | {of: value})

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda: bounds.gd_convex(3, 1, 1, h=2), r"^h must lie in \(0, 2\); got 2: reduce it$"),
            (lambda: bounds.largest_step(0), r"^L must lie in \(0, inf\); got 0: increase it$"),
            (lambda: bounds.gd_convex_classical([3, 0, -1], 1, 1), r"^k must lie in \[1, inf\); got 0: increase it$"),
            (lambda: bounds.best_step(np.array([4, 2]), 3), r"^mu must lie in \[0, L\] = \[0, 2\]; got 3: reduce it$"),
            (lambda: bounds.crossing(np.nan), r"^kappa must lie in \[1, inf\); got nan: pass a number$"),
            (
                lambda: bounds.euler_strongly_convex(1, 1.0, 2, 1, 1),
                r"^eta \(L \+ mu\) must lie in \[0, 2\]; got 3: reduce it$",
            ),
            (lambda: bounds.bursting_flow([0, 1], 2.0), r"^2 x0\^2 t must lie in \[0, 1\); got 8: reduce it$"),
            (lambda: bounds.gaussian_natural_flow(1, (0, 0), (0, 1)), r"^a standard deviation must lie in \(0, inf\)"),
            (lambda: bounds.gaussian_natural_flow(1, (0, 1), (0, -1)), "; got -1: increase it$"),
        ],
    )
    def test_a_refusal_names_quantity_range_value_and_remedy(self, call: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            call()

    DOCS = File(__file__).parents[2] / "docs"
    LINK = re.compile(r"Page: \[(.+)\]\(\.\./([\w-]+\.md)#([\w-]+)\)(?:, with proof)?\.$")

    @formulas
    def test_it_names_a_box_or_heading_of_the_page_under_which_it_stands(self, name: str) -> None:
        link = self.LINK.search(inspect.getdoc(FORMULAS[name]) or "")
        assert link
        title, page, anchor = link.groups()
        text = (self.DOCS / page).read_text(encoding="utf-8")
        box = rf"/// \w+ \| {re.escape(title)}\n    attrs: {{id: {anchor}[,}}].*$"
        assert re.search(rf"^({box}|##+ {re.escape(title)} {{ #{anchor} }}$)", text, re.MULTILINE)
        above, _ = inspect.getsource(bounds).split(f"\ndef {name}(")
        assert f"\n# {re.findall('^# Page .(.+).$', above, re.MULTILINE)[-1]}\n" in text

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (bounds.descent_guarantee([0.25, 0.5, 0.75], 2.0, 3.0), [27 / 16, 9 / 4, 27 / 16]),
            (bounds.descent_guarantee(1.0, 4.0), -1),
            (bounds.largest_step(4.0), 1 / 2),
            (bounds.gd_convex_classical(3, 2.0, 5.0), 50 / 6),
            (bounds.gd_convex(3, 2.0, 5.0), 50 / 14),
            (bounds.worst_huber_slope(3, 2.0, 5.0), 10 / 7),
            (bounds.gd_gradient_nonconvex([0, 1, 4], 2.0, 3.0), [12, 24 / 5, 12 / 7]),
            (bounds.gd_gradient_nonconvex(4, 2.0, 3.0, 0.5), 8 / 3),
            (bounds.gd_mean_convex([1, 3], 2.0, 5.0), [25 / 3, 5]),
            (bounds.gd_gradient([0, 4], 2.0, 3.0, 0.5), [6, 2]),
            (bounds.gd_gradient_gap([0, 4], 2.0, 3.0, 0.5), [12, 12 / 5]),
            (bounds.contraction([0.0, 0.2, 0.5], 6.0, 2.0), [1, 0.6, 2]),
            (bounds.best_step(6.0, 2.0), 1 / 4),
            (bounds.gd_strongly_convex_classical(3, 4.0), 27 / 64),
            (bounds.gd_strongly_convex_classical(3, np.inf), 1),
            (bounds.gd_steps(1e-6, [0.0, 0.1, 1.0, 1.5]), [0, 3, np.inf, np.inf]),
            (bounds.gd_steps_estimate(1e-6, 4.0), 2 * np.log(1e6)),
            (bounds.gd_steps_estimate(1e-6, 4.0, best=True), np.log(1e6)),
            (bounds.flow_displacement(4.0, 9.0), 6),
            (bounds.flow_convex_classical(3.0, 3.0), 3 / 2),
            (bounds.flow_gradient(0.5, 1 - np.exp(-2), 2.0), 4),  # -x^2 from e^{-1} to 1
            (bounds.flow_convex(3.0, 2.0), 1 / 3),
            (bounds.waiting_flow([1.0, 2.5, 4.0], 2.5), [0, 0, 1]),
            (bounds.waiting_flow(1.5), 1),
            (bounds.bursting_flow([0.0, 0.375], -1.0), [-1, -2]),
            (bounds.bursting_time([-2.0, 0.5]), [1 / 8, 2]),
            (
                bounds.euler_strongly_convex([0, 1, 2], 0.5, 2.0, 1.0, 3.0),
                6 * np.array([0, np.exp(-0.5) - 1 / 2, np.exp(-1) - 1 / 4]),
            ),
            (bounds.euler_uniform(0.5, 2.0, 1.0, 3.0), 3 / np.e),
            (bounds.backward_euler_smooth([0, 3], 0.5, 3.0, 2.0), [9, 9 / 7]),
            (bounds.crossing(), 1.2784645427610738),
            (bounds.adams_moulton_factor([0.0, 6.0]), [1, 1]),
            (bounds.descent_exponent(0.5, 2.0, 2.0), np.inf),
            (bounds.critical_damping(9.0), 6),
            (bounds.heavy_ball_step(0.5, 4.0, 2.0), 1 / 2),
            (
                bounds.heavy_ball_factor([0.1, 1.0], 0.25, 4.0, 1.0),
                np.array([1.15 + 0.3225**0.5, 2.75 + 6.5625**0.5]) / 2,
            ),
            (bounds.nesterov_convex(3, 0.5, 3.0), 9 / 4),
            (bounds.nesterov_exact([1, 2], 2.0, 3.0), [3, 9 / 5]),
            (bounds.nesterov_exact(2, 2.0, 3.0, 0.5), 36 / 12),
            (bounds.nesterov_ahead([1, 2], 2.0, 3.0), [3, 36 / 22]),
            (bounds.nesterov_ahead(2, 2.0, 3.0, 0.5), 36 / 13),
            (bounds.nesterov_flow_bound(2.0, 3.0), 9 / 2),
            (bounds.worst_nesterov_slope(2.0, 3.0), 3),
            (bounds.newton_flow_factor([0.0, 2.0]), [1, np.exp(-2)]),
            (bounds.langevin_variance(2.0, [1.0, 2.0, 3.0], 1.0), [1, np.inf, np.inf]),
            (bounds.langevin_variance(2.0, [0.5, 2.0], 0.6), [0.5 / (0.5 * 0.85), 0.5 / (2 * 0.4)]),
            (bounds.langevin_variance(2.0, 4.0), 1 / 8),
            (bounds.euler_maruyama_decay([0, 1, 5], 1.0, 1.0, 2.0)[1], [0, 4, 20]),
            (bounds.gibbs_weight([0.0, 0.5, 1.0], 2.0), np.exp([0, -1, -2])),
            (bounds.binomial_band(4000, [0.0, 1e-300, 1e-17, 1e-5], 0.01), [[0] * 4, [0, 0, 0, 1]]),
            (bounds.chi_squared_band(2, 0.1), (-2 * np.log(0.95), -2 * np.log(0.05))),  # two squares are exponential
        ],
    )
    def test_its_values_are_those_worked_out_by_hand(self, value: Any, expected: Any) -> None:
        close(value, expected)


class TestDescent:
    def test_a_parabola_is_its_own_upper_parabola(self) -> None:
        x, y = np.array([3.0]), np.array([[-2.0], [0.0], [7.0]])
        f = quadratic([[3.0]], [1.0])
        close(bounds.quadratic_upper(f.f(x), f.grad(x), y[:, 0] - 3, 3.0), f.f(y))

    @given(counts, short_steps, decade, decade)
    def test_the_exact_convex_rate_is_attained(self, k: int, h: float, L: float, R: float) -> None:
        worst = max(
            gradient_descent(problem, R, h / L, k).gap[-1]
            for problem in (huber(bounds.worst_huber_slope(k, L, R, h), L), parabola(L))
        )
        close(bounds.gd_convex(k, L, R, h), worst, rel=ROUNDING * k)

    @given(counts, st.floats(0.01, 1), decade, decade)
    def test_one_huber_function_meets_both_rates_of_the_gradient(self, k: int, h: float, L: float, R: float) -> None:
        path = gradient_descent(huber(L * R / (k * h + 1), L), R, h / L, k)
        close(bounds.gd_gradient(k, L, R, h), path.gradient_norm[-1], rel=ROUNDING * k)
        close(bounds.gd_gradient_gap(k, L, path.gap[0], h), path.gradient_norm[-1] ** 2, rel=ROUNDING * k)

    @given(counts, decade, decade)
    def test_the_worst_mean_of_the_gaps_is_met_and_lies_between_the_others(self, k: int, L: float, R: float) -> None:
        gaps = gradient_descent(huber(L * R / (k + 2), L), R, 1 / L, k).gap[1:]
        close(bounds.gd_mean_convex(k, L, R), gaps.mean(), rel=ROUNDING * k)
        assert bounds.gd_convex(k, L, R) <= bounds.gd_mean_convex(k, L, R) * (1 + ROUNDING)
        assert bounds.gd_mean_convex(k, L, R) < bounds.gd_convex_classical(k, L, R)

    @given(kappas, decade, fractions, counts)
    def test_a_parabola_meets_the_worst_ratio(self, kappa: float, L: float, fraction: float, k: int) -> None:
        mu, eta = L / kappa, fraction * 2 / L
        paths = [gradient_descent(parabola(curvature), 1.0, eta, k) for curvature in (mu, L)]
        bound = bounds.gd_strongly_convex(k, eta, L, mu)
        for ratio in (lambda p: p.gap, lambda p: p.distance**2, lambda p: p.gradient_norm**2):
            worst = max(ratio(path)[-1] / ratio(path)[0] for path in paths)
            # The factor 1 - eta L is rounded absolutely; where it is nearly 0 so is what it multiplies.
            close(worst, bound, rel=ROUNDING * k, atol=1e-15)
        # The classical factor is the root of the exact one at 1/L, and so never met.
        usual = bounds.gd_strongly_convex_classical(k, kappa)
        close(bounds.gd_strongly_convex(k, 1 / L, L, mu), usual**2, rel=ROUNDING * k, atol=ROUNDING)

    @given(log_uniform(1, 1e4), decade)
    def test_the_best_step_makes_the_factor_least(self, kappa: float, L: float) -> None:
        mu = L / kappa
        best = bounds.contraction(bounds.best_step(L, mu), L, mu)
        assert (bounds.contraction(np.linspace(0, 2 / L, 1001), L, mu) >= best - ROUNDING).all()
        close(best, (kappa - 1) / (kappa + 1), atol=ROUNDING)

    @pytest.mark.parametrize("kappa", [1.5, 10.0, 300.0])
    @pytest.mark.parametrize("best", [False, True])
    @pytest.mark.parametrize("accuracy", [1e-2, 1e-6])
    def test_so_many_steps_reach_the_accuracy_and_no_fewer(self, kappa: float, best: bool, accuracy: float) -> None:
        eta = bounds.best_step(1.0, 1 / kappa) if best else 1.0
        steps = float(bounds.gd_steps(accuracy, bounds.contraction(eta, 1.0, 1 / kappa)))
        gap = gradient_descent(parabola(1 / kappa), 1.0, eta, int(steps) + 2).gap
        # Where mu is the slower curvature; at the best step both are equally slow.
        assert np.argmax(gap / gap[0] <= accuracy) == np.ceil(steps)
        # -log(1 - x) = x + x^2/2 + ... with x = 1/kappa, or 2/kappa for both together
        assert 1 <= bounds.gd_steps_estimate(accuracy, kappa, best) / steps <= 1 + 1 / kappa


class TestFlow:
    @pytest.mark.parametrize(("t", "R", "L"), [(1.0, 1.0, 1.0), (5.0, 2.0, 3.0), (0.3, 0.7, 10.0)])
    def test_the_rate_of_smooth_functions_is_attained(self, t: float, R: float, L: float) -> None:
        path = gradient_flow(huber(L * R / (2 * L * t + 1), L), R, [t])
        close(path.gap[0], bounds.flow_convex_smooth(t, R, L), rel=SOLVED)

    @pytest.mark.parametrize(("t", "R"), [(1.0, 1.0), (5.0, 2.0)])
    def test_the_rates_of_all_convex_functions_are_approached(self, t: float, R: float) -> None:
        # On the straight part of the Huber function of slope c the gap is c R / 2 - c^2 / 2L: c = R / 2t for the flow,
        # for Nesterov's 4 R / t^2.
        L, slope = np.array([1e4, 1e5, 1e6]), bounds.worst_nesterov_slope(t, R)
        short = [
            1 - gradient_flow(huber(R / (2 * t), each), R, [t]).gap[0] / bounds.flow_convex(t, R) for each in L / 100
        ]
        close(short, 50 / (t * L), rel=1e-3)  # of the shortfall itself
        short = [1 - nesterov_flow(huber(slope, each), R, [t]).gap[0] / bounds.nesterov_flow_bound(t, R) for each in L]
        close(short, 4 / (t**2 * L), rel=1e-4)

    @given(decade, log_uniform(1e-9, 0.5))
    def test_a_parabola_meets_it_and_takes_the_stated_time(self, mu: float, accuracy: float) -> None:
        t = float(bounds.flow_time(accuracy, mu))
        path = gradient_flow(parabola(mu), 2.0, [0.0, t])
        for values in (path.gap, path.distance**2):
            close(values[1] / values[0], bounds.flow_strongly_convex(t, mu))
            close(values[1] / values[0], accuracy, rel=20 * ROUNDING)  # an exponent of up to 20

    @pytest.mark.parametrize(
        ("flow", "x0", "end", "clock"),
        [
            *((lambda t, w: bounds.waiting_flow(t + w, w), w, 3.0, lambda x, _: 1.5 * x ** (2 / 3)) for w in (0, 0.7)),
            *((bounds.bursting_flow, x0, 0.49 / x0**2, lambda x, x0: (x0**-2 - x**-2) / 2) for x0 in (-2.0, 0.3, 5.0)),
            *((bounds.exponential_flow, x0, 9.0, lambda x, x0: np.exp(x) - np.exp(x0)) for x0 in (-1.0, 0.0, 2.0)),
        ],
    )
    def test_a_flow_in_closed_form_runs_with_the_time(self, flow: Any, x0: float, end: float, clock: Any) -> None:
        t = np.linspace(0, end, 12)
        # By separation of the variables: the integral of dx / x' from the start.
        close(clock(flow(t, x0), x0), t, atol=ROUNDING * end)

    @pytest.mark.parametrize("x0", [0.2, 1.0, 3.0])
    def test_the_clock_of_the_hill_runs_with_the_time(self, x0: float) -> None:
        t = np.array([0.0, 0.3, 5.0, 1e3])
        clock = bounds.hill_clock(gradient_flow(hill(), x0, t).x[:, 0])
        close(clock - clock[0], t, rel=SOLVED, atol=SOLVED)
        # 8 times the clock is x^4 (1 + 4/x^2 + ...).
        x = np.array([1e3, 1e6])
        close(bounds.hill_escape(bounds.hill_clock(x)) / x - 1, 1 / x**2, rel=1e-3, atol=1e-14)

    @pytest.mark.parametrize(("a", "b"), [(1.0, 3.0), (2.0, 0.5), (0.3, 5.0)])
    @pytest.mark.parametrize("start", [(1.0, 2.0), (-3.0, 0.5), (2.0, -1.0)])
    def test_an_orbit_is_where_the_flow_of_an_ellipse_goes(
        self, a: float, b: float, start: tuple[float, float]
    ) -> None:
        x, y = gradient_flow(ellipse(a, b), start, np.linspace(0, 2, 9)).x.T
        close(bounds.orbit(x, *start, a, b), y, rel=1e-10)  # (x / x0)^{b/a}, b/a = 17, of e^{-2}


class TestFromFlowToDescent:
    @pytest.mark.parametrize(
        ("problem", "theta0"),
        [(quadratic([[3.0, 1.0], [1.0, 2.0]], [1, 1]), [2.0, -1.0]), (logistic(2), [1.0, -3.0]), (hill(), [0.7])],
        ids=lambda case: getattr(case, "name", ""),
    )
    def test_one_step_errs_by_the_leading_term(self, problem: Problem, theta0: list[float]) -> None:
        start = np.array(theta0)
        leading = float(np.linalg.norm(problem.hess(start) @ problem.grad(start)))
        off = []
        for eta in (0.02 / problem.L, 0.01 / problem.L):
            step = gradient_descent(problem, start, eta, 1).x[1]
            error = np.linalg.norm(step - gradient_flow(problem, start, [eta]).x[0])
            off.append(error / bounds.euler_local(eta, leading) - 1)
        # The next term of the expansion is of order eta^3: relatively, it halves with eta.
        assert abs(off[0]) < 0.05
        close(off[0] / off[1], 2, rel=0.05)

    @pytest.mark.parametrize(
        ("problem", "bound", "L", "T", "x0"),
        [
            (concave(), bounds.euler_global, 1.0, 0.5, 2.0),  # apart by e^{LT} LT eta x0 / 2 (1 + O(eta))
            (concave(), bounds.euler_global, 1.0, 3.0, 1.0),
            (parabola(3.0), bounds.euler_global_convex, 3.0, 0.003, 2.0),  # by e^{-LT} L^2 T eta x0 / 2 (1 + O(eta))
        ],
    )
    def test_they_are_approached(self, problem: Problem, bound: Any, L: float, T: float, x0: float) -> None:
        ratios = []
        for K in (1000, 2000):
            apart = gradient_flow(problem, x0, [T]).x - gradient_descent(problem, x0, T / K, K).x[-1]
            ratios.append(np.abs(apart).item() / float(bound(T / K, L, T, L * x0)))
        assert 0.98 < min(ratios) <= max(ratios) < 1

    @given(st.floats(0.01, 1), decade, st.integers(1, 60))
    def test_at_all_times_a_parabola_meets_the_bound(self, z: float, curvature: float, k: int) -> None:
        path = gradient_descent(parabola(curvature), 1.0, z / curvature, k)
        apart = gradient_flow(parabola(curvature), 1.0, [path.t[-1]]).x[0, 0] - path.x[-1, 0]
        bound = bounds.euler_strongly_convex(k, z / curvature, curvature, curvature, curvature)
        close(bound, apart, atol=1e-14)  # a difference of numbers of size 1
        assert 0 <= bound <= bounds.euler_uniform(z / curvature, curvature, curvature, curvature) + ROUNDING

    def test_the_bound_for_all_times_is_met_in_one_step(self) -> None:
        close(bounds.euler_strongly_convex(1, 0.5, 2.0, 2.0, 3.0), bounds.euler_uniform(0.5, 2.0, 2.0, 3.0))

    @given(counts, decade, decade, decade)
    def test_backward_euler_on_smooth_functions_has_the_bound_of_the_flow(
        self, k: int, eta: float, R: float, L: float
    ) -> None:
        bound = bounds.backward_euler_smooth(k, eta, R, L)
        close(bound, bounds.flow_convex_smooth(k * eta, R, L))
        worst = huber(L * R / (2 * L * eta * k + 1), L)
        close(bound, backward_euler(worst, R, eta, k).gap[-1], rel=1e-11)  # Newton's method at each step

    @given(st.floats(0.01, 4), decade)
    def test_the_factors_are_those_of_one_step(self, z: float, curvature: float) -> None:
        mode, eta = parabola(curvature), z / curvature
        for path, factor in (
            (gradient_descent(mode, 1.0, eta, 1, diverge=True), bounds.forward_factor(z)),
            (backward_euler(mode, 1.0, eta, 1), bounds.backward_factor(z)),
            (gradient_flow(mode, 1.0, [0.0, eta]), bounds.flow_factor(z)),
        ):
            close(path.x[1, 0], factor, atol=ROUNDING)

    @given(st.integers(1, 12), decade, decade)
    def test_they_are_attained_by_a_parabola_and_in_the_limit_of_a_kink(self, k: int, eta: float, R: float) -> None:
        # On the straight part of the Huber function of slope c = R / (2 eta k) each step moves by eta c,
        # to R / 2 in the end: the gap is c R / 2 - c^2 / 2L, and c R / 2 is the bound.
        c, L = R / (2 * eta * k), 1e6 / eta
        gap = backward_euler(huber(c, L), R, eta, k).gap[-1]
        close(gap + c**2 / (2 * L), bounds.backward_euler_convex(k, eta, R), rel=1e-11)
        assert c**2 / (2 * L) < 1e-6 * gap
        path = backward_euler(parabola(R), 3.0, eta, k)
        for values in (path.distance**2, path.gap, path.gradient_norm**2):
            close(values[-1] / values[0], bounds.backward_euler_strongly_convex(k, eta, R), rel=ROUNDING * k)

    @given(log_uniform(1e-3, 1e3))
    def test_adams_and_moulton_multiply_by_the_larger_root(self, z: float) -> None:
        # x_{n+1} = x_n - z (5 x_{n+1} + 8 x_n - x_{n-1}) / 12
        roots = np.roots([1 + 5 * z / 12, -(1 - 8 * z / 12), -z / 12])
        close(bounds.adams_moulton_factor(z), np.abs(roots).max())


class TestComparison:
    @given(log_uniform(1, 1e4))
    def test_descent_shrinks_faster_than_the_flow_up_to_the_crossing(self, kappa: float) -> None:
        z = bounds.crossing(kappa)
        close(kappa * z - 1, np.exp(-z))
        assert 2 / (1 + kappa) <= z < 2 / kappa
        grid = np.linspace(0, 2 / kappa, 501)[1:]
        clear = np.abs(grid / z - 1) > 1e-9  # a point of the grid may fall on the crossing
        faster = bounds.contraction(grid, kappa, 1.0) < bounds.flow_factor(grid)
        np.testing.assert_array_equal(faster[clear], (grid < z)[clear])

    @given(kappas, fractions)
    def test_the_exponent_is_that_of_the_slower_parabola(self, kappa: float, fraction: float) -> None:
        eta, mu = fraction * 2, 1 / kappa
        exponent = bounds.descent_exponent(eta, 1.0, mu)
        slower = max(gradient_descent(parabola(c), 1.0, eta, 4).distance[-1] for c in (mu, 1.0))
        if slower > 1e-8:  # else eta is within 1 % of 1/L = 1/mu, where the factor is mostly rounding
            close(exponent, -np.log(slower) / (4 * eta), rel=1e-9)
        assert exponent > mu or eta > bounds.best_step(1.0, mu)

    @pytest.mark.parametrize("eta", [1e-3, 1e-6, 1e-9])
    def test_both_agree_as_the_step_vanishes_and_there_is_no_factor_of_two(self, eta: float) -> None:
        # -log(1 - eta mu) / eta = mu (1 + eta mu / 2 + (eta mu)^2 / 3 + ...)
        close(bounds.descent_exponent(eta, 2.0, 0.5), 0.5 * (1 + eta / 4), rel=eta**2 + 1e-15)
        squared = bounds.gd_strongly_convex(round(3 / eta), eta, 2.0, 0.5)
        close(squared, bounds.flow_strongly_convex(3.0, 0.5), rel=2 * eta + 1e-6)  # 3 / eta roundings of 1e-16


def multipliers(alpha: float, beta: float, curvature: float) -> Any:
    """The factors by which heavy ball multiplies the two modes of a parabola."""
    return np.linalg.eigvals(np.array([[1 + beta - alpha * curvature, -beta], [1, 0]]))


class TestHeavyBall:
    @given(log_uniform(1e-2, 1e2), log_uniform(1e-2, 1e2))
    def test_it_decays_by_the_slower_mode_and_best_with_the_critical_damping(self, mu: float, ratio: float) -> None:
        critical = bounds.critical_damping(mu)
        exponent = bounds.damping_exponent(ratio * critical, mu)
        # Near a double root a rounding of 1e-16 is as its square root; far from it digits cancel.
        close(exponent, -np.roots([1, ratio * critical, mu]).real.max(), atol=1e-7 * critical)
        assert exponent <= bounds.damping_exponent(critical, mu) * (1 + ROUNDING)
        close(bounds.damping_exponent(critical, mu), np.sqrt(mu))
        late = heavy_ball_flow(parabola(mu), 1.0, critical, [30 / np.sqrt(mu)]).x[0, 0]
        close(late, 31 * np.exp(-30), rel=1e-9)  # (1 + s) e^{-s}, the terms of which are rounded at s

    @given(log_uniform(1.01, 1e4), decade)
    def test_the_tuned_parameters_give_every_mode_the_same_modulus(self, kappa: float, L: float) -> None:
        mu = L / kappa
        (alpha, beta), rate = bounds.heavy_ball_parameters(L, mu), bounds.heavy_ball_rate(L, mu)
        close(rate, (np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1), rel=1e-10)  # 1 - 1/kappa is rounded
        close(beta, rate**2)
        for curvature in np.linspace(mu, L, 7)[1:-1]:
            close(np.abs(multipliers(alpha, beta, curvature)), rate)
        # At the ends the roots are double: there a rounding of 1e-16 splits them by its square root.
        close([1 + beta - alpha * mu, 1 + beta - alpha * L], [2 * rate, -2 * rate], rel=1e-10)
        # Faster than descent at its best, which is the same without momentum.
        step = bounds.best_step(L, mu)
        assert rate < bounds.contraction(step, L, mu)
        close(bounds.heavy_ball_factor(step, 0.0, L, mu), bounds.contraction(step, L, mu))
        close(bounds.heavy_ball_step([0.0, beta], L, mu), [step, alpha])
        # The tuned momentum is the critical damping of the flattest mode in time steps of sqrt(alpha), up to mu alpha.
        close(beta, 1 - bounds.critical_damping(mu) * np.sqrt(alpha) + mu * alpha, atol=ROUNDING)

    @given(log_uniform(1.01, 1e4), st.floats(0, 0.99), st.floats(-0.9, 3))
    def test_the_factor_is_the_largest_modulus_and_least_at_its_step(
        self, kappa: float, beta: float, more: float
    ) -> None:
        mu = 1 / kappa
        step = float(bounds.heavy_ball_step(beta, 1.0, mu))
        for alpha in (step, (1 + more) * step):
            factor = float(bounds.heavy_ball_factor(alpha, beta, 1.0, mu))
            radius = max(np.abs(multipliers(alpha, beta, curvature)).max() for curvature in (mu, 1.0))
            close(factor, radius, rel=1e-7)  # a double root is split by the root of a rounding
            assert factor >= bounds.heavy_ball_factor(step, beta, 1.0, mu) - ROUNDING
            assert factor >= max(np.sqrt(beta), bounds.heavy_ball_rate(1.0, mu) - ROUNDING)

    @pytest.mark.parametrize("kappa", [2.0, 25.0, 400.0])
    def test_the_steepest_parabola_meets_it(self, kappa: float) -> None:
        k = np.arange(40)
        met = heavy_ball(parabola(kappa), 1.0, *bounds.heavy_ball_parameters(kappa, 1.0), 39).x[:, 0]
        close(met, (-1.0) ** k * bounds.heavy_ball_quadratic(k, kappa, 1.0), rel=1e-9)  # a rounding of 1e-15 k^2


class TestNesterov:
    @pytest.mark.parametrize(("k", "eta"), [(10, 1.0), (100, 0.1), (2000, 1.0)])
    def test_it_is_approached_by_huber_functions_for_many_steps(self, k: int, eta: float) -> None:
        # Where the slope is c, z_k = R - c eta k (k + 3) / 4 and theta_k = R - c eta (k^2 + 5k + 2) / 8.
        polynomial = k**2 + 5 * k + 2
        c = bounds.worst_nesterov_slope(np.sqrt(eta * polynomial), 1.0)
        path = nesterov(huber(c, 1.0), 1.0, eta, k)
        close(path.x[-1, 0], 0.5, rel=1e-9)  # of up to 2000 steps
        ratio = path.gap[-1] / bounds.nesterov_convex(k, eta, 1.0)
        close(ratio, (k + 1) ** 2 / polynomial * (1 - c), rel=1e-9)
        assert ratio > 1 - 4 / k - c


gaussians = st.tuples(st.floats(-2, 2), log_uniform(0.5, 2))
"""Means and standard deviations."""


class TestNaturalGradient:
    @given(gaussians, gaussians)
    @settings(max_examples=15)
    def test_a_gaussian_fit_follows_it(self, start: tuple[float, float], target: tuple[float, float]) -> None:
        fit, t = gaussian_fit(0, *target), np.linspace(0, 3, 5)
        path = natural_gradient_flow(fit, fit.fisher, fit.coordinates(*start), t)
        exact = bounds.gaussian_natural_flow(t, start, target)
        close(fit.distribution(path.x), exact, rel=1e-8, atol=1e-8)  # the solver's 1e-12, stretched


class TestNoise:
    @given(decade, decade, st.floats(0.01, 1.99))
    def test_the_stationary_variance_is_what_a_step_leaves(self, beta: float, lam: float, z: float) -> None:
        eta = z / lam
        v = bounds.langevin_variance(beta, lam, eta)
        close((1 - z) ** 2 * v + 2 * eta / beta, v)
        assert v > bounds.langevin_variance(beta, lam)

    def test_chains_settle_at_it(self, rng: np.random.Generator) -> None:
        lam = np.array([0.5, 2.0])
        theta = langevin(quadratic(np.diag(lam)), [1.0, -3.0], 2.0, 0.6, 60, 20_000, rng)
        # 0.7^60 and 0.2^60 are left of the start; six standard deviations of the variance of 20000 chains.
        close(theta[-1].var(axis=0), bounds.langevin_variance(2.0, lam, 0.6), rel=6 * np.sqrt(2 / 20_000))

    @given(decade, decade, log_uniform(0.01, 10))
    def test_the_process_goes_on_from_where_it_is(self, beta: float, lam: float, t: float) -> None:
        (half, variance), whole = bounds.langevin_decay(t / 2, beta, lam), bounds.langevin_decay(t, beta, lam)
        close([half**2, half**2 * variance + variance], whole)
        # At first the variance grows by 2/beta, the strength of the noise; in the end it is the stationary one.
        close(bounds.langevin_decay(1e-9 / lam, beta, lam)[1], 2e-9 / (lam * beta), rel=1e-8)
        close(bounds.langevin_decay(40 / lam, beta, lam), [0, 1 / (beta * lam)], atol=1e-15)

    @given(decade, decade, st.floats(0.01, 2.5))
    def test_euler_and_maruyama_obey_their_recursion(self, beta: float, lam: float, z: float) -> None:
        left, variance = bounds.euler_maruyama_decay(np.arange(6), beta, lam, z / lam)
        close(left, (1 - z) ** np.arange(6))
        assert variance[0] == 0
        # 1 - q loses the digits of q = (1 - z)^2 near 1: 1e-16 / 0.02 at z = 0.01, more at z = 2.
        close(variance[1:], (1 - z) ** 2 * variance[:-1] + 2 * z / lam / beta, rel=1e-7)

    @given(st.integers(1, 300), st.floats(0, 0.999), st.sampled_from([0.5, 0.05, 1e-4]))
    def test_a_binomial_count_leaves_its_band_with_the_chance(self, n: int, p: float, chance: float) -> None:
        low, high = (int(k) for k in bounds.binomial_band(n, p, chance))
        mass, slack = [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)], 1e-12  # of rounded sums
        below, above = (lambda k: math.fsum(mass[:k])), (lambda k: math.fsum(mass[k + 1 :]))
        assert max(below(low), above(high)) <= chance / 2 + slack
        # And the band is no wider than it must be.
        assert below(low + 1) >= chance / 2 - slack
        assert high == 0 or above(high - 1) >= chance / 2 - slack

    @given(st.integers(1, 5000), st.sampled_from([0.5, 0.05, 1e-4, 1e-8]))
    def test_a_chi_squared_sum_leaves_its_band_with_the_chance(self, n: int, chance: float) -> None:
        low, high = bounds.chi_squared_band(n, chance)
        close([chi2.cdf(low, n), chi2.sf(high, n)], chance / 2, rel=1e-6)
