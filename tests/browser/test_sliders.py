"""The sliders in a browser: what they show at a stop is, number by number, what Python computed for it."""

import os
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from gdfigs.plots.frames import letters, symbol
from gdfigs.plots.registry import FigureCall
from tests.browser.conftest import Show
from tests.built import Page
from tests.read_svg import misplaced
from tests.sliders import SLIDERS, stops

SAMPLE = [
    "index:descent-and-flow",
    "pictures:descent-and-flow",
    "flow-to-descent:stability-regions",
    "momentum:damping",
    "noise:langevin-histogram",
]
"""One and two sliders, and everything that can change in a figure; the others where EVERY_PAGE is set, once a week.
That the frames of each are right, tests/test_frames.py sees without a browser."""
NAMES = list(SLIDERS) if os.environ.get("EVERY_PAGE") else SAMPLE
every_slider = pytest.mark.parametrize(("source", "call"), [SLIDERS[name] for name in NAMES], ids=NAMES)
SOURCE, ASKED = SLIDERS["index:descent-and-flow"]
one_and_two_sliders = pytest.mark.parametrize(
    ("source", "call"), [SLIDERS[name] for name in ("index:descent-and-flow", "pictures:descent-and-flow")]
)

MOVE = """async (box, stops) => {
  const inputs = [...box.querySelectorAll('input')]
  inputs.forEach((input, n) => { input.value = stops[n]; input.dispatchEvent(new Event('input', {bubbles: true})) })
  await new Promise(requestAnimationFrame); await new Promise(requestAnimationFrame)
  return [new XMLSerializer().serializeToString(box.querySelector('svg')), box.querySelector('.gd-told').textContent,
          ...inputs.map(input => input.getAttribute('aria-valuetext'))]
}"""


def box(tab: Tab, call: FigureCall = ASKED) -> str:
    """The selector of the figure with its sliders."""
    assert tab.locator("gd-slider").count() > 0
    return f"#figure-{call.figure.name} gd-slider"


@every_slider
def test_at_a_stop_the_browser_shows_what_python_computed_for_it(source: str, call: FigureCall, show: Show) -> None:
    slider = show(source).locator(f"[id^='figure-{call.figure.name}'] gd-slider")
    told: set[str] = set()
    lost = """e => [...e.querySelectorAll('svg use')]
      .filter(use => !document.getElementById(use.getAttribute('href').slice(1))).length"""
    for moved in reversed(stops(call, most=3)):
        at = [call.slider_values[name].index(value) for name, value in moved.items()]
        svg, line, *spoken = slider.evaluate(MOVE, at)
        picture = call.draw(**moved)
        assert misplaced(svg, picture) == {}, moved
        assert ET.fromstring(svg).findtext("{*}desc") == picture.description
        assert line.startswith(", ".join(f"{symbol(name)} = {value:g}" for name, value in moved.items()) + ": ")
        assert letters(picture.slider_text) in line
        assert set(spoken) == {line}
        assert slider.evaluate(lost) == 0  # each letter is defined somewhere on the page
        told.add(line)
    assert len(told) == len(stops(call, most=3))


@one_and_two_sliders
def test_without_scripts_the_figure_stands_as_it_begins(source: str, call: FigureCall, show: Show) -> None:
    tab = show(source, scripts=False)
    slider = tab.locator(f"[id^='figure-{call.figure.name}'] gd-slider")
    assert slider.locator("svg").is_visible()
    assert not slider.locator(".gd-controls").is_visible()
    assert misplaced(slider.locator("svg").evaluate("e => new XMLSerializer().serializeToString(e)"), call.draw()) == {}


@every_slider
def test_nothing_else_on_the_page_moves(source: str, call: FigureCall, show: Show) -> None:
    tab = show(source, width=390)
    slider = tab.locator(f"[id^='figure-{call.figure.name}'] gd-slider")
    slider.scroll_into_view_if_needed()
    height = slider.evaluate("e => e.getBoundingClientRect().height")
    for moved in stops(call, most=3):
        slider.evaluate(MOVE, [call.slider_values[name].index(value) for name, value in moved.items()])
        assert slider.evaluate("e => e.getBoundingClientRect().height") == height, moved


