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

from gdfigs.maths.problems import Array

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Picture:
    """A drawn figure.

    figure: the Matplotlib figure; every artist that carries meaning has a ``gid``, unique in the figure.
    description: what is seen, in a sentence or two with its numbers, for readers who do not see it.
    facts: named numbers of the picture, which prose quotes and the build checks.
    told: what changes when a slider moves, in a few words with its numbers; if empty, the facts that change are told.
    Raises ValueError on an empty description, a fact that is not finite, or no named artist.
    """

    figure: Figure
    description: str
    facts: Mapping[str, float] = field(default_factory=dict)
    slider_text: str = ""

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
    columns: equally long arrays. x, y for all but steps; NaN breaks a line; arrows also u, v; contours also level;
    a region is the outline of a filled area; contours and regions also piece (the vertices of one piece belong
    together; a closed one ends where it begins); steps have left, right, height.
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
    """Everything the picture shows, by gid. Raises ValueError on a gid used twice or an artist of another kind."""
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
            x, y = _in_data_units(artist, artist.get_transform(), artist.get_xydata()).T
            return Series("line", {"x": x, "y": y})
        case Quiver():
            return _marks("arrows", artist, u=_masked(artist.U, artist.Umask), v=_masked(artist.V, artist.Umask))
        case ContourSet(filled=False):
            levels = zip(artist.levels, artist.get_paths(), strict=True)
            return _outlines("contours", [(piece, level) for level, path in levels for piece in _pieces(path)])
        case PathCollection():
            return _marks("points", artist)
        case PolyCollection():
            return _outlines("region", [(piece, None) for path in artist.get_paths() for piece in _pieces(path)])
        case StepPatch():
            heights, edges, _ = artist.get_data()
            return Series("steps", {"left": edges[:-1], "right": edges[1:], "height": np.asarray(heights)})
        case Patch():
            pieces = _pieces(artist.get_patch_transform().transform_path(artist.get_path()))
            units = artist.get_data_transform()
            return _outlines("region", [(_in_data_units(artist, units, piece), None) for piece in pieces])
    raise ValueError(f"{type(artist).__name__} with gid {artist.get_gid()!r} cannot be read back")


def _in_data_units(artist: Any, transform: Any, xy: Any) -> Array:
    """Vertices in data units; ``transform`` takes xy to the page, and a coordinate of axhline is none of the data."""
    xy = np.ma.filled(np.ma.asarray(xy, dtype=np.float64), np.nan)
    data = artist.axes.transData
    if transform == data:
        return xy
    page = transform.transform(xy)
    # Where both transforms agree, to far less than a pixel, the coordinate is one of the data, kept to the last digit.
    return np.where(np.abs(data.transform(xy) - page) < 1e-6, xy, data.inverted().transform(page))


def _masked(values: Any, mask: Any) -> Array:
    return np.where(mask, np.nan, values)


def _marks(kind: str, collection: Any, **more: Array) -> Series:
    """One point for each mark that is drawn: masked ones and those with a coordinate NaN are not."""
    x, y = _in_data_units(collection, collection.get_offset_transform(), collection.get_offsets()).T
    columns = {"x": x, "y": y, **{name: np.broadcast_to(values, x.shape) for name, values in more.items()}}
    drawn = np.isfinite(list(columns.values())).all(axis=0)
    return Series(kind, {name: values[drawn] for name, values in columns.items()})


def _outlines(kind: str, outlines: list[tuple[Array, float | None]]) -> Series:
    """The vertices of several outlines, one below the other, each with its number and its level if it has one."""
    lengths = [len(vertices) for vertices, _ in outlines]
    x, y = np.vstack([np.empty((0, 2)), *(vertices for vertices, _ in outlines)]).T
    level = {"level": np.repeat([level for _, level in outlines], lengths)} if kind == "contours" else {}
    return Series(kind, {"x": x, "y": y, **level, "piece": np.repeat(np.arange(len(outlines), dtype=float), lengths)})


def _pieces(path: Any) -> list[Array]:
    """The unbroken outlines of a path; a closed one ends where it begins, and curves are sampled."""
    if not len(path.vertices):
        return []
    if path.codes is None:
        return [path.vertices]
    if np.isin(path.codes, (path.CURVE3, path.CURVE4)).any():
        path = _sampled(path)
    starts = np.flatnonzero(path.codes == path.MOVETO)
    pieces = np.split(path.vertices.copy(), starts[1:])
    for piece, codes in zip(pieces, np.split(path.codes, starts[1:]), strict=True):
        piece[codes == path.CLOSEPOLY] = piece[0]
    return pieces


def _sampled(path: Any) -> Any:
    """The same path with points on each Bezier curve in place of its control points."""
    vertices, codes = [], []
    for segment, code in path.iter_bezier():
        curved = segment.degree > 1
        points = segment(np.linspace(1 / 16, 1, 16) if curved else np.ones(1))
        vertices.append(points)
        codes += [path.LINETO if curved else code] * len(points)
    return type(path)(np.vstack(vertices), codes)
