"""Which tests a Blender is spared: whole files, but for the tests that every one must pass."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest

LEFT_OUT = "JAMBATALK_LEFT_OUT"
"""Names, in the environment, the files, without test_ and suffix, whose tests are left out."""
MARK = "every_blender"


def divided(items: Sequence[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Return the tests to run and those left out."""
    files = {f"test_{name}.py" for name in os.environ.get(LEFT_OUT, "").split()}
    out = [each for each in items if each.path.name in files and not each.get_closest_marker(MARK)]
    return [each for each in items if each not in out], out
