"""The same sources give the same bytes."""

import hashlib
from pathlib import Path

from tests.built import build


def contents(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_a_build_in_another_process_with_an_empty_store_is_the_same_byte_for_byte(site: Path, tmp_path: Path) -> None:
    made = build(tmp_path / "site", hash_seed=2, GDFIGS_CACHE=str(tmp_path / "store"))
    assert made.returncode == 0, made.stderr
    assert contents(tmp_path / "site") == contents(site)


def test_a_page_names_no_folder_of_the_machine_that_built_it(site: Path) -> None:
    here = str(Path(__file__).parent.parent.parent).encode()
    assert [file for file in site.rglob("*") if file.is_file() and here in file.read_bytes()] == []
