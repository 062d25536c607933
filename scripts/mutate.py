"""Changes relations, signs, operators and numbers, one at a time, and prints the changes that no test notices.

Fails where one is not explained in mutate.toml. By rule, these are left alone: looks of a figure, numbers below 1e-4,
axes, functions that attain a bound or break a statement, whose checks say whether they do. A change in a figure
counts where its picture changes.
"""

import argparse
import ast
import builtins
import gc
import io
import os
import random
import re
import resource
import shutil
import sys
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from functools import _lru_cache_wrapper
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = (
    file for folder in ("maths", "claims", "figures") for file in sorted((ROOT / "gdfigs" / folder).glob("[a-z]*.py"))
)
MODULES = [f"{file.parent.name}/{file.stem}" for file in FILES]
SWAPS = (
    {"Add": "Sub", "Sub": "Add", "Mult": "Div", "Div": "Mult", "Pow": "Mult", "And": "Or", "Or": "And"}
    | {"Lt": "Gt", "LtE": "GtE", "Gt": "Lt", "GtE": "LtE", "Eq": "NotEq", "NotEq": "Eq"}
    | {"max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum", "all": "any", "any": "all"}
    | {"argmax": "argmin", "argmin": "argmax", "cos": "sin", "sin": "cos", "cosh": "sinh", "sinh": "cosh"}
)
EDGES = {"Lt": "LtE", "LtE": "Lt", "Gt": "GtE", "GtE": "Gt"}
# Calls and keywords. Limits, ticks, data and words with numbers in them are not mere looks.
LOOKS = {
    "canvas",
    "legend",
    "text",
    "annotate",
    "tick_params",
    "set_title",
    "locator_params",
    "set_visible",
    "set_zorder",
}
LOOKS |= {"lw", "linewidth", "linewidths", "ls", "linestyle", "ms", "markersize", "mew", "markevery", "alpha", "zorder"}
LOOKS |= {"fontsize", "clip_on", "width", "headwidth", "scale", "shrinkA", "shrinkB"}
GUARDS = {"axis", "reshape", "strict", "frozen", "verbose", "real", "positive"}
EXAMPLE = re.compile(r"(.*\.)?(attained|approached|without)|false_.*")


class Mutant(NamedTuple):
    """A change of a field of a node; its name, "where: before -> after", tells it from others, whatever its line."""

    module: str
    where: str
    name: str
    lines: range
    tree: ast.Module
    node: ast.AST
    field: str
    new: Any

    def reason(self, reasons: dict[str, str]) -> str | None:
        """Returns the name under which it is explained: its own, or that of all numbers of its function."""
        names = (
            [self.name, f"{self.where}: numbers"] if isinstance(self.node, ast.Constant | ast.UnaryOp) else [self.name]
        )
        return next((name for name in names if name in reasons), None)


def changes(node: ast.AST, edges: bool) -> Iterator[tuple[str, Any]]:
    """Yields pairs of a field of the node and what to put there; with ``edges``, < and <= are exchanged as well."""

    def swaps(name: str) -> list[str]:
        return SWAPS.get(name, "").split()

    match node:
        case ast.Constant(value=bool(value)):
            yield "value", not value
        case ast.Constant(value=int(value)):
            yield "value", value + 1 if value < 10 else value // 2
        case ast.Constant(value=float(value)) if value == 0 or value >= 1e-4:
            yield "value", 2 * value or 1.0
        case ast.BinOp() | ast.BoolOp() | ast.AugAssign():
            yield from (("op", getattr(ast, new)()) for new in swaps(type(node.op).__name__))
        case ast.UnaryOp(op=ast.USub()):
            yield "op", ast.UAdd()
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "operand", ast.UnaryOp(ast.Not(), operand)
        case ast.Compare(ops=ops):
            for n, old in enumerate(ops):
                name = type(old).__name__
                for new in swaps(name) + EDGES.get(name, "").split() * edges:
                    yield "ops", [*ops[:n], getattr(ast, new)(), *ops[n + 1 :]]
        case ast.Name(id=name):
            yield from (("id", new) for new in swaps(name))
        case ast.Attribute(attr=name):
            yield from (("attr", new) for new in swaps(name))


def within(nodes: list[ast.AST], names: set[str]) -> bool:
    """Says whether the first of these nodes, each of which stands in the next, is of a call or keyword so named."""
    for node in nodes:
        match node:
            case ast.JoinedStr():
                return False
            case ast.keyword(arg=name) | ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in names:
                return True
            case ast.Dict(keys=keys, values=values):
                if any(getattr(k, "value", "") in names and v in nodes for k, v in zip(keys, values, strict=True)):
                    return True
    return False


