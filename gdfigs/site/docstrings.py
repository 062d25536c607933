"""Docstrings, plain text with equations in ASCII, as Markdown with formulas and links.

A formula is what reads like one: letters, Greek names, numbers and functions, held together by operators.
``name: meaning`` is an entry of a list, ``Page: gradient-descent.md#convex-rate.`` a link to the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import cycle, groupby, pairwise

_GREEK = "alpha|beta|gamma|delta|epsilon|eta|theta|kappa|lambda|mu|xi|rho|Lambda"
_WORDS = {
    **{name: rf"\{name} " for name in ("cosh", "exp", "log", "max", "min", "sin", "sinh", "tanh")},
    **{name: rf"\operatorname{{{name}}} " for name in ("Re", "diag", "mean", "sech")},
    "grad": r"\nabla ",
    "Hessian": r"\nabla^2 f ",
    "sum": r"\sum ",
    "sqrt": r"\sqrt",
    "gap": r"\text{gap}",
}
_SIGNS = {"<=": r"\le ", ">=": r"\ge ", "!=": r"\ne ", "->": r"\to ", "...": r"\dots ", "..": r"\dots "}

_SCRIPT = r"(?:[_^]\{(?:[^{}]|\{[^{}]*\})*\}|[_^]\w+|\*(?![\w*])|'+(?![a-z]))"
_SIGN = r"<=|>=|!=|->|\.\.\.?|[=<>+/|()\[\]{},]|(?<![\w)\]}])-(?=[\w(|])|(?<=\s)-(?=\s)"
PLACE = re.compile(r"\s*Page: ([\w-]+\.md)#([\w-]+)(, with proof)?\.$")
"""The page and the anchor that a docstring names at its end."""
_SOURCE = re.compile(r"\s*Source: (.+)\.$", re.DOTALL)
_CODE = re.compile(
    r"``(.+?)``|((?<=shape )\([^)]*\)(?: -> \([^)]*\))?|\b(?:\w+Error|None|[a-z]{2,}=\w+|[a-z_]{2,}\.[A-Za-z]\w+"
    r"|[a-z]{2,}_[a-z]{2,}\w*|[A-Z]{3,}\w+)\b)"
)
_SPECIAL = re.compile(r"[\\`*_\[\]$]")


def markdown(text: str, names: frozenset[str] = frozenset(), titles: Mapping[str, str] | None = None) -> str:
    """A docstring as Markdown.

    names: of parameters and attributes. titles: of pages and their boxes, by ``page.md`` and ``page.md#anchor``.
    """
    place, titles, cited = PLACE.search(text), titles or {}, []
    text = PLACE.sub("", text)
    if source := _SOURCE.search(text):
        text = text[: source.start()]
        cited.append(f"Source: {prose(source[1], names)}.")
    if place:
        page, anchor, proof = place.groups()
        title = titles.get(f"{page}#{anchor}", anchor.replace("-", " "))
        cited.append(f"In the text: [{titles.get(page, page)}, *{title}*](../{page}#{anchor}){proof or ''}.")
    made = [_code(block, names) if block.startswith("    ") else _block(block, names) for block in text.split("\n\n")]
    return "\n\n".join([*made, *([" ".join(cited) + "\n{: .gd-cited }"] if cited else [])])


def _code(block: str, names: frozenset[str]) -> str:
    """Lines of code as they are; where each has its meaning beside it, as a list."""
    lines = [re.fullmatch(r"\s+(\S.*?)\s{2,}(\S.*)", line) for line in block.splitlines()]
    told = [f"- `{line[1]}`: {prose(line[2], names)}" for line in lines if line]
    return "\n".join(told) if len(told) == len(lines) else block


def _block(block: str, names: frozenset[str]) -> str:
    """A paragraph, or a list of what is said to each name, with paragraphs round it."""
    name = "|".join(map(re.escape, sorted(names, key=len, reverse=True))) or "(?!)"
    entry = re.compile(rf"(?P<names>(?:{name})(?:, (?:{name}))*): ")
    parts: list[str] = []
    for line in re.sub(rf"(?<=\.) (?={entry.pattern})", "\n", block).split("\n"):
        behind = parts and entry.match(parts[-1]) and parts[-1].endswith(".") and line[:1].isupper()
        if not parts or entry.match(line) or behind or line.startswith("Raises "):
            parts.append(line)
        else:
            parts[-1] += f"\n{line}"
    made = []
    for listed, group in groupby(parts, key=lambda part: entry.match(part) is not None):
        if listed:
            found = [(entry.match(part), part) for part in group]
            made.append("\n".join(f"- `{m['names']}`: {prose(part[m.end() :], names)}" for m, part in found if m))
        else:
            made += [prose(part, names) for part in group]
    return "\n\n".join(made)


def prose(text: str, names: frozenset[str] = frozenset()) -> str:
    """Running text: code and formulas marked as such, and nothing else for Markdown to see."""
    made, at = [], 0
    for code in _CODE.finditer(text):
        made += [_formulas(text[at : code.start()], names), f"`{code[1] or code[2]}`"]
        at = code.end()
    return "".join([*made, _formulas(text[at:], names)])


def _formulas(text: str, names: frozenset[str]) -> str:
    made, at = [], 0
    for start, end in _found(text, names):
        made += [_plain(text[at:start]), f"${tex(text[start:end], names)}$"]
        at = end
    return "".join([*made, _plain(text[at:])])


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text).replace("<", "&lt;")


@cache
def _token(names: frozenset[str]) -> re.Pattern[str]:
    """What formulas are made of; a word is part of one if it is among ``names``."""
    known = [re.escape(name) for name in sorted(names, key=len, reverse=True) if len(name) > 1]
    words = "|".join([*known, *_WORDS, f"(?:{_GREEK})\\d?", "lam|d[tW]"])
    number = r"\d+(?:\.\d+)?(?:e-?\d+)?(?![\dA-Za-z])|\d{1,2}(?!st|nd|rd|th)[A-Za-z]{1,2}"
    operand = rf"(?<![\w.'])(?:(?:{words})|[A-Za-z]\d?|{number})(?![A-Za-z]|\.\w)"
    return re.compile(rf"(?P<operand>{operand})|(?P<sign>{_SIGN})|(?P<script>{_SCRIPT})")


def _found(text: str, names: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Where the formulas of a text begin and end."""
    for run in re.finditer(rf"(?:{_token(names).pattern}|\s)+", text):
        # A formula ends at a comma, unless in brackets, and at a bracket that has no partner.
        opened, cuts = list[int](), [run.start() - 1, run.end()]
        for sign in re.finditer(r"[()\[\]{},]", run[0]):
            at = run.start() + sign.start()
            if sign[0] in "([{":
                opened.append(at)
            elif opened and sign[0] != ",":
                opened.pop()
            elif not opened:
                cuts.append(at)
        for before, after in pairwise(sorted([*cuts, *opened])):
            piece = text[before + 1 : after]
            inner = re.sub(r"^(?:[\s=<>+/,.*]|->|-\s)+", "", re.sub(r"[\s=<>+/,.-]+$", "", piece))
            start = before + 1 + piece.find(inner)
            if article := re.match(r"[aA]\s(?!.*[\^=+])", inner):
                start, inner = start + article.end(), inner[article.end() :].lstrip()
            opens = re.search(r"(?:^|[.:;]\s)$", text[:start]) is not None
            if inner and _is_formula(inner, opens, text[start + len(inner) :]):
                yield start, start + len(inner)


