"""The figures of "From flow to descent" show what the page says."""

import numpy as np
import pytest
from matplotlib.path import Path

from gdfigs.maths import bounds
from gdfigs.maths.problems import Array
from tests.shown import ROUNDING, Shown, close, same, xy


class TestEulerError:
    figure = "euler-error"

    def test_slopes_are_two_for_one_step_and_one_at_a_fixed_time(self, s: Shown) -> None:
        for gid, order in (("local", 2), ("global", 1)):
            slope = np.polyfit(np.log(s[gid].x), np.log(s[gid].y), 1)[0]
            # Steps up to 1/L carry the next term of the expansion: a third of the error there, 1e-3 at the other end.
            assert slope == pytest.approx(order, abs=0.1)
            s.has(**{f"{gid}_slope": slope, f"{gid}_at_half_step": s[gid].y[-1] / s[gid].y[-2]})

    def test_errors_are_those_of_the_modes_in_closed_form(self, s: Shown) -> None:
        modes = np.array([1 / s.kappa, 1.0])
        for gid, steps in (("local", np.ones(10)), ("global", s.T / s["global"].x)):
            eta, k = s[gid].x[:, None], np.round(steps)[:, None]
            expected = np.linalg.norm((1 - eta * modes) ** k - np.exp(-eta * modes * k), axis=1)
            # Both terms are of size 1 and carry rounding from up to 1024 steps; the error is as small as 1e-8.
            close(s[gid].y, expected, 1e-9, 1e-13)

    def test_every_step_is_a_whole_part_of_the_time_and_at_most_one_over_L(self, s: Shown) -> None:
        eta = s["global"].x
        close(s.T / eta, np.round(s.T / eta))
        assert eta.max() <= 1
        assert eta.max() / eta.min() > 100  # two decades, or a slope means little
        assert eta[-2] == 2 * eta[-1]
        assert s.axes[0].get_xlim() == pytest.approx((0.8 * eta.min(), 1.25 * eta.max()), rel=ROUNDING)

    def test_global_error_stays_below_the_convex_bound_at_every_step(self, s: Shown) -> None:
        measured, bound = s["global"], s["global-bound"]
        same(measured.x, bound.x)
        # (eta/2) L T |grad f| at (1, 1), where L = 1.
        close(bound.y, bound.x / 2 * s.T * np.hypot(1, 1 / s.kappa))
        close(bound.y, bounds.euler_global_convex(bound.x, 1.0, s.T, float(np.linalg.norm([1 / s.kappa, 1.0]))), 0)
        assert (measured.y < bound.y).all()
        s.has(bound_over_global=bound.y[-1] / measured.y[-1])

    def test_error_of_one_step_tends_to_its_leading_term(self, s: Shown) -> None:
        eta, leading = s["local-leading"].x, s["local-leading"].y
        # (eta^2 / 2) |A^2 (1, 1)| with A = diag(1/kappa, 1).
        close(leading, eta**2 / 2 * np.hypot(1, s.kappa**-2))
        ratio = s["local"].y / leading
        # e^{-z} - 1 + z = z^2/2 - z^3/6 + ..., so for z <= eta the ratio lies in [1 - eta/3, 1];
        # the error, at least 1e-9, carries rounding of 1e-16.
        assert (ratio <= 1 + 1e-6).all()
        assert (ratio >= 1 - eta / 3 - 1e-6).all()
        assert ratio[-1] == pytest.approx(1, abs=1e-3)
        s.has(0, local_over_leading=ratio[-1])


