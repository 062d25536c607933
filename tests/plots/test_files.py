"""A picture saves itself in any format, theme and width, always as the same bytes, and shows itself in a notebook."""

import json
import re
import struct
import xml.etree.ElementTree as ET
import zlib
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.image import imread

from gdfigs.plots.files import FORMATS, content
from gdfigs.plots.picture import Picture, plotted, to_csv
from gdfigs.plots.registry import all_figures
from gdfigs.plots.show import show
from gdfigs.plots.style import DARK, DISCRETE, PAPER, ROLES, canvas, dark, style
from gdfigs.plots.svg import standalone, to_svg
from tests.read_svg import misplaced
from tests.shown import picture

NAME = "amplification"
TITLE = "Factor per step"
THEMES: dict[bool, dict[str, str]] = {False: {colour: colour for colour in ROLES}, True: DARK}
themed = pytest.mark.parametrize("night", THEMES)


@cache
def drawn(name: str = NAME) -> Picture:
    """A registered figure, with all that its picture may say of it."""
    known = {"title": TITLE, "name": name, "page": "a.md", "parameters": {"largest": 3.0}}
    return replace(picture(name), **known, redraw=partial(all_figures()[name]))


def by_hand() -> Picture:
    with style():
        figure, (ax,) = canvas()
        ax.plot([0, np.nan, 2], [0.1, 0.2, np.inf], gid="line")
        return Picture(figure, "A line in two pieces.")


def page(pdf: bytes) -> bytes:
    """The drawing of a PDF."""
    streams = [zlib.decompress(s) for s in re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL) if s[:1] == b"x"]
    return next(s for s in streams if s.startswith(b"/DeviceRGB"))


def painted(file: bytes) -> set[str]:
    """All colours that an SVG or a PDF is painted with."""
    if not file.startswith(b"%PDF"):
        return set(re.findall(r"#[0-9a-fA-F]{3,8}\b", re.sub(r'="#|url\(#', "", file.decode())))
    colours = re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) (?:rg|RG)\b", page(file))
    colours += [[gray] * 3 for gray in re.findall(rb"([\d.]+) (?:g|G)\b", page(file))]
    return {"#" + "".join(f"{round(255 * float(part)):02x}" for part in rgb) for rgb in colours}


@pytest.mark.parametrize("ending", FORMATS)
def test_the_format_is_that_of_the_name_and_the_bytes_are_the_same(ending: str, tmp_path: Path) -> None:
    drawn().save(tmp_path / f"a.{ending.upper()}")
    drawn().save(f"{tmp_path}/b.{ending}")
    assert (tmp_path / f"a.{ending.upper()}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_a_name_of_no_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"written as 'jpg': the name must end in \.svg, \.pdf, \.png, \.csv, \.json"):
        drawn().save(tmp_path / "a.jpg")
    for look in ({"dark": True}, {"width": 300}):
        with pytest.raises(ValueError, match="csv has neither theme nor width: leave them out"):
            content(drawn(), "csv", **look)  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [None, 333, 840])
def test_a_pdf_is_drawn_at_three_quarters_of_a_point_to_the_pixel(width: int | None) -> None:
    wide, height = drawn().figure.get_size_inches() * 72
    pdf, scale = content(drawn(), "pdf", width=width), 0.75 * (width or wide) / wide
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", pdf)
    assert box
    assert [*map(float, box.groups())] == pytest.approx([scale * wide, scale * height])
    matrix = re.match(rb".*?([-\d. ]+) cm\b", page(pdf), re.DOTALL)
    assert matrix
    assert [*map(float, matrix[1].split())] == pytest.approx([scale, 0, 0, scale, 0, 0])


def test_a_pdf_is_otherwise_what_matplotlib_draws(tmp_path: Path) -> None:
    with style(), rc_context({"pdf.fonttype": 42}):
        drawn().figure.savefig(tmp_path / "a.pdf", facecolor=PAPER)
    matrix = rb"(?m)^([-\d.]+ ){6}cm\n"  # ours comes before all else
    ours, theirs = page(content(drawn(), "pdf")), page((tmp_path / "a.pdf").read_bytes())
    assert re.sub(matrix, b"", ours, count=1) == theirs


def test_a_pdf_has_its_fonts_in_it_as_publishers_want_them() -> None:
    pdf = content(drawn(), "pdf")
    assert b"/Subtype /Type0" in pdf
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf


@pytest.mark.parametrize("width", [None, 50, 333, 1001])
def test_a_png_has_that_many_pixels(width: int | None) -> None:
    natural, height = drawn().figure.get_size_inches() * 72
    wide, high = struct.unpack(">II", content(drawn(), "png", width=width)[16:24])
    assert wide == (width or 2 * natural)
    assert high == pytest.approx(wide * height / natural, abs=1)  # whole pixels