@pytest.mark.parametrize("width", [390, 1280])
def test_loading_the_page_shifts_nothing(width: int, show: Show) -> None:
    tab = show(SOURCE, width=width)
    tab.wait_for_load_state("networkidle")
    shifts = """() => new Promise(done => new PerformanceObserver(list => done(list.getEntries().map(e => e.value)))
      .observe({type: 'layout-shift', buffered: true}) || setTimeout(() => done([]), 300))"""
    assert sum(tab.evaluate(shifts)) < 0.01  # what the theme's own header may shift


def test_the_keys_move_it_by_one_stop_and_the_address_says_where_it_stands(show: Show) -> None:
    tab = show(SOURCE)
    slider, stop = tab.locator(f"{box(tab)} input"), ASKED.slider_values["eta"].index(0.18)
    slider.focus()
    tab.keyboard.press("ArrowRight")
    assert slider.input_value() == str(stop + 1)
    assert tab.url.endswith("?descent-and-flow.eta=0.185#figure-descent-and-flow")
    expect(tab.locator(f"{box(tab)} .gd-told")).to_contain_text("η = 0.185: ")
    tab.reload()
    assert slider.input_value() == str(stop + 1)
    expect(tab.locator(f"{box(tab)} .gd-told")).to_contain_text("η = 0.185: ")
    tab.get_by_role("button", name="Reset").click()
    assert slider.input_value() == str(stop)
    assert "eta" not in tab.url


def test_an_address_between_two_stops_leads_to_the_nearest_and_nonsense_to_the_first_figure(
    show: Show, origin: str
) -> None:
    tab = show(SOURCE)
    for query, expected in (("0.0512", "0.05"), ("99", "0.21"), ("much", "0.18")):
        tab.goto(f"{origin}?descent-and-flow.eta={query}")
        expect(tab.locator(f"{box(tab)} .gd-told")).to_contain_text(f"η = {expected}: ")


def test_it_has_a_name_a_value_and_buttons_for_those_who_do_not_see_it(show: Show) -> None:
    tab = show(SOURCE)
    slider = tab.get_by_role("slider", name="η: step of descent")
    assert slider.get_attribute("aria-valuetext") == tab.locator(f"{box(tab)} .gd-told").text_content()
    for button in ("Play", "Reset"):
        assert tab.get_by_role("button", name=button, exact=True).is_visible()


def test_playing_goes_on_to_the_last_stop_and_can_be_halted(show: Show) -> None:
    tab = show(SOURCE)
    slider, last = tab.locator(f"{box(tab)} input"), len(ASKED.slider_values["eta"]) - 1
    tab.get_by_role("button", name="Play").click()
    tab.get_by_role("button", name="Pause").click()
    halted = slider.input_value()
    assert tab.get_by_role("button", name="Play").is_visible()
    tab.wait_for_timeout(400)  # more than one stop, were it still moving
    assert slider.input_value() == halted
    tab.get_by_role("button", name="Play").click()
    expect(slider).to_have_value(str(last))
    expect(tab.locator(f"{box(tab)} .gd-told")).to_contain_text("η = 0.21: ")
    assert "eta=0.21" in tab.url
    assert tab.get_by_role("button", name="Play").is_visible()


def test_with_reduced_motion_a_press_moves_it_by_one_stop(show: Show) -> None:
    tab = show(SOURCE, reduced_motion="reduce")
    slider = tab.locator(f"{box(tab)} input")
    before = int(slider.input_value())
    tab.get_by_role("button", name="Play").click()
    tab.wait_for_timeout(400)  # more than one stop, were it moving
    assert int(slider.input_value()) == before + 1


def test_it_works_from_a_file_on_disk(browser: Browser, site: Path) -> None:
    call: list[str] = []
    with browser.new_page() as tab:
        tab.on("request", lambda request: call.append(request.url))
        tab.goto(Page(SOURCE, site).file.as_uri())
        slider = tab.locator("#figure-descent-and-flow input")
        slider.focus()
        tab.keyboard.press("Home")
        expect(tab.locator("#figure-descent-and-flow .gd-told")).to_contain_text("η = 0.01: ")
    assert call
    assert all(url.startswith("file:") for url in call)
