"""A page being set: what is known of it, what it gathers, the figures and quoted numbers in it."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version

from gdfigs import store
from gdfigs.catalogue import SCHEME, Request, RequestError, parse_url
from gdfigs.draw import Drawn

_QUOTED = re.compile(
    r"(?P<sign>[-−]?)(?P<whole>\d{1,3}(?:[,\u202f]\d{3})+|\d+)(?:\.(?P<decimals>\d+))?(?P<percent>\s?%)?"
)
_GLYPH = re.compile(r'<path ((?:d="[^"]*" )?transform="scale\(0\.015625\)") id="([^"]+)" />')
_PLAIN = re.compile(r'<span class="(?:n|o|p|w)">([^<]*)</span>')
"""Names, operators, brackets and spaces, which need no colour of their own."""
_LATER = re.compile(r"<!--gdfigs:(\d+)-->")


@dataclass
class Page:
    """What is known of the page, and what comes of it.

    name: for messages. root: the way from the page to the site's root, or None where there are no files to link to.
    first_line: of the text within the file (what front matter there is stands above it). later: figures are kept
    back until ``complete``, so that nothing in between has to read through them.
    """

    name: str = "page"
    root: str | None = None
    first_line: int = 1
    later: bool = False
    lines: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    figures: list[tuple[Request, Drawn]] = field(default_factory=list)
    formulas: list[ET.Element] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    glyphs: dict[str, str] = field(default_factory=dict)

    def begin(self, lines: list[str]) -> None:
        """Forgets an earlier setting of the page; ``lines``: its text, so that a fault can name its line."""
        self.lines, self.faults, self.figures, self.formulas = list(lines), [], [], []
        self.kept, self.glyphs = [], {}

    def fault(self, reason: str, *written: str) -> None:
        """Records a fault of what is ``written``, at every line where it stands; of several ways, the first found."""
        for text in written:
            head = text.strip().partition("\n")[0]
            at = [str(n) for n, line in enumerate(self.lines, self.first_line) if head in line]
            if at:
                break
        fault = f"{self.name}:{','.join(at)}: {reason}" if at else f"{self.name}: {reason}"
        if fault not in self.faults:
            self.faults.append(fault)

    def picture(self, drawn: Drawn, title: str) -> str:
        """The figure's SVG. A letter that an earlier figure of the page has defined is not defined again."""
        renamed: dict[str, str] = {}

        def once(glyph: re.Match[str]) -> str:
            renamed[glyph[2]] = self.glyphs.setdefault(glyph[1], glyph[2])
            return glyph[0] if renamed[glyph[2]] == glyph[2] else ""

        svg = _GLYPH.sub(once, drawn.svg.replace("{title}", html.escape(title), 1)).replace("<defs></defs>", "")
        svg = re.sub(r'href="#([^"]+)"', lambda m: f'href="#{renamed.get(m[1], m[1])}"', svg)
        return self._keep(f'<div class="gd-figure">{svg}</div>')

    def behind(self, asked: Request, drawn: Drawn) -> str:
        """The code that draws the figure, folded, and links to its data and to the picture as files."""
        links = "".join(
            f'<a href="{self.root}{path}" download>{label}</a>'
            for path, label in zip(files(drawn), ("Data (CSV)", "Picture (SVG)"), strict=True)
            if self.root is not None
        )
        return self._keep(
            f'<div class="gd-behind" data-search-exclude>{links}<details><summary>Code</summary>'
            f'<div class="highlight"><pre tabindex="0"><code>{_coloured(asked.figure.source)}</code></pre></div>'
            "</details></div>"
        )

    def _keep(self, made: str) -> str:
        if not self.later:
            return made
        self.kept.append(made)
        return f"<div><!--gdfigs:{len(self.kept) - 1}--></div>"

    def complete(self, output: str) -> str:
        """The page with what was kept back."""
        return _LATER.sub(lambda m: self.kept[int(m[1])], output)


class PageError(ValueError):
    """A page that nobody collects the faults of has some; the message lists all."""


def _coloured(source: str) -> str:
    """Python as HTML; kept in the store, for it takes a while."""

    def make() -> bytes:
        from pygments import highlight
        from pygments.formatters import HtmlFormatter
        from pygments.lexers import PythonLexer

        made = highlight(source, PythonLexer(), HtmlFormatter(nowrap=True))
        return _PLAIN.sub(r"\1", made).encode()

    return store.cached(store.digest("code", source, _PLAIN.pattern, version("pygments")), make).decode()


def check(quoted: str, value: float) -> None:
    """Raises RequestError unless ``quoted`` is ``value`` rounded to the digits written.

    '1,024', '0.2785', '−3' and '42 %' are numbers; a percentage is a hundred times the value.
    """
    match = _QUOTED.fullmatch(quoted.strip())
    if match is None:
        raise RequestError(f"{quoted!r} is not a number: write digits, as 1,024 or 0.28 or 42 %")
    decimals = len(match["decimals"] or "")
    scaled = value * (100 if match["percent"] else 1)
    digits = f"{'-' if match['sign'] else ''}{re.sub('[^0-9]', '', match['whole'])}.{match['decimals'] or '0'}"
    # Half a unit of the last digit written; the factor lets a value that lies on the half round either way.
    if abs(float(digits) - scaled) > 0.5 * 10**-decimals * (1 + 1e-9):
        raise RequestError(
            f"the page says {quoted.strip()}, the figure computes {scaled:.{decimals}f}{match['percent'] or ''}"
        )


def files(drawn: Drawn) -> tuple[str, str]:
    """Where the site keeps a figure's CSV and SVG, below its root."""
    return f"figures/{drawn.prefix}.csv", f"figures/{drawn.prefix}.svg"


def requests(text: str) -> Iterator[Request]:
    """The figures that a page's text asks for, as far as they can be read without setting it; for drawing ahead."""
    for url in dict.fromkeys(url.partition("#")[0] for url in re.findall(rf"\(({SCHEME}:[^)\s]+)\)", text)):
        try:
            yield parse_url(url)
        except RequestError:
            continue  # reported with its line when the page is set
