"""TeX becomes the MathML that it means, faults are told with their places, and the font has every glyph needed."""

import io
import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from gdfigs.build import cache as store
from gdfigs.site import mathml
from gdfigs.site.mathfont import characters, font, font_licence
from gdfigs.site.mathml import (
    Fault,
    Formula,
    TexError,
    clauses,
    number,
    placeholder,
    to_mathml,
)

INVISIBLE = set("\u2061\u2062\u2063\u2064\ufe00\ufe01")


@pytest.fixture(autouse=True, scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A store that is empty at first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "FOLDER", tmp_path_factory.mktemp("store"))
        yield


def math(tex: str, *, display: bool = False) -> ET.Element:
    (made,) = to_mathml([Formula(tex, display)])
    return made


def linear(element: ET.Element) -> str:
    """A formula on one line, as it is read: a_k, x^2, (a+b)/c, √(x), the cells of a table between bars."""
    parts = [linear(child) for child in element]
    grouped = [part if len(part) == 1 else f"({part})" for part in parts]
    match element.tag:
        case "msub" | "munder":
            return "{}_{}".format(*grouped)
        case "msup" | "mover":
            return "{}^{}".format(*grouped)
        case "msubsup" | "munderover":
            return "{}_{}^{}".format(*grouped)
        case "mfrac":
            return "{}/{}".format(*grouped)
        case "msqrt":
            return f"√({''.join(parts)})"
        case "mroot":
            return f"√[{parts[1]}]({parts[0]})"
        case "mtable":
            return " ; ".join(parts)
        case "mtr":
            return " | ".join(parts)
    text = "".join(c for c in element.text or "" if c not in INVISIBLE)
    return re.sub(r"\s", " ", text) + "".join(parts)


@pytest.mark.parametrize(
    ("tex", "read"),
    [
        (r"\theta_{k+1} = \theta_k - \eta \nabla f(\theta_k)", "θ_(k+1)=θ_k−η∇f(θ_k)"),
        (r"\lVert \nabla f(x) - \nabla f(y) \rVert \le L \lVert x - y \rVert", "‖∇f(x)−∇f(y)‖≤L‖x−y‖"),
        (r"f(x) + \nabla f(x)^\top (y-x) + \tfrac{L}{2}\lVert y-x\rVert^2", "f(x)+∇f(x)^⊤(y−x)+L/2‖y−x‖^2"),
        (r"\frac{L \lVert \theta_0 - \theta^\ast \rVert^2}{2k}", "(L‖θ_0−θ^∗‖^2)/(2k)"),
        (r"\eta \left(1 - \frac{L\eta}{2}\right)^2", "η((1−(Lη)/2))^2"),
        (r"\frac{d}{dt} f(\theta(t)) = -\lVert \nabla f(\theta(t)) \rVert^2", "d/(dt)f(θ(t))=−‖∇f(θ(t))‖^2"),
        (r"\operatorname{prox}_{\eta f}(\theta_k) = \arg\min_u f(u)", "(prox)_(ηf)(θ_k)=arg(min)_uf(u)"),
        (r"\operatorname*{arg\,min}_{u}", "(arg min)_u"),
        (r"\ddot{\theta}(t) + \gamma \dot{\theta}(t) = 0", "θ^¨(t)+γθ^˙(t)=0"),
        (r"-\nabla f(\theta) \, dt + \sqrt{2\beta^{-1}} \, dW(t)", "−∇f(θ)dt+√(2β^(−1))dW(t)"),
        (r"A = V \Lambda V^\top \in \mathbb{R}^{d \times d}", "A=VΛV^⊤∈ℝ^(d×d)"),
        (r"0 < \eta < 2/\lambda_{\max}", "0<η<2/λ_(max)"),
        (r"\mu I \preceq \nabla^2 f(x) \preceq L I", "μI⪯∇^2f(x)⪯LI"),
        (r"\int_0^t \lVert \nabla f \rVert^2 \,\mathrm{d}s", "∫_0^t‖∇f‖^2ds"),
        (r"\sum_{j=1}^{k} \bigl( f(\theta_j) - f^\ast \bigr)", "∑_(j=1)^k(f(θ_j)−f^∗)"),
        (r"\max_i |1 - \eta\lambda_i|, \quad \lim_{t \to \infty} e^{-\mu t}", "(max)_i|1−ηλ_i|,(lim)_(t→∞)e^(−μt)"),
        (r"\log\cosh x, \; f'(x), \; f''(x)", "logcoshx,f^′(x),f^″(x)"),
        (r"\begin{pmatrix} 1 & 0 \\ 0 & \kappa \end{pmatrix}", "(1 | 0 ; 0 | κ)"),
        (r"\begin{cases} x & \text{if } x > 0 \\ 0 & \text{else} \end{cases}", "{x | if x>0 ; 0 | else"),
        (r"\sqrt[3]{x} \ne \lceil x \rceil \propto \pm x \mapsto 1{,}024", "√[3](x)≠⌈x⌉∝±x↦1,024"),
        (r"a \iff b \Rightarrow c \to d \approx e \cdot f \sim g \ge h", "a⟺b⇒c→d≈e⋅f∼g≥h"),
        (r"a \Longleftrightarrow \varepsilon \varphi \xi \delta \alpha \partial", "a⟺εφξδα∂"),
        (r"\mathcal{N}(0, I)", "𝒩(0,I)"),
    ],
)
def test_a_formula_means_what_its_tex_means(tex: str, read: str) -> None:
    assert linear(math(tex)) == read


