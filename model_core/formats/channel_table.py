"""Tables of channels over time as programs and phones leave them: a header, then a row a frame.

Columns are found by the header, never by their place. What is broken is mended where its
neighbours tell how, and said.
"""

import csv
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..base.arrays import Flags, Floats
from ..base.errors import UserError
from ..motion.motion import Motion
from ..motion.resampling import interpolate
from .channel_names import known_columns, listed
from .frame_times import Frames, even_frames, rising
from .reading import Reading, motion_of_channels
from .turns import TURNS, turns_of

LARGEST = 1e6
"""What is beyond is no weight and no angle, but a fault of the file's."""
Row = Sequence[str]
PathLike = str | os.PathLike[str]


class TimeColumn(NamedTuple):
    """Where the times of a kind of table are.

    Attributes:
        name: of the column, in small letters.
        seconds: return the times (N,) of its cells, NaN where there is none.
        besides: names, in small letters, of columns that hold no channel and need no mention.
        assumed_fps: of rows where there is no such column; None if it must be there.
    """

    name: str
    seconds: Callable[[Sequence[str]], Floats]
    besides: tuple[str, ...] = ("",)
    assumed_fps: float | None = None


def read(path: PathLike, times: TimeColumn) -> Reading:
    """Read a table as a motion of the face rig's shapes.

    Raises:
        UserError: the file is missing, is no such table, or no column is a known channel.
    """
    try:
        header, rows = _cells(path)
        return _reading(header, rows, times)
    except FileNotFoundError:
        raise UserError(f"There is no file at {path}.") from None
    except (OSError, ValueError, csv.Error) as error:
        raise UserError(f"{path} is no table of face motion: {error}.") from error
    except UserError as error:
        raise UserError(f"{path}: {error}") from error


def header_of(path: PathLike) -> list[str]:
    """Return the names in a table's first row, without the spaces around them; none if it is none.

    Raises:
        UserError: the file cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            first = file.readline(_LONGEST_HEADER).decode("utf-8-sig", "replace")
        return [name.strip() for name in next(csv.reader([first], delimiter=_delimiter(first)), [])]
    except FileNotFoundError:
        raise UserError(f"There is no file at {path}.") from None
    except csv.Error:
        return []
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error}).") from error


_LONGEST_HEADER = 1 << 16


def _cells(path: PathLike) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows that are not empty. Raises `ValueError` if there is none."""
    with Path(path).open(newline="", encoding="utf-8-sig") as file:
        lines = file.read().splitlines()
    rows = list(csv.reader(lines, delimiter=_delimiter(lines[0] if lines else "")))
    header = [name.strip() for name in rows[0]] if rows else []
    filled = [row for row in rows[1:] if any(cell.strip() for cell in row)]
    if not filled:
        raise ValueError("it holds no frames")
    return header, filled


def _delimiter(line: str) -> str:
    """Return what stands between cells: spreadsheets in much of Europe write semicolons."""
    return max(",;\t", key=line.count)


def _reading(header: list[str], rows: list[list[str]], times: TimeColumn) -> Reading:
    """Return the motion of a table's cells. Raises as `read`."""
    columns = known_columns(header)
    if not set(columns) - set(TURNS):
        raise ValueError(f"none of its columns is a channel of the face ({listed(header)})")
    whole, notes = _whole_rows(header, rows)
    seconds, unclocked = _seconds(header, whole, times)
    later = rising(seconds)
    notes += unclocked + _left_out(later)
    if later.sum() * 2 <= len(later):
        raise ValueError(f"most rows have no time later than the last in its column {times.name!r}")
    frames = even_frames(seconds[later])
    cells = [[row[column] for column in columns.values()] for row in whole]
    values, mended = _mended(_numbers(cells)[later], seconds[later], tuple(columns))
    left = [name for name in _unknown(header, columns, times) if name]
    notes += [*mended, *frames.notes, *([f"Left out: the columns {listed(left)}."] if left else [])]
    return Reading(_motion(tuple(columns), values, frames), tuple(notes))


