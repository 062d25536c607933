"""``gdfigs completion SHELL``."""

import click
from click.shell_completion import get_completion_class

VARIABLE = "_GDFIGS_COMPLETE"
"""Set by the shell when it asks for what a word may become."""
SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Prints a shell's completion of figures, parameters and claims.

    \b
    bash, in ~/.bashrc:                   eval "$(gdfigs completion bash)"
    zsh, in ~/.zshrc:                     eval "$(gdfigs completion zsh)"
    fish, in ~/.config/fish/config.fish:  gdfigs completion fish | source
    """
    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(ctx.find_root().command, {}, "gdfigs", VARIABLE).source())
