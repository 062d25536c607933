"""Claims: what the text states, as data, so that a statement cannot drift from its test.

A claim is a statement of a page, a relation, and what is measured of it. Its evidence is what is attached to it:

    @claim(PAGE, r"...", over=CONVEX)          sampled: on problems of a class, from random starts, at random steps
    @claim(PAGE, r"...")                       checked on the examples that the statement names
    @name.attained("by what")                  an explicit function meets the bound with equality
    @name.without("which hypothesis")          without it the statement fails, as it must
    @name.symbolic                             SymPy shows the identities
    @name.worst_case                           performance estimation: the supremum over the whole class

The first four yield pairs (measured, bound). Relations: ``<=`` says ``measured <= bound``; ``==``
that the two agree; ``>`` that the post says ``measured <= bound``, and that is false: each pair is a counterexample.
"""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from gdfigs.claims.classes import Class
from gdfigs.maths.problems import Array

Pairs = Iterator[tuple[ArrayLike, ArrayLike]]
Relation = Literal["<=", "==", ">"]

ROUNDING = 1e-9
"""Relative slack of every comparison: sums of some hundred rounded terms, and flows solved to 1e-10."""


class ClaimError(AssertionError):
    """A statement of the text does not hold; the message names it, the case and both numbers."""


@dataclass(frozen=True)
class WorstCase:
    """The largest value over a whole class of functions, in all dimensions, and its closed form.

    case: what is measured, at which parameters. estimate: finds it by performance estimation, which takes a solver
    some 20 ms. exact: the closed form. stated: the claim's bound where that is loose, by the factor stated / exact.
    """

    case: str
    estimate: Callable[[], float]
    exact: float
    stated: float | None = None


@dataclass
class Claim:
    """One statement of the text.

    id: of its box on ``page``. statement: the page's TeX. over: the class of problems it is sampled on, or None.
    measure: yields pairs; takes (problem, theta0, u) where sampled, u uniform on (0, 1) for a step or a time.
    """

    id: str
    page: str
    statement: str
    relation: Relation
    over: Class | None
    measure: Callable[..., Pairs]
    attaining: dict[str, Callable[[], Pairs]] = field(default_factory=dict)
    broken: dict[str, Callable[[], Pairs]] = field(default_factory=dict)
    identities: Callable[[], Sequence[Any]] | None = None
    worst_cases: Callable[[], Sequence[WorstCase]] | None = None

    def attained(self, by: str) -> Callable[[Callable[[], Pairs]], None]:
        """``by``: what meets the bound. The function yields pairs that are equal, to ROUNDING."""
        return partial(_attach, self.attaining, by)

    def without(self, hypothesis: str) -> Callable[[Callable[[], Pairs]], None]:
        """The function yields pairs of which some violate the relation, as ``hypothesis`` does not hold."""
        return partial(_attach, self.broken, hypothesis)

    def symbolic(self, function: Callable[[], Sequence[Any]]) -> None:
        """The function returns SymPy expressions that all simplify to 0."""
        self.identities = function

    def worst_case(self, function: Callable[[], Sequence[WorstCase]]) -> None:
        """The function returns worst_cases that performance estimation confirms."""
        self.worst_cases = function

    @property
    def place(self) -> tuple[str, int]:
        """Where the check stands: file below the package, and line."""
        code = self.measure.__code__
        return code.co_filename.rpartition("gdfigs")[2].lstrip("/\\").replace("\\", "/"), code.co_firstlineno

    @property
    def code(self) -> str:
        """The source of all that checks it: the statement, what attains it, what breaks it, identities, worst_cases."""
        checks = [self.measure, *self.attaining.values(), *self.broken.values(), self.identities, self.worst_cases]
        return "\n\n".join(inspect.getsource(check).rstrip() for check in checks if check)


@dataclass(frozen=True)
class CheckResult:
    """What came of checking one claim.

    worst: the largest measured / bound; for "==", the largest difference, relative to the larger side; for ">", what
    the weakest counterexample has.
    where: the case it was found in. cases: how many pairs of numbers. problems: how many problems they come from.
    """

    worst: float
    where: str
    cases: int
    problems: int


def _attach(to: dict[str, Callable[[], Pairs]], words: str, function: Callable[[], Pairs]) -> None:
    if words in to:
        raise TypeError(f"two functions are attached as {words!r}")
    to[words] = function


_CLAIMS: dict[str, Claim] = {}


def claim(
    page: str, statement: str, *, over: Class | None = None, relation: Relation = "<="
) -> Callable[[Callable[..., Pairs]], Claim]:
    """Enters a statement of ``page`` under the function's name with hyphens, the id of its box."""

    def enter(measure: Callable[..., Pairs]) -> Claim:
        made = Claim(measure.__name__.replace("_", "-"), page, statement, relation, over, measure)
        if made.id in _CLAIMS:
            raise TypeError(f"two claims have the id {made.id!r}")
        _CLAIMS[made.id] = made
        return made

    return enter


def claims() -> Mapping[str, Claim]:
    """All claims, in the order of the pages and of the statements on each."""
    for name in MODULES:
        if importlib.util.find_spec(f"gdfigs.claims.{name}"):
            importlib.import_module(f"gdfigs.claims.{name}")
    # Whichever of them was imported first.
    order = {f"gdfigs.claims.{name}": n for n, name in enumerate(MODULES)}
    return dict(sorted(_CLAIMS.items(), key=lambda item: order.get(item[1].measure.__module__, len(order))))


