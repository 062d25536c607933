"""What holds of a figure holds at the stops of its sliders on the site, and what is told there is what is drawn."""

import re
from collections.abc import Iterator

import numpy as np
import pytest

from tests.shown import Shown, close, same
from tests.sliders import SLIDERS, stops

ROUNDING = 1e-11
"""Some hundred operations in double precision on numbers of size 1."""


def published(name: str) -> Iterator[Shown]:
    """The figure at up to 15 stops of its sliders on the site, the first and the last among them."""
    for _, call in SLIDERS.values():
        if call.figure.name == name:
            for moved in stops(call, most=15):
                yield Shown(name, {**call.parameters, **moved})


def told(s: Shown) -> list[float]:
    """The numbers in what is told beside a slider."""
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", s.slider_text)]


@pytest.mark.parametrize("name", sorted({call.figure.name for _, call in SLIDERS.values()}))
def test_each_tells_what_moves(name: str) -> None:
    frames = [*published(name)]
    assert len(frames) >= 8
    assert all(0 < len(s.slider_text) < 95 for s in frames)  # with the parameter before it, two lines on a phone


def test_descent_and_flow_tells_regime_factor_and_steps_of_the_worst_start() -> None:
    for s in published("descent-and-flow"):
        rho = np.abs(1 - s.eta * np.array([10 / s.kappa, 10.0])).max()
        close(told(s)[0], rho, 5e-3)  # three digits are told
        y = s["descent"].y
        flips = bool((y[1:] * y[:-1] < 0).any())
        assert flips == (s.eta * 10 > 1 + ROUNDING)
        words = [word for word in ("keeps to its side", "zigzags", "diverges", "for ever") if word in s.slider_text]
        if rho < 1 - ROUNDING:
            assert words == ["zigzags" if flips else "keeps to its side"]
            assert rho ** told(s)[1] <= 1e-6 < rho ** (told(s)[1] - 1)
        else:
            assert words == ["diverges" if rho > 1 + ROUNDING else "for ever"]


def test_amplification_marks_each_factor_on_its_curve() -> None:
    for s in published("amplification"):
        expected = {"forward": abs(1 - s.z), "flow": np.exp(-s.z), "backward": 1 / (1 + s.z)}
        for name, factor in expected.items():
            assert s[f"{name}-at"].x == s.z
            close(s[f"{name}-at"].y, factor, ROUNDING, ROUNDING)
            close(np.interp(s.z, s[name].x, s[name].y), factor, 0, 1e-3)  # between two vertices
            s.has(ROUNDING, ROUNDING, **{name: factor})
        close(told(s)[:3], list(expected.values()), 0, 5.001e-4)  # three decimals are told
        same(s["at"].x, s.z)
        close(s["at"].y, [0, max(expected.values())], ROUNDING)
        assert ("ahead of the flow" in s.slider_text) == (0 < abs(1 - s.z) < np.exp(-s.z) or s.z == 1)
        assert ("diverges" in s.slider_text) == (s.z > 2)


def test_stability_regions_tell_where_the_points_lie() -> None:
    for s in published("stability-regions"):
        rho = np.abs(1 + s["points"].x).max()
        close(told(s), [*s["points"].x, rho], 5e-3)  # three digits are told
        inside = "inside the circle" in s.slider_text and "outside" not in s.slider_text
        assert inside == (rho < 1 - ROUNDING)
        assert ("one outside" in s.slider_text) == (rho > 1 + ROUNDING)


def test_euler_error_marks_the_same_step_on_both_lines() -> None:
    for s in published("euler-error"):
        eta, errors = 2.0**-s.halvings, []
        for name in ("local", "global"):
            mark, line = s[f"{name}-at"], s[name]
            assert mark.x == eta
            assert mark.y == line.y[line.x == eta]
            errors.append(float(mark.y[0]))
        close([told(s)[n] for n in (0, 1, 3)], [eta, *errors], 0.05)  # two digits are told
        s.has(0, eta=eta, error_of_one_step=errors[0], error_at_T=errors[1])


def test_the_factor_of_two_is_the_square_at_every_step() -> None:
    for s in published("factor-of-two"):
        rate = -np.log(max(abs(1 - s.eta / s.kappa), abs(1 - s.eta))) / (
            s.eta / s.kappa
        )  # in units of mu, at L = kappa mu
        for name, times in (("distance", 1), ("gap", 2)):
            close(s[f"at-{name}"].y, times * rate, 1e-9)  # fitted to six logarithms
            close(s[f"at-{name}"].x, s.eta / s.kappa, ROUNDING)
            s.has(0, **{f"rate_{name}": s[f"at-{name}"].y[0]})
        close(told(s)[:2], [rate, 2 * rate], 0, 5.001e-4)  # three decimals are told
        assert ("ahead" in s.slider_text) == (rate > 1)


def test_no_huber_function_lies_above_the_exact_bound() -> None:
    for s in published("convex-rate"):
        curve, touch, slope = s["gap"], s["touch"], 1 / (2 * s.k + 1)
        share = curve.y * (4 * curve.x + 2)
        assert share.max() <= 1 + ROUNDING
        assert touch.x == curve.x[share.argmax()]
        assert touch.y == curve.y[share.argmax()]
        s.has(ROUNDING, share_of_exact=share.max())
        before = curve.x <= 1 / slope - 1
        close(curve.y[before], (slope * (1 - curve.x * slope) - slope**2 / 2)[before], 1e-8)
        close(told(s), [slope, 100 * share.max(), touch.x[0]], 5e-3)  # three digits are told
