"""A Chromium without a window, for pages that are opened from disk."""

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # Blender's environments go without
    from playwright.sync_api import Browser, Page

_NAMES = ("chromium", "chromium-browser", "google-chrome")
LIMIT_MILLISECONDS = 20_000


def opened_browser() -> Iterator["Browser"]:
    """Yield a browser; skip the test where Playwright or Chromium is not installed."""
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright (the extra `dev`)")
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip("needs Chromium (Debian's package chromium)")
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    # A container's /dev/shm is small, and there is no sandbox for root.
    arguments = ["--disable-dev-shm-usage", *(["--no-sandbox"] if as_root else [])]
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


def opened_page(browser: "Browser") -> Iterator["Page"]:
    """Yield an empty page without a network, which fails if a script on it does."""
    errors: list[str] = []
    with browser.new_context(offline=True, accept_downloads=True) as context:
        page = context.new_page()
        page.set_default_timeout(LIMIT_MILLISECONDS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        yield page
    assert not errors
