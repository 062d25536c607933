"""SVG of a picture: small, the same bytes on every build, coloured by the page's theme, described in words."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterable
from zlib import crc32

from gdfigs.plots.picture import Picture, named_artists
from gdfigs.plots.style import DARK, INK, PAPER, ROLES, drawing

ELSEWHERE = f'xmlns="http://www.w3.org/2000/svg" style="background:{PAPER}" '
"""Attributes that a drawing needs away from the site, where it stands on the page's own paper."""
_NAMESPACE = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}"
_LETTER, GLYPH = "scale(0.015625)", "scale(0.25)"
"""Units of the outlines of letters: Matplotlib draws them in 1/6400 of their size, we in 1/400."""
_TAGS = {"svg", "g", "defs", "path", "use", "clipPath", "rect", "pattern"}
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
    ``prefix``: so two figures share a page. Colours are CSS variables ``--gd-<role>`` that fall back to the light
    theme's values. ``title`` and the picture's description are its title and desc.

    Raises:
        ValueError: on an image, on a colour without a role in gdfigs.plots.style, and where Matplotlib warns.
    """
    names: dict[str, str] = {}
    return [_element(picture, prefix, title, names) for picture in pictures]


def _element(picture: Picture, prefix: str, title: str, names: dict[str, str]) -> ET.Element:
    out, artists = io.StringIO(), named_artists(picture.figure)
    with drawing(picture.figure):
        picture.figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    root = ET.fromstring(out.getvalue())
    # Matplotlib's style element would reach into the page; a path without paint is not seen.
    prune(root, lambda tag, e: tag in ("metadata", "style") or (tag == "path" and e.get("style") == "fill: none"))
    prune(root, lambda tag, e: tag in ("defs", "g") and not len(e))
    for element in root.iter():
        _clean(element)
    _share_styles(root)
    names |= {gid: f"{prefix}-{gid}" for gid in artists}
    times = _name_ids(root, prefix, names)
    for gid in artists:
        if gid in ("title", "desc") or times[gid] > len(artists[gid]):
            raise ValueError(f"the gid {gid!r} is the id of something else in the SVG: choose another")
    if _unpainted(root):
        root[0].set("style", f"fill:{_variable(INK)}")
    width, height = (f"{72 * inches:.0f}" for inches in picture.figure.get_size_inches())
    root.attrib = {"viewBox": f"0 0 {width} {height}", "width": width, "height": height, "role": "img"}
    root.attrib |= {"aria-labelledby": f"{prefix}-title {prefix}-desc", "stroke-linejoin": "round"}
    for tag, text in (("desc", picture.description), ("title", title)):
        element = ET.Element(tag, {"id": f"{prefix}-{tag}"})
        element.text = text
        root.insert(0, element)
    return root


def standalone(svg: str, dark: bool = False) -> str:
    """Makes a file of its own, in the colours of one theme and on its paper, wherever it is shown."""
    theme = DARK if dark else {colour: colour for colour in ROLES}
    head = f"<svg {ELSEWHERE}".replace(PAPER, theme[PAPER])
    plain = _VARIABLE.sub(lambda m: theme[m[1]], _PART.sub("", svg)).replace("<svg ", head, 1)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{plain}\n'


def prune(root: ET.Element, drop: Callable[[str, ET.Element], bool]) -> None:
    """Removes the elements for which ``drop``, given the tag without its namespace, is true."""
    for parent in list(root.iter()):
        for child in [child for child in parent if drop(child.tag.rpartition("}")[2], child)]:
            parent.remove(child)


def _clean(element: ET.Element) -> None:
    """Leaves no namespace, no white space between tags, two decimals, colours by role. Refuses what has no theme."""
    element.tag = element.tag.removeprefix(_NAMESPACE)
    if element.tag not in _TAGS:
        remedy = "use ax.contour, or ax.contourf with few levels and the colours of gdfigs.plots.style"
        raise ValueError(f"<{element.tag}> in the drawing (an image, shading or a link) follows no theme: {remedy}")
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
            # Two decimals; + 0 makes -0 zero.
            element.set(
                coordinate, _NUMBER.sub(lambda n: f"{round(float(n[0]), 2) + 0:.12g}", element.attrib[coordinate])
            )
    if "fill" in element.attrib:  # the ground of a hatch; no other paint stands outside of a style
        element.set("style", f"fill:{element.attrib.pop('fill')}")
    if style := element.get("style", "").replace(": ", ":").replace("; ", ";"):
        element.set("style", _COLOUR.sub(lambda colour: _variable(colour[0]), style))


def _path(d: str, scale: float, unit: int) -> str:
    """Rounds the path times ``scale`` to whole numbers, ``unit`` to one; relative is shorter, and no error adds up."""
    words, last, here = [], "", [0, 0]
    for command, coordinates in _SEGMENT.findall(d):
        at = [round(scale * float(number)) for number in coordinates.split()]
        letter, here = ("M", [0, 0]) if command == "M" else (command.lower(), here)
        relative = " ".join(f"{(n - here[i % 2]) / unit:g}" for i, n in enumerate(at))
        words.append(relative if letter == last else letter + relative)
        last, here = letter, at[-2:]
    return re.sub(r"\b0\.", ".", " ".join(words)).replace(" -", "-")


def _variable(colour: str) -> str:
    colour = INK if colour == "#000000" else colour
    if colour not in ROLES:
        raise ValueError(f"the colour {colour} has no role in gdfigs.plots.style: use {', '.join(ROLES.values())}")
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


def _name_ids(root: ET.Element, prefix: str, names: dict[str, str]) -> Counter[str]:
    """Names the artists' ids as in ``names``, numbers there what is referred to, drops the others; counts each id."""
    short, times = f"f{crc32(prefix.encode()):08x}"[:6], Counter[str]()  # there are hundreds of ids on a page
    for element in root.iter():
        referred = [element.get("href", "#")[1:], *(m for v in element.attrib.values() for m in _REFERENCE.findall(v))]
        for name in filter(None, referred):
            names.setdefault(name, f"{short}.{len(names)}")
    for element in root.iter():
        if (name := element.attrib.pop("id", "")) in names:
            element.set("id", names[name] + (f".{times[name]}" if times[name] else ""))  # several bars of one gid
            times[name] += 1
        if "href" in element.attrib:
            element.set("href", f"#{names[element.get('href', '')[1:]]}")
        for attribute, value in element.attrib.items():
            element.set(attribute, _REFERENCE.sub(lambda m: f"url(#{names[m[1]]})", value))
    return times
