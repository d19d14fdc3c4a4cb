"""ARKit's channels: their names, and which of them the face rig has as a left and a right shape.

Names are spelt as Apple spells them, and so as the rig does. Two of ARKit's channels are one shape
for both sides where the rig has a shape for each; the rig's own split is exact, since the two sum
to the one. The tongue's channels move nothing of FLAME's, whose mesh has no tongue: they travel in
a motion by name, for meshes that have one.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from ..base.arrays import Array
from .rig import load_face_rig

ARKIT: tuple[str, ...] = (
    *("eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft"),
    *("eyeSquintLeft", "eyeWideLeft"),
    *("eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight"),
    *("eyeSquintRight", "eyeWideRight"),
    *("jawForward", "jawLeft", "jawRight", "jawOpen"),
    *("mouthClose", "mouthFunnel", "mouthPucker", "mouthLeft", "mouthRight"),
    *("mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft", "mouthFrownRight"),
    *("mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight"),
    *("mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper"),
    *("mouthPressLeft", "mouthPressRight", "mouthLowerDownLeft", "mouthLowerDownRight"),
    *("mouthUpperUpLeft", "mouthUpperUpRight"),
    *("browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight"),
    *("cheekPuff", "cheekSquintLeft", "cheekSquintRight"),
    *("noseSneerLeft", "noseSneerRight", "tongueOut"),
)
"""The 52 of Apple's documentation, in its order."""

TONGUE: tuple[str, ...] = (
    *("tongueTipUp", "tongueTipDown", "tongueTipLeft", "tongueTipRight"),
    *("tongueRollUp", "tongueRollDown", "tongueRollLeft", "tongueRollRight"),
    *("tongueUp", "tongueDown", "tongueLeft", "tongueRight"),
    *("tongueIn", "tongueStretch", "tongueWide", "tongueNarrow"),
)
"""The 16 that Audio2Face-3D has besides."""

SPEECH_TONGUE: tuple[str, ...] = ("tongueTipUp", "tongueUp", "tongueOut", "tongueIn")
"""What of the tongue the articulation rules and the default model move."""

SIDED: Mapping[str, tuple[str, str]] = {
    name: (f"{name}Left", f"{name}Right") for name in ("browInnerUp", "cheekPuff")
}
"""ARKit's channels that are two shapes of the rig."""

SWAPPED = {
    "jawLeft": "jawRight",
    "jawRight": "jawLeft",
    "mouthLeft": "mouthRight",
    "mouthRight": "mouthLeft",
}
"""Channels that files and programs take for each other: two orders of them are about."""

MOUTH = ("jaw", "mouth", "tongue")
"""How the names of channels begin that speech moves; the others are of the rest of the face."""

WITHOUT_SHAPE = frozenset(("tongueOut", *TONGUE))
"""Channels that move nothing of FLAME's."""


def split_sides(channels: Mapping[str, Array]) -> dict[str, Array]:
    """Return channels (T,) by the rig's names: what ARKit has for both sides moves each alike."""
    split: dict[str, Array] = {}
    for name, weights in channels.items():
        split |= dict.fromkeys(SIDED.get(name, (name,)), weights)
    return split


def merge_sides(channels: Mapping[str, Array]) -> tuple[dict[str, Array], list[str]]:
    """Return channels (T,) by ARKit's names, and which of them lost a difference of sides.

    What ARKit has for both sides is the mean of the rig's two; a side that is missing rests.
    """
    merged, uneven = dict(channels), []
    for name, sides in SIDED.items():
        there = [merged.pop(side) for side in sides if side in merged]
        if there:
            merged[name] = np.asarray(np.sum(there, axis=0, dtype=np.float64) / 2, np.float32)
            if len(there) < 2 or np.abs(there[0] - there[1]).max(initial=0.0) > 1e-6:
                uneven.append(name)
    return merged, uneven


def named_basis(names: Sequence[str]) -> Array:
    """Return the (K, V, 3) offsets of channels in metres, none for those of the tongue.

    Raises:
        UserError: a name is neither the rig's nor a channel of the tongue.
    """
    rig = load_face_rig()
    basis = np.zeros((len(names), *rig.neutral.shape), np.float32)
    rows = [row for row, name in enumerate(names) if name not in WITHOUT_SHAPE]
    basis[rows] = rig.select([names[row] for row in rows])
    return basis
