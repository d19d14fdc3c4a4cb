"""Whether a mesh can be baked to, in one sentence, and what would surprise the artist."""

from __future__ import annotations

from pathlib import Path

import bpy

from ...model_core.targets.registry import WANTED
from ..write import fcurves, hindrances, nla, ownership
from .target import target_of


def mesh_problem(obj: bpy.types.Object | None) -> str | None:
    """Return one sentence on why a mesh cannot be baked to, or None if it can."""
    if obj is None or obj.type != "MESH":
        return f"Choose {WANTED}."
    return access_problem(obj) or target_of(obj).problem() or _animation_problem(obj)


def mesh_notes(obj: bpy.types.Object) -> list[str]:
    """Return what may surprise the artist about a mesh that can be baked to."""
    mesh, notes = obj.data, list(target_of(obj).notes())
    if mesh.users > 1:
        notes.append(f"{mesh.users} objects share this mesh: all of them will speak.")
    notes += hindrances.notes(obj)
    if ownership.has_others(mesh):
        notes.append("Its other shape keys stay as they are.")
    hidden = [m.name for m in obj.modifiers if m.type in {"DECIMATE", "REMESH", "MULTIRES"}]
    if hidden:
        notes.append(f"The modifier '{hidden[0]}' may hide or blur the motion.")
    return notes


def access_problem(obj: bpy.types.Object) -> str | None:
    """Return why Blender does not let the mesh be changed now."""
    for data in (obj, obj.data):
        if data.library is not None:
            return (
                f"'{obj.name}' is linked from {Path(data.library.filepath).name}; make its mesh "
                "local first (Object > Relations > Make Local)."
            )
    if obj.data.override_library is not None:
        return f"'{obj.name}' is a library override; make its mesh local first."
    if obj.data.is_editmode or obj.mode == "SCULPT":
        return f"Leave {'Edit' if obj.data.is_editmode else 'Sculpt'} mode on '{obj.name}' first."
    return None


def _animation_problem(obj: bpy.types.Object) -> str | None:
    """Return why the shape keys' own animation cannot take more curves."""
    key = obj.data.shape_keys
    if key is None:
        return None
    record = ownership.read(obj.data)
    if not key.use_relative and not (record and record.absolute):
        return f"'{obj.name}' has absolute shape keys; turn Relative on in its Shape Keys panel."
    problem = nla.tweak_problem(key) or hindrances.lock_problem(key)
    action = key.animation_data.action if key.animation_data else None
    if problem or action is None:
        return problem
    if action.library is not None:
        return f"The shape keys' action '{action.name}' is linked; make it local first."
    if fcurves.is_shared(key) and not ownership.is_marked(action):
        return f"The action '{action.name}' animates another mesh too; make it single-user first."
    return None
