"""Imports go only downwards, and a module costs no more than it needs."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import gdfigs

PACKAGE = Path(gdfigs.__path__[0])
ORDER = (
    "problems",
    "path",
    "methods",
    "flows",
    "second_order",
    "bounds",
    "claims",
    "style",
    "picture",
    "catalogue",
    "figures",
    "svg",
    "show",
    "frames",
    "store",
    "draw",
    "docstrings",
    "ledger",
    "mathml",
    "numbers",
    "page",
    "kernel",
    "notebook",
    "finished",
    "reference",
    "markdown",
    "mkdocs",
    "cli",
    "__main__",
)
"""From the bottom up."""
MATHEMATICS, DRAWING = {"numpy", "scipy"}, {"numpy", "matplotlib"}
OUTSIDE = {
    "problems": MATHEMATICS,
    "path": MATHEMATICS,
    "methods": MATHEMATICS,
    "flows": MATHEMATICS,
    "second_order": MATHEMATICS,
    "bounds": MATHEMATICS,
    "claims": MATHEMATICS | {"sympy", "PEPit"},
    "style": DRAWING,
    "picture": DRAWING,
    "catalogue": set[str](),
    "figures": MATHEMATICS | DRAWING,
    "svg": DRAWING,
    "show": set[str](),
    "frames": set[str](),
    "store": set[str](),
    "draw": set[str](),
    "docstrings": set[str](),
    "ledger": set[str](),
    "mathml": {"math_core", "fontTools", "ziamath"},
    "numbers": {"numpy"},
    "page": {"pygments"},
    "kernel": {"jupyter_client", "jupytext", "nbclient"},
    "notebook": set[str](),
    "finished": {"jinja2"},
    "reference": {"griffe"},
    "markdown": {"markdown", "pymdownx"},
    "mkdocs": {"mkdocs", "watchdog"},
    "cli": {"click", "matplotlib", "numpy", "pypdf", "sympy"},
    "__main__": set[str](),
}
"""What a layer may import from outside the package, apart from the standard library."""
HEAVY = {"matplotlib", "scipy", "sympy", "PEPit", "jupyter_client", "jupytext", "nbclient"}
"""Imported only inside functions, so that a build that draws nothing does not pay for them."""
EXCEPTED = {("catalogue", "figures"), ("claims", "claims"), ("cli", "cli")}
"""The catalogue reads the figures in, when it is call for, so that a new module of them need not be announced.
The modules of claims share what makes a claim, those of commands their options; a module of figures stands alone."""


class Import(NamedTuple):
    """What one statement imports, by its full name; now: whenever the importing module is, not only in a function."""

    file: Path
    line: int
    name: str
    now: bool


def layer(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(file: Path) -> Iterator[Import]:
    def visit(node: ast.AST, now: bool) -> Iterator[Import]:
        match node:
            case ast.Import():
                for alias in node.names:
                    yield Import(file, node.lineno, alias.name, now)
            case ast.ImportFrom():
                assert node.level == 0, f"{file}:{node.lineno}: a relative import"
                for alias in node.names:
                    yield Import(file, node.lineno, f"{node.module}.{alias.name}", now)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                now = False
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                now = False
        for child in ast.iter_child_nodes(node):
            yield from visit(child, now)

    yield from visit(ast.parse(file.read_text(encoding="utf-8")), True)


FILES = sorted(PACKAGE.rglob("*.py"))
IMPORTS = [found for file in FILES for found in imports(file)]
OWN = [found for found in IMPORTS if found.name.split(".")[0] == "gdfigs" and found.name.count(".")]


def target(found: Import) -> str:
    """The layer that an import of the package's own reaches."""
    return found.name.split(".")[1]


def place(found: Import) -> str:
    return f"{found.file.relative_to(PACKAGE.parent)}:{found.line} imports {found.name}"


def test_every_module_has_its_place_in_the_order() -> None:
    assert {layer(file) for file in FILES} - {"__init__"} <= set(ORDER)


def test_imports_go_only_downwards() -> None:
    upwards = [
        place(found)
        for found in OWN
        if target(found) not in ORDER[: ORDER.index(layer(found.file))]
        and (layer(found.file), target(found)) not in EXCEPTED
    ]
    assert not upwards


@pytest.mark.parametrize("package", [PACKAGE, PACKAGE / "figures"], ids=["gdfigs", "figures"])
def test_the_package_itself_imports_nothing(package: Path) -> None:
    assert not list(imports(package / "__init__.py"))


def test_each_layer_imports_from_outside_only_what_it_is_for() -> None:
    strangers = [
        place(found)
        for found in IMPORTS
        if (outside := found.name.split(".")[0]) not in sys.stdlib_module_names
        and outside not in {"gdfigs", *OUTSIDE[layer(found.file)]}
    ]
    assert not strangers


def test_matplotlib_and_scipy_are_imported_only_inside_functions() -> None:
    assert not [place(found) for found in IMPORTS if found.now and found.name.split(".")[0] in HEAVY]


def test_no_module_imports_pyplot() -> None:
    assert not [place(found) for found in IMPORTS if "pyplot" in found.name.split(".")]


def test_only_the_adapter_knows_mkdocs() -> None:
    assert {layer(found.file) for found in IMPORTS if found.name.split(".")[0] == "mkdocs"} <= {"mkdocs"}


def modules_after(statement: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after the statement."""
    code = f"{statement}; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_reading_the_catalogue_loads_neither_matplotlib_nor_scipy_nor_any_layer_above() -> None:
    loaded = modules_after("import gdfigs.plots.registry as c; c.all_figures()")
    assert not loaded & HEAVY
    own = {name.split(".")[1] for name in loaded if name.startswith("gdfigs.")}
    assert own <= set(ORDER[: ORDER.index("figures") + 1])


RUN = """
import contextlib, io
from gdfigs.cli import main
with contextlib.redirect_stdout(io.StringIO()) as said:
    main({words})
assert said.getvalue()"""


@pytest.mark.parametrize("words", ["list", "render --help", "render modes --help", "check --help", "clear --help"])
def test_a_command_that_draws_nothing_loads_neither_and_starts_no_process(words: str) -> None:
    loaded = modules_after(RUN.format(words=words.split()))
    assert not loaded & {*HEAVY, "mkdocs", "pygments", "multiprocessing"}


@pytest.mark.parametrize("name", ["svg", "store", "draw", "mathml", "markdown"])
def test_no_layer_loads_matplotlib_or_scipy_before_it_draws(name: str) -> None:
    assert not modules_after(f"import gdfigs.{name}") & HEAVY


def test_the_walk_sees_imports_of_every_form(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(
        "import a.b, c as d\n"
        "from e import f, g\n"
        "if TYPE_CHECKING:\n    import h\n"
        "try:\n    import i\nexcept ImportError:\n    pass\n"
        "class C:\n    import j\n    def m(self):\n        from k import l\n"
        "async def n():\n    import o\n"
    )
    assert [(found.name, found.now) for found in imports(file)] == [
        ("a.b", True),
        ("c", True),
        ("e.f", True),
        ("e.g", True),
        ("h", False),
        ("i", True),
        ("j", True),
        ("k.l", False),
        ("o", False),
    ]