class TestErrorInTime:
    figure = "error-in-time"

    def modes(self, s: Shown, k: Array) -> Array:
        """e^{-lambda T} - (1 - eta lambda)^k over lambda: what each mode errs by for a gradient of 1, shape (n, 2)."""
        curvature, k = np.array([1 / s.kappa, 1.0]), k[:, None]
        return (np.exp(-s.eta * curvature * k) - (1 - s.eta * curvature) ** k) / curvature

    def test_errors_and_bounds_are_those_of_the_theorem_in_closed_form(self, s: Shown) -> None:
        k = np.rint(s["error"].x / s.eta)
        close(s["error"].x, s.eta * k)
        # A difference of numbers of size kappa, which are rounded in up to 25,000 steps.
        close(s["error"].y, np.linalg.norm(self.modes(s, k), axis=1) / np.sqrt(2), 1e-9, 1e-11)
        bound = s["bound"]
        close(bound.y, s.kappa * self.modes(s, np.rint(bound.x / s.eta))[:, 0], 1e-9, 1e-11)
        close(s["convex"].y, s.eta / 2 * s["convex"].x)
        close(s["level"].y, s.eta / np.e)

    def test_the_error_stays_below_all_bounds_and_falls_in_the_end(self, s: Shown) -> None:
        error = s["error"]
        assert (error.y < s["level"].y[0]).all()
        for gid in ("bound", "convex"):
            shared = np.isin(error.x, s[gid].x)
            assert shared.sum() > 10
            assert (error.y[shared] < s[gid].y[np.isin(s[gid].x, error.x)]).all()
        assert error.x[-1] > 3 * s.kappa
        assert error.y[-1] < error.y.max() / 5

    def test_facts_are_read_off_the_curves(self, s: Shown) -> None:
        late = np.sqrt(s.kappa) <= s["error"].x
        T, y = s["error"].x, s["error"].y
        s.has(0, L=1, early=y[~late].max(), late=y[late].max(), level=s["level"].y[0], bound=s["bound"].y.max())
        s.has(0, time_of_late=T[late][y[late].argmax()] / s.kappa, bound_over_error=s["bound"].y.max() / y.max())
        assert s.facts["time_of_late"] == pytest.approx(1, abs=0.1)  # the points lie 7 % apart or less


class TestSeveralSolutions:
    figure = "several-solutions"

    def test_the_curve_is_the_objective_and_level_at_each_solution(self, s: Shown) -> None:
        u, f = s["objective"].x, s["f"].y
        well = u**2 / 2 - np.log(np.cosh(10 * u)) / 10 - s.theta**2 / 2 + np.log(np.cosh(10 * s.theta)) / 10
        seen = ~np.isnan(f)
        close(f[seen], well[seen], atol=1e-15)  # a difference of numbers of size 1, 0 at theta
        seen = ~np.isnan(s["objective"].y)
        close(s["objective"].y[seen], (well + (u - s.theta) ** 2 / (2 * s.eta))[seen], 1e-9, 1e-12)
        x = s["solutions"].x
        close(x, s.theta - s.eta * (x - np.tanh(10 * x)), 1e-9, 1e-9)

    def test_no_solution_is_missing_and_the_star_is_the_lowest(self, s: Shown) -> None:
        u = np.linspace(-4, 4, 80001) + 1e-6
        left = u - s.theta + s.eta * (u - np.tanh(10 * u))
        assert len(s["solutions"].x) == np.count_nonzero(np.diff(np.sign(left)))
        assert s["proximal"].y[0] == s["solutions"].y.min() == pytest.approx(np.nanmin(s["objective"].y), abs=1e-3)
        assert s["newton"].x[0] == pytest.approx(s["solutions"].x[np.abs(s["solutions"].x - s["newton"].x).argmin()])
        assert s["start"].x[0] == s.theta
        s.has(0, solutions=len(s["solutions"].x), proximal=s["proximal"].x[0], newton=s["newton"].x[0])
        s.has(0, **dict(zip(("first", "second", "third"), s["solutions"].x, strict=False)))

    def test_newton_comes_to_the_top_between_the_wells(self, default: Shown) -> None:
        curve = default["objective"]
        between = np.abs(curve.x) < 0.5
        assert curve.x[between][curve.y[between].argmax()] == pytest.approx(default["newton"].x[0], abs=0.01)
        default.has(newton=default["solutions"].x[1])


