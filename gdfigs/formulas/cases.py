"""The cases on which a statement is run: problems of the class that its words name, and parameters that it admits."""

from __future__ import annotations

import itertools
import math
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import zip_longest
from typing import Any

import numpy as np

from gdfigs.claims.classes import CONVEX, QUADRATIC, SMOOTH, STRONGLY_CONVEX, FunctionClass, Instance
from gdfigs.formulas.reading import Chain, Node
from gdfigs.formulas.running import Definition, RunningError, Scope, Trajectory, compare, evaluate
from gdfigs.maths.problems import Array, Problem, Quadratic, huber, one_sided, quadratic

POINTS = ("x", "y", "u", "v", "ξ")
WHOLE = ("k", "K", "i", "j", "m", "n", "N")
_TURNED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤", "=": "=", "∈": ""}
_DIFFERENCE = 1e-4
"""Step of the differences for an objective of a page's own."""


@dataclass(frozen=True)
class Recursion:
    """Points by index.

    `letter + shift` is the index on the left side of the rule. implicit: whether that occurs on its right, too.
    """

    body: Node
    letter: str
    shift: int
    implicit: bool


@dataclass(frozen=True)
class Equation:
    """A differential equation: what is 0, and its order."""

    residual: Node
    order: int


@dataclass(frozen=True)
class Objective:
    """An objective of a page's own, f of its arguments. slope: whether the body is its derivative, and f(0) is 0."""

    body: Node
    arguments: tuple[str, ...]
    slope: bool = False


@dataclass(frozen=True)
class Given:
    """What holds where something is stated: assumptions, definitions, and the words before it.

    free: parameters that are defined but may here have any value that is assumed of them.
    """

    assumed: tuple[Chain, ...] = ()
    defined: Mapping[str, Any] = field(default_factory=dict)
    words: str = ""
    free: frozenset[str] = frozenset()

    def assume(self, chain: Chain, frees: bool = False) -> Given:
        """Adds an assumption; one on a parameter takes the place of those before. frees: of its definition, too."""
        mine = parameters(chain)
        kept = tuple(c for c in self.assumed if not mine or not parameters(c) & mine)
        return replace(self, assumed=(*kept, chain), free=self.free | mine if frees else self.free)

    def joined(self, other: Given) -> Given:
        """Adds what is given elsewhere, which counts more."""
        joined = replace(self, defined={**self.defined, **other.defined})
        for chain in other.assumed:
            joined = joined.assume(chain)
        return joined

    def define(self, **names: Any) -> Given:
        return replace(self, defined={**self.defined, **names}, free=self.free - set(names))

    @property
    def huber(self) -> bool:
        """Whether the words name a Huber function, with its slope."""
        return "Huber function of slope" in self.words

    @property
    def names(self) -> set[str]:
        """All names that the assumptions and the definitions need."""
        sides = [side for chain in self.assumed for side in chain.sides if side is not None]
        bodies = [d.body for d in self.defined.values() if isinstance(d, Definition)]
        return set[str]().union(*(node.names for node in sides + bodies))


FACTS = {"L", "μ", "κ", "R", "d", "I"}
OF_QUADRATICS = {"A", "b", "c", "V", "Λ", "λ"}
FREE = {"η", "k", "K", "t", "T", "i", "j"}
"""Parameters that are drawn where no assumption says more."""
FIXED = FACTS | {"f", "∇f", "∇²f", "θ", "θ*", "f*", "f_inf", "φ"}


def parameters(chain: Chain) -> set[str]:
    """Returns the parameters that a chain bounds."""
    sides = [side for side in chain.sides if side is not None and side.kind == "symbol"]
    return {side.name for side in sides} - FIXED - {"∞"}


def class_of(words: str) -> FunctionClass:
    """Returns the class of functions that words name, the widest if they name none."""
    if re.search(r"quadratic|positive definite(?! Hessian)|eigenvalue", words):
        return QUADRATIC
    if re.search(r"strongly[- ]convex|strong convexity|positive definite Hessian", words, re.IGNORECASE):
        return STRONGLY_CONVEX
    return CONVEX if re.search(r"\bconvex", words, re.IGNORECASE) else SMOOTH


