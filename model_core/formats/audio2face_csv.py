"""Audio2Face-3D's ``animation_frames.csv``: ``timeCode`` in seconds and ``blendShapes.NAME``.

Names are ARKit's in Pascal case, and the tongue's 16 where the model has them.
"""

import csv
from collections.abc import Sequence

from ..base.files import atomic_path
from ..motion.motion import Motion
from ..rig.arkit import ARKIT, TONGUE
from . import channel_table
from .arkit_columns import columns_of, pascal
from .channel_table import PathLike, TimeColumn
from .reading import Reading
from .timecodes import seconds_of

_PREFIX = "blendShapes."
_TIMES = TimeColumn("timecode", seconds_of)


def holds(header: Sequence[str]) -> bool:
    """Tell whether a table is of this kind by the names of its columns."""
    return any(name.casefold().startswith(_PREFIX.casefold()) for name in header)


def read(path: PathLike) -> Reading:
    """Read a motion of the face rig's shapes and the tongue's channels.

    Raises:
        UserError: the file is missing or is no such table.
    """
    return channel_table.read(path, _TIMES)


def write(motion: Motion, path: PathLike) -> tuple[str, ...]:
    """Write a motion, and return sentences on what the format has no room for.

    Raises:
        UserError: no shape is one of ARKit's, or the file cannot be written.
    """
    names = names_for(motion)
    values, notes = columns_of(motion, names, "An Audio2Face file")
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["timeCode", *(_PREFIX + pascal(name) for name in names)])
        for frame, row in enumerate(values.tolist()):
            rows.writerow([f"{frame / motion.fps:.6f}", *(f"{value:.10f}" for value in row)])
    return notes


def names_for(motion: Motion) -> tuple[str, ...]:
    """Return what Audio2Face's files hold of a motion: the tongue only where the motion has one."""
    return (*ARKIT, *(TONGUE if set(TONGUE) & set(motion.names) else ()))
