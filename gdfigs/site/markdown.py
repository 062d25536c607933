"""The Markdown extension: all that a page may write beyond plain Markdown and the stock extensions.

![Alt text](gdfigs:figure?parameter=value)     a figure, alone in its paragraph, a caption after it
[113](gdfigs:figure?parameter=value#fact)      a number, checked against a fact or a parameter of the figure
[0.9](gdfigs:bounds.formula?parameter=value)   a number, checked against a formula of gdfigs.bounds
$...$, $$...$$, \\label, \\eqref                 MathML
/// theorem | Title                            a box with an id; also the other KINDS, and /// proof
[words](page.md#id)                            a link to a box, whose title or aliases (data-alias) have the words
[checked](gdfigs:claims#id)                    a claim's badge; each box that states something gets its own
[ledger](gdfigs:claims)                        all claims with their evidence, on a line of its own
[map](gdfigs:map)                              what rests on what, likewise
[formulas](gdfigs:formulas)                    which formulas were run and which not, likewise
"""

from __future__ import annotations

import copy
import difflib
import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from typing import Any

from markdown import Markdown
from markdown.extensions import Extension
from markdown.extensions.toc import slugify_unicode, unique
from markdown.inlinepatterns import InlineProcessor
from markdown.postprocessors import Postprocessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import ETX, STX, AtomicString

from gdfigs.build.jobs import BuildJobs
from gdfigs.build.keys import figure_prefix
from gdfigs.claims.core import claims
from gdfigs.plots.registry import SCHEME, InputError, nearest, parse_url, split_url
from gdfigs.site import evidence
from gdfigs.site.context import Box, Fragment, Link, PageContext, SiteIndex
from gdfigs.site.fragments import Filler, fill_in
from gdfigs.site.links import ALIASES
from gdfigs.site.mathfont import characters
from gdfigs.site.mathml import Formula, TexError, clauses, number, placeholder, plain, to_mathml
from gdfigs.site.printed import Collector

KINDS = ("definition", *evidence.KINDS)
LEDGER, MAP, LEDGER_PAGE = f"[ledger]({SCHEME}:claims)", f"[map]({SCHEME}:map)", "statements.md"
FORMULAS = f"[formulas]({SCHEME}:formulas)"
CLAIMS, CHECK = f"{SCHEME}:claims#", f"{SCHEME}:check#"  # the ledger alone writes the second
DOLLAR = f"{STX}{ord('$')}{ETX}"
"""What Markdown has in place of an escaped dollar sign."""
_CLOSING = re.compile(r"[.,;:!?)]+")
_NO_FORMULA = re.compile(r"`+[^`]*`+|\]\((?:[^()\s]|\([^()\s]*\))*\)|<[A-Za-z/][^<>]*>|(?<=[A-Za-z])\$(?=\d)")
_RAW = re.compile(rf"""(?:href|src)\s*=\s*["']?({SCHEME}:[^"'\s>]*)""", re.IGNORECASE)
_MARK = re.compile(r"<!--gdfigs:(\d+)-->")
_BROKEN_LINK = re.compile(rf"\]\s+\(({SCHEME}:[^)]*)\)")
_LEFT_OVER = re.compile(r"[^\n\x02\x03]{0,40}(?:\$|\\(?:begin|end)\{)[^\n\x02\x03]{0,40}")
_FENCE = re.compile(r"^\s*///\s*([\w-]*)", re.MULTILINE)
_LABEL, _REFERENCE = re.compile(r"\\label\{([^}]*)\}"), re.compile(r"\\eqref\{([^}]*)\}")
_STASHED = re.compile(f"{STX}[^{ETX}]*{ETX}")
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_EXTENSIONS: dict[str, dict[str, Any]] = {
    "admonition": {},
    "attr_list": {},
    "def_list": {},
    "footnotes": {},
    "smarty": {"smart_dashes": False, "smart_ellipses": False},
    "tables": {},
    "toc": {"permalink": True, "permalink_title": "Link to this section"},
    "pymdownx.arithmatex": {"generic": True},
    "pymdownx.blocks.admonition": {"types": list(KINDS)},
    "pymdownx.blocks.caption": {},
    "pymdownx.blocks.details": {"types": ["proof"]},
    "pymdownx.details": {},
    "pymdownx.highlight": {},
    "pymdownx.superfences": {},
    "pymdownx.tabbed": {"alternate_style": True},
    "pymdownx.tasklist": {"custom_checkbox": True},
}


