"""The eyeballs of a character that are bones or objects of their own, known by their names."""

from __future__ import annotations

from collections.abc import Iterator

import bpy

from ...model_core.targets.naming.eyes import eye_of
from ..write.head_record import LEFT_EYE, RIGHT_EYE
from ..write.head_target import HeadTarget
from .measuring import armatures_of

_EYES = (LEFT_EYE, RIGHT_EYE)
_TURNING = {"COPY_ROTATION", "COPY_TRANSFORMS", "DAMPED_TRACK", "LOCKED_TRACK", "TRACK_TO"}
_TURNING |= {"ARMATURE", "CHILD_OF", "IK", "TRANSFORM"}


def eyes_of(speaker: bpy.types.Object) -> dict[str, HeadTarget]:
    """Return what can be turned as a character's eyeballs: bones, or else objects of its own."""
    found: dict[str, HeadTarget] = {}
    for part, target in [*_bones(speaker), *_objects(speaker)]:
        if part not in found and target.problem(part) is None:
            found[part] = target
    return found


def _bones(speaker: bpy.types.Object) -> Iterator[tuple[str, HeadTarget]]:
    """Yield the bones that may be eyeballs, those that deform first, then by how short names are.

    A bone that constraints turn is led by another, and left alone.
    """
    for armature in [speaker] if speaker.type == "ARMATURE" else armatures_of(speaker):
        named = [(eye_of(bone.name, armature.name), bone) for bone in armature.pose.bones]
        free = [(eye, bone) for eye, bone in named if eye is not None and not _is_led(bone)]
        for eye, bone in sorted(free, key=lambda each: _rank(each[1])):
            yield _EYES[eye], HeadTarget(armature.session_uid, bone.name)


def _objects(speaker: bpy.types.Object) -> Iterator[tuple[str, HeadTarget]]:
    """Yield the objects that hang on a character and may be its eyeballs."""
    for child in speaker.children_recursive:
        eye = eye_of(child.name, speaker.name)
        if eye is not None and not _is_led(child):
            yield _EYES[eye], HeadTarget(child.session_uid)


def _rank(bone: bpy.types.PoseBone) -> tuple[bool, int, str]:
    return not bone.bone.use_deform, len(bone.name), bone.name


def _is_led(owner: bpy.types.PoseBone | bpy.types.Object) -> bool:
    return any(each.type in _TURNING and not each.mute for each in owner.constraints)
