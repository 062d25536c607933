"""Reads a formula, as the MathML that a page shows, into expressions.

A formula is cut into clauses where words, wide spaces or punctuation stand outside of brackets; each clause is a chain
of sides with relations between them. Juxtaposition stays a list of factors: whether `f (x)` is a value of f or a
product is known when it is run.
"""

from __future__ import annotations

import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

RELATIONS = set("=≤≥<>≠≈⪯⪰∈→⟺∼∝")
FUNCTIONS = {
    "log",
    "exp",
    "sin",
    "cos",
    "cosh",
    "sinh",
    "tanh",
    "max",
    "min",
    "diag",
    "sign",
    "inf",
    "sup",
    "arg\u2009min",
}
ACCENTS = {"˙": "\u0307", "¨": "\u0308", "˜": "\u0303", "~": "\u0303", "‾": "\u0304", "¯": "\u0304", "^": "\u0302"}
_SKIPPED = set("\u2061\u2062\u2063\u2064")
_PAIRS = {"(": ")", "[": "]", "{": "}", "⌈": "⌉", "⌊": "⌋"}
_BARS = {"‖", "|", "∥", "∣"}
_PUNCTUATION = {",", ".", ";", ":", "…"}
_NAMING = {"max", "min", "inf", "∗", "*", "∞"}
"""Subscripts that are part of a name."""


class ReadingError(ValueError):
    """A formula says something that cannot be read; the message names what."""


@dataclass(frozen=True)
class Node:
    """An expression.

    kind: number, symbol, index, power, transpose, negative, sum, product, quotient, root, norm, ceiling, tuple,
    function, rate, integral, total, limit, extremum, argmin, cases, condition, ellipsis. name: of a symbol or a
    function, the variable that is bound, or the relations of a condition. Parts of cases: values, each with its
    condition behind it.
    """

    kind: str
    parts: tuple[Node, ...] = ()
    name: str = ""
    value: float = 0.0

    def nodes(self) -> Iterator[Node]:
        """Yields the expression and all of its parts."""
        yield self
        for part in self.parts:
            yield from part.nodes()

    @property
    def names(self) -> set[str]:
        """All symbols that occur."""
        return {node.name for node in self.nodes() if node.kind == "symbol"}


@dataclass(frozen=True)
class Chain:
    """Sides with relations between them: `a = b <= c`. The first side is None where a chain continues another."""

    sides: tuple[Node | None, ...]
    relations: tuple[str, ...]
    words: str = ""
    """What stands before it in the formula."""


@dataclass
class Token:
    kind: str  # number, name, sign, open, close, bar, fraction, root, table, cases, words, wide, differential
    text: str = ""
    sub: list[Token] = field(default_factory=list)
    sup: list[Token] = field(default_factory=list)
    parts: list[list[Token]] = field(default_factory=list)


def read(math: ET.Element) -> list[Chain]:
    """Returns the clauses of a formula. Raises ReadingError."""
    return [chain for tokens in _lines(_tokens(math)) for chain in _chains(tokens)]


# Tokens


def _tokens(element: ET.Element) -> list[Token]:
    tag, text = element.tag.rpartition("}")[2], unicodedata.normalize("NFC", (element.text or "").replace("\ufe00", ""))
    children = list(element)
    match tag:
        case "mn":
            return [Token("number", text)]
        case "mi":
            text = text.strip()
            return [Token("differential" if element.get("mathvariant") == "normal" and text == "d" else "name", text)]
        case "mtext":
            return [Token("words", text.replace("\xa0", " "))]
        case "mspace":
            width = float(re.sub(r"[^\d.]", "", element.get("width", "")) or 0)
            return [Token("wide")] if width >= 1 else []
        case "mo":
            text = text.strip()
            if not text or text in _SKIPPED:
                return []
            if text in _BARS:
                return [Token("bar", {"∥": "‖", "∣": "|"}.get(text, text), parts=[[Token(element.get("form", ""))]])]
            if text[0].isalpha():  # max and lim, which a display sets with what stands below them
                return [Token("name", text)]
            if text == "," and element.get("rspace") == "0":
                return [Token("sign", ",", parts=[[]])]  # perhaps that of 10{,}000
            kind = "open" if text in _PAIRS else "close" if text in _PAIRS.values() else "sign"
            return [Token(kind, text)]
        case "mfrac":
            return [Token("fraction", parts=[_tokens(child) for child in children])]
        case "msqrt":
            return [Token("root", parts=[_flat(children)])]
        case "mroot":
            return [Token("root", parts=[_tokens(child) for child in children])]
        case "mtable":
            rows = [[cell for cell in row if cell.get("class") != "gd-equation"] for row in children]
            if len(rows) == 1 and len(rows[0]) in (2, 3) and element.get("style") == "width: 100%":
                return _tokens(rows[0][1] if len(children[0]) == 3 else rows[0][0])
            cells = [[_tokens(cell) for cell in row] for row in rows]
            return [Token("table", parts=[[Token("row", parts=row)] for row in cells])]
        case "msub" | "msup" | "msubsup" | "munder" | "mover" | "munderover":
            return _scripted(tag, element, children)
    return _flat(children)


