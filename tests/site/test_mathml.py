"""TeX becomes the MathML that it means, or a fault with place and remedy; MathML becomes pieces and plain text."""

import xml.etree.ElementTree as ET
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdfigs.site.mathml import Fault, Formula, TexError, clauses, number, placeholder, plain, to_mathml

PARTS = [
    *r"{}^_&<>'%#$~x1若", "\x01", r"\\", "[2pt]", r"\frac", r"\left(", r"\right)", r"\begin{align}", r"\end{align}",
    r"\text{", r"\label{a}", r"\eqref{a}", r"\sqrt", r"\hat", r"\sum", r"\boxed{", r"\substack{", r"\log", r"\tag{1}",
]  # fmt: skip


def math(tex: str, *, display: bool = False) -> ET.Element:
    (element,) = to_mathml([Formula(tex, display)])
    return element


def equation(label: str, tex: str = "x") -> Formula:
    return Formula(rf"\begin{{equation}} {tex} \label{{{label}}} \end{{equation}}", True)


@pytest.mark.parametrize(
    ("tex", "line"),
    [
        (r"\theta_{k+1} = \theta_k - \eta \nabla f(\theta_k)", "θₖ₊₁ = θₖ − η∇f(θₖ)"),
        (r"\lVert \nabla f(x) - \nabla f(y) \rVert \le L \lVert x - y \rVert", "‖∇f(x) − ∇f(y)‖ ≤ L‖x − y‖"),
        (
            r"f(x) + \nabla f(x)^\top (y-x) + \tfrac{L}{2}\lVert y-x\rVert^2",
            "f(x) + ∇f(x)ᵀ(y − x) + (L/2)‖y − x‖²",
        ),
        (r"\frac{L \lVert \theta_0 - \theta^\ast \rVert^2}{2k}", "L‖θ₀−θ∗‖²/(2k)"),
        (r"\eta \left(1 - \frac{L\eta}{2}\right)^2", "η(1 − Lη/2)²"),
        (r"\left(\frac{\kappa - 1}{\kappa + 1}\right)^{2k}", "((κ−1)/(κ+1))²ᵏ"),
        (r"\frac{d}{dt} f(\theta) = -\frac{\eta^2}{2} \nabla f(\theta) + \frac ab", "(d/dt)f(θ) = −(η²/2)∇f(θ) + a/b"),
        (r"\operatorname{prox}_{\eta f}(\theta_k) = \arg\min_u f(u)", "prox_(ηf)(θₖ) = arg minᵤ f(u)"),
        (r"\ddot{\theta}(t) + \gamma \dot{\theta}(t) = 0, \hat x, \bar y, \tilde z", "θ̈(t) + γθ̇(t) = 0, x̂, ȳ, z̃"),
        (r"\overline{A}, \underline{A}, \underbrace{x}_{y}", "A̅, A̲, x_y"),
        (r"-\nabla f(\theta) \, dt + \sqrt{2\beta^{-1}} \, dW(t)", "−∇f(θ) dt + √(2β⁻¹) dW(t)"),
        (r"A = V \Lambda V^\top \in \mathbb{R}^{d \times d}", "A = VΛVᵀ ∈ ℝ^(d×d)"),
        (r"0 < \eta < 2/\lambda_{\max}", "0 < η < 2/λₘₐₓ"),
        (r"\mu I \preceq \nabla^2 f(x) \preceq L I", "μI ⪯ ∇²f(x) ⪯ LI"),
        (r"\int_0^t \lVert \nabla f \rVert^2 \,\mathrm{d}s", "∫₀ᵗ‖∇f‖² ds"),
        (r"\sum_{j=1}^{k} \bigl( f(\theta_j) - f^\ast \bigr)", "∑ⱼ₌₁ᵏ(f(θⱼ) − f∗)"),
        (r"\max_i |1 - \eta\lambda_i|, \quad \lim_{t \to \infty} e^{-\mu t}", "maxᵢ |1 − ηλᵢ|, lim_(t→∞) e^(−μt)"),
        (r"\log\cosh x, \; f'(x), \; f''(x)", "log cosh x, f′(x), f″(x)"),
        (r"\begin{pmatrix} 1 & 0 \\ 0 & \kappa \end{pmatrix}", "(1 0; 0 κ)"),
        (r"\begin{cases} x & \text{if } x > 0 \\ 0 & \text{else} \end{cases}", "{x if x > 0; 0 else"),
        (r"\sqrt[3]{x} \ne \lceil x \rceil \propto \pm x \mapsto 1{,}024", "³√x ≠ ⌈x⌉ ∝ ±x ↦ 1,024"),
        (r"a \iff b \Rightarrow c \to d \approx e \cdot f \sim g \ge h", "a ⟺ b ⇒ c → d ≈ e ⋅ f ∼ g ≥ h"),
        (r"\mathcal{N}(0, I), \varepsilon\varphi\xi\delta\alpha\partial, \binom{n}{k}", "𝒩(0, I), εφξδα∂, (n over k)"),
        (r"\min_x f(x) \quad \text{s.t.} \quad Ax = b", "minₓ f(x) s.t. Ax = b"),
        (r"\sum_{\substack{a \\ b}} c, \mbox{as } x_1, \dots, x_n", "∑_(a; b)c, as x₁, ..., xₙ"),
        (r"\frac{1}{2}\lVert x\rVert^2, -\tfrac34, \frac{1}{2k}, \frac{1}{\sqrt k}", "½‖x‖², −¾, 1/(2k), 1/√k"),
        (r"O(1/k^2), 10^2, 1.5 \times 10^{-3}, 25\,\%, {x + y}^2", "O(1/k²), 10², 1.5 × 10⁻³, 25 %, (x + y)²"),
        (r"a < b \& c > d", "a < b&c > d"),
    ],
)
def test_a_formula_means_what_its_tex_means_and_can_be_read_as_text(tex: str, line: str) -> None:
    assert plain(tex) == line


