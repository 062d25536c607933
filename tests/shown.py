"""What a figure shows, for the tests: drawn once for each set of parameters."""

from functools import cache
from typing import Any

import numpy as np

from gdfigs.plots.picture import Picture, Series, plotted
from gdfigs.plots.registry import all_figures


@cache
def picture(name: str, **parameters: Any) -> Picture:
    """The figure ``name`` of the catalogue, drawn."""
    return all_figures()[name](**parameters)


def shown(name: str, **parameters: Any) -> dict[str, Series]:
    """Everything that the figure ``name`` shows, by gid."""
    return plotted(picture(name, **parameters))


def facts(name: str, **parameters: Any) -> dict[str, float]:
    """The named numbers of the figure ``name``."""
    return dict(picture(name, **parameters).facts)


def outside(drawn: Picture, margin: float = 1e-6) -> dict[str, float]:
    """What lies outside its axes by more than so many pixels, and how far; by gid. Infinitely, what shows nothing."""
    far = {}
    for artist in drawn.figure.findobj(lambda artist: bool(artist.get_gid())):
        series = plotted(drawn)[artist.get_gid()]
        if series.kind != "steps":
            pixels = artist.axes.transData.transform(np.column_stack([series.x, series.y]))
            pixels = pixels[np.isfinite(pixels).all(axis=1)]  # a gap in a line
            window = artist.axes.get_window_extent()
            beyond = [side.max(initial=-np.inf) for side in (window.min - pixels, pixels - window.max)]
            far[str(artist.get_gid())] = float(max(beyond)) if len(pixels) else np.inf
    return {gid: beyond for gid, beyond in far.items() if beyond > margin}
