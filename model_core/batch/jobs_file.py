"""The table of jobs that `batch` reads: CSV, JSON lines or TOML.

Its columns say what to bake onto what; besides, any option of a bake may be a column, by the word
that the command line has for it, and holds for its row.
"""

import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..base.errors import UserError
from ..performance.option_values import read_option
from ..performance.options import options, words
from .outputs import ENDINGS, ending_of, is_scene
from .paths import PATHS_APART, named_path
from .rows import COLUMNS, Row
from .structured import JSON_LINES, TOML, Record, read_json_lines, read_toml
from .table import NumberedLine, Table, read_table

_ELSE = {"mesh": "character", "output": "outputs"}  # what may stand instead of a column
_LAST_FRAME = 1_048_574  # of Blender; its negative is the first


def _to_standard_error(sentence: str) -> None:
    print(f"note: {sentence}", file=sys.stderr)


def read_rows(path: Path, note: Callable[[str], None] = _to_standard_error) -> list[Row]:
    """Return the rows of a jobs file.

    Args:
        path: JSON lines or TOML, by its suffix, or else CSV as spreadsheets, pandas and text
            editors write it.
        note: told what was read otherwise than it may have been meant.

    Raises:
        UserError: the file is missing, is none of these, lacks or repeats a column, or has one that
            seems to be meant for an option.
    """
    suffix = path.suffix.lower()
    if suffix in JSON_LINES + TOML:
        records, notes = read_json_lines(path) if suffix in JSON_LINES else read_toml(path)
        return _rows_of_records(records, notes, path, note)
    return _rows_of_table(path, note)


def _rows_of_table(path: Path, note: Callable[[str], None]) -> list[Row]:
    """Return the rows of a CSV file."""
    table = read_table(path, (*COLUMNS, *_ELSE.values()))
    table = replace(table, header=[_column(name) for name in table.header])
    _check_header(table, path)
    records = [record for record in table.records if not _is_comment(record, path.parent)]
    for sentence in (*table.notes, *_header_notes(table.header)):
        note(sentence)
    if len(records) < len(table.records):
        note(f"Lines left out because they begin with #: {len(table.records) - len(records)}.")
    return [_row(record, table) for record in records]


def _rows_of_records(
    records: list[Record], notes: list[str], path: Path, note: Callable[[str], None]
) -> list[Row]:
    """Return the rows of objects, whose keys may differ from one to the next."""
    renamed = [
        record._replace(values={_column(name): text for name, text in record.values.items()})
        for record in records
    ]
    header = list(dict.fromkeys(name for record in renamed for name in record.values))
    _check_spelling(header, f"{path}")
    for sentence in (*notes, *_header_notes(header)):
        note(sentence)
    return [Row(each.line, _known_values(each.values), each.problem) for each in renamed]


def _column(name: str) -> str:
    """Return a column's name as it is called here, where an option is written another way."""
    spelled = name.replace(" ", "_").replace("-", "_")
    return spelled if spelled in words() else name


def _check_header(table: Table, path: Path) -> None:
    header = table.header
    missing = [name for name in COLUMNS if name not in header and _ELSE.get(name) not in header]
    if missing:
        columns = "column" if len(missing) == 1 else "columns"
        raise UserError(
            f"{path} lacks the {columns} {', '.join(missing)}{_meant(missing, table.header)}; "
            f"its first line must name {', '.join(COLUMNS[:-1])} and {COLUMNS[-1]}."
        )
    twice = next((name for name in _known_names() if table.header.count(name) > 1), None)
    if twice:
        raise UserError(f"{path} has the column {twice} twice; remove or rename one.")
    _check_spelling(table.header, f"{path}, line {table.header_line}")


def _check_spelling(header: list[str], where: str) -> None:
    """Raise `UserError` if a column that is not known seems to be meant for one that is."""
    for name in _unknown(header):
        alike = [
            word for word in (*words(), *_ELSE.values()) if word[0] == name[0]
        ]  # length is no strength, nor line life
        if near := get_close_matches(name, alike, 1, 0.8):
            raise UserError(
                f"{where}: there is no column {name!r}; name it {near[0]!r} if it is that option, "
                "or else something less like it."
            )


def _known_names() -> tuple[str, ...]:
    return (*COLUMNS, *_ELSE.values(), *words())


def _unknown(header: list[str]) -> list[str]:
    return [name for name in header if name and name not in _known_names()]


def _meant(missing: list[str], header: list[str]) -> str:
    """Return a question about columns whose names are nearly those that are missing."""
    near = {name: get_close_matches(name, _unknown(header), 1, 0.7) for name in missing}
    asked = [f"is '{found[0]}' the {name}?" for name, found in near.items() if found]
    return f" ({' '.join(asked)})" if asked else ""


def _header_notes(header: list[str]) -> list[str]:
    unknown = _unknown(header)
    return [f"Columns that are not read: {', '.join(unknown)}."] if unknown else []


def _row(record: NumberedLine, table: Table) -> Row:
    line, cells = record
    values = dict(zip(table.header, cells, strict=False))
    surplus = [cell for cell in cells[len(table.header) :] if cell.strip()]
    problem = (
        f"{len(cells)} values for {len(table.header)} columns; "
        "put quotes around a value that holds the separator."
    )
    return Row(line, _known_values(values), problem if surplus else "")


