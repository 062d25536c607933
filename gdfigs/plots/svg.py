"""SVG of a picture: clean, small, the same bytes on every build, coloured by the page's theme, described in words."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from zlib import crc32

from gdfigs.plots.picture import Picture, named_artists
from gdfigs.plots.style import DARK, INK, PAPER, ROLES, drawing

if TYPE_CHECKING:
    from matplotlib.artist import Artist

_NAMESPACE = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}"
_LETTER, GLYPH = "scale(0.015625)", "scale(0.25)"
"""Units of the outlines of letters: Matplotlib draws them in 1/6400 of their size, we in 1/400."""
_TAGS = {"svg", "g", "defs", "path", "use", "clipPath", "rect", "pattern"}
_PAINTS = ("fill", "stroke")
_FILLED = re.compile(r"\bfill:|fill-opacity:0(;|$)")
_COLOUR = re.compile(r"(?<!\()#[0-9a-f]+")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
_SEGMENT = re.compile(r"([MLQCz])([^MLQCz]*)")
_MOVED = re.compile(r"translate\((-?[\d.]+) (-?[\d.]+)\)")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_PART = re.compile(r' data-part="[^"]*"')  # of use only where a slider moves it
_VARIABLE = re.compile(r"var\(--gd-\w+,(#[0-9a-f]{6})\)")


def to_svg(picture: Picture, prefix: str, title: str) -> str:
    """Writes the picture as one ``<svg>`` element for a page; see ``elements``."""
    return ET.tostring(elements([picture], prefix, title)[0], encoding="unicode")


def elements(pictures: Iterable[Picture], prefix: str, title: str) -> list[ET.Element]:
    """Draws each picture as one ``<svg>`` element; what is the same in several of them has the same id.

    The artist with gid g has the id prefix-g; what is only referred to, one that begins with a short digest of
    ``prefix``: so two figures share a page.
    Colours are CSS variables ``--gd-<role>`` that fall back to the light theme's values.
    ``title`` and the picture's description are its title and desc.
    Raises ValueError on a colour that has no role in gdfigs.plots.style, on images, and where Matplotlib warns.
    """
    names: dict[str, str] = {}
    return [_element(picture, prefix, title, names) for picture in pictures]


def _element(picture: Picture, prefix: str, title: str, names: dict[str, str]) -> ET.Element:
    # While it is drawn, a gid has a mark, so that none is taken for an id of Matplotlib's, such as axes_1.
    marks = {
        artist: (f"gid {n} {gid}", f"{prefix}-{gid}{f'.{n}' if n else ''}")
        for gid, artists in named_artists(picture.figure).items()
        for n, artist in enumerate(artists)
    }
    root = ET.fromstring(_draw(picture, {artist: mark for artist, (mark, _) in marks.items()}))
    _drop_invisible(root)
    for element in root.iter():
        _clean(element)
    _share_styles(root)
    names |= dict(marks.values())
    _name_ids(root, prefix, names)
    if _unpainted(root):
        root[0].set("style", f"fill:{_variable(INK)}")
    width, height = (f"{72 * inches:.0f}" for inches in picture.figure.get_size_inches())
    root.attrib = {
        "viewBox": f"0 0 {width} {height}",
        "width": width,
        "height": height,
        "role": "img",
        "aria-labelledby": f"{prefix}-title {prefix}-desc",
        "stroke-linejoin": "round",
    }
    for tag, text in (("desc", picture.description), ("title", title)):
        element = ET.Element(tag, {"id": f"{prefix}-{tag}"})
        element.text = text
        root.insert(0, element)
    return root


def standalone(svg: str, dark: bool = False) -> str:
    """Makes a file of its own, in the colours of one theme and on its paper, wherever it is shown."""
    theme = DARK if dark else {colour: colour for colour in ROLES}
    head = f'<svg xmlns="http://www.w3.org/2000/svg" style="background:{theme[PAPER]}" '
    plain = _VARIABLE.sub(lambda m: theme[m[1]], _PART.sub("", svg)).replace("<svg ", head, 1)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{plain}\n'


def _draw(picture: Picture, marks: Mapping[Artist, str]) -> str:
    out, gids = io.StringIO(), {artist: artist.get_gid() for artist in marks}
    try:
        for artist, mark in marks.items():
            artist.set_gid(mark)
        with drawing(picture.figure):
            picture.figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    finally:
        for artist, gid in gids.items():
            artist.set_gid(gid)
    return out.getvalue()


def _drop_invisible(root: ET.Element) -> None:
    """Drops metadata; Matplotlib's style element, which would reach into the page; paths neither filled nor stroked."""
    for parent in list(root.iter()):
        for child in list(parent):
            invisible = child.tag == f"{_NAMESPACE}path" and child.get("style") == "fill: none"
            if child.tag in (f"{_NAMESPACE}metadata", f"{_NAMESPACE}style") or invisible:
                parent.remove(child)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{_NAMESPACE}defs", f"{_NAMESPACE}g") and not len(child):
                parent.remove(child)


