"""A real recording and the exact words said in it, before any phone is timed."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# Speech has at most 20 letters a second; a short cry may lie in two seconds of silence.
_FASTEST = 1 / 20
_SLOWEST = 1 / 4
_SILENCE = 2.2


@dataclass(frozen=True)
class Recording:
    """One sound file and its transcript.

    `name` is unique in the corpus; `language` is a two-letter code that espeak-ng knows; `text` has
    no markup, so that espeak-ng reads it as it was said (digits are fine).
    """

    name: str
    speaker: str
    language: str
    source: str
    text: str
    path: Path


def distinct(recordings: Iterable[Recording]) -> Iterator[Recording]:
    """The first recording of each sound, by its bytes; none where its transcripts disagree."""
    by_content: dict[bytes, list[Recording]] = defaultdict(list)
    for recording in recordings:
        by_content[hashlib.sha256(recording.path.read_bytes()).digest()].append(recording)
    for same in by_content.values():
        if len({(recording.language, recording.text.casefold()) for recording in same}) == 1:
            yield same[0]


def keeps_pace(text: str, seconds: float) -> bool:
    """Whether a sound of this length can be the speech of `text`, from the count of its letters."""
    letters = len(re.findall(r"[^\W_]", text))
    return letters > 0 and letters * _FASTEST <= seconds <= letters * _SLOWEST + _SILENCE
