"""Changes relations, signs, operators and numbers, one at a time, and prints the changes that no test notices.

Fails where one is not explained in mutate.toml. By rule, these are left alone: looks of a figure, numbers below 1e-4,
axes, functions that attain a bound or break a statement, whose checks say whether they do. A change in a figure
counts where its picture changes.

On the pages (docs, or docs/momentum) it changes formulas, hypotheses, checked numbers, links and words of boxes,
displays, tables and captions, and prints what scripts/check lets through. Explained changes are not printed there.
"""

import argparse
import ast
import builtins
import gc
import io
import json
import logging
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from functools import _lru_cache_wrapper
from importlib import import_module
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest

from scripts.page_edits import Edit, edits

ROOT = Path(__file__).resolve().parent.parent
FILES = (
    file for folder in ("maths", "claims", "figures") for file in sorted((ROOT / "gdfigs" / folder).glob("[a-z]*.py"))
)
MODULES = [f"{file.parent.name}/{file.stem}" for file in FILES]
PAGES = [f"docs/{file.stem}" for file in sorted((ROOT / "docs").glob("*.md")) if file.stem != "contribute"]
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

    @property
    def kind(self) -> str:
        return type(self.node).__name__

    @property
    def place(self) -> str:
        return ""

    def reason(self, reasons: dict[str, str]) -> str | None:
        """Returns the name under which it is explained: its own, or that of all numbers of its function."""
        names = (
            [self.name, f"{self.where}: numbers"] if isinstance(self.node, ast.Constant | ast.UnaryOp) else [self.name]
        )
        return next((name for name in names if name in reasons), None)


Change = TypeVar("Change", Mutant, Edit)


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


