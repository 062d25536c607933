"""The notebooks: their answers are right, their pages show what their code computes, and how they are executed."""

import contextlib
import io
import json
import os
import re
import runpy
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jupytext
import nbformat
import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import eval_chebyt

import gdfigs.plots.show
from gdfigs.plots.picture import Picture
from gdfigs.plots.svg import GLYPH
from gdfigs.site.context import PageContext
from gdfigs.site.lab import lay_out
from tests.built import NAV, ROOT, Page
from tests.read_svg import TOLERANCE, off_by
from tests.site.small import FIGURE, LAB_CONFIG, copy_package, own_cache, parse, serve, write

LAB = [source for source in NAV if source.startswith("lab/") and source.endswith(".py")]
HEAVIEST = 100_000
"""Bytes of a notebook's page."""
each_notebook = pytest.mark.parametrize("source", LAB)


class Run(NamedTuple):
    """What came of a notebook's code, run as plain Python: its names, what it printed, what it showed by title."""

    names: dict[str, Any]
    printed: str
    shown: dict[str, Picture]


@cache
def run(name: str) -> Run:
    shown, printed = {}, io.StringIO()
    real = gdfigs.plots.show.show

    def show(picture: Picture, title: str) -> Picture:
        shown[title] = picture
        return real(picture, title)

    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.setattr(gdfigs.plots.show, "show", show)
        names = runpy.run_path(str(ROOT / f"docs/lab/{name}.py"))
    return Run(names, printed.getvalue(), shown)


def cells(source: str) -> list[Any]:
    return list(jupytext.read(ROOT / "docs" / source).cells)


class TestStepSize:
    names = property(lambda _: run("step-size").names)

    def test_the_best_step_counted_is_within_the_spacing_of_the_one_that_equalises_both_factors(self) -> None:
        L, mu, spacing = 1.0, 0.1, 0.02
        assert self.names["predicted"] == pytest.approx(brentq(lambda eta: (1 - eta * mu) - (eta * L - 1), 0, 2))
        assert self.names["etas"][1] - self.names["etas"][0] == pytest.approx(spacing)
        # Counts are whole: neighbours of the best step may need as few.
        assert abs(self.names["best"] - self.names["predicted"]) < 2 * spacing

    def test_the_counts_are_those_of_the_closed_form(self) -> None:
        for eta, steps in zip(self.names["etas"], self.names["steps"], strict=True):
            modes = np.array([10.0 * (1 - eta / 10) ** steps, (1 - eta) ** steps])
            before = np.array([10.0 * (1 - eta / 10) ** (steps - 1), (1 - eta) ** (steps - 1)])
            gap, gap_before = (m[0] ** 2 / 20 + m[1] ** 2 / 2 for m in (modes, before))
            first = 10.0**2 / 20 + 1 / 2
            assert gap <= 1e-6 * first * (1 + 1e-9)  # rounding
            assert gap_before > 1e-6 * first * (1 - 1e-9)

    def test_the_zigzag_begins_beyond_one_over_l(self) -> None:
        later = self.names["etas"][self.names["etas"] > 1.0]
        assert self.names["zigzag_from"] == later.min()

    def test_on_the_axis_the_limit_is_two_over_mu(self) -> None:
        reached = self.names["reached"]
        assert {eta: bool(distance < 10) for eta, distance in reached.items()} == {eta: eta < 20 for eta in reached}
        for eta, distance in reached.items():
            assert distance == pytest.approx(10 * abs(1 - eta / 10) ** 100, rel=1e-9)  # a hundred roundings

    def test_ten_times_the_condition_number_takes_ten_times_the_steps(self) -> None:
        # log((11/9)^2) against log((101/99)^2), and counts that are whole
        assert self.names["ratio"] == pytest.approx(np.log(11 / 9) / np.log(101 / 99), rel=0.03)
        assert self.names["ratio"] == pytest.approx(10, abs=0.5)


