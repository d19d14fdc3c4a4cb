"""The other head as the transfer sees it: triangles, seams of the file sewn up, loose parts."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...base.arrays import Floats, Ints
from ...base.errors import UserError
from ..geometry import Geometry
from ..mesh import border_vertices, unique_edges, vertex_normals
from .paths import components

_SAME_PLACE = 1e-6  # of the mesh's size
_LEAST_VERTICES = 50


@dataclass(frozen=True, eq=False)
class HeadMesh:
    """A mesh of triangles.

    Attributes:
        vertices: (N, 3) in the mesh's own units and axes.
        faces: (F, 3).
        origin: (V) the vertex of the N that each vertex of the artist's mesh became.
    """

    vertices: Floats
    faces: Ints
    origin: Ints

    @cached_property
    def part(self) -> Ints:
        """The loose part (N) that each vertex is in."""
        return components(unique_edges(self.faces), len(self.vertices))

    @cached_property
    def normals(self) -> Floats:
        """Unit normals (N, 3)."""
        return vertex_normals(self.vertices, self.faces)


def read_head(geometry: Geometry) -> HeadMesh:
    """Cut polygons into triangles, and sew up borders whose vertices lie in the same place.

    Files that split vertices along texture seams or sharp edges would otherwise fall to pieces.

    Raises:
        UserError: the mesh has no faces, or its numbers are no mesh.
    """
    points = np.asarray(geometry.points, np.float64)
    faces = triangles(geometry)
    if len(points) < _LEAST_VERTICES or not len(faces):
        raise UserError(
            f"The mesh has {len(points)} vertices and {len(geometry.totals)} faces, too few for a "
            "head; choose the head's mesh."
        )
    if not np.isfinite(points).all():
        raise UserError("The mesh has vertices that are nowhere (not a number); clean it up first.")
    origin = _sewn(points, faces)
    kept, _first, origin = np.unique(origin, return_index=True, return_inverse=True)
    faces = origin[faces]
    return HeadMesh(points[kept], faces[_proper(faces)], origin.astype(np.int64))


def triangles(geometry: Geometry) -> Ints:
    """Return (F, 3): every polygon as a fan of triangles from its first corner.

    Raises:
        UserError: the polygons name vertices that there are not.
    """
    corners, totals = geometry.corners.astype(np.int64), geometry.totals.astype(np.int64)
    if totals.sum() != len(corners) or (totals < 0).any():
        raise UserError("The mesh's faces do not add up; import it again.")
    if len(corners) and not 0 <= corners.min() <= corners.max() < len(geometry.points):
        raise UserError("The mesh's faces name vertices that it does not have; import it again.")
    fans = np.maximum(totals - 2, 0)
    starts = np.repeat(np.cumsum(totals) - totals, fans)
    step = np.arange(fans.sum()) - np.repeat(np.cumsum(fans) - fans, fans)
    faces = np.stack([corners[starts], corners[starts + step + 1], corners[starts + step + 2]], 1)
    return faces[_proper(faces)]


def _proper(faces: Ints) -> Ints:
    """Return which of (F, 3) triangles have three different corners."""
    a, b, c = faces.T
    return np.flatnonzero((a != b) & (b != c) & (c != a))


def _sewn(points: Floats, faces: Ints) -> Ints:
    """Return (V) for each vertex the first one in its place, on open borders; others themselves."""
    origin = np.arange(len(points))
    border = border_vertices(faces)
    if not len(border):
        return origin
    grain = max(float(np.ptp(points, axis=0).max()), 1e-30) * _SAME_PLACE
    places = np.round((points[border] - points.min(axis=0)) / grain).astype(np.int64)
    _, first, place = np.unique(places, axis=0, return_index=True, return_inverse=True)
    origin[border] = border[first[place.ravel()]]
    return origin
