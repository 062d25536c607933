"""Checked numbers: what a page writes, compared with what a figure or a formula of the text computes.

[113](gdfigs:figure?parameter=value#name)                 a fact of the figure, or one of its parameters
[0.97](gdfigs:bounds.contraction?eta=0.1&L=10&mu=0.3)     a formula of gdfigs.maths.bounds; 2/3 is a number, too
[0.1](gdfigs:bounds.contraction?eta=0.1&L=10&mu=0.3#eta)  one of its arguments
[$\\kappa = 10$](gdfigs:figure#kappa)                      what stands behind the last relation of a formula
[twice](gdfigs:bounds.forward_factor?z=-1)                a word is compared as the digits that it stands for
"""

from __future__ import annotations

import inspect
import math
import re
import unicodedata
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from gdfigs.build.jobs import BuildJobs
from gdfigs.plots.registry import InputError, all_figures, nearest, parse_number, parse_url, split_url

WORDS = {
    "half": "0.5", "one": "1", "once": "1", "two": "2", "twice": "2", "three": "3", "four": "4", "five": "5",
    "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12",
}  # fmt: skip
_NUMBER = re.compile(
    r"(?P<sign>[-−]?)(?:(?P<fraction>[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]|\d+/\d+)|(?P<base>\d+)(?P<power>⁻?[⁰¹²³⁴-⁹]+)"
    r"|(?P<whole>\d{1,3}(?:[,\u202f]\d{3})+|\d+)(?:\.(?P<decimals>\d+))?(?: ?[×⋅] ?10(?P<exponent>⁻?[⁰¹²³⁴-⁹]+))?)"
    r"(?P<percent>\s?%)?"
)
_RELATION = re.compile("[=≈<>≤≥]")


def verify(quoted: str, url: str, jobs: BuildJobs, heading: str = "") -> float:
    """The value behind ``url``. Raises InputError unless ``quoted`` is it, rounded; DrawingError.

    heading: of the column that it stands in, where that is a checked number too: its address. Then the cell's address
    must name the heading's number: as a parameter, as a quotient of two or of 1, or in the name of a fact.
    """
    name, given, fact = split_url(url)
    value = _of_formula(url) if "." in name else _of_figure(url, jobs)
    check(quoted, value, "formula" if "." in name else "figure")
    if heading:
        column = _of_formula(heading) if "." in split_url(heading)[0] else _of_figure(heading, jobs)
        named = [1.0, *(float(Fraction(text)) for text in given.values())]
        quotients = [one / other for one in named for other in named if other]
        counted = [float(digits) for digits in re.findall(r"\d+", fact or "")]
        if not any(math.isclose(column, number) for number in [*named[1:], *quotients, *counted]):
            raise InputError(
                f"the column is headed {column:g}, but {url} names no {column:g}: is the cell in its column?"
            )
    return value


def check(quoted: str, value: float, source: str = "figure") -> None:
    """Raises InputError unless ``quoted`` is ``value`` rounded to the digits written.

    '1,024', '0.2785', '−3', '42 %' and '1.5 × 10⁻³' are numbers; a percentage is a hundred times the value. '½', '2/3'
    and '10²' are exact.
    """
    written = _RELATION.split(quoted)[-1].strip()
    try:
        match = _NUMBER.fullmatch(WORDS.get(written.lower(), written))
        number, digit = _number(match) if match else (math.inf, 0.0)
    except ArithmeticError:  # 1/0
        match = None
    if match is None:
        raise InputError(f"{quoted!r} is not a number: write digits, as 1,024 or 0.28 or 42 %")
    scaled = value * (100 if match["percent"] else 1)
    # Half a unit of the last digit written; the factor lets a value that lies on the half round either way.
    if abs(number - scaled) > (0.5 * digit * (1 + 1e-9) or 1e-9 * abs(number)):
        shown = f"{scaled:.{max(0, -round(math.log10(digit)))}f}" if digit else f"{scaled:.6g}"
        raise InputError(f"the page says {written}, the {source} computes {shown}{match['percent'] or ''}")


