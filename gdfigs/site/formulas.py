"""Says of formulas what came of running them: beside each, and of all in the ledger."""

from __future__ import annotations

import html
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable

from gdfigs.formulas.report import FormulaResult
from gdfigs.site.mathml import Formula, TexError, placeholder, to_mathml


def told(result: FormulaResult) -> str:
    """Returns what came of a formula, in a sentence; of one on a line of its own, the worst case as well."""
    if result.status == "run":
        worst = f"; the worst: {result.where}" if result.where and result.display else ""
        return f"Run on {result.cases} case{'s' if result.cases > 1 else ''}{worst}."
    words = {"assumed": "Assumed or defined.", "marked": f"Not run: {result.reason}."}
    return words.get(result.status, "Does not hold.")


def table(pages: Iterable[tuple[str, str, list[FormulaResult]]], root: str) -> str:
    """Returns the counts of the formulas that were run, page by page, and the list of those that were not, as HTML.

    Args:
        pages: Address, title and results of each page.
        root: The way to the site's root.
    """
    lines, marked = list[str](), list[str]()
    own, others = Counter[str](), Counter[str]()
    for uri, title, results in pages:
        displayed = Counter(result.status for result in results if result.display)
        elsewhere = Counter(result.status for result in results if not result.display)
        own, others = own + displayed, others + elsewhere
        link = f'<a href="{root}{uri.removesuffix(".md").removesuffix("index")}/">{html.escape(title)}</a>'
        lines.append(f"<li>{link}: {_counts(displayed + elsewhere)}.</li>")
        marked += [
            f"<li>{_math(result)} ({html.escape(title)}): {html.escape(result.reason)}.</li>"
            for result in results
            if result.status == "marked"
        ]
    return "".join(
        [
            f"<p>Of {own.total()} formulas on lines of their own, {_counts(own)}. Of {others.total()} "
            f"relations elsewhere, in boxes, proofs, tables and captions, {_counts(others)}. Page by page:</p>",
            f"<ul>{''.join(lines)}</ul><p>These were not run:</p><ul>{''.join(marked)}</ul>",
        ]
    )


def _counts(of: Counter[str]) -> str:
    return f"{of['run']} were run, {of['assumed']} say what others are run on, {of['marked']} were not run"


def _math(result: FormulaResult) -> str:
    tex = result.tex.replace(r"\begin{equation}", "").replace(r"\end{equation}", "")
    try:
        math = to_mathml([Formula(tex, False)])[0]
    except TexError:
        math = placeholder(tex)
    return f'<span class="gd-scroll">{ET.tostring(math, encoding="unicode")}</span>'
