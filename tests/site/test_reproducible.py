"""The same sources give the same bytes."""

import hashlib
from pathlib import Path

import pytest

from tests.built import build


def contents(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two further builds: one that draws every figure anew, and one that finds them in its store."""
    folder = tmp_path_factory.mktemp("again")
    for name, seed in (("drawn", 2), ("stored", 3)):
        made = build(folder / name, folder / "store", hash_seed=seed)
        assert made.returncode == 0, made.stderr
    return folder


def test_two_builds_in_separate_processes_are_the_same_byte_for_byte(site: Path, again: Path) -> None:
    assert contents(again / "drawn") == contents(site)
    assert contents(again / "stored") == contents(site)


def test_a_page_names_no_folder_of_the_machine_that_built_it(site: Path) -> None:
    here = str(Path(__file__).parent.parent.parent).encode()
    assert [file for file in site.rglob("*") if file.is_file() and here in file.read_bytes()] == []
