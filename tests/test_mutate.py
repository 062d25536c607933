"""scripts/mutate, on a project of two functions and on a page: what it says of the changes that nothing notices."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import mutate
from scripts.page_edits import edits
from tests.site.small import CONFIG, own_cache

ROOT = Path(__file__).parent.parent
CODE = """\
from functools import cache


@cache
def double(x):
    return 2 * x


def large(x):
    return x > 10
"""
TESTS = """\
import pytest
from hypothesis import given, strategies as st

from gdfigs.maths.small import double, large

BEFORE = large(100)


@pytest.mark.parametrize("x", [3, 4])
def test_double(x):
    assert double(x) == x + x


class TestLarge:
    @given(st.integers(20, 30))
    def test_large(self, x):
        assert BEFORE and large(x) and not large(0)
"""
THROUGH = ("maths/small.large: x > 10 -> x >= 10", "maths/small.large: 10 -> 5")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in {
        "gdfigs/__init__.py": "",
        "gdfigs/maths/__init__.py": "",
        "gdfigs/maths/small.py": CODE,
        "tests/__init__.py": "",
        "tests/maths/__init__.py": "",
        "tests/maths/test_small.py": TESTS,
        "scripts/mutate.toml": "",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    for name in ("mutate.py", "page_edits.py"):
        shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts")
    return tmp_path


def run(project: Path, *explained: str, of: str = "maths/small") -> tuple[int, str]:
    """Returns the exit status and what is printed, with these changes explained."""
    (project / "scripts/mutate.toml").write_text("".join(f"'{name}' = \"So.\"\n" for name in explained))
    command = [sys.executable, "-m", "scripts.mutate", *of.split()]
    done = subprocess.run(command, capture_output=True, text=True, cwd=project)
    return done.returncode, done.stdout + done.stderr


def test_what_no_test_notices_is_printed_and_fails(project: Path) -> None:
    code, said = run(project)
    assert code == 1
    assert all(f"{name}\n  NOT EXPLAINED\n" in said for name in THROUGH)
    assert said.endswith("\n5 changes, 2 let through, 2 of them not explained.\n")
    assert (project / "gdfigs/maths/small.py").read_text() == CODE


def test_what_is_explained_does_not_fail(project: Path) -> None:
    code, said = run(project, *THROUGH)
    assert code == 0
    assert all(f"{name}\n  So.\n" in said for name in THROUGH)
    assert run(project, THROUGH[0], "maths/small.large: numbers")[0] == 0


def test_what_is_explained_and_noticed_fails(project: Path) -> None:
    code, said = run(project, *THROUGH, "maths/small.large: x > 10 -> x < 10")
    assert code == 1
    assert "maths/small.large: x > 10 -> x < 10\n  EXPLAINED, BUT CAUGHT" in said


def test_tests_that_fail_without_a_change_are_no_tests(project: Path) -> None:
    (project / "tests/maths/test_small.py").write_text(TESTS + "\n\ndef test_wrong():\n    assert double(1) == 3\n")
    code, said = run(project)
    assert code == 1
    assert "test_wrong" in said
    assert "The tests fail without any change." in said


@pytest.mark.parametrize(
    ("module", "code", "after"),
    [
        ("figures", "canvas(280, top=7)", []),
        ("figures", "ax.text(7, y, 'x')", []),
        ("figures", "ax.plot(x, y, lw=7)", []),
        ("figures", "look = {'ms': 7}", []),
        ("figures", "ax.set(xlim=(0, 7))", ["1", "8"]),
        ("figures", "ax.text(z, 'a', f'{x / 7:g}')", ["x * 7", "8"]),
        ("figures", "{'ms': 1, 'x': 7}", ["8"]),
        ("maths", "x.sum(axis=-1)", []),
        ("maths", "error < 1e-12", ["error > 1e-12", "error <= 1e-12"]),
        ("maths", "f(x) < 8", ["f(x) > 8", "9"]),
        ("claims", "x < 8", ["x > 8", "9"]),
        ("claims", "@rate.attained('x')\ndef _():\n    return x < 8", []),
        ("claims", "@rate.approached('x', of='y')\ndef _():\n    return x < 8", []),
        ("claims", "@rate\ndef _():\n    return x < 8", ["x > 8", "9"]),
    ],
)
def test_only_what_can_be_a_fault_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, code: str, after: list[str]
) -> None:
    monkeypatch.setattr(mutate, "ROOT", tmp_path)
    (tmp_path / "gdfigs" / module).mkdir(parents=True)
    (tmp_path / "gdfigs" / module / "new.py").write_text(code)
    assert sorted(m.name.rpartition(" -> ")[2] for m in mutate.mutants(f"{module}/new")) == sorted(after)


BOX, END = "# Page\n\n/// theorem | Title\n    attrs: {id: one}\n\n", "\n///\n"
OTHER = "/// lemma | Two\n    attrs: {id: two}\n///\n\n/// lemma | Three\n    attrs: {id: three}\n///\n"
NUMBERS = "[half](gdfigs:amplification#a) at [1.28](gdfigs:bounds.gap?k=1)"
TABLE = "| a | b |\n| --- | --- |\n| c | 5 |\n| d | 5 |"


def changed(folder: Path, kind: str, text: str) -> set[str]:
    """Returns what becomes of the text of a box by the changes of a kind."""
    (folder / "docs").mkdir()
    (folder / "docs/page.md").write_text(source := f"{BOX}{text}{END}")
    (folder / "docs/other.md").write_text(OTHER)
    made = (edit.apply(source) for edit in edits(folder, "docs/page") if edit.kind == kind)
    return {text.removeprefix(BOX).removesuffix(END) for text in made}


@pytest.mark.parametrize(
    ("kind", "text", "after"),
    [
        ("relation", r"$x \le y$", [r"$x \ge y$"]),
        ("relation", "$$\nx = y\n$$", ["$$\nx < y\n$$"]),
        ("relation", r"$x<2 \preceq y$", [r"$x>2 \preceq y$", r"$x<2 \succeq y$"]),
        ("relation", r"$\sum_{i=1} \left( x \right)$", []),
        ("strictness", r"$0 < x \le y$", [r"$0 \le x \le y$", "$0 < x < y$"]),
        ("exponent", r"$x^2 y^\ast$", [r"$x y^\ast$"]),
        ("exponent", r"$e^{-2\mu t} b^{k/2}$", [r"$e^{-\mu t} b^{k/2}$", r"$e^{-2\mu t} b^{k}$"]),
        ("index", "$x_k - x_{k+1}$", ["$x_{k+1} - x_{k+1}$", "$x_k - x_k$"]),
        ("index", r"$\sum_{j=1} x_i$", [r"$\sum_{j=0} x_i$"]),
        ("sign", r"$a + b \le -c$", [r"$a - b \le -c$", r"$a + b \le c$"]),
        ("sign", "$x_{k+1}^{-1}$, well-known", ["$x_{k+1}^{1}$, well-known"]),
        ("symbol", r"$LR \, \mu$", [r"$\mu R \, \mu$", r"$LL \, \mu$", r"$LR \, L$"]),
        ("symbol", r"$\sqrt\mu \lVert L$", [r"$\sqrt L \lVert L$", r"$\sqrt\mu \lVert \mu$"]),
        ("symbol", r"$\mu \text{ if } \mathbb{R} \label{L}$", []),
        ("constant", r"$\tfrac12 x$", ["$1 x$"]),
        ("constant", "$4k + 2$", ["$3k + 2$", "$4k + 1$"]),
        ("constant", r"$a = 2 \mu$", [r"$a = \mu$"]),
        ("constant", r"$\frac1L 0.9$", [r"$\frac2L 0.9$", r"$\frac1L 0.8$"]),
        ("constant", "It is 1 at 10.", ["It is 2 at 10.", "It is 1 at 9."]),
        ("constant", "1. $x_1^3$", []),
        ("hypothesis", "Is twice\ncontinuously differentiable.", ["Is differentiable."]),
        ("hypothesis", "*Strongly convex*.", ["*Convex*."]),
        ("hypothesis", "Not bounded\nbelow.", ["Not bounded above."]),
        ("hypothesis", r"Of $x$ with a minimiser $\theta^\ast$, $y$.", ["Of $x$, $y$."]),
        ("opposite", "The upper\nis above $x$.", ["The lower\nis above $x$.", "The upper\nis below $x$."]),
        ("opposite", r"Is not $\left( x \right)$.", [r"Is $\left( x \right)$."]),
        ("opposite", "By $x$ bounded below.", ["By $x$ unbounded below."]),
        ("look", "The dashed line, the dots.", ["The dotted line, the dots.", "The dashed line, the crosses."]),
        ("unit", "By [5 %](gdfigs:x#y).", ["By [5](gdfigs:x#y)."]),
        ("unit", "Five steps, 2 per step.", ["Five steps, 2 per unit of time."]),
        ("number", NUMBERS, [NUMBERS.replace("half", "one"), NUMBERS.replace("1.28", "1.29")]),
        ("number", r"[$\kappa = 9$](gdfigs:x#y) [5](other.md)", [r"[$\kappa = 8$](gdfigs:x#y) [5](other.md)"]),
        ("exchange", NUMBERS, ["[1.28](gdfigs:bounds.gap?k=1) at [half](gdfigs:amplification#a)"]),
        ("table", TABLE, [TABLE.replace("a | b", "b | a"), "| a | b |\n| --- | --- |\n| d | 5 |\n| c | 5 |"]),
        ("link", "[x](other.md#two), [y](#one)", ["[x](other.md#three), [y](#one)"]),
        ("link", "[x](other.md#three)", ["[x](other.md#two)"]),
        ("citation", "[Kim 2017a](further-reading.md#list)", ["[Kim 2018a](further-reading.md#list)"]),
        ("citation", "Theorem 3.1", ["Theorem 3.2"]),
    ],
)  # fmt: skip
def test_each_kind_changes_what_is_said(tmp_path: Path, kind: str, text: str, after: list[str]) -> None:
    assert changed(tmp_path, kind, text) == {*after}


@pytest.mark.parametrize(
    "text",
    [
        "# Convex functions\n\nLet $x \\le 2$ below.\n\n- [5](gdfigs:x#y) and `at most`\n",
        "---\ntitle: Convex\n---\n\n```markdown\n/// lemma | Below\n    attrs: {id: two}\n\n$x < 2$\n///\n```\n",
        "/// lemma | L\n    attrs: {id: never}\n\n`$2 < x$` $\\label{eq:2} \\text{and} \\mathrm{d}x \\, \\quad$\n///\n",
    ],
)
def test_nothing_else_is_changed(tmp_path: Path, text: str) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/page.md").write_text(text)
    assert edits(tmp_path, "docs/page") == []


DISPLAY = "# A heading\n\n$$\nx < 3\n$$\n\n"
CAPTION = "![Above](gdfigs:x)\n\n/// figure-caption\nBelow.\n///\n\n## Another { #b }\n\n| a |\n| - |\n| never |\n"
TITLE = "\n/// lemma | Upper\n    attrs: {id: c}\n///\n"


def test_displays_captions_titles_of_figures_and_tables_are_changed_outside_of_boxes(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/page.md").write_text(DISPLAY + CAPTION + TITLE, encoding="utf-8")
    assert {(edit.line, edit.kind, edit.new) for edit in edits(tmp_path, "docs/page")} == {
        *((4, kind, new) for kind, new in (("relation", ">"), ("strictness", r"\le"), ("constant", "2"))),
        *((line, "opposite", new) for line, new in ((7, "Below"), (10, "Above"), (17, "always"), (19, "Lower"))),
    }
    places = {edit.name.partition(": ")[0] for edit in edits(tmp_path, "docs/page")}
    assert places == {"docs/page.md:a-heading", "docs/page.md:b", "docs/page.md:c"}


SAID = "If $x < 2$, as it is said [upper](#one) or there, it is [1.28](gdfigs:amplification#crossing)."
ALIASED = BOX.replace("id: one", 'id: one, data-alias: "upper; lower"')
PAGE = f"{ALIASED}{SAID}{END}\n/// definition | Two\n    attrs: {{id: two, data-alias: upper}}\n///\n"
UNSEEN = {
    "If $x < 2$, as it is -> If $x > 2$, as it is": "relation",
    r"If $x < 2$, as it is -> If $x \le 2$, as it is": "strictness",
    "If $x < 2$, as it is said -> If $x < 1$, as it is said": "constant",
    "it is said [upper](#one) or there, -> it is said [lower](#one) or there,": "opposite",
    "said [upper](#one) or there, it -> said [upper](#two) or there, it": "link",
}
EXPLAINED = [f"docs/index.md:one: {name}" for name in UNSEEN]
HANG = "import time\n\ndef on_page_markdown(markdown, **_):\n    time.sleep(99 if '[lower]' in markdown else 0)\n"
RECORD = """\
from pathlib import Path

