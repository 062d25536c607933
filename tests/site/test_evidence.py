"""The ledger: a box for each claim, a claim for each box, and evidence called by its name."""

from pathlib import Path

import pytest
from markdown import Markdown

from gdfigs.build.jobs import BuildJobs
from gdfigs.claims.classes import CONVEX
from gdfigs.claims.core import CheckResult, Claim, ClaimError, Pairs, check, claims
from gdfigs.site import evidence as ledger
from gdfigs.site.context import Page
from tests.shown import facts, shown

DOCS = Path(__file__).parents[2] / "docs"
SOURCES = {file.name: file.read_text(encoding="utf-8") for file in sorted(DOCS.glob("*.md"))}
PAGE = """# A page

/// theorem | First
    attrs: {id: first}

States

$$
\\begin{equation}\\label{eq:one} a = b \\end{equation}
$$

/// proof

By the [second](b.md#second).
///
///

![A](gdfigs:amplification)

## Further

![B](gdfigs:modes)

/// definition | Third
    attrs: {id: third}

See \\eqref{eq:one} and the [first](#first).
///
"""


def made(**changes: object) -> Claim:
    def measure() -> Pairs:
        yield 1.0, 2.0

    claim = Claim("first", "a.md", "a = b", "<=", None, measure)
    for name, value in changes.items():
        setattr(claim, name, value)
    return claim


class TestBoxes:
    def test_a_box_is_read_with_its_place_its_proof_and_what_shows_it(self) -> None:
        first, third = ledger.boxes({"a.md": PAGE})
        assert (first.page, first.line, first.kind, first.id, first.title) == ("a.md", 3, "theorem", "first", "First")
        assert first.proved
        assert not third.proved
        assert first.figures == ["amplification"]  # the next heading ends what belongs to it
        assert first.labels == ["eq:one"]

    def test_a_box_rests_on_what_it_links_to_and_on_the_equations_it_refers_to(self) -> None:
        other = "# B\n\n/// lemma | Second\n    attrs: {id: second}\n///\n"
        assert ledger.rests_on({"a.md": PAGE, "b.md": other}) == {"first": ["second"], "third": ["first"], "second": []}

    def test_a_box_that_is_shown_as_code_is_none(self) -> None:
        assert ledger.boxes({"a.md": f"# A\n\n```markdown\n{PAGE}```\n\n{PAGE}"})[0].line > PAGE.count("\n")

    def test_every_statement_of_the_text_has_its_claim_and_every_claim_its_box(self) -> None:
        assert ledger.faults(SOURCES) == []

    def test_a_box_without_a_claim_is_named_with_page_and_line(self) -> None:
        page = SOURCES["pictures.md"].replace("{id: orbits}", "{id: orbit}")
        line = page[: page.index("{id: orbit}")].count("\n")
        lacking, homeless = ledger.faults(SOURCES | {"pictures.md": page})
        assert lacking.startswith(f"docs/pictures.md:{line}: the proposition 'orbit' has no claim")
        assert "the claim 'orbits' has no box on pictures.md" in homeless
        assert homeless.startswith("gdfigs/claims/pictures.py:")

    def test_a_definition_needs_no_claim(self) -> None:
        assert [b.id for b in ledger.boxes(SOURCES) if b.kind == "definition" and b.id in claims()] == []

    def test_every_proof_of_a_claim_is_seen(self) -> None:
        proved = {box.id for box in ledger.boxes(SOURCES) if box.proved}
        assert {"convex-rate-exact", "linear-rate", "flow-convex-rate", "backward-euler"} <= proved
        assert "beyond-two-over-l" not in proved


