"""Speech with phone times from flite's command line (`flite -psdur` prints `phone:end` pairs)."""

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import soundfile
import soxr

from ...base.errors import UserError
from ...speech.inventories import ARPABET, to_phones
from ...speech.phones import Phone
from ..store import SAMPLE_RATE, Samples
from .voices import Voice


def speak_all(texts: Sequence[str], voice: Voice) -> Iterator[tuple[Samples, list[Phone]]]:
    """Samples at 16 kHz and phones of each text. Raises `UserError` if flite is absent or fails."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "speech.wav"
        for text in texts:
            printed = _run(text, voice, wav)
            samples, rate = soundfile.read(wav, dtype="float32")
            yield soxr.resample(samples, rate, SAMPLE_RATE), parse_segments(printed)


def pronounce(word: str) -> list[str]:
    """Lower-case ARPAbet symbols of a word by flite's lexicon and letter-to-sound rules."""
    printed = _flite("-voice", "kal16", "-ps", "-t", f" {word} ", "-o", "none")
    return [symbol for symbol in printed.split() if symbol != "pau"]


def parse_segments(printed: str) -> list[Phone]:
    """Phones from the `phone:end` pairs flite prints."""
    pairs = [entry.rsplit(":", 1) for entry in printed.split()]
    ends = [0.0, *(float(end) for _, end in pairs)]
    spans = pairwise(ends)
    segments = ((symbol, *span) for (symbol, _), span in zip(pairs, spans, strict=True))
    return to_phones(segments, ARPABET)


def _run(text: str, voice: Voice, wav: Path) -> str:
    settings = {
        "duration_stretch": f"{1.0 / voice.rate:.4f}",
        "f0_shift": f"{voice.pitch:.4f}",
    }
    options = [word for name, value in settings.items() for word in ("--setf", f"{name}={value}")]
    return _flite("-voice", voice.name, *options, "-psdur", "-t", f"{text} ", "-o", str(wav))


def _flite(*arguments: str) -> str:
    try:
        done = subprocess.run(["flite", *arguments], capture_output=True, text=True, check=True)
    except FileNotFoundError as error:
        raise UserError(
            "flite is not installed; run 'python -m model_core corpus install'."
        ) from error
    except subprocess.CalledProcessError as error:
        raise UserError(f"flite failed: {error.stderr.strip() or error}.") from error
    return done.stdout
