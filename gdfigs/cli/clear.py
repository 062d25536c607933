"""``gdfigs clear``."""

import click

from gdfigs.build import cache as store


@click.command()
def clear() -> None:
    """Empties the store.

    The next build draws all figures and checks all claims anew.
    """
    entries, size = 0, 0
    click.echo(f"{entries} {'entry' if entries == 1 else 'entries'}, {size / 1e6:.1f} MB, freed in {store.FOLDER}")
