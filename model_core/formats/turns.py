"""How head and eyeballs turn, as the nine columns that Live Link Face and its kin have for it.

They count yaw to the character's right, `Motion` to the left; pitch is the same. Measured on the
eyes of real takes, whose columns follow their eyeLook channels (r .94 and more); roll changes its
sign with yaw, since the one's axes are the other's in a mirror. Takes with a moving head are said
to count alike.
"""

from collections.abc import Mapping

import numpy as np

from ..base.arrays import Array
from ..motion.motion import Motion

_PARTS = ("Yaw", "Pitch", "Roll")
HEAD = tuple(f"head{part}" for part in _PARTS)
EYES = tuple(f"{side}Eye{part}" for side in ("left", "right") for part in _PARTS)
TURNS = (*HEAD, *EYES)
_SIGNS = np.array([-1.0, 1.0, -1.0], np.float32)


def turns_of(columns: Mapping[str, Array]) -> dict[str, Array]:
    """Return the ``head`` and ``eyes`` of a `Motion` from columns (T,) in radians.

    Columns that rest throughout say nothing: recorders write noughts for what they do not track.
    """
    found = {}
    for name, parts, shape in (("head", HEAD, (-1, 3)), ("eyes", EYES, (-1, 2, 3))):
        known = [columns[part] for part in parts if part in columns]
        if any(column.any() for column in known):
            rest = np.zeros_like(known[0])
            angles = np.stack([columns.get(part, rest) for part in parts], axis=1)
            found[name] = angles.reshape(shape) * _SIGNS
    return found


def turn_columns(motion: Motion) -> dict[str, Array]:
    """Return the columns (T,) of what is known of a motion's head and eyes."""
    columns: dict[str, Array] = {}
    for name, parts in (("head", HEAD), ("eyes", EYES)):
        turned = motion.turns().get(name)
        if turned is not None:
            flat = (turned * _SIGNS).reshape(motion.frames, len(parts))
            columns |= dict(zip(parts, flat.T, strict=True))
    return columns
