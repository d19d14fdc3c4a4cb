"""A bake posed again without the model: what it was made of is kept, and controls act on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import bpy

from ...model_core.base.errors import UserError
from ...model_core.motion.motion import Motion
from ...model_core.motion.reduction import DENSE, POSES, Reduction
from ...model_core.performance.controls import performed
from ...model_core.performance.options import CONTROLS, BakeOptions, names_at
from ...model_core.targets.preference import OUR_SHAPES, OWN_KEYS
from ..sound import identity
from ..targets.target import target_of
from ..write import ownership, raw, written
from ..write.apply import write_motion
from ..write.identity import Line, find_take
from ..write.ownership import Take
from ..write.raw import Raw
from ..write.report import BakeReport

ADJUSTABLE = ("strength", *names_at(CONTROLS))
"""The options that can be changed after a bake."""


def keep(obj: bpy.types.Object, line: Line, motion: Motion, chosen: BakeOptions) -> str | None:
    """Keep what a line was just baked from.

    Args:
        obj: the mesh object.
        line: as it was baked.
        motion: one frame for each scene frame, before its controls.
        chosen: the options of the bake.

    Returns:
        The id of its take, or None if it cannot be kept: a model that moves no named shapes, or an
        exact bake.
    """
    record = ownership.read(obj.data)
    take = find_take(record, line.renewed(), motion.frames)
    if take is None or record is None or record.absolute:
        return None
    made = Raw(motion, line.first, adjusted(chosen))
    return take if raw.store(obj.data.shape_keys, take, made) else None


def problem(obj: bpy.types.Object | None, takes: Iterable[str]) -> str | None:
    """Return why takes cannot be adjusted without the model, or None if they can."""
    known = ownership.takes_of(obj)
    chosen = [take for take in takes if take in known]
    if not chosen:
        return "Bake a line, or choose one in the list of takes."
    if obj is None or not all(raw.size(obj.data.shape_keys, take) for take in chosen):
        return "What this line was made of is not kept: bake it again to adjust it."
    return None


def options_of(obj: bpy.types.Object, take: str) -> BakeOptions:
    """Return the options a take is posed with now; the defaults of those that do not count."""
    kept = raw.load(obj.data.shape_keys, take)
    return BakeOptions(**kept.options) if kept is not None else BakeOptions()


def adjust(obj: bpy.types.Object, take: str, chosen: BakeOptions) -> BakeReport:
    """Pose a take again as other options want it; what the artist changed on it stays on top.

    Raises:
        UserError: it cannot be, and nothing is changed.
    """
    key = obj.data.shape_keys
    kept = raw.load(key, take) if key is not None else None
    made = ownership.takes_of(obj).get(take)
    if kept is None or made is None:
        raise UserError(problem(obj, [take]) or "Bake the line again.")
    posed = shown(kept, made, chosen)
    how = _as_before(key, take, made, chosen)
    target = target_of(obj, replace(chosen, target=moved_by(obj, made)))
    report = write_motion(
        obj,
        posed,
        _line(made, take),
        made.heard[0],
        tolerance_mm=chosen.tolerance_mm,
        keys=how.keys,
        reduced=target.reduce(posed, how),
        target=target,
    )
    raw.set_options(obj.data.shape_keys, take, adjusted(chosen))
    return report


def adjusted(chosen: BakeOptions) -> dict[str, object]:
    """Return the adjustable options that are not at their defaults."""
    return {name: value for name, value in chosen.own().items() if name in ADJUSTABLE}


def moved_by(obj: bpy.types.Object, made: Take) -> str:
    """Return whether a take moves the mesh's own keys or shapes of ours, as an option has it."""
    record = ownership.read(obj.data)
    own = record is not None and bool(made.shapes) and set(made.shapes) <= set(record.driven)
    return OWN_KEYS if own else OUR_SHAPES


def shown(kept: Raw, made: Take, chosen: BakeOptions) -> Motion:
    """Return what a take shows, of the frames it still governs, with some options."""
    first, last = (frame - kept.first for frame in made.heard)
    return performed(kept.motion.between(max(0, first), last + 1), None, chosen)


def _as_before(key: bpy.types.Key, take: str, made: Take, chosen: BakeOptions) -> Reduction:
    """Return how a take is keyed: by poses if it was, and at the same ones while they will do."""
    wrote = written.load(key, take, made.shapes) or {}
    edited = written.load_carried(key, take, made.shapes)  # which have keys where edits need them
    posed = [curve.frames for name, curve in wrote.items() if name not in edited]
    frames = {tuple((each - made.heard[0]).tolist()) for each in posed}
    whole = len(frames) == 1 and min(frames)[0] == 0
    if whole and min(frames)[-1] == made.heard[1] - made.heard[0]:
        return replace(chosen.reduction, keys=POSES, at=min(frames))
    return chosen.reduction if len(frames) <= 1 else Reduction(chosen.tolerance_mm, DENSE)


def _line(made: Take, take: str) -> Line:
    """Return the line a take was baked from, at the place where it was."""
    strips = [each for each in identity.carriers(take) if each.scene == made.scene]
    strip = strips[0] if strips else None
    return Line(made.name, made.path, made.heard[0], made.origin, strip)
