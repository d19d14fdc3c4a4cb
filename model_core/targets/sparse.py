"""Few vertices in the place of many, for what looks again and again how far a mesh strays."""

from collections.abc import Callable, Mapping

import numpy as np

from ..base.arrays import Floats, Ints
from ..base.units import MM_PER_M
from ..motion.curves import Curve
from ..motion.motion import Motion

_SIZE = 0.005  # metres, the edge of the cubes of which one vertex each is taken
_BLOCK = 128  # frames at a time


def spread_vertices(points: Floats, motion: Motion) -> Ints:
    """Return the vertex of each small cube that a motion may carry farthest, and each shape's.

    Args:
        points: (V, 3) metres, at rest.
        motion: of these vertices, in metres.
    """
    lengths = np.linalg.norm(motion.basis, axis=2)  # (K, V)
    bound = np.abs(motion.weights).max(axis=0, initial=0.0) @ lengths
    order = np.argsort(-bound, kind="stable")
    order = order[bound[order] > 0]
    cubes = np.floor(points[order] / _SIZE).astype(np.int64)
    _, first = np.unique(cubes, axis=0, return_index=True)
    return np.union1d(order[first], lengths.argmax(axis=1))


def farthest_mm(
    motion: Motion,
    curves: Mapping[str, Curve],
    known: float,
    told: Callable[[], None] = lambda: None,
) -> float:
    """Return the farthest that curves let any vertex be from its place in a motion, in mm.

    Args:
        motion: in metres.
        curves: by the names of its shapes, frames from 0; shapes without one stay at 0.
        known: how far at least one vertex is; those that cannot be farther are not looked at.
        told: called for each block of frames.
    """
    frames, off = np.arange(motion.frames), -motion.weights.astype(np.float32)
    for column, name in enumerate(motion.names):
        if name in curves:
            off[:, column] += curves[name].at(frames).astype(np.float32)
    axes = np.ascontiguousarray(motion.basis.swapaxes(1, 2)) * np.float32(MM_PER_M)  # (K, 3, V)
    lengths, worst = np.linalg.norm(axes, axis=1), known
    for start in range(0, len(off), _BLOCK):
        told()
        block = off[start : start + _BLOCK]
        far = np.flatnonzero(np.abs(block).max(axis=0) @ lengths > worst)
        strayed = block @ axes[:, :, far].reshape(len(axes), -1)  # (T, 3 * F)
        strayed *= strayed
        squares = strayed.reshape(len(block), 3, len(far)).sum(axis=1)
        worst = max(worst, float(np.sqrt(squares.max(initial=0.0))))
    return worst
