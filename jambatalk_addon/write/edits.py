"""What the artist changed on the curves of a take since they were written, and how it is kept.

Curves are compared with what the take wrote. What was changed is kept as the difference at every
frame, which goes on top of the next bake of the same line.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import bpy
import numpy as np

from ...model_core.base.arrays import Floats
from ...model_core.motion.curves import Curve, reduce_curves
from ...model_core.motion.motion import Motion
from . import fcurves, ownership, prints, written
from .ownership import Record
from .shape_keys import SLIDER_LIMIT

_SAME = 2e-5  # of a weight
_NOTHING = 1e-6
_BEND = 1e-3
_OWN_SHARE = 0.5  # of the tolerance, for curves that carry edits


@dataclass
class Edits:
    """The artist's changes to one take.

    Attributes:
        first: scene frame of the first number of each difference.
        origin: scene frame of the start of the sound file then.
        known: whether it is known what was written (it is not, of bakes before 0.2).
        curves: what was added to each shape at each frame, by the model's name.
        deleted: the model's names of the shapes whose curves were deleted.
        retouched: the model's names of the shapes of which some keys differ, if not the curve.
        sculpted: names of the shape keys whose shape was changed.
    """

    first: int = 0
    origin: int = 0
    known: bool = True
    curves: dict[str, Floats] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    retouched: list[str] = field(default_factory=list)
    sculpted: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.curves or self.deleted or self.retouched or self.sculpted)


def find(key: bpy.types.Key, record: Record, take: str) -> Edits:
    """Return what the artist changed on a take.

    Args:
        key: shape keys.
        record: the takes, with renamed keys followed.
        take: id of one of them.
    """
    made, holder = record.takes[take], fcurves.find_holder(key)
    first, last = made.heard
    wrote = written.load(key, take, made.shapes)
    changed = [name for name in prints.sculpted(key, record) if name in made.shapes]
    edits = Edits(first, made.origin, wrote is not None, sculpted=changed)
    if wrote is None or holder is None or record.absolute:
        return edits
    found = {name: holder.fcurves.find(fcurves.value_path(name)) for name in made.shapes}
    if not any(curve and fcurves.has_keys(curve, first, last) for curve in found.values()):
        return edits  # they are in another action, or all taken off
    carried = written.load_carried(key, take, made.shapes)
    for wish, name in made.called.items():
        _compare(edits, wish, found[name], wrote.get(name), (first, last))
        if name in carried:
            _add(edits, wish, _spread(carried[name], first, last))
    edits.deleted = list(dict.fromkeys([*made.left_out, *edits.deleted]))
    return edits


def _compare(
    edits: Edits,
    wish: str,
    fcurve: bpy.types.FCurve | None,
    wrote: Curve | None,
    heard: tuple[int, int],
) -> None:
    """Note what differs between a curve and what was written."""
    frames = np.arange(heard[0], heard[1] + 1)
    expected = part_of(wrote, *heard) if wrote is not None else None
    moved = expected is not None and np.abs(expected.at(frames)).max() > _NOTHING
    if fcurve is None or not fcurves.has_keys(fcurve, *heard):
        edits.deleted += [wish] if moved else []
        return
    if expected is not None and has_keys_of(fcurve, expected, heard):
        return
    values = fcurves.sample(fcurve, frames)
    if expected is None and np.abs(values).max() <= _NOTHING:
        return  # at rest beside another take
    edits.retouched.append(wish)
    _add(edits, wish, values - (expected.at(frames) if expected is not None else 0.0))


def _add(edits: Edits, wish: str, difference: Floats) -> None:
    if np.abs(difference).max() > _SAME:
        edits.curves[wish] = edits.curves.get(wish, 0.0) + difference


def _spread(curve: Curve, first: int, last: int) -> Floats:
    """Return numbers kept at some frames as numbers at every frame of first..last."""
    spread = np.zeros(last - first + 1)
    inside = (curve.frames >= first) & (curve.frames <= last)
    spread[curve.frames[inside] - first] = curve.values[inside]
    return spread


def part_of(curve: Curve, first: int, last: int) -> Curve:
    """Return the part of a spline in first..last, with keys at its ends."""
    inside = (curve.frames >= first) & (curve.frames <= last)
    ends = [f for f in (first, last) if curve.frames[0] < f < curve.frames[-1]]
    missing = np.setdiff1d(ends, curve.frames[inside]).astype(np.int64)
    slopes = (curve.at(missing + _BEND) - curve.at(missing - _BEND)) / (2 * _BEND)
    order = np.argsort(np.concatenate([curve.frames[inside], missing]))
    parts = [
        (curve.frames, missing),
        (curve.values, curve.at(missing)),
        (curve.arriving, slopes),
        (curve.leaving, slopes),
    ]
    return Curve(*(np.concatenate([kept[inside], new])[order] for kept, new in parts))


def has_keys_of(fcurve: bpy.types.FCurve, curve: Curve, heard: tuple[int, int]) -> bool:
    """Return whether an f-curve has, in some frames, just the keys of a curve.

    The outer handles of the first and last may differ: they lead to what is beside.
    """
    keys = fcurves.read_keys(fcurve)
    times = keys["co"][:, 0]
    inside = (times >= heard[0]) & (times <= heard[1])
    mine = {name: values[inside] for name, values in keys.items()}
    if not fcurves.are_points_of(curve, mine):
        return False
    manners = fcurves.bezier_manners(curve)
    return all(np.allclose(mine[name], values) for name, values in manners.items())


def keep_on_top(
    edits: Edits,
    motion: Motion,
    curves: dict[str, Curve],
    first: int,
    origin: int,
    tolerance_mm: float,
) -> tuple[dict[str, Curve], dict[str, Floats], bool]:
    """Return the curves of a new bake with the artist's changes on top.

    Args:
        edits: the changes.
        motion: the new bake's.
        curves: what it was reduced to, in frames from 0.
        first: scene frame of its first.
        origin: scene frame of the start of the sound file now.
        tolerance_mm: farthest any vertex may be from its place.

    Returns:
        The curves, what of the changes is in them by the model's names (at each frame), and
        whether all of the changes are.
    """
    laid = {
        name: _laid(difference, edits.first - first + origin - edits.origin, motion.frames)
        for name, difference in edits.curves.items()
        if name in motion.names
    }
    whole = len(laid) == len(edits.curves) and all(ok for _, ok in laid.values())
    on_top = {name: difference for name, (difference, _) in laid.items() if difference.any()}
    moving = {name: moved for name, moved in on_top.items() if name not in edits.deleted}
    if moving:
        curves = curves | _reduced_with(moving, motion, tolerance_mm * _OWN_SHARE)
    kept = {name: curve for name, curve in curves.items() if name not in edits.deleted}
    return kept, on_top, whole


def _reduced_with(
    on_top: dict[str, Floats], motion: Motion, tolerance_mm: float
) -> dict[str, Curve]:
    """Return curves of those shapes of a motion that something is on top of."""
    columns = [motion.names.index(name) for name in on_top]
    weights = motion.weights[:, columns] + np.stack(list(on_top.values()), axis=1)
    part = replace(
        motion,
        names=tuple(on_top),
        basis=motion.basis[columns],
        weights=np.clip(weights, -SLIDER_LIMIT, SLIDER_LIMIT).astype(np.float32),
    )
    return reduce_curves(part, tolerance_mm)[0]


def _laid(difference: Floats, shift: int, frames: int) -> tuple[Floats, bool]:
    """Return a difference moved by a number of frames, and whether it fits into a number."""
    moved = np.zeros(frames)
    at = np.arange(len(difference)) + shift
    inside = (at >= 0) & (at < frames)
    moved[at[inside]] = difference[inside]
    return moved, not np.abs(difference[~inside]).max(initial=0.0) > _SAME


def keep_copy(key: bpy.types.Key, name: str) -> str | None:
    """Copy the action of shape keys, with a fake user, and return what the copy is called."""
    action = key.animation_data.action if key.animation_data else None
    if action is None:
        return None
    copied = action.copy()
    ownership.unmark(copied)
    copied.name = f"{action.name} ({name} as edited)"
    copied.use_fake_user = True
    return copied.name


def are_foreign_keys(key: bpy.types.Key, record: Record, first: int, last: int) -> bool:
    """Return whether our curves have keys of the artist's, not at rest, in first..last."""
    holder = fcurves.find_holder(key)
    if holder is None:
        return False
    found = (holder.fcurves.find(fcurves.value_path(name)) for name in record.shapes)
    places = [fcurves.read_keys(curve)["co"] for curve in found if curve is not None]
    frames, values = np.concatenate([np.empty((0, 2)), *places]).T
    foreign = (frames >= first) & (frames <= last) & (np.abs(values) > _NOTHING)
    for take in record.takes.values():
        foreign &= (frames < take.heard[0]) | (frames > take.heard[1])
    return bool(foreign.any())
