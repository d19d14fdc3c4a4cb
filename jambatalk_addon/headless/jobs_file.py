"""The table of jobs that `batch` reads; needs no Blender."""

import csv
from dataclasses import dataclass
from pathlib import Path

from ...model_core.errors import UserError

_COLUMNS = ("audio", "scene", "mesh", "start", "output")

Row = dict[str, str | None]


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a jobs file.

    Raises:
        UserError: the file is missing, is not CSV or lacks a column.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or [])]
            if missing:
                raise UserError(f"{path} lacks the columns {', '.join(missing)}.")
            return list(reader)
    except FileNotFoundError:
        raise UserError(f"There is no jobs file at {path}.") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is not a CSV file ({error}).") from error


@dataclass(frozen=True)
class Job:
    """What to bake.

    Attributes:
        scene: .blend file to open, or None for what is open.
        mesh: name of the mesh object.
        strip: name of the sound strip; empty where ``audio`` is given.
        audio: sound file, or None.
        start: scene frame at which the file starts.
        output: where to save, or None for the scene's own file.
    """

    scene: Path | None
    mesh: str
    strip: str = ""
    audio: Path | None = None
    start: int = 1
    output: Path | None = None


def parse_job(row: Row, folder: Path) -> Job:
    """Return the job a row describes.

    Raises:
        UserError: a value is missing, or the start is not a whole number.
    """
    values = {name: (row[name] or "").strip() for name in _COLUMNS}
    empty = [name for name in _COLUMNS if name != "start" and not values[name]]
    if empty:
        raise UserError(f"The job has no {empty[0]}.")
    try:
        start = int(values["start"] or 1)
    except ValueError:
        raise UserError(f"The start '{values['start']}' is not a frame number.") from None
    return Job(
        scene=folder / values["scene"],
        mesh=values["mesh"],
        audio=folder / values["audio"],
        start=start,
        output=folder / values["output"],
    )