class TestRate:
    names = property(lambda _: run("rate").names)

    def test_the_fitted_slope_is_that_of_the_slowest_mode_and_better_than_the_worst_case(self) -> None:
        problem, eta = self.names["problem"], self.names["eta"]
        slowest = np.linalg.eigvalsh(problem.hess(problem.solution)).min()
        assert self.names["predicted"] == pytest.approx((1 - eta * slowest) ** 2)
        # The second mode is not quite gone: it makes the fall a little steeper.
        assert self.names["measured"] == pytest.approx(self.names["predicted"], abs=0.01)
        assert self.names["measured"] < self.names["worst"] - 0.1

    def test_too_early_it_is_another_rate_and_too_late_it_is_rounding(self) -> None:
        assert self.names["early"] < self.names["measured"] - 0.03
        assert self.names["late"] == 20
        assert self.names["measured"] ** 200 < 1e-20  # what the gap would be

    def test_the_worst_gaps_are_lr2_over_4k_plus_2_and_their_power_tends_to_minus_one(self) -> None:
        counts, gaps = self.names["counts"], np.array(self.names["gaps"])
        assert gaps == pytest.approx(1 / (4 * counts + 2), rel=1e-9)  # hundreds of roundings
        assert -1 < self.names["power"] < -0.98

    def test_half_the_step_is_half_the_error(self) -> None:
        assert self.names["order"] == pytest.approx(1, abs=0.02)
        apart = np.array(self.names["apart"])
        z = self.names["etas"][:, None] * [0.1, 1.0]
        modes = (1 - z) ** np.round(1 / self.names["etas"])[:, None] - np.exp([-0.1, -1.0])
        assert apart == pytest.approx(np.linalg.norm(modes, axis=1), rel=1e-9)


class TestStability:
    names = property(lambda _: run("stability").names)

    def test_limits_are_where_the_polynomials_reach_one(self) -> None:
        n, spacing = self.names, 0.001
        assert n["limit"](n["euler"]) == pytest.approx(-2, abs=spacing)
        assert n["limit"](n["yours"]) == pytest.approx(-2, abs=spacing)
        edge = brentq(lambda z: 1 + z + z**2 / 2 + z**3 / 6 + z**4 / 24 - 1, -4, -2)
        assert n["longest"] == pytest.approx(-edge, abs=spacing)

    def test_both_implicit_methods_are_stable_for_every_step_and_only_one_damps(self) -> None:
        n = self.names
        assert n["limit"](n["backward_euler"]) == n["limit"](n["trapezoidal"]) == -np.inf
        assert n["far"] == pytest.approx({"backward_euler": 1 / 1001, "trapezoidal": -499 / 501})
        plane = -np.logspace(-2, 3, 20)[:, None] + 1j * np.linspace(-100, 100, 41)
        assert (np.abs(n["factor"](n["trapezoidal"], plane)) <= 1 + 1e-12).all()

    def test_an_eighth_allows_the_longest_step_and_is_chebyshevs_polynomial(self) -> None:
        n = self.names
        assert n["fractions"][n["limits"].argmin()] == 1 / 8
        assert n["limits"].min() == pytest.approx(-8, abs=0.001)
        z = np.linspace(-9, 1, 50)
        assert n["factor"](n["with_fraction"](1 / 8), z) == pytest.approx(eval_chebyt(2, 1 + z / 4))
        for c in np.setdiff1d(np.linspace(0.05, 0.5, 91), [1 / 8]):
            assert n["limit"](n["with_fraction"](c)) > -8

    @pytest.mark.parametrize("count", [3, 5])
    def test_more_gradients_allow_two_n_squared(self, count: int) -> None:
        reach = np.linspace(-2 * count**2, 0, 2001)
        assert np.abs(eval_chebyt(count, 1 + reach / count**2)).max() <= 1 + 1e-9
        assert abs(eval_chebyt(count, 1 - 2.01)) > 1
        slope = (eval_chebyt(count, 1 + 1e-6 / count**2) - 1) / 1e-6
        assert slope == pytest.approx(1, abs=1e-5)  # it follows the flow; the quotient's own error is 1e-6

    def test_on_the_bowl_it_holds(self) -> None:
        def polynomial(z: float) -> float:
            return 1 + z + z**2 / 8

        for eta, distance in self.names["ends"].items():
            modes = 10 * polynomial(-eta / 10) ** 100, polynomial(-eta) ** 100
            assert distance == pytest.approx(np.hypot(*modes), rel=1e-9)
        below, above = self.names["ends"].values()
        assert below < 1 < above

    def test_the_picture_shows_where_the_factor_is_one(self) -> None:
        (picture,) = run("stability").shown.values()
        for name, factor in (("euler", lambda z: 1 + z), ("yours", lambda z: 1 + z + z**2 / 2)):
            edge = gdfigs.plots.picture.plotted(picture)[name]
            size = np.abs(factor(edge.x + 1j * edge.y))
            assert size == pytest.approx(1, abs=0.002)  # interpolated on a grid of 0.05


