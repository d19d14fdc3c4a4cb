"""A table whose sounds come one by one, as in a recording session: each is due once it is whole.

The table is read again and again. A sound that has not changed for a while makes its job due; one
that changes later makes it due anew. What is finished is known from the results, as in any batch,
so a watch that was ended goes on where it was.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ..base.errors import UserError
from .jobs_file import read_rows
from .order import Entry, conflicts, read_entries
from .paths import Place

_PAUSE_SECONDS = 0.5
_SHARE = 4.0  # of the time a look takes, between two

State = tuple[int, int]
"""Size and time of change of a file."""


@dataclass
class _Looked:
    """A sound as it was when it was looked at last.

    Attributes:
        state: its size and time of change.
        since: since when it has been so, on the clock of the watch.
        is_due: whether its job was handed out.
    """

    state: State
    since: float
    is_due: bool = False


class Watch:
    """Tells which jobs of a table have become due.

    Args:
        path: the table.
        settle: seconds for which a sound must not have changed.
        note: told in a sentence what is wrong with the table for now.
        clock: monotonic seconds.

    Raises:
        UserError: the table cannot be read.
    """

    def __init__(
        self,
        path: Path,
        settle: float,
        note: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._settle, self._note, self._clock = path, settle, note, clock
        self._looked: dict[tuple[str, str], _Looked] = {}
        self._count, self._again, self._told = 0, 0.0, ""
        read_rows(path, note)

    def due(self) -> list[Entry]:
        """Return the jobs that have become due since the last call, numbered on."""
        begun = self._clock()
        if begun < self._again:
            return []
        entries = self._entries()
        made = {entry.writes for entry in entries if entry.job}
        there = [entry for entry in entries if not _is_to_be_made(entry, made)]
        found = [self._numbered(entry) for entry in there if self._is_due(entry, begun)]
        self._again = self._clock() + max(_PAUSE_SECONDS, _SHARE * (self._clock() - begun))
        return found

    def _entries(self) -> list[Entry]:
        """Return the jobs that there are now; a table that is being edited has none for now."""
        try:
            rows = read_rows(self._path, lambda _: None)
            entries = read_entries(rows, self._path.resolve().parent)
            self._told = ""
        except UserError as error:
            if str(error) != self._told:
                self._told = str(error)
                self._note(f"{error} The watch goes on once it can be read.")
            return []
        refused = conflicts(entries)
        return [
            replace(each, job=None, problem=f"Refused: {refused[each.number]}.")
            if each.number in refused
            else each
            for each in entries
        ]

    def _is_due(self, entry: Entry, now: float) -> bool:
        """Return whether a job is to be done now; once for each state of its sound."""
        values = entry.row.values
        state: State | None = (0, 0)
        if entry.job is not None:
            state = _state(entry.job.audio)
        if state is None or entry.row.awaits:
            return False
        key = values.get("output", "") or str(entry.row.line), f"{values}{entry.problem}"
        looked = self._looked.get(key)
        if looked is None or looked.state != state:
            looked = self._looked[key] = _Looked(state, now)
        if looked.is_due or (entry.job is not None and now - looked.since < self._settle):
            return False
        looked.is_due = True
        return True

    def _numbered(self, entry: Entry) -> Entry:
        self._count += 1
        return replace(entry, number=self._count)


def _is_to_be_made(entry: Entry, made: set[Place]) -> bool:
    """Return whether a job opens a scene that others, which make it, have not made yet."""
    scene = entry.job.scene if entry.job else None
    return scene is not None and entry.reads in made and not scene.is_file()


def _state(sound: Path | None) -> State | None:
    """Return a sound's size and time of change; None while it is not there, empty or held back."""
    if sound is None:
        return None
    try:
        with sound.open("rb"):  # a recorder on Windows lets nobody in until it is done
            found = sound.stat()
    except OSError:
        return None
    return (found.st_size, found.st_mtime_ns) if found.st_size else None
