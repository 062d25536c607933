"""The mathematical font, STIX Two Math, cut to the glyphs that the site uses."""

from __future__ import annotations

import functools
import io
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from importlib.metadata import distribution, version
from pathlib import Path
from typing import Any

from gdfigs.build import cache

_FONT = ("ziamath", "fonts/STIXTwoMath-Regular.ttf")
# Operators that show nothing, and marks that choose a variant of the letter before them, need no glyph of their own.
INVISIBLE = set("\u2061\u2062\u2063\u2064\u200b\ufe00\ufe01")
_DRAWN_FROM_MARKUP = {"msqrt": "√", "mroot": "√"}
_MATHEMATICAL_ITALIC = {
    chr(int(unicodedata.decomposition(chr(code)).split()[1], 16)): chr(code)  # "<font> 03B8" for italic theta
    for block in (range(0x1D434, 0x1D468), range(0x1D6A4, 0x1D6A6), range(0x1D6E2, 0x1D71C))
    for code in block
    if unicodedata.decomposition(chr(code))
} | {"h": "\u210e"}


def characters(math: ET.Element) -> set[str]:
    """Lists the characters for which a browser needs glyphs to set one ``<math>`` element.

    A single letter in ``<mi>`` is shown as the mathematical italic; roots are drawn with the radical sign.
    """
    used: set[str] = set()
    for element in math.iter():
        text = element.text or ""
        if element.tag == "mi" and len(text) == 1 and element.get("mathvariant") != "normal":
            text = _MATHEMATICAL_ITALIC.get(text, text)
        used |= set(text) - INVISIBLE | set(_DRAWN_FROM_MARKUP.get(element.tag, ""))
    return {c for c in used if not c.isspace()}


def missing(used: Iterable[str]) -> list[str]:
    """Lists the characters for which the font has no glyph."""
    return sorted(set(used) - _repertoire())


@functools.cache
def _repertoire() -> frozenset[str]:
    def read() -> bytes:
        from fontTools.ttLib import TTFont

        with TTFont(_installed(*_FONT)) as whole:
            return "".join(map(chr, whole.getBestCmap())).encode()

    return frozenset(cache.cached(cache.digest(_versions(), "repertoire"), read).decode())


def font(used: Iterable[str]) -> bytes:
    """Cuts the font to the glyphs for ``used`` and those they stretch and shrink into, as WOFF2.

    The same characters give the same bytes.
    """
    wanted = sorted(set(used))
    return cache.cached(cache.digest(_versions(), wanted), lambda: _cut(wanted))


def _cut(wanted: Sequence[str]) -> bytes:
    from fontTools import subset

    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = ["ssty", "dtls", "flac"]  # what browsers use in formulas: scripts, accents
    options.hinting = False
    options.name_IDs = [0, 1, 2, 4, 5, 6, 13, 14]  # with its authors and its licence
    with subset.load_font(str(_installed(*_FONT)), options) as source:
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
    """Names the owner of the font and gives the SIL Open Font Licence in full, to be published beside it (UTF-8)."""
    return cache.cached(cache.digest(_versions(), "licence"), _licence)


def _licence() -> bytes:
    from fontTools.ttLib import TTFont

    with TTFont(_installed(*_FONT)) as whole:
        owner = "\n".join(whole["name"].getDebugName(n) for n in (0, 13))
    text = _installed("matplotlib", "mpl-data/fonts/ttf/LICENSE_STIX").read_text(encoding="utf-8")
    licence = text[text.index("SIL OPEN FONT LICENSE Version 1.1") :]
    return f"STIX Two Math, cut to the glyphs that this site uses.\n{owner}\n\n{licence}".encode()


def _versions() -> list[str]:
    """Names what the font and its licence depend on but for the characters: this module, and the packages it uses."""
    packages = ("ziamath", "fonttools", "brotli", "matplotlib")
    return [Path(__file__).read_text(encoding="utf-8"), *(version(package) for package in packages)]


def _installed(package: str, file: str) -> Path:
    """Finds a file of an installed package without importing it."""
    return Path(str(distribution(package).locate_file(f"{package}/{file}")))
