"""A mesh with shape keys of its own that do what ours do, known by their names."""

from collections.abc import Callable

import numpy as np

from ..base.arrays import Array
from ..base.errors import UserError
from ..motion.curves import Curve, reduce_curves
from ..motion.motion import Motion
from .naming.detection import detect
from .naming.sources import can_open
from .rig_target import Geometry, RigTarget
from .shape_map import ShapeMap

TOPOLOGY = "named shapes"
"""Of a placed motion: the vertices are the mesh's own."""


class NamedShapes(RigTarget):
    """A mesh whose own keys are driven.

    Args:
        geometry: of the mesh, at rest.
        name: what the artist calls it.
        shape_map: which key does what; the names tell if None.
    """

    wanted = "a mesh with ARKit, viseme or VRM shape keys"
    drives_own_keys = True

    def __init__(self, geometry: Geometry, name: str, shape_map: ShapeMap | None = None) -> None:
        self.geometry, self.name = geometry, name
        self.detection = detect(geometry.keys)
        self.shape_map = self.detection.shape_map if shape_map is None else shape_map
        self.kind = f"Own shape keys: {self.detection.title}"
        self.is_full = self.detection.is_full if shape_map is None else True

    def problem(self) -> str | None:
        """Return why its keys cannot speak, or None if they can."""
        if not self.geometry.keys:
            return f"'{self.name}' has no shape keys of its own to drive."
        absent = self.shape_map.absent(self.geometry.keys)
        if absent:
            return (
                f"'{self.name}' has no shape key '{absent[0]}', which its map names; choose "
                "another key or remove the line."
            )
        if not any(can_open(source) for source in self.shape_map.sources):
            return (
                f"None of the {len(self.geometry.keys)} shape keys of '{self.name}' is known to "
                "open the mouth; say in the list of shapes which does."
            )
        return None

    def notes(self) -> tuple[str, ...]:
        """Return what the keys lack, and what about their names is not clear."""
        return self.detection.doubts

    def channels(self) -> tuple[str, ...]:
        """Return the channels of ours that its keys can do."""
        return self.shape_map.sources

    def place(self, motion: Motion) -> Motion:
        """Return the motion of the mesh's own keys that does what a motion of ours does.

        Raises:
            UserError: the motion is of another mesh than ours.
        """
        keys, names = self.shape_map.targets, list(motion.names)
        weights = np.zeros((motion.frames, len(keys)), np.float32)
        for link in self.shape_map.links:
            if link.source in names:
                moved = motion.weights[:, names.index(link.source)]
                weights[:, keys.index(link.target)] += link.gain * moved + link.offset
        if not weights.any() and motion.weights.any():
            raise UserError(f"Nothing in the motion moves any shape key of '{self.name}'.")
        basis = np.stack([np.asarray(self.geometry.keys[key], np.float32) for key in keys])
        return Motion(motion.fps, keys, basis, weights.clip(0, 1), TOPOLOGY)

    def lip_opening(self, motion: Motion) -> Array | None:
        """Return the (T,) opening of the inner lips in mm of a placed motion."""
        return None

    def reduce(
        self, motion: Motion, tolerance_mm: float, told: Callable[[], None] = lambda: None
    ) -> tuple[dict[str, Curve], float]:
        """Return light curves of the mesh's own keys, and their error in mm."""
        return reduce_curves(self.place(motion), tolerance_mm, told)
