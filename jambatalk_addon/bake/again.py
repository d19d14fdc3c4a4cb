"""A bake posed again without the model: what it was made of is kept, and controls act on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import bpy

from ...model_core.base.errors import UserError
from ...model_core.hearing.said import Hearing
from ...model_core.motion.motion import Motion
from ...model_core.motion.reduction import DENSE, POSES, Reduction
from ...model_core.performance.controls import performed
from ...model_core.performance.options import (
    CONTROLS,
    SILENT_DB,
    BakeOptions,
    names_at,
    options,
)
from ...model_core.performance.sounds import SoundEdit, with_sounds
from ...model_core.performance.style_mix import mixed
from ...model_core.targets.preference import OUR_SHAPES, OWN_KEYS
from ..bones.rigs import baked_rigs, known_measure, offered_rig, rig_of
from ..bones.takes import keeper_of, rig_of_take, takes_of
from ..sound import identity
from ..targets.target import target_of
from ..write import heard, ownership, performances, raw, rig_curves, written
from ..write.apply import write_motion
from ..write.identity import Line, find_take
from ..write.ownership import Take
from ..write.raw import Raw
from ..write.report import BakeReport
from ..write.rig_curves import RigBake

ADJUSTABLE = ("strength", *names_at(CONTROLS))
"""The options that can be changed after a bake."""


def keep(obj: bpy.types.Object, take: str, made: Raw) -> bool:
    """Keep what a line was just baked from.

    Args:
        obj: the object that speaks.
        take: id of the line.
        made: what it was made of.

    Returns:
        Whether it can be kept: not of a model that moves no named shapes, nor of an exact bake.
    """
    record = ownership.read(obj.data) if obj.type == "MESH" else None
    keeper = keeper_of(obj, take)
    if keeper is None or (record is not None and record.absolute):
        return False
    return raw.store(keeper, take, made)


def keep_heard(obj: bpy.types.Object, take: str, hearing: Hearing | None) -> None:
    """Keep what is said in a line that was just baked."""
    keeper = keeper_of(obj, take)
    if keeper is not None:
        heard.store(keeper, take, hearing)


def problem(obj: bpy.types.Object | None, takes: Iterable[str]) -> str | None:
    """Return why takes cannot be adjusted without the model, or None if they can."""
    known = takes_of(obj)
    chosen = [take for take in takes if take in known]
    if not chosen:
        return "Bake a line, or choose one in the list of takes."
    if obj is None or not all(_is_kept(obj, take) for take in chosen):
        return "What this line was made of is not kept: bake it again to adjust it."
    return None


def _is_kept(obj: bpy.types.Object, take: str) -> bool:
    """Return whether what a take was made of is kept; panels ask at every redraw."""
    keeper = keeper_of(obj, take)
    return keeper is not None and raw.size(keeper, take) > 0


def size_of(obj: bpy.types.Object, take: str) -> int:
    """Return how many bytes are kept of what a take was made of."""
    keeper = keeper_of(obj, take)
    if keeper is None:
        return 0
    return raw.size(keeper, take) + performances.size(keeper, take)


def notes(obj: bpy.types.Object, takes: Iterable[str], chosen: BakeOptions) -> list[str]:
    """Return a sentence on each control that lacks what it acts on, as far as it is asked for."""
    keepers = ((keeper_of(obj, take), take) for take in takes)
    found = ((raw.load(each, take), each, take) for each, take in keepers if each is not None)
    kept = [(motion, each, take) for motion, each, take in found if motion is not None]
    told = []
    if chosen.silence_db > SILENT_DB and any(each.motion.loudness is None for each, *_ in kept):
        told.append(("silence_db", "how loud the sound is was not kept"))
    if chosen.style_blend > 0.0 and any(_lacks_style(chosen, *each) for each in kept):
        told.append(("style_blend", "the style to blend with was not kept"))
    return [f"{options()[n][1].label} does nothing yet: bake again, for {why}." for n, why in told]


def _lacks_style(chosen: BakeOptions, kept: Raw, keeper: bpy.types.ID, take: str) -> bool:
    """Return whether a style is to be mixed in that a line was not told in."""
    shown = performances.load(keeper, take).shown
    own = (shown or performances.Performance()).style
    return chosen.blend_style not in {"", own, *kept.styles}


def options_of(obj: bpy.types.Object, take: str) -> BakeOptions:
    """Return the options a take is posed with now; the defaults of those that do not count."""
    keeper = keeper_of(obj, take)
    kept = raw.load(keeper, take) if keeper is not None else None
    return BakeOptions(**kept.options) if kept is not None else BakeOptions()


def adjust(obj: bpy.types.Object, take: str, chosen: BakeOptions) -> BakeReport:
    """Pose a take again as other options want it; what the artist changed on it stays on top.

    Raises:
        UserError: it cannot be, and nothing is changed.
    """
    keeper = keeper_of(obj, take)
    kept = raw.load(keeper, take) if keeper is not None else None
    made = takes_of(obj).get(take)
    if kept is None or made is None or keeper is None:
        raise UserError(problem(obj, [take]) or "Bake the line again.")
    how, line = as_before(keeper, take, made, chosen), _line(made, take)
    report = pose(obj, take, shown(kept, made, chosen), line, how, chosen)
    keeper = keeper_of(obj, take) or keeper
    raw.set_options(keeper, take, adjusted(chosen))
    raw.set_rough(keeper, take, rough=False)
    return report


def frames_moved(obj: bpy.types.Object, line: Line, frames: int) -> int:
    """Return how many frames later a line's sound lies than it did when it was baked."""
    take = known_take(obj, line, frames)
    made = takes_of(obj).get(take) if take is not None else None
    return line.origin - made.origin if made is not None and made.rate else 0


