"""The upper lip's part in opening the mouth.

The jaw alone opens a mouth downwards. A speaker's upper lip rises as well: by a fifth to a third of
the opening in the recordings with tracked lips that docs/research.md tells of.
"""

from functools import lru_cache

import numpy as np

from ..base.arrays import Floats
from ..rig.lip_geometry import opening_per_unit
from ..rig.rig import load_face_rig

UPPER_SHARE = 0.2
_JAW, _UPPER = "jawOpen", ("mouthUpperUpLeft", "mouthUpperUpRight")


@lru_cache(maxsize=4)
def upper_lip_map(names: tuple[str, ...], share: float = UPPER_SHARE) -> Floats:
    """Map M (K, K): `weights @ M` gives the upper lip `share` of the jaw's part in any opening.

    Lips are as far apart as before, and closed ones stay so.
    """
    opening = opening_per_unit(load_face_rig().select(names))  # (K,) mm
    jaw, upper = names.index(_JAW), [names.index(name) for name in _UPPER]
    change = np.zeros(len(names))
    change[upper] = share / opening[upper].sum()
    change[jaw] = -share / opening[jaw]
    moved: Floats = np.eye(len(names)) + np.outer(opening, change)
    return moved
