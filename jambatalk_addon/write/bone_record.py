"""What speech keyed on an armature's bones: JSON on the object, so that it can go again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields

import bpy

from .ownership import Record, Take

PROPERTY = "jambatalk_bones"


@dataclass
class BoneRecord:
    """What of an armature's animation is ours.

    Attributes:
        rests: the channels' numbers before the first bake, by their data paths.
        takes: what is remembered of each line, by the id of its take.
        spans: first and last scene frames keyed, by the id of the take.
        prints: digest of the keys as they were written, by the id of the take.
        made_animation: the object's animation data is ours.
    """

    rests: dict[str, list[float]] = field(default_factory=dict)
    takes: dict[str, Take] = field(default_factory=dict)
    spans: dict[str, list[list[int]]] = field(default_factory=dict)
    prints: dict[str, str] = field(default_factory=dict)
    made_animation: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        """Data paths of the channels."""
        return tuple(self.rests)

    def known_lines(self) -> Record:
        """Return the takes as lines are sought among those of a mesh."""
        return Record(takes=dict(self.takes))


def read(obj: bpy.types.Object) -> BoneRecord | None:
    """Return the record of an armature, or None if no speech is on its bones."""
    stored = obj.get(PROPERTY)
    if not stored:
        return None
    values = _known(BoneRecord, json.loads(stored))
    values["takes"] = {take: Take(**_known(Take, made)) for take, made in values["takes"].items()}
    return BoneRecord(**values)


def write(obj: bpy.types.Object, record: BoneRecord) -> None:
    """Store a record; one without takes is forgotten."""
    if record.spans:
        obj[PROPERTY] = json.dumps(asdict(record))
    elif PROPERTY in obj:
        del obj[PROPERTY]


def _known(kind: type, values: dict) -> dict:
    """Return the values this version knows: a later one may have written more."""
    names = {known.name for known in fields(kind)}
    return {name: value for name, value in values.items() if name in names}
