"""The jobs that a report shows: of a table with its results, or of results alone."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from ...base.errors import UserError
from ..jobs_file import read_rows
from ..order import read_entries
from ..paths import PATHS_APART, named_path
from ..results import SUFFIX, Result, records_in, results_files
from ..rows import COLUMNS
from .findings import Line, looked_at


def lines_of(path: Path) -> list[Line]:
    """Return the jobs of a table of jobs or of a file of results, in their order.

    Raises:
        UserError: there is no such file, or it has no results.
    """
    if not path.is_file():
        raise UserError(f"There is no file {path}; name a table of jobs or its results.")
    is_results = path.name.endswith(SUFFIX)
    records = list(_latest([path]).values()) if is_results else _of_table(path)
    if not records:
        raise UserError(f"{path} has no results yet; run the batch first.")
    return [_line(number, record, path.parent) for number, record in enumerate(records, 1)]


def _of_table(path: Path) -> list[Result]:
    """Return a record for each job of a table; those without a result have their row alone."""
    known = _latest(results_files(path.resolve()))
    entries = read_entries(read_rows(path), path.resolve().parent)
    rows = (entry.row.values for entry in entries)
    return [known.get(_job(row), {"row": row}) for row in rows] if known else []


def _latest(files: list[Path]) -> dict[tuple[str, ...], Result]:
    """Return the last record of each job, in order of the first ones."""
    found: dict[tuple[str, ...], Result] = {}
    for record in _records(files):
        name = _job(record["row"])
        before = str(found[name].get("finished", "")) if name in found else ""
        if str(record.get("finished", "")) >= before:
            found[name] = record
    return found


def _job(row: Mapping[str, object]) -> tuple[str, ...]:
    """Return what tells a job from others; several may add to one scene."""
    return tuple(str(row.get(column, "")) for column in COLUMNS)


def _records(files: list[Path]) -> Iterator[Result]:
    for file in files:
        for record in records_in(file):
            if isinstance(record.get("row"), dict):
                yield record


def _line(number: int, record: Result, folder: Path) -> Line:
    row = record["row"]
    texts = str(row.get("output", "")).split(PATHS_APART)
    outputs = [found for text in texts if (found := _path(text, folder))]
    return looked_at(number, record, _path(str(row.get("audio", "")), folder), tuple(outputs))


def _path(text: str, folder: Path) -> Path | None:
    try:
        return named_path(text, folder) if text.strip() else None
    except UserError:  # a path of another system
        return None
