"""Each figure's SVG is clean, described, themed, the same on every build, and shows the numbers that are plotted."""

import hashlib
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
from matplotlib.patches import Circle, Rectangle

from gdfigs.plots.picture import Picture, plotted
from gdfigs.plots.registry import all_figures
from gdfigs.plots.style import (
    CONTINUOUS,
    DESCENT_LOOK,
    DISCRETE,
    DOTS_LOOK,
    FAINT,
    FLOW_LOOK,
    INK,
    ROLES,
    SECOND,
    THIRD,
    canvas,
    style,
)
from gdfigs.plots.svg import standalone, to_svg
from tests.read_svg import misplaced, read, tips
from tests.shown import picture

FIGURES = sorted(all_figures())
LARGEST = 60_000
"""Bytes: what a page of several figures can carry (a fifth of it, compressed), and what hides no forgotten mesh."""
VARIABLE = re.compile(r"var\(--gd-(\w+),(#[0-9a-f]{6})\)")
COLOURED = {"fill", "stroke", "color", "stop-color", "flood-color"}


@cache
def svg(name: str) -> str:
    return to_svg(picture(name), name, "A <title> & more")


@pytest.fixture(params=FIGURES)
def name(request: pytest.FixtureRequest) -> str:
    """Each figure of the catalogue, with its defaults."""
    return str(request.param)


@pytest.fixture
def root(name: str) -> ET.Element:
    return ET.fromstring(svg(name))


def colours(root: ET.Element) -> Iterator[str]:
    """Every colour that is set, by an attribute or in a style."""
    for element in root.iter():
        declared = [part.partition(":")[::2] for part in element.get("style", "").split(";")]
        yield from (value.strip() for name, value in [*declared, *element.attrib.items()] if name.strip() in COLOURED)


def geometry(root: ET.Element) -> list[dict[str, str]]:
    return [{a: v for a, v in e.attrib.items() if a != "style"} for e in root.iter()]


def sketch(**look: object) -> Picture:
    with style():
        figure, (ax,) = canvas()
        ax.plot([0, 1], [0, 1], gid="line", **look)
        return Picture(figure, description='Rises from "0" to 1 & more: x < y.')


@pytest.fixture(scope="module")
def zoo() -> Picture:
    """An artist of every kind that can be read back, more than one way of drawing where Matplotlib has several."""
    with style():
        figure, (above, below) = canvas(420, rows=2)
        x = np.linspace(0.1, 1, 7)
        above.set(xlim=(0, 1.2), ylim=(1e-3, 2), yscale="log")
        above.plot(x, x**2, gid="line", **FLOW_LOOK)
        above.plot(x, x**3, gid="line-with-dots", **DESCENT_LOOK)
        above.plot(x, x / 2, gid="dots", **DOTS_LOOK)
        above.axhline(0.3, gid="level", color=FAINT)
        above.scatter(x, x / 3, gid="points", color=SECOND, s=9)
        above.scatter(x, x / 4, gid="points-of-several-sizes", color=SECOND, s=5 + np.arange(7))
        above.fill_between(x, 0 * x + 2e-3, x, gid="area", color=FAINT, alpha=0.3, lw=0)
        below.set(xlim=(-1, 1), ylim=(-1, 1), aspect="equal")
        below.stairs([0.2, 0.4, 0.3], [-0.2, 0.5, 0.6, 0.9], gid="steps", color=THIRD)
        below.stairs([0.1, 0.4, 0.3], [-0.2, 0.5, 0.6, 0.9], gid="filled-steps", color=THIRD, fill=True, alpha=0.2)
        below.add_patch(Circle((0.5, 0.5), 0.2, gid="disc", color=DISCRETE))
        below.add_patch(Rectangle((0.5, 0.5), 0.2, 0.3, gid="rectangle", fill=False, color=INK))
        below.axvspan(0.6, 0.8, gid="span", color=FAINT)
        grid = np.linspace(-0.9, 0.9, 15)
        X, Y = np.meshgrid(grid, grid)
        below.contour(X, Y, X**2 + 2 * Y**2, levels=[0.1, 0.5, 1.5, 9], colors=FAINT).set_gid("contours")
        U, V = np.meshgrid(grid[::4], grid[::4])
        for pivot in ("tail", "mid", "tip"):
            below.quiver(U, V, -U, -2 * V, gid=f"arrows-{pivot}", color=INK, angles="xy", pivot=pivot)
        below.quiver(U, V, 1, 1, gid="arrows-up", color=CONTINUOUS)
        return Picture(figure, description="One of each.")


