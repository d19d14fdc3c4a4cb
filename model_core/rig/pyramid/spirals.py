"""Spirals over a triangle mesh (Gong et al. 2019, SpiralNet++, arXiv 1911.05856).

The spiral of a vertex is the vertex, the ring of its neighbours, the ring about those, and so on,
each ring in the order in which the mesh goes round it. A network that sees so many vertices of
every spiral finds the same neighbour always in the same place.
"""

from collections.abc import Collection, Sequence
from itertools import chain

import numpy as np

from ...base.arrays import Floats, Ints

Fans = list[list[int]]
"""The neighbours of every vertex in the order round it, from the lowest number on."""


def spirals(points: Floats, faces: Ints, centres: Ints, length: int, dilation: int = 1) -> Ints:
    """Return the spirals (n, length) of some vertices.

    Args:
        points: (V, 3).
        faces: (F, 3) triangles, all turned the same way.
        centres: (n,) vertices.
        length: vertices of a spiral, its centre among them.
        dilation: every so many of ``length * dilation`` vertices is taken, the centre first.
    """
    order, reach = fans(faces, len(points)), length * dilation
    rows = [_spiral(int(centre), order, points, reach)[::dilation] for centre in centres]
    return np.array(rows, np.int64).reshape(len(centres), length)


def fans(faces: Ints, vertices: int) -> Fans:
    """Return the neighbours in order round each of so many vertices."""
    following: list[dict[int, int]] = [{} for _ in range(vertices)]
    for a, b, c in np.asarray(faces).tolist():
        following[a][b], following[b][c], following[c][a] = c, a, b
    return [_in_order(ahead) for ahead in following]


def _in_order(ahead: dict[int, int]) -> list[int]:
    """Return all neighbours of a vertex, given which follows which; open fans are closed."""
    order: list[int] = []
    while ahead:
        open_ends = ahead.keys() - set(ahead.values())
        at: int | None = min(open_ends or ahead)
        while at is not None:
            order.append(at)
            at = ahead.pop(at, None)
    return _from(min(order), list(dict.fromkeys(order))) if order else []


def _from(first: int, ring: list[int]) -> list[int]:
    """Return a ring begun at one of its vertices."""
    start = ring.index(first)
    return ring[start:] + ring[:start]


def _spiral(centre: int, order: Fans, points: Floats, reach: int) -> list[int]:
    """Return `reach` vertices; where the mesh about the centre has too few, the nearest ones."""
    inside: dict[int, None] = {}
    ring = [centre]
    while ring and len(inside) + len(ring) < reach:
        outside = _ring_after(ring, inside, order)
        inside |= dict.fromkeys(ring)
        ring = outside
    found = [*inside, *ring]
    return found[:reach] if len(found) >= reach else nearest(points, centre, reach)


def _ring_after(ring: Sequence[int], inside: Collection[int], order: Fans) -> list[int]:
    """Return the neighbours of a ring that are neither in it nor inside, round as the ring goes."""
    outwards = chain.from_iterable(_outwards(order[vertex], inside) for vertex in ring)
    seen = {*inside, *ring}
    return [each for each in dict.fromkeys(outwards) if each not in seen]


def _outwards(fan: list[int], inside: Collection[int]) -> list[int]:
    """Return a fan begun at a vertex inside, so that those outside are not torn apart."""
    return next((_from(each, fan) for each in fan if each in inside), fan)


def nearest(points: Floats, centre: int, count: int) -> list[int]:
    """Return the `count` vertices nearest to one, itself first; all again if there are less."""
    distances = np.linalg.norm(points - points[centre], axis=1)
    distances[centre] = -1.0
    ranked: list[int] = np.resize(np.argsort(distances, kind="stable"), count).tolist()
    return ranked
