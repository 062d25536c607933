"""Figures are found by name, call for by address, and complete."""

import re
import shlex
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gdfigs.plots import registry as module
from gdfigs.plots.picture import Picture, plotted
from gdfigs.plots.registry import Figure, FigureCall, InputError, all_figures, figure, figure_call, nearest, parse_url
from gdfigs.plots.style import canvas
from tests.shown import outside, picture

FIGURES = all_figures()
every = pytest.mark.parametrize("name", FIGURES)


def demo(steps: int = 3, eta: float = 0.5, look: str = "plain") -> Picture:
    """A line of so many steps.

    steps: number of steps
    eta: step size
    look: plain or fancy
    """
    drawing, (ax,) = canvas()
    ax.plot(eta * np.arange(steps + 1), [len(look)] * (steps + 1), gid="line")
    return Picture(drawing, f"A line of {steps} steps.", {"steps": steps})


@pytest.fixture
def entered(monkeypatch: pytest.MonkeyPatch) -> Figure:
    """A catalogue of its own with one figure in it."""
    monkeypatch.setattr(module, "_CATALOGUE", {})
    return figure(page="demo.md")(demo)


class TestAllFigures:
    @every
    def test_each_draws_with_its_defaults(self, name: str) -> None:
        drawn = picture(name)
        assert plotted(drawn)
        assert all(
            series.columns and np.size(next(iter(series.columns.values()))) for series in plotted(drawn).values()
        )

    @every
    def test_each_keeps_inside_its_axes(self, name: str) -> None:
        assert outside(picture(name), margin=1) == {}  # a line on the edge is no farther out than it is thick

    @every
    def test_each_states_facts_by_plain_names(self, name: str) -> None:
        for fact, value in picture(name).facts.items():
            assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*", fact)
            assert isinstance(value, float | int)

    @every
    def test_each_is_described_in_whole_sentences_without_tex(self, name: str) -> None:
        description = picture(name).description
        assert description.endswith(".")
        assert not re.search(r"[$\\{}]", description)
        assert len(description) > 80

    @every
    def test_each_explains_itself_and_its_parameters(self, name: str) -> None:
        found = FIGURES[name]
        assert name == found.name == found.function.__name__.replace("_", "-")
        assert found.page.endswith(".md")
        assert found.summary.endswith(".")
        for parameter in found.parameters.values():
            assert parameter.meaning[-1] not in ",;:", "a meaning is one line; what follows is not read"
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


class TestEntering:
    def test_a_figure_is_entered_under_its_name_with_hyphens(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "_CATALOGUE", {})

        def some_thing(steps: int = 3) -> Picture:
            """Something.

            steps: how many
            """
            return demo(steps)

        made = figure(page="demo.md")(some_thing)
        assert (made.name, made.page, made.summary) == ("some-thing", "demo.md", "Something.")
        assert all_figures()["some-thing"] is made
        assert made(steps=4).facts == {"steps": 4}

    def test_its_parameters_are_those_of_the_function(self, entered: Figure) -> None:
        read = {name: (p.kind, p.default, p.meaning) for name, p in entered.parameters.items()}
        assert read == {
            "steps": (int, 3, "number of steps"),
            "eta": (float, 0.5, "step size"),
            "look": (str, "plain", "plain or fancy"),
        }

    def test_a_name_taken_is_refused(self, entered: Figure) -> None:
        with pytest.raises(TypeError, match="two figures are named 'demo'"):
            figure(page="other.md")(demo)
        assert all_figures()["demo"] is entered

    def test_a_parameter_without_type_default_or_meaning_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "_CATALOGUE", {})

        def no_meaning(eta: float = 0.5) -> Picture:
            """A figure."""
            return demo(eta=eta)

        def no_default(eta: float) -> Picture:
            """A figure.

            eta: step size
            """
            return demo(eta=eta)

        def no_type(eta=0.5):  # type: ignore[no-untyped-def]
            """A figure.

            eta: step size
            """
            return demo(eta=eta)

        def other_type(eta: list[float] = [0.5]) -> Picture:  # noqa: B006
            """A figure.

            eta: step size
            """
            return demo(eta=eta[0])

        for function in (no_meaning, no_default, no_type, other_type):
            name = function.__name__.replace("_", "-")
            with pytest.raises(TypeError, match=f"eta of {name} needs a type int, float or str, a default, and a line"):
                figure(page="demo.md")(function)
        assert not module._CATALOGUE


