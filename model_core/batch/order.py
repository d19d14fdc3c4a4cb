"""Which jobs of a table write one file, build on each other, or would spoil each other."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from ..base.errors import UserError
from .jobs_file import Job, parse_job
from .naming import particular
from .outputs import is_scene
from .paths import PATHS_APART, Place, named_path, place, place_anywhere, spelled_alike
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
        writes: the place of its first output, likewise.
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
        """The first file its job writes; `UserError` tells why there is no job."""
        return self.outputs[0]

    @property
    def names(self) -> tuple[str, ...]:
        """What the table calls its `outputs`."""
        texts = [each for each in self.row.values["output"].split(PATHS_APART) if each.strip()]
        ordered = sorted(texts, key=lambda text: not is_scene(Path(text.strip())))
        return tuple(spelled_alike(text) for text in ordered)

    @property
    def outputs(self) -> tuple[Path, ...]:
        """All files its job writes; `UserError` tells why there is no job."""
        if self.job is None:
            raise UserError(self.problem)
        return self.job.outputs


def read_entries(rows: list[Row], folder: Path) -> list[Entry]:
    """Return the rows of a table with the jobs they describe; a bad row keeps its reason.

    A row whose sound is a pattern is a job for each sound.
    """
    every = [each for row in rows for each in particular(row, folder)]
    return [_entry(number, row, folder) for number, row in enumerate(every, 1)]


def _entry(number: int, row: Row, folder: Path) -> Entry:
    try:
        job = parse_job(row, folder)
        return Entry(number, row, job, "", place(job.scene or folder), place(job.outputs[0]))
    except UserError as error:
        reads, writes = (_place(row, column, folder) for column in ("scene", "output"))
        return Entry(number, row, None, str(error), reads, writes)


def _place(row: Row, column: str, folder: Path) -> Place:
    """Return the place that a row which is no job names all the same, or nothing."""
    text = row.values.get(column, "").split(PATHS_APART)[0]
    if row.problem or not text:
        return ()
    try:
        return place(named_path(text, folder))
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

    Several jobs may save one scene only if each after the first opens that file, so that it adds to
    it; anything else only one may write, and none what another is made from. A job may open what
    another saves only if that one comes before it.
    """
    jobs = [entry for entry in entries if entry.job is not None]
    writers: dict[Place, list[Entry]] = defaultdict(list)
    for entry in jobs:
        for path in entry.outputs:
            writers[place_anywhere(path)].append(entry)
    rivals = _rival_writers(writers)
    return rivals | _early_readers(jobs) | _overwriters(jobs, writers)


def _rival_writers(writers: dict[Place, list[Entry]]) -> dict[int, str]:
    found = {}
    for where, group in writers.items():
        rivals = [entry for entry in group[1:] if not _adds_to(entry, group[0], where)]
        for entry in group if rivals else ():
            lines = sorted({other.row.line for other in group if other is not entry})
            found[entry.number] = (
                f"line {entry.row.line} saves the same file for several sounds; put {{stem}} into "
                "its output"
                if lines == [entry.row.line]
                else f"line {entry.row.line} saves the same file as line "
                f"{', '.join(map(str, lines))}; give each an output of its own, or open that file "
                "as the later one's scene to add to it"
            )
    return found


def _adds_to(entry: Entry, first: Entry, where: Place) -> bool:
    """Return whether a job adds to a scene that another makes; there is no adding to an export."""
    same = where == place_anywhere(entry.output) and entry.writes == first.writes
    return same and entry.in_place


def _overwriters(jobs: list[Entry], writers: dict[Place, list[Entry]]) -> dict[int, str]:
    """Return a sentence for each job that would write over a sound or a recording of the table."""
    found = {}
    for entry in jobs:
        assert entry.job is not None  # as those that conflicts are looked for among
        for path in (entry.job.audio, *_recordings(entry.job)):
            for writer in writers.get(place_anywhere(path), ()) if path else ():
                found[writer.number] = (
                    f"line {writer.row.line} would write over {path}, from which line "
                    f"{entry.row.line} is made; give it another output"
                )
    return found


def _recordings(job: Job) -> list[Path]:
    """Return the recorded faces a job's own options name."""
    return [Path(job.options[name]) for name in ("capture",) if job.options.get(name)]


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
