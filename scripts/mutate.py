"""Which changes of the code do its tests let through? Fails where one is not explained in mutate.toml."""

import argparse
import ast
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
MODULES = ["problems", "path", "methods", "flows", "second_order", "bounds"]
TESTS = {"second_order": ["tests/test_flows.py"], "path": ["tests/test_path.py", "tests/test_methods.py"]}
"""Which tests concern a module, where it is not the file of the same name, or that of the claims."""
SWAPS = (
    {"Add": "Sub", "Sub": "Add", "Mult": "Div", "Div": "Mult", "Pow": "Mult", "FloorDiv": "Div", "And": "Or", "Or": "And"}
    | {"Lt": "LtE Gt", "LtE": "Lt GtE", "Gt": "GtE Lt", "GtE": "Gt LtE", "Eq": "NotEq", "NotEq": "Eq"}
    | {"max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum", "all": "any", "any": "all"}
    | {"argmax": "argmin", "argmin": "argmax", "cos": "sin", "sin": "cos", "cosh": "sinh", "sinh": "cosh"}
)  # fmt: skip


class Mutant(NamedTuple):
    """The source of a module with one change, which ``where``, ``before`` and ``after`` name wherever it stands."""

    module: str
    line: int
    where: str
    before: str
    after: str
    source: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.where, self.before, self.after


def swaps(name: str) -> list[str]:
    return SWAPS.get(name, "").split()


def changes(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """Pairs of a field of the node and what to put there."""
    match node:
        case ast.Constant(value=bool(value)):
            yield "value", not value
        case ast.Constant(value=int(value)):
            yield "value", value + 1
        case ast.Constant(value=float(value)):
            yield "value", 2 * value or 1.0
        case ast.BinOp(op=op) | ast.BoolOp(op=op) | ast.AugAssign(op=op):
            yield from (("op", getattr(ast, new)()) for new in swaps(type(op).__name__))
        case ast.UnaryOp(op=ast.USub()):
            yield "op", ast.UAdd()
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "operand", ast.UnaryOp(ast.Not(), operand)
        case ast.Compare(ops=ops):
            for n, op in enumerate(ops):
                yield from (("ops", [*ops[:n], getattr(ast, new)(), *ops[n + 1 :]]) for new in swaps(type(op).__name__))
        case ast.Name(id=name):
            yield from (("id", new) for new in swaps(name))
        case ast.Attribute(attr=name):
            yield from (("attr", new) for new in swaps(name))


def mutants(module: str) -> Iterator[Mutant]:
    tree = ast.parse((ROOT / "gdfigs" / f"{module}.py").read_text(encoding="utf-8"))
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        above = [node]
        while above[-1] in parents:
            above.append(parents[above[-1]])
        scopes = [each for each in above if isinstance(each, ast.FunctionDef | ast.ClassDef)][::-1]
        whole = ast.unparse(scopes[-1] if scopes else tree)
        # As much of the expression as tells the place from others in the function.
        parts = [each for each in above if not isinstance(each, ast.stmt | ast.mod)] or [node]
        part = next((each for each in parts if whole.count(ast.unparse(each)) == 1), parts[-1])
        for field, new in changes(node):
            old, before = getattr(node, field), ast.unparse(part)
            setattr(node, field, new)
            where = ".".join([module, *(each.name for each in scopes)])
            yield Mutant(module, node.lineno, where, before, ast.unparse(part), ast.unparse(tree))
            setattr(node, field, old)


def passes(mutant: Mutant, trees: SimpleQueue[Path], tests: list[str], limit: float | None = None) -> bool:
    """Whether the tests pass with the change, in one of the copies of the project."""
    tree = trees.get()
    file = tree / "gdfigs" / f"{mutant.module}.py"
    kept = file.read_text(encoding="utf-8")
    # Bytecode would hide a change that is made within a second of the last.
    settings = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]
    try:
        file.write_text(mutant.source, encoding="utf-8")
        run = subprocess.run(command, cwd=tree, env=os.environ | settings, capture_output=True, timeout=limit)
        return run.returncode == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        file.write_text(kept, encoding="utf-8")
        trees.put(tree)


