"""The MkDocs plugin: what needs a site. It alone touches pages of MkDocs."""

from __future__ import annotations

import json
import logging
import signal
import sys
import threading
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
_STAY = {__name__, "gdfigs.site", "gdfigs.build", "gdfigs.build.cache"}
"""Modules that a live server does not load again."""


class GdfigsPlugin(BasePlugin):  # type: ignore[type-arg, no-untyped-call]
    """Builds every page through the ``gdfigs`` extension, which must be among markdown_extensions."""

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:
        self.serving, self.code = command == "serve", dict[str, str]()
        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # which shuts down in order

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
        from gdfigs.claims.core import ClaimError, claims
        from gdfigs.plots.registry import RegistryError, all_figures
        from gdfigs.site import lab
        from gdfigs.site.assembly import Assembly

        # gdfigs.css has the few rules of the reference; the theme's sheet of mkdocstrings would load on every page.
        config.extra_css = [sheet for sheet in config.extra_css if "mkdocstrings" not in sheet]
        texts = {file.src_uri: file.content_string for file in files.documentation_pages()}
        shared = [config.site_url, config.repo_url, sorted(file.src_uri for file in files)]
        self.site = Assembly(texts, self.code, Path(config.config_file_path).read_text(encoding="utf-8"), shared)
        config.mdx_configs["gdfigs"] = {"jobs": self.site.jobs}
        self.warnings = _Warnings(logging.getLogger("mkdocs"))
        self.pages: dict[str, Page] = {}
        self.notebooks: dict[str, Future[None]] = {}
        self.threads: ThreadPoolExecutor | None = None
        self.broken = ""
        stale = texts.keys() - self.site.cache.pages.keys()
        if not stale:
            return
        try:
            all_figures()
        except RegistryError as fault:
            if not self.serving:  # there every figure on every page shows it
                raise PluginError(str(fault)) from None
        try:
            claims()
        except ClaimError as fault:
            if not self.serving:
                raise PluginError(str(fault)) from None
            self.broken = str(fault)
            return
        self.site.jobs.submit_checks()
        if notebooks := [uri for uri in stale if uri.endswith(lab.SUFFIX)]:
            self.folder = lab.short_folder()
            lab.configure_jupyter(Path(self.folder.name))
            self.threads = ThreadPoolExecutor(len(notebooks))

    def on_page_markdown(self, markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
        from gdfigs.site.context import PageContext

        uri, whole = page.file.src_uri, page.file.content_string
        root, self.pages[uri] = f"{get_relative_url('.', page.url)}/", page
        if found := self.site.cache.pages.get(uri):
            self.site.contexts[uri] = found.context(uri, root, whole.splitlines())
            page.meta.update(found.meta)
            page.render = lambda config, files: _put_back(page, found, config, files)  # type: ignore[method-assign]
        elif self.threads and uri.endswith(".py"):
            self.site.contexts[uri] = PageContext(uri, root, 1, whole.splitlines(), deferred=True)
            self.notebooks[uri] = self.threads.submit(_execute, page, page.render, config, files, self.folder.name)
            page.render = lambda config, files: _leave_empty(page)  # type: ignore[method-assign]
        else:
            above = whole.count("\n") - markdown.count("\n") if whole.endswith(markdown) else 0
            self.site.contexts[uri] = PageContext(uri, root, above + 1, markdown.splitlines(), deferred=True)
            page.render = lambda config, files: self.render(uri, config, files)  # type: ignore[method-assign]
        if whole.startswith("---\n") and markdown.startswith("---\n"):
            reason = "the front matter is no YAML: put values with ':', '[' or '{' in quotation marks"
            self.site.contexts[uri].faults.append(f"docs/{uri}:1: {reason}")
        self.site.contexts[uri].set_title(page.meta)
        return markdown

    def render(self, uri: str, config: MkDocsConfig, files: Files) -> None:
        """Sets a page; whatever is raised becomes a fault of the page, and a live server goes on."""
        page, context = self.pages[uri], self.site.contexts[uri]
        config.mdx_configs["gdfigs"]["page"], self.warnings.page = context, uri
        if self.broken:
            context.faults.append(f"{context.name}: {self.broken}")
            _leave_empty(page)
            return
        try:
            Page.render(page, config, files)
        except Exception as fault:
            log.debug("", exc_info=True)
            context.fault(f"{type(fault).__name__}: {fault}")
            _leave_empty(page)

    def on_env(self, env: Any, *, config: MkDocsConfig, files: Files) -> None:
        """Sets what waits for others, fills in all fragments, then reports every fault at once or adds the files."""
        templates = cache.FOLDER / "templates"
        templates.mkdir(parents=True, exist_ok=True)
        env.bytecode_cache = FileSystemBytecodeCache(str(templates))
        for uri, future in self.notebooks.items():
            self.lay_out(uri, future, config)
            self.render(uri, config, files)
        for context in self.site.pages_to_set_again():
            self.render(context.uri, config, files)
        self.site.wait(lambda done, total: log.info("Drawn and checked: %d of %d", done, total))
        made = {uri: _kept(page) for uri, page in self.pages.items() if not self.site.is_unchanged(uri)}
        for uri, page in self.pages.items():
            page.content = self.site.fill(uri, page.content or "")
        self.close()
        if faults := self.site.faults():
            if not self.serving:
                raise PluginError("\n".join([f"{len(faults)} fault(s); nothing was written.", *faults]))
            for line in faults:  # a live server goes on, and the page shows it
                log.error(line)
        for uri, page_state in made.items():
            if uri not in self.warnings.pages:
                self.site.save(uri, self.site.cache.collect(self.site.contexts[uri], **page_state))
        for uri, content in self.site.files().items():
            files.append(File.generated(config, uri, content=content))

    def lay_out(self, uri: str, executed: Future[None], config: MkDocsConfig) -> None:
        """Waits for mkdocs-jupyter to have executed a notebook, and makes the text of its page."""
        from gdfigs.site import lab

        page, context = self.pages[uri], self.site.contexts[uri]
        fault, text = executed.exception(), page.file.content_string
        if fault:
            line, reason = lab.explain(fault, text)
            context.faults.append(f"{context.name}{f':{line}' if line else ''}: {reason}")
            context.shown.add(reason)
            page.markdown = lab.in_place_of(page.file.name, reason)
        else:
            cells, _ = json.JSONDecoder().raw_decode(unescape(page.content or "").lstrip())
            made = lab.lay_out(context, cells, text, config.site_url or "", config.repo_url or "")
            page.markdown, page.meta = get_data(made)

    def on_page_context(self, context: Any, *, page: Page, config: MkDocsConfig, nav: Any) -> Any:
        """Gives the template what stands in the page's head: its keywords, and the font of its formulas."""
        words = ", ".join([*page.meta.get("categories", []), *page.meta.get("tags", [])])
        formulas = self.site.contexts[page.file.src_uri].characters
        font = get_relative_url(self.site.font, page.url) if formulas else ""
        return {**context, "gdfigs": {"keywords": words, "font": font}}

    def on_post_page(self, output: str, *, page: Page, config: MkDocsConfig) -> str:
        return self.site.complete(page.file.src_uri, output)

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
        if hasattr(self, "warnings"):
            self.site.jobs.close()
            self.warnings.remove()
            if self.threads:
                self.threads.shutdown(wait=False, cancel_futures=True)
                while not all(executed.done() for executed in self.notebooks.values()):
                    from gdfigs.site.kernel import end_kernels

                    end_kernels()  # again and again: one may just be starting
                    time.sleep(0.05)
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

    def remove(self) -> None:
        """Not in ``close``: nbconvert, by configuring its own log, closes every handler of the process."""
        self.logger.removeHandler(self)


def _kept(page: Any) -> dict[str, Any]:
    """Returns what MkDocs needs of a page that was set: see page_cache.CachedPage."""

    def token(entry: Any) -> dict[str, Any]:
        return {"name": entry.title, "id": entry.id, "level": entry.level, "children": [*map(token, entry.children)]}

    return {
        "content": page.content,
        "toc": [*map(token, page.toc)],
        "title": page._title_from_render,
        "meta": {name: value for name, value in page.meta.items() if isinstance(value, str | list)},
        "anchors": sorted(page.present_anchor_ids or ()),
        "links": {file.src_uri: dict(links) for file, links in (page.links_to_anchors or {}).items()},
    }


def _put_back(page: Any, found: Any, config: MkDocsConfig, files: Files) -> None:
    page.content, page.toc, page._title_from_render = found.content, get_toc(found.toc), found.title
    page.present_anchor_ids = set(found.anchors)
    page.links_to_anchors = {files.get_file_from_path(uri): links for uri, links in found.links.items()}
    if autorefs := config.plugins.get("autorefs"):  # through which docstrings link to those of other pages
        entries = [*page.toc]
        for entry in entries:
            entries += entry.children
            if "." in entry.id:  # the name of an object, not a heading of the page's own
                autorefs.register_anchor(page, entry.id, title=entry.title)


def _leave_empty(page: Any) -> None:
    page.content, page.toc, page._title_from_render, page.present_anchor_ids = "", get_toc([]), None, set()


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
