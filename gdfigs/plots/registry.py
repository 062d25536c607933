"""The registry of figures: their names, their parameters with the ranges of these, and how a page calls one."""

from __future__ import annotations

import difflib
import importlib
import inspect
import itertools
import math
import numbers
import pkgutil
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import cache, cached_property, partial
from typing import Any, get_args
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from gdfigs.claims.core import import_module
from gdfigs.plots.picture import Picture
from gdfigs.plots.style import style

SCHEME = "gdfigs"
STOPS = 41
"""Number of stops of a slider, unless the page says otherwise."""
FRAMES = 200
"""Largest number of drawings that the sliders of one figure may need."""
_NOUNS = {int: "a whole number", float: "a number"}


class InputError(ValueError):
    """A page or a command names what does not exist or does not fit; the message names every fault."""


class RegistryError(InputError):
    """A module of figures cannot be imported; the message names the file, the line and the cause."""


@dataclass(frozen=True)
class Range:
    """The values that a parameter of a figure may have, and what it means.

    It stands in the signature: ``eta: Annotated[float, Range(0.01, 0.21, "step")] = 0.1``.

    Args:
        low: smallest value.
        high: largest value. An end that is infinite does not belong to the range.
        meaning: what the parameter is, in a few words.
        remedy: advice at the end of the message about any other value.
        without: finite ends that do not belong to the range.
        logarithmic: whether a slider goes from stop to stop by equal factors.
    """

    low: float
    high: float
    meaning: str
    _: KW_ONLY
    remedy: str = "choose a value from there"
    without: tuple[float, ...] = ()
    logarithmic: bool = False

    def __contains__(self, value: Any) -> bool:
        return math.isfinite(value) and self.low <= value <= self.high and value not in self.without

    def __str__(self) -> str:
        """The range as an interval, ``(0, 0.2]``."""
        left, right = "[" if self.low in self else "(", "]" if self.high in self else ")"
        return f"{left}{self.low:g}, {self.high:g}{right}"


@dataclass(frozen=True)
class Parameter:
    """A keyword argument of a figure's function. ``kind`` is int or float."""

    name: str
    kind: type
    default: Any
    range: Range

    @property
    def meaning(self) -> str:
        return self.range.meaning

    def check(self, value: Any) -> None:
        """Raises InputError unless the parameter may have this value."""
        if not isinstance(value, numbers.Integral if self.kind is int else numbers.Real):
            raise InputError(f"{self.name} must be {_NOUNS[self.kind]}; got {value!r}")
        if value not in self.range:
            raise InputError(f"{self.name} must lie in {self.range}; got {_spelt(value)}: {self.range.remedy}")

    def parse(self, text: str) -> Any:
        """Returns the value that ``text`` spells. Raises InputError if it spells none, or one out of range."""
        value = parse_number(self.name, self.kind, text)
        self.check(value)
        return value

    def slider_values(self, text: str) -> tuple[Any, ...]:
        """Returns the stops of a slider that is written low..high or low..high..stops. Raises InputError.

        They are spread evenly, to 10 digits, or by equal factors, to 3.
        """
        ends, logarithmic = text.split(".."), self.range.logarithmic
        if len(ends) > 3:
            raise InputError(f"a slider over {self.name} cannot be had from {text!r}: write a number, or low..high")
        low, high = self.parse(ends[0]), self.parse(ends[1])
        if not low < high or (logarithmic and low <= 0):
            least = "0 < " if logarithmic else ""
            raise InputError(f"a slider over {self.name} goes from low to high, {least}low < high; got {text}")
        count = parse_number("the number of stops", int, ends[2]) if ends[2:] else STOPS
        if self.kind is int:
            count = min(count, high - low + 1)
        if not 2 <= count <= FRAMES:
            raise InputError(f"a slider over {self.name} has from 2 to {FRAMES} stops; got {count}")
        shares = [i / (count - 1) for i in range(count)]
        if logarithmic:
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


def parse_number(name: str, kind: type, text: str) -> Any:
    """Returns the number of ``kind`` int or float that ``text`` spells. Raises InputError if it spells none."""
    try:
        value = kind(text)
        if math.isfinite(value):
            return value
    except ValueError:
        pass
    raise InputError(f"{name} must be {_NOUNS[kind]}; got {text!r}")


@dataclass(frozen=True)
class Figure:
    """A figure of the registry; called with its parameters, it draws.

    name: as pages write it, with hyphens. page: the page it belongs to, below docs/. function: what draws it.
    """

    name: str
    page: str
    function: Callable[..., Picture]

    def __call__(self, **parameters: Any) -> Picture:
        """Draws the figure. Raises InputError, naming every fault, on a parameter unknown or out of range."""
        if faults := _faults(parameters.items(), lambda name, value: self.parameter(name).check(value)):
            raise InputError("; ".join(faults))
        # NumPy's numbers are not quite Python's: they multiply no text.
        values = {name: self.parameters[name].kind(value) for name, value in parameters.items()}
        with style():
            picture = self.function(**values)
        return replace(
            picture,
            title=self.summary,
            name=self.name,
            page=self.page,
            parameters={name: p.default for name, p in self.parameters.items()} | values,
            redraw=partial(self, **values),
        )

    @cached_property
    def summary(self) -> str:
        """The first line of the docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """The parameters by name. Raises TypeError on one without a type, a range or a default."""
        found = {}
        for name, p in inspect.signature(self.function, eval_str=True).parameters.items():
            match get_args(p.annotation):
                case (kind, Range() as allowed) if kind in _NOUNS and p.default is not p.empty:
                    found[name] = Parameter(name, kind, p.default, allowed)
                case _:
                    raise TypeError(
                        f"{name} of {self.name} needs a type int or float, a range and a default, as in "
                        'eta: Annotated[float, Range(0.01, 0.21, "step")] = 0.1'
                    )
        return found

    def parameter(self, name: str) -> Parameter:
        """Returns one of the parameters. Raises InputError that names the nearest where there is none of that name."""
        if name not in self.parameters:
            raise InputError(f"{self.name} has no parameter {name!r}{nearest(name, self.parameters)}")
        return self.parameters[name]

    @cached_property
    def source(self) -> str:
        """The function's source, without its decorator."""
        source = inspect.getsource(self.function)
        return source[source.index("def ") :]


