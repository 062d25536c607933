"""What a page writes becomes what the reader gets, and what is wrong with a page is told with its line, all at once."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator

import html5lib
import markdown
import pytest

from gdfigs.build.jobs import BuildJobs
from gdfigs.plots.registry import all_figures
from gdfigs.site.context import Link, PageContext, SiteIndex
from gdfigs.site.fragments import Filler, fill_in
from gdfigs.site.markdown import KINDS, PageError
from tests.read_svg import misplaced
from tests.shown import facts, picture
from tests.site.small import CAPTION, NAME

CROSSING = f"gdfigs:{NAME}#crossing"
FIGURE = f"![Factors](gdfigs:{NAME}){CAPTION}"
LABELLED = "$$\n\\begin{equation} x < y \\label{eq:a} \\end{equation}\n$$\n"


@pytest.fixture(scope="module")
def jobs() -> Iterator[BuildJobs]:
    with BuildJobs() as jobs:
        yield jobs


class Set:
    """A page that has been set, together with others, and filled in."""

    def __init__(self, text: str, page: PageContext, jobs: BuildJobs, *others: PageContext) -> None:
        self.page = page
        page.lines, page.deferred = text.splitlines(), True
        options = {"gdfigs": {"page": page, "jobs": jobs}}
        # As MkDocs does, which brings its own code blocks.
        html = markdown.markdown(text, extensions=["fenced_code", "gdfigs"], extension_configs=options)
        self.html = fill_in(html, Filler(page, jobs, SiteIndex([page, *others])).fill())
        parser = html5lib.HTMLParser(namespaceHTMLElements=False)
        self.tree: ET.Element = ET.Element("page")
        self.tree.extend(parser.parseFragment(self.html))
        self.errors = parser.errors
        for element in self.tree.iter():
            element.tag = element.tag.rpartition("}")[2]
        self.faults = page.faults

    def __iter__(self) -> Iterator[ET.Element]:
        return self.tree.iter()

    def all(self, tag: str, classed: str | None = None) -> list[ET.Element]:
        return [e for e in self.tree.iter(tag) if classed is None or classed in e.get("class", "").split()]

    def one(self, tag: str, classed: str | None = None) -> ET.Element:
        (found,) = self.all(tag, classed)
        return found

    @property
    def formulas(self) -> list[str]:
        """Each formula, in or out of display, as the text of its pieces."""
        parents = {child: parent for parent in self for child in parent}
        groups: dict[ET.Element, str] = {}
        for math in self.all("math"):
            group = parents[math]
            while {"gd-nowrap", "gd-clause"} & set(group.get("class", "").split()):
                group = parents[group]
            groups[group] = groups.get(group, "") + "".join(math.itertext())
        return list(groups.values())


Setter = Callable[..., Set]


@pytest.fixture
def put(jobs: BuildJobs) -> Setter:
    """Sets a page."""

    def put(text: str, root: str | None = None, first_line: int = 1) -> Set:
        return Set(text, PageContext("a.md", root, first_line), jobs)

    return put


@pytest.fixture
def sound(put: Setter) -> Setter:
    """Sets a page that has no fault, whose HTML is well formed and whose ids are unique."""

    def sound(text: str, root: str | None = None) -> Set:
        made = put(text, root)
        assert made.faults == []
        assert made.errors == []
        ids = [e.get("id") for e in made if "id" in e.attrib]
        assert len(ids) == len(set(ids))
        links = {e.get("href", "") for e in made.all("a")}
        assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
        return made

    return sound


class TestFigure:
    def test_it_is_an_svg_titled_with_its_alternative_text(self, sound: Setter) -> None:
        made = sound(f"![A <b> & 'c'](gdfigs:{NAME}){CAPTION}")
        svg = made.one("svg")
        assert svg.findtext("title") == "A <b> & 'c'"
        assert svg.findtext("desc") == picture(NAME).description
        assert "var(--gd-discrete,#" in made.html
        assert not made.all("img")

    def test_it_shows_what_is_plotted_with_the_parameters_of_the_function(self, sound: Setter) -> None:
        made = sound(f"![Factors](gdfigs:{NAME}?largest=4.5){CAPTION}")
        text = re.search("<svg.*</svg>", made.html)
        assert text
        assert misplaced(text[0], picture(NAME, largest=4.5)) == {}
        assert made.one("desc").text == picture(NAME, largest=4.5).description
        assert list(made.page.figures.values()) == [NAME]

    def test_a_link_to_the_first_of_its_name_holds_whatever_its_parameters(self, sound: Setter) -> None:
        made = sound(f"![One](gdfigs:{NAME}?largest=4){CAPTION}\n{FIGURE}\n![Two](gdfigs:{NAME}?largest=5){CAPTION}")
        assert [e.get("id") for e in made.all("figure")] == [f"figure-{NAME}{n}" for n in ("", "-2", "-3")]

    def test_its_caption_is_numbered_and_stands_above_the_ways_behind_it(self, sound: Setter) -> None:
        made = sound(f"{FIGURE}\n![Factors](gdfigs:{NAME}?largest=4)\n\n/// figure-caption\nUp to $z = 4$.\n///")
        assert [" ".join("".join(e.itertext()).split()) for e in made.all("figcaption")] == [
            "Figure 1. Look.",
            "Figure 2. Up to z=4.",
        ]
        for figure in made.all("figure"):
            assert [e.tag for e in figure] == ["div", "figcaption", "div"]
            assert [e.get("class") for e in figure.iterfind("div/div")] == ["gd-figure", "gd-behind"]

    def test_its_code_is_behind_it(self, sound: Setter) -> None:
        code, command = sound(f"![Factors](gdfigs:{NAME}?largest=4){CAPTION}").all("details")
        for details, label, text in (
            (code, "Code", all_figures()[NAME].source),
            (command, "Command", f"gdfigs render '{NAME}?largest=4'"),
        ):
            assert details.get("open") is None
            assert details.findtext("summary") == label
            assert "".join(details.find(".//code").itertext()) == text

    def test_a_notebook_that_speaks_of_it_is_linked_from_it(self, jobs: BuildJobs) -> None:
        others = [
            PageContext(uri, links=[Link("a.md", f"figure-{NAME}", "", "")]) for uri in ("lab/one.py", "plain.md")
        ]
        made = Set(FIGURE, PageContext("a.md", "../"), jobs, *others)
        assert [a.get("href") for a in made.all("a") if a.text == "Notebook"] == ["../lab/one/"]

    def test_a_link_of_a_notebook_to_it_is_seen(self, jobs: BuildJobs) -> None:
        made = Set(f"See [it](../x.md#figure-{NAME}) and [that](https://x.md#y).", PageContext("lab/one.py"), jobs)
        assert made.page.links == [("x.md", f"figure-{NAME}", "it", "docs/lab/one.py:1")]

    def test_its_data_and_its_file_are_linked_from_where_the_page_is(self, sound: Setter) -> None:
        made = sound(f"![Factors](gdfigs:{NAME}?largest=4){CAPTION}", root="../../")
        (prefix,), links = made.page.figures, made.all("a")
        assert [a.get("href") for a in links] == [f"../../figures/{prefix}.{suffix}" for suffix in ("csv", "svg")]
        assert all("download" in a.attrib for a in links)
        assert made.page.files.keys() == {f"figures/{prefix}.csv", f"figures/{prefix}.svg"}

    def test_without_a_site_there_is_nothing_to_link_to(self, sound: Setter) -> None:
        assert not sound(FIGURE).all("a")

    def test_it_can_be_linked_to_by_its_name_or_by_the_id_that_the_page_gives_it(self, sound: Setter) -> None:
        assert sound(f"{FIGURE}\n[see](#figure-{NAME})").one("figure").get("id") == f"figure-{NAME}"
        named = FIGURE.replace("figure-caption\n", "figure-caption\n    attrs: {id: mine}\n")
        assert sound(f"{named}\n[see](#mine)").one("figure").get("id") == "mine"


KAPPA = "gdfigs:stability-regions#kappa"
NUMBERS = [
    (f"At [1.28]({CROSSING}), that is [1.2785]({CROSSING}).", ["1.28", "1.2785"], "1.27846"),
    (f"[**1.28**]({CROSSING}) [$1.28$]({CROSSING}) [1.28][z]\n\n[z]: {CROSSING}\n", ["1.28"] * 3, "1.27846"),
    ("At [0.97](gdfigs:bounds.contraction?eta=0.1&L=10&mu=0.3) per step.", ["0.97"], "0.97"),
    (f"On the bowl [$\\kappa = 5$]({KAPPA}), at once.", ["κ=5"], "5"),
]
"""What a page writes, the numbers that are shown, and the value that each of them has."""


class TestNumber:
    @pytest.mark.parametrize(("text", "shown", "value"), NUMBERS)
    def test_it_is_what_is_written_with_the_value_behind_it(
        self, sound: Setter, text: str, shown: list[str], value: str
    ) -> None:
        made = sound(text)
        numbers = made.all("data", "gd-number")
        assert ["".join(number.itertext()) for number in numbers] == shown
        assert {number.get("value") for number in numbers} == {value}
        assert not made.all("a")

    def test_it_is_one_of_the_figure_with_these_parameters(self, sound: Setter) -> None:
        name, parameters = "stability-regions", {"kappa": 25.0, "eta": 0.5}
        value = f"{facts(name, **parameters)['rho']:.3f}"
        assert value != f"{facts(name)['rho']:.3f}"
        sound(f"[{value}](gdfigs:{name}?kappa=25&eta=0.5#rho)")

    def test_a_line_does_not_break_between_a_formula_and_what_follows_it(self, sound: Setter) -> None:
        made = sound(f"So [$\\kappa = 5$]({KAPPA}). And more.")
        (unbroken,) = (e for e in made.all("span", "gd-nowrap") if e.find("data") is not None)
        assert ("".join(unbroken.itertext()), unbroken.tail) == ("κ=5.", " And more.")


class TestFormula:
    def test_running_and_displayed(self, sound: Setter) -> None:
        made = sound("If $a<b$ & so.\n\n$$\nx < y \\text{ \\&} z\n$$\n\n\\begin{align*} a &= b \\end{align*}\n")
        assert made.formulas[0] == "a<b"
        assert made.formulas[1].replace("\xa0", " ") == "x<y &z"
        assert "a=b" in "".join(made.formulas[2:])
        assert not re.search(r"\$|\\|arithmatex", made.html)

    def test_numbers_and_references(self, sound: Setter) -> None:
        made = sound(f"See \\eqref{{eq:a}} and $\\eqref{{eq:a}}$.\n\n{LABELLED}")
        links = made.all("a")
        assert [(a.get("href"), a.text) for a in links] == [("#eq:a", "(1)")] * 2
        (target,) = (e for e in made if e.get("id") == "eq:a")
        assert "".join(target.itertext()).strip().endswith("(1)")

    def test_the_page_keeps_its_formulas_for_the_font(self, sound: Setter) -> None:
        made = sound("$a$ and\n\n$$\nb\n$$\n")
        assert {"𝑎", "𝑏"} <= made.page.characters

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("It costs \\$5, $x$ costs \\$6.", "It costs $5, x costs $6."),
            ("It costs US$5 and US$6", "It costs US$5 and US$6"),
            ("It costs US$5 for $x$, `US$7`.", "It costs US$5 for x, US$7."),
        ],
    )
    def test_a_dollar_may_be_a_dollar(self, sound: Setter, text: str, shown: str) -> None:
        assert "".join(sound(text).tree.itertext()) == shown

    @pytest.mark.parametrize("link", ["[a]({})", "![a]({})", "<{}>", "[a][b]\n\n[b]: {}", "[a $x$]({})"])
    def test_a_dollar_in_an_address_stays(self, sound: Setter, link: str) -> None:
        address = "https://example.org/?a=$5&b=$6"
        made = sound(link.format(address))
        assert [e.get("href", e.get("src")) for e in made if {"href", "src"} & e.attrib.keys()] == [address]


class TestBox:
    @pytest.mark.parametrize("kind", KINDS)
    def test_it_has_its_kind_its_title_and_a_link_to_itself(self, sound: Setter, kind: str) -> None:
        made = sound(f"/// {kind} | Rate of $f$\n    attrs: {{id: rate}}\n\nText.\n///")
        box = made.one("div", kind)
        assert box.get("id") == "rate"
        title = made.one("p", "admonition-title")
        assert "".join(title.itertext()) == f"{kind.capitalize()}. Rate of f¶"
        assert title.find("a").get("href") == "#rate"
        assert "Text." in "".join(box.itertext())

    def test_without_a_title_it_is_named_by_its_kind(self, sound: Setter) -> None:
        title = sound("/// lemma\n    attrs: {id: a}\n\nText.\n///").one("p", "admonition-title")
        assert "".join(title.itertext()) == "Lemma¶"

    def test_a_proof_folds(self, sound: Setter) -> None:
        made = sound(
            "/// theorem | T\n    attrs: {id: t}\n\nSo.\n\n/// proof\nAs $x$.\n///\n///\n\n/// proof | Other\nAs.\n///"
        )
        first, second = made.all("details", "proof")
        assert first.findtext("summary") == "Proof"
        assert "".join(second.find("summary").itertext()) == "Other"
        assert first in list(made.one("div", "theorem").iter())


PLACES = {
    "a list": ("- a\n- {}\n- b\n", "ul/li[2]"),
    "a loose list": ("1. a\n\n2. b\n\n    {}\n\n3. c\n", "ol/li[2]/p[2]"),
    "a nested list": ("- a\n    - {}\n- b\n", "ul/li/ul/li"),
    "a table": ("| a | b |\n| - | - |\n| {} | c |\n", "table//td"),
    "a heading": ("# A {} b\n", "h1"),
    "a caption": (f"![Factors](gdfigs:{NAME})\n\n/// figure-caption\nSee {{}} there.\n///\n", "figure/figcaption/p"),
    "a box": ("/// theorem | T\n    attrs: {id: t}\n\nSee {} there.\n///\n", "div[@id='t']/p[2]"),
    "the title of a box": ("/// theorem | See {} there\n    attrs: {id: t}\n\nText.\n///\n", "div/p[1]"),
    "a proof": ("/// proof\nSee {} there.\n///\n", "details/p"),
    "a quotation": ("> See {} there.\n", "blockquote/p"),
    "emphasis": ("*See {} there*, **and {} here**.\n", "p/em"),
    # Stock extensions that Material's users expect.
    "a footnote": ("A[^1] claim.\n\n[^1]: As {}.\n", "div[@class='footnote']//li"),
    "an admonition": ('!!! note "Beware"\n    Of {}.\n', "div[@class='admonition note']/p[2]"),
    "a folded admonition": ("??? tip\n    Of {}.\n", "details[@class='tip']/p"),
    "a tab": ('=== "One"\n\n    On {}.\n\n=== "Two"\n\n    Two.\n', ".//div[@class='tabbed-block']/p"),
    "a task": ("- [x] Do {}\n- [ ] More\n", ".//li[@class='task-list-item']"),
    "a definition": ("Term\n:   Is {}.\n", "dl/dd"),
}
"""Texts, and where in the page the braces then stand."""


@pytest.mark.parametrize("place", PLACES)
class TestEveryPlace:
    def test_formulas_and_numbers_stand_in(self, sound: Setter, place: str) -> None:
        text, path = PLACES[place]
        made, times = sound(text.replace("{}", f"$a_1<b$ [1.28]({CROSSING})")), text.count("{}")
        element = made.tree.find(path)
        assert element is not None
        assert element.find(".//math") is not None
        assert element.find(".//data") is not None
        assert made.formulas.count("a1<b") == times
        assert [e.text for e in made.all("data")] == ["1.28"] * times
        assert "data-source" not in made.html
        words = "".join(re.sub("<details><summary>Co.*?</details>", "", made.html, flags=re.DOTALL))
        assert not re.search(r"\$|\[\^|!!!|\?\?\?|===|\[x\]|///|\| -", words)

    def test_faults_in_are_told_with_their_line(self, put: Setter, place: str) -> None:
        text = PLACES[place][0].replace("{}", f"$\\foo$ [1.2]({CROSSING})")
        (line,) = (n for n, line in enumerate(text.splitlines(), 1) if "foo" in line)
        made = put(f"\n\n{text}")
        assert {fault.partition(": ")[0] for fault in made.faults} == {f"docs/a.md:{line + 2}"}
        assert len(made.faults) == 2
        assert made.errors == []


BLOCKS = {
    "a list": "1. a\n\n    {}\n\n2. b\n",
    "a box": "/// theorem | T\n    attrs: {id: t}\n\nBefore.\n\n{}\n\nAfter.\n///\n",
    "a proof": "/// proof\n\n{}\n///\n",
}


@pytest.mark.parametrize("place", BLOCKS)
def test_displays_and_figures_stand_in(sound: Setter, place: str) -> None:
    block = f"{LABELLED}\n{FIGURE}".strip()
    indented = block.replace("\n", "\n    ") if "list" in place else block
    made = sound(BLOCKS[place].replace("{}", indented))
    assert made.one("svg").get("role") == "img"
    assert made.one("figcaption") is not None
    assert any("x<y" in formula for formula in made.formulas)


@pytest.mark.parametrize(
    "code",
    [
        "`$x$ [1](gdfigs:none) gdfigs:x \\eqref{y} $$`",
        "``![](gdfigs:none) `$` ``",
        "```\n$x$ $$ y\n![](gdfigs:none)\n[1](gdfigs:none#x)\n/// theorem\n\\eqref{y}\n```",
        "    $x$ $$ y\n    ![](gdfigs:none)\n    [1](gdfigs:none#x)\n    \\eqref{y}",
        "- a\n\n        $x$ ![](gdfigs:none)\n",
    ],
)
def test_code_is_left_alone(sound: Setter, code: str) -> None:
    made = sound(f"Text.\n\n{code}\n\nMore.")
    assert made.formulas == []
    (shown,) = made.all("code")
    assert "gdfigs:" in "".join(shown.itertext())
    assert "$" in "".join(shown.itertext())


def test_code_is_coloured_by_its_language(sound: Setter) -> None:
    page = sound("```diff\n-$a$\n+$b$\n```\n")
    assert [(e.get("class"), e.text) for e in page.one("code").iter("span")] == [("gd", "-$a$"), ("gi", "+$b$")]
    assert page.formulas == []


def test_a_heading_enters_the_table_of_contents_with_its_formula(jobs: BuildJobs) -> None:
    md = markdown.Markdown(extensions=["gdfigs"], extension_configs={"gdfigs": {"jobs": jobs}})
    md.convert(f"# Rate $\\kappa$ and [1.28]({CROSSING})")
    (entry,) = md.toc_tokens
    assert entry["name"] == "Rate κ and 1.28"
    assert "<mi>κ</mi>" in entry["html"]


# fmt: off
FAULTS = [
    (f"![Factors](gdfigs:amplifcation){CAPTION}", "no figure is named 'amplifcation'; did you mean 'amplification'?"),
    (f"![Factors](gdfigs:{NAME}?larges=4){CAPTION}",
     "amplification has no parameter 'larges'; did you mean 'largest'?"),
    (f"![Factors](gdfigs:{NAME}?largest=big){CAPTION}", "largest must be a number; got 'big'"),
    (f"![Factors](gdfigs:{NAME}?largest=4&largest=5){CAPTION}",
     f"a parameter is given twice in gdfigs:{NAME}?largest=4&largest=5"),
    (f"![Factors](gdfigs:{NAME}?largest=1.5){CAPTION}", "largest must lie in"),
    (f"![](gdfigs:{NAME}?largest=4.1){CAPTION}", "a figure needs a title: write it between the brackets of ![](...)"),
    (f"![The $z$](gdfigs:{NAME}?largest=4.2){CAPTION}",
     "a figure's title is read aloud: write it in words, without TeX"),
    (f"![Factors](gdfigs:{NAME}?largest=4.3)",
     "a figure needs a caption: write '/// figure-caption' ... '///' below it"),
    (f"![Factors](gdfigs:{NAME}?largest=4.4#crossing){CAPTION}",
     "a figure is named without '#'; that asks for one of its numbers: [12](...)"),
    (f"See ![Factors](gdfigs:{NAME}?largest=4.5) here.{CAPTION}", "a figure stands in a paragraph of its own"),
    (f"| a |\n| - |\n| ![Factors](gdfigs:{NAME}?largest=4.6) |\n", "a figure stands in a paragraph of its own"),
    (f"[1](gdfigs:{NAME}?largest=5#crosing)", "amplification has no fact 'crosing'; did you mean 'crossing'?"),
    (f"[1](gdfigs:{NAME}?largest=6)",
     f"a number names a fact of the figure: write gdfigs:{NAME}?largest=6#... with one of crossing, factor_at"),
    ("[1](gdfigs:amp#x)", "no figure is named 'amp'"),
    (f"[about one]({CROSSING})", "'about one' is not a number: write digits, as 1,024 or 0.28 or 42 %"),
    ("[1](gdfigs:bounds.crosing)", "no formula is named 'bounds.crosing'; did"),
    ("[1](gdfigs:bounds.largest_step?l=x)",
     "bounds.largest_step has no parameter 'l'; there are L; bounds.largest_step needs L"),
    (f"[1.277]({CROSSING})", "the page says 1.277, the figure computes 1.278"),
    ("The step $\\eta + \\foo{x}$ here.",
     "the formula $\\eta + \\foo{x}$ cannot be set, at '\\foo{x}': Unknown command \"\\foo\"."),
    ("$$\na + \\frac{1}{2\n$$\n", "the formula $a + \\frac{1}{2$ cannot be set, at its end: "),
    ("See \\eqref{eq:b}.",
     "the formula $\\eqref{eq:b}$ cannot be set, at '\\eqref{eq:b}': no equation is labelled 'eq:b'"),
    ("Here $ x$ stands.", "a dollar sign is left over in 'Here $ x$ stands.'"),
    ("There $$x + 1$$ stands.", "a dollar sign is left over in 'There $'"),
    ("Thus \\begin{equation}\na = b\n\\end{equation}", "TeX is left over in 'Thus \\begin{equation}': write $...$"),
    ("/// corollary | No id\n\nText.\n///", "a corollary needs an id: write 'attrs: {id: ...}' below its first line"),
    ("!!! warning\n    Text.\n", "a warning needs an id: write 'attrs: {id: ...}' below its first line, which begins"),
    ("/// theorm | T\n\nText.\n", "no box is named 'theorm'; did you mean 'theorem'?"),
    ("[1.2](gdfig:amplification#crossing)", "the scheme 'gdfig' of a link is unknown; did you mean"),
    (f"![A](gdfgs:{NAME}){CAPTION}", "the scheme 'gdfgs' of a link is unknown; did you"),
    ("[checked](gdfigs:claims#convex-rat)", "no claim has the id 'convex-rat'; did you mean 'conv"),
]
# fmt: on


LEMMA = "/// lemma | One\n    attrs: {id: a}\n\nText.\n"
AGAIN = FIGURE.replace("Factors", "Again")
# fmt: off
PLACED = [
    # Of two quotations of one number the wrong one, and not what is code.
    (f"[1.28]({CROSSING})\n\n[1.2]({CROSSING})\n\n![A]({CROSSING})\n\n`[1.2785]({CROSSING})`",
     ["3: the page says", "5: a figure is named without"]),
    (f"[1.2]({CROSSING})\n\nAgain: [1.2]({CROSSING}), $\\foo$.\n\n$\\foo$", ["1,3: the page says", "3,5: the formula"]),
    ("And & more, A & B.\n\nBut $&$ is wrong.", ["3: the formula"]),
    (f"{FIGURE}\nText.\n\n{AGAIN}", ["9: stands twice on this page with the same parameters"]),
    (f"{LABELLED}\nText.\n\n{LABELLED}", ["2,8: two equations are labelled 'eq:a'"]),
    (f"{LEMMA}///\n\n/// lemma | Two\n\nText.\n///", ["7: a lemma needs an id"]),
    (f"{LEMMA}///\n\n///\n\nText.", ["7: '///' ends no box"]),
    ("```\n///\n```\n\nText.\n\n///\n", ["7: '///' ends no box"]),
    ("/// proof\n\nText.\n///\n\nText.\n///\n", ["7: '///' ends no box"]),
    (f"Text.\n\n{LEMMA}\nMore.\n", ["3: a lemma has no end: write '///'"]),
    (f"{LEMMA}\n/// proof\n\nText.\n///\n", ["1: a lemma has no end: write '///'"]),
]
# fmt: on
"""Texts, and their faults with all lines that these stand in."""


def line_of(text: str) -> int:
    """The line that is at fault."""
    lines = text.splitlines()
    return next(n for n, line in enumerate(lines, 1) if line not in ("$$", "| a |", "| - |"))


class TestFaults:
    @pytest.mark.parametrize(("text", "reason"), FAULTS)
    def test_it_is_told_with_its_line(self, put: Setter, text: str, reason: str) -> None:
        made = put(f"Before.\n\n{text}\n\nAfter.\n", first_line=5)
        assert made.faults
        assert made.faults[0].startswith(f"docs/a.md:{5 + 1 + line_of(text)}: {reason}")
        assert len({fault.partition(": ")[2] for fault in made.faults}) <= 2  # a dollar sign on either side
        assert "After." in "".join(made.tree.itertext())
        assert made.errors == []

    def test_all_are_told_in_one_run(self, put: Setter) -> None:
        text, expected = "", []
        for fault, reason in FAULTS:
            expected.append(f"docs/a.md:{text.count(chr(10)) + line_of(fault)}: {reason}")
            text += f"{fault}\n\nBetween.\n\n"
        faults = put(text).faults
        for message in expected:
            assert any(fault.startswith(message) for fault in faults), message
        dollars = [fault for fault in faults if "dollar" in fault]
        tex = [fault for fault in faults if "TeX is left" in fault]
        assert len(faults) - len(dollars) - len(tex) == len(expected) - 3

    def test_a_page_that_nobody_collects_the_faults_of_raises_them_all(self, jobs: BuildJobs) -> None:
        text = f"[1.2]({CROSSING})\n\n$\\foo$\n\n![](gdfigs:{NAME})"
        with pytest.raises(PageError) as caught:
            markdown.markdown(text, extensions=["gdfigs"], extension_configs={"gdfigs": {"jobs": jobs}})
        assert [line.partition(": ")[0] for line in sorted(str(caught.value).splitlines())] == [
            "page:1", "page:3", "page:5",
        ]  # fmt: skip

    @pytest.mark.parametrize(("text", "expected"), PLACED)
    def test_each_is_told_once_with_all_of_its_lines(self, put: Setter, text: str, expected: list[str]) -> None:
        faults = sorted(put(text).faults)
        assert len(faults) == len(expected)
        for fault, (lines, _, reason) in zip(faults, (e.partition(": ") for e in expected), strict=True):
            assert fault.startswith(f"docs/a.md:{lines}: ")
            assert reason in fault

    def test_all_faults_of_one_request_are_told(self, put: Setter) -> None:
        (fault,) = put(f"![Regions](gdfigs:stability-regions?kapa=3&eta=x){CAPTION}").faults
        assert "no parameter 'kapa'; did you mean 'kappa'?" in fault
        assert "eta must be a number; got 'x'" in fault

    def test_a_page_shows_its_faults_where_they_stand_and_loses_nothing(self, put: Setter) -> None:
        made = put(
            f"- q ![A](gdfigs:{NAME}) r\n- s\n\n| t | u |\n| - | - |\n| ![A](gdfigs:amp) v | [2]({CROSSING}) w |\n"
        )
        shown = [e.text for e in made.all("strong", "gd-fault")]
        assert len(shown) == 3
        assert all(any(fault.endswith(f": {text}") for fault in made.faults) for text in shown)
        words = re.findall(r"(?<!\S)[q-w](?!\S)", " ".join(made.tree.itertext()))
        assert words == list("qrstuvw")
        assert len(made.all("li")) == 2
        assert len(made.all("td")) == 2


class TestPages:
    def test_a_badge_leads_to_the_ledger(self, jobs: BuildJobs) -> None:
        text = "/// theorem | T\n    attrs: {id: convex-rate}\n\nT.\n///\n\nOr [so](gdfigs:claims#convex-rate)."
        made = Set(text, PageContext("gradient-descent.md"), jobs)
        badges = made.all("a", "gd-checked")
        assert [a.get("href") for a in badges] == ["statements.md#convex-rate"] * 2
        assert all("worst ratio" in "".join(a.itertext()) for a in badges)

    def test_each_page_begins_anew_with_the_same_converter(self, jobs: BuildJobs) -> None:
        options = {"page": (page := PageContext("a.md")), "jobs": jobs}
        md = markdown.Markdown(extensions=["gdfigs"], extension_configs={"gdfigs": options})
        with pytest.raises(PageError):
            md.convert(f"{FIGURE}\n$\\foo$ {LABELLED}")
        md.reset()
        assert f'value="{facts(NAME)["crossing"]:.6g}"' in md.convert(f"{FIGURE}\n[1.28]({CROSSING})\n\n{LABELLED}")
        assert (page.faults, len(page.figures)) == ([], 1)

    def test_nothing_makes_nothing(self, sound: Setter) -> None:
        assert sound("Plain *text* and a [link](b.md).").html == (
            '<p>Plain <em>text</em> and a <a href="b.md">link</a>.</p>'
        )


class TestTitle:
    def test_a_formula_in_the_front_matter_is_plain_text(self) -> None:
        page, meta = PageContext("a.md"), {"title": "The rate $O(1/k^2)$, for \\$5"}
        page.set_title(meta)
        assert (meta["title"], page.faults) == ("The rate O(1/k²), for \\$5", [])

    def test_one_that_cannot_be_set_is_a_fault_of_the_page(self) -> None:
        page, meta = PageContext("a.md"), {"title": "The rate $\\foo$"}
        page.set_title(meta)
        assert page.faults == ["docs/a.md: the title 'The rate $\\foo$' cannot be set: Unknown command \"\\foo\"."]


class TestNearMisses:
    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("<!--gdfigs:7-->", "a comment that begins with gdfigs: has a meaning of its own"),
            (f"[1.2](GDFIGS:{NAME}#crossing)", "the scheme 'GDFIGS' of a link is unknown; did you mean 'gdfigs'?"),
            (f"[17] (gdfigs:{NAME}#crossing)", f"a space stands between the brackets of a link to gdfigs:{NAME}#cross"),
            (f'<a href="gdfigs:{NAME}#crossing">17</a>', f"gdfigs:{NAME}#crossing in raw HTML is not checked"),
            ("/// definition | A\n    attrs: {id: a\n\nx\n///", "the options of this definition cannot be read"),
            (
                "/// lemma | A\n    attrs: {id: t}\n\nx\n///\n\n/// lemma | B\n    attrs: {id: t}\n\nx\n///",
                "two boxes have",
            ),
        ],
    )
    def test_it_is_refused(self, put: Setter, text: str, reason: str) -> None:
        assert put(f"Before.\n\n{text}\n").faults[0].partition(": ")[2].startswith(reason)

    def test_headings_that_differ_in_their_formulas_have_ids_of_their_own(self, sound: Setter) -> None:
        page = sound("## $\\alpha$-smooth\n\n## $\\beta$-smooth\n\n## $x$\n\n## $\\hat x$\n")
        ids = [heading.get("id") for heading in page.all("h2")]
        assert ids[:2] == ["α-smooth", "β-smooth"]
        assert len(set(ids)) == 4

    def test_dollars_in_an_address_are_no_formula_wherever_it_stands(self, sound: Setter) -> None:
        page = sound('<a href="https://e.org/?a=$5&amp;b=$6">x</a> and [b](https://e.org/(a)?$x$)\n')
        assert [a.get("href") for a in page.all("a")] == ["https://e.org/?a=$5&b=$6", "https://e.org/(a)?$x$"]
        assert page.formulas == []
