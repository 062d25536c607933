"""What a figure shows, for the tests: drawn once for each set of parameters."""

from functools import cache
from typing import Any

from gdfigs.catalogue import catalogue
from gdfigs.picture import Picture, Series, plotted


@cache
def picture(name: str, **parameters: Any) -> Picture:
    """The figure ``name`` of the catalogue, drawn."""
    return catalogue()[name](**parameters)


def shown(name: str, **parameters: Any) -> dict[str, Series]:
    """Everything that the figure ``name`` shows, by gid."""
    return plotted(picture(name, **parameters))


def facts(name: str, **parameters: Any) -> dict[str, float]:
    """The named numbers of the figure ``name``."""
    return dict(picture(name, **parameters).facts)
