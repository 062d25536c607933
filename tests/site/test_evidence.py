"""The ledger: a box for each claim, a claim for each box, and evidence called by its name."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from markdown import Markdown

from gdfigs.build.jobs import BuildJobs
from gdfigs.claims.classes import CONVEX
from gdfigs.claims.core import CheckResult, Claim, Pairs, claims, remember
from gdfigs.site import evidence
from gdfigs.site.context import PageContext, SiteIndex
from gdfigs.site.fragments import Filler
from tests.built import ROOT
from tests.shown import facts, shown

DOCS = {file.name: file.read_text(encoding="utf-8") for file in sorted((ROOT / "docs").glob("*.md"))}
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

/// figure-caption
A.
///

## Further

![B](gdfigs:modes)

/// figure-caption
B.
///

/// definition | Third
    attrs: {id: third}

See \\eqref{eq:one} and the [first](#first).
///

```markdown
/// lemma | Code
///
```
"""
OTHER = "# B\n\n/// lemma | Second\n    attrs: {id: second}\n\nSo.\n///\n"


DRAWS_NOTHING = SimpleNamespace(submit=lambda call: None)


def put(uri: str, text: str) -> PageContext:
    """Sets a page without its fragments, and returns what it collects."""
    page = PageContext(uri, lines=text.splitlines(), deferred=True)
    options = {"gdfigs": {"page": page, "jobs": DRAWS_NOTHING}}
    Markdown(extensions=["gdfigs"], extension_configs=options).convert(text)
    return page


@pytest.fixture(scope="module")
def pages() -> dict[str, PageContext]:
    """The pages of the text."""
    return {uri: put(uri, text) for uri, text in DOCS.items()}


@pytest.fixture(scope="module")
def jobs() -> Iterator[BuildJobs]:
    with BuildJobs() as jobs:
        remember(jobs.checks()[0])
        yield jobs


class TestBoxes:
    def test_a_box_is_read_with_its_place_its_proof_and_what_shows_it(self) -> None:
        first, third = put("a.md", PAGE).boxes
        assert (first.page, first.line, first.kind, first.id, first.title) == ("a.md", "3", "theorem", "first", "First")
        assert (first.proved, third.proved) == (True, False)
        assert first.figures == ["amplification"]  # the next heading ends what belongs to it
        assert first.labels == third.references == ["eq:one"]

    def test_a_box_rests_on_what_it_links_to_and_on_the_equations_it_refers_to(self) -> None:
        index = SiteIndex([put("a.md", PAGE), put("b.md", OTHER)])
        assert evidence.rests_on(index) == {"first": ["second"], "third": ["first"], "second": []}
        assert (
            evidence.rests(index).split("\n")[-7:]
            == [
                "**A page**",
                "",
                "- Theorem [First](a.md#first): rests on [Second](b.md#second); carries [Third](a.md#third); "
                "seen in [amplification](a.md#figure-amplification)",
                "- Definition [Third](a.md#third): rests on [First](a.md#first)",
                "",
                "**B**",
                "",
                "- Lemma [Second](b.md#second): carries [First](a.md#first)",
            ][-7:]
        )

    def test_every_statement_of_the_text_has_its_claim_and_every_claim_its_box(
        self, pages: dict[str, PageContext]
    ) -> None:
        index = SiteIndex(pages.values())
        assert evidence.faults(index) == []
        assert [box.id for box in index.boxes if box.kind == "definition" and box.id in claims()] == []
        proved = {box.id for box in index.boxes if box.proved}
        assert {"convex-rate-exact", "linear-rate", "flow-convex-rate", "backward-euler"} <= proved
        assert "beyond-two-over-l" not in proved

    def test_a_box_without_a_claim_is_named_with_page_and_line(self, pages: dict[str, PageContext]) -> None:
        text = DOCS["pictures.md"].replace("{id: orbits}", "{id: orbit}")
        index = SiteIndex((pages | {"pictures.md": put("pictures.md", text)}).values())
        lacking, homeless = evidence.faults(index)
        line = text[: text.index("{id: orbit}")].count("\n")
        assert lacking.startswith(f"docs/pictures.md:{line}: the proposition 'orbit' has no claim")
        assert homeless.startswith("gdfigs/claims/pictures.py:")
        assert "the claim 'orbits' has no box on pictures.md" in homeless


