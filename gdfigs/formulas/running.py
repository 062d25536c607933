"""Evaluates expressions on NumPy, and compares the sides of a chain.

Values: float; vector, shape (d,); matrix, shape (d, d); Row, a transposed vector; a function; a Trajectory, which has
iterates by index and a curve by time. A definition of a page is evaluated where it is used: it sees the time and the
index that hold there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from gdfigs.formulas.reading import Chain, Node
from gdfigs.maths.problems import Array

ROUNDING = 1e-9
"""Relative slack of every comparison: sums of some hundred rounded terms."""
SLACK = {"flow": 1e-8, "difference": 1e-6, "integral": 1e-7, "limit": 1e-3, "search": 1e-5}
"""Relative slack where a side has a curve that is solved for, a difference for a derivative, a quadrature, a limit,
or a search for the least value: near it, the value hardly changes."""
CANCELLATION = 1e-13
"""Slack in units of the largest term of a sum: what is left of a difference of nearly equal terms."""


TERMS = 300
"""So many of an infinite sum are added, unless they vanish before: of one with positive terms, a part of it."""


class RunningError(ValueError):
    """A formula cannot be run; the message says why."""


@dataclass(frozen=True)
class Row:
    """A transposed vector."""

    of: Array


@dataclass(frozen=True)
class Definition:
    """What a page defines: a body, and the pattern of the index that it depends on, or the names of its arguments."""

    body: Node
    index: Node | None = None
    argument: str = ""


class Scope:
    """Names and their values; the inner ones first.

    used: what makes the values less exact, see SLACK. largest: term of all sums. spent: how many expressions were
    evaluated. nested: whether within an integral.
    """

    def __init__(self, names: Mapping[str, Any], lookup: Callable[[str], Any] | None = None) -> None:
        self.names, self.lookup = dict(names), lookup
        self.used, self.largest, self.spent, self.nested = set[str](), [0.0], [0], False

    def within(self, **names: Any) -> Scope:
        inner = Scope(self.names | names, self.lookup)
        inner.used, inner.largest, inner.spent, inner.nested = self.used, self.largest, self.spent, self.nested
        return inner

    def get(self, name: str) -> Any:
        if name not in self.names and self.lookup:
            self.names[name] = self.lookup(name)
        if name not in self.names:
            raise RunningError(f"{name} is not defined")
        return self.names[name]

    def find(self, name: str) -> Any:
        """Returns what a name stands for, or None."""
        try:
            return self.get(name)
        except RunningError:
            return None


class Trajectory:
    """Points with an index, points with a time, or both."""

    def at(self, k: int) -> Any:
        raise RunningError("these points have no index")

    def curve(self, t: float) -> Any:
        raise RunningError("these points have no time")


def evaluate(node: Node, scope: Scope) -> Any:
    """Returns the value of an expression. Raises RunningError."""
    scope.spent[0] += 1
    value = _value(node, scope)
    if isinstance(value, Trajectory):
        return value.curve(scope.get("t"))
    if isinstance(value, Definition):
        raise RunningError(f"{node.name or 'this'} has no index and no argument here")
    return value


def _value(node: Node, scope: Scope) -> Any:
    parts = node.parts
    match node.kind:
        case "number":
            return node.value
        case "symbol":
            found = scope.get(node.name)
            if isinstance(found, Definition) and not found.argument and found.index is None:
                return evaluate(found.body, scope)
            if isinstance(found, Definition) and found.argument == "t":
                return evaluate(found.body, scope)  # W stands for W(t)
            return found
        case "index":
            return _indexed(parts[0], parts[1], scope)
        case "group":
            return evaluate(parts[0], scope)
        case "tuple":
            return tuple(_listed(parts, scope))
        case "negative":
            return _times(-1.0, evaluate(parts[0], scope))
        case "sum":
            return _sum([evaluate(part, scope) for part in parts], scope)
        case "product":
            return _product(parts, scope)
        case "quotient":
            return _divided(evaluate(parts[0], scope), evaluate(parts[1], scope))
        case "power":
            return _power(parts, scope)
        case "transpose":
            value = evaluate(parts[0], scope)
            return value.T if np.ndim(value) == 2 else Row(np.atleast_1d(value))
        case "norm":
            value = evaluate(parts[0], scope)
            return float(np.linalg.norm(value, 2 if np.ndim(value) == 2 else None))
        case "ceiling":
            return float(math.ceil(evaluate(parts[0], scope)))
        case "root":
            value = evaluate(parts[0], scope)
            return float(value) ** (1 / evaluate(parts[1], scope) if len(parts) > 1 else 0.5)
        case "function":
            return _function(node.name, evaluate(parts[0], scope))
        case "rate":
            return _rate(node, scope)
        case "integral":
            return _integral(node, scope)
        case "extremum":
            return _extremum(node, scope)
        case "argmin":
            return _argmin(node, scope)
        case "total":
            return _total(node, scope)
        case "limit":
            return _limit(node, scope)
        case "cases":
            return _case(parts, scope)
    raise RunningError(f"{node.kind} cannot be run")


def _listed(parts: tuple[Node, ...], scope: Scope) -> Iterator[Any]:
    """Yields the values of a list; those that an ellipsis between two indices stands for, too."""
    for n, part in enumerate(parts):
        if part.kind == "ellipsis":
            continue
        if n < 2 or parts[n - 1].kind != "ellipsis":
            yield evaluate(part, scope)
            continue
        if parts[n - 2].kind != "index" or part.kind != "index":
            raise RunningError("an ellipsis stands for what is not known")
        first, last = (round(float(evaluate(end.parts[1], scope))) for end in (parts[n - 2], part))
        for k in range(first + 1, last + 1):  # none where the last is the first
            yield _indexed(part.parts[0], Node("number", value=float(k)), scope)


def _indexed(name: Node, index: Node, scope: Scope) -> Any:
    if any(known.startswith(f"{name.name}[") for known in scope.names):  # a value at this index alone
        explicit = scope.names.get(f"{name.name}[{round(float(evaluate(index, scope)))}]")
        if explicit is not None:
            return evaluate(explicit.body, scope)
    if name.kind == "symbol":
        found = scope.find(f"{name.name}_")
        found = scope.get(name.name) if found is None else found
    else:
        found = _value(name, scope)
    if isinstance(found, Definition) and found.index is None and not found.argument:
        found = evaluate(found.body, scope)
    if isinstance(found, Definition) and found.index is not None:
        n = evaluate(index, scope)
        letter = next(iter(found.index.names))
        shift = evaluate(found.index, scope.within(**{letter: 0.0}))
        return evaluate(found.body, scope.within(**{letter: n - shift}))
    n = evaluate(index, scope)
    if isinstance(found, Trajectory):
        return found.at(round(float(n)))
    if callable(found):
        return found(n)
    if np.ndim(found) == 1 and 1 <= n <= len(found):
        return found[round(float(n)) - 1]
    raise RunningError(f"{name.name} has no index")


def _product(parts: tuple[Node, ...], scope: Scope) -> Any:
    """Folds factors from the left: a function takes the bracket behind it, whose scripts belong to its value."""
    value: Any = None
    at = 0
    while at < len(parts):
        taken = _bracket(parts[at + 1]) if at + 1 < len(parts) else None
        factor = _applied(parts[at], taken[0], scope) if taken else None
        if factor is not None and taken:
            for script in taken[1:]:
                factor = _script(script, factor, scope)
            at += 1
        else:
            factor = evaluate(parts[at], scope)
        if callable(factor):
            raise RunningError(f"{parts[at].name or 'a function'} stands without an argument")
        value = factor if value is None else _times(value, factor)
        at += 1
    return value


def _applied(node: Node, argument: Node, scope: Scope) -> Any:
    """Returns the value of a function, or of what depends on the time, with a bracket behind it; None for a factor."""
    symbol = node.parts[0] if node.kind == "index" else node
    if symbol.kind != "symbol":
        return None
    at_time = argument == Node("symbol", name="t") or argument.kind == "number"
    found = scope.get(symbol.name)
    if at_time and node is symbol and isinstance(found, np.ndarray):  # x is a point, x(t) a path
        found = scope.find(f"{symbol.name}_")
    if isinstance(found, Definition) and found.body.kind == "symbol" and not found.argument and node is symbol:
        found = scope.get(found.body.name)  # another name of a function
    if node is not symbol or (isinstance(found, Definition) and not found.argument):
        depends = isinstance(found, Definition) and at_time and "t" not in symbol.name
        return evaluate(node, scope.within(t=evaluate(argument, scope))) if depends else None
    if not isinstance(found, Definition | Trajectory) and not callable(found):
        return None
    given = evaluate(argument, scope)
    if isinstance(found, Trajectory):
        return found.curve(float(given))
    if isinstance(found, Definition):
        names = found.argument.split()
        return evaluate(found.body, scope.within(**dict(zip(names, given if len(names) > 1 else [given], strict=True))))
    return found(*given) if isinstance(given, tuple) else found(given)


def _bracket(node: Node) -> list[Node] | None:
    """Returns the bracket that a node is, with the scripts on it, the inner first; None where it is none."""
    scripts = list[Node]()
    while node.kind in ("power", "transpose", "index"):
        scripts.insert(0, node)
        node = node.parts[0]
    if node.kind == "group":
        return [node.parts[0], *scripts]
    return [node, *scripts] if node.kind == "tuple" else None


def _script(script: Node, value: Any, scope: Scope) -> Any:
    inner = scope.within(**{"\0": value})
    return _value(Node(script.kind, (Node("symbol", name="\0"), *script.parts[1:])), inner)


def _sum(terms: list[Any], scope: Scope) -> Any:
    total = terms[0]
    for term in terms[1:]:
        if isinstance(total, Row) or isinstance(term, Row):
            if not (isinstance(total, Row) and isinstance(term, Row)):
                raise RunningError("a row is added to what is none")
            total = Row(total.of + term.of)
        else:
            total = _added(total, term)
    sizes = [np.abs(np.asarray(t.of if isinstance(t, Row) else t, dtype=float)).max(initial=0.0) for t in terms]
    scope.largest[0] = max(scope.largest[0], *map(float, sizes))
    return total


def _added(one: Any, other: Any) -> Any:
    if callable(one) or callable(other):
        raise RunningError("a function stands without an argument")
    for zero, value in ((one, other), (other, one)):
        if np.ndim(zero) == 0 and zero == 0:
            return value
    if np.ndim(one) != np.ndim(other) and max(np.size(one), np.size(other)) > 1:
        raise RunningError("a number and a vector are added")
    if np.ndim(one) != np.ndim(other):
        return float(np.squeeze(one)) + float(np.squeeze(other))
    return one + other


def _times(one: Any, other: Any) -> Any:
    if isinstance(one, tuple) or isinstance(other, tuple):
        raise RunningError("a list of values cannot be multiplied")
    if isinstance(one, Row):
        if isinstance(other, Row):
            raise RunningError("two rows are multiplied")
        if np.ndim(other) == 0:
            return Row(one.of * other)
        made = one.of @ other
        return Row(made) if np.ndim(other) == 2 else float(made)
    if isinstance(other, Row):
        return Row(one * other.of) if np.ndim(one) == 0 else np.outer(one, other.of)
    if np.ndim(one) == 2 and np.ndim(other) >= 1:
        return one @ other
    if np.ndim(one) == np.ndim(other) == 1 and np.size(one) > 1:
        raise RunningError("two vectors are multiplied without a transpose")
    return one * other


def _divided(one: Any, other: Any) -> Any:
    if isinstance(one, Row):
        return Row(_divided(one.of, other))
    if np.size(other) != 1:
        raise RunningError("a vector or a matrix stands below a fraction bar")
    other = float(np.squeeze(other))
    if other == 0:
        raise ZeroDivisionError("0 stands below a fraction bar")
    return one / other


def _power(parts: tuple[Node, ...], scope: Scope) -> Any:
    base, exponent = parts
    if base.kind == "symbol" and base.name == "e" and "e" not in scope.names:
        power = evaluate(exponent, scope)
        if np.ndim(power) == 2:
            from scipy.linalg import expm

            return expm(power)
        return math.exp(float(np.squeeze(power)))
    value, n = evaluate(base, scope), float(np.squeeze(evaluate(exponent, scope)))
    if np.ndim(value) == 2:
        return np.linalg.matrix_power(value, round(n))
    if np.size(value) > 1:
        raise RunningError("a vector has no power")
    number = float(np.squeeze(value))
    if number < 0 and n != round(n):
        raise RunningError("a negative number is raised to a fraction")
    if number == 0 and n < 0:
        raise ZeroDivisionError("0 is raised to a negative power")
    return number**n


def _function(name: str, value: Any) -> Any:
    if name in ("max", "min"):
        values = [float(np.squeeze(one)) for one in (value if isinstance(value, tuple) else (value,))]
        return {"max": max, "min": min}[name](values)
    if name == "diag":
        return np.diag(np.atleast_1d(np.asarray(value, dtype=float)))
    number = float(np.squeeze(value))
    if name == "log" and number <= 0:
        raise RunningError("a logarithm of what is not positive")
    if name == "sign":
        return float(np.sign(number))
    return float(getattr(math, name)(number))


def _rate(node: Node, scope: Scope) -> Any:
    """Returns the derivative in the variable by differences of fourth order."""
    scope.used.add("difference")
    at = float(scope.get(node.name))
    step = 1e-2 * float(scope.get("tick"))

    def value(shift: float) -> Any:
        return evaluate(node.parts[0], scope.within(**{node.name: at + shift * step}))

    return (8 * (value(1) - value(-1)) - (value(2) - value(-2))) / (12 * step)


def _integral(node: Node, scope: Scope) -> Any:
    """Returns an integral: by adaptive quadrature, or by Gauss' formula where it stands within another.

    To infinity, it is added up over intervals that double, until what they add vanishes.
    """
    from scipy.integrate import quad_vec

    scope.used.add("integral")
    lower, upper = (float(evaluate(limit, scope)) for limit in node.parts[:2])

    def value(at: float) -> Any:
        inner = scope.within(**{node.name: at})
        inner.nested = True
        return np.asarray(evaluate(node.parts[2], inner), dtype=float)

    def by_gauss(start: float, end: float, n: int) -> Any:
        half = (end - start) / 2
        return half * sum(w * value(start + half * (1 + x)) for x, w in _gauss(n))

    if math.isinf(upper):
        width = float(scope.get("tick"))
        total = by_gauss(lower, lower + width, 16)
        for n in range(_DOUBLINGS):
            added = by_gauss(lower + width * 2**n, lower + width * 2 ** (n + 1), 16)
            total = total + added
            if np.linalg.norm(added) <= 1e-12 * np.linalg.norm(total):
                break
    else:
        exact = not scope.nested
        total = (
            quad_vec(value, lower, upper, epsabs=1e-12, epsrel=1e-8, limit=50)[0]
            if exact
            else by_gauss(lower, upper, 12)
        )
    return float(total) if np.ndim(total) == 0 else total


_DOUBLINGS = 13
"""So often an interval doubles on the way to infinity: up to 8,192 times the time scale 1/L."""


@cache
def _gauss(n: int) -> list[tuple[float, float]]:
    """Returns the nodes and weights of Gauss' formula on [-1, 1]."""
    return list(zip(*(each.tolist() for each in np.polynomial.legendre.leggauss(n)), strict=True))


