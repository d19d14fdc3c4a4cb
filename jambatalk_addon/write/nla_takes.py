"""The takes of a line as strips in the NLA: a track each, all muted but those that are shown.

What the line moves keeps its action, which bakes and controls write, but with no influence: below
it lies a copy of it for each take, in tracks on top of the artist's own, which are left alone.
Strips are found by a mark on their actions, whether or not the line is still there.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import sha256
from math import ceil, floor
from typing import NamedTuple

import bpy

from ..bones.rigs import baked_rigs
from ..bones.takes import keeper_of
from . import bone_record, companions, fcurves, head, nla, ownership
from .nla import TAKE

_HAD = "jambatalk_influence"
"""Custom property of what takes lie on: the influence that its action had before."""


class Laid(NamedTuple):
    """A take that lies in the NLA of something.

    Attributes:
        track: it alone is in.
        strip: that plays it.
        take: id of the line.
        called: what the performance is called.
        print: digest of the keys as they were laid.
        speaks: it lies on what the line itself is on, not on what moves or turns along.
    """

    track: bpy.types.NlaTrack
    strip: bpy.types.NlaStrip
    take: str
    called: str
    print: str
    speaks: bool


def lines_on(obj: bpy.types.Object) -> list[str]:
    """Return the ids of the lines of an object whose takes lie in the NLA."""
    laid = (one for each in _speaking(obj) for one in _laid_on(each) if one.speaks)
    return list(dict.fromkeys(one.take for one in laid))


def lay(obj: bpy.types.Object, take: str, called: str, title: str) -> None:
    """Lay what a line does now as a take of it, on top of the tracks there are.

    Args:
        obj: what speaks.
        take: id of the line.
        called: what the performance is called.
        title: of track and strip.
    """
    keeper = keeper_of(obj, take)
    for animated in _moved_by(obj, take):
        told = {"take": take, "called": called, "speaks": animated == keeper}
        _lay(animated, told, title)


def show(obj: bpy.types.Object, take: str, shares: Mapping[str, float]) -> None:
    """Have the NLA show some takes of a line that lie in it, mixed by their shares.

    If one of them does not lie there, the action plays again, which has what the line shows.
    """
    for animated in _with_strips(obj, take):
        laid = list(_laid_on(animated, take))
        wanted = {called for called, share in shares.items() if share}
        there = wanted <= {one.called for one in laid}
        had = animated.get(_HAD, 1.0)
        animated.animation_data.action_influence = 0.0 if there else had
        _mix(laid, shares if there else {})
        animated.update_tag()
    _give_back_all()


def _mix(laid: Iterable[Laid], shares: Mapping[str, float]) -> None:
    """Have takes play by their shares, given from the lowest track up; mute the others."""
    above = False
    for one in laid:
        share = shares.get(one.called, 0.0)
        one.track.mute = not share
        if share:
            fades = above or one.strip.blend_type != "REPLACE"
            _mix_in(one.strip, share if fades else 1.0)
            above = True


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


def take_back(obj: bpy.types.Object, take: str, called: str | None = None) -> list[str]:
    """Take a take of a line, or all of them, out of the NLA; with the last its action plays again.

    Returns:
        Sentences on takes that the artist changed there.
    """
    found = _with_strips(obj, take)
    notes = [note for each in found for note in _take_out(each, take, called)]
    _give_back_all()
    return notes


def settle(obj: bpy.types.Object, takes: Mapping[str, ownership.Take]) -> list[str]:
    """Take out of the NLA what no line of an object moves any more; to be called after a bake.

    Args:
        obj: what speaks.
        takes: its lines, by id.

    Returns:
        Sentences on what went.
    """
    notes = []
    for take in lines_on(obj):
        if take not in takes:
            notes += ["The takes of a line that is no longer there are out of the NLA."]
        moved = list(_of_line(obj, take)) if take in takes else []
        idle = [each for each in _with_strips(obj, take) if each not in moved]
        notes += [note for each in idle for note in _take_out(each, take)]
    _give_back_all()
    return notes


def _take_out(animated: bpy.types.ID, take: str, called: str | None = None) -> list[str]:
    """Take a take of a line, or all of them, out of the NLA of something; return notes."""
    wanted = [one for one in _laid_on(animated, take) if called in {None, one.called}]
    return [note for one in wanted for note in _remove(animated.animation_data, one)]


def _give_back_all() -> None:
    """Have actions play as they did where no takes lie any more, whoever took them out."""
    for animated in _animated():
        if _HAD in animated and not any(_laid_on(animated)):
            animated.animation_data.action_influence = animated[_HAD]
            del animated[_HAD]
            animated.update_tag()


def _animated() -> Iterator[bpy.types.ID]:
    """Yield what takes may lie on and is this file's own."""
    data = bpy.data
    for blocks in (data.shape_keys, data.objects, data.armatures, data.meshes):
        local = (each for each in blocks if each.library is None)
        yield from (each for each in local if each.animation_data is not None)


