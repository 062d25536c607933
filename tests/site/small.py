"""Small sites of the tests, built in this process, with a cache of their own that knows the check results."""

import json
import logging
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import html5lib
import mkdocs.commands.build
import pytest
from markdown import Markdown
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from mkdocs.structure.pages import Page

from gdfigs.build import cache
from gdfigs.build.jobs import BuildJobs
from gdfigs.build.keys import checks_key
from gdfigs.claims.core import MODULES
from gdfigs.site.context import PageContext
from tests.built import ROOT

CONFIG = """\
site_name: Small
theme: {name: mkdocs, highlightjs: false}
markdown_extensions: [gdfigs]
plugins: [gdfigs]
"""
JUPYTER = "mkdocs-jupyter: {include: ['lab/*.py'], execute: true, allow_errors: false, cache: false}"
LAB_CONFIG = CONFIG.replace("plugins: [gdfigs]", f"plugins: [{{{JUPYTER}}}, gdfigs]")
NAME = "amplification"
CAPTION = "\n\n/// figure-caption\nLook.\n///\n"
FIGURE = f"![Factors](gdfigs:{{}}){CAPTION}"


@contextmanager
def own_cache(folder: Path) -> Iterator[Path]:
    """Uses ``folder`` as the cache, also in the processes started meanwhile; it holds the check results, no more."""
    with BuildJobs() as jobs:
        jobs.submit_checks()
        jobs.checks()
    folder.mkdir(parents=True)
    for entry in (cache.FOLDER / checks_key(name) for name in MODULES):
        if entry.exists():
            shutil.copy(entry, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache, "FOLDER", folder)
        patch.setenv("GDFIGS_CACHE", str(folder))
        yield folder


def write(place: Path, pages: dict[str, str], config: str = CONFIG) -> Path:
    """Writes a project that holds these pages."""
    for name, text in pages.items():
        file = place / "docs" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (place / "mkdocs.yml").write_text(config, encoding="utf-8")
    return place


class Build(logging.Handler):
    """A build of a project: what it said (levels and messages), which pages it set, whether it failed, its site.

    first: whether the server starts with it; its plugins live from build to build.
    """

    def __init__(self, place: Path, command: Any = "build", first: bool = True) -> None:
        super().__init__()
        self.site, self.said, self.pages = place / "site", list[str](), list[str]()
        logger, environment, render = logging.getLogger("mkdocs"), dict(os.environ), Page.render

        def noted(page: Page, *rest: Any) -> None:
            self.pages.append(page.file.src_uri)
            render(page, *rest)

        logger.addHandler(self)
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Page, "render", noted)
                config = load_config(str(place / "mkdocs.yml"))
                if first:
                    config.plugins.on_startup(command=command, dirty=False)
                mkdocs.commands.build.build(config, serve_url="http://127.0.0.1:8000/" if command == "serve" else None)
            self.failed = False
        except Abort:
            self.failed = True
        finally:
            logger.removeHandler(self)
            for name in os.environ.keys() - environment.keys():
                del os.environ[name]
            os.environ.update(environment)

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno > logging.INFO:
            self.said.append(f"{record.levelname}: {record.getMessage()}")

    @property
    def faults(self) -> list[str]:
        """The lines of the one message with which a build ends."""
        return [line for said in self.said for line in said.splitlines()[1:]]

    def text(self, page: str = "") -> str:
        return (self.site / page / "index.html").read_text(encoding="utf-8")


def parse(html: str) -> ET.Element:
    """Returns HTML as a tree whose tags carry no namespace."""
    root: ET.Element = html5lib.parse(html, namespaceHTMLElements=False)
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = element.tag.rpartition("}")[2]
    return root


DRAWS_NOTHING = SimpleNamespace(submit=lambda call: None)


def put(uri: str, text: str) -> PageContext:
    """Sets a page without its fragments, and returns what it collects."""
    page = PageContext(uri, lines=text.splitlines(), deferred=True)
    options = {"gdfigs": {"page": page, "jobs": DRAWS_NOTHING}}
    Markdown(extensions=["gdfigs"], extension_configs=options).convert(text)
    return page


def copy_package(place: Path) -> Path:
    """Copies the package into a project, without claims and figures, to be changed there."""
    copy = place / "package/gdfigs"
    shutil.copytree(ROOT / "gdfigs", copy, ignore=shutil.ignore_patterns("figures", "__pycache__"))
    for file in (copy / "claims").glob("[!_]*.py"):
        if file.stem not in ("core", "classes"):
            file.unlink()
    (copy / "figures").mkdir()
    (copy / "figures/__init__.py").touch()
    return copy


SERVER = """
import json, multiprocessing, pathlib, sys
from tests.site.small import Build

steps, place = [], pathlib.Path.cwd()
for change in json.loads(sys.argv[1]):
    for name, (old, new) in change.items():
        text = (place / name).read_text(encoding="utf-8")
        assert old in text, (name, old)
        (place / name).write_text(text.replace(old, new), encoding="utf-8")
    build = Build(place, "serve", first=not steps)
    figures = sys.modules.get("gdfigs.figures.small")
    data = place / "site/figures/line.csv"
    steps.append({
        "said": build.said,
        "page": build.text(sys.argv[2]),
        "data": data.read_text(encoding="utf-8") if data.exists() else "",
        "largest": figures and figures.bounds.largest_step(1.0),
        "running": len(multiprocessing.active_children()),
    })
json.dump(steps, sys.stdout)
"""


def serve(place: Path, changes: list[dict[str, tuple[str, str]]], page: str = "") -> list[dict[str, Any]]:
    """Returns what a live server, in one process, makes of one change after the other, by file, old and new text."""
    command = [sys.executable, "-B", "-c", SERVER, json.dumps(changes), page]
    environment = os.environ | {"PYTHONPATH": f"{place / 'package'}{os.pathsep}{ROOT}"}
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    steps: list[dict[str, Any]] = json.loads(done.stdout)
    return steps
