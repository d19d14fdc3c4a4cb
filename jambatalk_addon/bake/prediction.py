"""One prediction in the worker, watched without waiting."""

import shutil
import tempfile
import time
from pathlib import Path

from ...model_core.errors import UserError
from ...model_core.motion import Motion
from ..sound.samples import request_audio
from ..worker import session
from ..worker.client import Event
from ..worker.errors import WorkerError
from .plan import BakePlan, request_fields

_CANCEL_SECONDS = 2.0


class Prediction:
    """A request under way.

    Attributes:
        fraction: how much is done, 0..1.
        message: what is being done.
        motion: the result, once there is one.

    Raises:
        UserError: the worker cannot be started, or the sound cannot be read.
    """

    def __init__(self, plan: BakePlan) -> None:
        self.fraction = 0.0
        self.message = "Starting the model"
        self.motion: Motion | None = None
        self._over = False
        self._cancelled_at: float | None = None
        self._folder = Path(tempfile.mkdtemp(prefix="jambatalk-"))
        try:
            audio = request_audio(plan.span, self._folder)
            self._worker = session.warm_worker()
        except UserError:
            self.close()
            raise
        output = str(self._folder / "motion.npz")
        fields = request_fields(plan)
        self._id = self._worker.request("predict", audio=audio, output=output, **fields)

    def poll(self, wait: float = 0.0) -> bool:
        """Take in what the worker said; return whether it is over (done or cancelled).

        Args:
            wait: seconds to wait for something to be said.

        Raises:
            UserError: the worker refused the input.
            WorkerError: it failed, or died.
        """
        while not self._over and (event := self._worker.next_event(wait)) is not None:
            self._over, wait = self._take(event), 0.0
        if self._over:
            return True
        if not self._worker.alive:
            return self._cancelled_at is not None or self._died()
        return self._give_up_waiting()

    def cancel(self) -> None:
        """Ask for an end; `poll` then returns True soon, if need be by ending the worker."""
        if self._cancelled_at is None:
            self._cancelled_at = time.monotonic()
            self.message = "Cancelling"
            self._worker.cancel(self._id)

    def abandon(self) -> None:
        """End at once, with the worker: Blender is going away or loading another file."""
        session.drop_worker()
        self.close()

    def close(self) -> None:
        """Remove the temporary files."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _take(self, event: Event) -> bool:
        """Digest one event; return whether it ends the request."""
        if event.get("id") != self._id:
            return False
        match event.get("event"):
            case "progress" if self._cancelled_at is None:
                self.fraction = float(event.get("fraction", self.fraction))
                self.message = str(event.get("message") or self.message)
            case "done":
                if self._cancelled_at is None:
                    self.motion = Motion.load(event["output"])
                return True
            case "cancelled":
                return True
            case "error" if event.get("kind") == "user":
                raise UserError(str(event["message"]))
            case "error":
                raise WorkerError(str(event["message"]), str(event.get("details", "")))
        return False

    def _died(self) -> bool:
        last_words = self._worker.last_words
        session.drop_worker()
        python = self._worker.python
        raise WorkerError(
            f"The model's process ended unexpectedly ({last_words or 'it said nothing'}); bake "
            f"again, or choose another Python than {python} in Preferences > Add-ons > JambaTalk."
        )

    def _give_up_waiting(self) -> bool:
        """Return whether a cancelled worker has not answered in time; then it is ended."""
        late = (
            self._cancelled_at is not None
            and time.monotonic() - self._cancelled_at > _CANCEL_SECONDS
        )
        if late:
            session.drop_worker()
        return late
