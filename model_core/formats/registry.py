"""The formats there are, chosen by a file's suffix.

A new one is a module with the functions it can offer and a line in its table.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

from ..base.errors import UserError
from ..motion.motion import Motion
from . import curve_json, curve_npz, weights_csv
from .curve_set import CurveSet

PathLike = str | os.PathLike[str]


class MotionFormat(NamedTuple):
    """How motions are kept in files of a suffix.

    Attributes:
        what: a few words for help texts.
        read: raises `UserError` for files that are none.
        write: raises `UserError` where it cannot; writes whole files or none.
    """

    what: str
    read: Callable[[PathLike], Motion]
    write: Callable[[Motion, PathLike], None]


class CurveFormat(NamedTuple):
    """How reduced curves are kept in files of a suffix; as `MotionFormat`."""

    what: str
    read: Callable[[PathLike], CurveSet]
    write: Callable[[CurveSet, PathLike], None]


MOTION_FORMATS = {
    ".npz": MotionFormat("the motion whole: weights and shapes", Motion.load, Motion.save),
    ".csv": MotionFormat("a time and a weight a column", weights_csv.read, weights_csv.write),
}
CURVE_FORMATS = {
    ".json": CurveFormat("for other programs", curve_json.read, curve_json.write),
    ".npz": CurveFormat("small and exact", curve_npz.read, curve_npz.write),
}


def read_motion(path: PathLike) -> Motion:
    """Read a motion from a file of any format there is. Raises `UserError` if it cannot."""
    return _chosen(MOTION_FORMATS, path).read(path)


def write_motion(motion: Motion, path: PathLike) -> None:
    """Write a motion in the format of the path's suffix. Raises `UserError` if it cannot."""
    _chosen(MOTION_FORMATS, path).write(motion, path)


def read_curves(path: PathLike) -> CurveSet:
    """Read reduced curves from a file of any format there is. Raises `UserError` if it cannot."""
    return _chosen(CURVE_FORMATS, path).read(path)


def write_curves(curves: CurveSet, path: PathLike) -> None:
    """Write reduced curves in the format of the suffix. Raises `UserError` if it cannot."""
    _chosen(CURVE_FORMATS, path).write(curves, path)


Format = TypeVar("Format", MotionFormat, CurveFormat)


def _chosen(formats: Mapping[str, Format], path: PathLike) -> Format:
    suffix = Path(path).suffix.lower()
    if suffix not in formats:
        known = ", ".join(f"{known} ({each.what})" for known, each in formats.items())
        raise UserError(f"{path}: unknown format {suffix or '(no suffix)'!r}; choose from {known}.")
    return formats[suffix]
