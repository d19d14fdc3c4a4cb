"""The formats there are, chosen by name, by a file's suffix and, of tables, by their header.

A new one is a module with the functions it can offer and a line in its table; the help and the
refusals of commands are made of the tables.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ..base.errors import UserError
from ..motion.motion import Motion
from . import (
    audio2face_csv,
    audio2face_json,
    curve_json,
    curve_npz,
    live_link_csv,
    weights_csv,
)
from .channel_table import header_of
from .curve_set import CurveSet
from .reading import Reading

PathLike = str | os.PathLike[str]
Writer = Callable[[Motion, PathLike], tuple[str, ...]]


class MotionFormat(NamedTuple):
    """How motions are kept in files of a kind.

    Attributes:
        suffix: of its files.
        what: a few words for help texts.
        read: raises `UserError` for files that are none.
        write: raises `UserError` where it cannot; writes whole files or none, and returns
            sentences on what of a motion the format has no room for.
        holds: tells by the names of a table's columns whether it is of this kind; None for files
            that are no tables.
        write_dense: as ``write``, with every vertex's offsets; None where the format has no room.
    """

    suffix: str
    what: str
    read: Callable[[PathLike], Reading]
    write: Writer
    holds: Callable[[Sequence[str]], bool] | None = None
    write_dense: Writer | None = None


class CurveFormat(NamedTuple):
    """How reduced curves are kept in files of a suffix; as `MotionFormat`."""

    what: str
    read: Callable[[PathLike], CurveSet]
    write: Callable[[CurveSet, PathLike], None]


def _npz(path: PathLike) -> Reading:
    return Reading(Motion.load(path))


def _write_npz(motion: Motion, path: PathLike, *, dense: bool = False) -> tuple[str, ...]:
    motion.save(path, dense=dense)
    return ()


MOTION_FORMATS = {
    "npz": MotionFormat(
        ".npz",
        "the motion whole: weights and shapes",
        _npz,
        _write_npz,
        write_dense=partial(_write_npz, dense=True),
    ),
    "csv": MotionFormat(
        ".csv",
        "a time and a weight a column",
        weights_csv.read,
        weights_csv.write,
        weights_csv.holds,
    ),
    "livelink": MotionFormat(
        ".csv",
        "Live Link Face's and NeuroSync's takes",
        live_link_csv.read,
        live_link_csv.write,
        live_link_csv.holds,
    ),
    "a2f": MotionFormat(
        ".json", "Audio2Face's export", audio2face_json.read, audio2face_json.write
    ),
    "a2f-csv": MotionFormat(
        ".csv",
        "Audio2Face-3D's animation frames",
        audio2face_csv.read,
        audio2face_csv.write,
        audio2face_csv.holds,
    ),
}
"""By name; of those with one suffix the first is written where no name is given."""
CURVE_FORMATS = {
    ".json": CurveFormat("for other programs", curve_json.read, curve_json.write),
    ".npz": CurveFormat("small and exact", curve_npz.read, curve_npz.write),
}


def described(formats: Mapping[str, MotionFormat] | Mapping[str, CurveFormat]) -> str:
    """Return what the formats of a table are called and stand for, for help and refusals."""
    return ", ".join(f"{name} ({each.what})" for name, each in formats.items())


MOTION_SUFFIXES = tuple(dict.fromkeys(each.suffix for each in MOTION_FORMATS.values()))


def motion_suffixes() -> str:
    """Return the suffixes of files of motions, for help."""
    return ", ".join(MOTION_SUFFIXES)


def read_motion(path: PathLike, name: str | None = None) -> Motion:
    """Read a motion from a file of any format there is; as `reading_of`, without its notes."""
    return reading_of(path, name).motion


def reading_of(path: PathLike, name: str | None = None) -> Reading:
    """Read a motion from a file of any format there is.

    Args:
        path: the file.
        name: of its format; told by its suffix, and by the header of a table, if None.

    Raises:
        UserError: it is of no format there is, or cannot be read.
    """
    return MOTION_FORMATS[name or recognised(path)].read(path)


def recognised(path: PathLike) -> str:
    """Return the name of a file's format: by its suffix and, of tables, its header.

    Raises:
        UserError: there is none, with those there are; or a table cannot be read.
    """
    named = _of_suffix(path)
    if len(named) == 1:
        return named[0]
    header = header_of(path)
    found = (name for name in named if (holds := MOTION_FORMATS[name].holds) and holds(header))
    return next(found, named[0])


def write_motion(
    motion: Motion, path: PathLike, name: str | None = None, *, dense: bool = False
) -> tuple[str, ...]:
    """Write a motion, and return sentences on what of it the format has no room for.

    Args:
        motion: what to write.
        path: the file.
        name: of the format; the first with the path's suffix if None.
        dense: write every vertex's offsets too.

    Raises:
        UserError: there is no such format, it keeps no offsets, or the file cannot be written.
    """
    return motion_writer(path, name, dense=dense)(motion, path)


def motion_writer(path: PathLike, name: str | None = None, *, dense: bool = False) -> Writer:
    """Return what `write_motion` would write with; ask it before long work whose result goes there.

    Raises:
        UserError: as `write_motion`, but for the writing.
    """
    chosen = MOTION_FORMATS[name or _of_suffix(path)[0]]
    if Path(path).suffix.lower() != chosen.suffix:
        raise UserError(f"{path}: files of the format {name} end in {chosen.suffix}; call it so.")
    if not dense:
        return chosen.write
    if chosen.write_dense is None:
        having = [each.suffix for each in MOTION_FORMATS.values() if each.write_dense]
        raise UserError(f"{path}: only {' and '.join(having)} can hold vertex offsets.")
    return chosen.write_dense


def _of_suffix(path: PathLike) -> list[str]:
    """Return the names of the formats of motions with a path's suffix, one at least."""
    suffix = Path(path).suffix.lower()
    named = [name for name, each in MOTION_FORMATS.items() if each.suffix == suffix]
    if not named:
        raise UserError(
            f"{path}: unknown format {suffix or '(no suffix)'!r}; choose from {motion_suffixes()}: "
            f"{described(MOTION_FORMATS)}."
        )
    return named


def curve_format(path: PathLike) -> CurveFormat:
    """Return the format of curves of a path's suffix; ask it before long work.

    Raises:
        UserError: there is none, with those there are.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in CURVE_FORMATS:
        raise UserError(
            f"{path}: unknown format {suffix or '(no suffix)'!r}; choose from "
            f"{described(CURVE_FORMATS)}."
        )
    return CURVE_FORMATS[suffix]


def read_curves(path: PathLike) -> CurveSet:
    """Read reduced curves from a file of any format there is. Raises `UserError` if it cannot."""
    return curve_format(path).read(path)


def write_curves(curves: CurveSet, path: PathLike) -> None:
    """Write reduced curves in the format of the suffix. Raises `UserError` if it cannot."""
    curve_format(path).write(curves, path)
