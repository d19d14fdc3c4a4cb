"""What turns as a character's head: an object or empty, or a bone of an armature.

Of an object the delta rotation turns, which Blender adds to whatever the artist keys; a bone has no
such thing, so its rotation has to be free of the artist's keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
from mathutils import Matrix, Quaternion, Vector

from . import fcurves, head_record
from .head_record import CHEST, HEAD
from .lasting import with_uid

_KINDS = {"QUATERNION": "quaternion", "AXIS_ANGLE": "axis_angle"}
_HARDLY = 1e-3  # radians, below which a turn has no axis of its own
SAME = "The chest is the head itself; choose another object or bone for one of them."
NO_HEAD = "The head stays still: choose the object or the bone that is the head, under Life."


@dataclass(frozen=True)
class HeadTarget:
    """An object or one of its bones, by what stays the same while a model runs.

    Attributes:
        uid: the object's `session_uid`.
        bone: name of the pose bone; empty for the object itself.
    """

    uid: int
    bone: str = ""

    @classmethod
    def of(cls, settings: Any, part: str = HEAD) -> HeadTarget | None:
        """Return the head or the chest that settings name, or None if they name none."""
        obj = getattr(settings, f"{part}_object")
        if obj is None:
            return None
        bone = getattr(settings, f"{part}_bone") if obj.type == "ARMATURE" else ""
        return cls(obj.session_uid, bone)

    def find(self) -> bpy.types.Object | None:
        """Return the object, or None if it is gone."""
        return with_uid(bpy.data.objects, self.uid)

    def problem(self, part: str = HEAD) -> str | None:
        """Return in one sentence why it cannot be turned, or None if it can."""
        obj = self.find()
        if obj is None:
            return f"The object that is the {part} is gone; choose another."
        if obj.library is not None:
            return f"'{obj.name}' is linked from another file; make a library override of it."
        if self.bone and self.bone not in obj.pose.bones:
            return f"'{obj.name}' has no bone '{self.bone}'; choose another as the {part}."
        return Turned(obj, self.bone).problem(part)


def chest_problem(settings: Any) -> str | None:
    """Return in one sentence why the chest that settings name does not turn, or None if it can."""
    target = HeadTarget.of(settings, CHEST)
    if target is None:
        return None
    same = target == HeadTarget.of(settings)
    return SAME if same else target.problem(CHEST)


def head_problem(settings: Any) -> str | None:
    """Return in one sentence why the head that settings name does not turn, or None if it can."""
    target = HeadTarget.of(settings)
    return NO_HEAD if target is None else target.problem()


@dataclass(frozen=True)
class Turned:
    """The channels that turn an object or a bone.

    Attributes:
        obj: the object.
        bone: name of the bone; empty for the object.
    """

    obj: bpy.types.Object
    bone: str

    @property
    def owner(self) -> Any:
        """What has the channels."""
        return self.obj.pose.bones[self.bone] if self.bone else self.obj

    @property
    def name(self) -> str:
        """What the artist calls it."""
        return self.bone or self.obj.name

    def problem(self, part: str = HEAD) -> str | None:
        """Return in one sentence why it cannot be turned, or None if it can."""
        if self.owner.rotation_mode == "AXIS_ANGLE" and not self.bone:
            return f"'{self.name}' turns by axis and angle; set it to Euler angles or quaternions."
        if self.is_driven():
            return f"The rotation of '{self.name}' has a driver; choose another as the {part}."
        if self.bone and self.is_keyed() and not head_record.read(self.obj, self.bone).spans:
            return (
                f"The bone '{self.bone}' has keys of yours on its rotation; choose another as the "
                f"{part}, or an empty that it follows."
            )
        return None

    @property
    def attribute(self) -> str:
        """Name of the channels, by the owner's rotation mode."""
        kind = _KINDS.get(self.owner.rotation_mode, "euler")
        return f"rotation_{kind}" if self.bone else f"delta_rotation_{kind}"

    @property
    def path(self) -> str:
        """Data path of the channels, from the object."""
        if not self.bone:
            return self.attribute
        return f'pose.bones["{bpy.utils.escape_identifier(self.bone)}"].{self.attribute}'

    @property
    def paths(self) -> tuple[str, ...]:
        """The data paths that a rotation of it may have, whatever its mode."""
        stem = self.path.removesuffix(self.attribute)
        kinds = ("euler", "quaternion", "axis_angle")
        delta = "" if self.bone else "delta_"
        return tuple(f"{stem}{delta}rotation_{kind}" for kind in kinds)

    @property
    def value(self) -> list[float]:
        """The channels as they are now."""
        return list(getattr(self.owner, self.attribute))

    def turn_to(self, numbers: list[float]) -> None:
        """Set the channels."""
        setattr(self.owner, self.attribute, numbers)

    def quaternion(self, numbers: list[float]) -> Quaternion:
        """Return the rotation that the channels mean."""
        if self.owner.rotation_mode == "AXIS_ANGLE":
            return Quaternion(numbers[1:], numbers[0])
        if len(numbers) == 4:
            return Quaternion(numbers).normalized()
        euler = getattr(self.owner, self.attribute).copy()
        euler[:] = numbers
        return euler.to_quaternion()

    def channels(self, turns: list[Quaternion], rest: list[float]) -> list[list[float]]:
        """Return rotations as the channels' numbers, each nearest to the one before."""
        if self.owner.rotation_mode == "AXIS_ANGLE":
            return _angles_and_axes(turns, Vector(rest[1:]))
        if len(rest) == 4:
            near, made = Quaternion(rest), []
            for turn in turns:
                near = turn if turn.dot(near) >= 0 else -turn
                made.append(list(near))
            return made
        euler, made = getattr(self.owner, self.attribute).copy(), []
        euler[:] = rest
        for turn in turns:
            euler = turn.to_euler(euler.order, euler)
            made.append(list(euler))
        return made

    def axes(self) -> Matrix:
        """Return the (3, 3) rotation from the space that the channels turn in to the world's."""
        if self.bone:
            rest = self.obj.data.bones[self.bone].matrix_local
            return _rotation(self.obj.matrix_world) @ _rotation(rest)
        return _rotation(self.obj.matrix_world @ self.obj.matrix_basis.inverted_safe())

    def is_keyed(self) -> bool:
        """Return whether f-curves are on its rotation."""
        holder = fcurves.find_holder(self.obj)
        if holder is None:
            return False
        return any(curve.data_path in self.paths for curve in holder.fcurves)

    def is_driven(self) -> bool:
        """Return whether drivers are on its rotation."""
        data = self.obj.animation_data
        return data is not None and any(each.data_path in self.paths for each in data.drivers)

    def carries(self, obj: bpy.types.Object) -> bool:
        """Return whether an object turns along with it, by parents."""
        while obj is not None:
            if not self.bone and obj == self.obj:
                return True
            if self.bone and obj.parent == self.obj and obj.parent_type == "BONE":
                bone = self.obj.data.bones.get(obj.parent_bone)
                return bone is not None and self.bone in (
                    bone.name,
                    *(each.name for each in bone.parent_recursive),
                )
            obj = obj.parent
        return False


def _angles_and_axes(turns: list[Quaternion], rest: Vector) -> list[list[float]]:
    """Return angles and axes that do not jump: a turn the other way round is a negative angle."""
    vectors = [(turn if turn.w >= 0 else -turn).to_exponential_map() for turn in turns]
    near = next((each.normalized() for each in vectors if each.length > _HARDLY), rest)
    made = []
    for vector in vectors:
        way = 1.0 if vector.dot(near) >= 0 else -1.0
        if vector.length > _HARDLY:
            near = way * vector.normalized()
        made.append([way * vector.length, *near])
    return made


def _rotation(matrix: Matrix) -> Matrix:
    """Return the (3, 3) rotation of a matrix, without scale."""
    return matrix.to_quaternion().to_matrix()
