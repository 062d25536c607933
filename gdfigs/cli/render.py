"""``gdfigs render NAME`` and ``gdfigs render --all``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from gdfigs.build import cache as store
from gdfigs.cli.common import Figures, progress, quiet_option
from gdfigs.plots.files import DRAWINGS, FORMATS, content
from gdfigs.plots.registry import FigureCall, InputError, all_figures

Look = tuple[str, bool, int | None]

_OPTIONS = [
    click.Option(
        ["-o", "--output"],
        metavar="PATH",
        type=click.Path(path_type=Path),
        help="The file, or an existing folder; with --all, the folder.  [default: NAME.svg; with --all, figures]",
    ),
    click.Option(["--format", "ending"], type=click.Choice(list(FORMATS)), help="[default: as PATH ends, or svg]"),
    click.Option(["--theme"], type=click.Choice(("light", "dark")), help="Colours and paper.  [default: light]"),
    click.Option(
        ["--width"],
        type=click.IntRange(50, 10_000),
        help="In CSS pixels, of a PNG in pixels.  [default: 420, of a PNG 840]",
    ),
    quiet_option,
]


def _render(
    call: FigureCall, output: Path | None, ending: str | None, theme: str | None, width: int | None, quiet: bool
) -> None:
    file = output or Path()
    if file.is_dir():
        file /= f"{call.figure.name}.{ending or 'svg'}"
    said = file.suffix.lower().removeprefix(".")
    if ending is None and said not in FORMATS:
        endings = ", ".join(f".{known}" for known in FORMATS)
        raise InputError(f"cannot write {file}: the name must end in one of {endings}, or --format say which")
    if said in FORMATS and ending not in (None, said):
        raise InputError(f"{file} ends in .{said}, but --format says {ending}: leave one of them out")
    if fault := draw_to(file, call.figure.name, call.parameters, _look(ending or said, theme, width)):
        raise click.ClickException(fault)
    if not quiet:
        click.echo(file)


def _look(ending: str, theme: str | None, width: int | None) -> Look:
    if ending not in DRAWINGS and (theme or width):
        raise InputError(f"--theme and --width are of pictures, and {ending} has neither: leave them out")
    return ending, theme == "dark", width


def draw_to(file: Path, name: str, parameters: Mapping[str, Any], look: Look) -> str:
    """Draws a figure into a file. Returns what is wrong, or nothing: all figures are tried, whatever comes of one."""
    from gdfigs.build.jobs import DrawingError, naming

    call = FigureCall(all_figures()[name], parameters)
    try:
        with naming(call):
            picture = replace(
                call.draw(),
                title=call.figure.summary,
                name=call.figure.name,
                page=call.figure.page,
                parameters=call.parameters,
                redraw=call.draw,
            )
            made = content(picture, *look)
        store.write(file, made)
    except DrawingError as fault:
        return str(fault)
    except OSError as fault:
        return f"cannot write {file}: {fault.strerror}"
    return ""


@click.pass_context
def _render_all(ctx: click.Context, /, all_figures: bool, **given: Any) -> None:
    if ctx.invoked_subcommand and all_figures:
        raise InputError(f"--all draws every figure: leave out --all, or {ctx.invoked_subcommand!r}")
    if ctx.invoked_subcommand:  # options that stand before the name are as good as behind it
        ctx.default_map = {ctx.invoked_subcommand: {name: value for name, value in given.items() if value is not None}}
    elif all_figures:
        _draw_all(**given)
    else:
        raise click.UsageError("Missing NAME of a figure, or --all", ctx)


def _draw_all(output: Path | None, ending: str | None, theme: str | None, width: int | None, quiet: bool) -> None:
    from gdfigs.build.jobs import BuildJobs

    folder, look = output or Path("figures"), _look(ending or "svg", theme, width)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.ClickException(f"cannot write {folder}: {error.strerror}") from error
    files = [folder / f"{name}.{look[0]}" for name in all_figures()]
    cases = [
        (file, figure.name, {name: p.default for name, p in figure.parameters.items()}, look)
        for file, figure in zip(files, all_figures().values(), strict=True)
    ]
    with BuildJobs() as jobs:
        faults = [*progress(jobs.map(draw_to, cases), len(cases), "Drawing", quiet)]
    for file, fault in zip(files, faults, strict=True):
        if not fault and not quiet:
            click.echo(file)
    if any(faults):
        raise click.ClickException("\n".join(filter(None, faults)))


render = Figures(
    "render",
    act=_render,
    shared=_OPTIONS,
    params=[
        click.Option(["--all", "all_figures"], is_flag=True, help="Draw every figure, with its defaults."),
        *_OPTIONS,
    ],
    callback=_render_all,
    invoke_without_command=True,
    help="Draws a figure into a file. 'gdfigs list' names the figures, 'gdfigs render NAME --help' explains one.",
)
