"""What the pages of a built site weigh."""

import gzip
import re
from pathlib import Path
from urllib.parse import urljoin

from gdfigs.plots.frames import BUDGET
from tests.built import NAV, Page

LARGEST_SVG = 60_000
"""Bytes of the largest figure, as it stands on its page."""
HEAVIEST_PAGE = 132_000
"""Bytes, compressed, of a page with all that it loads the first time but the theme's own files and sliders' frames.
Of the heaviest, with its twenty statements and their proofs, the font and the search index are more than half; that
each of its formulas says on how many cases it was run costs 4,000."""
HEAVIEST_SLIDER = BUDGET
"""Bytes, compressed, of a figure with its sliders and all its frames."""

THEME = ("assets/stylesheets/", "assets/javascripts/", "assets/images/favicon.png")


def figures(site: Path) -> dict[str, int]:
    """Bytes of every figure's SVG, by the name of its file."""
    return {file.stem: file.stat().st_size for file in (site / "figures").glob("*.svg")}


def pages(site: Path) -> dict[str, int]:
    """Bytes, compressed as a server would, of every page with what it loads but the theme's own files."""
    return {source: sum(map(_compressed, loaded(Page(source, site)))) for source in NAV}


def sliders(site: Path) -> dict[str, int]:
    """Bytes, compressed, of every figure with sliders, by page and figure."""
    return {
        f"{source} {slider[1]}": len(gzip.compress(slider[0].encode(), 6, mtime=0))
        for source in NAV
        for slider in _SLIDER.finditer(Page(source, site).file.read_text(encoding="utf-8"))
    }


def loaded(page: Page) -> list[Path]:
    """The page itself, the files that its elements load, and the index that the theme's script loads for its search."""
    links = [
        e.get("src") or e.get("href") or "" for e in page.tree.iter() if e.tag in ("link", "script", "img", "source")
    ]
    local = {urljoin(f"/{page.url}", link).lstrip("/") for link in links if link and not link.startswith("data:")}
    own = sorted(name for name in local if not name.startswith(THEME) and (page.site / name).is_file())
    return [page.file, page.site / "search/search_index.json", *(page.site / name for name in own)]


_SLIDER = re.compile(r'<gd-slider data-name="([^"]*)".*?</gd-slider>', re.DOTALL)
_FRAMES = re.compile(rb'<script type="application/json">.*?</script></gd-slider>', re.DOTALL)


def _compressed(file: Path) -> int:
    content = _FRAMES.sub(b"", file.read_bytes()) if file.suffix == ".html" else file.read_bytes()
    return len(content) if file.suffix in (".woff2", ".png") else len(gzip.compress(content, 6, mtime=0))
