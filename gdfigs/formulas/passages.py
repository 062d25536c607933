"""What a page says, as the formulas need it: boxes and stretches of text, with their words and formulas in order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_RELATION = re.compile("[=≤≥≠⪯⪰]|&lt;|&gt;")


@dataclass
class Printed:
    """A formula of a page.

    number: of the formula on the page. mathml: as the reader sees it. tex: as the page writes it.
    words: between the formula before and this one. before: all of the statement, of the proof, of the cell or of the
    caption that stands before it, a paragraph a line; a formula in plain text stands between \\x00 and \\x01, \\x02
    stands before an emphasised beginning and \\x03 before an item of a list.
    place: statement, proof, caption, cell or text. item: the number of the list item that it stands in, or of the part
    that its paragraph says it proves. target: page and anchor of the link that it stands in.
    heading, row, column: of its cell; rows are counted over the page, from 1.
    """

    number: int
    mathml: str
    tex: str
    words: str = ""
    before: str = ""
    place: str = "text"
    display: bool = False
    item: str = ""
    target: tuple[str, str] | None = None
    heading: str = ""
    row: int = 0
    column: int = 0

    @property
    def relates(self) -> bool:
        """Whether a relation stands in it."""
        return bool(_RELATION.search(re.sub("<[^>]*>", "", self.mathml)))

    @property
    def told(self) -> bool:
        """Whether readers are told what came of it."""
        return self.relates and (self.display or self.place != "text")


@dataclass
class Passage:
    """A box, or what stands between two of them below one heading.

    id: of the box, else empty. kind: of the box, or "text".
    """

    page: str
    id: str = ""
    kind: str = "text"
    formulas: list[Printed] = field(default_factory=list)
