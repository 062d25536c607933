"""Pictures as files: in a format, for a theme, at a width; the same bytes every time."""

from __future__ import annotations

import io
import json
import re
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from gdfigs.maths.problems import Array
from gdfigs.plots import style as theme
from gdfigs.plots.picture import Picture, to_csv
from gdfigs.plots.svg import standalone, to_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DRAWINGS = ("svg", "pdf", "png")
"""Formats with a width and colours."""
FORMATS = (*DRAWINGS, "csv", "json")


def content(picture: Picture, ending: str, dark: bool = False, width: int | None = None) -> bytes:
    """Returns the content of a file.

    Args:
        picture: any, but for a PDF or PNG in dark colours one that can be drawn again.
        ending: one of FORMATS.
        dark: whether in the dark theme's colours, which CSV and JSON do not have.
        width: in CSS pixels, of a PNG in pixels; None: as it is drawn, of a PNG twice that.

    Raises:
        ValueError: where these do not fit each other.
    """
    ending = ending.lower()
    if ending not in FORMATS:
        raise ValueError(f"no picture is written as {ending!r}: the name must end in .{', .'.join(FORMATS)}")
    if ending not in DRAWINGS and (dark or width):
        raise ValueError(f"{ending} has neither theme nor width: leave them out")
    if ending in ("csv", "json"):
        return to_csv(picture.data).encode() if ending == "csv" else _json(picture)
    across, height = 72 * picture.figure.get_size_inches()
    if ending == "svg":
        svg = standalone(to_svg(picture, picture.name or "figure", picture.title), dark)
        size = f'width="{width}" height="{height * (width or 0) / across:g}"'
        return (re.sub(r'\bwidth="\d+" height="\d+"', size, svg, count=1) if width else svg).encode()
    if dark and not picture.redraw:
        raise ValueError("to draw a picture of your own in the dark, draw and save it within gdfigs.plots.style.dark()")
    with theme.dark() if dark else nullcontext():
        figure = picture.redraw().figure if dark and picture.redraw else picture.figure
        if ending == "png":
            return _png(figure, width or 2 * across, picture.title, picture.description)
        return _pdf(figure, width or across, picture.title, picture.description)


def _png(figure: Figure, width: float, title: str, description: str) -> bytes:
    out, metadata = io.BytesIO(), {"Title": title, "Description": description}
    # What does not fit into whole pixels is cut off; the millionth keeps a whole number whole.
    dpi = (width + 1e-6) / figure.get_size_inches()[0]
    with theme.drawing(figure):
        figure.savefig(out, format="png", dpi=dpi, metadata=metadata, facecolor=theme.PAPER)
    return out.getvalue()


def _pdf(figure: Figure, width: float, title: str, description: str) -> bytes:
    """Draws on a page of another size through a matrix: Matplotlib itself would leave letters and lines as they are."""
    from matplotlib import rc_context
    from matplotlib.backends import backend_pdf

    pdf: Any = backend_pdf
    out, (across, height) = io.BytesIO(), figure.get_size_inches()
    before, scale = {"dpi": figure.dpi, "facecolor": figure.get_facecolor()}, width / 96 / across
    with theme.drawing(figure), rc_context({"pdf.fonttype": 42}):  # publishers refuse fonts of type 3
        figure.set(dpi=72, facecolor=theme.PAPER)
        file = pdf.PdfFile(out, metadata={"Title": title, "Subject": description, "CreationDate": None})
        file.newPage(scale * across, scale * height)
        file.width, file.height = across, height  # beyond which Matplotlib leaves markers out
        file.output(scale, 0, 0, scale, 0, 0, pdf.Op.concat_matrix)
        renderer = pdf.RendererPdf(file, 72, height, across)
        figure.draw(renderer)
        renderer.finalize()
        file.finalize()
        figure.set(**before)
    return out.getvalue()


def _json(picture: Picture) -> bytes:
    def numbers(column: Array) -> list[float | None]:  # JSON has no NaN; what breaks a line is null
        return [float(value) if np.isfinite(value) else None for value in column]

    whole: dict[str, Any] = {"name": picture.name, "page": picture.page, "summary": picture.title}
    whole |= {"parameters": dict(picture.parameters), "description": picture.description, "facts": dict(picture.facts)}
    whole["series"] = {
        gid: {"kind": series.kind, **{name: numbers(column) for name, column in series.columns.items()}}
        for gid, series in picture.data.items()
    }
    return (json.dumps(whole, ensure_ascii=False, allow_nan=False) + "\n").encode()
