"""Each figure's SVG is clean, described, themed, the same on every build, and shows the numbers that are plotted."""

import hashlib
import json
import os
import re
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
from matplotlib.artist import Artist
from matplotlib.axes import Axes
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
    PAPER,
    ROLES,
    SECOND,
    THIRD,
    canvas,
    style,
)
from gdfigs.plots.svg import standalone, to_svg
from tests.read_svg import misplaced, tips
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
    """Each registered figure, with its defaults."""
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


def sketch(draw: Callable[[Axes], Any]) -> Picture:
    """A picture of what ``draw`` puts on axes with a line."""
    with style():
        figure, (ax,) = canvas(100)
        ax.plot([0, 1], [0, 1], gid="line", **DESCENT_LOOK)
        draw(ax)
        return Picture(figure, description='Rises from "0" to 1 & more: x < y.')


def sketched(draw: Callable[[Axes], Any]) -> str:
    return to_svg(sketch(draw), "a", "x < y & 'z'")


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
        above.step(x, x / 5, gid="stepped", where="mid", **DESCENT_LOOK)
        above.vlines(x, 2e-3, x, gid="segments", color=INK)
        above.bar(x, x / 9, 0.05, 1e-3, gid="bars")
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


class TestEveryFigure:
    def test_it_is_one_svg_element_with_a_size_and_a_description(self, name: str, root: ET.Element) -> None:
        width, height = root.get("width", ""), root.get("height", "")
        assert (root.tag, root.get("role"), int(width)) == ("svg", "img", 420)
        assert root.get("viewBox") == f"0 0 {width} {height}"
        title, described = list(root)[:2]
        assert (title.tag, title.text) == ("title", "A <title> & more")
        assert (described.tag, described.text) == ("desc", picture(name).description)
        assert root.get("aria-labelledby") == f"{title.get('id')} {described.get('id')}"

    def test_its_ids_are_unique_and_begin_with_its_name_or_a_digest_of_it(self, name: str, root: ET.Element) -> None:
        ids = [e.get("id", "") for e in root.iter() if "id" in e.attrib]
        assert len(ids) == len(set(ids))
        assert {f"{name}-{gid}" for gid in plotted(picture(name))} <= set(ids)
        referred = [i for i in ids if not i.startswith(f"{name}-")]
        assert referred
        assert len({re.fullmatch(r"(f[0-9a-f]{5})\.\d+", i)[1] for i in referred}) == 1  # type: ignore[index]

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

    def test_it_brings_nothing_that_would_reach_into_the_page_and_is_small(self, name: str, root: ET.Element) -> None:
        tags = {e.tag for e in root.iter()}
        assert tags <= {"svg", "title", "desc", "g", "defs", "path", "use", "clipPath", "rect"}
        names = {a for e in root.iter() for a in e.attrib}
        assert not {n for n in names if ":" in n or n.startswith(("{", "on", "xlink")) or n in ("class", "xmlns")}
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


def test_two_figures_on_a_page_share_no_id() -> None:
    drawn = sketch(lambda ax: ax.set_axis_off())
    assert to_svg(drawn, "a", "t") == to_svg(drawn, "a", "t")  # nor does the first leave a trace
    prefixes = ["a", "a-b", *(f"figure-{name}{again}" for name in all_figures() for again in ("", "-2", "-3"))]
    used = [set(re.findall(r'id="([^"]+)"', to_svg(drawn, prefix, "title"))) for prefix in prefixes]
    assert len(used[0]) > 3
    assert sum(map(len, used)) == len(set().union(*used))


def test_text_is_escaped() -> None:
    root = ET.fromstring(sketched(lambda ax: None))
    assert root.findtext("title") == "x < y & 'z'"
    assert root.findtext("desc") == 'Rises from "0" to 1 & more: x < y.'


