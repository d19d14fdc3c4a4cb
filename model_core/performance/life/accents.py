"""Accents: syllables that stand out by pitch and loudness, heard without phones."""

from dataclasses import dataclass

import numpy as np

from ...base.arrays import Floats
from .voice import RATE, Voice, smoothed

_SYLLABLE = 0.06  # s, standard deviation of the smoothing: a syllable keeps its own peak
_PHRASE = 0.45  # s, of the smoothing that tells what is usual around it
_APART = 0.25  # s
_LEAST = 0.35  # standard deviations above what is usual around it
_UNVOICED = -3.0  # semitones, where there is no pitch


@dataclass(frozen=True)
class Accent:
    """A syllable that stands out.

    Attributes:
        time: seconds, of its peak.
        strength: standard deviations above what is usual around it.
    """

    time: float
    strength: float


def prominence(voice: Voice, seconds: float) -> Floats:
    """Return the (n,) standardised sum of smoothed pitch and loudness, zero on average.

    Args:
        voice: what is heard.
        seconds: standard deviation of the smoothing.
    """
    pitch = np.where(np.isfinite(voice.pitch), np.clip(voice.pitch, -12.0, 12.0), _UNVOICED)
    parts = (smoothed(pitch, seconds), smoothed(np.clip(voice.loudness, -35.0, 5.0), seconds))
    total = sum((_standardised(part) for part in parts), np.zeros(len(pitch)))
    return _standardised(total)


def accents(voice: Voice) -> list[Accent]:
    """Return the accents of a voice, in order."""
    if not voice.speaking.any():
        return []
    height = prominence(voice, _SYLLABLE)
    height = height - smoothed(height, _PHRASE)
    height /= max(float(height[voice.speaking].std()), 1e-9)
    peaks = np.flatnonzero((height[1:-1] >= height[:-2]) & (height[1:-1] > height[2:])) + 1
    peaks = peaks[voice.speaking[peaks] & (height[peaks] > _LEAST)]
    chosen: list[int] = []
    for peak in peaks[np.argsort(-height[peaks])]:
        if all(abs(peak - other) >= _APART * RATE for other in chosen):
            chosen.append(int(peak))
    return [Accent(peak / RATE, float(height[peak])) for peak in sorted(chosen)]


def _standardised(values: Floats) -> Floats:
    spread = float(values.std())
    standard: Floats = (values - values.mean()) / spread if spread > 1e-9 else np.zeros(len(values))
    return standard