class TestEvidence:
    def test_nothing_is_called_what_it_is_not(self) -> None:
        assert ledger.evidence(made(), proved=False) == ["on its example"]
        assert ledger.evidence(made(over=CONVEX), proved=True) == ["proved", "sampled"]
        assert ledger.evidence(made(relation=">"), proved=False) == ["refuted by an example"]
        full = made(over=CONVEX, attained_by={"x": None}, identities=list, worst_cases=list)
        assert ledger.evidence(full, proved=True) == ["proved", "exact worst case", "attained", "symbolic", "sampled"]

    @pytest.mark.parametrize(
        ("relation", "worst", "words"),
        [
            ("<=", 1.0, "tight: worst ratio 1"),
            ("<=", 0.41, "worst ratio 0.41"),
            ("<=", 0.99996, "worst ratio 0.99996"),
            ("<=", 1 - 1.1e-6, "worst ratio 0.999999"),
            ("==", 0.0, "agrees exactly"),
            ("==", 3e-12, "agrees to 3e-12"),
            (">", 2.0, "false: exceeded by a factor of 2"),
        ],
    )
    def test_the_verdict_follows_from_the_worst_ratio(self, relation: str, worst: float, words: str) -> None:
        assert ledger.verdict(made(relation=relation), CheckResult(worst, "somewhere", 1, 1)) == words


class TestOnThePage:
    def test_the_table_has_an_entry_for_each_claim_with_its_findings(self) -> None:
        text = ledger.table(SOURCES, {name: CheckResult(0.25, "a case", 7, 1) for name in claims()})
        for name in claims():
            assert text.count(f"{{ #{name} }}") == 1
            assert text.count(f"(gdfigs:check#{name})") == 1
        assert text.count("7 cases; the worst: a case") == len(claims())

    def test_the_badge_says_what_was_found_and_leads_to_the_ledger(self) -> None:
        page = Page("docs/gradient-descent.md")
        with BuildJobs() as jobs:
            md = Markdown(extensions=["gdfigs"], extension_configs={"gdfigs": {"page": page, "jobs": jobs}})
            html = md.convert("/// theorem | Exact\n    attrs: {id: convex-rate-exact}\n\n/// proof\n\nSo.\n///\n///\n")
        assert page.faults == []
        assert 'statements.md#convex-rate-exact">proved, exact worst case, attained' in html
        assert "tight: worst ratio 1" in html

    def test_a_badge_for_no_claim_is_a_fault_that_offers_the_nearest(self) -> None:
        page = Page("docs/a.md")
        md = Markdown(extensions=["gdfigs"], extension_configs={"gdfigs": {"page": page}})
        md.convert("See [checked](gdfigs:claims#convex-rat).")
        assert page.faults == ["docs/a.md:1: no claim has the id 'convex-rat'; did you mean 'convex-rate'?"]

    def test_a_statement_that_stops_holding_is_a_fault(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fails(self: BuildJobs) -> dict[str, CheckResult]:
            raise ClaimError("gradient-descent.md#convex-rate: convex-rate fails on Huber")

        monkeypatch.setattr(BuildJobs, "check_results", fails)
        page = Page("docs/gradient-descent.md")
        md = Markdown(extensions=["gdfigs"], extension_configs={"gdfigs": {"page": page, "sources": SOURCES}})
        md.convert("/// theorem | Rate\n    attrs: {id: convex-rate}\n///\n\n[ledger](gdfigs:claims)\n")
        assert page.faults == [
            f"docs/gradient-descent.md:{line}: not every statement holds: gradient-descent.md#convex-rate: "
            "convex-rate fails on Huber"
            for line in (5, 2)  # the ledger, and the box itself
        ]


def test_the_figure_shows_the_worst_ratio_of_every_inequality() -> None:
    series = shown("ratios")
    marks = {gid: series[gid].x for gid in ("loose", "tight", "false")}
    found = [(c, check(c).worst) for c in claims().values() if c.relation != "=="]
    assert sum(map(len, marks.values())) == len(found) == facts("ratios")["inequalities"]
    assert (marks["loose"] < 1).all()
    assert (marks["tight"] > 1 - 1e-6).all()
    assert (marks["tight"] < 1 + 1e-6).all()
    assert (marks["false"] > 1).all()
    drawn = sorted(x for xs in marks.values() for x in xs)
    assert drawn == pytest.approx(sorted(min(max(worst, 0.035), 10.0) for _, worst in found), rel=1e-9)