def name_of(scope: ast.FunctionDef | ast.ClassDef) -> str:
    """Returns its name; a function without a name of its own is called after what it is attached to."""
    decorator = scope.decorator_list[0] if scope.name == "_" else None
    return ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator) if decorator else scope.name


def mutants(module: str) -> Iterator[Mutant]:
    tree = ast.parse((ROOT / "gdfigs" / f"{module}.py").read_text(encoding="utf-8"))
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        above = [node]
        while above[-1] in parents:
            above.append(parents[above[-1]])
        scopes = [each for each in above if isinstance(each, ast.FunctionDef | ast.ClassDef)][::-1]
        path = [name_of(scope) for scope in scopes]
        if module.startswith("claims/") and any(map(EXAMPLE.fullmatch, path)):
            continue
        if within(above, GUARDS | LOOKS if module.startswith("figures/") else GUARDS):
            continue
        outer = next((scope for scope in scopes if isinstance(scope, ast.FunctionDef)), None)
        lines = range(outer.lineno, (outer.end_lineno or 0) + 1) if outer else range(0)
        # As much of the expression as tells the place from others in the function.
        whole = ast.unparse(scopes[-1] if scopes else tree)
        parts = [each for each in above if not isinstance(each, ast.stmt | ast.mod)] or [node]
        part = next((each for each in parts if whole.count(ast.unparse(each)) == 1), parts[-1])
        before = ast.unparse(part)
        # Only a number that is written down falls on an edge, not one that is computed.
        edges = not module.startswith("claims/") and not any(isinstance(part, ast.Call) for part in ast.walk(node))
        for field, new in changes(node, edges):
            old = getattr(node, field)
            setattr(node, field, new)
            name = f"{'.'.join([module, *path])}: {before} -> {ast.unparse(part)}"
            setattr(node, field, old)
            yield Mutant(module, ".".join([module, *path]), name, lines, tree, node, field, new)


def tests_of(module: str) -> list[str]:
    """Returns the tests that are to notice a change: the records, the module's own, and those of all modules."""
    folder, _, name = module.partition("/")
    record = {"claims": ["tests/test_record.py::TestChecks"], "figures": ["tests/test_record.py::TestFigures"]}
    files = {file.stem.removeprefix("test_"): str(file) for file in sorted(Path("tests", folder).glob("test_*.py"))}
    others = {of.rpartition("/")[2] for of in MODULES} - ({name} if name in files else set(files))
    return record.get(folder, []) + [file for of, file in files.items() if of not in others]


def of_the_project() -> list[str]:
    return [name for name in sys.modules if name.partition(".")[0] in ("gdfigs", "tests")]


def forget() -> None:
    """Lets the project be imported anew; what it imports from elsewhere stays as it is."""
    for name in of_the_project():
        del sys.modules[name]


LOAD = SourceFileLoader.get_code


def replace(trees: dict[str, ast.Module]) -> None:
    """Lets modules be made from these trees when they are next imported, whatever their files say."""
    codes = {}
    for module, tree in trees.items():
        file = Path("gdfigs", f"{module}.py").resolve()
        codes[f"gdfigs.{module.replace('/', '.')}"] = compile(ast.fix_missing_locations(tree), str(file), "exec")
    get_code: Any = lambda loader, name: codes.get(name) or LOAD(loader, name)  # noqa: E731
    SourceFileLoader.get_code = get_code  # type: ignore[method-assign]


class Entries:
    """A plug-in of pytest that notes which tests enter which functions of these modules, by their lines."""

    def __init__(self, modules: list[str]) -> None:
        self.running = ""
        self.entered: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
        self.seconds: defaultdict[str, float] = defaultdict(float)
        vars(builtins)["__entered__"] = lambda module, line: self.entered[module, line].add(self.running)
        trees = {module: ast.parse(Path("gdfigs", f"{module}.py").read_text(encoding="utf-8")) for module in modules}
        for module, tree in trees.items():
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef):
                    note = ast.parse(f"__entered__({module!r}, {node.lineno})")
                    node.body.insert(int(ast.get_docstring(node) is not None), note.body[0])
        replace(trees)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.running = nodeid
        for module in of_the_project():  # or a test would rest on what an earlier one computed
            for cached in vars(sys.modules[module]).values():
                if isinstance(cached, _lru_cache_wrapper):
                    cached.cache_clear()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration

    def near(self, mutant: Mutant, among: list[str]) -> list[str]:
        """Returns the tests that enter its function, the quickest first."""
        tests = {test for line in mutant.lines for test in self.entered[mutant.module, line]}
        return sorted((test for test in tests if test.startswith(tuple(among))), key=self.seconds.__getitem__)


