"""A content-addressed cache of files: a key holds everything that can change the value, so no entry is out of date."""

import hashlib
import json
import os
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(os.environ.get("GDFIGS_CACHE", ".cache/gdfigs"))
LIMIT = 200_000_000
"""Bytes; a few hundred times what one build of the site stores."""
IN_USE = 600.0
"""Seconds. A build that has found an entry may count on it for so long, whatever other builds do meanwhile."""

_NAME = re.compile(r"[0-9a-f]{32}|\.[0-9a-f]{32}\.[0-9a-f]{32}")
"""Matches the file name of an entry, or of one that is not finished."""


def digest(*parts: Any) -> str:
    """Returns a key of 32 hexadecimal digits for parts that JSON can write."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def load(key: str, folder: Path | None = None) -> bytes | None:
    """Returns the value stored under ``key``, or None where there is none or it is damaged."""
    entry = (folder or FOLDER) / key
    try:
        checksum, _, value = entry.read_bytes().partition(b"\n")
    except OSError:
        return None
    if checksum != _checksum(value):
        return None
    with suppress(OSError):  # another process has removed it meanwhile, or it may only be read
        os.utime(entry)  # trim() removes what was not used for longest
    return value


def save(key: str, value: bytes, folder: Path | None = None) -> None:
    """Stores ``value`` whole or not at all; of two processes that store the same key, either may win."""
    folder = folder or FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / key, _checksum(value) + b"\n" + value)


def cached(key: str, make: Callable[[], bytes]) -> bytes:
    """Returns the value stored under ``key``; where there is none, calls ``make`` and stores what it returns."""
    value = load(key)
    if value is None:
        value = make()
        save(key, value)
    return value


def trim(folder: Path | None = None) -> None:
    """Removes the entries not used for longest, until at most LIMIT bytes are left.

    What was used in the last IN_USE seconds stays: no build removes an entry that another one counts on.
    """
    entries = list(_entries(folder or FOLDER))
    size = sum(entry.size for entry in entries)
    for entry in sorted(entries, key=lambda entry: -entry.idle):
        if entry.idle > IN_USE and (size > LIMIT or entry.unfinished):
            size -= entry.remove()


class _Entry(NamedTuple):
    """A file named as those of the cache. idle: seconds since it was last used."""

    file: Path
    size: int
    idle: float

    @property
    def unfinished(self) -> bool:
        return self.file.name.startswith(".")

    def remove(self) -> int:
        """Returns the bytes freed: none where the cache did not write the file, or another process was first."""
        with suppress(OSError):
            with self.file.open("rb") as opened:
                begins_as_ours = self.unfinished or re.fullmatch(rb"[0-9a-f]{64}\n", opened.read(65))
            if begins_as_ours:
                self.file.unlink()
                return self.size
        return 0


def _entries(folder: Path) -> Iterator[_Entry]:
    with suppress(FileNotFoundError), os.scandir(folder) as files:
        for file in files:
            with suppress(FileNotFoundError):  # another process has removed it meanwhile
                if _NAME.fullmatch(file.name) and file.is_file(follow_symlinks=False):
                    found = file.stat()
                    yield _Entry(Path(file), found.st_size, time.time() - found.st_mtime)


def write(file: Path, content: bytes) -> None:
    """Writes a file whole or not at all, whatever interrupts it. Raises OSError."""
    unfinished = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(file)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _checksum(value: bytes) -> bytes:
    return hashlib.sha256(value).hexdigest().encode()
