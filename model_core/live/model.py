"""The model for live sound, loaded."""

import os
from collections.abc import Mapping

from ..base.assets import STREAMING_CHECKPOINT
from ..base.errors import UserError
from ..engine.choice import Runtime, choose_runtime, installed
from ..models.checkpoint import DECODER_GRAPH, EARS_GRAPH, Checkpoint, load_checkpoint
from ..models.face_model import FaceModel
from ..models.performer.face import PerformedFace, own_config
from ..models.performer.live import LivePerformers
from ..models.registry import STREAMING, load_model
from ..models.streaming.face import StreamingFace
from ..models.style_shares import shares_of


class LiveModel:
    """A loaded streaming model, ready for any number of sounds.

    Args:
        face: the model.
        runtime: what computes it.
    """

    def __init__(self, face: StreamingFace | LivePerformers, runtime: Runtime) -> None:
        self.face, self.runtime = face, runtime

    @classmethod
    def load(
        cls,
        checkpoint: str | os.PathLike[str] | None = None,
        device: str = "auto",
        engine: str = "auto",
    ) -> "LiveModel":
        """Load a checkpoint's folder; the model that ships with the product if None.

        Args:
            checkpoint: its folder.
            device: auto is the CPU where onnxruntime is installed.
            engine: auto is onnxruntime where it is and the checkpoint has graphs, else torch.

        Raises:
            UserError: the checkpoint is missing, damaged or not for live sound, or device or engine
                are not there.
        """
        stored = load_checkpoint(checkpoint or STREAMING_CHECKPOINT)
        if own_config(stored).get("kind") != STREAMING:
            raise UserError(
                f"The model in {stored.folder} hears sounds whole, of which a live one has no end "
                "yet; give one of kind streaming (train --config streaming)."
            )
        runtime = _runtime(stored, device, engine)
        face = load_model(stored, runtime)
        return cls(_for_live(face), runtime)

    def mixture(self, style: str | Mapping[str, float] | None) -> list[float]:
        """Return the share of each style. Raises `UserError` for one that the model lacks."""
        return shares_of(style, self.face.styles)


def _for_live(face: FaceModel) -> StreamingFace | LivePerformers:
    """Return a loaded model as live sounds are given to it."""
    if isinstance(face, PerformedFace):
        assert isinstance(face.model, StreamingFace)
        return LivePerformers(face, face.model)
    assert isinstance(face, StreamingFace)
    return face


def _runtime(stored: Checkpoint, device: str, engine: str) -> Runtime:
    """Return the engine that is quickest a frame: torch spends half of one on calls alone."""
    graphs = all((stored.folder / name).is_file() for name in (EARS_GRAPH, DECODER_GRAPH))
    if engine == "auto" and device in {"auto", "cpu"} and graphs and installed("onnxruntime"):
        return Runtime("onnxruntime")
    return choose_runtime(device, engine)
