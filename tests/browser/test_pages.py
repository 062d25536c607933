"""The pages in a browser: as readers see them, with and without scripts, in both themes, on wide and narrow screens."""

import pytest
from playwright.sync_api import Page as Tab

from tests.browser.conftest import Show
from tests.built import Page

wide_and_narrow = pytest.mark.parametrize("width", [1280, 390])
both_themes = pytest.mark.parametrize("theme", ["light", "dark"])

TEXT, LINES = 4.5, 3.0
"""The least contrast of letters and of what else is drawn: WCAG 2.2, 1.4.3 and 1.4.11."""

SEEN = "e => { const b = e.getBoundingClientRect(); return b.width > 0 && b.height > 0 && e.checkVisibility() }"

CONTRAST = """
const colour = text => { const c = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true})
  c.fillStyle = text; c.fillRect(0, 0, 1, 1); const [r, g, b, a] = c.getImageData(0, 0, 1, 1).data
  return {rgb: [r, g, b], alpha: a / 255} }
const over = (top, rgb) => top.rgb.map((value, i) => top.alpha * value + (1 - top.alpha) * rgb[i])
const behind = e => e ? over(colour(getComputedStyle(e).backgroundColor), behind(e.parentElement)) : [255, 255, 255]
const light = rgb => { const [r, g, b] = rgb.map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
  return .2126 * r + .7152 * g + .0722 * b }
const contrast = (text, e) => { const paper = behind(e), ink = over(colour(text), paper)
  const [low, high] = [light(paper), light(ink)].sort((a, b) => a - b); return (high + .05) / (low + .05) }
"""


def open_all(tab: Tab) -> None:
    tab.evaluate("document.querySelectorAll('article details').forEach(e => e.open = true)")


def test_it_loads_without_a_complaint_and_from_its_own_host(page: Page, show: Show, origin: str) -> None:
    tab = show(page)
    assert tab.said == []
    assert len(tab.asked) > 3
    assert [url for url in tab.asked if not url.startswith((origin, "data:", "blob:"))] == []


