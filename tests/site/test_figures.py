"""Each figure on the published pages: there, described, and showing the numbers that the code computes."""

import re
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from urllib.parse import urljoin

import pytest

from gdfigs.plots.picture import plotted, to_csv
from gdfigs.plots.registry import all_figures, parse_url
from tests.built import NAV, ROOT, Page
from tests.read_svg import TOLERANCE, off_by
from tests.shown import picture

IMAGE = re.compile(r"!\[([^\[\]]*)\]\((gdfigs:[^)\s]+)\)")
NUMBER = re.compile(r"(?<!!)\[[^\[\]]*\]\((gdfigs:(?!claims|map|formulas)[^)\s]+)\)")


def call(source: str) -> list[tuple[str, str]]:
    """(title, what is call for) of every figure in a page's source."""
    file = ROOT / "docs" / source
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    return IMAGE.findall(re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE))


PLACED = [(source, title, url) for source in NAV for title, url in call(source)]
placed = pytest.mark.parametrize(
    ("source", "title", "url"), PLACED, ids=[f"{source}:{url.removeprefix('gdfigs:')}" for source, _, url in PLACED]
)


def find(site: Path, source: str, title: str) -> tuple[Page, ET.Element]:
    """The page and the one figure on it with that title."""
    page = Page(source, site)
    found = [figure for figure in page.article.iter("figure") if figure.findtext(".//svg/title") == title]
    assert len(found) == 1
    return page, found[0]


def download(page: Page, figure: ET.Element, suffix: str) -> str:
    """The file that the figure offers with that suffix."""
    (link,) = [
        a.get("href", "") for a in figure.iter("a") if "download" in a.attrib and a.get("href", "").endswith(suffix)
    ]
    return (page.site / urljoin(f"/{page.url}", link).lstrip("/")).read_text(encoding="utf-8")


def test_every_registered_figure_stands_on_its_page() -> None:
    there = {(parse_url(url).figure.name, source) for source, _, url in PLACED}
    assert {(figure.name, figure.page) for figure in all_figures().values()} <= there


def test_a_page_shows_the_figures_that_its_source_asks_for_and_no_others(page: Page) -> None:
    if page.source.endswith(".py"):
        return  # what a notebook's code shows is looked at in test_lab.py
    titles = Counter(title for title, _ in call(page.source))
    assert Counter(svg.findtext("title") for svg in page.article.iter("svg") if svg.get("role") == "img") == titles


def test_a_page_shows_every_checked_number(page: Page) -> None:
    numbers = [e for e in page.article.iter("data") if e.get("class") == "gd-number"]
    assert len(numbers) == len(NUMBER.findall(page.markdown))
    assert all("".join(e.itertext()).strip() for e in numbers)


def test_every_picture_has_an_alternative_text(page: Page) -> None:
    assert all(image.get("alt", "").strip() for image in page.tree.iter("img"))
    icons = {icon for a in page.article.iter("a") if a.get("title") for icon in a.iter("svg")}
    texts = {e.get("id"): (e.text or "").strip() for e in page.article.iter() if e.tag in ("title", "desc")}
    for svg in page.article.iter("svg"):
        if svg in icons:
            continue
        assert svg.get("role") == "img"
        named = [texts[name] for name in svg.get("aria-labelledby", "").split()]
        assert len(named) == 2
        title, description = named
        assert title
        # A sentence or more that says what is seen, beyond the title.
        assert description.endswith(".")
        assert len(description) > 80


@placed
def test_it_has_a_caption_with_a_number(site: Path, source: str, title: str, url: str) -> None:
    _, figure = find(site, source, title)
    caption = figure.find("figcaption")
    assert caption is not None
    # Where the caption begins with a formula or a number, the space is the style sheet's.
    assert re.match(r"\s*Figure \d+\.\s*\S", "".join(caption.itertext()))


@placed
def test_its_drawing_shows_what_is_plotted(site: Path, source: str, title: str, url: str) -> None:
    drawings = re.findall(
        r'<svg [^>]*role="img".*?</svg>', Page(source, site).file.read_text(encoding="utf-8"), re.DOTALL
    )
    (drawing,) = [svg for svg in drawings if ET.fromstring(svg).findtext("title") == title]
    request = parse_url(url)
    off = off_by(drawing, picture(request.figure.name, **request.parameters))
    assert off
    assert {gid: pixels for gid, pixels in off.items() if pixels > TOLERANCE} == {}


@placed
def test_its_data_are_what_is_plotted(site: Path, source: str, title: str, url: str) -> None:
    page, figure = find(site, source, title)
    request = parse_url(url)
    assert download(page, figure, ".csv") == to_csv(plotted(picture(request.figure.name, **request.parameters)))


@placed
def test_its_code_is_shown(site: Path, source: str, title: str, url: str) -> None:
    _, figure = find(site, source, title)
    code = figure.find(".//pre")
    assert code is not None
    assert "".join(code.itertext()).strip() == parse_url(url).figure.source.strip()


@placed
def test_its_file_is_a_picture_of_its_own(site: Path, source: str, title: str, url: str) -> None:
    svg = download(*find(site, source, title), ".svg")
    root = ET.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "var(" not in svg  # there is no style sheet that says the colours
    assert (root.findtext("{*}title") or "").strip()
