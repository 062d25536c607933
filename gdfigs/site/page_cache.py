"""Pages as they were set: what is kept of each, so that an unchanged one need not be set again.

A page is set again where its text, the package, what it is set with, the configuration or the list of the site's files
has changed. Of the package's figures only those matter that it shows or quotes, and their modules; of the other pages,
to one that shows all claims their boxes, to one of the reference their titles, to one with figures the notebooks that
speak of them. What is checked of all pages together, the anchors that one links to on another, is checked in every
build, from what is kept.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from html import escape
from pathlib import Path
from typing import Any

from jinja2.bccache import Bucket, BytecodeCache

from gdfigs.build import cache as store
from gdfigs.build.jobs import BuildJobs
from gdfigs.plots.registry import SCHEME
from gdfigs.plots.svg import standalone
from gdfigs.site import evidence as ledger
from gdfigs.site.context import Page, complete, files, requests
from gdfigs.site.mathfont import characters
from gdfigs.site.notebook import order

_LOOKS_AT_ALL = (f"({SCHEME}:claims", f"({SCHEME}:map)")
_FIGURES = "figures/"
_RUNS_FIGURES = re.compile(r"\bgdfigs(?:\.| import )(?:figures|plots\.registry)\b")
"""In a notebook: it may use every figure."""


@dataclass(frozen=True)
class CachedPage:
    """A page that was set.

    content, toc (entries as Python-Markdown gives them), title, meta, anchors, links (to anchors, by file and anchor):
    what MkDocs goes on with. pieces: put in at the end. characters: of its formulas. files: for readers, by address.
    entries: what the search finds of it, which takes longer to gather than all else of an unchanged page.
    """

    content: str
    toc: list[dict[str, Any]]
    title: str | None
    meta: dict[str, Any]
    anchors: list[str]
    links: dict[str, dict[str, str]]
    pieces: list[str]
    characters: str
    files: dict[str, str]
    entries: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, page: Any, made: Page) -> CachedPage:
        """``page``: of MkDocs, just set."""
        shown = dict(made.origin.files)
        for _, drawn in made.figures:
            data, picture = files(drawn)
            shown[data], shown[picture] = drawn.csv, standalone(drawn.svg.replace("{title}", drawn.prefix))
        return cls(
            page.content,
            [_token(entry) for entry in page.toc],
            page._title_from_render,
            {name: value for name, value in page.meta.items() if isinstance(value, str | list)},
            sorted(page.present_anchor_ids),
            {file.src_uri: dict(links) for file, links in (page.links_to_anchors or {}).items()},
            made.kept,
            "".join(sorted(set().union(*map(characters, made.formulas)))),
            shown,
        )

    def put_back(self, page: Any, contents: Callable[[list[Any]], Any], sources: Any) -> None:
        """In place of setting ``page``; ``contents`` makes a table of contents, ``sources`` are the site's files."""
        page.content, page.toc, page._title_from_render = self.content, contents(self.toc), self.title
        page.meta["search"] = {"exclude": True}  # here: its entries are known
        page.present_anchor_ids = set(self.anchors)
        page.links_to_anchors = {sources.get_file_from_path(uri): links for uri, links in self.links.items()}

    def put_into(self, output: str, keywords: str, font: str) -> str:
        """The whole page with its figures, and in its head the keywords and the font, call for early: formulas do not
        move when it comes. font: its address from there."""
        head = f'<meta name="keywords" content="{escape(keywords)}">' if keywords else ""
        if self.characters:
            head += (
                f'<link rel="preload" href="{font}" as="font" type="font/woff2" crossorigin>'
                f'<style>@font-face{{font-family:"STIX Two Math";src:url("{font}")format("woff2")}}</style>'
            )
        return complete(output, self.pieces).replace("</head>", f"{head}</head>", 1)


