"""What reading a file of any format gives: a motion, and what there is to say of it."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ..base.arrays import Array
from ..base.errors import UserError
from ..motion.motion import Motion
from ..rig.arkit import named_basis, split_sides


class Reading(NamedTuple):
    """A motion from a file.

    Attributes:
        motion: what the file holds.
        notes: sentences on what was mended, left out or taken for granted.
    """

    motion: Motion
    notes: tuple[str, ...] = ()


def motion_of_channels(
    fps: float, channels: Mapping[str, Array], turns: Mapping[str, Array] | None = None
) -> Motion:
    """Return channels (T,) by ARKit's names as a motion of the face rig's shapes.

    Args:
        fps: frames per second.
        channels: at least one.
        turns: ``head`` and ``eyes``, as in `Motion`.

    Raises:
        UserError: a name is unknown, or two stand for the same shape.
    """
    split = split_sides(channels)
    if len(split) < sum(len(split_sides({name: weights})) for name, weights in channels.items()):
        raise UserError("It has channels for both sides and for each side at once; keep one kind.")
    weights = np.stack(list(split.values()), axis=1).astype(np.float32)
    names = tuple(split)
    head, eyes = ((turns or {}).get(name) for name in ("head", "eyes"))
    return Motion(fps, names, named_basis(names), weights, head=head, eyes=eyes)
