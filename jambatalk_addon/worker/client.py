"""The worker process seen from Blender: requests in, events out, never waiting unless asked to.

It opens no port, arrays travel by file, and its end of input ends it.
"""

import queue
from pathlib import Path
from typing import Any, Protocol

from ...model_core.base.line_process import LineProcess
from ...model_core.worker.protocol import CANCEL, QUIT, Message, request


class Worker(Protocol):
    """What answers requests: a process of this Blender's, or one that is shared.

    Attributes:
        python: interpreter it runs with.
        alive: whether it still runs.
        last_words: the last line it wrote to its standard error.
    """

    @property
    def python(self) -> Path: ...  # noqa: D102
    @property
    def alive(self) -> bool: ...  # noqa: D102
    @property
    def last_words(self) -> str: ...  # noqa: D102

    def request(self, operation: str, **fields: Any) -> int:
        """Send a request and return its id."""

    def cancel(self, identity: int) -> None:
        """Ask that a request be dropped."""

    def next_event(self, timeout: float = 0.0) -> Message | None:
        """Return the oldest event not yet seen, waiting up to ``timeout`` seconds for one."""


class WorkerProcess(LineProcess):
    """One running worker.

    Args:
        python: interpreter to run it with.
        root: folder that holds ``model_core``.
        environment: its whole environment.

    Raises:
        OSError: the interpreter cannot be started.
    """

    def __init__(self, python: Path, root: Path, environment: dict[str, str]) -> None:
        self._python = python
        self._events: queue.Queue[Message | None] = queue.Queue()
        self._last_id = 0
        command = [python, "-m", "model_core.worker"]
        super().__init__(command, root, environment, self._events.put)

    @property
    def python(self) -> Path:
        """The interpreter it runs with."""
        return self._python

    def request(self, operation: str, **fields: Any) -> int:
        """Send a request and return its id. A dead worker is noticed by `alive`, not here."""
        self._last_id += 1
        self.tell(request(operation, self._last_id, **fields))
        return self._last_id

    def cancel(self, identity: int) -> None:
        """Ask the worker to drop a request; it answers ``cancelled``."""
        self.tell(request(CANCEL, identity))

    def next_event(self, timeout: float = 0.0) -> Message | None:
        """Return the oldest event not yet seen, waiting up to ``timeout`` seconds for one."""
        try:
            return self._events.get(block=timeout > 0, timeout=timeout or None)
        except queue.Empty:
            return None

    def stop(self, grace: float = 1.0) -> None:
        """End it: politely, and after ``grace`` seconds for sure."""
        self.tell(request(QUIT, None))
        self.wait(grace)
        self.kill()
