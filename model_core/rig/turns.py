"""Rotations by yaw, pitch and roll, as `Motion` tells how head and eyes turn."""

import numpy as np

from ..base.arrays import Floats


def rotation(yaw: float, pitch: float, roll: float = 0.0) -> Floats:
    """Return the (3, 3) matrix ``Ry(yaw) @ Rx(pitch) @ Rz(roll)``; radians, +Y up, +Z forward."""
    (cy, cx, cz), (sy, sx, sz) = np.cos([yaw, pitch, roll]), np.sin([yaw, pitch, roll])
    about_y = np.array([[cy, 0.0, sy], [0.0, 1.0, 0.0], [-sy, 0.0, cy]])
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, cx, -sx], [0.0, sx, cx]])
    about_z = np.array([[cz, -sz, 0.0], [sz, cz, 0.0], [0.0, 0.0, 1.0]])
    return about_y @ about_x @ about_z
