"""Which of the lines that are to be baked the artist has edited."""

from __future__ import annotations

from collections.abc import Sequence

from ..bones.rigs import Rig, rig_of
from ..write import bone_record, edits, ownership, prints, rig_edits
from ..write.identity import Line, find_take
from ..write.rig_curves import take_on
from .plan import BakePlan


def edited_lines(plans: Sequence[BakePlan]) -> list[str]:
    """Return the names of the lines to be baked that the artist has changed since the last bake."""
    return [plan.span.name for plan in plans if _is_edited(plan)]


def _is_edited(plan: BakePlan) -> bool:
    obj = plan.mesh.resolve(plan.options)
    rig = rig_of(obj, plan.options)
    if rig is not None:
        return _is_edited_on_rig(plan, rig)
    record = ownership.read(obj.data)
    take = find_take(record, Line.of(plan.span), plan.span.frames)
    if record is None or take is None:
        return False
    prints.follow_renames(obj.data.shape_keys, record)
    return bool(edits.find(obj.data.shape_keys, record, take))


def _is_edited_on_rig(plan: BakePlan, rig: Rig) -> bool:
    owner = rig.moves.owner
    record = bone_record.read(owner)
    take = take_on(owner, Line.of(plan.span), plan.span.frames or 1)
    return record is not None and take is not None and bool(rig_edits.find(owner, record, take))
