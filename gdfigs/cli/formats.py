"""A figure as a file: in a format, for a theme, at a width."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from gdfigs.plots.picture import Picture, plotted, to_csv
from gdfigs.plots.registry import FigureCall
from gdfigs.plots.style import PAPER, dark, style
from gdfigs.plots.svg import standalone, to_svg

CSS_PIXEL = 0.75
"""Points: a CSS pixel is 1/96 of an inch, a point 1/72."""


@dataclass(frozen=True)
class Look:
    """ending: a key of FORMATS. width: in CSS pixels, of a PNG in pixels; None: as it is drawn, of a PNG twice that."""

    ending: str
    dark: bool = False
    width: int | None = None


def content(call: FigureCall, look: Look) -> bytes:
    """What the file holds; the same on every call."""
    # An SVG has its colours put in afterwards.
    with dark() if look.dark and look.ending != "svg" else nullcontext():
        return FORMATS[look.ending](call, call.draw(), look)


def _svg(call: FigureCall, picture: Picture, look: Look) -> bytes:
    svg = standalone(to_svg(picture, call.figure.name, call.figure.summary), look.dark)
    if look.width:
        width, height = _size(picture)
        size = f'width="{look.width}" height="{height * look.width / width:g}"'
        svg = re.sub(r'\bwidth="\d+" height="\d+"', size, svg, count=1)
    return svg.encode()


def _pdf(call: FigureCall, picture: Picture, look: Look) -> bytes:
    from pypdf import PdfReader, PdfWriter

    metadata = {"Title": call.figure.summary, "Subject": picture.description, "CreationDate": None}
    writer, out = PdfWriter(PdfReader(io.BytesIO(_saved(picture, format="pdf", metadata=metadata)))), io.BytesIO()
    width, _ = _size(picture)
    writer.pages[0].scale_by(CSS_PIXEL * (look.width or width) / width)
    writer.write(out)
    return out.getvalue()


def _png(call: FigureCall, picture: Picture, look: Look) -> bytes:
    width, _ = _size(picture)
    metadata = {"Title": call.figure.summary, "Description": picture.description}
    # What does not fit into whole pixels is cut off; the millionth keeps a whole number whole.
    return _saved(picture, format="png", dpi=72 * ((look.width or 2 * width) + 1e-6) / width, metadata=metadata)


def _csv(_: FigureCall, picture: Picture, look: Look) -> bytes:
    return to_csv(plotted(picture)).encode()


def _json(call: FigureCall, picture: Picture, look: Look) -> bytes:
    series = {
        gid: {"kind": s.kind, **{name: [_number(v) for v in values] for name, values in s.columns.items()}}
        for gid, s in plotted(picture).items()
    }
    whole = {
        "name": call.figure.name,
        "page": call.figure.page,
        "summary": call.figure.summary,
        "parameters": dict(call.parameters),
        "description": picture.description,
        "facts": {name: float(value) for name, value in picture.facts.items()},
        "series": series,
    }
    return (json.dumps(whole, ensure_ascii=False, allow_nan=False) + "\n").encode()


FORMATS: dict[str, Callable[[FigureCall, Picture, Look], bytes]] = {
    "svg": _svg,
    "pdf": _pdf,
    "png": _png,
    "csv": _csv,
    "json": _json,
}
PICTURES = ("svg", "pdf", "png")
"""Those that have a width and colours."""


def _size(picture: Picture) -> tuple[float, float]:
    """Width and height in CSS pixels, as it is drawn."""
    width, height = picture.figure.get_size_inches()
    return 72 * float(width), 72 * float(height)


def _number(value: float) -> float | None:
    """JSON has no NaN; what breaks a line is null."""
    return float(value) if np.isfinite(value) else None


def _saved(picture: Picture, **options: Any) -> bytes:
    from matplotlib import rc_context

    out = io.BytesIO()
    with style(), rc_context({"pdf.fonttype": 42}):  # publishers refuse fonts of type 3
        picture.figure.savefig(out, facecolor=PAPER, **options)
    return out.getvalue()
