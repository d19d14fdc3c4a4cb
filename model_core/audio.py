"""Sound files to mono samples at the rate the speech encoders expect."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from .errors import UndecodableError, UserError
from .sound.hearing import Span, hear
from .sound.mixing import NoSoundError
from .sound.opening import opened
from .sound.tracks import Block, DamagedError, Track, find_tracks

SAMPLE_RATE = 16000
"""Rate of every array of samples inside model_core, in Hz."""

Samples = NDArray[np.float32]

_BLOCK_VALUES = 1 << 18
_LONGEST_HOURS = 24.0


@dataclass(frozen=True)
class Sound:
    """What a model hears, and what an artist should know of it.

    Attributes:
        samples: (N,) mono at 16 kHz, full scale 1.
        notes: a sentence for each thing that was mended or left out; mostly none.
    """

    samples: Samples
    notes: tuple[str, ...] = ()


def load_audio(
    path: str | os.PathLike[str], start: float = 0.0, end: float | None = None
) -> Samples:
    """Return the samples of `read_sound`, for callers with nobody to tell its notes."""
    return read_sound(path, start, end).samples


def read_sound(path: str | os.PathLike[str], start: float = 0.0, end: float | None = None) -> Sound:
    """Read a span of a sound file.

    Everything libsndfile reads (wav, flac, ogg, mp3, ...) at any rate, known by its content, not
    its name; what its header says of its length is not believed. Channels are averaged, unless
    they would cancel each other. Decoded block by block, so neither rate nor channels cost memory.

    Args:
        path: the file; a pipe is read to its end first.
        start: first second to read.
        end: second to stop at; the end of the file if None or beyond it.

    Raises:
        UndecodableError: libsndfile does not know the format, or the file is damaged.
        UserError: the file is missing or holds no sound, or the span is empty.
    """
    source = Path(path)
    _check_span(start, end)
    with opened(source) as (file, size):
        try:
            return _sound(_spans(find_tracks(file, size), source, start, end), str(source))
        except (soundfile.LibsndfileError, DamagedError) as error:
            raise UndecodableError(
                f"{source} cannot be read as sound by libsndfile, or is damaged; convert it to WAV "
                "(with ffmpeg, say), or bake it in Blender, which decodes more."
            ) from error


def sound_of_samples(samples: NDArray[np.generic], rate: float) -> Sound:
    """Bring decoded samples (N,) or (N, channels) at `rate` Hz to what a model hears.

    Raises:
        UserError: there are no samples, or they are not finite numbers.
    """
    numbers = samples.dtype.kind in "fiu" and samples.ndim in {1, 2} and samples.size
    if not numbers or not rate > 0:
        raise UserError(
            "The sound must be one channel or more, with at least one sample and a sample rate."
        )
    track = _Array(samples, rate)
    return _sound([Span(track, 0, track.length())], "The sound")


def resample_audio(samples: NDArray[np.floating], rate: float) -> Samples:
    """Return mono samples (N,) at `rate` Hz brought to 16 kHz.

    Raises:
        UserError: there are no samples, or they are not finite numbers.
    """
    if samples.ndim != 1:
        raise UserError("The sound must be one channel with at least one sample and a sample rate.")
    return sound_of_samples(samples, rate).samples


class _Array(Track):
    """Samples that another decoder decoded; integers reach full scale at their type's limit."""

    def __init__(self, samples: NDArray[np.generic], rate: float) -> None:
        self._samples = samples.reshape(len(samples), -1)
        self.frames, self.channels, self.rate = *self._samples.shape, rate
        self.is_float = samples.dtype.kind == "f"
        self._scale = 1.0 if self.is_float else 2.0 ** (1 - 8 * samples.dtype.itemsize)

    def blocks(self, first: int, last: int) -> Iterator[Block]:
        """Yield frames first to last as blocks (n, channels)."""
        size = max(1, _BLOCK_VALUES // self.channels)
        for at in range(first, last, size):
            block = self._samples[at : min(at + size, last)].astype(np.float32)
            yield block * np.float32(self._scale)


def _check_span(start: float, end: float | None) -> None:
    if not 0 <= start < np.inf:
        raise UserError(f"The start must be a time in seconds from 0 on, not {start}.")
    if end is not None and not end > start:
        raise UserError(f"The end ({end} s) must come after the start ({start} s).")


def _spans(tracks: Sequence[Track], path: Path, start: float, end: float | None) -> list[Span]:
    """Return what is asked for of each sound in a file; they follow one another."""
    spans, begin = [], 0.0
    for track in tracks:
        frames, rate = track.length(), track.rate
        first = max(0, round((start - begin) * rate))
        last = frames if end is None else min(frames, round(min(end - begin, 1e9) * rate))
        if first < last:
            spans.append(Span(track, first, last, begin + first / rate))
        begin += frames / rate
    if not begin:
        raise UserError(f"{path} holds no sound; record or export it again.")
    if start >= begin:
        raise UserError(f"{path} lasts {begin:.2f} s; nothing is left from {start:g} s on.")
    if not spans:
        raise UserError(f"The span of {path} from {start:g} s to {end:g} s holds no sample.")
    if sum((span.last - span.first) / span.track.rate for span in spans) > _LONGEST_HOURS * 3600:
        raise UserError(f"{path} lasts over {_LONGEST_HOURS:g} hours; choose a start and an end.")
    return spans


def _sound(spans: Sequence[Span], name: str) -> Sound:
    try:
        samples, notes = hear(spans, SAMPLE_RATE, name)
    except NoSoundError:
        raise UserError(
            f"{name} holds values that are no sound, such as NaN; export it again."
        ) from None
    if not len(samples):
        raise UserError(f"{name} holds no sound there; record or export it again.")
    return Sound(samples, tuple(notes))
