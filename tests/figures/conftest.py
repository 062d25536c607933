"""The sets of parameters with which the tests draw each figure: ends of ranges, corners, something between."""

from typing import Any

import pytest

from gdfigs.plots.registry import all_figures
from tests.shown import Shown

CASES: dict[str, list[dict[str, Any]]] = {
    "amplification": [{"z": 0.0}, {"z": 3.0}, {"z": 1.0, "largest": 6.0}, {"z": 2.05, "largest": 2.1}],
    "backward-euler-to-the-maximiser": [{"eta": 2.4, "small": 0.3}, {"eta": 6.0}],
    "contours-and-field": [{"a": 3.0, "b": 1.0}, {"a": 0.2, "b": 5.0}, {"a": 2.0, "b": 2.0}],
    "convex-rate": [{"k": 1, "steps": 10}, {"k": 7, "steps": 16}, {"k": 200, "steps": 200}],
    "cycle-of-the-heavy-ball": [{"steps": 60}, {"start": 3.07, "steps": 60}, {"start": 3.46, "steps": 60}],
    "damping": [{"gamma": gamma} for gamma in (0.0, 0.8, 1.0, 1.25, 3.0)],
    "descent-and-flow": [
        *({"eta": eta} for eta in (0.05, 0.0999, 0.1, 0.1001, 0.1999, 0.2, 0.2001, 0.21)),
        {"eta": 0.01, "kappa": 200.0, "steps": 100}, {"eta": 0.25, "kappa": 2.0, "steps": 3}, {"steps": 1},
    ],
    "descent-lemma": [{"contact": -3.0, "mu": 0.4}, {"contact": 3.0, "mu": 0.0}, {"contact": 0.0}, {"contact": -0.7}],
    "descent-regimes": [
        {"small": 0.01, "stable": 0.1001, "unstable": 0.25, "kappa": 200.0, "steps": 100},
        {"small": 0.0999, "stable": 0.1999, "unstable": 0.2001, "kappa": 2.5, "steps": 7},
        {"small": 0.1},
    ],
    "energy": [{"x0": -3.0, "y0": 5.0}, {"x0": 1.5, "y0": 1.5}, {"x0": 0.0, "y0": -12.0}],
    "energy-of-the-heavy-ball": [{"gamma": 0.02, "T": 40.0}, {"gamma": 0.5, "T": 10.0}],
    "error-in-time": [{"eta": 0.02, "kappa": 100.0}, {"eta": 1.0, "kappa": 10.0}, {"eta": 0.3}],
    "escaping-flow": [{"x0": 0.5, "T": 1e6}, {"x0": 3.0, "T": 100.0}],
    "euler-error": [{"halvings": 0, "kappa": 1.0, "T": 0.1}, {"halvings": 9, "kappa": 1e3, "T": 2.0}, {"T": 1.7}],
    "euler-maruyama-bias": [{"chains": 100}, {"chains": 5000}],
    "factor-of-two": [{"kappa": 1.2}, {"kappa": 10.0, "eta": 0.5}, {"kappa": 100.0}],
    "flow-convex-rate": [{"L": 0.5}, {"L": 20.0}, {"L": 100.0}],
    "flow-paths": [{"a": 3.0, "b": 1.0, "starts": 5}, {"a": 2.0, "b": 2.0, "starts": 20}, {"a": 2.0, "starts": 2}],
    "flow-strongly-convex-rate": [{"kappa": 2.0, "mu": 0.05}, {"kappa": 100.0, "mu": 1.0}, {"kappa": 30.0, "mu": 0.3}],
    "gaussian-fits": [{"p": p} for p in (-1.0, 0.0, 0.5, 1.0, 2.0)],
    "heavy-ball-spectral-radius": [{"kappa": 1.5}, {"kappa": 1000.0}],
    "huber-two-cycle": [{"h": 2.5, "x0": 0.05}, {"h": 4.0, "x0": 1.0}, {"h": 3.3, "x0": 0.7}],
    "langevin-histogram": [
        *({"beta": beta} for beta in (1.0, 2.0, 8.0, 16.0)), {"beta": 1.0, "chains": 500}, {"beta": 8.0, "chains": 1000}
    ],
    "leaving-a-maximum": [{"x0": -0.5, "apart": 0.5}, {"x0": 0.5, "apart": 0.05}, {"x0": 0.2, "apart": 0.1}],
    "modes": [{"eta": 0.3, "seed": 12}, {"eta": 0.9, "seed": 7}, {"eta": 1.0}, {"eta": 1.7}],
    "momentum-paths": [{"beta": beta} for beta in (0.0, 0.2, 0.8, 0.95)],
    "momentum-rates": [{"kappa": 4.0}, {"kappa": 400.0}, {"kappa": 4.0, "steps": 400}, {"kappa": 400.0, "steps": 20}],
    "nesterov-flow-rate": [{"T": 10.0}, {"T": 40.0}],
    "nesterov-limit": [{"eta": 0.01}, {"eta": 0.37}, {"eta": 1.0}],
    "newton-and-gradient-flow": [{"kappa": 1.0}, {"kappa": 1.5}, {"kappa": 100.0}, {"kappa": 1000.0}],
    "non-uniqueness": [{"wait": 0.5, "x0": 1.5}, {"wait": 1.19, "x0": 0.7}],
    "one-sided-hessian": [{"contact": contact} for contact in (-0.3, 0.1, 0.3)],
    "several-solutions": [{"eta": 0.02}, {"eta": 0.1}, {"eta": 0.5, "theta": -0.2}, {"eta": 20.0, "theta": 0.5}],
    "scalar-regimes": [{"steps": steps} for steps in (4, 8, 16, 20)],
    "spectral-radius": [{"kappa": 1.0}, {"kappa": 1000.0}],
    "stability-regions": [
        {"eta": 3.0, "larger": 0.05, "kappa": 1.0}, {"eta": 1.999, "larger": 2.001}, {"eta": 0.05, "kappa": 100.0}
    ],
    "steps-against-kappa": [{"digits": 2}, {"digits": 12}],
    "straight-moments": [{"p": p} for p in (0.0, 0.5, 2.0)],
    "strongly-convex-rate": [
        {"kappa": 1.01, "steps": 50}, {"kappa": 1.5}, {"kappa": 200.0, "steps": 19}, {"kappa": 1000.0, "steps": 5}
    ],
    "sufficient-decrease": [{"theta0": theta0} for theta0 in (0.1, 0.5, 3.0)],
    "variance-in-time": [
        *({"eta": eta} for eta in (0.1, 0.15, 0.5, 1.0)), {"eta": 1.0, "chains": 100}, {"eta": 0.15, "chains": 1000}
    ],
    "worst-case-in-time": [{"kappa": 1.2}, {"kappa": 6.0}],
    "zigzag": [{"steps": 1}, {"steps": 100}],
}  # fmt: skip
"""Beside the defaults, with which each figure is drawn as well."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs a test that takes ``s`` with each case of its class's figure, or of all; ``default`` is the first one."""
    names = [metafunc.cls.figure] if hasattr(metafunc.cls, "figure") else list(all_figures())
    for argument, cases in (("s", True), ("default", False)):
        if argument in metafunc.fixturenames:
            sets = [Shown(name, changed) for name in names for changed in [{}, *(CASES.get(name, ()) if cases else ())]]
            metafunc.parametrize(argument, sets, ids=str)