MODULES = (
    "gradient_descent",
    "gradient_flow",
    "flow_to_descent",
    "comparison",
    "pictures",
    "momentum",
    "nesterov",
    "natural_gradient",
    "noise",
    "corrections",
    "identities",
    "identities_of_flows",
    "identities_of_methods",
    "worst_cases",
    "worst_cases_of_flows",
)
"""One for each page that states something, in the order of the text; then what is attached to these from outside."""


_FOUND: dict[str, CheckResult] = {}


def check_results() -> dict[str, CheckResult]:
    """What came of checking each claim, by its id; each is checked once in a process. Raises ClaimError."""
    for stated in claims().values():
        if stated.id not in _FOUND:
            _FOUND[stated.id] = check(stated)
    return {name: _FOUND[name] for name in claims()}


def remember(found: Mapping[str, CheckResult]) -> None:
    """Spares ``check_results`` what has been checked already, in another process, with the same code."""
    _FOUND.update(found)


def check_all(statements: Iterable[Claim]) -> tuple[dict[str, CheckResult], dict[str, str]]:
    """Returns the results of the claims that hold, and the faults of the others, each by the claim's id."""
    results, faults = {}, {}
    for stated in statements:
        try:
            results[stated.id] = check(stated)
        except Exception as fault:
            faults[stated.id] = str(fault) if isinstance(fault, ClaimError) else f"{type(fault).__name__}: {fault}"
    return results, faults


def check(checked: Claim) -> CheckResult:
    """Checks a claim on the fixed suite and on its attaining functions. Raises ClaimError."""
    runs = [(where, checked.measure(*given)) for where, given in _instances(checked)]
    found = [compare(checked, where, pairs) for where, pairs in runs]
    for by, pairs in checked.attaining.items():
        met = list(pairs())
        found.append(compare(checked, by, iter(met)))
        lowest = compare(checked, by, iter(met), worst=False)
        if not found[-1].cases or (checked.relation != "==" and lowest.worst < 1 - ROUNDING):
            raise ClaimError(f"{checked.id} is not attained by {by}: measured / bound = {lowest.worst:.12g}")
    if not found or not sum(f.cases for f in found):
        raise ClaimError(f"{checked.id} was checked on no case at all")
    worst = max(found, key=lambda f: f.worst)
    if checked.relation == ">" and worst.worst <= 1 + ROUNDING:
        raise ClaimError(f"{checked.id} is said to be false, but holds: measured / bound = {worst.worst:.12g}")
    return CheckResult(worst.worst, worst.where, sum(f.cases for f in found), len(runs) + len(checked.attaining))


def _instances(checked: Claim) -> list[tuple[str, tuple[Any, ...]]]:
    if checked.over is None:
        return [("the example of the text", ())]
    return [(instance.name, (instance.problem, instance.theta0, instance.u)) for instance in checked.over.suite()]


def while_large(measured: ArrayLike, bound: ArrayLike) -> tuple[Array, Array]:
    """The pair as long as the bound is above 1e-5 of its first value: below, a gap drowns in the rounding of f."""
    m, b = np.broadcast_arrays(np.asarray(measured, dtype=float), np.asarray(bound, dtype=float))
    large = b > 1e-5 * b.flat[0]
    return m[large], b[large]


def compare(checked: Claim, where: str, pairs: Pairs, worst: bool = True) -> CheckResult:
    """The worst of the pairs, or the best. Raises ClaimError where one breaks the relation ``<=`` or ``==``.

    Raises ArithmeticError where a number is not finite: that is no measurement, neither for a statement nor against it.
    """
    taken = [np.broadcast_arrays(*(np.atleast_1d(np.asarray(side, dtype=float)) for side in pair)) for pair in pairs]
    if not all(np.isfinite(side).all() for pair in taken for side in pair):
        raise ArithmeticError(f"{checked.id} measures numbers that are not finite on {where}")
    found = [(_ratio(checked, m, b).ravel(), m.ravel(), b.ravel()) for m, b in taken if m.size]
    if checked.relation == ">":  # each pair is a counterexample, and each must refute: the weakest is reported
        found, worst = [(r[[i]], m[[i]], b[[i]]) for r, m, b in found for i in [r.argmax()]], False
    if not found:
        return CheckResult(0.0, where, 0, 1)
    ratio, measured, bound = (np.concatenate(side) for side in zip(*found, strict=True))
    at = ratio.argmax() if worst else ratio.argmin()
    if ratio[at] > {"<=": 1 + ROUNDING, "==": ROUNDING, ">": np.inf}[checked.relation]:
        sides = f"{measured[at]:.12g} against {bound[at]:.12g}"
        raise ClaimError(f"{checked.id} fails on {where}: {sides}, a ratio of {ratio[at]:.12g}")
    return CheckResult(float(ratio[at]), where, ratio.size, 1)


def _ratio(checked: Claim, m: Array, b: Array) -> Array:
    if checked.relation == "==":
        scale = np.maximum(np.abs(m).max(initial=0), np.abs(b).max(initial=0))
        return np.abs(m - b) / (scale or 1.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # 0 <= 0 is attained; above 0, where the bound is 0 or less, is infinitely too much.
        return np.where(b > 0, m / b, np.where(m < 0, b / m, np.where(m == b, 1.0, np.inf)))
