"""A page is set again where something of it may have changed, and only there."""

from pathlib import Path
from typing import Any

import pytest

from gdfigs.build import cache
from gdfigs.site import assembly
from gdfigs.site.assembly import Assembly
from gdfigs.site.context import Box, Fragment, Link, PageContext

TEXTS = {name: name for name in ("a.md", "quotes.md", "plain.md", "map.md", "lab.py")}
CODE = {"maths/bounds.py": "1", **{f"figures/{name}.py": "1" for name in ("flow_to_descent", "gradient_descent")}}
A, B = "gdfigs:amplification?largest=4", "gdfigs:strongly-convex-rate#steps"
MODULES = {A: "figures/flow_to_descent.py", B: "figures/gradient_descent.py"}


def contexts(**a: Any) -> dict[str, PageContext]:
    """What the pages collect: a figure and a box, a number and a badge, a map, a link from a notebook."""
    box = Box("a.md", "lemma", "B", "b", "3", proved=True, links=[("plain.md", "x")])
    of = {
        "a.md": {"title": "A", "boxes": [box], "fragments": [Fragment("downloads", [A, "amplification"])], **a},
        "quotes.md": {"fragments": [Fragment("number", ["7", B]), Fragment("badge", ["b"])]},
        "plain.md": {"fragments": [Fragment("number", ["7", "gdfigs:bounds.largest_step?L=1"])]},
        "map.md": {"needs_index": True},
        "lab.py": {"links": [Link("a.md", "figure-strongly-convex-rate", "so", "lab.py:1")]},
    }
    return {uri: PageContext(uri, "../", deferred=True, **of[uri]) for uri in TEXTS}


def begin(texts: dict[str, str] = TEXTS, code: dict[str, str] = CODE, shared: str = "") -> Assembly:
    return Assembly(texts, code, shared)


def finish(site: Assembly, pages: dict[str, PageContext]) -> set[str]:
    """Goes on as the plugin does, with cached pages where there are; returns those of which not all is cached."""
    known = {uri: page.context(uri, "../", []) for uri, page in site.cache.pages.items()}
    site.contexts = {uri: known.get(uri, page) for uri, page in pages.items()}
    for page in site.pages_to_set_again():
        page.needs_index = True  # as the map in its text does
    stale = {uri for uri in TEXTS if not site.is_unchanged(uri)}
    for uri in stale:
        kept = {"content": "", "toc": [], "title": None, "meta": {}, "anchors": [], "links": {}}
        site.filled[uri] = [""] * len(site.contexts[uri].fragments)
        site.save(uri, site.cache.collect(site.contexts[uri], **kept))
    return stale


@pytest.fixture(autouse=True)
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of these pages are cached."""
    monkeypatch.setattr(cache, "FOLDER", tmp_path)
    assert finish(begin(), contexts()) == set(TEXTS)


def test_what_has_not_changed_is_not_set() -> None:
    site = begin()
    assert site.cache.pages.keys() == TEXTS.keys()
    assert finish(site, {}.fromkeys(TEXTS)) == set()  # type: ignore[arg-type]
    assert {uri: vars(site.contexts[uri]) for uri in TEXTS} == {uri: vars(page) for uri, page in contexts().items()}


@pytest.mark.parametrize("page", TEXTS)
def test_a_sentence_concerns_its_page(page: str) -> None:
    assert finish(begin(TEXTS | {page: "other"}), contexts()) == {page}


@pytest.mark.parametrize(
    ("collected", "stale"),
    [
        ({"title": "C"}, {"map.md"}),
        ({"boxes": []}, {"map.md", "quotes.md"}),  # the badge says proved
        ({"boxes": [Box("a.md", "lemma", "B", "b", "3", proved=True)]}, {"map.md"}),
        ({"boxes": [Box("a.md", "lemma", "B", "b", "4", proved=True, figures=["x"])]}, {"map.md"}),
        ({"links": [Link("plain.md", "figure-amplification", "so", "a.md:1")]}, set()),
    ],
)
def test_what_a_page_says_of_itself_concerns_those_that_show_it(collected: dict[str, Any], stale: set[str]) -> None:
    assert finish(begin(TEXTS | {"a.md": "other"}), contexts(**collected)) == {"a.md", *stale}


def test_a_notebook_that_speaks_of_a_figure_concerns_the_page_that_shows_it() -> None:
    pages = contexts()
    pages["lab.py"].links = [Link("x.md", "figure-amplification", "so", "lab.py:1")]
    assert finish(begin(TEXTS | {"lab.py": "other"}), pages) == {"lab.py", "a.md"}


@pytest.mark.parametrize(("url", "page"), [(A, "a.md"), (B, "quotes.md")])
def test_a_figure_concerns_the_pages_that_show_or_quote_one_of_its_module_and_notebooks(url: str, page: str) -> None:
    assert finish(begin(code=CODE | {MODULES[url]: "2"}), contexts()) == {page, "lab.py"}


def test_all_else_concerns_every_page() -> None:
    assert finish(begin(code=CODE | {"maths/bounds.py": "2"}), contexts()) == set(TEXTS)
    assert finish(begin(shared="other"), contexts()) == set(TEXTS)


def test_a_page_that_something_is_wrong_with_is_not_cached() -> None:
    texts = TEXTS | {"a.md": "other"}
    for _ in range(2):
        assert "a.md" in finish(begin(texts), contexts(faults=["docs/a.md:3: wrong"]))


def test_a_long_build_says_how_much_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    site, reports = begin(), list[tuple[int, int]]()
    states = iter([(0, 3), (1, 3), (3, 3)])
    monkeypatch.setattr(assembly, "PAUSE", 0.0)
    monkeypatch.setattr(site.jobs, "progress", lambda: next(states))
    site.wait(lambda *state: reports.append(state))
    assert reports == [(0, 3), (1, 3)]
