"""Pitch of a voice over time: normalised autocorrelation, after Boersma (1993).

"Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a
sampled sound": the autocorrelation of a windowed frame is divided by the window's own. One voice
at a time; no path through candidates is sought, a short median takes out what jumps.
"""

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import Floats
from .audio import SAMPLE_RATE

LOWEST, HIGHEST = 65.0, 450.0
"""Hz; deep men to high women and children."""

_DECIMATION = 4
_RATE = SAMPLE_RATE / _DECIMATION
_WINDOW = 192  # samples: 48 ms, three periods of the lowest pitch
_TRANSFORM = 512
_BLOCK = 4096  # frames at a time, which bounds the memory of long clips
_VOICED = 0.5  # of a perfect repetition
_OCTAVE_COST = 0.03  # what a pitch an octave lower must repeat better by
_FAINT_DB = -45.0  # against the loudest frame
_MEDIAN = 5  # frames


def pitch_track(samples: NDArray[np.floating], frames: int, fps: float) -> Floats:
    """Return the pitch (frames,) in Hz of samples (N,) at 16 kHz at times k / fps; NaN unvoiced."""
    slow = _slowed(np.asarray(samples, np.float64))
    slow = np.pad(slow, _WINDOW)
    starts = np.round(np.arange(frames) / fps * _RATE).astype(int) + _WINDOW // 2
    starts = np.minimum(starts, len(slow) - _WINDOW)
    pitch, power = np.empty(frames), np.empty(frames)
    for first in range(0, frames, _BLOCK):
        part = slice(first, first + _BLOCK)
        pitch[part], power[part] = _block(slow[starts[part, None] + np.arange(_WINDOW)])
    pitch[power <= power.max(initial=0.0) * 10.0 ** (_FAINT_DB / 10.0)] = np.nan
    return _without_jumps(pitch)


def _slowed(samples: Floats) -> Floats:
    """Return samples at a quarter of the rate, without what that cannot hold."""
    kernel = np.hanning(4 * _DECIMATION + 1)[1:-1]
    return np.convolve(samples, kernel / kernel.sum(), "same")[::_DECIMATION]


def _block(windows: Floats) -> tuple[Floats, Floats]:
    """Return pitch (n,), NaN where unvoiced, and mean power (n,) of windows (n, W)."""
    centred = windows - windows.mean(axis=1, keepdims=True)
    power = np.square(centred).mean(axis=1)
    hann = np.hanning(_WINDOW + 2)[1:-1]
    own = _autocorrelation(hann[None])[0]
    correlation = _autocorrelation(centred * hann)
    correlation /= np.maximum(correlation[:, :1], 1e-20) * (own / own[0])
    low, high = int(_RATE / HIGHEST), int(np.ceil(_RATE / LOWEST))
    lags = np.arange(low, high + 1)
    wanted = correlation[:, low : high + 1] - _OCTAVE_COST * np.log2(lags / low)
    best = wanted[:, 1:-1].argmax(axis=1) + 1
    rows = np.arange(len(windows))
    before, there, after = (correlation[rows, low + best + step] for step in (-1, 0, 1))
    curvature = before - 2.0 * there + after
    shift = np.where(curvature < -1e-9, 0.5 * (before - after) / np.minimum(curvature, -1e-9), 0.0)
    pitch = _RATE / (lags[best] + np.clip(shift, -0.5, 0.5))
    peak = (there >= before) & (there >= after) & (there > _VOICED)
    return np.where(peak, pitch, np.nan), power


def _autocorrelation(windows: Floats) -> Floats:
    spectrum = np.fft.rfft(windows, _TRANSFORM)
    lagged: Floats = np.fft.irfft(np.square(np.abs(spectrum)), _TRANSFORM)
    return lagged[:, : _WINDOW // 2]


def _without_jumps(pitch: Floats) -> Floats:
    """Return pitch (T,) with lone frames and octave jumps taken out by a running median."""
    padded = np.pad(pitch, _MEDIAN // 2, constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, _MEDIAN)
    heard = np.isfinite(around).sum(axis=1) > _MEDIAN // 2
    middle = np.full(len(pitch), np.nan)
    middle[heard] = np.nanmedian(around[heard], axis=1)
    return np.where(np.isfinite(pitch), middle, np.nan)
