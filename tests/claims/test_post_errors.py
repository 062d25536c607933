"""Where the post was wrong: each of its errors, put back, makes a check fail."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from gdfigs.claims.classes import FunctionClass, with_facts
from gdfigs.claims.core import ClaimError, check, claims
from gdfigs.maths import bounds
from gdfigs.maths.problems import Problem, concave, one_sided

CLAIMS = claims()
descent, flow, exponent = bounds.gd_convex_classical, bounds.flow_convex_classical, bounds.descent_exponent
FORMULAS: list[tuple[str, str, Callable[..., object]]] = [
    # The exponent 2 mu for distances: of the flow, so 4 mu for the square, which the formula is of; and of descent.
    ("flow-strongly-convex-rate fails on", "flow_strongly_convex", lambda t, mu: np.exp(-4 * mu * np.asarray(t))),
    ("exponents fails on", "descent_exponent", lambda eta, L, mu: 2 * exponent(eta, L, mu)),
    # e^{-mu t / kappa}
    ("exponents fails on", "descent_exponent", lambda eta, L, mu: mu * mu / L),
    # The usual bounds as worst cases; the last is more than the next in the chain.
    ("convex-rate-exact is not attained by the Huber", "gd_convex", lambda k, L, R, h=1.0: descent(k, L, R) / h),
    ("flow-convex-rate is not approached by Huber functions of slope", "flow_convex", lambda t, R: flow(t, R)),
    ("flow-convex-rate fails on", "flow_convex_smooth", lambda t, R, L: flow(t, R)),
]


@pytest.mark.parametrize(("message", "name", "formula"), FORMULAS)
def test_a_claim_fails_with_the_formula_of_the_post(
    message: str, name: str, formula: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, name, formula)
    with pytest.raises(ClaimError, match=f"^{message}"):
        check(CLAIMS[message.split()[0]])


@pytest.mark.parametrize(
    ("of", "member"),
    [
        # f'' <= 1 taken for smoothness with L = 1
        ("smoothness-equivalences", with_facts(one_sided(), L=1.0)),
        # eta < 2/L taken for stability where f is not convex: with mu = 0 the factor per step is at most 1
        ("linear-rate", with_facts(concave(), mu=0.0, minimiser=np.zeros(1))),  # type: ignore[arg-type]
    ],
    ids=["a Hessian bounded from above alone", "steps below 2/L without convexity"],
)
def test_a_claim_fails_on_the_functions_that_the_post_admits(of: str, member: Problem) -> None:
    with pytest.raises(ClaimError, match=f"^{of} fails on {member.name}"):
        check(replace(CLAIMS[of], over=FunctionClass("one function", lambda rng: [member]), attained_by={}))


def test_a_function_with_a_hessian_bounded_from_above_alone_is_refused() -> None:
    with pytest.raises(ValueError, match=r"mu must lie in \[-L, L\] = \[-1, 1\]; got -9"):
        replace(one_sided(), L=1.0)


def test_the_false_statements_of_the_post_are_claimed_to_be_false() -> None:
    false = {name for name, claim in CLAIMS.items() if claim.relation == ">"}
    assert false == {name for name in CLAIMS if name.startswith("false-")}
    named = ("stable", "divergence", "zigzag", "factor", "kappa", "hessian", "minima", "remainder", "rate")
    assert {f"false-{name}" for name in named} <= false
    with pytest.raises(ClaimError, match="false-zigzag fails on the example of the text"):
        check(replace(CLAIMS["false-zigzag"], relation="<="))
