"""The channels of an armature's bones that its stored poses move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Quaternion

from ...model_core.base.arrays import Floats
from ...model_core.targets.bone_poses import BonePoses
from . import fcurves
from .head_target import Turned

_STILL = 1e-6
_KINDS = {"location": slice(0, 3), "rotation": slice(3, 6), "scale": slice(6, 9)}


@dataclass(frozen=True)
class BoneChannel:
    """Location, rotation or scale of a bone.

    Attributes:
        obj: the armature.
        bone: name of the bone.
        index: of the bone among those of the poses.
        kind: location, rotation or scale.
    """

    obj: bpy.types.Object
    bone: str
    index: int
    kind: str

    @property
    def _turned(self) -> Turned:
        return Turned(self.obj, self.bone)

    @property
    def attribute(self) -> str:
        """Name of the numbers, of a rotation by the bone's mode."""
        return self._turned.attribute if self.kind == "rotation" else self.kind

    @property
    def path(self) -> str:
        """Data path, from the object."""
        turned = self._turned
        return turned.path.removesuffix(turned.attribute) + self.attribute

    @property
    def value(self) -> list[float]:
        """The numbers as they are now."""
        return list(getattr(self._turned.owner, self.attribute))

    def problem(self, ours: frozenset[str]) -> str | None:
        """Return in one sentence why speech cannot key it, or None; `ours` are our paths."""
        turned = self._turned
        if self.kind == "rotation" and turned.owner.rotation_mode == "AXIS_ANGLE":
            return f"'{self.bone}' turns by axis and angle; set it to Euler angles or quaternions."
        paths = turned.paths if self.kind == "rotation" else (self.path,)
        data, holder = self.obj.animation_data, fcurves.find_holder(self.obj)
        if data is not None and any(each.data_path in paths for each in data.drivers):
            return f"The {self.kind} of '{self.bone}' has a driver; remove it, or pose other bones."
        keyed = {curve.data_path for curve in holder.fcurves} if holder is not None else set()
        if keyed.intersection(paths) - ours:
            return (
                f"The bone '{self.bone}' has keys of yours on its {self.kind}; remove them or push "
                "them down to the NLA, or leave the bone out of the poses."
            )
        return None

    def numbers(self, where: Floats, turns: Floats, scales: Floats) -> Floats:
        """Return (T, 3 or 4) the numbers of bones at places (T, B, ...), as `BonePoses.mixed`."""
        if self.kind != "rotation":
            mixed: Floats = (where if self.kind == "location" else scales)[:, self.index]
            return mixed
        quaternions = [Quaternion(turn) for turn in turns[:, self.index].tolist()]
        return np.array(self._turned.channels(quaternions, self.rest))

    @property
    def rest(self) -> list[float]:
        """The numbers of a bone at rest."""
        if self.kind == "rotation":
            return rest_turn(self._turned.owner)
        return [1.0, 1.0, 1.0] if self.kind == "scale" else [0.0, 0.0, 0.0]


def channels_of(obj: bpy.types.Object, poses: BonePoses) -> Iterator[BoneChannel]:
    """Yield the channels that poses move, of the bones that are there."""
    for index, bone in enumerate(poses.bones):
        if bone not in obj.pose.bones:
            continue
        for kind, part in _KINDS.items():
            if np.abs(poses.offsets[:, index, part]).max(initial=0.0) > _STILL:
                yield BoneChannel(obj, bone, index, kind)


def rest_turn(bone: bpy.types.PoseBone) -> list[float]:
    """Return the rotation's numbers of a bone at rest."""
    return [1.0, 0.0, 0.0, 0.0] if bone.rotation_mode == "QUATERNION" else [0.0, 0.0, 0.0]
