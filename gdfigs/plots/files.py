"""Files of a picture: in a format, for a theme, at a width."""

from __future__ import annotations

import io
import json
import re
from contextlib import nullcontext
from typing import Any

import numpy as np

from gdfigs.plots.picture import Picture, plotted, to_csv
from gdfigs.plots.style import PAPER, style
from gdfigs.plots.style import dark as dark_theme
from gdfigs.plots.svg import standalone, to_svg

DRAWINGS = ("svg", "pdf", "png")
FORMATS = (*DRAWINGS, "csv", "json")


def content(picture: Picture, ending: str, *, dark: bool = False, width: int | None = None) -> bytes:
    """Returns a picture as a file. The width is in CSS pixels, of a PNG in pixels."""
    natural, height = (72 * float(inches) for inches in picture.figure.get_size_inches())
    if ending == "csv":
        return to_csv(plotted(picture)).encode()
    if ending == "json":
        return _json(picture)
    if ending == "svg":
        svg = standalone(to_svg(picture, "figure", picture.description), dark)
        if width:
            size = f'width="{width}" height="{height * width / natural:g}"'
            svg = re.sub(r'\bwidth="\d+" height="\d+"', size, svg, count=1)
        return svg.encode()
    metadata = {"pdf": {"Subject": picture.description, "CreationDate": None}}.get(
        ending, {"Description": picture.description}
    )
    dpi = 72 * ((width or 2 * natural) + 1e-6) / natural  # what does not fit into whole pixels is cut off
    with dark_theme() if dark else nullcontext():
        return _saved(picture, format=ending, metadata=metadata, **({"dpi": dpi} if ending == "png" else {}))


def _json(picture: Picture) -> bytes:
    series = {
        gid: {"kind": s.kind, **{name: [_number(v) for v in values] for name, values in s.columns.items()}}
        for gid, s in plotted(picture).items()
    }
    facts = {name: float(value) for name, value in picture.facts.items()}
    whole = {"description": picture.description, "facts": facts, "series": series}
    return (json.dumps(whole, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _number(value: float) -> float | None:
    """JSON has no NaN; what breaks a line is null."""
    return float(value) if np.isfinite(value) else None


def _saved(picture: Picture, **options: Any) -> bytes:
    from matplotlib import rc_context

    out = io.BytesIO()
    with style(), rc_context({"pdf.fonttype": 42}):  # publishers refuse fonts of type 3
        picture.figure.savefig(out, facecolor=PAPER, **options)
    return out.getvalue()
