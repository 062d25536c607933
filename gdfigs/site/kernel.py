"""Executing a notebook: its code in a Python of its own, what comes of each cell as HTML."""

from __future__ import annotations

import html
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

from gdfigs.build.jobs import RenderedFigure
from gdfigs.plots.show import ELSEWHERE
from gdfigs.site.context import Page, coloured

TIMEOUT = 60
"""Seconds that a cell may take."""
REMEDY = "change the cell, or what it calls"
CODE_CELL = re.compile(r"^# %%(?!.*\[(?:markdown|raw)\]).*\n\s*", re.MULTILINE)
_CELL_LINE = re.compile(r"Cell In\[\d+\], line (\d+)")
_ANSI = re.compile(r"\x1b\[[\d;]*m")
_TITLE = re.compile(r'<title id="([^"]+)-title">([^<]+)</title>')


class NotebookError(RuntimeError):
    """A notebook that cannot be executed; the message names the cell, its line in the file, the cause and a remedy."""


@dataclass(frozen=True)
class Cell:
    """kind: markdown or code. answer: whether it is part of an answer. made: of code, what the page shows, as HTML."""

    kind: str
    source: str
    answer: bool
    made: str = ""


def execute(text: str) -> tuple[str, list[Cell]]:
    """The front matter and the cells of a notebook in percent format, executed. Raises NotebookError."""
    import jupytext

    read, page, shown = jupytext.reads(text, fmt="py:percent"), Page(), set[str]()
    header, cells = "", list[Cell]()
    lines = iter([1 + text.count("\n", 0, match.end()) for match in CODE_CELL.finditer(text)])
    with _kernel(read) as kernel:
        for n, cell in enumerate(read.cells):
            answer, made = "answer" in cell.metadata.get("tags", []), ""
            if cell.cell_type == "code":
                with _naming(1 + sum(before.kind == "code" for before in cells), next(lines)):
                    made = _html(kernel.execute_cell(cell, n), page, shown)
            if cell.cell_type == "raw":
                header = cell.source
            else:
                cells.append(Cell(cell.cell_type, cell.source, answer, made))
    return header, cells


@contextmanager
def _kernel(notebook: Any) -> Iterator[Any]:
    """A client whose Python ends with the block, or with this process, whatever ends it."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    with tempfile.TemporaryDirectory() as folder:
        # Sockets in a folder in place of ports; no settings of whoever builds; nothing of it stays.
        manager = AsyncKernelManager(
            transport="ipc" if os.name == "posix" else "tcp",
            connection_file=f"{folder}/kernel.json",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
        )
        client = NotebookClient(notebook, km=manager, timeout=TIMEOUT, coalesce_streams=True)
        # This very package, wherever it was found.
        path = os.pathsep.join([str(Path(__file__).parent.parent), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
        settings: dict[str, Any] = {"env": os.environ | {"IPYTHONDIR": folder, "PYTHONPATH": path}, "cwd": folder}
        with client.setup_kernel(cleanup_kc=True, stdout=DEVNULL, stderr=DEVNULL, **settings):
            yield client


@contextmanager
def _naming(cell: int, line: int) -> Iterator[None]:
    """Turns what goes wrong in a cell, which begins at ``line``, into a NotebookError that says where."""
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    try:
        yield
        return
    except CellExecutionError as fault:
        inner = _CELL_LINE.search(_ANSI.sub("", fault.traceback))
        line += int(inner[1]) - 1 if inner else 0
        reason = f"{fault.ename}: {_ANSI.sub('', fault.evalue)}"
    except CellTimeoutError:
        reason = f"it takes longer than {TIMEOUT} s"
    except DeadKernelError:
        reason = "Python ended"
    except UnfitError as fault:
        reason = str(fault)
    raise NotebookError(f"cell {cell} (line {line}): {reason}; {REMEDY}")


class UnfitError(ValueError):
    """What a cell shows is nothing for a page; the message says why, and what is."""


def _html(cell: Any, page: Page, shown: set[str]) -> str:
    """A code cell and what came of it. Raises UnfitError."""
    parts = [f'<div class="highlight"><pre tabindex="0"><code>{coloured(cell.source)}</code></pre></div>']
    for output in cell.outputs:
        data = output.get("data", {"text/plain": output.get("text", "")})
        if output.get("name") == "stderr":
            raise UnfitError(f"it writes to standard error: {output.text.strip()}")
        if "image/svg+xml" in data:
            parts.append(_figure(data["image/svg+xml"].replace(ELSEWHERE, "", 1), page, shown))
        elif any(kind.startswith("image/") for kind in data):
            raise UnfitError("its picture says nothing to readers who do not see it: end it in show(Picture(...), ...)")
        else:
            printed = html.escape(data["text/plain"].rstrip())
            parts.append(f'<pre class="gd-output"><samp>{printed}</samp></pre>')
    return f'<div class="gd-cell" data-search-exclude>{"".join(parts)}</div>'


def _figure(svg: str, page: Page, shown: set[str]) -> str:
    """A picture that show made, with its title below. Raises UnfitError where the page has one of that name."""
    head = _TITLE.search(svg)
    if head is None:
        raise UnfitError("its drawing has no title: end it in show(Picture(...), ...)")
    name, title = head.groups()
    if name in shown:
        raise UnfitError(f"two pictures are titled {html.unescape(title)!r}")
    shown.add(name)
    drawing = page.picture(RenderedFigure(name, svg, "", "", {}), "")
    return f'<figure id="{name}">{drawing}<figcaption><p>{title}</p></figcaption></figure>'
