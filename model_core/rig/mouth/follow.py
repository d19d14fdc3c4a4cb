"""What teeth follow on a FLAME head: three of its vertices, as a bone follows the skin over it.

Whatever moves the head moves them then: shape keys of any name, exact bakes, bones. Blender calls
that a parent of three vertices; this is the same frame, so that one can be fitted to the other.
"""

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import Floats

Corners = tuple[int, int, int]

SKULL: Corners = (3567, 2591, 1454)
"""Vertices of the scalp, which no shape moves: its middle, and the two sides at the back."""
JAW: Corners = (3400, 3021, 1957)
"""The middle of the chin and the skin over either hinge, the one on the right first.

Of all such triangles, the one that moves as ICT-FaceKit's lower teeth do: .9 mm off on the average
with jawOpen at .3, 1.6 at .6 (where they move 24), 1.2 with the lips pursed.
"""


def frame_of(points: NDArray[np.floating], corners: Corners) -> tuple[Floats, Floats]:
    """Return the axes (3, 3), as columns, and the origin (3) that three of (V, 3) points give.

    X runs from the first to the second, Z stands on the triangle; the origin is its middle.
    """
    first, second, third = np.asarray(points, np.float64)[list(corners)]
    along = second - first
    normal = np.cross(along, third - second)
    x, z = along / np.linalg.norm(along), normal / np.linalg.norm(normal)
    return np.stack([x, np.cross(z, x), z], axis=1), (first + second + third) / 3


def follow(points: Floats, rest: Floats, moved: Floats, corners: Corners) -> Floats:
    """Return where (N, 3) points go with three vertices of a head (V, 3) that moved from rest."""
    axes, origin = frame_of(rest, corners)
    turned, shifted = frame_of(moved, corners)
    carried: Floats = (points - origin) @ axes @ turned.T + shifted
    return carried
