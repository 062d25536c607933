"""scripts/compare names every number, statement and figure that has changed, and nothing else."""

import subprocess
from pathlib import Path

import pytest

from scripts.compare import Change, compare, markdown

ROOT = Path(__file__).parent.parent
PAGE = """<html><body><nav><data>9</data></nav><article><h1>Home</h1>
<script>"steps <data>7</data>"</script>
<p>The curves cross at <data class="gd-number" value="1.2785">1.2785</data>, after <data>12</data> steps.</p>
<svg><desc>Ends at 3.4.</desc></svg></article></body></html>"""
LEDGER = """<article><ul><li><strong id="convex-rate"><a>Rate <math><mn>2</mn></math></a></strong><br>
<em>proved</em><br><strong>Worst ratio 0.41</strong>. 540 cases</li>
<li><strong id="linear-rate"><a>Linear</a></strong><strong>Tight: worst ratio 1</strong>.</li></ul></article>"""
DATA = "series,x,y\nflow,0,1\nflow,1,3\nflow,2,2\ndescent,0,\ndescent,1,\nbound,0,0\nbound,1,1000\n"


@pytest.fixture
def sites(tmp_path: Path) -> tuple[Path, Path]:
    """Two sites that are the same."""
    for site in (tmp_path / "old", tmp_path / "new"):
        for folder in ("ledger", "figures"):
            (site / folder).mkdir(parents=True)
        (site / "index.html").write_text(PAGE)
        (site / "ledger/index.html").write_text(LEDGER)
        (site / "figures/paths.csv").write_text(DATA)
        (site / "figures/paths.svg").write_text("<svg/>")
    return tmp_path / "old", tmp_path / "new"


def edit(file: Path, old: str, new: str) -> None:
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def test_sites_that_are_the_same_differ_in_nothing(sites: tuple[Path, Path]) -> None:
    assert not any(compare(*sites).values())
    assert "No number, no statement and no figure." in markdown(compare(*sites))


def test_a_number_is_told_with_the_words_before_it(sites: tuple[Path, Path]) -> None:
    edit(sites[1] / "index.html", ">1.2785<", ">1.3<")
    assert compare(*sites)["Numbers"] == [Change("home", "Home The curves cross at", "1.2785", "1.3")]


def test_a_number_whose_words_are_new_has_not_changed(sites: tuple[Path, Path]) -> None:
    edit(sites[1] / "index.html", "The curves cross at", "They meet where z is")
    assert compare(*sites)["Numbers"] == []


def test_a_number_that_is_new_or_gone_is_told(sites: tuple[Path, Path]) -> None:
    edit(sites[1] / "index.html", ", after <data>12</data> steps", "")
    assert [change[2:] for change in compare(*sites)["Numbers"]] == [("12", "–")]
    assert [change[2:] for change in compare(*reversed(sites))["Numbers"]] == [("–", "12")]


def test_numbers_that_no_figure_computes_are_words(sites: tuple[Path, Path]) -> None:
    edit(sites[1] / "index.html", "Ends at 3.4", "Ends at 5.6")
    edit(sites[1] / "index.html", "<data>9</data>", "<data>8</data>")
    edit(sites[1] / "index.html", "<data>7</data>", "<data>6</data>")
    assert compare(*sites)["Numbers"] == []


def test_a_page_that_is_new_brings_its_numbers(sites: tuple[Path, Path]) -> None:
    (sites[1] / "noise").mkdir()
    (sites[1] / "noise/index.html").write_text(PAGE)
    assert [(c.where, c.old, c.new) for c in compare(*sites)["Numbers"]] == [
        ("noise", "–", "1.2785"),
        ("noise", "–", "12"),
    ]


def test_a_verdict_of_the_ledger_is_told_by_its_statement(sites: tuple[Path, Path]) -> None:
    edit(sites[1] / "ledger/index.html", "Worst ratio 0.41", "Worst ratio 0.5")
    assert compare(*sites)["Statements"] == [Change("ledger", "convex-rate", "Worst ratio 0.41", "Worst ratio 0.5")]


@pytest.mark.parametrize(
    ("old", "new", "what", "before", "after"),
    [
        ("flow,1,3", "flow,1,3.5", "flow: y, point 2", "3", "3.5"),
        ("flow,1,3\nflow,2,2", "flow,1,3.1\nflow,2,1", "flow: y, point 3", "2", "1"),
        ("flow,1,3", "flow,1,nan", "flow: y, point 2", "3", "nan"),
        ("flow,2,2\n", "", "flow: points", "3", "2"),
        ("descent,1,\n", "descent,2,\n", "descent: x, point 2", "1", "2"),
        ("descent,0,\ndescent,1,\n", "", "descent: points", "2", "–"),
        ("bound,1,1000", "bound,1.5,1010", "bound: x, point 2", "1", "1.5"),
    ],
)
def test_of_a_series_the_largest_change_is_told(
    sites: tuple[Path, Path], old: str, new: str, what: str, before: str, after: str
) -> None:
    edit(sites[1] / "figures/paths.csv", old, new)
    assert compare(*sites)["Figures"] == [Change("paths", what, before, after)]


def test_rounding_is_no_change(sites: tuple[Path, Path]) -> None:
    edit(sites[1] / "figures/paths.csv", "flow,1,3", "flow,1,3.0000000001")
    assert compare(*sites)["Figures"] == []


def test_a_figure_that_is_new_gone_or_only_looks_different_is_told(sites: tuple[Path, Path]) -> None:
    edit(sites[1] / "figures/paths.svg", "<svg/>", "<svg></svg>")
    (sites[0] / "figures/gone.csv").write_text(DATA)
    (sites[1] / "figures/new.csv").write_text(DATA)
    assert {change.where: change[1:] for change in compare(*sites)["Figures"]} == {
        "paths": ("its looks, not its data", "", ""),
        "gone": ("the figure", "there", "–"),
        "new": ("the figure", "–", "there"),
    }


def test_the_tables_hold_what_was_found(sites: tuple[Path, Path]) -> None:
    edit(sites[1] / "index.html", ">1.2785<", ">1.3<")
    edit(sites[1] / "index.html", "cross at", "cross | at")
    edit(sites[0] / "index.html", "cross at", "cross | at")
    made = markdown(compare(*sites))
    assert "Numbers: 1, Statements: 0, Figures: 0." in made
    assert "| home | Home The curves cross   at | 1.2785 | 1.3 |" in made


def test_the_script_runs_without_any_package(sites: tuple[Path, Path]) -> None:
    done = subprocess.run([ROOT / "scripts/compare", *sites], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("## What changes")
    source = (ROOT / "scripts/compare.py").read_text()
    assert "gdfigs" not in source
    assert "numpy" not in source


def test_a_folder_that_is_no_site_is_named(tmp_path: Path) -> None:
    done = subprocess.run([ROOT / "scripts/compare", tmp_path, tmp_path], capture_output=True, text=True)
    assert done.returncode == 2
    assert f"{tmp_path} is no built site" in done.stderr
