"""Smoothness of fields over a triangle mesh, in arrays of edges.

The cotangent Laplacian (Pinkall and Polthier 1993), clamped since slivers would dominate.
"""

import numpy as np

from ...base.arrays import Floats, Ints
from ..mesh import pack_edges, unpack_edges

_LARGEST_COTANGENT = 5.0
_SMALLEST_COTANGENT = 0.05


def cotangents(vertices: Floats, faces: Ints) -> tuple[Ints, Floats]:
    """Return the edges (E, 2) and half the sum (E) of the cotangents across each."""
    pairs, values = [], []
    for k in range(3):
        apex, a, b = faces[:, k], faces[:, (k + 1) % 3], faces[:, (k + 2) % 3]
        u, v = vertices[a] - vertices[apex], vertices[b] - vertices[apex]
        area = np.linalg.norm(np.cross(u, v), axis=1) + 1e-30
        cotangent = np.einsum("fx,fx->f", u, v) / area
        pairs.append(np.stack([a, b], axis=1))
        values.append(np.clip(cotangent, _SMALLEST_COTANGENT, _LARGEST_COTANGENT) / 2)
    keys, place = np.unique(pack_edges(np.concatenate(pairs)), return_inverse=True)
    totals = np.bincount(place, np.concatenate(values), len(keys)).astype(np.float64)
    return unpack_edges(keys), totals


def areas(vertices: Floats, faces: Ints) -> Floats:
    """Return (V) a third of the area of the triangles around each vertex."""
    u = vertices[faces[:, 1]] - vertices[faces[:, 0]]
    v = vertices[faces[:, 2]] - vertices[faces[:, 0]]
    third = np.linalg.norm(np.cross(u, v), axis=1) / 6
    total = np.bincount(faces.ravel(), np.repeat(third, 3), minlength=len(vertices))
    return total.astype(np.float64)
