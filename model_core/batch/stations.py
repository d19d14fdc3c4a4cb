"""Where bakes are made: Blenders in processes of their own, or this one."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..base.line_process import LineProcess, Message
from .memory import megabytes
from .work import MODEL, Work, look_message

Hear = Callable[["Station", Callable[[], bool], Message | None], object]
"""Called with a station, what tells whether its process is still the same, and what it says."""


@dataclass(frozen=True)
class Command:
    """How to start a process.

    Attributes:
        words: the program and its arguments.
        folder: its working folder.
        environment: all of it.
    """

    words: Sequence[object]
    folder: Path
    environment: dict[str, str]


class Station(ABC):
    """A place that does one piece of work at a time; what it answers is heard.

    Attributes:
        blender: its Blender's version, once it is known.
    """

    blender = ""

    @abstractmethod
    def look(self, path: Path, mesh: str) -> None:
        """Ask for the marks in a saved scene."""

    @abstractmethod
    def bake(self, work: Work) -> None:
        """Ask for a bake."""

    def end(self) -> None:  # noqa: B027
        """End what it does now, at once."""

    def close(self, seconds: float = 0.0) -> None:  # noqa: B027
        """End it, giving it some seconds."""

    @property
    def is_ready(self) -> bool:
        """Whether it has started."""
        return True

    @property
    def takes_work(self) -> bool:
        """Whether it may be asked: one that is far away is asked once it has started."""
        return True

    @property
    def megabytes(self) -> float | None:
        """How much memory it holds; None where that cannot be told."""
        return None


class Apart(Station):
    """A Blender that may end without this process: a job at which it did is tried again.

    Attributes:
        was_ready: whether one ever started there.
    """

    was_ready = False
    _is_ready = False

    def ready(self, message: Message) -> None:
        """Note that it has started."""
        self._is_ready = self.was_ready = True
        self.blender = str(message.get("blender", self.blender))

    @property
    def is_ready(self) -> bool:
        """Whether its process has started."""
        return self._is_ready

    @property
    @abstractmethod
    def how_it_ended(self) -> str:
        """How its process ended, and the last it said."""


class BlenderProcess(Apart):
    """A Blender of its own, started when there is work for it, and again after its end.

    Args:
        command: how to start it.
        hear: called from a thread with what it says, None at its end.
    """

    def __init__(self, command: Command, hear: Hear) -> None:
        self._command, self._hear = command, hear
        self._process: LineProcess | None = None
        self._pid = 0

    def ready(self, message: Message) -> None:
        """Note that it has started, and which process it is: what was started may be a script."""
        super().ready(message)
        self._pid = int(message.get("pid", 0))

    def look(self, path: Path, mesh: str) -> None:
        """Ask for the marks in a saved scene. Raises `OSError` if it cannot be started."""
        self.tell(look_message(path, mesh))

    def bake(self, work: Work) -> None:
        """Ask for a bake. Raises `OSError` if it cannot be started."""
        self.tell(work.message())

    def start(self) -> None:
        """Start it, if it does not run. Raises `OSError` if it cannot be started."""
        self._running()

    def tell(self, message: Message) -> None:
        """Ask for a piece of work. Raises `OSError` if it cannot be started."""
        self._running().tell(message)

    def tell_of_model(self, event: Message) -> None:
        """Hand on what the model says."""
        if self._process is not None:
            self._process.tell({"op": MODEL, "event": event})

    @property
    def how_it_ended(self) -> str:
        """How its process ended, and the last it said."""
        if self._process is None:
            return "it was not started"
        self._process.wait(1.0)  # it has closed its output
        return f"{self._process.end or 'it said no more'}: {self._process.last_words or 'no words'}"

    @property
    def megabytes(self) -> float | None:
        """How much memory its process holds."""
        return megabytes(self._pid or self._process.pid) if self._process else None

    def end(self) -> None:
        """End its process at once; the next work starts another."""
        if self._process is not None:
            self._process.kill()
            self._process, self._is_ready, self._pid = None, False, 0

    def close(self, seconds: float = 0.0) -> None:
        """End its process."""
        if self._process is not None:
            self._process.close_input()
            self._process.wait(seconds)
        self.end()

    def _running(self) -> LineProcess:
        """Return its process, a new one if there is none."""
        if self._process is None:
            process: list[LineProcess] = []

            def hear(message: Message | None) -> None:
                self._hear(self, lambda: bool(process) and self._process is process[0], message)

            command = self._command
            process.append(
                LineProcess(command.words, command.folder, command.environment, hear, apart=True)
            )
            self._process = process[0]
        return self._process
