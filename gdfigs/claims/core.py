"""Statements of the text as data, so that a statement cannot drift from its test.

A claim is a statement of a page, a relation, and numbers to compare. Its evidence is attached to it, below it:

    @claim(r"...", over=CONVEX)          sampled: on problems of a class, from random starts, at random steps
    @claim()                             checked on the examples that the statement names
    @name.attained("by what")            an explicit function of the class meets the bound with equality
    @name.approached("by what")          functions of the class come as near to equality as one likes
    @name.without("which hypothesis")    without it the statement fails, as it must
    @name.symbolic                       SymPy shows the identities of the derivation
    @name.worst_case                     performance estimation finds the supremum over the whole class

Where it is not the statement that is met, but an inequality of its check or its proof, the two say so: ``of="..."``.
The first five yield pairs (measured, bound). Relations: `<=` says `measured <= bound`; `==` that the two agree; `>`
that the post says `measured <= bound`, and that is false: each pair is a counterexample. All words are Markdown, with
mathematics between dollars.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import sys
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from gdfigs.claims.classes import FunctionClass
from gdfigs.maths.problems import Array, Problem

Pairs = Iterator[tuple[ArrayLike, ArrayLike]]
Example = tuple[Problem, ArrayLike, float]
"""A problem, a start and a number u, as a sampled claim measures them."""
Attach = Callable[[Callable[[], Pairs]], None]
Relation = Literal["<=", "==", ">"]

ROUNDING = 1e-9
"""Relative slack of every comparison: sums of some hundred rounded terms, and flows solved to 1e-10."""
NEAR = 1e-6
"""So near to 1 comes the ratio of what approaches a bound."""
SOLVER = 2e-5
"""Relative slack of a worst case. The solver stops at 1e-7 of numbers of order 1, and PEPit puts the supremum together
from its multipliers, of which some are larger; the worst of these cases is off by 2e-6."""


class ClaimError(AssertionError):
    """A statement of the text does not hold; the message names it, the case and both numbers."""


@dataclass(frozen=True)
class WorstCase:
    """The largest value over a whole class of functions, in all dimensions, and its closed form.

    Args:
        case: The quantity and the parameters, in words.
        estimate: Finds it by performance estimation, which takes a solver some 20 ms.
        stated: The claim's bound where that is loose, by the factor stated / exact.
    """

    case: str
    estimate: Callable[[], float]
    exact: float
    stated: float | None = None


@dataclass(frozen=True)
class Meets:
    """A function that meets a printed inequality: problem, start, and parameters by their symbols."""

    problem: Problem
    theta0: Array
    parameters: Mapping[str, float]


@dataclass(frozen=True)
class Attainment:
    """What meets a bound with equality, or comes as near to it as one likes.

    Args:
        pairs: Yields equal pairs, to ROUNDING; in a limit, pairs on the way to it.
        limit: Whether equality is approached only.
        of: In words, the inequality of the check or of the proof that is met, where it is not the statement.
    """

    pairs: Callable[[], Pairs]
    limit: bool = False
    of: str = ""

    @property
    def kind(self) -> str:
        """The kind of evidence, in words: one of `ATTAINMENTS`."""
        return f"{'approached' if self.limit else 'attained'}{_AUXILIARY if self.of else ''}"


_AUXILIARY = " in an auxiliary inequality"
ATTAINMENTS = ("attained", "approached", f"attained{_AUXILIARY}", f"approached{_AUXILIARY}")
"""The kinds, the strongest first."""


@dataclass
class Claim:
    """One statement of the text.

    Args:
        id: The id of its box on the page.
        over: The class of problems that it is sampled on, or None.
        measure: Yields pairs; takes (problem, theta0, u) where sampled, u uniform on (0, 1) for a step or a time.
    """

    id: str
    page: str
    relation: Relation
    over: FunctionClass | None
    measure: Callable[..., Pairs]
    attained_by: dict[str, Attainment] = field(default_factory=dict)
    fails_without: dict[str, Callable[[], Pairs]] = field(default_factory=dict)
    identities: Callable[..., Sequence[Any]] | None = None
    worst_cases: Callable[[], Sequence[WorstCase]] | None = None
    met: list[Meets] = field(default_factory=list)

    def meets(self, problem: Problem, theta0: ArrayLike, **parameters: float) -> None:
        """Attach a function on which an inequality of the box, as the page prints it, is an equality.

        Each inequality that the box states must be met by one of those attached.
        """
        symbols = {"eta": "η", "lam": "λ", "alpha": "α", "beta": "β", "gamma": "γ"}
        named = {symbols.get(name, name): float(value) for name, value in parameters.items()}
        self.met.append(Meets(problem, np.atleast_1d(np.asarray(theta0, dtype=float)), named))

    def attained(self, by: str, *examples: Example, of: str = "") -> Attach:
        """Attach a function that yields equal pairs, to ROUNDING; or examples whose pairs are. See `Attainment`.

        Examples meet the printed inequalities as well: see `meets`.
        """
        for problem, theta0, _ in () if of else examples:
            self.meets(problem, theta0)
        return self._attach(self.attained_by, by, examples, partial(Attainment, of=of))

    def approached(self, by: str, *, of: str = "") -> Attach:
        """Attach a function that yields pairs, each at most half as far from equality as the one before.

        The last ratio is 1, to NEAR. See `Attainment`.
        """
        return self._attach(self.attained_by, by, (), partial(Attainment, limit=True, of=of))

    def without(self, hypothesis: str, *examples: Example) -> Attach:
        """Attach a function that yields pairs of which some violate the relation; or examples whose pairs do."""
        return self._attach(self.fails_without, hypothesis, examples, lambda function: function)

    def symbolic(self, function: Callable[..., Sequence[Any]]) -> None:
        """Attach a function of positive symbols, named as its parameters; all expressions that it returns are 0."""
        self.identities = function

    def worst_case(self, function: Callable[[], Sequence[WorstCase]]) -> None:
        """Attach a function that returns worst cases which performance estimation confirms."""
        self.worst_cases = function

    def _attach(
        self, to: dict[str, Any], words: str, examples: Sequence[Example], entry: Callable[[Callable[[], Pairs]], Any]
    ) -> Attach:
        def attach(function: Callable[[], Pairs]) -> None:
            if words in to:
                raise TypeError(f"two functions are attached as {words!r}")
            to[words] = entry(function)

        if examples:
            attach(partial(self._measure_all, examples))
        return attach

    def _measure_all(self, examples: Sequence[Example]) -> Pairs:
        for problem, theta0, u in examples:
            yield from self.measure(problem, np.asarray(theta0, dtype=float), u)

    @property
    def attainment(self) -> str:
        """The strongest of `ATTAINMENTS` that it has, or ''."""
        return min((of.kind for of in self.attained_by.values()), key=ATTAINMENTS.index, default="")

    @property
    def place(self) -> tuple[str, int]:
        """Where the check stands: file below the package, and line."""
        code = self.measure.__code__
        return code.co_filename.rpartition("gdfigs")[2].lstrip("/\\").replace("\\", "/"), code.co_firstlineno

    @property
    def code(self) -> str:
        """The source of all that checks it: its function, and all statements that attach evidence to it."""
        name = self.measure.__name__
        own = re.compile(rf"^(?:def {name}\(|@?{name}\.)", re.MULTILINE)
        texts = [text for text in _statements(self.measure.__module__) if own.search(text)]
        if self.worst_cases and self.worst_cases.__module__ != self.measure.__module__:  # shared by two pages
            texts.append(inspect.getsource(self.worst_cases).rstrip())
        return "\n\n".join(texts)


@cache
def _statements(module: str) -> list[str]:
    """Return the source of each statement of a module, with its decorators."""
    source = inspect.getsource(sys.modules[module])
    lines, nodes = source.splitlines(), ast.parse(source).body
    starts = [min(each.lineno for each in (n, *getattr(n, "decorator_list", ()))) for n in nodes]
    return ["\n".join(lines[start - 1 : n.end_lineno]) for start, n in zip(starts, nodes, strict=True)]


@dataclass(frozen=True)
class CheckResult:
    """The result of checking one claim, on so many cases (pairs of numbers) of so many problems.

    Args:
        worst: The largest measured / bound; for `==`, the largest difference, relative to the larger side; for `>`,
            the ratio of the weakest counterexample.
        where: The case that has it, in words.
    """

    worst: float
    where: str
    cases: int
    problems: int


_CLAIMS: dict[str, Claim] = {}
_RESULTS: dict[str, CheckResult] = {}

_FIRST = "gradient_descent gradient_flow flow_to_descent comparison pictures momentum nesterov natural_gradient noise"
_TOOLS = {"core", "classes", "symbolic", "worst_case"}
_FOUND = {module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])} - _TOOLS
MODULES = (*[name for name in _FIRST.split() if name in _FOUND], *sorted(_FOUND - {*_FIRST.split()}))
"""One for each page that states something, in the order of the text; a new one comes last."""


def claim(
    *, over: FunctionClass | None = None, relation: Relation = "<=", page: str = ""
) -> Callable[[Callable[..., Pairs]], Claim]:
    """Enter a statement under the function's name with hyphens, the id of its box; its page is named as the module."""

    def enter(measure: Callable[..., Pairs]) -> Claim:
        name, module = (text.replace("_", "-") for text in (measure.__name__, measure.__module__))
        new = Claim(name, page or f"{module.rpartition('.')[2]}.md", relation, over, measure)
        if new.id in _CLAIMS:
            raise TypeError(f"two claims have the id {new.id!r}")
        _CLAIMS[new.id] = new
        return new

    return enter


