"""Blocks of mono at any rates, as one array at one rate."""

import numpy as np
import soxr

from .tracks import Block


class Joiner:
    """Takes blocks in, and gives all of them resampled.

    Args:
        rate: of the result, in Hz.
    """

    def __init__(self, rate: float) -> None:
        self._target, self._rate, self._frames = rate, 0.0, 0
        self._done: list[Block] = []
        self._piece: list[Block] = []  # what has one rate, so far
        self._stream: soxr.ResampleStream | None = None

    def add(self, block: Block, rate: float) -> None:
        """Take in samples (n,)."""
        if rate != self._rate:
            self._finish_piece()
            self._rate = rate
            if rate != self._target:
                self._stream = soxr.ResampleStream(rate, self._target, 1)
        self._frames += len(block)
        self._piece.append(self._stream.resample_chunk(block) if self._stream else block)

    def result(self) -> Block:
        """Return all of it (N,): at least one sample where any was taken in."""
        self._finish_piece()
        return np.concatenate(self._done) if self._done else np.empty(0, np.float32)

    def _finish_piece(self) -> None:
        """End what has one rate. A resampler gives a sample too many at times, or one too few."""
        if self._frames:
            if self._stream:
                last = self._stream.resample_chunk(np.empty(0, np.float32), last=True)
                self._piece.append(last)
            wanted = max(1, round(self._frames * self._target / self._rate))
            whole = np.concatenate(self._piece)[:wanted]
            self._done.append(whole if len(whole) else np.zeros(1, np.float32))
        self._piece, self._frames, self._stream = [], 0, None
