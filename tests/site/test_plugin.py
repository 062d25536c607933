"""A site gets its files, a build tells all faults and ends, a live server goes on and draws with the code as it is."""

import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import html5lib
import pytest
from fontTools.ttLib import TTFont
from mkdocs.livereload import LiveReloadServer

from gdfigs.plots.picture import plotted, to_csv
from gdfigs.plots.svg import standalone, to_svg
from gdfigs.site.plugin import GdfigsPlugin
from tests.shown import picture

Steps = dict[str, dict[str, Any]]
PACKAGE = Path(__file__).parents[2] / "gdfigs"
CONFIG = """\
site_name: Small
theme: {name: mkdocs, highlightjs: false}
markdown_extensions: [gdfigs]
plugins: [gdfigs]
"""
NAME = "amplification"
FIGURE = "![Factors](gdfigs:{})\n\n/// figure-caption\nLook.\n///\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this file's sites, its store and its copy of the package are kept."""
    return tmp_path_factory.mktemp("mkdocs")


def write(place: Path, pages: dict[str, str], config: str = CONFIG) -> Path:
    """A project that holds these pages."""
    for name, text in pages.items():
        file = place / "docs" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (place / "mkdocs.yml").write_text(config, encoding="utf-8")
    return place


def run(place: Path, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    own = {"GDFIGS_CACHE": str(place.parent / "store"), "NO_MKDOCS_2_WARNING": "1", **settings}
    return subprocess.run(
        [sys.executable, *command], cwd=place, env=os.environ | own, capture_output=True, text=True, timeout=120
    )


def build(place: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return run(place, "-m", "mkdocs", "build", "--quiet", **settings)


def parse(file: Path) -> ET.Element:
    return html5lib.parse(file.read_text(encoding="utf-8"), namespaceHTMLElements=False)


PAGES = {
    "index.md": f"---\ntitle: Home\n---\n# Home\n\nFor $x$.\n\n{FIGURE.format(NAME)}",
    "deep/down/page.md": f"# Deep\n\n$$\n\\sqrt{{\\theta}} \\le h\n$$\n\n{FIGURE.format(f'{NAME}?largest=4')}",
    "plain.md": f"# Plain\n\nAt [1.28](gdfigs:{NAME}#crossing).\n",
}
WITH_MATHEMATICS = {"index.html": "", "deep/down/page/index.html": "../../../"}


@pytest.fixture(scope="module")
def site(folder: Path) -> Path:
    """A site without faults, built by the command line."""
    done = build(write(folder / "sound", PAGES))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return folder / "sound/site"


class TestFiles:
    def test_the_downloads_are_what_is_drawn(self, site: Path) -> None:
        for page, drawn in (("index.html", picture(NAME)), ("deep/down/page/index.html", picture(NAME, largest=4.0))):
            csv, svg = (a for a in parse(site / page).iter("a") if "download" in a.attrib)
            prefix = Path(svg.get("href", "")).stem
            text = (site / page).parent / svg.get("href", "")
            assert text.read_text(encoding="utf-8") == standalone(to_svg(drawn, f"figure-{prefix}", prefix))
            assert ((site / page).parent / csv.get("href", "")).read_text(encoding="utf-8") == to_csv(plotted(drawn))

    def test_there_is_no_file_for_a_figure_of_which_a_number_alone_is_quoted(self, site: Path) -> None:
        assert len(list((site / "figures").iterdir())) == 4

    @pytest.mark.parametrize("page", WITH_MATHEMATICS)
    def test_a_page_names_the_font_and_asks_for_it_early(self, site: Path, page: str) -> None:
        (preload,) = (e for e in parse(site / page).iter("link") if e.get("rel") == "preload")
        assert (preload.get("as"), preload.get("type")) == ("font", "font/woff2")
        assert "crossorigin" in preload.attrib  # else the browser loads it twice
        (file,) = site.glob("assets/*.woff2")
        href = preload.get("href", "")
        assert href == f"{WITH_MATHEMATICS[page]}assets/{file.name}"
        (face,) = re.findall(r'@font-face\{font-family:"STIX Two Math";src:url\("([^"]*)"\)', (site / page).read_text())
        assert face == href
        assert ((site / page).parent / href).resolve() == file

    def test_a_page_without_formulas_asks_for_no_font(self, site: Path) -> None:
        assert "woff2" not in (site / "plain/index.html").read_text(encoding="utf-8")

    def test_the_font_has_the_glyphs_of_all_pages(self, site: Path) -> None:
        (file,) = site.glob("assets/*.woff2")
        with TTFont(file) as font:
            assert {ord(c) for c in "𝑥√𝜃≤ℎ"} <= font.getBestCmap().keys()
            assert font["MATH"]

    def test_its_licence_lies_beside_it(self, site: Path) -> None:
        (licence,) = site.glob("assets/*licence.txt")
        assert "SIL OPEN FONT LICENSE" in licence.read_text(encoding="utf-8")


FAULTY = {
    "index.md": "---\ntitle: Home\n\n---\n\n# Home\n\nAt [1.2](gdfigs:amplification#crossing) and $\\foo$.\n",
    "other/page.md": "# Other\n\n![Factors](gdfigs:amplifcation)\n\nAgain $\\foo$.\n\nAnd $\\foo$.\n",
    "sound.md": "# Sound\n\n$x$\n",
}


@pytest.fixture(scope="module")
def failed(folder: Path) -> subprocess.CompletedProcess[str]:
    """A build of pages with faults."""
    return build(write(folder / "faulty", FAULTY))


class TestFaults:
    def test_those_of_all_pages_are_told_in_one_message(self, failed: subprocess.CompletedProcess[str]) -> None:
        assert failed.returncode == 1
        message = failed.stderr.splitlines()
        (first,) = (n for n, line in enumerate(message) if line.endswith("3 fault(s); nothing was written."))
        told = sorted(message[first + 1 : first + 4])
        assert told[0].startswith("docs/index.md:8, docs/other/page.md:5,7: the formula $\\foo$ cannot be set")
        assert told[1] == "docs/index.md:8: the page says 1.2, the figure computes 1.3"
        assert told[2] == "docs/other/page.md:3: no figure is named 'amplifcation'; did you mean 'amplification'?"

    def test_there_is_no_traceback(self, failed: subprocess.CompletedProcess[str]) -> None:
        assert "Traceback" not in failed.stderr + failed.stdout
        assert len(failed.stderr.splitlines()) <= 6

    def test_nothing_is_written(self, failed: subprocess.CompletedProcess[str], folder: Path) -> None:
        assert failed.returncode
        assert not list((folder / "faulty").glob("site/*"))

    def test_without_the_extension_the_plugin_says_what_is_missing(self, folder: Path) -> None:
        place = write(folder / "bare", {"index.md": "# Home"}, CONFIG.replace("markdown_extensions: [gdfigs]\n", ""))
        done = build(place)
        assert done.returncode == 1
        assert "add 'gdfigs' to markdown_extensions in mkdocs.yml" in done.stderr
        assert "Traceback" not in done.stderr


FIGURES = '''
"""Figures of a test."""
from gdfigs.maths import bounds
from typing import Annotated
from gdfigs.plots.registry import Range, figure
from gdfigs.plots.picture import Picture
from gdfigs.plots.style import DISCRETE, canvas

@figure(page="index.md")
def line(height: Annotated[float, Range(0, 9, "where it ends", without=(0,))] = 2.0) -> Picture:
    """A line."""
    drawing, (ax,) = canvas()
    ax.plot([0, 1], [0, bounds.largest_step(1 / height)], gid="line", color=DISCRETE)
    return Picture(drawing, description="A line.", facts={"top": 3 * height})
'''

SERVER = """
import json, logging, multiprocessing, pathlib, re, sys
from mkdocs.commands.build import build
from mkdocs.config import load_config

said, steps = [], []

class Record(logging.Handler):
    def emit(self, record):
        said.append(f"{record.levelname}: {record.getMessage()}")

logging.getLogger("mkdocs").addHandler(Record())
started = False
for change in json.loads(sys.argv[1]):
    for name, (old, new) in change.items():
        file = pathlib.Path(name)
        text = file.read_text(encoding="utf-8")
        assert old in text, (name, old)
        file.write_text(text.replace(old, new), encoding="utf-8")
    said.clear()
    config = load_config("mkdocs.yml", site_dir="site")
    if not started:  # as mkdocs.commands.serve does
        config.plugins.on_startup(command="serve", dirty=False)
        started = True
    raised = ""
    try:
        build(config, serve_url="http://127.0.0.1:8000/")
    except BaseException as fault:
        raised = f"{type(fault).__name__}: {fault}"
    figures = sys.modules.get("gdfigs.figures.small")
    page, data = (pathlib.Path("site", p) for p in ("index.html", "figures/line.csv"))
    steps.append({
        "raised": raised,
        "said": list(said),
        "page": page.read_text(encoding="utf-8") if page.exists() else "",
        "data": data.read_text(encoding="utf-8") if data.exists() else "",
        "largest": figures and figures.bounds.largest_step(1.0),
        "running": len(multiprocessing.active_children()),
    })
config.plugins.on_shutdown()
json.dump(steps, sys.stdout)
"""

MODULE, BOUNDS = "package/gdfigs/figures/small.py", "package/gdfigs/maths/bounds.py"
CHANGES: dict[str, dict[str, tuple[str, str]]] = {
    "as written": {},
    "a wrong number": {"docs/index.md": ("[6]", "[5]")},
    "the figure changed": {"docs/index.md": ("[5]", "[8]"), MODULE: ("3 * height", "4 * height")},
    "a layer changed": {BOUNDS: ("    return 2 / L", "    return 5 / L")},
    "a syntax error": {MODULE: ("    drawing, (ax,) = canvas()", "    drawing, (ax,) = = canvas()")},
    "a name error": {
        MODULE: ("    drawing, (ax,) = = canvas()", "    drawing, (ax,) = canvas()"),
        BOUNDS: ("    return 5 / L", "    return 5 / L\n\n\nWIDTH = width"),
    },
    "an error behind the figure": {
        BOUNDS: ("\n\n\nWIDTH = width", ""),
        MODULE: ('{"top": 4 * height})\n', '{"top": 4 * height})\nWIDTH = width\n'),
    },
    "mended": {MODULE: ("WIDTH = width\n", "")},
}


@pytest.fixture(scope="module")
def steps(folder: Path) -> Steps:
    """What a live server makes of one change after the other, in one process."""
    text = f"# Home\n\nUp to [6](gdfigs:line#top).\n\n{FIGURE.format('line')}"
    place = write(folder / "live", {"index.md": text})
    copy = place / "package/gdfigs"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("figures", "__pycache__"))
    (copy / "figures").mkdir()
    (copy / "figures/__init__.py").touch()
    (place / MODULE).write_text(FIGURES, encoding="utf-8")
    changes = json.dumps(list(CHANGES.values()))
    done = run(place, "-B", "-c", SERVER, changes, PYTHONPATH=str(place / "package"))
    assert done.returncode == 0, done.stderr
    return dict(zip(CHANGES, json.loads(done.stdout), strict=True))


class TestLiveServer:
    def test_no_change_stops_it(self, steps: Steps) -> None:
        assert {step["raised"] for step in steps.values()} == {""}

    def test_no_process_outlives_a_build(self, steps: Steps) -> None:
        assert {step["running"] for step in steps.values()} == {0}

    def top(self, data: str) -> float:
        return float(data.splitlines()[-1].rpartition(",")[2])

    def test_a_sound_page_is_shown_without_a_word(self, steps: Steps) -> None:
        for name in ("as written", "the figure changed", "mended"):
            assert "gd-fault" not in steps[name]["page"]
            assert "<svg" in steps[name]["page"]
            assert not [line for line in steps[name]["said"] if line.startswith(("ERROR", "WARNING"))]

    def test_a_fault_is_shown_on_the_page_and_told(self, steps: Steps) -> None:
        step = steps["a wrong number"]
        reason = "the page says 5, the figure computes 6"
        assert f'<strong class="gd-fault">{reason}</strong>' in step["page"]
        assert "<svg" in step["page"]
        assert f"ERROR: docs/index.md:3: {reason}" in step["said"]

    def test_a_figure_is_drawn_with_its_new_code(self, steps: Steps) -> None:
        assert 'value="6">6</data>' in steps["as written"]["page"]
        assert 'value="8">8</data>' in steps["the figure changed"]["page"]
        code = {name: step["page"].partition("<summary>Code</summary>")[2] for name, step in steps.items()}
        assert '<span class="mi">4</span>' in code["the figure changed"]
        assert '<span class="mi">4</span>' not in code["as written"]

    def test_a_figure_is_drawn_with_the_new_code_of_a_layer_below(self, steps: Steps) -> None:
        assert self.top(steps["the figure changed"]["data"]) == 4.0
        assert self.top(steps["a layer changed"]["data"]) == 10.0
        # In this process, too, which draws where others fail; when mended, the page is as it was set before.
        assert [steps[name]["largest"] for name in ("as written", "a layer changed", "mended")] == [2.0, 5.0, None]

    @pytest.mark.parametrize(
        ("name", "file", "fault", "reason"),
        [
            ("a syntax error", MODULE, "drawing, (ax,) = canvas()", "invalid syntax"),
            ("a name error", BOUNDS, "    return 2 / L\n\n\n", "NameError: name 'width' is not defined"),
            ("an error behind the figure", MODULE, FIGURES, "NameError: name 'width' is not defined"),
        ],
    )
    def test_code_that_cannot_be_imported_is_told_and_shown_with_file_and_line(
        self, steps: Steps, folder: Path, name: str, file: str, fault: str, reason: str
    ) -> None:
        text = FIGURES if file == MODULE else (PACKAGE / "bounds.py").read_text(encoding="utf-8")
        line = (text.partition(fault)[0] + fault).count("\n") + 1
        message = f"{folder / 'live' / file}:{line}: {reason}"
        (told,) = (said for said in steps[name]["said"] if said.startswith("ERROR: "))
        assert told.endswith(f": {message}")
        assert set(re.findall(r"docs/index\.md:\d+", told)) == {"docs/index.md:3", "docs/index.md:5"}
        assert unescape(steps[name]["page"]).count(message) == 2

    def test_once_mended_it_draws_again(self, steps: Steps) -> None:
        assert steps["mended"]["data"] == steps["a layer changed"]["data"]


def test_a_build_with_code_that_cannot_be_imported_says_file_and_line_and_no_more(folder: Path) -> None:
    place = write(folder / "broken", {"index.md": f"# Home\n\n{FIGURE.format(NAME)}"})
    copy = place / "package/gdfigs"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    module = copy / "figures/zoo.py"
    module.write_text("from gdfigs.plots.registry import figure\n\n@figure(page='a.md')\ndef f(x):\n    'F.'\n")
    done = build(place, PYTHONPATH=str(place / "package"))
    assert done.returncode == 1
    assert f"{module}:3: TypeError: x of f needs a type int or float, a range and a default" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 3


def test_a_live_server_looks_ten_times_a_second_for_what_was_saved(tmp_path: Path) -> None:
    config = SimpleNamespace(docs_dir=str(tmp_path), config_file_path=str(tmp_path / "mkdocs.yml"))
    places = (config.docs_dir, config.config_file_path)
    with LiveReloadServer(builder=lambda: None, host="127.0.0.1", port=0, root=str(tmp_path)) as server:
        for place in places:
            server.watch(place)
        GdfigsPlugin().on_serve(server, config=config, builder=None)  # type: ignore[arg-type, no-untyped-call]
        assert {emitter.watch.path for emitter in server.observer.emitters} == set(places)
        assert {emitter.timeout for emitter in server.observer.emitters} == {0.1}


def test_the_adapter_is_thin() -> None:
    from gdfigs.site import plugin as mkdocs

    assert len(inspect.getsource(mkdocs).splitlines()) < 150


BUILD = """
import json, sys
from mkdocs.__main__ import cli
from mkdocs.structure.pages import Page

render, pages = Page.render, []

def noted(self, config, files):
    pages.append(self.file.src_uri)
    return render(self, config, files)

Page.render = noted
try:
    cli(["build", "--strict"])
except SystemExit as ended:
    print(json.dumps([ended.code, sorted(pages)]))
"""
"""Builds, and tells which pages were set."""
LINKED = {
    "index.md": f"---\ntitle: Home\n---\n# Home\n\nSee [there](two.md#further).\n\n{FIGURE.format(NAME)}",
    "two.md": "# Two\n\n## Further\n\nFor $x$.\n",
    "three.md": "# Three\n\n[map](gdfigs:map)\n",
}


class TestFinishedPages:
    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        config = f"{CONFIG}validation: {{links: {{anchors: warn}}}}\n"
        place = write(tmp_path / "site", LINKED, config)
        assert self.build(place) == (0, ["index.md", "three.md", "two.md"], "")
        return place

    def build(self, place: Path) -> tuple[int, list[str], str]:
        done = run(place, "-c", BUILD)
        code, pages = json.loads(done.stdout.splitlines()[-1])
        return code, pages, "\n".join(line for line in done.stderr.splitlines() if not line.startswith("INFO"))

    def write(self, place: Path, name: str, old: str, new: str) -> None:
        text = (place / "docs" / name).read_text(encoding="utf-8")
        assert old in text
        (place / "docs" / name).write_text(text.replace(old, new), encoding="utf-8")

    def test_where_nothing_has_changed_no_page_is_set_and_every_byte_is_the_same(self, place: Path) -> None:
        before = {file: file.read_bytes() for file in (place / "site").rglob("*") if file.is_file()}
        assert self.build(place) == (0, [], "")
        after = {file: file.read_bytes() for file in (place / "site").rglob("*") if file.is_file()}
        same = {file for file in before if "sitemap" not in file.name and file.name != "index.html"}
        assert {file.name for file in same} >= {f"{NAME}.csv", f"{NAME}.svg"}
        assert set(after) == set(before)
        assert [file for file in same if after[file] != before[file]] == []
        dated = re.compile(rb"Build Date UTC : .*")  # by the theme of this test
        pages = [file for file in before if file.name == "index.html"]
        assert [file for file in pages if dated.sub(b"", after[file]) != dated.sub(b"", before[file])] == []

    def test_a_changed_page_is_set_and_what_looks_at_all_pages_where_it_may_see_that(self, place: Path) -> None:
        self.write(place, "two.md", "For $x$", "For $y$")
        assert self.build(place) == (0, ["two.md"], "")
        self.write(place, "two.md", "# Two\n", "# Second\n")
        assert self.build(place) == (0, ["three.md", "two.md"], "")

    def test_the_search_index_is_the_same_whichever_pages_are_set(self, place: Path) -> None:
        config = CONFIG.replace("{name: mkdocs, highlightjs: false}", "material")
        config = config.replace("plugins: [gdfigs]", "plugins: [search, gdfigs]")
        indices, made = [], []
        for sentence in ("For $x$", "For $x$", "Unheard of", "Unheard of"):
            text = LINKED["two.md"].replace("For $x$", sentence)
            write(place, {"two.md": text}, config)
            code, pages, said = self.build(place)
            assert code == 0, said
            made.append(pages)
            indices.append(json.loads((place / "site/search/search_index.json").read_text(encoding="utf-8"))["docs"])
        assert made == [["index.md", "three.md", "two.md"], [], ["two.md"], []]
        assert indices[0] == indices[1]
        assert indices[2] == indices[3]
        assert [e["location"] for e in indices[2]] == [e["location"] for e in indices[0]]
        assert [e for e, other in zip(indices[0], indices[2], strict=True) if e != other] == [
            e for e in indices[0] if e["location"] == "two/#further"
        ]

    def test_a_new_file_may_be_what_a_link_leads_to(self, place: Path) -> None:
        (place / "docs/four.md").write_text("# Four\n", encoding="utf-8")
        assert self.build(place)[1] == ["four.md", "index.md", "three.md", "two.md"]

    def test_a_changed_configuration_may_change_every_page(self, place: Path) -> None:
        write(place, {}, f"{CONFIG}use_directory_urls: false\n")
        assert self.build(place)[1] == ["index.md", "three.md", "two.md"]

    def test_a_dead_anchor_is_told_though_the_page_with_the_link_is_as_it_was(self, place: Path) -> None:
        self.write(place, "two.md", "## Further", "## Elsewhere")
        for _ in range(2):
            code, pages, said = self.build(place)
            assert code == 1
            assert "index.md" not in pages
            assert "does not contain an anchor '#further'" in said

    @pytest.mark.parametrize(
        ("text", "reason"),
        [("[x](nowhere.md)", "the target is not found"), ("[7](gdfigs:amplification#crossing)", "says 7")],
    )
    def test_a_page_with_a_fault_is_told_of_in_every_build(self, place: Path, text: str, reason: str) -> None:
        self.write(place, "two.md", "For $x$", f"For {text} and $x$")
        for _ in range(2):
            code, pages, said = self.build(place)
            assert code == 1
            assert "two.md" in pages
            assert reason in said
        self.write(place, "two.md", text, "nothing")
        assert self.build(place)[0] == 0
