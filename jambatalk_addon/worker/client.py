"""The worker process seen from Blender: JSON lines in and out, never waiting unless asked to.

Requests go to its standard input, events come from its standard output through a reader thread
and a queue, arrays travel by file. It opens no port, and its end of input ends it.
"""

import json
import queue
import subprocess
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

from ...model_core.worker.protocol import CANCEL, QUIT, Message, request

_ERROR_LINES = 30


class WorkerProcess:
    """One running worker.

    Args:
        python: interpreter to run it with.
        root: folder that holds ``model_core``.
        environment: its whole environment.

    Raises:
        OSError: the interpreter cannot be started.
    """

    def __init__(self, python: Path, root: Path, environment: dict[str, str]) -> None:
        self.python = python
        self._events: queue.Queue[Message] = queue.Queue()
        self._error_lines: deque[str] = deque(maxlen=_ERROR_LINES)
        self._last_id = 0
        self._process = subprocess.Popen(
            [str(python), "-m", "model_core.worker"],
            cwd=root,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._input = cast(IO[str], self._process.stdin)
        self._output = cast(IO[str], self._process.stdout)
        self._errors = cast(IO[str], self._process.stderr)
        self._threads = [
            threading.Thread(target=target, daemon=True)
            for target in (self._read_events, self._read_errors)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def last_words(self) -> str:
        """The last line it wrote to its standard error."""
        return next((line for line in reversed(self._error_lines) if line.strip()), "").strip()

    def request(self, operation: str, **fields: Any) -> int:
        """Send a request and return its id. A dead worker is noticed by `alive`, not here."""
        self._last_id += 1
        self._send(request(operation, self._last_id, **fields))
        return self._last_id

    def cancel(self, identity: int) -> None:
        """Ask the worker to drop a request; it answers ``cancelled``."""
        self._send(request(CANCEL, identity))

    def next_event(self, timeout: float = 0.0) -> Message | None:
        """Return the oldest event not yet seen, waiting up to ``timeout`` seconds for one."""
        try:
            return self._events.get(block=timeout > 0, timeout=timeout or None)
        except queue.Empty:
            return None

    def stop(self, grace: float = 1.0) -> None:
        """End it: politely, and after ``grace`` seconds for sure."""
        self._send(request(QUIT, None))
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(grace)
        self.kill()

    def kill(self) -> None:
        """End it now, whatever it is doing, and close its pipes."""
        self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join(1.0)
        for pipe in (self._input, self._output, self._errors):
            with suppress(OSError):  # unsent bytes of a dead process
                pipe.close()

    def _send(self, message: Message) -> None:
        with suppress(OSError, ValueError):  # it has ended; `alive` says so
            self._input.write(json.dumps(message) + "\n")
            self._input.flush()

    def _read_events(self) -> None:
        for line in self._output:
            try:
                event = json.loads(line)
            except ValueError:  # a library printed something
                self._error_lines.append(line)
                continue
            if isinstance(event, dict):
                self._events.put(event)

    def _read_errors(self) -> None:
        for line in self._errors:
            self._error_lines.append(line)
