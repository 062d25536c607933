"""scripts/compare names every number, statement, figure and sentence that has changed, and nothing else."""

import subprocess
from pathlib import Path

import pytest

from scripts.compare import compare, markdown

ROOT = Path(__file__).parent.parent
PAGE = """<html><head><meta name="description" content="What it holds."></head>
<body><nav><data>9</data> A menu.</nav><article><h1 id="top">Home</h1>
<script>"steps <data>7</data>"</script>
<p>The curves cross at <data class="gd-number" value="1.2785">1.2785</data>, after <data>12</data> steps.</p>
<div class="admonition lemma" id="small"><p class="admonition-title">Small<a class="headerlink">¶</a></p>
<p>If <math><mi>x</mi></math> is small, <em>so</em> is <br> y. And z.</p><p class="gd-badge"><a>proved</a></p></div>
<p>Then see.</p>
<figure id="figure-paths"><svg><title>Two paths</title><desc>Ends at 3.4.</desc><g><text>flow</text></g></svg>
<figcaption><p>A path.</p></figcaption></figure>
<div class="gd-behind"><details><summary>Code</summary></details></div><pre>f(x)</pre>
<table><tr><th>Method</th></tr><tr><td>Descent</td></tr></table></article></body></html>"""
LEDGER = """<article><ul><li><strong id="convex-rate"><a>Rate <math><mn>2</mn></math></a></strong><br>
<em>proved</em>; attained by x.<br><strong>Worst ratio 0.41</strong>. 540 cases</li>
<li><strong id="new"><a>No verdict</a></strong></li>
<li><strong id="linear-rate"><a>Linear</a></strong><strong>Tight: worst ratio 1</strong>.</li></ul></article>"""
DATA = "series,x,y\nflow,0,1\nflow,1,3\nflow,2,2\ndescent,0,\ndescent,1,\nbound,0,0\nbound,1,1000\n"
HOME, FIGURE, STATEMENTS = "index.html", "figures/paths.csv", "ledger/index.html"


@pytest.fixture
def sites(tmp_path: Path) -> tuple[Path, Path]:
    """Two sites that are the same."""
    for site in (tmp_path / "old", tmp_path / "new"):
        for name, text in {HOME: PAGE, STATEMENTS: LEDGER, FIGURE: DATA, "figures/paths.svg": "<svg/>"}.items():
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).write_text(text)
    return tmp_path / "old", tmp_path / "new"


def changes(sites: tuple[Path, Path], file: str, old: str, new: str) -> list[tuple[str, ...]]:
    """Edits a file of the second site and returns all changes."""
    text = (sites[1] / file).read_text()
    assert old in text
    (sites[1] / file).write_text(text.replace(old, new))
    return [change for kind in compare(*sites).values() for change in kind]


def test_sites_that_are_the_same_differ_in_nothing(sites: tuple[Path, Path]) -> None:
    assert "Numbers: 0, Statements: 0, Figures: 0, Words: 0." in markdown(compare(*sites))


