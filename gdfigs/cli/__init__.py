"""The command line. A module a command; Click reads the words, and completes them in the shell."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import click

from gdfigs.cli.check import check
from gdfigs.cli.clear import clear
from gdfigs.cli.completion import VARIABLE, completion
from gdfigs.cli.facts import facts
from gdfigs.cli.list import list_figures
from gdfigs.cli.new import new
from gdfigs.cli.render import render
from gdfigs.plots.registry import InputError, RegistryError

COMMANDS = (list_figures, render, facts, check, new, clear, completion)


@click.group(no_args_is_help=False, context_settings={"help_option_names": ["-h", "--help"]})
def gdfigs() -> None:
    """Draws the figures of the text, tells their numbers, checks its claims."""


for command in COMMANDS:
    gdfigs.add_command(command)


def main(words: Sequence[str] | None = None) -> int:
    """Runs one command. Exit status: 0 done, 1 could not be done, 2 call for wrongly."""
    try:
        return int(gdfigs.main(words, "gdfigs", standalone_mode=False) or 0)
    except click.UsageError as fault:
        call = fault.ctx.command_path if fault.ctx else "gdfigs"
        return _complain(2, f"{fault.format_message().rstrip('.')}; see '{call} --help'")
    except click.ClickException as fault:
        return _complain(1, fault.message)
    except click.Abort:
        return _complain(1, "interrupted")
    except RegistryError as fault:
        return _complain(1, str(fault))
    except InputError as fault:
        return _complain(2, str(fault))
    except OSError as fault:
        if fault.filename is None:  # what could not be written is not to be tried again when Python ends
            with suppress(OSError):
                sys.stdout.close()
        return _complain(1, f"{fault.filename or 'the output'}: {fault.strerror}")


def _complain(status: int, reasons: str) -> int:
    """A line for each reason; none while the shell completes a word, for it would stand in what is being typed."""
    for reason in reasons.splitlines() if VARIABLE not in os.environ else []:
        print(f"gdfigs: {reason}", file=sys.stderr)
    return status