class TestRequests:
    def test_defaults_fill_what_is_not_given(self, entered: Figure) -> None:
        call = figure_call("demo", {"eta": "0.25"}, "steps")
        assert call.figure is entered
        assert call.parameters == {"steps": 3, "eta": 0.25, "look": "plain"}
        assert call.changed == {"eta": 0.25}
        assert call.fact == "steps"
        np.testing.assert_array_equal(plotted(call.draw())["line"].x, [0, 0.25, 0.5, 0.75])

    def test_a_default_given_is_no_change(self, entered: Figure) -> None:
        assert entered.name == "demo"
        assert figure_call("demo", {"eta": "5e-1"}).changed == {}

    @pytest.mark.parametrize(
        ("url", "parameters", "fact"),
        [
            ("gdfigs:demo", {}, None),
            ("gdfigs:demo?steps=5", {"steps": 5}, None),
            ("gdfigs:demo?steps=5&eta=-1e-3#steps", {"steps": 5, "eta": -1e-3}, "steps"),
            ("gdfigs:demo?eta=1e+3", {"eta": 1000.0}, None),
            ("gdfigs:demo?look=a%20b+c%26d#x", {"look": "a b+c&d"}, "x"),
            ("gdfigs:demo?look=", {"look": ""}, None),
        ],
    )
    @pytest.mark.usefixtures("entered")
    def test_an_address_is_a_request(self, url: str, parameters: dict[str, Any], fact: str | None) -> None:
        call = parse_url(url)
        assert (call.changed, call.fact) == (parameters, fact)

    @pytest.mark.parametrize(
        ("url", "message"),
        [
            ("gdfigs:dem", "no figure is named 'dem'; did you mean 'demo'?"),
            ("gdfigs:", "no figure is named ''; there are demo"),
            ("gdfigs:unlike", "no figure is named 'unlike'; there are demo"),
            ("gdfigs:demo?step=5", "demo has no parameter 'step'; did you mean 'steps'?"),
            ("gdfigs:demo?kappa=5", "demo has no parameter 'kappa'; there are steps, eta, look"),
            ("gdfigs:demo?steps=2.5", "steps must be a whole number; got '2.5'"),
            ("gdfigs:demo?steps=", "steps must be a whole number; got ''"),
            ("gdfigs:demo?steps", "steps must be a whole number; got ''"),
            ("gdfigs:demo?eta=fast", "eta must be a number; got 'fast'"),
            ("gdfigs:demo?eta=nan", "eta must be a number; got 'nan'"),
            ("gdfigs:demo?eta=-inf", "eta must be a number; got '-inf'"),
            ("gdfigs:demo?eta=1&eta=1", "a parameter is given twice in gdfigs:demo?eta=1&eta=1"),
            (
                "gdfigs:demo?steps=x&etta=1&eta=y",
                "steps must be a whole number; got 'x'; demo has no parameter 'etta'; did you mean 'eta'?; "
                "eta must be a number; got 'y'",
            ),
        ],
    )
    @pytest.mark.usefixtures("entered")
    def test_what_does_not_exist_or_fit_is_named_with_what_does(self, url: str, message: str) -> None:
        with pytest.raises(InputError) as caught:
            parse_url(url)
        assert str(caught.value) == message

    @given(
        steps=st.integers(-(10**9), 10**9),
        eta=st.floats(allow_nan=False, allow_infinity=False),
        look=st.text(st.characters(codec="utf-8")).filter(lambda text: ".." not in text),  # which would be a slider
        fact=st.sampled_from([None, "steps"]),
    )
    @example(steps=3, eta=1e22, look="a b+c&d='#%\n?\"$(x)", fact="steps")
    def test_what_it_is_written_as_is_read_as_the_same(
        self, steps: int, eta: float, look: str, fact: str | None
    ) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "_CATALOGUE", {})
            call = FigureCall(figure(page="demo.md")(demo), {"steps": steps, "eta": eta, "look": look}, fact)
            assert parse_url(call.url) == call
            program, command, name, *options = shlex.split(call.command)
            assert (program, command, name) == ("gdfigs", "render", "demo")
            words = {option.removeprefix("--"): value for option, value in zip(*[iter(options)] * 2, strict=True)}
            assert figure_call(name, words).parameters == call.parameters

    @pytest.mark.usefixtures("entered")
    def test_it_is_written_in_few_words(self) -> None:
        call = figure_call("demo", {"eta": "4.0", "steps": "3"}, "steps")
        assert call.url == "gdfigs:demo?eta=4#steps"
        assert call.command == "gdfigs render demo --eta 4"
        assert figure_call("demo", {}).url == "gdfigs:demo"
        assert figure_call("demo", {"eta": "1e-9"}).command == "gdfigs render demo --eta 1e-09"

    def test_where_there_is_nothing_to_choose_from_that_is_said(self) -> None:
        assert nearest("eta", []) == "; there are none"
