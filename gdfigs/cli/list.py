"""``gdfigs list``."""

import click

from gdfigs.catalogue import catalogue


@click.command("list")
def list_figures() -> None:
    """Lists the figures, their pages and parameters."""
    for figure in catalogue().values():
        click.echo(f"{figure.name}  ({figure.page})\n    {figure.summary}")
        click.echo("    " + " ".join(f"--{p.name} {p.default}" for p in figure.parameters.values()))
