"""What bakes made on a mesh, remembered on its shape keys so that it can be replaced or removed.

The record is a JSON custom property on the Key data-block: it is saved, copied and undone with
it. A shape key the artist renames is theirs from then on.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

import bpy

PROPERTY = "jambatalk"


@dataclass
class Take:
    """One baked sound.

    Attributes:
        first: first scene frame it governs.
        last: last scene frame it governs.
        shapes: names of the shape keys it uses.
    """

    first: int
    last: int
    shapes: list[str]


@dataclass
class Record:
    """All bakes on one mesh.

    Attributes:
        takes: bakes by the name of their sound.
        made_reference: the reference key ("Basis") is ours, since the mesh had no shape keys.
        made_animation: the Key's animation data is ours.
        absolute: the keys are one for each frame, driven by the evaluation time.
    """

    takes: dict[str, Take] = field(default_factory=dict)
    made_reference: bool = False
    made_animation: bool = False
    absolute: bool = False

    @property
    def shapes(self) -> list[str]:
        """Names of all shape keys that bakes made, each once, in order."""
        return list(dict.fromkeys(name for take in self.takes.values() for name in take.shapes))

    def other_shapes(self, take: str) -> set[str]:
        """Return the names of the shape keys that takes but this one use."""
        return {name for other, made in self.takes.items() if other != take for name in made.shapes}

    def give_way(self, take: str, first: int, last: int) -> None:
        """Shorten other takes so that the frames first..last belong to one take alone."""
        for name, other in list(self.takes.items()):
            if name == take or other.last < first or other.first > last:
                continue
            if other.first < first:
                other.last = first - 1
            elif other.last > last:
                other.first = last + 1
            else:
                del self.takes[name]


def read(mesh: bpy.types.Mesh) -> Record | None:
    """Return the record on a mesh's shape keys, or None if no bake made any."""
    stored = mesh.shape_keys.get(PROPERTY) if mesh.shape_keys else None
    if stored is None:
        return None
    fields = json.loads(stored)
    fields["takes"] = {name: Take(**take) for name, take in fields["takes"].items()}
    return Record(**fields)


def has_others(mesh: bpy.types.Mesh) -> bool:
    """Return whether a mesh has shape keys that no bake made."""
    if mesh.shape_keys is None:
        return False
    record = read(mesh) or Record()
    ours = set(record.shapes)
    if record.made_reference:
        ours.add(mesh.shape_keys.reference_key.name)
    return not ours.issuperset(mesh.shape_keys.key_blocks.keys())


def write(key: bpy.types.Key, record: Record) -> None:
    """Store a record on shape keys."""
    key[PROPERTY] = json.dumps(asdict(record))


def forget(key: bpy.types.Key) -> None:
    """Remove the record from shape keys."""
    if PROPERTY in key:
        del key[PROPERTY]


def mark(action: bpy.types.Action) -> None:
    """Note that an action was made by a bake."""
    action[PROPERTY] = True


def is_marked(action: bpy.types.Action) -> bool:
    """Return whether an action was made by a bake."""
    return PROPERTY in action


def unmark(action: bpy.types.Action) -> None:
    """Leave an action to the artist."""
    if PROPERTY in action:
        del action[PROPERTY]
