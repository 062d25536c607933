"""What is known of a page while it is set, what setting it collects, and what all pages of a site collect together."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gdfigs.formulas.passages import Passage
from gdfigs.formulas.report import FormulaReport
from gdfigs.site.mathml import TexError, plain

_FORMULA = re.compile(r"(?<!\\)\$([^$]+)\$")
NOTATION = "notation.md"
PLACEHOLDER = "<!--gdfigs:{}-->"
"""Stands in the text of a page for the fragment of that number."""


@dataclass
class Box:
    """A box of a page.

    title: as the page writes it. aliases: further words by which links may call it.
    proved: whether it carries a proof. links: pages and anchors that it points to.
    labels, references: of the equations that it numbers, and of those that it refers to.
    figures: names of those that follow it, before the next box or heading.
    """

    page: str
    kind: str
    title: str
    id: str
    line: str = ""
    aliases: str = ""
    proved: bool = False
    links: list[tuple[str, str]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)


class Link(NamedTuple):
    """A link: the page and the anchor that it points to, its words, formulas between dollars, and where it stands."""

    page: str
    anchor: str
    words: str
    place: str


@dataclass
class Fragment:
    """A piece of a page that is filled in when all pages are set and all figures are drawn.

    kind: a method of fragments.Filler. arguments: its arguments. written: what the page writes there, to find its line.
    """

    kind: str
    arguments: list[str]
    written: list[str] = field(default_factory=list)


@dataclass
class PageContext:
    """A page that is being set.

    uri: below docs/. root: the way from the page to the site's root, or None where there are no files to link to.
    first_line: of the text within the file, below the front matter. lines: of the text.
    deferred: whether somebody fills in the fragments and collects the faults when all pages are set.
    index: of the site, once all pages are set. needs_index: whether the page shows what other pages say.
    files: for readers to download, by address. docstring: the name of the object whose
    docstring is being set. sources: paragraphs and titles of boxes as they are written, by their elements.
    shown: reasons of faults that the page shows in their places.
    """

    uri: str = ""
    root: str | None = None
    first_line: int = 1
    lines: list[str] = field(default_factory=list)
    deferred: bool = False
    index: SiteIndex | None = None
    needs_index: bool = False
    title: str = ""
    faults: list[str] = field(default_factory=list)
    fragments: list[Fragment] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    figures: dict[str, str] = field(default_factory=dict)
    passages: list[Passage] = field(default_factory=list)
    characters: set[str] = field(default_factory=set)
    files: dict[str, str] = field(default_factory=dict)
    docstring: str = ""
    sources: dict[Any, str] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The page as messages name it."""
        return f"docs/{self.uri}" if self.uri else "page"

    def place_of(self, *written: str) -> str:
        """Returns where the first of the texts stands that stands anywhere: the page, its lines or the docstring."""
        lines = "" if self.docstring else self.lines_of(*written)
        return f"{self.name}:{lines}" if lines else f"{self.name}{f': {self.docstring}' if self.docstring else ''}"

    def fault(self, reason: str, *written: str, lines: str = "") -> None:
        """Records a fault once, with every line that holds the first of the ``written`` texts that stands anywhere."""
        lines = lines or (self.lines_of(*written) if not self.docstring else "")
        reason = f"{self.docstring}: {reason}" if self.docstring else reason
        fault = f"{self.name}:{lines}: {reason}" if lines else f"{self.name}: {reason}"
        if fault not in self.faults:
            self.faults.append(fault)

    def report(self, came: FormulaReport, notation: set[str] | None) -> None:
        """Records what is wrong with the formulas: one does not hold, or cannot be run; a symbol has no entry.

        notation: the symbols that have one, or None where the site has no page "Notation".
        """
        for result in came.results:
            if result.status == "fault":
                remedy = "mend it or its hypotheses"
                if not result.reason.startswith("it does not hold"):
                    remedy = "say it otherwise, or write '% not run: why' at its end"
                self._fault_of_formula(result.tex, f"{result.reason}; {remedy}")
        for name, tex in came.symbols.items():
            if notation is not None and name not in notation:
                remedy = f"define {name} by a formula of this page, or add it to docs/{NOTATION}"
                self._fault_of_formula(tex, f"nothing says what {name} is; {remedy}")

    def _fault_of_formula(self, tex: str, reason: str) -> None:
        line = max(tex.splitlines(), key=len)
        self.fault(f"the formula ${' '.join(tex.split())}$: {reason}", f"${tex}$" if line == tex else line)

    def lines_of(self, *written: str) -> str:
        """Returns the numbers of the lines that hold the first of the texts that stands anywhere, as ``5,7``."""
        for text in written:
            head = text.strip().partition("\n")[0]
            found = [str(n) for n, line in enumerate(self.lines, self.first_line) if head and head in line]
            if found:
                return ",".join(found)
        return ""

    def set_title(self, meta: MutableMapping[str, Any]) -> None:
        """Writes the formulas of a title in the front matter as plain text, which is all that a browser shows of it."""
        title = str(meta.get("title", ""))
        try:
            if "$" in title:
                meta["title"] = _FORMULA.sub(lambda formula: plain(formula[1]), title)
        except TexError as error:
            self.faults.append(f"{self.name}: the title '{title}' cannot be set: {error}")

    def place(self, kind: str, *arguments: str, written: Sequence[str] = ()) -> str:
        """Adds a fragment and returns its placeholder."""
        self.fragments.append(Fragment(kind, [*arguments], [*written]))
        return PLACEHOLDER.format(len(self.fragments) - 1)

    def resolve(self, link: str) -> tuple[str, str] | None:
        """Returns the page and the anchor that a link of this page points to, or None where it leads elsewhere."""
        path, _, anchor = link.partition("#")
        if not anchor or ":" in link or (path and not path.endswith((".md", ".py"))):
            return None
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.uri), path)) if path else self.uri, anchor


