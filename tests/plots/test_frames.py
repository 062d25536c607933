"""A slider's frames: put together, each is the figure drawn for that stop."""

import json
import xml.etree.ElementTree as ET
from typing import Annotated, Any

import numpy as np
import pytest

import gdfigs.plots.registry as module
from gdfigs.build.jobs import BuildJobs, DrawingError, RenderedFigure, render_figure
from gdfigs.plots.frames import BUDGET, symbol
from gdfigs.plots.picture import Picture, plotted, to_csv
from gdfigs.plots.registry import FigureCall, Range, figure, parse_url
from gdfigs.plots.style import BOUND_LOOK, DOTS_LOOK, FLOW_LOOK, canvas
from gdfigs.plots.svg import GLYPH
from tests.read_svg import misplaced
from tests.sliders import SLIDERS, put_together, stops


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry that the test may add to, with a figure ``moving``."""
    monkeypatch.setattr(module, "_FIGURES", dict(module.all_figures()))

    @figure(page="x.md")
    def moving(n: Annotated[int, Range(1, 20, "how many")] = 3) -> Picture:
        """Moves."""
        return some(n)


def some(n: int, **more: Any) -> Picture:
    """So many dots, a line and bars whose slope and height is that number, a text that says it."""
    drawn, (ax,) = canvas(200)
    ax.set(xlim=(0, 13), ylim=(0, 13))
    ax.plot([0, 10], [0, n], gid="line", **FLOW_LOOK)
    ax.plot([0, 10], [1, 1], gid="still", **BOUND_LOOK)
    ax.plot(np.arange(n) + 1, np.arange(n) / 2 + 1, gid="dots", **DOTS_LOOK)
    ax.bar([11, 12], n, gid="bars")
    ax.text(1, 9, f"number {n}")
    return Picture(drawn, f"There are {n} dots.", {"dots": n, "always": 3.0}, **more)


def called(address: str) -> FigureCall:
    return parse_url(f"gdfigs:{address}")


def rendered(address: str) -> RenderedFigure:
    return render_figure(called(address))


@pytest.mark.parametrize("name", SLIDERS)
def test_each_frame_on_the_site_is_the_figure_drawn_for_its_stop(name: str) -> None:
    _, call = SLIDERS[name]
    with BuildJobs() as jobs:  # as the site has it
        drawn = jobs.result(call)
    for moved in stops(call, most=3):
        picture = call.draw(**moved)
        svg = put_together(drawn.svg, drawn.frames, call.frames.index(moved))
        assert misplaced(svg, picture) == {}, moved
        assert ET.fromstring(svg).findtext("desc") == picture.description


def test_a_frame_has_its_own_number_of_marks_its_own_texts_and_letters(figures: None) -> None:
    call, drawn = called("moving?n=1..12"), rendered("moving?n=1..12")
    for number, moved in enumerate(call.frames):
        made = put_together(drawn.svg, drawn.frames, number)
        assert misplaced(made, call.draw(**moved)) == {}
        root = ET.fromstring(made)
        ids = [e.get("id") for e in root.iter() if e.get("id")]
        assert {e.get("href", "")[1:] for e in root.iter("use")} <= set(ids)
        assert len(ids) == len(set(ids))


def test_what_is_the_same_in_every_frame_is_kept_once(figures: None) -> None:
    drawn = rendered("moving?n=1..9")
    still = next(e for e in ET.fromstring(drawn.svg).iter() if e.get("id", "").endswith("-still"))
    assert not [e for e in still.iter() if "data-part" in e.attrib]
    parts = json.loads(drawn.frames)["parts"]
    assert all(len(set(values)) == len(values) > 1 for _, values, _ in parts)
    assert {what for what, _, _ in parts} == {"d", "href", "marks", "text"}
    assert GLYPH not in drawn.frames  # a page has each letter once, where nothing is replaced


def test_it_begins_with_the_figure_as_it_is_drawn_without_a_slider() -> None:
    with_slider, without = rendered("descent-and-flow?eta=0.01..0.21"), rendered("descent-and-flow")
    picture = called("descent-and-flow").draw()
    assert with_slider.facts == without.facts
    assert with_slider.csv == without.csv == to_csv(plotted(picture))
    assert with_slider.prefix == without.prefix
    assert misplaced(with_slider.svg.replace("{title}", "t"), picture) == {}


def test_two_sliders_have_a_frame_for_every_pair_of_stops() -> None:
    address = "descent-and-flow?eta=0.06..0.18..3&kappa=5..20..3"
    call, drawn = called(address), rendered(address)
    data = json.loads(drawn.frames)
    assert (len(data["told"]), data["begin"]) == (9, 2 * 3 + 1)
    for number, moved in enumerate(call.frames):
        assert moved == {"eta": (0.06, 0.12, 0.18)[number // 3], "kappa": (5.0, 10.0, 20.0)[number % 3]}
        assert misplaced(put_together(drawn.svg, drawn.frames, number), call.draw(**moved)) == {}
        assert data["told"][number].startswith(f"η = {moved['eta']:g}, κ = {moved['kappa']:g}: ")


def test_facts_that_change_stand_beside_a_slider_where_the_figure_has_no_text(figures: None) -> None:
    @figure(page="x.md")
    def telling(n: Annotated[int, Range(1, 20, "how many")] = 3) -> Picture:
        """Moves."""
        return some(n, slider_text=f"{n} of them")

    for name, text in (("moving", "dots {}"), ("telling", "{} of them")):
        texts = json.loads(rendered(f"{name}?n=2..4").frames)["told"]
        assert texts == [f"n = {n}: {text.format(n)}" for n in (2, 3, 4)]


def test_frames_that_weigh_too_much_are_refused(figures: None) -> None:
    @figure(page="x.md")
    def heavy(seed: Annotated[int, Range(1, 50, "of the noise")] = 1) -> Picture:
        """Noise."""
        drawn, (ax,) = canvas(200)
        ax.set(xlim=(0, 2000), ylim=(0, 1))
        ax.plot(np.arange(2000), np.random.default_rng(seed).random(2000), gid="noise", **FLOW_LOOK)
        return Picture(drawn, "Noise.", {})

    with pytest.raises(DrawingError, match=rf"8 frames.*kB compressed, at most {BUDGET // 1000}: ask for fewer stops"):
        rendered("heavy?seed=1..8")
    assert rendered("heavy?seed=1..2").frames


def test_stops_are_spread_evenly_or_by_equal_factors(figures: None) -> None:
    @figure(page="x.md")
    def spread(
        a: Annotated[float, Range(0, 1, "evenly")] = 0.2,
        b: Annotated[float, Range(0.1, 1000, "by factors", logarithmic=True)] = 10.0,
        c: Annotated[int, Range(1, 9, "whole numbers")] = 1,
    ) -> Picture:
        """Spread."""
        return some(c)

    call = called("spread?a=0.1..0.3..3&b=0.1..1000..5&c=1..9..5")
    assert call.slider_values == {"a": (0.1, 0.2, 0.3), "b": (0.1, 1, 10, 100, 1000), "c": (1, 3, 5, 7, 9)}
    assert call.parameters == {"a": 0.2, "b": 10.0, "c": 1}
    assert len(called("spread?a=0.1..0.3").slider_values["a"]) == 41
    assert called("spread?c=3..8").slider_values["c"] == (3, 4, 5, 6, 7, 8)
    assert called("spread?c=3..8").parameters["c"] == 3


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("eta=0.01..", "eta must be a number; got ''"),
        ("eta=0.28..0.2", "goes from low to high"),
        ("eta=0.01..0.21..1", "from 2 to 200 stops; got 1"),
        ("eta=0.01..0.21..x", "the number of stops must be a whole number"),
        ("eta=0.01..0.21..5", r"drawn for eta = 0.18, where its slider must stop, too; .* stops at 0.01, 0.06, 0.11"),
        ("eta=1..2..3..4", "write a number, or low..high"),
        ("eta=0.01..0.21&kappa=1..10..10", "ask for 410 drawings, at most 200"),
        ("eta=0.01..0.21#deviation", "eta must be a number"),
    ],
)
def test_a_range_that_cannot_be_is_refused_with_the_reason(query: str, reason: str) -> None:
    with pytest.raises(module.InputError, match=reason):
        called(f"descent-and-flow?{query}")


def test_a_parameter_is_shown_by_its_letter_or_its_words() -> None:
    names = {"eta": "η", "kappa": "κ", "lambda": "λ", "starts_shown": "starts shown"}
    assert {name: symbol(name) for name in names} == names
    data = json.loads(rendered("factor-of-two?eta=0.5..1.5..3").frames)
    assert data["told"][1].startswith("η = 1: distance 1.216 μ, gap 2.433 μ, the flow's μ and 2 μ: ")
    (slider,) = json.loads(rendered("descent-and-flow?kappa=5..20..3").frames)["sliders"]
    assert slider["meaning"] == "condition number L/μ of the bowl"
    (slider,) = json.loads(rendered("amplification?z=0..3..3").frames)["sliders"]
    assert slider["meaning"].startswith("η λ, ")
