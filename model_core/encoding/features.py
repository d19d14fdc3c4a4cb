"""What the decoder hears: encoder features and log energies at the model's frame rate.

Frame t stands at t / fps seconds. A sound of N samples at 16 kHz has round(N / 16000 * fps) frames,
at least one.
"""

from collections.abc import Iterable, Iterator
from math import floor, inf

import numpy as np

from ..base.arrays import Array, Floats, Ints
from ..base.room import let_go
from ..base.units import frame_count
from ..speech.audio import SAMPLE_RATE, Samples
from .loudness import ClipLoudness, Loudness
from .sound_so_far import SoundSoFar
from .speech_encoder import SpeechEncoder

BAND_EDGES = (100.0, 500.0, 1500.0, 4000.0, 8000.0)
"""Hz; voicing, first formants, second formants, frication."""
BANDS = len(BAND_EDGES) - 1

_WINDOW = 320  # samples: 20 ms, short enough for the hold of a /p/
_BLOCK = 4096  # frames a transform, which bounds the memory of long clips
_RANGE = (-6.0, 2.0)  # log10 of power against the loud level


def feature_channels(encoder: SpeechEncoder) -> int:
    """Return C, the number of features a frame."""
    return encoder.channels + BANDS


def speech_features(samples: Samples, encoder: SpeechEncoder, fps: float) -> Array:
    """Return features (T, C) of samples (N,) at 16 kHz: the encoder's, then the log energies."""
    blocks = feature_stream([samples], encoder, fps, ClipLoudness(samples), inf)
    return np.concatenate(list(blocks))


def feature_stream(
    chunks: Iterable[Samples], encoder: SpeechEncoder, fps: float, loudness: Loudness, step: float
) -> Iterator[Array]:
    """Yield the features of a sound that comes in chunks, as consecutive blocks (n, C).

    A frame comes out once the encoder has heard what it depends on; all of them at the end. Of the
    sound only the part is kept that the next ones need.

    Args:
        chunks: (n,) at 16 kHz, consecutive, of any length.
        encoder: what hears them.
        fps: frames a second.
        loudness: what the levels are counted against; it hears each chunk before the encoder does.
        step: seconds of sound to wait for before the next block.

    Raises:
        UserError: the chunks hold nothing.
    """
    sound, first = SoundSoFar(), 0
    blocks = encoder.stream(_followed(chunks, sound, loudness), loudness, step)
    for block in _at_frame_rate(blocks, encoder, fps, sound):
        last = first + len(block)
        levels = band_levels(sound.samples, fps, first, last, loudness.power, sound.origin)
        yield np.concatenate([block, levels], axis=1)
        first = last
        sound.forget(int(_begins(last, last + 1, fps)[0]))


def _followed(
    chunks: Iterable[Samples], sound: SoundSoFar, loudness: Loudness
) -> Iterator[Samples]:
    """Yield chunks that the sound and its loudness know of by then."""
    for chunk in chunks:
        loudness.hear(chunk)
        sound.append(chunk)
        yield chunk
    sound.close()


def band_levels(
    samples: Samples, fps: float, first: int, last: int, loud: float, origin: int = 0
) -> Array:
    """Return log10 power (n, 4) of frames first to last in each band against the loud power.

    Args:
        samples: (n,) at 16 kHz, the sound, or its end from sample `origin` on.
        fps: frames a second; frame t is centred at t / fps.
        first: the first frame.
        last: the frame after the last.
        loud: what counts as 0, a `Loudness.power`.
        origin: at most the first sample of the first frame's window.
    """
    return band_levels_against(samples, fps, first, last, np.array([[loud]]), origin)


def band_levels_against(
    samples: Samples, fps: float, first: int, last: int, loud: Floats, origin: int = 0
) -> Array:
    """Return `band_levels` where what counts as 0 is told of each frame, (n, 1) or (1, 1)."""
    relative = band_power(samples, fps, first, last, origin) / loud.astype(np.float32)
    return np.log10(np.maximum(relative, 1e-10)).clip(*_RANGE).astype(np.float32)


