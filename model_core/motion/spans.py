"""Spans: stretches of a motion between two frames, and how well one cubic each does for them.

Each weight is a cubic with the motion's values at both ends and slopes of its own there, fitted to
the frames between (least squares). What a span is off is measured once, whatever tolerance is
asked of it later, and only for spans that are not hopeless for a tolerance that was asked.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import Array, Flags
from ..base.units import MM_PER_M
from ..rig.shapes import CLOSED_MM
from .motion import Motion

CLOSURE_MM = 0.1
"""Farthest that closed lips may open between poses."""
LONGEST = 0.7
"""Seconds between two poses of a moving face at most."""
EVEN = 0.05
"""Of a pose: what a span at the tolerance costs, so that errors are spread."""
_RIDGE = 0.005  # how much a slope is drawn to the motion's own
_BLOCK = 4096  # frames inside of spans that are looked at together: they stay within a cache
_AT_REST = 1e-6  # of a weight

Frames = NDArray[np.intp]


class Lips(NamedTuple):
    """What is known of a mesh's lips.

    Attributes:
        per_unit: (M,) mm that each shape opens them at weight 1.
        closed: (T,) where they are closed.
    """

    per_unit: Array
    closed: Flags

    @classmethod
    def of(
        cls, motion: Motion, moving: Frames, opening_of: Callable[[Motion], Array | None]
    ) -> "Lips | None":
        """Return what is known of the lips in a motion, of which some shapes move."""
        opening = opening_of(motion)
        if opening is None:
            return None
        each = np.vstack(
            [np.eye(len(motion.names), dtype=np.float32)[moving], motion.weights[:1] * 0]
        )
        alone = opening_of(motion.posed(each))
        assert alone is not None  # the same mesh
        return cls(alone[:-1] - alone[-1], opening < CLOSED_MM)

    def parted_mm(self, error: Array) -> float:
        """Return how far errors (M, T) of weights move closed lips at most."""
        return float(np.abs(self.per_unit @ error[:, self.closed]).max(initial=0.0))


class Spans:
    """The spans of a motion, by length and start.

    Args:
        weights: (T, M) of the shapes that move.
        fps: frames per second.
        lips: what is known of them, if anything.

    Attributes:
        weights: (M, T).
        slopes: (M, T) the motion's own, a frame.
        resting: (T,) where nothing moves.
        longest: frames of the longest span.
    """

    def __init__(self, weights: Array, fps: float, lips: Lips | None) -> None:
        count = len(weights)
        self.weights = np.ascontiguousarray(weights.T)
        self.resting = np.abs(weights).max(axis=1) < _AT_REST
        slopes = np.gradient(self.weights, axis=1) if count > 1 else np.zeros_like(self.weights)
        self.slopes = np.where(self.resting, np.float32(0), slopes)
        self.longest = max(1, min(round(LONGEST * fps), count - 1))
        self._lips = lips
        self._axes = np.empty((0, 3, len(self.weights)), np.float32)  # mm, of the watched vertices
        shape = self.longest + 1, count
        self._strays, self._parted = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self._seen = np.zeros(shape, np.int32)  # how many of the watched vertices these are of

    def watch(self, basis: Array) -> None:
        """Watch more vertices, (M, W, 3) metres."""
        axes = basis.transpose(1, 2, 0) * np.float32(MM_PER_M)
        self._axes = np.concatenate([self._axes, axes])

    def costs(self, tolerance_mm: float, told: Callable[[], None]) -> Array:
        """Return what a span from each frame of each length costs: (T, L), infinite if too far."""
        count = self.weights.shape[1]
        cost = np.full((count, self.longest), np.inf, np.float32)
        cost[: count - 1, 0] = 1.0
        near = np.ones(count, np.bool_)
        for length in range(2, self.longest + 1 if tolerance_mm > 0 else 2):
            # A span is hopeless where both that are one frame shorter were too far.
            near = (near | np.append(near[1:], False)) & (np.arange(count) < count - length)
            self._measure(near, length, tolerance_mm, told)
            strays = self._strays[length] / max(tolerance_mm, 1e-9)
            share = np.maximum(strays, self._parted[length] / np.float32(CLOSURE_MM))
            near &= share <= 1
            cost[near, length - 1] = 1 + EVEN * share[near] ** 2
        return cost

    def _measure(
        self, near: Flags, length: int, tolerance_mm: float, told: Callable[[], None]
    ) -> None:
        """Know how far off the spans from some frames (T,) are, where they are not too far."""
        seen = self._seen[length]
        open_ = near & (seen < len(self._axes)) & (self._strays[length] <= tolerance_mm)
        step = max(1, _BLOCK // length)
        for before in np.unique(seen[open_]):
            starts = np.flatnonzero(open_ & (seen == before))
            for first in range(0, len(starts), step):
                told()
                block = starts[first : first + step]
                error = self.error(block, length, self.fit(block, length))
                strays = self._strays_of(error, self._axes[before:])
                self._strays[length, block] = np.maximum(self._strays[length, block], strays)
                if not before:
                    self._parted[length, block] = self._parted_of(error, block)
        seen[open_] = len(self._axes)

    def fit(self, starts: Frames, length: int) -> Array:
        """Return the best slopes of spans at their two ends: (M, 2, S)."""
        bent, solve = _hermite(length)[0], _solve(length)
        own = np.stack([self.slopes[:, starts], self.slopes[:, starts + length]], axis=1)
        slopes = solve @ (bent.T @ self._bend(starts, length) + np.float32(_RIDGE) * own)
        return slopes.astype(np.float32, copy=False)

    def error(self, starts: Frames, length: int, slopes: Array) -> Array:
        """Return how far off spans of some slopes (M, 2, S) are inside: (M, length - 1, S)."""
        error: Array = _hermite(length)[0] @ slopes
        error -= self._bend(starts, length)
        return error

    def _bend(self, starts: Frames, length: int) -> Array:
        """Return what slopes have to make up for inside of spans: (M, length - 1, S)."""
        ends = np.stack([self.weights[:, starts], self.weights[:, starts + length]], axis=1)
        bend: Array = self.weights[:, inside(starts, length)]
        bend -= _hermite(length)[1] @ ends
        return bend

    def share(self, error: Array, starts: Frames, tolerance_mm: float) -> Array:
        """Return how much of what is allowed errors (M, n, S) use: (S,), beyond 1 too much."""
        strays = self._strays_of(error, self._axes) / max(tolerance_mm, 1e-9)
        share: Array = np.maximum(strays, self._parted_of(error, starts) / CLOSURE_MM)
        return share

    def _parted_of(self, error: Array, starts: Frames) -> Array:
        """Return how far errors (M, n, S) of spans part closed lips at most, in mm: (S,)."""
        if self._lips is None:
            return np.zeros(len(starts), np.float32)
        parted = np.abs(np.tensordot(self._lips.per_unit, error, 1))
        parted[~self._lips.closed[inside(starts, error.shape[1] + 1)]] = 0.0
        worst: Array = parted.max(axis=0, initial=0.0)
        return worst

    @staticmethod
    def _strays_of(error: Array, axes: Array) -> Array:
        """Return how far errors (M, n, S) move the worst of vertices (W, 3, M), in mm: (S,)."""
        if not error.shape[1]:
            return np.zeros(error.shape[2], np.float32)
        squares = squares_moved(axes, error.reshape(len(error), -1))
        worst: Array = squares.max(axis=0, initial=0.0).reshape(error.shape[1:]).max(axis=0)
        return np.sqrt(worst)


def squares_moved(axes: Array, error: Array) -> Array:
    """Return by how much errors (M, n) move vertices (W, 3, M), squared: (W, n)."""
    moved = axes.reshape(-1, len(error)) @ error
    moved *= moved
    x, y, z = moved.reshape(len(axes), 3, -1).swapaxes(0, 1)
    x += y
    x += z
    return x


def inside(starts: Frames, length: int) -> Frames:
    """Return the frames inside of spans: (length - 1, S)."""
    return np.arange(1, length)[:, None] + starts


@lru_cache(maxsize=256)  # asked for again for every block of spans; nobody changes them
def _hermite(length: int) -> tuple[Array, Array]:
    """Return the cubic's shares at the frames inside of a span: of its slopes and of its ends.

    Both are (length - 1, 2).
    """
    part = np.arange(1, length, dtype=np.float32) / np.float32(length)
    rest = 1 - part
    slopes = np.stack([part * rest**2, -(part**2) * rest], axis=1) * np.float32(length)
    ends = np.stack([(1 + 2 * part) * rest**2, part**2 * (3 - 2 * part)], axis=1)
    return slopes, ends


@lru_cache(maxsize=256)
def _solve(length: int) -> Array:
    """Return what makes the best slopes of what they have to make up for: (2, 2)."""
    bent = _hermite(length)[0]
    solve: Array = np.linalg.inv(bent.T @ bent + _RIDGE * np.eye(2)).astype(np.float32)
    return solve
