"""Pictures: figures whose artists carry names. The page shows, the CSV holds and the tests judge the same numbers."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gdfigs.maths.problems import Array

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Picture:
    """A figure that has been drawn. Raises ValueError without a description, a gid, or a finite number for a fact.

    Args:
        figure: the Matplotlib figure; every artist that carries meaning has a ``gid``, unique in the figure.
        description: the content in a sentence or two with its numbers, for readers who do not see it.
        facts: named numbers of the picture, which prose quotes and the build checks; kept as floats.
        slider_text: a few words with numbers for each stop of a slider; if empty, the facts that change.
        title: the subject in a few words.
        name: of the registered figure, if it is one.
        page: the same.
        parameters: with which it was drawn.
        redraw: draws the picture again, as PDF and PNG for the dark theme need it.
    """

    figure: Figure
    description: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    slider_text: str = ""
    title: str = ""
    name: str = ""
    page: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    redraw: Callable[[], Picture] | None = None

    def __post_init__(self) -> None:
        if not self.description.strip():
            raise ValueError("a picture needs a description for readers who do not see it")
        object.__setattr__(self, "facts", {name: float(value) for name, value in self.facts.items()})
        for name in [name for name, value in self.facts.items() if not math.isfinite(value)]:
            raise ValueError(f"the fact {name!r} is {self.facts[name]}, not a finite number")
        if self.figure.get_layout_engine():  # it would move the axes a little at each drawing
            self.figure.draw_without_rendering()
            self.figure.set_layout_engine("none")
        if not self.data:
            raise ValueError("no artist has a gid: nothing in the picture can be read back")

    @property
    def data(self) -> dict[str, Series]:
        """Everything the picture shows, by gid; ``picture.data["gap"].y`` is an array."""
        return plotted(self)

    def frame(self) -> Any:
        """Returns the data as a pandas DataFrame, with the rows and columns of the CSV."""
        import pandas  # type: ignore[import-untyped,unused-ignore]

        tables = [pandas.DataFrame({"series": gid, **series.columns}) for gid, series in self.data.items()]
        return pandas.concat(tables, ignore_index=True)

    def save(self, path: str | PathLike[str], *, dark: bool = False, width: int | None = None) -> None:
        """Writes the picture in the format that ``path`` ends in; see gdfigs.plots.files."""
        from gdfigs.plots.files import content

        Path(path).write_bytes(content(self, Path(path).suffix[1:], dark, width))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from gdfigs.plots.svg import ELSEWHERE, to_svg

        # Other parameters are another drawing, whose ids must not be taken for this one's.
        words = " ".join([self.title, *(f"{name} {value}" for name, value in self.parameters.items())])
        svg = to_svg(self, "figure-" + re.sub("[^a-z0-9]+", "-", words.lower()).strip("-"), self.title)
        text = f"{self.title}. {self.description}".removeprefix(". ")
        return {"image/svg+xml": svg.replace("<svg ", f"<svg {ELSEWHERE}", 1), "text/plain": text}


@dataclass(frozen=True)
class Series:
    """The numbers that one artist shows, in data units.

    Args:
        kind: line, points, arrows, contours, region (a filled area), segments, steps or bars.
        columns: equally long arrays. All but steps have x and y; NaN breaks a line; arrows have u and v, too; contours
            a level; contours, regions and segments a piece (vertices of one piece belong together; a closed one ends
            where it begins); steps have left, right and height; bars a corner x, y, a width and a height.
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
    """Reads back everything shown, by gid. Raises ValueError on a gid used twice or an artist of another kind."""
    for axes in picture.figure.axes:
        axes.apply_aspect()  # which Matplotlib puts off until it draws
    return {gid: _read(gid, artists) for gid, artists in named_artists(picture.figure).items()}


def named_artists(figure: Figure) -> dict[str, list[Artist]]:
    """Returns the visible artists that have a gid, by gid: several where ax.bar gives it to each bar."""
    artists: dict[str, list[Artist]] = {}
    for artist in figure.findobj(lambda a: bool(a.get_gid() and a.get_visible())):
        artists.setdefault(str(artist.get_gid()), []).append(artist)
    return artists


def to_csv(series: Mapping[str, Series]) -> str:
    """Writes the series as one table: a row per point, no value in a column that a series lacks; full precision."""
    columns = dict.fromkeys(column for s in series.values() for column in s.columns)
    out = io.StringIO()
    table = csv.DictWriter(out, ["series", *columns], lineterminator="\n")
    table.writeheader()
    for gid, s in series.items():
        for row in zip(*s.columns.values(), strict=True):
            table.writerow({"series": gid} | {name: f"{x:.17g}" for name, x in zip(s.columns, row, strict=True)})
    return out.getvalue()


