"""Non-rigid registration: FLAME's head laid onto the skin of another head.

Iterated closest points with a thin-plate energy on the displacement, relaxed step by step, after
Amberg, Romdhani and Vetter, "Optimal Step Nonrigid ICP Algorithms for Surface Registration" (2007).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import Floats, Ints
from ..mesh import vertex_normals
from .anatomy import FlameHead
from .closest import SurfacePoints, SurfaceSearch
from .laplacian import areas
from .thin_plate import ThinPlate

_STIFFNESS = np.geomspace(1e-2, 1e-7, 14)
_REACH = 0.020  # metres: a match farther than this hardly counts
_LIP_REACH = 0.040  # within this of a lip, upper may match upper only
_ORAL_RINGS = 1
_SOCKET_RINGS = 2
_EAR_TRUST = 0.02  # the folds of the two ears do not correspond
_EAR_BOX = np.array([[0.068, -0.045, -0.080], [1.0, 0.040, -0.010]])  # |x|, y, z


@dataclass(frozen=True, eq=False)
class Skin:
    """The surface that FLAME's head is laid onto, in FLAME's frame, metres.

    Attributes:
        vertices: (N, 3).
        faces: (F, 3), without mouth, teeth and eyes where those are known.
        lip_side: (N) +1 upper, -1 lower, 0 neither.
    """

    vertices: Floats
    faces: Ints
    lip_side: Ints


@dataclass(frozen=True)
class Registration:
    """FLAME's head in the shape of another.

    Attributes:
        vertices: (H, 3) metres; FLAME's triangles in the other head's shape.
        matches: the point of the other's skin each vertex answers to.
        distances: (H) metres between the two.
    """

    vertices: Floats
    matches: SurfacePoints
    distances: Floats


def register(
    head: FlameHead,
    skin: Skin,
    start: Floats,
    told: Callable[[float], None] = lambda share: None,
) -> Registration:
    """Lay FLAME's head onto a skin.

    Args:
        head: FLAME's.
        skin: of the other head.
        start: (H, 3) FLAME's head, already near: by landmarks.
        told: called with the share done before each round; what it raises ends the work.
    """
    plate, area = ThinPlate(start, head.faces), areas(start, head.faces)
    trust, surface_normals = _trust(head), vertex_normals(skin.vertices, skin.faces)
    matcher, placed = _Matcher(head, skin), start
    for done, stiffness in enumerate(_STIFFNESS):
        told(done / len(_STIFFNESS))
        normals = vertex_normals(placed, head.faces)
        matches = matcher.match(placed, normals)
        found = matches.sample(skin.vertices)
        agreement = np.einsum("px,px->p", matches.sample(surface_normals), normals)
        distances = np.linalg.norm(found - placed, axis=1)
        weights = trust * np.clip(agreement, 0, 1) ** 2 * np.exp(-((distances / _REACH) ** 2))
        weights *= area / area.mean()
        placed = start + plate.solve(weights, stiffness, weights[:, None] * (found - start))
    matches = matcher.match(placed, vertex_normals(placed, head.faces))
    distances = np.linalg.norm(matches.sample(skin.vertices) - placed, axis=1)
    return Registration(placed, matches, distances)


def lip_faces(faces: NDArray, side: NDArray, which: int) -> NDArray:
    """Return the triangles none of whose corners belongs to the other lip."""
    return faces[(side[faces] * which >= 0).all(axis=1)]


class _Matcher:
    """Finds closest points, upper lip to upper lip and lower to lower.

    Without the sides, the closed lips' inner faces would match across the seam and the lip tear.
    """

    def __init__(self, head: FlameHead, skin: Skin) -> None:
        self._whole = SurfaceSearch(skin.vertices, skin.faces)
        self._lips = [
            (
                (head.lip_side == side) & (head.lip_distance < _LIP_REACH),
                SurfaceSearch(skin.vertices, lip_faces(skin.faces, skin.lip_side, side)),
            )
            for side in (1, -1)
        ]

    def match(self, points: Floats, normals: Floats) -> SurfacePoints:
        """Return the point of the skin that each of (H, 3) vertices of FLAME's head answers to."""
        matches = self._whole.closest(points, normals)
        for chosen, search in self._lips:
            own = search.closest(points[chosen], normals[chosen])
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
