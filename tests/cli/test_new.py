"""``gdfigs new`` writes a figure that passes at once, in a copy of the repository, or nothing."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from gdfigs.build import cache as store
from gdfigs.cli.new import all_or_nothing
from tests.built import ROOT, parse
from tests.cli.conftest import Run

LEFT_OUT = (".git", ".venv", "site", ".cache", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis")
In = Callable[..., subprocess.CompletedProcess[str]]


def copied(folder: Path) -> In:
    """Copies the repository; gives what runs a module of Python there, with the copy of the package."""
    ignored = shutil.ignore_patterns(*LEFT_OUT, "__pycache__", ".site-*")
    shutil.copytree(ROOT, folder, ignore=ignored)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    # Drawings are keyed by what they are made with, not by where it is: what is stored for the site is good here.
    settings = {"PYTHONPATH": str(folder), "GDFIGS_CACHE": str(ROOT / store.FOLDER), "NO_MKDOCS_2_WARNING": "1"}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = words if words[0].startswith("scripts/") else [sys.executable, "-m", *words]
        return subprocess.run(command, cwd=folder, env=os.environ | settings, capture_output=True, text=True)

    return run


def texts(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8")
        for below in ("docs", "gdfigs", "tests")
        for pattern in ("*.py", "*.md", "*.json")
        for file in (folder / below).rglob(pattern)
    }


PLACES = (("step-size-and-distance", "gradient-descent"), ("another", "notation.md"))
"""Two new figures: one in a module that there is, one on a page that has had none."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("copy") / "repository"


@pytest.fixture(scope="module")
def run_there(folder: Path) -> In:
    return copied(folder)


