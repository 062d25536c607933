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
SWAPS = (
    {"Add": "Sub", "Sub": "Add", "Mult": "Div", "Div": "Mult", "Pow": "Mult", "And": "Or", "Or": "And"}
    | {"Lt": "LtE Gt", "LtE": "Lt GtE", "Gt": "GtE Lt", "GtE": "Gt LtE", "Eq": "NotEq", "NotEq": "Eq"}
    | {"max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum", "all": "any", "any": "all"}
    | {"argmax": "argmin", "argmin": "argmax", "cos": "sin", "sin": "cos", "cosh": "sinh", "sinh": "cosh"}
)


class Mutant(NamedTuple):
    """The source of a module with one change, which where, before and after tell from the others."""

    module: str
    line: int
    where: str
    before: str
    after: str
    source: str


def tests_of(module: str) -> str:
    if module.startswith("claims/worst_cases"):
        return "tests/test_worst_cases.py"
    folder, _, name = module.rpartition("/")
    return (
        "tests/test_claims.py"
        if folder == "claims"
        else f"tests/{folder}/test_{'flows' if name == 'second_order' else name}.py"
    )


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
            yield Mutant(module, getattr(node, "lineno", 0), where, before, ast.unparse(part), ast.unparse(tree))
            setattr(node, field, old)


def passes(tree: Path, mutant: Mutant, tests: list[str], limit: float | None) -> bool:
    """Whether the tests pass in this copy of the project, with the change."""
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


# As a plug-in of pytest: which tests enter which functions. The others are tried only on what these let through.
entered: defaultdict[str, set[str]] = defaultdict(set)
running = [""]


def pytest_configure() -> None:
    def note(frame: Any, event: str, _: object) -> None:
        _, package, module = frame.f_code.co_filename.rpartition("/gdfigs/")
        if event == "call" and running[0] and package:
            entered[f"{module.removesuffix('.py')}.{frame.f_code.co_qualname.partition('.<')[0]}"].add(running[0])

    sys.setprofile(note)


def pytest_runtest_logstart(nodeid: str) -> None:
    running[0] = nodeid


def pytest_sessionfinish() -> None:
    sys.setprofile(None)
    Path("entered.json").write_text(json.dumps({name: sorted(tests) for name, tests in entered.items()}))


def survivors(modules: list[str], made: list[Mutant]) -> Iterator[Mutant]:
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        trees: SimpleQueue[Path] = SimpleQueue()
        for n in range(os.cpu_count() or 1):
            tree = Path(folder, str(n))
            shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".*", "site", "__pycache__"))
            trees.put(tree)
        limits: dict[str, float] = {}
        near: dict[str, list[str]] = {}
        for module in modules:
            start, source = time.monotonic(), (tree / "gdfigs" / f"{module}.py").read_text(encoding="utf-8")
            unchanged, all_of_them = Mutant(module, 0, "", "", "", source), tests_of(module)
            fine = passes(tree, unchanged, ["-p", "scripts.mutate", all_of_them], None)
            limits[module] = 10 + 5 * (time.monotonic() - start)
            entries = json.loads((tree / "entered.json").read_text()) if fine else {}
            found = {where: tests for where, tests in entries.items() if where.startswith(f"{module}.")}
            near |= found
            # By name as well: a name that pytest does not know would look like a test that fails.
            if not found or not passes(tree, unchanged, sorted(set().union(*found.values())), None):
                raise SystemExit(f"the tests of {module} fail as it is, or never enter it")

        def survives(mutant: Mutant) -> bool:
            stages, tree = [near.get(mutant.where, []), [tests_of(mutant.module)]], trees.get()
            try:
                return all(passes(tree, mutant, tests, limits[mutant.module]) for tests in stages if tests)
            finally:
                trees.put(tree)

        yield from (mutant for mutant, so in zip(made, pool.map(survives, made), strict=True) if so)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/mutate", description=__doc__)
    parser.add_argument("modules", nargs="*", default=MODULES, help="as in bounds, claims/suite, figures/comparison")
    parser.add_argument("--sample", type=int, help="so many of the changes, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    asked = parser.parse_args()
    made = [mutant for module in asked.modules for mutant in mutants(module)]
    if asked.sample and asked.sample < len(made):
        made = random.Random(asked.seed).sample(made, asked.sample)
    entries = tomllib.loads((ROOT / "scripts/mutate.toml").read_text(encoding="utf-8"))["equivalent"]
    reasons = {(entry["where"], entry["before"], entry["after"]): entry["reason"] for entry in entries}
    met = []
    for mutant in survivors(asked.modules, made):
        met.append(mutant[2:5])
        print(f"gdfigs/{mutant.module}.py:{mutant.line} {mutant.where}\n  - {mutant.before}\n  + {mutant.after}")
        print(f"  {reasons.get(met[-1], 'NOT EXPLAINED')}", flush=True)
    unexplained = [key for key in met if key not in reasons]
    tried = [mutant[2:5] for mutant in made]
    ours = [key for key in reasons if key[0].partition(".")[0] in asked.modules]
    needless = [key for key in ours if key not in met and (key in tried or not asked.sample)]
    for where, before, after in needless:
        print(f"scripts/mutate.toml explains what is caught, or no longer there: {where}\n  - {before}\n  + {after}")
    print(f"{len(made)} changes, {len(met)} let through, {len(unexplained)} of them not explained.")
    return bool(unexplained or needless)


if __name__ == "__main__":
    raise SystemExit(main())
