"""What the sound tells of how somebody speaks, a hundred times a second: when, how loud, how high.

Phones are not needed. Times are seconds from the start of the sound.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...base.arrays import Flags, Floats
from ...base.runs import runs
from ...base.units import frame_count
from ...speech.audio import SAMPLE_RATE, Samples
from ...speech.loudness import loudness_envelope
from ...speech.pitch import pitch_track
from ..silence import levels_db, loud_db, may_be_speech

RATE = 100.0
"""Values a second."""

PAUSE = 0.15
"""Seconds of silence that part two phrases; the silence of a /p/ or /t/ is shorter."""

LISTENING = 1.6
"""Seconds of silence after which a speaker is taken to listen."""

_FLOOR, _CEILING = -30.0, -9.0  # dB against the loud level, between which speech begins
_ABOVE_NOISE = 7.0  # dB over the quietest twentieth
_SHORTEST = 0.09  # s; what sounds for less is a click or a breath
_TURN = 0.5  # s into a long silence at which a speaker has become a listener, and before its end


@dataclass(frozen=True, eq=False)
class Voice:
    """How somebody speaks.

    Attributes:
        loudness: (n,) dB against the clip's own loud level, -60 to about 5.
        pitch: (n,) semitones against the speaker's median; NaN where there is none.
        speaking: (n,) where a phrase sounds.
    """

    loudness: Floats
    pitch: Floats
    speaking: Flags

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return len(self.speaking) / RATE

    @cached_property
    def phrases(self) -> Floats:
        """(P, 2) start and end of each phrase."""
        return spans(self.speaking)

    @cached_property
    def pauses(self) -> Floats:
        """(Q, 2) start and end of each silence before, between and after phrases."""
        return spans(~self.speaking)

    @cached_property
    def listening(self) -> Flags:
        """(n,) where somebody else has the turn: inside long silences."""
        listens = np.zeros(len(self.speaking), np.bool_)
        for start, end in self.pauses:
            first, last = start + _TURN * (start > 0), end - _TURN * (end < self.seconds)
            if end - start >= LISTENING:
                listens[round(first * RATE) : round(last * RATE)] = True
        return listens

    def at(self, values: Floats | Flags, seconds: float) -> float:
        """Return what (n,) values are at a time, held beyond the ends."""
        return float(values[int(np.clip(seconds * RATE, 0, len(values) - 1))])


def hear_voice(samples: Samples) -> Voice:
    """Return how somebody speaks in samples (N,) at 16 kHz."""
    frames = frame_count(len(samples) / SAMPLE_RATE, RATE)
    loudness = loudness_envelope(samples, frames, RATE)
    hertz = pitch_track(samples, frames, RATE)
    heard = np.isfinite(hertz)
    median = np.median(hertz[heard]) if heard.any() else 1.0
    return Voice(loudness, 12.0 * np.log2(hertz / median), _speaking(samples, loudness))


def spans(flags: Flags) -> Floats:
    """Return (S, 2) start and end in seconds of each run of (n,) flags."""
    return runs(flags) / RATE


def smoothed(values: Floats, seconds: float) -> Floats:
    """Return (n,) values under a Gaussian of a standard deviation in seconds; ends are held."""
    sigma = seconds * RATE
    reach = int(np.ceil(3 * sigma))
    kernel = np.exp(-0.5 * np.square(np.arange(-reach, reach + 1) / sigma))
    padded = np.pad(values.astype(np.float64), reach, mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), "valid")


def _speaking(samples: Samples, loudness: Floats) -> Flags:
    """Return (n,) where somebody speaks: above the noise, in runs longer than clicks."""
    noise = float(np.percentile(loudness, 5.0))
    speaks = loudness > np.clip(noise + _ABOVE_NOISE, _FLOOR, _CEILING)
    levels = levels_db(samples)
    possible = may_be_speech(levels, loud_db(levels))
    speaks &= np.resize(possible, len(speaks)) if len(possible) else False
    speaks = _without_short(speaks, _SHORTEST)
    return ~_without_short(~speaks, PAUSE)


def _without_short(flags: Flags, seconds: float) -> Flags:
    """Return (n,) flags without the runs that are shorter, but at the ends of the sound."""
    kept = flags.copy()
    for start, end in spans(flags):
        inside = start > 0 and end < len(flags) / RATE
        if inside and end - start < seconds:
            kept[round(start * RATE) : round(end * RATE)] = False
    return kept
