"""A number on a page is what a figure or a formula computes, to the digits written; all else is told."""

# ruff: noqa: E501 (a formula or a row of a table stands on one line)

import inspect
import re
from collections.abc import Iterator
from typing import get_origin

import markdown
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gdfigs.build import cache
from gdfigs.build.jobs import BuildJobs
from gdfigs.maths import bounds
from gdfigs.plots.registry import InputError, all_figures
from gdfigs.site.checked_numbers import WORDS, check, verify
from gdfigs.site.markdown import PageError
from gdfigs.site.mathml import plain
from tests.shown import facts

FACTOR = "gdfigs:bounds.contraction?eta=0.1&L=10&mu=0.3"


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuildJobs]:
    with pytest.MonkeyPatch.context() as patch, BuildJobs() as jobs:
        patch.setattr(cache, "FOLDER", tmp_path_factory.mktemp("store"))
        yield jobs


class Undrawing(BuildJobs):
    """A jobs that must not be call."""

    def get(self, *_: object) -> None:  # type: ignore[override]
        raise AssertionError("a figure was drawn")


class TestCheck:
    @given(st.floats(-1e6, 1e6), st.integers(0, 6))
    def test_the_rounded_value_passes_and_the_next_does_not(self, value: float, decimals: int) -> None:
        assume(abs(value * 10**decimals % 1 - 0.5) > 1e-6)  # there both neighbours pass, as the next test says
        check(f"{value:.{decimals}f}", value)
        for off in (-1, 1):
            with pytest.raises(InputError):
                check(f"{round(value, decimals) + off * 10**-decimals:.{decimals}f}", value)

    @given(st.integers(-999_999, 999_999), st.integers(1, 4))
    def test_at_the_half_either_neighbour_passes(self, whole: int, decimals: int) -> None:
        value = (whole + 0.5) * 10**-decimals
        for neighbour in (whole, whole + 1):
            check(f"{neighbour * 10**-decimals:.{decimals}f}", value)

    @pytest.mark.parametrize(
        ("quoted", "value"),
        [
            ("1,024", 1024.3), ("1\u202f024", 1024.0), ("12,345,678.9", 12345678.94), ("1024", 1024.0),
            ("−3", -3.0), ("-3", -2.6), ("−0.25", -0.2512), ("0", 0.0), ("0.0", -0.04),
            ("42 %", 0.4249), ("42%", 0.4151), ("42.5\u202f%", 0.4253), ("−5 %", -0.05), ("250 %", 2.5),
            (" 7 ", 7.0), ("007", 7.0), ("twice", 2.0), ("Three", 2.7), ("half", 0.4601), ("κ = 10", 10.0),
            ("z≈1.28", 1.2785), ("2/L=0.2", 0.2), ("0 < x ≤ 4", 4.0), ("t ≥ −1", -1.0),
        ],
    )  # fmt: skip
    def test_a_number_as_it_is_written_in_a_text_passes(self, quoted: str, value: float) -> None:
        check(quoted, value)

    @pytest.mark.parametrize(
        "quoted",
        [
            "", "x", "1,5", "1 024", "1,02", "10,24", ".5", "5.", "1e3", "1.2.3", "+3", "--3", "3 x", "%", "many",
            "10 = x", "= ", "1/0", "2½", "1/2/3", "10^2", "1.5²", "2 × 3", "0⁻¹",
        ],
    )  # fmt: skip
    def test_anything_else_is_not_a_number(self, quoted: str) -> None:
        with pytest.raises(InputError, match="is not a number: write digits, as 1,024"):
            check(quoted, 1.0)

    @pytest.mark.parametrize(
        ("quoted", "value", "message"),
        [
            ("1.28", 1.2849, None),
            ("1.27", 1.2785, "the page says 1.27, the figure computes 1.28"),
            ("3", -3.0, "the page says 3, the figure computes -3"),
            ("−3", 3.0, "the page says −3, the figure computes 3"),
            ("1,024", 1026.2, "the page says 1,024, the figure computes 1026"),
            ("42 %", 0.43, "the page says 42 %, the figure computes 43 %"),
            ("0.42", 42.0, "the page says 0.42, the figure computes 42.00"),
            ("κ = 9", 10.0, "the page says 9, the figure computes 10"),
            ("twice", 3.0, "the page says twice, the figure computes 3"),
            ("42", 0.42, "the page says 42, the figure computes 0"),
            ("½", 0.4601, "the page says ½, the figure computes 0.4601"),
            ("1.5 × 10⁻³", 0.0016, "the page says 1.5 × 10⁻³, the figure computes 0.0016"),
        ],
    )
    def test_both_numbers_are_told_to_the_digits_written(self, quoted: str, value: float, message: str | None) -> None:
        if message is None:
            check(quoted, value)
        else:
            with pytest.raises(InputError, match=rf"^{re.escape(message)}$"):
                check(quoted, value)

    @pytest.mark.parametrize(
        ("tex", "value", "off"),
        [
            (r"\frac12", 0.5, 0.50001), (r"\tfrac{1}{2}", 0.5, 0.49), ("2/3", 2 / 3, 0.6667),
            (r"-\frac{5}{12}", -5 / 12, -0.42),
            ("10^2", 100, 102), ("10^{-3}", 0.001, 0.0011), ("2^{10}", 1024, 1024.3), ("-3", -3.2, 3.0),
            (r"1.5 \times 10^{-3}", 0.00154, 0.00156), (r"3\cdot 10^4", 34_000, 36_000), (r"25\,\%", 0.2549, 0.256),
            (r"\kappa = 1{,}024", 1024.3, 1024.6), (r"\eta \le \frac{2}{3}", 2 / 3, 0.67),
        ],
    )  # fmt: skip
    def test_a_formula_is_the_number_that_it_means(self, tex: str, value: float, off: float) -> None:
        check(plain(tex), value)
        with pytest.raises(InputError, match=r"^the page says .*, the figure computes "):
            check(plain(tex), off)

    def test_a_word_is_the_digits_that_it_stands_for(self) -> None:
        for word, digits in WORDS.items():
            check(word, float(digits))
            with pytest.raises(InputError, match=f"the page says {word}"):
                check(word, float(digits) + 1)


