"""Write a motion onto a mesh: shape keys, an action, curves; and take bakes off again."""

from __future__ import annotations

from dataclasses import dataclass, replace

import bpy
import numpy as np

from ...model_core.curves import Curve, reduce_curves
from ...model_core.errors import UserError
from ...model_core.face.rig import load_face_rig
from ...model_core.motion import Motion
from ..mesh.placement import find_placement
from . import absolute, fcurves, ownership, shape_keys
from .clear import clear, drop_take
from .ownership import Record, Take

_EASE_SECONDS = 0.1
_AT_REST = 1e-3


@dataclass(frozen=True)
class BakeReport:
    """What a bake made.

    Attributes:
        take: name of the sound.
        frames: number of scene frames.
        shapes: number of shapes that move.
        keys: number of keys on their curves.
        error_mm: farthest any vertex is from the model's motion at any frame.
    """

    take: str
    frames: int
    shapes: int
    keys: int
    error_mm: float


def write_motion(
    obj: bpy.types.Object,
    motion: Motion,
    take: str,
    first_frame: int,
    *,
    tolerance_mm: float,
    exact: bool = False,
) -> BakeReport:
    """Bake a motion that has one frame for each scene frame from ``first_frame`` on.

    A take of the same name is replaced; others keep the frames this one does not cover.

    Raises:
        UserError: an exact bake would need the artist's own shape keys to go.
    """
    if motion.frames == 0:
        raise UserError(f"'{take}' is too short for a single frame; choose a longer sound.")
    _check_fit(obj, motion, exact=exact)
    motion = _within_sliders(motion)
    placement = find_placement(load_face_rig().neutral, shape_keys.reference_points(obj))
    active = obj.active_shape_key_index
    _make_room(obj, exact=exact)
    placed = replace(motion, basis=placement.apply(motion.basis))
    if exact:
        keys = absolute.write(obj, placed, take, first_frame)
        report = BakeReport(take, motion.frames, motion.frames, keys, 0.0)
    else:
        curves, error = reduce_curves(motion, tolerance_mm)
        keys = _write_relative(obj, placed, take, first_frame, curves)
        report = BakeReport(take, motion.frames, len(curves), keys, error)
    obj.active_shape_key_index = active
    return report


def _within_sliders(motion: Motion) -> Motion:
    """Return the same motion with no weight beyond a slider's hard limit."""
    peaks = np.abs(motion.weights).max(axis=0, initial=0.0) / shape_keys.SLIDER_LIMIT
    scale = np.maximum(peaks, 1.0).astype(np.float32)
    return replace(
        motion, weights=motion.weights / scale, basis=motion.basis * scale[:, None, None]
    )


def _check_fit(obj: bpy.types.Object, motion: Motion, *, exact: bool) -> None:
    """Refuse, before anything is changed, what cannot be written onto a mesh."""
    if motion.vertices != len(obj.data.vertices):
        raise UserError(
            f"The model moves a mesh of {motion.vertices} vertices, and '{obj.name}' has "
            f"{len(obj.data.vertices)}; choose another model or mesh."
        )
    if exact and ownership.has_others(obj.data):
        raise UserError(
            f"An exact bake needs a mesh without other shape keys; '{obj.name}' has some. "
            "Bake as curves instead."
        )


def _make_room(obj: bpy.types.Object, *, exact: bool) -> None:
    """Take off earlier bakes if they or this one are exact: the two ways do not mix."""
    record = ownership.read(obj.data)
    if record is not None:
        fcurves.unshare(obj.data.shape_keys)
        if exact or record.absolute:
            clear(obj)


def _write_relative(
    obj: bpy.types.Object, motion: Motion, take: str, first_frame: int, curves: dict[str, Curve]
) -> int:
    """Write shape keys and curves, and return how many keys the curves have in all."""
    record = ownership.read(obj.data) or _new_record(obj)
    names = shape_keys.write_shapes(obj, motion.names, motion.basis, record, take)
    drop_take(obj, record, take, keep=names)
    key = obj.data.shape_keys
    ease = max(1, round(_EASE_SECONDS * motion.fps))
    before, after = _free_ease(record, take, first_frame, motion.frames, ease)
    made = Take(first_frame - before, first_frame + motion.frames - 1 + after, names)
    record.give_way(take, made.first, made.last)
    record.takes[take] = made
    ownership.write(key, record)
    holder = fcurves.ensure_holder(key, f"JambaTalk {obj.name}")
    moving = dict(zip(motion.names, names, strict=True))
    placed = {moving[name]: _with_rest(curve, first_frame, made) for name, curve in curves.items()}
    _rest_others(holder, record, placed, made)
    total = 0
    for name, curve in placed.items():
        fcurve = fcurves.add_curve(holder, fcurves.value_path(name))
        written = fcurves.replace_keys(fcurve, curve, made.first, made.last)
        shape_keys.set_range(key.key_blocks[name], written.low, written.high)
        total += len(curve.frames)
    return total


def _new_record(obj: bpy.types.Object) -> Record:
    """Return a record for a mesh without bakes, having made its reference key if it had none."""
    mesh = obj.data
    record = Record(made_reference=mesh.shape_keys is None)
    if mesh.shape_keys is None:
        obj.shape_key_add(name="Basis", from_mix=False)
    record.made_animation = mesh.shape_keys.animation_data is None
    return record


def _free_ease(record: Record, take: str, first: int, frames: int, ease: int) -> tuple[int, int]:
    """Return how many frames before and after a take may ease from and to rest.

    Up to ``ease``, fewer where another take ends or starts close by.
    """
    last = first + frames - 1
    others = [other for name, other in record.takes.items() if name != take]
    ends = [other.last for other in others if other.last < first]
    starts = [other.first for other in others if other.first > last]
    before = min([ease, *(first - 1 - end for end in ends)])
    after = min([ease, *(start - 1 - last for start in starts)])
    return before, after


def _with_rest(curve: Curve, first_frame: int, take: Take) -> Curve:
    """Return a curve on scene frames that rests at 0 at both ends of its take."""
    frames = curve.frames + first_frame
    values, slopes = curve.values, curve.slopes
    if abs(values[0]) > _AT_REST and take.first < frames[0]:
        frames, values, slopes = _join(([take.first], frames), ([0.0], values), ([0.0], slopes))
    if abs(values[-1]) > _AT_REST and take.last > frames[-1]:
        frames, values, slopes = _join((frames, [take.last]), (values, [0.0]), (slopes, [0.0]))
    return Curve(frames, values, slopes)


def _join(*pairs: tuple) -> tuple[np.ndarray, ...]:
    return tuple(np.concatenate(pair) for pair in pairs)


def _rest_others(
    holder: fcurves.Holder, record: Record, placed: dict[str, Curve], take: Take
) -> None:
    """Keep at rest, during this take, what other takes moved then and this one does not."""
    ends = np.unique([take.first, take.last])
    rest = Curve(ends, np.zeros(len(ends)), np.zeros(len(ends)))
    for name in record.shapes:
        fcurve = holder.fcurves.find(fcurves.value_path(name))
        if name not in placed and fcurve and fcurves.has_keys(fcurve, take.first, take.last):
            fcurves.replace_keys(fcurve, rest, take.first, take.last)
