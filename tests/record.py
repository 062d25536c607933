"""What each statement's check measures, each figure shows and each page says, as it was when it was last read.

A check may grow weaker and still pass: with twice the bound, or on half the examples. A figure may lose a tick, half
its points, or the end of an axis, and still show what its page says. A sentence may come to say something else, and no
check reads it. Then a number or a line here changes. After a change that is meant, write the records anew, and read in
their difference what has become of the check, the figure or the sentence:

    .venv/bin/python -m tests.record            all
    .venv/bin/python -m tests.record NAME ...   of these claims and figures, and the words of these, or of these pages
"""

import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from gdfigs.claims.core import Claim, Pairs, check_thoroughly, claims, remember
from gdfigs.maths.problems import Array
from gdfigs.plots.looks import looks
from gdfigs.plots.registry import Figure, all_figures, nearest
from tests.shown import Shown
from tests.words import NUMBER, pages
from tests.words import write as write_words

FOLDER = Path(__file__).with_name("records")


def _digits(values: Iterable[Any]) -> list[float]:
    return [float(f"{float(value):.9g}") for value in values]


def _means(*columns: Array) -> list[float]:
    """Of each its mean, and its mean size."""
    return [float(np.nanmean(values)) for column in columns for values in (column, np.abs(column))]


def measured(claim: Claim) -> dict[str, list[list[float]]]:
    """Check a claim by all its evidence, and return what is compared on the way.

    For each ``yield`` of its check, of what attains it and of what breaks it: how many pairs of numbers, mean and mean
    size of either side. For each worst case, its closed form, and the bound if that is loose.
    """
    sides: dict[str, dict[int, list[Array]]] = defaultdict(lambda: defaultdict(list))

    def noting(words: str, function: Callable[..., Pairs]) -> Callable[..., Pairs]:
        def measure(*arguments: Any) -> Pairs:
            pairs = function(*arguments)
            for pair in pairs:
                both = np.broadcast_arrays(*(np.atleast_1d(np.asarray(side, dtype=float)) for side in pair))
                line: int = pairs.gi_frame.f_lineno  # type: ignore[attr-defined]
                sides[words][line].append(np.stack([side.ravel() for side in both]))
                yield pair

        return measure

    attained = {words: replace(met, pairs=noting(words, met.pairs)) for words, met in claim.attained_by.items()}
    fails = {words: noting(words, function) for words, function in claim.fails_without.items()}
    noted = replace(claim, measure=noting("", claim.measure), attained_by=attained, fails_without=fails)
    remember({claim.id: check_thoroughly(noted)})  # for the figure that shows all results
    columns = {words: [np.concatenate(of[line], axis=1) for line in sorted(of)] for words, of in sides.items()}
    return {words: [_digits([c.shape[1], *_means(*c)]) for c in of] for words, of in columns.items()} | {
        case.case: [_digits(value for value in (case.exact, case.stated) if value is not None)]
        for case in (claim.worst_cases() if claim.worst_cases else ())
    }


def drawn(figure: Figure) -> dict[str, Any]:
    """Sums up what a figure shows with the defaults of its parameters.

    That is the numbers in its words, its labels, its looks and what in it has each, with its label in the legend, its
    axes with their ticks, its facts, and for each series how many points it has and of each coordinate the mean, the
    mean size, and the mean with weights that rise from first to last.
    """
    shown = Shown(figure.name)
    lines = [np.asarray(line.get_xydata()) for ax in shown.axes for line in ax.lines if not line.get_gid()]
    areas = [patch.get_patch_transform().transform_path(patch.get_path()) for ax in shown.axes for patch in ax.patches]
    return {
        "words": _digits(NUMBER.findall(f"{shown.description} {shown.slider_text}")),
        "labels": [label for ax in shown.axes for label in _labels(ax)],
        "looks": looks(shown.picture.figure),
        "axes": [_digits([*ax.get_xlim(), *ax.get_ylim(), *ax.get_xticks(), *ax.get_yticks()]) for ax in shown.axes],
        "guides": [_digits(_means(*line.T)) for line in lines if len(line)],
        "areas": [_digits(area.get_extents().extents) for area in areas],
        "facts": dict(zip(shown.facts, _digits(shown.facts.values()), strict=True)),
    } | {
        gid: _digits([len(next(iter(s.columns.values()))), *_means(*s.columns.values()), *_rising(*s.columns.values())])
        for gid, s in shown.series.items()
    }


def _rising(*columns: Array) -> list[float]:
    return [float(np.nanmean(values * np.linspace(0, 2, len(values)))) for values in columns]


def _labels(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    texts = [ax.xaxis.label, ax.yaxis.label, *ax.texts, *(legend.get_texts() if legend else ())]
    return [text for text in (ax.get_title(loc="left"), *(text.get_text() for text in texts)) if text]


def write(*names: str) -> None:
    """Puts on record anew what is so named, or all. Raises SystemExit where nothing is."""
    all_names = [*claims(), *all_figures(), *pages()]
    if unknown := [f"nothing is named {name!r}{nearest(name, all_names)}" for name in names if name not in all_names]:
        sys.exit("\n".join(unknown))
    kinds: tuple[tuple[str, Mapping[str, Any], Callable[[Any], Any]], ...] = (
        ("claims.json", claims(), measured),
        ("figures.json", all_figures(), drawn),
    )
    for file, known, record in kinds:
        kept = json.loads((FOLDER / file).read_text(encoding="utf-8")) if names else {}
        kept = {name: entry for name, entry in kept.items() if name in known}
        chosen = {name: record(each) for name, each in known.items() if name in names or not names}
        now = {name: (kept | chosen)[name] for name in known if name in {*kept, *chosen}}
        text = ",\n".join(
            f"{json.dumps(name)}: {{\n"
            + ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in entry.items())
            + "}"
            for name, entry in now.items()
        )
        (FOLDER / file).write_text("{\n" + text + "\n}\n", encoding="utf-8")
    write_words(*names)


if __name__ == "__main__":
    write(*sys.argv[1:])
