"""``gdfigs facts`` prints the numbers of a figure, and the Markdown that quotes each passes the build's check."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gdfigs.cli.facts import rounded
from gdfigs.plots.picture import Picture
from gdfigs.plots.registry import Figure, FigureCall, parse_url
from gdfigs.plots.style import canvas
from gdfigs.site.checked_numbers import check
from tests.cli.conftest import Run
from tests.shown import facts

LINE = re.compile(r"(\w+) += (\S+) +\[(.+)\]\((gdfigs:\S+)\)")


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("amplification", {}), ("amplification", {"largest": 4.0}), ("stability-regions", {"eta": 0.5, "kappa": 20.0})],
)
def test_each_is_printed_with_what_a_page_writes(run: Run, name: str, parameters: dict[str, float]) -> None:
    words = [word for parameter, value in parameters.items() for word in (f"--{parameter}", str(value))]
    status, out, err = run("facts", name, *words)
    assert (status, err) == (0, "")
    expected = facts(name, **parameters)
    lines = [LINE.fullmatch(line) for line in out.splitlines()]
    assert [line[1] for line in lines if line] == list(expected)
    for line in lines:
        assert line is not None
        value = expected[line[1]]
        assert float(line[2]) == pytest.approx(value, rel=5e-6)  # six digits are printed
        call = parse_url(line[4])
        assert (call.figure.name, call.changed, call.fact) == (name, parameters, line[1])
        check(line[3], value)


def test_a_figure_without_facts_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def plain() -> Picture:
        """A line."""
        drawing, (ax,) = canvas()
        ax.plot([0, 1], [0, 1], gid="line")
        return Picture(drawing, "A line.")

    call = FigureCall(Figure("plain", "a.md", plain), {})
    monkeypatch.setattr("gdfigs.cli.common.figure_call", lambda *_: call)
    assert run("facts", "plain") == (0, "plain has no facts\n", "")


@given(st.floats(min_value=-1e12, max_value=1e12, allow_subnormal=False).filter(lambda v: v == 0 or abs(v) > 1e-30))
@example(0.99996)
@example(113.0)
@example(-0.5)
@example(1234.5)
def test_a_number_is_rounded_to_four_digits_as_a_page_may_write_it(value: float) -> None:
    text = rounded(value)
    check(text, value)
    assert not re.search(r"\.\d*0$|\.$", text)
    if "." in text:
        assert len(re.sub(r"^-?[0.]*|\.", "", text)) <= 4


@pytest.mark.parametrize(
    ("value", "text"), [(113.0, "113"), (1.27846, "1.278"), (0.5, "0.5"), (12345.6, "12346"), (3.2e-7, "0.00000032")]
)
def test_so_are_these(value: float, text: str) -> None:
    assert rounded(value) == text
