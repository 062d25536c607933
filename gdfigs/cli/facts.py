"""``gdfigs facts NAME``."""

from __future__ import annotations

import math
from dataclasses import replace

import click

from gdfigs.cli.common import Figures
from gdfigs.plots.registry import FigureCall


def _facts(call: FigureCall) -> None:
    from gdfigs.build.jobs import DrawingError, naming

    try:
        with naming(call):
            values = call.draw().facts
    except DrawingError as fault:
        raise click.ClickException(str(fault)) from fault
    width = max(map(len, values), default=0)
    for name, value in values.items():
        quoted = f"[{rounded(value)}]({replace(call, fact=name).url})"
        click.echo(f"{name:<{width}} = {value:<12.6g} {quoted}")
    if not values:
        click.echo(f"{call.figure.name} has no facts")


def rounded(value: float) -> str:
    """The value to four digits, written as a page may write it: whole numbers in full, without zeros at the end."""
    if value == round(value):
        return f"{value:.0f}"
    decimals = max(0, 3 - math.floor(math.log10(abs(value))))
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text


@click.pass_context
def _of_none(ctx: click.Context, /) -> None:
    if not ctx.invoked_subcommand:
        raise click.UsageError("Missing NAME of a figure", ctx)


facts = Figures(
    "facts",
    act=_facts,
    callback=_of_none,
    invoke_without_command=True,
    help="Prints a figure's numbers, and how a page quotes them.",
)
