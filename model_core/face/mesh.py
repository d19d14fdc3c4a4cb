"""Triangle-mesh arithmetic shared by the face tools; numpy only."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def triangle_normals(vertices: NDArray, faces: NDArray) -> Floats:
    """Return (..., F, 3) normals of vertices (..., V, 3); a normal's length is twice the area."""
    corners = np.asarray(vertices, np.float64)[..., faces, :]
    first, second, third = corners[..., 0, :], corners[..., 1, :], corners[..., 2, :]
    return np.cross(second - first, third - first)


def vertex_normals(vertices: NDArray, faces: NDArray) -> Floats:
    """Return (V, 3) unit normals: the area-weighted mean over each vertex's triangles."""
    per_face = triangle_normals(vertices, faces)
    totals = np.zeros((len(vertices), 3))
    for corner in range(3):
        np.add.at(totals, faces[:, corner], per_face)
    return totals / (np.linalg.norm(totals, axis=1, keepdims=True) + 1e-20)


def flipped(neutral: NDArray, moved: NDArray, faces: NDArray) -> NDArray[np.bool_]:
    """Return (F) bool: triangles whose normal turns by more than 90 degrees from the neutral."""
    before, after = triangle_normals(neutral, faces), triangle_normals(moved, faces)
    return np.einsum("fc,fc->f", before, after) < 0.0


def unique_edges(faces: NDArray) -> NDArray[np.int64]:
    """Return (E, 2) undirected edges of triangles (F, 3): each once, low index first, sorted."""
    loops = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    return np.unique(np.sort(loops, axis=1), axis=0)