# As a plug-in of pytest: which tests enter which functions. The others are tried only on what these let through.
entered: defaultdict[str, set[str]] = defaultdict(set)
running = [""]


def pytest_configure() -> None:
    def note(frame: Any, event: str, _: object) -> None:
        if event == "call" and running[0] and "/gdfigs/" in frame.f_code.co_filename:
            module = frame.f_code.co_filename.rpartition("/gdfigs/")[2].removesuffix(".py")
            entered[f"{module}.{frame.f_code.co_qualname.partition('.<')[0]}"].add(running[0])

    sys.setprofile(note)


def pytest_runtest_logstart(nodeid: str) -> None:
    running[0] = nodeid


def pytest_sessionfinish() -> None:
    sys.setprofile(None)
    Path("entered.json").write_text(json.dumps({name: sorted(tests) for name, tests in entered.items()}))


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/mutate", description=__doc__)
    parser.add_argument("modules", nargs="*", default=MODULES, help="as in bounds, claims/suite, figures/comparison")
    parser.add_argument("--sample", type=int, help="so many of the changes, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    asked = parser.parse_args()
    made = [mutant for module in asked.modules for mutant in mutants(module)]
    if asked.sample and asked.sample < len(made):
        made = random.Random(asked.seed).sample(made, asked.sample)
    entries = tomllib.loads((ROOT / "scripts/mutate.toml").read_text(encoding="utf-8")).get("equivalent", [])
    explained = {(entry["where"], entry["before"], entry["after"]): entry["reason"] for entry in entries}
    cores = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(cores) as pool:
        trees: SimpleQueue[Path] = SimpleQueue()
        for n in range(cores):
            tree = Path(folder, str(n))
            for part in ("gdfigs", "tests", "docs"):
                shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
            for file in ("pyproject.toml", "mkdocs.yml", "scripts/mutate.py"):
                shutil.copy(ROOT / file, tree)
            trees.put(tree)
        whole, limits, near = {}, {}, {}
        for module in asked.modules:
            folder_of, name = Path(module).parent, Path(module).name
            own = "tests/test_claims.py" if module.startswith("claims/") else f"tests/{folder_of}/test_{name}.py"
            whole[module] = TESTS.get(module, [own])
            start, tree = time.monotonic(), trees.get()
            trees.put(tree)  # to the end: the first of the others is next
            source = (ROOT / "gdfigs" / f"{module}.py").read_text(encoding="utf-8")
            baseline: SimpleQueue[Path] = SimpleQueue()
            baseline.put(tree)
            if not passes(Mutant(module, 0, "", "", "", source), baseline, ["-p", "mutate", *whole[module]]):
                raise SystemExit(f"the tests of {module} fail as it is")
            limits[module] = 10 + 5 * (time.monotonic() - start)
            near |= json.loads((tree / "entered.json").read_text())

        def survives(mutant: Mutant) -> bool:
            limit, first = limits[mutant.module], near.get(mutant.where, [])
            return all(passes(mutant, trees, tests, limit) for tests in (first, whole[mutant.module]) if tests)

        survivors = []
        for mutant, survived in zip(made, pool.map(survives, made), strict=True):
            if survived:
                survivors.append(mutant)
                reason = explained.get(mutant.key, "NOT EXPLAINED")
                place = f"gdfigs/{mutant.module}.py:{mutant.line} {mutant.where}"
                print(f"{place}\n  - {mutant.before}\n  + {mutant.after}\n  {reason}", flush=True)
    unexplained = [mutant for mutant in survivors if mutant.key not in explained]
    tried, met = {mutant.key for mutant in made}, {mutant.key for mutant in survivors}
    ours = [key for key in explained if key[0].partition(".")[0] in asked.modules]
    needless = [key for key in ours if key not in met and (key in tried or not asked.sample)]
    for where, before, after in needless:
        print(f"scripts/mutate.toml explains what is caught, or no longer there: {where}\n  - {before}\n  + {after}")
    print(f"{len(made)} changes, {len(survivors)} let through, {len(unexplained)} of them not explained.")
    return bool(unexplained or needless)


if __name__ == "__main__":
    raise SystemExit(main())
