"""The site outlives its generator: two others build it from the same sources."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.built import NAV, ROOT, Page, built, site

__all__ = ["built", "site"]

BIN = Path(sys.executable).parent
GENERATOR = re.compile(rb'<meta name="generator" content="[^"]*">')
SHOWN = ("math", "figure", "figcaption", "h1", "h2", "h3", "h4", "table", "details", "pre")
"""What every generator sets alike; the ledger is made by the MkDocs plugin."""


def run(*command: str | Path, cwd: Path, **settings: str) -> None:
    """As tests.built builds the site, so that nothing but the generator and the settings differs."""
    own = {name: value for name, value in os.environ.items() if name not in ("SITE_URL", "REPO_URL", "EDIT_URI")}
    own |= {
        "SOURCE_DATE_EPOCH": "1748736000",
        "GDFIGS_CACHE": os.environ.get("GDFIGS_CACHE", str(ROOT / ".cache/gdfigs")),
    }
    done = subprocess.run(command, cwd=cwd, env=own | settings, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def files(folder: Path) -> dict[str, bytes]:
    """The files of a site by their address; of pages, all but the generator's name."""
    return {
        file.relative_to(folder).as_posix(): GENERATOR.sub(b"", file.read_bytes())
        for file in folder.rglob("*")
        if file.is_file()
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, for Zensical writes into it."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("docs", "gdfigs"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("mkdocs.yml", "zensical.yml"):
        (folder / name).write_text(f"# A copy\n{(ROOT / name).read_text(encoding='utf-8')}", encoding="utf-8")
    return folder


def test_properdocs_makes_the_same_site_byte_for_byte_but_for_its_name(site: Path, project: Path) -> None:
    """Its configuration begins with a line of its own: every page is set and every notebook executed again.

    So nothing is what it is by the order of a set or by what the cache of pages held, whichever of the two builds.
    """
    command = ("build", "--strict", "--config-file", "mkdocs.yml", "--site-dir", "site-properdocs")
    run(BIN / "properdocs", *command, cwd=project, PYTHONHASHSEED="2")
    ours, theirs = files(site), files(project / "site-properdocs")
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []
    assert b"ProperDocs" in (project / "site-properdocs/index.html").read_bytes()


@pytest.fixture(scope="module")
def zensical(project: Path) -> Path:
    """The site that Zensical builds."""
    run(BIN / "zensical", "build", "--strict", "--config-file", "zensical.yml", cwd=project)
    return project / "site-zensical"


def test_zensical_sets_every_page_with_its_formulas_figures_and_numbers(site: Path, zensical: Path) -> None:
    pages = [source for source in NAV if source.endswith(".md")]
    assert [source for source in pages if not Page(source, zensical).file.is_file()] == []
    for source in pages:
        if source in ("ledger.md", "statements.md"):
            continue
        ours, theirs = (page_counts(Page(source, folder)) for folder in (site, zensical))
        assert ours == theirs, source
        figures = [drawings(Page(source, folder)) for folder in (site, zensical)]
        assert figures[0] == figures[1], source


def page_counts(page: Page) -> Counter[str]:
    """How often each kind of element is on a page; checked numbers by what they say."""
    found = Counter(str(e.tag) for e in page.article.iter() if e.tag in SHOWN)
    found.update("".join(e.itertext()) for e in page.article.iter("data"))
    return found


def drawings(page: Page) -> list[str]:
    """The pictures of a page, as they are drawn."""
    return re.findall(r'<svg [^>]*role="img".*?</svg>', page.file.read_text(encoding="utf-8"), re.DOTALL)


def test_what_zensical_lacks_is_listed_for_contributors(zensical: Path) -> None:
    """Once it lacks one of these no more, the list is to be shortened."""
    listed = (ROOT / "docs/contribute.md").read_text(encoding="utf-8").partition("## Other generators")[2]
    lacking = {
        "badges": "gd-badge" not in Page("gradient-descent.md", zensical).file.read_text(encoding="utf-8"),
        "rows of the ledger": 'id="descent-lemma"'
        not in Page("statements.md", zensical).file.read_text(encoding="utf-8"),
        "mathematical font": not list(zensical.rglob("*.woff2")),
        "figures as files": not list(zensical.glob("figures/*")),
        "notebooks of the Lab": not (zensical / "lab/step-size/index.html").exists(),
    }
    assert {words for words, lacks in lacking.items() if lacks} == set(lacking)
    assert [words for words in lacking if words not in listed] == []
