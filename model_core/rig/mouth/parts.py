"""Teeth, gums and tongue: ICT-FaceKit's, in the place where its skin is the demo head.

``mouth.npz`` holds, for each jaw, ``points`` (V, 3) metres, ``faces`` (F, 3) and ``kinds`` (F),
what a face is of; the ``names`` (K) and ``offsets`` (K, N, 3) of the shapes of the lower jaw's
vertices ``tongue`` (N); and ``face`` (M), the demo head's vertices round the mouth, at
``face/points`` (M, 3). `tools.mouth_parts` makes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import Floats, Ints
from ...base.assets import MOUTH

TEETH, GUMS, TONGUE_FLESH = range(3)
MOUTH_CENTRE = (0.0, -0.048, 0.045)
"""Metres, of the demo head."""


@dataclass(frozen=True, eq=False)
class MouthPart:
    """What of a mouth moves as one with the skull, or with the jaw.

    Attributes:
        points: (V, 3).
        faces: (F, 3).
        kinds: (F,) TEETH, GUMS or TONGUE_FLESH.
        shapes: (V, 3) offsets by the names of the tongue's channels.
    """

    points: Floats
    faces: Ints
    kinds: NDArray[np.uint8]
    shapes: Mapping[str, Floats]

    def moved(self, matrix: Floats, shift: Floats) -> "MouthPart":
        """Return it with every point at ``matrix`` (3, 3) times it, plus ``shift`` (3)."""
        shapes = {name: offsets @ matrix.T for name, offsets in self.shapes.items()}
        return replace(self, points=self.points @ matrix.T + shift, shapes=shapes)


@lru_cache(maxsize=1)
def load_mouth_face() -> tuple[Ints, Floats]:
    """Return FLAME's vertices (M) round the mouth, and where the demo head has them (M, 3)."""
    with np.load(MOUTH, allow_pickle=False) as stored:
        return stored["face"].astype(np.int64), stored["face/points"].astype(np.float64)


@lru_cache(maxsize=1)
def load_mouth_parts() -> tuple[MouthPart, MouthPart]:
    """Return the upper and the lower part, in metres, in the demo head's place; read once."""
    with np.load(MOUTH, allow_pickle=False) as stored:
        tongue, offsets = stored["tongue"], stored["offsets"].astype(np.float64)
        upper, lower = (
            MouthPart(
                stored[f"{jaw}/points"].astype(np.float64),
                stored[f"{jaw}/faces"].astype(np.int64),
                stored[f"{jaw}/kinds"],
                {},
            )
            for jaw in ("upper", "lower")
        )
        shapes = {}
        for name, moved in zip(stored["names"], offsets, strict=True):
            shapes[str(name)] = np.zeros_like(lower.points)
            shapes[str(name)][tongue] = moved
    return upper, replace(lower, shapes=shapes)
