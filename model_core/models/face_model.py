"""What a trained model is to the rest: sound and a style in, motion at its own frame rate out.

Each kind of checkpoint has a module that reads it, imported only when one is opened.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from importlib import import_module

from ..base.errors import UserError
from ..engine.choice import Runtime
from ..motion.motion import Motion
from ..speech.audio import Samples
from .checkpoint import Checkpoint

KINDS = {
    "jambatalk": "jambatalk.face",
    "talking-head": "talking_head.face",
    "release": "release.face",
}
"""``kind`` in config.json -> module of this package with ``load(checkpoint, runtime)``."""

WITHOUT_TORCH = frozenset({"jambatalk"})
"""Kinds whose networks can be exported as graphs for onnxruntime."""

Progress = Callable[[float], None]
"""Called with the share done, 0 to 1; what it raises stops the work."""


class FaceModel(ABC):
    """A loaded model.

    Attributes:
        styles: names of its speaking styles; the first is the default.
    """

    styles: tuple[str, ...]

    @abstractmethod
    def animate(self, samples: Samples, mixture: Sequence[float], progress: Progress) -> Motion:
        """Return the motion of samples (N,) at 16 kHz, at the model's own frame rate.

        Args:
            samples: the sound.
            mixture: share of each style; they add to 1.
            progress: told how far it is.
        """


def load_model(checkpoint: Checkpoint, runtime: Runtime) -> FaceModel:
    """Return the model of a checkpoint, computed by a runtime.

    Raises:
        UserError: its kind is unknown or not for this runtime, or its weights or settings are
            damaged.
    """
    kind = checkpoint.config.get("kind")
    if kind not in KINDS:
        raise UserError(
            f"The model in {checkpoint.folder} is of kind {kind!r}; this version knows "
            f"{', '.join(KINDS)}."
        )
    if kind not in WITHOUT_TORCH:
        runtime.require_torch(f"A model of kind {kind}")
    model: FaceModel = import_module(f".{KINDS[kind]}", __package__).load(checkpoint, runtime)
    return model
