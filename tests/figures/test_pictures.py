"""The figures of "Pictures" show what the page says."""

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes

from gdfigs.figures.pictures import CELL
from gdfigs.plots.picture import Series
from tests.shown import facts, picture, shown

ROUNDING = 1e-12
"""A few operations in double precision on numbers of size 1."""

coefficient = st.floats(0.2, 5)
kappas = st.floats(2, 200)
CORNER = (-2.2, 0.95)
"""Of the pictures of descent and flow, outside every contour."""


def assert_contours_lie_on_their_levels(contours: Series, ax: Axes, a: float, b: float) -> None:
    """f = a x^2 + b y^2, interpolated between points at distance h, is off by at most h^2/8 max |f''|."""
    low, high = np.transpose([ax.get_xlim(), ax.get_ylim()])
    # The grid has a whole number of cells of at most CELL pixels.
    h = CELL * (high - low) / ax.get_window_extent().size
    error = np.abs(a * contours.x**2 + b * contours.y**2 - contours["level"])
    assert error.max() <= max(a * h[0] ** 2, b * h[1] ** 2) / 4 * (1 + 1e-9)  # rounding in f
    inside = np.column_stack([contours.x, contours.y]) - (low + high) / 2
    assert (np.abs(inside) <= (high - low) / 2 * (1 + ROUNDING)).all()


def assert_right_angles_are_seen_as_such(ax: Axes) -> None:
    """Both axes have one scale."""
    ax.apply_aspect()
    scale = ax.get_window_extent().size / np.ptp([ax.get_xlim(), ax.get_ylim()], axis=1)
    assert scale[0] == pytest.approx(scale[1], rel=1e-9)  # rounding in the size of the axes, in pixels


