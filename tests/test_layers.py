"""Imports go only downwards, and a module costs no more than it needs."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

import gdfigs

PACKAGE = Path(gdfigs.__path__[0])
DRAWING = {"numpy", "scipy", "matplotlib"}
OUTSIDE = {
    "maths": {"numpy", "scipy"},
    "claims": {"numpy", "scipy", "sympy", "PEPit"},
    "formulas": {"numpy", "scipy"},
    "plots": DRAWING | {"pandas"},
    "figures": DRAWING,
    "build": set[str](),
    "site": {"markdown", "pymdownx", "pygments", "numpy", "math_core", "fontTools", "ziamath", "griffe", "nbconvert"}
    | {"mkdocs", "watchdog", "jinja2", "jupytext", "mkdocs_jupyter", "jupyter_client"},
    "cli": {"click", "matplotlib", "numpy", "sympy"},
}
"""The sub-packages from the bottom up, and what each may import from outside, apart from the standard library."""
ONLY_IN = {"mkdocs": "site/plugin.py", "watchdog": "site/plugin.py", "jinja2": "site/plugin.py"}
ONLY_IN |= {"jupyter_client": "site/kernel.py", "jupytext": "site/plugin.py", "mkdocs_jupyter": "site/lab.py"}
HEAVY = {"matplotlib", "scipy", "sympy", "PEPit", "jupytext", "mkdocs_jupyter", "nbconvert", "watchdog", "pandas"}
"""Imported only inside functions, so that a build that draws nothing does not pay for them."""
OF_MKDOCS = {"_title_from_render", "present_anchor_ids", "links_to_anchors", "toc", "observer", "search_index"}
"""What a page, a server or a plugin of MkDocs has."""


class Import(NamedTuple):
    """What one statement imports, by its full name; now: whenever the importing module is, not only in a function."""

    file: str
    line: int
    name: str
    now: bool


def imports(file: Path) -> Iterator[Import]:
    def visit(node: ast.AST, now: bool) -> Iterator[Import]:
        place = file.relative_to(PACKAGE).as_posix() if file.is_relative_to(PACKAGE) else file.name
        match node:
            case ast.Import():
                yield from (Import(place, node.lineno, alias.name, now) for alias in node.names)
            case ast.ImportFrom():
                assert node.level == 0, f"{place}:{node.lineno}: a relative import"
                yield from (Import(place, node.lineno, f"{node.module}.{alias.name}", now) for alias in node.names)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() | ast.If(test=ast.Name(id="TYPE_CHECKING")):
                now = False
        for child in ast.iter_child_nodes(node):
            yield from visit(child, now)

    yield from visit(ast.parse(file.read_text(encoding="utf-8")), True)


FILES = sorted(PACKAGE.rglob("*.py"))
IMPORTS = [found for file in FILES for found in imports(file)]
OWN = [found for found in IMPORTS if found.name.startswith("gdfigs.") and found.name != "gdfigs.__version__"]
OTHERS = [
    found for found in IMPORTS if found.name.split(".")[0] not in {"gdfigs", "__future__", *sys.stdlib_module_names}
]


def layer(place: str) -> str:
    """The sub-package of a file or of a module."""
    return place.removeprefix("gdfigs.").replace(".", "/").split("/")[0]


def test_imports_go_only_downwards_and_within_a_sub_package_never_in_a_circle() -> None:
    order, inner, upwards = [*OUTSIDE, "__main__", "__init__"], dict[str, set[str]](), []
    for found in OWN:
        above, below = (order.index(layer(place)) for place in (found.file.removesuffix(".py"), found.name))
        upwards += [found] if below > above else []
        if above == below and found.now:
            names = (found.name, found.name.rpartition(".")[0])
            module = next(
                n for n in names if (PACKAGE.parent / f"{n.replace('.', '/')}.py").exists() or n.count(".") < 2
            )
            inner.setdefault(f"gdfigs.{found.file.removesuffix('.py').replace('/', '.')}", set()).add(module)
    assert upwards == []
    assert list(TopologicalSorter(inner).static_order())  # raises CycleError
    assert [name for name in inner if layer(name) == "figures"] == []  # each of them stands alone


def test_each_sub_package_imports_from_outside_only_what_it_is_for() -> None:
    used = {(layer(found.file), found.name.split(".")[0]) for found in OTHERS}
    assert used <= {(name, outside) for name, allowed in OUTSIDE.items() for outside in allowed}
    misplaced = [f for f in OTHERS if ONLY_IN.get(f.name.split(".")[0], f.file) != f.file]
    assert misplaced == []


def test_heavy_packages_are_imported_only_inside_functions_and_pyplot_never() -> None:
    assert [found for found in OTHERS if found.now and found.name.split(".")[0] in HEAVY] == []
    assert [found for found in OTHERS if "pyplot" in found.name.split(".")] == []


def test_only_the_plugin_touches_a_page_of_mkdocs() -> None:
    for file in set(FILES) - {PACKAGE / "site/plugin.py"}:
        nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        assert not OF_MKDOCS & {node.attr for node in nodes if isinstance(node, ast.Attribute)}, file


RUN = (
    "import contextlib, io\nfrom gdfigs.cli import main\nwith contextlib.redirect_stdout(io.StringIO()):\n    main({})"
)


@pytest.mark.parametrize(
    ("statement", "more"),
    [
        ("import gdfigs", {"numpy", "click"}),
        (RUN.format(["list"]), {"mkdocs", "pygments", "multiprocessing"}),
        (RUN.format(["render", "--help"]), {"mkdocs", "pygments", "multiprocessing"}),
        ("import gdfigs.site.assembly, gdfigs.site.markdown", {"mkdocs"}),
    ],
)
def test_what_draws_nothing_loads_nothing_heavy(statement: str, more: set[str]) -> None:
    code = f"{statement}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & (HEAVY | more)


def test_the_walk_sees_imports_of_every_form(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(
        "import a.b, c as d\nfrom e import f, g\nif TYPE_CHECKING:\n    import h\n"
        "try:\n    import i\nexcept ImportError:\n    pass\n"
        "class C:\n    import j\n    def m(self):\n        from k import l\nasync def n():\n    import o\n"
    )
    now, later = ([found.name for found in imports(file) if found.now == at_once] for at_once in (True, False))
    assert (now, later) == (["a.b", "c", "e.f", "e.g", "i", "j"], ["h", "k.l", "o"])
