"""The pages in a browser: as readers see them, with and without scripts, in both themes, on wide and narrow screens."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from tests.browser.conftest import Show
from tests.built import NAV, ROOT, Page

TEXTS = {
    source: re.sub(
        r"^```.*?^```$", "", (ROOT / "docs" / source).read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    for source in NAV
    if (ROOT / "docs" / source).exists()
}
"""What is shown as code is no figure and no proof."""
SAMPLE = (
    "index.md",
    "gradient-descent.md",
    "momentum.md",
    "statements.md",
    "contribute.md",
    "lab/step-size.py",
    "reference/bounds.md",
)
"""Pages of each kind, among them the longest. All are set by the same code in the same style sheet, and a browser takes
its time, so the others are looked at where EVERY_PAGE is set, once a week."""
PAGES = NAV if os.environ.get("EVERY_PAGE") else SAMPLE
every_page = pytest.mark.parametrize("source", PAGES)
pages_with_proofs = pytest.mark.parametrize("source", [s for s in PAGES if "\n/// proof" in TEXTS.get(s, "")])
both_themes = pytest.mark.parametrize("theme", ["light", "dark"])

FIGURE = "article figure svg[role=img]"
TEXT, LINES = 4.5, 3.0
"""The least contrast of letters and of what else is drawn: WCAG 2.2, 1.4.3 and 1.4.11."""

SEEN = """e => { const {width, height} = e.getBoundingClientRect()
  return width > 0 && height > 0 && e.checkVisibility({visibilityProperty: true, opacityProperty: true}) }"""

CONTRAST = """
const pen = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true}), known = new Map()
const read = css => { pen.clearRect(0, 0, 1, 1); pen.fillStyle = css; pen.fillRect(0, 0, 1, 1)
  const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data; return {rgb: [r, g, b], alpha: a / 255} }
const colour = css => known.get(css) ?? known.set(css, read(css)).get(css)
const over = (top, rgb) => top.rgb.map((value, i) => top.alpha * value + (1 - top.alpha) * rgb[i])
const behind = e => e ? over(colour(getComputedStyle(e).backgroundColor), behind(e.parentElement)) : [255, 255, 255]
const linear = v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4
const light = ([r, g, b]) => .2126 * linear(r / 255) + .7152 * linear(g / 255) + .0722 * linear(b / 255)
const contrast = (css, e) => { const paper = behind(e), ink = over(colour(css), paper)
  const [low, high] = [light(paper), light(ink)].sort((a, b) => a - b); return (high + .05) / (low + .05) }
