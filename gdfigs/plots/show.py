"""Pictures in a notebook, with a title."""

from __future__ import annotations

from dataclasses import replace

from gdfigs.plots.picture import Picture
from gdfigs.plots.svg import ELSEWHERE as ELSEWHERE


def show(picture: Picture, title: str) -> Picture:
    """Gives the picture a title, a few words that are read aloud first; the cell that ends in this shows it."""
    if not title.strip():
        raise ValueError("a picture in a notebook needs a title: what it is, in a few words")
    return replace(picture, title=title)