def test_formulas_within_other_elements_are_read_as_text_as_well() -> None:
    heading = ET.fromstring("<h2>The <em>rate</em> </h2>")
    heading.extend(piece for clause in clauses(math(r"O\bigl(\frac{1}{2k}\bigr) \le \frac12")) for piece in clause)
    heading[-1].tail = " of 1\u202f024"
    assert plain(heading) == "The rate O(1/(2k)) ≤ ½ of 1\u202f024"


def test_a_named_entity_is_its_character() -> None:
    assert "\u2061" in [e.text for e in math(r"\arg\min_u f").iter("mo")]  # math-core writes &ApplyFunction;


def test_display_is_display() -> None:
    assert math("x", display=True).get("display") == "block"
    assert math("x").get("display") is None


def test_boxes_and_strokes_are_left_to_the_style_sheet() -> None:
    for tex, drawn in [
        (r"\boxed{x}", "gd-box"),
        (r"\cancel{x}", "gd-updiagonalstrike"),
        (r"\xcancel{x}", "gd-updiagonalstrike gd-downdiagonalstrike"),
    ]:
        (row,) = math(tex)
        assert (row.tag, row.get("class"), [e.tag for e in row]) == ("mrow", drawn, ["mi"])


def test_a_length_behind_a_line_is_room_below_it() -> None:
    tex = r"\begin{align} a &= \begin{pmatrix} 1 \\[1em] 2 \\ 3 \end{pmatrix} \\[-2pt] c &= d \\* e &= f \end{align}"
    element = math(tex, display=True)
    assert plain(element) == "a = (1; 2; 3) (1); c = d (2); e = f (3)"
    room = [[(cell.get("style") or "").partition(";")[0] for cell in row] for row in element.iter("mtr")]
    assert room[0] == ["padding-bottom:calc(0.5ex + -2pt)"] * 4
    assert room[1:4] == [["padding-bottom:calc(0.5ex + 1em)"], [""], [""]]
    assert not any("padding-bottom" in style for row in room[4:] for style in row)


