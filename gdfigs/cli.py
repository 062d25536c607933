"""Command line: list, render, facts, check. A figure is named as on a page: ``'amplification?largest=4'``."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click
from click.shell_completion import CompletionItem

from gdfigs import __version__
from gdfigs.build import cache
from gdfigs.plots.files import DRAWINGS, FORMATS, content
from gdfigs.plots.registry import FigureCall, InputError, RegistryError, all_figures, nearest, parse_url

# Drawing, claims and processes are imported where they are used: 'gdfigs list' does without them.
if TYPE_CHECKING:
    from gdfigs.plots.picture import Picture

T = TypeVar("T")
_NEEDS = {"symbolic": "sympy", "exact worst case": "PEPit"}
"""Packages that readers of the figures do without, by the kind of evidence that needs them."""


class Program(click.Group):
    """The program; says in one line each what is wrong."""

    def main(self, *args: Any, **more: Any) -> NoReturn:
        """Runs a command and ends the process: status 0 done, 1 could not be done, 2 wrong input, 130 interrupted."""
        status, reason = 0, ""
        try:
            status = super().main(*args, **more | {"prog_name": "gdfigs", "standalone_mode": False}) or 0
        except click.UsageError as fault:
            command = fault.ctx.command_path if fault.ctx else "gdfigs"
            status, reason = 2, f"{fault.format_message().rstrip('.')}; see '{command} --help'"
        except click.ClickException as fault:
            status, reason = 1, fault.message
        except click.Abort:
            status, reason = 130, "interrupted"
        except InputError as fault:
            status, reason = 1 if isinstance(fault, RegistryError) else 2, str(fault)
        except OSError as fault:
            status, reason = 1, f"cannot write {fault.filename or 'the output'}: {fault.strerror}"
            if fault.filename is None:
                with suppress(OSError):  # or Python would try to write once more when it ends, and complain
                    sys.stdout.close()
        for line in reason.splitlines():
            click.echo(f"gdfigs: {line}", err=True)
        sys.exit(status)


@click.group(cls=Program, no_args_is_help=False, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Draws the figures of the text, prints their numbers, checks its claims.

    A FIGURE is a name with parameters as in the source of a page, in quotes: 'amplification?z=2&largest=4'.
    'gdfigs list' prints the names, 'gdfigs list FIGURE' what the parameters mean.
    """


