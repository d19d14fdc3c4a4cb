"""Utterances on disk: a folder with `utterances.jsonl` and its recordings, 16 kHz mono FLAC.

Each line of `utterances.jsonl` is one object: `id`, `audio` (relative path), `speaker`, `language`,
`source`, `text` and `phones`, a list of `[symbol, start, end]` or `[symbol, start, end, stress]`.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from ..base.errors import UserError
from ..base.files import atomic_path
from ..speech.audio import SAMPLE_RATE, Samples
from ..speech.phones import SYMBOLS, Phone

INDEX = "utterances.jsonl"


@dataclass(frozen=True)
class Utterance:
    """What was said, by whom and when; `audio` is a path relative to the store's folder."""

    id: str
    speaker: str
    language: str
    source: str
    text: str
    phones: tuple[Phone, ...]
    audio: str = ""

    @property
    def duration(self) -> float:
        """End of the last phone in seconds."""
        return self.phones[-1].end


def write_store(
    folder: str | os.PathLike[str], recordings: Iterable[tuple[Utterance, Samples]]
) -> list[Utterance]:
    """Write recordings, each an utterance with (N,) samples at 16 kHz, as a store.

    The index is written last and whole, so a folder with an index is a complete store. Returns the
    utterances with their `audio` paths. Raises `UserError` if two utterances share an id.
    """
    root = Path(folder)
    written: dict[str, Utterance] = {}
    for utterance, samples in recordings:
        if utterance.id in written:
            raise UserError(f"Two utterances are called '{utterance.id}'; ids must be unique.")
        written[utterance.id] = _write_recording(root, utterance, samples)
    write_index(root, written.values())
    return list(written.values())


def write_index(folder: str | os.PathLike[str], utterances: Iterable[Utterance]) -> None:
    """Write `utterances.jsonl` in `folder`."""
    with atomic_path(Path(folder) / INDEX) as path:
        lines = (json.dumps(_to_json(utterance), ensure_ascii=False) for utterance in utterances)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def read_store(folder: str | os.PathLike[str]) -> list[Utterance]:
    """Utterances of a store, in order. Raises `UserError` if it is missing or malformed."""
    index = Path(folder) / INDEX
    try:
        lines = index.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"Cannot read {index}; build the corpus with 'python -m model_core corpus build'."
        ) from error
    return [_from_line(line, index, number) for number, line in enumerate(lines, 1) if line.strip()]


def load_samples(folder: str | os.PathLike[str], utterance: Utterance) -> Samples:
    """Samples (N,) float32 of an utterance at 16 kHz. Raises `UserError` if they cannot be read."""
    path = Path(folder) / utterance.audio
    try:
        samples, rate = soundfile.read(path, dtype="float32")
    except (OSError, soundfile.LibsndfileError) as error:
        raise UserError(f"Cannot read {path}; build the corpus again.") from error
    if rate != SAMPLE_RATE or samples.ndim != 1:
        raise UserError(f"{path} is not 16 kHz mono; convert it first.")
    return samples


def store_digest(folder: str | os.PathLike[str]) -> str:
    """Return 16 hexadecimal digits of who says what and when in a store, and of its samples.

    Neither the order of the utterances nor how their sounds are packed matters, so that two builds
    can be compared. Raises as `read_store` and `load_samples`.
    """
    each = sorted(_utterance_digest(folder, utterance) for utterance in read_store(folder))
    return hashlib.sha256(b"".join(each)).hexdigest()[:16]


def _utterance_digest(folder: str | os.PathLike[str], utterance: Utterance) -> bytes:
    samples = load_samples(folder, utterance) * 2.0**15  # as they are stored
    told = json.dumps({**_to_json(utterance), "audio": ""}, sort_keys=True)
    made = hashlib.sha256(told.encode())
    made.update(np.rint(samples).astype("<i2").tobytes())
    return made.digest()


def _write_recording(root: Path, utterance: Utterance, samples: Samples) -> Utterance:
    audio = f"audio/{utterance.id}.flac"
    with atomic_path(root / audio) as path:
        soundfile.write(path, samples, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return Utterance(**{**vars(utterance), "audio": audio})


def _to_json(utterance: Utterance) -> dict[str, Any]:
    phones = [
        [p.symbol, round(p.start, 5), round(p.end, 5), *([p.stress] if p.stress else [])]
        for p in utterance.phones
    ]
    return {**vars(utterance), "phones": phones}


def _from_line(line: str, index: Path, number: int) -> Utterance:
    try:
        fields = json.loads(line)
        fields["phones"] = tuple(Phone(*entry) for entry in fields["phones"])
        utterance = Utterance(**fields)
        unknown = {phone.symbol for phone in utterance.phones} - SYMBOLS
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"{index} line {number} is not an utterance; build it again.") from error
    if unknown or not utterance.phones:
        raise UserError(
            f"{index} line {number} has phones that are not X-SAMPA: {sorted(unknown)}."
        )
    return utterance
