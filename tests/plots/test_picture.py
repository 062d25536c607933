"""A picture gives back, number by number, what it shows."""

import csv
import io
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.artist import setp
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, PathPatch, Polygon, Rectangle
from matplotlib.path import Path

from gdfigs.plots.picture import Picture, Series, plotted, to_csv
from gdfigs.plots.style import canvas, style

numbers = st.floats(1e-3, 1e3)
"""On a log axis too."""
coordinates = st.integers(1, 20).flatmap(
    lambda n: st.tuples(arrays(float, n, elements=numbers), arrays(float, n, elements=numbers))
)
scales = pytest.mark.parametrize("scale", ["linear", "log"])


def drawn(draw: Callable[[Axes], Any], scale: str = "linear") -> dict[str, Series]:
    """What is read back of what ``draw`` puts on axes from 0.001 to 1000."""
    with style():
        figure, (ax,) = canvas()
        ax.set(xscale=scale, yscale=scale, xlim=(1e-3, 1e3), ylim=(1e-3, 1e3))
        draw(ax)
        return plotted(Picture(figure, "a picture"))


def the(series: dict[str, Series], kind: str, gid: str = "it") -> Series:
    assert list(series) == [gid]
    assert series[gid].kind == kind
    assert len({len(values) for values in series[gid].columns.values()}) == 1
    return series[gid]


def same(got: Any, want: Any) -> None:
    np.testing.assert_array_equal(got, np.asarray(want, dtype=float))


masked, NAN = np.ma.masked_greater, np.nan
field = np.meshgrid([1.0, 2.0, 3.0], [10.0, 20.0])
outlines = Path([(0, 0), (1, 0), (0, 1), (9, 9), (2, 2), (3, 2), (9, 9)], [1, 2, 2, 79, 1, 2, 79])


