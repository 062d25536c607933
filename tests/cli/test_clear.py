"""``gdfigs clear`` empties the store and says what that frees."""

from pathlib import Path

import pytest

from gdfigs.build import cache as store
from tests.cli.conftest import Run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(store, "FOLDER", tmp_path / "store")
    return tmp_path / "store"


def test_it_says_how_many_entries_and_how_much(run: Run, folder: Path) -> None:
    for n in range(3):
        store.save(store.digest(n), bytes(500_000 - 65))
    assert run("clear") == (0, f"3 entries, 1.5 MB, freed in {folder}\n", "")
    assert not list(folder.iterdir())
    store.save(store.digest(1), bytes(40_000 - 65))
    assert run("clear") == (0, f"1 entry, 0.0 MB, freed in {folder}\n", "")


def test_an_empty_store_and_none_at_all_are_as_good(run: Run, folder: Path) -> None:
    for _ in range(2):
        assert run("clear") == (0, f"0 entries, 0.0 MB, freed in {folder}\n", "")
        folder.mkdir(exist_ok=True)


def test_what_is_not_the_stores_own_stays(run: Run, folder: Path) -> None:
    store.save(store.digest(1), b"value")
    (folder / "notes.txt").write_text("mine")
    assert run("clear")[1].startswith("1 entry, ")
    assert [file.name for file in folder.iterdir()] == ["notes.txt"]