def _read(gid: str, artists: list[Any]) -> Series:
    """Reads back the artists of one gid, as they are drawn."""
    from matplotlib.collections import LineCollection, PathCollection, PolyCollection
    from matplotlib.contour import ContourSet
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch, StepPatch
    from matplotlib.quiver import Quiver

    artist: Any = artists[0]
    # A subclass may draw what it likes: lines in three dimensions keep their coordinates elsewhere.
    readable = artist.axes is not None and type(artist).__module__.startswith("matplotlib.")
    containers = map(list, artist.axes.containers) if readable else []
    if isinstance(artist, Patch) and artists in containers and artist.get_data_transform() == artists[0].axes.transData:
        corners = np.array([(*bar.get_xy(), bar.get_width(), bar.get_height()) for bar in artists])
        return Series("bars", dict(zip(("x", "y", "width", "height"), corners.T, strict=True)))
    if len(artists) > 1:
        remedy = "give each its own (of ax.errorbar, draw the bars by ax.vlines, the points by ax.plot)"
        raise ValueError(f"two artists of one picture have the gid {gid!r}: {remedy}")
    match artist if readable else None:
        case Line2D() if artist.get_markevery() is None or artist.get_linestyle() != "None":
            x, y = _vertices(artist).T
            return Series("line", {"x": x, "y": y})
        case Quiver():
            return _marks("arrows", artist, u=artist.U, v=artist.V, hidden=artist.Umask)
        case ContourSet(filled=False):
            return _outlines("contours", artist, artist.get_paths(), levels=artist.levels)
        case PathCollection():
            return _marks("points", artist)
        case PolyCollection() | LineCollection() if not np.any(artist.get_offsets()):
            return _outlines("region" if isinstance(artist, PolyCollection) else "segments", artist, artist.get_paths())
        case StepPatch(orientation="vertical") if not np.any(artist.get_data()[2]):
            heights, edges, _ = artist.get_data()
            return Series("steps", {"left": edges[:-1], "right": edges[1:], "height": np.asarray(heights)})
        case Patch():
            path = artist.get_patch_transform().transform_path(artist.get_path())
            return _outlines("region", artist, [path], transform=artist.get_data_transform())
    raise ValueError(
        f"{type(artist).__name__} with gid {gid!r} cannot be read back: lines (dots alone without markevery), points, "
        "arrows, contours, areas, patches, stairs, bars, hlines and vlines can, if their class is Matplotlib's own"
    )


def _vertices(line: Any) -> Array:
    """Returns the corners of a line as it is drawn, those of steps too; markers alone stand where the data are."""
    from matplotlib.cbook import STEP_LOOKUP_MAP

    x, y = line.get_xydata().T
    if line.get_linestyle() != "None":
        x, y = STEP_LOOKUP_MAP[line.get_drawstyle()](x, y)
    return _in_data_units(line, line.get_transform(), np.column_stack([x, y]))


def _in_data_units(artist: Any, transform: Any, xy: Any) -> Array:
    """Turns what ``transform`` takes to the page into data units; one coordinate of axhline is a share of the axes."""
    xy = np.ma.filled(np.ma.asarray(xy, dtype=np.float64), np.nan)
    data = artist.axes.transData
    if transform == data:
        return xy
    page = transform.transform(xy)
    # Where both transforms agree, to far less than a pixel, the coordinate is one of the data, kept to the last digit.
    return np.where(np.abs(data.transform(xy) - page) < 1e-6, xy, data.inverted().transform(page))


def _marks(kind: str, collection: Any, hidden: Any = False, **more: Array) -> Series:
    """Reads a point for each mark that is drawn: masked ones and those with a coordinate NaN are not."""
    x, y = _in_data_units(collection, collection.get_offset_transform(), collection.get_offsets()).T
    columns = {"x": x, "y": y, **{name: np.broadcast_to(values, x.shape) for name, values in more.items()}}
    drawn = np.isfinite(list(columns.values())).all(axis=0) & ~np.broadcast_to(hidden, x.shape)
    return Series(kind, {name: values[drawn] for name, values in columns.items()})


def _outlines(kind: str, artist: Any, paths: Sequence[Any], *, levels: Any = None, transform: Any = None) -> Series:
    """Reads all pieces of the paths, one below the other; each vertex has the number of its piece, and its level."""
    pieces = [(piece, n) for n, path in enumerate(paths) for piece in _pieces(path)]
    lengths = [len(piece) for piece, _ in pieces]
    vertices = np.vstack([np.empty((0, 2)), *(piece for piece, _ in pieces)])
    x, y = _in_data_units(artist, transform or artist.get_transform(), vertices).T
    level = {} if levels is None else {"level": np.repeat([levels[n] for _, n in pieces], lengths)}
    return Series(kind, {"x": x, "y": y, **level, "piece": np.repeat(np.arange(len(pieces), dtype=float), lengths)})


def _pieces(path: Any) -> list[Array]:
    """Cuts a path into unbroken pieces; a closed one ends where it begins, a curve has points in place of controls."""
    if not len(path.vertices) or path.codes is None:
        return [path.vertices] if len(path.vertices) else []
    vertices, codes = path.vertices.copy(), path.codes
    if np.isin(codes, (path.CURVE3, path.CURVE4)).any():
        curve = np.linspace(1 / 16, 1, 16)
        parts = [(s(curve), path.LINETO) if s.degree > 1 else (s(curve[-1:]), code) for s, code in path.iter_bezier()]
        vertices = np.vstack([points for points, _ in parts])
        codes = np.repeat([code for _, code in parts], [len(points) for points, _ in parts])
    starts = np.flatnonzero(codes == path.MOVETO)[1:]
    pieces = np.split(vertices, starts)
    for piece, own in zip(pieces, np.split(codes, starts), strict=True):
        piece[own == path.CLOSEPOLY] = piece[0]
    return pieces
