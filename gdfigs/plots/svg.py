"""Picture -> SVG: clean, small, the same bytes on every build, coloured by the page's theme, described in words."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from zlib import crc32

from gdfigs.plots.picture import Picture
from gdfigs.plots.style import DARK, PAPER, ROLES, style

_NAMESPACE = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}"
_LETTER, GLYPH = "scale(0.015625)", "scale(0.25)"
"""Of the outlines of letters: Matplotlib draws them in units of 1/6400 of their size, we in 1/400."""
_COLOUR = re.compile(r"#[0-9a-f]{6}\b")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
_SEGMENT = re.compile(r"([MLQCz])([^MLQCz]*)")
_MOVED = re.compile(r"translate\((-?[\d.]+) (-?[\d.]+)\)")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_PART = re.compile(r' data-part="[^"]*"')  # of use only where a slider moves it
_VARIABLE = re.compile(r"var\(--gd-\w+,(#[0-9a-f]{6})\)")


def to_svg(picture: Picture, prefix: str, title: str) -> str:
    """The picture as one ``<svg>`` element for a page, as text; see ``elements``."""
    return ET.tostring(elements([picture], prefix, title)[0], encoding="unicode")


def elements(pictures: Iterable[Picture], prefix: str, title: str) -> list[ET.Element]:
    """Each picture as one ``<svg>`` element; what is the same in several of them has the same id.

    The artist with gid g has the id prefix-g; what is only referred to, one that begins with a short digest of
    ``prefix``: so two figures share a page.
    Colours are CSS variables ``--gd-<role>`` that fall back to the light theme's values.
    ``title`` and the picture's description are its title and desc.
    Raises ValueError on a colour that has no role in gdfigs.plots.style.
    """
    names: dict[str, str] = {}
    return [_element(picture, prefix, title, names) for picture in pictures]


def _element(picture: Picture, prefix: str, title: str, names: dict[str, str]) -> ET.Element:
    root = ET.fromstring(_draw(picture))
    _drop_what_is_not_seen(root)
    for element in root.iter():
        _clean(element)
    _share_styles(root)
    gids = [str(artist.get_gid()) for artist in picture.figure.findobj(lambda a: bool(a.get_gid()))]
    names |= {gid: f"{prefix}-{gid}" for gid in gids}
    _name_ids(root, prefix, names)
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
    """The same as a file of its own, in the colours of one theme and on its paper, wherever it is shown."""
    theme = DARK if dark else {colour: colour for colour in ROLES}
    head = f'<svg xmlns="http://www.w3.org/2000/svg" style="background:{theme[PAPER]}" '
    plain = _VARIABLE.sub(lambda m: theme[m[1]], _PART.sub("", svg)).replace("<svg ", head, 1)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{plain}\n'


def _draw(picture: Picture) -> str:
    out = io.StringIO()
    with style():
        picture.figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _drop_what_is_not_seen(root: ET.Element) -> None:
    """Metadata; Matplotlib's style element, which would reach into the page; paths neither filled nor stroked."""
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
    """No namespace, no white space between tags, two decimals, colours by role."""
    element.tag = element.tag.removeprefix(_NAMESPACE)
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
    if "style" in element.attrib:
        element.set("style", _COLOUR.sub(_variable, element.get("style", "").replace(": ", ":").replace("; ", ";")))


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


def _variable(colour: re.Match[str]) -> str:
    if colour[0] not in ROLES:
        raise ValueError(
            f"the colour {colour[0]} has no role in gdfigs.plots.style: use one of {', '.join(ROLES.values())}"
        )
    return f"var(--gd-{ROLES[colour[0]]},{colour[0]})"


def _share_styles(root: ET.Element) -> None:
    """Says the style that all symbols of a group have once, on the group."""
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