def _total(node: Node, scope: Scope) -> Any:
    first, last = (evaluate(limit, scope) for limit in node.parts[:2])
    total: Any = 0.0
    for n in range(round(first), round(last) + 1 if math.isfinite(last) else round(first) + TERMS):
        term = evaluate(node.parts[2], scope.within(**{node.name: float(n)}))
        total = total + term
        if math.isinf(last) and np.linalg.norm(term) <= 1e-13 * np.linalg.norm(total):
            break
    return total


def _extremum(node: Node, scope: Scope) -> float:
    """Returns the largest or least value between two limits: of whole numbers, or of numbers on a grid."""
    lower, upper = (float(evaluate(limit, scope)) for limit in node.parts[:2])
    letter, which = node.name.split()
    points = np.arange(round(lower), round(upper) + 1) if letter in "ijkn" else np.linspace(lower, upper, 65)
    values = [float(evaluate(node.parts[2], scope.within(**{letter: float(point)}))) for point in points]
    return max(values) if which == "max" else min(values)


def _argmin(node: Node, scope: Scope) -> Any:
    """Returns the point where a function of a vector is least; RunningError where a search does not end at one."""
    from scipy.optimize import minimize

    scope.used.add("search")

    def value(at: Any) -> float:
        return float(np.squeeze(evaluate(node.parts[0], scope.within(**{node.name: at}))))

    found = minimize(value, scope.get("x"), method="Powell", options={"xtol": 1e-9, "ftol": 1e-15})
    if not found.success or not np.isfinite(found.fun):
        raise RunningError("nothing is least")
    return found.x


