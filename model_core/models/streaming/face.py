"""The streaming model as others use it."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...base.arrays import Array
from ...base.assets import BUNDLED_ENCODER
from ...engine.choice import Runtime
from ...motion.motion import Motion
from ...rig.rig import load_face_rig
from ...speech.audio import Samples
from ..checkpoint import Checkpoint, save_checkpoint
from ..face_model import FaceModel, StreamState
from ..registry import STREAMING
from .config import StreamingSettings
from .live import LiveStream, Steps

if TYPE_CHECKING:
    from .network import StreamingTalk


class StreamingFace(FaceModel):
    """Motion of live sounds; a clip is heard as one, with no knowledge of what comes.

    Args:
        begin: returns the network at the start of a sound.
        settings: of the model.

    Raises:
        UserError: the face rig lacks a shape.
    """

    def __init__(self, begin: Callable[[], Steps], settings: StreamingSettings) -> None:
        self._begin, self.settings = begin, settings
        self.styles = settings.styles
        self.basis = load_face_rig().select(settings.names)

    def live(self, mixture: Sequence[float], lookahead: float) -> LiveStream:
        """Return a stream to give sound to as it comes. Raises as `LiveStream`."""
        return LiveStream(self._begin(), self.settings, np.asarray(mixture, np.float32), lookahead)

    def stream(
        self, chunks: Iterable[Samples], mixture: Sequence[float], state: StreamState
    ) -> Iterator[Array]:
        """Yield outputs (n, K) `state.lookahead` seconds after them; its loudness is not asked."""
        live, fps, told = self.live(mixture, state.lookahead), self.settings.decoder.fps, 0
        for chunk in chunks:
            yield (frames := live.hear(chunk))
            told += len(frames)
            state.heard(told / fps)
        yield live.end()

    def motion(self, outputs: Array) -> Motion:
        """Return outputs (T, K) as a motion."""
        weights = np.maximum(outputs, np.float32(0.0))  # a shape has no other side
        fps, names = self.settings.decoder.fps, self.settings.names
        return Motion(fps=fps, names=names, basis=self.basis, weights=weights)


def save(
    folder: str | os.PathLike[str], model: "StreamingTalk", settings: StreamingSettings, card: str
) -> Path:
    """Write a checkpoint of what is the model's own; the ears' matrices are the bundled ones.

    Raises:
        UserError: it cannot be written.
    """
    from .torch_steps import shared_names

    shared = set(shared_names(model))
    own = {name: value for name, value in model.state_dict().items() if name not in shared}
    return save_checkpoint(
        folder, {"kind": STREAMING, **asdict(settings)}, own, card=card, half=True
    )


def load(checkpoint: Checkpoint, runtime: Runtime) -> StreamingFace:
    """Return the model of a checkpoint, computed by a runtime.

    Raises:
        UserError: settings or weights are missing or damaged.
    """
    settings = StreamingSettings.from_config(checkpoint.config)
    if runtime.uses_torch:
        from .torch_steps import TorchSteps, load_streaming

        model = load_streaming(checkpoint, settings, BUNDLED_ENCODER).to(runtime.device)
        return StreamingFace(lambda: TorchSteps(model, runtime.device), settings)
    from .onnx_steps import OnnxSteps, load_graphs

    graphs = load_graphs(checkpoint)
    return StreamingFace(lambda: OnnxSteps(graphs, settings), settings)