class PageError(ValueError):
    """A page that nobody collects the faults of has some; the message lists all."""


class Gdfigs(Extension):
    """Options, set by whoever builds a site: page, a PageContext to collect into; jobs, which render the figures."""

    def __init__(self, **options: Any) -> None:
        self.config = {
            "page": ["", "the PageContext to collect into"],
            "jobs": ["", "the BuildJobs that render the figures"],
        }
        super().__init__(**options)

    def extendMarkdown(self, md: Markdown) -> None:
        md.registerExtensions([*_EXTENSIONS], _EXTENSIONS)
        md.block_level_elements.remove("math")  # else white space is put around formulas in running text
        page, jobs = self.getConfig("page") or PageContext(), self.getConfig("jobs") or BuildJobs()
        md.inlinePatterns.register(_EquationReference(r"\\eqref\{[^}]*\}", md), "gdfigs-eqref", 189)
        md.preprocessors.register(_Begin(md, page, jobs), "gdfigs-begin", 1000)
        md.preprocessors.register(_Dollars(md, page), "gdfigs-dollars", 22)  # after "fenced_code_block" (25)
        md.treeprocessors.register(_Sources(md, page), "gdfigs-sources", 25)  # before "inline" (20)
        # After "inline", which makes links, images and formulas; before "attr_list" (8) and "toc" (5).
        md.treeprocessors.register(_Tree(md, page, jobs), "gdfigs", 15)
        md.postprocessors.register(_Complete(md, page, jobs), "gdfigs-complete", 5)  # after "raw_html" (30)


def is_ours(url: str) -> bool:
    """Whether an address has our scheme. Raises InputError where it is nearly that."""
    scheme, colon, _ = url.partition(":")
    if colon and scheme != SCHEME and difflib.get_close_matches(scheme.lower(), [SCHEME], cutoff=0.6):
        raise InputError(f"the scheme {scheme!r} of a link is unknown; did you mean {SCHEME!r}?")
    return bool(colon) and scheme == SCHEME


class _Begin(Preprocessor):
    """Keeps the page's text, so that a fault can name its line; puts in the ledger."""

    def __init__(self, md: Markdown, page: PageContext, jobs: BuildJobs) -> None:
        super().__init__(md)
        self.page, self.jobs = page, jobs

    def run(self, lines: list[str]) -> list[str]:
        if not self.page.deferred:
            vars(self.page).update(vars(PageContext()))
        if not self.page.lines:
            self.page.lines = list(lines)
        return [made for line in lines for made in self.ledger(line)]

    def ledger(self, line: str) -> list[str]:
        if line not in (LEDGER, MAP, FORMULAS):
            return [line]
        self.page.needs_index = True
        if self.page.index is None:
            return []
        if line == FORMULAS:
            return [f"<div>{self.page.place('formulas')}</div>"]
        if line == MAP:
            return evidence.rests(self.page.index).split("\n")
        return evidence.table(self.page.index, self.jobs.checks()[0]).split("\n")


class _Dollars(Preprocessor):
    """Takes dollar signs out of addresses and amounts, as in US$5, for arithmatex not to see formulas there.

    Also reports what is nearly a link of ours, or a mark of ours, outside of code.
    """

    def __init__(self, md: Markdown, page: PageContext) -> None:
        super().__init__(md)
        self.page = page

    def run(self, lines: list[str]) -> list[str]:
        for line in lines:
            # Those of a notebook's cells stand there already.
            if any(int(n) >= len(self.page.fragments) for n in _MARK.findall(line)):
                self.page.fault("a comment that begins with gdfigs: has a meaning of its own: write another", line)
            if link := _BROKEN_LINK.search(line):
                self.page.fault(f"a space stands between the brackets of a link to {link[1]}: delete it", link[0])
        return [_NO_FORMULA.sub(self.without, line) if "$" in line else line for line in lines]

    @staticmethod
    def without(found: re.Match[str]) -> str:
        return found[0] if found[0].startswith("`") else found[0].replace("$", DOLLAR)