class TestFormula:
    @given(st.floats(0.01, 1.99), st.floats(1, 50), st.floats(0.001, 1))
    def test_it_is_the_formula_of_bounds_with_these_arguments(self, h: float, L: float, mu: float) -> None:
        url = f"gdfigs:bounds.contraction?eta={h / L}&L={L}&mu={mu}"
        factor = max(abs(1 - h / L * mu), abs(1 - h))
        assert verify(f"{factor:.4f}", url, Undrawing()) == pytest.approx(factor, rel=1e-12)  # rounding

    @pytest.mark.parametrize(
        ("written", "url"),
        [
            ("0.97", FACTOR),
            ("97 %", FACTOR),
            ("L = 10", FACTOR + "#L"),
            ("0.9802", "gdfigs:bounds.contraction?eta=2/101&L=100&mu=1"),
            ("−0.8", "gdfigs:bounds.forward_factor?z=1.8"),
            ("twice", "gdfigs:bounds.forward_factor?z=-1"),
            ("z = 1.2785", "gdfigs:bounds.crossing"),
            ("0.2785", "gdfigs:bounds.flow_factor?z=1.2785"),
            ("0.333333", "gdfigs:bounds.flow_convex?t=3e-2/0.04&R=1"),
            ("346", "gdfigs:bounds.gd_steps_estimate?accuracy=1e-6&kappa=100.2&best=true"),
            ("1,000", "gdfigs:bounds.largest_step?L=2e-3"),
            ("0.1", "gdfigs:bounds.gd_convex?k=2&L=1&R=1e+0"),
        ],
    )
    def test_its_arguments_are_numbers_and_quotients(self, written: str, url: str) -> None:
        verify(written, url, Undrawing())

    def test_every_formula_that_gives_a_number_can_be_asked_for(self) -> None:
        sample = {"kappa": 4.0, "accuracy": 0.01, "rho": 0.5, "L": 4.0, "R": 2.0, "x0": 0.4, "t": 0.1, "eta": 0.1}
        call = 0
        for name, formula in vars(bounds).items():
            if inspect.isfunction(formula) and formula.__module__ == bounds.__name__ and not name.startswith("_"):
                needed = [p for p in inspect.signature(formula).parameters.values() if p.default is p.empty]
                given = {p.name: 2 if p.annotation is int or p.name == "k" else sample.get(p.name, 0.3) for p in needed}
                url = f"gdfigs:bounds.{name}?" + "&".join(f"{n}={v}" for n, v in given.items())
                if any(get_origin(p.annotation) is tuple for p in needed):
                    with pytest.raises(InputError, match="cannot be computed: TypeError"):
                        verify("1", url, Undrawing())
                    continue
                value = formula(**given)
                if np.shape(value) == ():
                    assert verify(f"{float(value):.6f}", url, Undrawing()) == value
                    call += 1
                else:
                    with pytest.raises(InputError, match="not a finite number"):
                        verify("1", url, Undrawing())
        assert call > 40

    @pytest.mark.parametrize(
        ("written", "url", "message"),
        [
            ("0.98", FACTOR, "the page says 0.98, the formula computes 0.97"),
            ("1", "gdfigs:bounds.contracton", "no formula is named 'bounds.contracton'; did you mean 'bounds.contrac"),
            ("1", "gdfigs:bound.crossing", "no formula is named 'bound.crossing'; did you mean 'bounds.crossing'?"),
            ("1", "gdfigs:bounds.np", "no formula is named 'bounds.np'"),
            ("1", "gdfigs:bounds.Array", "no formula is named 'bounds.Array'"),
            ("1", "gdfigs:bounds.chi_squared_band?n=2.5&chance=0.1", "n must be a whole number; got '2.5'"),
            ("1", "gdfigs:bounds.chi_squared_band?n=4/2&chance=0.1", "n must be a whole number; got '4/2'"),
            ("1", "gdfigs:bounds.__doc__", "no formula is named 'bounds.__doc__'"),
            ("1", "gdfigs:problems.bowl", "no formula is named 'problems.bowl'"),
            ("1", "gdfigs:bounds.crossing?kapa=3", "bounds.crossing has no parameter 'kapa'; did you mean 'kappa'?"),
            ("1", "gdfigs:bounds.crossing?kappa=x", "kappa must be a number; got 'x'"),
            ("1", "gdfigs:bounds.crossing?kappa=1/0", "kappa must be a number; got '1/0'"),
            ("1", "gdfigs:bounds.crossing?kappa=1/2/3", "kappa must be a number; got '2/3'"),
            ("1", "gdfigs:bounds.crossing?kappa=", "kappa must be a number; got ''"),
            ("1", "gdfigs:bounds.crossing?kappa=inf", "kappa must be a number; got 'inf'"),
            ("1", "gdfigs:bounds.crossing?kappa=1&kappa=2", "a parameter is given twice in gdfigs:bounds.crossing"),
            (
                "1",
                "gdfigs:bounds.gd_steps_estimate?accuracy=0.1&kappa=3&best=1",
                "best must be true or false; got '1'",
            ),
            (
                "1",
                "gdfigs:bounds.crossing?kappa=1#kapa",
                "gdfigs:bounds.crossing?kappa=1 has no argument 'kapa'; did you mea",
            ),
            ("1", "gdfigs:bounds.crossing#z", "gdfigs:bounds.crossing has no argument 'z'; there are none"),
            ("2", FACTOR + "#L", "the page says 2, the formula computes 10"),
            (
                "1",
                "gdfigs:bounds.flow_convex?t=0&R=1",
                "gdfigs:bounds.flow_convex?t=0&R=1 cannot be computed: t must lie in (0, inf); got 0: increase it",
            ),
            (
                "1",
                "gdfigs:bounds.gd_steps?accuracy=0.1&rho=2",
                "gdfigs:bounds.gd_steps?accuracy=0.1&rho=2 gives inf, not a finite number",
            ),
        ],
    )
    def test_what_is_wrong_is_told(self, written: str, url: str, message: str) -> None:
        with pytest.raises(InputError, match=f"^{re.escape(message)}"):
            verify(written, url, Undrawing())

    def test_all_that_is_wrong_with_the_arguments_is_told_at_once(self) -> None:
        with pytest.raises(InputError) as told:
            verify("1", "gdfigs:bounds.contraction?eta=x&mi=2&L=1", Undrawing())
        assert str(told.value) == (
            "bounds.contraction has no parameter 'mi'; did you mean 'mu'?; eta must be a number; got 'x'; "
            "bounds.contraction needs mu"
        )


