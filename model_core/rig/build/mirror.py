"""Left and right: the vertex map that mirrors FLAME's almost symmetric head."""

from collections import deque

import numpy as np
from scipy.spatial import cKDTree

from ...base.arrays import Floats, Ints
from ..mesh import vertex_neighbours_mean
from ..transfer.anatomy import EYEBALLS, HEAD_VERTICES

MIDLINE_EDGE = (3533, 3531)
"""An edge of the upper lip that lies in the symmetry plane, so it is its own mirror image."""
_MIRROR = np.array([-1.0, 1.0, 1.0])
_SMOOTHING_ROUNDS = 3


def mirror_map(vertices: Floats, faces: Ints) -> Ints:
    """Return (V) the vertex across the symmetry plane from each; the map is its own inverse.

    The head's is grown over the triangles from an edge on the symmetry plane, since the mean face
    is several millimetres from symmetric, and then settled by position, since a few quads are cut
    along different diagonals on the two sides. The eyeballs are congruent, so position is enough.

    Raises:
        ValueError: the mesh is not mirror-symmetric in its connections.
    """
    head = vertices[:HEAD_VERTICES]
    head_faces = faces[(faces < HEAD_VERTICES).all(axis=1)]
    residual = head[_grow(head_faces, MIDLINE_EDGE, HEAD_VERTICES)] - head * _MIRROR
    for _ in range(_SMOOTHING_ROUNDS):
        residual = vertex_neighbours_mean(residual, head_faces)
    partner = np.arange(len(vertices))
    partner[:HEAD_VERTICES] = cKDTree(head).query(head * _MIRROR + residual)[1]
    for own, other in (EYEBALLS, EYEBALLS[::-1]):
        target = _centred(vertices[other.start : other.stop])
        image = _centred(vertices[own.start : own.stop]) * _MIRROR
        partner[own.start : own.stop] = other.start + cKDTree(target).query(image)[1]
    if not np.array_equal(partner[partner], np.arange(len(vertices))):
        raise ValueError("The mesh's connections are not mirror-symmetric.")
    return partner


def mirrored(offsets: Floats, partner: Ints) -> Floats:
    """Return offsets (..., V, 3) as seen in the mirror."""
    return offsets[..., partner, :] * _MIRROR


def _centred(points: Floats) -> Floats:
    """Return the points about the middle of their bounding box."""
    return points - (points.min(axis=0) + points.max(axis=0)) / 2


def _grow(faces: Ints, edge: tuple[int, int], count: int) -> Ints:
    """Map every vertex by crossing triangles outwards from ``edge``, which maps to itself."""
    third = {}
    for a, b, c in faces.tolist():
        third[a, b], third[b, c], third[c, a] = c, a, b
    image = {edge[0]: edge[0], edge[1]: edge[1]}
    queue, seen = deque([edge, edge[::-1]]), set()
    while queue:
        a, b = queue.popleft()
        apex, mirror_apex = third.get((a, b)), third.get((image[b], image[a]))
        if (a, b) in seen or apex is None or mirror_apex is None:
            continue
        seen.add((a, b))
        if image.setdefault(apex, mirror_apex) == mirror_apex:
            queue.extend([(b, a), (apex, b), (b, apex), (a, apex), (apex, a)])
    return np.array([image.get(i, i) for i in range(count)])
