"""Bring a span's sound into a form the worker reads: a file, or an array of samples."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...model_core.base.errors import UserError
from .library import find_aud
from .source import AudibleSpan

_MOST_BYTES = 2 << 30  # of decoded samples: about 100 minutes of 48 kHz stereo


def sound_file(span: AudibleSpan, folder: Path) -> Path:
    """Return the file of a span's sound; one packed into the .blend is written into ``folder``."""
    if span.packed is None:
        return span.path
    path = folder / f"packed{span.path.suffix.lower()}"
    path.write_bytes(span.packed())
    return path


def by_path(span: AudibleSpan, file: Path) -> dict[str, Any]:
    """Return the ``audio`` part of a request for the worker to decode a file."""
    return {"path": str(file), "start": span.start, "end": span.end}


def by_blender(span: AudibleSpan, file: Path, folder: Path) -> dict[str, Any]:
    """Return the ``audio`` part of a request with the samples that Blender decodes from a file.

    Raises:
        UserError: Blender cannot decode it either.
    """
    samples, rate = _decode(file, span)
    target = folder / "samples.npy"
    np.save(target, samples)
    return {"samples": str(target), "rate": rate}


def _decode(file: Path, span: AudibleSpan) -> tuple[NDArray[np.float32], int]:
    """Return the (N, channels) samples of a span and their rate, by Blender's ``aud``.

    Decoded from the file's start, since after a seek Blender is up to 0.14 s off in AAC.
    """
    name = span.path.name
    aud = find_aud()
    if aud is None:
        raise UserError(
            f"The model cannot decode {name}, and this Blender has no sound library to do it; "
            "convert it to WAV or FLAC."
        )
    try:
        sound = aud.Sound.file(str(file))
        rate, channels = int(sound.specs[0]), int(sound.specs[1])
        seconds = sound.length / rate if span.end is None else span.end
        if seconds * rate * channels * 4 > _MOST_BYTES:
            raise UserError(f"{name} is too long to decode at once; convert it to WAV or FLAC.")
        heard = sound if span.end is None else sound.limit(0, span.end)
        samples = np.asarray(heard.data(), np.float32)[round(span.start * rate) :]
    except aud.error as error:
        raise UserError(
            f"Neither the model nor Blender can read {name} as sound ({error}); "
            "convert it to WAV or FLAC."
        ) from error
    if not len(samples):
        raise UserError(f"{name} ends before the part that is heard; choose another sound.")
    return samples, rate
