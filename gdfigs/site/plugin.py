"""The MkDocs plugin: what needs a site. It alone touches pages of MkDocs."""

from __future__ import annotations

import json
import logging
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from html import unescape
from pathlib import Path
from typing import Any, Literal

from jinja2.bccache import FileSystemBytecodeCache
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import get_toc
from mkdocs.utils import get_relative_url
from mkdocs.utils.meta import get_data

from gdfigs.build import cache
from gdfigs.build.keys import package_sources

log = logging.getLogger("mkdocs.plugins.gdfigs")
_STAY = {__name__, "gdfigs.site", "gdfigs.build", "gdfigs.build.cache", "gdfigs.build.keys"}
"""Modules that a live server does not load again."""
_EVERY = 2.0
"""Seconds between two lines that say how many figures are drawn."""


class GdfigsPlugin(BasePlugin):  # type: ignore[type-arg, no-untyped-call]
    """Builds every page through the ``gdfigs`` extension, which must be among markdown_extensions."""

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:
        self.serving, self.code = command == "serve", dict[str, str]()

    def on_config(self, config: MkDocsConfig) -> None:
        if "gdfigs" not in config.markdown_extensions:
            raise PluginError("add 'gdfigs' to markdown_extensions in mkdocs.yml: the plugin works through it")
        config.mdx_configs["gdfigs"] = {}  # or mkdocstrings, finding none at all, would have a dictionary of its own
        config.theme.dirs.insert(0, str(Path(__file__).parent / "templates/theme"))

    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        """Drops the package's modules where their sources have changed: a live server draws with the new code."""
        code = package_sources()
        if self.code not in ({}, code):
            for name in [n for n in sys.modules if n.startswith("gdfigs.") and n not in _STAY]:
                del sys.modules[name]
        self.code = code

    def on_files(self, files: Files, *, config: MkDocsConfig) -> None:
        """Looks for pages that need not be set; if there are others, starts checking the claims."""
        from gdfigs.build.jobs import BuildJobs
        from gdfigs.plots.registry import RegistryError, all_figures
        from gdfigs.site import lab
        from gdfigs.site.page_cache import PageCache

        pages = files.documentation_pages()
        texts = {file.src_uri: file.content_string for file in pages}
        places = [config.site_url, config.repo_url, sorted(file.src_uri for file in files)]
        self.cache = PageCache(texts, self.code, Path(config.config_file_path).read_text(encoding="utf-8"), places)
        self.jobs, self.warnings = BuildJobs(), _Warnings(logging.getLogger("mkdocs"))
        self.pages: dict[str, tuple[Page, Any]] = {}
        self.notebooks: dict[str, Future[None]] = {}
        self.threads: ThreadPoolExecutor | None = None
        config.mdx_configs["gdfigs"] = {"jobs": self.jobs}
        stale = [file for file in pages if file.src_uri not in self.cache.pages]
        if not stale:
            return
        try:
            all_figures()
        except RegistryError as fault:
            if not self.serving:  # there every figure on every page shows it
                raise PluginError(str(fault)) from None
        self.jobs.submit_checks()
        if notebooks := [file for file in stale if file.src_uri.endswith(lab.SUFFIX)]:
            self.folder = lab.short_folder()
            lab.configure_jupyter(Path(self.folder.name))
            self.threads = ThreadPoolExecutor(len(notebooks))

    def on_page_markdown(self, markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
        from gdfigs.site.context import PageContext

        uri, whole = page.file.src_uri, page.file.content_string
        root = f"{get_relative_url('.', page.url)}/"
        if found := self.cache.pages.get(uri):
            self.pages[uri] = page, found.context(uri, root, whole.splitlines())
            page.meta.update(found.meta)
            page.render = lambda config, files: _put_back(page, found, files)  # type: ignore[method-assign]
            return markdown
        above = whole.count("\n") - markdown.count("\n") if whole.endswith(markdown) else 0
        context = PageContext(uri, root, above + 1, markdown.splitlines(), deferred=True)
        self.pages[uri] = page, context
        if self.threads and uri.endswith(".py"):
            context.first_line, context.lines = 1, whole.splitlines()
            self.notebooks[uri] = self.threads.submit(_execute, page, page.render, config, files, self.folder.name)
            page.render = lambda config, files: _leave_empty(page)  # type: ignore[method-assign]
        else:
            page.render = lambda config, files: self.render(page, config, files)  # type: ignore[method-assign]
        return markdown

    def render(self, page: Page, config: MkDocsConfig, files: Files) -> None:
        """Sets a page; whatever is raised becomes a fault of the page, and a live server goes on."""
        context = self.pages[page.file.src_uri][1]
        config.mdx_configs["gdfigs"]["page"], self.warnings.page = context, page.file.src_uri
        try:
            Page.render(page, config, files)
        except Exception as fault:
            log.debug("", exc_info=True)
            context.fault(f"{type(fault).__name__}: {fault}")
            _leave_empty(page)

    def on_env(self, env: Any, *, config: MkDocsConfig, files: Files) -> None:
        """Sets what waits for others, fills in all fragments, then reports every fault at once or adds the files."""
        from gdfigs.site import evidence
        from gdfigs.site.context import SiteIndex, grouped
        from gdfigs.site.fragments import WITHIN_LINES, Filler, fill_in
        from gdfigs.site.mathml import font, font_licence
        from gdfigs.site.page_cache import CachedPage

        env.bytecode_cache = FileSystemBytecodeCache(str(_folder("templates")))
        self.lay_out_notebooks(config, files)
        index = SiteIndex(context for _, context in self.pages.values())
        facts = {uri: cache.digest(index.facts_for(context)) for uri, (_, context) in self.pages.items()}
        hits = {uri for uri, page in self.cache.pages.items() if page.facts == facts[uri]}
        for uri, (page, context) in self.pages.items():
            if context.needs_index and uri not in hits:
                again = type(context)(uri, context.root, context.first_line, context.lines, deferred=True, index=index)
                self.pages[uri] = page, again
                self.render(page, config, files)
        self.report_progress()
        made = {uri: CachedPage.of(*self.pages[uri]) for uri in self.pages.keys() - hits}
        self.fragments: dict[str, list[str | None]] = {}
        for uri, (page, context) in self.pages.items():
            filled = self.cache.pages[uri].filled if uri in hits else Filler(context, self.jobs, index).fill()
            if uri in made:
                made[uri].filled, made[uri].facts = filled, facts[uri]
                made[uri].collected["files"] = context.files
            small = [f.kind in WITHIN_LINES for f in context.fragments]
            page.content = fill_in(page.content or "", [h if s else None for h, s in zip(filled, small, strict=True)])
            self.fragments[uri] = list(filled)
        contexts = [context for _, context in self.pages.values()]
        unclaimed = evidence.faults(index) if made and any(context.needs_index for context in contexts) else []
        self.close()
        if faults := grouped([*(fault for context in contexts for fault in context.faults), *unclaimed]):
            if not self.serving:
                raise PluginError("\n".join([f"{len(faults)} fault(s); nothing was written.", *faults]))
            for line in faults:  # a live server goes on, and the page shows it
                log.error(line)
        for uri in made.keys() - self.warnings.pages:
            if not self.pages[uri][1].faults:
                self.cache.save(uri, made[uri])
        woff = font(set().union(*(context.characters for context in contexts)))
        self.font = f"assets/stix-two-math-{cache.digest(woff.hex())[:8]}.woff2"
        add: dict[str, Any] = {uri: content for context in contexts for uri, content in context.files.items()}
        for uri, content in (add | {self.font: woff, "assets/stix-two-math-licence.txt": font_licence()}).items():
            files.append(File.generated(config, uri, content=content))

    def lay_out_notebooks(self, config: MkDocsConfig, files: Files) -> None:
        """Waits for mkdocs-jupyter to have executed the notebooks, and sets their pages."""
        from gdfigs.site import lab

        for uri, future in self.notebooks.items():
            page, context = self.pages[uri]
            fault, text = future.exception(), page.file.content_string
            if fault:
                line, reason = lab.explain(fault, text)
                context.faults.append(f"{context.name}{f':{line}' if line else ''}: {reason}")
                page.markdown = f'# {page.file.name}\n\n<p class="gd-fault">{reason}</p>'
            else:
                cells, _ = json.JSONDecoder().raw_decode(unescape(page.content or "").lstrip())
                made = lab.lay_out(context, cells, text, config.site_url or "", config.repo_url or "")
                page.markdown, page.meta = get_data(made)
            self.render(page, config, files)

    def report_progress(self) -> None:
        """Says every few seconds how much is drawn and checked, until all is."""
        said = time.monotonic()
        while (state := self.jobs.progress())[0] < state[1]:
            time.sleep(0.05)
            if time.monotonic() - said > _EVERY:
                said = time.monotonic()
                log.info("Drawn and checked: %d of %d", *state)

    def on_page_context(self, context: Any, *, page: Page, config: MkDocsConfig, nav: Any) -> Any:
        """Gives the template what stands in the page's head: its keywords, and the font of its formulas."""
        words = ", ".join([*page.meta.get("categories", []), *page.meta.get("tags", [])])
        font = get_relative_url(self.font, page.url) if self.pages[page.file.src_uri][1].characters else ""
        return {**context, "gdfigs": {"keywords": words, "font": font}}

    def on_post_page(self, output: str, *, page: Page, config: MkDocsConfig) -> str:
        from gdfigs.site.fragments import fill_in

        return fill_in(output, self.fragments[page.file.src_uri])

    def on_serve(self, server: Any, *, config: MkDocsConfig, builder: Any) -> None:
        """Looks for what was saved five times as often as MkDocs does by itself."""
        from watchdog.observers.polling import PollingObserver

        places = [config.docs_dir, config.config_file_path]
        for place in places:
            server.unwatch(place)
        server.observer = PollingObserver(timeout=0.1)
        for place in places:
            server.watch(place)

    def on_build_error(self, error: Exception) -> None:
        self.close()

    def on_shutdown(self) -> None:
        self.close()

    def close(self) -> None:
        """Ends the processes that draw and the notebooks, also where the build was interrupted."""
        if hasattr(self, "jobs"):
            self.jobs.close()
            self.warnings.close()
            if self.threads:
                self.threads.shutdown(cancel_futures=True)
                self.folder.cleanup()
            self.threads = None


class _Warnings(logging.Handler):
    """Collects the pages that are warned of while they are set; they are not cached, to be warned of again."""

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__(logging.WARNING)
        self.page, self.pages, self.logger = "", set[str](), logger
        logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.pages.add(self.page)

    def close(self) -> None:
        self.logger.removeHandler(self)
        super().close()


def _leave_empty(page: Any) -> None:
    page.content, page.toc, page.present_anchor_ids = "", get_toc([]), set()


def _put_back(page: Any, found: Any, files: Files) -> None:
    """Gives a page of MkDocs what it had when it was set."""
    page.content, page.toc, page._title_from_render = found.content, get_toc(found.toc), found.title
    page.present_anchor_ids = set(found.anchors)
    page.links_to_anchors = {files.get_file_from_path(uri): links for uri, links in found.links.items()}


def _execute(page: Any, render: Any, config: MkDocsConfig, files: Files, folder: str) -> None:
    """Executes a notebook through mkdocs-jupyter, as a file of Jupyter's, so that no comment is taken for a command."""
    import jupytext

    percent = {"extension": ".py", "format_name": "percent", "comment_magics": False}
    source, copy = page.file.abs_src_path, Path(folder) / f"{page.file.name}.ipynb"
    jupytext.write(jupytext.reads(page.file.content_string, fmt=percent), copy)
    page.file.abs_src_path = str(copy)
    try:
        render(config, files)
    finally:
        page.file.abs_src_path = source


def _folder(name: str) -> Path:
    folder = cache.FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
