"""What a take wrote, kept with its shape keys, so that what the artist changed since can be told.

One bytes property a take: the splines before easing, about 12 bytes a key and packed.
"""

from __future__ import annotations

import zlib

import bpy
import numpy as np
from numpy.typing import NDArray

from ...model_core.motion.curves import Curve
from .kept_bytes import TAKES, Part

_NUMBERS = ("values", "arriving", "leaving")  # of a `Curve`, beside its frames


def store(
    key: bpy.types.ID,
    take: str,
    shapes: list[str],
    curves: dict[str, Curve],
    carried: dict[str, Curve],
) -> None:
    """Keep the curves of a take, in few bytes.

    Args:
        key: the shape keys.
        take: its id.
        shapes: names of its shapes, in its record's order.
        curves: those that move, in scene frames.
        carried: what of the artist's is in them, a value at each frame where there is something.
    """
    TAKES.put(key, Part.CURVES.slot(take), _pack(shapes, curves))
    TAKES.put(key, Part.CARRIED.slot(take), _pack(shapes, carried) if carried else None)


def store_at_once(
    key: bpy.types.Key, take: str, shapes: list[str], curves: dict[str, Curve]
) -> None:
    """Keep other curves of a take, in more bytes and a hundredth of the time."""
    TAKES.put(key, Part.CURVES.slot(take), _pack(shapes, curves, level=0))


def _pack(shapes: list[str], curves: dict[str, Curve], level: int = -1) -> bytes:
    present = [curves[name] for name in shapes if name in curves]
    counts = np.array([len(curves[n].frames) if n in curves else 0 for n in shapes], "<i4")
    frames = np.concatenate([np.empty(0), *(curve.frames for curve in present)])
    numbers = [
        np.concatenate([np.empty(0), *(getattr(curve, what) for curve in present)])
        for what in _NUMBERS
    ]
    steps = np.diff(frames, prepend=0).astype("<i4")
    parts = [_planes(steps), *(_planes(part.astype("<f4")) for part in numbers)]
    return zlib.compress(b"".join([counts.tobytes(), *parts]), level)


def load(key: bpy.types.ID, take: str, shapes: list[str]) -> dict[str, Curve] | None:
    """Return what `store` kept of a take, or None if nothing is known (baked before 0.2)."""
    packed = TAKES.get(key, Part.CURVES.slot(take))
    return None if packed is None else _unpack(packed, shapes)


def load_carried(key: bpy.types.ID, take: str, shapes: list[str]) -> dict[str, Curve]:
    """Return what of the artist's is in the curves of a take."""
    packed = TAKES.get(key, Part.CARRIED.slot(take))
    return {} if packed is None else _unpack(packed, shapes)


def _unpack(packed: bytes, shapes: list[str]) -> dict[str, Curve]:
    data = zlib.decompress(packed)
    counts = np.frombuffer(data, "<i4", len(shapes))
    rest = np.frombuffer(data, np.uint8, offset=counts.nbytes)
    planes = rest.reshape(-1, 4, counts.sum()) if len(rest) else np.empty((4, 4, 0), np.uint8)
    steps, *parts = (np.ascontiguousarray(part.T) for part in planes)
    frames = np.cumsum(steps.view("<i4").ravel().astype(np.int64))
    ends = np.cumsum(counts)
    numbers = [part.view("<f4").ravel().astype(np.float64) for part in parts]
    if len(numbers) < len(_NUMBERS):  # from before curves had corners
        numbers.append(numbers[-1])
    places = zip(shapes, map(slice, ends - counts, ends), strict=True)
    return {
        name: Curve(frames[place], *(part[place] for part in numbers))
        for name, place in places
        if place.stop > place.start
    }


def copy(key: bpy.types.ID, take: str, other: str) -> None:
    """Let a part of a take know what the whole wrote."""
    for part in Part:
        packed = TAKES.get(key, part.slot(take))
        if packed is not None:
            TAKES.put(key, part.slot(other), packed)


def keep_only(key: bpy.types.ID, takes: list[str]) -> None:
    """Forget what other takes than these wrote."""
    TAKES.keep_only(key, [part.slot(take) for take in takes for part in Part])


def _planes(numbers: NDArray) -> bytes:
    """Return the bytes of 4-byte numbers, first bytes first: they pack far better so."""
    return np.ascontiguousarray(numbers.view(np.uint8).reshape(-1, 4).T).tobytes()
