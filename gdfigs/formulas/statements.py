"""What a page states: its formulas in order, with what is given where each stands, run on their cases.

The words before a formula say whether it is assumed ("for", "let", "with"), defined (its left side is a new name) or
stated. The words of a box ("convex", "quadratic") choose the class of functions; what is assumed bounds the parameters.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gdfigs.claims.classes import Instance
from gdfigs.claims.core import Meets
from gdfigs.formulas.cases import (
    FIXED,
    NAMES,
    OF_QUADRATICS,
    POINTS,
    WHOLE,
    Case,
    Equation,
    Given,
    Objective,
    Recursion,
    cases,
    parameters,
)
from gdfigs.formulas.passages import Passage, Printed
from gdfigs.formulas.reading import Chain, Node, ReadingError, read
from gdfigs.formulas.running import Comparison, Definition, RunningError, Scope, compare, evaluate

_ASSUMING = set(
    "if for with let where whenever when assume suppose put take write given at from once unless".split()  # noqa: SIM905
)
_ASSUMING_LAST = set("any every all each of on as fix under by multiply some".split())  # noqa: SIM905
_STATING_LAST = {"reads", "gives", "give", "says", "is", "becomes"}
_LOOSE = set("→⟺∼∝≈")
_NEVER_DEFINED = {"f", "η", "k", "t", "h"}
_DEFINING = {"let", "write", "put", "take", "with", "where"}
_FREEING = {"let", "given", "any", "every", "some"}
_LASTING = re.compile(r"\b(let|suppose|assume|some)\b[^.;\n]*$", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z]+")
_END = re.compile(r"[.;]\s|^\n[A-Z*\x02]")
_PARAGRAPH = re.compile(r"\n[A-Z*\x02]")
_NO_CONDITION = "nothing that can be run stands before 'if and only if'"
_MARK = re.compile(r"(?<!\\)%\s*not run:\s*(.*)")


@dataclass(frozen=True)
class Stated:
    """A chain that a page states, with all that is given where it stands.

    iff: what holds in the same cases. false: whether the page quotes it as a mistake, which a case is to show.
    """

    passage: Passage
    printed: Printed
    chain: Chain
    given: Given
    iff: Chain | str | None = None
    false: bool = False

    @property
    def key(self) -> str:
        """Tells what is run from all else that is."""
        return repr((self.chain, self.given, self.iff, self.false))


@dataclass(frozen=True)
class Skipped:
    """A relation that is not run, and why. marked: whether the page says so itself."""

    passage: Passage
    printed: Printed
    reason: str
    marked: bool = False


class Reader:
    """Reads the passages of a page, in order.

    Args:
        passages: Of the page.
        boxes: What is given in boxes of other pages, by page and id: that holds in a cell which links to one.

    found: what it states, and what cannot be run. assumed: the formulas that assume or define.
    """

    def __init__(self, passages: Iterable[Passage], boxes: Mapping[tuple[str, str], Given] | None = None) -> None:
        self.boxes = dict(boxes or {})
        self.found = list[Stated | Skipped]()
        self.assumed = list[tuple[Passage, Printed]]()
        self.page = Given()
        for passage in passages:
            self.passage(passage)

    def passage(self, passage: Passage) -> None:
        before: Printed | None = None
        given = base = kept = statement = self.page  # kept: what outlives the sentence, in a proof
        first = dict[str, Given]()  # what is given at the first thing that the statement, or a part of it, states
        sentence = list[int]()
        condition: Chain | None = None
        limit: tuple[str, Node] | None = None  # a variable and what it tends to, behind "as"
        role, lasting = "state", True  # lasting: whether an objective of its own outlives its sentence
        heading, shown, start = self.page, self.page, len(self.found)
        for printed, after in zip(passage.formulas, [*passage.formulas[1:], None], strict=True):
            where = printed.place, printed.item, printed.row
            if before is None or where != (before.place, before.item, before.row) or not printed.before:
                if before and before.place == "statement" and not before.item:
                    statement = given
                if printed.place == "proof":
                    base = first.get(printed.item) or first.get("") or statement
                    new = before is None or before.place != "proof"
                    defined = statement.defined if new else given.defined
                    if new and not lasting:
                        defined = {n: v for n, v in defined.items() if n != "f"}
                    given = kept = replace(base, defined=defined)
                elif printed.place != "statement" or printed.item or (before and before.item):
                    base = given = statement
                sentence, role, heading = [], "state", given
            elif passage.kind == "correction" and "\x02" in printed.words:  # each paragraph of it speaks for itself
                shown = given if _paragraph(before).startswith("Shown") else shown
                given, sentence, role = self.page, [], "state"
            elif printed.place == "cell" and (printed.column, printed.target) != (before.column, before.target):
                given, role = heading, "state"
            if before is None or printed.target != before.target or given is heading:
                there = self.boxes.get(printed.target) if printed.place != "proof" else None  # type: ignore[arg-type]
                given = there.joined(given) if there else given
            before = printed
            text = printed.before.replace("\x00", "").replace("\x01", "")
            if printed.place == "proof":
                text = f"{base.words}\n{text.rpartition(chr(2))[2]}"
            elif printed.place == "statement" and printed.item:
                text = f"{statement.words}\n{text.rpartition(chr(3))[2]}"
            elif passage.kind == "correction" or printed.place == "cell":
                there = self.boxes.get(printed.target) or statement  # type: ignore[arg-type]
                text = f"{there.words}\n{_paragraph(printed)}"
            if _END.search(printed.words):
                sentence, condition = [], None
                if printed.place == "proof":
                    kept = base if _PARAGRAPH.search(printed.words) else kept
                    given = replace(given, assumed=kept.assumed, free=kept.free)
                if "f" in given.defined and not lasting:
                    given = replace(given, defined={n: v for n, v in given.defined.items() if n != "f"})
            given = replace(given, words=text)
            if marked := _MARK.search(printed.tex):
                self.found.append(Skipped(passage, printed, marked[1].strip(), True))
                continue
            try:
                chains = read(ET.fromstring(printed.mathml))
            except ReadingError as fault:
                if printed.relates:
                    self.found.append(Skipped(passage, printed, str(fault)))
                continue
            previous: Chain | None = None
            for n, chain in enumerate(chains):
                chain, words = _continued(chain, previous, printed), printed.words if n == 0 else chain.words
                following = chains[n + 1] if n + 1 < len(chains) else None
                listed = following and not following.words and not chain.relations and following.relations
                if following and listed and _lone(chain) and _lone(following):  # a, b > 0
                    chain = replace(following, sides=(*chain.sides[:1], *following.sides[1:]))
                head, alone = chain.sides[0], not chain.relations and re.search(r"\b[Oo]n\s*$|Shown by:\s*$", words)
                if head and alone and len(own := {"x", "θ"} & head.names) == 1 and not head.names & {"f", "k"}:
                    given = given.define(f=Objective(head, (*own,)))
                    lasting = passage.kind in ("example", "correction")
                if head is None and any(chain.sides):  # where none is on the right, a number follows
                    self.found.append(Skipped(passage, printed, "a side of the relation is missing"))
                if not chain.relations or head is None or chain.sides[-1] is None or _types(chain, following):
                    previous = previous or chain
                    continue
                role = _role(words, printed.display and n == 0, role)
                if role == "again":  # a list of assumptions goes on, but not with what is no assumption
                    name = _defined_name(head)[0]
                    role = "assume" if _bounds(chain) or (name and name not in FIXED) else "state"
                if printed.place == "cell" and not printed.column:
                    role = "assume"
                if printed.place == "text" and not printed.display and role == "state":
                    continue
                told = {*_WORD.findall(words)[-1:]} & _STATING_LAST and parameters(chain) <= _bounded(given)
                if role == "state" and not told and parameters(chain) - set(NAMES) - set(POINTS) - _defined(given):
                    role = "assume"  # nothing else can be said of a parameter that is free
                _, iff, paraphrase = re.split(r"[.;]\s", words)[-1].rpartition("if and only if")
                if iff:  # where words say the condition first, only the formulas behind them are compared
                    role = "iff"
                    before_it = next((p for p in PREDICATES if p in words), None) or (previous if n else condition)
                    either = None if paraphrase.strip() else before_it
                elif role != "iff" or not re.fullmatch(r"\W*(that is|or)?\W*", words):
                    either = None
                    role = "state" if role == "iff" else role
                if role == "iff":
                    if either is None:
                        self.found.append(Skipped(passage, printed, _NO_CONDITION))
                    else:
                        last = self.found[-1] if self.found else None
                        if isinstance(last, Skipped) and last.reason == _NO_CONDITION:
                            self.assumed.append((last.passage, self.found.pop().printed))
                        self.found.append(Stated(passage, printed, chain, given, either))
                    previous = either = chain
                    continue
                condition = chain
                if following is None and after is not None and after.words.strip(" \n,") == "if and only if":
                    self.assumed.append((passage, printed))
                    continue
                if chain.relations == ("→",):
                    tends, to = head, chain.sides[1]
                    if role == "assume" and tends.kind == "symbol" and tends.name not in "kt" and to:
                        limit = tends.name, to
                    elif limit and to:
                        sides = tuple(Node("limit", (limit[1], side), limit[0]) for side in (tends, to))
                        chain = replace(chain, sides=sides, relations=("=",))
                objective = given.defined.get("f")
                given, state = self.enter(passage, printed, chain, given, role, words)
                if given.defined.get("f") is not objective:
                    opening = not re.search(r"[.;]\s", printed.before)
                    lasting = (
                        passage.kind in ("example", "text", "correction", "warning")
                        or opening
                        or words.rstrip().endswith("et")
                    )
                if state is None:
                    self.assumed.append((passage, printed))
                    self.look_back(chain, given, sentence, role, printed if n else None)
                    if chain in given.assumed and _LASTING.search(printed.before):
                        kept = kept.assume(chain, bool(parameters(chain) & given.free))
                else:
                    false = passage.id.startswith("false-") and _paragraph(printed).startswith("Said")
                    self.found.append(Stated(passage, printed, state, given, false=false))
                    sentence.append(len(self.found) - 1)
                    if printed.place == "statement":
                        first.setdefault(printed.item, given)
                previous = chain
            if printed.place == "statement" and not printed.item:
                statement = given
            if printed.place == "cell" and not printed.column:
                heading = given
        if "f" in shown.defined or shown.huber:
            for i, said in enumerate(self.found[start:], start):
                if isinstance(said, Stated) and said.false:  # what is said to show it false is to do so
                    assumed, defined = (*said.given.assumed, *shown.assumed), {**said.given.defined, **shown.defined}
                    self.found[i] = replace(said, given=Given(assumed, defined, f"{said.given.words}\n{shown.words}"))
        if passage.id:
            self.boxes[passage.page, passage.id] = first.get("") or next(iter(first.values()), statement)
        if passage.kind in ("definition", "text"):
            lasts = before is not None and before.place in ("statement", "text")
            shared = {n: v for n, v in given.defined.items() if lasts and n not in (*POINTS, "θ[0]")}
            self.page = replace(self.page, defined={**self.page.defined, **shared})
        if passage.kind == "definition":
            ranges = [c for c in statement.assumed if parameters(c) and "=" not in c.relations]
            self.page = replace(self.page, assumed=tuple(ranges))

    def look_back(self, chain: Chain, given: Given, sentence: list[int], role: str, printed: Printed | None) -> None:
        """Gives what is assumed or defined behind a statement, in its sentence or its formula, to it, too."""
        bounds = parameters(chain) if role == "assume" and not set(chain.relations) & _LOOSE else set[str]()
        for i in sentence:
            earlier = self.found[i]
            if not isinstance(earlier, Stated):
                continue
            mine = earlier.given
            if printed is earlier.printed and given.defined.keys() - mine.defined.keys():
                self.found[i] = replace(earlier, given=replace(mine, defined=given.defined))
            elif bounds and ((printed is earlier.printed and i == sentence[-1]) or not bounds & _bounded(mine)):
                self.found[i] = replace(earlier, given=mine.assume(chain))

    def enter(
        self, passage: Passage, printed: Printed, chain: Chain, given: Given, role: str, words: str
    ) -> tuple[Given, Chain | None]:
        """Returns what is given from here on, and what of the chain is stated, if anything."""
        left, body = chain.sides[:2]
        assert left is not None
        assert body is not None
        rest = Chain(chain.sides[1:], chain.relations[1:]) if len(chain.relations) > 1 else None
        if chain.relations[0] == "=":
            name, pattern = _defined_name(left)
            if (equation := _equation(chain)) and (passage.kind == "definition" or r"\theta(0) =" in printed.tex):
                return given.define(**{"θ(t)": equation}), None
            own = name == "f" and isinstance(pattern, tuple) and not body.names & {"f", "∇f"}
            if own and not (role == "state" and body.names & OF_QUADRATICS):
                return given.define(f=Objective(body, pattern)), rest
            if name == "f'" and isinstance(pattern, tuple) and "f" not in given.defined:
                return given.define(f=Objective(body, pattern, slope=True)), rest
            rule = passage.kind == "definition" or (passage.kind == "text" and r"\label" in printed.tex)
            rule &= name in ("θ", "y") and not any(len(n) > 2 for n in body.names)
            if rule and isinstance(pattern, Node) and pattern.names:
                return given.define(**{f"{name}_": _recursion(name, pattern, body)}), rest
            if role == "assume" and name in ("x", "θ") and pattern == Node("number", value=0.0):
                return given.define(**{"θ[0]": body}), rest
            known = name in FIXED or (f"{name}_" if isinstance(pattern, Node) else name) in given.defined
            known |= role == "state" and pattern == ("t",) and name in ("x", "ẋ")  # the path
            known |= name in getattr(given.defined.get("f"), "arguments", ())[1:]  # of a plane
            known |= name in OF_QUADRATICS and "quadratic" in given.words
            again = role == "assume" and bool({w.lower() for w in _WORD.findall(words)[-4:]} & _DEFINING)
            at_one = isinstance(pattern, Node) and not pattern.names and name not in FIXED  # beta_0, beside beta_j
            circular = name in (_unindexed(body) if pattern is None else body.names)
            never = _NEVER_DEFINED - {"f"} if again else _NEVER_DEFINED
            free = not again and pattern is None and name in WHOLE
            if name and (not known or again or at_one) and not circular and not free and name not in never:
                if at_one:
                    return given.define(**{f"{name}[{int(pattern.value)}]": body}), rest
                if isinstance(pattern, Node):
                    return given.define(**{f"{name}_": Definition(body, pattern)}), rest
                argument = " ".join(pattern) if isinstance(pattern, tuple) else ""
                return given.define(**{name: Definition(body, None, argument)}), rest
            if name == "t" and isinstance(pattern, Node) and pattern.names and not known:
                return given.define(**{f"{name}_": Definition(body, pattern)}), rest
            if name in ("h", "k") and pattern is None and not known and body.names and name not in _bounded(given):
                return given.define(**{name: Definition(body)}), rest
        if role == "assume":
            frees = "=" not in chain.relations and bool({w.lower() for w in _WORD.findall(words)[-4:]} & _FREEING)
            return (given if set(chain.relations) & _LOOSE else given.assume(chain, frees)), None
        return given, chain


def _paragraph(printed: Printed) -> str:
    """Returns what stands before a formula in its paragraph, from an emphasised beginning on."""
    return printed.before.rpartition("\x02")[2].replace("\x00", "").replace("\x01", "")


def _lone(chain: Chain) -> bool:
    """Whether a chain is a symbol alone, or begins with one."""
    return chain.sides[0] is not None and chain.sides[0].kind == "symbol"


def _continued(chain: Chain, previous: Chain | None, printed: Printed) -> Chain:
    """Puts the first side of the chain before in front of one that goes on from it."""
    if previous is None or previous.sides[0] is None:
        return chain
    if chain.sides[0] is None and chain.relations:
        return replace(chain, sides=(previous.sides[0], *chain.sides[1:]))
    if not chain.relations and printed.display and re.search("in particular|hence", chain.words):
        return Chain((previous.sides[0], *chain.sides), previous.relations[-1:], chain.words)
    return chain


def _role(words: str, display: bool, last: str) -> str:
    """Returns "assume" or "state", as the words before a formula say.

    A clause of the sentence assumes if it begins with "if", "for", "let" and the like, or ends with "any", "every". A
    conjunction alone repeats the last role, but behind a comma a formula assumes only if it bounds a parameter.
    """
    clause = re.split(r"[.;:,]\s|\bthen\b|\bat (?:most|least)\b", words)[-1]
    found = [w.lower() for w in _WORD.findall(clause)]
    if display:
        return "assume" if found[-1:] and found[-1] in ("let", "with", "where", "write", "put") else "state"
    if found and found[-1] in _STATING_LAST:
        return "state"
    if _ASSUMING & set(found) or (found and found[-1] in _ASSUMING_LAST):
        return "assume"
    joined = set(found) <= {"and", "or", "the", "a", "start", "to"} and not re.search(r"[.;:]\s|\bthen\b", words)
    if not joined or last != "assume":
        return last if joined else "state"
    return "assume" if words.strip() == "and" else "again"


def _types(chain: Chain, following: Chain | None) -> bool:
    """Whether a chain says no more than what kind of thing something is: a vector, one of 0, 1, 2."""
    listed = following is not None and not following.relations and following.sides[0] is not None
    if listed and chain.sides[-1] is not None and chain.sides[-1].kind == "number":
        return following.sides[0].kind in ("number", "symbol")  # type: ignore[union-attr]
    return any("ℝ" in side.names for side in chain.sides if side is not None)


def _bounds(chain: Chain) -> bool:
    """Whether a chain has a parameter alone on one side and nothing of it on another."""
    named = [side.names for side in chain.sides if side is not None]
    return any(sum(name in names for names in named) == 1 for name in parameters(chain))


def _unindexed(node: Node) -> set[str]:
    """Returns the symbols of an expression but for those that only stand with an index."""
    if node.kind == "index":
        return _unindexed(node.parts[1])
    own = {node.name} if node.kind == "symbol" else set[str]()
    return own.union(*map(_unindexed, node.parts))


def _defined(given: Given) -> set[str]:
    return {name.rstrip("_") for name in given.defined}


def _bounded(given: Given) -> set[str]:
    return set[str]().union(*(parameters(chain) for chain in given.assumed)) | set(given.defined)


def _defined_name(left: Node) -> tuple[str, Any]:
    """Returns the name that an equation could define, and its index or arguments; "" where it could define none."""
    match left:
        case Node(kind="symbol"):
            return left.name, None
        case Node(kind="index", parts=(Node(kind="symbol") as of, index)) if len(index.names) <= 1:
            return of.name, index
        case Node(
            kind="product", parts=(Node(kind="symbol") as of, Node(kind="group", parts=(Node(kind="symbol") as x,)))
        ):
            return of.name, (x.name,)
        case Node(kind="product", parts=(Node(kind="symbol") as of, Node(kind="tuple", parts=inner))):
            if all(n.kind == "symbol" for n in inner):
                return of.name, tuple(n.name for n in inner)
    return "", None


def _recursion(name: str, pattern: Node, body: Node) -> Recursion:
    letter, shift = next(iter(pattern.names)), _shift(pattern)
    mine = [n.parts[1] for n in body.nodes() if n.kind == "index" and n.parts[0].name == name and n.parts[1].names]
    return Recursion(body, letter, shift, any(_shift(index) >= shift for index in mine))


def _shift(index: Node) -> int:
    return round(float(evaluate(index, Scope(dict.fromkeys(index.names, 0.0)))))


def _equation(chain: Chain) -> Equation | None:
    left, right = chain.sides[:2]
    if len(chain.relations) != 1 or left is None or right is None:
        return None
    residual = Node("sum", (left, Node("negative", (right,))))
    if left.kind == "rate" and left.parts[0].kind == "product" and left.parts[0].parts[0].name == "θ":
        return Equation(residual, 1)
    return Equation(residual, 2) if "θ\u0308" in {*left.names, *right.names} else None


# Running


@dataclass
class Outcome:
    """The result of running what is stated.

    cases: how many. worst: the largest ratio (see Comparison), where: its case. reason: why it does not hold, with the
    case and both values, or why it cannot be run.
    """

    cases: int = 0
    worst: float = 0.0
    where: str = ""
    reason: str = ""


def run(stated: Stated) -> Outcome:
    """Runs what is stated on all of its cases, up to the first that breaks it."""
    names = stated.given.names.union(*(side.names for side in stated.chain.sides if side is not None))
    outcome, refused, spent = Outcome(), "no function is of its class", 0
    for case in cases(stated.given, names):
        if spent > _BUDGET and outcome.cases >= _FEWEST:
            break
        try:
            if stated.iff is None and not case.admitted():
                refused = "what it assumes never holds"
                continue
            results = [_same(stated, case)] if stated.iff is not None else list(compare(stated.chain, case.scope))
        except Exception as fault:  # whatever a formula makes NumPy raise
            refused = f"{fault}" if isinstance(fault, RunningError) else f"{type(fault).__name__}: {fault}"
            if refused.endswith("is not defined"):
                break
            continue
        outcome.cases += 1
        spent += case.scope.spent[0]
        for result in results:
            if not result.holds:
                sides = f"{_shown(result.left)} {result.relation} {_shown(result.right)}"
                if stated.false:
                    return replace(outcome, where=f"{case}, where it is false, as this box says")
                return replace(outcome, reason=f"it does not hold: {sides} on {case}")
            if not outcome.where or result.ratio > outcome.worst:
                outcome.worst, outcome.where = float(result.ratio), str(case)
    if outcome.cases and stated.false:
        return replace(outcome, reason="it does not hold that this is false: no case breaks it")
    return outcome if outcome.cases else Outcome(reason=f"it cannot be run: {refused}")


def unmet(stated: Stated, functions: Iterable[Meets]) -> str:
    """Returns why none of the functions that are said to meet an inequality does, or ""."""
    if not set(stated.chain.relations) & set("≤≥") or stated.iff is not None:
        return ""
    nearest, ratio = "none of those attached can be run", 0.0
    for function in functions:
        case = Case(stated.given, 0, Instance(function.problem, function.theta0, 0.5))
        case.found |= function.parameters
        try:
            found = next(result for result in compare(stated.chain, case.scope) if result.relation in "≤≥")
        except RunningError:
            continue
        here = found.ratio if found.left or found.right else 1.0
        if abs(here - 1) < _MET:
            return ""
        if here > ratio:
            nearest, ratio = f"the nearest, {case}, reaches {here:.6g} of it", here
    return f"it does not hold: no function meets it; {nearest}"


_MET = 1e-6
"""A function that meets a bound may miss so much of it: slopes and flows are rounded, and limits are near."""


_BUDGET, _FEWEST = 40_000, 6
"""How many expressions are evaluated for one formula, about a quarter of a second, and on how many cases at least."""


def _same(stated: Stated, case: Case) -> Comparison:
    """Compares whether one side of an "if and only if" holds with whether the other does."""
    assert stated.iff is not None
    one = PREDICATES[stated.iff](case) if isinstance(stated.iff, str) else _holds(stated.iff, case)
    other = _holds(stated.chain, case)
    return Comparison("⟺", one == other, float(one), float(other), 0.0)


def _holds(chain: Chain, case: Case) -> bool:
    return all(result.holds for result in compare(chain, case.scope))


def _converges(case: Case) -> bool:
    away = [np.linalg.norm(case.scope.get("θ").at(k) - case.problem.solution) for k in (0, 300)]
    return bool(away[1] < away[0])


def _alternates(case: Case) -> bool:
    one, other = (case.scope.get("θ").at(k) - case.problem.solution for k in (0, 1))
    return bool((one * other < 0).all())


PREDICATES: dict[str, Callable[[Case], bool]] = {
    "-smooth": lambda case: case.problem.L > 0,
    "converges": _converges,
    "tends to 0": _converges,
    "changes sign": _alternates,
}
"""Words before "if and only if" that are run."""


def _shown(value: Any) -> str:
    return np.array2string(np.asarray(getattr(value, "of", value), dtype=float), precision=9)
