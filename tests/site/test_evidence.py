"""The ledger: a box for each claim, a claim for each box, and evidence called by its name."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from gdfigs.build.jobs import BuildJobs
from gdfigs.claims.classes import CONVEX
from gdfigs.claims.core import NEAR, ROUNDING, Attainment, CheckResult, Claim, Pairs, claims, remember
from gdfigs.site import evidence
from gdfigs.site.context import PageContext, SiteIndex
from gdfigs.site.fragments import Filler
from tests.built import ROOT
from tests.shown import facts, picture, shown
from tests.site.small import put

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

    claim = Claim("first", "a.md", "<=", None, measure)
    for name, value in changes.items():
        setattr(claim, name, value)
    return claim


def met(*attainments: tuple[bool, str]) -> dict[str, Attainment]:
    """What attains a bound, by its limit and by what is met."""
    return {f"$x_{n}$": Attainment(iter, *attainment) for n, attainment in enumerate(attainments)}


STATEMENT, LIMIT, STEP, STEP_IN_LIMIT = (False, ""), (True, ""), (False, "a step"), (True, "a step")
ALL = {"over": CONVEX, "attained_by": met(STEP, LIMIT, STATEMENT), "identities": list, "worst_cases": list}


class TestEvidence:
    @pytest.mark.parametrize(
        ("changes", "proved", "kinds"),
        [
            ({}, False, ["on its example"]),
            ({"over": CONVEX}, True, ["proved", "sampled"]),
            ({"relation": ">"}, False, ["refuted by an example"]),
            (ALL, True, ["proved", "exact worst case", "attained", "symbolic", "sampled"]),
            ({"over": CONVEX, "attained_by": met(STEP, LIMIT)}, False, ["approached", "sampled"]),
            (
                {"attained_by": met(STEP_IN_LIMIT, STEP)},
                False,
                ["attained in an auxiliary inequality", "on its example"],
            ),
            ({"attained_by": met(STEP_IN_LIMIT)}, False, ["approached in an auxiliary inequality", "on its example"]),
        ],
    )
    def test_nothing_is_called_what_it_is_not(self, changes: dict[str, Any], proved: bool, kinds: list[str]) -> None:
        assert evidence.kinds(made(**changes), proved=proved) == kinds

    @pytest.mark.parametrize(
        ("relation", "worst", "attainments", "words"),
        [
            ("<=", 1.0, [STATEMENT], "tight: worst ratio 1"),
            ("<=", 1.0, [LIMIT, STEP, STATEMENT], "tight: worst ratio 1"),
            ("<=", 1 - 1e-8, [LIMIT], "approached: worst ratio tends to 1"),
            ("<=", 1 - 1e-8, [STEP_IN_LIMIT], "worst ratio tends to 1"),
            ("<=", 1.0, [STEP], "worst ratio 1"),
            ("<=", 1.0, [], "worst ratio 1"),
            ("<=", 1 - 1e-8, [], "worst ratio 0.99999999"),
            ("<=", 0.41, [], "worst ratio 0.41"),
            ("<=", 0.99996, [], "worst ratio 0.99996"),
            ("==", 0.0, [], "agrees exactly"),
            ("==", 3e-12, [], "agrees to 3e-12"),
            (">", 2.0, [], "false: exceeded by a factor of 2"),
        ],
    )
    def test_the_verdict_follows_from_the_worst_ratio_and_from_what_meets_the_bound(
        self, relation: str, worst: float, attainments: list[tuple[bool, str]], words: str
    ) -> None:
        claim = made(relation=relation, attained_by=met(*attainments))
        assert evidence.verdict(claim, CheckResult(worst, "somewhere", 1, 1)) == words


class TestOnThePage:
    def test_the_table_has_an_entry_for_each_claim_with_its_result(self, pages: dict[str, PageContext]) -> None:
        text = evidence.table(SiteIndex(pages.values()), {name: CheckResult(0.25, "a case", 7, 1) for name in claims()})
        for name in claims():
            assert text.count(f"{{ #{name} }}") == text.count(f"(gdfigs:check#{name})") == 1
        assert text.count("7 cases; the worst: a case") == len(claims())

    def test_an_entry_says_what_meets_the_statement_and_what_an_inequality_behind_it(
        self, pages: dict[str, PageContext]
    ) -> None:
        text = evidence.table(SiteIndex(pages.values()), {})
        for words in (
            "the Huber function of slope $L R / (2 L t + 1)$, at the time $t$; approached by Huber functions",
            "; approached by Huber functions of slope $c = 4R/t^2$, as $L$ grows: their limit is $c |x|$; fails",
            "; attained by $x^2/2$, over all time, in the proof's bound on the integral; attained by $-x^2/2$, in the ",
        ):
            assert text.count(words) == 1

    BADGES: ClassVar = {
        "smoothness-equivalences": "proved, sampled; worst ratio 1",
        "existence": "proved, approached in an auxiliary inequality, sampled; worst ratio tends to 1",
        "where-trajectories-go": "proved, attained in an auxiliary inequality, sampled; worst ratio 1",
        "nesterov-flow": (
            "proved, exact worst case, approached, symbolic, sampled; approached: worst ratio tends to 1"
        ),
        "backward-euler-nonconvex": "attained in an auxiliary inequality, sampled; worst ratio 1",
        "one-sided-hessian": "on its example; worst ratio 0.9999999",
    }

    @pytest.mark.parametrize("name", BADGES)
    def test_a_badge_says_tight_only_of_a_statement_that_is_attained(
        self, name: str, pages: dict[str, PageContext], jobs: BuildJobs
    ) -> None:
        filler = Filler(pages[claims()[name].page], jobs, SiteIndex(pages.values()))
        assert filler.badge(name) == self.BADGES[name]

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
    kinds = ("holds", "approached", "attained", "false")
    marks = {gid: shown("ratios")[gid].x for gid in kinds}
    assert {gid: len(x) for gid, x in marks.items()} == {gid: facts("ratios")[gid] for gid in kinds}
    assert sum(map(len, marks.values())) == len(found) == facts("ratios")["inequalities"]
    assert (marks["holds"] <= 1 + ROUNDING).all()
    assert (abs(marks["attained"] - 1) <= ROUNDING).all()
    assert (abs(marks["approached"] - 1) <= NEAR).all()
    assert facts("ratios")["near"] == (marks["holds"] > 1 - NEAR).sum()
    assert (marks["false"] > 1).all()
    (axes,) = picture("ratios").figure.axes
    at = {label.get_text(): y for y, label in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)}
    for gid, name in (("attained", "flow convex rate"), ("approached", "nesterov flow"), ("holds", "existence")):
        assert at[name] in shown("ratios")[gid].y
    drawn = sorted(x for xs in marks.values() for x in xs)
    assert drawn == pytest.approx(sorted(min(max(worst, 0.035), 10.0) for worst in found), rel=1e-9)
