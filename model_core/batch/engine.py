"""Runs the jobs of a table: hands them to stations, and keeps what became of each."""

import queue
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from .. import __version__
from ..base.errors import UserError
from ..base.files import discard_partial
from ..base.line_process import Message
from ..base.lock import alone_at
from . import work
from .identity import Identity
from .interrupts import Interrupts
from .judge import Held, Judge, made
from .lengths import seconds_of
from .model_host import ModelHost
from .order import Entry, before
from .paths import Place
from .progress import Progress
from .results import DONE, FAILED, SKIPPED, Result, Results
from .settings import INTERRUPTED, Settings
from .stations import Apart, BlenderProcess, Station

_TICK_SECONDS = 0.2
_CLOSE_SECONDS = 5.0
_START_SECONDS = 600.0
_TOLD = ("notes", "seen", "blender_seconds")  # what is kept as a Blender tells it


class NoStationError(Exception):
    """Nothing more can be done, since no Blender starts; the message is one sentence."""


@dataclass
class Attempt:
    """One job at a station.

    Attributes:
        entry: the job.
        identity: what it is made from.
        began: when, on the monotonic clock; again once its Blender has started.
        held: what was at its output; None while that is asked.
    """

    entry: Entry
    identity: Identity
    began: float
    held: Held | None = None


@dataclass
class Crew:
    """Who does the work.

    Attributes:
        stations: where bakes are made.
        host: the model's processes; None where a station has its own.
    """

    stations: list[Station]
    host: ModelHost | None = None


@dataclass
class Inbox:
    """What threads and signals have to say, as calls to be made by the engine."""

    calls: "queue.SimpleQueue[Callable[[], None]]" = field(default_factory=queue.SimpleQueue)

    def put(self, call: Callable[[], None]) -> None:
        """Add a call; may be used anywhere, also by a signal handler."""
        self.calls.put(call)


