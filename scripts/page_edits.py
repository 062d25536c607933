"""The changes of a page that scripts/mutate tries: in its boxes, displays, tables, captions and titles of figures.

Each changes what is true or what is said. By rule, these are left alone: words within formulas, spaces, labels, bound
variables, and the numbers of a list.
"""

import re
from bisect import bisect
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from markdown.extensions.toc import slugify

Found = tuple[str, int, int, str]
"""A kind, where it begins and ends in the text of the page, and what to put there."""


class Edit(NamedTuple):
    """A change of a page; its name, "where: before -> after", has as many words as tell the place from others."""

    module: str
    kind: str
    name: str
    line: int
    start: int
    end: int
    new: str

    @property
    def place(self) -> str:
        """Returns where it is, as it is printed."""
        return f"line {self.line}, {self.kind}: "

    def reason(self, reasons: dict[str, str]) -> str | None:
        """Returns the name under which it is explained."""
        return self.name if self.name in reasons else None

    def apply(self, source: str) -> str:
        return source[: self.start] + self.new + source[self.end :]


def _both(pairs: str) -> dict[str, str]:
    """Returns each word of pairs like "above/below" with its partner; of several, the first."""
    found: dict[str, str] = {}
    for one, other in (pair.split("/") for pair in pairs.split(", ")):
        found.setdefault(one, other)
        found.setdefault(other, one)
    return found


_FORMULAS = {
    "relation": {r"\\le(?![a-z])": r"\\ge", r"\\ge(?![a-z])": r"\\le", "<": ">", ">": "<", "=": "<"}
    | {r"\\ne(?![a-z])": "=", r"\\preceq(?![a-z])": r"\\succeq", r"\\succeq(?![a-z])": r"\\preceq"},
    "strictness": {r"\\le(?![a-z])": "<", "<": r"\\le", r"\\ge(?![a-z])": ">", ">": r"\\ge"},
    "exponent": {r"\^2": "", r"\^[3-9]": "^2", r"\^k": "^{k+1}", r"\^\{(-?)2 ?(?=[a-z\\])": r"^{\1"}
    | {r"(\^\{[^{}]*)/2\}": r"\1}"},
    "index": {r"_k": "_{k+1}", r"_\{k ?\+ ?1\}": "_k", r"_\{k ?- ?1\}": "_k", r"_\{-1\}": "_0", r"_0": "_1"}
    | {r"_1": "_2", r"_2": "_1", r"_\{(\w) ?= ?0\}": r"_{\1=1}", r"_\{(\w) ?= ?1\}": r"_{\1=0}"}
    | {r"\\max(?![a-z])": r"\\min", r"\\min(?![a-z])": r"\\max"},
}
"""What is changed in a formula. An equation becomes an inequality that is false; <= would be true, and say less."""
_SYMBOLS = {
    "L": (r"\mu", r"\eta"), r"\mu": ("L",), r"\eta": ("h", "L"), "h": (r"\eta",), r"\kappa": (r"\rho", "L"),
    r"\rho": (r"\kappa",), "R": ("L",), r"\alpha": (r"\beta",), r"\beta": (r"\alpha", r"\lambda"),
    r"\gamma": (r"\mu",), r"\lambda": (r"\mu", r"\beta"), r"\varepsilon": (r"\kappa",), r"\sigma": ("m",),
    r"\theta_0": (r"\theta_k", r"\theta"), r"\theta^\ast": (r"\theta_0", r"\theta"),
}  # fmt: skip
"""A symbol and those that may stand in its place: the first that the page has."""
_TWICE = r"(?:twice )?continuously differentiable"
_WORDS = {
    "hypothesis": {_TWICE: "differentiable", r"\$\\mu\$-strongly convex": "convex", "strongly convex": "convex"}
    | {r"(?<!strongly\s)(?<!non-)convex": "continuous", r"(?<!strong\s)convexity": "continuity"}
    | {"strong convexity": "convexity", r"\$L\$-smooth": "differentiable", r"\$L\$-smoothness": "differentiability"}
    | {"bounded below": "bounded above", r" (?:with a|and has a) minimiser(?: \$\\theta\^\\ast\$)?": ""}
    | {"locally Lipschitz": "continuous", r"(?<!locally\s)Lipschitz(?: continuous)?(?! constant)": "continuous"}
    | {"strict local": "local", "isolated critical": "critical", "positive definite": "positive semidefinite"}
    | {"symmetric ": "", "independent ": "", "strictly ": "", "if and only if": "if", "exactly one": "at most one"}
    | {"asymptotically stable": "stable", "unless": "if"},
    "opposite": _both(
        "above/below, smaller/larger, smallest/largest, never/always, first/last, upper/lower, at most/at least, "
        "more/less, higher/lower, highest/lowest, faster/slower, fastest/slowest, "
        "farther/nearer, ahead/behind, inside/outside, before/after, top/bottom, the left/the right, "
        "left-hand/right-hand, steep/flat, steepest/flattest, rises/falls, rise/fall, grows/shrinks, grow/shrink, "
        "increase/decrease, converges/diverges, converge/diverge, convergence/divergence, stable/unstable, "
        "minimiser/maximiser, minimum/maximum, minima/maxima, positive/negative, every/some, all/some, "
        "any/some, nowhere/everywhere, true/false, tight/loose, discrete/continuous, forward/backward, "
        "gradient descent/gradient flow, unbounded/bounded, rounded up/rounded down"
    )
    | {r"(is|are|was|does|do|did|need) not": r"\1", "cannot": "can", "without": "with", "zero": "one"},
    "look": _both("dashed/dotted, vermilion/blue, solid/dashed")
    | {"dots": "crosses", "circles": "squares", "bars": "dots", "arrows": "circles", "ellipses": "rectangles"}
    | {"shaded": "hatched", "logarithmic": "linear"},
    "unit": {r"(?<=\0\x20)steps": "seconds", "per step": "per unit of time", "per unit of time": "per step"}
    | {"powers of ten": "powers of two", "digits": "bits", r"(in units of) \$": r"\1 $2 \\cdot "},
}
_SPELT = ["half", "one", "once", "two", "twice", "three", "four", "five", "six"]
_SPELT += ["seven", "eight", "nine", "ten", "eleven", "twelve"]

_FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$\n]+\$", re.DOTALL)
_CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.DOTALL | re.MULTILINE)
_WITHOUT_MEANING = re.compile(
    r"^ *///(?: [a-z-]+)?(?: \| ?)?|^ +attrs:[^\n]*$|^\|[-:| ]+\|$|\]\([^)\s]*\)|\{ ?#[^}]*\}", re.MULTILINE
)
"""The ends of boxes, ids, rules of tables, and where links lead."""
_NAMES = re.compile(r"\\(?:text|mathrm|mathbb|mathcal|operatorname|label|eqref|begin|end)\*?\{[^{}]*\}")
_SUBSCRIPT, _SCRIPT = re.compile(r"_(?:\{[^{}]*\}|\w)"), re.compile(r"[_^](?:\{[^{}]*\}|\w)")
_SYMBOL = re.compile(r"\\theta_[0k]|\\theta\^\\ast|\\[A-Za-z]+|[A-Za-z]")
_CONSTANT = re.compile(r"(\\[td]?frac\d\d)|(?<![\d.])(\d+(?:\.\d+)?)(?=(\s?(?:[A-Za-z]|\\[a-z]+))?)")
_OPERATOR = re.compile(r"[+-]")
_RELATES = re.compile(r"(?:^|[^\w)\]}|!]|\\(?:le|ge|ne|to|in|quad|qquad))$")
_NUMBER = re.compile(
    rf"(?<!!)\[[^\[\]]*?(?P<number>[-−\d][\d.,{{}}\u202f]*|\b(?:{'|'.join(_SPELT)}))(?:\s?%)?\$?\]"
    r"\(gdfigs:(?!claims|map)[^)\s]+\)"
)
"""A number that the build compares: the last one in the words of a link."""
_LINK, _EQUATION = re.compile(r"\]\(([\w-]+\.md|)#([\w:-]+)\)"), re.compile(r"\\eqref\{([^}]*)\}")
_CITATION = re.compile(r"\d(?=[ab]?\]\(further-reading\.md)|(?<=Theorem )[\d.]*\d")
_ID, _LABEL = re.compile(r"^ +attrs: \{id: ([\w-]+)", re.MULTILINE), re.compile(r"\\label\{([^}]*)\}")


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", "\0", text)


