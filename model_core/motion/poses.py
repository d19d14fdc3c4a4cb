"""Key poses: the fewest frames at which every shape is keyed, as an animator sets them by hand.

Between two poses each weight is a cubic with slopes of its own at both ends (`spans`). So what a
stretch of motion needs is known from its ends alone, and the fewest poses with no vertex beyond a
tolerance are a shortest path over the frames (Bellman 1957). Where the slopes on both sides of a
key can be one without loss, they are.

Few vertices are watched while the path is sought: those that some shape moves most, and those that
turned out to stray.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ..base.arrays import Array, Flags
from ..base.units import MM_PER_M
from .closures import lip_opening
from .curves import Curve, moving_shapes
from .motion import Motion
from .spans import CLOSURE_MM, EVEN, Frames, Lips, Spans, inside, squares_moved

_BLOCK = 64  # frames of which all vertices are looked at together
_JOINED = (np.inf, 8.0, 4.0, 2.0, 1.0, 0.5)
"""Times the tolerance: the largest corners that are tried to join, one after the other."""


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
    return Poses(motion, told, opening_of).curves(tolerance_mm)


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
    return Poses(motion, lambda: None, opening_of).curves_at(frames, tolerance_mm, widest_mm)


class Poses:
    """The poses of a motion within this tolerance and that; what is known of it is measured once.

    Args:
        motion: T frames of K weights.
        told: called a few times a second while it works; what it raises ends the work.
        opening_of: as in `pose_curves`.
    """

    def __init__(
        self,
        motion: Motion,
        told: Callable[[], None],
        opening_of: Callable[[Motion], Array | None] = lip_opening,
    ) -> None:
        moving, _ = moving_shapes(motion)
        self._names = [motion.names[k] for k in moving]
        self._told, self._basis = told, motion.basis[moving]
        if not self._names:
            return
        self._lips = Lips.of(motion, moving, opening_of)
        self._spans = Spans(motion.weights[:, moving], motion.fps, self._lips)
        self._reach = np.linalg.norm(self._basis, axis=2) * np.float32(MM_PER_M)  # (M, V)
        self._watched = np.empty(0, np.intp)
        self._watch(np.unique(self._reach.argmax(axis=1)))

    def at_least(self, tolerance_mm: float) -> int:
        """Return how many poses a tolerance takes at least, by the vertices watched so far."""
        if not self._names:
            return 0
        _, cost = self._fewest(tolerance_mm)
        return int(np.ceil(cost / (1 + EVEN) - 1e-6)) + 1

    def curves(self, tolerance_mm: float) -> tuple[dict[str, Curve], float]:
        """Return what `pose_curves` does."""
        if not self._names:
            return {}, 0.0
        while True:
            keys = _Keys.along(self._spans, self._fewest(tolerance_mm)[0], tolerance_mm)
            keys.join(self._reach.max(axis=1))
            farthest_mm, beyond = self._farthest(keys.error(), tolerance_mm)
            if not len(beyond):
                return self._named(keys), farthest_mm
            self._watch(beyond)

    def curves_at(
        self, frames: Sequence[int], tolerance_mm: float, widest_mm: float
    ) -> tuple[dict[str, Curve], float] | None:
        """Return what the function of this name does."""
        if not self._names:
            return {}, 0.0
        keys = _Keys.along(self._spans, np.asarray(frames, np.intp), tolerance_mm)
        keys.join(self._reach.max(axis=1))
        error = keys.error()
        farthest_mm = self._watched_mm(error)
        parted_mm = 0.0 if self._lips is None else self._lips.parted_mm(error)
        if farthest_mm > widest_mm or parted_mm > CLOSURE_MM:
            return None
        return self._named(keys), farthest_mm

    def _named(self, keys: "_Keys") -> dict[str, Curve]:
        return {name: keys.curve(row) for row, name in enumerate(self._names)}

    def _watch(self, vertices: Frames) -> None:
        self._watched = np.concatenate([self._watched, vertices])
        self._spans.watch(self._basis[:, vertices])

    def _fewest(self, tolerance_mm: float) -> tuple[Frames, float]:
        """Return the frames of the fewest poses, first and last among them, and what they cost."""
        cost = self._spans.costs(tolerance_mm, self._told)
        count, longest = cost.shape
        since = _rest_since(self._spans.resting).tolist()
        best, came = np.full(count + longest, np.inf), np.zeros(count + longest, np.intp)
        best[0] = 0.0
        for frame in range(count):
            if best[since[frame]] + 1 < best[frame]:
                best[frame], came[frame] = best[since[frame]] + 1, since[frame]
            total, ahead = best[frame] + cost[frame], slice(frame + 1, frame + 1 + longest)
            better = total <= best[ahead]
            np.copyto(best[ahead], total, where=better)
            np.copyto(came[ahead], frame, where=better)
        path = [count - 1]
        while path[-1] > 0:
            path.append(int(came[path[-1]]))
        return np.array(path[::-1]), float(best[count - 1])

    def _watched_mm(self, error: Array) -> float:
        """Return how many mm errors (M, T) move the worst of the watched vertices."""
        squares = squares_moved(_axes(self._basis[:, self._watched]), error)
        return float(np.sqrt(squares.max(initial=0.0)))

    def _farthest(self, error: Array, tolerance_mm: float) -> tuple[float, Frames]:
        """Return how many mm errors (M, T) move a vertex at most, and the worst ones too far.

        Of a few frames at once most vertices cannot be the worst, whichever way the shapes add.
        """
        farthest = self._watched_mm(error)
        least, beyond = min(farthest, tolerance_mm), []
        for first in range(0, error.shape[1], _BLOCK):
            self._told()
            block = error[:, first : first + _BLOCK]
            able = np.flatnonzero(np.abs(block).max(axis=1) @ self._reach > least)
            if len(able):
                squares = squares_moved(_axes(self._basis[:, able]), block)
                worst, far = squares.argmax(axis=0), np.sqrt(squares.max(axis=0))
                beyond.append(able[worst[far > tolerance_mm]])
                farthest = max(farthest, float(far.max()))
        return farthest, np.setdiff1d(np.concatenate([[], *beyond]).astype(np.intp), self._watched)


class _Keys:
    """Poses at some frames, and the slopes of every shape on both sides of each.

    Attributes:
        frames: (N,) of the poses.
        arriving: (M, N) weight per frame before each.
        leaving: (M, N) the same after each.
    """

    def __init__(self, spans: Spans, frames: Frames, tolerance_mm: float) -> None:
        self._spans, self._tolerance_mm, self.frames = spans, tolerance_mm, frames
        self.arriving, self.leaving = spans.slopes[:, frames], spans.slopes[:, frames]

    @classmethod
    def along(cls, spans: Spans, frames: Frames, tolerance_mm: float) -> "_Keys":
        """Return the keys at frames, with the best slopes for each span alone."""
        keys = cls(spans, frames, tolerance_mm)
        for length, at in keys._by_length(np.arange(len(frames) - 1)):
            slopes = spans.fit(frames[at], length)
            keys.leaving[:, at], keys.arriving[:, at + 1] = slopes[:, 0], slopes[:, 1]
        keys.arriving[:, 0], keys.leaving[:, -1] = keys.leaving[:, 0], keys.arriving[:, -1]
        return keys

    def join(self, reach_mm: Array) -> None:
        """Make one of the two slopes of keys where no vertex gets too far by it.

        First of every shape at a key, then of those alone that would move least; `reach_mm` (M,) is
        how far each shape moves a vertex at most.
        """
        reach = reach_mm / np.float32(max(self._tolerance_mm, 1e-9))
        for most in _JOINED:
            for odd in (0, 1):  # neighbours share a span, so they are tried one after the other
                self._join(np.arange(1 + odd, len(self.frames) - 1, 2), reach * (1 / most))

    def _join(self, tried: Frames, reach: Array) -> None:
        """Join at keys without a neighbour among them the shapes (M,) that reach less than 1."""
        tried = tried[~self._spans.resting[self.frames[tried]]]  # rest stays flat
        arriving, leaving = self.arriving[:, tried], self.leaving[:, tried]
        gaps = np.maximum(self.frames[tried] - self.frames[tried - 1], 1)
        gaps = np.maximum(gaps, self.frames[tried + 1] - self.frames[tried])
        corner = np.abs(arriving - leaving)
        little = (reach[:, None] * corner * gaps <= 1) & (corner > 0)
        changed = np.flatnonzero(little.any(axis=0))
        mean = (arriving + leaving) / 2
        self.arriving[:, tried] = np.where(little, mean, arriving)
        self.leaving[:, tried] = np.where(little, mean, leaving)
        far = changed[self._too_far(tried[changed])]
        self.arriving[:, tried[far]] = arriving[:, far]
        self.leaving[:, tried[far]] = leaving[:, far]

    def _too_far(self, keys: Frames) -> Flags:
        """Return whether the span before or after keys (n,) moves something too far: (n,) bool."""
        share = np.zeros(len(self.frames) - 1, np.float32)
        for length, at in self._by_length(np.union1d(keys - 1, keys)):
            error = self._spans.error(self.frames[at], length, self._slopes(at))
            share[at] = self._spans.share(error, self.frames[at], self._tolerance_mm)
        far: Flags = np.maximum(share[keys - 1], share[keys]) > 1
        return far

    def error(self) -> Array:
        """Return how far off each weight is at every frame: (M, T)."""
        error = np.zeros_like(self._spans.weights)
        for length, at in self._by_length(np.arange(len(self.frames) - 1)):
            starts = self.frames[at]
            error[:, inside(starts, length)] = self._spans.error(starts, length, self._slopes(at))
        return error

    def curve(self, row: int) -> Curve:
        """Return the spline of one shape."""
        numbers = (self._spans.weights[:, self.frames], self.arriving, self.leaving)
        return Curve(self.frames, *(each[row].astype(np.float64) for each in numbers))

    def _slopes(self, at: Frames) -> Array:
        """Return the slopes at both ends of spans, (M, 2, S)."""
        return np.stack([self.leaving[:, at], self.arriving[:, at + 1]], axis=1)

    def _by_length(self, spans: Frames) -> Iterator[tuple[int, Frames]]:
        """Yield each length of spans and which have it."""
        lengths = np.diff(self.frames)[spans]
        for length in np.unique(lengths):
            yield int(length), spans[lengths == length]


def _rest_since(resting: Flags) -> Frames:
    """Return the first frame of the rest that each frame is in, else the frame itself: (T,)."""
    frames = np.arange(len(resting))
    begins = resting & ~np.append(False, resting[:-1])
    since: Frames = np.maximum.accumulate(np.where(begins, frames, 0))
    return np.where(resting, since, frames)


def _axes(basis: Array) -> Array:
    """Return offsets (M, W, 3) in metres as (W, 3, M) in mm."""
    return np.ascontiguousarray(basis.transpose(1, 2, 0)) * np.float32(MM_PER_M)
