"""Fixtures shared by the tests."""

from contextlib import suppress
from pathlib import Path

import pytest

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
