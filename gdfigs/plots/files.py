"""Pictures as files: in a format, for a theme, at a width; the same bytes every time."""

from __future__ import annotations

import io
import json
import re
from contextlib import nullcontext
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from gdfigs.plots import style as theme
from gdfigs.plots.picture import Picture, to_csv
from gdfigs.plots.svg import standalone, to_svg

DRAWINGS = ("svg", "pdf", "png")
"""Formats with a width and colours."""
FORMATS = (*DRAWINGS, "csv", "json")


def save(picture: Picture, path: str | PathLike[str], *, dark: bool = False, width: int | None = None) -> None:
    """Writes a file in the format that its name ends in; see ``content``."""
    ending = Path(path).suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        raise ValueError(f"cannot write {path}: the name must end in one of {', '.join(f'.{f}' for f in FORMATS)}")
    Path(path).write_bytes(content(picture, ending, dark=dark, width=width))


def content(picture: Picture, ending: str, dark: bool = False, width: int | None = None) -> bytes:
    """Returns what the file holds.

    ending: one of FORMATS. dark: whether in the dark theme's colours.
    width: in CSS pixels, of a PNG in pixels; None: as it is drawn, of a PNG twice that.
    Raises ValueError on a theme or a width for numbers, and on a picture that cannot be drawn again in other colours.
    """
    if ending not in DRAWINGS and (dark or width):
        raise ValueError(f"{ending} has neither theme nor width: leave them out")
    if ending == "csv":
        return to_csv(picture.data).encode()
    if ending == "json":
        return _json(picture)
    size = 72 * picture.figure.get_size_inches()
    if ending == "svg":
        svg = standalone(to_svg(picture, picture.name or "figure", picture.title), dark)
        if width:
            box = f'width="{width}" height="{size[1] * width / size[0]:g}"'
            svg = re.sub(r'\bwidth="\d+" height="\d+"', box, svg, count=1)
        return svg.encode()
    with theme.dark() if dark else nullcontext():
        if dark and not picture.redraw:
            raise ValueError(
                "a picture drawn by hand has one theme: draw and save it in `with gdfigs.plots.style.dark():`"
            )
        if dark and picture.redraw:
            picture = replace(picture, figure=picture.redraw().figure)
        return _png(picture, width or 2 * size[0]) if ending == "png" else _pdf(picture, width or size[0])


def _png(picture: Picture, width: float) -> bytes:
    out, metadata = io.BytesIO(), {"Title": picture.title, "Description": picture.description}
    # What does not fit into whole pixels is cut off; the millionth keeps a whole number whole.
    dpi = (width + 1e-6) / picture.figure.get_size_inches()[0]
    with theme.drawing(picture.figure):
        picture.figure.savefig(out, format="png", dpi=dpi, metadata=metadata, facecolor=theme.PAPER)
    return out.getvalue()


def _pdf(picture: Picture, width: float) -> bytes:
    """Draws on a page of another size through a matrix: Matplotlib itself would leave letters and lines as they are."""
    from matplotlib import rc_context
    from matplotlib.backends import backend_pdf

    pdf: Any = backend_pdf
    figure, out = picture.figure, io.BytesIO()
    inches, height = figure.get_size_inches()
    scale = width / 96 / inches  # a CSS pixel is 1/96 of an inch
    metadata = {"Title": picture.title, "Subject": picture.description, "CreationDate": None}
    before = {"dpi": figure.dpi, "facecolor": figure.get_facecolor()}
    with theme.drawing(figure), rc_context({"pdf.fonttype": 42}):  # publishers refuse fonts of type 3
        figure.set(dpi=72, facecolor=theme.PAPER)
        file = pdf.PdfFile(out, metadata=metadata)
        file.newPage(scale * inches, scale * height)
        file.width, file.height = inches, height  # beyond which Matplotlib leaves markers out
        file.output(scale, 0, 0, scale, 0, 0, pdf.Op.concat_matrix)
        figure.draw(pdf.RendererPdf(file, 72, height, inches))
        file.finalize()
        figure.set(**before)
    return out.getvalue()


def _json(picture: Picture) -> bytes:
    whole = {
        "name": picture.name,
        "page": picture.page,
        "summary": picture.title,
        "parameters": dict(picture.parameters),
        "description": picture.description,
        "facts": dict(picture.facts),
        "series": {
            # JSON has no NaN; what breaks a line is null.
            gid: {"kind": s.kind}
            | {name: [float(v) if np.isfinite(v) else None for v in column] for name, column in s.columns.items()}
            for gid, s in picture.data.items()
        },
    }
    return (json.dumps(whole, ensure_ascii=False, allow_nan=False) + "\n").encode()