class TestContoursAndField:
    @settings(max_examples=12)
    @given(a=coefficient, b=coefficient)
    def test_every_arrow_stands_at_right_angles_to_the_contour_through_its_foot(self, a: float, b: float) -> None:
        field = shown("contours-and-field", a=a, b=b)["field"]
        # At (x, y) the contour a x^2 + b y^2 = c, which is (cos s / sqrt a, sin s / sqrt b) sqrt c, runs along
        # its derivative with respect to s, (-sqrt(b/a) y, sqrt(a/b) x).
        along = np.array([-np.sqrt(b / a) * field.y, np.sqrt(a / b) * field.x])
        arrow = np.array([field["u"], field["v"]])
        cosine = (along * arrow).sum(axis=0) / np.linalg.norm(along, axis=0) / np.linalg.norm(arrow, axis=0)
        assert np.abs(cosine).max() < ROUNDING

    @settings(max_examples=12)
    @given(a=coefficient, b=coefficient)
    def test_every_arrow_points_downhill_at_the_slope_of_f(self, a: float, b: float) -> None:
        field = shown("contours-and-field", a=a, b=b)["field"]
        size = np.hypot(field["u"], field["v"])

        def f(step: float) -> np.ndarray:
            return a * (field.x + step * field["u"] / size) ** 2 + b * (field.y + step * field["v"] / size) ** 2

        assert (f(1e-3) < f(0)).all()
        # Central differences are exact on a quadratic, up to rounding of 1e-16 / 1e-3.
        np.testing.assert_allclose((f(-1e-3) - f(1e-3)) / 2e-3, size, rtol=1e-9)

    @settings(max_examples=12)
    @given(a=coefficient, b=coefficient)
    def test_every_arrow_starts_on_a_contour_that_is_drawn_and_ends_inside_it(self, a: float, b: float) -> None:
        series = shown("contours-and-field", a=a, b=b)
        field, levels = series["field"], np.unique(series["contours"]["level"])
        height = a * field.x**2 + b * field.y**2
        assert np.abs(height[:, None] - levels).min(axis=1).max() < ROUNDING
        quiver = next(
            q for q in picture("contours-and-field", a=a, b=b).figure.axes[0].collections if q.get_gid() == "field"
        )
        tip = np.array([field.x + field["u"] / quiver.scale, field.y + field["v"] / quiver.scale])
        assert (quiver.angles, quiver.scale_units) == ("xy", "xy")
        assert (a * tip[0] ** 2 + b * tip[1] ** 2 < height).all()
        assert (tip * np.array([field.x, field.y]) > 0).all()  # short of the axes, where the next arrows come from

    @settings(max_examples=12)
    @given(a=coefficient, b=coefficient)
    def test_contours_lie_on_their_levels(self, a: float, b: float) -> None:
        contours = shown("contours-and-field", a=a, b=b)["contours"]
        np.testing.assert_allclose(np.unique(contours["level"]), (np.arange(1, 7) / 6) ** 2, rtol=ROUNDING)
        (ax,) = picture("contours-and-field", a=a, b=b).figure.axes
        assert_contours_lie_on_their_levels(contours, ax, a, b)
        assert_right_angles_are_seen_as_such(ax)

    def test_the_star_is_at_the_minimiser_and_no_two_contours_touch(self) -> None:
        series = shown("contours-and-field")
        assert (series["minimiser"].x[0], series["minimiser"].y[0]) == (0, 0)
        assert len(np.unique(series["contours"]["piece"])) == 6  # one closed piece a level

    @settings(max_examples=6)
    @given(a=coefficient, b=coefficient)
    def test_facts_are_those_of_the_ellipses_and_arrows(self, a: float, b: float) -> None:
        series, named = shown("contours-and-field", a=a, b=b), facts("contours-and-field", a=a, b=b)
        assert named["L"] == 2 * max(a, b)
        assert named["mu"] == 2 * min(a, b)
        assert named["kappa"] == pytest.approx(max(a, b) / min(a, b), rel=ROUNDING)
        assert named["width_over_height"] == pytest.approx(np.sqrt(b / a), rel=ROUNDING)
        longest = np.hypot(series["field"]["u"], series["field"]["v"]).max()
        assert named["longest_gradient"] == pytest.approx(longest, rel=ROUNDING)

    @pytest.mark.parametrize("name", ["contours-and-field", "flow-paths"])
    @pytest.mark.parametrize("parameters", [{"a": 0.0}, {"b": -1.0}])
    def test_a_coefficient_that_is_not_positive_is_refused(self, name: str, parameters: dict[str, float]) -> None:
        with pytest.raises(ValueError, match="a and b must be positive"):
            shown(name, **parameters)