def made(**changes: object) -> Claim:
    def measure() -> Pairs:
        yield 1.0, 2.0

    claim = Claim("first", "a.md", "a = b", "<=", None, measure)
    for name, value in changes.items():
        setattr(claim, name, value)
    return claim


ALL = {"over": CONVEX, "attained_by": {"x": None}, "identities": list, "worst_cases": list}


class TestEvidence:
    @pytest.mark.parametrize(
        ("changes", "proved", "kinds"),
        [
            ({}, False, ["on its example"]),
            ({"over": CONVEX}, True, ["proved", "sampled"]),
            ({"relation": ">"}, False, ["refuted by an example"]),
            (ALL, True, ["proved", "exact worst case", "attained", "symbolic", "sampled"]),
        ],
    )
    def test_nothing_is_called_what_it_is_not(self, changes: dict[str, Any], proved: bool, kinds: list[str]) -> None:
        assert evidence.kinds(made(**changes), proved=proved) == kinds

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
        assert evidence.verdict(made(relation=relation), CheckResult(worst, "somewhere", 1, 1)) == words


class TestOnThePage:
    def test_the_table_has_an_entry_for_each_claim_with_its_result(self, pages: dict[str, PageContext]) -> None:
        text = evidence.table(SiteIndex(pages.values()), {name: CheckResult(0.25, "a case", 7, 1) for name in claims()})
        for name in claims():
            assert text.count(f"{{ #{name} }}") == text.count(f"(gdfigs:check#{name})") == 1
        assert text.count("7 cases; the worst: a case") == len(claims())

    BOX = "/// theorem | Exact\n    attrs: {id: convex-rate-exact}\n\nSo.\n\n/// proof\n\nSo.\n///\n///\n"

    def test_the_badge_says_how_a_claim_was_checked(self, jobs: BuildJobs) -> None:
        page = put("gradient-descent.md", f"{self.BOX}\nOr [so](gdfigs:claims#convex-rate-exact).")
        badges = Filler(page, jobs, SiteIndex([page])).fill()
        assert page.faults == []
        assert badges == ["proved, exact worst case, attained, symbolic, sampled; tight: worst ratio 1"] * 2

    def test_a_statement_that_stops_holding_is_a_fault_of_its_box(self) -> None:
        failing: Any = SimpleNamespace(checks=lambda: ({}, {"convex-rate-exact": "it fails on Huber"}))
        page = put("gradient-descent.md", self.BOX)
        (badge,) = Filler(page, failing, SiteIndex([page])).fill()
        reason = "the statement does not hold: it fails on Huber"
        assert page.faults == [f"docs/gradient-descent.md:2: {reason}"]
        assert badge == f'<strong class="gd-fault">{reason}</strong>'


def test_the_figure_shows_the_worst_ratio_of_every_inequality(jobs: BuildJobs) -> None:
    results, faults = jobs.checks()
    assert faults == {}
    found = [results[c.id].worst for c in claims().values() if c.relation != "=="]
    marks = {gid: shown("ratios")[gid].x for gid in ("loose", "tight", "false")}
    assert sum(map(len, marks.values())) == len(found) == facts("ratios")["inequalities"]
    assert (marks["loose"] < 1).all()
    assert (abs(marks["tight"] - 1) < 1e-6).all()
    assert (marks["false"] > 1).all()
    drawn = sorted(x for xs in marks.values() for x in xs)
    assert drawn == pytest.approx(sorted(min(max(worst, 0.035), 10.0) for worst in found), rel=1e-9)
