"""``gdfigs list`` and the helps name what there is."""

import re

from gdfigs.plots.registry import all_figures
from tests.cli.conftest import Run


def test_it_names_every_figure_with_its_page_its_summary_and_its_defaults(run: Run) -> None:
    status, out, err = run("list")
    assert (status, err) == (0, "")
    entries = dict(zip(all_figures(), re.split(r"^(?=\S)", out, flags=re.MULTILINE)[1:], strict=True))
    for name, figure in all_figures().items():
        assert entries[name].startswith(f"{name}  ({figure.page})\n")
        assert figure.summary in entries[name]
        for parameter in figure.parameters.values():
            assert f"--{parameter.name} {parameter.default}" in entries[name]


def test_the_commands_are_listed_with_a_whole_sentence_each(run: Run) -> None:
    for option in ("--help", "-h"):
        status, out, _ = run(option)
        assert status == 0
        listed = dict(re.findall(r"^  ([a-z]+) +(.+)$", out.partition("Commands:")[2], flags=re.MULTILINE))
        assert set(listed) == {"list", "render", "facts", "check", "new", "clear", "completion"}
        assert all(re.fullmatch(r"[A-Z].+[^.]\.", summary) for summary in listed.values())


def test_each_command_explains_itself_and_its_options(run: Run) -> None:
    for command in ("list", "render", "facts", "check", "new", "clear", "completion"):
        status, out, _ = run(command, "--help")
        assert status == 0
        assert out.startswith(f"Usage: gdfigs {command} ")
        for option in re.findall(r"^  (-.*)$", out, flags=re.MULTILINE):
            assert re.search(r"\S  +\S", option) or option.startswith("--format"), option


def test_a_figure_explains_itself_and_its_parameters_with_type_meaning_and_default(run: Run) -> None:
    kinds = {int: "INTEGER", float: "NUMBER"}
    for command in ("render", "facts"):
        for figure in all_figures().values():
            status, out, _ = run(command, figure.name, "--help")
            assert status == 0
            written = "".join(out.split())  # lines break at blanks, and behind hyphens
            told = [f"{figure.summary} Page: {figure.page}."]
            for p in figure.parameters.values():
                told.append(f"--{p.name} {kinds[p.kind]} {p.meaning}, in {p.range} [default: {p.default}]")
            assert [text for text in told if "".join(text.split()) not in written] == []


def test_no_parameter_is_named_as_an_option_of_the_commands(run: Run) -> None:
    taken = set(re.findall(r"--([a-z]+)", run("render", "--help")[1]))
    assert {"all", "output", "format", "theme", "width", "quiet", "help"} <= taken
    for figure in all_figures().values():
        assert not taken & set(figure.parameters), figure.name
