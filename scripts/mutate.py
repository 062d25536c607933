"""Which changes of the code do its tests let through? Fails where one is not explained in mutate.toml."""

import argparse
import ast
import builtins
import gc
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
MODULES = ["problems", "path", "methods", "flows", "second_order", "bounds"]
MODULES += [f"{of}/{file.stem}" for of in ("claims", "figures") for file in sorted((ROOT / "gdfigs" / of).glob("*.py"))]
SWAPS = (
    {"Add": "Sub", "Sub": "Add", "Mult": "Div", "Div": "Mult", "Pow": "Mult", "And": "Or", "Or": "And"}
    | {"Lt": "LtE Gt", "LtE": "Lt GtE", "Gt": "GtE Lt", "GtE": "Gt LtE", "Eq": "NotEq", "NotEq": "Eq"}
    | {"max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum", "all": "any", "any": "all"}
    | {"argmax": "argmin", "argmin": "argmax", "cos": "sin", "sin": "cos", "cosh": "sinh", "sinh": "cosh"}
)

# Mere layout, which is looked at and not tested: in the figures these calls and keywords are left alone, but for the
# words of a label. Limits, ticks, data and all that is written out in numbers are changed as everything else.
LAYOUT = {"canvas", "legend", "text", "annotate", "tick_params", "set_title", "locator_params", "set_visible"}
LAYOUT |= {"lw", "linewidth", "ms", "markersize", "mew", "ls", "alpha", "zorder", "fontsize", "clip_on"}
LAYOUT |= {"linestyle", "set_zorder", "linewidths", "width", "headwidth", "scale", "markevery", "shrinkA", "shrinkB"}


class Mutant(NamedTuple):
    """One change: which where, before and after tell from the others; of which field of which node of the tree."""

    module: str
    line: int
    where: str
    before: str
    after: str
    lines: range
    tree: ast.Module
    node: ast.AST
    field: str
    new: Any


def tests_of(module: str) -> list[str]:
    """The files of tests that are to notice a change; those that notice most come first."""
    folder, _, name = module.rpartition("/")
    measured, drawn = "tests/test_record.py::TestChecks", "tests/test_record.py::TestFigures"
    match folder, name.partition("_of_")[0]:
        case "claims", "identities":
            return ["tests/test_identities.py"]
        case "claims", "worst_cases":
            return [measured, "tests/test_worst_cases.py"]
        case "claims", _:
            return [measured, "tests/test_claims.py"]
        case "figures", "ledger":
            return [drawn, "tests/test_ledger.py"]
        case "figures", _:
            own = f"tests/figures/test_{name}.py"
            of_all = [f"tests/figures/test_{of}.py" for of in ("ranges", "descriptions", "sliders")]
            return [drawn, *([own, *of_all] if (ROOT / own).exists() else ["tests/figures"])]
        case _, "second_order":
            return ["tests/test_flows.py"]
    return [f"tests/test_{name}.py"]


def changes(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """Pairs of a field of the node and what to put there."""

    def swaps(name: str) -> list[str]:
        return SWAPS.get(name, "").split()

    match node:
        case ast.Constant(value=bool(value)):
            yield "value", not value
        case ast.Constant(value=int(value)):
            yield "value", value + 1
        case ast.Constant(value=float(value)):
            yield "value", 2 * value or 1.0
        case ast.BinOp() | ast.BoolOp() | ast.AugAssign():
            yield from (("op", getattr(ast, new)()) for new in swaps(type(node.op).__name__))
        case ast.UnaryOp(op=ast.USub()):
            yield "op", ast.UAdd()
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "operand", ast.UnaryOp(ast.Not(), operand)
        case ast.Compare(ops=ops):
            for n, old in enumerate(ops):
                for new in swaps(type(old).__name__):
                    yield "ops", [*ops[:n], getattr(ast, new)(), *ops[n + 1 :]]
        case ast.Name(id=name):
            yield from (("id", new) for new in swaps(name))
        case ast.Attribute(attr=name):
            yield from (("attr", new) for new in swaps(name))


def name_of(scope: ast.FunctionDef | ast.ClassDef) -> str:
    """A function without a name of its own is called after what it is attached to."""
    decorator = scope.decorator_list[0] if scope.name == "_" else None
    return ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator) if decorator else scope.name


