"""Which take of a mesh a sound is: the one it was baked as before, or a new one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import bpy

from ..sound import identity
from ..sound.identity import StripReference
from ..sound.source import AudibleSpan, StripPlace
from . import ownership
from .ownership import Record, Take


@dataclass(frozen=True)
class Line:
    """A sound at its place, as the record of a bake remembers it.

    Attributes:
        name: what the artist calls it.
        path: its file.
        first: first scene frame at which it is heard.
        origin: scene frame at which the file's first sample is or would be heard.
        strip: the strip it is on, or None for a file.
        rate: motion frames a second of sound; 0 if unknown.
        asked: first and last scene frame it is for, if more than is written of it.
        take: id of its take, where that is known without looking for it.
    """

    name: str
    path: str = ""
    first: int = 0
    origin: int = 0
    strip: StripReference | None = None
    rate: float = 0.0
    asked: tuple[int, int] | None = None
    take: str = ""

    @classmethod
    def of(cls, span: AudibleSpan) -> Line:
        """Return the line that a span is."""
        origin = span.first_frame - round(span.start * span.motion_fps)
        rate = span.motion_fps
        path = str(span.path) if span.path.name else ""  # what was spoken live is in no file
        return cls(span.name, path, span.first_frame, origin, span.strip, rate)

    @classmethod
    def at(cls, place: StripPlace) -> Line:
        """Return the line that a strip is where it lies."""
        strip = place.strip
        return cls(strip.name, str(place.path), place.first, place.origin, strip, place.rate)

    def renewed(self) -> Line:
        """Return the same line with its strip as it is now: it may have been renamed meanwhile."""
        strip = self.strip.resolve() if self.strip is not None else None
        if strip is None:
            return self
        return replace(self, strip=StripReference.of(strip.id_data, strip))

    def describe(self, take: Take) -> Take:
        """Write into a take what a record remembers of this line, and return it."""
        take.name, take.path, take.origin = self.name, self.path, self.origin
        take.rate, take.asked = self.rate, list(self.asked or take.heard)
        if self.strip is not None:
            take.scene, take.channel = self.strip.scene, self.strip.channel
            take.left = self.strip.left
        return take


def find_take(record: Record | None, line: Line, frames: int | None) -> str | None:
    """Return the id of the take that a line was baked as, or None; nothing is changed.

    Args:
        record: the bakes of a mesh.
        line: what is to be baked.
        frames: its length in scene frames, or None if only the model can tell.
    """
    if record is None:
        return None
    if line.take:
        return line.take if line.take in record.takes else None
    if line.strip is None:
        return _take_of_file(record, line, frames or 1)
    take = line.strip.take
    if not take:
        return _take_of_bare_strip(record, line, line.strip)
    return take if take in record.takes and _owns(line.strip, take, record) else None


def claim_take(record: Record | None, line: Line, frames: int) -> str:
    """Return the id of the take that a line is, known or new, and have its strip carry it."""
    if line.strip is None and not line.path and not line.take:
        return line.name
    take = find_take(record, line, frames)
    if line.strip is None or line.take:
        return take or ownership.new_id()
    carried = line.strip.take
    if take is None:
        take = carried if carried and _owns(line.strip, carried, record) else ownership.new_id()
    strip = line.strip.resolve()
    if strip is not None:
        identity.give(strip, take)
    return take


def _owns(strip: StripReference, take: str, record: Record | None) -> bool:
    """Return whether a strip, of all that carry a take's id, is the one it was made from.

    A scene copied with its mesh has a take and a strip of its own with the same id.
    """
    made = _records_of(take, record)

    def likeness(other: StripReference) -> tuple[int, bool]:
        if not made:
            return 0, False
        same = (
            other.scene == made[0].scene or len(made) > 1,
            other.name == made[0].name,
            other.channel == made[0].channel,
            other.left == made[0].left,
        )
        return sum(same), len(made) > 1 and other == strip

    owner = max(identity.carriers(take), key=likeness, default=strip)
    return (owner.scene, owner.name) == (strip.scene, strip.name)


def _records_of(take: str, record: Record | None) -> list[Take]:
    """Return what a mesh's record, and then any others', tell of a take."""
    every = filter(None, map(ownership.read_key, bpy.data.shape_keys))
    found = [each.takes[take] for each in every if take in each.takes]
    mine = record.takes.get(take) if record is not None else None
    return [mine, *found[1:]] if mine else found


def _take_of_file(record: Record, line: Line, frames: int) -> str | None:
    """Return the take of a file at a start frame: the same one if it would overlap itself.

    One file at two places apart is two takes.
    """
    first, last = line.first, line.first + frames - 1
    for name, made in record.takes.items():
        start, end = made.heard
        overlaps = start <= last and end >= first
        known = not made.channel if made.path else name == line.name
        same = made.path in {line.path, ""}
        moved_file = Path(made.path).name == Path(line.path).name and start == first
        if known and ((same and overlaps) or moved_file):
            return name
    return None


def _take_of_bare_strip(record: Record, line: Line, strip: StripReference) -> str | None:
    """Return the take of a strip without an id: linked, made anew, or baked before 0.2."""
    candidates = {name: made for name, made in record.takes.items() if not identity.carriers(name)}
    for name, made in candidates.items():
        if made.path and (made.path, made.origin) == (line.path, line.origin):
            return name
    for name, made in candidates.items():
        if made.path and (made.path, made.scene, made.name) == (line.path, strip.scene, line.name):
            return name
    return line.name if line.name in candidates and not candidates[line.name].path else None
