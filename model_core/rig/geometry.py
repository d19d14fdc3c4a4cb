"""A mesh as any program hands it over: points, polygons of any size, and its shape keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import Array


@dataclass(frozen=True, eq=False)
class Geometry:
    """A mesh as any program has it.

    Attributes:
        points: (V, 3) at rest, in the mesh's own units and axes.
        corners: (L) vertex of every polygon's corners, one polygon after the other.
        totals: (P) number of corners of each polygon.
        keys: (V, 3) offsets from the reference key at value 1, in the mesh's units, of each shape
            key that no bake made, by name. It may read a key when it is asked for: what a mesh is
            follows from the names alone, and only placing a motion looks at offsets.
        ranges: lowest and highest value of a key's slider, by name; 0 and 1 where not given.
    """

    points: Array
    corners: NDArray[np.integer]
    totals: NDArray[np.integer]
    keys: Mapping[str, Array] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
