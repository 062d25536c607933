"""The sliders of the pages, and a frame of one put together as the page's script does it, but in Python."""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from gdfigs.plots.registry import FigureCall, parse_url

DOCS = Path(__file__).parent.parent / "docs"
SLIDERS: dict[str, tuple[str, FigureCall]] = {
    f"{source.stem}:{parse_url(url).figure.name}": (str(source.relative_to(DOCS)), parse_url(url))
    for source in sorted(DOCS.rglob("*.md"))
    for url in re.findall(r"!\[[^\]]*\]\((gdfigs:[^\s)]+\.\.[^\s)]+)\)", source.read_text("utf-8"))
}
"""The page and the call, by page and figure."""


def put_together(svg: str, frames: str, number: int) -> str:
    """The SVG of one frame."""
    root, data = ET.fromstring(svg), json.loads(frames)
    for element in list(root.iter()):
        for part in element.attrib.pop("data-part", "").split():
            what, values, of = data["parts"][int(part)]
            _put(element, what, values[of[number]])
    return ET.tostring(root, encoding="unicode")


def _put(element: ET.Element, what: str, value: str) -> None:
    match what:
        case "text":
            element.text = value
        case "markup":
            element[:] = list(ET.fromstring(f"<g>{value}</g>"))
        case "marks":
            at, template = value.split(), dict(element[0].attrib)
            element[:] = [
                ET.Element("use", template | {"x": x, "y": y}) for x, y in zip(at[::2], at[1::2], strict=True)
            ]
        case _:
            element.set(what, value)


def stops(call: FigureCall, *, most: int = 200) -> list[dict[str, Any]]:
    """The frames of a slider, or so many of them, the first and the last among them."""
    frames = call.frames
    every = max(1, -(-len(frames) // most))
    return [*frames[:-1:every], frames[-1]]
