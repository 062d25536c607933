"""What several commands share: a command for each figure, a progress bar, --quiet."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import click

from gdfigs.plots.registry import Figure, FigureCall, InputError, Parameter, all_figures, figure_call, nearest

T = TypeVar("T")

quiet_option = click.Option(["-q", "--quiet"], is_flag=True, help="Print no more than what is wrong.")


def progress(items: Iterable[T], length: int, doing: str, quiet: bool) -> Iterator[T]:
    """The items as they come, and a bar on the terminal that says how many have come; nothing where there is none."""
    hidden = quiet or not (sys.stdout.isatty() and sys.stderr.isatty())
    with click.progressbar(items, length=length, label=doing, hidden=hidden, file=sys.stderr) as bar:
        yield from bar


class Figures(click.Group):
    """A command for each figure, whose options are the figure's parameters and the ``shared`` ones.

    act: is given the request, and the shared options by name.
    """

    def __init__(
        self, name: str, *, act: Callable[..., None], shared: Sequence[click.Option] = (), **more: Any
    ) -> None:
        more |= {"no_args_is_help": False, "subcommand_metavar": "NAME [--PARAMETER VALUE]..."}
        super().__init__(name, **more)
        self.act, self.shared = act, [*shared]

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(all_figures())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        return self._command(figure_call(cmd_name, {}).figure)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Not here: 'gdfigs list' names the figures."""

    def _command(self, figure: Figure) -> click.Command:
        def run(**given: Any) -> None:
            words = {name: given.pop(name) for name in figure.parameters}
            call = _asked(figure, {name: word for name, word in words.items() if word is not None})
            self.act(call, **given)

        return click.Command(
            figure.name,
            callback=run,
            params=[*map(_option, figure.parameters.values()), *self.shared],
            help=f"{figure.summary} Page: {figure.page}.",
            short_help=figure.summary,
            # Click would tell of one unknown option; ours tells of all that is wrong.
            context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
        )


def _option(parameter: Parameter) -> click.Option:
    kind = {int: "INTEGER", float: "NUMBER"}[parameter.kind]
    # As text, so that it is read as on a page.
    return click.Option(
        [f"--{parameter.name}", parameter.name],
        metavar=kind,
        help=f"{parameter.meaning}, in {parameter.range}  [default: {parameter.default}]",
    )


def _asked(figure: Figure, words: dict[str, str]) -> FigureCall:
    """The request that the words make. Raises InputError naming every fault."""
    ctx = click.get_current_context()
    known = [option for parameter in ctx.command.params for option in parameter.opts if option.startswith("--")]
    faults = [
        f"{figure.name} has no option {option!r}{nearest(option, known)}"
        for option in [word.partition("=")[0] for word in ctx.args if word.startswith("-")]
    ]
    if ctx.args and not faults:
        faults = [f"{ctx.args[0]!r} follows no option"]
    try:
        call = figure_call(figure.name, words)
    except InputError as fault:
        faults.append(str(fault))
    if faults:
        raise InputError("; ".join(faults))
    return call