def _known_values(values: dict[str, str]) -> dict[str, str]:
    """Return what is read of a row, each under the one name it has here."""
    told = {name: _value(values.get(name, "")) for name in (*COLUMNS, *_ELSE.values())}
    chosen = {word: text for word in words() if (text := _value(values.get(word, "")))}
    mesh, character = told["mesh"] or told["character"], told["character"] or told["mesh"]
    outputs = PATHS_APART.join(each for each in (told["output"], told.pop("outputs")) if each)
    return told | {"mesh": mesh, "character": character, "output": outputs} | chosen


def _value(cell: str) -> str:
    """Return a cell's text; what pandas writes for a missing value is none."""
    text = cell.strip("\ufeff \t\r\n\u00a0")
    return "" if text.casefold() == "nan" else text


def _is_comment(record: NumberedLine, folder: Path) -> bool:
    """Return whether a line is put out of use by a #, and is not of a file whose name begins so."""
    first = record[1][0].strip()
    return first.startswith("#") and not os.path.lexists(folder / first)


@dataclass(frozen=True)
class Job:
    """What to bake.

    Attributes:
        scene: .blend file to open, or None for what is open.
        mesh: name of the mesh object.
        strip: name of the sound strip; empty where ``audio`` is given.
        audio: sound file, or None.
        start: scene frame at which the file starts.
        output: where to save the scene; if None, its own file, unless something is exported.
        exports: what else to write; see `outputs`.
        options: those of the bake that hold for this job alone, by field.
    """

    scene: Path | None
    mesh: str
    strip: str = ""
    audio: Path | None = None
    start: int = 1
    output: Path | None = None
    exports: tuple[Path, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def outputs(self) -> tuple[Path, ...]:
        """All files it writes, the scene first."""
        return (*(() if self.output is None else (self.output,)), *self.exports)


def parse_job(row: Row, folder: Path) -> Job:
    """Return the job a row describes.

    Raises:
        UserError: a value is missing or impossible, or there are too many; it says in which line.
    """
    try:
        return _job(row, folder)
    except UserError as error:
        raise UserError(f"Line {row.line}: {error}") from None


def _job(row: Row, folder: Path) -> Job:
    if row.problem:
        raise UserError(row.problem)
    values = row.values
    empty = [name for name in COLUMNS if name != "start" and not values[name]]
    if empty:
        raise UserError(f"The job has no {empty[0]}.")
    outputs = _outputs(values["output"], folder)
    scenes = [path for path in outputs if is_scene(path)]
    if len(scenes) > 1:
        raise UserError("The job saves two scenes; give each a job of its own.")
    return Job(
        scene=named_path(values["scene"], folder),
        mesh=values["mesh"],
        audio=named_path(values["audio"], folder),
        start=frame_number(values["start"] or "1"),
        output=next(iter(scenes), None),
        exports=tuple(path for path in outputs if not is_scene(path)),
        options={
            name: _option(name, word, values[word], folder)
            for word, name in words().items()
            if word in values
        },
    )


def _outputs(text: str, folder: Path) -> list[Path]:
    """Return the files a job writes. Raises `UserError` for one of no kind there is."""
    paths = [named_path(each, folder) for each in text.split(PATHS_APART) if each.strip()]
    if not paths:
        raise UserError("The job has no output.")
    for path in paths:
        if not ending_of(path):
            raise UserError(f"The output {path} must end in {', '.join(ENDINGS)}.")
    if len(set(paths)) < len(paths):
        raise UserError("The job writes one file twice; name it once.")
    return paths


def _option(name: str, word: str, text: str, folder: Path) -> Any:
    """Return what a cell says an option is to be; a path is relative to the table's folder."""
    default, about = options()[name][0].default, options()[name][1]
    if about.path or about.of_file:
        text = str(named_path(text, folder))
    elif isinstance(default, float):
        text = _with_point(text)
    try:
        return read_option(name, text)
    except UserError as error:
        raise UserError(f"The column {word} is wrong: {error}.") from None


def _with_point(text: str) -> str:
    """Return a number as tables in Europe have it, ``0,5``, with a point.

    Raises:
        UserError: its comma may part thousands.
    """
    if re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", text):
        raise UserError(f"'{text}' can be read in two ways; write it with a point.")
    return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text


def frame_number(text: str) -> int:
    """Return the frame a text names: ``12``, or as tables of numbers have it, ``12.0`` or ``12,0``.

    Raises:
        UserError: it is none, not a whole one, or none that Blender has.
    """
    text = " ".join(text.split())
    if re.fullmatch(r"[+-]?[1-9]\d{0,2}[.,]000", text):
        raise UserError(f"The start '{text}' can be read in two ways; write it without a mark.")
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        raise UserError(f"The start '{text}' is not a frame number.") from None
    if not abs(number) <= _LAST_FRAME:
        raise UserError(
            f"The start {text} is not a frame Blender has: they go from "
            f"-{_LAST_FRAME} to {_LAST_FRAME}."
        )
    if number != int(number):
        raise UserError(f"The start {text} is not a whole frame.")
    return int(number)
