"""Pages as they were set: what is kept of each, so that an unchanged one need not be set again.

A page is set again where its text, the package, what it is set with, the configuration or the list of the site's files
has changed; a page that shows all claims, where any page has; one of the reference, where a title has. What is checked
of all pages together, the anchors that one links to on another, is checked in every build, from what is kept.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gdfigs import store
from gdfigs.catalogue import SCHEME
from gdfigs.mathml import characters
from gdfigs.page import Page, files
from gdfigs.svg import standalone

_LOOKS_AT_ALL = (f"({SCHEME}:claims", f"({SCHEME}:map)")


@dataclass(frozen=True)
class Finished:
    """A page that was set.

    content, toc (entries as Python-Markdown gives them), title, meta, anchors, links (to anchors, by file and anchor):
    what MkDocs goes on with. pieces: put in at the end. characters: of its formulas. files: for readers, by address.
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

    @classmethod
    def of(cls, page: Any, made: Page) -> Finished:
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
        page.present_anchor_ids = set(self.anchors)
        page.links_to_anchors = {sources.get_file_from_path(uri): links for uri, links in self.links.items()}


class Shelf:
    """The finished pages of a site, by their addresses. texts: of the pages. shared: all else that may change them."""

    def __init__(self, texts: Mapping[str, str], *shared: Any) -> None:
        common, whole = store.digest(_installed(), *shared), store.digest(dict(texts))
        titles = store.digest([re.findall(r"^(?:# |///|\s+attrs:).*", text, re.MULTILINE) for text in texts.values()])
        self._keys = {
            uri: store.digest(
                "page",
                common,
                uri,
                text,
                whole if any(mark in text for mark in _LOOKS_AT_ALL) else "",
                titles if "\n::: " in text else "",
            )
            for uri, text in texts.items()
        }
        found = {uri: store.load(key) for uri, key in self._keys.items()}
        self.pages = {uri: Finished(**json.loads(kept)) for uri, kept in found.items() if kept}
        self.stale = {uri: text for uri, text in texts.items() if uri not in self.pages}

    def add(self, uri: str, finished: Finished, keep: bool) -> None:
        """A page just set; ``keep`` it for later builds, too, where nothing is wrong with it."""
        self.pages[uri] = finished
        if keep:
            store.save(self._keys[uri], json.dumps(asdict(finished)).encode())


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
