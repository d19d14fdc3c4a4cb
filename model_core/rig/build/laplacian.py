"""Smoothness of fields over a triangle mesh: the cotangent Laplacian and its square."""

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, diags

from ...base.arrays import Floats, Ints

_LARGEST_COTANGENT = 5.0  # slivers would otherwise dominate
_SMALLEST_COTANGENT = 0.05


def stiffness(vertices: Floats, faces: Ints) -> csr_matrix:
    """Return the (V, V) cotangent stiffness matrix (Pinkall and Polthier 1993), clamped."""
    rows, columns, values = [], [], []
    for k in range(3):
        apex, a, b = faces[:, k], faces[:, (k + 1) % 3], faces[:, (k + 2) % 3]
        u, v = vertices[a] - vertices[apex], vertices[b] - vertices[apex]
        area = np.linalg.norm(np.cross(u, v), axis=1) + 1e-30
        cotangent = np.einsum("fx,fx->f", u, v) / area
        rows.append(a)
        columns.append(b)
        values.append(np.clip(cotangent, _SMALLEST_COTANGENT, _LARGEST_COTANGENT) / 2)
    count = len(vertices)
    half = coo_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), (count, count)
    )
    weights = (half + half.T).tocsr()
    return (diags(np.asarray(weights.sum(axis=1)).ravel()) - weights).tocsr()


def areas(vertices: Floats, faces: Ints) -> Floats:
    """Return (V) a third of the area of the triangles around each vertex."""
    u = vertices[faces[:, 1]] - vertices[faces[:, 0]]
    v = vertices[faces[:, 2]] - vertices[faces[:, 0]]
    third = np.linalg.norm(np.cross(u, v), axis=1) / 6
    total = np.bincount(faces.ravel(), np.repeat(third, 3), minlength=len(vertices))
    return total.astype(np.float64)


def bending(vertices: Floats, faces: Ints) -> csr_matrix:
    """Return the (V, V) matrix B of the thin-plate energy x' B x = sum area |laplacian x|^2."""
    operator = stiffness(vertices, faces)
    mass = np.maximum(areas(vertices, faces), 1e-12)
    return (operator.T @ diags(1.0 / mass) @ operator).tocsr()
