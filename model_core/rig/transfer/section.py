"""A head cut from top to bottom, and what of the cut is seen from the front.

Lips that touch and lids that are open look alike here: along the line that the eye sees, the
surface goes in and comes out again, so that two points beside each other are far apart on it.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from ...base.arrays import Flags, Floats, Ints

_STEP = 0.00025  # metres between the rows looked at
_UNCONNECTED = 0.05  # metres: what two points on different pieces of a cut count as apart
_X, _Y, _Z = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Cut:
    """The S segments in which a plane of constant x meets a mesh.

    Attributes:
        start: (S, 2) y and z; ``end`` alike.
        end: (S, 2).
        way: (S, 2) metres along the chain to both.
        chain: (S) which chain of segments each is in.
        face: (S) the triangle cut.
    """

    start: Floats
    end: Floats
    way: Floats
    chain: Ints
    face: Ints


@dataclass(frozen=True, eq=False)
class FrontLine:
    """What is seen of a cut from the front: R rows from top to bottom.

    Attributes:
        y: (R) metres.
        z: (R) metres, -inf where there is nothing.
        way: (R) metres along the chain.
        chain: (R).
        face: (R) the triangle seen, -1 where there is none.
    """

    y: Floats
    z: Floats
    way: Floats
    chain: Ints
    face: Ints


@dataclass(frozen=True)
class Slit:
    """Where a front line dives behind itself.

    Attributes:
        upper: y and z of the last point seen above; ``lower`` of the first one below.
        lower: alike.
        faces: the triangles of the two.
        hidden: metres of surface between them that are not seen.
    """

    upper: tuple[float, float]
    lower: tuple[float, float]
    faces: tuple[int, int]
    hidden: float

    @property
    def y(self) -> float:
        """The height of its middle."""
        return (self.upper[0] + self.lower[0]) / 2


def cut(vertices: Floats, faces: Ints, x: float) -> Cut:
    """Cut a mesh (V, 3), (F, 3) by the plane at ``x``."""
    side = vertices[:, _X] > x
    crossed = np.flatnonzero(np.ptp(side[faces].astype(np.int8), axis=1) > 0)
    corners = faces[crossed]
    alone = side[corners].sum(axis=1) == 1
    odd = np.where(alone[:, None], side[corners], ~side[corners]).argmax(axis=1)
    rows = np.arange(len(corners))
    apex = corners[rows, odd]
    ends = [np.stack([apex, corners[rows, (odd + k) % 3]], axis=1) for k in (1, 2)]
    points = [_crossing(vertices, pair, x) for pair in ends]
    keys = [pair.min(axis=1) * len(vertices) + pair.max(axis=1) for pair in ends]
    way, chain = _chained(keys, np.linalg.norm(points[1] - points[0], axis=1))
    return Cut(points[0], points[1], way, chain, crossed)


def front_line(section: Cut, low: float, high: float) -> FrontLine:
    """Return what is seen of a cut between two heights."""
    y = np.arange(high, low, -_STEP)
    first, last = section.start[:, 0], section.end[:, 0]
    run = np.where(first == last, np.inf, last - first)
    part = (y[:, None] - first) / run
    inside = (np.minimum(first, last) <= y[:, None]) & (y[:, None] < np.maximum(first, last))
    depth = section.start[:, 1] + part * (section.end[:, 1] - section.start[:, 1])
    depth = np.where(inside, depth, -np.inf)
    if not depth.size:
        nothing = np.full(len(y), -1)
        return FrontLine(y, np.full(len(y), -np.inf), np.zeros(len(y)), nothing, nothing)
    rows, seen = np.arange(len(y)), depth.argmax(axis=1)
    way = section.way[seen, 0] + part[rows, seen] * np.diff(section.way[seen], axis=1)[:, 0]
    z = depth[rows, seen]
    face = np.where(np.isfinite(z), section.face[seen], -1)
    return FrontLine(y, z, way, section.chain[seen], face)


def find_slit(line: FrontLine, window: float, depth: float) -> Slit | None:
    """Return the place of a front line with the most surface hidden behind it, or None.

    Args:
        line: of a cut.
        window: metres above and below between which an opening lies.
        depth: metres by which the inside of an opening lies behind both its edges.
    """
    seen = np.flatnonzero(np.isfinite(line.z) & ~inside(line.z, window, depth))
    if len(seen) < 2:
        return None
    above, below = seen[:-1], seen[1:]
    straight = np.hypot(line.y[above] - line.y[below], line.z[above] - line.z[below])
    along = np.abs(line.way[above] - line.way[below])
    along = np.where(line.chain[above] == line.chain[below], along, _UNCONNECTED)
    hidden = np.minimum(along, _UNCONNECTED) - straight
    best = int(hidden.argmax())
    a, b = above[best], below[best]
    return Slit(
        upper=(float(line.y[a]), float(line.z[a])),
        lower=(float(line.y[b]), float(line.z[b])),
        faces=(int(line.face[a]), int(line.face[b])),
        hidden=float(hidden[best]),
    )


def inside(z: Floats, window: float, depth: float) -> Flags:
    """Return which rows (R) of a front line lie in an opening.

    They are farther behind, by a depth in metres, than something within the window above and
    something within it below.
    """
    reach = max(int(window / _STEP), 1)
    padded = np.pad(z, reach, constant_values=-np.inf)
    views = np.lib.stride_tricks.sliding_window_view(padded, reach)
    before, after = views[: len(z)].max(axis=1), views[reach + 1 :][: len(z)].max(axis=1)
    return z < np.minimum(before, after) - depth


def _crossing(vertices: Floats, pair: Ints, x: float) -> Floats:
    """Return (S, 2) y and z where edges (S, 2) cross a plane."""
    a, b = vertices[pair.min(axis=1)], vertices[pair.max(axis=1)]
    part = ((x - a[:, _X]) / (b[:, _X] - a[:, _X]))[:, None]
    return (a + part * (b - a))[:, _Y:]


def _chained(keys: list[Ints], lengths: Floats) -> tuple[Floats, Ints]:
    """Join segments that end on the same edge; return (S, 2) the way to their ends, and chains."""
    ends = list(zip(keys[0].tolist(), keys[1].tolist(), strict=True))
    touching = defaultdict(list)
    for segment, pair in enumerate(ends):
        for key in pair:
            touching[key].append(segment)
    way, chain = np.zeros((len(ends), 2)), np.full(len(ends), -1)
    loose = [s for s, pair in enumerate(ends) if any(len(touching[key]) == 1 for key in pair)]
    number = 0
    for first in [*loose, *range(len(ends))]:
        if chain[first] >= 0:
            continue
        a, b = ends[first]
        entry, walked, segment = (a if len(touching[a]) == 1 else b), 0.0, first
        while segment >= 0:
            chain[segment] = number
            into = int(ends[segment][1] == entry)
            way[segment, into], way[segment, 1 - into] = walked, walked + lengths[segment]
            walked += lengths[segment]
            entry = ends[segment][1 - into]
            segment = next((s for s in touching[entry] if chain[s] < 0), -1)
        number += 1
    return way, chain
