"""Where in a mesh the head is, and which way it looks: FLAME tried in every quarter turn.

Each start is settled by iterated closest points with normals (Besl and McKay 1992), first as a
rigid body, the best few then with their size free.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from ...base.arrays import Floats, Ints
from ..mesh import triangle_normals, vertex_normals
from .alignment import Frame, fit_frame
from .anatomy import FlameHead
from .head_mesh import HeadMesh

_COARSE, _FINE = 0.024, 0.014  # metres between samples of FLAME
_TARGET_SAMPLES = (500, 2200)
_ROUNDS = (8, 15)
_KEPT = 4
_FARTHEST = 0.03  # metres: what lies farther is not there
_TRIM = 0.75  # share of the samples that may be asked to fit: hair, hats and cut necks do not
_SCALE_RANGE = (0.75, 1.33)
_MOST_PARTS = 5
_LEAST_SHARE = 0.02  # of the mesh's vertices, or it is no head
_HEAD_SHARES = (1.0, 0.5, 0.25, 0.14)  # of a part's height: a head, a bust, a toon, a body
_LEAST_VERTICES = 50
_HEAD_RADIUS, _HEAD_MIDDLE = 0.14, np.array([0.0, 0.0, -0.03])  # metres, in FLAME
_OTHER_WAY = 40.0  # degrees apart: another answer, not the same one settled a little elsewhere


@dataclass(frozen=True)
class Pose:
    """A head found.

    Attributes:
        frame: FLAME's space in the mesh.
        error: mean distance of FLAME's samples to the mesh, metres of FLAME, far ones trimmed.
        runner_up: the same of the best answer that looks another way.
    """

    frame: Frame
    error: float
    runner_up: float


@dataclass(frozen=True)
class _Cloud:
    points: Floats
    normals: Floats


def find_pose(
    mesh: HeadMesh, head: FlameHead, told: Callable[[float], None] = lambda share: None
) -> Pose:
    """Return how FLAME's head lies best in a mesh.

    Args:
        mesh: in any units and axes.
        head: FLAME's.
        told: called with the share done; what it raises ends the work.
    """
    template = _template(head, _COARSE)
    starts = list(_starts(mesh, template))
    settled = []
    for done, (frame, cloud) in enumerate(starts):
        told(0.7 * done / len(starts))
        settled.append((*_settle(template, cloud, frame, _ROUNDS[0]), cloud))
    settled.sort(key=lambda found: found[1])
    template, results = _template(head, _FINE), []
    for done, (frame, _, cloud) in enumerate(settled[:_KEPT]):
        told(0.7 + 0.3 * done / _KEPT)
        results.append(_settle(template, cloud, frame, _ROUNDS[1]))
    frame, error = min(results, key=lambda found: found[1])
    return Pose(frame, error, _runner_up(frame, [*results, *((f, e) for f, e, _ in settled)]))


def refine_pose(mesh: HeadMesh, head: FlameHead, frame: Frame) -> tuple[Frame, float]:
    """Return a frame settled by closest points from a start, and its error in metres of FLAME."""
    cloud = _sampled(mesh, np.arange(len(mesh.vertices)), _TARGET_SAMPLES[1])
    return _settle(_template(head, _FINE), cloud, frame, _ROUNDS[1])


def _runner_up(best: Frame, others: list[tuple[Frame, float]]) -> float:
    errors = [
        error
        for frame, error in others
        if np.trace(frame.rotation.T @ best.rotation) < 1 + 2 * np.cos(np.radians(_OTHER_WAY))
    ]
    return min(errors, default=np.inf)


def _template(head: FlameHead, spacing: float) -> _Cloud:
    """Return samples of what shows of FLAME's head."""
    shown = (head.mouth_ring > 3) | (head.lip_distance > 0.03)
    shown &= (head.eye_rings > 3).all(axis=0) & (head.neck_distance > 0.03)
    chosen = _thinned(head.vertices, np.flatnonzero(shown), spacing)
    return _Cloud(head.vertices[chosen], vertex_normals(head.vertices, head.faces)[chosen])


def _starts(mesh: HeadMesh, template: _Cloud) -> Iterator[tuple[Frame, _Cloud]]:
    """Yield starts: shares of every large part from its top down, in every quarter turn."""
    for members in _large_parts(mesh):
        for axis, sign in product(range(3), (1, -1)):
            up = sign * np.eye(3)[axis]
            height = mesh.vertices[members] @ up
            for share in _HEAD_SHARES:
                top = members[height >= height.max() - share * np.ptp(height)]
                if len(top) < _LEAST_VERTICES:
                    continue
                cloud = _sampled(mesh, top, _TARGET_SAMPLES[0])
                for forward in (f * np.eye(3)[k] for k in range(3) if k != axis for f in (1, -1)):
                    rotation = np.column_stack([np.cross(up, forward), up, forward])
                    yield _start(cloud.points, template.points, rotation), cloud


def _start(points: Floats, reference: Floats, rotation: Floats) -> Frame:
    """Return the frame that makes the two as wide, one upon the other with their tops level."""
    turned = points @ rotation
    low, high = np.percentile(turned, [1, 99], axis=0)
    own_low, own_high = np.percentile(reference, [1, 99], axis=0)
    scale = float(high[0] - low[0]) / float(own_high[0] - own_low[0])
    place = (low + high) / 2 - scale * (own_low + own_high) / 2
    place[1] = high[1] - scale * own_high[1]
    return Frame(max(scale, 1e-12), rotation, rotation @ place)


