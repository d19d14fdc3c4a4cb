"""The room that a head's outer skin leaves for what is in its mouth, whatever its pose."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from ...base.arrays import Flags, Floats, Ints
from ..mesh import border_loops
from ..rig import load_face_rig
from .follow import JAW, follow

POSES: tuple[Mapping[str, float], ...] = (
    {},
    {"jawOpen": 1.0},
    {"jawOpen": 0.4, "mouthFunnel": 0.5},
    {"jawOpen": 0.1, "mouthPucker": 1.0},
    {"jawOpen": 0.15, "mouthClose": 0.15, "mouthPress": 0.5},
    {"jawOpen": 0.1, "mouthSmile": 0.8, "mouthStretch": 0.3},
    {"jawOpen": 0.1, "mouthRollLower": 0.5, "mouthRollUpper": 0.25},
    {"jawOpen": 0.2, "mouthLowerDown": 0.8, "mouthUpperUp": 0.6},
)
"""Weights of poses in which lips and cheeks are nearest to the teeth; both sides alike."""

_TALL, _BEHIND = 0.060, 0.020  # metres above, below and behind the axis where skin is looked for
_LEVEL = np.array([1.0, 0.0, 1.0])


class Room:
    """A FLAME head's outer skin in some poses, to be asked how far within it points are.

    Args:
        head: (V, 3) metres, at rest.
        axis: (3) a point within the mouth, behind all teeth. Outward is away from it, sideways and
            forward, at the height of each point.
    """

    def __init__(self, head: Floats, axis: Floats) -> None:
        self._head, self._axis = head, axis
        self._poses = [posed(head, pose) for pose in POSES]
        self._skins = [self._near(pose[skin_faces()]) for pose in self._poses]

    def outward(self, points: Floats) -> Floats:
        """Return the (N, 3) unit vectors outward at points."""
        away = (points - self._axis) * _LEVEL
        return away / np.linalg.norm(away, axis=1, keepdims=True)

    def depth(self, points: Floats, jaw: Flags | bool) -> Floats:
        """Return how far (N,) the skin is outward where that is least; below 0 is beyond it.

        Points behind the axis are not asked: infinite.

        Args:
            points: (N, 3) metres, at rest.
            jaw: (N,) whether each follows the jaw; else the skull.
        """
        least = np.full(len(points), np.inf)
        lower = np.broadcast_to(jaw, len(points))[:, None]
        for pose, skin in zip(self._poses, self._skins, strict=True):
            moved = np.where(lower, follow(points, self._head, pose, JAW), points)
            least = np.minimum(least, _depth(moved, self.outward(moved), skin))
        return least

    def _near(self, skin: Floats) -> Floats:
        """Return those of triangles (F, 3, 3) that an outward line from the mouth can cross."""
        heights = skin[..., 1] - self._axis[1]
        near = (heights.min(axis=1) < _TALL) & (heights.max(axis=1) > -_TALL)
        return skin[near & (skin[..., 2] > self._axis[2] - _BEHIND).all(axis=1)]


def posed(head: Floats, pose: Mapping[str, float]) -> Floats:
    """Return a head (V, 3) in a pose; a name without its side stands for both sides."""
    rig, moved = load_face_rig(), head
    for name, weight in pose.items():
        sides = (name,) if name in rig.names else (f"{name}Left", f"{name}Right")
        moved = moved + weight * rig.select(sides).sum(axis=0)
    return moved


@lru_cache(maxsize=1)
def skin_faces() -> Ints:
    """Return the (F, 3) triangles of a FLAME head's outer skin, closed from lip to lip."""
    rig = load_face_rig()
    faces = rig.faces.astype(np.int64)
    hidden = np.concatenate([rig.regions[name] for name in ("oral", "inner_lips", "eyeballs")])
    outer = faces[~np.isin(faces, hidden).all(axis=1)]
    seam = next(loop for loop in border_loops(outer) if np.isin(loop, hidden).all())
    seam = np.roll(seam, -int(rig.neutral[seam, 0].argmin()))  # from one corner of the mouth round
    half = len(seam) // 2 + 1
    one, other = seam[:half], np.roll(seam[::-1], 1)[:half]
    there = np.stack([one[:-1], one[1:], other[1:]], axis=1)
    back = np.stack([one[:-1], other[1:], other[:-1]], axis=1)
    return np.concatenate([outer, there, back])


def _depth(points: Floats, ways: Floats, skin: Floats) -> Floats:
    """Return how far (N,) along its way the skin (F, 3, 3) is from points, beyond it below 0."""
    line, reach, leaves = _crossings(points, ways, skin)
    ahead, exits = np.full(len(points), np.inf), np.full(len(points), np.inf)
    behind = np.full(len(points), -np.inf)
    np.minimum.at(ahead, line[reach > 0], reach[reach > 0])
    np.minimum.at(exits, line[(reach > 0) & leaves], reach[(reach > 0) & leaves])
    np.maximum.at(behind, line[reach <= 0], reach[reach <= 0])
    inside = np.isfinite(ahead) & (exits == ahead)
    depth: Floats = np.where(inside, ahead, behind)
    depth[ways[:, 2] <= 0] = np.inf
    return depth


def _crossings(points: Floats, ways: Floats, skin: Floats) -> tuple[Ints, Floats, Flags]:
    """Return which level lines (N) cross triangles (F, 3, 3), how far along, and if outward.

    Moeller and Trumbore (1997), "Fast, minimum storage ray/triangle intersection".
    """
    heights, level = skin[..., 1], points[:, 1, None]
    line, face = np.nonzero((level >= heights.min(axis=1)) & (level < heights.max(axis=1)))
    first = skin[face, 0]
    edge, other, away = skin[face, 1] - first, skin[face, 2] - first, points[line] - first
    across, turned = np.cross(ways[line], other), np.cross(away, edge)
    volume = _dot(edge, across)
    safe = np.where(np.abs(volume) < 1e-15, np.nan, volume)
    u, v = _dot(away, across) / safe, _dot(ways[line], turned) / safe
    hit = (u >= 0) & (v >= 0) & (u + v <= 1)
    return line[hit], (_dot(other, turned) / safe)[hit], volume[hit] < 0


def _dot(a: Floats, b: Floats) -> Floats:
    product: Floats = np.einsum("nx,nx->n", a, b)
    return product
