"""Data-blocks found again across undo and renaming."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import bpy

Block = TypeVar("Block", bound=bpy.types.ID)


def with_uid(blocks: Iterable[Block], uid: int) -> Block | None:
    """Return the data-block that had a `session_uid` in this session, or None if it is gone."""
    return next((each for each in blocks if each.session_uid == uid), None)