def known_take(obj: bpy.types.Object, line: Line, frames: int) -> str | None:
    """Return the id of the take of an object or its rig that a line was baked as, or None."""
    record = ownership.read(obj.data) if obj.type == "MESH" else None
    found = find_take(record, line.renewed(), frames)
    if found is not None:
        return found
    on_rigs = (rig_curves.take_on(owner, line, frames) for owner in baked_rigs(obj))
    return next(filter(None, on_rigs), None)


def sound_edits(obj: bpy.types.Object, line: Line, frames: int) -> list[SoundEdit]:
    """Return what the artist did to single sounds of a line that is baked again."""
    take = known_take(obj, line, frames)
    return heard.load_edits(keeper_of(obj, take), take) if take is not None else []


def sounded(motion: Motion, edits: Sequence[SoundEdit], rate: float, begun: int) -> Motion:
    """Return a motion on scene frames with what was done to single sounds.

    Args:
        motion: of a line.
        edits: what was done.
        rate: motion frames a second of sound; 0 where it is not known, and is the scene's.
        begun: how many frames after the start of the sound file it begins.
    """
    rate = rate or motion.fps
    return with_sounds(motion, edits, rate, begun / rate)


def edit_sounds(
    obj: bpy.types.Object, take: str, edits: Sequence[SoundEdit], chosen: BakeOptions
) -> BakeReport:
    """Do something else to the sounds of a take, and pose it again as it is posed now.

    Args:
        obj: what speaks.
        take: its id.
        edits: all that is to be done to its sounds.
        chosen: how curves are made; the controls are as they were for this take.

    Raises:
        UserError: it cannot be posed again, and nothing is changed.
    """
    reason, keeper = problem(obj, [take]), keeper_of(obj, take)
    if reason is not None or keeper is None:
        raise UserError(reason or "Bake the line again.")
    before = heard.load_edits(keeper, take)
    heard.store_edits(keeper, take, edits)
    try:
        return adjust(obj, take, as_posed(obj, take, chosen))
    except UserError:
        heard.store_edits(keeper, take, before)
        raise


