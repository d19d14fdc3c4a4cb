"""The head: sway that follows pitch and loudness, nods on accents, stillness while listening.

Heads follow the voice's pitch and loudness (Munhall et al. 2004), in directions that are personal
(Graf et al. 2002); nods fall on stressed syllables on average (Alexanderson et al. 2013).
Angles are degrees here: yaw to the character's left, pitch down, roll to the right shoulder.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...base.arrays import Floats
from .accents import Accent, prominence
from .manner import Manner
from .voice import RATE, Voice, smoothed

FASTEST = 50.0
"""Degrees a second that no axis exceeds."""

_SPREAD = np.array([3.0, 2.0, 1.5])  # degrees, standard deviations of yaw, pitch and roll
_FOLLOWING = np.array([0.60, 0.72, 0.60])  # share of each that follows the voice
_SWAY = 0.28  # s, smoothing of the voice: heads are heavy
_HERTZ = (0.08, 0.9)  # of the sway that follows nothing
_WAVES = 9
_AT_REST = 0.25  # of the movement goes on while listening
_NODS = 0.35  # share of accents
_NOD_SIZE, _NOD_SECONDS = (1.2, 3.6), (0.30, 0.50)
_NOD_LEAD, _NOD_SCATTER = 0.03, 0.05  # s
_ENDS = 0.4  # s from and to rest
_FINE = 240.0  # values a second, of which speed is measured


@dataclass(frozen=True, eq=False)
class HeadMoves:
    """How a head moves over a voice.

    Attributes:
        sway: (n, 3) degrees at `voice.RATE`.
        nods: (N, 3) second of the lowest point, degrees down, seconds it takes.
        seconds: length.
    """

    sway: Floats
    nods: Floats
    seconds: float


def draw_head(
    rng: np.random.Generator, voice: Voice, heard: Sequence[Accent], manner: Manner
) -> HeadMoves:
    """Return how a head moves over a voice."""
    count = len(voice.speaking)
    signs = np.array([*rng.choice([-1.0, 1.0], 1), 1.0, *rng.choice([-1.0, 1.0], 1)])
    drive = smoothed(prominence(voice, _SWAY / 2), _SWAY)
    drive = drive / max(float(drive.std()), 1e-9)
    free = np.stack([_wander(rng, count) for _ in _SPREAD], axis=1)
    activity = smoothed(np.where(voice.listening, _AT_REST, 1.0), 0.3) * manner.head
    following = drive[:, None] * signs * _FOLLOWING
    sway = following + free * np.sqrt(1.0 - np.square(_FOLLOWING)) * activity[:, None]
    sway = np.where(np.ptp(drive) > 0, sway, free * activity[:, None])
    return HeadMoves(
        sway * _SPREAD * manner.head[:, None], _nods(rng, heard, voice, manner), voice.seconds
    )


def head_angles(moves: HeadMoves, lifts: Floats, amount: float, at: Floats) -> Floats:
    """Return yaw, pitch and roll in degrees, (T, 3), at times in seconds.

    They begin and end at rest, are zero on average, and are nowhere faster than `FASTEST`.

    Args:
        moves: what was drawn.
        lifts: (n,) degrees at `voice.RATE` by which breathing lifts the head.
        amount: factor on the moves.
        at: (T,) seconds.
    """
    fine = np.arange(0.0, moves.seconds + 1.0 / _FINE, 1.0 / _FINE)
    angles = _raw(moves, lifts, amount, fine)
    envelope = ease_ends(fine, moves.seconds)[:, None]
    mean = (angles * envelope).sum(axis=0) / max(float(envelope.sum()), 1e-9)
    angles = (angles - mean) * envelope
    speed = np.abs(np.diff(angles, axis=0)).max(axis=0, initial=0.0) * _FINE
    angles *= np.minimum(1.0, FASTEST / np.maximum(speed, 1e-9))
    return np.column_stack([np.interp(at, fine, axis) for axis in angles.T])


def _raw(moves: HeadMoves, lifts: Floats, amount: float, at: Floats) -> Floats:
    """Return (T, 3) degrees before ends, mean and speed are seen to."""
    grid = np.arange(len(moves.sway)) / RATE
    angles = amount * np.column_stack([np.interp(at, grid, axis) for axis in moves.sway.T])
    angles[:, 1] -= np.interp(at, grid, lifts)
    for time, size, lasts in moves.nods:
        near = slice(*np.searchsorted(at, [time - lasts / 2, time + lasts / 2]))
        wave = 0.5 + 0.5 * np.cos(2.0 * np.pi * (at[near] - time) / lasts)
        angles[near, 1] += amount * size * wave
    return angles


def ease_ends(at: Floats, seconds: float) -> Floats:
    """Return (T,) 0 at both ends of a sound of some seconds and 1 inside."""
    ends = min(_ENDS, seconds / 3)
    part = np.clip(np.minimum(at, seconds - at) / max(ends, 1e-9), 0.0, 1.0)
    return part * part * (3.0 - 2.0 * part)


def _wander(rng: np.random.Generator, count: int) -> Floats:
    """Return (n,) of slow, endless movement with a standard deviation of 1."""
    low, high = np.log(_HERTZ)
    hertz = np.exp(rng.uniform(float(low), float(high), _WAVES))
    phases, sizes = rng.uniform(0.0, 2.0 * np.pi, _WAVES), hertz**-0.5
    time = np.arange(count)[:, None] / RATE
    waves = np.sin(2.0 * np.pi * hertz * time + phases) @ sizes
    return waves / np.sqrt(np.square(sizes).sum() / 2.0)


def _nods(
    rng: np.random.Generator, heard: Sequence[Accent], voice: Voice, manner: Manner
) -> Floats:
    """Return (N, 3) the nods: when lowest, degrees, and how long."""
    nods = []
    for accent in heard:
        chance, size = rng.random(), rng.uniform(*_NOD_SIZE)
        lasts, scatter = rng.uniform(*_NOD_SECONDS), _NOD_SCATTER * rng.standard_normal()
        liveliness = voice.at(manner.head, accent.time)
        if chance < _NODS * min(accent.strength, 2.0):
            time = accent.time - _NOD_LEAD + scatter
            nods.append((time, size * liveliness * min(accent.strength / 1.5, 1.0), lasts))
    return np.array(nods).reshape(-1, 3)
