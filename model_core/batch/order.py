"""Which jobs of a table write one file, build on each other, or would spoil each other."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from ..base.errors import UserError
from .jobs_file import Job, parse_job
from .naming import particular
from .paths import Place, named_path, place, place_anywhere
from .rows import Row


@dataclass(frozen=True)
class Entry:
    """A row of the table, read.

    Attributes:
        number: which job it is, from 1.
        row: what the table says.
        job: what that means, or None.
        problem: why there is no job, or nothing.
        reads: its scene's place, or nothing where none can be made of what the row says.
        writes: its output's place, likewise.
    """

    number: int
    row: Row
    job: Job | None = None
    problem: str = ""
    reads: Place = ()
    writes: Place = ()

    @property
    def in_place(self) -> bool:
        """Whether it is saved over its own scene."""
        return self.writes != () and self.reads == self.writes

    @property
    def output(self) -> Path:
        """The file its job saves; `UserError` tells why there is no job."""
        if self.job is None or self.job.output is None:
            raise UserError(self.problem)
        return self.job.output


def read_entries(rows: list[Row], folder: Path) -> list[Entry]:
    """Return the rows of a table with the jobs they describe; a bad row keeps its reason.

    A row whose sound is a pattern is a job for each sound.
    """
    every = [each for row in rows for each in particular(row, folder)]
    return [_entry(number, row, folder) for number, row in enumerate(every, 1)]


def _entry(number: int, row: Row, folder: Path) -> Entry:
    try:
        job = parse_job(row, folder)
        return Entry(number, row, job, "", place(job.scene or folder), place(job.output or folder))
    except UserError as error:
        reads, writes = (_place(row, column, folder) for column in ("scene", "output"))
        return Entry(number, row, None, str(error), reads, writes)


def _place(row: Row, column: str, folder: Path) -> Place:
    """Return the place that a row which is no job names all the same, or nothing."""
    if row.problem or not row.values[column]:
        return ()
    try:
        return place(named_path(row.values[column], folder))
    except UserError:
        return ()


def before(entries: list[Entry]) -> dict[int, set[int]]:
    """Return the numbers of the jobs that must be over before each, by number.

    Those are the earlier ones that write what it opens or writes.
    """
    writers: dict[Place, set[int]] = defaultdict(set)
    found = {}
    for entry in entries:
        told = [writers[place] for place in {entry.reads, entry.writes} if place]
        found[entry.number] = set().union(*told)
        if entry.writes:
            writers[entry.writes].add(entry.number)
    return found


def conflicts(entries: list[Entry]) -> dict[int, str]:
    """Return a sentence for each job, by number, whose work another of the table would undo.

    Several jobs may save one file only if each after the first opens that file, so that it adds to
    it; and a job may open what another saves only if that one comes before it.
    """
    jobs = [entry for entry in entries if entry.job is not None]
    writers: dict[Place, list[Entry]] = defaultdict(list)
    for entry in jobs:
        writers[place_anywhere(entry.output)].append(entry)
    return _rival_writers(list(writers.values())) | _early_readers(jobs)


def _rival_writers(groups: list[list[Entry]]) -> dict[int, str]:
    found = {}
    for group in groups:
        rivals = [entry for entry in group[1:] if not _adds_to(entry, group[0])]
        for entry in group if rivals else ():
            others = ", ".join(str(other.row.line) for other in group if other is not entry)
            found[entry.number] = (
                f"line {entry.row.line} saves the same file as line {others}; give each an output "
                "of its own, or open that file as the later one's scene to add to it"
            )
    return found


def _adds_to(entry: Entry, first: Entry) -> bool:
    return entry.in_place and entry.writes == first.writes


def _early_readers(jobs: list[Entry]) -> dict[int, str]:
    last_writer = {entry.writes: entry for entry in jobs}
    found = {}
    for entry in jobs:
        writer = last_writer.get(entry.reads)
        if writer is not None and writer.number > entry.number and not entry.in_place:
            found[entry.number] = (
                f"line {entry.row.line} opens {entry.row.values['scene']}, which line "
                f"{writer.row.line} saves after it; put that line first, or give it another output"
            )
    return found
