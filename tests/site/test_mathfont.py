"""The font has every glyph that a browser needs for the formulas, and no others."""

import io
import unicodedata
import xml.etree.ElementTree as ET
from importlib.metadata import version
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from gdfigs.build import cache
from gdfigs.site import mathfont
from gdfigs.site.mathfont import INVISIBLE, characters, font, font_licence, missing
from gdfigs.site.mathml import Formula, to_mathml


def needed(tex: str) -> set[str]:
    return characters(to_mathml([Formula(tex, False)])[0])


class TestCharacters:
    @pytest.mark.parametrize(
        ("tex", "glyph"),
        [
            ("x", "\U0001d465"), ("A", "\U0001d434"), ("h", "\u210e"),
            (r"\theta", "\U0001d703"), (r"\vartheta", "\U0001d717"),
            (r"\varepsilon", "\U0001d700"), (r"\epsilon", "\U0001d716"), (r"\varphi", "\U0001d711"),
            (r"\phi", "\U0001d719"), (r"\partial", "\U0001d715"),
            (r"\sqrt{x}", "√"), (r"\sqrt[3]{x}", "√"), (r"\lVert x \rVert", "‖"), ("x-y", "\u2212"),
            (r"f'", "′"), (r"\mathbb{R}", "ℝ"), (r"\text{if}", "i"), (r"\max", "m"),
        ],
    )  # fmt: skip
    def test_it_has_the_glyph_that_a_browser_shows(self, tex: str, glyph: str) -> None:
        assert glyph in needed(tex)

    def test_upright_letters_and_words_stay_upright(self) -> None:
        assert needed(r"\Lambda") == {"Λ"}  # as TeX sets Greek capitals
        assert needed(r"\mathrm{d}") == {"d"}
        assert needed(r"\max") == set("max")

    def test_every_letter_has_its_italic(self) -> None:
        latin = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        for letter in latin + "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρσςτυφχψω":
            (italic,) = characters(ET.fromstring(f"<math><mi>{letter}</mi></math>")) - {letter}
            assert unicodedata.normalize("NFKC", italic) == letter

    def test_what_shows_nothing_needs_no_glyph(self) -> None:
        assert not needed(r"\arg\min_u f(u) \; x\,y \mathcal{N}") & (INVISIBLE | set(" \xa0"))


class TestFont:
    USED = needed(r"\theta_{k+1} \le \sqrt{\frac{h}{2}} \lVert x \rVert + \left( \int f \right)")

    def cut(self, used: set[str]) -> TTFont:
        return TTFont(io.BytesIO(font(used)))

    def test_it_has_every_glyph_wanted_and_no_other_letter(self) -> None:
        cut = self.cut(self.USED)
        assert cut.flavor == "woff2"
        glyphs = {chr(c) for c in cut.getBestCmap()}
        assert glyphs >= self.USED
        assert {c for c in glyphs if c.isalnum()} == {c for c in self.USED if c.isalnum()}
        assert not self.cut(set()).getBestCmap()

    @pytest.mark.parametrize("fence", ["(", ")", "‖", "√", "∫"])
    def test_fences_roots_and_integrals_still_grow(self, fence: str) -> None:
        cut = self.cut(self.USED)
        variants = cut["MATH"].table.MathVariants
        growing = dict(zip(variants.VertGlyphCoverage.glyphs, variants.VertGlyphConstruction, strict=True))
        construction = growing[cut.getBestCmap()[ord(fence)]]
        larger = {record.VariantGlyph for record in construction.MathGlyphVariantRecord[1:]}
        parts = {part.glyph for part in getattr(construction.GlyphAssembly, "PartRecords", [])}
        assert larger | parts
        assert larger | parts <= set(cut.getGlyphOrder())
        assert fence != "√" or len({cut["hmtx"][glyph][0] for glyph in larger}) == 1  # no gap behind a small one

    def test_it_keeps_what_formulas_are_laid_out_with_its_name_and_its_licence(self) -> None:
        cut = self.cut(self.USED)
        assert cut["MATH"].table.MathConstants.AxisHeight.Value > 0
        assert cut["MATH"].table.MathConstants.RadicalRuleThickness.Value > 0
        assert "ssty" in {feature.FeatureTag for feature in cut["GSUB"].table.FeatureList.FeatureRecord}  # scripts
        assert "STIX" in cut["name"].getDebugName(1)
        assert "Open Font" in cut["name"].getDebugName(13)

    def test_the_same_characters_give_the_same_bytes(self) -> None:
        one, other = sorted(self.USED), sorted(self.USED, reverse=True)
        assert font([*one, one[0]]) == font(other) == mathfont._cut(one)
        assert font(one) != font(self.USED - {"\u210e"})
        with TTFont(mathfont._installed(*mathfont._FONT)) as whole:
            assert self.cut(self.USED)["head"].modified == whole["head"].modified  # not the time of the build

    def test_what_it_lacks_is_known_beforehand(self) -> None:
        assert missing({"x", "若", "あ", "ж"}) == ["あ", "若"]
        assert missing(self.USED) == []

    def test_a_newer_package_or_a_change_of_this_code_cuts_it_anew(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(cache, "FOLDER", tmp_path / "cache")
        font({"x"})
        monkeypatch.setattr(mathfont, "version", lambda p: "0.0" if p == "fonttools" else version(p))
        font({"x"})
        (tmp_path / "mathfont.py").write_text(f"{Path(mathfont.__file__).read_text(encoding='utf-8')}\n")
        monkeypatch.setattr(mathfont, "__file__", str(tmp_path / "mathfont.py"))
        font({"x"})
        assert len(list((tmp_path / "cache").glob("[0-9a-f]*"))) == 3

    def test_its_licence_is_given_in_full(self) -> None:
        text = font_licence().decode()
        assert text.startswith("STIX Two Math, cut to the glyphs that this site uses.\nCopyright")
        for part in ("SIL OPEN FONT LICENSE Version 1.1", "PERMISSION & CONDITIONS", "DISCLAIMER"):
            assert part in text
