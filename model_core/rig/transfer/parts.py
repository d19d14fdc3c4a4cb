"""The loose parts of a head: which are its skin, and what becomes of the others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...base.arrays import Array, Floats, Ints
from .features import Opening
from .head_mesh import HeadMesh
from .point_tree import PointTree

SKIN, EYE, UPPER_MOUTH, LOWER_MOUTH, BOTH_JAWS, WORN, OTHER = (
    "skin",
    "an eye",
    "upper teeth or palate",
    "lower teeth or tongue",
    "gums or teeth of both jaws",
    "lashes, brows or beard",
    "not of the face",
)
_LEAST_VOTES = 0.12
_NEAR_SKIN = 0.006  # metres: hair of the face lies on it
_EYE_REACH = 0.024
_MOUTH_BOX = np.array([0.045, 0.040, 0.080])  # metres about the mouth, half width, height, depth
_BOTH = 0.008  # metres above and below the line of the lips that gums of both jaws reach at least
_HINGE = 0.3  # of their height, over which one jaw goes over into the other
JAW_SHAPES = ("jawOpen", "jawForward", "jawLeft", "jawRight")


@dataclass(frozen=True)
class Part:
    """One loose part.

    Attributes:
        number: in ``HeadMesh.part``.
        kind: one of the words above.
        vertices: how many it has.
    """

    number: int
    kind: str
    vertices: int


def skin_parts(mesh: HeadMesh, vertices: Floats, template: Floats) -> Ints:
    """Return the numbers of the parts that FLAME's face lies on.

    Args:
        mesh: the head.
        vertices: (N, 3) its vertices in FLAME's frame.
        template: (S, 3) points of FLAME's face.
    """
    near = np.flatnonzero(np.linalg.norm(vertices, axis=1) < 0.25)
    if not len(near):
        near = np.arange(len(vertices))
    found = near[PointTree(vertices[near]).nearest(template, 1)[:, 0]]
    votes = np.bincount(mesh.part[found]) / len(found)
    return np.flatnonzero(votes >= min(_LEAST_VOTES, votes.max()))


def describe_parts(
    mesh: HeadMesh,
    vertices: Floats,
    skin: Ints,
    mouth: Opening | None,
    eyes: Sequence[Floats],
) -> list[Part]:
    """Return every loose part with what it is, the skin first.

    Args:
        mesh: the head.
        vertices: (N, 3) in FLAME's frame.
        skin: numbers of its parts.
        mouth: the line of the lips.
        eyes: (3) about where the middle of each is.
    """
    own = np.flatnonzero(np.isin(mesh.part, skin))
    tree = PointTree(vertices[own])
    parts = []
    for number, count in enumerate(np.bincount(mesh.part)):
        members = np.flatnonzero(mesh.part == number)
        kind = SKIN
        if number not in skin:
            kind = _kind(vertices[members], vertices[own], tree, mouth, eyes)
        parts.append(Part(number, kind, int(count)))
    return sorted(parts, key=lambda part: (part.kind != SKIN, -part.vertices))


def _kind(
    points: Floats,
    skin: Floats,
    tree: PointTree,
    mouth: Opening | None,
    eyes: Sequence[Floats],
) -> str:
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    size = float(np.ptp(points, axis=0).max())
    if any(
        np.linalg.norm(middle[:2] - eye[:2]) < _EYE_REACH / 2
        and abs(middle[2] - eye[2]) < 2 * _EYE_REACH
        and 0.006 < size < 2 * _EYE_REACH
        and float(np.ptp(points, axis=0).min()) > 0.3 * size
        for eye in eyes
    ):
        return EYE
    if mouth is not None:
        upper, lower = mouth.middle
        line = (upper + lower) / 2
        behind = line - [0, 0, _MOUTH_BOX[2] / 2 - 0.004]
        if (np.abs(middle - behind) < _MOUTH_BOX / [1, 1, 2]).all() and size < 0.10:
            if points[:, 1].max() - line[1] > _BOTH and line[1] - points[:, 1].min() > _BOTH:
                return BOTH_JAWS
            return UPPER_MOUTH if middle[1] > line[1] else LOWER_MOUTH
    sample = points[:: max(len(points) // 300, 1)]
    away = np.linalg.norm(skin[tree.nearest(sample, 1)[:, 0]] - sample, axis=1)
    return WORN if np.quantile(away, 0.7) < _NEAR_SKIN and size < 0.2 else OTHER


def lower_share(points: Floats) -> Floats:
    """Return how much of the jaw's motion points (P, 3) of both jaws take: 0 above to 1 below."""
    height = (points[:, 1] - points[:, 1].min()) / max(float(np.ptp(points[:, 1])), 1e-9)
    step = np.clip((0.5 - height) / _HINGE + 0.5, 0.0, 1.0)
    return step * step * (3.0 - 2.0 * step)


def jaw_motion(moved: Floats, offsets: Array, points: Floats) -> Array:
    """Return (P, 3) offsets of points that turn with the jaw as a rigid body.

    Args:
        moved: (J, 3) places on the jaw.
        offsets: (J, 3) how a shape moves them: small turns, so linear in the place.
        points: (P, 3).
    """
    middle = moved.mean(axis=0)
    about = moved - middle
    rows = np.zeros((len(about), 3, 6))
    rows[:, :, :3] = np.eye(3)
    x, y, z = about.T
    rows[:, 0, 4], rows[:, 0, 5] = z, -y
    rows[:, 1, 3], rows[:, 1, 5] = -z, x
    rows[:, 2, 3], rows[:, 2, 4] = y, -x
    motion = np.linalg.lstsq(rows.reshape(-1, 6), offsets.astype(float).ravel(), rcond=None)[0]
    turned = motion[:3] + np.cross(motion[3:], points - middle)
    return turned.astype(np.float32)
