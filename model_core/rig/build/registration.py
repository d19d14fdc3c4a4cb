"""Non-rigid registration: FLAME's head laid onto ICT-FaceKit's skin.

Iterated closest points with a thin-plate energy on the displacement, relaxed step by step, after
Amberg, Romdhani and Vetter, "Optimal Step Nonrigid ICP Algorithms for Surface Registration" (2007).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import diags
from scipy.sparse.linalg import splu

from ...base.arrays import Floats
from ..mesh import vertex_normals
from .alignment import thin_plate_warp
from .anatomy import FlameHead, landmark_pairs
from .closest import SurfacePoints, closest_points
from .ict import IctHead
from .laplacian import areas, bending

_STIFFNESS = np.geomspace(1e-2, 1e-7, 14)
_REACH = 0.020  # metres: a match farther than this hardly counts
_LIP_REACH = 0.040  # within this of a lip, upper may match upper only
_ORAL_RINGS = 1
_SOCKET_RINGS = 2
_EAR_TRUST = 0.02  # the folds of the two ears do not correspond
_EAR_BOX = np.array([[0.068, -0.045, -0.080], [1.0, 0.040, -0.010]])  # |x|, y, z


@dataclass(frozen=True)
class Registration:
    """FLAME's head in ICT-FaceKit's shape.

    Attributes:
        vertices: (H, 3) metres; FLAME's triangles in ICT-FaceKit's shape.
        matches: the point of ICT-FaceKit's skin each vertex answers to.
        distances: (H) metres between the two.
    """

    vertices: Floats
    matches: SurfacePoints
    distances: Floats


def register(head: FlameHead, ict: IctHead) -> Registration:
    """Lay FLAME's head onto ICT-FaceKit's skin, by landmarks first and then everywhere."""
    numbers, chosen = (list(column) for column in zip(*landmark_pairs(head.partner), strict=True))
    targets = ict.vertices[ict.landmarks[numbers]]
    start = thin_plate_warp(head.vertices[chosen], targets, head.vertices)
    energy, area = bending(start, head.faces), areas(start, head.faces)
    trust, surface_normals = _trust(head), vertex_normals(ict.vertices, ict.faces)
    placed = start
    for stiffness in _STIFFNESS:
        normals = vertex_normals(placed, head.faces)
        matches = _match(placed, normals, head, ict)
        found = matches.sample(ict.vertices)
        agreement = np.einsum("px,px->p", matches.sample(surface_normals), normals)
        distances = np.linalg.norm(found - placed, axis=1)
        weights = trust * np.clip(agreement, 0, 1) ** 2 * np.exp(-((distances / _REACH) ** 2))
        weights *= area / area.mean()
        system = (diags(weights) + stiffness * energy).tocsc()
        placed = start + splu(system).solve(weights[:, None] * (found - start))
    matches = _match(placed, vertex_normals(placed, head.faces), head, ict)
    distances = np.linalg.norm(matches.sample(ict.vertices) - placed, axis=1)
    return Registration(placed, matches, distances)


def lip_faces(faces: NDArray, side: NDArray, which: int) -> NDArray:
    """Return the triangles none of whose corners belongs to the other lip."""
    return faces[(side[faces] * which >= 0).all(axis=1)]


def _match(points: Floats, normals: Floats, head: FlameHead, ict: IctHead) -> SurfacePoints:
    """Find closest points, upper lip to upper lip and lower to lower.

    Without the sides, the closed lips' inner faces would match across the seam and the lip tear.
    """
    matches = closest_points(points, ict.vertices, ict.faces, normals)
    for side in (1, -1):
        chosen = (head.lip_side == side) & (head.lip_distance < _LIP_REACH)
        allowed = lip_faces(ict.faces, ict.lip_side, side)
        own = closest_points(points[chosen], ict.vertices, allowed, normals[chosen])
        matches.corners[chosen], matches.weights[chosen] = own.corners, own.weights
    return matches


def _trust(head: FlameHead) -> Floats:
    """Return (H) how much a vertex's closest point is worth: less where the heads differ."""
    trust = np.ones(len(head.vertices))
    place = head.vertices.copy()
    place[:, 0] = np.abs(place[:, 0])
    trust[((place > _EAR_BOX[0]) & (place < _EAR_BOX[1])).all(axis=1)] = _EAR_TRUST
    trust[head.mouth_ring <= _ORAL_RINGS] = 0.0
    trust[(head.eye_rings <= _SOCKET_RINGS).any(axis=0)] = 0.0
    return trust
