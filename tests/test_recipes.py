"""Each recipe for contributors works as it is written: its edits apply, its commands print what is shown."""

import os
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import NamedTuple

import pytest

from gdfigs.build import cache
from tests.built import ROOT

LEFT_OUT = {".git", ".venv", "site", ".cache", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"}
PAGE = (ROOT / "docs/contribute.md").read_text(encoding="utf-8")
RECIPES = re.findall(r"^### (.+?)\n(.*?)(?=^##)", PAGE, re.DOTALL | re.MULTILINE)
BLOCK = re.compile(
    r"(?:^[^\n]*`(?P<file>[\w./-]+\.(?:md|py))`[^`\n]*:\n\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


class Step(NamedTuple):
    """A block of a recipe: a change of a file, or commands with what they print."""

    kind: str
    file: str
    text: str


def steps(recipe: str) -> list[Step]:
    """The blocks; a change that names no file is of the file changed before it."""
    found: list[Step] = []
    for block in BLOCK.finditer(recipe):
        before = [step.file for step in found if step.file]
        file = block["file"] or (before[-1] if before and block["kind"] != "console" else "")
        found.append(Step(block["kind"], file, block["text"]))
    return found


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copies the repository, with the environment of this one."""
    folder = tmp_path_factory.mktemp("recipes") / "repository"

    def left_out(inside: str, names: list[str]) -> set[str]:
        at_the_top = {name for name in names if name in LEFT_OUT or name.startswith(".site-")}
        return {"__pycache__"} | (at_the_top if Path(inside) == ROOT else set())

    shutil.copytree(ROOT, folder, ignore=left_out)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    # The environment is shared: to install the copy would turn it away from this repository.
    (folder / "scripts/install").write_text("#!/bin/sh\n")
    return folder


def change(folder: Path, step: Step) -> None:
    file = folder / step.file
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    if step.kind == "diff":
        (old,), (new,) = (re.findall(rf"^\{sign}(.*)$", step.text, re.MULTILINE) for sign in "-+")
        assert text.count(old) == 1, f"{step.file} does not hold what the recipe replaces: {old}"
        text = text.replace(old, new)
    elif text:
        text = f"{text.rstrip()}\n{chr(10) if step.kind == 'markdown' else 2 * chr(10)}{step.text}"
    else:
        text = step.text
    file.write_text(text, encoding="utf-8")


def run(folder: Path, console: str) -> None:
    # Drawings are keyed by what they are made with, not by where it is: what is stored for the site is good here.
    settings = {"PYTHONPATH": str(folder), "GDFIGS_CACHE": str(ROOT / cache.FOLDER), "NO_COLOR": "1"}
    for command, printed in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", console, re.MULTILINE):
        done = subprocess.run(
            command, shell=True, cwd=folder, env=os.environ | settings, capture_output=True, text=True, timeout=500
        )
        said = done.stdout + done.stderr
        for line in printed.splitlines():
            assert " ".join(line.split()) in " ".join(said.split()), f"{command} printed\n{said}"


def test_the_recipes_are_those_that_a_contributor_needs() -> None:
    assert [name for name, _ in RECIPES] == [
        "Change a sentence",
        "Change a number",
        "Change a figure's parameter",
        "Add a figure",
        "Add a statement",
        "Send it",
    ]
    assert [len(steps(text)) for _, text in RECIPES] == [3, 6, 3, 4, 6, 0]


def test_each_recipe_works_as_it_is_written_one_after_the_other(copy: Path) -> None:
    for _, text in RECIPES:
        for step in steps(text):
            if step.kind == "console":
                run(copy, step.text)
            else:
                change(copy, step)
    site = copy / "site"
    assert "Many methods modify gradient descent" in (site / "outlook/index.html").read_text(encoding="utf-8")
    assert "<mn>1.28</mn>" in (site / "flow-to-descent/index.html").read_text(encoding="utf-8")
    pictures = (site / "pictures/index.html").read_text(encoding="utf-8")
    assert 'id="first-step"' in pictures
    assert "gdfigs render 'zigzag?steps=30'" in unescape(pictures)
    assert 'id="figure-distance-to-go"' in (site / "notation/index.html").read_text(encoding="utf-8")
    assert 'id="first-step"' in (site / "statements/index.html").read_text(encoding="utf-8")
    assert (copy / "distance.png").stat().st_size > 1000
