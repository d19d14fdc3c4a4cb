"""Write a motion onto a mesh: shape keys, an action, curves; and take bakes off again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import bpy
import numpy as np

from ...model_core.base.errors import UserError
from ...model_core.motion.curves import Curve
from ...model_core.motion.motion import Motion
from ...model_core.motion.reduction import POSES, Reduction
from ...model_core.motion.tongue import split_tongue
from ...model_core.targets.named_shapes import NamedShapes
from ...model_core.targets.rig_target import RigTarget
from ..targets.target import target_of
from . import (
    absolute,
    companions,
    fcurves,
    hindrances,
    layers,
    nla,
    overrides,
    ownership,
    relative,
    shape_keys,
)
from .clear import clear
from .identity import Line, claim_take
from .report import BakeReport

Reduced: TypeAlias = "tuple[dict[str, Curve], float]"
"""Curves by the names of a placed motion, and their error in mm."""


def write_motion(
    obj: bpy.types.Object,
    motion: Motion,
    take: str | Line,
    first_frame: int,
    *,
    tolerance_mm: float,
    keys: str = POSES,
    exact: bool = False,
    reduced: Reduced | None = None,
    replace_edits: bool = False,
    target: RigTarget | None = None,
) -> BakeReport:
    """Bake a motion that has one frame for each scene frame from ``first_frame`` on.

    The line's take of before is replaced; others keep the frames this one does not cover.

    Args:
        obj: mesh object.
        motion: what to bake.
        take: the line it was made from, or the name of one that has neither strip nor file.
        first_frame: scene frame of the motion's first.
        tolerance_mm: farthest any vertex may be from the motion.
        keys: how curves are keyed, as `Reduction` has it.
        exact: write one absolute shape key a frame instead of curves.
        reduced: its curves and their error, if they are known already.
        replace_edits: keep the artist's changes since the last bake in a copy, not on top.
        target: what the mesh is spoken with; what it is by itself if None.

    Raises:
        UserError: the motion is for another mesh, or has no place; nothing is changed.
    """
    line, target = _line_at(take, first_frame), target or target_of(obj)
    _check(obj, motion, line, exact=exact)
    how, (lips, tongue) = Reduction(tolerance_mm, keys), split_tongue(motion)
    motion = motion if target.drives_own_keys else lips
    curves, error = ({}, 0.0) if exact else _reduced(target, motion, how, reduced)
    _check_strips(obj, motion, line, tuple(curves) if target.drives_own_keys else None)
    new = _fitted(obj, motion, line, curves, tolerance_mm, target).with_tongue(tongue, how)
    return _report(obj, new, _write(obj, new, exact=exact, replace_edits=replace_edits), error)


def _line_at(take: str | Line, first: int) -> Line:
    """Return a line as it is now, begun at a scene frame."""
    line = take if isinstance(take, Line) else Line(take, origin=first)
    return replace(line, first=first).renewed()


@dataclass(frozen=True)
class _Written:
    """How many shapes move, the keys that move them, and sentences on what gave way."""

    shapes: int
    keys: int
    notes: list[str]


def _write(
    obj: bpy.types.Object, new: layers.NewBake, *, exact: bool, replace_edits: bool
) -> _Written:
    """Bring a bake onto a mesh the one way or the other; the active shape key stays active."""
    active = obj.active_shape_key_index
    notes = [*overrides.make_editable(obj), *_make_room(obj, new.take, exact=exact)]
    if exact:
        keys = absolute.write(obj, new.placed, new.line, new.take)
        written = _Written(new.motion.frames, keys, notes)
    else:
        layered = layers.lay(obj, new, replace_edits=replace_edits)
        keys, more = relative.write(obj, new, layered)
        more += companions.move_along(obj, new, layered, replace_edits=replace_edits)
        written = _Written(len(layered.curves), keys, [*notes, *layered.notes, *more])
    obj.active_shape_key_index = active
    return written


def _check(obj: bpy.types.Object, motion: Motion, line: Line, *, exact: bool) -> None:
    """Refuse what cannot be baked here, before anything is changed."""
    if motion.frames == 0:
        raise UserError(f"'{line.name}' is too short for a single frame; choose a longer sound.")
    _check_keys(obj, exact=exact)


def _reduced(target: RigTarget, motion: Motion, how: Reduction, known: Reduced | None) -> Reduced:
    """Return a motion's curves: the known ones if the keys they are for can still be driven."""
    if known is None:
        return target.reduce(motion, how)
    gone = isinstance(target, NamedShapes) and set(known[0]) - set(target.shape_map.targets)
    return target.reduce(motion, how) if gone else known


