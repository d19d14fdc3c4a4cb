"""What keeps a bake from showing as it was made, in the artist's own settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import bpy

from . import fcurves, joints, nla, ownership
from .wording import listed

_CLAMPED = 1e-3


def notes(obj: bpy.types.Object, coming: Iterable[str] = ()) -> list[str]:
    """Return sentences on what hides, changes or overrides baked curves on a mesh.

    Args:
        obj: mesh object.
        coming: names of keys of its own that are to be baked to.
    """
    key = obj.data.shape_keys
    if key is None:
        return []
    record = ownership.read(obj.data)
    shapes = list(dict.fromkeys([*(record.shapes if record is not None else []), *coming]))
    lock = ["Shape Key Lock is on: only the active key shows."] if obj.show_only_shape_key else []
    return [*lock, *_of_animation(key), *_of_keys(key, shapes), *_of_curves(key, shapes)]


def lock_problem(key: bpy.types.Key) -> str | None:
    """Return why baked curves must not be changed: the artist locked one."""
    record, holder = ownership.read_key(key), fcurves.find_holder(key)
    if record is None or holder is None:
        return None
    locked = [c.data_path for c in joints.curves_of(holder, record.shapes) if c.lock]
    named = [name for name in record.shapes if fcurves.value_path(name) in locked]
    return f"Unlock the curve of {listed(named)} in the Graph Editor first." if named else None


def _of_animation(key: bpy.types.Key) -> Iterator[str]:
    data = key.animation_data
    if data is None:
        return
    record = ownership.read_key(key)
    taken = nla.takes_notes(key, record.takes) if record is not None else []
    solo = [track.name for track in data.nla_tracks if track.is_solo]
    if solo:
        yield f"The NLA track '{solo[0]}' plays solo: the shape keys' action does not show."
    elif taken:
        yield from taken
    elif data.nla_tracks and data.action_influence < 1:
        yield f"The action's influence is {data.action_influence:.2f}: the motion is less by it."


def _of_keys(key: bpy.types.Key, shapes: list[str]) -> Iterator[str]:
    blocks = [key.key_blocks[name] for name in shapes if name in key.key_blocks]
    muted = [block.name for block in blocks if block.mute]
    if muted:
        yield f"Muted, so they do not show: {listed(muted)}."
    masked = [block.name for block in blocks if block.vertex_group]
    if masked:
        yield f"Vertex groups let only a part of these through: {listed(masked)}."
    drivers = {d.data_path for d in key.animation_data.drivers} if key.animation_data else set()
    driven = [block.name for block in blocks if fcurves.value_path(block.name) in drivers]
    if driven:
        yield f"Drivers override the baked curves of {listed(driven)}."


def _of_curves(key: bpy.types.Key, shapes: list[str]) -> Iterator[str]:
    holder = fcurves.find_holder(key)
    if holder is None:
        return
    found = {name: holder.fcurves.find(fcurves.value_path(name)) for name in shapes}
    present = (name for name in shapes if found[name] is not None and name in key.key_blocks)
    curves = {name: found[name] for name in present}
    muted = [name for name, curve in curves.items() if curve.mute]
    if muted:
        yield f"The curves of {listed(muted)} are muted."
    changed = [n for n, curve in curves.items() if any(not m.mute for m in curve.modifiers)]
    if changed:
        yield f"Modifiers in the Graph Editor change the curves of {listed(changed)}."
    clamped = [name for name, curve in curves.items() if _is_clamped(key.key_blocks[name], curve)]
    if clamped:
        yield f"The sliders of {listed(clamped)} end before their curves do, and cut them."


def _is_clamped(block: bpy.types.ShapeKey, curve: bpy.types.FCurve) -> bool:
    """Return whether a key's range is narrower than its curve."""
    values = fcurves.read_keys(curve)["co"][:, 1]
    low, high = values.min(initial=0.0), values.max(initial=0.0)
    return low < block.slider_min - _CLAMPED or high > block.slider_max + _CLAMPED
