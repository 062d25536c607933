"""What came of a formula is told beside it, in the ledger, and, where it does not hold, with its line."""

import re
from pathlib import Path

import markdown
import pytest

from gdfigs.formulas.report import FormulaReport, FormulaResult
from gdfigs.site.context import PageContext
from gdfigs.site.formulas import table, told
from tests.built import Page

RUN = FormulaResult(0, "a", "statement", True, "x \\le y", "run", 21, 0.98, "quadratic, dimension 2, k = 5")
INLINE = FormulaResult(1, "a", "proof", False, "x \\ge 0", "run", 1, 0.5, "Huber")
GIVEN = FormulaResult(2, "a", "statement", False, "x > 0", "assumed")
MARKED = FormulaResult(3, "a", "cell", False, "p = q", "marked", reason="it only names both")
RESULTS = [RUN, INLINE, GIVEN, MARKED]


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (RUN, "Run on 21 cases; the worst: quadratic, dimension 2, k = 5."),
        (INLINE, "Run on 1 case."),
        (GIVEN, "Assumed or defined."),
        (MARKED, "Not run: it only names both."),
    ],
)
def test_each_is_told_in_a_sentence(result: FormulaResult, words: str) -> None:
    assert told(result) == words


def test_the_ledger_counts_them_and_lists_those_that_were_not_run() -> None:
    html = re.sub(r"<[^>]*>", "", table([("a.md", "A page", RESULTS)], "../"))
    assert "Of 1 formulas on lines of their own, 1 were run, 0 say what others are run on, 0 were not run." in html
    assert "Of 3 relations elsewhere, in boxes, proofs, tables and captions, 1 were run, 1 say" in html
    assert "A page: 2 were run, 1 say what others are run on, 1 were not run." in html
    assert "p=q (A page): it only names both." in html
    assert '<a href="../a/">' in table([("a.md", "A page", RESULTS)], "../")


def test_what_does_not_hold_cannot_be_run_or_has_no_entry_is_told_with_line_and_remedy() -> None:
    page = PageContext("a.md", lines=["Let $x \\le y$.", "", "$$", "p = q", "$$", "", "A $z$."])
    broken = FormulaResult(0, "a", "statement", False, "x \\le y", "fault", reason="it does not hold: 2 ≤ 1 on Huber")
    unread = FormulaResult(1, "a", "statement", True, "\np = q\n", "fault", reason="it cannot be run: q is not defined")
    page.report(FormulaReport([broken, unread, RUN], {"z": "z", "x": "x"}), {"x"})
    assert page.faults == [
        "docs/a.md:1: the formula $x \\le y$: it does not hold: 2 ≤ 1 on Huber; mend it or its hypotheses",
        "docs/a.md:4: the formula $p = q$: it cannot be run: q is not defined; "
        "say it otherwise, or write '% not run: why' at its end",
        "docs/a.md:7: the formula $z$: nothing says what z is; "
        "define z by a formula of this page, or add it to docs/notation.md",
    ]


def test_most_formulas_of_the_site_were_run_and_say_so(site: Path) -> None:
    ledger = re.sub(r"<[^>]*>", "", Page("ledger.md", site).file.read_text(encoding="utf-8"))
    found = re.search(r"Of (\d+) formulas on lines of their own, (\d+) were run, (\d+) say .*?, (\d+) were not", ledger)
    assert found
    every, run, given, marked = map(int, found.groups())
    assert run + given + marked == every
    assert run > 80
    assert marked < every / 10
    assert Page("gradient-descent.md", site).file.read_text(encoding="utf-8").count('title="Run on ') > 80


def test_a_page_that_shows_what_others_say_runs_nothing_of_its_own() -> None:
    """Or an edit elsewhere would have the ledger's copies run without their hypotheses."""
    page = PageContext("ledger.md", deferred=True)
    text = "[formulas](gdfigs:formulas)\n\n$$\nx < y\n$$\n"
    markdown.markdown(text, extensions=["gdfigs"], extension_configs={"gdfigs": {"page": page}})
    assert page.needs_index
    assert page.passages == []
