"""How head, eyeballs and chest turn, as keys on objects or bones; no vertex moves.

Every frame is the part at rest, turned about the face's own axes. Another bake of a line replaces
its keys, and Clear takes off ours alone; what the artist changed in them is kept in a copy of the
action.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import bpy
import numpy as np
from mathutils import Matrix, Quaternion

from ...model_core.base.arrays import Array, Floats
from ...model_core.motion.curves import Curve
from ...model_core.motion.motion import Motion
from ...model_core.motion.reduction import Reduction
from ...model_core.rig.turns import rotation
from . import fcurves, head_record, nla, spans
from .head_record import CHEST, HEAD, RIGHT_EYE, HeadRecord
from .head_target import HeadTarget, Turned


@dataclass(frozen=True)
class Face:
    """What turns with a head.

    Attributes:
        mesh: the mesh object, or what else speaks.
        axes: (3, 3) the face's left, up and forward in its space, as columns.
    """

    mesh: bpy.types.Object
    axes: Floats


_STRAY = Reduction(0.5)  # of a thousandth: 0.03 degrees
_FULL = np.radians(np.array([0.0, -1.5, 0.0], np.float32))  # how lungs that are full turn a chest


class Turn(NamedTuple):
    """How a part of a character turns.

    Attributes:
        part: which.
        target: what turns; it has no problem.
        angles: (T, 3) yaw, pitch and roll in radians, as `Motion` has them.
    """

    part: str
    target: HeadTarget
    angles: Array


def angles_of(part: str, motion: Motion) -> Array | None:
    """Return how a part turns in a motion, (T, 3) radians, or None if it does not."""
    if part == HEAD:
        return motion.head
    if part == CHEST:
        return None if motion.breath is None else motion.breath[:, None] * _FULL
    return None if motion.eyes is None else motion.eyes[:, int(part == RIGHT_EYE)]


def write(turns: Sequence[Turn], face: Face, first: int, take: str) -> list[str]:
    """Key how parts turn during a take, in place of what the take keyed before.

    Args:
        turns: how.
        face: what speaks, whose axes the turns are about.
        first: scene frame of the first.
        take: its id.

    Returns:
        Sentences on what else happened.
    """
    before = turned_by(take)
    targets = [*before.values(), *(turn.target for turn in turns)]
    with nla.hushed(filter(None, (target.find() for target in targets))):
        notes = take_off([take])
        if before and turns:
            bpy.context.view_layer.update()  # what is back at rest is where axes are measured
        for turn in turns:
            _write(turn, face, first, take)
    return notes


def _write(turn: Turn, face: Face, first: int, take: str) -> None:
    """Key how one part turns during a take."""
    target, obj = turn.target, turn.target.find()
    assert obj is not None  # or it would have a problem
    turned, record = Turned(obj, target.bone), head_record.read(obj, target.bone)
    if not record.spans:
        known = head_record.read_all(obj).values()
        made = obj.animation_data is None or any(each.made_animation for each in known)
        record = HeadRecord(turned.path, turned.value, made_animation=made, part=turn.part)
    curves = _curves(turned, record, _face_axes(turned, record, face), turn.angles)
    holder = fcurves.ensure_holder(obj, f"JambaTalk {turned.name}")
    last = first + len(turn.angles) - 1
    spans.give_way(holder, record, first, last)
    for index, curve in enumerate(curves):
        fcurve = fcurves.add_curve(holder, record.path, index)
        fcurves.replace_keys(fcurve, curve.moved(first), first, last)
    record.spans[take] = [[first, last]]
    record.prints[take] = spans.print_of(holder, record, take)
    head_record.write(obj, target.bone, record)


def turned_by(take: str) -> dict[str, HeadTarget]:
    """Return what a take turns, by the part of the character that it is."""
    return {
        record.part: HeadTarget(obj.session_uid, bone)
        for obj in bpy.data.objects
        for bone, record in head_record.read_all(obj).items()
        if take in record.spans
    }


def take_off(takes: Collection[str]) -> list[str]:
    """Remove the keys of some takes from whatever they turn.

    Returns:
        Sentences on what stays.
    """
    notes = []
    for obj in bpy.data.objects:
        if obj.library is not None:
            continue  # another file's, and not to be changed from here
        for bone, record in head_record.read_all(obj).items():
            ours = [take for take in takes if take in record.spans]
            if ours:
                notes += _take_off(Turned(obj, bone), record, ours)
    return notes


def _take_off(turned: Turned, record: HeadRecord, takes: list[str]) -> list[str]:
    """Remove the keys of some takes of one part, and what we made if no others are left."""
    notes, holder = spans.drop(turned.obj, f"'{turned.name}' turns", record, takes)
    if not record.spans:
        _restore(turned, record, holder)
    head_record.write(turned.obj, turned.bone, record)
    return notes


def _restore(turned: Turned, record: HeadRecord, holder: fcurves.Holder | None) -> None:
    """Take our empty curves off, with an action of ours that has nothing else, and turn to rest."""
    spans.remove_empty(turned.obj, holder, record)
    bone_is_there = not turned.bone or turned.bone in turned.obj.pose.bones
    if bone_is_there and turned.path == record.path and not turned.is_keyed():
        turned.turn_to(record.rest)


def _face_axes(turned: Turned, record: HeadRecord, face: Face) -> Matrix:
    """Return (3, 3) columns: the face's own axes in the world, with what turns at rest."""
    placed = face.mesh.matrix_world.to_quaternion().to_matrix() @ Matrix(face.axes.tolist())
    space, rest = turned.axes(), turned.quaternion(record.rest).to_matrix()
    if turned.bone:
        placed = _unposed(turned, face.mesh) @ placed
        return space @ rest @ space.inverted() @ placed if turned.carries(face.mesh) else placed
    if not turned.carries(face.mesh):
        return placed
    now = turned.quaternion(turned.value).to_matrix()
    return space @ rest @ now.inverted() @ space.inverted() @ placed


