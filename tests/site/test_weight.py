"""The pages stay light."""

import re
from collections import Counter
from pathlib import Path

from tests.built import ROOT, Page
from tests.site import weight
from tests.sliders import SLIDERS


def test_every_figure_is_small(site: Path) -> None:
    sizes = weight.figures(site)
    assert sizes
    assert {name: size for name, size in sizes.items() if size > weight.LARGEST_SVG} == {}


def test_every_page_is_light_with_all_that_it_loads(site: Path) -> None:
    assert {name: size for name, size in weight.pages(site).items() if size > weight.HEAVIEST_PAGE} == {}


def test_a_figure_with_its_frames_is_small(site: Path) -> None:
    sizes = weight.sliders(site)
    assert len(sizes) == len(SLIDERS)
    assert {name: size for name, size in sizes.items() if size > weight.HEAVIEST_SLIDER} == {}


def test_the_script_of_the_sliders_is_short() -> None:
    script = (ROOT / "gdfigs/site/slider.js").read_text(encoding="utf-8")
    assert script.count("\n") < 100
    nearest_stop = ("Math.abs(stop - value)", "Math.min(...far)")
    assert "Math." not in re.sub("|".join(map(re.escape, nearest_stop)), "", script)


def test_a_page_has_no_script_but_the_themes_and_that_of_its_sliders(page: Page) -> None:
    scripts = [e.get("src", "") for e in page.tree.iter("script")]
    assert all("assets/javascripts/" in src for src in scripts if src)
    own, sliders = (
        Counter(e.get("type") for e in page.article.iter("script")),
        len(list(page.article.iter("gd-slider"))),
    )
    assert own == ({"application/json": sliders, "module": 1} if sliders else {})


def test_a_page_loads_a_style_sheet_the_words_to_be_searched_and_for_formulas_their_font(page: Page) -> None:
    loaded = {file.suffix for file in weight.loaded(page)}
    font = {".woff2"} if page.article.find(".//math") is not None else set()
    assert loaded == {".html", ".json", ".css"} | font