@pytest.mark.parametrize(
    ("file", "old", "new", "change"),
    [
        (HOME, ">1.2785<", ">1.3<", ("home", "Home The curves cross at", "1.2785", "1.3")),
        (STATEMENTS, "ratio 0.41", "ratio 0.5", ("ledger", "convex-rate", "Worst ratio 0.41", "Worst ratio 0.5")),
        ("figures/paths.svg", "<svg/>", "<svg></svg>", ("paths", "its looks, not its data", "", "")),
        # Of a series, the largest change.
        (FIGURE, "flow,1,3", "flow,1,3.5", ("paths", "flow: y, point 2", "3", "3.5")),
        (FIGURE, "flow,1,3\nflow,2,2", "flow,1,3.1\nflow,2,1", ("paths", "flow: y, point 3", "2", "1")),
        (FIGURE, "flow,1,3", "flow,1,nan", ("paths", "flow: y, point 2", "3", "nan")),
        (FIGURE, "flow,2,2\n", "", ("paths", "flow: points", "3", "2")),
        (FIGURE, "descent,1,\n", "descent,2,\n", ("paths", "descent: x, point 2", "1", "2")),
        (FIGURE, "descent,0,\ndescent,1,\n", "", ("paths", "descent: points", "2", "–")),
        (FIGURE, "bound,1,1000", "bound,1.5,1010", ("paths", "bound: x, point 2", "1", "1.5")),
    ],
)
def test_a_change_is_named(sites: tuple[Path, Path], file: str, old: str, new: str, change: tuple[str, ...]) -> None:
    assert changes(sites, file, old, new) == [change]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (HOME, "Ends at 3.4", "Ends at 5.6"),  # no checked number
        (HOME, "<p>Then", "<p\n>  Then"),  # white space
        (HOME, "A menu", "The menu"),  # outside of the article
        (HOME, "<a>proved</a>", "<a>sampled</a>"),  # a badge: of the ledger, its entry is compared
        (HOME, "f(x)", "f(y)"),  # code
        (HOME, "Code", "The code"),  # what unfolds it
        (HOME, "<text>flow", "<text>line"),  # of a drawing
        (STATEMENTS, "540 cases", "541 cases"),
        (HOME, "<data>9</data>", "<data>8</data>"),  # outside of the article
        (HOME, "<data>7</data>", "<data>6</data>"),  # in a script
        (FIGURE, "flow,1,3", "flow,1,3.0000000001"),  # rounding
    ],
)
def test_what_is_no_change_is_not_named(sites: tuple[Path, Path], file: str, old: str, new: str) -> None:
    assert changes(sites, file, old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "about", "before", "after"),
    [
        ("it holds", "it has", "page", "What it holds.", "What it has."),
        ("Home", "House", "top", "Home", "House"),
        (">Small<", ">Little<", "small", "Small", "Little"),
        ("<em>so</em> is", "so is not", "small", "If x is small, so is y.", "If x is small, so is not y."),
        (" And z.", "", "small", "And z.", "–"),
        ("y. And", "y. Or w. And", "small", "–", "Or w."),
        ("<mi>x</mi>", "<mi>v</mi>", "small", "If x is small, so is y.", "If v is small, so is y."),
        ("Then see", "Now see", "top", "Then see.", "Now see."),
        ("Two paths", "Paths", "figure-paths", "Two paths", "Paths"),
        ("Ends at", "Stops at", "figure-paths", "Ends at #.", "Stops at #."),
        ("A path", "One path", "figure-paths", "A path.", "One path."),
        ("Method", "Way", "top", "Method", "Way"),
        (">Descent", ">Flow", "top", "Descent", "Flow"),
        ("cross at", "meet at", "top", "The curves cross at #, after # steps.", "The curves meet at #, after # steps."),
    ],
)
def test_a_sentence_is_told_with_what_it_is_about(
    sites: tuple[Path, Path], old: str, new: str, about: str, before: str, after: str
) -> None:
    assert changes(sites, HOME, old, new) == [("home", f"sentence about {about}", before, after)]


def test_the_evidence_of_a_statement_is_told_with_the_statement(sites: tuple[Path, Path]) -> None:
    before, after = (f"Rate 2 proved; attained by {by}." for by in "xy")
    told = ("ledger", "sentence about convex-rate", before, after)
    assert changes(sites, STATEMENTS, "attained by x", "attained by y") == [told]


def test_a_number_that_is_gone_with_its_words_is_told_twice(sites: tuple[Path, Path]) -> None:
    number, words = changes(sites, HOME, ", after <data>12</data> steps", "")
    assert number == ("home", "curves cross at # , after", "12", "–")
    assert words == ("home", "sentence about top", "The curves cross at #, after # steps.", "The curves cross at #.")


def test_pages_and_figures_that_are_new_or_gone_are_named(sites: tuple[Path, Path]) -> None:
    (sites[1] / "noise").mkdir()
    (sites[1] / "noise/index.html").write_text(PAGE)
    (sites[0] / "figures/gone.csv").write_text(DATA)
    (sites[1] / "figures/new.csv").write_text(DATA)
    found = compare(*sites)
    assert [(where, old, new) for where, _, old, new in found["Numbers"]] == [
        ("noise", "–", "1.2785"),
        ("noise", "–", "12"),
    ]
    assert found["Figures"] == [("gone", "the figure", "there", "–"), ("new", "the figure", "–", "there")]


def test_the_script_prints_tables_and_needs_no_package(sites: tuple[Path, Path]) -> None:
    for site, number in zip(sites, ("1.2785", "1.3"), strict=True):
        (site / HOME).write_text(PAGE.replace("cross at", "cross | at").replace(">1.2785<", f">{number}<"))
    done = subprocess.run([ROOT / "scripts/compare", *sites], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Numbers: 1, Statements: 0, Figures: 0, Words: 0." in done.stdout
    assert "| home | Home The curves cross   at | 1.2785 | 1.3 |" in done.stdout
    assert not {"gdfigs", "numpy"} & set((ROOT / "scripts/compare.py").read_text().split())


def test_a_folder_that_is_no_site_is_refused(tmp_path: Path) -> None:
    done = subprocess.run([ROOT / "scripts/compare", tmp_path, tmp_path], capture_output=True, text=True)
    assert done.returncode == 1
    assert "usage: scripts/compare OLD NEW" in done.stderr