@pytest.mark.parametrize(
    ("draw", "kind", "columns"),
    [
        (lambda ax: ax.plot(range(5), masked([1, 2, 3, NAN, 1.0], 2.5)), "line", "x=0 1 2 3 4; y=1 2 nan nan 1"),
        (lambda ax: ax.step([1, 2, 4], [5, 6, 7]), "line", "x=1 1 2 2 4; y=5 6 6 7 7"),
        (lambda ax: ax.step([1, 2, 4], [5, 6, 7], where="post"), "line", "x=1 2 2 4 4; y=5 5 6 6 7"),
        (lambda ax: ax.step([1, 2, 4], [5, 6, 7], where="mid"), "line", "x=1 1.5 1.5 3 3 4; y=5 5 6 6 7 7"),
        (lambda ax: ax.step([1, 2, 4], [5, 6, 7], "o", linestyle=""), "line", "x=1 2 4; y=5 6 7"),
        (lambda ax: ax.plot([1, 2, 4], [5, 6, 7], "o-", markevery=2), "line", "x=1 2 4; y=5 6 7"),
        (lambda ax: ax.scatter(masked([1, 9, 3, 4], 8), [1, 2, NAN, 4]), "points", "x=1 4; y=1 4"),
        (lambda ax: ax.quiver(*field, -field[0], field[1] ** 2), "arrows", "x=1 2 3 1 2 3; y=10 10 10 20 20 20;"
         "u=-1 -2 -3 -1 -2 -3; v=100 100 100 400 400 400"),
        (lambda ax: ax.quiver([1, 2, 3, 4], [1] * 4, masked([9, 2, 3, 4], 8), [1, 2, NAN, 4]), "arrows",
         "x=2 4; y=1 1; u=2 4; v=2 4"),
        (lambda ax: ax.hlines([1, 2], 0, [3, 4]), "segments", "x=0 3 0 4; y=1 1 2 2; piece=0 0 1 1"),
        (lambda ax: ax.vlines([1, 2], 0, [3, 4]), "segments", "x=1 1 2 2; y=0 3 0 4; piece=0 0 1 1"),
        (lambda ax: ax.stem([1, 2], [3, 4]).stemlines, "segments", "x=1 1 2 2; y=0 3 0 4; piece=0 0 1 1"),
        (lambda ax: ax.bar([1, 2], [3, 4], 0.5), "bars", "x=0.75 1.75; y=0 0; width=0.5 0.5; height=3 4"),
        (lambda ax: ax.bar([1], [3], 0.5, [2], yerr=1), "bars", "x=0.75; y=2; width=0.5; height=3"),
        (lambda ax: ax.barh([1, 2], [3, 4], 0.5), "bars", "x=0 0; y=0.75 1.75; width=3 4; height=0.5 0.5"),
        (lambda ax: ax.hist([1, 1, 2.5, 3], [1, 2, 3])[2], "bars", "x=1 2; y=0 0; width=1 1; height=2 2"),
        (lambda ax: ax.hist([1, 1, 2.5], [1, 2, 3], histtype="step")[2], "region", "x=1 1 2 2 3 3; y=0 2 2 1 1 0"),
        (lambda ax: ax.stairs([3, 1], [0, 0.5, 2]), "steps", "left=0 0.5; right=0.5 2; height=3 1"),
        (lambda ax: ax.stairs([3, 1], [0, 1, 2], orientation="horizontal"), "region", "x=0 3 3 1 1 0; y=0 0 1 1 2 2"),
        (lambda ax: ax.stairs([3], [0, 1], baseline=[2]), "region", "x=0 0 1 1 1 1 0 0; y=2 3 3 2 2 2 2 2"),
        (lambda ax: ax.fill_between([1, 2], 1, [3, 4]), "region", "x=1 1 2 2 2 1 1; y=3 1 1 4 4 3 3"),
        (lambda ax: ax.add_patch(Polygon([(1, 2), (3, 3), (1, 5)])), "region", "x=1 3 1 1; y=2 3 5 2; piece=0 0 0 0"),
        (lambda ax: ax.add_patch(Rectangle((1, 2), 3, 4)), "region", "x=1 4 4 1 1; y=2 2 6 6 2; piece=0 0 0 0 0"),
        # A closing vertex is where its outline begins.
        (lambda ax: ax.add_patch(PathPatch(outlines)), "region",
         "x=0 1 0 0 2 3 2; y=0 0 1 0 2 2 2; piece=0 0 0 0 1 1 1"),
    ],
)  # fmt: skip
@scales
def test_what_is_drawn_comes_back_to_the_last_digit(draw: Any, kind: str, columns: str, scale: str) -> None:
    series = the(drawn(lambda ax: setp(draw(ax), gid="it"), scale), kind)
    for column in columns.split(";"):
        name, values = column.strip().split("=")
        same(series[name], [float(value) for value in values.split()])


