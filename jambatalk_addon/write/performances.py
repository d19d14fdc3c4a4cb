"""Other performances of a line beside the one that it shows, kept with its take.

They lie packed as `raw` has them, about 60 kB a minute of speech each, and are saved, copied and
undone with it. Where there is but one it lies in `raw` alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import bpy

from ...model_core.models.style_names import NEUTRAL
from ...model_core.motion.packed import pack, unpack
from ...model_core.performance.options import BakeOptions
from . import raw
from .kept_bytes import TAKES, Part


class Performance(NamedTuple):
    """Which performance of a line it is.

    Attributes:
        number: of the take.
        variation: how far it goes; nothing is told of take 0's.
        style: manner of speaking.
    """

    number: int = 0
    variation: float = 1.0
    style: str = NEUTRAL

    @classmethod
    def of(cls, chosen: BakeOptions) -> Performance:
        """Return the performance that options ask for."""
        number = chosen.varied_take
        degree = round(chosen.variation, 3) if number else 1.0
        return cls(number, degree, chosen.style or NEUTRAL)

    @property
    def called(self) -> str:
        """What the artist calls it."""
        name = _NAMES[self.variation != 1.0, self.style != NEUTRAL]
        return name.format(number=self.number, variation=f"{self.variation:g}", style=self.style)


_NAMES = {
    (False, False): "Take {number}",
    (True, False): "Take {number} at {variation}",
    (False, True): "Take {number}, {style}",
    (True, True): "Take {number} at {variation}, {style}",
}
"""What takes are called, by whether their variation and style are others than the usual ones."""


@dataclass(frozen=True)
class Performances:
    """The performances of a line.

    Attributes:
        packed: their motions, in the order in which they were made; empty for one that lies in
            `raw` alone.
        shown: the one that the line shows.
        before: the one that it showed before.
        other: the one that is blended into it.
        share: of that one, 0 to 1.
    """

    packed: Mapping[Performance, bytes] = field(default_factory=dict)
    shown: Performance | None = None
    before: Performance | None = None
    other: Performance | None = None
    share: float = 0.0

    def showing(self, one: Performance) -> Performances:
        """Return the same with another one shown, and nothing blended into it."""
        before = self.before if one == self.shown else self.shown
        return replace(self, shown=one, before=before, other=None, share=0.0)

    def holding(self, one: Performance, motion: bytes) -> Performances:
        """Return the same with a motion that is new or made anew."""
        return replace(self, packed={**self.packed, one: motion})

    def without(self, one: Performance) -> Performances:
        """Return the same without one of those that are not shown."""
        packed = {each: motion for each, motion in self.packed.items() if each != one}
        others = [each for each in packed if each != self.shown]
        before = self.before if self.before != one else next(reversed(others), None)
        return replace(self, packed=packed, before=before)

    def moved(self, later: int) -> Performances:
        """Return the same as many frames later."""
        return replace(self, packed={one: _moved(kept, later) for one, kept in self.packed.items()})

    def find(self, called: str) -> Performance | None:
        """Return the performance that is called so, or None."""
        return next((each for each in self.packed if each.called == called), None)

    @property
    def next_number(self) -> int:
        """The number of a take that was not made yet."""
        return max((each.number for each in self.packed), default=0) + 1


def _moved(packed: bytes, later: int) -> bytes:
    """Return a packed motion of as many frames later."""
    if not packed or not later:
        return packed
    motion, styles = raw.split(packed)
    whole, about = unpack(motion)
    return raw.join(pack(whole, {**about, "first": int(about["first"]) + later}), styles)


def load(key: bpy.types.ID | None, take: str) -> Performances:
    """Return the performances of a take; none if it was baked before there were any."""
    stored = TAKES.get(key, Part.PERFORMANCES.slot(take)) if key is not None else None
    if stored is None:
        return Performances()
    text, motions = raw.split(stored)
    head, packed = json.loads(text), {}
    for one, size in head["sizes"]:
        packed[Performance(*one)], motions = motions[:size], motions[size:]
    shown, before, other = (Performance(*one) if one else None for one in head["named"])
    return Performances(packed, shown, before, other, head["share"])


def store(key: bpy.types.ID, take: str, known: Performances) -> None:
    """Keep the performances of a take."""
    head = {
        "sizes": [[one, len(motion)] for one, motion in known.packed.items()],
        "named": [known.shown, known.before, known.other],
        "share": known.share,
    }
    stored = raw.join(json.dumps(head).encode(), b"".join(known.packed.values()))
    TAKES.put(key, Part.PERFORMANCES.slot(take), stored)


def forget(key: bpy.types.ID, take: str) -> None:
    """Keep no performances of a take."""
    TAKES.put(key, Part.PERFORMANCES.slot(take), None)


def size(key: bpy.types.ID, take: str) -> int:
    """Return how many bytes are kept of a take's performances, beside what `raw` keeps."""
    return sum(map(len, load(key, take).packed.values()))
