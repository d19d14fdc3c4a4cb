"""What is said in a take and what the artist did to its sounds, kept with what it moves.

Both are in seconds of the sound file, so that they hold wherever its strip lies.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import bpy

from ...model_core.hearing.said import Hearing
from ...model_core.performance.sounds import SoundEdit
from .kept_bytes import TAKES, Part


def store(key: bpy.types.ID, take: str, hearing: Hearing | None) -> None:
    """Keep what is said in a take, or nothing."""
    _put(key, Part.HEARD.slot(take), hearing.to_json() if hearing is not None else None)


def load(key: bpy.types.ID, take: str) -> Hearing | None:
    """Return what `store` kept, or None."""
    values = _get(key, Part.HEARD.slot(take))
    return Hearing.from_json(values) if values is not None else None


def store_edits(key: bpy.types.ID, take: str, edits: Sequence[SoundEdit]) -> None:
    """Keep what the artist did to the sounds of a take."""
    _put(key, Part.SOUNDS.slot(take), [list(edit) for edit in edits] or None)


def load_edits(key: bpy.types.ID | None, take: str) -> list[SoundEdit]:
    """Return what `store_edits` kept, in order of time."""
    values = _get(key, Part.SOUNDS.slot(take)) if key is not None else None
    return sorted(SoundEdit(*each) for each in values or [])


def _put(key: bpy.types.ID, slot: str, values: Any) -> None:
    packed = None if values is None else zlib.compress(json.dumps(values).encode())
    TAKES.put(key, slot, packed)


def _get(key: bpy.types.ID, slot: str) -> Any:
    packed = TAKES.get(key, slot)
    return None if packed is None else _decoded(packed)


@lru_cache(maxsize=512)
def _decoded(packed: bytes) -> Any:
    """Return what bytes hold: what is drawn asks for the same again and again."""
    return json.loads(zlib.decompress(packed))
