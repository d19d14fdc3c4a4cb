"""Aligned lip and tongue closures moved to where the sound falls and rises again.

Forced alignment misplaces stops by tens of milliseconds. The start of a stop or m is moved to the
steepest fall of the pre-emphasised level nearby, the end of a voiced one to the steepest rise. The
end of a voiceless stop stays: as with the synthesisers, its burst and aspiration belong to it.
"""

import numpy as np
from numpy.typing import NDArray

from ...speech.phones import BILABIALS, PAUSE, Phone
from ..store import SAMPLE_RATE, Samples

CLOSURES = BILABIALS | {"t", "d", "k", "g"}
VOICED_CLOSURES = CLOSURES - {"p", "t", "k"}
_HOP = SAMPLE_RATE // 500
_SMOOTHING = 5
_REACH = 0.025
_SHORTEST = 0.015
_CLEAR_STEP_DB = 6.0


def snap_closures(phones: list[Phone], samples: Samples) -> list[Phone]:
    """Phones of (N,) samples at 16 kHz with the edges of stops and of m on steps of the level.

    An edge moves at most 25 ms, only to a step of at least 6 dB, and leaves each phone 15 ms.
    """
    steps = _level_steps(samples)
    times = [phone.start for phone in phones] + [phones[-1].end]
    for index, phone in enumerate(phones):
        before = phones[index - 1].symbol if index > 0 else PAUSE
        after = phones[index + 1].symbol if index + 1 < len(phones) else PAUSE
        if phone.symbol in CLOSURES and before not in CLOSURES | {PAUSE}:
            times[index] = _steepest(-steps, times, index)
        if phone.symbol in VOICED_CLOSURES and after not in CLOSURES | {PAUSE}:
            times[index + 1] = _steepest(steps, times, index + 1)
    spans = zip(phones, times, times[1:], strict=False)
    return [phone._replace(start=start, end=end) for phone, start, end in spans]


def _level_steps(samples: Samples) -> NDArray[np.float64]:
    """Change of level in dB over 20 ms, one value every 2 ms, of pre-emphasised samples."""
    emphasised = np.diff(samples.astype(np.float64), prepend=0.0)
    frames = emphasised[: len(emphasised) // _HOP * _HOP].reshape(-1, _HOP)
    power = np.convolve(np.square(frames).mean(1), np.full(_SMOOTHING, 1 / _SMOOTHING), "same")
    level = 10.0 * np.log10(power + 1e-9)
    ahead = np.pad(level, (0, _SMOOTHING), mode="edge")[_SMOOTHING:]
    behind = np.pad(level, (_SMOOTHING, 0), mode="edge")[:-_SMOOTHING]
    return ahead - behind


def _steepest(steps: NDArray[np.float64], times: list[float], index: int) -> float:
    """Time of the largest step near an edge, or the edge itself where none is clear."""
    time = times[index]
    low = max(time - _REACH, times[index - 1] + _SHORTEST)
    high = min(time + _REACH, times[index + 1] - _SHORTEST)
    first, last = (round(limit * SAMPLE_RATE / _HOP) for limit in (low, high))
    window = steps[first : last + 1]
    if last < first or not len(window) or window.max() < _CLEAR_STEP_DB:
        return time
    return float((first + int(window.argmax())) * _HOP / SAMPLE_RATE)
