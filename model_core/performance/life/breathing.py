"""Breathing: an inhalation in the pauses of speech, slower waves in silence.

On a head it shows as a small lift. The mouth and the nostrils are left alone: the one is
speech's, and noseSneer lifts the lip by 3 mm.
"""

import numpy as np

from ...base.arrays import Floats
from .voice import PAUSE, RATE, Voice, smoothed

LIFT = 0.7
"""Degrees that a full breath lifts the head."""

_QUIET = (3.2, 5.0)  # s from one breath to the next in silence
_INHALE_QUIET, _INHALE_SPEECH = 1.4, 0.45  # s
_LEAST_PAUSE = 0.3  # s
_APART = 2.0  # s
_EASE = 0.12  # s


def draw_breaths(rng: np.random.Generator, voice: Voice) -> Floats:
    """Return the breaths (B, 3): second at which one begins, seconds in, and depth 0..1."""
    breaths: list[tuple[float, float, float]] = []
    for start, end in voice.pauses:
        time, quiet = start, end - start > sum(_QUIET) / 2
        while end - time >= max(_LEAST_PAUSE, PAUSE):
            depth, period = rng.uniform(0.5, 1.0), rng.uniform(*_QUIET)
            begins = max(time, end - 1.2 * _INHALE_SPEECH) if not quiet else time
            inhale = _INHALE_QUIET if quiet else min(_INHALE_SPEECH, end - begins)
            if not breaths or begins - breaths[-1][0] >= _APART:
                breaths.append((float(begins), float(inhale), float(depth)))
            time += period if quiet else end
    return np.array(breaths).reshape(-1, 3)


def chest(breaths: Floats, count: int) -> Floats:
    """Return how full the lungs are, (n,) 0..1 at `voice.RATE`: they empty until the next one."""
    full, at = np.zeros(count), np.arange(count) / RATE
    ends = np.append(breaths[:, 0], count / RATE)[1:]
    for (begin, inhale, depth), end in zip(breaths, ends, strict=True):
        near = slice(*np.searchsorted(at, [begin, end]))
        since = at[near] - begin
        filling = np.clip(since / inhale, 0.0, 1.0)
        emptying = np.clip((since - inhale) / max(end - begin - inhale, 0.5), 0.0, 1.0)
        full[near] = depth * (0.5 - 0.5 * np.cos(np.pi * filling)) * (1.0 - emptying)
    return smoothed(full, _EASE)