class TestLines:
    @scales
    @settings(max_examples=4)
    @given(coordinates)
    def test_any_line_points_and_arrows_come_back_to_the_last_digit(self, scale: str, xy: Any) -> None:
        u, v = np.random.default_rng(len(xy[0])).normal(size=(2, len(xy[0])))
        line = the(drawn(lambda ax: ax.plot(*xy, gid="it"), scale), "line")
        points = the(drawn(lambda ax: ax.scatter(*xy, gid="it"), scale), "points")
        arrows = the(drawn(lambda ax: ax.quiver(*xy, u, v, gid="it"), scale), "arrows")
        same([line.x, line.y, points.x, points.y], [*xy, *xy])
        same([arrows[column] for column in "xyuv"], [*xy, u, v])

    @scales
    def test_a_line_across_or_up_the_axes_spans_them(self, scale: str) -> None:
        level = the(drawn(lambda ax: ax.axhline(0.3, 0.25, 0.75, gid="it"), scale), "line")
        same(level.y, [0.3, 0.3])
        ends = [10**-1.5, 10**1.5] if scale == "log" else [1e-3 + 0.25 * 999.999, 1e-3 + 0.75 * 999.999]
        np.testing.assert_allclose(level.x, ends, rtol=1e-12)  # through pixels and back
        upright = the(drawn(lambda ax: ax.axvline(7.1, gid="it"), scale), "line")
        same(upright.x, [7.1, 7.1])
        np.testing.assert_allclose(upright.y, [1e-3, 1e3], rtol=1e-9)  # through pixels and back

    def test_limits_that_wait_for_the_drawing_count(self) -> None:
        figure, (ax,) = canvas()
        ax.plot([0, 1], [0, 8], gid="it")
        ax.axhline(0.5, gid="level")
        ax.set(aspect="equal", adjustable="datalim", ymargin=0)
        before = Picture(figure, "two lines").data["level"].x
        figure.draw_without_rendering()
        assert before[1] - before[0] > 8  # the axes are wider than high
        np.testing.assert_allclose(before, ax.get_xlim(), rtol=1e-12)

    def test_a_line_through_a_point_ends_where_the_axes_do(self) -> None:
        line = the(drawn(lambda ax: ax.axline((1, 2), slope=0.5, gid="it")), "line")
        np.testing.assert_allclose([line.x, line.y], [[1e-3, 1e3], [1.5005, 501.5]], rtol=1e-9)

    def test_vertices_are_those_drawn_whatever_the_drawing_simplifies(self) -> None:
        x = np.linspace(0, 1, 5000)
        same(the(drawn(lambda ax: ax.plot(x, x, gid="it")), "line").x, x)

    def test_what_is_placed_by_fractions_of_the_axes_comes_back_in_data_units(self) -> None:
        points = the(drawn(lambda ax: ax.scatter([0.5], [0.25], transform=ax.transAxes, gid="it"), "log"), "points")
        np.testing.assert_allclose([points.x[0], points.y[0]], [1, 10**-1.5], rtol=1e-12)
        band = drawn(lambda ax: ax.fill_between([1, 2], 0, 0.5, transform=ax.get_xaxis_transform(), gid="it"))["it"]
        np.testing.assert_allclose([band.y.min(), band.y.max()], [1e-3, 500.0005], rtol=1e-9)  # through pixels and back
        assert (band.x.min(), band.x.max()) == (1, 2)


class TestContours:
    x = np.linspace(-2.5, 2.5, 41)

    def contours(self, z: Any, levels: list[float]) -> Series:
        return the(drawn(lambda ax: ax.contour(self.x, self.x, z, levels=levels, colors="k", gid="it")), "contours")

    def test_each_vertex_lies_on_its_level(self) -> None:
        x, y = np.meshgrid(self.x, self.x)
        found = self.contours(x + 2 * y, [-3.0, 0.0, 1.0])
        assert set(found["level"]) == {-3.0, 0.0, 1.0}
        # Interpolation along the edges of the grid is exact where the function is linear.
        np.testing.assert_allclose(found.x + 2 * found.y, found["level"], rtol=0, atol=1e-12)

    def test_a_closed_piece_ends_where_it_begins_and_encloses_the_centre(self) -> None:
        x, y = np.meshgrid(self.x, self.x)
        found = self.contours(x**2 + y**2, [1.0, 4.0])
        for number, radius in enumerate([1.0, 2.0]):
            piece = found["piece"] == number
            ring = np.array([found.x[piece], found.y[piece]])
            same(ring[:, 0], ring[:, -1])
            assert set(found["level"][piece]) == {radius**2}
            # Linear interpolation on a grid of 1/8 errs by at most 1/8^2 / 4 in x^2 + y^2.
            np.testing.assert_allclose((ring**2).sum(axis=0), radius**2, atol=1 / 256)
            turns = np.diff(np.unwrap(np.arctan2(*ring)))
            assert abs(turns.sum()) == pytest.approx(2 * np.pi)

    def test_separate_pieces_of_one_level_have_numbers_of_their_own(self) -> None:
        x, _ = np.meshgrid(self.x, self.x)
        found = self.contours(x**2, [1.0])
        assert [set(np.sign(found.x[found["piece"] == n])) for n in (0, 1)] in ([{-1.0}, {1.0}], [{1.0}, {-1.0}])
        assert len(found.x) == 2 * len(self.x)

    def test_where_values_are_masked_or_no_level_is_met_there_is_none(self) -> None:
        x, y = np.meshgrid(self.x, self.x)
        found = self.contours(np.ma.masked_where(x > 0.5, x**2 + y**2), [1.0, 4.0, 99.0])
        assert found.x.max() <= 0.5
        assert (set(found["level"]), set(found["piece"])) == ({1.0, 4.0}, {0.0, 1.0})
        assert np.isfinite(found.x).all()
        with warnings.catch_warnings(action="ignore"):  # some releases of Matplotlib warn of it
            found = self.contours(x, [9.0])
        assert {name: len(values) for name, values in found.columns.items()} == {"x": 0, "y": 0, "level": 0, "piece": 0}


