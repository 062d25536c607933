"""Checks of a claim by every kind of its evidence."""

from __future__ import annotations

from importlib.util import find_spec

from gdfigs.claims.core import CheckResult, Claim, ClaimError, check, compare

_NEEDS = {"symbolic": "sympy", "exact worst case": "PEPit"}
"""Packages that readers of the figures do without."""
_ACCURACY = 2e-5
"""Relative, of a worst case: the solver stops at 1e-7, and PEPit puts it together from larger multipliers."""


def missing_package(kind: str) -> str:
    """Returns the package without which this kind of evidence is not checked, or ''."""
    package = _NEEDS.get(kind, "")
    return package if package and not find_spec(package) else ""


def check_thoroughly(claim: Claim) -> CheckResult:
    """Checks a claim by all its evidence for which there is the package. Raises ClaimError."""
    result = check(claim)
    for hypothesis, pairs in claim.broken.items():
        try:
            compare(claim, hypothesis, pairs())
        except ClaimError:
            continue
        raise ClaimError(f"{claim.id} holds without {hypothesis} as well")
    if claim.identities and not missing_package("symbolic"):
        from sympy import simplify

        for x in claim.identities():
            if simplify(x) != 0:
                raise ClaimError(f"{claim.id} rests on {x} = 0, which is no identity")
    for case in claim.worst_cases() if claim.worst_cases and not missing_package("exact worst case") else ():
        found = case.estimate()
        if abs(found - case.exact) > _ACCURACY * abs(case.exact):
            raise ClaimError(f"{claim.id} fails on the worst case: {case.case}: {found:.8g} against {case.exact:.8g}")
    return result
