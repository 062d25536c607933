"""No check of a statement grows weaker, no figure and no sentence changes, unseen. What is meant is put on record:

.venv/bin/python -m tests.record
"""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from matplotlib.lines import Line2D

from gdfigs.build import cache
from gdfigs.claims.core import claims
from gdfigs.plots.looks import looks
from gdfigs.plots.registry import all_figures
from gdfigs.plots.style import DASHES, MARKERS
from tests import record, words
from tests.record import FOLDER, NUMBER, drawn, measured
from tests.shown import Shown
from tests.words import Sentence, changes, grouped, of_page

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


PAGE = """---
title: A page
description: It says little.
tags: [x]
---
# A heading

A way, with [links](b.md) and [34](gdfigs:x#y) steps, e.g. [twice](gdfigs:x#y) or [2](gdfigs:a#b)[so](gdfigs:claims#c).
*Another* of `code`
and $x . Y$.

/// theorem | A title
    attrs: {id: small}

A statement:

$$
x \\le y
$$

- A case.

/// proof

*1.* A reason.
///
///

![A picture](gdfigs:amplification)

/// figure-caption
A caption. Of two sentences.
///

| A column |
| --- |
| A cell |

/// table-caption
About the table.
///
"""


@pytest.fixture(scope="module")
def said() -> dict[str, list[Sentence]]:
    return words.now()


def told(before: str, after: str) -> list[str]:
    """What is told of a page that was put on record as ``before`` and says ``after``."""
    return list(changes("a.md", of_page("a.md", after), grouped(of_page("a.md", before))))


MEANT = "; if it is meant: .venv/bin/python -m tests.record a.md"


