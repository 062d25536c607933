"""The command line says what there is, draws it into files, and says in one line what is wrong."""

import os
import re
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gdfigs import __main__, store
from gdfigs.__main__ import main
from gdfigs.catalogue import Figure, Request, catalogue
from gdfigs.picture import Picture, plotted, to_csv
from gdfigs.svg import standalone, to_svg
from tests.read_svg import misplaced
from tests.shown import facts, picture

NAME = "amplification"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command in an empty folder: exit status, output, complaints."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        try:
            status = main(words)
        except SystemExit as stop:
            status = int(stop.code or 0)
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


class TestList:
    def test_it_names_every_figure_with_its_page_its_summary_and_its_defaults(self, run: Run) -> None:
        status, out, err = run("list")
        assert (status, err) == (0, "")
        entries = dict(zip(catalogue(), re.split(r"^(?=\S)", out, flags=re.MULTILINE)[1:], strict=True))
        for name, figure in catalogue().items():
            assert entries[name].startswith(f"{name}  ({figure.page})\n")
            assert figure.summary in entries[name]
            for parameter in figure.parameters.values():
                assert f"--{parameter.name} {parameter.default}" in entries[name]


class TestRender:
    def test_without_more_it_writes_an_svg_here(self, run: Run, tmp_path: Path) -> None:
        status, _, err = run("render", NAME)
        assert (status, err) == (0, "")
        assert [p.name for p in tmp_path.iterdir()] == [f"{NAME}.svg"]
        text = (tmp_path / f"{NAME}.svg").read_text(encoding="utf-8")
        assert text == standalone(to_svg(picture(NAME), NAME, catalogue()[NAME].summary))
        assert misplaced(text, picture(NAME)) == {}

    def test_it_prints_the_file_and_the_facts(self, run: Run) -> None:
        _, out, _ = run("render", NAME, "-o", "made.csv")
        first, *rest = out.splitlines()
        assert first == "made.csv"
        told = dict(line.split(" = ") for line in rest)
        # Six digits are printed.
        assert {n: float(v) for n, v in told.items()} == pytest.approx(facts(NAME), rel=5e-6)

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

    def test_a_png_has_two_pixels_to_a_unit_on_white_paper(self, run: Run, tmp_path: Path) -> None:
        assert run("render", NAME, "-o", "made.png")[0] == 0
        content = (tmp_path / "made.png").read_bytes()
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        width, height = picture(NAME).figure.get_size_inches() * 72
        assert struct.unpack(">II", content[16:24]) == (2 * width, 2 * height)
        from matplotlib.image import imread

        assert imread(tmp_path / "made.png")[0, 0].tolist() == [1, 1, 1, 1]

    def test_a_pdf_is_a_pdf_of_that_size(self, run: Run, tmp_path: Path) -> None:
        assert run("render", NAME, "-o", "made.pdf")[0] == 0
        content = (tmp_path / "made.pdf").read_bytes()
        assert content.startswith(b"%PDF-")
        width, height = picture(NAME).figure.get_size_inches() * 72
        assert f"/MediaBox [ 0 0 {width:g} {height:g} ]".encode() in content
        assert b"CreationDate" not in content

    @pytest.mark.parametrize("suffix", ["svg", "pdf", "png", "csv", "PNG"])
    def test_the_same_command_writes_the_same_bytes(self, run: Run, tmp_path: Path, suffix: str) -> None:
        assert [run("render", NAME, "-o", f"{name}.{suffix}")[0] for name in "ab"] == [0, 0]
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()

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


class TestHelp:
    def test_a_figure_lists_its_parameters_with_defaults_and_meanings(self, run: Run) -> None:
        for figure in catalogue().values():
            status, out, _ = run("render", figure.name, "--help")
            assert status == 0
            flat = " ".join(out.split())
            assert " ".join(figure.summary.split()) in flat
            for p in figure.parameters.values():
                assert re.search(
                    rf"--{p.name} {p.kind.__name__.upper()} {re.escape(f'{p.meaning} ({p.default})')}", flat
                )

    def test_a_percent_sign_is_a_percent_sign(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        def share(part: float = 50.0) -> Picture:
            """A share of 100 %.

            part: in % of the whole
            """
            raise NotImplementedError

        asked = Request(Figure("share", "a.md", share), {})
        monkeypatch.setattr(__main__, "request", lambda *_: asked)
        assert "in % of the whole (50.0)" in run("render", "share", "--help")[1]

    def test_the_commands_are_listed(self, run: Run) -> None:
        status, out, _ = run("--help")
        assert status == 0
        assert re.search(r"list +lists the figures", out)
        assert re.search(r"render +draws a figure", out)
        assert "NAME" in run("render", "--help")[1]


class TestMisuse:
    """Exit status 2, one line that says what there is instead, nothing written."""

    @pytest.mark.parametrize(
        ("words", "reason"),
        [
            ("", "required: COMMAND; see 'gdfigs --help'"),
            ("rendr", "'rendr' (choose from 'list', 'render')"),
            ("list more", "unrecognized arguments: more"),
            ("render", "required: NAME"),
            ("render amplifcation", "no figure is named 'amplifcation'; did you mean 'amplification'?"),
            ("render amplifcation --help", "did you mean 'amplification'?"),
            ("render amplification --larges 4", "no parameter 'larges'; did you mean 'largest'?"),
            ("render amplification --larges=4", "no parameter 'larges'; did you mean 'largest'?"),
            ("render amplification --largest", "--largest: expected one argument"),
            ("render amplification --largest big", "largest must be a number; got 'big'"),
            ("render amplification --largest nan", "largest must be a number; got 'nan'"),
            ("render scalar-regimes --steps 4.5", "steps must be a whole number; got '4.5'"),
            ("render amplification 4", "'4' follows no parameter"),
            ("render amplification -o made.jpg", "made.jpg: the name must end in one of .svg, .pdf, .png, .csv"),
            ("render amplification -o made", "made: the name must end in one of"),
            ("render amplification -o .svg", ".svg: the name must end in one of"),
            ("render amplification -o", "-o/--output: expected one argument"),
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
        status, _, err = run("render", "stability-regions", "--eta", "x", "--kapa", "3")
        assert status == 2
        assert "eta must be a number; got 'x'" in err
        assert "did you mean 'kappa'?" in err


class TestFailure:
    """Exit status 1, one line that names the cause, nothing written."""

    def test_a_figure_that_raises(self, run: Run, tmp_path: Path) -> None:
        status, out, err = run("render", NAME, "--largest", "1")
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
        for words in (["list"], ["render", NAME]):
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
        assert done.stdout.startswith(f"{n}.pdf\ncrossing = ")
    assert (tmp_path / "0.pdf").read_bytes() == (tmp_path / "1.pdf").read_bytes()
    assert subprocess.run([str(script), "render", "x"], capture_output=True).returncode == 2
