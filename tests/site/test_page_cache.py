"""A page is set again where something of it may have changed, and only there; the search finds it either way."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from gdfigs.build import cache as store
from gdfigs.site.page_cache import CachedPage, PageCache

TEXTS = {
    "a.md": "# A\n\n/// lemma | B\n    attrs: {id: b}\n\nSo.\n///\n\n![C](gdfigs:one-two)\n",
    "quotes.md": "# Quotes\n\n[7](gdfigs:three#seven)\n",
    "plain.md": "# Plain\n",
    "reference.md": "# Reference\n\n::: gdfigs.maths.bounds\n",
    "map.md": "# Map\n\n[map](gdfigs:map)\n",
    "lab.py": "# # Lab\n\nfrom gdfigs.maths.bounds import f\n",
    "any.py": "# # Any\n\nfrom gdfigs import catalogue\n",
}
CODE = {
    "bounds.py": "def f():\n    pass\n",
    "figures/a.py": "@figure\ndef one_two():\n    pass\n",
    "figures/b.py": "@figure\ndef three():\n    pass\n",
}


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of these pages are finished and stored."""
    monkeypatch.setattr(store, "FOLDER", tmp_path)
    shelf = PageCache(TEXTS, CODE, "shared")
    for uri in TEXTS:
        shelf.pages[uri] = CachedPage("", [], None, {}, [], {}, [], "", {})
        shelf.index(page(uri), {}, keep=True)


def page(uri: str) -> SimpleNamespace:
    return SimpleNamespace(file=SimpleNamespace(src_uri=uri), url=f"{uri}/")


def stale(file: str = "", old: str = "", new: str = "", shared: str = "shared") -> set[str]:
    """The pages to be set again after a change of one file."""
    assert old in (TEXTS | CODE | {"": ""})[file]
    texts, code = ({f: t.replace(old, new) if f == file else t for f, t in of.items()} for of in (TEXTS, CODE))
    return set(PageCache(texts, code, shared).stale)


def test_what_has_not_changed_is_not_set() -> None:
    assert stale() == set()


def test_a_sentence_concerns_its_page() -> None:
    assert stale("a.md", "So.", "Thus.") == {"a.md"}
    assert stale("lab.py", "import f", "import g") == {"lab.py"}


@pytest.mark.parametrize(("old", "new"), [("# A", "# C"), ("| B", "| C"), ("id: b", "id: c")])
def test_a_title_concerns_the_reference_and_what_shows_all_claims_too(old: str, new: str) -> None:
    assert stale("a.md", old, new) == {"a.md", "reference.md", "map.md"}


@pytest.mark.parametrize("new", ["See [it](plain.md#x).", "![C](gdfigs:three)"])
def test_what_a_box_points_to_or_is_seen_in_concerns_what_shows_all_claims(new: str) -> None:
    old = "So." if new.startswith("See") else "![C](gdfigs:one-two)"
    assert stale("a.md", old, new) == {"a.md", "map.md"}


def test_a_notebook_that_speaks_of_a_figure_concerns_the_pages_with_figures() -> None:
    assert stale("lab.py", "import f", "import f  # #figure-one-two") == {"lab.py", "a.md", "quotes.md", "map.md"}


def test_a_figure_concerns_the_pages_that_show_or_quote_one_of_its_module_and_notebooks_that_may() -> None:
    assert stale("figures/a.py", "pass", "return") == {"a.md", "any.py"}
    assert stale("figures/b.py", "pass", "return") == {"quotes.md", "any.py"}
    assert stale("figures/b.py", "three", "four") == {"quotes.md", "any.py"}


def test_all_else_concerns_every_page() -> None:
    assert stale("bounds.py", "pass", "return") == stale(shared="other") == set(TEXTS)


def test_a_page_that_something_is_wrong_with_is_not_kept() -> None:
    shelf = PageCache(TEXTS | {"a.md": "# New"}, CODE, "shared")
    shelf.pages["a.md"] = CachedPage("", [], None, {}, [], {}, [], "", {})
    shelf.index(page("a.md"), {}, keep=False)
    assert set(PageCache(TEXTS | {"a.md": "# New"}, CODE, "shared").stale) >= {"a.md"}


def test_the_search_finds_a_page_that_is_not_set_as_it_did_when_it_was() -> None:
    found = [{"location": "a.md/", "text": "So."}, {"location": "a.md/#b", "text": "B"}]
    index = SimpleNamespace(entries=[{"location": "x/", "text": "Of another page."}, *found])
    plugins = {"material/search": SimpleNamespace(search_index=index)}
    texts = {"a.md": TEXTS["a.md"].replace("So.", "Hence.")}
    shelf = PageCache(texts, CODE, "shared")
    shelf.pages["a.md"] = CachedPage("", [], None, {}, [], {}, [], "", {})
    shelf.index(page("a.md"), plugins, keep=True)
    assert len(index.entries) == 3
    index.entries = []
    later = PageCache(texts, CODE, "shared")
    assert later.stale == {}
    later.index(page("a.md"), plugins, keep=True)
    assert index.entries == found
