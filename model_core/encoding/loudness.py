"""How loud a sound is: what features are counted against, so that its level does not matter.

Of a clip it is known ahead. Of a sound that is still to come only what was heard can be known: it
changes for some seconds and settles.
"""

from abc import ABC, abstractmethod
from functools import cached_property
from math import ceil

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import Array, Floats, Ints
from ..base.room import let_go
from ..speech.audio import SAMPLE_RATE, Samples
from .sound_so_far import SoundSoFar
from .whisper import log_mel

_WINDOW = 320  # samples of a power: 20 ms
_GATE = 0.1  # of the mean: what is more than 10 dB below it does not count
_BLOCK = 1 << 14  # powers, of what may lie in a file
_QUIETEST = 10.0**-5.5  # mean square below which a sound has no loud level: -55 dB full scale

# A running loudness counts powers in steps of 0.1 dB from -160 to +80 dB, a second at a time.
_STEPS_PER_BEL, _LOWEST_BEL, _STEPS = 100, -16, 2400
_SECOND = SAMPLE_RATE


class Loudness(ABC):
    """What counts as loud in a sound."""

    @abstractmethod
    def hear(self, samples: Samples) -> None:
        """Take the next samples (n,) of the sound at 16 kHz into account."""

    @property
    @abstractmethod
    def power(self) -> float:
        """The mean square of its loud parts, gated as in ITU-R BS.1770.

        The mean over 20 ms frames within 10 dB of the mean, so neither pauses nor room tone count.
        """

    @property
    @abstractmethod
    def peak(self) -> float:
        """The largest of its log10 mel energies (`log_mel`)."""


class ClipLoudness(Loudness):
    """That of a whole clip (N,), known from its start; each number is computed when asked for."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples

    def hear(self, samples: Samples) -> None:
        """Do nothing: all of it is known."""

    @cached_property
    def power(self) -> float:
        """The mean square of the clip's loud parts."""
        return loud_power(self._samples)

    @cached_property
    def peak(self) -> float:
        """The clip's largest log10 mel energy."""
        frames = max(1, ceil(len(self._samples) / SAMPLE_RATE * 50.0))  # of two spectra each
        return log_mel.peak_energy(self._samples, 0, 2 * frames)


class RunningLoudness(Loudness):
    """That of what was heard so far, all of it with one weight, in memory that does not grow.

    The power is exact but for frames within 0.1 dB of the gate. Until 20 ms were heard, what there
    is counts as it is.
    """

    def __init__(self) -> None:
        self._sound = SoundSoFar()
        self._frames = self._spectra = 0  # how many were counted
        self._counts: Ints = np.zeros(_STEPS, np.int64)
        self._sums: Floats = np.zeros(_STEPS)
        self._peak = -np.inf

    def hear(self, samples: Samples) -> None:
        """Take the next samples (n,) into account."""
        self._sound.append(samples)
        if self._sound.end - self._frames * _WINDOW >= _SECOND:
            self._count()

    @property
    def power(self) -> float:
        """The mean square of the loud parts so far."""
        self._count()
        if not self._frames:
            return loud_power(self._sound.samples)
        mean = self._sums.sum() / self._frames
        loud = self._sums >= _GATE * mean * self._counts
        return max(float(self._sums[loud].sum() / self._counts[loud].sum()), _QUIETEST)

    @property
    def peak(self) -> float:
        """The largest log10 mel energy so far."""
        self._count()
        return self._peak if self._spectra else log_mel.peak_energy(self._sound.samples, 0, 2)

    def _count(self) -> None:
        """Count what is whole by now, and forget its samples."""
        sound = self._sound
        frames, spectra = sound.end // _WINDOW, log_mel.whole_frames(sound.end)
        if frames > self._frames:
            begin, end = self._frames * _WINDOW - sound.origin, frames * _WINDOW - sound.origin
            self._count_powers(_powers(sound.samples[begin:end]))
            self._frames = frames
        if spectra > self._spectra:
            peak = log_mel.peak_energy(sound.samples, self._spectra, spectra, sound.origin)
            self._peak, self._spectra = max(self._peak, peak), spectra
        sound.forget(min(self._frames * _WINDOW, log_mel.first_sample(self._spectra)))

    def _count_powers(self, power: Array) -> None:
        """Sort powers (n,) into steps; a step's frames are within the gate together or not."""
        bels = np.log10(np.maximum(power, 10.0**_LOWEST_BEL)) - _LOWEST_BEL
        steps = np.minimum((bels * _STEPS_PER_BEL).astype(np.int64), _STEPS - 1)
        self._counts += np.bincount(steps, minlength=_STEPS)
        self._sums += np.bincount(steps, power, _STEPS)


def loud_power(samples: Samples) -> float:
    """Return the `Loudness.power` of a clip (N,)."""
    power = _powers(samples[: len(samples) // _WINDOW * _WINDOW])
    if not len(power):
        power = np.square(samples).mean(keepdims=True) if len(samples) else np.zeros(1, np.float32)
    return max(gated_mean(power), _QUIETEST)


def gated_mean(power: NDArray[np.floating]) -> float:
    """Return the mean of powers (n,) within 10 dB of their mean."""
    return float(power[power >= _GATE * power.mean()].mean())


def _powers(samples: Samples) -> Array:
    """Return the mean square (n,) of each 20 ms of samples (n * 320,)."""
    whole = samples.reshape(-1, _WINDOW)
    powers = np.empty(len(whole), np.float32)
    for first in range(0, len(whole), _BLOCK):
        rows = whole[first : first + _BLOCK]
        powers[first : first + _BLOCK] = np.einsum("ij,ij->i", rows, rows) / _WINDOW
        let_go(rows)
    return powers
