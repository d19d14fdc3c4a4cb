"""What the decoder hears: encoder features and log energies at the model's frame rate.

Frame t stands at t / fps seconds. A sound of N samples at 16 kHz has round(N / 16000 * fps) frames,
at least one.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import Array
from ..base.units import frame_count
from ..speech.audio import SAMPLE_RATE, Samples
from .speech_encoder import SpeechEncoder

BAND_EDGES = (100.0, 500.0, 1500.0, 4000.0, 8000.0)
"""Hz; voicing, first formants, second formants, frication."""
BANDS = len(BAND_EDGES) - 1

_WINDOW = 320  # samples: 20 ms, short enough for the hold of a /p/
_BLOCK = 4096  # frames a transform, which bounds the memory of long clips
_RANGE = (-6.0, 2.0)  # log10 of power against the loud level
_QUIETEST = 10.0**-5.5  # mean square below which a clip has no loud level: -55 dB full scale


def feature_channels(encoder: SpeechEncoder) -> int:
    """Return C, the number of features a frame."""
    return encoder.channels + BANDS


def speech_features(samples: Samples, encoder: SpeechEncoder, fps: float) -> Array:
    """Return features (T, C) of samples (N,) at 16 kHz: the encoder's, then the log energies."""
    return np.concatenate(list(feature_blocks(samples, encoder, fps)))


def feature_blocks(samples: Samples, encoder: SpeechEncoder, fps: float) -> Iterator[Array]:
    """Yield `speech_features` as consecutive blocks (n, C), for clips too long to hold."""
    frames = frame_count(len(samples) / SAMPLE_RATE, fps)
    loud = loud_power(samples)
    first = 0
    for block in _at_frame_rate(encoder.blocks(samples), encoder, fps, frames):
        last = first + len(block)
        yield np.concatenate([block, band_levels(samples, fps, first, last, loud)], axis=1)
        first = last


def loud_power(samples: Samples) -> float:
    """Return the mean square of a clip's loud parts, gated as in ITU-R BS.1770.

    The mean over 20 ms frames within 10 dB of the mean, so neither pauses nor room tone count.
    """
    whole = samples[: len(samples) // _WINDOW * _WINDOW].reshape(-1, _WINDOW)
    power = np.einsum("ij,ij->i", whole, whole) / _WINDOW
    if not len(power):
        power = np.array([np.square(samples).mean()])
    return max(gated_mean(power), _QUIETEST)


def gated_mean(power: NDArray[np.floating]) -> float:
    """Return the mean of powers (n,) within 10 dB of their mean."""
    return float(power[power >= 0.1 * power.mean()].mean())


def band_levels(samples: Samples, fps: float, first: int, last: int, loud: float) -> Array:
    """Return log10 power (n, 4) of frames first to last in each band against the loud power.

    Args:
        samples: (N,) at 16 kHz.
        fps: frames a second; frame t is centred at t / fps.
        first: the first frame.
        last: the frame after the last.
        loud: what counts as 0, from `loud_power`.
    """
    relative = band_power(samples, fps, first, last) / loud
    return np.log10(np.maximum(relative, 1e-10)).clip(*_RANGE).astype(np.float32)


def band_power(samples: Samples, fps: float, first: int, last: int) -> Array:
    """Return the mean square (n, 4) in each band of frames first to last of samples (N,).

    Under a Hann window of 20 ms, centred at t / fps for frame t.
    """
    blocks = range(first, last, _BLOCK)
    return np.concatenate([_power(samples, fps, at, min(at + _BLOCK, last)) for at in blocks])


def _power(samples: Samples, fps: float, first: int, last: int) -> Array:
    """Return `band_power` of a few frames at once."""
    begins = np.rint(np.arange(first, last) / fps * SAMPLE_RATE).astype(int) - _WINDOW // 2
    origin, end = int(begins[0]), int(begins[-1]) + _WINDOW
    before, after = max(0, -origin), max(0, end - len(samples))
    span = np.pad(samples[max(0, origin) : max(0, end)], (before, after))
    window = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    views = np.lib.stride_tricks.sliding_window_view(span, _WINDOW)[begins - origin]
    spectrum = np.fft.rfft(views * window)
    power = (spectrum.real**2 + spectrum.imag**2) * (2.0 / (_WINDOW * np.square(window).sum()))
    bins = np.fft.rfftfreq(_WINDOW, 1.0 / SAMPLE_RATE)
    edges = np.searchsorted(bins, BAND_EDGES)
    return np.add.reduceat(power, edges[:-1], axis=1).astype(np.float32)


def _at_frame_rate(
    blocks: Iterable[Array], encoder: SpeechEncoder, fps: float, frames: int
) -> Iterator[Array]:
    """Yield encoder blocks interpolated linearly at the times of frames 0 to `frames`."""
    at = (np.arange(frames) / fps - encoder.delay) * encoder.rate  # in encoder frames
    held = np.empty((0, encoder.channels), np.float32)
    origin = done = 0
    for block in blocks:
        origin += max(0, len(held) - 1)
        held = np.concatenate([held[-1:], block])
        ready = int(np.searchsorted(at, origin + len(held) - 1, side="right"))
        if ready > done:
            yield _interpolate(held, at[done:ready] - origin)
        done = ready
    if done < frames:
        yield _interpolate(held, at[done:] - origin)


def _interpolate(values: Array, at: NDArray[np.float64]) -> Array:
    """Return values (n, C) at fractional rows (m,), held beyond the first and the last."""
    low = np.floor(at).astype(int).clip(0, len(values) - 1)
    high = np.minimum(low + 1, len(values) - 1)
    part = (at - low).clip(0, 1)[:, None].astype(np.float32)
    return values[low] + part * (values[high] - values[low])
