"""TeX -> MathML Core at build time, and the mathematical font cut to the glyphs that the site uses."""

from __future__ import annotations

import html
import importlib.util
import io
import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from math_core import LatexError, LatexToMathML

from gdfigs.build import cache as store

_POSITION = re.compile(r"^(?:input\d+:)?(\d+): (.*)$", re.DOTALL)
_NAMED_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)\w+;")
_LABEL, _REFERENCE = re.compile(r"\\label\{([^}]*)\}"), re.compile(r"\\(?:eq)?ref\{([^}]*)\}")
_SIZED_FENCE = re.compile(r"\\(?:big|Big|bigg|Bigg)r?\s*(?:\\[A-Za-z]+|\\?[^\s\\A-Za-z])\s*[\^_']")

# What a browser draws though it stands nowhere in the markup: the radical sign.
_DRAWN_FROM_MARKUP = {"msqrt": "√", "mroot": "√"}
_RELATIONS, _OPENING, _CLOSING = set("=<>≤≥≠≈∝→⇒⟺⪯⪰"), set("([{"), set(")]}")
_NEVER_BROKEN = 12
"""Characters below which a formula in running text stays on one line."""

# Operators that show nothing, and marks that choose a variant of the letter before them, need no glyph of their own.
_INVISIBLE = set("\u2061\u2062\u2063\u2064\u200b\ufe00\ufe01")
_MATHEMATICAL_ITALIC = {
    chr(int(unicodedata.decomposition(chr(code)).split()[1], 16)): chr(code)  # "<font> 03B8" for italic theta
    for block in (range(0x1D434, 0x1D468), range(0x1D6A4, 0x1D6A6), range(0x1D6E2, 0x1D71C))
    for code in block
    if unicodedata.decomposition(chr(code))
} | {"h": "\u210e"}


@dataclass(frozen=True)
class Formula:
    """tex: without delimiters. display: on lines of its own."""

    tex: str
    display: bool


@dataclass(frozen=True)
class Fault:
    """Formula number ``formula`` cannot be set: at character ``position`` of its TeX, for ``reason``."""

    formula: int
    position: int
    reason: str


