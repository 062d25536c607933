"""A picture in a notebook: drawn by whatever shows the notebook, with its title and its description."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from gdfigs.plots.picture import Picture
from gdfigs.plots.style import PAPER
from gdfigs.plots.svg import to_svg

ELSEWHERE = f'xmlns="http://www.w3.org/2000/svg" style="background:{PAPER}" '
"""What the drawing needs away from the site, where it stands on the page's own paper."""


@dataclass(frozen=True)
class Shown:
    """What a notebook shows of a picture; a cell that ends in one shows it."""

    picture: Picture
    title: str

    @property
    def name(self) -> str:
        """The title as an id: the beginning of all ids in the drawing."""
        return "figure-" + re.sub("[^a-z0-9]+", "-", self.title.lower()).strip("-")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        svg = to_svg(self.picture, self.name, self.title)
        return {
            "image/svg+xml": svg.replace("<svg ", f"<svg {ELSEWHERE}", 1),
            "text/plain": f"{self.title}. {self.picture.description}",
        }


def show(picture: Picture, title: str) -> Shown:
    """The picture, shown by the cell that ends in this. title: what it is, in a few words; read aloud first."""
    if not title.strip():
        raise ValueError("a picture in a notebook needs a title: what it is, in a few words")
    return Shown(picture, title)
