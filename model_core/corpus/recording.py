"""A real recording and the exact words said in it, before any phone is timed."""

from dataclasses import dataclass
from pathlib import Path


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
