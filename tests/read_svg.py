"""Reads the numbers back from a published SVG, through the axes of the picture that it was made from.

The SVG gives two decimals of a pixel, so a coordinate is off by at most 0.005 px in each direction, and by as much
again where it is the sum of two (arrows and filled areas may be defined once and put in their places); Matplotlib
itself writes six decimals.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from gdfigs.maths.problems import Array
from gdfigs.plots.picture import Picture, Series, named_artists, plotted

ROUNDING = 0.0051 * 2**0.5
"""In pixels: 0.005 and Matplotlib's rounding, in two directions."""
TOLERANCE = 2 * ROUNDING
"""The same for what is the sum of two."""


def misplaced(svg: str, picture: Picture) -> dict[str, float]:
    """The artists that lie beside what ``plotted`` says of them by more than rounding explains, and by how far."""
    series, far = plotted(picture), off_by(svg, picture)
    twice = {gid: 2 if series[gid].kind in ("arrows", "region") else 1 for gid in series}
    return {gid: far[gid] for gid in series if not far[gid] <= ROUNDING * twice[gid]}


def off_by(svg: str, picture: Picture) -> dict[str, float]:
    """By how many pixels, at most, each artist of the SVG lies beside what ``plotted`` says of it.

    Infinite where it has another number of points.
    """
    far, plots = {}, plotted(picture)
    for gid, (artist, drawn) in _drawn(svg, picture).items():
        series = plots[gid]
        pixels, more = _pixels(artist, drawn, series)
        data = _vertices(series)
        expected = artist.axes.transData.transform(data[np.isfinite(data).all(axis=1)])
        same = pixels.shape == expected.shape and all(np.array_equal(more[name], series[name]) for name in more)
        far[gid] = float(np.linalg.norm(pixels - expected, axis=1).max(initial=0)) if same else np.inf
    return far


def _vertices(series: Series) -> Array:
    """The points that a series has in the drawing, in data units, shape (n, 2)."""
    if series.kind == "steps":
        return np.column_stack([series[name] for name in ("left", "height", "right", "height")]).reshape(-1, 2)
    if series.kind == "bars":
        right, top = series.x + series["width"], series.y + series["height"]
        return np.column_stack([series.x, series.y, right, series.y, right, top, series.x, top]).reshape(-1, 2)
    return np.column_stack([series.x, series.y])


def tips(svg: str, picture: Picture, gid: str) -> Array:
    """The points of the arrows' heads, in data units, shape (n, 2)."""
    artist, drawn = _drawn(svg, picture)[gid]
    return np.asarray(artist.axes.transData.inverted().transform(np.array([tip for _, tip in _arrows(drawn)])))


def _drawn(svg: str, picture: Picture) -> dict[str, tuple[Any, "_Group"]]:
    """Each named artist with its elements of the SVG."""
    plotted(picture)  # which settles the axes
    root = ET.fromstring(svg)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    prefix = root.get("aria-labelledby", "").split()[0].removesuffix("-title")
    by_id = {e.get("id"): e for e in root.iter() if "id" in e.attrib}
    height = float(root.get("viewBox", "").split()[3])
    drawn = {}
    for gid, artists in named_artists(picture.figure).items():
        ids = [f"{prefix}-{gid}{f'.{n}' if n else ''}" for n in range(len(artists))]  # one for each bar
        drawn[gid] = artists[0], _Group([by_id[i] for i in ids], by_id, height)
    return drawn


class _Group:
    """The elements of one artist. outlines: by path, the unbroken outlines; marks: where symbols stand."""

    def __init__(self, groups: list[ET.Element], by_id: dict[str | None, ET.Element], height: float) -> None:
        own = [e for group in groups for e in group.iter()]
        defined = {e for group in groups for defs in group.iter("defs") for e in defs.iter()}
        self.uses = [e for e in own if e.tag == "use"]
        self.marks = np.array([_position(e) for e in self.uses]).reshape(-1, 2) * (1, -1) + (0, height)
        self.outlines: list[list[Array]] = []
        for element in own:
            if element.tag == "path" and element not in defined and element.get("d"):
                self.outlines.append([piece * (1, -1) + (0, height) for piece in _pieces(element.get("d", ""))])
        self.placed = [
            [(piece + _position(use)) * (1, -1) + (0, height) for piece in _pieces(shape.get("d", ""))]
            for use in self.uses
            if (shape := by_id[use.get("href", "").removeprefix("#")]) is not None
        ]
        """The same for what is defined once and put in its place, as filled areas are."""


