"""Take bakes off a mesh: exactly what they made, and nothing of the artist's."""

from __future__ import annotations

import bpy
import numpy as np

from ..bones.rigs import baked_rigs
from ..bones.takes import rig_of_take, takes_of
from . import (
    actions,
    bone_record,
    companions,
    driven,
    edits,
    fcurves,
    head,
    joints,
    nla_takes,
    ownership,
    prints,
    relative,
    rig_curves,
    shape_keys,
)
from .absolute import EVAL_TIME, is_retimed
from .ownership import Record
from .points import mesh_points, reference_points

_ANY_FRAME = 10**8


def has_bake(obj: bpy.types.Object) -> bool:
    """Return whether there is a bake on an object or its rig."""
    if baked_rigs(obj):
        return True
    return obj.type == "MESH" and ownership.read(obj.data) is not None


def clear(obj: bpy.types.Object) -> list[str]:
    """Remove every bake from a mesh or an armature, and from what moves along with it.

    Returns:
        Sentences on what stays, and why.
    """
    lines = dict.fromkeys([*nla_takes.lines_on(obj), *takes_of(obj)])
    notes = [note for take in lines for note in nla_takes.take_back(obj, take)]
    notes += [note for owner in baked_rigs(obj) for note in _clear_rig(owner)]
    record = ownership.read(obj.data) if obj.type == "MESH" else None
    if record is None:
        return notes
    along = companions.with_takes(obj, record.takes)
    notes += _clear(obj, record)
    return notes + [note for each in list(along) for note in _clear_take(*each)]


def _clear_rig(owner: bpy.types.ID) -> list[str]:
    """Remove every bake from a rig, and the head's turns with them."""
    record = bone_record.read(owner)
    turned = head.take_off(list(record.takes)) if record is not None else []
    return [*turned, *rig_curves.clear(owner)]


def _clear(obj: bpy.types.Object, record: Record) -> list[str]:
    """Remove every bake from a mesh alone."""
    active = obj.active_shape_key_index
    key = obj.data.shape_keys
    fcurves.unshare(key)
    prints.follow_renames(key, record)
    ownership.write(key, record)
    kept = _keep_edits(key, record, list(record.takes))
    paths = [EVAL_TIME] if record.absolute else list(map(fcurves.value_path, record.shapes))
    if record.blend and key.animation_data:
        key.animation_data.action_blend_type = record.blend
    notes = kept + actions.take_off(key, paths, made_animation=record.made_animation)
    notes += _remove_shapes(obj, record)
    if obj.data.shape_keys is not None:
        obj.active_shape_key_index = min(active, len(obj.data.shape_keys.key_blocks) - 1)
    return notes + head.take_off(list(record.takes))


def clear_take(obj: bpy.types.Object, take: str) -> list[str]:
    """Remove one take, from what moves along too: its keys, and the shape keys no other take uses.

    Returns:
        Sentences on what stays, and why.
    """
    notes, owner = nla_takes.take_back(obj, take), rig_of_take(obj, take)
    if owner is not None:
        return [*notes, *head.take_off([take]), *rig_curves.clear_takes(owner, [take])]
    along = companions.with_takes(obj, [take])
    return notes + [note for each in [(obj, take), *along] for note in _clear_take(*each)]


def _clear_take(obj: bpy.types.Object, take: str) -> list[str]:
    """Remove one take from a mesh alone."""
    record = ownership.read(obj.data)
    if record is None:
        return []
    if set(record.takes) <= {take} or record.absolute:
        return _clear(obj, record)
    key = obj.data.shape_keys
    fcurves.unshare(key)
    prints.follow_renames(key, record)
    ownership.write(key, record)
    kept = _keep_edits(key, record, [take])
    holder = fcurves.find_holder(key)
    made = record.takes[take]
    if holder is None:
        del record.takes[take]
    else:
        joints.remove(holder, record, take, eased=True)
        joints.ease(holder, record, *made.heard)
    tidied = relative.tidy(obj, holder, record, made.shapes)
    return kept + tidied + head.take_off([take])


def _keep_edits(key: bpy.types.Key, record: Record, takes: list[str]) -> list[str]:
    """Copy the action if the artist has changed something on takes that go; say so."""
    found = [edits.find(key, record, take) for take in takes]
    all_go = len(takes) == len(record.takes)
    spans = [(-_ANY_FRAME, _ANY_FRAME)] if all_go else map(record.eased, takes)
    foreign = any(edits.are_foreign_keys(key, record, *span) for span in spans)
    changed = any(f.curves or f.retouched or f.deleted for f in found)
    if not (changed or foreign or is_retimed(key, record)):
        return []
    copied = edits.keep_copy(key, record.name_of(takes[0]))
    return [f"Your changes are kept in the action '{copied}'."] if copied else []


def _remove_shapes(obj: bpy.types.Object, record: Record) -> list[str]:
    """Remove our shape keys, and the data-block that holds them if nothing else is in it.

    The artist's own get the values they had.
    """
    key = obj.data.shape_keys
    notes = shape_keys.remove_shapes(obj, record.made_shapes)
    driven.give_back(key, list(record.driven), record)
    ownership.forget(key)
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
    points = reference_points(obj)
    if not np.array_equal(points, mesh_points(obj.data)):
        obj.data.vertices.foreach_set("co", points.ravel())
        obj.data.update()
