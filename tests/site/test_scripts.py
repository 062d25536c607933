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
    write(tmp_path, "# First $x$")
    assert finish(start(tmp_path))[0] == 0
    return tmp_path


def write(folder: Path, page: str) -> None:
    (folder / "docs/index.md").write_text(page)


def start(folder: Path, **settings: str) -> subprocess.Popen[str]:
    # A session of its own, so that an interrupt reaches it as it would from a terminal.
    command = [str(folder / "scripts/build")]
    return subprocess.Popen(
        command, env=os.environ | settings, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        start_new_session=True, cwd=folder / "docs",
    )  # fmt: skip


def finish(made: subprocess.Popen[str]) -> tuple[int, str]:
    """What a build returns, and what it says on standard error."""
    _, said = made.communicate()
    return made.returncode, said


def shown(folder: Path) -> str:
    return (folder / "site/index.html").read_text(encoding="utf-8")


def left_over(folder: Path) -> list[Path]:
    return list(folder.glob(".site*"))


def test_a_build_that_fails_names_page_and_line_and_leaves_the_site_alone(folder: Path) -> None:
    write(folder, "# Second\n\nA formula $\\frac{1}{$ and a [number](gdfigs:amplification#crossings).")
    code, said = finish(start(folder))
    assert code != 0
    assert "Traceback" not in said
    assert "docs/index.md:3: the formula $" in said
    assert "did you mean 'crossing'?" in said
    assert "First" in shown(folder)
    assert left_over(folder) == []


def test_a_link_that_leads_nowhere_fails_the_build(folder: Path) -> None:
    write(folder, "# Second\n\n[Away](nowhere.md)")
    code, said = finish(start(folder))
    assert code != 0
    assert "nowhere.md" in said
    assert "First" in shown(folder)


def test_a_build_that_is_interrupted_leaves_the_site_alone(folder: Path) -> None:
    write(folder, "# Second")
    made = start(folder)
    while not left_over(folder) and made.poll() is None:
        time.sleep(0.01)
    os.killpg(made.pid, signal.SIGINT)
    code, _ = finish(made)
    assert code != 0
    assert "First" in shown(folder)
    assert left_over(folder) == []


def test_builds_at_the_same_time_do_not_mix(folder: Path) -> None:
    write(folder, "# Second")
    (folder / "site/old.html").touch()
    together = [start(folder) for _ in range(3)]
    assert [finish(made)[0] for made in together] == [0, 0, 0]
    assert "Second" in shown(folder)
    assert not (folder / "site/old.html").exists()
    assert left_over(folder) == []


def test_with_a_repository_a_page_offers_its_own_source(folder: Path) -> None:
    fork = {"REPO_URL": "https://github.com/someone/fork", "EDIT_URI": "edit/main/docs/"}
    assert finish(start(folder, **fork))[0] == 0
    assert 'href="https://github.com/someone/fork/edit/main/docs/index.md"' in shown(folder)