class TestFigure:
    def test_a_fact_may_be_asked_for(self, jobs: BuildJobs) -> None:
        assert verify("1.28", "gdfigs:amplification#crossing", jobs) == pytest.approx(1.27846, abs=5e-6)

    @pytest.mark.parametrize(
        ("written", "url"),
        [
            ("κ = 5", "gdfigs:stability-regions#kappa"),
            ("0.5", "gdfigs:stability-regions?eta=0.5#eta"),
            ("twelve", "gdfigs:scalar-regimes#steps"),
        ],
    )
    def test_a_parameter_may_be_asked_for_and_nothing_is_drawn(self, written: str, url: str) -> None:
        verify(written, url, Undrawing())

    def test_facts_and_parameters_of_one_name_are_equal(self) -> None:
        for figure in all_figures().values():
            for name in facts(figure.name).keys() & figure.parameters.keys():
                assert facts(figure.name)[name] == figure.parameters[name].default

    @pytest.mark.parametrize(
        ("written", "url", "message"),
        [
            ("4", "gdfigs:stability-regions#kappa", "the page says 4, the figure computes 5"),
            ("1", "gdfigs:amplification#crosing", "amplification has no fact 'crosing'; did you mean 'crossing'?"),
            ("1", "gdfigs:amplification#larges", "amplification has no fact 'larges'; did you mean 'largest'?"),
            (
                "1",
                "gdfigs:amplification",
                "a number names a fact of the figure: write gdfigs:amplification#... with one of crossing, ",
            ),
        ],
    )
    def test_what_is_wrong_is_told(self, written: str, url: str, message: str, jobs: BuildJobs) -> None:
        with pytest.raises(InputError, match=f"^{re.escape(message)}"):
            verify(written, url, jobs)