def _places(source: str) -> tuple[str, list[str]]:
    """Returns the page with all blanked that is not looked through, and the box or heading of each of its lines."""
    kept, where, boxes, display, heading = list[str](), list[str](), list[str](), False, ""
    for line in source.splitlines(keepends=True):
        if found := re.match(r"#+ (.*?)(?: \{ ?#(.*?) ?\})?$", line):
            heading = found[2] or slugify(found[1], "-")
        if re.match(r" */// \w", line):
            boxes.append("")
        if boxes and (found := _ID.match(line)):
            boxes[-1] = where[-1] = found[1]  # and of the line before, which has its title
        inside = bool(boxes) or display or line.startswith(("|", "$$", "!["))
        display ^= line.strip() == "$$"
        kept.append(line if inside else _blank(line))
        where.append(next((box for box in reversed(boxes) if box), heading))
        if line.strip() == "///":
            boxes.pop()
    return "".join(kept), where


def _next(digits: str) -> str:
    """Returns a number with another last digit."""
    return digits[:-1] + str(8 if digits[-1] == "9" else int(digits[-1]) + 1)


def _changed(constant: str) -> str:
    """Returns another constant: a smaller one, if it is more than 1."""
    return _next(constant) if "." in constant or int(constant) < 2 else str(int(constant) - 1)


def _formulas(tex: str) -> Iterator[Found]:
    """Changes formulas; all else is blanked."""
    flat, level = (script.sub(lambda m: _blank(m[0]), tex) for script in (_SCRIPT, _SUBSCRIPT))
    for kind, rules in _FORMULAS.items():
        for pattern, new in rules.items():
            for m in re.finditer(pattern, flat if kind in ("relation", "strictness") else tex):
                yield kind, *m.span(), m.expand(new)
    for m in _OPERATOR.finditer(level):
        alone = level[m.end()] != " " and _RELATES.search(level[max(0, m.start() - 9) : m.start()].rstrip())
        if not alone:
            yield "sign", *m.span(), "+" if m[0] == "-" else "-"
        elif m[0] == "-":
            yield "sign", *m.span(), ""
    there = {m[0] for m in _SYMBOL.finditer(tex)}
    for m in _SYMBOL.finditer(tex):
        if other := next((new for new in _SYMBOLS.get(m[0], ()) if new in there), None):
            yield "symbol", *m.span(), other
    for m in _CONSTANT.finditer(flat):
        if m[1]:
            yield "constant", *m.span(1), "1"
            continue
        coefficient = m[2] == "2" and (m[3] or "").strip() in (*_SYMBOLS, "k", "x", "t", r"\sqrt", r"\lVert")
        if coefficient and not re.search(r"(?:frac|sqrt|/)$", flat[max(0, m.start() - 9) : m.start()]):
            yield "constant", m.start(), m.end() + (tex[m.end()] == " "), ""
        else:
            yield "constant", *m.span(2), _changed(m[2])


def _words(text: str) -> Iterator[Found]:
    """Changes words; numbers that the build compares are blanked, and where links lead."""
    for kind, rules in _WORDS.items():
        for pattern, new in rules.items():
            before = "" if pattern[0] == " " else r"(?<![\\\w-])(?<!bounded\s)"  # "bounded below" is a hypothesis
            whole = before + pattern.replace(" ", r"\s+") + (r"(?![\w-])" if pattern[-1].isalnum() else "")
            for m in re.finditer(whole, text, re.IGNORECASE):
                begins = m[0][0].isupper() and not m[0].startswith("Lipschitz")
                yield kind, *m.span(), m.expand(new).capitalize() if begins else m.expand(new)
    for m in re.finditer(r"(?<=\0)\s?%(?=\0)", text):
        yield "unit", *m.span(), ""
    for m in re.finditer(r"(?<=[a-z] )(?:0|10?)(?![\w-]|\.\d)", _FORMULA.sub(lambda m: _blank(m[0]), text)):
        yield "constant", *m.span(), _changed(m[0])


def _links(text: str, pages: dict[str, str]) -> Iterator[Found]:
    """Leads a link to the next box of its page, and a reference to the next equation; changes what a citation cites."""
    for m in _LINK.finditer(text):
        ids = _ID.findall(pages.get(m[1], ""))
        after = ids[ids.index(m[2]) + 1 :] if m[2] in ids else []
        if other := next((i for i in [*after, *ids] if i != m[2]), ""):
            yield "link", *m.span(2), other
    labels = _LABEL.findall(pages[""])
    for m in _EQUATION.finditer(text):
        after = labels[labels.index(m[1]) + 1 :]
        if other := next((label for label in [*after, *labels] if label != m[1]), ""):
            yield "link", *m.span(1), other
    for m in _CITATION.finditer(text):
        yield "citation", *m.span(), _next(m[0])


