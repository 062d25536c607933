"""``gdfigs new NAME --page PAGE``."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from gdfigs.build import cache as store
from gdfigs.cli import template
from gdfigs.plots.registry import InputError, all_figures, nearest

PACKAGE = Path(__file__).parents[1]
ROOT = PACKAGE.parent
DOCS = ROOT / "docs"


def _pages() -> list[str]:
    return sorted(page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md"))


def _complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(page) for page in _pages() if page.startswith(incomplete)]


@click.command()
@click.argument("name")
@click.option("--page", required=True, metavar="PAGE", shell_complete=_complete, help="Where it goes, below docs/.")
def new(name: str, page: str) -> None:
    """Writes a figure to begin from.

    Its function into gdfigs/figures/, its test into tests/figures/, and the picture with a caption at the end of PAGE.
    """
    page = page if page.endswith(".md") else f"{page}.md"
    if not (ROOT / "tests/figures").is_dir() or not find_spec("ruff"):
        raise click.ClickException(f"{ROOT} is no checkout with what scripts/install puts there: run it in one")
    if faults := _faults(name, page):
        raise InputError("; ".join(faults))
    written = _files(name, page)
    _write(name, {file: text for file, (text, _) in written.items()})
    for file, (text, begin) in written.items():
        click.echo(f"{file.relative_to(ROOT).as_posix()}:{text.partition(begin)[0].count(chr(10)) + 1}")
    click.echo(f"\nTest it: .venv/bin/pytest {list(written)[1].relative_to(ROOT).as_posix()} -k {_class(name)}")
    click.echo("See it:  scripts/serve")


def _faults(name: str, page: str) -> list[str]:
    faults, figures, pages = [], all_figures(), _pages()
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        faults.append(f"a figure's name is of small letters and digits, with hyphens, as in step-size; got {name!r}")
    elif keyword.iskeyword(name) or hasattr(builtins, name):
        faults.append(f"{name!r} means something in Python: choose another name")
    if name in figures:
        faults.append(f"there is a figure {name!r} already, on {figures[name].page}")
    if page not in pages:
        faults.append(f"there is no page docs/{page}{nearest(page, pages)}")
    return faults


def _class(name: str) -> str:
    return "Test" + "".join(word.capitalize() for word in name.split("-"))


def _module(page: str) -> str:
    """The module of the page's figures: named as the page, or one that has figures of it already, or a new one."""
    name = re.sub(r"\W", "_", page.removesuffix(".md"))
    others = [f.function.__module__.rpartition(".")[2] for f in all_figures().values() if f.page == page]
    return name if (PACKAGE / f"figures/{name}.py").exists() or not others else others[0]


def _files(name: str, page: str) -> dict[Path, tuple[str, str]]:
    """What is to be written into which file, and how what is new in it begins."""
    code, function, title = PACKAGE / f"figures/{_module(page)}.py", name.replace("-", "_"), name.replace("-", " ")
    test, place = ROOT / f"tests/figures/test_{code.name}", DOCS / page
    text = place.read_text(encoding="utf-8")
    heading = next((line[2:] for line in text.splitlines() if line.startswith("# ")), page)
    constant = f'PAGE = "{page}"'
    old_code = code.read_text(encoding="utf-8") if code.exists() else f'"""Figures of the page "{heading}"."""\n'
    old_test = f'"""The figures of "{heading}" show what the page says."""\n'
    old_test = test.read_text(encoding="utf-8") if test.exists() else old_test
    known = not code.exists() or constant in old_code.splitlines()
    words = {
        "NAME": name,
        "FUNCTION": function,
        "CLASS": _class(name),
        "TITLE": title.capitalize(),
        "PLACE": "PAGE" if known else f'"{page}"',
    }

    def filled(part: str) -> str:
        return re.sub(rf"\b(?:{'|'.join(words)})\b", lambda word: words[word[0]], part)

    part = filled(template.FIGURE) if code.exists() else f"{constant}\n\n\n{filled(template.FIGURE)}"
    codes = _extended(code, old_code, template.FIGURE_IMPORTS, part, function)
    tests = _extended(test, old_test, template.TEST_IMPORTS, filled(template.TEST), _class(name))
    return {
        code: (codes, f"def {function}("),
        test: (tests, f"class {_class(name)}:"),
        place: (f"{text.rstrip()}\n\n{filled(template.PAGE)}", f"![{title.capitalize()}](gdfigs:{name})"),
    }


def _write(name: str, texts: Mapping[Path, str]) -> None:
    """Writes the files and, with the figure drawn for the first time, the record of what it shows; or none of them."""
    record = [sys.executable, "-m", "tests.record", name]
    try:
        with all_or_nothing(*texts, ROOT / "tests/records/figures.json"):
            for file, text in texts.items():
                store.write(file, text.encode())
            subprocess.run(record, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    except subprocess.CalledProcessError as fault:
        reason = f"it cannot be put on record: {fault.stderr.strip().splitlines()[-1]}"
        raise click.ClickException(f"{reason}; all is as it was") from fault


def _extended(file: Path, text: str, imports: str, part: str, defined: str) -> str:
    """The module with ``part`` at its end, and with its imports among those that there are; laid out as all others."""
    tree, there = ast.parse(text), dict(_names(ast.parse(text)))
    if defined in there:
        raise InputError(f"{defined} is defined in {file.relative_to(ROOT)} already: choose another name")
    needed = dict(_names(ast.parse(imports)))
    if clash := [name for name in needed if there.get(name, needed[name]) != needed[name]]:
        raise click.ClickException(f"{', '.join(clash)} would mean two things in {file.relative_to(ROOT)}")
    above = max(n.end_lineno or 0 for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom) or n is tree.body[0])
    lines = text.splitlines()
    lines[above:above] = imports.splitlines()  # what is then said twice is said once below
    whole = "\n".join([*lines, "", "", part])
    for command in (["check", "--select", "I", "--fix-only"], ["format"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--quiet", "--stdin-filename", str(file), "-"]
        whole = subprocess.run(ruff, input=whole, capture_output=True, encoding="utf-8", check=True, cwd=ROOT).stdout
    return whole


def _names(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Each name that a module gives a meaning, with the import that does so, if one does."""
    for node in tree.body:
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    yield alias.asname or alias.name, ast.unparse(ast.Import([alias]))
            case ast.ImportFrom(module=module, names=aliases):
                for alias in aliases:
                    yield alias.asname or alias.name, ast.unparse(ast.ImportFrom(module, [alias], 0))
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, ""
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name, ""


@contextmanager
def all_or_nothing(*files: Path) -> Iterator[None]:
    """Whatever interrupts a ``with`` block, the files are then as they were before it."""
    before = {file: file.read_bytes() if file.exists() else None for file in files}
    try:
        yield
    except BaseException:
        for file, old in before.items():
            if old is None:
                file.unlink(missing_ok=True)
            elif file.read_bytes() != old:
                store.write(file, old)
        raise
