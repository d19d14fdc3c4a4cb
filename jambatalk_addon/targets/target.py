"""Which kind of mesh an object is to those who would have it speak."""

from __future__ import annotations

from functools import lru_cache

import bpy
import numpy as np

from ...model_core.targets.registry import find_target
from ...model_core.targets.rig_target import Geometry, RigTarget
from ..write.points import reference_points


def target_of(obj: bpy.types.Object) -> RigTarget:
    """Return what a mesh object can be spoken with; it tells its problem if it cannot."""
    mesh = obj.data
    corners = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    totals = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("loop_total", totals)
    points = reference_points(obj).tobytes()
    return _known(points, corners.tobytes(), totals.tobytes(), obj.name)


@lru_cache(maxsize=16)  # panels ask at every redraw
def _known(points: bytes, corners: bytes, totals: bytes, name: str) -> RigTarget:
    geometry = Geometry(
        points=np.frombuffer(points, np.float32).reshape(-1, 3),
        corners=np.frombuffer(corners, np.int32),
        totals=np.frombuffer(totals, np.int32),
    )
    return find_target(geometry, name)
