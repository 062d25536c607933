"""Every statement holds, fails where its hypotheses do, and belongs to a box; and a check that should fail does."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdfigs.claims import classes as suite
from gdfigs.claims import corrections
from gdfigs.claims.core import (
    ROUNDING,
    CheckResult,
    Claim,
    ClaimError,
    Pairs,
    Relation,
    check,
    claim,
    claims,
    compare,
    while_large,
)
from gdfigs.claims.corrections import _solves
from gdfigs.claims.gradient_flow import _circle
from gdfigs.maths.methods import gradient_descent
from gdfigs.maths.problems import Point, Problem, hill, huber, one_sided, quadratic
from gdfigs.site.mathml import Formula, to_mathml
from tests.strategies import convex, nonconvex, quadratics, smooth_convex, smooth_strongly_convex, started

DOCS = Path(__file__).parents[2] / "docs"
CLAIMS = claims()
SAMPLED = [name for name, stated in CLAIMS.items() if stated.over]
BROKEN = [(name, hypothesis) for name, stated in CLAIMS.items() for hypothesis in stated.broken]

MEMBERS: dict[str, st.SearchStrategy[Problem]] = {
    suite.QUADRATIC.name: quadratics(),
    suite.STRONGLY_CONVEX.name: smooth_strongly_convex,
    suite.CONVEX.name: convex,
    suite.SMOOTH.name: st.one_of(convex, nonconvex),
    suite.BOUNDED.name: st.one_of(convex, st.sampled_from([hill(), one_sided()])),
    suite.TWICE.name: st.one_of(smooth_convex, nonconvex),
}


def drawn(of: suite.Class) -> st.SearchStrategy[tuple[Problem, Point]]:
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


class TestTheStatements:
    @pytest.mark.parametrize("name", CLAIMS)
    def test_each_holds(self, name: str) -> None:
        assert check(CLAIMS[name]).cases > 0

    @pytest.mark.parametrize(("name", "hypothesis"), BROKEN)
    def test_each_fails_without_a_hypothesis(self, name: str, hypothesis: str) -> None:
        with pytest.raises(ClaimError, match=f"^{name} fails on {re.escape(hypothesis)}: "):
            compare(CLAIMS[name], hypothesis, CLAIMS[name].broken[hypothesis]())

    @pytest.mark.parametrize("name", SAMPLED)
    def test_each_holds_on_problems_drawn_at_random(self, name: str) -> None:
        stated = CLAIMS[name]
        assert stated.over is not None

        @given(drawn(stated.over), st.floats(0.02, 0.98))
        def holds(start: tuple[Problem, Point], u: float) -> None:
            compare(stated, f"{start[0].name}, u = {u:.3g}", stated.measure(*start, u))

        holds()

    @pytest.mark.parametrize("name", CLAIMS)
    def test_each_is_that_of_a_box_of_its_page(self, name: str) -> None:
        text = (DOCS / CLAIMS[name].page).read_text(encoding="utf-8")
        assert len(re.findall(rf"^/// [\w-]+ .*\n    attrs: {{id: {name}}}$", text, flags=re.MULTILINE)) == 1

    @pytest.mark.parametrize("name", CLAIMS)
    def test_each_can_be_set(self, name: str) -> None:
        to_mathml([Formula(CLAIMS[name].statement, False)])


def test_the_claims_come_in_the_order_of_the_text() -> None:
    pages = list(dict.fromkeys(stated.page for stated in CLAIMS.values()))
    nav = (DOCS.parent / "mkdocs.yml").read_text(encoding="utf-8")
    assert pages == sorted(pages, key=nav.index)


def test_the_place_of_a_claim_is_where_it_is_measured() -> None:
    for stated in CLAIMS.values():
        file, line = stated.place
        code = (DOCS.parent / "gdfigs" / file).read_text(encoding="utf-8").splitlines()
        name = stated.id.replace("-", "_")
        after = next(text for text in code[line - 1 :] if text.startswith("def "))
        assert after.startswith(f"def {name}(")


# The suite


@pytest.mark.parametrize("of", dict.fromkeys(c.over for c in CLAIMS.values() if c.over), ids=lambda of: of.name)
def test_a_suite_is_the_same_each_time_it_is_drawn(of: suite.Class) -> None:
    first, second = of.suite(), suite._suite.__wrapped__(of)
    assert [(i.name, i.u) for i in first] == [(i.name, i.u) for i in second]
    assert all(np.array_equal(a.theta0, b.theta0) for a, b in zip(first, second, strict=True))
    assert len({(i.name, i.u) for i in first}) == len(first)


@pytest.mark.parametrize(
    ("of", "member"),
    [
        (suite.QUADRATIC, lambda p: hasattr(p, "A")),
        (suite.STRONGLY_CONVEX, lambda p: p.mu > 0),
        (suite.CONVEX, lambda p: p.mu >= 0 and p.minimiser is not None),
        (suite.BOUNDED, lambda p: np.isfinite(p.f(np.full(p.dim, 1e3))) and p.f(np.full(p.dim, 1e3)) > -1),
        (suite.TWICE, lambda p: p.name != "Huber"),
    ],
    ids=lambda x: getattr(x, "name", ""),
)
def test_the_members_of_a_class_are_what_its_name_says(of: suite.Class, member: Callable[[Problem], bool]) -> None:
    assert all(member(instance.problem) for instance in of.suite())
    assert not all(member(instance.problem) for instance in suite.SMOOTH.suite())


# The check itself


def made_up(relation: Relation, *pairs: tuple[object, object]) -> Claim:
    def measure() -> Pairs:
        yield from pairs  # type: ignore[misc]

    return Claim("made-up", "page.md", "x", relation, None, measure)


def spoken(*words: str) -> str:
    return ".*".join(map(re.escape, words))


class TestCheck:
    @pytest.mark.parametrize("relation", ["<=", "=="])
    def test_a_false_statement_is_reported_with_its_case_and_both_numbers(self, relation: Relation) -> None:
        false = made_up(relation, (1.0, 1.0), ([1.0, 2.5], [1.0, 2.0]))
        with pytest.raises(ClaimError, match=spoken("made-up", "the example of the text", "2.5 against 2,")):
            check(false)

    def test_a_false_statement_is_reported_with_its_problem(self) -> None:
        def measure(problem: Problem, theta0: Point, u: float) -> Pairs:
            yield problem.L, 0.5 * problem.L if problem.name == "hill" else problem.L

        false = Claim("made-up", "page.md", "x", "<=", suite.BOUNDED, measure)
        with pytest.raises(ClaimError, match=spoken("hill, dimension 1, L = 2, mu = -2, u = ", "2 against 1,")):
            check(false)

    @pytest.mark.parametrize("relation", ["<=", "=="])
    def test_a_statement_fails_just_above_rounding_and_not_below(self, relation: Relation) -> None:
        check(made_up(relation, (1 + 0.9 * ROUNDING, 1.0)))
        with pytest.raises(ClaimError, match="a ratio of"):
            check(made_up(relation, (1 + 1.1 * ROUNDING, 1.0)))

    def test_equality_fails_from_below_as_well(self) -> None:
        with pytest.raises(ClaimError, match=r"0\.9 against 1"):
            check(made_up("==", (0.9, 1.0)))

    def test_a_difference_is_relative_to_the_larger_side_of_its_pair(self) -> None:
        check(made_up("==", ([1e6, 1e-4], [1e6, 0.0])))
        with pytest.raises(ClaimError):
            check(made_up("==", (1e6, 1e6), (1e-4, 0.0)))
        with pytest.raises(ClaimError):
            check(made_up("==", (1e-12, 0.0)))
        assert check(made_up("==", (0.0, 0.0))).worst == 0
        with pytest.raises(ClaimError, match=r"a ratio of 1$"):
            check(made_up("==", ([0.0, 0.0], [1.0, 4.0])))

    def test_a_bound_that_is_not_attained_is_reported(self) -> None:
        stated = made_up("<=", (1.0, 2.0))
        stated.attained("a function")(lambda: iter([(2.0, 2.0), (1.9, 2.0)]))
        with pytest.raises(ClaimError, match=r"made-up is not attained by a function: .* 0\.95"):
            check(stated)

    def test_a_bound_that_is_attained_is_the_worst_case(self) -> None:
        stated = made_up("<=", (1.0, 2.0))
        stated.attained("a function")(lambda: iter([(2.0, 2.0)]))
        found = check(stated)
        assert (found.worst, found.where, found.cases, found.problems) == (1.0, "a function", 2, 2)

    def test_what_exceeds_a_bound_does_not_attain_it(self) -> None:
        stated = made_up("<=", (1.0, 2.0))
        stated.attained("a function")(lambda: iter([(2.1, 2.0)]))
        with pytest.raises(ClaimError, match=spoken("made-up fails on a function: 2.1 against 2,")):
            check(stated)

    @pytest.mark.parametrize("relation", ["<=", "=="])
    def test_nothing_attains_no_bound(self, relation: Relation) -> None:
        stated = made_up(relation, (1.0, 1.0))
        stated.attained("a function")(lambda: iter([]))
        with pytest.raises(ClaimError, match="made-up is not attained by a function"):
            check(stated)

    @pytest.mark.parametrize("relation", ["<=", "=="])
    def test_each_function_must_attain_the_bound(self, relation: Relation) -> None:
        stated = made_up(relation, (2.0, 2.0))
        stated.attained("a function")(lambda: iter([(2.0, 2.0)]))
        stated.attained("nothing")(lambda: iter([]))
        with pytest.raises(ClaimError, match="made-up is not attained by nothing"):
            check(stated)

    def test_what_compares_nothing_finds_nothing(self) -> None:
        assert compare(made_up("<=", (1.0, 1.0)), "nowhere", iter([])) == CheckResult(0.0, "nowhere", 0, 1)

    @pytest.mark.parametrize("pairs", [[(1.0, 2.0)], [(3.0, 2.0), (1.0, 2.0)], [(1.0, 1.0)]])
    def test_a_statement_said_to_be_false_that_holds_in_one_pair_is_reported(
        self, pairs: list[tuple[float, float]]
    ) -> None:
        with pytest.raises(ClaimError, match="made-up is said to be false, but holds"):
            check(made_up(">", *pairs))

    def test_of_a_false_statement_the_weakest_counterexample_is_found(self) -> None:
        assert check(made_up(">", ([0.5, 6.0], 2.0), (4.0, 2.0))).worst == 2

    @pytest.mark.parametrize("relation", ["<=", "==", ">"])
    @pytest.mark.parametrize("pairs", [[], [([], [])], [([], 1.0)]])
    def test_no_case_is_no_evidence(self, relation: Relation, pairs: list[tuple[object, object]]) -> None:
        with pytest.raises(ClaimError, match="made-up was checked on no case at all"):
            check(made_up(relation, *pairs))

    @pytest.mark.parametrize("relation", ["<=", "==", ">"])
    @pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
    @pytest.mark.parametrize("side", [0, 1])
    def test_what_is_no_number_is_no_evidence_for_or_against(self, relation: Relation, wrong: float, side: int) -> None:
        pair = ([1.0, 1.0], [1.0, 1.0])
        pair[side][1] = wrong
        stated = made_up(relation, pair)
        with pytest.raises(ArithmeticError, match="made-up measures numbers that are not finite on the example"):
            check(stated)

    def test_a_bound_of_nan_does_not_show_that_a_hypothesis_is_needed(self) -> None:
        with pytest.raises(ArithmeticError, match="not finite on a hypothesis"):
            compare(made_up("<=", (1.0, 1.0)), "a hypothesis", iter([(1.0, np.nan)]))

    @pytest.mark.parametrize(
        ("measured", "bound", "ratio"),
        [(1, 2, 0.5), (0, 2, 0), (-1, 2, -0.5), (0, 0, 1), (-1, 0, 0), (-2, -1, 0.5), (-1, -1, 1)],
    )
    def test_a_ratio_is_1_where_the_bound_is_attained_and_less_below(
        self, measured: float, bound: float, ratio: float
    ) -> None:
        assert check(made_up("<=", (measured, bound))).worst == ratio

    @pytest.mark.parametrize(("measured", "bound"), [(2, 1), (1e-300, 0), (0, -1e-300), (1, -1), (-1, -2)])
    def test_a_ratio_is_above_1_where_the_bound_is_exceeded(self, measured: float, bound: float) -> None:
        with pytest.raises(ClaimError):
            check(made_up("<=", (measured, bound)))


def test_a_pair_is_dropped_where_its_bound_has_become_small() -> None:
    measured, bound = while_large([3.0, 2.0, 1.0, 9.0], [10.0, 1.0, 1.1e-4, 1e-4])
    assert (measured.tolist(), bound.tolist()) == ([3.0, 2.0, 1.0], [10.0, 1.0, 1.1e-4])


def test_an_id_is_given_once() -> None:
    def descent_lemma() -> Iterator[tuple[float, float]]:
        yield 0.0, 0.0

    with pytest.raises(TypeError, match="two claims have the id 'descent-lemma'"):
        claim("page.md", "x")(descent_lemma)
    assert claims() == CLAIMS


def test_evidence_does_not_replace_evidence() -> None:
    stated = made_up("<=", (1.0, 1.0))
    for attach in (stated.attained, stated.without):
        attach("a function")(lambda: iter([(1.0, 1.0)]))
        with pytest.raises(TypeError, match="two functions are attached as 'a function'"):
            attach("a function")(lambda: iter([(1.0, 1.0)]))


@pytest.mark.parametrize(("name", "low", "high"), [("false-stable-iff", 0, 2), ("false-divergence", 2, np.inf)])
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


def test_a_problem_that_pretends_is_another_one() -> None:
    honest = quadratic([[2.0]])
    liar = suite.pretending(honest, L=1.0)
    assert (liar.L, honest.L) == (1.0, 2.0)
    assert liar.grad(np.ones(1)) == honest.grad(np.ones(1))
    assert suite.pretending(huber(1.0), mu=0.5).mu == 0.5
