# ruff: noqa: RUF001 - the Cyrillic letters resemble others
"""What may be heard for the letters of a word, in languages that use letters: no dictionary.

Each letter, or group of letters that spells one sound, stands for any of a few classes of phones.
What is written and often not said, as English final e, may be heard as what stands before it. That
is enough to place words in a sound, and not to tell how they are said.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import groupby

from ..speech.phone_classes import CLASSES, SILENCE, halves
from ..speech.phones import MONOPHTHONGS

Unit = frozenset[int]
"""Classes any of which may be heard for a group of letters."""


def _unit(symbols: str) -> Unit:
    return frozenset(each for symbol in symbols.split() for each in halves(symbol))


_VOWELS: Unit = frozenset(halves(symbol)[0] for symbol in MONOPHTHONGS)
SPEECH: Unit = frozenset(range(len(CLASSES))) - {SILENCE}
"""Anything but silence: for letters that are not known here."""
_VOWEL_LETTERS = frozenset("aeiouøæœıаеёиоуыэюяіїєαειηουω")
_SOUNDS = {
    letters: _unit(symbols)
    for letters, symbols in {
        "sch": "S s",
        "tch": "tS t",
        "sh": "S s",
        "ch": "tS S x C k",
        "ck": "k g",
        "ph": "f p",
        "th": "T D t d",
        "ng": "N n g",
        "qu": "k w v",
        "gn": "n J N",
        "b": "b p v m",
        "c": "k g s tS ts",
        "d": "d t D",
        "f": "f v",
        "g": "g k dZ x j",
        "j": "dZ j x Z",
        "k": "k g",
        "l": "l L w",
        "m": "m b",
        "n": "n N J m",
        "p": "p b",
        "q": "k g",
        "r": "r r\\ R l @ 3:",
        "s": "s z S Z",
        "t": "t d 4 tS",
        "v": "v f b w",
        "w": "w v u u:",
        "x": "k s z g",
        "z": "z s ts t T",
        "ß": "s z",
        "б": "b p",
        "в": "v f",
        "г": "g k v",
        "д": "d t",
        "ж": "Z S",
        "з": "z s",
        "й": "j i",
        "к": "k g",
        "л": "l L",
        "м": "m",
        "н": "n N J",
        "п": "p b",
        "р": "r r\\",
        "с": "s z S",
        "т": "t d",
        "ф": "f v",
        "х": "x h C",
        "ц": "ts",
        "ч": "tS S",
        "ш": "S Z",
        "щ": "S s\\",
    }.items()
}
_LONGEST = max(map(len, _SOUNDS))
_QUIET = frozenset("hэ'’ьъ")  # often not said; the first of them as breath
_FADING = _VOWELS | _unit("h")


def units_of(word: str) -> list[Unit]:
    """Return what may be heard for a word, unit by unit; at least one.

    Args:
        word: as it is written; marks and case do not matter, a digit is three sounds.
    """
    found = list(_units(_plain(word)))
    return found or [SPEECH]


def _plain(word: str) -> str:
    """Return the letters and digits of a word, small and without accents."""
    parted = unicodedata.normalize("NFKD", word.casefold())
    kept = "".join(c for c in parted if unicodedata.category(c)[0] in "LN")
    return "".join(letter for letter, _ in groupby(kept) if letter)


def _units(letters: str) -> Iterator[Unit]:
    """Yield the units of plain letters."""
    at, before = 0, SPEECH
    while at < len(letters):
        unit, taken = _next(letters, at, before)
        if unit is not None:
            yield from [unit] * (3 if letters[at].isdigit() else 1)
            before = unit
        at += taken


def _next(letters: str, at: int, before: Unit) -> tuple[Unit | None, int]:
    """Return what may be heard for the letters at a place, and how many letters those are."""
    for size in range(_LONGEST, 0, -1):
        if letters[at : at + size] in _SOUNDS and len(letters) >= at + size:
            return _SOUNDS[letters[at : at + size]], size
    if letters[at] in _VOWEL_LETTERS or letters[at] == "y":
        return _vowel(letters, at, before)
    if letters[at] in _QUIET:
        return (_FADING if letters[at] == "h" else None), 1
    return SPEECH, 1


def _vowel(letters: str, at: int, before: Unit) -> tuple[Unit, int]:
    """Return the unit of a run of vowel letters, which is one sound, and its length."""
    end = at
    while end < len(letters) and (letters[end] in _VOWEL_LETTERS or letters[end] in "yh"):
        end += 1
    final_e = letters[at:end] == "e" and end == len(letters) and at > 0
    quiet = before | {SILENCE} if final_e else frozenset()
    glide = _unit("j w") if letters[at] in "yuio" else frozenset()
    return _VOWELS | quiet | glide, end - at
