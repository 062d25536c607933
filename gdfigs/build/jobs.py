"""Renders figures and checks claims in worker processes, through the cache."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from gdfigs.build import cache
from gdfigs.build.keys import checks_key, code_digest, figure_key, figure_prefix
from gdfigs.claims.core import MODULES, CheckResult, check_all, claims, remember
from gdfigs.formulas.passages import Passage, Printed
from gdfigs.formulas.report import FormulaReport, FormulaResult, run_page
from gdfigs.formulas.vocabulary import symbols
from gdfigs.plots.frames import to_frames
from gdfigs.plots.looks import looks
from gdfigs.plots.picture import plotted, to_csv
from gdfigs.plots.registry import FigureCall, figure_call
from gdfigs.plots.svg import to_svg


class DrawingError(RuntimeError):
    """A figure raised; the message names it, its parameters and the cause."""


@dataclass(frozen=True)
class RenderedFigure:
    """A figure as the page needs it.

    prefix: of its files, and of its ids with "figure-" before it. svg: titled ``{title}``, to be replaced.
    csv: everything that is plotted. looks: as gdfigs.plots.looks returns them.
    frames: where it has sliders, what moves, as JSON.
    """

    prefix: str
    svg: str
    csv: str
    description: str
    facts: dict[str, float]
    looks: dict[str, list[str]]
    frames: str = ""


def render_figure(call: FigureCall) -> RenderedFigure:
    """Renders a figure, whatever the cache holds. Raises DrawingError."""
    prefix = figure_prefix(call)
    with naming(call):
        name, title, frames = f"figure-{prefix}", "{title}", ""
        if call.slider_values:
            picture, svg, frames = to_frames(call, name, title)
        else:
            picture = call.draw()
            svg = to_svg(picture, name, title)
        facts = {name: float(value) for name, value in picture.facts.items()}
        csv, look = to_csv(plotted(picture)), looks(picture.figure)
        return RenderedFigure(prefix, svg, csv, picture.description, facts, look, frames)


@contextmanager
def naming(call: FigureCall) -> Iterator[None]:
    """Turns whatever a figure raises into a DrawingError that names the figure, too."""
    try:
        yield
    except Exception as cause:
        given = ", ".join(f"{name} = {value}" for name, value in call.changed.items())
        raise DrawingError(
            f"the figure {call.figure.name}{f' with {given}' if given else ''} cannot be drawn: "
            f"{type(cause).__name__}: {cause}"
        ) from cause


class BuildJobs:
    """The figures and checks of one build: ``submit`` starts what the cache lacks, ``result`` waits for it.

    Use as a context manager, or call ``close``: an interrupted build leaves no process behind.
    """

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._pending: dict[str, Future[None]] = {}
        self._alone: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {}
        self._rendered: dict[str, RenderedFigure] = {}
        self._formulas: dict[str, FormulaReport] = {}
        self._passages: dict[str, tuple[str, list[Any]]] = {}
        self._checked: tuple[dict[str, CheckResult], dict[str, str]] | None = None

    def submit(self, call: FigureCall) -> None:
        """Starts rendering a figure that the cache lacks.

        One figure alone waits until ``result`` renders it here: to start a process takes as long.
        """
        key = figure_key(call)
        if key in self._pending or key in self._alone or cache.load(key) is not None:
            return
        self._alone[key] = _render_and_save, (call.figure.name, dict(call.parameters), dict(call.slider_values))
        if self._pending or len(self._alone) > 1:
            for waiting, (work, arguments) in self._alone.items():
                self._pending[waiting] = self._start(work, *arguments)
            self._alone.clear()

    def result(self, call: FigureCall) -> RenderedFigure:
        """Returns the figure from the cache, from the worker that renders it, or rendered now. Raises DrawingError."""
        key = figure_key(call)
        if key not in self._rendered:
            self._wait(key)
            self._alone.pop(key, None)
            stored = cache.load(key)
            self._rendered[key] = _save_figure(call) if stored is None else RenderedFigure(**json.loads(stored))
        return self._rendered[key]

    def submit_checks(self) -> None:
        """Starts checking the claims that the cache holds no results of, a module at a time."""
        for name in MODULES:
            key = checks_key(name)
            if key not in self._pending and cache.load(key) is None:
                self._pending[key] = self._start(_check_and_save, name)

    def checks(self) -> tuple[dict[str, CheckResult], dict[str, str]]:
        """Returns the results of all claims that hold, and the faults of the others, each by the claim's id."""
        if self._checked is None:
            results: dict[str, CheckResult] = {}
            faults: dict[str, str] = {}
            for name in MODULES:
                self._wait(checks_key(name))
                stored = _stored_checks(name)
                held, wrong = (stored, {}) if stored is not None else _check_and_save(name)
                results |= held
                faults |= wrong
            self._checked = results, faults
        return self._checked

    def submit_formulas(self, uri: str, passages: list[Passage], others: list[list[Passage]]) -> None:
        """Starts running the formulas of a page that the cache holds no results of.

        Args:
            uri: Of the page.
            passages: Of the page.
            others: Of the pages to whose boxes its cells link.
        """
        said = json.dumps([[asdict(each) for each in page] for page in (passages, *others)])
        key = cache.digest("formulas", uri, said, code_digest(*_RUNNING))
        self._passages[uri] = key, [passages, others]
        if key in self._pending or cache.load(key) is not None or cache.load(_shelf(uri)) is not None:
            return  # after an edit few formulas are new, and to start a process takes longer than to run them
        self._pending[key] = self._start(_run_and_save, key, uri, said)

    def formulas(self, uri: str) -> FormulaReport:
        """Returns what came of the formulas of a page."""
        if uri not in self._passages:
            return FormulaReport([], {})
        if uri not in self._formulas:
            key, (passages, others) = self._passages[uri]
            self._wait(key)
            stored = cache.load(key)
            if stored is None:
                said = json.dumps([[asdict(each) for each in page] for page in (passages, *others)])
                self._formulas[uri] = _run_and_save(key, uri, said)
            else:
                results, symbols = json.loads(stored)
                self._formulas[uri] = FormulaReport([FormulaResult(**result) for result in results], symbols)
        return self._formulas[uri]

    def map(self, work: Callable[..., Any], cases: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        """Yields what ``work`` returns for each of the cases, in their order; worker processes share the cases."""
        started = [(case, self._start(work, *case)) for case in cases]
        for case, future in started:
            try:
                yield future.result()
            except BrokenProcessPool:  # somebody killed a process: the work is done here instead
                yield work(*case)

    def progress(self) -> tuple[int, int]:
        """Returns how many of the started jobs are done, and how many there are."""
        return sum(future.done() for future in self._pending.values()), len(self._pending)

    def _start(self, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        if self._pool is None:
            # Spawned, not forked: a live server has threads, and spawned processes see the code as it is now.
            self._pool = ProcessPoolExecutor(_cores(), multiprocessing.get_context("spawn"), _end_with_parent)
        try:
            with _without_interrupts():
                return self._pool.submit(work, *arguments)
        except BrokenProcessPool as broken:
            failed: Future[Any] = Future()
            failed.set_exception(broken)
            return failed

    def _wait(self, key: str) -> None:
        """Waits for the job that stores ``key``, and raises what it raised."""
        if key in self._pending:
            with suppress(BrokenProcessPool):  # somebody killed a process: the work is done here instead
                self._pending[key].result()

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            cache.trim()
        self._pool, self._pending = None, {}

    def __enter__(self) -> BuildJobs:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """A process started meanwhile ignores ^C, which would make it print a traceback; its parent ends it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with_parent() -> None:
    """Runs in a worker, which would wait for work forever when its parent was killed."""

    def wait() -> None:
        if parent := multiprocessing.parent_process():
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _render_and_save(name: str, parameters: dict[str, Any], slider_values: dict[str, tuple[Any, ...]]) -> None:
    """Runs in a worker, which computes the key itself: the code may have changed since the job was submitted."""
    texts = {n: str(v) for n, v in parameters.items()}
    _save_figure(replace(figure_call(name, texts), slider_values=slider_values))


def _save_figure(call: FigureCall) -> RenderedFigure:
    for module in MODULES:  # a figure may show them
        remember(_stored_checks(module) or {})
    key, rendered = figure_key(call), render_figure(call)
    cache.save(key, json.dumps(asdict(rendered)).encode())
    return rendered


def _stored_checks(name: str) -> dict[str, CheckResult] | None:
    stored = cache.load(checks_key(name))
    return None if stored is None else {i: CheckResult(**result) for i, result in json.loads(stored).items()}


def _check_and_save(name: str) -> tuple[dict[str, CheckResult], dict[str, str]]:
    """Checks the claims of one module; stores the results where all hold, so that a fault is checked again."""
    mine = [c for c in claims().values() if c.measure.__module__ == f"gdfigs.claims.{name}"]
    key, (results, faults) = checks_key(name), check_all(mine)
    if not faults:
        cache.save(key, json.dumps({i: asdict(result) for i, result in results.items()}).encode())
    return results, faults


def _run_and_save(key: str, uri: str, said: str) -> FormulaReport:
    """Runs the formulas of a page; what has run already, with the same code, is known."""
    stored = cache.load(_shelf(uri))
    before = json.loads(stored) if stored else {}
    known = dict(before)
    passages, *others = [[passage(**saying) for saying in page] for page in json.loads(said)]
    met = {name: claim.met for name, claim in claims().items() if claim.met}
    report = FormulaReport(run_page(passages, others, known, met), symbols(passages))
    cache.save(key, json.dumps([[asdict(result) for result in report.results], report.symbols]).encode())
    if stored is None or known != before:
        cache.save(_shelf(uri), json.dumps(known).encode())
    return report


def _shelf(uri: str) -> str:
    """Returns the key of what has run of a page's formulas with this code."""
    return cache.digest("known formulas", uri, code_digest(*_RUNNING))


def passage(formulas: list[dict[str, Any]], **said: Any) -> Passage:
    """Returns a passage as it was before it was written as JSON."""
    made = [Printed(**formula | {"target": formula["target"] and tuple(formula["target"])}) for formula in formulas]
    return Passage(**said, formulas=made)


_RUNNING = ("maths", "claims", "formulas")
"""Layers that what comes of a formula depends on."""


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
