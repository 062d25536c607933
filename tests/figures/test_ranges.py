"""Every figure draws at the ends of its parameters' ranges, and refuses what lies beyond."""

import math
from typing import Any

import pytest

from gdfigs.plots.registry import InputError, Parameter, all_figures
from tests.figures.conftest import CASES
from tests.shown import Shown, outside, shown

PARAMETERS = [
    pytest.param(name, parameter, id=f"{name}-{parameter.name}")
    for name, figure in all_figures().items()
    for parameter in figure.parameters.values()
]
TOGETHER: dict[tuple[str, str], dict[str, Any]] = {
    ("convex-rate", "k"): {"steps": 200},
    ("descent-and-flow", "kappa"): {"eta": 0.1},
    ("descent-regimes", "kappa"): {"unstable": 0.205},
    ("energy", "x0"): {"y0": 0.0},
    ("energy", "y0"): {"x0": 0.0},
}
"""What must hold of other parameters at the ends of one."""


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
def test_both_ends_are_drawn_and_nothing_beyond(name: str, parameter: Parameter) -> None:
    for end, beyond in ((parameter.range.low, -1), (parameter.range.high, 1)):
        if end in parameter.range:
            assert shown(name, **{parameter.name: parameter.kind(end)}, **TOGETHER.get((name, parameter.name), {}))
        refused = [end + beyond * (1 if parameter.kind is int else 1e-6)] if math.isfinite(end) else []
        refused += [end] if parameter.kind is float and end not in parameter.range else []
        for value in refused:
            with pytest.raises(InputError, match=f"^{parameter.name} must lie in "):
                shown(name, **{parameter.name: value})


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
