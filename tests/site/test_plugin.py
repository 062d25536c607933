"""A site gets its files, a build tells all faults and ends, a live server goes on and draws with the code as it is."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fontTools.ttLib import TTFont
from mkdocs.livereload import LiveReloadServer

from gdfigs.claims.core import ClaimError
from gdfigs.plots.picture import plotted, to_csv
from gdfigs.plots.registry import RegistryError
from gdfigs.plots.svg import standalone, to_svg
from gdfigs.site.plugin import GdfigsPlugin
from tests.built import ROOT
from tests.shown import picture
from tests.site.small import CONFIG, FIGURE, NAME, Build, copy_package, own_cache, parse, serve, write

Steps = dict[str, dict[str, Any]]


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of this file's sites and of its cache."""
    folder = tmp_path_factory.mktemp("sites")
    with own_cache(folder / "cache"):
        yield folder


PAGES = {
    "index.md": f"---\ntitle: Home\n---\n# Home\n\nFor $x$.\n\n{FIGURE.format(NAME)}",
    "deep/down/page.md": f"# Deep\n\n$$\n\\sqrt{{\\theta}} \\le h\n$$\n\n{FIGURE.format(f'{NAME}?largest=4')}",
    "plain.md": f"---\ntitle: The rate $O(1/k^2)$\n---\n# Plain\n\nAt [1.28](gdfigs:{NAME}#crossing).\n",
}


@pytest.fixture(scope="module")
def site(folder: Path) -> Path:
    build = Build(write(folder / "sound", PAGES))
    assert (build.said, build.failed) == ([], False)
    return build.site


class TestFiles:
    def test_the_downloads_are_what_is_drawn_and_there_are_no_others(self, site: Path) -> None:
        for page, drawn in (("", picture(NAME)), ("deep/down/page", picture(NAME, largest=4.0))):
            html = (site / page / "index.html").read_text(encoding="utf-8")
            csv, svg = (site / page / a.get("href", "") for a in parse(html).iter("a") if "download" in a.attrib)
            assert svg.read_text(encoding="utf-8") == standalone(to_svg(drawn, f"figure-{svg.stem}", svg.stem))
            assert csv.read_text(encoding="utf-8") == to_csv(plotted(drawn))
        assert len(list((site / "figures").iterdir())) == 4  # none where a number alone is quoted

    def test_a_formula_in_a_title_is_read_as_text(self, site: Path) -> None:
        assert "<title>The rate O(1/k²) - Small</title>" in (site / "plain/index.html").read_text(encoding="utf-8")

    @pytest.mark.parametrize(("page", "root"), [("", ""), ("deep/down/page", "../../../"), ("plain", None)])
    def test_a_page_with_formulas_asks_early_for_the_font(self, site: Path, page: str, root: str | None) -> None:
        html = (site / page / "index.html").read_text(encoding="utf-8")
        if root is None:
            assert "woff2" not in html
            return
        (preload,) = (e for e in parse(html).iter("link") if e.get("rel") == "preload")
        assert (preload.get("as"), preload.get("type")) == ("font", "font/woff2")
        assert "crossorigin" in preload.attrib  # else the browser loads it twice
        (file,) = site.glob("assets/*.woff2")
        assert preload.get("href") == f"{root}assets/{file.name}"
        assert f'@font-face{{font-family:"STIX Two Math";src:url("{root}assets/{file.name}")' in html

    def test_the_font_has_the_glyphs_of_all_pages_and_its_licence(self, site: Path) -> None:
        (file,), (licence,) = site.glob("assets/*.woff2"), site.glob("assets/*licence.txt")
        with TTFont(file) as font:
            assert {ord(c) for c in "𝑥√𝜃≤ℎ"} <= font.getBestCmap().keys()
            assert font["MATH"]
        assert "SIL OPEN FONT LICENSE" in licence.read_text(encoding="utf-8")


FAULTY = {
    "index.md": "---\ntitle: Home\n\n---\n\n# Home\n\nAt [1.2](gdfigs:amplification#crossing) and $\\foo$.\n",
    "other/page.md": "# Other\n\n![Factors](gdfigs:amplifcation)\n\nAgain $\\foo$.\n\nAnd $\\foo$.\n",
    "sound.md": "# Sound\n\n$x$\n",
}