_LINE = Instance(quadratic([[0.7]]), np.array([1.3]), 0.5)
"""A parabola, on which L is mu."""
_STRIDE = 29  # a prime: the first cases are of many kinds
_TOP = Instance(one_sided(), np.array([1e-9]), 0.5)
"""Beside a maximum, where gap and distance stay for long: what holds for convex functions alone fails here."""


def cases(given: Given, names: set[str]) -> Iterator[Case]:
    """Yields the cases of what is stated; names: that it needs."""
    objective = None if given.huber else given.defined.get("f")
    if isinstance(objective, Objective) and "A" in objective.body.names:
        for number, instance in enumerate(QUADRATIC.suite()):
            yield Case(given, number, instance)
        return
    if isinstance(objective, Objective) or given.huber:
        for number in range(5):
            yield Case(given, number)
        return
    chosen = class_of(given.words)
    suite = [_LINE, *chosen.suite(), *([_TOP] if chosen is SMOOTH else [])]
    if {"θ*", "R", "f*"} & names:
        suite = [i for i in suite if i.problem.minimiser is not None]
    if "twice continuously" in given.words or "∇²f" in names:
        suite = [i for i in suite if i.problem.name != "Huber"]
    if "bounded below" in given.words:
        suite = [i for i in suite if i.problem.name != "concave"]
    if re.search("trajectory is bounded|bounded trajectory", given.words):
        suite = [i for i in suite if i.problem.minimiser is not None]
    for n in range(len(suite)):
        number = n * _STRIDE % len(suite)
        yield Case(given, number, suite[number])


def _of_quadratic(value: Callable[[Quadratic], Any]) -> Callable[[Problem], Any]:
    return lambda p: value(p) if isinstance(p, Quadratic) else None


NAMES: dict[str, Callable[[Problem], Any]] = {
    "f": lambda p: lambda x: float(p.f(np.atleast_1d(x))),
    "∇f": lambda p: lambda x: p.grad(np.atleast_1d(x)),
    "∇²f": lambda p: lambda x: p.hess(np.atleast_1d(x)),
    "f'": lambda p: lambda x: float(np.squeeze(p.grad(np.atleast_1d(x)))),
    "f''": lambda p: lambda x: float(np.squeeze(p.hess(np.atleast_1d(x)))),
    "L": lambda p: p.L,
    "μ": lambda p: p.mu if p.mu >= 0 else None,
    "κ": lambda p: p.L / p.mu if p.mu > 0 else None,
    "d": lambda p: float(p.dim),
    "I": lambda p: np.eye(p.dim),
    "tick": lambda p: 1 / p.L,
    "θ*": lambda p: p.minimiser,
    "f*": lambda p: None if p.minimiser is None else p.minimum,
    "f_inf": lambda p: None if p.minimiser is None else p.minimum,
    "A": _of_quadratic(lambda p: p.A),
    "b": _of_quadratic(lambda p: -p.grad(np.zeros(p.dim))),
    "c": _of_quadratic(lambda p: float(p.f(np.zeros(p.dim)))),
    "λ": _of_quadratic(lambda p: p.eigenvalues),
    "λ_max": _of_quadratic(lambda p: lambda A: float(np.linalg.eigvalsh(A)[-1])),
    "λ_min": _of_quadratic(lambda p: lambda A: float(np.linalg.eigvalsh(A)[0])),
    "V": _of_quadratic(lambda p: p.eigenvectors),
    "Λ": _of_quadratic(lambda p: np.diag(p.eigenvalues)),
}
"""What symbols stand for on a problem; None where it has no such thing."""


ERRORS: dict[str, Callable[[Case, Array, float], Any]] = {
    "e_": lambda case, x, k: x - case.problem.solution,
    "δ_": lambda case, x, k: float(case.problem.f(x)) - case.problem.minimum,
    "g_": lambda case, x, k: case.problem.grad(x),
    "t_": lambda case, x, k: k * case.scope.get("η"),
}
"""Where a page says no more: e, delta, g and t with an index are error, gap, gradient and time of an iterate."""


