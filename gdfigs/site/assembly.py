"""The pages of one build, from the first that is set to the last fragment that is filled in."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from gdfigs.build import cache
from gdfigs.build.jobs import BuildJobs
from gdfigs.formulas.vocabulary import entries
from gdfigs.site import evidence, links
from gdfigs.site.context import NOTATION, PageContext, SiteIndex, grouped
from gdfigs.site.fragments import WITHIN_LINES, Filler, fill_in
from gdfigs.site.html import fault as shown_fault
from gdfigs.site.mathfont import font, font_licence
from gdfigs.site.page_cache import CachedPage, PageCache

PAUSE = 2.0
"""Seconds between two reports of how much is drawn."""


class Assembly:
    """What the pages collect, page by page, and what all of them make of it together.

    contexts: of all pages, by their addresses below docs/. filled: the HTML of their fragments. font: its address.
    """

    def __init__(self, texts: Mapping[str, str], code: Mapping[str, str], *shared: Any) -> None:
        self.jobs, self.cache = BuildJobs(), PageCache(texts, code, *shared)
        self.contexts: dict[str, PageContext] = {}
        self.filled: dict[str, list[str]] = {}
        self.index = SiteIndex(())
        self.font = ""
        self._facts: dict[str, str] = {}

    def is_unchanged(self, uri: str) -> bool:
        """Whether the cache holds all of a page that is to be published."""
        return uri in self.cache.pages and self.cache.pages[uri].facts == self._facts[uri]

    @cached_property
    def notation(self) -> set[str] | None:
        """The symbols that the page "Notation" explains, or None where there is no such page."""
        return entries(self.contexts[NOTATION].passages) if NOTATION in self.contexts else None

    def pages_to_set_again(self) -> list[PageContext]:
        """Returns new contexts of the pages that show what others say, now that all others are set."""
        self.index = SiteIndex(self.contexts.values())
        self._facts = {uri: cache.digest(self.index.facts_for(context)) for uri, context in self.contexts.items()}
        changed = [uri for uri in self.contexts if not self.is_unchanged(uri)]
        for uri, context in self.contexts.items() if changed else ():
            if any(formula.relates for passage in context.passages for formula in passage.formulas):
                self.jobs.submit_formulas(uri, context.passages, self.index.linked_passages(context))
        stale = [c for uri, c in self.contexts.items() if c.needs_index and not self.is_unchanged(uri)]
        for old in stale:
            again = PageContext(old.uri, old.root, old.first_line, old.lines, deferred=True, index=self.index)
            self.contexts[old.uri] = again
        return [self.contexts[old.uri] for old in stale]

    def wait(self, report: Callable[[int, int], None]) -> None:
        """Waits until everything is drawn and checked; every few seconds reports how much of how much is."""
        reported, last = time.monotonic(), -1
        while (state := self.jobs.progress())[0] < state[1]:
            time.sleep(0.02)
            if time.monotonic() - reported > PAUSE and state[0] > last:
                reported, last = time.monotonic(), state[0]
                report(*state)

    def fill(self, uri: str, content: str) -> str:
        """Makes the fragments of a page; returns its content with those that a search finds."""
        context = self.contexts[uri]
        hidden = [fault for fault in context.faults if not fault.endswith(tuple(context.shown))]
        known = self.cache.pages[uri].filled if self.is_unchanged(uri) else None
        if known is None:
            context.report(self.jobs.formulas(uri), self.notation)
        self.filled[uri] = known or Filler(context, self.jobs, self.index).fill()
        content = "".join(f"<p>{shown_fault(fault)}</p>" for fault in hidden) + content  # for a live server
        within = [fragment.kind in WITHIN_LINES for fragment in context.fragments]
        return fill_in(content, [html if w else None for html, w in zip(self.filled[uri], within, strict=True)])

    def complete(self, uri: str, output: str) -> str:
        """Returns a page with all of its fragments."""
        return fill_in(output, list(self.filled[uri]))

    def faults(self) -> list[str]:
        """Returns the faults of all pages, each with all of its places."""
        faults = [fault for context in self.contexts.values() for fault in context.faults]
        if any(context.needs_index and not self.is_unchanged(uri) for uri, context in self.contexts.items()):
            faults += evidence.faults(self.index)
        as_set = SiteIndex(self.contexts.values())  # with the links that the ledger and the map have by now
        return grouped([*faults, *dict.fromkeys(links.faults(as_set))])

    def save(self, uri: str, page: CachedPage) -> None:
        """Caches a page, unless it has a fault, which the next build must report again."""
        page.filled, page.facts, page.collected["files"] = self.filled[uri], self._facts[uri], self.contexts[uri].files
        if not self.contexts[uri].faults:
            self.cache.save(uri, page)

    def files(self) -> dict[str, str | bytes]:
        """Returns the files that readers may download and those that the pages load, by their addresses."""
        woff = font(set().union(*(context.characters for context in self.contexts.values())))
        self.font = f"assets/stix-two-math-{cache.digest(woff.hex())[:8]}.woff2"
        downloads = {uri: content for context in self.contexts.values() for uri, content in context.files.items()}
        return downloads | {self.font: woff, "assets/stix-two-math-licence.txt": font_licence()}
