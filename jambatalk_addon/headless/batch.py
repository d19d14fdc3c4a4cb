"""A table of bakes: one result line each, a bad job never stopping the rest."""

import sys
import traceback
from pathlib import Path

from ...model_core.errors import UserError
from ..worker.errors import WorkerError
from . import job
from .job import JobOptions
from .jobs_file import Job, Row, parse_job


def run_all(rows: list[Row], folder: Path, options: JobOptions) -> int:
    """Run jobs in order, print a line for each, and return how many failed.

    Args:
        rows: what `read_rows` read.
        folder: what the paths in them are relative to.
        options: how to bake all of them.
    """
    failures = 0
    for number, row in enumerate(rows, 1):
        result, failed = _attempt(row, folder, options)
        print(f"[{number}/{len(rows)}] {row['output'] or '?'}: {result}", flush=True)
        failures += failed
    return failures


def _attempt(row: Row, folder: Path, options: JobOptions) -> tuple[str, bool]:
    """Run one job; return a sentence on it and whether it failed."""
    try:
        entry = parse_job(row, folder)
        return "finished before" if _finished(entry) else job.run(entry, options), False
    except UserError as error:
        return f"error: {error}", True
    except WorkerError as error:
        return f"failed: {error}", True
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        return f"failed: {error or type(error).__name__}", True


def _finished(entry: Job) -> bool:
    """Return whether a job's output exists and is newer than what it is made from."""
    output, *sources = (path for path in (entry.output, entry.audio, entry.scene) if path)
    if not output.is_file():
        return False
    made = output.stat().st_mtime
    return all(path.is_file() and path.stat().st_mtime <= made for path in sources)
