"""Blocks of mono at any rates, as one array at one rate."""

import numpy as np
import soxr

from ...base.room import Room
from .tracks import Block

_SPARE = 64  # samples that resamplers may give beyond what was asked for


class Joiner:
    """Takes blocks in, and gives all of them resampled.

    Args:
        rate: of the result, in Hz.
        seconds: how long it becomes at most.
        pieces: how many changes of rate there are at most, and one.
    """

    def __init__(self, rate: float, seconds: float, pieces: int) -> None:
        self._target, self._rate, self._frames = rate, 0.0, 0
        self._out = Room(int(seconds * rate) + _SPARE * pieces)
        self._filled = self._begin = 0  # where the next sample goes; where this rate began
        self._stream: soxr.ResampleStream | None = None

    def add(self, block: Block, rate: float) -> None:
        """Take in samples (n,)."""
        if rate != self._rate:
            self._finish_piece()
            self._rate = rate
            if rate != self._target:
                self._stream = soxr.ResampleStream(rate, self._target, 1)
        self._frames += len(block)
        self._put(self._stream.resample_chunk(block) if self._stream else block)

    def result(self) -> Block:
        """Return all of it (N,): at least one sample where any was taken in."""
        self._finish_piece()
        return self._out.first(self._filled)

    def _put(self, block: Block) -> None:
        part = block[: self._out.size - self._filled]
        self._out.put(self._filled, part)
        self._filled += len(part)

    def _finish_piece(self) -> None:
        """End what has one rate. A resampler gives a sample too many at times, or one too few."""
        if self._stream:
            self._put(self._stream.resample_chunk(np.empty(0, np.float32), last=True))
        if self._frames:
            wanted = max(1, round(self._frames * self._target / self._rate))
            if self._filled == self._begin:
                self._put(np.zeros(1, np.float32))
            self._filled = min(self._filled, self._begin + wanted)
        self._begin, self._frames, self._stream = self._filled, 0, None
