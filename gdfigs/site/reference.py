"""The reference: docstrings that mkdocstrings finds, by Griffe and without an import, for gdfigs/templates to set."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import griffe

from gdfigs.site.docstrings import PLACE, markdown
from gdfigs.site.html import highlight_python

_VARIADIC = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}


class Reference(griffe.Extension):
    """For Griffe: gives every public object its Entry, as extra["gdfigs"]["entry"]."""

    def __init__(self, pages: str) -> None:
        """pages: the folder of the site's pages, for their titles."""
        super().__init__()
        self.pages = Path(pages)

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        titles = _titles({page.name: page.read_text(encoding="utf-8") for page in sorted(self.pages.glob("*.md"))})
        found: list[griffe.Object | griffe.Alias] = [pkg]
        for item in found:
            item.extra["gdfigs"]["entry"] = Entry(item, titles)
            found += [member for member in item.members.values() if not member.is_alias]


def _titles(pages: Mapping[str, str]) -> dict[str, str]:
    """Of pages, by ``page.md``, and of their boxes, by ``page.md#id``."""
    first = {name: re.search(r"^# (.+)$", text, re.MULTILINE) for name, text in pages.items()}
    return {
        **{name: title[1] for name, title in first.items() if title},
    }


class Entry:
    """What the reference says of one object."""

    def __init__(self, item: Any, titles: Mapping[str, str]) -> None:
        self.item, self.titles = item, titles

    @property
    def text(self) -> str:
        """Its docstring, as Markdown."""
        around = [self.item, *([self.item.parent] if self.item.parent and self.item.parent.is_class else [])]
        names = {p.name for p in getattr(self.item, "parameters", ())}
        names |= {m.name for c in around if c.is_class for m in c.members.values() if not m.is_alias and m.is_attribute}
        return markdown(self.item.docstring.value, frozenset(names - {"self"}), self.titles)

    @property
    def signature(self) -> str:
        """Its name with its parameters, and of a constant its value."""
        if self.item.is_attribute:
            value = None if "property" in self.item.labels or self.item.parent.is_class else self.item.value
            return f"{self.item.name} = {value}" if value else self.item.name
        shown: list[str] = []
        for p in self.item.parameters:
            if p.kind is griffe.ParameterKind.keyword_only and "*" not in shown:
                shown.append("*")
            mark = _VARIADIC.get(p.kind, "")
            shown.append(f"{mark}{p.name}" if mark or p.default is None else f"{p.name}={p.default}")
        taken = ", ".join(name for name in shown if name != "self")
        return f"{self.item.name}({taken})" if taken or self.item.is_function else self.item.name

    @property
    def code(self) -> str:
        """The source of a function without its docstring, as HTML."""
        lines, text = self.item.source.splitlines(), self.item.docstring
        del lines[text.lineno - self.item.lineno : text.endlineno - self.item.lineno + 1]
        return highlight_python(textwrap.dedent("\n".join(lines)))

    @property
    def members(self) -> list[Any]:
        """What is public in it and has a docstring, in the order of the source."""
        public = [m for m in self.item.members.values() if not (m.is_alias or m.is_module or m.name.startswith("_"))]
        return sorted((m for m in public if m.docstring), key=lambda m: m.lineno)

    @property
    def parts(self) -> list[tuple[str, list[Any]]]:
        """The members under the titles of the pages that they belong to."""
        found: dict[str, list[Any]] = {}
        for member in self.members:
            place = PLACE.search(member.docstring.value)
            found.setdefault(self.titles.get(place[1], place[1]) if place else "", []).append(member)
        return list(found.items())
