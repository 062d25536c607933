"""Every number in the text is checked against what computes it, or is of one of the few kinds that need not be.

Looked through are the sources of all pages: prose, captions, tables, titles and descriptions; not code. A number that a
page writes as [113](gdfigs:...) is checked when the site is built. What else is a number, in digits or in words, is
listed, unless it is

- a number of a list, a year or a theorem in a citation, a section of the post;
- 0 or 1, with which quantities are compared, outside captions: what a caption says is computed;
- a single digit in a formula; in a caption, not one that stands alone behind an equals sign, as in kappa = 5;
- one of ALLOWED.
"""

import re
from collections.abc import Iterator

import pytest

from gdfigs.claims.core import NEAR, ROUNDING, SOLVER, claims
from gdfigs.claims.nesterov import CERTIFIED
from gdfigs.site.checked_numbers import WORDS
from tests.built import NAV, ROOT

ALLOWED = {
    ("gradient-descent.md", r"\tfrac{1}{10} \log \cosh(10x)"): "a function that is made up for the example",
    ("gradient-descent.md", r"$1 - 10 / \cosh^2(10x)$"): "its second derivative",
    ("gradient-descent.md", "its gradient has Lipschitz constant 10"): "the second derivative of -5x^2",
    ("gradient-descent.md", r"\mathrm{diag}(1, 10)"): "a matrix that is made up for the example",
    (
        "momentum.md",
        r"25 x & \text{if } x < 1 , \\ x + 24 & \text{if } 1 \le x < 2 , \\ 25 x - 24 &",
    ): "a function of others",
    (
        "momentum.md",
        r"$x_0 = \tfrac{792}{1225}$, $x_1 = -\tfrac{2208}{1225}$, $x_2 = \tfrac{2592}{1225}$",
    ): "its cycle is run",
    ("corrections.md", r"\tfrac{1}{10} \log\cosh(10x)"): "the function of the example",
    ("corrections.md", r"\mathrm{diag}(1, 10)"): "the matrix of the example",
    ("corrections.md", "method of order three"): "which method it is",
    ("flow-to-descent.md", r"\tfrac{1}{10} \log \cosh(10x)"): "the function of the example",
    ("noise.md", r"\tfrac{1}{10} \log\cosh(10x)"): "the function of the example",
    ("nesterov.md", r"for $k \le 40$ only"): "see the test of it below",
    ("ledger.md", "to within 0.002 %, and the number of steps is at most five"): "see the test of it below",
    ("ledger.md", "to nine digits"): "see the test of it below",
    ("ledger.md", "to six digits here"): "likewise",
}
"""A number of a page, with some of its words, and why it is not checked."""

_CHECKED = re.compile(
    rf"(?<!!)(\[[^\[\]]*?)((?:[-−\d][\d.,{{}}\u202f]*(?:\s?%)?|\b(?:{'|'.join(WORDS)})))"
    r"(?=\$?\]\(gdfigs:(?!claims|map|formulas)[^)\s]+\))",
    re.IGNORECASE,
)
"""A number that the build checks: the last one in the words of a link."""
_AWAY = (
    r"^```.*?^```$|`[^`\n]+`",  # code
    r"(?:(?<=, Theorem )|(?<=Theorem ))\d(?:\.\d)?|\d{4}[ab]?(?=\]\(further-reading\.md#)",  # a citation
    r"\]\([^)\s]*\)|\{ ?#[^}]*\}|^ +attrs:[^\n]*$",  # where a link leads, ids
    r"\\(?:eqref|label)\{[^}]*\}",
    r"^ *\d\. |\*\d\.?\*",  # a list, the parts of a proof
    r"(?<=[Ss]ection )\d(?:\.\d)?|(?<=\()\d(?:\.\d)?(?:, \d(?:\.\d)?)*(?=\)$)",  # a section of the post
    r"(?<=tends to )[01]\b(?!\.\d)|[Tt]he factor of two|powers of ten",  # limits; the name of a mistake; a unit
    r"(?:twice|three times) (?:continuously )?differentiable|half plane|double (?:root|well)",
    r"^(?:tags|categories|search):[^\n]*$",
)
_FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$\n]+\$", re.DOTALL)
_CAPTION = re.compile(r"^/// figure-caption$.*?^///$", re.DOTALL | re.MULTILINE)
_NUMBER = re.compile(r"\d[\d.,\u202f]*\d|\d")
_ALONE = re.compile(r"=\s*-?(\d[\d.]*)\$")
_SPELT = ("half", "halves", "third", "quarter", "twice", "thrice", "double", "doubled", "twofold", "factor of two",
          "dozen", "twenty", "forty", "fifty", "hundred", "thousand", "million", "millionth", "percent")  # fmt: skip
_WORD = re.compile(rf"\b(?:{'|'.join((*_SPELT, *list(WORDS)[5:]))})\b", re.IGNORECASE)


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", "~", found[0])


def unchecked(source: str) -> Iterator[tuple[int, str]]:
    """Each number of a page that is not checked and would have to be: where it begins, and how it is written."""
    source = _CHECKED.sub(lambda link: link[1] + "~" * len(link[2]), source)
    for away in _AWAY:
        source = re.sub(away, _blank, source, flags=re.DOTALL | re.MULTILINE)
    captions = [found.span() for found in _CAPTION.finditer(source)]

    def in_caption(at: int) -> bool:
        return any(first <= at < last for first, last in captions)

    for formula in _FORMULA.finditer(source):
        tex = re.sub(r"(?<=frac)(\d)(\d)", r"\1 ", formula[0])  # \tfrac12 is no twelve
        for found in _NUMBER.finditer(tex):
            if len(found[0]) > 1:
                yield formula.start() + found.start(), found[0]
        alone = _ALONE.search(tex)
        if alone and len(alone[1]) == 1 and in_caption(formula.start()):
            yield formula.start() + alone.start(1), alone[1]
    text = _FORMULA.sub(_blank, source)
    for found in (*_NUMBER.finditer(text), *_WORD.finditer(text)):
        threshold = re.match(r"[12]/\(?L", text[found.start() :])  # of a figure's title, which has no TeX
        if not threshold and (found[0] not in ("0", "1") or in_caption(found.start())):
            yield found.start(), found[0]


