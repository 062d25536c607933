"""Figures are found by name, called by address, and complete."""

import re
import shlex
from dataclasses import replace
from math import inf, nan
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gdfigs.plots import registry as module
from gdfigs.plots.picture import Picture, plotted
from gdfigs.plots.registry import (
    Figure,
    FigureCall,
    InputError,
    Range,
    RegistryError,
    all_figures,
    figure,
    figure_call,
    nearest,
    parse_url,
)
from gdfigs.plots.style import canvas
from tests.shown import picture

FIGURES = all_figures()
every = pytest.mark.parametrize("name", FIGURES)


def demo(
    steps: Annotated[int, Range(1, 10**9, "number of steps")] = 3,
    eta: Annotated[float, Range(-10, inf, "step size", without=(-10,), remedy="take a longer one")] = 0.5,
) -> Picture:
    """A line of so many steps."""
    drawing, (ax,) = canvas()
    ax.plot(eta * np.arange(steps + 1), [1] * (steps + 1), gid="line")
    return Picture(drawing, f"A line of {steps} steps.", {"steps": steps})


@pytest.fixture
def demo_figure(monkeypatch: pytest.MonkeyPatch) -> Figure:
    """The one figure of a registry of its own."""
    monkeypatch.setattr(module, "_FIGURES", {})
    return figure(page="demo.md")(demo)


