"""The site, built once for all test processes, and its pages, parsed."""

import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import html5lib
import jupytext
import pytest
from mkdocs.utils.yaml import yaml_load

ROOT = Path(__file__).parent.parent


def sources(entries: list[dict[str, Any]]) -> Iterator[str]:
    """Of the pages of a navigation, section by section."""
    for entry in entries:
        for below in entry.values():
            if isinstance(below, str):
                yield below
            else:
                yield from sources(below)


with (ROOT / "mkdocs.yml").open(encoding="utf-8") as config:
    NAV = tuple(sources(yaml_load(config)["nav"]))
"""The sources of the pages, below docs/."""

CODE = {"code", "pre", "script", "style"}


def build(folder: Path, hash_seed: int, **settings: str) -> subprocess.CompletedProcess[str]:
    """Builds the site into ``folder`` as scripts/build does, from nothing but the sources and the cache."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    settings |= {"NO_MKDOCS_2_WARNING": "1", "PYTHONHASHSEED": str(hash_seed), "SOURCE_DATE_EPOCH": "1748736000"}
    own = {name: value for name, value in os.environ.items() if name not in ("SITE_URL", "REPO_URL", "EDIT_URI")}
    return subprocess.run(command, cwd=ROOT, env=own | settings, capture_output=True, text=True)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of the site, and what is said where it cannot be built.

    Of the test processes that share the work, the first builds it.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    said = shared / "build.log"
    try:
        (shared / "building").mkdir()
    except FileExistsError:
        give_up = time.monotonic() + 300
        while not said.exists() and time.monotonic() < give_up:
            time.sleep(0.1)
    else:
        made = build(shared / "site", hash_seed=1)
        unfinished = shared / "build.log.part"
        unfinished.write_text(made.stderr if made.returncode else "", encoding="utf-8")
        unfinished.rename(said)
    return shared / "site", said.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def site(built: tuple[Path, str]) -> Path:
    """The folder of the built site; without one, a single test fails and the others are skipped."""
    folder, complaint = built
    if complaint:
        pytest.skip("the site cannot be built")
    return folder


@dataclass(frozen=True)
class Page:
    """A page of the built site. source: below docs/."""

    source: str
    site: Path

    @property
    def url(self) -> str:
        """Below the site's root: '' or 'gradient-flow/'."""
        path = PurePosixPath(self.source).with_suffix("")
        return "" if self.source == "index.md" else f"{path.parent if path.name == 'index' else path}/"

    @property
    def file(self) -> Path:
        return self.site / self.url / "index.html"

    @cached_property
    def markdown(self) -> str:
        """The source without code, in which a dollar sign or a link is no more than that."""
        text = (ROOT / "docs" / self.source).read_text(encoding="utf-8")
        if self.source.endswith(".py"):
            cells = jupytext.reads(text, fmt="py:percent").cells
            text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
        return re.sub(r"^```.*?^```$|`[^`\n]+`", "", text, flags=re.DOTALL | re.MULTILINE)

    @cached_property
    def tree(self) -> ET.Element:
        return parse(self.file)[0]

    @cached_property
    def article(self) -> ET.Element:
        """What is this page's own, without header, navigation and footer."""
        found = self.tree.find(".//article")
        assert found is not None
        return found

    def __str__(self) -> str:
        return self.source


@cache
def parse(file: Path) -> tuple[ET.Element, list[object]]:
    """An HTML file as a tree whose tags carry no namespace, and what is wrong with it."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree: ET.Element = parser.parse(file.read_text(encoding="utf-8"))
    for element in tree.iter():
        if isinstance(element.tag, str):  # a comment's is a function
            element.tag = element.tag.rpartition("}")[2]
            element.attrib = {name.rpartition("}")[2]: value for name, value in element.attrib.items()}
    return tree, parser.errors


def texts(element: ET.Element, leave_out: set[str]) -> Iterator[str]:
    """The pieces of text within ``element``, without those within the tags to be left out."""
    if not isinstance(element.tag, str) or element.tag in leave_out:
        return
    yield element.text or ""
    for child in element:
        yield from texts(child, leave_out)
        yield child.tail or ""
