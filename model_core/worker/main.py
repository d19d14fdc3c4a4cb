"""Answers the parent process's requests one after the other, until there is nobody to answer."""

import os
import sys
import traceback
from contextlib import suppress
from typing import NoReturn, TextIO

from ..base.errors import UserError
from .channel import Channel
from .inbox import Inbox
from .protocol import CANCEL, CANCELLED, INTERNAL, QUIT, USER, Answer, ErrorReport, Message
from .requests.registry import REQUESTS
from .task import LatestModels, StoppedError, Task


class Worker:
    """Answers requests with the functions of `REQUESTS`.

    Args:
        inbox: where they come from.
        channel: where the answers go.
    """

    def __init__(self, inbox: Inbox, channel: Channel) -> None:
        self._inbox, self._channel = inbox, channel
        self._models = LatestModels()

    def run(self) -> None:
        """Answer until there is nobody to answer."""
        while (request := self._inbox.next()) is not None:
            try:
                answer = self._answer(request)
                self._channel.send(request, answer.event, **answer.fields)
            except StoppedError:
                self._channel.send(request, CANCELLED)
            except Exception as error:  # the worker outlives whatever a request meets
                self._channel.error(request, _report(error))
            self._inbox.answered(request)

    def _answer(self, request: Message) -> Answer:
        operation = request.get("op")
        if not isinstance(operation, str) or operation not in REQUESTS:
            known = f"{', '.join([*REQUESTS, CANCEL])} or {QUIT}"
            raise UserError(f"Unknown operation {operation!r}; send {known}.")
        return REQUESTS[operation](Task(request, self._inbox, self._channel, self._models))


def _report(error: Exception) -> ErrorReport:
    """Return what is said of an exception."""
    if isinstance(error, UserError):
        return ErrorReport(USER, str(error), code=error.code)
    if isinstance(error, ModuleNotFoundError):
        return ErrorReport(USER, _lacks(error.name))
    return ErrorReport(INTERNAL, f"{type(error).__name__}: {error}", traceback.format_exc())


def _lacks(package: str | None) -> str:
    return (
        f"The Python at {sys.executable} lacks the package {package}; install the runtime, or "
        "choose a Python that has it."
    )


def _claim_stdout() -> TextIO:
    """Return a stream to the real stdout, and send all other printing to stderr."""
    own = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return os.fdopen(own, "w", encoding="utf-8", newline="\n")


def main() -> NoReturn:
    """Serve the parent process until it goes."""
    # Waiting threads must not spin: the cores belong to whoever started this. Read as torch loads.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    channel = Channel(_claim_stdout())
    with suppress(OSError, KeyboardInterrupt):  # nobody reads the answers: the parent has gone
        Worker(Inbox(sys.stdin.buffer, channel), channel).run()
    sys.stderr.flush()
    os._exit(0)  # a thread may still wait for input, which Python's own end would trip over
