"""The exact but heavy way: one absolute shape key a frame, driven by the evaluation time."""

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray

from ...model_core.motion.motion import Motion
from . import fcurves, ownership
from .identity import Line
from .ownership import Record, Take
from .points import reference_points

EVAL_TIME = "eval_time"
_LINEAR = "LINEAR"


def write(obj: bpy.types.Object, motion: Motion, line: Line, take: str) -> int:
    """Write one key for each frame of a motion in the mesh's units; return the number of keys.

    The mesh has no shape keys but a reference: absolute ones would disable them.
    """
    reference = reference_points(obj)
    bare = obj.data.shape_keys is None
    if bare:
        obj.shape_key_add(name="Basis", from_mix=False)
    key = obj.data.shape_keys
    record = Record({}, bare, key.animation_data is None, absolute=True)
    key.use_relative = False
    flat_basis = motion.basis.reshape(len(motion.names), -1)
    shapes = [
        _add(obj, f"{line.name} {frame + 1:05d}", reference.ravel() + weights @ flat_basis)
        for frame, weights in enumerate(motion.weights)
    ]
    shapes.append(_add(obj, f"{line.name} rest", reference.ravel()))
    for block in key.key_blocks:
        block.interpolation = "KEY_LINEAR"
    first, last = line.first, line.first + motion.frames
    made = Take(first, last, [block.name for block in shapes], start=first, end=last - 1)
    record.takes[take] = line.describe(made)
    ownership.write(key, record)
    _animate(key, obj.name, np.arange(first, last + 1), [block.frame for block in shapes])
    return len(shapes)


def is_retimed(key: bpy.types.Key, record: Record) -> bool:
    """Return whether the artist has changed the curve of an exact bake."""
    holder = fcurves.find_holder(key)
    fcurve = holder.fcurves.find(EVAL_TIME) if holder is not None else None
    if fcurve is None or not record.absolute:
        return False
    made = next(iter(record.takes.values()))
    times = [key.key_blocks[name].frame for name in made.shapes if name in key.key_blocks]
    places = fcurves.read_keys(fcurve)["co"]
    if len(places) != len(times):
        return True
    return not np.allclose(places, np.column_stack([np.arange(len(times)) + made.first, times]))


def _add(obj: bpy.types.Object, name: str, flat: NDArray[np.float32]) -> bpy.types.ShapeKey:
    block = obj.shape_key_add(name=name, from_mix=False)
    block.points.foreach_set("co", flat)  # fifty times faster than by `data`
    return block


def _animate(key: bpy.types.Key, name: str, frames: NDArray, times: list[float]) -> None:
    """Key the evaluation time: the keys' real places, since a count of tens drifts over a clip."""
    holder = fcurves.ensure_holder(key, f"JambaTalk {name}")
    fcurve = fcurves.add_curve(holder, EVAL_TIME)
    keys = fcurve.keyframe_points
    keys.add(len(frames))
    keys.foreach_set("co", np.column_stack([frames, times]).astype(np.float32).ravel())
    linear = bpy.types.Keyframe.bl_rna.properties["interpolation"].enum_items[_LINEAR].value
    keys.foreach_set("interpolation", np.full(len(frames), linear, np.int32))
    fcurve.update()
