"""Triangle-mesh arithmetic shared by the face tools; numpy only."""

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import Floats


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
    return unpack_edges(np.unique(_edge_keys(faces)))


def border_vertices(faces: NDArray) -> NDArray[np.int64]:
    """Return the vertices on open borders: ends of edges that one triangle alone has."""
    keys, uses = np.unique(_edge_keys(faces), return_counts=True)
    return np.unique(unpack_edges(keys[uses == 1]))


def border_loops(faces: NDArray) -> list[NDArray[np.int64]]:
    """Return the vertices of each open border of (F, 3) triangles, each in order round its hole."""
    keys, uses = np.unique(_edge_keys(faces), return_counts=True)
    neighbours: dict[int, list[int]] = {}
    for first, second in unpack_edges(keys[uses == 1]).tolist():
        neighbours.setdefault(first, []).append(second)
        neighbours.setdefault(second, []).append(first)
    loops = []
    while neighbours:
        loop = [min(neighbours)]
        while loop[-1] in neighbours:
            ahead = neighbours.pop(loop[-1])
            loop += [vertex for vertex in ahead if vertex in neighbours][:1]
        loops.append(np.array(loop))
    return loops


def pack_edges(pairs: NDArray) -> NDArray[np.int64]:
    """Return (E) one sortable number for each undirected edge (E, 2)."""
    pairs = np.asarray(pairs, np.int64)
    return (pairs.min(axis=1) << 32) | pairs.max(axis=1)


def unpack_edges(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Undo ``pack_edges``: return (E, 2), low index first."""
    return np.stack([keys >> 32, keys & 0xFFFFFFFF], axis=1)


def _edge_keys(faces: NDArray) -> NDArray[np.int64]:
    """Return (3F) the packed edges of triangles (F, 3), repeated as they occur."""
    return pack_edges(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]))


def vertex_neighbours_mean(values: NDArray, faces: NDArray) -> Floats:
    """Return (V, ...) the mean of each vertex's own value and its neighbours'."""
    edges = unique_edges(faces)
    totals = np.array(values, np.float64)
    counts = np.ones(len(totals))
    for own, other in ((0, 1), (1, 0)):
        np.add.at(totals, edges[:, own], np.asarray(values)[edges[:, other]])
        np.add.at(counts, edges[:, own], 1.0)
    return totals / counts.reshape(-1, *[1] * (totals.ndim - 1))


def components(edges: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return (V,) for each of ``count`` vertices the lowest one that edges (E, 2) lead to."""
    lowest = np.arange(count)
    while True:
        before = lowest.copy()
        np.minimum.at(lowest, edges[:, 0], lowest[edges[:, 1]])
        np.minimum.at(lowest, edges[:, 1], lowest[edges[:, 0]])
        lowest = lowest[lowest]  # shortcuts: the number of rounds grows with the logarithm
        if np.array_equal(lowest, before):
            return lowest