class TestNewFigure:
    names = property(lambda _: run("new-figure").names)

    def test_the_claim_holds_and_is_attained(self) -> None:
        assert 0.9 < self.names["found"].worst <= 1 + 1e-9
        assert self.names["tight"].worst == pytest.approx(1, abs=1e-9)
        for kappa in (1.5, 7.0, 50.0):
            gap = self.names["line_search"](gdfigs.maths.problems.bowl(kappa), [kappa, 1.0], 6).gap
            assert gap[1:] / gap[:-1] == pytest.approx(((kappa - 1) / (kappa + 1)) ** 2)

    def test_a_step_of_the_search_is_the_best_on_its_line(self) -> None:
        problem = gdfigs.maths.problems.bowl(5.0)
        for a, b in zip(points := self.names["line_search"](problem, [2.0, 1.0], 5).x, points[1:], strict=False):
            along = [problem.f(a + s * (b - a)) for s in (0.99, 1.0, 1.01)]
            assert along[1] == min(along)

    def test_too_bold_a_claim_is_refuted(self) -> None:
        assert re.match(r"too-much fails on quadratic, dimension \d", self.names["refuted"])

    def test_legs_are_at_right_angles(self) -> None:
        assert np.abs(self.names["cosines"]).max() < 1e-9  # rounding, relative to legs that shrink

    def test_in_the_plane_every_step_has_the_same_ratio_which_is_kantorovichs(self) -> None:
        for s, ratio in self.names["ratios"].items():
            a2, b2 = 1.0, s**2  # the squared gradient in the two modes, of curvature 1/8 and 1
            exact = 1 - (a2 + b2) ** 2 / ((a2 / 8 + b2) * (8 * a2 + b2))
            assert ratio == pytest.approx(exact, rel=1e-6)
        assert max(self.names["ratios"], key=self.names["ratios"].get) == 1.0


@each_notebook
class TestSources:
    def test_every_exercise_has_an_answer_with_code_and_words(self, source: str) -> None:
        text = "\n".join(
            f"<{'answer ' if 'answer' in c.metadata.get('tags', []) else ''}{c.cell_type}>{c.source}"
            for c in cells(source)
        )
        exercises = re.split(r"### \d\. .+", text)[1:]
        assert 3 <= len(exercises) <= 4
        for exercise in exercises:
            assert "<answer code>" in exercise
            assert "<answer markdown>" in exercise

    def test_it_reads_well_in_jupyter_too(self, source: str) -> None:
        words = "\n".join(c.source for c in cells(source) if c.cell_type == "markdown")
        assert not re.search(r"^///|\\eqref|\\label|\{#", words, re.MULTILINE)

    def test_its_description_fits_a_page(self, source: str) -> None:
        assert re.search(r"^# description: ", (ROOT / "docs" / source).read_text(encoding="utf-8"), re.MULTILINE)


