"""A mesh that an armature's stored poses move: each is to it what a shape key is to others.

What a pose does to the mesh is measured on it; where no mesh is, our own face stands in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from ..base.arrays import Array
from ..motion.channels import weights_by_name
from ..motion.motion import Motion
from ..rig.geometry import Geometry
from ..rig.rig import load_face_rig
from .bone_poses import BonePoses, channels_of, face_shape
from .keys import CLOSE, JAW, Bend
from .named_shapes import NamedShapes
from .shape_map import Link, ShapeMap

_MOST = 1.5  # of a pose: bones go on evenly beyond what was stored
_TRIANGLE = 3


class PosedSkin(NamedShapes):
    """A mesh spoken with by poses of bones.

    Args:
        geometry: of the mesh, bones at rest; its keys are what the poses do to it.
        name: what the artist calls it.
        poses: of the armature.
        bends: where the poses' effects on the lips do not add up.
    """

    wanted = "an armature with stored poses of its face"

    def __init__(
        self, geometry: Geometry, name: str, poses: BonePoses, bends: tuple[Bend, ...] = ()
    ) -> None:
        ranges = dict.fromkeys(poses.poses, (0.0, _MOST))
        super().__init__(replace(geometry, ranges=ranges), name, map_of_poses(poses.poses), bends)
        self.poses = poses
        self.kind = f"Bones, by {len(poses.poses)} stored poses"

    @property
    def has_lips(self) -> bool:
        """Whether lips were found that jawOpen parts and mouthClose brings together.

        What else a skin stretches over can look like lips, such as a cheek beside a stiff jaw.
        """
        keys = self._keys
        effect = dict(zip(keys.names, keys.opening, strict=True))
        return keys.mouth is not None and effect.get(JAW, 1.0) > 0 > effect.get(CLOSE, -1.0)

    def notes(self) -> tuple[str, ...]:
        """Return nothing: poses are named by what they do."""
        return ()

    def _asked(self, motion: Motion) -> tuple[Mapping[str, Array], list[str]]:
        """Return what the poses are to do, and sentences on what others do in their stead."""
        posed, told = self.poses.weigh(motion)
        weights = weights_by_name(posed)
        return {name: weights[pose] for pose in weights for name in channels_of(pose)}, told

    def _limits(self, key: str) -> tuple[float, float]:
        return self.geometry.ranges[key]


def map_of_poses(poses: Iterable[str]) -> ShapeMap:
    """Return which pose does what: those of both sides at once are half of each."""
    sources = {pose: channels_of(pose) for pose in poses}
    links = [Link(name, pose, 1 / len(names)) for pose, names in sources.items() for name in names]
    return ShapeMap(tuple(links), "poses")


def on_our_face(poses: BonePoses, name: str) -> PosedSkin:
    """Return what stands in for a mesh that cannot be measured: our face, at its own poses."""
    rig = load_face_rig()
    totals = np.full(len(rig.faces), _TRIANGLE)
    keys = {pose: face_shape(pose) for pose in poses.poses}
    return PosedSkin(Geometry(rig.neutral, rig.faces.ravel(), totals, keys), name, poses)
