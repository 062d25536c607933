r"""Formulas: TeX to MathML Core at build time, to pieces between which a line may break, and to plain text."""

from __future__ import annotations

import html
import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from math_core import LatexError, LatexToMathML

from gdfigs.site.mathfont import INVISIBLE, characters, missing

_MACROS = {"substack": r"{\begin{matrix}#1\end{matrix}}", "mbox": r"\text{#1}"}
_REMEDIES = {
    "[\x00-\x08\x0b-\x1f\ue000-\uf8ff\ufffe\uffff]": "a character that cannot be printed: delete it",
    r"\\(?:left|right|middle|[bB]igg?[lrm]?)\s*[<>]": r"a fence is \langle or \rangle, not < or >",
    r"\\(?:big|Big|bigg|Bigg)r?\s*(?:\\[A-Za-z]+|\\?[^\s\\A-Za-z])\s*[\^_']": (
        r"a sized fence cannot carry an exponent in MathML: write \left( ... \right)^..."
    ),
    r"\\(?:label|eqref)\{(?![A-Za-z0-9:.-]+\})": "a label has only letters, digits, ':', '.' and '-'",
    r"\\(?:text|f)?color(?:box)?(?![A-Za-z])": "a colour of its own would not follow the theme: leave it out",
    r"\\ref(?![A-Za-z])": r"write \eqref",
    r"\\text[a-z]*\{[^{}$]*\$": r"words cannot contain a formula: close the brace before it, \text{if } x > 0",
    r"\\begin\{split\}": r"write \begin{aligned}",
    r"\\begin\{(?:eqnarray|alignat|flalign)\*?\}": r"write \begin{align}",
    r"\\begin\{smallmatrix\}": r"write \begin{matrix}",
    r"\\(?:norm|abs)(?![A-Za-z])": r"write \lVert x \rVert or \lvert x \rvert",
    r"\\DeclareMathOperator": r"write \operatorname{...} or \operatorname*{...} in the formula",
    r"\\(?:nice|s)frac(?![A-Za-z])": r"write \tfrac or a/b",
    r"\\widetilde(?![A-Za-z])": r"write \tilde",
    r"\\\\\*?\[(?!\s*-?[\d.]+(?:pt|em|ex|mm|cm|in|pc)\s*\])": r"behind \\ stands a length, [2pt]; a bracket as {}[",
}
"""TeX that math-core lacks or sets as something else, and what to write instead."""
_NEW_LINE = re.compile(r"\\\\(?:\*|\[\s*(-?[\d.]+[a-z]+)\s*\])?")
_NESTING = re.compile(
    r"\\\\|\\[{}]|\\(?:begin|end)\{equation\*?\}|(?P<open>\\begin\{[^}]*\}|\{)|(?P<close>\\end\{[^}]*\}|\})"
)
_DEEPEST = 50  # at some thousands math-core would end the process
_MARKS = 0xE000  # characters for private use stand for the space below a line until the formula is MathML
_ENCLOSURES = {"box", "updiagonalstrike", "downdiagonalstrike"}  # drawn by the style sheet

_POSITION = re.compile(r"^(?:input\d+:)?(\d+): (.*)$", re.DOTALL)
_NAMED_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)\w+;")
_LABEL, _REFERENCE = re.compile(r"\\label\{([^}]*)\}"), re.compile(r"\\eqref\{([^}]*)\}")

_SCRIPTS = ("msub", "msup", "msubsup", "munder", "mover", "munderover")
_RELATIONS, _OPENING, _CLOSING = set("=<>≤≥≠≈∝→⇒⟺⪯⪰"), set("([{"), set(")]}")
_NEVER_BROKEN = 12
"""Characters below which a formula in running text stays on one line."""
_SPACES = ("\xa0", "\u2003")

