"""Jobs as JSON lines or TOML: objects whose keys are the columns of a table."""

import json
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from ..base.errors import UserError
from .paths import PATHS_APART
from .table import read_text

JSON_LINES = (".jsonl", ".ndjson", ".jsonlines")
TOML = (".toml",)
_JOBS = "job"  # the tables of a TOML file; what stands above them holds for all
_JOB_LINE = re.compile(rf"^\s*\[\[\s*(?:{_JOBS}|\"{_JOBS}\")\s*\]\]", re.MULTILINE)


class Record(NamedTuple):
    """One job as its file has it.

    Attributes:
        line: number of the line it begins in.
        values: text by key, in small letters.
        problem: why it cannot be a job, or nothing.
    """

    line: int
    values: dict[str, str]
    problem: str = ""


def read_json_lines(path: Path) -> tuple[list[Record], list[str]]:
    """Return the jobs of a file with an object a line, and notes on how it was read.

    Raises:
        UserError: it cannot be read, or is no text.
    """
    text, notes = read_text(path)
    lines = enumerate(text.removeprefix("\ufeff").splitlines(), 1)
    return [_of_line(number, line) for number, line in lines if _holds_job(line)], notes


def read_toml(path: Path) -> tuple[list[Record], list[str]]:
    """Return the jobs of a file with a table ``[[job]]`` for each, and notes on how it was read.

    Raises:
        UserError: it cannot be read, is not TOML, or has no such tables.
    """
    text, notes = read_text(path)
    try:
        stored = tomllib.loads(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path} is not TOML ({error}).") from None
    jobs = stored.pop(_JOBS, None)
    if not isinstance(jobs, list) or not all(isinstance(job, dict) for job in jobs):
        raise UserError(f"{path} must have a table [[{_JOBS}]] for each job.")
    starts = [text.count("\n", 0, found.end()) + 1 for found in _JOB_LINE.finditer(text)]
    if len(starts) != len(jobs):  # written as one list, or within a text
        starts = list(range(1, len(jobs) + 1))
    return [_record(at, stored | job) for at, job in zip(starts, jobs, strict=True)], notes


def _holds_job(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith(("#", "//"))


def _of_line(number: int, line: str) -> Record:
    try:
        stored = json.loads(line, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        return Record(number, {}, f"This is not a JSON object ({error}).")
    if not isinstance(stored, dict):
        return Record(number, {}, "This is not a JSON object; write one for each job.")
    return _record(number, stored)


def _without_repeats(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise ValueError(f"it has {key!r} twice")
        made[key] = value
    return made


def _record(line: int, stored: dict[str, Any]) -> Record:
    values: dict[str, str] = {}
    for key, value in stored.items():
        name = key.strip().casefold()
        if name in values:
            return Record(line, values, f"The job has '{name}' twice.")
        try:
            values[name] = _text(value)
        except UserError as error:
            return Record(line, values, f"'{key}' {error}.")
    return Record(line, values)


def _text(value: Any) -> str:
    """Return a value as a table has it. Raises `UserError`, half a sentence, if none has."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return PATHS_APART.join(value)
    if isinstance(value, str | int | float):
        return str(value)
    raise UserError("must be a text, a number, true or false, or a list of texts")
