"""Several performances of one line: kept when it is baked as another take, shown, blended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import bpy

from ...model_core.base.errors import UserError
from ...model_core.motion.packed import pack, unpack
from ...model_core.performance.options import BakeOptions
from ...model_core.performance.takes import blended
from ..bones.takes import keeper_of, takes_of
from ..write import head, nla, nla_takes, performances, raw
from ..write.performances import Performance, Performances
from ..write.raw import Raw
from ..write.report import BakeReport
from . import again, relaid
from .turning import turn

_GONE = "This performance is not kept; look at the list of takes."


def of(obj: bpy.types.Object, take: str) -> Performances:
    """Return the performances of a line."""
    return performances.load(keeper_of(obj, take), take)


def keep(obj: bpy.types.Object, take: str, made: Raw, chosen: BakeOptions, later: int = 0) -> bool:
    """Keep what a line was just baked from, beside what else it was baked as; see `again.keep`.

    Args:
        obj: what speaks.
        take: id of the line.
        made: what it was baked from.
        chosen: the options of the bake.
        later: frames that the line was moved since the others were baked.
    """
    keeper = keeper_of(obj, take)
    before = (_whole(keeper, take) if keeper is not None else Performances()).moved(later)
    if not again.keep(obj, take, made) or keeper is None:
        return False
    new = Performance.of(chosen)
    if set(before.packed) <= {new}:
        known = Performances().holding(new, b"")
    else:
        known = before.holding(new, raw.packed(keeper, take))
    performances.store(keeper, take, known.showing(new))
    return True


def show(obj: bpy.types.Object, take: str, called: str, chosen: BakeOptions) -> BakeReport:
    """Have a line show another of its performances; what the artist changed stays on top.

    Args:
        obj: what speaks.
        take: id of the line.
        called: what the performance is called.
        chosen: how curves are made; the controls are as they were for this line.

    Raises:
        UserError: it is not kept, or cannot be posed; nothing is changed.
    """
    keeper, known, one = _found(obj, take, called)
    with _unless_refused(keeper, take):
        raw.put(keeper, take, known.packed[one])
        performances.store(keeper, take, known.showing(one))
        return _posed(obj, take, chosen)


def blend(
    obj: bpy.types.Object, take: str, called: str, share: float, chosen: BakeOptions
) -> BakeReport:
    """Blend another performance into the one that a line shows, and pose it; see `mix` and `show`.

    Raises:
        UserError: one of them is not kept, or cannot be posed; nothing is changed.
    """
    keeper, _, _ = _found(obj, take, called)
    with _unless_refused(keeper, take):
        mix(obj, take, called, share)
        return _posed(obj, take, chosen)


def mix(obj: bpy.types.Object, take: str, called: str, share: float) -> None:
    """Blend another performance into the one that a line shows; the line is to be posed then.

    Args:
        obj: what speaks.
        take: id of the line.
        called: what the other is called.
        share: of the other, 0 to 1.

    Raises:
        UserError: one of them is not kept.
    """
    keeper, known, other = _found(obj, take, called)
    if known.shown is None or not known.packed.get(known.shown):
        raise UserError(_GONE)
    one = known.packed[known.shown]
    raw.put(keeper, take, _between(one, known.packed[other], share) if share else one)
    performances.store(keeper, take, replace(known, other=other, share=share))
    _show_in_nla(obj, take)


def forget(obj: bpy.types.Object, take: str, called: str) -> list[str]:
    """Keep a performance no longer, nor as a strip in the NLA.

    Returns:
        Sentences on what the artist changed there.

    Raises:
        UserError: it is not kept, or the line shows it.
    """
    keeper, known, one = _found(obj, take, called)
    if one in {known.shown, known.other}:
        raise UserError(f"The line shows {called}; show another take of it first.")
    performances.store(keeper, take, known.without(one))
    return nla_takes.take_back(obj, take, one.called)


def lay_in_nla(obj: bpy.types.Object, take: str, chosen: BakeOptions) -> list[str]:
    """Lay every performance of a line as a strip in the NLA, in place of those that lie there.

    Args:
        obj: what speaks.
        take: id of the line.
        chosen: how curves are made; the controls are as they were for this line.

    Returns:
        Sentences on what the artist changed in those, and on what may surprise in all of them.

    Raises:
        UserError: one of them cannot be posed; none lies in the NLA then.
    """
    keeper, name = keeper_of(obj, take), takes_of(obj)[take].name or take
    if keeper is None:
        raise UserError(_GONE)
    motion, known = raw.packed(keeper, take), _whole(keeper, take)
    notes = [*nla_takes.settle(obj, takes_of(obj)), *nla_takes.take_back(obj, take)]
    try:
        for one in known.packed:
            notes += show(obj, take, one.called, chosen).notes
            nla_takes.lay(obj, take, one.called, f"{name}: {one.called}")
    except UserError:
        nla_takes.take_back(obj, take)
        raise
    finally:
        raw.put(keeper, take, motion)
        performances.store(keeper, take, known)
        notes += _posed(obj, take, chosen).notes
    past = nla.takes_notes(keeper_of(obj, take) or keeper, takes_of(obj))  # as they lie there anew
    return [note for note in dict.fromkeys(notes) if note not in past]


def line_in_nla(obj: bpy.types.Object) -> str | None:
    """Return the id of the line whose performances lie in the NLA, or None."""
    laid = nla_takes.lines_on(obj)
    known = takes_of(obj) if laid else {}
    return next((take for take in laid if take in known), None)


def _show_in_nla(obj: bpy.types.Object, take: str) -> None:
    """Have the NLA show what a line shows, if its performances lie there."""
    known = performances.load(keeper_of(obj, take), take)
    if known.shown is not None:
        others = {known.other.called: known.share} if known.other is not None else {}
        nla_takes.show(obj, take, {known.shown.called: 1.0 - sum(others.values()), **others})


@contextmanager
def _unless_refused(keeper: bpy.types.ID, take: str) -> Iterator[None]:
    """Take back what was done to what is kept of a line if it cannot be posed."""
    motion, known = raw.packed(keeper, take), performances.load(keeper, take)
    try:
        yield
    except UserError:
        raw.put(keeper, take, motion)
        performances.store(keeper, take, known)
        raise


def _posed(obj: bpy.types.Object, take: str, chosen: BakeOptions) -> BakeReport:
    """Pose a line as it is kept now, and turn the head with it."""
    report = again.adjust(obj, take, again.as_posed(obj, take, chosen))
    _show_in_nla(obj, take)
    return replace(report, notes=(*report.notes, *turn_along(obj, take, chosen)))


def turn_along(obj: bpy.types.Object, take: str, chosen: BakeOptions) -> list[str]:
    """Turn what a line turns, the head above all, as it is kept now; return notes."""
    turning, keeper = head.turned_by(take), keeper_of(obj, take)
    kept = raw.load(keeper, take) if keeper is not None else None
    if not turning or kept is None:
        return []
    made = takes_of(obj)[take]
    shown = again.shown(kept, made, again.as_posed(obj, take, chosen))
    face = relaid.face_of_take(obj, take)
    return turn(turning, face, shown, made.heard[0], take, at_rest=True)


def _found(
    obj: bpy.types.Object, take: str, called: str
) -> tuple[bpy.types.ID, Performances, Performance]:
    """Return what keeps a line's performances, all of them, and one."""
    keeper = keeper_of(obj, take)
    known = _whole(keeper, take) if keeper is not None else Performances()
    one = known.find(called)
    if keeper is None or one is None or not known.packed[one]:
        raise UserError(_GONE)
    return keeper, known, one


def _whole(keeper: bpy.types.ID, take: str) -> Performances:
    """Return the performances of a take, with the motion of one that lies in `raw` alone."""
    known, motion = performances.load(keeper, take), raw.packed(keeper, take)
    if known.shown is None and motion:  # baked before there were others
        return Performances({Performance(): motion}, Performance())
    alone = [one for one, kept in known.packed.items() if not kept]
    return known.holding(alone[0], motion) if alone else known


def _between(one: bytes, other: bytes, share: float) -> bytes:
    """Return packed motions between two; the styles beside are the first's."""
    (mine, styles), (theirs, _) = raw.split(one), raw.split(other)
    (first, about), (second, beside) = unpack(mine), unpack(theirs)
    later = int(beside["first"]) - int(about["first"])
    return raw.join(pack(blended(first, second, share, later), about), styles)
