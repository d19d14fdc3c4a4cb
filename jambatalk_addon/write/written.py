"""What a take wrote, kept with its shape keys, so that what the artist changed since can be told.

One bytes property a take: the splines before easing, about 10 bytes a key and packed.
"""

from __future__ import annotations

import zlib

import bpy
import numpy as np
from numpy.typing import NDArray

from ...model_core.motion.curves import Curve

PROPERTY = "jambatalk_written"


def store(key: bpy.types.Key, take: str, shapes: list[str], curves: dict[str, Curve]) -> None:
    """Keep the curves of a take.

    Args:
        key: the shape keys.
        take: its id.
        shapes: names of its shapes, in its record's order.
        curves: those that move, in scene frames.
    """
    present = [curves[name] for name in shapes if name in curves]
    counts = np.array([len(curves[n].frames) if n in curves else 0 for n in shapes], "<i4")
    frames = np.concatenate([np.empty(0), *(curve.frames for curve in present)])
    numbers = [
        np.concatenate([np.empty(0), *(getattr(curve, what) for curve in present)])
        for what in ("values", "slopes")
    ]
    steps = np.diff(frames, prepend=0).astype("<i4")
    parts = [_planes(steps), *(_planes(part.astype("<f4")) for part in numbers)]
    _kept(key)[_slot(take)] = zlib.compress(b"".join([counts.tobytes(), *parts]))


def load(key: bpy.types.Key, take: str, shapes: list[str]) -> dict[str, Curve] | None:
    """Return what `store` kept of a take, or None if nothing is known (baked before 0.2)."""
    packed = key[PROPERTY].get(_slot(take)) if PROPERTY in key else None
    if packed is None:
        return None
    data = zlib.decompress(packed)
    counts = np.frombuffer(data, "<i4", len(shapes))
    rest = np.frombuffer(data, np.uint8, offset=counts.nbytes).reshape(3, 4, -1)
    steps, values, slopes = (np.ascontiguousarray(part.T) for part in rest)
    frames = np.cumsum(steps.view("<i4").ravel().astype(np.int64))
    ends = np.cumsum(counts)
    numbers = [part.view("<f4").ravel().astype(np.float64) for part in (values, slopes)]
    return {
        name: Curve(*(part[end - count : end] for part in (frames, *numbers)))
        for name, count, end in zip(shapes, counts, ends, strict=True)
        if count
    }


def copy(key: bpy.types.Key, take: str, other: str) -> None:
    """Let a part of a take know what the whole wrote."""
    packed = key[PROPERTY].get(_slot(take)) if PROPERTY in key else None
    if packed is not None:
        key[PROPERTY][_slot(other)] = packed


def keep_only(key: bpy.types.Key, takes: list[str]) -> None:
    """Forget what other takes than these wrote."""
    if PROPERTY not in key:
        return
    for take in set(key[PROPERTY].keys()) - set(map(_slot, takes)):
        del key[PROPERTY][take]
    if not takes:
        del key[PROPERTY]


def _kept(key: bpy.types.Key) -> bpy.types.bpy_struct:
    if PROPERTY not in key:
        key[PROPERTY] = {}
    return key[PROPERTY]


def _slot(take: str) -> str:
    """Return an id short enough for a property's name: those of before 0.2 were files' names."""
    return take.encode()[:60].decode(errors="ignore")


def _planes(numbers: NDArray) -> bytes:
    """Return the bytes of 4-byte numbers, first bytes first: they pack far better so."""
    return np.ascontiguousarray(numbers.view(np.uint8).reshape(-1, 4).T).tobytes()
