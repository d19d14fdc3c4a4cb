"""The contract between a motion and a mesh: whether it can be spoken with, through what, and where.

Everything that asks what a mesh is, asks its target: checks, baking, the reduction of curves, live
drivers and exports. No Blender here; the add-on reads the geometry and hands it over.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import Array
from ..motion.motion import Motion


@dataclass(frozen=True, eq=False)
class Geometry:
    """A mesh as any program has it.

    Attributes:
        points: (V, 3) at rest, in the mesh's own units and axes.
        corners: (L) vertex of every polygon's corners, one polygon after the other.
        totals: (P) number of corners of each polygon.
    """

    points: Array
    corners: NDArray[np.integer]
    totals: NDArray[np.integer]


class RigTarget(ABC):
    """One mesh that may be spoken with.

    Attributes:
        kind: what the artist is told it is, as in "FLAME head, vertices in order".
        wanted: what is asked for where there is none, as in "a mesh with 5023 vertices".
    """

    kind: str
    wanted: str

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
