"""scripts/mutate, on a project of two functions: what it says of the changes that no test notices."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.mutate import is_layout

ROOT = Path(__file__).parent.parent
CODE = """\
from functools import cache


@cache
def double(x):
    return 2 * x


def large(x):
    return x > 10
"""
TESTS = """\
import pytest
from hypothesis import given, strategies as st

from gdfigs.small import double, large

BEFORE = large(100)


@pytest.mark.parametrize("x", [3, 4])
def test_double(x):
    assert double(x) == x + x


class TestLarge:
    @given(st.integers(20, 30))
    def test_large(self, x):
        assert BEFORE and large(x) and not large(0)
"""
THROUGH = (
    "gdfigs/small.py:10 small.large\n  - x > 10\n  + x >= 10\n  NOT EXPLAINED\n",
    "gdfigs/small.py:10 small.large\n  - 10\n  + 11\n  NOT EXPLAINED\n",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in {
        "gdfigs/__init__.py": "",
        "gdfigs/small.py": CODE,
        "tests/__init__.py": "",
        "tests/test_small.py": TESTS,
        "scripts/mutate.toml": "kind = []\nequivalent = []\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    shutil.copy(ROOT / "scripts/mutate.py", tmp_path / "scripts")
    return tmp_path


def mutate(project: Path) -> tuple[int, str]:
    run = subprocess.run([sys.executable, "scripts/mutate.py", "small"], capture_output=True, text=True, cwd=project)
    return run.returncode, run.stdout


def explain(project: Path, *entries: tuple[str, str]) -> None:
    text = "".join(
        f'[[equivalent]]\nwhere = "small.large"\nbefore = "{before}"\nafter = "{after}"\nreason = "So."\n'
        for before, after in entries
    )
    (project / "scripts/mutate.toml").write_text("kind = []\n" + text)


def test_what_no_test_notices_is_printed_and_fails(project: Path) -> None:
    code, said = mutate(project)
    assert code == 1
    assert all(entry in said for entry in THROUGH)
    assert said.endswith("\n5 changes, 2 let through, 2 of them not explained.\n")
    assert (project / "gdfigs/small.py").read_text() == CODE


def test_what_is_explained_does_not_fail(project: Path) -> None:
    explain(project, ("x > 10", "x >= 10"), ("10", "11"))
    code, said = mutate(project)
    assert code == 0
    assert all(entry.replace("NOT EXPLAINED", "So.") in said for entry in THROUGH)


def test_what_is_explained_and_noticed_fails(project: Path) -> None:
    explain(project, ("x > 10", "x >= 10"), ("10", "11"), ("x > 10", "x < 10"))
    code, said = mutate(project)
    assert code == 1
    assert "explains what is caught, or no longer there: small.large\n  - x > 10\n  + x < 10\n" in said


def test_a_kind_is_explained_by_patterns(project: Path) -> None:
    kind = '[[kind]]\nwhere = "small[.].*"\nchange = "(.*) > (.*) -> .* >= .*|10 -> 11"\nreason = "So."\n'
    (project / "scripts/mutate.toml").write_text("equivalent = []\n" + kind)
    assert mutate(project)[0] == 0


def test_tests_that_fail_as_it_is_are_no_tests(project: Path) -> None:
    (project / "tests/test_small.py").write_text(TESTS + "\n\ndef test_wrong():\n    assert double(1) == 3\n")
    code, said = mutate(project)
    assert (code, said) == (1, "")


def test_a_figures_layout_is_left_alone_but_for_the_words_of_its_labels() -> None:
    def left(code: str, number: int) -> bool:
        above: list[ast.AST] = []
        tree = ast.parse(code)
        parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        (node,) = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value == number]
        above.append(node)
        while above[-1] in parents:
            above.append(parents[above[-1]])
        return is_layout(above)

    for code in ("canvas(280, top=7)", "ax.text(7, y, 'x')", "ax.plot(x, y, lw=7)", "look = {'ms': 7}"):
        assert left(code, 7), code
    for code in ("ax.set(xlim=(0, 7))", "ax.plot(x, 7 * y, lw=1)", "ax.text(0, 1, f'{x / 7:g}')", "{'ms': 1, 'x': 7}"):
        assert not left(code, 7), code