def _flat(children: Sequence[ET.Element]) -> list[Token]:
    tokens = [token for child in children for token in _tokens(child)]
    for n in range(len(tokens) - 3, -1, -1):
        if [token.text for token in tokens[n : n + 3]] == [".", ".", "."]:
            tokens[n : n + 3] = [Token("sign", "…")]
    if [token.text or token.kind for token in tokens] == ["{", "table"]:  # no bracket closes it
        return [Token("cases", parts=tokens[1].parts)]
    return tokens


def _scripted(tag: str, element: ET.Element, children: list[ET.Element]) -> list[Token]:
    base = _tokens(children[0])
    if not base:
        raise ReadingError("a script stands without anything before it")
    if element.get("accent") == "true":
        mark = (children[1].text or "").strip()
        if mark not in ACCENTS:
            raise ReadingError(f"the accent {mark!r} is unknown")
        base[-1] = replace(base[-1], text=unicodedata.normalize("NFC", base[-1].text + ACCENTS[mark]))
        return base
    low = _tokens(children[1]) if "sub" in tag or "under" in tag else []
    high = _tokens(children[-1]) if "sup" in tag or "over" in tag else []
    base[-1] = replace(base[-1], sub=base[-1].sub + low, sup=base[-1].sup + high)
    return base


# Lines and clauses


def _lines(tokens: list[Token]) -> Iterator[list[Token]]:
    """Yields the lines of an aligned formula, each joined with those that go on from it; else all of it."""
    if not (len([t for t in tokens if t.kind != "wide"]) == 1 and tokens[0].kind == "table"):
        yield tokens
        return
    line: list[Token] = []
    for part in tokens[0].parts:
        row = [token for cell in part[0].parts for token in cell]
        start = next((t for t in row if t.kind != "wide"), Token(""))
        ended = bool(line) and line[-1].text in _PUNCTUATION
        if line and not ended and start.kind == "sign" and (start.text in RELATIONS or start.text in "+−±"):
            line += [t for t in row if t.kind != "wide"]
        else:
            if line:
                yield line
            line = row
    if line:
        yield line


def _chains(tokens: list[Token]) -> Iterator[Chain]:
    words, clause, depth = list[str](), list[Token](), 0
    tokens = [
        t for i, t in enumerate(tokens) if t.kind != "wide" or not {"⟺"} & {u.text for u in tokens[i - 1 : i + 2]}
    ]
    for token, following in pairwise([*tokens, Token("wide"), Token("")]):
        depth += (token.kind == "open") - (token.kind == "close")
        inside = depth > 0 or sum(t.kind == "bar" for t in clause) % 2 == 1
        inside |= bool(token.parts) and following.kind == "number" and len(following.text) == 3
        if token.kind in ("words", "wide") or (not inside and token.text in _PUNCTUATION):
            if clause:
                yield replace(_chain(clause), words=" ".join(filter(None, words)))
                words = []
            clause = []
            words.append(token.text.strip() if token.kind == "words" else "")
        else:
            clause.append(token)


def _chain(tokens: list[Token]) -> Chain:
    sides, relations, start, depth = list[Node | None](), list[str](), 0, 0
    for i, token in enumerate(tokens):
        depth += (token.kind == "open") - (token.kind == "close")
        if depth == 0 and token.kind == "sign" and token.text in RELATIONS:
            sides.append(_Parser(tokens[start:i]).whole() if i > start else None)
            relations.append(token.text)
            start = i + 1
    sides.append(_Parser(tokens[start:]).whole() if start < len(tokens) else None)
    return Chain(tuple(sides), tuple(relations))


# Expressions


