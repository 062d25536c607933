"""Says of formulas what came of running them: beside each, and of all in the ledger."""

from __future__ import annotations

import html
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable

from gdfigs.formulas.report import FormulaResult
from gdfigs.site.mathml import Formula, TexError, placeholder, to_mathml


def told(result: FormulaResult) -> str:
    """Returns what came of a formula, in a sentence."""
    if result.status == "run":
        worst = f"; the worst: {result.where}" if result.where else ""
        return f"Run on {result.cases} case{'s' if result.cases > 1 else ''}{worst}."
    return {"assumed": "Assumed, or defined here.", "marked": f"Not run: {result.reason}."}.get(
        result.status, "Does not hold."
    )


def table(pages: Iterable[tuple[str, str, list[FormulaResult]]], root: str) -> str:
    """Returns the counts of the formulas that were run, page by page, and the list of those that were not, as HTML.

    Args:
        pages: Address, title and results of each page.
        root: The way to the site's root.
    """
    rows, marked, total = [], [], [0] * 6
    for uri, title, results in pages:
        displayed = Counter(r.status for r in results if r.display)
        others = Counter(r.status for r in results if not r.display)
        counts = [kind[status] for kind in (displayed, others) for status in ("run", "assumed", "marked")]
        total = [a + b for a, b in zip(total, counts, strict=True)]
        address = root + uri.removesuffix(".md").removesuffix("index")
        rows.append(_row(f'<a href="{address}">{html.escape(title)}</a>', counts))
        marked += [(title, result) for result in results if result.status == "marked"]
    head = "".join(f"<th>{word}</th>" for word in ("", *2 * ("run", "given", "not run")))
    parts = [
        f"<p>Of {sum(total[:3])} formulas on lines of their own, {total[0]} were run, {total[1]} define or assume what "
        f"others are run on, and {total[2]} were not run. Of {sum(total[3:])} relations elsewhere, in boxes, proofs, "
        f"tables and captions, {total[3]} were run, {total[4]} define or assume, and {total[5]} were not run.</p>",
        '<table class="gd-counts"><thead><tr><th></th>'
        '<th colspan="3">on lines of their own</th><th colspan="3">elsewhere</th></tr>',
        f"<tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>",
    ]
    if marked:
        items = "".join(
            f"<li>{_math(result)} ({html.escape(title)}): {html.escape(result.reason)}.</li>"
            for title, result in marked
        )
        parts.append(f"<p>Not run:</p><ul>{items}</ul>")
    return "".join(parts)


def _row(name: str, counts: list[int]) -> str:
    cells = "".join(f"<td>{count or ''}</td>" for count in counts)
    return f"<tr><th>{name}</th>{cells}</tr>"


def _math(result: FormulaResult) -> str:
    tex = result.tex.replace(r"\begin{equation}", "").replace(r"\end{equation}", "")
    try:
        math = to_mathml([Formula(tex, False)])[0]
    except TexError:
        math = placeholder(tex)
    return f'<span class="gd-scroll">{ET.tostring(math, encoding="unicode")}</span>'
