"""What a live sound is heard as: spectra and log energies, each by what was known when it came.

Both are counted against how loud the sound is, which a clip tells ahead and a live sound does not.
So the loud level starts from that of ordinary speech, follows what comes, and forgets: after half a
minute another distance from the microphone counts as much as all before. Nothing depends on how
the sound is cut into chunks.
"""

from math import exp, floor

import numpy as np

from ..base.arrays import Array, Floats
from ..speech.audio import SAMPLE_RATE, Samples
from .features import band_levels_against
from .sound_so_far import SoundSoFar
from .whisper import log_mel

_POWER_FRAME = 320  # samples: 20 ms
_HALF_WINDOW = 160  # samples of a frame's log energies before its time and after it
_GATE = 0.1  # of the mean power: what is more than 10 dB below it is no loud part
_QUIETEST = 10.0**-5.5  # mean square; as of `loudness`
_SPEECH = 10.0**-2.9  # mean square of the loud parts of speech at an ordinary level
_PRIOR_FRAMES = 5.0  # how much that counts at first: as 0.1 s of sound
_KEPT = exp(-_POWER_FRAME / SAMPLE_RATE / 30.0)  # of what was known, a frame later
_PEAK = 0.0  # log10 mel energy; a live sound's peak is taken to be at least that of soft speech
_PEAK_FALL = 2e-4  # log10 units a spectrum: 2 dB in ten seconds


class LiveSound:
    """Spectra and log energies of a sound that comes in chunks (n,) at 16 kHz.

    Args:
        fps: frames of log energies a second; frame t is centred at t / fps.
    """

    def __init__(self, fps: float) -> None:
        self.fps = fps
        self._sound = SoundSoFar()
        self._peak, self._power = _RunningPeak(), _RunningPower()
        self._spectra = self._frames = 0  # how many were told

    def hear(self, samples: Samples) -> None:
        """Take the next samples (n,)."""
        self._sound.append(np.ascontiguousarray(samples, np.float32))
        self._power.follow(self._sound)

    def spectra(self) -> Array:
        """Return the spectra (80, n) that are whole by now and were not told yet."""
        first, sound = self._spectra, self._sound
        self._spectra = max(first, log_mel.whole_frames(sound.end - 1))
        if self._spectra == first:
            return np.empty((log_mel.MELS, 0), np.float32)
        energies = log_mel.log_energies(sound.samples, first, self._spectra, sound.origin)
        peaks = self._peak.follow(energies.max(axis=0))
        self._forget()
        return log_mel.normalise(energies, peaks)

    def levels(self) -> Array:
        """Return the log energies (n, 4) of the frames heard by now and not told yet."""
        first, sound = self._frames, self._sound
        whole = floor((sound.end - _HALF_WINDOW) / SAMPLE_RATE * self.fps + 1e-9) + 1
        while whole > first and self._end(whole - 1) > sound.end:
            whole -= 1  # its window ends half a sample later
        self._frames = max(first, whole)
        loud = np.array([self._power.at(self._end(f)) for f in range(first, self._frames)])
        if not len(loud):
            return np.empty((0, 4), np.float32)
        levels = band_levels_against(
            sound.samples, self.fps, first, self._frames, loud[:, None], sound.origin
        )
        self._forget()
        return levels

    def _end(self, frame: int) -> int:
        """Return the sample after a frame's window."""
        return round(frame / self.fps * SAMPLE_RATE) + _HALF_WINDOW

    def _forget(self) -> None:
        """Let go of what neither the next spectrum nor the next frame nor the next power needs."""
        begin = self._end(self._frames) - 2 * _HALF_WINDOW
        self._power.forget(self._end(self._frames))
        needed = log_mel.first_sample(self._spectra), begin, self._power.end
        self._sound.forget(min(needed))


class _RunningPeak:
    """The largest log10 mel energy so far, falling slowly."""

    def __init__(self) -> None:
        self._last = _PEAK

    def follow(self, maxima: Array) -> Floats:
        """Return the peak (n,) at each of the next spectra, whose largest energies are given."""
        fallen = _PEAK_FALL * np.arange(len(maxima) + 1)
        raised = np.concatenate([[self._last], maxima.astype(np.float64)]) + fallen
        peaks = (np.maximum.accumulate(raised) - fallen)[1:]
        self._last = float(peaks[-1])
        told: Floats = np.maximum(peaks, _PEAK)
        return told


class _RunningPower:
    """The mean square of the loud parts so far (as `Loudness.power`), by 20 ms frames.

    Attributes:
        end: the sample after the last frame counted.
    """

    def __init__(self) -> None:
        self.end = 0
        self._all = self._loud = _PRIOR_FRAMES
        self._sum = self._loud_sum = _PRIOR_FRAMES * _SPEECH
        self._told = [_SPEECH]  # after so many frames, from `_first` on
        self._first = 0

    def follow(self, sound: SoundSoFar) -> None:
        """Count the frames of a sound that are whole by now."""
        whole = sound.end // _POWER_FRAME * _POWER_FRAME
        if whole == self.end:
            return
        part = sound.samples[self.end - sound.origin : whole - sound.origin]
        frames = part.reshape(-1, _POWER_FRAME)
        for power in np.einsum("ij,ij->i", frames, frames, dtype=np.float64) / _POWER_FRAME:
            self._count(float(power))
        self.end = whole

    def at(self, sample: int) -> float:
        """Return what was known when a sample came."""
        return self._told[sample // _POWER_FRAME - self._first]

    def forget(self, before: int) -> None:
        """Let go of what was known before a sample."""
        passed = min(before, self.end) // _POWER_FRAME - self._first
        if passed > 0:
            del self._told[:passed]
            self._first += passed

    def _count(self, power: float) -> None:
        self._all = _KEPT * self._all + 1.0
        self._sum = _KEPT * self._sum + power
        if power >= _GATE * self._sum / self._all:
            self._loud = _KEPT * self._loud + 1.0
            self._loud_sum = _KEPT * self._loud_sum + power
        self._told.append(max(self._loud_sum / self._loud, _QUIETEST))