def _limit(node: Node, scope: Scope) -> Any:
    """Returns the value near the limit, extrapolated from two."""
    scope.used.add("limit")
    to = float(evaluate(node.parts[0], scope))
    near = [
        evaluate(node.parts[1], scope.within(**{node.name: to + s if math.isfinite(to) else 1 / s}))
        for s in (1e-4, 2e-4)
    ]
    return 2 * near[0] - near[1]


def _case(parts: tuple[Node, ...], scope: Scope) -> Any:
    for value, condition in zip(parts[::2], parts[1::2], strict=True):
        sides = [evaluate(side, scope) for side in condition.parts]
        between = zip(condition.name.split(), sides, sides[1:], strict=False)
        if all(_compared(relation, one, other, scope).holds for relation, one, other in between):
            return evaluate(value, scope)
    raise RunningError("none of the cases holds")


# Relations


@dataclass(frozen=True)
class Comparison:
    """Two sides of a chain and their relation. ratio: for an inequality, smaller side / larger side where both are
    positive; for an equation, the difference relative to the larger side."""

    relation: str
    holds: bool
    left: Any
    right: Any
    ratio: float


def compare(chain: Chain, scope: Scope) -> Iterator[Comparison]:
    """Yields the comparisons of a chain, from left to right. Raises RunningError."""
    values = list[Any]()
    scope.used.clear()
    scope.largest[0] = 0.0
    if _order(chain) is not None:
        yield _of_order(chain, scope)
        return
    if "⟺" in chain.relations:
        cut = chain.relations.index("⟺")
        halves = (
            Chain(chain.sides[: cut + 1], chain.relations[:cut]),
            Chain(chain.sides[cut + 1 :], chain.relations[cut + 1 :]),
        )
        one, other = (all(c.holds for c in compare(half, scope)) for half in halves)
        yield Comparison("⟺", one == other, float(one), float(other), 0.0)
        return
    if chain.relations == ("→",):
        yield _tends(chain, scope)
        return
    for side in chain.sides:
        if side is None:
            raise RunningError("a side is missing")
        value = evaluate(side, scope)
        values.append(value(scope.get("x")) if callable(value) else value)  # a function: at whatever point
    for relation, left, right in zip(chain.relations, values, values[1:], strict=False):
        yield _compared(relation, left, right, scope)


