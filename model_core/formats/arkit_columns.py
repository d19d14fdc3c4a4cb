"""A motion as the columns that files of ARKit's channels have."""

from collections.abc import Sequence

import numpy as np

from ..base.arrays import Array
from ..base.errors import UserError
from ..motion.channels import weights_by_name
from ..motion.motion import Motion
from ..rig.arkit import ARKIT, merge_sides
from .channel_names import listed
from .turns import turn_columns


def columns_of(motion: Motion, names: Sequence[str], what: str) -> tuple[Array, tuple[str, ...]]:
    """Return a motion's columns (T, C), noughts where it lacks one, and sentences on what is lost.

    Args:
        motion: with weights by names.
        names: of the columns: channels, and those of head and eyes.
        what: the file is, for sentences.

    Raises:
        UserError: no shape is one of ARKit's.
    """
    merged, uneven = merge_sides(weights_by_name(motion))
    if not set(merged) & set(ARKIT):
        raise UserError(
            f"{what} holds ARKit's channels, and the motion has none of them "
            f"({listed(motion.names)}); write .npz, which keeps any shapes."
        )
    merged |= turn_columns(motion)
    lost = [name for name, column in merged.items() if name not in names and column.any()]
    notes = [f"{what} has no column for {listed(lost)}, which were left out."] if lost else []
    if uneven:
        notes.append(f"{what} has one column for both sides of {listed(uneven)}: their mean.")
    rest = np.zeros(motion.frames, np.float32)
    columns = np.stack([merged.get(name, rest) for name in names], axis=1)
    return columns + np.float32(0), tuple(notes)  # no -0


def pascal(name: str) -> str:
    """Return a channel's name as Live Link Face, Unreal and Audio2Face spell it."""
    return name[0].upper() + name[1:]
