"""What a figure says of itself, to readers who do not see it, has the numbers of what it shows."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from matplotlib.text import Text

from gdfigs.plots.picture import Picture, plotted
from gdfigs.plots.registry import all_figures
from tests.shown import picture
from tests.sliders import SLIDERS

_NUMBER = re.compile(
    r"""(?:(?<=\s)|(?<=\s\()(?=[-\d.]+,)|^)(?<![+/-]\s)      # not within a formula; a point begins with a bracket
        (?P<digits>-?\d+(?:\.(?P<decimals>\d+))?)(?:e(?P<power>[+-]\d+))?
        (?P<percent>\s?%)?(?=[\s,;:)]|\.(?:\s|$)|/L|$)""",
    re.VERBOSE,
)


def numbers(text: str) -> Iterator[tuple[str, float, float]]:
    """Each number of a text: as it is written, its value, and half a unit of its last digit; none of a formula."""
    for found in _NUMBER.finditer(text):
        scale = 10.0 ** int(found["power"] or 0) / (100 if found["percent"] else 1)
        exact = not (found["decimals"] or found["power"] or found["percent"])
        unit = 1e-9 if exact else 0.5 * 10.0 ** -len(found["decimals"] or "") * scale
        yield found[0], float(found["digits"]) * scale, unit


def known(shown: Picture, parameters: dict[str, Any]) -> np.ndarray:
    """What a description may say of a picture: facts, parameters, ends and extremes of what is drawn, counts."""
    values = [*shown.facts.values(), *(value for value in parameters.values() if not isinstance(value, str))]
    series = plotted(shown)
    kinds = Counter(re.sub(r"-?\d[\d.]*$", "", gid) for gid in series)
    values += [len(series), *kinds.values()]
    for one in series.values():
        for name, column in one.columns.items():
            drawn = column[np.isfinite(column)]
            if len(drawn):
                values += [drawn[0], drawn[-1], drawn.min(), drawn.max(), len(drawn), len(drawn) - 1]
            if name in ("level", "piece") or len(drawn) <= 12:
                values += [len(np.unique(drawn)), *(drawn if name not in ("level", "piece") else [])]
    for ax in shown.figure.axes:
        values += [*ax.get_xlim(), *ax.get_ylim(), *ax.get_xticks(), *ax.get_yticks()]
    values.append(len(shown.figure.axes))
    values += [value for text in shown.figure.findobj(Text) for _, value, _ in numbers(text.get_text())]
    return np.abs(np.array(values, dtype=np.float64))  # a factor of -0.9 is one of 0.9 in size


def unknown(shown: Picture, parameters: dict[str, Any]) -> list[str]:
    """The numbers of a picture's description that nothing in it has."""
    among = known(shown, parameters)
    return [
        written
        for text in (shown.description, shown.told)
        for written, value, unit in numbers(text)
        if not (np.abs(among - abs(value)) <= unit * (1 + 1e-9)).any()
    ]


def other(value: float) -> float:
    """A value beside a default, which most figures accept as well."""
    return value + 1 if isinstance(value, int) else round(1.1 * value, 3)


CASES = [
    *((name, {}) for name in all_figures()),
    *(
        (name, {p.name: other(p.default)})
        for name, figure in all_figures().items()
        for p in figure.parameters.values()
        if p.kind is not str
    ),
    *((call.figure.name, dict(call.frames[stop])) for _, call in SLIDERS.values() for stop in (0, 2, -1)),
]


@pytest.mark.parametrize(("name", "changed"), CASES, ids=str)
def test_every_number_is_one_of_what_is_shown(name: str, changed: dict[str, Any]) -> None:
    try:
        shown = picture(name, **changed)
    except ValueError:
        return  # the figure's own tests say when
    parameters = {p.name: p.default for p in all_figures()[name].parameters.values()}
    assert unknown(shown, parameters | changed) == []


def test_a_wrong_last_digit_is_seen() -> None:
    """Of most: some stand beside a number that is shown as well, and few figures show as many as 300."""
    seen = []
    for name, figure in all_figures().items():
        shown = picture(name)
        among = known(shown, {p.name: p.default for p in figure.parameters.values()})
        for written, value, unit in numbers(shown.description):
            if len(re.sub(r"e.*|\D", "", written).lstrip("0")) > 1:
                for wrong in (value - max(1, 2 * unit) if unit == 1e-9 else value - 2 * unit, value + 2 * unit):
                    seen.append(not (np.abs(among - abs(wrong)) <= unit).any())
    assert np.mean(seen) > 0.8
