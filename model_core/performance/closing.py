"""Lips that were closed stay so, whatever else is done to a face."""

import numpy as np

from ..motion.channels import with_channels
from ..motion.closures import lip_opening
from ..motion.motion import Motion
from ..rig.lip_geometry import measures_per_unit, opening_per_unit
from ..rig.rig import load_face_rig
from ..rig.shapes import CLOSED_MM

_OPEN = (CLOSED_MM + 0.2, CLOSED_MM + 3.2)
"""Opening in mm from which a change may part the lips, and from which it may do so fully."""


def as_closed(before: Motion, after: Motion, tighter_mm: float = 0.0) -> Motion:
    """Return a motion whose lips are as closed as they were wherever they were closed.

    What parts them there is taken back with mouthClose, what presses them together with jawOpen.
    mouthClose purses them as well, so as much of mouthRollUpper goes with it as draws them in by
    the same: rounded sounds stay apart from others.

    Args:
        before: how closed they were.
        after: on FLAME's topology, of as many frames.
        tighter_mm: how much closer than before they come there; less than 0 leaves them apart.
    """
    was, now = lip_opening(before), lip_opening(after)
    assert was is not None and now is not None  # FLAME's lips are known
    share = np.clip((was - _OPEN[0]) / (_OPEN[1] - _OPEN[0]), 0.0, 1.0)
    parted = share * share * (3.0 - 2.0 * share)
    surplus = (1.0 - parted) * (now - was + tighter_mm)  # mm to take back
    shapes = load_face_rig().select(("mouthClose", "mouthRollUpper", "jawOpen"))
    close, roll, jaw = opening_per_unit(shapes)
    pursed, drawn, _ = measures_per_unit(shapes).T[-1]
    rolled = pursed / -drawn  # of mouthRollUpper to one of mouthClose
    closing = np.maximum(surplus, 0.0) / -(close + rolled * roll)
    wanted = {
        "mouthClose": closing,
        "mouthRollUpper": rolled * closing,
        "jawOpen": np.maximum(-surplus, 0.0) / jaw,
    }
    return with_channels(after, {name: each for name, each in wanted.items() if each.any()})
