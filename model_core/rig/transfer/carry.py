"""The rig's offsets at the vertices of another head, once FLAME has been laid onto it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...base.arrays import Array, Flags, Floats, Ints
from ..mesh import unique_edges, vertex_normals
from .anatomy import FlameHead
from .closest import SurfacePoints, SurfaceSearch
from .registration import Skin, lip_faces
from .smoothing import padded_rows, smooth

_FALL_OFF = 0.006  # metres from a vertex to FLAME's surface
_REACH = 0.035  # beyond, nothing moves
_LIP_REACH = 0.040
_ORAL_RINGS, _SOCKET_RINGS = 1, 2
_LEAST_TRUST = 3e-4
_SURE, _HELD = 0.5, 1e3  # trust that is data, and what holds it while the rest is filled in
_LENGTH = 0.0015  # metres over which data trusted by half is smoothed
_NEGLIGIBLE = 2e-6  # metres, root mean square over the head
_EASING_ROUNDS, _EASING = 2, 0.5  # smooth away the facets of FLAME's triangles


@dataclass(frozen=True, eq=False)
class Match:
    """Which point of FLAME's head each vertex (N) of a skin answers to.

    Attributes:
        points: on FLAME's head.
        distances: (N) metres to it.
        trust: (N) what that is worth, 0..1.
    """

    points: SurfacePoints
    distances: Floats
    trust: Floats


def match(skin: Skin, lip_distance: Floats, head: FlameHead, placed: Floats) -> Match:
    """Return where on FLAME's head, placed as (H, 3), a skin's vertices lie.

    Args:
        skin: in FLAME's frame.
        lip_distance: (N) metres over the skin to the nearer lip.
        head: FLAME's.
        placed: its vertices in the skin's shape.
    """
    count, normals = len(skin.vertices), vertex_normals(skin.vertices, skin.faces)
    own = _near(skin, placed)
    corners, weights = np.zeros((count, 3), np.int64), np.zeros((count, 3))
    whole = SurfaceSearch(placed, head.faces)
    for side in (0, 1, -1):
        chosen, search = own, whole
        if side:
            lip = (skin.lip_side == side) & (lip_distance < _LIP_REACH)
            chosen = own[lip[own]]
            search = SurfaceSearch(placed, lip_faces(head.faces, head.lip_side, side))
        found = search.closest(skin.vertices[chosen], normals[chosen])
        corners[chosen], weights[chosen] = found.corners, found.weights
    points = SurfacePoints(corners, weights)
    distances = np.full(count, np.inf)
    distances[own] = np.linalg.norm(points.sample(placed) - skin.vertices, axis=1)[own]
    facing = np.einsum("nx,nx->n", points.sample(vertex_normals(placed, head.faces)), normals)
    trust = np.exp(-((distances / _FALL_OFF) ** 2)) * np.clip(facing, 0.0, 1.0) ** 2
    hidden = (head.mouth_ring <= _ORAL_RINGS) | (head.eye_rings <= _SOCKET_RINGS).any(axis=0)
    trust[hidden[corners].all(axis=1)] = 0.0
    return Match(points, distances, trust)


def _near(skin: Skin, placed: Floats) -> Ints:
    """Return a skin's vertices within reach of the box about FLAME's head."""
    own = np.unique(skin.faces)
    low, high = placed.min(axis=0) - _REACH, placed.max(axis=0) + _REACH
    return own[((skin.vertices[own] > low) & (skin.vertices[own] < high)).all(axis=1)]


def carry(
    skin: Skin,
    found: Match,
    offsets: Array,
    reached: Flags,
    told: Callable[[], None] = lambda: None,
) -> Array:
    """Return (K, N, 3) offsets at a skin's vertices, FLAME's frame.

    Where FLAME has no counterpart, as in the mouth, the offsets around it go on smoothly.

    Args:
        skin: in FLAME's frame.
        found: where its vertices lie on FLAME's head.
        offsets: (K, H, 3) of FLAME's head.
        reached: (N) the vertices that may move.
        told: called now and then.
    """
    chosen = np.flatnonzero(reached)
    faces = renumbered(skin.faces, reached)
    here = SurfacePoints(found.points.corners[chosen], found.points.weights[chosen])
    modes, back = _compressed(offsets)
    data = here.sample(modes).astype(np.float32)
    data *= fade(found.distances[chosen])[:, None].astype(np.float32)
    trust = found.trust[chosen]
    told()
    data = _eased(faces, trust, data)
    data = _filled(skin.vertices[chosen], faces, trust, data, told)
    result = np.zeros((len(offsets), len(reached), 3), np.float32)
    result[:, chosen] = (data @ back).reshape(len(chosen), -1, 3).transpose(1, 0, 2)
    return result


def _compressed(offsets: Array) -> tuple[Array, Array]:
    """Return modes (H, M) and (M, 3K) whose product is offsets (K, H, 3) but for `_NEGLIGIBLE`."""
    flat = offsets.transpose(1, 0, 2).reshape(offsets.shape[1], -1).astype(np.float64)
    values, vectors = np.linalg.eigh(flat.T @ flat)
    kept = vectors[:, values > len(flat) * _NEGLIGIBLE**2]
    return (flat @ kept).astype(np.float32), kept.T.astype(np.float32)


def renumbered(faces: Ints, kept: Flags) -> Ints:
    """Return the triangles whose corners are all kept, numbered among the kept vertices."""
    number = np.cumsum(kept) - 1
    return number[faces[kept[faces].all(axis=1)]]


def _eased(faces: Ints, trust: Floats, data: Array) -> Array:
    """Return data (V, C) with the facets of FLAME's triangles smoothed away where it is sure."""
    edges = unique_edges(faces)
    near, one = padded_rows(edges, np.ones(len(edges)), len(data))
    one = one.astype(np.float32)
    pull = (_EASING * (trust > _SURE) / (1 + one.sum(axis=1))).astype(np.float32)[:, None]
    for _ in range(_EASING_ROUNDS):
        change = np.zeros_like(data)
        for k in range(near.shape[1]):
            change += one[:, k, None] * (data[near[:, k]] - data)
        data = data + pull * change
    return data


def _filled(
    vertices: Floats, faces: Ints, trust: Floats, data: Array, told: Callable[[], None]
) -> Array:
    """Return data (V, C) with what is not sure of it made to follow its surroundings smoothly."""
    loose = trust < _SURE
    rim = np.zeros(len(loose), bool)
    rim[faces[loose[faces].any(axis=1)]] = True
    part = np.flatnonzero(rim | loose)
    weights = np.where(loose[part], np.maximum(trust[part], _LEAST_TRUST), _HELD)
    kept = rim | loose
    solved = smooth(vertices[part], renumbered(faces, kept), weights, data[part], _LENGTH, told)
    data = data.copy()
    data[part[loose[part]]] = solved[loose[part]]
    return data


def fade(distances: Floats) -> Floats:
    """Return 1 near FLAME's surface, easing to 0 at the farthest reach."""
    step = np.clip((_REACH - distances) / (_REACH / 2), 0.0, 1.0)
    return step * step * (3.0 - 2.0 * step)


def reached(skin: Skin, found: Match, lip_distance: Floats) -> Flags:
    """Return (N) the vertices that the face's shapes may move: near FLAME, or within the mouth."""
    return (found.distances < _REACH) | (lip_distance < 2 * _LIP_REACH)
