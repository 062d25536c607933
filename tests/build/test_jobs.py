"""A figure is drawn where it is stale, once, in processes that end; its key holds all that can change it."""

import ast
import importlib.util
import inspect
import json
import multiprocessing
import os
import shutil
import signal
import sys
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from gdfigs.build import cache as store
from gdfigs.build import jobs as draw_module
from gdfigs.build.jobs import BuildJobs, DrawingError, RenderedFigure, draw, key
from gdfigs.plots import registry as catalogue_module
from gdfigs.plots.picture import Picture, plotted, to_csv
from gdfigs.plots.registry import Figure, FigureCall, all_figures, figure_call
from gdfigs.plots.svg import to_svg
from tests.shown import picture

NAME, OTHER = "amplification", "spectral-radius"
LAYERS = ("problems", "path", "methods", "flows", "bounds", "picture", "style", "catalogue", "svg", "draw")
"""All that the figure NAME and its SVG are made with."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty store, for this process and those that it starts."""
    monkeypatch.setattr(store, "FOLDER", tmp_path / "store")
    monkeypatch.setenv("GDFIGS_CACHE", str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.fixture
def jobs() -> Iterator[BuildJobs]:
    with BuildJobs() as jobs:
        yield jobs


def no_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Figure, **parameters: object) -> Picture:
        raise AssertionError(f"{self.name} is drawn again")

    monkeypatch.setattr(Figure, "__call__", fail)


def children() -> set[int]:
    return {child.pid or 0 for child in multiprocessing.active_children()}


def _where(n: int) -> tuple[int, bool]:
    """The number, and whether this is the process of the tests."""
    return n, multiprocessing.parent_process() is None


def _dies_elsewhere(n: int) -> tuple[int, bool]:
    if multiprocessing.parent_process():
        os.kill(os.getpid(), signal.SIGKILL)
    return _where(n)


class TestDrawing:
    def test_what_is_drawn_is_the_picture_with_all_that_a_page_needs(self) -> None:
        drawn, expected = draw(figure_call(NAME, {})), picture(NAME)
        assert drawn.prefix == NAME
        assert drawn.svg == to_svg(expected, f"figure-{NAME}", "{title}")
        assert drawn.csv == to_csv(plotted(expected))
        assert (drawn.description, drawn.facts) == (expected.description, dict(expected.facts))

    def test_other_parameters_have_another_prefix(self) -> None:
        prefixes = {draw(figure_call(NAME, {"largest": value})).prefix for value in ("3", "3.0", "2.5", "4")}
        assert len(prefixes) == 3  # 3 is the default, however it is written
        assert NAME in prefixes
        assert all(prefix.startswith(NAME) for prefix in prefixes)

    def test_a_figure_that_raises_is_named_with_its_parameters_and_the_cause(self, jobs: BuildJobs) -> None:
        refused = figure_call(NAME, {"z": "3.5"})
        message = r"the figure amplification with z = 3\.5 cannot be drawn: ValueError: z must lie in .*3\.5"
        with pytest.raises(DrawingError, match=message):
            draw(refused)
        with pytest.raises(DrawingError, match=message):
            jobs.result(refused)

    def test_what_cannot_be_written_as_svg_is_named_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(draw_module, "to_svg", lambda *_: 1 / 0)
        with pytest.raises(DrawingError, match="the figure amplification cannot be drawn: ZeroDivisionError"):
            draw(figure_call(NAME, {}))


