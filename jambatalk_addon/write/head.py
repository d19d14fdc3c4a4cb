"""The head's turns as keys on an object or a bone; no vertex moves.

Every frame is the head at rest, turned about the face's own axes. Another bake of a line replaces
its keys, and Clear takes off ours alone; what the artist changed in them is kept in a copy of the
action.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import bpy
import numpy as np
from mathutils import Matrix, Quaternion

from ...model_core.base.arrays import Array, Floats
from ...model_core.motion.curves import Curve
from ...model_core.motion.motion import Motion
from ...model_core.motion.reduction import Reduction
from ...model_core.rig.turns import rotation
from . import fcurves, head_record, spans
from .head_record import HeadRecord
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


def write(target: HeadTarget, face: Face, head: Array, first: int, take: str) -> list[str]:
    """Key how a head turns during a take, in place of what the take keyed before.

    Args:
        target: what turns; it has no problem.
        face: what speaks, whose axes the turns are about.
        head: (T, 3) yaw, pitch and roll in radians, as `Motion` has them.
        first: scene frame of the first.
        take: its id.

    Returns:
        Sentences on what else happened.
    """
    obj = target.find()
    assert obj is not None  # or it would have a problem
    notes = take_off([take])
    turned, record = Turned(obj, target.bone), head_record.read(obj, target.bone)
    if not record.spans:
        made = obj.animation_data is None
        record = HeadRecord(turned.path, turned.value, made_animation=made)
    curves = _curves(turned, record, _face_axes(turned, record, face), head)
    holder = fcurves.ensure_holder(obj, f"JambaTalk {turned.name}")
    last = first + len(head) - 1
    spans.give_way(holder, record, first, last)
    for index, curve in enumerate(curves):
        fcurve = fcurves.add_curve(holder, record.path, index)
        fcurves.replace_keys(fcurve, curve.moved(first), first, last)
    record.spans[take] = [[first, last]]
    record.prints[take] = spans.print_of(holder, record, take)
    head_record.write(obj, target.bone, record)
    return notes


def turned_by(take: str) -> HeadTarget | None:
    """Return what a take turns as its head, or None."""
    for obj in bpy.data.objects:
        for bone, record in head_record.read_all(obj).items():
            if take in record.spans:
                return HeadTarget(obj.session_uid, bone)
    return None


def take_off(takes: Collection[str]) -> list[str]:
    """Remove the keys of some takes from whatever heads have them.

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
    """Remove the keys of some takes of one head, and what we made if no others are left."""
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
    """Return (3, 3) columns: the face's own axes in the world, with the head at rest."""
    placed = face.mesh.matrix_world.to_quaternion().to_matrix() @ Matrix(face.axes.tolist())
    if not turned.carries(face.mesh):
        return placed
    space = turned.axes()
    rest, now = (turned.quaternion(value).to_matrix() for value in (record.rest, turned.value))
    back: Matrix = space @ rest @ now.inverted() @ space.inverted()
    return back @ placed


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