class TestColumns:
    """A number in a table names what its column is headed with."""

    TABLE = """\
| $k$ | [10](gdfigs:bounds.gd_convex?k=10&L=1&R=1#k) | [100](gdfigs:bounds.gd_convex?k=100&L=1&R=1#k) |
| --- | --- | --- |
| gap | [0.0238](gdfigs:bounds.gd_convex?k=10&L=1&R=1) | [0.00249](gdfigs:bounds.gd_convex?k=100&L=1&R=1) |
| at $\\kappa$ | [0.81](gdfigs:bounds.gd_strongly_convex?k=1&eta=1&L=1&mu=0.1) | [688](gdfigs:steps-against-kappa#short_kappa_100) |
"""

    def test_a_parameter_a_quotient_or_a_fact_names_it(self) -> None:
        assert "0.0238" in markdown.markdown(self.TABLE, extensions=["gdfigs"])

    def test_exchanged_headings_are_told(self) -> None:
        first, rest = self.TABLE.split("\n", 1)
        _, symbol, one, other, end = first.split("|")
        turned = "|".join(["", symbol, other, one, end]) + "\n" + rest
        with pytest.raises(PageError) as raised:
            markdown.markdown(turned, extensions=["gdfigs"])
        faults = str(raised.value).splitlines()
        assert len(faults) == 4
        assert "page:3: the column is headed 100, but gdfigs:bounds.gd_convex?k=10" in faults[0]
        assert "is the cell in its column?" in faults[0]
