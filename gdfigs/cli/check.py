"""``gdfigs check``."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from gdfigs.cli.common import progress, quiet_option
from gdfigs.plots.registry import InputError, nearest

if TYPE_CHECKING:
    from gdfigs.claims.core import Claim

_DOCS = Path(__file__).parents[2] / "docs"
_NEEDS = {"symbolic": "sympy", "exact worst case": "PEPit"}
"""Packages that readers of the figures do without."""
_ACCURACY = 2e-5
"""Relative, of a supremum: the solver stops at 1e-7, and PEPit puts it together from larger multipliers."""


@dataclass(frozen=True)
class Result:
    """What came of one claim. line: in words; fault: why it does not hold, or nothing."""

    line: str
    fault: str = ""
    cases: int = 0


def _complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from gdfigs.claims.core import claims

    return [CompletionItem(i, help=claim.page) for i, claim in claims().items() if i.startswith(incomplete)]


@click.command(params=[quiet_option])
@click.argument("call", metavar="[CLAIM]...", nargs=-1, shell_complete=_complete)
def check(call: tuple[str, ...], quiet: bool) -> None:
    """Checks claims, all or those named.

    By every kind of evidence that a claim has; prints the worst ratio that was met, and on how many cases. The names
    are the ids of the boxes on the pages, and of the entries in the ledger.
    """
    from gdfigs.build.jobs import BuildJobs
    from gdfigs.claims.core import claims

    known = claims()
    if unknown := [name for name in call if name not in known]:
        raise InputError("; ".join(f"no claim is named {name!r}{nearest(name, known)}" for name in unknown))
    chosen = list(dict.fromkeys(call)) or list(known)
    with BuildJobs() as jobs:
        results = [*progress(jobs.map(examine, [(name,) for name in chosen]), len(chosen), "Checking", quiet)]
    page, width = "", max(map(len, chosen))
    for name, result in zip(chosen, results, strict=True):
        if not quiet:
            if known[name].page != page:
                page = known[name].page
                click.echo(page)
            click.echo(f"  {name:<{width}}  {result.line}")
    if faults := [result.fault for result in results if result.fault]:
        raise click.ClickException("\n".join([*faults, f"{len(faults)} of {_count(len(chosen), 'claim')} do not hold"]))
    if not quiet:
        click.echo(
            f"{_count(len(chosen), 'claim')} checked on {_count(sum(r.cases for r in results), 'case')}: all hold"
        )


def examine(name: str) -> Result:
    """Checks one claim, by every kind of its evidence for which there is the package."""
    from gdfigs.claims import core as claims
    from gdfigs.site import evidence as ledger

    claim = claims.claims()[name]
    kinds = ledger.kinds(claim, False)
    lacking = {kind: package for kind, package in _NEEDS.items() if not find_spec(package)}
    try:
        finding = claims.check(claim)
        _fails_without_its_hypotheses(claim)
        if claim.identities and "symbolic" not in lacking:
            _identities(claim)
        if claim.worst_cases and "exact worst case" not in lacking:
            _suprema(claim)
    except Exception as fault:  # whatever a measurement raises, the claim is not shown to hold
        reason = str(fault) if isinstance(fault, claims.ClaimError) else f"{name}: {type(fault).__name__}: {fault}"
        return Result("DOES NOT HOLD", f"{claim.page}#{reason}")
    words = [f"{kind} (not checked: {lacking[kind]} is not installed)" if kind in lacking else kind for kind in kinds]
    cases = f"{_count(finding.cases, 'case'):>13}"
    return Result(f"{cases}  {ledger.verdict(claim, finding):<42}  {', '.join(words)}", cases=finding.cases)


def _fails_without_its_hypotheses(claim: Claim) -> None:
    from gdfigs.claims.core import ClaimError, compare

    for hypothesis, pairs in claim.broken.items():
        try:
            compare(claim, hypothesis, pairs())
        except ClaimError:
            continue
        raise ClaimError(f"{claim.id} holds without {hypothesis} as well")


def _identities(claim: Claim) -> None:
    from sympy import simplify

    from gdfigs.claims.core import ClaimError

    assert claim.identities is not None
    for x in claim.identities():
        if simplify(x) != 0:
            raise ClaimError(f"{claim.id} rests on {x} = 0, which is no identity")


def _suprema(claim: Claim) -> None:
    from gdfigs.claims.core import ClaimError

    assert claim.worst_cases is not None
    for case in claim.worst_cases():
        found = case.estimate()
        if abs(found - case.exact) > _ACCURACY * abs(case.exact):
            raise ClaimError(f"{claim.id} fails on the worst case: {case.case}: {found:.8g} against {case.exact:.8g}")


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
