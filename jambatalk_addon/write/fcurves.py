"""F-curves on a mesh's shape keys, in whichever way this Blender's actions hold them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import bpy
import numpy as np
from numpy.typing import NDArray

from ...model_core.motion.curves import Curve
from . import nla, ownership

GROUP = "JambaTalk"
_POINTS = {"co": 2, "handle_left": 2, "handle_right": 2}
_FLOATS = _POINTS | {"amplitude": 1, "back": 1, "period": 1}
_HALVINGS = 50
_SAME, _ROUNDING = 2e-5, 1e-5  # of a weight or a frame, and of how large it is
_SINGLE = 5e-7  # of a frame: what single precision may be off by, times four
_ENUMS = ("interpolation", "easing", "handle_left_type", "handle_right_type", "type")

Arrays = dict[str, NDArray]
Holder: TypeAlias = "bpy.types.Action | bpy.types.ActionChannelbag"
"""What has f-curves and groups: an action until 4.3, the channel bag of a slot in it since."""


def value_path(shape: str) -> str:
    """Return the data path of a shape key's value."""
    return f'key_blocks["{bpy.utils.escape_identifier(shape)}"].value'


def find_holder(animated: bpy.types.ID) -> Holder | None:
    """Return what has the f-curves that animate shape keys or a scene now, or None if nothing."""
    return _holder(animated, make=False)


def ensure_holder(animated: bpy.types.ID, action_name: str) -> Holder:
    """Return what has the f-curves of something, making data, action and slot as needed."""
    data = animated.animation_data or animated.animation_data_create()
    if data.action is None:
        data.action = bpy.data.actions.new(action_name)
        ownership.mark(data.action)
    return _holder(animated, make=True)


def unshare(key: bpy.types.Key) -> None:
    """Copy an action of ours that another mesh uses too, since its object was duplicated."""
    if not (is_shared(key) and ownership.is_marked(key.animation_data.action)):
        return
    data = key.animation_data
    slot = data.action_slot.identifier if getattr(data, "action_slot", None) else None
    data.action = data.action.copy()
    if slot is None:
        return
    data.action_slot = data.action.slots[slot]
    for other in list(data.action.slots):
        if other.identifier != slot:  # what else is animated stays where it was
            data.action.slots.remove(other)


def is_shared(key: bpy.types.Key) -> bool:
    """Return whether another mesh's shape keys use the same action (and slot), or a strip of it."""
    data = key.animation_data
    if data is None or data.action is None:
        return False
    return any(
        nla.plays_action_of(user, key)
        for other in bpy.data.shape_keys
        if other != key and other.animation_data is not None
        for user in (other.animation_data, *nla.strips_of(other))
    )


def _holder(animated: bpy.types.ID, make: bool) -> Holder | None:
    data = animated.animation_data
    action = data.action if data else None
    if action is None or not hasattr(action, "slots"):
        return action
    if data.action_slot is None:
        if not make:
            return None
        data.action_slot = action.slots.new(id_type=animated.id_type, name=animated.name)
    layers = action.layers
    layer = layers[0] if layers else layers.new("Layer") if make else None
    if layer is None:
        return None
    strip = layer.strips[0] if layer.strips else layer.strips.new(type="KEYFRAME") if make else None
    return strip.channelbag(data.action_slot, ensure=make) if strip else None


def add_curve(holder: Holder, path: str, index: int = 0) -> bpy.types.FCurve:
    """Return the f-curve of a number at a path, made in our group if there is none."""
    fcurve = holder.fcurves.find(path, index=index)
    if fcurve is None:
        fcurve = holder.fcurves.new(path, index=index)
        fcurve.group = holder.groups.get(GROUP) or holder.groups.new(GROUP)
    return fcurve


def remove_empty_group(holder: Holder) -> None:
    """Remove our group of f-curves if it has none left."""
    group = holder.groups.get(GROUP)
    if group is not None and not len(group.channels):
        holder.groups.remove(group)


def replace_keys(fcurve: bpy.types.FCurve, curve: Curve, first: int, last: int) -> None:
    """Put a curve's keys into an f-curve in place of those in first..last.

    Args:
        fcurve: what to change.
        curve: frames are scene frames.
        first: first scene frame whose keys go.
        last: last scene frame whose keys go.
    """
    old = read_keys(fcurve)
    frames = old["co"][:, 0]
    _merge(fcurve, old, (frames < first) | (frames > last), curve)


def add_rest(fcurve: bpy.types.FCurve, frame: int) -> None:
    """Add a flat key of value 0."""
    old = read_keys(fcurve)
    zero = np.zeros(1)
    _merge(fcurve, old, old["co"][:, 0] != frame, Curve.smooth(np.array([frame]), zero, zero))