class TestFlowPaths:
    ranges = {"a": coefficient, "b": coefficient, "starts": st.integers(2, 20)}  # noqa: RUF012

    @settings(max_examples=12)
    @given(**ranges)
    def test_every_path_is_a_power_of_the_exponent_b_over_a(self, a: float, b: float, starts: int) -> None:
        series = shown("flow-paths", a=a, b=b, starts=starts)
        for i in range(starts):
            path = series[f"path-{i}"]
            assert (path.x[0], path.y[0]) == (series["starts"].x[i], series["starts"].y[i])
            x, y = np.log(path.x / path.x[0]), np.log(path.y / path.y[0])
            # log|y| = (b/a) log|x| + const; both logarithms reach -138, where rounding is 138 * 1e-16 * b/a <= 1e-12.
            np.testing.assert_allclose(y, b / a * x, atol=1e-11)

    @settings(max_examples=12)
    @given(**ranges)
    def test_f_falls_along_every_path_to_the_minimiser(self, a: float, b: float, starts: int) -> None:
        series = shown("flow-paths", a=a, b=b, starts=starts)
        first, last = [], []
        for i in range(starts):
            f = a * series[f"path-{i}"].x ** 2 + b * series[f"path-{i}"].y ** 2
            assert (np.diff(f) < 0).all()
            first.append(f[0])
            last.append(f[-1])
        np.testing.assert_allclose(first, 1, rtol=ROUNDING)  # the outermost contour
        # Each component has shrunk to 1/250 of its start, or less.
        assert max(last) <= 250**-2 * (1 + 1e-9)
        named = facts("flow-paths", a=a, b=b, starts=starts)
        assert named["exponent"] == pytest.approx(b / a, rel=ROUNDING)
        assert (named["L"], named["mu"]) == (2 * max(a, b), 2 * min(a, b))
        assert named["largest_f_at_start"] == pytest.approx(max(first), rel=ROUNDING)
        assert named["largest_f_at_end"] == pytest.approx(max(last), rel=ROUNDING)

    @settings(max_examples=12)
    @given(**ranges)
    def test_a_head_on_every_path_points_along_it(self, a: float, b: float, starts: int) -> None:
        series = shown("flow-paths", a=a, b=b, starts=starts)
        heads = series["direction"]
        assert len(heads.x) == starts
        for i in range(starts):
            path = series[f"path-{i}"]
            # On the same path at one time t: x = x0 e^{-2at}, y = y0 e^{-2bt}.
            time = -np.log(np.array([heads.x[i] / path.x[0], heads.y[i] / path.y[0]])) / (2 * a, 2 * b)
            assert time[0] == pytest.approx(time[1], rel=1e-9)  # times of 0.1, of logarithms known to 1e-16
            velocity = np.array([-2 * a * heads.x[i], -2 * b * heads.y[i]])
            np.testing.assert_allclose(
                [heads["u"][i], heads["v"][i]], velocity / np.linalg.norm(velocity), rtol=1e-9, atol=ROUNDING
            )

    def test_contours_lie_on_their_levels(self) -> None:
        (ax,) = picture("flow-paths").figure.axes
        assert_contours_lie_on_their_levels(shown("flow-paths")["contours"], ax, 1, 3)
        assert_right_angles_are_seen_as_such(ax)

    def test_the_exponent_is_told(self) -> None:
        assert "y is a multiple of |x|^1.5;" in picture("flow-paths", a=2.0, b=3.0).description

    @pytest.mark.parametrize(
        ("a", "b", "way"), [(1.0, 3.0, "along the x axis"), (3.0, 1.0, "along the y axis"), (2.0, 2.0, "straight")]
    )
    def test_the_way_in_which_they_arrive_is_told(self, a: float, b: float, way: str) -> None:
        assert picture("flow-paths", a=a, b=b).description.endswith(f"they arrive {way}.")
        path = shown("flow-paths", a=a, b=b)["path-1"]  # not on an axis
        turns = abs(path.x[-1] / path.y[-1]) / abs(path.x[0] / path.y[0])
        assert (turns > 10, turns < 0.1) == (" x " in way, " y " in way)

    @pytest.mark.parametrize("starts", [1, 21])
    def test_a_number_of_starts_that_cannot_be_read_is_refused(self, starts: int) -> None:
        with pytest.raises(ValueError, match=r"starts must lie in \[2, 20\]"):
            shown("flow-paths", starts=starts)


