"""Weights as a table any program reads: a header ``time,NAME,...``, then a row a frame.

Times are seconds. Names are ARKit's, and are read in any known spelling. Head and eyes follow under
Live Link Face's names where the motion knows them, in radians.
"""

import csv
from collections.abc import Sequence

import numpy as np

from ..base.files import atomic_path
from ..motion.motion import Motion
from . import channel_table
from .channel_table import PathLike, TimeColumn
from .reading import Reading
from .timecodes import seconds_of
from .turns import turn_columns

TIME = "time"
_TIMES = TimeColumn(TIME, seconds_of)


def holds(header: Sequence[str]) -> bool:
    """Tell whether a table is of this kind by the names of its columns."""
    return TIME in (name.casefold() for name in header)


def write(motion: Motion, path: PathLike) -> tuple[str, ...]:
    """Write a motion's weights. Raises `UserError` if the file cannot be written."""
    turns = turn_columns(motion)
    values = np.column_stack([motion.weights, *turns.values()])
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow([TIME, *motion.names, *turns])
        for frame, row in enumerate(values.tolist()):
            rows.writerow([f"{frame / motion.fps:.6f}", *(f"{value:.6f}" for value in row)])
    return ()


def read(path: PathLike) -> Reading:
    """Read weights as a motion of the face rig's shapes.

    Raises:
        UserError: the file is missing, is no such table, or names no shape that is known.
    """
    return channel_table.read(path, _TIMES)
