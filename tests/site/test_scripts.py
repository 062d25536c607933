"""scripts/build, on a small site of its own: site/ is replaced by a whole one or not at all."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.built import ROOT

CONFIG = """\
site_name: Small
repo_url: !ENV [REPO_URL, ""]
edit_uri: !ENV [EDIT_URI, ""]
theme: {name: material, font: false, features: [content.action.edit]}
markdown_extensions: [gdfigs]
plugins: [gdfigs]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with one page and no figure, whose site is built."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    (tmp_path / "scripts/install").write_text("#!/bin/sh\n")
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    (tmp_path / "mkdocs.yml").write_text(CONFIG)
    (tmp_path / "docs").mkdir()
    assert finish(start(tmp_path, "# First $x$"))[0] == 0
    return tmp_path


def start(folder: Path, page: str, **settings: str) -> subprocess.Popen[str]:
    """Starts to build a page, in a session of its own, so that an interrupt reaches all of it as from a terminal."""
    (folder / "docs/index.md").write_text(page)
    return subprocess.Popen(
        [folder / "scripts/build"], env=os.environ | settings, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        text=True, start_new_session=True, cwd=folder / "docs",
    )  # fmt: skip


def finish(build: subprocess.Popen[str]) -> tuple[int, str]:
    """Returns the exit status of a build and what it prints on standard error."""
    _, said = build.communicate()
    return build.returncode, said


def shows(folder: Path, text: str) -> bool:
    """Says whether site/ is a whole site with this text, and nothing lies beside it."""
    return text in (folder / "site/index.html").read_text(encoding="utf-8") and not list(folder.glob(".site*"))


@pytest.mark.parametrize(
    ("page", "reasons"),
    [
        ("A formula $\\frac{1}{$ and a [number](gdfigs:amplification#crossings).",
         ["docs/index.md:3: the formula $", "did you mean 'crossing'?"]),
        ("[Away](nowhere.md)", ["nowhere.md"]),
    ],
)  # fmt: skip
def test_a_build_that_fails_says_why_and_leaves_the_site_alone(folder: Path, page: str, reasons: list[str]) -> None:
    code, said = finish(start(folder, f"# Second\n\n{page}"))
    assert code != 0
    assert [reason for reason in [*reasons, "Traceback"] if reason not in said] == ["Traceback"]
    assert shows(folder, "First")


def test_a_build_that_is_interrupted_leaves_the_site_alone(folder: Path) -> None:
    build = start(folder, "# Second")
    while not list(folder.glob(".site*")) and build.poll() is None:
        time.sleep(0.01)
    os.killpg(build.pid, signal.SIGINT)
    assert finish(build)[0] != 0
    assert shows(folder, "First")


def test_builds_at_the_same_time_do_not_mix(folder: Path) -> None:
    (folder / "site/old.html").touch()
    together = [start(folder, "# Second") for _ in range(3)]
    assert [finish(build)[0] for build in together] == [0, 0, 0]
    assert shows(folder, "Second")
    assert not (folder / "site/old.html").exists()


def test_with_a_repository_a_page_offers_its_own_source(folder: Path) -> None:
    fork = {"REPO_URL": "https://github.com/someone/fork", "EDIT_URI": "edit/main/docs/"}
    assert finish(start(folder, "# First", **fork))[0] == 0
    assert shows(folder, 'href="https://github.com/someone/fork/edit/main/docs/index.md"')
