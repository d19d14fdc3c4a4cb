"""When the lips of a motion are closed, on meshes whose lips are known."""

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import Array
from ..rig.lip_geometry import known_opening_per_unit
from ..rig.shapes import CLOSED_MM
from .motion import Motion


def lip_opening(motion: Motion) -> Array | None:
    """Return the (T,) opening of the inner lips in mm against the neutral face.

    None where the mesh's lips are not known.
    """
    per_unit = known_opening_per_unit(motion.topology, motion.basis)
    return None if per_unit is None else (motion.weights @ per_unit).astype(np.float32)


def closures(opening: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Return the first and last frame of every run of closed lips in an opening (T,) in mm."""
    closed = np.concatenate([[False], opening < CLOSED_MM, [False]])
    edges = np.flatnonzero(closed[1:] != closed[:-1])
    return [(int(first), int(end) - 1) for first, end in edges.reshape(-1, 2)]
