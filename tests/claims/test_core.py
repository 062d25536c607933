"""Statements hold on fresh problems as well, and a check that should fail does.

That each holds by all its evidence is tested with its record, in tests/test_record.py.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdfigs.claims import classes, core, corrections
from gdfigs.claims.core import (
    ROUNDING,
    CheckResult,
    Claim,
    ClaimError,
    Pairs,
    Relation,
    check,
    check_thoroughly,
    claims,
)
from gdfigs.claims.corrections import _solves
from gdfigs.claims.gradient_flow import _circle
from gdfigs.claims.symbolic import sp
from gdfigs.maths.methods import gradient_descent
from gdfigs.maths.problems import Point, Problem, hill, huber, one_sided, quadratic
from gdfigs.site.mathml import Formula, to_mathml
from tests.strategies import convex, nonconvex, quadratics, smooth_convex, smooth_strongly_convex, started

DOCS = Path(__file__).parents[2] / "docs"
CLAIMS = claims()
SAMPLED = [name for name, stated in CLAIMS.items() if stated.over]

MEMBERS: dict[str, st.SearchStrategy[Problem]] = {
    classes.QUADRATIC.name: quadratics(),
    classes.STRONGLY_CONVEX.name: smooth_strongly_convex,
    classes.CONVEX.name: convex,
    classes.SMOOTH.name: st.one_of(convex, nonconvex),
    classes.BOUNDED.name: st.one_of(convex, st.sampled_from([hill(), one_sided()])),
    classes.TWICE.name: st.one_of(smooth_convex, nonconvex),
}


def drawn(of: classes.FunctionClass) -> st.SearchStrategy[tuple[Problem, Point]]:
    """Problems and starts in the ranges of the suites. At kappa = 1 descent arrives in one step, and what is left to
    compare is rounding; so it is in differences of f along a much flatter valley, next to the minimiser, and next to
    another critical point, where what moves at all is smaller than what the solver lets pass."""

    def within(problem: Problem) -> bool:
        return 1.001 < problem.kappa <= 200 or problem.kappa == np.inf

    def apart(start: tuple[Problem, Point]) -> bool:
        problem, theta0 = start
        distance = np.linalg.norm(theta0 - (0 if problem.minimiser is None else problem.minimiser))
        critical = problem.mu < 0 and np.linalg.norm(problem.grad(theta0)) < 1e-3 * problem.L
        return bool(distance >= 0.1) and not critical

    return started(MEMBERS[of.name].filter(within)).filter(apart)


@pytest.mark.parametrize("name", SAMPLED)
def test_each_statement_holds_on_problems_drawn_at_random(name: str) -> None:
    stated = CLAIMS[name]
    assert stated.over is not None

    @given(drawn(stated.over), st.floats(0.02, 0.98))
    def holds(start: tuple[Problem, Point], u: float) -> None:
        core.compare(stated, f"{start[0].name}, u = {u:.3g}", stated.measure(*start, u))

    holds()


def test_each_statement_and_the_words_about_it_can_be_set() -> None:
    cases = [case.case for stated in CLAIMS.values() if stated.worst_cases for case in stated.worst_cases()]
    names = [str(instance) for stated in CLAIMS.values() if stated.over for instance in stated.over.suite()]
    classes = [stated.over.name for stated in CLAIMS.values() if stated.over]
    words = [words for stated in CLAIMS.values() for words in (*stated.attained_by, *stated.fails_without)]
    words += [met.of for stated in CLAIMS.values() for met in stated.attained_by.values()]
    for text in (*words, *cases, *names, *classes):
        assert text.count("$") % 2 == 0
        assert not re.search(r"[\\^_<>=]|\b(eta|mu|lambda|beta)\b", "".join(text.split("$")[::2])), text
    formulas = [formula for text in (*words, *cases, *names, *classes) for formula in text.split("$")[1::2]]
    to_mathml([Formula(tex, False) for tex in formulas])


def test_the_claims_come_in_the_order_of_the_text() -> None:
    pages = list(dict.fromkeys(stated.page for stated in CLAIMS.values()))
    nav = (DOCS.parent / "mkdocs.yml").read_text(encoding="utf-8")
    assert pages == sorted(pages, key=nav.index)


def test_place_and_code_of_a_claim_are_those_of_all_that_checks_it() -> None:
    for stated in CLAIMS.values():
        file, line = stated.place
        lines = (DOCS.parent / "gdfigs" / file).read_text(encoding="utf-8").splitlines()
        name = stated.id.replace("-", "_")
        assert next(text for text in lines[line - 1 :] if text.startswith("def ")).startswith(f"def {name}(")
        attached = [text for text in lines if re.match(rf"@?{name}\.", text)]
        assert [text for text in stated.code.splitlines() if re.match(r"@?\w+\.\w+\(?", text)] == attached
        assert stated.code.startswith("@claim(")
        for words in (*stated.attained_by, *stated.fails_without):
            assert words in stated.code
        assert all(met.of in stated.code for met in stated.attained_by.values())
    assert "def gaps_of_descent()" in CLAIMS["convex-rate"].code


# The suite


@pytest.mark.parametrize("of", dict.fromkeys(c.over for c in CLAIMS.values() if c.over), ids=lambda of: of.name)
def test_a_suite_is_the_same_each_time_it_is_drawn(of: classes.FunctionClass) -> None:
    first, second = of.suite(), classes._suite.__wrapped__(of)
    assert [(str(i), i.u) for i in first] == [(str(i), i.u) for i in second]
    assert all(np.array_equal(a.theta0, b.theta0) for a, b in zip(first, second, strict=True))
    assert len({(str(i), i.u) for i in first}) == len(first)


BELONGS: dict[str, Callable[[Problem], bool]] = {
    classes.QUADRATIC.name: lambda p: hasattr(p, "A") and p.mu > 0,
    classes.STRONGLY_CONVEX.name: lambda p: p.mu > 0,
    classes.CONVEX.name: lambda p: p.mu >= 0 and p.minimiser is not None,
    classes.BOUNDED.name: lambda p: np.isfinite(p.f(np.full(p.dim, 1e3))) and p.f(np.full(p.dim, 1e3)) > -1,
    classes.TWICE.name: lambda p: p.name != "Huber",
    classes.SMOOTH.name: lambda p: np.isfinite(p.L),
}
"""What tells the members of a class from the other problems of the package."""


@pytest.mark.parametrize("of", dict.fromkeys(c.over for c in CLAIMS.values() if c.over), ids=lambda of: of.name)
def test_members_are_as_their_class_says(of: classes.FunctionClass) -> None:
    assert all(BELONGS[of.name](instance.problem) for instance in of.suite())
    assert of.name == classes.SMOOTH.name or not all(BELONGS[of.name](i.problem) for i in classes.SMOOTH.suite())


MET = [
    (name, by)
    for name, stated in CLAIMS.items()
    for by, attainment in stated.attained_by.items()
    if stated.over and not attainment.of
]


@pytest.mark.parametrize(("name", "by"), MET)
def test_what_meets_a_statement_lies_in_its_class(name: str, by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever problems its pairs are measured on, given as examples or made for it."""
    over, met = CLAIMS[name].over, CLAIMS[name].attained_by[by].pairs
    taken = [problem for problem, *_ in met.args[0]] if isinstance(met, partial) else list[Problem]()
    monkeypatch.setattr(Problem, "__post_init__", lambda problem: taken.append(problem))
    assert list(met())
    assert over is not None
    assert taken
    assert all(BELONGS[over.name](problem) for problem in taken)


