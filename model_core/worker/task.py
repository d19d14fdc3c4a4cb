"""One request being answered, and what answering needs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..base.assets import DEFAULT_CHECKPOINT, STREAMING_CHECKPOINT
from ..base.memory import uncollected
from ..engine.put_off import import_torch
from ..models.checkpoint import MANIFEST_FILE
from ..performance.options import BakeOptions
from .channel import Channel
from .inbox import Inbox
from .protocol import PROGRESS, Message, optional_text
from .requested_options import requested_options

if TYPE_CHECKING:
    from ..live.model import LiveModel
    from ..models.predictor import Predictor

Model = TypeVar("Model")


class StoppedError(Exception):
    """The request was cancelled, or the worker was asked to quit."""


class LatestModel(Generic[Model]):
    """The model that was asked for last, kept loaded.

    Args:
        load: a checkpoint's folder and a device -> the model.
        default: the folder of the one that is loaded where none is named.
    """

    def __init__(self, load: Callable[[Path, str], Model], default: Path) -> None:
        self._load, self._default = load, default
        self._loaded: tuple[object, Model] | None = None

    def load(self, checkpoint: str | None, device: str) -> Model:
        """Return a model, loading it only if the last one was another, or has changed.

        Raises:
            UserError: it cannot be loaded.
        """
        folder = Path(checkpoint or self._default)
        asked = folder, device, _made(folder)
        if self._loaded is None or self._loaded[0] != asked:
            self._loaded = None  # frees the memory before the next is loaded
            self._loaded = asked, self._load(folder, device)
        return self._loaded[1]


def _predictor(folder: Path, device: str) -> "Predictor":
    """Return a model, in a process that is to be ready soon. Raises as `LatestModel.load`."""
    with uncollected():
        import_torch()
        from ..models.predictor import Predictor

        return Predictor.load(folder, device)


def _live_model(folder: Path, device: str) -> "LiveModel":
    from ..live.model import LiveModel

    return LiveModel.load(folder, device)


def _latest_predictor() -> "LatestModel[Predictor]":
    return LatestModel(_predictor, DEFAULT_CHECKPOINT)


def _latest_live() -> "LatestModel[LiveModel]":
    return LatestModel(_live_model, STREAMING_CHECKPOINT)


def _made(folder: Path) -> tuple[int, int] | None:
    """Return what changes when a model is made anew: its manifest's time and size."""
    try:
        manifest = (folder / MANIFEST_FILE).stat()
    except OSError:
        return None
    return manifest.st_mtime_ns, manifest.st_size


@dataclass
class LatestModels:
    """The models that were asked for last: of speech, of life where one tells it, of live sound."""

    speech: "LatestModel[Predictor]" = field(default_factory=_latest_predictor)
    life: "LatestModel[Predictor]" = field(default_factory=_latest_predictor)
    live: "LatestModel[LiveModel]" = field(default_factory=_latest_live)


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

    def live_model(self) -> "LiveModel":
        """Return the model that hears live sound. Raises `UserError` if it cannot be loaded."""
        return self._models.live.load(self.options.checkpoint or None, self._device)

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
