"""The ledger: every claim with its evidence, as Markdown, from the claims, their check results and their boxes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from gdfigs.claims.core import NEAR, ROUNDING, CheckResult, Claim, claims
from gdfigs.formulas.passages import Printed
from gdfigs.site.context import Box, SiteIndex

KINDS = ("lemma", "proposition", "theorem", "corollary", "example", "remark", "warning", "correction")
"""The kinds of boxes that state something; a definition states nothing."""


def faults(index: SiteIndex) -> list[str]:
    """Returns the boxes that state something without a claim and the claims without a box, each with its place."""
    known, stated = claims(), [box for box in index.boxes if box.kind in KINDS and box.id]
    unclaimed = [
        f"docs/{box.page}:{box.line}: the {box.kind} {box.id!r} has no claim: add one to gdfigs/claims"
        for box in stated
        if box.id not in known or known[box.id].page != box.page
    ]
    places = {(box.page, box.id) for box in stated}
    homeless = [
        f"gdfigs/{claim.place[0]}:{claim.place[1]}: the claim {claim.id!r} has no box on {claim.page}: "
        f"write 'attrs: {{id: {claim.id}}}' below the first line of one"
        for claim in known.values()
        if (claim.page, claim.id) not in places
    ]
    return unclaimed + homeless


def kinds(claim: Claim, proved: bool) -> list[str]:
    """Returns the kinds of evidence, in words, the strongest first."""
    found = {
        "proved": proved,
        "exact worst case": bool(claim.worst_cases),
        claim.attainment: bool(claim.attained_by),
        "symbolic": bool(claim.identities),
        "sampled": claim.over is not None,
        "on its example": claim.over is None and claim.relation != ">",
        "refuted by an example": claim.over is None and claim.relation == ">",
    }
    return [kind for kind, present in found.items() if present]


def verdict(claim: Claim, result: CheckResult) -> str:
    """Returns what the worst ratio says, in words."""
    if claim.relation == "==":
        return f"agrees to {result.worst:.0e}" if result.worst else "agrees exactly"
    if claim.relation == ">":
        return "false" if result.worst > 1e6 else f"false: exceeded by a factor of {result.worst:.3g}"
    if claim.attainment.startswith("approached") and result.worst > 1 - NEAR:
        return f"{'approached: ' if claim.attainment == 'approached' else ''}worst ratio tends to 1"
    if result.worst > 1 - ROUNDING:
        return f"{'tight: ' if claim.attainment == 'attained' else ''}worst ratio 1"
    shown = (f"{result.worst:.{digits}f}" for digits in range(2, 11))
    return f"worst ratio {next(ratio for ratio in shown if float(ratio) < 1)}"  # 1.00 would be another


def table(index: SiteIndex, results: Mapping[str, CheckResult]) -> str:
    """Returns the ledger, page by page: an entry a claim, with statement, evidence, worst ratio and its place."""
    found = {box.id: box for box in index.boxes if box.id}
    formulas = {(said.page, said.id): said.formulas for page in index.pages for said in page.passages}
    lines: list[str] = []
    page = ""
    for claim in claims().values():
        if claim.id not in found:
            continue  # faults() reports it
        if claim.page != page:
            page = claim.page
            lines += ["", f"## {index.titles[page]}", ""]
        lines += _entry(claim, found[claim.id], formulas.get((page, claim.id), ()), results.get(claim.id))
    return "\n".join(lines)


def _stated(formulas: Sequence[Printed]) -> list[str]:
    """Returns the formulas that a box states, those on lines of their own if there are any, as the page writes them."""
    stated = [printed for printed in formulas if printed.place == "statement" and printed.relates]
    shown = [printed for printed in stated if printed.display] or stated
    bare = (_FRAME.sub("", printed.tex).strip().rstrip(" .,;") for printed in shown)
    return [f'  <span class="gd-scroll">${" ".join(tex.split())}$</span>' for tex in dict.fromkeys(bare)]


_FRAME = re.compile(
    r"\\(?:begin|end)\{(?:equation|aligned)\}|\\label\{[^}]*\}|(?<!\\)%.*|\\\\|&|\\q?quad|(?<![\w}])\{\}"
)
"""What numbers a formula, remarks on it, or sets it in lines: in the ledger it breaks where there is room."""


def _entry(claim: Claim, box: Box, formulas: Sequence[Printed], result: CheckResult | None) -> list[str]:
    words = [f"*{', '.join(kinds(claim, box.proved))}*"]
    if claim.over:
        words.append(f"on {claim.over.name}")
    for by, met in claim.attained_by.items():
        words.append(f"{'approached' if met.limit else 'attained'} by {by}{f', in {met.of}' if met.of else ''}")
    if claim.fails_without:
        words.append(f"fails without {'; without '.join(claim.fails_without)}")
    came = "**Does not hold**."  # reported where the page states it
    if result:
        count = f"{result.cases:,} case{'s' if result.cases > 1 else ''}"
        came = f"**{verdict(claim, result).capitalize()}**. {count}; the worst: {result.where}."
    return [
        f"- **[{box.title}]({box.page}#{box.id})**{{ #{box.id} }}  ",
        *_stated(formulas),
        f"  {'; '.join(words)}.  ",
        f"  {came} [check](gdfigs:check#{claim.id})",
    ]


def rests_on(index: SiteIndex) -> dict[str, list[str]]:
    """Returns for each box the ids of the boxes that it refers to, by link or by equation."""
    named = [box for box in index.boxes if box.id]
    at = {(box.page, box.id): box.id for box in named}
    labelled = {(box.page, label): box.id for box in named for label in box.labels}

    def targets(box: Box) -> Iterator[str]:
        for found in [
            *(labelled.get((box.page, e)) for e in box.references),
            *(at.get((page, anchor)) for page, anchor in box.links),
        ]:
            if found and found != box.id:
                yield found

    return {box.id: list(dict.fromkeys(targets(box))) for box in named}


def rests(index: SiteIndex) -> str:
    """Returns what rests on what, page by page: each box with what it refers to and the figures that show it."""
    order = list(dict.fromkeys([*(claim.page for claim in claims().values()), *index.titles]))
    found = {box.id: box for box in sorted(index.boxes, key=lambda b: order.index(b.page)) if box.id}
    below = rests_on(index)
    lines: list[str] = []
    page = ""
    for box in found.values():
        above = [found[i] for i, targets in below.items() if box.id in targets]
        words = [
            f"{how} {', '.join(_link(other) for other in others)}"
            for how, others in (("rests on", [found[i] for i in below[box.id]]), ("carries", above))
            if others
        ]
        words += [f"seen in [{name.replace('-', ' ')}]({box.page}#figure-{name})" for name in box.figures]
        if box.page != page:
            page = box.page
            lines += ["", f"**{index.titles[page]}**", ""]
        lines.append(f"- {box.kind.capitalize()} {_link(box)}{': ' if words else ''}{'; '.join(words)}")
    return "\n".join(lines)


def _link(box: Box) -> str:
    return f"[{box.title}]({box.page}#{box.id})"
