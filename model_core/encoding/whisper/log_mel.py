"""Whisper's log-mel spectrogram in numpy (Radford et al. 2022, arXiv 2212.04356, section 2.2).

The mel scale and the area normalisation are Slaney's (Auditory Toolbox, 1998): linear to 1 kHz,
logarithmic above. `transformers.WhisperFeatureExtractor` gives the same numbers.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import Array, Floats
from ...base.room import let_go

MELS = 80
HOP = 160  # samples at 16 kHz: a frame every 10 ms
_WINDOW = 400
_RATE = 16000
_FLOOR = 1e-10
_RANGE = 8.0  # log10 units kept below the loudest value
_BLOCK = 4096  # frames a transform, which bounds the memory of long clips


def log_energies(samples: Array, first: int, last: int, origin: int = 0) -> Array:
    """Return log10 mel energies (80, last - first) of frames first to last.

    Frame t is centred on sample t * 160 of the sound, which silence follows; before its first
    sample it is mirrored.

    Args:
        samples: (n,) the sound, or its end from sample `origin` on.
        first: the first frame.
        last: the frame after the last.
        origin: at most `first_sample(first)`.
    """
    return np.concatenate(list(_blocks(samples, first, last, origin)), axis=1)


def peak_energy(samples: Array, first: int, last: int, origin: int = 0) -> float:
    """Return the largest of the `log_energies` of frames first to last."""
    return max(float(block.max()) for block in _blocks(samples, first, last, origin))


def first_sample(frame: int) -> int:
    """Return the first sample that a frame needs."""
    return max(0, frame * HOP - _WINDOW // 2)


def samples_of(frames: int) -> int:
    """Return how many samples of a sound its first frames need, at least one."""
    return (frames - 1) * HOP + _WINDOW // 2


def whole_frames(samples: int) -> int:
    """Return how many frames need no more than the first samples of a sound."""
    return max(0, (samples - _WINDOW // 2) // HOP + 1)


def normalise(energies: Array, peak: float | Floats) -> Array:
    """Return log energies kept to 80 dB below the clip's peak and scaled as Whisper expects.

    A live sound's peak is another one at each frame, (T,).
    """
    return ((np.maximum(energies, peak - _RANGE) + 4.0) / 4.0).astype(np.float32)


def _blocks(samples: Array, first: int, last: int, origin: int) -> Iterator[Array]:
    """Yield `log_energies` of a few frames at once."""
    for begin in range(first, last, _BLOCK):
        yield _transform(samples, begin, min(begin + _BLOCK, last), origin)
        let_go(samples)


def _transform(samples: Array, first: int, last: int, origin: int) -> Array:
    """Return log10 mel energies (80, last - first); short-time Fourier transform, periodic Hann."""
    begin, end = first * HOP - _WINDOW // 2, samples_of(last)
    inside = samples[max(0, begin) - origin : end - origin]
    span = _extended(inside, max(0, -begin), end - max(0, begin))
    frames = np.lib.stride_tricks.sliding_window_view(span, _WINDOW)[::HOP]
    window = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    spectrum = np.fft.rfft(frames * window)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    energies: Array = np.log10(np.maximum(mel_filterbank() @ power.T, _FLOOR))
    return energies


def _extended(samples: Array, before: int, length: int) -> Array:
    """Return samples made `length` long by silence, `before` more of them mirrored in front."""
    return np.pad(np.pad(samples, (0, length - len(samples))), (before, 0), mode="reflect")


@cache
def mel_filterbank() -> Array:
    """Return the triangular filters (80, 201) from power spectrum to mel bands."""
    edges = _to_hertz(np.linspace(0.0, _to_mel(_RATE / 2), MELS + 2))  # (82,)
    bins = np.linspace(0.0, _RATE / 2, _WINDOW // 2 + 1)
    widths = np.diff(edges)
    rising = (bins - edges[:-2, None]) / widths[:-1, None]
    falling = (edges[2:, None] - bins) / widths[1:, None]
    area = 2.0 / (edges[2:] - edges[:-2])
    triangles = np.maximum(0.0, np.minimum(rising, falling)) * area[:, None]
    return triangles.astype(np.float32)


_BREAK_HERTZ, _BREAK_MEL = 1000.0, 15.0
_LINEAR = _BREAK_HERTZ / _BREAK_MEL  # hertz a mel below the break
_LOGARITHMIC = np.log(6.4) / 27.0  # log step a mel above it


def _to_mel(hertz: float) -> float:
    """Return Slaney's mel value of a frequency above 1 kHz."""
    return float(_BREAK_MEL + np.log(hertz / _BREAK_HERTZ) / _LOGARITHMIC)


def _to_hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    above = _BREAK_HERTZ * np.exp((mel - _BREAK_MEL) * _LOGARITHMIC)
    return np.where(mel < _BREAK_MEL, mel * _LINEAR, above)
