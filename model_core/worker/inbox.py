"""The requests as they arrive, and what is read of them at once: cancel, quit and the end."""

import json
import queue
import threading
from typing import BinaryIO

from .channel import Channel
from .protocol import CANCEL, QUIT, USER, ErrorReport, Message, key


class Inbox:
    """Requests in a queue, read by a thread so that a cancel is seen during a prediction.

    Args:
        stream: where the lines come from.
        channel: told of lines that are no requests.
    """

    def __init__(self, stream: BinaryIO, channel: Channel) -> None:
        self.stopped = threading.Event()
        self._requests: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._waiting: set[str] = set()  # ids of requests not yet answered, as JSON
        self._cancelled: set[str] = set()
        self._channel = channel
        threading.Thread(target=self._read, args=[stream], daemon=True).start()

    def next(self) -> Message | None:
        """Return the next request, or None after the last one."""
        request = self._requests.get()
        return None if self.stopped.is_set() else request

    def unwanted(self, request: Message) -> bool:
        """Return whether nobody waits for a request any more: it was cancelled, or all were."""
        return self.stopped.is_set() or key(request) in self._cancelled

    def answered(self, request: Message) -> None:
        """Forget a request."""
        self._waiting.discard(key(request))
        self._cancelled.discard(key(request))

    def _read(self, stream: BinaryIO) -> None:
        for line in stream:
            if line.strip() and not self._accept(line):
                self.stopped.set()
                break
        self._requests.put(None)

    def _accept(self, line: bytes) -> bool:
        """Take one line; False if it asks to quit."""
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            sentence = "A line is not a JSON object; send one object a line."
            self._channel.error({}, ErrorReport(USER, sentence))
            return True
        if message.get("op") == CANCEL:
            self._cancelled |= {key(message)} & self._waiting
        elif message.get("op") != QUIT:
            self._waiting.add(key(message))
            self._requests.put(message)
        return message.get("op") != QUIT
