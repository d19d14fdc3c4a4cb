"""Curves light enough to edit: few keys, with a bound on how far any vertex strays.

A curve is a cubic Hermite spline through keys on whole frames, which is what an animation
package draws as a Bezier curve whose handles end a third of the way to the next key. Keys are put
where curves turn, then where the error is largest (Douglas and Peucker 1973, for all curves and
spans at once), until no vertex of the mesh is farther from its place than a tolerance at any
frame, and no lip closure is lost.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import Array, Flags, Floats
from ..base.units import MM_PER_M
from ..rig.shapes import CLOSED_MM
from .closures import closures, lip_opening
from .motion import Motion

_NEGLIGIBLE_MM = 0.001
_OWN_SHARE = 0.5  # of the tolerance, what one curve may use up before curves are seen together
_BLOCK = 128
_RISE = 0.01  # of a weight: where a curve rises by less between keys, its slopes tell nothing
_STEEPER = 3.0  # times its slope that a key gets at most when its curve goes through other values


@dataclass(frozen=True, eq=False)
class Curve:
    """A cubic Hermite spline over frames.

    Attributes:
        frames: (N,) whole frames, rising.
        values: (N,) weight at each.
        arriving: (N,) change of weight per frame just before each.
        leaving: (N,) the same just after each; differs where the curve has a corner.
    """

    frames: NDArray[np.int64]
    values: Floats
    arriving: Floats
    leaving: Floats

    @classmethod
    def smooth(cls, frames: NDArray[np.int64], values: Floats, slopes: Floats) -> "Curve":
        """Return a spline without corners; slopes (N,) are per frame."""
        return cls(frames, values, slopes, slopes)

    def scaled(self, factor: float) -> "Curve":
        """Return the spline with every value times a factor."""
        numbers = (self.values, self.arriving, self.leaving)
        return Curve(self.frames, *(each * factor for each in numbers))

    def moved(self, frames: int) -> "Curve":
        """Return the spline some frames later."""
        return replace(self, frames=self.frames + frames)

    def through(self, values: Floats) -> "Curve":
        """Return a spline with keys at the same frames that has other values (N,) there.

        It rises between two keys as it did, only as much more or less as they are apart now: just
        what every weight times a number plus another would make of it. No corner comes or goes.
        """
        if len(values) == 1:
            return replace(self, values=values)
        was, now = np.diff(self.values), np.diff(values)
        change = np.clip((now * was + _RISE**2) / (was**2 + _RISE**2), -_STEEPER, _STEEPER)
        arriving = self.arriving * np.concatenate([change[:1], change])
        leaving = self.leaving * np.concatenate([change, change[-1:]])
        smooth, mean = self.arriving == self.leaving, (arriving + leaving) / 2
        arriving, leaving = (np.where(smooth, mean, each) for each in (arriving, leaving))
        return Curve(self.frames, values, arriving, leaving)

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
            self.leaving[left] * span,
            self.arriving[left + 1] * span,
        )


def reduce_curves(
    motion: Motion,
    tolerance_mm: float,
    told: Callable[[], None] = lambda: None,
    opening_of: Callable[[Motion], Array | None] = lip_opening,
) -> tuple[dict[str, Curve], float]:
    """Return a curve for each shape that moves, and the largest vertex error in mm.

    Args:
        motion: T frames of K weights.
        tolerance_mm: farthest any vertex may be from its place at any frame; 0 keys every frame.
        told: called a few times a second while it works; what it raises ends the work.
        opening_of: what measures the (T,) opening of the lips in mm, so that no closure is lost.

    Returns:
        Curves by shape name, frames counted from 0, and the error they really have.
    """
    moving, reach = moving_shapes(motion)
    if not len(moving):
        return {}, 0.0
    weights = motion.weights[:, moving].astype(np.float64)
    fit = _Fit(weights, motion.basis[moving], reach, told)
    if tolerance_mm <= 0:
        fit.keys[:] = True
    else:
        fit.key_turns(tolerance_mm)
        fit.refine_each(tolerance_mm * _OWN_SHARE)
        fit.refine_together(tolerance_mm)
        while fit.restore_closures(motion, moving, opening_of):
            fit.refine_together(tolerance_mm)
    curves = {motion.names[k]: fit.curve(row) for row, k in enumerate(moving)}
    return curves, fit.measure()


def moving_shapes(motion: Motion) -> tuple[NDArray[np.intp], Floats]:
    """Return which shapes ever move a vertex, and how many mm each does at most at weight 1."""
    reach = np.linalg.norm(motion.basis, axis=2).max(axis=1).astype(np.float64) * MM_PER_M  # (K,)
    farthest = np.abs(motion.weights).max(axis=0, initial=0.0) * reach
    moving = np.flatnonzero(farthest > _NEGLIGIBLE_MM)
    return moving, reach[moving]


class _Fit:
    """Which frames of which weights are keys, and the splines through them.

    Args:
        weights: (T, M) of the shapes that move.
        basis: (M, V, 3) metres.
        reach: (M,) largest vertex displacement of each at weight 1, in mm.
        told: called before each pass over all frames.
    """

    def __init__(
        self, weights: Floats, basis: NDArray[np.float32], reach: Floats, told: Callable[[], None]
    ) -> None:
        self.weights = np.ascontiguousarray(weights.T)  # (M, T), as everything below
        self.reach = reach[:, None]
        self.slopes = (
            np.gradient(self.weights, axis=1) if len(weights) > 1 else np.zeros_like(self.weights)
        )
        self.keys = np.zeros(self.weights.shape, np.bool_)
        self.keys[:, [0, -1]] = True
        self._told = told
        distances = np.linalg.norm(basis, axis=2) * np.float32(MM_PER_M)
        self._watched = np.unique(distances.argmax(axis=1))
        self._mesh = _Displacements(basis, distances)
        self._measured = np.full(self.weights.shape, np.nan)
        self._exact = np.zeros(len(weights), np.bool_)
        self._far = np.zeros(len(weights))
        self._farthest = np.zeros(len(weights), np.intp)

    def errors(self) -> Floats:
        """Return spline minus weight, (M, T)."""
        self._told()
        at = np.flatnonzero(self.keys)  # each row starts and ends with a key
        span = np.diff(at, append=at[-1] + 1)
        value, slope = self.weights.ravel()[at], self.slopes.ravel()[at]
        # From a row's last key to the next row's first the span is 1, of which only 0 is shown.
        rise = np.diff(value, append=value[-1]) / span
        arriving = np.append(slope[1:], slope[-1])
        square = (3 * rise - 2 * slope - arriving) / span
        cube = (slope + arriving - 2 * rise) / span**2
        after = np.arange(self.weights.size) - np.repeat(at, span)
        spline = np.repeat(cube, span)
        for factor in (square, slope, value):
            spline *= after
            spline += np.repeat(factor, span)
        return spline.reshape(self.weights.shape) - self.weights

    def key_turns(self, tolerance_mm: float) -> None:
        """Key where a weight turns, as an animator would, if it moves a vertex enough to matter."""
        steps = np.diff(self.weights, axis=1)
        turns = steps[:, 1:] * steps[:, :-1] <= 0
        livelier = np.maximum(np.abs(steps[:, 1:]), np.abs(steps[:, :-1]))
        self.keys[:, 1:-1] |= turns & (livelier * self.reach > tolerance_mm)

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
        whole mesh is measured, and the worst vertex of each frame that is too far joins them.
        """
        while True:
            self._refine_watched(tolerance_mm)
            if self.measure() <= tolerance_mm:
                return
            vertices = self._farthest[self._far > tolerance_mm]
            self._watched = np.union1d(self._watched, vertices)

    def _refine_watched(self, tolerance_mm: float) -> None:
        while True:
            errors = self.errors()
            distance = self._mesh.farthest(errors, self._watched)[0]
            frames = np.flatnonzero(_crests(distance) & (distance > tolerance_mm))
            if not len(frames):
                return
            self.keys[(np.abs(errors[:, frames]) * self.reach).argmax(axis=0), frames] = True

    def restore_closures(
        self,
        motion: Motion,
        moving: NDArray[np.intp],
        opening_of: Callable[[Motion], Array | None],
    ) -> bool:
        """Key every shape at the tightest frame of each lip closure that the splines open.

        Returns:
            Whether there was one.
        """
        before = opening_of(motion)
        if before is None:
            return False
        weights = motion.weights.copy()
        weights[:, moving] += self.errors().T.astype(np.float32)
        after = opening_of(replace(motion, weights=weights))
        assert after is not None  # the same mesh
        runs = [slice(first, last + 1) for first, last in closures(before)]
        lost = [run for run in runs if after[run].min() >= CLOSED_MM]
        for run in lost:
            self.keys[:, run.start + int(before[run].argmin())] = True
        return bool(lost)

    def measure(self) -> float:
        """Return the largest vertex error in mm, and note how far each frame's worst vertex is.

        A frame that has not changed since the last time is not measured again, nor is one that
        cannot be worse than the worst: its bound is noted instead.
        """
        errors = self.errors()
        changed = (errors != self._measured).any(axis=0)
        self._measured = errors
        self._exact[changed] = False
        self._far[changed] = self._mesh.bound(errors[:, changed])
        worst = float(self._far[self._exact].max(initial=0.0))
        unknown = np.flatnonzero(~self._exact)
        unknown = unknown[np.argsort(self._far[unknown])[::-1]]
        for start in range(0, len(unknown), _BLOCK):
            frames = unknown[start : start + _BLOCK]
            if self._far[frames[0]] <= worst:
                break
            self._told()
            self._far[frames], self._farthest[frames] = self._mesh.farthest(errors[:, frames])
            self._exact[frames] = True
            worst = max(worst, float(self._far[frames].max()))
        return worst

    def curve(self, row: int) -> Curve:
        """Return the spline of one shape."""
        frames = np.flatnonzero(self.keys[row])
        return Curve.smooth(frames, self.weights[row, frames], self.slopes[row, frames])