class Alarm(Artist):
    """Draws nothing but attention."""

    def draw(self, renderer: Any) -> None:
        warnings.warn("look out", stacklevel=1)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda ax: ax.plot([0, 1], color="red"),
            r"the colour #ff0000 has no role in gdfigs\.plots\.style: use discrete,",
        ),
        (lambda ax: ax.bar(0, 1, facecolor="red", edgecolor=DISCRETE, hatch="//"), "the colour #ff0000 has no role"),
        (lambda ax: ax.bar(0, 1, facecolor=FAINT, edgecolor="#0f0", hatch="//"), "the colour #00ff00 has no role"),
        (lambda ax: ax.pcolormesh([[0, 1], [1, 2]]), "has no role"),
        (lambda ax: ax.pcolormesh([[0, 1], [1, 2]], shading="gouraud"), "<filter> in the drawing"),
        (
            lambda ax: ax.figure.colorbar(ax.imshow([[0]])),
            r"<image> in the drawing .* follows no theme: use ax\.contour",
        ),
        (lambda ax: ax.plot([0, 1], rasterized=True), "<image> in the drawing"),
        (lambda ax: ax.text(0, 0, "x", url="https://example.org"), "<a> in the drawing"),
        (lambda ax: ax.set_xlabel("步数"), "the font STIXGeneral has no glyph for '步' in '步数'"),
        (lambda ax: ax.set_xlabel("$x_步$"), "no glyph for '步' in"),
        (lambda ax: ax.plot([0, 1], gid="title"), "the gid 'title' is the id of something else"),
        (lambda ax: ax.plot([0, 1], gid="desc"), "the gid 'desc' is the id of something else"),
        (lambda ax: ax.plot([0, 1], gid="axes_1"), "the gid 'axes_1' is the id of something else"),
        (lambda ax: ax.add_artist(Alarm()), "Matplotlib warns: look out"),
    ],
)
def test_what_would_be_broken_or_lost_is_refused_by_name(draw: Callable[[Axes], Any], message: str) -> None:
    for _ in range(2):  # Matplotlib tells of a glyph that mathematics lacks only once
        with pytest.raises(ValueError, match=message):
            sketched(draw)


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: [ax.grid(), ax.legend(ax.lines, ["line"], frameon=True)],
        lambda ax: ax.annotate("x", (0, 0), (1, 1), arrowprops={"arrowstyle": "-|>"}),
        lambda ax: [ax.bar(1, 2), ax.barh(1, 2, hatch="/"), ax.hist([1, 2]), ax.boxplot([1, 2]), ax.stem([1], [2])],
        lambda ax: [ax.errorbar([1], [2], 1), ax.hlines(0, 0, 1), ax.axvspan(0, 1), ax.violinplot([1, 2])],
        lambda ax: ax.contourf([[0, 1], [1, 2]], levels=[0, 1, 2], colors=[FAINT, PAPER]),
        lambda ax: [ax.plot([0, n]) for n in range(12)],
    ],
)
def test_without_a_colour_the_colours_of_the_style_are_used(draw: Callable[[Axes], Any]) -> None:
    used = set(colours(ET.fromstring(sketched(draw)))) - {"none"}
    assert used
    assert all(VARIABLE.fullmatch(colour) or re.fullmatch(r"url\(#f[0-9a-f]{5}\.\d+\)", colour) for colour in used)


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: ax.text(0, 0, "x", color="black"),
        lambda ax: ax.bar([0], [1], color="k"),
        lambda ax: ax.set_xlabel("k", color="#000000"),
        lambda ax: ax.scatter([0], [1], color="k"),
        lambda ax: ax.plot([0, 1], "ko-"),
    ],
)
def test_black_is_ink(draw: Callable[[Axes], Any]) -> None:
    text = sketched(draw)
    assert "#000000" not in text
    assert ET.fromstring(text).find("g").attrib == {"style": f"fill:var(--gd-ink,{INK})"}  # type: ignore[union-attr]
    assert "<g style" not in sketched(lambda ax: None)[: text.index("<g") + 9]


def test_transparency_is_kept() -> None:
    assert "stroke-opacity:0.25" in sketched(lambda ax: ax.plot([0, 1], alpha=0.25))
    assert "fill-opacity:0.25" in sketched(lambda ax: ax.plot([0, 1], **DOTS_LOOK, alpha=0.25))


def test_the_look_of_many_marks_is_said_once() -> None:
    root = ET.fromstring(sketched(lambda ax: ax.plot([0, 1], gid="dots", **DOTS_LOOK)))
    marks = [g for g in root.findall(".//g[@id='a-dots']/g") if g.find("use") is not None]
    assert [set(use.attrib) for use in marks[0]] == [{"href", "x", "y"}] * 2
    assert set(colours(marks[0])) == {f"var(--gd-discrete,{DISCRETE})"}


class TestReading:
    """The reader of SVG that the tests rely on, which must see what is there, and see when it is not."""

    def test_every_kind_of_artist_is_read_to_the_decimals_written(self, zoo: Picture) -> None:
        assert misplaced(to_svg(zoo, "zoo", "t"), zoo) == {}

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