@each_notebook
class TestPages:
    @pytest.fixture
    def page(self, source: str, site: Path) -> Page:
        return Page(source, site)

    @pytest.fixture
    def made(self, source: str) -> Run:
        return run(Path(source).stem)

    def test_it_is_light(self, page: Page) -> None:
        assert page.file.stat().st_size <= HEAVIEST

    def test_it_brings_no_style_and_no_script_of_its_own(self, page: Page) -> None:
        assert [e.tag for e in page.article.iter() if e.tag in ("style", "script", "link")] == []
        assert "jp-" not in page.file.read_text(encoding="utf-8")

    def test_it_shows_all_code_as_it_is(self, page: Page, source: str) -> None:
        code = ["".join(e.itertext()).strip() for e in page.article.iter("code") if e in self.blocks(page)]
        assert code == [c.source for c in cells(source) if c.cell_type == "code"]

    def blocks(self, page: Page) -> set[ET.Element]:
        return {code for pre in page.article.iter("pre") for code in pre.iter("code")}

    def test_it_shows_what_the_code_prints(self, page: Page, made: Run) -> None:
        shown = "\n".join("".join(e.itertext()) for e in page.article.iter("samp"))
        assert shown == made.printed.strip()

    def test_its_drawings_show_what_the_code_draws(self, page: Page, made: Run) -> None:
        html = page.file.read_text(encoding="utf-8")
        drawings = {
            ET.fromstring(svg).findtext("title"): svg for svg in re.findall(r'<svg [^>]*role="img".*?</svg>', html)
        }
        assert list(drawings) == list(made.shown)
        for title, drawn in made.shown.items():
            off = off_by(drawings[title], drawn)
            assert off
            assert {gid: pixels for gid, pixels in off.items() if pixels > TOLERANCE} == {}
            assert ET.fromstring(drawings[title]).findtext("desc") == drawn.description

    def test_answers_are_folded(self, page: Page, source: str) -> None:
        folds = [e for e in page.article.iter("details") if e.get("class") == "answer"]
        assert all("open" not in e.attrib and (e.findtext("summary") or "").startswith("Answer") for e in folds)
        code = sum(len(list(e.iter("pre"))) - len(list(e.iter("samp"))) for e in folds)
        tagged = [c for c in cells(source) if "answer" in c.metadata.get("tags", [])]
        assert code == sum(c.cell_type == "code" for c in tagged)
        assert len(folds) == len(re.findall(r"^# ### \d", (ROOT / "docs" / source).read_text(), re.MULTILINE))

    def test_it_offers_itself_for_jupyter_and_as_python(self, page: Page, source: str) -> None:
        links = [a.get("href", "") for a in page.article.iter("a") if "download" in a.attrib]
        name = Path(source).stem
        assert links == [f"{name}.ipynb", f"{name}.py"]
        assert page.file.with_name(f"{name}.py").read_bytes() == (ROOT / "docs" / source).read_bytes()
        offered = nbformat.read(page.file.with_name(f"{name}.ipynb"), as_version=4)
        nbformat.validate(offered)
        assert [c.source for c in offered.cells if c.cell_type == "code"] == [
            c.source for c in cells(source) if c.cell_type == "code"
        ]


# How notebooks are executed and set, on small sites


def run_mkdocs(place: Path, timeout: int = 60, **settings: str) -> subprocess.Popen[str]:
    """Starts a build of a project in a process of its own, whose cells may take so many seconds."""
    code = (
        f"from gdfigs.site import lab; lab.TIMEOUT = {timeout}; from mkdocs.__main__ import cli; cli(['build', '-q'])"
    )
    command, environment = [sys.executable, "-c", code], os.environ | settings
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=place, env=environment, stderr=pipe, text=True, start_new_session=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("lab")
    with own_cache(folder / "cache"):
        yield folder


MARKDOWN = "# %% [markdown]\n# # Trial\n\n"
TRIAL = f"""\
# ---
# title: From the header
# jupyter:
#   kernelspec: {{display_name: Python 3, language: python, name: python3}}
# ---

{MARKDOWN}# See [there](../page.md#part) and $x$.

# %%
from gdfigs.plots.picture import Picture
from gdfigs.plots.show import show
from gdfigs.plots.style import DISCRETE, canvas, style


def line(height):
    with style():
        figure, (ax,) = canvas(120)
        ax.plot([0, 1], [0, height], gid="line", color=DISCRETE)
    return Picture(figure, description=f"A line from 0 to {{height}} & no more, if x < 2.")


print("<one>", flush=True)
print("two")

# %%
show(line(1), "First & last")

# %%
show(line(2), "Second")

# %% [markdown]
# ## Exercise

# %% [markdown] tags=["answer"]
# Because of $y$.

# %% tags=["answer"]
6 * 7

# %% [markdown]
# The end, with [1.28](gdfigs:amplification#crossing) and [elsewhere](https://doi.org/1).
"""
OUTPUTS = f"""\
{MARKDOWN}
# %%
from IPython.display import HTML, Markdown, Math

HTML("<b id='html'>bold</b>")

# %%
Markdown("*slanted*, $a$")

# %%
Math("b + c")

# %% tags=["raises-exception"]
1 / 0

# %%
print("\\x1b[31mred\\x1b[0m")

# %% tags=["hide-input"]
hidden_input = print("A")

# %% tags=["hide-output"]
hidden_output = print("B")

# %% tags=["remove-input"]
removed_input = print("C")

# %% tags=["remove_output"]
removed_output = print("D")

# %% tags=["remove-cell"]
removed_cell = print("E")
"""
MARKERS = f"""\
{MARKDOWN}
#%%
text = '''
# %% no marker
'''
# cat the two curves
# cd is the step
# !ls
# %timeit is slow
print(len(text))

#%% [markdown]
# After $z$.
"""
SETTINGS = f"""\
{MARKDOWN}
# %%
import gdfigs, os
print("leaked" in globals(), gdfigs.__path__[0], len(os.environ["JUPYTER_RUNTIME_DIR"]) < 80)
"""
LAB_PAGES = {
    "index.md": "# Home",
    "page.md": "# Page {#part}",
    **{f"lab/{name}.py": text for name, text in [("trial", TRIAL), ("outputs", OUTPUTS)]},
    **{f"lab/{name}.py": text for name, text in [("markers", MARKERS), ("settings", SETTINGS)]},
}


