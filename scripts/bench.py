"""Measures how long builds take, how soon a change is served, and what figures and pages weigh. Asserts nothing."""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import yaml
from mkdocs.utils.yaml import get_yaml_loader, yaml_load

from gdfigs.plots.registry import all_figures
from tests.built import NAV, ROOT
from tests.site import weight

ROUNDS = 5
EDITED = {
    "docs/outlook.md": ("outlook/", "Many"),
    "gdfigs/figures/gradient_descent.py": ("gradient-descent/", "A rounded"),
}
"""File to change, page that shows it, text to change."""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        shutil.copytree(ROOT / "docs", work / "plain/docs")
        (work / "plain/mkdocs.yml").write_text(plain_configuration())
        for part in ("docs", "gdfigs"):
            shutil.copytree(ROOT / part, work / "copy" / part)
        shutil.copy(ROOT / "mkdocs.yml", work / "copy")
        build(work / "copy", work / "warm")
        rounds: dict[str, list[float]] = {"cold build": [], "build where nothing changed": [], "plain build": []}
        for n in range(ROUNDS):  # in alternation, so that a busy machine slows all alike
            for what, project, cache in zip(
                rounds, ("copy", "copy", "plain"), (f"cold-{n}", "warm", "warm"), strict=True
            ):
                rounds[what].append(build(work / project, work / cache))
        rounds |= served(work / "copy", work / "warm")
        print(f"{len(all_figures())} figures, {len(NAV)} pages, {os.cpu_count()} cores; medians of {ROUNDS}\n")
        for what, seconds in rounds.items():
            print(f"{what:50}{statistics.median(seconds):10.2f} s")
        site = work / "copy/site"
        heaviest("figure, bytes", weight.figures(site))
        heaviest("figure with sliders, bytes compressed", weight.sliders(site))
        heaviest("page with what it loads, bytes compressed", weight.pages(site))


def plain_configuration() -> str:
    """Returns the configuration of the same pages without gdfigs: images and numbers stay as they are written."""
    with (ROOT / "mkdocs.yml").open(encoding="utf-8") as file:
        config = yaml_load(file, get_yaml_loader())
    kinds = ["definition", "lemma", "proposition", "theorem", "corollary", "example", "remark", "warning", "correction"]
    config["markdown_extensions"] = ["attr_list", "tables", "pymdownx.blocks.caption"]
    config["markdown_extensions"] += [{"toc": {"permalink": True}}, {"pymdownx.arithmatex": {"generic": True}}]
    config["markdown_extensions"] += [{"pymdownx.blocks.admonition": {"types": kinds}}]
    config["markdown_extensions"] += [{"pymdownx.blocks.details": {"types": ["proof"]}}]
    config["plugins"] = ["search"]
    del config["watch"]
    return yaml.safe_dump(config)


def mkdocs(project: Path, cache: Path, *arguments: str) -> subprocess.Popen[bytes]:
    settings = {"GDFIGS_CACHE": str(cache), "PYTHONPATH": str(project)}
    command = [sys.executable, "-m", "mkdocs", arguments[0], "--quiet", *arguments[1:]]
    return subprocess.Popen(command, cwd=project, env=os.environ | settings)


def build(project: Path, cache: Path) -> float:
    start = time.perf_counter()
    if mkdocs(project, cache, "build").wait():
        sys.exit(f"the build of {project} fails")
    return time.perf_counter() - start


def served(project: Path, cache: Path) -> dict[str, list[float]]:
    """Measures the seconds from saving a changed page, and a changed figure, until the server shows them."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    rounds: dict[str, list[float]] = {}
    with mkdocs(project, cache, "serve", "--livereload", "--dev-addr", address) as server:
        for name, (page, old) in EDITED.items():
            text = (project / name).read_text(encoding="utf-8")
            wait_for(f"http://{address}/{page}", "")
            for n in range(ROUNDS):
                time.sleep(2)
                start = time.perf_counter()
                (project / name).write_text(text.replace(old, f"Round {n}. {old}"), encoding="utf-8")
                wait_for(f"http://{address}/{page}", f"Round {n}. ")
                rounds.setdefault(f"change of {name}", []).append(time.perf_counter() - start)
        server.terminate()
    return rounds


def wait_for(url: str, text: str) -> None:
    for _ in range(1000):
        try:
            if text in urlopen(url).read().decode():
                return
        except URLError:
            pass
        time.sleep(0.1)
    sys.exit(f"{url} never shows {text!r}")


def heaviest(what: str, sizes: Mapping[str, int]) -> None:
    name = max(sizes, key=lambda name: sizes[name])
    print(f"largest {what:42}{sizes[name]:10,}   {name}")


if __name__ == "__main__":
    main()
