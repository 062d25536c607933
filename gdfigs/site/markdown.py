"""The Markdown extension: all that a page may write beyond plain Markdown.

![Alt text](gdfigs:figure?parameter=value)     a figure, alone in its paragraph, a caption after it
[113](gdfigs:figure?parameter=value#fact)      a number, checked against a fact or a parameter of the figure
[0.9](gdfigs:bounds.formula?parameter=value)   a number, checked against a formula of gdfigs.maths.bounds
$...$, $$...$$, \\label, \\eqref                 MathML
/// theorem | Title                            a box with an id; also the other KINDS, and /// proof
[checked](gdfigs:claims#id)                    a claim's badge; each box that states something gets its own
[ledger](gdfigs:claims)                        all claims with their evidence, on a line of its own
[map](gdfigs:map)                              what rests on what, likewise
"""

from __future__ import annotations

import copy
import html
import re
import xml.etree.ElementTree as ET
from typing import Any

from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from gdfigs.build.jobs import BuildJobs, DrawingError
from gdfigs.claims.core import Claim, ClaimError, claims
from gdfigs.plots.registry import SCHEME, InputError, nearest, parse_url
from gdfigs.site import evidence as ledger
from gdfigs.site.checked_numbers import verify
from gdfigs.site.context import Page, PageError
from gdfigs.site.mathml import Formula, TexError, clauses, number, placeholder, plain, to_mathml

KINDS = ("definition", *ledger.KINDS)
MAP = f"[map]({SCHEME}:map)"
LEDGER, LEDGER_PAGE, CLAIMS = f"[ledger]({SCHEME}:claims)", "statements.md", f"{SCHEME}:claims#"
CHECK = f"{SCHEME}:check#"  # written by the ledger alone
_CLOSING = re.compile(r"[.,;:!?)]+")
_DOLLAR = re.compile(r"[^\n\x02\x03]{0,40}\$[^\n\x02\x03]{0,40}")  # \x02 ... \x03 stand for what is put in later


class Gdfigs(Extension):
    """Options, set by whoever builds a site: page, a Page to be filled in; jobs, where figures are drawn."""

    def __init__(self, **options: Any) -> None:
        self.config = {
            "page": ["", "the Page to be filled in"],
            "jobs": ["", "the BuildJobs that draws"],
            "sources": [{}, "the text of every page by its address below docs/, for the ledger"],
        }
        super().__init__(**options)

    def extendMarkdown(self, md: Markdown) -> None:
        md.registerExtensions(
            ["tables", "attr_list", "toc", "smarty", "pymdownx.highlight", "pymdownx.superfences",
             "pymdownx.arithmatex", "pymdownx.blocks.admonition", "pymdownx.blocks.details", "pymdownx.blocks.caption"],
            {
                "toc": {"permalink": True, "permalink_title": "Link to this section"},
                "smarty": {"smart_dashes": False, "smart_ellipses": False},
                "pymdownx.arithmatex": {"generic": True},
                "pymdownx.blocks.admonition": {"types": list(KINDS)},
                "pymdownx.blocks.details": {"types": ["proof"]},
            },
        )  # fmt: skip
        md.block_level_elements.remove("math")  # else white space is put around formulas in running text
        md.inlinePatterns.register(_Reference(r"\\eqref\{[^}]*\}", md), "gdfigs-eqref", 189)
        page, collected = self.getConfig("page") or Page(), bool(self.getConfig("page"))
        jobs, sources = self.getConfig("jobs") or BuildJobs(), self.getConfig("sources")
        md.preprocessors.register(_Source(md, page, jobs, sources), "gdfigs-source", 1000)
        # After "inline" (20), which makes links, images and formulas; before "attr_list" (8) and "toc" (5).
        md.treeprocessors.register(_Tree(md, page, jobs, sources, collected), "gdfigs", 15)


class _Source(Preprocessor):
    """Begins a page; keeps its text, so that a fault can name its line; puts in the ledger."""

    def __init__(self, md: Markdown, page: Page, jobs: BuildJobs, sources: dict[str, str]) -> None:
        super().__init__(md)
        self.page, self.jobs, self.sources = page, jobs, sources

    def run(self, lines: list[str]) -> list[str]:
        if "mkdocstrings_headings" not in self.md.treeprocessors:  # else a docstring, set by itself within the page
            self.page.begin(lines)
        made: list[str] = []
        for line in lines:
            try:
                if line == LEDGER:
                    made += ledger.table(self.sources, self.jobs.check_results()).split("\n")
                elif line == MAP:
                    made += ledger.rests(self.sources).split("\n")
                else:
                    made.append(line)
            except ClaimError as error:
                self.page.fault(f"not every statement holds: {error}", LEDGER)
        return made


