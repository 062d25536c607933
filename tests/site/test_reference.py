"""The reference: every public name is there, its formulas are set, and what docstrings point to exists."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import gdfigs
from gdfigs.site.docstrings import PLACE
from tests.built import CODE, NAV, ROOT, Page, texts

PACKAGE = Path(gdfigs.__path__[0])
REFERENCE = [source for source in NAV if source.startswith("reference/")]
SET = {source: re.findall(r"^::: (\S+)", (ROOT / "docs" / source).read_text(), re.MULTILINE) for source in REFERENCE}
ASCII = re.compile(r"\^|<=|>=|!=|_\{|\bsqrt\b|\bgrad\b|\|\w|\b(?:alpha|beta|eta|theta|kappa|lambda|mu|rho)\b")
"""What a formula that nobody recognised would show."""


def docstrings(file: Path) -> Iterator[tuple[str, str]]:
    """(place, text) of each docstring of a module, those below assignments among them."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield f"{file.relative_to(ROOT)}:{node.lineno}", re.sub("``.*?``", "", node.value.value.strip())


ALL = [found for file in sorted(PACKAGE.rglob("*.py")) for found in docstrings(file)]


def ids(page: Page) -> set[str | None]:
    return {element.get("id") for element in page.tree.iter()}


def test_every_page_and_anchor_that_a_docstring_names_exists(site: Path) -> None:
    named = [(place, *found) for place, text in ALL for found in re.findall(r"Page: ([\w-]+\.md)#([\w-]+)", text)]
    assert len(named) > 50
    assert {page for _, page, _ in named} <= set(NAV)
    there = {page: ids(Page(page, site)) for page in {page for _, page, _ in named}}
    assert [entry for entry in named if entry[2] not in there[entry[1]]] == []


def test_a_page_is_named_last_where_the_reference_looks_for_it() -> None:
    assert [place for place, text in ALL if "Page: " in text and not PLACE.search(text)] == []


def test_every_source_that_a_docstring_names_is_in_the_list_of_sources() -> None:
    listed = (ROOT / "docs/further-reading.md").read_text(encoding="utf-8").replace("è", "e")
    entries = [line for line in listed.splitlines() if line.startswith("- ")]
    cited = [(place, m) for place, text in ALL for m in re.findall(r"\bSource: ([^.]*?\d{4}[a-z]?)\b", text, re.DOTALL)]
    assert len(cited) > 10
    for place, work in cited:
        *authors, year = re.split(r",\s+|\s+&\s+|\s+(?=\d{4})", work)
        found = [e for e in entries if f"({year})" in e and all(f"{author}, " in e for author in authors)]
        assert len(found) == 1, (place, work)


def public(module: str) -> Iterator[str]:
    """The public names with a docstring of a module, and those of its classes."""
    file = PACKAGE / "/".join(module.split(".")[1:])
    file = file / "__init__.py" if file.is_dir() else file.with_suffix(".py")
    nodes = ast.parse(file.read_text(encoding="utf-8")).body
    nodes += [
        member for node in nodes if isinstance(node, ast.ClassDef) and node.name[0] != "_" for member in node.body
    ]
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_" and ast.get_docstring(node):
            yield node.name


@pytest.mark.parametrize("source", REFERENCE)
def test_every_public_name_with_a_docstring_has_its_entry(site: Path, source: str) -> None:
    entries = {str(name).rpartition(".")[2] for name in ids(Page(source, site)) if str(name).startswith("gdfigs.")}
    names = {name for module in SET[source] for name in public(module)}
    assert len(names) > 5
    assert names <= entries


@pytest.mark.parametrize("source", REFERENCE)
def test_no_formula_is_left_as_text(site: Path, source: str) -> None:
    page = Page(source, site)
    assert len(list(page.article.iter("math"))) > 5 or source == "reference/pictures.md"
    left = [text for text in texts(page.article, CODE | {"math"}) if ASCII.search(text)]
    assert left == []


def test_an_entry_shows_its_signature_its_formula_its_place_in_the_text_and_its_code(site: Path) -> None:
    page = Page("reference/bounds.md", site)
    html = page.file.read_text(encoding="utf-8")
    entry = html.partition('id="gdfigs.maths.bounds.gd_convex"')[2].partition("<h3 ")[0]
    assert "<code>gd_convex(k, L, R, h=1.0)</code>" in entry
    assert "<math" in entry
    assert 'href="../../gradient-descent/#convex-rate-exact"' in entry
    code = re.sub("<[^>]*>", "", entry.partition("<summary>Code</summary>")[2])
    assert "return L * R**2 / 2 * np.maximum(1 / (2 * k * h + 1), (1 - h) ** (2 * k))" in code
    assert "Worst gap" not in code  # it stands above


def test_no_page_loads_the_style_sheet_that_mkdocstrings_brings(site: Path) -> None:
    assert [page for page in NAV if "_mkdocstrings" in Page(page, site).file.read_text(encoding="utf-8")] == []
