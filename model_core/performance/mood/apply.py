"""A mood on a motion: added within limits, with every closure of the lips kept.

Where lips were closed they still are, to a tenth of a millimetre: what the mood parts there is
taken back with mouthClose, what it presses together with jawOpen.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ...base.arrays import Floats
from ...base.errors import UserError
from ...motion.channels import weights_by_name, with_channels
from ...motion.motion import Motion
from ...rig.gaze import SIDES
from ...rig.rig import load_face_rig
from ...rig.shapes import FLAME_TOPOLOGY
from ..closing import as_closed
from ..life.head import ease_ends
from ..life.manner import Manner
from ..life.voice import RATE
from .moods import MOODS, MOST

Amounts = Mapping[str, float | Floats]
"""Of each mood by name: a number, or (T,) of them."""

_SPREADING = ("mouthSmile", "mouthStretch", "mouthDimple")
_ROUNDING = ("mouthPucker", "mouthFunnel")
_GIVING_WAY = 0.8  # how much of a smile goes where lips are rounded


def check_moods(amounts: Amounts) -> None:
    """Raise `UserError` if a mood is unknown, or an amount out of place."""
    for name, amount in amounts.items():
        if name not in MOODS:
            raise UserError(f"There is no mood '{name}'; choose from {', '.join(MOODS)}.")
        values = np.asarray(amount, np.float64)
        if not (np.isfinite(values).all() and values.min() >= 0.0 and values.max() <= MOST):
            raise UserError(f"The amount of the mood '{name}' must lie from 0 to {MOST:g}.")


def with_moods(motion: Motion, amounts: Amounts) -> Motion:
    """Return a motion in some moods.

    Args:
        motion: on FLAME's topology; another is returned as it is.
        amounts: of each mood, a number or one for each of its T frames.

    Raises:
        UserError: a mood is unknown, or an amount out of place.
    """
    check_moods(amounts)
    pose = _pose(amounts, motion.frames)
    if not pose or motion.topology != FLAME_TOPOLOGY:
        return motion
    before = weights_by_name(motion)
    rounding = sum((before.get(name, 0.0) for name in _ROUNDING), np.zeros(motion.frames))
    for name in pose:
        if name.startswith(_SPREADING):
            pose[name] *= 1.0 - _GIVING_WAY * np.clip(rounding, 0.0, 1.0)
        there = before.get(name, np.zeros(motion.frames))
        pose[name] = np.minimum(pose[name], np.maximum(1.0 - there, 0.0))
    return as_closed(motion, with_channels(motion, pose))


def manner_of(amounts: Amounts, count: int, fps: float) -> tuple[Manner, Floats]:
    """Return how moods change life, and the head's posture.

    Args:
        amounts: of each mood, a number or (T,) at ``fps``.
        count: how many values at `voice.RATE`.
        fps: frames a second.

    Returns:
        The manner (count,) and (count, 3) yaw, pitch and roll in degrees.
    """
    manner, posture = Manner.neutral(count), np.zeros((count, 3))
    at = np.arange(count) / RATE * fps
    for name, amount in amounts.items():
        values = np.atleast_1d(np.asarray(amount, np.float64))
        shown = np.interp(at, np.arange(len(values)), values)
        for attribute in ("blinking", "closing", "looking_away", "brows", "head"):
            factor = getattr(MOODS[name], attribute)
            manner = manner.scaled(attribute, np.maximum(1.0 + shown * (factor - 1.0), 0.1))
        posture += shown[:, None] * np.array(MOODS[name].posture)
    return manner, posture


def _pose(amounts: Amounts, frames: int) -> dict[str, Floats]:
    """Return the weights (T,) that moods add, by shape."""
    rig, pose = load_face_rig(), dict[str, Floats]()
    for name, amount in amounts.items():
        values = np.broadcast_to(np.asarray(amount, np.float64), (frames,))
        if not values.any():
            continue
        for shape, weight in MOODS[name].pose.items():
            for each in (shape, *(f"{shape}{side}" for side in SIDES)):
                if each in rig.names:
                    pose[each] = pose.get(each, np.zeros(frames)) + weight * values
    return pose


def posed(motion: Motion, posture: Floats) -> Motion:
    """Return a motion whose head is also turned by a posture (n, 3) in degrees at `voice.RATE`.

    It is at rest at both ends, so that it leads nowhere between lines.
    """
    at = np.arange(motion.frames) / motion.fps
    grid = np.arange(len(posture)) / RATE
    turned = np.radians(np.column_stack([np.interp(at, grid, axis) for axis in posture.T]))
    turned *= ease_ends(at, motion.duration)[:, None]
    head = turned if motion.head is None else motion.head + turned
    return replace(motion, head=head.astype(np.float32))
