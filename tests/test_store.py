"""The store gives back what was put in, or nothing."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdfigs import store

VALUE = b"one\ntwo\n\x00\xff"


def test_a_value_comes_back_as_it_was_stored(tmp_path: Path) -> None:
    store.save("key", VALUE, tmp_path)
    assert store.load("key", tmp_path) == VALUE


def test_the_empty_value_is_a_value(tmp_path: Path) -> None:
    store.save("key", b"", tmp_path)
    assert store.load("key", tmp_path) == b""


def test_a_later_value_takes_the_place_of_an_earlier(tmp_path: Path) -> None:
    store.save("key", VALUE, tmp_path)
    store.save("key", b"other", tmp_path)
    assert store.load("key", tmp_path) == b"other"


def test_what_was_never_stored_is_nothing(tmp_path: Path) -> None:
    assert store.load("key", tmp_path) is None
    assert store.load("key", tmp_path / "no folder") is None


def test_saving_makes_the_folder(tmp_path: Path) -> None:
    store.save("key", VALUE, tmp_path / "deep/down")
    assert store.load("key", tmp_path / "deep/down") == VALUE


@pytest.mark.parametrize("length", [0, 1, 64, 65, 66, -1])
def test_a_truncated_entry_is_nothing(tmp_path: Path, length: int) -> None:
    store.save("key", VALUE, tmp_path)
    entry = tmp_path / "key"
    entry.write_bytes(entry.read_bytes()[:length])
    assert store.load("key", tmp_path) is None


def test_an_entry_with_one_bit_turned_is_nothing(tmp_path: Path) -> None:
    store.save("key", VALUE, tmp_path)
    whole = (tmp_path / "key").read_bytes()
    for n in range(len(whole)):
        (tmp_path / "key").write_bytes(whole[:n] + bytes([whole[n] ^ 1]) + whole[n + 1 :])
        assert store.load("key", tmp_path) is None


@given(st.binary(max_size=100))
def test_garbage_is_nothing(tmp_path_factory: pytest.TempPathFactory, garbage: bytes) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "garbage").write_bytes(garbage)
    assert store.load("garbage", folder) is None


def test_a_folder_in_the_place_of_an_entry_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "key").mkdir()
    assert store.load("key", tmp_path) is None


@pytest.mark.parametrize("step", ["write_bytes", "replace"])
@pytest.mark.parametrize("interruption", [OSError("disk full"), KeyboardInterrupt()])
def test_a_save_that_fails_leaves_things_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, interruption: BaseException
) -> None:
    store.save("key", VALUE, tmp_path)
    done = getattr(Path, step)

    def fail(self: Path, *arguments: object) -> None:
        if step == "write_bytes":
            done(self, b"half")
        raise interruption

    monkeypatch.setattr(Path, step, fail)
    with pytest.raises(type(interruption)):
        store.save("key", b"other", tmp_path)
    monkeypatch.undo()
    assert store.load("key", tmp_path) == VALUE
    assert [p.name for p in tmp_path.iterdir()] == ["key"]


SAVE_OFTEN = """
import pathlib, sys
from gdfigs import store
for _ in range(300):
    store.save("key", sys.argv[1].encode() * 50_000, pathlib.Path(sys.argv[2]))
"""


def test_a_cached_value_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "FOLDER", tmp_path)
    assert store.cached("key", lambda: VALUE) == VALUE
    assert store.cached("key", lambda: b"made again") == VALUE
    (tmp_path / "key").write_bytes(b"damaged")
    assert store.cached("key", lambda: b"made again") == b"made again"


def test_of_two_processes_either_may_win_and_none_reads_a_mixture(tmp_path: Path) -> None:
    values = {letter * 50_000 for letter in (b"a", b"b")}
    store.save("key", min(values), tmp_path)
    writers = [subprocess.Popen([sys.executable, "-c", SAVE_OFTEN, letter, str(tmp_path)]) for letter in "ab"]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        seen.add(store.load("key", tmp_path))
    assert [writer.returncode for writer in writers] == [0, 0]
    assert seen <= values
    assert store.load("key", tmp_path) in values
    assert [p.name for p in tmp_path.iterdir()] == ["key"]


def test_a_key_is_a_file_name_that_every_part_and_its_place_changes() -> None:
    parts = ("name", {"a": 1.0, "b": 2}, [1, 2])
    others = [
        ("name2", parts[1], parts[2]),
        ("name", {"a": 1.5, "b": 2}, [1, 2]),
        ("name", {"a": 1.0, "c": 2}, [1, 2]),
        ("name", parts[1], [2, 1]),
        (parts[1], "name", [1, 2]),
        ("name", parts[1]),
        ("name", parts[1], 1, 2),
        ("na", "me", *parts[1:]),
    ]
    keys = {store.digest(*p) for p in (parts, *others)}
    assert len(keys) == 1 + len(others)
    assert all(len(k) == 32 and set(k) <= set("0123456789abcdef") for k in keys)


def test_the_order_of_parameters_does_not_change_a_key() -> None:
    assert store.digest({"a": 1, "b": 2}) == store.digest({"b": 2, "a": 1})