class TestFaults:
    def test_those_of_all_pages_are_told_in_one_message_and_nothing_is_written(self, folder: Path) -> None:
        place = write(folder / "faulty", FAULTY)
        command = [sys.executable, "-m", "mkdocs", "build", "--quiet"]
        done = subprocess.run(command, cwd=place, env=os.environ, capture_output=True, text=True)
        assert done.returncode == 1
        lines = [line for line in done.stderr.splitlines() if line]
        assert lines[0].endswith("3 fault(s); nothing was written.")
        told = sorted(lines[1:4])
        assert told[0].startswith("docs/index.md:8, docs/other/page.md:5,7: the formula $\\foo$ cannot be set")
        assert (len(lines), told[1:]) == (
            4,
            [
                "docs/index.md:8: the page says 1.2, the figure computes 1.3",
                "docs/other/page.md:3: no figure is named 'amplifcation'; did you mean 'amplification'?",
            ],
        )
        assert not (place / "site").exists()

    def test_without_the_extension_the_plugin_says_what_is_missing(self, folder: Path) -> None:
        config = CONFIG.replace("markdown_extensions: [gdfigs]\n", "")
        build = Build(write(folder / "bare", {"index.md": "# Home"}, config))
        assert build.failed
        assert "add 'gdfigs' to markdown_extensions in mkdocs.yml" in build.said[0]

    def test_code_that_cannot_be_imported_is_told_and_no_more(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken() -> None:
            raise RegistryError("zoo.py:3: TypeError: x of f needs a type")

        monkeypatch.setattr("gdfigs.plots.registry.all_figures", broken)
        build = Build(write(folder / "broken", {"index.md": f"# Home\n\n{FIGURE.format(NAME)}"}))
        assert build.failed
        assert build.said == ["ERROR: zoo.py:3: TypeError: x of f needs a type"]

    def test_claims_that_cannot_be_imported_are_told_with_their_place_and_a_live_server_lives_on(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken() -> None:
            raise ClaimError("pictures.py:7: '(' was never closed")

        monkeypatch.setattr("gdfigs.claims.core.claims", broken)
        project = write(folder / "claims", {"index.md": f"# Home\n\n{FIGURE.format(NAME)}", "b.md": "# B\n"})
        build, server = Build(project), Build(project, "serve")
        assert (build.failed, build.said) == (True, ["ERROR: pictures.py:7: '(' was never closed"])
        assert server.said == ["ERROR: docs/index.md, docs/b.md: pictures.py:7: '(' was never closed"]
        assert "was never closed</strong>" in unescape(server.text("b"))

    def test_front_matter_that_is_none_is_a_fault(self, folder: Path) -> None:
        build = Build(write(folder / "matter", {"index.md": "---\ntitle: [Home\n---\n\n# Home\n"}))
        assert build.faults == [
            "docs/index.md:1: the front matter is no YAML: put values with ':', '[' or '{' in quotation marks"
        ]

    @pytest.mark.parametrize(
        ("broken", "place"),
        [("gdfigs.site.markdown.to_mathml", ""), ("gdfigs.site.fragments.highlight_python", ":8")],
    )
    def test_whatever_is_raised_while_a_page_is_set_is_a_fault_of_that_page(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, broken: str, place: str
    ) -> None:
        monkeypatch.setattr(broken, lambda given: 1 / 0 if given else [])
        project = write(folder / broken, {"index.md": PAGES["index.md"], "other.md": "# Other\n"})
        build, server = Build(project), Build(project, "serve")
        fault = f"docs/index.md{place}: ZeroDivisionError: division by zero"
        assert (build.failed, build.faults) == (True, [fault])
        assert (server.failed, server.said) == (False, [f"ERROR: {fault}"])
        assert "Other" in server.text("other")


MODULE, BOUNDS = "package/gdfigs/figures/small.py", "package/gdfigs/maths/bounds.py"
FIGURES = '''
"""Figures of a test."""
from typing import Annotated
from gdfigs.maths import bounds
from gdfigs.plots.registry import Range, figure
from gdfigs.plots.picture import Picture
from gdfigs.plots.style import DISCRETE, canvas

@figure(page="index.md")
def line(height: Annotated[float, Range(1, 3, "where it ends")] = 2.0) -> Picture:
    """A line."""
    drawing, (ax,) = canvas()
    ax.plot([0, 1], [0, bounds.largest_step(1 / height)], gid="line", color=DISCRETE)
    return Picture(drawing, description="A line.", facts={"top": 3 * height})
'''
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
    "mended": {BOUNDS: ("\n\n\nWIDTH = width", "")},
}


@pytest.fixture(scope="module")
def place(folder: Path) -> Path:
    """A project whose package is a copy without claims, with one figure."""
    text = f"# Home\n\nUp to [6](gdfigs:line#top).\n\n{FIGURE.format('line')}"
    place = write(folder / "live", {"index.md": text})
    copy_package(place)
    (place / MODULE).write_text(FIGURES, encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def steps(place: Path) -> Steps:
    """What a live server makes of one change after the other, in one process."""
    return dict(zip(CHANGES, serve(place, list(CHANGES.values())), strict=True))


class TestLiveServer:
    def test_no_process_outlives_a_build(self, steps: Steps) -> None:
        assert {step["running"] for step in steps.values()} == {0}

    def test_a_sound_page_is_shown_without_a_word(self, steps: Steps) -> None:
        for name in ("as written", "the figure changed", "mended"):
            assert "gd-fault" not in steps[name]["page"]
            assert "<svg" in steps[name]["page"]
            assert steps[name]["said"] == []

    def test_a_fault_is_shown_on_the_page_and_told(self, steps: Steps) -> None:
        step, reason = steps["a wrong number"], "the page says 5, the figure computes 6"
        assert f'<strong class="gd-fault">{reason}</strong>' in step["page"]
        assert "<svg" in step["page"]
        assert step["said"] == [f"ERROR: docs/index.md:3: {reason}"]

    def test_a_figure_is_drawn_with_the_code_as_it_is_and_that_of_the_layers_below(self, steps: Steps) -> None:
        pages = [steps[name]["page"] for name in ("as written", "the figure changed")]
        assert ['value="6">6</data>' in pages[0], 'value="8">8</data>' in pages[1]] == [True, True]
        code = [page.partition("<summary>Code</summary>")[2] for page in pages]
        assert ['<span class="mi">4</span>' in text for text in code] == [False, True]
        ends = {name: float(step["data"].split(",")[-1]) for name, step in steps.items() if step["data"]}
        assert [ends[name] for name in ("the figure changed", "a layer changed", "mended")] == [4.0, 10.0, 10.0]
        # In this process, too, which draws where others fail; when mended, the page is as it was set before.
        assert [steps[name]["largest"] for name in ("as written", "a layer changed", "mended")] == [2.0, 5.0, None]

    @pytest.mark.parametrize(
        ("name", "file", "fault", "reason"),
        [
            ("a syntax error", MODULE, "drawing, (ax,) = canvas()", "invalid syntax"),
            ("a name error", BOUNDS, "    return 2 / L\n\n\n", "NameError: name 'width' is not defined"),
        ],
    )
    def test_code_that_cannot_be_imported_is_told_and_shown_with_file_and_line(
        self, steps: Steps, place: Path, name: str, file: str, fault: str, reason: str
    ) -> None:
        text = FIGURES if file == MODULE else (ROOT / "gdfigs/maths/bounds.py").read_text(encoding="utf-8")
        message = f"{place / file}:{(text.partition(fault)[0] + fault).count(chr(10)) + 1}: {reason}"
        (told,) = steps[name]["said"]
        assert told.endswith(f": {message}")
        assert set(re.findall(r"docs/index\.md:\d+", told)) == {"docs/index.md:3", "docs/index.md:5"}
        assert unescape(steps[name]["page"]).count(message) == 2


def test_a_live_server_looks_ten_times_a_second_for_what_was_saved(tmp_path: Path) -> None:
    config = SimpleNamespace(docs_dir=str(tmp_path), config_file_path=str(tmp_path / "mkdocs.yml"))
    places = (config.docs_dir, config.config_file_path)
    with LiveReloadServer(builder=lambda: None, host="127.0.0.1", port=0, root=str(tmp_path)) as server:
        for place in places:
            server.watch(place)
        GdfigsPlugin().on_serve(server, config=config, builder=None)  # type: ignore[arg-type, no-untyped-call]
        assert {emitter.watch.path for emitter in server.observer.emitters} == set(places)
        assert {emitter.timeout for emitter in server.observer.emitters} == {0.1}


LINKED = {
    "index.md": (
        f"---\ntitle: Home\n---\n# Home\n\n[Gap](two.md#gap), [there](two.md#further).\n\n{FIGURE.format(NAME)}"
    ),
    "two.md": "# Two\n\n/// definition | Gap\n    attrs: {id: gap}\n\nIt.\n///\n\n## Further\n\nFor $x$.\n",
    "three.md": "# Three\n\n[map](gdfigs:map)\n",
}
CHECKED = f"{CONFIG}validation: {{links: {{anchors: warn}}}}\n"


class TestCachedPages:
    @pytest.fixture
    def place(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr("gdfigs.site.evidence.claims", dict)  # this site states nothing
        place = write(tmp_path, LINKED, f"{CHECKED}# {tmp_path}\n")
        assert self.built(place) == ["index.md", "three.md", "two.md"]
        return place

    def built(self, place: Path, *said: str) -> list[str]:
        """Builds and returns the pages that were set; something is said only if it is expected."""
        build = Build(place)
        assert [expected in whole for expected, whole in zip(said, build.said, strict=True)] == [True] * len(said)
        return sorted(set(build.pages))

    def write(self, place: Path, name: str, old: str, new: str) -> None:
        text = (place / "docs" / name).read_text(encoding="utf-8")
        assert old in text
        (place / "docs" / name).write_text(text.replace(old, new), encoding="utf-8")

    def test_where_nothing_has_changed_no_page_is_set_and_every_byte_is_the_same(self, place: Path) -> None:
        dated = re.compile(rb"Build Date UTC : .*")  # by the theme of this test

        def files() -> dict[Path, bytes]:
            every = (file for file in (place / "site").rglob("*") if file.is_file() and "sitemap" not in file.name)
            return {file: dated.sub(b"", file.read_bytes()) for file in every}

        before = files()
        assert self.built(place) == []
        assert files() == before
        assert {file.name for file in before} >= {f"{NAME}.csv", f"{NAME}.svg", "index.html"}

    def test_a_changed_page_is_set_and_what_looks_at_all_pages_where_it_may_see_that(self, place: Path) -> None:
        assert "Definition" in (place / "site/three/index.html").read_text()  # the map, without any claim
        self.write(place, "two.md", "For $x$", "For $y$")
        assert self.built(place) == ["two.md"]
        self.write(place, "two.md", "# Two\n", "# Second\n")
        assert self.built(place) == ["three.md", "two.md"]
        assert "Second" in (place / "site/three/index.html").read_text()

    def test_the_search_index_is_the_same_whichever_pages_are_set(self, place: Path) -> None:
        config = CHECKED.replace("{name: mkdocs, highlightjs: false}", "material")
        write(
            place, {}, f"{config.replace('[gdfigs]' + chr(10) + 'val', '[search, gdfigs]' + chr(10) + 'val')}# {place}"
        )
        indices = []
        for sentence, expected in (
            ("For $x$", ["index.md", "three.md", "two.md"]),
            ("For $x$", []),
            ("Unheard of", ["two.md"]),
            ("Unheard of", []),
        ):
            write_text = LINKED["two.md"].replace("For $x$", sentence)
            (place / "docs/two.md").write_text(write_text, encoding="utf-8")
            assert self.built(place) == expected
            indices.append(json.loads((place / "site/search/search_index.json").read_text(encoding="utf-8"))["docs"])
        assert indices[0] == indices[1]
        assert indices[2] == indices[3]
        assert [e for e, other in zip(indices[0], indices[2], strict=True) if e != other] == [
            e for e in indices[0] if e["location"] == "two/#further"
        ]

    def test_a_new_file_or_a_changed_configuration_may_change_every_page(self, place: Path) -> None:
        (place / "docs/four.md").write_text("# Four\n", encoding="utf-8")
        assert self.built(place) == ["four.md", "index.md", "three.md", "two.md"]
        write(place, {}, f"{CHECKED}use_directory_urls: false\n")
        assert self.built(place) == ["four.md", "index.md", "three.md", "two.md"]

    def test_a_dead_anchor_is_told_though_the_page_with_the_link_is_as_it_was(self, place: Path) -> None:
        self.write(place, "two.md", "## Further", "## Elsewhere")
        for _ in range(2):
            assert "index.md" not in self.built(place, "does not contain an anchor '#further'")

    def test_a_link_to_what_has_another_title_now_is_told_though_its_page_is_as_it_was(self, place: Path) -> None:
        self.write(place, "two.md", "| Gap", "| Distance")
        for _ in range(2):
            told = "docs/index.md:6: the words 'Gap' lead to the definition 'Distance', which does not have 'gap'"
            assert "index.md" not in self.built(place, told)
        self.write(place, "two.md", "{id: gap}", "{id: gap, data-alias: gaps}")
        assert "index.md" not in self.built(place)
        assert "data-alias" not in (place / "site/two/index.html").read_text(encoding="utf-8")

    @pytest.mark.parametrize(
        ("text", "reason"),
        [("[x](nowhere.md)", "the target is not found"), ("[7](gdfigs:amplification#crossing)", "says 7")],
    )
    def test_a_page_with_a_fault_is_told_of_in_every_build(self, place: Path, text: str, reason: str) -> None:
        self.write(place, "two.md", "For $x$", f"For {text} and $x$")
        for _ in range(2):
            assert "two.md" in self.built(place, reason)
        self.write(place, "two.md", text, "nothing")
        assert self.built(place) == ["two.md"]
