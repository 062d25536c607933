"""The MkDocs adapter: what needs a site. Downloads and the math font as files, faults grouped, code reloaded."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any, Literal

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page as MkDocsPage
from mkdocs.structure.toc import get_toc
from mkdocs.utils import get_relative_url
from mkdocs.utils.meta import get_data

from gdfigs.build import cache as store

log = logging.getLogger("mkdocs.plugins.gdfigs")
_HERE = Path(__file__).parent.parent


_KEPT = {__name__, "gdfigs.site", "gdfigs.build", "gdfigs.build.cache"}
"""Modules that a live server does not reload."""


class _Notebook(File):
    def is_documentation_page(self) -> bool:
        return True


class GdfigsPlugin(BasePlugin):  # type: ignore[type-arg, no-untyped-call]
    """Builds every page through the ``gdfigs`` extension, which must be among markdown_extensions."""

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:
        self.serving, self.code = command == "serve", dict[str, str]()

    def on_config(self, config: MkDocsConfig) -> None:
        if "gdfigs" not in config.markdown_extensions:
            raise PluginError("add 'gdfigs' to markdown_extensions in mkdocs.yml: the plugin works through it")
        config.mdx_configs["gdfigs"] = {}  # or mkdocstrings, finding none at all, would have a dictionary of its own

    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        """Forgets the package's modules where their sources have changed: a live server draws with the new code."""
        files = sorted(file for file in _HERE.rglob("*") if file.suffix in (".py", ".js", ".jinja"))
        code = {file.relative_to(_HERE).as_posix(): file.read_text(encoding="utf-8") for file in files}
        if self.code not in ({}, code):
            for name in [n for n in sys.modules if n.startswith("gdfigs.") and n not in _KEPT]:
                del sys.modules[name]
        self.code = code
        self.made: dict[str, tuple[MkDocsPage, Any]] = {}

    def on_files(self, files: Files, *, config: MkDocsConfig) -> None:
        """Looks for pages that were set before, and starts drawing for the others, while MkDocs reads them."""
        from gdfigs.build.jobs import BuildJobs
        from gdfigs.plots.registry import RegistryError, all_figures
        from gdfigs.site.markdown import LEDGER
        from gdfigs.site.notebook import SUFFIX
        from gdfigs.site.page_cache import PageCache, Warned

        for file in [file for file in files if file.src_uri.endswith(SUFFIX)]:
            files.remove(file)
            files.append(_Notebook(file.src_uri, file.src_dir, file.dest_dir, file.use_directory_urls))
        self.jobs, self.warned = BuildJobs(), Warned(logging.getLogger("mkdocs"))
        texts = {file.src_uri: file.content_string for file in files.documentation_pages()}
        config.mdx_configs["gdfigs"] = {"jobs": self.jobs, "sources": texts}
        config.extra_css = [sheet for sheet in config.extra_css if "mkdocstrings" not in sheet]  # of no use here
        self.ledger = texts if any(LEDGER in text for text in texts.values()) else {}
        addresses = [config.site_url, config.repo_url, sorted(file.src_uri for file in files)]
        self.shelf = PageCache(texts, self.code, Path(config.config_file_path).read_text(encoding="utf-8"), addresses)
        known = store.digest("catalogue", self.code)
        if not self.shelf.stale and store.load(known) is not None:
            return
        try:
            all_figures()
            store.save(known, b"")
        except RegistryError as fault:
            if not self.serving:  # there every figure on every page shows it
                raise PluginError(str(fault)) from fault
        self.shelf.order(self.jobs, check=bool(self.ledger))  # which promises a check of every statement

    def on_page_markdown(self, markdown: str, *, page: MkDocsPage, config: MkDocsConfig, files: Files) -> str:
        from gdfigs.site.context import Page
        from gdfigs.site.notebook import SUFFIX, lay_out

        uri, whole = page.file.src_uri, page.file.content_string
        if found := self.shelf.pages.get(uri):
            page.meta.update(found.meta)
            page.render = lambda config, files: found.put_back(page, get_toc, files)  # type: ignore[method-assign]
            return markdown
        above = whole.count("\n") - markdown.count("\n") if whole.endswith(markdown) else 0
        made = Page(f"docs/{uri}", f"{get_relative_url('.', page.url)}/", first_line=above + 1, later=True)
        self.made[uri] = page, made
        config.mdx_configs["gdfigs"]["page"], self.warned.page = made, uri
        if uri.endswith(SUFFIX):
            vars(page).pop("render", None)  # mkdocs-jupyter's, where a site uses that, too: this is a page like all
            markdown, page.meta = get_data(lay_out(made, self.jobs, whole, config.site_url, config.repo_url))
        return markdown

    def on_env(self, env: Any, *, config: MkDocsConfig, files: Files) -> None:
        """All pages are set and nothing is written yet: reports every fault at once, or adds the files."""
        from gdfigs.site import evidence as ledger
        from gdfigs.site.context import grouped
        from gdfigs.site.mathfont import font, font_licence
        from gdfigs.site.page_cache import CachedPage, Compiled

        env.bytecode_cache = Compiled()
        self.jobs.close()
        self.warned.close()
        unclaimed = ledger.faults(self.ledger) if self.ledger and self.made else []
        faults = grouped([*(fault for _, made in self.made.values() for fault in made.faults), *unclaimed])
        if faults and not self.serving:
            raise PluginError("\n".join([f"{len(faults)} fault(s); nothing was written.", *faults]))
        for line in faults:  # a live server goes on, and the page shows it
            log.error(line)
        self.shelf.pages |= {uri: CachedPage.of(page, made) for uri, (page, made) in self.made.items()}
        self.unsound = set(self.made) if faults else self.warned.pages
        woff = font(set().union(*(page.characters for page in self.shelf.pages.values())))
        self.font = f"assets/stix-two-math-{store.digest(woff.hex())[:8]}.woff2"
        add: dict[str, Any] = {uri: file for page in self.shelf.pages.values() for uri, file in page.files.items()}
        for uri, content in (add | {self.font: woff, "assets/stix-two-math-licence.txt": font_licence()}).items():
            files.append(File.generated(config, uri, content=content))

    @event_priority(-100)  # behind the search
    def on_page_context(self, context: Any, *, page: MkDocsPage, config: MkDocsConfig, nav: Any) -> None:
        self.shelf.index(page, config.plugins, keep=page.file.src_uri not in self.unsound)

    def on_post_page(self, output: str, *, page: MkDocsPage, config: MkDocsConfig) -> str:
        words = ", ".join([*page.meta.get("categories", []), *page.meta.get("tags", [])])
        return self.shelf.pages[page.file.src_uri].put_into(output, words, get_relative_url(self.font, page.url))

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
        self.on_shutdown()

    def on_shutdown(self) -> None:
        """Ends the processes that draw, also where the build was interrupted."""
        if hasattr(self, "jobs"):
            self.jobs.close()
