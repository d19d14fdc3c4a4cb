"""A child process that is spoken with in JSON lines, and never waited for unless asked to.

What is told goes to its standard input, what it says comes from its standard output through a
thread. The end of its input ends it, whatever becomes of this process.
"""

import json
import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

Message = dict[str, Any]

_ERROR_LINES = 30


class LineProcess:
    """One running process.

    Args:
        command: what to run.
        folder: its working folder.
        environment: its whole environment.
        hear: called from a thread with each object it says, and with None once it says no more.
        apart: leave it out when the terminal sends Ctrl-C to this process.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(
        self,
        command: Sequence[object],
        folder: Path,
        environment: dict[str, str],
        hear: Callable[[Message | None], object],
        *,
        apart: bool = False,
    ) -> None:
        self._hear, self._leads = hear, apart and os.name != "nt"
        self._error_lines: deque[str] = deque(maxlen=_ERROR_LINES)
        self._process = subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            creationflags=_windows_flags(apart),
            start_new_session=self._leads,
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

    @property
    def end(self) -> str:
        """How it ended, in words: by a signal, or with a code; nothing while it runs."""
        code = self._process.poll()
        if code is None:
            return ""
        with suppress(ValueError):
            return f"signal {signal.Signals(-code).name}" if code < 0 else f"code {code}"
        return f"code {code}"

    def tell(self, message: Message) -> None:
        """Send an object. A dead process is noticed by `alive`, not here."""
        with suppress(OSError, ValueError):
            self._input.write(json.dumps(message) + "\n")
            self._input.flush()

    def wait(self, seconds: float) -> None:
        """Wait for its end and its last words, but no longer than some seconds each."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
            self._threads[-1].join(seconds)

    def close_input(self) -> None:
        """Tell it that nothing more will be told."""
        with suppress(OSError, ValueError):
            self._input.close()

    def kill(self) -> None:
        """End it now, whatever it is doing, and close its pipes.

        One that is apart is ended with all that it started: a studio's Blender may be a script.
        """
        if self._leads and self.alive:
            with suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join(1.0)
        for pipe in (self._input, self._output, self._errors):
            with suppress(OSError):  # unsent bytes of a dead process
                pipe.close()

    def _read_events(self) -> None:
        for line in self._output:
            try:
                event = json.loads(line)
            except ValueError:  # a library printed something
                self._error_lines.append(line)
                continue
            if isinstance(event, dict):
                self._hear(event)
        self._hear(None)

    def _read_errors(self) -> None:
        for line in self._errors:
            self._error_lines.append(line)


def _windows_flags(apart: bool) -> int:
    """Return flags for a process without a window; nothing elsewhere."""
    alone = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) if apart else 0
    return getattr(subprocess, "CREATE_NO_WINDOW", 0) | alone
