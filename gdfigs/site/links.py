"""The words of a link to a statement, which must occur in its title or in its aliases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

from gdfigs.site.context import Box, Link, SiteIndex

ALIASES = "data-alias"
"""The attribute of a box with further words for it, beside its id; it is not published."""
_WORDS = """
a about above again all also an and any are as at be because been before below but by can did do does each for from
given had has have here how if in into is it its itself just more most next no nor not of off on once one only or other
our out over own same say says see shown so some such than that the their them then there these they this those through
to too under until up very was were what when where which while who whose why will with
"""
_EMPTY = frozenset(_WORDS.split())
"""Words that say nothing of a statement."""
_WORD, _FORMULA = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*"), re.compile(r"\$[^$]*\$")


def faults(index: SiteIndex) -> Iterator[str]:
    """Yields the links to boxes of which the title and the aliases lack a word, each with its place and the remedies.

    A link whose words are a formula is none of them.
    """
    boxes = {(box.page, box.id): box for box in index.boxes if box.id}
    for page in index.pages:
        for link in page.links:
            box = boxes.get((link.page, link.anchor))
            if box and (reason := _reason(link, box)):
                yield f"{link.place}: {reason}"


def _reason(link: Link, box: Box) -> str:
    words, known = content(link.words), content(f"{box.title} {box.aliases}")
    missing = [word for word in words if not any(alike(word, other) for other in known)]
    shown = f"the words '{' '.join(link.words.split())}' lead to the {box.kind} '{box.title}', which"
    if missing:
        remedy = f"another target, other words, or '{ALIASES}: \"...\"' beside 'id: {box.id}'"
        return f"{shown} does not have {', '.join(map(repr, missing))} in its title or its aliases: write {remedy}"
    return "" if words or "$" in link.words else f"{shown} they do not name: write words of its title"


def content(words: str) -> list[str]:
    """Returns the words that say something, in small letters, without formulas."""
    return [word for word in _WORD.findall(_FORMULA.sub(" ", words).lower()) if word not in _EMPTY]


def alike(one: str, other: str) -> bool:
    """Whether two words have the same stem: "rate" and "rates", "convex" and "convexity", "decrease" and "decreasing".

    They begin alike, up to one letter of the shorter if that has five or more, and up to four of the longer.
    """
    short, long = sorted((one, other), key=len)
    common = sum(1 for _ in takewhile(lambda letters: letters[0] == letters[1], zip(short, long, strict=False)))
    return common >= len(short) - (len(short) > 4) and common >= len(long) - 4