def test_a_root_is_as_high_as_its_sign_and_lower_on_a_line_of_its_own() -> None:
    heights = [math(r"\sqrt{\frac{\sqrt x}{2}}", display=display).iter("mspace") for display in (True, False)]
    assert [[space.get("height") for space in spaces] for spaces in heights] == [["0.8em", "0.68em"], ["0.8em"] * 2]


def test_what_stands_below_a_sum_is_small() -> None:
    assert math(r"\sum_{\substack{a \\ b}}").find(".//mtable").get("scriptlevel") is None  # type: ignore[union-attr]


class TestNumbers:
    def test_equations_are_numbered_and_referred_to_before_and_after(self) -> None:
        refer = Formula(r"x \overset{\eqref{two}}{=} y", False)
        for _ in range(2):  # each page begins with one
            before, one, display, two, after = to_mathml(
                [refer, equation("one"), Formula("x", True), equation("two"), refer]
            )
            assert (number(one), number(display), number(two)) == (("one", "(1)"), None, ("two", "(2)"))
            for reference in (before, after):
                (link,) = reference.iter("a")
                assert (link.get("href"), link.text) == ("#two", "(2)")

    def test_lines_of_a_table_have_their_numbers_at_the_margin(self) -> None:
        tex = r"\begin{align} a &= b \label{one} \\ &\le c \notag \\ d &= e \label{two} \end{align}"
        refer, lines = to_mathml([Formula(r"\eqref{two}", False), Formula(tex, True)])
        assert refer.find(".//a[@href='#two']") is not None
        ((whole,),) = clauses(lines)
        assert (whole.get("display"), whole[0].get("style")) == ("block", "width: 100%")  # as wide as the text
        cells = [cell for cell in whole.iter("mtd") if cell.get("class") == "gd-equation"]
        assert [(cell.get("id"), "".join(cell.itertext())) for cell in cells] == [("one", "(1)"), ("two", "(2)")]
        ((whole,),) = clauses(math(r"\begin{align} a &= b \end{align}", display=True))
        assert whole.find(".//mtd[@class='gd-equation']") is not None


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
            (r"\begin{aligned} a \\[2pt] \foo \end{aligned}", 26, r"\foo"),
            (r"\frac{1}", 8, "end of input"),
            (r"\left( x", 8, r"\right"),
            ("a & b", 2, "&"),
            ("x^2^3", 3, "superscript"),
            (r"\begin{foo} x \end{foo}", 6, "foo"),
            (r"\text{a", 7, "}"),
            (r"x \label{a}", 2, "numbered"),
            ("{x", 2, "}"),
            (r"a + \bigl( x \bigr)^2", 13, r"\left( ... \right)^"),
            (r"\Bigl\lVert x \Bigr\rVert_2", 14, "exponent"),
            (r"\big| x \big|'", 8, "exponent"),
            (r"x + \left< y \right)", 4, r"\langle"),
            (r"\begin{equation} x \label{eq:a_b} \end{equation}", 19, "letters, digits"),
            (r"x \ref{a}", 2, r"write \eqref"),
            (r"0, \text{if $x$}", 3, r"\text{if } x"),
            (r"\begin{split} x \end{split}", 0, r"\begin{aligned}"),
            (r"\begin{eqnarray} x \end{eqnarray}", 0, r"\begin{align}"),
            (r"\begin{smallmatrix} x \end{smallmatrix}", 0, r"\begin{matrix}"),
            (r"x + \norm{y}", 4, r"\lVert x \rVert"),
            (r"\DeclareMathOperator{\tr}{tr} \tr", 0, r"\operatorname"),
            (r"\nicefrac12", 0, r"\tfrac"),
            (r"\widetilde x", 0, r"\tilde"),
            (r"\begin{aligned} a \\[2pq] b \end{aligned}", 18, "a length, [2pt]"),
            (r"\{a\} \\ b", 6, "aligned"),
            (r"\begin{equation} a \\ b \end{equation}", 19, "aligned"),
            (r"\angl{x}", 0, "browsers draw no actuarial"),
            (r"\begin{align*} x \label{a} \end{align*}", 17, "'a' has no number"),
            (r"\begin{align} x \notag \label{a} \\ y \end{align}", 23, "'a' has no number"),
            (r"x_{\text{若}}", 9, "no glyph for 若: write it outside"),
            ("x\x0b", 1, "cannot be printed"),
            ("{" * 20_000, 50, "more than 50 times"),
        ],
    )
    def test_a_fault_has_its_place_and_its_remedy(self, tex: str, position: int, reason: str) -> None:
        (fault,) = self.faults("x", tex)
        assert (fault.formula, fault.position) == (1, position)
        assert reason in fault.reason

    def test_a_large_operator_may_have_limits(self) -> None:
        assert plain(r"\bigcup_i \bigl( A_i \bigr)") == "⋃ᵢ(Aᵢ)"

    def test_an_unknown_reference_names_those_that_there_are(self) -> None:
        (fault,) = self.faults(equation("eq:rate").tex, r"y + \eqref{eq:rat}")
        assert fault == Fault(1, 4, "no equation is labelled 'eq:rat': there are eq:rate")
        (fault,) = self.faults(r"\eqref{a}")
        assert fault == Fault(0, 0, "no equation is labelled 'a': this page has none")

    def test_two_equations_with_one_label_are_reported_at_both_places(self) -> None:
        numbered = equation("a").tex
        assert self.faults(numbered, "x", numbered) == [
            Fault(n, 19, "two equations are labelled 'a'") for n in (0, 2)
        ]  # fmt: skip

    def test_all_are_reported_at_once(self) -> None:
        found = self.faults(r"\foo", "x", r"\frac{", r"\eqref{a}", r"\bar")
        assert [f.formula for f in found] == [0, 2, 4, 3]

    @given(st.lists(st.sampled_from(PARTS), max_size=9).map("".join), st.booleans())
    def test_whatever_is_written_is_set_or_refused(self, tex: str, display: bool) -> None:
        with suppress(TexError):
            assert all(
                isinstance(plain(piece), str) for clause in clauses(math(tex, display=display)) for piece in clause
            )

    def test_a_formula_at_fault_can_be_shown_as_it_is_written(self) -> None:
        shown = placeholder(r"\foo < 1")
        assert ("".join(shown.itertext()), shown.get("class")) == (r"\foo < 1", "gd-fault")


