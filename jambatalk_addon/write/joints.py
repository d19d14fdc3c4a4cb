"""Where takes meet: each has the frames at which it is heard, and eases from and to rest.

The frames at which a take is heard are its alone. Keys at rest lie outside them, up to the ease
away, nearer where another take is near; where two takes touch, one leads into the other.
"""

from __future__ import annotations

from collections.abc import Iterator

import bpy
import numpy as np

from ...model_core.motion.curves import Curve
from . import fcurves
from .fcurves import Holder
from .ownership import Record

_AT_REST = 1e-3
_NOTHING = 1e-6
_LONG_EASE = 10


def remove(holder: Holder, record: Record, take: str, *, eased: bool) -> None:
    """Remove a take from a record, and its keys; of those it eases with all, or what is at rest."""
    start, end = record.eased(take)
    made = record.takes.pop(take)
    first, last = made.heard
    drop = fcurves.drop_keys if eased else fcurves.drop_rests
    for fcurve in curves_of(holder, made.shapes):
        fcurves.drop_keys(fcurve, first, last)
        drop(fcurve, start, first - 1)
        drop(fcurve, last + 1, end)


def cut_others(holder: Holder, record: Record, take: str, first: int, last: int) -> None:
    """Key other takes where first..last parts them, so that what stays of them does not change."""
    for name in record.others_heard(take, first, last):
        heard_first, heard_last = record.takes[name].heard
        for fcurve in curves_of(holder, record.takes[name].shapes):
            if heard_first < first:
                fcurves.split_at(fcurve, first - 1)
            if heard_last > last:
                fcurves.split_at(fcurve, last + 1)


def rest_others(holder: Holder, record: Record, take: str, placed: dict[str, Curve]) -> None:
    """Keep at rest, while a take is heard, what other takes move and this one does not."""
    first, last = record.takes[take].heard
    ends = np.unique([first, last])
    rest = Curve.smooth(ends, np.zeros(len(ends)), np.zeros(len(ends)))
    for fcurve in curves_of(holder, [name for name in record.shapes if name not in placed]):
        if np.abs(fcurves.sample(fcurve, np.arange(first, last + 1))).max() > _NOTHING:
            fcurves.replace_keys(fcurve, rest, first, last)


def ease(holder: Holder, record: Record, first: int, last: int) -> None:
    """Add keys at rest before and after the takes in or beside first..last, where they lack one.

    Args:
        holder: what has the curves.
        record: the takes; how far they govern is brought up to date.
        first: first scene frame at which something changed.
        last: last scene frame at which something changed.
    """
    for name, take in record.takes.items():
        start, end = take.heard
        if start > last + 2 * take.ease or end < first - 2 * take.ease or take.start is None:
            continue
        before, after = record.free_frames(name)
        take.first = start - min(take.ease, before // 2)
        take.last = end + min(take.ease, (after + 1) // 2)
        for fcurve in curves_of(holder, take.shapes):
            _ease_edge(fcurve, start, -1, before, take.ease)
            _ease_edge(fcurve, end, 1, after, take.ease)


def _ease_edge(fcurve: bpy.types.FCurve, edge: int, step: int, free: int, frames: int) -> None:
    """Have a curve rest beyond the first or last frame of a take, unless it goes on elsewhere.

    Args:
        fcurve: a curve of the take.
        edge: the frame.
        step: -1 before the take, 1 after it.
        free: how many frames beyond the edge are no other take's.
        frames: how many of them the easing may last.
    """
    room = max(1, (free + 1) // 2)  # the rest is the neighbour's
    reach = min(room, _LONG_EASE * frames)  # the artist may have drawn the easing out
    beyond = fcurves.sample(fcurve, edge + step * np.arange(reach + 1))
    if np.abs(beyond).max() <= _AT_REST:
        return
    keyed = (fcurves.key_frames(fcurve) - edge) * step
    if not ((keyed > 0) & (keyed <= reach)).any():
        fcurves.add_rest(fcurve, edge + step * min(frames, room))


def curves_of(holder: Holder, shapes: list[str]) -> Iterator[bpy.types.FCurve]:
    """Yield the f-curves there are of shapes."""
    found = (holder.fcurves.find(fcurves.value_path(name)) for name in shapes)
    return (fcurve for fcurve in found if fcurve is not None)