@pytest.fixture(scope="module")
def lab(folder: Path) -> Path:
    """A site with four notebooks, executed at the same time, where long folders and settings are in the way."""
    temporary, home, jupyter = folder / ("long" * 30), folder / "home/profile_default/startup", folder / "jupyter"
    for made in (temporary, home, jupyter / "kernels/python3"):
        made.mkdir(parents=True)
    (home / "00.py").write_text("leaked = 1")
    (jupyter / "kernels/python3/kernel.json").write_text(
        '{"argv": ["false"], "display_name": "", "language": "python"}'
    )
    settings = dict.fromkeys(("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_PATH"), str(jupyter))
    place = write(folder / "sound", LAB_PAGES, LAB_CONFIG)
    with run_mkdocs(place, TMPDIR=str(temporary), IPYTHONDIR=str(folder / "home"), **settings) as build:
        assert (build.communicate()[1], build.returncode) == ("", 0)
    assert list(temporary.iterdir()) == []
    assert {file.name for file in place.iterdir()} == {"docs", "site", "mkdocs.yml"}
    return place / "site/lab"


@pytest.fixture(scope="module")
def article(lab: Path) -> Callable[[str], ET.Element]:
    """Reads what is on the page of a notebook, without the theme's."""

    def article(name: str) -> ET.Element:
        (main,) = (e for e in parse((lab / name / "index.html").read_text()).iter() if e.get("role") == "main")
        return main

    return article


def words(element: ET.Element | None) -> str:
    assert element is not None
    return "".join(element.itertext())


Article = Callable[[str], ET.Element]


