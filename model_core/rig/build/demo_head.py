"""The demo head: ICT-FaceKit's neutral (MIT) at FLAME's vertices, its lips shut, with eyes."""

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import Floats, Ints
from ..shapes import INNER_LIP_PAIRS
from ..transfer.anatomy import EYEBALLS, HEAD_VERTICES
from ..transfer.registration import Registration
from .eyes import sphere
from .ict import IctHead

# FLAME's eyeballs have rings of vertices at 7, 14, 21 and 27 degrees from the direction of gaze.
_IRIS_DEGREES, _PUPIL_DEGREES = 24.0, 10.0
_MOUTH_CENTRE = np.array([0.0, -0.052, 0.0])
_MOUTH_RADII = np.array([0.042, 0.026, 0.030])
_MOUTH_RINGS, _MOUTH_SEGMENTS = 12, 24


def demo_head(
    flame: Floats, faces: Ints, ict: IctHead, registration: Registration, close: Floats
) -> dict[str, NDArray]:
    """Return the arrays of ``demo_head.npz``.

    ``vertices`` (V, 3) metres, ``faces`` (F, 3); ``mouth_vertices`` and ``mouth_faces``, a closed
    dark object behind the lips; ``iris_faces`` and ``pupil_faces``, indices into ``faces``, the
    pupil's not among the iris's.

    Args:
        flame: (V, 3) FLAME's mean, for its eyeballs.
        faces: (F, 3).
        ict: the head sampled.
        registration: where FLAME's head vertices fall on it.
        close: (V, 3) offsets that bring the lips together: ICT-FaceKit's are a little apart.
    """
    vertices = np.zeros_like(flame)
    vertices[:HEAD_VERTICES] = registration.vertices
    upper, lower = INNER_LIP_PAIRS[0]
    gap = vertices[upper, 1] - vertices[lower, 1]
    vertices -= gap / (close[upper, 1] - close[lower, 1]) * close
    for span, target in zip(EYEBALLS, ict.eyeballs, strict=True):
        ball = flame[span.start : span.stop]
        centre, radius = sphere(ball)
        wanted_centre, wanted_radius = sphere(target[len(target) // 2 :])
        scaled = (ball - centre) * (wanted_radius / radius)
        vertices[span.start : span.stop] = scaled + wanted_centre
    angles = _gaze_angles(vertices, faces)
    iris = (angles >= _PUPIL_DEGREES) & (angles < _IRIS_DEGREES)
    mouth_vertices, mouth_faces = _ellipsoid()
    return {
        "vertices": vertices.astype(np.float32),
        "faces": faces.astype(np.int32),
        "mouth_vertices": mouth_vertices.astype(np.float32),
        "mouth_faces": mouth_faces.astype(np.int32),
        "iris_faces": np.flatnonzero(iris).astype(np.int32),
        "pupil_faces": np.flatnonzero(angles < _PUPIL_DEGREES).astype(np.int32),
    }


def _gaze_angles(vertices: Floats, faces: Ints) -> Floats:
    """Return (F) degrees between straight ahead and an eyeball's triangle; infinite elsewhere."""
    angles = np.full(len(faces), np.inf)
    for span in EYEBALLS:
        own = np.flatnonzero((faces >= span.start).all(axis=1) & (faces < span.stop).all(axis=1))
        outward = vertices[faces[own]].mean(axis=1) - sphere(vertices[span.start : span.stop])[0]
        cosine = outward[:, 2] / np.linalg.norm(outward, axis=1)
        angles[own] = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
    return angles


def _ellipsoid() -> tuple[Floats, Ints]:
    """Return the mouth's dark interior: a closed ellipsoid of rings between two poles."""
    polar = np.linspace(0, np.pi, _MOUTH_RINGS + 1)[1:-1, None]
    around = np.linspace(0, 2 * np.pi, _MOUTH_SEGMENTS, endpoint=False)[None]
    sides = [np.sin(polar) * np.sin(around), np.cos(polar) + 0 * around]
    sides.append(np.sin(polar) * np.cos(around))
    unit = np.concatenate([[[0, 1, 0]], np.stack(sides, axis=-1).reshape(-1, 3), [[0, -1, 0]]])
    ring = np.arange(_MOUTH_SEGMENTS)
    following = (ring + 1) % _MOUTH_SEGMENTS
    last = len(unit) - 1
    faces = [np.stack([0 * ring, 1 + ring, 1 + following], axis=1)]
    for k in range(_MOUTH_RINGS - 2):
        upper, lower = 1 + k * _MOUTH_SEGMENTS, 1 + (k + 1) * _MOUTH_SEGMENTS
        faces.append(np.stack([upper + ring, lower + ring, lower + following], axis=1))
        faces.append(np.stack([upper + ring, lower + following, upper + following], axis=1))
    tail = last - _MOUTH_SEGMENTS
    faces.append(np.stack([tail + ring, 0 * ring + last, tail + following], axis=1))
    return unit * _MOUTH_RADII + _MOUTH_CENTRE, np.concatenate(faces)
