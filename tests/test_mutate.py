"""scripts/mutate, on a project of two functions: what it says of the changes that no test notices."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import mutate

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

from gdfigs.maths.small import double, large

BEFORE = large(100)


@pytest.mark.parametrize("x", [3, 4])
def test_double(x):
    assert double(x) == x + x


class TestLarge:
    @given(st.integers(20, 30))
    def test_large(self, x):
        assert BEFORE and large(x) and not large(0)
"""
THROUGH = ("maths/small.large: x > 10 -> x >= 10", "maths/small.large: 10 -> 5")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in {
        "gdfigs/__init__.py": "",
        "gdfigs/maths/__init__.py": "",
        "gdfigs/maths/small.py": CODE,
        "tests/__init__.py": "",
        "tests/maths/__init__.py": "",
        "tests/maths/test_small.py": TESTS,
        "scripts/mutate.toml": "",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    shutil.copy(ROOT / "scripts/mutate.py", tmp_path / "scripts")
    return tmp_path


def run(project: Path, *explained: str) -> tuple[int, str]:
    """Returns the exit status and what is printed, with these changes explained."""
    (project / "scripts/mutate.toml").write_text("".join(f'"{name}" = "So."\n' for name in explained))
    command = [sys.executable, "scripts/mutate.py", "maths/small"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=project)
    return done.returncode, done.stdout + done.stderr


def test_what_no_test_notices_is_printed_and_fails(project: Path) -> None:
    code, said = run(project)
    assert code == 1
    assert all(f"{name}\n  NOT EXPLAINED\n" in said for name in THROUGH)
    assert said.endswith("\n5 changes, 2 let through, 2 of them not explained.\n")
    assert (project / "gdfigs/maths/small.py").read_text() == CODE


def test_what_is_explained_does_not_fail(project: Path) -> None:
    code, said = run(project, *THROUGH)
    assert code == 0
    assert all(f"{name}\n  So.\n" in said for name in THROUGH)
    assert run(project, THROUGH[0], "maths/small.large: numbers")[0] == 0


def test_what_is_explained_and_noticed_fails(project: Path) -> None:
    code, said = run(project, *THROUGH, "maths/small.large: x > 10 -> x < 10")
    assert code == 1
    assert "maths/small.large: x > 10 -> x < 10\n  EXPLAINED, BUT CAUGHT" in said


def test_tests_that_fail_without_a_change_are_no_tests(project: Path) -> None:
    (project / "tests/maths/test_small.py").write_text(TESTS + "\n\ndef test_wrong():\n    assert double(1) == 3\n")
    code, said = run(project)
    assert code == 1
    assert "test_wrong" in said
    assert "The tests fail without any change." in said


@pytest.mark.parametrize(
    ("module", "code", "after"),
    [
        ("figures", "canvas(280, top=7)", []),
        ("figures", "ax.text(7, y, 'x')", []),
        ("figures", "ax.plot(x, y, lw=7)", []),
        ("figures", "look = {'ms': 7}", []),
        ("figures", "ax.set(xlim=(0, 7))", ["1", "8"]),
        ("figures", "ax.text(z, 'a', f'{x / 7:g}')", ["x * 7", "8"]),
        ("figures", "{'ms': 1, 'x': 7}", ["8"]),
        ("maths", "x.sum(axis=-1)", []),
        ("maths", "error < 1e-12", ["error > 1e-12", "error <= 1e-12"]),
        ("maths", "f(x) < 8", ["f(x) > 8", "9"]),
        ("claims", "x < 8", ["x > 8", "9"]),
        ("claims", "@rate.attained('x')\ndef _():\n    return x < 8", []),
        ("claims", "@rate.approached('x', of='y')\ndef _():\n    return x < 8", []),
        ("claims", "@rate\ndef _():\n    return x < 8", ["x > 8", "9"]),
    ],
)
def test_only_what_can_be_a_fault_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, code: str, after: list[str]
) -> None:
    monkeypatch.setattr(mutate, "ROOT", tmp_path)
    (tmp_path / "gdfigs" / module).mkdir(parents=True)
    (tmp_path / "gdfigs" / module / "new.py").write_text(code)
    assert sorted(m.name.rpartition(" -> ")[2] for m in mutate.mutants(f"{module}/new")) == sorted(after)