def _is_formula(piece: str, opens: bool, behind: str) -> bool:
    """Whether it holds a symbol, or numbers in a relation. opens: it begins a sentence, as an article may."""
    if piece in ("a", "A"):
        return behind.startswith(",") or (piece == "A" and not opens)
    if piece.count("|") % 2:
        return False
    words = re.findall(r"[A-Za-z]+", piece)
    if re.search(r"\d[A-Za-z]", piece) or any(
        (len(word) == 1 and word != "a") or re.fullmatch(_GREEK, word) for word in words
    ):
        return True
    return bool(re.search(r"[=<>^/]|^[\[(].+,.+[\])]$" + (r"|[+|]| - " if words else ""), piece))


def tex(formula: str, names: frozenset[str] = frozenset()) -> str:
    """A formula in ASCII as TeX."""
    formula = re.sub(r"\bsqrt (\w+)", r"sqrt{\1}", " ".join(formula.split()))
    while root := re.search(r"\bsqrt\(", formula):
        depth, end = 1, root.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(formula[end], 0)
            end += 1
        formula = f"{formula[: root.start()]}sqrt{{{formula[root.end() : end - 1]}}}{formula[end:]}"
    bars = cycle([r"\lvert ", r"\rvert "])

    def one(token: re.Match[str]) -> str:
        word = token[0]
        if word == "|":
            return next(bars)
        if word == "*":
            return r"^\ast "
        if script := re.fullmatch(r"([_^])\{?(.*?)\}?", word):
            return f"{script[1]}{{{tex(script[2], names)}}}" if script[2] != "T" else r"^\top "
        if greek := re.fullmatch(rf"({_GREEK}|lam)(\d?)", word):
            return rf"\{'lambda' if greek[1] == 'lam' else greek[1]}{f'_{greek[2]}' if greek[2] else ' '}"
        if power := re.fullmatch(r"1e(-?\d+)", word):
            return f"10^{{{power[1]}}}"
        if indexed := re.fullmatch(r"([A-Za-z])(\d)", word):
            return f"{indexed[1]}_{indexed[2]}"
        if word in names and len(word) > 1:
            return rf"\mathrm{{{word}}}"
        return {**_SIGNS, **_WORDS}.get(word, word)

    made = _token(names).sub(one, formula).replace("R^{d}", r"\mathbb{R}^d")
    return re.sub(r"(?<![\\A-Za-z{])[A-Za-z]{3,}", r"\\text{\g<0>}", re.sub(" +", " ", made)).strip()
