"""A page being set: what is known of it, what it gathers, the figures in it."""

from __future__ import annotations

import html
import json
import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path

from gdfigs.build import cache as store
from gdfigs.build.jobs import RenderedFigure, sources_below
from gdfigs.claims.core import Claim
from gdfigs.plots.registry import SCHEME, FigureCall, InputError, parse_url
from gdfigs.plots.svg import GLYPH

_GLYPH = re.compile(rf'<path ((?:d="[^"]*" )?transform="{re.escape(GLYPH)}") id="([^"]+)" />')
_PLAIN = re.compile(r'<span class="(?:n|nb|o|ow|p|w|bp)">([^<]*)</span>')
"""Names, operators, brackets and spaces, which need no colour of their own."""
_REFERENCE = re.compile(r'(href=\\?"#)([^"\\]+)')  # within JSON a quotation mark stands behind a backslash
_LATER = re.compile(r"<!--gdfigs:(\d+)-->")


@dataclass(frozen=True)
class Origin:
    """What was made from a page's file, before it is set.

    text: of the file. kept: what stands at the first marks. faults: found so far. files: for readers, by address.
    """

    text: str = ""
    kept: Sequence[str] = ()
    faults: Sequence[str] = ()
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Page:
    """What is known of the page, and what comes of it.

    name: for messages. root: the way from the page to the site's root, or None where there are no files to link to.
    first_line: of the text within the file (what front matter there is stands above it). later: figures are kept
    back until ``complete``, so that nothing in between has to read through them. origin: of its text, where that was
    made from a file of another kind. docstring: the name of the object whose docstring is being set.
    """

    name: str = "page"
    root: str | None = None
    first_line: int = 1
    later: bool = False
    origin: Origin = Origin()
    lines: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    figures: list[tuple[FigureCall, RenderedFigure]] = field(default_factory=list)
    formulas: list[ET.Element] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    glyphs: dict[str, str] = field(default_factory=dict)
    moves: bool = False
    docstring: str = ""

    def begin(self, lines: list[str]) -> None:
        """Forgets an earlier setting of the page; ``lines``: its text, so that a fault can name its line."""
        self.lines = self.origin.text.splitlines() or list(lines)
        self.faults, self.figures, self.formulas = list(self.origin.faults), [], []
        self.kept, self.glyphs, self.moves = list(self.origin.kept), {}, False

    def fault(self, reason: str, *written: str) -> None:
        """Records a fault of what is ``written``, at every line where it stands; of several ways, the first found."""
        at: list[str] = []
        if self.docstring:
            reason, written = f"{self.docstring}: {reason}", ()
        for text in written:
            head = text.strip().partition("\n")[0]
            at = [str(n) for n, line in enumerate(self.lines, self.first_line) if head in line]
            if at:
                break
        fault = f"{self.name}:{','.join(at)}: {reason}" if at else f"{self.name}: {reason}"
        if fault not in self.faults:
            self.faults.append(fault)

    def picture(self, drawn: RenderedFigure, title: str, name: str = "") -> str:
        """The figure's SVG. A letter that an earlier figure of the page has defined is not defined again.

        name: of the figure in the page's address, where it has sliders.
        """
        renamed: dict[str, str] = {}

        def once(glyph: re.Match[str]) -> str:
            renamed[glyph[2]] = self.glyphs.setdefault(glyph[1], glyph[2])
            return glyph[0] if renamed[glyph[2]] == glyph[2] else ""

        def refer(text: str) -> str:
            return _REFERENCE.sub(lambda m: f"{m[1]}{renamed.get(m[2], m[2])}", text)

        svg = _GLYPH.sub(once, drawn.svg.replace("{title}", html.escape(title), 1)).replace("<defs></defs>", "")
        made = f'<div class="gd-figure">{refer(svg)}</div>'
        if drawn.frames:
            made = _slider(name, made, refer(drawn.frames)) + (_script() if not self.moves else "")
            self.moves = True
        return self._keep(made)

    def behind(self, call: FigureCall, drawn: RenderedFigure, notebooks: Iterable[str]) -> str:
        """The code that draws the figure and the command for it, folded; its data, the picture, its notebooks."""
        folded = "".join(
            f"<details><summary>{label}</summary>"
            f'<div class="highlight"><pre tabindex="0"><code>{text}</code></pre></div></details>'
            for label, text in (("Code", coloured(call.figure.source)), ("Command", html.escape(call.command)))
        )
        links = [
            *(f'<a href="{self.root}{path}" download>{path.rpartition(".")[2].upper()}</a>' for path in files(drawn)),
            *(f'<a href="{self.root}{uri.removesuffix(".py")}/">Notebook</a>' for uri in notebooks),
        ]
        shown = "".join(links) if self.root is not None else ""
        return self._keep(f'<div class="gd-behind" data-search-exclude>{folded}{shown}</div>')

    def check(self, claim: Claim) -> str:
        """The code of all that checks a claim, folded."""
        key = store.digest("check", claim.id, sources_below("gdfigs.claims"), version("pygments"))
        code = store.cached(key, lambda: coloured(claim.code).encode()).decode()
        place = "gdfigs/{}:{}".format(*claim.place)
        return self._keep(
            f'<div class="gd-behind" data-search-exclude><details><summary>Check: {place}</summary>'
            f'<div class="highlight"><pre tabindex="0"><code>{code}</code></pre></div></details></div>'
        )

    def _keep(self, made: str) -> str:
        if not self.later:
            return made
        self.kept.append(made)
        return f"<div><!--gdfigs:{len(self.kept) - 1}--></div>"


