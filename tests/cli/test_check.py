"""``gdfigs check`` tells what came of each claim, by all its evidence, and fails where one does not hold."""

import re
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from gdfigs.claims import core as claims
from gdfigs.claims.core import Claim, Pairs, WorstCase, check, claim, claims
from gdfigs.cli.check import examine
from tests.cli.conftest import Run

PAGE = "outlook.md"


def holding() -> Pairs:
    yield 1.0, 2.0
    yield [1.0, 2.0], [2.0, 2.0]


def failing() -> Pairs:
    yield 3.0, 2.0


@pytest.fixture
def entered(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Pairs]], Claim]:
    """Enters a claim into a list of its own."""
    monkeypatch.setattr(module, "_CLAIMS", {})
    monkeypatch.setattr(module, "MODULES", ())
    return claim(PAGE, "x")


@pytest.mark.usefixtures("here")
def test_each_claim_named_is_told_of_with_evidence_ratio_and_cases(run: Run) -> None:
    status, out, err = run("check", "energy", "descent-lemma", "energy")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert [line for line in lines if not line.startswith(" ")][:2] == ["gradient-flow.md", "gradient-descent.md"]
    energy, lemma = check(claims()["energy"]), check(claims()["descent-lemma"])
    assert re.fullmatch(
        rf" +energy +{energy.cases} cases  agrees to {energy.worst:.0e} +proved, symbolic, sampled", lines[1]
    )
    assert re.fullmatch(
        rf" +descent-lemma +{lemma.cases} cases  tight: worst ratio 1 +"
        "proved, exact worst case, attained, symbolic, sampled",
        lines[3],
    )
    assert lines[4:] == [f"2 claims checked on {energy.cases + lemma.cases:,} cases: all hold"]


@pytest.mark.usefixtures("here")
def test_without_names_all_are_checked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    call = []
    # What is slow about a claim is tested one by one, above and in test_claims.py.
    monkeypatch.setattr(
        import_module("gdfigs.cli.check"), "examine", lambda name: call.append(name) or examine("orbits")
    )
    status, out, _ = run("check")
    assert status == 0
    assert call == list(claims())
    assert re.findall(r"^  ([\w-]+)", out, flags=re.MULTILINE) == call
    assert re.findall(r"^(\S+\.md)$", out, flags=re.MULTILINE) == list(dict.fromkeys(c.page for c in claims().values()))
    assert f"{len(call)} claims checked" in out


@pytest.mark.usefixtures("here")
def test_quiet_prints_nothing_where_all_hold(run: Run) -> None:
    assert run("check", "orbits", "--quiet") == (0, "", "")


def test_misspelt_names_are_told_with_the_nearest_and_nothing_is_checked(run: Run) -> None:
    status, out, err = run("check", "descent-lema", "energy", "orbit")
    assert (status, out) == (2, "")
    assert err == (
        "gdfigs: no claim is named 'descent-lema'; did you mean 'descent-lemma'?; "
        "no claim is named 'orbit'; did you mean 'orbits'?\n"
    )


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("quiet", [[], ["-q"]])
def test_what_does_not_hold_is_told_and_does_not_keep_the_others(run: Run, entered: Any, quiet: list[str]) -> None:
    wrong = [entered(failing)]
    entered(holding)

    @claim(PAGE, "y")
    def broken() -> Pairs:
        yield 1 / 0, 1.0

    wrong.append(broken)
    status, out, err = run("check", *quiet)
    assert status == 1
    assert err.splitlines() == [
        f"gdfigs: {PAGE}#failing fails on the example of the text: 3 against 2, a ratio of 1.5",
        f"gdfigs: {PAGE}#broken: ZeroDivisionError: division by zero",
        "gdfigs: 2 of 3 claims do not hold",
    ]
    assert out.splitlines() == ([] if quiet else [
        PAGE,
        "  failing  DOES NOT HOLD",
        "  holding        3 cases  tight: worst ratio 1                        on its example",
        "  broken   DOES NOT HOLD",
    ])  # fmt: skip


class TestEveryKindOfEvidence:
    def test_a_claim_that_holds_without_its_hypothesis(self, entered: Any) -> None:
        entered(holding).without("convexity")(holding)
        assert examine("holding").fault == f"{PAGE}#holding holds without convexity as well"

    def test_a_claim_that_fails_without_its_hypothesis(self, entered: Any) -> None:
        entered(holding).without("convexity")(failing)
        assert (examine("holding").fault, examine("holding").cases) == ("", 3)

    def test_a_bound_that_is_not_attained(self, entered: Any) -> None:
        def half() -> Pairs:
            yield 1.0, 2.0

        entered(holding).attained("a parabola")(half)
        assert "is not attained by a parabola" in examine("holding").fault

    def test_an_identity_that_is_none(self, entered: Any) -> None:
        from sympy import Symbol, sin

        x = Symbol("x")
        entered(holding).symbolic(lambda: [x - x, sin(x) - x])
        assert examine("holding").fault == f"{PAGE}#holding rests on -x + sin(x) = 0, which is no identity"

    @pytest.mark.parametrize(("found", "holds"), [(2.0, True), (2.00003, True), (2.0001, False), (1.9999, False)])
    def test_a_supremum_that_is_another(self, entered: Any, found: float, holds: bool) -> None:
        entered(holding).worst_case(
            lambda: [WorstCase("gap", lambda: 2.0, 2.0), WorstCase("k = 2", lambda: found, 2.0)]
        )
        fault = examine("holding").fault
        assert fault == ("" if holds else f"{PAGE}#holding fails on the worst case: k = 2: {found:.8g} against 2")

    def test_what_a_missing_package_leaves_unchecked_is_said(
        self, entered: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = entered(holding)
        made.symbolic(lambda: 1 / 0)
        made.worst_case(lambda: 1 / 0)
        monkeypatch.setattr(import_module("gdfigs.cli.check"), "find_spec", lambda package: None)
        line = examine("holding").line
        assert "exact worst case (not checked: PEPit is not installed)" in line
        assert "symbolic (not checked: sympy is not installed)" in line
        monkeypatch.undo()


def test_it_runs_in_processes_of_its_own(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gdfigs", "check", "orbits", "false-factor"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "false: exceeded by a factor of" in done.stdout
    assert not list(tmp_path.iterdir())
