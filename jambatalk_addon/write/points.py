"""Where the vertices of meshes and shape keys are."""

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray

from ...model_core.rig.geometry import Geometry


def reference_points(obj: bpy.types.Object) -> NDArray[np.float32]:
    """Return the (V, 3) points offsets are added to: the reference key's, else the mesh's."""
    mesh = obj.data
    return points(mesh.shape_keys.reference_key) if mesh.shape_keys else mesh_points(mesh)


def rest_geometry(obj: bpy.types.Object) -> Geometry:
    """Return a mesh object's points and polygons at rest, in its own coordinates, without keys."""
    mesh = obj.data
    totals = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("loop_total", totals)
    return Geometry(reference_points(obj), _corners(mesh), totals)


def _corners(mesh: bpy.types.Mesh) -> NDArray[np.int32]:
    """Return the (L,) vertices of a mesh's corners.

    The attribute is copied at once, in a three-hundredth of the time of reading loops, and panels
    ask at every redraw; in Edit mode it is empty.
    """
    corners = np.empty(len(mesh.loops), np.int32)
    stored = mesh.attributes.get(".corner_vert")
    if stored is not None and len(stored.data) == len(corners):
        stored.data.foreach_get("value", corners)
    else:
        mesh.loops.foreach_get("vertex_index", corners)
    return corners


def mesh_points(mesh: bpy.types.Mesh) -> NDArray[np.float32]:
    """Return a mesh's own (V, 3) points."""
    flat = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", flat)
    return flat.reshape(-1, 3)


def points(key: bpy.types.ShapeKey) -> NDArray[np.float32]:
    """Return a shape key's (V, 3) points."""
    flat = np.empty(len(key.points) * 3, np.float32)
    key.points.foreach_get("co", flat)
    return flat.reshape(-1, 3)
