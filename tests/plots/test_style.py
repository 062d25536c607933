"""The common look: colours that mean one thing each, seen by all, and no trace left in Matplotlib's settings."""

import colorsys
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import get_named_colors_mapping, to_hex, to_rgb, to_rgba

from gdfigs.plots import style as module
from gdfigs.plots.style import (
    COLOURS,
    DARK,
    FAINT,
    INK,
    PAPER,
    ROLES,
    WIDTH,
    canvas,
    dark,
    decades,
    power_of_ten,
    style,
)

LOOKS = {name: look for name, look in vars(module).items() if name.endswith("_LOOK")}


def luminance(colour: str) -> float:
    """Relative luminance as the Web Content Accessibility Guidelines 2.2 define it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    dark, light = sorted([luminance(a), luminance(b)])
    return (light + 0.05) / (dark + 0.05)


class TestColours:
    def test_black_on_white_has_the_contrast_of_the_guidelines(self) -> None:
        assert contrast("#000000", "#ffffff") == pytest.approx(21)
        assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=5e-4)  # the guidelines' own near miss

    def test_no_two_roles_share_a_colour_or_a_name(self) -> None:
        written = re.findall(r'"(#[0-9a-fA-F]+)"', Path(str(module.__file__)).read_text())
        assert sorted(written) == sorted([*ROLES, *DARK.values()])  # a colour written twice would be one key of ROLES
        assert len({*DARK.values(), *ROLES}) == len(written) == 2 * len(set(ROLES.values()))
        assert all(to_hex(colour) == colour for colour in written)  # lower case, six digits: as Matplotlib writes it
        names = [getattr(module, role.upper()) for role in ROLES.values()]
        assert names == [*ROLES] == [*DARK]

    @pytest.mark.parametrize("colour", [c for c in ROLES if c not in (FAINT, PAPER)], ids=lambda c: ROLES[c])
    def test_whatever_may_carry_text_stands_out_from_the_paper(self, colour: str) -> None:
        assert contrast(colour, PAPER) >= 4.5
        assert contrast(DARK[colour], DARK[PAPER]) >= 4.5

    def test_the_style_sheet_of_the_site_says_the_same(self) -> None:
        sheet = (Path(__file__).parents[2] / "docs/stylesheets/gdfigs.css").read_text(encoding="utf-8")
        said = {name: pair for name, *pair in re.findall(r"--gd-(\w+): light-dark\((#\w+), (#\w+)\)", sheet)}
        assert {role: said[role] for role in ROLES.values()} == {r: [c, DARK[c]] for c, r in ROLES.items()}

    @pytest.mark.parametrize("theme", [1, 2])
    def test_each_is_what_its_word_says(self, theme: int) -> None:
        hues = {
            "vermilion": (15, 30),
            "golden": (35, 50),
            "green": (150, 170),
            "blue": (195, 215),
            "purple": (310, 330),
        }
        assert {told[0] for told in COLOURS.values()} == {*hues, "grey", "faint grey", "ink", "paper"}
        for told in COLOURS.values():
            hue, _, saturation = colorsys.rgb_to_hls(*to_rgb(told[theme]))
            low, high = hues.get(told[0], (0, 360))
            assert low <= 360 * hue <= high, told
            assert (saturation > 0.3) == (told[0] in hues), told

    @pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
    def test_every_look_takes_its_colour_from_the_roles(self, look: dict[str, Any]) -> None:
        assert look["color"] in ROLES

    def test_looks_differ_by_more_than_colour(self) -> None:
        kinds = {(str(look.get("linestyle")), look.get("marker"), look.get("linewidth")) for look in LOOKS.values()}
        assert len(kinds) == len(LOOKS) >= 6

    @pytest.mark.parametrize(
        "file", sorted((Path(str(module.__file__)).parents[1] / "figures").glob("*.py")), ids=lambda f: f.stem
    )
    def test_a_figure_has_its_colours_and_dashes_from_here(self, file: Path) -> None:
        said = re.findall(r"""#[0-9a-f]{6}|\b(?:ls|linestyle)"?[=:](?! ?(?:"none"|[A-Z]))""", file.read_text("utf-8"))
        assert said == []


