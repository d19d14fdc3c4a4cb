"""What is said in a sound and when, as it is kept with a bake and shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from ..speech.phones import Phone
from .subtitles import Cue
from .words import Word

_DECIMALS = 4


@dataclass(frozen=True)
class Script:
    """What is said, as far as that is known.

    Attributes:
        text: all of it, if its times are not known.
        cues: else its parts, in seconds of the sound file.
    """

    text: str = ""
    cues: Sequence[Cue] = ()

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {"text": self.text, "cues": [list(cue) for cue in self.cues]}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return what `to_json` wrote; ValueError, TypeError or KeyError for what is none."""
        cues = [Cue(float(start), float(end), str(text)) for start, end, text in values["cues"]]
        return cls(str(values["text"]), tuple(cues))


@dataclass(frozen=True)
class Hearing:
    """What is said, in seconds of the sound file.

    Attributes:
        words: those that were given, where they are said.
        phones: those that are heard, without pauses.
        notes: sentences on words that do not fit.
        sure: how likely the phones are on average, from 0 to 1; None if that is not known. Of 28
            English clips of GRID .33 to .67, median .54; of espeak-ng in 13 other languages .14 to
            .47, in eleven of them below .38.
    """

    words: list[Word] = field(default_factory=list)
    phones: list[Phone] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    sure: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        words = [[w.text, *_rounded(w.start, w.end)] for w in self.words]
        phones = [[p.symbol, *_rounded(p.start, p.end)] for p in self.phones]
        sure = {} if self.sure is None else {"sure": round(self.sure, _DECIMALS)}
        return {"words": words, "phones": phones} | sure

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return what `to_json` wrote."""
        words = [Word(text, start, end) for text, start, end in values["words"]]
        phones = [Phone(symbol, start, end) for symbol, start, end in values["phones"]]
        return cls(words, phones, sure=values.get("sure"))


def _rounded(*seconds: float) -> tuple[float, ...]:
    return tuple(round(each, _DECIMALS) for each in seconds)