_APART = _RELATIONS | set("+−±∓×⋅∈∉⊂⊆∪∩∼≡≔↦⟹⟸")
_SHIFTED: dict[str, dict[str, str]] = {"<super>": {c: c for c in "∗′″‴"}, "<sub>": {}}
for _code in range(0xA0, 0x2C80):
    _kind, *_letters = unicodedata.decomposition(chr(_code)).split() or [""]
    if _kind in _SHIFTED and len(_letters) == 1:  # "<super> 0032" is a raised 2
        _SHIFTED[_kind][chr(int(_letters[0], 16))] = chr(_code)
_SHIFTED["<super>"]["⊤"] = "ᵀ"
_VULGAR = {unicodedata.normalize("NFKC", c).replace("\u2044", "/"): c for c in "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"}
_SCRIPT = "".join(c for table in _SHIFTED.values() for c in table.values())
_ATOM = re.compile(rf"(?:\d+|[d√]?\w[\u0300-\u036f]?)[{_SCRIPT}]*")
_FENCED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|‖[^‖]*‖|\|[^|]*\|")


@dataclass(frozen=True)
class Formula:
    """A formula: its TeX without delimiters, and whether it stands on lines of its own."""

    tex: str
    display: bool


@dataclass(frozen=True)
class Fault:
    """Says that formula number ``formula`` cannot be set, at character ``position`` of its TeX, for ``reason``."""

    formula: int
    position: int
    reason: str


