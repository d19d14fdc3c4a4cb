"""Take bakes off a mesh: exactly what they made, and nothing of the artist's."""

from __future__ import annotations

import bpy

from . import fcurves, joints, ownership, relative, shape_keys
from .absolute import EVAL_TIME
from .ownership import Record


def clear(obj: bpy.types.Object) -> bool:
    """Remove every bake from a mesh. Return whether there was one."""
    record = ownership.read(obj.data)
    if record is None:
        return False
    active = obj.active_shape_key_index
    fcurves.unshare(obj.data.shape_keys)
    _remove_curves(obj.data.shape_keys, record)
    _remove_shapes(obj, record)
    if obj.data.shape_keys is not None:
        obj.active_shape_key_index = min(active, len(obj.data.shape_keys.key_blocks) - 1)
    return True


def clear_take(obj: bpy.types.Object, take: str) -> None:
    """Remove one take: its keys, and the shape keys that no other take uses."""
    record = ownership.read(obj.data)
    if len(record.takes) == 1 or record.absolute:
        clear(obj)
        return
    key = obj.data.shape_keys
    fcurves.unshare(key)
    holder = fcurves.find_holder(key)
    made = record.takes[take]
    if holder is None:
        del record.takes[take]
    else:
        joints.remove(holder, record, take)
        joints.ease(holder, record, *made.heard)
    relative.tidy(obj, holder, record, made.shapes)


def _remove_curves(key: bpy.types.Key, record: Record) -> None:
    """Remove our f-curves, and our action and animation data if nothing else is in them."""
    paths = [EVAL_TIME] if record.absolute else map(fcurves.value_path, record.shapes)
    holder = fcurves.find_holder(key)
    if holder is not None:
        for fcurve in filter(None, map(holder.fcurves.find, paths)):
            holder.fcurves.remove(fcurve)
        fcurves.remove_empty_group(holder)
        _remove_action(key, empty=not len(holder.fcurves))
    data = key.animation_data
    if record.made_animation and data and not (data.action or data.drivers or data.nla_tracks):
        key.animation_data_clear()


def _remove_action(key: bpy.types.Key, *, empty: bool) -> None:
    """Remove the action if it is ours and empty; leave it to the artist if they added to it."""
    action = key.animation_data.action
    if not ownership.is_marked(action):
        return
    if empty:
        key.animation_data.action = None
        bpy.data.actions.remove(action)
    else:
        ownership.unmark(action)


def _remove_shapes(obj: bpy.types.Object, record: Record) -> None:
    if not ownership.has_others(obj.data):
        obj.shape_key_clear()
        return
    shape_keys.remove_shapes(obj, record.shapes)
    ownership.forget(obj.data.shape_keys)