class TestRegions:
    def test_a_band_in_pieces_keeps_them_apart(self) -> None:
        x = np.linspace(0, 1, 11)
        band = the(drawn(lambda ax: ax.fill_between(x, 1, 2, where=(x < 0.25) | (x > 0.55), gid="it")), "region")
        left, right = band.x[band["piece"] == 0], band.x[band["piece"] == 1]
        assert (left.min(), left.max()) == (0, x[2])
        assert (right.min(), right.max()) == (x[6], 1)
        assert set(band["piece"]) == {0, 1}

    @scales
    def test_a_strip_across_the_axes_spans_them(self, scale: str) -> None:
        strip = the(drawn(lambda ax: ax.axvspan(0.2, 0.4, gid="it"), scale), "region")
        np.testing.assert_allclose([strip.x.min(), strip.x.max()], [0.2, 0.4], rtol=1e-14)
        np.testing.assert_allclose([strip.y.min(), strip.y.max()], [1e-3, 1e3], rtol=1e-9)  # through pixels and back

    @pytest.mark.parametrize("radius", [1e-2, 1.0, 100.0])
    def test_a_circle_comes_back_round_whatever_its_size(self, radius: float) -> None:
        circle = the(drawn(lambda ax: ax.add_patch(Circle((3, 4), radius, gid="it"))), "region")
        distance = np.hypot(circle.x - 3, circle.y - 4)
        np.testing.assert_allclose(distance, radius, rtol=1e-5)  # Bezier curves are no true circle
        angles = np.unwrap(np.arctan2(circle.y - 4, circle.x - 3))
        assert angles[-1] - angles[0] == pytest.approx(2 * np.pi)
        assert np.diff(angles).max() < 0.1


