"""What a sound file itself tells of a line: its outline, where it is clipped, and its pauses."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from ...base.arrays import Array, Flags
from ...base.errors import UserError
from ...base.runs import runs
from ...performance.nearness import RATE
from ...performance.silence import levels_db, loud_db, may_be_speech
from ...speech.audio import SAMPLE_RATE, Samples, read_sound

_POINTS = 150
_FULL = 0.98  # of the loudest value: what a clipped wave rests at
_LEVEL = 0.002  # of the loudest: how far it may stray from one value to the next
_RESTING = 4  # equal values on end, of a peak that was cut off
_LEAST_CLIPPED = 8  # peaks
_BLOCK = 2**20  # values


@dataclass(frozen=True)
class Heard:
    """What is to be known of a sound.

    Attributes:
        seconds: its length.
        outline: at most 150 evenly spread levels from 0 to 1, the loudest of what each stands for.
        clipped: how many peaks are cut off.
        pauses: where it is silent for long, from second to second.
        silent: whether nothing in it may be speech.
    """

    seconds: float
    outline: tuple[float, ...]
    clipped: int
    pauses: tuple[tuple[float, float], ...]
    silent: bool


def listen(path: Path, least_pause: float) -> Heard:
    """Return what is to be known of a sound file.

    Args:
        path: it.
        least_pause: seconds that a silence lasts to be told.

    Raises:
        UserError: it cannot be read.
    """
    samples = read_sound(path).samples
    levels = levels_db(samples)
    speech = may_be_speech(levels, loud_db(levels))
    pauses = tuple(_long_runs(~speech, round(least_pause * RATE)))
    silent = not speech.any()
    return Heard(
        len(samples) / SAMPLE_RATE,
        _outline(samples),
        _clipped_peaks(path),
        () if silent else pauses,
        silent,
    )


def _outline(samples: Samples) -> tuple[float, ...]:
    parts = np.array_split(np.abs(samples), min(len(samples), _POINTS))
    peaks = np.array([part.max(initial=0.0) for part in parts])
    return tuple((peaks / max(float(peaks.max(initial=0.0)), 1e-6)).round(2).tolist())


def _long_runs(flags: Flags, least: int) -> list[tuple[float, float]]:
    """Return where flags (n,), `RATE` a second, are set for long, in seconds."""
    return [
        (first / RATE, end / RATE) for first, end in runs(flags).tolist() if end - first >= least
    ]


def _clipped_peaks(path: Path) -> int:
    """Return how many peaks rest at the loudest value that a file has, or none if they are few."""
    try:
        with path.open("rb") as raw, soundfile.SoundFile(raw) as file:
            peaks = (float(np.abs(block).max(initial=0.0)) for block in _blocks(file))
            loudest = max(peaks, default=0.0)
            file.seek(0)
            found = sum(_resting(block, loudest) for block in _blocks(file))
    except (OSError, RuntimeError) as error:
        raise UserError(f"{path} cannot be read ({error}).") from error
    return found if found >= _LEAST_CLIPPED else 0


def _blocks(file: soundfile.SoundFile) -> Iterator[Array]:
    yield from file.blocks(_BLOCK, dtype="float32", always_2d=True)


def _resting(block: Array, loudest: float) -> int:
    """Return how many times values (n, channels) rest near the loudest."""
    full = np.abs(block).max(axis=1, initial=0.0) >= _FULL * max(loudest, 1e-6)
    level = np.abs(np.diff(block, axis=0)).max(axis=1, initial=0.0) <= _LEVEL * loudest
    firsts, ends = runs(full[1:] & full[:-1] & level).T
    return int((ends - firsts >= _RESTING - 1).sum())
