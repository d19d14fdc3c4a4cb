"""Whether a job is finished: what its output holds, and what it would be made from."""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

from ..base.errors import UserError
from ..models.offered_styles import check_style
from ..performance.options import BakeOptions
from . import digests
from .identity import Identity, identify
from .jobs_file import Job
from .order import Entry
from .outputs import is_scene
from .paths import Place
from .results import Lineage, Result, Results, holds


@dataclass(frozen=True)
class Held:
    """What is at an output.

    Attributes:
        digest: of the file; empty if there is none.
        lineage: marks of the jobs that made it.
        ours: whether a batch of this table wrote it, and nobody else has since.
    """

    digest: str = ""
    lineage: Lineage = ()
    ours: bool = False


class Judge:
    """Knows the jobs of a table and what earlier batches made of them.

    Args:
        entries: the jobs, without conflicts.
        options: how to bake those whose rows do not say otherwise.
        results: what earlier batches did.
    """

    def __init__(self, entries: list[Entry], options: BakeOptions, results: Results) -> None:
        self._options, self._results = options, results
        self._marks: dict[int, str | None] = {}  # by number, as last computed
        self._groups: dict[Place, list[Entry]] = defaultdict(list)
        for entry in entries:
            self._groups[entry.writes].append(entry)

    def add(self, entry: Entry) -> None:
        """Take in one more job, in place of an earlier one whose sound has changed since."""
        group = self._groups[entry.writes]
        group[:] = [each for each in group if each.row.values != entry.row.values]
        group.append(entry)

    def options(self, job: Job) -> BakeOptions:
        """Return how to bake a job."""
        return replace(self._options, **job.options)

    def identity(self, entry: Entry) -> Identity:
        """Return what an entry's job is made from, as it is now.

        Raises:
            UserError: there is no job, a file of it is missing, or its model has no such style.
        """
        job = entry.job
        if job is None:
            raise UserError(entry.problem)
        options = self.options(job)
        try:
            check_style(options.style, options.checkpoint)
        except UserError as error:
            raise UserError(f"Line {entry.row.line}: {error}") from None
        identity = identify(entry, job, options)
        self._marks[entry.number] = identity.mark
        return identity

    def known(self, entry: Entry) -> Held | None:
        """Return what is at an entry's first output; None if the file itself must be asked."""
        if not entry.output.is_file():
            return Held()
        digest = digests.of_file(entry.output)
        marks = self._results.lineage(digest)
        if marks is None and not is_scene(entry.output):  # it cannot tell
            return Held(digest)
        return None if marks is None else Held(digest, marks, self._results.wrote(digest))

    def asked(self, entry: Entry, marks: Lineage) -> Held:
        """Return what is at an entry's output, which has told its marks itself."""
        digest = digests.of_file(entry.output)
        return Held(digest, marks, self._results.wrote(digest))

    def is_news(self, held: Held) -> bool:
        """Return whether the results do not know a file."""
        return self._results.lineage(held.digest) is None

    def finished(self, entry: Entry, held: Lineage) -> bool:
        """Return whether all outputs hold an entry's job, and what the table says comes before."""
        group = self._groups[entry.writes]
        for other in group:
            if other.number not in self._marks:
                self._marks[other.number] = self._mark(other)
        marks = [self._marks[other.number] for other in group]
        held_there = holds(held, marks, group.index(entry), in_place=group[0].in_place)
        return held_there and self._holds_exports(entry)

    def exports(self, entry: Entry) -> dict[str, str]:
        """Return the digests of what an entry's job writes besides its first output, as it lies."""
        return {
            name: digests.of_file(path) if path.is_file() else ""
            for name, path in zip(entry.names[1:], entry.outputs[1:], strict=True)
        }

    def foreign_exports(self, entry: Entry) -> tuple[str, ...]:
        """Return the paths of exports that are there and that no batch of this table wrote."""
        there = zip(entry.outputs[1:], self.exports(entry).values(), strict=True)
        return tuple(str(path) for path, digest in there if digest and not self.wrote(digest))

    def wrote(self, digest: str) -> bool:
        """Return whether a batch of this table wrote a file of this digest."""
        return self._results.wrote(digest)

    def _holds_exports(self, entry: Entry) -> bool:
        mark = self._marks[entry.number]
        wanted = self._results.exports(mark) if mark else {}
        return all(digest and wanted.get(name) == digest
                   for name, digest in self.exports(entry).items())  # fmt: skip

    def _mark(self, entry: Entry) -> str | None:
        try:
            wanted = entry.job
            return identify(entry, wanted, self.options(wanted)).mark if wanted else None
        except UserError:
            return None


def made(identity: Identity, held: Held, exports: dict[str, str]) -> Result:
    """Return what the results tell of files that hold a job."""
    output: dict[str, Any] = {"sha256": held.digest, "jobs": held.lineage}
    told = {"inputs": identity.inputs, "options": identity.options, "output": output}
    return told | ({"exports": exports} if exports else {})