class _Reference(InlineProcessor):
    r"""\eqref{...} in running text is a formula like any other."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[ET.Element, int, int]:  # type: ignore[override]
        element = ET.Element("span", {"class": "arithmatex"})
        element.text = AtomicString(f"\\({m[0]}\\)")
        return element, m.start(), m.end()


class _Tree(Treeprocessor):
    def __init__(self, md: Markdown, page: Page, jobs: BuildJobs, sources: dict[str, str], collected: bool) -> None:
        super().__init__(md)
        self.page, self.jobs, self.sources, self.collected = page, jobs, sources, collected

    def run(self, root: ET.Element) -> None:
        if "mkdocstrings_ids" in self.md.treeprocessors:  # a docstring, or what stands around it
            self.page.docstring = vars(self.md.treeprocessors["mkdocstrings_ids"])["id_prefix"].removesuffix("--")
        else:
            self.page.docstring = ""
        parents = {child: parent for parent in root.iter() for child in parent}
        self.boxes(root)
        self.formulas(root)
        for image in [e for e in root.iter("img") if e.get("src", "").startswith(f"{SCHEME}:")]:
            self.figure(image, parents)
        for link in [e for e in root.iter("a") if e.get("href", "").startswith(f"{SCHEME}:")]:
            if link.get("href", "").startswith(CLAIMS):
                self.checked(link)
            elif link.get("href", "").startswith(CHECK):
                link.tag, link.attrib, checked = "div", {}, claims()[link.get("href", "").removeprefix(CHECK)]
                link.text = self.md.htmlStash.store(self.page.check(checked))
            else:
                self.number(link)
        self.dollars(root)
        if self.page.faults and not self.collected:
            raise PageError("\n".join(self.page.faults))

    # Boxes

    def boxes(self, root: ET.Element) -> None:
        """Puts the kind before the title, and a link to the box behind it."""
        for proof in root.iterfind(".//details[@class='proof']"):
            proof.set("data-search-exclude", "")  # a search leads to what is seen, not to what is folded
        for box in list(root.iter("div")):
            kind = next((k for k in KINDS if k in box.get("class", "").split()), None)
            title = box.find("p[@class='admonition-title']")
            if kind is None or title is None:
                continue
            label = ET.Element("span", {"class": "gd-kind"})
            label.text = kind.capitalize()
            if "".join(title.itertext()) == kind.capitalize():
                title.text = ""
            else:
                label.text, label.tail, title.text = f"{label.text}.", f" {title.text or ''}", ""
            title.insert(0, label)
            name = box.get("id")
            if name is None:
                reason = f"a {kind} needs an id: write 'attrs: {{id: ...}}' below its first line"
                self.page.fault(reason, f"/// {kind} |{label.tail or ''}", f"/// {kind}")
            else:
                link = ET.SubElement(title, "a", {"class": "headerlink", "href": f"#{name}"})
                link.set("title", f"Link to this {kind}")
                link.text = "¶"
                stated = claims().get(name)
                if stated and f"docs/{stated.page}" == self.page.name:
                    badge = ET.SubElement(ET.SubElement(box, "p", {"class": "gd-badge"}), "a")
                    self.badge(badge, stated, box.find(".//details[@class='proof']") is not None)

    def badge(self, link: ET.Element, stated: Claim, proved: bool) -> None:
        """Writes into a link how a claim was checked and how tight it is, and leads it to the ledger."""
        try:
            finding = self.jobs.check_results()[stated.id]
        except ClaimError as error:
            if f"#{stated.id}:" in str(error):  # told where it is stated, and on the ledger; not at every other badge
                self.page.fault(f"not every statement holds: {error}", f"id: {stated.id}")
            self.show_fault(link, str(error))
            return
        link.attrib = {"class": "gd-checked", "href": f"{LEDGER_PAGE}#{stated.id}"}
        link.text = f"{', '.join(ledger.evidence(stated, proved))}; {ledger.verdict(stated, finding)}"

    def checked(self, link: ET.Element) -> None:
        """The badge of the claim that a link names."""
        name = link.get("href", "").removeprefix(CLAIMS)
        if name not in claims():
            self.page.fault(f"no claim has the id {name!r}{nearest(name, claims())}", f"({link.get('href')})")
            self.show_fault(link, f"no claim has the id {name!r}")
            return
        proved = any(box.id == name and box.proved for box in ledger.boxes(self.sources))
        self.badge(link, claims()[name], proved)

    # Formulas

    def formulas(self, root: ET.Element) -> None:
        """Turns what arithmatex found into MathML."""
        found = [e for e in root.iter() if e.get("class") == "arithmatex"]
        page = [
            # Arithmatex wraps a formula in two characters on either side, and escapes a displayed one as HTML.
            Formula(html.unescape(e.text or "")[2:-2] if e.tag == "div" else (e.text or "")[2:-2], e.tag == "div")
            for e in found
        ]
        try:
            made = to_mathml(page)
        except TexError as error:
            for fault in error.faults:
                tex = page[fault.formula].tex
                written = tex if page[fault.formula].display else f"${tex}$"
                near = tex[fault.position :].partition("\n")[0].strip()[:30]
                place = f"at '{near}'" if near else "at its end"
                reason = f"the formula ${' '.join(tex.split())}$ cannot be set, {place}: {fault.reason}"
                self.page.fault(reason, written, tex)
            made = [placeholder(formula.tex) for formula in page]
        for element, math in zip(found, made, strict=True):
            parts = clauses(math) if math.tag == "math" else [[math]]
            self.page.formulas.extend(piece for clause in parts for piece in clause)
            if element.tag == "div":
                self.display(element, parts, number(math))
            else:
                self.inline(element, [piece for clause in parts for piece in clause])

    def display(self, element: ET.Element, parts: list[list[ET.Element]], named: tuple[str | None, str] | None) -> None:
        """A formula on lines of its own: its clauses, and its number beside them."""
        element.text, element.attrib = None, {"class": "gd-display", "data-search-exclude": ""}
        lines = ET.SubElement(element, "div")
        for clause in parts:
            (lines if len(parts) == 1 else ET.SubElement(lines, "span", {"class": "gd-clause"})).extend(clause)
        if named:
            label, text = named
            ET.SubElement(element, "span", {"class": "gd-equation", **({"id": label} if label else {})}).text = text

    def inline(self, element: ET.Element, parts: list[ET.Element]) -> None:
        """A formula in running text: its pieces, the last together with a full stop behind it."""
        element.text, element.attrib = None, {}
        element.extend(parts)
        mark = _CLOSING.match(element.tail or "")
        if mark:
            last = ET.SubElement(element, "span", {"class": "gd-nowrap"})
            last.append(parts[-1])
            element.remove(parts[-1])
            parts[-1].tail, element.tail = mark[0], (element.tail or "")[mark.end() :]

    def dollars(self, root: ET.Element) -> None:
        """A dollar sign left over belongs to a formula that nobody recognised."""
        for element in root.iter():
            text = f"{'' if element.tag == 'code' else element.text or ''}\n{element.tail or ''}"
            for near in map(str.strip, _DOLLAR.findall(text)):
                reason = "write $...$ without a space inside, $$ ... $$ between empty lines, \\$ for the sign itself"
                self.page.fault(f"a dollar sign is left over in '{near}': {reason}", near if len(near) > 1 else "$$")

    # Figures

    def figure(self, image: ET.Element, parents: dict[ET.Element, ET.Element]) -> None:
        """Puts the drawing in the place of its image, and the ways to its code and data below the caption."""
        url, alt = image.get("src", ""), image.get("alt", "").strip()
        paragraph = parents[image]
        outer = parents.get(paragraph)
        try:
            call = parse_url(url)
            if not alt:
                raise InputError("a figure needs a title: write it between the brackets of ![](...)")
            if "\\(" in alt:
                raise InputError("a figure's title is read aloud: write it in words, without TeX")
            if call.fact:
                raise InputError("a figure is named without '#'; that asks for one of its numbers: [12](...)")
            if paragraph.tag != "p" or len(paragraph) > 1 or (paragraph.text or image.tail or "").strip():
                raise InputError("a figure stands in a paragraph of its own")
            if outer is None or outer.tag != "figure" or outer.find("figcaption") is None:
                raise InputError("a figure needs a caption: write '/// figure-caption' ... '///' below it")
            drawn = self.jobs.result(call)
            if drawn.prefix in (d.prefix for _, d in self.page.figures):
                raise InputError(f"the figure {call.figure.name} stands twice on this page with the same parameters")
        except (InputError, DrawingError) as fault:
            self.page.fault(str(fault), f"![{alt}]({url}", url)
            self.show_fault(image, str(fault))
            return
        self.page.figures.append((call, drawn))
        # Links to the first of its name hold whatever its parameters; the others are counted.
        count = sum(other.figure.name == call.figure.name for other, _ in self.page.figures)
        name = call.figure.name if count == 1 else f"{call.figure.name}-{count}"
        paragraph.clear()
        paragraph.text = self.md.htmlStash.store(self.page.picture(drawn, alt, name))
        outer.set("id", outer.get("id", f"figure-{name}"))
        # The notebooks that speak of it.
        about = [uri for uri, text in self.sources.items() if uri.endswith(".py") and f"#figure-{name})" in text]
        ET.SubElement(outer, "p").text = self.md.htmlStash.store(self.page.behind(call, drawn, about))

    # Numbers

    def number(self, link: ET.Element) -> None:
        """Compares what is written with what it names; a full stop behind a formula stays with it."""
        url, quoted = link.get("href", ""), plain(link)
        try:
            value = verify(quoted, url, self.jobs)
        except (InputError, DrawingError) as fault:
            self.page.fault(str(fault), f"[{quoted}]({url})", url)
            self.show_fault(link, str(fault))
            return
        link.tag, link.attrib = "data", {"class": "gd-number", "value": f"{value:.6g}"}
        mark = _CLOSING.match(link.tail or "") if len(link) else None
        if mark:
            number, rest = copy.copy(link), (link.tail or "")[mark.end() :]
            number.tail = mark[0]
            link.clear()
            link.tag, link.attrib, link.tail = "span", {"class": "gd-nowrap"}, rest
            link.append(number)

    def show_fault(self, element: ET.Element, reason: str) -> None:
        """What a live server shows in place of what is at fault."""
        tail = element.tail
        element.clear()
        element.tag, element.tail, element.text = "strong", tail, AtomicString(reason)
        element.set("class", "gd-fault")
