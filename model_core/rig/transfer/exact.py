"""The rig's own offsets where FLAME's own vertices are there."""

import numpy as np

from ...base.arrays import Array, Flags, Ints
from ..placement import find_placement
from ..rig import load_face_rig
from .carry import renumbered
from .head_mesh import HeadMesh
from .smoothing import smooth

_NEAR = 0.015  # metres about FLAME's vertices within which vertices added to it go along
_LITTLE = 1e-4


def exact_offsets(mesh: HeadMesh, found: Ints, names: tuple[str, ...]) -> Array:
    """Return (K, N, 3) offsets in the mesh's units, FLAME's at its vertices.

    Vertices added among them, such as a hole's filling, go along smoothly.

    Args:
        mesh: the head.
        found: (N) FLAME's vertex or -1.
        names: of the K shapes.
    """
    rig = load_face_rig()
    own = np.flatnonzero(found >= 0)
    placement = find_placement(rig.neutral[found[own]], mesh.vertices[own])
    offsets = np.zeros((len(names), len(found), 3), np.float32)
    offsets[:, own] = placement.apply(rig.select(names)[:, found[own]])
    added = _added(mesh, found, placement.scale)
    if added.any():
        _fill(mesh, found, added, offsets, placement.scale)
    return offsets


def _added(mesh: HeadMesh, found: Ints, scale: float) -> Flags:
    """Return (N) bool: vertices of a part with FLAME's that lie close by and are not FLAME's."""
    parts = np.unique(mesh.part[found >= 0])
    own = mesh.vertices[found >= 0]
    low, high = own.min(axis=0) - _NEAR * scale, own.max(axis=0) + _NEAR * scale
    inside = ((mesh.vertices >= low) & (mesh.vertices <= high)).all(axis=1)
    return inside & np.isin(mesh.part, parts) & (found < 0)


def _fill(mesh: HeadMesh, found: Ints, added: Flags, offsets: Array, scale: float) -> None:
    kept = added | (found >= 0)
    chosen, faces = np.flatnonzero(kept), renumbered(mesh.faces, kept)
    data = offsets[:, chosen].transpose(1, 0, 2).reshape(len(chosen), -1)
    trust = np.where(found[chosen] >= 0, 1.0, _LITTLE)
    filled = smooth(mesh.vertices[chosen], faces, trust, data, _NEAR * scale / 10)
    filled = filled.reshape(len(chosen), len(offsets), 3).transpose(1, 0, 2)
    fresh = added[chosen]
    offsets[:, chosen[fresh]] = filled[:, fresh]
