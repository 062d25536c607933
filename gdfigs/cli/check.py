"""``gdfigs check``."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from gdfigs.cli.common import progress, quiet_option
from gdfigs.plots.registry import InputError, nearest

_DOCS = Path(__file__).parents[2] / "docs"
_NEEDS = {"symbolic": "sympy", "exact worst case": "PEPit"}
"""Packages that readers of the figures do without."""


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
    boxes = ledger.boxes({claim.page: (_DOCS / claim.page).read_text(encoding="utf-8")} if _DOCS.is_dir() else {})
    kinds = ledger.evidence(claim, any(box.id == name and box.proved for box in boxes))
    lacking = {kind: package for kind, package in _NEEDS.items() if not find_spec(package)}
    try:
        finding = claims.check_thoroughly(claim, lacking)
    except Exception as error:  # whatever a measurement raises, the claim is not shown to hold
        return Result("DOES NOT HOLD", claims.fault(claim, error))
    words = [f"{kind} (not checked: {lacking[kind]} is not installed)" if kind in lacking else kind for kind in kinds]
    cases = f"{_count(finding.cases, 'case'):>13}"
    return Result(f"{cases}  {ledger.verdict(claim, finding):<42}  {', '.join(words)}", cases=finding.cases)


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
