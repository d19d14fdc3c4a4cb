"""Brows: raises on a share of the accents, now and then one while silent, and a frown or two.

Most quick raises go with a rise of pitch, but most accents have none, and a third of raises happen
in silence (Cave, Guaitella et al. 1996). A raise leads its accent a little.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...base.arrays import Floats
from .accents import Accent
from .manner import Manner
from .voice import Voice

LEAD = 0.06
"""Seconds by which a raise is at its height before its accent."""

_SHARE = 0.3  # of accents
_SILENT_A_MINUTE = 2.5  # while listening
_APART = 0.9  # s
_SIZE = (0.18, 0.5)
_FROWN, _ONE_SIDED = 0.15, 0.12  # shares of moves
_RISE, _HOLD, _FALL = (0.10, 0.20), (0.05, 0.22), (0.22, 0.50)  # s
_SHAPES = {
    "raise": ("browInnerUp", "browOuterUp"),
    "frown": ("browDown",),
}


@dataclass(frozen=True)
class BrowMove:
    """One move of the brows.

    Attributes:
        time: second at which they are at their height.
        rise: seconds to it.
        hold: seconds at it.
        fall: seconds from it.
        kind: "raise" or "frown".
        left: height of the character's left brow, as a weight.
        right: height of the other.
    """

    time: float
    rise: float
    hold: float
    fall: float
    kind: str
    left: float
    right: float


def draw_brows(
    rng: np.random.Generator, voice: Voice, heard: Sequence[Accent], manner: Manner
) -> list[BrowMove]:
    """Return the moves of the brows over a voice, in order of time."""
    moves: list[BrowMove] = []
    for accent in heard:
        liveliness = voice.at(manner.brows, accent.time)
        chance = _SHARE * min(accent.strength, 2.0) * liveliness
        move = _move(rng, accent.time - LEAD, liveliness)
        free = not moves or move.time - moves[-1].time >= _APART
        if rng.random() < chance and free:
            moves.append(move)
    return sorted(moves + _silent(rng, voice, manner), key=lambda move: move.time)


def brow_weights(moves: Sequence[BrowMove], at: Floats) -> dict[str, Floats]:
    """Return the weights (T,) of the brows' shapes, by name, at times in seconds."""
    names = [f"{shape}{side}" for part in _SHAPES.values() for shape in part for side in _SIDES]
    weights = {name: np.zeros(len(at)) for name in names}
    for move in moves:
        first, last = move.time - move.rise, move.time + move.hold + move.fall
        near = slice(*np.searchsorted(at, [first, last]))
        up = np.clip((at[near] - first) / move.rise, 0.0, 1.0)
        down = np.clip((last - at[near]) / move.fall, 0.0, 1.0)
        height = _eased(up) * _eased(down)
        for shape in _SHAPES[move.kind]:
            for side, size in zip(_SIDES, (move.left, move.right), strict=True):
                own = weights[f"{shape}{side}"]
                own[near] = np.maximum(own[near], size * height)
    return weights


_SIDES = ("Left", "Right")


def _eased(part: Floats) -> Floats:
    return part * part * (3.0 - 2.0 * part)


def _move(rng: np.random.Generator, time: float, liveliness: float) -> BrowMove:
    size = rng.uniform(*_SIZE) * min(liveliness, 1.6)
    sides = size * (1.0 + 0.12 * rng.uniform(-1.0, 1.0, 2))
    kind = "frown" if rng.random() < _FROWN else "raise"
    alone, which = rng.random() < _ONE_SIDED, int(rng.random() < 0.5)
    if alone and kind == "raise":
        sides[which] *= 0.3
    rise, hold, fall = (float(rng.uniform(*span)) for span in (_RISE, _HOLD, _FALL))
    left, right = np.minimum(sides, 0.8)
    return BrowMove(time, rise, hold, fall, kind, float(left), float(right))


def _silent(rng: np.random.Generator, voice: Voice, manner: Manner) -> list[BrowMove]:
    """Return the moves while somebody else talks, as a Poisson process."""
    moves, time = list[BrowMove](), 0.0
    while True:
        time += float(rng.exponential(60.0 / _SILENT_A_MINUTE)) + _APART
        if time >= voice.seconds:
            return moves
        move = _move(rng, time, voice.at(manner.brows, time))
        if voice.at(voice.listening, time) and move.left + move.right > 0:
            moves.append(move)
