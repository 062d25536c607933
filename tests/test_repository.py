"""What the repository says of itself is true."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mkdocs.utils.yaml import yaml_load

from scripts.markdown_blocks import BLOCKS
from tests.read_svg import TOLERANCE, off_by
from tests.shown import picture

ROOT = Path(__file__).parent.parent
TEXTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/contribute.md")


def test_the_picture_in_the_readme_is_what_the_figure_shows() -> None:
    """By its numbers: the bytes may differ from one Matplotlib to the next."""
    (file,) = re.findall(r"!\[.+\]\((.+\.svg)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    svg = (ROOT / file).read_text(encoding="utf-8")
    shown = picture("descent-and-flow")
    assert max(off_by(svg, shown).values()) <= TOLERANCE
    assert f">{shown.description}<" in svg


@pytest.mark.parametrize("text", TEXTS)
def test_files_and_commands_that_are_named_exist(text: str) -> None:
    words = (ROOT / text).read_text(encoding="utf-8")
    named = set(re.findall(r"\]\(([\w./-]+)\)", words)) | set(
        re.findall(r"(?<!new file )`((?:docs|gdfigs|tests|scripts)/[\w./-]*)[` ]", words)
    )
    missing = {name for name in named if not (ROOT / name).exists()}
    assert {name for name in missing if not (ROOT / "docs" / name.partition("#")[0]).exists()} == set()


WORKFLOWS = sorted((ROOT / ".github/workflows").iterdir())
workflow = pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)


def steps(file: Path) -> list[dict[str, Any]]:
    """All steps of a workflow's jobs."""
    return [step for job in yaml_load(file.read_text())["jobs"].values() for step in job["steps"]]


@workflow
def test_each_action_of_a_workflow_is_pinned_to_a_commit_with_its_version_beside_it(file: Path) -> None:
    uses = re.findall(r"uses: .+", file.read_text())
    assert uses
    assert [line for line in uses if not re.fullmatch(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


@workflow
def test_a_workflow_may_only_read_unless_it_publishes_main(file: Path) -> None:
    given = yaml_load(file.read_text())
    assert given["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in file.read_text()
    for name, job in given["jobs"].items():
        if "permissions" in job:
            assert (file.name, name) == ("site.yml", "publish")
            assert job["if"] == "github.event_name == 'push'"


@workflow
def test_a_workflow_runs_scripts_that_anyone_can_run_and_ends(file: Path) -> None:
    run = [step["run"].split()[0] for step in steps(file) if "run" in step]
    assert run
    assert [script for script in run if not os.access(ROOT / script, os.X_OK)] == []
    assert all("timeout-minutes" in job for job in yaml_load(file.read_text())["jobs"].values())


def test_a_pull_request_is_told_which_numbers_and_figures_it_changes() -> None:
    given = yaml_load((ROOT / ".github/workflows/site.yml").read_text())
    kept = {
        step["with"]["name"]: job
        for job, content in given["jobs"].items()
        for step in content["steps"]
        if step.get("uses", "").startswith("actions/upload-artifact@")
    }
    assert kept == {"site": "test", "before": "before"}
    compare = given["jobs"]["compare"]
    assert set(compare["needs"]) == set(kept.values())
    *_, last = compare["steps"]
    assert last["run"] == 'scripts/compare built/before built/site >> "$GITHUB_STEP_SUMMARY"'


def test_once_a_week_all_is_tried_with_the_newest_packages_and_links_are_followed() -> None:
    file = ROOT / ".github/workflows/weekly.yml"
    assert "schedule" in yaml_load(file.read_text())[True]  # YAML 1.1 takes "on" for a truth value
    done = [step.get("run") or step["uses"].partition("@")[0] for step in steps(file)]
    assert done.index("scripts/lock") < done.index(".ci/run")
    assert "lycheeverse/lychee-action" in done


def test_before_a_commit_runs_what_a_person_runs() -> None:
    (repository,) = yaml_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [hook["entry"] for hook in repository["hooks"]] == ["scripts/check"]
    assert "scripts/check" in (ROOT / "scripts/test").read_text()


FAULTS = {
    "Text\n/// theorem | A\n\nB\n///\n": "write an empty line before /// theorem",
    "/// theorm | A\n\nB\n///\n": "there is no block 'theorm'",
    "/// theorem | A\n\nB\n": "the block 'theorem' of line 3 has no end",
    "/// proof\n\nB\n///\n\n///\n": "this /// ends no block",
    "Text\n$$\nx\n$$\n": "write an empty line before $$",
    "$$\nx\n$$\ntext\n": "write an empty line behind $$",
    "$$\nx\n\ntext\n": "the formula of line 3 has no end",
    "$$\nx\n": "the formula of line 3 has no end",
    "### Deeper\n": "MD001",
    "Text \n": "MD009",
    "Text": "MD047",
}
SOUND = """\
/// theorem | A rate $x_1$, $x_2$
    attrs: {id: rate}

$$
x_1 * x_2
$$

/// proof

So.
///
///

![Alt](gdfigs:figure)

/// figure-caption
Look.
///

```markdown
/// theorm
$$
```
"""


def test_what_is_wrong_with_a_page_is_told_before_it_is_built(tmp_path: Path) -> None:
    for n, text in enumerate([SOUND, *FAULTS]):
        (tmp_path / f"page-{n}.md").write_text(f"# Title\n\n{text}")
    command = [Path(sys.executable).parent / "pymarkdown", "scan", tmp_path]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.splitlines()
    assert not [line for line in said if "page-0.md" in line]
    for n, reason in enumerate(FAULTS.values(), 1):
        (told,) = (line for line in said if f"page-{n}.md" in line)
        assert reason in told


def test_the_blocks_that_the_rule_knows_are_those_on_the_pages() -> None:
    written = {
        name for file in (ROOT / "docs").rglob("*.md") for name in re.findall(r"^/// (\S+)", file.read_text(), re.M)
    }
    assert written <= BLOCKS


TOOLS = ("mkdocs", "pymarkdown", "mypy", "ruff", "codespell", "zizmor", "check-jsonschema")


@pytest.fixture
def checked(tmp_path: Path) -> Path:
    """A folder with scripts/check and tools that fail where a file of their name with "-fails" behind it exists."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / "scripts/check").write_text((ROOT / "scripts/check").read_text())
    for script in (tmp_path / "scripts/install", *(tmp_path / ".venv/bin" / tool for tool in TOOLS)):
        name = script.name
        script.write_text(f'#!/bin/sh\necho "{name} $*" >> "{tmp_path}/ran"\n[ ! -f "{tmp_path}/{name}-fails" ]\n')
    for script in tmp_path.glob("**/*"):
        script.chmod(0o755)
    return tmp_path


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([folder / "scripts/check"], capture_output=True, text=True)


def test_check_looks_at_everything_and_says_nothing_where_all_is_well(checked: Path) -> None:
    done = check(checked)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    ran = (checked / "ran").read_text()
    assert [tool for tool in TOOLS if f"{tool} " not in ran] == []
    assert "mkdocs build --strict" in ran


@pytest.mark.parametrize("tool", TOOLS)
def test_check_fails_where_one_tool_fails(checked: Path, tool: str) -> None:
    (checked / f"{tool}-fails").touch()
    assert check(checked).returncode == 1


def test_check_names_all_that_is_wrong_at_once(checked: Path) -> None:
    for tool in ("mkdocs", "codespell", "zizmor"):
        (checked / f"{tool}-fails").touch()
    assert re.findall(r"^== (\w+)", check(checked).stdout, re.MULTILINE) == ["pages", "spelling", "workflows"]