class _Parser:
    """Reads an expression from tokens: sums of signed products of factors."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens, self.at, self.bars = list(tokens), 0, 0  # bars: that are open

    def whole(self) -> Node:
        node = self.sum()
        if self.peek() is not None:
            raise ReadingError(f"{self.tokens[self.at].text or self.tokens[self.at].kind!r} cannot stand where it does")
        return node

    def peek(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self) -> Token:
        token = self.peek()
        if token is None:
            raise ReadingError("something is missing at the end")
        self.at += 1
        return token

    def sum(self) -> Node:
        terms = list[Node]()
        while True:
            token = self.peek()
            sign = ""
            if token and token.kind == "sign" and token.text in "+−-±":
                sign = self.take().text
            elif terms:
                break
            if sign == "±":
                raise ReadingError("± stands for two values")
            term = self.term()
            terms.append(Node("negative", (term,)) if sign in ("−", "-") else term)
        return terms[0] if len(terms) == 1 else Node("sum", tuple(terms))

    def term(self) -> Node:
        factors, divided = list[Node](), False
        while (token := self.peek()) is not None:
            if token.kind == "sign" and token.text == "/":
                self.take()
                over = self.denominator()
                factors = [Node("quotient", (_product(factors), over))]
                divided = True
            elif token.kind == "sign" and token.text in "⋅×·":
                self.take()
                factors = [_product(factors)] if not divided else factors  # f · (x) is no value of f
                factors.append(Node("number", value=1.0))
            elif self.ends(token):
                break
            else:
                factors.append(self.factor())
        if not factors:
            shown = token.text if (token := self.peek()) else "the end"
            raise ReadingError(f"something is missing before {shown}")
        return _product(factors)

    def denominator(self) -> Node:
        """Reads what a slash divides by: one factor, together with the brackets behind a function."""
        factors = [self.factor()]
        while (token := self.peek()) and token.kind == "open" and factors[0].kind in ("symbol", "index"):
            factors.append(self.factor())
        return _product(factors)

    def ends(self, token: Token) -> bool:
        if token.kind == "bar":
            return self.closes(token)
        return token.kind in ("close", "differential", "wide", "words") or (
            token.kind == "sign" and token.text != "∇" and token.text not in "∫∑¬"
        )

    def closes(self, bar: Token) -> bool:
        form = bar.parts[0][0].kind
        return form == "postfix" or (form != "prefix" and self.bars > 0)

    def factor(self) -> Node:
        token = self.take()
        match token.kind:
            case "number":
                return _scripts(Node("number", value=self.number(token)), token)
            case "name":
                return self.named(token)
            case "open":
                return self.group(token)
            case "bar":
                self.bars += 1
                inner = self.sum()
                self.bars -= 1
                closing = self.take()
                if closing.kind != "bar":
                    raise ReadingError(f"{token.text} is not closed")
                return _scripts(Node("norm", (inner,)), closing)
            case "fraction":
                return _scripts(self.fraction(token), token)
            case "root":
                parts = tuple(_Parser(part).whole() for part in token.parts)
                return _scripts(Node("root", parts), token)
            case "sign" if token.text == "∇":
                return self.named(token)
            case "sign" if token.text == "∫":
                return self.integral(token)
            case "sign" if token.text == "∑":
                return self.total(token)
            case "cases":
                return _cases(token)
            case "table":
                raise ReadingError("a table of formulas cannot be read")
        raise ReadingError(f"{token.text or token.kind!r} cannot stand where it does")

    def number(self, token: Token) -> float:
        digits = token.text
        while (comma := self.peek()) and comma.text == "," and comma.parts and self.at + 1 < len(self.tokens):
            following = self.tokens[self.at + 1]
            if following.kind != "number" or len(following.text) != 3:
                break
            digits += following.text
            self.at += 2
            token.sup = following.sup
        return float(digits)

    def named(self, token: Token) -> Node:
        name = token.text
        if name == "∇":
            order = "²" if [t.text for t in token.sup] == ["2"] else ""
            of = self.take()
            if of.kind != "name":
                raise ReadingError(f"∇ stands before {of.text!r}, which is no function's name")
            token, name = of, f"∇{order}{of.text}"
        if name in FUNCTIONS:
            return self.function(token)
        if name == "lim":
            variable = token.sub[0]
            to = _Parser(token.sub[2:]).whole()
            return Node("limit", (to, self.term()), variable.text)
        return _scripts(Node("symbol", name=name), token)

    def function(self, token: Token) -> Node:
        following = self.peek()
        if token.sub:
            return self.extremum(token)
        if following and following.kind == "open":
            inner = self.factor()
            if inner.kind in ("power", "transpose"):  # the bracket carries the power of the value
                return Node(inner.kind, (Node("function", (inner.parts[0],), token.text), *inner.parts[1:]))
        else:
            inner = self.term()
        return _scripts(Node("function", (inner,), token.text), replace(token, sub=[]))

    def extremum(self, token: Token) -> Node:
        """Reads the maximum or minimum over a range, as 0 <= s <= t, or the point where something is least."""
        if token.text == "arg\u2009min":
            return Node("argmin", (self.term(),), token.sub[0].text)
        between = _chain(token.sub)
        if token.text not in ("max", "min") or "".join(between.relations) not in ("≤≤", "≤<"):
            raise ReadingError(f"{token.text} over a set cannot be run")
        lower, letter, upper = between.sides
        assert lower
        assert letter
        assert upper
        if between.relations[-1] == "<":  # of whole numbers
            upper = Node("sum", (upper, Node("number", value=-1.0)))
        return Node("extremum", (lower, upper, self.term()), f"{letter.name} {token.text}")

    def group(self, token: Token) -> Node:
        parts, bars = list[Node](), self.bars
        self.bars = 0
        while True:
            following = self.peek()
            if following is not None and following.text == "…":
                self.take()
                parts.append(Node("ellipsis"))
            else:
                parts.append(self.sum())
            closing = self.take()
            if closing.kind == "close":
                break
            if closing.text not in (",", ";"):
                raise ReadingError(f"{token.text} is not closed before {closing.text or closing.kind!r}")
        self.bars = bars
        if token.text == "⌈":
            inner = Node("ceiling", tuple(parts))
        elif len(parts) > 1 or closing.text != _PAIRS[token.text]:
            inner = Node("tuple", tuple(parts), token.text + closing.text)
        else:
            inner = Node("group", tuple(parts))
        return _scripts(inner, closing)

    def fraction(self, token: Token) -> Node:
        over, under = token.parts
        if under and under[0].kind == "differential" and over and over[0].kind == "differential":
            if over[0].sup:
                raise ReadingError("a derivative of higher order cannot be read")
            body = _Parser(over[1:]).whole() if over[1:] else self.term()
            return Node("rate", (body,), under[1].text)
        return Node("quotient", (_Parser(over).whole(), _Parser(under).whole()))

    def integral(self, token: Token) -> Node:
        if not token.sub or not token.sup:
            raise ReadingError("an integral without limits cannot be run")
        body = self.integrand()
        mark = self.take()
        if mark.kind != "differential":
            raise ReadingError("the integral has no differential")
        variable = self.take()
        limits = (_Parser(token.sub).whole(), _Parser(token.sup).whole())
        return Node("integral", (*limits, body), variable.text)

    def integrand(self) -> Node:
        following = self.peek()
        if following and following.kind == "differential":
            return Node("number", value=1.0)
        return self.sum()

    def total(self, token: Token) -> Node:
        if len(token.sub) < 3 or token.sub[1].text != "=" or not token.sup:
            raise ReadingError("a sum without limits cannot be run")
        limits = (_Parser(token.sub[2:]).whole(), _Parser(token.sup).whole())
        return Node("total", (*limits, self.term()), token.sub[0].text)


def _cases(token: Token) -> Node:
    parts = list[Node]()
    for row in token.parts:
        value, *condition = row[0].parts
        chain = next(_chains(condition[0])) if condition else Chain((), ())
        sides = tuple(side for side in chain.sides if side is not None) if chain.relations else ()  # none: otherwise
        parts += [_Parser(value).whole(), Node("condition", sides, " ".join(chain.relations))]
    return Node("cases", tuple(parts))


def _product(factors: Sequence[Node]) -> Node:
    return factors[0] if len(factors) == 1 else Node("product", tuple(factors))


def _scripts(node: Node, token: Token) -> Node:
    """Puts the scripts of a token on what it ends: names, indices, transposes, powers."""
    low, high = token.sub, token.sup
    word = len(node.name) > 2 and node.name.isascii()  # prox, of eta f
    if low and node.kind == "symbol" and (word or (len(low) == 1 and low[0].text in _NAMING)):
        node = replace(node, name=f"{node.name}{'*' if low[0].text in '∗*' else '_' + ''.join(t.text for t in low)}")
    elif low:
        node = Node("index", (node, _Parser(low).whole()))
    while high and high[0].text and set(high[0].text) <= set("∗*′″'") and not high[0].sub:
        mark = high[0].text.replace("∗", "*").replace("″", "''").replace("′", "'")
        node, high = _marked(node, mark), high[1:]
    if high and high[0].text == "⊤" and len(high) == 1:
        return Node("transpose", (node,))
    if high and all(token.text != "⊤" for token in high):
        return Node("power", (node, _Parser(high).whole()))
    if high:
        raise ReadingError("a superscript cannot be read")
    return node


def _marked(node: Node, mark: str) -> Node:
    if node.kind == "index":
        return Node("index", (_marked(node.parts[0], mark), *node.parts[1:]))
    if node.kind != "symbol":
        raise ReadingError(f"{mark} stands on what is no name")
    return replace(node, name=f"{node.name}{mark}")