def _merge(fcurve: bpy.types.FCurve, old: Arrays, kept: NDArray[np.bool_], curve: Curve) -> None:
    """Make an f-curve's keys those kept of its own and a curve's."""
    new = bezier_arrays(curve)
    merged = {name: np.concatenate([old[name][kept], new[name]]) for name in old}
    order = np.argsort(merged["co"][:, 0], kind="stable")
    _write(fcurve, {name: values[order] for name, values in merged.items()})


def drop_keys(fcurve: bpy.types.FCurve, first: int, last: int) -> None:
    """Remove the keys in first..last."""
    _keep_where(fcurve, lambda co: (co[:, 0] < first) | (co[:, 0] > last))


def drop_rests(fcurve: bpy.types.FCurve, first: int, last: int) -> None:
    """Remove the keys in first..last that are at 0."""
    _keep_where(fcurve, lambda co: (co[:, 0] < first) | (co[:, 0] > last) | (co[:, 1] != 0))


def _keep_where(
    fcurve: bpy.types.FCurve, test: Callable[[NDArray[np.float32]], NDArray[np.bool_]]
) -> None:
    """Remove the keys whose (N, 2) places do not pass a test."""
    old = read_keys(fcurve)
    kept = test(old["co"])
    if not kept.all():
        _write(fcurve, {name: values[kept] for name, values in old.items()})


def split_at(fcurve: bpy.types.FCurve, frame: int) -> None:
    """Key a frame between two keys so that the curve stays as it is at every frame."""
    keys = read_keys(fcurve)
    times = keys["co"][:, 0]
    right = int(np.searchsorted(times, frame))
    if right in {0, len(times)} or times[right] == frame:
        return
    way = fcurve.keyframe_points[right - 1].interpolation
    if way == "BEZIER":
        _write(fcurve, _divided(keys, right, frame))
        return
    simple = way in {"CONSTANT", "LINEAR"}
    frames = [frame] if simple else range(int(times[right - 1]) + 1, frame + 1)
    values = sample(fcurve, np.asarray(frames))
    for at, value in zip(frames, values, strict=True):
        fcurve.keyframe_points.insert(at, value, options={"FAST"})
    fcurve.update()


def _divided(keys: Arrays, right: int, frame: int) -> Arrays:
    """Return keys with one more at a frame left of one of them, on the Bezier curve (Casteljau)."""
    start, end = keys["co"][right - 1], keys["co"][right]
    out, back = keys["handle_right"][right - 1] - start, end - keys["handle_left"][right]
    room = (end - start)[0] / max(1e-9, abs(out[0]) + abs(back[0]))
    points = np.stack([start, start + out * min(1, room), end - back * min(1, room), end])
    points = points.astype(np.float64)
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if _casteljau(points, middle)[-1][0, 0] < frame else (low, middle)
        )
    _, pair, inner, at = _casteljau(points, low)
    new = {
        name: np.insert(values, right, values[right - 1], axis=0) for name, values in keys.items()
    }
    new["handle_right"][right - 1], new["handle_left"][right + 1] = pair[0], pair[2]
    new["handle_left"][right], new["handle_right"][right] = inner
    new["co"][right] = frame, at[0, 1]
    aligned = _choice("handle_left_type", "ALIGNED")
    for side, others in (("left", [right, right + 1]), ("right", [right - 1, right])):
        new[f"handle_{side}_type"][others] = aligned
    return new


def _casteljau(points: NDArray[np.float64], part: float) -> list[NDArray[np.float64]]:
    """Return a Bezier curve's points, and those of each step down to the one at a part of it."""
    steps = [points]
    while len(steps[-1]) > 1:
        steps.append(steps[-1][:-1] * (1 - part) + steps[-1][1:] * part)
    return steps


def _choice(name: str, item: str) -> int:
    """Return the number of an item of one of a key's choices."""
    return bpy.types.Keyframe.bl_rna.properties[name].enum_items[item].value


def sample(fcurve: bpy.types.FCurve, frames: NDArray) -> NDArray[np.float64]:
    """Return what an f-curve's keys say at frames, whatever its modifiers make of it."""
    playing = [modifier for modifier in fcurve.modifiers if not modifier.mute]
    for modifier in playing:
        modifier.mute = True
    values = np.array([fcurve.evaluate(frame) for frame in frames], np.float64)
    for modifier in playing:
        modifier.mute = False
    return values


def height(fcurve: bpy.types.FCurve) -> tuple[float, float]:
    """Return the lowest and highest a curve's keys and handles are, and 0."""
    keys = read_keys(fcurve)
    heights = np.concatenate([keys[n][:, 1] for n in ("co", "handle_left", "handle_right")])
    return float(heights.min(initial=0.0)), float(heights.max(initial=0.0))


