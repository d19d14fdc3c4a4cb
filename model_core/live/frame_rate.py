"""Live frames at another frame rate, without losing closures and without waiting for what comes.

As `motion.resampling`, but that a closure between two new frames is shown by the later one.
"""

from math import ceil, floor

import numpy as np

from ..base.arrays import Array
from ..base.units import frame_count
from ..rig.shapes import CLOSED_MM


class LiveFrameRate:
    """Frames of weights that come at one rate, told at another.

    Args:
        source: frames a second that come.
        fps: frames a second to tell; frame t is at t / fps.
        opening: (K,) mm that the lips open per unit of each weight.
    """

    def __init__(self, source: float, fps: float, opening: Array) -> None:
        self.source, self.fps, self._opening = source, fps, opening
        self._held = np.empty((0, len(opening)), np.float32)
        self._first = self._told = 0  # of the held frames, and how many new ones were told

    @property
    def waits(self) -> float:
        """The most seconds that a frame is told later than the last one it lies on or after."""
        steps = [frame * self.source / self.fps for frame in range(ceil(self.fps))]
        return max(ceil(at - 1e-9) - at for at in steps) / self.source

    def take(self, frames: Array) -> Array:
        """Take the next frames (n, K); return the new ones (m, K) that lie within what came."""
        if self.fps == self.source:
            self._told += len(frames)
            return frames
        self._held = np.concatenate([self._held, frames])
        last = self._first + len(self._held) - 1
        count = floor(last * self.fps / self.source + 1e-9) + 1 if last >= 0 else 0
        return self._tell(count)

    def end(self, seconds: float) -> Array:
        """Return the new frames that are left of a sound so long; the last one that came holds."""
        if self.fps == self.source or not len(self._held):
            return self._held[:0]
        return self._tell(frame_count(seconds, self.fps))

    def _tell(self, count: int) -> Array:
        new = [self._frame(frame) for frame in range(self._told, count)]
        self._told = max(self._told, count)
        passed = floor((self._told - 1) * self.source / self.fps + 1e-9) - self._first
        passed = min(max(0, passed), max(0, len(self._held) - 1))
        self._held, self._first = self._held[passed:], self._first + passed
        return np.stack(new) if new else self._held[:0]

    def _frame(self, frame: int) -> Array:
        """Return a new frame: between two that came, or a closure since the new one before."""
        at = frame * self.source / self.fps - self._first
        low = min(floor(at + 1e-9), len(self._held) - 1)
        high = min(ceil(at - 1e-9), len(self._held) - 1)
        part = np.float32(min(max(at - low, 0.0), 1.0))
        mixed: Array = self._held[low] * (1 - part) + self._held[high] * part
        if frame == 0 or mixed @ self._opening < CLOSED_MM:
            return mixed
        since = floor(at - self.source / self.fps + 1e-9) + 1
        passed = self._held[max(0, since) : low + 1]
        openings = passed @ self._opening
        closed: Array = passed[openings.argmin()] if len(passed) else mixed
        return closed if len(passed) and openings.min() < CLOSED_MM else mixed
