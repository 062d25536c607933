"""Words about looks: what a page says of a figure's lines, dots and colours is what the figure shows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice, takewhile

from gdfigs.plots.looks import SAID

_ADDRESS = re.compile(r"(?<=\])\([^()\s]*\)")
_OTHERWISE = re.compile(
    r"\b(?:crosses\s+(?:the|an?|its?|each|every)|(?:of|least)\s+squares|square|circle|lines?\s+search)\b", re.IGNORECASE
)
"""Words that mean no look there."""
_TOKEN = re.compile(r"\$[^$]+\$|dash-dotted|[^\W\d_]+(?:'s)?|[(),.;:!?]")


def _stem(word: str) -> str:
    return re.sub(r"\s", "", word).lower().removesuffix("'s").rstrip("s")


_LOOKS = {_stem(word): _stem(look) for word, look in SAID.items()}
_SMALL, _OF = ({*map(_stem, words.split())} for words in ("a an at in it its on the to with", "are by for is of"))
_END = {*"(),.;:!?", "and"}


def faults(text: str, looks: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Yields the line and the reason for each look that a text names and the figure does not have.

    A look is a run of words such as "dashed" or "vermilion dots". Something in the figure must have all of them, in its
    look, its gid or its label. The words beside a look may be of gids and labels, too: the three before one in brackets
    or commas, "the exact bound (dashed)"; the one before with an 's, "the flow's line"; the three behind "is" or "of",
    "the dots are gradient descent"; else the next one, "the dashed bound". If so, something that has most of those must
    have the look.

    Args:
        text: Markdown; formulas count as words, as in labels.
        looks: of the figure, as gdfigs.plots.looks returns them.
    """
    plain = _OTHERWISE.sub(lambda other: re.sub(r"\S", "~", other[0]), _ADDRESS.sub("", text))
    tokens = [*_TOKEN.finditer(plain)]
    words = [_stem(token[0]) for token in tokens]
    shown = [(look, name, {*_words(name)}, {*_words(look), *_words(name)}) for look in looks for name in looks[look]]
    for run in [[*run] for said, run in groupby(range(len(words)), lambda n: words[n] in _LOOKS) if said]:
        first, last, said = run[0], run[-1], {words[n] for n in run}
        beside = {*_beside(words, tokens[max(first - 1, 0)][0], first, last)}
        most = max((len(beside & names) for _, _, names, _ in shown), default=0)
        meant = [each for each in shown if len(beside & each[2]) == most]
        if not any(all({word, _LOOKS[word]} & has for word in said) for *_, has in meant):
            start, end = tokens[first].start(), tokens[last].end()
            there = dict.fromkeys(f"{look} ({name})" if most else look for look, name, *_ in meant)
            reason = f"{' '.join(plain[start:end].split())!r} is said where the figure shows {', '.join(there)}"
            yield text.split("\n")[plain.count("\n", 0, start)], f"{reason}: say what is there"


def _words(text: str) -> list[str]:
    return [_stem(token) for token in _TOKEN.findall(text)]


def _beside(words: Sequence[str], before: str, first: int, last: int) -> Iterator[str]:
    """Yields the words that may name what has the look, which goes from the ``first`` word to the ``last``."""
    behind = [*words[last + 1 : last + 2], ""][0]
    if first and before in "(," and behind in "),.;:":
        nearby, most = words[: first - 1][::-1], 3
    elif before.endswith("'s"):
        nearby, most = [words[first - 1]], 1
    elif behind in _OF:
        nearby, most = words[last + 2 :], 3
    else:
        nearby, most = words[last + 1 : last + 2], 1
    clause = takewhile(lambda word: word not in _END, nearby)
    yield from islice((word for word in clause if word not in _SMALL), most)
