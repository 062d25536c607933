"""What a figure says of itself, to readers who do not see it, has the numbers and the looks of what it shows."""

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from matplotlib.text import Text

from gdfigs.plots.looks import looks
from gdfigs.plots.registry import all_figures
from gdfigs.site.captions import faults
from tests.shown import Shown
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


def known(s: Shown) -> np.ndarray:
    """What a description may say of a picture: facts, parameters, ends and extremes of what is drawn, counts."""
    kinds = Counter(re.sub(r"-?\d[\d.]*$", "", gid) for gid in s.series)
    values = [*s.facts.values(), *s.parameters.values(), len(s.series), *kinds.values(), len(s.axes)]
    for one in s.series.values():
        for name, column in one.columns.items():
            drawn = column[np.isfinite(column)]
            if len(drawn):
                values += [drawn[0], drawn[-1], drawn.min(), drawn.max(), len(drawn), len(drawn) - 1]
            if name in ("level", "piece") or len(drawn) <= 12:
                values += [len(np.unique(drawn)), *(drawn if name not in ("level", "piece") else [])]
    for ax in s.axes:
        values += [*ax.get_xlim(), *ax.get_ylim(), *ax.get_xticks(), *ax.get_yticks()]
    values += [value for text in s.picture.figure.findobj(Text) for _, value, _ in numbers(text.get_text())]
    return np.abs(np.array(values, dtype=np.float64))  # a factor of -0.9 is one of 0.9 in size


def assert_known(s: Shown) -> None:
    """Asserts that each number of the description, and of what a slider tells, is one of the picture's."""
    among = known(s)
    for text in (s.description, s.slider_text):
        for written, value, unit in numbers(text):
            assert (np.abs(among - abs(value)) <= unit * (1 + 1e-9)).any(), f"{s}: {written}"


def test_every_number_is_one_of_what_is_shown(s: Shown) -> None:
    assert_known(s)


def test_every_look_is_one_of_what_is_shown(s: Shown) -> None:
    assert [fault for text in (s.description, s.slider_text) for fault in faults(text, looks(s.picture.figure))] == []


@pytest.mark.parametrize("stop", [0, 2, -1])
@pytest.mark.parametrize("slider", SLIDERS)
def test_every_number_beside_a_slider_is_one_of_what_is_shown(slider: str, stop: int) -> None:
    _, call = SLIDERS[slider]
    assert_known(Shown(call.figure.name, {**call.parameters, **call.frames[stop]}))


def test_a_wrong_last_digit_is_seen() -> None:
    """Of most: some stand beside a number that is shown as well, and few figures show as many as 300."""
    seen = []
    for s in map(Shown, all_figures()):
        among = known(s)
        for written, value, unit in numbers(s.description):
            if len(re.sub(r"e.*|\D", "", written).lstrip("0")) > 1:
                for wrong in (value - max(1, 2 * unit) if unit == 1e-9 else value - 2 * unit, value + 2 * unit):
                    seen.append(not (np.abs(among - abs(wrong)) <= unit).any())
    assert np.mean(seen) > 0.8
