"""Poses read off the frames of actions, without playing them: the scene stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import bpy
from mathutils import Euler, Matrix, Quaternion, Vector

from ...model_core.base.errors import UserError

_RESTS = {
    "location": (0.0, 0.0, 0.0),
    "scale": (1.0, 1.0, 1.0),
    "rotation_quaternion": (1.0, 0.0, 0.0, 0.0),
    "rotation_euler": (0.0, 0.0, 0.0),
    "rotation_axis_angle": (0.0, 0.0, 1.0, 0.0),
}


def pose_at(obj: bpy.types.Object, name: str, frame: float) -> dict[str, Matrix]:
    """Return the bones' (4, 4) transforms from rest at a frame of an action.

    What the action does not key is at rest.

    Raises:
        UserError: there is no such action, or it does not key the armature's bones.
    """
    action = bpy.data.actions.get(name)
    if action is None:
        names = ", ".join(sorted(each.name for each in bpy.data.actions)) or "none"
        raise UserError(f"The scene has no action '{name}'; its actions are {names}.")
    curves = {(curve.data_path, curve.array_index): curve for curve in _curves(obj, action)}
    found = {bone.name: _basis(bone, curves, frame) for bone in obj.pose.bones}
    return {bone: basis for bone, basis in found.items() if basis is not None}


def _curves(obj: bpy.types.Object, action: bpy.types.Action) -> list[bpy.types.FCurve]:
    """Return the curves on bones of one slot: the armature's own, or the only one that has any."""
    bags = {"": action.fcurves} if not hasattr(action, "slots") else _bags(action)
    posing = {
        name: [curve for curve in curves if curve.data_path.startswith("pose.bones[")]
        for name, curves in bags.items()
    }
    posing = {name: curves for name, curves in posing.items() if curves}
    if obj.name in posing:
        return posing[obj.name]
    if len(posing) == 1:
        return next(iter(posing.values()))
    if not posing:
        raise UserError(f"The action '{action.name}' keys no bones; name one that does.")
    raise UserError(
        f"The action '{action.name}' has several slots that key bones ({', '.join(posing)}); call "
        f"the right one '{obj.name}'."
    )


def _bags(action: bpy.types.Action) -> dict[str, Iterable[bpy.types.FCurve]]:
    """Return the curves of an action by the names of its slots."""
    strips = [strip for layer in action.layers for strip in layer.strips]
    bags = [bag for strip in strips for bag in strip.channelbags]
    return {bag.slot.name_display: bag.fcurves for bag in bags}


def _basis(bone: bpy.types.PoseBone, curves: Mapping[Any, Any], frame: float) -> Matrix | None:
    """Return a bone's transform from rest, or None if nothing keys it."""
    stem = bone.path_from_id()
    mode = {"QUATERNION": "quaternion", "AXIS_ANGLE": "axis_angle"}.get(bone.rotation_mode, "euler")
    keyed, values = False, {}
    for attribute in ("location", "scale", f"rotation_{mode}"):
        numbers = list(_RESTS[attribute])
        for index in range(len(numbers)):
            curve = curves.get((f"{stem}.{attribute}", index))
            if curve is not None:
                keyed, numbers[index] = True, curve.evaluate(frame)
        values[attribute] = numbers
    turn = _turn(bone, values[f"rotation_{mode}"])
    return (
        Matrix.LocRotScale(Vector(values["location"]), turn, Vector(values["scale"]))
        if keyed
        else None
    )


def _turn(bone: bpy.types.PoseBone, numbers: list[float]) -> Quaternion:
    if bone.rotation_mode == "QUATERNION":
        return Quaternion(numbers).normalized()
    if bone.rotation_mode == "AXIS_ANGLE":
        return Quaternion(numbers[1:], numbers[0])
    return Euler(numbers, bone.rotation_mode).to_quaternion()