class Case:
    """A problem with a start, and the parameters that are drawn for it as they are asked for."""

    scope: Scope

    def __init__(self, given: Given, number: int, instance: Instance | None = None) -> None:
        self.given, self.number, self.instance = given, number, instance
        known = {n: v for n, v in given.defined.items() if isinstance(v, Definition) and n not in given.free}
        known |= {n: Definition(v) for n, v in given.defined.items() if isinstance(v, Node)}
        self.found, self.drawing = dict[str, Any](), set[str]()
        self.scope = Scope(known | {"∞": np.inf, "π": np.pi}, self.lookup)

    def __str__(self) -> str:
        values = {n: v for n, v in self.found.items() if isinstance(v, float) and n not in ("tick", "d", "∞")}
        told = f"{self.problem.name}, dimension {self.problem.dim}"
        return ", ".join([told, *(f"{name} = {value:.4g}" for name, value in values.items())])

    # The problem

    @cached_property
    def problem(self) -> Problem:
        if isinstance(objective := self.given.defined.get("f"), Objective) and not self.given.huber:
            return self.own(objective)
        if self.instance:
            return self.instance.problem
        slope = next((name for name in ("s", "c") if name in self.given.defined), "s")
        return huber(float(evaluate(Node("symbol", name=slope), self.scope)), self.scope.get("L"))

    @cached_property
    def start(self) -> Array:
        if told := self.given.defined.get("θ[0]"):
            return np.full(self.problem.dim, evaluate(told, self.scope))
        if self.instance:
            return self.instance.theta0
        if self.given.huber:
            return np.array([float(self.scope.get("R"))])
        drawn = self.rng("start").normal(size=self.problem.dim) * 2.0 ** (self.number - 2)
        arguments = self.given.defined["f"].arguments if self.problem.dim > 1 else ()
        return np.array([self.draw(name) if self.bounds(name) else x for name, x in zip_longest(arguments, drawn)])

    def own(self, objective: Objective) -> Problem:
        """Returns the problem that a page defines, with derivatives by differences."""
        from scipy.integrate import quad

        scope, dim = self.scope, len(objective.arguments)
        if self.instance:
            scope = Scope({n: NAMES[n](self.instance.problem) for n in ("A", "b", "c")})
            dim = self.instance.problem.dim

        def f(x: Array) -> float:
            values = dict(zip(objective.arguments, [x] if len(objective.arguments) == 1 else x, strict=True))
            if objective.slope:
                return float(quad(lambda at: grad(at).item(), 0, float(np.squeeze(x)), limit=200)[0])
            return float(np.squeeze(evaluate(objective.body, scope.within(**values))))

        def grad(x: Array) -> Array:
            if objective.slope:
                return np.atleast_1d(evaluate(objective.body, scope.within(**{objective.arguments[0]: x})))
            self.scope.used.add("difference")
            return gradient(f, np.atleast_1d(x))

        def hess(x: Array) -> Array:
            slopes: list[Callable[[Array], Any]] = [lambda z, i=i: grad(z)[i] for i in range(dim)]  # type: ignore[misc]
            return np.stack([gradient(slope, np.atleast_1d(x), 10) for slope in slopes])

        if self.instance:
            A = self.instance.problem.hess(np.zeros(dim))
            return quadratic(A, -grad(np.zeros(dim)), f(np.zeros(dim)))

        def known(x: float) -> bool:
            try:
                return math.isfinite(f(np.full(dim, x)))
            except (RunningError, ArithmeticError):
                return False

        far, origin = [x for x in np.linspace(-3, 3, 41) if known(x)], np.zeros(dim)
        curvatures = np.concatenate([np.linalg.eigvalsh(hess(np.full(dim, x))) for x in far])
        L = max(1e-9, float(np.abs(curvatures).max()))
        lowest = all(float((grad(np.full(dim, x)) * x).sum()) >= -1e-9 for x in far)  # uphill away from 0
        lowest = lowest and known(0) and float(np.abs(grad(origin)).max()) < 1e-9
        mu = max(-L, float(curvatures.min()))
        many = np.vectorize(f, signature="(d)->()")
        return Problem("the function of the text", dim, many, grad, hess, L, mu, origin if lowest else None)

    # Names

    def lookup(self, name: str) -> Any:
        """Returns what a name stands for, the same each time. Raises RunningError."""
        if name not in self.found:
            self.found[name] = self.find(name)
        return self.found[name]

    def find(self, name: str) -> Any:
        defined = self.given.defined
        objective = None if self.given.huber else defined.get("f")
        arguments = objective.arguments if isinstance(objective, Objective) else ()
        if len(arguments) > 1 and name.rstrip("_") in arguments:
            return Component(self.scope.get("θ"), arguments.index(name.rstrip("_")))
        bounds = self.bounds(name)
        taken = name in ("L", "μ") and isinstance(objective, Objective) and any(r == "=" for r, _ in bounds)
        if bounds and (taken or name not in FIXED):  # a constant may be taken that is not that of the function
            return self.draw(name)
        own = objective.body.names - {*objective.arguments} if isinstance(objective, Objective) else {"L", "R", "s"}
        if not self.instance and name in own - {"A", "b", "c"}:
            return 0.5 + 2 * float(self.rng(name).uniform())  # of a Huber function, or of the page's own
        if name.endswith("_") and (name[:-1] in ("θ", "x") or isinstance(defined.get(name), Recursion)):
            return Path(self, name[:-1]) if isinstance(defined.get(name), Recursion) else self.scope.get("θ")
        if name in ERRORS:
            path = self.scope.get("θ")
            return lambda k: ERRORS[name](self, path.at(round(k)), k)
        if name == "e":
            return np.e
        if name in POINTS:
            return self.point(name)
        if name in NAMES and (value := NAMES[name](self.problem)) is not None:
            return value
        if name in ("θ", "φ", "θ\u0303"):
            return Path(self, name)
        if name == "R" and self.problem.minimiser is not None:
            return float(np.linalg.norm(self.start - self.problem.minimiser))
        if name[0] == "∇" and isinstance(found := defined.get(name[1:]), Definition):
            return lambda x: gradient(lambda z: evaluate(found.body, self.scope.within(**{found.argument: z})), x)
        if (order := RATES.get(name)) is not None:
            return Rate(self, order)
        if name not in FREE:
            raise RunningError(f"{name} is not defined{f' on {self.problem.name}' if name in FIXED else ''}")
        return self.draw(name)

    def point(self, name: str) -> Array:
        away = 0.0 if self.number % 9 == 8 and self.problem.minimiser is not None and name == "y" else 1.0
        return self.start + away * self.rng(name).normal(size=self.problem.dim) * (1 + np.linalg.norm(self.start))

    # Parameters

    def rng(self, name: str) -> np.random.Generator:
        return np.random.default_rng([zlib.crc32(name.encode()), self.number])

    def bounds(self, name: str) -> list[tuple[str, Node]]:
        """Returns what the assumptions say of a parameter: relations, and what stands on their right."""
        found = []
        for chain in self.given.assumed:
            for relation, one, other in zip(chain.relations, chain.sides, chain.sides[1:], strict=False):
                if one is None or other is None or relation not in _TURNED:
                    continue
                if one.kind == "symbol" and one.name == name and not other.names & {name, *self.drawing}:
                    found.append((relation, other))
                elif (
                    other.kind == "symbol"
                    and other.name == name
                    and not one.names & {name, *self.drawing}
                    and _TURNED[relation]
                ):
                    found.append((_TURNED[relation], one))
        return found

    def draw(self, name: str) -> float:
        """Draws a parameter within its bounds: at an end that belongs to it in some cases. Raises RunningError."""
        low, high, closed = -np.inf, np.inf, [False, False]
        self.drawing.add(name)
        for relation, node in self.bounds(name):
            if node.names & self.drawing:
                continue  # of two that bound each other the first is free; admitted() looks at both
            value = evaluate(node, self.scope)
            if relation == "=":
                return value
            if relation == "∈":
                if isinstance(value, tuple):
                    low, high, closed = *value, [node.name[0] == "[", node.name[-1] == "]"]
            elif relation in "<≤" and value < high:
                high, closed[1] = float(value), relation == "≤"
            elif relation in ">≥" and value > low:
                low, closed[0] = float(value), relation == "≥"
        self.drawing.discard(name)
        if name in WHOLE:
            first = 0 if name == "k" else 1
            first = first if low == -np.inf else round(low) + (not closed[0])
            admitted = [n for n in (first, first + 1, first + 2, first + 5, first + 12) if n <= high]
            if name == "i":
                admitted = [1 + self.number % self.problem.dim]
            if not admitted:
                raise RunningError(f"no {name} is admitted")
            return float(admitted[self.number % len(admitted)])
        if low == -np.inf:
            low = 0.0 if high > 0 else high - 1
        if high == np.inf:
            high = low + ({"η": 3, "t": 5}[name] / self.scope.get("L") if name in ("η", "t") else 2.0)
        if name == "t":  # differences look at both sides of it
            low = max(low, 0.05 / self.scope.get("L"))
        if not low <= high or (low == high and not all(closed)):
            raise RunningError(f"no {name} is admitted")
        if self.number % 5 == 3 and closed[1]:
            return high
        if self.number % 5 == 4 and closed[0]:
            return low
        return float(low + (high - low) * (0.02 + 0.96 * self.rng(name).uniform()))

    def admitted(self) -> bool:
        """Whether all assumptions hold."""
        return all(result.holds for chain in self.given.assumed for result in compare(chain, self.scope))


