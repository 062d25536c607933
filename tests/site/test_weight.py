"""The pages stay light."""

from pathlib import Path

from tests.built import Page
from tests.site import weight


def test_every_figure_is_small(site: Path) -> None:
    sizes = weight.figures(site)
    assert sizes
    assert {name: size for name, size in sizes.items() if size > weight.LARGEST_SVG} == {}


def test_every_page_is_light_with_all_that_it_loads(site: Path) -> None:
    assert {name: size for name, size in weight.pages(site).items() if size > weight.HEAVIEST_PAGE} == {}


def test_a_page_has_no_script_but_the_themes(page: Page) -> None:
    scripts = [e.get("src", "") for e in page.tree.iter("script")]
    assert all("assets/javascripts/" in src for src in scripts if src)
    assert page.article.find(".//script") is None


def test_a_page_loads_the_style_sheet_the_words_to_be_searched_and_for_formulas_their_font(page: Page) -> None:
    loaded = {file.suffix for file in weight.loaded(page)}
    assert loaded == {".html", ".json", ".css"} | ({".woff2"} if page.article.find(".//math") is not None else set())
