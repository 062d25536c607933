"""The shell completes commands, figures, parameters, claims and pages."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gdfigs.claims.core import claims
from gdfigs.cli.completion import SHELLS, VARIABLE
from gdfigs.plots.registry import all_figures
from tests.cli.conftest import Run

Completed = Callable[[str], list[str]]


@pytest.fixture
def completed(run: Run, monkeypatch: pytest.MonkeyPatch) -> Completed:
    """What the last word of a line may become, as bash is told."""

    def completed(line: str) -> list[str]:
        monkeypatch.setenv(VARIABLE, "bash_complete")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(re.findall(" +", line))))
        _, out, err = run()
        assert err == ""
        return [word.removeprefix("plain,") for word in out.split()]

    return completed


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("gdfigs re", ["render"]),
        ("gdfigs render amp", ["amplification"]),
        ("gdfigs facts amp", ["amplification"]),
        ("gdfigs render --theme dark amp", ["amplification"]),
        ("gdfigs render amplification --larg", ["--largest"]),
        ("gdfigs facts amplification --larg", ["--largest"]),
        ("gdfigs render amplification --largest 4 --th", ["--theme"]),
        ("gdfigs render --a", ["--all"]),
        ("gdfigs render amplification --theme ", ["light", "dark"]),
        ("gdfigs render amplification --format p", ["pdf", "png"]),
        ("gdfigs render nothing --l", []),
        ("gdfigs check descent-l", ["descent-lemma"]),
        ("gdfigs check energy descent-l", ["descent-lemma"]),
        ("gdfigs new x --page gradient-f", ["gradient-flow.md"]),
        ("gdfigs completion f", ["fish"]),
    ],
)
def test_the_last_word_is_completed(completed: Completed, line: str, words: list[str]) -> None:
    assert completed(line) == words


def test_all_figures_and_all_claims_are_offered(completed: Completed) -> None:
    assert completed("gdfigs render ") == list(all_figures())
    assert completed("gdfigs check ") == list(claims())
    for name in ("modes", "stability-regions"):
        assert {f"--{p}" for p in all_figures()[name].parameters} <= set(completed(f"gdfigs render {name} --"))


def test_what_keeps_the_figures_from_being_read_is_not_told_in_the_middle_of_a_line(
    completed: Completed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gdfigs.figures

    (tmp_path / "broken.py").write_text("x = (\n")
    monkeypatch.setattr(gdfigs.figures, "__path__", [str(tmp_path)])
    assert completed("gdfigs render amp") == []


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_is_told_how(run: Run, shell: str) -> None:
    status, out, _ = run("completion", shell)
    assert status == 0
    assert f"{VARIABLE}={shell}_complete" in out
    if program := shutil.which(shell):
        subprocess.run([program, "-n"], input=out, text=True, check=True)


def test_bash_completes(tmp_path: Path) -> None:
    script = Path(sys.executable).with_name("gdfigs")
    typed = (
        f'eval "$({script} completion bash)"; COMP_WORDS=({script} render amplification --larg); COMP_CWORD=3; '
        f'_gdfigs_completion {script}; echo "${{COMPREPLY[@]}}"; complete -p gdfigs'
    )
    done = subprocess.run(["bash", "-c", typed], capture_output=True, text=True, cwd=tmp_path, env=os.environ)
    assert done.stderr == ""
    offered, registered = done.stdout.splitlines()
    assert offered == "--largest"
    assert registered.endswith("gdfigs")