def _compared(relation: str, left: Any, right: Any, scope: Scope) -> Comparison:
    slack = max([ROUNDING, *(SLACK[kind] for kind in scope.used)])
    if relation in ("⪯", "⪰"):
        if relation == "⪰":
            left, right = right, left
        n = max(np.shape(left), np.shape(right))[0]
        left, right = (side * np.eye(n) if np.ndim(side) == 0 else side for side in (left, right))  # 0, for 0 I
        gap = np.linalg.eigvalsh(np.asarray(right, dtype=float) - np.asarray(left, dtype=float))[0]
        size = max(float(np.linalg.norm(left, 2)), float(np.linalg.norm(right, 2)))
        return Comparison(relation, bool(gap >= -slack * size), left, right, float(1 - gap / size))
    if relation == "∈":
        if not (isinstance(right, tuple) and len(right) == 2):
            raise RunningError("∈ is run for intervals alone")
        return Comparison(relation, bool(right[0] <= left <= right[1]), left, right, math.nan)
    if relation not in "=≤≥<>≠":
        raise RunningError(f"{relation} cannot be run")
    sides = [np.atleast_1d(np.asarray(v.of if isinstance(v, Row) else v, dtype=float)) for v in (left, right)]
    one, other = sides
    if one.size != other.size and min(one.size, other.size) == 1:
        one, other = np.broadcast_arrays(one, other)  # nabla f = 0
    if one.shape != other.shape:
        raise RunningError("the sides have different shapes")
    if np.isnan(one).any() or np.isnan(other).any():
        raise RunningError("a side is no number")
    size = max(float(np.abs(one).max()), float(np.abs(other).max()))
    room = slack * size + CANCELLATION * (slack / ROUNDING) * max(scope.largest[0], size)
    if relation in "=≠":
        off = math.inf if not math.isfinite(size) else float(np.abs(one - other).max())
        near = off <= room or bool((one == other).all())
        return Comparison(relation, near == (relation == "="), left, right, off / size if size else 0.0)
    if one.size != 1:
        raise RunningError("vectors have no order")
    small, large = map(float, (one[0], other[0]) if relation in "≤<" else (other[0], one[0]))
    holds = small <= large + room if relation in "≤≥" else small < large - 1e-12 * size
    ratio = small / large if large > 0 else math.nan
    return Comparison(relation, bool(holds), left, right, float(ratio))


