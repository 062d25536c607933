"""The cache gives back what was put in, or nothing."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdfigs.build import cache

VALUE = b"one\ntwo\n\x00\xff"


@pytest.mark.parametrize("value", [VALUE, b""])
def test_a_value_comes_back_as_it_was_last_stored(tmp_path: Path, value: bytes) -> None:
    folder = tmp_path / "deep/down"
    assert cache.load("key", folder) is None
    for stored in (b"other", value):
        cache.save("key", stored, folder)
        assert cache.load("key", folder) == stored
    assert cache.load("other", folder) is None


def test_an_entry_that_is_cut_or_has_one_bit_turned_is_nothing(tmp_path: Path) -> None:
    cache.save("key", VALUE, tmp_path)
    whole = (tmp_path / "key").read_bytes()
    turned = [whole[:n] + bytes([whole[n] ^ 1]) + whole[n + 1 :] for n in range(len(whole))]
    for damaged in [*turned, *(whole[:n] for n in range(len(whole)))]:
        (tmp_path / "key").write_bytes(damaged)
        assert cache.load("key", tmp_path) is None


@given(st.binary(max_size=100))
def test_garbage_is_nothing(tmp_path_factory: pytest.TempPathFactory, garbage: bytes) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "garbage").write_bytes(garbage)
    assert cache.load("garbage", folder) is None


def test_a_folder_in_the_place_of_an_entry_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "key").mkdir()
    assert cache.load("key", tmp_path) is None


@pytest.mark.parametrize("step", ["write_bytes", "replace"])
@pytest.mark.parametrize("interruption", [OSError("disk full"), KeyboardInterrupt()])
def test_a_save_that_fails_leaves_things_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, interruption: BaseException
) -> None:
    cache.save("key", VALUE, tmp_path)
    done = getattr(Path, step)

    def fail(self: Path, *arguments: object) -> None:
        if step == "write_bytes":
            done(self, b"half")
        raise interruption

    monkeypatch.setattr(Path, step, fail)
    with pytest.raises(type(interruption)):
        cache.save("key", b"other", tmp_path)
    monkeypatch.undo()
    assert cache.load("key", tmp_path) == VALUE
    assert [p.name for p in tmp_path.iterdir()] == ["key"]


def test_a_cached_value_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "FOLDER", tmp_path)
    assert cache.cached("key", lambda: VALUE) == VALUE
    assert cache.cached("key", lambda: b"made again") == VALUE
    (tmp_path / "key").write_bytes(b"damaged")
    assert cache.cached("key", lambda: b"made again") == b"made again"


class TestBounds:
    """Entries of a hundred bytes in a cache that holds a thousand."""

    @pytest.fixture(autouse=True)
    def limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cache, "LIMIT", 1000)

    def filled(self, folder: Path, idle: Sequence[float]) -> list[str]:
        """Keys of entries that were last used so many seconds ago."""
        keys = [cache.digest(n) for n in range(len(idle))]
        for key, seconds in zip(keys, idle, strict=True):
            cache.save(key, bytes(100 - 65), folder)
            used = time.time() - seconds
            os.utime(folder / key, (used, used))
        return keys

    def left(self, folder: Path) -> set[str]:
        return {file.name for file in folder.iterdir()}

    def test_those_unused_for_longest_go_until_the_rest_fits(self, tmp_path: Path) -> None:
        keys = self.filled(tmp_path, [10_000 + 100 * (n * 7 % 15) for n in range(15)])
        cache.trim(tmp_path)
        newest = sorted(range(15), key=lambda n: n * 7 % 15)[:10]
        assert self.left(tmp_path) == {keys[n] for n in newest}
        cache.trim(tmp_path)
        assert len(self.left(tmp_path)) == 10

    def test_a_cache_that_fits_is_left_alone(self, tmp_path: Path) -> None:
        keys = self.filled(tmp_path, [10_000.0] * 10)
        cache.trim(tmp_path)
        assert self.left(tmp_path) == set(keys)

    def test_to_be_read_is_to_be_used(self, tmp_path: Path) -> None:
        keys = self.filled(tmp_path, [10_000 + n for n in range(15)])
        assert cache.load(keys[14], tmp_path) is not None
        cache.trim(tmp_path)
        assert self.left(tmp_path) == {*keys[:9], keys[14]}

    def test_what_a_running_build_has_found_stays_though_there_is_too_much(self, tmp_path: Path) -> None:
        keys = self.filled(tmp_path, [cache.IN_USE - 5] * 12 + [cache.IN_USE + 5] * 3)
        cache.trim(tmp_path)
        assert self.left(tmp_path) == set(keys[:12])

    def test_what_a_killed_process_left_unfinished_goes_and_what_is_being_written_stays(self, tmp_path: Path) -> None:
        keys = self.filled(tmp_path, [10_000.0])
        old, new = (tmp_path / f".{keys[0]}.{digit * 32}" for digit in "ab")
        for file in (old, new):
            file.write_bytes(b"half")
        os.utime(old, (0, 0))
        cache.trim(tmp_path)
        assert self.left(tmp_path) == {keys[0], new.name}

    def test_only_what_the_cache_has_written_is_taken_away(self, tmp_path: Path) -> None:
        folder = tmp_path / "cache"
        self.filled(folder, [10_000.0] * 20)
        name = "0123456789abcdef0123456789abcdef"
        (tmp_path / "elsewhere").write_bytes(b"f" * 64 + b"\n" + bytes(2000))
        kept = {
            "key": b"f" * 64 + b"\n",  # no name of an entry
            f"{name}.svg": b"f" * 64 + b"\n",
            name.upper(): b"f" * 64 + b"\n",
            f".{name}": b"f" * 64 + b"\n",
            f".{name}.part": b"",
            name: bytes(5000),  # the name of an entry, which does not begin as one
            name[::-1]: b"f" * 63 + b"\n",
        }
        for other, content in kept.items():
            (folder / other).write_bytes(content)
            os.utime(folder / other, (0, 0))
        (folder / f"{'a' * 32}").mkdir()
        (folder / f"{'b' * 32}").symlink_to(tmp_path / "elsewhere")
        cache.trim(folder)
        assert self.left(folder) == {*kept, "a" * 32, "b" * 32}
        assert all((folder / other).read_bytes() == content for other, content in kept.items())
        assert (tmp_path / "elsewhere").exists()

    def test_a_folder_that_is_not_there_is_no_fault(self, tmp_path: Path) -> None:
        cache.trim(tmp_path / "none")
        assert not list(tmp_path.iterdir())

    def test_a_cache_that_may_only_be_read_is_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (key,) = self.filled(tmp_path, [10_000.0])

        def refuse(*_: object) -> None:
            raise PermissionError

        monkeypatch.setattr(os, "utime", refuse)
        monkeypatch.setattr(Path, "unlink", refuse)
        assert cache.load(key, tmp_path) == bytes(35)
        cache.trim(tmp_path)

    def test_builds_at_the_same_time_save_trim_and_read_no_mixture(self, tmp_path: Path) -> None:
        workers = [subprocess.Popen([sys.executable, "-c", TRIM_OFTEN, seed, str(tmp_path)]) for seed in "123"]
        assert [worker.wait() for worker in workers] == [0, 0, 0]
        for entry in tmp_path.iterdir():
            os.utime(entry, (0, 0))
        cache.trim(tmp_path)
        assert self.left(tmp_path) == {"steady"}  # each other is larger than the limit here


TRIM_OFTEN = """
import contextlib, os, pathlib, random, sys
from gdfigs.build import cache
cache.LIMIT = 500_000
folder, choose = pathlib.Path(sys.argv[2]), random.Random(sys.argv[1])
keys = {cache.digest(n): bytes([n] * 50_000) for n in range(30)}
for _ in range(300):
    written, read = choose.choices(list(keys), k=2)
    cache.save(written, keys[written], folder)
    assert cache.load(read, folder) in (None, keys[read])
    for key in (written, read):
        with contextlib.suppress(OSError):
            os.utime(folder / key, (0, 0))
    cache.trim(folder)
    cache.save("steady", sys.argv[1].encode() * 50_000, folder)
    assert len({*cache.load("steady", folder)}) == 1  # whole, at any time, and of one of the processes
"""


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
    keys = {cache.digest(*p) for p in (parts, *others)}
    assert len(keys) == 1 + len(others)
    assert all(len(k) == 32 and set(k) <= set("0123456789abcdef") for k in keys)


def test_the_order_of_parameters_does_not_change_a_key() -> None:
    assert cache.digest({"a": 1, "b": 2}) == cache.digest({"b": 2, "a": 1})