def _unposed(turned: Turned, mesh: bpy.types.Object) -> Matrix:
    """Return the (3, 3) turn that brings a mesh to where a bone's armature at rest would have it.

    A mesh whose parent is a bone turns with that; one that an armature deforms stays where it is.
    """
    if mesh.parent != turned.obj or mesh.parent_type != "BONE":
        return Matrix.Identity(3)
    carrier = turned.obj.pose.bones[mesh.parent_bone]
    moved = carrier.bone.matrix_local @ carrier.matrix.inverted_safe()
    space = turned.obj.matrix_world.to_quaternion().to_matrix()
    unposed: Matrix = space @ moved.to_quaternion().to_matrix() @ space.inverted()
    return unposed


def _curves(turned: Turned, record: HeadRecord, axes: Matrix, head: Array) -> list[Curve]:
    """Return a light curve for each channel, frames counted from 0."""
    to_channels = turned.axes().inverted() @ axes
    rest = turned.quaternion(record.rest)
    turns: list[Quaternion] = []
    for angles in head.astype(np.float64):
        turn = to_channels @ Matrix(rotation(*angles).tolist()) @ to_channels.inverted()
        turns.append(turn.to_quaternion() @ rest)
    values = np.array(turned.channels(turns, record.rest), np.float32)  # (T, 3 or 4)
    return _reduced(values)


def _reduced(values: Array) -> list[Curve]:
    """Return curves through numbers (T, C) with as few keys as do."""
    frames, count = values.shape
    basis = np.zeros((count, count, 3), np.float32)  # each a metre of a point of its own
    basis[range(count), range(count), 0] = 1.0
    start = values[:1]
    motion = Motion(24.0, tuple(map(str, range(count))), basis, values - start, "turns")
    found, _ = _STRAY.curves(motion)
    ends = np.unique([0, frames - 1])
    still = Curve.smooth(ends, np.zeros(len(ends)), np.zeros(len(ends)))
    made = [found.get(str(index), still) for index in range(count)]
    return [
        replace(curve, values=curve.values + float(start[0, index]))
        for index, curve in enumerate(made)
    ]