def gradient(f: Callable[[Array], Any], x: Array, times: float = 1) -> Array:
    """Returns the gradient of f at x, shape (d,), by differences of fourth order."""
    h = _DIFFERENCE * times
    steps = h * np.eye(np.size(x))
    return np.array([(8 * (f(x + e) - f(x - e)) - (f(x + 2 * e) - f(x - 2 * e))) / (12 * h) for e in steps])


class Path(Trajectory):
    """The path of a case: its iterates by the page's rule, its curve by the page's differential equation.

    Without them it is that of gradient descent with the step eta, and the gradient flow.
    """

    def __init__(self, case: Case, name: str) -> None:
        self.case, self.name, self.scope = case, name, case.scope
        other = {"φ": "x", "θ\u0303": "y"}.get(name)  # from where it starts
        start = evaluate(Node("symbol", name=other), case.scope) if other else case.start
        self.points = {0: start}
        self.solution: Any = None
        self.until = 0.0

    def at(self, k: int) -> Any:
        explicit = self.case.given.defined.get(f"{self.name}[{k}]")
        if explicit is not None:
            return evaluate(explicit, self.scope)
        if k <= 0:
            return self.points[0]
        rule = self.case.given.defined.get(f"{self.name}_")
        for n in range(max(self.points) + 1, k + 1):
            self.points[n] = self.next(rule, n)
        return self.points[k]

    def next(self, rule: Recursion | None, n: int) -> Any:
        before = self.points[n - 1]
        if rule is None:
            return before - self.scope.get("η") * self.case.problem.grad(before)
        inner = self.scope.within(**{rule.letter: float(n - rule.shift)})
        if not rule.implicit:
            return evaluate(rule.body, inner)
        from scipy.optimize import root

        def residual(x: Array) -> Array:
            self.points[n] = x
            return np.asarray(x - evaluate(rule.body, inner))

        return root(residual, before, tol=1e-14).x

    def curve(self, t: float) -> Any:
        return self.state(t)[0]

    def state(self, t: float) -> Array:
        """Returns position and, where the equation is of second order, velocity, shape (order, d)."""
        if self.solution is None or t > self.until:
            ahead = 2 * t if self.follows_gradient() else t + 0.1 * float(self.scope.get("tick"))  # others may end soon
            self.until = max(ahead, self.until)
            self.solve()
            if t > self.until:
                raise RunningError("the flow has ended by then")
        self.scope.used.add("flow")
        return np.asarray(self.solution(t)).reshape(self.order, -1)

    @property
    def equation(self) -> Equation | None:
        found = self.case.given.defined.get("θ(t)")
        return found if isinstance(found, Equation) and self.name == "θ" else None

    @property
    def order(self) -> int:
        return self.equation.order if self.equation else 1

    def solve(self) -> None:
        from scipy.integrate import solve_ivp

        known = (id(self.case.problem), self.points[0].tobytes())
        plain = self.follows_gradient()
        if plain and known in _FLOWS and _FLOWS[known][0] >= self.until:
            self.solution = _FLOWS[known][1]
            return
        start, since = self.points[0], 0.0
        if self.order == 2:  # at rest; a friction such as 3/t has no value at 0
            since = 1e-4 * float(self.scope.get("tick"))
            still, moving = (self.force(since, start, v) for v in (0 * start, 0 * start + 1.0))
            a = still / (1 - since * (moving - still))
            start = np.concatenate([start + a * since**2 / 2, a * since])

        calls = itertools.count()

        def field(t: float, state: Array) -> Array:
            if np.abs(state).max() > _FAR or next(calls) > _CALLS:
                return np.full_like(state, np.nan)  # the solver stops before it
            if plain:
                return -self.case.problem.grad(state)
            x, v = (state, 0 * state) if self.order == 1 else np.split(state, 2)
            try:
                force = self.force(t, x, v)
            except ArithmeticError:
                return np.full_like(state, np.nan)  # the solver stops before it
            return force if self.order == 1 else np.concatenate([v, force])

        rounding = 1.0 if self.case.instance else 1e3  # derivatives by differences are less exact
        how: dict[str, Any] = {"rtol": 1e-12 * rounding, "atol": 1e-14 * rounding, "dense_output": True}
        how["method"] = "DOP853"
        solved = solve_ivp(field, (since, self.until), start, **how)
        self.solution, self.until = solved.sol, float(solved.t[-1])
        if plain and self.case.instance:
            _FLOWS[known] = self.until, self.solution

    def follows_gradient(self) -> bool:
        """Whether the page's equation, if there is one, is that of the gradient flow: then f need not be read again."""
        if not self.equation:
            return True
        x = self.points[0]
        points = (x, x + 1, 0.3 * x - 1) if self.order == 1 else ()
        grad = self.case.problem.grad
        return bool(points) and all(np.allclose(self.force(1.0, p, 0 * p), -grad(p), 1e-12, 1e-14) for p in points)

    def force(self, t: float, x: Array, v: Array) -> Array:
        """Returns the highest derivative, which the page's equation has with the factor 1."""
        assert self.equation
        names = {"t": t, "θ": Still(x), "θ\u0307": Still(v), "θ\u0308": Still(0 * v)}
        return -np.asarray(evaluate(self.equation.residual, self.scope.within(**names)))