class Engine:
    """The jobs of one table under way.

    Args:
        entries: those to run, without conflicts.
        judge: knows which are finished.
        results: told what this batch does.
        settings: limits and tries.
        say: prints a line that the user asked for.
        feed: tells, again and again, which more there are; then only a stop ends it.
    """

    def __init__(
        self,
        entries: list[Entry],
        judge: Judge,
        results: Results,
        settings: Settings,
        say: Callable[[str], None],
        feed: Callable[[], list[Entry]] | None = None,
    ) -> None:
        self._entries, self._judge, self._results = entries, judge, results
        self._settings, self._print, self._feed = settings, say, feed
        self.inbox = Inbox()
        self.stops = Interrupts(lambda: self.inbox.put(lambda: None))
        self._crew = Crew([])
        self._counts: Counter[str] = Counter()
        self._failed: set[Place] = set()  # outputs that were to be made anew
        self._over: set[int] = set()
        self._tries: Counter[int] = Counter()
        self._used: set[Station] = (
            set()
        )  # whose process has opened scenes, and keeps what they took
        self._given_room: set[int] = set()  # jobs tried again in a fresh process
        self._attempts: dict[Station, Attempt] = {}
        self._said_stopping = False
        self._idle_since = time.monotonic()
        self._before = before(entries)
        seconds = {entry.number: _seconds(entry) for entry in entries}
        self._progress = Progress(sys.stderr, seconds)
        self._waiting = _planned(entries, seconds, in_order=settings.blenders == 0)

    def run(self, crew: Crew) -> int:
        """Run them all with a crew, print how it went, and return the exit code."""
        self._crew = crew
        began, code = time.monotonic(), 0
        try:
            with self.stops.counted():
                self._loop()
        except NoStationError as error:
            self._print_line(f"failed: {error}")
            code = 1
        finally:
            self._close()
        summary = self._summary(began)
        if self._stopping:
            self._print_line(f"{summary} Stopped; the same command goes on from here.")
            return INTERRUPTED
        self._print_line(summary)
        return code or (1 if self._counts[FAILED] else 0)

    @property
    def _stopping(self) -> bool:
        return self.stops.count > 0

    def _loop(self) -> None:
        while True:
            if not self._stopping:
                self._take_in(self._feed() if self._feed else [])
                self._assign()
            ends = self._stopping or not (self._waiting or self._feed)
            if ends and not self._attempts:
                return
            self._listen()
            self._watch()
            self._progress.show(self._counts[FAILED])
            if self._stopping and self._is_stopped():
                return

    def _take_in(self, entries: list[Entry]) -> None:
        """Add jobs to those that wait."""
        for entry in entries:
            self._entries.append(entry)
            self._judge.add(entry)
            self._progress.more(entry.number, _seconds(entry))
            self._waiting.append(entry)
        if entries:
            self._before = before(self._entries)

    def _listen(self) -> None:
        """Take in what was said, waiting a moment for it."""
        try:
            self.inbox.calls.get(timeout=_TICK_SECONDS)()
            while True:
                self.inbox.calls.get_nowait()()
        except queue.Empty:
            return

    def _is_stopped(self) -> bool:
        """Say once that it stops; return whether what is under way is to be ended at once."""
        if self.stops.at_once or self.stops.count > 1:
            return True
        if not self._said_stopping and self._attempts:
            self._said_stopping = True
            count = len(self._attempts)
            jobs = "the job" if count == 1 else f"the {count} jobs"
            self._note(f"Stopping after {jobs} under way; Ctrl-C again ends it at once.")
        return False

    # --- handing out ---

    def _assign(self) -> None:
        """Give every free station something to do."""
        for station in self._crew.stations:
            while self._is_free(station) and not self._stopping:
                entry = self._next()
                if entry is None:
                    return
                self._waiting.remove(entry)
                self._guarded(entry, partial(self._begin, entry, station))
                self._listen_now()

    def _is_free(self, station: Station) -> bool:
        return station.takes_work and station not in self._attempts

    def _listen_now(self) -> None:
        while not self.inbox.calls.empty():
            self.inbox.calls.get()()

    def _next(self) -> Entry | None:
        """Return the first job that no other has to come before."""
        return next((e for e in self._waiting if self._before[e.number] <= self._over), None)

    def _begin(self, entry: Entry, station: Station) -> None:
        """Begin a job, or settle it where nothing is to be made."""
        began = time.monotonic()
        if entry.reads in self._failed and entry.job is not None:
            raise UserError("The job that makes its scene failed, so this one was not run.")
        attempt = Attempt(entry, self._judge.identity(entry), began, self._judge.known(entry))
        if attempt.held is None:
            assert entry.job is not None  # or it had no identity
            self._attempts[station] = attempt
            self._started(station, partial(station.look, entry.output, entry.job.mesh))
        else:
            self._go_on(attempt, station)

    def _go_on(self, attempt: Attempt, station: Station) -> None:
        """Skip a finished job, or have it baked."""
        entry, held = attempt.entry, attempt.held
        assert held is not None and entry.job is not None
        if self._judge.finished(entry, held.lineage):
            self._attempts.pop(station, None)
            self._skip(attempt, held)
            return
        wanted = work.Work(
            entry.job,
            self._judge.options(entry.job),
            attempt.identity.mark,
            ours=held.ours,
            keep=bool(held.digest) and not held.ours and not entry.in_place,
            keep_exports=self._judge.foreign_exports(entry),
        )
        self._attempts[station] = attempt
        self._started(station, lambda: station.bake(wanted))

    def _started(self, station: Station, ask: Callable[[], None]) -> None:
        try:
            ask()
        except OSError as error:
            self._attempts.pop(station, None)
            raise NoStationError(f"Blender does not start ({error.strerror}).") from error

    # --- what stations say ---

    def hear(self, station: Station, same: Callable[[], bool], message: Message | None) -> None:
        """Take note of what a station says, from any thread."""
        self.inbox.put(lambda: self._heard(station, message) if same() else None)

    def _heard(self, station: Station, message: Message | None) -> None:
        """Take in what a station said; None at its end."""
        attempt = self._attempts.get(station)
        if message is None:
            self._station_ended(station, attempt)
        elif message.get("event") == work.READY and isinstance(station, Apart):
            station.ready(message)
            if attempt is not None:
                attempt.began = time.monotonic()
        elif message.get("event") == work.MODEL and isinstance(station, BlenderProcess):
            if self._crew.host is not None:
                self._crew.host.ask(station, message["request"])
        elif attempt is not None:
            self._guarded(attempt.entry, lambda: self._answered(station, attempt, message))

    def _answered(self, station: Station, attempt: Attempt, message: Message) -> None:
        kind = message.get("event")
        self._used.add(station)
        if kind == work.MARKS:
            attempt.held = self._judge.asked(attempt.entry, tuple(message["marks"]))
            self._go_on(attempt, station)
            return
        del self._attempts[station]
        if kind == work.DONE:
            self._done(attempt, message, station.blender)
        elif kind == work.ERROR:
            kind_of = "error" if message.get("kind") == work.USER else "failed"
            self._fail(attempt.entry, f"{kind_of}: {message.get('message')}", attempt.began)

    def _station_ended(self, station: Station, attempt: Attempt | None) -> None:
        """Try a job again whose Blender ended, or give it up."""
        if not isinstance(station, Apart):
            return
        how = station.how_it_ended
        was_ready = station.was_ready
        self._end(station)
        if not was_ready:
            raise NoStationError(f"Blender does not start ({how}).")
        if attempt is None:
            return
        entry = attempt.entry
        self._tries[entry.number] += 1
        tries = self._tries[entry.number]
        if tries <= self._settings.retries:
            self._note(f"Blender ended during {name_of(entry)} ({how}); it is tried again.")
            self._waiting.insert(0, entry)
        else:
            times = f", {tries} times" if tries > 1 else ""
            self._fail(entry, f"failed: Blender ended unexpectedly ({how}){times}.", attempt.began)

    def _watch(self) -> None:
        """End what takes too long or too much memory."""
        most, limit = self._settings.memory_limit, self._settings.time_limit
        if self._crew.host is not None:
            self._crew.host.watch(most)
        if self._attempts or not self._waiting or any(s.takes_work for s in self._crew.stations):
            self._idle_since = time.monotonic()
        elif time.monotonic() - self._idle_since > _START_SECONDS:
            raise NoStationError(f"No Blender has been ready for {_START_SECONDS:g} s.")
        for station, attempt in list(self._attempts.items()):
            sentence, seconds = "", time.monotonic() - attempt.began
            if not station.is_ready:
                if seconds > _START_SECONDS:
                    raise NoStationError(f"Blender did not start within {_START_SECONDS:g} s.")
            elif limit and seconds > limit:
                sentence = (
                    f"It took longer than --time-limit allows ({limit:g} s) and was ended; look "
                    "whether its scene opens, or raise the limit."
                )
            elif most and (station.megabytes or 0.0) > most:
                if self._tried_afresh(station, attempt.entry):
                    continue
                sentence = (
                    f"Blender needed more than --memory-limit allows ({most:g} MiB) and was ended; "
                    "make its scene lighter, or raise the limit."
                )
            if sentence:
                self._end(station)
                self._fail(attempt.entry, f"failed: {sentence}", attempt.began)

    def _tried_afresh(self, station: Station, entry: Entry) -> bool:
        """Return whether a job is tried in a new process, since others took memory before it."""
        if station not in self._used or entry.number in self._given_room:
            return False
        self._end(station)
        self._given_room.add(entry.number)
        self._waiting.insert(0, entry)
        return True

    def _end(self, station: Station) -> None:
        """End what a station does, and clean up after it."""
        self._used.discard(station)
        attempt = self._attempts.pop(station, None)
        if self._crew.host is not None and isinstance(station, BlenderProcess):
            self._crew.host.drop(station)
        station.end()
        if attempt is not None:
            _discard_partial(attempt.entry)

    # --- what becomes of a job ---

    def _guarded(self, entry: Entry, step: Callable[[], None]) -> None:
        """Take a step of a job; what goes wrong is its result."""
        began = time.monotonic()
        try:
            step()
        except NoStationError:
            raise
        except UserError as error:
            self._fail(entry, f"error: {error}", began)
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            self._fail(entry, f"failed: {error or type(error).__name__}", began)

    def _done(self, attempt: Attempt, message: Message, blender: str) -> None:
        written = self._judge.asked(attempt.entry, tuple(message["marks"]))
        written = Held(written.digest, written.lineage, ours=True)
        sentence = str(message["sentence"])
        if message["kept"]:
            sentence += f" What was there is now {', '.join(message['kept'])}."
        exports = self._judge.exports(attempt.entry)
        if not all(exports.values()):
            raise UserError(f"An output is not there after all: {', '.join(exports)}.")
        details = made(attempt.identity, written, exports) | {"blender": blender}
        self._failed.discard(attempt.entry.writes)
        details |= {name: message[name] for name in _TOLD if message.get(name)}
        self._settle(attempt.entry, DONE, sentence, attempt.began, details)

    def _skip(self, attempt: Attempt, held: Held) -> None:
        entry = attempt.entry
        if held.ours:
            self._over_with(entry, SKIPPED, "finished before")
            return
        sentence = "finished before, as the file itself tells; it was not touched"
        _discard_partial(entry)  # of a batch that was killed before it could keep the result
        if self._judge.is_news(held):  # so that it need not be opened again
            exports = self._judge.exports(entry)
            details = made(attempt.identity, held, exports)
            self._settle(entry, SKIPPED, sentence, attempt.began, details)
        else:
            self._over_with(entry, SKIPPED, sentence)

    def _fail(self, entry: Entry, sentence: str, began: float) -> None:
        if entry.writes and not entry.in_place:
            self._failed.add(entry.writes)
        self._settle(entry, FAILED, sentence, began)

    def _settle(
        self,
        entry: Entry,
        status: str,
        sentence: str,
        began: float,
        details: Result | None = None,
    ) -> None:
        """Keep a result and tell it."""
        record: dict[str, Any] = {
            "status": status,
            "row": entry.row.values,
            "sentence": sentence,
            "seconds": round(time.monotonic() - began, 3),
            "finished": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "jambatalk": __version__,
        }
        try:
            self._results.add(record | (details or {}))
        except UserError as error:
            self._note(f"The result was not kept: {error}")
        self._over_with(entry, status, sentence)

    def _over_with(self, entry: Entry, status: str, sentence: str) -> None:
        self._over.add(entry.number)
        self._counts[status] += 1
        self._progress.over(entry.number, worked=status == DONE)
        count = self._settings.table_jobs or len(self._entries)
        self._print_line(f"[{entry.number}/{count}] {name_of(entry)}: {sentence}")

    # --- the end ---

    def _close(self) -> None:
        for station in list(self._attempts):  # of a batch that is stopped at once
            self._end(station)
        for station in self._crew.stations:
            station.close(_CLOSE_SECONDS)
        if self._crew.host is not None:
            self._crew.host.close()
        self._progress.clear()

    def _summary(self, began: float) -> str:
        parts = [f"{self._counts[status]} {status}" for status in (DONE, SKIPPED, FAILED)]
        left = len(self._entries) - self._counts.total()
        if left:
            parts.append(f"{left} not run")
        jobs = "job" if len(self._entries) == 1 else "jobs"
        seconds = time.monotonic() - began
        return f"{len(self._entries)} {jobs} in {seconds:.0f} s: {', '.join(parts)}."

    def _print_line(self, line: str) -> None:
        self._progress.clear()
        self._print(line)

    def _note(self, sentence: str) -> None:
        self._progress.clear()
        note(sentence)


def name_of(entry: Entry) -> str:
    """Return what a job is called where it is told of: its output, as the table has it."""
    return " ".join(entry.row.values["output"].split()) or "?"


def note(sentence: str) -> None:
    """Tell what may surprise, on standard error."""
    print(f"note: {sentence}", file=sys.stderr, flush=True)


def _seconds(entry: Entry) -> float:
    return seconds_of(entry.job.audio) if entry.job else 0.0


def _planned(entries: list[Entry], seconds: dict[int, float], *, in_order: bool) -> list[Entry]:
    """Return jobs in the order to begin them: as the table has them, or by model and length.

    So no model is loaded twice, and no long sound is left for the end.
    """
    if in_order:
        return list(entries)

    def rank(entry: Entry) -> tuple[str, float, int]:
        model = str(entry.job.options.get("checkpoint", "")) if entry.job else ""
        return model, -seconds[entry.number], entry.number

    return sorted(entries, key=rank)


def _discard_partial(entry: Entry) -> None:
    """Remove what an ended Blender left beside an output, unless somebody else writes it."""
    for path in entry.outputs:
        with suppress(OSError, UserError), alone_at(path):
            discard_partial(path)
            discard_partial(path.with_name(path.name + "@"))
