"""Notebooks: Python files in percent format, executed where what they depend on has changed, and set as pages.

A Markdown cell is Markdown like that of any page. A code cell stands there with what it prints and the picture it shows
(gdfigs.plots.show). Cells tagged "answer" fold open together. Cells are numbered as Jupyter numbers them: the code alone.
"""

from __future__ import annotations

import ast
import html
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urljoin, urlsplit

from gdfigs.build import cache as store
from gdfigs.build.jobs import BuildJobs, code_below
from gdfigs.plots.registry import SCHEME
from gdfigs.site.context import Origin, Page
from gdfigs.site.kernel import CODE_CELL, REMEDY, Cell, NotebookError, execute

SUFFIX = ".py"
"""Of the files among the pages that are notebooks."""
_PACKAGES = ("ipykernel", "ipython", "jupytext", "nbclient", "pygments")
"""What executes a notebook and makes HTML of it, beside the packages that compute and draw."""
_GITHUB = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?")
_SOURCE = re.compile(r"/(?:index\.md|([\w-]+)\.(?:md|py))(?=#|$)")
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)")
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


@dataclass(frozen=True)
class Notebook:
    """An executed notebook. header: the front matter of its page, as YAML between its marks."""

    header: str
    cells: list[Cell]

    def markdown(self, name: str, repository: str | None) -> str:
        """The text of its page, in which the n-th code cell is the mark of the n-th piece that the page keeps back."""
        n, parts = 0, [self.header]
        for answer, cells in groupby(self.cells, key=lambda cell: cell.answer):
            parts += ["/// details | Answer\n    type: answer"] if answer else []
            for cell in cells:
                parts.append(f"<div><!--gdfigs:{n}--></div>" if cell.kind == "code" else cell.source)
                n += cell.kind == "code"
                if len(parts) == 2:
                    parts.append(_links(name, repository))
            parts += ["///"] if answer else []
        return "\n\n".join(parts) + "\n"

    def ipynb(self, url: str, repository: str | None) -> str:
        """The same for Jupyter, not executed; ``url``: of its file, or empty."""
        install = [Cell("code", f"%pip install --quiet git+{repository}", False)] if repository else []
        cells: list[dict[str, Any]] = [
            {
                "cell_type": cell.kind,
                "id": f"cell-{n}",
                "metadata": {"tags": ["answer"]} if cell.answer else {},
                "source": cell.source if cell.kind == "code" else _LINK.sub(lambda m: _elsewhere(m, url), cell.source),
                **({"execution_count": None, "outputs": []} if cell.kind == "code" else {}),
            }
            for n, cell in enumerate([*install, *self.cells])
        ]
        whole = {"cells": cells, "metadata": {"kernelspec": _KERNEL}, "nbformat": 4, "nbformat_minor": 5}
        return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def order(jobs: BuildJobs, texts: Mapping[str, str]) -> None:
    """Starts executing what are notebooks among the files of a site, unless the store holds what comes of them."""
    for text in (text for uri, text in texts.items() if uri.endswith(SUFFIX)):
        with suppress(NotebookError):  # told when the page is set
            jobs.begin(_key(text), _execute_and_save, text)


def lay_out(page: Page, jobs: BuildJobs, text: str, site: str | None, repository: str | None) -> str:
    """The notebook as the text of its page, whose origin it becomes; site, repository: their addresses, if known."""
    path = PurePosixPath(page.name.removeprefix("docs/")).with_suffix("")
    try:
        notebook = execute_once(jobs, text)
    except NotebookError as fault:
        page.origin = Origin(text, faults=[f"{page.name}: {fault}"])
        return f'# {path.name}\n\n<p class="gd-fault">{html.escape(str(fault))}</p>'
    kept = [cell.made for cell in notebook.cells if cell.kind == "code"]
    there = urljoin(site, f"{path}{SUFFIX}") if site else ""
    files = {f"{path}/{path.name}.ipynb": notebook.ipynb(there, repository), f"{path}/{path.name}.py": text}
    page.origin = Origin(text, kept, files=files)
    return notebook.markdown(path.name, repository)


def execute_once(jobs: BuildJobs, text: str) -> Notebook:
    """The executed notebook: stored, under way, or executed now. Raises NotebookError."""
    k = _key(text)
    jobs.wait(k)
    found = json.loads(store.load(k) or _execute_and_save(text))
    return Notebook(found["header"], [Cell(**cell) for cell in found["cells"]])


def _key(text: str) -> str:
    """The store's key: the text, all code that it may run, what executes it and what makes HTML of it."""
    try:
        below = code_below(ast.parse(text))
    except SyntaxError as fault:
        before = "".join(text.splitlines(keepends=True)[: fault.lineno])
        cell, line = len(CODE_CELL.findall(before)), fault.lineno
        raise NotebookError(f"cell {cell} (line {line}): SyntaxError: {fault.msg}; {REMEDY}") from None
    making = [Path(__file__).with_name(f"{layer}.py").read_text(encoding="utf-8") for layer in ("context", "kernel")]
    return store.digest("notebook", text, below, making, *map(version, _PACKAGES))


def _execute_and_save(text: str) -> bytes:
    """In a process of its own, which finds the key itself: the code may have changed since the order was given."""
    made = json.dumps(asdict(Notebook(*execute(text)))).encode()
    store.save(_key(text), made)
    return made


def _links(name: str, repository: str | None) -> str:
    """What a reader may do with the notebook beside reading it."""
    links = [f'<a href="{name}.{kind}" download>Download (.{kind})</a>' for kind in ("ipynb", "py")]
    if found := _GITHUB.fullmatch(repository or ""):
        there = f"https://mybinder.org/v2/gh/{found[1]}/HEAD?urlpath=lab/tree/docs/lab/{name}.ipynb"
        links.append(f'<a href="{there}">Open in Binder</a>')
    return f'<p class="gd-notebook" data-search-exclude>{" ".join(links)}</p>'


def _elsewhere(link: re.Match[str], url: str) -> str:
    """A link as it stands in a notebook away from the site: to the site, or its text alone where that is not known."""
    text, target = link.groups()
    if urlsplit(target).scheme in ("http", "https"):
        return link[0]
    if not url or target.startswith(f"{SCHEME}:"):
        return text
    return f"[{text}]({_SOURCE.sub(lambda m: f'/{m[1]}/' if m[1] else '/', urljoin(url, target))})"