class _EquationReference(InlineProcessor):
    r"""\eqref{...} in running text is a formula like any other."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[ET.Element, int, int]:  # type: ignore[override]
        element = ET.Element("span", {"class": "arithmatex"})
        element.text = AtomicString(f"\\({m[0]}\\)")
        return element, m.start(), m.end()


class _Sources(Treeprocessor):
    """Keeps the page's title, and the paragraphs and the titles of its boxes, as they are written."""

    def __init__(self, md: Markdown, page: PageContext) -> None:
        super().__init__(md)
        self.page = page

    def run(self, root: ET.Element) -> None:
        heading = root.find("h1")
        if heading is not None and not self.page.title:
            self.page.title = heading.text or ""
        self.page.sources |= {paragraph: paragraph.text or "" for paragraph in root.iter("p")}


class _Complete(Postprocessor):
    """Fills in the fragments of a page for which nobody else does so."""

    def __init__(self, md: Markdown, page: PageContext, jobs: BuildJobs) -> None:
        super().__init__(md)
        self.page, self.jobs = page, jobs
        self.fragments, self.filled = list[Fragment](), list[str]()

    def run(self, text: str) -> str:
        """Completes a page, or one of its headings: "toc" calls this for each."""
        text = text.replace(DOLLAR, "$")  # in raw HTML
        if self.page.deferred:
            return text
        if self.fragments is not self.page.fragments:
            self.fragments, self.filled = (
                self.page.fragments,
                Filler(self.page, self.jobs, SiteIndex([self.page])).fill(),
            )
        if self.page.faults:
            raise PageError("\n".join(self.page.faults))
        return fill_in(text, self.filled)


