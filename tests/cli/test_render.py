"""``gdfigs render`` writes what the figure shows, in any format, theme and width, and says in a line what is wrong."""

import json
import os
import re
import shlex
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread
from pypdf import PdfReader

from gdfigs.build import cache as store
from gdfigs.plots.files import content
from gdfigs.plots.picture import Picture, plotted, to_csv
from gdfigs.plots.registry import Figure, FigureCall, all_figures, parse_url
from gdfigs.plots.style import DARK, DISCRETE, PAPER, ROLES, canvas
from gdfigs.plots.svg import standalone, to_svg
from tests.cli.conftest import Run
from tests.read_svg import misplaced
from tests.shown import facts, picture

NAME = "amplification"
FORMATS = ("svg", "pdf", "png", "csv", "json")
THEMES = {"light": {colour: colour for colour in ROLES}, "dark": DARK}
themed = pytest.mark.parametrize("theme", THEMES)


def colours(file: Path) -> set[str]:
    """All that the drawing of a PDF or an SVG is painted with."""
    if file.suffix == ".svg":
        return set(re.findall(r"#[0-9a-fA-F]{3,8}\b", re.sub(r'="#|url\(#', "", file.read_text(encoding="utf-8"))))
    contents = PdfReader(file).pages[0].get_contents()
    assert contents is not None
    numbers = re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) (?:rg|RG)\b", contents.get_data())
    grays = re.findall(rb"([\d.]+) (?:g|G)\b", contents.get_data())
    painted = [[float(part) for part in rgb] for rgb in numbers] + [[float(gray)] * 3 for gray in grays]
    return {"#" + "".join(f"{round(255 * part):02x}" for part in rgb) for rgb in painted}


def size(svg: Path) -> tuple[float, float]:
    root = ET.parse(svg).getroot()
    return float(root.get("width", "")), float(root.get("height", ""))


class TestFiles:
    def test_without_more_it_writes_an_svg_here_and_names_it(self, run: Run, tmp_path: Path) -> None:
        assert run("render", NAME) == (0, f"{NAME}.svg\n", "")
        assert [p.name for p in tmp_path.iterdir()] == [f"{NAME}.svg"]
        text = (tmp_path / f"{NAME}.svg").read_text(encoding="utf-8")
        assert text == standalone(to_svg(picture(NAME), NAME, all_figures()[NAME].summary))
        assert misplaced(text, picture(NAME)) == {}

    def test_parameters_are_passed_on(self, run: Run, tmp_path: Path) -> None:
        assert run("render", NAME, "--largest", "4.5", "--output", "made.csv")[0] == 0
        assert (tmp_path / "made.csv").read_text() == to_csv(plotted(picture(NAME, largest=4.5)))
        assert run("render", NAME, "--largest=4", "-o", "other.csv")[0] == 0
        assert (tmp_path / "other.csv").read_text() == to_csv(plotted(picture(NAME, largest=4.0)))

    @pytest.mark.parametrize("number", ["-0.5", "-1e-3", "-.5e1"])
    def test_a_negative_number_is_a_number(self, run: Run, number: str) -> None:
        status, _, err = run("render", NAME, "--largest", number)
        assert status == 1
        assert f"with largest = {float(number)} cannot be drawn" in err

    @pytest.mark.parametrize(
        ("words", "file"),
        [
            (["--format", "csv"], f"{NAME}.csv"),
            (["-o", "made.csv"], "made.csv"),
            (["-o", "made.CSV"], "made.CSV"),
            (["-o", "made.csv", "--format", "csv"], "made.csv"),
            (["-o", "made", "--format", "csv"], "made"),
            (["-o", "made.4", "--format", "csv"], "made.4"),
            (["-o", "folder", "--format", "csv"], f"folder/{NAME}.csv"),
        ],
    )
    @pytest.mark.parametrize("before", [False, True], ids=["behind the name", "before the name"])
    def test_a_path_and_a_format_say_where_and_what(
        self, run: Run, tmp_path: Path, words: list[str], file: str, before: bool
    ) -> None:
        (tmp_path / "folder").mkdir()
        line = [*words, NAME] if before else [NAME, *words]
        assert run("render", *line) == (0, f"{file}\n", "")
        assert [f.relative_to(tmp_path).as_posix() for f in tmp_path.rglob("*") if f.is_file()] == [file]
        assert (tmp_path / file).read_text() == to_csv(plotted(picture(NAME)))

    def test_what_stands_behind_the_name_counts_more_than_what_stands_before(self, run: Run, tmp_path: Path) -> None:
        assert run("render", "--width", "100", NAME, "--width", "200")[0] == 0
        assert size(tmp_path / f"{NAME}.svg")[0] == 200

    def test_quiet_prints_nothing(self, run: Run, tmp_path: Path) -> None:
        assert run("render", NAME, "--format", "csv", "--quiet") == (0, "", "")
        assert run("render", "-q", NAME, "--format", "csv", "-o", "made") == (0, "", "")
        assert len(list(tmp_path.iterdir())) == 2

    def test_a_file_is_replaced_whole_or_not_at_all(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "made.csv").write_text("before")

        def fail(self: Path, target: Path) -> None:
            raise OSError(28, "No space left on device", str(self))

        with monkeypatch.context() as patch:
            patch.setattr(store.Path, "replace", fail)
            status, out, err = run("render", NAME, "-o", "made.csv")
        assert (status, out) == (1, "")
        assert err == "gdfigs: cannot write made.csv: No space left on device\n"
        assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"made.csv": "before"}
        assert run("render", NAME, "-o", "made.csv")[0] == 0
        assert (tmp_path / "made.csv").read_text() == to_csv(plotted(picture(NAME)))

    def test_a_file_gets_the_permissions_of_any_new_file(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "other").touch()
        run("render", NAME, "-o", "made.csv")
        assert (tmp_path / "made.csv").stat().st_mode == (tmp_path / "other").stat().st_mode