def forked(tried: list[Change], work: Callable[[Change], Any]) -> Iterator[tuple[Change, Any]]:
    """Yields each change with what ``work`` returns, in a process of its own; None where that raises or is killed."""
    gc.collect()
    gc.freeze()
    running: dict[int, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for change in (*tried, None):
            while running and (change is None or len(running) >= (os.cpu_count() or 1)):
                pid, status = os.wait()
                if pid in running:
                    result = json.loads(Path(folder, str(pid)).read_text()) if status == 0 else None
                    yield running.pop(pid), result
            if change:
                if pid := os.fork():
                    running[pid] = change
                    continue
                try:
                    Path(folder, str(os.getpid())).write_text(json.dumps(work(change)))
                    os._exit(0)
                finally:
                    os._exit(1)


def survivors(modules: list[str], tried: list[Mutant], reasons: dict[str, str]) -> Iterator[tuple[Mutant, str]]:
    files = {module: tests_of(module) for module in modules}
    entries = Entries(modules)
    run(sorted(set().union(*files.values())), entries)
    replace({})
    drawn = {module: pictures(module) for module in modules if module.startswith("figures/")}
    forget()

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

    def work(mutant: Mutant) -> bool:
        near = entries.near(mutant, files[mutant.module])
        limit = 60 + 5 * int(sum(entries.seconds[test] for test in near or entries.seconds))
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        return passes(mutant, near)

    yield from ((mutant, "") for mutant, passed in forked(tried, work) if passed)


WORDS, OTHER, TIME = "the record of words", "something else", "a build that hung"
SECONDS = 60
"""After so long, the build of one change is stopped."""
SIGHT = {
    "TeX that cannot be set": r"cannot be set|is left over",
    "a checked number": r"the page says|is not a number",
    "a look": r"is said where the figure shows",
    "a link": r"contains a link|no equation is labelled|the words .* lead to",
    "a formula that was run": r"formula",
    OTHER: "",
}
"""What sees a change of a page, by what the build says of it."""


def faults() -> str:
    """Builds the site of this folder, strictly, and returns what is wrong with its pages."""
    from mkdocs.commands.build import build
    from mkdocs.config import load_config
    from mkdocs.exceptions import Abort

    told, logger = io.StringIO(), logging.getLogger("mkdocs")
    handler = logging.StreamHandler(told)
    handler.setLevel(logging.WARNING)
    logger.addHandler(handler)
    try:
        with tempfile.TemporaryDirectory(dir="..") as site:
            config = load_config("mkdocs.yml", strict=True, site_dir=site)
            config.plugins.on_startup(command="build", dirty=False)
            build(config)
    except Abort:
        pass
    except Exception as fault:
        told.write(f"{type(fault).__name__}: {fault}")
    finally:
        logger.removeHandler(handler)
    return told.getvalue().strip()


def is_other_words(page: str, text: str) -> bool:
    """Says whether the record of words, which scripts/check compares with the pages, sees that a page has this text."""
    if not find_spec("tests.words"):
        return False
    words: Any = import_module("tests.words")
    return words.grouped(words.of_page(page, text)) != words.grouped(words.of_page(page))


def sight(edit: Edit) -> list[str]:
    """Makes a change in a copy of this folder. Returns what sees it, and what that says, or nothing."""
    with tempfile.TemporaryDirectory(dir="..") as folder:
        shutil.copytree(".", folder, dirs_exist_ok=True)
        os.chdir(folder)
        page = Path(f"{edit.module}.md")
        text = edit.apply(page.read_text(encoding="utf-8"))
        page.write_text(text, encoding="utf-8")
        if told := faults():
            return [next(by for by, pattern in SIGHT.items() if re.search(pattern, told)), told]
        return [WORDS, ""] if is_other_words(page.name, text) else []


def sight_in_time(edit: Edit) -> list[str]:
    """Does the same, and is ended where it hangs."""
    signal.alarm(SECONDS)
    return sight(edit)


def seen_on_pages(tried: list[Edit]) -> Iterator[tuple[Edit, str]]:
    """Yields each change with what sees it, "" where it is let through."""
    os.environ.setdefault("GDFIGS_CACHE", str(ROOT / ".cache/gdfigs"))
    from gdfigs.build import cache

    if not tried:
        return
    [(_, told)] = forked([tried[0]._replace(start=0, end=0, new="")], sight)  # which draws what the cache lacks
    if told != []:
        raise SystemExit("\n".join([*(told or []), "The pages fail without any change."]))
    faults()  # so that what this imports and reads is known to all processes
    is_other_words(f"{tried[0].module.rpartition('/')[2]}.md", "# Page")
    cache.save = lambda *_: None  # or all the pages that are changed would be kept
    for edit, told in forked(sorted(tried, key=lambda edit: edit.kind), sight_in_time):
        by, words = (told or ["", ""]) if told is not None else (TIME, "")
        if by == OTHER:
            print(f"{edit.name}\n  {edit.place}{words}")
        yield edit, by


def table(seen: Counter[tuple[str, str]]) -> str:
    """Returns how many changes of each kind are caught, with the record of words and without; and by what."""
    lines = [f"{'kind':12}{'changes':>9}{'caught':>9}{'without the record of words':>30}"]
    for of in [*sorted({kind for kind, _ in seen}), "all"]:
        by = Counter(by for kind, by in seen.elements() if of in (kind, "all"))
        caught = by.total() - by[""]
        lines.append(f"{of:12}{by.total():9}{caught:9}{caught - by[WORDS]:30}")
    return "\n".join([*lines, *(f"Caught by {name}: {by[name]}." for name in [*SIGHT, TIME, WORDS] if by[name])])


def drawn(changes: list[Change], number: int | None, seed: int) -> list[Change]:
    """Draws so many of the changes at random, or takes all: of every kind its share, but at least one."""
    if number is None:
        return changes
    of = defaultdict[str, list[int]](list)
    for n in random.Random(seed).sample(range(len(changes)), len(changes)):
        of[changes[n].kind].append(n)
    shares = sorted((at / len(kind), n) for kind in of.values() for at, n in enumerate(kind))
    return [changes[n] for n in sorted(n for _, n in shares[:number])]


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/mutate", description=__doc__)
    parser.add_argument(
        "modules", nargs="*", default=MODULES, help="as in maths/bounds, figures/comparison, docs/noise"
    )
    parser.add_argument("--sample", type=int, help="so many of the changes, drawn at random, of each kind its share")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    call = parser.parse_args()
    modules = [module for name in call.modules for module in (PAGES if name == "docs" else [name])]
    pages = [module for module in modules if module.startswith("docs/")]
    if pages and pages != modules:
        parser.error("pages are tried apart from modules")
    changes: list[Any] = [change for of in modules for change in (edits(ROOT, of) if pages else mutants(of))]
    tried = drawn(changes, call.sample, call.seed)
    reasons = tomllib.loads((ROOT / "scripts/mutate.toml").read_text(encoding="utf-8"))
    met, unexplained, seen = [], 0, Counter[tuple[str, str]]()
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NO_MKDOCS_2_WARNING": "1"}
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder, "tree")
        tree.mkdir()
        for part in {"docs", "gdfigs", "tests", "mkdocs.yml", "pyproject.toml"} & {
            path.name for path in ROOT.iterdir()
        }:
            (shutil.copytree if (ROOT / part).is_dir() else shutil.copy)(ROOT / part, tree / part)
        os.chdir(tree)
        sys.path.insert(0, str(tree))
        for change, by in seen_on_pages(tried) if pages else survivors(modules, tried, reasons):
            reason = reasons.get(change.reason(reasons) or "")
            if not reason:
                seen[change.kind, by] += 1
            if by not in ("", WORDS):
                continue
            met.append(change)
            unexplained += not (reason or by)
            if not (pages and reason):
                print(f"{change.name}\n  {change.place}{reason or by or 'NOT EXPLAINED'}", flush=True)
        os.chdir(ROOT)
    possible = {change.reason(reasons) for change in tried} if call.sample else reasons.keys()
    ours = {name for name in reasons if re.split("[.:]", name)[0] in modules and name in possible}
    needless = ours - {change.reason(reasons) for change in met}
    for name in sorted(needless):
        print(f"{name}\n  EXPLAINED, BUT CAUGHT OR NO LONGER THERE")
    if pages:
        print(table(seen))
    if call.sample:
        print(f"Drawn from {len(changes)} with the seed {call.seed}.")
    through = len(met) - sum(n for (_, by), n in seen.items() if by == WORDS)
    print(f"{len(tried)} changes, {through} let through, {unexplained} of them not explained.")
    return bool(unexplained or needless)


if __name__ == "__main__":
    raise SystemExit(main())
