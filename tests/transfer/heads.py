"""Heads to transfer to, made of what ships with the product, and how their lips are measured."""

import numpy as np
from numpy.typing import NDArray

from model_core.demo.head import load_demo_head
from model_core.rig.geometry import Geometry
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import INNER_LIP_PAIRS, SPEECH_SHAPES
from model_core.rig.transfer.result import TransferredShapes

Points = NDArray[np.float64]
TO_Z_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
"""Turns +Y up, +Z forward into Blender's +Z up, -Y forward."""


def geometry(points: NDArray, faces: NDArray) -> Geometry:
    """Return a mesh of polygons of one size."""
    totals = np.full(len(faces), faces.shape[1])
    return Geometry(np.asarray(points, np.float32), faces.ravel().astype(np.int64), totals)


def demo_head_cut_finer() -> tuple[Points, NDArray[np.int64]]:
    """Return the demo head with every triangle of the head cut in three: not FLAME's topology.

    FLAME's vertices come first, in order.
    """
    head = load_demo_head()
    points, faces = head.vertices.astype(np.float64), head.faces.astype(np.int64)
    own = faces[(faces < 3931).all(axis=1)]
    middle = len(points) + np.arange(len(own))
    cut = [np.stack([own[:, k], own[:, (k + 1) % 3], middle], axis=1) for k in range(3)]
    rest = faces[(faces >= 3931).any(axis=1)]
    return np.concatenate([points, points[own].mean(axis=1)]), np.concatenate([*cut, rest])


def coarser(
    points: NDArray, faces: NDArray, wanted: int, kept: set[int]
) -> tuple[Points, NDArray[np.int64], NDArray[np.int64]]:
    """Return a mesh of fewer vertices, by collapsing its shortest edges, and which they were.

    Args:
        points: (V, 3).
        faces: (F, 3).
        wanted: about how many vertices are to be left.
        kept: vertices that stay.
    """
    around: list[set[tuple[int, ...]]] = [set() for _ in points]
    for face in faces.tolist():
        for corner in face:
            around[corner].add(tuple(face))
    pairs = np.unique(np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1), axis=0)
    left, passes = int((np.bincount(faces.ravel(), minlength=len(points)) > 0).sum()), 0
    while left > wanted and passes < 12:
        lengths = np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)
        for a, b in pairs[lengths.argsort(kind="stable")][: len(pairs) // 3].tolist():
            gone, stays = (a, b) if b in kept else (b, a)
            if left > wanted and gone not in kept and _collapse(points, around, gone, stays):
                left -= 1
        now = np.array(sorted({face for each in around for face in each}))
        pairs, passes = np.sort(now[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1), passes + 1
        pairs = np.unique(pairs, axis=0)
    numbers = np.unique(now)
    return points[numbers].astype(np.float64), np.searchsorted(numbers, now), numbers


def _collapse(points: NDArray, around: list[set[tuple[int, ...]]], gone: int, stays: int) -> bool:
    """Move one vertex into another unless that would tear, fold or turn over a triangle."""
    near, far = ({v for f in around[vertex] for v in f} - {gone, stays} for vertex in (gone, stays))
    if len(near & far) != 2 or len(around[gone]) != len(
        near | {stays}
    ):  # the latter at open borders
        return False
    stay = [face for face in around[gone] if stays not in face]
    moved = [tuple(stays if v == gone else v for v in face) for face in stay]
    before, after = (
        np.cross(*(points[np.array(fs)][:, 1:] - points[np.array(fs)][:, :1]).swapaxes(0, 1))
        for fs in (stay, moved)
    )
    sizes = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    if ((before * after).sum(axis=1) < 0.3 * sizes).any():
        return False
    for face in list(around[gone]):
        for v in face:
            around[v].discard(face)
    for face in moved:
        for v in face:
            around[v].add(face)
    return True


def ball(centre: tuple[float, float, float], radius: float) -> tuple[Points, NDArray[np.int64]]:
    """Return a sphere of quads."""
    polar, around = np.linspace(0.05, np.pi - 0.05, 24), np.linspace(0, 2 * np.pi, 32)[:-1]
    p, a = np.meshgrid(polar, around, indexing="ij")
    unit = np.stack([np.sin(p) * np.cos(a), np.cos(p), np.sin(p) * np.sin(a)], axis=-1)
    number = np.arange(p.size).reshape(p.shape)
    corners = [number[:-1], np.roll(number, -1, 1)[:-1], np.roll(number, -1, 1)[1:], number[1:]]
    faces = np.stack([c.ravel() for c in corners], axis=1)
    return unit.reshape(-1, 3) * radius + centre, faces


def offset_of(shapes: TransferredShapes, name: str) -> Points:
    """Return (V, 3) of a shape at weight 1."""
    return shapes.offsets[shapes.names.index(name)].astype(np.float64)


def openings(
    shapes: TransferredShapes, weights: NDArray, up: Points, upper: list[int], lower: list[int]
) -> Points:
    """Return (T) how far (T, 21) weights of the speech shapes part a mesh's lips, in its units."""
    basis = np.stack([offset_of(shapes, name) for name in SPEECH_SHAPES])
    per_unit = (basis[:, upper] - basis[:, lower]).mean(axis=1) @ up
    return weights @ per_unit


def flame_openings(weights: NDArray) -> Points:
    """Return (T) metres by which (T, 21) weights part FLAME's lips."""
    basis = load_face_rig().select(SPEECH_SHAPES).astype(np.float64)
    upper, lower = np.array(INNER_LIP_PAIRS).T
    return weights @ (basis[:, upper, 1] - basis[:, lower, 1]).mean(axis=1)


def babble(frames: int = 400) -> Points:
    """Return (T, 21) weights like those of speech: a jaw that opens and closes, lips that round."""
    random = np.random.default_rng(5)
    weights = np.zeros((frames, len(SPEECH_SHAPES)))
    beat = np.clip(np.sin(np.arange(frames) / 5.0), 0, 1) * random.uniform(0.1, 0.6, frames)
    weights[:, SPEECH_SHAPES.index("jawOpen")] = beat
    for name, most in (("mouthFunnel", 0.5), ("mouthPucker", 0.5), ("mouthPressLeft", 0.3)):
        weights[:, SPEECH_SHAPES.index(name)] = beat * random.uniform(0, most, frames)
    closing = np.arange(frames) % 7 == 0
    weights[closing, SPEECH_SHAPES.index("mouthClose")] = weights[closing, 0]
    return weights
