"""Notebooks: executed apart from whoever builds, once for each change; faults told by cell and line; set as pages."""

import ast
import json
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path

import html5lib
import nbformat
import pytest

from gdfigs.build import cache as store
from gdfigs.build import jobs as draw
from gdfigs.build.jobs import BuildJobs, code_below
from gdfigs.plots.show import show
from gdfigs.site import kernel, notebook
from gdfigs.site.context import Page, complete
from gdfigs.site.kernel import Cell, NotebookError, execute
from gdfigs.site.notebook import Notebook, execute_once, lay_out, order
from tests.shown import picture
from tests.site.test_plugin import CONFIG, PACKAGE, SERVER, build, run, write

HEADER = """\
# ---
# title: Trial
# description: "What: a trial"
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

"""
TRIAL = (
    HEADER
    + """\
# %% [markdown]
# # Trial
#
# See [there](../page.md#part) and $x$.

# %%
from gdfigs.plots.picture import Picture
from gdfigs.plots.show import show
from gdfigs.plots.style import DISCRETE, canvas, style


def line(height):
    with style():
        figure, (ax,) = canvas(120)
        ax.plot([0, 1], [0, height], gid="line", color=DISCRETE)
    return Picture(figure, description=f"A line from 0 to {height} & no more, if x < 2.")


print("<one>")
print("two")

# %%
show(line(1), "First & last")

# %%
show(line(2), "Second")

# %% [markdown]
# ## Exercise
#
# Why?

# %% [markdown] tags=["answer"]
# Because of $y$.

# %% tags=["answer"]
6 * 7

# %% [markdown]
# The end, with [12](gdfigs:amplification#crossing) and [elsewhere](https://doi.org/1).
"""
)


