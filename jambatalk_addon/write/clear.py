"""Take bakes off a mesh: exactly what they made, and nothing of the artist's."""

from __future__ import annotations

import bpy
import numpy as np

from . import actions, fcurves, joints, ownership, relative, shape_keys
from .absolute import EVAL_TIME
from .ownership import Record


def clear(obj: bpy.types.Object) -> list[str]:
    """Remove every bake from a mesh; return sentences on what stays, and why."""
    record = ownership.read(obj.data)
    if record is None:
        return []
    active = obj.active_shape_key_index
    key = obj.data.shape_keys
    fcurves.unshare(key)
    paths = [EVAL_TIME] if record.absolute else list(map(fcurves.value_path, record.shapes))
    if record.blend and key.animation_data:
        key.animation_data.action_blend_type = record.blend
    notes = actions.take_off(key, paths, made_animation=record.made_animation)
    notes += _remove_shapes(obj, record)
    if obj.data.shape_keys is not None:
        obj.active_shape_key_index = min(active, len(obj.data.shape_keys.key_blocks) - 1)
    return notes


def clear_take(obj: bpy.types.Object, take: str) -> list[str]:
    """Remove one take: its keys, and the shape keys that no other take uses.

    Returns:
        Sentences on what stays, and why.
    """
    record = ownership.read(obj.data)
    if len(record.takes) == 1 or record.absolute:
        return clear(obj)
    key = obj.data.shape_keys
    fcurves.unshare(key)
    holder = fcurves.find_holder(key)
    made = record.takes[take]
    if holder is None:
        del record.takes[take]
    else:
        joints.remove(holder, record, take)
        joints.ease(holder, record, *made.heard)
    return relative.tidy(obj, holder, record, made.shapes)


def _remove_shapes(obj: bpy.types.Object, record: Record) -> list[str]:
    """Remove our shape keys, and the data-block that holds them if nothing else is in it."""
    key = obj.data.shape_keys
    ownership.forget(key)
    notes = shape_keys.remove_shapes(obj, record.shapes)
    alone = len(key.key_blocks) == 1 and record.made_reference
    if record.absolute:
        key.use_relative = True
    if not alone:
        return notes
    if key.animation_data is not None or len(key.keys()):
        return [*notes, "The shape key 'Basis' is left, for what you added to the shape keys."]
    _keep_sculpted_basis(obj)
    obj.shape_key_clear()
    return notes


def _keep_sculpted_basis(obj: bpy.types.Object) -> None:
    """Have the mesh look as its reference key, which the artist may have changed."""
    points = shape_keys.reference_points(obj)
    if not np.array_equal(points, shape_keys.mesh_points(obj.data)):
        obj.data.vertices.foreach_set("co", points.ravel())
        obj.data.update()