class TexError(ValueError):
    """Some formulas cannot be set; ``faults`` lists all of them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f.reason for f in faults))
        self.faults = faults


def to_mathml(page: Sequence[Formula]) -> list[ET.Element]:
    """Turns all formulas of a page into ``<math>`` elements; numbers those with a label, which others can refer to.

    Raises:
        TexError: for every formula that cannot be set, every reference to an equation that is not there,
            and every label given twice.
    """
    faults = [fault for n, formula in enumerate(page) for fault in _faults(n, formula)]
    labels = [label for formula in page for label in _LABEL.findall(formula.tex)]
    known = f"there are {', '.join(dict.fromkeys(labels))}" if labels else "this page has none"
    for n, formula in enumerate(page):
        for m in _REFERENCE.finditer(formula.tex):
            if m[1] not in labels:
                faults.append(Fault(n, m.start(), f"no equation is labelled {m[1]!r}: {known}"))
        for m in _LABEL.finditer(formula.tex):
            if labels.count(m[1]) > 1:
                faults.append(Fault(n, m.start(), f"two equations are labelled {m[1]!r}"))
    if faults:
        raise TexError(faults)
    mathml = _converter().convert_all([(_marked(f.tex), f.display) for f in page])
    return [_parse(text, f.tex) for text, f in zip(mathml, page, strict=True)]


def placeholder(tex: str) -> ET.Element:
    """Shows the TeX of a formula that cannot be set, while the author mends it."""
    element = ET.Element("code", {"class": "gd-fault"})
    element.text = tex
    return element


@cache
def _converter() -> LatexToMathML:
    return LatexToMathML(fancy_error=False, macros=_MACROS)


def _faults(n: int, formula: Formula) -> Iterator[Fault]:
    tex, depth = formula.tex, 0
    found = [Fault(n, m.start(), remedy) for pattern, remedy in _REMEDIES.items() for m in re.finditer(pattern, tex)]
    for token in _NESTING.finditer(tex):
        if token[0] == r"\\" and depth == 0:
            found.append(Fault(n, token.start(), r"\\ ends a line only within aligned, gathered and the like"))
        depth += (token["open"] is not None) - (token["close"] is not None)
        if depth > _DEEPEST:
            found.append(Fault(n, token.start(), f"braces stand in one another more than {_DEEPEST} times"))
            break
    if found:
        yield from found
        return
    try:
        math = _parse(_converter().convert_with_local_state(_marked(tex), displaystyle=formula.display), tex)
    except LatexError as error:
        match = _POSITION.match(str(error))
        yield Fault(n, int(match[1]), match[2]) if match else Fault(n, 0, str(error))
        return
    numbered = {e.get("id") for e in math.iter()}
    for m in _LABEL.finditer(tex):
        if m[1] not in numbered:
            yield Fault(n, m.start(), f"what is labelled {m[1]!r} has no number: write equation, or align without *")
    for character in missing(characters(math)):
        reason = f"the mathematical font has no glyph for {character}: write it outside the formula"
        yield Fault(n, max(0, tex.find(character)), reason)
    for element in math.iter("menclose"):
        yield Fault(n, 0, f"browsers draw no {element.get('notation')} around a formula")


def _marked(tex: str) -> str:
    r"""Puts a mark before each ``\\[2pt]`` in place of the length, which math-core would print; keeps positions."""
    marks = map(chr, range(_MARKS, _MARKS + len(tex)))
    return _NEW_LINE.sub(lambda m: f"{next(marks) if m[1] else ''}\\\\".ljust(len(m[0])), tex)


def _parse(mathml: str, tex: str) -> ET.Element:
    """Reads math-core's answer, with the named entities of MathML, and mends what browsers do not draw."""
    math = ET.fromstring(_NAMED_ENTITY.sub(lambda entity: html.unescape(entity[0]), mathml))
    lengths = [length for length in _NEW_LINE.findall(tex) if length]
    for row in reversed(list(math.iter("mtr"))):  # of a table within another one, before that
        for parent in list(row.iter()):
            for child in [c for c in parent if c.text and 0 <= ord(c.text[0]) - _MARKS < len(lengths)]:
                parent.remove(child)
                length = lengths[ord((child.text or "")[0]) - _MARKS]
                for cell in row:
                    cell.set("style", f"padding-bottom:calc(0.5ex + {length});{cell.get('style', '')}")
    for element in list(math.iter()):
        notation = (element.get("notation") or "").split()
        if notation and set(notation) <= _ENCLOSURES:
            element.tag, element.attrib = "mrow", {"class": " ".join(f"gd-{line}" for line in notation)}
            for drawn in element.findall("mrow[@class]"):
                element.remove(drawn)
        elif element.get("style") == "width: 100%":
            for row in element:
                if len(row[-1]):
                    row[-1].set("class", "gd-equation")
        elif element.tag in _SCRIPTS:
            for table in (table for script in element[1:] for table in script.iter("mtable")):
                table.attrib.pop("scriptlevel", None)  # what stands in a script is as small as it
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
    """Cuts one formula into several ``<math>`` elements, between which a line may break: clauses, each of pieces.

    Browsers break no line within MathML; a long formula would run out of a phone's screen. As in print, it may break
    behind a wide space, which ends a clause, and before a relation, where these are not inside anything. Words in
    running text come out as words, in a ``<span>``. Numbered lines stay together, each with its number.
    """
    cells = _cells(math)
    if cells is None and math.find(".//mtd[@class='gd-equation']") is not None:
        return [[math]]
    parts: list[list[list[ET.Element]]] = [[[]]]
    depth, display = 0, math.get("display") == "block"
    for child in cells[1] if cells else math:
        core = child[0] if child.tag in ("msub", "msup", "msubsup") else child  # of (...)^2, the closing bracket
        text = core.text if core.tag == "mo" else ""
        before = parts[-1][-1]
        if not display and not "".join(child.itertext()).strip() and (not before or _is_words(before[-1])):
            if before and not (before[-1].text or "").endswith(_SPACES):
                before[-1].text = f"{before[-1].text}{_space(child)}"
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


def _space(element: ET.Element) -> str:
    """Turns a space of TeX behind words into one of text: a quad is as wide as there."""
    return "\u2003" * int(float(element.get("width", "0em").removesuffix("em"))) or "\xa0"


def _piece(children: list[ET.Element], display: bool) -> ET.Element:
    if not display and len(children) == 1 and _is_words(children[0]):
        words = ET.Element("span")
        words.text = (children[0].text or "").replace("\xa0", " ")
        return words
    piece = ET.Element("math", {"displaystyle": "true"} if display else {})
    piece.extend(children)
    return piece


