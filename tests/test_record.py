"""No check of a statement grows weaker, and no figure changes, unseen. What is meant to change is put on record:

.venv/bin/python -m tests.record
"""

import json
from typing import Any

import pytest

from gdfigs.claims.core import claims
from gdfigs.plots.registry import all_figures
from tests.record import FOLDER, NUMBER, drawn, measured

CLAIMS, FIGURES = claims(), all_figures()
MEASURED, DRAWN = (json.loads((FOLDER / f"{of}.json").read_text(encoding="utf-8")) for of in ("claims", "figures"))


def assert_same(now: Any, then: Any, where: str) -> None:
    match then:
        case dict():
            assert now.keys() == then.keys(), where
            for name in then:
                assert_same(now[name], then[name], f"{where}: {name}")
        case list():
            assert len(now) == len(then), where
            for one, other in zip(now, then, strict=True):
                assert_same(one, other, where)
        case str():
            assert NUMBER.sub("#", now) == NUMBER.sub("#", then), where
            assert_same([*map(float, NUMBER.findall(now))], [*map(float, NUMBER.findall(then))], where)
        case _:
            # Machines differ by rounding, and by the error of the solver, 1e-10, which some of the numbers are.
            assert now == pytest.approx(then, rel=1e-6, abs=1e-8), where


class TestChecks:
    @pytest.mark.parametrize("name", CLAIMS)
    def test_each_holds_and_measures_what_it_did_when_last_read(self, name: str) -> None:
        assert_same(measured(CLAIMS[name]), MEASURED[name], name)

    def test_these_are_on_record_and_no_others(self) -> None:
        assert MEASURED.keys() == CLAIMS.keys()


class TestFigures:
    @pytest.mark.parametrize("name", FIGURES)
    def test_each_shows_what_it_did_when_it_was_last_looked_at(self, name: str) -> None:
        assert_same(drawn(FIGURES[name]), DRAWN[name], name)

    def test_these_are_on_record_and_no_others(self) -> None:
        assert DRAWN.keys() == FIGURES.keys()
