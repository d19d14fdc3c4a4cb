"""How a FLAME head lies in a mesh's own coordinates, so that offsets point and reach right.

An artist's head may be in centimetres or stand upright along Z. Heads differ in shape, which a
plain fit would read as a slight turn and size, so both are snapped to what a person chooses: a
quarter turn and a power of ten; anything else is taken as fitted.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import Floats

_SNAP_DEGREES = 12.0
_SNAP_RATIO = 1.35  # heads of real people differ in size by far less


@dataclass(frozen=True, eq=False)
class Placement:
    """A uniform scale and a rotation from the rig's space (metres, +Y up, +Z forward).

    Attributes:
        scale: mesh units per metre.
        rotation: (3, 3), columns are the rig's axes in the mesh's space.
    """

    scale: float
    rotation: Floats

    def apply(self, offsets: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return offsets (..., V, 3) in metres of the rig's space as offsets of the mesh."""
        return (offsets @ (self.scale * self.rotation.T)).astype(np.float32)

    def undo(self, points: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return points (..., V, 3) of the mesh turned and scaled to the rig's space."""
        return (points @ (self.rotation / self.scale)).astype(np.float32)


def find_placement(neutral: NDArray[np.floating], vertices: NDArray[np.floating]) -> Placement:
    """Fit a similarity from the rig's neutral (V, 3) to a mesh's vertices (V, 3), and snap it.

    Umeyama (1991), "Least-squares estimation of transformation parameters between two point
    patterns".
    """
    source = neutral - neutral.mean(axis=0, dtype=np.float64)
    target = vertices - vertices.mean(axis=0, dtype=np.float64)
    left, values, right = np.linalg.svd(target.T @ source)
    mirror = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    rotation = (left * mirror) @ right
    scale = float(values @ mirror) / float(np.square(source).sum())
    return Placement(_snap_scale(scale), _snap_rotation(rotation))


def _snap_scale(scale: float) -> float:
    """Return the power of ten near a scale, or the scale if none is near."""
    power = 10.0 ** round(np.log10(scale))
    return power if max(scale / power, power / scale) < _SNAP_RATIO else scale


def _snap_rotation(rotation: Floats) -> Floats:
    """Return the quarter-turn rotation near one, or the rotation itself if none is near."""
    quarter = np.round(rotation)
    if np.linalg.det(quarter) < 0.5:
        return rotation
    cosine = (np.trace(rotation @ quarter.T) - 1) / 2
    near = np.degrees(np.arccos(np.clip(cosine, -1, 1))) < _SNAP_DEGREES
    return quarter if near else rotation