class _Tree(Treeprocessor):
    def __init__(self, md: Markdown, page: PageContext, jobs: BuildJobs) -> None:
        super().__init__(md)
        self.page, self.jobs = page, jobs

    def run(self, root: ET.Element) -> None:
        ids = vars(self.md.treeprocessors["mkdocstrings_ids"]) if "mkdocstrings_ids" in self.md.treeprocessors else {}
        self.page.docstring = ids.get("id_prefix", "").removesuffix("--")
        parents = {child: parent for parent in root.iter() for child in parent}
        self.blocks(root)
        self.boxes(root)
        self.formulas(root)
        self.headings(root)
        self.guarded(self.figure, list(root.iter("img")), parents)
        self.guarded(self.link, list(root.iter("a")), _headings(root))
        self.left_over(root)

    def guarded(self, method: Callable[..., None], elements: Iterable[ET.Element], *more: Any) -> None:
        """Calls a method for each element, and turns whatever it raises into a fault of the page."""
        for element in elements:
            written = element.get("href") or element.get("src") or element.get("id") or ""
            try:
                method(element, *more)
            except InputError as fault:
                brackets = f"![{element.get('alt')}]" if element.tag == "img" else "]"
                self.page.fault(str(fault), f"{brackets}({written}", written)
                self.show_fault(element, str(fault))
            except Exception as fault:  # a fault of ours is told with its place as well, and the server lives on
                self.page.fault(f"{type(fault).__name__}: {fault}", written)

    def show_fault(self, element: ET.Element, reason: str) -> None:
        """Puts the reason in the place of what is at fault, where a live server shows it."""
        tail = element.tail
        self.page.shown.add(reason)
        element.clear()
        element.tag, element.tail, element.text = "strong", tail, AtomicString(reason)
        element.set("class", "gd-fault")

    # Boxes

    def blocks(self, root: ET.Element) -> None:
        """Reports boxes without an end, and lines that would begin or end one."""
        known: Any = self.md.parser.blockprocessors["blocks"]
        for entry in known.stack:
            self.page.fault(
                f"a {entry.block.NAME} has no end: write '///' on a line of its own", self.fence(entry.block)
            )
        for element in root.iter():
            for fence in _FENCE.finditer("" if element.tag == "code" else element.text or ""):
                if (name := fence[1]) in known.blocks:
                    reason = (
                        f"the options of this {name} cannot be read: write 'attrs: {{id: ...}}' below its first line"
                    )
                    self.page.fault(reason, fence[0].strip())
                elif name:
                    reason = f"no box is named {name!r}{nearest(name, known.blocks)}; a box stands between empty lines"
                    self.page.fault(reason, fence[0].strip())
                else:
                    self.page.fault("'///' ends no box", lines=self.stray_ends(known.blocks))

    def stray_ends(self, known: Iterable[str]) -> str:
        """Returns the lines, outside of code, at which '///' stands where no box has begun."""
        depth, code, found = 0, False, list[str]()
        for n, line in enumerate(self.page.lines, self.page.first_line):
            text = line.removeprefix("# ") if self.page.uri.endswith(".py") else line
            code ^= text.lstrip().startswith("```")
            fence = None if code else _FENCE.match(text)
            if fence and not fence[1] and not depth:
                found.append(str(n))
            elif fence and (not fence[1] or fence[1] in known):
                depth += 1 if fence[1] else -1
        return ",".join(found)

    def fence(self, block: Any) -> str:
        return f"/// {block.NAME}{f' | {block.argument}' if block.argument else ''}"

    def boxes(self, root: ET.Element) -> None:
        """Puts the kind before the title of each box, and a link to the box behind it."""
        for proof in root.iterfind(".//details[@class='proof']"):
            proof.set("data-search-exclude", "")  # a search leads to what is seen, not to what is folded
        found: dict[ET.Element, Box] = {}
        for element in list(root.iter("div")):
            kind = next((k for k in KINDS if k in element.get("class", "").split()), None)
            title = element.find("p[@class='admonition-title']")
            if kind is not None and title is not None:
                found[element] = self.box(element, kind, title)
        within = {e for box in found for e in box.iter()}
        last: Box | None = None
        for element in root.iter():
            if element.tag in _HEADINGS:
                last = None
            elif element in found:
                last = found[element]
            elif element.tag == "img" and last and element not in within:
                url = element.get("src", "")
                last.figures += [split_url(url)[0]] if url.startswith(f"{SCHEME}:") else []

    def box(self, element: ET.Element, kind: str, title: ET.Element) -> Box:
        source = self.page.sources.get(title, "")
        label = ET.Element("span", {"class": "gd-kind"})
        label.text = kind.capitalize()
        if source == kind.capitalize():
            title.text = ""
        else:
            label.text, label.tail, title.text = f"{label.text}.", f" {title.text or ''}", ""
        title.insert(0, label)
        name, tex = element.get("id", ""), "".join(element.itertext())
        box = Box(self.page.uri, kind, source, name, aliases=element.attrib.pop(ALIASES, ""))
        box.line = self.page.lines_of(f"/// {kind} | {source}", f"id: {name}", f"/// {kind}")
        box.proved = element.find(".//details[@class='proof']") is not None
        box.links = [to for a in element.iter("a") if (to := self.page.resolve(a.get("href", "")))]
        box.labels, box.references = _LABEL.findall(tex), _REFERENCE.findall(tex)
        if name and name in (other.id for other in self.page.boxes):
            self.page.fault(f"two boxes have the id {name!r}: give one of them another", f"id: {name}")
        self.page.boxes.append(box)
        if not name:
            reason = f"a {kind} needs an id: write 'attrs: {{id: ...}}' below its first line, which begins with '///'"
            self.page.fault(reason, f"/// {kind} | {source}", f"/// {kind}", f"!!! {kind}")
            return box
        link = ET.SubElement(title, "a", {"class": "headerlink", "href": f"#{name}"})
        link.set("title", f"Link to this {kind}")
        link.text = "¶"
        if name in claims() and claims()[name].page == self.page.uri:
            self.badge(ET.SubElement(ET.SubElement(element, "p", {"class": "gd-badge"}), "a"), name)
        return box

    def badge(self, link: ET.Element, claim: str) -> None:
        """Leads a link to the ledger, and writes into it how a claim was checked."""
        link.attrib = {"class": "gd-checked", "href": f"{LEDGER_PAGE}#{claim}"}
        link.text = self.stash(self.page.place("badge", claim, written=[f"id: {claim}", f"#{claim})"]))

    def stash(self, made: str) -> str:
        return self.md.htmlStash.store(made)

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
        pairs = {e: (formula.tex, math) for e, formula, math in zip(found, page, made, strict=True)}
        boxes = {
            e: (kind, e.get("id", ""))
            for e in root.iter("div")
            if (kind := next((k for k in KINDS if k in e.get("class", "").split()), None))
        }
        told = set[int]()
        if self.page.uri.endswith(".md") and not self.page.docstring and not self.page.needs_index:
            # A page that needs the index shows what others say.
            self.page.passages = Collector(pairs, boxes, self.page.uri, self.page.resolve).collect(root)
            told = {formula.number for passage in self.page.passages for formula in passage.formulas if formula.told}
        for n, (element, math) in enumerate(zip(found, made, strict=True)):
            parts = clauses(math) if math.tag == "math" else [[math]]
            for piece in (piece for clause in parts for piece in clause):
                self.page.characters |= characters(piece) if math.tag == "math" else set()
            if element.tag == "div":
                self.display(element, parts, number(math))
            else:
                self.inline(element, [piece for clause in parts for piece in clause])
            if n in told:
                as_written = [f"${page[n].tex}$", page[n].tex]
                element.set("title", self.stash(self.page.place("formula", str(n), written=as_written)))

    def display(self, element: ET.Element, parts: list[list[ET.Element]], named: tuple[str | None, str] | None) -> None:
        """Sets a formula on lines of its own: its clauses, and its number beside them."""
        element.text, element.attrib = None, {"class": "gd-display", "data-search-exclude": ""}
        lines = ET.SubElement(element, "div")
        for clause in parts:
            (lines if len(parts) == 1 else ET.SubElement(lines, "span", {"class": "gd-clause"})).extend(clause)
        if named:
            label, text = named
            ET.SubElement(element, "span", {"class": "gd-equation", **({"id": label} if label else {})}).text = text

    def inline(self, element: ET.Element, parts: list[ET.Element]) -> None:
        """Sets a formula in running text: its pieces, the last together with a full stop behind it."""
        element.text, element.attrib = None, {}
        element.extend(parts)
        mark = _CLOSING.match(element.tail or "")
        if mark:
            last = ET.SubElement(element, "span", {"class": "gd-nowrap"})
            last.append(parts[-1])
            element.remove(parts[-1])
            parts[-1].tail, element.tail = mark[0], (element.tail or "")[mark.end() :]

    def left_over(self, root: ET.Element) -> None:
        """Reports TeX that nobody recognised as a formula, and addresses of ours in raw HTML, which nobody checks."""
        for raw in self.md.htmlStash.rawHtmlBlocks:
            for url in _RAW.findall(raw) if isinstance(raw, str) else ():
                self.page.fault(f"{url} in raw HTML is not checked: write it as Markdown", url)
        for element in root.iter():
            text = f"{'' if element.tag == 'code' else element.text or ''}\n{element.tail or ''}"
            for near in map(str.strip, _LEFT_OVER.findall(text)):
                what = "a dollar sign" if "$" in near else "TeX"
                self.page.fault(
                    f"{what} is left over in '{near}': write $...$ without a space inside, $$ ... $$ or \\begin ... "
                    "\\end between empty lines, \\$ for the sign itself",
                    near if len(near) > 1 else "$$",
                )

    def headings(self, root: ET.Element) -> None:
        """Gives headings with formulas a name in plain text, for the contents, the search and the address."""
        ids = {element.get("id", "") for element in root.iter()}
        for heading in root.iter():
            if heading.tag in _HEADINGS and heading.find(".//math") is not None:
                name = plain(heading)
                heading.set("data-toc-label", name)
                if "id" not in heading.attrib:
                    heading.set("id", unique(slugify_unicode(name, "-"), ids))

    # Figures

    def figure(self, image: ET.Element, parents: dict[ET.Element, ET.Element]) -> None:
        """Puts a placeholder in the place of an image, and one for its code and data below the caption."""
        url, alt = image.get("src", ""), image.get("alt", "").strip()
        if not is_ours(url):
            return
        paragraph = parents[image]
        outer = parents.get(paragraph)
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
        prefix, before = figure_prefix(call), [name.partition("?")[0] for name in self.page.figures.values()]
        if prefix in self.page.figures:
            raise InputError(f"the figure {call.figure.name} stands twice on this page with the same parameters")
        self.jobs.submit(call)
        self.page.figures[prefix] = call.figure.name
        # Links to the first of its name hold whatever its parameters; the others are counted.
        count = before.count(call.figure.name) + 1
        name = call.figure.name if count == 1 else f"{call.figure.name}-{count}"
        written = [f"![{alt}]({url}", url]
        paragraph.clear()
        beside = list(parents[outer])
        near = [*beside[: beside.index(outer)][-1:], *outer.iterfind("figcaption/p")]
        texts = [self.page.sources.get(element, "") for element in near]
        drawing = self.page.place("figure", url, alt, name, *texts, written=written)
        paragraph.text = self.stash(f"<div>{drawing}</div>")
        outer.set("id", outer.get("id", f"figure-{name}"))
        below = self.page.place("downloads", url, name, written=written)
        ET.SubElement(outer, "p").text = self.stash(f"<div>{below}</div>")

    # Links

    def link(self, link: ET.Element, headings: dict[ET.Element, str]) -> None:
        """Collects a link; makes a number, a badge or the code of a check of one with our scheme."""
        url = link.get("href", "")
        ours = is_ours(url)
        if ours and url.startswith(CLAIMS):
            claim = url.removeprefix(CLAIMS)
            if claim not in claims():
                raise InputError(f"no claim has the id {claim!r}{nearest(claim, claims())}")
            tail = link.tail
            link.clear()
            link.tail = tail
            self.badge(link, claim)
        elif ours and url.startswith(CHECK):
            link.tag, link.attrib = "div", {}
            link.text = self.stash(f"<div>{self.page.place('check', url.removeprefix(CHECK))}</div>")
        elif ours:
            self.number(link, url, headings.get(link, ""))
        elif (target := self.page.resolve(url)) and link.get("class") != "headerlink":
            words = _words(link)
            place = self.page.place_of(f"[{words}]({url}", f"]({url}")
            self.page.links.append(Link(*target, words, place))

    def number(self, link: ET.Element, url: str, heading: str) -> None:
        """Makes a number of a link, to be compared with what it names; a full stop behind a formula stays with it."""
        quoted = plain(link)
        if "." not in split_url(url)[0]:
            call = parse_url(url)
            if call.fact not in call.parameters:  # which is known without a drawing
                self.jobs.submit(call)
        value = self.stash(self.page.place("number", quoted, url, heading, written=[f"[{quoted}]({url})", url]))
        link.tag, link.attrib = "data", {"class": "gd-number", "value": value}
        mark = _CLOSING.match(link.tail or "") if len(link) else None
        if mark:
            number, rest = copy.copy(link), (link.tail or "")[mark.end() :]
            number.tail = mark[0]
            link.clear()
            link.tag, link.attrib, link.tail = "span", {"class": "gd-nowrap"}, rest
            link.append(number)


def _headings(root: ET.Element) -> dict[ET.Element, str]:
    """Returns for each link in a table's cell the address of the number that heads its column, if that is checked."""
    found: dict[ET.Element, str] = {}
    for table in root.iter("table"):
        rows = [list(row) for row in table.iter("tr")]
        for n, head in enumerate(rows[0] if len(rows) > 1 else ()):
            numbers = [a.get("href", "") for a in head.iter("a") if a.get("href", "").startswith(f"{SCHEME}:")]
            if n and numbers:
                found |= {a: numbers[0] for row in rows[1:] if n < len(row) for a in row[n].iter("a")}
    return found


def _words(element: ET.Element) -> str:
    """Returns the text of an element, its formulas in plain text between dollars."""
    parts = [element.text or ""]
    for child in element:
        parts += [f"${plain(child)}$" if child.tag == "math" else _words(child), child.tail or ""]
    return _STASHED.sub("’", "".join(parts))  # all that is stashed within words is a typographic sign
