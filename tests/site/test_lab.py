"""The notebooks: their answers are right, and their pages show what their code computes."""

import contextlib
import io
import re
import runpy
import xml.etree.ElementTree as ET
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
from tests.built import NAV, ROOT, Page
from tests.read_svg import TOLERANCE, off_by

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

    def show(picture: Picture, title: str) -> gdfigs.plots.show.Shown:
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
        for title, picture in made.shown.items():
            off = off_by(drawings[title], picture)
            assert off
            assert {gid: pixels for gid, pixels in off.items() if pixels > TOLERANCE} == {}
            assert ET.fromstring(drawings[title]).findtext("desc") == picture.description

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
