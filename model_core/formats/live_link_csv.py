"""Live Link Face's table: ``Timecode,BlendshapeCount``, ARKit's 52 channels, head and eyes.

Columns are read by their names, since two orders are about: the app's own files have JawRight
before JawLeft and MouthRight before MouthLeft, Apple's list has them the other way. Files without
head and eyes, and NeuroSync's with seven emotions behind, are read too.
"""

import csv
from collections.abc import Sequence

from ..base.files import atomic_path
from ..motion.motion import Motion
from ..rig.arkit import ARKIT, SWAPPED
from . import channel_table
from .arkit_columns import columns_of, pascal
from .channel_table import PathLike, TimeColumn
from .reading import Reading
from .sides import swapped_note
from .timecodes import seconds_of, timecode
from .turns import TURNS

_COUNT = "blendshapecount"
_TIMES = TimeColumn("timecode", seconds_of, (_COUNT, ""), assumed_fps=60.0)
_CHANNELS = tuple(SWAPPED.get(name, name) for name in ARKIT)
"""In the order that the app's files have them."""


def holds(header: Sequence[str]) -> bool:
    """Tell whether a table is of this kind by the names of its columns."""
    lowered = {name.casefold() for name in header}
    return _COUNT in lowered or (_TIMES.name in lowered and not _dotted(header))


def read(path: PathLike) -> Reading:
    """Read a take as a motion of the face rig's shapes, with head and eyes where it has them.

    Raises:
        UserError: the file is missing or is no such table.
    """
    reading = channel_table.read(path, _TIMES)
    note = swapped_note(reading.motion)
    return reading._replace(notes=(*reading.notes, *([note] if note else [])))


def write(motion: Motion, path: PathLike) -> tuple[str, ...]:
    """Write a motion as the app writes a take, and return sentences on what it has no room for.

    The first frame is at 00:00:00:00.000; frames count to 60 a second whatever the motion's rate.

    Raises:
        UserError: no shape is one of ARKit's, or the file cannot be written.
    """
    names = (*_CHANNELS, *TURNS)
    values, notes = columns_of(motion, names, "A Live Link Face file")
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["Timecode", "BlendshapeCount", *map(pascal, names)])
        for frame, row in enumerate(values.tolist()):
            cells = [f"{value:.10f}" for value in row]
            rows.writerow([timecode(frame / motion.fps), len(names), *cells])
    return notes


def _dotted(header: Sequence[str]) -> bool:
    return any("." in name for name in header)
