"""Drawing with the store: what is stale is drawn, in processes of its own where there is much of it."""

from __future__ import annotations

import ast
import inspect
import json
import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gdfigs import store
from gdfigs.catalogue import Figure, Request, catalogue, request
from gdfigs.picture import plotted, to_csv
from gdfigs.svg import to_svg

_LAYERS = ("problems", "path", "methods", "flows", "bounds", "style", "picture", "catalogue", "svg", "draw")
_PACKAGES = ("numpy", "scipy", "matplotlib")


class DrawingError(RuntimeError):
    """A figure raised; the message names it, its parameters and the cause."""


@dataclass(frozen=True)
class Drawn:
    """A figure as the page needs it. svg: titled ``{title}``, to be filled in. csv: all that is plotted."""

    prefix: str
    svg: str
    csv: str
    description: str
    facts: dict[str, float]


def draw(asked: Request) -> Drawn:
    """Draws, whatever the store holds. Raises DrawingError."""
    prefix = f"{asked.figure.name}-{store.digest(dict(asked.changed))[:6]}" if asked.changed else asked.figure.name
    with naming(asked):
        picture = asked.draw()
        return Drawn(
            prefix,
            to_svg(picture, prefix, "{title}"),
            to_csv(plotted(picture)),
            picture.description,
            {name: float(value) for name, value in picture.facts.items()},
        )


@contextmanager
def naming(asked: Request) -> Iterator[None]:
    """Turns what is raised while a figure is drawn into a DrawingError that names the figure, too."""
    try:
        yield
    except Exception as cause:
        given = ", ".join(f"{name} = {value}" for name, value in asked.changed.items())
        raise DrawingError(
            f"the figure {asked.figure.name}{f' with {given}' if given else ''} cannot be drawn: "
            f"{type(cause).__name__}: {cause}"
        ) from cause


class Studio:
    """Figures drawn and kept for one build. ``order`` starts on what is stale; ``get`` waits for it.

    Use as a context manager, or call ``close``: an interrupted build leaves no process behind.
    """

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._pending: dict[str, Future[None]] = {}

    def order(self, requests: Iterable[Request]) -> None:
        """Starts drawing what the store does not hold, in as many processes as there are cores."""
        stale = {key(r): r for r in requests}
        stale = {k: r for k, r in stale.items() if k not in self._pending and store.load(k) is None}
        if not stale:
            return
        if self._pool is None:
            # Spawned, not forked: a live server has threads, and spawned processes see the code as it is now.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(min(len(stale), _cores()), mp_context=context)
        with suppress(BrokenProcessPool):  # then ``get`` draws
            for k, r in stale.items():
                self._pending[k] = self._pool.submit(_draw_and_save, r.figure.name, dict(r.parameters))

    def get(self, asked: Request) -> Drawn:
        """The drawn figure: stored, being drawn, or drawn now. Raises DrawingError."""
        k = key(asked)
        if k in self._pending:
            with suppress(BrokenProcessPool):  # a process that was killed: the figure is drawn here instead
                self._pending[k].result()
        stored = store.load(k)
        return _keep(asked) if stored is None else Drawn(**json.loads(stored))

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool, self._pending = None, {}

    def __enter__(self) -> Studio:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def key(asked: Request) -> str:
    """The store's key: the figure's own code, the layers below, the parameters, the packages that compute and draw."""
    return store.digest(_own_code(asked.figure), _layers(), _versions(), dict(asked.parameters))


def _draw_and_save(name: str, parameters: dict[str, Any]) -> None:
    """In a process of its own, which finds the key itself: the code may have changed since the order was given."""
    _keep(request(name, {n: str(v) for n, v in parameters.items()}))


def _keep(asked: Request) -> Drawn:
    k, drawn = key(asked), draw(asked)
    store.save(k, json.dumps(asdict(drawn)).encode())
    return drawn


def _own_code(figure: Figure) -> str:
    """The figure's module without its other figures (and without comments and layout, which change nothing)."""
    own = figure.function
    others = {f.function.__name__ for f in catalogue().values() if f.function.__module__ == own.__module__}
    body = [
        node
        for node in _module(inspect.getfile(own)).body
        if not (isinstance(node, ast.FunctionDef) and node.name in others - {own.__name__})
    ]
    return ast.dump(ast.Module(body, []))


@cache
def _module(file: str) -> ast.Module:
    """Read once, as the code in memory was: a file edited since is another module, drawn by the next build."""
    return ast.parse(Path(file).read_text(encoding="utf-8"))


@cache
def _layers() -> str:
    here = Path(__file__).parent
    return store.digest(*((here / f"{layer}.py").read_text(encoding="utf-8") for layer in _LAYERS))


@cache
def _versions() -> str:
    return store.digest(sys.version, *(version(package) for package in _PACKAGES))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