# The check itself


def example(relation: Relation, *pairs: tuple[object, object]) -> Claim:
    def measure() -> Pairs:
        yield from pairs  # type: ignore[misc]

    return Claim("example", "page.md", relation, None, measure)


def attained(relation: Relation, *pairs: tuple[object, object]) -> Claim:
    stated = example(relation, (1.0, 1.0) if relation == "==" else (1.0, 2.0))
    stated.attained("another")(lambda: iter([(2.0, 2.0)]))
    stated.attained("a function")(lambda: iter(pairs))  # type: ignore[arg-type]
    return stated


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        (example("<=", (1.0, 1.0), ([1.0, 2.5], [1.0, 2.0])), "fails on the example of the text: 2.5 against 2, a"),
        (example("==", (1.0, 1.0), ([1.0, 2.5], [1.0, 2.0])), "fails on the example of the text: 2.5 against 2, a"),
        (example("<=", (1 + 1.1 * ROUNDING, 1.0)), "a ratio of 1.0"),
        (example("==", (1 + 1.1 * ROUNDING, 1.0)), "a ratio of 1.1"),
        (example("==", (0.9, 1.0)), "0.9 against 1, "),
        # A difference is relative to the larger side of its own pair.
        (example("==", (1e6, 1e6), (1e-4, 0.0)), "0.0001 against 0, a ratio of 1"),
        (example("==", (1e-12, 0.0)), "a ratio of 1"),
        (example("==", ([0.0, 0.0], [1.0, 4.0])), "a ratio of 1"),
        # Above 0, where the bound is 0 or less, is too much.
        *((example("<=", pair), "fails on") for pair in ((2, 1), (1e-300, 0), (0, -1e-300), (1, -1), (-1, -2))),
        # Each pair must refute a statement that is said to be false.
        (example(">", (3.0, 2.0), (1.0, 2.0)), "is said to be false, but holds: measured / bound = 0.5"),
        (example(">", (1.0, 1.0)), "is said to be false, but holds: measured / bound = 1"),
        (attained("<=", (2.0, 2.0), (1.9, 2.0)), "is not attained by a function: measured / bound = 0.95"),
        (attained("<=", (2.1, 2.0)), "fails on a function: 2.1 against 2, "),
        (attained("<="), "is not attained by a function"),
        (attained("=="), "is not attained by a function"),
        *(
            (example(relation, *pairs), "was checked on no case at all")  # type: ignore[arg-type]
            for relation in ("<=", "==", ">")
            for pairs in (list[tuple[object, object]](), [([], [])], [([], 1.0)])
        ),
    ],
)
def test_a_statement_that_does_not_hold_is_named_with_case_and_numbers(stated: Claim, message: str) -> None:
    with pytest.raises(ClaimError, match=f"^example {re.escape(message)}|^example fails on.*{re.escape(message)}"):
        check(stated)


