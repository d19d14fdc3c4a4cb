"""Loudness of speech over time, which real jaw opening follows."""

import numpy as np
from numpy.typing import NDArray

from .audio import SAMPLE_RATE

WINDOW_SECONDS = 0.080
BLOCK_SECONDS = 0.0025
FLOOR_DB = -60.0


def loudness_envelope(
    samples: NDArray[np.floating], frames: int, fps: float, *, window: float = WINDOW_SECONDS
) -> NDArray[np.float64]:
    """Smoothed level (frames,) in dB of `samples` (N,) at 16 kHz around frame times k / fps.

    Power is averaged under a Hann window of `window` seconds and compared with the clip's own loud
    level, its power-weighted mean power, so that recordings agree whatever their gain and however
    much of them is silence. Silence and frames beyond the end are at -60 dB.
    """
    blocks = _block_power(np.asarray(samples, np.float64))
    hann = np.hanning(round(window / BLOCK_SECONDS) + 2)[1:-1]
    smooth = np.convolve(blocks, hann / hann.sum(), "same")[: len(blocks)]
    centres = (np.arange(len(blocks)) + 0.5) * BLOCK_SECONDS
    levels = np.interp(np.arange(frames) / fps, centres, smooth, right=0.0)
    if not blocks.any():
        return np.full(frames, FLOOR_DB)
    loud = np.square(smooth).sum() / smooth.sum()
    return 10.0 * np.log10(np.maximum(levels / loud, 10.0 ** (FLOOR_DB / 10.0)))


def _block_power(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean power of blocks of 2.5 ms; the last may be part silence."""
    size = round(BLOCK_SECONDS * SAMPLE_RATE)
    padded = np.pad(samples, (0, size - len(samples) % size))
    power: NDArray[np.float64] = np.square(padded).reshape(-1, size).mean(axis=1)
    return power