@wide_and_narrow
def test_it_never_scrolls_sideways_and_keeps_figures_and_formulas_in_the_column(
    page: Page, show: Show, width: int
) -> None:
    tab = show(page, width=width)
    open_all(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    column = tab.evaluate("(({left, right}) => [left, right])(document.querySelector('article').getBoundingClientRect())")
    for selector in ("figure svg[role=img]", ".gd-display", "table", "pre"):
        for left, right in tab.evaluate(
            "s => [...document.querySelectorAll('article ' + s)].map(e => e.closest('.md-typeset__scrollwrap') ?? e)"
            ".map(e => e.getBoundingClientRect()).map(b => [b.left, b.right])",
            selector,
        ):
            # Half a pixel: a browser rounds positions to fractions of one.
            assert column[0] - 0.5 <= left < right <= column[1] + 0.5, selector


def test_formulas_and_figures_are_seen_without_scripts(page: Page, show: Show) -> None:
    tab = show(page, scripts=False)
    open_all(tab)
    for selector, least in (("math", len(list(page.article.iter("math")))), ("figure svg[role=img]", 0)):
        seen = tab.evaluate(f"s => [...document.querySelectorAll('article ' + s)].map({SEEN})", selector)
        assert len(seen) >= least
        assert all(seen), selector


def test_every_glyph_of_a_formula_is_from_the_mathematical_font(page: Page, show: Show) -> None:
    tab = show(page)
    open_all(tab)
    # One of each kind of leaf will do: the same letters in the same role take the same glyphs.
    shown = tab.evaluate(
        """() => { const seen = new Set()
        for (const e of document.querySelectorAll('article :is(mi, mo, mn, mtext)')) {
          const kind = [e.tagName, e.getAttribute('mathvariant'), e.textContent].join()
          if (e.textContent.trim() && !seen.has(kind)) { seen.add(kind); e.setAttribute('data-sample', kind) } }
        return seen.size }"""
    )
    cdp = tab.context.new_cdp_session(tab)
    cdp.send("DOM.enable")
    cdp.send("CSS.enable")
    root = cdp.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    samples = cdp.send("DOM.querySelectorAll", {"nodeId": root, "selector": "[data-sample]"})["nodeIds"]
    assert len(samples) == shown
    other = {}
    for node in samples:
        used = cdp.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        families = {font["familyName"] for font in used if not (font["isCustomFont"] and font["familyName"] == "STIX Two Math")}
        if families:
            attributes = cdp.send("DOM.getAttributes", {"nodeId": node})["attributes"]
            other[attributes[attributes.index("data-sample") + 1]] = families
    assert other == {}


@both_themes
def test_text_stands_out_from_the_background(page: Page, show: Show, theme: str) -> None:
    tab = show(page, theme=theme)
    open_all(tab)
    faint = tab.evaluate(
        f"""least => {{ {CONTRAST}
        const own = e => [...e.childNodes].some(n => n.nodeType == Node.TEXT_NODE && n.data.trim())
        return [...document.querySelectorAll('article *')]
          .filter(e => own(e) && e.checkVisibility() && !e.closest('svg, pre, .headerlink, style, script'))
          .map(e => [e.tagName, e.textContent.slice(0, 40), contrast(getComputedStyle(e).color, e)])
          .filter(([, , found]) => found < least) }}""",
        TEXT,
    )
    assert faint == []


@both_themes
def test_what_a_figure_draws_stands_out_from_the_background(page: Page, show: Show, theme: str) -> None:
    """But for contours and grids, which are drawn to stay behind, and for tinted areas, whose outlines carry them."""
    tab = show(page, theme=theme)
    faint = tab.evaluate(
        f"""least => {{ {CONTRAST}
        const behindTheRest = e => /--gd-(faint|paper)/.test(e.closest('[style*=--gd-]')?.getAttribute('style') ?? '')
        const drawn = [...document.querySelectorAll('figure svg[role=img] :is(path, use)')]
          .filter(e => !e.closest('defs, clipPath') && !behindTheRest(e))
        const kinds = new Map()
        for (const e of drawn) {{
          const {{fill, stroke, fillOpacity}} = getComputedStyle(e)
          const [used, kind] = stroke == 'none' ? [fill, 'text'] : [stroke, 'line']
          if (used != 'none' && fillOpacity == 1) kinds.set(kind + used, [kind, used, contrast(used, e.closest('div'))]) }}
        return [...kinds.values()].filter(([kind, , found]) => found < least[kind]) }}""",
        {"text": TEXT, "line": LINES},
    )
    assert faint == []


def test_figures_take_the_colours_of_the_theme(page: Page, show: Show) -> None:
    colours = """[...document.querySelectorAll('figure svg[role=img] [style*=--gd-]')].map(e => getComputedStyle(e))
        .flatMap(s => [s.fill, s.stroke]).filter(c => c != 'none')"""
    light, dark = (show(page, theme=theme).evaluate(colours) for theme in ("light", "dark"))
    assert len(light) == len(dark)
    assert set(light).isdisjoint(dark)


def test_what_unfolds_is_reached_by_the_keyboard_and_shows_the_focus(page: Page, show: Show) -> None:
    tab = show(page)
    all_of_them = tab.locator("article summary").count()
    reached = []
    for _ in range(all_of_them * 20 + 200):
        tab.keyboard.press("Tab")
        focused = tab.evaluate(
            """() => { const e = document.activeElement, s = getComputedStyle(e)
            if (e == document.body) return 'end'
            return e.matches('article summary') && [...document.querySelectorAll('article summary')].indexOf(e) + ':' +
              (s.outlineStyle != 'none' && parseFloat(s.outlineWidth) >= 1) }"""
        )
        if focused == "end":
            break
        if focused:
            reached.append(focused)
    assert reached == [f"{n}:true" for n in range(all_of_them)]
    if all_of_them:
        tab.locator("article summary").first.focus()
        tab.keyboard.press("Enter")
        assert tab.locator("article details").first.get_attribute("open") is not None


def test_nothing_moves_for_a_reader_who_asks_for_that(page: Page, show: Show) -> None:
    tab = show(page, reduced_motion="reduce")
    assert tab.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    moving = tab.evaluate(
        """() => [...document.querySelectorAll('article, article *')].filter(e => { const s = getComputedStyle(e)
        const still = p => /^(none|color|background-color|border-color|opacity|outline-color|fill|stroke)$/.test(p)
        const lasts = d => d.split(',').some(t => parseFloat(t) > 0)
        return lasts(s.animationDuration) && s.animationName != 'none'
          || lasts(s.transitionDuration) && !s.transitionProperty.split(', ').every(still) })
        .map(e => e.outerHTML.slice(0, 80))"""
    )
    assert moving == []
    assert tab.evaluate("document.getAnimations().length") == 0


def test_proofs_are_printed_though_they_are_folded(page: Page, show: Show) -> None:
    tab = show(page)
    proofs = "[...document.querySelectorAll('article details.proof')].map(e => e.querySelector(':scope > :not(summary)'))"
    hidden = tab.evaluate(f"{proofs}.map({SEEN})")
    assert not any(hidden)
    tab.emulate_media(media="print")
    printed = tab.evaluate(f"{proofs}.map({SEEN})")
    assert len(printed) == page.markdown.count("/// proof")
    assert all(printed)
