"""One live sound: samples in as they come, frames of motion out as soon as they can be told.

Chunks of any length give the same frames, and nothing grows with time: spectra, energies and
features are let go of once they were used.
"""

from math import ceil, floor
from typing import Protocol

import numpy as np

from ...base.arrays import Array
from ...base.units import frame_count
from ...encoding.live import LiveSound
from ...encoding.whisper.causal_whisper_shape import BEFORE, CONTEXT
from ...encoding.whisper.log_mel import MELS
from ...speech.audio import SAMPLE_RATE, Samples
from .config import EARS_RATE, StreamingSettings

_MOST_FRAMES = 150  # of the ears at once: 3 s, which bounds memory when much comes together


class Steps(Protocol):
    """A streaming network that carries the state of one sound."""

    def hear(self, mel: Array) -> Array:
        """Spectra (80, 2 n + 3) -> the ears' next frames (n, C)."""

    def decode(self, features: Array, style: Array) -> Array:
        """The next tokens' features (n fold, C) and a mixture (styles,) -> (heads, n fold, K)."""


class LiveStream:
    """Motion of a sound that is still to come.

    Args:
        steps: the network, at its start.
        settings: of the model.
        style: share of each style (styles,).
        lookahead: seconds of sound after a frame that may be waited for.

    Attributes:
        lookahead: the most seconds that it does wait for.

    Raises:
        UserError: the look-ahead is shorter than the model's shortest.
    """

    def __init__(
        self, steps: Steps, settings: StreamingSettings, style: Array, lookahead: float
    ) -> None:
        self._steps, self._settings, self._style = steps, settings, style
        delay = settings.delay_within(lookahead)
        self.lookahead = settings.lookahead(delay)
        self._head = settings.delays.index(delay)
        self._late = delay * settings.decoder.fold  # frames, of which the first tell of nothing
        self._sound = LiveSound(settings.decoder.fps)
        self._spectra = np.zeros((MELS, BEFORE), np.float32)
        self._ears: Array | None = None  # frames from `_first` on
        self._first = 0
        self._levels = np.empty((0, 4), np.float32)
        self._frame = self._told = self._samples = 0

    def hear(self, samples: Samples) -> Array:
        """Take the next samples (n,) at 16 kHz; return the frames (m, K) that can be told now."""
        self._samples += len(samples)
        return self._advance(samples)

    def end(self) -> Array:
        """Return the frames (m, K) that are left, as if silence followed."""
        wanted = frame_count(self._samples / SAMPLE_RATE, self._settings.decoder.fps)
        silence = np.zeros(ceil((self.lookahead + 0.1) * SAMPLE_RATE), np.float32)
        before = self._told
        return self._advance(silence)[: wanted - before]

    def _advance(self, samples: Samples) -> Array:
        self._sound.hear(samples)
        self._spectra = np.concatenate([self._spectra, self._sound.spectra()], axis=1)
        self._levels = np.concatenate([self._levels, self._sound.levels()])
        parts = [np.empty((0, len(self._settings.names)), np.float32)]
        while (frames := (self._spectra.shape[1] - CONTEXT) // 2) >= self._lacking() > 0:
            self._listen(min(frames, _MOST_FRAMES))
            parts.append(self._decode())
        parts.append(self._decode())
        told = np.concatenate(parts)
        self._told += len(told)
        return told

    def _lacking(self) -> int:
        """Return how many frames of the ears the next token waits for; fewer are not heard yet."""
        fps, last = self._settings.decoder.fps, self._frame + self._settings.decoder.fold - 1
        heard = self._first + (0 if self._ears is None else len(self._ears))
        return ceil(last * EARS_RATE / fps - 1e-9) + 1 - heard

    def _listen(self, frames: int) -> None:
        """Hear the next frames of the ears."""
        heard = self._steps.hear(np.ascontiguousarray(self._spectra[:, : 2 * frames + CONTEXT]))
        self._spectra = self._spectra[:, 2 * frames :]
        self._ears = heard if self._ears is None else np.concatenate([self._ears, heard])

    def _decode(self) -> Array:
        """Return the frames of the tokens whose features are whole, without those before 0."""
        fps, fold = self._settings.decoder.fps, self._settings.decoder.fold
        heard = self._first + (0 if self._ears is None else len(self._ears))
        whole = floor((heard - 1) * fps / EARS_RATE + 1e-9) + 1 if heard else 0
        count = min(whole - self._frame, len(self._levels)) // fold * fold
        if self._ears is None or count <= 0:
            return np.empty((0, len(self._settings.names)), np.float32)
        at = np.arange(self._frame, self._frame + count) * (EARS_RATE / fps) - self._first
        features = np.concatenate([_between(self._ears, at), self._levels[:count]], axis=1)
        outputs = self._steps.decode(features, self._style)[self._head]
        skipped = max(0, self._late - self._frame)
        self._frame += count
        self._levels = self._levels[count:]
        passed = floor(self._frame * EARS_RATE / fps + 1e-9) - self._first
        passed = min(passed, len(self._ears))
        self._ears, self._first = self._ears[passed:], self._first + passed
        return outputs[skipped:]


def _between(values: Array, at: np.ndarray) -> Array:
    """Return values (n, C) at fractional rows (m,)."""
    low = np.floor(at + 1e-9).astype(int)
    part = np.clip(at - low, 0.0, 1.0)[:, None].astype(np.float32)
    high = np.where(part[:, 0] > 1e-6, low + 1, low)
    return values[low] * (1 - part) + values[high] * part
