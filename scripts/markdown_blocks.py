"""A rule for PyMarkdown: the blocks between /// and the formulas between $$, which it takes for paragraphs."""

from __future__ import annotations

import re
from typing import Any

from pymarkdown.plugin_manager.plugin_details import PluginDetailsV2
from pymarkdown.plugin_manager.rule_plugin import RulePlugin

from gdfigs.site.markdown import KINDS

BLOCKS = {*KINDS, "proof", "figure-caption", "table-caption"}
_FENCE = re.compile(r"\s*///(?:\s+(?P<name>[^\s|]+).*)?\s*")


class MarkdownBlocks(RulePlugin):
    """Each block is one that exists, begins below an empty line, and ends; so does each formula on lines of its own."""

    def get_details(self) -> PluginDetailsV2:
        return PluginDetailsV2(
            plugin_name="blocks-and-formulas",
            plugin_id="GD001",
            plugin_enabled_by_default=True,
            plugin_description="A block or a formula is not set as one",
            plugin_version="0.1.0",
        )

    def starting_new_file(self) -> None:
        self.number, self.before = 0, ""
        self.code, self.formula = "", 0
        self.opened: list[tuple[int, str]] = []

    def next_line(self, context: Any, line: str) -> None:
        self.number += 1
        self._look(context, line)
        self.before = line

    def _look(self, context: Any, line: str) -> None:
        free = not self.before.strip() or _FENCE.fullmatch(self.before) or self.before.lstrip().startswith("attrs:")
        if mark := re.match(r"\s*(`{3,}|~{3,})", line):
            self.code = "" if self.code and mark[1].startswith(self.code) else self.code or mark[1]
        elif self.code:
            return
        elif self.formula:
            if line.strip() == "$$":
                self.formula = 0
            elif not line.strip():
                self._tell(context, f"the formula of line {self.formula} has no end: write $$ before the empty line")
                self.formula = 0
        elif line.strip() == "$$":
            self.formula = self.number
            if not free:
                self._tell(context, "write an empty line before $$")
        elif self.before.strip() == "$$" and line.strip() and not _FENCE.fullmatch(line):
            self._tell(context, "write an empty line behind $$")
        elif fence := _FENCE.fullmatch(line):
            self._fence(context, fence["name"], bool(free))

    def _fence(self, context: Any, name: str | None, free: bool) -> None:
        if name is None:
            if self.opened:
                self.opened.pop()
            else:
                self._tell(context, "this /// ends no block")
            return
        self.opened.append((self.number, name))
        if name not in BLOCKS:
            self._tell(context, f"there is no block {name!r}, but {', '.join(sorted(BLOCKS))}")
        if not free:
            self._tell(context, f"write an empty line before /// {name}")

    def completed_file(self, context: Any) -> None:
        for number, name in self.opened:
            self._tell(context, f"the block {name!r} of line {number} has no end: write /// behind it")

    def _tell(self, context: Any, reason: str) -> None:
        self.report_next_line_error(context, 1, extra_error_information=reason)
