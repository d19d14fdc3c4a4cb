"""One prediction in the worker, watched without waiting."""

import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from ...model_core.base.errors import UndecodableError, UserError
from ...model_core.formats.registry import read_curves
from ...model_core.motion.curves import Curve
from ...model_core.motion.motion import Motion
from ..sound import samples
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
        curves: the curves to write of it and their error in mm; None if none were asked for.
        notes: sentences of the model's on the sound, once there is a result.

    Raises:
        UserError: the worker cannot be started, or the sound cannot be read.
    """

    def __init__(self, plan: BakePlan) -> None:
        self.fraction = 0.0
        self.message = "Starting the model"
        self.motion: Motion | None = None
        self.curves: tuple[dict[str, Curve], float] | None = None
        self.notes: tuple[str, ...] = ()
        self._plan = plan
        self._over = False
        self._cancelled_at: float | None = None
        self._folder = Path(tempfile.mkdtemp(prefix="jambatalk-"))
        self._curve_file = self._folder / "curves.npz"
        try:
            self._file = samples.sound_file(plan.span, self._folder)
            self._worker = session.warm_worker()
        except (OSError, UserError):
            self.close()
            raise
        self._ask(samples.by_path(plan.span, self._file))

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

    def _ask(self, audio: dict[str, Any]) -> None:
        """Send the request for a sound."""
        output = str(self._folder / "motion.npz")
        fields = request_fields(self._plan, self._curve_file)
        self._blender_decoded = "samples" in audio
        self._id = self._worker.request("predict", audio=audio, output=output, **fields)

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
                    if self._curve_file.exists():
                        made = read_curves(self._curve_file)
                        self.curves = dict(made.curves), made.error_mm
                    self.notes = tuple(map(str, event.get("notes", ())))
                return True
            case "cancelled":
                return True
            case "error":
                return self._fail(event)
        return False

    def _fail(self, event: Event) -> bool:
        """Let Blender decode what the worker could not, or raise what went wrong."""
        if event.get("code") == UndecodableError.code and not self._blender_decoded:
            if self._cancelled_at is None:
                self._ask(samples.by_blender(self._plan.span, self._file, self._folder))
            return self._cancelled_at is not None
        if event.get("kind") == "user":
            raise UserError(str(event["message"]))
        raise WorkerError(str(event["message"]), str(event.get("details", "")))

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
