"""Manners: how a speaker's way with a line differs from take to take and wanders within one.

A manner is a few numbers a frame, each 0 where a line is said plainly: the articulation rules draw
speech in manners (`articulation.manner`), a model may learn to follow them (`layers.manner_head`),
and a take of such a model is a walk among them.
"""

from typing import NamedTuple

import numpy as np

from ..base.arrays import Array, Floats
from .takes import SlowNoise

FACTORS = ("jaw", "rounding", "spreading", "apart", "reach", "loudness")
"""Of a style that manners vary; in deviations of their logarithms."""
MANNERS = (*FACTORS, "asymmetry", "smile")
"""Asymmetry in its deviations, more on the left above 0; the smile 0 to 1, the widest there is."""


class Amounts(NamedTuple):
    """How much of each manner there is, against what the rules draw by themselves."""

    factors: float
    asymmetry: float
    smile: float


OF_RULES, OF_TAKES = Amounts(1.0, 1.0, 1.0), Amounts(1.15, 0.8, 0.22)
"""Takes have as much as leaves closed lips near where they were and makes others differ enough."""


def wandering(noise: Floats) -> Floats:
    """Return the share (n, 1) of the second of two ways to speak, of slow noise (n, 1)."""
    share: Floats = 1.0 / (1.0 + np.exp(-2.0 * noise))
    return share


class MannerWalk:
    """The manners of a take, frame after frame: two ways to speak, between which it wanders.

    Args:
        random: what it draws from, and nobody else.
        fps: frames a second.
    """

    def __init__(self, random: np.random.Generator, fps: float) -> None:
        self._ways = OF_TAKES.factors * random.standard_normal((2, len(FACTORS)))
        self._asymmetry = OF_TAKES.asymmetry * float(random.standard_normal())
        self._smile = OF_TAKES.smile * float(random.uniform())
        self._noise = SlowNoise(random, 1, fps)

    def rows(self, frames: int) -> Array:
        """Return the `MANNERS` of the next frames: (frames, M)."""
        share = wandering(self._noise.rows(frames))
        factors = self._ways[0] + share * (self._ways[1] - self._ways[0])
        sides = np.tile([self._asymmetry, self._smile], (frames, 1))
        return np.concatenate([factors, sides], axis=1).astype(np.float32)