_CALLS = 20_000
"""So often the right-hand side of a differential equation is evaluated; a flow that is not done by then has ended."""
_FAR = 1e6
"""A flow that comes so far from 0 is not followed any farther: it may run to infinity in finite time."""
_FLOWS: dict[tuple[int, bytes], tuple[float, Any]] = {}
"""Gradient flows of the suites' problems, by problem and start: until when they are known, and the solution."""


@dataclass(frozen=True)
class Component(Trajectory):
    """A coordinate of a path, where the page's objective has several arguments."""

    path: Trajectory
    n: int

    def at(self, k: int) -> Any:
        return self.path.at(k)[self.n]

    def curve(self, t: float) -> Any:
        return self.path.curve(t)[self.n]


class Still(Trajectory):
    """A point that does not move."""

    def __init__(self, x: Array) -> None:
        self.x = x

    def curve(self, t: float) -> Array:
        return self.x


RATES = {"θ'": 1, "θ\u0307": 1, "ẋ": 1, "θ''": 2, "θ\u0308": 2, "ẍ": 2}
"""Derivatives of the path, by name, and their order."""


class Rate(Trajectory):
    """A derivative of the curve, by differences."""

    def __init__(self, case: Case, order: int) -> None:
        self.case, self.order = case, order

    def curve(self, t: float) -> Any:
        path, step = self.case.scope.get("θ"), 1e-2 * float(self.case.scope.get("tick"))
        self.case.scope.used.add("difference")
        if path.order == 2 and self.order == 1:
            return path.state(t)[1]
        at = [path.curve(t + n * step) for n in (-2, -1, 0, 1, 2)]
        if self.order == 1:
            return (8 * (at[3] - at[1]) - (at[4] - at[0])) / (12 * step)
        return (16 * (at[3] + at[1]) - (at[4] + at[0]) - 30 * at[2]) / (12 * step**2)
