"""From gestures (vocal-tract variables) to the weights of the speech shapes.

Each gesture drives a fixed mix of shapes. Two weights are then solved for on the rig itself: the
jaw, so that the lips are at least as far apart as the phone needs, and `mouthClose`, so that they
meet exactly in a closure whatever the jaw does. Of what is left of the opening the upper lip takes
its share (`upper_lip`).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import Floats
from ..rig.lip_geometry import opening_per_unit
from ..rig.rig import load_face_rig
from ..rig.shapes import SPEECH_SHAPES
from .upper_lip import upper_lip_map

# Weight of each shape at full strength of a gesture; both sides alike.
ROUND = {"mouthPucker": 0.80}
FLARE = {"mouthFunnel": 0.42, "jawForward": 0.12, "mouthShrugUpper": 0.05}
SPREAD = {"mouthStretch": 0.24, "mouthSmile": 0.13, "mouthDimple": 0.12}
APART = {"mouthLowerDown": 0.45, "mouthUpperUp": 0.25}
TUCK = {"mouthRollLower": 0.45, "mouthUpperUp": 0.17, "mouthShrugUpper": 0.06}
PRESS = {"mouthPress": 1.0, "mouthRollUpper": 0.15, "mouthRollLower": 0.15}

_JAW = SPEECH_SHAPES.index("jawOpen")
_CLOSE = SPEECH_SHAPES.index("mouthClose")
_HINGE_MM = 0.6


@dataclass(frozen=True)
class Gestures:
    """Gesture curves over T frames, each (T,).

    `jaw` and `aperture` are openings in mm; the others run from 0 to about 1. `closure` and
    `tuck` say how far a bilabial or a labiodental has been reached; `press` is a shape weight.
    """

    jaw: Floats
    round: Floats
    flare: Floats
    spread: Floats
    apart: Floats
    aperture: Floats
    closure: Floats
    tuck: Floats
    press: Floats


def shape_weights(gestures: Gestures) -> NDArray[np.float32]:
    """Weights (T, K) in [0, 1] of `SPEECH_SHAPES` for gesture curves."""
    per_unit = _opening_per_unit()
    parting = 1.0 - gestures.closure
    weights = (
        np.outer(gestures.round, _mix(**ROUND))
        + np.outer(gestures.spread * (1.0 - np.clip(gestures.round, 0, 1)), _mix(**SPREAD))
        + np.outer(gestures.flare * parting, _mix(**FLARE))
        + np.outer(gestures.apart * parting, _mix(**APART))
        + np.outer(gestures.tuck * parting, _mix(**TUCK))
    )
    jaw = gestures.jaw
    lacking = gestures.aperture - jaw - weights @ per_unit / np.maximum(parting, 0.5)
    weights[:, _JAW] = (jaw + _hinge(lacking)) / per_unit[_JAW]
    weights[:, _CLOSE] = gestures.closure * np.maximum(weights @ per_unit, 0) / -per_unit[_CLOSE]
    weights = weights @ upper_lip_map(SPEECH_SHAPES)
    weights += np.outer(gestures.press, _mix(**PRESS))
    return np.clip(weights, 0.0, 1.0).astype(np.float32)


def _hinge(values: Floats) -> Floats:
    """max(0, values) with its corner rounded, so that the jaw meets its lower limit smoothly."""
    near = np.clip(values, 0.0, _HINGE_MM)
    return near**2 / (2 * _HINGE_MM) + np.maximum(values - _HINGE_MM, 0.0)


@lru_cache(maxsize=1)
def _opening_per_unit() -> Floats:
    """Opening in mm that each of the speech shapes adds at weight 1, (K,), on the face rig."""
    return opening_per_unit(load_face_rig().select(SPEECH_SHAPES))


def _mix(**shapes: float) -> Floats:
    """Row (K,) of shape weights; a name without its side stands for both sides."""
    row = np.zeros(len(SPEECH_SHAPES))
    for name, weight in shapes.items():
        sides = [name] if name in SPEECH_SHAPES else [f"{name}Left", f"{name}Right"]
        row[[SPEECH_SHAPES.index(side) for side in sides]] = weight
    return row