@pytest.fixture(scope="module")
def changed(folder: Path, run_there: In) -> dict[str, str]:
    """What is added to which file."""
    before = texts(folder)
    for name, page in PLACES:
        made = run_there("gdfigs", "new", name, "--page", page)
        assert (made.returncode, made.stderr) == (0, "")
        named = "".join(word.capitalize() for word in name.split("-"))
        for place in made.stdout.splitlines()[:3]:
            file, line = place.split(":")
            begin = (folder / file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
            assert begin.startswith((f"def {name.replace('-', '_')}(", f"class Test{named}:", "!["))
    after = texts(folder)
    assert set(before) < set(after)
    return {file: text for file, text in after.items() if before.get(file) != text}


class TestInACopy:
    def test_nothing_else_changes_and_what_was_there_stays(self, folder: Path, changed: dict[str, str]) -> None:
        assert set(changed) == {
            "docs/gradient-descent.md", "docs/notation.md", "gdfigs/figures/gradient_descent.py",
            "gdfigs/figures/notation.py", "tests/figures/test_gradient_descent.py", "tests/figures/test_notation.py",
            "tests/records/figures.json",
        }  # fmt: skip
        for file in ("docs/gradient-descent.md", "docs/notation.md"):
            old = (ROOT / file).read_text(encoding="utf-8")
            assert changed[file].startswith(f"{old.rstrip()}\n\n![")
        for file in ("gdfigs/figures/gradient_descent.py", "tests/figures/test_gradient_descent.py"):
            old = re.sub(
                r"^(?:from|import) .*?(?:\)|\n)$", "", (ROOT / file).read_text(), flags=re.MULTILINE | re.DOTALL
            )
            assert set(old.splitlines()) <= set(changed[file].splitlines()) | {""}
        leftover = [file for file in folder.rglob(".*") if re.search(r"\.[0-9a-f]{32}$", file.name)]
        assert leftover == []

    def test_layout_lint_and_types_are_in_order(self, folder: Path, changed: dict[str, str], run_there: In) -> None:
        code = [file for file in changed if file.endswith(".py")]
        for command in (["format", "--check"], ["check", "--no-cache"]):
            checked = run_there("ruff", *command, *code)
            assert checked.returncode == 0, checked.stdout
        typed = run_there("mypy", "--no-error-summary", *[file for file in code if file.startswith("gdfigs")])
        ours = [line for line in typed.stdout.splitlines() if line.startswith(tuple(code))]
        assert ours == []

    def test_its_tests_pass_and_those_of_all_figures(self, changed: dict[str, str], run_there: In) -> None:
        own = [file for file in changed if file.startswith("tests/figures/")]
        of_all = ["tests/test_catalogue.py", "tests/test_record.py", "tests/test_svg.py"]
        names = " or ".join(f"[{name}]" for name, _ in PLACES)
        for words in ([*own, "-k", "TestAnother or TestStepSizeAndDistance"], [*of_all, "-k", names]):
            passed = run_there("pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", *words)
            assert passed.returncode == 0, passed.stdout
            assert int(re.findall(r"(\d+) passed", passed.stdout)[0]) >= 10

    def test_its_tests_fail_with_another_formula(self, folder: Path, changed: dict[str, str], run_there: In) -> None:
        file = folder / "gdfigs/figures/notation.py"
        assert "factor**k" in changed["gdfigs/figures/notation.py"]
        file.write_text(changed["gdfigs/figures/notation.py"].replace("factor**k", "factor**(k + 1)"))
        failed = run_there("pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", "tests/figures/test_notation.py")
        file.write_text(changed["gdfigs/figures/notation.py"])
        assert failed.returncode == 1
        assert "3 failed" in failed.stdout

    @pytest.mark.usefixtures("changed")
    def test_the_site_is_built_strictly_and_shows_it(self, folder: Path, run_there: In) -> None:
        built = run_there("scripts/build")
        assert built.returncode == 0, built.stderr
        for name, page in PLACES:
            tree, wrong = parse(folder / "site" / page.removesuffix(".md") / "index.html")
            assert wrong == []
            (figure,) = [
                f for f in tree.iter("figure") if f.findtext(".//svg/title", "").lower() == name.replace("-", " ")
            ]
            assert "at least by the factor" in "".join(figure.itertext())
            assert [n.text for n in figure.iter("data")] == ["0.9"]

    @pytest.mark.usefixtures("changed")
    @pytest.mark.parametrize(
        ("words", "reason"),
        [
            (["another", "--page", "index"], "there is a figure 'another' already, on notation.md"),
            (["new-one", "--page", "outlok"], "no page docs/outlok.md; did you mean 'outlook.md'?"),
            (["New_One", "--page", "index"], "small letters and digits, with hyphens, as in step-size; got 'New_One'"),
            (["lambda", "--page", "index"], "'lambda' means something in Python"),
            (["sum", "--page", "index"], "'sum' means something in Python"),
            (["bowl", "--page", "gradient-descent"], "bowl is defined in gdfigs/figures/gradient_descent.py already"),
            (["a--b", "--page", "nowhere"], "got 'a--b'; there is no page docs/nowhere.md"),
        ],
    )
    def test_what_there_is_or_cannot_be_is_refused(
        self, folder: Path, run_there: In, words: list[str], reason: str
    ) -> None:
        before = texts(folder)
        refused = run_there("gdfigs", "new", *words)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert refused.stderr.startswith("gdfigs: ")
        assert reason in refused.stderr
        assert refused.stderr.count("\n") == 1
        assert texts(folder) == before

    def test_a_name_that_would_mean_two_things_is_told(self, folder: Path, run_there: In) -> None:
        module = folder / "gdfigs/figures/summary.py"
        module.write_text("from gdfigs.maths.problems import ellipse as bowl\n")
        before = texts(folder)
        refused = run_there("gdfigs", "new", "third", "--page", "summary")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr == "gdfigs: bowl would mean two things in gdfigs/figures/summary.py\n"
        assert texts(folder) == before
        module.unlink()


def test_without_a_checkout_it_says_so(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(import_module("gdfigs.cli.new"), "ROOT", tmp_path)
    status, out, err = run("new", "another", "--page", "index")
    assert (status, out) == (1, "")
    assert err == f"gdfigs: {tmp_path} is no checkout with what scripts/install puts there: run it in one\n"


class TestAllOrNothing:
    @pytest.fixture
    def files(self, tmp_path: Path) -> list[Path]:
        (tmp_path / "old.py").write_text("before")
        (tmp_path / "page.md").write_text("page")
        return [tmp_path / "old.py", tmp_path / "new.py", tmp_path / "page.md"]

    def test_what_is_not_interrupted_stays(self, files: list[Path]) -> None:
        with all_or_nothing(*files):
            for file in files:
                file.write_text("after")
        assert [file.read_text() for file in files] == ["after"] * 3

    @pytest.mark.parametrize("written", range(4))
    @pytest.mark.parametrize("interruption", [OSError("no space left"), KeyboardInterrupt()])
    def test_an_interruption_leaves_all_as_it_was(
        self, tmp_path: Path, files: list[Path], written: int, interruption: BaseException
    ) -> None:
        with pytest.raises(type(interruption)), all_or_nothing(*files):  # noqa: PT012
            for file in files[:written]:
                file.write_text("after")
            raise interruption
        assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"old.py": "before", "page.md": "page"}

    def test_so_does_a_figure_that_cannot_be_put_on_record(self, tmp_path: Path, folder: Path, run_there: In) -> None:
        record = folder / "tests/record.py"
        before = record.read_text(encoding="utf-8")
        record.write_text(f"{before}    raise SystemExit('so it is')\n", encoding="utf-8")
        then = texts(folder)
        refused = run_there("gdfigs", "new", "fourth", "--page", "index")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr == "gdfigs: it cannot be put on record: so it is; all is as it was\n"
        assert texts(folder) == then
        record.write_text(before, encoding="utf-8")

    def test_so_does_a_file_that_cannot_be_read(self, folder: Path, run_there: In) -> None:
        then = texts(folder)
        page = folder / "docs/index.md"
        text = page.read_text(encoding="utf-8")
        page.unlink()
        page.symlink_to(folder / "nowhere")
        refused = run_there("gdfigs", "new", "fifth", "--page", "index")
        page.unlink()
        page.write_text(text, encoding="utf-8")
        assert refused.returncode == 1
        assert refused.stderr == f"gdfigs: {page}: No such file or directory\n"
        assert texts(folder) == then
