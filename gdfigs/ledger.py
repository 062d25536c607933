"""The ledger: every claim with its evidence, as Markdown, from claims, findings and the pages' own sources."""

from __future__ import annotations

import inspect
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gdfigs.claims import Claim, Finding, claims

_FENCE = re.compile(r"^\s*///(?:\s+(?P<kind>[\w-]+)(?:\s*\|\s*(?P<title>.*))?)?\s*$")
_ID = re.compile(r"^\s+attrs:\s*\{.*\bid:\s*([\w-]+)")
_LINK = re.compile(r"\]\(([\w./-]*\.md)?#([\w-]+)\)")
_LABEL, _REFERENCE = re.compile(r"\\label\{([^}]*)\}"), re.compile(r"\\eqref\{([^}]*)\}")
KINDS = ("lemma", "proposition", "theorem", "corollary", "example", "remark", "warning", "correction")
"""The kinds of boxes that state something; a definition states nothing."""


@dataclass
class Box:
    """A box of a page. proved: it carries a proof. links: (page, anchor) of what it points to; equations likewise."""

    page: str
    line: int
    kind: str
    title: str
    id: str = ""
    proved: bool = False
    links: list[tuple[str, str]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    equations: list[str] = field(default_factory=list)


def boxes(sources: Mapping[str, str]) -> list[Box]:
    """All boxes of the pages, given as {page: text}, in their order."""
    return [box for page, text in sources.items() for box in _boxes(page, text)]


def _boxes(page: str, text: str) -> list[Box]:
    found: list[Box] = []
    inside: list[Box | str] = []
    for n, line in enumerate(text.splitlines(), 1):
        fence = _FENCE.match(line)
        around = next((b for b in reversed(inside) if isinstance(b, Box)), None)
        if fence and fence["kind"]:
            if fence["kind"] in (*KINDS, "definition"):
                found.append(Box(page, n, fence["kind"], fence["title"] or fence["kind"].capitalize()))
                inside.append(found[-1])
            else:
                inside.append(fence["kind"])
                if around and fence["kind"] == "proof":
                    around.proved = True
        elif fence and inside:
            inside.pop()
        elif around:
            if not around.id and (named := _ID.match(line)):
                around.id = named[1]
            around.links += [(_resolve(page, to), anchor) for to, anchor in _LINK.findall(line)]
            around.labels += _LABEL.findall(line)
            around.equations += _REFERENCE.findall(line)
    return found


def _resolve(page: str, link: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), link)) if link else page


def faults(sources: Mapping[str, str]) -> list[str]:
    """Boxes that state something without a claim, and claims without a box, each with its place."""
    known, stated = claims(), [box for box in boxes(sources) if box.kind in KINDS and box.id]
    lacking = [
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
    return lacking + homeless


def rests_on(sources: Mapping[str, str]) -> dict[str, list[str]]:
    """For each claim the ids of the claims and definitions that its box refers to, by link or by equation."""
    found = [box for box in boxes(sources) if box.id]
    at = {(box.page, box.id): box.id for box in found}
    labelled = {(box.page, label): box.id for box in found for label in box.labels}
    return {
        box.id: list(
            dict.fromkeys(
                target
                for target in [
                    *(labelled.get((box.page, e)) for e in box.equations),
                    *(at.get(link) for link in box.links),
                ]
                if target and target != box.id
            )
        )
        for box in found
    }


def evidence(claim: Claim, proved: bool) -> list[str]:
    """The kinds of evidence, in words, the strongest first."""
    kinds = {
        "proved": proved,
        "exact worst case": bool(claim.suprema),
        "attained": bool(claim.attaining),
        "symbolic": bool(claim.identities),
        "sampled": claim.over is not None,
        "on its example": claim.over is None and claim.relation != ">",
        "refuted by an example": claim.over is None and claim.relation == ">",
    }
    return [kind for kind, present in kinds.items() if present]


def verdict(claim: Claim, finding: Finding) -> str:
    """What the worst ratio says, in words."""
    if claim.relation == "==":
        return f"agrees to {finding.worst:.0e}" if finding.worst else "agrees exactly"
    if claim.relation == ">":
        return "false" if finding.worst > 1e6 else f"false: exceeded {finding.worst:.3g} times"
    if finding.worst > 1 - 1e-6:
        return "tight: worst ratio 1"
    return f"worst ratio {finding.worst:.2f}"


def markdown(sources: Mapping[str, str], findings: Mapping[str, Finding]) -> str:
    """The ledger, page by page: statement, evidence, worst ratio, where, and what the statement rests on."""
    found = {box.id: box for box in boxes(sources) if box.id}
    rests = rests_on(sources)
    lines: list[str] = []
    page = ""
    for claim in claims().values():
        box = found.get(claim.id)
        if box is None:
            continue  # reported by faults()
        if claim.page != page:
            page = claim.page
            title = re.search(r"^# (.+)$", sources[page], flags=re.MULTILINE)
            lines += [
                "",
                f"### {title[1] if title else page}",
                "",
                "| Statement | Evidence | Finding |",
                "| - | - | - |",
            ]
        lines.append(_row(claim, box, findings[claim.id], [found[i] for i in rests[claim.id]]))
    return "\n".join(lines)


def _row(claim: Claim, box: Box, finding: Finding, below: list[Box]) -> str:
    title = f"**[{box.title}]({box.page}#{box.id})**{{ #{box.id} }}"
    words = [f"*{', '.join(evidence(claim, box.proved))}*"]
    if claim.over:
        words.append(f"over {claim.over.name}")
    if claim.attaining:
        words.append(f"attained by {'; '.join(claim.attaining)}")
    if claim.broken:
        words.append(f"fails without {'; without '.join(claim.broken)}")
    if below:
        words.append("rests on " + ", ".join(f"[{b.title}]({b.page}#{b.id})" for b in below))
    where, line = claim.place
    numbers = f"{verdict(claim, finding)}; {finding.cases:,} cases from {finding.problems}; worst: {finding.where}"
    cells = [f"{title} ${claim.statement}$", ". ".join(words), f"{numbers}. Check: `{where}:{line}`"]
    return "| " + " | ".join(cell.replace("|", r"\vert ") for cell in cells) + " |"


def check_source(claim: Claim) -> str:
    """The code of the check."""
    return inspect.getsource(claim.measure)
