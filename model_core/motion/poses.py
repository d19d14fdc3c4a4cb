"""Key poses: the fewest frames at which every shape is keyed, as an animator sets them by hand.

Between two poses each weight is a cubic with slopes of its own at both ends, fitted to the frames
between (least squares). So what a stretch of motion needs is known from its ends alone, and the
fewest poses with no vertex beyond a tolerance are a shortest path over the frames (Bellman 1957).
Where the slopes on both sides of a key can be one without loss, they are.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import Array, Flags
from ..base.units import MM_PER_M
from ..rig.shapes import CLOSED_MM
from .closures import lip_opening
from .curves import Curve, moving_shapes
from .motion import Motion

CLOSURE_MM = 0.1
"""Farthest that closed lips may open between poses."""
_LONGEST = 0.7  # s between two poses of a moving face
_RIDGE = 0.005  # how much a slope is drawn to the motion's own
_EVEN = 0.05  # of a pose: what a span at the tolerance costs, so that errors are spread
_BLOCK = 1024  # spans looked at together
_AT_REST = 1e-6  # of a weight
_JOINED = (np.inf, 8.0, 2.0, 0.5)  # times the tolerance: largest corners that are tried to join

Frames = NDArray[np.intp]


def pose_curves(
    motion: Motion,
    tolerance_mm: float,
    told: Callable[[], None] = lambda: None,
    opening_of: Callable[[Motion], Array | None] = lip_opening,
) -> tuple[dict[str, Curve], float]:
    """Return curves whose keys all stand at the same few frames, and the largest error in mm.

    Args:
        motion: T frames of K weights.
        tolerance_mm: farthest any vertex may be from its place at any frame; 0 keys every frame.
        told: called a few times a second while it works; what it raises ends the work.
        opening_of: what measures the (T,) opening of the lips in mm, a sum over the weights. Lips
            that are closed stay so to 0.1 mm.

    Returns:
        Curves by the names of shapes that move, frames counted from 0.
    """
    moving, _ = moving_shapes(motion)
    if not len(moving):
        return {}, 0.0
    basis = motion.basis[moving]
    lips = _Lips.of(motion, moving, opening_of)
    watched = np.unique(np.linalg.norm(basis, axis=2).argmax(axis=1))
    while True:
        spans = _Spans(motion.weights[:, moving], motion.fps, basis[:, watched], lips, tolerance_mm)
        keys = _Keys.along(spans, spans.fewest(told))
        keys.join()
        far, farthest = _farthest(keys.error(), basis, told)
        beyond = np.setdiff1d(farthest[far > tolerance_mm], watched)
        if not len(beyond):
            break
        watched = np.union1d(watched, beyond)
    curves = {motion.names[k]: keys.curve(row) for row, k in enumerate(moving)}
    return curves, float(far.max(initial=0.0))


def curves_at(
    motion: Motion,
    frames: Sequence[int],
    tolerance_mm: float,
    widest_mm: float,
    opening_of: Callable[[Motion], Array | None] = lip_opening,
) -> tuple[dict[str, Curve], float] | None:
    """Return the curves of a motion with poses at given frames, if these are good ones for it.

    Args:
        motion: T frames of K weights.
        frames: rising, the first and the last among them.
        tolerance_mm: how far a vertex may stray for the sake of keys without corners.
        widest_mm: how far a vertex may stray at all.
        opening_of: as in `pose_curves`.

    Returns:
        Curves, and the largest error in mm of the vertices that move most; None where one of them
        strays too far, or closed lips open.
    """
    moving, _ = moving_shapes(motion)
    if not len(moving):
        return {}, 0.0
    basis = motion.basis[moving]
    watched = np.unique(np.linalg.norm(basis, axis=2).argmax(axis=1))
    lips = _Lips.of(motion, moving, opening_of)
    spans = _Spans(motion.weights[:, moving], motion.fps, basis[:, watched], lips, tolerance_mm)
    keys = _Keys.along(spans, np.asarray(frames, np.intp))
    keys.join()
    error = keys.error()
    far, _ = _farthest(error, basis[:, watched], lambda: None)
    if far.max(initial=0.0) > widest_mm or (
        lips is not None and lips.parted_mm(error) > CLOSURE_MM
    ):
        return None
    curves = {motion.names[k]: keys.curve(row) for row, k in enumerate(moving)}
    return curves, float(far.max(initial=0.0))


class _Lips(NamedTuple):
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
    ) -> "_Lips | None":
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
        """Return how far errors (T, M) of weights move closed lips at most."""
        return float(np.abs(error[self.closed] @ self.per_unit).max(initial=0.0))


class _Spans:
    """Stretches of a motion between two frames, and how well one cubic each does for them.

    Args:
        weights: (T, M) of the shapes that move.
        fps: frames per second.
        basis: (M, W, 3) metres, of the vertices that are watched.
        lips: what is known of them, if anything.
        tolerance_mm: farthest a vertex may stray.
    """

    def __init__(
        self,
        weights: Array,
        fps: float,
        basis: Array,
        lips: _Lips | None,
        tolerance_mm: float,
    ) -> None:
        self.weights = weights
        self.resting = np.abs(weights).max(axis=1) < _AT_REST
        slopes = np.gradient(weights, axis=0) if len(weights) > 1 else np.zeros_like(weights)
        self.slopes = np.where(self.resting[:, None], np.float32(0), slopes)
        self.longest = max(1, min(round(_LONGEST * fps), len(weights) - 1))
        self._axes = basis.transpose(0, 2, 1).reshape(len(basis), -1) * np.float32(MM_PER_M)
        self._tolerance = tolerance_mm
        reach = np.linalg.norm(basis, axis=2).max(axis=1) * np.float32(MM_PER_M)
        self.reach = reach / np.float32(max(tolerance_mm, 1e-9))  # of the tolerance, (M,)
        self._lips = lips

    def fewest(self, told: Callable[[], None]) -> Frames:
        """Return the frames of the fewest poses, the first and the last among them."""
        count = len(self.weights)
        cost = self._costs(told)
        since = self._rest_since()
        best, came = np.full(count, np.inf), np.zeros(count, np.intp)
        best[0] = 0.0
        for frame in range(1, count):
            lengths = np.arange(1, min(self.longest, frame) + 1)
            total = best[frame - lengths] + cost[lengths, frame - lengths]
            shortest = int(total.argmin())
            best[frame], came[frame] = total[shortest], frame - lengths[shortest]
            if best[since[frame]] + 1 < best[frame]:
                best[frame], came[frame] = best[since[frame]] + 1, since[frame]
        path = [count - 1]
        while path[-1] > 0:
            path.append(int(came[path[-1]]))
        return np.array(path[::-1])

    def _costs(self, told: Callable[[], None]) -> Array:
        """Return what a span of each length costs from each frame: (L, T), infinite if too far."""
        count = len(self.weights)
        cost = np.full((self.longest + 1, count), np.inf, np.float32)
        cost[1, : count - 1] = 1.0
        near = np.ones(count, np.bool_)
        for length in range(2, self.longest + 1 if self._tolerance > 0 else 2):
            # A span is hopeless where both that are one frame shorter were too far.
            near = (near | np.append(near[1:], False)) & (np.arange(count) < count - length)
            starts = np.flatnonzero(near)
            for first in range(0, len(starts), _BLOCK):
                told()
                block = starts[first : first + _BLOCK]
                error = self.error(block, length, self.fit(block, length))
                share = self.share(error, block, length)
                near[block] = share <= 1
                cost[length, block] = np.where(share <= 1, 1 + _EVEN * share**2, np.float32(np.inf))
        return cost

    def fit(self, starts: Frames, length: int) -> Array:
        """Return the best slopes of spans at their two ends: (S, 2, M)."""
        bent, _ = _hermite(length)
        own = np.stack([self.slopes[starts], self.slopes[starts + length]], axis=1)
        solve: Array = np.linalg.inv(bent.T @ bent + _RIDGE * np.eye(2)).astype(np.float32)
        slopes = solve @ (bent.T @ self._bend(starts, length) + np.float32(_RIDGE) * own)
        return slopes.astype(np.float32)

    def error(self, starts: Frames, length: int, slopes: Array) -> Array:
        """Return how far off spans of some slopes are inside: (S, length - 1, M)."""
        error: Array = _hermite(length)[0] @ slopes - self._bend(starts, length)
        return error

    def _bend(self, starts: Frames, length: int) -> Array:
        """Return what slopes have to make up for inside of spans: (S, length - 1, M)."""
        ends = np.stack([self.weights[starts], self.weights[starts + length]], axis=1)
        bend: Array = self.weights[_inside(starts, length)] - _hermite(length)[1] @ ends
        return bend

    def share(self, error: Array, starts: Frames, length: int) -> Array:
        """Return how much of what is allowed the errors of spans use: (S,), beyond 1 too much."""
        moved = error.reshape(-1, error.shape[2]) @ self._axes
        squares = (moved.reshape(len(moved), 3, self._axes.shape[1] // 3) ** 2).sum(axis=1)
        distance = np.sqrt(squares.max(axis=1, initial=0.0)).reshape(error.shape[:2])
        share = distance / max(self._tolerance, 1e-9)
        if self._lips is not None:
            opened = np.abs(error @ self._lips.per_unit) / CLOSURE_MM
            closed = self._lips.closed[_inside(starts, length)]
            share = np.maximum(share, np.where(closed, opened, 0.0))
        worst: Array = share.max(axis=1, initial=0.0)
        return worst

    def _rest_since(self) -> Frames:
        """Return the first frame of the rest that each frame is in, else the frame itself: (T,)."""
        frames = np.arange(len(self.resting))
        begins = self.resting & ~np.append(False, self.resting[:-1])
        since: Frames = np.maximum.accumulate(np.where(begins, frames, 0))
        return np.where(self.resting, since, frames)


class _Keys:
    """Poses at some frames, and the slopes of every shape on both sides of each.

    Attributes:
        frames: (N,) of the poses.
        arriving: (N, M) weight per frame before each.
        leaving: (N, M) the same after each.
    """

    def __init__(self, spans: _Spans, frames: Frames, arriving: Array, leaving: Array) -> None:
        self._spans, self.frames = spans, frames
        self.arriving, self.leaving = arriving, leaving

    @classmethod
    def along(cls, spans: _Spans, frames: Frames) -> "_Keys":
        """Return the keys at frames, with the best slopes for each span alone."""
        arriving, leaving = spans.slopes[frames], spans.slopes[frames]
        keys = cls(spans, frames, arriving, leaving)
        for length, at in keys._by_length():
            slopes = spans.fit(frames[at], length)
            leaving[at], arriving[at + 1] = slopes[:, 0], slopes[:, 1]
        arriving[0], leaving[-1] = leaving[0], arriving[-1]
        return keys

    def join(self) -> None:
        """Make one of the two slopes of keys where no vertex gets too far by it.

        First of every shape at a key, then of those alone that would move least.
        """
        for most in _JOINED:
            for odd in (0, 1):  # neighbours share a span, so they are tried one after the other
                self._join(np.arange(1 + odd, len(self.frames) - 1, 2), most)

    def _join(self, tried: Frames, most: float) -> None:
        """Join at keys without a neighbour among them what moves less than a share allowed."""
        tried = tried[~self._spans.resting[self.frames[tried]]]  # rest stays flat
        arriving, leaving = self.arriving[tried], self.leaving[tried]
        gaps = np.maximum(self.frames[tried] - self.frames[tried - 1], 1)
        gaps = np.maximum(gaps, self.frames[tried + 1] - self.frames[tried])
        little = self._spans.reach * np.abs(arriving - leaving) * gaps[:, None] <= most
        mean = (arriving + leaving) / 2
        self.arriving[tried] = np.where(little, mean, arriving)
        self.leaving[tried] = np.where(little, mean, leaving)
        share = self._shares()
        far = np.maximum(share[tried - 1], share[tried]) > 1
        self.arriving[tried[far]], self.leaving[tried[far]] = arriving[far], leaving[far]

    def error(self) -> Array:
        """Return how far off each weight is at every frame: (T, M)."""
        error = np.zeros_like(self._spans.weights)
        for length, at in self._by_length():
            starts = self.frames[at]
            error[_inside(starts, length)] = self._spans.error(starts, length, self._slopes(at))
        return error

    def curve(self, row: int) -> Curve:
        """Return the spline of one shape."""
        numbers = (self._spans.weights[self.frames], self.arriving, self.leaving)
        return Curve(self.frames, *(each[:, row].astype(np.float64) for each in numbers))

    def _shares(self) -> Array:
        """Return how much of what is allowed each span uses: (N - 1,)."""
        shares = np.zeros(len(self.frames) - 1, np.float32)
        for length, at in self._by_length():
            starts = self.frames[at]
            error = self._spans.error(starts, length, self._slopes(at))
            shares[at] = self._spans.share(error, starts, length)
        return shares

    def _slopes(self, at: Frames) -> Array:
        return np.stack([self.leaving[at], self.arriving[at + 1]], axis=1)

    def _by_length(self) -> Iterator[tuple[int, Frames]]:
        """Yield each length of spans and which have it."""
        lengths = np.diff(self.frames)
        for length in np.unique(lengths):
            yield int(length), np.flatnonzero(lengths == length)


def _inside(starts: Frames, length: int) -> Frames:
    """Return the frames inside of spans: (S, length - 1)."""
    return starts[:, None] + np.arange(1, length)


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


def _farthest(error: Array, basis: Array, told: Callable[[], None]) -> tuple[Array, Frames]:
    """Return how many mm the worst vertex is off at each frame, and which it is: (T,) both."""
    axes = np.ascontiguousarray(basis.swapaxes(1, 2)).reshape(len(basis), -1)  # (M, 3 * V)
    axes *= np.float32(MM_PER_M)
    far, which = np.zeros(len(error), np.float32), np.zeros(len(error), np.intp)
    for start in range(0, len(error), _BLOCK):
        told()
        rows = slice(start, start + _BLOCK)
        moved = error[rows] @ axes
        moved *= moved
        squares = moved.reshape(len(moved), 3, -1).sum(axis=1)
        which[rows] = squares.argmax(axis=1)
        far[rows] = np.sqrt(squares.max(axis=1))
    return far, which