def _whole_rows(header: Row, rows: list[list[str]]) -> tuple[list[list[str]], list[str]]:
    """Return the rows as long as the header, and a sentence on others."""
    width = len(header)
    whole = [row for row in rows if len(row) >= width and not any(row[width:])]
    broken = len(rows) - len(whole)
    if not whole:
        raise ValueError("its rows are not as long as its header")
    if broken == 1 and len(rows[-1]) < width:
        return whole, ["The last row is cut short and was left out."]
    return whole, [f"{broken} rows are not as long as the header and were left out."] * bool(broken)


def _seconds(header: Row, rows: list[list[str]], times: TimeColumn) -> tuple[Floats, list[str]]:
    """Return the times (N,) of rows, and a sentence if they are assumed."""
    lowered = [name.casefold() for name in header]
    if times.name not in lowered:
        fps = times.assumed_fps
        if fps is None:
            raise ValueError(f"it has no column {times.name!r}")
        assumed = f"It has no column {times.name!r}; {fps:g} frames a second were taken."
        return np.arange(len(rows)) / fps, [assumed]
    place = lowered.index(times.name)
    return times.seconds([row[place] for row in rows]), []


def _left_out(later: Flags) -> list[str]:
    """Return a sentence on rows without a time of their own."""
    count = int((~later).sum())
    rows = "1 row has" if count == 1 else f"{count} rows have"
    return [f"{rows} no time later than the rows before, and was left out."] * bool(count)


def _numbers(cells: Sequence[Row]) -> Floats:
    """Return cells (N, C) as numbers, NaN where there is none; decimal commas are taken.

    What no weight or angle can be is none.
    """
    try:
        values = np.array(cells, np.float64)
    except ValueError:
        values = np.array([[_number(cell) for cell in row] for row in cells])
    return np.where(np.abs(values) < LARGEST, values, np.nan)


def _number(cell: str) -> float:
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return np.nan


def _mended(values: Floats, seconds: Floats, names: Row) -> tuple[Floats, list[str]]:
    """Return values (N, C) without holes, read between their neighbours, and sentences on them.

    A column without a number is noughts.
    """
    holes: Flags = np.isnan(values)
    blank: Flags = np.asarray(holes.all(axis=1))
    if blank.sum() * 2 >= len(blank):
        raise ValueError("most of its rows hold no numbers")
    empty: Flags = np.asarray(holes.all(axis=0))
    values[:, empty] = 0.0
    for column in np.flatnonzero(holes.any(axis=0) & ~empty):
        known = ~holes[:, column]
        values[:, column] = np.interp(seconds, seconds[known], values[known, column])
    scattered = int(holes[~blank][:, ~empty].sum())
    unnamed = [name for name, none in zip(names, empty, strict=True) if none]
    notes = []
    if blank.any():
        notes.append(
            f"{int(blank.sum())} rows are blank, as where no face was seen; the face moves evenly "
            "through them."
        )
    if scattered:
        notes.append(f"{scattered} cells hold no number; they follow their neighbours.")
    if unnamed:
        notes.append(f"There is no number for {listed(unnamed)}, which rest.")
    return values, notes


def _unknown(header: Row, columns: dict[str, int], times: TimeColumn) -> list[str]:
    """Return the names of columns that are not read."""
    places = set(columns.values())
    quiet = {times.name, *times.besides}
    return [
        name
        for place, name in enumerate(header)
        if place not in places and name.casefold() not in quiet
    ]


def _motion(names: Row, values: Floats, frames: Frames) -> Motion:
    """Return rows (N, C) at the frames as a motion."""
    at_frames = interpolate(values.astype(np.float32), frames.at)
    columns = dict(zip(names, at_frames.T, strict=True))
    channels = {name: column for name, column in columns.items() if name not in TURNS}
    return motion_of_channels(frames.fps, channels, turns_of(columns))