def test_aligned_lines_are_rows_of_one_table() -> None:
    rows = linear(math(r"\begin{align} a &= b \label{one} \\ &\le c \label{two} \end{align}", display=True))
    assert rows == " | a | =b | (1) ;  |  | ≤c | (2)"


def test_display_is_display() -> None:
    assert math("x", display=True).get("display") == "block"
    assert math("x").get("display") is None


def test_a_named_entity_is_its_character() -> None:
    applied = [e.text for e in math(r"\arg\min_u f").iter("mo")]
    assert "\u2061" in applied  # math-core writes &ApplyFunction;
    assert linear(math(r"a < b \& c > d")) == "a<b&c>d"


class TestNumbers:
    def equation(self, label: str, tex: str = "x") -> Formula:
        return Formula(rf"\begin{{equation}} {tex} \label{{{label}}} \end{{equation}}", True)

    def test_equations_are_numbered_and_referred_to_before_and_after(self) -> None:
        refer = Formula(r"\eqref{two}", False)
        before, one, two, after = to_mathml([refer, self.equation("one"), self.equation("two"), refer])
        assert linear(one).endswith("(1)")
        assert linear(two).endswith("(2)")
        assert [e.get("id") for e in two.iter() if "id" in e.attrib] == ["two"]
        for reference in (before, after):
            (link,) = reference.iter("a")
            assert (link.get("href"), link.text) == ("#two", "(2)")

    def test_each_page_begins_with_one(self) -> None:
        for _ in range(2):
            made = to_mathml([self.equation("a"), self.equation("b")])
            assert [linear(m)[-3:] for m in made] == ["(1)", "(2)"]

    def test_formulas_without_a_number_take_none(self) -> None:
        display = [Formula("x", True), Formula(r"\begin{align*} x \end{align*}", True)]
        assert linear(to_mathml([*display, self.equation("a")])[-1]).endswith("(1)")

    def test_a_reference_may_stand_within_a_formula(self) -> None:
        made = to_mathml([self.equation("a"), Formula(r"x \overset{\eqref{a}}{=} y", False)])
        assert made[1].find(".//a[@href='#a']") is not None


