"""The kinds of trained models there are, and how one is opened from its checkpoint.

A new kind is one line of `KINDS` and a module with ``load(checkpoint, runtime)``, which is imported
only when a checkpoint of it is opened.
"""

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from ..base.errors import UserError

if TYPE_CHECKING:  # Blender, which asks for the names alone, has not what these need
    from ..engine.choice import Runtime
    from .checkpoint import Checkpoint
    from .face_model import FaceModel


class ModelKind(NamedTuple):
    """How models of a kind are opened.

    Attributes:
        module: of this package.
        without_torch: whether onnxruntime can run them too, from exported graphs.
    """

    module: str
    without_torch: bool = False


JAMBATALK, TALKING_HEAD, RELEASE = "jambatalk", "talking-head", "release"
STREAMING, GLDITALKER, GLD_TAKES = "streaming", "glditalker", "gld-takes"
MAMBATALK, PERFORMER = "mambatalk", "performer"

KINDS = {
    JAMBATALK: ModelKind("jambatalk.face", without_torch=True),
    TALKING_HEAD: ModelKind("talking_head.face"),
    RELEASE: ModelKind("release.face"),
    STREAMING: ModelKind("streaming.face", without_torch=True),
    GLDITALKER: ModelKind("glditalker.face"),
    MAMBATALK: ModelKind("mambatalk.face", without_torch=True),
    GLD_TAKES: ModelKind("gld_takes.face", without_torch=True),
    PERFORMER: ModelKind("performer.face", without_torch=True),
}
"""``kind`` in config.json -> how it is opened."""


def load_model(checkpoint: "Checkpoint", runtime: "Runtime") -> "FaceModel":
    """Return the model of a checkpoint, computed by a runtime.

    Raises:
        UserError: its kind is unknown or not for this runtime, or its weights or settings are
            damaged.
    """
    name = checkpoint.config.get("kind")
    if name not in KINDS:
        raise UserError(
            f"The model in {checkpoint.folder} is of kind {name!r}; this version knows "
            f"{', '.join(KINDS)}."
        )
    kind = KINDS[name]
    if not kind.without_torch:
        runtime.require_torch(f"A model of kind {name}")
    model: FaceModel = import_module(f".{kind.module}", __package__).load(checkpoint, runtime)
    return model
