"""The command line writes what a figure shows, prints what it says, and says in a line what is wrong."""

import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

import gdfigs
from gdfigs.build.jobs import BuildJobs
from gdfigs.claims import core
from gdfigs.claims.core import Pairs, claims
from gdfigs.cli import main, rounded
from gdfigs.plots.files import content
from gdfigs.plots.registry import Figure, all_figures, parse_url
from gdfigs.site.checked_numbers import check
from tests.shown import facts, picture

NAME = "amplification"
COMMAND = [sys.executable, "-m", "gdfigs"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs each test in an empty folder."""
    monkeypatch.chdir(tmp_path)


def outcome(*words: str) -> tuple[int, str, str]:
    """Runs a command in this process. Returns its exit status, its output and its complaints."""
    result = CliRunner(catch_exceptions=False).invoke(main, words)
    return result.exit_code, result.stdout, result.stderr


def drawn(name: str, ending: str, **look: Any) -> bytes:
    """Returns what a file of the figure, named as on a page, must hold."""
    call = parse_url(name)
    return content(picture(call.figure.name, **call.changed), ending, **look)


def files() -> list[str]:
    return sorted(str(file) for file in Path().rglob("*") if file.is_file())


@pytest.fixture
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Does in this process, where a test can change it, what is worked on in others."""

    def work_here(_: BuildJobs, work: Callable[..., Any], cases: list[tuple[Any, ...]]) -> Iterator[Any]:
        return (work(*case) for case in cases)

    monkeypatch.setattr(BuildJobs, "map", work_here)


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Leaves three figures for --all."""
    few = {name: all_figures()[name] for name in (NAME, "modes", "zigzag")}
    monkeypatch.setattr("gdfigs.cli.all_figures", lambda: few)
    return list(few)


def test_the_list_names_every_figure_as_a_page_calls_it() -> None:
    status, out, err = outcome("list")
    assert (status, err) == (0, "")
    entries = re.findall(r"^(\S+)\n    (.+)$", out, flags=re.MULTILINE)
    assert [(parse_url(url).figure.name, parse_url(url).changed) for url, _ in entries] == [
        (name, {}) for name in all_figures()
    ]
    for (url, about), figure in zip(entries, all_figures().values(), strict=True):
        assert about == f"{figure.summary} Page: {figure.page}."
        assert all(f"{name}=" in url for name in figure.parameters)


def test_a_figure_of_the_list_explains_its_parameters() -> None:
    for name, figure in all_figures().items():
        status, out, _ = outcome("list", name)
        assert status == 0
        assert figure.summary in out
        for p in figure.parameters.values():
            kind = ", a whole number" if p.kind is int else ""
            assert f"\n    {p.name}{kind} in {p.range}: {p.meaning}\n" in out


def test_the_commands_are_listed_and_explained_in_whole_sentences() -> None:
    for option in ("--help", "-h"):
        status, out, _ = outcome(option)
        assert status == 0
        listed = dict(re.findall(r"^  ([a-z]+) +(.+)$", out.partition("Commands:")[2], flags=re.MULTILINE))
        assert sorted(listed) == ["check", "facts", "list", "render"]
        assert all(re.fullmatch(r"[A-Z].+[^.]\.", summary) for summary in listed.values())
    for command in listed:
        status, out, _ = outcome(command, "--help")
        assert (status, out.split()[:3]) == (0, ["Usage:", "gdfigs", command])
        for option in re.findall(r"^  (-.*)$", out, flags=re.MULTILINE):
            assert re.search(r"\S  +\S", option) or option.startswith("--format"), option
        assert ("gdfigs list FIGURE" in " ".join(out.split())) == (command in ("render", "facts"))


def test_the_version_is_that_of_the_package() -> None:
    assert outcome("--version") == (0, f"gdfigs, version {gdfigs.__version__}\n", "")


@pytest.mark.parametrize("words", ["--help", "list", "list modes", "render --help"])
def test_help_loads_nothing_heavy(words: str) -> None:
    code = f"import sys; from gdfigs.cli import main\ntry: main({words.split()})\nfinally: print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert "numpy" in loaded
    assert not loaded & {"matplotlib", "scipy", "sympy", "PEPit", "mkdocs", "pygments", "multiprocessing"}


def completed(monkeypatch: pytest.MonkeyPatch, line: str) -> str:
    monkeypatch.setenv("_GDFIGS_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(line.count(" ")))
    _, out, err = outcome()
    assert err == ""
    return " ".join(word.removeprefix("plain,") for word in out.split())


def test_the_last_word_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    for line, words in {
        "gdfigs re": "render",
        "gdfigs list amp": NAME,
        "gdfigs facts amp": NAME,
        "gdfigs render --dark amp": NAME,
        "gdfigs render amplification --format p": "pdf png",
        "gdfigs check energy descent-l": "descent-lemma",
    }.items():
        assert completed(monkeypatch, line) == words


def test_bash_completes_as_the_readme_says() -> None:
    # By its name: Click's completion does not quote the way to a program, which may have a space in it.
    own = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    (line,) = re.findall(r'`(eval "[^`]+)`', readme)
    typed = (
        f"{line}; COMP_WORDS=(gdfigs render amp); COMP_CWORD=2; "
        '_gdfigs_completion gdfigs; echo "${COMPREPLY[@]}"; complete -p gdfigs'
    )
    done = subprocess.run(["bash", "-c", typed], env=own, capture_output=True, text=True)
    assert done.stderr == ""
    offered, registered = done.stdout.splitlines()
    assert (offered, registered.split()[-1]) == (NAME, "gdfigs")


def test_without_options_it_writes_an_svg_here_and_names_it() -> None:
    assert outcome("render", NAME) == (0, f"{NAME}.svg\n", "")
    assert Path(f"{NAME}.svg").read_bytes() == drawn(NAME, "svg")
    assert outcome("render", "zigzag", "-q") == (0, "", "")
    assert files() == [f"{NAME}.svg", "zigzag.svg"]


@pytest.mark.parametrize("url", ["gdfigs:amplification", "gdfigs:amplification?z=2&largest=4#crossing"])
def test_a_figure_is_named_as_on_a_page_or_as_the_command_beside_it_says(url: str) -> None:
    for words in (["render", url], shlex.split(parse_url(url).command)[1:]):
        assert outcome(*words, "-o", "a.csv") == (0, "a.csv\n", "")
        assert Path("a.csv").read_bytes() == drawn(url, "csv")
        Path("a.csv").unlink()


def test_a_path_and_a_format_say_where_and_what() -> None:
    Path("folder").mkdir()
    for words, file in {
        "--format csv": f"{NAME}.csv",
        "-o made.csv": "made.csv",
        "-o made.CSV": "made.CSV",
        "-o same.csv --format csv": "same.csv",
        "-o made --format csv": "made",
        "-o made.4 --format csv": "made.4",
        "-o folder --format csv": f"folder/{NAME}.csv",
    }.items():
        before = files()
        assert outcome("render", NAME, *words.split()) == (0, f"{file}\n", "")
        assert sorted([*before, file]) == files()
        assert Path(file).read_bytes() == drawn(NAME, "csv")


@pytest.mark.parametrize("ending", ["svg", "pdf", "png"])
def test_colours_and_width_are_those_of_the_options(ending: str) -> None:
    assert outcome("render", NAME, "--dark", "--width", "333", "-o", f"a.{ending}")[0] == 0
    assert Path(f"a.{ending}").read_bytes() == drawn(NAME, ending, dark=True, width=333)
    assert Path(f"a.{ending}").read_bytes() != drawn(NAME, ending, width=333)


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_a_hyphen_is_standard_output(ending: str) -> None:
    result = CliRunner().invoke(main, ["render", NAME, "-o", "-", "--format", ending])
    assert (result.exit_code, result.stdout_bytes, result.stderr) == (0, drawn(NAME, ending), "")
    assert files() == []


def test_quiet_prints_nothing() -> None:
    assert outcome("render", NAME, "-q") == (0, "", "")
    assert files() == [f"{NAME}.svg"]


def test_a_link_stays_and_the_file_it_leads_to_is_written() -> None:
    Path("folder").mkdir()
    for name in ("old", "new"):
        Path(f"{name}.csv").symlink_to(f"folder/{name}.csv")
    Path("folder/old.csv").write_text("before")
    for name in ("old", "new"):
        assert outcome("render", NAME, "-o", f"{name}.csv") == (0, f"{name}.csv\n", "")
        assert Path(f"{name}.csv").is_symlink()
        assert Path(f"folder/{name}.csv").read_bytes() == drawn(NAME, "csv")


@pytest.mark.parametrize("path", ["fifo", "/dev/null", "loop", "nowhere/"])
def test_what_is_no_plain_file_is_refused(path: str) -> None:
    os.mkfifo("fifo")
    Path("loop").symlink_to("loop")
    status, out, err = outcome("render", NAME, "-o", path, "--format", "svg")
    assert (status, out) == (2, "")
    assert err == f"gdfigs: cannot write {path}: it is no plain file; for standard output write -o -\n"
    assert Path("fifo").is_fifo()


def test_a_file_is_replaced_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    Path("made.csv").write_text("before")
    monkeypatch.setattr(Path, "replace", fail)
    reason = "gdfigs: cannot write made.csv: No space left on device\n"
    assert outcome("render", NAME, "-o", "made.csv") == (1, "", reason)
    assert (files(), Path("made.csv").read_text()) == (["made.csv"], "before")


def test_every_figure_is_tried_and_each_fault_reported(three: list[str]) -> None:
    Path(f"figures/{NAME}.csv").mkdir(parents=True)
    status, out, err = outcome("render", "--all", "--format", "csv")
    assert (status, out) == (1, "figures/modes.csv\nfigures/zigzag.csv\n")
    assert err.startswith(f"gdfigs: cannot write figures/{NAME}.csv: it is no plain file")
    assert err.count("\n") == 1
    assert files() == out.splitlines()
    assert all(Path(f"figures/{name}.csv").read_bytes() == drawn(name, "csv") for name in three[1:])


@pytest.mark.usefixtures("one_process", "three")
def test_options_hold_for_all_and_quiet_is_quiet() -> None:
    assert outcome("render", "--all", "-o", "new/folder", "--dark", "--width", "300", "-q") == (0, "", "")
    assert Path("new/folder/modes.svg").read_bytes() == drawn("modes", "svg", dark=True, width=300)
    assert len(files()) == 3


@pytest.mark.usefixtures("one_process", "three")
def test_a_figure_that_raises_does_not_keep_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = Figure.__call__
    monkeypatch.setattr(Figure, "__call__", lambda f, **p: draw(f, **p) if f.name == "zigzag" else 1 / 0)
    status, out, err = outcome("render", "--all")
    assert (status, out) == (1, "figures/zigzag.svg\n")
    reason = "cannot be drawn: ZeroDivisionError: division by zero"
    assert err.splitlines() == [f"gdfigs: {name} {reason}" for name in (NAME, "modes")]


@pytest.mark.parametrize("path", ["plain.svg", "file", "-"])
def test_what_is_no_folder_is_refused(path: str) -> None:
    Path("file").touch()
    status, out, err = outcome("render", "--all", "-o", path)
    assert (status, out) == (2, "")
    assert err.endswith(f"files: -o must name a folder; got {path}\n")
    assert files() == ["file"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", "Missing command; see 'gdfigs --help'"),
        ("rendr", "No such command 'rendr'. Did you mean 'render'?; see 'gdfigs --help'"),
        ("list amplification more", "unexpected extra argument (more); see 'gdfigs list --help'"),
        ("list amplifcation", "no figure is named 'amplifcation'; did you mean 'amplification'?"),
        ("render", "Name one FIGURE, or pass --all; see 'gdfigs render --help'"),
        ("render --all amplification", "Name one FIGURE, or pass --all"),
        ("facts", "Missing argument 'FIGURE'; see 'gdfigs facts --help'"),
        ("render amplifcation", "no figure is named 'amplifcation'; did you mean 'amplification'?"),
        ("render amplification?larges=4", "no parameter 'larges'; did you mean 'largest'?"),
        ("render amplification --drk", "No such option '--drk'. Did you mean '--dark'?"),
        ("render amplification?largest=big", "largest must be a number; got 'big'"),
        ("render amplification?largest=3..4", "write one value for largest"),
        ("render amplification?largest=1", "largest must "),
        ("facts amplification?largest=-5e-1", "largest must "),
        ("render scalar-regimes?steps=4.5", "steps must be a whole number; got '4.5'"),
        ("render stability-regions?eta=x&kapa=3", "got 'x'; stability-regions has no parameter 'kapa'; did"),
        ("render amplification -o made.jpg", "made.jpg: the name must end in one of .svg, .pdf, .png, .csv, .json"),
        ("render amplification -o made", "made: the name must end in one of"),
        ("render amplification -o", "'-o' requires an argument"),
        ("render amplification -o a.png --format pdf", "a.png ends in .png, but --format says pdf: leave one"),
        ("render amplification --format jpg", "'jpg' is not one of 'svg', 'pdf', 'png', 'csv', 'json'"),
        ("render amplification --width 49", "49 is not in the range 50<=x<=10000"),
        ("render amplification --format csv --width 100", "csv has neither theme nor width"),
        ("render amplification -o a.json --dark", "json has neither theme nor width"),
        ("check descent-lema orbit", "'descent-lema'; did you mean 'descent-lemma'?; no claim is named 'orbit'"),
    ],
)  # fmt: skip
def test_wrong_input_gives_two_and_a_line_and_writes_nothing(words: str, reason: str) -> None:
    status, out, err = outcome(*words.split())
    assert (status, out) == (2, "")
    assert err.startswith("gdfigs: ")
    assert reason in err
    assert err.count("\n") == 1
    assert files() == []


@pytest.mark.parametrize("command", ["render", "facts"])
def test_a_figure_that_fails_gives_one(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Figure, "__call__", lambda figure, **_: int("one"))
    status, out, err = outcome(command, NAME)
    assert (status, out) == (1, "")
    assert err.startswith(f"gdfigs: {NAME} cannot be drawn: ValueError: invalid literal")


@pytest.mark.parametrize(("folder", "why"), [("none", "No such file or directory"), ("file", "Not a directory")])
def test_a_folder_that_cannot_be_written_gives_one(folder: str, why: str) -> None:
    Path("file").touch()
    reason = f"gdfigs: cannot write {folder}/made.svg: {why}\n"
    assert outcome("render", NAME, "-o", f"{folder}/made.svg") == (1, "", reason)


@pytest.mark.parametrize("words", [f"list {NAME}", f"render {NAME}", f"facts {NAME}"])
def test_a_fault_in_a_module_of_figures_is_named_once(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Path("broken.py").resolve()
    broken.write_text("x = 1\ny = (\n")
    monkeypatch.setattr("gdfigs.figures.__path__", [str(broken.parent)])
    assert outcome(*words.split()) == (1, "", f"gdfigs: {broken}:2: '(' was never closed\n")
    assert completed(monkeypatch, f"gdfigs {words[:-1]}") == ""  # and not at all while a line is being typed


@pytest.mark.parametrize("name", [NAME, "amplification?largest=4", "stability-regions?eta=0.5&kappa=20"])
def test_each_is_printed_with_what_a_page_writes(name: str) -> None:
    status, out, err = outcome("facts", name)
    assert (status, err) == (0, "")
    call = parse_url(name)
    expected = facts(call.figure.name, **call.changed)
    lines = re.findall(r"^(\w+) += (\S+) +\[(.+)\]\((gdfigs:\S+)\)$", out, flags=re.MULTILINE)
    assert [fact for fact, *_ in lines] == list(expected)
    for fact, value, quoted, url in lines:
        assert float(value) == pytest.approx(expected[fact], rel=5e-6)  # six digits are printed
        assert url == f"gdfigs:{name}#{fact}"
        check(quoted, expected[fact])


def test_a_figure_without_facts_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = replace(picture(NAME), facts={})
    monkeypatch.setattr(Figure, "__call__", lambda figure, **_: plain)
    assert outcome("facts", NAME) == (0, f"{NAME} has no facts\n", "")


@given(st.floats(min_value=-1e12, max_value=1e12, allow_subnormal=False).filter(lambda v: v == 0 or abs(v) > 1e-30))
@example(0.99996)
@example(1234.5)
def test_a_number_is_rounded_to_four_digits_as_a_page_may_write_it(value: float) -> None:
    text = rounded(value)
    check(text, value)
    assert not re.search(r"\.\d*0$|\.$", text)
    if "." in text:
        assert len(re.sub(r"^-?[0.]*|\.", "", text)) <= 4


def test_these_numbers_are_rounded_to_these() -> None:
    values = (113.0, 1.27846, -0.5, 12345.6, 3.2e-7)
    assert [rounded(value) for value in values] == ["113", "1.278", "-0.5", "12346", "0.00000032"]


def holding() -> Pairs:
    yield 1.0, 2.0
    yield [1.0, 2.0], [2.0, 2.0]


def failing() -> Pairs:
    yield 3.0, 2.0


def broken() -> Pairs:
    yield 1 / 0, 1.0


def test_each_claim_is_checked_once_and_reported() -> None:
    status, out, err = outcome("check", "energy", "orbits", "energy")
    assert (status, err) == (0, "")
    energy, orbits = (core.check(claims()[name]) for name in ("energy", "orbits"))
    assert [" ".join(line.split()) for line in out.splitlines()] == [
        "gradient-flow.md",
        f"energy {energy.cases} cases agrees to {energy.worst:.0e} sampled",
        "pictures.md",
        f"orbits {orbits.cases} cases agrees to {orbits.worst:.0e} on its example",
        f"2 claims checked on {energy.cases + orbits.cases:,} cases: all hold",
    ]


@pytest.mark.usefixtures("one_process")
def test_without_names_all_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gdfigs.cli.examine", lambda name: (f"line of {name}", "", 2))
    pages = list(dict.fromkeys(claim.page for claim in claims().values()))
    status, out, _ = outcome("check")
    assert status == 0
    assert re.findall(r"^  ([\w-]+) +line of \1$", out, flags=re.MULTILINE) == list(claims())
    assert re.findall(r"^(\S+\.md)$", out, flags=re.MULTILINE) == pages
    assert out.endswith(f"\n{len(claims())} claims checked on {2 * len(claims()):,} cases: all hold\n")
    assert outcome("check", "-q") == (0, "", "")


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize("quiet", [[], ["-q"]])
def test_a_claim_that_does_not_hold_does_not_keep_the_others(quiet: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "_CLAIMS", {})
    monkeypatch.setattr(core, "MODULES", ())
    for measure in (failing, holding, broken):
        core.claim(page="outlook.md")(measure)
    status, out, err = outcome("check", *quiet)
    assert status == 1
    assert err.splitlines() == [
        "gdfigs: outlook.md#failing fails on the example of the text: 3 against 2, a ratio of 1.5",
        "gdfigs: outlook.md#broken: ZeroDivisionError: division by zero",
        "gdfigs: 2 of 3 claims do not hold",
    ]
    assert out.splitlines() == ([] if quiet else [
        "outlook.md",
        "  failing  DOES NOT HOLD",
        "  holding        3 cases  worst ratio 1                               on its example",
        "  broken   DOES NOT HOLD",
    ])  # fmt: skip


def test_it_is_a_command_and_a_module_that_writes_the_same_bytes() -> None:
    script = Path(sys.executable).with_name("gdfigs")
    for n, command in enumerate(([str(script)], COMMAND)):
        environment = os.environ | {"PYTHONHASHSEED": str(n)}
        done = subprocess.run([*command, "render", NAME, "-o", f"{n}.pdf"], env=environment, capture_output=True)
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{n}.pdf\n".encode(), b"")
    assert Path("0.pdf").read_bytes() == Path("1.pdf").read_bytes()


def test_a_terminal_is_shown_a_bar_and_a_last_line() -> None:
    few = "import gdfigs.cli as c; names = list(c.all_figures().items())[:2]; c.all_figures = lambda: dict(names); "
    code = f"{few} c.main(['render', '--all'])"
    ours, theirs = pty.openpty()
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=theirs, check=True)
    said = os.read(ours, 10_000).decode()
    os.close(ours)
    os.close(theirs)
    assert done.stdout.decode().splitlines() == files()
    assert "Drawing  [" in said
    assert said.rpartition("100%")[2].strip().endswith("2 figures are in figures")


def test_an_interruption_gives_130_and_leaves_nothing_behind() -> None:
    process = subprocess.Popen(
        [*COMMAND, "render", "--all"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    while not Path("figures").exists() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(0.3)  # while the others start
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out, err.strip()) == (130, "", "gdfigs: interrupted")
    give_up = time.monotonic() + 10
    with pytest.raises(ProcessLookupError):  # noqa: PT012
        while time.monotonic() < give_up:  # the last to end is the one that cleans up behind the others
            os.killpg(process.pid, 0)
            time.sleep(0.01)
    assert not list(Path("figures").glob(".*"))


@pytest.mark.parametrize("words", ["list", f"render {NAME} -o - --format png --width 5000"])
def test_a_reader_that_has_enough_is_no_fault(words: str) -> None:
    command = f"{shlex.join(COMMAND)} {words} | head -c 10"
    done = subprocess.run(["bash", "-c", command], capture_output=True)
    assert (len(done.stdout), done.stderr) == (10, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("words", ["--help", "list", f"render {NAME} -o -"])
def test_a_full_output_gives_one_and_a_line(words: str) -> None:
    own = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*COMMAND, *words.split()], env=own, stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (1, b"gdfigs: cannot write the output: No space left on device\n")


def test_an_empty_name_is_no_figure() -> None:
    assert outcome("list", "")[0] == 2
