"""HTML of figures, sliders and code."""

from __future__ import annotations

import html
import json
import re
from functools import cache as remember
from importlib.metadata import version
from pathlib import Path

from gdfigs.build import cache

_UNCOLOURED = re.compile(r'<span class="(?:n|nb|o|ow|p|w|bp)">([^<]*)</span>')
"""Names, operators, brackets and spaces, which need no colour of their own."""


def highlight_python(source: str) -> str:
    """Returns Python as HTML, through the cache."""

    def make() -> bytes:
        from pygments import highlight
        from pygments.formatters import HtmlFormatter
        from pygments.lexers import PythonLexer

        return _UNCOLOURED.sub(r"\1", highlight(source, PythonLexer(), HtmlFormatter(nowrap=True))).encode()

    return cache.cached(cache.digest("code", source, _UNCOLOURED.pattern, version("pygments")), make).decode()


def code_block(code: str) -> str:
    """Returns code, which is HTML, as a block."""
    return f'<div class="highlight"><pre tabindex="0"><code>{code}</code></pre></div>'


def folded(label: str, code: str) -> str:
    """Returns code, which is HTML, as a block that unfolds."""
    return f"<details><summary>{label}</summary>{code_block(code)}</details>"


def behind(content: str) -> str:
    """Returns what stands behind a figure or a statement: its code, its data."""
    return f'<div class="gd-behind" data-search-exclude>{content}</div>'


def fault(reason: str) -> str:
    """Returns what a live server shows in place of what is at fault."""
    return f'<strong class="gd-fault">{html.escape(reason)}</strong>'


def slider(name: str, figure: str, data: str) -> str:
    """Returns a figure with its sliders and frames; without scripts it is ``figure``, with which they begin.

    Args:
        name: of the figure in the page's address.
        data: the frames as JSON, see plots/frames.py.
    """
    frames, data = json.loads(data), data.replace("<", "\\u003c")  # which nothing within a script may be
    rows = "".join(
        f"<label><span><b>{row['symbol']}</b>: {html.escape(row['meaning'])}</span>"
        f'<input type="range" min="0" max="{len(row["values"]) - 1}" value="{row["begin"]}"></label>'
        for row in frames["sliders"]
    )
    return (
        f'<gd-slider data-name="{name}">{figure}'
        '<div class="gd-controls" data-search-exclude>'
        f'<p class="gd-told">{html.escape(frames["told"][frames["begin"]])}</p>{rows}'
        '<button type="button">Play</button><button type="button">Reset</button></div>'
        f'<script type="application/json">{data}</script></gd-slider>'
    )


@remember
def slider_script() -> str:
    """Returns the script that moves all sliders of a page; it stands behind the first."""
    return f'<script type="module">{Path(__file__).with_name("slider.js").read_text(encoding="utf-8")}</script>'
