"""Where the post was wrong: each of its errors, put back, makes a check fail."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from gdfigs.claims.classes import Class, pretending
from gdfigs.claims.core import Claim, ClaimError, check, claims
from gdfigs.maths import bounds
from gdfigs.maths.problems import Problem, concave, one_sided

CLAIMS = claims()
classical, flow_classical = bounds.gd_convex_classical, bounds.flow_convex_classical
exponent = bounds.descent_exponent

FORMULAS: list[tuple[str, str, Callable[..., object], str, str]] = [
    (
        "the exponent 2 mu for the distance of the flow",  # so 4 mu for its square, which the formula is of
        "flow_strongly_convex",
        lambda t, mu: np.exp(-4 * mu * np.asarray(t)),
        "flow-strongly-convex-rate",
        "fails on",
    ),
    (
        "the exponent 2 mu for the distance of descent",
        "descent_exponent",
        lambda eta, L, mu: 2 * exponent(eta, L, mu),
        "exponents",
        "fails on",
    ),
    ("e^{-mu t / kappa}", "descent_exponent", lambda eta, L, mu: mu * mu / L, "exponents", "fails on"),
    (
        "L R^2 / (2k) as the worst case of descent",
        "gd_convex",
        lambda k, L, R, h=1.0: classical(k, L, R) / h,
        "convex-rate-exact",
        "is not attained by the Huber function",
    ),
    (
        "R^2 / (2t) as the worst case of the flow",
        "flow_convex",
        lambda t, R: flow_classical(t, R),
        "flow-convex-rate",
        "is not attained by Huber functions of slope",
    ),
    (
        "R^2 / (2t) as the worst case of the flow of a smooth function",
        "flow_convex_smooth",
        lambda t, R, L: flow_classical(t, R),
        "flow-convex-rate",
        "fails on",  # as it is more than R^2 / (4t), the next in the chain
    ),
]


@pytest.mark.parametrize(
    ("name", "wrong", "of", "says"), [row[1:] for row in FORMULAS], ids=[row[0] for row in FORMULAS]
)
def test_a_claim_fails_with_the_formula_of_the_post(
    name: str, wrong: Callable[..., object], of: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(CLAIMS[of])
    monkeypatch.setattr(bounds, name, wrong)
    with pytest.raises(ClaimError, match=f"^{of} {says}"):
        check(CLAIMS[of])


@pytest.mark.parametrize(
    ("of", "member"),
    [
        # f'' <= 1 taken for smoothness with L = 1
        ("smoothness-equivalences", pretending(one_sided(), L=1.0)),
        # eta < 2/L taken for stability where f is not convex: with mu = 0 the factor per step is at most 1
        ("linear-rate", pretending(concave(), mu=0.0, minimiser=np.zeros(1))),  # type: ignore[arg-type]
    ],
    ids=["a Hessian bounded from above alone", "steps below 2/L without convexity"],
)
def test_a_claim_fails_on_the_functions_that_the_post_admits(of: str, member: Problem) -> None:
    with pytest.raises(ClaimError, match=f"^{of} fails on {member.name}"):
        check(replace(CLAIMS[of], over=Class("one function", lambda rng: [member]), attaining={}))


def test_a_function_with_a_hessian_bounded_from_above_alone_is_refused() -> None:
    with pytest.raises(ValueError, match=r"mu must lie in \[-L, L\] = \[-1, 1\]; got -9"):
        replace(one_sided(), L=1.0)


@pytest.mark.parametrize("false", [stated for stated in CLAIMS.values() if stated.relation == ">"], ids=lambda c: c.id)
def test_no_statement_of_the_post_that_is_false_can_be_claimed(false: Claim) -> None:
    with pytest.raises(ClaimError, match=f"^{false.id} fails on the example of the text"):
        check(replace(false, relation="<="))


def test_the_errors_on_stability_divergence_zigzag_and_exponents_are_among_these() -> None:
    named = ("false-stable-iff", "false-divergence", "false-zigzag", "false-factor", "false-kappa", "false-hessian")
    assert {CLAIMS[name].relation for name in named} == {">"}
