"""A table of bakes: one result line each, a bad job never stopping the rest.

A job is skipped only when its output is verified to hold it: a file's digest is known from the
results file, or else the file tells by the marks in it (`lineage`).
"""

import sys
import time
import traceback
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import bpy

from ...model_core import __version__
from ...model_core.base.errors import UserError
from ...model_core.base.files import discard_partial
from ...model_core.batch import digests
from ...model_core.batch.identity import Identity, identify
from ...model_core.batch.jobs_file import Job, Row, read_rows
from ...model_core.batch.order import Entry, conflicts, read_entries
from ...model_core.batch.paths import Place
from ...model_core.batch.results import (
    DONE,
    FAILED,
    SKIPPED,
    Lineage,
    Result,
    Results,
    holds,
    open_results,
)
from ...model_core.performance.options import BakeOptions
from ..worker.errors import WorkerError
from . import console, job, lineage
from .scene_file import preferred_versions


def run_table(path: Path, options: BakeOptions) -> int:
    """Run the jobs of a table in order, print a line for each and one for all.

    Returns the exit code.

    Args:
        path: the jobs file; what is relative in it is relative to its folder.
        options: how to bake those whose rows do not say otherwise.

    Raises:
        UserError: the table cannot be read, two of its jobs would spoil each other, or another
            batch of it is under way; nothing was run.
    """
    entries = read_entries(read_rows(path), path.resolve().parent)
    if any(entry.job and not {"style", "checkpoint"} & set(entry.job.options) for entry in entries):
        job.check_style(options)
    refused = conflicts(entries)
    for number, reason in refused.items():
        console.say(f"[{number}/{len(entries)}] {_name(entries[number - 1])}: refused: {reason}")
    if refused:
        raise UserError(
            f"{len(refused)} jobs of {path} would undo each other's work, as told above; "
            "nothing was run."
        )
    with open_results(path.resolve(), _note) as results:
        return Batch(entries, options, results).run()


def _name(entry: Entry) -> str:
    return " ".join(entry.row.values["output"].split()) or "?"


