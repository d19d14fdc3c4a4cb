"""Fields over part of a mesh that follow data where it is trusted and are smooth elsewhere.

Minimises  sum w |x - d|^2 + length^2 |gradient x|^2  by conjugate gradients (Hestenes and Stiefel
1952), all columns at once.
"""

from collections.abc import Callable

import numpy as np

from ...base.arrays import Array, Floats, Ints
from .laplacian import areas, cotangents

_TOLERANCE = 1e-3
_MOST_ROUNDS = 120


def smooth(
    vertices: Floats,
    faces: Ints,
    trust: Floats,
    data: Array,
    length: float,
    told: Callable[[], None] = lambda: None,
) -> Array:
    """Return the smooth field (V, C) nearest to data (V, C).

    Args:
        vertices: (V, 3).
        faces: (F, 3).
        trust: (V) above zero.
        data: (V, C).
        length: over how much surface full trust is smoothed, in the vertices' units.
        told: called before each round.
    """
    area = np.maximum(areas(vertices, faces), 1e-12)
    edges, weights = cotangents(vertices, faces)
    near, value = padded_rows(edges, weights * length**2, len(vertices))
    own = (trust * area + value.sum(axis=1)).astype(np.float32)[:, None]
    value = value.astype(np.float32)

    def times(x: Array) -> Array:
        total = own * x
        for k in range(near.shape[1]):
            total -= value[:, k, None] * x[near[:, k]]
        return total

    wanted = (trust * area).astype(np.float32)[:, None] * data
    return _solved(times, own, wanted, data, told)


def padded_rows(edges: Ints, values: Floats, count: int) -> tuple[Ints, Floats]:
    """Return (V, D) each vertex's neighbours and the values of the edges to them, else zero."""
    own, other = edges.T.ravel(), edges[:, ::-1].T.ravel()
    both = np.concatenate([values, values])
    order = np.argsort(own, kind="stable")
    own, other, both = own[order], other[order], both[order]
    place = np.arange(len(own)) - np.searchsorted(own, own)
    width = int(place.max(initial=0)) + 1
    near = np.repeat(np.arange(count)[:, None], width, axis=1)
    value = np.zeros((count, width))
    near[own, place], value[own, place] = other, both
    return near, value


def _solved(
    times: Callable[[Array], Array],
    diagonal: Array,
    wanted: Array,
    start: Array,
    told: Callable[[], None],
) -> Array:
    x = start.copy()
    left = wanted - times(x)
    eased = left / diagonal
    way, size = eased.copy(), (left * eased).sum(axis=0)
    goal = _TOLERANCE**2 * np.maximum((wanted * wanted / diagonal).sum(axis=0), 1e-20)
    for _ in range(_MOST_ROUNDS):
        if (size <= goal).all():
            break
        told()
        image = times(way)
        step = size / np.maximum((way * image).sum(axis=0), 1e-30)
        x += step * way
        left -= step * image
        eased = left / diagonal
        after = (left * eased).sum(axis=0)
        way = eased + after / np.maximum(size, 1e-30) * way
        size = after
    return x