def of_page(page, text=""):
    return text or (Path(__file__).parents[1] / "docs" / page).read_text()

def grouped(said):
    return said.partition("$,")[0]
"""


@pytest.fixture(scope="module")
def known_checks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with own_cache(tmp_path_factory.mktemp("pages") / "cache"):
        yield


@pytest.fixture
def site(project: Path, known_checks: None) -> Path:
    """A page of six changes, of which the build sees one."""
    shutil.rmtree(project / "gdfigs")
    (project / "docs").mkdir()
    (project / "docs/index.md").write_text(PAGE)
    (project / "mkdocs.yml").write_text(CONFIG)
    return project


def rows(said: str) -> dict[str, list[int]]:
    """Returns the numbers of the table by kinds: changes, those that are caught, and those without the record."""
    lines = said.partition("kind  ")[2].partition("Caught")[0].splitlines()[1:]
    return {kind: [int(number) for number in numbers] for kind, *numbers in map(str.split, lines)}


def test_changes_of_a_page_that_the_build_does_not_see_are_printed(site: Path) -> None:
    code, said = run(site, of="docs")
    assert code == 1
    for name, kind in UNSEEN.items():
        assert f"docs/index.md:one: {name}\n  line 6, {kind}: NOT EXPLAINED\n" in said
    assert said.count("NOT EXPLAINED") == len(UNSEEN)
    assert rows(said) == {
        **{kind: [1, 0, 0] for kind in UNSEEN.values()},
        "number": [1, 1, 1],
        "all": [6, 1, 1],
    }
    assert said.endswith("\nCaught by a checked number: 1.\n6 changes, 5 let through, 5 of them not explained.\n")
    assert (site / "docs/index.md").read_text() == PAGE


def test_explained_changes_of_a_page_are_not_printed_and_needless_ones_are(site: Path) -> None:
    code, said = run(site, *EXPLAINED, "docs/index.md:one: it is gone", of="docs/index")
    assert said.startswith("docs/index.md:one: it is gone\n  EXPLAINED, BUT CAUGHT OR NO LONGER THERE\nkind ")
    assert rows(said) == {"number": [1, 1, 1], "all": [1, 1, 1]}
    assert said.endswith("\n6 changes, 5 let through, 0 of them not explained.\n")
    assert code == 1


def test_what_the_record_of_words_alone_sees_is_told_apart(site: Path) -> None:
    (site / "tests/words.py").write_text(RECORD)
    code, said = run(site, *EXPLAINED[-3:], of="docs")
    assert code == 0
    assert f"{EXPLAINED[0]}\n  line 6, relation: the record of words\n" in said
    assert rows(said)["all"] == [3, 3, 1]
    assert "\nCaught by the record of words: 2.\n6 changes, 3 let through, 0 of them not explained.\n" in said


def test_a_build_that_hangs_is_ended_and_has_caught_the_change(site: Path) -> None:
    (site / "mkdocs.yml").write_text(f"{CONFIG}hooks: [tests/hang.py]\n")
    (site / "tests/hang.py").write_text(HANG)
    script = site / "scripts/mutate.py"
    script.write_text(script.read_text().replace("SECONDS = 60", "SECONDS = 5"))
    code, said = run(site, *EXPLAINED[:3], *EXPLAINED[4:], of="docs")
    assert code == 0
    assert rows(said) == {"number": [1, 1, 1], "opposite": [1, 1, 1], "all": [2, 2, 2]}
    assert "\nCaught by a build that hung: 1.\n" in said


def test_pages_that_fail_without_a_change_are_not_tried(site: Path) -> None:
    (site / "docs/index.md").write_text(PAGE.replace("1.28", "1.27"))
    code, said = run(site, of="docs")
    assert code == 1
    assert "docs/index.md:6: the page says 1.27, the figure computes 1.28" in said
    assert said.endswith("The pages fail without any change.\n")


def test_a_page_without_anything_to_change_is_no_fault(site: Path) -> None:
    (site / "docs/index.md").write_text("# Page\n\nIt is 1 at most.\n")
    code, said = run(site, of="docs/index")
    assert (code, said.splitlines()[-1]) == (0, "0 changes, 0 let through, 0 of them not explained.")


def test_each_kind_has_its_share_in_a_sample_of_which_the_seed_says_which() -> None:
    changes = [mutate.Edit("docs/a", kind, f"{n}", 1, 0, 0, "") for n, kind in enumerate([*"aaaaaa", *"bbb", "c"])]
    samples = {seed: mutate.drawn(changes, 7, seed) for seed in range(4)}
    for sample in samples.values():
        assert [change.kind for change in sample] == [*"aaaa", *"bb", "c"]
    assert len({tuple(sample) for sample in samples.values()}) > 1
    assert mutate.drawn(changes, 7, 3) == samples[3]
    assert mutate.drawn(changes, None, 3) == changes
