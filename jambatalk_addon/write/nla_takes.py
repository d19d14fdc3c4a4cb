"""The takes of a line as strips in the NLA: a track each, all muted but those that are shown.

What the line moves keeps its action, which bakes and controls write, but with no influence: below
it lies a copy of it for each take, in tracks on top of the artist's own, which are left alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from math import ceil, floor
from typing import NamedTuple

import bpy

from ..bones.takes import keeper_of
from . import companions, fcurves, head, nla, ownership
from .nla import TAKE


class Laid(NamedTuple):
    """A take that lies in the NLA of something.

    Attributes:
        track: it alone is in.
        strip: that plays it.
        take: id of the line.
        called: what the performance is called.
        influence: that the action had before.
        print: digest of the keys as they were laid.
    """

    track: bpy.types.NlaTrack
    strip: bpy.types.NlaStrip
    take: str
    called: str
    influence: float
    print: str


def line_in_nla(obj: bpy.types.Object, takes: Mapping[str, ownership.Take]) -> str | None:
    """Return the id of the line of an object whose takes lie in the NLA, or None."""
    return next((take for take in takes if any(_laid(obj, take))), None)


def lay(obj: bpy.types.Object, take: str, called: str, title: str) -> None:
    """Lay what a line does now as a take of it, on top of the tracks there are.

    Args:
        obj: what speaks.
        take: id of the line.
        called: what the performance is called.
        title: of track and strip.
    """
    for animated in _moved_by(obj, take):
        _lay(animated, take, called, title)


def show(obj: bpy.types.Object, take: str, shares: Mapping[str, float]) -> None:
    """Have the NLA show some takes of a line that lie in it, mixed by their shares."""
    for animated in _moved_by(obj, take):
        above = False
        for one in _laid_on(animated, take):
            share = shares.get(one.called, 0.0)
            one.track.mute = not share
            if share:
                _mix_in(one.strip, share if above else 1.0)
                above = True
        animated.update_tag()


def _mix_in(strip: bpy.types.NlaStrip, share: float) -> None:
    """Give a strip so much influence on what is below it, unless the artist has keyed that."""
    curve = strip.fcurves.find("influence")
    if curve is not None and len(curve.keyframe_points) > 1:
        return
    strip.use_animated_influence = share < 1.0
    if share < 1.0:  # has a curve of one key now
        curve = strip.fcurves.find("influence")
        curve.keyframe_points[0].co.y = share
        curve.update()


def take_back(obj: bpy.types.Object, take: str) -> list[str]:
    """Take the takes of a line out of the NLA; its action plays again as it did.

    Returns:
        Sentences on takes that the artist changed there.
    """
    notes = []
    for animated in _moved_by(obj, take):
        for one in list(_laid_on(animated, take)):
            animated.animation_data.action_influence = one.influence
            notes += _remove(animated.animation_data, one)
        animated.update_tag()
    return notes


def _moved_by(obj: bpy.types.Object, take: str) -> Iterator[bpy.types.ID]:
    """Yield what has an action with keys of a line: shape keys or a rig, and what moves along."""
    found = [keeper_of(obj, take)]
    found += [each.data.shape_keys for each, _ in companions.with_takes(obj, [take])]
    found += [target.find() for target in head.turned_by(take).values()]
    for animated in dict.fromkeys(filter(None, found)):
        if animated.animation_data is not None and animated.animation_data.action is not None:
            yield animated


def _laid(obj: bpy.types.Object, take: str) -> Iterator[Laid]:
    return (one for animated in _moved_by(obj, take) for one in _laid_on(animated, take))


def _laid_on(animated: bpy.types.ID, take: str) -> Iterator[Laid]:
    """Yield the takes of a line in the NLA of something, from the lowest track up."""
    for track in animated.animation_data.nla_tracks:
        for strip in track.strips:
            told = json.loads(strip.action.get(TAKE, "{}")) if strip.action else {}
            if told.get("take") == take:
                yield Laid(track, strip, **told)


def _lay(animated: bpy.types.ID, take: str, called: str, title: str) -> None:
    """Lay a copy of the action of something as a strip on a track of its own."""
    data = animated.animation_data
    influence = next((one.influence for one in _laid_on(animated, take)), data.action_influence)
    copied = data.action.copy()
    ownership.unmark(copied)
    copied.name = title
    first, last = copied.curve_frame_range
    copied.use_frame_range = True
    copied.frame_start, copied.frame_end = floor(first), ceil(last)
    track = data.nla_tracks.new()
    strip = track.strips.new(title, floor(first), copied)
    if getattr(data, "action_slot", None) is not None:
        strip.action_slot = copied.slots[data.action_slot.identifier]
    track.name = strip.name = title
    strip.blend_type, strip.extrapolation = data.action_blend_type, data.action_extrapolation
    told = {"take": take, "called": called, "influence": influence, "print": _print_of(strip)}
    copied[TAKE] = json.dumps(told)
    data.action_influence = 0.0


def _remove(data: bpy.types.AnimData, one: Laid) -> list[str]:
    """Remove a take from the NLA, and its action unless the artist changed or uses it."""
    action, changed = one.strip.action, _print_of(one.strip) != one.print
    if len(one.track.strips) > 1:
        one.track.strips.remove(one.strip)
    else:
        data.nla_tracks.remove(one.track)
    if not (changed or action.users):
        bpy.data.actions.remove(action)
        return []
    del action[TAKE]
    action.use_fake_user = True
    return [f"What you changed is kept in the action '{action.name}'."] if changed else []


def _print_of(strip: bpy.types.NlaStrip) -> str:
    """Return a digest of the keys that a strip plays."""
    digest = sha256()
    for curve in nla.played_curves(strip):
        digest.update(f"{curve.data_path} {curve.array_index}".encode())
        for values in fcurves.read_points(curve).values():
            digest.update(values.tobytes())
    return digest.hexdigest()[:16]