def is_layout(above: list[ast.AST]) -> bool:
    """Whether the first of these nodes, each of which stands in the next, is laid out by a call or keyword."""
    for each in above:
        match each:
            case ast.JoinedStr():
                return False
            case ast.keyword(arg=name) | ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in LAYOUT:
                return True
            case ast.Dict(keys=keys, values=values):
                of = [key for key, value in zip(keys, values, strict=True) if value in above]
                if any(isinstance(key, ast.Constant) and key.value in LAYOUT for key in of):
                    return True
    return False


def mutants(module: str) -> Iterator[Mutant]:
    tree = ast.parse((ROOT / "gdfigs" / f"{module}.py").read_text(encoding="utf-8"))
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if not (made := list(changes(node))):
            continue
        above = [node]
        while above[-1] in parents:
            above.append(parents[above[-1]])
        if module.startswith("figures/") and is_layout(above):
            continue
        scopes = [each for each in above if isinstance(each, ast.FunctionDef | ast.ClassDef)][::-1]
        outer = next((each for each in scopes if isinstance(each, ast.FunctionDef)), None)
        lines = range(outer.lineno, (outer.end_lineno or 0) + 1) if outer else range(0)
        where = ".".join([module, *map(name_of, scopes)])
        # As much of the expression as tells the place from others in the function.
        whole = ast.unparse(scopes[-1] if scopes else tree)
        parts = [each for each in above if not isinstance(each, ast.stmt | ast.mod)] or [node]
        if isinstance(node, ast.Constant) and isinstance(node.value, bool):
            parts = parts[1:] or parts  # of what it is true
        part = next((each for each in parts if whole.count(ast.unparse(each)) == 1), parts[-1])
        before = ast.unparse(part)
        for field, new in made:
            old = getattr(node, field)
            setattr(node, field, new)
            after = ast.unparse(part)
            setattr(node, field, old)
            yield Mutant(module, getattr(node, "lineno", 0), where, before, after, lines, tree, node, field, new)


LOAD = SourceFileLoader.get_code


def replace(trees: dict[str, ast.Module]) -> None:
    """Lets modules be made of these trees when they are next imported, whatever their files and their bytecode say."""
    codes = {
        f"gdfigs.{module.replace('/', '.').removesuffix('.__init__')}": compile(
            ast.fix_missing_locations(tree), str(Path.cwd() / "gdfigs" / f"{module}.py"), "exec"
        )
        for module, tree in trees.items()
    }
    loaded: Any = lambda loader, name: codes.get(name) or LOAD(loader, name)  # noqa: E731
    SourceFileLoader.get_code = loaded  # type: ignore[method-assign]


def of_the_project() -> list[str]:
    return [name for name in sys.modules if name.partition(".")[0] in ("gdfigs", "tests")]


def forget() -> None:
    """Lets the project be imported anew; what it imports from elsewhere stays as it is."""
    for name in of_the_project():
        del sys.modules[name]


class Entries:
    """As a plug-in of pytest: which tests enter which functions of modules, by their lines; "" before any test."""

    def __init__(self, modules: list[str]) -> None:
        self.running = ""
        self.entered: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
        self.seconds: defaultdict[str, float] = defaultdict(float)
        trees = {name: ast.parse(Path("gdfigs", f"{name}.py").read_text(encoding="utf-8")) for name in modules}
        for name, tree in trees.items():
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef):
                    first = int(ast.get_docstring(node) is not None)
                    node.body[first:first] = ast.parse(f"__entered__({name!r}, {node.lineno})").body
                elif isinstance(node, ast.Lambda):
                    note = ast.parse(f"__entered__({name!r}, {node.lineno})", mode="eval").body
                    node.body = ast.BoolOp(ast.Or(), [note, node.body])  # a note is None
        vars(builtins)["__entered__"] = self.note
        replace(trees)

    def note(self, module: str, line: int) -> None:
        self.entered[module, line].add(self.running)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.running = nodeid
        for module in of_the_project():  # or a test would rest on what an earlier one computed
            for cached in vars(sys.modules[module]).values():
                if isinstance(cached, _lru_cache_wrapper):
                    cached.cache_clear()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration

    def near(self, mutant: Mutant, among: list[str]) -> tuple[list[str], bool]:
        """The tests that enter its function, the quickest first; and whether it runs in no other place."""
        tests = {test for line in mutant.lines for test in self.entered[mutant.module, line]}
        known = [test for test in tests if test.startswith(tuple(among))]
        return sorted(known, key=self.seconds.__getitem__), bool(known) and "" not in tests


