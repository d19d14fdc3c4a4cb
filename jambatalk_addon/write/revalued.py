"""Other values for the keys that a take has, while a slider is dragged.

No key comes or goes and nothing is chosen anew, so it takes a fraction of the time of writing the
take. What is kept of what was written follows, so that the artist's changes can always be told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import bpy
import numpy as np
from numpy.typing import NDArray

from ...model_core.base.arrays import Array, Floats
from ...model_core.motion.curves import Curve
from . import fcurves, ownership, shape_keys, written
from .ownership import Record, Take


class Keyed(NamedTuple):
    """A curve of a take that is as it was written.

    Attributes:
        fcurve: what has its keys, and maybe others beside.
        points: of all of those.
        inside: which are the take's.
        curve: what was written, in scene frames.
        carried: what of the artist's is in it at each of its keys.
    """

    fcurve: bpy.types.FCurve
    points: fcurves.Arrays
    inside: slice
    curve: Curve
    carried: Floats


def keyed(key: bpy.types.Key, take: str, made: Take) -> dict[str, Keyed] | None:
    """Return the curves of a take by the names of their shapes.

    Returns:
        None if one is not as it was written, or the take has no curves: then writing it anew has
        to tell what the artist changed.
    """
    holder = fcurves.find_holder(key)
    wrote = written.load(key, take, made.shapes)
    if holder is None or not wrote:
        return None
    carried, found = written.load_carried(key, take, made.shapes), {}
    for name, curve in wrote.items():
        fcurve = holder.fcurves.find(fcurves.value_path(name))
        if fcurve is None or name not in key.key_blocks:
            return None
        points = fcurves.read_points(fcurve)
        times = points["co"][:, 0]
        inside = slice(*np.searchsorted(times, [made.heard[0] - 0.5, made.heard[1] + 0.5]))
        if not fcurves.are_points_of(curve, {part: all_[inside] for part, all_ in points.items()}):
            return None
        found[name] = Keyed(fcurve, points, inside, curve, _at_keys(carried.get(name), curve))
    return found


def _at_keys(carried: Curve | None, curve: Curve) -> Floats:
    """Return what of the artist's is at a curve's keys, of what is kept for some frames."""
    found = np.zeros(len(curve.frames))
    if carried is not None:
        _, mine, theirs = np.intersect1d(curve.frames, carried.frames, return_indices=True)
        found[mine] = carried.values[theirs]
    return found


def key_frames(curves: Mapping[str, Keyed]) -> NDArray[np.int64]:
    """Return the scene frames at which any of some curves has a key, rising."""
    return np.unique(np.concatenate([each.curve.frames for each in curves.values()]))


def revalue(
    key: bpy.types.Key,
    take: str,
    curves: Mapping[str, Keyed],
    weights: Mapping[str, Array | Floats],
    frames: NDArray[np.int64],
) -> dict[str, Curve]:
    """Give the keys of a take other values, with the artist's changes on top, and return them.

    Args:
        key: the shape keys.
        take: id of the take.
        curves: of the take.
        weights: (N,) by the names of shapes, for each of the curves.
        frames: (N,) scene frames, rising, every key's among them.
    """
    record = ownership.read_key(key)
    assert record is not None  # it has the take
    changed = {}
    for name, each in curves.items():
        there = np.searchsorted(frames, each.curve.frames)
        limit = shape_keys.SLIDER_LIMIT
        values = np.clip(weights[name][there] + each.carried, -limit, limit)
        values = values.astype(np.float32).astype(np.float64)  # as it is kept
        if np.array_equal(values, each.curve.values):
            changed[name] = each.curve
            continue
        changed[name] = each.curve.through(values)
        for part, moved in fcurves.bezier_points(changed[name]).items():
            each.points[part][each.inside] = moved
        fcurves.write_points(each.fcurve, each.points)
        if name not in record.driven:
            _widen(key.key_blocks[name], each.points, record)
    written.store_at_once(key, take, record.takes[take].shapes, changed)
    ownership.write(key, record)
    return changed


def _widen(block: bpy.types.ShapeKey, points: fcurves.Arrays, record: Record) -> None:
    """Have a slider of ours reach as far as its curve."""
    heights = np.concatenate([places[:, 1] for places in points.values()])
    low, high = float(heights.min()), float(heights.max())
    if low < block.slider_min or high > block.slider_max:
        shape_keys.set_range(block, min(low, 0.0), high, record)
