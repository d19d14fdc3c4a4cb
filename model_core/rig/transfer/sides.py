"""Which side of an opening each vertex of a skin is on: upper lip or lower, upper lid or lower."""

from dataclasses import dataclass

import numpy as np

from ...base.arrays import Floats, Ints
from .anatomy import nearer_side
from .features import Opening
from .paths import geodesic

_SEED_SHARE = 0.35  # of the width on either side of the middle: the two are apart there


@dataclass(frozen=True, eq=False)
class Sides:
    """The two sides of an opening.

    Attributes:
        side: (N) +1 above, -1 below, 0 for neither.
        distance: (N) metres over the skin to the nearer side's edge in the middle, inf if far.
        to_seam: (N) metres over the skin to the edge of either side, inf if far.
    """

    side: Ints
    distance: Floats
    to_seam: Floats


def tell_sides(opening: Opening | None, vertices: Floats, faces: Ints, reach: float) -> Sides:
    """Return the sides of an opening of a skin (N, 3), (F, 3), within a reach in metres."""
    count = len(vertices)
    far = np.full(count, np.inf)
    if opening is None:
        return Sides(np.zeros(count, np.int64), far, far)
    upper, lower, _ = _seeds(opening)
    if not len(upper) or not len(lower):
        return Sides(np.zeros(count, np.int64), far, far)
    near = faces[(np.abs(vertices - opening.upper.mean(axis=0)) < reach).all(axis=1)[faces].all(1)]
    side, distance = nearer_side(vertices, near, upper, lower, reach)
    to_seam = geodesic(vertices, near, np.unique(opening.triangles), reach)
    return Sides(side, distance, to_seam)


def shared_share(opening: Opening) -> float:
    """Return which share of the vertices at an opening's middle is of both sides, 0 to 1.

    Where triangles are as large as the lips are high, they reach from the one to the other.
    """
    upper, lower, both = _seeds(opening)
    return len(both) / max(1, len(upper) + len(lower) + len(both))


def _seeds(opening: Opening) -> tuple[Ints, Ints, Ints]:
    """Return the vertices about the middle that are above, below, and both."""
    middle = np.abs(opening.x - np.median(opening.x)) <= _SEED_SHARE * opening.width
    upper, lower = (np.unique(corners[middle]) for corners in opening.triangles)
    both = np.intersect1d(upper, lower)
    return np.setdiff1d(upper, both), np.setdiff1d(lower, both), both


def shares(sides: Sides, reach: float, upper: float) -> tuple[Floats, Floats]:
    """Return what a vertex above (N) and one below take of a correction that fades in ``reach``.

    Args:
        sides: of the opening.
        reach: metres.
        upper: what those above take at the seam; those below take the rest.
    """
    step = np.clip(1.0 - sides.to_seam / reach, 0.0, 1.0)
    fade = step * step * (3.0 - 2.0 * step)
    return upper * fade * (sides.side > 0), (1 - upper) * fade * (sides.side < 0)
