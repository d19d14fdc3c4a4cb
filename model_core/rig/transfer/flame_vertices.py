"""FLAME's own vertices within another mesh: joined to a body, cut, reordered, of any person.

A vertex is known by how the triangles around it hang together, ring by ring and with their winding,
which tells left from right (colour refinement, Weisfeiler and Leman 1968). What borders hide from
that is found by going on from triangle to triangle.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import Ints
from ..rig import load_face_rig
from .anatomy import HEAD_VERTICES

_ROUNDS = 6
_LEAST_SHARE = 0.95  # of the regions that speech moves
_REGIONS = ("inner_lips", "outer_lips", "mouth", "jaw")
_MIX = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_SHIFT = np.uint64(29)

Hashes = NDArray[np.uint64]


def find_flame(faces: Ints, count: int) -> Ints | None:
    """Return the number in FLAME's head of each of ``count`` vertices, -1 for others.

    None if the mesh (F, 3) does not hold all that speech moves of FLAME's face.
    """
    own = _hashes(faces, count)
    known, numbers = _flame_hashes()
    at = np.minimum(np.searchsorted(known, own), len(known) - 1)
    found = np.where(known[at] == own, numbers[at], -1)
    _, first, times = np.unique(own, return_index=True, return_counts=True)
    alone = np.zeros(count, bool)
    alone[first[times == 1]] = True
    found = _grown(np.where(alone, found, -1), faces)
    regions = load_face_rig().regions
    needed = np.unique(np.concatenate([regions[name] for name in _REGIONS]))
    share = np.isin(needed, found).mean()
    return found if share >= _LEAST_SHARE else None


def _grown(found: Ints, faces: Ints) -> Ints:
    """Return the matches spread over triangles two of whose corners are known."""
    keys, apexes = _flame_sides()
    corners = np.concatenate([np.roll(faces, -k, axis=1) for k in range(3)])
    while True:
        image = found[corners]
        open_sides = np.flatnonzero((image[:, :2] >= 0).all(axis=1) & (image[:, 2] < 0))
        side = (image[open_sides, 0] << 32) | image[open_sides, 1]
        at = np.minimum(np.searchsorted(keys, side), len(keys) - 1)
        hit = keys[at] == side
        apex, vertex = apexes[at[hit]], corners[open_sides[hit], 2]
        fresh = ~np.isin(apex, found)
        if not fresh.any():
            return _consistent(found, corners)
        found = found.copy()
        found[vertex[fresh]] = apex[fresh]


def _consistent(found: Ints, corners: Ints) -> Ints:
    """Return the matches without those most of whose triangles are not FLAME's."""
    keys, apexes = _flame_sides()
    image = found[corners]
    known = (image >= 0).all(axis=1)
    side = (image[known, 0] << 32) | image[known, 1]
    at = np.minimum(np.searchsorted(keys, side), len(keys) - 1)
    right = (keys[at] == side) & (apexes[at] == image[known, 2])
    vertex = corners[known, 0]
    good = np.bincount(vertex, right, len(found))
    total = np.bincount(vertex, minlength=len(found))
    return np.where((total > 0) & (good > total / 2), found, -1)


def _hashes(faces: Ints, count: int) -> Hashes:
    """Return (count) a number for each vertex that tells how its surroundings hang together."""
    corners = np.concatenate([np.roll(faces, -k, axis=1) for k in range(3)])
    order = np.argsort(corners[:, 0], kind="stable")
    corners = corners[order]
    vertices, starts = np.unique(corners[:, 0], return_index=True)
    value = np.bincount(corners[:, 0], minlength=count).astype(np.uint64) * _MIX
    for _ in range(_ROUNDS):
        pair = _mixed(value[corners[:, 1]] * _FIRST + value[corners[:, 2]] * _SECOND)
        total = np.zeros(count, np.uint64)
        total[vertices] = np.add.reduceat(pair, starts)
        value = _mixed(value * _MIX + total)
    return value


def _mixed(value: Hashes) -> Hashes:
    value = (value ^ (value >> _SHIFT)) * _FIRST
    return value ^ (value >> _SHIFT)


@lru_cache(maxsize=1)
def _flame_faces() -> Ints:
    faces = load_face_rig().faces.astype(np.int64)
    return faces[(faces < HEAD_VERTICES).all(axis=1)]


@lru_cache(maxsize=1)
def _flame_hashes() -> tuple[Hashes, Ints]:
    """Return the sorted hashes that one vertex of FLAME's head alone has, and that vertex."""
    values, first, times = np.unique(
        _hashes(_flame_faces(), HEAD_VERTICES), return_index=True, return_counts=True
    )
    return values[times == 1], first[times == 1]


@lru_cache(maxsize=1)
def _flame_sides() -> tuple[Ints, Ints]:
    """Return the sorted sides of FLAME's triangles, packed in their winding, and the apexes."""
    faces = _flame_faces()
    sides = np.concatenate([np.roll(faces, -k, axis=1) for k in range(3)])
    keys = (sides[:, 0] << 32) | sides[:, 1]
    order = np.argsort(keys)
    return keys[order], sides[order, 2]
