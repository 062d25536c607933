"""Notebooks of the Lab: mkdocs-jupyter executes them, and their cells become a page like any other.

A notebook is a Python file in percent format. A Markdown cell is Markdown like that of any page. A code cell stands
there with its outputs. Cells tagged "answer" fold open together; "hide-input" and "hide-output" fold a part of a cell,
"remove-input" and "remove-output" leave it out; "raises-exception" shows the error.
"""

from __future__ import annotations

import html
import io
import json
import os
import re
import tempfile
import tokenize
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby, pairwise
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urljoin, urlsplit

from gdfigs.plots.registry import SCHEME, nearest
from gdfigs.plots.show import ELSEWHERE
from gdfigs.site.context import PageContext

SUFFIX = ".py"
"""Of the files among the pages that are notebooks."""
TIMEOUT = 60
"""Seconds that a cell may take."""
REMEDY = "change the cell, or what it calls"
TEMPLATES = Path(__file__).with_name("templates")
_MARKER = re.compile(r"#\s?%%")
_TEXT_CELL = re.compile(r"#\s?%%.*\[(?:markdown|md|raw)\]")
_CELL_LINE = re.compile(r"Cell In\[\d+\], line (\d+)")
_CELL_FILE = re.compile(r" \(\d+\.py, line \d+\)$")
_ANSI = re.compile(r"\x1b\[[\d;]*m")
_TITLE = re.compile(r'<title id="([^"]+)-title">([^<]+)</title>')
_GITHUB = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?")
_SOURCE = re.compile(r"/(?:index\.md|([\w-]+)\.(?:md|py))(?=#|$)")
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)")
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def configure_jupyter(folder: Path) -> None:
    """Gives the kernels of mkdocs-jupyter a time limit, sockets in place of ports, and no settings of whoever builds.

    Args:
        folder: for Jupyter's files; a socket's address, which stands below it, has at most 108 characters.
    """
    import mkdocs_jupyter.config

    mkdocs_jupyter.config.settings.templates_dir = str(TEMPLATES)  # its only way to other templates
    client: dict[str, Any] = {"timeout": TIMEOUT}
    if os.name == "posix" and len(str(folder)) < 80:
        client["kernel_manager_class"] = "gdfigs.site.kernel.SocketKernelManager"
    (folder / "jupyter_nbconvert_config.json").write_text(json.dumps({"NotebookClient": client}), encoding="utf-8")
    package = str(Path(__file__).parents[2])  # this very package, wherever it was found
    paths = [package, *(p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p not in ("", package))]
    folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")
    os.environ |= dict.fromkeys(folders, str(folder)) | {"PYTHONPATH": os.pathsep.join(paths)}


def short_folder() -> tempfile.TemporaryDirectory[str]:
    """Returns a temporary folder whose path leaves room for the name of a socket, if there is one."""
    long = len(tempfile.gettempdir()) > 40 and os.access("/tmp", os.W_OK)
    return tempfile.TemporaryDirectory(prefix="gd", dir="/tmp" if long else None)


def explain(fault: BaseException, text: str) -> tuple[str, str]:
    """Returns the line of a notebook at which its execution failed, if it is known, and the reason with a remedy."""
    number, lines, below = _failed_cell(fault), code_lines(text), 0
    match type(fault).__name__:
        case "CellExecutionError":
            place = _CELL_LINE.search(_ANSI.sub("", getattr(fault, "traceback", "")))
            below = int(place[1]) - 1 if place else 0
            value = _CELL_FILE.sub("", _ANSI.sub("", getattr(fault, "evalue", "")))
            reason = f"{getattr(fault, 'ename', '')}: {value}"
        case "CellTimeoutError":
            reason = f"it takes longer than {TIMEOUT} s"
        case "DeadKernelError":
            reason = "Python ended"
        case name:
            reason = f"{name}: {fault}"
    line = str(lines[number - 1] + below) if 0 < number <= len(lines) else ""
    return line, f"{f'cell {number}: ' if number else ''}{reason}; {REMEDY}"


def _failed_cell(fault: BaseException) -> int:
    """Returns which of the code cells was being executed, as Jupyter counts them, or 0; the exception does not say."""
    for frame, _ in traceback.walk_tb(fault.__traceback__):
        if frame.f_code.co_name == "preprocess_cell" and "index" in frame.f_locals:
            cells = frame.f_locals["self"].nb.cells[: frame.f_locals["index"] + 1]
            return sum(cell.cell_type == "code" and bool(cell.source.strip()) for cell in cells)
    return 0


