"""The motion a take was made of, as the model predicted it, kept so that controls need no model.

It lies packed on the shape keys, about 60 kB a minute of speech, and is saved with the file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import bpy

from ...model_core.motion.motion import Motion
from ...model_core.motion.packed import can_pack, pack, unpack
from ...model_core.performance.sounds import SoundEdit
from . import heard
from .kept_bytes import TAKES, Part

_MOTIONS = (Part.RAW, Part.STYLES)
_LENGTH = 4  # bytes of a length
NO_STYLES: Mapping[str, Motion] = MappingProxyType({})


class Raw(NamedTuple):
    """What a take was made of.

    Attributes:
        motion: one frame for each scene frame, before controls.
        first: scene frame of its first.
        options: the options it is posed with that are not at their defaults, by field.
        sounds: what the artist did to single sounds of it; kept by `heard`.
        styles: the same of the sound in other styles, by their names.
    """

    motion: Motion
    first: int
    options: Mapping[str, Any]
    sounds: Sequence[SoundEdit] = ()
    styles: Mapping[str, Motion] = NO_STYLES


def store(key: bpy.types.ID, take: str, raw: Raw) -> bool:
    """Keep what a take was made of; return whether it can be kept."""
    fits = can_pack(raw.motion)
    about = {"first": raw.first}
    TAKES.put(key, Part.RAW.slot(take), pack(raw.motion, about) if fits else None)
    packed = [pack(each, {"style": style}) for style, each in raw.styles.items() if can_pack(each)]
    sized = b"".join(join(each) for each in packed)
    TAKES.put(key, Part.STYLES.slot(take), sized or None)
    set_options(key, take, raw.options)
    return fits


def set_options(key: bpy.types.ID, take: str, options: Mapping[str, Any]) -> None:
    """Keep what options a take is posed with."""
    TAKES.put(key, Part.OPTIONS.slot(take), json.dumps(dict(options)).encode())


def packed(key: bpy.types.ID, take: str) -> bytes:
    """Return the motions that `store` kept as they lie there, to be `put` back; or nothing."""
    motion, styles = (TAKES.get(key, part.slot(take)) or b"" for part in _MOTIONS)
    return join(motion, styles) if motion else b""


def put(key: bpy.types.ID, take: str, joined: bytes) -> None:
    """Keep other motions of a take, as `packed` gave them."""
    for part, motions in zip(_MOTIONS, split(joined), strict=True):
        TAKES.put(key, part.slot(take), motions or None)


def join(first: bytes, rest: bytes = b"") -> bytes:
    """Return some bytes and what follows them as one: a motion, and those in other styles."""
    return len(first).to_bytes(_LENGTH, "little") + first + rest


def split(joined: bytes) -> tuple[bytes, bytes]:
    """Return what `join` made one."""
    end = _LENGTH + int.from_bytes(joined[:_LENGTH], "little")
    return joined[_LENGTH:end], joined[end:]


def load(key: bpy.types.ID, take: str) -> Raw | None:
    """Return what `store` kept, or None."""
    packed = TAKES.get(key, Part.RAW.slot(take))
    if packed is None:
        return None
    motion, about = _unpacked(packed)
    options = json.loads(TAKES.get(key, Part.OPTIONS.slot(take)) or b"{}")
    styles = _unpacked_styles(TAKES.get(key, Part.STYLES.slot(take)) or b"")
    return Raw(motion, int(about["first"]), options, heard.load_edits(key, take), styles)


@lru_cache(maxsize=16)  # sliders ask for the same few at every move
def _unpacked(packed: bytes) -> tuple[Motion, dict[str, Any]]:
    return unpack(packed)


@lru_cache(maxsize=16)
def _unpacked_styles(sized: bytes) -> dict[str, Motion]:
    found = {}
    while sized:
        one, sized = split(sized)
        motion, about = unpack(one)
        found[str(about["style"])] = motion
    return found


def set_rough(key: bpy.types.ID, take: str, *, rough: bool) -> None:
    """Keep whether the curves of a take are what a drag left, to be posed as they should be.

    It is kept with them, so that undo, redo and another day find it.
    """
    TAKES.put(key, Part.ROUGH.slot(take), b"1" if rough else None)


def is_rough(key: bpy.types.ID, take: str) -> bool:
    """Return whether the curves of a take are what a drag left."""
    return TAKES.get(key, Part.ROUGH.slot(take)) is not None


def size(key: bpy.types.ID, take: str) -> int:
    """Return how many bytes are kept of what a take was made of."""
    return sum(len(TAKES.get(key, part.slot(take)) or b"") for part in _MOTIONS)


def forget(key: bpy.types.ID, take: str) -> None:
    """Keep no longer what a take was made of."""
    for part in _MOTIONS:
        TAKES.put(key, part.slot(take), None)
