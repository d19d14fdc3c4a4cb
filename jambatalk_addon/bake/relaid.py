"""A bake laid at another place of its sound without the model: moved, trimmed, cut in two."""

from __future__ import annotations

from dataclasses import replace

import bpy

from ...model_core.base.errors import UserError
from ...model_core.motion.motion import Motion
from ...model_core.performance.controls import performed
from ...model_core.performance.options import BakeOptions
from ..bones.rigs import face_of, known_measure, rig_of
from ..bones.takes import keeper_of, rig_of_take, takes_of
from ..sound.source import StripPlace
from ..write import head, heard, nla_takes, performances, raw
from ..write.head import Face
from ..write.identity import Line
from ..write.ownership import Take
from ..write.raw import Raw
from ..write.report import BakeReport
from . import again
from .turning import turn

_NOT_KEPT = "what it was made of is not kept, or does not reach so far."


def is_kept(obj: bpy.types.Object, take: str, place: StripPlace) -> bool:
    """Return whether what a take was made of holds the frames of a place of its sound."""
    made, kept = takes_of(obj).get(take), _kept(obj, take)
    if made is None or kept is None:
        return False
    begin = _begin(made, kept, place)
    return begin >= 0 and begin + place.frames <= kept.motion.frames


def follow(obj: bpy.types.Object, take: str, place: StripPlace, chosen: BakeOptions) -> BakeReport:
    """Lay what a take was made of at another place of its sound.

    Args:
        obj: what speaks.
        take: its id, or that of the take that the strip was cut or copied from.
        place: where the strip lies now.
        chosen: how curves are made; the controls are as they were for this take.

    Raises:
        UserError: what it was made of is not kept, or does not reach so far; nothing is changed.
    """
    made, kept, keeper = takes_of(obj).get(take), _kept(obj, take), keeper_of(obj, take)
    if made is None or kept is None or keeper is None or not is_kept(obj, take, place):
        raise UserError(f"'{place.strip.name}' is to be baked again: {_NOT_KEPT}")
    chosen, line = again.as_posed(obj, take, chosen), Line.at(place)
    whole = _is_whole(made, place)
    how = again.as_before(keeper, take, made, chosen) if whole else chosen.reduction
    said, turning = heard.load(keeper, take), head.turned_by(take)
    shown, others = _shown(made, kept, place, chosen), performances.load(keeper, take)
    report = again.pose(obj, take, shown, line, how, chosen)
    now = again.known_take(obj, line, shown.frames)
    assert now is not None  # it has just been written
    keeper = keeper_of(obj, now)
    assert keeper is not None  # for the same reason
    later = place.origin - made.origin
    raw.store(keeper, now, kept._replace(first=kept.first + later))
    performances.store(keeper, now, others.moved(later))
    heard.store(keeper, now, said)
    heard.store_edits(keeper, now, kept.sounds)
    notes = turn(turning, face_of_take(obj, now), shown, place.first, now) if turning else []
    gone = nla_takes.settle(obj, takes_of(obj))
    return replace(report, notes=(*report.notes, *notes, *gone))


def _kept(obj: bpy.types.Object, take: str) -> Raw | None:
    keeper = keeper_of(obj, take)
    return raw.load(keeper, take) if keeper is not None else None


def _shown(made: Take, kept: Raw, place: StripPlace, chosen: BakeOptions) -> Motion:
    """Return what a take shows at a place of its sound."""
    begin = _begin(made, kept, place)
    posed = performed(again.in_styles(kept, chosen), None, chosen).between(
        begin, begin + place.frames
    )
    return again.sounded(posed, kept.sounds, place.rate, place.first - place.origin)


def _begin(made: Take, kept: Raw, place: StripPlace) -> int:
    """Return which frame of what is kept is the first of a place."""
    return (place.first - place.origin) - (kept.first - made.origin)


def _is_whole(made: Take, place: StripPlace) -> bool:
    """Return whether a take has all its frames, and is to have as many."""
    first, last = made.wanted
    return made.heard == made.wanted and place.frames == last - first + 1


def face_of_take(obj: bpy.types.Object, take: str) -> Face:
    """Return what turns with the head of what speaks."""
    rig = rig_of(obj, BakeOptions()) if rig_of_take(obj, take) is not None else None
    return face_of(obj, known_measure(rig) if rig is not None else None)