"""


def unfold(tab: Tab) -> None:
    tab.evaluate("document.querySelectorAll('article details').forEach(e => e.open = true)")


@every_page
def test_it_loads_without_a_complaint_and_from_its_own_host(
    source: str, browser: Browser, origin: str, site: Path
) -> None:
    said: list[str] = []
    call: list[str] = []
    with browser.new_page() as tab:
        tab.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("requestfailed", lambda request: said.append(f"failed: {request.url}"))
        tab.on("request", lambda request: call.append(request.url))
        tab.goto(origin + Page(source, site).url, wait_until="networkidle")
    assert said == []
    assert len(call) > 3
    assert [url for url in call if not url.startswith((origin, "data:", "blob:"))] == []


def test_the_search_finds_a_word_in_its_section(browser: Browser, origin: str) -> None:
    with browser.new_page() as tab:
        tab.goto(origin)
        tab.get_by_role("textbox", name="Search").press_sequentially("zigzag")
        found = tab.locator(".md-search-result__link").filter(has_text="When there is zigzag")
        found.wait_for()
        found.first.click()
        tab.wait_for_url("**/pictures/**")
        assert tab.url.endswith("#zigzag")


@every_page
def test_it_never_scrolls_sideways_and_keeps_to_its_column(source: str, show: Show) -> None:
    tab = show(source)
    unfold(tab)
    for width in (1280, 390):
        tab.set_viewport_size({"width": width, "height": 900})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        column, *inside = tab.evaluate(
            f"""['article', ...['{FIGURE}', 'article figcaption', 'article .gd-display', 'article pre']].flatMap(
            s => [...document.querySelectorAll(s)].map(e => [e.getBoundingClientRect(), e.outerHTML.slice(0, 60)]))
            .map(([b, what]) => [b.left, b.right, what])"""
        )
        # Half a pixel: a browser rounds positions to fractions of one.
        assert [what for left, right, what in inside if left < column[0] - 0.5 or right > column[1] + 0.5] == []


@every_page
def test_formulas_and_figures_are_seen_without_scripts(source: str, show: Show, site: Path) -> None:
    tab = show(source, width=390, scripts=False)
    unfold(tab)
    article = Page(source, site).article
    figures = [svg for svg in article.iter("svg") if svg.get("role") == "img"]
    for selector, there in (("article math", list(article.iter("math"))), (FIGURE, figures)):
        seen = tab.evaluate(f"s => [...document.querySelectorAll(s)].map({SEEN})", selector)
        assert seen == [True] * len(there)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


@every_page
def test_every_glyph_of_a_formula_is_from_the_mathematical_font(source: str, show: Show) -> None:
    tab = show(source)
    unfold(tab)
    # One of each kind of leaf will do: the same letters in the same role take the same glyphs.
    tab.evaluate(
        """() => { const met = new Set()
        for (const e of document.querySelectorAll('article :is(mi, mo, mn, mtext)')) {
          const kind = [e.tagName, e.getAttribute('mathvariant'), e.textContent].join(' ')
          if (e.textContent.trim() && !met.has(kind)) { met.add(kind); e.setAttribute('data-sample', kind) } } }"""
    )
    cdp = tab.context.new_cdp_session(tab)
    cdp.send("DOM.enable")
    cdp.send("CSS.enable")
    root = cdp.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    other = {}
    for node in cdp.send("DOM.querySelectorAll", {"nodeId": root, "selector": "[data-sample]"})["nodeIds"]:
        attributes = cdp.send("DOM.getAttributes", {"nodeId": node})["attributes"]
        kind = attributes[attributes.index("data-sample") + 1]
        fonts = cdp.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        strange = [font for font in fonts if not (font["isCustomFont"] and font["familyName"] == "STIX Two Math")]
        # A space shows nothing, whichever font it is from; the two that divide the kind from its text are not shown.
        if sum(font["glyphCount"] for font in strange) > sum(c.isspace() for c in kind) - 2:
            other[kind] = strange
    assert other == {}


def test_a_root_ends_where_what_is_under_it_ends_and_dots_stand_clear_of_their_letter(show: Show) -> None:
    tab = show("momentum.md")
    unfold(tab)
    gaps = tab.evaluate(
        """[...document.querySelectorAll('article msqrt')].map(root => (root.getBoundingClientRect().right
        - root.lastElementChild.getBoundingClientRect().right) / parseFloat(getComputedStyle(root).fontSize))"""
    )
    assert len(gaps) > 5
    assert max(map(abs, gaps)) < 0.01  # rounding to parts of a pixel
    padding = tab.evaluate(
        """[...document.querySelectorAll('article mover[accent] > mo')].map(e => getComputedStyle(e).paddingBottom)"""
    )
    assert padding
    assert all(float(p.removesuffix("px")) > 0.5 for p in padding)


@every_page
@both_themes
def test_text_stands_out_from_the_background(source: str, show: Show, theme: str) -> None:
    contrast_of_text(show(source, theme=theme))


@pytest.mark.parametrize("source", ["gradient-descent.md", "lab/step-size.py", "statements.md"])
def test_without_scripts_it_is_dark_where_the_reader_wishes_and_text_stands_out(source: str, show: Show) -> None:
    tab = show(source, theme="dark", scripts=False)
    assert tab.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
    contrast_of_text(tab)


def contrast_of_text(tab: Tab) -> None:
    """All text stands out by 4.5 to 1."""
    unfold(tab)
    faint = tab.evaluate(
        f"""least => {{ {CONTRAST}
        const own = e => [...e.childNodes].some(n => n.nodeType == Node.TEXT_NODE && n.data.trim())
        return [...document.querySelectorAll('article *')]
          .filter(e => own(e) && !e.closest('svg, .headerlink, style, script') && e.checkVisibility())
          .map(e => [e.outerHTML.slice(0, 60), contrast(getComputedStyle(e).color, e)])
          .filter(([, found]) => found < least) }}""",
        TEXT,
    )
    assert faint == []


@pytest.mark.parametrize("source", ["pictures.md", "momentum.md", "ledger.md"])
def test_figures_take_the_colours_of_the_theme_and_stand_out_from_the_background(source: str, show: Show) -> None:
    """But for contours and grids, which are drawn to stay behind, and for tinted areas, whose outlines carry them."""
    colours = {}
    for theme in ("light", "dark"):
        tab = show(source, theme=theme)
        shown = tab.evaluate(
            f"""() => {{ {CONTRAST}
            const found = {{}}
            for (const e of document.querySelectorAll('{FIGURE} :is(path, use)')) {{
              const own = e.closest('[style*="--gd-"]')?.getAttribute('style') ?? 'none'
              const {{fill, stroke, fillOpacity}} = getComputedStyle(e)
              const line = stroke != 'none', used = line ? stroke : fill
              const role = own.match(line ? /stroke:var\\(--gd-(\\w+)/ : /fill:var\\(--gd-(\\w+)/)?.[1] ?? own
              if (e.closest('defs, clipPath') || used == 'none' || !line && fillOpacity < 1) continue
              found[(line ? 'line ' : 'text ') + role] ??= [used, contrast(used, e.closest('.gd-figure'))] }}
            return found }}"""
        )
        faint = {
            kind: contrast
            for kind, (_, contrast) in shown.items()
            if contrast < (TEXT if kind.startswith("text") else LINES) and not re.search("faint|paper", kind)
        }
        assert faint == {}
        colours[theme] = {kind: colour for kind, (colour, _) in shown.items()}
    assert {"text ink", "line ink"} <= colours["light"].keys() == colours["dark"].keys()
    assert {kind for kind, colour in colours["light"].items() if colour == colours["dark"][kind]} == set()


def test_what_unfolds_is_reached_by_the_keyboard_and_shows_the_focus(show: Show) -> None:
    tab = show("gradient-descent.md")
    everything = tab.locator("article summary").count()
    assert everything > 5
    tab.evaluate("document.querySelector('article h1 a').focus()")
    reached = []
    while (focused := tab.evaluate(
        """() => { const e = document.activeElement, s = getComputedStyle(e)
        return !e.closest('article') ? null : !e.matches('summary') ? [-1, true] :
          [[...document.querySelectorAll('article summary')].indexOf(e),
           s.outlineStyle != 'none' && parseFloat(s.outlineWidth) >= 1] }"""
    )):  # fmt: skip
        reached.append(focused)
        tab.keyboard.press("Tab")
    assert [found for found in reached if found[0] >= 0] == [[n, True] for n in range(everything)]
    tab.locator("article summary").first.focus()
    tab.keyboard.press("Enter")
    assert tab.locator("article details").first.get_attribute("open") is not None


def test_nothing_moves_for_a_reader_who_asks_for_that(show: Show) -> None:
    tab = show("gradient-descent.md", reduced_motion="reduce")
    assert tab.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    moving = tab.evaluate(
        """[...document.querySelectorAll('article, article *')].filter(e => {
          const {animationName, transitionProperty, transitionDuration} = getComputedStyle(e)
          const still = /^(none|color|background-color|border-color|opacity|outline-color|fill|stroke)$/
          return animationName != 'none' || transitionDuration.split(',').some(t => parseFloat(t) > 0)
            && !transitionProperty.split(', ').every(p => still.test(p)) }).map(e => e.outerHTML.slice(0, 80))"""
    )
    assert moving == []


@pages_with_proofs
def test_proofs_are_folded_on_the_screen_and_open_in_print(source: str, show: Show) -> None:
    tab = show(source)
    proofs = f"""[...document.querySelectorAll('article details.proof')]
        .map(e => e.querySelector(':scope > :not(summary)')).map({SEEN})"""
    assert set(tab.evaluate(proofs)) == {False}
    tab.emulate_media(media="print")
    printed = tab.evaluate(proofs)
    assert len(printed) == TEXTS[source].count("\n/// proof")
    assert all(printed)
