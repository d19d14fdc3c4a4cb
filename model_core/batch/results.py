"""What a batch has done, one JSON object a line in a file beside the table."""

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from ..base.errors import UserError
from ..base.lock import exclusive
from .settings import Shard

SUFFIX = ".results.jsonl"
DONE, SKIPPED, FAILED = "done", "skipped", "failed"
Lineage = tuple[str, ...]
Result = dict[str, Any]


class Results:
    """The results of the batches of one table.

    A line is added whole after each job; what a killed driver left of one is skipped.

    Args:
        path: the file, or None to keep none.
        others: files of other parts of the table, which are read alone.
    """

    def __init__(self, path: Path | None, others: Sequence[Path] = ()) -> None:
        self.path = path
        self._made: dict[str, Lineage] = {}
        self._written: set[str] = set()
        self._exports: dict[str, dict[str, str]] = {}
        for each in (*others, *([path] if path else [])):
            for record in records_in(each):
                self._learn(record)

    def lineage(self, digest: str) -> Lineage | None:
        """Return the marks of the jobs that made a file of this digest; None if it is unknown."""
        return self._made.get(digest)

    def wrote(self, digest: str) -> bool:
        """Return whether a job wrote a file with this digest."""
        return digest in self._written

    def exports(self, mark: str) -> dict[str, str]:
        """Return the digests of what a job wrote besides its first output, by name in the table."""
        return self._exports.get(mark, {})

    def add(self, record: Result) -> None:
        """Add a line.

        Raises:
            UserError: it cannot be written; what it says is known to this object all the same.
        """
        self._learn(record)
        if self.path is None:
            return
        try:
            with self.path.open("ab+") as file:
                file.write(_torn(file) + json.dumps(record).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise UserError(f"{self.path} cannot be written ({error.strerror}).") from error

    def _learn(self, record: Result) -> None:
        with suppress(KeyError, TypeError):
            output = record["output"]
            self._made[output["sha256"]] = tuple(map(str, output["jobs"]))
            if record["status"] == DONE:
                exports = dict(record.get("exports", {}))
                self._written |= {output["sha256"], *exports.values()}
                self._exports[output["jobs"][-1]] = exports


@contextmanager
def open_results(
    table: Path, note: Callable[[str], None], shard: Shard | None = None
) -> Iterator[Results]:
    """Keep the results of a table, or of a part of it, alone, while the body runs.

    Args:
        table: the jobs file.
        note: told in a sentence if no results can be kept; then none are.
        shard: the part; each keeps a file of its own, and knows those of the others.

    Raises:
        UserError: another batch of this table is under way.
    """
    part = f".{shard.index}-of-{shard.count}" if shard else ""
    file = table.with_name(table.name + part + SUFFIX)
    path: Path | None = file
    whose = f"part {shard.index} of {shard.count} of {table.name}" if shard else table.name
    busy = f"Another batch of {whose} is under way; wait until it is done."
    with ExitStack() as stack:
        try:
            stack.enter_context(exclusive(file, busy))
        except OSError as error:
            note(f"No results are kept, as {file} cannot be written ({error.strerror}).")
            path = None
        yield Results(path, [each for each in results_files(table) if each != path])


def read_results(table: Path) -> Results:
    """Return what is known of a table's batches, to be looked at alone."""
    return Results(None, results_files(table))


def results_files(table: Path) -> list[Path]:
    """Return the files of results of a table and of its parts."""
    pattern = re.compile(rf"{re.escape(table.name)}(\.\d+-of-\d+)?{re.escape(SUFFIX)}")
    with suppress(OSError):
        beside = sorted(table.parent.iterdir())
        return [each for each in beside if pattern.fullmatch(each.name) and each.is_file()]
    return []


def records_in(path: Path) -> Iterator[Result]:
    """Yield the records of a file of results; lines that are none are left out."""
    with path.open("rb") as file:
        for line in file:
            with suppress(ValueError):
                record = json.loads(line)
                if isinstance(record, dict):
                    yield record


def _torn(file: IO[bytes]) -> bytes:
    """Return what ends a line that a killed driver left half-written."""
    size = file.seek(0, os.SEEK_END)
    if not size:
        return b""
    file.seek(size - 1)
    return b"" if file.read(1) == b"\n" else b"\n"


def holds(lineage: Lineage, group: list[str | None], index: int, *, in_place: bool) -> bool:
    """Return whether a file holds a job's bake.

    Args:
        lineage: the marks in the file.
        group: the marks of all jobs that save the file, in order; None for one that cannot run.
        index: which of them is asked about.
        in_place: whether the first of them opens the file itself. If not, the file is made anew
            unless exactly the first jobs of the group made it last.
    """
    if not in_place:
        done = [n for n in range(1, len(group) + 1) if list(lineage[-n:]) == group[:n]]
        return index < max(done, default=0)
    mark = group[index]
    if mark not in lineage:
        return False
    since = lineage[len(lineage) - lineage[::-1].index(mark) :]
    # A mark of the same sound on the same mesh that no row has any more has replaced it.
    return not any(_subject(m) == _subject(mark) and m not in group for m in since)


def _subject(mark: str) -> str:
    """Return the part of a mark that tells which sound is baked onto which mesh."""
    return mark.partition(".")[0]
