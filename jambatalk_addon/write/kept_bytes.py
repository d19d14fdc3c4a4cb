"""Bytes kept with shape keys, by take: saved, copied, appended and undone with them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import bpy


class KeptBytes:
    """One custom property of Key data-blocks, with bytes in slots.

    Args:
        name: of the property.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def get(self, key: bpy.types.Key, slot: str) -> bytes | None:
        """Return what is in a slot, or None if nothing is."""
        found: bytes | None = key[self._name].get(slot) if self._name in key else None
        return found

    def put(self, key: bpy.types.Key, slot: str, packed: bytes | None) -> None:
        """Keep some bytes, or nothing."""
        if self._name not in key:
            key[self._name] = {}
        kept = key[self._name]
        if slot in kept:
            del kept[slot]  # bytes put over others would end at their first zero
        if packed is not None:
            kept[slot] = packed

    def keep_only(self, key: bpy.types.Key, slots: Iterable[str]) -> None:
        """Forget what is in other slots than these."""
        if self._name not in key:
            return
        kept = set(slots)
        for slot in set(key[self._name].keys()) - kept:
            del key[self._name][slot]
        if not kept:
            del key[self._name]


TAKES = KeptBytes("jambatalk_written")
"""What is kept of takes; one slot is one part of one take."""


class Part(StrEnum):
    """What is kept of a take, by the end of its slot's name."""

    CURVES = ""
    CARRIED = "+"
    RAW = "*"
    OPTIONS = "#"

    def slot(self, take: str) -> str:
        """Return the slot of this part of a take, short enough for a property's name.

        Ids of before 0.2 were files' names.
        """
        return take.encode()[:60].decode(errors="ignore") + self
