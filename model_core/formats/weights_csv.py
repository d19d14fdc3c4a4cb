"""Weights as a table any program reads: a header ``time,NAME,...``, then a row a frame.

Times are seconds. Only weights are kept, so reading one back needs shapes by those names: the face
rig's.
"""

import csv
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..base.errors import UserError
from ..base.files import atomic_path
from ..motion.motion import Motion
from ..rig.rig import load_face_rig

TIME = "time"


def write(motion: Motion, path: str | os.PathLike[str]) -> None:
    """Write a motion's weights. Raises `UserError` if the file cannot be written."""
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow([TIME, *motion.names])
        for frame, weights in enumerate(motion.weights):
            rows.writerow([f"{frame / motion.fps:.6f}", *(f"{weight:.6f}" for weight in weights)])


def read(path: str | os.PathLike[str]) -> Motion:
    """Read weights as a motion of the face rig's shapes.

    Raises:
        UserError: the file is missing, is no such table, or names shapes that the rig has not.
    """
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            header, *rows = csv.reader(file)
        numbers = np.array(rows, np.float64)
        fps = _frame_rate(header, numbers)
    except FileNotFoundError:
        raise UserError(f"There is no file of weights at {path}.") from None
    except (OSError, ValueError, csv.Error) as error:
        raise UserError(f"{path} is not a table of weights ({error}); write it again.") from error
    names = tuple(header[1:])
    return Motion(fps, names, load_face_rig().select(names), numbers[:, 1:].astype(np.float32))


def _frame_rate(header: Sequence[str], numbers: np.ndarray) -> float:
    """Return frames per second from the first column; raise `ValueError` for other tables."""
    if not header or header[0] != TIME or numbers.ndim != 2 or numbers.shape[1] != len(header):
        raise ValueError(f"its first column must be {TIME!r}, and every row as long as the header")
    if len(numbers) < 2 or (np.diff(numbers[:, 0]) <= 0).any():
        raise ValueError("its times must rise, in two rows or more")
    fps = (len(numbers) - 1) / (numbers[-1, 0] - numbers[0, 0])
    return float(round(fps, 3))
