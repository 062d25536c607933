"""Pictures in a notebook: drawn by whatever shows the notebook, with their title and their description."""

from __future__ import annotations

import re
from dataclasses import replace
from zlib import crc32

from gdfigs.plots.picture import Picture
from gdfigs.plots.style import PAPER
from gdfigs.plots.svg import to_svg

ELSEWHERE = f'xmlns="http://www.w3.org/2000/svg" style="background:{PAPER}" '
"""What the drawing needs away from the site, where it stands on the page's own paper."""


def show(picture: Picture, title: str) -> Picture:
    """Gives the picture a title, a few words that are read aloud first; the cell that ends in this shows it."""
    if not title.strip():
        raise ValueError("a picture in a notebook needs a title: what it is, in a few words")
    return replace(picture, title=title)


def mimebundle(picture: Picture) -> dict[str, str]:
    """Returns the picture as SVG, and its title and description as plain text, as Jupyter asks for them."""
    words = re.sub("[^a-z0-9]+", "-", picture.title.lower()).strip("-")
    # Other parameters are another drawing, whose ids must not be taken for this one's.
    digest = f"-{crc32(repr(dict(picture.parameters)).encode()):08x}" if picture.parameters else ""
    svg = to_svg(picture, f"figure-{words}{digest}", picture.title)
    return {
        "image/svg+xml": svg.replace("<svg ", f"<svg {ELSEWHERE}", 1),
        "text/plain": f"{picture.title}. {picture.description}".removeprefix(". "),
    }
