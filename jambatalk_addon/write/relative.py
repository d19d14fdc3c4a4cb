"""A motion as relative shape keys and light curves, beside the takes that are there already."""

from __future__ import annotations

import bpy
import numpy as np

from ...model_core.base.arrays import Floats
from ...model_core.motion.curves import Curve
from . import driven, fcurves, joints, nla, ownership, shape_keys, written
from .identity import Line
from .layers import Layered, NewBake
from .ownership import Record, Take

_EASE_SECONDS = 0.1


def write(obj: bpy.types.Object, new: NewBake, layered: Layered) -> tuple[int, list[str]]:
    """Write shape keys, unless the mesh's own are to move, and curves.

    Args:
        obj: mesh object.
        new: what is baked, where; one frame for each scene frame.
        layered: the curves, and what of the artist's is in them.

    Returns:
        How many keys the take has, and sentences on what happened to other takes.
    """
    record = ownership.read(obj.data) or _new_record(obj)
    key, line, take = obj.data.shape_keys, new.line, new.take
    called, notes = _shapes(obj, new, record, layered)
    holder = fcurves.ensure_holder(key, f"JambaTalk {obj.name}")
    made = line.describe(_take(new, called))
    made.left_out = layered.left_out
    names = made.shapes
    record.blend = record.blend or nla.lie_beside(key, list(map(fcurves.value_path, names)))
    before, notes = record.shapes, notes + _say_who_gives_way(record, take, made)
    touched = _make_way(key, holder, record, take, made, eased=layered.afresh)
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


def _shapes(
    obj: bpy.types.Object, new: NewBake, record: Record, layered: Layered
) -> tuple[dict[str, str], list[str]]:
    """Return what the keys of a bake are called by the model's names, and sentences on them.

    Of a mesh's own keys those that do not move stay as they are.
    """
    names = new.placed.names
    if new.own:
        moving = [name for name in names if name in layered.curves or name in layered.carried]
        notes = driven.take_up(obj.data.shape_keys, moving, record)
        return dict(zip(moving, moving, strict=True)), notes
    made = shape_keys.write_shapes(obj, names, new.placed.basis, record, new.take, new.line.name)
    return dict(zip(names, made, strict=True)), []


def _set_ranges(
    key: bpy.types.Key, holder: fcurves.Holder, record: Record, names: list[str]
) -> None:
    """Widen the sliders of shape keys that bakes made to what their curves reach."""
    for name in set(names).difference(record.driven):
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
    notes = shape_keys.remove_shapes(obj, [name for name in unused if name not in record.driven])
    driven.give_back(key, [name for name in record.driven if name not in record.shapes], record)
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


def _take(new: NewBake, called: dict[str, str]) -> Take:
    """Return a take whose shapes are called as given by the model's names."""
    first, last = new.heard
    ease = max(1, round(_EASE_SECONDS * new.motion.fps))
    names, wishes = list(called.values()), list(called)
    return Take(first, last, names, start=first, end=last, ease=ease, wishes=wishes)


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
