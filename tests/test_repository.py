"""What the repository says of itself is true."""

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from mkdocs.utils.yaml import yaml_load

from tests.read_svg import TOLERANCE, off_by
from tests.shown import picture

ROOT = Path(__file__).parent.parent
TEXTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/contribute.md")
LOCKS = ("requirements.lock", "requirements-dev.lock")


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
    links, paths = r"\]\(([\w./-]+)\)", r"(?<!new file )`((?:docs|gdfigs|tests|scripts)/[\w./-]*)[` ]"
    named = {*re.findall(links, words), *re.findall(paths, words)}
    assert [name for name in named if not (ROOT / name).exists() and not (ROOT / "docs" / name).exists()] == []


def test_each_package_is_locked_by_version_and_hash_and_in_one_lock() -> None:
    entries = [re.split(r"\n(?=\S)", (ROOT / lock).read_text().rstrip()) for lock in LOCKS]
    form = re.compile(r"\S+==[^\n]+(\n    --hash=sha256:[0-9a-f]{64}( \\)?)+")
    assert [entry for lock in entries for entry in lock if not form.fullmatch(entry)] == []
    site, dev = ({entry.partition("==")[0] for entry in lock} for lock in entries)
    assert site & dev == set()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]

    def names(requirements: list[str]) -> set[str]:
        return {re.split(r"[><=]", name)[0].lower().replace("_", "-") for name in requirements}

    assert names(project["dependencies"] + extras["site"]) <= site
    assert names(extras["dev"] + extras["generators"]) <= dev


WORKFLOWS = sorted((ROOT / ".github/workflows").iterdir())
workflow = pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)


@workflow
def test_each_action_of_a_workflow_is_pinned_to_a_commit_with_its_version_beside_it(file: Path) -> None:
    uses = re.findall(r"uses: .+", file.read_text())
    assert uses
    assert [line for line in uses if not re.fullmatch(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


@workflow
def test_a_workflow_may_only_read_unless_it_publishes_main_and_ends(file: Path) -> None:
    content = yaml_load(file.read_text())
    assert content["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in file.read_text()
    for name, job in content["jobs"].items():
        assert "timeout-minutes" in job
        if "permissions" in job:
            assert (file.name, name, job["if"]) == ("site.yml", "publish", "github.event_name == 'push'")


def runs(content: Any) -> list[str]:
    """Returns the commands and actions of all jobs of a workflow."""
    steps = [step for job in content["jobs"].values() for step in job["steps"]]
    return [step.get("run") or step["uses"].partition("@")[0] for step in steps]


@workflow
def test_a_workflow_runs_scripts_that_anyone_can_run(file: Path) -> None:
    scripts = [
        run.split()[0] for run in runs(yaml_load(file.read_text())) if not run.startswith(("actions/", "lychee"))
    ]
    assert scripts
    assert [script for script in scripts if not os.access(ROOT / script, os.X_OK)] == []


def test_a_pull_request_is_told_which_numbers_and_figures_it_changes() -> None:
    jobs = yaml_load((ROOT / ".github/workflows/site.yml").read_text())["jobs"]
    artifacts = {
        step["with"]["name"]: job
        for job, content in jobs.items()
        for step in content["steps"]
        if step.get("uses", "").startswith("actions/upload-artifact@")
    }
    assert artifacts == {"site": "test", "before": "before"}
    assert set(jobs["compare"]["needs"]) == {"test", "before"}
    last = jobs["compare"]["steps"][-1]["run"]
    assert last == 'scripts/compare built/before built/site >> "$GITHUB_STEP_SUMMARY"'


def test_once_a_week_all_is_tried_with_the_newest_packages_and_links_are_followed() -> None:
    content = yaml_load((ROOT / ".github/workflows/weekly.yml").read_text())
    assert "schedule" in content[True]  # YAML 1.1 takes "on" for a truth value
    assert runs(content).index("scripts/lock") < runs(content).index(".ci/run")
    assert "lycheeverse/lychee-action" in runs(content)


def test_before_a_commit_runs_what_a_person_runs() -> None:
    (repository,) = yaml_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [hook["entry"] for hook in repository["hooks"]] == ["scripts/check"]
    assert "scripts/check" in (ROOT / "scripts/test").read_text()


TOOLS = ("mkdocs", "pymarkdown", "mypy", "ruff", "codespell", "zizmor", "check-jsonschema", "python")


def check(folder: Path, *wrong: str) -> tuple[int, str, str]:
    """Runs scripts/check with tools that fail or not; returns its status, what it prints, and what ran."""
    (folder / "scripts").mkdir()
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / "scripts/check").write_text((ROOT / "scripts/check").read_text())
    for script in (folder / "scripts/install", *(folder / ".venv/bin" / tool for tool in TOOLS)):
        status = int(script.name in wrong)
        script.write_text(f'#!/bin/sh\necho "{script.name} $*" >> "{folder}/ran"\nexit {status}\n')
    for script in folder.glob("**/*"):
        script.chmod(0o755)
    done = subprocess.run([folder / "scripts/check"], capture_output=True, text=True)
    assert done.stderr == ""
    return done.returncode, done.stdout, (folder / "ran").read_text()


def test_check_says_what_runs_and_fails_nowhere_where_all_is_well(tmp_path: Path) -> None:
    status, said, ran = check(tmp_path)
    assert status == 0
    assert {*re.findall(r"^(\w+) +ok +\d+ s$", said, re.MULTILINE)} == {
        *re.findall(r"^look (\w+)", (ROOT / "scripts/check").read_text(), re.MULTILINE)
    }
    assert [tool for tool in TOOLS if f"{tool} " not in ran] == []
    assert "mkdocs build --strict" in ran
    assert "python -m tests.words" in ran


@pytest.mark.parametrize("tool", TOOLS)
def test_check_fails_where_one_tool_fails(tmp_path: Path, tool: str) -> None:
    assert check(tmp_path, tool)[0] == 1


def test_check_names_all_that_is_wrong_at_once(tmp_path: Path) -> None:
    said = check(tmp_path, "mkdocs", "codespell", "zizmor")[1]
    assert re.findall(r"^== (\w+)", said, re.MULTILINE) == ["pages", "spelling", "workflows"]