class TestFaults:
    def faults(self, *formulas: str) -> list[Fault]:
        with pytest.raises(TexError) as caught:
            to_mathml([Formula(tex, True) for tex in formulas])
        assert str(caught.value) == "; ".join(f.reason for f in caught.value.faults)
        return list(caught.value.faults)

    @pytest.mark.parametrize(
        ("tex", "position", "reason"),
        [
            (r"\eta + \foo", 7, r"\foo"),
            (r"é + \foo", 4, r"\foo"),  # counted in characters
            (r"\frac{1}", 8, "end of input"),
            (r"\left( x", 8, r"\right"),
            ("a & b", 2, "&"),
            ("x^2^3", 3, "superscript"),
            (r"\begin{foo} x \end{foo}", 6, "foo"),
            (r"\text{a", 7, "}"),
            (r"x \label{a}", 2, "numbered"),
            ("{x", 2, "}"),
            (r"a + \bigl( x \bigr)^2", 13, "exponent"),
            (r"\Bigl\lVert x \Bigr\rVert_2", 14, "exponent"),
            (r"\big| x \big|'", 8, "exponent"),
        ],
    )
    def test_a_fault_is_told_with_its_place(self, tex: str, position: int, reason: str) -> None:
        (fault,) = self.faults("x", tex)
        assert (fault.formula, fault.position) == (1, position)
        assert reason in fault.reason

    def test_a_large_operator_may_have_limits(self) -> None:
        assert linear(math(r"\bigcup_i \bigl( A_i \bigr)")) == "⋃_i(A_i)"

    def test_an_unknown_reference_names_those_that_there_are(self) -> None:
        numbered = r"\begin{equation} x \label{eq:rate} \end{equation}"
        (fault,) = self.faults(numbered, r"y + \eqref{eq:rat}")
        assert fault == Fault(1, 4, "no equation is labelled 'eq:rat': there are eq:rate")
        (fault,) = self.faults(r"\eqref{a}")
        assert fault == Fault(0, 0, "no equation is labelled 'a': this page has none")

    def test_a_label_given_twice_is_told_at_both_places(self) -> None:
        numbered = r"\begin{equation} \label{a} x \end{equation}"
        assert self.faults(numbered, "x", numbered) == [
            Fault(n, 17, "two equations are labelled 'a'") for n in (0, 2)
        ]  # fmt: skip

    def test_all_are_told_at_once(self) -> None:
        found = self.faults(r"\foo", "x", r"\frac{", r"\eqref{a}", r"\bar")
        assert [f.formula for f in found] == [0, 2, 4, 3]

    def test_a_formula_at_fault_can_be_shown_as_it_is_written(self) -> None:
        shown = placeholder(r"\foo < 1")
        assert ("".join(shown.itertext()), shown.get("class")) == (r"\foo < 1", "gd-fault")


class TestClauses:
    """Where a line may break: behind a wide space, a clause ends; before a relation, a piece."""

    LONG = r"f(\theta_{k+1}) \le f(\theta_k) - \eta \lVert g \rVert^2 < f(\theta_0), \qquad k \in [a = 1, b)"
    PIECES = (("f(θ_(k+1))", "≤f(θ_k)−η‖g‖^2", "<f(θ_0),"), ("k∈[a=1,b)",))

    def pieces(self, tex: str, *, display: bool) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(linear(piece) for piece in clause) for clause in clauses(math(tex, display=display)))

    @pytest.mark.parametrize("display", [False, True])
    def test_a_long_formula_may_break_there_and_not_within_brackets(self, display: bool) -> None:
        assert self.pieces(self.LONG, display=display) == self.PIECES

    def test_a_numbered_one_may_break_as_well_and_its_number_stands_apart(self) -> None:
        numbered = math(rf"\begin{{equation}} {self.LONG} \label{{eq:a}} \end{{equation}}", display=True)
        assert tuple(tuple(map(linear, clause)) for clause in clauses(numbered)) == self.PIECES
        assert number(numbered) == ("eq:a", "(1)")
        assert number(math(self.LONG, display=True)) is None

    def test_a_short_one_in_running_text_stays_whole(self) -> None:
        assert self.pieces("x = y", display=False) == (("x=y",),)
        assert self.pieces("x = y", display=True) == (("x", "=y"),)

    def test_pieces_of_a_display_are_set_as_displays(self) -> None:
        for display in (False, True):
            found = {
                piece.get("displaystyle") for clause in clauses(math(self.LONG, display=display)) for piece in clause
            }
            assert found == {"true" if display else None}


