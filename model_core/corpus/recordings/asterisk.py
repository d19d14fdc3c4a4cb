"""Real speech: Asterisk's English telephone prompts, one woman (Allison Smith), CC-BY-SA-3.0.

Recordings are the G.722 files of Debian's `asterisk-core-sounds-en-g722`, transcripts those of
`asterisk-core-sounds-en`.
"""

import gzip
import hashlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ...base.errors import UserError
from ..alignment.closures import snap_closures
from ..alignment.pronunciation import words_of
from ..alignment.sphinx import Aligner
from ..store import SAMPLE_RATE, Samples, Utterance

SOUNDS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
TRANSCRIPTS = Path("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")
SOURCE = "asterisk"
SPEAKER = "asterisk-allison"
_HELD_OUT_FIFTH = 5


def prompts() -> dict[str, str]:
    """The English transcripts by prompt name; see `transcripts`."""
    return transcripts(TRANSCRIPTS)


def transcripts(path: Path) -> dict[str, str]:
    """Transcripts by prompt name, without prompts that are sounds or described in brackets.

    Raises `UserError` if the gzipped list `path` is not installed.
    """
    try:
        lines = gzip.decompress(path.read_bytes()).decode("utf-8", "replace").splitlines()
    except OSError as error:
        raise UserError(
            "Asterisk's prompts are not installed; run 'python -m model_core corpus install'."
        ) from error
    entries = (line.split(":", 1) for line in lines if ":" in line and not line.startswith(";"))
    return {name: text.strip() for name, text in entries if not re.search(r"[\[(<]", text)}


def is_held_out(text: str) -> bool:
    """Whether prompts with this text are kept for evaluation: a fixed fifth of all texts."""
    digest = hashlib.sha256(" ".join(words_of(text)).encode()).digest()
    return digest[0] % _HELD_OUT_FIFTH == 0


def aligned_prompts() -> Iterator[tuple[Utterance, Samples]]:
    """Each prompt that aligns, with its samples at 16 kHz."""
    aligner = Aligner()
    for name, text in prompts().items():
        path = SOUNDS / f"{name}.g722"
        if not path.is_file():
            continue
        samples = decode(path)
        phones = aligner.align(samples, text)
        if phones:
            utterance_id = f"{SPEAKER}-{name.replace('/', '-')}"
            timed = tuple(snap_closures(phones, samples))
            yield Utterance(utterance_id, SPEAKER, "en", SOURCE, text, timed), samples


def decode(path: Path) -> Samples:
    """Samples (N,) at 16 kHz of any recording ffmpeg reads."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-ac", "1", "-ar", str(SAMPLE_RATE)]
    try:
        done = subprocess.run([*command, "-f", "f32le", "-"], capture_output=True, check=True)
    except FileNotFoundError as error:
        raise UserError(
            "ffmpeg is not installed; run 'python -m model_core corpus install'."
        ) from error
    except subprocess.CalledProcessError as error:
        raise UserError(f"ffmpeg cannot read {path}: {error.stderr.decode()[:200]}.") from error
    return np.frombuffer(done.stdout, np.float32)
