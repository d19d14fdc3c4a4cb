"""Fixtures shared by the tests."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import opened_browser, opened_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

with suppress(ImportError):  # Blender's environments go without
    from hypothesis import HealthCheck, settings

    # Neither a slow machine nor the day's random numbers decide whether a test passes.
    settings.register_profile(
        "everywhere", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("everywhere")


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The material some checks need beside the checkout; they are skipped where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("needs ../shared, which is not part of the product")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """A Chromium without a window."""
    yield from opened_browser()


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """An empty page, without a network; what a script of it complains of fails the test."""
    yield from opened_page(browser)
