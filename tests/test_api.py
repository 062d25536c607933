"""``import gdfigs`` draws the figures of the text by name, and has its mathematics under short names."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import gdfigs
from gdfigs.plots.picture import plotted, to_csv
from gdfigs.plots.registry import InputError
from tests.shown import picture

ROOT = Path(__file__).parent.parent
MATHS = ("bounds", "flows", "methods", "path", "problems")


@pytest.mark.parametrize("parameters", [{}, {"z": 1.2}, {"z": np.float64(1.2), "largest": 4}])
def test_a_figure_is_drawn_with_its_parameters(parameters: dict[str, float]) -> None:
    expected = picture("amplification", **{name: float(value) for name, value in parameters.items()})
    drawn = gdfigs.figure("amplification", **parameters)
    assert drawn.facts == expected.facts
    assert to_csv(plotted(drawn)) == to_csv(plotted(expected))


@pytest.mark.parametrize(
    ("name", "parameters", "reason"),
    [
        ("amplifcation", {}, "no figure is named 'amplifcation'; did you mean 'amplification'?"),
        ("amplification", {"larges": 4.0}, "amplification has no parameter 'larges'; did you mean 'largest'?"),
        ("amplification", {"largest": 1.0}, "largest must lie in (2, inf); got 1: "),
        ("amplification", {"largest": "4"}, "largest must be a number; got '4'"),
        ("zigzag", {"steps": 4.5}, "steps must be a whole number; got 4.5"),
    ],
)
def test_wrong_input_is_refused_with_a_sentence(name: str, parameters: dict[str, float], reason: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(reason)}"):
        gdfigs.figure(name, **parameters)


def test_parameters_that_do_not_fit_each_other_are_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"z must lie in \[0, largest\] = \[0, 3\]; got 5: reduce it or raise largest"):
        gdfigs.figure("amplification", z=5.0)


@pytest.mark.parametrize("file", ["README.md", "docs/reference/pictures.md"])
def test_the_lines_that_readers_are_shown_run(file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    (imports,) = re.findall(r"`(from gdfigs import .+)`", text)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(f"{code}{imports}\nshown, data, facts = p._repr_mimebundle_(), p.data, p.facts", names)
    assert len(code.split("\n\n")) == 2  # the import, then two lines
    assert names["bounds"] is import_module("gdfigs.maths.bounds")
    assert list(tmp_path.iterdir()) == [tmp_path / "amplification.pdf"]
    assert (tmp_path / "amplification.pdf").read_bytes().startswith(b"%PDF-")
    expected = picture("amplification", z=1.2)
    assert (names["facts"], set(names["data"])) == (expected.facts, set(plotted(expected)))  # type: ignore[call-overload]
    assert "<svg" in names["shown"]["image/svg+xml"]  # type: ignore[index]


@pytest.mark.parametrize("name", MATHS)
def test_the_mathematics_has_short_names(name: str) -> None:
    assert getattr(gdfigs, name) is import_module(f"gdfigs.maths.{name}")
    assert name in dir(gdfigs)


def test_what_is_not_there_is_an_attribute_error() -> None:
    assert not hasattr(gdfigs, "bound")
    with pytest.raises(AttributeError, match="module 'gdfigs' has no attribute 'bound'") as refused:
        gdfigs.bound  # type: ignore[attr-defined]  # noqa: B018
    assert (refused.value.name, refused.value.obj) == ("bound", gdfigs)  # from which Python says "did you mean"


def test_the_import_loads_nothing_and_the_mathematics_no_more_than_it_needs() -> None:
    code = (
        "import sys; before = {*sys.modules}; import gdfigs; print(*{*sys.modules} - before); "
        "from gdfigs import bounds; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, second = (set(line.split()) for line in done.stdout.splitlines())
    assert {name for name in first if name.partition(".")[0] not in sys.stdlib_module_names} == {"gdfigs"}
    assert {"gdfigs.maths.bounds", "numpy"} <= second
    assert not second & {"matplotlib", "scipy", "gdfigs.plots", "gdfigs.claims"}
