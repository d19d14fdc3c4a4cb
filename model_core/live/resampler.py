"""Sound as a device gives it to 16 kHz, without waiting."""

from fractions import Fraction
from math import ceil

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..base.arrays import Array
from ..speech.audio import SAMPLE_RATE, Samples

_REACH = 32  # samples of the slower rate on either side of each one: 2 ms
_PASSED = 0.945  # of the slower rate's frequencies
_KAISER = 6.0  # which leaves a thousandth of what is higher


class LiveResampler:
    """Brings blocks of sound at a rate to 16 kHz, each sample once 2 ms after it were heard.

    soxr, which does so for files, tells them in parts, 20 ms late on average and 40 at most.

    Args:
        rate: samples a second that come.
    """

    def __init__(self, rate: float) -> None:
        self._step = Fraction(round(rate), SAMPLE_RATE)
        passed = min(1.0, SAMPLE_RATE / rate)  # of the frequencies that come
        self._half = ceil(_REACH / passed)
        self._taps = _taps(self._step.denominator, self._half, passed)
        self._held = np.zeros(self._half - 1, np.float32)
        self._first = 1 - self._half  # of the held samples
        self._told = 0

    def __call__(self, block: Samples) -> Samples:
        """Take the next samples (n,); return those (m,) at 16 kHz that can be told now."""
        self._held = np.concatenate([self._held, block])
        whole, parts = self._step.numerator, self._step.denominator
        ready = self._first + len(self._held) - 1 - self._half  # the last place with all its taps
        last = (ready * parts + parts - 1) // whole
        # In 1 / parts of a sample, which pass 2**31 after five minutes at 44.1 kHz.
        at = np.arange(self._told, max(self._told, last + 1), dtype=np.int64) * whole
        if not len(at):
            return np.empty(0, np.float32)
        rows = at // parts - self._half + 1 - self._first
        windows = sliding_window_view(self._held, 2 * self._half)[rows]
        self._told += len(at)
        passed = self._told * whole // parts - self._half + 1 - self._first
        self._held, self._first = self._held[passed:], self._first + passed
        return np.einsum("nt,nt->n", windows, self._taps[at % parts]).astype(np.float32)


def _taps(parts: int, half: int, passed: float) -> Array:
    """Return what samples around a place weigh (parts, 2 half), by where it is between two."""
    away = np.arange(1 - half, half + 1) - np.arange(parts)[:, None] / parts
    edge = np.clip(1 - (away / half) ** 2, 0, 1)
    window = np.i0(_KAISER * np.sqrt(edge)) / np.i0(_KAISER)
    taps = np.sinc(_PASSED * passed * away) * window
    return (taps / taps.sum(axis=1, keepdims=True)).astype(np.float32)