class _Displacements:
    """How far weights move the vertices of a mesh.

    Args:
        basis: (M, V, 3) metres at weight 1.
        distances: (M, V) their lengths in mm.
    """

    def __init__(self, basis: NDArray[np.float32], distances: NDArray[np.float32]) -> None:
        self._axes = np.ascontiguousarray(basis.swapaxes(1, 2)) * np.float32(MM_PER_M)  # (M, 3, V)
        self._reach = _region_reach(distances)

    def bound(self, weights: Floats) -> Floats:
        """Return a distance in mm for each frame of (M, T) weights that no vertex exceeds."""
        return (self._reach @ np.abs(weights)).max(axis=0, initial=0.0)

    def farthest(
        self, weights: Floats, vertices: NDArray[np.intp] | None = None
    ) -> tuple[Floats, NDArray[np.intp]]:
        """Return the largest displacement in mm in each of T frames, and its vertex.

        Args:
            weights: (M, T).
            vertices: which to look at, or None for all.
        """
        axes = self._axes if vertices is None else self._axes[:, :, vertices]
        count = axes.shape[2]
        moved = weights.T.astype(np.float32) @ axes.reshape(len(axes), -1)  # (T, 3 * V)
        moved *= moved
        squares = moved[:, :count]
        squares += moved[:, count : 2 * count]
        squares += moved[:, 2 * count :]
        worst = squares.argmax(axis=1)
        far = np.sqrt(squares[np.arange(len(squares)), worst], dtype=np.float64)
        return far, worst if vertices is None else vertices[worst]