def as_posed(obj: bpy.types.Object, take: str, chosen: BakeOptions) -> BakeOptions:
    """Return options with the controls that a take is posed with now."""
    own = options_of(obj, take)
    return replace(chosen, **{name: getattr(own, name) for name in ADJUSTABLE})


def pose(
    obj: bpy.types.Object,
    take: str,
    posed: Motion,
    line: Line,
    how: Reduction,
    chosen: BakeOptions,
) -> BakeReport:
    """Write a motion as a line, onto the shape keys or the rig that a take is on.

    Args:
        obj: what speaks.
        take: id of a take of it.
        posed: one frame for each scene frame.
        line: where.
        how: it is keyed.
        chosen: says which key does what.

    Raises:
        UserError: it cannot be, and nothing is changed.
    """
    owner = rig_of_take(obj, take)
    if owner is not None:
        return _pose_rig(obj, owner, posed, line, how)
    return _pose_mesh(obj, takes_of(obj)[take], posed, line, how, chosen)


def _pose_mesh(
    obj: bpy.types.Object,
    made: Take,
    posed: Motion,
    line: Line,
    how: Reduction,
    chosen: BakeOptions,
) -> BakeReport:
    """Write a take of shape keys again."""
    target = target_of(obj, replace(chosen, target=moved_by(obj, made)))
    return write_motion(
        obj,
        posed,
        line,
        line.first,
        tolerance_mm=how.tolerance_mm,
        keys=how.keys,
        reduced=target.reduce(posed, how),
        target=target,
    )


def _pose_rig(
    obj: bpy.types.Object, owner: bpy.types.ID, posed: Motion, line: Line, how: Reduction
) -> BakeReport:
    """Write a take of a rig again."""
    rig = offered_rig(obj) if obj.type == "MESH" else rig_of(obj, BakeOptions())
    if rig is None or rig.moves.owner != owner:
        raise UserError(
            f"'{owner.name}' is no longer what moves '{obj.name}'; bake the line again."
        )
    problem = rig_curves.problem(rig.moves)
    if problem is not None:
        raise UserError(problem)
    measured = known_measure(rig)
    curves, error = measured.target.reduce(posed, how)
    return rig_curves.write(rig.moves, RigBake(curves, error, posed.frames, posed.fps, line))


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
    begin = max(0, first)
    posed = performed(in_styles(kept, chosen).between(begin, last + 1), None, chosen)
    return sounded(posed, kept.sounds, made.rate, kept.first + begin - made.origin)


def in_styles(kept: Raw, chosen: BakeOptions) -> Motion:
    """Return what a take was made of, mixed with another style as options want it."""
    return mixed(kept.motion, kept.styles, chosen)


def as_before(keeper: bpy.types.ID, take: str, made: Take, chosen: BakeOptions) -> Reduction:
    """Return how a take is keyed: by poses if it was, and at the same ones while they will do."""
    wrote, (first, last) = written.load(keeper, take, made.shapes) or {}, made.heard
    edited = written.load_carried(keeper, take, made.shapes)  # have keys where edits need them
    posed = [curve.frames for name, curve in wrote.items() if name not in edited]
    heard = [each[(each >= first) & (each <= last)] - first for each in posed]  # a rig's ease is
    frames = {tuple(each.tolist()) for each in heard}  # written too
    whole = len(frames) == 1 and min(frames)[:1] == (0,)
    if whole and min(frames)[-1] == last - first:
        return replace(chosen.reduction, keys=POSES, at=min(frames))
    return chosen.reduction if len(frames) <= 1 else Reduction(chosen.tolerance_mm, DENSE)


def _line(made: Take, take: str) -> Line:
    """Return the line a take was baked from, at the place where it was."""
    strips = [each for each in identity.carriers(take) if each.scene == made.scene]
    strip = strips[0] if strips else None
    first, rate = made.heard[0], made.rate
    return Line(made.name, made.path, first, made.origin, strip, rate, made.wanted, take)
