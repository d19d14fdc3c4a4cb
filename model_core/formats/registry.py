"""The formats there are, chosen by a file's suffix.

A new one is a module with the functions it can offer and a line in its table; the help and the
refusals of commands are made of the tables.
"""

import os
from collections.abc import Callable, Mapping
from functools import partial
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
        write_dense: as ``write``, with every vertex's offsets; None where the format has no room.
    """

    what: str
    read: Callable[[PathLike], Motion]
    write: Callable[[Motion, PathLike], None]
    write_dense: Callable[[Motion, PathLike], None] | None = None


class CurveFormat(NamedTuple):
    """How reduced curves are kept in files of a suffix; as `MotionFormat`."""

    what: str
    read: Callable[[PathLike], CurveSet]
    write: Callable[[CurveSet, PathLike], None]


MOTION_FORMATS = {
    ".npz": MotionFormat(
        "the motion whole: weights and shapes",
        Motion.load,
        Motion.save,
        partial(Motion.save, dense=True),
    ),
    ".csv": MotionFormat("a time and a weight a column", weights_csv.read, weights_csv.write),
}
CURVE_FORMATS = {
    ".json": CurveFormat("for other programs", curve_json.read, curve_json.write),
    ".npz": CurveFormat("small and exact", curve_npz.read, curve_npz.write),
}


Format = TypeVar("Format", MotionFormat, CurveFormat)


def described(formats: Mapping[str, MotionFormat] | Mapping[str, CurveFormat]) -> str:
    """Return the suffixes of a table and what each stands for, for help and refusals."""
    return ", ".join(f"{suffix} ({each.what})" for suffix, each in formats.items())


def format_of(formats: Mapping[str, Format], path: PathLike) -> Format:
    """Return the format of a path's suffix; ask it before long work whose result goes there.

    Raises:
        UserError: there is none, with those there are.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in formats:
        raise UserError(
            f"{path}: unknown format {suffix or '(no suffix)'!r}; choose from {described(formats)}."
        )
    return formats[suffix]


def read_motion(path: PathLike) -> Motion:
    """Read a motion from a file of any format there is. Raises `UserError` if it cannot."""
    return format_of(MOTION_FORMATS, path).read(path)


def write_motion(motion: Motion, path: PathLike, *, dense: bool = False) -> None:
    """Write a motion in the format of the path's suffix.

    Args:
        motion: what to write.
        path: the file.
        dense: write every vertex's offsets too.

    Raises:
        UserError: there is no such format, it keeps no offsets, or the file cannot be written.
    """
    motion_writer(path, dense=dense)(motion, path)


def motion_writer(path: PathLike, *, dense: bool = False) -> Callable[[Motion, PathLike], None]:
    """Return what `write_motion` would write with. Raises `UserError` as it does."""
    chosen = format_of(MOTION_FORMATS, path)
    if not dense:
        return chosen.write
    if chosen.write_dense is None:
        having = [suffix for suffix, each in MOTION_FORMATS.items() if each.write_dense]
        raise UserError(f"{path}: only {' and '.join(having)} can hold vertex offsets.")
    return chosen.write_dense


def read_curves(path: PathLike) -> CurveSet:
    """Read reduced curves from a file of any format there is. Raises `UserError` if it cannot."""
    return format_of(CURVE_FORMATS, path).read(path)


def write_curves(curves: CurveSet, path: PathLike) -> None:
    """Write reduced curves in the format of the suffix. Raises `UserError` if it cannot."""
    format_of(CURVE_FORMATS, path).write(curves, path)