def bezier_points(curve: Curve) -> Arrays:
    """Return where the Bezier keys of a Hermite spline are; handles reach a third of the way."""
    before = np.diff(curve.frames, prepend=curve.frames[0] - 1) / 3
    after = np.diff(curve.frames, append=curve.frames[-1] + 1) / 3
    return {
        "co": np.column_stack([curve.frames, curve.values]),
        "handle_left": np.column_stack(
            [curve.frames - before, curve.values - curve.arriving * before]
        ),
        "handle_right": np.column_stack(
            [curve.frames + after, curve.values + curve.leaving * after]
        ),
    }


def bezier_arrays(curve: Curve) -> Arrays:
    """Return a Hermite spline as Bezier keys, as `read_keys` has them."""
    return bezier_points(curve) | bezier_manners(curve)


def bezier_manners(curve: Curve) -> Arrays:
    """Return the numbers and choices of a spline's Bezier keys, beside where they are."""
    count, arrays = len(curve.frames), dict[str, NDArray]()
    properties = bpy.types.Keyframe.bl_rna.properties
    for name in ("amplitude", "back", "period"):
        arrays[name] = np.full(count, properties[name].default)
    for name in _ENUMS:
        value = "BEZIER" if name == "interpolation" else properties[name].default
        arrays[name] = np.full(count, _choice(name, value), np.int32)
    for name in ("handle_left_type", "handle_right_type"):
        kinds = _choice(name, "ALIGNED"), _choice(name, "FREE")
        arrays[name] = np.where(curve.arriving == curve.leaving, *kinds).astype(np.int32)
    return arrays


def are_points_of(curve: Curve, points: Arrays) -> bool:
    """Return whether Bezier keys and handles are where a spline has them, but for rounding.

    The outer handles of the first and last may differ: they lead to what is beside. Blender
    straightens handles in single precision: far along the timeline steep ones turn a little.
    """
    expected = bezier_points(curve)
    if len(points["co"]) != len(curve.frames):
        return False
    coarse = _SINGLE * np.abs(curve.frames)
    slopes = np.maximum(np.abs(curve.arriving), np.abs(curve.leaving))
    turned = np.column_stack([np.zeros(len(coarse)), slopes * coarse])
    inner = {"co": slice(None), "handle_left": slice(1, None), "handle_right": slice(None, -1)}
    return all(
        (
            np.abs(points[name] - expected[name])
            <= _SAME + _ROUNDING * np.abs(expected[name]) + turned
        )[part].all()
        for name, part in inner.items()
    )


def has_keys(fcurve: bpy.types.FCurve, first: int, last: int) -> bool:
    """Return whether an f-curve has keys in first..last."""
    frames = key_frames(fcurve)
    return bool(((frames >= first) & (frames <= last)).any())


def key_frames(fcurve: bpy.types.FCurve) -> NDArray[np.float32]:
    """Return the (N,) frames of an f-curve's keys."""
    places = np.empty(len(fcurve.keyframe_points) * 2, np.float32)
    fcurve.keyframe_points.foreach_get("co", places)
    return places[::2]


def read_keys(fcurve: bpy.types.FCurve) -> Arrays:
    """Return everything about keyframe points: (N, 2) positions, (N,) numbers and choices."""
    keys = fcurve.keyframe_points
    arrays = _read_floats(keys, _FLOATS)
    for name in _ENUMS:
        arrays[name] = np.empty(len(keys), np.int32)
        keys.foreach_get(name, arrays[name])
    return arrays


def read_points(fcurve: bpy.types.FCurve) -> Arrays:
    """Return where keyframe points and their handles are: (N, 2) each."""
    return _read_floats(fcurve.keyframe_points, _POINTS)


def _read_floats(keys: bpy.types.FCurveKeyframePoints, widths: Mapping[str, int]) -> Arrays:
    arrays: Arrays = {}
    for name, width in widths.items():
        flat = np.empty(len(keys) * width, np.float32)
        keys.foreach_get(name, flat)
        arrays[name] = flat.reshape(-1, width) if width > 1 else flat
    return arrays


def write_points(fcurve: bpy.types.FCurve, points: Arrays) -> None:
    """Move an f-curve's keys and handles; there are as many as before, in the same order."""
    for name, values in points.items():
        fcurve.keyframe_points.foreach_set(name, np.ascontiguousarray(values, np.float32).ravel())
    fcurve.update()


def _write(fcurve: bpy.types.FCurve, arrays: Arrays) -> None:
    """Make keyframe points what `read_keys` described."""
    keys = fcurve.keyframe_points
    keys.clear()
    keys.add(len(arrays["co"]))
    for name, values in arrays.items():
        kind = np.int32 if name in _ENUMS else np.float32
        keys.foreach_set(name, np.ascontiguousarray(values, kind).ravel())
    fcurve.update()
