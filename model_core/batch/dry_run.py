"""What a batch would do, told without doing it."""

from collections.abc import Callable
from pathlib import Path

from ..base.errors import UserError
from ..performance.options import BakeOptions
from .jobs_file import Job
from .judge import Judge
from .lengths import seconds_of
from .order import Entry
from .paths import Place
from .results import read_results

_BAD_INPUT = 2


def tell_plan(
    path: Path,
    entries: list[Entry],
    wanted: list[Entry],
    options: BakeOptions,
    say: Callable[[str], None],
) -> int:
    """Tell of each job what would become of it; return 2 if any cannot be done, else 0.

    Args:
        path: the jobs file.
        entries: all jobs of the table.
        wanted: those that would be run.
        options: how to bake those whose rows do not say otherwise.
        say: prints a line.
    """
    judge = Judge(entries, options, read_results(path.resolve()))
    outputs = {entry.writes for entry in entries if entry.job is not None}
    counts = {"to do": 0, "finished": 0, "to be looked at": 0, "cannot be done": 0}
    for entry in wanted:
        kind, about = _plan(entry, judge, outputs)
        counts[kind] += 1
        say(f"[{entry.number}/{len(entries)}] {entry.row.values['output'] or '?'}: {about}")
    told = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    jobs = "job" if len(wanted) == 1 else "jobs"
    say(f"{len(wanted)} {jobs}: {told or 'none'}. Nothing was run.")
    return _BAD_INPUT if counts["cannot be done"] else 0


def _plan(entry: Entry, judge: Judge, outputs: set[Place]) -> tuple[str, str]:
    """Return what would become of a job, and a sentence on it."""
    try:
        if entry.job is None:
            raise UserError(entry.problem)
        return _plan_of(entry, entry.job, judge, outputs)
    except UserError as error:
        return "cannot be done", f"error: {error}"


def _plan_of(entry: Entry, job: Job, judge: Judge, outputs: set[Place]) -> tuple[str, str]:
    about = _about(entry, job, judge)
    if job.scene is not None and not job.scene.is_file() and entry.reads in outputs:
        if job.audio is not None and not job.audio.is_file():
            raise UserError(f"There is no sound file at {job.audio}.")
        return "to do", f"{about}; its scene is made before"
    judge.identity(entry)
    held = judge.known(entry)
    if held is None:
        return "to be looked at", (
            f"{about}, unless the file that is there holds this job, for which it is opened; "
            "otherwise it is kept"
        )
    if judge.finished(entry, held.lineage):
        return "finished", "finished before"
    return "to do", about


def _about(entry: Entry, job: Job, judge: Judge) -> str:
    options = judge.options(job).own()
    told = ", ".join(f"{name} {value}" for name, value in options.items() if name != "shape_map")
    audio, scene = entry.row.values["audio"], entry.row.values["scene"]
    return (
        f"would bake {audio} ({seconds_of(job.audio):.1f} s) onto '{job.mesh}' of {scene} from "
        f"frame {job.start}{', ' if told else ''}{told}"
    )
