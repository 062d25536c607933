"""The words of the text, sentence by sentence, as they were when they were last read: what no formula can check.

    .venv/bin/python -m tests.words     says which have changed since tests.record put them on record

A sentence is about a box, a figure, a table or a docstring, else about the heading that it stands under. Formulas are
TeX. A number that the build checks is #: it is no word. A page is parsed by the extension that sets it, a docstring is
read where a page of the reference publishes it.
"""

import html
import json
import re
import sys
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cache, partial
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import griffe
import jupytext
from markdown import Markdown
from markdown.treeprocessors import Treeprocessor
from mkdocs.utils.meta import get_data

from gdfigs.build.cache import cached, digest, save
from gdfigs.build.jobs import DrawingError, naming
from gdfigs.claims.core import ClaimError
from gdfigs.plots.registry import SCHEME, FigureCall, InputError, all_figures, figure_call, split_url
from gdfigs.site.checked_numbers import WORDS
from gdfigs.site.context import PageContext
from gdfigs.site.markdown import CLAIMS, KINDS
from scripts.compare import SENTENCE_END

ROOT = Path(__file__).parent.parent
RECORD = Path(__file__).with_name("records") / "words.json"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
COMMAND = ".venv/bin/python -m tests.record"

_CHECKED = re.compile(
    rf"[-−]?[\d½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞](?:[\d.,/{{}}\u202f]*\d)?[⁰¹²³⁴-⁹]*|\b(?:{'|'.join(WORDS)})\b", re.IGNORECASE
)
_STASHED, _FORMULA = re.compile("\x02wzxhzdk:(\\d+)\x03"), re.compile(r"\$[^$]+\$")
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_BLOCKS = _HEADINGS | {
    "p", "div", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "blockquote",
    "details", "summary", "figure", "figcaption", "pre", "hr",
}  # fmt: skip
_MODULE = re.compile(r"^::: ([\w.]+)", re.MULTILINE)


class Sentence(NamedTuple):
    """What a sentence is about, its words, and where they stand."""

    about: str
    words: str
    place: str


class Block(NamedTuple):
    """A heading, paragraph, cell or formula: what it is about, its words, and its Markdown."""

    about: str
    words: str
    source: str


class _Step(Treeprocessor):
    def __init__(self, md: Markdown, run: Callable[[ET.Element], None]) -> None:
        super().__init__(md)
        self.run = run  # type: ignore[assignment,method-assign]


class Reader:
    """Reads the blocks of Markdown off the tree that the site's extension makes of it, before it sets formulas."""

    def __init__(self) -> None:
        options = {"page": PageContext(deferred=True)}
        self.md = Markdown(extensions=["gdfigs"], extension_configs={"gdfigs": options})
        self.md.treeprocessors.deregister("gdfigs")
        self.md.treeprocessors.register(_Step(self.md, self._keep), "words-source", 26)  # before "inline" (20)
        self.md.treeprocessors.register(_Step(self.md, self._read), "words", -1)  # after "unescape" (0)
        self.sources, self.blocks, self.tables = dict[ET.Element, str](), list[Block](), 0

    def read(self, text: str, about: str = "page") -> list[Block]:
        self.about = about
        self.md.reset()
        self.md.convert(text)
        return self.blocks

    def _keep(self, root: ET.Element) -> None:
        self.sources = {element: html.unescape(element.text or "").strip() for element in root.iter()}

    def _read(self, root: ET.Element) -> None:
        self.tables = 0
        found = self._within(root, self.about)
        self.blocks = [block for block in found if re.search(r"\w", block.words) and not _MODULE.match(block.source)]

    def _within(self, parent: ET.Element, about: str) -> Iterator[Block]:
        for element in parent:
            words, source = " ".join(self._inline(element).split()), self.sources.get(element, "")
            if element.tag in _HEADINGS:
                about = words
            if element.get("class") == "arithmatex" and element.tag == "div":
                yield Block(about, " ".join(f"$$ {source[2:-2]} $$".split()), source[2:].lstrip())
            elif element.tag in _BLOCKS - {"pre"}:
                here = self._named(element) or about
                if (element.tag, words) != ("summary", "Proof"):  # which Markdown writes
                    yield Block(here, words, source)
                yield from self._within(element, here)

    def _named(self, element: ET.Element) -> str:
        """Returns the name of a box, a figure or a table."""
        image, classes = element.find(".//img"), {*element.get("class", "").split()}
        if classes & {*KINDS}:
            return element.get("id", "")
        if element.tag == "figure" and image is not None:
            return f"figure {split_url(image.get('src', ''))[0]}"
        if element.tag == "figure" and element.find("table") is not None:
            return f"table {self.tables + 1}"
        self.tables += element.tag == "table"
        return f"table {self.tables}" if element.tag == "table" else ""

    def _inline(self, element: ET.Element) -> str:
        """Returns the words of an element without those of the blocks within it."""
        parts = [self._text(element.text)]
        for child in element:
            parts += [self._piece(child) if child.tag not in _BLOCKS else "", self._text(child.tail)]
        return "".join(parts)

    def _piece(self, element: ET.Element) -> str:
        url = element.get("href", "")
        if element.get("class") == "arithmatex":
            return f"${(element.text or '')[2:-2]}$"
        if element.get("class") in ("headerlink", "footnote-backref") or url.startswith(CLAIMS):
            return ""
        words = element.get("alt", "") if element.tag == "img" else self._inline(element)
        if element.tag == "code":
            return f"`{html.unescape(words)}`"
        checked = list(_CHECKED.finditer(words))[-1:] if url.startswith(f"{SCHEME}:") else []
        return f"{words[: checked[0].start()]}#{words[checked[0].end() :]}" if checked else words

    def _text(self, text: str | None) -> str:
        """Returns text with its typographic signs and without raw HTML, for both of which Markdown has placeholders."""

        def stashed(found: re.Match[str]) -> str:
            made = self.md.htmlStash.rawHtmlBlocks[int(found[1])]
            return html.unescape(made) if isinstance(made, str) and made.startswith("&") else ""

        return _STASHED.sub(stashed, text or "")


