"""What the artist changed on the curves of a rig's take, and how it goes on top of the next bake.

A change is kept as a curve of its own: what is there less what was written. Of a cubic less a cubic
that is exact with keys where either has them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

import bpy
import numpy as np
from numpy.typing import NDArray

from ...model_core.base.arrays import Floats
from ...model_core.motion.curves import Curve
from ...model_core.motion.mapped import with_keys_at
from . import fcurves, written
from .bone_record import BoneRecord
from .edits import has_keys_of, part_of
from .rig_channels import Written
from .wording import listed

_SAME = 2e-5
_STEP = 0.01  # frames beside a key at which slopes are read
_BEZIER = "BEZIER"


@dataclass(frozen=True)
class RigEdits:
    """The artist's changes to one take.

    Attributes:
        added: what was added to each number, 0 at its ends, in scene frames.
        deleted: numbers whose curves were deleted.
        origin: scene frame of the start of the sound then.
        known: whether it is known what was written.
    """

    added: Mapping[str, Curve] = field(default_factory=dict)
    deleted: tuple[str, ...] = ()
    origin: int = 0
    known: bool = True

    def __bool__(self) -> bool:
        return bool(self.added or self.deleted)

    def moved(self, origin: int) -> RigEdits:
        """Return the changes where the sound starts at another frame now."""
        by = origin - self.origin
        added = {name: curve.moved(by) for name, curve in self.added.items()}
        return replace(self, added=added, origin=origin)

    def within(self, first: int, last: int) -> RigEdits:
        """Return what of the changes is in some frames."""
        parts = {name: _cut(curve, first, last) for name, curve in self.added.items()}
        added = {name: curve for name, curve in parts.items() if curve is not None}
        return replace(self, added=added)

    def fits(self, names: Collection[str], first: int, last: int) -> bool:
        """Return whether all of the changes can stay on curves of some names and frames."""
        inside = all(
            np.abs(curve.at(np.setdiff1d(curve.frames, np.arange(first, last + 1)))).max(
                initial=0.0
            )
            <= _SAME
            for curve in self.added.values()
        )
        return self.known and inside and set(self.added) <= set(names)

    def told(self) -> list[str]:
        """Return sentences on what was kept."""
        kept = _bones_of(name for name in self.added if name not in self.deleted)
        notes = [f"Your changes to the curves of {listed(kept)} are kept on top."] if kept else []
        gone = _bones_of(self.deleted)
        return notes + ([f"Left out, as you deleted their curves: {listed(gone)}."] if gone else [])


def number_name(path: str, index: int) -> str:
    """Return what one number of a channel is called."""
    return f"{path}[{index}]"


def index_of(name: str) -> int:
    """Return which number of its channel one is."""
    return int(name[name.rindex("[") + 1 : -1])


def path_of(name: str) -> str:
    """Return the data path of the channel of a number."""
    return name[: name.rindex("[")]


def find(owner: bpy.types.ID, record: BoneRecord, take: str) -> RigEdits:
    """Return what the artist changed on a take.

    Args:
        owner: what is animated.
        record: what of it is ours.
        take: id; one that is not in the record has no changes.
    """
    made, holder = record.takes.get(take), fcurves.find_holder(owner)
    if made is None or holder is None:
        return RigEdits()
    wrote = written.load(owner, take, made.shapes)
    if wrote is None or not made.shapes:
        return RigEdits(origin=made.origin, known=False)
    frames = record.spans.get(take, [])
    found = {name: holder.fcurves.find(path_of(name), index=index_of(name)) for name in wrote}
    keyed = {name for name, curve in found.items() if curve and _is_keyed(curve, frames)}
    if not keyed:
        return RigEdits(origin=made.origin)  # they are in another action, or all taken off
    carried = written.load_carried(owner, take, made.shapes)
    pieces = {
        name: [*_differences(found[name], wrote[name], frames), *_of(carried, name)]
        for name in keyed
    }
    added = {name: _sum(curves) for name, curves in pieces.items() if curves}
    added = {name: curve for name, curve in added.items() if np.abs(_heights(curve)).max() > _SAME}
    deleted = dict.fromkeys([*made.left_out, *(name for name in wrote if name not in keyed)])
    return RigEdits(added, tuple(deleted), made.origin)


def lay(made: Written, edits: RigEdits) -> tuple[Written, dict[str, Curve]]:
    """Return curves with changes on top, and what of the changes is in them."""
    laid: Written = []
    for channel, numbers in made:
        kept = {
            name: _sum([curve, *_of(edits.added, name)], curve)
            for name, curve in numbers.items()
            if name not in edits.deleted
        }
        if kept:
            laid.append((channel, kept))
    names = {name for _, numbers in laid for name in numbers}
    return laid, {name: curve for name, curve in edits.added.items() if name in names}


def _differences(fcurve: bpy.types.FCurve, wrote: Curve, frames: list[list[int]]) -> list[Curve]:
    """Return what was added to a curve in each stretch of frames in which it was changed."""
    found = []
    for first, last in frames:
        expected = part_of(wrote, first, last)
        if not has_keys_of(fcurve, expected, (first, last)):
            found.append(_bounded(_difference(fcurve, expected, first, last)))
    return found


def _difference(fcurve: bpy.types.FCurve, wrote: Curve, first: int, last: int) -> Curve:
    """Return what an f-curve is beyond what was written."""
    there = fcurves.key_frames(fcurve)
    own = np.round(there[(there >= first) & (there <= last)]).astype(np.int64)
    smooth = all(key.interpolation == _BEZIER for key in fcurve.keyframe_points)
    every = np.arange(first, last + 1)
    at = np.union1d(wrote.frames, own) if smooth else every
    step = _STEP if smooth else 1.0
    here, before, after = (_sampled(fcurve, at + by, first, last) for by in (0, -step, step))
    whole = with_keys_at(wrote, at)
    arriving = (here - before) / step - whole.arriving
    leaving = (after - here) / step - whole.leaving
    return Curve(at, here - whole.values, arriving, leaving)


def _sampled(fcurve: bpy.types.FCurve, at: NDArray, first: int, last: int) -> Floats:
    return fcurves.sample(fcurve, np.clip(at, first, last))


def _bounded(curve: Curve) -> Curve:
    """Return a curve with a key at 0 right before its first and right after its last."""
    frames = np.concatenate([[curve.frames[0] - 1], curve.frames, [curve.frames[-1] + 1]])
    numbers = (curve.values, curve.arriving, curve.leaving)
    return Curve(frames, *(np.concatenate([[0.0], each, [0.0]]) for each in numbers))


def _cut(curve: Curve, first: int, last: int) -> Curve | None:
    """Return the part of a change that is in some frames, 0 at its ends; None if there is none."""
    inside = (curve.frames >= first) & (curve.frames <= last)
    if not inside.any():
        return None
    numbers = (curve.values, curve.arriving, curve.leaving)
    return _bounded(Curve(curve.frames[inside], *(each[inside] for each in numbers)))


def _sum(curves: list[Curve], within: Curve | None = None) -> Curve:
    """Return the sum of curves, in the frames that one of them has if it is named."""
    if len(curves) == 1:
        return curves[0]
    frames = np.unique(np.concatenate([curve.frames for curve in curves]))
    if within is not None:
        frames = frames[(frames >= within.frames[0]) & (frames <= within.frames[-1])]
    whole = [with_keys_at(curve, frames) for curve in curves]
    parts = ("values", "arriving", "leaving")
    return Curve(frames, *(sum(getattr(each, part) for each in whole) for part in parts))


def _heights(curve: Curve) -> Floats:
    return curve.at(np.arange(curve.frames[0], curve.frames[-1] + 1))


def _of(curves: Mapping[str, Curve], name: str) -> list[Curve]:
    return [curves[name]] if name in curves else []


def _is_keyed(fcurve: bpy.types.FCurve, frames: list[list[int]]) -> bool:
    return any(fcurves.has_keys(fcurve, first, last) for first, last in frames)


def _bones_of(names: Iterable[str]) -> list[str]:
    """Return the bones or properties that numbers are of, each once."""
    called = (path_of(name).split('["') for name in names)
    return list(dict.fromkeys(parts[1].split('"]')[0] for parts in called if len(parts) > 1))
