"""Timed phones and the classes of phones that lips tell apart.

Symbols follow X-SAMPA (J. C. Wells, "Computer-coding the IPA", 1995). What lips do not show is
folded away: nasality, voicing marks, retroflexion, tone, and vowel length except in the symbols of
the English SAMPA set (`i:`, `u:`, `A:`, `O:`, `3:`), which keep their colon.
"""

from collections.abc import Iterable
from typing import NamedTuple

PAUSE = "_"


def _symbols(text: str) -> frozenset[str]:
    return frozenset(text.split())


MONOPHTHONGS = _symbols("i: i I 1 } M u: u U y Y e 2 7 8 o @ @` 3: 3 E 9 V O: O { 6 a A: A Q")
DIPHTHONGS = _symbols("eI aI OI aU @U I@ e@ U@")
VOWELS = MONOPHTHONGS | DIPHTHONGS
CONSONANTS = _symbols(
    "p b t d c J\\ k g ? m F n J N B f v P T D s z S Z s\\ z\\ C x G h ts dz tS dZ "
    "w H j l L r r\\ 4 R"
)
SYMBOLS = VOWELS | CONSONANTS | {PAUSE}

STOPS = _symbols("p b t d c J\\ k g")
BILABIALS = _symbols("p b m")
LABIODENTALS = _symbols("f v F P")
OPEN_VOWELS = _symbols("{ A: Q aI aU a A E e@ 6")
SPREAD = _symbols("i: I s z j i eI")
ROUNDED = _symbols("u: U O: w OI @U u O o")


class Phone(NamedTuple):
    """A phone `symbol` (X-SAMPA, `_` for a pause) from `start` to `end` in seconds.

    `stress` is 0 (none or unknown), 1 (primary) or 2 (secondary), on vowels.
    """

    symbol: str
    start: float
    end: float
    stress: int = 0

    @property
    def centre(self) -> float:
        """Middle of the phone in seconds."""
        return 0.5 * (self.start + self.end)

    @property
    def duration(self) -> float:
        """Length of the phone in seconds."""
        return self.end - self.start


def merge_pauses(phones: Iterable[Phone]) -> list[Phone]:
    """Phones with each run of touching pauses joined into one."""
    merged: list[Phone] = []
    for phone in phones:
        if merged and phone.symbol == PAUSE and merged[-1].symbol == PAUSE:
            merged[-1] = merged[-1]._replace(end=phone.end)
        else:
            merged.append(phone)
    return merged


def fit_phones(phones: Iterable[Phone], duration: float) -> list[Phone]:
    """Phones cut to a recording of `duration` seconds, from its very start to its very end.

    Phones with less than a millisecond left are dropped.
    """
    cut = [p._replace(start=max(p.start, 0.0), end=min(p.end, duration)) for p in phones]
    kept = [phone for phone in cut if phone.duration > 1e-3]
    if kept:
        kept[0] = kept[0]._replace(start=0.0)
        kept[-1] = kept[-1]._replace(end=duration)
    return kept
