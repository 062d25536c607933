"""``gdfigs list``."""

import click

from gdfigs.plots.registry import all_figures


@click.command("list")
def list_figures() -> None:
    """Lists the figures, their pages and parameters."""
    for figure in all_figures().values():
        click.echo(f"{figure.name}  ({figure.page})\n    {figure.summary}")
        click.echo("    " + " ".join(f"--{p.name} {p.default}" for p in figure.parameters.values()))
