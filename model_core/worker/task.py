"""One request being answered, and what answering needs."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.assets import DEFAULT_CHECKPOINT
from ..base.memory import uncollected
from ..engine.put_off import import_torch
from ..models.checkpoint import MANIFEST_FILE
from ..performance.options import BakeOptions
from .channel import Channel
from .inbox import Inbox
from .protocol import PROGRESS, Message, optional_text
from .requested_options import requested_options

if TYPE_CHECKING:
    from ..models.predictor import Predictor


class StoppedError(Exception):
    """The request was cancelled, or the worker was asked to quit."""


class LatestModel:
    """The model that was asked for last, kept loaded."""

    def __init__(self) -> None:
        self._loaded: tuple[object, Predictor] | None = None

    def load(self, checkpoint: str | None, device: str) -> "Predictor":
        """Return a model, loading it only if the last one was another, or has changed.

        Raises:
            UserError: it cannot be loaded.
        """
        asked = checkpoint, device, _made(checkpoint)
        if self._loaded is None or self._loaded[0] != asked:
            self._loaded = None  # frees the memory before the next is loaded
            self._loaded = asked, _load(checkpoint, device)
        return self._loaded[1]


def _load(checkpoint: str | None, device: str) -> "Predictor":
    """Return a model, in a process that is to be ready soon. Raises as `LatestModel.load`."""
    with uncollected():
        import_torch()
        from ..models.predictor import Predictor

        return Predictor.load(checkpoint, device)


def _made(checkpoint: str | None) -> tuple[int, int] | None:
    """Return what changes when a model is made anew: its manifest's time and size."""
    try:
        manifest = (Path(checkpoint or DEFAULT_CHECKPOINT) / MANIFEST_FILE).stat()
    except OSError:
        return None
    return manifest.st_mtime_ns, manifest.st_size


@dataclass
class LatestModels:
    """The models that were asked for last: of speech, and of life where one tells it."""

    speech: LatestModel = field(default_factory=LatestModel)
    life: LatestModel = field(default_factory=LatestModel)


class Task:
    """One request being answered.

    Args:
        fields: the request.
        inbox: knows whether the request is still wanted.
        channel: takes its events.
        models: those loaded last.
    """

    def __init__(
        self, fields: Message, inbox: Inbox, channel: Channel, models: LatestModels
    ) -> None:
        self.fields = fields
        self._inbox, self._channel, self._models = inbox, channel, models

    def progress(self, fraction: float, message: str) -> None:
        """Tell how far it is; raises `StoppedError` if it is to stop. Call it several times a s."""
        self.tell(PROGRESS, fraction=round(fraction, 4), message=message)

    def tell(self, name: str, **fields: Any) -> None:
        """Send an event before the answer; raises `StoppedError` if the request is to stop."""
        self.check_wanted()
        self._channel.send(self.fields, name, **fields)

    def check_wanted(self) -> None:
        """Raise `StoppedError` if nobody waits for the answer any more."""
        if self._inbox.unwanted(self.fields):
            raise StoppedError

    @cached_property
    def options(self) -> BakeOptions:
        """The options of a bake that the request tells. Raises `UserError` for wrong ones."""
        return requested_options(self.fields)

    def predictor(self) -> "Predictor":
        """Return the model that the request names. Raises `UserError` if it cannot be loaded."""
        return self._models.speech.load(self.options.checkpoint or None, self._device)

    def life_model(self) -> "Predictor | None":
        """Return the model that tells life, where there is to be some and the request names one.

        Raises:
            UserError: it cannot be loaded.
        """
        folder = self.options.life_model
        if not folder or not self.options.life:
            return None
        return self._models.life.load(folder, self._device)

    @property
    def _device(self) -> str:
        return optional_text(self.fields, "device") or "auto"