def claims() -> Mapping[str, Claim]:
    """Return all claims by id, in the order of the pages and of the statements on each.

    Raises:
        ClaimError: A module of claims cannot be imported; the message names the file, the line and the cause.
    """
    for name in MODULES:
        if fault := import_module(f"gdfigs.claims.{name}", _CLAIMS, lambda claim: claim.measure):
            raise ClaimError(fault)
    # Whichever of them was imported first.
    order = {f"gdfigs.claims.{name}": n for n, name in enumerate(MODULES)}
    return dict(sorted(_CLAIMS.items(), key=lambda item: order.get(item[1].measure.__module__, len(order))))


def import_module(name: str, entries: dict[str, Any], function: Callable[[Any], Callable[..., Any]]) -> str:
    """Import a module that enters something under a name. Return what is wrong with it, as file:line: cause, or ''.

    Args:
        name: Of the module.
        entries: Loses those of a module that fails, or a second attempt would find them there.
        function: Of an entry, by which it is known where it was entered.
    """
    try:
        importlib.import_module(name)
    except Exception as cause:
        for key in [key for key, entry in entries.items() if function(entry).__module__ == name]:
            del entries[key]
        return _explain(cause, name)
    return ""


def _explain(cause: Exception, module: str) -> str:
    """Return file:line: cause; the line is the last one of this package."""
    if isinstance(cause, SyntaxError):
        return f"{cause.filename}:{cause.lineno}: {cause.msg}"
    frames = traceback.extract_tb(cause.__traceback__)
    own = [f for f in frames if Path(f.filename).is_relative_to(Path(__file__).parents[1])]
    own = [f for f in own if (Path(f.filename).parent.name, Path(f.filename).name) not in _IMPORTERS]
    place = f"{own[-1].filename}:{own[-1].lineno}" if own else module
    return f"{place}: {type(cause).__name__}: {cause}"


