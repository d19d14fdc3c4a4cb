"""Speech as keys on an armature's bones, by the poses stored on it.

Poses stand at the frames at which our own face would need them, so that a tolerance in mm means
the same and closed lips stay closed whatever the armature's units are.
"""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np

from ...model_core.base.arrays import Floats
from ...model_core.base.errors import UserError
from ...model_core.motion.curves import Curve
from ...model_core.motion.motion import Motion
from ...model_core.motion.reduction import Reduction
from ...model_core.targets.bone_poses import BonePoses
from ...model_core.targets.dense import is_named, to_channels
from . import bone_record, fcurves, ownership, spans
from .bone_channels import BoneChannel, channels_of
from .bone_record import BoneRecord
from .identity import Line, claim_take
from .report import BakeReport

_EASE = 0.2  # s from and to rest, where no other line is
_PEAK_M = 0.01  # what the farthest of a kind of channel counts for


def problem(obj: bpy.types.Object, poses: BonePoses) -> str | None:
    """Return in one sentence why speech cannot be keyed on an armature's bones, or None."""
    if obj.library is not None:
        return f"'{obj.name}' is linked from another file; make a library override of it."
    data = obj.animation_data
    if data is not None and data.use_tweak_mode:
        return f"Leave tweak mode (Tab in the Nonlinear Animation editor) on '{obj.name}' first."
    if data is not None and data.action is not None and data.action.library is not None:
        return f"The action '{data.action.name}' is linked; make it local first."
    channels = list(channels_of(obj, poses))
    if not channels:
        return f"'{obj.name}' has none of the bones that its poses move; store them anew."
    record = bone_record.read(obj)
    ours = frozenset(record.paths) if record is not None else frozenset()
    return next(filter(None, (channel.problem(ours) for channel in channels)), None)


def write(
    obj: bpy.types.Object, poses: BonePoses, motion: Motion, line: Line, how: Reduction
) -> BakeReport:
    """Key a line on an armature's bones, in place of what it keyed before.

    Args:
        obj: the armature; it has no problem.
        poses: stored on it.
        motion: of our face, a frame for each scene frame from where the line is heard.
        line: what was said.
        how: at which frames poses are keyed.

    Raises:
        UserError: there is nothing to key; nothing is changed.
    """
    if motion.frames == 0:
        raise UserError(f"'{line.name}' is too short for a single frame; choose a longer sound.")
    named, told = (motion, "") if is_named(motion) else to_channels(motion)
    posed, notes = poses.weigh(named)
    line = line.renewed()
    known = bone_record.read(obj) or BoneRecord(made_animation=obj.animation_data is None)
    take = claim_take(known.known_lines(), line, motion.frames)
    kept, _ = _drop(obj, known, [take] if take in known.spans else [])
    posed, first = _eased(posed, line.first, [s for each in known.spans.values() for s in each])
    last = first + posed.frames - 1
    heard = line.first, line.first + motion.frames - 1
    curves, error = _curves(obj, poses, posed, how)
    _put(obj, known, curves, first, last)
    made = ownership.Take(first, last, [], start=heard[0], end=heard[1])
    known.takes[take], known.spans[take] = line.describe(made), [[first, last]]
    holder = fcurves.find_holder(obj)
    assert holder is not None  # it has just been written to
    known.prints[take] = spans.print_of(holder, known, take)
    bone_record.write(obj, known)
    bones = len({channel.bone for channel, _ in curves})
    keys = sum(len(curve.frames) for _, each in curves for curve in each)
    missing = [bone for bone in poses.bones if bone not in obj.pose.bones]
    gone = [f"'{obj.name}' no longer has {', '.join(missing)}, which its poses move."]
    sentences = (*filter(None, [told]), *notes, *kept, *(gone if missing else []))
    return BakeReport(line.name, motion.frames, bones, keys, error, sentences, moved="bones")


def clear(obj: bpy.types.Object) -> list[str]:
    """Remove what speech keyed on an armature's bones, and bring them to where they were.

    Returns:
        Sentences on what stays.
    """
    record = bone_record.read(obj)
    if record is None:
        return []
    notes, holder = _drop(obj, record, list(record.spans))
    spans.remove_empty(obj, holder, record)
    left = fcurves.find_holder(obj)
    keyed = {curve.data_path for curve in left.fcurves} if left is not None else set()
    for path, numbers in record.rests.items():
        if path not in keyed:
            _bring(obj, path, numbers)
    bone_record.write(obj, record)
    return notes


