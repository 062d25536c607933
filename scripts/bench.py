"""Ratios of times measured in alternation in one run, so that a busy machine slows both sides alike."""

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import yaml
from mkdocs.utils.yaml import get_yaml_loader, yaml_load
from playwright.sync_api import Error, sync_playwright
from playwright.sync_api import Page as Tab

from gdfigs.plots.registry import FigureCall, all_figures
from gdfigs.site.context import requests
from tests.browser.conftest import FLAGS, chromium
from tests.built import NAV, ROOT
from tests.site import weight

ROUNDS = 5

DRAW = """
import io, multiprocessing, os, sys
from concurrent.futures import ProcessPoolExecutor

def draw(call):
    from gdfigs.plots.registry import all_figures
    name, parameters = call
    all_figures()[name](**parameters).figure.savefig(io.BytesIO(), format="svg")

if __name__ == "__main__":
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(draw, eval(sys.argv[1])))
"""
"""Imports Matplotlib and draws each figure once, in as many processes as there are cores."""

COMPARABLE = {
    "attr_list": {},
    "tables": {},
    "toc": {"permalink": True},
    "pymdownx.arithmatex": {"generic": True},
    "pymdownx.blocks.admonition": {
        "types": ["definition", "lemma", "proposition", "theorem", "corollary", "example", "remark", "warning"]
    },
    "pymdownx.blocks.details": {"types": ["proof"]},
    "pymdownx.blocks.caption": {},
}
"""What a plain MkDocs build of the same pages would use: boxes and captions, no figures and no formulas."""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        plain = plain_project(work / "plain")
        (work / "draw.py").write_text(DRAW)
        call = sorted(
            {
                (r.figure.name, tuple({**r.parameters, **moved}.items()))
                for source in NAV
                for r in on_page(source)
                for moved in r.frames
            }
        )
        draw = [sys.executable, str(work / "draw.py"), repr([(figure, dict(given)) for figure, given in call])]
        build(work / "site", work / "warm")
        cold, warm = [], []
        for n in range(ROUNDS):
            drawing, without = seconds(draw), seconds(mkdocs(plain / "site"), cwd=plain)
            everything = seconds(mkdocs(work / "site"), GDFIGS_CACHE=str(work / f"cold-{n}"))
            nothing = seconds(mkdocs(work / "site"), GDFIGS_CACHE=str(work / "warm"))
            cold.append((everything, drawing + without))
            warm.append((nothing, without))
        drawn = after_an_edit(work / "edited", call[0][0])
        sentence, figure = live(work / "edited")
        figures, sliders, pages = (measure(work / "site") for measure in (weight.figures, weight.sliders, weight.pages))
    print(f"{len(call)} drawings, {len(NAV)} pages, {os.cpu_count()} cores; medians of {ROUNDS} rounds\n")
    print(f"{'':56}{'measured':>10}{'against':>10}{'ratio':>8}{'target':>8}")
    times("cold build against drawing once and a plain build, s", cold, 1.3)
    times("build where nothing changed against a plain build, s", warm, 1.2)
    for what, taken, target in (("sentence", sentence, 1.0), ("figure", figure, 3.0)):
        times(f"changed {what}, from saving to seeing it, s", [(time, target) for time in taken], 1)
    sizes("largest figure, bytes", figures, weight.LARGEST_SVG)
    sizes("heaviest figure with sliders, bytes compressed", sliders, weight.HEAVIEST_SLIDER)
    sizes("heaviest page with what it loads, bytes compressed", pages, weight.HEAVIEST_PAGE)
    print(f"\nDrawn after an edit of {call[0][0]}: {', '.join(drawn) or 'nothing'}")


def on_page(source: str) -> list[FigureCall]:
    return list(requests((ROOT / "docs" / source).read_text(encoding="utf-8")))


