"""The catalogue of figures: their names, their parameters, and how a page asks for one."""

from __future__ import annotations

import difflib
import importlib
import inspect
import itertools
import math
import pkgutil
import re
import shlex
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from gdfigs.plots.picture import Picture
from gdfigs.plots.style import style

SCHEME = "gdfigs"
Logarithmic = Annotated[float, "logarithmic"]
"""The type of a figure's parameter over which the stops of a slider are spread by equal factors."""


STOPS = 41
"""Of a slider, unless the page says otherwise."""
FRAMES = 200
"""At most so many drawings are made for one figure."""


class InputError(ValueError):
    """What a page or a command asks for does not exist or does not fit; the message names the nearest that does."""


class RegistryError(InputError):
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
        """The value that ``text`` spells. Raises InputError if it spells none of this kind."""
        try:
            value = self.kind(text)
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError
            return value
        except ValueError:
            noun = {int: "a whole number", float: "a number"}[self.kind]
            raise InputError(f"{self.name} must be {noun}; got {text!r}") from None

    def slider_values(self, text: str) -> tuple[Any, ...]:
        """The values at which a slider stops that is written low..high or low..high..stops. Raises InputError.

        They are spread evenly, to 10 digits, or by equal factors, to 3.
        """
        ends = text.split("..")
        if self.kind is str or len(ends) > 3:
            raise InputError(f"a slider over {self.name} cannot be had from {text!r}: write a number, or low..high")
        low, high = self.parse(ends[0]), self.parse(ends[1])
        if not low < high or (self.logarithmic and low <= 0):
            least = "0 < " if self.logarithmic else ""
            raise InputError(f"a slider over {self.name} goes from low to high, {least}low < high; got {text}")
        count = Parameter("the number of stops", int, 0, "").parse(ends[2]) if ends[2:] else STOPS
        if self.kind is int:
            count = min(count, high - low + 1)
        if not 2 <= count <= FRAMES:
            raise InputError(f"a slider over {self.name} has from 2 to {FRAMES} stops; got {count}")
        shares = [i / (count - 1) for i in range(count)]
        if self.logarithmic:
            values = [float(f"{low * (high / low) ** share:.3g}") for share in shares]
        else:
            values = [float(f"{low + (high - low) * share:.10g}") for share in shares]
            values = [round(value) for value in values] if self.kind is int else values
        values[-1] = high
        if len(set(values)) < count:
            raise InputError(f"{count} stops of {self.name} between {low:g} and {high:g} cannot be told apart")
        if low <= self.default <= high and self.default not in values:
            raise InputError(
                f"the figure is drawn for {self.name} = {self.default:g}, where its slider must stop, too; {text} "
                f"stops at {', '.join(f'{value:g}' for value in values[:3])} ...: change an end or the number of stops"
            )
        return tuple(values)


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

    Its parameters are int, float, Logarithmic or str, each with a default and a line ``name: meaning`` in the
    docstring.
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


def all_figures() -> Mapping[str, Figure]:
    """All figures by name, in alphabetical order. Raises RegistryError."""
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
            raise RegistryError(_explained(cause, name)) from cause


def _explained(cause: Exception, module: str) -> str:
    """file:line: cause, of a fault met while a module was imported; the line is the last one of this package."""
    if isinstance(cause, SyntaxError):
        return f"{cause.filename}:{cause.lineno}: {cause.msg}"
    frames = traceback.extract_tb(cause.__traceback__)
    own = [
        f for f in frames if Path(f.filename).is_relative_to(Path(__file__).parent.parent) and f.filename != __file__
    ]
    place = f"{own[-1].filename}:{own[-1].lineno}" if own else module
    return f"{place}: {type(cause).__name__}: {cause}"


@dataclass(frozen=True)
class FigureCall:
    """One figure with its parameters (all of them, defaults filled in), and perhaps one of its facts.

    slider_values: for each parameter with a slider, its values; ``parameters`` has the one at which the slider begins.
    """

    figure: Figure
    parameters: Mapping[str, Any]
    fact: str | None = None
    slider_values: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    @property
    def changed(self) -> dict[str, Any]:
        """The parameters that differ from their defaults."""
        return {n: v for n, v in self.parameters.items() if v != self.figure.parameters[n].default}

    @property
    def frames(self) -> list[dict[str, Any]]:
        """The parameters of every drawing between which the sliders move; the last slider's changes first."""
        return [
            dict(zip(self.slider_values, values, strict=True))
            for values in itertools.product(*self.slider_values.values())
        ]

    @property
    def command(self) -> str:
        """The command line that draws this figure with these parameters into a file."""
        url = replace(self, fact=None).url.removeprefix(f"{SCHEME}:")
        return shlex.join(["gdfigs", "render", url])

    @property
    def url(self) -> str:
        """What a page writes to have this figure with these parameters, or the fact."""
        query = urlencode({name: _spelt(value) for name, value in self.changed.items()}, quote_via=quote)
        return f"{SCHEME}:{self.figure.name}{query and f'?{query}'}{f'#{self.fact}' if self.fact else ''}"

    def draw(self, **moved: Any) -> Picture:
        return self.figure(**{**self.parameters, **moved})


def _spelt(value: Any) -> str:
    """The shortest text that is read as ``value``."""
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)


def request(name: str, given: Mapping[str, str], fact: str | None = None, sliders: bool = False) -> FigureCall:
    """The figure ``name`` with the parameters ``given`` as text, or, where ``sliders`` may be, some of them as ranges.

    Raises InputError naming every fault.
    """
    figures = all_figures()
    if name not in figures:
        raise InputError(f"no figure is named {name!r}{nearest(name, figures)}")
    found = figures[name]
    values, stops, faults = {n: p.default for n, p in found.parameters.items()}, {}, []
    for key, text in given.items():
        try:
            if key not in found.parameters:
                raise InputError(f"{name} has no parameter {key!r}{nearest(key, found.parameters)}")
            if sliders and ".." in text:
                stops[key] = found.parameters[key].slider_values(text)
                values[key] = values[key] if values[key] in stops[key] else stops[key][0]
            else:
                values[key] = found.parameters[key].parse(text)
        except InputError as fault:
            faults.append(str(fault))
    if (frames := math.prod(map(len, stops.values()))) > FRAMES:
        faults.append(
            f"the sliders of {name} ask for {frames} drawings, at most {FRAMES} are made: ask for fewer stops"
        )
    if faults:
        raise InputError("; ".join(faults))
    return FigureCall(found, values, fact, stops)


def parse_url(url: str) -> FigureCall:
    """The request that ``gdfigs:name?parameter=value&...#fact`` makes; without a fact, a value may be low..high.

    Raises InputError.
    """
    name, given, fact = parts_of(url)
    return request(name, given, fact, sliders=fact is None)


def parts_of(url: str) -> tuple[str, dict[str, str], str | None]:
    """The name in ``gdfigs:name?parameter=value&...#fact``, the parameters as text, the fact. Raises InputError."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query.replace("+", "%2B"), keep_blank_values=True)  # 1e+3 is a number, no form field
    if len(dict(pairs)) < len(pairs):
        raise InputError(f"a parameter is given twice in {url}")
    return parts.path, dict(pairs), parts.fragment or None


def nearest(name: str, known: Iterable[str]) -> str:
    """'; did you mean ...?' with the nearest of the known names, or the list of them."""
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there are {', '.join(names)}" if names else "; there are none"
