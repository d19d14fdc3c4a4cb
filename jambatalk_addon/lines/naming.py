"""Which character a name means: `anna_012` is Anna's twelfth line; needs no Blender."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

Key = TypeVar("Key")

_WORD = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")
_SHORTEST_GLUED = 3  # letters of a name that may be glued to what follows: `annaline4`
_WHOLE, _SOME, _GLUED = 3.0, 2.0, 1.0


def words_of(name: str) -> list[str]:
    """Return the words of a name in small letters: ``AnnaLine_012`` is anna, line, 012."""
    parts = _WORD.findall(_CAMEL.sub("_", name))
    return [part.casefold() for part in parts]


_GENERIC = frozenset(
    words_of(
        "the mesh head face body geo geometry rig armature arm char character chr model obj object "
        "lod low high shape shapes skin bind main base ctrl control root def mouth speech line "
        "dialogue dialog voice vo vox wav mp3 take audio sound scene shot sc sh"
    )
)


def telling_words(name: str) -> list[str]:
    """Return the words of a name that tell a character from others: no numbers, no ``head``."""
    words = [word for word in words_of(name) if not word.isdigit()]
    return [word for word in words if word not in _GENERIC]


def likeness(said: str, name: str) -> float:
    """Return how surely a strip's name means a character's: 0 if it does not.

    Args:
        said: the strip's name, the channel's or the marker's.
        name: the character's.
    """
    wanted, words = telling_words(name), words_of(said)
    if not wanted or not words:
        return 0.0
    found = [word for word in wanted if word in words]
    if len(found) == len(wanted):
        return _WHOLE + 0.01 * len(wanted)
    if found:
        return _SOME * len(found) / len(wanted)
    glued = [
        len(word)
        for word in wanted
        if len(word) >= _SHORTEST_GLUED and any(each.startswith(word) for each in words)
    ]
    return _GLUED + 0.01 * max(glued) if glued else 0.0


def best_match(said: str, names: Mapping[Key, Sequence[str]]) -> list[Key]:
    """Return whom a name means: one, or all that it could mean alike, or nobody.

    Args:
        said: the strip's name, the channel's or the marker's.
        names: what each character is called, the more its own first.
    """
    scores = {key: _score(said, called) for key, called in names.items()}
    best = max(scores.values(), default=0.0)
    return [key for key, score in scores.items() if best > 0.0 and score == best]


def _score(said: str, called: Iterable[str]) -> float:
    """Return the surest likeness to any of a character's names; an earlier one counts more."""
    return max((likeness(said, name) - 0.1 * place for place, name in enumerate(called)), default=0)
