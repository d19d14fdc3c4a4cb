"""Beat constancy: whether what moves comes to rest where sounds begin.

As code published with EMAGE and MambaTalk has it: the mean over joints and onsets of sound of
exp(-d² / (2 σ²)), d being the seconds from an onset to the nearest local minimum of the joint's
speed, and σ 0.3 s. There the joints are 13 of the upper body and onsets are librosa's; here what
moves is a head, and an onset is where the level in four bands rises most.
"""

import numpy as np

from ...base.arrays import Floats
from ...encoding.features import band_levels
from ...encoding.loudness import ClipLoudness
from ...speech.audio import SAMPLE_RATE, Samples

SIGMA = 0.3  # s
_RATE = 100.0  # levels a second
_APART = 0.1  # s between two onsets at least
_LEAST = 0.15  # rise in log10 of power from one level to the next, mean of the bands


def onsets(samples: Samples) -> Floats:
    """Return the seconds (N,) at which sounds begin in samples at 16 kHz, in order."""
    frames = int(len(samples) / SAMPLE_RATE * _RATE)
    if frames < 3:
        return np.zeros(0)
    levels = band_levels(samples, _RATE, 0, frames, ClipLoudness(samples).power)  # (T, 4)
    rise = np.diff(levels.astype(np.float64), axis=0).clip(min=0.0).mean(axis=1)
    peaks = np.flatnonzero((rise[1:-1] >= rise[:-2]) & (rise[1:-1] > rise[2:])) + 1
    chosen: list[int] = []
    for peak in peaks[rise[peaks] > _LEAST]:
        if not chosen or peak - chosen[-1] >= _APART * _RATE:
            chosen.append(int(peak))
    return (np.array(chosen, np.float64) + 1.0) / _RATE


def slow_moments(turned: Floats, fps: float) -> Floats:
    """Return the seconds (M,) at which a head (T, 3) turns slower than before and after."""
    speed = np.linalg.norm(np.diff(turned, axis=0), axis=1)  # between frames t and t + 1
    lows = np.flatnonzero((speed[1:-1] < speed[:-2]) & (speed[1:-1] <= speed[2:])) + 1
    found: Floats = ((lows + 0.5) / fps).astype(np.float64)
    return found


def beat_constancy(begins: Floats, moments: Floats, sigma: float = SIGMA) -> float:
    """Return the beat constancy, 0 to 1, of onsets (N,) and slow moments (M,), in seconds.

    NaN where no sound begins; 0 where nothing comes to rest.
    """
    if not len(begins):
        return float("nan")
    if not len(moments):
        return 0.0
    away = np.abs(begins[:, None] - moments[None, :]).min(axis=1)
    return float(np.exp(-np.square(away) / (2.0 * sigma**2)).mean())
