"""What two built sites differ in, as a reader sees it: numbers, statements, figures, with old value and new."""

from __future__ import annotations

import csv
import math
import re
import sys
from collections.abc import Iterator
from difflib import SequenceMatcher
from html.parser import HTMLParser
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

WORDS = 6
"""So many words before a number tell it from the others of its page."""
ROUNDING = 1e-9
"""A change by less of a column's range comes of the machine, not of the mathematics."""
NONE = "–"


class Change(NamedTuple):
    """where: page or figure. what: the words before a number, a statement, a series and its column."""

    where: str
    what: str
    old: str
    new: str


class _Reader(HTMLParser):
    """The checked numbers of a page with the words before them, and the verdicts of the ledger."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.numbers: list[tuple[str, str]] = []
        self.verdicts: dict[str, str] = {}
        self.within: list[str] = []
        self.statement = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("data", "strong", "script", "style"):
            self.within.append(tag)
        if tag == "data":
            self.numbers.append((" ".join(self.words[-WORDS:]), ""))
        elif tag == "strong" and given.get("id"):
            self.statement = str(given["id"])
        elif tag == "strong" and self.statement:
            self.verdicts[self.statement] = ""

    def handle_endtag(self, tag: str) -> None:
        if self.within and tag == self.within[-1]:
            self.within.pop()
            if tag == "strong" and self.verdicts.get(self.statement):
                self.statement = ""

    def handle_data(self, data: str) -> None:
        if self.within and self.within[-1] in ("script", "style"):
            return
        if "data" in self.within:
            before, number = self.numbers[-1]
            self.numbers[-1] = before, number + data
        elif "strong" in self.within and self.statement in self.verdicts:
            self.verdicts[self.statement] += data
        self.words += re.sub(r"\d+(?:[.,]\d+)*", "#", data).split()


def compare(old: Path, new: Path) -> dict[str, list[Change]]:
    """What has changed, under the heading that tells what it is."""
    before, after = (_pages(site) for site in (old, new))
    empty = _Reader("")
    found: dict[str, list[Change]] = {"Numbers": [], "Statements": [], "Figures": list(_figures(old, new))}
    for page in dict.fromkeys([*before, *after]):
        was, now = before.get(page, empty), after.get(page, empty)
        found["Numbers"] += (Change(page, *change) for change in _numbers(was.numbers, now.numbers))
        for statement in dict.fromkeys([*was.verdicts, *now.verdicts]):
            verdicts = [side.verdicts.get(statement, NONE) for side in (was, now)]
            if verdicts[0] != verdicts[1]:
                found["Statements"].append(Change(page, statement, *verdicts))
    return found


def _pages(site: Path) -> dict[str, _Reader]:
    """Of each page, by its address, what is between the tags of its article."""
    found = {}
    for file in sorted(site.rglob("*.html")):
        article = re.search(r"<article.*</article>", file.read_text(encoding="utf-8"), re.DOTALL)
        found[file.relative_to(site).parent.as_posix().replace(".", "home", 1)] = _Reader(article[0] if article else "")
    return found


def _numbers(old: list[tuple[str, str]], new: list[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Numbers behind the same words that are not the same; those whose words are new count where their value is."""
    match = SequenceMatcher(None, [words for words, _ in old], [words for words, _ in new], autojunk=False)
    for kind, a, b, c, d in match.get_opcodes():
        was, now = old[a:b], new[c:d]
        if kind != "equal":
            values = [[value for _, value in side] for side in (was, now)]
            was = [n for n in was if n[1] not in values[1]]
            now = [n for n in now if n[1] not in values[0]]
        for x, y in zip_longest(was, now, fillvalue=("", NONE)):
            if x[1] != y[1]:
                yield y[0] or x[0], x[1], y[1]


def _figures(old: Path, new: Path) -> Iterator[Change]:
    files = [{file.stem: file for file in sorted((site / "figures").glob("*.csv"))} for site in (old, new)]
    for name in dict.fromkeys([*files[0], *files[1]]):
        if name not in files[0] or name not in files[1]:
            yield Change(name, "the figure", *("there" if name in side else NONE for side in files))
            continue
        changes = list(_series(*(_table(side[name]) for side in files)))
        yield from (Change(name, *change) for change in changes)
        if not changes and len({side[name].with_suffix(".svg").read_bytes() for side in files}) > 1:
            yield Change(name, "its looks, not its data", "", "")


def _table(file: Path) -> dict[tuple[str, str], list[float]]:
    """The columns of each series of a figure."""
    found: dict[tuple[str, str], list[float]] = {}
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            for column, value in row.items():
                if column != "series" and value:
                    found.setdefault((row["series"], column), []).append(float(value))
    return found


def _series(
    old: dict[tuple[str, str], list[float]], new: dict[tuple[str, str], list[float]]
) -> Iterator[tuple[str, str, str]]:
    """The column of each series that has changed most, where it has changed most."""
    for series in dict.fromkeys(series for series, _ in [*old, *new]):
        columns = [column for name, column in dict.fromkeys([*old, *new]) if name == series]
        worst = (ROUNDING, "", "", "")
        for key in ((series, column) for column in columns):
            was, now = old.get(key, []), new.get(key, [])
            if len(was) != len(now):
                worst = (math.inf, f"{series}: points", str(len(was) or NONE), str(len(now) or NONE))
                break
            finite = [x for x in was if math.isfinite(x)] or [1.0]
            scale = max(finite) - min(finite) or max(map(abs, finite)) or 1.0
            for n, (x, y) in enumerate(zip(was, now, strict=True), 1):
                by = abs(x - y) / scale
                if math.isnan(by):
                    by = 0.0 if math.isnan(x) and math.isnan(y) else math.inf
                if by > worst[0]:
                    worst = (by, f"{series}: {key[1]}, point {n}", f"{x:.6g}", f"{y:.6g}")
        if worst[1]:
            yield worst[1:]


def markdown(found: dict[str, list[Change]]) -> str:
    """The changes as tables."""
    lines = ["## What changes", ""]
    if not any(found.values()):
        return "\n".join([*lines, "No number, no statement and no figure.", ""])
    lines += [", ".join(f"{kind}: {len(changes)}" for kind, changes in found.items()) + ".", ""]
    for kind, changes in found.items():
        if changes:
            lines += [f"### {kind}", "", "| Where | What | Before | After |", "| --- | --- | --- | --- |"]
            lines += [f"| {' | '.join(re.sub('[|<>]', ' ', cell) for cell in change)} |" for change in changes] + [""]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    sites = [Path(argument) for argument in arguments]
    missing = [str(site) for site in sites if not (site / "index.html").is_file()]
    if len(sites) != 2 or missing:
        print(
            "; ".join(f"{site} is no built site" for site in missing) or "usage: scripts/compare OLD NEW",
            file=sys.stderr,
        )
        return 2
    print(markdown(compare(*sites)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
