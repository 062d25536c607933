"""The catalogue of figures: their names, their parameters, and how a page asks for one."""

from __future__ import annotations

import difflib
import importlib
import inspect
import math
import pkgutil
import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

from gdfigs.picture import Picture
from gdfigs.style import style

SCHEME = "gdfigs"
Logarithmic = Annotated[float, "logarithmic"]
"""The type of a figure's parameter over which the stops of a slider are spread by equal factors."""


class RequestError(ValueError):
    """What a page or a command asks for does not exist or does not fit; the message names the nearest that does."""


class CatalogueError(RequestError):
    """A module of figures cannot be imported; the message names the file, the line and the cause."""


@dataclass(frozen=True)
class Parameter:
    """A keyword argument of a figure's function. kind: int, float or str. meaning: from the docstring.

    logarithmic: whether the stops of a slider over it are spread by equal factors.
    """

    name: str
    kind: type
    default: Any
    meaning: str
    logarithmic: bool = False

    def parse(self, text: str) -> Any:
        """The value that ``text`` spells. Raises RequestError if it spells none of this kind."""
        try:
            value = self.kind(text)
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError
            return value
        except ValueError:
            noun = {int: "a whole number", float: "a number"}[self.kind]
            raise RequestError(f"{self.name} must be {noun}; got {text!r}") from None


@dataclass(frozen=True)
class Figure:
    """A figure of the catalogue; called with its parameters, it draws.

    name: as pages write it, with hyphens. page: the page it belongs to, below docs/. function: what draws it.
    """

    name: str
    page: str
    function: Callable[..., Picture]

    def __call__(self, **parameters: Any) -> Picture:
        with style():
            return self.function(**parameters)

    @cached_property
    def summary(self) -> str:
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        meanings = dict(re.findall(r"^(\w+): (.+)$", inspect.getdoc(self.function) or "", flags=re.MULTILINE))
        signature = inspect.signature(self.function, eval_str=True)
        return {
            name: Parameter(
                name,
                float if p.annotation == Logarithmic else p.annotation,
                p.default,
                meanings.get(name, ""),
                p.annotation == Logarithmic,
            )
            for name, p in signature.parameters.items()
        }

    @cached_property
    def source(self) -> str:
        """The function's source, without its decorator."""
        source = inspect.getsource(self.function)
        return source[source.index("def ") :]


_CATALOGUE: dict[str, Figure] = {}


def figure(page: str) -> Callable[[Callable[..., Picture]], Figure]:
    """Enters a function into the catalogue, under its name with hyphens, as a figure of ``page`` (below docs/).

    Its parameters are int, float, Logarithmic or str, each with a default and a line ``name: meaning`` in the docstring.
    """

    def enter(function: Callable[..., Picture]) -> Figure:
        made = Figure(function.__name__.replace("_", "-"), page, function)
        if made.name in _CATALOGUE:
            raise TypeError(f"two figures are named {made.name!r}")
        for p in made.parameters.values():
            if p.kind not in (int, float, str) or p.default is inspect.Parameter.empty or not p.meaning:
                raise TypeError(
                    f"{p.name} of {made.name} needs a type int, float or str, a default, "
                    f"and a line '{p.name}: meaning' in the docstring"
                )
        _CATALOGUE[made.name] = made
        return made

    return enter


def catalogue() -> Mapping[str, Figure]:
    """All figures by name, in alphabetical order. Raises CatalogueError."""
    import gdfigs.figures as package

    _read(package.__name__, tuple(package.__path__))
    return dict(sorted(_CATALOGUE.items()))


@cache
def _read(package: str, folders: tuple[str, ...]) -> None:
    for module in pkgutil.iter_modules(folders):
        name = f"{package}.{module.name}"
        try:
            importlib.import_module(name)
        except Exception as cause:
            for made in [f for f in _CATALOGUE.values() if f.function.__module__ == name]:
                del _CATALOGUE[made.name]  # or a second attempt would find it there
            raise CatalogueError(_explained(cause, name)) from cause


def _explained(cause: Exception, module: str) -> str:
    """file:line: cause, of a fault met while a module was imported; the line is the last one of this package."""
    if isinstance(cause, SyntaxError):
        return f"{cause.filename}:{cause.lineno}: {cause.msg}"
    frames = traceback.extract_tb(cause.__traceback__)
    own = [f for f in frames if Path(f.filename).is_relative_to(Path(__file__).parent) and f.filename != __file__]
    place = f"{own[-1].filename}:{own[-1].lineno}" if own else module
    return f"{place}: {type(cause).__name__}: {cause}"


@dataclass(frozen=True)
class Request:
    """One figure with its parameters (all of them, defaults filled in), and perhaps one of its facts."""

    figure: Figure
    parameters: Mapping[str, Any]
    fact: str | None = None

    @property
    def changed(self) -> dict[str, Any]:
        """The parameters that differ from their defaults."""
        return {n: v for n, v in self.parameters.items() if v != self.figure.parameters[n].default}

    def draw(self) -> Picture:
        return self.figure(**self.parameters)


def request(name: str, given: Mapping[str, str], fact: str | None = None) -> Request:
    """The figure ``name`` with the parameters ``given`` as text. Raises RequestError naming every fault."""
    figures = catalogue()
    if name not in figures:
        raise RequestError(f"no figure is named {name!r}{nearest(name, figures)}")
    found = figures[name]
    values, faults = {n: p.default for n, p in found.parameters.items()}, []
    for key, text in given.items():
        try:
            if key not in found.parameters:
                raise RequestError(f"{name} has no parameter {key!r}{nearest(key, found.parameters)}")
            values[key] = found.parameters[key].parse(text)
        except RequestError as fault:
            faults.append(str(fault))
    if faults:
        raise RequestError("; ".join(faults))
    return Request(found, values, fact)


def parse_url(url: str) -> Request:
    """The request that ``gdfigs:name?parameter=value&...#fact`` makes. Raises RequestError."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query.replace("+", "%2B"), keep_blank_values=True)  # 1e+3 is a number, no form field
    if len(dict(pairs)) < len(pairs):
        raise RequestError(f"a parameter is given twice in {url}")
    return request(parts.path, dict(pairs), parts.fragment or None)


def nearest(name: str, known: Iterable[str]) -> str:
    """'; did you mean ...?' with the nearest of the known names, or the list of them."""
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there are {', '.join(names)}" if names else "; there are none"
