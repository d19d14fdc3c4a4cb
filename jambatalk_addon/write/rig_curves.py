"""Speech as keys on what moves a rig's face: bones, by stored poses, or custom properties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import bpy
import numpy as np

from ...model_core.base.errors import UserError
from ...model_core.motion.curves import Curve
from ...model_core.motion.mapped import mapped
from . import bone_record, fcurves, nla, ownership, rig_edits, spans, written
from .bone_record import BoneRecord
from .identity import Line, claim_take, find_take
from .report import BakeReport
from .rig_channels import Moves, Written
from .rig_edits import RigEdits, number_name

_EASE = 0.2  # s from and to rest, where no other line is


@dataclass(frozen=True)
class RigBake:
    """What is baked onto a rig.

    Attributes:
        curves: of the poses or properties that move, by name, frames from 0.
        error_mm: farthest the skin is from the motion.
        frames: how many there are.
        fps: of them.
        line: what was said.
        notes: sentences on what the rig cannot do.
    """

    curves: Mapping[str, Curve]
    error_mm: float
    frames: int
    fps: float
    line: Line
    notes: tuple[str, ...] = ()


def problem(moves: Moves) -> str | None:
    """Return in one sentence why speech cannot be keyed on a rig, or None."""
    owner = moves.owner
    if owner.library is not None:
        return f"'{owner.name}' is linked from another file; make a library override of it."
    data = owner.animation_data
    if data is not None and data.use_tweak_mode:
        return f"Leave tweak mode (Tab in the Nonlinear Animation editor) on '{owner.name}' first."
    if data is not None and data.action is not None and data.action.library is not None:
        return f"The action '{data.action.name}' is linked; make it local first."
    channels = moves.channels()
    if not channels:
        return f"'{owner.name}' has none of the bones that its poses move; store them anew."
    record = bone_record.read(owner)
    ours = frozenset(record.paths) if record is not None else frozenset()
    return next(filter(None, (channel.problem(ours) for channel in channels)), None)


def write(moves: Moves, new: RigBake, *, replace_edits: bool = False) -> BakeReport:
    """Key a line on a rig, in place of what it keyed before.

    Args:
        moves: what has no problem.
        new: what is baked.
        replace_edits: keep the artist's changes since the last bake in a copy, not on top.

    Raises:
        UserError: there is nothing to key; nothing is changed.
    """
    if new.frames == 0:
        raise UserError(
            f"'{new.line.name}' is too short for a single frame; choose a longer sound."
        )
    owner, line = moves.owner, new.line.renewed()
    record = bone_record.read(owner) or BoneRecord(made_animation=owner.animation_data is None)
    take = claim_take(record.known_lines(), line, new.frames)
    eased, first, last = _eased(new, [s for t, s in record.spans.items() if t != take])
    made = _curves(moves, eased)
    edits = RigEdits() if replace_edits else rig_edits.find(owner, record, take).moved(line.origin)
    names = {name for _, numbers in made for name in numbers}
    kept = _give_up(owner, record, take, copy=replace_edits or not edits.fits(names, first, last))
    on_top = edits.within(first, last)
    laid, carried = rig_edits.lay(made, on_top)
    _put(owner, record, laid, first, last)
    about = line.describe(_take(new, laid, on_top, first, last))
    _remember(owner, record, take, about)
    every = {name: curve for _, numbers in laid for name, curve in numbers.items()}
    written.keep_only(owner, list(record.takes))
    written.store(owner, take, about.shapes, every, carried)
    told = [*kept, *on_top.told(), *moves.missing(), *nla.takes_notes(owner, record.takes)]
    return _report(moves, new, laid, told)


def take_on(owner: bpy.types.ID, line: Line, frames: int) -> str | None:
    """Return the id of the take that a line is on a rig, or None if it is on none."""
    record = bone_record.read(owner)
    return find_take(record.known_lines(), line.renewed(), frames) if record is not None else None


def _give_up(owner: bpy.types.ID, record: BoneRecord, take: str, *, copy: bool) -> list[str]:
    """Drop what a take keyed before; a copy keeps what the artist changed and does not stay."""
    return _drop(owner, record, [take], copy=copy)[0] if take in record.spans else []


def clear(owner: bpy.types.ID) -> list[str]:
    """Remove what speech keyed on a rig, and bring it to where it was.

    Returns:
        Sentences on what stays.
    """
    record = bone_record.read(owner)
    return clear_takes(owner, list(record.spans)) if record is not None else []


def clear_takes(owner: bpy.types.ID, takes: list[str]) -> list[str]:
    """Remove some takes' keys; with the last of them all that was made for them.

    Returns:
        Sentences on what stays.
    """
    record = bone_record.read(owner)
    if record is None:
        return []
    notes, holder = _drop(owner, record, takes)
    if record.spans:
        bone_record.write(owner, record)
        written.keep_only(owner, list(record.takes))
        return notes
    bone_record.write(owner, record)  # while the action that may have it is there
    written.keep_only(owner, [])
    spans.remove_empty(owner, holder, record)
    left = fcurves.find_holder(owner)
    keyed = {curve.data_path for curve in left.fcurves} if left is not None else set()
    for path, numbers in record.rests.items():
        if path not in keyed:
            bring(owner, path, numbers)
    owner.update_tag()
    return notes


def _drop(
    owner: bpy.types.ID, record: BoneRecord, takes: list[str], *, copy: bool = True
) -> tuple[list[str], fcurves.Holder | None]:
    """Remove the keys of takes, and what is remembered of them."""
    called = f"'{owner.name}' moves"
    found = spans.drop(owner, called, record, takes, copy=copy)
    for take in takes:
        record.takes.pop(take, None)
    return found


def bring(owner: bpy.types.ID, path: str, numbers: list[float]) -> None:
    """Set a channel, unless its bone is gone or turns in another way now."""
    try:
        now = owner.path_resolve(path)
    except ValueError:
        return
    if isinstance(now, int | float):
        stem, _, name = path.rpartition('["')
        holder = owner.path_resolve(stem) if stem else owner
        holder[bpy.utils.unescape_identifier(name.removesuffix('"]'))] = type(now)(numbers[0])
    elif len(now) == len(numbers):
        now[:] = numbers


def _eased(new: RigBake, others: list[list[list[int]]]) -> tuple[RigBake, int, int]:
    """Return curves that come from rest and go there where frames are free, and their ends."""
    first, last = new.line.first, new.line.first + new.frames - 1
    wanted = max(1, round(_EASE * new.fps))
    taken = [span for spans_of_one in others for span in spans_of_one]
    before = min([wanted, *(first - end - 1 for _, end in taken if end < first)])
    after = min([wanted, *(begin - last - 1 for begin, _ in taken if begin > last)])
    curves = {name: _with_rest(curve, before, after) for name, curve in new.curves.items()}
    if not curves:
        ends, still = np.unique([-before, new.frames - 1 + after]), np.zeros(1)
        curves = {"": Curve.smooth(ends, *(np.repeat(still, len(ends)) for _ in range(2)))}
    return replace(new, curves=curves), first - before, last + after


def _with_rest(curve: Curve, before: int, after: int) -> Curve:
    """Return a curve with a flat key at 0 some frames before its first, and after its last."""
    ahead = [curve.frames[0] - before] if before else []
    behind = [curve.frames[-1] + after] if after else []
    frames = np.concatenate([ahead, curve.frames, behind]).astype(np.int64)
    still = np.zeros(len(ahead)), np.zeros(len(behind))
    numbers = (curve.values, curve.arriving, curve.leaving)
    return Curve(frames, *(np.concatenate([still[0], each, still[1]]) for each in numbers))


def _curves(moves: Moves, new: RigBake) -> Written:
    """Return the curves of each number of each channel, in scene frames."""
    channels = moves.channels()
    lengths = [len(channel.rest) for channel in channels]

    def numbers(weights: np.ndarray) -> np.ndarray:
        mixed = moves.mix(weights)
        return np.concatenate([channel.numbers(mixed) for channel in channels], axis=1)

    every = [curve.moved(new.line.first) for curve in mapped(new.curves, moves.names, numbers)]
    ends = np.cumsum(lengths)
    parts = [every[end - count : end] for count, end in zip(lengths, ends, strict=True)]
    return [
        (channel, {number_name(channel.path, index): c for index, c in enumerate(part)})
        for channel, part in zip(channels, parts, strict=True)
    ]


def _put(owner: bpy.types.ID, record: BoneRecord, made: Written, first: int, last: int) -> None:
    """Put curves into a rig's action in place of all of ours in their frames."""
    for channel, _ in made:
        record.rests.setdefault(channel.path, channel.value)
    holder = fcurves.ensure_holder(owner, f"JambaTalk {owner.name}")
    spans.give_way(holder, record, first, last)
    for channel, numbers in made:
        for name, curve in numbers.items():
            fcurve = fcurves.add_curve(holder, channel.path, rig_edits.index_of(name))
            fcurves.replace_keys(fcurve, curve, first, last)
    _let_go(owner, holder, record)


