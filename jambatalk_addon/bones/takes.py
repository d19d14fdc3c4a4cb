"""The takes on whatever was chosen: on a mesh's shape keys, and on its rig."""

from __future__ import annotations

import bpy

from ..write import bone_record, ownership
from ..write.ownership import Take
from .rigs import baked_rigs


def takes_of(obj: bpy.types.Object | None) -> dict[str, Take]:
    """Return the takes on an object and its rig, by id."""
    found = dict(ownership.takes_of(obj))
    for owner in baked_rigs(obj):
        record = bone_record.read(owner)
        found.update(record.takes if record is not None else {})
    return found


def rig_of_take(obj: bpy.types.Object | None, take: str) -> bpy.types.ID | None:
    """Return the data-block of an object's rig that a take is on; None if on shape keys."""
    for owner in baked_rigs(obj):
        record = bone_record.read(owner)
        if record is not None and take in record.takes:
            return owner
    return None


def keeper_of(obj: bpy.types.Object, take: str) -> bpy.types.ID | None:
    """Return what keeps what a take of an object was made of."""
    return rig_of_take(obj, take) or getattr(obj.data, "shape_keys", None)
