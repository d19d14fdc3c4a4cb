"""A face as its pyramid sees it: what may be left out early, and what late.

Quadrics alone know curvature. Of FLAME's 96 lip vertices they keep 20, 6 and 2 on the first three
layers, while a sixth of the vertices lie on the eyeballs; so a face weighs them by what it is for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import Flags, Floats, Ints
from ..rig import FaceRig

Pooling = Literal["plain", "face"]

_WEIGHTS = {"upper_face": 4.0, "mouth": 50.0, "inner_lips": 1000.0, "outer_lips": 1000.0}
_LEFT_OUT = "eyeballs"


@dataclass(frozen=True, eq=False)
class Surface:
    """A mesh, and how dear its vertices are to whoever makes it smaller.

    Attributes:
        points: (V, 3), in any unit.
        faces: (F, 3) triangles.
        weights: (V,) of the quadrics.
        seen: (V,) false where a vertex is left out from the start.
    """

    points: Floats
    faces: Ints
    weights: Floats
    seen: Flags

    @classmethod
    def plain(cls, points: NDArray[np.floating], faces: NDArray[np.integer]) -> Self:
        """Any mesh, each vertex as dear as the other."""
        return cls.face(points, faces, {})

    @classmethod
    def face(
        cls,
        points: NDArray[np.floating],
        faces: NDArray[np.integer],
        regions: Mapping[str, NDArray[np.integer]],
    ) -> Self:
        """A face of which regions are known, by the names that the face rig has for them."""
        weights, seen = np.ones(len(points)), np.ones(len(points), bool)
        for name in (name for name in _WEIGHTS if name in regions):
            weights[regions[name]] = _WEIGHTS[name]
        seen[regions.get(_LEFT_OUT, np.empty(0, np.int64))] = False
        return cls(points.astype(np.float64), faces.astype(np.int64), weights, seen)


def flame_surface(rig: FaceRig, pooling: Pooling) -> Surface:
    """Return FLAME's mesh, with its lips dear and without eyeballs unless pooling is plain."""
    if pooling == "plain":
        return Surface.plain(rig.neutral, rig.faces)
    return Surface.face(rig.neutral, rig.faces, rig.regions)
