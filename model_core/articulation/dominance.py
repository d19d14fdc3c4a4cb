"""Coarticulation: blend the targets of neighbouring phones by their dominance over time.

After Cohen and Massaro (1993) a parameter's value is the mean of all phones' targets weighted by
dominance functions. Theirs are negative exponentials that never end; these are raised cosines
that do, so that lips truly rest in a pause and a phone's influence has a stated reach.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import Floats

SHOULDER_SHARE = 0.30
SHOULDER_LIMIT = 0.060
_EMPTY = 1e-9


@dataclass(frozen=True)
class Segments:
    """N segments in time order and without gaps, with G gestures each.

    Attributes:
        start, end: (N,) seconds.
        targets: (N, G).
        strength: (N, G) dominance inside the segment.
        before, after: (N, G) seconds that the dominance reaches beyond the segment's edges.
    """

    start: Floats
    end: Floats
    targets: Floats
    strength: Floats
    before: Floats
    after: Floats


def blend(segments: Segments, time: Floats) -> Floats:
    """Dominance-weighted targets (T, G) at `time` (T,) in seconds."""
    current = np.clip(
        np.searchsorted(segments.start, time, "right") - 1, 0, len(segments.start) - 1
    )
    weighted = np.zeros((len(time), segments.targets.shape[1]))
    total = np.full_like(weighted, _EMPTY)
    for offset in _offsets(segments, time, current):
        index = current + offset
        inside = (index >= 0) & (index < len(segments.start))
        index = np.clip(index, 0, len(segments.start) - 1)
        dominance = _dominance(segments, index, time) * inside[:, None]
        weighted += dominance * segments.targets[index]
        total += dominance
    return weighted / total


def _offsets(segments: Segments, time: Floats, current: NDArray[np.intp]) -> range:
    """Steps from a frame's own segment to the furthest ones whose dominance reaches it."""
    ahead = np.searchsorted(segments.start, time + segments.before.max(), "right") - 1 - current
    behind = current - np.searchsorted(segments.end, time - segments.after.max(), "right")
    return range(-int(max(behind.max(), 0)), int(max(ahead.max(), 0)) + 1)


def _dominance(segments: Segments, index: NDArray[np.intp], time: Floats) -> Floats:
    """Dominance (T, G) at each frame of the segment that `index` (T,) names for it.

    Full in the segment's core, it falls as a raised cosine over the segment's shoulder and on
    over its reach into the neighbours.
    """
    start, end = segments.start[index], segments.end[index]
    shoulder = np.minimum(SHOULDER_SHARE * (end - start), SHOULDER_LIMIT)
    early = np.maximum(start + shoulder - time, 0.0)[:, None]
    late = np.maximum(time - (end - shoulder), 0.0)[:, None]
    distance = early / (shoulder[:, None] + segments.before[index]) + late / (
        shoulder[:, None] + segments.after[index]
    )
    falling = 0.5 + 0.5 * np.cos(np.pi * np.minimum(distance, 1.0))
    blended: Floats = segments.strength[index] * falling
    return blended