def test_an_svg_is_that_wide_and_its_drawing_the_same() -> None:
    plain, wide = (content(drawn(), "svg", width=width).decode() for width in (None, 700))
    assert plain == standalone(to_svg(picture(NAME), NAME, TITLE))
    width, height = drawn().figure.get_size_inches() * 72
    size = r'width="([\d.]+)" height="([\d.]+)"'
    assert [*map(float, re.findall(size, wide)[0])] == pytest.approx([700, 700 * height / width])
    assert re.sub(size, "", wide, count=1) == re.sub(size, "", plain, count=1)


def test_numbers_are_those_plotted() -> None:
    shown = drawn()
    assert content(shown, "csv").decode() == to_csv(plotted(shown))
    read = json.loads(content(shown, "json"))
    assert (read["name"], read["page"], read["summary"], read["parameters"]) == (NAME, "a.md", TITLE, {"largest": 3})
    assert (read["description"], read["facts"]) == (shown.description, shown.facts)
    columns = {gid: {"kind": s.kind} | {n: [*v] for n, v in s.columns.items()} for gid, s in shown.data.items()}
    assert read["series"] == columns
    broken = json.loads(content(by_hand(), "json"))["series"]["line"]
    assert broken == {"kind": "line", "x": [0, None, 2], "y": [0.1, 0.2, None]}


def test_a_data_frame_is_the_csv() -> None:
    pandas: Any = pytest.importorskip("pandas")
    frame = drawn().frame()
    assert isinstance(frame, pandas.DataFrame)
    for gid, series in drawn().data.items():
        for name, column in series.columns.items():
            np.testing.assert_array_equal(frame[frame.series == gid][name], column)


def test_a_file_says_what_is_seen() -> None:
    pdf, png = content(drawn(), "pdf"), content(drawn(), "png")
    assert f"/Title ({TITLE})".encode() in pdf
    assert b"/Subject (" in pdf
    assert b"/CreationDate" not in pdf
    assert b"Description\x00" + drawn().description.encode() in png
    assert b"Title\x00" + TITLE.encode() in png


@themed
@pytest.mark.parametrize("name", [NAME, "contours-and-field", "stability-regions"])
@pytest.mark.parametrize("ending", ["svg", "pdf"])
def test_all_is_painted_in_the_colours_of_the_theme(name: str, night: bool, ending: str) -> None:
    colours = painted(content(drawn(name), ending, dark=night))
    # Matplotlib sets the pen of a PDF to white and to black, and paints nothing with them.
    assert colours - {"#000000", "#ffffff"} <= set(THEMES[night].values())
    assert {THEMES[night][DISCRETE], THEMES[night][PAPER]} <= colours or name != NAME
    assert ending == "pdf" or (PAPER in colours) != night
    assert len(colours) >= 4


@themed
def test_so_is_a_png_and_no_trace_is_left(night: bool, tmp_path: Path) -> None:
    before = content(drawn(), "png")
    drawn().save(tmp_path / "a.png", dark=night)
    assert content(drawn(), "png") == before
    pixels = np.round(255 * imread(tmp_path / "a.png")).astype(int)
    assert (pixels[..., 3] == 255).all()

    def share(colour: str) -> float:
        return float((pixels[..., :3] == [int(colour[n : n + 2], 16) for n in (1, 3, 5)]).all(axis=-1).mean())

    assert share(THEMES[night][PAPER]) > 0.8
    assert share(THEMES[night][DISCRETE]) > 1e-3
    assert share(THEMES[not night][DISCRETE]) == share(THEMES[not night][PAPER]) == 0


def test_a_picture_by_hand_is_dark_if_drawn_so() -> None:
    assert misplaced(content(drawn(), "svg", dark=True).decode(), picture(NAME)) == {}
    with pytest.raises(ValueError, match=r"draw and save it within gdfigs\.plots\.style\.dark\(\)"):
        content(by_hand(), "pdf", dark=True)
    with dark():
        assert DARK[PAPER] in painted(content(by_hand(), "pdf"))


def test_a_notebook_shows_a_picture_with_its_title_and_its_description_on_paper() -> None:
    bundle = show(by_hand(), "Two, or more")._repr_mimebundle_()
    root = ET.fromstring(bundle["image/svg+xml"])
    assert (root.tag, root.get("style")) == ("{http://www.w3.org/2000/svg}svg", f"background:{PAPER}")
    assert (root.findtext("{*}title"), root.findtext("{*}desc")) == ("Two, or more", "A line in two pieces.")
    assert root.get("aria-labelledby") == "figure-two-or-more-title figure-two-or-more-desc"
    assert bundle["text/plain"] == "Two, or more. A line in two pieces."
    assert by_hand()._repr_mimebundle_()["text/plain"] == "A line in two pieces."
    with pytest.raises(ValueError, match="needs a title"):
        show(by_hand(), " ")


def test_a_notebook_may_show_a_figure_twice_with_other_parameters() -> None:
    twice = [replace(drawn(), parameters={"largest": size})._repr_mimebundle_() for size in (3.0, 4.0)]
    first, second = (set(re.findall(r' id="([^"]+)"', shown["image/svg+xml"])) for shown in twice)
    assert first
    assert not first & second
