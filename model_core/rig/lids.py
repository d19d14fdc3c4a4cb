"""How far a blink must go on one mesh for its lids to meet, from the mesh and its blink alone.

No vertex numbers are known. The upper lid is what a blink brings down, the lower lid what stays
below it; both are cut across the eye at a few places, and each cut tells how far apart the two
edges are at weight 0 and at weight 1. Offsets are linear in a weight, so the gap is too, and the
weight that closes it is a division.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import Array, Flags, Floats, Ints
from .gaze import SIDES
from .mesh import components, unique_edges
from .topology import EYEBALLS

BLINKS = tuple(f"eyeBlink{side}" for side in SIDES)
LEAST, MOST = 0.6, 1.5
"""Bounds of a weight that closes; a blink that needs another is none to speak of."""

_UPPER, _LOWER = 0.4, 0.3  # shares of the largest offset: what comes down, and what stays
_MIDDLE = 0.8  # share of the upper lid's width that is looked at: at its ends the lids are one
_CUTS = 13
_DEPTH = 0.4  # of the largest offset: what lies farther back than the lid is the socket's inside
_CLEARANCE, _SUNK = 0.0003, 0.0012  # metres over an eyeball, and under its surface
_MOVED = 0.1  # of the largest offset; what moves less is none of the lids
_OVERLAP = 0.01  # of the largest offset: edges that just touch let light through


@dataclass(frozen=True)
class LidGaps:
    """How far apart a mesh's lids are at C cuts across one eye; below zero past each other.

    Attributes:
        rest: (C,) at weight 0, in the mesh's unit.
        closed: (C,) at weight 1.
        size: the largest offset of the blink.
    """

    rest: Floats
    closed: Floats
    size: float

    @property
    def closing_weight(self) -> float:
        """The weight at which the lids meet at every cut; 1 where there is nothing to close."""
        if not len(self.rest):
            return 1.0
        needed = (self.rest + _OVERLAP * self.size) / (self.rest - self.closed)
        return float(np.clip(needed.max(), LEAST, MOST))


_NOTHING = LidGaps(np.empty(0), np.empty(0), 0.0)


def lid_gaps(points: Array | Floats, edges: Ints, blink: Array | Floats) -> LidGaps:
    """Measure the lids of one eye.

    Args:
        points: (V, 3) the mesh at rest, in any unit and axes.
        edges: (E, 2) its edges.
        blink: (V, 3) offsets at weight 1.

    Returns:
        No cuts if the offsets are no blink: nothing comes down, or it meets nothing.
    """
    offset = np.asarray(blink, np.float64)
    size = np.linalg.norm(offset, axis=1)
    if not size.any():
        return _NOTHING
    edges = _skin(edges, size > _UPPER * size.max())
    top = float(size[edges].max())  # lashes go farther
    upper, lower = (
        edges[lid[edges].all(axis=1)] for lid in (size > _UPPER * top, size < _LOWER * top)
    )
    if len(upper) < _CUTS or not len(lower):
        return _NOTHING
    axes = _axes(np.asarray(points, np.float64), offset, np.unique(upper))
    place, offset = np.asarray(points, np.float64) @ axes.T, offset @ axes.T
    span = place[np.unique(upper), 0]
    margin = (1 - _MIDDLE) / 2 * np.ptp(span)
    cuts = np.linspace(span.min() + margin, span.max() - margin, _CUTS)
    found = [_gap(place, offset, upper, lower, at, top) for at in cuts]
    pairs = np.array([gap for gap in found if gap is not None]).reshape(-1, 2)
    pairs = pairs[pairs[:, 0] - pairs[:, 1] > _LOWER * top]
    return LidGaps(pairs[:, 0], pairs[:, 1], top)


def _skin(edges: Ints, moving: Flags) -> Ints:
    """Return the edges of the largest part of a mesh that a blink moves: no eyeballs, no lashes."""
    parts = components(edges, len(moving))
    touched = np.unique(parts[moving])
    sizes = np.bincount(parts)[touched]
    return edges[parts[edges[:, 0]] == touched[sizes.argmax()]]


def _axes(points: Floats, offset: Floats, upper: Ints) -> Floats:
    """Return (3, 3) rows: along the eye, the way the lid closes, and out of the face."""
    down = offset[upper].sum(axis=0)
    down /= np.linalg.norm(down)
    spread = points[upper] - points[upper].mean(axis=0)
    spread -= (spread @ down)[:, None] * down
    along = np.linalg.svd(spread, full_matrices=False)[2][0]
    out = np.cross(along, down)
    if (points[upper].mean(axis=0) - points.mean(axis=0)) @ out < 0:
        along, out = -along, -out
    return np.stack([along, down, out])


def _gap(
    place: Floats, offset: Floats, upper: Ints, lower: Ints, at: float, top: float
) -> tuple[float, float] | None:
    """Return the gap of a cut at weight 0 and at 1, or None where there is no lid on one side.

    It is that of the points which meet first: an edge is thick, and rolls as it comes down.
    """
    lid, still = (_cut(place, offset, lids, at) for lids in (upper, lower))
    if not len(lid):
        return None
    lid = lid[lid[:, 1] > lid[:, 1].max() - _DEPTH * top]
    edge = lid[(lid[:, 0] + lid[:, 2]).argmax()]
    below = (still[:, 0] > edge[0]) & (still[:, 0] < edge[0] + 2 * top)
    still = still[below & (still[:, 1] > edge[1] - _DEPTH * top)]
    if not len(still):
        return None
    other = still[(still[:, 0] + still[:, 2]).argmin()]
    rest = other[0] - edge[0]
    return rest, rest + other[2] - edge[2]


def _cut(place: Floats, offset: Floats, edges: Ints, at: float) -> Floats:
    """Return (N, 3) where edges cross a place along the eye: how low, how far out, what offset."""
    first, second = edges[:, 0], edges[:, 1]
    left, right = place[first, 0] - at, place[second, 0] - at
    crossing = left * right < 0
    first, second = first[crossing], second[crossing]
    part = (left[crossing] / (left[crossing] - right[crossing]))[:, None]
    both = np.column_stack([place[:, 1:], offset[:, 1]])
    return both[first] * (1 - part) + both[second] * part


def close_lids(
    points: Array, faces: NDArray[np.int32], basis: Array, names: Sequence[str]
) -> Array:
    """Return a basis whose blinks close the lids of a FLAME head of any shape at weight 1.

    Args:
        points: (V, 3) the head at rest, metres, +Y up and +Z forward.
        faces: (F, 3) FLAME's triangles.
        basis: (K, V, 3) offsets at weight 1, in the same unit.
        names: the K shapes.
    """
    fitted, edges = basis.copy(), unique_edges(faces)
    for blink, ball in zip(BLINKS, EYEBALLS, strict=True):
        if blink in names:
            k = names.index(blink)
            closed = basis[k] * np.float32(lid_gaps(points, edges, basis[k]).closing_weight)
            fitted[k] = _over_eyeball(points, closed, points[ball])
    return fitted


def _over_eyeball(points: Array, closed: Array, ball: Array) -> Array:
    """Return (V, 3) offsets of closed lids that lie on the eyeball (M, 3), not just inside it.

    What lies deeper is the lids' inner side, which nobody sees.
    """
    centre = (ball.max(axis=0) + ball.min(axis=0)) / 2
    radius = np.linalg.norm(ball - centre, axis=1).max()
    size = np.linalg.norm(closed, axis=1)
    outward = points + closed - centre
    height = np.linalg.norm(outward, axis=1)
    sunk = (height < radius + _CLEARANCE) & (height > radius - _SUNK) & (outward[:, 2] > 0)
    sunk &= size > _MOVED * size.max()
    lifted = closed.copy()
    rise = (radius + _CLEARANCE - height) / np.maximum(height, _CLEARANCE)
    lifted[sunk] += outward[sunk] * rise[sunk, None]
    return lifted
