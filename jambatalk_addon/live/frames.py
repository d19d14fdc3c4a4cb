"""The frames that live speech has told so far."""

from __future__ import annotations

import time
from collections import deque
from math import inf
from statistics import median

import numpy as np

from ...model_core.base.arrays import Array
from ...model_core.base.units import MS_PER_S
from ...model_core.motion.motion import Motion
from ...model_core.rig.arkit import named_basis
from ...model_core.worker.protocol import Message

_LATEST = 60  # chunks that the latency is told of


class Frames:
    """Weights of frames by their numbers, from the first that is still wanted on.

    Args:
        names: K channels.
        fps: frames a second.

    Attributes:
        total: how many came.
        heard: seconds of sound that came.
    """

    def __init__(self, names: tuple[str, ...], fps: float) -> None:
        self.names, self.fps = names, fps
        self.total, self.heard = 0, 0.0
        self._basis = named_basis(names)
        self._rows: list[Array] = []
        self._first = 0
        self._began = inf
        self._late: deque[float] = deque(maxlen=_LATEST)

    def add(self, event: Message, *, keep: bool) -> None:
        """Take the frames of an event; without `keep` those of before are let go of."""
        weights = np.asarray(event["weights"], np.float32).reshape(-1, len(self.names))
        if not keep:
            self._first, self._rows = self.total, []
        self._rows.extend(weights)
        self.total += len(weights)
        self.heard = float(event["heard"])
        now = time.monotonic()  # whose start the worker's clock need not share
        self._began = min(self._began, now - float(event["age"]))
        self._late.append(now - self._began - (self.total - 1) / self.fps)

    @property
    def latency_ms(self) -> float:
        """How long after it was spoken a frame is there, as a rule."""
        return MS_PER_S * median(self._late) if self._late else 0.0

    def at(self, number: int) -> Motion | None:
        """Return a frame, or None if it is not there."""
        row = number - self._first
        return self._motion(self._rows[row : row + 1]) if 0 <= row < len(self._rows) else None

    def since(self, number: int) -> Motion:
        """Return all frames from one on that are there."""
        return self._motion(self._rows[max(0, number - self._first) :])

    def _motion(self, rows: list[Array]) -> Motion:
        weights = np.reshape(rows, (len(rows), len(self.names))).astype(np.float32)
        return Motion(self.fps, self.names, self._basis, weights)