def sentences(words: str) -> list[str]:
    """Splits at the ends of sentences, which do not lie within formulas."""
    closed = _FORMULA.sub(lambda formula: formula[0].replace(" ", "\0"), words)
    return SENTENCE_END.sub(r"\1\n", closed).replace("\0", " ").split("\n")


def _located(blocks: Iterable[Block], file: str, lines: Sequence[str], first: int) -> Iterator[Sentence]:
    """Finds the line of each sentence: a block stands behind the one before, and holds the first words of its own."""
    line = 0
    for block in blocks:
        head = block.source.partition("\n")[0]
        line = next((n for n in (*range(line, len(lines)), *range(line)) if head and head in lines[n]), line)
        at = 0
        for words in sentences(block.words):
            begins = re.findall(r"\w+", words.partition("#")[0])
            found = (re.compile(r"\W+".join(begins[:n])).search(block.source, at) for n in (4, 1) if begins)
            at = next((place.start() for place in found if place), at)
            yield Sentence(block.about, words, f"{file}:{first + line + block.source.count(chr(10), 0, at)}")


@cache
def _reader() -> Reader:
    return Reader()


def of_page(uri: str, text: str = "") -> list[Sentence]:
    """Returns the sentences of a page and of the docstrings that it publishes, by what they are about.

    Args:
        text: of its file, if not what stands there.
    """
    text = text or (ROOT / "docs" / uri).read_text(encoding="utf-8")
    lines, source = text.splitlines(), text
    if uri.endswith(".py"):
        cells = jupytext.reads(text, fmt="py:percent").cells
        source = "\n\n".join(cell.source for cell in cells if cell.cell_type != "code")
    body, meta = get_data(source)
    head = [Block("page", f"{meta[key]}", f"{key}:") for key in ("title", "description") if key in meta]
    found = list(_located([*head, *_reader().read(body)], f"docs/{uri}", lines, 1))
    for module in _MODULE.findall(body):
        found += _docstrings(_package()[module.partition(".")[2]] if "." in module else _package())
    order = {about: n for n, about in enumerate(dict.fromkeys(sentence.about for sentence in found))}
    return sorted(found, key=lambda sentence: order[sentence.about])


@cache
def _package() -> griffe.Object | griffe.Alias:
    return griffe.load("gdfigs", search_paths=[str(ROOT)])


def _docstrings(of: griffe.Object | griffe.Alias) -> Iterator[Sentence]:
    """Yields the sentences about an object and its public members, as mkdocstrings takes them."""
    if of.docstring:
        file, first = Path(str(of.filepath)).relative_to(ROOT).as_posix(), of.docstring.lineno or 1
        lines = (ROOT / file).read_text(encoding="utf-8").splitlines()[first - 1 : of.docstring.endlineno]
        text = "\n\n".join(_section(section) for section in of.docstring.parse("google"))
        yield from _located(_reader().read(text, of.path), file, lines, first)
    for name, member in of.members.items():
        if name[0] != "_" and not (member.is_alias or member.is_module):
            yield from _docstrings(member)


