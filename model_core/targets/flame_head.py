"""A head on FLAME's topology: vertices are matched by number, and shapes placed by a fit."""

from dataclasses import replace
from functools import cached_property, lru_cache

import numpy as np

from ..base.arrays import Array, Floats
from ..base.errors import UserError
from ..motion.closures import lip_opening
from ..motion.motion import Motion
from ..rig.lids import BLINKS, close_lids
from ..rig.placement import Placement, find_placement
from ..rig.rig import load_face_rig
from ..rig.topology import Loops, explain_mismatch
from .preference import PREPARE
from .rig_target import Geometry, RigTarget


class FlameHead(RigTarget):
    """A mesh that is taken for a FLAME head.

    Args:
        geometry: of the mesh, at rest.
        name: what the artist calls it.
    """

    kind = "FLAME head, vertices in order"
    wanted = "a mesh with FLAME's 5023 vertices"

    def __init__(self, geometry: Geometry, name: str) -> None:
        self._geometry, self._name = geometry, name

    def problem(self) -> str | None:
        """Return why the mesh is not on FLAME's topology, or None if it is."""
        mismatch = self._mismatch
        return None if mismatch is None else f"{mismatch} Or give it shapes: {PREPARE}."

    def notes(self) -> tuple[str, ...]:
        """Return nothing: a FLAME head in order has no surprises of its own."""
        return ()

    def channels(self) -> tuple[str, ...]:
        """Return nothing: any motion on these vertices brings its own shapes."""
        return ()

    def place(self, motion: Motion) -> Motion:
        """Return the motion in the head's units and axes, with blinks that close its own lids.

        Raises:
            UserError: the motion is of a mesh with other vertices.
        """
        vertices = len(self._geometry.points)
        if motion.vertices != vertices:
            raise UserError(
                f"The model moves a mesh of {motion.vertices} vertices, and '{self._name}' has "
                f"{vertices}; choose another model or mesh."
            )
        return replace(motion, basis=self._placement.apply(self._closing(motion)))

    @property
    def axes(self) -> Floats:
        """The (3, 3) axes of the face in the mesh's space: its left, up and forward, as columns."""
        return self._placement.rotation

    def lip_opening(self, motion: Motion) -> Array | None:
        """Return the (T,) opening of the inner lips in mm."""
        return lip_opening(motion)

    def _closing(self, motion: Motion) -> Array:
        """Return a motion's (K, V, 3) basis with its blinks fitted to the head's own eyes."""
        if not set(BLINKS).intersection(motion.names):
            return motion.basis
        rig = load_face_rig()
        points = self._placement.undo(self._geometry.points)
        return close_lids(points, rig.faces, motion.basis, motion.names)

    @property
    def _mismatch(self) -> str | None:
        geometry = self._geometry
        parts = ((geometry.points, np.float32), (geometry.corners, int), (geometry.totals, int))
        return _explained(*(np.ascontiguousarray(part, kind).tobytes() for part, kind in parts))

    @cached_property
    def _placement(self) -> Placement:
        return find_placement(load_face_rig().neutral, self._geometry.points)


@lru_cache(maxsize=16)  # panels ask at every redraw
def _explained(points: bytes, corners: bytes, totals: bytes) -> str | None:
    """Return why a mesh is not on FLAME's topology, or None if it is."""
    loops = Loops(np.frombuffer(corners, int), np.frombuffer(totals, int))
    return explain_mismatch(np.frombuffer(points, np.float32).reshape(-1, 3), loops)
