"""Lists, as Markdown tables, the numbers, statements, figures and words of two built sites that differ.

Needs no package.
"""

import csv
import math
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from html import unescape
from html.parser import HTMLParser
from itertools import zip_longest
from pathlib import Path
from typing import Any

Change = tuple[str, ...]
"""Page or figure; words before a number, statement, or series; value before; value after."""
WORDS = 6  # so many words before a number tell it from the others of its page
ROUNDING = 1e-9  # a change by less of a column's range comes from the machine, not from the mathematics
NONE = "–"
SENTENCE_END = re.compile(r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!e\.g\.|i\.e\.)(?<!^\d\.)([)\]”’]*)\s+(?=[^\sa-z])")
"""Where a sentence ends: not behind an initial, "e.g." or the number of a part of a proof."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_VERDICT = re.compile(
    r'<strong id="([^"]+)">(?:(?!<strong id).)*?</strong>(?:(?!<strong id).)*?<strong>(.*?)</strong>', re.S
)


def compare(*sites: Path) -> dict[str, list[Change]]:
    """Returns the changes by kind: numbers, statements, figures, words."""
    changes: dict[str, list[Change]] = {"Numbers": [], "Statements": [], "Figures": [], "Words": []}
    for page, old, new in _pairs(*map(_pages, sites), missing=""):
        changes["Numbers"] += ((page, *change) for change in _numbers(_marked(old), _marked(new)))
        verdicts = ({name: _text(verdict) for name, verdict in _VERDICT.findall(side)} for side in (old, new))
        changes["Statements"] += ((page, *pair) for pair in _pairs(*verdicts, missing=NONE) if pair[1] != pair[2])
        changes["Words"] += ((page, *change) for change in _sentences(old, new))
    for name, old, new in _pairs(*({file.stem: file for file in site.glob("figures/*.csv")} for site in sites)):
        if old and new:
            moved = [c for series in _pairs(_series(old), _series(new), missing={}) for c in _largest_change(*series)]
            looks = len({file.with_suffix(".svg").read_bytes() for file in (old, new)}) > 1
            changes["Figures"] += ((name, *c) for c in moved or [("its looks, not its data", "", "")] * looks)
        else:
            changes["Figures"].append((name, "the figure", *("there" if side else NONE for side in (old, new))))
    return changes


def _pairs(old: Mapping[str, Any], new: Mapping[str, Any], missing: Any = None) -> Iterator[tuple[str, Any, Any]]:
    return ((key, old.get(key, missing), new.get(key, missing)) for key in sorted(old.keys() | new.keys()))


def _pages(site: Path) -> dict[str, str]:
    """Returns the article of each page, behind the page's description, by its address."""
    articles = {}
    for file in site.rglob("*.html"):
        found = re.finditer(
            r'<meta name="description".*?>|<article.*</article>', file.read_text(encoding="utf-8"), re.S
        )
        name = file.relative_to(site).parent.as_posix().replace(".", "home", 1)
        articles[name] = re.sub(r"<(script|style)\b.*?</\1>", "", "".join(part[0] for part in found), flags=re.S)
    return articles


def _text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def _marked(article: str) -> list[tuple[str, str]]:
    """Returns the checked numbers of a page, each with the words before it."""
    words, *rest = re.split(r"<data\b[^>]*>(.*?)</data>", article, flags=re.S)
    numbers, before = [], ""
    for text, number in zip([words, *rest[1::2]], rest[::2], strict=False):
        before = " ".join(_NUMBER.sub("#", f"{before} {_text(text)}").split()[-WORDS:])
        numbers.append((before, _text(number)))
        before += " #"
    return numbers