class TestStyle:
    def test_it_leaves_every_setting_as_it_was_after_an_error_too(self) -> None:
        with matplotlib.rc_context({"lines.linewidth": 9.0, "axes.grid": True}):
            before = dict(matplotlib.rcParams)
            with style():
                assert matplotlib.rcParams["lines.linewidth"] == 1.6
                assert not matplotlib.rcParams["axes.grid"]  # nor is a reader's own setting taken over
            assert dict(matplotlib.rcParams) == before
            with pytest.raises(ZeroDivisionError), style():
                _ = 1 / 0
            assert dict(matplotlib.rcParams) == before


class TestDark:
    @pytest.mark.parametrize("colour", ROLES, ids=ROLES.get)
    def test_each_colour_is_that_of_the_dark_theme_for_the_time_and_not_after(self, colour: str) -> None:
        before = dict(get_named_colors_mapping())
        with dark():
            assert to_hex(to_rgba(colour)) == to_hex(colour) == DARK[colour]
            assert to_hex(to_rgba(colour, 0.5), keep_alpha=True) == f"{DARK[colour]}80"
        assert to_hex(to_rgba(colour)) == colour
        assert get_named_colors_mapping() == before

    def test_black_and_white_are_ink_and_paper_until_it_ends_with_an_error_too(self) -> None:
        words = {"k": INK, "black": INK, "w": PAPER, "white": PAPER}
        with dark():
            assert {word: to_hex(word) for word in words} == {word: DARK[colour] for word, colour in words.items()}
        with pytest.raises(ZeroDivisionError), dark():
            _ = 1 / 0
        assert [to_hex(word) for word in [*words, PAPER]] == ["#000000"] * 2 + ["#ffffff"] * 3


class TestCanvas:
    @pytest.mark.parametrize("rows", [1, 2, 3])
    @pytest.mark.parametrize("room", [{}, {"head": 20, "foot": 30}])
    def test_rows_share_the_height_and_keep_their_margins(self, rows: int, room: dict[str, float]) -> None:
        height = 500
        figure, axes = canvas(height, rows=rows, left=50, right=10, top=6, bottom=40, **room)
        assert len(axes) == rows
        np.testing.assert_allclose(figure.get_size_inches() * 72, [WIDTH, height])
        assert figure.dpi in (72, 100)  # 72 in the style, else Matplotlib's own
        share = (height - sum(room.values())) / rows
        for row, ax in enumerate(axes):
            box = ax.get_position()
            np.testing.assert_allclose([box.x0 * WIDTH, box.x1 * WIDTH], [50, WIDTH - 10])
            floor = height - room.get("head", 0) - (row + 1) * share
            np.testing.assert_allclose([box.y0 * height, box.y1 * height], [floor + 40, floor + share - 6])


class TestTicks:
    @staticmethod
    def ticks(low: float, high: float, **options: Any) -> tuple[list[float], list[str], int]:
        with style():
            _, (ax,) = canvas()
            ax.set(yscale="log", ylim=(low, high))
            decades(ax.yaxis, **options)
            ticks = [float(tick) for tick in ax.yaxis.get_major_locator().tick_values(low, high)]
            labels = ax.yaxis.get_major_formatter().format_ticks(ticks)
            return ticks, labels, len(ax.yaxis.get_minor_locator()())

    @pytest.mark.parametrize(
        ("low", "high", "every", "powers"),
        [
            (1e-3, 1e2, 1, [-3, -2, -1, 0, 1, 2]),
            (2e-3, 99.0, 1, [-2, -1, 0, 1]),
            (1e-7, 1e1, 2, [-6, -4, -2, 0]),
            (1e-12, 1.0, 4, [-12, -8, -4, 0]),
            (0.5, 5.0, 1, [0]),
        ],
    )
    def test_a_log_axis_has_a_tick_at_every_power_within_it(
        self, low: float, high: float, every: int, powers: list[int]
    ) -> None:
        ticks, labels, minor = self.ticks(low, high, every=every)
        np.testing.assert_allclose(ticks, 10.0 ** np.array(powers), rtol=1e-14)
        assert labels == [power_of_ten(10.0**power) for power in powers]
        assert minor == 0

    @pytest.mark.parametrize(
        "spell", [lambda value: power_of_ten(value), lambda value: power_of_ten(np.float64(value))]
    )
    def test_powers_of_ten_are_written_as_such(self, spell: Callable[[float], str]) -> None:
        written = [spell(value) for value in (1e-12, 0.1, 1.0, 10.0, 100.0, 1e5)]
        assert written == ["$10^{-12}$", "$10^{-1}$", "1", "10", "$10^{2}$", "$10^{5}$"]
