"""Whoever doubts a statement reaches the code that checks it in two clicks."""

import pytest

from gdfigs.claims.core import claims
from tests.browser.conftest import Show


@pytest.mark.parametrize(
    ("name", "scripts"), [("convex-rate", True), ("convex-rate", False), ("loose-flow", True), ("nesterov-flow", True)]
)
def test_two_clicks_lead_from_a_statement_to_the_code_of_its_check(name: str, scripts: bool, show: Show) -> None:
    claim = claims()[name]
    tab = show(claim.page, scripts=scripts)
    tab.locator(f"#{name} .gd-checked").last.click()
    entry = tab.locator(f"li:has(#{name})")
    entry.get_by_text("Check: gdfigs/claims/").click()
    code = entry.locator("pre")
    assert code.is_visible()
    written = code.text_content() or ""
    assert written == claim.code + "\n"
    for part in (f"def {claim.id.replace('-', '_')}(", *claim.attained_by, *claim.fails_without):
        assert part in written
