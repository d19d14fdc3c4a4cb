"""When each word of a known text is said in a sound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import Array
from ..speech.best_path import STATES, best_path
from ..speech.phone_classes import SILENCE
from .letters import Unit, units_of
from .listener import FPS, Heard

_LARGEST = 40_000_000  # frames times units: two minutes of speech
_OTHERS = 0.7  # log likelihood that a frame of other words costs
_TOO_LONG = "The sound is too long to place its words in; cut it, or give subtitles with times."
_TOO_MANY = "There are more words than the sound has time for; they are spread evenly."
_DOUBTFUL = -1.3  # mean log evidence below which a text is hardly what is said


class Word(NamedTuple):
    """A word from ``start`` to ``end`` in seconds of the sound."""

    text: str
    start: float
    end: float


class Placed(NamedTuple):
    """Words in their places.

    Attributes:
        words: in order.
        note: a sentence if they do not fit the sound well, else empty.
    """

    words: list[Word]
    note: str = ""


def place_words(heard: Heard, text: str, *, amid_others: bool = False) -> Placed:
    """Return when the words of a text are said.

    Args:
        heard: what is heard in the sound.
        text: what is said in it, in any language; languages without letters are placed roughly.
        amid_others: other words may be said before and after.
    """
    words = text.split()
    if not words:
        return Placed([])
    units = [units_of(word) for word in words]
    if len(heard.likelihoods) * len(_chain(units)) > _LARGEST:
        return _spread(words, units, heard.duration, _TOO_LONG)
    emissions = _emissions(heard.likelihoods, units, amid_others=amid_others)
    path = best_path(emissions, _pauses(units))
    if path is None:
        return _spread(words, units, heard.duration, _TOO_MANY)
    owners, likely = _owners(units), _evidence(heard.posteriors, units, path)
    placed = list(_read(words, owners[path // STATES]))
    spoken = owners[path // STATES] >= 0
    doubtful = not spoken.any() or float(likely[spoken].mean()) < _DOUBTFUL
    note = "The words hardly fit what is heard; look whether they are another line's."
    return Placed(placed, note if doubtful else "")


def _chain(units: Sequence[Sequence[Unit]]) -> list[Unit]:
    """Return the units of all words with a pause around each."""
    silence: Unit = frozenset({SILENCE})
    return [silence, *(unit for word in units for unit in (*word, silence))]


def _pauses(units: Sequence[Sequence[Unit]]) -> NDArray[np.bool_]:
    """Return which units of the chain may be left out."""
    return np.array([True, *(last for word in units for last in (*[False] * len(word), True))])


def _owners(units: Sequence[Sequence[Unit]]) -> NDArray[np.int64]:
    """Return the number of the word that each unit of the chain is of; -1 for pauses."""
    return np.array([-1, *(o for n, word in enumerate(units) for o in (*[n] * len(word), -1))])


def _emissions(likelihoods: Array, units: Sequence[Sequence[Unit]], *, amid_others: bool) -> Array:
    """Return (T, 2 U) how likely each state of the chain is in each frame."""
    chain = _chain(units)
    known = {unit: likelihoods[:, sorted(unit)].max(axis=1) for unit in set(chain)}
    found = np.stack([known[unit] for unit in chain for _ in range(STATES)], axis=1)
    if amid_others:
        anything = likelihoods.max(axis=1)[:, None] - _OTHERS
        for ends in (slice(0, STATES), slice(-STATES, None)):
            found[:, ends] = np.maximum(found[:, ends], anything)
    return found


def _evidence(
    posteriors: Array, units: Sequence[Sequence[Unit]], path: NDArray[np.int64]
) -> NDArray[np.floating]:
    """Return (T,) how well what is heard in a frame fits its unit: 0 is perfect."""
    chain = _chain(units)
    fits = [
        posteriors[frame, sorted(chain[unit])].max() for frame, unit in enumerate(path // STATES)
    ]
    return np.array(fits) - posteriors.max(axis=1)


def _read(words: Sequence[str], owner: NDArray[np.int64]) -> Iterator[Word]:
    """Yield the words that own some of the frames (T,), with when."""
    for number, word in enumerate(words):
        frames = np.flatnonzero(owner == number)
        if len(frames):
            yield Word(
                word, float(max(0.0, (frames[0] - 0.5) / FPS)), float((frames[-1] + 0.5) / FPS)
            )


def _spread(
    words: Sequence[str], units: Sequence[Sequence[Unit]], duration: float, note: str
) -> Placed:
    """Return the words evenly over a sound, each as long as it has units, and why."""
    ends = np.cumsum([len(word) for word in units])
    times = (duration * np.concatenate([[0.0], ends / ends[-1]])).tolist()
    spread = [Word(*each) for each in zip(words, times[:-1], times[1:], strict=True)]
    return Placed(spread, note)