def run(tests: list[str], *plugins: object) -> int:
    options = ["-x", "-q", "--no-header", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:xdist"]
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(out):
        code = int(pytest.main([*options, *tests], plugins))
    if code and plugins:
        raise SystemExit(f"{out.getvalue()}\nThe tests fail without any change.")
    return code


def pictures(module: str) -> list[str]:
    """Returns what the module's figures show, each parameter as it is, a little smaller and a little larger."""
    from gdfigs.plots.registry import all_figures
    from gdfigs.plots.svg import to_svg

    seen = []
    for figure in all_figures().values():
        if figure.function.__module__ == f"gdfigs.{module.replace('/', '.')}":
            defaults = {name: p.default for name, p in figure.parameters.items() if isinstance(p.default, int | float)}
            steps = {name: 1 if isinstance(value, int) else value / 9 for name, value in defaults.items()}
            for parameters in [{}, *({name: defaults[name] + s} for name, by in steps.items() for s in (-by, by))]:
                try:
                    picture = figure(**parameters)
                    seen += [to_svg(picture, "figure", "title"), str(picture.slider_text)]
                except ValueError as refused:
                    seen.append(str(refused))
    return seen


def survivors(modules: list[str], tried: list[Mutant], reasons: dict[str, str]) -> Iterator[Mutant]:
    files = {module: tests_of(module) for module in modules}
    entries = Entries(modules)
    run(sorted(set().union(*files.values())), entries)
    replace({})
    drawn = {module: pictures(module) for module in modules if module.startswith("figures/")}
    forget()
    gc.collect()
    gc.freeze()

    def passes(mutant: Mutant, near: list[str]) -> bool:
        setattr(mutant.node, mutant.field, mutant.new)
        replace({mutant.module: mutant.tree})
        code = run(near) if near else 0
        if mutant.module in drawn and code == 0 and pictures(mutant.module) == drawn[mutant.module]:
            return False
        # Another test may rest on the function all the same, or a test has another name: that of a parameter.
        if code == pytest.ExitCode.USAGE_ERROR or (code == 0 and not mutant.reason(reasons)):
            forget()
            code = run(files[mutant.module])
        return code == 0

    running: dict[int, Mutant] = {}
    for mutant in [*tried, None]:
        while running and (mutant is None or len(running) >= (os.cpu_count() or 1)):
            pid, status = os.wait()
            done = running.pop(pid)
            if status == 0:
                yield done
        if mutant:
            near = entries.near(mutant, files[mutant.module])
            if pid := os.fork():
                running[pid] = mutant
                continue
            try:
                limit = 60 + 5 * int(sum(entries.seconds[test] for test in near or entries.seconds))
                resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
                os._exit(not passes(mutant, near))
            finally:
                os._exit(1)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/mutate", description=__doc__)
    parser.add_argument("modules", nargs="*", default=MODULES, help="as in maths/bounds, figures/comparison")
    parser.add_argument("--sample", type=int, help="so many of the changes, drawn at random")
    call = parser.parse_args()
    tried = [mutant for module in call.modules for mutant in mutants(module)]
    tried = random.Random(0).sample(tried, min(call.sample or len(tried), len(tried)))
    reasons = tomllib.loads((ROOT / "scripts/mutate.toml").read_text(encoding="utf-8"))
    met = []
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as folder:
        for part in {"docs", "gdfigs", "tests", "mkdocs.yml", "pyproject.toml"} & {
            path.name for path in ROOT.iterdir()
        }:
            (shutil.copytree if (ROOT / part).is_dir() else shutil.copy)(ROOT / part, Path(folder, part))
        os.chdir(folder)
        sys.path.insert(0, folder)
        for mutant in survivors(call.modules, tried, reasons):
            met.append(mutant)
            print(f"{mutant.name}\n  {reasons.get(mutant.reason(reasons) or '', 'NOT EXPLAINED')}", flush=True)
        os.chdir(ROOT)
    possible = {mutant.reason(reasons) for mutant in tried} if call.sample else reasons.keys()
    ours = {name for name in reasons if re.split("[.:]", name)[0] in call.modules and name in possible}
    needless = ours - {mutant.reason(reasons) for mutant in met}
    for name in sorted(needless):
        print(f"{name}\n  EXPLAINED, BUT CAUGHT OR NO LONGER THERE")
    unexplained = [mutant for mutant in met if not mutant.reason(reasons)]
    print(f"{len(tried)} changes, {len(met)} let through, {len(unexplained)} of them not explained.")
    return bool(unexplained or needless)


if __name__ == "__main__":
    raise SystemExit(main())