_IMPORTERS = {("claims", "core.py"), ("plots", "registry.py")}
"""Modules that import others when they are asked, and so stand in every traceback."""


def check_results() -> dict[str, CheckResult]:
    """Return the result of checking each claim, by id; each is checked once in a process.

    Raises:
        ClaimError: The faults of all that do not hold.
    """
    results, faults = check_all(claim for claim in claims().values() if claim.id not in _RESULTS)
    remember(results)
    if faults:
        raise ClaimError("; ".join(faults.values()))
    return {name: _RESULTS[name] for name in claims()}


def remember(results: Mapping[str, CheckResult]) -> None:
    """Spare `check_results` the claims that another process has checked already, with the same code."""
    _RESULTS.update(results)


def check_all(claims: Iterable[Claim]) -> tuple[dict[str, CheckResult], dict[str, str]]:
    """Check claims; each is in one of two dictionaries by id: its result, or why it does not hold (see `fault`)."""
    results, faults = {}, {}
    for claim in claims:
        try:
            results[claim.id] = check(claim)
        except Exception as error:  # whatever a measurement raises, the claim is not shown to hold
            faults[claim.id] = fault(claim, error)
    return results, faults


def fault(claim: Claim, error: Exception) -> str:
    """Say why a claim does not hold: page and id, and then the case and both numbers, or the type of the error."""
    reason = f"{error}" if isinstance(error, ClaimError) else f"{claim.id}: {type(error).__name__}: {error}"
    return f"{claim.page}#{reason}"


def check_thoroughly(claim: Claim, lacking: Collection[str] = ()) -> CheckResult:
    """Check a claim by every kind of evidence that it has.

    Args:
        claim: The claim.
        lacking: Kinds to leave out, as their package is not installed: "symbolic", "exact worst case".

    Raises:
        ClaimError: It does not hold, or holds without one of its hypotheses as well.
        ArithmeticError: A number is not finite.
    """
    result = check(claim)
    for hypothesis, pairs in claim.fails_without.items():
        try:
            compare(claim, hypothesis, pairs())
        except ClaimError:
            continue
        raise ClaimError(f"{claim.id} holds without {hypothesis} as well")
    if claim.identities and "symbolic" not in lacking:
        _check_identities(claim, claim.identities)
    if claim.worst_cases and "exact worst case" not in lacking:
        _check_worst_cases(claim, claim.worst_cases())
    return result


