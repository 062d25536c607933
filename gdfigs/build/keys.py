"""Keys of the cache: digests of everything that can change a result."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from gdfigs.build.cache import digest
from gdfigs.plots.registry import Figure, FigureCall, all_figures

PACKAGE = Path(__file__).parent.parent


def figure_key(call: FigureCall) -> str:
    """Returns the key of a rendered figure: its code, the layers below, its parameters, the packages that draw."""
    code = _own_code(call.figure)
    layers = ["maths", "plots", "build", *(["claims"] if "gdfigs.claims" in code else [])]
    return digest("figure", code, code_digest(*layers), dict(call.parameters), dict(call.slider_values))


def checks_key(module: str) -> str:
    """Returns the key of the check results of one module of claims."""
    return digest("checks", module, code_digest("maths", "claims"))


def figure_prefix(call: FigureCall) -> str:
    """Returns the name of a figure's files, which tells its parameters where they differ from the defaults."""
    return f"{call.figure.name}-{digest(dict(call.changed))[:6]}" if call.changed else call.figure.name


def package_sources() -> dict[str, str]:
    """Returns the text of every source file of the package by its path below it."""
    files = sorted(file for file in PACKAGE.rglob("*") if file.suffix in (".py", ".js", ".jinja", ".j2", ".html"))
    return {file.relative_to(PACKAGE).as_posix(): file.read_text(encoding="utf-8") for file in files}


@lru_cache
def code_digest(*layers: str) -> str:
    """Returns the digest of sub-packages as the code in memory was read, and of the packages that compute and draw."""
    files = [file for layer in layers for file in sorted((PACKAGE / layer).glob("*.py"))]
    return digest(sys.version, *map(version, ("numpy", "scipy", "matplotlib")), [_text(str(file)) for file in files])


@lru_cache
def _own_code(figure: Figure) -> str:
    """Returns the text of the figure's module without the figures that no other code of the module mentions."""
    own = figure.function
    text = _text(inspect.getfile(own))
    tree = ast.parse(text)
    module = [f.function.__name__ for f in all_figures().values() if f.function.__module__ == own.__module__]
    alone = {name for name in module if name != own.__name__ and _mentions(tree, name) == 0}
    lines = text.splitlines()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in alone:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            lines[first - 1 : node.end_lineno] = [""] * ((node.end_lineno or first) - first + 1)
    return "\n".join(line for line in lines if line.strip())


def _mentions(tree: ast.Module, name: str) -> int:
    nodes: Iterable[ast.AST] = ast.walk(tree)
    return sum(isinstance(node, ast.Name) and node.id == name for node in nodes)


@lru_cache
def _text(file: str) -> str:
    """Reads a module once, as the code in memory was: a file edited since is drawn by the next build."""
    return Path(file).read_text(encoding="utf-8")
