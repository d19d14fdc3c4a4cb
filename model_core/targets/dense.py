"""A motion of any shapes on FLAME's vertices as one of the rig's named channels.

A model that moves vertices brings shapes without meaning. What they do together is fitted by the
rig's shapes, each from 0 to 1, so that anything driven by name can follow.
"""

import numpy as np

from ..base.arrays import Floats
from ..base.errors import UserError
from ..base.units import MM_PER_M
from ..motion.motion import Motion
from ..rig.dialects import CHANNELS
from ..rig.rig import load_face_rig
from ..rig.shapes import FLAME_TOPOLOGY, FLAME_VERTICES
from .bounded import bounded_least_squares

_STIFFNESS = 1e-3  # of the mean shape's own square: settles what two shapes could share
_LOOKED_AT = 48  # frames, the worst on average, whose farthest vertex is sought


def is_named(motion: Motion) -> bool:
    """Return whether all that a motion moves are named channels."""
    return set(motion.names) <= set(CHANNELS)


def to_channels(motion: Motion) -> tuple[Motion, str]:
    """Return a motion as one of the rig's channels, with a sentence on what is lost.

    Raises:
        UserError: the motion is not of FLAME's vertices.
    """
    if motion.topology != FLAME_TOPOLOGY or motion.vertices != FLAME_VERTICES:
        raise UserError(
            f"The model moves a mesh of {motion.vertices} vertices that is not FLAME's, so its "
            "motion cannot be told in named shapes; choose another model."
        )
    rig = load_face_rig()
    shapes = rig.basis.reshape(len(rig.names), -1).astype(np.float64) * MM_PER_M
    given = motion.basis.reshape(len(motion.names), -1).astype(np.float64) * MM_PER_M
    square = shapes @ shapes.T
    stiff = square + _STIFFNESS * np.trace(square) / len(square) * np.eye(len(square))
    wanted = motion.weights @ (given @ shapes.T)
    weights = bounded_least_squares(stiff, wanted, np.ones(len(square)))
    fitted = Motion(motion.fps, rig.names, rig.basis, weights.astype(np.float32))
    return fitted, _loss(motion.weights.astype(np.float64), given, weights, shapes)


def _loss(weights: Floats, given: Floats, fitted: Floats, shapes: Floats) -> str:
    """Return a sentence on how far a fit is from what was given, mm."""
    both, basis = np.hstack([weights, -fitted]), np.vstack([given, shapes])
    squares = np.einsum("tk,kl,tl->t", both, basis @ basis.T, both, optimize=True).clip(0)
    mean = float(np.sqrt(squares.mean() / FLAME_VERTICES))
    worst = np.argsort(squares)[-_LOOKED_AT:]
    rest = (both[worst] @ basis).reshape(len(worst), -1, 3)
    farthest = float(np.linalg.norm(rest, axis=2).max(initial=0.0))
    return (
        "The model moves vertices, not named shapes; told in shapes its motion is "
        f"{mean:.2f} mm off on average, {farthest:.1f} mm at most."
    )
