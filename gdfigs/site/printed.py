"""Collects what a page says, box by box, for its formulas to be run."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from gdfigs.formulas.passages import Passage, Printed
from gdfigs.plots.registry import SCHEME
from gdfigs.site.mathml import plain

_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_PART = re.compile(r"(\d+)\.?")


@dataclass
class _At:
    """Where in a passage the collector is. text: so far, with a line break behind each paragraph."""

    place: str = "text"
    target: tuple[str, str] | None = None
    heading: str = ""
    row: int = 0
    column: int = 0
    text: list[str] = field(default_factory=list)


class Collector:
    """Walks through a page before its formulas are set.

    Args:
        formulas: TeX and MathML by the elements of formulas.
        boxes: Kind and id by the elements of boxes.
        page: Its address below docs/.
        resolve: Returns page and anchor that a link leads to.
    """

    def __init__(
        self,
        formulas: Mapping[ET.Element, tuple[str, ET.Element]],
        boxes: Mapping[ET.Element, tuple[str, str]],
        page: str,
        resolve: Callable[[str], tuple[str, str] | None],
    ) -> None:
        self.formulas, self.boxes, self.page, self.resolve = formulas, boxes, page, resolve
        self.numbers = {element: n for n, element in enumerate(formulas)}
        self.passages = [Passage(page)]
        self.item, self.row = "", 0

    def collect(self, root: ET.Element) -> list[Passage]:
        """Returns the boxes of a page and the stretches of text between them, in order."""
        self.walk(root, _At())
        return [passage for passage in self.passages if passage.formulas]

    def walk(self, element: ET.Element, at: _At) -> None:
        if element in self.formulas:
            self.formula(element, at)
            return
        if element.tag in ("code", "script", "img", "summary") or element.get("class") == "admonition-title":
            return
        if element in self.boxes or element.tag in _HEADINGS:
            kind, name = self.boxes.get(element, ("text", ""))
            self.passages.append(Passage(self.page, name, kind))
            at, self.item = _At("statement" if name else "text"), ""
        elif element.tag == "details" and at.place == "statement":
            at, self.item = _At("proof"), ""
        elif element.tag == "figcaption":
            at = _At("caption")
        elif element.tag == "a" and element.get("href", "").startswith(f"{SCHEME}:"):
            at.text.append("".join(element.itertext()))  # a checked number
            return
        elif element.tag == "a":
            at = replace(at, target=self.resolve(element.get("href", "")) or at.target)
        at.text.append((element.text or "").replace("\n", " "))  # a line break is the end of a paragraph
        for n, child in enumerate(element):
            if element.tag in ("ol", "ul"):
                self.item = f"{n + 1}"
                at.text.append("\x03")
            elif child.tag == "em" and at.place == "proof" and (part := _PART.fullmatch(child.text or "")):
                self.item = part[1]
            if child.tag == "em" and n == 0 and element.tag == "p" and not (element.text or "").strip():
                at.text.append("\x02")
            if child.tag == "table":
                self.table(child)
            else:
                self.walk(child, at)
            at.text.append((child.tail or "").replace("\n", " "))
        if element.tag in ("p", "li"):
            at.text.append("\n")
        if element.tag in ("ol", "ul"):
            self.item = ""
        if element in self.boxes:
            self.passages.append(Passage(self.page))

    def table(self, table: ET.Element) -> None:
        """Collects cell by cell; before what a cell says stands the heading of its row."""
        headings = ["".join(cell.itertext()) for cell in table.iter("th")]
        for row in table.iter("tr"):
            self.row += 1
            first: list[str] = []
            for n, cell in enumerate(row):
                to = [to for a in cell.iter("a") if (to := self.resolve(a.get("href", "")))]
                heading = headings[n] if cell.tag == "td" and n < len(headings) else ""
                at = _At("cell", to[0] if to else None, heading, self.row, n, [*first, ": "] if n else [])
                self.walk(cell, at)
                first = first if n else at.text

    def formula(self, element: ET.Element, at: _At) -> None:
        tex, math = self.formulas[element]
        before = "".join(at.text)
        shown, display = ET.tostring(math, encoding="unicode"), element.tag == "div"
        words = before.rpartition("\x01")[2]
        self.passages[-1].formulas.append(
            Printed(
                self.numbers[element],
                shown,
                tex,
                words,
                before,
                at.place,
                display,
                self.item,
                at.target,
                at.heading,
                at.row,
                at.column,
            )
        )
        at.text.append(f"\x00{plain(math)}\x01" + "\n" * display)
