"""Lip opening, width and protrusion of a face on FLAME's topology, from eight vertices only.

Definitions: opening is the mean rise of the upper over the lower inner lip at three pairs of
vertices, width the distance between the mouth corners, protrusion the mean forward motion of the
six inner-lip vertices; all against the neutral face, in millimetres.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import Floats
from ..base.units import MM_PER_M
from .rig import load_face_rig
from .shapes import FLAME_TOPOLOGY, INNER_LIP_PAIRS, MOUTH_CORNERS, OUTER_LIPS

_UPPER = [upper for upper, _ in INNER_LIP_PAIRS]
_LOWER = [lower for _, lower in INNER_LIP_PAIRS]
_X, _Y, _Z = 0, 1, 2
OPENINGS = slice(0, 3)
"""The openings among the five lip measures."""


@dataclass(frozen=True)
class LipCurves:
    """Three (T,) curves in millimetres against the neutral face."""

    opening: Floats
    width: Floats
    protrusion: Floats


def measures_per_unit(basis: NDArray[np.floating]) -> Floats:
    """What each shape of ``basis`` (K, V, 3), in metres, adds at weight 1, in mm: (K, 5).

    The opening at each of the three pairs, the width (to first order) and the protrusion.
    """
    left, right = MOUTH_CORNERS
    basis = basis.astype(np.float64)
    openings = basis[:, _UPPER, _Y] - basis[:, _LOWER, _Y]  # (K, 3)
    width = basis[:, right, _X] - basis[:, left, _X]  # (K,)
    protrusion = basis[:, [*_UPPER, *_LOWER], _Z].mean(axis=1)  # (K,)
    return MM_PER_M * np.column_stack([openings, width, protrusion])


def opening_per_unit(basis: NDArray[np.floating]) -> Floats:
    """Opening in mm that each shape of ``basis`` (K, V, 3), in metres, adds at weight 1: (K,)."""
    return measures_per_unit(basis)[:, OPENINGS].mean(axis=1)


def outer_height_per_unit(basis: NDArray[np.floating]) -> Floats:
    """Outer lip height in mm that each shape of ``basis`` (K, V, 3), in metres, adds: (K,)."""
    upper, lower = OUTER_LIPS
    height: Floats = basis[:, upper, _Y].astype(np.float64) - basis[:, lower, _Y]
    return MM_PER_M * height


def known_opening_per_unit(topology: str, basis: NDArray[np.floating]) -> Floats | None:
    """`opening_per_unit` on a mesh whose lips are known by its topology's name; None on others."""
    return opening_per_unit(basis) if topology == FLAME_TOPOLOGY else None


def lip_curves(weights: NDArray[np.floating], basis: NDArray[np.floating]) -> LipCurves:
    """Lip curves of ``weights`` (T, K) on the shapes ``basis`` (K, V, 3) in metres."""
    measures = weights @ measures_per_unit(basis)  # (T, 5)
    return LipCurves(
        opening=measures[:, OPENINGS].mean(axis=1),
        width=_corner_distance(weights, basis),
        protrusion=measures[:, -1],
    )


def _corner_distance(weights: NDArray[np.floating], basis: NDArray[np.floating]) -> Floats:
    """Distance of the mouth corners less the neutral face's, (T,) in mm."""
    left, right = MOUTH_CORNERS
    neutral = load_face_rig().neutral.astype(np.float64)
    across = neutral[right] - neutral[left]
    moved = across + weights @ (basis[:, right].astype(np.float64) - basis[:, left])
    distance: Floats = np.linalg.norm(moved, axis=1) - np.linalg.norm(across)
    return MM_PER_M * distance