def _numbers(text: str) -> Iterator[Found]:
    """Changes the last digit of numbers that the build compares; exchanges two of them, with what computes them."""
    found = list(_NUMBER.finditer(text))
    for m in found:
        written = m["number"]
        changed = _next(written) if written[-1].isdigit() else _SPELT[(_SPELT.index(written) + 1) % len(_SPELT)]
        yield "number", *m.span("number"), changed
    for one, other in pairwise(found):
        between = text[one.end() : other.start()]
        if "\n\n" not in between and "\0" not in between and one["number"] != other["number"]:
            yield "exchange", one.start(), other.end(), other[0] + between + one[0]


def _tables(text: str) -> Iterator[Found]:
    """Exchanges neighbours: two headings, two cells of a row, two titles of rows."""
    rows: list[list[re.Match[str]]] = []
    for line in [*re.finditer(r"^\|.*\|$|^.*$", text, re.MULTILINE)]:
        if line[0].startswith("|"):
            rows.append(list(re.compile(r"(?<=\|) [^|]* (?=\|)").finditer(text, *line.span())))
            continue
        head, body = rows[:1], rows[2:]
        neighbours = [pair for row in head for pair in pairwise(row)]
        neighbours += [pair for row in body for pair in pairwise(row[1:])]
        neighbours += [(above[0], below[0]) for above, below in pairwise(body)]
        for one, other in neighbours:
            if one[0] != other[0] and one[0].strip() and other[0].strip():
                yield "table", one.start(), other.end(), other[0] + text[one.end() : other.start()] + one[0]
        rows = []


def _fitted(source: str, start: int, end: int, new: str) -> str:
    """Puts a space where a letter would become part of a command of TeX."""
    before, after = source[:start], source[end:]
    if re.search(r"\\[A-Za-z]+$", before[-20:]) and re.match(r"[A-Za-z]", new or after):
        new = f" {new}"
    return f"{new} " if re.search(r"\\[A-Za-z]+$", new) and after[:1].isalpha() else new


def _name(source: str, start: int, end: int, new: str) -> str:
    """Returns "before -> after" with as many words around as tell the place from the others of the page."""
    low, high = source.rfind("\n\n", 0, start) + 1, source.find("\n\n", end)
    for least, most in ((low, high if high >= 0 else len(source)), (0, len(source))):  # of the paragraph, if they do
        for reach in range(12, len(source) + 12, 8):
            first, last = max(least, start - reach), min(most, end + reach)
            while first > least and not source[first - 1].isspace():
                first -= 1
            while last < most and not source[last].isspace():
                last += 1
            if source.count(source[first:last]) == 1:
                before, after = source[first:start], source[end:last]
                return f"{_flat(source[first:last])} -> {_flat(before + new + after)}"
            if (first, last) == (least, most):
                break
    return ""  # the whole page stands there once


def _flat(text: str) -> str:
    return " ".join(text.split())


def edits(root: Path, module: str) -> list[Edit]:
    """Returns the changes of a page, named as docs/momentum, in the order of their kinds."""
    page = root / f"{module}.md"
    source = page.read_text(encoding="utf-8")
    pages = {file.name: file.read_text(encoding="utf-8") for file in page.parent.glob("*.md")} | {"": source}
    kept, where = _places(_CODE.sub(lambda m: _blank(m[0]), source))
    numbers = _NUMBER.sub(lambda m: m[0].replace(m["number"], _blank(m["number"]), 1), kept)
    words = _WITHOUT_MEANING.sub(lambda m: _blank(m[0]), numbers)
    tex = _blank(words)
    for formula in _FORMULA.finditer(_NAMES.sub(lambda m: _blank(m[0]), words)):
        tex = tex[: formula.start()] + formula[0] + tex[formula.end() :]
    found = [*_formulas(tex), *_words(words), *_links(kept, pages), *_numbers(kept), *_tables(kept)]
    starts = [m.start() for m in re.finditer("^", source, re.MULTILINE)]
    made: dict[str, Edit] = {}
    for kind, start, end, plain in found:
        line, new = bisect(starts, start), _fitted(source, start, end, plain)
        name = f"{module}.md:{where[line - 1]}: {_name(source, start, end, new)}"
        made.setdefault(name, Edit(module, kind, name, line, start, end, new))
    return list(made.values())
