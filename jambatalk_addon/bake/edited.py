"""Which of the lines that are to be baked the artist has edited."""

from __future__ import annotations

from collections.abc import Sequence

from ..write import edits, ownership, prints
from ..write.identity import Line, find_take
from .plan import BakePlan


def edited_lines(plans: Sequence[BakePlan]) -> list[str]:
    """Return the names of the lines to be baked that the artist has changed since the last bake."""
    return [plan.span.name for plan in plans if _is_edited(plan)]


def _is_edited(plan: BakePlan) -> bool:
    obj = plan.mesh.resolve(plan.options)
    if obj.type == "ARMATURE":  # a bake keeps what is changed there in a copy
        return False
    record = ownership.read(obj.data)
    take = find_take(record, Line.of(plan.span), plan.span.frames)
    if record is None or take is None:
        return False
    prints.follow_renames(obj.data.shape_keys, record)
    return bool(edits.find(obj.data.shape_keys, record, take))
