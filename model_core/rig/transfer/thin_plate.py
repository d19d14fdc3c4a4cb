"""Solving for smooth fields over a mesh directly: (diag(w) + s B) x = b, B the bending energy.

Vertices in the order of their rings round a start make B block tridiagonal, since it joins a
vertex with its neighbours' neighbours only; a block LDL factorisation then needs numpy alone.
"""

from itertools import pairwise

import numpy as np

from ...base.arrays import Floats, Ints
from .laplacian import areas, cotangents
from .paths import hops
from .smoothing import padded_rows

_LEAST_BLOCK = 150


class ThinPlate:
    """The bending energy of one mesh, ready to be weighed against data.

    Args:
        vertices: (V, 3); every vertex must be in a face.
        faces: (F, 3).
    """

    def __init__(self, vertices: Floats, faces: Ints) -> None:
        rows, columns, values = _bending(vertices, faces)
        self._blocks = _blocks(faces, len(vertices))
        place = np.empty((len(vertices), 2), np.int64)
        for number, block in enumerate(self._blocks):
            place[block, 0], place[block, 1] = number, np.arange(len(block))
        sizes = [len(block) for block in self._blocks]
        self._own = [np.zeros((size, size)) for size in sizes]
        self._next = [np.zeros(pair) for pair in pairwise(sizes)]
        step = place[columns, 0] - place[rows, 0]
        for number in range(len(sizes)):
            here = place[rows, 0] == number
            for after, matrices in ((0, self._own), (1, self._next)):
                chosen = here & (step == after)
                at = place[rows[chosen], 1], place[columns[chosen], 1]
                if chosen.any():
                    np.add.at(matrices[number], at, values[chosen])

    def solve(self, weights: Floats, stiffness: float, wanted: Floats) -> Floats:
        """Return (V, C) x with weights x + stiffness B x = wanted (V, C)."""
        inverses: list[Floats] = []
        forward: list[Floats] = []
        for number, block in enumerate(self._blocks):
            system = stiffness * self._own[number] + np.diag(weights[block])
            right = wanted[block]
            if number:
                coupling = stiffness * self._next[number - 1]
                carried = coupling.T @ inverses[-1]
                system = system - carried @ coupling
                right = right - carried @ forward[-1]
            inverses.append(np.linalg.inv(system).astype(np.float64))
            forward.append(right)
        return self._back(inverses, forward, stiffness, wanted.shape)

    def _back(
        self,
        inverses: list[Floats],
        forward: list[Floats],
        stiffness: float,
        shape: tuple[int, ...],
    ) -> Floats:
        solved = np.empty(shape)
        last = np.zeros((0, shape[1]))
        for number in reversed(range(len(self._blocks))):
            right = forward[number]
            if number + 1 < len(self._blocks):
                right = right - stiffness * self._next[number] @ last
            last = inverses[number] @ right
            solved[self._blocks[number]] = last
        return solved


def _blocks(faces: Ints, count: int) -> list[Ints]:
    """Return the vertices in runs of at least two whole rings each."""
    rings = hops(faces, np.array([int(faces[0, 0])]), count)
    while (rings == count).any():  # another loose part
        rings = np.minimum(rings, hops(faces, np.flatnonzero(rings == count)[:1], count))
    order = np.argsort(rings, kind="stable")
    ends = np.searchsorted(rings[order], np.arange(rings.max() + 1), "right")
    cuts, start, used = [], 0, 0
    for end in ends:
        used += 1
        if used >= 2 and end - start >= _LEAST_BLOCK:
            cuts.append(int(end))
            start, used = int(end), 0
    blocks = np.split(order, cuts)
    if used < 2 and len(blocks) > 1:
        blocks[-2:] = [np.concatenate(blocks[-2:])]
    return [block for block in blocks if len(block)]


def _bending(vertices: Floats, faces: Ints) -> tuple[Ints, Ints, Floats]:
    """Return rows, columns and values, repeated as they occur, of B = L' M^-1 L."""
    edges, weights = cotangents(vertices, faces)
    count = len(vertices)
    near, value = padded_rows(edges, -weights, count)
    near = np.column_stack([np.arange(count), near])
    value = np.column_stack([-value.sum(axis=1), value])
    mass = np.maximum(areas(vertices, faces), 1e-12)
    products = value[:, :, None] * value[:, None, :] / mass[:, None, None]
    rows = np.broadcast_to(near[:, :, None], products.shape).ravel()
    columns = np.broadcast_to(near[:, None, :], products.shape).ravel()
    used = products.ravel() != 0
    return rows[used], columns[used], products.ravel()[used]
