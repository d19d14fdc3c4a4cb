"""The strips that play actions on shape keys below the one that is being edited."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import bpy

from ...model_core.base.errors import UserError
from .ownership import Take

TAKE = "jambatalk_take"
"""Custom property of the actions that `nla_takes` made: which take of which line it is, as JSON."""
_ADDING = {"ADD", "COMBINE"}
_MOVED = 1e-4


def strips_of(animated: bpy.types.ID) -> Iterator[bpy.types.NlaStrip]:
    """Yield the NLA strips of shape keys or a rig, from the lowest track up."""
    tracks = animated.animation_data.nla_tracks if animated.animation_data else ()
    return (strip for track in tracks for strip in track.strips)


def told_of(strip: bpy.types.NlaStrip) -> dict[str, Any]:
    """Return what is told of the take that a strip plays; nothing if it plays none."""
    told: dict[str, Any] = json.loads(strip.action.get(TAKE, "{}")) if strip.action else {}
    return told


def takes_notes(animated: bpy.types.ID, takes: Mapping[str, Take]) -> list[str]:
    """Return sentences on lines whose takes play in place of the action of shape keys or a rig.

    Args:
        animated: shape keys or a rig.
        takes: the lines on it, by id.
    """
    laid = dict.fromkeys(told.get("take", "") for told in map(told_of, strips_of(animated)))
    return [
        f"Takes of '{takes[take].name or take}' play from the NLA: press Update There, in its "
        "list of takes, to see changes."
        for take in laid
        if take in takes
    ]


def plays_action_of(strip: bpy.types.NlaStrip, key: bpy.types.Key) -> bool:
    """Return whether an NLA strip plays what shape keys have as their action (and slot)."""
    data = key.animation_data
    return strip.action == data.action and slot_handle(strip) == slot_handle(data)


def slot_handle(user: bpy.types.AnimData | bpy.types.NlaStrip) -> int:
    """Return which slot of its action something plays; before 4.4 there is but one."""
    return getattr(user, "action_slot_handle", 0)


@contextmanager
def hushed(every: Iterable[bpy.types.ID]) -> Iterator[None]:
    """Have the takes that lie in the NLA of some data-blocks not move them for a while."""
    animated = [each.animation_data for each in every if each.animation_data is not None]
    tracks = [track for data in animated for track in data.nla_tracks if not track.mute]
    playing = [t for t in tracks if any(s.action and TAKE in s.action for s in t.strips)]
    for track in playing:
        track.mute = True
    try:
        yield
    finally:
        for track in playing:
            track.mute = False


def tweak_problem(key: bpy.types.Key) -> str | None:
    """Return why shape keys in tweak mode cannot be baked to: their frames are a strip's own."""
    data = key.animation_data
    if data is None or not data.use_tweak_mode:
        return None
    return "Leave tweak mode (Tab in the Nonlinear Animation editor) on the shape keys first."


def check(key: bpy.types.Key, paths: list[str], first: int, last: int) -> None:
    """Refuse what cannot be baked beside the NLA strips of shape keys.

    Args:
        key: shape keys.
        paths: data paths of what is to be baked.
        first: first frame that is to be baked.
        last: last frame that is to be baked.

    Raises:
        UserError: a strip moves the same in these frames, or the action above it has curves of
            the artist's and would hide it.
    """
    below = _moving(key, paths)
    for strip in below:
        for curve in _curves(strip, paths):
            moved = [f for f in range(first, last + 1) if abs(_value(strip, curve, f)) > _MOVED]
            if moved:
                raise UserError(
                    f"The NLA strip '{strip.name}' moves the same shape keys in frames {moved[0]} "
                    f"to {moved[-1]}; delete it or mute its track, then bake."
                )
    data = key.animation_data
    hides = below and data.action and data.action_blend_type not in _ADDING
    if hides and {curve.data_path for curve in played_curves(data)} - set(paths):
        raise UserError(
            f"The action '{data.action.name}' has curves of yours, and zeros baked into it "
            f"would hide the NLA strip '{below[0].name}'; push the action down, then bake."
        )


def lie_beside(key: bpy.types.Key, paths: list[str]) -> str:
    """Have the action of shape keys leave alone what NLA strips below it move in other frames.

    An action replaces what is below it in all frames, also where it only rests. One that has
    nothing but baked curves is added to it instead.

    Returns:
        The blending that the action had, or nothing if it stays.
    """
    data = key.animation_data
    if data.action_blend_type in _ADDING or not _moving(key, paths):
        return ""
    had, data.action_blend_type = data.action_blend_type, "ADD"
    return had


def _moving(key: bpy.types.Key, paths: list[str]) -> list[bpy.types.NlaStrip]:
    """Return the strips that are not muted and move something at some paths, but our own."""
    tracks = key.animation_data.nla_tracks if key.animation_data else ()
    strips = [s for track in tracks if not track.mute for s in track.strips]
    theirs = [s for s in strips if s.action and TAKE not in s.action and not s.mute]
    return [strip for strip in theirs if _curves(strip, paths)]


def _curves(strip: bpy.types.NlaStrip, paths: list[str]) -> list[bpy.types.FCurve]:
    """Return a strip's f-curves at some paths."""
    return [curve for curve in played_curves(strip) if curve.data_path in paths]


def played_curves(user: bpy.types.AnimData | bpy.types.NlaStrip) -> list[bpy.types.FCurve]:
    """Return the f-curves that something plays of its action."""
    action = user.action
    if not hasattr(action, "slots"):
        return list(action.fcurves)
    bags = [bag for layer in action.layers for strip in layer.strips for bag in strip.channelbags]
    return [c for bag in bags if bag.slot_handle == slot_handle(user) for c in bag.fcurves]


def _value(strip: bpy.types.NlaStrip, curve: bpy.types.FCurve, frame: float) -> float:
    """Return what a curve of a strip is at a scene frame; nothing where the strip has ended."""
    first, last = strip.frame_start, strip.frame_end
    held = strip.extrapolation == "HOLD" or (strip.extrapolation == "HOLD_FORWARD" and frame > last)
    if not first <= frame <= last and not held:
        return 0.0
    start, length = strip.action_frame_start, strip.action_frame_end - strip.action_frame_start
    played = (min(max(frame, first), last) - first) / strip.scale
    if strip.repeat > 1 and length:
        played %= length
    return curve.evaluate(start + (length - played if strip.use_reverse else played))
