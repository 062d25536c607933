"""A terminal is shown how far the work is; nobody else is. An interruption ends it in one line."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gdfigs.cli import main

COMMAND = [sys.executable, "-m", "gdfigs"]


def in_terminal(folder: Path, *words: str) -> str:
    """All that the command writes to a terminal."""
    ours, theirs = pty.openpty()
    made = subprocess.Popen([*COMMAND, *words], cwd=folder, stdout=theirs, stderr=theirs, close_fds=True)
    os.close(theirs)
    said = b""
    try:
        while piece := os.read(ours, 4096):
            said += piece
    except OSError:  # so Linux says that nobody writes any more
        pass
    os.close(ours)
    assert made.wait() == 0
    return said.decode()


def test_a_terminal_is_shown_a_bar_that_ends_full(tmp_path: Path) -> None:
    said = in_terminal(tmp_path, "check", "orbits", "false-factor")
    assert "Checking  [" in said
    assert "[####################################]  100%" in said
    assert "2 claims checked" in said.rpartition("100%")[2]


def test_quiet_shows_none(tmp_path: Path) -> None:
    assert in_terminal(tmp_path, "check", "orbits", "--quiet") == ""


def test_a_file_or_a_pipe_gets_none(tmp_path: Path) -> None:
    done = subprocess.run([*COMMAND, "check", "orbits"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "%" not in done.stdout
    assert "Checking" not in done.stdout


def test_an_interruption_is_told_in_one_line_and_leaves_no_process_behind(tmp_path: Path) -> None:
    made = subprocess.Popen(
        [*COMMAND, "render", "--all"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    while not (tmp_path / "figures").exists() and made.poll() is None:
        time.sleep(0.01)
    time.sleep(0.3)  # while the others start
    os.killpg(made.pid, signal.SIGINT)
    out, err = made.communicate()
    assert (made.returncode, out, err.strip()) == (1, "", "gdfigs: interrupted")
    give_up = time.monotonic() + 10
    with pytest.raises(ProcessLookupError):  # noqa: PT012
        while time.monotonic() < give_up:  # the last to end is the one that cleans up behind the others
            os.killpg(made.pid, 0)
            time.sleep(0.01)
    assert not list(tmp_path.glob("figures/.*"))


def test_a_reader_that_has_enough_is_no_fault(tmp_path: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m gdfigs list | head -1"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_an_output_that_takes_no_more_is_a_fault_told_in_one_line(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        own = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        done = subprocess.run([*COMMAND, "list"], cwd=tmp_path, env=own, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (1, "gdfigs: the output: No space left on device\n")


def test_words_come_from_the_command_line_unless_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["gdfigs", "--help"])
    assert main() == 0
