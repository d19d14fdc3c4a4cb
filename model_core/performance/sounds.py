"""Single sounds of a line made stronger, weaker or silent, after the model and without it.

What a sound does is taken as how the face differs, while it is said, from a straight way between
what is before it and after it. That difference is scaled: 0 is the sound left out, 2 twice as much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..base.arrays import Array
from ..motion.motion import Motion
from ..rig.shapes import FLAME_TOPOLOGY, UPPER_FACE
from .closing import as_closed

SILENT, AS_HEARD, STRONGEST = 0.0, 1.0, 3.0
_SHOULDER = 0.05  # seconds before and after a sound over which what is done to it fades
_TIGHTER_MM = 0.7  # what one step of strength brings closed lips together


class SoundEdit(NamedTuple):
    """A sound from ``start`` to ``end`` in seconds of its file, and how much of it there is to be.

    `gain` is a factor: 0 silences it, 1 leaves it, 2 makes it twice as strong.
    """

    start: float
    end: float
    gain: float


def with_sounds(motion: Motion, edits: Sequence[SoundEdit], rate: float, start: float) -> Motion:
    """Return a motion with some of its sounds stronger or weaker.

    Args:
        motion: of a line.
        edits: what is done to which sound.
        rate: frames of the motion a second of the file.
        start: second of the file at its first frame.
    """
    for edit in edits:
        motion = _edited(motion, edit, rate, start)
    return motion


def _edited(motion: Motion, edit: SoundEdit, rate: float, start: float) -> Motion:
    """Return a motion with one sound changed."""
    begin = (edit.start - _SHOULDER - start) * rate
    end = (edit.end + _SHOULDER - start) * rate
    first, last = max(0, int(np.floor(begin))), min(motion.frames - 1, int(np.ceil(end)))
    if last - first < 2 or edit.gain == AS_HEARD:
        return motion
    span = slice(first, last + 1)
    part = motion.weights[span]
    share = _share(np.arange(first, last + 1, dtype=np.float32), begin, end, _SHOULDER * rate)
    straight = np.linspace(part[0], part[-1], len(part)).astype(np.float32)
    spoken = np.array([not name.startswith(UPPER_FACE) for name in motion.names])
    changed = part + (edit.gain - AS_HEARD) * share[:, None] * spoken * (part - straight)
    made = replace(motion.between(first, last + 1), weights=np.maximum(changed, _least(part)))
    if edit.gain > AS_HEARD and _closes(motion):
        tighter = _TIGHTER_MM * (edit.gain - AS_HEARD)
        made = as_closed(motion.between(first, last + 1), made, tighter)
    return _put(motion, made, span)


def _share(frames: Array, begin: float, end: float, shoulder: float) -> Array:
    """Return (T,) how much of a change each frame has: all within the sound, none at its ends."""
    edge = np.minimum(frames - begin, end - frames) / max(shoulder, 1e-6)
    flat = np.clip(edge, 0.0, 1.0)
    share: Array = (flat * flat * (3.0 - 2.0 * flat)).astype(np.float32)
    return share


def _least(part: Array) -> Array:
    """Return (K,) the least that each weight may become: what it was, or 0."""
    return np.minimum(part.min(axis=0), 0.0)


def _closes(motion: Motion) -> bool:
    """Return whether it is known when the lips of a motion are closed, and what closes them."""
    return motion.topology == FLAME_TOPOLOGY and {"jawOpen", "mouthClose"} <= set(motion.names)


def _put(motion: Motion, part: Motion, span: slice) -> Motion:
    """Return a motion with other weights in some frames; the part may have more shapes."""
    new = [name for name in part.names if name not in motion.names]
    rows = [part.names.index(name) for name in new]
    names = (*motion.names, *new)
    weights = np.concatenate(
        [motion.weights, np.zeros((motion.frames, len(new)), np.float32)], axis=1
    )
    weights[span] = part.weights[:, [part.names.index(name) for name in names]]
    basis = np.concatenate([motion.basis, part.basis[rows]]) if new else motion.basis
    return replace(motion, names=names, basis=basis, weights=weights)