def band_power(samples: Samples, fps: float, first: int, last: int, origin: int = 0) -> Array:
    """Return the mean square (n, 4) in each band of frames first to last.

    Under a Hann window of 20 ms, centred at t / fps for frame t; arguments as of `band_levels`.
    """
    blocks = [slice(at, min(at + _BLOCK, last)) for at in range(first, last, _BLOCK)]
    begins = [_begins(block.start, block.stop, fps) - origin for block in blocks]
    return np.concatenate([_power(samples, each) for each in begins])


def _begins(first: int, last: int, fps: float) -> Ints:
    """Return the first sample (n,) of the window of each frame."""
    return np.rint(np.arange(first, last) / fps * SAMPLE_RATE).astype(np.int64) - _WINDOW // 2


def _power(samples: Samples, begins: Ints) -> Array:
    """Return `band_power` of a few frames, by the first sample of each."""
    first, end = int(begins[0]), int(begins[-1]) + _WINDOW
    before, after = max(0, -first), max(0, end - len(samples))
    span = np.pad(samples[max(0, first) : max(0, end)], (before, after))
    window = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    views = np.lib.stride_tricks.sliding_window_view(span, _WINDOW)[begins - first]
    spectrum = np.fft.rfft(views * window)
    power = (spectrum.real**2 + spectrum.imag**2) * (2.0 / (_WINDOW * np.square(window).sum()))
    bins = np.fft.rfftfreq(_WINDOW, 1.0 / SAMPLE_RATE)
    edges = np.searchsorted(bins, BAND_EDGES)
    let_go(samples)
    return np.add.reduceat(power, edges[:-1], axis=1).astype(np.float32)


def _at_frame_rate(
    blocks: Iterable[Array], encoder: SpeechEncoder, fps: float, sound: SoundSoFar
) -> Iterator[Array]:
    """Yield encoder blocks interpolated linearly at the times of the sound's frames."""
    held = np.empty((0, encoder.channels), np.float32)
    origin = done = 0  # encoder frames let go of, frames yielded
    for block in blocks:
        held = np.concatenate([held, block])
        at = _encoder_frames(done, _whole_frames(sound, fps), fps, encoder) - origin
        ready = int(np.searchsorted(at, len(held) - 1, side="right"))
        if ready:
            yield _interpolate(held, at[:ready])
        done += ready
        ahead = floor(_encoder_frames(done, done + 1, fps, encoder)[0]) - origin
        passed = min(max(0, ahead), len(held) - 1)
        held, origin = held[passed:], origin + passed
    if done < (frames := _whole_frames(sound, fps)):
        yield _interpolate(held, _encoder_frames(done, frames, fps, encoder) - origin)


def _encoder_frames(first: int, last: int, fps: float, encoder: SpeechEncoder) -> Floats:
    """Return where frames first to last stand (n,), in frames of the encoder."""
    return (np.arange(first, last) / fps - encoder.delay) * encoder.rate


def _whole_frames(sound: SoundSoFar, fps: float) -> int:
    """Return how many frames have been heard to the end of their windows, and will stay."""
    if sound.ended:
        return frame_count(sound.end / SAMPLE_RATE, fps)
    windows = floor((sound.end - _WINDOW // 2 - 1) / SAMPLE_RATE * fps) + 1
    return max(0, min(windows, floor(sound.end / SAMPLE_RATE * fps - 0.5)))


def _interpolate(values: Array, at: Floats) -> Array:
    """Return values (n, C) at fractional rows (m,), held beyond the first and the last."""
    low = np.floor(at).astype(int).clip(0, len(values) - 1)
    high = np.minimum(low + 1, len(values) - 1)
    part = (at - low).clip(0, 1)[:, None].astype(np.float32)
    return values[low] + part * (values[high] - values[low])