class TestScalarRegimes:
    figure = "scalar-regimes"
    regimes = (0.5, 1.0, 1.5, 2.0, 2.1)
    words = ("monotone", "one step", "alternating", "cycling", "diverging")

    def test_every_row_follows_the_recursion_and_the_flow(self, s: Shown) -> None:
        assert set(s.series) == {f"{what}-{z:g}" for z in self.regimes for what in ("descent", "flow")}
        for z in self.regimes:
            descent, flow = s[f"descent-{z:g}"], s[f"flow-{z:g}"]
            same(descent.x, np.arange(s.steps + 1))
            assert descent.y[0] == 1
            # 1 - z is rounded once, then 20 times multiplied: 1e-15 of the largest value.
            close(descent.y[1:], (1 - z) * descent.y[:-1], 1e-14, 1e-14)
            close(flow.y, np.exp(-z * flow.x))
            assert (flow.x[0], flow.x[-1]) == (0, s.steps)

    def test_the_sign_flips_above_one_and_the_size_falls_below_two(self, s: Shown) -> None:
        k = np.arange(s.steps + 1)
        for z in self.regimes:
            y = s[f"descent-{z:g}"].y
            same(np.sign(y), {0.5: 1.0 + 0 * k, 1.0: 1.0 * (k == 0)}.get(z, (-1.0) ** k))
            same(np.sign(np.diff(abs(y))), {1.0: -1.0 * (k[1:] == 1)}.get(z, np.sign(z - 2) + 0 * k[1:]))

    def test_every_row_is_labelled_with_its_regime_and_its_value_is_a_fact(self, s: Shown) -> None:
        for ax, z, words in zip(s.axes, self.regimes, self.words, strict=True):
            assert ax.get_title(loc="left") == rf"$\eta\lambda = {z:g}$: {words}"
            s.has(0, **{f"z_{words.replace(' ', '_')}": z})
        last = s["descent-2.1"].y
        s.has(growth=abs(last[1] / last[0]), last_when_diverging=abs(last[-1]))

    def test_the_axis_has_at_most_eight_ticks_which_begin_at_0(self, s: Shown) -> None:
        ticks = s.axes[-1].get_xticks()
        assert len(ticks) <= 8
        assert (ticks[0], len(set(np.diff(ticks)))) == (0, 1)


class TestStabilityRegions:
    figure = "stability-regions"

    def test_boundaries_are_two_unit_circles_and_the_imaginary_axis(self, default: Shown) -> None:
        same(default["flow"].x, 0)
        for gid, centre in (("forward", -1), ("backward", 1)):
            circle = default[gid].x + 1j * default[gid].y
            close(abs(circle - centre), 1)
            turned = np.unwrap(np.angle(circle - centre))
            assert abs(turned[-1] - turned[0]) == pytest.approx(2 * np.pi, rel=ROUNDING)  # once round, closed
            assert abs(np.diff(circle)).max() < 0.02  # 1.2 of 63 pixels a unit: round to the eye
        assert default.axes[0].get_aspect() == 1
        assert default.facts["rho"] < 1 < default.facts["rho_larger"]

    def test_a_point_lies_inside_forward_euler_iff_descent_on_its_mode_decays(self, s: Shown) -> None:
        outline, other = Path(xy(s["forward"])), Path(xy(s["backward"]))
        for gid, fact, step in (("points", "rho", s.eta), ("points-larger", "rho_larger", s.larger)):
            same(s[gid].y, 0)
            close(np.sort(s[gid].x), [-step, -step / s.kappa])
            for z, curvature in zip(s[gid].x, (1 / s.kappa, 1.0), strict=True):
                theta = 1.0
                for _ in range(20):
                    theta -= step * curvature * theta
                if abs(abs(theta) - 1) > 1e-9:  # on the circle itself, rounding decides
                    assert outline.contains_point((z, 0.0)) == (abs(theta) < 1)
                assert not other.contains_point((z, 0.0))
                assert z < s["flow"].x.min()
            s.has(**{fact: abs(1 + s[gid].x).max()})


class TestAmplification:
    figure = "amplification"

    def test_each_curve_is_its_factor(self, s: Shown) -> None:
        z = s["flow"].x
        close(s["forward"].y, abs(1 - z), atol=ROUNDING)
        close(s["backward"].y * (1 + z), 1)
        close(np.log(s["flow"].y), -z, atol=ROUNDING)
        assert set(s["stability"].y) == {1.0}
        same(s["forward"].y[1:] < 1, z[1:] < bounds.largest_step(1.0))

    def test_descent_beats_the_flow_up_to_the_marked_crossing_and_never_after(self, s: Shown) -> None:
        x, y = s["crossing"].x[0], s["crossing"].y[0]
        assert (x, y) == pytest.approx((1.2785, 0.2785), abs=5e-5)  # the digits that the page quotes
        close([abs(1 - x), np.exp(-x)], y)
        s.has(0, crossing=x, factor_at_crossing=y)
        z = s["flow"].x
        same(s["forward"].y < s["flow"].y, (z > 0) & (z < x))