def _order(chain: Chain) -> Node | None:
    """Returns what stands in the bracket of o(...) or O(...), or None."""
    for side in chain.sides:
        for node in side.nodes() if side else ():
            if (
                node.kind == "product"
                and node.parts[0].kind == "symbol"
                and node.parts[0].name in "oO"
                and len(node.parts) == 2
            ):
                return node.parts[1].parts[0] if node.parts[1].kind == "group" else None
    return None


def _of_order(chain: Chain, scope: Scope) -> Comparison:
    """Compares the sides of an equation but for o(g): their difference, over g, is to fall with the variable of g."""
    small = _order(chain)
    assert small is not None
    letter = next(iter(small.names), "")
    known = dict.fromkeys(("o", "O"), 0.0)
    strict = any("o" in side.names for side in chain.sides if side is not None)
    ratios = list[float]()
    tick = float(scope.get("tick"))
    for step in (1e-1, 1e-2):
        inner = scope.within(**{letter: step * tick})
        inner.names["o"] = inner.names["O"] = lambda _: 0.0
        left, right = (evaluate(side, inner) for side in chain.sides[:2] if side is not None)
        difference = np.abs(np.asarray(left, dtype=float) - np.asarray(right, dtype=float)).max()
        ratios.append(float(difference / evaluate(small, inner)))
    del known
    falls = ratios[1] < 0.5 * ratios[0] if strict else ratios[1] < 3 * ratios[0]
    return Comparison("=", falls or ratios[1] < 1e-6, ratios[0], ratios[1], 0.0)


def _tends(chain: Chain, scope: Scope) -> Comparison:
    """Looks at three late times, or indices: the distance from the limit is to fall."""
    side, limit = chain.sides
    assert side is not None
    assert limit is not None
    letter = "k" if "k" in side.names else "t"
    tick = 1.0 if letter == "k" else float(scope.get("tick"))
    distances = []
    for late in (10.0, 50.0, 200.0):
        inner = scope.within(**{letter: late * tick})
        value = evaluate(side, inner)
        to = evaluate(limit, inner)
        distances.append(1 / abs(float(value)) if to == np.inf else float(np.linalg.norm(np.asarray(value) - to)))
    first, last = max(distances[:2]), distances[2]
    return Comparison("→", last < 0.9 * first or last < 1e-9, first, last, 0.0)
