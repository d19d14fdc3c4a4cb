"""How long frames take to compute, in memory that does not grow."""

from collections import deque

import numpy as np

_KEPT = 1 << 15  # frames: nine minutes at 60 a second


class Timings:
    """Seconds of computing for each of the latest frames."""

    def __init__(self) -> None:
        self._each: deque[float] = deque(maxlen=_KEPT)
        self._pending = 0.0
        self.frames, self.seconds = 0, 0.0

    def add(self, seconds: float, frames: int) -> None:
        """Count a chunk's computing; what gave no frame yet belongs to the next ones."""
        self.seconds += seconds
        self.frames += frames
        self._pending += seconds
        if frames:
            self._each.extend([self._pending / frames] * frames)
            self._pending = 0.0

    def milliseconds(self, percentile: float) -> float:
        """Return a percentile of the milliseconds a frame; 0 if there was none."""
        return 1000.0 * float(np.percentile(self._each, percentile)) if self._each else 0.0