def _position(use: ET.Element) -> Array:
    return np.array([float(use.get("x", 0)), float(use.get("y", 0))])


def _pixels(artist: Any, drawn: _Group, series: Series) -> tuple[Array, dict[str, Array]]:
    """The points that are drawn, shape (n, 2), and the columns that belong to them beside x and y."""
    match series.kind:
        case "line" | "points":
            lines = [piece for outline in drawn.outlines for piece in outline]
            if series.kind == "points":
                return (drawn.marks if len(drawn.marks) else np.array([_centre(line) for line in lines])), {}
            if not lines:
                return drawn.marks, {}
            vertices = np.vstack(lines)
            if series.kind == "line" and artist.get_drawstyle() == "steps-mid":
                return vertices, {}  # whose markers stand between the corners
            beside = [m for m in drawn.marks if np.linalg.norm(vertices - m, axis=1).min() > TOLERANCE]
            return np.vstack([vertices, *beside]), {}
        case "arrows":
            share = {"tail": 0.0, "middle": 0.5, "mid": 0.5, "tip": 1.0}[artist.pivot]
            at = [tail + share * (tip - tail) for tail, tip in _arrows(drawn)]
            return np.array(at).reshape(-1, 2), {"u": series["u"], "v": series["v"]}
        case "bars":
            return np.vstack([outline[:4] for (outline,) in drawn.outlines]), {}
        case "steps":
            (outline,) = (piece for outline in drawn.outlines for piece in outline)
            inner = outline[1:] if outline[0][0] == outline[1][0] else outline
            return inner[: 2 * len(series["left"])], {}
    outlines = drawn.outlines or drawn.placed
    pieces = [piece for outline in outlines for piece in outline]
    for number, length in enumerate(np.bincount(series["piece"].astype(int))[: len(pieces)]):
        # Matplotlib may close an outline twice, at the same place but for the rounding to hundredths of a pixel.
        if len(pieces[number]) == length + 1 and np.abs(np.diff(pieces[number][-2:], axis=0)).max() < 0.011:
            pieces[number] = pieces[number][:-1]
    lengths = [len(piece) for piece in pieces]
    more = {"piece": np.repeat(np.arange(len(pieces), dtype=float), lengths)}
    if series.kind == "contours":
        # A path for each level, from the lowest that is met.
        met = [level for level, path in zip(artist.levels, artist.get_paths(), strict=True) if len(path.vertices)]
        levels = [level for level, outline in zip(met, outlines, strict=True) for _ in outline]
        more = {"level": np.repeat(levels, lengths), **more}
    return np.vstack([np.empty((0, 2)), *pieces]), more


def _centre(outline: Array) -> Array:
    return (outline.min(axis=0) + outline.max(axis=0)) / 2


def _arrows(drawn: _Group) -> Iterator[tuple[Array, Array]]:
    """(foot, tip) of each arrow: the outline runs from one side of the foot over the tip to its other side."""
    for outline in drawn.outlines or drawn.placed:
        for piece in outline:
            yield (piece[0] + piece[6]) / 2, piece[3]


def _pieces(d: str) -> list[Array]:
    """The unbroken outlines of a path's data; a closed one ends where it begins, a curve gives 16 points."""
    pieces: list[list[Array]] = []
    command, pending = "", []
    for word in re.findall(r"[A-Za-z]|-?(?:\d*\.\d+|\d+)", d):
        if word.isalpha():
            command = word
            if command in "Zz":
                pieces[-1].append(pieces[-1][0])
            continue
        pending.append(float(word))
        if len(pending) < {"M": 2, "L": 2, "Q": 4, "C": 6}[command.upper()]:
            continue
        origin = pieces[-1][-1] if command.islower() else np.zeros(2)
        points, pending = origin + np.array(pending).reshape(-1, 2), []
        if command == "M":
            pieces.append([points[0]])
            command = "L"
        else:
            pieces[-1] += _curve(np.vstack([pieces[-1][-1], points])) if len(points) > 1 else [points[0]]
    return [np.array(piece) for piece in pieces]


def _curve(points: Array) -> list[Array]:
    """De Casteljau's construction of a Bezier curve at 16 parameters after 0."""
    made = []
    for t in np.linspace(1 / 16, 1, 16):
        level = list(points)
        while len(level) > 1:
            level = [(1 - t) * a + t * b for a, b in pairwise(level)]
        made.append(level[0])
    return made
