"""Every figure draws at the ends of its parameters' ranges, and refuses what lies beyond."""

import math
from typing import Any

import pytest

from gdfigs.plots.registry import InputError, all_figures
from tests.figures.conftest import CASES
from tests.shown import Shown, outside, shown

PARAMETERS = [(name, parameter) for name, figure in all_figures().items() for parameter in figure.parameters]
TOGETHER: dict[tuple[str, str], dict[str, Any]] = {
    ("convex-rate", "k"): {"steps": 200},
    ("descent-and-flow", "kappa"): {"eta": 0.1},
    ("descent-regimes", "kappa"): {"unstable": 0.205},
    ("energy", "x0"): {"y0": 0.0},
    ("energy", "y0"): {"x0": 0.0},
}
"""What must hold of other parameters at the ends of one."""


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
def test_both_ends_are_drawn_and_nothing_beyond(name: str, parameter: str) -> None:
    kind, values = all_figures()[name].parameters[parameter].kind, all_figures()[name].parameters[parameter].range
    for end, beyond in ((values.low, -1), (values.high, 1)):
        if end in values:
            assert shown(name, **{parameter: kind(end)}, **TOGETHER.get((name, parameter), {}))
        refused = [end + beyond * (1 if kind is int else 1e-6)] if math.isfinite(end) else []
        refused += [end] if kind is float and end not in values else []
        for value in refused:
            with pytest.raises(InputError, match=f"^{parameter} must lie in "):
                shown(name, **{parameter: value})


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("amplification", {"z": 3.1}, r"z must lie in \[0, largest\] = \[0, 3\]; got 3.1: reduce it or raise largest"),
        ("convex-rate", {"k": 101}, r"k must lie in \[1, steps\] = \[1, 100\]; got 101: reduce k or raise steps"),
        ("descent-and-flow", {"eta": 0.2, "kappa": 1.0}, r"eta must lie in \(0, 0.14\), or the first step leaves"),
        ("energy", {"x0": 0.0}, r"\|x0\| \+ \|y0\| must lie in \[3, 12\]; got 2: start nearer to 0, but not"),
        ("energy", {"x0": -9.0, "y0": 4.0}, r"\|x0\| \+ \|y0\| must lie in \[3, 12\]; got 13"),
    ],
)
def test_parameters_that_do_not_fit_each_other_are_refused(name: str, parameters: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        shown(name, **parameters)


def test_all_cases_are_those_of_figures() -> None:
    assert CASES.keys() <= all_figures().keys()


def test_everything_lies_inside_its_axes(s: Shown) -> None:
    if "chains" not in s.changed:  # bands of few chains are wide
        assert outside(s.picture) == {}
