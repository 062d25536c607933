"""The figures of "Pictures" show what the page says."""

import numpy as np
import pytest
from matplotlib.axes import Axes

from gdfigs.figures.pictures import CELL
from gdfigs.plots.picture import Series
from tests.shown import ROUNDING, Shown, close, same, xy


def assert_contours_lie_on_their_levels(contours: Series, ax: Axes, a: float, b: float) -> None:
    """f = a x^2 + b y^2, interpolated between points at distance h, is off by at most h^2/8 max |f''|.

    And both axes have one scale, so that right angles are seen as such.
    """
    low, high = np.transpose([ax.get_xlim(), ax.get_ylim()])
    # The grid has a whole number of cells of at most CELL pixels.
    h = CELL * (high - low) / ax.get_window_extent().size
    error = np.abs(a * contours.x**2 + b * contours.y**2 - contours["level"])
    assert error.max() <= max(a * h[0] ** 2, b * h[1] ** 2) / 4 * (1 + 1e-9)  # rounding in f
    assert (np.abs(xy(contours) - (low + high) / 2) <= (high - low) / 2 * (1 + ROUNDING)).all()
    ax.apply_aspect()
    scale = ax.get_window_extent().size / np.ptp([ax.get_xlim(), ax.get_ylim()], axis=1)
    assert scale[0] == pytest.approx(scale[1], rel=1e-9)  # rounding in the size of the axes, in pixels


class TestContoursAndField:
    figure = "contours-and-field"

    def test_every_arrow_points_downhill_at_right_angles_to_its_contour(self, s: Shown) -> None:
        field = s["field"]
        arrow, size = np.array([field["u"], field["v"]]), np.hypot(field["u"], field["v"])
        # At (x, y) the contour a x^2 + b y^2 = c, which is (cos s / sqrt a, sin s / sqrt b) sqrt c, runs along
        # its derivative with respect to s, (-sqrt(b/a) y, sqrt(a/b) x).
        along = np.array([-np.sqrt(s.b / s.a) * field.y, np.sqrt(s.a / s.b) * field.x])
        assert np.abs((along * arrow).sum(axis=0) / np.linalg.norm(along, axis=0) / size).max() < ROUNDING

        def f(step: float) -> np.ndarray:
            return s.a * (field.x + step * arrow[0] / size) ** 2 + s.b * (field.y + step * arrow[1] / size) ** 2

        assert (f(1e-3) < f(0)).all()
        # Central differences are exact on a quadratic, up to rounding of 1e-16 / 1e-3.
        close((f(-1e-3) - f(1e-3)) / 2e-3, size, 1e-9)

    def test_every_arrow_starts_on_a_contour_that_is_drawn_and_ends_inside_it(self, s: Shown) -> None:
        field, levels = s["field"], np.unique(s["contours"]["level"])
        height = s.a * field.x**2 + s.b * field.y**2
        assert np.abs(height[:, None] - levels).min(axis=1).max() < ROUNDING
        (quiver,) = [q for q in s.axes[0].collections if q.get_gid() == "field"]
        assert (quiver.angles, quiver.scale_units) == ("xy", "xy")
        tip = np.array([field.x + field["u"] / quiver.scale, field.y + field["v"] / quiver.scale])
        assert (s.a * tip[0] ** 2 + s.b * tip[1] ** 2 < height).all()
        assert (tip * np.array([field.x, field.y]) > 0).all()  # short of the axes, where the next arrows come from

    def test_contours_are_six_ellipses_on_their_levels_about_the_star(self, s: Shown) -> None:
        contours = s["contours"]
        close(np.unique(contours["level"]), (np.arange(1, 7) / 6) ** 2)
        assert_contours_lie_on_their_levels(contours, s.axes[0], s.a, s.b)
        assert xy(s["minimiser"]).tolist() == [[0, 0]]
        assert len(np.unique(contours["piece"])) == 6  # one closed piece a level: no two touch

    def test_facts_are_those_of_the_ellipses_and_arrows(self, s: Shown) -> None:
        s.has(L=2 * max(s.a, s.b), mu=2 * min(s.a, s.b), kappa=max(s.a, s.b) / min(s.a, s.b))
        longest = np.hypot(s["field"]["u"], s["field"]["v"]).max()
        s.has(width_over_height=np.sqrt(s.b / s.a), longest_gradient=longest)


