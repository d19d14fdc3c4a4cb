"""A motion as relative shape keys and light curves, beside the takes that are there already."""

from __future__ import annotations

import bpy
import numpy as np

from ...model_core.base.arrays import Floats
from ...model_core.motion.curves import Curve
from ...model_core.motion.motion import Motion
from . import fcurves, joints, nla, ownership, shape_keys, written
from .identity import Line
from .layers import Layered
from .ownership import Record, Take

_EASE_SECONDS = 0.1


def write(
    obj: bpy.types.Object, motion: Motion, line: Line, take: str, layered: Layered
) -> tuple[int, list[str]]:
    """Write shape keys and curves.

    Args:
        obj: mesh object.
        motion: the basis in the mesh's units; one frame for each scene frame.
        line: what is baked, where.
        take: its id.
        layered: the curves, and what of the artist's is in them.

    Returns:
        How many keys the take has, and sentences on what happened to other takes.
    """
    record = ownership.read(obj.data) or _new_record(obj)
    key = obj.data.shape_keys
    names = shape_keys.write_shapes(obj, motion.names, motion.basis, record, take, line.name)
    holder = fcurves.ensure_holder(key, f"JambaTalk {obj.name}")
    made = line.describe(_take(motion, line, names))
    made.left_out = layered.left_out
    record.blend = record.blend or nla.lie_beside(key, list(map(fcurves.value_path, names)))
    before, notes = record.shapes, _say_who_gives_way(record, take, made)
    touched = _make_way(key, holder, record, take, made, eased=layered.afresh)
    called = dict(zip(motion.names, names, strict=True))
    placed = {called[name]: curve.moved(line.first) for name, curve in layered.curves.items()}
    for name, curve in placed.items():
        fcurve = fcurves.add_curve(holder, fcurves.value_path(name))
        fcurves.replace_keys(fcurve, curve, *made.heard)
    joints.rest_others(holder, record, take, placed)
    joints.ease(holder, record, *touched)
    _set_ranges(key, holder, record, list(placed))
    carried = {called[name]: _numbers(part, line) for name, part in layered.carried.items()}
    written.store(key, take, names, placed, carried)
    notes += tidy(obj, holder, record, before)
    return sum(len(curve.frames) for curve in placed.values()), notes


def _set_ranges(
    key: bpy.types.Key, holder: fcurves.Holder, record: Record, names: list[str]
) -> None:
    """Widen the sliders of shape keys to what their curves reach."""
    for name in names:
        fcurve = holder.fcurves.find(fcurves.value_path(name))
        shape_keys.set_range(key.key_blocks[name], *fcurves.height(fcurve), record)


def _numbers(difference: Floats, line: Line) -> Curve:
    """Return what is at some frames of a line, and nothing at others, to be kept."""
    frames = np.flatnonzero(difference)
    return Curve.smooth(frames + line.first, difference[frames], np.zeros(len(frames)))


def _say_who_gives_way(record: Record, take: str, made: Take) -> list[str]:
    """Return a sentence for each line that loses frames to a take."""
    first, last = made.heard
    spans: dict[str, list[str]] = {}
    for other in record.others_heard(take, first, last):
        start, end = record.takes[other].heard
        span = f"{max(first, start)} to {min(last, end)}"
        spans.setdefault(record.name_of(other), []).append(span)
    return [f"'{name}' gave way in frames {' and '.join(lost)}." for name, lost in spans.items()]


def tidy(
    obj: bpy.types.Object, holder: fcurves.Holder | None, record: Record, shapes: list[str]
) -> list[str]:
    """Store a record, and take off what no take of it uses any more.

    Args:
        obj: mesh object.
        holder: what has its curves.
        record: the takes there are now.
        shapes: names of the shapes that takes used before.

    Returns:
        Sentences on what stays, and why.
    """
    key = obj.data.shape_keys
    unused = [name for name in shapes if name not in record.shapes]
    if holder is not None:
        for fcurve in list(joints.curves_of(holder, shapes)):
            if not len(fcurve.keyframe_points):
                holder.fcurves.remove(fcurve)
    written.keep_only(key, list(record.takes))
    notes = shape_keys.remove_shapes(obj, unused)
    for kept in (record.prints, record.ranges):
        for name in set(kept).difference(record.shapes):
            del kept[name]
    ownership.write(key, record)
    return notes


def _new_record(obj: bpy.types.Object) -> Record:
    """Return a record for a mesh without bakes, having made its reference key if it had none."""
    mesh = obj.data
    record = Record(made_reference=mesh.shape_keys is None)
    if mesh.shape_keys is None:
        obj.shape_key_add(name="Basis", from_mix=False)
    record.made_animation = mesh.shape_keys.animation_data is None
    return record


def _take(motion: Motion, line: Line, names: list[str]) -> Take:
    last = line.first + motion.frames - 1
    ease = max(1, round(_EASE_SECONDS * motion.fps))
    return Take(
        line.first, last, names, start=line.first, end=last, ease=ease, wishes=list(motion.names)
    )


def _make_way(
    key: bpy.types.Key,
    holder: fcurves.Holder,
    record: Record,
    take: str,
    made: Take,
    *,
    eased: bool,
) -> tuple[int, int]:
    """Put a take into a record, and take away the keys of its earlier self and under it.

    Returns:
        The first and last scene frame of both.
    """
    first, last = made.heard
    old = record.takes.get(take, made)
    if take in record.takes:
        joints.remove(holder, record, take, eased=eased)
    joints.cut_others(holder, record, take, first, last)
    for whole, part in record.give_way(take, first, last):
        written.copy(key, whole, part)
    record.takes[take] = made
    return min(first, old.heard[0]), max(last, old.heard[1])