def _clean(element: ET.Element) -> None:
    """Leaves no namespace, no white space between tags, two decimals, colours by role. Refuses what has no theme."""
    element.tag = element.tag.removeprefix(_NAMESPACE)
    if element.tag not in _TAGS:
        raise ValueError(
            f"<{element.tag}> in the drawing (an image as of imshow, shading, a link) follows neither theme: draw with "
            "ax.contour, or with ax.contourf, few levels and the colours of gdfigs.plots.style"
        )
    element.text = element.tail = None
    element.attrib = {name.removeprefix(_XLINK): value for name, value in element.attrib.items()}
    if "d" in element.attrib:
        letter = element.get("transform") == _LETTER
        element.set("d", _path(element.get("d", ""), 1 / 16 if letter else 100, 1 if letter else 100))
        if letter:
            element.set("transform", GLYPH)
    if element.tag == "use" and (moved := _MOVED.fullmatch(element.get("transform", ""))):
        del element.attrib["transform"]  # the letters of a word: the same, said in less
        element.attrib |= {name: number for name, number in zip("xy", moved.groups(), strict=True) if float(number)}
    for coordinate in ("x", "y"):
        if coordinate in element.attrib:
            element.set(coordinate, _NUMBER.sub(_two_decimals, element.get(coordinate, "")))
    for paint in {*_PAINTS} & {*element.attrib}:
        element.set("style", f"{element.get('style', '')};{paint}:{element.attrib.pop(paint)}".strip(";"))
    if style := element.get("style", "").replace(": ", ":").replace("; ", ";"):
        element.set("style", _COLOUR.sub(lambda colour: _variable(colour[0]), style))


def _path(d: str, scale: float, unit: int) -> str:
    """The path times ``scale``, in whole numbers, written in so many parts of a ``unit``.

    Each segment is relative to where it begins, which is shorter; no error adds up.
    """
    words, last, here = [], "", [0, 0]
    for command, coordinates in _SEGMENT.findall(d):
        at = [round(scale * float(number)) for number in coordinates.split()]
        letter, here = ("M", [0, 0]) if command == "M" else (command.lower(), here)
        relative = " ".join(f"{(n - here[i % 2]) / unit:g}" for i, n in enumerate(at))
        words.append(relative if letter == last else letter + relative)
        last, here = letter, at[-2:]
    return re.sub(r"\b0\.", ".", " ".join(words)).replace(" -", "-")


def _two_decimals(number: re.Match[str]) -> str:
    text = f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _variable(colour: str) -> str:
    colour = INK if colour == "#000000" else colour
    if colour not in ROLES:
        raise ValueError(
            f"the colour {colour} has no role in gdfigs.plots.style: use one of {', '.join(ROLES.values())}"
        )
    return f"var(--gd-{ROLES[colour]},{colour})"


def _unpainted(element: ET.Element) -> bool:
    """Whether something is filled with black, which Matplotlib leaves out of the markup."""
    if _FILLED.search(element.get("style", "")) or element.tag in ("defs", "clipPath"):
        return False
    return element.tag in ("path", "use") or any(map(_unpainted, element))


def _share_styles(root: ET.Element) -> None:
    """Moves the style that all symbols of a group have to the group."""
    for group in root.iter("g"):
        styles = {child.get("style", "") if child.tag == "use" else "" for child in group}
        if len(styles) == 1 and (common := styles.pop()):
            group.set("style", common)
            for child in group:
                del child.attrib["style"]


def _name_ids(root: ET.Element, prefix: str, names: dict[str, str]) -> None:
    """Names the artists' ids as in ``names``, numbers there those of what is referred to, and drops the others."""
    short = f"f{crc32(prefix.encode()):08x}"[:6]  # there are hundreds of these on a page
    for element in root.iter():
        referred = [element.get("href", "#")[1:], *(m for v in element.attrib.values() for m in _REFERENCE.findall(v))]
        for name in filter(None, referred):
            names.setdefault(name, f"{short}.{len(names)}")
    for element in root.iter():
        if (name := element.attrib.pop("id", None)) in names:
            element.set("id", names[name])
        if "href" in element.attrib:
            element.set("href", f"#{names[element.get('href', '')[1:]]}")
        for attribute, value in element.attrib.items():
            element.set(attribute, _REFERENCE.sub(lambda m: f"url(#{names[m[1]]})", value))
