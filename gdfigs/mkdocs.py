"""The MkDocs adapter: what needs a site. Downloads and the math font as files, faults gathered, code reloaded."""

from __future__ import annotations

import logging
import re
import sys
from collections import defaultdict
from html import escape
from pathlib import Path
from typing import Any, Literal

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page as MkDocsPage
from mkdocs.utils import get_relative_url

import gdfigs
from gdfigs import store

log = logging.getLogger("mkdocs.plugins.gdfigs")
_HERE = Path(__file__).parent
_LICENCE = "assets/stix-two-math-licence.txt"


class GdfigsPlugin(BasePlugin):  # type: ignore[type-arg, no-untyped-call]
    """Builds every page through the ``gdfigs`` extension, which must be among markdown_extensions."""

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:
        self.serving = command == "serve"
        self.sources = ""

    def on_config(self, config: MkDocsConfig) -> None:
        if "gdfigs" not in config.markdown_extensions:
            raise PluginError("add 'gdfigs' to markdown_extensions in mkdocs.yml: the plugin works through it")

    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        """Forgets the package's modules where their sources have changed: a live server draws with the new code."""
        sources = store.digest(*(p.read_text(encoding="utf-8") for p in sorted(_HERE.rglob("*.py"))))
        if self.sources not in ("", sources):
            for name in [n for n in sys.modules if n.startswith("gdfigs.") and n not in (__name__, "gdfigs.store")]:
                del sys.modules[name]
                vars(gdfigs).pop(name.removeprefix("gdfigs."), None)  # where "from gdfigs import ..." would find it
        self.sources = sources
        self.pages: dict[str, Any] = {}

    def on_files(self, files: Files, *, config: MkDocsConfig) -> None:
        """Starts drawing what is stale, while MkDocs reads the pages."""
        from gdfigs.catalogue import CatalogueError, catalogue
        from gdfigs.draw import Studio
        from gdfigs.page import requests

        try:
            catalogue()
        except CatalogueError as fault:
            if not self.serving:  # there every figure on every page shows it
                raise PluginError(str(fault)) from fault
        self.studio = Studio()
        self.texts = {f.src_uri: f.content_string for f in files.documentation_pages()}
        config.mdx_configs["gdfigs"] = {"studio": self.studio, "sources": self.texts}
        if self.ledger:
            self.studio.order_findings()  # first, for a figure of them to find them
        self.studio.order(request for text in self.texts.values() for request in requests(text))

    @property
    def ledger(self) -> bool:
        """Whether the site has the ledger, which promises a check of every statement."""
        from gdfigs.markdown import LEDGER

        return any(LEDGER in text for text in self.texts.values())

    def on_page_markdown(self, markdown: str, *, page: MkDocsPage, config: MkDocsConfig, files: Files) -> None:
        from gdfigs.page import Page

        whole = page.file.content_string
        above = whole.count("\n") - markdown.count("\n") if whole.endswith(markdown) else 0
        root = get_relative_url(".", page.url)
        made = self.pages[page.url] = Page(f"docs/{page.file.src_uri}", f"{root}/", first_line=above + 1, later=True)
        config.mdx_configs["gdfigs"]["page"] = made

    def on_env(self, env: Any, *, config: MkDocsConfig, files: Files) -> None:
        """All pages are set and nothing is written yet: reports every fault at once, or adds the files."""
        from gdfigs import ledger
        from gdfigs.mathml import characters, font, font_licence
        from gdfigs.page import files as names
        from gdfigs.svg import standalone

        self.studio.close()
        unclaimed = ledger.faults(self.texts) if self.ledger else []
        self._report([*(fault for page in self.pages.values() for fault in page.faults), *unclaimed])
        add = {}
        for _, drawn in (figure for page in self.pages.values() for figure in page.figures):
            data, picture = names(drawn)
            add[data], add[picture] = drawn.csv, standalone(drawn.svg.replace("{title}", drawn.prefix))
        used = set().union(*(characters(math) for page in self.pages.values() for math in page.formulas))
        woff = font(used)
        self.font = f"assets/stix-two-math-{store.digest(woff.hex())[:8]}.woff2"
        for uri, content in {**add, self.font: woff, _LICENCE: font_licence()}.items():
            files.append(File.generated(config, uri, content=content))

    def on_post_page(self, output: str, *, page: MkDocsPage, config: MkDocsConfig) -> str:
        """Puts in the figures, names keywords and the font, asked for early: formulas do not move when it comes."""
        words = ", ".join([*page.meta.get("categories", []), *page.meta.get("tags", [])])
        head = f'<meta name="keywords" content="{escape(words)}">' if words else ""
        if self.pages[page.url].formulas:
            url = get_relative_url(self.font, page.url)
            head += (
                f'<link rel="preload" href="{url}" as="font" type="font/woff2" crossorigin>'
                f'<style>@font-face{{font-family:"STIX Two Math";src:url("{url}")format("woff2")}}</style>'
            )
        return self.pages[page.url].complete(output).replace("</head>", f"{head}</head>", 1)

    def on_build_error(self, error: Exception) -> None:
        self.on_shutdown()

    def on_shutdown(self) -> None:
        """Ends the processes that draw, also where the build was interrupted."""
        if hasattr(self, "studio"):
            self.studio.close()

    def _report(self, faults: list[str]) -> None:
        """Each reason once, with every place it stands at. Ends a build; a live server goes on and shows it."""
        places = defaultdict(list)
        for fault in faults:
            place, _, reason = re.split(r"(: )", fault, maxsplit=1)
            places[reason].append(place)
        lines = [f"{', '.join(at)}: {reason}" for reason, at in places.items()]
        if lines and not self.serving:
            raise PluginError("\n".join([f"{len(lines)} fault(s); nothing was written.", *lines]))
        for line in lines:
            log.error(line)
