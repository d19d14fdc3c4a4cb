"""A Blender and a model of their own on some machine, asked for one piece of work at a time."""

import os
import queue
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from ..base.line_process import Message
from .model_host import ModelHost
from .stations import BlenderProcess, Command, Station
from .work import FOLDER, MODEL, READY

_ROOT = Path(__file__).resolve().parents[2]


class BenchError(Exception):
    """The Blender of a bench ended; the message tells how."""


class Bench:
    """Runs where it is made; the engine of a batch may be on another machine.

    Args:
        blender: the command of a Blender that waits for work.
        retries: how often the model is asked again when its process ended.
        device: on which the model runs; empty for what Blender's preferences say.
    """

    def __init__(self, blender: Sequence[str], retries: int, device: str = "") -> None:
        self._calls: queue.SimpleQueue[Callable[[], Message | None]] = queue.SimpleQueue()
        self._folder = tempfile.mkdtemp(prefix=FOLDER)
        places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), self._folder)
        environment = dict(os.environ) | places | {"PYTHONUTF8": "1"}
        self._blender = BlenderProcess(Command(blender, _ROOT, environment), self._hear)
        python = os.environ.get("JAMBATALK_PYTHON") or sys.executable
        worker = Command(
            (python, "-m", "model_core.worker"), _ROOT, environment | {"OMP_WAIT_POLICY": "passive"}
        )
        self._host = ModelHost(worker, 1, retries + 1, self._hear_model, device)

    def start(self) -> str:
        """Start Blender and return its version.

        Raises:
            OSError: there is no such program.
            BenchError: it ended.
        """
        self._blender.start()
        self._blender.ready(self._answer(READY))
        return self._blender.blender

    def ask(self, message: Message) -> Message:
        """Return what Blender answers to a piece of work, of which it has begun none.

        Raises:
            BenchError: it ended.
        """
        self._blender.tell(message)
        return self._answer("")

    def close(self) -> None:
        """End both processes."""
        self._blender.close()
        self._host.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answer(self, kind: str) -> Message:
        """Return the next message that is no request of the model, of a kind if one is wanted."""
        while True:
            message = self._calls.get()()
            if message is not None and (not kind or message.get("event") == kind):
                return message

    def _hear(self, _: Station, same: Callable[[], bool], message: Message | None) -> None:
        self._calls.put(lambda: self._heard(message) if same() else None)

    def _heard(self, message: Message | None) -> Message | None:
        """Hand on what is for the model; return anything else."""
        if message is None:
            raise BenchError(self._blender.how_it_ended)
        if message.get("event") != MODEL:
            return message
        self._host.ask(self._blender, message["request"])
        return None

    def _hear_model(self, call: Callable[[], None]) -> None:
        self._calls.put(call)
