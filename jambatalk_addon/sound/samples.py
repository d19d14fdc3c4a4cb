"""Bring a span's sound into a form the worker reads: a file it knows, or an array of samples."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ...model_core.errors import UserError
from .source import AudibleSpan

_WORKER_READS = frozenset(
    {".aif", ".aifc", ".aiff", ".au", ".caf", ".flac", ".mp3", ".oga", ".ogg", ".opus"}
    | {".rf64", ".snd", ".w64", ".wav"}
)


def request_audio(span: AudibleSpan, folder: Path) -> dict[str, Any]:
    """Return the ``audio`` part of a worker's request, writing into ``folder`` what it needs.

    A packed sound is written out; a format soundfile does not know is decoded by Blender.

    Raises:
        UserError: neither can read the format.
    """
    path = span.path
    if span.packed is not None:
        path = folder / f"packed{span.path.suffix.lower()}"
        path.write_bytes(span.packed())
    if path.suffix.lower() in _WORKER_READS:
        return {"path": str(path), "start": span.start, "end": span.end}
    samples, rate = _decode(path, span.start, span.end)
    target = folder / "samples.npy"
    np.save(target, samples)
    return {"samples": str(target), "rate": rate}


def _decode(path: Path, start: float, end: float | None) -> tuple[np.ndarray, int]:
    """Return (N,) float32 mono samples of a file's span and their rate, by Blender's ``aud``."""
    if not bpy.app.build_options.audaspace:
        raise UserError(
            f"{path.name} is in a format this Blender cannot read; convert it to WAV or FLAC."
        )
    import aud

    try:
        sound = aud.Sound.file(str(path))
        rate = int(sound.specs[0])
        span = sound.limit(start, end) if end is not None else sound
        data = np.asarray(span.data(), np.float32)
    except aud.error as error:
        raise UserError(f"{path.name} is not a sound Blender can read ({error}).") from error
    return data.mean(axis=1), rate  # aud's own rechannel sums the channels
