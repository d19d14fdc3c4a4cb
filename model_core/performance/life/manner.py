"""How lively each part of the face is over time: what amounts and moods change about life."""

from dataclasses import dataclass, replace

import numpy as np

from ...base.arrays import Floats


@dataclass(frozen=True, eq=False)
class Manner:
    """Factors (n,) at `voice.RATE`; 1 is a neutral speaker.

    Attributes:
        blinking: on the rate of blinks.
        closing: on how long a blink takes.
        looking_away: on the share of time the eyes are elsewhere.
        brows: on how often and how high brows rise.
        head: on how far the head moves.
    """

    blinking: Floats
    closing: Floats
    looking_away: Floats
    brows: Floats
    head: Floats

    @classmethod
    def neutral(cls, count: int) -> "Manner":
        """Return the manner of a neutral speaker for ``count`` values."""
        return cls(*(np.ones(count) for _ in range(5)))

    def scaled(self, name: str, factors: Floats) -> "Manner":
        """Return the manner with one of its attributes times factors (n,)."""
        return replace(self, **{name: getattr(self, name) * factors})
