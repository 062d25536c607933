"""Drawing with the store: what is stale is drawn, in processes of its own where there is much of it."""

from __future__ import annotations

import ast
import inspect
import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gdfigs.build import cache as store
from gdfigs.claims.core import MODULES, CheckResult, ClaimError, check, claims, remember
from gdfigs.plots.frames import to_frames
from gdfigs.plots.picture import plotted, to_csv
from gdfigs.plots.registry import Figure, FigureCall, all_figures, figure_call
from gdfigs.plots.svg import to_svg

_PACKAGES = ("numpy", "scipy", "matplotlib")


class DrawingError(RuntimeError):
    """A figure raised; the message names it, its parameters and the cause."""


@dataclass(frozen=True)
class RenderedFigure:
    """A figure as the page needs it.

    prefix: of its files, and of its ids with "figure-" before it. svg: titled ``{title}``, to be filled in.
    csv: all that is plotted. frames: where it has sliders, what moves, as JSON.
    """

    prefix: str
    svg: str
    csv: str
    description: str
    facts: dict[str, float]
    frames: str = ""


def draw(call: FigureCall) -> RenderedFigure:
    """Draws, whatever the store holds. Raises DrawingError."""
    prefix = f"{call.figure.name}-{store.digest(dict(call.changed))[:6]}" if call.changed else call.figure.name
    with naming(call):
        name, title, frames = f"figure-{prefix}", "{title}", ""
        if call.slider_values:
            picture, svg, frames = to_frames(call, name, title)
        else:
            picture = call.draw()
            svg = to_svg(picture, name, title)
        facts = {name: float(value) for name, value in picture.facts.items()}
        return RenderedFigure(prefix, svg, to_csv(plotted(picture)), picture.description, facts, frames)


@contextmanager
def naming(call: FigureCall) -> Iterator[None]:
    """Turns what is raised while a figure is drawn into a DrawingError that names the figure, too."""
    try:
        yield
    except Exception as cause:
        given = ", ".join(f"{name} = {value}" for name, value in call.changed.items())
        raise DrawingError(
            f"the figure {call.figure.name}{f' with {given}' if given else ''} cannot be drawn: "
            f"{type(cause).__name__}: {cause}"
        ) from cause


