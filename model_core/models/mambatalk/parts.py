"""The parts of a face that each have a prior and a scan of their own, and what they are in motion.

MambaTalk's parts are those of a body (face, upper body, hands, legs). Here they are a face's: what
speech moves, what looks, and what turns.
"""

from collections.abc import Mapping
from functools import cache

import numpy as np

from ...base.arrays import Array, Floats
from ...base.units import MM_PER_M
from ...motion.channels import weights_by_name
from ...motion.motion import Motion
from ...rig.arkit import named_basis
from ...rig.gaze import turning
from ...rig.rig import load_face_rig
from ...rig.shapes import SPEECH_SHAPES

MOUTH, EYES, HEAD = "mouth", "eyes", "head"

EYE_SHAPES: tuple[str, ...] = (
    *(
        f"brow{place}{side}"
        for place in ("Down", "InnerUp", "OuterUp")
        for side in ("Left", "Right")
    ),
    *(f"cheekSquint{side}" for side in ("Left", "Right")),
    *(
        f"eye{what}{side}"
        for what in ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")
        for side in ("Left", "Right")
    ),
    *(f"noseSneer{side}" for side in ("Left", "Right")),
)
"""Brows, lids, gaze and what goes with them (24)."""

PARTS: Mapping[str, tuple[str, ...]] = {
    MOUTH: SPEECH_SHAPES,
    EYES: EYE_SHAPES,
    HEAD: ("yaw", "pitch", "roll"),
}
"""The channels of each part: weights of shapes, or radians as `Motion.head` has them."""


def parts_of(motion: Motion) -> dict[str, Array]:
    """Return what each part does in a motion, (T, channels); what it lacks is at rest."""
    known, rest = weights_by_name(motion), np.zeros(motion.frames, np.float32)
    shapes = {
        part: np.stack([known.get(name, rest) for name in names], axis=1)
        for part, names in PARTS.items()
        if part != HEAD
    }
    still = np.zeros((motion.frames, len(PARTS[HEAD])), np.float32)
    return {**shapes, HEAD: still if motion.head is None else motion.head}


def motion_of(parts: Mapping[str, Array], fps: float) -> Motion:
    """Return parts (T, channels) as a motion; those left out are neither shaped nor turned."""
    names = tuple(name for part in parts if part != HEAD for name in PARTS[part])
    weights = np.concatenate([values for part, values in parts.items() if part != HEAD], axis=1)
    clipped = np.clip(weights, 0.0, 1.0).astype(np.float32)
    head = parts[HEAD].astype(np.float32) if HEAD in parts else None
    return Motion(fps, names, named_basis(names), clipped, head=head)


@cache
def measures(part: str) -> dict[str, Floats]:
    """Return by unit the map (channels, D) of a part whose squared length is a mean square error.

    ``mm``: of the lips' vertices, or of those of the upper face; ``degrees``: of how an eye or the
    head turns about an axis.
    """
    if part == HEAD:
        return {"degrees": np.degrees(np.eye(len(PARTS[HEAD]))) / np.sqrt(len(PARTS[HEAD]))}
    region = {MOUTH: "outer_lips", EYES: "upper_face"}[part]
    rows = load_face_rig().regions[region]
    offsets = MM_PER_M * named_basis(PARTS[part])[:, rows].astype(np.float64)  # (K, R, 3)
    flat = offsets.reshape(len(offsets), -1) / np.sqrt(len(rows))
    values, vectors = np.linalg.eigh(flat @ flat.T)  # the same lengths in K numbers, not 3 R
    told = {"mm": vectors * np.sqrt(np.maximum(values, 0.0))}
    return told if part == MOUTH else {**told, "degrees": _eye_turns()}


def _eye_turns() -> Floats:
    """Return the map of `EYE_SHAPES` to yaw and pitch of both eyes in degrees, (K, 4) over 2."""
    turns = np.zeros((len(EYE_SHAPES), 2, 2))
    for row, name in enumerate(EYE_SHAPES):
        found = turning(name)
        if found is not None:
            turns[row, found[0]] = np.degrees(found[1])
    return turns.reshape(len(EYE_SHAPES), -1) / 2.0
