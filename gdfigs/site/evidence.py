"""The ledger: every claim with its evidence, as Markdown, from claims, check_results and the pages' own sources."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gdfigs.claims.core import CheckResult, Claim, claims

_FENCE = re.compile(r"^\s*///(?:\s+(?P<kind>[\w-]+)(?:\s*\|\s*(?P<title>.*))?)?\s*$")
_CODE = re.compile(r"^\s*(```|~~~)")
_ID = re.compile(r"^\s+attrs:\s*\{.*\bid:\s*([\w-]+)")
_LINK = re.compile(r"\]\(([\w./-]*\.md)?#([\w-]+)\)")
_FIGURE = re.compile(r"!\[[^\]]*\]\(gdfigs:([\w-]+)")
_LABEL, _REFERENCE = re.compile(r"\\label\{([^}]*)\}"), re.compile(r"\\eqref\{([^}]*)\}")
KINDS = ("lemma", "proposition", "theorem", "corollary", "example", "remark", "warning", "correction")
"""The kinds of boxes that state something; a definition states nothing."""


@dataclass
class Box:
    """A box of a page, at a line of its file.

    proved: it carries a proof. links: (page, anchor) of what it points to; labels, equations: those it makes and
    refers to. figures: the names of those that follow it, before the next box or heading.
    """

    page: str
    line: int
    kind: str
    title: str
    id: str = ""
    proved: bool = False
    links: list[tuple[str, str]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    equations: list[str] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)


def boxes(sources: Mapping[str, str]) -> list[Box]:
    """All boxes of the pages, given as {page: text}, in their order."""
    return [box for page, text in sources.items() for box in _boxes(page, text)]


def _boxes(page: str, text: str) -> list[Box]:
    found: list[Box] = []
    inside: list[Box | str] = []
    last: Box | None = None
    code = ""
    for n, line in enumerate(text.splitlines(), 1):
        if mark := _CODE.match(line):
            code = "" if code == mark[1] else code or mark[1]
        if code:
            continue
        fence = _FENCE.match(line)
        around = next((b for b in reversed(inside) if isinstance(b, Box)), None)
        if fence and fence["kind"]:
            if fence["kind"] in (*KINDS, "definition"):
                found.append(Box(page, n, fence["kind"], fence["title"] or fence["kind"].capitalize()))
                inside.append(found[-1])
                last = found[-1]
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
        elif line.startswith("#"):
            last = None
        elif last is not None:
            last.figures += _FIGURE.findall(line)
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
        "exact worst case": bool(claim.worst_cases),
        "attained": bool(claim.attained_by),
        "symbolic": bool(claim.identities),
        "sampled": claim.over is not None,
        "on its example": claim.over is None and claim.relation != ">",
        "refuted by an example": claim.over is None and claim.relation == ">",
    }
    return [kind for kind, present in kinds.items() if present]


def verdict(claim: Claim, finding: CheckResult) -> str:
    """What the worst ratio says, in words."""
    if claim.relation == "==":
        return f"agrees to {finding.worst:.0e}" if finding.worst else "agrees exactly"
    if claim.relation == ">":
        return "false" if finding.worst > 1e6 else f"false: exceeded by a factor of {finding.worst:.3g}"
    if finding.worst > 1 - 1e-6:
        return "tight: worst ratio 1"
    shown = (f"{finding.worst:.{digits}f}" for digits in range(2, 8))
    return f"worst ratio {next(ratio for ratio in shown if float(ratio) < 1)}"  # 1.00 would be tight


def table(sources: Mapping[str, str], check_results: Mapping[str, CheckResult]) -> str:
    """The ledger, page by page, in Markdown: an entry a claim, with statement, evidence, worst ratio and its place."""
    found = {box.id: box for box in boxes(sources) if box.id}
    lines: list[str] = []
    page = ""
    for claim in claims().values():
        if claim.id not in found:
            continue  # reported by faults()
        if claim.page != page:
            page = claim.page
            lines += ["", f"## {_title(sources[page])}", ""]
        lines += _entry(claim, found[claim.id], check_results[claim.id])
    return "\n".join(lines)


def _entry(claim: Claim, box: Box, finding: CheckResult) -> list[str]:
    words = [f"*{', '.join(evidence(claim, box.proved))}*"]
    if claim.over:
        words.append(f"on {claim.over.name}")
    if claim.attained_by:
        words.append(f"attained by {'; '.join(claim.attained_by)}")
    if claim.fails_without:
        words.append(f"fails without {'; without '.join(claim.fails_without)}")
    count = f"{finding.cases:,} case{'s' if finding.cases > 1 else ''}"
    return [
        f"- **[{box.title}]({box.page}#{box.id})**{{ #{box.id} }}  ",
        f"  ${claim.statement}$  ",
        f"  {'; '.join(words)}.  ",
        f"  **{verdict(claim, finding).capitalize()}**. {count}; the worst: {finding.where}. "
        f"[check](gdfigs:check#{claim.id})",
    ]


def rests(sources: Mapping[str, str]) -> str:
    """What rests on what, page by page, in Markdown: each box with what it refers to and the figures that show it."""
    order = list(dict.fromkeys(claim.page for claim in claims().values()))
    found = {box.id: box for box in sorted(boxes(sources), key=lambda b: order.index(b.page)) if box.id}
    below = rests_on(sources)
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
            lines += ["", f"**{_title(sources[page])}**", ""]
        lines.append(f"- {box.kind.capitalize()} {_link(box)}{': ' if words else ''}{'; '.join(words)}")
    return "\n".join(lines)


def _link(box: Box) -> str:
    return f"[{box.title}]({box.page}#{box.id})"


def _title(text: str) -> str:
    return next(line[2:] for line in text.splitlines() if line.startswith("# "))
