"""A figure is rendered where it is stale, once, in processes that end."""

import json
import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from gdfigs.build import cache, jobs, keys
from gdfigs.build.jobs import BuildJobs, DrawingError, RenderedFigure, render_figure
from gdfigs.build.keys import checks_key, figure_key
from gdfigs.claims.core import CheckResult
from gdfigs.plots.looks import looks
from gdfigs.plots.picture import Picture, plotted, to_csv
from gdfigs.plots.registry import Figure, figure_call
from gdfigs.plots.svg import to_svg
from tests.shown import picture

NAME = "amplification"
CALL, OTHER = figure_call(NAME, {}), figure_call("spectral-radius", {})
REFUSED = figure_call(NAME, {"z": "3.5"})
REASON = r"the figure amplification with z = 3\.5 cannot be drawn: ValueError: z must lie in .*3\.5"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, for this process and those that it starts."""
    monkeypatch.setattr(cache, "FOLDER", tmp_path / "cache")
    monkeypatch.setenv("GDFIGS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def build() -> Iterator[BuildJobs]:
    with BuildJobs() as build:
        yield build


def no_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Figure, **parameters: object) -> Picture:
        raise AssertionError(f"{self.name} is drawn again")

    monkeypatch.setattr(Figure, "__call__", fail)


def children() -> set[int]:
    return {child.pid or 0 for child in multiprocessing.active_children()}


class TestRendering:
    def test_what_is_rendered_is_the_picture_with_all_that_a_page_needs(self) -> None:
        expected = picture(NAME)
        svg, csv = to_svg(expected, f"figure-{NAME}", "{title}"), to_csv(plotted(expected))
        words, facts = expected.description, dict(expected.facts)
        assert render_figure(CALL) == RenderedFigure(NAME, svg, csv, words, facts, looks(expected.figure))

    def test_whatever_it_raises_is_told_with_its_name_its_parameters_and_the_cause(
        self, build: BuildJobs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(DrawingError, match=REASON):
            build.result(REFUSED)
        monkeypatch.setattr(jobs, "to_svg", lambda *_: 1 / 0)
        with pytest.raises(DrawingError, match="the figure amplification cannot be drawn: ZeroDivisionError"):
            render_figure(CALL)


class TestHere:
    def test_a_figure_is_rendered_once_and_stored_under_its_key(
        self, build: BuildJobs, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = build.result(CALL)
        stored = cache.load(figure_key(CALL), folder)
        assert stored is not None
        assert RenderedFigure(**json.loads(stored)) == first
        no_drawing(monkeypatch)
        assert build.result(CALL) == first
        with BuildJobs() as another:
            assert another.result(figure_call(NAME, {"largest": "3"})) == first

    def test_one_figure_alone_or_what_is_stored_starts_no_process(self, build: BuildJobs) -> None:
        before = children()
        for _ in range(2):
            build.submit(CALL)
            assert build.result(CALL) == render_figure(CALL)
        build.submit(CALL)
        build.submit(OTHER)
        assert (children(), build.progress()) == (before, (0, 0))

    @pytest.mark.parametrize("damage", [b"", b"garbage", None])
    def test_a_damaged_entry_is_rendered_again(self, build: BuildJobs, folder: Path, damage: bytes | None) -> None:
        first = build.result(CALL)
        (entry,) = folder.iterdir()
        whole = entry.read_bytes()
        entry.write_bytes(whole[:-1] if damage is None else damage)
        assert BuildJobs().result(CALL) == first
        assert entry.read_bytes() == whole


def _where(n: int) -> tuple[int, bool]:
    """Returns the number, and whether this is the process of the tests."""
    return n, multiprocessing.parent_process() is None


def _dies_elsewhere(n: int) -> tuple[int, bool]:
    if multiprocessing.parent_process():
        os.kill(os.getpid(), signal.SIGKILL)
    return _where(n)


class TestElsewhere:
    def test_figures_are_rendered_by_others_which_tell_their_faults_and_end(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before, expected = children(), [render_figure(CALL), render_figure(OTHER)]
        no_drawing(monkeypatch)
        with BuildJobs() as build:
            for call in (CALL, OTHER, REFUSED, CALL):
                build.submit(call)
            assert 1 <= len(children() - before) <= jobs._cores()
            assert [build.result(CALL), build.result(OTHER)] == expected
            with pytest.raises(DrawingError, match=REASON):
                build.result(REFUSED)
            assert build.progress() == (3, 3)
        assert children() == before
        build.close()  # twice is fine

    def test_a_killed_process_does_not_lose_the_build(self) -> None:
        calls = [figure_call(NAME, {"largest": largest}) for largest in ("3", "4", "5")]
        before = children()
        with BuildJobs() as build:
            for call in calls:
                build.submit(call)
            for pid in children() - before:
                os.kill(pid, signal.SIGKILL)
            assert [build.result(call).prefix for call in calls] == [keys.figure_prefix(call) for call in calls]
            with pytest.raises(BrokenProcessPool):  # they were killed in time for this test to mean something
                build._pending[figure_key(calls[-1])].result()
            build.submit(OTHER)
            assert build.result(OTHER).prefix == OTHER.figure.name

    def test_an_interruption_ends_the_processes_and_waits_for_no_more_than_is_being_drawn(self, folder: Path) -> None:
        before = children()
        with pytest.raises(KeyboardInterrupt), BuildJobs() as build:  # noqa: PT012
            for n in range(40):
                build.submit(figure_call(NAME, {"largest": f"{2.1 + n / 100}"}))
            assert children() > before
            raise KeyboardInterrupt
        assert children() == before
        # The pool hands out one figure more than it has processes.
        assert len(list(folder.glob("*"))) <= 2 * (jobs._cores() + 1)

    def test_work_is_spread_and_comes_back_in_order_also_from_a_killed_process(self, build: BuildJobs) -> None:
        before = children()
        assert list(build.map(_where, [(n,) for n in range(20)])) == [(n, False) for n in range(20)]
        assert len(children() - before) <= jobs._cores()
        assert list(build.map(_dies_elsewhere, [(n,) for n in range(3)])) == [(n, True) for n in range(3)]
        assert list(build.map(_where, [(3,)])) == [(3, True)]

    def test_code_edited_since_a_figure_was_submitted_is_not_stored_under_the_old_key(
        self, build: BuildJobs, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Whoever renders finds the key from the code that it has itself; here ours is another.
        monkeypatch.setattr(keys, "code_digest", lambda *_: "as it was")
        for call in (CALL, OTHER):
            build.submit(call)
        for call in (CALL, OTHER):
            build._pending[figure_key(call)].result()
        made = {entry.name for entry in folder.iterdir()}
        assert len(made) == 2
        assert made.isdisjoint({figure_key(CALL), figure_key(OTHER)})
        assert build.result(CALL) == render_figure(CALL)
        assert {entry.name for entry in folder.iterdir()} == {*made, figure_key(CALL)}


class TestChecks:
    RESULT = CheckResult(0.5, "somewhere", 7, 1)

    @pytest.fixture
    def checked(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Two modules of claims, of which one has a fault; the list grows with what is checked."""
        checked: list[str] = []

        def check_all(claims: list[Any]) -> tuple[dict[str, CheckResult], dict[str, str]]:
            (page,) = {claim.page for claim in claims}
            checked.append(page)
            return ({}, {"b": "it fails"}) if page == "noise.md" else ({"a": self.RESULT}, {})

        monkeypatch.setattr(jobs, "MODULES", ("momentum", "noise"))
        monkeypatch.setattr(jobs, "check_all", check_all)
        return checked

    def test_results_are_stored_by_module_and_those_with_a_fault_are_not(self, checked: list[str]) -> None:
        for _ in range(2):
            with BuildJobs() as build:
                assert build.checks() == build.checks() == ({"a": self.RESULT}, {"b": "it fails"})
        assert checked == ["momentum.md", "noise.md", "noise.md"]

    def test_what_is_stored_is_neither_submitted_nor_checked_and_known_to_the_figures(
        self, checked: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        known: dict[str, CheckResult] = {}
        monkeypatch.setattr(jobs, "remember", known.update)
        for name in ("momentum", "noise"):
            cache.save(checks_key(name), json.dumps({name: asdict(self.RESULT)}).encode())
        with BuildJobs() as build:
            build.submit_checks()
            assert build.progress() == (0, 0)
            assert build.checks()[0].keys() == {"momentum", "noise"}
            build.result(CALL)
        assert checked == []
        assert known.keys() == {"momentum", "noise"}

    def test_submitted_checks_run_elsewhere(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(jobs, "MODULES", ("nesterov",))  # a short one
        with BuildJobs() as build:
            build.submit_checks()
            monkeypatch.setattr(jobs, "check_all", lambda claims: 1 / 0)
            results, faults = build.checks()
        assert results
        assert faults == {}


def test_the_cache_is_trimmed_once_something_was_started(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    sizes: list[int] = []
    monkeypatch.setattr(cache, "trim", lambda: sizes.append(len(list(folder.iterdir()))))
    BuildJobs().close()
    assert sizes == []
    with BuildJobs() as build:
        for call in (CALL, OTHER):
            build.submit(call)
            build.result(call)
        list(build.map(_where, [(1,)]))
    assert sizes == [2]