def assert_descent_follows_the_recursion(drawn: Series, eta: float, kappa: float) -> None:
    assert (drawn.x[0], drawn.y[0]) == (-2, 0.5)
    # One rounding for each of the two operations of a step.
    np.testing.assert_allclose(drawn.x[1:], (1 - eta * 10 / kappa) * drawn.x[:-1], rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(drawn.y[1:], (1 - eta * 10) * drawn.y[:-1], rtol=1e-13, atol=1e-15)


def assert_the_sign_flips_at_every_step_iff_eta_exceeds_one_over_L(drawn: Series, eta: float) -> None:
    flips = np.diff(np.sign(drawn.y)) != 0
    assert flips.all() if eta > 0.1 else not flips.any()


def assert_it_grows_iff_eta_exceeds_two_over_L(drawn: Series, eta: float) -> None:
    grows = np.diff(np.abs(drawn.y)) > 0
    assert grows.all() if eta > 0.2 else not grows.any()


def assert_drawn_until_the_edge(drawn: Series, eta: float, kappa: float, steps: int) -> None:
    """Every point lies inside the axes; where fewer than all steps are drawn, the next one lies outside."""
    assert (np.abs(drawn.y) < 0.95).all()
    assert ((drawn.x > -2.2) & (drawn.x < 0.8)).all()
    if len(drawn.x) <= steps:
        x, y = (1 - eta * 10 / kappa) * drawn.x[-1], (1 - eta * 10) * drawn.y[-1]
        assert not (-2.2 < x < 0.8 and abs(y) < 0.95)


def assert_facts_are_those_of(drawn: Series, named: dict[str, float], eta: float, kappa: float) -> None:
    k, modes = np.arange(len(drawn.x)), 10 / np.array([kappa, 1])
    flow = np.array([-2, 0.5]) * np.exp(-np.outer(k * eta, modes))
    apart = np.hypot(drawn.x - flow[:, 0], drawn.y - flow[:, 1])
    expected = {
        "share_of_largest": eta / 0.2,
        "worst_factor": (rho := max(abs(1 - eta * 10), abs(1 - eta * 10 / kappa))),
        "steep_factor": 1 - eta * 10,
        "flat_factor": 1 - eta * 10 / kappa,
        "steps_shown": k[-1],
        "sign_changes": (np.diff(np.sign(drawn.y)) != 0).sum(),
        "last_distance": np.hypot(drawn.x[-1], drawn.y[-1]),
        "deviation": apart.max(),
    }
    if rho < 1:
        steps = named["steps_to_a_millionth"]
        # The least whole number of steps, but for rounding where rho^steps is a millionth.
        assert rho**steps <= 1e-6 * (1 + 1e-9)
        assert rho ** (steps - 1) > 1e-6 * (1 - 1e-9)
        expected["steps_to_a_millionth"] = steps
    assert named == pytest.approx(expected, rel=1e-11, abs=1e-14)  # rounding over a hundred steps


def assert_flow_runs_to_the_minimiser(flow: Series, kappa: float) -> None:
    """On y = c |x|^kappa from the start; x and y fall, and no vertex is far from the next."""
    kept = flow.y > 1e-290  # smaller numbers lose digits, and then vanish
    x, y = np.log(flow.x[kept] / -2), np.log(flow.y[kept] / 0.5)
    # Logarithms of up to 670, rounded; times kappa <= 200 the error of 1e-16 in x is 1e-11 at most.
    np.testing.assert_allclose(y, kappa * x, rtol=1e-12, atol=1e-11)
    assert (np.diff(flow.x) > 0).all()
    assert (np.diff(flow.y) <= 0).all()
    assert np.hypot(flow.x[-1], flow.y[-1]) <= np.hypot(2, 0.5) / 250 * (1 + 1e-9)
    assert np.hypot(np.diff(flow.x), np.diff(flow.y)).max() < 0.06  # 7 of 120 pixels a unit: smooth to the eye


class TestDescentAndFlow:
    ranges = {"eta": st.floats(0.01, 0.25), "kappa": kappas, "steps": st.integers(1, 100)}  # noqa: RUF012

    @settings(max_examples=20)
    @example(eta=0.1, kappa=10.0, steps=40)
    @example(eta=0.2, kappa=10.0, steps=40)
    @example(eta=0.21, kappa=10.0, steps=40)
    @given(**ranges)
    def test_iterates_follow_the_recursion_until_they_leave(self, eta: float, kappa: float, steps: int) -> None:
        drawn = shown("descent-and-flow", eta=eta, kappa=kappa, steps=steps)["descent"]
        assert len(drawn.x) >= 2
        assert_descent_follows_the_recursion(drawn, eta, kappa)
        assert_drawn_until_the_edge(drawn, eta, kappa, steps)

    @settings(max_examples=20)
    @example(eta=0.0999, kappa=10.0, steps=40)
    @example(eta=0.1001, kappa=10.0, steps=40)
    @example(eta=0.1999, kappa=10.0, steps=40)
    @example(eta=0.2001, kappa=10.0, steps=40)
    @given(**ranges)
    def test_zigzag_begins_above_one_over_L_and_growth_above_two(self, eta: float, kappa: float, steps: int) -> None:
        assume(abs(eta - 0.1) > 1e-5)  # nearer, a hundred steps underflow, and 0 has no sign
        assume(abs(eta - 0.2) > 1e-9)  # nearer, rounding decides
        drawn = shown("descent-and-flow", eta=eta, kappa=kappa, steps=steps)["descent"]
        assert_the_sign_flips_at_every_step_iff_eta_exceeds_one_over_L(drawn, eta)
        assert_it_grows_iff_eta_exceeds_two_over_L(drawn, eta)

    @settings(max_examples=12)
    @given(**ranges)
    def test_facts_are_those_of_the_points_drawn(self, eta: float, kappa: float, steps: int) -> None:
        parameters = {"eta": eta, "kappa": kappa, "steps": steps}
        drawn, named = shown("descent-and-flow", **parameters)["descent"], facts("descent-and-flow", **parameters)
        assert named.pop("L") == 10
        assert_facts_are_those_of(drawn, named, eta, kappa)

    @settings(max_examples=8)
    @given(kappa=kappas)
    def test_halving_the_step_halves_the_deviation_from_the_flow(self, kappa: float) -> None:
        deviations = []
        for eta in (0.01, 0.005):
            steps = round(0.5 / eta)  # until t = 5/L, well after the steep mode is furthest from its flow at t = 1/L
            deviations.append(facts("descent-and-flow", eta=eta, kappa=kappa, steps=steps)["deviation"])
        # First order in eta: the next term is of relative size eta L = 0.1.
        assert deviations[0] / deviations[1] == pytest.approx(2, abs=0.15)

    @settings(max_examples=8)
    @given(kappa=kappas)
    def test_the_flow_runs_down_to_the_minimiser_whatever_the_step(self, kappa: float) -> None:
        flow = shown("descent-and-flow", kappa=kappa)["flow"]
        assert_flow_runs_to_the_minimiser(flow, kappa)
        for eta in (0.01, 0.21):
            np.testing.assert_array_equal(flow.y, shown("descent-and-flow", kappa=kappa, eta=eta)["flow"].y)

    @settings(max_examples=8)
    @given(kappa=kappas)
    def test_contours_lie_on_their_levels(self, kappa: float) -> None:
        contours = shown("descent-and-flow", kappa=kappa)["contours"]
        # The outermost touches the window's corners alone: rounding decides whether it is there.
        outermost = 5 / kappa * CORNER[0] ** 2 + 5 * CORNER[1] ** 2
        spacing = 6 * np.sqrt(np.unique(contours["level"]) / outermost)
        np.testing.assert_allclose(spacing[:5], np.arange(1, 6), rtol=ROUNDING)
        (ax,) = picture("descent-and-flow", kappa=kappa).figure.axes
        assert_contours_lie_on_their_levels(contours, ax, 5 / kappa, 5)
        assert_right_angles_are_seen_as_such(ax)

    def test_what_is_0_changes_no_sign(self) -> None:
        assert facts("descent-and-flow", eta=0.1)["sign_changes"] == 0

    def test_axes_stay_where_they_are_while_the_step_changes(self) -> None:
        frames = [picture("descent-and-flow", eta=eta).figure.axes[0] for eta in (0.01, 0.1, 0.21)]
        assert len({(ax.get_xlim(), ax.get_ylim()) for ax in frames}) == 1

    def test_the_description_tells_what_becomes_of_descent(self) -> None:
        told = {eta: picture("descent-and-flow", eta=eta).description for eta in (0.05, 0.1, 0.18, 0.21)}
        assert "0.50 at every step, keeps to its side" in told[0.05]
        assert "0.00 at every step, lies on it from then on" in told[0.1]
        assert "0.80 at every step, changes sides each time and is at distance 0.00072" in told[0.18]
        assert "1.10 at every step, changes sides each time and leaves the picture after 6 steps" in told[0.21]

    @pytest.mark.parametrize(
        ("eta", "told"),
        [
            (0.1, "keeps to its side; 0.9 per step; 132 steps to a millionth"),  # log(1e6) / -log(0.9) = 131.1
            (0.19, "zigzags; 0.9 per step; 132 steps to a millionth"),
            (0.2, "crosses the valley for ever; 1 per step"),
            (0.21, "diverges; 1.1 per step"),
        ],
    )
    def test_the_regime_is_told_beside_the_slider(self, eta: float, told: str) -> None:
        assert picture("descent-and-flow", eta=eta).told == told

    @pytest.mark.parametrize(("steps", "told"), [(1, "after 1 step."), (2, "after 2 steps."), (3, "after 3 steps.")])
    def test_one_step_is_told_as_one(self, steps: int, told: str) -> None:
        assert picture("descent-and-flow", steps=steps).description.endswith(told)

    @pytest.mark.parametrize("eta", [0.0, -0.1, 0.29, np.nan])
    def test_a_step_that_leaves_the_picture_at_once_is_refused(self, eta: float) -> None:
        with pytest.raises(ValueError, match=r"eta must lie in \(0, 0.29\)"):
            shown("descent-and-flow", eta=eta)

    @pytest.mark.parametrize("steps", [0, 101])
    def test_a_number_of_steps_that_cannot_be_read_is_refused(self, steps: int) -> None:
        with pytest.raises(ValueError, match=r"steps must lie in \[1, 100\]"):
            shown("descent-and-flow", steps=steps)

    @pytest.mark.parametrize("name", ["descent-and-flow", "descent-regimes"])
    def test_a_condition_number_below_one_is_refused(self, name: str) -> None:
        with pytest.raises(ValueError, match="kappa"):
            shown(name, kappa=0.9)


class TestDescentRegimes:
    ranges = {  # noqa: RUF012
        "small": st.floats(0.01, 0.0999),
        "stable": st.floats(0.1001, 0.1999),
        "unstable": st.floats(0.2001, 0.25),
        "kappa": kappas,
        "steps": st.integers(1, 100),
    }

    @settings(max_examples=15)
    @given(**ranges)
    def test_each_panel_shows_its_regime(self, kappa: float, steps: int, **etas: float) -> None:
        series = shown("descent-regimes", kappa=kappa, steps=steps, **etas)
        named = facts("descent-regimes", kappa=kappa, steps=steps, **etas)
        axes = picture("descent-regimes", kappa=kappa, steps=steps, **etas).figure.axes
        for ax, (panel, eta) in zip(axes, etas.items(), strict=True):
            drawn = series[f"descent-{panel}"]
            assert_descent_follows_the_recursion(drawn, eta, kappa)
            assert_drawn_until_the_edge(drawn, eta, kappa, steps)
            assert_the_sign_flips_at_every_step_iff_eta_exceeds_one_over_L(drawn, eta)
            assert_it_grows_iff_eta_exceeds_two_over_L(drawn, eta)
            own = {fact.removeprefix(f"{panel}_"): v for fact, v in named.items() if fact.startswith(f"{panel}_")}
            assert_facts_are_those_of(drawn, own, eta, kappa)
            assert_flow_runs_to_the_minimiser(series[f"flow-{panel}"], kappa)
            assert_contours_lie_on_their_levels(series[f"contours-{panel}"], ax, 5 / kappa, 5)
            assert_right_angles_are_seen_as_such(ax)

    def test_each_panel_is_labelled_with_its_step(self) -> None:
        labels = [ax.texts[0].get_text() for ax in picture("descent-regimes").figure.axes]
        for label, eta, regime in zip(labels, (0.02, 0.19, 0.21), ("no zigzag", "zigzag", "divergence"), strict=True):
            assert label.startswith(rf"$\eta = {eta}$")
            assert label.endswith(f"\n{regime}")

    def test_the_longest_step_that_keeps_to_its_side_is_shown(self) -> None:
        assert shown("descent-regimes", small=0.1)

    @pytest.mark.parametrize(
        "parameters", [{"small": 0.0}, {"small": 0.11}, {"stable": 0.1}, {"stable": 0.2}, {"unstable": 0.2}]
    )
    def test_a_step_outside_its_regime_is_refused(self, parameters: dict[str, float]) -> None:
        with pytest.raises(ValueError, match=r"0 < small <= 1/L = 0.1 < stable < 2/L = 0.2 < unstable"):
            shown("descent-regimes", **parameters)


class TestZigzag:
    kappas = (1.5, 10.0, 100.0)

    @settings(max_examples=6)
    @given(steps=st.integers(1, 100))
    def test_the_steep_component_flips_never_up_to_one_over_L_and_always_beyond(self, steps: int) -> None:
        series = shown("zigzag", steps=steps)
        for kappa in self.kappas:
            steep = series[f"steep-{kappa:g}"]
            assert ((steep.x > 0) & (steep.x < 2)).all()
            assert 1.0 in steep.x  # the threshold itself, where one step ends the matter
            np.testing.assert_array_equal(steep.y, np.where(steep.x > 1, 1.0, 0.0))

    @settings(max_examples=6)
    @given(steps=st.integers(1, 100))
    def test_the_flat_component_flips_only_beyond_one_over_mu(self, steps: int) -> None:
        series = shown("zigzag", steps=steps)
        for kappa in self.kappas:
            flat = series[f"flat-{kappa:g}"]
            np.testing.assert_array_equal(flat.y, np.where(flat.x > kappa, 1.0, 0.0))
            assert kappa < 2 or not flat.y.any()

    def test_every_row_shows_the_same_steps(self) -> None:
        series = shown("zigzag")
        rows = [series[f"{which}-{kappa:g}"].x for which in ("steep", "flat") for kappa in self.kappas]
        assert all((row == rows[0]).all() for row in rows)

    def test_thresholds_are_drawn_where_they_lie_below_two_over_L(self) -> None:
        series = shown("zigzag")
        limits = {gid: line.x for gid, line in series.items() if gid.startswith("one-over")}
        assert set(limits) == {"one-over-mu-1.5", *(f"one-over-L-{kappa:g}" for kappa in self.kappas)}
        for gid, x in limits.items():
            # axvline is given in data units, but read back by way of pixels.
            np.testing.assert_allclose(x, 1.5 if "mu" in gid else 1.0, rtol=ROUNDING)

    def test_facts_are_the_extreme_shares(self) -> None:
        series, named = shown("zigzag"), facts("zigzag")
        steep = np.array([series[f"steep-{kappa:g}"].y for kappa in self.kappas])
        eta = series["steep-10"].x
        assert named["steep_share_up_to_one_over_L"] == steep[:, eta <= 1].max()
        assert tuple(named[f"kappa_{row}"] for row in (1, 2, 3)) == self.kappas
        assert named["steep_share_beyond"] == steep[:, eta > 1].min()
        assert named["flat_share_if_ill_conditioned"] == max(series[f"flat-{k:g}"].y.max() for k in self.kappas[1:])

    @pytest.mark.parametrize("steps", [0, 101])
    def test_a_number_of_steps_without_signs_to_count_is_refused(self, steps: int) -> None:
        with pytest.raises(ValueError, match=r"steps must lie in \[1, 100\]"):
            shown("zigzag", steps=steps)
