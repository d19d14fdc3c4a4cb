"""One prediction in the worker, watched without waiting."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...model_core.base.errors import UndecodableError, UserError
from ...model_core.formats.registry import read_curves
from ...model_core.hearing.said import Hearing
from ...model_core.motion.curves import Curve
from ...model_core.motion.motion import Motion
from ...model_core.worker.protocol import DONE, Message
from ..sound import samples
from ..worker import session
from ..worker.request import Request
from .plan import CURVES, TARGET, BakePlan, request_fields


class Prediction:
    """A prediction under way.

    Attributes:
        motion: the result, once there is one.
        curves: the curves to write of it and their error in mm; None if none were asked for.
        notes: sentences of the model's on the sound, once there is a result.
        heard: what is said, once there is a result of a worker that hears it.
        styles: the same in other styles, by their names, where they were asked for.
        own_keys: the curves are for the mesh's own shape keys.

    Raises:
        UserError: the worker cannot be started, or the sound cannot be read.
    """

    def __init__(self, plan: BakePlan) -> None:
        self.motion: Motion | None = None
        self.curves: tuple[dict[str, Curve], float] | None = None
        self.styles: Mapping[str, Motion] = {}
        self.notes: tuple[str, ...] = ()
        self.heard: Hearing | None = None
        self._plan = plan
        self._folder = Path(tempfile.mkdtemp(prefix="jambatalk-"))
        try:
            self._file = samples.sound_file(plan.span, self._folder)
            self._request = self._ask(samples.by_path(plan.span, self._file))
        except (OSError, UserError):
            self.close()
            raise
        self._over = self._blender_decoded = False

    @property
    def fraction(self) -> float:
        """How much is done, 0..1."""
        return self._request.fraction

    @property
    def message(self) -> str:
        """What is being done."""
        if self._request.cancelled:
            return "Cancelling"
        return self._request.message or "Starting the model"

    def poll(self, wait: float = 0.0) -> bool:
        """Take in what the worker said; return whether it is over (done or cancelled).

        Args:
            wait: seconds to wait for something to be said.

        Raises:
            UserError: the worker refused the input.
            WorkerError: it failed, or died.
        """
        if self._over:
            return True
        try:
            event = self._request.poll(wait)
        except UndecodableError:
            if self._blender_decoded:
                raise
            return self._let_blender_decode()
        if event is not None and event.get("event") == DONE and not self._request.cancelled:
            self._take(event)
        self._over = event is not None
        return self._over

    def cancel(self) -> None:
        """Ask for an end; `poll` then returns True soon, if need be by ending the worker."""
        self._request.cancel()

    def abandon(self) -> None:
        """End at once, with the worker: Blender is going away or loading another file."""
        session.drop_worker()
        self.close()

    def close(self) -> None:
        """Remove the temporary files."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _ask(self, audio: dict[str, Any]) -> Request:
        """Send the request for a sound."""
        output = str(self._folder / "motion.npz")
        fields = request_fields(self._plan, self._folder)
        self.own_keys = (self._folder / TARGET).exists()
        return Request("predict", audio=audio, output=output, **fields)

    def _let_blender_decode(self) -> bool:
        """Ask anew with samples of Blender's, unless cancelled; return whether it is over."""
        self._over = self._request.cancelled
        if not self._over:
            audio = samples.by_blender(self._plan.span, self._file, self._folder)
            self._request, self._blender_decoded = self._ask(audio), True
        return self._over

    def _take(self, event: Message) -> None:
        """Read the results."""
        self.motion = Motion.load(event["output"])
        others = event.get("styles", {})
        self.styles = {style: Motion.load(path) for style, path in others.items()}
        if (self._folder / CURVES).exists():
            made = read_curves(self._folder / CURVES)
            self.curves = dict(made.curves), made.error_mm
        self.notes = tuple(map(str, event.get("notes", ())))
        heard = event.get("heard")
        self.heard = Hearing.from_json(heard) if heard else None