_FIGURES: dict[str, Figure] = {}


def figure(page: str) -> Callable[[Callable[..., Picture]], Figure]:
    """Registers a function, under its name with hyphens, as a figure of ``page`` (below docs/).

    Each of its parameters has a type, int or float, a Range and a default that lies in it.
    """

    def register(function: Callable[..., Picture]) -> Figure:
        new = Figure(function.__name__.replace("_", "-"), page, function)
        if new.name in _FIGURES:
            raise TypeError(f"two figures are named {new.name!r}")
        for parameter in new.parameters.values():
            parameter.check(parameter.default)
        _FIGURES[new.name] = new
        return new

    return register


def all_figures() -> Mapping[str, Figure]:
    """Returns all figures by name, in alphabetical order. Raises RegistryError."""
    # A layer above this one: imported when it is needed, by name.
    package = importlib.import_module("gdfigs.figures")
    _import_all(package.__name__, tuple(package.__path__))
    return dict(sorted(_FIGURES.items()))


@cache
def _import_all(package: str, folders: tuple[str, ...]) -> None:
    for module in pkgutil.iter_modules(folders):
        if fault := import_module(f"{package}.{module.name}", _FIGURES, lambda figure: figure.function):
            raise RegistryError(fault)


@dataclass(frozen=True)
class FigureCall:
    """A figure with its parameters (all of them, defaults filled in), and perhaps one of its facts.

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
        return shlex.join(["gdfigs", "render", replace(self, fact=None).url.removeprefix(f"{SCHEME}:")])

    @property
    def url(self) -> str:
        """The address by which a page shows this figure with these parameters, or quotes the fact."""
        query = urlencode({name: _spelt(value) for name, value in self.changed.items()}, quote_via=quote)
        return f"{SCHEME}:{self.figure.name}{query and f'?{query}'}{f'#{self.fact}' if self.fact else ''}"

    def draw(self, **moved: Any) -> Picture:
        """Draws the figure, with some parameters moved."""
        return self.figure(**{**self.parameters, **moved})


def _spelt(value: Any) -> str:
    """Returns the shortest text that is read as ``value``."""
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)


def figure_call(name: str, words: Mapping[str, str], fact: str | None = None, sliders: bool = False) -> FigureCall:
    """Returns the call of the figure ``name`` with parameters as text, some of them as ranges where ``sliders`` may be.

    Raises InputError naming every fault.
    """
    figures = all_figures()
    if name not in figures:
        raise InputError(f"no figure is named {name!r}{nearest(name, figures)}")
    called = figures[name]
    values: dict[str, Any] = {n: p.default for n, p in called.parameters.items()}
    stops: dict[str, tuple[Any, ...]] = {}

    def read(key: str, text: str) -> None:
        parameter = called.parameter(key)
        if sliders and ".." in text:
            stops[key] = parameter.slider_values(text)
            values[key] = values[key] if values[key] in stops[key] else stops[key][0]
        else:
            values[key] = parameter.parse(text)

    faults = _faults(words.items(), read)
    if (frames := math.prod(map(len, stops.values()))) > FRAMES:
        faults.append(
            f"the sliders of {name} ask for {frames} drawings, at most {FRAMES} are made: ask for fewer stops"
        )
    if faults:
        raise InputError("; ".join(faults))
    return FigureCall(called, values, fact, stops)


def _faults(items: Iterable[tuple[str, Any]], check: Callable[[str, Any], None]) -> list[str]:
    """Returns the messages of all InputErrors that ``check`` raises for a name and a value."""
    faults = []
    for name, value in items:
        try:
            check(name, value)
        except InputError as fault:
            faults.append(str(fault))
    return faults


def parse_url(url: str) -> FigureCall:
    """Returns the call ``gdfigs:name?parameter=value&...#fact``; without a fact, a value may be low..high.

    Raises InputError.
    """
    name, words, fact = split_url(url)
    return figure_call(name, words, fact, sliders=fact is None)


def split_url(url: str) -> tuple[str, dict[str, str], str | None]:
    """Returns the name in ``gdfigs:name?parameter=value&...#fact``, the parameters as text, the fact.

    Raises InputError.
    """
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query.replace("+", "%2B"), keep_blank_values=True)  # 1e+3 is a number, no form field
    if len(dict(pairs)) < len(pairs):
        raise InputError(f"a parameter is given twice in {url}")
    return parts.path, dict(pairs), parts.fragment or None


def nearest(name: str, known: Iterable[str]) -> str:
    """Returns '; did you mean ...?' with a name that begins so, or the nearest of the known names, or all of them."""
    names = list(known)
    close = [known for known in names if name and known.startswith(name)]
    close += difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there are {', '.join(names)}" if names else "; there are none"
