"""A batch from its table to its exit code."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ..base.errors import UserError
from ..models.offered_styles import check_style
from ..performance.options import BakeOptions
from .dry_run import tell_plan
from .engine import Crew, Engine, name_of, note
from .jobs_file import read_rows
from .judge import Judge
from .model_host import ModelHost
from .order import Entry, conflicts, read_entries
from .ray_cluster import Cluster, RayStation, connected
from .results import Results, open_results
from .settings import Settings
from .shards import part_of
from .stations import BlenderProcess, Command, Station
from .watch import Watch
from .work import FOLDER

Say = Callable[[str], None]


class Start:
    """How the processes of a batch are started.

    Args:
        blender: how to start a Blender that waits for work.
        model: how to start the model's process.
        own: makes a station of this process, where it is a Blender, for a device of the model.
        cluster: where all is to be done instead of on this machine.
    """

    def __init__(
        self,
        blender: Command,
        model: Command,
        own: Callable[[Engine, str], Station] | None = None,
        cluster: Cluster | None = None,
    ) -> None:
        self._blender, self._model, self._own, self._cluster = blender, model, own, cluster

    @contextmanager
    def crew(self, engine: Engine, settings: Settings) -> Iterator[Crew]:
        """Yield who does the work; what they leave in temporary folders goes with them."""
        if not settings.blenders and self._own is not None:
            yield Crew([self._own(engine, settings.device)])
            return
        if self._cluster is not None:
            with self._far_away(self._cluster, engine, settings) as crew:
                yield crew
            return
        folder = tempfile.mkdtemp(prefix=FOLDER)
        try:
            blender, model = (_working_in(each, folder) for each in (self._blender, self._model))
            tries = settings.retries + 1
            host = ModelHost(model, settings.models, tries, engine.inbox.put, settings.device)
            stations = [BlenderProcess(blender, engine.hear) for _ in range(settings.blenders)]
            yield Crew([*stations], host)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _far_away(self, cluster: Cluster, engine: Engine, settings: Settings) -> Iterator[Crew]:
        """Yield benches of a cluster."""
        bench = [*map(str, self._blender.words)], settings.retries, settings.device
        with connected(cluster) as ray:
            yield Crew([
                RayStation(ray, cluster, bench, engine.hear)
                for _ in range(settings.blenders)
            ])  # fmt: skip

    def check(self, settings: Settings) -> None:
        """Raise `UserError` if settings do not go together with how processes are started."""
        if settings.watch is not None and settings.shard:
            raise UserError("What is watched has no parts: give --watch or --shard, not both.")
        if settings.memory_limit and not settings.blenders:
            raise UserError("--memory-limit ends Blenders of their own; give --blenders 1 or more.")
        if self._cluster is None:
            return
        if settings.memory_limit:
            raise UserError("Ray watches over memory itself; leave --memory-limit out.")
        if settings.device == "cuda" and not self._cluster.gpus:
            raise UserError("--device cuda on Ray needs a share of a card; add --ray-gpus.")

    def report(self, table: Path) -> str:
        """Make the page of a table in the model's Python, which reads sounds; return what it says.

        Raises:
            UserError: it cannot be made.
        """
        command = [*map(str, self._model.words[:1]), "-m", "model_core", "report", str(table)]
        try:
            done = subprocess.run(
                command,
                cwd=self._model.folder,
                env=self._model.environment,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                check=False,
            )
        except OSError as error:
            raise UserError(f"The page cannot be made ({error.strerror}).") from error
        if done.returncode:
            told = done.stderr.strip().splitlines() or ["it said nothing"]
            raise UserError(f"The page cannot be made ({told[-1]}).")
        return done.stdout.strip()


def run_table(path: Path, options: BakeOptions, settings: Settings, start: Start, say: Say) -> int:
    """Run the jobs of a table, print a line for each and one for all.

    Returns the exit code.

    Args:
        path: the jobs file; what is relative in it is relative to its folder.
        options: how to bake those whose rows do not say otherwise.
        settings: how the batch is run.
        start: how its processes are started.
        say: prints a line that the user asked for.

    Raises:
        UserError: settings do not go together, the table cannot be read, two of its jobs would
            spoil each other, or another batch of it is under way; nothing was run.
    """
    start.check(settings)
    entries = read_entries(read_rows(path), path.resolve().parent)
    if any(entry.job and not {"style", "checkpoint"} & set(entry.job.options) for entry in entries):
        check_style(options.style, options.checkpoint)
    _refuse_conflicts(path, entries, say)
    settings = replace(settings, table_jobs=len(entries))
    wanted = part_of(entries, settings.shard)
    if settings.dry_run:
        return tell_plan(path, entries, wanted, options, say)
    with open_results(path.resolve(), note, settings.shard) as results:
        engine = _engine(path, entries, wanted, options, settings, results, say)
        with start.crew(engine, settings) as crew:
            code = engine.run(crew)
    if settings.report:
        _report(path.resolve(), start, say)
    return code


def _engine(
    path: Path,
    entries: list[Entry],
    wanted: list[Entry],
    options: BakeOptions,
    settings: Settings,
    results: Results,
    say: Say,
) -> Engine:
    """Return what runs the wanted jobs of a table, or those that become due while it is watched."""
    if settings.watch is None:
        return Engine(wanted, Judge(entries, options, results), results, settings, say)
    watch = Watch(path, settings.watch, note)
    say(f"Watching for the sounds of {path}; Ctrl-C ends it.")
    settings = replace(settings, table_jobs=0)
    return Engine([], Judge([], options, results), results, settings, say, watch.due)


def _report(table: Path, start: Start, say: Say) -> None:
    try:
        say(start.report(table))
    except UserError as error:
        note(str(error))


def _refuse_conflicts(path: Path, entries: list[Entry], say: Say) -> None:
    refused = conflicts(entries)
    for number, reason in refused.items():
        say(f"[{number}/{len(entries)}] {name_of(entries[number - 1])}: refused: {reason}")
    if refused:
        raise UserError(
            f"{len(refused)} jobs of {path} would undo each other's work, as told above; "
            "nothing was run."
        )


def _working_in(command: Command, folder: str) -> Command:
    """Return a command whose temporary files lie in a folder."""
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), folder)
    return replace(command, environment=command.environment | places)
