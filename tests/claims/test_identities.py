"""The steps of the derivations are identities. That nothing in them is idle, scripts/mutate sees."""

import pytest
from sympy import simplify

from gdfigs.claims.core import Claim, claims

CLAIMS = [claim for claim in claims().values() if claim.identities]


@pytest.mark.parametrize("claim", CLAIMS, ids=[claim.id for claim in CLAIMS])
def test_every_expression_is_zero(claim: Claim) -> None:
    assert claim.identities is not None
    expressions = claim.identities()
    assert expressions
    assert [simplify(x) for x in expressions] == [0] * len(expressions)