class TestFlowPaths:
    figure = "flow-paths"

    def test_every_path_is_a_power_of_the_exponent_b_over_a_and_f_falls_along_it(self, s: Shown) -> None:
        first, last = [], []
        for i in range(s.starts):
            path = s[f"path-{i}"]
            assert (path.x[0], path.y[0]) == (s["starts"].x[i], s["starts"].y[i])
            x, y = np.log(path.x / path.x[0]), np.log(path.y / path.y[0])
            # log|y| = (b/a) log|x| + const; both logarithms reach -138, where rounding is 138 * 1e-16 * b/a <= 1e-12.
            close(y, s.b / s.a * x, 1e-7, 1e-11)
            f = s.a * path.x**2 + s.b * path.y**2
            assert (np.diff(f) < 0).all()
            first.append(f[0])
            last.append(f[-1])
        close(first, 1)  # the outermost contour
        # Each component has shrunk to 1/250 of its start, or less.
        assert max(last) <= 250**-2 * (1 + 1e-9)
        s.has(exponent=s.b / s.a, largest_f_at_start=max(first), largest_f_at_end=max(last))
        s.has(0, L=2 * max(s.a, s.b), mu=2 * min(s.a, s.b))

    def test_a_head_on_every_path_points_along_it(self, s: Shown) -> None:
        heads = s["direction"]
        assert len(heads.x) == s.starts
        for i in range(s.starts):
            path = s[f"path-{i}"]
            # On the same path at one time t: x = x0 e^{-2at}, y = y0 e^{-2bt}.
            time = -np.log(np.array([heads.x[i] / path.x[0], heads.y[i] / path.y[0]])) / (2 * s.a, 2 * s.b)
            assert time[0] == pytest.approx(time[1], rel=1e-9)  # times of 0.1, of logarithms known to 1e-16
            velocity = np.array([-2 * s.a * heads.x[i], -2 * s.b * heads.y[i]])
            close([heads["u"][i], heads["v"][i]], velocity / np.linalg.norm(velocity), 1e-9, ROUNDING)

    def test_contours_lie_on_their_levels_and_the_way_of_the_paths_is_told(self, s: Shown) -> None:
        assert_contours_lie_on_their_levels(s["contours"], s.axes[0], s.a, s.b)
        assert f"y is a multiple of |x|^{s.b / s.a:.4g}; " in s.description
        way = "straight" if s.a == s.b else f"along the {'x' if s.a < s.b else 'y'} axis"
        assert s.description.endswith(f"they arrive {way}.")
        if s.starts > 2:
            path = s["path-1"]  # not on an axis
            turns = abs(path.x[-1] / path.y[-1]) / abs(path.x[0] / path.y[0])
            assert (turns > 10, turns < 0.1) == (s.a < s.b, s.a > s.b)


