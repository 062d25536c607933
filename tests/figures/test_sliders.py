"""What holds of a figure holds at every stop of its sliders on the site, and what is told there is what is drawn."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdfigs.plots.picture import Series, plotted
from tests.shown import facts, picture, shown
from tests.sliders import SLIDERS

ROUNDING = 1e-11
"""Some hundred operations in double precision on numbers of size 1."""


def published(name: str) -> Iterator[tuple[dict[str, Any], dict[str, Series], str]]:
    """Of every stop on the site: the parameters, what is drawn, what is told."""
    for _, call in SLIDERS.values():
        if call.figure.name == name:
            for moved in call.frames:
                drawn = call.draw(**moved)
                yield dict(call.parameters) | moved, plotted(drawn), drawn.told


def numbers(told: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", told)]


@pytest.mark.parametrize(
    "name",
    ["descent-and-flow", "amplification", "stability-regions", "convex-rate", "euler-error", "factor-of-two"],
)
def test_each_has_its_slider_and_tells_what_moves(name: str) -> None:
    told = [told for _, _, told in published(name)]
    assert len(told) >= 10
    assert all(told)
    assert max(map(len, told)) < 95  # with the parameter before it, two lines on a phone


def test_descent_and_flow_tells_the_regime_the_factor_and_the_steps_of_the_worst_start() -> None:
    for given_, drawn, told in published("descent-and-flow"):
        eta, modes = given_["eta"], np.array([10 / given_["kappa"], 10.0])
        rho = np.abs(1 - eta * modes).max()
        assert numbers(told)[0] == pytest.approx(rho, rel=5e-3)  # three digits are told
        flips = bool((drawn["descent"].y[1:] * drawn["descent"].y[:-1] < 0).any())
        assert flips == (eta * 10 > 1 + ROUNDING)
        words = [word for word in ("keeps to its side", "zigzags", "diverges", "for ever") if word in told]
        if rho < 1 - ROUNDING:
            assert words == ["zigzags" if flips else "keeps to its side"]
            steps = numbers(told)[1]
            assert rho**steps <= 1e-6 < rho ** (steps - 1)
        else:
            assert words == ["diverges" if rho > 1 + ROUNDING else "for ever"]


def test_amplification_marks_each_factor_on_its_curve() -> None:
    for given_, drawn, told in published("amplification"):
        z = given_["z"]
        expected = {"forward": abs(1 - z), "flow": np.exp(-z), "backward": 1 / (1 + z)}
        for name, factor in expected.items():
            assert drawn[f"{name}-at"].x == z
            assert drawn[f"{name}-at"].y == pytest.approx(factor, rel=ROUNDING, abs=ROUNDING)
            assert np.interp(z, drawn[name].x, drawn[name].y) == pytest.approx(factor, abs=1e-3)  # between two vertices
        assert numbers(told)[:3] == pytest.approx(list(expected.values()), abs=5.001e-4)  # three decimals are told
        np.testing.assert_array_equal(drawn["at"].x, z)
        assert drawn["at"].y == pytest.approx([0, max(expected.values())], rel=ROUNDING)
        assert ("ahead of the flow" in told) == (0 < abs(1 - z) < np.exp(-z) or z == 1)
        assert ("diverges" in told) == (z > 2)


@pytest.mark.parametrize("z", [-0.1, 3.1])
def test_amplification_refuses_a_mark_outside_the_picture(z: float) -> None:
    with pytest.raises(ValueError, match=r"z must lie in \[0, largest\] = \[0, 3\]; got"):
        shown("amplification", z=z)


def test_stability_regions_tell_where_the_points_lie() -> None:
    for _, drawn, told in published("stability-regions"):
        points, rho = drawn["points"].x, np.abs(1 + drawn["points"].x).max()
        assert numbers(told) == pytest.approx([*points, rho], rel=5e-3)  # three digits are told
        inside = "inside the circle" in told and "outside" not in told
        assert inside == (rho < 1 - ROUNDING)
        assert ("one outside" in told) == (rho > 1 + ROUNDING)


def test_euler_error_marks_the_same_step_on_both_lines() -> None:
    for given_, drawn, told in published("euler-error"):
        eta = 2.0 ** -given_["halvings"]
        errors = []
        for name in ("local", "global"):
            mark, line = drawn[f"{name}-at"], drawn[name]
            assert mark.x == eta
            assert mark.y == line.y[line.x == eta]
            errors.append(float(mark.y[0]))
        assert [numbers(told)[n] for n in (0, 1, 3)] == pytest.approx([eta, *errors], rel=0.05)  # two digits are told
        known = facts("euler-error", halvings=given_["halvings"])
        assert [known[n] for n in ("eta", "error_of_one_step", "error_at_T")] == [eta, *errors]


@pytest.mark.parametrize("halvings", [-1, 10])
def test_euler_error_refuses_a_step_that_is_not_drawn(halvings: int) -> None:
    with pytest.raises(ValueError, match=r"halvings must lie in \[0, 9\]; got"):
        shown("euler-error", halvings=halvings)


def test_the_factor_of_two_is_the_square_at_every_step() -> None:
    for given_, drawn, told in published("factor-of-two"):
        eta, kappa = given_["eta"], given_["kappa"]
        rate = -np.log(max(abs(1 - eta / kappa), abs(1 - eta))) / (eta / kappa)  # in units of mu, at L = kappa mu
        rates = [float(drawn[f"at-{name}"].y[0]) for name in ("distance", "gap")]
        assert rates == pytest.approx([rate, 2 * rate], rel=1e-9)  # fitted to six logarithms
        for name in ("distance", "gap"):
            assert drawn[f"at-{name}"].x == pytest.approx(eta / kappa, rel=ROUNDING)
        assert numbers(told)[:2] == pytest.approx(rates, abs=5.001e-4)  # three decimals are told
        assert ("ahead" in told) == (rate > 1)


@pytest.mark.parametrize("eta", [0.0, 2.0])
def test_the_factor_of_two_refuses_a_step_that_does_not_converge(eta: float) -> None:
    with pytest.raises(ValueError, match=r"eta must lie in \(0, 2\).*got"):
        shown("factor-of-two", eta=eta)


@settings(max_examples=12)
@given(k=st.floats(1, 100))
def test_no_huber_function_lies_above_the_exact_bound(k: float) -> None:
    series, known = shown("convex-rate", k=k), facts("convex-rate", k=k)
    curve, touch = series["gap"], series["touch"]
    share = curve.y * (4 * curve.x + 2)
    assert share.max() <= 1 + ROUNDING
    assert touch.x == curve.x[share.argmax()]
    assert touch.y == curve.y[share.argmax()]
    assert known["share_of_exact"] == pytest.approx(share.max(), rel=ROUNDING)
    s = 1 / (2 * k + 1)
    before = curve.x <= 1 / s - 1
    np.testing.assert_allclose(curve.y[before], (s * (1 - curve.x * s) - s**2 / 2)[before], rtol=1e-8)  # as above
    told = picture("convex-rate", k=k).told
    assert numbers(told) == pytest.approx([s, 100 * share.max(), touch.x[0]], rel=5e-3)  # three digits are told


def test_the_worst_function_for_a_whole_number_of_steps_is_said_to_touch_and_others_to_come_near() -> None:
    assert "touches it after 10 steps" in picture("convex-rate").description
    assert "touches it after 1 step," in picture("convex-rate", k=1.0).description
    assert "touches it after 2 steps," in picture("convex-rate", k=2.0).description
    assert "comes nearest to it after" in picture("convex-rate", k=10.5).description