class TestNotebook:
    def test_its_header_is_the_front_matter_and_its_text_is_a_page_like_any_other(
        self, lab: Path, article: Article
    ) -> None:
        page, html = article("trial"), (lab / "trial/index.html").read_text()
        assert "<title>From the header - Small</title>" in html
        assert [a.text for a in page.iter("a") if a.get("href") == "../../page/#part"] == ["there"]
        assert [words(math) for math in page.iter("math")] == ["x", "y"]
        assert [number.text for number in page.iter("data")] == ["1.28"]

    def test_code_cells_stand_in_their_order_with_what_they_print_or_are_worth(self, article: Article) -> None:
        cells = [e for e in article("trial").iter("div") if e.get("class") == "gd-cell"]
        assert [words(cell.find(".//code")).rstrip() for cell in cells] == [
            c.source for c in jupytext.reads(TRIAL, fmt="py:percent").cells if c.cell_type == "code"
        ]
        assert [[words(samp) for samp in cell.iter("samp")] for cell in cells] == [["<one>\ntwo"], [], [], ["42"]]

    def test_an_answer_folds_and_what_comes_after_it_does_not(self, article: Article) -> None:
        (answer,) = (e for e in article("trial").iter("details") if e.get("class") == "answer")
        assert "open" not in answer.attrib
        assert words(answer.find("summary")) == "Answer"
        assert "Because of y." in words(answer)
        assert "42" in words(answer)
        assert "The end" not in words(answer)

    def test_a_picture_is_a_figure_with_its_words_in_the_colours_of_the_theme(
        self, lab: Path, article: Article
    ) -> None:
        figure = article("trial").find(".//figure")
        assert figure is not None
        svg = figure.find(".//svg")
        assert svg is not None
        assert figure.get("id") == "figure-first-last"
        assert svg.get("aria-labelledby") == "figure-first-last-title figure-first-last-desc"
        assert words(svg.find("title")) == words(figure.find("figcaption/p")) == "First & last"
        assert words(svg.find("desc")) == "A line from 0 to 1 & no more, if x < 2."
        assert "var(--gd-discrete," in ET.tostring(svg, encoding="unicode")
        assert "background" not in svg.get("style", "")

    def test_pictures_of_one_page_share_their_letters_and_no_id(self, article: Article) -> None:
        both = [ET.tostring(figure, encoding="unicode") for figure in article("trial").iter("figure")]
        ids = re.findall(r' id="([^"]+)"', "".join(both))
        assert len(ids) == len(set(ids))
        assert set(re.findall(r'href="#([^"]+)"', "".join(both))) <= set(ids)
        first, second = (figure.count(GLYPH) for figure in both)
        assert first > 5
        assert second < 3  # hardly a letter is new

    def test_html_markdown_and_formulas_as_output_are_shown(self, article: Article) -> None:
        page = article("outputs")
        assert [e.text for e in page.iter() if e.get("id") == "html"] == ["bold"]
        assert [e.text for e in page.iter("em")] == ["slanted"]
        assert [words(math) for math in page.iter("math")] == ["a", "b+c"]
        assert "IPython.core" not in "".join(words(samp) for samp in page.iter("samp"))

    def test_a_cell_tagged_raises_exception_shows_the_error(self, article: Article) -> None:
        (shown,) = (samp for samp in article("outputs").iter("samp") if "ZeroDivisionError" in words(samp))
        assert words(shown).rstrip().endswith("ZeroDivisionError: division by zero")
        assert "\x1b" not in words(shown)

    def test_colours_of_the_terminal_are_colours(self, article: Article) -> None:
        (span,) = (e for e in article("outputs").iter("span") if e.text == "red")
        assert span.get("class") == "ansi-red-fg"

    @pytest.mark.parametrize(
        ("tag", "printed", "source", "output"),
        [
            ("hidden_input", "A", "folded", "shown"),
            ("hidden_output", "B", "shown", "folded"),
            ("removed_input", "C", "gone", "shown"),
            ("removed_output", "D", "shown", "gone"),
            ("removed_cell", "E", "gone", "gone"),
        ],
    )
    def test_tags_fold_or_remove_a_part_of_a_cell(
        self, article: Article, tag: str, printed: str, source: str, output: str
    ) -> None:
        page = article("outputs")
        within = {e for details in page.iter("details") for e in details.iter()}

        def state(found: list[ET.Element]) -> str:
            return "gone" if not found else "folded" if found[0] in within else "shown"

        assert state([e for e in page.iter("code") if tag in words(e)]) == source
        assert state([e for e in page.iter("samp") if words(e) == printed]) == output

    def test_other_markers_are_read_and_comments_stay_comments(self, article: Article) -> None:
        page = article("markers")
        (code,) = page.iter("code")
        for comment in ("# %% no marker", "# cat the two curves", "# cd is the step", "# !ls", "# %timeit is slow"):
            assert f"\n{comment}\n" in words(code)
        assert [words(samp) for samp in page.iter("samp")] == ["16"]
        assert [words(math) for math in page.iter("math")] == ["z"]

    def test_no_settings_of_whoever_builds_reach_it(self, article: Article) -> None:
        (samp,) = article("settings").iter("samp")
        assert words(samp) == f"False {ROOT / 'gdfigs'} True"


def failing(cell: str) -> str:
    before = "# %%\ndef f():\n    g()\n\n\ntext = '''\n# %% no marker\n'''\n\n# %%\n# A comment\n"
    return f"{MARKDOWN}{before}{cell}\n\n# %%\nnever = 1\n"


FAULTS = {
    "division": ("1 / 0", 1, "ZeroDivisionError: division by zero"),
    "function": ("x = 1\n\nf()", 3, "NameError: name 'g' is not defined"),
    "syntax": ("x = (", 1, "SyntaxError: incomplete input; change"),
    "hangs": ("while True:\n    pass", 0, "it takes longer than 3 s"),
    "dies": ("import os\nos._exit(3)", 0, "Python ended"),
    "stderr": ("import warnings\nwarnings.warn('odd')", 0, "it writes to standard error: "),
}
"""What a cell does, in which of its lines, counted from its first, it is said to fail, and why."""


@pytest.fixture(scope="module")
def said(folder: Path) -> list[str]:
    """Builds notebooks that fail, side by side, and returns the faults; nothing is written and nothing stays."""
    pages = {f"lab/{name}.py": failing(cell) for name, (cell, _, _) in FAULTS.items()}
    pages["lab/text.py"] = f"{MARKDOWN}# $\\bar$\n\n# %%\n\n# %% [markdown]\n# [1.2](gdfigs:amplification#crossing)\n"
    place = write(folder / "faulty", {"index.md": "# Home\n\n$\\foo$\n", **pages}, LAB_CONFIG)
    with tempfile.TemporaryDirectory(dir="/tmp") as temporary:
        with run_mkdocs(place, timeout=3, TMPDIR=temporary) as build:
            said = build.communicate()[1]
        assert list(Path(temporary).iterdir()) == []
    assert build.returncode == 1
    assert "Traceback" not in said
    assert not (place / "site").exists()
    head, *faults = [line for line in said.splitlines() if line]
    assert head.endswith(f"{len(FAULTS) + 3} fault(s); nothing was written.")
    return faults