def _note(sentence: str) -> None:
    print(f"note: {sentence}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class _Held:
    """What is at an output.

    Attributes:
        digest: of the file; empty if there is none.
        lineage: marks of the jobs that made it.
        ours: whether a batch of this table wrote it, and nobody else has since.
    """

    digest: str = ""
    lineage: Lineage = ()
    ours: bool = False


class Batch:
    """The jobs of one table under way.

    Args:
        entries: the jobs, without conflicts.
        options: how to bake those whose rows do not say otherwise.
        results: what earlier batches did, told what this one does.
    """

    def __init__(self, entries: list[Entry], options: BakeOptions, results: Results) -> None:
        self.entries = entries
        self.options = options
        self.results = results
        self._counts: Counter[str] = Counter()
        self._failed: set[Place] = set()  # outputs that were to be made anew
        self._marks: dict[int, str | None] = {}  # by number, as last computed
        self._groups: dict[Place, list[Entry]] = defaultdict(list)
        for entry in entries:
            self._groups[entry.writes].append(entry)

    def run(self) -> int:
        """Run them all, print how it went, and return the exit code."""
        began = time.monotonic()
        try:
            for entry in self.entries:
                self._tell(entry, *self._attempt(entry))
        except KeyboardInterrupt:
            console.say(f"{self._summary(began)} Stopped; the same command goes on from here.")
            return console.INTERRUPTED
        console.say(self._summary(began))
        return 1 if self._counts[FAILED] else 0

    def _summary(self, began: float) -> str:
        parts = [f"{self._counts[status]} {status}" for status in (DONE, SKIPPED, FAILED)]
        left = len(self.entries) - self._counts.total()
        if left:
            parts.append(f"{left} not run")
        jobs = "job" if len(self.entries) == 1 else "jobs"
        seconds = time.monotonic() - began
        return f"{len(self.entries)} {jobs} in {seconds:.0f} s: {', '.join(parts)}."

    def _tell(self, entry: Entry, status: str, sentence: str) -> None:
        self._counts[status] += 1
        console.say(f"[{entry.number}/{len(self.entries)}] {_name(entry)}: {sentence}")

    def _attempt(self, entry: Entry) -> tuple[str, str]:
        """Do one job; return its status and a sentence on it."""
        began = time.monotonic()
        try:
            return self._do(entry, began)
        except UserError as error:
            sentence = f"error: {error}"
        except WorkerError as error:
            sentence = f"failed: {error}"
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            sentence = f"failed: {error or type(error).__name__}"
        if entry.writes and not entry.in_place:
            self._failed.add(entry.writes)
        self._record(entry, FAILED, sentence, began)
        return FAILED, sentence

    def _do(self, entry: Entry, began: float) -> tuple[str, str]:
        wanted = entry.job
        if wanted is None:
            raise UserError(entry.problem)
        if entry.reads in self._failed:
            raise UserError("The job that makes its scene failed, so this one was not run.")
        self._check_style(entry.row, wanted)
        identity = identify(entry, wanted, self._options(wanted))
        held = self._held(entry.output, wanted.mesh)
        self._marks[entry.number] = identity.mark
        if self._finished(entry, held.lineage):
            return SKIPPED, self._skip(entry, identity, held, began)
        sentence = self._bake(entry, wanted, identity, held)
        written = _Held(digests.of_file(entry.output), lineage.of_open_file(), ours=True)
        self._record(entry, DONE, sentence, began, _made(identity, written))
        return DONE, sentence

    def _options(self, wanted: Job) -> BakeOptions:
        """Return how to bake a job."""
        return replace(self.options, **wanted.options)

    def _check_style(self, row: Row, wanted: Job) -> None:
        """Raise `UserError` if the model of a job has no such style."""
        try:
            job.check_style(self._options(wanted))
        except UserError as error:
            raise UserError(f"Line {row.line}: {error}") from None

    def _held(self, output: Path, mesh: str) -> _Held:
        """Return what is at a job's output now."""
        if not output.is_file():
            return _Held()
        digest = digests.of_file(output)
        marks = self.results.lineage(digest)
        if marks is None:
            marks = lineage.read(output, mesh)
        return _Held(digest, marks, self.results.wrote(digest))

    def _finished(self, entry: Entry, held: Lineage) -> bool:
        """Return whether an output holds an entry's job, and what the table says comes before."""
        group = self._groups[entry.writes]
        for other in group:
            if other.number not in self._marks:
                self._marks[other.number] = self._mark(other)
        marks = [self._marks[other.number] for other in group]
        index = group.index(entry)
        return holds(held, marks, index, in_place=group[0].in_place)

    def _mark(self, entry: Entry) -> str | None:
        try:
            wanted = entry.job
            return identify(entry, wanted, self._options(wanted)).mark if wanted else None
        except UserError:
            return None

    def _skip(self, entry: Entry, identity: Identity, held: _Held, began: float) -> str:
        if held.ours:
            return "finished before"
        sentence = "finished before, as the file itself tells; it was not touched"
        if self.results.lineage(held.digest) is None:  # so that it need not be opened again
            self._record(entry, SKIPPED, sentence, began, _made(identity, held))
        return sentence

    def _bake(self, entry: Entry, wanted: Job, identity: Identity, held: _Held) -> str:
        """Bake one job; what is replaced is kept unless a batch wrote it."""
        output = entry.output
        discard_partial(output)  # of a driver that was killed
        discard_partial(output.with_name(output.name + "@"))  # of its Blender
        versions = 0 if held.ours else preferred_versions()
        keep = bool(held.digest) and not held.ours and not entry.in_place
        sentence = job.run(
            wanted,
            self._options(wanted),
            mark=identity.mark,
            versions=max(versions, 1) if keep else versions,
        )
        return sentence + (f" What was there is now {output.name}1." if keep else "")

    def _record(
        self, entry: Entry, status: str, sentence: str, began: float, made: Result | None = None
    ) -> None:
        """Add a line to the results."""
        record = {
            "status": status,
            "row": entry.row.values,
            "sentence": sentence,
            "seconds": round(time.monotonic() - began, 3),
            "finished": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "jambatalk": __version__,
            "blender": bpy.app.version_string,
        }
        try:
            self.results.add(record | (made or {}))
        except UserError as error:
            _note(f"The result was not kept: {error}")


def _made(identity: Identity, held: _Held) -> Result:
    """Return what the results tell of a file that holds a job."""
    output = {"sha256": held.digest, "jobs": held.lineage}
    return {"inputs": identity.inputs, "options": identity.options, "output": output}
