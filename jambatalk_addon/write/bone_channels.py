"""The channels of an armature's bones that its stored poses move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import bpy
import numpy as np
from mathutils import Quaternion

from ...model_core.base.arrays import Floats
from ...model_core.targets.bone_poses import BonePoses
from . import fcurves
from .head_target import Turned
from .rig_channels import Channel

Mixed: TypeAlias = tuple[Floats, Floats, Floats]
"""Locations (T, B, 3), quaternions (T, B, 4) and scales (T, B, 3) from rest."""

_STILL = 1e-6
_STRAIGHT = {"QUATERNION": [1.0, 0.0, 0.0, 0.0], "AXIS_ANGLE": [0.0, 0.0, 1.0, 0.0]}
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

    def bring(self, numbers: list[float]) -> None:
        """Set the numbers."""
        setattr(self._turned.owner, self.attribute, numbers)

    def problem(self, ours: frozenset[str]) -> str | None:
        """Return in one sentence why speech cannot key it, or None; `ours` are our paths."""
        turned = self._turned
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

    def numbers(self, mixed: Mixed) -> Floats:
        """Return (T, 3 or 4) the numbers of the bone in what `BonePoses.mixed` made."""
        where, turns, scales = mixed
        if self.kind != "rotation":
            moved: Floats = (where if self.kind == "location" else scales)[:, self.index]
            return moved
        quaternions = [Quaternion(turn) for turn in turns[:, self.index].tolist()]
        return np.array(self._turned.channels(quaternions, self.rest), np.float64)

    @property
    def rest(self) -> list[float]:
        """The numbers of a bone at rest."""
        if self.kind == "rotation":
            return rest_turn(self._turned.owner)
        return [1.0, 1.0, 1.0] if self.kind == "scale" else [0.0, 0.0, 0.0]


@dataclass(frozen=True)
class BoneMoves:
    """The bones of an armature that stored poses move.

    Attributes:
        owner: the armature.
        poses: stored on it.
    """

    owner: bpy.types.Object
    poses: BonePoses
    word = "bones"

    @property
    def names(self) -> tuple[str, ...]:
        """The poses."""
        return self.poses.poses

    @property
    def called(self) -> str:
        """What moves, as the artist is told."""
        return f"the bones of '{self.owner.name}'"

    def channels(self) -> Sequence[Channel]:
        """Return the channels that the poses move, of the bones that are there."""
        return list(channels_of(self.owner, self.poses))

    def missing(self) -> list[str]:
        """Return a sentence on bones of the poses that the armature does not have, if any."""
        return gone_notes(self.owner, self.poses)

    def mix(self, weights: Floats) -> Mixed:
        """Return how bones are at weights (T, K) of the poses."""
        return self.poses.mixed(weights)

    def count(self, channels: Sequence[Channel]) -> int:
        """Return how many bones some channels are of."""
        return len({channel.path.split('"]')[0] for channel in channels})

    def show(self, weights: Mapping[str, float]) -> None:
        """Set the bones of the poses as some weights have them; keys are left alone."""
        at = np.array([[weights.get(name, 0.0) for name in self.names]])
        where, turned, scaled = (each[0] for each in self.poses.mixed(at))
        for index, name in enumerate(self.poses.bones):
            bone = self.owner.pose.bones.get(name)
            if bone is not None:
                bone.location, bone.scale = where[index].tolist(), scaled[index].tolist()
                _turn(self.owner, bone, Quaternion(turned[index].tolist()))


def _turn(obj: bpy.types.Object, bone: bpy.types.PoseBone, turn: Quaternion) -> None:
    """Turn a bone from rest, whatever its rotation mode."""
    channels = Turned(obj, bone.name)
    channels.turn_to(channels.channels([turn], rest_turn(bone))[0])


def gone_notes(obj: bpy.types.Object, poses: BonePoses) -> list[str]:
    """Return a sentence on bones of poses that an armature does not have, if any."""
    gone = [name for name in poses.bones if name not in obj.pose.bones]
    if not gone:
        return []
    return [
        f"'{obj.name}' no longer has {', '.join(gone)}, which its poses move: give the bones their "
        "names back, or store the poses anew."
    ]


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
    return _STRAIGHT.get(bone.rotation_mode, [0.0, 0.0, 0.0]).copy()
