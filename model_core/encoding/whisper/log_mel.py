"""Whisper's log-mel spectrogram in numpy (Radford et al. 2022, arXiv 2212.04356, section 2.2).

The mel scale and the area normalisation are Slaney's (Auditory Toolbox, 1998): linear to 1 kHz,
logarithmic above. `transformers.WhisperFeatureExtractor` gives the same numbers.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import Array

MELS = 80
HOP = 160  # samples at 16 kHz: a frame every 10 ms
_WINDOW = 400
_RATE = 16000
_FLOOR = 1e-10
_RANGE = 8.0  # log10 units kept below the loudest value
_BLOCK = 4096  # frames a transform, which bounds the memory of long clips


def log_energies(samples: Array, first: int, last: int) -> Array:
    """Return log10 mel energies (80, last - first) of frames first to last.

    Frame t is centred on sample t * 160 of the sound (N,), which silence follows; before its first
    sample it is mirrored.
    """
    frames = [
        _transform(samples, begin, min(begin + _BLOCK, last))
        for begin in range(first, last, _BLOCK)
    ]
    return np.concatenate(frames, axis=1)


def peak_energy(samples: Array, frames: int) -> float:
    """Return the largest of all log energies, which one normalisation per clip needs."""
    blocks = range(0, frames, _BLOCK)
    return max(
        float(_transform(samples, begin, min(begin + _BLOCK, frames)).max()) for begin in blocks
    )


def normalise(energies: Array, peak: float) -> Array:
    """Return log energies kept to 80 dB below the clip's peak and scaled as Whisper expects."""
    return ((np.maximum(energies, peak - _RANGE) + 4.0) / 4.0).astype(np.float32)


def _transform(samples: Array, first: int, last: int) -> Array:
    """Return log10 mel energies (80, last - first); short-time Fourier transform, periodic Hann."""
    span = _extended(samples, first * HOP - _WINDOW // 2, (last - 1) * HOP + _WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(span, _WINDOW)[::HOP]
    window = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    spectrum = np.fft.rfft(frames * window)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    energies: Array = np.log10(np.maximum(mel_filterbank() @ power.T, _FLOOR))
    return energies


def _extended(samples: Array, first: int, last: int) -> Array:
    """Return samples[first:last], mirrored before the first sample, silent after the last."""
    inside = samples[max(0, first) : last]
    silence = last - max(0, first) - len(inside)
    return np.pad(np.pad(inside, (0, silence)), (max(0, -first), 0), mode="reflect")


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
