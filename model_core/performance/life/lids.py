"""Lids: how wide an eye is under all its shapes, and the blink that closes what is left of it."""

from collections.abc import Mapping

import numpy as np

from ...base.arrays import Array, Floats
from ...base.units import MM_PER_M
from ...rig.gaze import SIDES
from ...rig.rig import load_face_rig
from ...rig.shapes import LID_PAIRS

_FOLLOW_UP = 0.35  # weight of eyeWide at weight 1 of eyeLookUp, whose own lid stays behind


def follow(weights: Mapping[str, Floats], amount: float) -> dict[str, Floats]:
    """Return weights (T,) by which lids follow eyes that look up.

    Where they look down the eyeLookDown shapes take the lid along, as ARKit's do.
    """
    return {f"eyeWide{side}": amount * _FOLLOW_UP * weights[f"eyeLookUp{side}"] for side in SIDES}


def blink_weights(share: Floats, others: Mapping[str, Floats | Array]) -> dict[str, Floats]:
    """Return the weights (T,) of both blinks that close a share of what the lids are open.

    Whatever else moves the lids (looks, squints, brows, a mood), a share of 1 closes them.

    Args:
        share: (T,) 0..1.
        others: the weights (T,) of the other shapes there are, by name.
    """
    rig, weights = load_face_rig(), {}
    for side, (upper, lower) in zip(SIDES, LID_PAIRS, strict=True):
        opening = np.full(len(share), float(rig.neutral[upper, 1] - rig.neutral[lower, 1]))
        for name, values in others.items():
            if name in rig.names:
                offsets = rig.basis[rig.names.index(name)]
                opening += values * float(offsets[upper, 1] - offsets[lower, 1])
        blink = rig.basis[rig.names.index(f"eyeBlink{side}")]
        alone = float(rig.neutral[upper, 1] - rig.neutral[lower, 1])
        closed = alone + float(blink[upper, 1] - blink[lower, 1])  # below zero: the lids overlap
        left = np.clip((opening - closed) / (alone - closed), 0.0, 1.5)
        weights[f"eyeBlink{side}"] = share * left
    return weights


def opening_mm(weights: Mapping[str, Floats | Array]) -> Floats:
    """Return how wide both eyes of the rig's neutral are, (T, 2) in mm, left first."""
    rig = load_face_rig()
    openings = []
    for upper, lower in LID_PAIRS:
        opening = rig.neutral[upper, 1] - rig.neutral[lower, 1]
        for name, values in weights.items():
            offsets = rig.basis[rig.names.index(name)]
            opening = opening + values * float(offsets[upper, 1] - offsets[lower, 1])
        openings.append(opening)
    return MM_PER_M * np.stack(openings, axis=1)
