"""Ways over a mesh: along its edges by length or count, and which parts hang together."""

from heapq import heapify, heappop, heappush

import numpy as np

from ...base.arrays import Floats, Ints
from ..mesh import unique_edges


def geodesic(vertices: Floats, faces: Ints, seeds: Ints, limit: float = np.inf) -> Floats:
    """Return (V) the shortest way along edges to any of ``seeds``; inf beyond ``limit``.

    Dijkstra (1959).
    """
    edges = unique_edges(faces)
    lengths = np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1)
    starts, ends, order = _adjacency(edges, len(vertices))
    steps = np.concatenate([lengths, lengths])[order].tolist()
    first, following = starts.tolist(), ends.tolist()
    best = np.full(len(vertices), np.inf)
    best[seeds] = 0.0
    distance = best.tolist()
    queue = [(0.0, int(seed)) for seed in np.unique(seeds)]
    heapify(queue)
    while queue:
        so_far, vertex = heappop(queue)
        if so_far > distance[vertex]:
            continue
        for k in range(first[vertex], first[vertex + 1]):
            further = so_far + steps[k]
            if further < distance[following[k]] and further <= limit:
                distance[following[k]] = further
                heappush(queue, (further, following[k]))
    return np.array(distance)


def hops(faces: Ints, seeds: Ints, count: int | None = None) -> Ints:
    """Return (V) the fewest edges to any of ``seeds``; V where there is no way.

    Args:
        faces: (F, 3).
        seeds: vertices.
        count: V; by default as many as the faces name.
    """
    edges = unique_edges(faces)
    total = int(faces.max()) + 1 if count is None else count
    rings = np.full(total, total)
    rings[seeds] = 0
    ring, reached = 0, True
    while reached:
        a, b = rings[edges[:, 0]], rings[edges[:, 1]]
        ring += 1
        onto = np.concatenate(
            [edges[(a == ring - 1) & (b > ring), 1], edges[(b == ring - 1) & (a > ring), 0]]
        )
        rings[onto] = ring
        reached = len(onto) > 0
    return rings


def components(edges: Ints, count: int) -> Ints:
    """Return (count) the number of the connected part each vertex is in, from 0."""
    label = np.arange(count)
    while len(edges):
        low = label[edges].min(axis=1)
        before = label.copy()
        for end in (0, 1):
            np.minimum.at(label, label[edges[:, end]], low)
            np.minimum.at(label, edges[:, end], low)
        label = label[label]
        if np.array_equal(label, before):
            break
    return np.unique(label, return_inverse=True)[1].astype(np.int64)


def _adjacency(edges: Ints, count: int) -> tuple[Ints, Ints, Ints]:
    """Return where each vertex's neighbours start (count + 1), them, and the edges' order."""
    own, other = edges.T.ravel(), edges[:, ::-1].T.ravel()
    order = np.argsort(own, kind="stable")
    starts = np.searchsorted(own[order], np.arange(count + 1))
    return starts, other[order], order
