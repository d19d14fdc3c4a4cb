"""Blinks: when, how long, how far; drawn as events and sampled as a share of lids closed.

Rates and places: Bentivoglio et al. 1997 (26 a minute in conversation, 17 at rest), Nakano and
Kitazawa 2010 (speakers blink at the ends of phrases and in pauses), Ousler et al. 2014 (half of
them are complete). Shape: closing is faster than opening (VanderWerf et al. 2003).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...base.arrays import Floats
from .manner import Manner
from .voice import Voice

RATE_TALKING, RATE_LISTENING = 23.5, 19.0
"""Blinks a minute of a usual person."""

FLOOR = 0.5
"""Seconds from one blink to the next, at least."""

_PERSON = 0.08  # standard deviation of the logarithm of a person's own rate
_SKEW = 2.0  # shape of the gamma distribution of intervals: many short, some long
_REACH, _BACK = 1.5, 2.0  # s that a blink waits for the end of a phrase, or hurries to it
_PATIENT, _LONG_REACH = 0.6, 5.0  # share of blinks that wait longer, and how long
_DRAWN = 0.9  # share of those that can reach one and do
_AFTER, _SCATTER = 0.08, 0.12  # s from the end of a phrase to the lid's start, and its spread
_NEAR, _SHARE = 0.45, 0.68  # s from a pause that count as at it, and what share of blinks is there
_SLOWEST = 17.0  # blinks a minute, below which none waits for a pause
_AGAIN = 0.08  # s after a pause, or after a blink at its start, to another at its end
_COMPLETE = 0.5
_PARTIAL = (0.45, 0.9)
_CLOSING, _HOLD = (0.065, 0.105), (0.005, 0.035)  # s
_OPENING = (1.7, 2.5)  # times the closing


@dataclass(frozen=True)
class Blink:
    """One blink.

    Attributes:
        time: second at which the lids start to close.
        closing: seconds until they are down.
        hold: seconds they stay.
        opening: seconds until they are up.
        depth: share of the way they go; 1 is closed.
    """

    time: float
    closing: float
    hold: float
    opening: float
    depth: float

    @property
    def end(self) -> float:
        """Second at which the lids are up again."""
        return self.time + self.closing + self.hold + self.opening


def draw_blinks(rng: np.random.Generator, voice: Voice, manner: Manner) -> list[Blink]:
    """Return the blinks over a voice, in order, none closer to the next than `FLOOR`."""
    person = float(np.exp(_PERSON * np.clip(rng.standard_normal(), -1.5, 1.5)))
    blinks: list[Blink] = []
    places = _Places.of(voice)
    time = _interval(rng, voice, manner, 0.0, person) * rng.uniform(0.2, 1.0)
    while time < voice.seconds:
        earliest = blinks[-1].time + max(FLOOR, blinks[-1].end - blinks[-1].time) if blinks else 0.0
        slowest = _SLOWEST * max(voice.at(manner.blinking, time), 1e-3)
        latest = 60.0 / slowest * (len(blinks) + 1)
        in_time = places.ends[places.ends <= max(time, latest)]
        time = max(earliest, _placed(rng, time, earliest, in_time))
        time = places.moved(time, earliest, latest, [blink.time for blink in blinks])
        if time >= voice.seconds:
            break
        blinks.append(_blink(rng, time, voice.at(manner.closing, time)))
        time += _interval(rng, voice, manner, time, person)
    return blinks


@dataclass(frozen=True)
class _Places:
    """Where blinks belong.

    Attributes:
        ends: (P,) seconds at which phrases end.
        pauses: (Q, 2) start and end of each silence.
    """

    ends: Floats
    pauses: Floats

    @classmethod
    def of(cls, voice: Voice) -> "_Places":
        """Return the places of a voice."""
        return cls(voice.phrases[:, 1], voice.pauses)

    def moved(self, time: float, earliest: float, latest: float, before: Sequence[float]) -> float:
        """Return where a blink goes so that not too few are at pauses, where these are rare.

        It waits for the next pause, until `latest`, or hurries to one, and a pause may have one at
        both ends.
        """
        at_pauses = sum(map(self._is_near, before))
        if self._is_near(time) or at_pauses >= _SHARE * (len(before) + 1):
            return time
        again = np.maximum(self.pauses[:, 1], earliest) + _AGAIN
        again = again[again - _AGAIN - self.pauses[:, 1] < _NEAR - _AGAIN]
        first = self.ends + _AFTER
        places = np.concatenate([first[first >= earliest], again])
        places = places[places <= max(time, latest)]
        return float(places[np.abs(places - time).argmin()]) if len(places) else time

    def _is_near(self, time: float) -> bool:
        away = np.maximum(self.pauses[:, 0] - time, time - self.pauses[:, 1])
        return bool(away.min(initial=np.inf) <= _NEAR)


def closed_share(blinks: Sequence[Blink], at: Floats, frame: float) -> Floats:
    """Return how far the lids are down, (T,) 0..1, at times in seconds.

    Args:
        blinks: in any order.
        at: (T,) seconds.
        frame: seconds a frame lasts; a blink is held for as long, so that none is missed.
    """
    share = np.zeros(len(at))
    for blink in blinks:
        down = blink.time + blink.closing
        up = down + max(blink.hold, frame)
        last = up + blink.opening
        near = slice(*np.searchsorted(at, [blink.time, last]))
        closing = np.clip((at[near] - blink.time) / blink.closing, 0.0, 1.0)
        opening = np.clip((at[near] - up) / blink.opening, 0.0, 1.0)
        eased = closing * closing * (3.0 - 2.0 * closing)
        risen = 0.5 - 0.5 * np.cos(np.pi * opening**0.75)  # fast at first, slow at last
        share[near] = np.maximum(share[near], blink.depth * np.minimum(eased, 1.0 - risen))
    return share


def _interval(
    rng: np.random.Generator, voice: Voice, manner: Manner, time: float, person: float
) -> float:
    """Return seconds to the next blink."""
    rate = RATE_LISTENING if voice.at(voice.listening, time) else RATE_TALKING
    rate *= person * max(voice.at(manner.blinking, time), 1e-3)
    mean = max(60.0 / rate - FLOOR, 0.2)
    return FLOOR + float(rng.gamma(_SKEW, mean / _SKEW))


def _placed(rng: np.random.Generator, time: float, earliest: float, ends: Floats) -> float:
    """Return a time drawn to the nearest end of a phrase, if there is one within reach."""
    patience, scatter = rng.random(), _SCATTER * float(np.clip(rng.standard_normal(), -2, 2))
    reach = np.where(ends < time, _BACK, _REACH if patience > _PATIENT else _LONG_REACH)
    reachable = ends[(np.abs(ends - time) <= reach) & (ends + _AFTER >= earliest)]
    if not len(reachable) or patience > _DRAWN:
        return time
    return float(reachable[np.abs(reachable - time).argmin()]) + _AFTER + scatter


def _blink(rng: np.random.Generator, time: float, slowness: float) -> Blink:
    closing, hold = rng.uniform(*_CLOSING) * slowness, rng.uniform(*_HOLD) * slowness
    opening = closing * rng.uniform(*_OPENING)
    partial, depth = rng.random() >= _COMPLETE, rng.uniform(*_PARTIAL)
    return Blink(time, closing, hold, opening, float(depth) if partial else 1.0)
