"""The poses of an armature's face: stored, shown and forgotten."""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Matrix

from ...model_core.base.errors import UserError
from ...model_core.targets.bone_poses import BonePoses, closed_over_jaw, pose_names
from ...model_core.targets.keys import CLOSE, JAW
from ..write.bone_channels import BoneMoves, gone_notes
from . import kept

_STILL = 1e-5


def poses_of(obj: bpy.types.Object) -> BonePoses | None:
    """Return the poses stored on an armature, or None if there are none.

    Raises:
        UserError: what is stored is damaged.
    """
    stored = kept.read(obj)
    return BonePoses.from_json(stored) if stored else None


def names_of(obj: bpy.types.Object | None) -> list[str]:
    """Return what the poses stored on an object are called; none if it is no armature."""
    return list(kept.read(obj)) if obj is not None and obj.type == "ARMATURE" else []


def missing(obj: bpy.types.Object | None) -> list[str]:
    """Return a sentence on bones that stored poses move and an object does not have, if any."""
    poses = poses_of(obj) if obj is not None and obj.type == "ARMATURE" else None
    return gone_notes(obj, poses) if obj is not None and poses is not None else []


def problem(obj: bpy.types.Object | None) -> str | None:
    """Return in one sentence why poses cannot be stored on an object, or None if they can."""
    if obj is None or obj.type != "ARMATURE":
        return "Choose an armature: make it the active object, with no mesh chosen to speak."
    if obj.library is not None:
        return f"'{obj.name}' is linked from another file; make a library override of it."
    if obj.override_library is not None and obj.override_library.is_system_override:
        return (
            f"'{obj.name}' is not editable in its library override; select it and choose "
            "Object > Library Override > Make."
        )
    if obj.mode == "EDIT":
        return f"Leave Edit mode on '{obj.name}' first."
    return None


def store(obj: bpy.types.Object, pose: str, bones: dict[str, Matrix]) -> int:
    """Store a pose in place of any of its name.

    Of lips that are closed over an open jaw the jaw's part is taken off, if jawOpen is stored.

    Args:
        obj: the armature.
        pose: one of `pose_names`.
        bones: the bones' (4, 4) transforms from rest, in their own axes; those at rest stay out.

    Returns:
        How many bones the pose moves.

    Raises:
        UserError: there is no such channel, or no bone is away from rest.
    """
    if pose not in pose_names():
        raise UserError(
            f"There is no channel '{pose}'; a pose is called as one of the face's, such as "
            "jawOpen, mouthClose, mouthPucker, mouthSmile or eyeBlink."
        )
    moved = {name: _told(basis) for name, basis in bones.items() if not _is_rest(basis)}
    if not moved:
        raise UserError(
            f"No bone of '{obj.name}' is away from rest for {pose}; pose the face first."
        )
    stored = kept.read(obj)
    if pose == CLOSE and JAW in stored:
        moved, _ = closed_over_jaw(moved, stored[JAW])
    stored |= {pose: moved}
    BonePoses.from_json(stored)
    kept.write(obj, stored)
    return len(moved)


def remove(obj: bpy.types.Object, pose: str) -> None:
    """Forget a pose."""
    kept.write(obj, {name: bones for name, bones in kept.read(obj).items() if name != pose})


def current(obj: bpy.types.Object) -> dict[str, Matrix]:
    """Return the transforms from rest of the selected bones, or if none is selected of all."""
    every = list(obj.pose.bones)
    chosen = [bone for bone in every if _is_selected(bone)] if obj.mode == "POSE" else []
    return {bone.name: bone.matrix_basis.copy() for bone in chosen or every}


def show(obj: bpy.types.Object, pose: str) -> list[str]:
    """Bring the bones of all poses to where one pose has them; keys are left alone.

    Returns:
        A sentence on bones that are gone, or nothing.
    """
    poses = poses_of(obj)
    assert poses is not None  # or there would be nothing to show
    moves = BoneMoves(obj, poses)
    moves.show({pose: 1.0})
    return moves.missing()


def _told(basis: Matrix) -> dict[str, list[float]]:
    location, rotation, scale = basis.decompose()
    return {"location": list(location), "rotation": list(rotation), "scale": list(scale)}


def _is_rest(basis: Matrix) -> bool:
    return bool(np.abs(np.array(basis) - np.eye(4)).max() < _STILL)


def _is_selected(bone: bpy.types.PoseBone) -> bool:
    """Return whether a pose bone is selected, wherever this Blender has it."""
    return bool(bone.select if hasattr(bone, "select") else bone.bone.select)
