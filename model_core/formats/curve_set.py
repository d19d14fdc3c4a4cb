"""The curves of one motion: what every format of curves keeps."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..motion.curves import Curve


@dataclass(frozen=True, eq=False)
class CurveSet:
    """What `reduce_curves` made of a motion.

    Attributes:
        fps: frames per second.
        curves: by the name of the shape they move; frames count from 0 at the sound's start.
        error_mm: farthest any vertex is from its place in the motion.
    """

    fps: float
    curves: Mapping[str, Curve]
    error_mm: float