class TestAllFigures:
    @every
    def test_each_is_described_in_whole_sentences_and_states_facts_by_plain_names(self, name: str) -> None:
        description = picture(name).description
        assert description.endswith(".")
        assert not re.search(r"[$\\{}]", description)
        assert len(description) > 80
        assert [f for f in picture(name).facts if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*", f)] == []
        assert all(np.size(next(iter(series.columns.values()))) for series in plotted(picture(name)).values())

    @every
    def test_each_explains_itself_and_its_parameters(self, name: str) -> None:
        found = FIGURES[name]
        assert name == found.name == found.function.__name__.replace("_", "-")
        assert found.page.endswith(".md")
        assert found.summary.endswith(".")
        for parameter in found.parameters.values():
            assert parameter.meaning
            assert type(parameter.default) is parameter.kind
            assert parameter.parse(str(parameter.default)) == parameter.default

    @every
    def test_the_source_shown_is_the_function_alone(self, name: str) -> None:
        source = FIGURES[name].source
        assert source.startswith(f"def {FIGURES[name].function.__name__}(")
        compile(source, name, "exec")

    def test_they_stand_in_alphabetical_order(self) -> None:
        assert list(FIGURES) == sorted(FIGURES)
        assert len(FIGURES) > 0


class TestRegistering:
    def test_a_figure_is_registered_by_its_name_with_hyphens(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "_FIGURES", {})

        @figure(page="demo.md")
        def some_thing(steps: Annotated[int, Range(1, 9, "how many")] = 3) -> Picture:
            """Something.

            More of it.
            """
            return demo(steps)

        assert (some_thing.name, some_thing.page, some_thing.summary) == ("some-thing", "demo.md", "Something.")
        assert all_figures()["some-thing"] is some_thing
        assert some_thing(steps=4).facts == {"steps": 4}

    def test_its_parameters_are_those_of_the_function(self, demo_figure: Figure) -> None:
        read = {n: (p.kind, p.default, p.meaning, str(p.range)) for n, p in demo_figure.parameters.items()}
        assert read == {
            "steps": (int, 3, "number of steps", "[1, 1e+09]"),
            "eta": (float, 0.5, "step size", "(-10, inf)"),
        }

    def test_a_name_taken_is_refused(self, demo_figure: Figure) -> None:
        with pytest.raises(TypeError, match="two figures are named 'demo'"):
            figure(page="other.md")(demo)
        assert all_figures()["demo"] is demo_figure

    @pytest.mark.parametrize(
        ("signature", "reason"),
        [
            ("eta: float = 0.5", "eta of f needs a type int or float, a range and a default, as in"),
            ("eta: Annotated[float, 'step'] = 0.5", "eta of f needs"),
            ("eta: Annotated[float, Range(0, 1, 'step')]", "eta of f needs"),
            ("eta=0.5", "eta of f needs"),
            ("eta: Annotated[str, Range(0, 1, 'step')] = 'x'", "eta of f needs"),
            ("eta: Annotated[float, Range(0, 1, 'step')] = 1.5", "eta must lie in [0, 1]; got 1.5"),
            ("eta: Annotated[int, Range(0, 1, 'step')] = 0.5", "eta must be a whole number; got 0.5"),
        ],
    )
    def test_a_parameter_without_type_range_or_default_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, signature: str, reason: str
    ) -> None:
        monkeypatch.setattr(module, "_FIGURES", {})
        names: dict[str, Any] = {"Annotated": Annotated, "Range": Range}
        exec(f"def f({signature}): 'A figure.'", names)
        with pytest.raises((TypeError, InputError), match=re.escape(reason)):
            figure(page="demo.md")(names["f"])
        assert not module._FIGURES

    @pytest.mark.parametrize(
        ("text", "line", "cause"),
        [
            ("x = 1\ndef f(:\n    pass\n", 2, "invalid syntax"),
            ("import math\n\nmath.sqroot(2)\n", 3, "AttributeError: module 'math' has no attribute 'sqroot'"),
            (
                "from gdfigs.plots.registry import figure\n\n@figure(page='a.md')\ndef f(x): 'F.'\n",
                3,
                "TypeError: x of f needs a type",
            ),
        ],
    )
    def test_a_module_that_cannot_be_imported_is_told_by_file_line_and_cause_once(
        self, text: str, line: int, cause: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = Path(module.__file__).parents[1] / "figures/broken.py"
        monkeypatch.setattr(module, "_FIGURES", {})
        monkeypatch.setattr(module.pkgutil, "iter_modules", lambda _: [SimpleNamespace(name="broken")])
        module._import_all.cache_clear()

        def load(name: str) -> Any:
            return (
                SimpleNamespace(__name__=name, __path__=[])
                if name == "gdfigs.figures"
                else exec(compile(text, str(file), "exec"), {"__name__": name})
            )

        monkeypatch.setattr(module.importlib, "import_module", load)
        with pytest.raises(RegistryError) as refused:
            all_figures()
        assert str(refused.value).startswith(f"{file}:{line}: {cause}")
        assert refused.value.__context__ is None  # so that no traceback tells it again
        assert not module._FIGURES


class TestFigure:
    def test_every_fault_of_a_call_is_named(self, demo_figure: Figure) -> None:
        with pytest.raises(InputError) as refused:
            demo_figure(steps=0, etta=1.0, eta=-10.0)
        assert str(refused.value) == (
            "steps must lie in [1, 1e+09]; got 0: choose a value from there; demo has no parameter 'etta'; "
            "did you mean 'eta'?; eta must lie in (-10, inf); got -10: take a longer one"
        )

    @pytest.mark.parametrize(
        ("name", "value"), [("steps", 2.0), ("steps", "3"), ("eta", "x"), ("eta", nan), ("eta", inf)]
    )
    def test_what_is_no_number_of_its_kind_is_refused(self, demo_figure: Figure, name: str, value: Any) -> None:
        with pytest.raises(InputError, match=f"{name} must "):
            demo_figure(**{name: value})

    def test_numbers_of_numpy_are_numbers(self, demo_figure: Figure) -> None:
        drawn = demo_figure(steps=np.int64(2), eta=np.float64(1))
        assert drawn.facts == {"steps": 2}
        assert {type(value) for value in drawn.facts.values()} == {float}


class TestCalls:
    def test_defaults_fill_in(self, demo_figure: Figure) -> None:
        call = figure_call("demo", {"eta": "0.25"}, "steps")
        assert call.figure is demo_figure
        assert call.parameters == {"steps": 3, "eta": 0.25}
        assert (call.changed, call.fact) == ({"eta": 0.25}, "steps")
        np.testing.assert_array_equal(plotted(call.draw())["line"].x, [0, 0.25, 0.5, 0.75])
        assert figure_call("demo", {"eta": "5e-1"}).changed == {}

    @pytest.mark.parametrize(
        ("url", "parameters", "fact"),
        [
            ("gdfigs:demo", {}, None),
            ("gdfigs:demo?steps=5", {"steps": 5}, None),
            ("gdfigs:demo?steps=5&eta=-1e-3#steps", {"steps": 5, "eta": -1e-3}, "steps"),
            ("gdfigs:demo?eta=1e+3", {"eta": 1000.0}, None),
            ("gdfigs:demo?eta=%31#a%20b+c", {"eta": 1.0}, "a%20b+c"),
        ],
    )
    @pytest.mark.usefixtures("demo_figure")
    def test_an_address_is_a_call(self, url: str, parameters: dict[str, Any], fact: str | None) -> None:
        call = parse_url(url)
        assert (call.changed, call.fact) == (parameters, fact)

    @pytest.mark.parametrize(
        ("url", "message"),
        [
            ("gdfigs:dem", "no figure is named 'dem'; did you mean 'demo'?"),
            ("gdfigs:", "no figure is named ''; there are demo"),
            ("gdfigs:unlike", "no figure is named 'unlike'; there are demo"),
            ("gdfigs:demo?step=5", "demo has no parameter 'step'; did you mean 'steps'?"),
            ("gdfigs:demo?kappa=5", "demo has no parameter 'kappa'; there are steps, eta"),
            ("gdfigs:demo?steps=2.5", "steps must be a whole number; got '2.5'"),
            ("gdfigs:demo?steps=", "steps must be a whole number; got ''"),
            ("gdfigs:demo?steps", "steps must be a whole number; got ''"),
            ("gdfigs:demo?eta=fast", "eta must be a number; got 'fast'"),
            ("gdfigs:demo?eta=nan", "eta must be a number; got 'nan'"),
            ("gdfigs:demo?eta=-inf", "eta must be a number; got '-inf'"),
            ("gdfigs:demo?eta=1&eta=1", "a parameter is given twice in gdfigs:demo?eta=1&eta=1"),
            ("gdfigs:demo?steps=0", "steps must lie in [1, 1e+09]; got 0: choose a value from there"),
            ("gdfigs:demo?eta=-10..3", "eta must lie in (-10, inf); got -10: take a longer one"),
            (
                "gdfigs:demo?steps=x&etta=1&eta=y",
                "steps must be a whole number; got 'x'; demo has no parameter 'etta'; did you mean 'eta'?; "
                "eta must be a number; got 'y'",
            ),
        ],
    )
    @pytest.mark.usefixtures("demo_figure")
    def test_what_does_not_exist_or_fit_is_named_with_what_does(self, url: str, message: str) -> None:
        with pytest.raises(InputError) as caught:
            parse_url(url)
        assert str(caught.value) == message

    @given(steps=st.integers(1, 10**9), eta=st.floats(-9.9, 1e300), fact=st.sampled_from([None, "steps"]))
    @example(steps=3, eta=1e22, fact="steps")
    def test_what_it_is_written_as_is_read_as_the_same(self, steps: int, eta: float, fact: str | None) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "_FIGURES", {})
            call = FigureCall(figure(page="demo.md")(demo), {"steps": steps, "eta": eta}, fact)
            assert parse_url(call.url) == call
            program, command, address = shlex.split(call.command)
            assert (program, command) == ("gdfigs", "render")
            assert parse_url(f"gdfigs:{address}") == replace(call, fact=None)

    @pytest.mark.usefixtures("demo_figure")
    def test_it_is_written_in_few_words(self) -> None:
        call = figure_call("demo", {"eta": "4.0", "steps": "3"}, "steps")
        assert call.url == "gdfigs:demo?eta=4#steps"
        assert call.command == "gdfigs render 'demo?eta=4'"
        assert figure_call("demo", {}).url == "gdfigs:demo"
        assert figure_call("demo", {}).command == "gdfigs render demo"

    def test_where_there_is_nothing_to_choose_from_that_is_said(self) -> None:
        assert nearest("eta", []) == "; there are none"


def test_a_name_that_is_begun_is_suggested_before_one_that_looks_alike() -> None:
    assert nearest("ampl", ["damping", "amplification"]) == "; did you mean 'amplification'?"
    assert nearest("", ["damping"]) == "; there are damping"
