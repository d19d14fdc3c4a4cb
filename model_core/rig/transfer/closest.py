"""Closest points on a triangle mesh, with their barycentric coordinates."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import Floats, Ints
from ..mesh import triangle_normals
from .point_tree import PointTree

_CANDIDATES = 24


@dataclass(frozen=True)
class SurfacePoints:
    """P points on a mesh: (P, 3) vertex indices and (P, 3) weights that add up to one."""

    corners: Ints
    weights: Floats

    def sample(self, values: NDArray[np.floating]) -> Floats:
        """Interpolate (..., V, C) values a vertex; return (..., P, C)."""
        return np.einsum("pk,...pkc->...pc", self.weights, values[..., self.corners, :])


class SurfaceSearch:
    """A triangle mesh to be asked for nearest points, many times.

    Args:
        vertices: (V, 3).
        faces: (F, 3), at least one.
    """

    def __init__(self, vertices: Floats, faces: Ints) -> None:
        self._vertices, self._faces = vertices, faces
        self._corners = vertices[faces]
        self._normals = triangle_normals(vertices, faces)
        self._centres = PointTree(self._corners.mean(axis=1))

    def closest(self, points: Floats, normals: Floats | None = None) -> SurfacePoints:
        """Return the nearest surface point to each of (P, 3) points.

        With ``normals`` (P, 3), triangles that face away from a point's normal are passed over
        unless all its candidates do. The search looks at the triangles whose centres are nearest.
        """
        near = self._centres.nearest(points, min(_CANDIDATES, len(self._faces)))  # (P, C)
        weights = barycentric_of_closest(points[:, None], self._corners[near])
        positions = np.einsum("pck,pckx->pcx", weights, self._corners[near])
        distance = np.linalg.norm(positions - points[:, None], axis=2)
        if normals is not None:
            facing = np.einsum("pcx,px->pc", self._normals[near], normals)
            distance = np.where(facing > 0, distance, distance + 1e3)
        best = distance.argmin(axis=1)
        rows = np.arange(len(points))
        return SurfacePoints(self._faces[near[rows, best]], weights[rows, best])


def closest_points(
    points: Floats, vertices: Floats, faces: Ints, normals: Floats | None = None
) -> SurfacePoints:
    """Return the nearest surface point to each of (P, 3) points, as `SurfaceSearch` finds it."""
    return SurfaceSearch(vertices, faces).closest(points, normals)


def barycentric_of_closest(points: Floats, corners: Floats) -> Floats:
    """Return (..., 3) weights of the point nearest to ``points`` in each triangle (..., 3, 3).

    The unconstrained minimum where it lies inside, else the best of the three edges.
    """
    first, second, third = corners[..., 0, :], corners[..., 1, :], corners[..., 2, :]
    u, v, p = second - first, third - first, points - first
    uu, uv, vv = _dot(u, u), _dot(u, v), _dot(v, v)
    pu, pv = _dot(p, u), _dot(p, v)
    area = np.maximum(uu * vv - uv * uv, 1e-30)
    b, c = (vv * pu - uv * pv) / area, (uu * pv - uv * pu) / area
    inside = np.stack([1 - b - c, b, c], axis=-1)
    edges = np.stack([_on_edge(points, corners, a, b) for a, b in ((0, 1), (1, 2), (2, 0))])
    reach = np.einsum("e...k,...kx->e...x", edges, corners) - points
    best = _dot(reach, reach).argmin(axis=0)
    nearest_edge = np.take_along_axis(edges, best[None, ..., None], axis=0)[0]
    return np.where((inside >= 0).all(axis=-1, keepdims=True), inside, nearest_edge)


def _on_edge(points: Floats, corners: Floats, start: int, end: int) -> Floats:
    """Return (..., 3) weights of the point nearest to ``points`` on one edge of each triangle."""
    edge = corners[..., end, :] - corners[..., start, :]
    along = _dot(points - corners[..., start, :], edge) / np.maximum(_dot(edge, edge), 1e-30)
    along = np.clip(along, 0.0, 1.0)
    weights = np.zeros((*along.shape, 3))
    weights[..., start], weights[..., end] = 1.0 - along, along
    return weights


def _dot(a: Floats, b: Floats) -> Floats:
    return np.einsum("...x,...x->...", a, b)
