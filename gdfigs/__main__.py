"""The command line: ``gdfigs list`` and ``gdfigs render NAME``."""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from gdfigs.catalogue import CatalogueError, Figure, RequestError, catalogue, request
from gdfigs.draw import DrawingError, naming
from gdfigs.picture import Picture, plotted, to_csv
from gdfigs.store import write
from gdfigs.style import PAPER, style
from gdfigs.svg import standalone, to_svg


def main(words: Sequence[str] | None = None) -> int:
    """Runs one command. Exit status: 0 done, 1 could not be done, 2 asked for wrongly."""
    parser = _Parser(prog="gdfigs", description="Draws the figures of the text.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for add in (_list_command, _render_command):
        add(commands)
    options = parser.parse_args(words)
    try:
        options.run(options)
    except (CatalogueError, DrawingError) as fault:
        return _complain(1, str(fault))
    except RequestError as fault:
        return _complain(2, str(fault))
    except OSError as fault:
        return _complain(1, f"cannot write {fault.filename or 'the output'}: {fault.strerror}")
    return 0


def _complain(status: int, reason: str) -> int:
    print(f"gdfigs: {reason}", file=sys.stderr)
    return status


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, as every other fault is told."""

    def error(self, message: str) -> NoReturn:
        sys.exit(_complain(2, f"{message}; see '{self.prog} --help'"))


_Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"


# gdfigs list


def _list_command(commands: _Commands) -> None:
    words = "lists the figures, with their parameters"
    commands.add_parser("list", help=words, description=f"gdfigs list {words}.").set_defaults(run=_list)


def _list(_: argparse.Namespace) -> None:
    for figure in catalogue().values():
        print(f"{figure.name}  ({figure.page})\n    {figure.summary}")
        print("    " + " ".join(f"--{p.name} {p.default}" for p in figure.parameters.values()))


# gdfigs render


def _render_command(commands: _Commands) -> None:
    words = "draws a figure into a file"
    parser = commands.add_parser("render", help=words, description=f"gdfigs render {words}.")
    parser.add_argument("name", metavar="NAME", help="the figure; 'gdfigs render NAME --help' lists its parameters")
    parser.add_argument("rest", metavar="...", nargs=argparse.REMAINDER, help="its parameters, and -o FILE")
    parser.set_defaults(run=_render)


def _render(options: argparse.Namespace) -> None:
    figure = request(options.name, {}).figure
    file, given = _read_options(figure, options.rest)
    asked = request(figure.name, given)
    if file.suffix.lower() not in _FORMATS:
        raise RequestError(f"cannot write {file}: the name must end in one of {', '.join(_FORMATS)}")
    with naming(asked):
        picture = asked.draw()
        content = _FORMATS[file.suffix.lower()](picture, figure)
    try:
        write(file, content)
    except OSError as fault:
        raise OSError(fault.errno, fault.strerror, file) from fault  # which names the file before it was finished
    print(file)
    for name, value in picture.facts.items():
        print(f"{name} = {value:.6g}")


def _read_options(figure: Figure, words: Sequence[str]) -> tuple[Path, dict[str, str]]:
    """The file to be written, and the parameters as text."""
    described = f"{figure.summary} Page: {figure.page}."
    parser = _Parser(prog=f"gdfigs render {figure.name}", description=described, allow_abbrev=False)
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, default=Path(f"{figure.name}.svg"),
                        help=f"the file to be written, {', '.join(_FORMATS)} (%(default)s)")  # fmt: skip
    for p in figure.parameters.values():
        explained = f"{p.meaning} ({p.default})".replace("%", "%%")
        parser.add_argument(f"--{p.name}", metavar=p.kind.__name__.upper(), default=argparse.SUPPRESS, help=explained)
    # Argparse takes -1e-3 for an option unless it stands behind an equals sign.
    joined = re.sub(r"(?<=\0)(--\w+)\0(?=-[\d.])", r"\1=", "".join(f"\0{word}" for word in words))
    known, unknown = parser.parse_known_args(joined.split("\0")[1:])
    given = vars(known)
    file = given.pop("output")
    if unknown and not unknown[0].startswith("--"):
        parser.error(f"{unknown[0]!r} follows no parameter")
    return file, given | {word[2:].partition("=")[0]: "" for word in unknown if word.startswith("--")}


def _as_svg(picture: Picture, figure: Figure) -> bytes:
    return standalone(to_svg(picture, figure.name, figure.summary)).encode()


def _as_csv(picture: Picture, _: Figure) -> bytes:
    return to_csv(plotted(picture)).encode()


def _as_pdf(picture: Picture, _: Figure) -> bytes:
    return _saved(picture, format="pdf", metadata={"CreationDate": None})


def _as_png(picture: Picture, _: Figure) -> bytes:
    return _saved(picture, format="png", dpi=144)  # two pixels for each of the figure's units


def _saved(picture: Picture, **options: Any) -> bytes:
    out = io.BytesIO()
    with style():
        picture.figure.savefig(out, facecolor=PAPER, **options)
    return out.getvalue()


_FORMATS: dict[str, Callable[[Picture, Figure], bytes]] = {
    ".svg": _as_svg,
    ".pdf": _as_pdf,
    ".png": _as_png,
    ".csv": _as_csv,
}


if __name__ == "__main__":
    sys.exit(main())