def _large_parts(mesh: HeadMesh) -> list[Ints]:
    """Return the vertices of each part that may be a head, the largest first.

    Parts within another's bounding box are its eyes, teeth and tongue.
    """
    counts = np.bincount(mesh.part)
    order = np.argsort(counts)[::-1][:_MOST_PARTS]
    members = [np.flatnonzero(mesh.part == part) for part in order]
    boxes = [(mesh.vertices[own].min(axis=0), mesh.vertices[own].max(axis=0)) for own in members]
    return [
        own
        for own, (low, high) in zip(members, boxes, strict=True)
        if own is members[0]
        or (
            len(own) >= _LEAST_SHARE * len(mesh.vertices)
            and not any(
                (other_low <= low).all() and (high <= other_high).all()
                for other_low, other_high in boxes
                if other_low is not low
            )
        )
    ]


def _sampled(mesh: HeadMesh, members: Ints, count: int) -> _Cloud:
    """Return points spread over some vertices' triangles by area, the same ones every time."""
    inside = np.zeros(len(mesh.vertices), bool)
    inside[members] = True
    faces = mesh.faces[inside[mesh.faces].all(axis=1)]
    normals = triangle_normals(mesh.vertices, faces)
    sizes = np.linalg.norm(normals, axis=1)
    random = np.random.default_rng(0)
    total = np.cumsum(sizes)
    spots = (np.arange(count) + random.random(count)) / count * total[-1]
    chosen = np.minimum(np.searchsorted(total, spots), len(faces) - 1)
    a, b = np.sqrt(random.random(count)), random.random(count)
    weights = np.stack([1 - a, a * (1 - b), a * b], axis=1)
    points = np.einsum("pk,pkx->px", weights, mesh.vertices[faces[chosen]])
    return _Cloud(points, normals[chosen] / np.maximum(sizes[chosen, None], 1e-30))


def _thinned(points: Floats, members: Ints, spacing: float) -> Ints:
    """Return one member for each cube of space of that size."""
    place = np.floor((points[members] - points[members].min(axis=0)) / spacing).astype(np.int64)
    return members[np.unique(place, axis=0, return_index=True)[1]]


def _settle(template: _Cloud, cloud: _Cloud, frame: Frame, rounds: int) -> tuple[Frame, float]:
    """Return the frame after iterated closest points, and its error."""
    first, error = frame.scale, np.inf
    for _ in range(rounds):
        found, distance, backwards = _onto(template, cloud, frame)
        near = distance <= np.quantile(distance, _TRIM)
        error = float(distance[near].mean() + 0.2 * distance.mean() + backwards)
        fitted = fit_frame(template.points[near], found[near])
        scale = float(np.clip(fitted.scale, _SCALE_RANGE[0] * first, _SCALE_RANGE[1] * first))
        middle = template.points[near].mean(axis=0)
        shift = found[near].mean(axis=0) - scale * fitted.rotation @ middle
        frame = Frame(scale, fitted.rotation, shift)
    return frame, error


def _onto(template: _Cloud, cloud: _Cloud, frame: Frame) -> tuple[Floats, Floats, float]:
    """Return where every sample falls on the plane of the nearest point that faces alike.

    Returns:
        (S, 3) in the mesh's space, (S) metres of FLAME to it, at most `_FARTHEST`, and the mean of
        the other way round: from the points about the head to the samples, the far ones trimmed.
    """
    placed = frame.scale * template.points @ frame.rotation.T + frame.shift
    facing = template.normals @ frame.rotation.T
    squared = (
        np.square(placed).sum(axis=1)[:, None]
        + np.square(cloud.points).sum(axis=1)
        - 2 * placed @ cloud.points.T
    )
    squared += (facing @ cloud.normals.T < 0.2) * (_FARTHEST * frame.scale) ** 2
    samples, nearest = np.arange(len(placed)), squared.argmin(axis=1)
    height, distance = _heights(
        placed - cloud.points[nearest], cloud.normals[nearest], squared[samples, nearest], frame
    )
    about = np.linalg.norm(frame.into_flame(cloud.points) - _HEAD_MIDDLE, axis=1) < _HEAD_RADIUS
    about = np.flatnonzero(about)
    if len(about) < _LEAST_VERTICES:
        return placed - height[:, None] * cloud.normals[nearest], distance, _FARTHEST
    nearest_sample = squared[:, about].argmin(axis=0)
    back = _heights(
        cloud.points[about] - placed[nearest_sample],
        facing[nearest_sample],
        squared[nearest_sample, about],
        frame,
    )[1]
    back = np.sort(back)[: int(_TRIM * len(back))]
    return placed - height[:, None] * cloud.normals[nearest], distance, float(back.mean())


def _heights(gap: Floats, normals: Floats, squared: Floats, frame: Frame) -> tuple[Floats, Floats]:
    """Return (N) heights over a plane, and metres of FLAME to it and along it past its spacing."""
    height = np.einsum("sx,sx->s", gap, normals)
    slide = np.sqrt(np.maximum(squared - height**2, 0.0))
    beyond = np.maximum(slide - 2 * np.sqrt(np.maximum(np.median(squared), 0.0)), 0.0)
    distance = (np.abs(height) + beyond) / frame.scale
    return height, np.minimum(distance, _FARTHEST)