def _fitted(
    obj: bpy.types.Object,
    motion: Motion,
    line: Line,
    curves: dict[str, Curve],
    tolerance_mm: float,
    target: RigTarget,
) -> layers.NewBake:
    """Return a bake in the mesh's units and within its sliders, as the take it replaces."""
    own = isinstance(target, NamedShapes)
    if isinstance(target, NamedShapes):
        placed = target.place(motion)
        motion = target.in_metres(placed)
    else:
        motion, curves = _within_sliders(motion, curves)
        placed = target.place(motion)
    known = claim_take(ownership.read(obj.data), line, motion.frames)
    return layers.NewBake(motion, placed, line, known, curves, tolerance_mm, own)


def _report(
    obj: bpy.types.Object, new: layers.NewBake, written: _Written, error: float
) -> BakeReport:
    """Return what was made, with what hides it or lies still."""
    still = [] if written.shapes else ["Nothing moves: the motion is at rest in all its frames."]
    notes = (*written.notes, *still, *hindrances.notes(obj))
    frames = new.motion.frames
    return BakeReport(new.line.name, frames, written.shapes, written.keys, error, notes)


def _within_sliders(motion: Motion, curves: dict[str, Curve]) -> tuple[Motion, dict[str, Curve]]:
    """Return the same motion and its curves with no weight beyond a slider's hard limit."""
    peaks = np.abs(motion.weights).max(axis=0, initial=0.0) / shape_keys.SLIDER_LIMIT
    scale = np.maximum(peaks, 1.0).astype(np.float32)
    scales = dict(zip(motion.names, scale.tolist(), strict=True))
    weights, basis = motion.weights / scale, motion.basis * scale[:, None, None]
    scaled = {name: curve.scaled(1 / scales[name]) for name, curve in curves.items()}
    return replace(motion, weights=weights, basis=basis), scaled


def _check_keys(obj: bpy.types.Object, *, exact: bool) -> None:
    """Refuse an exact bake beside other shape keys."""
    record = ownership.read(obj.data)
    staying = shape_keys.kept(obj, record.shapes) if record is not None else {}
    if exact and (staying or ownership.has_others(obj.data)):
        raise UserError(
            f"An exact bake needs a mesh without other shape keys; '{obj.name}' has some. "
            "Bake as curves instead."
        )


def _check_strips(
    obj: bpy.types.Object, motion: Motion, line: Line, own: tuple[str, ...] | None
) -> None:
    """Refuse what NLA strips would hide or double; `own` are the mesh's keys that are to move."""
    key = obj.data.shape_keys
    if key is None:
        return
    record = ownership.read(obj.data)
    ours = record.shapes if record is not None else []
    made = [name for name in motion.names if name not in key.key_blocks]
    paths = list(map(fcurves.value_path, [*ours, *(made if own is None else own)]))
    nla.check(key, paths, line.first, line.first + motion.frames - 1)


def _make_room(obj: bpy.types.Object, known: str, *, exact: bool) -> list[str]:
    """Take off earlier bakes if they or this one are exact: the two ways do not mix.

    Returns:
        Sentences on what went or had to stay.
    """
    record = ownership.read(obj.data)
    if record is None:
        return []
    fcurves.unshare(obj.data.shape_keys)
    if not (exact or record.absolute):
        return []
    gone = [f"'{record.name_of(take)}'" for take in record.takes if take != known]
    told = [f"Exact and other bakes do not mix: {', '.join(gone)} went."] if gone else []
    return told + clear(obj)
