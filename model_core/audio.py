"""Sound files to mono samples at the rate the speech encoders expect."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from .errors import UndecodableError, UserError

SAMPLE_RATE = 16000
"""Rate of every array of samples inside model_core, in Hz."""

Samples = NDArray[np.float32]

_BLOCK_FRAMES = 1 << 18
_RUN_UP_FRAMES = 4608  # the first mp3 frames after a seek come out wrong (bit reservoir)
_LONGEST_HOURS = 24.0
_LOUDEST = 1e5  # full scale is 1; float files may exceed it, but sound never does so this far


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

    Everything libsndfile reads (wav, flac, ogg, mp3, ...) at any rate; channels are averaged. Only
    the span is decoded, block by block, so neither rate nor channels cost memory.

    Args:
        path: the file.
        start: first second to read.
        end: second to stop at; the end of the file if None or beyond it.

    Raises:
        UndecodableError: libsndfile does not know the format.
        UserError: the file is missing or holds no sound, or the span is empty.
    """
    source = Path(path)
    _check_span(start, end)
    try:
        with soundfile.SoundFile(_existing(source)) as file:
            first, last = _span_frames(file, source, start, end)
            blocks = _mono_blocks(file, source, first, last)
            return Sound(_resampled(blocks, file.samplerate, last - first))
    except soundfile.LibsndfileError as error:
        raise UndecodableError(
            f"{source} cannot be read as sound; give a wav, flac, ogg or mp3 file that plays."
        ) from error
    except OSError as error:
        raise UserError(f"{source} cannot be opened: {error.strerror or error}.") from error


def sound_of_samples(samples: NDArray[np.floating], rate: float) -> Sound:
    """Bring decoded samples (N,) or (N, channels) at `rate` Hz to what a model hears.

    Raises:
        UserError: there are no samples, or they are not finite numbers.
    """
    mono = samples.mean(axis=1) if samples.ndim == 2 else samples
    return Sound(resample_audio(mono, rate))


def resample_audio(samples: NDArray[np.floating], rate: float) -> Samples:
    """Return mono samples (N,) at `rate` Hz brought to 16 kHz.

    Raises:
        UserError: there are no samples, or they are not finite numbers.
    """
    mono = np.ascontiguousarray(samples, np.float32)
    if mono.ndim != 1 or not len(mono) or not rate > 0:
        raise UserError("The sound must be one channel with at least one sample and a sample rate.")
    _check_samples(mono, "The sound")
    return _resampled(iter([mono]), rate, len(mono))


def _check_span(start: float, end: float | None) -> None:
    if not 0 <= start < np.inf:
        raise UserError(f"The start must be a time in seconds from 0 on, not {start}.")
    if end is not None and not end > start:
        raise UserError(f"The end ({end} s) must come after the start ({start} s).")


def _existing(path: Path) -> Path:
    """Return the path if a file with content is there."""
    if path.is_dir():
        raise UserError(f"{path} is a folder; give a sound file.")
    if not path.exists():
        raise UserError(f"There is no sound file at {path}.")
    if path.stat().st_size == 0:
        raise UserError(f"{path} is empty; record or export it again.")
    return path


def _span_frames(
    file: soundfile.SoundFile, path: Path, start: float, end: float | None
) -> tuple[int, int]:
    """Return the first frame of the span and the one after its last, in the file's own rate."""
    rate, frames = file.samplerate, file.frames
    if frames <= 0:
        raise UserError(f"{path} holds no sound; record or export it again.")
    last = frames if end is None else min(frames, round(end * rate))
    first = round(start * rate)
    if first >= frames:
        raise UserError(f"{path} lasts {frames / rate:.2f} s; nothing is left from {start:g} s on.")
    if last <= first:
        raise UserError(f"The span of {path} from {start:g} s to {end:g} s holds no sample.")
    if last - first > _LONGEST_HOURS * 3600 * rate:
        raise UserError(f"{path} lasts over {_LONGEST_HOURS:g} hours; choose a start and an end.")
    return first, last


def _mono_blocks(file: soundfile.SoundFile, path: Path, first: int, last: int) -> Iterator[Samples]:
    """Yield frames first to last as mono blocks; fewer if the header promised too many."""
    size = max(1, _BLOCK_FRAMES // file.channels)
    for begin in range(first, last, size):
        run_up = min(begin, _RUN_UP_FRAMES)
        file.seek(begin - run_up)
        frames = run_up + min(size, last - begin)
        block = file.read(frames, dtype="float32", always_2d=True)[run_up:]
        if not len(block):
            return
        _check_samples(block, str(path))
        yield block.mean(axis=1)


def _check_samples(block: NDArray[np.floating], what: str) -> None:
    if not np.abs(block).max() < _LOUDEST:  # false for NaN as well
        raise UserError(f"{what} holds values that are no sound, such as NaN; export it again.")


def _resampled(blocks: Iterator[Samples], rate: float, frames: int) -> Samples:
    """Join mono blocks of `frames` samples in all, at `rate` Hz, into (N,) at 16 kHz."""
    out = np.zeros(max(1, round(frames * SAMPLE_RATE / rate)), np.float32)
    stream = None if rate == SAMPLE_RATE else soxr.ResampleStream(rate, SAMPLE_RATE, 1)
    filled = 0
    for block in blocks:
        filled += _put(out, filled, stream.resample_chunk(block) if stream else block)
    if stream:
        filled += _put(out, filled, stream.resample_chunk(np.empty(0, np.float32), last=True))
    return out[: max(1, filled)]


def _put(out: Samples, at: int, block: Samples) -> int:
    """Copy a block to out[at:], as far as it fits; return how much of it did."""
    part = block[: len(out) - at]
    out[at : at + len(part)] = part
    return len(part)