class TestFailing:
    @pytest.mark.parametrize("name", FAULTS)
    def test_a_cell_is_named_with_its_line_the_cause_and_a_remedy(self, said: list[str], name: str) -> None:
        cell, below, reason = FAULTS[name]
        line = 1 + failing(cell)[: failing(cell).index("# A comment")].count("\n") + below
        (fault,) = (fault for fault in said if f"lab/{name}.py" in fault)
        number = "" if name == "stderr" else "cell 2: "
        assert fault.startswith(f"docs/lab/{name}.py:{line}: {number}{reason}")

    def test_faults_in_the_text_are_told_with_the_lines_of_the_notebook(self, said: list[str]) -> None:
        assert "docs/lab/text.py:9: the page says 1.2, the figure computes 1.3" in said
        assert any(fault.startswith("docs/lab/text.py:4: the formula $\\bar$ cannot be set") for fault in said)
        assert any(fault.startswith("docs/index.md:3: the formula $\\foo$ cannot be set") for fault in said)


def jupyter_cell(
    *outputs: dict[str, Any], source: str = "x", kind: str = "code", tags: Sequence[str] = ()
) -> dict[str, Any]:
    return {"cell_type": kind, "source": source, "metadata": {"tags": [*tags]}, "outputs": [*outputs]}


def display(kind: str, content: str) -> dict[str, Any]:
    return {"output_type": "display_data", "data": {kind: content, "text/plain": "x"}, "metadata": {}}


TITLED = '<svg><title id="a-title">A &amp; B</title></svg>'


@pytest.mark.parametrize(
    ("outputs", "reason"),
    [
        ([display("image/svg+xml", TITLED)] * 2, "two pictures are titled 'A & B'"),
        ([display("image/svg+xml", "<svg></svg>")], "its drawing has no title: end it in show(Picture("),
        ([display("image/png", "x")], "its picture has no description for readers who do not see it"),
    ],
)
def test_a_picture_that_says_nothing_is_a_fault_of_the_line_of_its_cell(
    outputs: list[dict[str, Any]], reason: str
) -> None:
    page = PageContext("lab/a.py")
    lay_out(page, [jupyter_cell(*outputs)], "# %%\n\nx\n", "", "")
    (fault,) = page.faults
    assert fault.startswith(f"docs/lab/a.py:3: {reason}")
    assert fault.endswith("; change the cell, or what it calls")


class TestDownloads:
    def laid_out(self, site: str = "", repository: str = "", text: str = TRIAL) -> tuple[dict[str, Any], str]:
        """The notebook offered for Jupyter, and the text of its page."""
        page = PageContext("lab/trial.py")
        made = lay_out(page, jupytext.reads(text, fmt="py:percent").cells, text, site, repository)
        assert page.files.keys() == {"lab/trial/trial.ipynb", "lab/trial/trial.py"}
        assert page.files["lab/trial/trial.py"] == text
        offered = page.files["lab/trial/trial.ipynb"]
        nbformat.validate(nbformat.reads(offered, as_version=4))
        return json.loads(offered), made

    def test_the_notebook_for_jupyter_has_every_cell(self) -> None:
        cells = self.laid_out()[0]["cells"]
        read = [c for c in jupytext.reads(TRIAL, fmt="py:percent").cells if c.cell_type != "raw"]
        assert [c["cell_type"] for c in cells] == [c.cell_type for c in read]
        assert [c["source"] for c in cells if c["cell_type"] == "code"] == [
            c.source for c in read if c.cell_type == "code"
        ]
        assert [c["metadata"].get("tags") for c in cells].count(["answer"]) == 2
        assert not any(c.get("outputs") for c in cells)

    def test_its_first_cell_installs_the_package_where_the_sources_are_known(self) -> None:
        first, *others = self.laid_out(repository="https://github.com/someone/fork")[0]["cells"]
        assert first["source"] == "%pip install --quiet git+https://github.com/someone/fork"
        assert [c["source"] for c in others] == [c["source"] for c in self.laid_out()[0]["cells"]]

    @pytest.mark.parametrize(
        ("link", "whole"),
        [
            ("../index.md", "https://a.b/c/"),
            ("index.md#run", "https://a.b/c/lab/#run"),
            ("rate.py", "https://a.b/c/lab/rate/"),
            ("../momentum.md#energy", "https://a.b/c/momentum/#energy"),
            ("https://doi.org/1", "https://doi.org/1"),
            ("gdfigs:amplification#crossing", ""),
        ],
    )
    def test_its_links_lead_to_the_site_or_where_that_is_not_known_nowhere(self, link: str, whole: str) -> None:
        for site in ("https://a.b/c/", ""):
            (cell,) = self.laid_out(site, text=f"# %% [markdown]\n# [x]({link})\n")[0]["cells"]
            assert cell["source"] == (f"[x]({whole})" if (site and whole) or whole == link else "x")

    @pytest.mark.parametrize(
        ("repository", "binder"),
        [
            ("", []),
            ("https://forge.invalid/a/b", []),
            (
                "https://github.com/someone/fork/",
                ["https://mybinder.org/v2/gh/someone/fork/HEAD?urlpath=lab/tree/docs/lab/trial.ipynb"],
            ),
        ],
    )
    def test_the_page_offers_both_and_binder_where_it_can_read_the_repository(
        self, repository: str, binder: list[str]
    ) -> None:
        _, text = self.laid_out(repository=repository)
        assert re.findall('href="([^"]+)"', text) == ["trial.ipynb", "trial.py", *binder]


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody asks for its result does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait(done: Callable[[], bool], seconds: float) -> bool:
    give_up = time.monotonic() + seconds
    while not done() and time.monotonic() < give_up:
        time.sleep(0.02)
    return done()