def tree(made: str) -> ET.Element:
    """HTML as a tree whose tags carry no namespace."""
    root: ET.Element = html5lib.parseFragment(made, namespaceHTMLElements=False)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of its own for each test."""
    monkeypatch.setattr(store, "FOLDER", tmp_path / "store")
    return tmp_path / "store"


@pytest.fixture(scope="module")
def trial() -> Notebook:
    return Notebook(*execute(TRIAL))


class TestShow:
    def test_it_gives_a_notebook_the_drawing_with_its_title_and_its_description(self) -> None:
        bundle = show(picture("amplification"), "Factors, per step")._repr_mimebundle_()
        root = ET.fromstring(bundle["image/svg+xml"])
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.findtext("{*}title") == "Factors, per step"
        assert root.findtext("{*}desc") == picture("amplification").description
        assert bundle["text/plain"] == f"Factors, per step. {picture('amplification').description}"

    def test_away_from_the_site_the_drawing_stands_on_paper(self) -> None:
        assert "background:#ffffff" in show(picture("amplification"), "Factors")._repr_mimebundle_()["image/svg+xml"]

    def test_a_picture_without_a_title_is_refused(self) -> None:
        with pytest.raises(ValueError, match="needs a title"):
            show(picture("amplification"), " ")


class TestExecution:
    def test_the_header_is_the_front_matter_of_the_page(self, trial: Notebook) -> None:
        assert trial.header == '---\ntitle: Trial\ndescription: "What: a trial"\n---'

    def test_cells_keep_their_order_their_text_and_whether_they_are_part_of_an_answer(self, trial: Notebook) -> None:
        assert [(cell.kind, cell.answer) for cell in trial.cells] == [
            ("markdown", False), ("code", False), ("code", False), ("code", False), ("markdown", False),
            ("markdown", True), ("code", True), ("markdown", False),
        ]  # fmt: skip
        assert trial.cells[0].source.startswith("# Trial\n\nSee [there]")
        assert trial.cells[2].source == 'show(line(1), "First & last")'

    def test_a_code_cell_is_shown_with_what_it_prints_or_is_worth(self, trial: Notebook) -> None:
        printed = tree(trial.cells[1].made)
        assert "".join(printed.find(".//code").itertext()).rstrip() == trial.cells[1].source
        assert [e.text for e in printed.iter("samp")] == ["<one>\ntwo"]
        assert [e.text for e in tree(trial.cells[6].made).iter("samp")] == ["42"]

    def test_a_picture_is_a_figure_with_its_words_in_the_colours_of_the_theme(self, trial: Notebook) -> None:
        figure = tree(trial.cells[2].made).find(".//figure")
        svg = figure.find(".//svg")
        assert figure.get("id") == "figure-first-last"
        assert svg.get("aria-labelledby") == "figure-first-last-title figure-first-last-desc"
        assert svg.findtext("title") == figure.findtext("figcaption/p") == "First & last"
        assert svg.findtext("desc") == "A line from 0 to 1 & no more, if x < 2."
        assert "var(--gd-discrete," in trial.cells[2].made
        assert "background" not in trial.cells[2].made
        assert not figure.findall(".//samp")

    def test_pictures_of_one_page_share_their_letters_and_no_id(self, trial: Notebook) -> None:
        both = trial.cells[2].made + trial.cells[3].made
        ids = re.findall(r' id="([^"]+)"', both)
        assert len(ids) == len(set(ids))
        assert set(re.findall(r'href="#([^"]+)"', both)) <= set(ids)
        assert len(re.findall(r"scale\(0\.015625\)", trial.cells[3].made)) < 3  # the digit 2 and little else is new

    def test_no_settings_of_whoever_builds_reach_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        startup = tmp_path / "home/profile_default/startup"
        startup.mkdir(parents=True)
        (startup / "00.py").write_text("leaked = 1")
        kernels = tmp_path / "jupyter/kernels/python3"
        kernels.mkdir(parents=True)
        (kernels / "kernel.json").write_text('{"argv": ["false"], "display_name": "no", "language": "python"}')
        for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR"):
            monkeypatch.setenv(name, str(tmp_path / "home"))
        monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
        monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
        _, cells = execute(
            '# %%\nimport gdfigs, os\nprint("leaked" in globals(), sorted(os.listdir()), gdfigs.__path__[0])\n'
        )
        (printed,) = (e.text for e in tree(cells[0].made).iter("samp"))
        assert re.fullmatch(rf"False \[('kernel[^']*', )+'profile_default'\] {PACKAGE}", printed)


FAULTS = {
    "x = 1\n\n1 / 0": (2, "ZeroDivisionError: division by zero"),
    "f()": (0, "NameError: name 'g' is not defined"),
    "from gdfigs.maths.problems import bowl\n\nbowl(0)": (2, "ValueError: kappa = L/mu must be at least 1; got 0"),
    "x = (": (0, "SyntaxError: '(' was never closed"),
    "import warnings\nwarnings.warn('odd')": (0, "it writes to standard error: "),
    "import os\nos._exit(3)": (0, "Python ended"),
    "while True:\n    pass": (0, "it takes longer than 2 s"),
    "display(show(line(1), 'A'), show(line(2), 'A'))": (0, "two pictures are titled 'A'"),
    "from IPython.display import Image\nImage(b'x', format='png')": (
        0,
        "its picture says nothing to readers who do not",
    ),
    "from IPython.display import SVG\nSVG('<svg></svg>')": (0, "its drawing has no title: end it in show(Picture("),
}
"""What a cell does, in which of its lines it is said to fail, and why."""
DEFINED = TRIAL.split("# %%\n")[1].split("print(")[0]


class TestFaults:
    @pytest.mark.parametrize("cell", FAULTS)
    def test_a_cell_that_fails_is_named_with_its_line_the_cause_and_a_remedy(
        self, cell: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(kernel, "TIMEOUT", 2)
        before = f"{HEADER}# %% [markdown]\n# # Title\n\n# %%\n{DEFINED}\n\ndef f():\n    g()\n\n\n# %%\n\n"
        below, reason = FAULTS[cell]
        with BuildJobs() as jobs, pytest.raises(NotebookError) as told:
            execute_once(jobs, f"{before}{cell}\n\n# %%\nnever = 1\n")
        assert str(told.value).startswith(f"cell 2 (line {before.count(chr(10)) + 1 + below}): {reason}")
        assert str(told.value).endswith("; change the cell, or what it calls")


class TestStore:
    def test_a_notebook_is_executed_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with BuildJobs() as jobs:
            order(jobs, {"lab/trial.py": TRIAL, "page.md": "# %%\n1 / 0\n"})
            made = execute_once(jobs, TRIAL)
        monkeypatch.setattr(notebook, "execute", lambda _: pytest.fail("executed again"))
        with BuildJobs() as jobs:
            order(jobs, {"lab/trial.py": TRIAL})
            assert execute_once(jobs, TRIAL) == made
            assert jobs._pool is None

    def test_what_another_process_makes_of_it_is_the_same(self, trial: Notebook) -> None:
        with BuildJobs() as jobs:
            order(jobs, {"lab/trial.py": TRIAL})
            assert execute_once(jobs, TRIAL) == trial

    def test_a_fault_in_another_process_is_told_when_the_page_is_set_and_not_kept(self, folder: Path) -> None:
        with BuildJobs() as jobs:
            order(jobs, {"lab/trial.py": "# %%\n1 / 0\n", "lab/other.py": "# %%\nx = (\n"})
            with pytest.raises(NotebookError, match=r"cell 1 \(line 2\): ZeroDivisionError"):
                execute_once(jobs, "# %%\n1 / 0\n")
            with pytest.raises(NotebookError, match=r"cell 1 \(line 2\): SyntaxError"):
                execute_once(jobs, "# %%\nx = (\n")
        assert not folder.exists() or not list(folder.iterdir())

    def test_a_killed_process_does_not_lose_the_build(self, trial: Notebook) -> None:
        with BuildJobs() as jobs:
            order(jobs, {"lab/trial.py": TRIAL})
            assert jobs._pool is not None
            for process in list(jobs._pool._processes.values()):
                process.kill()
            assert execute_once(jobs, TRIAL) == trial


class TestKey:
    """Of the whole: what is stored of a notebook is out of date as soon as something that it depends on has changed."""

    @pytest.fixture
    def changed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
        """Changes a file of the package, as this process sees it."""
        real = draw._module

        def forget() -> None:
            for cached in (draw.sources_below, draw._imports, draw._drawing):
                cached.cache_clear()

        def change(name: str) -> None:
            def read(file: str) -> tuple[str, ast.Module]:
                text, parsed = real(file)
                return (f"{text}#", parsed) if Path(file) == PACKAGE / name else (text, parsed)

            monkeypatch.setattr(draw, "_module", read)
            forget()

        yield change
        monkeypatch.undo()
        forget()

    @pytest.mark.parametrize("layer", ["bounds", "problems", "style", "picture", "svg", "show"])
    def test_it_changes_with_each_layer_that_the_notebook_imports_and_those_below(
        self, changed: Callable[[str], None], layer: str
    ) -> None:
        text = "# %%\nfrom gdfigs import bounds\nfrom gdfigs.plots.show import show\n"
        before = notebook._key(text)
        changed(f"{layer}.py")
        assert notebook._key(text) != before

    @pytest.mark.parametrize("other", ["flows.py", "markdown.py", "figures/flow_to_descent.py", "claims/noise.py"])
    def test_it_does_not_change_with_other_modules(self, changed: Callable[[str], None], other: str) -> None:
        text = "# %%\nfrom gdfigs import bounds\nfrom gdfigs.plots.show import show\n"
        before = notebook._key(text)
        changed(other)
        assert notebook._key(text) == before

    @pytest.mark.parametrize("module", ["gdfigs.plots.registry import catalogue", "gdfigs.figures import pictures"])
    def test_it_changes_with_the_figures_where_the_notebook_asks_for_them(
        self, changed: Callable[[str], None], module: str
    ) -> None:
        before = code_below(ast.parse(f"from {module}"))
        changed("figures/flow_to_descent.py")
        assert code_below(ast.parse(f"from {module}")) != before

    def test_it_changes_with_the_text_and_with_each_package_that_executes_or_draws(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keys = {notebook._key(TRIAL), notebook._key(TRIAL + "\n")}
        for package in ("ipykernel", "jupytext", "nbclient", "pygments"):
            with monkeypatch.context() as patch:
                patch.setattr(notebook, "version", lambda name, changed=package: f"{name == changed}")
                keys.add(notebook._key(TRIAL))
        assert len(keys) == 6

    @pytest.mark.parametrize("file", ["kernel.py", "page.py"])
    def test_it_changes_with_what_makes_html_of_a_cell(
        self, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = notebook._key(TRIAL)
        for name in ("kernel.py", "page.py"):
            (tmp_path / name).write_text((PACKAGE / name).read_text() + ("#" if name == file else ""))
        monkeypatch.setattr(notebook, "__file__", str(tmp_path / "notebook.py"))
        assert notebook._key(TRIAL) != before


class TestPage:
    def laid_out(self, url: str = "", repository: str | None = None) -> tuple[Page, str]:
        page = Page("docs/lab/trial.py")
        with BuildJobs() as jobs:
            return page, lay_out(page, jobs, TRIAL, url, repository)

    def test_markdown_cells_are_markdown_and_code_cells_are_kept_back(
        self, trial: Notebook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(notebook, "execute", lambda _: (trial.header, trial.cells))
        page, text = self.laid_out()
        assert text.startswith(f"{trial.header}\n\n# Trial\n\nSee [there](../page.md#part) and $x$.\n\n<p ")
        assert re.findall("<!--gdfigs:(.)-->", text) == ["0", "1", "2", "3"]
        page.begin(text.splitlines())
        assert complete("<!--gdfigs:3-->", page.kept) == trial.cells[6].made

    def test_an_answer_folds_and_what_comes_after_it_does_not(
        self, trial: Notebook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(notebook, "execute", lambda _: (trial.header, trial.cells))
        (answer,) = re.findall(
            r"^/// details \| Answer\n    type: answer\n\n(.*?)\n\n^///$", self.laid_out()[1], re.M | re.S
        )
        assert answer == "Because of $y$.\n\n<div><!--gdfigs:3--></div>"

    def test_a_fault_in_the_text_names_the_line_of_the_notebook(
        self, trial: Notebook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(notebook, "execute", lambda _: (trial.header, trial.cells))
        page, text = self.laid_out()
        page.begin(text.splitlines())
        page.fault("bad", "$y$")
        line = 1 + TRIAL[: TRIAL.index("$y$")].count("\n")
        assert page.faults == [f"docs/lab/trial.py:{line}: bad"]

    def test_a_notebook_that_fails_is_a_fault_of_its_page_which_shows_it(self) -> None:
        page = Page("docs/lab/trial.py")
        with BuildJobs() as jobs:
            text = lay_out(page, jobs, "# %%\nraise ValueError('<b>')\n", "", None)
        page.begin(text.splitlines())
        assert page.faults == ["docs/lab/trial.py: cell 1 (line 2): ValueError: <b>; change the cell, or what it calls"]
        assert "ValueError: &lt;b&gt;" in text


class TestDownloads:
    def test_the_notebook_for_jupyter_is_valid_and_has_every_cell(self, trial: Notebook) -> None:
        made = nbformat.reads(trial.ipynb("", None), as_version=4)
        nbformat.validate(made)
        assert [c.cell_type for c in made.cells] == [c.kind for c in trial.cells]
        assert [c.source for c in made.cells if c.cell_type == "code"] == [
            c.source for c in trial.cells if c.kind == "code"
        ]
        assert [c.metadata.get("tags") for c in made.cells].count(["answer"]) == 2
        assert not any(c.get("outputs") for c in made.cells)

    def test_its_first_cell_installs_the_package_where_the_sources_are_known(self, trial: Notebook) -> None:
        made = json.loads(trial.ipynb("", "https://github.com/someone/fork"))
        assert made["cells"][0]["source"] == "%pip install --quiet git+https://github.com/someone/fork"
        assert made["cells"][1:] == [
            cell | {"id": f"cell-{n}"} for n, cell in enumerate(json.loads(trial.ipynb("", None))["cells"], 1)
        ]

    def test_its_links_lead_to_the_site_or_where_that_is_not_known_nowhere(self, trial: Notebook) -> None:
        known = json.loads(trial.ipynb("https://a.b/c/lab/trial.py", None))["cells"]
        assert "See [there](https://a.b/c/page/#part) and $x$." in known[0]["source"]
        unknown = json.loads(trial.ipynb("", None))["cells"]
        assert "See there and $x$." in unknown[0]["source"]
        assert unknown[-1]["source"] == "The end, with 12 and [elsewhere](https://doi.org/1)."

    @pytest.mark.parametrize(
        ("link", "whole"),
        [
            ("../index.md", "https://a.b/c/"),
            ("index.md#run", "https://a.b/c/lab/#run"),
            ("rate.py", "https://a.b/c/lab/rate/"),
            ("../momentum.md#energy", "https://a.b/c/momentum/#energy"),
        ],
    )
    def test_a_link_to_a_file_is_one_to_its_page(self, link: str, whole: str) -> None:
        made = Notebook("", [Cell("markdown", f"[x]({link})", False)]).ipynb("https://a.b/c/lab/trial.py", None)
        assert json.loads(made)["cells"][0]["source"] == f"[x]({whole})"

    def test_the_page_offers_both_and_binder_for_a_repository_that_binder_can_read(self, trial: Notebook) -> None:
        links = {
            repository: re.findall('href="([^"]+)"', trial.markdown("trial", repository))
            for repository in (None, "https://github.com/someone/fork/", "https://forge.invalid/a/b")
        }
        files = ["trial.ipynb", "trial.py"]
        binder = "https://mybinder.org/v2/gh/someone/fork/HEAD?urlpath=lab/tree/docs/lab/trial.ipynb"
        assert list(links.values()) == [files, [*files, binder], files]


SLEEP = "# %%\nimport os, pathlib, time\n\npathlib.Path({file!r}).write_text(str(os.getpid()))\ntime.sleep(60)\n"


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody asks for its result does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class TestProcesses:
    @pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
    def test_the_notebooks_python_ends_with_whatever_executes_it(self, tmp_path: Path, how: signal.Signals) -> None:
        file = tmp_path / "pid"
        code = f"from gdfigs.site.kernel import execute; execute({SLEEP.format(file=str(file))!r})"
        with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL) as executing:
            give_up = time.monotonic() + 60
            while not (file.exists() and file.read_text()) and time.monotonic() < give_up:
                time.sleep(0.05)
            pid = int(file.read_text())
            assert alive(pid)
            executing.send_signal(how)
            assert executing.wait(timeout=20) != 0
        give_up = time.monotonic() + 10  # it looks for its parent once a second
        while alive(pid) and time.monotonic() < give_up:
            time.sleep(0.05)
        assert not alive(pid)

    def test_nothing_of_it_stays(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(elsewhere))
        with pytest.raises(NotebookError):
            execute("# %%\n1 / 0\n")
        execute("# %%\n1\n")
        assert list(elsewhere.iterdir()) == []


JUPYTER = CONFIG.replace("plugins: [gdfigs]", 'plugins: [{mkdocs-jupyter: {include: ["lab/*.py"]}}, gdfigs]')


class TestBuild:
    def test_a_failing_cell_is_told_with_the_other_faults_and_nothing_is_written(self, tmp_path: Path) -> None:
        pages = {
            "index.md": "# Home\n\n$\\foo$\n",
            "lab/trial.py": "# %% [markdown]\n# # Trial\n#\n# $\\bar$\n\n# %%\n1 / 0\n",
            "lab/sound.py": "# %% [markdown]\n# # Sound\n#\n# Number [1.2](gdfigs:amplification#crossing)\n",
        }
        done = build(write(tmp_path / "faulty", pages))
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert "3 fault(s); nothing was written." in done.stderr
        assert "docs/lab/trial.py: cell 1 (line 7): ZeroDivisionError: division by zero; change" in done.stderr
        assert "docs/lab/sound.py:4: the page says 1.2, the figure computes 1.3" in done.stderr
        assert not list((tmp_path / "faulty").glob("site/*"))

    def test_a_notebook_is_a_page_with_its_files(self, tmp_path: Path) -> None:
        pages = {"index.md": "# Home", "page.md": "# Page {#part}", "lab/trial.py": TRIAL.replace("[12]", "[1.28]")}
        for name, config in (("sound", CONFIG), ("jupyter", JUPYTER)):
            done = build(write(tmp_path / name, pages, config))
            assert (done.returncode, done.stderr) == (0, "")
        page = tmp_path / "sound/site/lab/trial/index.html"
        html = page.read_text(encoding="utf-8")
        assert html.count("<math") == 2
        assert 'href="../../page/#part"' in html
        assert "<title>Trial - Small</title>" in html  # from its front matter
        assert page.with_name("trial.py").read_text() == pages["lab/trial.py"]
        nbformat.validate(nbformat.read(page.with_name("trial.ipynb"), as_version=4))
        # Where mkdocs-jupyter shows other notebooks, those with cells in .py files look no different.
        assert (tmp_path / "jupyter/site/lab/trial/index.html").read_text(encoding="utf-8") == html

    def test_a_live_server_executes_again_what_a_change_of_the_package_or_of_the_notebook_concerns(
        self, tmp_path: Path
    ) -> None:
        text = "# %% [markdown]\n# # Trial\n\n# %%\nfrom gdfigs import bounds\n\nfloat(bounds.largest_step(1.0)) * 10\n"
        place = write(tmp_path / "live", {"index.md": "# Home", "lab/trial.py": text})
        shutil.copytree(PACKAGE, place / "package/gdfigs", ignore=shutil.ignore_patterns("__pycache__"))
        changes: list[dict[str, tuple[str, str]]] = [
            {},
            {"package/gdfigs/maths/bounds.py": ("    return 2 / L", "    return 5 / L")},
            {"docs/lab/trial.py": (" * 10", " * 11")},
            {"docs/lab/trial.py": (" * 11", " / 0")},
        ]
        server = SERVER.replace('"index.html"', '"lab/trial/index.html"')
        done = run(place, "-B", "-c", server, json.dumps(changes), PYTHONPATH=str(place / "package"))
        assert done.returncode == 0, done.stderr
        steps = json.loads(done.stdout)
        shown = [re.findall(r"<samp>(.*?)</samp>|(ZeroDivisionError)", step["page"]) for step in steps]
        assert shown == [[("20.0", "")], [("50.0", "")], [("55.0", "")], [("", "ZeroDivisionError")]]
        assert "docs/lab/trial.py: cell 1 (line 7): ZeroDivisionError" in steps[3]["said"][-1]
        assert [(step["raised"], step["running"]) for step in steps] == [("", 0)] * 4