class TestFormats:
    @pytest.mark.parametrize("format", FORMATS)
    @themed
    def test_the_same_command_writes_the_same_bytes(self, run: Run, tmp_path: Path, format: str, theme: str) -> None:  # noqa: A002
        words = ["--theme", theme] if format in ("svg", "pdf", "png") else []
        assert [run("render", NAME, *words, "-o", f"{name}.{format}")[0] for name in "ab"] == [0, 0]
        assert (tmp_path / f"a.{format}").read_bytes() == (tmp_path / f"b.{format}").read_bytes()

    def test_a_pdf_has_a_page_of_that_many_css_pixels_of_three_quarters_of_a_point(
        self, run: Run, tmp_path: Path
    ) -> None:
        width, height = picture(NAME).figure.get_size_inches() * 72
        for words, wide in (([], width), (["--width", "840"], 840), (["--width", "333"], 333)):
            assert run("render", NAME, *words, "-o", "made.pdf")[0] == 0
            (page,) = PdfReader(tmp_path / "made.pdf").pages
            box = [float(side) for side in page.mediabox]
            assert box == pytest.approx([0, 0, 0.75 * wide, 0.75 * wide * height / width], abs=1e-3)  # as it is written

    def test_the_drawing_of_a_pdf_fills_its_page_at_every_width(self, run: Run, tmp_path: Path) -> None:
        found = []
        for width in ("420", "840"):
            run("render", NAME, "--width", width, "-o", "made.pdf")
            contents = PdfReader(tmp_path / "made.pdf").pages[0].get_contents()
            assert contents is not None
            found.append([float(n) for n in contents.get_data().split(b" cm")[0].split()[-6:]])
        small, large = found
        assert small == pytest.approx([0.75, 0, 0, 0.75, 0, 0], abs=1e-4)
        assert large == pytest.approx([1.5, 0, 0, 1.5, 0, 0], abs=1e-4)

    def test_a_pdf_has_its_fonts_in_it_and_as_publishers_want_them(self, run: Run, tmp_path: Path) -> None:
        run("render", NAME, "-o", "made.pdf")
        (page,) = PdfReader(tmp_path / "made.pdf").pages
        fonts: Any = [font.get_object() for font in page["/Resources"]["/Font"].values()]  # type: ignore[index]
        assert fonts
        assert {font["/Subtype"] for font in fonts} == {"/Type0"}
        inside = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in fonts]
        assert all("/FontFile2" in descriptor for descriptor in inside)

    @pytest.mark.parametrize("width", [None, 50, 333, 420, 1001, 1920])
    def test_a_png_has_that_many_pixels(self, run: Run, tmp_path: Path, width: int | None) -> None:
        assert run("render", NAME, *(["--width", str(width)] if width else []), "-o", "made.png")[0] == 0
        content = (tmp_path / "made.png").read_bytes()
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        natural, height = picture(NAME).figure.get_size_inches() * 72
        wide, high = struct.unpack(">II", content[16:24])
        assert wide == (width or 2 * natural)
        assert high == pytest.approx(wide * height / natural, abs=1)  # whole pixels

    def test_an_svg_is_that_wide_and_its_drawing_the_same(self, run: Run, tmp_path: Path) -> None:
        run("render", NAME)
        before, (width, height) = (tmp_path / f"{NAME}.svg").read_text(), size(tmp_path / f"{NAME}.svg")
        assert [width, height] == pytest.approx(picture(NAME).figure.get_size_inches() * 72)
        assert run("render", NAME, "--width", "700")[0] == 0
        assert size(tmp_path / f"{NAME}.svg") == pytest.approx((700, 700 * height / width), abs=1e-3)
        after = (tmp_path / f"{NAME}.svg").read_text()
        assert re.sub(r'width="[\d.]+" height="[\d.]+"', "", after) == re.sub(
            r'width="[\d.]+" height="[\d.]+"', "", before
        )

    def test_json_has_all_that_is_plotted_and_told(self, run: Run, tmp_path: Path) -> None:
        assert run("render", NAME, "--largest", "4", "--format", "json")[0] == 0
        read = json.loads((tmp_path / f"{NAME}.json").read_text(encoding="utf-8"))
        shown, figure = picture(NAME, largest=4.0), all_figures()[NAME]
        assert (read["name"], read["page"], read["summary"]) == (NAME, figure.page, figure.summary)
        assert read["parameters"] == {n: p.default for n, p in figure.parameters.items()} | {"largest": 4.0}
        assert (read["description"], read["facts"]) == (shown.description, facts(NAME, largest=4.0))
        assert set(read["series"]) == set(plotted(shown))
        for gid, series in plotted(shown).items():
            columns = read["series"][gid]
            assert columns.pop("kind") == series.kind
            assert {name: [*values] for name, values in series.columns.items()} == columns

    def test_json_has_null_where_a_line_is_broken(self) -> None:
        def broken() -> Picture:
            """A line."""
            drawing, (ax,) = canvas()
            ax.plot([0, np.nan, 2], [0.1, 0.2, np.inf], gid="line")
            return Picture(drawing, "A line in two pieces.")

        text = content(FigureCall(Figure("broken", "a.md", broken), {}), Look("json")).decode()
        assert json.loads(text)["series"]["line"] == {"kind": "line", "x": [0, None, 2], "y": [0.1, 0.2, None]}

    def test_a_picture_says_what_is_seen(self, run: Run, tmp_path: Path) -> None:
        shown, summary = picture(NAME), all_figures()[NAME].summary
        run("render", NAME, "-o", "made.pdf")
        said = PdfReader(tmp_path / "made.pdf").metadata
        assert said is not None
        assert (said.title, said.subject) == (summary, shown.description)
        assert said.creation_date is None
        run("render", NAME, "-o", "made.png")
        content = (tmp_path / "made.png").read_bytes()
        assert b"Description\x00" + shown.description.encode() in content
        assert b"Title\x00" + summary.encode() in content