def _complete_figure(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    with suppress(InputError):  # a complaint would stand in the middle of the line that is being typed
        return [CompletionItem(f.name, help=f.summary) for f in all_figures().values() if f.name.startswith(incomplete)]
    return []


def _complete_claim(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from gdfigs.claims.core import claims

    return [CompletionItem(name, help=c.page) for name, c in claims().items() if name.startswith(incomplete)]


_quiet = click.option("-q", "--quiet", is_flag=True, help="Print no more than what is wrong.")


@main.command("list")
@click.argument("name", metavar="[FIGURE]", required=False, shell_complete=_complete_figure)
def list_figures(name: str | None) -> None:
    """Lists the figures, or the parameters of one.

    Every figure stands with the default values of its parameters, as 'gdfigs render' and a page take them.
    """
    for figure in all_figures().values() if name is None else [_call(name).figure]:
        query = "&".join(f"{p.name}={str(p.default).removesuffix('.0')}" for p in figure.parameters.values())
        click.echo(f"{figure.name}{query and f'?{query}'}\n    {figure.summary} Page: {figure.page}.")
        for p in figure.parameters.values() if name else ():
            kind = ", a whole number" if p.kind is int else ""
            click.echo(f"    {p.name}{kind} in {p.range}: {p.meaning}")


@main.command()
@click.argument("name", metavar="[FIGURE]", required=False, shell_complete=_complete_figure)
@click.option("--all", "every", is_flag=True, help="Draw every figure, with its defaults.")
@click.option(
    *("-o", "--output"), metavar="PATH",
    help="File, existing folder, or - for standard output; with --all, a folder.  "
    "[default: NAME.svg; with --all, figures]",
)  # fmt: skip
@click.option("--format", "ending", type=click.Choice(FORMATS), help="[default: as PATH ends, or svg]")
@click.option("--dark", is_flag=True, help="Colours and paper of the dark theme.")
@click.option(
    "--width", type=click.IntRange(50, 10_000), help="In CSS pixels, of a PNG in pixels.  [default: 420, of a PNG 840]"
)
@_quiet
def render(name: str | None, every: bool, output: str | None, ending: str | None, quiet: bool, **look: Any) -> None:
    """Draws a figure into a file.

    For example: gdfigs render 'amplification?largest=4' -o slide.png --dark.
    'gdfigs list' prints the names, 'gdfigs list FIGURE' what the parameters mean.
    """
    if bool(name) == every:
        raise click.UsageError("Name one FIGURE, or pass --all", click.get_current_context())
    if name is None:
        _render_all(output or "figures", ending or "svg", quiet, look)
        return
    call, path = _call(name), output or "."
    if Path(path).is_dir():
        path = str(Path(path, f"{call.figure.name}.{ending or 'svg'}"))
    said = ending or "svg" if path == "-" else _suffix(path)
    if not ending and said not in FORMATS:
        endings = ", ".join(f".{known}" for known in FORMATS)
        raise InputError(f"cannot write {path}: the name must end in one of {endings}, or --format say which")
    if ending and said in FORMATS and said != ending:
        raise InputError(f"{path} ends in .{said}, but --format says {ending}: leave one of them out")
    _write(call, path, ending or said, look)
    if not quiet and path != "-":
        click.echo(path)


def _render_all(folder: str, ending: str, quiet: bool, look: dict[str, Any]) -> None:
    from gdfigs.build.jobs import BuildJobs

    if folder == "-" or Path(folder).is_file() or _suffix(folder) in FORMATS:
        raise InputError(f"--all draws {len(all_figures())} files: -o must name a folder; got {folder}")
    Path(folder).mkdir(parents=True, exist_ok=True)
    cases = [(name, str(Path(folder, f"{name}.{ending}")), ending, look) for name in all_figures()]
    with BuildJobs() as jobs:
        faults = [*_progress(jobs.map(attempt, cases), len(cases), "Drawing", quiet)]
    for (_, path, *_), fault in zip(cases, faults, strict=True):
        if not fault and not quiet:
            click.echo(path)
    if any(faults):
        raise click.ClickException("\n".join(filter(None, faults)))
    if not quiet and sys.stderr.isatty():
        click.echo(f"{len(cases)} figures are in {folder}", err=True)


def attempt(name: str, path: str, ending: str, look: dict[str, Any]) -> str:
    """Draws a figure with its defaults into a file, in a worker process. Returns the fault, or ''."""
    try:
        _write(_call(name), path, ending, look)
    except click.ClickException as fault:
        return fault.message
    except InputError as fault:
        return str(fault)
    return ""


@main.command()
@click.argument("name", metavar="FIGURE", shell_complete=_complete_figure)
def facts(name: str) -> None:
    """Prints a figure's numbers, and how a page quotes them.

    'gdfigs list' prints the names, 'gdfigs list FIGURE' what the parameters mean.
    """
    call = _call(name)
    values = _draw(call).facts
    for fact, value in values.items():
        quoted = f"[{rounded(value)}]({replace(call, fact=fact).url})"
        click.echo(f"{fact:<{max(map(len, values))}} = {value:<12.6g} {quoted}")
    if not values:
        click.echo(f"{call.figure.name} has no facts")


@main.command()
@click.argument("names", metavar="[CLAIM]...", nargs=-1, shell_complete=_complete_claim)
@_quiet
def check(names: tuple[str, ...], quiet: bool) -> None:
    """Checks claims, all or those named.

    By every kind of evidence that a claim has; prints the worst ratio that was met, and on how many cases. The names
    are the ids of the boxes on the pages, and of the entries in the ledger.
    """
    from gdfigs.build.jobs import BuildJobs
    from gdfigs.claims.core import claims

    known = claims()
    if unknown := [name for name in names if name not in known]:
        raise InputError("; ".join(f"no claim is named {name!r}{nearest(name, known)}" for name in unknown))
    chosen = list(dict.fromkeys(names)) or list(known)
    with BuildJobs() as jobs:
        results = [*_progress(jobs.map(examine, [(name,) for name in chosen]), len(chosen), "Checking", quiet)]
    page = ""
    for name, (line, _, _) in zip(chosen, results, strict=True) if not quiet else ():
        if known[name].page != page:
            page = known[name].page
            click.echo(page)
        click.echo(f"  {name:<{max(map(len, chosen))}}  {line}")
    if faults := [fault for _, fault, _ in results if fault]:
        raise click.ClickException("\n".join([*faults, f"{len(faults)} of {_count(len(chosen), 'claim')} do not hold"]))
    if not quiet:
        cases = _count(sum(cases for _, _, cases in results), "case")
        click.echo(f"{_count(len(chosen), 'claim')} checked on {cases}: all hold")


def examine(name: str) -> tuple[str, str, int]:
    """Checks a claim by all its evidence, in a worker process. Returns a line, the fault or '', the number of cases."""
    from gdfigs.claims.core import check_thoroughly, claims, fault
    from gdfigs.site.evidence import kinds, verdict

    claim = claims()[name]
    lacking = {kind: package for kind, package in _NEEDS.items() if not find_spec(package)}
    try:
        result = check_thoroughly(claim, lacking)
    except Exception as error:  # whatever a measurement raises, the claim is not shown to hold
        return "DOES NOT HOLD", fault(claim, error), 0
    evidence = [
        f"{kind} (not checked: {lacking[kind]} is not installed)" if kind in lacking else kind
        for kind in kinds(claim, proved=False)  # a proof in the text is not run
    ]
    line = f"{_count(result.cases, 'case'):>13}  {verdict(claim, result):<42}  {', '.join(evidence)}"
    return line, "", result.cases


def rounded(value: float) -> str:
    """Writes a value to four digits as a page may: whole numbers in full, without zeros at the end."""
    if value == round(value):
        return f"{value:.0f}"
    decimals = max(0, 3 - math.floor(math.log10(abs(value))))
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text


def _call(name: str) -> FigureCall:
    call = parse_url(name)
    if call.slider_values:
        raise InputError(f"a slider needs a page: write one value for {', '.join(call.slider_values)} in {name!r}")
    return call


def _draw(call: FigureCall) -> Picture:
    """Draws a figure. Raises InputError where it refuses its parameters, ClickException where it cannot be drawn."""
    try:
        return call.draw()
    except Exception as fault:
        if isinstance(fault, ValueError) and call.changed:
            raise InputError(f"{call.figure.name}: {fault}") from fault
        raise click.ClickException(f"{call.figure.name} cannot be drawn: {type(fault).__name__}: {fault}") from fault


def _write(call: FigureCall, path: str, ending: str, look: dict[str, Any]) -> None:
    """Draws a figure into a file, whole or not at all, through links. Raises InputError, ClickException."""
    if ending not in DRAWINGS and any(look.values()):
        raise InputError(f"{ending} has neither theme nor width: leave out --dark and --width")
    file = Path(os.path.realpath(path))
    if path != "-" and (path.endswith(os.sep) or file.is_symlink() or (file.exists() and not file.is_file())):
        raise InputError(f"cannot write {path}: it is no plain file; for standard output write -o -")
    encoded = content(_draw(call), ending, **look)
    if path == "-":
        click.echo(encoded, nl=False)
        return
    try:
        cache.write(file, encoded)
    except OSError as fault:
        raise click.ClickException(f"cannot write {path}: {fault.strerror}") from fault


def _suffix(path: str) -> str:
    return Path(path).suffix.lower().removeprefix(".")


def _progress(items: Iterable[T], length: int, doing: str, quiet: bool) -> Iterator[T]:
    """Yields the items as they come, beside a bar on standard error where that is a terminal."""
    hidden = quiet or not sys.stderr.isatty()
    with click.progressbar(items, length=length, label=doing, hidden=hidden, file=sys.stderr) as bar:
        yield from bar


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
