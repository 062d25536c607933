"""Performance estimation finds the worst over whole classes of functions: the closed forms, and no others."""

from functools import partial

import pytest

from gdfigs.claims.core import Claim, WorstCase, claims
from gdfigs.claims.worst_cases import MU, SMOOTH, SMOOTH_CONVEX, SMOOTH_STRONGLY_CONVEX, L, R, after, descent
from gdfigs.claims.worst_cases_of_flows import heavy_ball
from gdfigs.maths import bounds

CASES = [(claim, case) for claim in claims().values() if claim.worst_cases for case in claim.worst_cases()]
ACCURACY = 2e-5
"""Relative. The solver stops at 1e-7 of numbers of order 1, and PEPit puts the supremum together from its multipliers,
of which some are larger; the worst of these cases is off by 2e-6."""


def each(cases: list[tuple[Claim, WorstCase]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("claim", "case"), cases, ids=[f"{claim.id}: {case.case}" for claim, case in cases])


@each(CASES)
def test_the_supremum_is_the_closed_form_and_not_a_hundredth_more_or_less(claim: Claim, case: WorstCase) -> None:
    found = case.estimate()
    assert found == pytest.approx(case.exact, rel=ACCURACY)
    for wrong in (0.99 * case.exact, 1.01 * case.exact):
        assert found != pytest.approx(wrong, rel=ACCURACY)


@each([(claim, case) for claim, case in CASES if case.stated is not None])
def test_the_supremum_lies_under_a_loose_bound_by_the_factor_that_the_text_gives(claim: Claim, case: WorstCase) -> None:
    k = int(case.case.rpartition("k = ")[2])
    convex, linear = 2 + 1 / k, (1 - MU / L) ** -k
    factor = {
        "convex-rate": convex,
        "loose-convex": convex,
        "linear-rate-usual": linear,
        "loose-linear": linear,
        "loose-flow": 2.0,
    }[claim.id]
    assert factor > 1
    assert case.stated == pytest.approx(factor * case.estimate(), rel=ACCURACY)


def test_without_convexity_the_worst_gap_is_larger() -> None:
    found = after(2, partial(descent, 1 / L), SMOOTH, "gap", "squared distance")
    assert found > 2 * bounds.gd_convex(2, L, R)


def test_without_strong_convexity_no_step_is_sure_to_come_nearer() -> None:
    found = after(3, partial(descent, 1 / L), SMOOTH_CONVEX, "squared distance")
    assert found == pytest.approx(R**2, rel=ACCURACY)


def test_heavy_ball_is_worse_on_some_function_that_is_not_quadratic() -> None:
    found = after(2, heavy_ball, SMOOTH_STRONGLY_CONVEX, "squared distance")
    assert found > 2 * R**2 * bounds.heavy_ball_quadratic(2, L, MU) ** 2