class TestThemes:
    @pytest.mark.parametrize("name", [NAME, "contours-and-field", "stability-regions"])
    @themed
    @pytest.mark.parametrize("suffix", ["svg", "pdf"])
    def test_all_is_painted_in_the_colours_of_the_theme(
        self, run: Run, tmp_path: Path, name: str, theme: str, suffix: str
    ) -> None:
        assert run("render", name, "--theme", theme, "-o", f"made.{suffix}")[0] == 0
        painted = colours(tmp_path / f"made.{suffix}")
        # Matplotlib sets the pen of a PDF to white and to black, and paints nothing with them.
        assert painted - {"#000000", "#ffffff"} <= set(THEMES[theme].values())
        assert suffix == "pdf" or (PAPER in painted) == (theme == "light")
        assert {THEMES[theme][DISCRETE], THEMES[theme][PAPER]} <= painted or name != NAME
        assert len(painted) >= 4

    @themed
    def test_so_is_a_png(self, run: Run, tmp_path: Path, theme: str) -> None:
        assert run("render", NAME, "--theme", theme, "-o", "made.png")[0] == 0
        pixels = np.round(255 * imread(tmp_path / "made.png")).astype(int)
        assert (pixels[..., 3] == 255).all()

        def share(colour: str) -> float:
            return float((pixels[..., :3] == [int(colour[n : n + 2], 16) for n in (1, 3, 5)]).all(axis=-1).mean())

        other = THEMES["light" if theme == "dark" else "dark"]
        assert share(THEMES[theme][PAPER]) > 0.8
        assert share(THEMES[theme][DISCRETE]) > 1e-3
        assert share(other[DISCRETE]) == share(other[PAPER]) == 0

    def test_a_dark_drawing_shows_the_same_and_leaves_no_trace(self, run: Run, tmp_path: Path) -> None:
        run("render", NAME, "--theme", "dark", "-o", "dark.svg")
        assert misplaced((tmp_path / "dark.svg").read_text(encoding="utf-8"), picture(NAME)) == {}
        run("render", NAME, "-o", "before.png")
        run("render", NAME, "--theme", "dark", "-o", "dark.png")
        run("render", NAME, "-o", "after.png")
        assert (tmp_path / "before.png").read_bytes() == (tmp_path / "after.png").read_bytes()


