"""What one performer does differently with the motion of a model's own first style.

A linear map of the weights around a frame: how much each shape is moved, on which side, and what
within 0.2 s it follows. Where the motion has its lips closed, or the lower one under the teeth,
they stay so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...base.arrays import Array
from ...motion.motion import Motion
from ...performance.takes import as_closed_as

TAPS = (-12, -6, 0, 6, 12)
"""Frames around each one that it depends on, at 60 a second: 0.2 s before to 0.2 s after."""
REACH = max(TAPS)


@dataclass(frozen=True, eq=False)
class PerformerStyle:
    """A performer's map of K shapes.

    Attributes:
        matrix: (taps * K, K), of the weights at each of `TAPS` side by side.
        offset: (K,) added to them.
    """

    matrix: Array
    offset: Array

    def __call__(self, weights: Array) -> Array:
        """Return the performer's weights (T, K) for those of the model's first style (T, K)."""
        mapped: Array = gathered(weights) @ self.matrix + self.offset
        return np.clip(mapped, np.float32(0.0), np.float32(1.0))


def gathered(weights: Array) -> Array:
    """Return weights (T, K) at each of `TAPS` side by side (T, taps * K), held at the ends."""
    frames = np.arange(len(weights))[:, None] + TAPS  # (T, taps)
    around: Array = weights[frames.clip(0, max(0, len(weights) - 1))]
    return around.reshape(len(weights), -1)


def performed(
    motion: Motion, names: Sequence[str], styles: Sequence[PerformerStyle], shares: Sequence[float]
) -> Motion:
    """Return a motion as performers would move, each by a share; its lips are closed where it is.

    Args:
        motion: of a model's own style.
        names: of the shapes that the styles map.
        styles: of the performers.
        shares: of each, 0 to 1 together; what is left is the motion's.
    """
    columns = [motion.names.index(name) for name in names]
    own = motion.weights[:, columns]
    changed = own.copy()
    for style, share in zip(styles, shares, strict=True):
        if share > 0.0:
            changed += np.float32(share) * (style(own) - own)
    weights = motion.weights.copy()
    weights[:, columns] = changed
    return as_closed_as(motion, replace(motion, weights=weights))
