"""Runs all that a page states, and says of each of its formulas what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

from gdfigs.claims.core import Meets
from gdfigs.formulas.passages import Passage, Printed
from gdfigs.formulas.statements import Outcome, Reader, Skipped, run, unmet

STATUS = ("fault", "marked", "run", "assumed")
"""What may come of a formula, the weightiest first."""


@dataclass
class FormulaResult:
    """What came of one formula of a page.

    number: of the formula. box, place, display: where it stands. status: see STATUS. cases: on which it was run.
    worst: the largest ratio of an inequality's smaller side to its larger one, or difference of an equation's sides.
    where: its case. reason: for a fault, or of a mark.
    """

    number: int
    box: str
    place: str
    display: bool
    tex: str
    status: str
    cases: int = 0
    worst: float = 0.0
    where: str = ""
    reason: str = ""


class FormulaReport(NamedTuple):
    """What came of a page's formulas; and symbols that need an entry in the notation, with the TeX of their first."""

    results: list[FormulaResult]
    symbols: dict[str, str]


def run_page(
    passages: Iterable[Passage],
    others: Iterable[Iterable[Passage]],
    known: MutableMapping[str, dict[str, object]],
    met: Mapping[str, Sequence[Meets]],
) -> list[FormulaResult]:
    """Returns the results of a page's formulas, in order.

    Args:
        passages: Of the page.
        others: Of the pages to whose boxes its cells link.
        known: Outcomes of earlier runs, by what was run; takes up the new ones.
        met: By the ids of boxes, functions that meet their inequalities.
    """
    boxes = {box: given for page in others for box, given in Reader(page).boxes.items()}
    reader = Reader(passages, boxes)
    found: dict[int, FormulaResult] = {}

    def add(passage: Passage, printed: Printed, status: str, outcome: Outcome) -> None:
        new = FormulaResult(printed.number, passage.id, printed.place, printed.display, printed.tex, status)
        result = found.setdefault(printed.number, new)
        if STATUS.index(status) < STATUS.index(result.status) or result is new:
            result.status, result.reason = status, outcome.reason
        result.cases += outcome.cases
        if outcome.worst > result.worst or not result.where:
            result.worst, result.where = outcome.worst, outcome.where

    for passage, printed in reader.assumed:
        add(passage, printed, "assumed", Outcome())
    for stated in reader.found:
        if isinstance(stated, Skipped):
            status = "marked" if stated.marked else "fault"
            add(stated.passage, stated.printed, status, Outcome(reason=stated.reason))
            continue
        if stated.key not in known:
            known[stated.key] = asdict(run(stated))
        outcome = Outcome(**known[stated.key])  # type: ignore[arg-type]
        if not outcome.reason and stated.printed.place == "statement" and stated.passage.id in met:
            outcome.reason = unmet(stated, met[stated.passage.id])
        add(stated.passage, stated.printed, "fault" if outcome.reason else "run", outcome)
    return [found[number] for number in sorted(found)]