def in_place_of(name: str, reason: str) -> str:
    """Returns the text of the page of a notebook that failed, for a live server."""
    return f'# {name}\n\n<p class="gd-fault">{html.escape(reason)}</p>\n'


def code_lines(text: str) -> list[int]:
    """Returns the line at which each code cell begins that is not empty; a marker inside of a string is none."""
    lines, comments = text.splitlines(), set[int]()
    with suppress(tokenize.TokenError, SyntaxError):  # up to a cell that cannot be read, and no other fails before it
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            comments |= {token.start[0]} if token.type == tokenize.COMMENT and token.start[1] == 0 else set()
    marks = [n for n in sorted(comments) if _MARKER.match(lines[n - 1])]
    found = []
    for mark, end in pairwise([*marks, len(lines) + 1]):
        source = [n for n in range(mark + 1, end) if lines[n - 1].strip()]
        if source and not _TEXT_CELL.match(lines[mark - 1]):
            found.append(source[0])
    return found


def lay_out(page: PageContext, cells: Sequence[Mapping[str, Any]], text: str, site: str, repository: str) -> str:
    """Returns an executed notebook as the text of its page, and records what does not belong there.

    Args:
        page: gets the fragments of the code cells, and the notebook's files for readers.
        cells: as in Jupyter's format.
        text: of the notebook's file.
        site, repository: their addresses, or "".
    """
    path = PurePosixPath(page.uri).with_suffix("")
    header = next((cell["source"] for cell in cells if cell["cell_type"] == "raw"), "")
    shown = [cell for cell in cells if cell["cell_type"] != "raw"]
    there = urljoin(site, f"{path}{SUFFIX}") if site else ""
    page.files |= {f"{path}/{path.name}.ipynb": _ipynb(shown, there, repository), f"{path}/{path.name}.py": text}
    lines, count, titles = code_lines(text), 0, set[str]()
    parts = [header]
    for tag in sorted({tag for cell in shown for tag in _tags(cell)} - TAGS):
        page.fault(f"the tag {tag!r} has no meaning{nearest(tag, TAGS)}", f'"{tag}"', tag)
    for answer, group in groupby(shown, key=lambda cell: "answer" in _tags(cell)):
        parts += ["/// details | Answer\n    type: answer"] if answer else []
        for cell in group:
            if cell["cell_type"] == "code":
                line = lines[count] if count < len(lines) else 0
                count += bool(cell["source"].strip())
                parts += _code(page, cell, line, titles)
            else:
                parts.append(cell["source"])
            if len(parts) == 2:
                parts.append(_links(path.name, repository))
        parts += ["///"] if answer else []
    return "\n\n".join(parts) + "\n"


TAGS = {
    "answer",
    "raises-exception",
    *(f"{verb}-{part}" for verb in ("hide", "remove") for part in ("input", "output")),
}
TAGS |= {"remove-cell"}
"""What a cell may be tagged with; hyphens or underscores."""


def _tags(cell: Mapping[str, Any]) -> set[str]:
    return {tag.replace("_", "-") for tag in cell["metadata"].get("tags", ())}


def _code(page: PageContext, cell: Mapping[str, Any], line: int, titles: set[str]) -> list[str]:
    """Returns placeholders for a code cell and its outputs, and those of the outputs that are Markdown between them."""
    tags, made, parts = _tags(cell), list[tuple[str, str]](), list[str]()
    source = "" if {"remove-input", "remove-cell"} & tags else cell["source"]
    for output in () if {"remove-output", "remove-cell"} & tags else _joined(cell["outputs"]):
        kind, content = _output(output)
        if kind == "figure" and (name := _TITLE.search(content)) and name[1] in titles:
            kind, content = "fault", f"two pictures are titled {html.unescape(name[2])!r}"
        elif kind == "figure" and name:
            titles.add(name[1])
        if kind == "fault":
            page.faults.append(f"{page.name}:{line}: {content}; {REMEDY}")
        elif kind == "markdown":
            parts += [_cell(page, source, made, tags), content]
            source, made = "", []
        else:
            made.append((kind, content))
    return [*parts, *([_cell(page, source, made, tags)] if source or made else [])]


