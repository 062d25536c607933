"""Which changes of the code do its tests let through? Fails where one is not explained in mutate.toml."""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parent.parent
MODULES = ["problems", "path", "methods", "flows", "second_order", "bounds"]
"""The mathematics. Others on request: claims/suite, figures/comparison."""
TESTS = {
    "second_order": ["tests/test_flows.py"],
    "claims/__init__": ["tests/test_claims.py"],
    "claims/identities": ["tests/test_claims.py", "tests/test_identities.py"],
    "claims/identities_of_flows": ["tests/test_claims.py", "tests/test_identities.py"],
    "claims/identities_of_methods": ["tests/test_claims.py", "tests/test_identities.py"],
    "claims/worst_cases": ["tests/test_worst_cases.py"],
    "claims/worst_cases_of_flows": ["tests/test_worst_cases.py"],
}
"""Which tests concern a module, where it is not the file of the same name."""
OPERATORS: dict[type, list[ast.AST]] = {
    ast.Add: [ast.Sub()],
    ast.Sub: [ast.Add()],
    ast.Mult: [ast.Div()],
    ast.Div: [ast.Mult()],
    ast.FloorDiv: [ast.Div()],
    ast.Pow: [ast.Mult()],
    ast.Lt: [ast.LtE(), ast.Gt()],
    ast.LtE: [ast.Lt(), ast.GtE()],
    ast.Gt: [ast.GtE(), ast.Lt()],
    ast.GtE: [ast.Gt(), ast.LtE()],
    ast.Eq: [ast.NotEq()],
    ast.NotEq: [ast.Eq()],
    ast.And: [ast.Or()],
    ast.Or: [ast.And()],
}
PAIRS = [("max", "min"), ("maximum", "minimum"), ("argmax", "argmin"), ("all", "any"), ("cos", "sin"), ("cosh", "sinh")]
NAMES = dict(PAIRS) | {b: a for a, b in PAIRS}


@dataclass(frozen=True)
class Mutant:
    """The source of a module with one change: where, what it was and what it is."""

    module: str
    line: int
    function: str
    before: str
    after: str
    source: str

    @property
    def key(self) -> tuple[str, str, str]:
        """Says which change it is wherever in the file it stands."""
        return f"{self.module}.{self.function}", self.before, self.after


def changes(node: ast.AST) -> Iterator[tuple[str, object]]:
    """Pairs of a field of the node and what to put there."""
    match node:
        case ast.Constant(value=bool(value)):
            yield "value", not value
        case ast.Constant(value=int(value)):
            yield "value", value + 1
        case ast.Constant(value=float(value)):
            yield "value", 2 * value or 1.0
        case ast.BinOp(op=op) | ast.BoolOp(op=op) | ast.AugAssign(op=op):
            yield from (("op", new) for new in OPERATORS.get(type(op), []))
        case ast.UnaryOp(op=ast.USub()):
            yield "op", ast.UAdd()
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "operand", ast.UnaryOp(ast.Not(), operand)
        case ast.Compare(ops=ops):
            for n, op in enumerate(ops):
                yield from (("ops", [*ops[:n], new, *ops[n + 1 :]]) for new in OPERATORS.get(type(op), []))
        case ast.Name(id=name) if name in NAMES:
            yield "id", NAMES[name]
        case ast.Attribute(attr=name) if name in NAMES:
            yield "attr", NAMES[name]


def mutants(module: str) -> Iterator[Mutant]:
    tree = ast.parse((ROOT / "gdfigs" / f"{module}.py").read_text(encoding="utf-8"))
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        above = [node]
        while above[-1] in parents:
            above.append(parents[above[-1]])
        scopes = [each for each in above if isinstance(each, ast.FunctionDef | ast.ClassDef)]
        whole = ast.unparse(scopes[0] if scopes else tree)
        # As much of the expression as tells the place from others in the function.
        parts = [each for each in above if not isinstance(each, ast.stmt | ast.mod)]
        part = next((each for each in parts if whole.count(ast.unparse(each)) == 1), parts[-1] if parts else node)
        for field, new in changes(node):
            old, before = getattr(node, field), ast.unparse(part)
            setattr(node, field, new)
            function = ".".join(each.name for each in reversed(scopes))
            yield Mutant(module, node.lineno, function, before, ast.unparse(part), ast.unparse(tree))
            setattr(node, field, old)


def passes(mutant: Mutant, copies: SimpleQueue[Path], limit: float | None = None) -> bool:
    """Whether the module's tests pass with the change, in one of the copies of the tree."""
    tree = copies.get()
    file = tree / "gdfigs" / f"{mutant.module}.py"
    kept = file.read_text(encoding="utf-8")
    tests = TESTS.get(mutant.module, [f"tests/{Path(mutant.module).parent}/test_{Path(mutant.module).name}.py"])
    # Bytecode would hide a change that is as old as the second.
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        file.write_text(mutant.source, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]
        return not subprocess.run(
            command, cwd=tree, env=os.environ | threads, capture_output=True, timeout=limit
        ).returncode
    except subprocess.TimeoutExpired:
        return False
    finally:
        file.write_text(kept, encoding="utf-8")
        copies.put(tree)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/mutate", description=__doc__)
    parser.add_argument("modules", nargs="*", default=MODULES, help="as in bounds, claims/suite, figures/comparison")
    parser.add_argument("--sample", type=int, help="so many of the changes, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    asked = parser.parse_args()
    made = [mutant for module in asked.modules for mutant in mutants(module)]
    if asked.sample and asked.sample < len(made):
        made = random.Random(asked.seed).sample(made, asked.sample)
    explained = {
        (entry["where"], entry["before"], entry["after"]): entry["reason"]
        for entry in tomllib.loads((ROOT / "scripts/mutate.toml").read_text(encoding="utf-8"))["equivalent"]
    }
    cores = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(cores) as pool:
        copies: SimpleQueue[Path] = SimpleQueue()
        for n in range(cores):
            tree = Path(folder, str(n))
            for part in ("gdfigs", "tests", "docs"):
                shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
            for file in ("pyproject.toml", "mkdocs.yml"):
                shutil.copy(ROOT / file, tree)
            copies.put(tree)
        limits = {}
        for module in asked.modules:
            start = time.monotonic()
            source = (ROOT / "gdfigs" / f"{module}.py").read_text(encoding="utf-8")
            if not passes(Mutant(module, 0, "", "", "", source), copies):
                raise SystemExit(f"the tests of {module} fail as it is")
            limits[module] = 10 + 4 * (time.monotonic() - start)
        survivors = []
        for mutant, survived in zip(made, pool.map(lambda m: passes(m, copies, limits[m.module]), made), strict=True):
            if survived:
                survivors.append(mutant)
                where, before, after = mutant.key
                reason = explained.get(mutant.key, "NOT EXPLAINED")
                print(
                    f"gdfigs/{mutant.module}.py:{mutant.line} {where}\n  - {before}\n  + {after}\n  {reason}",
                    flush=True,
                )
    unexplained = [mutant for mutant in survivors if mutant.key not in explained]
    # What is explained and caught nevertheless, or is no longer there, if all of its module was tried.
    keys = {mutant.key for mutant in survivors}
    needless = [k for k in explained if not asked.sample and k[0].partition(".")[0] in asked.modules and k not in keys]
    for where, before, after in needless:
        print(f"scripts/mutate.toml explains what does not survive: {where}\n  - {before}\n  + {after}")
    print(f"{len(made)} changes, {len(survivors)} let through, {len(unexplained)} of them not explained.")
    return bool(unexplained or needless)


if __name__ == "__main__":
    raise SystemExit(main())
