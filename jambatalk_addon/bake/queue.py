"""Bakes one after another with one progress and one summary."""

import time
from collections import deque
from collections.abc import Callable

from ...model_core.base.errors import UserError
from ..worker.errors import WorkerError
from .outcome import Outcome, Summary
from .plan import BakePlan, Failure, Order
from .run import Bake

_WAIT_SECONDS = 0.2


class Queue:
    """Bakes under way: the model hears every sound first, then all motions are written.

    Nothing is written before the model is done, so cancelling until then leaves the scene as it
    was, and whatever the artist undoes meanwhile takes no part of the result away.

    Args:
        order: what to bake, and what cannot be.

    Attributes:
        cancelled: it was asked to end.
    """

    def __init__(self, order: Order) -> None:
        plans, failures = order.plans, order.failures
        self.cancelled = False
        self._told = order.told
        self._started = time.monotonic()
        self._waiting, self._predicted = deque(plans), deque[Bake]()
        self._wanted, self._asked = len(plans), len(plans) + len(failures)
        self._outcomes: list[Outcome] = []
        self._failures = list(failures)
        self._current: Bake | None = None
        self._start_next()

    @property
    def fraction(self) -> float:
        """How much of the model's work is done, 0..1, and then of the writing."""
        if self._current is None:
            written = len(self._outcomes)
            return written / max(1, written + len(self._predicted))
        share = self._current.prediction.fraction
        return (self._heard + share) / self._wanted

    @property
    def message(self) -> str:
        """What is being done, and to which of how many."""
        if self._current is None:
            return "Cancelling" if self.cancelled else "Writing"
        message = self._current.prediction.message
        if self._wanted == 1:
            return message
        name = self._current.plan.span.name
        return f"{self._heard + 1} of {self._wanted}, {name}: {message}"

    @property
    def _heard(self) -> int:
        """How many sounds the model is done with."""
        return self._wanted - len(self._waiting) - (self._current is not None)

    def poll(self, wait: float = 0.0) -> bool:
        """Take in what the worker said; return whether it has heard all, or the end was asked for.

        Args:
            wait: seconds to wait for something to be said.
        """
        bake = self._current
        if bake is None:
            return True
        try:
            if not bake.poll(wait):
                return False
            if bake.prediction.motion is not None:
                self._predicted.append(bake)
        except (UserError, WorkerError) as error:
            self._fail(bake.plan, error)
        bake.close()
        self._start_next()
        return self._current is None

    def write_next(self) -> bool:
        """Write one motion; return whether there is nothing more to write."""
        if self._predicted and not self.cancelled:
            bake = self._predicted.popleft()
            try:
                self._outcomes.append(bake.write())
            except (UserError, WorkerError) as error:
                self._fail(bake.plan, error)
        return self.cancelled or not self._predicted

    def cancel(self) -> None:
        """Ask for an end; `poll` returns True soon and `write_next` writes nothing more."""
        self.cancelled = True
        if self._current is not None:
            self._current.prediction.cancel()

    def abandon(self) -> None:
        """End at once, with the worker."""
        if self._current is not None:
            self._current.prediction.abandon()

    def close(self) -> None:
        """Remove temporary files."""
        if self._current is not None:
            self._current.close()

    def summary(self) -> Summary:
        """Return how it ended."""
        reached = len(self._outcomes) + len(self._failures)
        left = self._asked - reached if self.cancelled else 0
        seconds = time.monotonic() - self._started
        return Summary(self._outcomes, self._failures, left, seconds, self._told)

    def _start_next(self) -> None:
        """Have the model hear the next sound that can be heard, unless the end was asked for."""
        self._current = None
        while self._waiting and self._current is None and not self.cancelled:
            plan = self._waiting.popleft()
            try:
                self._current = Bake(plan)
            except UserError as error:
                self._fail(plan, error)

    def _fail(self, plan: BakePlan, error: Exception) -> None:
        self._failures.append(Failure(plan.span.name, error))


def bake_and_wait(order: Order, show: Callable[[float, str], None] = lambda *_: None) -> Summary:
    """Bake several plans, and wait for them.

    Args:
        order: what to bake.
        show: told how much is done, 0 to 1, and what is being done.
    """
    queue = Queue(order)
    try:
        while not queue.poll(_WAIT_SECONDS):
            show(queue.fraction, queue.message)
        while not queue.write_next():
            pass
        return queue.summary()
    finally:
        queue.close()