class PageCache:
    """The finished pages of a site, by their addresses. texts: of the pages. code: of the package's files, by their
    places. shared: all else that may change every page."""

    def __init__(self, texts: Mapping[str, str], code: Mapping[str, str], *shared: Any) -> None:
        figures = {place: text for place, text in code.items() if place.startswith(_FIGURES)}
        common = store.digest(_installed(), {p: text for p, text in code.items() if p not in figures}, *shared)
        titles = [re.findall(r"^(?:# |///|\s+attrs:).*", text, re.MULTILINE) for text in texts.values()]
        boxes = [replace(box, line=0) for box in ledger.boxes(texts)]
        spoken = {uri: re.findall(r"#figure-[\w-]+", text) for uri, text in texts.items() if uri.endswith(".py")}

        def used(uri: str, text: str) -> list[str]:
            names = {name.replace("-", "_") for name in re.findall(rf"{SCHEME}:([\w-]+)", text)}
            own = [code for code in figures.values() if names & set(re.findall(r"^def (\w+)", code, re.MULTILINE))]
            return list(figures.values()) if uri.endswith(".py") and _RUNS_FIGURES.search(text) else own

        self._keys = {
            uri: store.digest(
                "page",
                common,
                uri,
                text,
                used(uri, text),
                [titles, *map(asdict, boxes)] if any(mark in text for mark in _LOOKS_AT_ALL) else [],
                titles if "\n::: " in text else "",
                spoken if f"({SCHEME}:" in text else {},
            )
            for uri, text in texts.items()
        }
        found = {uri: store.load(key) for uri, key in self._keys.items()}
        self.pages = {uri: CachedPage(**json.loads(kept)) for uri, kept in found.items() if kept}
        self.stale = {uri: text for uri, text in texts.items() if uri not in self.pages}

    def order(self, jobs: BuildJobs, check: bool) -> None:
        """Starts drawing and executing what the stale pages show; before that, to ``check`` all claims."""
        if check:
            jobs.order_findings()  # first, for a figure of them to find them
        jobs.submit(request for text in self.stale.values() for request in requests(text))
        order(jobs, self.stale)

    def index(self, page: Any, plugins: Mapping[str, Any], keep: bool) -> None:
        """Behind the search, which has grouped what it finds of a page just set, but of no other: adds that.

        keep: a page just set, for later builds.
        """
        uri, known = page.file.src_uri, _entries(plugins)
        if uri not in self.stale:
            known += self.pages[uri].entries
        elif keep:
            own = [entry for entry in known if entry["location"].partition("#")[0] == page.url]
            store.save(self._keys[uri], json.dumps(asdict(replace(self.pages[uri], entries=own))).encode())


def _entries(plugins: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the theme's search has grouped so far, to be added to; where a site has no such search, nothing."""
    search = next((plugin for name, plugin in plugins.items() if name.endswith("search")), None)
    found: list[dict[str, Any]] = getattr(getattr(search, "search_index", None), "entries", [])
    return found


class Compiled(BytecodeCache):
    """The theme's templates, compiled once."""

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := store.load(self._key(bucket)):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        store.save(self._key(bucket), bucket.bytecode_to_string())

    def _key(self, bucket: Bucket) -> str:
        return store.digest("template", bucket.key, bucket.checksum)


class Warned(logging.Handler):
    """Notes the pages that are warned of while they are set; they are not kept, and so warned of in the next build."""

    def __init__(self, of: logging.Logger) -> None:
        super().__init__(logging.WARNING)
        self.page, self.pages, self.of = "", set[str](), of
        of.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.pages.add(self.page)

    def close(self) -> None:
        self.of.removeHandler(self)
        super().close()


def _installed() -> list[str]:
    """The packages and their versions, as the names of their folders say."""
    places = [Path(place) for place in sys.path if place.endswith("-packages")]
    return [sys.version, *sorted(info.name for place in places for info in place.glob("*.dist-info"))]


def _token(entry: Any) -> dict[str, Any]:
    return {"name": entry.title, "id": entry.id, "level": entry.level, "children": [*map(_token, entry.children)]}