def assert_descent_and_flow(s: Shown, eta: float, suffix: str = "", fact: str = "") -> None:
    """Asserts that one panel shows descent with the step ``eta`` until it leaves, the flow, and their facts."""
    drawn, flow, kappa = s[f"descent{suffix}"], s[f"flow{suffix}"], s.kappa
    # The recursion; one rounding for each of the two operations of a step.
    assert (drawn.x[0], drawn.y[0]) == (-2, 0.5)
    assert len(drawn.x) >= 2
    close(drawn.x[1:], (1 - eta * 10 / kappa) * drawn.x[:-1], 1e-13, 1e-15)
    close(drawn.y[1:], (1 - eta * 10) * drawn.y[:-1], 1e-13, 1e-15)
    # Every point lies inside the axes; where fewer than all steps are drawn, the next one lies outside.
    assert (np.abs(drawn.y) < 0.95).all()
    assert ((drawn.x > -2.2) & (drawn.x < 0.8)).all()
    if len(drawn.x) <= s.steps:
        x, y = (1 - eta * 10 / kappa) * drawn.x[-1], (1 - eta * 10) * drawn.y[-1]
        assert not (-2.2 < x < 0.8 and abs(y) < 0.95)
    # The sign flips at every step if eta exceeds 1/L and at none otherwise; the size grows if it exceeds 2/L.
    sign = np.sign(drawn.y)
    flips, grows = np.diff(sign) != 0, np.diff(np.abs(drawn.y)) > 0
    if eta != 0.1:  # where one step ends the matter
        assert flips.all() if eta > 0.1 else not flips.any()
    if eta != 0.2:  # where rounding decides
        assert grows.all() if eta > 0.2 else not grows.any()
    k, rho = np.arange(len(drawn.x)), max(abs(1 - eta * 10), abs(1 - eta * 10 / kappa))
    at = np.array([-2, 0.5]) * np.exp(-np.outer(k * eta, 10 / np.array([kappa, 1])))
    expected = {
        "share_of_largest": eta / 0.2,
        "worst_factor": rho,
        "steep_factor": 1 - eta * 10,
        "flat_factor": 1 - eta * 10 / kappa,
        "steps_shown": k[-1],
        "sign_changes": (sign[1:] * sign[:-1] < 0).sum(),
        "last_distance": np.hypot(drawn.x[-1], drawn.y[-1]),
        "deviation": np.linalg.norm(xy(drawn) - at, axis=1).max(),
    }
    own = {name.removeprefix(fact): value for name, value in s.facts.items() if name.startswith(fact) and name != "L"}
    if rho < 1:
        steps = expected["steps_to_a_millionth"] = own["steps_to_a_millionth"]
        # The least whole number of steps, but for rounding where rho^steps is a millionth.
        assert rho**steps <= 1e-6 * (1 + 1e-9)
        assert rho ** (steps - 1) > 1e-6 * (1 - 1e-9)
    assert own == pytest.approx(expected, rel=1e-11, abs=1e-14)  # rounding over a hundred steps
    # The flow runs on y = c |x|^kappa from the start; x and y fall, and no vertex is far from the next.
    kept = flow.y > 1e-290  # smaller numbers lose digits, and then vanish
    # Logarithms of up to 670, rounded; times kappa <= 200 the error of 1e-16 in x is 1e-11 at most.
    close(np.log(flow.y[kept] / 0.5), kappa * np.log(flow.x[kept] / -2), 1e-12, 1e-11)
    assert (np.diff(flow.x) > 0).all()
    assert (np.diff(flow.y) <= 0).all()
    assert np.hypot(flow.x[-1], flow.y[-1]) <= np.hypot(2, 0.5) / 250 * (1 + 1e-9)
    assert np.hypot(np.diff(flow.x), np.diff(flow.y)).max() < 0.06  # 7 of 120 pixels a unit: smooth to the eye