def complete(output: str, kept: Sequence[str]) -> str:
    """A page with what was kept back of it."""
    return _LATER.sub(lambda m: kept[int(m[1])], output)


def grouped(faults: Iterable[str]) -> list[str]:
    """Each reason once, with every place it stands at."""
    places = defaultdict(list)
    for fault in faults:
        place, _, reason = fault.partition(": ")
        places[reason].append(place)
    return [f"{', '.join(at)}: {reason}" for reason, at in places.items()]


class PageError(ValueError):
    """A page that nobody collects the faults of has some; the message lists all."""


def _slider(name: str, shown: str, data: str) -> str:
    """A figure with its sliders and its frames; without scripts it is ``shown``, the figure that they begin with."""
    frames, data = json.loads(data), data.replace("<", "\\u003c")  # which nothing within a script may be
    rows = "".join(
        f"<label><span><b>{slider['symbol']}</b>: {html.escape(slider['meaning'])}</span>"
        f'<input type="range" min="0" max="{len(slider["values"]) - 1}" value="{slider["begin"]}"></label>'
        for slider in frames["sliders"]
    )
    return (
        f'<gd-slider data-name="{name}">{shown}'
        '<div class="gd-controls" data-search-exclude>'
        f'<p class="gd-told">{html.escape(frames["told"][frames["begin"]])}</p>{rows}'
        '<button type="button">Play</button><button type="button">Reset</button></div>'
        f'<script type="application/json">{data}</script></gd-slider>'
    )


@cache
def _script() -> str:
    """What moves all sliders of a page, once they are all there."""
    return f'<script type="module">{Path(__file__).with_name("slider.js").read_text(encoding="utf-8")}</script>'


def coloured(source: str) -> str:
    """Python as HTML; kept in the store, for it takes a while."""

    def make() -> bytes:
        from pygments import highlight
        from pygments.formatters import HtmlFormatter
        from pygments.lexers import PythonLexer

        made = highlight(source, PythonLexer(), HtmlFormatter(nowrap=True))
        return _PLAIN.sub(r"\1", made).encode()

    return store.cached(store.digest("code", source, _PLAIN.pattern, version("pygments")), make).decode()


def files(drawn: RenderedFigure) -> tuple[str, str]:
    """Where the site keeps a figure's CSV and SVG, below its root."""
    return f"figures/{drawn.prefix}.csv", f"figures/{drawn.prefix}.svg"


def requests(text: str) -> Iterator[FigureCall]:
    """The figures that a page's text asks for, as far as they can be read without setting it; for drawing ahead."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)  # shown as code
    for url in dict.fromkeys(url.partition("#")[0] for url in re.findall(rf"\(({SCHEME}:[^)\s]+)\)", text)):
        try:
            yield parse_url(url)
        except InputError:
            continue  # reported with its line when the page is set
