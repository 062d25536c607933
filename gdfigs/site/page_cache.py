"""Cache of pages that were set, so that an unchanged page is not set again.

A page is set again where its text, the package, the installed packages, the configuration or the list of the site's
files has changed. Of the figures only the modules matter that the page uses; to a notebook, all.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from gdfigs.build import cache
from gdfigs.build.jobs import passage
from gdfigs.plots.registry import parse_url
from gdfigs.site.context import Box, Fragment, Link, PageContext

_FIGURES = "figures/"
_COLLECTED = ("title", "needs_index", "boxes", "links", "figures", "fragments", "files", "passages")


@dataclass
class CachedPage:
    """A page that was set.

    content, toc (entries as Python-Markdown gives them), title, meta, anchors, links (to anchors, by file and anchor):
    what MkDocs goes on with. filled: the HTML of its fragments. facts: of other pages that went into them, as a digest.
    depends: digests of the modules of figures that it shows or quotes, by their places.
    """

    content: str
    toc: list[dict[str, Any]]
    title: str | None
    meta: dict[str, Any]
    anchors: list[str]
    links: dict[str, dict[str, str]]
    collected: dict[str, Any]
    filled: list[str] = field(default_factory=list)
    facts: str = ""
    depends: dict[str, str] = field(default_factory=dict)

    def context(self, uri: str, root: str, lines: list[str]) -> PageContext:
        """Returns the context as it was when the page was set."""
        found = self.collected | {
            "boxes": [Box(**box | {"links": [*map(tuple, box["links"])]}) for box in self.collected["boxes"]],
            "links": [Link(*link) for link in self.collected["links"]],
            "fragments": [Fragment(**fragment) for fragment in self.collected["fragments"]],
            "passages": [passage(**said) for said in self.collected["passages"]],
            "characters": set(self.collected["characters"]),
        }
        return PageContext(uri, root, lines=lines, deferred=True, **found)


class PageCache:
    """The pages of one build that need not be set: ``pages``, by their addresses below docs/.

    Args:
        texts: of all pages. code: of the package's files, by their places. shared: what else may change every page.
    """

    def __init__(self, texts: Mapping[str, str], code: Mapping[str, str], *shared: Any) -> None:
        self.figures = {place: cache.digest(text) for place, text in code.items() if place.startswith(_FIGURES)}
        common = cache.digest(_installed(), {p: text for p, text in code.items() if p not in self.figures}, *shared)
        self._keys = {
            uri: cache.digest("page", common, uri, text, self.figures if uri.endswith(".py") else {})
            for uri, text in texts.items()
        }
        found = {uri: cache.load(key) for uri, key in self._keys.items()}
        known = {uri: CachedPage(**json.loads(entry)) for uri, entry in found.items() if entry}
        self.pages = {uri: page for uri, page in known.items() if page.depends.items() <= self.figures.items()}

    def collect(self, context: PageContext, **page: Any) -> CachedPage:
        """Returns a page that was set, with what it collected; ``page``: what MkDocs goes on with."""
        collected = {name: getattr(context, name) for name in _COLLECTED} | {"characters": sorted(context.characters)}
        return CachedPage(**page, collected=collected)

    def save(self, uri: str, page: CachedPage) -> None:
        """Keeps a page without faults for later builds."""
        position = {"figure": 0, "downloads": 0, "number": 1}
        fragments = [Fragment(**f) for f in asdict(page)["collected"]["fragments"]]
        modules = {_module(f.arguments[position[f.kind]]) for f in fragments if f.kind in position} - {""}
        page.depends = {module: self.figures[module] for module in modules}
        cache.save(self._keys[uri], json.dumps(asdict(page)).encode())


def _module(url: str) -> str:
    """Returns the place of the module of a figure, or "" for a formula."""
    if "." in url.partition("?")[0]:
        return ""
    return f"{_FIGURES}{parse_url(url).figure.function.__module__.rpartition('.')[2]}.py"


def _installed() -> list[str]:
    """Returns the packages and their versions, as the names of their folders say."""
    places = [Path(place) for place in sys.path if place.endswith("-packages")]
    return [sys.version, *sorted(info.name for place in places for info in place.glob("*.dist-info"))]
