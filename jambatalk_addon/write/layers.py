"""A new bake of a line that the artist has edited: with the edits on top, or beside a copy."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import bpy

from ...model_core.base.arrays import Floats
from ...model_core.motion.curves import Curve
from ...model_core.motion.motion import Motion
from ...model_core.motion.reduction import Reduction
from ...model_core.motion.tongue import tongue_curves
from . import edits, ownership, prints, shape_keys
from .edits import Edits
from .identity import Line
from .ownership import Record
from .points import points
from .wording import listed


@dataclass
class Layered:
    """What is to be written of a bake.

    Attributes:
        curves: by the model's names, in frames from 0.
        carried: what of the artist's is in them, at each frame, by the model's names.
        left_out: the model's names of the shapes whose curves the artist deleted.
        notes: sentences on what became of the artist's changes.
        afresh: no key stays that the take eased with before.
    """

    curves: dict[str, Curve]
    carried: dict[str, Floats] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    afresh: bool = False


@dataclass(frozen=True)
class NewBake:
    """What is baked, and where.

    Attributes:
        motion: in metres.
        placed: the same in the mesh's units; of the same names.
        line: where it is baked.
        take: id of the take it is.
        curves: what the motion was reduced to.
        tolerance_mm: farthest any vertex may be from its place.
        own: its names are keys that the mesh has, which get curves and nothing else.
        tongue: the channels of a tongue beside it, for a companion that has one.
        tongue_curves: what these were reduced to.
    """

    motion: Motion
    placed: Motion
    line: Line
    take: str
    curves: dict[str, Curve]
    tolerance_mm: float
    own: bool = False
    tongue: Motion | None = None
    tongue_curves: dict[str, Curve] = field(default_factory=dict)

    @property
    def heard(self) -> tuple[int, int]:
        """The first and last scene frame."""
        return self.line.first, self.line.first + self.motion.frames - 1

    def with_tongue(self, tongue: Motion, how: Reduction) -> NewBake:
        """Return the bake with a tongue's channels beside it, put into keys as it is."""
        return replace(self, tongue=tongue, tongue_curves=tongue_curves(tongue, how))


def lay(obj: bpy.types.Object, new: NewBake, *, replace_edits: bool) -> Layered:
    """Return what to write so that nothing of the artist's is lost; copy what has to go.

    Args:
        obj: mesh object.
        new: what is baked.
        replace_edits: leave the artist's changes out, instead of on top.
    """
    key, record, take = obj.data.shape_keys, ownership.read(obj.data), new.take
    if record is None:
        return Layered(new.curves)
    prints.follow_renames(key, record)
    ownership.write(key, record)
    found = edits.find(key, record, take) if take in record.takes else Edits()
    moved = take in record.takes and record.takes[take].heard != new.heard
    result = Layered(new.curves, afresh=replace_edits or moved)
    whole = _covers_nothing(key, record, new, afresh=result.afresh)
    if replace_edits:
        whole = whole and not found
        result.notes += shape_keys.set_aside(obj, found.sculpted, record)
    else:
        whole = _keep_on_top(key, record, new, found, result) and whole
        result.notes += _told(found, result, record, take)
    if not whole and (copied := edits.keep_copy(key, new.line.name)):
        result.notes.append(f"The curves as they were are kept in the action '{copied}'.")
    return result


def _keep_on_top(
    key: bpy.types.Key, record: Record, new: NewBake, found: Edits, result: Layered
) -> bool:
    """Put the artist's changes into what is to be written; return whether all of them fit."""
    fitting = _fitting(key, record, new, found)
    result.curves, result.carried, all_fit = edits.keep_on_top(
        fitting, new.motion, new.curves, new.line.first, new.line.origin, new.tolerance_mm
    )
    result.left_out = found.deleted
    return all_fit and found.known and set(found.retouched) <= set(fitting.curves)


def _covers_nothing(key: bpy.types.Key, record: Record, new: NewBake, *, afresh: bool) -> bool:
    """Return whether no key of the artist's goes, but those in the frames the take had before."""
    others = record.others_heard(new.take, *new.heard)
    edited = any(edits.find(key, record, other) for other in others)
    spans = [new.heard]
    spans += [record.eased(new.take)] if afresh and new.take in record.takes else []
    return not edited and not any(edits.are_foreign_keys(key, record, *span) for span in spans)


def _fitting(key: bpy.types.Key, record: Record, new: NewBake, found: Edits) -> Edits:
    """Return the changes that go with the shapes that are being baked, in those shapes' units."""
    if not found.curves:
        return found
    reference = points(key.reference_key)
    called, placed = record.takes[new.take].called, new.placed
    same = {
        name
        for name, offset in zip(placed.names, placed.basis, strict=True)
        if name in found.curves
        and new.own == (called[name] in record.driven)
        and (
            new.own
            or prints.is_same(
                record.prints.get(called[name], []), prints.print_of(reference + offset, reference)
            )
        )
    }
    kept = {name: difference for name, difference in found.curves.items() if name in same}
    return Edits(found.first, found.origin, found.known, kept, found.deleted)


def _told(found: Edits, result: Layered, record: Record, take: str) -> list[str]:
    """Return sentences on what was kept."""
    if not found:
        return []
    called = record.takes[take].called
    kept = [called[name] for name in result.carried if name not in found.deleted]
    deleted = [called.get(name, name) for name in found.deleted]
    notes = [f"Your changes to the curves of {listed(kept)} are kept on top."] if kept else []
    notes += [f"Left out, as you deleted their curves: {listed(deleted)}."] if deleted else []
    sculpted = listed(found.sculpted)
    return notes + ([f"The shapes that you changed are kept: {sculpted}."] if sculpted else [])