def test_no_two_figures_share_an_id() -> None:
    with style():
        figure, (ax,) = canvas(100)
        ax.plot(1, 1, gid="dot", color=INK, marker="o")
        dot = Picture(figure, description="A dot.")
    prefixes = [f"figure-{name}{again}" for name in all_figures() for again in ("", "-2", "-3")]
    used = [set(re.findall(r'id="([^"]+)"', to_svg(dot, prefix, "title"))) for prefix in prefixes]
    assert len(used[0]) > 3
    assert sum(map(len, used)) == len(set().union(*used))


class TestEveryFigure:
    def test_it_is_one_svg_element_with_a_size(self, root: ET.Element) -> None:
        assert root.tag == "svg"
        width, height = root.get("width", ""), root.get("height", "")
        assert root.get("viewBox") == f"0 0 {width} {height}"
        assert int(width) == 420

    def test_it_is_described_in_words(self, name: str, root: ET.Element) -> None:
        assert root.get("role") == "img"
        title, described = list(root)[:2]
        assert (title.tag, title.text) == ("title", "A <title> & more")
        assert (described.tag, described.text) == ("desc", picture(name).description)
        assert root.get("aria-labelledby") == f"{title.get('id')} {described.get('id')}"

    def test_its_ids_are_unique_and_begin_with_its_name_or_a_digest_of_it(self, name: str, root: ET.Element) -> None:
        ids = [e.get("id", "") for e in root.iter() if "id" in e.attrib]
        assert len(ids) == len(set(ids))
        referred = [i for i in ids if not i.startswith(f"{name}-")]
        assert referred
        assert len({re.fullmatch(r"(f[0-9a-f]{5})\.\d+", i)[1] for i in referred}) == 1  # type: ignore[index]

    def test_each_named_artist_has_its_id(self, name: str, root: ET.Element) -> None:
        ids = {e.get("id") for e in root.iter()}
        assert {f"{name}-{gid}" for gid in plotted(picture(name))} <= ids

    def test_each_reference_leads_somewhere_in_it(self, root: ET.Element) -> None:
        ids = {e.get("id") for e in root.iter()}
        references = [e.get("href", "") for e in root.iter() if "href" in e.attrib]
        references += [m for e in root.iter() for v in e.attrib.values() for m in re.findall(r"url\(([^)]*)\)", v)]
        assert references
        assert {r[:1] for r in references} == {"#"}
        assert {r[1:] for r in references} <= ids

    def test_each_colour_is_a_variable_of_the_theme_with_its_fallback(self, name: str, root: ET.Element) -> None:
        used = set(colours(root)) - {"none"}
        assert used
        for colour in used:
            match = VARIABLE.fullmatch(colour)
            assert match, colour
            assert ROLES[match[2]] == match[1]
        rest = re.sub(r'url\(#[^)]*\)|href="#[^"]*"', "", VARIABLE.sub("", svg(name)))
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b|\b(rgb|hsl)a?\(", rest)

    def test_it_brings_nothing_that_would_reach_into_the_page(self, root: ET.Element) -> None:
        tags = {e.tag for e in root.iter()}
        assert tags <= {"svg", "title", "desc", "g", "defs", "path", "use", "clipPath", "rect"}
        names = {a for e in root.iter() for a in e.attrib}
        assert not {n for n in names if ":" in n or n.startswith(("{", "on", "xlink")) or n in ("class", "xmlns")}

    def test_it_is_small(self, name: str) -> None:
        assert len(svg(name).encode()) <= LARGEST

    def test_it_shows_what_is_plotted(self, name: str) -> None:
        assert misplaced(svg(name), picture(name)) == {}

    def test_as_a_file_it_has_its_namespace_and_the_colours_of_the_light_theme(self, name: str) -> None:
        text = standalone(svg(name))
        assert text.startswith('<?xml version="1.0" encoding="utf-8"?>\n<svg ')
        root = ET.fromstring(text.encode())
        assert {e.tag.partition("}")[0] for e in root.iter()} == {"{http://www.w3.org/2000/svg"}
        assert "var(" not in text
        assert set(colours(root)) - {"none"} <= set(ROLES)
        assert geometry(root) == geometry(ET.fromstring(svg(name)))


def test_a_second_process_with_another_hash_seed_writes_the_same_bytes() -> None:
    program = (
        "import hashlib, json; from gdfigs.plots.registry import all_figures; from gdfigs.plots.svg import to_svg\n"
        "made = {n: to_svg(f(), n, 'A <title> & more') for n, f in all_figures().items()}\n"
        "print(json.dumps({n: hashlib.sha256(s.encode()).hexdigest() for n, s in made.items()}))"
    )
    seed = str(1 + int(os.environ.get("PYTHONHASHSEED", "0").replace("random", "0")))
    run = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(run.stdout) == {n: hashlib.sha256(svg(n).encode()).hexdigest() for n in FIGURES}


def test_writing_a_picture_leaves_it_as_it_was() -> None:
    drawn = sketch(color=DISCRETE)
    assert to_svg(drawn, "a", "t") == to_svg(drawn, "a", "t")


def test_two_figures_on_a_page_share_no_id() -> None:
    drawn = sketch(**DESCENT_LOOK)
    first, second = ({e.get("id") for e in ET.fromstring(to_svg(drawn, p, "t")).iter()} - {None} for p in ("a", "a-b"))
    assert first
    assert not first & second


def test_text_is_escaped() -> None:
    root = ET.fromstring(to_svg(sketch(color=DISCRETE), "a", "x < y & 'z'"))
    assert root.findtext("title") == "x < y & 'z'"
    assert root.findtext("desc") == 'Rises from "0" to 1 & more: x < y.'


def test_a_colour_without_a_role_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"the colour #ff0000 has no role in gdfigs\.style: use one of discrete"):
        to_svg(sketch(color="red"), "a", "t")


