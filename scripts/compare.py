"""Lists, as Markdown tables, the numbers, statements and figures in which two built sites differ. Needs no package."""

import csv
import math
import re
import sys
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from html import unescape
from itertools import zip_longest
from pathlib import Path
from typing import Any

Change = tuple[str, ...]
"""Page or figure; words before a number, statement, or series; value before; value after."""
WORDS = 6  # so many words before a number tell it from the others of its page
ROUNDING = 1e-9  # a change by less of a column's range comes from the machine, not from the mathematics
NONE = "–"
_VERDICT = re.compile(
    r'<strong id="([^"]+)">(?:(?!<strong id).)*?</strong>(?:(?!<strong id).)*?<strong>(.*?)</strong>', re.S
)


def compare(*sites: Path) -> dict[str, list[Change]]:
    """Returns the changes by kind: numbers, statements, figures."""
    changes: dict[str, list[Change]] = {"Numbers": [], "Statements": [], "Figures": []}
    for page, old, new in _pairs(*map(_pages, sites), missing=""):
        changes["Numbers"] += ((page, *change) for change in _numbers(_marked(old), _marked(new)))
        verdicts = ({name: _text(verdict) for name, verdict in _VERDICT.findall(side)} for side in (old, new))
        changes["Statements"] += ((page, *pair) for pair in _pairs(*verdicts, missing=NONE) if pair[1] != pair[2])
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
    """Returns the article of each page, by its address."""
    articles = {}
    for file in site.rglob("*.html"):
        article = re.search(r"<article.*</article>", file.read_text(encoding="utf-8"), re.S)
        name = file.relative_to(site).parent.as_posix().replace(".", "home", 1)
        articles[name] = re.sub(r"<(script|style)\b.*?</\1>", "", article[0] if article else "", flags=re.S)
    return articles


def _text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def _marked(article: str) -> list[tuple[str, str]]:
    """Returns the checked numbers of a page, each with the words before it."""
    words, *rest = re.split(r"<data\b[^>]*>(.*?)</data>", article, flags=re.S)
    numbers, before = [], ""
    for text, number in zip([words, *rest[1::2]], rest[::2], strict=False):
        before = " ".join(re.sub(r"\d+(?:[.,]\d+)*", "#", f"{before} {_text(text)}").split()[-WORDS:])
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
