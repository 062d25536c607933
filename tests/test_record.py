"""No check of a statement grows weaker, and no figure changes, unseen. What is meant to change is put on record:

.venv/bin/python -m tests.record
"""

import json
from itertools import combinations
from typing import Any

import pytest
from matplotlib.lines import Line2D

from gdfigs.claims.core import claims
from gdfigs.plots.looks import looks
from gdfigs.plots.registry import all_figures
from gdfigs.plots.style import DASHES, MARKERS
from tests.record import FOLDER, NUMBER, drawn, measured
from tests.shown import Shown

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


def exchange(one: Line2D, other: Line2D) -> None:
    """Gives each of two lines the colour of the other."""
    colours = one.get_color(), other.get_color()
    other.set_color(colours[0])
    one.set_color(colours[1])


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

    @pytest.mark.parametrize("name", FIGURES)
    def test_two_exchanged_colours_are_seen(self, name: str) -> None:
        pairs = combinations([line for ax in Shown(name).axes for line in ax.lines], 2)
        for one, other in [pair for pair in pairs if pair[0].get_color() != pair[1].get_color()][:1]:
            exchange(one, other)
            try:
                assert looks(Shown(name).picture.figure) != DRAWN[name]["looks"]
            finally:
                exchange(one, other)

    def test_these_are_on_record_and_no_others(self) -> None:
        assert DRAWN.keys() == FIGURES.keys()

    def test_every_word_of_a_dash_or_marker_is_needed(self) -> None:
        used = {word for figure in DRAWN.values() for look in figure["looks"] for word in look.split()}
        assert {word for words in (*DASHES, *MARKERS.values()) for word in words.split()} <= used
