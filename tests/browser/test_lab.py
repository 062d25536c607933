"""The notebooks in a browser: all that the Tab key reaches shows that it is reached, answers unfold and print."""

import pytest

from tests.browser.conftest import Show
from tests.browser.test_pages import PAGES, SEEN, unfold

each_notebook = pytest.mark.parametrize("source", [s for s in PAGES if s.startswith("lab/") and s.endswith(".py")])


@each_notebook
@pytest.mark.parametrize("width", [1280, 390])
def test_every_tab_stop_shows_the_focus(source: str, width: int, show: Show) -> None:
    tab = show(source, width=width)
    unfold(tab)
    tab.evaluate(
        """() => { window.reached = []; document.addEventListener('focusin', ({target}) => {
          const {outlineStyle, outlineWidth} = getComputedStyle(target)
          window.reached.push([target.closest('article') && target.outerHTML.slice(0, 60),
            outlineStyle != 'none' && parseFloat(outlineWidth) >= 1]) })
        document.querySelector('article h1 a').focus() }"""
    )
    while tab.evaluate("document.activeElement.closest('article') != null"):
        for _ in range(10):
            tab.keyboard.press("Tab")
    reached = [(what, ring) for what, ring in tab.evaluate("window.reached") if what]
    assert len(reached) > 10
    assert not any(what.startswith("<code") for what, _ in reached)  # one stop for a piece of code
    assert [what for what, ring in reached if not ring] == []


@each_notebook
def test_code_that_is_wider_than_its_column_scrolls_by_the_keyboard(source: str, show: Show) -> None:
    tab = show(source, width=390)
    unfold(tab)
    stuck = tab.evaluate(
        """[...document.querySelectorAll('article *')].filter(e => e.scrollWidth > e.clientWidth + 1
          && /auto|scroll/.test(getComputedStyle(e).overflowX) && e.tabIndex < 0 && !e.closest('[tabindex="0"]'))
          .map(e => e.outerHTML.slice(0, 60))"""
    )
    assert stuck == []


@each_notebook
def test_answers_are_folded_on_the_screen_and_open_in_print(source: str, show: Show) -> None:
    tab = show(source)
    answers = f"[...document.querySelectorAll('article details.answer > :not(summary)')].map({SEEN})"
    assert set(tab.evaluate(answers)) == {False}
    tab.locator("article details.answer summary").first.press("Enter")
    assert tab.evaluate(answers)[0]
    tab.emulate_media(media="print")
    assert set(tab.evaluate(answers)) == {True}
