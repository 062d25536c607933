"""Content-addressed files: a key holds everything that can change the value, so an entry is never out of date."""

import hashlib
import json
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ.get("GDFIGS_CACHE", ".cache/gdfigs"))


def digest(*parts: Any) -> str:
    """A key of 32 hexadecimal digits from parts that JSON can write."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def load(key: str, folder: Path | None = None) -> bytes | None:
    """The value stored under ``key``, or None where there is none or it is damaged."""
    try:
        checksum, _, value = ((folder or FOLDER) / key).read_bytes().partition(b"\n")
    except OSError:
        return None
    return value if checksum == _checksum(value) else None


def save(key: str, value: bytes, folder: Path | None = None) -> None:
    """Stores ``value`` whole or not at all; of two processes that store the same key, either may win."""
    folder = folder or FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / key, _checksum(value) + b"\n" + value)


def cached(key: str, make: Callable[[], bytes]) -> bytes:
    """The value stored under ``key``; where there is none, it is made, and stored."""
    value = load(key)
    if value is None:
        value = make()
        save(key, value)
    return value


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