class SiteIndex:
    """What all pages of a site say together: their titles, boxes and links."""

    def __init__(self, pages: Iterable[PageContext]) -> None:
        self.pages = [*pages]
        self.titles = {page.uri: page.title for page in self.pages}
        self.boxes = [box for page in self.pages for box in page.boxes]
        self._notebooks: Mapping[str, list[str]] = defaultdict(list)
        for page in self.pages:
            for anchor in dict.fromkeys(link.anchor for link in page.links):
                if page.uri.endswith(".py"):
                    self._notebooks[anchor].append(page.uri)

    def proved(self, claim: str) -> bool:
        """Whether the box of a claim carries a proof."""
        return any(box.id == claim and box.proved for box in self.boxes)

    def notebooks_about(self, figure: str) -> list[str]:
        """Returns the notebooks that link to a figure, on whatever page."""
        return self._notebooks.get(f"figure-{figure}", [])

    def linked_passages(self, page: PageContext) -> list[list[Passage]]:
        """Returns what other pages say to whose boxes the cells of a page link."""
        targets = [
            formula.target for passage in page.passages for formula in passage.formulas if formula.place == "cell"
        ]
        uris = dict.fromkeys(target[0] for target in targets if target and target[0] != page.uri)
        return [other.passages for uri in uris for other in self.pages if other.uri == uri]

    def facts_for(self, page: PageContext) -> list[Any]:
        """Returns all that the fragments of a page, or the page itself, take from other pages."""
        if page.needs_index:
            told = [said for page in self.pages for said in page.passages if any(f.told for f in said.formulas)]
            return [self.titles, [vars(box) for box in self.boxes], repr(told)]
        claims = [f.arguments[0] for f in page.fragments if f.kind == "badge"]
        figures = [f.arguments[-1] for f in page.fragments if f.kind == "downloads"]
        said = repr(self.linked_passages(page))
        return [[*map(self.proved, claims)], [*map(self.notebooks_about, figures)], said]


def grouped(faults: Iterable[str]) -> list[str]:
    """Returns each reason once, behind all places that it stands at."""
    places = defaultdict(list)
    for fault in faults:
        place, _, reason = fault.partition(": ")
        places[reason].append(place)
    return [f"{', '.join(at)}: {reason}" for reason, at in places.items()]
