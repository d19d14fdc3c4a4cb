"""The dark bag behind the lips, which holds teeth and tongue.

FLAME's head ends at a hole behind the lips. The bag hangs on the rim of that hole, so that it fits
any head, widens behind it round the teeth, and closes behind the tongue.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ...base.arrays import Flags, Floats, Ints
from ..mesh import border_loops
from ..rig import load_face_rig
from .fit import CLEARANCE, FittedMouth
from .parts import MOUTH_CENTRE
from .room import Room


class _Ring(NamedTuple):
    """A ring round the demo head's mouth: metres, and what share of the lips it follows."""

    forward: float
    side: float
    up: float
    down: float
    lips: float


_RINGS = (
    _Ring(0.042, 0.034, 0.022, 0.022, 0.5),
    _Ring(0.024, 0.041, 0.032, 0.028, 0.1),
    _Ring(-0.012, 0.043, 0.032, 0.028, 0.0),
    _Ring(-0.040, 0.032, 0.026, 0.022, 0.0),
)
_BOTTOM = (0.0, -0.048, -0.052)
_INWARD = 3  # times that what lacks room is drawn in
_JAW = -0.004  # metres from the middle's height: what is below follows the jaw


@dataclass(frozen=True, eq=False)
class Cavity:
    """A bag of V vertices, those of the rim first.

    Attributes:
        points: (V, 3) in the head's space.
        faces: polygons.
        lips: (V,) how much each vertex follows the lips.
        jaw: (V,) whether it follows the jaw; else the skull.
    """

    points: Floats
    faces: list[tuple[int, ...]]
    lips: Floats
    jaw: Flags


@lru_cache(maxsize=1)
def rim() -> Ints:
    """Return FLAME's vertices round the hole behind the lips, in order."""
    rig = load_face_rig()
    loops = border_loops(rig.faces)
    return next(loop for loop in loops if np.isin(loop, rig.regions["oral"]).all())


def make_cavity(head: Floats, fitted: FittedMouth) -> Cavity:
    """Return the bag for a head (V, 3) in metres, whose mouth is fitted."""
    edge = head[rim()]
    inner = (edge - fitted.shift) @ np.linalg.inv(fitted.matrix).T - MOUTH_CENTRE
    turn = np.arctan2(inner[:, 1], inner[:, 0])
    rings = [_around(ring, turn) for ring in _RINGS]
    behind = np.vstack([*rings, _BOTTOM])
    heights = np.concatenate([inner[:, 1], behind[:, 1] - MOUTH_CENTRE[1]])
    jaw = heights < _JAW
    behind = _drawn_in(behind @ fitted.matrix.T + fitted.shift, jaw[len(edge) :], fitted.room)
    counts = [len(edge)] * (len(_RINGS) + 1)
    return Cavity(
        points=np.vstack([edge, behind]),
        faces=_faces(len(edge), len(_RINGS) + 1),
        lips=np.append(np.repeat([1.0, *(ring.lips for ring in _RINGS)], counts), 0.0),
        jaw=jaw,
    )


def _drawn_in(points: Floats, jaw: Flags, room: Room) -> Floats:
    """Return points (N, 3), of which some (N,) follow the jaw, drawn within the skin."""
    for _ in range(_INWARD):
        lacking = np.maximum(CLEARANCE - room.depth(points, jaw), 0.0)
        points = points - lacking[:, None] * room.outward(points)
    return points


def _around(ring: _Ring, turn: Floats) -> Floats:
    """Return the (N, 3) points of a ring at angles (N,) from the side of the left."""
    height = np.where(np.sin(turn) > 0, ring.up, ring.down) * np.sin(turn)
    x, y = ring.side * np.cos(turn), MOUTH_CENTRE[1] + height
    return np.stack([x, y, np.full_like(x, ring.forward)], axis=1)


def _faces(count: int, rings: int) -> list[tuple[int, ...]]:
    """Return the faces between rings of so many vertices, and those that close the last one."""
    after = [*range(1, count), 0]
    faces: list[tuple[int, ...]] = [
        (ring + here, ring + after[here], ring + count + after[here], ring + count + here)
        for ring in range(0, (rings - 1) * count, count)
        for here in range(count)
    ]
    last, bottom = (rings - 1) * count, rings * count
    return [*faces, *((last + here, last + after[here], bottom) for here in range(count))]
