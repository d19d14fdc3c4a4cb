"""Smaller meshes by quadric edge collapse (Garland and Heckbert 1997) that keep vertices' places.

An edge is collapsed onto one of its own ends, so every vertex of the smaller mesh is one of the
larger, and pooling is to leave vertices out (Ranjan et al. 2018, CoMA, arXiv 1807.10267). Quadrics
may be weighted by vertex, since curvature does not tell what of a face matters.
"""

import heapq

import numpy as np

from ...base.arrays import Flags, Floats, Ints
from ..mesh import pack_edges, triangle_normals, unique_edges, unpack_edges

_BORDER = 10.0  # how much dearer leaving an open border is than leaving the surface
_ALONG = 1e-2  # moving along the surface costs this share, so that flat parts shrink evenly
_LEAST_TURN = 0.2  # cosine between a triangle's normals before and after


class Collapse:
    """A mesh that loses one vertex after the other, the cheapest first.

    Args:
        points: (V, 3).
        faces: (F, 3) triangles.
        weights: (V,) how dear it is to lose each vertex.
        seen: (V,) false where a vertex is gone already; no face has it.
    """

    def __init__(self, points: Floats, faces: Ints, weights: Floats, seen: Flags) -> None:
        self.points, self.quadrics = points, vertex_quadrics(points, faces, weights)
        self.faces: list[tuple[int, ...]] = [tuple(face) for face in np.asarray(faces).tolist()]
        self.around: list[set[int]] = [set() for _ in points]  # numbers of the faces at a vertex
        for number, face in enumerate(self.faces):
            for corner in face:
                self.around[corner].add(number)
        self.alive = int(seen.sum())
        self._changes: list[int] = np.where(seen, 0, -1).tolist()  # below zero: the vertex is gone
        self._prices: list[tuple[float, int, int, int, int]] = []
        for a, b in unique_edges(faces).tolist():
            self._price(a, b)

    def to(self, count: int) -> tuple[Ints, Ints]:
        """Return the kept vertices (n,) in order and the faces (F, 3), by the first mesh's numbers.

        There are more than `count` where nothing can be collapsed without folding the mesh.
        """
        while self.alive > count and self._prices:
            _, gone, kept, *known = heapq.heappop(self._prices)
            if known == [self._changes[gone], self._changes[kept]] and self._may(gone, kept):
                self._merge(gone, kept)
        left = [vertex for vertex, changes in enumerate(self._changes) if changes >= 0]
        numbers = sorted(set().union(*(self.around[vertex] for vertex in left)))
        faces = np.array([self.faces[number] for number in numbers], np.int64)
        return np.array(left, np.int64), faces.reshape(-1, 3)

    def _price(self, a: int, b: int) -> None:
        """Offer to collapse an edge, onto either end."""
        quadric = self.quadrics[a] + self.quadrics[b]
        for gone, kept in ((a, b), (b, a)):
            place = np.append(self.points[kept], 1.0)
            cost = float(place @ quadric @ place)
            offer = (cost, gone, kept, self._changes[gone], self._changes[kept])
            heapq.heappush(self._prices, offer)

    def _may(self, gone: int, kept: int) -> bool:
        """Whether the mesh stays a surface, and no triangle turns over."""
        shared = self.around[gone] & self.around[kept]
        common = self._neighbours(gone) & self._neighbours(kept)
        if len(common) != len(shared) or len(self.around[kept] | self.around[gone]) <= len(shared):
            return False
        moved = np.array([self.faces[n] for n in self.around[gone] - shared], np.int64)
        if not len(moved):
            return True
        before = triangle_normals(self.points, moved)
        after = triangle_normals(self.points, np.where(moved == gone, kept, moved))
        sizes = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
        return bool((np.einsum("fc,fc->f", before, after) > _LEAST_TURN * sizes).all())

    def _merge(self, gone: int, kept: int) -> None:
        shared = self.around[gone] & self.around[kept]
        for number in shared:
            for corner in self.faces[number]:
                self.around[corner].discard(number)
        for number in self.around[gone]:
            self.faces[number] = tuple(kept if c == gone else c for c in self.faces[number])
            self.around[kept].add(number)
        self.around[gone] = set()
        self.quadrics[kept] += self.quadrics[gone]
        self._changes[gone], self._changes[kept] = -1, self._changes[kept] + 1
        self.alive -= 1
        for neighbour in sorted(self._neighbours(kept)):
            self._price(kept, neighbour)

    def _neighbours(self, vertex: int) -> set[int]:
        return {corner for number in self.around[vertex] for corner in self.faces[number]} - {
            vertex
        }


def vertex_quadrics(points: Floats, faces: Ints, weights: Floats) -> Floats:
    """Return (V, 4, 4) Q: [x 1] Q [x 1]' is x's weighted squared distance from the planes."""
    units = _units(triangle_normals(points, faces))  # (F, 3)
    planes = _plane_quadrics(units, points[faces[:, 0]])  # (F, 4, 4)
    quadrics = _ALONG * _point_quadrics(points)
    for corner in range(3):
        np.add.at(quadrics, faces[:, corner], planes)
    ends, upright = _border_planes(points, faces, units)
    for end in ends.T:
        np.add.at(quadrics, end, _BORDER * _plane_quadrics(upright, points[end]))
    return quadrics * weights[:, None, None]


def _border_planes(points: Floats, faces: Ints, units: Floats) -> tuple[Ints, Floats]:
    """Return the ends (B, 2) of open edges and unit normals (B, 3) of planes that stand on them."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    keys, first, uses = np.unique(pack_edges(edges), return_index=True, return_counts=True)
    ends = unpack_edges(keys[uses == 1])
    owners = first[uses == 1] % len(faces)
    along = points[ends[:, 1]] - points[ends[:, 0]]
    return ends, _units(np.cross(along, units[owners]))


def _units(vectors: Floats) -> Floats:
    """Return vectors (n, 3) of length 1; of a triangle without an area, 0."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: Floats = vectors / np.where(lengths > 0, lengths, 1.0)
    return units


def _plane_quadrics(normals: Floats, places: Floats) -> Floats:
    """Return (n, 4, 4) of planes by unit normals (n, 3) and a point of each (n, 3)."""
    planes = np.column_stack([normals, -np.einsum("nc,nc->n", normals, places)])
    quadrics: Floats = planes[:, :, None] * planes[:, None]
    return quadrics


def _point_quadrics(places: Floats) -> Floats:
    """Return (n, 4, 4) of squared distances from points (n, 3)."""
    quadrics = np.broadcast_to(np.eye(4), (len(places), 4, 4)).copy()
    quadrics[:, :3, 3] = quadrics[:, 3, :3] = -places
    quadrics[:, 3, 3] = np.einsum("nc,nc->n", places, places)
    return quadrics
