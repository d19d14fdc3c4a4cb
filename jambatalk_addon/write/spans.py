"""Frames of f-curves that takes have on what has no shape keys: given away, and told if changed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Protocol

import bpy
import numpy as np

from . import fcurves, ownership


class Spanned(Protocol):
    """What of a data-block's animation is ours.

    Attributes:
        spans: first and last scene frames keyed, by the id of the take.
        prints: digest of the keys as they were written, by the id of the take.
        made_animation: the object's animation data is ours.
    """

    spans: dict[str, list[list[int]]]
    prints: dict[str, str]
    made_animation: bool

    @property
    def paths(self) -> Collection[str]:
        """Data paths of the channels."""


def curves_of(holder: fcurves.Holder, record: Spanned) -> list[bpy.types.FCurve]:
    """Return the f-curves of a record's channels."""
    paths = set(record.paths)
    return [fcurve for fcurve in holder.fcurves if fcurve.data_path in paths]


def give_way(holder: fcurves.Holder, record: Spanned, first: int, last: int) -> None:
    """Take frames from other takes that are keyed there; what stays of them does not change."""
    for fcurve in curves_of(holder, record):
        fcurves.split_at(fcurve, first - 1)
        fcurves.split_at(fcurve, last + 1)
    for take, spans in record.spans.items():
        left = [
            part
            for start, end in spans
            for part in ([start, min(end, first - 1)], [max(start, last + 1), end])
            if part[0] <= part[1]
        ]
        if left != spans:
            record.spans[take] = left
            for fcurve in curves_of(holder, record):
                fcurves.drop_keys(fcurve, first, last)
            record.prints[take] = print_of(holder, record, take)


def drop(
    obj: bpy.types.ID,
    called: str,
    record: Spanned,
    takes: Collection[str],
    *,
    copy: bool = True,
) -> tuple[list[str], fcurves.Holder | None]:
    """Remove the keys of some takes, and what is remembered of them.

    Args:
        obj: what is animated.
        called: what the artist is told has changed.
        record: what of it is ours.
        takes: ids, all in the record.
        copy: keep what the artist changed in a copy of the action.

    Returns:
        A sentence on changes that are kept in a copy, or nothing; and what has the f-curves.
    """
    notes, holder = [], fcurves.find_holder(obj)
    if holder is not None:
        notes = _keep_edits(obj, called, record, holder, takes) if copy else []
        for fcurve in curves_of(holder, record):
            for first, last in (span for take in takes for span in record.spans[take]):
                fcurves.drop_keys(fcurve, first, last)
    for take in takes:
        del record.spans[take]
        record.prints.pop(take, None)
    return notes, holder


def remove_empty(obj: bpy.types.ID, holder: fcurves.Holder | None, record: Spanned) -> None:
    """Take our empty curves off, with an action of ours that has nothing else in it."""
    if holder is not None:
        for fcurve in curves_of(holder, record):
            if not len(fcurve.keyframe_points):
                holder.fcurves.remove(fcurve)
        fcurves.remove_empty_group(holder)
        action = obj.animation_data.action
        if not len(holder.fcurves) and ownership.is_marked(action):
            obj.animation_data.action = None
            if not action.users:
                bpy.data.actions.remove(action)
    data = obj.animation_data
    if record.made_animation and data and not (data.action or data.drivers or data.nla_tracks):
        obj.animation_data_clear()


def _keep_edits(
    obj: bpy.types.ID,
    called: str,
    record: Spanned,
    holder: fcurves.Holder,
    takes: Collection[str],
) -> list[str]:
    """Copy the action if the artist has changed keys that go; say so."""
    changed = [take for take in takes if print_of(holder, record, take) != record.prints.get(take)]
    action = obj.animation_data.action
    if not changed or action is None:
        return []
    copied = action.copy()
    copied.use_fake_user = True
    ownership.unmark(copied)
    return [f"Your changes to how {called} are kept in '{copied.name}'."]


def print_of(holder: fcurves.Holder, record: Spanned, take: str) -> str:
    """Return a digest of the keys of a take."""
    digest = hashlib.sha256()
    for fcurve in curves_of(holder, record):
        places = fcurves.read_keys(fcurve)["co"]
        for first, last in record.spans[take]:
            within = places[(places[:, 0] >= first) & (places[:, 0] <= last)]
            digest.update(np.round(within.astype(np.float64), 4).tobytes())
    return digest.hexdigest()[:16]
