"""Where what the eyes rest on is, seen from a face: worked out before the model is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ...model_core.rig.shapes import LID_PAIRS
from ..bones.eyes import eyes_of
from ..targets.checks import is_flame_head
from ..write import fcurves, head_record
from ..write.head import Face
from ..write.head_target import HeadTarget, Turned

_A_SECOND = 6.0  # looks at what moves; between them it is taken to go straight


def directions(
    scene: bpy.types.Scene,
    face: Face,
    other: bpy.types.Object,
    frames: range,
    head: HeadTarget | None,
) -> list[list[float]]:
    """Return yaw to the left and pitch down in radians, (T, 2), at which an object is seen.

    Heads turn on their own with their keys; what a bake turned does not count, for eyes make up
    for it anyway.

    Args:
        scene: whose frames they are; the frame shown is the same afterwards.
        face: what sees.
        other: what is seen.
        frames: of the scene.
        head: what turns as its head.
    """
    step = max(1, round(scene.render.fps / scene.render.fps_base / _A_SECOND))
    some = [*frames[::step], frames[-1]]
    shown = scene.frame_current_final
    with _unturned(head):
        seen = []
        for frame in some:
            scene.frame_set(frame)
            seen.append(_direction(face, other, head))
        scene.frame_set(int(shown // 1), subframe=shown % 1)
    columns = [np.interp(frames, some, column) for column in np.unwrap(seen, axis=0).T]
    found: list[list[float]] = np.column_stack(columns).round(5).tolist()
    return found


def _direction(face: Face, other: bpy.types.Object, head: HeadTarget | None) -> tuple[float, float]:
    """Return yaw and pitch at which an object is seen now."""
    layer = bpy.context.evaluated_depsgraph_get()
    mesh = face.mesh.evaluated_get(layer)
    axes = _carried(head, face.mesh) @ mesh.matrix_world.to_quaternion().to_matrix()
    axes = axes @ Matrix(face.axes.tolist())
    away = other.evaluated_get(layer).matrix_world.translation - _eyes_at(face, layer)
    left, up, forward = axes.inverted() @ away
    return float(np.arctan2(left, forward)), float(-np.arctan2(up, np.hypot(left, forward)))


def _carried(head: HeadTarget | None, mesh: bpy.types.Object) -> Matrix:
    """Return the (3, 3) turn by which a bone that is the head turns a mesh it deforms."""
    obj = head.find() if head is not None else None
    if head is None or obj is None or not head.bone or Turned(obj, head.bone).carries(mesh):
        return Matrix.Identity(3)
    bone = obj.pose.bones[head.bone]
    space = obj.matrix_world.to_quaternion().to_matrix()
    turn = (bone.matrix @ bone.bone.matrix_local.inverted()).to_quaternion().to_matrix()
    carried: Matrix = space @ turn @ space.inverted()
    return carried


def _eyes_at(face: Face, layer: bpy.types.Depsgraph) -> Vector:
    """Return the place between the eyes, in the world: of eyeballs, lids, or else of the face."""
    balls = [_place(target, layer) for target in eyes_of(face.mesh).values()]
    if balls:
        return sum(balls, Vector()) / len(balls)
    mesh = face.mesh
    if mesh.type == "MESH" and len(mesh.data.vertices) > 5000 and is_flame_head(mesh):
        lids = [mesh.data.vertices[vertex].co for pair in LID_PAIRS for vertex in pair]
        middle = sum(lids, Vector()) / len(lids)
    else:
        middle = sum((Vector(corner) for corner in mesh.bound_box), Vector()) / 8
    return mesh.evaluated_get(layer).matrix_world @ middle


def _place(target: HeadTarget, layer: bpy.types.Depsgraph) -> Vector:
    """Return where an eyeball is in the world."""
    obj = target.find()
    assert obj is not None  # it has just been found
    seen = obj.evaluated_get(layer)
    place = seen.pose.bones[target.bone].head if target.bone else Vector()
    return seen.matrix_world @ place


@contextmanager
def _unturned(head: HeadTarget | None) -> Iterator[None]:
    """Have a head as it is without what bakes turned."""
    obj = head.find() if head is not None else None
    record = head_record.read(obj, head.bone) if head is not None and obj is not None else None
    holder = fcurves.find_holder(obj) if record is not None and record.spans else None
    if holder is None or head is None or obj is None or record is None:
        yield
        return
    ours = [curve for curve in holder.fcurves if curve.data_path == record.path and not curve.mute]
    turned = Turned(obj, head.bone)
    was = turned.value
    for curve in ours:
        curve.mute = True
    turned.turn_to(record.rest)
    try:
        yield
    finally:
        for curve in ours:
            curve.mute = False
        turned.turn_to(was)
