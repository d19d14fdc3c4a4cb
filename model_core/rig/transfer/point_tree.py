"""Nearest points by boxes in boxes: a k-d tree for many queries at a time, in numpy alone."""

import numpy as np

from ...base.arrays import Floats, Ints

_LEAF = 48
_FIRST_LEAVES = 6
_CHUNK = 1024


class PointTree:
    """Points halved at medians into leaves of about the same size (Bentley 1975).

    Args:
        points: (N, 3), at least one.
    """

    def __init__(self, points: Floats) -> None:
        self._points = points
        leaves = _halve(points, np.arange(len(points)))
        size = max(len(leaf) for leaf in leaves)
        # A leaf that is one short holds its last point twice.
        self._leaves = np.stack([np.resize(np.append(leaf, leaf[-1:]), size) for leaf in leaves])
        corners = points[self._leaves]
        self._low, self._high = corners.min(axis=1), corners.max(axis=1)

    def nearest(self, queries: Floats, count: int) -> Ints:
        """Return (Q, count) numbers of the points nearest to each of (Q, 3).

        One may occur twice, in the place of one a little farther.
        """
        chunks = [
            self._nearest(queries[start : start + _CHUNK], count)
            for start in range(0, len(queries), _CHUNK)
        ]
        return np.concatenate(chunks) if chunks else np.zeros((0, count), np.int64)

    def _nearest(self, queries: Floats, count: int) -> Ints:
        found = np.zeros((len(queries), count), np.int64)
        reach = self._reach(queries)
        rows, leaves = np.arange(len(queries)), _FIRST_LEAVES
        while len(rows):
            leaves = min(max(leaves, -(-count // self._leaves.shape[1])), len(self._leaves))
            best, farthest, unseen = self._within(queries[rows], reach[rows], leaves, count)
            found[rows] = best
            rows, leaves = rows[farthest > unseen], leaves * 3
        return found

    def _reach(self, queries: Floats) -> Floats:
        """Return (Q, M) squared distances to the leaves' boxes."""
        total = np.zeros((len(queries), len(self._leaves)))
        for axis in range(3):
            place = queries[:, axis, None]
            outside = np.maximum(self._low[:, axis] - place, place - self._high[:, axis])
            total += np.square(np.maximum(outside, 0.0))
        return total

    def _within(
        self, queries: Floats, reach: Floats, leaves: int, count: int
    ) -> tuple[Ints, Floats, Floats]:
        """Return the nearest of the first leaves, the farthest of them and the next leaf's reach.

        Distances are squared.
        """
        unseen = np.full(len(queries), np.inf)
        chosen = np.broadcast_to(np.arange(len(self._leaves)), reach.shape)
        if leaves < len(self._leaves):
            chosen = np.argpartition(reach, leaves, axis=1)[:, : leaves + 1]
            unseen = np.take_along_axis(reach, chosen[:, -1:], axis=1)[:, 0]
            chosen = chosen[:, :-1]
        members = self._leaves[chosen].reshape(len(queries), -1)
        distance = np.square(self._points[members] - queries[:, None]).sum(axis=2)
        if members.shape[1] > count:
            order = np.argpartition(distance, count - 1, axis=1)[:, :count]
            members = np.take_along_axis(members, order, axis=1)
            distance = np.take_along_axis(distance, order, axis=1)
        found = np.resize(members.T, (count, len(queries))).T
        return found, distance.max(axis=1), unseen


def _halve(points: Floats, members: Ints) -> list[Ints]:
    """Return the leaves of a set of points."""
    if len(members) <= _LEAF:
        return [members]
    axis = int(np.ptp(points[members], axis=0).argmax())
    middle = len(members) // 2
    members = members[np.argpartition(points[members, axis], middle)]
    return _halve(points, members[:middle]) + _halve(points, members[middle:])