def listed(page: str, source: str) -> list[str]:
    """What is not checked on a page, without what is allowed there."""
    allowed = [
        range(found.start(), found.end())
        for where, words in ALLOWED
        if where == page
        for found in re.finditer(re.escape(words).replace(r"\ ", r"\s+"), source)
    ]
    return [
        f"docs/{page}:{source.count(chr(10), 0, at) + 1}: {number} in "
        f"'{' '.join(source[max(0, at - 30) : at + 20].split())}'"
        for at, number in sorted(unchecked(source))
        if not any(at in span for span in allowed)
    ]


def read(page: str) -> str:
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


PAGES = [page for page in NAV if "/" not in page and page not in ("further-reading.md", "contribute.md")]
"""The text: not the list of its sources with their volumes and pages, nor what contributors are told, nor notebooks,
which assert their own numbers."""


@pytest.mark.parametrize("page", PAGES)
def test_every_number_is_checked(page: str) -> None:
    assert listed(page, read(page)) == []


@pytest.mark.parametrize("page", PAGES)
def test_what_is_allowed_stands_on_its_page_and_would_be_listed(page: str) -> None:
    source = read(page)
    found = [source[at - 99 if at > 99 else 0 : at + 99] for at, _ in unchecked(source)]
    for where, words in ALLOWED:
        if where == page:
            assert any(words in " ".join(text.split()) for text in found), words


@pytest.mark.parametrize("page", PAGES)
def test_a_number_slipped_in_at_the_end_of_any_line_is_listed(page: str) -> None:
    """So nothing of a page is passed over, not even behind a formula that does not end."""
    lines = read(page).splitlines(keepends=True)
    display = False
    for n, line in enumerate(lines):
        display ^= line.strip().startswith("$$")
        if re.match(r"\w", line) and not display and not line.startswith(("tags:", "categories:", "search:")):
            slipped = "".join([*lines[:n], f"{line.rstrip()} 17\n", *lines[n + 1 :]])
            assert any(f":{n + 1}: 17 " in told for told in listed(page, slipped)), line


@pytest.mark.parametrize(
    "text",
    [
        "It takes 113 steps.", "It takes forty steps.", "It is Twice as fast.", "By 5 %.", "A factor of two.",
        "The rate is 0.96.", "From −3 to 1.", "It is $\\kappa = 100$.", "At $\\eta = 0.18$.", "$$\nx = 12\n$$",
        "| a |\n| - |\n| 0.5 |", "# Of 3 kinds", "- In 7 steps.", "![Of 12 dots](gdfigs:x)", "[10](other.md)",
        "/// figure-caption\nFor $\\kappa = 3$ it is so.\n///", "/// figure-caption\nIt ends at 1.\n///",
        "---\ndescription: All 12 steps.\n---\n", "/// theorem | In 5 steps\n///",
        "/// correction | In 30 steps (2.1)\n///", "![All 12](gdfigs:x)", "[10](gdfigs:claims#x)",
        "[12 or 13](gdfigs:x#y)", "[$10 < x = 20$](gdfigs:x#y)", "[twenty](gdfigs:x#y)",
    ],
)  # fmt: skip
def test_a_number_is_listed(text: str) -> None:
    assert len(list(unchecked(text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "It takes [113](gdfigs:x?y=3#z) steps.", "[1,024](gdfigs:x#y), [−0.8](gdfigs:x#y) and [97 %](gdfigs:x#y)",
        "At [$\\kappa = 100$](gdfigs:bounds.x?k=100#k), [twice](gdfigs:x#y).", "[$t = 10{,}000$](gdfigs:x#y)",
        "From 0 to 1, and $x_1 = 2$.", "`x = 12`", "```\nx = 12\n```", "$\\tfrac12 x^2 \\le \\frac{L R^2}{4k + 2}$",
        "1. One.\n2. Two.", "*1.* So. *2* So.", "[Kim 2024](further-reading.md#sources), Theorem 3.1.", "At $2/L$.",
        "/// correction | A slip (2.1, 8)\n    attrs: {id: x2}\n///", "In section 2.1.", "See \\eqref{eq:2}.",
        "It is twice continuously differentiable.", "![Descent above 2/L](gdfigs:x?y=12)",
        "The claim [ok](gdfigs:claims#a1).", "# A { #b22 }",
        "/// figure-caption\nIt tends to 0 and $x < 2$.\n///", "---\ntags: [12]\n---\n",
    ],
)  # fmt: skip
def test_what_is_no_number_or_checked_is_not_listed(text: str) -> None:
    assert list(unchecked(text)) == []


def test_the_certificate_goes_so_far_as_the_page_says() -> None:
    assert CERTIFIED == 40


def test_what_the_ledger_says_of_solver_and_rounding_is_so() -> None:
    assert ROUNDING == 1e-9
    assert NEAR == 1e-6
    assert pytest.approx(0.002 / 100) == SOLVER
    cases = [case.case for claim in claims().values() for case in (claim.worst_cases or list)()]
    steps = [int(found) for case in cases for found in re.findall(r"k = (\d+)", case)]
    assert max(steps) == 5