def run(tests: list[str], *plugins: object) -> int:
    options = ["-x", "-q", "--tb=no", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:xdist"]
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        return int(pytest.main([*options, *tests], plugins))


def passes(mutant: Mutant | None, near: list[str], alone: bool, all_of_them: list[str], limit: float) -> int:
    """Forks a process that exits with 0 if the tests pass with the change: the near ones, alone or first."""
    if pid := os.fork():
        return pid
    code = 1
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (int(limit), int(limit)))
        if mutant:
            setattr(mutant.node, mutant.field, mutant.new)
            replace({mutant.module: mutant.tree})
        code = run(near) if near else 0
        # Of the change a test may get another name, as of one of its parameters: then none is found.
        if code == pytest.ExitCode.USAGE_ERROR or (code == pytest.ExitCode.OK and not alone):
            forget()
            code = run(all_of_them)
    finally:
        os._exit(code)


def survivors(modules: list[str], made: list[Mutant]) -> Iterator[Mutant]:
    files = {module: tests_of(module) for module in modules}
    entries = Entries(modules)
    code = run(sorted(set().union(*files.values())), entries)
    SourceFileLoader.get_code = LOAD  # type: ignore[method-assign]
    forget()
    gc.collect()
    gc.freeze()
    # By name as well: a name that pytest does not know would look like a test that fails.
    if code or os.waitpid(passes(None, ["--collect-only", *entries.seconds], True, [], 1000), 0)[1]:
        raise SystemExit("the tests fail as it is")
    running: dict[int, Mutant] = {}
    for mutant in [*made, None]:
        while running and (mutant is None or len(running) >= (os.cpu_count() or 1)):
            pid, status = os.wait()
            done = running.pop(pid)
            if not status:
                yield done
        if mutant:
            near, alone = entries.near(mutant, files[mutant.module])
            limit = 10 + 5 * sum(entries.seconds[test] for test in (near if alone else entries.seconds))
            running[passes(mutant, near, alone, files[mutant.module], limit)] = mutant


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/mutate", description=__doc__)
    parser.add_argument("modules", nargs="*", default=MODULES, help="as in bounds, claims/suite, figures/comparison")
    parser.add_argument("--sample", type=int, help="so many of the changes, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    call = parser.parse_args()
    made = [mutant for module in call.modules for mutant in mutants(module)]
    if call.sample and call.sample < len(made):
        made = random.Random(call.seed).sample(made, call.sample)
    listed = tomllib.loads((ROOT / "scripts/mutate.toml").read_text(encoding="utf-8"))
    reasons = {(entry["where"], entry["before"], entry["after"]): entry["reason"] for entry in listed["equivalent"]}

    def reason_for(where: str, before: str, after: str) -> str:
        for kind in listed["kind"]:
            if re.fullmatch(kind["where"], where) and re.fullmatch(kind["change"], f"{before} -> {after}"):
                return str(kind["reason"])
        return reasons.get((where, before, after), "")

    met = []
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".*", "site", "__pycache__"), dirs_exist_ok=True)
        os.chdir(folder)
        sys.path.insert(0, folder)
        for mutant in survivors(call.modules, made):
            met.append(mutant[2:5])
            print(f"gdfigs/{mutant.module}.py:{mutant.line} {mutant.where}\n  - {mutant.before}\n  + {mutant.after}")
            print(f"  {reason_for(*met[-1]) or 'NOT EXPLAINED'}", flush=True)
        os.chdir(ROOT)
    unexplained = [key for key in met if not reason_for(*key)]
    tried = [mutant[2:5] for mutant in made]
    ours = [key for key in reasons if key[0].partition(".")[0] in call.modules]
    needless = [key for key in ours if key not in met and (key in tried or not call.sample)]
    for where, before, after in needless:
        print(f"scripts/mutate.toml explains what is caught, or no longer there: {where}\n  - {before}\n  + {after}")
    print(f"{len(made)} changes, {len(met)} let through, {len(unexplained)} of them not explained.")
    return bool(unexplained or needless)


if __name__ == "__main__":
    raise SystemExit(main())
