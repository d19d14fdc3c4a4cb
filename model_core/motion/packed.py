"""A motion in few bytes, to be kept beside what was made of it: about 60 kB a minute of speech.

Weights are 16-bit steps of each shape's range, as differences between frames, deflated. Shapes are
kept by name, so only motions of the face rig's shapes can be packed.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..rig.arkit import WITHOUT_SHAPE, named_basis
from ..rig.rig import load_face_rig
from .motion import TRACKS, Motion

_STEPS = 65535


def can_pack(motion: Motion) -> bool:
    """Return whether a motion moves the face rig's shapes, the tongue's channels, and no others."""
    known = set(motion.names) <= {*load_face_rig().names, *WITHOUT_SHAPE}
    return known and np.array_equal(motion.basis, named_basis(motion.names))


def pack(motion: Motion, about: Mapping[str, Any]) -> bytes:
    """Return a motion of the face rig's shapes, and what JSON can hold about it, in few bytes.

    Every weight is kept to 1/65535 of what its shape reaches.
    """
    tracks = motion.tracks()
    numbers = [motion.weights, *tracks.values()]
    columns = np.concatenate([each.reshape(motion.frames, -1) for each in numbers], axis=1)
    low, high = columns.min(axis=0, initial=0.0), columns.max(axis=0, initial=0.0)
    scale = np.maximum(high - low, 1e-9) / _STEPS
    steps = np.round((columns - low) / scale).astype(np.uint16)
    head = {
        "about": dict(about),
        "fps": motion.fps,
        "names": motion.names,
        "turns": list(tracks),
        "low": low.tolist(),
        "scale": scale.tolist(),
    }
    text = json.dumps(head).encode()
    deltas = np.diff(steps, axis=0, prepend=np.uint16(0)).astype("<u2")
    planes = np.ascontiguousarray(deltas.T).view(np.uint8).reshape(-1, 2).T
    return len(text).to_bytes(4, "little") + text + zlib.compress(planes.tobytes(), 6)


def unpack(packed: bytes) -> tuple[Motion, dict[str, Any]]:
    """Return the motion and what `pack` was told about it.

    Raises:
        ValueError: these are no such bytes.
    """
    size = int.from_bytes(packed[:4], "little")
    head = json.loads(packed[4 : 4 + size])
    low, scale = (np.array(head[name]) for name in ("low", "scale"))
    planes = np.frombuffer(zlib.decompress(packed[4 + size :]), np.uint8).reshape(2, -1)
    deltas = np.ascontiguousarray(planes.T).view("<u2").reshape(len(low), -1).T
    steps = np.cumsum(deltas, axis=0, dtype=np.uint16)
    columns = (steps * scale + low).astype(np.float32)
    names = tuple(head["names"])
    tracks = _tracks(head["turns"], columns[:, len(names) :])
    weights = columns[:, : len(names)].copy()
    motion = Motion(head["fps"], names, named_basis(names), weights)
    return replace(motion, **tracks), head["about"]


def _tracks(names: list[str], columns: Array) -> dict[str, Any]:
    """Return what there is beside the weights, from the columns behind them."""
    tracks, at = {}, 0
    for name in names:
        size = int(np.prod(TRACKS[name]))
        tracks[name] = columns[:, at : at + size].reshape(-1, *TRACKS[name]).copy()
        at += size
    return tracks
