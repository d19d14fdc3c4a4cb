"""How names of shape keys are taken apart, so that one shape is known in any spelling.

Case, separators and the usual trimmings do not count: ``eyeBlink_L``, ``head__EyeBlinkLeft`` and
``facs_bs_EyeBlinkLeft_div2`` all say ``eye blink left``.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

_WORDS = re.compile(r"\d+|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[^\W\d_A-Za-z]+")
_SIDES = {"l": "left", "r": "right", "lft": "left", "rgt": "right", "lf": "left", "rt": "right"}
_LONGEST = 12  # words of a name that are looked at
_COPY = re.compile(r"\.\d{3}$")  # Blender's mark of a second one of the same name

# Words that stand before or behind the name of a shape without saying which it is.
_TRIMMINGS = """
head face body geo mesh blend blendshape blendshapes shape shapes key morph morphs morpher target bs
facs jnt ctrl expressions expression exp ex div vrc fcl facial arkit blends mix viseme visemes vis
phoneme phonemes lipsync lip mth # a#
"""
TRIMMINGS = frozenset(_TRIMMINGS.split())


class Span(NamedTuple):
    """Some neighbouring words of a name.

    Attributes:
        text: the words, joined.
        trimmings: what is left of the name before and behind them, known trimmings aside.
    """

    text: str
    trimmings: tuple[str, str]


def words(name: str) -> tuple[str, ...]:
    """Return a name's words in small letters, sides spelled out."""
    plain = unicodedata.normalize("NFKC", _COPY.sub("", name))
    found = (word.lower() for word in _WORDS.findall(plain))
    return tuple(_SIDES.get(word, word) for word in found)[:_LONGEST]


def joined(name: str) -> str:
    """Return a name's words as one text: what spellings are compared by."""
    return "".join(words(name))


def is_copy(name: str) -> bool:
    """Return whether Blender has numbered a name, since there was one like it."""
    return _COPY.search(name) is not None


def spans(name: str) -> Iterator[Span]:
    """Yield all runs of a name's words, the longest first."""
    parts = words(name)
    for length in range(len(parts), 0, -1):
        for start in range(len(parts) - length + 1):
            end = start + length
            trimmings = _pattern(parts[:start]), _pattern(parts[end:])
            yield Span("".join(parts[start:end]), trimmings)


def _pattern(parts: tuple[str, ...]) -> str:
    """Return words that stand before or behind a name, numbers alike and known ones left out."""
    text = " ".join("#" if part.isdigit() else part for part in parts).replace("a #", "a#")
    return " ".join(part for part in text.split() if part not in TRIMMINGS)
