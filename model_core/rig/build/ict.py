"""ICT-FaceKit's head and expressions, brought to FLAME's place and size."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...base.arrays import Floats, Ints
from ..transfer.alignment import fit_frame
from ..transfer.anatomy import nearer_side
from ..transfer.registration import Skin

SKIN_VERTICES = 14062
"""The skin comes first, mouth cavity and eye sockets included."""
_EYEBALLS = (slice(21451, 23021), slice(23021, 24591))
_UPPER_LIP = (49, 50, 51, 52, 53, 61, 62, 63)
_LOWER_LIP = (55, 56, 57, 58, 59, 65, 66, 67)
_SIDES = {"_L": "Left", "_R": "Right"}


@dataclass(frozen=True)
class IctHead:
    """ICT-FaceKit's neutral skin (N vertices) and K expressions, in FLAME's frame, metres.

    Attributes:
        vertices: (N, 3).
        faces: (F, 3).
        names: (K) in ARKit's spelling.
        offsets: (K, N, 3) at weight 1.
        landmarks: (68) vertex numbers.
        lip_side: (N) +1 upper, -1 lower, 0 neither.
        eyeballs: the two eyeballs' (M, 3) vertices, left first.
    """

    vertices: Floats
    faces: Ints
    names: tuple[str, ...]
    offsets: Floats
    landmarks: Ints
    lip_side: Ints
    eyeballs: tuple[Floats, Floats]

    @property
    def skin(self) -> Skin:
        """What FLAME's head is laid onto."""
        return Skin(self.vertices, self.faces, self.lip_side)


def load_ict(path: Path, pairs: list[tuple[int, int]], flame: Floats) -> IctHead:
    """Read ICT-FaceKit Light and align it to ``flame`` (V, 3).

    Args:
        path: ``ict_facekit_light.npz``.
        pairs: landmarks as (68-point number, FLAME vertex).
        flame: metres.
    """
    with np.load(path, allow_pickle=False) as stored:
        neutral, offsets = stored["neutral"].astype(float), stored["deltas"].astype(float)
        landmarks, faces = stored["landmarks68"], stored["skin_triangles"].astype(np.int64)
        names = tuple(arkit_name(str(name)) for name in stored["names"])
    numbers, targets = (list(column) for column in zip(*pairs, strict=True))
    frame = fit_frame(neutral[landmarks[numbers]], flame[targets])
    placed = frame.offsets_out(neutral) + frame.shift
    offsets = frame.offsets_out(offsets)
    skin = placed[:SKIN_VERTICES]
    upper, lower = landmarks[list(_UPPER_LIP)], landmarks[list(_LOWER_LIP)]
    return IctHead(
        vertices=skin,
        faces=faces,
        names=names,
        offsets=offsets[:, :SKIN_VERTICES],
        landmarks=landmarks,
        lip_side=nearer_side(skin, faces, upper, lower)[0],
        eyeballs=(placed[_EYEBALLS[0]], placed[_EYEBALLS[1]]),
    )


def arkit_name(name: str) -> str:
    """Spell an ICT-FaceKit name as ARKit does: mouthSmile_L is mouthSmileLeft."""
    return name[:-2] + _SIDES[name[-2:]] if name[-2:] in _SIDES else name


def opposite_name(name: str) -> str:
    """Return the name of the mirror-image shape; a symmetric shape's own."""
    for side, other in (("Left", "Right"), ("Right", "Left")):
        if name.endswith(side):
            return name.removesuffix(side) + other
    return name
