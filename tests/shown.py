"""Pictures for the tests, each drawn once in a process for each set of parameters, and what they show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from gdfigs.plots.picture import Picture, Series, plotted
from gdfigs.plots.registry import all_figures

ROUNDING = 1e-12
"""A few operations in double precision on numbers of size 1 to 100."""


@cache
def _drawn(name: str, **changed: Any) -> tuple[Picture, dict[str, Series]]:
    drawn = all_figures()[name](**changed)
    return drawn, plotted(drawn)


def _with(name: str, parameters: Mapping[str, Any]) -> tuple[Picture, dict[str, Series]]:
    known = all_figures()[name].parameters
    return _drawn(name, **{n: value for n, value in parameters.items() if n not in known or value != known[n].default})


def picture(name: str, **parameters: Any) -> Picture:
    """Draws the figure ``name``."""
    return _with(name, parameters)[0]


def shown(name: str, **parameters: Any) -> dict[str, Series]:
    """Returns everything that the figure ``name`` shows, by gid."""
    return _with(name, parameters)[1]


def facts(name: str, **parameters: Any) -> dict[str, float]:
    """Returns the named numbers of the figure ``name``."""
    return dict(picture(name, **parameters).facts)


@dataclass(frozen=True)
class Shown:
    """A figure with some parameters: ``s["gid"]`` is a series, ``s.facts`` its facts, ``s.kappa`` a parameter."""

    name: str
    changed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def picture(self) -> Picture:
        return picture(self.name, **self.changed)

    @property
    def series(self) -> dict[str, Series]:
        return shown(self.name, **self.changed)

    @property
    def facts(self) -> Mapping[str, float]:
        return self.picture.facts

    @property
    def axes(self) -> list[Axes]:
        return self.picture.figure.axes

    @property
    def description(self) -> str:
        return self.picture.description

    @property
    def slider_text(self) -> str:
        return self.picture.slider_text

    @property
    def parameters(self) -> dict[str, Any]:
        return {p.name: self.changed.get(p.name, p.default) for p in all_figures()[self.name].parameters.values()}

    def __getitem__(self, gid: str) -> Series:
        return self.series[gid]

    def __getattr__(self, parameter: str) -> Any:
        if parameter not in all_figures()[self.name].parameters:
            raise AttributeError(parameter)
        return self.parameters[parameter]

    def __str__(self) -> str:
        return ", ".join([self.name, *(f"{name}={value:g}" for name, value in self.changed.items())])

    def has(self, rtol: float = ROUNDING, atol: float = 0.0, **expected: Any) -> None:
        """Asserts that the facts of these names have these values."""
        for name, value in expected.items():
            np.testing.assert_allclose(self.facts[name], value, rtol=rtol, atol=atol, err_msg=name)


def close(actual: ArrayLike, expected: ArrayLike, rtol: float = ROUNDING, atol: float = 0.0) -> None:
    """Asserts that arrays agree within a relative or, added to it, an absolute error."""
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=atol)


same = np.testing.assert_array_equal


def xy(series: Series) -> np.ndarray:
    """Returns the points of a series, shape (n, 2)."""
    return np.column_stack([series.x, series.y])


def outside(drawn: Picture, margin: float = 1e-6) -> dict[str, float]:
    """Returns what lies outside its axes by more than so many pixels, and how far; infinitely, what shows nothing."""
    far = {}
    for artist in drawn.figure.findobj(lambda artist: bool(artist.get_gid())):
        series = plotted(drawn)[artist.get_gid()]
        if series.kind != "steps":
            pixels = artist.axes.transData.transform(xy(series))
            pixels = pixels[np.isfinite(pixels).all(axis=1)]  # a gap in a line
            window = artist.axes.get_window_extent()
            beyond = [side.max(initial=-np.inf) for side in (window.min - pixels, pixels - window.max)]
            far[str(artist.get_gid())] = float(max(beyond)) if len(pixels) else np.inf
    return {gid: beyond for gid, beyond in far.items() if beyond > margin}
