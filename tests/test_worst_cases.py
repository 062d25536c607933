"""Performance estimation finds the worst over whole classes of functions: the closed forms, and no others."""

import pytest

from gdfigs import bounds
from gdfigs.claims import Claim, Supremum, claims
from gdfigs.claims.worst_cases import L, MU, SMOOTH, SMOOTH_CONVEX, R, after, descend

CASES = [(claim, case) for claim in claims().values() if claim.suprema for case in claim.suprema()]
ACCURACY = 1e-4
"""Relative. The solver stops at 1e-7 of numbers of order 1, and PEPit puts the supremum together from its multipliers,
of which some are larger; the worst of these cases is off by 5e-6."""


def named(cases: list[tuple[Claim, Supremum]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("claim", "case"), cases, ids=[f"{claim.id}: {case.case}" for claim, case in cases])


@named(CASES)
def test_the_supremum_is_the_closed_form_and_not_a_hundredth_more_or_less(claim: Claim, case: Supremum) -> None:
    found = case.estimate()
    assert found == pytest.approx(case.exact, rel=ACCURACY)
    for wrong in (0.99 * case.exact, 1.01 * case.exact):
        assert found != pytest.approx(wrong, rel=ACCURACY)


@named([(claim, case) for claim, case in CASES if case.stated is not None])
def test_the_supremum_lies_under_a_loose_bound_by_the_factor_that_the_text_names(claim: Claim, case: Supremum) -> None:
    k = int(case.case.rpartition("k = ")[2])
    factor = {"convex-rate": 2 + 1 / k, "linear-rate-usual": (1 - MU / L) ** -k}[claim.id]
    assert factor > 1.3
    assert case.stated == pytest.approx(factor * case.estimate(), rel=ACCURACY)


def test_without_convexity_the_worst_gap_is_larger() -> None:
    found = after(descend, 2, 1 / L, SMOOTH, "gap", "squared distance")
    assert found > 2 * bounds.gd_convex(2, L, R)


def test_without_strong_convexity_no_step_is_sure_to_come_nearer() -> None:
    found = after(descend, 3, 1 / L, SMOOTH_CONVEX, "squared distance")
    assert found == pytest.approx(R**2, rel=ACCURACY)
