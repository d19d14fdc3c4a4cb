"""One request to the worker, followed without waiting until its answer."""

import time

from ...model_core.base.errors import UserError
from ...model_core.worker.protocol import (
    BETWEEN,
    CANCELLED,
    ERROR,
    PROGRESS,
    ErrorReport,
    Message,
    ProgressReport,
)
from . import session
from .errors import WorkerError

_CANCEL_SECONDS = 2.0
_TICK_SECONDS = 0.1


class Request:
    """A request under way in the warm worker, which is started if need be.

    Args:
        operation: what is asked for.
        fields: of the request; see model_core.worker.protocol.

    Raises:
        UserError: the worker cannot be started.
    """

    def __init__(self, operation: str, **fields: object) -> None:
        self._progress = ProgressReport(0.0, "")
        self.worker = session.warm_worker()
        self._id = self.worker.request(operation, **fields)
        self._cancelled_at: float | None = None
        self._told: list[Message] = []

    def take_told(self) -> list[Message]:
        """Return what was told before the answer but its progress, once each."""
        told, self._told = self._told, []
        return told

    @property
    def fraction(self) -> float:
        """How much is done, 0..1."""
        return self._progress.fraction

    @property
    def message(self) -> str:
        """What is being done; empty until the worker says."""
        return self._progress.message

    @property
    def cancelled(self) -> bool:
        """Whether an end was asked for."""
        return self._cancelled_at is not None

    def poll(self, wait: float = 0.0) -> Message | None:
        """Take in what the worker said; return the event that ends the request, if it came.

        A cancelled request ends with a ``cancelled`` event of the worker's, or with one made here
        when the worker died or does not answer in time and was ended.

        Args:
            wait: seconds to wait for something to be said.

        Raises:
            UserError: the worker refused the input; `UndecodableError` if another may read it.
            WorkerError: it failed, or died.
        """
        while (event := self.worker.next_event(wait)) is not None:
            wait = 0.0
            if event.get("id") == self._id and self._ends(event):
                return event
        if not self.worker.alive and not self.cancelled:
            raise self._death()
        return {"event": CANCELLED} if self._is_over_unanswered() else None

    def wait(self, seconds: float) -> Message:
        """Return the answer, waiting for it; raises as `poll`, and `WorkerError` if it is late."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            event = self.poll(_TICK_SECONDS)
            if event is not None:
                return event
        session.drop_worker()
        raise WorkerError(f"The model with {self.worker.python} does not answer; try again.")

    def cancel(self) -> None:
        """Ask for an end; `poll` then returns one soon, if need be by ending the worker."""
        if self._cancelled_at is None:
            self._cancelled_at = time.monotonic()
            self.worker.cancel(self._id)

    def _ends(self, event: Message) -> bool:
        """Digest an event of this request; return whether it is the last."""
        if event.get("event") == ERROR:
            raise _failure(ErrorReport.of(event))
        if event.get("event") == PROGRESS:
            self._progress = ProgressReport.of(event, self._progress)
        elif event.get("event") in BETWEEN:
            self._told.append(event)
        else:
            return True
        return False

    def _is_over_unanswered(self) -> bool:
        """Return whether a cancelled worker has died or not answered in time; then it is ended."""
        if self._cancelled_at is None:
            return False
        if self.worker.alive and time.monotonic() - self._cancelled_at <= _CANCEL_SECONDS:
            return False
        session.drop_worker()
        return True

    def _death(self) -> WorkerError:
        last_words = self.worker.last_words
        session.drop_worker()
        return WorkerError(
            f"The model's process ended unexpectedly ({last_words or 'it said nothing'}); try "
            f"again, or choose another Python than {self.worker.python} in Preferences > Add-ons > "
            "JambaTalk."
        )


def _failure(report: ErrorReport) -> UserError | WorkerError:
    """Return what an error report tells, as an exception."""
    return report.user_error or WorkerError(report.message, report.details)
