"""How our shape keys are known again: by what they do, when the artist renames or sculpts them.

A print of a key is a few projections of its points and of its offsets. Blender renames the data
paths of curves and drivers with a key, but a shape key has no properties to carry an id.
"""

from __future__ import annotations

from functools import lru_cache

import bpy
import numpy as np
from numpy.typing import NDArray

from ...model_core.motion.curves import Curve
from . import fcurves, ownership, written
from .ownership import Record
from .points import points

_PROJECTIONS = 4
_ROUNDING = 1e-6  # of float32, with a margin
_SAME = 1e-4
_HALF = 0.5
_DIGITS = 4

Print = list[list[float]]
"""Projections of a key's points, and of its offsets from the reference key."""


def print_of(points: NDArray[np.float32], reference: NDArray[np.float32]) -> Print:
    """Return the print of a key, from (V, 3) points."""
    rays = _rays(points.size)
    parts = (points.ravel(), (points - reference).ravel())
    return [[float(f"{value:.7g}") for value in rays @ part.astype(np.float64)] for part in parts]


@lru_cache(maxsize=4)
def _rays(size: int) -> NDArray[np.float64]:
    return np.random.default_rng(0).standard_normal((_PROJECTIONS, size))


def is_same(one: Print, other: Print) -> bool:
    """Return whether two keys have the same points, or the same offsets from a changed reference.

    Points that differ by rounding alone are the same; a key without a print is like no other.
    """
    if not (one and other):
        return False
    noise = _ROUNDING * _largest(one[0])
    apart = [
        max(abs(a - b) for a, b in zip(*pair, strict=True)) for pair in zip(one, other, strict=True)
    ]
    return apart[0] <= noise or apart[1] <= max(noise, _SAME * _largest(one[1]))


def _largest(numbers: list[float]) -> float:
    return max(map(abs, numbers))


def known_now(key: bpy.types.Key) -> Record:
    """Return the record on shape keys by the names they have now; an empty one if there is none."""
    record = ownership.read_key(key) or Record()
    if any(name not in key.key_blocks for name in record.shapes):
        follow_renames(key, record)
    return record


def follow_renames(key: bpy.types.Key, record: Record) -> None:
    """Bring the names in a record up to what the artist calls the keys now."""
    if not record.prints:
        return
    found = _prints(key)
    renamed = {
        name: new
        for name in record.shapes
        if (new := _find(name, record, found) or _find_by_curve(key, name, record, found))
    }
    for take in record.takes.values():
        take.wishes = [_wish(wish, name, renamed, record) for wish, name in take.called.items()]
        take.shapes = [renamed.get(name, name) for name in take.shapes]
    record.driven = {renamed.get(name, name): kept for name, kept in record.driven.items()}
    record.prints = {renamed.get(name, name): kept for name, kept in record.prints.items()}
    record.ranges = {renamed.get(name, name): kept for name, kept in record.ranges.items()}


def _wish(wish: str, name: str, renamed: dict[str, str], record: Record) -> str:
    """Return what a shape is called by whoever wants it: an own key by the name it has now."""
    return renamed.get(name, name) if name in record.driven else wish


def sculpted(key: bpy.types.Key, record: Record) -> list[str]:
    """Return the names of keys that bakes made and whose shape the artist changed.

    Renames are followed already.
    """
    found = _prints(key) if record.prints else {}
    return [
        name
        for name, made in record.prints.items()
        if name in found and name in record.made_shapes and not is_same(made, found[name])
    ]


def _prints(key: bpy.types.Key) -> dict[str, Print]:
    reference = points(key.reference_key)
    others = [block for block in key.key_blocks if block != key.reference_key]
    return {block.name: print_of(points(block), reference) for block in others}


def _find(name: str, record: Record, found: dict[str, Print]) -> str | None:
    """Return what a key of ours is called now, or None if it cannot be told."""
    made = record.prints.get(name)
    if made is None or (name in found and is_same(made, found[name])):
        return name
    if _largest(made[1]) <= _ROUNDING * _largest(made[0]):
        return name  # it moves nothing, as other keys may
    for other, its_print in found.items():
        own = record.prints.get(other)
        if is_same(made, its_print) and not (own and is_same(own, its_print)):
            return other
    return name if name in found else None


def _find_by_curve(
    key: bpy.types.Key, name: str, record: Record, found: dict[str, Print]
) -> str | None:
    """Return what a key that is both renamed and sculpted is called: its curve went with it."""
    holder = fcurves.find_holder(key)
    if holder is None:
        return None
    wrote = [
        curves[name]
        for take, made in record.takes.items()
        if name in made.shapes and name in (curves := written.load(key, take, made.shapes) or {})
    ]
    for other in found.keys() - set(record.shapes):
        fcurve = holder.fcurves.find(fcurves.value_path(other))
        keys = fcurves.read_keys(fcurve)["co"] if fcurve is not None else np.empty((0, 2))
        if any(_share(keys, curve) > _HALF for curve in wrote):
            return other
    return None


def _share(keys: NDArray, curve: Curve) -> float:
    """Return how many of a curve's keys are among some, 0..1."""
    there = {(round(float(frame)), round(float(value), _DIGITS)) for frame, value in keys}
    same = [
        (int(frame), round(float(np.float32(value)), _DIGITS)) in there
        for frame, value in zip(curve.frames, curve.values, strict=True)
    ]
    return float(np.mean(same))
