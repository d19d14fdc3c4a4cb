"""The line of the lips, followed over a mesh's faces: where what opens the mouth tears it apart.

The face is cut from top to bottom in many places. Along what is seen of a cut from the front, skin
stretches, but from the upper lip to the lower the fall of the jaw jumps. That holds for a mouth of
ten vertices as for one of ten thousand, since the cuts go through faces, not through vertices.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..base.arrays import Floats, Ints
from ..rig.transfer.closest import SurfacePoints, barycentric_of_closest
from ..rig.transfer.section import cut, front_line, inside

_BREADTH = 0.0677  # metres of FLAME that go with the jaw: the size at which faces are cut
_CUTS = 81
_MOVES, _FALLS, _OPENS = 0.05, 0.25, 0.45  # of the farthest fall
_AROUND = 0.3  # of the falling part's size, how far about it faces are looked at
_OPENING = (0.012, 0.004)  # metres: how high and deep a mouth's inside is at rest
_SKIN = 0.15  # of all that is seen, the least that a piece of skin makes up
_STEEP = 8.0  # what parts, as a share of the farthest fall, over its gap as a share of the breadth
_REACH, _DEEP = 0.12, 0.24  # of the breadth, how far apart the lips may be at rest, up and ahead
_FEWEST = 5


@dataclass(frozen=True, eq=False)
class LipLine:
    """P places from the character's right to its left where the lips part.

    Attributes:
        column: (P) the number of the cut or column each is in.
        upper: the points of the upper lip on the mesh; ``lower`` those of the lower.
        lower: alike.
        places: (P, 2, 3) of both, along the face's left, up and forward.
        parting: (P) by how far they part.
        breadth: of what opens, in the mesh's units.
    """

    column: Ints
    upper: SurfacePoints
    lower: SurfacePoints
    places: Floats
    parting: Floats
    breadth: float

    def at(self, rows: Ints) -> "LipLine":
        """Return some of its places."""
        upper, lower = (
            SurfacePoints(lip.corners[rows], lip.weights[rows]) for lip in (self.upper, self.lower)
        )
        places, parting = self.places[rows], self.parting[rows]
        return LipLine(self.column[rows], upper, lower, places, parting, self.breadth)


class _Seen(NamedTuple):
    """The R points of a cut that are seen from the front, from top to bottom.

    Attributes:
        points: (R, 3).
        corners: (R, 3) of the triangles they lie on.
        weights: (R, 3) where on these.
        fall: (R) by how far they go down.
    """

    points: Floats
    corners: Ints
    weights: Floats
    fall: Floats

    def only(self, rows: Ints) -> "_Seen":
        """Return some of them."""
        return _Seen(self.points[rows], self.corners[rows], self.weights[rows], self.fall[rows])


def follow_lips(places: Floats, faces: Ints, fall: Floats, component: Ints) -> LipLine | None:
    """Return the line of the lips, or None if there are too few places where anything parts.

    Args:
        places: (V, 3) along the face's left, up and forward, in any unit.
        faces: (F, 3).
        fall: (V) by how far each vertex goes down when the mouth opens, in that unit.
        component: (V) the connected piece each is in.
    """
    cuts = _cuts(places, faces, fall)
    if not cuts:
        return None
    top = max(float(seen.fall.max()) for seen in cuts)
    opened = [seen.points[0, 0] for seen in cuts if seen.fall.max() > _OPENS * top]
    breadth = float(max(opened) - min(opened))
    votes = np.bincount(np.concatenate([component[seen.corners[:, 0]] for seen in cuts]))
    skin = np.flatnonzero(votes >= _SKIN * votes.sum())
    rows = []
    for number, seen in enumerate(cuts):
        own = seen.only(np.flatnonzero(np.isin(component[seen.corners[:, 0]], skin)))
        at = _tear(own, top, breadth)
        if at is not None:
            rows.append((number, own, at))
    return _line(rows, breadth) if len(rows) >= _FEWEST else None


def _cuts(places: Floats, faces: Ints, fall: Floats) -> list[_Seen]:
    """Return what is seen of cuts through the part of a face that goes down."""
    high = fall > _MOVES * fall.max()
    falling = fall > _FALLS * np.percentile(fall[high], 98)
    low, up = places[falling].min(axis=0), places[falling].max(axis=0)
    around = _AROUND * (up - low)
    near = ((places > low - around) & (places < up + around)).all(axis=1)
    faces, unit = faces[near[faces].any(axis=1)], (up[0] - low[0]) / _BREADTH
    if unit <= 0 or not len(faces):
        return []
    found = []
    for x in np.linspace(low[0], up[0], _CUTS + 2)[1:-1]:
        line = front_line(cut(places / unit, faces, x / unit), low[1] / unit, up[1] / unit + 0.012)
        rows = np.flatnonzero(np.isfinite(line.z) & ~inside(line.z, *_OPENING))
        if len(rows) > 1:
            points = unit * np.column_stack(
                [np.full(len(rows), x / unit), line.y[rows], line.z[rows]]
            )
            corners = faces[line.face[rows]]
            weights = barycentric_of_closest(points, places[corners])
            found.append(_Seen(points, corners, weights, (weights * fall[corners]).sum(axis=1)))
    return found


def _tear(seen: _Seen, top: float, breadth: float) -> int | None:
    """Return after which of a cut's points the fall jumps most, steeper than skin stretches."""
    if len(seen.fall) < 2:
        return None
    parting = np.diff(seen.fall)
    gap = np.abs(np.diff(seen.points, axis=0))
    near = gap[:, 1] < breadth * np.minimum(parting / (top * _STEEP), _REACH)
    near &= gap[:, 2] < _DEEP * breadth
    return int(np.where(near, parting, -1.0).argmax()) if near.any() else None


def _line(rows: list[tuple[int, _Seen, int]], breadth: float) -> LipLine:
    """Return the line through the places of some cuts (number, what is seen, after which point)."""
    lips = [
        SurfacePoints(
            np.stack([seen.corners[at + below] for _, seen, at in rows]),
            np.stack([seen.weights[at + below] for _, seen, at in rows]),
        )
        for below in (0, 1)
    ]
    return LipLine(
        column=np.array([number for number, _, _ in rows]),
        upper=lips[0],
        lower=lips[1],
        places=np.stack([seen.points[at : at + 2] for _, seen, at in rows]),
        parting=np.array([seen.fall[at + 1] - seen.fall[at] for _, seen, at in rows]),
        breadth=breadth,
    )
