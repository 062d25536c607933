"""Loose bounds are loose by the factors of the text, and without a hypothesis the worst is worse.

That performance estimation finds each closed form is tested with the records, in tests/test_record.py.
"""

import pytest

from gdfigs.claims import worst_case as pep
from gdfigs.claims.core import SOLVER, claims
from gdfigs.maths import bounds


@pytest.mark.parametrize(
    "name", [claim.id for claim in claims().values() for case in (claim.worst_cases or list)()[:1] if case.stated]
)
def test_a_loose_bound_exceeds_the_worst_case_by_the_factor_of_the_text(name: str) -> None:
    for case in claims()[name].worst_cases():  # type: ignore[misc]
        k = int(case.case.rpartition("k = ")[2].rstrip("$"))
        convex, linear = 2 + 1 / k, (1 - pep.MU / pep.L) ** -k
        factors = {"convex-rate": convex, "loose-convex": convex, "loose-flow": 2.0}
        factor = factors.get(name, linear)
        assert factor > 1
        assert case.stated == pytest.approx(factor * case.exact, rel=1e-12)


def test_without_convexity_the_worst_gap_is_larger() -> None:
    gap = pep.after(2, pep.descent(1), pep.L_SMOOTH, "gap", "squared distance")
    assert gap > 2 * bounds.gd_convex(2, pep.L, pep.R)


def test_without_strong_convexity_no_step_is_sure_to_come_nearer() -> None:
    distance = pep.after(3, pep.descent(1), pep.L_CONVEX, "squared distance", "squared distance")
    assert distance == pytest.approx(pep.R**2, rel=SOLVER)


def test_heavy_ball_is_worse_on_some_function_that_is_not_quadratic() -> None:
    distance = pep.after(2, pep.heavy_ball, pep.L_MU_CONVEX, "squared distance", "squared distance")
    assert distance > 2 * pep.R**2 * bounds.heavy_ball_quadratic(2, pep.L, pep.MU) ** 2
