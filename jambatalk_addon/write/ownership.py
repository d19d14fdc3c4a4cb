"""What bakes made on a mesh, remembered on its shape keys so that it can be replaced or removed.

The record is a JSON custom property on the Key data-block, or on the action of a library override
(see `home`): it is saved, copied and undone with it. A take has an id of its own, so that it stays
itself when its strip is renamed or moved.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import bpy

from . import written
from .home import home_of
from .kept_bytes import TAKES

PROPERTY = "jambatalk"
_RECORD = "jambatalk_record"
RIG = "jambatalk_bones"
"""Where the record of speech on a rig is."""
OURS_ON_ACTIONS = (PROPERTY, _RECORD, TAKES.name, RIG)


@dataclass
class Take:
    """One baked sound.

    Attributes:
        first: first scene frame it governs, with the easing from rest.
        last: last scene frame it governs, with the easing to rest.
        shapes: names of the shape keys it uses.
        name: what the artist calls its sound; empty in records of before 0.2.
        path: its sound file.
        scene: scene of its strip; empty for a file.
        channel: channel of its strip; 0 for a file.
        left: first frame of its strip in that scene.
        origin: scene frame at which the sound file's first sample is or would be heard.
        start: first scene frame at which it is heard; None in records of before 0.2.
        end: last scene frame at which it is heard; None in records of before 0.2.
        ease: how many frames it may ease from or to rest; 0 in records of before 0.2.
        wishes: the model's names of its shapes; empty in records of before 0.2.
        left_out: the model's names of shapes whose curves the artist deleted.
        asked: first and last scene frame it was baked for, also those that other takes have now;
            empty in records of before.
        rate: motion frames a second of sound; 0 in records of before.
    """

    first: int
    last: int
    shapes: list[str]
    name: str = ""
    path: str = ""
    scene: str = ""
    channel: int = 0
    left: int = 0
    origin: int = 0
    start: int | None = None
    end: int | None = None
    ease: int = 0
    wishes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    rate: float = 0.0

    @property
    def wanted(self) -> tuple[int, int]:
        """The first and last scene frame it was baked for."""
        return (self.asked[0], self.asked[1]) if self.asked else self.heard

    @property
    def called(self) -> dict[str, str]:
        """What its shape keys are called, by the model's names."""
        return dict(zip(self.wishes or self.shapes, self.shapes, strict=True))

    @property
    def heard(self) -> tuple[int, int]:
        """The first and last scene frame at which it is heard."""
        return (
            self.first if self.start is None else self.start,
            self.last if self.end is None else self.end,
        )


@dataclass
class Record:
    """All bakes on one mesh.

    Attributes:
        takes: bakes by id; those of before 0.2 by the name of their sound.
        made_reference: the reference key ("Basis") is ours, since the mesh had no shape keys.
        made_animation: the Key's animation data is ours.
        absolute: the keys are one for each frame, driven by the evaluation time.
        blend: how the action was blended with the NLA before it had to be added; else empty.
        prints: what our shape keys do, by name, as `prints.print_of` has it.
        ranges: lowest and highest value of the sliders of our shape keys, by name.
        driven: value before the first bake of the artist's own keys that bakes animate, by name.
    """

    takes: dict[str, Take] = field(default_factory=dict)
    made_reference: bool = False
    made_animation: bool = False
    absolute: bool = False
    blend: str = ""
    prints: dict[str, list[list[float]]] = field(default_factory=dict)
    ranges: dict[str, list[float]] = field(default_factory=dict)
    driven: dict[str, float] = field(default_factory=dict)

    @property
    def shapes(self) -> list[str]:
        """Names of all shape keys that bakes made or animate, each once, in order."""
        return list(dict.fromkeys(name for take in self.takes.values() for name in take.shapes))

    @property
    def made_shapes(self) -> list[str]:
        """Names of the shape keys that bakes made."""
        return [name for name in self.shapes if name not in self.driven]

    def other_shapes(self, take: str) -> set[str]:
        """Return the names of the shape keys that takes but this one use."""
        return {name for other, made in self.takes.items() if other != take for name in made.shapes}

    def name_of(self, take: str) -> str:
        """Return what the artist calls a take."""
        return self.takes[take].name or take

    def others_heard(self, take: str, first: int, last: int) -> list[str]:
        """Return the ids of the other takes that are heard in first..last, in order of time."""
        found = [
            other
            for other, made in self.takes.items()
            if other != take and made.heard[0] <= last and made.heard[1] >= first
        ]
        return sorted(found, key=lambda other: self.takes[other].heard)

    def give_way(self, take: str, first: int, last: int) -> list[tuple[str, str]]:
        """Shorten the other takes heard in first..last, which one take has to itself from now on.

        Returns:
            Ids of takes that are heard before and after and become two, with the second's id.
        """
        parted = []
        for name in self.others_heard(take, first, last):
            other = self.takes.pop(name)
            start, end = other.heard
            if start < first:
                self.takes[name] = replace(other, last=first - 1, start=start, end=first - 1)
            if end > last:
                part = new_id() if start < first else name
                self.takes[part] = replace(other, first=last + 1, start=last + 1, end=end)
                parted += [(name, part)] if part != name else []
        return parted

    def free_frames(self, take: str) -> tuple[int, int]:
        """Return how many frames nobody is heard before and after a take, a year if nobody is."""
        first, last = self.takes[take].heard
        others = [made.heard for name, made in self.takes.items() if name != take]
        before = min((first - 1 - end for _, end in others if end < first), default=_NOBODY)
        after = min((start - 1 - last for start, _ in others if start > last), default=_NOBODY)
        return before, after

    def eased(self, take: str) -> tuple[int, int]:
        """Return the first and last frame of a take with all the easing it may have."""
        (first, last), (before, after) = self.takes[take].heard, self.free_frames(take)
        ease = self.takes[take].ease
        return first - min(ease, before), last + min(ease, after)