def _cell(page: PageContext, source: str, outputs: list[tuple[str, str]], tags: set[str]) -> str:
    hidden = sorted(tag for tag in tags if tag.startswith("hide-"))
    return f"<div>{page.place('cell', source, json.dumps(outputs), ' '.join(hidden))}</div>"


def _joined(outputs: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yields the outputs of a cell; neighbouring pieces of one stream, which is cut at random, are one."""
    for stream, group in groupby(outputs, key=lambda output: output.get("name")):
        pieces = list(group)
        yield from [{**pieces[0], "text": "".join(piece["text"] for piece in pieces)}] if stream else pieces


def _output(output: Mapping[str, Any]) -> tuple[str, str]:
    """Returns what an output is, figure, html, markdown or fault, and its content."""
    from nbconvert.filters.ansi import ansi2html

    def printed(text: str) -> tuple[str, str]:
        return "html", f'<pre class="gd-output"><samp>{ansi2html(text.rstrip())}</samp></pre>'  # type: ignore[no-untyped-call]

    if output["output_type"] == "error":
        return printed("\n".join(output["traceback"]))
    if output["output_type"] == "stream":
        if output["name"] == "stderr":
            return "fault", f"it writes to standard error: {output['text'].strip()}"
        return printed(output["text"])
    data = output["data"]
    if "image/svg+xml" in data:
        svg = data["image/svg+xml"].replace(ELSEWHERE, "", 1)
        return ("figure", svg) if _TITLE.search(svg) else ("fault", _UNTITLED)
    if "text/html" in data:
        return "html", f'<div class="gd-output">{data["text/html"]}</div>'
    for kind in ("text/markdown", "text/latex"):
        if kind in data:
            return "markdown", data[kind]
    if any(kind.startswith("image/") for kind in data):
        return (
            "fault",
            "its picture has no description for readers who do not see it: end it in show(Picture(...), ...)",
        )
    return printed(data.get("text/plain", ""))


_UNTITLED = "its drawing has no title: end it in show(Picture(...), ...)"


def figure(svg: str, drawing: Callable[[str], str]) -> str:
    """Returns the picture of a cell, with its title below."""
    head = _TITLE.search(svg)
    assert head is not None
    return f'<figure id="{head[1]}">{drawing(svg)}<figcaption><p>{head[2]}</p></figcaption></figure>'


def _ipynb(shown: Sequence[Mapping[str, Any]], url: str, repository: str) -> str:
    """Returns the notebook for Jupyter, not executed; ``url``: of its file, or empty."""
    cells: list[dict[str, Any]] = []
    if repository:
        cells.append(_cell_of("code", f"%pip install --quiet git+{repository}"))
    for cell in shown:
        kind, source = cell["cell_type"], cell["source"]
        made = _cell_of(kind, source if kind == "code" else _LINK.sub(lambda m: _elsewhere(m, url), source))
        cells.append(made | {"metadata": {"tags": ["answer"]} if "answer" in _tags(cell) else {}})
    whole = {
        "cells": [{"id": f"cell-{n}", **cell} for n, cell in enumerate(cells)],
        "metadata": {"kernelspec": _KERNEL},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _cell_of(kind: str, source: str) -> dict[str, Any]:
    more: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "metadata": {}, "source": source, **more}


def _links(name: str, repository: str) -> str:
    """Returns links to the notebook's files and, where its repository is known, to Binder."""
    links = [f'<a href="{name}.{kind}" download>Download (.{kind})</a>' for kind in ("ipynb", "py")]
    if found := _GITHUB.fullmatch(repository):
        there = f"https://mybinder.org/v2/gh/{found[1]}/HEAD?urlpath=lab/tree/docs/lab/{name}.ipynb"
        links.append(f'<a href="{there}">Open in Binder</a>')
    return f'<p class="gd-notebook" data-search-exclude>{" ".join(links)}</p>'


def _elsewhere(link: re.Match[str], url: str) -> str:
    """Returns a link for a notebook away from the site: to the site, or its text alone where that is not known."""
    text, target = link.groups()
    if urlsplit(target).scheme in ("http", "https"):
        return link[0]
    if not url or target.startswith(f"{SCHEME}:"):
        return text
    return f"[{text}]({_SOURCE.sub(lambda m: f'/{m[1]}/' if m[1] else '/', urljoin(url, target))})"
