"""Fills in the fragments of a page when all pages are set: figures, numbers, badges, code."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from importlib.metadata import version

from gdfigs.build import cache
from gdfigs.build.jobs import BuildJobs, DrawingError, RenderedFigure
from gdfigs.build.keys import code_digest
from gdfigs.plots.registry import InputError, parse_url
from gdfigs.plots.svg import GLYPH, standalone
from gdfigs.site import captions, formulas, lab
from gdfigs.site.checked_numbers import verify
from gdfigs.site.context import Fragment, PageContext, SiteIndex
from gdfigs.site.html import behind, code_block, fault, folded, highlight_python, slider, slider_script

WITHIN_LINES = ("number", "badge", "formula")
"""Kinds of fragments that a search finds; the others are filled in last, so that nothing has to read through them."""
_PLACEHOLDER = re.compile(r"<!--gdfigs:(\d+)-->")
_GLYPH = re.compile(rf'<path ((?:d="[^"]*" )?transform="{re.escape(GLYPH)}") id="([^"]+)" />')
_REFERENCE = re.compile(r'(href=\\?"#)([^"\\]+)')  # within JSON a quotation mark stands behind a backslash


def fill_in(text: str, fragments: Sequence[str | None]) -> str:
    """Returns the text with its fragments; the placeholder of a fragment that is None stays."""

    def one(placeholder: re.Match[str]) -> str:
        fragment = fragments[int(placeholder[1])] if int(placeholder[1]) < len(fragments) else ""
        return placeholder[0] if fragment is None else fragment

    return _PLACEHOLDER.sub(one, text)


class Filler:
    """Makes HTML of the fragments of one page, in their order.

    A letter that one figure of the page defines is not defined again by the next; the script of the sliders stands
    behind the first of them. A fault is recorded in the page's context, and shown in its place.
    """

    def __init__(self, page: PageContext, jobs: BuildJobs, index: SiteIndex) -> None:
        self.page, self.jobs, self.index = page, jobs, index
        self.glyphs: dict[str, str] = {}
        self.moves = False

    def fill(self) -> list[str]:
        return [self._one(fragment) for fragment in self.page.fragments]

    def _one(self, fragment: Fragment) -> str:
        try:
            made: str = getattr(self, fragment.kind)(*fragment.arguments)
        except Exception as cause:  # a fault of ours is told with its place as well
            reason = str(cause) if isinstance(cause, InputError | DrawingError) else f"{type(cause).__name__}: {cause}"
            self.page.fault(reason, *fragment.written)
            shown = fault(reason)
            # The number itself stands behind its value.
            return f'"></data>{shown}<data value="' if fragment.kind == "number" else shown
        return made

    def figure(self, url: str, title: str, name: str, *texts: str) -> str:
        """The drawing, and its files for readers; ``texts``: its caption and the paragraph before it."""
        rendered = self.jobs.result(parse_url(url))
        for text in (*texts, title, rendered.description):
            for line, reason in captions.faults(text, rendered.looks):
                self.page.fault(reason, line, f"![{title}]({url}", url)
        data, drawing = files(rendered)
        self.page.files |= {data: rendered.csv, drawing: standalone(rendered.svg.replace("{title}", rendered.prefix))}
        return self.drawing(rendered.svg.replace("{title}", html.escape(title), 1), rendered.frames, name)

    def drawing(self, svg: str, frames: str = "", name: str = "") -> str:
        renamed: dict[str, str] = {}

        def once(glyph: re.Match[str]) -> str:
            renamed[glyph[2]] = self.glyphs.setdefault(glyph[1], glyph[2])
            return glyph[0] if renamed[glyph[2]] == glyph[2] else ""

        def refer(text: str) -> str:
            return _REFERENCE.sub(lambda m: f"{m[1]}{renamed.get(m[2], m[2])}", text)

        made = f'<div class="gd-figure">{refer(_GLYPH.sub(once, svg).replace("<defs></defs>", ""))}</div>'
        if not frames:
            return made
        made = slider(name, made, refer(frames)) + ("" if self.moves else slider_script())
        self.moves = True
        return made

    def downloads(self, url: str, name: str) -> str:
        """The code that draws a figure and the command for it, folded; its data, the picture, its notebooks."""
        call = parse_url(url)
        content = folded("Code", highlight_python(call.figure.source)) + folded("Command", html.escape(call.command))
        if self.page.root is not None:
            root, rendered = self.page.root, self.jobs.result(call)
            for path in files(rendered):
                content += f'<a href="{root}{path}" download>{path.rpartition(".")[2].upper()}</a>'
            for uri in self.index.notebooks_about(name):
                content += f'<a href="{root}{uri.removesuffix(".py")}/">Notebook</a>'
        return behind(content)

    def number(self, quoted: str, url: str, heading: str) -> str:
        """The value that a page quotes, as an attribute; heading: the address of its column's number, or ""."""
        return f"{verify(quoted, url, self.jobs, heading):.6g}"

    def badge(self, claim: str) -> str:
        """How a claim was checked and how tight it is."""
        from gdfigs.claims.core import claims
        from gdfigs.site import evidence

        results, faults = self.jobs.checks()
        if claim in faults:
            raise InputError(f"the statement does not hold: {faults[claim]}")
        kinds = evidence.kinds(claims()[claim], self.index.proved(claim))
        return f"{', '.join(kinds)}; {evidence.verdict(claims()[claim], results[claim])}"

    def formula(self, number: str) -> str:
        """What came of a formula of this page, as an attribute."""
        results = self.jobs.formulas(self.page.uri).results
        return next((html.escape(formulas.told(r)) for r in results if r.number == int(number)), "")

    def formulas(self) -> str:
        """Which formulas of all pages were run, and which were not."""
        from gdfigs.claims.core import claims

        order = dict.fromkeys([*(claim.page for claim in claims().values()), *self.index.titles])
        pages = [(uri, self.index.titles[uri], self.jobs.formulas(uri).results) for uri in order]
        return formulas.table([page for page in pages if page[2]], self.page.root or "")

    def check(self, claim: str) -> str:
        """The code of all that checks a claim, folded."""
        from gdfigs.claims.core import claims

        stated = claims()[claim]
        key = cache.digest("check", claim, code_digest("claims"), version("pygments"))
        code = cache.cached(key, lambda: highlight_python(stated.code).encode()).decode()
        return behind(folded("Check: gdfigs/{}:{}".format(*stated.place), code))

    def cell(self, source: str, outputs: str, hidden: str) -> str:
        """A code cell of a notebook with its outputs; hidden: its tags that fold a part of it."""
        code = code_block(highlight_python(source)) if source else ""
        if "hide-input" in hidden:
            code = f"<details><summary>Code</summary>{code}</details>"
        shown = "".join(
            lab.figure(content, self.drawing) if kind == "figure" else content for kind, content in json.loads(outputs)
        )
        if shown and "hide-output" in hidden:
            shown = f"<details><summary>Output</summary>{shown}</details>"
        return f'<div class="gd-cell" data-search-exclude>{code}{shown}</div>'


def files(rendered: RenderedFigure) -> tuple[str, str]:
    """Returns where the site has a figure's CSV and SVG, below its root."""
    return f"figures/{rendered.prefix}.csv", f"figures/{rendered.prefix}.svg"
