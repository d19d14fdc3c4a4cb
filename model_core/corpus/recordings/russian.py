"""Real speech: the recordings of festival's Russian voice, one man (Nickolay Shmyrev), BSD-like.

Debian's `festvox-ru` carries the 620 recordings the voice is cut from, 16 kHz, with phone labels in
EST's format (`end colour phone` a line) and texts in festvox's `txt.done.data`.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from ...base.errors import UserError
from ...speech.audio import load_audio
from ...speech.inventories import RUSSIAN, to_phones
from ...speech.phones import Phone, fit_phones
from ..alignment.closures import snap_closures
from ..store import SAMPLE_RATE, Samples, Utterance

VOICE = Path("/usr/share/festival/voices/russian/msu_ru_nsh_clunits")
SOURCE = "festvox-ru"
SPEAKER = "festvox-ru-nsh"


def labelled_recordings() -> Iterator[tuple[Utterance, Samples]]:
    """Each recording with its samples. Raises `UserError` if festvox-ru is not installed."""
    for name, text in _texts().items():
        wav, labels = VOICE / "wav" / f"{name}.wav", VOICE / "lab" / f"{name}.lab"
        if wav.is_file() and labels.is_file():
            samples = load_audio(wav)
            phones = parse_labels(labels.read_text(encoding="ascii"))
            timed = snap_closures(fit_phones(phones, len(samples) / SAMPLE_RATE), samples)
            details = (SPEAKER, "ru", SOURCE, text, tuple(timed))
            yield Utterance(f"{SPEAKER}-{name}", *details), samples


def parse_labels(text: str) -> list[Phone]:
    """Phones from an EST label file: a header up to `#`, then `end colour phone` lines."""
    lines = (line.split() for line in text.partition("#")[2].splitlines())
    entries = [(line[2], float(line[0])) for line in lines if len(line) == 3]
    spans = pairwise([0.0, *(end for _, end in entries)])
    segments = [(name, *span) for (name, _), span in zip(entries, spans, strict=True)]
    return to_phones(segments, RUSSIAN)


def _texts() -> dict[str, str]:
    try:
        listing = (VOICE / "etc" / "txt.done.data").read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(
            "festvox-ru is not installed; run 'python -m model_core corpus install'."
        ) from error
    found = re.findall(r'\(\s*(\S+)\s+"([^"]*)"', listing)
    return {name: text.replace("+", "") for name, text in found}
