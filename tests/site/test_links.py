"""Every link leads somewhere, to what its words say, and a browser loads nothing from another host."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
from markdown import Markdown
from mkdocstrings import IdPrependingTreeprocessor

from gdfigs.site.context import PageContext, SiteIndex
from gdfigs.site.links import alike, faults
from gdfigs.site.markdown import Gdfigs
from tests.built import NAV, ROOT, Page, parse
from tests.site.small import put

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


class TestWords:
    """The words of a link to a box are among those of its title or of its aliases."""

    BOX = "# A\n\n/// theorem | Linear rate of a $L$-smooth $f$\n    attrs: {{id: rate{}}}\n\nSo.\n///\n"
    ALIAS = ', data-alias: "never moves apart; gap"'

    def faults(self, words: str, alias: str = ALIAS, box: str = BOX) -> list[str]:
        return list(faults(SiteIndex([put("a.md", box.format(alias)), put("b/c.md", f"# B\n\nIt {words} so.\n")])))

    @pytest.mark.parametrize(
        "words",
        [
            "has the [linear rate](../a.md#rate)",
            "is [Linear](../a.md#rate)",  # capitals
            "shows [how the rates of smoothness are](../a.md#rate)",  # stems, and words that say nothing
            "[never *moves* apart](../a.md#rate)",  # an alias
            "[never moves a linear gap](../a.md#rate)",
            "[$x = 1$](../a.md#rate)",  # a formula
            "[gap $\\le e^{-t}$](../a.md#rate)",
            "[says anything](../a.md#a)",  # no box
            "[says anything](../d.md#rate)",
            "[says anything](../a.md)",
        ],
    )
    def test_a_link_may_say_what_its_box_is_called(self, words: str) -> None:
        assert self.faults(words) == []

    @pytest.mark.parametrize(
        ("words", "missing"),
        [
            ("has the [exact rate](../a.md#rate)", ["exact"]),
            ("is [convex and flat](../a.md#rate)", ["convex", "flat"]),
            ("[never *grows*](../a.md#rate)", ["grows"]),
            ("[distance $\\le e^{-t}$](../a.md#rate)", ["distance"]),
            ("[L](../a.md#rate)", ["l"]),  # a formula of the title is none of its words
        ],
    )
    def test_another_word_is_a_fault_with_page_line_title_and_remedies(self, words: str, missing: list[str]) -> None:
        (fault,) = self.faults(words)
        shown = re.sub(r"\[|\].*|[*]|^.*?(?=\[)", "", words).replace("\\le e^{-t}", "≤ e⁻ᵗ")
        assert fault == (
            f"docs/b/c.md:3: the words '{shown}' lead to the theorem 'Linear rate of a $L$-smooth $f$', which does not "
            f"have {', '.join(map(repr, missing))} in its title or its aliases: write another target, other words, or "
            "'data-alias: \"...\"' beside 'id: rate'"
        )

    @pytest.mark.parametrize("words", ["is so [again](../a.md#rate)", "is [as above](../a.md#rate)"])
    def test_words_that_say_nothing_are_a_fault(self, words: str) -> None:
        (fault,) = self.faults(words)
        assert fault.endswith("which they do not name: write words of its title")

    def test_a_link_in_a_docstring_is_told_with_the_name_of_its_object(self) -> None:
        page = PageContext("reference/x.md", deferred=True)
        md = Markdown(extensions=[Gdfigs(page=page)])
        md.treeprocessors.register(IdPrependingTreeprocessor(md, "demo.f--"), IdPrependingTreeprocessor.name, 4)
        md.convert("Page: [The rate](../a.md#rate), [another](../a.md#rate).")
        (fault,) = faults(SiteIndex([put("a.md", self.BOX.format("")), page]))
        assert fault.startswith("docs/reference/x.md: demo.f: the words 'another' lead to the theorem")

    def test_without_the_alias_its_words_are_a_fault(self) -> None:
        assert len(self.faults("[never moves apart](../a.md#rate)", alias="")) == 1

    def test_the_links_beside_a_box_and_in_its_badge_are_none_of_these(self) -> None:
        assert self.faults("is", box=self.BOX.replace("rate{}", "convex-rate{}")) == []

    @pytest.mark.parametrize(
        ("one", "other"),
        [("rate", "rates"), ("convex", "convexity"), ("decrease", "decreasing"), ("flow", "flow"), ("exists", "exist")],
    )
    def test_words_of_one_stem_are_alike(self, one: str, other: str) -> None:
        assert alike(one, other)
        assert alike(other, one)

    @pytest.mark.parametrize(
        ("one", "other"),
        [("convex", "convergence"), ("rate", "ratio"), ("gap", "gas"), ("l", "linear"), ("descent", "decrease")],
    )
    def test_words_of_other_stems_are_not(self, one: str, other: str) -> None:
        assert not alike(one, other)
        assert not alike(other, one)

    def test_of_the_text_any_other_box_would_be_seen_from_most_links(self) -> None:
        docs = ROOT / "docs"
        pages = [put(f.relative_to(docs).as_posix(), f.read_text(encoding="utf-8")) for f in docs.rglob("*.md")]
        assert list(faults(SiteIndex(pages))) == []
        boxes = {(box.page, box.id) for page in pages for box in page.boxes}
        links = [link for page in pages for link in page.links if link[:2] in boxes and "$" not in link.words]
        assert len(links) > 70
        wrong = [
            link._replace(page=page, anchor=anchor, place=f"{n}, {anchor}")
            for n, link in enumerate(links)
            for page, anchor in boxes - {link[:2]}
        ]
        seen = list(faults(SiteIndex([*pages, PageContext(links=wrong)])))
        assert len(seen) > 0.95 * len(wrong)