def plain_project(folder: Path) -> Path:
    """The same pages and theme without anything of gdfigs: its images and numbers stay as they are written."""
    shutil.copytree(ROOT / "docs", folder / "docs")
    with (ROOT / "mkdocs.yml").open(encoding="utf-8") as file:
        config = yaml_load(file, get_yaml_loader())
    config["markdown_extensions"] = [{name: options} for name, options in COMPARABLE.items()]
    config["plugins"] = ["search"]
    del config["watch"]
    (folder / "mkdocs.yml").write_text(yaml.safe_dump(config))
    return folder


def after_an_edit(folder: Path, name: str) -> list[str]:
    """The figures that are drawn again where the code of the figure ``name`` has changed."""
    for part in ("docs", "gdfigs"):
        shutil.copytree(ROOT / part, folder / part)
    shutil.copy(ROOT / "mkdocs.yml", folder)
    store = folder / "store"
    build(folder / "site", store, cwd=folder, PYTHONPATH=str(folder))
    before = set(store.iterdir())
    figure = all_figures()[name]
    module = folder / Path(sys.modules[figure.function.__module__].__file__ or "").relative_to(ROOT)
    edited = figure.source.replace('"""', '"""Edited. ', 1)
    module.write_text(module.read_text(encoding="utf-8").replace(figure.source, edited), encoding="utf-8")
    build(folder / "site", store, cwd=folder, PYTHONPATH=str(folder))
    new = (file.read_bytes().partition(b"\n")[2] for file in set(store.iterdir()) - before)
    return [json.loads(value)["prefix"] for value in new if value.startswith(b'{"prefix"')]  # not the coloured code


def live(place: Path) -> tuple[list[float], list[float]]:
    """Seconds from the saving of a changed page, and of a figure without a slider, until a browser shows them."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "mkdocs", "serve", "--quiet", "--livereload", "--dev-addr", address]
    own = os.environ | {"GDFIGS_CACHE": str(place / "store"), "PYTHONPATH": str(place)}
    page, module = place / "docs/outlook.md", place / "gdfigs/figures/gradient_descent.py"
    taken: list[list[float]] = []
    with subprocess.Popen(command, cwd=place, env=own) as server, sync_playwright() as playwright:
        try:
            with playwright.chromium.launch(executable_path=chromium(playwright), args=FLAGS) as browser:
                tab = browser.new_page()
                for file, url, old in ((page, "outlook/", "Many"), (module, "gradient-descent/", "A rounded valley")):
                    while not arrives(tab, f"http://{address}/{url}"):
                        time.sleep(0.1)
                    tab.wait_for_timeout(2000)
                    taken.append([])
                    text = file.read_text(encoding="utf-8")
                    for n in range(ROUNDS):
                        start = time.perf_counter()
                        file.write_text(text.replace(old, f"Round {n}. {old}"), encoding="utf-8")
                        seen = f"document.documentElement?.outerHTML.includes('Round {n}. ')"
                        tab.wait_for_function(seen, polling=20, timeout=60_000)
                        taken[-1].append(time.perf_counter() - start)
                        tab.wait_for_timeout(2000)
        finally:
            server.terminate()
    return taken[0], taken[1]


def arrives(tab: Tab, url: str) -> bool:
    with suppress(Error):
        return (answer := tab.goto(url)) is not None and answer.ok
    return False


def build(folder: Path, store: Path, cwd: Path = ROOT, **settings: str) -> None:
    seconds(mkdocs(folder), cwd, GDFIGS_CACHE=str(store), **settings)


def mkdocs(folder: Path) -> list[str]:
    return [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder)]


def seconds(command: list[str], cwd: Path = ROOT, **settings: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, cwd=cwd, env=os.environ | settings, check=True)
    return time.perf_counter() - start


def times(what: str, pairs: list[tuple[float, float]], target: float) -> None:
    measured, against = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"{what:56}{measured:10.2f}{against:10.2f}{ratio:8.2f}{target:8.2f}")


def sizes(what: str, found: Mapping[str, int], target: int) -> None:
    name = max(found, key=lambda key: found[key])
    print(f"{what:56}{found[name]:10,}{'':10}{found[name] / target:8.2f}{1:8.2f}  ({name})")


if __name__ == "__main__":
    main()
