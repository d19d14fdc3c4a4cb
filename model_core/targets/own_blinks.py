"""Blinks of a mesh with keys of its own: as far as its own lids need, and its sliders let them.

A character's blink at 1 may leave a sliver, or pass the lower lid; the mesh itself tells how far
its lids have to go. A slider is the artist's: where it ends too early, that is said.
"""

from collections.abc import Sequence

import numpy as np

from ..base.arrays import Array, Floats
from ..rig.geometry import Geometry
from ..rig.lids import BLINKS, lid_gaps
from ..rig.topology import Loops, polygon_edges
from .shape_map import ShapeMap

_SHORT = 0.02  # of a weight: less of a sliver is not worth a sentence


def close_own_lids(
    geometry: Geometry, shape_map: ShapeMap, names: Sequence[str], weights: Floats
) -> tuple[Floats, list[str]]:
    """Return values (T, K) of a mesh's keys whose blinks close its lids, and what hinders them.

    Args:
        geometry: of the mesh.
        shape_map: which keys are blinks.
        names: the K keys.
        weights: (T, K) with blinks that close at 1.
    """
    closed, told = weights.copy(), []
    blinks = {link.target for link in shape_map.links if link.source in BLINKS}
    moving = [name for name in names if name in blinks and weights[:, names.index(name)].any()]
    if not moving:
        return weights, []
    edges = polygon_edges(Loops(geometry.corners, geometry.totals))
    for name in moving:
        column = names.index(name)
        needed = lid_gaps(geometry.points, edges, _offsets(geometry, name)).closing_weight
        most = max(geometry.ranges.get(name, (0.0, 1.0))[1], float(weights[:, column].max()))
        closed[:, column] = np.minimum(weights[:, column] * needed, most)
        if needed > most + _SHORT:
            told.append(
                f"The lids meet at {needed:.2f} of '{name}', whose slider ends at {most:g}: "
                "raise its Max to have blinks close."
            )
    return closed, told


def _offsets(geometry: Geometry, name: str) -> Array:
    return np.asarray(geometry.keys[name], np.float32)