def _drop(
    obj: bpy.types.Object, record: BoneRecord, takes: list[str]
) -> tuple[list[str], fcurves.Holder | None]:
    """Remove the keys of takes, and what is remembered of them."""
    found = spans.drop(obj, f"the bones of '{obj.name}' move", record, takes)
    for take in takes:
        record.takes.pop(take, None)
    return found


def _bring(obj: bpy.types.Object, path: str, numbers: list[float]) -> None:
    """Set a channel, unless its bone is gone or turns in another way now."""
    try:
        now = obj.path_resolve(path)
    except ValueError:
        return
    if len(now) == len(numbers):
        now[:] = numbers


def _eased(posed: Motion, first: int, taken: list[list[int]]) -> tuple[Motion, int]:
    """Return a motion that comes from rest and goes there where frames are free, and its first."""
    last, wanted = first + posed.frames - 1, round(_EASE * posed.fps)
    ends = [first - end - 1 for _, end in taken if end < first]
    begins = [begin - last - 1 for begin, _ in taken if begin > last]
    before, after = min([wanted, *ends]), min([wanted, *begins])
    rise = [_ramp(before)[:, None] * posed.weights[0], posed.weights]
    weights = np.concatenate([*rise, _ramp(after)[::-1, None] * posed.weights[-1]])
    whole = replace(posed, weights=weights.astype(np.float32), head=None, eyes=None)
    return whole, first - before


def _ramp(frames: int) -> Floats:
    """Return (T,) a rise from 0 that is flat at both its ends."""
    at = np.arange(frames) / max(frames, 1)
    ramp: Floats = at * at * (3 - 2 * at)
    return ramp


def _curves(
    obj: bpy.types.Object, poses: BonePoses, posed: Motion, how: Reduction
) -> tuple[list[tuple[BoneChannel, list[Curve]]], float]:
    """Return a curve for each number of each channel, frames from 0, and the error in mm."""
    found, error = how.curves(posed)
    ends = {0, posed.frames - 1}
    at = tuple(sorted(ends.union(*(curve.frames.tolist() for curve in found.values()))))
    mixed = poses.mixed(posed.weights)
    channels = list(channels_of(obj, poses))
    away = [channel.numbers(*mixed) - channel.rest for channel in channels]
    kinds = {channel.kind for channel in channels}
    peaks = {
        kind: max(np.abs(a).max() for c, a in zip(channels, away, strict=True) if c.kind == kind)
        for kind in kinds
    }
    made = []
    for channel, values in zip(channels, away, strict=True):
        reach = _PEAK_M / max(peaks[channel.kind], 1e-9)
        curves = _through(values, reach, at)
        rests = zip(curves, channel.rest, strict=True)
        made.append((channel, [replace(c, values=c.values + rest) for c, rest in rests]))
    return made, error


def _through(values: Floats, reach: float, at: tuple[int, ...]) -> list[Curve]:
    """Return curves of numbers (T, C), keyed at given frames; a unit counts as `reach` metres."""
    count = values.shape[1]
    basis = np.zeros((count, count, 3), np.float32)  # each moves a point of its own
    basis[range(count), range(count), 0] = reach
    names = tuple(map(str, range(count)))
    motion = Motion(24.0, names, basis, values.astype(np.float32), "bones")
    found, _ = Reduction(at=at).curves(motion) if len(at) > 1 else ({}, 0.0)
    frames, still = np.array(at), np.zeros(len(at))
    return [
        found.get(name, Curve.smooth(frames, values[frames, column].astype(np.float64), still))
        for column, name in enumerate(names)
    ]


def _put(
    obj: bpy.types.Object,
    record: BoneRecord,
    curves: list[tuple[BoneChannel, list[Curve]]],
    first: int,
    last: int,
) -> None:
    """Put curves into an armature's action in place of all of ours in their frames."""
    for channel, _ in curves:
        record.rests.setdefault(channel.path, channel.value)
    holder = fcurves.ensure_holder(obj, f"JambaTalk {obj.name}")
    spans.give_way(holder, record, first, last)
    for channel, numbers in curves:
        for index, curve in enumerate(numbers):
            fcurve = fcurves.add_curve(holder, channel.path, index)
            fcurves.replace_keys(fcurve, curve.moved(first), first, last)
