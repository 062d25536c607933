"""What the repository says of itself is true."""

import re
from pathlib import Path

import pytest

from tests.read_svg import TOLERANCE, off_by
from tests.shown import picture

ROOT = Path(__file__).parent.parent
TEXTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")


def test_the_picture_in_the_readme_is_what_the_figure_shows() -> None:
    """By its numbers: the bytes may differ from one Matplotlib to the next."""
    (file,) = re.findall(r"!\[.+\]\((.+\.svg)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    svg = (ROOT / file).read_text(encoding="utf-8")
    shown = picture("descent-and-flow")
    assert max(off_by(svg, shown).values()) <= TOLERANCE
    assert f">{shown.description}<" in svg


@pytest.mark.parametrize("text", TEXTS)
def test_files_and_commands_that_are_named_exist(text: str) -> None:
    words = (ROOT / text).read_text(encoding="utf-8")
    named = set(re.findall(r"\]\(([\w./-]+)\)", words)) | set(
        re.findall(r"`((?:docs|gdfigs|tests|scripts)/[\w./]*)`", words)
    )
    missing = {name for name in named if not (ROOT / name).exists()}
    assert {name for name in missing if not (ROOT / "docs" / name.partition("#")[0]).exists()} == set()


def test_each_action_of_a_workflow_is_pinned_to_a_commit() -> None:
    uses = [
        line for file in (ROOT / ".github/workflows").iterdir() for line in re.findall(r"uses: .+", file.read_text())
    ]
    assert uses
    assert [line for line in uses if not re.fullmatch(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []
