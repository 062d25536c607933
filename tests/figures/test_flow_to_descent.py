"""The figures of "From flow to descent" show what the page says."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from matplotlib.path import Path

from gdfigs.maths import bounds
from tests.shown import facts, picture, shown

ROUNDING = 1e-12
"""A few operations in double precision on numbers of size 1."""


class TestEulerError:
    ranges = {"kappa": st.floats(1, 1e3), "T": st.floats(0.1, 2)}  # noqa: RUF012

    @settings(max_examples=12)
    @given(**ranges)
    def test_slopes_are_two_for_one_step_and_one_at_a_fixed_time(self, kappa: float, T: float) -> None:
        series = shown("euler-error", kappa=kappa, T=T)
        for gid, order in (("local", 2), ("global", 1)):
            eta, error = series[gid].x, series[gid].y
            # Steps up to 1/L carry the next term of the expansion: a third of the error there, 1e-3 at the other end.
            assert np.polyfit(np.log(eta), np.log(error), 1)[0] == pytest.approx(order, abs=0.1)
            assert facts("euler-error", kappa=kappa, T=T)[f"{gid}_slope"] == pytest.approx(
                np.polyfit(np.log(eta), np.log(error), 1)[0], rel=ROUNDING
            )

    @settings(max_examples=12)
    @given(**ranges)
    def test_errors_are_those_of_the_modes_in_closed_form(self, kappa: float, T: float) -> None:
        series = shown("euler-error", kappa=kappa, T=T)
        for gid, steps in (("local", np.ones(10)), ("global", T / series["global"].x)):
            eta = series[gid].x[:, None]
            modes = np.array([1 / kappa, 1.0])
            k = np.round(steps)[:, None]
            expected = np.linalg.norm((1 - eta * modes) ** k - np.exp(-eta * modes * k), axis=1)
            # Both terms are of size 1 and carry rounding from up to 1024 steps; the error is as small as 1e-8.
            np.testing.assert_allclose(series[gid].y, expected, rtol=1e-9, atol=1e-13)

    @settings(max_examples=12)
    @given(**ranges)
    def test_every_step_is_a_whole_part_of_the_time_and_at_most_one_over_L(self, kappa: float, T: float) -> None:
        eta = shown("euler-error", kappa=kappa, T=T)["global"].x
        np.testing.assert_allclose(T / eta, np.round(T / eta), rtol=ROUNDING)
        assert eta.max() <= 1
        assert eta.max() / eta.min() > 100  # two decades, or a slope means little

    @settings(max_examples=12)
    @given(**ranges)
    def test_global_error_stays_below_the_convex_bound_at_every_step(self, kappa: float, T: float) -> None:
        series = shown("euler-error", kappa=kappa, T=T)
        measured, bound = series["global"], series["global-bound"]
        np.testing.assert_array_equal(measured.x, bound.x)
        # (eta/2) L T |grad f| at (1, 1), where L = 1.
        np.testing.assert_allclose(bound.y, bound.x / 2 * T * np.hypot(1, 1 / kappa), rtol=ROUNDING)
        np.testing.assert_array_equal(
            bound.y, bounds.euler_global_convex(bound.x, 1.0, T, float(np.linalg.norm([1 / kappa, 1.0])))
        )
        assert (measured.y < bound.y).all()
        ratio = facts("euler-error", kappa=kappa, T=T)["bound_over_global"]
        assert ratio == pytest.approx(bound.y[-1] / measured.y[-1], rel=ROUNDING)
        assert measured.x[-2] == 2 * measured.x[-1]
        for gid in ("local", "global"):
            halved = facts("euler-error", kappa=kappa, T=T)[f"{gid}_at_half_step"]
            assert halved == pytest.approx(series[gid].y[-1] / series[gid].y[-2], rel=ROUNDING)

    @settings(max_examples=12)
    @given(**ranges)
    def test_error_of_one_step_tends_to_its_leading_term(self, kappa: float, T: float) -> None:
        series = shown("euler-error", kappa=kappa, T=T)
        eta, leading = series["local-leading"].x, series["local-leading"].y
        # (eta^2 / 2) |A^2 (1, 1)| with A = diag(1/kappa, 1).
        np.testing.assert_allclose(leading, eta**2 / 2 * np.hypot(1, kappa**-2), rtol=ROUNDING)
        ratio = series["local"].y / leading
        # e^{-z} - 1 + z = z^2/2 - z^3/6 + ..., so for z <= eta the ratio lies in [1 - eta/3, 1];
        # the error, at least 1e-9, carries rounding of 1e-16.
        assert (ratio <= 1 + 1e-6).all()
        assert (ratio >= 1 - eta / 3 - 1e-6).all()
        assert ratio[-1] == pytest.approx(1, abs=1e-3)
        assert facts("euler-error", kappa=kappa, T=T)["local_over_leading"] == ratio[-1]

    @pytest.mark.parametrize("T", [0.3, 1.0, 1.7])
    def test_the_axis_holds_the_steps_and_little_more(self, T: float) -> None:
        eta = shown("euler-error", T=T)["global"].x
        (ax,) = picture("euler-error", T=T).figure.axes
        assert ax.get_xlim() == pytest.approx((0.8 * eta.min(), 1.25 * eta.max()), rel=ROUNDING)

    @pytest.mark.parametrize("halvings", [-1, 10])
    def test_a_step_that_is_not_drawn_is_not_marked(self, halvings: int) -> None:
        with pytest.raises(ValueError, match=r"halvings must lie in \[0, 9\]"):
            shown("euler-error", halvings=halvings)

    @pytest.mark.parametrize("T", [0.05, 3.0, np.nan])
    def test_a_time_outside_the_range_is_refused(self, T: float) -> None:
        with pytest.raises(ValueError, match=r"T must lie in \[0.1, 2\]"):
            shown("euler-error", T=T)

    def test_a_condition_number_below_one_is_refused(self) -> None:
        with pytest.raises(ValueError, match="kappa"):
            shown("euler-error", kappa=0.5)


class TestScalarRegimes:
    regimes = (0.5, 1.0, 1.5, 2.0, 2.1)

    @settings(max_examples=8)
    @given(steps=st.integers(4, 20))
    def test_every_row_follows_the_recursion_and_the_flow(self, steps: int) -> None:
        series = shown("scalar-regimes", steps=steps)
        assert set(series) == {f"{what}-{z:g}" for z in self.regimes for what in ("descent", "flow")}
        for z in self.regimes:
            descent, flow = series[f"descent-{z:g}"], series[f"flow-{z:g}"]
            np.testing.assert_array_equal(descent.x, np.arange(steps + 1))
            assert descent.y[0] == 1
            # 1 - z is rounded once, then 20 times multiplied: 1e-15 of the largest value.
            np.testing.assert_allclose(descent.y[1:], (1 - z) * descent.y[:-1], rtol=1e-14, atol=1e-14)
            np.testing.assert_allclose(flow.y, np.exp(-z * flow.x), rtol=ROUNDING)
            assert (flow.x[0], flow.x[-1]) == (0, steps)

    def test_signs_are_kept_below_one_and_flip_at_every_step_above(self) -> None:
        series = shown("scalar-regimes")
        for z in self.regimes:
            signs = np.sign(series[f"descent-{z:g}"].y)
            expected = {0.5: np.ones(13), 1.0: np.eye(13)[0]}.get(z, (-1.0) ** np.arange(13))
            np.testing.assert_array_equal(signs, expected)

    def test_size_falls_below_two_stays_at_two_and_grows_above(self) -> None:
        series = shown("scalar-regimes")
        change = {z: np.diff(abs(series[f"descent-{z:g}"].y)) for z in self.regimes}
        assert (change[0.5] < 0).all()
        assert (change[1.0][0], *set(change[1.0][1:])) == (-1, 0)
        assert (change[1.5] < 0).all()
        assert set(change[2.0]) == {0}
        assert (change[2.1] > 0).all()

    def test_every_row_is_labelled_with_its_regime(self) -> None:
        labels = [ax.get_title(loc="left") for ax in picture("scalar-regimes").figure.axes]
        regimes = [label.partition(": ")[2] for label in labels]
        assert regimes == ["monotone", "one step", "alternating", "cycling", "diverging"]
        assert all(f"{z:g}$" in label for z, label in zip(self.regimes, labels, strict=True))

    def test_facts_are_those_of_the_rows(self) -> None:
        last, named = shown("scalar-regimes")["descent-2.1"].y, facts("scalar-regimes")
        assert named["growth"] == pytest.approx(abs(last[1] / last[0]), rel=ROUNDING)
        rows = [name.replace(" ", "_") for name in ("monotone", "one step", "alternating", "cycling", "diverging")]
        assert [named[f"z_{row}"] for row in rows] == list(self.regimes)
        assert named["last_when_diverging"] == pytest.approx(abs(last[-1]), rel=ROUNDING)

    @pytest.mark.parametrize("steps", [4, 8, 16, 20])
    def test_the_axis_has_at_most_eight_ticks_which_begin_at_0(self, steps: int) -> None:
        ticks = picture("scalar-regimes", steps=steps).figure.axes[-1].get_xticks()
        assert len(ticks) <= 8
        assert (ticks[0], len(set(np.diff(ticks)))) == (0, 1)

    @pytest.mark.parametrize("steps", [3, 21])
    def test_a_number_of_steps_that_cannot_be_read_is_refused(self, steps: int) -> None:
        with pytest.raises(ValueError, match="steps must lie in"):
            shown("scalar-regimes", steps=steps)


class TestStabilityRegions:
    def test_boundaries_are_the_unit_circles_about_minus_one_and_one_and_the_imaginary_axis(self) -> None:
        series = shown("stability-regions")
        forward = series["forward"].x + 1j * series["forward"].y
        backward = series["backward"].x + 1j * series["backward"].y
        np.testing.assert_allclose(abs(1 + forward), 1, rtol=ROUNDING)
        np.testing.assert_allclose(abs(1 - backward), 1, rtol=ROUNDING)
        np.testing.assert_array_equal(series["flow"].x, 0)
        for circle in (forward, backward):
            turned = np.unwrap(np.angle(circle - circle[:-1].mean()))
            assert abs(turned[-1] - turned[0]) == pytest.approx(2 * np.pi, rel=ROUNDING)  # once round, closed
            assert abs(np.diff(circle)).max() < 0.02  # 1.2 of 63 pixels a unit: round to the eye

    @settings(max_examples=20)
    @example(eta=1.999, larger=2.001, kappa=5.0)
    @given(eta=st.floats(0.05, 3), larger=st.floats(0.05, 3), kappa=st.floats(1, 100))
    def test_a_point_lies_inside_forward_euler_iff_descent_on_its_mode_decays(
        self, eta: float, larger: float, kappa: float
    ) -> None:
        series = shown("stability-regions", eta=eta, larger=larger, kappa=kappa)
        outline = Path(np.column_stack([series["forward"].x, series["forward"].y]))
        for gid, step in (("points", eta), ("points-larger", larger)):
            drawn = series[gid]
            np.testing.assert_array_equal(drawn.y, 0)
            np.testing.assert_allclose(np.sort(drawn.x), [-step, -step / kappa], rtol=ROUNDING)
            for z, curvature in zip(drawn.x, (1 / kappa, 1.0), strict=True):
                theta = 1.0
                for _ in range(20):
                    theta -= step * curvature * theta
                if abs(abs(theta) - 1) > 1e-9:  # on the circle itself, rounding decides
                    assert outline.contains_point((z, 0.0)) == (abs(theta) < 1)

    @settings(max_examples=10)
    @given(eta=st.floats(0.05, 3), kappa=st.floats(1, 100))
    def test_every_point_is_stable_for_backward_euler_and_the_flow(self, eta: float, kappa: float) -> None:
        series = shown("stability-regions", eta=eta, kappa=kappa)
        outline = Path(np.column_stack([series["backward"].x, series["backward"].y]))
        for z in series["points"].x:
            assert not outline.contains_point((z, 0.0))
            assert z < series["flow"].x.min()

    @settings(max_examples=10)
    @given(eta=st.floats(0.05, 3), kappa=st.floats(1, 100))
    def test_facts_are_the_largest_distances_of_the_points_from_minus_one(self, eta: float, kappa: float) -> None:
        series, named = (
            shown("stability-regions", eta=eta, kappa=kappa),
            facts("stability-regions", eta=eta, kappa=kappa),
        )
        for gid, fact in (("points", "rho"), ("points-larger", "rho_larger")):
            assert named[fact] == pytest.approx(abs(1 + series[gid].x).max(), rel=ROUNDING)

    def test_the_defaults_show_a_stable_and_an_unstable_step(self) -> None:
        named = facts("stability-regions")
        assert named["rho"] < 1 < named["rho_larger"]

    def test_right_angles_and_circles_are_seen_as_such(self) -> None:
        (ax,) = picture("stability-regions").figure.axes
        assert ax.get_aspect() == 1

    def test_the_largest_step_is_shown(self) -> None:
        assert shown("stability-regions", eta=3.0)["points"].x.min() == -3

    @pytest.mark.parametrize("parameters", [{"eta": 0.0}, {"eta": 3.5}, {"larger": -1.0}])
    def test_a_step_whose_points_leave_the_picture_is_refused(self, parameters: dict[str, float]) -> None:
        with pytest.raises(ValueError, match=r"must lie in \(0, 3\]"):
            shown("stability-regions", **parameters)


class TestAmplification:
    @given(largest=st.floats(2.1, 6))
    def test_each_curve_is_its_factor(self, largest: float) -> None:
        series = shown("amplification", largest=largest)
        z = series["flow"].x
        np.testing.assert_allclose(series["forward"].y, abs(1 - z), rtol=ROUNDING, atol=ROUNDING)
        np.testing.assert_allclose(series["backward"].y * (1 + z), 1, rtol=ROUNDING)
        np.testing.assert_allclose(np.log(series["flow"].y), -z, rtol=ROUNDING, atol=ROUNDING)

    def test_descent_beats_the_flow_up_to_the_crossing_and_never_after(self) -> None:
        series = shown("amplification")
        z, crossing = series["flow"].x, series["crossing"].x[0]
        faster = series["forward"].y < series["flow"].y
        np.testing.assert_array_equal(faster, (z > 0) & (z < crossing))

    def test_the_crossing_is_marked_where_the_curves_meet(self) -> None:
        marked = shown("amplification")["crossing"]
        x, y = marked.x[0], marked.y[0]
        assert (x, y) == pytest.approx((1.2785, 0.2785), abs=5e-5)  # the digits that the page quotes
        assert abs(1 - x) == pytest.approx(y, rel=ROUNDING)
        assert np.exp(-x) == pytest.approx(y, rel=ROUNDING)
        assert facts("amplification")["crossing"] == x

    def test_the_limit_of_stability_is_drawn_at_one_and_crossed_at_two(self) -> None:
        series = shown("amplification")
        assert set(series["stability"].y) == {1.0}
        z = series["forward"].x
        np.testing.assert_array_equal(series["forward"].y[1:] < 1, z[1:] < bounds.largest_step(1.0))

    @pytest.mark.parametrize("z", [0.0, 3.0])
    def test_the_ends_of_the_axis_can_be_marked(self, z: float) -> None:
        series = shown("amplification", z=z)
        assert [series[f"{gid}-at"].x[0] for gid in ("forward", "backward", "flow")] == [z] * 3

    @pytest.mark.parametrize("z", [-0.1, 3.1])
    def test_what_lies_beyond_the_axis_is_not_marked(self, z: float) -> None:
        with pytest.raises(ValueError, match=r"z must lie in \[0, largest\] = \[0, 3\]"):
            shown("amplification", z=z)

    def test_a_range_that_hides_the_loss_of_stability_is_refused(self) -> None:
        with pytest.raises(ValueError, match="largest must exceed 2"):
            shown("amplification", largest=2.0)
