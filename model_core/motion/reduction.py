"""How a motion is put into keys: a few poses for all shapes, or as many as each shape needs."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # command lines know these choices without numpy
    from ..base.arrays import Array
    from .curves import Curve
    from .motion import Motion

POSES, DENSE = "POSES", "DENSE"
_WIDER = 1.5
TOLERANCE_MM = 0.14
"""What is used where nobody says otherwise."""
MOST_A_SECOND, WIDEST_MM = 9.0, 0.5
"""How many poses are enough then, and how far a vertex may stray so that they are."""


@dataclass(frozen=True)
class Reduction:
    """A way to put a motion into keys.

    Attributes:
        tolerance_mm: farthest any vertex may be from its place at any frame; 0 keys every frame.
        keys: POSES, all shapes keyed at the same few frames, or DENSE, each where it needs it.
        at: frames that poses are to be at, where they are known already and still good ones: far
            quicker. The error told is that of the vertices which move most.
        most_a_second: more poses than this are not wanted, if vertices may stray up to `WIDEST_MM`
            instead; None asks for the tolerance, whatever it takes.
    """

    tolerance_mm: float = TOLERANCE_MM
    keys: str = POSES
    at: tuple[int, ...] | None = None
    most_a_second: float | None = None

    def curves(
        self,
        motion: "Motion",
        told: Callable[[], None] = lambda: None,
        opening_of: "Callable[[Motion], Array | None] | None" = None,
    ) -> "tuple[dict[str, Curve], float]":
        """Return a curve for each shape that moves, and the largest vertex error in mm.

        Args:
            motion: what is put into keys.
            told: called a few times a second while it works; what it raises ends the work.
            opening_of: what measures the (T,) opening of the lips in mm, so that closures stay; of
                FLAME's topology it is known.
        """
        from .closures import lip_opening
        from .curves import reduce_curves
        from .poses import Poses

        opening_of, tolerance_mm = opening_of or lip_opening, self.tolerance_mm
        if self.keys == DENSE:
            return reduce_curves(motion, tolerance_mm, told, opening_of)
        poses = Poses(motion, told, opening_of)
        if self.at is not None:
            widest_mm = tolerance_mm if self.most_a_second is None else WIDEST_MM
            known = poses.curves_at(self.at, tolerance_mm, widest_mm)
            if known is not None:
                return known
        most = inf if self.most_a_second is None else self.most_a_second * motion.duration + 1
        while tolerance_mm < WIDEST_MM and most < inf:
            if poses.at_least(tolerance_mm) <= most:
                made, error_mm = poses.curves(tolerance_mm)
                if max((len(curve.frames) for curve in made.values()), default=0) <= most:
                    return made, error_mm
            tolerance_mm = min(_WIDER * tolerance_mm, WIDEST_MM)
        return poses.curves(tolerance_mm)
