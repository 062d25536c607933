"""A claim is checked by every kind of its evidence."""

from collections.abc import Callable
from typing import Any

import pytest

from gdfigs.claims import core
from gdfigs.claims.core import Claim, ClaimError, Pairs, WorstCase
from gdfigs.claims.thorough import check_thoroughly, missing_package


def holding() -> Pairs:
    yield 1.0, 2.0
    yield [1.0, 2.0], [2.0, 2.0]


def failing() -> Pairs:
    yield 3.0, 2.0


def half() -> Pairs:
    yield 1.0, 2.0


def sine() -> Any:
    from sympy import Symbol, sin

    return sin(Symbol("x")) - Symbol("x")


@pytest.fixture
def claim(monkeypatch: pytest.MonkeyPatch) -> Claim:
    monkeypatch.setattr(core, "_CLAIMS", {})
    return core.claim("outlook.md", "x")(holding)


@pytest.mark.parametrize(
    ("attach", "fault"),
    [
        (lambda claim: claim.without("convexity")(holding), "holding holds without convexity as well"),
        (lambda claim: claim.attained("a parabola")(half), "holding is not attained by a parabola"),
        (
            lambda claim: claim.symbolic(lambda: [0, sine()]),
            r"holding rests on -x \+ sin\(x\) = 0, which is no identity",
        ),
        (lambda claim: claim.worst_case(lambda: [WorstCase("k = 2", lambda: 2.0001, 2.0)]), "k = 2: 2.0001 against 2"),
        (lambda claim: claim.worst_case(lambda: [WorstCase("k = 2", lambda: 1.9999, 2.0)]), "k = 2: 1.9999 against 2"),
    ],
)
def test_every_kind_of_evidence_can_fail(claim: Claim, attach: Callable[[Claim], None], fault: str) -> None:
    attach(claim)
    with pytest.raises(ClaimError, match=fault):
        check_thoroughly(claim)


def test_evidence_that_holds_passes(claim: Claim) -> None:
    claim.without("convexity")(failing)
    claim.symbolic(lambda: [sine() - sine()])
    claim.worst_case(lambda: [WorstCase("k = 2", lambda: 2.00003, 2.0)])
    assert check_thoroughly(claim).cases == 3


def test_evidence_without_its_package_is_left_out(claim: Claim, monkeypatch: pytest.MonkeyPatch) -> None:
    claim.symbolic(lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    claim.worst_case(lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    monkeypatch.setattr("gdfigs.claims.thorough.find_spec", lambda package: None)
    assert check_thoroughly(claim).cases == 3
    assert [missing_package(kind) for kind in ("symbolic", "exact worst case", "sampled")] == ["sympy", "PEPit", ""]
