"""Poses that speech passes through, shared by the tests of the rig."""

import numpy as np
from numpy.typing import NDArray

from model_core.rig.rig import load_face_rig

SPEECH_COMBINATIONS: tuple[dict[str, float], ...] = (
    {"jawOpen": 0.5, "mouthFunnel": 0.7},
    {"jawOpen": 0.15, "mouthPucker": 0.9},
    {"jawOpen": 0.3, "mouthFunnel": 0.4, "mouthPucker": 0.5},
    {"jawOpen": 0.4, "mouthSmileLeft": 0.5, "mouthSmileRight": 0.5},
    {"jawOpen": 0.4, "mouthStretchLeft": 0.6, "mouthStretchRight": 0.6},
    {"jawOpen": 0.3, "mouthDimpleLeft": 0.6, "mouthDimpleRight": 0.6},
    {"jawOpen": 0.5, "mouthLowerDownLeft": 0.6, "mouthLowerDownRight": 0.6},
    {"jawOpen": 0.5, "mouthUpperUpLeft": 0.6, "mouthUpperUpRight": 0.6},
    {"jawOpen": 0.2, "mouthRollLower": 0.6, "mouthUpperUpLeft": 0.3, "mouthUpperUpRight": 0.3},
    {"jawOpen": 0.2, "mouthClose": 0.2, "mouthPressLeft": 0.6, "mouthPressRight": 0.6},
    {"jawOpen": 0.1, "mouthClose": 0.1, "mouthRollLower": 0.5, "mouthRollUpper": 0.5},
    {"jawOpen": 0.4, "mouthClose": 0.4, "mouthPucker": 0.7},
    {"jawOpen": 0.15, "jawForward": 0.6, "mouthFunnel": 0.8},
    {"mouthShrugLower": 0.6, "mouthShrugUpper": 0.6},
)


def offsets_of(pose: dict[str, float]) -> NDArray[np.float64]:
    """Return the (V, 3) offsets of shapes at weights, metres."""
    basis = load_face_rig().select(list(pose)).astype(float)
    return np.tensordot(list(pose.values()), basis, axes=1)


def lone_pose(name: str, weight: float) -> dict[str, float]:
    """Return a shape alone; mouthClose, a corrective, beside as much jawOpen."""
    return {name: weight} | ({"jawOpen": weight} if name == "mouthClose" else {})
