"""Change a motion's frame rate by time, without losing lip closures.

A /p/ can be shorter than a scene frame. Plain sampling then shows lips that never meet, which
viewers notice before anything else; here each closure of the source keeps at least one frame.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..base.units import frame_count
from .closures import closures, lip_opening
from .motion import Motion

_BLOCK = 1 << 14  # frames that are interpolated together


def resample(motion: Motion, fps: float) -> Motion:
    """Return the motion at another frame rate, frame t at t / fps seconds.

    Weights, head, eyes and loudness are interpolated linearly in time; the length in seconds is
    kept to half a frame. Where the lips are known, a closure between two new frames is moved onto
    the nearest one.

    Args:
        motion: any motion.
        fps: new frame rate, whole or not (29.97).
    """
    if fps == motion.fps:
        return motion
    frames = frame_count(motion.duration, fps)
    source_frames = np.arange(frames) * (motion.fps / fps)  # new frames, counted in old ones
    return replace(at_frames(motion, source_frames), fps=fps)


def at_frames(motion: Motion, at: NDArray[np.floating]) -> Motion:
    """Return the motion as it is at fractional frames (N,) in rising order, held beyond its ends.

    Its frame rate stays; closures that fall between are kept as in `resample`.
    """
    weights = interpolate(motion.weights, at)
    opening = lip_opening(motion)
    if opening is not None and len(at):
        _keep_closures(weights, motion.weights, opening, at)
    tracks: dict[str, Any] = {
        name: interpolate(track, at) for name, track in motion.tracks().items()
    }
    return replace(motion, weights=weights, **tracks)


def interpolate(weights: NDArray[np.float32], at: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return weights (T, ...) at fractional frames (N,), held beyond the first and the last one."""
    between = np.empty((len(at), *weights.shape[1:]), np.float32)
    for first in range(0, len(at), _BLOCK):
        rows = slice(first, first + _BLOCK)
        between[rows] = _between(weights, at[rows])
    return between


def _between(weights: NDArray[np.float32], at: NDArray[np.floating]) -> NDArray[np.float32]:
    low = np.clip(at.astype(int), 0, len(weights) - 1)
    high = np.minimum(low + 1, len(weights) - 1)
    part = (at - low).astype(np.float32).clip(0, 1)
    part = part.reshape(-1, *[1] * (weights.ndim - 1))
    return weights[low] * (1 - part) + weights[high] * part


def _keep_closures(
    weights: NDArray[np.float32],
    source: NDArray[np.float32],
    opening: NDArray[np.float32],
    at: NDArray[np.floating],
) -> None:
    """Copy a closure's tightest frame to the nearest new frame, unless one fell inside it.

    One that lies before the first new frame or after the last is not theirs to show. The new
    frames `at` (N,) are in rising order.
    """
    widest = np.diff(at).max(initial=0.0)
    for first, last in closures(opening):
        after = int(np.searchsorted(at, first))
        if after < len(at) and at[after] <= last:
            continue
        tightest = first + int(opening[first : last + 1].argmin())
        beside = [frame for frame in (after - 1, after) if 0 <= frame < len(at)]
        nearest = min(beside, key=lambda frame: abs(at[frame] - tightest))
        if abs(at[nearest] - tightest) < widest or len(at) == 1:
            weights[nearest] = source[tightest]