class BuildJobs:
    """Figures drawn and kept for one build. ``order`` starts on what is stale; ``get`` waits for it.

    Use as a context manager, or call ``close``: an interrupted build leaves no process behind.
    """

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._pending: dict[str, Future[None]] = {}
        self._findings: dict[str, CheckResult] = {}
        self._drawn: dict[tuple[Any, ...], RenderedFigure] = {}
        self._drew = False

    def submit(self, calls: Iterable[FigureCall]) -> None:
        """Starts drawing what the store does not hold, in as many processes as there are cores.

        One figure alone is drawn where it is got: to start a process takes as long.
        """
        stale = {key(r): r for r in calls}
        stale = {k: r for k, r in stale.items() if k not in self._pending and store.load(k) is None}
        for k, r in stale.items() if len(stale) > 1 else ():
            self._pending[k] = self._start(_draw_and_save, r.figure.name, dict(r.parameters), dict(r.slider_values))

    def map(self, work: Callable[..., Any], cases: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        """What ``work`` returns for each of the cases, in their order; they are worked on side by side."""
        started = [(case, self._start(work, *case)) for case in cases]
        for case, future in started:
            try:
                yield future.result()
            except BrokenProcessPool:  # a process that was killed: the work is done here instead
                yield work(*case)

    def _start(self, work: Callable[..., Any], *given: Any) -> Future[Any]:
        if self._pool is None:
            # Spawned, not forked: a live server has threads, and spawned processes see the code as it is now.
            self._pool = ProcessPoolExecutor(_cores(), mp_context=multiprocessing.get_context("spawn"))
        try:
            with _deaf():
                return self._pool.submit(work, *given)
        except BrokenProcessPool as broken:
            failed: Future[Any] = Future()
            failed.set_exception(broken)
            return failed

    def begin(self, k: str, work: Callable[..., Any], *given: Any) -> None:
        """Starts ``work``, which stores its result under ``k``, unless that is there or under way."""
        if k not in self._pending and store.load(k) is None:
            self._pending[k] = self._start(work, *given)

    def wait(self, k: str) -> None:
        """Until what was begun for ``k`` is done; raises what it raised."""
        if k in self._pending:
            with suppress(BrokenProcessPool):  # a process that was killed: the work is done here instead
                self._pending[k].result()

    def result(self, call: FigureCall) -> RenderedFigure:
        """The drawn figure: stored, being drawn, or drawn now; read once in a build. Raises DrawingError."""
        wanted = (call.figure.name, *call.parameters.values(), *call.slider_values.items())
        if wanted not in self._drawn:
            k = key(call)
            self.wait(k)
            stored = store.load(k)
            self._drew |= stored is None
            self._drawn[wanted] = _keep(call) if stored is None else RenderedFigure(**json.loads(stored))
        return self._drawn[wanted]

    def order_findings(self) -> None:
        """Starts checking the claims that the store holds no check_results of, a module at a time."""
        for name in MODULES:
            self.begin(_findings_key(name), _check_and_save, name)

    def check_results(self) -> dict[str, CheckResult]:
        """What came of checking each claim, by its id. Raises ClaimError where a statement does not hold."""
        if not self._findings:
            for name in MODULES:
                self.wait(_findings_key(name))
                stored = _stored_findings(name)
                self._findings |= _check_and_save(name) if stored is None else stored
        return self._findings

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        if self._pool is not None or self._drew:
            store.trim()
        self._pool, self._pending, self._drew = None, {}, False

    def __enter__(self) -> BuildJobs:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def _deaf() -> Iterator[None]:
    """A process started meanwhile does not hear ^C, which would have it print where it was; whoever started it does."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def key(call: FigureCall) -> str:
    """The store's key: the figure's own code, the layers below, the parameters, the packages that compute and draw."""
    below = sources_below(call.figure.function.__module__)
    return store.digest(
        _own_code(call.figure), below, _drawing(), _versions(), dict(call.parameters), dict(call.slider_values)
    )


def _draw_and_save(name: str, parameters: dict[str, Any], stops: dict[str, tuple[Any, ...]]) -> None:
    """In a process of its own, which finds the key itself: the code may have changed since the order was given."""
    _keep(replace(figure_call(name, {n: str(v) for n, v in parameters.items()}), slider_values=stops))


def _keep(call: FigureCall) -> RenderedFigure:
    for module in MODULES:  # which a figure may show
        remember(_stored_findings(module) or {})
    k, drawn = key(call), draw(call)
    store.save(k, json.dumps(asdict(drawn)).encode())
    return drawn


def _findings_key(name: str) -> str:
    return store.digest("check_results", name, sources_below("gdfigs.claims"), _versions())


def _stored_findings(name: str) -> dict[str, CheckResult] | None:
    stored = store.load(_findings_key(name))
    return None if stored is None else {i: CheckResult(**finding) for i, finding in json.loads(stored).items()}


def _check_and_save(name: str) -> dict[str, CheckResult]:
    mine = [c for c in claims().values() if c.measure.__module__ == f"gdfigs.claims.{name}"]
    found, wrong = {}, []
    for c in mine:
        try:
            found[c.id] = check(c)
        except (ClaimError, ArithmeticError) as error:
            wrong.append(f"{c.page}#{c.id}: {error}")
    if wrong:
        raise ClaimError("; ".join(wrong))
    store.save(_findings_key(name), json.dumps({i: asdict(finding) for i, finding in found.items()}).encode())
    return found


def _own_code(figure: Figure) -> str:
    """The text of the figure's module without its other figures."""
    own = figure.function
    others = {f.function.__name__ for f in all_figures().values() if f.function.__module__ == own.__module__}
    text, tree = _module(inspect.getfile(own))
    lines = text.splitlines()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in others - {own.__name__}:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            lines[first - 1 : node.end_lineno] = [""] * ((node.end_lineno or first) - first + 1)
    return "\n".join(line for line in lines if line.strip())


@cache
def _module(file: str) -> tuple[str, ast.Module]:
    """Read once, as the code in memory was: a file edited since is another module, drawn by the next build."""
    text = Path(file).read_text(encoding="utf-8")
    return text, ast.parse(text)


@cache
def _drawing() -> str:
    """A digest of what turns pictures into files."""
    return store.digest(
        *(_module(str(file))[0] for n in ("plots.svg", "plots.frames", "build.jobs") for file in _files(f"gdfigs.{n}"))
    )


@cache
def sources_below(module: str) -> str:
    """A digest of the code of a module and of all layers below, as far as it imports them; figures are not layers."""
    seen: dict[str, str] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            files = [str(file) for file in _files(name)]
            seen[name] = "" if name.startswith("gdfigs.figures.") else "".join(_module(file)[0] for file in files)
            waiting += [imported for file in files for imported in _imports(file)]
    return store.digest(seen)


@cache
def _imports(file: str) -> frozenset[str]:
    """The modules of this package that a module may import."""
    return _imported(_module(file)[1])


def _imported(tree: ast.Module) -> frozenset[str]:
    """Of ``from a import b``, both a and a.b."""
    return frozenset(
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("gdfigs")
        for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
        if name != "gdfigs"
    )


def code_below(tree: ast.Module) -> str:
    """A digest of all that a file outside the package may run: the layers that it imports, those below, figures."""
    names = sorted(_imported(tree))
    figures = _files("gdfigs.figures") if {"gdfigs.plots.registry", "gdfigs.figures"} & set(names) else []
    texts = [_module(str(file))[0] for file in figures]
    return store.digest([sources_below(name) for name in names], texts, _versions())


def _files(module: str) -> list[Path]:
    """The file of a module, or all those of a package; none where there is no such module."""
    place = Path(__file__).parent.parent.joinpath(*module.split(".")[1:])
    return sorted(place.glob("*.py")) if place.is_dir() else [f for f in [place.with_suffix(".py")] if f.exists()]


@cache
def _versions() -> str:
    return store.digest(sys.version, *(version(package) for package in _PACKAGES))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
