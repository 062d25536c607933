"""Frames of a slider: one SVG to begin with, and the differences from it in each of the others.

The script of the page holds no mathematics: it puts in what stands here.
"""

from __future__ import annotations

import json
import re
import unicodedata
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Iterator, Sequence

from gdfigs.plots.picture import Picture
from gdfigs.plots.registry import FigureCall
from gdfigs.plots.svg import GLYPH, elements, prune

BUDGET = 40_000
"""Bytes, compressed, of a figure with all its frames."""


def to_frames(call: FigureCall, prefix: str, title: str) -> tuple[Picture, str, str]:
    """Returns the picture at which the sliders of ``call`` begin, its SVG, and the frames as JSON.

    The SVG is to_svg's, with an attribute data-part on each element that is not the same in all frames. The JSON:
    begin: the frame shown first; sliders: each parameter's name, symbol, meaning, values and the number of the value at
    which it begins; told: a text for each frame; parts: for each element, by data-part, what changes, its different
    values, and the number of each frame's value. What changes is an attribute; or "text"; or "marks", where symbols
    stand, as "x y x y ..."; or "markup", all that is inside.

    Raises:
        ValueError: where this is more than BUDGET.
    """
    pictures = [call.draw(**moved) for moved in call.frames]
    begin = call.frames.index({name: call.parameters[name] for name in call.slider_values})
    roots = elements(pictures, prefix, title)
    _share_glyphs(roots)
    parts: list[tuple[str, list[str], list[int]]] = []
    for element, what, values in list(_differences(roots, begin)):
        element.set("data-part", " ".join([*element.get("data-part", "").split(), str(len(parts))]))
        distinct = list(dict.fromkeys(values))
        parts.append((what, distinct, [distinct.index(value) for value in values]))
    sliders = [
        {
            "name": name,
            "symbol": symbol(name),
            "meaning": letters(call.figure.parameters[name].meaning),
            "values": [f"{value:g}" for value in values],
            "begin": values.index(call.parameters[name]),
        }
        for name, values in call.slider_values.items()
    ]
    frames = {"begin": begin, "sliders": sliders, "told": _slider_texts(call, pictures), "parts": parts}
    svg, data = ET.tostring(roots[begin], encoding="unicode"), json.dumps(frames, separators=(",", ":"))
    if (size := len(zlib.compress(f"{svg}{data}".encode()))) > BUDGET:
        weight = f"{size / 1000:.0f} kB compressed, at most {BUDGET / 1000:.0f}"
        raise ValueError(f"with {len(pictures)} frames it takes {weight}: ask for fewer stops")
    return pictures[begin], svg, data


def letters(text: str) -> str:
    """Replaces the names of Greek letters by the letters."""
    return re.sub(r"\b(alpha|beta|gamma|eta|kappa|lambda|mu|rho|sigma|theta)\b", lambda name: symbol(name[0]), text)


def symbol(parameter: str) -> str:
    """Returns the Greek letter of that name, or the name in words."""
    try:
        return unicodedata.lookup(f"GREEK SMALL LETTER {parameter.replace('lambda', 'lamda')}")  # as Unicode spells it
    except KeyError:
        return parameter.replace("_", " ")


def _slider_texts(call: FigureCall, pictures: Sequence[Picture]) -> list[str]:
    """Says where the sliders stand, and each picture's own text or, without one, those of its facts that change."""
    first = pictures[0].facts
    moving = [name for name in first if any(picture.facts.get(name) != first[name] for picture in pictures)]
    lines = []
    for moved, picture in zip(call.frames, pictures, strict=True):
        stand = ", ".join(f"{symbol(name)} = {value:g}" for name, value in moved.items())
        said = "; ".join(f"{n.replace('_', ' ')} {picture.facts[n]:.3g}" for n in moving if n in picture.facts)
        lines.append(f"{stand}: {letters(picture.slider_text or said)}")
    return lines


def _share_glyphs(roots: Sequence[ET.Element]) -> None:
    """Defines the letters of all frames at the head of each: none is lost when a text that defined it is replaced."""
    glyphs = {e.get("id"): e for root in roots for e in root.iter("path") if e.get("transform") == GLYPH}
    for root in roots:
        prune(root, lambda _, e: e.get("transform") == GLYPH)
        prune(root, lambda tag, e: tag == "defs" and not len(e))
        defs = ET.Element("defs")
        defs.extend(glyphs.values())
        root.insert(2, defs)  # behind title and desc


def _differences(same: Sequence[ET.Element], begin: int) -> Iterator[tuple[ET.Element, str, list[str]]]:
    """Yields (the element of the frame shown first, what changes of it, its value in each frame)."""
    here = same[begin]
    if not _alike(same):
        raise ValueError("an artist has other attributes in other frames")
    changes = {name: [element.get(name, "") for element in same] for name in here.attrib}
    changes["text"] = [element.text or "" for element in same]
    inside = list(zip(*same, strict=False))
    if all(map(_marks, same)) and len({element[0].get("href") for element in same}) == 1:
        changes["marks"] = [" ".join(f"{e.get('x', 0)} {e.get('y', 0)}" for e in element) for element in same]
        inside = []
    elif len({len(element) for element in same}) > 1 or not all(map(_alike, inside)):
        changes["markup"] = ["".join(ET.tostring(e, encoding="unicode") for e in element) for element in same]
        inside = []
    yield from ((here, what, values) for what, values in changes.items() if len(set(values)) > 1)
    for siblings in inside:
        yield from _differences(siblings, begin)


def _alike(siblings: Sequence[ET.Element]) -> bool:
    """Tells whether elements have one tag and the same attributes, if not the same values."""
    return len({(element.tag, frozenset(element.attrib)) for element in siblings}) == 1


def _marks(element: ET.Element) -> bool:
    """Tells whether all within are symbols of one kind that differ in where they stand."""
    return bool(len(element)) and all(
        e.tag == "use" and e.get("href") == element[0].get("href") and not {*e.attrib} - {"href", "x", "y"}
        for e in element
    )
