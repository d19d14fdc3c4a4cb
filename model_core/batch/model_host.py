"""The model's processes, which all Blenders of a batch share: one request at a time each."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from ..base.line_process import LineProcess, Message
from ..worker.protocol import CANCEL, ERROR, INTERNAL, PROGRESS, USER, ErrorReport, event, request
from .memory import megabytes
from .stations import BlenderProcess, Command

_CANCEL_SECONDS = 2.0


@dataclass
class Asked:
    """A request of a Blender's.

    Attributes:
        station: who asks; None once nobody waits for the answer any more.
        request: as the Blender sent it.
        tries: how often a process ended over it.
        has_room: whether it has a process to itself, as others took memory before it.
        dropped: when it was given up.
    """

    station: BlenderProcess | None
    request: Message
    tries: int = 0
    has_room: bool = False
    dropped: float = 0.0


@dataclass
class _Seat:
    """A place for one process.

    Attributes:
        process: the running one, if any.
        asked: what it works on.
        number: of the last request that it was sent.
        used: whether the process has answered one.
    """

    process: LineProcess | None = None
    asked: Asked | None = None
    number: int = field(default=0)
    used: bool = False


class ModelHost:
    """Hands requests to the model's processes in the order they come.

    Args:
        command: how to start one.
        count: how many there may be; they start when they are needed.
        tries: how often a request is given to a process, if they end over it.
        hear: called from a thread with this host's `said`, to be called by whoever runs the batch.
        device: on which it runs, whatever a Blender asks for; empty for that.
    """

    def __init__(
        self,
        command: Command,
        count: int,
        tries: int,
        hear: Callable[[Callable[[], None]], object],
        device: str = "",
    ) -> None:
        self._command, self._tries, self._hear = command, tries, hear
        self._own = {"device": device} if device else {}
        self._seats = [_Seat() for _ in range(count)]
        self._queue: deque[Asked] = deque()

    def ask(self, station: BlenderProcess, wanted: Message) -> None:
        """Take a request of a Blender's, or its word that one is not wanted any more."""
        if wanted.get("op") == CANCEL:
            self.drop(station)
            station.tell_of_model(event(wanted, "cancelled"))
            return
        self._queue.append(Asked(station, wanted))
        self._go_on()

    def drop(self, station: BlenderProcess) -> None:
        """Forget what a Blender asked for."""
        self._queue = deque(asked for asked in self._queue if asked.station is not station)
        for seat in self._seats:
            if seat.asked and seat.asked.station is station and seat.process:
                seat.asked.station, seat.asked.dropped = None, time.monotonic()
                seat.process.tell(request(CANCEL, seat.number))

    def watch(self, most_megabytes: float | None) -> None:
        """End processes that hold too much memory, or do not let go of what nobody wants."""
        for seat in self._seats:
            if seat.asked is None or seat.process is None:
                continue
            late = seat.asked.dropped and time.monotonic() - seat.asked.dropped > _CANCEL_SECONDS
            if late:
                self._end(seat)
            elif most_megabytes and (megabytes(seat.process.pid) or 0.0) > most_megabytes:
                if seat.used and not seat.asked.has_room:
                    seat.asked.has_room = True
                    self._queue.appendleft(seat.asked)
                else:
                    self._answer(seat, ErrorReport(USER, _too_much(most_megabytes)))
                self._end(seat)
        self._go_on()

    def close(self) -> None:
        """End all processes."""
        for seat in self._seats:
            if seat.process is not None:
                seat.process.kill()
        self._seats = []

    def _go_on(self) -> None:
        """Give what waits to processes that are free."""
        for seat in self._seats:
            while self._queue and seat.asked is None:
                asked = self._queue.popleft()
                seat.asked, seat.number = asked, seat.number + 1
                try:
                    self._process_of(seat).tell(asked.request | self._own | {"id": seat.number})
                except OSError as error:
                    sentence = f"The model's Python does not start ({error.strerror})."
                    self._answer(seat, ErrorReport(USER, sentence))

    def _process_of(self, seat: _Seat) -> LineProcess:
        if seat.process is None or not seat.process.alive:
            made: list[LineProcess] = []

            def hear(message: Message | None) -> None:
                self._hear(lambda: self._said(seat, made, message))

            command = self._command
            made.append(
                LineProcess(command.words, command.folder, command.environment, hear, apart=True)
            )
            seat.process = made[0]
        return seat.process

    def _said(self, seat: _Seat, by: list[LineProcess], message: Message | None) -> None:
        """Take in what a process said."""
        if not by or seat.process is not by[0]:  # one that was ended
            return
        if message is None:
            self._ended(seat)
        elif seat.asked is not None and message.get("id") == seat.number:
            station = seat.asked.station
            if station is not None:
                station.tell_of_model(message | {"id": seat.asked.request.get("id")})
            if message.get("event") != PROGRESS:
                seat.asked, seat.used = None, True
        self._go_on()

    def _ended(self, seat: _Seat) -> None:
        """Let another process try what the last one ended over, or give it up."""
        process, asked = seat.process, seat.asked
        assert process is not None
        process.wait(1.0)
        how = f"{process.end}; {process.last_words or 'it said nothing'}"
        self._end(seat)
        if asked is None or asked.station is None:
            return
        asked.tries += 1
        if asked.tries < self._tries:
            self._queue.appendleft(asked)
        else:
            times = f", {asked.tries} times" if asked.tries > 1 else ""
            sentence = f"The model's process ended unexpectedly ({how}){times}."
            report = ErrorReport(INTERNAL, sentence)
            asked.station.tell_of_model(event(asked.request, ERROR, **report.fields()))

    @staticmethod
    def _end(seat: _Seat) -> None:
        process, seat.process, seat.asked, seat.used = seat.process, None, None, False
        if process is not None:
            process.kill()

    @staticmethod
    def _answer(seat: _Seat, report: ErrorReport) -> None:
        asked, seat.asked = seat.asked, None
        if asked is not None and asked.station is not None:
            asked.station.tell_of_model(event(asked.request, ERROR, **report.fields()))


def _too_much(most: float) -> str:
    return (
        f"The model needed more for this sound than --memory-limit allows ({most:g} MiB); cut the "
        "sound, or raise the limit."
    )
