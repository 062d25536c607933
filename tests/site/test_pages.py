"""Each page of the built site: there, well formed, its formulas set, described."""

import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

from tests.built import CODE, NAV, ROOT, Page, parse, texts

RAW_TEX = re.compile(r"\$|\\[A-Za-z(\[{]")
RAW_MARKDOWN = re.compile(r"^\s*///|\*\*|\]\(|\battrs:|\bgdfigs:", re.MULTILINE)
FORMULA = re.compile(
    r"""\$\$.+?\$\$                             # displayed
    |   (?<!\\)\$(?!\s)[^$]+?(?<!\s)\$          # inline
    |   ^\\begin\{(\w+\*?)\}.+?^\\end\{\1\}     # an environment on lines of its own
    |   \\eqref\{[^}]*\}                        # a reference in running text
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)


def test_the_site_is_built_strictly(built: tuple[Path, str]) -> None:
    _, complaint = built
    assert complaint == ""


def test_the_site_has_the_pages_of_the_navigation_and_no_others(site: Path) -> None:
    sources = {file for pattern in ("*.md", "lab/*.py") for file in (ROOT / "docs").rglob(pattern)}
    assert {file.relative_to(ROOT / "docs").as_posix() for file in sources} == set(NAV)
    assert set(site.rglob("*.html")) == {Page(source, site).file for source in NAV} | {site / "404.html"}


def test_it_is_well_formed(page: Page) -> None:
    assert parse(page.file)[1] == []


def test_its_ids_are_unique(page: Page) -> None:
    ids = Counter(e.get("id") for e in page.tree.iter() if "id" in e.attrib)
    assert [name for name, times in ids.items() if times > 1] == []


def test_ids_that_elements_refer_to_exist(page: Page) -> None:
    ids = {e.get("id") for e in page.tree.iter()}
    wanted = {
        name
        for e in page.tree.iter()
        for attribute in ("aria-labelledby", "aria-describedby", "aria-controls", "for", "list")
        for name in e.get(attribute, "").split()
    }
    assert wanted - ids == set()


def test_it_has_one_heading_of_the_first_level_and_skips_no_level(page: Page) -> None:
    levels = [int(e.tag[1]) for e in page.article.iter() if re.fullmatch("h[1-6]", str(e.tag))]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(deeper <= level + 1 for level, deeper in pairwise(levels))


def test_every_formula_is_mathml(page: Page) -> None:
    around = {child: parent for parent in page.article.iter() for child in parent}
    whole = set()
    for element in page.article.iter("math"):
        # A long formula stands in pieces, between which a line may break: they have a span or a division in common.
        while element.tag == "math" or element.get("class", "").startswith("gd-"):
            element = around[element]
        whole.add(element)
    written = len(FORMULA.findall(page.markdown))
    # The ledger and the map are made of the other pages' statements, the reference of docstrings.
    made = re.search(r"\]\(gdfigs:(?:claims|map|formulas)\)|^::: ", page.markdown, re.MULTILINE)
    assert len(whole) >= written if made else len(whole) == written


def test_a_formula_shows_no_tex_and_no_error(page: Page) -> None:
    for math in page.tree.iter("math"):
        assert not RAW_TEX.search("".join(math.itertext()))
        assert math.find(".//merror") is None
        assert "".join(math.itertext()).strip()


def test_no_tex_and_no_markdown_is_left_outside_code(page: Page) -> None:
    attributes = [
        value for e in page.tree.iter() for name, value in e.attrib.items() if name in ("title", "alt", "aria-label")
    ]
    head = [e.get("content", "") for e in page.tree.iter("meta")]
    for text in ["".join(texts(page.tree, CODE)), *attributes, *head]:
        assert not RAW_TEX.search(text), text
        assert not RAW_MARKDOWN.search(text), text


def test_the_search_finds_words_and_no_tex(site: Path) -> None:
    index = json.loads((site / "search/search_index.json").read_text(encoding="utf-8"))
    for entry in index["docs"]:
        words = entry["title"] + re.sub(r"<code>.*?</code>", "", entry["text"], flags=re.DOTALL)
        assert not RAW_TEX.search(words), entry["location"]


def test_each_page_has_a_description_of_its_own(site: Path) -> None:
    pages = {source: Page(source, site) for source in NAV}
    found = {
        source: next((e.get("content", "") for e in page.tree.iter("meta") if e.get("name") == "description"), "")
        for source, page in pages.items()
    }
    assert [source for source, text in found.items() if not text.strip()] == []
    assert len(set(found.values())) == len(found)


def test_each_page_has_a_title_of_its_own(site: Path) -> None:
    found = [Page(source, site).tree.findtext(".//title") or "" for source in NAV]
    assert all(text.strip() for text in found)
    assert len(set(found)) == len(found)


def test_no_file_names_a_folder_of_the_machine_that_built_it(site: Path) -> None:
    here = str(ROOT).encode()
    assert [file for file in site.rglob("*") if file.is_file() and here in file.read_bytes()] == []
