"""Curves light enough to edit: few keys, with a bound on how far any vertex strays.

A curve is a cubic Hermite spline through keys on whole frames, which is what an animation
package draws as a Bezier curve whose handles end a third of the way to the next key. Keys are put
where curves turn, then where the error is largest (Douglas and Peucker 1973, for all curves and
spans at once), until no vertex of the mesh is farther from its place than a tolerance at any
frame, and no lip closure is lost.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .face.shapes import CLOSED_MM, FLAME_TOPOLOGY
from .motion import MM_PER_M, Motion
from .resampling import closures, lip_opening

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_NEGLIGIBLE_MM = 0.001
_OWN_SHARE = 0.5  # of the tolerance, what one curve may use up before curves are seen together
_BLOCK = 128


@dataclass(frozen=True, eq=False)
class Curve:
    """A cubic Hermite spline over frames.

    Attributes:
        frames: (N,) whole frames, rising.
        values: (N,) weight at each.
        slopes: (N,) change of weight per frame at each.
    """

    frames: NDArray[np.int64]
    values: Floats
    slopes: Floats

    def at(self, frames: NDArray) -> Floats:
        """Return the spline at frames within its keys, held constant outside them."""
        inside = np.clip(frames, self.frames[0], self.frames[-1])
        if len(self.frames) == 1:
            return np.full(len(inside), self.values[0])
        left = np.clip(np.searchsorted(self.frames, inside, "right") - 1, 0, len(self.frames) - 2)
        span = self.frames[left + 1] - self.frames[left]
        return _hermite(
            (inside - self.frames[left]) / span,
            self.values[left],
            self.values[left + 1],
            self.slopes[left] * span,
            self.slopes[left + 1] * span,
        )


def reduce_curves(motion: Motion, tolerance_mm: float) -> tuple[dict[str, Curve], float]:
    """Return a curve for each shape that moves, and the largest vertex error in mm.

    Args:
        motion: T frames of K weights.
        tolerance_mm: farthest any vertex may be from its place at any frame; 0 keys every frame.

    Returns:
        Curves by shape name, frames counted from 0, and the error they really have.
    """
    reach = np.linalg.norm(motion.basis, axis=2).max(axis=1).astype(np.float64) * MM_PER_M  # (K,)
    weights = motion.weights.astype(np.float64)
    moving = np.flatnonzero(np.abs(weights).max(axis=0, initial=0.0) * reach > _NEGLIGIBLE_MM)
    fit = _Fit(weights[:, moving], motion.basis[moving], reach[moving])
    if tolerance_mm <= 0:
        fit.keys[:] = True
    else:
        fit.key_turns(tolerance_mm)
        fit.refine_each(tolerance_mm * _OWN_SHARE)
        fit.refine_together(tolerance_mm)
        while motion.topology == FLAME_TOPOLOGY and fit.restore_closures(motion, moving):
            fit.refine_together(tolerance_mm)
    curves = {motion.names[k]: fit.curve(column) for column, k in enumerate(moving)}
    return curves, fit.measure()[0]


class _Fit:
    """Which frames of which weights are keys, and the splines through them.

    Args:
        weights: (T, M) of the shapes that move.
        basis: (M, V, 3) metres.
        reach: (M,) largest vertex displacement of each at weight 1, in mm.
    """

    def __init__(self, weights: Floats, basis: NDArray[np.float32], reach: Floats) -> None:
        self.weights = weights
        self.reach = reach
        self.slopes = np.gradient(weights, axis=0) if len(weights) > 1 else np.zeros_like(weights)
        self.keys = np.zeros(weights.shape, np.bool_)
        self.keys[[0, -1]] = True
        distances = np.linalg.norm(basis, axis=2)
        moved = np.flatnonzero(distances.max(axis=0, initial=0.0) > 0)
        # (M, 3, V'), axes apart, mm: only the vertices that move
        self._basis = np.ascontiguousarray(basis[:, moved].swapaxes(1, 2)) * np.float32(MM_PER_M)
        self._watched = np.unique(distances[:, moved].argmax(axis=1))

    def errors(self) -> Floats:
        """Return spline minus weight, (T, M)."""
        frames = np.arange(len(self.weights))[:, None]
        left = np.maximum.accumulate(np.where(self.keys, frames, 0), axis=0)
        right = np.where(self.keys, frames, len(frames) - 1)
        right = np.minimum.accumulate(right[::-1], axis=0)[::-1]
        span = np.maximum(right - left, 1)
        value = _hermite(
            (frames - left) / span,
            np.take_along_axis(self.weights, left, 0),
            np.take_along_axis(self.weights, right, 0),
            np.take_along_axis(self.slopes, left, 0) * span,
            np.take_along_axis(self.slopes, right, 0) * span,
        )
        return np.where(self.keys, 0.0, value - self.weights)

    def key_turns(self, tolerance_mm: float) -> None:
        """Key where a weight turns, as an animator would, if it moves a vertex enough to matter."""
        steps = np.diff(self.weights, axis=0)
        turns = steps[1:] * steps[:-1] <= 0
        lively = np.maximum(np.abs(steps[1:]), np.abs(steps[:-1])) * self.reach > tolerance_mm
        self.keys[1:-1] |= turns & lively

    def refine_each(self, tolerance_mm: float) -> None:
        """Add keys until each shape alone moves no vertex farther than the tolerance."""
        while True:
            distance = np.abs(self.errors()) * self.reach
            far = _span_peaks(distance, self.keys) & (distance > tolerance_mm)
            if not far.any():
                return
            self.keys |= far

    def refine_together(self, tolerance_mm: float) -> None:
        """Add keys until all shapes together move no vertex farther than the tolerance.

        Only a few vertices are watched while keys are added; whenever those are satisfied, the
        whole mesh is measured, and its worst vertex joins them.
        """
        while True:
            self._refine_watched(tolerance_mm)
            worst, vertices = self.measure()
            if worst <= tolerance_mm:
                return
            self._watched = np.union1d(self._watched, vertices)

    def _refine_watched(self, tolerance_mm: float) -> None:
        watched = self._basis[:, :, self._watched]
        while True:
            errors = self.errors()
            distance = _farthest(errors, watched)[0]
            frames = np.flatnonzero(_crests(distance) & (distance > tolerance_mm))
            if not len(frames):
                return
            self.keys[frames, (np.abs(errors[frames]) * self.reach).argmax(axis=1)] = True

    def restore_closures(self, motion: Motion, moving: NDArray[np.intp]) -> bool:
        """Key every shape at the tightest frame of each lip closure that the splines open.

        Returns:
            Whether there was one.
        """
        before = lip_opening(motion)
        weights = motion.weights.copy()
        weights[:, moving] += self.errors().astype(np.float32)
        after = lip_opening(replace(motion, weights=weights))
        runs = [slice(first, last + 1) for first, last in closures(before)]
        lost = [run for run in runs if after[run].min() >= CLOSED_MM]
        for run in lost:
            self.keys[run.start + int(before[run].argmin())] = True
        return bool(lost)

    def measure(self) -> tuple[float, NDArray[np.intp]]:
        """Return the largest vertex error in mm, and the worst vertex of each frame near it."""
        errors = self.errors()
        bound = np.abs(errors) @ self.reach  # no vertex can be farther off than this
        order = np.argsort(bound)[::-1]
        worst = float(_farthest(errors, self._basis[:, :, self._watched])[0].max(initial=0.0))
        vertices = []
        for start in range(0, len(order), _BLOCK):
            frames = order[start : start + _BLOCK]
            if bound[frames[0]] <= worst:
                break
            distance, vertex = _farthest(errors[frames], self._basis)
            vertices.append(vertex[distance > worst])
            worst = max(worst, float(distance.max()))
        return worst, np.unique(np.concatenate([np.empty(0, np.intp), *vertices]))

    def curve(self, column: int) -> Curve:
        """Return the spline of one shape."""
        frames = np.flatnonzero(self.keys[:, column])
        return Curve(frames, self.weights[frames, column], self.slopes[frames, column])


def _hermite(part: Floats, start: Floats, end: Floats, leaving: Floats, arriving: Floats) -> Floats:
    """Return a cubic Hermite spline at ``part`` 0..1 of a span; slopes are per whole span."""
    rest = 1 - part
    eased = part * part * (3 - 2 * part)
    return start + eased * (end - start) + part * rest * (rest * leaving - part * arriving)


def _farthest(errors: Floats, basis: NDArray[np.float32]) -> tuple[Floats, NDArray[np.intp]]:
    """Return the largest displacement in each of T frames and its vertex, for (M, 3, V) shapes."""
    shapes, _, vertices = basis.shape
    moved = errors.astype(np.float32) @ basis.reshape(shapes, -1)  # (T, 3 * V)
    moved *= moved
    squares = moved[:, :vertices] + moved[:, vertices : 2 * vertices] + moved[:, 2 * vertices :]
    vertex = squares.argmax(axis=1)
    return np.sqrt(squares[np.arange(len(squares)), vertex], dtype=np.float64), vertex


def _span_peaks(distance: Floats, keys: Flags) -> Flags:
    """Return where (T, M) distances are the largest between two keys of their column."""
    columns, starts = distance.T.ravel(), np.flatnonzero(keys.T.ravel())
    highest = np.maximum.reduceat(columns, starts)
    spans = np.diff(np.append(starts, columns.size))
    peaks = columns == np.repeat(highest, spans)
    return peaks.reshape(distance.T.shape).T


def _crests(distance: Floats) -> Flags:
    """Return which of (T,) distances are no smaller than both neighbours."""
    padded = np.pad(distance, 1)
    return (distance >= padded[:-2]) & (distance >= padded[2:])