def _let_go(owner: bpy.types.ID, holder: fcurves.Holder, record: BoneRecord) -> None:
    """Take off curves of ours without keys, of what no pose moves any more."""
    for fcurve in spans.curves_of(holder, record):
        if not len(fcurve.keyframe_points):
            holder.fcurves.remove(fcurve)
    keyed = {fcurve.data_path for fcurve in holder.fcurves}
    for path in [path for path in record.rests if path not in keyed]:
        bring(owner, path, record.rests.pop(path))


def _take(new: RigBake, made: Written, on_top: RigEdits, first: int, last: int) -> ownership.Take:
    """Return what is remembered of a line."""
    shapes = [name for _, numbers in made for name in numbers]
    start, end = new.line.first, new.line.first + new.frames - 1
    take = ownership.Take(first, last, shapes, start=start, end=end)
    take.left_out = list(on_top.deleted)
    return take


def _remember(owner: bpy.types.ID, record: BoneRecord, take: str, made: ownership.Take) -> None:
    """Put a take into the record, and store it."""
    record.takes[take], record.spans[take] = made, [[made.first, made.last]]
    holder = fcurves.find_holder(owner)
    assert holder is not None  # it has just been written to
    record.prints[take] = spans.print_of(holder, record, take)
    bone_record.write(owner, record)


def _report(moves: Moves, new: RigBake, made: Written, notes: list[str]) -> BakeReport:
    """Return what was made."""
    keys = sum(len(curve.frames) for _, numbers in made for curve in numbers.values())
    still = [] if new.curves else ["Nothing moves: the motion is at rest in all its frames."]
    count = moves.count([channel for channel, _ in made])
    told = (*new.notes, *notes, *still)
    return BakeReport(new.line.name, new.frames, count, keys, new.error_mm, told, moves.word)
