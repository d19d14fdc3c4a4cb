"""Where eyes look, as ARKit's eight eyeLook shapes: angles a unit of weight stands for."""

import numpy as np

from ..base.arrays import Floats

LOOK_DEGREES = {"In": 27.0, "Out": 42.0, "Up": 25.0, "Down": 35.0}
"""How far weight 1 turns an eye, towards the nose, the temple, up and down.

Regressed from the eyes' angles that an iPhone tells beside its weights, on six takes of 8.7
minutes: down 35.0 to 35.2, up 25.1 to 27.5, in 9 to 28, out 37 to 55 with the medians above.
"""
SIDES = ("Left", "Right")


def turning(name: str) -> tuple[int, Floats] | None:
    """Return which eye (0 left, 1 right) an eyeLook shape turns, and yaw and pitch at weight 1.

    Angles are radians, as `Motion.eyes` has them: yaw to the character's left and pitch down are
    positive. None for other shapes.
    """
    for eye, side in enumerate(SIDES):
        for way, degrees in LOOK_DEGREES.items():
            if name == f"eyeLook{way}{side}":
                outward = 1.0 if side == "Left" else -1.0
                signs = {"In": (-outward, 0.0), "Out": (outward, 0.0)}
                signs |= {"Up": (0.0, -1.0), "Down": (0.0, 1.0)}
                return eye, np.radians(degrees) * np.array(signs[way])
    return None


def look_weights(eyes: Floats) -> dict[str, Floats]:
    """Return the weights (T,) of the eight shapes, by name, that turn eyes so.

    Args:
        eyes: (T, 2, 2) radians: left and right eye, yaw and pitch.
    """
    weights = {}
    for eye, side in enumerate(SIDES):
        for way in LOOK_DEGREES:
            name = f"eyeLook{way}{side}"
            unit = turning(name)
            assert unit is not None
            axis = int(np.abs(unit[1]).argmax())
            weights[name] = np.maximum(eyes[:, eye, axis] / unit[1][axis], 0.0)
    return weights
