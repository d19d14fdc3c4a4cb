"""Loudness of speech over time, which real jaw opening follows."""

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import Floats
from ..base.room import let_go
from .audio import SAMPLE_RATE

WINDOW_SECONDS = 0.080
BLOCK_SECONDS = 0.0025
FLOOR_DB = -60.0

_TOGETHER = 1 << 14  # blocks whose power is computed together


def loudness_envelope(
    samples: NDArray[np.floating], frames: int, fps: float, *, window: float = WINDOW_SECONDS
) -> NDArray[np.float64]:
    """Smoothed level (frames,) in dB of `samples` (N,) at 16 kHz around frame times k / fps.

    Power is averaged under a Hann window of `window` seconds and compared with the clip's own loud
    level, its power-weighted mean power, so that recordings agree whatever their gain and however
    much of them is silence. Silence and frames beyond the end are at -60 dB.
    """
    blocks = _block_power(samples)
    hann = np.hanning(round(window / BLOCK_SECONDS) + 2)[1:-1]
    smooth = np.convolve(blocks, hann / hann.sum(), "same")[: len(blocks)]
    if not blocks.any():
        return np.full(frames, FLOOR_DB)
    levels = _between(smooth, np.arange(frames) / fps)
    loud = float(smooth @ smooth) / smooth.sum()
    return 10.0 * np.log10(np.maximum(levels / loud, 10.0 ** (FLOOR_DB / 10.0)))


def _between(levels: Floats, seconds: Floats) -> Floats:
    """Return what levels (n,) in the middle of blocks are at times (m,); 0 beyond the last."""
    at = seconds / BLOCK_SECONDS - 0.5
    low = np.clip(np.floor(at).astype(np.int64), 0, len(levels) - 1)
    high = np.minimum(low + 1, len(levels) - 1)
    values = levels[low] + (at - low).clip(0.0, 1.0) * (levels[high] - levels[low])
    return np.where(at > len(levels) - 1, 0.0, values)


def _block_power(samples: NDArray[np.floating]) -> Floats:
    """Mean power of blocks of 2.5 ms; the last may be part silence."""
    size = round(BLOCK_SECONDS * SAMPLE_RATE)
    power = np.empty(len(samples) // size + 1)
    for first in range(0, len(power), _TOGETHER):
        part = np.asarray(samples[first * size : (first + _TOGETHER) * size], np.float64)
        let_go(samples)
        rows = power[first : first + _TOGETHER]
        padded = np.pad(part, (0, len(rows) * size - len(part)))
        rows[:] = np.square(padded).reshape(-1, size).mean(axis=1)
    return power