def _number(match: re.Match[str]) -> tuple[float, float]:
    """Reads a number, and what a unit of its last digit counts: 0 where it is exact."""
    sign, decimals = -1 if match["sign"] else 1, match["decimals"] or ""
    if match["fraction"]:
        return sign * float(Fraction(unicodedata.normalize("NFKC", match["fraction"]).replace("\u2044", "/"))), 0.0
    raised = int(unicodedata.normalize("NFKC", match["power"] or match["exponent"] or "0").replace("−", "-"))
    if match["power"]:
        return sign * float(match["base"]) ** raised, 0.0
    digits = f"{re.sub('[^0-9]', '', match['whole'])}.{decimals}"
    return sign * float(f"{digits}e{raised}"), float(f"1e{raised - len(decimals)}")


def _of_figure(url: str, jobs: BuildJobs) -> float:
    call = parse_url(url)
    named = dict(call.parameters)
    if call.fact not in named:  # a parameter is known without a drawing
        named = jobs.result(call).facts | named
    if call.fact is None:
        raise InputError(f"a number names a fact of the figure: write {url}#... with one of {', '.join(named)}")
    if call.fact not in named:
        raise InputError(f"{call.figure.name} has no fact {call.fact!r}{nearest(call.fact, named)}")
    return float(named[call.fact])


def _of_formula(url: str) -> float:
    all_figures()  # a module that cannot be imported is told with its place
    from gdfigs.maths import bounds

    name, given, fragment = split_url(url)
    formulas = {
        f"bounds.{n}": f
        for n, f in vars(bounds).items()
        if getattr(f, "__module__", "") == bounds.__name__ and n[0] != "_"
    }
    if name not in formulas:
        raise InputError(f"no formula is named {name!r}{nearest(name, formulas)}")
    arguments = _arguments(name, formulas[name], given)
    if fragment and fragment not in arguments:
        raise InputError(f"{url.partition('#')[0]} has no argument {fragment!r}{nearest(fragment, arguments)}")
    if fragment:
        return float(arguments[fragment])
    try:
        with np.errstate(divide="raise", invalid="raise", over="raise"):
            value = np.asarray(formulas[name](**arguments))
    except (ArithmeticError, TypeError, ValueError) as cause:
        reason = cause if isinstance(cause, ValueError) else f"{type(cause).__name__}: {cause}"
        raise InputError(f"{url} cannot be computed: {reason}") from cause
    if value.shape or not np.isfinite(value):
        raise InputError(f"{url} gives {value.tolist()}, not a finite number")
    return float(value)


def _arguments(name: str, formula: Callable[..., Any], given: dict[str, str]) -> dict[str, Any]:
    """What ``formula`` is called with. Raises InputError naming every fault."""
    parameters = inspect.signature(formula).parameters
    faults = [f"{name} has no parameter {key!r}{nearest(key, parameters)}" for key in given if key not in parameters]
    found: dict[str, Any] = {}
    for key, parameter in parameters.items():
        try:
            if key in given:
                found[key] = _read(key, parameter.annotation, given[key])
            elif parameter.default is parameter.empty:
                raise InputError(f"{name} needs {key}")
        except InputError as fault:
            faults.append(str(fault))
    if faults:
        raise InputError("; ".join(faults))
    return found


def _read(name: str, annotation: Any, text: str) -> Any:
    """The argument that ``text`` spells: a whole number or true or false where it must be one, else a number or 2/3."""
    if annotation is bool:
        if text not in ("true", "false"):
            raise InputError(f"{name} must be true or false; got {text!r}")
        return text == "true"
    if annotation is int:
        return parse_number(name, int, text)
    above, line, below = text.partition("/")
    divisor = parse_number(name, float, below) if line else 1.0
    if divisor == 0:
        raise InputError(f"{name} must be a number; got {text!r}")
    return parse_number(name, float, above) / divisor
