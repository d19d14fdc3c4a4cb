"""A Blender that does the work of a batch which another process runs; not for typing.

How they speak is told in `model_core.batch.work`. The model is that process's too, and is asked
through it.
"""

import json
import os
import queue
import shutil
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from ...model_core.base.line_process import Message
from ...model_core.batch.work import FOLDER, MODEL, READY
from ...model_core.worker.protocol import CANCEL, request
from ..worker import session
from . import bench, console


class SharedModel:
    """The batch's model, seen as a worker of this Blender's own: see `worker.client`."""

    python = Path("the batch's")
    alive = True
    last_words = ""

    def __init__(self) -> None:
        self.events: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._last_id = 0

    def request(self, operation: str, **fields: Any) -> int:
        """Send a request and return its id."""
        self._last_id += 1
        _say({"event": MODEL, "request": request(operation, self._last_id, **fields)})
        return self._last_id

    def cancel(self, identity: int) -> None:
        """Ask that a request be dropped."""
        _say({"event": MODEL, "request": request(CANCEL, identity)})

    def next_event(self, timeout: float = 0.0) -> Message | None:
        """Return the oldest event not yet seen, waiting up to ``timeout`` seconds for one."""
        with suppress(queue.Empty):
            return self.events.get(block=timeout > 0, timeout=timeout or None)
        return None

    def stop(self) -> None:
        """Leave it to whoever runs it."""

    def kill(self) -> None:
        """Leave it to whoever runs it."""


def run() -> int:
    """Do what is asked until nobody asks any more."""
    model, asked = SharedModel(), queue.SimpleQueue[Message]()
    session.share(model)
    threading.Thread(target=_read, args=[model, asked], daemon=True).start()
    _say({"event": READY, "blender": bench.version(), "pid": os.getpid()})
    while True:
        _say(bench.answer(asked.get()))


def _read(model: SharedModel, asked: "queue.SimpleQueue[Message]") -> NoReturn:
    """Sort what is told to the model's answers and to work; leave with whoever tells it."""
    for line in sys.stdin.buffer:
        message = json.loads(line)
        if message.get("op") == MODEL:
            model.events.put(message["event"])
        else:
            asked.put(message)
    folder = Path(tempfile.gettempdir())
    if folder.name.startswith(FOLDER):  # made for the batch, which may have been killed
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def _say(event: Message) -> None:
    console.say(json.dumps(event))
