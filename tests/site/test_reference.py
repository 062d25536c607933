"""The reference: every public name is there, docstrings are Markdown, and what they point to exists."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown import Markdown
from mkdocstrings import IdPrependingTreeprocessor

import gdfigs
from gdfigs.site.context import PageContext
from gdfigs.site.markdown import Gdfigs
from tests.built import CODE, NAV, ROOT, Page, texts

PACKAGE = Path(gdfigs.__path__[0])
REFERENCE = [source for source in NAV if source.startswith("reference/")]
PLACE = r"Page: \[[^\]]+\]\(\.\./([\w-]+\.md)#([\w-]+)\)(?:, with proof)?\."
ASCII = re.compile(r"\^|<=|>=|!=|_\{|\bsqrt\b|\bgrad\b|\|\w|\b(?:alpha|beta|eta|theta|kappa|lambda|mu|rho)\b")
"""What a formula without dollars would show."""


def docstrings(file: Path) -> Iterator[tuple[str, str]]:
    """(place, text) of each docstring of a module, those below assignments among them."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield f"{file.relative_to(ROOT)}:{node.lineno}", node.value.value.strip()


ALL = [found for file in sorted(PACKAGE.rglob("*.py")) for found in docstrings(file)]


def test_a_docstring_ends_with_the_page_that_it_names_and_that_exists(site: Path) -> None:
    named = [(place, re.search(rf"{PLACE}\Z", text)) for place, text in ALL if "Page: " in text]
    assert len(named) > 50
    there = {page: {element.get("id") for element in Page(page, site).tree.iter()} for page in NAV}
    assert [place for place, found in named if not found or found[2] not in there.get(found[1], ())] == []


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
def test_every_public_name_has_its_entry_and_no_formula_is_left_as_text(site: Path, source: str) -> None:
    page = Page(source, site)
    entries = {e.get("id", "").rpartition(".")[2] for e in page.article.iter() if e.get("id", "").startswith("gdfigs.")}
    modules = re.findall(r"^::: (\S+)", (ROOT / "docs" / source).read_text(encoding="utf-8"), re.MULTILINE)
    names = {name for module in modules for name in public(module)}
    assert len(names) > 5
    assert names <= entries
    assert len(list(page.article.iter("math"))) > 1 or source == "reference/pictures.md"
    left = [text for text in texts(page.article, CODE | {"math"}) if ASCII.search(text)]
    assert [text for text in left if text != "kappa"] == []  # the name of a property
    assert "_mkdocstrings" not in page.file.read_text(encoding="utf-8")  # a style sheet of which this site has its own


def test_an_entry_stands_under_its_page_with_its_signature_its_formulas_and_its_code(site: Path) -> None:
    page = Page("reference/bounds.md", site)
    titles = [e.get("id") for e in page.article.iter() if e.tag in ("h2", "h3")]
    assert {f"{title}.md" for title in titles if "." not in str(title)} <= set(NAV)
    assert titles[0] == "gradient-descent"
    assert "gdfigs.maths.bounds.gd_convex" in titles[1 : titles.index("gradient-flow")]
    entry = page.article.find(".//h3[@id='gdfigs.maths.bounds.gd_convex']/..")
    assert entry is not None
    shown = " ".join("".join(texts(entry, {"math"})).split())
    assert "gd_convex(k: ArrayLike, L: float, R: float, h: float = 1.0) -> Array" in shown
    assert "return L * R**2 / 2 * np.maximum(1 / (2 * k * h + 1), (1 - h) ** (2 * k))" in shown
    for path in ("h3/a[@class='headerlink']", "/math", "/a[@href='../../gradient-descent/#convex-rate-exact']"):
        assert entry.find(f".//{path}".replace("///", "//")) is not None


def test_a_fault_in_a_docstring_names_its_object() -> None:
    page = PageContext("reference/bounds.md", deferred=True)
    md = Markdown(extensions=[Gdfigs(page=page)])
    md.treeprocessors.register(IdPrependingTreeprocessor(md, "demo.f--"), IdPrependingTreeprocessor.name, 4)
    md.convert(r"Gap $\foo$.")
    (fault,) = page.faults
    assert fault.startswith(r"docs/reference/bounds.md: demo.f: the formula $\foo$ cannot be set")