class TexError(ValueError):
    """Some formulas cannot be set; ``faults`` lists all of them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f.reason for f in faults))
        self.faults = faults


def to_mathml(page: Sequence[Formula]) -> list[ET.Element]:
    """All formulas of a page as ``<math>`` elements; equations with a label are numbered from 1 and can be referred to.

    Raises TexError naming every formula that does not parse, every reference to an equation that is not there,
    and every label given twice.
    """
    faults = [fault for n, formula in enumerate(page) for fault in _faults(n, formula)]
    labels = [label for formula in page for label in _LABEL.findall(formula.tex)]
    for n, formula in enumerate(page):
        for m in _REFERENCE.finditer(formula.tex):
            if m[1] not in labels:
                known = f"there are {', '.join(dict.fromkeys(labels))}" if labels else "this page has none"
                faults.append(Fault(n, m.start(), f"no equation is labelled {m[1]!r}: {known}"))
        for m in _LABEL.finditer(formula.tex):
            if labels.count(m[1]) > 1:
                faults.append(Fault(n, m.start(), f"two equations are labelled {m[1]!r}"))
    if faults:
        raise TexError(faults)
    return [_parse(text) for text in _converter().convert_all([(f.tex, f.display) for f in page])]


def placeholder(tex: str) -> ET.Element:
    """What stands for a formula that cannot be set, while the author mends it: its TeX."""
    element = ET.Element("code", {"class": "gd-fault"})
    element.text = tex
    return element


@cache
def _converter() -> LatexToMathML:
    return LatexToMathML(fancy_error=False)


def _faults(n: int, formula: Formula) -> Iterable[Fault]:
    for m in _SIZED_FENCE.finditer(formula.tex):
        yield Fault(n, m.start(), "a sized fence cannot carry an exponent in MathML: write \\left( ... \\right)^...")
    try:
        _converter().convert_with_local_state(formula.tex, displaystyle=formula.display)
    except LatexError as error:
        match = _POSITION.match(str(error))
        yield Fault(n, int(match[1]), match[2]) if match else Fault(n, 0, str(error))


def _parse(mathml: str) -> ET.Element:
    """An XML parser knows five named entities; MathML has hundreds."""
    math = ET.fromstring(_NAMED_ENTITY.sub(lambda entity: html.unescape(entity[0]), mathml))
    _fill_roots(math, display=math.get("display") == "block")
    return math


def _fill_roots(element: ET.Element, display: bool) -> None:
    """Makes what is under a root as high as the radical sign, which browsers let hang below a short letter.

    On a line of its own a formula leaves more room under the root, and needs less.
    """
    display = element.get("displaystyle", str(display).lower()) == "true"
    for child in element:
        _fill_roots(child, display and element.tag not in ("mfrac", "msub", "msup", "msubsup"))
    if element.tag == "msqrt":
        height, depth = ("0.68em", "0.1em") if display else ("0.8em", "0.22em")
        ET.SubElement(element, "mspace", {"height": height, "depth": depth})


def clauses(math: ET.Element) -> list[list[ET.Element]]:
    """One formula as several ``<math>`` elements, between which a line may break: clauses, each of one or more pieces.

    Browsers break no line within MathML; a long formula would run out of a phone's screen. As in print, it may break
    behind a wide space, which ends a clause, and before a relation, where these are not inside anything. Words in
    running text come out as words, in a ``<span>``.
    """
    cells = _cells(math)
    parts: list[list[list[ET.Element]]] = [[[]]]
    depth, display = 0, math.get("display") == "block"
    for child in cells[1] if cells else math:
        core = child[0] if child.tag in ("msub", "msup", "msubsup") else child  # of (...)^2, the closing bracket
        text = core.text if core.tag == "mo" else ""
        before = parts[-1][-1]
        empty = not "".join(child.itertext()).strip()
        if not display and empty and (not before or _is_words(before[-1])):
            continue  # words bring their own space
        words = _is_words(child) or (bool(before) and _is_words(before[-1]))
        if before and depth == 0 and before[-1].get("width") == "2em":
            parts.append([[]])
        elif before and ((depth == 0 and text in _RELATIONS) or (words and not display)):
            parts[-1].append([])
        depth += (text in _OPENING) - (text in _CLOSING)
        parts[-1][-1].append(child)
    if not display and len("".join(math.itertext())) < _NEVER_BROKEN:
        parts = [[list(math)]]
    return [[_piece(part, display) for part in clause] for clause in parts]


def _is_words(element: ET.Element) -> bool:
    return element.tag == "mtext" and not len(element)


def _piece(children: list[ET.Element], display: bool) -> ET.Element:
    if not display and len(children) == 1 and _is_words(children[0]):
        words = ET.Element("span")
        words.text = (children[0].text or "").replace("\xa0", " ")
        return words
    made = ET.Element("math", {"displaystyle": "true"} if display else {})
    made.extend(children)
    return made


def number(math: ET.Element) -> tuple[str | None, str] | None:
    """Label and number, as (1), of a displayed equation, or None where it has none."""
    cells = _cells(math)
    return (cells[2].get("id"), "".join(cells[2].itertext())) if cells else None


def _cells(math: ET.Element) -> list[ET.Element] | None:
    """Margin, formula and number, which math-core sets as a table of one row; None for any other formula."""
    if len(math) == 1 and math[0].tag == "mtable" and len(math[0]) == 1 and len(math[0][0]) == 3:
        return list(math[0][0])
    return None


def characters(math: ET.Element) -> set[str]:
    """The characters for which a browser needs glyphs to set one ``<math>`` element.

    A single letter in ``<mi>`` is shown as the mathematical italic; roots are drawn with the radical sign.
    """
    used: set[str] = set()
    for element in math.iter():
        text = element.text or ""
        if element.tag == "mi" and len(text) == 1 and element.get("mathvariant") != "normal":
            text = _MATHEMATICAL_ITALIC.get(text, text)
        used |= set(text) - _INVISIBLE | set(_DRAWN_FROM_MARKUP.get(element.tag, ""))
    return {c for c in used if not c.isspace()}


def font(used: Iterable[str]) -> bytes:
    """STIX Two Math as WOFF2 with the glyphs for ``used`` alone, and those they stretch and shrink into.

    The same bytes for the same characters. Raises ValueError naming the characters that the font lacks.
    """
    wanted = sorted(set(used))
    return store.cached(store.digest(_font_versions(), wanted), lambda: _cut(wanted))


def _cut(wanted: Sequence[str]) -> bytes:
    from fontTools import subset

    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = ["ssty", "dtls", "flac"]  # what browsers use in formulas: scripts, accents
    options.hinting = False
    options.name_IDs = [0, 1, 2, 4, 5, 6, 13, 14]  # with its authors and its licence
    options.recalc_timestamp = False
    with subset.load_font(str(_font_file()), options) as source:
        missing = [c for c in wanted if ord(c) not in source.getBestCmap()]
        if missing:
            raise ValueError(f"the mathematical font has no glyph for {' '.join(missing)}")
        _level_radicals(source)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=[ord(c) for c in wanted])
        cutter.subset(source)
        out = io.BytesIO()
        subset.save_font(source, out, options)
    return out.getvalue()


def _level_radicals(font: Any) -> None:
    """Makes the radical signs that a formula of one line needs equally wide, and drops the larger ones.

    Chromium leaves room for the widest sign the font has, whichever it draws: a gap would stand behind every root.
    """
    radical = font.getBestCmap()[ord("√")]
    variants = font["MATH"].table.MathVariants
    growth = dict(zip(variants.VertGlyphCoverage.glyphs, variants.VertGlyphConstruction, strict=True))[radical]
    growth.MathGlyphVariantRecord = growth.MathGlyphVariantRecord[:3]
    growth.GlyphAssembly = None  # after the first access, which reads the table
    width, _ = font["hmtx"][radical]
    for larger in (record.VariantGlyph for record in growth.MathGlyphVariantRecord[1:]):
        glyph, (advance, _) = font["glyf"][larger], font["hmtx"][larger]
        glyph.coordinates.scale((width / advance, 1))
        glyph.coordinates.toInt()
        glyph.recalcBounds(font["glyf"])
        font["hmtx"][larger] = (width, glyph.xMin)


def font_licence() -> bytes:
    """Whose font it is, and the SIL Open Font Licence in full, to be published beside the font (UTF-8)."""
    return store.cached(store.digest(_font_versions(), "licence"), _licence)


def _font_versions() -> list[str]:
    """What the font and its licence depend on but for the characters: this module, and the packages it takes from."""
    packages = ("ziamath", "fonttools", "brotli", "matplotlib")
    return [Path(__file__).read_text(encoding="utf-8"), *(version(package) for package in packages)]


def _licence() -> bytes:
    from fontTools.ttLib import TTFont

    with TTFont(_font_file()) as whole:
        names = whole["name"]
    matplotlib = importlib.util.find_spec("matplotlib")
    assert matplotlib is not None
    assert matplotlib.origin is not None
    text = (Path(matplotlib.origin).parent / "mpl-data/fonts/ttf/LICENSE_STIX").read_text(encoding="utf-8")
    licence = text[text.index("SIL OPEN FONT LICENSE Version 1.1") :]
    owner = "\n".join(names.getDebugName(n) for n in (0, 13))
    return f"STIX Two Math, cut to the glyphs that this site uses.\n{owner}\n\n{licence}".encode()


def _font_file() -> Path:
    ziamath = importlib.util.find_spec("ziamath")  # found, not imported: only its font is wanted
    assert ziamath is not None
    assert ziamath.origin is not None
    return Path(ziamath.origin).parent / "fonts" / "STIXTwoMath-Regular.ttf"