def test_a_false_statement_is_named_with_its_problem() -> None:
    def measure(problem: Problem, theta0: Point, u: float) -> Pairs:
        yield problem.L, 0.5 * problem.L if problem.name == "hill" else problem.L

    false = Claim("example", "page.md", "<=", classes.BOUNDED, measure)
    with pytest.raises(ClaimError, match=re.escape(r"fails on hill, dimension 1, $L = 2$, $\mu = -2$, $u = ")):
        check(false)


def approached(*measured: object) -> Claim:
    """A claim that is approached by pairs with the bound 1, one after the other."""
    stated = example("<=", (1.0, 2.0))
    stated.approached("a function")(lambda: iter([(each, 1.0) for each in measured]))  # type: ignore[misc]
    return stated


def test_a_bound_is_approached_by_pairs_of_which_each_halves_the_distance() -> None:
    assert check(approached(0.5, 0.9, 1 - 1e-7)).worst == 1 - 1e-7
    assert check(approached([0.9, 0.6], [0.8, 0.9], [1 - 1e-7, 1 - 1e-8])).cases == 7


@pytest.mark.parametrize(
    "measured",
    [
        (),
        (0.9, 1 - 1e-7),  # two are not enough to tend to anything
        (0.5, 0.7, 1 - 1e-7),  # not halved
        (0.5, 0.9, 0.9),
        (0.5, 0.9, 0.99),  # still far away
        ([0.5, 0.5], [0.9, 0.5], [1.0, 1.0]),  # one of the cases stays where it is
    ],
)
def test_what_does_not_tend_to_a_bound_does_not_approach_it(measured: tuple[object, ...]) -> None:
    with pytest.raises(ClaimError, match="example is not approached by a function: measured / bound = "):
        check(approached(*measured))


def test_what_exceeds_a_bound_does_not_approach_it() -> None:
    with pytest.raises(ClaimError, match="example fails on a function: 1"):
        check(approached(0.5, 0.9, 1 - 1e-7, 1.1))