class TestPictures:
    def test_all_named_artists_of_all_axes_are_read_and_no_other(self) -> None:
        with style():
            figure, axes = canvas(400, rows=2)
            axes[0].plot([0, 1], [0, 1], gid="line", label="a line")
            axes[0].plot([0, 1], [1, 0])
            axes[0].plot([0, 1], [0, 0], gid="hidden", visible=False)
            axes[0].legend()
            axes[1].scatter([0], [1], gid="points")
            picture = Picture(figure, "two panels", {"answer": 42})
        assert {gid: series.kind for gid, series in plotted(picture).items()} == {"line": "line", "points": "points"}

    @pytest.mark.parametrize(
        "draw",
        [
            lambda ax: [ax.plot([0], [0], gid="it"), ax.scatter([0], [0], gid="it")],
            lambda ax: ax.plot([[0, 1], [2, 3]], gid="it"),
            lambda ax: ax.hist([[0, 1], [2, 3]], gid="it"),
            lambda ax: ax.errorbar([1, 2], [3, 4], yerr=1, gid="it"),
        ],
    )
    def test_a_name_used_twice_is_refused(self, draw: Callable[[Axes], Any]) -> None:
        with pytest.raises(ValueError, match=r"two artists of one picture have the gid 'it': give .* by ax\.vlines"):
            drawn(draw)

    @pytest.mark.parametrize(
        ("draw", "artist"),
        [
            (lambda ax: ax.text(0, 0, "words", gid="it"), "Text"),
            (lambda ax: ax.imshow([[0, 1]], gid="it"), "AxesImage"),
            (lambda ax: ax.contourf([[0, 1], [1, 2]], gid="it"), "QuadContourSet"),
            (lambda ax: ax.barbs([0, 1], [0, 1], [1, 2], [1, 2], gid="it"), "Barbs"),
            (lambda ax: ax.plot([0, 1], [0, 1], "o", markevery=2, gid="it"), "Line2D"),
            (lambda ax: ax.figure.add_artist(Line2D([0, 1], [0, 1], gid="it")), "Line2D"),
            (lambda ax: ax.figure.add_subplot(projection="3d").plot([0, 1], [0, 1], [0, 1], gid="it"), "Line3D"),
            (lambda ax: ax.add_line(type("Wavy", (Line2D,), {})([0, 1], [0, 1], gid="it")), "Wavy"),
        ],
    )
    def test_an_artist_that_cannot_be_read_back_is_refused(self, draw: Callable[[Axes], Any], artist: str) -> None:
        with pytest.raises(ValueError, match=f"{artist} with gid 'it' cannot be read back: lines .* can, if"):
            drawn(draw)

    @pytest.mark.parametrize("layout", ["constrained", "tight"])
    def test_an_automatic_layout_is_settled_once(self, layout: Any) -> None:
        with style():
            figure = Figure(layout=layout)
            for n, ax in enumerate(figure.subplots(2, 2).flat):
                ax.plot([0, 1], [0, 1000], gid=f"line {n}")
                ax.set(ylabel="two\nlines")
            shown = Picture(figure, "four panels")
        places = [ax.get_position().bounds for ax in figure.axes]
        figure.draw_without_rendering()
        assert places == [ax.get_position().bounds for ax in figure.axes]
        assert min(box[0] for box in places) > 0.05  # it was laid out
        assert {*shown.data} == {f"line {n}" for n in range(4)}

    def test_facts_are_floats_whatever_number_they_were(self) -> None:
        figure, (ax,) = canvas()
        ax.plot([0], [0], gid="it")
        facts = Picture(figure, "a dot", {"a": np.int64(3), "b": np.float32(0.5), "c": np.array(2), "d": 1}).facts
        assert [(type(value), value) for value in facts.values()] == [(float, 3), (float, 0.5), (float, 2), (float, 1)]

    def test_no_name_no_description_and_no_number_are_refused(self) -> None:
        with pytest.raises(ValueError, match="no artist has a gid"):
            drawn(lambda ax: ax.plot([0, 1], [0, 1]))
        for description in ("", " \n"):
            with pytest.raises(ValueError, match="a picture needs a description for readers who do not see it"):
                Picture(Figure(), description)
        for value in (np.nan, np.inf, -np.inf):
            with pytest.raises(ValueError, match=f"the fact 'steps' is {value}, not a finite number"):
                Picture(Figure(), "something", {"gap": 1.0, "steps": value})


class TestTables:
    @given(arrays(float, (3, 4), elements=st.floats(allow_infinity=False, width=64)))
    def test_every_number_survives_the_round_trip(self, values: Any) -> None:
        series = {
            "flow": Series("line", {"x": values[0], "y": values[1]}),
            "field": Series("arrows", {"x": values[1], "y": values[2], "u": values[0], "v": values[2]}),
            "counts": Series("steps", {"left": values[0], "right": values[1], "height": values[2]}),
        }
        rows = list(csv.DictReader(io.StringIO(to_csv(series))))
        assert [row["series"] for row in rows] == ["flow"] * 4 + ["field"] * 4 + ["counts"] * 4
        assert list(rows[0]) == ["series", "x", "y", "u", "v", "left", "right", "height"]
        for gid, one in series.items():
            own = [row for row in rows if row["series"] == gid]
            for column in list(rows[0])[1:]:
                if column in one.columns:
                    same([float(row[column]) for row in own], one[column])
                else:
                    assert {row[column] for row in own} == {""}

    def test_the_table_of_a_picture_is_what_it_shows_its_name_quoted(self) -> None:
        table = to_csv(drawn(lambda ax: ax.plot([0.1, 2], [1 / 3, 4], gid="a, b")))
        assert table == 'series,x,y\n"a, b",0.10000000000000001,0.33333333333333331\n"a, b",2,4\n'