class TestClauses:
    """A clause ends behind a wide space; a piece begins at a relation. There a line may break."""

    LONG = r"f(\theta_{k+1}) \le f(\theta_k) - \eta \lVert g \rVert^2 < f(\theta_0), \qquad k \in [a = 1, b)"
    PIECES = (("f(θₖ₊₁)", "≤ f(θₖ) − η‖g‖²", "< f(θ₀),"), ("k ∈ [a = 1, b)",))

    @pytest.mark.parametrize(
        ("tex", "display"), [(LONG, True), (LONG, False), (equation("eq:a", LONG).tex, True)]
    )  # fmt: skip
    def test_a_long_formula_may_break_there_and_not_within_brackets(self, tex: str, display: bool) -> None:
        found = clauses(math(tex, display=display))
        assert tuple(tuple(map(plain, clause)) for clause in found) == self.PIECES
        assert {piece.get("displaystyle") for clause in found for piece in clause} == {"true" if display else None}

    def test_a_short_one_in_running_text_stays_whole(self) -> None:
        assert [[plain(p) for p in clause] for clause in clauses(math("x = y"))] == [["x = y"]]
        assert [[plain(p) for p in c] for c in clauses(math("x = y", display=True))] == [["x", "= y"]]

    def test_words_in_running_text_are_text_with_the_spaces_around_them(self) -> None:
        (pieces,) = clauses(
            math(r"\min_x f(x) \quad \text{s.t.} \quad Ax = b \text{ for all } \; b, \text{if} \, x > 0")
        )
        words = [piece.text for piece in pieces if piece.tag == "span"]
        assert words == ["s.t.\u2003", " for all ", "if "]
        assert pieces[0][-1].get("width") == "1em"  # the space before the words