class TestAll:
    def test_every_figure_is_tried_and_all_faults_are_told(self, tmp_path: Path) -> None:
        """In processes of its own, as it is meant to run."""
        blocked = [tmp_path / f"made/{name}.csv" for name in ("amplification", "zigzag")]
        for file in blocked:
            file.mkdir(parents=True)
        done = subprocess.run(
            [sys.executable, "-m", "gdfigs", "render", "--all", "--format", "csv", "-o", "made"],
            cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"PYTHONHASHSEED": "7"},
        )  # fmt: skip
        assert done.returncode == 1
        assert done.stderr.splitlines() == [
            f"gdfigs: cannot write {file.relative_to(tmp_path)}: Is a directory" for file in blocked
        ]
        drawn = [f"made/{name}.csv" for name in all_figures() if name not in ("amplification", "zigzag")]
        assert done.stdout.splitlines() == drawn
        assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()) == sorted(drawn)
        assert all((tmp_path / file).read_text().startswith("series,") for file in drawn)
        for name in ("modes", "stability-regions"):
            assert (tmp_path / f"made/{name}.csv").read_text() == to_csv(plotted(picture(name)))

    @pytest.fixture
    def three(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        few = {name: all_figures()[name] for name in (NAME, "modes", "zigzag")}
        for module in ("gdfigs.cli.render", "gdfigs.cli.common"):
            monkeypatch.setattr(import_module(module), "catalogue", lambda: few)
        return few

    @pytest.mark.usefixtures("here", "three")
    def test_without_more_they_go_into_a_folder_as_svg(self, run: Run, tmp_path: Path) -> None:
        assert run("render", "--all", "--width", "300") == (
            0, "figures/amplification.svg\nfigures/modes.svg\nfigures/zigzag.svg\n", "",
        )  # fmt: skip
        assert {size(file)[0] for file in tmp_path.glob("figures/*.svg")} == {300}
        single = run("render", "modes", "--width", "300")
        assert single[0] == 0
        assert (tmp_path / "modes.svg").read_bytes() == (tmp_path / "figures/modes.svg").read_bytes()

    @pytest.mark.usefixtures("here")
    def test_a_figure_that_raises_does_not_keep_the_others(
        self, run: Run, tmp_path: Path, three: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        call = type(three[NAME]).__call__

        def fail(self: Any, **parameters: Any) -> Any:
            if self.name != "zigzag":
                raise ZeroDivisionError(f"of {self.name}")
            return call(self, **parameters)

        monkeypatch.setattr(type(three[NAME]), "__call__", fail)
        status, out, err = run("render", "--all", "--format", "csv")
        assert (status, out) == (1, "figures/zigzag.csv\n")
        assert err.splitlines() == [
            f"gdfigs: the figure {name} cannot be drawn: ZeroDivisionError: of {name}" for name in (NAME, "modes")
        ]
        assert [file.name for file in (tmp_path / "figures").iterdir()] == ["zigzag.csv"]

    def test_a_folder_that_cannot_be_made_is_named(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        assert run("render", "--all", "-o", "file") == (1, "", "gdfigs: cannot write file: File exists\n")


class TestTheCommandOfAFigure:
    @pytest.mark.parametrize(
        ("url", "command"),
        [
            ("gdfigs:amplification", "gdfigs render amplification"),
            ("gdfigs:amplification?largest=4", "gdfigs render amplification --largest 4"),
            ("gdfigs:amplification?largest=4.5#crossing", "gdfigs render amplification --largest 4.5"),
        ],
    )
    def test_it_is_the_one_that_draws_it(self, run: Run, tmp_path: Path, url: str, command: str) -> None:
        call = parse_url(url)
        assert call.command == command
        program, *words = shlex.split(call.command)
        assert program == "gdfigs"
        assert run(*words, "--format", "csv")[0] == 0
        assert (tmp_path / "amplification.csv").read_text() == to_csv(plotted(call.draw()))


class TestMisuse:
    """Exit status 2, one line that says what there is instead, nothing written."""

    @pytest.mark.parametrize(
        ("words", "reason"),
        [
            ("", "Missing command; see 'gdfigs --help'"),
            ("rendr", "No such command 'rendr'. Did you mean 'render'?; see 'gdfigs --help'"),
            ("list more", "unexpected extra argument (more); see 'gdfigs list --help'"),
            ("render", "Missing NAME of a figure, or --all; see 'gdfigs render --help'"),
            ("facts", "Missing NAME of a figure; see 'gdfigs facts --help'"),
            ("render amplifcation", "no figure is named 'amplifcation'; did you mean 'amplification'?"),
            ("render amplifcation --help", "did you mean 'amplification'?"),
            ("facts amplifcation", "did you mean 'amplification'?"),
            ("render amplification --larges 4", "no option '--larges'; did you mean '--largest'?"),
            ("render amplification --larges=4", "no option '--larges'; did you mean '--largest'?"),
            ("render amplification --formt pdf", "no option '--formt'; did you mean '--format'?"),
            ("facts amplification --format pdf", "no option '--format'; there are --"),
            ("render amplification --largest", "'--largest' requires an argument"),
            ("render amplification --largest big", "largest must be a number; got 'big'"),
            ("render amplification --largest nan", "largest must be a number; got 'nan'"),
            ("render amplification --largest 3..4", "largest must be a number; got '3..4'"),
            ("render scalar-regimes --steps 4.5", "steps must be a whole number; got '4.5'"),
            ("render amplification 4", "'4' follows no option"),
            ("render amplification -o made.jpg", "made.jpg: the name must end in one of .svg, .pdf, .png, .csv, .json"),
            ("render amplification -o made", "made: the name must end in one of"),
            ("render amplification -o .svg", ".svg: the name must end in one of"),
            ("render amplification -o", "'-o' requires an argument"),
            ("render amplification -o a.png --format pdf", "a.png ends in .png, but --format says pdf: leave one"),
            ("render amplification --format jpg", "'jpg' is not one of 'svg', 'pdf', 'png', 'csv', 'json'"),
            ("render amplification --theme blue", "'blue' is not one of 'light', 'dark'"),
            ("render amplification --width 49", "49 is not in the range 50<=x<=10000"),
            ("render amplification --width 10001", "10001 is not in the range 50<=x<=10000"),
            ("render amplification --width wide", "'wide' is not a valid integer"),
            ("render amplification --format csv --width 100", "csv has neither: leave them out"),
            ("render amplification -o a.json --theme light", "json has neither: leave them out"),
            ("render --all --format csv --theme dark", "csv has neither: leave them out"),
            ("render --all amplification", "leave out --all, or 'amplification'"),
        ],
    )
    def test_it_is_told_in_one_line(self, run: Run, tmp_path: Path, words: str, reason: str) -> None:
        status, out, err = run(*words.split())
        assert (status, out) == (2, "")
        assert err.startswith("gdfigs: ")
        assert reason in err
        assert err.count("\n") == 1
        assert not list(tmp_path.iterdir())

    def test_all_faults_are_told_at_once(self, run: Run) -> None:
        status, _, err = run("render", "stability-regions", "--eta", "x", "--kapa", "3", "--formt")
        assert status == 2
        for reason in ("eta must be a number; got 'x'", "did you mean '--kappa'?", "did you mean '--format'?"):
            assert reason in err


class TestFailure:
    """Exit status 1, one line that names the cause, nothing written."""

    def test_a_figure_that_raises(self, run: Run, tmp_path: Path) -> None:
        for command in ("render", "facts"):
            status, out, err = run(command, NAME, "--largest", "1")
            assert (status, out) == (1, "")
            assert err.startswith(
                "gdfigs: the figure amplification with largest = 1.0 cannot be drawn: ValueError: largest"
            )
            assert err.count("\n") == 1
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize(("folder", "why"), [("none", "No such file or directory"), ("file", "Not a directory")])
    def test_a_folder_that_cannot_be_written(self, run: Run, tmp_path: Path, folder: str, why: str) -> None:
        (tmp_path / "file").touch()
        status, out, err = run("render", NAME, "-o", f"{folder}/made.svg")
        assert (status, out) == (1, "")
        assert err == f"gdfigs: cannot write {folder}/made.svg: {why}\n"

    def test_a_module_of_figures_that_cannot_be_imported(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import gdfigs.figures

        broken = tmp_path / "broken.py"
        broken.write_text("x = 1\ny = (\n")
        monkeypatch.setattr(gdfigs.figures, "__path__", [str(tmp_path)])
        for words in (["list"], ["render", NAME], ["render", "--all"], ["facts", NAME]):
            status, out, err = run(*words)
            assert (status, out) == (1, "")
            assert err == f"gdfigs: {broken}:2: '(' was never closed\n"


def test_it_is_a_command_and_a_module(tmp_path: Path) -> None:
    script = Path(sys.executable).with_name("gdfigs")
    for n, command in enumerate(([str(script)], [sys.executable, "-m", "gdfigs"])):
        done = subprocess.run(
            [*command, "render", NAME, "-o", f"{n}.pdf"],
            cwd=tmp_path, env=os.environ | {"PYTHONHASHSEED": str(n)}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout == f"{n}.pdf\n"
    assert (tmp_path / "0.pdf").read_bytes() == (tmp_path / "1.pdf").read_bytes()
    assert subprocess.run([str(script), "render", "x"], capture_output=True).returncode == 2