def _section(section: griffe.DocstringSection) -> str:
    if isinstance(section.value, str):
        return section.value
    named = ((getattr(entry, "name", "") or entry.annotation, entry.description) for entry in section.value)
    return "\n\n".join(f"{name}: {description}" for name, description in named)


def descriptions(drawn: Collection[str] = ()) -> Iterator[tuple[str, Sentence]]:
    """Yields, by page, what figures say of themselves with the defaults of their parameters.

    A figure is drawn only where its module has changed, for a check has to take seconds; a test draws all. What cannot
    be drawn, as the build says, keeps the words on record.

    Args:
        drawn: figures, or their pages, that are drawn in any case.
    """
    for name, figure in all_figures().items():
        call, about, code = figure_call(name, {}), f"description of {name}", figure.function.__code__
        file = Path(code.co_filename)
        place = f"{file.relative_to(ROOT).as_posix()}:{code.co_firstlineno}"
        key, make = digest("description", name, file.read_text(encoding="utf-8")), partial(_described, call)
        try:
            with naming(call):
                if {name, figure.page} & {*drawn}:
                    save(key, make())
                said = sentences(NUMBER.sub("#", cached(key, make).decode()))
        except DrawingError:
            said = on_record().get(figure.page, {}).get(about, [])
        yield from ((figure.page, Sentence(about, words, place)) for words in said)


def _described(call: FigureCall) -> bytes:
    return call.draw().description.encode()


def pages() -> list[str]:
    """Returns the pages, below docs/."""
    docs = ROOT / "docs"
    return [file.relative_to(docs).as_posix() for kind in ("md", "py") for file in sorted(docs.rglob(f"*.{kind}"))]


def now(drawn: Collection[str] = ()) -> dict[str, list[Sentence]]:
    """Returns all sentences, by page; see `descriptions`."""
    found = {uri: of_page(uri) for uri in pages()}
    for page, sentence in descriptions(drawn):
        found.setdefault(page, []).append(sentence)
    return found


def on_record() -> dict[str, dict[str, list[str]]]:
    """Returns the sentences that are on record, by page and by what they are about."""
    kept: dict[str, dict[str, list[str]]] = json.loads(RECORD.read_text(encoding="utf-8"))
    return kept


def grouped(said: Iterable[Sentence]) -> dict[str, list[str]]:
    """Returns sentences as they are put on record: by what they are about."""
    by = defaultdict[str, list[str]](list)
    for sentence in said:
        by[sentence.about].append(sentence.words)
    return dict(by)


def write(*names: str) -> None:
    """Puts on record anew the words of the pages, boxes and figures that are so named, or all."""
    kept, written = on_record() if names else {}, {}
    for page, said in now(names or pages()).items():
        before = kept.get(page, {})
        written[page] = {
            about: words if anew else before[about]
            for about, words in grouped(said).items()
            if (anew := not names or {page, re.sub("^(?:figure|description of) ", "", about)} & {*names})
            or about in before
        }
    RECORD.write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def changes(page: str, said: Sequence[Sentence], kept: Mapping[str, list[str]]) -> Iterator[str]:
    """Yields a message for each sentence of a page that is not as it was put on record."""
    before = [Sentence(about, words, f"docs/{page}") for about, known in kept.items() for words in known]
    match, moved = SequenceMatcher(None, [s.words for s in before], [s.words for s in said], autojunk=False), set[str]()
    for kind, a, b, c, d in match.get_opcodes():
        for old, new in zip_longest(before[a:b], said[c:d]):
            at = new or old
            if kind != "equal":
                what = f'is {"new" if new else "gone"}: "{at.words}"'
                if old and new:
                    what = f'changed: "{old.words}" -> "{new.words}"'
                yield f"{at.place}: this sentence about {at.about} {what}; if it is meant: {COMMAND} {page}"
            elif old.about != new.about and old.about not in moved:
                moved.add(old.about)
                what = f"what was about {old.about} is about {new.about} now"
                yield f"{new.place}: {what}; if it is meant: {COMMAND} {page}"


def main() -> int:
    """Prints the changes of all pages. Returns 1 if there are any."""
    try:
        found, kept = now(), on_record()
    except (InputError, ClaimError) as fault:  # as the build says, too
        print(fault)
        return 1
    told = [line for page in {**found, **kept} for line in changes(page, found.get(page, []), kept.get(page, {}))]
    print("\n".join(told), end="\n" if told else "")
    return bool(told)


if __name__ == "__main__":
    sys.exit(main())
