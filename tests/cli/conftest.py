"""The command line, run in this process, in an empty folder."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gdfigs.build.jobs import BuildJobs
from gdfigs.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command: exit status, output, complaints."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        try:
            status = main(words)
        except SystemExit as stop:
            status = int(stop.code or 0)
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be worked on in other processes is worked on in this one, where a test can change it."""

    def spread(_: BuildJobs, work: Callable[..., Any], cases: list[tuple[Any, ...]]) -> Iterator[Any]:
        return (work(*case) for case in cases)

    monkeypatch.setattr(BuildJobs, "spread", spread)