def test_an_inequality_behind_the_statement_is_named_as_one() -> None:
    stated = example("<=", (1.0, 2.0))
    stated.attained("a function", of="a step")(lambda: iter([(0.9, 1.0)]))
    assert stated.attainment == "attained in an auxiliary inequality"
    with pytest.raises(ClaimError, match="example is not attained in an auxiliary inequality by a function"):
        check(stated)


def test_of_several_that_meet_a_bound_the_strongest_counts() -> None:
    stated, counted = example("<=", (1.0, 2.0)), []
    for number, attach in enumerate(
        (
            lambda by: stated.approached(by, of="a step"),
            lambda by: stated.attained(by, of="a step"),
            stated.approached,
            stated.attained,
            stated.approached,
        )
    ):
        attach(f"$f_{number}$")(lambda: iter([]))
        counted.append(stated.attainment)
    assert counted == [*reversed(core.ATTAINMENTS), "attained"]
    assert example("<=", (1.0, 2.0)).attainment == ""


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("smoothness-equivalences", ""),
        ("existence", "approached in an auxiliary inequality"),
        ("where-trajectories-go", "attained in an auxiliary inequality"),
        ("backward-euler-nonconvex", "attained in an auxiliary inequality"),
        ("nesterov-flow", "approached"),
        ("flow-convex-rate", "attained"),
        ("backward-euler", "attained"),
        ("flow-strongly-convex-rate", "attained"),
    ],
)
def test_a_claim_is_attained_only_by_functions_of_its_class_in_the_statement_itself(name: str, kind: str) -> None:
    assert CLAIMS[name].attainment == kind


@pytest.mark.parametrize(
    ("relation", "measured", "bound", "worst"),
    [
        *(("<=", m, b, r) for m, b, r in ((1, 2, 0.5), (0, 2, 0), (-1, 2, -0.5), (0, 0, 1), (-1, 0, 0), (-2, -1, 0.5))),
        ("<=", -1, -1, 1),
        ("<=", 1 + 0.9 * ROUNDING, 1.0, 1 + 0.9 * ROUNDING),
        ("==", 1 + 0.9 * ROUNDING, 1.0, pytest.approx(0.9 * ROUNDING)),
        ("==", 0.0, 0.0, 0),
        ("==", [1e6, 1e-4], [1e6, 0.0], 1e-10),
        (">", [0.5, 6.0], 2.0, 3),
    ],
)
def test_the_worst_ratio_is_1_where_a_bound_is_attained(
    relation: Relation, measured: object, bound: object, worst: float
) -> None:
    assert check(example(relation, (measured, bound))).worst == worst


def test_of_several_cases_the_worst_is_reported_and_of_counterexamples_the_weakest() -> None:
    assert check(attained("<=", (1.0, 1.0))) == CheckResult(1.0, "another", 3, 3)
    assert check(example(">", ([0.5, 6.0], 2.0), (4.0, 2.0))).worst == 2
    assert core.compare(example("<=", (1.0, 1.0)), "nowhere", iter([])) == CheckResult(0.0, "nowhere", 0, 1)


@pytest.mark.parametrize("relation", ["<=", "==", ">"])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("side", [0, 1])
def test_a_number_that_is_not_finite_is_no_evidence(relation: Relation, wrong: float, side: int) -> None:
    pair = ([1.0, 1.0], [1.0, 1.0])
    pair[side][1] = wrong
    with pytest.raises(ArithmeticError, match="example measures numbers that are not finite on the example"):
        check(example(relation, pair))


def nan_without_convexity(claim: Claim) -> None:
    claim.without("convexity")(lambda: iter([(1.0, np.nan)]))


def worst_cases(*values: float) -> Callable[[Claim], None]:
    cases = [core.WorstCase(f"$k = {n}$", lambda value=value: value, 2.0) for n, value in enumerate(values)]  # type: ignore[misc]
    return lambda claim: claim.worst_case(lambda: cases)