def _numbers(old: list[tuple[str, str]], new: list[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Yields unequal numbers behind the same words; where the words are new, numbers that are new or gone."""
    match = SequenceMatcher(None, [words for words, _ in old], [words for words, _ in new], autojunk=False)
    for kind, a, b, c, d in match.get_opcodes():
        was, now = old[a:b], new[c:d]
        if kind != "equal":
            values = [{value for _, value in side} for side in (was, now)]
            was, now = [n for n in was if n[1] not in values[1]], [n for n in now if n[1] not in values[0]]
        yield from ((y[0] or x[0], x[1], y[1]) for x, y in zip_longest(was, now, fillvalue=("", NONE)) if x[1] != y[1])


@dataclass
class _Open:
    """An element that has not ended. entry: of the ledger. silent: without words. masked: its numbers are none."""

    tag: str = ""
    about: str = "page"
    entry: bool = False
    silent: bool = False
    masked: bool = False


class _Reader(HTMLParser):
    """Reads ``said``, the sentences of a page, each behind the id of the box, figure or heading that it is about.

    A checked number is #, and so is any of what is computed for readers who do not see a figure. Left out are code,
    badges, and the verdicts of the ledger, which other sections tell.
    """

    HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
    BLOCKS = (
        *(*HEADINGS, "p", "div", "ul", "ol", "li", "dl", "dt", "dd", "table", "tr", "th", "td", "blockquote"),
        *("figure", "figcaption", "details", "summary", "title", "desc", "label", "button"),
    )
    ALONE = ("br", "hr", "img", "input", "wbr")
    SILENT = ("headerlink", "gd-badge", "gd-checked", "gd-behind", "md-content__button")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[tuple[str, str]] = []
        self.text, self.open = "", [_Open()]
        self.feed(page)
        self.end()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = {key: value or "" for key, value in attributes}
        name, classes, above = named.get("id", ""), {*named.get("class", "").split()}, self.open[-1]
        if tag == "meta":
            self.text = named["content"]
        if tag in (*self.BLOCKS, "meta"):
            self.end()
        if name and tag in (*self.HEADINGS, "strong"):  # what follows is about it; an entry of the ledger is strong
            above.about, above.entry = name, tag == "strong"
        elif tag == "strong" and above.entry:
            above.silent = True
        if tag in (*self.ALONE, "meta"):
            return
        inner = replace(above, tag=tag, entry=False)
        if name and (tag == "figure" or "admonition" in classes):
            inner.about = name
        inner.silent |= tag in ("pre", "svg", "data") or bool(classes & {*self.SILENT})
        if above.tag == "svg" and tag in ("title", "desc"):
            inner.silent = False
        inner.masked |= tag == "desc" or "gd-controls" in classes
        self.text += "#" * (tag == "data")
        self.open.append(inner)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.BLOCKS:
            self.end()
        while any(element.tag == tag for element in self.open) and self.open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self.open[-1].silent:
            self.text += _NUMBER.sub("#", data) if self.open[-1].masked else data

    def end(self) -> None:
        """Ends a run of words."""
        sentences = SENTENCE_END.sub(r"\1\n", " ".join(self.text.split())).split("\n")
        self.said += ((self.open[-1].about, sentence) for sentence in sentences if re.search(r"[^\W\d]", sentence))
        self.text = ""


def _sentences(*pages: str) -> Iterator[tuple[str, str, str]]:
    """Yields sentences that are new, gone or changed."""
    if len({*pages}) == 1:
        return
    old, new = (_Reader(page).said for page in pages)
    match = SequenceMatcher(None, [words for _, words in old], [words for _, words in new], autojunk=False)
    for kind, a, b, c, d in match.get_opcodes():
        if kind != "equal":
            for was, now in zip_longest(old[a:b], new[c:d]):
                yield f"sentence about {(now or was)[0]}", was[1] if was else NONE, now[1] if now else NONE


def _series(file: Path) -> dict[str, dict[str, list[float]]]:
    """Returns the columns of each series of a figure."""
    series: dict[str, dict[str, list[float]]] = {}
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            columns = series.setdefault(row.pop("series"), {})
            for column, value in row.items():
                if value:
                    columns.setdefault(column, []).append(float(value))
    return series


def _largest_change(
    series: str, old: dict[str, list[float]], new: dict[str, list[float]]
) -> list[tuple[str, str, str]]:
    worst, where = ROUNDING, []
    for column, was, now in _pairs(old, new, missing=[]):
        if len(was) != len(now):
            return [(f"{series}: points", *(str(len(side) or NONE) for side in (was, now)))]
        finite = [x for x in was if math.isfinite(x)] or [1.0]
        scale = max(finite) - min(finite) or max(map(abs, finite)) or 1.0
        for n, (x, y) in enumerate(zip(was, now, strict=True), 1):
            by = math.inf if math.isnan(x) != math.isnan(y) else abs(x - y) / scale
            if by > worst:
                worst, where = by, [(f"{series}: {column}, point {n}", f"{x:.6g}", f"{y:.6g}")]
    return where


def markdown(changes: dict[str, list[Change]]) -> str:
    """Returns the changes as tables."""
    lines = ["## What changes", "", ", ".join(f"{kind}: {len(rows)}" for kind, rows in changes.items()) + ".", ""]
    for kind, rows in changes.items():
        if rows:
            lines += [f"### {kind}", "", "| Where | What | Before | After |", "| --- | --- | --- | --- |"]
            lines += [f"| {' | '.join(re.sub('[|<>]', ' ', cell) for cell in row)} |" for row in rows] + [""]
    return "\n".join(lines)


if __name__ == "__main__":
    sites = [Path(argument) for argument in sys.argv[1:]]
    if len(sites) != 2 or not all((site / "index.html").is_file() for site in sites):
        sys.exit("usage: scripts/compare OLD NEW, two folders with built sites")
    print(markdown(compare(*sites)))
