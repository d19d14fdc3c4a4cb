"""Gaze: where the eyes rest, on the listener or away, and the saccades between.

After Lee, Badler and Badler 2002 ("Eyes Alive"): sizes and directions of saccades, longer stays on
the other when listening. On the main sequence a saccade lasts 25 ms and 2.4 ms a degree.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...base.arrays import Floats
from .manner import Manner
from .voice import RATE, Voice

ON_TALKING, ON_LISTENING = 0.42, 0.75
"""Share of time that the eyes rest on the other."""

FACE = 1.6
"""Degrees around the other's face within which the eyes count as resting on it."""

LARGEST = 12.0
"""Degrees a gaze goes away at most: beyond, people turn their head."""

SACCADE_SECONDS, SECONDS_A_DEGREE = 0.025, 0.0024

_AWAY_LEAST, _AWAY_SCALE = 4.0, 6.9  # degrees: the exponential tail of the published sizes
_WAYS = np.array([15.5, 6.5, 17.7, 7.4, 16.8, 7.9, 20.4, 7.8])  # % at 0, 45, .. 315 degrees
_VERTICAL, _DIAGONAL = 0.5, 0.75
_ON_STAY = {False: (2.2, 1.6), True: (5.5, 2.0)}  # s, mean and deviation, by listening
_FIXATION = (0.35, 1.3)  # s on one point, of an away stay; on the face, of a bout
_FACE_FIXATION = (0.6, 2.2)
_EVEN = 0.25  # spread of the logarithm of an away stay about what keeps the share
_MOST_AWAY = 6.0  # s


@dataclass(frozen=True)
class Fixation:
    """A rest of the eyes.

    Attributes:
        time: second at which the saccade to it starts.
        yaw: degrees to the character's left.
        pitch: degrees down.
        on_partner: whether it is on the other's face.
    """

    time: float
    yaw: float
    pitch: float
    on_partner: bool


def draw_gaze(rng: np.random.Generator, voice: Voice, manner: Manner) -> list[Fixation]:
    """Return the fixations over a voice, in order, the first at or before its start."""
    fixations: list[Fixation] = []
    time, on_partner = 0.0, bool(rng.random() < _share(voice, manner, 0.0))
    owed = {False: 0.0, True: 0.0}  # seconds to be away for those on the other, by listening
    while time < voice.seconds:
        listens, share = bool(voice.at(voice.listening, time)), _share(voice, manner, time)
        usual = _ON_STAY[listens][0] * (1.0 - share) / share
        wanted = (
            _on_seconds(rng, listens) if on_partner else _away_seconds(rng, owed[listens] or usual)
        )
        turn = _until_turn(voice, time, listens)
        stay = min(wanted, turn)
        fixations += _stay(rng, time, stay, on_partner=on_partner)
        owed[listens] += stay * (1.0 - share) / share if on_partner else -stay
        time += stay
        on_partner = owed[not listens] <= 0.0 if wanted > turn else not on_partner
    return fixations


def _on_seconds(rng: np.random.Generator, listens: bool) -> float:
    mean, spread = _ON_STAY[listens]
    return max(0.5, float(rng.gamma((mean / spread) ** 2, spread**2 / mean)))


def _away_seconds(rng: np.random.Generator, owed: float) -> float:
    """Return seconds to be away, about as many as keep the share of time on the other."""
    return float(np.clip(owed * np.exp(_EVEN * rng.standard_normal()), 0.4, _MOST_AWAY))


def directions(fixations: Sequence[Fixation], at: Floats) -> Floats:
    """Return yaw and pitch of the gaze in degrees, (T, 2), at times in seconds."""
    points = np.array([[each.yaw, each.pitch] for each in fixations])
    starts = np.array([each.time for each in fixations])
    now = np.maximum(np.searchsorted(starts, at, side="right") - 1, 0)
    before = np.maximum(now - 1, 0)
    size = np.linalg.norm(points[now] - points[before], axis=1)
    lasts = SACCADE_SECONDS + SECONDS_A_DEGREE * size
    part = np.clip((at - starts[now]) / lasts, 0.0, 1.0)[:, None]
    return points[before] + (points[now] - points[before]) * part * part * (3.0 - 2.0 * part)


def _share(voice: Voice, manner: Manner, time: float) -> float:
    """Return the share of time to be on the other at a time."""
    on = ON_LISTENING if voice.at(voice.listening, time) else ON_TALKING
    away = (1.0 - on) * voice.at(manner.looking_away, time)
    return float(np.clip(1.0 - away, 0.1, 0.98))


def _until_turn(voice: Voice, time: float, listens: bool) -> float:
    """Return seconds until talking and listening change places, or the sound ends."""
    rest = voice.listening[round(time * RATE) :]
    changes = np.flatnonzero(rest != listens)
    return max(0.3, (changes[0] if len(changes) else len(rest) + RATE) / RATE)


def _stay(
    rng: np.random.Generator, time: float, stay: float, *, on_partner: bool
) -> list[Fixation]:
    """Return the fixations of one stay."""
    fixations, end = [], time + stay
    place = np.zeros(2)
    while time < end:
        place = _on_face(rng) if on_partner else _away(rng)
        fixations.append(Fixation(time, float(place[0]), float(place[1]), on_partner))
        lasts = rng.uniform(*(_FACE_FIXATION if on_partner else _FIXATION))
        time += lasts if end - time - lasts > 0.25 else stay
    return fixations


def _on_face(rng: np.random.Generator) -> Floats:
    """Return a point of a face: an eye, the other, or the mouth."""
    points = np.array([[-0.9, -0.3], [0.9, -0.3], [0.0, 1.1]])
    place = points[rng.choice(3, p=[0.38, 0.38, 0.24])] + 0.15 * rng.standard_normal(2)
    return place * min(1.0, FACE * 0.95 / float(np.linalg.norm(place)))


def _away(rng: np.random.Generator) -> Floats:
    """Return a point away from the other."""
    way = int(rng.choice(len(_WAYS), p=_WAYS / _WAYS.sum()))
    size = min(LARGEST, _AWAY_LEAST + float(rng.exponential(_AWAY_SCALE)))
    angle = np.radians(45.0 * way)
    shrunk = _DIAGONAL if way % 2 else _VERTICAL if way % 4 == 2 else 1.0
    size = max(size * shrunk, _AWAY_LEAST)
    return size * np.array([np.cos(angle), -np.sin(angle)])