def number(math: ET.Element) -> tuple[str | None, str] | None:
    """Reads label and number, as (1), of a displayed equation of one row; None where it has none."""
    cells = _cells(math)
    return (cells[2].get("id"), "".join(cells[2].itertext())) if cells else None


def _cells(math: ET.Element) -> list[ET.Element] | None:
    """Finds margin, formula and number, which math-core sets as a table of one row; None for any other formula."""
    if len(math) == 1 and math[0].tag == "mtable" and len(math[0]) == 1 and len(math[0][0]) == 3:
        return list(math[0][0])
    return None


def plain(formula: str | ET.Element) -> str:
    r"""Writes TeX, or an element with formulas in it, on one line: ``\frac{1}{2}\lVert x\rVert^2`` is ½‖x‖².

    Raises:
        TexError: for TeX that cannot be set.
    """
    element = to_mathml([Formula(formula, False)])[0] if isinstance(formula, str) else formula
    return re.sub(r"[ \n\xa0]+", " ", _line(element)).strip()


def _line(element: ET.Element) -> str:
    parts, tag = [_line(child) for child in element], element.tag
    if tag in _SCRIPTS:
        low = parts[1] if "sub" in tag or "under" in tag else ""
        high = parts[-1] if "sup" in tag or "over" in tag else ""
        if element.get("accent") or element.get("accentunder"):
            mark = unicodedata.normalize("NFKD", parts[1]).strip().replace("ˆ", "\u0302")
            mark = "\u0305" if high and mark == "\u0332" else mark  # a line above
            return unicodedata.normalize("NFC", parts[0] + (mark if unicodedata.combining(mark[:1] or " ") else ""))
        return f"{_grouped(parts[0])}{_shifted(low, '<sub>', '_')}{_shifted(high, '<super>', '^')}"
    if tag == "mfrac":
        if element.get("linethickness") == "0":
            return " over ".join(parts)
        whole = f"{_grouped(parts[0])}/{_grouped(parts[1], product=True)}"
        return _VULGAR.get(whole, whole)
    if tag == "msqrt":
        return f"√{_grouped(''.join(parts), product=True)}"
    if tag == "mroot":
        return f"{_shifted(parts[1], '<super>', '')}√{_grouped(parts[0], product=True)}"
    if tag in ("mtable", "mtr"):
        return ("; " if tag == "mtable" else " ").join(parts)
    if tag == "mspace":
        return " " if element.get("width") else ""
    text = "".join(c for c in element.text or "" if c not in INVISIBLE)
    if tag == "mo":
        left = element.get("lspace", " ") if text in _APART else element.get("lspace", "0") if not text else "0"
        right = element.get("rspace", " ") if text in _APART | {",", ";"} else "0"
        return f"{'' if left == '0' else ' '}{text}{'' if right == '0' else ' '}"
    for child, part, following in zip(element, parts, [*parts, ""][1:], strict=True):
        ambiguous = child.tag == "mfrac" and "/" in part and re.match(r"[\w(\[{√‖|∇∂∑∫]", following)
        text += f"({part})" if ambiguous else part
        text += child.tail or ""
    return text


def _grouped(text: str, *, product: bool = False) -> str:
    """Puts brackets around a sum or a quotient; around a ``product``, too."""
    core, shorter = text, _FENCED.sub("x", text)
    while core != shorter:  # brackets within brackets
        core, shorter = shorter, _FENCED.sub("x", shorter)
    whole = _ATOM.fullmatch(core) if product else not any(c in _APART or c == "/" for c in core)
    return text if whole else f"({text})"


def _shifted(text: str, kind: str, mark: str) -> str:
    compact, table = text.replace(" ", ""), _SHIFTED[kind]
    if all(c in table for c in compact):
        return "".join(table[c] for c in compact)
    return f"{mark}{text}" if len(text) == 1 else f"{mark}({text})"
