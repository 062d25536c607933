"""The symbols of a page: each is in the notation, or the page says by a formula what it is."""

from __future__ import annotations

import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator

from gdfigs.formulas.passages import Passage
from gdfigs.formulas.reading import Chain, Node, ReadingError, read

_ALONE = {"e", "π", "d", "∂", "sin", "cos", "o", "O", "ℝ", "𝔼", "∞"}
"""Symbols that need no entry."""
_BARE = re.compile("[\u0302-\u0308*']+$|^∇²?")


def symbols(passages: Iterable[Passage]) -> dict[str, str]:
    """Returns the symbols that formulas use and that no formula of the page defines or bounds, each with
    the TeX of its first."""
    used, said = dict[str, str](), set[str]()
    for passage in passages:
        for printed in passage.formulas:
            try:
                chains = read(ET.fromstring(printed.mathml))
            except ReadingError:
                continue
            for chain in chains:
                said |= _introduced(chain)
                for name in (name for side in chain.sides if side is not None for name in _free(side)):
                    used.setdefault(name, printed.tex)
    return {name: tex for name, tex in used.items() if name not in said | _ALONE}


def entries(notation: Iterable[Passage]) -> set[str]:
    """Returns the symbols that have an entry: those in the first column of the tables of the page "Notation"."""
    cells = [p for passage in notation for p in passage.formulas if p.place == "cell" and not p.column]
    chains = [chain for printed in cells for chain in read(ET.fromstring(printed.mathml))]
    return {name for chain in chains for side in chain.sides if side is not None for name in _free(side)}


def _introduced(chain: Chain) -> set[str]:
    """Returns the names that a chain says something of by itself: what it defines, or bounds."""
    found = set[str]()
    for side in chain.sides if chain.relations else ():
        while side is not None and side.kind in ("index", "product") and side.parts[0].kind in ("symbol", "index"):
            found |= {bare(name) for part in side.parts[1:] for name in part.names}  # arguments and indices
            side = side.parts[0]
        if side is not None and side.kind == "symbol":
            found.add(bare(side.name))
    return found


def _free(node: Node) -> Iterator[str]:
    bound = {node.name.split(" ")[0]} if node.kind in ("integral", "total", "limit", "extremum") else set[str]()
    if node.kind == "symbol":
        yield bare(node.name)
    for part in node.parts:
        yield from (name for name in _free(part) if name not in bound)


def bare(name: str) -> str:
    """Returns a name without accents, primes, stars and nablas: what its entry is found under."""
    return _BARE.sub("", unicodedata.normalize("NFD", name.partition("_")[0])) or name