def test_transparency_is_kept() -> None:
    assert "stroke-opacity:0.25" in to_svg(sketch(color=DISCRETE, alpha=0.25), "a", "t")
    assert "fill-opacity:0.25" in to_svg(sketch(**DOTS_LOOK, alpha=0.25), "a", "t")


def test_the_look_of_many_marks_is_said_once() -> None:
    root = ET.fromstring(to_svg(sketch(**DOTS_LOOK), "a", "t"))
    marks = [g for g in root.findall(".//g[@id='a-line']/g") if g.find("use") is not None]
    assert [set(use.attrib) for use in marks[0]] == [{"href", "x", "y"}] * 2
    assert set(colours(marks[0])) == {f"var(--gd-discrete,{DISCRETE})"}


class TestReading:
    """The reader of SVG that the tests rely on, which must see what is there, and see when it is not."""

    def test_every_kind_of_artist_is_read_to_the_decimals_written(self, zoo: Picture) -> None:
        assert misplaced(to_svg(zoo, "zoo", "t"), zoo) == {}

    def test_it_is_read_in_data_units_with_the_columns_plotted(self, zoo: Picture) -> None:
        found = read(to_svg(zoo, "zoo", "t"), zoo)
        for gid, series in plotted(zoo).items():
            assert found[gid].kind == series.kind
            assert found[gid].columns.keys() == series.columns.keys()
            for column in series.columns:
                # 0.01 px of axes at least 100 px long: 1e-4 of the range 2, or of three decades of values up to 2.
                np.testing.assert_allclose(found[gid][column], series[column], atol=1.5e-3, err_msg=f"{gid}, {column}")

    def test_arrows_point_where_they_should(self, zoo: Picture) -> None:
        series = plotted(zoo)["arrows-tail"]
        way = tips(to_svg(zoo, "zoo", "t"), zoo, "arrows-tail") - np.column_stack([series.x, series.y])
        long = np.linalg.norm(way, axis=1) > 0.05  # 0.01 px, the rounding, is no angle to speak of
        turn = np.arctan2(way[:, 1], way[:, 0]) - np.arctan2(series["v"], series["u"])
        assert long.sum() > 10
        np.testing.assert_allclose(np.sin(turn[long]), 0, atol=0.02)
        assert (np.cos(turn[long]) > 0).all()

    def test_a_number_changed_on_the_way_is_noticed(self, zoo: Picture) -> None:
        text = to_svg(zoo, "zoo", "t")
        for gid in plotted(zoo):
            coordinate = r' x="([\d.]+)' if gid in ("dots", "points") else r' d="M(-?[\d.]+)'
            found = re.compile(coordinate).search(text, text.index(f'id="zoo-{gid}"'))
            assert found
            moved = f"{text[: found.start(1)]}{float(found[1]) + 0.1:.2f}{text[found.end(1) :]}"
            assert gid in misplaced(moved, zoo), gid

    def test_a_point_left_out_is_noticed(self, zoo: Picture) -> None:
        text = to_svg(zoo, "zoo", "t")
        at = text.index('id="zoo-dots"')
        first = re.compile(r"<use [^>]*/>").search(text, at)
        assert first
        assert misplaced(text[: first.start()] + text[first.end() :], zoo) == {"dots": np.inf}
