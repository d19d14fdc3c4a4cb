"""Lip opening, width and protrusion of a face on FLAME's topology, from eight vertices only.

Definitions: opening is the mean rise of the upper over the lower inner lip at three pairs of
vertices, width the distance between the mouth corners, protrusion the mean forward motion of the
six inner-lip vertices; all against the neutral face, in millimetres.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .rig import load_face_rig
from .shapes import INNER_LIP_PAIRS, MOUTH_CORNERS

Array = NDArray[np.float64]

_UPPER = [upper for upper, _ in INNER_LIP_PAIRS]
_LOWER = [lower for _, lower in INNER_LIP_PAIRS]
_MM = 1000.0
_Y, _Z = 1, 2


@dataclass(frozen=True)
class LipCurves:
    """Three (T,) curves in millimetres against the neutral face."""

    opening: Array
    width: Array
    protrusion: Array


def opening_per_unit(basis: NDArray[np.floating]) -> Array:
    """Opening in mm that each shape of ``basis`` (K, V, 3), in metres, adds at weight 1: (K,)."""
    gap = basis[:, _UPPER, _Y].astype(np.float64) - basis[:, _LOWER, _Y]
    return _MM * gap.mean(axis=1)


def lip_curves(weights: NDArray[np.floating], basis: NDArray[np.floating]) -> LipCurves:
    """Lip curves of ``weights`` (T, K) on the shapes ``basis`` (K, V, 3) in metres."""
    inner = [*_UPPER, *_LOWER]
    protrusion = _MM * basis[:, inner, _Z].astype(np.float64).mean(axis=1)
    return LipCurves(
        opening=weights @ opening_per_unit(basis),
        width=_corner_distance(weights, basis),
        protrusion=weights @ protrusion,
    )


def _corner_distance(weights: NDArray[np.floating], basis: NDArray[np.floating]) -> Array:
    """Distance of the mouth corners less the neutral face's, (T,) in mm."""
    left, right = MOUTH_CORNERS
    neutral = load_face_rig().neutral.astype(np.float64)
    across = neutral[right] - neutral[left]
    moved = across + weights @ (basis[:, right].astype(np.float64) - basis[:, left])
    distance: Array = np.linalg.norm(moved, axis=1) - np.linalg.norm(across)
    return _MM * distance