def _region_reach(distances: NDArray[np.float32]) -> Floats:
    """Return (R, M): how far each shape moves any vertex of each of a mesh's regions, at most.

    A region is the vertices that the same two shapes move most, so that shapes of the brows do
    not count for the lips.
    """
    first_two = np.argsort(distances, axis=0)[-2:]
    _, region = np.unique(first_two, axis=1, return_inverse=True)
    region = region.ravel()
    order = np.argsort(region, kind="stable")
    starts = np.searchsorted(region[order], np.arange(region.max() + 1))
    return np.maximum.reduceat(distances[:, order], starts, axis=1).T.astype(np.float64)


def _hermite(part: Floats, start: Floats, end: Floats, leaving: Floats, arriving: Floats) -> Floats:
    """Return a cubic Hermite spline at ``part`` 0..1 of a span; slopes are per whole span."""
    rest = 1 - part
    eased = part * part * (3 - 2 * part)
    return start + eased * (end - start) + part * rest * (rest * leaving - part * arriving)


def _span_peaks(distance: Floats, keys: Flags) -> Flags:
    """Return where (M, T) distances are the largest between two keys of their row."""
    starts = np.flatnonzero(keys)
    highest = np.maximum.reduceat(distance.ravel(), starts)
    peaks = distance.ravel() == np.repeat(highest, np.diff(starts, append=distance.size))
    return peaks.reshape(distance.shape)


def _crests(distance: Floats) -> Flags:
    """Return which of (T,) distances are no smaller than both neighbours."""
    padded = np.pad(distance, 1)
    return (distance >= padded[:-2]) & (distance >= padded[2:])