class TestWords:
    @pytest.mark.parametrize("page", words.pages())
    def test_each_page_says_what_it_did_when_it_was_last_read(self, page: str, said: dict[str, list[Sentence]]) -> None:
        assert list(changes(page, said[page], words.on_record().get(page, {}))) == []

    def test_these_are_on_record_and_no_others(self, said: dict[str, list[Sentence]]) -> None:
        assert words.on_record() == {page: grouped(sentences) for page, sentences in said.items()}

    def test_a_sentence_is_about_a_box_a_figure_a_table_or_a_heading(self) -> None:
        assert grouped(of_page("a.md", PAGE)) == {
            "page": ["A page", "It says little."],
            "A heading": ["A heading", "A way, with links and # steps, e.g. # or #.", "Another of `code` and $x . Y$."],
            "small": ["A title", "A statement:", "$$ x \\le y $$", "A case.", "1. A reason."],
            "figure amplification": ["A picture", "A caption.", "Of two sentences."],
            "table 1": ["A column", "A cell", "About the table."],
        }

    @pytest.mark.parametrize(
        ("line", "about", "old", "new"),
        [
            (3, "page", "It says little.", "It tells little."),
            (8, "A heading", "A way,", "A long way,"),
            (8, "A heading", "or #", "and #"),
            (9, "A heading", "`code`", "`words`"),
            (9, "A heading", "x . Y", "x . Z"),
            (12, "small", "A title", "No title"),
            (15, "small", "A statement", "No statement"),
            (18, "small", "\\le", "\\ge"),
            (21, "small", "A case", "A place"),
            (25, "small", "A reason", "No reason"),
            (29, "figure amplification", "A picture", "A plot"),
            (32, "figure amplification", "two", "both"),
            (35, "table 1", "A column", "Rows"),
            (37, "table 1", "A cell", "Empty"),
            (40, "table 1", "About", "Of"),
        ],
    )
    def test_a_change_is_told_once_with_its_line_and_what_to_do(
        self, line: int, about: str, old: str, new: str
    ) -> None:
        typed, retyped = ({"or #": "or [2](gdfigs:a#b)", "and #": "and [2](gdfigs:a#b)"}.get(t, t) for t in (old, new))
        assert PAGE.count(typed) == 1
        (before,) = [words for words in grouped(of_page("a.md", PAGE))[about] if old in words]
        assert told(PAGE, PAGE.replace(typed, retyped)) == [
            f'docs/a.md:{line}: this sentence about {about} changed: "{before}" -> "{before.replace(old, new)}"{MEANT}'
        ]

    def test_a_sentence_that_is_new_or_gone_is_told(self) -> None:
        new = f'docs/a.md:21: this sentence about small is new: "And more."{MEANT}'
        gone = f'docs/a.md: this sentence about small is gone: "And more."{MEANT}'
        more = PAGE.replace("A case.", "A case. And more.")
        assert (told(PAGE, more), told(more, PAGE)) == ([new], [gone])

    @pytest.mark.parametrize(("old", "new"), [("A heading", "No heading"), ("id: small", "id: large")])
    def test_a_new_name_of_what_sentences_are_about_is_told_once(self, old: str, new: str) -> None:
        was, now = old.removeprefix("id: "), new.removeprefix("id: ")
        assert f"what was about {was} is about {now} now" in told(PAGE, PAGE.replace(old, new))[-1]
        assert len(told(PAGE, PAGE.replace(old, new))) == 1 + ("heading" in old)

    @pytest.mark.parametrize(
        ("old", "new"),
        [("steps, e.g.", "steps,\ne.g."), ("[34]", "[35]"), ("[twice]", "[half]"), ("b.md", "c.md"), ("tags: [x]", "")],
    )
    def test_lines_numbers_that_are_checked_and_targets_are_no_words(self, old: str, new: str) -> None:
        assert PAGE.count(old) == 1
        assert told(PAGE, PAGE.replace(old, new)) == []

    def test_a_docstring_of_the_reference_is_read_where_it_stands(self) -> None:
        said = of_page("reference/bounds.md")
        (first, *_, last) = [one for one in said if one.about == "gdfigs.maths.bounds.gd_convex"]
        assert first.words.startswith("Returns the worst gap after $k$ steps of $h/L$, $0 < h < 2$: $(L R^2 / 2)")
        assert last.words == "Page: The exact convex rate."
        for one in (first, last):
            file, _, line = one.place.partition(":")
            text = (words.ROOT / file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
            assert one.words.partition(" ")[0] in text
        arguments = grouped(of_page("reference/pictures.md"))["gdfigs.plots.registry.Range"]
        assert "low: smallest value." in arguments
        assert not [one for one in said if "._" in one.about]

    @pytest.mark.parametrize("name", FIGURES)
    def test_what_is_on_record_of_a_figure_is_what_it_says_when_it_is_drawn(self, name: str) -> None:
        said = words.on_record()[FIGURES[name].page][f"description of {name}"]
        assert " ".join(said) == NUMBER.sub("#", Shown(name).description)


class TestPuttingOnRecord:
    def test_a_figure_is_drawn_where_its_module_has_changed_or_where_it_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cache, "FOLDER", tmp_path)
        says = ["First."]
        monkeypatch.setattr(words, "_described", lambda call: says[0].encode())

        def said(*names: str) -> set[str]:
            return {one.about for _, one in words.descriptions(names) if one.words == says[0]}

        assert said() == {f"description of {name}" for name in FIGURES}
        says[0] = "Second."
        assert said() == set()
        assert said("nesterov-limit", "noise.md") == said() > {"description of nesterov-limit"}
        assert len(said()) == 1 + sum(figure.page == "noise.md" for figure in FIGURES.values())

    @pytest.fixture
    def stale(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: dict[str, list[Sentence]]
    ) -> dict[str, dict[str, list[str]]]:
        """The record, of which some sentences are not what the pages say."""
        monkeypatch.setattr(words, "now", lambda *names: said)  # read once
        kept = words.on_record()
        for page, about in STALE:
            kept[page][about][-1] = "It was said."
        monkeypatch.setattr(words, "RECORD", tmp_path / "words.json")
        words.RECORD.write_text(json.dumps(kept), encoding="utf-8")
        return kept

    @pytest.mark.parametrize(
        ("name", "left"),
        [("nesterov.md", 1), ("nesterov-rate", 3), ("nesterov-limit", 2), ("nesterov-flow", 4), ("noise.md", 3)],
    )
    def test_what_is_named_is_written_and_the_rest_is_kept(
        self, stale: dict[str, dict[str, list[str]]], name: str, left: int
    ) -> None:
        words.write(name)
        now = words.on_record()
        assert [now[page][about][-1] for page, about in STALE].count("It was said.") == left
        assert [*now] == [*stale]

    def test_with_no_name_all_is_written_a_sentence_a_line(self, stale: dict[str, dict[str, list[str]]]) -> None:
        words.write()
        assert words.RECORD.read_text(encoding="utf-8") == (FOLDER / "words.json").read_text(encoding="utf-8")
        lines = words.RECORD.read_text(encoding="utf-8").splitlines()
        said = [one for entries in words.on_record().values() for sentences in entries.values() for one in sentences]
        assert sum(line.startswith("   ") for line in lines) == len(said)

    def test_each_change_is_printed_and_fails(
        self, stale: dict[str, dict[str, list[str]]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert words.main() == 1
        printed = capsys.readouterr().out.splitlines()
        assert len(printed) == len(STALE)
        assert all(re.match(r'(docs|gdfigs)/[\w./-]+:\d+: .* changed: "It was said." -> "', line) for line in printed)
        words.write()
        assert (words.main(), capsys.readouterr().out) == (0, "")

    def test_a_misspelt_name_is_refused(self) -> None:
        with pytest.raises(SystemExit, match=r"nothing is named 'nesterof.md'; did you mean 'nesterov.md'\?"):
            record.write("nesterof.md")


STALE = [
    ("nesterov.md", "nesterov-rate"),
    ("nesterov.md", "figure nesterov-limit"),
    ("nesterov.md", "description of nesterov-limit"),
    ("noise.md", "page"),
]