def check(claim: Claim) -> CheckResult:
    """Check a claim on the fixed suite and on the functions that attain it.

    Raises:
        ClaimError: It does not hold, or is not attained by one of these, or compares nothing.
        ArithmeticError: A number is not finite.
    """
    if claim.over:
        results = [compare(claim, f"{instance}", claim.measure(*instance)) for instance in claim.over.suite()]
    else:
        results = [compare(claim, "the example of the text", claim.measure())]
    for by, attainment in claim.attained_by.items():
        pairs = list(attainment.pairs())
        results.append(compare(claim, by, iter(pairs)))
        ratios = [compare(claim, by, iter([pair]), worst=False).worst for pair in pairs]
        if not results[-1].cases or (claim.relation != "==" and not _meets(ratios, attainment.limit)):
            shown = ", ".join(f"{ratio:.12g}" for ratio in (ratios if attainment.limit else [min(ratios, default=0)]))
            raise ClaimError(f"{claim.id} is not {attainment.kind} by {by}: measured / bound = {shown}")
    count = sum(result.cases for result in results)
    if not count:
        raise ClaimError(f"{claim.id} was checked on no case at all")
    worst = max(results, key=lambda result: result.worst)
    if claim.relation == ">" and worst.worst <= 1 + ROUNDING:
        raise ClaimError(f"{claim.id} is said to be false, but holds: measured / bound = {worst.worst:.12g}")
    return CheckResult(worst.worst, worst.where, count, len(results))


def _meets(ratios: Sequence[float], limit: bool) -> bool:
    """Say whether all ratios are 1, to ROUNDING; in a limit, whether each halves the distance from 1, down to NEAR."""
    if not limit:
        return min(ratios) >= 1 - ROUNDING
    halves = all(1 - after <= (1 - before) / 2 for before, after in pairwise(ratios))
    return len(ratios) > 2 and halves and ratios[-1] >= 1 - NEAR


def compare(claim: Claim, where: str, pairs: Pairs, worst: bool = True) -> CheckResult:
    """Return the worst of the pairs, or the best.

    Raises:
        ClaimError: A pair breaks the relation `<=` or `==`.
        ArithmeticError: A number is not finite: that is no measurement, neither for a statement nor against it.
    """
    arrays = [np.broadcast_arrays(*(np.atleast_1d(np.asarray(side, dtype=float)) for side in pair)) for pair in pairs]
    if not all(np.isfinite(side).all() for pair in arrays for side in pair):
        raise ArithmeticError(f"{claim.id} measures numbers that are not finite on {where}")
    ratios = [(_ratio(claim, m, b).ravel(), m.ravel(), b.ravel()) for m, b in arrays if m.size]
    if claim.relation == ">":  # each pair is a counterexample, and each must refute: the weakest is reported
        ratios, worst = [(r[[i]], m[[i]], b[[i]]) for r, m, b in ratios for i in [r.argmax()]], False
    if not ratios:
        return CheckResult(0.0, where, 0, 1)
    ratio, measured, bound = (np.concatenate(side) for side in zip(*ratios, strict=True))
    at = ratio.argmax() if worst else ratio.argmin()
    if ratio[at] > {"<=": 1 + ROUNDING, "==": ROUNDING, ">": np.inf}[claim.relation]:
        sides = f"{measured[at]:.12g} against {bound[at]:.12g}"
        raise ClaimError(f"{claim.id} fails on {where}: {sides}, a ratio of {ratio[at]:.12g}")
    return CheckResult(float(ratio[at]), where, ratio.size, 1)


def _ratio(claim: Claim, m: Array, b: Array) -> Array:
    if claim.relation == "==":
        scale = np.maximum(np.abs(m).max(initial=0), np.abs(b).max(initial=0))
        return np.abs(m - b) / (scale or 1.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # 0 <= 0 is attained; above 0, where the bound is 0 or less, is infinitely too much.
        return np.where(b > 0, m / b, np.where(m < 0, b / m, np.where(m == b, 1.0, np.inf)))


def _check_identities(claim: Claim, identities: Callable[..., Sequence[Any]]) -> None:
    from sympy import Symbol, simplify

    expressions = identities(*(Symbol(name, positive=True) for name in inspect.signature(identities).parameters))
    if not expressions:
        raise ClaimError(f"{claim.id} rests on no identity at all")
    for expression in expressions:
        if simplify(expression) != 0:
            raise ClaimError(f"{claim.id} rests on {expression} = 0, which is no identity")


def _check_worst_cases(claim: Claim, cases: Sequence[WorstCase]) -> None:
    if not cases:
        raise ClaimError(f"{claim.id} has no worst case at all")
    for case in cases:
        value = case.estimate()
        if not abs(value - case.exact) <= SOLVER * abs(case.exact):
            raise ClaimError(f"{claim.id} fails on the worst case: {case.case}: {value:.8g} against {case.exact:.8g}")


def while_large(measured: ArrayLike, bound: ArrayLike) -> tuple[Array, Array]:
    """Keep a pair as long as the bound is above 1e-5 of its first value: below, a gap drowns in the rounding of f."""
    m, b = np.broadcast_arrays(np.asarray(measured, dtype=float), np.asarray(bound, dtype=float))
    large = b > 1e-5 * b.flat[0]
    return m[large], b[large]
