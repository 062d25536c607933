"""A key changes with all that can change the result, and as far as possible with nothing else."""

import importlib.util
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gdfigs.build import keys
from gdfigs.build.keys import checks_key, figure_key, figure_prefix, package_sources
from gdfigs.plots import registry
from gdfigs.plots.picture import Picture
from gdfigs.plots.registry import Figure, FigureCall, figure_call, parse_url

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
def first(height: Annotated[float, Range(0, 9, "h")] = 1.0, count: Annotated[int, Range(0, 9, "n")] = 2) -> Picture:
    """First."""
    return _drawn(height)  # first

@figure(page="a.md")
def second(height: Annotated[float, Range(0, 9, "h")] = 1.0) -> Picture:
    """Second."""
    return _drawn(2 * height)  # second
'''
Load = Callable[[str], dict[str, Figure]]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Imports a text as the only module of figures, and returns these."""

    def load(text: str) -> dict[str, Figure]:
        figures: dict[str, Figure] = {}
        monkeypatch.setattr(registry, "_FIGURES", figures)
        monkeypatch.setattr(registry, "_import_all", lambda *_: None)
        name, file = "gdfigs.figures.of_a_test", tmp_path / f"{len(list(tmp_path.glob('*.py')))}.py"
        file.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return figures

    return load


def key(figure: Figure, **changed: float) -> str:
    return figure_key(FigureCall(figure, {n: changed.get(n, p.default) for n, p in figure.parameters.items()}))


class TestOfAFigure:
    @pytest.mark.parametrize(
        ("old", "new", "changes"),
        [
            ("return _drawn(height)", "return _drawn(height + 1)", True),
            ("return height + 1", "return height + 2", True),  # a helper, decorated
            ("[0, 1], [0, top", "[0, 2], [0, top", True),  # a helper
            ("WIDTH = 1.5", "WIDTH = 2.0", True),
            ("import DISCRETE", "import CONTINUOUS as DISCRETE", True),
            ('page="a.md")\ndef first', 'page="b.md")\ndef first', True),
            ("return _drawn(2 * height)", "return _drawn(3 * height)", False),  # the other figure
            ("# helper\n", "# helper\n\n\n\n", False),
            ("def second", "def third", False),
        ],
    )
    def test_it_changes_with_what_the_figure_is_drawn_with(self, load: Load, old: str, new: str, changes: bool) -> None:
        assert MODULE.count(old) == 1
        before = key(load(MODULE)["first"])
        assert (key(load(MODULE.replace(old, new))["first"]) != before) == changes

    def test_a_helper_that_is_named_as_a_figure_of_another_module_still_counts(self, load: Load) -> None:
        def top() -> Picture:
            raise NotImplementedError

        found = set()
        for text in (MODULE, MODULE.replace("return height + 1", "return height + 2")):
            figures = load(text)
            figures["top"] = Figure("top", "b.md", top)
            found.add(key(figures["first"]))
        assert len(found) == 2

    def test_a_figure_that_another_calls_counts_for_it(self, load: Load) -> None:
        calls = MODULE.replace("return _drawn(height)  # first", "return second(height)")
        found = [key(load(text)["first"]) for text in (calls, calls.replace("2 * height", "3 * height"))]
        assert len(set(found)) == 2

    def test_each_figure_each_parameter_and_each_slider_has_its_own(self, load: Load) -> None:
        figures = load(MODULE)
        first, second = figures["first"], figures["second"]
        found = {key(first), key(second), key(first, height=2.0), key(first, count=3)}
        found |= {figure_key(parse_url(f"gdfigs:first?height={ends}")) for ends in ("0..2..3", "0..2..5")}
        assert len(found) == 6
        assert figure_key(figure_call("first", {"height": "1", "count": "2"})) == key(first)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the package, of whose layers the keys are then made."""
    folder = tmp_path / "gdfigs"
    shutil.copytree(keys.PACKAGE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(keys, "PACKAGE", folder)
    monkeypatch.setattr(keys, "_text", keys._text.__wrapped__)
    keys.code_digest.cache_clear()
    yield folder
    keys.code_digest.cache_clear()


PICTURE, WITH_CLAIMS = figure_call("amplification", {}), figure_call("ratios", {})


@pytest.mark.parametrize(
    ("layer", "concerned"),
    [
        ("maths", {"amplification", "ratios", "checks"}),
        ("claims", {"ratios", "checks"}),
        ("plots", {"amplification", "ratios"}),
        ("build", {"amplification", "ratios"}),
        *((layer, set()) for layer in ("figures", "site", "cli")),
    ],
)
def test_a_change_of_any_file_of_a_layer_concerns_what_is_made_with_it(
    copy: Path, layer: str, concerned: set[str]
) -> None:
    def all_keys() -> dict[str, str]:
        keys.code_digest.cache_clear()
        figures = {call.figure.name: figure_key(call) for call in (PICTURE, WITH_CLAIMS)}
        return figures | {"checks": checks_key("noise")}

    files = list((copy / layer).glob("[!_]*.py"))
    for together in [[file] for file in files] if concerned else [files]:
        before = all_keys()
        for file in together:
            file.write_text(f"{file.read_text(encoding='utf-8')}X = 1\n", encoding="utf-8")
        assert {name for name, made in all_keys().items() if made != before[name]} == concerned


@pytest.mark.parametrize("package", ["numpy", "scipy", "matplotlib"])
def test_a_version_of_a_package_that_computes_or_draws_concerns_all(
    monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    before, installed = (figure_key(PICTURE), checks_key("noise")), keys.version
    monkeypatch.setattr(keys, "version", lambda name: "0.0" if name == package else installed(name))
    monkeypatch.setattr(keys, "code_digest", keys.code_digest.__wrapped__)
    assert not {figure_key(PICTURE), checks_key("noise")} & {*before}
    assert checks_key("noise") != checks_key("momentum")


def test_the_files_of_a_figure_are_named_by_what_differs_from_its_defaults() -> None:
    texts = ({}, {"largest": "3"}, {"largest": "3.0"}, {"largest": "2.5"}, {"largest": "4"})
    prefixes = [figure_prefix(figure_call("amplification", dict(given))) for given in texts]
    assert prefixes[:3] == ["amplification"] * 3  # 3 is the default, however it is written
    assert len(set(prefixes)) == 3
    assert all(prefix.startswith("amplification") for prefix in prefixes)


def test_the_sources_are_all_files_of_the_package() -> None:
    files = {file.relative_to(keys.PACKAGE) for file in keys.PACKAGE.rglob("*.*") if file.name != "py.typed"}
    assert package_sources().keys() == {file.as_posix() for file in files if "__pycache__" not in file.parts}
