"""Bytes kept with shape keys, by take: saved, copied, appended and undone with them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import bpy

from .home import home_of


class KeptBytes:
    """One custom property of Key data-blocks, with bytes in slots; see `home` for where it is.

    Attributes:
        name: of the property.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def get(self, key: bpy.types.ID, slot: str) -> bytes | None:
        """Return what is in a slot, or None if nothing is."""
        home = home_of(key)
        if home is None or self.name not in home:
            return None
        found: bytes | None = home[self.name].get(slot)
        return found

    def put(self, key: bpy.types.ID, slot: str, packed: bytes | None) -> None:
        """Keep some bytes, or nothing."""
        home = home_of(key)
        if home is None:
            return
        if self.name not in home:
            home[self.name] = {}
        kept = home[self.name]
        if slot in kept:
            del kept[slot]  # bytes put over others would end at their first zero
        if packed is not None:
            kept[slot] = packed

    def keep_only(self, key: bpy.types.ID, slots: Iterable[str]) -> None:
        """Forget what is in other slots than these."""
        home = home_of(key)
        if home is None or self.name not in home:
            return
        kept = set(slots)
        for slot in set(home[self.name].keys()) - kept:
            del home[self.name][slot]
        if not kept:
            del home[self.name]


TAKES = KeptBytes("jambatalk_written")
"""What is kept of takes; one slot is one part of one take."""


class Part(StrEnum):
    """What is kept of a take, by the end of its slot's name."""

    CURVES = ""
    CARRIED = "+"
    RAW = "*"
    OPTIONS = "#"
    HEARD = "~"
    SOUNDS = "!"
    ROUGH = "?"
    STYLES = "%"
    PERFORMANCES = "&"

    def slot(self, take: str) -> str:
        """Return the slot of this part of a take, short enough for a property's name.

        Ids of before 0.2 were files' names.
        """
        return take.encode()[:60].decode(errors="ignore") + self
