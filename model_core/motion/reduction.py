"""How a motion is put into keys: a few poses for all shapes, or as many as each shape needs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # command lines know these choices without numpy
    from ..base.arrays import Array
    from .curves import Curve
    from .motion import Motion

POSES, DENSE = "POSES", "DENSE"
TOLERANCE_MM = 0.5
"""What is used where nobody says otherwise."""


@dataclass(frozen=True)
class Reduction:
    """A way to put a motion into keys.

    Attributes:
        tolerance_mm: farthest any vertex may be from its place at any frame; 0 keys every frame.
        keys: POSES, all shapes keyed at the same few frames, or DENSE, each where it needs it.
    """

    tolerance_mm: float = TOLERANCE_MM
    keys: str = POSES

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
        from .poses import pose_curves

        put = reduce_curves if self.keys == DENSE else pose_curves
        return put(motion, self.tolerance_mm, told, opening_of or lip_opening)
