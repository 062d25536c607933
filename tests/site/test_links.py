"""Every link leads somewhere, and a browser loads nothing from another host."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest

from tests.built import NAV, Page, parse

CITED = {"arxiv.org", "doi.org"}
"""The hosts that a reader may be sent to: where the cited works are."""

BASE = "http://site.invalid/"
LOADS = {
    "src", "srcset", "poster", "data", "action", "formaction", "manifest", "background", "ping", "imagesrcset",
}  # fmt: skip
CSS_URL = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")


def attribute_links(page: Page) -> Iterator[tuple[str, str, bool]]:
    """(tag, link, whether a browser loads it by itself) for every link in an attribute."""
    for element in page.tree.iter():
        for name, value in element.attrib.items():
            if name == "href":
                yield str(element.tag), value, element.tag != "a"
            elif name in LOADS:
                yield str(element.tag), value.split()[0], True
            elif "url(" in value:
                yield from ((str(element.tag), link, True) for link in css_links(value))
        if element.tag == "style":
            yield from (("style", link, True) for link in css_links(element.text or ""))


def css_links(css: str) -> list[str]:
    return [first or second for first, second in CSS_URL.findall(css)]


@cache
def ids(file: Path) -> frozenset[str]:
    return frozenset(e.get("id", "") for e in parse(file)[0].iter()) if file.suffix == ".html" else frozenset()


def fault(site: Path, at: str, link: str) -> str | None:
    """What is wrong with a link from ``at``, below the site's root; links to other hosts are judged elsewhere."""
    target, fragment = urldefrag(urljoin(BASE + at, link))
    parts = urlsplit(target)
    if f"{parts.scheme}://{parts.netloc}/" != BASE:
        return None
    file = site / unquote(parts.path).lstrip("/")
    file = file / "index.html" if file.is_dir() else file
    if not file.is_file():
        return f"{link}: there is no {file.relative_to(site)}"
    if fragment and unquote(fragment) not in ids(file):
        return f"{link}: {file.relative_to(site)} has no id {fragment}"
    return None


def leaves(link: str) -> bool:
    """Whether a link goes beyond the site, where data: stays within the page."""
    return not urljoin(BASE, link).startswith((BASE, "data:"))


@pytest.fixture(params=[*NAV, "404.html"])
def any_page(request: pytest.FixtureRequest, site: Path) -> Page:
    """Each page, and the one that is shown for a wrong address."""
    return NotFound(request.param, site) if request.param == "404.html" else Page(request.param, site)


class NotFound(Page):
    url = ""  # its links begin with a slash

    @property
    def file(self) -> Path:
        return self.site / "404.html"


def test_every_link_and_anchor_of_a_page_leads_somewhere(any_page: Page) -> None:
    links = {link for _, link, _ in attribute_links(any_page)}
    assert len(links) > 10
    assert [found for link in sorted(links) if (found := fault(any_page.site, any_page.url, link))] == []


def test_a_page_loads_nothing_from_another_host(any_page: Page) -> None:
    assert [(tag, link) for tag, link, loads in attribute_links(any_page) if loads and leaves(link)] == []


def test_a_page_sends_its_reader_to_cited_works_alone(any_page: Page) -> None:
    links = [urlsplit(link) for tag, link, _ in attribute_links(any_page) if tag == "a" and leaves(link)]
    assert {link.netloc for link in links} <= CITED
    assert {link.scheme for link in links} <= {"https"}


def test_style_sheets_load_what_is_there_and_from_here(site: Path) -> None:
    sheets = list(site.rglob("*.css"))
    assert sheets
    for sheet in sheets:
        at = sheet.relative_to(site).as_posix()
        links = css_links(sheet.read_text(encoding="utf-8"))
        assert [link for link in links if leaves(link)] == [], at
        assert [found for link in links if (found := fault(site, at, link))] == [], at


def test_every_figure_file_is_linked_from_a_page(site: Path) -> None:
    linked = {
        urljoin(BASE + page.url, link)
        for page in (Page(source, site) for source in NAV)
        for tag, link, _ in attribute_links(page)
        if tag == "a"
    }
    files = {BASE + file.relative_to(site).as_posix() for file in (site / "figures").iterdir()}
    assert files
    assert files <= linked


def test_without_a_repository_nothing_asks_to_edit(site: Path) -> None:
    for source in NAV:
        for element in Page(source, site).tree.iter("a"):
            assert "edit" not in element.get("rel", "").split()
            assert "edit" not in element.get("title", "").lower()
