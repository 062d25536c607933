"""Picture: a Matplotlib figure whose artists carry names, read back number by number.

What is read back is what the page shows, the CSV holds and the tests judge.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gdfigs.problems import Array

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Picture:
    """A drawn figure.

    figure: the Matplotlib figure; every artist that carries meaning has a ``gid``, unique in the figure.
    description: what is seen, in a sentence or two with its numbers, for readers who do not see it.
    facts: named numbers of the picture, which prose quotes and the build checks.
    Raises ValueError on an empty description, a fact that is not finite, or no named artist.
    """

    figure: Figure
    description: str
    facts: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.description.strip():
            raise ValueError("a picture needs a description for readers who do not see it")
        for name, value in self.facts.items():
            if not math.isfinite(value):
                raise ValueError(f"the fact {name!r} is {value}, not a finite number")
        if not plotted(self):
            raise ValueError("no artist has a gid: nothing in the picture can be read back")


@dataclass(frozen=True)
class Series:
    """What one artist shows, in data units.

    kind: line, points, arrows, contours, region or steps.
    columns: equally long arrays. x, y for all but steps; arrows also u, v; contours also level and piece
    (vertices of one piece belong together); a region is the outline of a filled area; steps have left, right, height.
    """

    kind: str
    columns: Mapping[str, Array]

    def __getitem__(self, column: str) -> Array:
        return self.columns[column]

    @property
    def x(self) -> Array:
        return self.columns["x"]

    @property
    def y(self) -> Array:
        return self.columns["y"]


def plotted(picture: Picture) -> dict[str, Series]:
    """Everything the picture shows, by gid. Raises ValueError on a gid used twice or an artist of unknown kind."""
    found: dict[str, Series] = {}
    for artist in picture.figure.findobj(lambda a: bool(a.get_gid())):
        gid = str(artist.get_gid())
        if gid in found:
            raise ValueError(f"two artists of one picture have the gid {gid!r}")
        found[gid] = _read(artist)
    return found


def to_csv(series: Mapping[str, Series]) -> str:
    """The series as one table: a row per point, columns that a series does not have left empty; full precision."""
    columns = list(dict.fromkeys(column for s in series.values() for column in s.columns))
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["series", *columns])
    for gid, s in series.items():
        for row in zip(*(_cells(s, column) for column in columns), strict=True):
            table.writerow([gid, *row])
    return out.getvalue()


def _cells(series: Series, column: str) -> Iterator[str]:
    if column in series.columns:
        return (f"{value:.17g}" for value in series[column])
    return iter([""] * len(next(iter(series.columns.values()))))


def _read(artist: Artist) -> Series:
    """The data of one artist, as drawn."""
    from matplotlib.collections import PathCollection, PolyCollection
    from matplotlib.contour import ContourSet
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch, StepPatch
    from matplotlib.quiver import Quiver

    match artist:
        case Line2D():
            return _points("line", _in_data_units(artist, artist.get_xydata()))
        case Quiver():
            return _points("arrows", artist.get_offsets(), u=artist.U, v=artist.V)
        case ContourSet():
            return _contours(artist)
        case PathCollection():
            return _points("points", artist.get_offsets())
        case PolyCollection():
            return _points("region", np.vstack([path.vertices for path in artist.get_paths()]))
        case StepPatch():
            values, edges, _ = artist.get_data()
            return Series("steps", {"left": edges[:-1], "right": edges[1:], "height": np.asarray(values)})
        case Patch():
            outline = artist.get_patch_transform().transform_path(artist.get_path())
            # A circle is a few Bezier curves; as a polygon its vertices lie on it to 1e-3 of a pixel.
            vertices = outline.to_polygons(closed_only=False)[0] if outline.codes is not None else outline.vertices
            return _points("region", vertices)
    raise ValueError(f"{type(artist).__name__} with gid {artist.get_gid()!r} cannot be read back")


def _points(kind: str, xy: Any, **more: Any) -> Series:
    x, y = np.ma.getdata(np.asarray(xy, dtype=np.float64)).T
    return Series(kind, {"x": x, "y": y, **{name: np.asarray(values, dtype=float) for name, values in more.items()}})


def _in_data_units(line: Any, xy: Any) -> Any:
    """The vertices of axhline and its like, given partly as fractions of the axes, in data units."""
    transform, data = line.get_transform(), line.axes.transData
    if transform == data:
        return xy
    return data.inverted().transform(transform.transform(xy))


def _contours(contours: Any) -> Series:
    x, y, levels, pieces = [], [], [], []
    number = 0
    for level, path in zip(contours.levels, contours.get_paths(), strict=True):
        for piece in path.to_polygons(closed_only=False) if len(path.vertices) else []:
            x.append(piece[:, 0])
            y.append(piece[:, 1])
            levels.append(np.full(len(piece), level))
            pieces.append(np.full(len(piece), float(number)))
            number += 1
    empty = [np.empty(0)]
    return Series(
        "contours",
        {
            "x": np.concatenate(x or empty),
            "y": np.concatenate(y or empty),
            "level": np.concatenate(levels or empty),
            "piece": np.concatenate(pieces or empty),
        },
    )
