"""The pages of the built site."""

from pathlib import Path

import pytest

from tests.built import NAV, Page, built, site

__all__ = ["built", "page", "site"]


@pytest.fixture(scope="session", params=NAV)
def page(request: pytest.FixtureRequest, site: Path) -> Page:
    """Each page of the navigation."""
    return Page(request.param, site)