class TestStudio:
    def test_a_second_get_does_not_draw_again(self, jobs: BuildJobs, monkeypatch: pytest.MonkeyPatch) -> None:
        first = jobs.result(figure_call(NAME, {}))
        no_drawing(monkeypatch)
        assert jobs.result(figure_call(NAME, {})) == first
        with BuildJobs() as another:
            assert another.get(figure_call(NAME, {"largest": "3"})) == first

    def test_what_was_ordered_is_drawn_by_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        call = [figure_call(NAME, {}), figure_call(OTHER, {})]
        expected = [draw(a) for a in call]
        no_drawing(monkeypatch)
        with BuildJobs() as jobs:
            jobs.submit(call)
            assert [jobs.result(a) for a in call] == expected

    def test_an_order_for_what_is_stored_starts_no_process(self, jobs: BuildJobs) -> None:
        jobs.result(figure_call(NAME, {}))
        before = children()
        jobs.submit([figure_call(NAME, {})] * 2)
        assert children() == before

    @pytest.mark.parametrize("damage", [b"", b"garbage", None])
    def test_a_damaged_entry_is_drawn_again(self, jobs: BuildJobs, folder: Path, damage: bytes | None) -> None:
        first = jobs.result(figure_call(NAME, {}))
        (entry,) = folder.iterdir()
        whole = entry.read_bytes()
        entry.write_bytes(whole[:-1] if damage is None else damage)
        assert BuildJobs().get(figure_call(NAME, {})) == first
        assert entry.read_bytes() == whole

    def test_a_fault_in_another_process_is_told_as_in_this_one(self, jobs: BuildJobs) -> None:
        refused = figure_call(NAME, {"z": "3.5"})
        jobs.submit([refused, figure_call(OTHER, {})])
        with pytest.raises(DrawingError, match=r"amplification with z = 3\.5 cannot be drawn: ValueError: z must"):
            jobs.result(refused)

    def test_a_killed_process_does_not_lose_the_build(self) -> None:
        call = [figure_call(NAME, {"largest": f"{largest}"}) for largest in (3, 4, 5)]
        before = children()
        with BuildJobs() as jobs:
            jobs.submit(call)
            for pid in children() - before:
                os.kill(pid, signal.SIGKILL)
            assert [jobs.result(a).prefix for a in call] == [draw(a).prefix for a in call]
            with pytest.raises(BrokenProcessPool):  # they were killed in time for this test to mean something
                jobs._pending[key(call[-1])].result()
            jobs.submit([figure_call(OTHER, {})])
            assert jobs.result(figure_call(OTHER, {})).prefix == OTHER

    def test_the_processes_end_on_closing(self) -> None:
        before = children()
        jobs = BuildJobs()
        jobs.submit([figure_call(NAME, {}), figure_call(OTHER, {})])
        assert len(children() - before) in (1, 2)
        jobs.close()
        assert children() == before

    def test_one_figure_alone_starts_no_process(self, jobs: BuildJobs) -> None:
        before = children()
        jobs.submit([figure_call(NAME, {})])
        assert jobs.result(figure_call(NAME, {})) == draw(figure_call(NAME, {}))
        assert children() == before

    def test_an_interruption_ends_the_processes_and_waits_for_no_more_than_is_being_drawn(self, folder: Path) -> None:
        before = children()
        with pytest.raises(KeyboardInterrupt), BuildJobs() as jobs:  # noqa: PT012
            jobs.submit([figure_call(NAME, {"largest": f"{2.1 + n / 100}"}) for n in range(100)])
            assert children() > before
            raise KeyboardInterrupt
        assert children() == before
        # The pool hands out one figure more than it has processes.
        assert len(list(folder.glob("*"))) <= 2 * (draw_module._cores() + 1)

    def test_work_is_spread_over_processes_and_comes_back_in_order(self, jobs: BuildJobs) -> None:
        before = children()
        assert list(jobs.map(_where, [(n,) for n in range(20)])) == [(n, False) for n in range(20)]
        assert len(children() - before) <= draw_module._cores()

    def test_what_a_killed_process_was_to_do_is_done_here(self, jobs: BuildJobs) -> None:
        assert list(jobs.map(_dies_elsewhere, [(n,) for n in range(3)])) == [(n, True) for n in range(3)]
        assert list(jobs.map(_where, [(3,)])) == [(3, True)]

    def test_the_store_is_trimmed_once_something_was_drawn(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        sizes: list[int] = []
        monkeypatch.setattr(store, "trim", lambda: sizes.append(len(list(folder.iterdir()))))
        BuildJobs().close()
        assert sizes == []
        with BuildJobs() as jobs:
            jobs.submit([figure_call(NAME, {})])
            jobs.result(figure_call(NAME, {}))
        assert sizes == [1]

    def test_closing_twice_is_fine(self) -> None:
        jobs = BuildJobs()
        jobs.close()
        jobs.close()

    def test_code_edited_since_the_order_is_not_stored_under_the_old_key(
        self, jobs: BuildJobs, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Whoever draws finds the key from the code that it has itself; here ours is another.
        monkeypatch.setattr(draw_module, "_drawing", lambda: "as it was")
        call, other = figure_call(NAME, {}), figure_call(OTHER, {})
        jobs.submit([call, other])
        for each in (call, other):
            jobs._pending[key(each)].result()
        made = {entry.name for entry in folder.iterdir()}
        assert len(made) == 2
        assert made.isdisjoint({key(call), key(other)})
        assert jobs.result(call) == draw(call)
        assert {entry.name for entry in folder.iterdir()} == {*made, key(call)}


MODULE = '''
"""Two figures."""
from functools import cache
from typing import Annotated
from gdfigs.plots.registry import Range, figure
from gdfigs.plots.picture import Picture
from gdfigs.plots.style import DISCRETE, canvas

WIDTH = 1.5

@cache
def top(height: float) -> float:
    return height + 1  # helper

def _drawn(height: float) -> Picture:
    drawing, (ax,) = canvas()
    ax.plot([0, 1], [0, top(height)], gid="line", color=DISCRETE, lw=WIDTH)
    return Picture(drawing, description="A line.")

@figure(page="a.md")
def first(
    height: Annotated[float, Range(0, 9, "of the line")] = 1.0, count: Annotated[int, Range(1, 9, "of nothing")] = 2
) -> Picture:
    """First."""
    return _drawn(height)  # first

@figure(page="a.md")
def second(height: Annotated[float, Range(0, 9, "of the line")] = 1.0) -> Picture:
    """Second."""
    return _drawn(2 * height)  # second
'''

Load = Callable[[str], dict[str, Figure]]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Imports a text as a module of figures and gives those figures."""

    def load(text: str) -> dict[str, Figure]:
        monkeypatch.setattr(catalogue_module, "_FIGURES", {})
        name = "gdfigs.figures.made_by_a_test"
        file = tmp_path / f"{len(list(tmp_path.glob('*.py')))}.py"
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        made = dict(catalogue_module._FIGURES)
        monkeypatch.setattr(draw_module, "catalogue", lambda: made)
        return made

    return load


def whole(figure: Figure, **changed: float) -> FigureCall:
    return FigureCall(figure, {n: changed.get(n, p.default) for n, p in figure.parameters.items()})


class TestKey:
    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("return _drawn(height)", "return _drawn(height + 1)"),
            ("return height + 1", "return height + 2"),  # a helper, decorated
            ("[0, 1], [0, top", "[0, 2], [0, top"),  # a helper
            ("WIDTH = 1.5", "WIDTH = 2.0"),
            ("import DISCRETE", "import CONTINUOUS as DISCRETE"),
            ('page="a.md")\ndef first', 'page="b.md")\ndef first'),
        ],
    )
    def test_it_changes_with_what_the_figure_draws_with(self, load: Load, old: str, new: str) -> None:
        before = key(whole(load(MODULE)["first"]))
        assert MODULE.count(old) == 1
        assert key(whole(load(MODULE.replace(old, new))["first"])) != before

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("return _drawn(2 * height)", "return _drawn(3 * height)"),  # the other figure
            ("# helper\n", "# helper\n\n\n\n"),  # empty lines
            ("def second", "def third"),
        ],
    )
    def test_it_does_not_change_with_anything_else(self, load: Load, old: str, new: str) -> None:
        before = key(whole(load(MODULE)["first"]))
        assert MODULE.count(old) == 1
        assert key(whole(load(MODULE.replace(old, new))["first"])) == before

    def test_a_helper_that_is_named_as_a_figure_of_another_module_still_counts(
        self, load: Load, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def top() -> Picture:
            raise NotImplementedError

        keys = []
        for text in (MODULE, MODULE.replace("return height + 1", "return height + 2")):
            figures = load(text)
            monkeypatch.setattr(draw_module, "catalogue", lambda f=figures: f | {"top": Figure("top", "b.md", top)})
            keys.append(key(whole(figures["first"])))
        assert keys[0] != keys[1]

    def test_each_figure_and_each_parameter_has_its_own(self, load: Load) -> None:
        figures = load(MODULE)
        first, second = figures["first"], figures["second"]
        keys = [key(r) for r in (whole(first), whole(second), whole(first, height=2.0), whole(first, count=3))]
        assert len(set(keys)) == 4
        assert key(whole(first, height=1.0, count=2)) == keys[0]

    @pytest.fixture
    def copy(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A copy of the package, of which the keys are then made."""
        package = Path(inspect.getfile(draw_module)).parent
        shutil.copytree(package, tmp_path / "copy", ignore=shutil.ignore_patterns("__pycache__"))
        monkeypatch.setattr(draw_module, "__file__", str(tmp_path / "copy/draw.py"))
        for remembered in ("_module", "_drawing", "sources_below"):
            monkeypatch.setattr(draw_module, remembered, getattr(draw_module, remembered).__wrapped__)
        return tmp_path / "copy"

    def changed(self, new: str, *files: Path) -> bool:
        """Whether the figure's key changes when a line is added before the first import of each file."""
        before = key(figure_call(NAME, {}))
        for file in files:
            text = file.read_text(encoding="utf-8")
            assert "\nimport " in text
            file.write_text(text.replace("\nimport ", f"\n{new}\nimport ", 1), encoding="utf-8")
        return key(figure_call(NAME, {})) != before

    @pytest.mark.parametrize("layer", LAYERS)
    def test_it_changes_with_each_layer_below(self, copy: Path, layer: str) -> None:
        assert self.changed("X = 1", copy / f"{layer}.py")

    def test_it_does_not_change_with_other_modules(self, copy: Path) -> None:
        others = (
            "mathml",
            "markdown",
            "mkdocs",
            "store",
            "__main__",
            "cli/render",
            "figures/comparison",
            "claims/__init__",
        )
        assert not self.changed("X = 1", *(copy / f"{other}.py" for other in others))

    @pytest.mark.parametrize(
        "form",
        [
            "from gdfigs import (\n    bounds,\n)",
            "from gdfigs import bounds as b",
            "from gdfigs.maths.bounds import crossing",
        ],
    )
    def test_it_follows_every_form_of_import(self, copy: Path, form: str) -> None:
        module = copy / "figures/flow_to_descent.py"
        text = module.read_text(encoding="utf-8")
        assert "from gdfigs import bounds\n" in text
        module.write_text(text.replace("from gdfigs import bounds\n", f"{form}\n"), encoding="utf-8")
        assert self.changed("X = 1", copy / "bounds.py")

    @pytest.mark.parametrize("package", ["numpy", "scipy", "matplotlib"])
    def test_it_changes_with_each_package(self, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
        before, installed = key(figure_call(NAME, {})), draw_module.version
        monkeypatch.setattr(draw_module, "version", lambda p: "0.0" if p == package else installed(p))
        monkeypatch.setattr(draw_module, "_versions", draw_module._versions.__wrapped__)
        assert key(figure_call(NAME, {})) != before

    def test_no_module_of_figures_imports_another(self) -> None:
        # A key holds all of its figure's module and of the layers, but nothing of other modules of figures.
        for file in Path(inspect.getfile(draw_module)).parent.glob("figures/*.py"):
            imported = draw_module._imports(str(file))
            assert not {name for name in imported if name.startswith("gdfigs.figures")}, file

    def test_no_figure_calls_another_of_its_module(self) -> None:
        for figure in all_figures().values():
            names = {n.id for n in ast.walk(ast.parse(figure.source)) if isinstance(n, ast.Name)}
            own = figure.function
            others = {f.function for f in all_figures().values() if f.function.__module__ == own.__module__} - {own}
            assert not names & {other.__name__ for other in others}

    def test_an_entry_is_stored_under_it(self, jobs: BuildJobs, folder: Path) -> None:
        drawn = jobs.result(figure_call(NAME, {}))
        stored = store.load(key(figure_call(NAME, {})), folder)
        assert stored is not None
        assert RenderedFigure(**json.loads(stored)) == drawn
