"""Where the worker's events go."""

import json
import threading
from typing import Any, TextIO

from .protocol import ERROR, ErrorReport, Message, event


class Channel:
    """Sends events, whole lines from any thread.

    Args:
        stream: who asked reads it.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, about: Message, name: str, **fields: Any) -> None:
        """Send an event that answers a request."""
        line = json.dumps(event(about, name, **fields))
        with self._lock:
            self._stream.write(line + "\n")
            self._stream.flush()

    def error(self, about: Message, report: ErrorReport) -> None:
        """Send an error event."""
        self.send(about, ERROR, **report.fields())
