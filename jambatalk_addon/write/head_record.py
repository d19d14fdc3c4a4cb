"""What bakes turned, remembered on its object: JSON in a custom property, bone by bone."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

import bpy

PROPERTY = "jambatalk_head"
HEAD, LEFT_EYE, RIGHT_EYE, CHEST = "head", "left eye", "right eye", "chest"
"""What of a character turns."""


@dataclass
class HeadRecord:
    """What of a head, an eyeball or a chest is ours.

    Attributes:
        path: data path of the channels.
        rest: the channels before the first bake.
        spans: first and last scene frames keyed, by the id of the take.
        prints: digest of the keys as they were written, by the id of the take.
        made_animation: the object's animation data is ours.
        part: which part of a character it is.
    """

    path: str = ""
    rest: list[float] = field(default_factory=list)
    spans: dict[str, list[list[int]]] = field(default_factory=dict)
    prints: dict[str, str] = field(default_factory=dict)
    made_animation: bool = False
    part: str = HEAD

    @property
    def paths(self) -> tuple[str]:
        """Data paths of the channels."""
        return (self.path,)


def read_all(obj: bpy.types.Object) -> dict[str, HeadRecord]:
    """Return the records of an object by bone; the object's own has no name."""
    stored = json.loads(obj.get(PROPERTY, "{}"))
    known = HeadRecord.__dataclass_fields__
    return {
        bone: HeadRecord(**{name: value for name, value in values.items() if name in known})
        for bone, values in stored.items()
    }


def read(obj: bpy.types.Object, bone: str) -> HeadRecord:
    """Return the record of a bone, or of an object; a new one if there is none."""
    return read_all(obj).get(bone) or HeadRecord()


def write(obj: bpy.types.Object, bone: str, record: HeadRecord) -> None:
    """Store a record; one without takes is forgotten."""
    every = read_all(obj) | {bone: record}
    kept = {name: asdict(each) for name, each in every.items() if each.spans}
    if kept:
        obj[PROPERTY] = json.dumps(kept)
    elif PROPERTY in obj:
        del obj[PROPERTY]