class TestCharacters:
    def needed(self, tex: str) -> set[str]:
        return characters(math(tex))

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
        assert glyph in self.needed(tex)

    def test_greek_theta_is_not_its_variant(self) -> None:
        assert unicodedata.name("\U0001d703") == "MATHEMATICAL ITALIC SMALL THETA"
        assert "\U0001d717" not in self.needed(r"\theta")

    def test_upright_letters_and_words_stay_upright(self) -> None:
        assert self.needed(r"\Lambda") == {"Λ"}  # as TeX sets Greek capitals
        assert self.needed(r"\mathrm{d}") == {"d"}
        assert self.needed(r"\max") == set("max")

    def test_every_letter_has_its_italic(self) -> None:
        latin = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        for letter in latin + "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρσςτυφχψω":
            (italic,) = characters(ET.fromstring(f"<math><mi>{letter}</mi></math>")) - {letter}
            assert unicodedata.normalize("NFKC", italic) == letter

    def test_what_shows_nothing_needs_no_glyph(self) -> None:
        assert not self.needed(r"\arg\min_u f(u) \; x\,y \mathcal{N}") & (INVISIBLE | set(" \xa0"))


class TestFont:
    USED = characters(
        math(r"\theta_{k+1} \le \sqrt{\frac{h}{2}} \lVert x \rVert + \left( \int f \right)", display=True)
    )

    def cut(self, used: set[str]) -> TTFont:
        return TTFont(io.BytesIO(font(used)))

    def test_it_has_every_glyph_asked_for_and_no_other_letter(self) -> None:
        cut = self.cut(self.USED)
        assert cut.flavor == "woff2"
        glyphs = {chr(c) for c in cut.getBestCmap()}
        assert glyphs >= self.USED
        assert {c for c in glyphs if c.isalnum()} == {c for c in self.USED if c.isalnum()}

    def test_it_keeps_what_formulas_are_laid_out_with(self) -> None:
        cut = self.cut(self.USED)
        constants = cut["MATH"].table.MathConstants
        assert constants.AxisHeight.Value > 0
        assert constants.RadicalRuleThickness.Value > 0

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

    def test_it_keeps_its_name_and_its_licence(self) -> None:
        names = self.cut({"x"})["name"]
        assert "STIX" in names.getDebugName(1)
        assert "OFL" in names.getDebugName(13) or "Open Font" in names.getDebugName(13)

    def test_the_same_characters_give_the_same_bytes(self) -> None:
        one, other = sorted(self.USED), sorted(self.USED, reverse=True)
        assert font([*one, one[0]]) == font(other) == mathml._cut(one)
        assert font(one) != font(self.USED - {"\u210e"})
        with TTFont(mathml._font_file()) as whole:
            assert self.cut(self.USED)["head"].modified == whole["head"].modified  # not the time of the build

    def test_a_missing_glyph_is_named(self) -> None:
        with pytest.raises(ValueError, match="the mathematical font has no glyph for あ"):
            font({"x", "あ"})

    def test_no_formula_needs_no_glyph(self) -> None:
        assert not self.cut(set()).getBestCmap()

    def test_a_change_of_its_making_makes_it_anew(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(store, "FOLDER", tmp_path)
        font({"x"})
        installed = mathml.version
        monkeypatch.setattr(mathml, "version", lambda p: "0.0" if p == "fonttools" else installed(p))
        font({"x"})
        (tmp_path / "mathml.py").write_text(f"{Path(mathml.__file__).read_text(encoding='utf-8')}\n")
        monkeypatch.setattr(mathml, "__file__", str(tmp_path / "mathml.py"))
        font({"x"})
        assert len(list(tmp_path.glob("[0-9a-f]*"))) == 3

    def test_its_licence_is_told_in_full(self) -> None:
        text = font_licence().decode()
        assert text.startswith("STIX Two Math, cut to the glyphs that this site uses.\nCopyright")
        assert "SIL OPEN FONT LICENSE Version 1.1" in text
        assert "PERMISSION & CONDITIONS" in text
        assert "DISCLAIMER" in text