def group(leader: int) -> set[int]:
    """The processes that ``leader`` started, but for those in sessions of their own."""
    found = (int(file.name) for file in Path("/proc").iterdir() if file.name.isdigit())
    members = set()
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            members |= {pid} if alive(pid) and os.getpgid(pid) == leader else set()
    return members


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_a_build_that_is_interrupted(folder: Path, how: signal.Signals) -> None:
    file = folder / f"pid-{how.name}"
    cell = f"import os, pathlib, time\npathlib.Path({str(file)!r}).write_text(str(os.getpid()))\ntime.sleep(60)\n"
    figures = "".join(FIGURE.format(f"amplification?largest={n}.{how.value}") for n in (3, 4))
    # Two figures that no other test draws, in processes of their own.
    pages = {"index.md": f"# Home\n\n{figures}", "lab/trial.py": f"{MARKDOWN}# %%\n{cell}"}
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as temporary,
        run_mkdocs(write(folder / how.name, pages, LAB_CONFIG), TMPDIR=temporary) as build,
    ):
        assert wait(lambda: file.exists() and file.read_text() != "" and len(group(build.pid)) > 1, 60)
        kernel = int(file.read_text())
        assert alive(kernel)
        build.send_signal(how)
        assert wait(lambda: build.poll() is not None, 20)
        assert build.returncode != 0
        assert wait(lambda: not alive(kernel) and not group(build.pid), 10)  # a kernel looks for its parent each second
        assert how == signal.SIGKILL or list(Path(temporary).iterdir()) == []


def test_a_live_server_executes_a_notebook_again_after_a_change_of_it_or_of_the_package(folder: Path) -> None:
    text = f"{MARKDOWN}# %%\nfrom gdfigs.maths import bounds\n\nfloat(bounds.largest_step(1.0)) * 10\n"
    place = write(folder / "live", {"index.md": "# Home", "lab/trial.py": text}, LAB_CONFIG)
    copy_package(place)
    changes: list[dict[str, tuple[str, str]]] = [
        {},
        {"package/gdfigs/maths/bounds.py": ("    return 2 / L", "    return 5 / L")},
        {"docs/lab/trial.py": (" * 10", " / 0")},
    ]
    steps = serve(place, changes, page="lab/trial")
    shown = [re.findall(r"<samp>(.*?)</samp>|(ZeroDivisionError)", step["page"]) for step in steps]
    assert shown == [[("20.0", "")], [("50.0", "")], [("", "ZeroDivisionError")]]
    assert [step["said"] for step in steps[:2]] == [[], []]
    assert steps[2]["said"][0].startswith(
        "ERROR: docs/lab/trial.py:7: cell 1: ZeroDivisionError: float division by zero"
    )
    assert [step["running"] for step in steps] == [0] * 3
