"""A figure shows every value of the ranges that it names when it refuses one, with both ends, and none beyond."""

import re

import numpy as np
import pytest

from gdfigs.plots.registry import all_figures
from tests.shown import shown

NUMBERS = [
    (name, parameter)
    for name, figure in all_figures().items()
    for parameter, about in figure.parameters.items()
    if about.kind in (int, float)
]


def ends(name: str, parameter: str) -> tuple[float, ...]:
    """The two ends of the closed range in the message about a wrong value; none where there is no such range."""
    kind = all_figures()[name].parameters[parameter].kind
    with pytest.raises(ValueError) as refused:  # noqa: PT011, whose message is looked at next
        shown(name, **{parameter: -1 if kind is int else np.nan})
    number = r"(-?[\d.]+(?:e[+-]\d+)?)"
    found = re.match(rf"{parameter} must lie in .*?\[{number}, {number}\]", str(refused.value))
    return tuple(kind(end) for end in found.groups()) if found else ()


@pytest.mark.parametrize(("name", "parameter"), NUMBERS)
def test_both_ends_of_a_closed_range_are_shown(name: str, parameter: str) -> None:
    for end in ends(name, parameter):
        assert shown(name, **{parameter: end})


@pytest.mark.parametrize(("name", "parameter"), NUMBERS)
def test_what_lies_beyond_either_end_is_refused(name: str, parameter: str) -> None:
    if found := ends(name, parameter):
        low, high = found
        little = 1 if isinstance(low, int) else 1e-6 * (high - low)
        for beyond in (low - little, high + little):
            with pytest.raises(ValueError, match=rf"{parameter}\b.* must "):
                shown(name, **{parameter: beyond})


def test_most_parameters_have_a_closed_range() -> None:
    closed = [1 for name, parameter in NUMBERS if ends(name, parameter)]
    assert len(closed) > len(NUMBERS) / 2
