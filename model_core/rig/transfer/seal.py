"""Lips and lids exact: each shape parts them as far as FLAME's, and sealed ones not at all.

The places where the two are seen to meet, cut by cut, say how far a shape really parts them there;
what that lacks is shared between the two sides and fades away over the skin.
"""

from dataclasses import dataclass

import numpy as np

from ...base.arrays import Array, Floats
from .closest import SurfacePoints, barycentric_of_closest
from .features import Opening

_RELUCTANCE = 0.01  # of the mean response's square, where large triangles lie on both sides
_CORNER = 0.10  # share of the width at each end where both sides are one


@dataclass(frozen=True, eq=False)
class Seam:
    """P pairs of points that face each other across an opening.

    Attributes:
        x: (P) metres, rising.
        upper: the points above, on the skin's triangles; ``lower`` those below.
        lower: alike.
        weights: (P) 1 along the opening, falling to 0 at its corners.
        gap: (P, 3) upper less lower at rest, metres.
    """

    x: Floats
    upper: SurfacePoints
    lower: SurfacePoints
    weights: Floats
    gap: Floats

    def parting(self, offsets: Array) -> Floats:
        """Return (..., P, 3) how far offsets (..., N, 3) part the two sides."""
        values = offsets.astype(np.float64)
        return self.upper.sample(values) - self.lower.sample(values)


def seam_of(opening: Opening, vertices: Floats) -> Seam:
    """Return the pairs along an opening of a skin with vertices (N, 3)."""
    upper, lower = (
        SurfacePoints(corners, barycentric_of_closest(points, vertices[corners]))
        for points, corners in zip((opening.upper, opening.lower), opening.triangles, strict=True)
    )
    span = (opening.x - opening.x[0]) / max(float(np.ptp(opening.x)), 1e-9)
    inward = np.clip(np.minimum(span, 1 - span) / _CORNER, 0.0, 1.0)
    return Seam(opening.x, upper, lower, inward, opening.upper - opening.lower)


def seal(
    offsets: Array,
    wanted: Floats,
    seam: Seam,
    places: Floats,
    shares: tuple[Floats, Floats],
) -> Array:
    """Return (K, N, 3) offsets that part a seam as wanted.

    Args:
        offsets: of K shapes.
        wanted: (K, P, 3) upper less lower offset.
        seam: where.
        places: (N, 3) of the vertices, for how far along the seam each lies.
        shares: (N) how much of what lacks a vertex above takes, and one below: 1 for all of it.
    """
    chosen = np.flatnonzero((shares[0] != 0) | (shares[1] != 0))
    if not len(chosen):
        return offsets
    along = _along(seam.x, places[chosen, 0]) * seam.weights
    along *= (shares[0] - shares[1])[chosen, None]  # (M, P) what vertices do for a unit at places
    moved = np.zeros((1, len(places), 3), np.float32)
    response = np.zeros((len(seam.x), len(seam.x)))
    for place in range(len(seam.x)):
        moved[0, chosen, 0] = along[:, place]
        response[:, place] = seam.parting(moved)[0, :, 0]
    lacking = (wanted - seam.parting(offsets)) * seam.weights[:, None]
    response *= seam.weights[:, None]
    square = response.T @ response
    square += _RELUCTANCE * np.trace(square) / len(square) * np.eye(len(square))
    strength = np.linalg.solve(square, response.T @ lacking)  # (K, P, 3)
    result = offsets.copy()
    result[:, chosen] += (along @ strength).astype(np.float32)
    return result


def _along(x: Floats, places: Floats) -> Floats:
    """Return (M, P) what values given at rising ``x`` (P) count for at places (M): 0 beyond."""
    at = np.clip(np.searchsorted(x, places) - 1, 0, len(x) - 2)
    part = np.clip((places - x[at]) / (x[at + 1] - x[at]), 0.0, 1.0)
    inside = (places >= x[0]) & (places <= x[-1])
    found, rows = np.zeros((len(places), len(x))), np.arange(len(places))
    found[rows, at], found[rows, at + 1] = inside * (1 - part), inside * part
    return found
