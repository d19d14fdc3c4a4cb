"""The face rig: named expression shapes as vertex offsets on FLAME's topology."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..base.assets import FACE_RIG
from ..base.errors import UserError

_REGION_PREFIX = "region/"


@dataclass(frozen=True)
class FaceRig:
    """Expression shapes on FLAME's 5023 vertices (V); +Y up, +Z forward, +X the character's left.

    Attributes:
        names: (K) shape names in ARKit's spelling.
        basis: (K, V, 3) f32 offsets in metres at weight 1.
        neutral: (V, 3) f32 metres, the mean of FLAME 2023 Open (CC-BY-4.0).
        faces: (F, 3) i32 triangles.
        regions: vertex indices by region name (see ``model_core.rig.build.regions``).
        fingerprint: ``topology.fingerprint`` of the triangles' edges.
        mirror: (V) i32, the vertex across the face from each; its own inverse.
    """

    names: tuple[str, ...]
    basis: NDArray[np.float32]
    neutral: NDArray[np.float32]
    faces: NDArray[np.int32]
    regions: dict[str, NDArray[np.int32]]
    fingerprint: str
    mirror: NDArray[np.int32]

    def select(self, names: Sequence[str]) -> NDArray[np.float32]:
        """Return the (K, V, 3) offsets of ``names``, in that order.

        Raises:
            UserError: a name is not one of the rig's.
        """
        unknown = [name for name in names if name not in self.names]
        if unknown:
            raise UserError(
                f"The face rig has no shape named {', '.join(unknown)}; "
                f"use names from {', '.join(self.names)}."
            )
        return self.basis[[self.names.index(name) for name in names]]


def read_rig(path: Path) -> FaceRig:
    """Read a rig written by ``model_core.rig.build_rig``."""
    with np.load(path, allow_pickle=False) as stored:
        regions = {
            key.removeprefix(_REGION_PREFIX): stored[key]
            for key in stored.files
            if key.startswith(_REGION_PREFIX)
        }
        return FaceRig(
            names=tuple(str(name) for name in stored["names"]),
            basis=stored["basis"].astype(np.float32),
            neutral=stored["neutral"],
            faces=stored["faces"],
            regions=regions,
            fingerprint=str(stored["fingerprint"]),
            mirror=stored["mirror"],
        )


@lru_cache(maxsize=1)
def load_face_rig() -> FaceRig:
    """Return the rig that ships with the product, read once."""
    rig = read_rig(FACE_RIG)
    for array in (rig.basis, rig.neutral, rig.faces, rig.mirror, *rig.regions.values()):
        array.setflags(write=False)  # one cached copy is shared by every caller
    return rig
