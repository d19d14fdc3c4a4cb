"""Where things are on FLAME's head: landmarks, rings around mouth and eyes, lip sides, the neck.

The vertex numbers were read off FLAME's mean shape by their place on its profile; the keys are the
numbers of the common 68-point scheme (Sagonas et al. 2013), which ICT-FaceKit carries.
"""

from dataclasses import dataclass

import numpy as np

from ...base.arrays import Floats, Ints
from ..mesh import border_vertices, unique_edges
from .paths import components, geodesic, hops

HEAD_VERTICES = 3931
EYEBALLS = (range(3931, 4477), range(4477, 5023))
"""Vertex ranges of the eyeballs, the character's left (+X) first."""

# The lips enter by these six alone: denser lip landmarks contradict one another where the two
# heads' lips differ in shape, and fold the warp into a V.
FLAME_LANDMARKS: dict[int, int] = {
    27: 3560,  # nasion
    30: 3564,  # tip of the nose
    33: 3507,  # under the nose
    8: 3400,  # chin
    51: 3541,  # upper lip's edge
    57: 3511,  # lower lip's edge
    62: 3531,  # upper lip at the seam
    66: 3509,  # lower lip at the seam
    54: 1712,  # left mouth corner
    42: 3833,  # left eye, inner corner
    45: 1146,  # left eye, outer corner
}
MIRRORED_LANDMARKS: dict[int, int] = {54: 48, 42: 39, 45: 36}
"""Left landmarks and the numbers of their mirror images."""
_UPPER_LIP, _LOWER_LIP = 3533, 3504
_SOCKET_APEX = 3929  # the back of the left eye socket; the lids are rings around it
_LIP_SEED_HALF_WIDTH = 0.016
_LIP_SEED_RINGS = (1, 8)
_TIE = 0.002


@dataclass(frozen=True)
class FlameHead:
    """FLAME's mean made symmetric, with measures at its H = 3931 head vertices.

    Attributes:
        vertices: (H, 3) metres.
        faces: (F, 3) the head's triangles.
        partner: (V) the whole mesh's mirror map, eyeballs included.
        mouth_ring: (H) edges to the mouth hole's border: 0 and 1 lie behind the lips, 3 to 5 touch.
        eye_rings: (2, H) edges to the backs of the left and right socket; the lid's margin is 3.
        lip_side: (H) +1 nearer the upper lip, -1 the lower, 0 about as near.
        lip_distance: (H) metres over the surface to the nearest lip.
        neck_distance: (H) metres over the surface to the neck's open border.
    """

    vertices: Floats
    faces: Ints
    partner: Ints
    mouth_ring: Ints
    eye_rings: Ints
    lip_side: Ints
    lip_distance: Floats
    neck_distance: Floats


def describe_flame(vertices: Floats, faces: Ints, partner: Ints) -> FlameHead:
    """Measure FLAME's (V, 3) mean after averaging it with its mirror image."""
    symmetric = (vertices + vertices[partner] * [-1.0, 1.0, 1.0]) / 2
    head, head_faces = symmetric[:HEAD_VERTICES], faces[(faces < HEAD_VERTICES).all(axis=1)]
    border = border_vertices(head_faces)
    above_chin = head[border, 1] > head[FLAME_LANDMARKS[8], 1]
    mouth_ring = hops(head_faces, border[above_chin])
    upper, lower = _lips(head, head_faces, mouth_ring)
    lip_side, lip_distance = nearer_side(head, head_faces, upper, lower)
    apexes = [_SOCKET_APEX, int(partner[_SOCKET_APEX])]
    return FlameHead(
        vertices=head,
        faces=head_faces,
        partner=partner,
        mouth_ring=mouth_ring,
        eye_rings=np.stack([hops(head_faces, np.array([apex])) for apex in apexes]),
        lip_side=lip_side,
        lip_distance=lip_distance,
        neck_distance=geodesic(head, head_faces, border[~above_chin]),
    )


def landmark_pairs(partner: Ints) -> list[tuple[int, int]]:
    """Return (68-point number, FLAME vertex) for every landmark, both sides."""
    right = [(MIRRORED_LANDMARKS[k], int(partner[FLAME_LANDMARKS[k]])) for k in MIRRORED_LANDMARKS]
    return list(FLAME_LANDMARKS.items()) + right


def nearer_side(
    vertices: Floats, faces: Ints, upper: Ints, lower: Ints, limit: float = np.inf
) -> tuple[Ints, Floats]:
    """Tell the upper lip's side from the lower's by distance over the surface, not through space.

    Returns:
        (V) +1, -1 or 0 for a tie within 2 mm or beyond ``limit``, and (V) metres to the nearer lip.
    """
    to_upper = geodesic(vertices, faces, upper, limit)
    to_lower = geodesic(vertices, faces, lower, limit)
    nearer = np.minimum(to_upper, to_lower)
    farther = np.maximum(to_upper, to_lower)
    tied = np.isinf(nearer) | (nearer > farther - _TIE)
    return np.where(tied, 0, np.where(to_upper < to_lower, 1, -1)), nearer


def _lips(vertices: Floats, faces: Ints, mouth_ring: Ints) -> tuple[Ints, Ints]:
    """Return the vertices of the upper and the lower lip: near the middle they are not joined."""
    first, last = _LIP_SEED_RINGS
    band = (mouth_ring >= first) & (mouth_ring <= last)
    band &= np.abs(vertices[:, 0]) < _LIP_SEED_HALF_WIDTH
    edges = unique_edges(faces)
    edges = edges[band[edges].all(axis=1)]
    labels = components(edges, len(vertices))
    upper, lower = (np.flatnonzero(labels == labels[lip]) for lip in (_UPPER_LIP, _LOWER_LIP))
    return upper, lower