@pytest.mark.parametrize(
    ("attach", "message"),
    [
        (lambda claim: claim.without("convexity")(lambda: iter([(1.0, 2.0)])), "holds without convexity as well"),
        (nan_without_convexity, "measures numbers that are not finite on convexity"),
        (
            lambda claim: claim.symbolic(lambda x: [x - x, sp.sin(x) - x]),
            "rests on -x + sin(x) = 0, which is no identity",
        ),
        (lambda claim: claim.symbolic(lambda: ()), "rests on no identity at all"),
        (worst_cases(2.0, 2.0001), "fails on the worst case: $k = 1$: 2.0001 against 2"),
        (worst_cases(1.9999, 2.0), "fails on the worst case: $k = 0$: 1.9999 against 2"),
        (worst_cases(np.nan), "fails on the worst case: $k = 0$: nan against 2"),
        (worst_cases(), "has no worst case at all"),
    ],
)
def test_evidence_that_does_not_hold_is_named(attach: Callable[[Claim], None], message: str) -> None:
    stated = example("<=", (1.0, 2.0))
    attach(stated)
    check(stated)
    with pytest.raises((ClaimError, ArithmeticError), match=f"^example {re.escape(message)}"):
        check_thoroughly(stated)


def test_all_evidence_is_checked_but_for_packages_that_are_missing() -> None:
    stated = example("<=", (1.0, 2.0))
    stated.without("convexity")(lambda: iter([(1.0, 2.0), (3.0, 2.0)]))
    stated.symbolic(lambda x, y: [(x + y) ** 2 - x**2 - 2 * x * y - y**2])
    worst_cases(2.0, 2.00003)(stated)
    assert check_thoroughly(stated).cases == 1
    stated.symbolic(lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    stated.worst_case(lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    assert check_thoroughly(stated, {"symbolic": "sympy", "exact worst case": "PEPit"}).cases == 1
    for lacking in ("symbolic", "exact worst case"):
        with pytest.raises(ZeroDivisionError):
            check_thoroughly(stated, [lacking])


def test_examples_are_measured_as_the_claim_itself_and_replace_no_evidence() -> None:
    def measure(problem: Problem, theta0: Point, u: float) -> Pairs:
        yield problem.f(theta0) * u, 1.0

    stated = Claim("example", "page.md", "<=", classes.QUADRATIC, measure)
    for attach, to in ((stated.attained, stated.attained_by), (stated.without, stated.fails_without)):
        attach("parabolas", (quadratic([[4.0]]), [1.0], 0.5), (quadratic([[2.0]]), [2.0], 0.25))
        pairs = to["parabolas"]
        assert list((pairs.pairs if isinstance(pairs, core.Attainment) else pairs)()) == [(1.0, 1.0), (1.0, 1.0)]
        with pytest.raises(TypeError, match="two functions are attached as 'parabolas'"):
            attach("parabolas")(lambda: iter([(1.0, 1.0)]))


class TestAllClaims:
    @pytest.fixture
    def entered(self, monkeypatch: pytest.MonkeyPatch) -> list[Claim]:
        """A list of claims of its own, of which two do not hold."""
        monkeypatch.setattr(core, "_CLAIMS", {})
        monkeypatch.setattr(core, "_RESULTS", {})
        monkeypatch.setattr(core, "MODULES", ())

        def holding() -> Pairs:
            yield 1.0, 2.0

        def failing() -> Pairs:
            yield 3.0, 2.0

        def broken() -> Pairs:
            yield dict[str, float]()["x"], 1.0

        return [core.claim(page="page.md")(measure) for measure in (failing, holding, broken)]

    FAULTS = (
        "page.md#failing fails on the example of the text: 3 against 2, a ratio of 1.5",
        "page.md#broken: KeyError: 'x'",
    )

    def test_each_has_its_result_or_its_fault(self, entered: list[Claim]) -> None:
        results, faults = core.check_all(entered)
        assert results == {"holding": CheckResult(0.5, "the example of the text", 1, 1)}
        assert faults == dict(zip(("failing", "broken"), self.FAULTS, strict=True))

    def test_all_faults_are_raised_at_once_and_again(self, entered: list[Claim]) -> None:
        for _ in range(2):
            with pytest.raises(ClaimError) as error:
                core.check_results()
            assert str(error.value) == "; ".join(self.FAULTS)
            assert [*core._RESULTS] == ["holding"]

    def test_results_of_another_process_are_not_computed_again(self, entered: list[Claim]) -> None:
        results = {stated.id: CheckResult(0.25, "elsewhere", 1, 1) for stated in reversed(entered)}
        core.remember(results)
        assert list(core.check_results().items()) == [*reversed(results.items())]


def test_two_claims_do_not_share_an_id_and_a_page_is_that_of_the_module() -> None:
    def descent_lemma() -> Iterator[tuple[float, float]]:
        yield 0.0, 0.0

    with pytest.raises(TypeError, match="two claims have the id 'descent-lemma'"):
        core.claim()(descent_lemma)
    assert claims() == CLAIMS
    assert CLAIMS["descent-lemma"].page == "gradient-descent.md"


def test_a_pair_is_dropped_where_its_bound_has_become_small() -> None:
    measured, bound = core.while_large([3.0, 2.0, 1.0, 9.0], [10.0, 1.0, 1.1e-4, 1e-4])
    assert (measured.tolist(), bound.tolist()) == ([3.0, 2.0, 1.0], [10.0, 1.0, 1.1e-4])


@pytest.mark.parametrize(("name", "low", "high"), [("false-stable", 0, 2), ("false-divergence", 2, np.inf)])
def test_the_counterexamples_take_the_steps_that_the_post_speaks_of(
    name: str, low: float, high: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[float] = []

    def noted(problem: Problem, theta0: Point, eta: float, *rest: Any, **more: Any) -> Any:
        taken.append(eta * problem.L)
        return gradient_descent(problem, theta0, eta, *rest, **more)

    monkeypatch.setattr(corrections, "gradient_descent", noted)
    check(CLAIMS[name])
    assert taken
    assert all(low < step < high for step in taken)


def test_a_curve_that_leaves_the_equation_late_does_not_solve_it() -> None:
    t = np.linspace(0, 3, 3001)
    assert _solves(t, np.exp(t), lambda x: x)
    assert not _solves(t, np.exp(t) + np.clip(t - 2, 0, None), lambda x: x)
    assert not _solves(t, np.exp(t) - np.clip(t - 2, 0, None), lambda x: x)


def test_the_function_of_the_circle_has_the_derivatives_that_it_says(rng: np.random.Generator) -> None:
    circle, h = _circle(), 1e-5
    for x in rng.uniform(0.3, 2, size=(20, 2)) * rng.choice([-1, 1], size=(20, 2)):
        for i, e in enumerate(h * np.eye(2)):
            # Central differences err by h^2 and by rounding of 1e-16 / h.
            assert circle.grad(x)[i] == pytest.approx((circle.f(x + e) - circle.f(x - e)) / (2 * h), abs=1e-8)
            assert circle.hess(x)[i] == pytest.approx((circle.grad(x + e) - circle.grad(x - e)) / (2 * h), abs=1e-8)


def test_a_problem_with_other_facts_is_another_one() -> None:
    honest = quadratic([[2.0]])
    other = classes.with_facts(honest, L=1.0)
    assert (other.L, honest.L) == (1.0, 2.0)
    assert other.grad(np.ones(1)) == honest.grad(np.ones(1))
    assert classes.with_facts(huber(1.0), mu=0.5).mu == 0.5


def test_a_module_that_cannot_be_imported_is_told_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise SyntaxError("'(' was never closed", ("gdfigs/claims/new.py", 7, 1, "f("))

    monkeypatch.setattr(core.importlib, "import_module", fail)
    monkeypatch.setattr(core, "MODULES", ("new",))
    with pytest.raises(ClaimError, match=r"^gdfigs/claims/new\.py:7: '\(' was never closed$"):
        core.claims()


def test_every_module_of_claims_is_found_by_itself() -> None:
    files = {file.stem for file in Path(str(core.__file__)).parent.glob("*.py")}
    assert {*core.MODULES} == files - {"__init__", "core", "classes", "symbolic", "worst_case"}