_NOBODY = 10**9


def new_id() -> str:
    """Return an id that no other take has."""
    return uuid.uuid4().hex[:16]


def read(mesh: bpy.types.Mesh) -> Record | None:
    """Return the record on a mesh's shape keys, or None if no bake made any."""
    return read_key(mesh.shape_keys) if mesh.shape_keys else None


def read_key(key: bpy.types.Key) -> Record | None:
    """Return the record on shape keys, or None if no bake made any."""
    stored = stored_record(key)
    if not stored:
        return None
    values = json.loads(stored)
    values["takes"] = {name: Take(**_known(Take, take)) for name, take in values["takes"].items()}
    return Record(**_known(Record, values))


def stored_record(key: bpy.types.Key) -> str:
    """Return the record on shape keys as it is stored, or nothing."""
    home = home_of(key)
    return home.get(_slot(home), "") if home is not None else ""


def _slot(home: bpy.types.ID) -> str:
    """Return the property that has the record: an action's own is the mark that bakes made it."""
    return PROPERTY if isinstance(home, bpy.types.Key) else _RECORD


def _known(kind: type, values: dict[str, Any]) -> dict[str, Any]:
    """Return the values this version knows: a later one may have written more."""
    names = {known.name for known in fields(kind)}
    return {name: value for name, value in values.items() if name in names}


def takes_of(obj: bpy.types.Object | None) -> dict[str, Take]:
    """Return the takes on an object by id; none if it is no mesh."""
    record = read(obj.data) if obj is not None and obj.type == "MESH" else None
    return record.takes if record is not None else {}


def has_made_shapes(mesh: bpy.types.Mesh) -> bool:
    """Return whether bakes made shape keys on a mesh."""
    record = read(mesh)
    return record is not None and bool(record.made_shapes)


def has_others(mesh: bpy.types.Mesh) -> bool:
    """Return whether a mesh has shape keys that no bake made."""
    if mesh.shape_keys is None:
        return False
    record = read(mesh) or Record()
    ours = set(record.made_shapes)
    if record.made_reference:
        ours.add(mesh.shape_keys.reference_key.name)
    return not ours.issuperset(mesh.shape_keys.key_blocks.keys())


def write(key: bpy.types.Key, record: Record) -> None:
    """Store a record on shape keys."""
    home = home_of(key)
    if home is not None:
        home[_slot(home)] = json.dumps(asdict(record))


def forget(key: bpy.types.Key) -> None:
    """Remove the record, and what takes wrote, from shape keys."""
    written.keep_only(key, [])
    home = home_of(key)
    if home is not None and _slot(home) in home:
        del home[_slot(home)]


def mark(action: bpy.types.Action) -> None:
    """Note that an action was made by a bake."""
    action[PROPERTY] = True


def is_marked(action: bpy.types.Action) -> bool:
    """Return whether an action was made by a bake."""
    return PROPERTY in action


def unmark(action: bpy.types.Action) -> None:
    """Leave an action to the artist."""
    for name in OURS_ON_ACTIONS:
        if name in action:
            del action[name]
