"""Smoothness of fields over a triangle mesh as sparse matrices."""

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, diags

from ...base.arrays import Floats, Ints
from ..transfer.laplacian import areas, cotangents


def stiffness(vertices: Floats, faces: Ints) -> csr_matrix:
    """Return the (V, V) cotangent stiffness matrix."""
    edges, values = cotangents(vertices, faces)
    count = len(vertices)
    half = coo_matrix((values, (edges[:, 0], edges[:, 1])), (count, count))
    weights = (half + half.T).tocsr()
    return (diags(np.asarray(weights.sum(axis=1)).ravel()) - weights).tocsr()


def bending(vertices: Floats, faces: Ints) -> csr_matrix:
    """Return the (V, V) matrix B of the thin-plate energy x' B x = sum area |laplacian x|^2."""
    operator = stiffness(vertices, faces)
    mass = np.maximum(areas(vertices, faces), 1e-12)
    return (operator.T @ diags(1.0 / mass) @ operator).tocsr()