class TestDescentAndFlow:
    figure = "descent-and-flow"

    def test_descent_and_the_flow_are_drawn_on_contours_that_lie_on_their_levels(self, s: Shown) -> None:
        assert_descent_and_flow(s, s.eta)
        s.has(0, L=10)
        contours = s["contours"]
        # The outermost touches the window's corners alone: rounding decides whether it is there.
        outermost = 5 / s.kappa * 2.2**2 + 5 * 0.95**2
        close((6 * np.sqrt(np.unique(contours["level"]) / outermost))[:5], np.arange(1, 6))
        assert_contours_lie_on_their_levels(contours, s.axes[0], 5 / s.kappa, 5)

    def test_axes_and_flow_stay_where_they_are_while_the_step_changes(self, s: Shown, default: Shown) -> None:
        if s.kappa == default.kappa:
            same(s["flow"].y, default["flow"].y)
        assert (s.axes[0].get_xlim(), s.axes[0].get_ylim()) == (default.axes[0].get_xlim(), default.axes[0].get_ylim())

    @pytest.mark.parametrize("kappa", [2.0, 200.0])
    def test_halving_the_step_halves_the_deviation_from_the_flow(self, kappa: float) -> None:
        # Until t = 5/L, well after the steep mode is furthest from its flow at t = 1/L.
        frames = [Shown(self.figure, {"eta": eta, "kappa": kappa, "steps": round(0.5 / eta)}) for eta in (0.01, 0.005)]
        # First order in eta: the next term is of relative size eta L = 0.1.
        assert frames[0].facts["deviation"] / frames[1].facts["deviation"] == pytest.approx(2, abs=0.15)

    @pytest.mark.parametrize(
        ("eta", "course", "regime"),
        [
            (0.05, "0.50 at every step, keeps to its side", "keeps to its side; 0.95 per step; 270 steps"),
            # log(1e6) / -log(0.9) = 131.1
            (0.1, "0.00 at every step, lies on it from then on", "keeps to its side; 0.9 per step; 132 steps"),
            (0.18, "0.80 at every step, changes sides each time and is at distance 0.00072", "zigzags; 0.82 per step"),
            (0.19, "0.90 at every step", "zigzags; 0.9 per step; 132 steps to a millionth"),
            (0.2, "1.00 at every step", "crosses the valley for ever; 1 per step"),
            (0.21, "1.10 at every step, changes sides each time and leaves the picture after 6 steps", "diverges; 1.1"),
        ],
    )
    def test_what_becomes_of_descent_is_told(self, eta: float, course: str, regime: str) -> None:
        s = Shown(self.figure, {"eta": eta})
        assert course in s.description
        assert s.slider_text.startswith(regime)

    def test_one_step_is_told_as_one(self, s: Shown) -> None:
        assert s.description.endswith(" step.") == (s.facts["steps_shown"] == 1)


class TestDescentRegimes:
    figure = "descent-regimes"

    def test_each_panel_shows_its_regime_and_says_so(self, s: Shown) -> None:
        words = ("at most $1/L$:\nno zigzag", "above $1/L$:\nzigzag", "above $2/L$:\ndivergence")
        for ax, panel, regime in zip(s.axes, ("small", "stable", "unstable"), words, strict=True):
            eta = s.parameters[panel]
            assert_descent_and_flow(s, eta, f"-{panel}", f"{panel}_")
            assert_contours_lie_on_their_levels(s[f"contours-{panel}"], ax, 5 / s.kappa, 5)
            assert ax.texts[0].get_text() == rf"$\eta = {eta:g}$" + f",\n{regime}"


class TestZigzag:
    figure = "zigzag"
    kappas = (1.5, 10.0, 100.0)

    def test_a_component_flips_at_every_step_beyond_one_over_its_curvature_alone(self, s: Shown) -> None:
        eta = s["steep-10"].x
        assert ((eta > 0) & (eta < 2)).all()
        assert 1.0 in eta  # the threshold itself, where one step ends the matter
        for kappa in self.kappas:
            for name, limit in (("steep", 1.0), ("flat", kappa)):
                same(s[f"{name}-{kappa:g}"].x, eta)
                same(s[f"{name}-{kappa:g}"].y, np.where(eta > limit, 1.0, 0.0))

    def test_thresholds_are_drawn_where_they_lie_below_two_over_L(self, s: Shown) -> None:
        limits = {gid: line.x for gid, line in s.series.items() if gid.startswith("one-over")}
        assert set(limits) == {"one-over-mu-1.5", *(f"one-over-L-{kappa:g}" for kappa in self.kappas)}
        for gid, x in limits.items():
            close(x, 1.5 if "mu" in gid else 1.0)  # axvline is given in data units, but read back by way of pixels

    def test_facts_are_the_extreme_shares(self, s: Shown) -> None:
        s.has(0, **{f"kappa_{row}": kappa for row, kappa in enumerate(self.kappas, 1)})
        s.has(0, steep_share_up_to_one_over_L=0, steep_share_beyond=1)
        s.has(0, flat_share_if_ill_conditioned=max(s[f"flat-{kappa:g}"].y.max() for kappa in self.kappas[1:]))