def _with_strips(obj: bpy.types.Object, take: str) -> list[bpy.types.ID]:
    """Return what takes of a line lie on, but not copies of the object that say the line too."""
    found = [each for each in _animated() if any(_laid_on(each, take))]
    own = list(_speaking(obj))
    if set(found) - set(own):
        own += [each.data.shape_keys for each in companions.companions_of(obj)]
    return [each for each in found if each in own or take not in _lines_of(each)]


def _speaking(obj: bpy.types.Object) -> Iterator[bpy.types.ID]:
    """Yield what may have lines of an object and is animated: shape keys or a rig."""
    own = [getattr(obj.data, "shape_keys", None), obj, obj.data, *baked_rigs(obj)]
    for each in dict.fromkeys(filter(None, own)):
        if getattr(each, "animation_data", None) is not None:
            yield each


def _lines_of(animated: bpy.types.ID) -> Collection[str]:
    """Return the ids of the lines that something has."""
    is_key = isinstance(animated, bpy.types.Key)
    record = ownership.read_key(animated) if is_key else bone_record.read(animated)
    return record.takes if record is not None else ()


def _of_line(obj: bpy.types.Object, take: str) -> Iterator[bpy.types.ID]:
    """Yield what a line moves: shape keys or a rig, and what moves along or turns."""
    found = [keeper_of(obj, take)]
    found += [each.data.shape_keys for each, _ in companions.with_takes(obj, [take])]
    found += [target.find() for target in head.turned_by(take).values()]
    yield from dict.fromkeys(filter(None, found))


def _moved_by(obj: bpy.types.Object, take: str) -> Iterator[bpy.types.ID]:
    """Yield what has an action with keys of a line."""
    for animated in _of_line(obj, take):
        if animated.animation_data is not None and animated.animation_data.action is not None:
            yield animated


def _laid_on(animated: bpy.types.ID, take: str | None = None) -> Iterator[Laid]:
    """Yield the takes in the NLA of something, of a line or of any, from the lowest track up."""
    for track in animated.animation_data.nla_tracks:
        for strip in track.strips:
            told = nla.told_of(strip)
            if told and take in {None, told["take"]}:
                yield Laid(track, strip, **told)


def _lay(animated: bpy.types.ID, told: dict[str, object], title: str) -> None:
    """Lay a copy of the action of something as a strip on a track of its own.

    It reaches over all of the scene: the action may have more in it than the line.
    """
    data, scene = animated.animation_data, bpy.context.scene
    if _HAD not in animated:
        animated[_HAD] = data.action_influence
    copied = data.action.copy()
    ownership.unmark(copied)
    copied.name = title
    first, last = copied.curve_frame_range
    first, last = min(floor(first), scene.frame_start), max(ceil(last), scene.frame_end)
    copied.use_frame_range = True
    copied.frame_start, copied.frame_end = first, last
    track = data.nla_tracks.new()
    strip = track.strips.new(title, first, copied)
    if getattr(data, "action_slot", None) is not None:
        strip.action_slot = copied.slots[data.action_slot.identifier]
    track.name = strip.name = title
    strip.blend_type, strip.extrapolation = data.action_blend_type, data.action_extrapolation
    copied[TAKE] = json.dumps({**told, "print": _print_of(strip)})
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
