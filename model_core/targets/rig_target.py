"""The contract between a motion and a mesh: whether it can be spoken with, through what, and where.

Everything that asks what a mesh is, asks its target: checks, baking, the reduction of curves, live
drivers and exports. No Blender here; the add-on reads the geometry and hands it over.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

import numpy as np

from ..base.arrays import Array, Floats
from ..motion.channels import weights_by_name
from ..motion.curves import Curve
from ..motion.motion import Motion
from ..motion.reduction import Reduction
from ..rig.geometry import Geometry

__all__ = ["Geometry", "RigTarget"]


class RigTarget(ABC):
    """One mesh that may be spoken with.

    Attributes:
        kind: what the artist is told it is, as in "FLAME head, vertices in order".
        wanted: what is asked for where there is none, as in "a mesh with 5023 vertices".
        drives_own_keys: the names of a placed motion are keys that the mesh has already: they get
            curves, and are never made, doubled, reshaped or removed. Otherwise they are names for
            shapes that are to be made.
    """

    kind: str
    wanted: str
    drives_own_keys: bool = False

    @abstractmethod
    def problem(self) -> str | None:
        """Return in one sentence why the mesh cannot be spoken with, or None if it can."""

    @abstractmethod
    def notes(self) -> tuple[str, ...]:
        """Return sentences on what may surprise the artist about a mesh without a problem."""

    @abstractmethod
    def channels(self) -> tuple[str, ...]:
        """Return the names of what a motion can move; empty where any name is taken."""

    @abstractmethod
    def place(self, motion: Motion) -> Motion:
        """Return a motion whose basis is in the mesh's own units and axes.

        Raises:
            UserError: the motion is for another mesh.
        """

    @abstractmethod
    def lip_opening(self, motion: Motion) -> Array | None:
        """Return the (T,) opening of the inner lips in mm; None where the lips are not known."""

    def values(self, motion: Motion) -> Mapping[str, Array]:
        """Return the (T,) values of what `place` moves, by name, without placing its shapes.

        It is quick, for what is shown live a frame at a time.
        """
        return weights_by_name(motion)

    @property
    def axes(self) -> Floats:
        """The (3, 3) axes of the face in the mesh's space: its left, up and forward, as columns.

        Where nothing else is known the face looks along -Y and +Z is up, as the front view has it.
        """
        return np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])

    def shortfalls(self, motion: Motion) -> tuple[str, ...]:
        """Return sentences on what of a motion the mesh cannot do, once it is placed."""
        del motion
        return ()

    def reduce(
        self, motion: Motion, how: Reduction, told: Callable[[], None] = lambda: None
    ) -> tuple[dict[str, Curve], float]:
        """Return light curves for the names that `place` gives, and their error in mm.

        Args:
            motion: not placed yet.
            how: it is put into keys.
            told: called a few times a second; what it raises ends the work.

        Raises:
            UserError: the motion is for another mesh.
        """
        return how.curves(motion, told)
