"""A line posed again while a slider is dragged: the keys it has get other values, at once.

Where that cannot be (the artist has changed a curve since, or a shape begins to move that has
none), the line is posed as `again.adjust` does it. That is done at the end anyway, so that what is
left after a drag is what one move of the slider would have left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

import bpy
import numpy as np

from ...model_core.base.arrays import Array, Floats
from ...model_core.motion.channels import weights_by_name
from ...model_core.motion.curves import Curve
from ...model_core.motion.motion import Motion
from ...model_core.motion.tongue import split_tongue
from ...model_core.performance.options import BakeOptions
from ...model_core.targets.preference import OWN_KEYS
from ...model_core.targets.registry import find_target
from ...model_core.targets.rig_target import RigTarget
from ..bones.takes import rig_of_take
from ..targets.target import geometry_of, map_of
from ..write import companions, ownership, raw, revalued
from ..write.ownership import Take
from ..write.revalued import Keyed
from ..write.shape_keys import SLIDER_LIMIT
from . import again

_MOVES = 2e-3  # of a weight: what has no curve as it moves nothing by a thousandth of a mm

Weights: TypeAlias = "Mapping[str, Array | Floats]"
"""(N,) by the names of shape keys."""


class _Last:
    """The mesh with keys of its own that was read last: reading one may take most of a second.

    What a drag shows may be of the mesh as it was; at its end the mesh is read anew.
    """

    mesh: tuple[object, ...] = ()
    target: RigTarget | None = None


def follow(obj: bpy.types.Object, take: str, chosen: BakeOptions) -> bool:
    """Give the keys of a take the values that options want; return whether that could be done."""
    if rig_of_take(obj, take) is not None:  # whose curves are few, and posed as quickly
        return False
    key, made = obj.data.shape_keys, ownership.takes_of(obj).get(take)
    kept = raw.load(key, take) if key is not None else None
    curves = revalued.keyed(key, take, made) if kept is not None and made is not None else None
    if kept is None or made is None or curves is None:
        return False
    frames = revalued.key_frames(curves)
    whole = again.shown(kept, made, chosen)
    posed = whole.posed(whole.weights[frames - made.heard[0]])
    weights = _weights(obj, posed, made, chosen)
    if not _is_moved_by(curves, weights):
        return False
    raw.set_options(key, take, again.adjusted(chosen))
    raw.set_rough(key, take, rough=True)
    changed = revalued.revalue(key, take, curves, weights, frames)
    aside = weights_by_name(split_tongue(whole)[1])
    return all(
        _move_along(companion, take, changed, aside)
        for companion, _ in companions.with_takes(obj, [take])
    )


def _weights(obj: bpy.types.Object, motion: Motion, made: Take, wanted: BakeOptions) -> Weights:
    """Return the weights of a motion by the names of the shape keys that do it."""
    if again.moved_by(obj, made) == OWN_KEYS:
        motion = own_target(obj, wanted).place(motion)
    else:
        motion, _ = split_tongue(motion)
    called = made.called
    return {
        called.get(name, name): column
        for name, column in zip(motion.names, motion.weights.T, strict=True)
        if name not in made.left_out
    }


def _is_moved_by(curves: Mapping[str, Keyed], weights: Weights) -> bool:
    """Return whether all that moves has a curve, and every curve something that moves it."""
    peaks = {name: np.abs(column).max(initial=0.0) for name, column in weights.items()}
    without = (peak for name, peak in peaks.items() if name not in curves)
    return (
        curves.keys() <= peaks.keys()
        and max(without, default=0.0) <= _MOVES
        and max(peaks.values(), default=0.0) <= SLIDER_LIMIT
    )


def own_target(obj: bpy.types.Object, wanted: BakeOptions) -> RigTarget:
    """Return what a mesh with keys of its own is spoken with; nothing of it is Blender's."""
    key = obj.data.shape_keys
    mesh = (obj.data.session_uid, len(key.key_blocks[0].points), *key.key_blocks.keys())
    if _Last.target is None or _Last.mesh != (mesh, wanted.shape_map):
        geometry = geometry_of(obj)
        geometry = replace(geometry, keys={name: geometry.keys[name] for name in geometry.keys})
        _Last.target = find_target(geometry, obj.name, OWN_KEYS, map_of(wanted))
        _Last.mesh = (mesh, wanted.shape_map)
    return _Last.target


def _move_along(
    obj: bpy.types.Object, take: str, changed: Mapping[str, Curve], tongue: Weights
) -> bool:
    """Give a companion's keys the values of the head's curves, or of the tongue's channels.

    Return whether that can be done.
    """
    key, made = obj.data.shape_keys, ownership.takes_of(obj)[take]
    curves = revalued.keyed(key, take, made)
    if curves is None or not curves.keys() <= changed.keys() | tongue.keys():
        return False
    frames = revalued.key_frames(curves)
    at = frames - made.heard[0]
    weights = {n: changed[n].at(frames) if n in changed else tongue[n][at] for n in curves}
    revalued.revalue(key, take, curves, weights, frames)
    return True
